# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which messages a change holds: noted on the host before it holds them, so that whoever comes next knows them from those that a person holds.

    {"version": 1, "mta": "postfix", "messages": {queue id: time of arrival in epoch seconds, or null}}

The arrival is noted since Postfix gives an id to another message later. While the file exists, a change is under way or was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Dict, Optional

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.snapshot import TEMPORARY, read, sync_folder
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


class Note:
    """The note at a path, which need not exist."""

    def __init__(self, path: str, mta: str):
        self.path = path
        self.mta = mta
        self.exists = os.path.lexists(path)
        self.messages: Dict[str, Optional[int]] = self._load() if self.exists else {}

    def has(self, entry) -> bool:
        """Tell whether a queue entry belongs to a message that was noted."""
        return entry.queue_id in self.messages and self.messages[entry.queue_id] == entry.arrival

    def add(self, messages) -> None:
        """Note messages (``queue.Message``) besides those that are noted already."""
        self.messages.update((message.queue_id, message.entries[0].arrival) for message in messages)
        self._save()

    def drop(self, queue_ids) -> None:
        """Forget some messages."""
        for queue_id in queue_ids:
            self.messages.pop(queue_id, None)
        self._save()

    def remove(self) -> None:
        """Forget all: the change came to its end. What a killed process was about to write goes too."""
        for path in (self.path, self.path + TEMPORARY):
            with _naming(self.path), contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def _load(self) -> Dict[str, Optional[int]]:
        try:
            noted = json.loads(read(self.path).decode())
            messages = dict(noted["messages"])
        except (ValueError, KeyError, TypeError) as error:
            raise DeliverabilityError(f"note: {self.path} is damaged ({error}); release held messages by their ids, then remove it") from error
        if noted.get("mta") != self.mta:
            raise DeliverabilityError(f"note: {self.path} is about messages of {noted.get('mta')}, not of {self.mta}")
        return messages

    def _save(self) -> None:
        """Write it whole or not at all, and onto the disk before anything is held."""
        folder = os.path.dirname(self.path)
        with _naming(self.path):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            handle = os.open(self.path + TEMPORARY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w") as stream:
                json.dump({"version": 1, "mta": self.mta, "messages": self.messages}, stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(self.path + TEMPORARY, self.path)
            sync_folder(folder)


@contextlib.contextmanager
def _naming(path: str):
    """Turn errors of the system into ones that name the note."""
    try:
        yield
    except OSError as error:
        raise DeliverabilityError(f"note: {path} cannot be written: {error.strerror}") from error
