# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The embedded fleet's DNS: what it answers, how it ends, and whether names, addresses and policies of the fleet fit together."""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet"))
import dns_server

FLEET = pathlib.Path(dns_server.__file__).parent

ZONE = """\
@       SOA   ns hostmaster 1 3600 600 86400 60
@       NS    ns
host    A     192.0.2.1
host    A     192.0.2.2
alias   CNAME host
*.wild  A     192.0.2.3
a.b     A     192.0.2.4
long    TXT   "{0}" "{0}" "{0}"
"""


@pytest.fixture(scope="module")
def zones(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zones")
    (folder / "test.example.zone").write_text(ZONE.format("x" * 250))
    (folder / "quiet.test.example.silent").write_text("")
    return dns_server.load_zones(folder)


@pytest.fixture(scope="module")
def server(zones):
    with dns_server.running(zones) as listening:
        address, port = listening.split(":")
        yield address, int(port)


@pytest.fixture(scope="module")
def fleet_zones():
    return dns_server.load_zones(dns_server.ZONES)


def ask(zones, name, rdtype="A"):
    return dns_server.respond(zones, dns.message.make_query(name, rdtype))


def records(response):
    return sorted(record.to_text() for rrset in response.answer for record in rrset)


@pytest.mark.parametrize(
    ("name", "rdtype", "rcode", "expected"),
    [
        ("host.test.example", "A", dns.rcode.NOERROR, ["192.0.2.1", "192.0.2.2"]),
        ("HOST.Test.Example", "A", dns.rcode.NOERROR, ["192.0.2.1", "192.0.2.2"]),
        ("host.test.example", "TXT", dns.rcode.NOERROR, []),
        ("b.test.example", "A", dns.rcode.NOERROR, []),
        ("nothing.test.example", "A", dns.rcode.NXDOMAIN, []),
        ("any.thing.wild.test.example", "A", dns.rcode.NOERROR, ["192.0.2.3"]),
        ("any.wild.test.example", "TXT", dns.rcode.NOERROR, []),
        ("alias.test.example", "A", dns.rcode.NOERROR, ["host.test.example."]),
        ("elsewhere.example", "A", dns.rcode.REFUSED, []),
    ],
)
def test_answers_what_the_zone_says(zones, name, rdtype, rcode, expected):
    response = ask(zones, name, rdtype)
    assert (response.rcode(), records(response)) == (rcode, expected)


@pytest.mark.parametrize("name", ["nothing.test.example", "b.test.example"])
def test_negative_answer_carries_the_soa(zones, name):
    assert [rrset.rdtype for rrset in ask(zones, name).authority] == [dns.rdatatype.SOA]


def test_answer_keeps_the_question_as_it_was_written(zones):
    assert ask(zones, "hOsT.test.example").answer[0].name.to_text() == "hOsT.test.example."


def test_silent_zone_gets_no_answer_and_its_parent_does(zones):
    assert ask(zones, "x.quiet.test.example") is None
    assert ask(zones, "host.test.example") is not None


@pytest.mark.parametrize("wire", [b"", b"rubbish", b"\0" * 12])
def test_rubbish_harms_nobody(zones, wire):
    answer = dns_server.respond_to_bytes(zones, wire)
    assert answer is None or dns.message.from_wire(answer).rcode() == dns.rcode.NOTIMP


def test_answers_over_udp_and_tcp(server):
    address, port = server
    query = dns.message.make_query("host.test.example", "A")
    for transport in (dns.query.udp, dns.query.tcp):
        assert records(transport(query, address, timeout=20, port=port)) == ["192.0.2.1", "192.0.2.2"]


def test_long_answer_is_cut_over_udp_and_whole_over_tcp(server):
    address, port = server
    query = dns.message.make_query("long.test.example", "TXT")
    cut = dns.query.udp(query, address, timeout=20, port=port)
    assert cut.flags & dns.flags.TC
    assert not cut.answer
    assert len(records(dns.query.tcp(query, address, timeout=20, port=port))[0]) > 750
    assert len(records(dns.query.udp(dns.message.make_query("long.test.example", "TXT", payload=4096), address, timeout=20, port=port))[0]) > 750


def test_port_that_is_taken_is_named(zones):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with pytest.raises(dns_server.ServerError, match=f"127.0.0.1 port {port}: Address already in use"), dns_server.running(zones, port=port):
            pass


def test_zone_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "bad.example.zone").write_text("@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nhost A 192.0.2.300\n")
    with pytest.raises(dns_server.ServerError, match=r"^bad\.example\.zone: \d+: "):
        dns_server.load_zones(tmp_path)


def test_folder_without_zones_is_named(tmp_path):
    with pytest.raises(dns_server.ServerError, match="no zone files"):
        dns_server.load_zones(tmp_path)


# Programs


def start(*words, **options):
    return subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def answers(listening, patience=20):
    address, port = listening.split(":")
    try:
        dns.query.udp(dns.message.make_query("home.example", "MX"), address, timeout=patience, port=int(port))
    except (dns.exception.Timeout, OSError):
        return False
    return True


def test_program_tells_its_port_and_ends_with_its_parent(tmp_path):
    port_file = tmp_path / "port"
    parent = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, {str(FLEET / 'dns_server.py')!r}, '--port-file', {str(port_file)!r}]); sys.stdin.read()"
    )
    with start("-c", parent, stdin=subprocess.PIPE) as process:
        listening = process.stdout.readline().strip()
        assert answers(listening)
        assert listening.endswith(f":{port_file.read_text().strip()}")
        process.stdin.close()
        process.wait()
    deadline = time.monotonic() + 30
    while answers(listening, 1):
        assert time.monotonic() < deadline, "the server outlived its parent"
        time.sleep(0.2)


def test_program_whose_parent_went_while_it_started_ends(tmp_path, monkeypatch, capsys):
    port_file = tmp_path / "port"
    monkeypatch.setattr(dns_server.os, "getppid", lambda: 1 if port_file.exists() else 4711)
    monkeypatch.setattr(sys, "argv", ["dns_server.py", "--port-file", str(port_file)])
    dns_server.main()
    assert not answers(capsys.readouterr().out.strip(), 1)


def test_serve_runs_a_command_beside_the_server_and_returns_its_code():
    command = [sys.executable, "-c", "import os; print(os.environ['FLEET_NAMESERVER']); raise SystemExit(7)"]
    with start(FLEET / "serve.py", "--", *command) as process:
        printed, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (7, "")
    assert not answers(printed.strip(), 1)


def test_serve_answers_while_the_command_runs_and_ends_it_when_told_to():
    command = [sys.executable, "-c", "import os, time; print(os.environ['FLEET_NAMESERVER'], os.getpid(), flush=True); time.sleep(600)"]
    with start(FLEET / "serve.py", "--", *command) as process:
        listening, child = process.stdout.readline().split()
        assert answers(listening)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 128 + signal.SIGTERM
    assert not answers(listening, 1)
    with pytest.raises(ProcessLookupError):
        os.kill(int(child), 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "usage: serve.py -- COMMAND"),
        (["--"], "usage: serve.py -- COMMAND"),
        (["--", "/no/such/command"], "serve.py: /no/such/command: No such file or directory"),
    ],
)
def test_serve_says_what_is_wrong(arguments, complaint):
    with start(FLEET / "serve.py", *arguments) as process:
        printed, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    assert printed == ""
    assert complaints.startswith(complaint)
    assert "Traceback" not in complaints


# The fleet's own names


def fleet():
    return yaml.safe_load((FLEET / "inventory.yml").read_text())["all"]


def identities():
    """Every (address, HELO name, domain) of the fleet that is meant to be in order: all but branch's."""
    yield "203.0.113.77", "mail.home.example", "home.example"
    yield "198.51.100.11", "mail.shop.example", "shop.example"
    yield "192.0.2.80", "mail.office.example", "office.example"
    for host in fleet()["hosts"].values():
        for further in host.get("audit_pool", []):
            yield further["address"], further["helo"], host["audit_domains"][0]


@pytest.mark.parametrize(("address", "helo", "domain"), list(identities()))
def test_names_addresses_and_spf_of_the_fleet_fit_together(fleet_zones, address, helo, domain):
    reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    assert records(ask(fleet_zones, reverse, "PTR")) == [f"{helo}."]
    assert records(ask(fleet_zones, helo)) == [address]
    assert any(f"ip4:{address} " in text for text in records(ask(fleet_zones, domain, "TXT")))


def test_branch_has_no_reverse_name_and_greets_with_a_name_that_does_not_exist(fleet_zones):
    assert ask(fleet_zones, "45.2.0.192.in-addr.arpa", "PTR").rcode() == dns.rcode.NXDOMAIN
    assert ask(fleet_zones, "server.localdomain").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("zone", fleet()["vars"]["audit_dnsbl_zones"])
def test_working_lists_have_their_test_points(fleet_zones, zone):
    assert "127.0.0.2" in records(ask(fleet_zones, f"2.0.0.127.{zone}"))
    assert ask(fleet_zones, f"1.0.0.127.{zone}").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize(
    ("address", "zone", "codes"),
    [
        ("203.0.113.77", "zen.spamhaus.org", ["127.0.0.10"]),
        ("203.0.113.78", "zen.spamhaus.org", ["127.0.0.10"]),
        ("198.51.100.11", "bl.spamcop.net", ["127.0.0.2"]),
        ("198.51.100.12", "bl.spamcop.net", []),
        ("127.0.0.1", "dead.dnsbl.example", ["127.0.0.2"]),
        ("127.0.0.2", "refusing.dnsbl.example", ["127.255.255.254"]),
    ],
)
def test_lists_say_what_the_stories_need(fleet_zones, address, zone, codes):
    assert records(ask(fleet_zones, f"{'.'.join(reversed(address.split('.')))}.{zone}")) == codes
