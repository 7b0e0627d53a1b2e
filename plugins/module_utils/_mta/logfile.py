# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Reading logs: blocks of whole lines from files, their rotated predecessors and the journal, each line exactly once over many runs.

``LogFiles`` yields blocks of bytes, oldest first, and afterwards holds the ``cursor`` from which the next run goes on. A cursor names the last
line that was read by its place (offset) and its content (hash), not by a file name: whatever rotation does to the file meanwhile (rename,
copy and truncate, compress, a date in the name), the line is found again where it went. ``Clock`` turns the time stamps of every log format
here into epoch seconds. Nothing is written.
"""

from __future__ import annotations

import bz2
import codecs
import datetime
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import struct
import subprocess
import time
import zlib

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import decode, duration, rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import parse_rfc3339

BLOCK = 2 << 20
# The end of the year 9999: no stamp of a log is later.
LATEST = 253402300800
# A line beyond this is no log line. It is read past, counted and named in a warning.
LINE_MAX = 8 << 20
# How far back lines are looked at again when reading goes on, to know the senders of messages under way.
JOINED = 1 << 20
# Of a long last line the cursor hashes only so much, counted from its end.
HASHED_MAX = 4096
OPENERS: dict = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
BROKEN_ARCHIVE = (EOFError, OSError, zlib.error, lzma.LZMAError)
MONTHS = {name: number for number, name in enumerate((b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1)}


class Clock:
    """Turns the stamp at the start of a log line into epoch seconds.

    Knows RFC 3339, syslog's stamps without year, ``2026-11-21 20:34:16.123 +0100`` (Exim, tai64nlocal), ``@4000...`` (TAI64N) and
    ``Sat Nov 21 20:34:16 2026`` (ESA). A stamp without offset is local time in ``zone`` (None: of this machine). A stamp without year
    belongs to the year in which it is not later than a day after ``reference``, the moment when its file was last written.
    """

    def __init__(self, now: int, zone: datetime.tzinfo | None = None):
        self.now = now
        self.zone = zone
        self.reference = now
        self._hours: dict = {}
        self._last_stamp = b""
        self._last_epoch: int | None = None

    def refer_to(self, moment: float) -> None:
        """Date stamps without year from now on as of a file last written at ``moment``."""
        self.reference = int(min(moment, self.now))
        self._hours.clear()
        self._last_stamp, self._last_epoch = b"", None

    def epoch(self, line: bytes) -> int | None:
        """Return the time of a line as epoch seconds; None where it begins with no stamp."""
        stamp = line[:19]
        if stamp == self._last_stamp:
            return self._last_epoch
        first = line[:1]
        try:
            if first.isdigit():
                found = self._iso(line)
            elif first == b"@":
                # TAI64 counts from 1970 TAI; the difference of whole leap seconds is ten at the start and is never logged right anyway.
                found = int(line[1:17], 16) - (1 << 62) - 10
                if not 0 <= found < LATEST:
                    return None
            else:
                found = self._traditional(line)
        except (ValueError, KeyError, OverflowError):
            return None
        self._last_stamp, self._last_epoch = stamp, found
        return found

    def _iso(self, line: bytes) -> int:
        """``2026-11-21T20:34:16.953049+00:00``, ``2026-11-21T20:34:16Z``, ``2026-11-21 20:34:16[.123][ +0100]``."""
        if line[4:5] != b"-" or line[13:14] != b":":
            raise ValueError
        tail = line[19:36].lstrip(b".,0123456789")[:6]
        if tail[:1] in (b"Z", b"z"):
            tail = b"Z"
        elif tail[:1] not in (b"+", b"-"):
            tail = tail if tail[:2] in (b" +", b" -") else b""
        key = (line[:13], tail)
        hour = self._hours.get(key)
        if hour is None:
            year, month, day, hour_of_day = int(line[:4]), int(line[5:7]), int(line[8:10]), int(line[11:13])
            offset = _offset(tail)
            moment = (year, month, day, hour_of_day)
            hour = self._local(moment) if offset is None else _utc(moment) - offset
            self._remember(key, hour)
        return hour + int(line[14:16]) * 60 + int(line[17:19])

    def _traditional(self, line: bytes) -> int:
        """``Nov 21 20:34:16``, ``Nov 21 2026 20:34:16`` and ``Sat Nov 21 20:34:16 2026``."""
        if line[:3] not in MONTHS and line[4:7] in MONTHS and line[3:4] == b" ":
            line = line[4:]
        if line[5:6] == b" " and line[4:5].isdigit():  # copied from where spaces are folded: "Jul 2"
            line = line[:4] + b" " + line[4:]
        if line[7:11].isdigit() and line[11:12] == b" ":  # the year stands in the middle
            line = line[:7] + line[12:20] + b" " + line[7:11]
        if line[9:10] != b":" or line[12:13] != b":":
            raise ValueError
        year = line[16:20] if line[15:16] == b" " and line[16:20].isdigit() and line[20:21] in (b" ", b"", b":") else b""
        key = (line[:9], year)
        hour = self._hours.get(key)
        if hour is None:
            month, day, hour_of_day = MONTHS[line[:3]], int(line[4:6]), int(line[7:9])
            hour = self._local((int(year), month, day, hour_of_day)) if year else self._without_year(month, day, hour_of_day)
            self._remember(key, hour)
        return hour + int(line[10:12]) * 60 + int(line[13:15])

    def _without_year(self, month: int, day: int, hour: int) -> int:
        newest = self.reference + 86400
        year = datetime.datetime.fromtimestamp(newest, self.zone).year
        for candidate in range(year, year - 9, -1):  # nine years: 29 February, also over 1900 and 2100
            try:
                moment = self._local((candidate, month, day, hour))
            except ValueError:
                continue
            if moment <= newest:
                return moment
        raise ValueError

    def _local(self, moment: tuple) -> int:
        date = datetime.datetime(*moment, tzinfo=self.zone)
        if self.zone is None:
            return int(time.mktime((*date.timetuple()[:8], -1)))
        return int(date.timestamp())

    def _remember(self, key, hour: int) -> None:
        if len(self._hours) > 4096:
            self._hours.clear()
        self._hours[key] = hour


def _utc(moment: tuple) -> int:
    return int(datetime.datetime(*moment, tzinfo=datetime.timezone.utc).timestamp())


_OFFSET = re.compile(rb" ?([+-])(\d\d):?(\d\d)")


def _offset(text: bytes) -> int | None:
    """Return the seconds east of UTC that follow a stamp; None where it has no offset."""
    if text[:1] in (b"Z", b"z"):
        return 0
    found = _OFFSET.match(text)
    if not found:
        return None
    return (int(found.group(2)) * 3600 + int(found.group(3)) * 60) * (-1 if found.group(1) == b"-" else 1)


def window_start(text: str, now: int) -> int:
    """Return the epoch seconds that ``24h``, ``7d`` or an RFC 3339 time stands for; raises an error naming O(log_since)."""
    seconds = duration(text)
    if seconds is not None:
        return now - seconds
    moment = parse_rfc3339(text.strip())
    if moment is None:
        raise DeliverabilityError(f"log_since: {text!r} is neither a duration such as 24h or 7d nor an RFC 3339 time such as 2026-11-21T20:34:16Z")
    return int(moment.timestamp())


class LogFiles:
    """The lines of one or more logs as blocks of bytes, from the cursor or the start of the window to the end.

    ``paths``: the current file of each log; rotated predecessors are found beside it. ``live``: a last line without its newline is left for the
    next run; in recorded evidence it is a line. ``header``: what header lines at the top of a file begin with; they come first even where reading
    starts further down. After iteration ``cursor``, ``lines``, ``first``, ``last`` and ``warnings`` tell what was read.
    """

    def __init__(self, paths: list, clock: Clock, cursor: dict | None = None, since: int | None = None, live: bool = True, header: bytes = b""):
        self.paths = paths
        self.clock = clock
        self.since = since
        self.live = live
        self.header = header
        self.cursor = {"files": dict(_checked_cursor(cursor))}
        self.lines = 0
        self.first: int | None = None
        self.last: int | None = None
        self.warnings: list = []
        # Called with the lines before the place from which reading goes on, for readers that join lines.
        self.on_resume = None

    def __iter__(self):
        for path in self.paths:
            yield from self._log(path)

    def _log(self, path: str):
        """Yield the blocks of one log: its rotated files from the one that holds the cursor's line on, then the current one."""
        parts = _open_all(path, self.clock, self.warnings, self.live)
        try:
            position, since = self.cursor["files"].get(path), self.since
            found = self._find(parts, position) if position else None
            if position and found is None and position.get("time") is not None:
                since = max(since or 0, position["time"] + 1)
                self.warnings.append(f"{path}: the line at which the last run ended ({rfc3339(position['time'])}) is gone; lines since then may be missing")
            if found is not None and self.on_resume:
                self.on_resume(tidy(parts[found].before(position["offset"])))
            for number, part in enumerate(parts[found or 0 :], found or 0):
                yield from self._part(part, position["offset"] if number == found else 0, since, path, is_last=number == len(parts) - 1)
        finally:
            for part in parts:
                part.close()

    @staticmethod
    def _find(parts: list, position: dict) -> int | None:
        """Return the number of the part that holds the cursor's line; most likely places first."""
        order = sorted(range(len(parts)), key=lambda number: (parts[number].inode != position.get("inode"), parts[number].packed, -number))
        return next((number for number in order if parts[number].holds(position)), None)

    def _part(self, part, offset: int, since: int | None, path: str, is_last: bool):
        """Yield the blocks of one file and move the cursor behind each of them."""
        if since is not None and part.written is not None and part.written < since - 86400:
            return
        self.clock.refer_to(part.written if part.written is not None else self.clock.now)
        try:
            if self.header and (offset or since is not None):
                header = [line + b"\n" for line in part.head().split(b"\n") if line.startswith(self.header)]
                if header:
                    yield b"".join(header)
            for block, tail, end in part.blocks(offset, keep_half=self.live and is_last, warnings=self.warnings):
                place = {"path": part.path, "inode": part.inode, "offset": end, "hashed": len(tail), "hash": _hash(tail)}
                wanted = self._in_window(tidy(block), since)
                if wanted:
                    self.note(wanted)
                    yield wanted
                if self.last is not None:
                    place["time"] = self.last
                self.cursor["files"][path] = place
        except BROKEN_ARCHIVE as error:
            self.warnings.append(f"{part.path}: reading stopped: {error}")

    def _in_window(self, block: bytes, since: int | None) -> bytes:
        """Return the part of a block that is not older than the window; logs are in order of time."""
        if since is None:
            return block
        newest = last_time(block, self.clock)
        if newest is None:
            return block  # of a log whose lines begin with no stamp
        if newest < since:
            return b""
        return block[time_place(block, self.clock, since) :]

    def note(self, block: bytes) -> None:
        """Count a block that is read."""
        self.lines += len(block) - len(block.replace(b"\n", b""))  # three times as fast as count
        oldest, newest = first_time(block, self.clock), last_time(block, self.clock)
        # Logs of the same days may be read one after another.
        if oldest is not None:
            self.first = oldest if self.first is None else min(self.first, oldest)
        if newest is not None:
            self.last = newest if self.last is None else max(self.last, newest)


class LogText(LogFiles):
    """A log that is text already; it has no cursor worth keeping."""

    def __init__(self, text: str, clock: Clock):
        super().__init__([], clock, live=False)
        self.text = text

    def __iter__(self):
        block = tidy(self.text.encode("utf-8", "replace").rstrip(b"\n") + b"\n")
        if block.strip():
            self.note(block)
            yield block


# Times within a block. Not every line has a stamp; that none of a hundred has means that the format is not known.


def first_time(block: bytes, clock: Clock) -> int | None:
    """Return the time of the first line that has one."""
    start = 0
    for _tried in range(100):
        moment = clock.epoch(block[start : start + 64])
        end = block.find(b"\n", start)
        if moment is not None or end < 0:
            return moment
        start = end + 1
    return None


def last_time(block: bytes, clock: Clock) -> int | None:
    """Return the time of the last line that has one."""
    end = len(block) - 1
    for _tried in range(100):
        start = block.rfind(b"\n", 0, end) + 1
        moment = clock.epoch(block[start : start + 64])
        if moment is not None or start == 0:
            return moment
        end = start - 1
    return None


def time_place(block: bytes, clock: Clock, moment: int) -> int:
    """Return where the first line of ``moment`` or later begins; the lines of a log are in order of time."""
    low, high = 0, len(block)
    while low < high:
        middle = block.rfind(b"\n", low, (low + high) // 2) + 1 or low
        found = clock.epoch(block[middle : middle + 64])
        if found is None or found < moment:
            low = block.find(b"\n", middle) + 1 or high
        elif middle == low:
            break
        else:
            high = middle
    return low


def by_hour(block: bytes, clock: Clock):
    """Yield ``(start of the hour, its lines)`` for the hours that a block covers; nothing where no line has a time."""
    newest, moment = last_time(block, clock), first_time(block, clock)
    while moment is not None and newest is not None and block:
        hour = moment - moment % 3600
        if newest < hour + 3600:
            yield hour, block
            return
        place = time_place(block, clock, hour + 3600)
        yield hour, block[:place]
        block = block[place:]
        moment = first_time(block, clock)


class _Part:
    """One file of a log, opened."""

    def __init__(self, path: str, live: bool):
        self.path = path
        self.packed = os.path.splitext(path)[1] in OPENERS
        opener = OPENERS.get(os.path.splitext(path)[1], open)
        self.stream = opener(path, "rb")
        about = os.fstat(self.stream.fileno()) if not self.packed else os.stat(path)
        self.inode = about.st_ino
        self.size = about.st_size
        if self._mark() in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):  # what `>` of a Windows shell writes
            content = decode(self.stream.read()).encode("utf-8")
            self.stream.close()
            self.stream, self.size = io.BytesIO(content), len(content)
        # Recorded files were copied: when they were written last is not known.
        self.written = about.st_mtime if live else None

    def close(self) -> None:
        self.stream.close()

    def _mark(self) -> bytes:
        """Return the first two bytes."""
        try:
            mark = self.stream.read(2)
            self.stream.seek(0)
        except BROKEN_ARCHIVE:
            return b""
        return mark

    def head(self) -> bytes:
        """Return the first line that tells a time, for putting the parts in order."""
        try:
            self.stream.seek(0)
            start = self.stream.read(65536)
        except BROKEN_ARCHIVE:
            return b""
        return tidy(start + b"\n") if start else b""

    def before(self, offset: int) -> bytes:
        """Return the whole lines before an offset, as far as they may still be joined with what follows."""
        try:
            self.stream.seek(max(0, offset - JOINED))
            data = self.stream.read(min(offset, JOINED))
        except BROKEN_ARCHIVE:
            return b""
        return data if offset <= JOINED else data[data.find(b"\n") + 1 :]

    def holds(self, position: dict) -> bool:
        """Tell whether the line that the cursor names ends at its offset in this file."""
        start = position["offset"] - position["hashed"]
        if not self.packed and self.size < position["offset"]:
            return False
        try:
            self.stream.seek(start)
            found = self.stream.read(position["hashed"])
        except BROKEN_ARCHIVE:
            return False
        return len(found) == position["hashed"] and _hash(found) == position["hash"]

    def blocks(self, offset: int, keep_half: bool, warnings: list):
        """Yield ``(block, its last bytes as they are in the file, offset behind it)``: whole lines, each block ending in a newline."""
        self.stream.seek(0)
        # An entry of a journal export is many lines and ends in an empty one.
        separator = b"\n\n" if self.stream.read(9) == b"__CURSOR=" else b"\n"
        self.stream.seek(offset)
        carry = b""
        skipping = False
        for data in iter(lambda: self.stream.read(BLOCK), b""):
            data = carry + data
            end = data.rfind(separator) + len(separator)
            if end < len(separator):
                carry = data
                if len(carry) > LINE_MAX:
                    offset, carry, skipping = offset + len(carry), b"", True
                continue
            block, carry = data[:end], data[end:]
            offset += end
            if skipping:
                skipping = False
                block = block[block.find(b"\n") + 1 :]
                warnings.append(f"{self.path}: a line of more than {LINE_MAX} bytes was left out before offset {offset - len(block)}")
            if block:
                yield block, _tail(block), offset
        if carry and not keep_half and not skipping:
            yield carry + b"\n", _tail(carry), offset + len(carry)


def _tail(block: bytes) -> bytes:
    """Return the last line, or as much of it as a cursor hashes."""
    return block[max(block.rfind(b"\n", 0, len(block) - 1) + 1, len(block) - HASHED_MAX) :]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _checked_cursor(cursor: dict | None) -> dict:
    """Return the files' positions of a cursor that somebody stored; raises an error naming O(log_cursor)."""
    if not cursor:
        return {}
    try:
        files = cursor.get("files", {})
        for position in files.values():
            if not (0 < position["hashed"] <= position["offset"] and isinstance(position["hash"], str)):
                raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DeliverabilityError("log_cursor: not a cursor that mail_host_info returned (RV(mail_host.log.cursor) of an earlier run)") from error
    return files


_ROTATED = re.compile(r"^(?:\.\d+|[.-]?\d{8}(?:[-.]?\d+)?|-\d{4}-\d\d-\d\d)$")

# What multilog calls the files before `current`.
_MULTILOG = re.compile(r"^@[0-9a-f]{24}\.[su]$")


def siblings(path: str) -> list:
    """Return the rotated predecessors of a log file: ``.1``, ``.2.gz``, ``-20261121``, ``mail-20261121.log.xz`` and the like, unordered."""
    folder, base = os.path.split(path)
    stem, extension = os.path.splitext(base)
    found = {}
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return []
    for name in names:
        plain = os.path.splitext(name)[0] if os.path.splitext(name)[1] in OPENERS else name
        middle = plain[len(base) :] if plain.startswith(base) else None
        if middle is None and extension and plain.startswith(stem) and plain.endswith(extension):
            middle = plain[len(stem) : len(plain) - len(extension)]
        rotated = (middle and _ROTATED.match(middle)) or (base == "current" and _MULTILOG.match(plain))
        if rotated and (name == plain or plain not in names):
            found[plain] = os.path.join(folder, name)
    return list(found.values())


def _open_all(path: str, clock: Clock, warnings: list, live: bool) -> list:
    """Open a log and its predecessors, oldest first; looked at twice, so that a rotation in between neither hides nor doubles a file."""
    for _attempt in range(5):
        names = siblings(path)
        parts = []
        for name in names:
            try:
                parts.append(_Part(name, live))
            except FileNotFoundError:
                continue
            except OSError as error:
                warnings.append(f"{name} cannot be read: {error.strerror}")
        try:
            current = _Part(path, live)
        except FileNotFoundError:
            current = None
            if not parts:
                raise DeliverabilityError(f"log file {path} does not exist") from None
        except OSError as error:
            raise DeliverabilityError(f"log file {path} cannot be read: {error.strerror}") from error
        inode = _inode(path)
        if sorted(siblings(path)) == sorted(names) and inode == (current.inode if current else None):
            break
        for part in parts + ([current] if current else []):
            part.close()
    # Later looks at the same trouble need no second warning.
    warnings[:] = list(dict.fromkeys(warnings))
    dated = sorted(((_first_time(part, clock), part.path, part) for part in parts), key=lambda item: item[:2])
    ordered = [part for _time, _path, part in dated]
    return ordered + ([current] if current else [])


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def _first_time(part: _Part, clock: Clock) -> float:
    """Return the time of the first dated line of a file; files without one are taken for the oldest."""
    clock.refer_to(part.written if part.written is not None else clock.now)
    return first_time(part.head(), clock) or 0


# Tidying: what crashes, copies and other log formats leave in a block.

_PRIORITY = re.compile(rb"^<\d{1,3}>(?:1 )?", re.MULTILINE)
_RFC5424 = re.compile(rb"^<\d{1,3}>1 (\S+ \S+) (\S+) (\d+|-) \S+ (?:-|\[[^\n]*?\]) ?", re.MULTILINE)


def tidy(block: bytes) -> bytes:
    """Return a block as plain syslog lines: no NUL bytes, no priorities, journal entries (JSON or export) turned into lines."""
    if b"\0" in block and not block.startswith(b"__CURSOR="):
        # A crash or a truncated copy leaves runs of NUL before the next line.
        block = block.replace(b"\0", b"")
    if b"\r\n" in block[:4096]:
        block = block.replace(b"\r\n", b"\n")
    first = block.lstrip()[:1]
    if first == b"<":
        block = _RFC5424.sub(rb"\1 \2[\3]: ", block)
        block = _PRIORITY.sub(b"", block)
    elif first == b"{":
        return b"".join(map(_journal_line, block.split(b"\n")))
    elif block.startswith(b"__CURSOR="):
        return b"".join(map(_as_syslog, parse_export(block)))
    return block


def _journal_line(line: bytes) -> bytes:
    if not line.strip():
        return b""
    try:
        return _as_syslog(json.loads(line.decode("utf-8", "replace")))
    except (ValueError, AttributeError, TypeError):
        return b""


def _as_syslog(entry: dict) -> bytes:
    """Return one journal entry as a line of syslog; empty for an entry without time or message."""
    message = _journal_bytes(entry.get("MESSAGE"))
    moment = _journal_bytes(entry.get("_SOURCE_REALTIME_TIMESTAMP") or entry.get("__REALTIME_TIMESTAMP"))
    if not message or not moment.isdigit():
        return b""
    microseconds = int(moment)
    stamp = datetime.datetime.fromtimestamp(microseconds // 1000000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    tag = _journal_bytes(entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM")) or b"unknown"
    pid = _journal_bytes(entry.get("SYSLOG_PID") or entry.get("_PID")) or b"0"
    host = _journal_bytes(entry.get("_HOSTNAME")) or b"localhost"
    return b"%s.%06dZ %s %s[%s]: %s\n" % (stamp.encode(), microseconds % 1000000, host, tag, pid, message.replace(b"\n", b" "))


def _journal_bytes(value) -> bytes:
    """Return a journal field as bytes: text, a list of byte values (not UTF-8), or a list of several values, the last of which counts."""
    if isinstance(value, list):
        if value and isinstance(value[0], int):
            return bytes(value)
        value = value[-1] if value else ""
    if isinstance(value, bytes):
        return value
    return ("" if value is None else str(value)).encode("utf-8", "replace")


def parse_export(data: bytes):
    """Yield the entries of ``journalctl -o export``: ``NAME=value`` lines, or a name, eight bytes of length and that many bytes."""
    entry: dict = {}
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        line = data[at:end]
        at = end + 1
        name, equals, value = line.partition(b"=")
        if equals:
            entry[name.decode("latin-1")] = value
        elif line:
            if at + 8 > len(data):
                break
            (length,) = struct.unpack("<Q", data[at : at + 8])
            entry[name.decode("latin-1")] = data[at + 8 : at + 8 + length]
            at += 9 + length
        elif entry:
            yield entry
            entry = {}
    if entry:
        yield entry


class Journal:
    """The journal of a live host in the place of log files; same results as ``LogFiles``."""

    def __init__(self, program: str, matches: tuple, clock: Clock, cursor: dict | None = None, since: int | None = None):
        self.clock = clock
        self.lines = 0
        self.first: int | None = None
        self.last: int | None = None
        self.warnings: list = []
        self.cursor = {"files": dict(_checked_cursor(cursor)), "journal": (cursor or {}).get("journal")}
        self._command = [program, "-q", "--no-pager", "-o", "json"]
        if self.cursor["journal"]:
            self._command.append("--after-cursor=" + str(self.cursor["journal"]))
        if since is not None:
            self._command.append(f"--since=@{since}")
        self._command += [word for match in matches for word in ("+", match)][1:]

    def __iter__(self):
        try:
            with subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
                carry = b""
                for data in iter(lambda: running.stdout.read(BLOCK), b""):
                    end = data.rfind(b"\n") + 1
                    if not end:
                        carry += data
                        continue
                    block, carry = carry + data[:end], data[end:]
                    yield from self._block(block)
                said = running.stderr.read().decode("utf-8", "replace").strip()
            if running.returncode:
                raise DeliverabilityError(f"{' '.join(self._command)} failed with status {running.returncode}: {said or 'no message'}")
        except OSError as error:
            raise DeliverabilityError(f"{self._command[0]} could not be run: {error}") from error

    def _block(self, block: bytes):
        wanted = tidy(block)
        last = block[block.rfind(b"\n", 0, len(block) - 1) + 1 :]
        self.cursor["journal"] = json.loads(last.decode("utf-8", "replace")).get("__CURSOR", self.cursor["journal"])
        if wanted:
            self.lines += wanted.count(b"\n")
            first = self.clock.epoch(wanted)
            self.first = first if self.first is None else self.first
            newest = self.clock.epoch(wanted[wanted.rfind(b"\n", 0, len(wanted) - 1) + 1 :])
            self.last = newest if newest is not None else self.last
            yield wanted


# Cutting one line of syslog into its parts, for readers that take a line at a time.

_SYSLOG = re.compile(
    r"^(?:\d{4}-\d\d-\d\dT\S+|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?) (?:(?P<host>\S+) )?(?:\w+\.\w+ )?(?P<tag>[^\s\[:]+)(?:\[(?P<pid>\d+)\])?: "
    r"(?:\[ID \d+ \w+\.\w+\] )?(?P<message>.*)$"
)


def split_syslog(line: str):
    """Return ``(tag, pid, message)`` of a line of syslog, or None for any other line."""
    found = _SYSLOG.match(line)
    return (found.group("tag"), found.group("pid"), found.group("message")) if found else None
