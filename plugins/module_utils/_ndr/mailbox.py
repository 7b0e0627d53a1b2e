# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The messages of a mailbox, newest first, without ever writing to it: mbox, Maildir, a folder of files, or one file.

The standard library's ``mailbox`` opens an mbox for writing and parses every message whole; here a mailbox is listed first
(names, offsets, times) and only what lies in the window is read, line by line.
"""

from __future__ import annotations

import calendar
import collections
import errno
import fnmatch
import os
import re
import stat
import time
from email.utils import parsedate_tz

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.message import bounce_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.mime import LINE_LIMIT, looks_like_mail, read_message

KINDS = ("bounce", "delayed", "delivered", "auto_reply", "complaint")
_BLOCK = 1 << 20
_DURATION = re.compile(r"\s*(\d+)\s*([smhdw]?)\s*$")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_FROM_LINE = re.compile(rb"From .*\d\d:\d\d.*\d{4}")
_FROM_DATE = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d)(?::(\d\d))?(?: \S+)? (\d{4})")

Place = collections.namedtuple("Place", "path start end time")
"""One message: its file, its first byte, the byte behind it (None: the file's end), and when it arrived (epoch seconds or None)."""


def survey(params):
    """Read the newest messages of ``params['path']`` and return what ``bounce_info`` returns.

    :arg params: ``path``, ``max_age`` (a duration or None), ``max_messages``, ``kinds`` and ``patterns``, as the module documents them
    :raises DeliverabilityError: naming the option, for a path that is no mailbox or a duration that is none
    """
    since = time.time() - duration(params["max_age"], "max_age") if params["max_age"] else None
    if params["max_messages"] < 1:
        raise DeliverabilityError("max_messages: must be 1 or more")
    result = {"bounces": [], "counts": dict.fromkeys((*KINDS, "none"), 0), "read": 0, "older": 0, "left": 0, "warnings": []}
    places = list_messages(params["path"], params["patterns"])
    for number, place in enumerate(places):
        if since and place.time is not None and place.time < since:
            result["older"] += 1
            continue
        if result["read"] == params["max_messages"]:
            result["left"] = len(places) - number
            break
        bounce = _read_one(place, result["warnings"])
        if bounce is None:
            continue
        if since and bounce["date"] and _epoch(bounce["date"]) < since:
            result["older"] += 1
            continue
        result["read"] += 1
        result["counts"][bounce["kind"]] += 1
        if bounce["kind"] in params["kinds"]:
            result["bounces"].append(dict(file=_shown(place.path), offset=place.start, **bounce))
    return result


def duration(text, option):
    """Seconds in ``90``, ``15m``, ``24h``, ``7d`` or ``2w``; raises an error that names ``option``."""
    match = _DURATION.match(str(text))
    if not match:
        raise DeliverabilityError(f"{option}: {text!r} is not a duration such as 24h or 7d")
    return int(match.group(1)) * _SECONDS[match.group(2)]


def list_messages(path, patterns):
    """The ``Place`` of every message of a mailbox, the newest first."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            return _in_folder(path, patterns)
        if stat.S_ISREG(mode):
            return _in_file(path)
    except OSError as error:
        raise DeliverabilityError(f"path: {_shown(path)}: {_why(error)}") from error
    raise DeliverabilityError(f"path: {_shown(path)} is neither a file nor a folder")


def _in_folder(path, patterns):
    boxes = [box for box in (os.path.join(path, name) for name in ("new", "cur")) if os.path.isdir(box)]
    places = []
    for folder in boxes or [path]:
        with os.scandir(folder) as entries:
            for entry in entries:
                wanted = not entry.name.startswith(".") if boxes else any(fnmatch.fnmatch(entry.name.lower(), pattern.lower()) for pattern in patterns)
                if wanted and entry.is_file():
                    places.append(Place(entry.path, 0, None, entry.stat().st_mtime))
    return sorted(places, key=lambda place: (place.time, place.path), reverse=True)


def _in_file(path):
    size = os.path.getsize(path)
    with open(path, "rb") as stream:
        head = stream.read(4096)
        if not head:
            return []
        if not head.startswith(b"From "):
            if not looks_like_mail(head):
                raise DeliverabilityError(f"path: {_shown(path)} is neither a mail message nor an mbox: it does not begin with a header")
            return [Place(path, 0, None, None)]
        starts = list(_message_starts(stream))
    ends = [start for start, _line in starts[1:]] + [size]
    return [Place(path, start, end, _from_date(line)) for (start, line), end in zip(starts, ends)][::-1]


def _message_starts(stream):
    """(offset, ``From`` line) of each message of an mbox: such a line begins the file or follows an empty line."""
    stream.seek(0)
    yield 0, stream.readline(1024)
    stream.seek(0)
    carry, position = b"", 0
    while True:
        block = stream.read(_BLOCK)
        text = carry + block
        base = position - len(carry)
        at = text.find(b"\nFrom ")
        # A line may go on in the next block: what is near the end is looked at again with it.
        while at >= 0 and (at < len(text) - 256 or not block):
            line = text[at + 1 : at + 257].split(b"\n", 1)[0]
            if text[max(at - 2, 0) : at].endswith((b"\n", b"\n\r")) and _FROM_LINE.match(line):
                yield base + at + 1, line
            at = text.find(b"\nFrom ", at + 1)
        if not block:
            return
        position += len(block)
        carry = text[-256:] if at < 0 else text[max(at - 2, 0) :]


def _read_one(place, warnings):
    try:
        with open(place.path, "rb") as stream:
            stream.seek(place.start)
            return bounce_of(read_message(_lines(stream, place)))
    except OSError as error:
        warnings.append(f"{_shown(place.path)}: {_why(error)}")
        return None


def _lines(stream, place):
    """The lines of one message, mbox's quoting of ``From`` undone."""
    left = place.end - place.start if place.end is not None else None
    while left is None or left > 0:
        line = stream.readline(LINE_LIMIT if left is None else min(left, LINE_LIMIT))
        if not line:
            return
        if left is not None:
            left -= len(line)
            if line[:1] == b">" and line.lstrip(b">").startswith(b"From "):
                line = line[1:]
        yield line


def _from_date(line):
    """When an mbox says that a message arrived, in epoch seconds (the zone is unknown: taken for UTC), or None."""
    match = _FROM_DATE.search(line.decode("ascii", "replace"))
    if not match:
        return None
    month, day, hour, minute, second, year = match.groups()
    parsed = parsedate_tz(f"{day} {month} {year} {hour}:{minute}:{second or '00'} +0000")
    return calendar.timegm(parsed[:6]) if parsed else None


def _epoch(moment):
    return calendar.timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ"))


def _shown(path):
    return os.fsencode(path).decode("utf-8", "replace")


def _why(error):
    return {errno.ENOENT: "no such file or folder", errno.EACCES: "permission denied"}.get(error.errno, os.strerror(error.errno or 0))
