# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small authoritative DNS server for the embedded fleet: one folder of zone files, UDP and TCP, loopback.

    python examples/fleet/dns_server.py --port 5353

Each file of the folder is one zone, and its name says which one and how it behaves:

``shop.example.zone``            a master file, answered as it stands (wildcards included)
``root.zone``                    the root, so that every other name gets an honest "no such name"
``silent.dnsbl.example.silent``  a zone whose server never answers; what the file contains does not matter

The server speaks for the whole DNS, so there are no delegations: a question is answered from the deepest zone that contains its name.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import pathlib
import sys
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.zone
from background import in_background

ZONES = pathlib.Path(__file__).parent / "zones"
WILDCARD = dns.name.Name([b"*"])
UDP_SIZE = 512  # the longest answer over UDP for a client that does not announce a size (RFC 1035)
PORT_ATTEMPTS = 20  # a port that is free for UDP may be taken for TCP: take another one
PARENT_CHECK = 1.0  # seconds between two looks at whether the parent is still there


class ServerError(Exception):
    """Something that a person can put right; the message names the file, address or port at fault."""


class Zone:
    """One zone. ``find`` knows wildcards and empty names, which a bare dictionary of records does not."""

    def __init__(self, origin, records=None):
        self.origin = origin
        self.records = records
        self.names = {ancestor for name in records or () for ancestor in _ancestors(name, origin)}

    @property
    def silent(self):
        """A zone without records never answers."""
        return self.records is None

    def find(self, name):
        """``(exists, node)``: the records of ``name`` or of the wildcard that stands for it (RFC 4592); ``node`` is None where there are none."""
        if name in self.names:
            return True, self.records.get_node(name)
        encloser = name.parent()
        while encloser not in self.names:
            encloser = encloser.parent()
        node = self.records.get_node(WILDCARD + encloser)
        return node is not None, node

    def authority(self):
        """The SOA, which a negative answer carries."""
        return self.records.get_rrset(self.origin, dns.rdatatype.SOA)


def _ancestors(name, origin):
    while name != origin:
        yield name
        name = name.parent()
    yield origin


def load_zones(folder):
    """All zones of a folder as ``{origin: Zone}``. Raises ServerError, naming the file, where one cannot be read."""
    zones = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        origin = dns.name.root if path.stem == "root" else dns.name.from_text(path.stem)
        if path.suffix == ".silent":
            zones[origin] = Zone(origin)
        elif path.suffix == ".zone":
            try:
                zones[origin] = Zone(origin, dns.zone.from_file(str(path), origin=origin, relativize=False))
            except dns.exception.DNSException as error:
                raise ServerError(f"{path.name}: {str(error).removeprefix(f'{path}:')}") from error
    if not zones:
        raise ServerError(f"{folder}: no zone files")
    return zones


def respond(zones, query):
    """The answer to a question, or None where the server keeps silent."""
    response = dns.message.make_response(query, recursion_available=True)
    if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        response.set_rcode(dns.rcode.NOTIMP)
        return response
    question = query.question[0]
    zone = next((zones[origin] for origin in _ancestors(question.name, dns.name.root) if origin in zones), None)
    if zone is None:
        response.set_rcode(dns.rcode.REFUSED)
        return response
    if zone.silent:
        return None
    response.flags |= dns.flags.AA
    exists, node = zone.find(question.name)
    records = [rdataset for rdataset in node or () if rdataset.rdtype in (question.rdtype, dns.rdatatype.CNAME)]
    for rdataset in records:
        response.find_rrset(response.answer, question.name, rdataset.rdclass, rdataset.rdtype, create=True).update(rdataset)
    if not records:
        response.authority.append(zone.authority())
    if not exists:
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response


def respond_to_bytes(zones, wire, limit=None):
    """The same for bytes. ``limit`` is the longest answer in octets; a longer one is cut and says so. Rubbish gets no answer."""
    try:
        query = dns.message.from_wire(wire)
        response = respond(zones, query)
    except dns.exception.DNSException:
        return None
    if response is None:
        return None
    if limit is not None:
        limit = max(limit, query.payload)
    try:
        return response.to_wire(max_size=limit or 65535)
    except dns.exception.TooBig:
        cut = dns.message.make_response(query, recursion_available=True)
        cut.flags |= dns.flags.TC
        return cut.to_wire()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, zones):
        self.zones = zones

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        answer = respond_to_bytes(self.zones, data, limit=UDP_SIZE)
        if answer is not None:
            self.transport.sendto(answer, addr)


async def _serve_tcp(zones, reader, writer):
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            size = int.from_bytes(await reader.readexactly(2), "big")
            answer = respond_to_bytes(zones, await reader.readexactly(size))
            if answer is not None:
                writer.write(len(answer).to_bytes(2, "big") + answer)
                await writer.drain()
    writer.close()


async def start(zones, address, port=0):
    """Listen on one port for UDP and TCP (0: any free one) and return ``(port, stop)``. Raises ServerError where the port is not to be had."""
    for _attempt in range(1 if port else PORT_ATTEMPTS):
        try:
            return await _listen(zones, address, port)
        except OSError as error:
            failure = error
    raise ServerError(f"cannot listen on {address} port {port or '(any)'}: {os.strerror(failure.errno)}") from failure


async def _listen(zones, address, port):
    transport, _protocol = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Udp(zones), local_addr=(address, port))
    chosen = transport.get_extra_info("sockname")[1]
    try:
        server = await asyncio.start_server(lambda reader, writer: _serve_tcp(zones, reader, writer), address, chosen)
    except OSError:
        transport.close()
        raise

    def stop():
        transport.close()
        server.close()

    return chosen, stop


@contextlib.contextmanager
def running(zones, address="127.0.0.1", port=0):
    """Serve zones from a thread of this process for the length of a ``with`` block, whose value is ``address:port``."""
    with in_background(lambda: start(zones, address, port)) as chosen:
        yield f"{address}:{chosen}"


def _wait_for(parent):
    """Return when the process that started this one is gone, so that no server outlives its ``make``."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(PARENT_CHECK)


def main():
    parent = os.getppid()
    parser = argparse.ArgumentParser(description="Serve the embedded fleet's DNS until the parent process ends.")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="UDP and TCP port; 0, the default, takes a free one")
    parser.add_argument("--port-file", type=pathlib.Path, help="write the port to this file once the server listens")
    parser.add_argument("--zones", type=pathlib.Path, default=ZONES, help="folder of zone files")
    options = parser.parse_args()
    try:
        with running(load_zones(options.zones), options.address, options.port) as listening:
            if options.port_file:
                options.port_file.write_text(listening.rpartition(":")[2] + "\n")
            print(listening, flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                _wait_for(parent)
    except (ServerError, OSError) as error:
        sys.exit(f"dns_server.py: {error}")


if __name__ == "__main__":
    main()
