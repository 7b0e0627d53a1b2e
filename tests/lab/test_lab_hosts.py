# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab itself: what its hosts reach, what its receivers ask the DNS, and that a person can cure a refused host by hand."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
import world

SENDERS = [("mail1", "198.51.100.11", "198.51.100.12", "out.shop.example"), ("mail3", "198.51.100.31", "198.51.100.32", "out.store.example")]
TOOL = [sys.executable, str(pathlib.Path(__file__).with_name("lab.py"))]


def test_ansible_reaches_every_host_over_ssh(lab):
    play = lab.play([{"ansible.builtin.ping": {}}], hosts="senders")
    assert play.code == 0, play.output
    assert play.recap == {host: {**counts, "ok": 1, "changed": 0} for host, counts in play.recap.items()}
    assert set(play.recap) == set(world.HOSTS)


def test_modules_on_localhost_ask_the_dns_of_the_lab(lab):
    survey = {
        "postmaster.deliverability.dnsbl_info": {"addresses": ["198.51.100.11", "198.51.100.12", "203.0.113.77"], "profile": "major"},
        "register": "found",
    }
    states = "found.subjects | dict2items | map(attribute='value.state') | list"
    play = lab.play([survey, {"ansible.builtin.assert": {"that": f"({states}) == ['listed', 'clean', 'policy']"}}], hosts="localhost")
    assert play.code == 0, play.output


@pytest.mark.parametrize("host", world.HOSTS)
def test_no_way_out(lab, host):
    assert "default" not in lab.run(host, "ip route; ip -6 route")
    connecting = "import socket; socket.create_connection(('1.1.1.1', 53), 5)"
    assert "Network is unreachable" in lab.run(host, f'python3 -c "{connecting}"', check=False)


@pytest.mark.parametrize(("host", "listed", "clean", "name"), SENDERS)
def test_a_listed_address_is_refused_and_a_clean_one_delivers(lab, host, listed, clean, name):
    lab.reset(host)
    lab.send(host, "anna@mailhub.example", "books@council.example")
    assert lab.refused("mx.mailhub.example", "anna@mailhub.example")["reply"].startswith(f"550-5.7.1 [{listed}] Our system")
    assert "bl.spamcop.net" in lab.refused("mx.council.example", "books@council.example")["reply"]
    lab.wait_for(lambda: [mail.recipient for mail in lab.queue(host)] == ["books@council.example"] or None, "one recipient waits, the other one bounced")

    lab.send_from(host, clean, name)
    lab.flush(host)
    accepted = lab.delivered("mx.council.example", "books@council.example")
    assert (accepted["client"], accepted["helo"]) == (clean, name)
    lab.send(host, "anna@mailhub.example")
    assert lab.delivered("mx.mailhub.example", "anna@mailhub.example")["client"] == clean
    assert lab.queue(host) == []


@pytest.mark.parametrize(("host", "listed", "clean", "name"), SENDERS)
def test_another_listed_address_helps_nothing(lab, host, listed, clean, name):
    lab.reset(host)
    other = listed[:-1] + str(int(listed[-1]) + 3)
    lab.send_from(host, other)
    lab.send(host, "bella@mailhub.example")
    assert f"[{other}]" in lab.refused("mx.mailhub.example", "bella@mailhub.example")["reply"]
    lab.wait_for_log(host, "bella@mailhub.example.*very low reputation")


def test_what_else_the_receivers_ask_about_the_client(lab):
    lab.reset("mail1", "mail2")
    lab.send("mail1", "carl@dual.example")
    assert "IPv6 sending guidelines" in lab.refused("mx6.mailhub.example", "carl@dual.example")["reply"]
    lab.send_from("mail1", "198.51.100.13", "new.shop.example")
    lab.send("mail1", "carl@mailhub.example")
    assert "550-5.7.26" in lab.refused("mx.mailhub.example", "carl@mailhub.example")["reply"]
    lab.send("mail2", "carl@strict.example")
    assert lab.refused("mx.strict.example", "carl@strict.example")["reply"].endswith("<server.localdomain>: Helo command rejected: Host not found")
    lab.send_from("mail2", "198.51.100.22", "mail2.branch.example")
    lab.send("mail2", "cora@mailhub.example")
    assert "550-5.7.25" in lab.refused("mx.mailhub.example", "cora@mailhub.example")["reply"]


def test_the_home_server_is_refused_by_policy(lab):
    lab.reset("home")
    lab.send("home", "dora@mailhub.example", "dora@cloudmail.example", "dora@open.example")
    assert "not authorized" in lab.refused("mx.mailhub.example", "dora@mailhub.example")["reply"]
    assert "S3150" in lab.refused("mx.cloudmail.example", "")["reply"]
    assert lab.delivered("mx.open.example", "dora@open.example")["client"] == "203.0.113.77"


def test_behind_the_router_the_world_sees_another_address(lab):
    lab.send("nat", "emil@open.example")
    assert lab.delivered("mx.open.example", "emil@open.example")["client"] == "198.51.100.41"


def test_greylisting_and_limits_pass(lab):
    lab.send("office", "fay@club.example", "fay@bank.example")
    assert "Greylisted" in lab.refused("mx.club.example", "fay@club.example")["reply"]
    assert lab.refused("mx1.bank.example", "")["reply"].startswith("452 4.3.1")
    assert lab.delivered("mx2.bank.example", "fay@bank.example")
    lab.wait_for(lambda: lab.flush("office") or next((line for line in lab.received("mx.club.example", "fay@club.example") if line["accepted"]), None), "club")
    for number in range(8):
        lab.send("office", f"gus{number}@parcel.example")
    assert "too much mail" in lab.refused("mx.parcel.example", "")["reply"]


def test_the_real_postfix_takes_good_mail(lab):
    lab.send("office", "hana@strict.example")
    assert lab.delivered("mx.strict.example", "hana@strict.example")["client"] == "198.51.100.51"


@pytest.mark.parametrize("relay", [relay for relay in world.RELAYS if relay != world.UNTRUSTED])
def test_a_relays_certificate_is_whole(lab, relay):
    """Newer Pythons and OpenSSLs are strict about what a certificate has to say."""
    tls = lab.folder / "tls"
    words = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", relay, "-CAfile", tls / "ca.crt", tls / f"{relay}.crt"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_relay_wants_encryption_and_a_password(lab):
    lab.reset("home")
    lab.write("home", "/etc/postfix/password", f"relay.isp.example customer:{world.ACCOUNTS['customer']}\n")
    secrets = "smtp_sasl_auth_enable=yes smtp_sasl_password_maps=texthash:/etc/postfix/password smtp_sasl_security_options=noanonymous"
    lab.run("home", f"postconf -e 'relayhost=[relay.isp.example]:587' {secrets} smtp_tls_security_level=secure soft_bounce=yes; postfix reload")
    lab.send("home", "ivo@mailhub.example")
    assert lab.delivered("relay.isp.example", "ivo@mailhub.example")["user"] == "customer"
    assert lab.delivered("mx.mailhub.example", "ivo@mailhub.example")["client"] == world.SERVERS["relay.isp.example"][0]

    lab.write("home", "/etc/postfix/password", "relay.isp.example customer:wrong\n")
    lab.run("home", "postfix reload")
    lab.send("home", "jan@mailhub.example")
    lab.wait_for_log("home", "jan@mailhub.example.*535 5.7.8")

    lab.run("home", "postconf -e 'relayhost=[relay.untrusted.example]:587'; postfix reload")
    lab.send("home", "kim@mailhub.example")
    lab.wait_for_log("home", "kim@mailhub.example.*(not verified|not trusted)")


def test_orders_and_listings_change_while_it_runs(lab):
    with lab.ordered("mx.open.example", "RCPT TO", "451 4.3.2 {ip} please try later"):
        lab.send("office", "lea@open.example")
        assert lab.refused("mx.open.example", "lea@open.example")["reply"] == "451 4.3.2 198.51.100.51 please try later"
    lab.flush("office")
    lab.delivered("mx.open.example", "lea@open.example")
    lab.list_address("bl.spamcop.net", "198.51.100.51")
    try:
        lab.send("office", "mia@council.example")
        assert "spamcop" in lab.refused("mx.council.example", "mia@council.example")["reply"]
    finally:
        lab.delist_address("bl.spamcop.net", "198.51.100.51")
    lab.flush("office")
    lab.delivered("mx.council.example", "mia@council.example")


def test_nothing_is_left_of_a_second_lab(lab):
    """Another lab runs beside this one, and leaves no namespace, mount, control group, process or file."""
    prefix = f"{os.environ.get('LAB_PREFIX', 'pmlab')}two"
    variables = {**os.environ, "LAB_PREFIX": prefix}
    try:
        subprocess.run([*TOOL, "up", "mail2", "mail3", "nat"], env=variables, check=True)
        assert traces(prefix)
        assert "198.51.100.21" in subprocess.run([*TOOL, "ssh", "mail2", "ip", "address"], env=variables, capture_output=True, text=True, check=True).stdout
    finally:
        subprocess.run([*TOOL, "down"], env=variables, check=True)
    assert traces(prefix) == []
    assert not lab.folder.with_name(prefix).exists()
    assert lab.run("mail2", "hostname").strip() == "mail2"


def traces(prefix):
    """What of a lab can be seen on the machine."""
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.splitlines()
    mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    groups = [str(path) for hierarchy in pathlib.Path("/sys/fs/cgroup").iterdir() if hierarchy.is_dir() for path in hierarchy.glob(f"{prefix}*")]
    processes = [line for line in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines() if f"{prefix}" in line]
    return [found for found in [*namespaces, *mounts, *groups, *processes] if prefix in found]
