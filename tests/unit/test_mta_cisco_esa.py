# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco Secure Email Gateway: CLI output and mail logs of several AsyncOS versions, built to Cisco's documentation, and what spoils them."""

from __future__ import annotations

import json
import shutil

import pytest
from audit_data import BASELINE
from mta_data import FIXTURES

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.cisco_esa import CiscoEsa, read_details, read_reason
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_log_text, parse_queue_text, survey

ESA = FIXTURES / "cisco_esa"
NOW = "2026-11-21T21:45:00+01:00"
MODERN = (ESA / "15" / "mail.current").read_text()


def look(folder, mta="auto", **options):
    """Return what mail_host_info says of a folder of CLI output and logs."""
    params = {"gather_subset": ["identity", "queue", "log"], "mta": mta, "snapshot": str(folder), "max_groups": 50, **options}
    return survey(params)["mail_host"]


def group_of(facts, **wanted):
    """Return the one group with these values."""
    found = [group for group in facts["groups"] if all(group[key] == value for key, value in wanted.items())]
    assert len(found) == 1, [(group["destination"], group["outcome"], group["text"]) for group in facts["groups"]]
    return found[0]


def log_of(*messages, minute=0):
    """Return log lines, one a second."""
    return "".join(f"Sat Nov 21 20:{minute:02d}:{second:02d} 2026 Info: {message}\n" for second, message in enumerate(messages))


# Replies.


@pytest.mark.parametrize(
    ("text", "said", "dsn", "masked"),
    [
        ("4.3.2 - Not accepting messages at this time ('421', ['4.3.2 try again later']) []", "421 4.3.2 try again later", "4.3.2", False),
        ("5.1.0 - Unknown address error ('550', ['5.7.1 first', '5.7.1 second'])", "550 5.7.1 first 5.7.1 second", "5.1.0", False),
        ("5.1.0 - Unknown address error ('550', [\"it's over\"]) [('X-SBRS', 'None')]", "550 it's over", "5.1.0", False),
        (
            "5.1.0 - x ('550', ['a \\'quoted\\' word', 'tab\\there', '\\xe9t\\xe9', '\\303\\251', 'back\\\\slash'])",
            "550 a 'quoted' word tab here été Ã© back\\slash",
            "5.1.0",
            False,
        ),
        (
            "4.4.0 - Other network problem ('000', ['[Errno 54] Connection reset by peer']) []",
            "4.4.0 - Other network problem: [Errno 54] Connection reset by peer",
            "4.4.0",
            False,
        ),
        ("5.4.7 - Delivery expired (message too old) ('000', ['timeout'])", "5.4.7 - Delivery expired (message too old): timeout", "5.4.7", True),
        ("5.1.2 - Bad destination host ('000', [])", "5.1.2 - Bad destination host", "5.1.2", False),
        ("4.1.0 - Unknown address error ('451', ['cut off in the midd", "451 cut off in the midd", "4.1.0", False),
        ("4.1.0 - Unknown address error ('451', [", "451", "4.1.0", False),
        ("4.1.0 - Unknown address error", "4.1.0 - Unknown address error", "4.1.0", False),
        ("('452', ['4.3.1 Insufficient system resources'])", "452 4.3.1 Insufficient system resources", None, False),
        ("", "", None, False),
        ("('" + "[" * 5000, "('" + "[" * 5000, None, False),
    ],
)
def test_replies_that_are_python_tuples(text, said, dsn, masked):
    reason = read_reason(text)
    assert (reason.text, reason.dsn, reason.masked) == (said, dsn, masked)


@pytest.mark.parametrize(
    ("details", "reason", "said"),
    [
        ("431-?example.com ESMTP\\nMail system full'", "unexpected SMTP response", "431 example.com ESMTP Mail system full"),
        ("554-'5.7.1 blocked'", "unexpected SMTP response", "554 5.7.1 blocked"),
        ("('421', ['4.7.0 Try again later'])", "unexpected SMTP response", "421 4.7.0 Try again later"),
        ("timeout", "network error", "network error: timeout"),
        ("[Errno 61] Connection refused", "network error", "network error: [Errno 61] Connection refused"),
        ("EOF", "", "EOF"),
        ("", "network error", "network error"),
    ],
)
def test_details_of_a_connection_error(details, reason, said):
    assert read_details(details, reason) == said


# The queue.


def test_queue_joins_what_the_commands_print():
    queue = look(ESA / "15")["queue"]
    assert (queue["total"], queue["recipients"], queue["by_queue"]) == (1217, 1218, {"delivery": 1, "down": 1204, "workqueue": 12})
    assert queue["oldest_age"] == 4500  # the log knows when a message came
    blocked = group_of(queue, destination="example.net")
    assert (blocked["count"], blocked["samples"], blocked["masked"]) == (1203, ["1501"], False)
    # The last server did not answer; the one before said why.
    assert blocked["text"] == "554 5.7.1 Service unavailable; Client host [198.51.100.31] blocked using bl.spamcop.net"
    assert group_of(queue, destination="example.edu")["text"] == "4.4.0 - Other network problem: [Errno 54] Connection reset by peer"
    assert not [group for group in queue["groups"] if group["masked"]]


def test_queue_without_a_log_says_that_reasons_are_hidden():
    for name in ("tophosts.txt", "showrecipients.txt", "workqueue.txt"):
        facts = parse_queue_text((ESA / "15" / name).read_text(), now=NOW)
        assert facts["mta"] == "cisco_esa"
        assert facts["total"] == {"tophosts.txt": 1206, "showrecipients.txt": 3, "workqueue.txt": 12}[name]
        assert [group for group in facts["groups"] if group["masked"]] or name == "workqueue.txt"
    everything = "".join((ESA / "15" / name).read_text() for name in ("workqueue.txt", "showrecipients.txt", "tophosts.txt"))
    assert parse_queue_text(everything, now=NOW)["total"] == 1217


def test_queues_of_the_appliance_itself_are_left_out():
    assert look(ESA / "story3")["queue"]["total"] == 0


@pytest.mark.parametrize(
    "text", ["", "\n", "[0] [1] lost@example.net\n", "#   Recipient Host   Recip.\n\n1   example.net   x  0  0  0  0\n", "Status: Paused\nMessages: 0\n"]
)
def test_queue_that_holds_nothing(text):
    assert parse_queue_text(text, mta="cisco_esa", now=NOW)["total"] == 0


def test_folder_without_queue_says_what_is_missing():
    with pytest.raises(DeliverabilityError, match=r"tophosts\.txt"):
        look(ESA / "5")


def test_there_is_no_python_on_the_appliance():
    with pytest.raises(DeliverabilityError, match="snapshot"):
        survey({"gather_subset": ["queue"], "mta": "cisco_esa", "max_groups": 5})


# Identity.


def test_identity_of_interfaces():
    facts = look(ESA / "15")
    assert facts["mta"] == {"name": "cisco_esa", "version": "15.0.1-030", "config_dir": None}
    identity = facts["identity"]
    # The default interface first, then the one of a virtual gateway; not the one that only manages.
    assert [(source["transport"], source["address4"], source["address6"], source["helo"], source["protocols"]) for source in identity["sources"]] == [
        ("Data 1", "198.51.100.31", "2001:db8::31", "esa1.example.com", ["ipv4", "ipv6"]),
        ("Bulk", "198.51.100.32", None, "bulk.example.com", ["ipv4"]),
    ]
    assert [(relay["scope"], relay["host"], relay["port"]) for relay in identity["relays"]] == [
        (".example.org", "relay.example.org", 2525),
        ("archive.example.com", "192.168.42.60", 25),
        ("archive.example.com", "2001:db8::60", 26),
    ]


def test_identity_with_automatic_choice():
    facts = look(ESA / "story3")
    assert [source["address4"] for source in facts["identity"]["sources"]] == ["198.51.100.21", "192.168.1.1"]
    assert [(relay["scope"], relay["host"]) for relay in facts["identity"]["relays"]] == [("example.com", "192.168.1.10"), ("example.com", "192.168.1.20")]
    assert any("Auto" in warning for warning in facts["warnings"])


def test_identity_that_was_not_recorded(tmp_path):
    (tmp_path / "recorded_at").write_text(NOW)
    facts = look(tmp_path, "cisco_esa", gather_subset=["identity"])
    assert facts["identity"]["sources"] == []
    assert any("interfaceconfig" in warning for warning in facts["warnings"])


# The log.


def test_log_joins_connections_messages_and_recipients():
    log = look(ESA / "15")["log"]
    counts = {key: log[key] for key in ("received", "delivered", "deferred", "bounced", "expired", "deferred_messages")}
    assert counts == {"received": 3, "delivered": 3, "deferred": 2, "bounced": 2, "expired": 1, "deferred_messages": 2}
    assert {(row["destination"], row["relay_address"]): row["count"] for row in log["delivered_to"]} == {
        ("example.org", "203.0.113.60"): 2,
        ("example.com", "192.168.42.50"): 1,
    }
    unknown = group_of(log, outcome="bounced", destination="example.org")
    assert (unknown["text"], unknown["samples"], unknown["bytes"]) == (
        "550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown",
        ["1504"],
        2048,
    )
    assert unknown["sender_domains"] == ["example.com"]  # known from the message before a filter renumbered it
    assert group_of(log, outcome="bounced", destination="nosuch.example")["dsn"] == "5.1.2"
    assert {row["domain"]: row["count"] for row in log["sender_domains"]} == {"example.com": 2, "news.example.com": 1}
    assert [row["client"] for row in log["senders"]["clients"]] == ["192.168.42.50"]


def test_expired_message_keeps_the_reason_it_waited_for():
    expired = group_of(look(ESA / "15")["log"], outcome="expired")
    assert (expired["text"][:24], expired["dsn"], expired["masked"]) == ("554 5.7.1 Service unavai", "5.4.7", False)
    alone = parse_log_text(next(line for line in MODERN.splitlines() if "5.4.7" in line), now=NOW)
    assert (group_of(alone, outcome="expired")["masked"], group_of(alone, outcome="expired")["destination"]) == (True, "example.net")


def test_all_routes_failing_leaves_the_message_waiting():
    facts = look(ESA / "15")
    servers = [group for group in facts["log"]["groups"] if group["host_level"]]
    assert {(group["relay_address"], group["text"][:15], group["handled"]) for group in servers} == {
        ("203.0.113.5", "554 5.7.1 Servi", 0),
        ("203.0.113.6", "network error: ", 0),
    }
    assert group_of(facts["queue"], destination="example.net")["count"] == 1203


def test_old_versions():
    log = look(ESA / "5", gather_subset=["log"])["log"]
    counts = {key: log[key] for key in ("received", "delivered", "deferred", "bounced")}
    assert counts == {"received": 1, "delivered": 2, "deferred": 1, "bounced": 2}
    assert group_of(log, destination="example.net", outcome="bounced")["text"] == "554 Too long line."
    assert {group["text"] for group in log["groups"] if group["host_level"]} == {"connection timed out: timeout", "network error: EOF"}


@pytest.mark.parametrize(
    "stamp",
    [
        "Nov 21 20:00:02 esa1 mail_logs: ",
        "<166>Nov 21 20:00:02 esa1 mail_logs: ",
        "<22>Nov 21 20:00:02 mail_logs: ",
        "2026-11-21T20:00:02+01:00 esa1 mail_logs: ",
    ],
)
def test_log_that_was_pushed_to_a_syslog_server(stamp):
    text = "".join(stamp + line[25:] + "\n" for line in MODERN.splitlines())
    pushed, own = parse_log_text(text, now=NOW), parse_log_text(MODERN, now=NOW)
    assert pushed["mta"] == "cisco_esa"
    assert {key: pushed[key] for key in ("received", "delivered", "deferred", "bounced", "expired")} == {
        key: own[key] for key in ("received", "delivered", "deferred", "bounced", "expired")
    }
    assert pushed["first"] == "2026-11-21T19:00:02Z"


def test_bounce_log_tells_the_same_failures():
    text = """\
Sat Nov 21 20:37:00 2026 Info: Delayed: 44451135:0 From:<news@example.com> To:<info@example.net> Reason: "4.1.0 - Unknown address error" \
Response: "('451', ['<info@example.net> Automated block triggered by suspicious activity from your IP address (198.51.100.31).'])"
Sat Nov 21 20:38:59 2026 Info: Bounced: 45346670:0 From:<news@example.com> To:<gone@example.net> Reason: "5.1.0 - Unknown address error" \
Response: "('550', ['There is no such active account.'])"
Sat Nov 21 20:39:30 2026 Info: Bounced: 203:0 From:<news@example.com> To:<info@nosuch.example> Reason:"5.1.2 - Bad destination host" \
Response: "('000', [])" Headers: ['xname: userID2333']' Message: Message-Id:
"""
    log = parse_log_text(text, now=NOW)
    assert (log["deferred"], log["bounced"]) == (1, 2)
    blocked = group_of(log, outcome="deferred")
    assert blocked["text"].startswith("451 <info@example.net> Automated block")
    assert (blocked["destination"], blocked["samples"], blocked["sender_domains"]) == ("example.net", ["44451135"], ["example.com"])


def test_bounce_log_is_read_only_where_there_is_no_mail_log(tmp_path):
    (tmp_path / "recorded_at").write_text(NOW)
    bounced = "Sat Nov 21 20:38:59 2026 Info: Bounced: 4:0 From:<a@example.com> To:<b@example.net> Reason: \"5.1.0 - x\" Response: \"('550', ['no'])\"\n"
    (tmp_path / "bounces.current").write_text(bounced)
    assert look(tmp_path, "cisco_esa", gather_subset=["log"])["log"]["bounced"] == 1
    (tmp_path / "mail.current").write_text(log_of("Begin Logfile"))
    assert look(tmp_path, "cisco_esa", gather_subset=["log"])["log"]["bounced"] == 0


def test_rolled_over_files_are_read_in_their_order(tmp_path):
    (tmp_path / "recorded_at").write_text(NOW)
    lines = MODERN.splitlines(keepends=True)
    (tmp_path / "mail.@20261121T180000.s").write_text("".join(lines[:20]))
    (tmp_path / "mail.@20261121T200000.s").write_text("".join(lines[20:40]))
    (tmp_path / "mail.current").write_text("".join(lines[40:]))
    assert look(tmp_path, gather_subset=["log"])["log"]["delivered"] == 3
    shutil.copy(tmp_path / "mail.@20261121T180000.s", tmp_path / "mail_logs.1")
    (tmp_path / "mail_logs").write_text("".join(lines[20:]))
    for path in tmp_path.glob("mail.*"):
        path.unlink()
    assert look(tmp_path, gather_subset=["log"])["log"]["delivered"] == 3


def test_subject_is_not_an_event():
    log = parse_log_text(
        log_of("MID 1 Subject 'Info: Bounced: DCID 1 MID 2 to RID 0 - 5.1.0 - x'", "MID 1 Subject 'Message done DCID 1 MID 1 to RID [0]'"), now=NOW
    )
    assert (log["bounced"], log["delivered"]) == (0, 0)


def test_next_route_handles_what_an_earlier_one_refused():
    error = "Connection Error: DCID %d domain: example.net IP: 203.0.113.%d port: 25 details: timeout interface: 198.51.100.31 reason: network error"
    message = ["Start MID 5 ICID 0", "MID 5 ICID 0 From: <a@example.com>", "MID 5 ICID 0 RID 0 To: <b@example.net>", "MID 5 queued for delivery"]
    text = log_of(
        *message,
        error % (1, 5),
        error % (2, 6),
        "New SMTP DCID 3 interface 198.51.100.31 address 203.0.113.7 port 25",
        "Delivery start DCID 3 MID 5 to RID [0]",
    )
    handled = parse_log_text(text + log_of("Message done DCID 3 MID 5 to RID [0]", minute=1), now=NOW)
    assert [(group["count"], group["handled"], group["samples"]) for group in handled["groups"]] == [(2, 2, ["5"])]
    assert (handled["deferred"], handled["delivered"], handled["delivered_to"][0]["relay_address"]) == (0, 1, "203.0.113.7")
    delayed = "Delayed: DCID 3 MID 5 to RID 0 - 4.2.0 - Other mailbox status ('450', ['4.2.0 Greylisted']) []"
    put_off = parse_log_text(text + log_of(delayed, minute=1), now=NOW)
    assert (put_off["deferred"], [group["handled"] for group in put_off["groups"]]) == (1, [0, 0])


def test_delivery_elsewhere_handles_nothing():
    error = "Connection Error: DCID 1 domain: example.net IP: 203.0.113.5 port: 25 details: timeout interface: 198.51.100.31 reason: network error"
    log = parse_log_text(
        log_of(error, "MID 6 ICID 0 RID 0 To: <b@example.org>", "Delivery start DCID 3 MID 6 to RID [0]", "Message done DCID 3 MID 6 to RID [0]"), now=NOW
    )
    assert (log["delivered"], group_of(log, destination="example.net")["handled"]) == (1, 0)


def test_troubles_are_bounded():
    error = (
        "Sat Nov 21 20:00:00 2026 Info: Connection Error: DCID {0} domain: d{0}.example IP: 203.0.113.5 port: 25 "
        "details: EOF interface: 198.51.100.31 reason: network error\n"
    )
    log = parse_log_text("".join(error.format(number) for number in range(6000)), max_groups=5, now=NOW)
    assert (sum(group["count"] for group in log["groups"]) + log["rest"]["count"], len(log["groups"])) == (6000, 5)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_log_in_the_encodings_of_a_windows_console(tmp_path, encoding):
    (tmp_path / "recorded_at").write_text(NOW)
    (tmp_path / "mail.current").write_bytes(MODERN.replace("\n", "\r\n").encode(encoding))
    (tmp_path / "tophosts.txt").write_bytes((ESA / "15" / "tophosts.txt").read_text().encode(encoding))
    facts = look(tmp_path, gather_subset=["log", "queue"])
    assert (facts["log"]["delivered"], facts["log"]["bounced"], facts["queue"]["total"]) == (3, 2, 1206)


def test_log_that_is_cut_anywhere():
    for end in range(0, len(MODERN), 61):
        parse_log_text(MODERN[:end], mta="cisco_esa", now=NOW)
        parse_log_text(MODERN[end:], mta="cisco_esa", now=NOW)
    spoiled = MODERN.replace("interface 198", "\0\0interface 198").replace("Info: Delayed", "Info:\xa0Delayed")
    assert parse_log_text(spoiled, mta="cisco_esa", now=NOW)["delivered"] == 3


def test_incremental_reading_counts_each_line_once(tmp_path):
    folder = tmp_path / "it"
    shutil.copytree(ESA / "15", folder)
    whole, cursor = look(folder)["log"], None
    keys = ("received", "delivered", "deferred", "bounced", "expired")
    lines = MODERN.splitlines(keepends=True)
    total, seen = dict.fromkeys(keys, 0), []
    for end in (25, 30, len(lines)):  # between a recipient's address and what became of it
        (folder / "mail.current").write_text("".join(lines[:end]))
        log = look(folder, log_cursor=cursor)["log"]
        cursor = log["cursor"]
        total = {key: total[key] + log[key] for key in keys}
        seen += [(group["destination"], group["outcome"], group["text"], group["count"]) for group in log["groups"]]
    assert total == {key: whole[key] for key in keys}
    assert sorted(seen) == sorted((group["destination"], group["outcome"], group["text"], group["count"]) for group in whole["groups"])


def test_text_of_other_systems_is_not_taken():
    for text in ("hello\n", "Sat Nov 21 20:00:00 2026 Info: nothing\n", "Status: sent\n", "1 example.net\n"):
        assert not CiscoEsa.owns_log(text)
        assert not CiscoEsa.owns_queue(text)


# Story: a server of the destination answers 4xx, the gateway delivers over the next route: there is nothing to do.


def judge(facts):
    evidence = fleet_evidence({"gateway": {"observed": {"mail_host": facts}}})
    return evidence, diagnose(evidence, BASELINE, now=facts["now"])


def test_story_of_the_next_route():
    facts = look(ESA / "story3")
    full = group_of(facts["log"], destination="example.com")
    assert (full["text"], full["stage"], full["host_level"], full["count"], full["handled"]) == (
        "431 example.com ESMTP Mail system full",
        "connect",
        True,
        1,
        1,
    )
    assert (facts["log"]["delivered"], facts["log"]["deferred"], facts["queue"]["total"]) == (1, 0, 0)
    _evidence, diagnosis = judge(facts)
    host = diagnosis["hosts"]["gateway"]
    assert (host["state"], host["side"], host["refused"]) == ("ok", "theirs", 0)
    assert [(row["verdict"]["reason"], row["current"]) for row in host["verdicts"]] == [("system_full", False)]
    assert remediation_plan(diagnosis)["hosts"]["gateway"]["actions"] == []


def test_story_as_it_was_told():
    """The three lines of the story, with the spaces and the quotation mark that the copy lost."""
    text = """\
Wed Jul 2 09:15:07 2014 Info: New SMTP DCID 299 interface 192.168.1.1 address 192.168.1.10 port 25
Wed Jul 2 09:15:07 2014 Info: Connection Error: DCID 299 domain: example.com IP: 192.168.1.10 port: 25 details: 431-?example.com ESMTP\\nMail system full' \
interface: 192.168.1.10 reason: unexpected SMTP response
Wed Jul 2 09:15:07 2014 Info: New SMTP DCID 300 interface 192.168.1.1 address 192.168.1.20 port 25
"""
    log = parse_log_text(text, now="2014-07-02T10:00:00-05:00")
    assert (log["first"], group_of(log, host_level=True)["text"]) == ("2014-07-02T14:15:07Z", "431 example.com ESMTP Mail system full")


def test_story_with_all_routes_failing(tmp_path):
    """Then the message waits, and still nobody has to act: the servers say what is theirs to mend."""
    folder = tmp_path / "it"
    shutil.copytree(ESA / "story3", folder)
    lines = (folder / "mail_logs").read_text().splitlines(keepends=True)
    second = lines[12].replace("DCID 299", "DCID 300").replace("192.168.1.10", "192.168.1.20")
    (folder / "mail_logs").write_text("".join([*lines[:14], second]))
    (folder / "tophosts.txt").write_text(
        (folder / "tophosts.txt").read_text().replace("1   example.com                       0", "1*  example.com                       1")
    )
    facts = look(folder)
    waiting = group_of(facts["queue"], destination="example.com")
    assert (facts["queue"]["by_queue"], waiting["text"], waiting["masked"]) == ({"down": 1}, "431 example.com ESMTP Mail system full", False)
    assert [(group["count"], group["handled"]) for group in facts["log"]["groups"]] == [(2, 0)]
    _evidence, diagnosis = judge(facts)
    assert diagnosis["hosts"]["gateway"]["side"] == "theirs"
    assert remediation_plan(diagnosis)["hosts"]["gateway"]["actions"] == []
    json.dumps(diagnosis)


def test_numbers_that_are_none():
    digits = "9" * 5000
    lines = [
        "1   example.net   ,  0  0  0  0",
        f"2   example.org   {digits}  0  0  0  0",
        f"{digits} {digits} a@example.com x",
        f"[0] [{digits}] b@example.net",
        f"Messages: {digits}",
    ]
    text = "\n".join(lines)
    assert parse_queue_text(text, mta="cisco_esa", now=NOW)["total"] == 0
    assert parse_log_text(log_of(f"MID 1 ready {digits} bytes from <a@example.com>"), mta="cisco_esa", now=NOW)["received"] == 0
