# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The way of a change, for any mail system: files written together, made to count, and put back where that fails.

A mail system gives an object with these methods:

    is_running() -> bool
    apply()                     makes the files count where they are only the sources of what is read; raises an error
    reload() -> bool            makes a running daemon read them, False where none runs; a daemon that does not survive it raises an error
    revive()                    brings back a daemon that ran before
    shown(path, text, other)    a file for people to read, without passwords; ``other`` is what it will stand beside

Contents are ``{path: (bytes now, bytes to write)}``, with None for a file that is not there.
"""

from __future__ import annotations

import difflib
from typing import Dict, Optional

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.snapshot import STATE_DIR, Rights, Snapshot, read_if_there, replace_all
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

WAY_BACK_OPTIONS = {
    "restore_to": {"type": "str", "choices": ["first", "last", "unfinished"], "default": "first"},
    "state_dir": {"type": "path", "default": STATE_DIR},
}
"""How the modules that change something are told of the way back, beside ``state`` and ``snapshot``."""


def differs(contents: Dict[str, tuple]) -> bool:
    """Tell whether there is something to write."""
    return any(now != then for now, then in contents.values())


def _is_foreign(snapshot: Snapshot) -> bool:
    """Tell whether somebody else changed a file since."""
    return snapshot.exists and any(state.place == "foreign" for state in snapshot.states())


def warnings(snapshot: Snapshot) -> list:
    """Return what to say before files are changed that somebody else has changed since."""
    if not _is_foreign(snapshot):
        return []
    return [f"snapshot {snapshot.name}: somebody else changed the files since; restoring will go back to how they are now"]


def outline(system, contents: Dict[str, tuple], snapshot: Snapshot) -> dict:
    """Return what a module tells of a change that was not made yet."""
    changed = [path for path, (now, then) in contents.items() if now != then]
    return {
        "changed": bool(changed) or snapshot.pending,
        "files": changed,
        "reloaded": False,
        "snapshot_dir": snapshot.folder,
        "warnings": [],
        "diff": [_difference(system, path, *contents[path]) for path in changed],
    }


def _difference(system, path: str, now: Optional[bytes], then: Optional[bytes]) -> dict:
    before, after = ((content or b"").decode("utf-8", "replace") for content in (now, then))
    return {"before_header": path, "after_header": path, "before": system.shown(path, before, after), "after": system.shown(path, after, before)}


def carry_out(system, snapshot: Snapshot, contents: Dict[str, tuple], result: dict, reload: bool, rights: Optional[Dict[str, Rights]] = None) -> None:
    """Make a change, or put everything back and raise an error."""
    fresh = not snapshot.exists or _is_foreign(snapshot)
    ran = reload and system.is_running()
    snapshot.begin(contents)
    try:
        replace_all(contents, rights)
        system.apply()
        result["reloaded"] = ran and system.reload()
    except DeliverabilityError as error:
        _take_back(system, contents, snapshot, fresh, ran)
        raise DeliverabilityError(f"{error}; the files are as they were", {"diff": result["diff"]}) from error
    snapshot.finish()


def _take_back(system, contents: Dict[str, tuple], snapshot: Snapshot, fresh: bool, ran: bool) -> None:
    """Undo this run; earlier changes of the same name stay, and a mail system that ran before runs again."""
    replace_all({path: (then, now) for path, (now, then) in contents.items() if read_if_there(path) == then})
    try:
        system.apply()
        if ran:
            system.revive()
    except DeliverabilityError as error:
        raise DeliverabilityError(f"{error}, even with the files as they were") from error
    if fresh:
        snapshot.remove()
    else:
        snapshot.finish()


def way_back(system, snapshot: Snapshot, to: str = "first") -> Dict[str, tuple]:
    """Return the contents that lead back to before the ``first`` or ``last`` change of this name; what somebody else changed since raises an error.

    ``unfinished`` is before the last one where that did not come to its end, and nowhere else.
    """
    if not snapshot.exists or (to == "unfinished" and not snapshot.pending):
        return {}
    states = snapshot.states()
    foreign = [state for state in states if state.place == "foreign"]
    if foreign:
        raise _changed_by_others(system, snapshot, foreign)
    copy = snapshot.before if to == "first" else snapshot.last
    return {state.path: (state.content, copy(state.path)) for state in states}


def restore(system, snapshot: Snapshot, contents: Dict[str, tuple], result: dict, reload: bool) -> None:
    """Go the way back, and forget the change where it leads to what was there before the first one."""
    if not contents:
        return
    if result["changed"]:
        snapshot.begin(contents, goes_back=True)
        replace_all(contents)
        try:
            system.apply()
            result["reloaded"] = system.reload() if reload else False
        except DeliverabilityError as error:
            raise DeliverabilityError(f"{error}; the files are restored", {"diff": result["diff"]}) from error
    if all(then == snapshot.before(path) for path, (_now, then) in contents.items()):
        snapshot.remove()
    else:
        snapshot.finish()


def _changed_by_others(system, snapshot: Snapshot, foreign: list) -> DeliverabilityError:
    """Return the error that shows what somebody else did to the files since they were written."""
    differences: list = []
    for state in foreign:
        ours, theirs = ((content or b"").decode("utf-8", "replace") for content in (snapshot.written(state.path), state.content))
        pair = (system.shown(state.path, ours, theirs).splitlines(), system.shown(state.path, theirs, ours).splitlines())
        differences += difflib.unified_diff(*pair, f"{state.path} as written", f"{state.path} as found", lineterm="", n=1)
    paths = ", ".join(state.path for state in foreign)
    return DeliverabilityError(
        f"{paths}: changed by somebody else since snapshot {snapshot.name} was written; nothing was restored. The copies are in {snapshot.folder}",
        {"foreign": [state.path for state in foreign], "difference": "\n".join(differences)},
    )
