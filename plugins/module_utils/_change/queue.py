# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Messages that wait: which ones are meant, and what is done with them.

Selecting is the same for every mail system, since all queues are read as ``_mta.base.QueueEntry``. What is done with a message is up to a
class for the mail system, in a file of its own, named in ``TOOLS``.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, List, NamedTuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_queue import EximQueue
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.note import Note
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix_queue import PostfixQueue
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import domain_of, rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import LiveHost
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import detect

TOOLS = {PostfixQueue.name: PostfixQueue, EximQueue.name: EximQueue}
FILTERS = ("queue_ids", "destinations", "reason", "older_than")
ACTIONS = ("flush", "hold", "release", "requeue", "delete")
LISTED = 100
_DURATION = re.compile(r"^(\d+)([smhdw]?)$")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Message(NamedTuple):
    """One message in the queue, with all its recipients that still wait."""

    queue_id: str
    queue: str
    entries: tuple

    def told(self, now: int) -> dict:
        """Return it for the module's result."""
        first = self.entries[0]
        return {
            "queue_id": self.queue_id,
            "queue": self.queue,
            "sender": first.sender,
            "recipients": [entry.recipient for entry in self.entries],
            "size": first.size,
            "arrival": rfc3339(first.arrival),
            "age": None if first.arrival is None else max(0, now - first.arrival),
            "reason": next((entry.text for entry in self.entries if entry.text), ""),
        }


def messages(entries) -> List[Message]:
    """Return the messages that queue entries belong to, in the order of the queue."""
    grouped: Dict[str, list] = {}
    for entry in entries:
        grouped.setdefault(entry.queue_id, []).append(entry)
    return [Message(queue_id, group[0].queue, tuple(group)) for queue_id, group in grouped.items()]


def seconds(option: str, text: str) -> int:
    """Return the seconds of a duration such as ``90m``, ``24h`` or ``2d``."""
    found = _DURATION.match(text.strip())
    if not found:
        raise DeliverabilityError(f"{option}: {text!r} is not a duration such as 90m, 24h or 2d")
    return int(found.group(1)) * _UNITS[found.group(2)]


def selector(params: dict, now: int) -> Callable:
    """Return a function that tells whether a recipient's entry is meant; every filter that is given has to fit."""
    tests: List[Callable] = []
    if params.get("queue_ids"):
        wanted_ids = set(params["queue_ids"])
        tests.append(lambda entry: entry.queue_id in wanted_ids)
    if params.get("destinations"):
        domains = {domain.rstrip(".").lower() for domain in params["destinations"]}
        tests.append(lambda entry: (entry.destination or domain_of(entry.recipient)).lower() in domains)
    if params.get("reason"):
        try:
            pattern = re.compile(params["reason"], re.IGNORECASE)
        except re.error as error:
            raise DeliverabilityError(f"reason: {params['reason']!r} is no regular expression: {error}") from None
        tests.append(lambda entry: bool(pattern.search(entry.text)))
    if params.get("older_than"):
        latest = now - seconds("older_than", params["older_than"])
        tests.append(lambda entry: entry.arrival is not None and entry.arrival <= latest)
    return lambda entry: all(test(entry) for test in tests)


def select(waiting: List[Message], meant: Callable, whole: bool) -> tuple:
    """Return ``(messages meant, messages left because only some of their recipients are meant)``.

    A message is one file with all its recipients: with ``whole``, every recipient that still waits has to be meant.
    """
    chosen, partly = [], []
    for message in waiting:
        hits = sum(1 for entry in message.entries if meant(entry))
        if hits == len(message.entries) or (hits and not whole):
            chosen.append(message)
        elif hits:
            partly.append(message)
    return chosen, partly


def handle(params: dict, check_mode: bool) -> dict:
    """Do what the options of ``mail_queue`` say and return the module's result."""
    action = params["action"]
    _check_selection(params, check_mode)
    host = LiveHost()
    tools = _tools(params["mta"], host)(host, params["config_dir"])
    note = Note(params["note"], tools.name) if params["note"] else None
    waiting = messages(tools.entries())
    chosen, partly = select(waiting, selector(params, host.now), whole=action == "delete")
    chosen = [message for message in chosen if message.queue in tools.queues(action)]
    opens = closes = False  # the note
    if note and action == "hold":
        opens = not note.exists
    elif note:
        chosen = [message for message in chosen if note.has(message.entries[0])]
        closes = note.exists and not params["queue_ids"]
    result = {
        "mta": tools.name,
        "action": action,
        "count": len(chosen),
        "messages": [message.told(host.now) for message in chosen[:LISTED]],
        "left": max(0, len(chosen) - LISTED),
        "partly": [message.told(host.now) for message in partly[:LISTED]],
        "missing": sorted(set(params["queue_ids"] or ()) - {message.queue_id for message in waiting}),
        "changed": bool(chosen) or opens or closes,
        "done": len(chosen),
        "diff": _difference(action, chosen, tools),
    }
    expected = params["expected_count"]
    if expected is not None and expected != len(chosen):
        raise DeliverabilityError(
            f"expected_count: {expected} were expected, {len(chosen)} messages are meant; nothing was done",
            {key: result[key] for key in ("count", "messages", "left", "partly", "missing")},
        )
    if check_mode:
        return result
    if note and action == "hold":
        note.add(chosen)
    queue_ids = [message.queue_id for message in chosen]
    if chosen:
        result["done"] = tools.do(action, queue_ids)
        result["changed"] = result["done"] > 0 or opens or closes
    if note and action == "release" and not params["queue_ids"]:
        note.remove()
    elif note and action == "release" and note.exists:
        note.drop(queue_ids)
    if result["done"] < len(chosen):
        result["warnings"] = [f"{len(chosen) - result['done']} of {len(chosen)} messages had left the queue by then"]
    return result


def _check_selection(params: dict, check_mode: bool) -> None:
    """Nothing is done to the whole queue by leaving something out."""
    given = [name for name in FILTERS if params.get(name)]
    if params["action"] == "delete":
        if not given:
            raise DeliverabilityError(f"delete needs a selection: {', '.join(FILTERS)}")
        if params["expected_count"] is None and not check_mode:
            raise DeliverabilityError("delete needs expected_count: the number of messages that are meant, as check mode tells it")
    if params["note"]:
        if params["action"] not in ("hold", "release"):
            raise DeliverabilityError(f"note: is for hold and release, not for {params['action']}")
        if params["action"] == "release":
            if params["all"] or given not in ([], ["queue_ids"]):
                raise DeliverabilityError("note: release goes by the note, or by queue_ids out of it")
            return
    if params["all"] and given:
        raise DeliverabilityError(f"all: says everything, {given[0]} does not")
    if not params["all"] and not given:
        raise DeliverabilityError(f"{params['action']} needs a selection ({', '.join(FILTERS)}) or all")


def _tools(name: str, host):
    """Return the tools of the mail system that was named, or of the one that the host runs."""
    name = detect(host).name if name == "auto" else name
    if name not in TOOLS:
        raise DeliverabilityError(f"mta: the queue of {name} cannot be changed yet; known are {', '.join(TOOLS)}")
    return TOOLS[name]


def _difference(action: str, chosen: list, tools) -> dict:
    """Return the selected part of the queue before and after, a line for each message."""
    after = tools.place(action)
    lines = [(f"{message.queue_id} {message.queue}\n", f"{message.queue_id} {after}\n" if after else "") for message in chosen]
    header = f"queue of {tools.name}"
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(before for before, _after in lines),
        "after": "".join(then for _before, then in lines),
    }
