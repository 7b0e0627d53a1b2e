# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles smarthost and throttle: mail that nobody takes directly goes through a relay with a login, until the host's own mail is taken again."""

from __future__ import annotations

import json
import re

import pytest
import world

RELAY, SECOND = "relay.isp.example", "relay2.isp.example"
(USERNAME, PASSWORD), *_others = world.ACCOUNTS.items()
STATE = "/var/lib/postmaster.deliverability"
CONFIGURATION = {
    "postfix": "cat /etc/postfix/main.cf /etc/postfix/master.cf; ls -A /etc/postfix",
    "exim": "cat /etc/exim4/exim4.conf.localmacros /etc/exim4/exim4.conf.template /etc/exim4/passwd.client /etc/exim4/update-exim4.conf.conf; ls -A /etc/exim4",
}
PROVIDER = ("mailhub.example", "workspace.example")
# What the receivers say of a policy-listed address, and of the Exim host's, which its provider's list knows.
HOSTS = ["home", "mail3"]
LATER = "451 4.7.1 [{ip}] The IP you're using to send mail is not authorized to send email directly to our servers"


def configuration(lab, host):
    return lab.run(host, f"({CONFIGURATION[world.HOSTS[host].mta]}) 2>/dev/null || true")


def play(lab, host, *arguments, role="smarthost", **variables):
    own = {
        "hosts": [{"host": RELAY}, {"host": SECOND, "priority": 10}],
        "domains": list(PROVIDER),
        "username": USERNAME,
        "password": PASSWORD,
        "sender_domains": [world.HOSTS[host].domain],
        "proof_timeout": 60,
    }
    given = {f"{role}_{name}": value for name, value in {**(own if role == "smarthost" else {}), **variables}.items()}
    return lab.play([{"ansible.builtin.include_role": {"name": f"postmaster.deliverability.{role}"}}], *arguments, hosts=host, **given)


def fine(done):
    assert done.code == 0, done.output[-6000:]
    return done


def refused(done, words):
    assert done.code != 0, done.output[-3000:]
    assert words in done.output, done.output[-6000:]


def differences(done):
    """The changes of files that a run showed; those of the queue are not among them, since what is held is let go again."""
    return re.findall(r"^--- before: /.*?(?=^\S+: \[)", done.output, re.MULTILINE | re.DOTALL)


def waits(lab, host, *recipients):
    """Let mail wait that the provider's servers put off."""
    with lab.ordered("mx.mailhub.example", "RCPT TO", LATER):
        for recipient in recipients:
            lab.send(host, recipient)
            lab.wait_for_log(host, f"{recipient}.*not authorized to send email directly")


@pytest.mark.parametrize("host", HOSTS)
def test_one_providers_mail_takes_the_relay_and_comes_back(lab, host):
    """S4: told, done, proven by waiting mail, the same again, and taken back; other mail leaves directly all the time."""
    lab.reset(host)
    first = configuration(lab, host)
    waits(lab, host, "ann@mailhub.example", "bob@workspace.example")
    told = fine(play(lab, host, "--check", "--diff"))
    assert configuration(lab, host) == first
    done = fine(play(lab, host, "--diff", "-vvv"))
    assert PASSWORD not in done.output
    assert differences(told) == differences(done) != []
    for recipient in ("ann@mailhub.example", "bob@workspace.example"):
        assert lab.delivered("mx.mailhub.example", recipient)["client"] == world.SERVERS[RELAY][0]
    assert {line["user"] for line in lab.received(RELAY) if line["accepted"]} == {USERNAME}
    assert PASSWORD not in lab.log(host)
    again = fine(play(lab, host))
    assert again.changed() == {}, again.output

    lab.send(host, "cid@open.example")
    assert lab.delivered("mx.open.example", "cid@open.example")["client"] == world.HOSTS[host].address
    lab.send(host, "eve@mailhub.example")
    assert lab.delivered("mx.mailhub.example", "eve@mailhub.example")["client"] == world.SERVERS[RELAY][0]

    fine(play(lab, host, state="absent"))
    assert configuration(lab, host) == first
    assert fine(play(lab, host, state="absent")).changed() == {}


@pytest.mark.parametrize("host", HOSTS)
def test_a_relay_that_is_full_passes_mail_on_to_the_next(lab, host):
    """S3: 4.3.1 from the first, delivered by the second, no alarm."""
    lab.reset(host)
    fine(play(lab, host))
    with lab.ordered(RELAY, "MAIL FROM", "452 4.3.1 Insufficient system resources"):
        lab.send(host, "ann@mailhub.example")
        assert lab.delivered("mx.mailhub.example", "ann@mailhub.example")["client"] == world.SERVERS[SECOND][0]
    assert not any(line["accepted"] for line in lab.received(RELAY))
    assert lab.queue(host) == []


@pytest.mark.parametrize("host", HOSTS)
def test_what_does_not_let_us_in_changes_nothing(lab, host):
    """A wrong password, a certificate that nobody signed, an envelope domain that the relay does not take, one whose SPF does not name it."""
    lab.reset(host)
    waits(lab, host, "ann@mailhub.example")
    first = configuration(lab, host)
    wrong = play(lab, host, "-vvv", password="a-wrong-guess")
    refused(wrong, "535 5.7.8")
    assert "a-wrong-guess" not in wrong.output
    refused(play(lab, host, hosts=[{"host": world.UNTRUSTED}]), "certificate")
    refused(play(lab, host, sender_domains=["branch.example"]), "not owned by user")
    refused(play(lab, host, addresses=["203.0.113.99"]), f"SPF of {world.HOSTS[host].domain} does not cover the smarthost (203.0.113.99)")
    refused(play(lab, host, hosts=[{"host": world.HOSTS[host].identities[0].name, "port": 25}], username="", password="", tls="may"), "no smarthost takes mail")
    assert configuration(lab, host) == first
    assert [(mail.recipient, mail.held) for mail in lab.queue(host)] == [("ann@mailhub.example", False)]
    assert lab.received(world.UNTRUSTED) == []
    lab.flush(host)
    lab.wait_for(lambda: not lab.queue(host) or None, "the queue empties")


@pytest.mark.parametrize("host", HOSTS)
def test_at_its_end_the_host_goes_back_only_when_its_own_mail_is_taken(lab, host):
    """The provider refuses the address after the message only, until no list has it any more."""
    lab.reset(host)
    first = configuration(lab, host)
    address, lists = world.HOSTS[host].address, [entry.partition("=")[0] for entry in world.HOSTS[host].identities[0].lists]
    given = {"expires": "7d", "recipients": ["ann@mailhub.example"]}
    fine(play(lab, host, **given))
    assert fine(play(lab, host, **given)).changed() == {}
    assert lab.run(host, "systemctl is-active postmaster-return@smarthost.timer").strip() == "active"
    routed = configuration(lab, host)
    lab.run(host, "systemctl start postmaster-return@smarthost")
    assert not from_host(lab, address)

    fine(play(lab, host, **{**given, "expires": "2026-01-01T00:00:00Z", "retry": "0s"}))
    lab.run(host, "systemctl start postmaster-return@smarthost")
    assert (configuration(lab, host), from_host(lab, address)) == (routed, [False])
    assert told_by_host(lab, host)["outcome"] == "stayed"
    assert "5.7.1" in told_by_host(lab, host)["why"]

    for zone in lists:
        lab.delist_address(zone, address)
    try:
        lab.run(host, "systemctl start postmaster-return@smarthost")
    finally:
        for entry in world.HOSTS[host].identities[0].lists:
            zone, _equals, code = entry.partition("=")
            lab.list_address(zone, address, code)
    assert (configuration(lab, host), from_host(lab, address)) == (first, [False, True])
    assert told_by_host(lab, host)["outcome"] == "returned"
    assert lab.run(host, "systemctl is-active postmaster-return@smarthost.timer", check=False).strip() == "inactive"
    lab.send(host, "cid@open.example")
    assert lab.delivered("mx.open.example", "cid@open.example")["client"] == address

    fine(play(lab, host, state="absent"))
    assert configuration(lab, host) == first
    left = f"{STATE}/return /usr/local/lib/postmaster.deliverability /etc/systemd/system/postmaster-return@.timer"
    assert lab.run(host, f"ls -d {left}", check=False).count("No such file") == 3


def from_host(lab, address):
    """Whether each message that came to the provider directly from an address was taken."""
    return [line["accepted"] for line in lab.received("mx.mailhub.example") if line["client"] == address]


def told_by_host(lab, host):
    return json.loads(lab.read(host, "/etc/ansible/facts.d/postmaster.fact"))["returns"]["smarthost"]


@pytest.mark.parametrize("host", ["office", "mail3"])
def test_a_provider_that_limits_us_gets_mail_more_slowly(lab, host):
    """More than five messages in ten seconds are put off, as fast as they come; slower, none is."""
    lab.reset(host)
    first = configuration(lab, host)
    limits = {"role": "throttle", "domains": ["parcel.example"], "delay": 3, "proof_timeout": 60}
    done = fine(play(lab, host, "--diff", **limits))
    assert differences(done)
    assert fine(play(lab, host, **limits)).changed() == {}
    if world.HOSTS[host].mta == "postfix":
        for number in range(8):
            lab.send(host, f"ann{number}@parcel.example")
        for number in range(8):
            lab.delivered("mx.parcel.example", f"ann{number}@parcel.example")
        assert not [line for line in lab.received("mx.parcel.example") if not line["accepted"]]
    else:
        lab.send(host, "ann@parcel.example")
        lab.delivered("mx.parcel.example", "ann@parcel.example")
        assert "T=pmd_throttle" in lab.wait_for_log(host, "=> ann@parcel.example")
    fine(play(lab, host, role="throttle", state="absent"))
    assert configuration(lab, host) == first
