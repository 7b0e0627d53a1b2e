# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What can be done with messages in Exim's queue. Source: the Exim specification, "Options for administering the queue", and the program of 4.96 and 4.98.

Exim's word for a message on hold is frozen. It freezes messages itself too, mostly bounces that nobody takes.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import Iterator, List

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_layout import Layout
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix import run
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exim import ID, Exim
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import SEARCH_PATH

_QUEUE_ID = re.compile(rf"^{ID}$")
_QUEUES = {
    "hold": ("queue",),
    "release": ("frozen",),
    "requeue": ("queue",),
    "delete": ("queue", "frozen"),
    "flush": ("queue",),
}
# For each action, the switch, and what the program says of a message that it was done to. Its status tells of the last message only.
_SWITCHES = {
    "hold": ("-Mf", re.compile(r"^Message \S+ is now frozen$", re.MULTILINE)),
    "release": ("-Mt", re.compile(r"^Message \S+ is no longer frozen$", re.MULTILINE)),
    "delete": ("-Mrm", re.compile(r"^Message \S+ has been removed$", re.MULTILINE)),
}
AT_ONCE = 500  # ids on one command line


class EximQueue:
    """The queue of one installation."""

    name = Exim.name

    def __init__(self, host, config_dir: str | None = None):
        self.host = host
        self.config_dir = config_dir
        self.command = Layout(config_dir).command()

    def entries(self) -> Iterator:
        """Yield what waits, as ``QueueEntry``."""
        return Exim(self.host, self.config_dir).queue()

    @staticmethod
    def queues(action: str) -> tuple:
        """Return the queues whose messages an action can be done to; elsewhere it would change nothing."""
        return _QUEUES[action]

    @staticmethod
    def place(action: str) -> str | None:
        """Return the queue that a message is in after an action, None where it is gone."""
        return {"hold": "frozen", "delete": None}.get(action, "queue")

    def do(self, action: str, queue_ids: list) -> int:
        """Do something to messages by their ids and return to how many it was done.

        Messages that are released, flushed or requeued are then tried one after the other by a process that goes on behind us. Each try routes the message
        anew, so that there is nothing more to requeueing.
        """
        for queue_id in queue_ids:
            if not _QUEUE_ID.match(queue_id):
                raise DeliverabilityError(f"{queue_id!r} is no message id of Exim")
        done = self._count(action, queue_ids) if action in _SWITCHES else len(queue_ids)
        if action in ("release", "flush", "requeue"):
            self._try(queue_ids)
        return done

    def _count(self, action: str, queue_ids: list) -> int:
        switch, success = _SWITCHES[action]
        done = 0
        for start in range(0, len(queue_ids), AT_ONCE):
            _status, said, complaints = run(*self.command, switch, *queue_ids[start : start + AT_ONCE])
            if "permission denied" in complaints.lower():
                raise DeliverabilityError(f"exim {switch} failed: {complaints.strip().splitlines()[-1]}")
            done += len(success.findall(said))
        return done

    def _try(self, queue_ids: List[str]) -> None:
        """Have messages delivered now, whatever their retry times are."""
        try:
            with open(os.devnull, "r+b") as nothing:
                subprocess.Popen(
                    [*self.command, "-M", *queue_ids],
                    stdin=nothing,
                    stdout=nothing,
                    stderr=nothing,
                    start_new_session=True,
                    env=dict(os.environ, LC_ALL="C", PATH=SEARCH_PATH),
                )
        except OSError as error:
            raise DeliverabilityError(f"exim -M could not be run: {error}") from error
