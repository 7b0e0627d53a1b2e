# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of Exim, Sendmail, OpenSMTPD and qmail share: reading logs in pieces, snapshot folders, and logs that crashes and copies have spoiled."""

from __future__ import annotations

import datetime
import random
import time
from pathlib import Path

import pytest
from mta_data import FIXTURES, NOW, RECORDED_AT

from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import SnapshotHost
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock, LogText, tidy
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import LogSummary
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import survey, system_named

__all__ = ["FIXTURES", "NOW", "as_syslog", "folder", "group_of", "read_log", "spoilt", "survey_of", "system_in"]

OPTIONS = {"gather_subset": ["identity", "queue", "log"], "mta": "auto", "max_groups": 100}
# A quarter of an hour after the last of the recorded logs.
LATER = 1795307400
COUNTED = ("received", "delivered", "deferred", "bounced", "expired", "filtered", "local")


def read_log(system, text: str | bytes, block: int | None = None, warm: str = "", now: int = LATER) -> dict:
    """Return the facts of a system's log, read in one piece or in blocks of about so many bytes, after ``warm``, which an earlier run has counted."""
    clock, summary = Clock(now, datetime.timezone.utc), LogSummary(now)
    log = LogText("", clock)
    reader = system_named(system)(None).log_reader(summary, clock)
    reader.warm(warm.encode())
    data = tidy(text.encode() if isinstance(text, str) else text)
    while data:
        end = len(data) if block is None else data.rfind(b"\n", 0, block) + 1 or data.find(b"\n") + 1 or len(data)
        log.note(data[:end])
        reader.feed(data[:end])
        data = data[end:]
    reader.close()
    facts = summary.facts(log, 100)
    facts["log_warnings"] = list(summary.warnings)
    return facts


def as_syslog(tag: str, *messages: str, start: int = NOW) -> str:
    """Return lines of syslog, one a second."""
    stamps = (time.strftime("%Y-%m-%dT%H:%M:%S.000001+00:00", time.gmtime(start + number)) for number in range(len(messages)))
    return "".join(f"{stamp} mail {tag}: {message}\n" for stamp, message in zip(stamps, messages, strict=True))


def group_of(facts: dict, **wanted) -> dict:
    """Return the one group with these values."""
    found = [group for group in facts["groups"] if all(group[key] == value for key, value in wanted.items())]
    assert len(found) == 1, found
    return found[0]


def folder(path: Path, **files: str | bytes) -> Path:
    """Write a snapshot folder; the names of files may hold slashes."""
    for name, text in {"recorded_at": RECORDED_AT, "hostname": "mail.example.com", **files}.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def system_in(system: str, path: Path):
    """Return a system that looks at a snapshot folder."""
    return system_named(system)(SnapshotHost(str(path)))


def survey_of(path: Path, **options) -> dict:
    """Return what ``mail_host_info`` tells of a snapshot folder."""
    return survey({**OPTIONS, "snapshot": str(path), **options})["mail_host"]


def _spoil(data: bytes, kind: str, dice: random.Random) -> bytes:
    lines = data.split(b"\n")
    if kind == "half lines":
        return b"\n".join(line[: dice.randrange(len(line) + 1)] if dice.random() < 0.3 else line for line in lines)
    if kind == "lost lines":
        return b"\n".join(line for line in lines if dice.random() < 0.7)
    if kind == "lines run together":
        return b"".join(line + (b"" if dice.random() < 0.2 else b"\n") for line in lines)
    if kind == "nul":
        return b"\n".join(b"\0" * dice.randrange(50) + line if dice.random() < 0.2 else line for line in lines)
    if kind == "foreign bytes":
        return b"\n".join(line[:70] + bytes(dice.randrange(128, 256) for _byte in range(5)) + line[70:] for line in lines)
    if kind == "a line of a megabyte":
        return data + lines[len(lines) // 2] + b"x" * (1 << 20) + b"\n"
    if kind == "words of others":
        return b"\n".join(line.replace(b"example", dice.choice((b"=> a", b"to=<", b'"', b"H=", b"stat=", b"[1/2] ", b"(", b"<", b": "))) for line in lines)
    return b"\r\n".join(lines)


SPOILS = ("half lines", "lost lines", "lines run together", "nul", "foreign bytes", "a line of a megabyte", "words of others", "carriage returns")
spoilt = pytest.mark.parametrize("kind", SPOILS)


def read_spoilt(system: str, path: Path, kind: str) -> dict:
    """Return the facts of a real log that was spoilt, after three ways of being so; whatever is left must be read without an error."""
    for seed in range(3):
        facts = read_log(system, _spoil(path.read_bytes(), kind, random.Random(seed)))
    return facts


def assert_spoilt_log_is_harmless(system: str, path: Path, kind: str) -> None:
    """A spoilt log is read to its end, and tells just as much as the sound one where only bytes were added; its facts stay small."""
    sound, facts = read_log(system, path.read_bytes()), read_spoilt(system, path, kind)
    if kind in ("nul", "carriage returns"):
        assert {what: facts[what] for what in COUNTED} == {what: sound[what] for what in COUNTED}
    elif kind in ("half lines", "lost lines"):
        assert facts["delivered"] <= sound["delivered"]
    assert len(str(facts)) < 3 * len(str(sound))
