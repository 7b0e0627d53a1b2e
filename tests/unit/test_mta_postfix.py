# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Postfix: queue listings, log lines and configurations, real ones and those that break careless readers."""

from __future__ import annotations

import datetime
import json
import re
import time

import pytest
from mta_data import FIXTURES, MASTER, NOW, addresses, lines, postconf, read_log, snapshot

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import SnapshotHost
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.postfix import Postfix, read_reason
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_log_text

POSTFIX = FIXTURES / "postfix"


def group_of(facts, **wanted):
    """Return the one group with these values."""
    found = [group for group in facts["groups"] if all(group[key] == value for key, value in wanted.items())]
    assert len(found) == 1, found
    return found[0]


# Reasons.


@pytest.mark.parametrize(
    ("text", "stage", "host", "address", "masked"),
    [
        (
            "host mx.example.net[192.0.2.1] said: 450 4.2.0 <a@example.net>: Greylisted (in reply to RCPT TO command)",
            "RCPT TO",
            "mx.example.net",
            "192.0.2.1",
            False,
        ),
        ("host MX.Example.net[192.0.2.1]:2525 said: 421 4.7.0 no (in reply to end of DATA command)", "end of DATA", "mx.example.net", "192.0.2.1", False),
        ("host mx.example.net[2001:db8::1] said: 502 5.5.2 what (in reply to HELO command)", "EHLO", "mx.example.net", "2001:db8::1", False),
        ("host mx.example.net[192.0.2.1] said: 550 (in reply to you) no (in reply to MAIL FROM command)", "MAIL FROM", "mx.example.net", "192.0.2.1", False),
        ("host mx.example.net[192.0.2.1] refused to talk to me: 554 5.7.1 Blocked", "connect", "mx.example.net", "192.0.2.1", False),
        ("connect to mx.example.net[192.0.2.1]:25: Connection refused", "connect", "mx.example.net", "192.0.2.1", False),
        ("lost connection with mx.example.net[192.0.2.1] while receiving the initial server greeting", "connect", "mx.example.net", "192.0.2.1", False),
        ("lost connection with mx.example.net[192.0.2.1] while performing the EHLO handshake", "EHLO", "mx.example.net", "192.0.2.1", False),
        ("conversation with mx.example.net[192.0.2.1] timed out while sending MAIL FROM", "MAIL FROM", "mx.example.net", "192.0.2.1", False),
        (
            "lost connection with mx.example.net[192.0.2.1] while sending end of data -- message may be sent more than once",
            "end of DATA",
            "mx.example.net",
            "192.0.2.1",
            False,
        ),
        ("lost connection with mx.example.net[192.0.2.1] while sending message body", "DATA", "mx.example.net", "192.0.2.1", False),
        (
            "SASL authentication failed; server smart.example.net[192.0.2.9] said: 535 5.7.8 Error: authentication failed",
            "AUTH",
            "smart.example.net",
            "192.0.2.9",
            False,
        ),
        (
            "SASL authentication failed; cannot authenticate to server smart.example.net[192.0.2.9]: no mechanism available",
            "AUTH",
            "smart.example.net",
            "192.0.2.9",
            False,
        ),
        ("TLS is required, but was not offered by host mx.example.net[192.0.2.1]", "STARTTLS", "mx.example.net", "192.0.2.1", False),
        ("TLS is required, but host mx.example.net[192.0.2.1] refused to start TLS: 454 4.7.0 not now", "STARTTLS", "mx.example.net", "192.0.2.1", False),
        ("Server certificate not verified", "STARTTLS", None, None, False),
        ("Host or domain name not found. Name service error for name=example.net type=MX: Host not found, try again", None, None, None, False),
        ("mail for example.net loops back to myself", None, None, None, False),
        ("unknown mail transport error", None, None, None, True),
        ("delivery temporarily suspended: connect to mx.example.net[192.0.2.1]:25: Connection timed out", "connect", "mx.example.net", "192.0.2.1", True),
        (
            "delivery temporarily suspended: host mx.example.net[192.0.2.1] refused to talk to me: 421 4.7.0 later",
            "connect",
            "mx.example.net",
            "192.0.2.1",
            True,
        ),
        ("", None, None, None, False),
    ],
)
def test_reason(text, stage, host, address, masked):
    found = read_reason(text)
    assert found[1:] == (stage, host, address, masked)
    assert found[0] == text.removeprefix("delivery temporarily suspended: ")


# The queue.


def entries(text, now=NOW):
    return list(Postfix.parse_queue(text, Clock(now)))


def test_queue_json_of_a_real_postfix():
    found = entries((POSTFIX / "postqueue-j-3.7.jsonl").read_text())
    assert len({entry.queue_id for entry in found}) == 22
    assert {entry.queue for entry in found} == {"deferred", "hold"}
    gmx = next(entry for entry in found if entry.recipient == "user@gmx.example")
    assert (gmx.relay_host, gmx.relay_address, gmx.stage, gmx.size, gmx.arrival) == ("mx.gmx.example", "127.0.10.23", "connect", 314, 1795293654)
    assert "554-IP address is block listed." in gmx.text


def test_queue_text_tells_the_same_as_json():
    """The listing of old versions has everything but the year and the zone."""
    text, found = entries((POSTFIX / "postqueue-p-3.7.txt").read_text()), entries((POSTFIX / "postqueue-j-3.7.jsonl").read_text())

    def comparable(listed):
        return sorted((e.queue_id, e.queue, e.size, e.sender, e.recipient, e.text, e.stage, e.relay_host, e.relay_address, e.masked) for e in listed)

    assert comparable(text) == comparable(found)


def test_queue_text_dates_over_new_year():
    listing = (
        "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n4jX41c0TNMzKhxw*  310 Thu Dec 31 23:59:00  MAILER-DAEMON\n"
        + " " * 41
        + "a@example.net\n"
    )
    (entry,) = Postfix.parse_queue(listing, Clock(1798761660, datetime.timezone.utc))  # 2027-01-01T00:01:00Z
    assert entry == entry._replace(arrival=1798761540, queue="active", sender="", queue_id="4jX41c0TNMzKhxw", recipient="a@example.net", text="")


def test_queue_text_keeps_a_reason_with_its_recipients():
    listing = (
        "A1B2C3D4E5F!     100 Sat Nov 21 20:40:54  s@example.com\n(host a.example[192.0.2.1] said: 450 busy (try later) (in reply to RCPT TO command))\n"
        + " " * 41
        + "one@a.example\n"
        + " " * 41
        + "two@a.example\n(connect to b.example[192.0.2.2]:25: Connection refused)\n"
        + " " * 41
        + "three@b.example\n\n-- 0 Kbytes in 1 Request.\n"
    )
    found = entries(listing)
    assert [(entry.recipient, entry.relay_host, entry.queue) for entry in found] == [
        ("one@a.example", "a.example", "hold"),
        ("two@a.example", "a.example", "hold"),
        ("three@b.example", "b.example", "hold"),
    ]
    assert found[0].text == "host a.example[192.0.2.1] said: 450 busy (try later) (in reply to RCPT TO command)"


@pytest.mark.parametrize("text", ["", "\n", "Mail queue is empty\n"])
def test_queue_empty(text):
    assert entries(text) == []


def test_queue_of_a_stopped_postfix_has_messages_without_a_reason():
    message = {"queue_name": "maildrop", "queue_id": "8E6F723E04D", "arrival_time": 1795293350, "message_size": 182, "sender": "a@example.com"}
    (entry,) = entries(json.dumps({**message, "recipients": [{"address": "b@example.net"}]}))
    assert (entry.queue, entry.text, entry.stage, entry.masked) == ("maildrop", "", None, False)


@pytest.mark.parametrize(
    "line", ['{"queue_id": "A1', '{"queue_id": 5}{', '{"recipients": [{"address": "a@example.net"}]}', '{"queue_id": "A1B2C3", "recipients": 5}']
)
def test_queue_broken_line_is_named(line):
    good = json.dumps({"queue_name": "deferred", "queue_id": "A1", "arrival_time": 1, "message_size": 1, "sender": "", "recipients": []})
    with pytest.raises(DeliverabilityError, match=r"line 2 of the queue listing"):
        entries(good + "\n" + line + "\n")


# The log: real ones.

REAL = {
    "mail-3.7-rfc3339.log": {"received": 44, "delivered": 24, "deferred": 26, "bounced": 19, "expired": 2},
    "mail-3.7-traditional.log": {"received": 44, "delivered": 24, "deferred": 26, "bounced": 19, "expired": 2},
}


@pytest.mark.parametrize("name", ["mail-3.7-rfc3339.log", "mail-3.7-traditional.log", "mail-3.10.log"])
@pytest.mark.parametrize("block", [None, 1000, 7777])
def test_log_totals_are_those_of_its_lines(name, block):
    """Whatever the size of the blocks, every line counts once."""
    text = (POSTFIX / name).read_text()
    facts = read_log(text, block=block)
    statuses = re.findall(r"^(?:(?!said:).)*, status=(\w+) \(", text, re.M)
    assert facts["lines"] == text.count("\n")
    assert facts["received"] == len(re.findall(r"pickup\[\d+\]: \w+: uid=", text))
    for outcome, status in (("delivered", "sent"), ("deferred", "deferred"), ("bounced", "bounced")):
        assert facts[outcome] == statuses.count(status)
    assert facts["expired"] == len(re.findall(r"status=(?:force-)?expired, returned", text))
    for key, expected in REAL.get(name, {}).items():
        assert facts[key] == expected


def test_log_both_stamp_forms_tell_the_same(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    one, two = (read_log((POSTFIX / name).read_text()) for name in ("mail-3.7-rfc3339.log", "mail-3.7-traditional.log"))
    assert one == two


def test_log_joins_sender_and_size():
    facts = read_log((POSTFIX / "mail-3.7-rfc3339.log").read_text())
    group = group_of(facts, destination="gmx.example", outcome="deferred")
    assert group["sender_domains"] == ["sender.example"]
    assert (group["bytes"], group["samples"], group["stage"], group["dsn"]) == (314, ["81A4C23E1CC"], "connect", "4.0.0")
    assert facts["sender_domains"][0]["domain"] == "sender.example"


def test_log_keeps_a_refusal_that_the_next_server_made_up_for():
    """421 at the first MX, accepted by the third: invisible in the queue, and in no total."""
    facts = read_log((POSTFIX / "mail-3.7-rfc3339.log").read_text())
    group = group_of(facts, destination="twomx.example", relay_host="mx.yahoo-tss.example", stage="MAIL FROM")
    assert group["host_level"] is True
    assert group["handled"] == group["count"] == 1
    assert "421 4.7.0 [TSS04]" in group["text"]
    assert sum(group["count"] for group in facts["groups"] if not group["host_level"] and group["outcome"] == "deferred") == facts["deferred"]
    assert [row["relay_host"] for row in facts["delivered_to"] if row["destination"] == "twomx.example"] == ["mx.ok.example"]


def test_log_expired_recipient_keeps_the_reason_it_waited_for():
    facts = read_log((POSTFIX / "mail-3.7-rfc3339.log").read_text())
    group = group_of(facts, destination="greylist.example", outcome="expired")
    assert "Greylisted" in group["text"]
    assert "2387223E0A3" in group["samples"]


def test_journal_reads_like_a_log():
    journal = parse_log_text((POSTFIX / "journal.jsonl").read_text(), now="2026-11-21T21:30:00Z")
    short = parse_log_text((POSTFIX / "journal-short-iso.txt").read_text(), now="2026-11-21T21:30:00Z")
    assert (journal["delivered"], journal["deferred"], journal["bounced"]) == (short["delivered"], short["deferred"], short["bounced"]) == (3, 3, 2)
    assert journal["first"] == "2026-11-21T21:03:34Z"


# The log: forms.

SENT = "smtp[7]: {id}: to=<{to}>, relay={relay}, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as X)"
PUT_OFF = "smtp[7]: {id}: to=<{to}>, relay={relay}, delay=1, delays=0/0/1/0, dsn=4.0.0, status=deferred ({why})"
ACTIVE = "qmgr[9]: {id}: from=<{sender}>, size=1000, nrcpt={recipients} (queue active)"
MX = "mx.example.net[192.0.2.1]:25"


def sent(queue_id="4A1", to="a@example.net", relay=MX):
    return SENT.format(id=queue_id, to=to, relay=relay)


def put_off(queue_id="4A1", to="a@example.net", relay=MX, why="host mx.example.net[192.0.2.1] said: 450 4.2.0 Greylisted (in reply to RCPT TO command)"):
    return PUT_OFF.format(id=queue_id, to=to, relay=relay, why=why)


def active(queue_id="4A1", sender="s@example.com", recipients=1):
    return ACTIVE.format(id=queue_id, sender=sender, recipients=recipients)


def test_retry_that_succeeds_is_handled():
    facts = read_log(lines("smtpd[1]: 4A1: client=c.example.org[203.0.113.5]", active(), put_off(), active(), put_off(), active(), sent()))
    assert (facts["deferred"], facts["deferred_messages"], facts["delivered"]) == (2, 1, 1)
    assert group_of(facts, outcome="deferred")["handled"] == 2
    assert facts["senders"]["messages"] == 1


def test_only_the_recipient_that_was_accepted_is_handled():
    facts = read_log(lines(put_off(to="a@example.net"), put_off(to="b@example.net"), sent(to="b@example.net")))
    assert group_of(facts, outcome="deferred")["handled"] == 1
    assert facts["deferred_messages"] == 1


@pytest.mark.parametrize(
    ("relay", "counts"),
    [
        ("127.0.0.1[127.0.0.1]:10024", {"filtered": 1, "delivered": 0, "local": 0}),
        ("localhost[127.0.0.1]:10025", {"filtered": 1, "delivered": 0, "local": 0}),
        ("localhost[::1]:10025", {"filtered": 1, "delivered": 0, "local": 0}),
        ("mail.example.com[private/dovecot-lmtp]", {"filtered": 0, "delivered": 1, "local": 1}),
        ("mail.example.com[/var/run/lmtp]", {"filtered": 0, "delivered": 1, "local": 1}),
        ("local", {"filtered": 0, "delivered": 1, "local": 1}),
        ("dovecot", {"filtered": 0, "delivered": 1, "local": 1}),
        ("127.0.0.2[127.0.0.2]:25", {"filtered": 0, "delivered": 1, "local": 0}),
        ("127.0.0.1[127.0.0.1]:25", {"filtered": 0, "delivered": 1, "local": 0}),
    ],
)
def test_what_stays_on_the_host_is_no_delivery_to_others(relay, counts):
    facts = read_log(lines(sent(relay=relay)))
    assert {key: facts[key] for key in counts} == counts
    assert len(facts["delivered_to"]) == (1 if counts == {"filtered": 0, "delivered": 1, "local": 0} else 0)


def test_smarthost_behind_a_tunnel_on_localhost_is_a_delivery():
    facts = read_log(lines(sent(relay="127.0.0.1[127.0.0.1]:11465")), relays=[("127.0.0.1", 11465)])
    assert (facts["delivered"], facts["filtered"]) == (1, 0)


def test_message_back_from_a_content_filter_is_counted_once():
    facts = read_log(
        lines(
            "smtpd[1]: 4A1: client=client.example.org[203.0.113.5]",
            active("4A1"),
            sent("4A1", relay="127.0.0.1[127.0.0.1]:10024"),
            "smtpd[2]: 4B2: client=localhost[127.0.0.1], orig_queue_id=4A1, orig_client=client.example.org[203.0.113.5]",
            active("4B2"),
            sent("4B2"),
        )
    )
    assert (facts["received"], facts["delivered"], facts["filtered"], facts["senders"]["messages"]) == (1, 1, 1, 1)


def test_local_submission_by_smtp_is_received():
    assert read_log(lines("smtpd[2]: 4B2: client=localhost[127.0.0.1]"))["received"] == 1


def test_clients_are_known_by_login_or_address():
    facts = read_log(
        lines(
            "smtpd[1]: 4A1: client=unknown[203.0.113.5], sasl_method=PLAIN, sasl_username=news@example.com",
            "smtpd[1]: 4A2: client=unknown[203.0.113.6]:51234",
            "smtpd[1]: 4A3: client=h.example[2001:db8::5]",
        )
    )
    assert sorted(row["client"] for row in facts["senders"]["clients"]) == ["2001:db8::5", "203.0.113.6", "news@example.com"]


def test_forwarded_by_an_alias_is_neither():
    facts = read_log(lines("local[3]: 4A1: to=<a@example.com>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (forwarded as 4B2)"))
    assert (facts["delivered"], facts["deferred"], facts["bounced"]) == (0, 0, 0)


def test_address_verification_is_no_delivery():
    facts = read_log(lines(sent().replace("status=sent", "status=deliverable"), sent().replace("status=sent", "status=undeliverable")))
    assert facts["delivered"] == facts["bounced"] == 0


def test_orig_to_and_reused_connections():
    line = sent(to="a@Example.NET").replace(" relay=", " orig_to=<alias@example.com>, relay=").replace(" delay=", " conn_use=2, delay=")
    (row,) = read_log(lines(line))["delivered_to"]
    assert (row["destination"], row["relay_host"], row["relay_address"], row["count"]) == ("example.net", "mx.example.net", "192.0.2.1", 1)


@pytest.mark.parametrize("recipient", ["root", '"quoted@part"@example.net', '"a>b"@example.net', "", "ü@example.net"])
def test_odd_recipients(recipient):
    facts = read_log(lines(active(), sent(to=recipient), put_off("4A2", to=recipient), sent("4A3", to="b@example.org")))
    assert facts["deferred"] == 1
    assert facts["delivered"] >= 1
    assert "example.org" in [row["destination"] for row in facts["delivered_to"]]


def test_log_of_a_very_old_version():
    old = sent().replace(" delays=0/0/1/0, dsn=2.0.0,", "")
    facts = read_log(lines(old, put_off("4A2").replace(" delays=0/0/1/0, dsn=4.0.0,", "")))
    assert (facts["delivered"], facts["deferred"]) == (1, 1)


def test_soft_bounce_is_put_off():
    facts = read_log(lines(put_off().replace("status=deferred", "status=SOFTBOUNCE")))
    assert (facts["deferred"], facts["bounced"]) == (1, 0)


def test_daemons_and_instances():
    text = lines(sent("4A1"), put_off("4A2"))
    renamed = text.replace("postfix/", "postfix-out/") + text.replace("postfix/smtp", "postfix/relay/smtp") + text
    assert read_log(renamed)["delivered"] == 3
    assert read_log(renamed, names=("postfix-out",))["delivered"] == 1
    assert read_log(renamed, names=("postfix",))["delivered"] == 2


@pytest.mark.parametrize("prefix", ["<22>", "<22>1 "])
def test_priorities_before_the_stamp(prefix):
    text = "".join(prefix + line + "\n" for line in lines(active(), sent()).splitlines())
    if prefix == "<22>1 ":
        text = re.sub(r"(postfix/\w+)\[(\d+)\]: ", r"\1 \2 - - ", text)
    assert parse_log_text(text, "postfix", "2026-11-21T20:46:40Z")["delivered"] == 1


def test_words_of_a_server_that_look_like_log_lines_are_only_words():
    """What a remote server says stands in our log; it must not add deliveries to it."""
    forged = "host mx.example.net[192.0.2.1] said: 550 5.7.1 " + sent("4FFF", to="v@example.org").replace("smtp[7]", "[x]").rstrip(")")
    facts = read_log(lines(put_off(why=forged), "smtpd[3]: NOQUEUE: reject: RCPT from x[192.0.2.5]: 550 no; helo=<" + sent("4FFE").replace("smtp[7]", "x]")))
    assert (facts["delivered"], facts["deferred"]) == (0, 1)
    assert facts["delivered_to"] == []
    assert group_of(facts, outcome="deferred")["text"] == forged


def test_half_line_swallows_nothing():
    text = lines(active(), put_off(), sent("4A3"))
    first, second, third = text.splitlines(keepends=True)
    for cut in range(1, len(second)):
        facts = read_log(first + second[:cut] + "\n" + third)
        assert facts["delivered"] == 1, second[:cut]
    for cut in range(1, len(third)):
        facts = read_log(first + third[:cut] + "\n" + second)
        assert facts["deferred"] == 1, third[:cut]


# Masked reasons in the log.

SUSPENDED = "delivery temporarily suspended: "
REFUSED = "connect to mx.example.net[192.0.2.1]:25: Connection refused"
GREYLISTED = "host mx.example.net[192.0.2.1] said: 450 4.2.0 Greylisted (in reply to RCPT TO command)"


def test_suspended_with_the_servers_words_is_no_mask():
    facts = read_log(lines(put_off(relay="none", why=SUSPENDED + GREYLISTED).replace("smtp[7]", "error[8]")))
    group = group_of(facts, outcome="deferred")
    assert (group["masked"], group["text"], group["relay_host"]) == (False, GREYLISTED, "mx.example.net")


def test_suspended_is_counted_with_the_reason_of_the_real_attempt():
    facts = read_log(lines(put_off("4A1", relay="none", why=REFUSED), *(put_off(f"4B{n}", relay="none", why=SUSPENDED + REFUSED) for n in range(5))))
    group = group_of(facts, outcome="deferred")
    assert (group["count"], group["masked"], group["text"]) == (6, False, REFUSED)


def test_suspended_finds_the_servers_words_in_the_log():
    facts = read_log(
        lines(
            put_off("4A1", why=GREYLISTED), put_off("4A1", relay="none", why=SUSPENDED + "lost connection with mx.example.net[192.0.2.1] while sending RCPT TO")
        )
    )
    group = group_of(facts, outcome="deferred")
    assert (group["count"], group["text"]) == (2, GREYLISTED)


def test_suspended_by_another_server_is_not_explained_by_an_older_reply():
    """The smarthost's trouble is not what the destination once said."""
    why = "SASL authentication failed; cannot authenticate to server smart.example.org[192.0.2.9]: no mechanism available"
    facts = read_log(lines(put_off("4A1", why=GREYLISTED), put_off("4A1", relay="none", why=SUSPENDED + why)))
    group = group_of(facts, relay_host="smart.example.org")
    assert (group["masked"], group["text"], group["stage"]) == (True, why, "AUTH")


def test_masked_stays_masked_where_nothing_tells():
    facts = read_log(lines(put_off(relay="none", why="unknown mail transport error")))
    assert group_of(facts, outcome="deferred")["masked"] is True


# Trouble of one server while others are tried.


def test_trouble_of_a_server_belongs_to_the_delivery_of_the_same_process():
    facts = read_log(
        lines(
            "smtp[7]: connect to mx1.example.net[192.0.2.1]:25: Connection timed out",
            "smtp[8]: 4B2: host mx.example.org[192.0.2.8] refused to talk to me: 421 busy",
            sent("4A1", relay="mx2.example.net[192.0.2.2]:25"),
            sent("4B2", to="b@example.org", relay="mx3.example.org[192.0.2.9]:25").replace("smtp[7]", "smtp[8]"),
        )
    )
    assert group_of(facts, destination="example.net")["text"] == "connect to mx1.example.net[192.0.2.1]:25: Connection timed out"
    assert group_of(facts, destination="example.org")["relay_address"] == "192.0.2.8"
    assert (facts["deferred"], facts["delivered"]) == (0, 2)


def test_last_server_is_told_once():
    why = "connect to mx2.example.net[192.0.2.2]:25: Connection refused"
    facts = read_log(lines("smtp[7]: connect to mx1.example.net[192.0.2.1]:25: No route to host", "smtp[7]: " + why, put_off(relay="none", why=why)))
    assert {(group["relay_host"], group["host_level"], group["count"]) for group in facts["groups"]} == {
        ("mx1.example.net", True, 1),
        ("mx2.example.net", False, 1),
    }


def test_trouble_at_the_end_of_the_log_is_not_lost():
    facts = read_log(lines("smtp[7]: 4A1: host mx1.example.net[192.0.2.1] said: 421 4.7.0 go away (in reply to MAIL FROM command)"))
    assert group_of(facts, relay_host="mx1.example.net")["host_level"] is True


def test_warnings_that_explain_are_kept():
    facts = read_log(
        lines(
            "smtp[7]: warning: smtp_connect_addr: bind 192.0.2.77: Cannot assign requested address",
            "smtp[7]: warning: smtp_connect_addr: bind 192.0.2.77: Cannot assign requested address",
            "smtp[7]: fatal: main.cf:3 bad string length 0 < 1: smtp_bind_address parameter",
            "qmgr[7]: warning: smtp_connect_addr: bind 192.0.2.77: Cannot assign requested address",
            "smtpd[7]: warning: hostname h.example does not resolve to address 203.0.113.1",
            "smtpd[7]: warning: unknown[203.0.113.1]: SASL LOGIN authentication failed",
        )
    )
    assert facts["log_warnings"] == [
        "postfix/smtp: warning: smtp_connect_addr: bind 192.0.2.77: Cannot assign requested address",
        "postfix/smtp: fatal: main.cf:3 bad string length 0 < 1: smtp_bind_address parameter",
    ]


# The identity.


def identity(tmp_path, **files):
    return Postfix(SnapshotHost(str(snapshot(tmp_path / "snapshot", **files)))).identity()


def source(found, transport="smtp"):
    return next(one for one in found.sources if one["transport"] == transport)


def test_identity_of_a_plain_host(tmp_path):
    found = identity(tmp_path, **{"ip-address.json": addresses("198.51.100.11", "2001:db8::11", "fe80::1")})
    assert found.hostname == "mail.example.com"
    assert found.sources[0] == {
        "transport": "smtp",
        "address4": "198.51.100.11",
        "address6": "2001:db8::11",
        "helo": "mail.example.com",
        "protocols": ["ipv4", "ipv6"],
        "origin": "chosen by the kernel",
    }
    assert [one["transport"] for one in found.sources] == ["smtp", "relay"]
    assert found.relays == []
    assert found.domains == ["example.com", "mail.example.com"]
    assert found.warnings == ()


def test_identity_without_addresses_does_not_guess(tmp_path):
    assert source(identity(tmp_path))["address4"] is None


def test_identity_with_two_addresses_does_not_guess(tmp_path):
    assert source(identity(tmp_path, **{"ip-address.json": addresses("198.51.100.11", "198.51.100.12")}))["address4"] is None


def test_identity_bind_address_and_helo(tmp_path):
    files = {"postconf.txt": postconf(smtp_bind_address="198.51.100.12", smtp_helo_name="out.$mydomain", inet_protocols="ipv4")}
    found = source(identity(tmp_path, **files, **{"ip-address.json": addresses("198.51.100.11", "198.51.100.12", "2001:db8::11")}))
    assert found == {
        "transport": "smtp",
        "address4": "198.51.100.12",
        "address6": None,
        "helo": "out.example.com",
        "protocols": ["ipv4"],
        "origin": "main.cf smtp_bind_address",
    }


@pytest.mark.parametrize("file", ["postconf-M.txt", "postconf-P.txt"])
def test_identity_master_overrides_main(tmp_path, file):
    overrides = {
        "postconf-M.txt": MASTER
        + "out2       unix  -       -       y       -       -       smtp -o smtp_bind_address=198.51.100.13\n"
        + "    -o { smtp_helo_name = out2.example.com }\n    -o inet_protocols=ipv4\n",
        "postconf-P.txt": "out2/unix/smtp_bind_address = 198.51.100.13\nout2/unix/smtp_helo_name = out2.example.com\nout2/unix/inet_protocols = ipv4\n",
    }
    files = {"postconf-M.txt": MASTER + "out2       unix  -       -       y       -       -       smtp\n", file: overrides[file]}
    found = identity(tmp_path, **files, **{"postconf.txt": postconf(smtp_bind_address="198.51.100.12")})
    assert source(found)["address4"] == "198.51.100.12"
    out2 = source(found, "out2")
    assert (out2["address4"], out2["helo"], out2["protocols"], out2["origin"]) == (
        "198.51.100.13",
        "out2.example.com",
        ["ipv4"],
        "master.cf out2 smtp_bind_address",
    )


def test_identity_default_transport_comes_first(tmp_path):
    master = MASTER + "out2       unix  -       -       y       -       -       smtp -o smtp_bind_address=198.51.100.13\n"
    found = identity(tmp_path, **{"postconf-M.txt": master, "postconf.txt": postconf(default_transport="out2")})
    assert found.sources[0]["transport"] == "out2"


def test_identity_address_that_no_interface_has(tmp_path):
    files = {"ip-address.json": addresses("198.51.100.11")}
    found = identity(tmp_path, **files, **{"postconf.txt": postconf(smtp_bind_address="192.0.2.77")})
    assert source(found)["address4"] == "198.51.100.11"
    assert any("main.cf smtp_bind_address is 192.0.2.77" in warning for warning in found.warnings)
    enforced = identity(tmp_path, **files, **{"postconf.txt": postconf(smtp_bind_address="192.0.2.77", smtp_bind_address_enforce="yes")})
    assert source(enforced)["address4"] == "192.0.2.77"
    assert any("sends nothing" in warning for warning in enforced.warnings)


def test_identity_loopback_is_always_there(tmp_path):
    found = identity(tmp_path, **{"ip-address.json": addresses("198.51.100.11"), "postconf.txt": postconf(smtp_bind_address="127.0.0.2")})
    assert (source(found)["address4"], found.warnings) == ("127.0.0.2", ())


def test_identity_site_local_address_reaches_nobody(tmp_path):
    found = source(identity(tmp_path, **{"ip-address.json": addresses("198.51.100.11", "fd00::2")}))
    assert (found["address4"], found["address6"]) == ("198.51.100.11", None)


def test_identity_address_that_is_none(tmp_path):
    found = identity(tmp_path, **{"postconf.txt": postconf(smtp_bind_address="999.1.1.1")})
    assert source(found)["address4"] is None
    assert any("'999.1.1.1', which is no address" in warning for warning in found.warnings)


def test_identity_one_listening_address_is_the_source(tmp_path):
    found = source(identity(tmp_path, **{"postconf.txt": postconf(inet_interfaces="127.0.0.1, 198.51.100.14, [::1]")}))
    assert (found["address4"], found["address6"], found["origin"]) == ("198.51.100.14", None, "main.cf inet_interfaces")


def test_identity_of_a_content_filter_is_no_source(tmp_path):
    master = MASTER + "amavis     unix  -       -       y       -       2       smtp -o smtp_send_xforward_command=yes\n"
    found = identity(tmp_path, **{"postconf-M.txt": master, "postconf.txt": postconf(content_filter="amavis:[127.0.0.1]:10024")})
    assert [one["transport"] for one in found.sources] == ["smtp", "relay"]


def test_several_next_hops_and_tables_behind_tables(tmp_path):
    orders = "inline:{ {1 = pmd_smarthost:[a.example.net]:587, [b.example.net]:465}, {2 = pmd_smarthost:[b.example.net]:465, [a.example.net]:587} }"
    piped = f"pipemap:{{inline:{{ gmail.com=1, company.example=1 }}, randmap:{{1, 2}}, {orders}}}"
    everything = "static:{pmd_smarthost:[c.example.net]:587}"
    found = identity(tmp_path, **{"postconf.txt": postconf(transport_maps=piped, sender_dependent_default_transport_maps=everything)})
    told = [(relay["scope"], relay["host"], relay["port"]) for relay in found.relays]
    assert sorted(told) == [
        ("*", "c.example.net", 587),
        ("company.example", "a.example.net", 587),
        ("company.example", "b.example.net", 465),
        ("gmail.com", "a.example.net", 587),
        ("gmail.com", "b.example.net", 465),
    ]
    assert found.warnings == ()


def test_relays_of_every_kind(tmp_path):
    found = identity(
        tmp_path,
        **{
            "postconf.txt": postconf(
                relayhost="[smart.example.net]:587, [smart2.example.net]:submission",
                smtp_sasl_auth_enable="yes",
                smtp_tls_security_level="encrypt",
                transport_maps="hash:/etc/postfix/transport, ldap:/etc/postfix/ldap.cf",
                sender_dependent_relayhost_maps="inline:{{@shop.example=[relay.example.org]:2525}, {ceo@example.com=DUNNO}}",
                sender_dependent_default_transport_maps="texthash:/etc/postfix/sdd",
                relay_transport="relay:[inside.example.com]",
            ),
            "files/etc/postfix/transport": "# comment\nexample.org  smtp:[mx.example.org]:26\nexample.info  :\n"
            ".example.info error:no\nb.example relay:b-mx.example\n",
            "files/etc/postfix/sdd": "@news.example  out2:\nboss@example.com   smtp:[2001:db8::25]\n",
        },
    )
    assert [(relay["scope"], relay["host"], relay["port"], relay["auth"], relay["tls"]) for relay in found.relays] == [
        ("*", "smart.example.net", 587, True, "encrypt"),
        ("*", "smart2.example.net", 587, True, "encrypt"),
        ("relay_domains", "inside.example.com", 25, True, "encrypt"),
        ("example.org", "mx.example.org", 26, True, "encrypt"),
        ("b.example", "b-mx.example", 25, True, "encrypt"),
        ("@shop.example", "relay.example.org", 2525, True, "encrypt"),
        ("boss@example.com", "2001:db8::25", 25, True, "encrypt"),
    ]
    assert [relay["origin"] for relay in found.relays][:2] == ["main.cf relayhost"] * 2
    assert found.warnings == ("main.cf transport_maps: ldap:/etc/postfix/ldap.cf cannot be read here; its next hops are not known",)
    assert {"shop.example", "news.example", "example.com"} <= set(found.domains)


def test_old_tls_parameters_still_count(tmp_path):
    files = {"postconf.txt": postconf(relayhost="smart.example.net", smtp_tls_security_level="", smtp_use_tls="yes")}
    assert identity(tmp_path, **files).relays[0]["tls"] == "may"


def test_domains_from_lists_files_and_maps(tmp_path):
    found = identity(
        tmp_path,
        **{
            "postconf.txt": postconf(
                myorigin="/etc/mailname",
                mydestination="$myhostname, localhost",
                virtual_alias_maps="hash:/etc/postfix/virtual",
                virtual_mailbox_domains="a.example b.example",
            ),
            "files/etc/mailname": "origin.example\n",
            "files/etc/postfix/virtual": "c.example anything\ninfo@c.example someone\n",
        },
    )
    assert found.domains == ["origin.example", "mail.example.com", "c.example", "a.example", "b.example"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$mydomain", "example.com"),
        ("${mydomain}", "example.com"),
        ("$(mydomain)", "example.com"),
        ("x-$mydomain-y", "x-example.com-y"),
        ("${relayhost?yes}", ""),
        ("${relayhost:no}", "no"),
        ("${mydomain?yes}", "yes"),
        ("${mydomain?{$myhostname}:{no}}", "mail.example.com"),
        ("${relayhost?{yes}:{$mydomain}}", "example.com"),
        ("$syslog_name", "postfix"),
        ("$nothing", ""),
    ],
)
def test_expansion_of_parameters(tmp_path, text, value):
    config = Postfix(SnapshotHost(str(snapshot(tmp_path)))).instances[0]
    assert config.expand(text) == value


def test_expansion_of_a_circle_ends(tmp_path):
    config = Postfix(SnapshotHost(str(snapshot(tmp_path, **{"postconf.txt": postconf(myorigin="$mydomain", mydomain="$myorigin")})))).instances[0]
    assert isinstance(config.expanded("myorigin"), str)


def test_wrong_postconf_is_named(tmp_path):
    with pytest.raises(DeliverabilityError, match=r"postconf\.txt in .* is not the output of postconf"):
        Postfix(SnapshotHost(str(snapshot(tmp_path, **{"postconf.txt": "hello\n"})))).about()
