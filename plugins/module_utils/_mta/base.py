# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What every mail system gives: the two records, the small interface, and the helpers that each of them needs.

A mail system is one file in this folder with one class derived from ``MailSystem``, named in ``systems.py``.
``docs/mail_systems.md`` walks through adding one. The rules of the house for such a file:

* it asks its ``host`` (``host.py``) for everything, by the name that a snapshot folder uses for it, and so never knows whether it reads a
  live machine or recorded evidence;
* it writes nothing and judges nothing: texts leave it whole, as the remote server said them, with the line breaks of a reply put back
  together by one space each;
* times are integer epoch seconds, sizes bytes, addresses text in lower case, the null sender is the empty string.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from typing import Any, Iterable, Iterator, NamedTuple, Optional, Tuple


class QueueEntry(NamedTuple):
    """One recipient of one message that waits in a queue. Entries of one message follow one another."""

    queue_id: str
    queue: str  # the system's own word: active, deferred, hold, frozen, ...
    arrival: Optional[int]  # epoch seconds
    size: int  # of the message, in bytes
    sender: str
    recipient: str
    text: str = ""  # why it still waits, whole; empty where it was never tried or the system does not tell
    stage: Optional[str] = None  # one of STAGES: what the server answered to
    relay_host: Optional[str] = None
    relay_address: Optional[str] = None
    source_address: Optional[str] = None
    masked: bool = False  # the text hides an earlier, true reason ("delivery temporarily suspended")
    destination: str = ""  # where it is not simply the recipient's domain
    dsn: Optional[str] = None
    count: int = 1  # type: ignore[assignment]  # recipients that the entry stands for, where a system shows only sums (Exchange, ESA)


class Attempt(NamedTuple):
    """One delivery attempt for one recipient, or (``host_level``) one server's refusal that did not yet decide over a message."""

    time: int
    queue_id: str
    outcome: str  # one of OUTCOMES
    recipient: str = ""
    sender: Optional[str] = None  # None: not known; "": the null sender
    text: str = ""
    stage: Optional[str] = None
    relay_host: Optional[str] = None
    relay_address: Optional[str] = None
    source_address: Optional[str] = None
    masked: bool = False
    destination: str = ""
    dsn: Optional[str] = None
    size: int = 0
    host_level: bool = False
    local: bool = False  # sent into a mailbox or a pipe of this host: it never left
    form: Any = None  # summary.Form of the text, from readers that remember it


OUTCOMES = ("sent", "deferred", "bounced", "expired")

# What a remote server answered to. "connect" is everything before EHLO: no connection, no greeting, a refusing greeting.
STAGES = ("connect", "EHLO", "STARTTLS", "AUTH", "MAIL FROM", "RCPT TO", "DATA", "end of DATA", "QUIT")


class Identity(NamedTuple):
    """Who a host is when it speaks to the world; every field is a list of plain dictionaries or strings.

    ``sources``: ``{transport, address4, address6, helo, protocols, origin}`` for every outgoing transport, the default one first;
    an address is None where the system leaves the choice to the kernel.
    ``relays``: ``{scope, host, port, origin, auth, tls}``; scope ``*`` or the domain, sender or map that it serves.
    ``domains``: envelope domains that the configuration declares. ``warnings``: settings that do not do what they say.
    """

    hostname: Optional[str]
    sources: list
    relays: list
    domains: list
    warnings: Tuple[str, ...] = ()


class MailSystem:
    """One mail system on one host. Subclasses override what they can tell; what they leave out stays empty, never wrong."""

    name = ""
    # Files of a snapshot folder that only this system has: how `mta: auto` recognises recorded evidence.
    snapshot_marks: Tuple[str, ...] = ()
    # Names (patterns) of log files in a snapshot folder; rotated predecessors beside them are found.
    snapshot_logs: Tuple[str, ...] = ("mail.log", "maillog", "journal.jsonl", "journal.export")
    # Files on a live host to which the configuration sends the log in place of syslog; all of them are read.
    own_logs: Tuple[str, ...] = ()
    # Where syslog puts it, most likely first; the first that exists is read, with its rotated predecessors.
    log_paths: Tuple[str, ...] = ("/var/log/mail.log", "/var/log/maillog", "/var/log/mail", "/var/log/messages", "/var/log/syslog")
    # Matches for journalctl on hosts that keep no log file; an entry counts when one of them fits.
    journal_matches: Tuple[str, ...] = ("SYSLOG_FACILITY=2",)
    # What the header lines at the top of a log file begin with; they are given to the reader even where reading starts further down.
    log_header = b""

    def __init__(self, host, config_dir: str | None = None):
        self.host = host
        self.config_dir = config_dir
        self.reader: Any = None  # of the log, where the queue asks it for what only the log told

    @classmethod
    def detect(cls, host) -> bool:
        """Tell whether the live host runs this system. Cheap: look for files and programs, start nothing."""
        return False

    def about(self) -> dict:
        """Return ``{name, version, config_dir}``; what is not known is None."""
        return {"name": self.name, "version": None, "config_dir": self.config_dir}

    def identity(self) -> Identity:
        """Return who the host is when it delivers mail."""
        return Identity(hostname=self.host.hostname(), sources=[], relays=[], domains=[])

    def queue(self) -> Iterator[QueueEntry]:
        """Yield what waits. The usual body is one ``host.output(...)`` handed to ``parse_queue``."""
        return iter(())

    @classmethod
    def parse_queue(cls, text: str, clock) -> Iterator[QueueEntry]:
        """Yield the entries of an exported queue listing; ``clock`` (``logfile.Clock``) dates listings that show ages or omit the year."""
        return iter(())

    @classmethod
    def owns_queue(cls, head: str) -> bool:
        """Tell from the first kilobytes whether this is a queue listing of this system."""
        return False

    @classmethod
    def owns_log(cls, head: str) -> bool:
        """Tell from the first kilobytes whether this is a log of this system."""
        return False

    def relay_hosts(self) -> list:
        """Return the hosts of the identity's relays, for log readers that tell them from filters; none where text is parsed without a host."""
        return [relay["host"] for relay in self.identity().relays] if self.host is not None else []

    def log_reader(self, summary, clock):
        """Return an object whose ``feed(block)`` takes bytes of whole log lines and reports what they say to ``summary`` (``LogReader``)."""
        return LogReader(summary, clock)

    def trace_reader(self, summary, clock):
        """Return a log reader that reports each accepted recipient by itself, to follow single messages; for readers that else report sums."""
        return self.log_reader(summary, clock)


class LogReader:
    """Turns log lines into facts on a ``summary.LogSummary``.

    ``feed`` gets blocks of bytes, each of whole lines and ending in a newline, in the order of the log; journal entries arrive in the form of
    syslog lines with RFC 3339 stamps. State that joins lines (senders, sessions) lives on the reader and must stay bounded (``Recent``).
    A subclass that needs no more speed than a line at a time overrides ``line`` and names in ``needles`` what a line that matters contains.
    """

    needles: Tuple[bytes, ...] = ()
    # Times of the log's ends, from readers whose lines do not begin with a stamp.
    first: Optional[int] = None
    last: Optional[int] = None

    def __init__(self, summary, clock):
        self.summary = summary
        self.clock = clock

    def feed(self, block: bytes) -> None:
        """Take a block of whole lines."""
        needles = self.needles
        for raw in block.split(b"\n"):
            if raw and (not needles or any(needle in raw for needle in needles)):
                self.line(self.clock.epoch(raw), decode(raw))

    def line(self, moment: int | None, line: str) -> None:
        """Take one line and its time, None where the line begins with no stamp. ``logfile.split_syslog`` cuts one of syslog's."""

    def warm(self, block: bytes) -> None:
        """Take lines that an earlier run has counted, to know what later lines refer to; nothing of them may be reported."""

    def learn(self, block: bytes) -> None:
        """Read lines and report them to nobody: a body for ``warm`` where reading itself fills the reader's memory."""
        summary, self.summary = self.summary, type(self.summary)(self.summary.now)
        self.feed(block)
        self.summary = summary

    def close(self) -> None:
        """Everything was fed: report what still waits for a line that will not come."""


class Recent:
    """A dictionary for joining log lines that forgets what was not used lately; holds at most twice ``size`` keys."""

    def __init__(self, size: int):
        self.size = size
        self.young: dict = {}
        self.old: dict = {}

    def __contains__(self, key) -> bool:
        return key in self.young or key in self.old

    def __setitem__(self, key, value) -> None:
        if len(self.young) >= self.size:
            self.turn()
        self.young[key] = value

    def turn(self) -> None:
        """Forget what was old where the young are too many; for readers that write into ``young`` by themselves."""
        if len(self.young) >= self.size:
            self.old, self.young = self.young, {}

    def get(self, key, default=None):
        found = self.young.get(key, self)
        if found is self:
            found = self.old.get(key, default)
        return found

    def pop(self, key, default=None):
        found = self.young.pop(key, self)
        older = self.old.pop(key, default)
        return older if found is self else found


def decode(raw: bytes) -> str:
    """Return text for bytes of unknown encoding: UTF-8 where it is (or UTF-16 with its mark), else Latin-1, which never fails."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    if raw[:3] == b"\xef\xbb\xbf":
        raw = raw[3:]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case; ``""`` where it has none."""
    return address.rpartition("@")[2].strip("<>").rstrip(".").lower() if "@" in address else ""


def rfc3339(epoch: float | None) -> str | None:
    """Return epoch seconds as ``2026-11-21T20:34:16Z``; None stays None."""
    if epoch is None:
        return None
    return datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


_DURATION = re.compile(r"(\d+)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def duration(text: str) -> int | None:
    """Return the seconds of ``90m``, ``24h`` or ``7d``; None for any other text."""
    found = _DURATION.fullmatch(text.strip())
    return int(found.group(1)) * _SECONDS[found.group(2)] if found else None


def is_loopback(address: str | None) -> bool:
    """Tell whether the address is one of this machine's own; text that is no address is not."""
    parsed = to_address(address)
    return parsed is not None and parsed.is_loopback


def to_address(text: str | None):
    """Return an ``ipaddress`` object, or None for text that is no address; takes Postfix's ``IPv6:`` form and brackets."""
    cleaned = (text or "").strip().strip("[]")
    if cleaned[:5].lower() == "ipv6:":
        cleaned = cleaned[5:]
    try:
        return ipaddress.ip_address(cleaned.partition("%")[0])
    except ValueError:
        return None


_NEXTHOP = re.compile(r"^\[?(?P<host>[^\[\]\s]*?)\]?(?::(?P<port>\w+))?$")
PORTS = {"smtp": 25, "smtps": 465, "submissions": 465, "submission": 587, "lmtp": 24}


def split_host_port(text: str, default_port: int | None = 25) -> tuple:
    """Return ``(host, port)`` of ``[host]:port``, ``host:port`` or a bare host or IPv6 address; a port's name becomes its number."""
    text = text.strip()
    if text.count(":") > 1 and not text.startswith("["):
        return text, default_port
    found = _NEXTHOP.match(text)
    if not found:
        return text, default_port
    port = found.group("port")
    if port is None:
        return found.group("host"), default_port
    return found.group("host"), int(port) if port.isdigit() else PORTS.get(port, default_port)


def unique(values: Iterable) -> list:
    """Return the values in their first order, each once, without the empty ones."""
    return list(dict.fromkeys(value for value in values if value))


def declared_domains(words: Iterable) -> list:
    """Return those of the words that are domain names, in lower case, each once; addresses and localhost are none."""
    names = (word.lower().rstrip(".") for word in words if word)
    return unique(name for name in names if _DOMAIN.match(name) and to_address(name) is None)


_DOMAIN = re.compile(r"^(?!localhost(?:\.|$))[\w-]+(?:\.[\w-]+)+$")


def bound_address(text: str, host, where: str, warnings: list) -> str | None:
    """Return a source address that a setting names, None where it is no address; what cannot work is added to ``warnings``."""
    parsed = to_address(text)
    if parsed is None:
        warnings.append(f"{where} has {text!r}, which is no address: nothing is sent with it")
        return None
    own = host.addresses()
    if own is not None and str(parsed) not in (str(to_address(address)) for address in own):
        warnings.append(f"{where} has {text}, which no interface of this host has: nothing is sent with it")
    return str(parsed)
