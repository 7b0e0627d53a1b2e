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
    monkeypatch.setattr(queue, "detect", lambda _host: type("System", (), {"name": "exim"}))
    with pytest.raises(DeliverabilityError, match="the queue of exim cannot be changed yet"):
        handle(action="hold", all=True, mta="auto")
