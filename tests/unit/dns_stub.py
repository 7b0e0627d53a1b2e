# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A DNS server on loopback that does what a test tells it, octet by octet.

    with Stub(lambda query: query.reply(answers=[query.a("192.0.2.1")])) as nameserver:     # "127.0.0.1:40001"
        ...

The function gets a ``Query`` and returns what to send: octets, a list of octets or ``(delay in seconds, octets)``, or None for silence.
``query.tcp`` tells how the question came. Over TCP the octets are sent with their length in front, as they are if it is a ``Raw``.
"""

from __future__ import annotations

import heapq
import select
import socket
import struct
import threading
import time

TYPES = {1: "A", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 2: "NS"}
NUMBERS = {name: number for number, name in TYPES.items()}


class Raw(bytes):
    """Octets for a TCP connection that already have, or purposely lack, the length in front; empty: close at once."""


def wire(name):
    """Encode a name without compression."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


class Query:
    """A question as it came, and the means to answer it."""

    def __init__(self, data, tcp=False, client=None):
        self.data = data
        self.client = client
        self.tcp = tcp
        self.id = data[:2]
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += 1 + data[at]
        self.name = ".".join(labels)
        self.question = data[12 : at + 5]
        self.rdtype = TYPES.get(int.from_bytes(data[at + 1 : at + 3], "big"), "?")
        self.edns = data[10:12] == b"\0\1"

    def reply(self, rcode=0, answers=(), authority=(), additional=(), flags=0x8180, ident=None, question=None, counts=None):
        """Build a packet; ``counts`` overrides the four numbers of the header."""
        header = struct.pack("!HHHHH", flags | rcode, *(counts or (1, len(answers), len(authority), len(additional))))
        parts = [self.id if ident is None else ident, header, self.question if question is None else question, *answers, *authority, *additional]
        return b"".join(parts)

    def record(self, rdtype, rdata, name=None, ttl=60, rdclass=1, length=None):
        """Build a record; without a name it belongs to the name asked for."""
        owner = b"\xc0\x0c" if name is None else wire(name)
        return owner + struct.pack("!HHIH", NUMBERS.get(rdtype, rdtype), rdclass, ttl, len(rdata) if length is None else length) + rdata

    def a(self, address, name=None):
        return self.record("A", socket.inet_aton(address), name)

    def cname(self, target, name=None):
        return self.record("CNAME", wire(target), name)

    def txt(self, *chunks):
        return self.record("TXT", b"".join(bytes([len(chunk)]) + chunk for chunk in chunks))

    def soa(self, name=""):
        return self.record("SOA", wire("ns.example") + wire("root.example") + struct.pack("!5I", 1, 3600, 600, 86400, 60), name)

    def nxdomain(self):
        return self.reply(3, authority=[self.soa()])


class Stub:
    """The server; ``queries`` are those it got, in order. ``tcp=False`` leaves the TCP port closed."""

    def __init__(self, behave, tcp=True, address="127.0.0.1"):
        self.behave = behave
        self.queries: list[Query] = []
        self.errors: list[BaseException] = []
        self._later: list = []
        self._number = 0
        for _attempt in range(50):  # a port that is free for both UDP and TCP
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self.udp = socket.socket(family, socket.SOCK_DGRAM)
            self.udp.bind((address, 0))
            self.tcp = socket.socket(family) if tcp else None
            try:
                if self.tcp:
                    self.tcp.bind(self.udp.getsockname())
                    self.tcp.listen(50)
            except OSError:
                continue
            break
        self.title = f"[{address}]:{self.udp.getsockname()[1]}" if ":" in address else f"{address}:{self.udp.getsockname()[1]}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self.title

    def __exit__(self, *_exception):
        self._stop.set()
        self._thread.join(5)
        for closing in (self.udp, self.tcp):
            if closing:
                closing.close()
        if self.errors:
            raise self.errors[0]

    def _serve(self):
        streams: dict[socket.socket, bytes] = {}
        while not self._stop.is_set():
            watched = [self.udp, *([self.tcp] if self.tcp else []), *streams]
            for ready in select.select(watched, [], [], 0.005)[0]:
                try:
                    if ready is self.udp:
                        data, client = self.udp.recvfrom(4096)
                        self._answer(Query(data, client=client), lambda packet, client=client: self.udp.sendto(packet, client))
                    elif ready is self.tcp:
                        streams[self.tcp.accept()[0]] = b""
                    else:
                        self._read(ready, streams)
                except OSError:
                    streams.pop(ready, None)
                except Exception as error:
                    self.errors.append(error)
            now = time.monotonic()
            while self._later and self._later[0][0] <= now:
                _at, _number, send, packet = heapq.heappop(self._later)
                self._send(send, packet)
        for stream in streams:
            stream.close()

    def _read(self, stream, streams):
        piece = stream.recv(4096)
        streams[stream] += piece
        data = streams[stream]
        if not piece:
            del streams[stream]
            stream.close()
        elif len(data) > 2 and len(data) >= 2 + int.from_bytes(data[:2], "big"):
            streams[stream] = b""

            def send(packet):
                if not isinstance(packet, Raw):
                    packet = len(packet).to_bytes(2, "big") + packet
                stream.sendall(packet)
                if len(packet) < 3 or len(packet) - 2 != int.from_bytes(packet[:2], "big"):
                    stream.shutdown(socket.SHUT_RDWR)

            self._answer(Query(data[2:], tcp=True), send)

    def _answer(self, query, send):
        self.queries.append(query)
        packets = self.behave(query)
        for packet in packets if isinstance(packets, list) else [] if packets is None else [packets]:
            delay, octets = packet if isinstance(packet, tuple) else (0, packet)
            if delay:
                self._number += 1
                heapq.heappush(self._later, (time.monotonic() + delay, self._number, send, octets))
            else:
                self._send(send, octets)

    @staticmethod
    def _send(send, packet):
        try:
            send(packet)
        except OSError:
            pass
