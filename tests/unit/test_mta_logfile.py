# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading logs: each line once, whatever rotation, crashes, time zones and formats do to them."""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import lzma
import os
import random
import struct
import time

import pytest
from mta_data import NOW

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta import logfile
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import (
    Clock,
    Journal,
    LogFiles,
    by_hour,
    siblings,
    split_syslog,
    tidy,
    time_place,
    window_start,
)

UTC = datetime.timezone.utc


def log_line(number: int, start: int = NOW - 86400) -> bytes:
    return f"{rfc3339(start + number)[:-1]}.000000+00:00 mail postfix/smtp[1]: line {number}\n".encode()


def numbers(blocks) -> list:
    """Return the numbers of the lines that were read."""
    return [int(line.rsplit(b" ", 1)[1]) for block in blocks for line in block.splitlines()]


class Reader:
    """Reads one log again and again, as a host that is visited every hour, and keeps the cursor."""

    def __init__(self, path, **options):
        self.path, self.cursor, self.options, self.warnings = str(path), None, options, []

    def read(self) -> list:
        log = LogFiles([self.path], Clock(NOW, UTC), self.cursor, **self.options)
        found = numbers(log)
        # The cursor lives in a store between the runs.
        self.cursor = json.loads(json.dumps(log.cursor))
        self.warnings = log.warnings
        return found


def append(path, *lines: int, half: int | None = None) -> None:
    with open(path, "ab") as stream:
        stream.writelines(log_line(number) for number in lines)
        if half is not None:
            stream.write(log_line(half)[:40])


# The clock.


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (b"2026-11-21T20:34:16.953049+00:00 mail", "2026-11-21T20:34:16Z"),
        (b"2026-11-21T21:34:16+01:00 mail", "2026-11-21T20:34:16Z"),
        (b"2026-11-21T20:34:16Z mail", "2026-11-21T20:34:16Z"),
        (b"2026-11-21T20:34:16+0000 mail", "2026-11-21T20:34:16Z"),
        (b"2026-11-21T15:04:16.5-05:30 mail", "2026-11-21T20:34:16Z"),
        (b"2026-11-21 20:34:16 1vMRb2-0000mE-0Z <= a", "2026-11-21T20:34:16Z"),
        (b"2026-11-21 20:34:16.123 1vMRb2-0000mE-0Z <= a", "2026-11-21T20:34:16Z"),
        (b"2026-11-21 21:34:16.123 +0100 [123] 1vMRb2", "2026-11-21T20:34:16Z"),
        (b"2026-11-21 20:34:16.123456789 delivery 1: success", "2026-11-21T20:34:16Z"),
        (b"2026-11-21T20:34:16.123Z,08DB", "2026-11-21T20:34:16Z"),
        (b"Nov 21 20:34:16 mail postfix", "2026-11-21T20:34:16Z"),
        (b"Nov  1 00:00:00 mail postfix", "2026-11-01T00:00:00Z"),
        (b"Nov 21 2025 20:34:16 mail postfix", "2025-11-21T20:34:16Z"),
        (b"Nov 21 20:34:16.123456 mail postfix", "2026-11-21T20:34:16Z"),
        (b"Sat Nov 21 20:34:16 2026 Info: MID", "2026-11-21T20:34:16Z"),
        (b"Sat Nov 21 20:34:16 2025 Info: MID", "2025-11-21T20:34:16Z"),
        (b"@400000006b0209682558b8ec status", "2026-11-21T21:13:02Z"),
    ],
)
def test_clock_knows_the_stamps_of_all_logs(stamp, expected):
    assert rfc3339(Clock(NOW, UTC).epoch(stamp)) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x",
        b"postfix: hello",
        b"2026",
        b"2026-13-01T00:00:00Z x",
        b"Nov 31 10:00:00 x",
        b"Xyz 21 20:34:16 x",
        b"@nothex",
        b"2026-11-21Txx:00:00Z",
        b"\xff\xfe",
    ],
)
def test_clock_says_none_where_there_is_no_stamp(line):
    assert Clock(NOW, UTC).epoch(line) is None


def test_clock_local_time_in_the_zone_of_the_snapshot():
    madrid = datetime.timezone(datetime.timedelta(hours=1))
    assert rfc3339(Clock(NOW, madrid).epoch(b"Nov 21 20:34:16 mail")) == "2026-11-21T19:34:16Z"


def test_clock_local_time_of_this_machine(monkeypatch):
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")  # Madrid, without the zone files, which a bare machine lacks
    time.tzset()
    try:
        assert rfc3339(Clock(NOW).epoch(b"Nov 21 20:34:16 mail")) == "2026-11-21T19:34:16Z"
        assert rfc3339(Clock(NOW).epoch(b"Jul 21 20:34:16 mail")) == "2026-07-21T18:34:16Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_clock_year_over_new_year():
    clock = Clock(1798761660, UTC)  # 2027-01-01T00:01:00Z
    assert rfc3339(clock.epoch(b"Dec 31 23:59:59 mail")) == "2026-12-31T23:59:59Z"
    assert rfc3339(clock.epoch(b"Jan  1 00:00:30 mail")) == "2027-01-01T00:00:30Z"
    # A clock that is a little ahead of ours is not a year behind.
    assert rfc3339(clock.epoch(b"Jan  1 12:00:00 mail")) == "2027-01-01T12:00:00Z"
    assert rfc3339(clock.epoch(b"Jan  2 12:00:00 mail")) == "2026-01-02T12:00:00Z"


def test_clock_year_of_an_older_file():
    clock = Clock(NOW, UTC)
    clock.refer_to(1767225600)  # written last at 2026-01-01
    assert rfc3339(clock.epoch(b"Nov 21 20:34:16 mail")) == "2025-11-21T20:34:16Z"


def test_clock_leap_day():
    assert rfc3339(Clock(NOW, UTC).epoch(b"Feb 29 12:00:00 mail")) == "2024-02-29T12:00:00Z"


def test_clock_forgets_nothing_between_formats():
    """The two forms of one moment in one file."""
    clock = Clock(NOW, UTC)
    for _twice in range(2):
        assert clock.epoch(b"2026-11-21T20:34:16+00:00 a") == clock.epoch(b"Nov 21 20:34:16 mail") == clock.epoch(b"2026-11-21T22:34:16+02:00 b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", NOW - 90),
        ("15m", NOW - 900),
        ("24h", NOW - 86400),
        ("7d", NOW - 7 * 86400),
        ("1w", NOW - 7 * 86400),
        ("2026-11-21T20:46:40Z", NOW),
        (" 24h ", NOW - 86400),
    ],
)
def test_window(text, expected):
    assert window_start(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "24", "-1h", "2026-11-21", "2026-11-21T20:46:40"])
def test_window_that_is_none_is_named(text):
    with pytest.raises(DeliverabilityError, match="log_since"):
        window_start(text, NOW)


# Rotation: every line once.


def test_reads_on_where_it_ended(tmp_path):
    path = tmp_path / "mail.log"
    reader = Reader(path)
    append(path, 1, 2, 3)
    assert reader.read() == [1, 2, 3]
    assert reader.read() == []
    append(path, 4)
    assert reader.read() == [4]
    assert reader.warnings == []


def rename(path):
    for older in range(8, 0, -1):
        if os.path.exists(f"{path}.{older}"):
            os.rename(f"{path}.{older}", f"{path}.{older + 1}")
    os.rename(path, f"{path}.1")
    open(path, "wb").close()


def copytruncate(path):
    for older in range(8, 0, -1):
        if os.path.exists(f"{path}.{older}"):
            os.rename(f"{path}.{older}", f"{path}.{older + 1}")
    with open(path, "rb") as stream, open(f"{path}.1", "wb") as copy:
        copy.write(stream.read())
    os.truncate(path, 0)


def compress(path):
    """Rename, and compress at once what is older than the last."""
    rename(path)
    for older in range(2, 9):
        if os.path.exists(f"{path}.{older}"):
            with open(f"{path}.{older}", "rb") as stream, gzip.open(f"{path}.{older}.gz", "wb") as packed:
                packed.write(stream.read())
            os.remove(f"{path}.{older}")
        elif os.path.exists(f"{path}.{older}.gz") and not os.path.exists(f"{path}.{older + 1}.gz"):
            pass


def compress_at_once(path):
    day = len([name for name in os.listdir(os.path.dirname(path)) if name.endswith(".xz")])
    with open(path, "rb") as stream, lzma.open(f"{path}-2026112{day}.xz", "wb") as packed:
        packed.write(stream.read())
    os.remove(path)
    open(path, "wb").close()


def dateext(path):
    day = len(os.listdir(os.path.dirname(path)))
    os.rename(path, f"{path}-202611{day:02}")
    open(path, "wb").close()


def extension(path):
    """logrotate's dateext with extension: mail-20261121.log."""
    stem, ending = os.path.splitext(path)
    os.rename(path, f"{stem}-202611{len(os.listdir(os.path.dirname(path))):02}{ending}")
    open(path, "wb").close()


ROTATIONS = [rename, copytruncate, compress_at_once, dateext, extension]


@pytest.mark.parametrize("rotate", ROTATIONS)
def test_rotation_neither_loses_nor_repeats_a_line(tmp_path, rotate):
    path = str(tmp_path / "mail.log")
    reader = Reader(path)
    append(path, 1, 2)
    assert reader.read() == [1, 2]
    append(path, 3)
    rotate(path)
    append(path, 4)
    assert reader.read() == [3, 4]
    rotate(path)
    assert reader.read() == []
    append(path, 5)
    rotate(path)
    append(path, 6)
    rotate(path)
    append(path, 7, half=8)
    assert reader.read() == [5, 6, 7]
    assert reader.warnings == []


@pytest.mark.parametrize("rotate", ROTATIONS)
@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_writing_rotating_and_reading(tmp_path, rotate, seed):
    pick = random.Random(seed)
    path = str(tmp_path / "mail.log")
    open(path, "wb").close()
    reader = Reader(path)
    written, found = 0, []
    for _step in range(40):
        what = pick.choice(["write", "write", "write", "rotate", "read"])
        if what == "write":
            append(path, *range(written, written + 3))
            written += 3
        elif what == "rotate" and os.path.getsize(path) and len(os.listdir(tmp_path)) < 8:
            rotate(path)
        elif what == "read":
            found += reader.read()
    found += reader.read()
    assert found == list(range(written))
    assert reader.warnings == []


def test_compressed_later(tmp_path):
    """delaycompress: plain at first, packed a rotation later, while the cursor is still in it."""
    path = str(tmp_path / "mail.log")
    reader = Reader(path)
    append(path, 1, 2)
    assert reader.read() == [1, 2]
    append(path, 3)
    compress(path)
    append(path, 4)
    compress(path)
    append(path, 5)
    assert sorted(os.listdir(tmp_path)) == ["mail.log", "mail.log.1", "mail.log.2.gz"]
    assert reader.read() == [3, 4, 5]


def test_half_line_is_read_when_it_is_whole(tmp_path):
    path = tmp_path / "mail.log"
    reader = Reader(path)
    append(path, 1, half=2)
    assert reader.read() == [1]
    with path.open("ab") as stream:
        stream.write(log_line(2)[40:])
    assert reader.read() == [2]


def test_half_line_that_was_rotated(tmp_path):
    path = str(tmp_path / "mail.log")
    reader = Reader(path)
    append(path, 1, half=2)
    assert reader.read() == [1]
    with open(path, "ab") as stream:
        stream.write(log_line(2)[40:])
    rename(path)
    append(path, 3)
    assert reader.read() == [2, 3]


def test_recorded_half_line_is_a_line(tmp_path):
    path = tmp_path / "mail.log"
    path.write_bytes(log_line(1) + log_line(2)[:-1])
    assert Reader(path, live=False).read() == [1, 2]


def test_lost_place_is_told_and_only_newer_lines_are_read(tmp_path):
    path = tmp_path / "mail.log"
    reader = Reader(path)
    append(path, 1, 2, 3)
    reader.read()
    path.write_bytes(log_line(2) + log_line(3) + log_line(4) + log_line(5))
    assert reader.read() == [4, 5]
    assert len(reader.warnings) == 1
    assert "the line at which the last run ended (2026-11-20T20:46:43Z) is gone" in reader.warnings[0]
    append(path, 6)
    assert reader.read() == [6]
    assert reader.warnings == []


def test_same_size_is_not_same_file(tmp_path):
    path = tmp_path / "mail.log"
    reader = Reader(path)
    append(path, 11, 12)
    reader.read()
    path.write_bytes(log_line(13) + log_line(14))
    assert reader.read() == [13, 14]


def test_several_logs_have_a_place_each(tmp_path):
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    append(one, 1)
    append(two, 2)
    log = LogFiles([str(one), str(two)], Clock(NOW, UTC))
    assert numbers(log) == [1, 2]
    append(one, 3)
    again = LogFiles([str(one), str(two)], Clock(NOW, UTC), log.cursor)
    assert numbers(again) == [3]


def test_lines_before_the_place_are_shown_for_joining(tmp_path):
    path = tmp_path / "mail.log"
    append(path, 1, 2)
    log = LogFiles([str(path)], Clock(NOW, UTC))
    assert numbers(log) == [1, 2]
    append(path, 3)
    again, seen = LogFiles([str(path)], Clock(NOW, UTC), log.cursor), []
    again.on_resume = seen.append
    assert numbers(again) == [3]
    assert numbers(seen) == [1, 2]


def test_window_leaves_out_what_is_older(tmp_path):
    path = str(tmp_path / "mail.log")
    append(path, *range(5))
    rename(path)
    append(path, *range(5, 10))
    for start in range(12):
        log = LogFiles([path], Clock(NOW, UTC), since=NOW - 86400 + start)
        assert numbers(log) == list(range(start, 10))
        assert log.lines == max(0, 10 - start)


def test_window_over_new_year_without_years(tmp_path):
    path = tmp_path / "maillog"
    path.write_text("Dec 30 10:00:00 m a: 1\nDec 31 23:30:00 m a: 2\nJan  1 00:30:00 m a: 3\n")
    now = 1798766000  # 2027-01-01T01:13:20Z
    os.utime(path, (now, now))
    log = LogFiles([str(path)], Clock(now, UTC), since=window_start("24h", now))
    assert numbers(log) == [2, 3]
    assert (rfc3339(log.first), rfc3339(log.last)) == ("2026-12-31T23:30:00Z", "2027-01-01T00:30:00Z")


def test_both_stamp_forms_in_one_file(tmp_path):
    path = tmp_path / "mail.log"
    path.write_bytes(b"Nov 21 19:00:00 mail postfix/smtp[1]: line 1\n" + b"2026-11-21T19:30:00.000001+00:00 mail postfix/smtp[1]: line 2\n")
    log = LogFiles([str(path)], Clock(NOW, UTC), since=NOW - 5400, live=False)
    assert numbers(log) == [2]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mail.log.1", True),
        ("mail.log.12.gz", True),
        ("mail.log-20261121", True),
        ("mail.log-20261121.xz", True),
        ("mail.log.0.bz2", True),
        ("mail-20261121.log", True),
        ("mail-20261121.log.gz", True),
        ("mail.log-20261121-1795293654.gz", True),
        ("mail.log.gz", False),
        ("mail.log.old", False),
        ("mail.err", False),
        ("mail.log2", False),
        ("xmail.log.1", False),
    ],
)
def test_names_of_rotated_files(tmp_path, name, found):
    (tmp_path / name).touch()
    assert (siblings(str(tmp_path / "mail.log")) == [str(tmp_path / name)]) is found


def test_packed_twin_of_a_plain_file_is_not_read_twice(tmp_path):
    """While gzip works, both are there."""
    path = tmp_path / "mail.log"
    append(path, 2)
    append(tmp_path / "mail.log.1", 1)
    with gzip.open(tmp_path / "mail.log.1.gz", "wb") as stream:
        stream.write(log_line(1))
    assert Reader(path).read() == [1, 2]


def test_every_packing_is_read(tmp_path):
    path = tmp_path / "mail.log"
    append(path, 4)
    for number, (opener, ending) in enumerate(((gzip.open, "gz"), (bz2.open, "bz2"), (lzma.open, "xz"))):
        with opener(f"{path}.{3 - number}.{ending}", "wb") as stream:
            stream.write(log_line(1 + number))
    assert Reader(path).read() == [1, 2, 3, 4]


def test_order_is_by_time_not_by_name(tmp_path):
    path = tmp_path / "mail.log"
    append(path, 9)
    for name, number in (("mail.log.1", 8), ("mail.log-20261101", 2), ("mail.log.10.gz", 1), ("mail.log.2", 7)):
        with (gzip.open if name.endswith("gz") else open)(tmp_path / name, "wb") as stream:
            stream.write(log_line(number))
    assert Reader(path).read() == [1, 2, 7, 8, 9]


# What crashes and copies leave behind.


def test_nul_bytes_are_left_out(tmp_path):
    path = tmp_path / "mail.log"
    path.write_bytes(log_line(1) + b"\0" * 100000 + log_line(2))
    reader = Reader(path)
    assert reader.read() == [1, 2]
    append(path, 3)
    assert reader.read() == [3]


def test_one_megabyte_line_is_a_line(tmp_path):
    path = tmp_path / "mail.log"
    path.write_bytes(log_line(1) + log_line(2)[:60] + b"x" * (3 << 20) + b" 2\n" + log_line(3))
    reader = Reader(path)
    assert reader.read() == [1, 2, 3]
    append(path, 4)
    assert reader.read() == [4]


def test_endless_line_is_left_out_and_told(tmp_path, monkeypatch):
    monkeypatch.setattr(logfile, "LINE_MAX", 50000)
    monkeypatch.setattr(logfile, "BLOCK", 10000)
    path = tmp_path / "mail.log"
    path.write_bytes(log_line(1) + b"x" * 200000 + b"\n" + log_line(2))
    reader = Reader(path)
    assert reader.read() == [1, 2]
    assert "a line of more than 50000 bytes was left out" in reader.warnings[0]
    append(path, 3)
    assert reader.read() == [3]


@pytest.mark.parametrize("size", [64, 100, 1000])
def test_blocks_of_any_size(tmp_path, monkeypatch, size):
    monkeypatch.setattr(logfile, "BLOCK", size)
    path = tmp_path / "mail.log"
    append(path, *range(50))
    reader = Reader(path)
    assert reader.read() == list(range(50))


def test_mixed_encodings_pass(tmp_path):
    path = tmp_path / "mail.log"
    path.write_bytes(log_line(1) + "ñ 2\n".encode() + b"\xf1 \x80\xff 3\n")
    assert Reader(path).read() == [1, 2, 3]


def test_windows_line_ends():
    assert tidy(b"a\r\nb\r\n") == b"a\nb\n"


def test_empty_and_missing(tmp_path):
    path = tmp_path / "mail.log"
    with pytest.raises(DeliverabilityError, match=r"log file .*mail\.log does not exist"):
        Reader(path).read()
    path.touch()
    reader = Reader(path)
    assert reader.read() == []
    append(path, 1)
    assert reader.read() == [1]


def test_current_file_is_gone_but_its_predecessor_is_there(tmp_path):
    append(tmp_path / "mail.log.1", 1)
    assert Reader(tmp_path / "mail.log").read() == [1]


def test_broken_archive_is_told_and_the_rest_is_read(tmp_path):
    path = tmp_path / "mail.log"
    append(path, 2)
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(log_line(1) * 100)[:60])
    (tmp_path / "mail.log.3.gz").write_bytes(b"this is no gzip")
    reader = Reader(path)
    assert reader.read()[-1] == 2
    assert len(reader.warnings) == 2
    assert all("reading stopped" in warning for warning in reader.warnings)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_missing_rights_are_named(tmp_path):
    path = tmp_path / "mail.log"
    append(path, 1)
    path.chmod(0)
    with pytest.raises(DeliverabilityError, match=r"log file .*mail\.log cannot be read: Permission denied"):
        Reader(path).read()


def test_missing_rights_are_named_for_root_too(tmp_path, monkeypatch):
    path = tmp_path / "mail.log"
    append(path, 1)
    real = logfile._Part

    def refuse(name, live):
        if name == str(path):
            raise PermissionError(13, "Permission denied")
        return real(name, live)

    monkeypatch.setattr(logfile, "_Part", refuse)
    with pytest.raises(DeliverabilityError, match=r"log file .*mail\.log cannot be read: Permission denied"):
        Reader(path).read()


def test_unreadable_predecessor_is_a_warning(tmp_path):
    path = tmp_path / "mail.log"
    append(path, 1)
    (tmp_path / "mail.log.1").mkdir()
    reader = Reader(path)
    assert reader.read() == [1]
    assert "mail.log.1 cannot be read: Is a directory" in reader.warnings[0]


@pytest.mark.parametrize(
    "cursor",
    [
        {"files": 5},
        {"files": {"x": {}}},
        {"files": {"x": {"offset": -1, "hashed": 1, "hash": "a"}}},
        {"files": {"x": {"offset": 5, "hashed": 9, "hash": "a"}}},
        "x",
    ],
)
def test_cursor_that_is_none_is_named(cursor):
    with pytest.raises(DeliverabilityError, match="log_cursor"):
        LogFiles([], Clock(NOW), cursor)


# Headers.


def test_header_comes_first_even_where_reading_goes_on_further_down(tmp_path):
    path = tmp_path / "MSGTRK.LOG"
    path.write_bytes(b"#Fields: a,b\n" + b"2026-11-21T20:00:00.000Z,1\n")
    log = LogFiles([str(path)], Clock(NOW, UTC), header=b"#")
    assert b"".join(log) == path.read_bytes()
    with path.open("ab") as stream:
        stream.write(b"2026-11-21T20:01:00.000Z,2\n")
    again = LogFiles([str(path)], Clock(NOW, UTC), log.cursor, header=b"#")
    assert b"".join(again) == b"#Fields: a,b\n2026-11-21T20:01:00.000Z,2\n"


# Times within a block.


def test_place_of_a_time():
    block = b"".join(log_line(number * 10) for number in range(20))
    for number in range(201):
        place = time_place(block, Clock(NOW, UTC), NOW - 86400 + number)
        assert block[place:].count(b"\n") == 20 - (number + 9) // 10


def test_hours_of_a_block():
    start = NOW - NOW % 3600
    block = b"".join(log_line(0, moment) for moment in (start + 5, start + 3599, start + 3600, start + 4 * 3600))
    assert [(hour - start, lines.count(b"\n")) for hour, lines in by_hour(block, Clock(NOW + 86400, UTC))] == [(0, 2), (3600, 1), (4 * 3600, 1)]


def test_hours_of_jumbled_lines_lose_none():
    pick = random.Random(7)
    for _run in range(50):
        block = b"".join(log_line(pick.randrange(5 * 3600)) for _line in range(30))
        assert sum(lines.count(b"\n") for _hour, lines in by_hour(block, Clock(NOW, UTC))) == 30


def test_lines_without_a_stamp_do_not_stop_the_hours():
    block = b"continued\n" + log_line(1) + b"continued\n" + log_line(2) + b"continued\n"
    assert sum(lines.count(b"\n") for _hour, lines in by_hour(block, Clock(NOW, UTC))) == 5
    assert list(by_hour(b"no stamp\nat all\n", Clock(NOW, UTC))) == []


# The journal.


def entry(**fields) -> dict:
    return {
        "__CURSOR": "s=1;i=2",
        "_SOURCE_REALTIME_TIMESTAMP": "1795293654123456",
        "SYSLOG_IDENTIFIER": "postfix/smtp",
        "_PID": "7",
        "_HOSTNAME": "mail",
        "MESSAGE": "hello",
        **fields,
    }


LINE = b"2026-11-21T20:40:54.123456Z mail postfix/smtp[7]: hello\n"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, LINE),
        ({"SYSLOG_PID": "8"}, LINE.replace(b"[7]", b"[8]")),
        ({"_SOURCE_REALTIME_TIMESTAMP": None, "__REALTIME_TIMESTAMP": "1795293654123456"}, LINE),
        ({"MESSAGE": list("h\xe9llo".encode("latin-1"))}, LINE.replace(b"hello", b"h\xe9llo")),
        ({"MESSAGE": ["first", "hello"]}, LINE),
        ({"MESSAGE": "two\nlines"}, LINE.replace(b"hello", b"two lines")),
        ({"SYSLOG_IDENTIFIER": None, "_COMM": "smtp"}, LINE.replace(b"postfix/smtp", b"smtp")),
        ({"MESSAGE": None}, b""),
        ({"MESSAGE": []}, b""),
        ({"_SOURCE_REALTIME_TIMESTAMP": "soon"}, b""),
    ],
)
def test_journal_json_becomes_syslog(fields, line):
    assert tidy(json.dumps(entry(**fields)).encode() + b"\n") == line


def test_journal_json_broken_lines_are_left_out():
    assert tidy(b"{broken\n" + json.dumps(entry()).encode() + b"\n[1]\n5\n\n") == LINE


def export(entry: dict) -> bytes:
    out = b""
    for name, value in entry.items():
        raw = value.encode() if isinstance(value, str) else value
        out += name.encode() + (b"=" + raw + b"\n" if b"\n" not in raw else b"\n" + struct.pack("<Q", len(raw)) + raw + b"\n")
    return out + b"\n"


def test_journal_export_becomes_syslog(tmp_path, monkeypatch):
    path = tmp_path / "journal.export"
    path.write_bytes(export(entry()) + export(entry(MESSAGE="two\nlines")) + export(entry(MESSAGE=b"h\xe9\n")))
    expected = LINE + LINE.replace(b"hello", b"two lines") + LINE.replace(b"hello", b"h\xe9 ")
    assert b"".join(LogFiles([str(path)], Clock(NOW, UTC), live=False)) == expected
    monkeypatch.setattr(logfile, "BLOCK", 100)
    assert b"".join(LogFiles([str(path)], Clock(NOW, UTC), live=False)) == expected


@pytest.fixture
def journalctl(tmp_path):
    """A stand-in that prints entries and notes how it was called."""
    program = tmp_path / "journalctl"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/called\ncat {tmp_path}/entries\nexit $(cat {tmp_path}/status 2>/dev/null || echo 0)\n")
    program.chmod(0o755)
    return program


def test_live_journal(tmp_path, journalctl):
    (tmp_path / "entries").write_text(json.dumps(entry()) + "\n" + json.dumps(entry(__CURSOR="s=1;i=3")) + "\n")
    journal = Journal(str(journalctl), ("SYSLOG_FACILITY=2", "_SYSTEMD_UNIT=postfix@-.service"), Clock(NOW, UTC), since=NOW - 3600)
    assert b"".join(journal) == LINE * 2
    assert (journal.lines, rfc3339(journal.first), rfc3339(journal.last)) == (2, "2026-11-21T20:40:54Z", "2026-11-21T20:40:54Z")
    assert journal.cursor == {"files": {}, "journal": "s=1;i=3"}
    called = (tmp_path / "called").read_text().split("\n")
    assert called[:-1] == ["-q", "--no-pager", "-o", "json", f"--since=@{NOW - 3600}", "SYSLOG_FACILITY=2", "+", "_SYSTEMD_UNIT=postfix@-.service"]
    again = Journal(str(journalctl), ("SYSLOG_FACILITY=2",), Clock(NOW, UTC), journal.cursor)
    assert b"".join(again) == LINE * 2
    assert "--after-cursor=s=1;i=3" in (tmp_path / "called").read_text().split("\n")


def test_live_journal_that_fails_is_named(tmp_path, journalctl):
    (tmp_path / "entries").write_text("")
    (tmp_path / "status").write_text("1")
    with pytest.raises(DeliverabilityError, match=r"journalctl .* failed with status 1"):
        list(Journal(str(journalctl), (), Clock(NOW, UTC)))
    with pytest.raises(DeliverabilityError, match="could not be run"):
        list(Journal(str(tmp_path / "none"), (), Clock(NOW, UTC)))


# One line.


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Nov 21 20:34:16 mail postfix/smtp[7]: a: b", ("postfix/smtp", "7", "a: b")),
        ("2026-11-21T20:34:16+00:00 mail sm-mta[7]: x", ("sm-mta", "7", "x")),
        ("Nov 21 20:34:16 mail smtpd: x", ("smtpd", None, "x")),
        ("Nov 21 20:34:16 mail mail.info postfix/smtp[7]: x", ("postfix/smtp", "7", "x")),
        ("Nov 21 20:34:16 mail exim[7]: [ID 197553 mail.info] x", ("exim", "7", "x")),
    ],
)
def test_split_syslog(line, parts):
    assert split_syslog(line) == parts


def test_split_syslog_other_lines():
    assert split_syslog("hello") is None
