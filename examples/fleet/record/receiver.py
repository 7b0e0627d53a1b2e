# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SMTP servers that receive the fleet's mail and refuse some of it, in the words that real ones are known for.

Every refusal has a cause that the receiver looks for itself, in the DNS and in the dialogue: is the client's address on a blocklist, has
it a reverse name, does its HELO name exist, has this recipient been seen before. Nothing is refused because of who plays which part.

``SERVERS`` is the table: one row a server, with its rules in the order in which they are tried. ``running`` listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import hashlib
import ipaddress
import pathlib
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import dns.asyncresolver
import dns.resolver
import dns.reversename

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from background import in_background

SILENCE = 300  # seconds to wait for a command (RFC 5321 section 4.5.3.2.7)
LONGEST_LINE = 1 << 20

# Stages of a dialogue, in Postfix's words.
CONNECT, MAIL, RCPT, DATA = "connect", "MAIL FROM", "RCPT TO", "end of DATA"


@dataclass
class Dialogue:
    """What one client has said so far."""

    server: str
    client: str
    helo: str = ""
    sender: str | None = None
    recipient: str = ""  # the last one
    recipients: list[str] = field(default_factory=list)  # the accepted ones


@dataclass(frozen=True)
class Rule:
    """Refuse at ``stage`` with ``reply`` where ``when(dialogue, receiver)`` comes true.

    ``reply`` may hold {ip}, {helo}, {sender}, {domain} (of the sender), {rcpt} and {id}, a fresh identifier.
    """

    stage: str
    when: Callable[[Dialogue, Receiver], Awaitable[bool]]
    reply: str


@dataclass(frozen=True)
class Server:
    """How one mail server greets, accepts and refuses."""

    greeting: str
    accepted: str
    rules: tuple[Rule, ...] = ()


# Causes


def listed(zone):
    """The client's address is on the blocklist."""

    async def when(dialogue, receiver):
        reversed_address = ipaddress.ip_address(dialogue.client).reverse_pointer.rpartition(".arpa")[0].rpartition(".")[0]
        return any(answer.startswith("127.0.0.") for answer in await receiver.ask(f"{reversed_address}.{zone}.", "A"))

    return when


async def no_reverse_name(dialogue, receiver):
    """The client's address has no name that leads back to it."""
    rdtype = "AAAA" if ":" in dialogue.client else "A"
    for name in await receiver.ask(dns.reversename.from_address(dialogue.client), "PTR"):
        if dialogue.client in await receiver.ask(name, rdtype):
            return False
    return True


async def unknown_helo(dialogue, receiver):
    """The HELO name does not exist."""
    return not dialogue.helo.startswith("[") and not await receiver.ask(f"{dialogue.helo}.", "A")


def recipient(name):
    """The recipient's local part is ``name``."""

    async def when(dialogue, receiver):
        return dialogue.recipient.partition("@")[0] == name

    return when


def greylisted(delay):
    """Client, sender and recipient were first seen less than ``delay`` seconds ago."""

    async def when(dialogue, receiver):
        triplet = (dialogue.client, dialogue.sender, dialogue.recipient)
        return receiver.clock() < receiver.first_seen.setdefault(triplet, receiver.clock()) + delay

    return when


async def always(dialogue, receiver):
    return True


# The servers. Multi-line replies are written as the server sends them.

SERVERS = {
    # Google's wording.
    "mx.mailhub.example": Server(
        greeting="mx.mailhub.example ESMTP {id} - gsmtp",
        accepted="250 2.0.0 OK  {id} - gsmtp",
        rules=(
            Rule(
                RCPT,
                recipient("jon.smiht"),
                "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
                "550-5.1.1 double-checking the recipient's email address for typos or\n"
                "550-5.1.1 unnecessary spaces. For more information, go to\n"
                "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser {id} - gsmtp",
            ),
            Rule(
                RCPT,
                recipient("holiday.photos"),
                "452-4.2.2 The recipient's inbox is out of storage space. Please direct the\n"
                "452-4.2.2 recipient to\n"
                "452 4.2.2  https://support.google.com/mail/?p=OverQuotaTemp {id} - gsmtp",
            ),
            Rule(
                DATA,
                listed("zen.spamhaus.org"),
                "550-5.7.1 [{ip}] The IP you're using to send email is not authorized to\n"
                "550-5.7.1 send email directly to our servers. Please use the SMTP relay at your\n"
                "550-5.7.1 service provider instead. For more information, go to\n"
                "550 5.7.1  https://support.google.com/mail/?p=NotAuthorizedError {id} - gsmtp",
            ),
            Rule(
                DATA,
                no_reverse_name,
                "550-5.7.25 [{ip}] The IP address sending this message does not have a PTR\n"
                "550-5.7.25 record setup, or the corresponding forward DNS entry does not match the\n"
                "550-5.7.25 sending IP. As a policy, Gmail does not accept messages from IPs\n"
                "550-5.7.25 with missing PTR records. For more information, go to\n"
                "550 5.7.25  https://support.google.com/mail/answer/81126#ip-practices {id} - gsmtp",
            ),
        ),
    ),
    # Postfix: reject_rbl_client, reject_unknown_client_hostname.
    "mx.strict.example": Server(
        greeting="mx.strict.example ESMTP Postfix",
        accepted="250 2.0.0 Ok: queued as {id}",
        rules=(
            Rule(
                RCPT,
                listed("zen.spamhaus.org"),
                "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/{ip}",
            ),
            Rule(
                RCPT,
                listed("bl.spamcop.net"),
                "554 5.7.1 Service unavailable; Client host [{ip}] blocked using bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?{ip}",
            ),
            Rule(RCPT, no_reverse_name, "450 4.7.25 Client host rejected: cannot find your hostname, [{ip}]"),
        ),
    ),
    # Exim, with the checks of a hosting panel.
    "mx.wholesale.example": Server(
        greeting="mx.wholesale.example ESMTP Exim 4.96",
        accepted="250 OK id={id}",
        rules=(
            Rule(RCPT, unknown_helo, "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)"),
            Rule(
                RCPT,
                listed("bl.spamcop.net"),
                "550-rejected because {ip} is in a black list at bl.spamcop.net\n550 Blocked - see https://www.spamcop.net/bl.shtml?{ip}",
            ),
        ),
    ),
    # Postfix with maps_rbl_reject_code = 450 and reject_unknown_helo_hostname.
    "mx.council.example": Server(
        greeting="mx.council.example ESMTP",
        accepted="250 2.0.0 Ok: queued as {id}",
        rules=(
            Rule(RCPT, unknown_helo, "450 4.7.1 <{helo}>: Helo command rejected: Host not found"),
            Rule(
                RCPT,
                listed("bl.spamcop.net"),
                "450 4.7.1 Service unavailable; Client host [{ip}] blocked using bl.spamcop.net; Blocked - see https://www.spamcop.net/bl.shtml?{ip}",
            ),
        ),
    ),
    # Yahoo's wording: the refusal stands in the place of the greeting.
    "mx.webmail.example": Server(
        greeting="mx.webmail.example ESMTP ready",
        accepted="250 ok dirdel",
        rules=(
            Rule(
                CONNECT,
                listed("zen.spamhaus.org"),
                "553 5.7.1 [BL21] Connections will not be accepted from {ip}, because the ip is in Spamhaus's list;"
                " see https://postmaster.yahooinc.com/error-codes",
            ),
        ),
    ),
    # Exchange Online's wording.
    "mx.cloudmail.example": Server(
        greeting="mx.cloudmail.example Microsoft ESMTP MAIL Service ready",
        accepted="250 2.6.0 <{id}@{domain}> [InternalId=8658654536] Queued mail for delivery",
    ),
    # Postgrey beside Postfix.
    "mx.club.example": Server(
        greeting="mx.club.example ESMTP Postfix",
        accepted="250 2.0.0 Ok: queued as {id}",
        rules=(
            Rule(RCPT, greylisted(300), "450 4.2.0 <{rcpt}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/club.example.html"),
        ),
    ),
    # Exchange: the first server is short of disk space, the second one takes the mail.
    "mx1.bank.example": Server(
        greeting="mx1.bank.example Microsoft ESMTP MAIL Service ready",
        accepted="250 2.6.0 Queued mail for delivery",
        rules=(Rule(MAIL, always, "452 4.3.1 Insufficient system resources"),),
    ),
    "mx2.bank.example": Server(
        greeting="mx2.bank.example Microsoft ESMTP MAIL Service ready",
        accepted="250 2.6.0 <{id}@{domain}> [InternalId=4771674882] Queued mail for delivery",
    ),
}


class Receiver:
    """The servers of a table behind real sockets.

    ``nameserver``: ``address:port`` of the DNS that the rules ask. ``clock``: epoch seconds, for greylisting.
    ``answers`` keeps what the last word was about each recipient: (server, client address, HELO, recipient, stage, reply).
    """

    def __init__(self, nameserver, clock=time.time, servers=None):
        self.servers = SERVERS if servers is None else servers
        self.clock = clock
        self.first_seen = {}
        self.answers = []
        self.identifiers = 0
        address, _colon, port = nameserver.rpartition(":")
        self.resolver = dns.asyncresolver.Resolver(configure=False)
        self.resolver.nameservers = [address]
        self.resolver.port = int(port)

    async def ask(self, name, rdtype):
        """The records as text, an empty list where there are none. A DNS that does not answer is an error: the receiver knows nothing then."""
        try:
            return [record.to_text() for record in await self.resolver.resolve(name, rdtype)]
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []

    async def start(self, listen):
        """Listen: ``listen`` is ``{server name: (address, port)}``. Returns ``(self, stop)``."""
        sockets = [await asyncio.start_server(self._handler(name), address, port, limit=LONGEST_LINE) for name, (address, port) in listen.items()]

        def stop():
            for server in sockets:
                server.close()

        return self, stop

    def _handler(self, name):
        async def handle(reader, writer):
            client = writer.get_extra_info("peername")[0]
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                await self.converse(Dialogue(name, client), reader, writer)
            writer.close()

        return handle

    async def converse(self, dialogue, reader, writer):
        """Hold one session."""
        await Conversation(self, dialogue, reader, writer).hold()

    async def refusal(self, dialogue, stage):
        """The reply of the first rule of this stage that applies, or None."""
        for rule in self.servers[dialogue.server].rules:
            if rule.stage == stage and await rule.when(dialogue, self):
                return self.fill(rule.reply, dialogue)
        return None

    def fill(self, reply, dialogue):
        """Put what the dialogue said into a reply."""
        domain = (dialogue.sender or "").rpartition("@")[2]
        return reply.format(ip=dialogue.client, helo=dialogue.helo, sender=dialogue.sender, domain=domain, rcpt=dialogue.recipient, id=self.identifier())

    def identifier(self):
        """A new identifier that looks like those in the replies of large providers; the same ones in every run."""
        self.identifiers += 1
        digest = hashlib.sha256(str(self.identifiers).encode()).hexdigest()
        return f"{digest[:12]}si{int(digest[12:20], 16)}wmm.{self.identifiers}"

    def note(self, dialogue, stage, reply, recipients):
        self.answers += [(dialogue.server, dialogue.client, dialogue.helo, recipient, stage, reply) for recipient in recipients]


class Conversation:
    """One SMTP session (RFC 5321), as far as a sending server needs it."""

    def __init__(self, receiver, dialogue, reader, writer):
        self.receiver = receiver
        self.server = receiver.servers[dialogue.server]
        self.dialogue = dialogue
        self.reader = reader
        self.writer = writer

    async def hold(self):
        """Greet and answer until the client leaves."""
        refusal = await self.receiver.refusal(self.dialogue, CONNECT)
        if refusal:
            self.receiver.note(self.dialogue, CONNECT, refusal, [""])
        await self._say(refusal or "220 " + self.receiver.fill(self.server.greeting, self.dialogue))
        while True:
            line = (await self._line()).decode("utf-8", "replace").rstrip("\r\n")
            verb, _space, argument = line.partition(" ")
            command = getattr(self, f"do_{verb.lower()}", None)
            if verb.upper() == "QUIT":
                await self._say("221 2.0.0 Bye")
                return
            if refusal:
                await self._say("503 5.5.1 Bad sequence of commands")
            elif command is None:
                await self._say("502 5.5.2 Command not recognized")
            else:
                await self._say(await command(argument.strip()))

    async def do_ehlo(self, argument):
        self.dialogue.helo = argument
        return "\n".join([f"250-{self.dialogue.server}", "250-PIPELINING", "250-SIZE 52428800", "250-ENHANCEDSTATUSCODES", "250 8BITMIME"])

    async def do_helo(self, argument):
        self.dialogue.helo = argument
        return f"250 {self.dialogue.server}"

    async def do_mail(self, argument):
        self.dialogue.sender = email.utils.parseaddr(argument.partition(":")[2].split(" ")[0])[1]
        self.dialogue.recipients = []
        refusal = await self.receiver.refusal(self.dialogue, MAIL)
        if refusal:
            self.receiver.note(self.dialogue, MAIL, refusal, [""])
            self.dialogue.sender = None
        return refusal or "250 2.1.0 Ok"

    async def do_rcpt(self, argument):
        if self.dialogue.sender is None:
            return "503 5.5.1 Error: need MAIL command"
        self.dialogue.recipient = email.utils.parseaddr(argument.partition(":")[2].split(" ")[0])[1]
        refusal = await self.receiver.refusal(self.dialogue, RCPT)
        if refusal:
            self.receiver.note(self.dialogue, RCPT, refusal, [self.dialogue.recipient])
            return refusal
        self.dialogue.recipients.append(self.dialogue.recipient)
        return "250 2.1.5 Ok"

    async def do_data(self, argument):
        if not self.dialogue.recipients:
            return "554 5.5.1 Error: no valid recipients"
        await self._say("354 End data with <CR><LF>.<CR><LF>")
        content = []
        while (line := await self._line()) != b".\r\n":
            content.append(line.removeprefix(b"."))
        reply = await self.receiver.refusal(self.dialogue, DATA) or await self.accept(b"".join(content))
        self.receiver.note(self.dialogue, DATA, reply, self.dialogue.recipients)
        await self.do_rset("")
        return reply

    async def accept(self, content):
        """Take the message; return the reply."""
        return self.receiver.fill(self.server.accepted, self.dialogue)

    async def do_rset(self, argument):
        self.dialogue.sender, self.dialogue.recipients = None, []
        return "250 2.0.0 Ok"

    async def do_noop(self, argument):
        return "250 2.0.0 Ok"

    async def _line(self):
        line = await asyncio.wait_for(self.reader.readline(), SILENCE)
        if not line:
            raise ConnectionError
        return line

    async def _say(self, reply):
        self.writer.write("".join(f"{line}\r\n" for line in reply.split("\n")).encode())
        await self.writer.drain()


def running(receiver, listen):
    """Let ``receiver`` listen (see Receiver.start) in a thread of this process, for the length of a ``with`` block."""
    return in_background(lambda: receiver.start(listen))
