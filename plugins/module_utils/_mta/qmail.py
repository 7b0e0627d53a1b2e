# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""qmail and its descendants netqmail and notqmail: identity, queue and log. Source: their manual pages, a real log and a real listing of notqmail."""

from __future__ import annotations

import calendar
import os
import re
from typing import Iterator, NamedTuple, Optional

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import (
    Attempt,
    Identity,
    LogReader,
    MailSystem,
    QueueEntry,
    Recent,
    bound_address,
    declared_domains,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import MONTHS, split_syslog

HOME = "/var/qmail"
MESSAGES_HELD = 30000
OUTCOMES = {"success": "sent", "deferral": "deferred", "failure": "bounced"}
# The sender of a bounce, and of a bounce of a bounce.
NULL_SENDERS = ("", "#@[]")


# Reports, in which qmail writes a space as an underscore and a line's end as a slash, so that neither can be told from a real one.

# What begins a line of a report. Other slashes are slashes.
_LINE_STARTS = r"Remote_host_said:|Giving_up_on_|I'm_not_going_to_try_again;|STARTTLS_|$"
_REPLY = re.compile(r"Remote_host_said:_(?P<code>[245]\d\d)[-_]")
_SAID = re.compile(r"Remote host said: (?P<reply>.*?)(?: Giving up on \S+\.)?$")
_TOO_LONG = " I'm not going to try again; this message has been in the queue too long."
_ADDRESS = re.compile(r"^(?:Connected to )?(?P<address>\d+\.\d+\.\d+\.\d+|[0-9a-fA-F:]*:[0-9a-fA-F:]+) ")
STAGES = (
    ("greeting failed", "connect"),
    ("establish an SMTP connection", "connect"),
    ("my name was rejected", "EHLO"),
    ("TLS", "STARTTLS"),
    ("authentication", "AUTH"),
    ("sender was rejected", "MAIL FROM"),
    ("does not like recipient", "RCPT TO"),
    ("failed on DATA command", "DATA"),
    ("failed after I sent the message", "end of DATA"),
    ("Possible duplicate", "end of DATA"),
)


class Report(NamedTuple):
    """What became of one delivery."""

    text: str
    stage: Optional[str]
    address: Optional[str]
    too_long: bool


def unescape(report: str, *known: str) -> str:
    """Return a report in its own letters, lines joined by spaces; ``known`` are addresses whose underscores are theirs."""
    reply = _REPLY.search(report)
    starts = _LINE_STARTS + (f"|{reply.group('code')}[-_]" if reply else "")
    text = re.sub(rf"/(?={starts})", "\n", report).replace("_", " ").replace("\n", " ").rstrip()
    for address in known:
        if "_" in address:
            text = text.replace(address.replace("_", " "), address)
    return text


def read_report(report: str, *known: str) -> Report:
    """Read the text behind ``delivery 7: failure: ``: the server's own words where it said any, else qmail's."""
    text = unescape(report, *known)
    too_long = text.endswith(_TOO_LONG.strip())
    if too_long:
        text = text[: -len(_TOO_LONG)]
    said = _SAID.search(text)
    about = text[: said.start()] if said else text
    address = _ADDRESS.match(about)
    stage = next((stage for words, stage in STAGES if words in about), None)
    return Report(said.group("reply") if said else text, stage, address.group("address") if address else None, too_long)


class Qmail(MailSystem):
    """qmail by its control files, ``qmail-qread`` and the log of qmail-send."""

    name = "qmail"
    snapshot_marks = ("qmail-qread.txt",)
    snapshot_logs = ("current", *MailSystem.snapshot_logs)
    log_paths = (
        "/var/log/qmail/current",
        "/var/log/qmail/send/current",
        "/var/log/qmail/qmail-send/current",
        "/var/log/qmail-send/current",
        "/var/log/svc/qmail-send/current",
        "/usr/local/psa/var/log/maillog",
        *MailSystem.log_paths,
    )
    journal_matches = ("SYSLOG_IDENTIFIER=qmail", "SYSLOG_IDENTIFIER=qmail-send", "_SYSTEMD_UNIT=qmail.service")

    def __init__(self, host, config_dir: str | None = None):
        super().__init__(host, config_dir)
        self.home = config_dir or HOME

    @classmethod
    def detect(cls, host) -> bool:
        """qmail has a name of its own, in a file of its own."""
        return host.has_file(os.path.join(HOME, "control/me"))

    def about(self) -> dict:
        """Return ``{name, version, config_dir}``; no program of qmail tells its version."""
        return {"name": self.name, "version": None, "config_dir": self.home}

    def queue(self) -> Iterator[QueueEntry]:
        """Yield what waits, with the reasons that the log told; qmail itself keeps none."""
        for entry in self.parse_queue(self.host.output("qmail-qread.txt", [os.path.join(self.home, "bin/qmail-qread")]), None):
            known = self.reader.reasons.get((entry.queue_id, entry.recipient)) if self.reader else None
            if known:
                entry = entry._replace(text=known.text, stage=known.stage, relay_address=known.address, masked=False)
            yield entry

    @classmethod
    def parse_queue(cls, text: str, clock) -> Iterator[QueueEntry]:
        """Yield the entries of ``qmail-qread``; recipients that are done are left out."""
        message: tuple = ()
        for number, line in enumerate(text.split("\n"), 1):
            found = _LISTED.match(line)
            if found:
                day, month, year, hour, minute, second = found.group("day", "month", "year", "hour", "minute", "second")
                arrival = calendar.timegm((int(year), MONTHS[month.encode()], int(day), int(hour), int(minute), int(second)))
                sender = found.group("sender")
                message = (found.group("id"), arrival, int(found.group("size")), "" if sender in NULL_SENDERS else sender)
                continue
            recipient = _WAITING.match(line)
            if recipient and message:
                queue_id, arrival, size, sender = message
                if not recipient.group("done"):
                    yield QueueEntry(queue_id, recipient.group("channel"), arrival, size, sender, recipient.group("address"), masked=True)
            elif line.strip() and not line.startswith(("warning:", "fatal:")):
                raise DeliverabilityError(f"line {number} of the queue listing is not what qmail-qread prints: {line[:80]!r}")

    @classmethod
    def owns_queue(cls, head: str) -> bool:
        """A date, an inode, a size and a sender."""
        return any(_LISTED.match(line) for line in head.split("\n", 50)[:50])

    @classmethod
    def owns_log(cls, head: str) -> bool:
        """The words of qmail-send."""
        return bool(
            re.search(
                r"(?:info msg \d+: bytes \d+ from <|starting delivery \d+: msg \d+ to (?:local|remote) |delivery \d+: (?:success|deferral|failure): )", head
            )
        )

    def log_reader(self, summary, clock):
        """Return the reader; the queue asks it later for reasons."""
        self.reader = QmailLog(summary, clock)
        return self.reader

    # Who the host is when it sends.

    def control(self, name: str) -> list | None:
        """Return the lines of a control file without comments, or None where there is no such file."""
        text = self.host.file(os.path.join(self.home, "control", name))
        if text is None:
            return None
        return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]

    def _first(self, name: str) -> str | None:
        lines = self.control(name)
        return lines[0] if lines else None

    def identity(self) -> Identity:
        """Return the identity that the control files give. Source addresses are known to patched versions only."""
        me = self._first("me")
        if me is None and not self.host.snapshot:
            raise DeliverabilityError(f"{os.path.join(self.home, 'control/me')} cannot be read")
        # Which control files qmail-remote reads depends on its patches; the program tells by the names in it.
        program = self.host.file(os.path.join(self.home, "bin/qmail-remote"))
        helo = self._first("helohost") or me
        warnings: list = []
        return Identity(
            hostname=me or self.host.hostname(),
            sources=list(self._sources(program, helo, warnings)),
            relays=list(self._relays(program)),
            domains=self._domains(me),
            warnings=tuple(warnings),
        )

    def _sources(self, program: str | None, helo: str | None, warnings: list) -> Iterator[dict]:
        bound = self._first("outgoingip") if self._is_read("outgoingip", program, warnings) else None
        address = bound_address(bound, self.host, "control/outgoingip", warnings) if bound else None
        yield {
            "transport": "remote",
            "address4": address or self.host.default_source(4),
            "address6": None,
            "helo": helo,
            "protocols": ["ipv4"],
            "origin": "control/outgoingip" if address else "chosen by the kernel",
        }
        # example.com:192.0.2.1, and in domainips example.com:192.0.2.1:mail.example.com
        for name in ("outgoingips", "domainips"):
            for line in self.control(name) or () if self._is_read(name, program, warnings) else ():
                domain, address, own_helo = [*line.split(":"), "", ""][:3]
                if domain and address:
                    yield {
                        "transport": f"remote for {domain}",
                        "address4": bound_address(address, self.host, f"control/{name}", warnings),
                        "address6": None,
                        "helo": own_helo or helo,
                        "protocols": ["ipv4"],
                        "origin": f"control/{name}",
                    }

    def _is_read(self, name: str, program: str | None, warnings: list) -> bool:
        """Tell whether there is a control file that qmail-remote reads; where the program is not at hand it is believed to."""
        if self.control(name) is None:
            return False
        if program is not None and not re.search(rf"control/{name}\b", program):
            warnings.append(f"control/{name} is there, but this qmail-remote does not read it: mail leaves from the address that the kernel chooses")
            return False
        return True

    def _relays(self, program: str | None) -> Iterator[dict]:
        """Yield the routes of smtproutes, ``example.com:relay:port`` or ``:relay:port``, in some versions followed by a login."""
        for line in self.control("smtproutes") or ():
            route, _space, login = line.partition(" ")
            domain, colon, hop = route.partition(":")
            found = re.match(r"^(?:\[(?P<literal>[^\]]*)\]|(?P<host>[^:]*))(?::(?P<port>\d+))?$", hop)
            host = (found.group("literal") or found.group("host")) if found else ""
            if colon and host:
                yield {
                    "scope": domain or "*",
                    "host": host.lower(),
                    "port": int(found.group("port") or 25),
                    "origin": "control/smtproutes",
                    "auth": bool(login.strip()),
                    "tls": "may" if program and "STARTTLS" in program else "none",
                }

    def _domains(self, me: str | None) -> list:
        found = [me or "", self._first("defaultdomain") or ""]
        found += self.control("locals") or []
        found += [line.partition(":")[0] for line in self.control("virtualdomains") or ()]
        return declared_domains(found)


_LISTED = re.compile(
    r"^(?P<day>\d{1,2}) (?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?P<year>\d{4}) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) GMT"
    r"\s+#(?P<id>\d+)\s+(?P<size>\d+)\s+<(?P<sender>[^>]*)>\s*(?:bouncing)?\s*$"
)
_WAITING = re.compile(r"^ *(?P<done>done)?\t(?P<channel>local|remote)\t(?P<address>.*)$")


# The log.

# Stamps that multilog or tai64nlocal put before a line; splogger puts seconds and a fraction behind syslog's own.
_STAMP = re.compile(r"^(?:@[0-9a-f]{24}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) ")
_SECONDS = re.compile(r"^\d{9,10}\.\d+ ")
_INFO = re.compile(r"^info msg (?P<id>\d+): bytes (?P<size>\d+) from <(?P<sender>.*)> qp (?P<process>\d+) uid \d+")
_START = re.compile(r"^starting delivery (?P<number>\d+): msg (?P<id>\d+) to (?P<channel>local|remote) (?P<recipient>.*)$")
_END = re.compile(r"^delivery (?P<number>\d+): (?P<result>success|deferral|failure): (?P<report>.*)$")
_BOUNCE = re.compile(r"^bounce msg \d+ qp (?P<process>\d+)")
_WARNING = re.compile(r"^(?:alert|warning): ")


class QmailLog(LogReader):
    """Reads the log of qmail-send, where a message's number and a delivery's are used again as soon as they are free."""

    needles = (b"delivery ", b" msg ", b"alert: ", b"warning: ")

    def __init__(self, summary, clock):
        super().__init__(summary, clock)
        self.messages = Recent(MESSAGES_HELD)  # number -> [sender, size, recipients seen]
        self.deliveries: dict = {}  # number -> (message, recipient, is local)
        self.bounces = Recent(1000)  # processes that queued a bounce
        self.reasons = Recent(MESSAGES_HELD)  # (message, recipient) -> Report

    def line(self, moment: int | None, line: str) -> None:
        """Take one line."""
        if moment is None:
            return
        stamp = _STAMP.match(line)
        if stamp:
            text = line[stamp.end() :]
        else:
            cut = split_syslog(line)
            if not cut or not cut[0].startswith("qmail"):
                return
            text = _SECONDS.sub("", cut[2])
        for pattern, take in ((_INFO, self._info), (_START, self._start), (_END, self._end), (_BOUNCE, self._bounce)):
            found = pattern.match(text)
            if found:
                take(moment, found)
                return
        if text.startswith("new msg "):
            self.messages.pop(text[8:].strip())
        elif _WARNING.match(text):
            self.summary.warn("qmail-send: " + text)

    def _info(self, moment: int, found) -> None:
        sender = "" if found.group("sender") in NULL_SENDERS else found.group("sender")
        self.messages[found.group("id")] = [sender, int(found.group("size")), set()]
        if self.bounces.pop(found.group("process")) is None:  # a bounce of our own did not come in
            self.summary.received(moment)
        self.summary.message(moment, sender, 1)

    def _bounce(self, moment: int, found) -> None:
        self.bounces[found.group("process")] = moment

    def _start(self, moment: int, found) -> None:
        message, recipient = found.group("id", "recipient")
        if len(self.deliveries) > 10000:
            self.deliveries.clear()
        self.deliveries[found.group("number")] = (message, recipient, found.group("channel") == "local")
        known = self.messages.get(message)
        if known and recipient not in known[2]:
            if known[2]:  # one recipient was counted with the message
                self.summary.message(moment, known[0], 1, 0)
            known[2].add(recipient)

    def _end(self, moment: int, found) -> None:
        message, recipient, local = self.deliveries.pop(found.group("number"), (None, "", False))
        if message is None:
            return  # it was started before the log begins
        sender, size, _seen = self.messages.get(message) or (None, 0, None)
        outcome = OUTCOMES[found.group("result")]
        report = read_report(found.group("report"), recipient, sender or "")
        if report.too_long:
            outcome = "expired"
        if outcome == "deferred":
            self.reasons[message, recipient] = report
        self.summary.attempt(
            Attempt(
                moment, message, outcome, recipient, sender, report.text if outcome != "sent" else "", report.stage if outcome != "sent" else None,
                relay_address=report.address, size=size, local=local,
            )
        )  # fmt: skip

    def warm(self, block: bytes) -> None:
        """Learn who sends the messages that are under way, and which deliveries have begun."""
        self.learn(block)
