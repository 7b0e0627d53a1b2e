# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Microsoft Exchange 2007 to SE, from a folder of exports: no Python runs there.

Queues, messages and connectors are what the Exchange Management Shell exported (``ConvertTo-Json``, ``Export-Csv`` or ``Format-List``), the log is
the server's own message tracking, connectivity and SMTP send protocol logs. Source: Microsoft's documentation of these cmdlets and logs.
"""

from __future__ import annotations

import csv
import fnmatch
import json
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
    decode,
    domain_of,
    split_host_port,
    to_address,
    unique,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import LATEST, Clock

EXTENSIONS = ("json", "csv", "txt")
MESSAGES_HELD = 30000
SESSIONS_HELD = 10000
DAYS_HELD = 1000
# A quoted field that goes on over more bytes than this is a line that was cut off.
FIELD_MAX = 1 << 20
# No count, size or time has more.
DIGITS = 18


# Exports of the shell.


def read_records(text: str, what: str) -> list:
    """Return an export as dictionaries with lower-case keys; takes JSON, CSV and Format-List. ``what`` names it in errors."""
    text = text.lstrip("\ufeff \t\r\n").rstrip()
    if not text:
        return []
    if text.startswith("<"):
        raise DeliverabilityError(f"{what} is XML (Export-Clixml); export it with ConvertTo-Json or Export-Csv")
    if text[0] in "[{":
        records = _json_records(text, what)
    elif _LIST_ITEM.match(text):
        records = _list_records(text)
    else:
        records = _csv_records(text)
    return [{str(key).strip().lower(): value for key, value in record.items() if key} for record in records]


def _json_records(text: str, what: str) -> list:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DeliverabilityError(f"{what} is not whole JSON: {error}") from error
    except RecursionError as error:
        raise DeliverabilityError(f"{what} is nested too deeply to be what ConvertTo-Json wrote") from error
    if isinstance(found, dict):
        # One object is not put into a list by ConvertTo-Json, and several are put into "value" by some versions of the shell.
        found = found["value"] if isinstance(found.get("value"), list) else [found]
    return [record for record in found if isinstance(record, dict)]


def _csv_records(text: str) -> list:
    lines = text.splitlines()
    if lines[0].startswith("#TYPE"):
        del lines[0]
    if not lines:
        return []
    rows = _rows(lines, delimiter_of(lines[0]))
    names = next(rows, [])
    return [dict(zip(names, row)) for row in rows if row]


def _rows(lines, delimiter: str) -> Iterator[list]:
    """Yield the rows of CSV lines; what the reader refuses (a NUL, a field without end) ends them."""
    try:
        yield from csv.reader(lines, delimiter=delimiter)
    except csv.Error:
        return


def delimiter_of(header: str) -> str:
    """Return what separates the columns: a comma, or what the culture has in its place (``Export-Csv -UseCulture``)."""
    return max(",;\t", key=header.count)


_LIST_ITEM = re.compile(r"^(?P<name>[A-Za-z]\w*)[ \t]*: ?(?P<value>.*)")


def _list_records(text: str) -> list:
    """Read ``Format-List``: ``Name : value``, records parted by a name that comes again, long values going on in the next line."""
    records: list = [{}]
    name, margin = "", 0
    lines = text.splitlines()
    full = _full_width(lines)
    for before, line in zip(["", *lines], lines):
        found = _LIST_ITEM.match(line)
        if found:
            name, margin = found.group("name"), found.start("value")
            if name in records[-1]:
                records.append({})
            records[-1][name] = found.group("value")
        elif _goes_on(line) and name:
            records[-1][name] += line[margin:] if len(before) == full else " " + line.strip()
    return [record for record in records if record]


def _goes_on(line: str) -> bool:
    return bool(line.strip()) and line[:1].isspace()


def _full_width(lines: list) -> int:
    """Return the width at which the shell cut lines within words; 0 where it broke them between words, as newer ones do."""
    lengths = [len(line) for line, following in zip(lines, lines[1:]) if _goes_on(following)]
    widest = max(lengths, default=0)
    cut = lengths.count(widest) * 2 > len(lengths) and (len(lengths) > 1 or widest % 40 == 39)
    return widest if cut else 0


def plain(value) -> str:
    """Return a property as text: enumerations and dates arrive from some shells as ``{"value": 3, "Value": "Retry"}``, empty ones as null."""
    if isinstance(value, dict):
        for key in ("Value", "DateTime", "value", "Name", "Address"):
            if isinstance(value.get(key), str):
                return plain(value[key])
        return plain(value.get("value"))
    if isinstance(value, list):
        return ",".join(plain(item) for item in value)
    return "" if value is None else str(value).strip()


def number(value) -> int:
    """Return a count; 0 for what is none."""
    text = plain(value)
    return int(text) if text.isdecimal() and len(text) <= DIGITS else 0


_BYTES = re.compile(r"\((?P<bytes>[\d.,'\u2019\s]+)\D*\)")


def size_of(value) -> int:
    """Return bytes of ``12.34 KB (12,637 bytes)``, in any language, or of a plain number."""
    text = plain(value)
    found = _BYTES.search(text)
    digits = re.sub(r"\D", "", found.group("bytes")) if found else text
    return int(digits) if digits.isdecimal() and len(digits) <= DIGITS else 0


# Dates, as the culture of whoever exported them writes them.

_MILLISECONDS = re.compile(r"/?Date\((?P<milliseconds>-?\d{1,18})(?:[+-]\d{4})?\)")
_LOCAL = re.compile(
    r"^(?P<a>\d{1,4})(?P<separator>[./-]) ?(?P<b>\d{1,2})(?P=separator) ?(?P<c>\d{1,4})\.?,?\s+(?P<before>[^\d\s][^\d]*)?"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?(?:[.,]\d+)?\s*(?P<after>\D*)$"
)
AFTERNOON = frozenset(("pm", "下午", "午後", "오후", "μμ", "ch", "م", "بظ", "odpoledne", "odp", "em", "nm", "du", "md", "eh"))
FORENOON = frozenset(("am", "上午", "午前", "오전", "πμ", "sa", "ص", "قظ", "dopoledne", "dop", "fm", "vm", "de", "pd", "fh"))
# Years of the Thai calendar, which Thai exports show.
BUDDHIST = 543
# Day, month and year: where each stands.
ORDERS = {"dmy": (0, 1, 2), "mdy": (1, 0, 2), "ymd": (2, 1, 0)}


class Dates:
    """Reads the dates of one export, whose culture is not told: the order of day and month is what fits all of them and ends nearest before now."""

    def __init__(self, values, clock):
        self.clock = clock
        self.order = self._order([found for found in (_LOCAL.match(plain(value)) for value in values) if found])

    def _order(self, found: list) -> str:
        best, best_age = "dmy", None
        for order in self._likely(found):
            moments = [self._moment(item, order) for item in found]
            if None in moments or max(moments) > self.clock.now + 86400:
                continue
            age = self.clock.now - max(moments)
            if best_age is None or age < best_age:
                best, best_age = order, age
        return best

    @staticmethod
    def _likely(found: list) -> list:
        """Return the orders that the shape of the dates allows, the most usual for it first."""
        if not found:
            return []
        first = found[0]
        if len(first.group("a")) == 4:
            return ["ymd"]
        twelve_hours = bool((first.group("before") or "").strip() or first.group("after").strip())
        orders = ["mdy", "dmy"] if first.group("separator") == "/" and twelve_hours else ["dmy", "mdy"]
        return orders if len(first.group("c")) == 4 else [*orders, "ymd"]

    def epoch(self, value) -> int | None:
        """Return a date as epoch seconds; None where it is none."""
        text = value.get("value") if isinstance(value, dict) and isinstance(value.get("value"), str) else plain(value)
        milliseconds = _MILLISECONDS.search(text)
        if milliseconds:
            moment = int(milliseconds.group("milliseconds")) // 1000
            return moment if 0 <= moment < LATEST else None
        found = _LOCAL.match(text)
        return self._moment(found, self.order) if found else self.clock.epoch(text.encode("utf-8", "replace"))

    def _moment(self, found, order: str) -> int | None:
        if len(found.group("a")) == 4:
            order = "ymd"
        parts = [int(part) for part in found.group("a", "b", "c")]
        day, month, year = (parts[place] for place in ORDERS[order])
        hour = int(found.group("hour"))
        half = re.sub(r"[\s.]", "", (found.group("before") or "") + found.group("after")).lower()
        if half in AFTERNOON and hour < 12:
            hour += 12
        elif half in FORENOON and hour == 12:
            hour = 0
        year += 2000 if year < 100 else -BUDDHIST if year > 2400 else 0
        stamp = f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{int(found.group('minute')):02d}:{int(found.group('second') or 0):02d}"
        return self.clock.epoch(stamp.encode())


# Reasons.


class Reason(NamedTuple):
    """Why something waits or failed."""

    text: str
    stage: Optional[str] = None
    host: Optional[str] = None
    address: Optional[str] = None
    dsn: Optional[str] = None


_PART = re.compile(r"\{(?P<key>[A-Z]+)=(?P<value>.*?)\}(?=;\s*\{[A-Z]+=|\s*\]|\s*$)", re.S)
_ENDPOINT = re.compile(r"The last endpoint attempted was (?P<address>\[?[0-9A-Fa-f:.]+\]?):\d+")
_BREAKS = re.compile(r"(?:\\r\\n|\\r|\\n|\s)+")
_STATUS = re.compile(r"^'?\[?\{?(?:LED=)?[245]\d\d[ -]#?(?P<status>[245]\.\d{1,3}\.\d{1,3})\b")
# Exchange's own words for a connection that did not come about, in place of the server's.
_NO_CONNECTION = re.compile(r"Winsock error code|Failed to connect|421 4\.2\.1 Unable to connect|421 4\.4\.1 Connection timed out|DNS query failed", re.I)
# In place of the reason: the message waited too long, or waits since a while.
MASKING = re.compile(r"^'?(?:[45]\d\d )?4\.4\.7 (?:QUEUE\.Expired|(?:The server responded with: )?Message delayed|Message delayed)", re.I)


def read_error(text: str) -> Reason:
    """Read LastError or a recipient's status: plain (2007, 2010), ``[{LRT=};{LED=};{FQDN=};{IP=}]`` (2013), ``[{LED=};{MSG=};{FQDN=};{IP=};{LRT=}]``."""
    text = _BREAKS.sub(" ", text).strip()
    parts = {found.group("key"): found.group("value").strip() for found in _PART.finditer(text)} if "LED=" in text else {}
    if parts:
        text = parts.get("LED", "")
        if parts.get("MSG") and parts["MSG"] not in text:
            text = f"{text} {parts['MSG']}"
    text = text.strip("'").strip()
    host, address = parts.get("FQDN", "").lower().strip("[]") or None, parts.get("IP") or None
    if "Proxy session setup failed on Frontend" in text:
        host = address = None  # of our own front end
    endpoint = _ENDPOINT.search(text)
    if endpoint:
        address = endpoint.group("address").strip("[]")
    status = _STATUS.match(text)
    if MASKING.match(text):
        text = re.sub(r"^[45]\d\d ", "", text)  # without its code, which no server said
    return Reason(text, "connect" if _NO_CONNECTION.search(text) else None, host, address, status.group("status") if status else None)


# Queues.

# What some shells export in place of a delivery type's name.
DELIVERY_TYPES = (
    "Undefined DnsConnectorDelivery MapiDelivery NonSmtpGatewayDelivery SmartHostConnectorDelivery SmtpRelayToRemoteAdSite SmtpRelayToTiRg "
    "SmtpRelayWithinAdSite SmtpRelayWithinAdSiteToEdge Unreachable ShadowRedundancy Heartbeat DeliveryAgent SmtpDeliveryToMailbox"
).split()
# Copies and passages: nothing in them waits for anybody.
PASSING = ("submission", "shadowredundancy", "heartbeat")


class Queue:
    """One queue of Get-Queue."""

    def __init__(self, record: dict):
        self.name = plain(record.get("identity") or record.get("queueidentity"))
        kind = plain(record.get("deliverytype"))
        self.kind = DELIVERY_TYPES[number(kind)] if kind.isdecimal() and number(kind) < len(DELIVERY_TYPES) else kind
        self.next_hop = plain(record.get("nexthopdomain")).lower().strip("[]")
        status = plain(record.get("status")).lower()
        short = self.name.lower().rpartition("\\")[2]
        self.state = short if short in ("unreachable", "poison") else status if status.isalpha() else "queue"
        self.count = number(record.get("messagecount"))
        self.reason = read_error(plain(record.get("lasterror")))

    def is_passing(self) -> bool:
        """Tell whether what is in the queue waits for nobody outside: copies kept for other servers, and messages on their way to a queue."""
        name = self.name.lower()
        return self.kind.lower() in PASSING or name.endswith("\\submission") or "\\shadow\\" in name or self.next_hop in PASSING

    def entry(self, message: dict, recipient: str, error: str, arrival: int | None, count: int = 1) -> QueueEntry:
        """Return the entry for a recipient of a message, or for ``count`` messages of which nothing else is known."""
        reason = read_error(error)
        if self.reason.text and (not reason.text or MASKING.match(reason.text)):
            reason = self.reason
        smart_host = self.next_hop if self.kind == "SmartHostConnectorDelivery" else ""
        sender = plain(message.get("fromaddress")).lower()
        return QueueEntry(
            plain(message.get("identity")).rpartition("\\")[2],  # the number that the logs know it by
            self.state,
            arrival,
            size_of(message.get("size")),
            "" if sender == "<>" else sender,
            recipient,
            reason.text,
            reason.stage,
            reason.host or smart_host.partition(",")[0] or None,
            reason.address,
            masked=bool(MASKING.match(reason.text)) or (self.state == "retry" and not reason.text),
            destination="" if recipient or self.state in ("unreachable", "poison") else self.next_hop,
            dsn=reason.dsn,
            count=count,
        )


_ADDRESS = re.compile(r"[^\s;,|{}<>\"'\[\]]+@[^\s;,|{}<>\"'\[\]]+")
_WITH_STATUS = re.compile(r"^\s*(?P<address>[^;\s]+@[^;\s]+);\d+;")


def recipients_of(value) -> list:
    """Return ``[(address, error)]`` of Get-Message's Recipients (``-IncludeRecipientInfo``) in the forms in which it is exported."""
    found = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            found.append((plain(item.get("Address")).lower(), plain(item.get("LastError"))))
            continue
        text = plain(item)
        one = _WITH_STATUS.match(text)
        if one:
            error = re.search(r"\[\{.*\}\]|(?<=;)[245]\d\d .*?(?=;\d+;|$)", text)
            found.append((one.group("address").lower(), error.group() if error else ""))
        else:
            found += [(address.lower(), "") for address in _ADDRESS.findall(text)]
    return [pair for pair in found if "@" in pair[0]]


def queue_entries(queues: list, messages: list, clock) -> Iterator[QueueEntry]:
    """Yield what waits: recipients of the messages that were exported, and sums for the messages of a queue that were not."""
    known = {queue.name.lower(): queue for queue in map(Queue, queues)}
    dates = Dates([message.get("datereceived") for message in messages], clock)
    seen: dict = {}
    for message in messages:
        name = plain(message.get("queue")) or plain(message.get("identity")).rpartition("\\")[0]
        queue = known.get(name.lower()) or Queue({"identity": name, "status": message.get("status"), "deliverytype": "", "nexthopdomain": ""})
        if queue.is_passing():
            continue
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        arrival = dates.epoch(message.get("datereceived"))
        error = plain(message.get("lasterror"))
        for recipient, own_error in recipients_of(message.get("recipients")) or [("", "")]:
            yield queue.entry(message, recipient, own_error or error, arrival)
    for name, queue in known.items():
        count = queue.count - seen.get(name, 0)
        if count > 0 and not queue.is_passing():
            yield queue.entry({}, "", "", None, count)


# The system.

_QUEUES_OWN = re.compile(r"\bNextHopDomain\b")
_MESSAGES_OWN = re.compile(r"\b(?:Queue|InternetMessageId|DeferReason|DateReceived)\b")


class Exchange(MailSystem):
    """Exchange by what its shell exported and the logs that were copied."""

    name = "exchange"
    snapshot_marks = (*tuple(f"Get-{noun}.{extension}" for noun in ("Queue", "Message", "SendConnector") for extension in EXTENSIONS), "MSGTRK*.LOG")
    # In this order: what one log tells of a session or message, the later ones need not tell again.
    snapshot_logs = ("MSGTRK*.LOG", "Get-MessageTrackingLog*.csv", "CONNECTLOG*.LOG", "SEND*.LOG")
    log_paths = ()
    log_header = b"#"

    def records(self, noun: str) -> list:
        """Return what ``Get-NOUN`` gave; an empty list where it was not exported."""
        if not self.host.snapshot:
            raise DeliverabilityError("mta: exchange is read from a folder of exports; set snapshot")
        for extension in EXTENSIONS:
            name = f"Get-{noun}.{extension}"
            text = self.host.output(name, [f"Get-{noun}"], optional=True)
            if text is not None:
                return read_records(text, f"snapshot file {name}")
        return []

    def about(self) -> dict:
        """Return ``{name, version, config_dir}``."""
        shown = plain(self._server().get("admindisplayversion"))
        version = re.search(r"(\d+)\.(\d+) \(Build (\d+)\.(\d+)\)", shown)
        return {"name": self.name, "version": ".".join(version.groups()) if version else None, "config_dir": None}

    def _server(self) -> dict:
        """Return the record of this server in Get-ExchangeServer."""
        servers = self.records("ExchangeServer")
        name = (self.host.hostname() or "").lower()
        for server in servers:
            if name in (plain(server.get("fqdn")).lower(), plain(server.get("name")).lower()):
                return server
        return servers[0] if len(servers) == 1 else {}

    # The queue.

    def queue(self) -> Iterator[QueueEntry]:
        """Yield what waits by Get-Queue and Get-Message; one of them is enough."""
        queues, messages = self.records("Queue"), self.records("Message")
        if not queues and not messages and not any(fnmatch.filter(self.host.names, f"Get-{noun}.*") for noun in ("Queue", "Message")):
            self.host.output("Get-Queue.json", ["Get-Queue"])  # says what is missing
        return queue_entries(queues, messages, Clock(self.host.now, self.host.zone))

    @classmethod
    def parse_queue(cls, text: str, clock) -> Iterator[QueueEntry]:
        """Yield the entries of an export of Get-Queue or Get-Message."""
        records = read_records(text, "the queue listing")
        queues, messages = [], []
        for record in records:
            (messages if "fromaddress" in record or "internetmessageid" in record else queues).append(record)
        return queue_entries(queues, messages, clock)

    @classmethod
    def owns_queue(cls, head: str) -> bool:
        """The properties have names of their own."""
        return bool(_QUEUES_OWN.search(head) or (_MESSAGES_OWN.search(head) and "FromAddress" in head))

    # The log.

    @classmethod
    def owns_log(cls, head: str) -> bool:
        """The logs name themselves; an export of the tracking log has its columns."""
        if re.search(r"^#Log-[Tt]ype: (?:Message Tracking|SMTP Send Protocol|Transport Connectivity) Log", head, re.M):
            return True
        return bool(re.match(r"\W*(?:#TYPE.*\n)?.*\bTimestamp\b.*\bEventId\b", head))

    def log_reader(self, summary, clock):
        """Return the reader."""
        return ExchangeLog(summary, clock)

    # Who the host is when it sends.

    def identity(self) -> Identity:
        """Return the identity that the Send connectors give, with the addresses that the protocol log saw them use."""
        server = self._server()
        name = (plain(server.get("fqdn")) or self.host.hostname() or "").lower() or None
        domains = [plain(domain.get("domainname")) for domain in self.records("AcceptedDomain")]
        return identity_of(self.host, name, plain(server.get("serverrole")), self.records("SendConnector"), domains, self._seen())

    def _seen(self) -> dict:
        """Return ``{(connector, IP version): address}`` from the newest protocol log: what really left."""
        seen: dict = {}
        for name in sorted(fnmatch.filter(self.host.names, "SEND*.LOG"))[-1:]:
            lines = self.host.output(name, []).splitlines()
            columns = next((line[9:].split(",") for line in lines if line.startswith("#Fields: ")), [])
            for row in _rows((line for line in lines if line[:1].isdigit()), ","):
                event = dict(zip(columns, row))
                address = to_address(_endpoint(event.get("local-endpoint", "")))
                if address is not None:
                    seen[event.get("connector-id", "").lower(), address.version] = str(address)
        return seen


TLS_LEVELS = {"encryptiononly": "encrypt", "certificatevalidation": "verify", "domainvalidation": "verify"}


def truth(value) -> bool:
    """Return a boolean property, which CSV has as a word."""
    return plain(value).lower() == "true"


def identity_of(host, name: str | None, role: str, connectors: list, domains: list, seen: dict) -> Identity:
    """Return the identity that Send connectors (records of Get-SendConnector) give to a server; ``seen`` has the addresses that they used."""
    warnings: list = []
    short = (name or "").partition(".")[0]
    enabled = [record for record in connectors if plain(record.get("enabled")).lower() != "false"]
    own = [record for record in enabled if short in _words(record.get("sourcetransportservers")) or not _words(record.get("sourcetransportservers"))]
    sources, relays = [], []
    for record in sorted(own or enabled, key=_precedence):
        sources.append(_source(host, name, role, record, seen, warnings))
        relays += _relays(record)
    if not connectors:
        warnings.append("no export of Get-SendConnector: the addresses and the HELO name of this server are its own")
        sources.append(_defaults(host, "smtp", name, "default"))
    return Identity(name, sources, relays, unique(domain.lower() for domain in domains), tuple(warnings))


def _words(value) -> list:
    """Return the items of a multi-valued property in lower case, in the forms in which it is exported: list, ``{a, b}``, ``a,b``; distinguished names cut."""
    text = plain(value).strip("{}").lower()
    return [
        re.sub(r"^cn=", "", part).strip(" []")
        for part in re.split(r"[,|\s]+", text)
        if part and not re.match(r"(?:ou|dc)=|cn=(?:servers|microsoft|services)", part)
    ]


def _spaces(record: dict) -> list:
    """Return ``[(domain, cost)]`` of the address spaces ``SMTP:*;1``."""
    return [
        (domain, int(cost or 1)) for domain, cost in re.findall(r"(?:smtp:)?([*\w.-]+)(?:;(\d{1,9}))?", plain(record.get("addressspaces")).strip("{}").lower())
    ]


def _precedence(record: dict) -> tuple:
    costs = [cost for domain, cost in _spaces(record) if domain == "*"]
    return (not costs, min(costs, default=0))


def _defaults(host, transport: str, helo: str | None, origin: str) -> dict:
    return {
        "transport": transport,
        "address4": host.default_source(4),
        "address6": host.default_source(6),
        "helo": helo or "",
        "protocols": ["ipv4", "ipv6"],
        "origin": origin,
    }


def _source(host, name: str | None, role: str, record: dict, seen: dict, warnings: list) -> dict:
    connector = plain(record.get("name")) or plain(record.get("identity"))
    source = _defaults(host, connector, plain(record.get("fqdn")).lower() or name, f"Send connector {connector}")
    bound = to_address(plain(record.get("sourceipaddress")))
    if bound is not None and not bound.is_unspecified:
        if "edge" in role.lower():
            source.update({f"address{bound.version}": str(bound), "origin": f"Send connector {connector} SourceIPAddress"})
            source[f"address{10 - bound.version}"] = None
            source["protocols"] = [f"ipv{bound.version}"]
        else:
            warnings.append(f"Send connector {connector}: SourceIPAddress {bound} is heeded by Edge Transport servers only")
    if truth(record.get("frontendproxyenabled")):
        seen = {}  # only its way to the front end
        warnings.append(f"Send connector {connector}: FrontendProxyEnabled; mail leaves from the address of the server whose front end takes it")
    for version in (4, 6):
        if (connector.lower(), version) in seen:
            source.update({f"address{version}": seen[connector.lower(), version], "origin": f"protocol log of Send connector {connector}"})
    return source


def _relays(record: dict) -> Iterator[dict]:
    connector = plain(record.get("name")) or plain(record.get("identity"))
    level = TLS_LEVELS.get(plain(record.get("tlsauthlevel")).lower()) or ("encrypt" if truth(record.get("requiretls")) else "may")
    if truth(record.get("ignorestarttls")):
        level = "none"
    for scope, _cost in _spaces(record) or [("*", 1)]:
        for smart_host in _words(record.get("smarthosts")):
            yield {
                "scope": scope,
                "host": split_host_port(smart_host)[0],
                "port": number(record.get("port")) or 25,
                "origin": f"Send connector {connector} SmartHosts",
                "auth": plain(record.get("smarthostauthmechanism")).lower() not in ("", "none", "0"),
                "tls": level,
            }


# The log.

TRACKING, SENDING, CONNECTING = "tracking", "sending", "connecting"
LOG_TYPES = {"message tracking log": TRACKING, "smtp send protocol log": SENDING, "transport connectivity log": CONNECTING}
# The shell's names for the columns of the tracking log.
COLUMNS = {
    "timestamp": "date-time", "clientip": "client-ip", "clienthostname": "client-hostname", "serverip": "server-ip", "serverhostname": "server-hostname",
    "sourcecontext": "source-context", "connectorid": "connector-id", "eventid": "event-id", "internalmessageid": "internal-message-id",
    "recipients": "recipient-address", "recipientstatus": "recipient-status", "totalbytes": "total-bytes", "recipientcount": "recipient-count",
    "sender": "sender-address", "returnpath": "return-path",
}  # fmt: skip
EVENTS = frozenset(("RECEIVE", "SEND", "SENDEXTERNAL", "DELIVER", "FAIL", "DEFER"))
_EVENT = re.compile(rb"\b(?:RECEIVE|SEND|SENDEXTERNAL|DELIVER|FAIL|DEFER)\b")
# What Exchange's own monitoring sends to itself.
_PROBE = re.compile(r"^(?:healthmailbox|inboundproxy@|maildeliveryprobe@|extest_)", re.I)
_INTERNAL_CONNECTOR = re.compile(r"^(?:intra-organization|mailbox |inbound proxy|internal |client proxy)", re.I)
_NEXT_STATUS = re.compile(r";(?=\s*(?:\[\{|'?[245]\d\d[ -]))")
_ANEW = re.compile(rb"\W{0,3}#|\d{4}-\d\d-\d\dT\d\d:")


class ExchangeLog(LogReader):
    """Reads tracking, connectivity and send protocol logs, each with the columns that its header names."""

    def __init__(self, summary, clock):
        super().__init__(summary, clock)
        self.kind: str | None = None
        self.columns: list = []
        self.delimiter = ","
        self.half = b""
        self.dates: Dates | None = None
        self.tracked = False
        self.counted = Recent(MESSAGES_HELD)  # messages that were counted with their sender
        self.sent = Recent(MESSAGES_HELD)  # (message, recipient) that were accepted
        self.told = Recent(MESSAGES_HELD)  # (message, recipient) whose failure the tracking log told
        self.sessions = Recent(SESSIONS_HELD)  # session -> Session
        self.names = Recent(SESSIONS_HELD)  # address -> name of a server
        self.exported: list = []  # events of an export, block by block
        self.days: dict = {}  # day as written -> one date of it

    def feed(self, block: bytes) -> None:
        """Take a block of whole lines; a quoted field may go on over several of them."""
        for raw in block.split(b"\n"):
            raw = raw.rstrip(b"\r")
            if self.half:
                # A line that begins anew tells that the one before was cut off.
                raw, self.half = raw if _ANEW.match(raw) else self.half + b" " + raw, b""
            if not raw:
                continue
            if raw.lstrip(b"\xef\xbb\xbf\xff\xfe")[:1] == b"#":
                self._header(decode(raw).lstrip("\ufeffÿþ"))
            elif raw.count(b'"') % 2 and len(raw) < FIELD_MAX:
                self.half = raw
            elif self.kind is None or self.dates is not None:
                self._exported(raw)
            elif self.kind != TRACKING or _EVENT.search(raw):
                self._row(self.clock.epoch(raw), decode(raw))
        if self.exported:
            self._flush_exported()

    def warm(self, block: bytes) -> None:
        """Take lines that an earlier run has counted: sessions and messages under way."""
        self.learn(block)
        self.half = b""
        for sessions in (self.sessions.old, self.sessions.young):
            for session in sessions.values():
                session.gave_up = None

    def _header(self, line: str) -> None:
        """``#Log-type: Message Tracking Log`` and ``#Fields: date-time,...``."""
        name, _colon, value = line[1:].partition(":")
        if name.lower() == "log-type":
            self.kind, self.dates = LOG_TYPES.get(value.strip().lower(), ""), None
            self.tracked = self.tracked or self.kind == TRACKING
        elif name.lower() == "fields":
            self.columns, self.delimiter = [column.strip().lower() for column in value.split(",")], ","

    def _exported(self, raw: bytes) -> None:
        """A line of ``Get-MessageTrackingLog | Export-Csv``: the first names the columns; the others wait until the dates of the block are known."""
        line = decode(raw).lstrip("\ufeff")
        row = next(_rows([line], delimiter_of(line) if self.dates is None else self.delimiter), [])
        names = [name.strip().lower() for name in row]
        if "timestamp" in names and "eventid" in names:
            self.columns, self.delimiter, self.kind, self.tracked = [COLUMNS.get(name, name) for name in names], delimiter_of(line), TRACKING, True
            self.dates = Dates([], self.clock)
        elif self.dates is not None:
            event = dict(zip(self.columns, row))
            self.exported.append(event)
            if len(self.days) < DAYS_HELD:
                self.days[event.get("date-time", "").partition(" ")[0]] = event.get("date-time", "")

    def _flush_exported(self) -> None:
        """Report the exported events, now that the order of day and month can be told from all days seen."""
        events, self.exported = self.exported, []
        self.dates = Dates(self.days.values(), self.clock)
        for event in events:
            moment = self.dates.epoch(event.get("date-time"))
            if moment is not None:
                self.first = moment if self.first is None else min(self.first, moment)
                self.last = moment if self.last is None else max(self.last, moment)
            self._tracking(moment, event)

    def _row(self, moment: int | None, line: str) -> None:
        row = next(_rows([line], self.delimiter), [])
        if moment is None or len(row) < 4:
            return
        event = dict(zip(self.columns, row))
        if self.kind == TRACKING:
            self._tracking(moment, event)
        elif self.kind == SENDING:
            self._sending(moment, event)
        elif self.kind == CONNECTING:
            self._connecting(moment, event)

    # Message tracking.

    def _tracking(self, moment: int | None, event: dict) -> None:
        what, sender = event.get("event-id", "").upper(), _address(event.get("return-path") or event.get("sender-address", ""))
        recipients = [_address(recipient) for recipient in re.split(r"[;|]|,\s*", event.get("recipient-address", "").strip("{}")) if recipient.strip()]
        if moment is None or what not in EVENTS or _PROBE.match(sender) or any(map(_PROBE.match, recipients)):
            return
        message = event.get("internal-message-id", "")
        incoming = event.get("directionality", "").lower() == "incoming"
        if what == "RECEIVE":
            self.summary.received(moment, event.get("original-client-ip") or event.get("client-ip", ""))
            if event.get("directionality") and not incoming:
                self._count(moment, message, sender, len(recipients))
            return
        if self._is_internal(what, event):
            return
        if what != "DELIVER" and not incoming:
            self._count(moment, message, sender, len(recipients))
        common = {"queue_id": message, "size": number(event.get("total-bytes")), "sender": None if incoming else sender}
        if what in ("SEND", "SENDEXTERNAL", "DELIVER"):
            self._sent(moment, event, recipients, what == "DELIVER", common)
        elif not incoming or event.get("source", "").upper() in ("SMTP", "DNS"):  # mail of others that is forwarded can be refused too
            self._failed(moment, event, recipients, what, common)

    @staticmethod
    def _is_internal(what: str, event: dict) -> bool:
        """Tell whether an event is about a hop within the organisation, a mailbox that is busy, or mail of others that was refused at the door."""
        connector, source = event.get("connector-id", ""), event.get("source", "").upper()
        if what in ("SEND", "SENDEXTERNAL"):
            return source != "SMTP" or bool(_INTERNAL_CONNECTOR.match(connector))
        return what in ("FAIL", "DEFER") and ("\\" in connector or source == "STOREDRIVER" or bool(_INTERNAL_CONNECTOR.match(connector)))

    def _count(self, moment: int, message: str, sender: str, recipients: int) -> None:
        if message not in self.counted:
            self.counted[message] = True
            self.summary.message(moment, sender, recipients)

    def _sent(self, moment: int, event: dict, recipients: list, local: bool, common: dict) -> None:
        host, address = event.get("server-hostname", "").lower() or None, event.get("server-ip") or None
        for recipient in recipients:
            if (common["queue_id"], recipient) in self.sent:
                continue  # SEND and SENDEXTERNAL of the same delivery
            self.sent[common["queue_id"], recipient] = True
            self.summary.attempt(
                Attempt(
                    moment, outcome="sent", recipient=recipient, relay_host=None if local else host, relay_address=None if local else address,
                    source_address=event.get("client-ip") or None, local=local, **common,
                )
            )  # fmt: skip

    def _failed(self, moment: int, event: dict, recipients: list, what: str, common: dict) -> None:
        told = event.get("recipient-status", "").strip("{}") or event.get("source-context", "")
        statuses = _NEXT_STATUS.split(_BREAKS.sub(" ", told))
        for place, recipient in enumerate(recipients or [""]):
            reason = read_error(statuses[place] if len(statuses) == len(recipients) else statuses[0])
            expired = what == "FAIL" and "QUEUE.Expired" in reason.text
            self.told[common["queue_id"], recipient] = True
            self.summary.attempt(
                Attempt(
                    moment, outcome="deferred" if what == "DEFER" else "expired" if expired else "bounced", recipient=recipient, text=reason.text,
                    stage=reason.stage, relay_host=reason.host, relay_address=reason.address, masked=bool(MASKING.match(reason.text)), dsn=reason.dsn, **common,
                )
            )  # fmt: skip

    # Connectivity.

    def _connecting(self, moment: int, event: dict) -> None:
        """``+`` a session begins and tells its kind, ``>`` what it met, ``-`` how much it moved."""
        name, what, said = event.get("session", ""), event.get("direction", ""), event.get("description", "")
        session = self.sessions.get(name)
        if session is None:
            session = self.sessions[name] = Session(event.get("destination", "").lower())
        if what == "+":
            session.outbound = said.startswith(OUTBOUND) or (not _KIND.match(said) and "." in session.destination)
        failover = re.search(r"previous session id = (\w+)", said)
        if failover and failover.group(1) != name:
            session.previous = failover.group(1)
        if event.get("source", "").upper() != "SMTP" or not session.outbound:
            return
        failed, nothing = _CONNECTION_FAILED.match(said), _NOTHING_SENT.match(said)
        if failed:
            address = _endpoint(failed.group("endpoint") or "")
            self._refused(moment, name, session, Reason(failed.group("text"), "connect", self.names.get(address), address))
        elif nothing:
            session.gave_up = (moment, Reason(nothing.group("text"), "connect"))
        elif what == "-" and re.match(r"Messages: [1-9]", said):
            self._settle(name, session)
        elif what == ">":
            for host, address in _RESOLVED.findall(said):
                self.names[address] = host.lower()

    def _settle(self, name: str, session) -> None:
        """The session moved messages in the end, itself or as the successor of those that failed over to it."""
        while session is not None:
            self.summary.settled(name, "")
            name, session = session.previous, self.sessions.pop(session.previous) if session.previous else None

    def _refused(self, moment: int, name: str, session, reason: Reason) -> None:
        """One server did not take the session; what becomes of the messages is told elsewhere."""
        if (reason.address, reason.stage) in session.refusals:
            return
        session.refusals.add((reason.address, reason.stage))
        self.summary.attempt(
            Attempt(
                moment, name, "deferred", "", None, reason.text, reason.stage, reason.host, reason.address, session.local, False, session.destination,
                reason.dsn, 0, True,
            )
        )  # fmt: skip

    def close(self) -> None:
        """Report the sessions that gave up without any log saying more."""
        for sessions in (self.sessions.old, self.sessions.young):
            for name, session in sessions.items():
                if session.gave_up and session.outbound and not session.refusals:
                    self._refused(session.gave_up[0], name, session, session.gave_up[1])

    # The protocol.

    def _sending(self, moment: int, event: dict) -> None:
        if _INTERNAL_CONNECTOR.match(event.get("connector-id", "")):
            return
        name, what, data, context = event.get("session-id", ""), event.get("event", ""), event.get("data", ""), event.get("context", "")
        session = self.sessions.get(name)
        if session is None:
            session = self.sessions[name] = Session("")
        if not session.outbound:
            return
        session.remote = _endpoint(event.get("remote-endpoint", "")) or session.remote
        session.local = _endpoint(event.get("local-endpoint", "")) or session.local
        if what == "+":
            session.begin()
        elif what == ">":
            session.command(data)
        elif what == "<":
            self._answer(moment, name, session, data)
        else:
            self._remark(moment, name, session, data, context)

    def _remark(self, moment: int, name: str, session, data: str, context: str) -> None:
        """Information that the server adds: which message comes next, or why there is no connection or no encryption."""
        message = re.search(r"sending message(?: with RecordId (\d+))?", context)
        if message:
            session.message = message.group(1) or (data if data.isdecimal() else name)
        elif _NO_ENCRYPTION.search(context):
            self._refused(moment, name, session, Reason(context, "STARTTLS", session.host or self.names.get(session.remote), session.remote))
        elif _NO_CONNECTION.search(context):
            domain = re.search(r"Destination domain: ([\w.-]+)", context)
            session.destination = session.destination or (domain.group(1).lower() if domain else "")
            self._refused(moment, name, session, Reason(context, "connect", self.names.get(session.remote), session.remote))

    def _answer(self, moment: int, name: str, session, reply: str) -> None:
        reply = _BREAKS.sub(" ", f"{session.half} {reply}").strip()
        session.half = reply if _TO_BE_CONTINUED.search(reply) else ""
        if session.half:
            return
        stage = session.stage
        if stage == "connect" and reply[:3] == "220":
            session.host = reply[4:].partition(" ")[0].lower() or None
        if stage == "MAIL FROM" and not self.tracked:
            self._count(moment, session.message or name, session.sender or "", 1)
        if reply[:1] in ("4", "5"):
            self._refusal(moment, name, session, stage, reply)
        elif stage == "RCPT TO" and session.recipients:
            session.accepted.append(session.recipients.pop(0))
        elif stage == "end of DATA" and reply[:1] == "2":
            self._settle(name, session)
            for recipient in [] if self.tracked else session.accepted:
                self.summary.attempt(self._attempt(moment, name, session, recipient, "sent", "", None))
        session.answered(reply)

    def _refusal(self, moment: int, name: str, session, stage: str | None, reply: str) -> None:
        if stage == "RCPT TO":
            refused = session.recipients[:1]
            del session.recipients[:1]
        elif stage in ("MAIL FROM", "DATA", "end of DATA"):
            refused = session.accepted or session.recipients
        else:
            refused = []
        if not refused and not (self.tracked and stage == "MAIL FROM" and reply[:1] == "5"):  # the tracking log has each recipient of those
            status = read_error(reply).dsn
            self._refused(moment, name, session, Reason(reply, stage, session.host or self.names.get(session.remote), session.remote, status))
        for recipient in refused:
            if (session.message, recipient) not in self.told:
                outcome = "bounced" if reply[:1] == "5" else "deferred"
                self.summary.attempt(self._attempt(moment, name, session, recipient, outcome, reply, stage))

    @staticmethod
    def _attempt(moment: int, name: str, session, recipient: str, outcome: str, text: str, stage: str | None) -> Attempt:
        return Attempt(
            moment, session.message or name, outcome, recipient, session.sender, text, stage, session.host, session.remote, session.local,
            dsn=read_error(text).dsn if text else None,
            destination="" if recipient else session.destination,
        )  # fmt: skip


_NO_ENCRYPTION = re.compile(r"TLS negotiation failed|certificate validation fail|Drop connection because TLS", re.I)
# Kinds of sessions to others, and what other kinds are called: those within the organisation.
OUTBOUND = ("DnsConnectorDelivery", "SmartHostConnectorDelivery")
_KIND = re.compile(r"(?:Smtp|Mapi|Undefined|Shadow|Heartbeat|NonSmtp|DeliveryAgent|Unreachable)")
_RESOLVED = re.compile(r"([\w-]+(?:\.[\w-]+)+)\[([0-9A-Fa-f:.]+)")
_CONNECTION_FAILED = re.compile(
    r"(?P<text>(?:Failed connection|Failed to connect|Unable to connect) to (?P<endpoint>[\[\]0-9A-Fa-f:.]+[\]0-9A-Fa-f])?[^\[]*|The DNS query for .*)"
)
_NOTHING_SENT = re.compile(r"Messages: 0 Bytes: 0 \((?P<text>(?:Retry|Unreachable|Failed)\b.*)\)$")
_COMMANDS = (
    ("EHLO", "EHLO"), ("HELO", "EHLO"), ("STARTTLS", "STARTTLS"), ("AUTH", "AUTH"), ("X-", "AUTH"), ("MAIL FROM", "MAIL FROM"), ("RCPT TO", "RCPT TO"),
    ("DATA", "DATA"), ("BDAT", "DATA"), ("QUIT", "QUIT"),
)  # fmt: skip


class Session:
    """What is known of one SMTP session under way."""

    __slots__ = (
        "accepted", "destination", "gave_up", "half", "host", "local", "message", "outbound", "previous", "recipients", "refusals", "remote", "sender", "stage",
        "stages",
    )  # fmt: skip

    def __init__(self, destination: str):
        self.destination = destination
        self.outbound = True
        self.previous: str | None = None
        self.gave_up: tuple | None = None
        self.refusals: set = set()
        self.local: str | None = None
        self.remote: str | None = None
        self.begin()

    def begin(self) -> None:
        """A connection is there: what an earlier server of the same session said is over."""
        self.host: str | None = None
        self.message: str | None = None
        self.sender: str | None = None
        self.half = ""
        self.stages: list = ["connect"]
        self.stage: str | None = "connect"
        self.recipients: list = []
        self.accepted: list = []

    def command(self, line: str) -> None:
        """A command was sent; with pipelining, several before the answers."""
        stage = next((stage for word, stage in _COMMANDS if line.upper().startswith(word)), None)
        if line.upper().startswith("BDAT") and line.upper().endswith("LAST"):
            stage = "end of DATA"
        address = re.search(r":\s*<([^>]*)>", line)
        if stage == "MAIL FROM":
            self.sender, self.recipients, self.accepted = address.group(1).lower() if address else None, [], []
            self.stages = []
        elif stage == "RCPT TO" and address:
            self.recipients.append(address.group(1).lower())
            self.destination = self.destination or domain_of(address.group(1))
        self.stages.append(stage)
        self.stage = self.stages[0]

    def answered(self, reply: str) -> None:
        """An answer came: the next one belongs to the next command, or after 354 to the end of the message."""
        done = self.stages.pop(0) if self.stages else None
        if done == "DATA" and reply[:3] == "354":
            self.stages.insert(0, "end of DATA")
        self.stage = self.stages[0] if self.stages else None


# The last line of a reply that is logged line by line, 250-first, 250-second, 250 last, has a space behind its code.
_TO_BE_CONTINUED = re.compile(r"^(?P<code>[245]\d\d)-(?!.* (?P=code)(?: |$))")


def _endpoint(text: str) -> str | None:
    """Return the address of ``192.0.2.1:25``, ``[2001:db8::1]:25`` or of an address alone; None where there is none."""
    for address in (text.rpartition(":")[0], text):
        if to_address(address) is not None:
            return address.strip("[]")
    return None


def _address(text: str) -> str:
    return text.strip().strip("<>'").lower()
