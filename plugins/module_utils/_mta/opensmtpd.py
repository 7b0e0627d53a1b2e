# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""OpenSMTPD 6.4 and later: identity, queue and log. Source: smtpd.conf(5), smtpctl(8), real logs and listings of 6.8 and 7.6."""

from __future__ import annotations

import os
import re
from collections import deque
from typing import Iterator, NamedTuple, Optional

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import (
    PORTS,
    Attempt,
    Identity,
    LogReader,
    MailSystem,
    QueueEntry,
    Recent,
    bound_address,
    declared_domains,
    domain_of,
    to_address,
    unique,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import split_syslog

CONFIG_FILES = (
    "/etc/mail/smtpd.conf",
    "/etc/smtpd.conf",
    "/etc/opensmtpd/smtpd.conf",
    "/etc/smtpd/smtpd.conf",
    "/usr/local/etc/mail/smtpd.conf",
    "/usr/local/etc/smtpd.conf",
)
MAIL_NAMES = ("/etc/mail/mailname", "/etc/mailname")
MESSAGES_HELD = 30000
SESSIONS_HELD = 5000
FAILURES_HELD = 500
# A delivery that fails because every server of the destination failed is logged seconds after their failures.
LOOK_BACK = 120
# A connection follows the message that asks for it at once.
AT_ONCE = 2

# In place of the reason: every server was tried, and each told its own.
MASKING = ("Network error on destination MXs", "No valid route to destination", "No valid route to remote MX")
OUTCOMES = {"Ok": "sent", "TempFail": "deferred", "PermFail": "bounced", "Loop": "bounced"}
_REJECTED = re.compile(r"^(?P<doing>BANNER|EHLO|HELO|LHLO|STARTTLS|AUTH|MAIL|RCPT|DATA|QUIT) rejected: ")
STAGES = {"BANNER": "connect", "HELO": "EHLO", "LHLO": "EHLO", "MAIL": "MAIL FROM", "RCPT": "RCPT TO"}


# Replies, whose lines OpenSMTPD joins without anything in between.

_CODE_AND_STATUS = re.compile(r"^(?P<code>[245]\d\d)-(?P<status>[245]\.\d{1,3}\.\d{1,3})(?= )")
_SEVERAL_LINES = re.compile(r"^[245]\d\d-")
# Where one line's end meets the next one's beginning: "not availableNo SMTP service", "block listed.For explanation".
_SEAM = re.compile(r"(?<=[a-z]{3})(?=[A-Z][a-z]|[A-Z]{2}\b)|(?<=[a-z]\.)(?=[A-Z][a-z])")


def mend(text: str) -> str:
    """Return a reply with the lines put apart again, as far as their seams can be seen.

    Lines with a status such as ``4.7.28`` keep it, so it gets its code back. Of those with a single digit behind the last dot OpenSMTPD takes the
    status off and leaves a space. Lines without a status meet where a word ends and a capital follows.
    """
    coded = _CODE_AND_STATUS.match(text)
    if coded:
        code, status = coded.group("code", "status")
        head, body = text[: coded.end()], text[coded.end() :]
        parts = re.split(rf"\s*{re.escape(status)}(?=\s)", body)
        if len(parts) == 1:
            return text
        joined = "".join(f" {code}-{status}{part}" for part in parts[1:-1])
        return f"{head}{parts[0]}{joined} {code} {status}{parts[-1]}"
    if _SEVERAL_LINES.match(text):
        return " ".join(word if "://" in word else _SEAM.sub(" ", word) for word in text.split(" "))
    return text


def read_error(text: str) -> tuple:
    """Return ``(text, stage)`` of a session's error or of a delivery's status."""
    found = _REJECTED.match(text)
    if found:
        return mend(text[found.end() :]), STAGES.get(found.group("doing"), found.group("doing"))
    return mend(text), None


class OpenSmtpd(MailSystem):
    """OpenSMTPD by its configuration file, ``smtpctl show queue`` and syslog."""

    name = "opensmtpd"
    snapshot_marks = ("smtpctl-show-queue.txt",)
    journal_matches = ("SYSLOG_IDENTIFIER=smtpd", "_SYSTEMD_UNIT=opensmtpd.service")

    def __init__(self, host, config_dir: str | None = None):
        super().__init__(host, config_dir)
        self._conf: Conf | None = None

    @classmethod
    def detect(cls, host) -> bool:
        """Nobody else has an smtpctl."""
        return host.has_program("smtpctl")

    @property
    def path(self) -> str:
        """Return the configuration file."""
        if self.config_dir:
            return os.path.join(self.config_dir, "smtpd.conf")
        return next((path for path in CONFIG_FILES if self.host.has_file(path)), CONFIG_FILES[0])

    @property
    def conf(self) -> Conf:
        """Return the configuration; of a snapshot without it an empty one."""
        if self._conf is None:
            text = self.host.file(self.path)
            if text is None and not self.host.snapshot:
                raise DeliverabilityError(f"{self.path} cannot be read")
            self._conf = Conf(text or "", self.host)
        return self._conf

    def about(self) -> dict:
        """Return ``{name, version, config_dir}``; smtpd tells its version only beside its usage, on the error channel."""
        printed = self.host.output("smtpd-h.txt", ["sh", "-c", "smtpd -h 2>&1; true"], optional=True) or ""
        version = re.search(r"OpenSMTPD (\S+)", printed)
        return {"name": self.name, "version": version.group(1) if version else None, "config_dir": os.path.dirname(self.path)}

    def identity(self) -> Identity:
        """Return the identity that the actions give."""
        return self.conf.identity()

    def queue(self) -> Iterator[QueueEntry]:
        """Yield what waits; only root may ask."""
        for entry in self.parse_queue(self.host.output("smtpctl-show-queue.txt", ["smtpctl", "show", "queue"]), None):
            known = self.reader.reasons.get((entry.queue_id, entry.recipient)) if entry.masked and self.reader else None
            yield entry._replace(**known) if known else entry

    @classmethod
    def parse_queue(cls, text: str, clock) -> Iterator[QueueEntry]:
        """Yield the entries of ``smtpctl show queue``: fourteen fields between bars, the last of which may hold bars."""
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            fields = line.split("|", 13)
            if len(fields) != 14 or not _ENVELOPE_ID.match(fields[0]):
                raise DeliverabilityError(f"line {number} of the queue listing is not what smtpctl show queue prints: {line[:80]!r}")
            envelope, _family, kind, flags, sender, recipient, destination, created = fields[:8]
            error = fields[13].strip('"') if kind == "mda" else fields[13]
            text, stage = read_error(error)
            state = "suspended" if "suspend" in flags.split(",") else fields[11]
            arrival = int(created) if created.isdigit() else None
            yield QueueEntry(envelope[:8], state, arrival, 0, _null(sender), destination or recipient, text, stage, masked=text in MASKING)

    @classmethod
    def owns_queue(cls, head: str) -> bool:
        """Thirteen bars and an id of sixteen digits."""
        return bool(re.search(r"^[0-9a-f]{16}\|[^|]*\|(?:mta|mda|bounce)\|", head, re.M))

    @classmethod
    def owns_log(cls, head: str) -> bool:
        """Sessions of sixteen digits."""
        return bool(re.search(r"\bsmtpd\[\d+\]: (?:[0-9a-f]{16} (?:smtp|mta|mda) |info: OpenSMTPD )", head))

    def log_reader(self, summary, clock):
        """Return the reader of syslog's lines; it knows which hosts of this machine are smarthosts rather than filters."""
        hosts = self.relay_hosts()
        remote = [host for host in hosts if not _is_own(host)]
        self.reader = OpenSmtpdLog(summary, clock, remote or hosts)
        return self.reader


_ENVELOPE_ID = re.compile(r"^[0-9a-f]{16}$")


def _null(sender: str) -> str:
    return "" if sender == "@" else sender


def _is_own(host: str | None) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")


# The configuration.

_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|(?P<table><[^>]+>)|(?P<brace>[{}])|(?P<word>[^\s{}"#,]+)|(?P<comment>#.*)|,')
_LOCAL_METHODS = ("maildir", "mbox", "mda", "lmtp", "expand-only", "forward-only")
_URL = re.compile(r"^(?:(?P<scheme>[a-z]+(?:\+[a-z-]+)?)://)?(?:(?P<label>[^@/]+)@)?(?P<host>\[[^\]]+\]|[^:/]+)(?::(?P<port>\w+))?$")


def _words(line: str) -> list:
    """Return the words of a line; a table keeps its angles, a quoted word is itself."""
    words = []
    for found in _TOKEN.finditer(line):
        if found.group("comment"):
            break
        word = found.group("quoted") if found.group("quoted") is not None else found.group("table") or found.group("brace") or found.group("word")
        if word is not None:
            words.append(word)
    return words


class Action(NamedTuple):
    """One relay action."""

    name: str
    words: list

    def option(self, name: str) -> Optional[str]:
        """Return the word behind an option, or None."""
        return self.words[self.words.index(name) + 1] if name in self.words[:-1] else None


class Conf:
    """What smtpd.conf says about sending."""

    def __init__(self, text: str, host):
        self.host = host
        self.macros: dict = {}
        self.tables: dict = {}
        self.actions: dict = {}
        self.local_actions: set = set()
        self.rules: list = []
        self.warnings: list = []
        self._read(text, 0)

    def _read(self, text: str, depth: int) -> None:
        for line in text.replace("\\\n", " ").splitlines():
            macro = re.match(r'^\s*(?P<name>\w+)\s*=\s*"?(?P<value>[^"#]*)"?\s*(?:#.*)?$', line)
            if macro:
                self.macros[macro.group("name")] = macro.group("value").strip()
                continue
            words = _words(re.sub(r"\$(\w+)", lambda found: self.macros.get(found.group(1), found.group(0)), line))
            if not words:
                continue
            if words[0] in ("action", "match"):
                words = self._with_named_lists(words)
            if words[0] == "include" and len(words) > 1 and depth < 10:
                included = self.host.file(words[1])
                if included is None:
                    self.warnings.append(f"smtpd.conf includes {words[1]}, which cannot be read")
                self._read(included or "", depth + 1)
            elif words[0] == "table" and len(words) > 2:
                self.tables[words[1]] = words[2:]
            elif words[0] == "action" and len(words) > 2:
                if words[2] == "relay":
                    self.actions[words[1]] = Action(words[1], words[3:])
                elif words[2] in _LOCAL_METHODS:
                    self.local_actions.add(words[1])
            elif words[0] == "match" and "action" in words[:-1]:
                self.rules.append((words[1 : words.index("action")], words[words.index("action") + 1]))

    def _with_named_lists(self, words: list) -> list:
        """Return the words of a rule in which each ``{ a, b }`` became a table of that name."""
        named: list = []
        inside = None
        for word in words:
            if word == "{":
                inside = []
            elif word == "}" and inside is not None:
                name = ", ".join(inside)
                self.tables[name] = ["{", *inside, "}"]
                named.append(f"<{name}>")
                inside = None
            elif inside is not None:
                inside.append(word)
            else:
                named.append(word)
        return named

    def rows(self, reference: str) -> list | None:
        """Return ``[(key, value)]`` of ``<table>`` or of a word alone; None for a table that cannot be read as text."""
        if not reference.startswith("<"):
            return [(reference, "")]
        words = self.tables.get(reference.strip("<>"))
        if words is None:
            return None
        if words[0] == "{":
            items = [word for word in words if word not in ("{", "}")]
            return _pairs(items)
        path = words[0].partition(":")[2] or words[0]
        text = self.host.file(re.sub(r"\.db$", "", path)) if words[0].startswith(("/", "file:", "db:")) else None
        if text is None:
            return None
        lines = [line.partition("#")[0].split(None, 1) for line in text.splitlines()]
        return [(line[0], line[1].strip() if len(line) > 1 else "") for line in lines if line]

    def identity(self) -> Identity:
        """Return the identity; the action of the first rule for any destination comes first."""
        default = next((action for words, action in self.rules if action in self.actions and _scope(words) == "*"), None)
        actions = sorted(self.actions.values(), key=lambda action: action.name != default)
        name = self._own_name()
        return Identity(
            hostname=name or self.host.hostname(),
            sources=[self._source(action, name) for action in actions],
            relays=[relay for action in actions for relay in self._relays(action)],
            domains=self._domains(name),
            warnings=tuple(unique(self.warnings)),
        )

    def _own_name(self) -> str | None:
        for path in MAIL_NAMES:
            text = (self.host.file(path) or "").strip()
            if text:
                return text.splitlines()[0].strip()
        return self.host.hostname()

    def _source(self, action: Action, name: str | None) -> dict:
        """Return one action's source. Addresses of one family only mean that nothing is sent over the other."""
        addresses: dict = {4: None, 6: None}
        reference = action.option("src")
        rows = self.rows(reference) if reference else []
        where = f'action "{action.name}" src'
        if rows is None:
            self.warnings.append(f"{where} {reference} cannot be read here: the source address is not known")
        for text, _value in rows or ():
            address = bound_address(text, self.host, where, self.warnings)
            if address:
                family = to_address(address).version
                addresses[family] = addresses[family] or address
        protocols = [f"ipv{family}" for family in (4, 6) if addresses[family] or not rows]
        if not reference:
            addresses = {family: self.host.default_source(family) for family in (4, 6)}
        helo = action.option("helo") or self._helo_of(action, addresses[4] or addresses[6]) or name
        return {
            "transport": action.name,
            "address4": addresses[4],
            "address6": addresses[6],
            "helo": helo,
            "protocols": protocols,
            "origin": where if reference else "chosen by the kernel",
        }

    def _helo_of(self, action: Action, address: str | None) -> str | None:
        reference = action.option("helo-src")
        names = dict(self.rows(reference) or ()) if reference else {}
        return names.get(address or "")

    def _relays(self, action: Action) -> Iterator[dict]:
        """Yield the next hops of an action, once for each destination that a rule sends there."""
        scopes = unique(_scope(words) for words, name in self.rules if name == action.name) or ["*"]
        if action.option("host"):
            for scope in scopes:
                yield self._relay(scope, action.option("host"), action, f'action "{action.name}" host')
        table = action.option("domain")
        for key, value in self.rows(table) or () if table else ():
            yield self._relay(key, value, action, f'action "{action.name}" domain {table}')

    def _relay(self, scope: str, url: str | None, action: Action, origin: str) -> dict:
        found = _URL.match(url or "")
        scheme, label, host, port = found.group("scheme", "label", "host", "port") if found else (None, None, url, None)
        scheme = scheme or "smtp"
        default = PORTS["smtps"] if scheme == "smtps" else PORTS["smtp"]
        return {
            "scope": scope,
            "host": (host or "").strip("[]").lower(),
            "port": int(port) if port and port.isdigit() else PORTS.get(port or "", default),
            "origin": origin,
            "auth": bool(label and action.option("auth")),
            "tls": _tls_level(scheme, action.words),
        }

    def _domains(self, name: str | None) -> list:
        found = [name or ""]
        for words, action in self.rules:
            if action in self.local_actions and "domain" in words[:-1]:
                found += [key for key, _value in self.rows(words[words.index("domain") + 1]) or ()]
        return declared_domains(found)


def _pairs(items: list) -> list:
    """Return ``[(key, value)]`` of the words of an inline table: ``a``, ``a=b``, or ``a = b``."""
    text = " ".join(items).replace(" = ", "=").replace("= ", "=").replace(" =", "=")
    return [item.partition("=")[::2] for item in text.split()]


def _scope(words: list) -> str:
    """Return what a rule is for: ``*``, or the sender, domain or table that it is limited to."""
    for option in ("mail-from", "domain", "rcpt-to"):
        if option in words[:-1]:
            place = words.index(option)
            return ("not " if words[place - 1] == "!" else "") + words[place + 1]
    return "local" if "local" in words[1:] and words[words.index("local") - 1] == "for" else "*"


def _tls_level(scheme: str, words: list) -> str:
    """Return the TLS level in the words that Postfix uses."""
    if scheme.endswith("+notls") or scheme == "lmtp":
        return "none"
    if scheme in ("smtp+tls", "smtps") or "tls" in words:
        return "encrypt" if "no-verify" in words else "verify"
    return "may"


# The log.

_DELIVERY = re.compile(
    r"^(?P<kind>mta|mda) delivery evpid=(?P<envelope>[0-9a-f]{16}) from=<(?P<sender>[^>]*)> to=<(?P<to>[^>]*)> rcpt=<[^>]*>(?: source=\"(?P<source>[^\"]*)\")?"
    r"(?: relay=\"(?P<relay>[^\"]*)\")?(?: user=\S+)? delay=\S+ result=\"?(?P<result>\w+)\"? stat=\"?(?P<stat>.*?)\"?$"
)
_CONNECTING = re.compile(r"^mta connecting address=\S+?://\[?(?P<address>[0-9a-fA-F.:]+?)\]?:\d+ host=(?P<host>\S+)")
_RELAY = re.compile(r"^\[?(?:IPv6:)?(?P<address>[0-9a-fA-F.:]+)\]? \((?P<host>[^)]*)\)$")
_PEER = re.compile(r"^smtp connected address=(?P<address>\S+)")
_LOGIN = re.compile(r"^smtp authentication user=(?P<login>\S+) .*result=ok")
_SUBMITTED = re.compile(r"^smtp message msgid=(?P<message>[0-9a-f]{8}) size=(?P<size>\d+) nrcpt=(?P<recipients>\d+)")
_ENVELOPE = re.compile(r"^smtp envelope evpid=(?P<envelope>[0-9a-f]{16}) from=<(?P<sender>[^>]*)> to=<(?P<to>[^>]*)>")
_EXPIRED = re.compile(r"\bExpire for (?P<envelope>[0-9a-f]{16}): from=<(?P<sender>[^>]*)>, to=<(?P<to>[^>]*)>")
_WARNING = re.compile(r"^warn: (?!queue: no return path|\w+ injecting failure report)(?P<text>.*)$")


class Failure:
    """One server's failure: a session that ended without a delivery."""

    __slots__ = ("address", "host", "stage", "text", "time", "told")

    def __init__(self, time: int, address: str, host: str | None, text: str, stage: str | None):
        self.time, self.address, self.host, self.text, self.stage = time, address, host, text, stage
        self.told = False  # it became the reason of a delivery, or was reported by itself


class OpenSmtpdLog(LogReader):
    """Reads the lines of smtpd and joins those of a session.

    A server's refusal is told under its session, which names the server but not the destination. When every server of a destination failed, the
    delivery is told under no session, with the destination but without server and reason. ``_failures_of`` says which belong together.
    """

    needles = (b" smtp ", b" mta ", b" mda ", b" Expire for ", b": warn: ")

    def __init__(self, summary, clock, relays=()):
        super().__init__(summary, clock)
        self.relays = set(relays)
        self.peers = Recent(SESSIONS_HELD)  # session -> who submits: a login or an address, empty for this host
        self.sizes = Recent(MESSAGES_HELD)  # message id -> (size, recipients) until its first envelope told the sender
        self.messages = Recent(MESSAGES_HELD)  # message id -> (sender, size)
        self.sessions = Recent(SESSIONS_HELD)  # session -> [address, host, something was delivered, its Failure]
        self.reasons = Recent(MESSAGES_HELD)  # (message id, recipient) -> the last reason, as fields of an Attempt
        self.failures: deque = deque()  # of the last LOOK_BACK seconds
        self.places = Recent(MESSAGES_HELD)  # destination -> addresses of its servers
        self.owners = Recent(MESSAGES_HELD)  # address -> destinations that it serves
        self.waiting: list = []  # (time, destination) of new messages that no connection followed yet

    def line(self, moment: int | None, line: str) -> None:
        """Take one line."""
        cut = split_syslog(line) if moment is not None else None
        if not cut or not cut[0].startswith("smtpd"):
            return
        text = cut[2]
        session, _space, rest = text.partition(" ")
        if not _ENVELOPE_ID.match(session):
            self._without_session(moment, text)
        elif rest.startswith("smtp "):
            self._submission(moment, session, rest)
        elif rest.startswith("mta connecting"):
            self._connecting(moment, session, rest)
        elif rest.startswith("mta error reason="):
            self._error(moment, session, rest[17:])
        else:
            found = _DELIVERY.match(rest)
            if found:
                self._delivery(moment, session, found)

    def _without_session(self, moment: int, text: str) -> None:
        expired, warning = _EXPIRED.search(text), _WARNING.match(text)
        if expired:
            self._expire(moment, expired)
        elif warning:
            self.summary.warn("smtpd: " + warning.group("text"))

    # What comes in.

    def _submission(self, moment: int, session: str, rest: str) -> None:
        peer, login, submitted = _PEER.match(rest), _LOGIN.match(rest), _SUBMITTED.match(rest)
        if peer:
            address = peer.group("address")
            self.peers[session] = "" if address == "local" else address.strip("[]").replace("IPv6:", "")
        elif login:
            self.peers[session] = login.group("login")
        elif submitted:
            self.sizes[submitted.group("message")] = (int(submitted.group("size")), int(submitted.group("recipients")))
        else:
            envelope = _ENVELOPE.match(rest)
            if envelope:
                self._arrival(moment, session, envelope)

    def _arrival(self, moment: int, session: str, envelope) -> None:
        message, sender = envelope.group("envelope")[:8], _null(envelope.group("sender"))
        destination = domain_of(envelope.group("to"))
        self.waiting = [item for item in self.waiting if item[0] >= moment - AT_ONCE and item[1] != destination] + [(moment, destination)]
        counted = self.sizes.pop(message)
        if counted is None:
            return  # a further recipient
        size, recipients = counted
        self.messages[message] = (sender, size)
        peer = self.peers.get(session, "")
        if sender or peer:  # a bounce of our own did not come in
            self.summary.received(moment, peer)
        self.summary.message(moment, sender, recipients)

    # What goes out.

    def _connecting(self, moment: int, session: str, rest: str) -> None:
        found = _CONNECTING.match(rest)
        if not found:
            return
        address, host = found.group("address", "host")
        self.sessions[session] = [address, _named(host), False, None]
        waiting = [destination for time, destination in self.waiting if time >= moment - AT_ONCE]
        self.waiting = []
        if len(waiting) == 1:
            self._learn(waiting[0], address)

    def _learn(self, destination: str, address: str | None) -> None:
        """A server takes mail for a destination."""
        for table, key, value in ((self.places, destination, address), (self.owners, address, destination)):
            known: list = table.get(key) or []
            if value and value not in known and len(known) < 50:
                table[key] = [*known, value]

    def _error(self, moment: int, session: str, words: str) -> None:
        known = self.sessions.get(session)
        if known is None or known[2]:
            return  # what the server did after a delivery is that delivery's consequence
        address, host = known[:2]
        text, stage = read_error(words)
        known[3] = Failure(moment, address, host, text, stage or ("connect" if words.startswith("IO Error: ") else None))
        self.failures.append(known[3])
        while len(self.failures) > FAILURES_HELD or self.failures[0].time < moment - LOOK_BACK:
            self._forget(self.failures.popleft())

    def _delivery(self, moment: int, session: str, found) -> None:
        message, outcome = found.group("envelope")[:8], OUTCOMES.get(found.group("result"))
        if outcome is None:
            return
        recipient = found.group("to")
        sender, size = self.messages.get(message, (_null(found.group("sender")), 0))
        host, address = self._relay(found.group("relay") or "")
        known = self.sessions.get(session)
        if known:
            known[2] = True
            if known[3]:
                known[3].told = True
            self._learn(domain_of(recipient), address)
        source = (found.group("source") or "-").strip("-") or None
        attempt = Attempt(moment, message, outcome, recipient, sender, "", None, host, address, source, size=size)
        if outcome == "sent":
            self._accepted(attempt, found.group("kind") == "mda")
            return
        text, stage = read_error(found.group("stat"))
        attempt = attempt._replace(text=text, stage=stage, masked=text in MASKING)
        if attempt.masked:
            attempt = self._explain(attempt, found.group("relay") or "")
        self.reasons[message, recipient] = {name: getattr(attempt, name) for name in ("text", "stage", "relay_host", "relay_address", "masked")}
        self.summary.attempt(attempt)

    def _relay(self, text: str) -> tuple:
        """Return ``(host, address)`` of ``192.0.2.1 (mx.example.net)``; of a delivery without a session neither is known."""
        found = _RELAY.match(text)
        return (_named(found.group("host")), found.group("address")) if found else (None, None)

    def _accepted(self, attempt: Attempt, local: bool) -> None:
        if _is_own(attempt.relay_address) and attempt.relay_host not in self.relays and attempt.relay_address not in self.relays:
            self.summary.counts["filtered"] += 1
            return
        if self.failures and not local:
            # Other servers of this destination failed before one took the message.
            destination = domain_of(attempt.recipient)
            for failure in self._failures_of(destination, attempt.time):
                if failure.address != attempt.relay_address and not failure.told:
                    self._report(failure, destination, attempt)
        self.summary.attempt(attempt._replace(local=local))

    def _failures_of(self, destination: str, moment: int) -> list:
        """Return the recent failures of a destination's servers: those known to be its own, by address or by name, else the only one there was."""
        recent = [failure for failure in self.failures if failure.time >= moment - LOOK_BACK]
        known = self.places.get(destination) or ()
        own = [failure for failure in recent if failure.address in known or _related(failure.host, destination)]
        if own:
            return own
        left = [failure for failure in recent if not any(owner != destination for owner in self.owners.get(failure.address) or ())]
        return left if len({failure.address for failure in left}) == 1 and not known else []

    def _explain(self, attempt: Attempt, relay: str) -> Attempt:
        """Return a delivery with the reason that its servers gave, or as it is, still masked."""
        failures = self._failures_of(domain_of(attempt.recipient), attempt.time)
        if not failures and relay and relay != domain_of(attempt.recipient):
            failures = self._failures_of(relay.lower(), attempt.time)  # a smarthost
        if not failures:
            return attempt
        for failure in failures:
            failure.told = True
        last = failures[-1]
        return attempt._replace(text=last.text, stage=last.stage, relay_host=last.host, relay_address=last.address, masked=False)

    def _expire(self, moment: int, found) -> None:
        message, recipient = found.group("envelope")[:8], found.group("to")
        sender, size = self.messages.get(message, (_null(found.group("sender")), 0))
        reason = self.reasons.get((message, recipient)) or {"text": "Envelope expired", "masked": True}
        self.summary.attempt(Attempt(time=moment, queue_id=message, outcome="expired", recipient=recipient, sender=sender, size=size, **reason))

    def _report(self, failure: Failure, destination: str, attempt: Attempt | None) -> None:
        failure.told = True
        queue_id, sender = (attempt.queue_id, attempt.sender) if attempt else ("", None)
        self.summary.attempt(
            Attempt(
                failure.time, queue_id, "deferred", "", sender, failure.text, failure.stage, failure.host, failure.address,
                destination=destination, host_level=True,
            )
        )  # fmt: skip

    def warm(self, block: bytes) -> None:
        """Learn who sends the messages that are under way, and which servers failed."""
        self.learn(block)
        for failure in self.failures:  # they were reported
            failure.told = True

    def _forget(self, failure: Failure) -> None:
        """Report a failure that became no delivery's reason; whose server it was is told where it is known."""
        if not failure.told:
            owners = self.owners.get(failure.address) or ()
            self._report(failure, owners[0] if len(owners) == 1 else "", None)

    def close(self) -> None:
        """Report the failures that became no delivery's reason."""
        while self.failures:
            self._forget(self.failures.popleft())


def _named(host: str | None) -> str | None:
    return host.lower().rstrip(".") if host and to_address(host) is None and host != "<unknown>" else None


def _related(host: str | None, destination: str) -> bool:
    """Tell whether a server's name belongs to a destination: the same name, one below it, or one of the same organisation."""
    if not host or not destination:
        return False
    return host == destination or host.endswith("." + destination) or _organisation(host) == _organisation(destination)


def _organisation(name: str) -> list:
    """Return the labels that an organisation registers, as far as they can be told without a list: example.net, example.co.uk."""
    labels = name.split(".")
    return labels[-3:] if len(labels[-1]) == 2 and len(labels[-2:][0]) <= 3 else labels[-2:]
