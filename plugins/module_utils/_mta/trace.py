# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What became of single messages: their lines in the log, waited for if need be."""

from __future__ import annotations

import time

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import Attempt, rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import LiveHost
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import TEXT_MAX, LogSummary
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import log_source, system_on
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.reply import parse_reply

# Seconds between two looks at the log.
PAUSE = 1.0
# The message is what the worst of its recipients is.
WORST_FIRST = ("bounced", "expired", "deferred", "sent")


class Fates(LogSummary):
    """Takes what a log reader reports, and keeps the last attempt for each recipient of the messages that are followed."""

    def __init__(self, now: int, queue_ids=()):
        super().__init__(now)
        self.known: dict = {queue_id: {} for queue_id in queue_ids}
        self.noted = 0

    def attempt(self, attempt: Attempt) -> None:
        """Take one delivery attempt; one server's trouble while others were still to be tried decides nothing."""
        recipients = self.known.get(attempt.queue_id)
        if recipients is not None and not attempt.host_level:
            recipients[attempt.recipient] = attempt
            self.noted += 1
        super().attempt(attempt)

    def complete(self) -> bool:
        """Tell whether something became of every message."""
        return all(self.known.values())

    def facts_of(self, queue_id: str) -> dict:
        """Return what became of one message."""
        told = [_told(attempt) for _recipient, attempt in sorted(self.known[queue_id].items())]
        worst = min(told, key=lambda fate: WORST_FIRST.index(fate["outcome"]), default=_UNKNOWN)
        return {"queue_id": queue_id, **{key: worst[key] for key in _UNKNOWN}, "recipients": told}


_UNKNOWN = {"outcome": "unknown", "text": "", "code": None, "relay_host": None, "relay_address": None, "time": None, "masked": False}


def _told(attempt: Attempt) -> dict:
    return {
        "recipient": attempt.recipient,
        "outcome": attempt.outcome,
        "text": attempt.text[:TEXT_MAX],
        "code": parse_reply(attempt.text).code,
        "relay_host": attempt.relay_host,
        "relay_address": attempt.relay_address,
        "time": rfc3339(attempt.time),
        "masked": attempt.masked,
    }


def trace(params: dict) -> dict:
    """Return ``{messages, waited, log, warnings}`` for the options of ``mail_trace_info``."""
    if params["timeout"] < 0:
        raise DeliverabilityError(f"timeout: {params['timeout']} is less than nothing")
    queue_ids = list(dict.fromkeys(params["queue_ids"]))
    host = LiveHost()
    follower = Follower(system_on(host, params), host, params, queue_ids)
    began = time.monotonic()
    follower.look()
    settled = params["timeout"] == 0
    while not (follower.fates.complete() and settled) and time.monotonic() - began < params["timeout"]:
        time.sleep(PAUSE)
        noted = follower.fates.noted
        follower.look()
        # A message of several recipients has several lines.
        settled = follower.fates.noted == noted
    follower.reader.close()
    return {
        "messages": [follower.fates.facts_of(queue_id) for queue_id in queue_ids],
        "waited": int(time.monotonic() - began),
        "log": {"cursor": follower.cursor},
        "warnings": follower.warnings,
    }


class Follower:
    """Reads a log as it grows."""

    def __init__(self, system, host, params: dict, queue_ids: list):
        self.system, self.host = system, host
        self.clock = Clock(host.now, host.zone)
        self.fates = Fates(host.now, queue_ids)
        self.reader = system.trace_reader(self.fates, self.clock)
        self.options = {"log_files": params["log_files"]}
        if not queue_ids and not params["log_cursor"]:
            self.options["log_since"] = "0s"  # only where the log ends is asked for
        self.cursor = params["log_cursor"] or {}
        self.warnings: list = []

    def look(self) -> None:
        """Read what is new. Lines before the cursor are not looked at again: a reason from before is no fate now."""
        log = log_source(self.system, self.host, dict(self.options, log_cursor=self.cursor), self.clock)
        if log is None:
            self.warnings = ["no log was found: what becomes of messages cannot be told"]
            return
        for block in log:
            self.reader.feed(block)
        self.cursor, self.warnings = log.cursor, log.warnings
