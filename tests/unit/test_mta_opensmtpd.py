# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenSMTPD: queue listings, sessions in the log and configurations, real ones and those that break careless readers."""

from __future__ import annotations

import re

import pytest
from mta_cases import FIXTURES, NOW, as_syslog, assert_spoilt_log_is_harmless, folder, group_of, read_log, spoilt, survey_of, system_in
from mta_data import addresses

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.opensmtpd import OpenSmtpd, _related, mend, read_error
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_log_text, parse_queue_text

OPENSMTPD = FIXTURES / "opensmtpd"
REAL_LOGS = ("mail-6.8.log", "mail-7.6.log", "snapshot/mail.log")

ENVELOPE, OTHER = "b08bbe56c7b65cb9", "4303da62c77849b7"
SESSION, NEXT, NONE = "defd4ca67a81e637", "defd4caa109ca4d8", "0" * 16


def smtpd(*messages, start=NOW):
    return as_syslog("smtpd[7]", *messages, start=start)


def delivery(result="Ok", stat="250 ok", session=NEXT, envelope=ENVELOPE, to="a@example.net", relay="192.0.2.1 (mx.example.net)", sender="s@example.com"):
    source = "-" if session == NONE else "198.51.100.7"
    return (
        f'{session} mta delivery evpid={envelope} from=<{sender}> to=<{to}> rcpt=<-> source="{source}" relay="{relay}" delay=1s result="{result}" stat="{stat}"'
    )


def connecting(session=NEXT, address="192.0.2.1", host="mx.example.net"):
    return f"{session} mta connecting address=smtp://{address}:25 host={host}"


ALL_FAILED = {"result": "TempFail", "stat": "Network error on destination MXs", "session": NONE, "relay": "example.net"}


# Replies.


@pytest.mark.parametrize(
    ("flat", "whole"),
    [
        ("450 4.2.0 <a@example.net>: later", "450 4.2.0 <a@example.net>: later"),
        (
            "421-4.7.28 [192.0.2.1] rate of4.7.28 unsolicited mail to4.7.28 review",
            "421-4.7.28 [192.0.2.1] rate of 421-4.7.28 unsolicited mail to 421 4.7.28 review",
        ),
        (
            "550-5.7.26 one.5.7.26  5.7.26  Authentication results:5.7.26  https://x",
            "550-5.7.26 one. 550-5.7.26 550-5.7.26  Authentication results: 550 5.7.26  https://x",
        ),
        (
            "550-5.1.1 The account does not exist. Please try  https://support.example",
            "550-5.1.1 The account does not exist. Please try  https://support.example",
        ),
        ("550-5.7.25 mentions 5.7.1 and 4.7.28 only", "550-5.7.25 mentions 5.7.1 and 4.7.28 only"),
        (
            "554-gmx.example (mxgmx117) Nemesis ESMTP Service not availableNo SMTP serviceIP address is block listed."
            "For explanation visit https://postmaster.example/NoSuchThing",
            "554-gmx.example (mxgmx117) Nemesis ESMTP Service not available No SMTP service IP address is block listed. "
            "For explanation visit https://postmaster.example/NoSuchThing",
        ),
        ("554 one line with camelCase and MxId", "554 one line with camelCase and MxId"),
        ("", ""),
    ],
)
def test_replies_are_mended(flat, whole):
    assert mend(flat) == whole


@pytest.mark.parametrize(
    ("error", "text", "stage"),
    [
        ("BANNER rejected: 554 5.7.1 no", "554 5.7.1 no", "connect"),
        ("AUTH rejected: 535 5.7.8 no", "535 5.7.8 no", "AUTH"),
        ("EHLO rejected: 550 no", "550 no", "EHLO"),
        ("IO Error: Connection refused", "IO Error: Connection refused", None),
        ("Domain does not exist", "Domain does not exist", None),
    ],
)
def test_error(error, text, stage):
    assert read_error(error) == (text, stage)


# The queue.


def entries(text):
    return list(OpenSmtpd.parse_queue(text, None))


@pytest.mark.parametrize("name", ["smtpctl-show-queue-6.8.txt", "smtpctl-show-queue-7.6.txt"])
def test_queue_of_a_real_opensmtpd(name):
    text = (OPENSMTPD / name).read_text()
    found = entries(text)
    assert len(found) == text.count("\n")
    assert {entry.masked for entry in found if entry.text == "Network error on destination MXs"} == {True}
    (rate,) = [entry for entry in found if entry.text.startswith("421-4.7.28")]
    assert "rate of 421-4.7.28 unsolicited" in rate.text
    several = [entry.recipient for entry in found if entry.sender == "news@sender.example"]
    assert len({entry.queue_id for entry in found if entry.recipient in several and entry.sender}) == 1  # one message
    assert {entry.sender for entry in found} >= {"", "alice@sender.example"}


def test_queue_error_may_hold_bars_and_flags_suspend():
    (entry,) = entries(f"{ENVELOPE}|inet4|mta|auth,suspend|@|a@example.net|b@example.net|1795294834|1795640434|1795294900|3|pending|361|450 a|b||c\n")
    assert (entry.queue, entry.sender, entry.recipient, entry.text, entry.arrival) == ("suspended", "", "b@example.net", "450 a|b||c", 1795294834)


def test_queue_of_a_stopped_daemon():
    (entry,) = entries(f"{ENVELOPE}|local|mta||s@example.com|a@example.net|a@example.net|1795294834|1795294834|0|0|offline||\n")
    assert (entry.queue, entry.text, entry.masked) == ("offline", "", False)


def test_queue_mailbox_of_this_host():
    (entry,) = entries(f'{ENVELOPE}|local|mda|auth|@|joe@example.com|joe@example.com|1795295974|1795295974|0|2|pending|26|"mail.maildir: no"\n')
    assert entry.text == "mail.maildir: no"


@pytest.mark.parametrize("text", ["", "\n"])
def test_queue_empty(text):
    assert entries(text) == []


@pytest.mark.parametrize("line", ["hello", "a|b|c", "smtpctl: need root privileges", "x" * 16 + "|local|mta|auth|s|a|b|1|1|0|1|pending|1|no"])
def test_queue_broken_line_is_named(line):
    good = f"{ENVELOPE}|local|mta||s@example.com|a@example.net|a@example.net|1|1|0|0|pending||\n"
    with pytest.raises(DeliverabilityError, match="line 2 of the queue listing is not what smtpctl show queue prints"):
        entries(good + line + "\n")


def test_queue_and_log_are_recognised():
    assert parse_queue_text((OPENSMTPD / "smtpctl-show-queue-7.6.txt").read_text())["mta"] == "opensmtpd"
    for name in REAL_LOGS:
        assert parse_log_text((OPENSMTPD / name).read_text(), now="2026-11-22T01:00:00Z")["mta"] == "opensmtpd"


# The log: real ones.


@pytest.mark.parametrize("name", REAL_LOGS)
@pytest.mark.parametrize("block", [None, 1000])
def test_log_totals_are_those_of_its_lines(name, block):
    """Whatever the size of the blocks, every line counts once."""
    text = (OPENSMTPD / name).read_text()
    facts = read_log("opensmtpd", text, block=block)
    results = re.findall(r' (?:mta|mda) delivery .* result="?(\w+)"? stat=', text)
    assert facts["lines"] == text.count("\n")
    for outcome, result in (("delivered", "Ok"), ("deferred", "TempFail"), ("bounced", "PermFail")):
        assert facts[outcome] == results.count(result)
    assert facts["expired"] == text.count(": Expire for ")
    messages = {envelope[:8] for envelope, sender in re.findall(r"smtp envelope evpid=(\w+) from=<(.*?)>", text) if sender}
    assert facts["received"] >= len(messages)


@pytest.mark.parametrize("name", REAL_LOGS)
def test_log_finds_out_what_every_server_of_a_destination_said(name):
    facts = read_log("opensmtpd", (OPENSMTPD / name).read_text())
    assert not [group for group in facts["groups"] if group["masked"]]
    assert not [group for group in facts["groups"] if group["host_level"]]


def test_log_refusing_greeting_is_told_with_its_server():
    gmx = group_of(read_log("opensmtpd", (OPENSMTPD / "mail-7.6.log").read_text()), destination="gmx.example")
    assert (gmx["outcome"], gmx["stage"], gmx["relay_host"], gmx["relay_address"]) == ("deferred", "connect", "mx.gmx.example", "127.0.10.23")
    assert gmx["text"].startswith("554-gmx.example (mxgmx117) Nemesis ESMTP Service not available No SMTP service IP address")


# The log: what may come.


def test_log_servers_without_names_are_known_by_the_message_that_asked_for_them():
    facts = read_log(
        "opensmtpd",
        smtpd(
            f"{SESSION} smtp message msgid=b08bbe56 size=359 nrcpt=1 proto=ESMTP",
            f"{SESSION} smtp envelope evpid={ENVELOPE} from=<s@example.com> to=<a@example.net>",
            connecting(host="192.0.2.1"),
            f"{NEXT} mta error reason=BANNER rejected: 554 blocked",
            f"{SESSION} smtp message msgid=4303da62 size=100 nrcpt=1 proto=ESMTP",
            f"{SESSION} smtp envelope evpid={OTHER} from=<s@example.com> to=<b@example.org>",
            connecting(session="1" * 16, address="192.0.2.2", host="192.0.2.2"),
            f"{'1' * 16} mta error reason=IO Error: Connection refused",
            delivery(**ALL_FAILED),
            delivery(**{**ALL_FAILED, "envelope": OTHER, "to": "b@example.org", "relay": "example.org"}),
        ),
    )
    assert (group_of(facts, destination="example.net")["text"], group_of(facts, destination="example.net")["bytes"]) == ("554 blocked", 359)
    assert group_of(facts, destination="example.org")["text"] == "IO Error: Connection refused"


def test_log_only_server_that_failed_is_the_one():
    facts = read_log("opensmtpd", smtpd(connecting(host="edge.example.org"), f"{NEXT} mta error reason=BANNER rejected: 554 blocked", delivery(**ALL_FAILED)))
    assert group_of(facts, destination="example.net")["text"] == "554 blocked"


def test_log_of_several_servers_that_failed_none_is_guessed():
    facts = read_log(
        "opensmtpd",
        smtpd(
            connecting(host="edge.example.org"),
            f"{NEXT} mta error reason=BANNER rejected: 554 blocked",
            connecting(session="1" * 16, address="192.0.2.2", host="192.0.2.2"),
            f"{'1' * 16} mta error reason=IO Error: Connection refused",
            delivery(**ALL_FAILED),
        ),
    )
    masked = group_of(facts, destination="example.net")
    assert (masked["masked"], masked["text"]) == (True, "Network error on destination MXs")
    assert {group["relay_address"] for group in facts["groups"] if group["host_level"]} == {"192.0.2.1", "192.0.2.2"}


@pytest.mark.parametrize(
    ("host", "destination", "own"),
    [
        ("example.net", "example.net", True),
        ("mx.example.net", "example.net", True),
        ("mx.example.net", "mail.example.net", True),
        ("mx.example.co.uk", "mail.example.co.uk", True),
        ("mx.example.co.uk", "other.co.uk", False),
        ("mx.example.org", "example.net", False),
        ("net", "example.net", False),
        (None, "example.net", False),
    ],
)
def test_names_of_an_organisation(host, destination, own):
    assert _related(host, destination) is own


def test_log_failure_of_long_ago_explains_nothing():
    text = smtpd(connecting(), f"{NEXT} mta error reason=BANNER rejected: 554 blocked") + smtpd(delivery(**ALL_FAILED), start=NOW + 4000)
    assert group_of(read_log("opensmtpd", text), destination="example.net", host_level=False)["masked"]


def test_log_smarthost_that_refuses_the_login():
    facts = read_log(
        "opensmtpd",
        smtpd(
            f"{NEXT} mta connecting address=smtp+tls://192.0.2.9:587 host=smart.example.org",
            f"{NEXT} mta error reason=AUTH rejected: 535 5.7.8 no",
            delivery(**{**ALL_FAILED, "relay": "smart.example.org"}),
        ),
    )
    group = group_of(facts, destination="example.net")
    assert (group["text"], group["stage"], group["relay_host"]) == ("535 5.7.8 no", "AUTH", "smart.example.org")


def test_log_refusal_of_one_server_is_handled_by_the_next():
    facts = read_log(
        "opensmtpd",
        smtpd(
            connecting(host="mx1.example.net"),
            f"{NEXT} mta error reason=BANNER rejected: 554 busy",
            connecting(session="1" * 16, address="192.0.2.2", host="mx2.example.net"),
            delivery(session="1" * 16, relay="192.0.2.2 (mx2.example.net)"),
        ),
    )
    group = group_of(facts, relay_host="mx1.example.net")
    assert (group["host_level"], group["handled"], group["destination"], facts["deferred"], facts["delivered"]) == (True, 1, "example.net", 0, 1)


def test_log_what_a_server_does_after_a_delivery_is_its_consequence():
    facts = read_log("opensmtpd", smtpd(connecting(), delivery("TempFail", "421 4.7.0 later"), f"{NEXT} mta error reason=IO Error: Connection reset by peer"))
    assert [group["text"] for group in facts["groups"]] == ["421 4.7.0 later"]


def test_log_failure_that_the_delivery_repeats_is_told_once():
    facts = read_log(
        "opensmtpd", smtpd(connecting(), f"{NEXT} mta error reason=Connection closed unexpectedly", delivery("TempFail", "Connection closed unexpectedly"))
    )
    (group,) = facts["groups"]
    assert (group["host_level"], group["count"]) == (False, 1)


def test_log_expired_recipient_keeps_the_reason_it_waited_for():
    waits = [connecting(), delivery("TempFail", "450 4.2.0 later")]
    expiry = f"relay: Expire for {ENVELOPE}: from=<s@example.com>, to=<a@example.net>, rcpt=<->, delay=4d, stat=Envelope expired"
    expired = group_of(read_log("opensmtpd", smtpd(*waits, expiry)), outcome="expired")
    assert (expired["text"], expired["masked"], expired["relay_host"]) == ("450 4.2.0 later", False, "mx.example.net")
    assert group_of(read_log("opensmtpd", smtpd(expiry), warm=smtpd(*waits)), outcome="expired")["text"] == "450 4.2.0 later"
    assert group_of(read_log("opensmtpd", smtpd(expiry)), outcome="expired")["masked"]


def test_log_clients_and_bounces():
    facts = read_log(
        "opensmtpd",
        smtpd(
            f"{SESSION} smtp connected address=203.0.113.4 host=client.example.org",
            f"{SESSION} smtp authentication user=joe address=203.0.113.4 host=client.example.org result=ok",
            f"{SESSION} smtp message msgid=b08bbe56 size=359 nrcpt=2 proto=ESMTP",
            f"{SESSION} smtp envelope evpid={ENVELOPE} from=<s@example.com> to=<a@example.net>",
            f"{SESSION} smtp envelope evpid=b08bbe56ffffffff from=<s@example.com> to=<b@example.net>",
            f"{NEXT} smtp connected address=local host=mail.example.com",
            f"{NEXT} smtp message msgid=4303da62 size=1800 nrcpt=1 proto=ESMTP",
            f"{NEXT} smtp envelope evpid={OTHER} from=<> to=<s@example.com>",
        ),
    )
    assert facts["received"] == 1
    assert facts["senders"]["clients"][0]["client"] == "joe"
    assert {(sender["sender"], sender["messages"], sender["recipients"]) for sender in facts["senders"]["top"]} == {("s@example.com", 1, 2), ("", 1, 1)}


def test_log_mailboxes_and_filters_on_this_host_are_no_deliveries_to_others():
    mda = f"{SESSION} mda delivery evpid={OTHER} from=<> to=<joe@example.com> rcpt=<joe@example.com> user=joe delay=1s result=Ok stat=Delivered"
    facts = read_log("opensmtpd", smtpd(mda, delivery(relay="127.0.0.1 (localhost)")))
    assert (facts["delivered"], facts["local"], facts["filtered"], facts["delivered_to"]) == (1, 1, 1, [])


def test_log_smarthost_behind_a_tunnel_on_this_host_is_a_delivery(tmp_path):
    files = {"smtpctl-show-queue.txt": "", "mail.log": smtpd(delivery(relay="127.0.0.1 (localhost)"))}
    path = folder(tmp_path, **files, **{"files/etc/smtpd.conf": 'action "out" relay host smtp://127.0.0.1:2525\nmatch for any action "out"\n'})
    assert survey_of(path, gather_subset=["log"])["log"]["delivered"] == 1
    with_filter = 'action "scan" relay host smtp://127.0.0.1:2525\naction "out" relay host smtp://smart.example.net\nmatch for any action "out"\n'
    path = folder(tmp_path, **files, **{"files/etc/smtpd.conf": with_filter})
    assert survey_of(path, gather_subset=["log"])["log"]["filtered"] == 1


def test_log_warns_of_what_explains_more_than_one_message():
    text = smtpd(
        "warn: Failed to get source address for [relay:example.net]",
        "warn: queue: no return path!",
        "warn: PermFail injecting failure report on message 56c885e8",
    )
    assert read_log("opensmtpd", text)["log_warnings"] == ["smtpd: Failed to get source address for [relay:example.net]"]


def test_log_words_of_a_server_that_look_like_log_lines_are_only_words():
    words = f'550 \\" result=\\"Ok\\" stat=\\"250 {NEXT} mta delivery evpid={OTHER}'
    facts = read_log("opensmtpd", smtpd(delivery("PermFail", words)))
    assert (facts["delivered"], facts["bounced"]) == (0, 1)


@spoilt
@pytest.mark.parametrize("name", ["mail-6.8.log", "mail-7.6.log"])
def test_spoilt_log_is_harmless(name, kind):
    assert_spoilt_log_is_harmless("opensmtpd", OPENSMTPD / name, kind)


# A whole host.


def test_snapshot_of_a_real_opensmtpd():
    facts = survey_of(OPENSMTPD / "snapshot")
    assert facts["mta"] == {"name": "opensmtpd", "version": "6.8.0p2", "config_dir": "/etc"}
    source = facts["identity"]["sources"][0]
    assert (source["transport"], source["address4"], source["address6"], source["protocols"], source["helo"]) == (
        "out",
        "198.51.100.25",
        None,
        ["ipv4"],
        "mail.sender.example",
    )
    (relay,) = facts["identity"]["relays"]
    assert (relay["scope"], relay["host"], relay["port"], relay["auth"], relay["tls"]) == ("partner.example", "smart.sender.example", 587, True, "verify")
    assert not any(group["masked"] for group in facts["queue"]["groups"])
    assert group_of(facts["queue"], destination="closed.example")["text"] == "IO Error: Connection refused"
    assert facts["log"]["expired"] == 1


def test_snapshot_without_the_log_stays_masked():
    queue = survey_of(OPENSMTPD / "snapshot", gather_subset=["queue"])["queue"]
    assert {group["destination"] for group in queue["groups"] if group["masked"]} == {"closed.example", "listed.example", "silent.example"}


# Identity.


def identity(path, conf, **files):
    written = {"files/etc/smtpd.conf": conf, "smtpctl-show-queue.txt": "", "ip-address.json": addresses("198.51.100.7", "2001:db8::7"), **files}
    return system_in("opensmtpd", folder(path, **written)).identity()


def test_identity_of_the_configuration_that_comes_with_it(tmp_path):
    conf = 'listen on localhost\naction "local" maildir alias <aliases>\naction "relay" relay\nmatch for local action "local"\n'
    found = identity(tmp_path, conf + 'match from local for any action "relay"\n')
    (source,) = found.sources
    assert source == {
        "transport": "relay",
        "address4": "198.51.100.7",
        "address6": "2001:db8::7",
        "helo": "mail.example.com",
        "protocols": ["ipv4", "ipv6"],
        "origin": "chosen by the kernel",
    }
    assert (found.relays, found.domains, found.warnings) == ([], ["mail.example.com"], ())


@pytest.mark.parametrize(
    ("options", "address4", "address6", "protocols", "warning"),
    [
        ("src 198.51.100.7", "198.51.100.7", None, ["ipv4"], None),
        ("src <ours>", "198.51.100.7", "2001:db8::7", ["ipv4", "ipv6"], None),
        ("src <file>", None, "2001:db8::7", ["ipv6"], None),
        ("src 198.51.100.9", "198.51.100.9", None, ["ipv4"], "which no interface of this host has"),
        ('src "999.1.1.1"', None, None, [], "which is no address"),
        ("src <missing>", None, None, ["ipv4", "ipv6"], "cannot be read here"),
    ],
)
def test_identity_source(tmp_path, options, address4, address6, protocols, warning):
    conf = f'table ours {{ 198.51.100.7, 2001:db8::7 }}\ntable file file:/etc/sources\naction "out" relay {options}\nmatch for any action "out"\n'
    found = identity(tmp_path, conf, **{"files/etc/sources": "# ours\n2001:db8::7\n"})
    source = found.sources[0]
    assert (source["address4"], source["address6"], source["protocols"]) == (address4, address6, protocols)
    assert [warning in told for told in found.warnings] == ([True] if warning else [])


@pytest.mark.parametrize(
    ("options", "helo"),
    [
        ("", "box.example.com"),
        ('helo "out.example.com"', "out.example.com"),
        ("src 198.51.100.7 helo-src <names>", "seven.example.com"),
        ("helo $name", "macro.example.com"),
    ],
)
def test_identity_helo(tmp_path, options, helo):
    conf = f'name = "macro.example.com"\ntable names {{ 198.51.100.7 = seven.example.com }}\naction "out" relay {options}\nmatch for any action "out"\n'
    assert identity(tmp_path, conf, **{"files/etc/mailname": "box.example.com\n"}).sources[0]["helo"] == helo


def test_identity_action_of_the_rule_for_everything_comes_first(tmp_path):
    conf = 'action a relay\naction b relay src 198.51.100.7\nmatch for domain "example.org" action a\n'
    conf += "match from any \\\n  for any action b # rest\nmatch for any reject\n"
    assert [source["transport"] for source in identity(tmp_path, conf).sources] == ["b", "a"]


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "auth"),
    [
        ("smtp+tls://me@smart.example.net:587 auth <keys>", "smart.example.net", 587, "verify", True),
        ("smtp+tls://me@smart.example.net:submission auth <keys> tls no-verify", "smart.example.net", 587, "encrypt", True),
        ("smtps://me@smart.example.net auth <keys>", "smart.example.net", 465, "verify", True),
        ("smtp://smart.example.net", "smart.example.net", 25, "may", False),
        ("smtp+notls://[2001:db8::9]:2525", "2001:db8::9", 2525, "none", False),
        ("smart.example.net", "smart.example.net", 25, "may", False),
    ],
)
def test_smarthost(tmp_path, url, host, port, tls, auth):
    conf = f'table keys {{ me = "joe:secret" }}\naction "out" relay host {url}\nmatch for any action "out"\n'
    found = identity(tmp_path, conf)
    assert found.relays == [{"scope": "*", "host": host, "port": port, "origin": 'action "out" host', "auth": auth, "tls": tls}]
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("rule", "scope"),
    [
        ('for domain "example.org"', "example.org"),
        ("for domain <others>", "<others>"),
        ('for domain { "example.org", "example.net" }', "<example.org, example.net>"),
        ("from local for any", "*"),
        ('mail-from "@example.org" for any', "@example.org"),
        ('from mail-from "@example.org" for any', "@example.org"),
        ("for local", "local"),
        ("tag SIGNED for any", "*"),
        ('for ! domain "example.org"', "not example.org"),
    ],
)
def test_smarthost_scope(tmp_path, rule, scope):
    (relay,) = identity(tmp_path, f'action "out" relay host smtp://smart.example.net\nmatch {rule} action "out"\n').relays
    assert relay["scope"] == scope


def test_domains_of_rules_that_deliver_here(tmp_path):
    conf = (
        'include "/etc/smtpd/domains.conf"\ntable ours file:/etc/mail/domains\naction "local" lmtp "/run/lmtp"\naction "out" relay\n'
        'match from any for domain <ours> action "local"\nmatch for domain "elsewhere.example" action "out"\n'
    )
    files = {
        "files/etc/mail/domains": "example.org\nexample.net # two\n",
        "files/etc/smtpd/domains.conf": 'action "box" mbox\nmatch for domain { "shop.example", "b.example" } action "box"\n',
    }
    assert identity(tmp_path, conf, **files).domains == ["mail.example.com", "shop.example", "b.example", "example.org", "example.net"]


def test_include_that_cannot_be_read_is_said(tmp_path):
    assert identity(tmp_path, 'include "/etc/smtpd/more.conf"\n').warnings == ("smtpd.conf includes /etc/smtpd/more.conf, which cannot be read",)


def test_include_in_a_circle_ends(tmp_path):
    assert identity(tmp_path, 'include "/etc/smtpd.conf"\naction "out" relay\n').sources[0]["transport"] == "out"
