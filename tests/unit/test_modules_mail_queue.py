# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which messages are meant, and what ``mail_queue`` refuses to do; the programs of Postfix are played."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import postfix_queue, queue
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.modules.mail_queue import ARGUMENTS

NOW = int(time.time())
HOUR = 3600
BLOCKED = "host mx.example.net[203.0.113.25] said: 554 5.7.1 blocked using bl.example (in reply to RCPT TO command)"
FULL = "host mx.example.org[203.0.113.26] said: 452 4.2.2 mailbox full (in reply to RCPT TO command)"
QUEUE = [
    ("AAAAA1", "deferred", 5 * HOUR, [("ann@example.net", BLOCKED)]),
    ("AAAAA2", "hold", 30 * HOUR, [("bob@example.net", BLOCKED)]),
    ("AAAAA3", "deferred", 30 * HOUR, [("bob@Example.NET", BLOCKED), ("eve@example.org", FULL)]),
    ("AAAAA4", "deferred", 2 * HOUR, [("eve@example.org", FULL)]),
    ("AAAAA5", "active", 0, [("ann@example.com", "")]),
]


class Programs:
    """Postfix's programs: what they were asked, and a queue to list; ``gone`` are ids that postsuper finds no more."""

    WORDS = {"-h": "Placed on hold", "-H": "Released from hold", "-r": "Requeued", "-d": "Deleted"}

    def __init__(self, gone=()):
        self.asked = []
        self.gone = set(gone)

    def run(self, *words, stdin=b""):
        if words[0] == "postconf":
            return 0, "/etc/postfix\n", ""
        ids = stdin.decode().split() or list(words[4:])
        self.asked.append((words[0], words[3], ids))
        found = [one for one in ids if one not in self.gone]
        if words[0] == "postqueue":
            return (0, "", "") if found else (69, "", "postqueue: fatal: no such message")
        return 0, "", f"postsuper: {self.WORDS[words[3]]}: {len(found)} message{'s' if len(found) != 1 else ''}\n"


class Host:
    """A host whose ``postqueue -j`` prints ``QUEUE``."""

    snapshot = None
    zone = None
    now = NOW

    def output(self, name, argv, optional=False):
        if argv[0] == "postqueue":
            return "".join(
                json.dumps(
                    {
                        "queue_name": place,
                        "queue_id": queue_id,
                        "arrival_time": NOW - age,
                        "message_size": 100,
                        "sender": "desk@example.com",
                        "recipients": [{"address": address, **({"delay_reason": why} if why else {})} for address, why in recipients],
                    }
                )
                + "\n"
                for queue_id, place, age, recipients in QUEUE
            )
        return "mail_version = 3.7.11\nconfig_directory = /etc/postfix\n" if name == "postconf.txt" else ""


@pytest.fixture
def programs(monkeypatch):
    played = Programs()
    monkeypatch.setattr(postfix_queue, "run", played.run)
    monkeypatch.setattr(queue, "LiveHost", Host)
    return played


def handle(check_mode=False, **options):
    params = {name: spec.get("default") for name, spec in ARGUMENTS.items()}
    return queue.handle({**params, "mta": "postfix", **options}, check_mode)


def ids(result):
    return [message["queue_id"] for message in result["messages"]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"action": "hold", "destinations": ["example.net"]}, ["AAAAA1", "AAAAA3"]),
        ({"action": "hold", "destinations": ["EXAMPLE.net."], "older_than": "24h"}, ["AAAAA3"]),
        ({"action": "hold", "reason": "BLOCKED using"}, ["AAAAA1", "AAAAA3"]),
        ({"action": "hold", "destinations": ["example.org"], "reason": "blocked"}, []),
        ({"action": "hold", "older_than": "4h"}, ["AAAAA1", "AAAAA3"]),
        ({"action": "hold", "all": True}, ["AAAAA1", "AAAAA3", "AAAAA4", "AAAAA5"]),
        ({"action": "release", "all": True}, ["AAAAA2"]),
        ({"action": "release", "destinations": ["example.org"]}, []),
        ({"action": "flush", "all": True}, ["AAAAA1", "AAAAA3", "AAAAA4"]),
        ({"action": "requeue", "queue_ids": ["AAAAA4", "AAAAA2", "AAAAA9"]}, ["AAAAA4"]),
        ({"action": "delete", "destinations": ["example.net"], "expected_count": 2}, ["AAAAA1", "AAAAA2"]),
        ({"action": "delete", "destinations": ["example.net", "example.org"], "expected_count": 4}, ["AAAAA1", "AAAAA2", "AAAAA3", "AAAAA4"]),
    ],
)
def test_what_is_meant_is_what_is_touched(programs, options, expected):
    told = handle(check_mode=True, **options)
    assert programs.asked == []
    done = handle(**options)
    assert ids(told) == ids(done) == expected
    assert told["changed"] == done["changed"] == bool(expected)
    assert told["diff"] == done["diff"]
    assert sorted(one for _program, _switch, asked in programs.asked for one in asked) == sorted(expected)
    assert done["count"] == done["done"] == len(expected)


def test_messages_that_are_only_partly_meant_are_not_deleted(programs):
    result = handle(action="delete", destinations=["example.net"], expected_count=2)
    assert [message["queue_id"] for message in result["partly"]] == ["AAAAA3"]
    assert programs.asked == [("postsuper", "-d", ["AAAAA1", "AAAAA2"])]


def test_a_message_is_told_with_what_it_waits_for(programs):
    (message,) = handle(check_mode=True, action="hold", queue_ids=["AAAAA3"])["messages"]
    assert message["recipients"] == ["bob@Example.NET", "eve@example.org"]
    assert (message["sender"], message["size"], message["queue"]) == ("desk@example.com", 100, "deferred")
    assert message["age"] == 30 * HOUR
    assert message["reason"] == BLOCKED


def test_the_difference_shows_where_a_message_goes(programs):
    difference = handle(check_mode=True, action="hold", queue_ids=["AAAAA1"])["diff"]
    assert (difference["before"], difference["after"]) == ("AAAAA1 deferred\n", "AAAAA1 hold\n")


def test_ids_that_are_not_there_are_missing(programs):
    result = handle(action="release", queue_ids=["AAAAA2", "ZZZZZ1"])
    assert result["missing"] == ["ZZZZZ1"]


@pytest.mark.parametrize("action", ["hold", "flush"])
def test_what_leaves_in_the_meantime_is_said(programs, action):
    programs.gone = {"AAAAA1"}
    result = handle(action=action, queue_ids=["AAAAA1", "AAAAA4"])
    assert (result["count"], result["done"], result["changed"]) == (2, 1, True)
    assert result["warnings"] == ["1 of 2 messages had left the queue by then"]
    programs.gone = {"AAAAA1", "AAAAA4"}
    assert handle(action=action, queue_ids=["AAAAA1", "AAAAA4"])["changed"] is False


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"action": "hold"}, "needs a selection"),
        ({"action": "delete"}, "needs a selection"),
        ({"action": "delete", "all": True, "expected_count": 5}, "needs a selection"),
        ({"action": "delete", "destinations": ["example.net"]}, "needs expected_count"),
        ({"action": "delete", "destinations": ["example.net"], "expected_count": 3}, "3 were expected, 2 messages are meant"),
        ({"action": "release", "all": True, "expected_count": 0}, "0 were expected, 1 messages"),
        ({"action": "hold", "all": True, "reason": "x"}, "all: says everything"),
        ({"action": "hold", "reason": "("}, "no regular expression"),
        ({"action": "hold", "older_than": "soon"}, "not a duration"),
    ],
)
def test_careless_requests_are_refused(programs, options, words):
    with pytest.raises(DeliverabilityError, match=words):
        handle(**options)
    assert programs.asked == []


def test_the_number_to_expect_is_learnt_in_check_mode(programs):
    assert handle(check_mode=True, action="delete", destinations=["example.net"])["count"] == 2


def test_a_failed_count_tells_what_is_there(programs):
    with pytest.raises(DeliverabilityError) as caught:
        handle(action="delete", destinations=["example.net"], expected_count=1)
    assert caught.value.partial["count"] == 2
    assert ids(caught.value.partial) == ["AAAAA1", "AAAAA2"]


def test_other_systems_are_named(monkeypatch, programs):
    monkeypatch.setattr(queue, "detect", lambda _host: type("System", (), {"name": "sendmail"}))
    with pytest.raises(DeliverabilityError, match="the queue of sendmail cannot be changed yet"):
        handle(action="hold", all=True, mta="auto")


# What a change holds is noted.


def test_messages_are_noted_before_they_are_held(programs, tmp_path, monkeypatch):
    note = tmp_path / "state/held.json"
    seen = []
    monkeypatch.setattr(postfix_queue.PostfixQueue, "do", lambda _tools, _action, queue_ids: seen.append(json.loads(note.read_text())) or len(queue_ids))
    handle(action="hold", destinations=["example.net"], note=str(note))
    assert seen == [{"version": 1, "mta": "postfix", "messages": {"AAAAA1": NOW - 5 * HOUR, "AAAAA3": NOW - 30 * HOUR}}]
    assert (note.stat().st_mode & 0o777, note.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_only_what_was_noted_is_released(programs, tmp_path):
    """AAAAA2 is on hold; whether it is ours to release, the note tells, by its arrival too."""
    note = tmp_path / "held.json"

    def noted(**messages):
        note.write_text(json.dumps({"version": 1, "mta": "postfix", "messages": messages}))

    noted(AAAAA1=NOW, AAAAA2=NOW - 30 * HOUR)
    assert ids(handle(action="release", note=str(note), check_mode=True)) == ["AAAAA2"]
    assert note.exists()
    assert ids(handle(action="release", note=str(note))) == ["AAAAA2"]
    assert not note.exists()
    noted(AAAAA2=NOW)  # the id was given to another message since
    half = tmp_path / "held.json.postmaster.deliverability"
    half.write_text("{")  # what a killed process was about to write
    result = handle(action="release", note=str(note))
    assert (ids(result), result["changed"], note.exists(), half.exists()) == ([], True, False, False)
    result = handle(action="release", note=str(note))
    assert (ids(result), result["changed"]) == ([], False)


def test_one_noted_message_is_released(programs, tmp_path):
    note = tmp_path / "held.json"
    note.write_text(json.dumps({"version": 1, "mta": "postfix", "messages": {"AAAAA1": NOW - 5 * HOUR, "AAAAA2": NOW - 30 * HOUR}}))
    assert ids(handle(action="release", note=str(note), queue_ids=["AAAAA2", "AAAAA4"])) == ["AAAAA2"]
    assert json.loads(note.read_text())["messages"] == {"AAAAA1": NOW - 5 * HOUR}


def test_a_note_is_added_to(programs, tmp_path):
    note = tmp_path / "held.json"
    first = handle(action="hold", queue_ids=["AAAAA9"], note=str(note))
    assert (first["changed"], first["count"], json.loads(note.read_text())["messages"]) == (True, 0, {})
    assert handle(action="hold", queue_ids=["AAAAA9"], note=str(note))["changed"] is False
    handle(action="hold", queue_ids=["AAAAA1"], note=str(note))
    handle(action="hold", queue_ids=["AAAAA4"], note=str(note))
    assert set(json.loads(note.read_text())["messages"]) == {"AAAAA1", "AAAAA4"}


def test_check_mode_notes_nothing(programs, tmp_path):
    assert handle(check_mode=True, action="hold", all=True, note=str(tmp_path / "held.json"))["changed"]
    assert not (tmp_path / "held.json").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"action": "flush", "all": True}, "for hold and release"),
        ({"action": "release", "destinations": ["example.net"]}, "goes by the note"),
        ({"action": "release", "all": True}, "goes by the note"),
    ],
)
def test_note_that_makes_no_sense(programs, tmp_path, options, words):
    with pytest.raises(DeliverabilityError, match=words):
        handle(note=str(tmp_path / "held.json"), **options)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"version": 1, "mta": "exim", "messages": {}}'])
def test_note_that_cannot_be_used_is_named(programs, tmp_path, text):
    note = tmp_path / "held.json"
    note.write_text(text)
    with pytest.raises(DeliverabilityError, match=f"note: {note}"):
        handle(action="release", note=str(note))
    assert programs.asked == []
