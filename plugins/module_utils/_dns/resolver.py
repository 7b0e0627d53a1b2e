# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The batch engine: thousands of DNS checks at once, in one thread, against the nameservers given.

A check is a generator of questions (``question.py`` describes questions, answers and records)::

    resolver = Resolver(nameservers=["127.0.0.1:5353"], timeout=3.0, retries=3)
    results = resolver.run(check(address) for address in addresses)     # what the generators returned, in their order
    resolver.stats                                                      # {"asked": 2, "sent": 2, "late": 0, ...}

``run(checks, **options)`` is the same in one line. Nothing is raised for what the network does: every failure is an answer. A
``DeliverabilityError`` is raised for a nameserver that is no address, or when there is none at all.

How a question travels

* Identical questions are asked once: whoever asks again waits for the same answer or gets it from the cache, which keeps answers for
  their TTL (negative ones ``NEGATIVE_TTL`` seconds) and is emptied when it holds ``CACHE_SIZE`` of them.
* At most ``in_flight`` questions are on the wire. Checks are started as room appears, so ten thousand of them cost little memory.
* It leaves from a random socket of a small pool that is renewed all the time, with a random id. A packet counts as its answer only
  if it comes from the server asked to the port used and repeats the id and the question; anything else is counted as a stray.
* The first nameserver is asked first. A nameserver that stays silent, or a question that it fails, moves on to the next one.
* An attempt waits as long as the server's answers usually take, with a margin, twice as long for each further attempt, and the last
  attempt waits ``timeout`` seconds; an answer to an earlier attempt counts as long as the question is open.
* A truncated answer is asked again over TCP. CNAMEs are followed to the end, also where the nameserver does not follow them itself.
* The NXDOMAINs, of which a blocklist check makes a flood, are recognised from the header; dnspython decodes everything else.
"""

from __future__ import annotations

import heapq
import ipaddress
import os
import selectors
import socket
import struct
import sys
import time
import traceback
from collections import deque

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import ascii_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import MAX_ALIASES, Answer, Question, Text
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

try:
    import dns.exception
    import dns.message
    import dns.rcode
except ImportError:
    DNSPYTHON_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    DNSPYTHON_IMPORT_ERROR = None

IN_FLIGHT = 150  # as many as the receive buffer of a Linux socket holds, so that a burst to a busy local server loses nothing
NEGATIVE_TTL = 30
CACHE_SIZE = 20_000
SOCKETS = 8  # open to one nameserver at a time
SOCKET_USES = 1_000  # questions that leave from one socket before another takes its place
UDP_SIZE = 1232  # octets that we say we take: no fragments on any path (DNS flag day 2020)
FIRST_WAIT = 0.6  # seconds for the first attempt while a server's pace is unknown
SHORTEST_WAIT = 0.25  # for a server that answers at once: a recursive one may have to ask others first
SAMPLE = 16  # one answer in so many is measured
SILENT = 5  # attempts in a row without a word from a server: others are preferred
OUTAGE = 50  # the same for every server at once, for as long as ``timeout``: questions get one short attempt until somebody speaks
SECOND_CHANCE = 2.0  # seconds after which a silent server is tried again
BACK_OFF = 0.1  # seconds before asking again a server that answered with a failure; doubled each time
TICK = 0.02  # seconds between two looks at who is late
STANDSTILL = 0.1  # more than this between two looks: we stood still, and nobody is late by that

QUERY = b"\x01\x20\x00\x01\x00\x00\x00\x00\x00\x00"  # a header without its id: recursion desired, AD understood, one question
QUERY_OPT = QUERY[:-1] + b"\x01"  # and one record behind it, the OPT of EDNS
HEADER = struct.Struct("!HBBHH")  # id, the two octets of flags, numbers of questions and answers
OPT = b"\x00\x00\x29" + UDP_SIZE.to_bytes(2, "big") + b"\x00\x00\x00\x00\x00\x00"
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "DS": 43, "DNSKEY": 48, "TLSA": 52}
TYPE_AND_CLASS = {name: number.to_bytes(2, "big") + b"\x00\x01" for name, number in TYPES.items()}
FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = 1, 2, 3, 4, 5
DNSSEC_ERRORS = range(5, 13)  # extended error codes of RFC 8914 that speak of validation
KEPT = ("nxdomain", "ok", "nodata")  # what the cache keeps; failures are asked again
RESOLV_CONF = "/etc/resolv.conf"


# --- names on the wire ---------------------------------------------------------------------------------------------------------


class BadName(ValueError):
    """A name that no DNS packet can carry; the message says why."""


class _Labels(dict):
    """Labels as they go on the wire, made once each: the same numbers and zones come again and again."""

    def __missing__(self, label):
        if len(self) > 50_000:
            self.clear()
        octets = label.lower().encode("ascii")
        if not 0 < len(octets) < 64:
            raise BadName("a label has more than 63 octets" if octets else "a label is empty")
        wire = self[label] = bytes((len(octets),)) + octets
        return wire


_wire_label = _Labels().__getitem__


def wire_name(name):
    """Encode ``name`` (text, with or without a dot at the end) or raise ``BadName``."""
    if not name.isascii():
        name = ascii_name(name)
    labels = name[:-1] if name.endswith(".") else name
    wire = b"".join(map(_wire_label, labels.split("."))) + b"\x00" if labels else b"\x00"
    if len(wire) > 255:
        raise BadName("the name has more than 255 octets")
    return wire


# --- nameservers ---------------------------------------------------------------------------------------------------------------


def parse_nameserver(text):
    """Return ``(address, port)`` of ``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1`` or ``[2001:db8::1]:5353``."""
    host, port = text.strip(), "53"
    if host.startswith("["):
        host, bracket, port = host[1:].partition("]")
        port = port[1:] if port.startswith(":") and bracket else "" if port or not bracket else "53"
    elif host.count(":") == 1:
        host, _colon, port = host.partition(":")
    try:
        ipaddress.ip_address(host.partition("%")[0])
        if not 0 < int(port) < 65536:
            raise ValueError
    except ValueError:
        raise DeliverabilityError(f"nameservers: {text!r} is not an address, address:port or [IPv6 address]:port") from None
    return host, int(port)


def system_nameservers(path=RESOLV_CONF):
    """Return the nameservers of ``/etc/resolv.conf``; its search list is not for us."""
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            words = [line.split() for line in lines]
    except OSError as error:
        raise DeliverabilityError(f"nameservers: none given, and {path} cannot be read: {error.strerror}") from None
    found = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
    if not found:
        raise DeliverabilityError(f"nameservers: none given, and {path} names none")
    return found


class _Server:
    """One nameserver: its sockets, how fast it answers, how long it has been silent."""

    def __init__(self, index, address, port):
        self.index = index
        self.address = address
        self.port = port
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.title = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        self.sockets: list[_Socket | None] = [None] * SOCKETS
        self.edns = True
        self.usual = 0.0  # seconds: smoothed round trip and its deviation (RFC 6298); 0 before the first answer
        self.spread = 0.0
        self.patience = FIRST_WAIT  # seconds that a first attempt waits for its answer
        self.silence = 0  # attempts that went unanswered since the last packet came
        self.silent_since = 0.0  # when the first of them was missed
        self.retry_at = 0.0  # when a silent server gets its next chance
        self.free_at = 0.0  # when the limit of questions a second lets the next one go
        self.sent = self.heard = self.late = 0
        self.no_such_name = [Answer("nxdomain", ttl=NEGATIVE_TTL, authenticated=ad, server=index) for ad in (False, True)]

    def mark_silence(self, attempts, now):
        """Count attempts that were missed an answer now."""
        if not self.silence:
            self.silent_since = now
        self.silence += attempts

    def measure(self, seconds):
        """Learn from one round trip how long to wait for the next."""
        if not self.usual:
            self.usual, self.spread = seconds, seconds / 2
        else:
            self.spread += (abs(seconds - self.usual) - self.spread) / 4
            self.usual += (seconds - self.usual) / 8
        self.patience = max(SHORTEST_WAIT, self.usual + 4 * self.spread)


class _Socket:
    """A connected UDP socket: the kernel drops what other addresses and ports send to it."""

    __slots__ = ("server", "socket", "open", "left")

    def __init__(self, server):
        self.server = server
        self.socket = socket.socket(server.family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.open: dict[int, _Ask] = {}  # id -> question
        self.left = SOCKET_USES


class _Stream:
    """One question over TCP: what is still to be sent, what has come."""

    __slots__ = ("ask", "server", "socket", "out", "data", "ident")

    def __init__(self, ask, server, ident):
        self.ask = ask
        self.server = server
        self.ident = ident
        packet = _packet(ident, ask, server)
        self.out = len(packet).to_bytes(2, "big") + packet
        self.data = b""
        self.socket = socket.socket(server.family, socket.SOCK_STREAM)
        self.socket.setblocking(False)


class _Ask:
    """One question on its way, and everybody who waits for it."""

    attempt = 0
    due = sent_at = 0.0
    server = None  # that the current attempt asks
    stream = None
    aliases = ()
    done = False

    def __init__(self, question, key, wire):
        self.question = question
        self.key = key
        self.wire = wire  # the question section: name, type, class
        self.waiters: list = []  # (check, place among its questions)
        self.places: list = []  # (socket, id) where an answer may arrive


class _Check:
    """A generator that is under way, with the answers to its current questions as they come in."""

    __slots__ = ("generator", "finish", "answers", "missing", "single")

    def __init__(self, generator, finish):
        self.generator = generator
        self.finish = finish  # called with what the generator returns
        self.answers: list = []
        self.missing = 0
        self.single = False


def _dice():
    """Yield pairs (number for a socket, id) from the system's random generator."""
    while True:
        yield from struct.iter_unpack("!BH", os.urandom(3 * 1024))


def _packet(ident, ask, server):
    """Return the query for a question."""
    if server.edns:
        return ident.to_bytes(2, "big") + QUERY_OPT + ask.wire + OPT
    return ident.to_bytes(2, "big") + QUERY + ask.wire


# --- the engine ----------------------------------------------------------------------------------------------------------------


class Resolver:
    """Asks nameservers on behalf of checks.

    nameservers   list of texts for ``parse_nameserver``; None or [] takes the system's
    timeout       seconds that the last attempt of a question waits
    retries       attempts after the first
    in_flight     questions on the wire at once
    deadline      seconds for everything that this resolver runs; what is open then is answered ``timeout``; None for no limit
    rate          questions a second to one nameserver, at most; 0 for no limit
    paces         name -> questions a second, for the questions that carry this name in ``.pace``
    progress      function called about once a second with (number of finished checks, ``stats``)
    """

    def __init__(self, nameservers=None, timeout=3.0, retries=3, in_flight=IN_FLIGHT, deadline=None, rate=0, paces=None, progress=None):
        if DNSPYTHON_IMPORT_ERROR:
            raise DeliverabilityError(f"the Python library dnspython >= 2.4.0 is needed where this runs; {sys.executable} cannot import it")
        self.servers = [_Server(index, *parse_nameserver(text)) for index, text in enumerate(nameservers or system_nameservers())]
        self.timeout = timeout
        self.retries = retries
        self.in_flight = in_flight
        self.rate = rate
        self.paces = dict(paces or {})
        self.progress = progress
        self.stats = dict.fromkeys(("asked", "sent", "shared", "retried", "late", "failed", "strays", "tcp"), 0)
        self._stop_at = time.monotonic() + deadline if deadline else float("inf")
        self._stopped = ""  # why nothing is asked any more
        self._pace_at = dict.fromkeys(self.paces, 0.0)
        self._asks: dict = {}  # key -> its _Ask, from the asking to the answer
        self._cache: dict = {}  # key -> (answer, when it ends)
        self._ready: deque = deque()  # to be sent next
        self._later: list = []  # heap of (time, number, ask): paced, or backing off
        self._flight: set = set()  # on the wire
        self._retired: list = []  # sockets that send no more, but may still receive
        self._dice = _dice()
        self._buffer = bytearray(4096)
        self._number = 0
        self._now = time.monotonic()

    def report(self):
        """Return what is known of each nameserver: a list of dictionaries, in the order of the option."""
        return [
            {"nameserver": server.title, "sent": server.sent, "answered": server.heard, "late": server.late, "milliseconds": round(server.usual * 1000, 1)}
            for server in self.servers
        ]

    def run(self, checks):
        """Run the generators of ``checks`` to their ends; return the list of what they returned, in order."""
        results: list = []
        finished = 0

        def finish_at(index):
            def finish(value):
                nonlocal finished
                finished += 1
                results[index] = value

            return finish

        waiting = enumerate(checks)
        self._selector = selectors.DefaultSelector()
        tick = report = self._now = time.monotonic()
        try:
            while True:
                while waiting and len(self._ready) < self.in_flight:
                    index, generator = next(waiting, (None, None))
                    if generator is None:
                        waiting = None
                        break
                    results.append(None)
                    self._step(_Check(generator, finish_at(index)), None)
                self._send_ready()
                if self._flight:
                    self._listen()
                elif self._ready or self._later:
                    time.sleep(TICK / 10)
                elif not waiting:
                    return results
                now = self._now = time.monotonic()
                if now - tick >= TICK:
                    if now - tick >= STANDSTILL:
                        self._forgive(now - tick)
                    tick = now
                    self._look_around(now)
                if self.progress and now - report >= 1.0:
                    report = now
                    self.stats["sent"] = sum(server.sent for server in self.servers)
                    self.progress(finished, self.stats)
        finally:
            self.stats["sent"] = sum(server.sent for server in self.servers)
            self._close()

    # -- checks and questions

    def _step(self, check, reply):
        """Send ``reply`` into a check and ask what it yields next, until it has to wait or has ended."""
        while True:
            try:
                asked = check.generator.send(reply)
            except StopIteration as end:
                check.finish(end.value)
                return
            check.single = isinstance(asked, Question)
            questions = (asked,) if check.single else asked
            self.stats["asked"] += len(questions)
            check.answers = [self._ask(question, check, index) for index, question in enumerate(questions)]
            check.missing = check.answers.count(None)
            if check.missing:
                return
            reply = check.answers[0] if check.single else check.answers

    def _ask(self, question, check, index):
        """Return the answer if it is known; otherwise see that it comes and return None."""
        try:
            wire = wire_name(question.name) + TYPE_AND_CLASS[question.rdtype]
        except BadName as error:
            return Answer("bogus", why=str(error))
        key = wire if question.server is None else (wire, question.server)
        ask = self._asks.get(key)
        if ask is not None:
            self.stats["shared"] += 1
            ask.waiters.append((check, index))
            return None
        known = self._cache.get(key)
        if known is not None:
            if known[1] > self._now:
                self.stats["shared"] += 1
                return known[0]
            del self._cache[key]
        if self._stopped:
            return Answer("timeout", why=self._stopped)
        ask = self._asks[key] = _Ask(question, key, wire)
        ask.waiters.append((check, index))
        if question.pace:
            self._schedule(ask)
        else:
            self._ready.append(ask)
        return None

    def _schedule(self, ask, delay=0.0):
        """Put a question in line: now, after ``delay`` seconds, or when its pace allows."""
        pace = ask.question.pace
        if pace in self.paces:
            at = max(self._now + delay, self._pace_at[pace])
            self._pace_at[pace] = at + 1 / self.paces[pace]
        elif delay:
            at = self._now + delay
        else:
            self._ready.append(ask)
            return
        self._number += 1
        heapq.heappush(self._later, (at, self._number, ask))

    def _deliver(self, ask, answer):
        """Close a question and hand its answer to everybody who waits."""
        ask.done = True
        self._flight.discard(ask)
        for port, ident in ask.places:
            port.open.pop(ident, None)
        if ask.stream:
            self._drop_stream(ask)
        del self._asks[ask.key]
        if answer.status in KEPT:
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            self._cache[ask.key] = (answer, self._now + answer.ttl)
        else:
            self.stats["failed"] += 1
        for check, index in ask.waiters:
            check.answers[index] = answer
            check.missing -= 1
            if not check.missing:
                self._step(check, answer if check.single else check.answers)

    # -- sending

    def _send_ready(self):
        """Send what is in line, as far as the bound of questions in flight and the servers' limits allow."""
        later, ready, flight, now = self._later, self._ready, self._flight, self._now
        while later and later[0][0] <= now:
            ready.append(heapq.heappop(later)[2])
        while ready and len(flight) < self.in_flight:
            ask = ready.popleft()
            if ask.done:
                continue
            server = self._choose(ask)
            if self.rate:
                if server.free_at > now:
                    ready.appendleft(ask)
                    return
                server.free_at = max(server.free_at, now - 2 * TICK) + 1 / self.rate
            self._send(ask, server)

    def _choose(self, ask):
        """Return the nameserver for the next attempt: in order, but not one that is silent or has just failed the question."""
        if ask.question.server is not None:
            return self.servers[ask.question.server]
        first = self.servers[0]
        if len(self.servers) == 1 or (first.silence < SILENT and ask.server is None):
            return first
        now = self._now
        best = min(self.servers, key=lambda server: (server.silence >= SILENT and server.retry_at > now, server is ask.server, server.index))
        if best.silence >= SILENT:
            best.retry_at = now + SECOND_CHANCE
        return best

    def _send(self, ask, server):
        number, ident = next(self._dice)
        port = server.sockets[number % SOCKETS]
        try:
            if port is None or not port.left:
                port = self._new_socket(server, number % SOCKETS)
            while ident in port.open:
                ident = next(self._dice)[1]
            port.socket.send(_packet(ident, ask, server))
        except BlockingIOError:
            self._ready.append(ask)
            return
        except OSError as error:
            self._failed(ask, server, Answer("timeout", why=f"{server.title}: {error.strerror}"))
            return
        port.left -= 1
        port.open[ident] = ask
        ask.places.append((port, ident))
        ask.server = server
        server.sent += 1
        self._await(ask, server)

    def _new_socket(self, server, number):
        """Put a fresh socket, with a port that the kernel draws, in the place of a used one."""
        if server.sockets[number]:
            self._retired.append(server.sockets[number])
        server.sockets[number] = None
        port = _Socket(server)
        port.socket.connect((server.address, server.port))
        self._selector.register(port.socket, selectors.EVENT_READ, (self._read_socket, port))
        server.sockets[number] = port
        return port

    def _await(self, ask, server):
        """Note how long the attempt that has just been sent may take."""
        wait = server.patience * 2**ask.attempt
        if wait > self.timeout or ask.attempt >= self.retries:
            wait = self.timeout
        if server.silence >= OUTAGE and self._outage():
            wait = min(wait, SHORTEST_WAIT)
        ask.sent_at = self._now
        ask.due = self._now + wait
        self._flight.add(ask)

    def _outage(self):
        """Whether no server speaks. A burst that is late all at once is none yet: a busy server stands still for half a second now and then."""
        return all(server.silence >= OUTAGE and self._now - server.silent_since >= self.timeout for server in self.servers)

    def _failed(self, ask, server, failure):
        """End an attempt: ask again, the next server if there is one, or deliver the failure."""
        self._flight.discard(ask)
        if ask.stream:
            self._drop_stream(ask)
        if self._stopped or ask.attempt >= self.retries or self._outage():
            self._deliver(ask, failure)
            return
        ask.server = server
        ask.attempt += 1
        self.stats["retried"] += 1
        another = len(self.servers) > 1 and ask.question.server is None
        waited = failure.status == "timeout" and ask.due <= self._now
        self._schedule(ask, 0.0 if waited or another else BACK_OFF * 2 ** (ask.attempt - 1))

    # -- receiving

    def _listen(self):
        events = self._selector.select(TICK)
        self._now = time.monotonic()
        for key, mask in events:
            read, source = key.data
            read(source, mask)

    def _read_socket(self, port, mask):
        """Take every packet that has come to a socket."""
        receive, waiting, server, buffer = port.socket.recv_into, port.open, port.server, self._buffer
        while True:
            try:
                size = receive(buffer)
            except BlockingIOError:
                return
            except OSError as error:  # an ICMP message: nobody listens there, or no way leads there
                self._unreachable(port, error)
                return
            ident, high, low, questions, answers = HEADER.unpack_from(buffer)
            ask = waiting.get(ident)
            if ask is None or size < 12 + len(ask.wire) or not buffer.startswith(ask.wire, 12) or high & 0xF8 != 0x80 or questions != 1:
                if ask is None or not self._wants_no_edns(ask, server, buffer[:size]):
                    self.stats["strays"] += 1
                continue
            if not ask.attempt and not server.heard % SAMPLE:
                server.measure(self._now - ask.sent_at)
            server.heard += 1
            server.silence = 0
            if low & 0x0F == NXDOMAIN and not answers and not high & 0x02:
                answer = server.no_such_name[low >> 5 & 1]
                if ask.aliases:
                    answer = Answer("nxdomain", aliases=ask.aliases, ttl=NEGATIVE_TTL, server=server.index)
                self._deliver(ask, answer)
            else:
                del waiting[ident]
                self._read_packet(ask, server, bytes(buffer[:size]))

    def _unreachable(self, port, error):
        """End the attempts that left from a socket to which the kernel has reported an error."""
        server = port.server
        server.mark_silence(SILENT, self._now)
        for ask in list(port.open.values()):
            if ask.server is server and ask in self._flight:
                self._failed(ask, server, Answer("timeout", why=f"{server.title}: {error.strerror}"))

    def _wants_no_edns(self, ask, server, data):
        """Ask again without EDNS where an old server says FORMERR or NOTIMP, perhaps with nothing but a header."""
        if not server.edns or len(data) < 12 or not data[2] & 0x80 or data[3] & 0x0F not in (FORMERR, NOTIMP):
            return False
        server.edns = False
        server.silence = 0
        self._flight.discard(ask)
        self._schedule(ask)
        return True

    def _read_packet(self, ask, server, data, over_tcp=False):
        """Work out what a packet says that answers a question, and deliver it or go on asking."""
        if data[3] & 0x0F in (FORMERR, NOTIMP) and self._wants_no_edns(ask, server, data):
            return
        if data[2] & 0x02:
            if over_tcp:
                self._failed(ask, server, Answer("bogus", why="truncated even over TCP", server=server.index))
            elif ask.stream is None:
                self._open_stream(ask, server)
            return
        answer = read_answer(data, ask.question.rdtype, server.index, ask.aliases)
        if answer.failed:
            if ask.server is server and ask in self._flight:  # a late word about an attempt that was given up changes nothing
                self._failed(ask, server, answer)
        elif answer.status == "ok" and answer.name in answer.aliases:
            self._deliver(ask, Answer("bogus", why="the CNAME chain is a loop", aliases=answer.aliases, server=server.index))
        elif answer.records is UNFOLLOWED:
            self._follow(ask, answer)
        else:
            self._deliver(ask, answer)

    def _follow(self, ask, answer):
        """Ask for the target of a CNAME that the server did not follow; the question keeps its waiters."""
        for port, ident in ask.places:
            port.open.pop(ident, None)
        self._flight.discard(ask)
        if ask.stream:
            self._drop_stream(ask)
        ask.places = []
        ask.aliases = answer.aliases
        ask.attempt = 0
        ask.server = None
        try:
            ask.wire = wire_name(answer.name) + TYPE_AND_CLASS[ask.question.rdtype]
        except BadName as error:
            self._deliver(ask, Answer("bogus", why=f"the target of the CNAME: {error}"))
        else:
            self._schedule(ask)

    # -- TCP

    def _open_stream(self, ask, server):
        self.stats["tcp"] += 1
        server.sent += 1
        self._await(ask, server)
        try:
            stream = ask.stream = _Stream(ask, server, next(self._dice)[1])
            stream.socket.connect((server.address, server.port))
        except BlockingIOError:
            pass
        except OSError as error:
            self._failed(ask, server, Answer("timeout", why=f"{server.title} over TCP: {error.strerror}"))
            return
        self._selector.register(stream.socket, selectors.EVENT_WRITE, (self._serve_stream, stream))

    def _serve_stream(self, stream, mask):
        """Send or receive what a TCP connection can take or give now."""
        ask, server = stream.ask, stream.server
        if ask.stream is not stream:
            return
        try:
            if stream.out:
                stream.out = stream.out[stream.socket.send(stream.out) :]
                if not stream.out:
                    self._selector.modify(stream.socket, selectors.EVENT_READ, (self._serve_stream, stream))
                return
            piece = stream.socket.recv(65537)
        except BlockingIOError:
            return
        except OSError as error:
            self._failed(ask, server, Answer("timeout", why=f"{server.title} over TCP: {error.strerror}"))
            return
        stream.data += piece
        size = int.from_bytes(stream.data[:2], "big")
        data = stream.data[2 : 2 + size]
        if len(stream.data) < 2 or len(data) < size:
            if not piece:
                self._failed(ask, server, Answer("bogus", why=f"{server.title} closed the TCP connection early", server=server.index))
            return
        if (
            len(data) < 12
            or int.from_bytes(data[:2], "big") != stream.ident
            or not data.startswith(ask.wire, 12)
            or data[2] & 0xF8 != 0x80
            or data[4:6] != b"\x00\x01"
        ):
            self.stats["strays"] += 1
            self._failed(ask, server, Answer("bogus", why=f"{server.title} answered another question over TCP", server=server.index))
            return
        server.heard += 1
        server.silence = 0
        self._drop_stream(ask)
        self._read_packet(ask, server, data, over_tcp=True)

    def _drop_stream(self, ask):
        stream, ask.stream = ask.stream, None
        if stream.socket.fileno() in self._selector.get_map():
            self._selector.unregister(stream.socket)
        stream.socket.close()

    # -- the clock

    def _forgive(self, seconds):
        """Do not count the time in which we stood still: answers lie unread, and what was sent may not have left."""
        for ask in self._flight:
            ask.due += seconds
        for server in self.servers:
            server.silent_since += seconds

    def _look_around(self, now):
        """End the attempts that are late, close the sockets that are used up, stop at the deadline."""
        for ask in [ask for ask in self._flight if ask.due <= now]:
            server = ask.server
            server.mark_silence(1, now)
            server.late += 1
            self.stats["late"] += 1
            self._failed(ask, server, Answer("timeout", why="no answer in time"))
        for port in [port for port in self._retired if not port.open]:
            self._retired.remove(port)
            self._close_socket(port)
        if now >= self._stop_at and not self._stopped:
            self._stopped = "the time for the whole run is over"
            for ask in list(self._asks.values()):
                if not ask.done:
                    self._deliver(ask, Answer("timeout", why=self._stopped))

    def _close_socket(self, port):
        self._selector.unregister(port.socket)
        port.socket.close()

    def _close(self):
        """Close every socket; what a run that was interrupted had on the wire is forgotten."""
        for ask in list(self._flight):
            if ask.stream:
                self._drop_stream(ask)
        for server in self.servers:
            self._retired += [port for port in server.sockets if port]
            server.sockets = [None] * SOCKETS
        for port in self._retired:
            self._close_socket(port)
        self._selector.close()
        for pile in (self._retired, self._asks, self._ready, self._later, self._flight):
            pile.clear()


def run(checks, **options):
    """Run ``checks`` with a ``Resolver`` of their own, made with ``options``; return what the generators returned."""
    return Resolver(**options).run(checks)


def resolver_for(options, **more):
    """Return the ``Resolver`` that a module's options ask for; ``more`` are arguments that are no options."""
    shared = ("nameservers", "timeout", "retries", "deadline", "rate")
    return Resolver(**{name: options[name] for name in shared if options.get(name) is not None}, **more)


# --- reading answers -----------------------------------------------------------------------------------------------------------

UNFOLLOWED = ["the CNAME was not followed"]  # stands for the records of an answer that ends in the middle of a chain


def _text_name(name):
    return name.to_text(omit_final_dot=True).lower() if len(name) > 1 else ""


RECORDS = {
    "A": lambda data: data.address,
    "AAAA": lambda data: data.address,
    "CNAME": lambda data: _text_name(data.target),
    "NS": lambda data: _text_name(data.target),
    "PTR": lambda data: _text_name(data.target),
    "MX": lambda data: (data.preference, _text_name(data.exchange)),
    "TXT": lambda data: Text.of(data.strings),
    "TLSA": lambda data: (data.usage, data.selector, data.mtype, data.cert.hex()),
    "SRV": lambda data: (data.priority, data.weight, data.port, _text_name(data.target)),
    "SOA": lambda data: (_text_name(data.mname), _text_name(data.rname), data.serial, data.refresh, data.retry, data.expire, data.minimum),
}


def read_answer(data, rdtype, server=None, aliases=()):
    """Read a whole packet whose id and question are known to be right, and return what it answers.

    ``aliases`` are the names that the chain has passed before. Where the packet ends in the middle of a chain the records are
    ``UNFOLLOWED``, and ``.name`` is the name to ask next. A packet that cannot be read, or that answers something else, is ``bogus``.
    """
    try:
        message = dns.message.from_wire(data)
        name = message.question[0].name
        chain = list(aliases)
        ttl = 86400
        authenticated = bool(message.flags & 0x20)
        sets = {(rrset.name, rrset.rdtype): rrset for rrset in message.answer if rrset.rdclass == 1}
        wanted = TYPES[rdtype]
        while (name, wanted) not in sets and (name, TYPES["CNAME"]) in sets:
            chain.append(_text_name(name))
            alias = sets[name, TYPES["CNAME"]]
            name, ttl = alias[0].target, min(ttl, alias.ttl)
            if len(chain) > MAX_ALIASES or _text_name(name) in chain:
                return Answer("bogus", why="the CNAME chain is a loop or too long", server=server)
        found = sets.get((name, wanted))
        records = [RECORDS[rdtype](item) if rdtype in RECORDS else item.to_text() for item in found] if found else []
        ttl = min([ttl, found.ttl] if found else [ttl, NEGATIVE_TTL])
        rcode = message.rcode()
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as error:
        return Answer("bogus", why=f"the answer cannot be read: {type(error).__name__}", server=server)
    facts = {"name": _text_name(name), "aliases": tuple(chain), "ttl": ttl, "authenticated": authenticated, "server": server}
    if rcode == 0 and found:
        return Answer("ok", records, **facts)
    if rcode == NXDOMAIN:
        return Answer("nxdomain", **facts)
    if rcode != 0:
        return _failure(message, rcode, server)
    if len(chain) > len(aliases) and not any(rrset.rdtype == TYPES["SOA"] for rrset in message.authority):
        return Answer("ok", UNFOLLOWED, **facts)
    if message.answer and len(chain) == len(aliases):
        return Answer("bogus", why="the answer speaks of another name or type", server=server)
    if _is_referral(message):
        return Answer("refused", why="the nameserver does not look names up for others", server=server)
    return Answer("nodata", **facts)


def _is_referral(message):
    """Whether a server that neither knows nor looks up names has sent us elsewhere: that is no "there is none"."""
    authoritative, recursive = message.flags & 0x0400, message.flags & 0x0080
    return not authoritative and not recursive and any(rrset.rdtype == TYPES["NS"] for rrset in message.authority)


def _failure(message, rcode, server):
    """Turn a response code that stands for a failure into an answer, with the reason that the server adds (RFC 8914)."""
    errors = [(option.code, option.text or "") for option in message.options if option.otype == 15 and hasattr(option, "code")]
    said = "".join(f", extended error {int(code)} {text}".rstrip() for code, text in errors)
    if rcode == SERVFAIL and any(int(code) in DNSSEC_ERRORS for code, _text in errors):
        return Answer("bogus", why=f"DNSSEC validation failed{said}", server=server)
    status = {SERVFAIL: "servfail", REFUSED: "refused"}.get(rcode, "bogus")
    return Answer(status, why=f"the nameserver answered {dns.rcode.to_text(rcode)}{said}", server=server)
