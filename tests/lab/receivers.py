# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mail servers of the lab: those of the embedded fleet, and more of their kind, on real addresses; and relays that want a password.

Each refusal comes from what the lab's DNS says about the client, or from the dialogue. ``receivers.py FOLDER`` listens until it is ended; in
FOLDER it writes ``log/<server>.jsonl``, one line for each recipient's last word, and reads ``moods.json``, where a test orders a server
to refuse: ``{server: {"stage": "RCPT TO", "reply": "452 4.3.1 ..."}}``. An order without a reply ends the connection.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import pathlib
import signal
import smtplib
import ssl
import sys
import time

import spf

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet/record"))
import receiver as fleet
import world
from receiver import DATA, MAIL, RCPT, Rule, Server, always, greylisted, listed, no_reverse_name, recipient

SUBMISSION = 587
GREYLISTED = 4  # seconds
MAILS, PER = 5, 10  # a client may begin so many messages in so many seconds
ONWARD_TIMEOUT = 20  # seconds for a relay to hand a message on


# Causes that the fleet does not have.


async def spf_fails(dialogue, receiver):
    """The sender's domain says that this client does not send for it."""
    result, _explanation = await asyncio.to_thread(spf.check2, i=dialogue.client, s=dialogue.sender or "", h=dialogue.helo)
    return result == "fail"


def too_often(limit, seconds):
    """The client began more than ``limit`` messages in the last ``seconds``."""

    async def when(dialogue, receiver):
        now = receiver.clock()
        begun = receiver.begun.setdefault((dialogue.server, dialogue.client), [])
        begun[:] = [*(moment for moment in begun if moment > now - seconds), now]
        return len(begun) > limit

    return when


def over(family, when):
    """The client comes over IPv6 or IPv4, and ``when``."""

    async def both(dialogue, receiver):
        return (":" in dialogue.client) == (family == 6) and await when(dialogue, receiver)

    return both


async def stranger(dialogue, receiver):
    """Nobody has authenticated."""
    return dialogue.user is None


async def not_our_customer(dialogue, receiver):
    """The relay does not send for the sender's domain."""
    return (dialogue.sender or "").rpartition("@")[2] not in world.RELAYED


GMAIL = Server(
    greeting="mx.mailhub.example ESMTP {id} - gsmtp",
    accepted="250 2.0.0 OK  {id} - gsmtp",
    rules=(
        fleet.SERVERS["mx.mailhub.example"].rules[0],
        fleet.SERVERS["mx.mailhub.example"].rules[1],
        Rule(
            DATA,
            over(6, no_reverse_name),
            "550-5.7.1 [{ip}] Our system has detected that this message does\n"
            "550-5.7.1 not meet IPv6 sending guidelines regarding PTR records and\n"
            "550-5.7.1 authentication. Please review\n"
            "550 5.7.1  https://support.google.com/mail/?p=IPv6AuthError for more information. {id} - gsmtp",
        ),
        *fleet.SERVERS["mx.mailhub.example"].rules[2:],
        Rule(
            DATA,
            listed("reputation.mailhub.example"),
            "550-5.7.1 [{ip}] Our system has detected that this message is\n"
            "550-5.7.1 likely suspicious due to the very low reputation of the sending IP\n"
            "550-5.7.1 address. To best protect our users from spam, the message has been\n"
            "550-5.7.1 blocked. Please visit\n"
            "550 5.7.1  https://support.google.com/mail/answer/188131 for more information. {id} - gsmtp",
        ),
        Rule(
            DATA,
            spf_fails,
            "550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n"
            "550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.\n"
            "550-5.7.26  Authentication results:\n550-5.7.26  DKIM = did not pass\n550-5.7.26  SPF [{domain}] with ip: [{ip}] = did not pass\n"
            "550-5.7.26  For instructions on setting up authentication, go to\n"
            "550 5.7.26  https://support.google.com/mail/answer/81126#authentication {id} - gsmtp",
        ),
    ),
)
EXCHANGE_ONLINE = Server(
    greeting="mx.cloudmail.example Microsoft ESMTP MAIL Service ready",
    accepted="250 2.6.0 <{id}@{domain}> [InternalId=8658654536] Queued mail for delivery",
    rules=(
        Rule(
            MAIL,
            listed("zen.spamhaus.org"),
            "550 5.7.1 Unfortunately, messages from [{ip}] weren't sent. Please contact your Internet service provider since part of their network"
            " is on our block list (S3150). You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors.",
        ),
        Rule(
            RCPT,
            listed("blocked.cloudmail.example"),
            "550 5.7.606 Access denied, banned sending IP [{ip}]. To request removal from this list please visit https://sender.office.com/"
            " and follow the directions. For more information please go to http://go.microsoft.com/fwlink/?LinkID=526655 AS(1430)",
        ),
        Rule(RCPT, no_reverse_name, "550 5.7.25 Client host rejected: Reverse DNS does not match SMTP Banner, sending IP [{ip}]"),
    ),
)
PLAIN = Server(
    greeting="mx.open.example ESMTP Postfix",
    accepted="250 2.0.0 Ok: queued as {id}",
    rules=(
        Rule(RCPT, recipient("nobody"), "550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown in virtual mailbox table"),
        Rule(RCPT, recipient("overquota"), "452 4.2.2 <{rcpt}>: Recipient address rejected: Mailbox is full"),
    ),
)
RATE_LIMITED = Server(
    greeting="mx.parcel.example ESMTP Postfix",
    accepted="250 2.0.0 Ok: queued as {id}",
    rules=(Rule(MAIL, too_often(MAILS, PER), "450 4.7.1 Error: too much mail from {ip}"),),
)
RELAY = Server(
    greeting="relay.isp.example ESMTP ready",
    accepted="250 2.0.0 Ok: queued as {id}",
    rules=(
        Rule(MAIL, stranger, "530 5.7.0 Authentication required"),
        Rule(MAIL, not_our_customer, "553 5.7.1 <{sender}>: Sender address rejected: not owned by user"),
    ),
)
SERVERS = {
    **fleet.SERVERS,
    "mx.mailhub.example": GMAIL,
    "mx6.mailhub.example": GMAIL,
    "mx.cloudmail.example": EXCHANGE_ONLINE,
    "mx.open.example": PLAIN,
    "mx.parcel.example": RATE_LIMITED,
    "mx.club.example": Server(
        greeting="mx.club.example ESMTP Postfix",
        accepted="250 2.0.0 Ok: queued as {id}",
        rules=(Rule(RCPT, greylisted(GREYLISTED), fleet.SERVERS["mx.club.example"].rules[0].reply),),
    ),
    **dict.fromkeys(world.RELAYS, RELAY),
}
# SERVERS has a rule that needs no condition only where the whole server is that way: mx1.bank.example is always full.
assert fleet.SERVERS["mx1.bank.example"].rules[0].when is always


class LabReceiver(fleet.Receiver):
    """The servers, with a log of their last words and an ear for a test's orders."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(f"{world.NAMESERVER}:53", servers=SERVERS)
        self.begun: dict[tuple[str, str], list[float]] = {}
        self.folder = folder

    async def refusal(self, dialogue, stage):
        """The ordered reply, else that of the first rule that applies."""
        with contextlib.suppress(FileNotFoundError):
            order = json.loads((self.folder / "moods.json").read_text()).get(dialogue.server)
            if order and order["stage"] == stage:
                if not order["reply"]:
                    raise ConnectionError
                return self.fill(order["reply"], dialogue)
        return await super().refusal(dialogue, stage)

    def note(self, dialogue, stage, reply, recipients):
        """Write one line for each recipient."""
        with (self.folder / "log" / f"{dialogue.server}.jsonl").open("a") as log:
            for to in recipients:
                line = {
                    "time": round(time.time(), 3),
                    "client": dialogue.client,
                    "helo": dialogue.helo,
                    "user": dialogue.user,
                    "sender": dialogue.sender,
                    "recipient": to,
                    "stage": stage,
                    "reply": reply,
                    "accepted": stage == DATA and reply.startswith("2"),
                }
                print(json.dumps(line), file=log)

    async def converse(self, dialogue, reader, writer):
        dialogue.user = None
        kind = RelayConversation if dialogue.server in world.RELAYS else LabConversation
        await kind(self, dialogue, reader, writer).hold()

    async def onward(self, dialogue, content):
        """Hand a message to the first mail server of each recipient's domain that answers; return the reply for the client."""
        for to in dialogue.recipients:
            records = sorted(await self.ask(f"{to.rpartition('@')[2]}.", "MX"), key=lambda record: int(record.split()[0]))
            hosts = [address for record in records for address in await self.ask(record.split()[1], "A")]
            refused = await asyncio.to_thread(hand_over, hosts, dialogue, to, content)
            if refused:
                return refused
        return self.fill(RELAY.accepted, dialogue)


def hand_over(hosts: list[str], dialogue, to: str, content: bytes) -> str | None:
    """Send one message to the first host that answers, from the relay's own address; return the refusal."""
    source = world.SERVERS[dialogue.server][0]
    for host in hosts:
        try:
            with smtplib.SMTP(host, 25, dialogue.server, ONWARD_TIMEOUT, (source, 0)) as onward:
                onward.sendmail(dialogue.sender, [to], content)
            return None
        except smtplib.SMTPRecipientsRefused as refused:
            return _reply(*refused.recipients[to])
        except smtplib.SMTPResponseException as refused:
            return _reply(refused.smtp_code, refused.smtp_error)
        except OSError:
            continue
    return "451 4.4.1 No answer from the destination"


def _reply(code: int, text: bytes | str) -> str:
    lines = (text.decode() if isinstance(text, bytes) else text).split("\n")
    return "\n".join([*(f"{code}-{line}" for line in lines[:-1]), f"{code} {lines[-1]}"])


class LabConversation(fleet.Conversation):
    """A session whose commands may have answered by themselves."""

    async def _say(self, reply):
        if reply:
            await super()._say(reply)


class RelayConversation(LabConversation):
    """A session of message submission: STARTTLS, then AUTH PLAIN or LOGIN, before any mail."""

    encrypted = False

    async def do_ehlo(self, argument):
        *lines, last = (await super().do_ehlo(argument)).split("\n")
        return "\n".join([*lines, "250-AUTH PLAIN LOGIN" if self.encrypted else "250-STARTTLS", last])

    async def do_starttls(self, argument):
        await self._say("220 2.0.0 Ready to start TLS")
        await self.writer.start_tls(certificate(self.receiver.folder, self.dialogue.server))
        self.encrypted = True

    async def do_auth(self, argument):
        mechanism, _space, initial = argument.partition(" ")
        if not self.encrypted:
            return "530 5.7.0 Must issue a STARTTLS command first"
        if mechanism.upper() == "PLAIN":
            _authorise, user, password = (decoded(initial) if initial else await self._ask("")).split("\0")
        elif mechanism.upper() == "LOGIN":
            user = decoded(initial) if initial else await self._ask("Username:")
            password = await self._ask("Password:")
        else:
            return "504 5.5.4 Unrecognized authentication type"
        if world.ACCOUNTS.get(user) != password:
            self.receiver.note(self.dialogue, "AUTH", "535 5.7.8 Authentication credentials invalid", [""])
            return "535 5.7.8 Authentication credentials invalid"
        self.dialogue.user = user
        return "235 2.7.0 Authentication successful"

    async def accept(self, content):
        return await self.receiver.onward(self.dialogue, content)

    async def _ask(self, prompt):
        await self._say("334 " + base64.b64encode(prompt.encode()).decode())
        return decoded((await self._line()).decode().strip())


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def certificate(folder: pathlib.Path, server: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "tls" / f"{server}.pem")
    return context


async def serve(folder: pathlib.Path) -> None:
    """Listen on every address of every server but the one that is a real Postfix, until ended."""
    receiver = LabReceiver(folder)
    for server, addresses in world.SERVERS.items():
        for address in addresses if server != world.REAL_POSTFIX else ():
            await receiver.start({server: (address, SUBMISSION if server in world.RELAYS else 25)})
    print("ready", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(pathlib.Path(sys.argv[1])))
