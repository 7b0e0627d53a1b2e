# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of single messages, in recorded logs of real mail systems and in a log that grows meanwhile."""

from __future__ import annotations

import datetime
import re
import threading

import pytest
from mta_data import FIXTURES, NOW, lines

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta import trace as followed
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.trace import trace
from ansible_collections.postmaster.deliverability.plugins.modules.mail_trace_info import ARGUMENTS

SENT = "smtp[9]: {}: to=<{}>, relay=mx.example.net[203.0.113.25]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77)"
REFUSED = (
    "smtp[9]: {}: to=<{}>, relay=mx.example.net[203.0.113.25]:25, delay=1, delays=0/0/1/0, dsn=5.7.1, status=bounced "
    "(host mx.example.net[203.0.113.25] said: 554 5.7.1 Client host [198.51.100.11] blocked using bl.example (in reply to RCPT TO command))"
)
SUSPENDED = (
    "error[9]: {}: to=<{}>, relay=none, delay=1, delays=0/0/0/0, dsn=4.4.1, status=deferred "
    "(delivery temporarily suspended: connect to mx.example.net[203.0.113.25]:25: Connection refused)"
)


class Host:
    """A host on which Exim's programs answer and Postfix is not installed."""

    snapshot = None
    now = NOW
    zone = datetime.timezone.utc

    def has_program(self, name):
        return False

    def has_file(self, path):
        return False

    def hostname(self):
        return "mail.example.com"

    def addresses(self):
        return []

    def output(self, name, argv, optional=False, ok=(0,)):
        return "timezone = UTC\n" if argv[1:] == ["-bP"] else ""


@pytest.fixture(autouse=True)
def played(monkeypatch):
    monkeypatch.setattr(followed, "LiveHost", Host)
    monkeypatch.setattr(followed, "PAUSE", 0.02)


def ask(log, *queue_ids, mta="postfix", **options):
    """Return what the module tells with a log file."""
    params = {name: spec.get("default") for name, spec in ARGUMENTS.items()}
    return trace({**params, "queue_ids": list(queue_ids), "mta": mta, "log_files": [str(log)], **options})


def fate(log, queue_id, **options):
    """Return what the module tells of one message."""
    (message,) = ask(log, queue_id, **options)["messages"]
    return message


REAL = [
    ("postfix", "postfix/mail-3.7-rfc3339.log", "DA91F23E075", "sent", 250, "mx.ok.example", "127.0.10.1", "250 2.0.0 Ok: queued as SINK93653943"),
    ("exim", "exim/mainlog-4.98", "1xUsHt-000000002jW-3GqV", "sent", 250, "mx.ok.example", "127.0.10.1", "250 2.0.0 Ok: queued as SINK95181829"),
    ("exim", "exim/mainlog-4.98", "1xUsHt-000000002jp-3cLT", "bounced", 550, "mx.gmail-auth.example", "127.0.10.3", "5.7.26 This mail has been blocked"),
    ("exim", "exim/mainlog-4.98", "1xUsHu-000000002kn-0MRm", "deferred", 451, "mx.outlook-s775.example", "127.0.10.8", "4.7.650 The mail server"),
]


@pytest.mark.parametrize(("mta", "file", "queue_id", "outcome", "code", "host", "address", "words"), REAL)
def test_real_messages(mta, file, queue_id, outcome, code, host, address, words):
    told = fate(FIXTURES / file, queue_id, mta=mta)
    assert (told["queue_id"], told["outcome"], told["code"], told["relay_host"], told["relay_address"]) == (queue_id, outcome, code, host, address)
    assert words in told["text"]
    assert told["time"].startswith("2026-11-21T2")
    assert told["recipients"][0]["outcome"] == outcome


@pytest.mark.parametrize("file", ["postfix/mail-3.7-rfc3339.log", "postfix/mail-3.10.log"])
def test_every_message_that_postfix_finished_has_a_fate(file):
    """Each message of the log is told as its delivery lines tell it, one by one."""
    text = (FIXTURES / file).read_text()
    found = re.findall(r"\]: (\w+): to=<([^>]*)>, .*?relay=([^,]*), .*?status=(\w+)", text)
    last = {}
    for queue_id, recipient, relay, status in found:
        last.setdefault(queue_id, {})[recipient] = (status, relay)
    assert len(last) > 30
    for message in ask(FIXTURES / file, *last)["messages"]:
        told = {one["recipient"]: one["outcome"] for one in message["recipients"] if one["recipient"]}
        expected = {recipient: status for recipient, (status, _relay) in last[message["queue_id"]].items()}
        assert {recipient: outcome for recipient, outcome in told.items() if outcome != "expired"} == {
            recipient: outcome for recipient, outcome in expected.items() if told.get(recipient) != "expired"
        }


def test_message_that_the_log_does_not_name(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text(lines(SENT.format("AAAA1", "a@example.net")))
    assert fate(log, "AAAA2") == {
        "queue_id": "AAAA2", "outcome": "unknown", "text": "", "code": None, "relay_host": None, "relay_address": None, "time": None, "masked": False,
        "recipients": [],
    }  # fmt: skip


def test_the_worst_of_several_recipients_counts(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text(lines(SENT.format("AAAA1", "a@example.net"), REFUSED.format("AAAA1", "b@example.net")))
    told = fate(log, "AAAA1")
    assert (told["outcome"], told["code"]) == ("bounced", 554)
    assert [(one["recipient"], one["outcome"]) for one in told["recipients"]] == [("a@example.net", "sent"), ("b@example.net", "bounced")]


def test_only_what_came_after_the_cursor_counts(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text(lines(REFUSED.format("AAAA1", "a@example.net")))
    cursor = ask(log)["log"]["cursor"]
    assert fate(log, "AAAA1")["outcome"] == "bounced"
    assert fate(log, "AAAA1", log_cursor=cursor)["outcome"] == "unknown"
    with log.open("a") as stream:
        stream.write(lines(SENT.format("AAAA1", "a@example.net")))
    assert fate(log, "AAAA1", log_cursor=cursor)["outcome"] == "sent"


def test_exim_that_did_not_try_tells_nothing_of_before(tmp_path):
    log = tmp_path / "mainlog"
    said = "SMTP error from remote mail server after RCPT TO:<a@example.net>: 554 5.7.1 blocked"
    line = "2026-11-21 20:46:0{} 1xUs1I-0003oJ-2C == a@example.net R=dnslookup T=remote_smtp defer (-44) H=mx.example.net [203.0.113.25]: {}\n"
    log.write_text(line.format(1, said))
    cursor = ask(log, mta="exim")["log"]["cursor"]
    with log.open("a") as stream:
        stream.write("2026-11-21 20:46:09 1xUs1I-0003oJ-2C == a@example.net R=dnslookup T=remote_smtp defer (-54): retry time not reached for any host\n")
    told = fate(log, "1xUs1I-0003oJ-2C", mta="exim", log_cursor=cursor)
    assert (told["outcome"], told["masked"], "blocked" in told["text"]) == ("deferred", True, False)


def test_postfix_that_did_not_try_says_so(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text(lines(SUSPENDED.format("AAAA1", "a@example.net")))
    assert fate(log, "AAAA1")["masked"] is True


def test_waits_until_each_message_has_a_fate(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text(lines(REFUSED.format("AAAA1", "a@example.net")))
    cursor = ask(log)["log"]["cursor"]

    def grow():
        for queue_id in ("AAAA1", "AAAA2"):
            with log.open("a") as stream:
                stream.write(lines(SENT.format(queue_id, "a@example.net")))

    later = threading.Timer(0.2, grow)
    later.start()
    result = ask(log, "AAAA1", "AAAA2", log_cursor=cursor, timeout=30)
    later.join()
    assert [message["outcome"] for message in result["messages"]] == ["sent", "sent"]
    assert result["waited"] < 25
    assert ask(log, "AAAA1", log_cursor=result["log"]["cursor"])["messages"][0]["outcome"] == "unknown"


def test_gives_up_waiting(tmp_path):
    log = tmp_path / "mail.log"
    log.write_text("")
    assert ask(log, "AAAA1", timeout=0.1)["messages"][0]["outcome"] == "unknown"


def test_negative_timeout_is_refused(tmp_path):
    with pytest.raises(DeliverabilityError, match="timeout"):
        ask(tmp_path / "mail.log", "AAAA1", timeout=-1)
