# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nameservers and lists that lie, stutter or hold their tongue: no wrong listing, no false clean, no hang, no crash.

``SERVERS`` are the ways in which a nameserver can misbehave towards the engine, ``LISTS`` those in which a list or a resolver can
towards the blocklist check; each row says what must come of it. The last part changes octets of good packets at random.
"""

from __future__ import annotations

import random
import re
import socket
import time
from pathlib import Path

import pytest
from dns_stub import NUMBERS, Query, Raw, Stub, wire

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dnsbl import Survey, address_subject
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import STATUSES, Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import FIRST_WAIT, Resolver, read_answer, wire_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.zones import choose_zones

TIMEOUT = 0.2  # where nothing will come
PATIENCE = 3.0  # where something will, however busy the machine is
GOOD = "192.0.2.1"


def ask(question):
    return (yield question)


def good(query, **changes):
    return query.reply(answers=[query.a(GOOD)], **changes)


def over_tcp(answer):
    """Truncate over UDP and answer in some way over TCP."""
    return lambda query: answer(query) if query.tcp else query.reply(flags=0x8380)


def first(count, bad):
    """Misbehave for some questions, then answer well."""
    seen = []

    def behave(query):
        seen.append(query)
        return bad(query) if len(seen) <= count else good(query)

    return behave


def chain(query):
    """Give every name an alias that is another new name."""
    return query.reply(answers=[query.cname(f"a{len(query.name)}.{query.name}"[-200:])])


def loop_of_two(query):
    """Point two names at each other, one packet at a time."""
    return query.reply(answers=[query.cname("b.example" if query.name != "b.example" else "host.example")])


def pointer_loop(query):
    return query.reply(answers=[b"\xc0" + bytes([12 + len(query.question)]) + query.a(GOOD)[2:]])


SERVERS = {
    # what it does: (behaviour, statuses that are right)
    "another id": (lambda q: good(q, ident=bytes([q.id[0] ^ 1, q.id[1]])), ["timeout"]),
    "another name in the question": (lambda q: good(q, question=wire("evil.example") + b"\0\1\0\1"), ["timeout"]),
    "another type in the question": (lambda q: good(q, question=wire(q.name) + b"\0\x10\0\1"), ["timeout"]),
    "another class in the question": (lambda q: good(q, question=wire(q.name) + b"\0\1\0\3"), ["timeout"]),
    "no question": (lambda q: good(q, question=b"", counts=(0, 1, 0, 0)), ["timeout"]),
    "two questions": (lambda q: good(q, question=q.question * 2, counts=(2, 1, 0, 0)), ["timeout"]),
    "our own question sent back": (lambda q: q.data, ["timeout"]),
    "another kind of message": (lambda q: good(q, flags=0xA980), ["timeout"]),
    "silence": (lambda q: None, ["timeout"]),
    "an empty packet": (lambda q: b"", ["timeout"]),
    "half a header": (lambda q: q.id + b"\x81\x80\0", ["timeout"]),
    "a header alone": (lambda q: q.reply(question=b"", counts=(0, 0, 0, 0)), ["timeout"]),
    "a header with SERVFAIL alone": (lambda q: q.reply(2, question=b"", counts=(0, 0, 0, 0)), ["timeout"]),
    "random octets": (lambda q: random.Random(1).randbytes(200), ["timeout"]),
    "random octets after the id": (lambda q: q.id + random.Random(2).randbytes(200), ["timeout"]),
    "random octets after the question": (lambda q: q.reply(counts=(1, 5, 3, 1)) + random.Random(3).randbytes(200), ["bogus"]),
    "more records announced than sent": (lambda q: good(q, counts=(1, 9, 0, 0)), ["bogus"]),
    "NXDOMAIN with a record announced": (lambda q: q.reply(3, counts=(1, 1, 0, 0)), ["bogus"]),
    "octets behind the end": (lambda q: good(q) + b"junk", ["bogus"]),
    "an address of three octets": (lambda q: q.reply(answers=[q.record("A", b"\x7f\0\0")]), ["bogus"]),
    "an address of sixteen octets": (lambda q: q.reply(answers=[q.record("A", bytes(16))]), ["bogus"]),
    "a length that leads out of the packet": (lambda q: q.reply(answers=[q.record("A", b"\x7f\0\0\2", length=400)]), ["bogus"]),
    "a name that points at itself": (pointer_loop, ["bogus"]),
    "a name that points out of the packet": (lambda q: q.reply(answers=[b"\xff\xff" + q.a(GOOD)[2:]]), ["bogus"]),
    "a record of another name": (lambda q: q.reply(answers=[q.a(GOOD, "evil.example")]), ["bogus"]),
    "a record of another type": (lambda q: q.reply(answers=[q.txt(b"hello")]), ["bogus"]),
    "a record of another class": (lambda q: q.reply(answers=[q.record("A", b"\x7f\0\0\2", rdclass=3)]), ["bogus"]),
    "a referral to somebody else": (lambda q: q.reply(authority=[q.record("NS", wire("a.example"), "")], flags=0x8100), ["refused"]),
    "an alias of itself": (lambda q: q.reply(answers=[q.cname(q.name)]), ["bogus"]),
    "an alias loop in one packet": (lambda q: q.reply(answers=[q.cname("b.example"), q.cname(q.name, "b.example")]), ["bogus"]),
    "an alias loop over packets": (loop_of_two, ["bogus"]),
    "aliases without end": (chain, ["bogus"]),
    "an alias that nobody followed": (lambda q: good(q) if q.name == "t.example" else q.reply(answers=[q.cname("t.example")]), ["ok"]),
    "an alias to a missing name": (lambda q: q.reply(3, answers=[q.cname("t.example")], authority=[q.soa()]), ["nxdomain"]),
    "an alias to a name without records": (lambda q: q.reply(answers=[q.cname("t.example")], authority=[q.soa()]), ["nodata"]),
    "SERVFAIL": (lambda q: q.reply(2), ["servfail"]),
    "REFUSED": (lambda q: q.reply(5), ["refused"]),
    "a code that does not exist": (lambda q: q.reply(14), ["bogus"]),
    "BADVERS, which looks like an empty answer": (lambda q: q.reply(additional=[b"\0\0\x29\x04\xd0\1\0\0\0\0\0"]), ["bogus"]),
    "a DNSSEC failure": (lambda q: q.reply(2, additional=[b"\0\0\x29\x04\xd0\0\0\0\0\0\x06\0\x0f\0\2\0\6"]), ["bogus"]),
    "NXDOMAIN": (lambda q: q.nxdomain(), ["nxdomain"]),
    "an empty answer": (lambda q: q.reply(authority=[q.soa()]), ["nodata"]),
    "a burst of REFUSED": (first(1, lambda q: q.reply(5)), ["ok"]),
    "a burst of SERVFAIL": (first(1, lambda q: q.reply(2)), ["ok"]),
    "a lost packet": (first(1, lambda q: None), ["ok"]),
    "garbage first": (first(1, lambda q: q.reply(counts=(1, 5, 0, 0)) + b"\xff" * 30), ["ok"]),
    "FORMERR for EDNS": (lambda q: q.reply(1) if q.edns else good(q), ["ok"]),
    "FORMERR for EDNS, with nothing but a header": (lambda q: q.reply(1, question=b"", counts=(0, 0, 0, 0)) if q.edns else good(q), ["ok"]),
    "NOTIMP for EDNS": (lambda q: q.reply(4) if q.edns else good(q), ["ok"]),
    "FORMERR for everything": (lambda q: q.reply(1), ["bogus"]),
    "the answer five times": (lambda q: [good(q)] * 5, ["ok"]),
    "forged answers before the right one": (lambda q: [good(q, ident=bytes([n, n])) for n in range(100) if bytes([n, n]) != q.id] + [good(q)], ["ok"]),
    "later than the first attempt": (lambda q: (FIRST_WAIT * 1.3, good(q)), ["ok"]),
    "later than every attempt": (lambda q: (60, good(q)), ["timeout"]),
    "a time to live of 136 years": (lambda q: q.reply(answers=[q.record("A", b"\xc0\0\2\1", ttl=0xFFFFFFFF)]), ["ok", "bogus"]),
    "a packet of 4,000 octets": (lambda q: q.reply(answers=[q.a(GOOD)] + [q.a("192.0.2.2")] * 240), ["ok"]),
    "a packet of 9,000 octets": (lambda q: q.reply(answers=[q.a(GOOD)] * 560), ["bogus", "timeout"]),
    "TCP with the answer": (over_tcp(good), ["ok"]),
    "TCP with 60,000 octets": (over_tcp(lambda q: q.reply(answers=[q.a(f"192.0.2.{1 + n % 250}") for n in range(3700)])), ["ok"]),
    "TCP that closes at once": (over_tcp(lambda q: Raw()), ["bogus"]),
    "TCP that closes within the length": (over_tcp(lambda q: Raw(b"\0")), ["bogus"]),
    "TCP that sends half": (over_tcp(lambda q: Raw(b"\1\0" + good(q))), ["bogus"]),
    "TCP that says nothing": (over_tcp(lambda q: None), ["timeout"]),
    "TCP with a length of nothing": (over_tcp(lambda q: Raw(b"\0\0")), ["bogus"]),
    "TCP with another id": (over_tcp(lambda q: good(q, ident=bytes([q.id[0] ^ 1, q.id[1]]))), ["bogus"]),
    "TCP with another question": (over_tcp(lambda q: good(q, question=wire("evil.example") + b"\0\1\0\1")), ["bogus"]),
    "TCP that is truncated too": (over_tcp(lambda q: q.reply(flags=0x8380)), ["bogus"]),
    "TCP with garbage": (over_tcp(lambda q: q.reply(counts=(1, 5, 3, 1)) + b"\xff" * 50), ["bogus"]),
    "TCP with NXDOMAIN": (over_tcp(lambda q: q.nxdomain()), ["nxdomain"]),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_nameserver_misbehaves(name):
    behave, statuses = SERVERS[name]
    with Stub(behave) as nameserver:
        resolver = Resolver([nameserver], timeout=TIMEOUT if "timeout" in statuses else PATIENCE, retries=1)
        start = time.monotonic()
        (answer,) = resolver.run([ask(Question("host.example", "A"))])
        seconds = time.monotonic() - start
    assert answer.status in statuses, answer
    assert answer.records[:1] == [GOOD] if answer.status == "ok" else not answer.records
    assert bool(answer.why) == answer.failed
    assert seconds < 2 * PATIENCE


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"], ids=["another port", "another address"])
def test_the_answer_comes_from_somebody_else(address):
    """A forger who even knows id and port is not heard, because the packet does not come from the server that was asked."""
    forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    forger.bind((address, 0))

    with Stub(lambda query: None) as nameserver:
        stub_port = int(nameserver.rpartition(":")[2])
        resolver = Resolver([nameserver], timeout=TIMEOUT, retries=0)
        send = resolver._send

        def send_and_forge(question, server):
            send(question, server)
            port, ident = question.places[-1]
            packet = ident.to_bytes(2, "big") + b"\x81\x80\0\1\0\1\0\0\0\0" + question.wire + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\2"
            forger.sendto(packet, port.socket.getsockname())

        resolver._send = send_and_forge
        (answer,) = resolver.run([ask(Question("host.example", "A"))])
        assert stub_port != forger.getsockname()[1]
    forger.close()
    assert answer.status == "timeout"


def test_tcp_is_closed():
    with Stub(lambda query: query.reply(flags=0x8380), tcp=False) as nameserver:
        (answer,) = Resolver([nameserver], timeout=TIMEOUT, retries=1).run([ask(Question("host.example", "A"))])
    assert answer.status == "timeout"
    assert "TCP" in answer.why


# --- lists -----------------------------------------------------------------------------------------------------------------------

LISTED, CLEAN = "198.51.100.11", "198.51.100.12"
LABELS = {"2.0.0.127": "test", "1.0.0.127": "negative", "11.100.51.198": "listed", "12.100.51.198": "clean"}
TRUE = {"test": "127.0.0.2", "listed": "127.0.0.2"}


def truthful(query):
    """Answer as a good list does."""
    what = LABELS.get(query.name[: -len(".list.example")])
    return query.reply(answers=[query.a(TRUE[what])]) if query.rdtype == "A" and what in TRUE else query.nxdomain()


def for_all(*addresses):
    return lambda query: query.reply(answers=[query.a(address) for address in addresses])


def only(what, bad):
    """Misbehave for one name only."""
    return lambda query: bad(query) if LABELS.get(query.name[: -len(".list.example")]) in what else truthful(query)


def then(count, bad):
    """Be truthful for some questions and misbehave ever after."""
    seen = []

    def behave(query):
        seen.append(query)
        return truthful(query) if len(seen) <= count else bad(query)

    return behave


FOUND = {LISTED: "listed", CLEAN: "clean"}
UNKNOWN = {LISTED: "unknown", CLEAN: "unknown"}
UNCLEAR = {LISTED: "unknown", CLEAN: "clean"}
LISTS = {
    # what it does: (behaviour, states of the two addresses that are right, why)
    "the truth": (truthful, FOUND, ""),
    "nothing is listed": (lambda q: q.nxdomain(), UNKNOWN, "self_test_failed"),
    "nothing has records": (lambda q: q.reply(authority=[q.soa()]), UNKNOWN, "self_test_failed"),
    "everything is listed": (for_all("127.0.0.2"), UNKNOWN, "zone_dead"),
    "everything is at a parking page": (for_all("203.0.113.9"), UNKNOWN, "not_loopback"),
    "everything is listed and parked": (for_all("127.0.0.2", "203.0.113.9"), UNKNOWN, "not_loopback"),
    "everything has an undocumented code": (for_all("127.0.0.77"), UNKNOWN, "zone_dead"),
    "everything is 127.0.0.1": (for_all("127.0.0.1"), UNKNOWN, "zone_dead"),
    "public resolvers are refused": (for_all("127.255.255.254"), UNKNOWN, "resolver_refused"),
    "too many questions": (for_all("127.255.255.255"), UNKNOWN, "over_quota"),
    "a misspelt zone": (for_all("127.255.255.252"), UNKNOWN, "resolver_refused"),
    "a disabled key": (for_all("127.255.255.250"), UNKNOWN, "key_required"),
    "an error code beside a listing": (for_all("127.0.0.2", "127.255.255.254"), UNKNOWN, "resolver_refused"),
    "an error code that nobody knows": (for_all("127.255.255.7"), UNKNOWN, "resolver_refused"),
    "REFUSED": (lambda q: q.reply(5), UNKNOWN, "resolver_refused"),
    "SERVFAIL": (lambda q: q.reply(2), UNKNOWN, "servfail"),
    "FORMERR": (lambda q: q.reply(1), UNKNOWN, "servfail"),
    "garbage": (lambda q: q.reply(counts=(1, 5, 3, 1)) + b"\xff" * 50, UNKNOWN, "servfail"),
    "silence": (lambda q: None, UNKNOWN, "timeout"),
    "a referral": (lambda q: q.reply(authority=[q.record("NS", wire("a.example"), "")], flags=0x8100), UNKNOWN, "resolver_refused"),
    "the test entry is missing": (only(["test"], lambda q: q.nxdomain()), UNKNOWN, "self_test_failed"),
    "the test entry fails": (only(["test"], lambda q: q.reply(2)), UNKNOWN, "servfail"),
    "the negative entry is listed": (only(["negative"], for_all("127.0.0.2")), UNKNOWN, "zone_dead"),
    "the negative entry fails": (only(["negative"], lambda q: q.reply(2)), UNKNOWN, "servfail"),
    "the negative entry is refused": (only(["negative"], for_all("127.255.255.254")), UNKNOWN, "resolver_refused"),
    "a code that is not documented": (only(["listed"], for_all("127.0.0.77")), UNCLEAR, "code_unknown"),
    "127.0.0.1 for an address": (only(["listed"], for_all("127.0.0.1")), UNCLEAR, "code_unknown"),
    "an address outside 127/8 for one": (only(["listed"], for_all("62.0.58.94")), UNCLEAR, "not_loopback"),
    "SERVFAIL for one": (only(["clean"], lambda q: q.reply(2)), {LISTED: "listed", CLEAN: "unknown"}, "servfail"),
    "silence for one": (only(["clean"], lambda q: None), {LISTED: "listed", CLEAN: "unknown"}, "timeout"),
    "its text is silent": (lambda q: None if q.rdtype == "TXT" else truthful(q), FOUND, ""),
    "its text is garbage": (
        lambda q: q.reply(answers=[q.record("TXT", b"\xff1")]) if q.rdtype == "TXT" else truthful(q),
        {LISTED: "listed", CLEAN: "clean"},
        "",
    ),
    "REFUSED after the test": (then(2, lambda q: q.reply(5)), UNKNOWN, "resolver_refused"),
    "an error code after the test": (then(2, for_all("127.255.255.255")), UNKNOWN, "over_quota"),
    "silence after the test": (then(2, lambda q: None), UNKNOWN, "timeout"),
    "another number of the same network": (only(["listed", "clean"], for_all("127.0.1.2")), UNKNOWN, "code_unknown"),
    "aliases to a listing": (
        only(["listed"], lambda q: q.reply(answers=[q.cname("x.example"), q.a("127.0.0.2", "x.example")])),
        {LISTED: "listed", CLEAN: "clean"},
        "",
    ),
    "an alias loop": (only(["listed"], lambda q: q.reply(answers=[q.cname(q.name)])), UNCLEAR, "servfail"),
    "a truncated answer": (lambda q: truthful(q) if q.tcp else q.reply(flags=0x8380), FOUND, ""),
}


def survey(nameservers, **own):
    zones = choose_zones("none", own_zones=[{"zone": "list.example", "impact": "medium", **own}])
    resolver = Resolver(nameservers, timeout=1.0, retries=1)
    return Survey(zones, servers=len(resolver.servers)).run([address_subject(LISTED), address_subject(CLEAN)], resolver.run)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_misbehaves(name):
    behave, states, why = LISTS[name]

    def with_resolver(query):
        return query.nxdomain() if query.name.endswith(".invalid") else behave(query)

    with Stub(with_resolver) as nameserver:
        found = survey([nameserver])
    zone = found["zones"]["list.example"]
    for address, state in states.items():
        result = found["subjects"][address]
        dead = zone["health"] == "dead"
        assert result["state"] == state, result
        assert (result["severity"] != "none") == (state == "listed")
        assert result["clean"] == (state == "clean")
        assert result["unknown"] == (["list.example"] if state == "unknown" and not dead else [])
        if state == "unknown" and not dead:
            assert [row["why"] for row in result["listings"]] == [why]
    if zone["health"] != "ok":
        assert zone["reason"] == why
        assert zone["why"]


def test_a_resolver_that_invents_answers_is_named():
    with Stub(for_all("198.18.0.7")) as nameserver:
        found = survey([nameserver])
    assert found["resolver"]["state"] == "rewrites"
    assert found["zones"]["list.example"]["reason"] == "rewritten"
    assert {result["state"] for result in found["subjects"].values()} == {"unknown"}


def test_the_first_nameserver_hides_the_lists_and_the_second_is_asked():
    with Stub(lambda query: query.nxdomain()) as blind, Stub(truthful) as honest:
        found = survey([blind, honest])
    assert {address: result["state"] for address, result in found["subjects"].items()} == FOUND


def test_the_second_nameserver_is_not_believed_because_the_first_was():
    """The honest one falls silent after the test; the blind one takes over and calls everything clean."""
    with Stub(then(2, lambda query: None)) as honest, Stub(lambda query: query.nxdomain()) as blind:
        found = survey([honest, blind])
    assert {address: result["state"] for address, result in found["subjects"].items()} == UNKNOWN


# --- packets changed at random ---------------------------------------------------------------------------------------------------


def samples():
    """Good packets of many kinds, with the type that they answer."""
    made = []
    for rdtype, rdata in (
        ("A", [b"\x7f\0\0\2", b"\x7f\0\0\4"]),
        ("TXT", [b"\x05hello\x03abc", b"\x0bv=spf1 -all"]),
        ("MX", [b"\0\x0a" + wire("mx.example")]),
        ("CNAME", [wire("target.example")]),
        ("SOA", [wire("ns.example") + wire("root.example") + bytes(20)]),
        ("AAAA", [bytes(15) + b"\1"]),
    ):
        query = Query(b"\x12\x34\1\x20\0\1\0\0\0\0\0\0" + wire_name("host.example") + NUMBERS[rdtype].to_bytes(2, "big") + b"\0\1")
        made.append((rdtype, query.reply(answers=[query.record(rdtype, data) for data in rdata], additional=[b"\0\0\x29\x04\xd0\0\0\0\0\0\0"])))
        made.append((rdtype, query.reply(answers=[query.cname("b.example"), *(query.record(rdtype, data, "b.example") for data in rdata)])))
        made.append((rdtype, query.reply(authority=[query.soa()])))
        made.append((rdtype, query.reply(3, authority=[query.soa()])))
    return made


MUTATIONS = 20_000


def test_octets_changed_at_random():
    """Whatever comes, it is one of the statuses, and records come with no other than ok."""
    pick = random.Random(20261121)
    packets = samples()
    seen = set()
    for _number in range(MUTATIONS):
        rdtype, packet = pick.choice(packets)
        data = bytearray(packet)
        for _change in range(pick.randint(1, 4)):
            kind = pick.random()
            at = pick.randrange(2, len(data))
            if kind < 0.8:
                data[at] = pick.choice((0, 1, 0x3F, 0xC0, 0xFF, pick.randrange(256)))
            elif kind < 0.9:
                del data[max(12, at) :]
            else:
                data[at:at] = pick.randbytes(pick.randint(1, 9))
        answer = read_answer(bytes(data), rdtype)
        seen.add(answer.status)
        assert answer.status in STATUSES
        assert (answer.status == "ok") == bool(answer.records)
        assert bool(answer.why) == answer.failed
    assert seen >= {"ok", "nxdomain", "nodata", "servfail", "refused", "bogus"}


def test_the_documentation_counts_the_cases():
    text = (Path(__file__).parents[2] / "docs/dnsbl.md").read_text()
    said = re.search(r"misbehaves towards the engine in (\d+) ways.* towards the check of a list in (\d+) .*?([\d,]+) good packets", text, re.DOTALL)
    assert [int(number.replace(",", "")) for number in said.groups()] == [len(SERVERS), len(LISTS), MUTATIONS]
