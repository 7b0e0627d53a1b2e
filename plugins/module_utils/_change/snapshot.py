# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Files that are changed together, and can be taken back until somebody else has changed them.

A ``Snapshot`` is a folder of one change, ``STATE/NAME-KEY``, mode 0700, that holds for each file what was there before the first change
(``N.before``), what was written last (``N.written``) and ``manifest.json``:

    {"version": 1, "name": str, "pending": bool, "files": [{"path": str, "before": SHA-256, "last": SHA-256, "written": [SHA-256, ...]}]}

``last`` is what the file was before the last change, kept in ``N.last-...`` where it is not ``before``.

A file that is not there has the content None, and the hash null.

Order of a change, so that a process may be killed at any point: the copies, then the manifest with the hashes of what is going to be written
and ``pending``, then the files one after the other, each by a rename, then whatever makes them count (a reload), then ``pending`` off.
Whoever comes next knows every content that a file may have: the one before, or one that was written by this code. Any other content is
somebody else's work, and is never overwritten.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import glob
import hashlib
import json
import os
import shutil
import stat
from typing import Dict, List, NamedTuple, Optional

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

STATE_DIR = "/var/lib/postmaster.deliverability"
TEMPORARY = ".postmaster.deliverability"  # ends the name of a file that is about to be renamed
MANIFEST = "manifest.json"


ANYTHING = b"\0anything"  # in place of a content that a file has to have


class Rights(NamedTuple):
    """Whose a new file is, and who may read it."""

    mode: int = 0o644
    uid: int = 0
    gid: int = 0


FOR_ALL = Rights()


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _mark(content: Optional[bytes]) -> Optional[str]:
    return None if content is None else digest(content)


def read(path: str) -> bytes:
    """Return a file's content; a file that cannot be read raises an error with its name."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise DeliverabilityError(f"{path} cannot be read: {error.strerror}") from error


def read_if_there(path: str) -> Optional[bytes]:
    """Return a file's content, or None where there is no such file."""
    return read(path) if os.path.lexists(path) else None


def write(path: str, content: Optional[bytes], expected: Optional[bytes] = ANYTHING, rights: Optional[Rights] = None) -> None:
    """Replace the content of a file by one rename; symbolic links, mode, owner, ACL and SELinux context stay. None removes it.

    ``expected`` is what the caller has read: a file that has another content by now is left alone. ``rights`` are given to it in place of
    those that it had.
    """
    real = os.path.realpath(path)
    temporary = _beside(real)
    try:
        if content is not None:
            _write_beside(temporary, content, real, rights)
        if expected is not ANYTHING and read_if_there(real) != expected:
            raise DeliverabilityError(f"{path} was changed by somebody else in this moment")
        if content is not None:
            os.replace(temporary, real)
        elif os.path.lexists(real):
            os.unlink(real)
        sync_folder(os.path.dirname(real))
    except OSError as error:
        raise DeliverabilityError(f"{path} cannot be replaced: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _beside(real: str) -> str:
    return os.path.join(os.path.dirname(real), f".{os.path.basename(real)}{TEMPORARY}")


def _write_beside(temporary: str, content: bytes, model: str, rights: Optional[Rights]) -> None:
    """Write a file that has everything but the content of ``model``, or these rights; without either, ``FOR_ALL``."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)  # of a process that was killed
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        if rights is None and os.path.exists(model):
            status = os.stat(model)
            rights = Rights(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        rights = rights or FOR_ALL
        os.fchown(stream.fileno(), rights.uid, rights.gid)
        os.fchmod(stream.fileno(), rights.mode)
        _copy_attributes(model, stream.fileno())
        os.fsync(stream.fileno())


def _copy_attributes(model: str, handle: int) -> None:
    """Copy extended attributes, among them the ACL and the SELinux context."""
    try:
        names = os.listxattr(model)
    except (AttributeError, OSError):
        return  # no Linux, or no such attributes on this file system
    for name in names:
        with contextlib.suppress(OSError):
            os.setxattr(handle, name, os.getxattr(model, name))


def sync_folder(folder: str) -> None:
    """Write the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def lock(state_dir: str):
    """Hold the state folder against a second run at the same time; the kernel lets go when the process ends."""
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
        handle = os.open(os.path.join(state_dir, "lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DeliverabilityError(f"state_dir: {state_dir} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise DeliverabilityError(f"state_dir: another change is going on ({state_dir}/lock is held)") from None
    try:
        yield
    finally:
        os.close(handle)


class State(NamedTuple):
    """What a file is now, compared with a snapshot."""

    path: str
    content: Optional[bytes]
    place: str  # "before": as it was; "written": as this code left it; "foreign": somebody else changed it


class Snapshot:
    """One named change of some files; ``paths`` in the order in which they are written.

    ``place`` stands for the paths in the folder's name, where these may differ from change to change: a change of the same name then takes in
    further files. Without it the paths are always the same.
    """

    def __init__(self, state_dir: str, name: str, paths: List[str], place: Optional[str] = None):
        self.name = name
        self.folder = os.path.join(state_dir, f"{name}-{digest((place or json.dumps(paths)).encode())[:12]}")
        self.manifest = self._load()
        if self.manifest is None:
            self._take_up()
        known = [entry["path"] for entry in self.manifest["files"]] if self.manifest else []
        self.paths = known + [path for path in paths if path not in known]

    @property
    def exists(self) -> bool:
        """Tell whether a change was made under this name and not taken back."""
        return self.manifest is not None

    @property
    def pending(self) -> bool:
        """Tell whether a change began and did not come to its end."""
        return bool(self.manifest and self.manifest["pending"])

    def states(self) -> List[State]:
        """Return what each file is now."""
        found = []
        for entry in self.manifest["files"]:
            content = read_if_there(entry["path"])
            place = "before" if _mark(content) == entry["before"] else "written" if _mark(content) in entry["written"] else "foreign"
            found.append(State(entry["path"], content, place))
        return found

    def before(self, path: str) -> Optional[bytes]:
        """Return what a file was before the first change."""
        if self._entry(path)["before"] is None:
            return None
        content = read(os.path.join(self.folder, f"{self._number(path)}.before"))
        if digest(content) != self._entry(path)["before"]:
            raise DeliverabilityError(f"the copy of {path} in {self.folder} is damaged; nothing was restored")
        return content

    def last(self, path: str) -> Optional[bytes]:
        """Return what a file was before the last change."""
        entry = self._entry(path)
        mark = entry.get("last", entry["before"])
        if mark is None or mark == entry["before"]:
            return None if mark is None else self.before(path)
        content = read(os.path.join(self.folder, self._last_name(path, mark)))
        if digest(content) != mark:
            raise DeliverabilityError(f"the copy of {path} in {self.folder} is damaged; nothing was restored")
        return content

    def written(self, path: str) -> bytes:
        """Return what this code wrote to a file last, nothing where it removed it; the content before, where it wrote nothing."""
        copy = os.path.join(self.folder, f"{self._number(path)}.written")
        return read(copy) if os.path.exists(copy) else self.before(path) or b""

    def begin(self, contents: Dict[str, tuple], goes_back: bool = False) -> None:
        """Make it possible to take back what is about to be written: ``{path: (content now, content to write)}``, for every path of the snapshot.

        ``goes_back``: it leads to what was there before, so the copies of that stay. So they do while an earlier change did not come to its end.

        A file that somebody else changed since makes the earlier snapshot history: it is kept aside under the time, and a new one starts.
        """
        with _naming(self.folder):
            if self.exists and any(state.place == "foreign" for state in self.states()):
                self._set_aside()
            if not self.exists:
                self._create()
            for path, (now, then) in contents.items():
                self._take_in(path, now)
                if not goes_back and not self.pending:
                    self._keep_last(path, now)
                self._store(f"{self._number(path)}.written", then or b"")
                entry = self._entry(path)
                entry["written"] = list(dict.fromkeys([*entry["written"], _mark(then)]))
            self.manifest["pending"] = True
            self._save()

    def finish(self) -> None:
        """Note that the change came to its end."""
        self._sweep()
        self.manifest["pending"] = False
        with _naming(self.folder):
            self._save()
        needed = {self._last_name(entry["path"], entry["last"]) for entry in self.manifest["files"] if entry.get("last")}
        for path in glob.glob(os.path.join(glob.escape(self.folder), "*.last-*")):
            if os.path.basename(path) not in needed:
                with contextlib.suppress(OSError):
                    os.unlink(path)

    def remove(self) -> None:
        """Forget the change; the manifest goes first, so that what is left of a killed removal is no snapshot."""
        self._sweep()
        with _naming(self.folder):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.folder, MANIFEST))
            shutil.rmtree(self.folder, ignore_errors=True)
        self.manifest = None

    def _sweep(self) -> None:
        """Remove what a process that was killed has left beside the files."""
        for entry in self.manifest["files"]:
            with contextlib.suppress(OSError):
                os.unlink(_beside(os.path.realpath(entry["path"])))

    def _create(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder, 0o700)
        self.manifest = {"version": 1, "name": self.name, "pending": False, "files": []}

    def _take_in(self, path: str, now: Optional[bytes]) -> None:
        """Keep a copy of a file that is not among the snapshot's yet."""
        if any(entry["path"] == path for entry in self.manifest["files"]):
            return
        number = len(self.manifest["files"])
        self.manifest["files"].append({"path": path, "before": _mark(now), "written": []})
        if now is not None:
            self._store(f"{number}.before", now)

    def _keep_last(self, path: str, now: Optional[bytes]) -> None:
        """Keep a copy of what a file is before this change; the name tells the content, so that a killed process leaves no wrong one."""
        entry = self._entry(path)
        entry["last"] = _mark(now)
        if now is not None and entry["last"] != entry["before"]:
            self._store(self._last_name(path, entry["last"]), now)

    def _last_name(self, path: str, mark: str) -> str:
        return f"{self._number(path)}.last-{mark[:12]}"

    def _set_aside(self) -> None:
        moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
        os.rename(self.folder, f"{self.folder}.{moment}")
        self.manifest = None

    def _take_up(self) -> None:
        """Go on with an earlier change of this name that was set aside, where the files are again as it left them: what came between was taken back."""
        own = self.folder
        for folder in sorted(glob.glob(f"{glob.escape(own)}.*"), reverse=True):
            self.folder = folder
            self.manifest = self._load()
            places = [state.place for state in self.states()] if self.manifest else []
            if "written" in places and "foreign" not in places:
                return
        self.folder, self.manifest = own, None

    def _number(self, path: str) -> int:
        return [entry["path"] for entry in self.manifest["files"]].index(path)

    def _entry(self, path: str) -> dict:
        return self.manifest["files"][self._number(path)]

    def _store(self, name: str, content: bytes) -> None:
        path = os.path.join(self.folder, name)
        handle = os.open(path + TEMPORARY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(path + TEMPORARY, path)

    def _save(self) -> None:
        self._store(MANIFEST, json.dumps(self.manifest, indent=1).encode())
        sync_folder(self.folder)

    def _load(self):
        path = os.path.join(self.folder, MANIFEST)
        if not os.path.exists(path):
            return None
        try:
            return json.loads(read(path).decode())
        except ValueError as error:
            raise DeliverabilityError(f"{path} is damaged: {error}") from error


@contextlib.contextmanager
def _naming(folder: str):
    """Turn errors of the system into ones that name the snapshot's folder."""
    try:
        yield
    except OSError as error:
        raise DeliverabilityError(f"the snapshot {folder} cannot be written: {error.strerror}") from error


def replace_all(contents: Dict[str, tuple], rights: Optional[Dict[str, Rights]] = None) -> None:
    """Write ``{path: (content now, content to write)}``; what failed leaves the files as they were. ``rights`` as for ``write``."""
    rights = rights or {}
    done = []
    try:
        for path, (now, then) in contents.items():
            if now != then:
                write(path, then, now, rights.get(path))
                done.append(path)
    except DeliverabilityError:
        for path in reversed(done):
            now, then = contents[path]
            write(path, now, then, rights.get(path))
        raise
