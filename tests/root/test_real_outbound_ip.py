# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role outbound_ip on a real Postfix whose address is on a blocklist, with DNS and receivers that ask it, in a network without a way out."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time

import dns_server
import mail_hosts
import pytest
import receiver
from mail_hosts import recap

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace and for Postfix")

LISTED, CLEAN = "198.51.100.11", "198.51.100.12"
NAMES = {"council.example": "198.51.100.133", "strict.example": "198.51.100.131", "mailhub.example": "198.51.100.130", "webmail.example": "198.51.100.134"}
GOOD = {"address": CLEAN, "helo": "out.shop.example"}
# Further candidates, each with one thing that speaks against it.
BAD = {
    "198.51.100.13": ("mail3.shop.example", "bl.spamcop.net", "blocklists: listed"),
    "198.51.100.14": ("mail4.shop.example", "spf", "198.51.100.14"),
    "198.51.100.15": ("mail5.shop.example", "ptr", "198.51.100.15"),
    "198.51.100.16": ("mail6.shop.example", "bound", "is not bound on the host"),
}


def write_zones(folder):
    """The zones of the fleet, and what DNS says of the further candidates."""
    shutil.copytree(dns_server.ZONES, folder)
    names = {address: name for address, (name, _fault, _words) in BAD.items()}
    pointers = "".join(f"{address.rpartition('.')[2]} PTR {name}.\n" for address, name in names.items() if BAD[address][1] != "ptr")
    hosts = "".join(f"{name}. A {address}\n" for address, name in names.items())
    allowed = " ".join(f"ip4:{address}" for address in (LISTED, CLEAN, *BAD) if BAD.get(address, ("", ""))[1] != "spf")
    with (folder / "100.51.198.in-addr.arpa.zone").open("a") as zone:
        zone.write(pointers)
    shop = folder / "shop.example.zone"
    shop.write_text(shop.read_text().replace(f"ip4:{LISTED} ip4:{CLEAN}", allowed) + hosts)
    with (folder / "bl.spamcop.net.zone").open("a") as zone:
        zone.write("13.100.51.198 A 127.0.0.2\n")
    return dns_server.load_zones(folder)


class Shop(mail_hosts.Postfix):
    """A host with several addresses, which sends from the first one, and knows DNS under the usual address."""

    SENDER = "desk@shop.example"

    def __init__(self, folder):
        super().__init__(folder)
        self.shows("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        for address in (*NAMES.values(), *(address for address, (_name, fault, _words) in BAD.items() if fault != "bound")):
            self.inside("ip", "address", "add", f"{address}/32", "dev", "lo")
        settings = {
            "defer_transports": "",
            "myhostname": "mail.shop.example",
            "myorigin": "shop.example",
            "smtp_bind_address": LISTED,
            "transport_maps": "inline:{ { wholesale.example = smtp:[127.0.0.1]:10025 } }",
            "relay_domains": "",
        }
        self.postfix("postconf", "-e", *[f"{name}={value}" for name, value in settings.items()])
        # A flow that can be judged: two days of log.
        stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(time.time() - 2 * 86400))
        self.days_ago = f"{stamp} mail postfix/qmgr[1]: 4AAAA: removed\n"
        self.first = self.contents()
        self.facts = folder / "facts.d/postmaster.fact"

    def play(self, *words, **variables):
        """Run the role; return Ansible's process and the result fact."""
        asked = {
            "outbound_ip_mta": "postfix",
            "outbound_ip_config_dir": str(self.config),
            "outbound_ip_state_dir": str(self.state),
            "outbound_ip_facts_file": str(self.facts),
            "outbound_ip_candidates": [GOOD],
            "outbound_ip_sender_domains": ["shop.example"],
            "outbound_ip_nameservers": ["127.0.0.1"],
            "outbound_ip_dnsbl_zones": ["zen.spamhaus.org", "bl.spamcop.net"],
            "outbound_ip_proof_timeout": 30,
            "outbound_ip_proof_pause": 1,
            **variables,
        }
        return self.role("outbound_ip", asked, *words)

    def remembered(self):
        return json.loads(self.facts.read_text())["outbound_ip"] if self.facts.exists() else None


@pytest.fixture(scope="module")
def made():
    with contextlib.ExitStack() as closing:
        shop = closing.enter_context(mail_hosts.opened(Shop, "switch"))
        zones = write_zones(shop.folder / "zones")
        closing.enter_context(shop.in_background(lambda: dns_server.start(zones, "127.0.0.1", 53)))
        servers = receiver.Receiver("127.0.0.1:53")
        closing.enter_context(shop.in_background(lambda: servers.start({f"mx.{domain}": (address, 25) for domain, address in NAMES.items()})))
        shop.servers = servers
        shop.postfix("postfix", "start")
        yield shop


@pytest.fixture
def shop(made):
    """The host as it was first, with nothing in its queue and nothing remembered."""
    # postconf -e has made a file of the symbolic link to `file`.
    made.main.write_bytes(made.first[0])
    made.master.write_bytes(made.first[1])
    for folder in (made.state, made.facts.parent):
        shutil.rmtree(folder, ignore_errors=True)
    (made.folder / "mail.log").write_text(made.days_ago)
    made.servers.answers.clear()
    made.postfix("postfix", "reload")
    yield made
    made.postfix("postsuper", "-d", "ALL")


def arrived(shop, domain):
    """Return who got mail and from which address and name, as the receivers saw it."""
    return [(answer[3], answer[1], answer[2]) for answer in shop.servers.answers if answer[0] == f"mx.{domain}" and answer[5].startswith("250")]


def test_listed_address_is_left_for_the_clean_one(shop):
    """S0: waiting mail is delivered from the clean address, for those who refused alone; the second run changes nothing; the way back."""
    shop.send("ann@council.example")
    shop.send("bob@council.example")
    shop.settled(2)
    told, planned = shop.play("--check", "--diff")
    assert told.returncode == 0, told.stdout + told.stderr
    assert planned["outcome"] == "planned"
    assert (shop.contents(), shop.remembered(), shop.held()) == (shop.first, None, [])
    done, result = shop.play("--diff")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["outcome"], result["address"], result["domains"]) == ("proven", CLEAN, ["council.example"])
    assert [line for line in told.stdout.splitlines() if line.startswith("+")] == [
        line for line in done.stdout.splitlines() if line.startswith("+") and "fact" not in line and "ansible" not in line
    ][: len([line for line in told.stdout.splitlines() if line.startswith("+")])]
    shop.empties()
    assert sorted(arrived(shop, "council.example")) == [("ann@council.example", CLEAN, "out.shop.example"), ("bob@council.example", CLEAN, "out.shop.example")]
    assert shop.remembered()["current"]["address"] == CLEAN
    assert shop.remembered()["previous"] == {"addresses": [LISTED]}
    assert shop.facts.stat().st_mode & 0o777 == 0o644
    # Others still get their mail from the address that they know.
    shop.send("eve@mailhub.example")
    shop.empties()
    assert [answer[1] for answer in arrived(shop, "mailhub.example")] == [LISTED]
    again, result = shop.play()
    assert (again.returncode, recap(again), result["outcome"]) == (0, 0, "unchanged"), again.stdout
    back, result = shop.play(outbound_ip_state="absent")
    assert back.returncode == 0, back.stdout + back.stderr
    assert (result["outcome"], shop.contents()) == ("restored", shop.first)
    assert shop.remembered()["current"] is None


def test_bad_candidates_are_passed_over(shop):
    shop.send("ann@council.example")
    shop.settled(1)
    candidates = [{"address": address, "helo": name} for address, (name, _fault, _words) in BAD.items()]
    done, _none = shop.play(outbound_ip_candidates=candidates)
    assert done.returncode == 2
    for address, (_name, fault, words) in BAD.items():
        assert f"{address}: " in done.stdout, (address, fault, done.stdout)
        assert words in done.stdout, (address, fault, done.stdout)
    assert (shop.contents(), shop.held(), shop.remembered()) == (shop.first, [], None)
    done, result = shop.play(outbound_ip_candidates=[*candidates, GOOD])
    assert (done.returncode, result["address"], result["outcome"]) == (0, CLEAN, "proven"), done.stdout + done.stderr


def test_nobody_refuses(shop):
    done, result = shop.play()
    assert (done.returncode, recap(done), result["outcome"]) == (0, 0, "unchanged"), done.stdout + done.stderr
    assert shop.contents() == shop.first


def test_young_log_and_statement_of_the_operator(shop):
    """A flow that cannot be judged counts as a sign of compromise, until the operator says otherwise."""
    (shop.folder / "mail.log").write_text("")
    shop.send("ann@council.example")
    shop.settled(1)
    done, _none = shop.play()
    assert done.returncode == 2
    assert "too little to see" in done.stdout
    assert (shop.contents(), shop.held()) == (shop.first, [])
    done, result = shop.play(outbound_ip_cause_contained=True)
    assert (done.returncode, result["outcome"]) == (0, "proven"), done.stdout + done.stderr


def test_whole_host_and_what_never_gets_the_address(shop):
    """The transports of content filters and internal relays keep their source address."""
    done, result = shop.play(outbound_ip_domains=[])
    assert (done.returncode, result["outcome"]) == (0, "prechecked"), done.stdout + done.stderr
    shop.send("eve@mailhub.example")
    shop.empties()
    assert [answer[1] for answer in arrived(shop, "mailhub.example")] == [CLEAN]
    assert shop.postfix("postmap", "-q", "wholesale.example", "inline:{ { wholesale.example = smtp:[127.0.0.1]:10025 } }").strip() == "smtp:[127.0.0.1]:10025"
    overrides = shop.postfix("postconf", "-P")
    assert [line for line in overrides.splitlines() if "smtp_bind_address " in line] == [f"pmd_outbound_ip/unix/smtp_bind_address = {CLEAN}"]


def test_domain_that_is_relayed_inside_is_left_alone(shop):
    shop.send("ann@council.example")
    shop.settled(1)
    done, result = shop.play(outbound_ip_domains=["council.example", "wholesale.example"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert result["domains"] == ["council.example"]
    assert any("wholesale.example is relayed inside" in sentence for sentence in result["evidence"])


def test_one_switch_a_day(shop):
    shop.send("ann@council.example")
    shop.settled(1)
    done, result = shop.play()
    assert (done.returncode, result["outcome"]) == (0, "proven"), done.stdout + done.stderr
    done, _none = shop.play(outbound_ip_candidates=[{"address": "198.51.100.14", "helo": "mail4.shop.example"}], outbound_ip_domains=["council.example"])
    assert done.returncode == 2
    assert "which is the most" in done.stdout, done.stdout


def test_way_back_where_nothing_was_done(shop):
    back, result = shop.play(outbound_ip_state="absent")
    assert back.returncode == 0, back.stdout + back.stderr
    assert (recap(back), result["outcome"], shop.remembered()) == (0, "unchanged", None)
