# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""The mail systems that this collection knows, and the survey of one host with one of them."""

from __future__ import annotations

import contextlib
import fnmatch
import gc
import os
import shutil
import time

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import LiveHost, SnapshotHost, global_addresses, parse_rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock, Journal, LogFiles, LogText, siblings, window_start
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import LogSummary, summarise_queue


def _postfix():
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.postfix import Postfix

    return Postfix


def _exim():
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exim import Exim

    return Exim


def _opensmtpd():
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.opensmtpd import OpenSmtpd

    return OpenSmtpd


def _sendmail():
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.sendmail import Sendmail

    return Sendmail


def _qmail():
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.qmail import Qmail

    return Qmail


def _exchange():
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exchange import Exchange

    return Exchange


def _cisco_esa():
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.cisco_esa import CiscoEsa

    return CiscoEsa


# Name -> what brings the class, in the order in which `mta: auto` looks. On a mail host every file that is imported is compiled at every run,
# so only the systems that are looked at are brought.
SYSTEMS = {
    "postfix": _postfix,
    "exim": _exim,
    "opensmtpd": _opensmtpd,
    "sendmail": _sendmail,
    "qmail": _qmail,
    "exchange": _exchange,
    "cisco_esa": _cisco_esa,
}
SUBSETS = ("identity", "queue", "log")
# How far back a live log is read when neither a window nor a cursor says so.
DEFAULT_WINDOW = "7d"


def system_named(name: str):
    """Return the class of a mail system; an unknown name raises an error that lists the known ones."""
    if name in SYSTEMS:
        return SYSTEMS[name]()
    raise DeliverabilityError(f"mta: {name!r} is not known; known are {', '.join(SYSTEMS)}")


def detect(host):
    """Return the class of the mail system that a host runs or a snapshot was recorded from."""
    for bring in SYSTEMS.values():
        system = bring()
        if any(fnmatch.filter(host.names, mark) for mark in system.snapshot_marks) if host.snapshot else system.detect(host):
            return system
    if host.snapshot:
        raise DeliverabilityError(f"mta: no known mail system's files are in snapshot {host.snapshot}; set mta, or see the documentation for their names")
    raise DeliverabilityError(f"mta: none of the known mail systems was found on this host ({', '.join(SYSTEMS)})")


def system_on(host, params: dict):
    """Return the mail system that ``mta`` and ``config_dir`` of the options mean on a host."""
    kind = detect(host) if params["mta"] == "auto" else system_named(params["mta"])
    return kind(host, params.get("config_dir"))


def survey(params: dict) -> dict:
    """Return ``{"mail_host": {...}}`` for the options of ``mail_host_info``; an error carries the subsets that were done before it."""
    wanted = [subset for subset in SUBSETS if subset in params["gather_subset"]]
    if params["max_groups"] < 0:
        raise DeliverabilityError(f"max_groups: {params['max_groups']} is less than nothing")
    host = SnapshotHost(params["snapshot"]) if params.get("snapshot") else LiveHost()
    system = system_on(host, params)
    facts = {"schema_version": 1, "mta": system.about(), "now": rfc3339(host.now), "snapshot": bool(host.snapshot), "warnings": []}
    try:
        if "identity" in wanted:
            facts["identity"] = _identity(system, host, facts["warnings"])
        truths = None
        if "log" in wanted:
            facts["log"], truths = _log(system, host, params, facts["warnings"])
        if "queue" in wanted:
            with _no_cycles():
                facts["queue"] = summarise_queue(system.queue(), host.now, params["max_groups"], truths)
    except DeliverabilityError as error:
        error.partial = {"mail_host": facts}
        raise
    return {"mail_host": facts}


@contextlib.contextmanager
def _no_cycles():
    """Readers and summaries make no cycles; looking for them in what a big log or queue leaves behind costs a twentieth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _identity(system, host, warnings: list) -> dict:
    identity = system.identity()
    warnings += identity.warnings
    return {
        "hostname": identity.hostname,
        "local_addresses": global_addresses(host.addresses()),
        "sources": identity.sources,
        "relays": identity.relays,
        "domains": identity.domains,
    }


def _log(system, host, params: dict, warnings: list) -> tuple:
    """Read the log and return ``(its facts, the reasons that masked entries of the queue may stand for)``."""
    clock = Clock(host.now, host.zone)
    summary = LogSummary(host.now)
    log = log_source(system, host, params, clock)
    if log is None:
        looked_for = system.snapshot_logs if host.snapshot else (*system.own_logs, *system.log_paths, "a journal")
        warnings.append(f"no log was found, looked for: {', '.join(looked_for)}")
        log = LogFiles([], clock)
    reader = system.log_reader(summary, clock)
    _read(log, reader)
    warnings += log.warnings
    if log.lines and log.first is None:
        warnings.append(f"none of the log's {log.lines} lines begins with a time in a known form")
    warnings += [f"{text} ({count} times)" if count > 1 else text for text, count in summary.warnings.items()]
    return summary.facts(log, params["max_groups"]), summary.truths


def _read(log, reader) -> None:
    """Give a log to its reader; where its lines begin with no stamp, the reader tells when they were written."""
    log.on_resume = reader.warm
    with _no_cycles():
        for block in log:
            reader.feed(block)
        reader.close()
    if log.first is None:
        log.first, log.last = reader.first, reader.last


def log_source(system, host, params: dict, clock: Clock):
    """Return what to read: the files that were named, the system's own, or the journal; None where there is neither."""
    cursor = params.get("log_cursor") or None
    since = params.get("log_since")
    if since is None and not cursor and not host.snapshot:
        since = DEFAULT_WINDOW
    start = window_start(since, host.now) if since else None
    named = params.get("log_files")
    if named:
        paths = [os.path.join(host.snapshot, path) if host.snapshot else path for path in named]
        return LogFiles(paths, clock, cursor, start, live=not host.snapshot, header=system.log_header)
    if host.snapshot:
        names = [name for pattern in system.snapshot_logs for name in fnmatch.filter(host.names, pattern)]
        paths = [os.path.join(host.snapshot, name) for name in dict.fromkeys(names)]
        rotated = {older for path in paths for older in siblings(path)}
        paths = [path for path in paths if path not in rotated]
        return LogFiles(paths, clock, cursor, start, live=False, header=system.log_header) if paths else None
    own = [path for path in system.own_logs if os.path.isfile(path)]
    path = next((path for path in system.log_paths if _has_lines(path)), None)
    program = shutil.which("journalctl")
    if program and not own and (path is None or (cursor or {}).get("journal")):
        return Journal(program, system.journal_matches, clock, cursor, start)
    path = path or next((path for path in system.log_paths if os.path.isfile(path)), None)
    paths = [*own, *([path] if path else [])]
    return LogFiles(paths, clock, cursor, start, header=system.log_header) if paths else None


def _has_lines(path: str) -> bool:
    """Tell whether a log, or what it was rotated to, holds anything; one that was left behind empty does not count."""
    return any(os.path.isfile(one) and os.path.getsize(one) for one in [path, *siblings(path)])


def parse_queue_text(text: str, mta: str = "auto", now: str | None = None, max_groups: int = 50) -> dict:
    """Return the queue's facts of a listing that somebody exported, and ``mta``."""
    system = _system_of(text, mta, "owns_queue", "queue listing")
    clock = _clock_at(now)
    facts = summarise_queue(system.parse_queue(text, clock), clock.now, max_groups)
    facts["mta"] = system.name
    return facts


def parse_log_text(text: str, mta: str = "auto", now: str | None = None, max_groups: int = 50) -> dict:
    """Return the log's facts of log text that somebody exported, and ``mta``; there is no cursor."""
    system = _system_of(text, mta, "owns_log", "log")
    clock = _clock_at(now)
    summary, log = LogSummary(clock.now), LogText(text, clock)
    reader = system(None).log_reader(summary, clock)
    _read(log, reader)
    facts = summary.facts(log, max_groups)
    del facts["cursor"]
    facts["mta"] = system.name
    return facts


def _clock_at(now: str | None) -> Clock:
    if now is None:
        return Clock(int(time.time()))
    moment = parse_rfc3339(now) if isinstance(now, str) else None
    if moment is None:
        raise DeliverabilityError(f"now: {now!r} is no RFC 3339 time with an offset, such as 2026-11-21T20:34:16Z")
    return Clock(int(moment.timestamp()), moment.tzinfo)


def _system_of(text: str, mta: str, question: str, what: str):
    if not isinstance(text, str):
        raise DeliverabilityError(f"a {what} is text, not {type(text).__name__}")
    if mta != "auto":
        return system_named(mta)
    head = text[:65536]
    for bring in SYSTEMS.values():
        system = bring()
        if getattr(system, question)(head):
            return system
    raise DeliverabilityError(f"mta: the text is no {what} of a known mail system ({', '.join(SYSTEMS)}); name the system if it is")
