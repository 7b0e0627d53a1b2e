# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sendmail: listings and files of both queues, log lines and cf files, real ones and those that break careless readers."""

from __future__ import annotations

import datetime
import re

import pytest
from mta_cases import FIXTURES, NOW, as_syslog, assert_spoilt_log_is_harmless, folder, group_of, read_log, spoilt, survey_of, system_in
from mta_data import addresses

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.sendmail import Sendmail, read_relay, read_status
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_log_text, parse_queue_text

SENDMAIL = FIXTURES / "sendmail"
REAL_LOGS = ("mail-8.17.log", "snapshot/mail.log")

ID, OTHER_ID = "6ALKtSrC000947", "6ALKtSaa000938"
TRIED = "delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=30337"


def mta(*messages, start=NOW):
    return as_syslog("sm-mta[7]", *messages, start=start)


# Statuses.


@pytest.mark.parametrize(
    ("status", "text", "stage", "host", "masked"),
    [
        ("Deferred: 450 4.2.0 <a@example.net>: later", "450 4.2.0 <a@example.net>: later", None, None, False),
        ("Deferred: Connection refused by mx.example.net.", "Connection refused by mx.example.net.", "connect", "mx.example.net", False),
        ("Deferred: Connection refused by [127.0.0.1]", "Connection refused by [127.0.0.1]", "connect", None, False),
        ("Deferred: 421 too many connections from 192.0.2.1", "421 too many connections from 192.0.2.1", None, None, False),
        ("Deferred: Connection timed out with mx.example.net.", "Connection timed out with mx.example.net.", "connect", "mx.example.net", False),
        ("reply: read error from mx.example.net.", "reply: read error from mx.example.net.", None, "mx.example.net", False),
        ("host map: lookup (example.net): deferred", "host map: lookup (example.net): deferred", None, None, False),
        ("User unknown", "User unknown", None, None, False),
        ("Deferred", "Deferred", None, None, True),
        ("Deferred:", "Deferred:", None, None, True),
        ("queued", "queued", None, None, True),
    ],
)
def test_status(status, text, stage, host, masked):
    assert read_status(status) == (text, stage, host, masked)


@pytest.mark.parametrize(
    ("text", "host", "address"),
    [
        ("mx.example.net. [192.0.2.1]", "mx.example.net", "192.0.2.1"),
        ("MX.example.net [IPv6:2001:db8::1]", "mx.example.net", "2001:db8::1"),
        ("[192.0.2.1] [192.0.2.1]", None, "192.0.2.1"),
        ("client.example.org [203.0.113.4] (may be forged)", "client.example.org", "203.0.113.4"),
        ("root@localhost", None, None),
        ("example.net.", "example.net", None),
        (None, None, None),
    ],
)
def test_relay(text, host, address):
    assert read_relay(text) == (host, address)


# The queues.


def entries(text, now=NOW):
    return list(Sendmail.parse_queue(text, Clock(now, datetime.timezone.utc)))


def test_queue_of_a_real_sendmail_has_both_queues():
    found = entries((SENDMAIL / "mailq-8.17.txt").read_text())
    assert len({entry.queue_id for entry in found}) == 17
    assert {entry.queue for entry in found} == {"mqueue", "mqueue-client"}
    silent = next(entry for entry in found if entry.recipient == "user@silent.example")
    assert (silent.sender, silent.size, silent.arrival) == ("alice@sender.example", 20, 1795294500)
    assert next(entry for entry in found if entry.recipient == "user@gmail-rate.example" and not entry.sender).masked


def test_queue_verbose_listing_has_the_reason_of_each_recipient():
    short, long = (entries((SENDMAIL / name).read_text()) for name in ("mailq-8.17.txt", "mailq-v-8.17.txt"))
    assert {(entry.queue_id, entry.recipient, entry.sender, entry.arrival) for entry in short} == {
        (entry.queue_id, entry.recipient, entry.sender, entry.arrival) for entry in long
    }
    (cut,) = [entry for entry in short if entry.recipient == "b@greylist.example"]
    (whole,) = [entry for entry in long if entry.recipient == "b@greylist.example"]
    assert (cut.text, cut.masked) == ("User unknown", True)  # the fate of another recipient, who had his bounce
    assert (whole.text[:30], whole.masked) == ("450 4.2.0 <b@greylist.example>", False)


def test_queue_that_is_listed_twice_counts_once():
    assert len(entries((SENDMAIL / "mailq-Ac-8.17.txt").read_text())) == 2


def test_queue_flags_and_quarantine():
    listing = (
        "\t\t/var/spool/mqueue (2 requests)\n-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n"
        f"{ID}*      20 Sat Nov 21 20:45 <>\n\t\t\t\t\t <a@example.net>\n"
        f"{OTHER_ID}       20 Sat Nov 21 20:45 <s@example.com>\n     QUARANTINE: by hand\n                 (Deferred: 450 later)\n\t\t\t\t\t <b@example.net>\n"
        "\t\tTotal requests: 2\n"
    )
    first, second = entries(listing)
    assert (first.queue, first.sender, first.text) == ("active", "", "")
    assert (second.queue, second.text) == ("quarantined", "450 later")


def test_queue_dates_over_new_year():
    listing = f"-----Q-ID----- \n{ID}       20 Thu Dec 31 23:59 <s@example.com>\n\t\t\t <a@example.net>\n"
    assert entries(listing, 1798761660)[0].arrival == 1798761540


@pytest.mark.parametrize("text", ["", "\n", "/var/spool/mqueue is empty\n\t\tTotal requests: 0\n"])
def test_queue_empty(text):
    assert entries(text) == []


@pytest.mark.parametrize("text", ["hello\n", '{"queue_id": "A1"}', "sendmail: permission denied"])
def test_queue_of_something_else_is_named(text):
    with pytest.raises(DeliverabilityError, match="the queue listing is not what Sendmail's mailq prints"):
        entries(text)


def test_queue_and_log_are_recognised():
    for name in ("mailq-8.17.txt", "mailq-v-8.17.txt", "snapshot/mailq-v.txt"):
        assert parse_queue_text((SENDMAIL / name).read_text(), now="2026-11-22T01:00:00Z")["mta"] == "sendmail"
    for name in REAL_LOGS:
        assert parse_log_text((SENDMAIL / name).read_text(), now="2026-11-22T01:00:00Z")["mta"] == "sendmail"


# The log: real ones.


@pytest.mark.parametrize("name", REAL_LOGS)
@pytest.mark.parametrize("block", [None, 1000])
def test_log_totals_are_those_of_its_lines(name, block):
    """Whatever the size of the blocks, every line counts once; what the submission program hands to the daemon is neither sent nor received again."""
    text = (SENDMAIL / name).read_text()
    facts = read_log("sendmail", text, block=block)
    statuses = re.findall(r": to=(\S+),.* mailer=\w+,.* stat=(.*)", text)
    sent = [to for to, stat in statuses if stat.startswith("Sent") and "Message accepted for delivery" not in stat]
    assert facts["lines"] == text.count("\n")
    assert facts["delivered"] == len(sent)
    assert facts["deferred"] == len([to for to, stat in statuses if stat.startswith(("Deferred", "queued"))])
    assert facts["bounced"] == len([to for to, stat in statuses if not stat.startswith(("Sent", "Deferred", "queued"))])
    assert facts["received"] == len(re.findall(r" sendmail\[\d+\]: \w+: from=", text))
    assert facts["expired"] == text.count("DSN: Cannot send message for")


def test_log_judges_by_the_reply():
    """550 at RCPT is "User unknown" to Sendmail, whatever the server said."""
    banned = group_of(read_log("sendmail", (SENDMAIL / "mail-8.17.log").read_text()), destination="m365-banned.example")
    assert banned["text"].startswith("550 5.7.511 Access denied, banned sender[127.0.0.2].")
    assert (banned["outcome"], banned["dsn"], banned["masked"], banned["relay_host"]) == ("bounced", "5.7.511", False, "mx.m365-banned.example")


def test_log_bare_status_is_found_out():
    """A second message for a server that refused a moment ago is logged without a reason."""
    rate = group_of(read_log("sendmail", (SENDMAIL / "mail-8.17.log").read_text()), destination="gmail-rate.example")
    assert (rate["count"], rate["masked"]) == (2, False)
    assert rate["text"].startswith("421-4.7.28 [127.0.0.2")


def test_log_tells_where_a_server_fell_silent():
    silent = group_of(read_log("sendmail", (SENDMAIL / "mail-8.17.log").read_text()), destination="silent.example")
    assert (silent["stage"], silent["text"]) == ("connect", "Connection timed out with mx.silent.example.")


def test_log_expired_recipient_keeps_the_reason_it_waited_for():
    expired = group_of(read_log("sendmail", (SENDMAIL / "snapshot/mail.log").read_text()), outcome="expired")
    assert (expired["destination"], expired["text"], expired["dsn"]) == ("old.example", "450 4.3.2 Service currently unavailable", "4.3.2")


# The log: what may come.


def test_log_several_recipients_in_one_line():
    line = f'{ID}: to=<a@example.net>,<"b,c"@example.net>,d@example.net, {TRIED}, relay=mx.example.net. [192.0.2.1], dsn=2.0.0, stat=Sent (ok)'
    facts = read_log("sendmail", mta(line))
    assert [(row["destination"], row["count"]) for row in facts["delivered_to"]] == [("example.net", 3)]


@pytest.mark.parametrize(
    ("status", "outcome", "masked", "text"),
    [
        ("dsn=5.1.1, stat=User unknown", "bounced", True, "User unknown"),
        ("dsn=5.0.0, stat=Service unavailable", "bounced", True, "Service unavailable"),
        ("dsn=5.1.1, reply=550 5.7.1 blocked, stat=User unknown", "bounced", False, "550 5.7.1 blocked"),
        ("dsn=4.0.0, stat=Deferred: 451 later", "deferred", False, "451 later"),
        ("dsn=4.2.0, reply=450 4.2.0 a, b, c: d, stat=Deferred: 450-4.2.0 a", "deferred", False, "450-4.2.0 a, b, c: d"),
        ("dsn=5.6.0, stat=Data format error", "bounced", True, "Data format error"),
    ],
)
def test_log_of_versions_with_and_without_the_reply(status, outcome, masked, text):
    facts = read_log("sendmail", mta(f"{ID}: to=<a@example.net>, {TRIED}, relay=mx.example.net. [192.0.2.1], {status}"))
    group = group_of(facts, outcome=outcome)
    assert (group["masked"], group["text"]) == (masked, text)


def test_log_of_an_old_version_is_not_explained_by_the_failure_of_others():
    facts = read_log(
        "sendmail",
        mta(
            f"{ID}: to=<a@example.net>, {TRIED}, relay=mx.example.net. [192.0.2.1], dsn=4.2.0, stat=Deferred: 450 4.2.0 Greylisted",
            f"{OTHER_ID}: to=<b@example.net>, {TRIED}, relay=mx.example.net. [192.0.2.1], dsn=5.1.1, stat=User unknown",
        ),
    )
    bounced = group_of(facts, outcome="bounced")
    assert (bounced["text"], bounced["masked"]) == ("User unknown", True)


def test_log_host_that_does_not_exist_is_our_own_word():
    line = f"{ID}: to=<a@example.net>, {TRIED}, relay=example.net, dsn=5.1.2, stat=Host unknown (Name server: example.net: host not found)"
    group = group_of(read_log("sendmail", mta(line)), outcome="bounced")
    assert (group["masked"], group["relay_host"]) == (False, None)


def test_log_what_was_only_queued_was_not_tried():
    facts = read_log("sendmail", mta(f"{ID}: to=<a@example.net>, delay=00:00:00, mailer=esmtp, pri=30092, stat=queued"))
    assert (facts["deferred"], facts["groups"]) == (0, [])


def test_log_refusals_of_mail_that_came_in_are_not_ours():
    text = mta(
        f"{ID}: from=<s@example.org>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay=client.example.org [203.0.113.4]",
        f"{ID}: to=<a@example.com>, delay=00:00:01, pri=30500, stat=Please try again later",
        f"{ID}: ruleset=check_rcpt, arg1=<a@example.com>, relay=client.example.org [203.0.113.4], reject=550 5.7.1 no",
    )
    facts = read_log("sendmail", text)
    assert (facts["received"], facts["deferred"], facts["bounced"]) == (0, 0, 0)


def test_log_handing_over_is_no_delivery():
    facts = read_log(
        "sendmail",
        as_syslog("sendmail[5]", f"{OTHER_ID}: from=s@example.com, size=86, class=0, nrcpts=1, msgid=<1@example.com>, relay=root@localhost")
        + mta(f"{ID}: from=<s@example.com>, size=337, class=0, nrcpts=1, msgid=<1@example.com>, proto=ESMTP, daemon=MTA, relay=localhost [127.0.0.1]")
        + as_syslog(
            "sendmail[5]",
            f"{OTHER_ID}: to=a@example.net, {TRIED}, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent ({ID} Message accepted for delivery)",
        )
        + mta(f"{ID}: to=<a@example.net>, {TRIED}, relay=mx.example.net. [192.0.2.1], dsn=2.0.0, stat=Sent (ok)"),
    )
    assert (facts["received"], facts["delivered"], facts["filtered"], facts["senders"]["messages"]) == (1, 1, 0, 1)


def test_log_hand_over_is_known_across_runs():
    before = as_syslog("sendmail[5]", f"{OTHER_ID}: from=s@example.com, size=86, class=0, nrcpts=1, msgid=<1@example.com>, relay=root@localhost")
    after = mta(f"{ID}: from=<s@example.com>, size=337, class=0, nrcpts=1, msgid=<1@example.com>, proto=ESMTP, daemon=MTA, relay=localhost [127.0.0.1]")
    assert read_log("sendmail", after, warm=before)["received"] == 0
    assert read_log("sendmail", after)["received"] == 1


def test_log_content_filter_on_this_host_is_no_delivery():
    facts = read_log("sendmail", mta(f"{ID}: to=<a@example.net>, {TRIED}, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (250 queued for scanning)"))
    assert (facts["delivered"], facts["filtered"]) == (0, 1)


def test_log_mailboxes_are_local():
    facts = read_log(
        "sendmail", mta(f"{ID}: to=joe, ctladdr=<joe@example.com> (8/0), delay=00:00:00, xdelay=00:00:00, mailer=local, pri=1, dsn=2.0.0, stat=Sent")
    )
    assert (facts["delivered"], facts["local"], facts["delivered_to"]) == (1, 1, [])


def test_log_clients_are_known_by_login_or_address():
    arrival = "size=337, class=0, nrcpts=2, msgid=<{}@example.com>, proto=ESMTP, daemon=MTA, relay=client.example.org [203.0.113.4]"
    facts = read_log(
        "sendmail",
        as_syslog(
            "sm-mta[8]",
            "AUTH=server, relay=client.example.org [203.0.113.4], authid=joe, mech=PLAIN, bits=0",
            f"{ID}: from=<s@example.com>, {arrival.format(1)}",
        )
        + as_syslog("sm-mta[9]", f"{OTHER_ID}: from=<s@example.com>, {arrival.format(2)}"),
    )
    assert {client["client"] for client in facts["senders"]["clients"]} == {"joe", "203.0.113.4"}
    assert facts["senders"]["top"][0]["recipients"] == 4


def test_log_bounces_have_no_sender():
    facts = read_log(
        "sendmail",
        mta(
            f"{ID}: {OTHER_ID}: DSN: User unknown",
            f"{OTHER_ID}: to=<s@example.org>, {TRIED}, relay=mx.example.org. [192.0.2.3], dsn=5.1.1, reply=550 5.1.1 no, stat=User unknown",
        ),
    )
    (sender,) = facts["senders"]["top"]
    assert (sender["sender"], sender["messages"], sender["bounced"], facts["received"]) == ("", 1, 1, 0)


def test_log_warns_of_what_sendmail_cannot_do():
    text = mta(
        f"{ID}: SYSERR(root): makeconnection: cannot bind socket [192.0.2.77]: Cannot assign requested address", "NOQUEUE: SYSERR(root): hash map missing"
    )
    assert read_log("sendmail", text)["log_warnings"] == [
        "sendmail: SYSERR(root): makeconnection: cannot bind socket [192.0.2.77]: Cannot assign requested address",
        "sendmail: SYSERR(root): hash map missing",
    ]


def test_log_words_of_a_server_that_look_like_log_lines_are_only_words():
    words = f"550 {OTHER_ID}: to=<x@evil.example>, mailer=esmtp, stat=Sent (ok)"
    facts = read_log(
        "sendmail", mta(f"{ID}: to=<a@example.net>, {TRIED}, relay=mx.example.net. [192.0.2.1], dsn=5.0.0, reply={words}, stat=Service unavailable")
    )
    assert (facts["delivered"], facts["bounced"]) == (0, 1)
    assert group_of(facts, outcome="bounced")["text"] == words


@spoilt
def test_spoilt_log_is_harmless(kind):
    assert_spoilt_log_is_harmless("sendmail", SENDMAIL / "mail-8.17.log", kind)


# A whole host.


def test_snapshot_of_a_real_sendmail():
    facts = survey_of(SENDMAIL / "snapshot")
    assert facts["mta"] == {"name": "sendmail", "version": "8.17.1.9", "config_dir": "/etc/mail"}
    assert facts["identity"]["hostname"] == "mail.sender.example"
    (source,) = facts["identity"]["sources"]
    assert (source["address4"], source["helo"], source["origin"]) == ("198.51.100.25", "mail.sender.example", "sendmail.cf ClientPortOptions")
    assert facts["queue"]["by_queue"] == {"mqueue": 6, "mqueue-client": 1}
    later = group_of(facts["queue"], destination="sender.example")
    assert (later["text"], later["stage"], later["count"]) == ("Connection refused by [127.0.0.1]", "connect", 1)
    rate = group_of(facts["queue"], destination="rate.example")
    assert (rate["count"], rate["masked"], rate["relay_host"]) == (2, False, "mx.rate.example")
    assert facts["warnings"] == []


def test_snapshot_reads_whole_reasons_from_the_queue_files():
    queue = survey_of(SENDMAIL / "snapshot", gather_subset=["queue"])["queue"]
    assert group_of(queue, destination="limited.example")["text"].endswith("see https://postmaster.live.com (S775)")
    several = group_of(queue, destination="rate.example", masked=True)
    assert (several["text"], several["count"]) == ("User unknown", 1)
    assert queue["groups"][0]["first"].endswith("Z")


def test_snapshot_without_queue_files_has_what_the_listing_tells(tmp_path):
    listing = (SENDMAIL / "snapshot/mailq-v.txt").read_text()
    queue = survey_of(folder(tmp_path, **{"mailq-v.txt": listing}), gather_subset=["queue"])["queue"]
    assert group_of(queue, destination="limited.example")["text"].endswith("rate limited due to IP re")


def test_snapshot_queue_file_with_odd_bytes_and_directories(tmp_path):
    listing = f"\t\t/var/spool/mqueue/q1 (1 request)\n{ID}       20 Sat Nov 21 20:45 <s@example.com>\n                 (Deferred: 45)\n\t\t\t <a@example.net>\n"
    control = b"V8\nT1795294000\nMDeferred: 450 4.2.0 whole story\nS<s@example.com>\nrRFC822; a@example.net\nRPFD:<a@example.net>\n"
    control += b"H?P?Return-Path: <\x81g>\nMnot this\n.\n"
    path = folder(tmp_path, **{"mailq-v.txt": listing, f"files/var/spool/mqueue/q1/qf/qf{ID}": control})
    (group,) = survey_of(path, gather_subset=["queue"])["queue"]["groups"]
    assert (group["text"], group["first"]) == ("450 4.2.0 whole story", "2026-11-21T20:46:40Z")


def test_snapshot_without_a_queue_listing_is_named(tmp_path):
    with pytest.raises(DeliverabilityError, match=r"has no file mailq-v.txt \(the output of: sendmail -bp -v\)"):
        survey_of(folder(tmp_path, **{"sendmail-d0.1.txt": "Version 8.17.1\n"}))


# Identity.


def identity(path, cf, **files):
    written = {"files/etc/mail/sendmail.cf": cf, "mailq-v.txt": "", "ip-address.json": addresses("198.51.100.7", "2001:db8::7"), **files}
    return system_in("sendmail", folder(path, **written)).identity()


def test_identity_of_a_plain_host(tmp_path):
    found = identity(tmp_path, "Cwlocalhost\nDjmail.example.com\nDS\n")
    assert (found.hostname, found.relays, found.domains) == ("mail.example.com", [], ["mail.example.com"])
    (source,) = found.sources
    assert (source["transport"], source["address4"], source["address6"], source["helo"], source["origin"]) == (
        "esmtp",
        "198.51.100.7",
        "2001:db8::7",
        "mail.example.com",
        "chosen by the kernel",
    )


@pytest.mark.parametrize(
    ("dj", "name"),
    [("", "mail.example.com"), ("Dj$w.Foo.COM\n", "mail.Foo.COM"), ("Dj$w\n", "mail.example.com"), ("Dwbox\nDj$w.example.org\n", "box.example.org")],
)
def test_identity_name(tmp_path, dj, name):
    assert identity(tmp_path, dj).hostname == name


def test_identity_name_that_sendmail_found_counts(tmp_path):
    printed = "Version 8.15.2\n  (canonical domain name) $j = real.example.com\n"
    assert identity(tmp_path, "Dj$w.example.org\n", **{"sendmail-d0.1.txt": printed}).hostname == "real.example.com"


@pytest.mark.parametrize(
    ("options", "address4", "address6", "warning"),
    [
        ("O ClientPortOptions=Family=inet, Address=198.51.100.7", "198.51.100.7", "2001:db8::7", None),
        ("O ClientPortOptions=F=inet,A=198.51.100.7\nO ClientPortOptions=Family=inet6, Addr=2001:db8::7", "198.51.100.7", "2001:db8::7", None),
        ("O ClientPortOptions=Family=inet, Addr=198.51.100.9", "198.51.100.9", "2001:db8::7", "which no interface of this host has"),
        ("O ClientPortOptions=Family=inet, Addr=999.1.1.1", "198.51.100.7", "2001:db8::7", "which is no address"),
        ("O ClientPortOptions=Family=inet, Addr=198.51.100.7, Modifiers=h", "198.51.100.7", "2001:db8::7", "the HELO name is what the DNS calls"),
    ],
)
def test_identity_client_options(tmp_path, options, address4, address6, warning):
    found = identity(tmp_path, f"Djmail.example.com\n{options}\n")
    assert (found.sources[0]["address4"], found.sources[0]["address6"]) == (address4, address6)
    assert [warning in told for told in found.warnings] == ([True] if warning else [])


def test_identity_helo_name(tmp_path):
    assert identity(tmp_path, "Djmail.example.com\n#O HeloName=no.example.com\nO HeloName=out.example.com\n").sources[0]["helo"] == "out.example.com"


def test_identity_with_a_smarthost_of_a_real_configuration(tmp_path):
    tables = {
        "files/etc/mail/mailertable": "# comment\npartner.example  esmtp:[mx.partner.example]\n.example.org relay:hub.example.org\nlocal.example local:joe\n",
        "files/etc/mail/access": 'AuthInfo:smart.sender.example "U:joe" "P:secret"\nTLS_Srv:smart.sender.example ENCR:112\n',
    }
    found = identity(tmp_path, (SENDMAIL / "smart.cf").read_text() + "Kaccess hash -T<TMPF> /etc/mail/access\n", **tables)
    assert [source["transport"] for source in found.sources] == ["relay", "esmtp"]
    assert [(relay["scope"], relay["host"], relay["port"], relay["auth"], relay["tls"]) for relay in found.relays] == [
        ("*", "smart.sender.example", 587, True, "encrypt"),
        ("partner.example", "mx.partner.example", 25, False, "may"),
        (".example.org", "hub.example.org", 587, False, "may"),
    ]
    assert "shop.example" in found.domains
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("ds", "host"), [("smart.example.net", "smart.example.net"), ("[192.0.2.9]", "192.0.2.9"), ("esmtp:[smart.example.net]", "smart.example.net")]
)
def test_smarthost_forms(tmp_path, ds, host):
    assert identity(tmp_path, f"Djmail.example.com\nDS{ds}\n").relays[0]["host"] == host


def test_table_that_cannot_be_read_is_said(tmp_path):
    (warning,) = identity(tmp_path, "Djmail.example.com\nKmailertable hash -o /etc/mail/mailertable.db\n").warnings
    assert "/etc/mail/mailertable.db cannot be read here" in warning


def test_domains_from_classes_and_files(tmp_path):
    cf = "Djmail.example.com\nC{w}example.com shop.example\nFw-o /etc/mail/local-host-names %[^\\#]\nDMexample.net\n"
    assert identity(tmp_path, cf, **{"files/etc/mail/local-host-names": "example.org\nbox\n"}).domains == [
        "mail.example.com",
        "example.net",
        "example.com",
        "shop.example",
        "example.org",
    ]
