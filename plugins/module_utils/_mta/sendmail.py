# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Sendmail 8: identity, both queues and log. Source: the Sendmail Installation and Operation Guide, real logs, listings and queue files of 8.17."""

from __future__ import annotations

import os
import re
from typing import Iterator

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
    domain_of,
    is_loopback,
    to_address,
    unique,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock, split_syslog

CONFIG_DIR = "/etc/mail"
MESSAGES_HELD = 30000

# Mailers that deliver on this host.
LOCAL = frozenset(("local", "prog", "*file*", "*include*", "procmail", "cyrus", "cyrusv2", "maildrop", "discard", "smrsh", "usenet"))
# Status words that say only that there was a reason.
BARE = ("Deferred", "queued", "Deferred:")
# What Sendmail makes of any refusal of a kind: before 8.16 nothing else of the reply is logged.
REWRITTEN = ("User unknown", "Service unavailable", "Data format error", "Remote protocol error")
_DEFERRED = re.compile(r"^Deferred: ?")
# "Connection refused by mx.example.net.", "reply: read error from mx.example.net."
_SERVER = re.compile(r"^(?:Connection |reply: ).* (?:by|with|from) (?P<host>(?!\d+\.\d+\.)[\w-]+(?:\.[\w-]+)+)\.?$")
_NO_CONNECTION = re.compile(r"^(?:Connection (?:refused|timed out)|No route to host|Network is unreachable|Host is down|Cannot assign requested address)")
# "timeout waiting for input from mx.example.net. during client greeting"
_DURING = re.compile(r"^timeout waiting for input from (?P<host>\S+?)\.? during client (?P<phase>\w+(?: \w+)?)")
PHASES = {
    "greeting": "connect",
    "EHLO": "EHLO",
    "HELO": "EHLO",
    "STARTTLS": "STARTTLS",
    "AUTH": "AUTH",
    "MAIL From": "MAIL FROM",
    "RCPT To": "RCPT TO",
    "DATA 354": "DATA",
    "DATA status": "end of DATA",
    "QUIT": "QUIT",
}


def read_status(text: str) -> tuple:
    """Return ``(text, stage, relay host, masked)`` of a status: the words behind ``Deferred:``, which are the server's own where it said any."""
    masked = text.strip() in BARE
    text = _DEFERRED.sub("", text).strip() or text
    server = _SERVER.search(text)
    return text, "connect" if _NO_CONNECTION.match(text) else None, server.group("host").lower() if server else None, masked


class Sendmail(MailSystem):
    """Sendmail by its cf file, ``mailq -v`` of both queues, the queue files behind it and syslog."""

    name = "sendmail"
    snapshot_marks = ("mailq-v.txt", "mailq-Ac-v.txt", "sendmail-d0.1.txt")
    journal_matches = ("SYSLOG_FACILITY=2", "_SYSTEMD_UNIT=sendmail.service", "_SYSTEMD_UNIT=sm-client.service")

    def __init__(self, host, config_dir: str | None = None):
        super().__init__(host, config_dir)
        self.folder = config_dir or CONFIG_DIR
        self._cf: Cf | None = None
        self._printed: str | None = None

    @classmethod
    def detect(cls, host) -> bool:
        """Others have a program called sendmail too; only this one has the cf file."""
        return host.has_program("sendmail") and host.has_file(os.path.join(CONFIG_DIR, "sendmail.cf"))

    @property
    def cf(self) -> Cf:
        """Return the configuration; of a snapshot without it an empty one."""
        if self._cf is None:
            path = os.path.join(self.folder, "sendmail.cf")
            text = self.host.file(path)
            if text is None and not self.host.snapshot:
                raise DeliverabilityError(f"{path} cannot be read")
            name = re.search(r"^ *\(canonical domain name\) \$j = (\S+)", self.printed, re.M)
            self._cf = Cf(text or "", self.host, name.group(1) if name else None)
        return self._cf

    @property
    def printed(self) -> str:
        """Return what Sendmail says about itself: its version, and the name that it found."""
        if self._printed is None:
            self._printed = self.host.output("sendmail-d0.1.txt", ["sendmail", *self._chosen(), "-d0.1", "-bt"], optional=True) or ""
        return self._printed

    def about(self) -> dict:
        """Return ``{name, version, config_dir}``; the version is that of the cf file where the program was not asked."""
        version = re.search(r"^Version (\S+)", self.printed, re.M)
        return {"name": self.name, "version": version.group(1) if version else self.cf.macro("Z").partition("/")[0] or None, "config_dir": self.folder}

    def _chosen(self) -> list:
        return ["-C", os.path.join(self.folder, "sendmail.cf")] if self.config_dir and not self.host.snapshot else []

    # The queues.

    def queue(self) -> Iterator[QueueEntry]:
        """Yield what waits in the queue of the daemon and in that of the submission program, with the reasons of the queue files."""
        texts = [self.host.output("mailq-v.txt", ["sendmail", *self._chosen(), "-bp", "-v"])]
        if self.host.snapshot or (self.host.has_file(os.path.join(self.folder, "submit.cf")) and not self.config_dir):
            texts.append(self.host.output("mailq-Ac-v.txt", ["sendmail", "-Ac", "-bp", "-v"], optional=True) or "")
        clock = Clock(self.host.now, self.host.zone)
        for listed in _listed("\n".join(texts), clock):
            control = self._queue_file(listed)
            for entry in read_queue_file(control, listed) if control else listed.entries():
                yield self._with_server(entry)

    def _with_server(self, entry: QueueEntry) -> QueueEntry:
        """Return an entry with what only the log tells: the server, and the reason where the queue hides it."""
        told = self.reader.attempts.get((entry.queue_id, entry.recipient)) if self.reader else None
        if told is None:
            return entry
        if entry.masked and not told.masked:
            entry = entry._replace(text=told.text, stage=told.stage, masked=False)
        return entry._replace(relay_host=told.relay_host, relay_address=told.relay_address, dsn=told.dsn)

    def _queue_file(self, listed: Listed) -> str | None:
        """Return the text of the file that holds a message's envelope; ``hf`` is a quarantined one."""
        for name in ("qf", "qf/qf", "hf", "qf/hf"):
            text = self.host.file(os.path.join(listed.folder, name + listed.queue_id)) if listed.folder else None
            if text is not None:
                return text
        return None

    @classmethod
    def parse_queue(cls, text: str, clock) -> Iterator[QueueEntry]:
        """Yield the entries of ``mailq`` with or without ``-v``; both cut the reasons."""
        for listed in _listed(text, clock):
            yield from listed.entries()

    @classmethod
    def owns_queue(cls, head: str) -> bool:
        """The head of the table, or the line of an empty queue."""
        return bool(re.search(r"^-----Q-ID-----|^\s*/\S+ (?:is empty|\(\d+ requests?\))$", head, re.M))

    # The log.

    @classmethod
    def owns_log(cls, head: str) -> bool:
        """Delivery lines name the mailer and the status, arrivals the class and the number of recipients."""
        return bool(re.search(r"\]: [0-9A-Za-z]{12,}: (?:to=.*, mailer=.*, stat=|from=.*, size=\d+, class=)", head))

    def log_reader(self, summary, clock):
        """Return the reader of syslog's lines."""
        self.reader = SendmailLog(summary, clock, self.relay_hosts())
        return self.reader

    # Who the host is when it sends.

    def identity(self) -> Identity:
        """Return the identity that the cf file gives."""
        return self.cf.identity()


# The listing.

_ROW = re.compile(
    r"^(?P<id>[0-9A-Za-z]{8,})(?P<flag>[*X?-]?)\s+(?P<size>\d+)(?:\s+\d+[+!]?)?\s+"
    r"(?:[A-Z][a-z]{2} )?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d)\s+(?P<sender><[^>]*>|\S+)"
)
_FOLDER = re.compile(r"^\s*(?P<folder>/\S+) \(\d+ requests?\)$")
_REASON = re.compile(r"^\s+\((?P<text>.*)\)$")
_FLAGS = {"*": "active"}


class Listed:
    """One message of a listing: its recipients, each with a reason of its own where ``-v`` shows one."""

    def __init__(self, folder: str, queue_id: str, queue: str, arrival, size: int, sender: str):
        self.folder, self.queue_id, self.queue = folder, queue_id, queue
        self.arrival, self.size, self.sender = arrival, size, sender
        self.reason = ""
        self.recipients: list = []

    def entries(self) -> Iterator[QueueEntry]:
        """Yield one entry a recipient."""
        for recipient, reason in self.recipients:
            yield self.entry(recipient, reason, self.reason, len(self.recipients))

    def entry(self, recipient: str, own: str, shared: str, recipients: int) -> QueueEntry:
        """Return the entry of a recipient with a reason of its own, or else the message's."""
        text, stage, host, masked = read_status(own or shared)
        # What is shared by several may be the failure of another recipient, who already had his bounce.
        masked = masked or bool(not own and shared and recipients > 1 and not _DEFERRED.match(shared))
        return QueueEntry(self.queue_id, self.queue, self.arrival, self.size, self.sender, recipient, text, stage, host, masked=masked)


def _listed(text: str, clock) -> Iterator[Listed]:
    """Yield the messages of one or more listings; a queue that is listed twice, as Debian's ``mailq -Ac`` does, counts once."""
    if text.strip() and not Sendmail.owns_queue(text):
        raise DeliverabilityError(f"the queue listing is not what Sendmail's mailq prints: {text.strip()[:80]!r}")
    folder, seen = "", set()
    message = None
    for line in text.split("\n"):
        found = _ROW.match(line)
        if found:
            if message is not None:
                yield message
            queue = _FLAGS.get(found.group("flag")) or os.path.basename(folder) or "mqueue"
            arrival = clock.epoch((found.group("time") + ":00").encode())
            again = (folder, found.group("id")) in seen
            seen.add((folder, found.group("id")))
            message = None if again else Listed(folder, found.group("id"), queue, arrival, int(found.group("size")), found.group("sender").strip("<>"))
            continue
        change = _FOLDER.match(line)
        if change:
            folder = change.group("folder")
        elif message is not None:
            _take(message, line)
    if message is not None:
        yield message


def _take(message: Listed, line: str) -> None:
    """Take a line below a message: its reason, a recipient, or that recipient's reason."""
    word = line.strip()
    if not line[:1].isspace() or not word:
        return
    if word.startswith("QUARANTINE:"):
        message.queue = "quarantined"
        message.reason = message.reason or word
        return
    reason = _REASON.match(line)
    if not reason:
        if not word.startswith(("Total requests", "8BITMIME", "7BIT")):
            message.recipients.append((word.strip("<>"), ""))
    elif word.endswith("---)"):
        return  # on whose behalf, not why
    elif message.recipients:
        message.recipients[-1] = (message.recipients[-1][0], reason.group("text"))
    else:
        message.reason = reason.group("text")


def read_queue_file(text: str, listed: Listed) -> Iterator[QueueEntry]:
    """Yield the entries of a ``qf`` file: the first ``M`` is the message's last status, one above an ``R`` that recipient's."""
    shared = own = ""
    above_sender = True
    found = []
    for line in text.split("\n"):
        code, value = line[:1], line[1:]
        if code == "T" and value.isdigit():
            listed.arrival = int(value)
        elif code == "S":
            listed.sender = value.strip().strip("<>")
            above_sender = False
        elif code == "q":
            shared = f"QUARANTINE: {value}"
        elif code == "M":
            if above_sender:
                shared = shared or value
            else:
                own = value
        elif code == "R":
            address = value.partition(":")[2] if re.match(r"^[A-Za-z]*:", value) else value
            found.append((address.strip().strip("<>"), own))
            own = ""
        elif code in ("H", "."):
            break
    for recipient, reason in found:
        yield listed.entry(recipient, reason, shared, len(found))


# The configuration.


class Cf:
    """What a cf file says about sending: options, macros, classes, mailers and tables."""

    def __init__(self, text: str, host, name: str | None = None):
        self.host = host
        self.name = name  # $j as Sendmail has it, where it was asked
        self.options: list = []
        self.macros: dict = {}
        self.classes: dict = {}
        self.files: dict = {}
        self.maps: dict = {}
        self.mailers: dict = {}
        self.warnings: list = []
        for line in _cf_lines(text):
            self._take(line)

    def _take(self, line: str) -> None:
        option = re.match(r"^O\s*(?P<name>\w[\w.]*)\s*=\s*(?P<value>.*)$", line)
        if option:
            self.options.append((option.group("name").lower(), option.group("value").strip()))
            return
        named = re.match(r"^(?P<kind>[DCF])(?:\{(?P<long>\w+)\}|(?P<short>\S))(?P<value>.*)$", line)
        if named:
            name, value = named.group("long") or named.group("short"), named.group("value").strip()
            if named.group("kind") == "D":
                self.macros[name] = value
            elif named.group("kind") == "C":
                self.classes.setdefault(name, []).extend(value.split())
            else:
                self.files[name] = next((word for word in value.split() if word.startswith("/")), "")
            return
        mailer = re.match(r"^M(?P<name>\w+),.*\bA=TCP \$h(?: (?P<port>\d+))?", line)
        if mailer:
            self.mailers[mailer.group("name")] = int(mailer.group("port") or 25)
        table = re.match(r"^K(?P<name>\w+)\s+\w+\s.*?(?P<path>/\S+)", line)
        if table:
            self.maps[table.group("name")] = table.group("path")

    def macro(self, name: str) -> str:
        """Return a macro's text, or ``""``."""
        return self.macros.get(name, "")

    def option(self, name: str) -> str:
        """Return the last value of an option, or ``""``."""
        return next((value for known, value in reversed(self.options) if known == name.lower()), "")

    def identity(self) -> Identity:
        """Return the identity; with a smarthost its mailer is the default transport."""
        name = self._own_name()
        transports = ["relay", "esmtp"] if self.macro("S") else ["esmtp"]
        bound = self._bound()
        return Identity(
            hostname=name or self.host.hostname(),
            sources=[self._source(transport, bound, name) for transport in transports],
            relays=self._relays(),
            domains=self._domains(),
            warnings=tuple(unique(self.warnings)),
        )

    def _own_name(self) -> str | None:
        if self.name:
            return self.name
        name = self.macro("j")
        own = self.macro("w") or self.host.hostname() or ""
        name = name.replace("$w", own.partition(".")[0] if "$w." in name else own).replace("$m", own.partition(".")[2])
        return name if name and "$" not in name else self.host.hostname()

    def _bound(self) -> dict:
        """Return ``{4: (address, modifiers), 6: ...}`` of ClientPortOptions, whose keys count by their first letters."""
        bound = {}
        for name, value in self.options:
            if name != "clientportoptions":
                continue
            keys = {part.strip()[:1].lower(): part.partition("=")[2].strip() for part in value.split(",") if "=" in part}
            family = 6 if keys.get("f") == "inet6" else 4
            address = bound_address(keys["a"], self.host, "sendmail.cf ClientPortOptions", self.warnings) if keys.get("a") else None
            bound[to_address(address).version if address else family] = (address, keys.get("m", ""))
            if "h" in keys.get("m", ""):
                self.warnings.append("sendmail.cf ClientPortOptions has the modifier h: the HELO name is what the DNS calls the source address")
        return bound

    def _source(self, transport: str, bound: dict, name: str | None) -> dict:
        addresses = {family: bound.get(family, (None, ""))[0] for family in (4, 6)}
        return {
            "transport": transport,
            "address4": addresses[4] or self.host.default_source(4),
            "address6": addresses[6] or self.host.default_source(6),
            "helo": self.option("HeloName") or name,
            "protocols": ["ipv4", "ipv6"],
            "origin": "sendmail.cf ClientPortOptions" if any(addresses.values()) else "chosen by the kernel",
        }

    def _relays(self) -> list:
        relays = []
        if self.macro("S"):
            relays.append(self._relay("*", self.macro("S"), "relay", "sendmail.cf DS"))
        path = self.maps.get("mailertable", "")
        table = self._table(path) if path else []
        if table is None:
            self.warnings.append(f"sendmail.cf mailertable: {path} cannot be read here; its next hops are not known")
        for key, value in table or ():
            mailer, colon, _host = value.partition(":")
            if colon and mailer in self.mailers:
                relays.append(self._relay(key.lower(), value, mailer, f"mailertable {path}"))
        return relays

    def _relay(self, scope: str, route: str, mailer: str, origin: str) -> dict:
        """Return a next hop of ``[host]`` or ``mailer:[host]``; the port belongs to the mailer."""
        named, colon, rest = route.partition(":")
        if colon and not named.startswith("[") and to_address(route) is None:
            mailer, route = named, rest
        host = route.strip().strip("[]").rstrip(".").lower()
        return {"scope": scope, "host": host, "port": self.mailers.get(mailer, 25), "origin": origin, "auth": self._authenticates(host), "tls": self._tls(host)}

    def _authenticates(self, host: str) -> bool:
        """Tell whether a login for the host is known; the login itself is not looked at."""
        if self.option("DefaultAuthInfo"):
            return True
        keys = [key.lower() for path in (self.maps.get("authinfo"), self.maps.get("access")) if path for key, _value in self._table(path) or ()]
        return any(key in (f"authinfo:{host}", "authinfo:") or (key.startswith("authinfo:") and host.endswith("." + key[9:])) for key in keys)

    def _tls(self, host: str) -> str:
        wanted = {key.lower(): value for key, value in self._table(self.maps.get("access", "")) or ()}
        if wanted.get(f"try_tls:{host}", wanted.get("try_tls:", "")).upper() == "NO":
            return "none"
        level = wanted.get(f"tls_srv:{host}", wanted.get("tls_srv:", "")).upper()
        return "verify" if "VERIFY" in level else "encrypt" if "ENCR" in level else "may"

    def _table(self, path: str) -> list | None:
        """Return ``[(key, value)]`` of the text from which a database is made, None where that is not there."""
        text = self.host.file(re.sub(r"\.db$", "", path)) if path else None
        if text is None:
            return None
        rows = [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return [(row[0], row[1].strip()) for row in rows if len(row) == 2]

    def _domains(self) -> list:
        found = [self._own_name() or "", self.macro("M")]
        for name in ("w", "M"):
            found += self.classes.get(name, [])
            found += (self.host.file(self.files.get(name, "")) or "").split() if self.files.get(name) else []
        return declared_domains(found)


def _cf_lines(text: str) -> Iterator[str]:
    """Yield the lines of a cf file without comments, continued ones joined."""
    whole = ""
    for line in text.splitlines():
        if line.startswith((" ", "\t")) and whole:
            whole += " " + line.strip()
            continue
        if whole:
            yield whole
        whole = "" if line.startswith("#") else line.rstrip()
    if whole:
        yield whole


# The log.

_MESSAGE = re.compile(r"^(?P<id>NOQUEUE|[0-9A-Za-z]{8,}): (?P<rest>.*)$")
_TO = re.compile(
    r"^to=(?P<to>.*?), (?:ctladdr=.*?, )?delay=[^,]*,(?: xdelay=[^,]*,)? mailer=(?P<mailer>[^,]+),(?: (?!relay=|dsn=|reply=|stat=)\w+=[^,]*,)*"
    r"(?: relay=(?P<relay>.*?),)?(?: dsn=(?P<dsn>\d\.\d+\.\d+),)?(?: reply=(?P<reply>.*?),)? stat=(?P<stat>.*)$"
)
_FROM = re.compile(
    r"^from=(?P<sender>.*?), size=(?P<size>\d+), class=-?\d+,(?: pri=\d+,)? nrcpts=(?P<recipients>\d+)(?:, msgid=(?P<message_id>[^,]*))?(?P<rest>.*)$"
)
_RELAY = re.compile(r"^(?:(?P<host>\S+?)\.? )?\[(?P<address>[^\]]+)\](?: \(may be forged\))?$")
_PEER = re.compile(r"\brelay=(?P<relay>.*)$")
_NOTICE = re.compile(r"^(?P<id>[0-9A-Za-z]{8,}): (?P<kind>DSN|return to sender|postmaster notify|sender notify): (?P<why>.*)$")
_LOGIN = re.compile(r"\bauthid=(?P<login>[^,\s]+)")
_RECIPIENT = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,<>"])+')


def read_relay(text: str | None) -> tuple:
    """Return ``(host, address)`` of ``mx.example.net. [192.0.2.1]``, ``[192.0.2.1] [192.0.2.1]`` or a name alone."""
    found = _RELAY.match((text or "").strip())
    host, address = found.group("host", "address") if found else ((text or "").strip().rstrip("."), None)
    if address and address[:5].lower() == "ipv6:":
        address = address[5:]
    if not host or host.startswith("[") or "@" in host:
        return None, address
    return host.lower(), address


def _outcome(dsn: str | None, stat: str) -> str:
    """Return what became of a delivery: by Sendmail's own code, since a server's words may hold a status too."""
    known = {"2": "sent", "4": "deferred", "5": "bounced"}.get((dsn or "")[:1])
    return known or ("sent" if stat.startswith("Sent") else "deferred" if stat.startswith(("Deferred", "queued")) else "bounced")


class SendmailLog(LogReader):
    """Reads the lines of the daemon and of the submission program."""

    needles = (b": to=", b": from=", b": DSN: ", b"return to sender: ", b" notify: ", b"SYSERR", b": timeout waiting", b"AUTH=server")

    def __init__(self, summary, clock, relays=()):
        super().__init__(summary, clock)
        self.relays = set(relays)
        self.messages = Recent(MESSAGES_HELD)  # queue id -> (sender, size)
        self.message_ids = Recent(MESSAGES_HELD)
        self.logins = Recent(1000)  # process -> who logged in
        self.phases = Recent(MESSAGES_HELD)  # queue id -> the stage at which a server fell silent
        self.attempts = Recent(MESSAGES_HELD)  # (queue id, recipient) -> the last Attempt that was put off

    def line(self, moment: int | None, line: str) -> None:
        """Take one line."""
        cut = split_syslog(line) if moment is not None else None
        if not cut:
            return
        _tag, process, text = cut
        if text.startswith("AUTH=server"):
            login = _LOGIN.search(text)
            if login:
                self.logins[process] = login.group("login")
            return
        found = _MESSAGE.match(text)
        queue_id, rest = found.group("id", "rest") if found else ("", text)
        if rest.startswith("SYSERR"):
            self.summary.warn("sendmail: " + rest)
        elif rest.startswith("from="):
            self._arrival(moment, queue_id, rest, process)
        elif rest.startswith("to="):
            self._delivery(moment, queue_id, rest)
        elif rest.startswith("timeout waiting"):
            during = _DURING.match(rest)
            if during:
                self.phases[queue_id] = PHASES.get(during.group("phase")) or PHASES.get(during.group("phase").partition(" ")[0])
        else:
            self._notice(moment, queue_id, rest)

    def _arrival(self, moment: int, queue_id: str, rest: str, process: str | None) -> None:
        """``from=<sender>, size=, class=, nrcpts=, msgid=, proto=, daemon=, relay=host [ip]``."""
        found = _FROM.match(rest)
        if not found or found.group("recipients") == "0":
            return
        sender = found.group("sender").strip("<>")
        self.messages[queue_id] = (sender, int(found.group("size")))
        peer = _PEER.search(found.group("rest"))
        _host, address = read_relay(peer.group("relay") if peer else None)
        message_id = found.group("message_id")
        # The submission program hands over what it logged already, and a content filter gives back what it got.
        again = message_id and message_id in self.message_ids and is_loopback(address)
        if message_id:
            self.message_ids[message_id] = True
        if not again:
            self.summary.received(moment, self.logins.pop(process) or address or "")
            self.summary.message(moment, sender, int(found.group("recipients")))

    def _delivery(self, moment: int, queue_id: str, rest: str) -> None:
        """``to=<a>,<b>, delay=, xdelay=, mailer=, pri=, relay=, dsn=, reply=, stat=``."""
        found = _TO.match(rest)
        if not found:
            return
        stat, dsn, reply = found.group("stat", "dsn", "reply")
        host, address = read_relay(found.group("relay"))
        recipients = [word.strip().strip("<>") for word in _RECIPIENT.findall(found.group("to"))]
        if stat == "queued" and dsn is None:
            return  # not tried yet
        sender, size = self.messages.get(queue_id, (None, 0))
        common = {"time": moment, "queue_id": queue_id, "sender": sender, "size": size, "dsn": dsn, "relay_address": address}
        outcome = _outcome(dsn, stat)
        if outcome == "sent":
            self._accepted(recipients, found.group("mailer"), stat, host, common)
            return
        if reply and outcome == "bounced":  # the status comes last, whatever the server said
            reply, _equals, stat = f"{reply}, stat={stat}".rpartition(", stat=")
        text, stage, named, masked = read_status(stat)
        if reply:
            # The status shows what the reply does not: that the server said more than this line.
            separator = "-" if text.startswith(reply[:3] + "-") else reply[3:4]
            text, stage, masked = reply[:3] + separator + reply[4:], None, False
        elif outcome == "bounced" and address and stat in REWRITTEN:
            masked = True
        stage = self.phases.pop(queue_id) or stage
        for recipient in recipients:
            relay_host = (host if address or host != domain_of(recipient) else None) or named
            attempt = Attempt(outcome=outcome, recipient=recipient, text=text, stage=stage, relay_host=relay_host, masked=masked, **common)
            if outcome == "deferred":
                self.attempts[queue_id, recipient] = attempt
            self.summary.attempt(attempt)

    def _accepted(self, recipients: list, mailer: str, stat: str, host, common: dict) -> None:
        address = common["relay_address"]
        if address in ("127.0.0.1", "::1") and host not in self.relays and address not in self.relays:
            # Handed to the daemon, which logs what becomes of it, or to a content filter.
            if "Message accepted for delivery" not in stat:
                self.summary.counts["filtered"] += len(recipients)
            return
        for recipient in recipients:
            self.summary.attempt(Attempt(outcome="sent", recipient=recipient, relay_host=host, local=mailer in LOCAL, **common))

    def _notice(self, moment: int, queue_id: str, rest: str) -> None:
        """``OLD: NEW: DSN: why``: a message about a message was made."""
        found = _NOTICE.match(rest)
        if not found:
            return
        self.messages[found.group("id")] = ("", 0)
        self.summary.message(moment, "", 1)
        if found.group("why").startswith("Cannot send message for") and found.group("kind") != "postmaster notify":
            sender, size = self.messages.get(queue_id, (None, 0))
            self.summary.given_up(moment, queue_id, sender, size)

    def warm(self, block: bytes) -> None:
        """Learn who sends the messages that are under way, and which of them came in already."""
        self.learn(block)
