# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Questions and answers: the words in which every DNS check speaks, without any network.

A check is a generator. It yields a ``Question``, or a list of them that may be asked at the same time, and is sent an
``Answer``, or a list of answers in the same order. What it returns is its result::

    def has_mail(domain):
        mx, a = yield [Question(domain, "MX"), Question(domain, "A")]
        if mx.failed or a.failed:
            return "unknown"
        return "yes" if mx.records or a.records else "no"

``resolver.Resolver.run`` asks the network for thousands of such checks at once; ``drive(check, answer_from(table))`` runs one
from a dictionary, which is how the logic is tested.

Records, by type of the question:

====================  =====================================================================================================
A, AAAA               ``"192.0.2.1"``, ``"2001:db8::1"``: the address as text, shortest form
PTR, CNAME, NS        ``"mail.example.com"``: a name as text, lower case, no dot at the end
MX                    ``(10, "mx.example.com")``; the null MX is ``(0, "")``
TXT                   ``Text``: a ``str`` of the joined strings, with the strings themselves in ``.chunks``
TLSA                  ``(usage, selector, matching_type, "hex in lower case")``
SOA                   ``(mname, rname, serial, refresh, retry, expire, minimum)``
SRV                   ``(priority, weight, port, "target.example.com")``
anything else         the presentation form as text
====================  =====================================================================================================
"""

from __future__ import annotations

from typing import Any, Callable, Generator, NamedTuple

STATUSES = ("ok", "nxdomain", "nodata", "servfail", "refused", "timeout", "bogus")
MAX_ALIASES = 12


class Question(NamedTuple):
    """What to ask. ``name`` needs no dot at the end: search suffixes never apply.

    ``server`` (0, 1, ...) asks that one of the nameservers and no other; ``pace`` names a limit of the run that the question counts against.
    """

    name: str
    rdtype: str
    server: int | None = None
    pace: str | None = None


class Answer:
    """What came back.

    status         ok (records of the type asked for), nxdomain, nodata, or a failure: servfail, refused, timeout, bogus
    records        in the form of the table above; empty unless the status is ok
    why            for a failure, one short sentence; otherwise ""
    name           the name that holds the records, at the end of the CNAME chain
    aliases        the names that the chain passed through, the one asked for first; () without a CNAME
    ttl            seconds that the answer may be kept
    authenticated  whether the resolver says that it validated the answer (the AD bit)
    server         which nameserver answered, counted from 0; None when none did
    """

    __slots__ = ("status", "records", "why", "name", "aliases", "ttl", "authenticated", "server")

    def __init__(self, status, records=(), why="", name="", aliases=(), ttl=0, authenticated=False, server=None):
        self.status = status
        self.records = records
        self.why = why
        self.name = name
        self.aliases = aliases
        self.ttl = ttl
        self.authenticated = authenticated
        self.server = server

    @property
    def failed(self) -> bool:
        """Whether nothing was learnt: neither that the records exist nor that they do not."""
        return self.status not in ("ok", "nxdomain", "nodata")

    def __repr__(self):
        return f"Answer({self.status!r}, {list(self.records)!r}{', why=' + repr(self.why) if self.why else ''})"


class Text(str):
    """The text of one TXT record; ``chunks`` are its strings of at most 255 octets, in order.

    Octets are read as UTF-8, or as Latin-1 where they are not UTF-8, so that any record can be shown and stored.
    """

    chunks: tuple = ()

    @classmethod
    def of(cls, chunks) -> Text:
        """Join ``chunks`` (bytes or text) without anything between them, as RFC 7208 3.3 asks."""
        raw = [chunk.encode() if isinstance(chunk, str) else bytes(chunk) for chunk in chunks]
        text = cls(_decode(b"".join(raw)))
        text.chunks = tuple(_decode(chunk) for chunk in raw)
        return text


def _decode(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


Check = Generator[Any, Any, Any]


def answer_from(table: dict) -> Callable[[Question], Answer]:
    """Give a function that answers questions from ``table`` instead of the network.

    ::

        {
            "example.com": {"TXT": ["v=spf1 -all"], "MX": [(10, "mx.example.com")], "A": "servfail"},
            "www.example.com": {"CNAME": ["example.com"]},
            "*.list.example": {"A": ["127.0.0.2"]},      # any name below, unless it has an entry of its own
            "slow.example": "timeout",                   # every type
        }

    A name without entry is nxdomain, a type without entry nodata; a word of ``STATUSES`` in place of the records is that status.
    CNAMEs are followed.
    """
    entries = {name.lower().rstrip("."): entry for name, entry in table.items()}

    def answer(question: Question, aliases: tuple = ()) -> Answer:
        name = question.name.lower().rstrip(".")
        entry = entries.get(name)
        parent = name
        while entry is None and "." in parent:
            parent = parent.partition(".")[2]
            entry = entries.get("*." + parent)
        if entry is None:
            return Answer("nxdomain", name=name, aliases=aliases, server=0)
        found = entry if isinstance(entry, str) else entry.get(question.rdtype, ())
        if isinstance(found, str):
            return Answer(found, name=name, aliases=aliases, why=f"{found} in the table")
        if found:
            records = [Text.of([text]) if isinstance(text, str) else Text.of(text) for text in found] if question.rdtype == "TXT" else list(found)
            return Answer("ok", records, name=name, aliases=aliases, ttl=300, server=0)
        if "CNAME" in entry:
            if len(aliases) >= MAX_ALIASES:
                return Answer("bogus", name=name, why="the CNAME chain is too long or a loop")
            return answer(question._replace(name=entry["CNAME"][0]), (*aliases, name))
        return Answer("nodata", name=name, aliases=aliases, server=0)

    return answer


def drive(check: Check, answer: Callable[[Question], Answer]) -> Any:
    """Run one check to its end with ``answer(question)`` in place of the network and return its result."""
    reply: Any = None
    try:
        while True:
            asked = check.send(reply)
            reply = answer(asked) if isinstance(asked, Question) else [answer(question) for question in asked]
    except StopIteration as finished:
        return finished.value
