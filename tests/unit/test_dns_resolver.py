# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The batch engine against servers on loopback, and the words it speaks with checks. What servers do wrong is in test_dns_hostile.py."""

from __future__ import annotations

import itertools
import threading
import time

import dns.message
import dns.rrset
import pytest
from dns_stub import Stub

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns import resolver as engine
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question, Text, answer_from, drive
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import (
    BadName,
    Resolver,
    parse_nameserver,
    read_answer,
    run,
    system_nameservers,
    wire_name,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


def ask(*questions):
    """Ask and return the answers: one for one question, a list for several."""
    return (yield questions[0] if len(questions) == 1 else list(questions))


def host(number=0, rdtype="A", **more):
    return Question(f"host{number}.example", rdtype, **more)


def good(query):
    return query.reply(answers=[query.a("192.0.2.1")])


@pytest.fixture
def patient(monkeypatch):
    """For tests that count questions: on a busy machine an answer may take its time, and nothing is asked again for it."""
    monkeypatch.setattr(engine, "FIRST_WAIT", 30.0)


# --- names and nameservers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("example.com", b"\7example\3com\0"),
        ("example.com.", b"\7example\3com\0"),
        ("Example.COM", b"\7example\3com\0"),
        ("_dmarc.example.com", b"\6_dmarc\7example\3com\0"),
        ("", b"\0"),
        (".", b"\0"),
        ("münchen.example", b"\x0exn--mnchen-3ya\7example\0"),
        ("straße.example", b"\x0dxn--strae-oqa\7example\0"),
        ("例え。example", b"\x0bxn--r8jz45g\7example\0"),
        ("例え｡Ｅxample", b"\x0bxn--r8jz45g\7example\0"),
        ("ｍａｉｌ．example", b"\4mail\7example\0"),
    ],
)
def test_a_name_on_the_wire(name, octets):
    assert wire_name(name) == octets


@pytest.mark.parametrize("name", ["a..example", ".example", "x" * 64 + ".example", ".".join(["label"] * 50), "ü" * 70 + ".example"])
def test_a_name_that_no_packet_carries(name):
    with pytest.raises(BadName):
        wire_name(name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("fe80::1%eth0", ("fe80::1%eth0", 53)),
    ],
)
def test_a_nameserver(text, found):
    assert parse_nameserver(text) == found


@pytest.mark.parametrize("text", ["", "dns.example", "192.0.2.1:dns", "192.0.2.1:0", "192.0.2.1:65536", "[2001:db8::1", "[2001:db8::1]53", "192.0.2"])
def test_a_nameserver_that_is_none(text):
    with pytest.raises(DeliverabilityError, match="nameservers: "):
        Resolver([text])


def test_without_dnspython(monkeypatch):
    monkeypatch.setattr(engine, "DNSPYTHON_IMPORT_ERROR", "ImportError: no module named dns")
    with pytest.raises(DeliverabilityError, match="dnspython"):
        Resolver(["127.0.0.1"])


def test_the_nameservers_of_the_system(tmp_path):
    file = tmp_path / "resolv.conf"
    file.write_text("# comment\nsearch example.com\nnameserver 192.0.2.1\noptions edns0\nnameserver 2001:db8::1\n")
    assert system_nameservers(file) == ["192.0.2.1", "2001:db8::1"]
    file.write_text("search example.com\n")
    with pytest.raises(DeliverabilityError, match="names none"):
        system_nameservers(file)
    with pytest.raises(DeliverabilityError, match="cannot be read"):
        system_nameservers(tmp_path / "missing")


# --- records ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rdtype", "text", "record"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:db8:0:0::1", "2001:db8::1"),
        ("PTR", "Mail.Example.COM.", "mail.example.com"),
        ("CNAME", "www.example.com.", "www.example.com"),
        ("NS", "ns.example.com.", "ns.example.com"),
        ("MX", "10 MX.example.com.", (10, "mx.example.com")),
        ("MX", "0 .", (0, "")),
        ("TXT", '"v=spf1 " "-all"', "v=spf1 -all"),
        ("TLSA", "3 1 1 " + "00FF" * 16, (3, 1, 1, "00ff" * 16)),
        ("SRV", "1 2 25 mail.example.com.", (1, 2, 25, "mail.example.com")),
        ("SOA", "ns.example. root.example. 1 2 3 4 5", ("ns.example", "root.example", 1, 2, 3, 4, 5)),
        ("DS", "1 8 2 " + "00ff" * 16, "1 8 2 " + "00ff" * 16),
    ],
)
def test_the_form_of_a_record(rdtype, text, record):
    reply = dns.message.make_response(dns.message.make_query("x.example", rdtype))
    reply.answer.append(dns.rrset.from_text("x.example.", 77, "IN", rdtype, text))
    answer = read_answer(reply.to_wire(), rdtype, 3)
    assert (answer.status, list(answer.records), answer.ttl, answer.server, answer.name) == ("ok", [record], 77, 3, "x.example")


def test_the_strings_of_a_text():
    text = Text.of([b"v=spf1 ", "\u00fc".encode(), b"\xfc"])
    assert text == "v=spf1 Ã¼ü"
    assert text.chunks == ("v=spf1 ", "ü", "ü")
    assert Text.of(["grün"]) == "grün"


def test_a_chain_of_aliases():
    reply = dns.message.make_response(dns.message.make_query("a.example", "A"))
    for owner, rdtype, ttl, data in (("a", "CNAME", 50, "B.example."), ("b", "CNAME", 20, "c.example."), ("c", "A", 40, "192.0.2.1")):
        reply.answer.append(dns.rrset.from_text(f"{owner}.example.", ttl, "IN", rdtype, data))
    answer = read_answer(reply.to_wire(), "A")
    assert (answer.records, answer.aliases, answer.name, answer.ttl) == (["192.0.2.1"], ("a.example", "b.example"), "c.example", 20)


def test_the_resolver_says_that_it_validated():
    reply = dns.message.make_response(dns.message.make_query("x.example", "A"))
    reply.answer.append(dns.rrset.from_text("x.example.", 60, "IN", "A", "192.0.2.1"))
    assert not read_answer(reply.to_wire(), "A").authenticated
    reply.flags |= 0x20
    assert read_answer(reply.to_wire(), "A").authenticated
    with Stub(lambda query: query.reply(3, flags=0x81A0)) as nameserver:
        assert run([ask(host())], nameservers=[nameserver])[0].authenticated


# --- checks ----------------------------------------------------------------------------------------------------------------------


def test_results_come_in_the_order_of_the_checks():
    def check(number):
        one = yield host(number)
        two, three = yield [host(number, "TXT"), host(number + 1)]
        return number, one.status, two.status, three.status

    def idle():
        return "idle"
        yield

    def empty():
        answers = yield []
        return answers

    delays = iter(range(1000))
    with Stub(lambda query: ((next(delays) * 7 % 5) / 100, query.nxdomain() if query.rdtype == "TXT" else good(query))) as nameserver:
        results = run([check(0), idle(), check(5), empty(), check(1)], nameservers=[nameserver])
    assert results == [(0, "ok", "nxdomain", "ok"), "idle", (5, "ok", "nxdomain", "ok"), [], (1, "ok", "nxdomain", "ok")]


def test_an_error_in_a_check_comes_through_and_leaves_the_resolver_usable():
    def broken():
        yield host()
        raise ValueError("of the check")

    with Stub(good) as nameserver:
        resolver = Resolver([nameserver])
        with pytest.raises(ValueError, match="of the check"):
            resolver.run([broken(), *(ask(host(number)) for number in range(50))])
        assert [answer.status for answer in resolver.run([ask(host(number)) for number in range(50)])] == ["ok"] * 50


def test_identical_questions_are_asked_once(patient):
    stub = Stub(lambda query: (0.05, good(query)))
    with stub as nameserver:
        resolver = Resolver([nameserver])
        first = resolver.run([ask(host(), Question("HOST0.example.", "A")) for _number in range(20)])
        resolver.run([ask(host())])
    assert len(stub.queries) == 1
    assert {answer.status for answers in first for answer in answers} == {"ok"}
    assert resolver.stats["asked"] == 41
    assert resolver.stats["shared"] == 40


def test_the_cache_obeys_the_time_to_live(patient, monkeypatch):
    def one_second(query):
        return query.reply(answers=[query.record("A", bytes(4), ttl=1)])

    stub = Stub(one_second)
    with stub as nameserver:
        resolver = Resolver([nameserver])
        for seconds, queries in ((0, 1), (0.9, 1), (1.1, 2)):
            now = time.monotonic()
            monkeypatch.setattr(engine.time, "monotonic", lambda now=now, seconds=seconds: now + seconds)
            resolver.run([ask(host())])
            assert len(stub.queries) == queries
            monkeypatch.undo()


def test_failures_are_not_kept_and_the_cache_has_an_end(patient, monkeypatch):
    monkeypatch.setattr(engine, "CACHE_SIZE", 10)
    stub = Stub(lambda query: query.reply(2) if query.name == "host0.example" else good(query))
    with stub as nameserver:
        resolver = Resolver([nameserver], retries=0)
        resolver.run([ask(host())])
        resolver.run([ask(host())])
        assert len(stub.queries) == 2
        resolver.run([ask(host(number)) for number in range(1, 31)])
    assert len(resolver._cache) <= 10


def test_the_number_in_flight_is_bounded():
    open_now, most = set(), []

    def behave(query):
        open_now.add(query.name)
        most.append(len(open_now))
        if len(open_now) == 7:
            open_now.clear()
        return (0.05, good(query))

    with Stub(behave) as nameserver:
        answers = Resolver([nameserver], in_flight=7).run([ask(host(number)) for number in range(70)])
    assert max(most) == 7
    assert {answer.status for answer in answers} == {"ok"}


def test_checks_are_started_as_room_appears():
    started = []

    def check(number):
        started.append(number)
        yield host(number)
        return len(started)

    with Stub(lambda query: (0.01, good(query))) as nameserver:
        seen = Resolver([nameserver], in_flight=5).run(check(number) for number in range(200))
    assert seen[0] <= 20
    assert len(seen) == 200


def test_ids_and_ports_are_random(monkeypatch):
    monkeypatch.setattr(engine, "SOCKET_USES", 20)
    stub = Stub(good)
    with stub as nameserver:
        answers = Resolver([nameserver]).run([ask(host(number)) for number in range(600)])
    assert {answer.status for answer in answers} == {"ok"}
    ports = [query.client[1] for query in stub.queries]
    assert len({query.id for query in stub.queries}) > 580
    assert len(set(ports)) >= 25
    assert sum(one == two for one, two in itertools.pairwise(ports)) < 200


def test_questions_are_absolute_and_ask_for_recursion():
    stub = Stub(good)
    with stub as nameserver:
        run([ask(Question("host", "A"))], nameservers=[nameserver])
    assert [query.name for query in stub.queries] == ["host"]
    assert stub.queries[0].data[2] & 1
    assert stub.queries[0].edns


# --- several nameservers, and none -----------------------------------------------------------------------------------------------


def test_the_next_nameserver_is_asked_when_one_is_silent():
    silent = Stub(lambda query: None)
    with silent as first, Stub(good) as second:
        resolver = Resolver([first, second], timeout=1.0)
        answers = resolver.run([ask(host(number)) for number in range(100)])
        assert {answer.server for answer in answers} == {1}
        asked = len(silent.queries)
        more = resolver.run([ask(host(number)) for number in range(100, 400)])
    assert {answer.status for answer in more} == {"ok"}
    assert len(silent.queries) - asked <= 2, "a silent nameserver gets a second chance now and then, not every question"


def test_a_nameserver_that_fails_a_question_does_not_get_it_again():
    failing = Stub(lambda query: query.reply(2) if query.name == "host1.example" else good(query))
    with failing as first, Stub(good) as second:
        answers = run([ask(host(number)) for number in range(3)], nameservers=[first, second])
    assert [answer.server for answer in answers] == [0, 1, 0]


def test_a_question_can_be_for_one_nameserver():
    with Stub(good) as first, Stub(lambda query: query.nxdomain()) as second:
        answers = run([ask(host(), host(server=0), host(server=1))], nameservers=[first, second])[0]
    assert [(answer.status, answer.server) for answer in answers] == [("ok", 0), ("ok", 0), ("nxdomain", 1)]


def test_a_nameserver_has_an_ipv6_address():
    try:
        stub = Stub(lambda query: good(query) if query.tcp else query.reply(flags=0x8380), address="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with stub as nameserver:
        resolver = Resolver([nameserver])
        assert resolver.run([ask(host())])[0].records == ["192.0.2.1"]
    assert resolver.report()[0]["nameserver"] == nameserver
    assert resolver.stats["tcp"] == 1


def test_nobody_listens():
    with Stub(good, tcp=False) as nameserver:
        pass
    start = time.monotonic()
    answers = run([ask(host(number)) for number in range(300)], nameservers=[nameserver], timeout=1.0)
    assert {answer.status for answer in answers} == {"timeout"}
    assert "refused" in answers[0].why
    assert time.monotonic() - start < 10


def test_an_outage_does_not_cost_the_patience_of_every_question():
    with Stub(lambda query: None) as nameserver:
        start = time.monotonic()
        answers = run([ask(host(number)) for number in range(300)], nameservers=[nameserver], timeout=1.0, retries=2, in_flight=50)
    assert {answer.status for answer in answers} == {"timeout"}
    assert time.monotonic() - start < 12, "300 questions, 50 at a time, three attempts of one second each would take 18 seconds"


def test_an_outage_is_a_silence_of_some_length():
    """However many are late at once, and however long each had waited, no server counts as gone before it was silent for ``timeout``."""
    resolver = Resolver(["192.0.2.1", "192.0.2.2"], timeout=3.0)
    one, two = resolver.servers
    one.mark_silence(engine.OUTAGE, 100.0)
    two.mark_silence(1, 101.0)
    two.mark_silence(engine.OUTAGE, 103.0)
    outages = []
    for resolver._now in (103.0, 103.9, 104.0):
        outages.append(resolver._outage())
    assert outages == [False, False, True]
    two.silence = 0  # it spoke
    two.mark_silence(engine.OUTAGE, 104.0)
    assert not resolver._outage()


def test_a_server_that_stands_still_loses_nothing():
    """All that is on the wire is late at once; the server only did something else for a while."""
    came = []

    def behave(query):
        came.append(query)
        give_up = time.monotonic() + 30
        while len(came) == 200 and resolver.stats["late"] < engine.OUTAGE and time.monotonic() < give_up:
            time.sleep(0.01)
        return good(query)

    with Stub(behave) as nameserver:
        resolver = Resolver([nameserver], timeout=60.0, retries=2)
        answers = resolver.run([ask(host(number)) for number in range(600)])
    assert resolver.stats["late"] >= engine.OUTAGE
    assert {answer.status for answer in answers} == {"ok"}


def test_nobody_is_late_while_we_stand_still(monkeypatch):
    """A check that computes for long, or a machine that gives us no time: the answers lie in the sockets, unread."""
    clock, stood_still = time.monotonic, []
    monkeypatch.setattr(engine.time, "monotonic", lambda: clock() + sum(stood_still))
    computes, answered = threading.Event(), threading.Semaphore(0)

    def behave(query):
        if query.name != "host0.example":
            computes.wait(30)
            answered.release()
        return good(query)

    def computing():
        yield host(0)
        computes.set()
        assert all(answered.acquire(timeout=30) for _number in range(99))
        stood_still.append(1000.0)

    with Stub(behave) as nameserver:
        resolver = Resolver([nameserver], timeout=60.0, retries=0)
        answers = resolver.run([computing(), *(ask(host(number)) for number in range(1, 100))])[1:]
    assert {answer.status for answer in answers} == {"ok"}
    assert resolver.stats["late"] == 0


def test_the_server_comes_back():
    waking = []

    def behave(query):
        waking.append(query)
        return None if len(waking) < 60 else good(query)

    with Stub(behave) as nameserver:
        answers = run([ask(host(number)) for number in range(300)], nameservers=[nameserver], timeout=0.3, in_flight=30)
    assert sum(answer.status == "ok" for answer in answers) > 200


def test_packets_get_lost():
    """One in ten, spread by chance over questions and attempts: nothing is missing in the end."""
    lost = iter([number * 7919 % 1000 < 100 for number in range(100_000)])
    with Stub(lambda query: None if next(lost) else good(query)) as nameserver:
        # Time enough for a machine that does other things too; only the lost ones wait for it.
        resolver = Resolver([nameserver], timeout=3.0, retries=8)
        answers = resolver.run([ask(host(number)) for number in range(1000)])
    assert {answer.status for answer in answers} == {"ok"}
    assert resolver.stats["late"] > 50


def test_the_whole_run_has_an_end():
    with Stub(lambda query: None) as nameserver:
        start = time.monotonic()
        resolver = Resolver([nameserver], timeout=5, deadline=0.4)
        answers = resolver.run([ask(host(number)) for number in range(1000)])
    assert time.monotonic() - start < 4
    assert {(answer.status, answer.why) for answer in answers} == {("timeout", "the time for the whole run is over")}


# --- manners ---------------------------------------------------------------------------------------------------------------------


def test_a_pace_is_kept_and_does_not_hold_up_others():
    came = []

    def behave(query):
        came.append((query.name, time.monotonic()))
        return good(query)

    checks = [ask(Question(f"slow{number}.example", "A", pace="free list"), host(number)) for number in range(6)]
    with Stub(behave) as nameserver:
        start = time.monotonic()
        run(checks, nameservers=[nameserver], paces={"free list": 10})
    names = [name for name, _moment in came]
    assert dict(came)["slow5.example"] - start >= 0.45
    assert max(names.index(f"host{number}.example") for number in range(6)) < names.index("slow1.example")


def test_a_nameserver_gets_no_more_questions_a_second_than_allowed():
    with Stub(good) as nameserver:
        start = time.monotonic()
        run([ask(host(number)) for number in range(60)], nameservers=[nameserver], rate=100)
    assert 0.5 <= time.monotonic() - start < 6


def test_progress_is_told(monkeypatch):
    told = []
    ticks = iter(range(10**9))
    monkeypatch.setattr(engine.time, "monotonic", lambda: next(ticks) / 10)
    with Stub(good) as nameserver:
        run(
            [ask(host(number)) for number in range(50)], nameservers=[nameserver], timeout=1000, progress=lambda done, stats: told.append((done, stats["sent"]))
        )
    assert told
    assert told == sorted(told)


def test_the_report_tells_what_each_nameserver_did():
    with Stub(lambda query: None) as first, Stub(good) as second:
        resolver = Resolver([first, second], timeout=3.0)
        resolver.run([ask(host())])
    one, two = resolver.report()
    assert (one["nameserver"], one["sent"], one["answered"], one["late"]) == (first, 1, 0, 1)
    assert (two["nameserver"], two["sent"], two["answered"], two["late"]) == (second, 1, 1, 0)


def test_the_report_tells_how_fast_a_nameserver_is(patient):
    with Stub(lambda query: (0.05, good(query))) as nameserver:
        resolver = Resolver([nameserver], timeout=30.0)
        resolver.run([ask(host())])
    assert resolver.report()[0]["milliseconds"] >= 50


def test_every_socket_is_closed(recwarn):
    import gc

    with Stub(lambda query: good(query) if query.tcp else query.reply(flags=0x8380)) as nameserver:
        # What other tests left lying about is none of this one's business.
        gc.collect()
        recwarn.clear()
        resolver = Resolver([nameserver])
        resolver.run([ask(host(number)) for number in range(50)])
        assert resolver.stats["tcp"] == 50
        del resolver
        gc.collect()
    assert [str(warning.message) for warning in recwarn if warning.category is ResourceWarning] == []


# --- without a network -----------------------------------------------------------------------------------------------------------


def test_a_check_is_driven_from_a_table():
    table = {
        "Example.com.": {"TXT": ["v=spf1 -all", ["v=", "x"]], "MX": [(10, "mx.example.com")], "A": "servfail"},
        "www.example.com": {"CNAME": ["example.com"]},
        "*.list.example": {"A": ["127.0.0.2"]},
        "plain.list.example": {"TXT": ["none"]},
        "slow.example": "timeout",
        "loop.example": {"CNAME": ["loop.example"]},
    }
    answer = answer_from(table)
    asked = [
        ("example.com", "TXT", "ok", ["v=spf1 -all", "v=x"]),
        ("example.com", "A", "servfail", []),
        ("www.example.com", "MX", "ok", [(10, "mx.example.com")]),
        ("www.example.com", "AAAA", "nodata", []),
        ("4.3.2.1.list.example", "A", "ok", ["127.0.0.2"]),
        ("plain.list.example", "A", "nodata", []),
        ("slow.example", "A", "timeout", []),
        ("missing.example", "A", "nxdomain", []),
        ("loop.example", "A", "bogus", []),
    ]
    for name, rdtype, status, records in asked:
        found = answer(Question(name, rdtype))
        assert (found.status, list(found.records)) == (status, records), name
    assert answer(Question("www.example.com", "MX")).aliases == ("www.example.com",)
    assert answer(Question("example.com", "TXT")).records[1].chunks == ("v=", "x")

    def check():
        one = yield Question("example.com", "MX")
        two = yield [Question("slow.example", "A"), Question("missing.example", "A")]
        return one.status, [answer.failed for answer in two]

    assert drive(check(), answer) == ("ok", [True, False])
