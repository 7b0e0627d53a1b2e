# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Exim's daemons: which ones run, and how they take a new configuration.

Mail that arrives is delivered by the new configuration at once, since each delivery is a new process. The daemon tries what waits by the configuration
that it has read, until it gets a hang-up signal. Then it runs itself anew, under the same process number.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from typing import FrozenSet, List, NamedTuple, Optional

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import exim_text as text_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_layout import FOLDERS, GENERATOR, Layout, complaint
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix import run
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.snapshot import read_if_there
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import unique
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exim import SPOOLS, printed_options

PID_FILES = ("/run/exim4/exim.pid", "/run/exim4/eximqr.pid", "/run/exim.pid")
PROCESSES = "/proc/self/exe"  # Linux
# Seconds that a reloaded daemon has to come up again in; without a certificate, it makes one each time. Then it has to stay alive for a moment.
PATIENCE = 60.0
SETTLE = 0.5


class Daemon(NamedTuple):
    """A process that listens or runs the queue."""

    pid: int
    pid_file: str
    words: tuple  # its command line
    unit: Optional[str]  # of systemd


class Service:
    """What a transaction needs to know of Exim (see ``transaction``)."""

    def __init__(self, layout: Layout):
        self.layout = layout
        self._ran: List[Daemon] = []

    def shown(self, path: str, text: str, other: str) -> str:
        """Return a file for people to read."""
        if path == self.layout.passwords:
            return text_of.shown_passwords(text, other)
        folder = os.path.basename(os.path.dirname(path))
        return text_of.shown(text, FOLDERS.get(folder, "main") if self.layout.name == "split" else "main", other)

    def apply(self) -> None:
        """Build what Exim reads, where it is built."""
        if not self.layout.is_debian:
            return
        status, said, complaints = run(GENERATOR)
        if status:
            raise DeliverabilityError(f"{GENERATOR} failed: {complaint(complaints or said)}")

    def _daemons(self) -> List[Daemon]:
        _status, said, _complaints = run(*self.layout.command(), "-bP", "pid_file_path", "spool_directory")
        options = dict(printed_options(said))
        spool = options.get("spool_directory") or SPOOLS[0]
        files = unique(
            [options.get("pid_file_path") or os.path.join(spool, "exim-daemon.pid"), *(PID_FILES if self.layout.command() == [self.layout.program] else ())]
        )
        return [daemon for daemon in (_daemon(path) for path in files) if daemon]

    def is_running(self) -> bool:
        """Tell whether a daemon runs."""
        self._ran = self._daemons()
        return bool(self._ran)

    def reload(self) -> bool:
        """Make the daemons read their files; return False where none runs. One that does not come up again raises an error."""
        self._ran = self._daemons()
        for daemon in self._ran:
            _hang_up(daemon)
        return bool(self._ran)

    def revive(self) -> None:
        """Bring back the daemons that ran before."""
        for daemon in self._ran:
            if _is_exim(daemon.pid):
                _hang_up(daemon)
            elif daemon.unit and os.path.isdir("/run/systemd/system"):
                status, _said, complaints = run("systemctl", "restart", daemon.unit)
                if status:
                    raise DeliverabilityError(f"systemctl restart {daemon.unit} failed: {complaint(complaints)}")
            else:
                _start(daemon.words)


def _daemon(pid_file: str) -> Optional[Daemon]:
    """Return the daemon that a file names, if it runs."""
    content = read_if_there(pid_file)
    if content is None or not content.strip().isdigit():
        return None
    pid = int(content)
    if not _is_exim(pid):
        return None
    words = (read_if_there(f"/proc/{pid}/cmdline") or b"").rstrip(b"\0").split(b"\0")
    groups = (read_if_there(f"/proc/{pid}/cgroup") or b"").decode("utf-8", "replace")
    unit = re.search(r"/(exim[\w@.-]*\.service)", groups)
    return Daemon(pid, pid_file, tuple(word.decode("utf-8", "surrogateescape") for word in words), unit.group(1) if unit else None)


def _is_exim(pid: int) -> bool:
    """Tell whether a process is Exim; one that has ended and was not waited for is none. Without a process table that tells, any process that runs is."""
    try:
        if os.path.exists(PROCESSES):
            return os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("exim")
        os.kill(pid, 0)
        return True
    except OSError:
        return False


def _hang_up(daemon: Daemon) -> None:
    """Make a daemon start over, and wait until it listens again.

    It writes its number down again when it does, but not where systemd keeps it in the foreground; there its sockets are new ones.
    """
    written, sockets = _stamp(daemon.pid_file), _sockets(daemon.pid)
    try:
        os.kill(daemon.pid, signal.SIGHUP)
    except OSError as error:
        raise DeliverabilityError(f"Exim's daemon could not be reloaded: {error.strerror}") from error
    deadline = time.monotonic() + PATIENCE
    seen, up_since = sockets, None
    while _is_exim(daemon.pid) and time.monotonic() < deadline:
        now = _sockets(daemon.pid)
        if up_since is None and (_stamp(daemon.pid_file) not in (written, None) or (now == seen and now - sockets)):
            up_since = time.monotonic()
        if up_since is not None and time.monotonic() > up_since + SETTLE:
            return
        seen = now
        time.sleep(SETTLE / 5)
    raise DeliverabilityError("Exim's daemon did not come up again when it was reloaded; its main log and panic log tell why")


def _sockets(pid: int) -> FrozenSet[str]:
    """Return the sockets that a process holds, by their numbers."""
    folder = f"/proc/{pid}/fd"
    held = set()
    try:
        for name in os.listdir(folder):
            held.add(os.readlink(os.path.join(folder, name)))
    except OSError:  # one was closed just now, or the process is gone
        return frozenset()
    return frozenset(target for target in held if target.startswith("socket:"))


def _stamp(path: str):
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def _start(words: tuple) -> None:
    """Start a daemon as it was started before."""
    with open(os.devnull, "r+b") as nothing:
        process = subprocess.Popen(list(words), stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
    time.sleep(0.2)
    if process.poll():
        raise DeliverabilityError("Exim's daemon could not be started again; its main log and panic log tell why")
