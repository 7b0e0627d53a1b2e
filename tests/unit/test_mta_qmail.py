# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""qmail: queue listings, reports with their lossy escapes, logs with every kind of stamp and control files."""

from __future__ import annotations

import re

import pytest
from mta_cases import COUNTED, FIXTURES, NOW, as_syslog, assert_spoilt_log_is_harmless, folder, group_of, read_log, spoilt, survey_of, system_in
from mta_data import addresses

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.qmail import Qmail, read_report, unescape
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_log_text, parse_queue_text

QMAIL = FIXTURES / "qmail"
REAL_LOGS = ("tai64n.log", "snapshot/current")
TOO_LONG = "I'm_not_going_to_try_again;_this_message_has_been_in_the_queue_too_long./"
QREAD = "21 Nov 2026 20:30:00 GMT  #29577  253  <s@example.com> \n\tremote\ta@example.net\n"


def log(*messages):
    """Lines as tai64nlocal leaves them, one a second."""
    return "".join(f"2026-11-21 20:46:{second:02d}.626571500 {message}\n" for second, message in enumerate(messages))


def message(number=1, delivery=1, sender="s@example.com", recipient="a@example.net", channel="remote", process=100):
    return (
        f"new msg {number}",
        f"info msg {number}: bytes 253 from <{sender}> qp {process} uid 0",
        f"starting delivery {delivery}: msg {number} to {channel} {recipient}",
    )


# Reports.


@pytest.mark.parametrize(
    ("report", "text", "stage", "address"),
    [
        (
            "192.0.2.1_does_not_like_recipient./Remote_host_said:_450_4.2.0_<a@example.net>:_Greylisted,_see_http://help.example/a/b.html"
            "/Giving_up_on_192.0.2.1./",
            "450 4.2.0 <a@example.net>: Greylisted, see http://help.example/a/b.html",
            "RCPT TO",
            "192.0.2.1",
        ),
        (
            "192.0.2.1_failed_after_I_sent_the_message./Remote_host_said:_550-5.7.1_one/550-5.7.1_two/three/550_5.7.1_four/",
            "550-5.7.1 one 550-5.7.1 two/three 550 5.7.1 four",
            "end of DATA",
            "192.0.2.1",
        ),
        ("Connected_to_192.0.2.1_but_greeting_failed./Remote_host_said:_554_no/", "554 no", "connect", "192.0.2.1"),
        ("Connected_to_2001:db8::1_but_sender_was_rejected./Remote_host_said:_451_no/", "451 no", "MAIL FROM", "2001:db8::1"),
        ("Connected_to_192.0.2.1_but_my_name_was_rejected./Remote_host_said:_421_no/", "421 no", "EHLO", "192.0.2.1"),
        ("192.0.2.1_failed_on_DATA_command./Remote_host_said:_451_no/", "451 no", "DATA", "192.0.2.1"),
        ("Connected_to_192.0.2.1_but_connection_died._(#4.4.2)/", "Connected to 192.0.2.1 but connection died. (#4.4.2)", None, "192.0.2.1"),
        (
            "Connected_to_192.0.2.1_but_connection_died._Possible_duplicate!_(#4.4.2)/",
            "Connected to 192.0.2.1 but connection died. Possible duplicate! (#4.4.2)",
            "end of DATA",
            "192.0.2.1",
        ),
        ("Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/", "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)", "connect", None),
        ("Sorry,_I_couldn't_find_any_host_named_example.net._(#5.1.2)/", "Sorry, I couldn't find any host named example.net. (#5.1.2)", None, None),
        ("", "", None, None),
    ],
)
def test_report(report, text, stage, address):
    assert read_report(report) == (text, stage, address, False)


def test_report_of_a_message_that_became_too_old():
    report = "192.0.2.1_does_not_like_recipient./Remote_host_said:_450_later/Giving_up_on_192.0.2.1./"
    assert read_report(report + TOO_LONG) == ("450 later", "RCPT TO", "192.0.2.1", True)


def test_underscores_of_known_addresses_are_theirs():
    report = "192.0.2.1_does_not_like_recipient./Remote_host_said:_550_<john_smith@example.net>_from_<the_desk@example.com>_unknown/"
    assert "<john_smith@example.net> from <the_desk@example.com> unknown" in unescape(report, "john_smith@example.net", "the_desk@example.com")
    assert "<john smith@example.net>" in unescape(report)


# The queue.


def entries(text):
    return list(Qmail.parse_queue(text, None))


def test_queue_of_a_real_qmail():
    found = entries((QMAIL / "snapshot/qmail-qread.txt").read_text())
    assert (len({entry.queue_id for entry in found}), len(found)) == (22, 23)
    assert not {"a@ok.example", "c@gmail-nouser.example"} & {entry.recipient for entry in found}  # they had their mail, or their bounce
    (bounce,) = [entry for entry in found if not entry.sender]
    assert (bounce.queue_id, bounce.size, bounce.arrival, bounce.queue, bounce.masked) == ("2957737", 234, 1795295610, "remote", True)


def test_queue_local_and_remote_and_bounces_of_bounces():
    listing = "1 Jan 2027 00:00:01 GMT  #5  1  <#@[]>  bouncing\n\tlocal\tpostmaster@example.com\n  done\tremote\tx@example.net\n"
    (entry,) = entries("warning: trouble with #6: file not found\n" + listing)
    assert (entry.sender, entry.queue, entry.recipient, entry.arrival) == ("", "local", "postmaster@example.com", 1798761601)


@pytest.mark.parametrize("text", ["", "\n"])
def test_queue_empty(text):
    assert entries(text) == []


@pytest.mark.parametrize("line", ["hello", "21 Foo 2026 20:30:00 GMT  #1  1  <>", "messages in queue: 22"])
def test_queue_broken_line_is_named(line):
    with pytest.raises(DeliverabilityError, match="line 3 of the queue listing is not what qmail-qread prints"):
        entries(QREAD + line + "\n")


def test_queue_and_log_are_recognised():
    assert parse_queue_text(QREAD)["mta"] == "qmail"
    for name in REAL_LOGS:
        assert parse_log_text((QMAIL / name).read_text(), now="2026-11-22T01:00:00Z")["mta"] == "qmail"


# The log: real ones.


@pytest.mark.parametrize("name", REAL_LOGS)
@pytest.mark.parametrize("block", [None, 1000])
def test_log_totals_are_those_of_its_lines(name, block):
    """Whatever the size of the blocks, every line counts once."""
    text = (QMAIL / name).read_text()
    facts = read_log("qmail", text, block=block)
    results = re.findall(r" delivery \d+: (\w+): ", text)
    assert facts["lines"] == text.count("\n")
    for outcome, result in (("delivered", "success"), ("deferred", "deferral"), ("bounced", "failure")):
        assert facts[outcome] == results.count(result)
    assert facts["received"] == len(re.findall(r" info msg ", text)) - len(re.findall(r" bounce msg ", text))


def test_log_both_stamps_tell_the_same():
    """The label of a log in TAI64N and the time that tai64nlocal makes of it."""
    label, local = (read_log("qmail", (QMAIL / name).read_text()) for name in REAL_LOGS)
    assert label == local
    assert (local["first"], local["last"]) == ("2026-11-21T21:13:02Z", "2026-11-21T21:13:36Z")


def test_log_replies_are_whole():
    facts = read_log("qmail", (QMAIL / "snapshot/current").read_text())
    auth = group_of(facts, destination="gmail-auth.example")
    assert auth["text"].startswith("550-5.7.26 This mail has been blocked because the sender is unauthenticated. 550-5.7.26 Gmail requires")
    assert auth["text"].endswith("550 5.7.26  https://support.google.com/mail/answer/81126#authentication b8-20020a05 - gsmtp")
    assert (auth["stage"], auth["relay_address"], auth["sender_domains"]) == ("end of DATA", "127.0.10.3", ["sender.example"])


# The log: what may come.


def test_log_numbers_are_used_again():
    facts = read_log(
        "qmail",
        log(
            *message(1, 1, "first@example.com"),
            "delivery 1: success: 192.0.2.1_accepted_message./Remote_host_said:_250_ok/",
            "end msg 1",
            *message(1, 1, "second@example.org", "b@example.net"),
            "delivery 1: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_no/",
        ),
    )
    assert group_of(facts, outcome="bounced")["sender_domains"] == ["example.org"]
    assert facts["delivered"] == 1


def test_log_expired_recipient():
    late = "delivery 1: failure: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/"
    facts = read_log("qmail", log(*message(), late + TOO_LONG))
    assert (facts["expired"], facts["bounced"]) == (1, 0)
    assert group_of(facts, outcome="expired")["text"] == "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)"


def test_log_several_recipients_and_a_bounce():
    facts = read_log(
        "qmail",
        log(
            *message(),
            "starting delivery 2: msg 1 to remote b@example.org",
            "delivery 2: failure: 192.0.2.2_does_not_like_recipient./Remote_host_said:_550_5.1.1_unknown_user/",
            "delivery 1: deferral: 192.0.2.1_does_not_like_recipient./Remote_host_said:_450_later/",
            "bounce msg 1 qp 200",
            *message(2, 3, "", "s@example.com", process=200),
        ),
    )
    senders = {sender["sender"]: (sender["messages"], sender["recipients"], sender["bounced"]) for sender in facts["senders"]["top"]}
    assert senders == {"s@example.com": (1, 2, 1), "": (1, 1, 0)}
    assert (facts["received"], facts["deferred_messages"]) == (1, 1)


def test_log_retry_that_succeeds_is_handled():
    facts = read_log(
        "qmail",
        log(
            *message(),
            "delivery 1: deferral: 192.0.2.1_does_not_like_recipient./Remote_host_said:_450_later/",
            "starting delivery 2: msg 1 to remote a@example.net",
            "delivery 2: success: 192.0.2.1_accepted_message./Remote_host_said:_250_ok/",
        ),
    )
    assert group_of(facts, destination="example.net")["handled"] == 1


def test_log_mailboxes_are_local():
    facts = read_log("qmail", log(*message(channel="local", recipient="joe@example.com"), "delivery 1: success: did_0+0+1/"))
    assert (facts["delivered"], facts["local"], facts["delivered_to"]) == (1, 1, [])


def test_log_delivery_that_began_before_the_log_is_left_out_unless_it_is_known():
    end = log("delivery 1: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_no/")
    assert read_log("qmail", end)["bounced"] == 0
    facts = read_log("qmail", end, warm=log(*message()))
    assert (facts["bounced"], facts["received"]) == (1, 0)
    assert group_of(facts, destination="example.net")["bytes"] == 253


@pytest.mark.parametrize("prefix", ["", "1795294000.123456 "])
def test_log_through_splogger(prefix):
    lines = [*message(), "delivery 1: deferral: 192.0.2.1_does_not_like_recipient./Remote_host_said:_450_later/"]
    facts = read_log("qmail", as_syslog("qmail", *[prefix + line for line in lines], start=NOW))
    assert (facts["received"], facts["deferred"], facts["last"]) == (1, 1, "2026-11-21T20:46:43Z")
    assert read_log("qmail", as_syslog("other", *lines))["deferred"] == 0


def test_log_alerts_are_kept():
    assert read_log("qmail", log("alert: unable to opendir todo, sleeping...", "status: local 0/10 remote 0/20"))["log_warnings"] == [
        "qmail-send: alert: unable to opendir todo, sleeping..."
    ]


def test_log_words_of_a_server_that_look_like_log_lines_are_only_words():
    facts = read_log("qmail", log(*message(), "delivery 1: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_delivery 2: success: ok/"))
    assert (facts["delivered"], facts["bounced"]) == (0, 1)


@spoilt
@pytest.mark.parametrize("name", REAL_LOGS)
def test_spoilt_log_is_harmless(name, kind):
    assert_spoilt_log_is_harmless("qmail", QMAIL / name, kind)


# A whole host.


def test_snapshot_of_a_real_qmail():
    facts = survey_of(QMAIL / "snapshot")
    assert facts["mta"] == {"name": "qmail", "version": None, "config_dir": "/var/qmail"}
    (source,) = facts["identity"]["sources"]
    assert (facts["identity"]["hostname"], source["helo"], source["protocols"]) == ("mail.sender.example", "out.sender.example", ["ipv4"])
    assert [(relay["scope"], relay["host"]) for relay in facts["identity"]["relays"]] == [("sender.example", "127.0.10.1")]
    assert not any(group["masked"] for group in facts["queue"]["groups"])
    refused = group_of(facts["queue"], destination="refused.example")
    assert (refused["text"], refused["stage"]) == ("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)", "connect")
    counted = {what: facts["log"][what] for what in COUNTED}
    assert counted == {"received": 41, "delivered": 20, "deferred": 23, "bounced": 18, "expired": 0, "filtered": 0, "local": 0}


def test_snapshot_without_the_log_knows_no_reason():
    queue = survey_of(QMAIL / "snapshot", gather_subset=["queue"])["queue"]
    assert {(group["text"], group["masked"]) for group in queue["groups"]} == {("", True)}


def test_snapshot_log_with_the_names_of_multilog(tmp_path):
    files = {"current": log(*message(2, 2)), "@400000006b02099303f38b14.s": log(*message(1, 1)), "qmail-qread.txt": ""}
    assert survey_of(folder(tmp_path, **files), gather_subset=["log"])["log"]["received"] == 2


# Identity.


def identity(path, **control):
    files = {f"files/var/qmail/control/{name}": text for name, text in control.items() if name != "program"}
    if "program" in control:
        files["files/var/qmail/bin/qmail-remote"] = control["program"]
    written = {"qmail-qread.txt": "", "ip-address.json": addresses("198.51.100.7", "2001:db8::7"), **files}
    return system_in("qmail", folder(path, **written)).identity()


def test_identity_of_a_plain_host(tmp_path):
    found = identity(tmp_path, me="mail.example.com\n")
    assert found.sources == [
        {
            "transport": "remote",
            "address4": "198.51.100.7",
            "address6": None,
            "helo": "mail.example.com",
            "protocols": ["ipv4"],
            "origin": "chosen by the kernel",
        }
    ]
    assert (found.hostname, found.relays, found.domains, found.warnings) == ("mail.example.com", [], ["mail.example.com"], ())


@pytest.mark.parametrize(
    ("program", "address", "origin", "warning"),
    [
        (None, "198.51.100.7", "control/outgoingip", None),
        (b"\x7fELF\x80control/outgoingip\0control/smtproutes\0", "198.51.100.7", "control/outgoingip", None),
        (b"\x7fELF\x80control/smtproutes\0", "198.51.100.7", "chosen by the kernel", "does not read it"),
    ],
)
def test_identity_outgoing_address_counts_where_the_program_reads_it(tmp_path, program, address, origin, warning):
    control = {"me": "mail.example.com", "outgoingip": "198.51.100.7\n"}
    found = identity(tmp_path, **control, **({"program": program} if program else {}))
    assert (found.sources[0]["address4"], found.sources[0]["origin"]) == (address, origin)
    assert [warning in told for told in found.warnings] == ([True] if warning else [])


@pytest.mark.parametrize(("bound", "warning"), [("198.51.100.9", "which no interface of this host has"), ("junk", "which is no address")])
def test_identity_outgoing_address_that_cannot_be(tmp_path, bound, warning):
    assert warning in identity(tmp_path, me="mail.example.com", outgoingip=bound).warnings[0]


def test_identity_by_domain(tmp_path):
    found = identity(tmp_path, me="mail.example.com", domainips="# domain:ip:helo\nexample.org:198.51.100.7:out.example.org\n")
    assert [(source["transport"], source["address4"], source["helo"]) for source in found.sources] == [
        ("remote", "198.51.100.7", "mail.example.com"),
        ("remote for example.org", "198.51.100.7", "out.example.org"),
    ]


def test_relays_and_logins(tmp_path):
    routes = ":smart.example.net:587 joe secret\nexample.org:[2001:db8::9]:2525\n.example.net:hub.example.net\nnoroute.example:\n# comment\n"
    found = identity(tmp_path, me="mail.example.com", smtproutes=routes, program="control/smtproutes STARTTLS")
    assert [(relay["scope"], relay["host"], relay["port"], relay["auth"], relay["tls"]) for relay in found.relays] == [
        ("*", "smart.example.net", 587, True, "may"),
        ("example.org", "2001:db8::9", 2525, False, "may"),
        (".example.net", "hub.example.net", 25, False, "may"),
    ]
    assert "secret" not in str(found)


def test_domains(tmp_path):
    found = identity(
        tmp_path, me="mail.example.com", locals="example.com\nlocalhost\n", virtualdomains="shop.example:shop\njoe@x.example:joe\n", defaultdomain="example.net"
    )
    assert found.domains == ["mail.example.com", "example.net", "example.com", "shop.example"]
