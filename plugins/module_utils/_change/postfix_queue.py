# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What can be done with messages in Postfix's queue. Source: postsuper(1), postqueue(1), and both programs of 3.7 and 3.10."""

from __future__ import annotations

import re
from typing import Iterator

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix import run
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.postfix import Postfix

_QUEUE_ID = re.compile(r"^[0-9A-Za-z]{5,}$")
# For each action, postsuper's switch and the queues that it can be done to. Held mail is left alone unless it is what the action is about.
_SWITCHES = {
    "hold": ("-h", ("maildrop", "incoming", "active", "deferred")),
    "release": ("-H", ("hold",)),
    "requeue": ("-r", ("incoming", "active", "deferred")),
    "delete": ("-d", ("maildrop", "incoming", "active", "deferred", "hold")),
    "flush": (None, ("deferred",)),
}
# It ends with status 0 whatever it found; how many there were, it only says.
_COUNT = re.compile(r"^postsuper: (?:Placed on hold|Released from hold|Requeued|Deleted): (\d+) messages?$", re.MULTILINE)


class PostfixQueue:
    """The queue of one instance.

    Another mail system's tools have the same methods: ``entries``, ``queues``, ``place`` and ``do``.
    """

    name = Postfix.name

    def __init__(self, host, config_dir: str | None = None):
        self.host = host
        self.folder = config_dir or run("postconf", "-h", "config_directory")[1].strip()

    def entries(self) -> Iterator:
        """Yield what waits, as ``QueueEntry``."""
        return Postfix(self.host, self.folder).queue()

    @staticmethod
    def queues(action: str) -> tuple:
        """Return the queues whose messages an action can be done to; elsewhere it would change nothing."""
        return _SWITCHES[action][1]

    @staticmethod
    def place(action: str) -> str | None:
        """Return the queue that a message is in after an action, None where it is gone."""
        return {"hold": "hold", "release": "deferred", "flush": "active", "requeue": "incoming", "delete": None}[action]

    def do(self, action: str, queue_ids: list) -> int:
        """Do something to messages by their ids and return to how many it was done."""
        for queue_id in queue_ids:
            if not _QUEUE_ID.match(queue_id):
                raise DeliverabilityError(f"{queue_id!r} is no queue id of Postfix")
        return self._flush(queue_ids) if action == "flush" else self._super(_SWITCHES[action][0], queue_ids)

    def _super(self, switch: str, queue_ids: list) -> int:
        status, _said, complaints = run("postsuper", "-c", self.folder, switch, "-", stdin="".join(f"{one}\n" for one in queue_ids).encode())
        if status:
            raise DeliverabilityError(f"postsuper {switch} failed: {(complaints.strip().splitlines() or ['no message'])[-1]}")
        return sum(int(count) for count in _COUNT.findall(complaints))

    def _flush(self, queue_ids: list) -> int:
        """Ask for a try of each message now; a message that is gone is none."""
        done = 0
        for queue_id in queue_ids:
            status, _said, complaints = run("postqueue", "-c", self.folder, "-i", queue_id)
            if status and "Mail system is down" in complaints:
                raise DeliverabilityError("postqueue -i failed: Postfix does not run")
            done += not status
        return done
