# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Cisco Secure Email Gateway (ESA, IronPort AsyncOS), from a folder of CLI output and ``mail_logs``: no Python can be run there.

Source: Cisco's user and CLI guides and technical notes. A message is a MID with recipients RID 0, 1, ...; it comes in over an ICID and leaves over a
DCID. A server that answers 4xx or does not answer is passed over for the next route; only when all of them failed does the message wait.
"""

from __future__ import annotations

import fnmatch
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
    domain_of,
    split_host_port,
    to_address,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import has_reply

QUOTES = " '\"?"  # a quotation mark that a copy lost is a question mark
MESSAGES_HELD = 30000
TROUBLES_HELD = 5000
# Queues of the appliance itself: quarantine and encryption.
OWN_HOSTS = re.compile(r"^the\.[\w.]+\.queue$")


# Replies, which AsyncOS logs as a Python tuple: ('421', ['4.3.2 try again later']).

_STRING = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_TUPLE = re.compile(rf"\(?[ ]?['\"](?P<code>\d{{3}})['\"], ?\[(?P<lines>{_STRING}(?:, ?{_STRING})*)?(?P<end>\]\)?)?")
_STRINGS = re.compile(_STRING)
_ESCAPE = re.compile(r"\\(?:x(?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})|(?P<one>.))", re.S)
_LABEL = re.compile(r"(?P<status>[245]\.\d{1,3}\.\d{1,3}) - ")


class Reason(NamedTuple):
    """Why a delivery failed."""

    text: str
    dsn: Optional[str] = None
    masked: bool = False
    stage: Optional[str] = None
    address: Optional[str] = None


def unescape(text: str) -> str:
    """Return what a Python string literal (without its quotes) stands for, line breaks as spaces; never fails."""

    def one(found):
        if found.group("hex"):
            return chr(int(found.group("hex"), 16))
        if found.group("octal"):
            return chr(int(found.group("octal"), 8))
        return {"n": "\n", "r": "\r", "t": "\t"}.get(found.group("one"), found.group("one"))

    return " ".join(_ESCAPE.sub(one, text).split())


def read_reason(text: str) -> Reason:
    """Read ``4.3.2 - Not accepting messages at this time ('421', ['4.3.2 try again later']) []``.

    The label is AsyncOS's own wording of the status and stands for the text only where no server said anything (code 000).
    """
    reply, label = _TUPLE.search(text), _LABEL.search(text)
    status = label.group("status") if label else None
    own = unescape((text[: reply.start()] if reply else text).strip(' :"'))
    if not reply:
        return Reason(own, status, masked=status == "5.4.7")
    code = reply.group("code")
    lines = [unescape(item[1:-1]) for item in _STRINGS.findall(reply.group("lines") or "")]
    if reply.group("lines") is None and reply.group("end") is None:
        lines = [unescape(text[reply.end() :].strip(" '\""))]  # cut off in the middle
    said = " ".join(line for line in lines if line)
    if code != "000":
        return Reason(f"{code} {said}".strip(), status)
    return Reason(": ".join(part for part in (own, said) if part), status, masked=status == "5.4.7")


_CODE_AND_TEXT = re.compile(r"^(?P<code>\d{3})-(?P<text>.*)$", re.S)


def read_details(details: str, reason: str) -> str:
    """Return what a ``Connection Error`` is about: ``431-'mx.example.com ESMTP\\nMail system full'`` of a server, or a network error."""
    if _TUPLE.search(details):
        return read_reason(details).text
    answered = _CODE_AND_TEXT.match(details)
    if answered:
        return f"{answered.group('code')} {unescape(answered.group('text').strip(QUOTES))}"
    return f"{reason}: {unescape(details.strip(QUOTES))}".strip(": ")


# The system.

_HEADINGS = re.compile(
    r"^\s*\[RID\]\s+\[Atmps\]|^#\s+Recipient Host\s|^Hosts marked with '\*' were down|^Messages in the work queue|^Status:\s+(?:Operational|Paused)", re.M
)


class CiscoEsa(MailSystem):
    """A Secure Email Gateway by the output of its CLI and its mail logs."""

    name = "cisco_esa"
    snapshot_marks = ("tophosts.txt", "showrecipients.txt", "workqueue.txt", "interfaceconfig.txt", "mail.current", "mail_logs", "mail_logs.txt")
    log_paths = ()

    def output(self, name: str) -> str:
        """Return the recorded output of a command of the CLI; empty where it was not recorded."""
        if not self.host.snapshot:
            raise DeliverabilityError("mta: cisco_esa is read from a folder of CLI output and logs; set snapshot")
        return self.host.output(name, [], optional=True) or ""

    def about(self) -> dict:
        """Return ``{name, version, config_dir}``."""
        version = re.search(r"^\s*(?:Version|UDI.*\n.*Version): (\S+)", self.output("version.txt"), re.M)
        return {"name": self.name, "version": version.group(1) if version else None, "config_dir": None}

    @property
    def snapshot_logs(self) -> tuple:
        """The mail logs; the bounce logs only where there are none, since they tell the same failures again."""
        own = ("mail_logs*", "mail.@*", "mail.text*", "mail.current", "mail.log")
        found = any(fnmatch.filter(getattr(self.host, "names", ()), pattern) for pattern in own)
        return own if found else ("bounce_logs*", "bounces.@*", "bounces.current", "bounces.text*")

    # The queue.

    def queue(self) -> Iterator[QueueEntry]:
        """Yield what waits: recipients by showrecipients, sums for the others by tophosts, and what was not scanned yet by workqueue."""
        texts = [self.output(name) for name in ("showrecipients.txt", "tophosts.txt", "workqueue.txt")]
        if not any(texts):
            self.host.output("tophosts.txt", ["tophosts"])  # says what is missing
        return (self.reader.explain(entry) if self.reader else entry for entry in listed_entries("\n".join(texts)))

    @classmethod
    def parse_queue(cls, text: str, clock) -> Iterator[QueueEntry]:
        """Yield the entries of showrecipients, tophosts or workqueue, or of several of them in one text."""
        return listed_entries(text)

    @classmethod
    def owns_queue(cls, head: str) -> bool:
        """The headings are unmistakable."""
        return bool(_HEADINGS.search(head))

    # The log.

    @classmethod
    def owns_log(cls, head: str) -> bool:
        """MID, ICID and DCID are nobody else's."""
        return bool(
            re.search(
                r"(?:Info|Warning): (?:New SMTP [ID]CID \d|Start MID \d+ ICID|MID \d+ |Delivery start DCID|Connection Error: |(?:Delayed|Bounced): )", head
            )
        )

    def log_reader(self, summary, clock):
        """Return the reader; the queue asks it later when messages came."""
        self.reader = EsaLog(summary, clock)
        return self.reader

    # Who the host is when it sends.

    def identity(self) -> Identity:
        """Return the IP interfaces that mail can leave from, the one that ``deliveryconfig`` names first, and the SMTP routes."""
        return identity_of(
            self.host.hostname(), *(self.output(f"{command}.txt") for command in ("interfaceconfig", "deliveryconfig", "altsrchost", "smtproutes"))
        )


# Identity.

_INTERFACE = re.compile(r"^\s*\d+\.\s+(?P<name>.+?)\s+\((?P<addresses>[^()]*?)(?:\s+on\s+(?P<port>[^:()]+))?:\s*(?P<helo>[^\s()]+)\)", re.M)
_DEFAULT = re.compile(r"Default interface to deliver mail:\s*(?P<name>.+?)\s*$", re.M)
_ALTERNATIVE = re.compile(r"^\s*\d*\.?\s*(?P<key>\S+)\s*->\s*(?P<name>.+?)\s*$", re.M)
_ROUTE = re.compile(r"^\s*(?:\d+\.\s*)?(?P<scope>[\w.*@-]+)\s*(?:->|:|\s)\s*(?P<hosts>\S.*?)\s*$", re.M)


def identity_of(hostname: str | None, interfaces: str, delivery: str, alternatives: str, routes: str) -> Identity:
    """Return the identity that the printed configuration gives."""
    sources = [_source(found) for found in _INTERFACE.finditer(interfaces)]
    warnings = []
    default = _DEFAULT.search(delivery)
    wanted = default.group("name") if default else "Auto"
    if wanted != "Auto":
        sources.sort(key=lambda source: source["transport"] != wanted)
    elif len(sources) > 1:
        warnings.append("the interface that mail leaves from is chosen by the routing table (deliveryconfig: Auto); the log names it for every connection")
    used = {found.group("name") for found in _ALTERNATIVE.finditer(alternatives)}
    if wanted != "Auto":
        sources = [source for source in sources if source["transport"] == wanted or source["transport"] in used]
    if not sources:
        warnings.append("no output of interfaceconfig: the addresses and the HELO names of this gateway are not known")
    return Identity((hostname or (sources[0]["helo"] if sources else None)), sources, list(_relays(routes)), [], tuple(warnings))


def _source(found) -> dict:
    addresses = [to_address(text.partition("/")[0]) for text in re.split(r"[,\s]+", found.group("addresses")) if text]
    by_version = {address.version: str(address) for address in addresses if address is not None}
    return {
        "transport": found.group("name"),
        "address4": by_version.get(4),
        "address6": by_version.get(6),
        "helo": found.group("helo").lower(),
        "protocols": [f"ipv{version}" for version in (4, 6) if version in by_version],
        "origin": f"interfaceconfig {found.group('name')}",
    }


def _relays(routes: str) -> Iterator[dict]:
    """Yield the next hops of ``smtproutes``, as printed or as exported: ``example.com  192.0.2.10, 192.0.2.20 /pri=10``."""
    for line in routes.splitlines():
        found = _ROUTE.match(line)
        if not found or line.lstrip().startswith("#") or found.group("scope").lower() in ("there", "currently", "receiving", "there are"):
            continue
        for hop in re.split(r",\s*", found.group("hosts")):
            host, port = split_host_port(re.split(r"\s|/pri=", hop.strip())[0])
            if "." not in host and ":" not in host:
                continue
            scope = found.group("scope").lower()
            yield {
                "scope": "*" if scope == "all" else scope,
                "host": host.lower(),
                "port": port,
                "origin": f"smtproutes {found.group('scope')}",
                "auth": "profile" in line.lower() or "/auth" in line.lower(),
                "tls": "may",
            }


# The queue.

_MESSAGE = re.compile(r"^\s*(?P<mid>\d+)\s+(?P<size>\d{1,15})\s+(?P<sender>\S+)(?:\s+(?P<subject>\S.*))?$")
_RECIPIENT = re.compile(r"^\s*\[(?P<rid>\d+)\]\s+\[(?P<attempts>\d{1,15})\]\s+(?P<recipient>\S+)")
_HOST = re.compile(r"^\s*\d+(?P<down>\*?)\s+(?P<host>[\w.-]+\.[\w-]+)\s+(?P<active>\d[\d,]{0,14})\s+[\d,]+\s+[\d,]+\s+[\d,]+\s+[\d,]+\s*$")
_WORK = re.compile(r"^\s*(?:Messages(?: in the work queue)?|Work Queue):?\s+(?P<count>\d[\d,]{0,14})(?![\d,])", re.I)


def listed_entries(text: str) -> Iterator[QueueEntry]:
    """Yield the entries of what the CLI printed. It tells how often a recipient was tried, not why in vain."""
    message: tuple | None = None
    listed: dict = {}
    lines = text.splitlines()
    down = {found.group("host").lower() for found in map(_HOST.match, lines) if found and found.group("down")}
    for line in lines:
        recipient, heading = _RECIPIENT.match(line), _MESSAGE.match(line)
        if recipient and message:
            address = recipient.group("recipient").lower().strip("<>")
            domain = domain_of(address)
            listed[domain] = listed.get(domain, 0) + 1
            mid, size, sender = message  # pylint: disable=unpacking-non-sequence
            yield QueueEntry(mid, "down" if domain in down else "delivery", None, size, sender, address, masked=int(recipient.group("attempts")) > 0)
        elif heading:
            message = (heading.group("mid"), int(heading.group("size")), heading.group("sender").lower().strip("<>"))
    for line in lines:
        host, work = _HOST.match(line), _WORK.match(line)
        if host and not OWN_HOSTS.match(host.group("host")):
            name = host.group("host").lower()
            count = _number(host.group("active")) - listed.get(name, 0)
            if count > 0:
                yield QueueEntry("", "down" if name in down else "delivery", None, 0, "", "", destination=name, masked=True, count=count)
        elif work and _number(work.group("count")):
            yield QueueEntry("", "workqueue", None, 0, "", "", count=_number(work.group("count")))


def _number(text: str) -> int:
    return int(text.replace(",", ""))


# The log.

_HEAD = re.compile(
    r"^(?:\d{4}-\d\d-\d\dT\S+|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?: \d{4})?) (?:(?:\S+ )?[\w.-]+(?:\[\d+\])?: )?"
    r"(?:Info|Warning|Critical): (?P<rest>.*)$"
)
_NEW = re.compile(r"New SMTP (?P<kind>[ID])CID:? (?P<id>\d+) interface (?:.*?\()?(?P<interface>[0-9A-Fa-f:.]+|\S+?)\)? address (?P<address>\S+)")
_START = re.compile(r"Start MID (?P<mid>\d+) ICID (?P<icid>\d+)")
_FROM = re.compile(r"MID (?P<mid>\d+) ICID (?P<icid>\d+) From: <?(?P<sender>[^>\s]*)>?")
_TO = re.compile(r"MID (?P<mid>\d+) ICID \d+ RID (?P<rid>\d+) To: <?(?P<recipient>[^>\s]+)>?")
_READY = re.compile(r"MID (?P<mid>\d+) ready (?P<size>\d{1,15}) bytes")
_TABLE = re.compile(r"MID (?P<mid>\d+) matched all recipients for per-recipient policy .* in the (?P<table>inbound|outbound) table")
_REWRITTEN = re.compile(r"MID (?P<mid>\d+) rewritten to (?:MID )?(?P<new>\d+)")
_QUEUED = re.compile(r"MID (?P<mid>\d+) queued for delivery")
_GROUP = re.compile(r"ICID (?P<icid>\d+) (?P<action>ACCEPT|RELAY)\b")
_RIDS = r"to (?:RID )?\[?(?P<rids>[\d, ]+)\]?"
_DELIVERY = re.compile(rf"Delivery start DCID:? (?P<dcid>\d+) (?:MID|Message) (?P<mid>\d+) {_RIDS}")
_DONE = re.compile(rf"Message done DCID:? (?P<dcid>\d+) (?:MID|Message) (?P<mid>\d+) {_RIDS}")
_FAILED = re.compile(
    r"(?P<what>Delayed|Bounced): DCID:? (?P<dcid>\d+) (?:MID|Message) (?P<mid>\d+) (?:From: ?<?(?P<sender>[^>\s]*)>? To: ?<?(?P<recipient>[^>\s]+)>? )?"
    r"(?:to )?(?:RID )?(?P<rid>\d+) - (?P<reason>.*)"
)
_BOUNCE_LOG = re.compile(
    r"(?P<what>Delayed|Bounced): (?P<mid>\d+):(?P<rid>\d+) From: ?<(?P<sender>[^>]*)> To: ?<(?P<recipient>[^>]*)> Reason: ?\"(?P<label>[^\"]*)\" "
    r"Response: ?\"(?P<response>.*)"
)
_ERROR = re.compile(
    r"Connection Error: (?:(?P<early>[^:]*?) )?DCID:? (?P<dcid>\d+)(?: domain: (?P<domain>\S+))? IP: (?P<address>\S+)(?: port: (?P<port>\d+))?"
    r" details: (?P<details>.*?) interface: (?P<interface>\S+)(?: reason: (?P<reason>.*))?$"
)


class Message:
    """What is known of one MID."""

    __slots__ = ("client", "inbound", "moment", "recipients", "sender", "size")

    def __init__(self):
        self.client = ""
        self.inbound = False
        self.moment: int | None = None
        self.recipients: dict = {}
        self.sender: str | None = None
        self.size = 0


class EsaLog(LogReader):
    """Reads ``mail_logs`` (of the appliance, or pushed to a syslog server) and ``bounce_logs``."""

    needles = (b"MID ", b"CID", b"Delayed: ", b"Bounced: ", b"Message ")

    def __init__(self, summary, clock):
        super().__init__(summary, clock)
        self.messages = Recent(MESSAGES_HELD)  # MID -> Message
        self.arrivals = Recent(MESSAGES_HELD)  # MID -> time
        self.reasons = Recent(MESSAGES_HELD)  # (MID, recipient) and domain -> Reason of the last failure
        self.clients = Recent(MESSAGES_HELD)  # ICID -> (address, inbound or None)
        self.servers = Recent(MESSAGES_HELD)  # DCID -> (source address, server's address)
        self.troubles: dict = {}  # domain -> [Attempt] of servers that failed since the last delivery
        self.waiting = 0
        self.steps = (
            (_NEW, self._new),
            (_GROUP, self._group),
            (_START, self._start),
            (_TO, self._to),
            (_FROM, self._from),
            (_READY, self._ready),
            (_TABLE, self._table),
            (_REWRITTEN, self._rewritten),
            (_QUEUED, self._queued),
            (_DELIVERY, self._delivery),
            (_DONE, self._done),
            (_FAILED, self._failed),
            (_BOUNCE_LOG, self._failed),
            (_ERROR, self._error),
        )

    def line(self, moment: int | None, line: str) -> None:
        """Take one line."""
        head = _HEAD.match(line)
        if moment is None or not head:
            return
        rest = head.group("rest")
        for pattern, step in self.steps:
            found = pattern.match(rest)
            if found:
                step(moment, found)
                return

    def warm(self, block: bytes) -> None:
        """Take lines that an earlier run has counted: who is who, and why messages wait."""
        self.learn(block)
        self.troubles, self.waiting = {}, 0

    def explain(self, entry: QueueEntry) -> QueueEntry:
        """Return an entry of the queue with what the log knows: when it came, and why it waits."""
        entry = entry._replace(arrival=self.arrivals.get(entry.queue_id))
        if not entry.masked:
            return entry
        own = self.reasons.get((entry.queue_id, entry.recipient))
        reason = own or self.reasons.get(entry.destination or domain_of(entry.recipient))
        if reason is None:
            return entry
        masked = own is None and not has_reply(reason.text)
        return entry._replace(text=reason.text, dsn=reason.dsn, stage=reason.stage, relay_address=reason.address, masked=masked)

    def _remember(self, domain: str, reason: Reason) -> None:
        """Keep the reason for a domain; what a server said tells more than a silence after it."""
        known = self.reasons.get(domain)
        if known is None or has_reply(reason.text) or not has_reply(known.text):
            self.reasons[domain] = reason

    def _message(self, mid: str) -> Message:
        message = self.messages.get(mid)
        if message is None:
            message = self.messages[mid] = Message()
        return message

    # In.

    def _new(self, moment: int, found) -> None:
        if found.group("kind") == "I":
            self.clients[found.group("id")] = (found.group("address"), False)
        else:
            self.servers[found.group("id")] = (found.group("interface"), found.group("address"))

    def _group(self, moment: int, found) -> None:
        """``ACCEPT`` is mail for our own domains, ``RELAY`` what our own hosts send."""
        address, _inbound = self.clients.get(found.group("icid"), ("", False))
        self.clients[found.group("icid")] = (address, found.group("action") == "ACCEPT")

    def _start(self, moment: int, found) -> None:
        message = self._message(found.group("mid"))
        if found.group("icid") != "0":
            message.client, message.inbound = self.clients.get(found.group("icid"), ("", False))
            message.moment = moment

    def _from(self, moment: int, found) -> None:
        self._message(found.group("mid")).sender = found.group("sender").lower()

    def _to(self, moment: int, found) -> None:
        self._message(found.group("mid")).recipients[found.group("rid")] = found.group("recipient").lower()

    def _ready(self, moment: int, found) -> None:
        message = self._message(found.group("mid"))
        message.size = int(found.group("size"))
        if message.moment is not None:  # not one that the appliance made itself
            self.summary.received(moment, message.client)

    def _table(self, moment: int, found) -> None:
        self._message(found.group("mid")).inbound = found.group("table") == "inbound"

    def _rewritten(self, moment: int, found) -> None:
        """A filter changed the message, which goes on under a new number."""
        old, new = self._message(found.group("mid")), self._message(found.group("new"))
        new.client, new.inbound, new.size = old.client, old.inbound, old.size
        new.sender = old.sender if new.sender is None else new.sender
        new.recipients = new.recipients or dict(old.recipients)

    def _queued(self, moment: int, found) -> None:
        message = self._message(found.group("mid"))
        self.arrivals[found.group("mid")] = moment
        if not message.inbound:
            self.summary.message(moment, message.sender or "", len(message.recipients) or 1)

    # Out.

    def _common(self, message: Message, mid: str, dcid: str) -> dict:
        source, server = self.servers.get(dcid, (None, None))
        sender = None if message.inbound else message.sender
        return {"queue_id": mid, "sender": sender, "size": message.size, "relay_address": server, "source_address": source}

    def _delivery(self, moment: int, found) -> None:
        """A server took the connection: what the ones before it said about this message's domains is handled once the message is done."""
        message = self._message(found.group("mid"))
        for domain in {domain_of(message.recipients.get(rid, "")) for rid in _numbers(found.group("rids"))}:
            self._flush(domain, found.group("mid"))

    def _done(self, moment: int, found) -> None:
        message, mid = self._message(found.group("mid")), found.group("mid")
        common = self._common(message, mid, found.group("dcid"))
        for rid in _numbers(found.group("rids")):
            recipient = message.recipients.get(rid, "")
            if not OWN_HOSTS.match(domain_of(recipient)):
                self.summary.attempt(Attempt(moment, outcome="sent", recipient=recipient, **common))

    def _failed(self, moment: int, found) -> None:
        """``Delayed`` and ``Bounced``, of the mail log and of the bounce log."""
        fields = found.groupdict()
        message = self._message(fields["mid"])
        text = fields["reason"] if "reason" in fields else f"{fields['label']} {fields['response']}"
        reason = read_reason(text)
        recipient = (fields["recipient"] or message.recipients.get(fields["rid"], "")).lower()
        if fields["sender"] is not None and message.sender is None:
            message.sender = fields["sender"].lower()
        expired = reason.dsn == "5.4.7"
        common = self._common(message, fields["mid"], fields.get("dcid") or "0")
        if reason.masked:
            reason = self.reasons.get((fields["mid"], recipient)) or self.reasons.get(domain_of(recipient)) or reason
        elif fields["what"] == "Delayed":
            reason = self.reasons[fields["mid"], recipient] = reason._replace(address=common["relay_address"])
            self._remember(domain_of(recipient), reason)
        common["relay_address"] = common["relay_address"] or reason.address
        outcome = "deferred" if fields["what"] == "Delayed" else "expired" if expired else "bounced"
        self.summary.attempt(
            Attempt(
                moment,
                outcome=outcome,
                recipient=recipient,
                text=reason.text,
                stage=reason.stage,
                masked=reason.masked,
                dsn=reason.dsn or ("5.4.7" if expired else None),
                **common,
            )
        )

    def _error(self, moment: int, found) -> None:
        """One server did not take the connection; the next route is tried, and what becomes of the messages is told later."""
        text = read_details(found.group("details"), (found.group("reason") or found.group("early") or "").strip())
        domain = (found.group("domain") or "").lower()
        trouble = Attempt(
            moment, "", "deferred", "", None, text, "connect", None, found.group("address"), found.group("interface"), destination=domain, host_level=True
        )
        self._remember(domain, Reason(text, None, False, "connect", found.group("address")))
        if self.waiting >= TROUBLES_HELD:
            self.close()
        self.troubles.setdefault(domain, []).append(trouble)
        self.waiting += 1

    def _flush(self, domain: str, mid: str = "") -> None:
        """Report the servers of a domain that failed, for the message that the next one took up."""
        for trouble in self.troubles.pop(domain, ()):
            self.waiting -= 1
            self.summary.attempt(trouble._replace(queue_id=mid))

    def close(self) -> None:
        """Report the servers after which none took the message: it still waits."""
        for domain in list(self.troubles):
            self._flush(domain)


def _numbers(text: str) -> list:
    return re.findall(r"\d+", text)
