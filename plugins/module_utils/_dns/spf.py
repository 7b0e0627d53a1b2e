# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""SPF as receivers evaluate it: the record's grammar and ``check_host`` of RFC 7208, with a trace for people.

``check_host`` is a generator like every check of this package: it yields questions and is sent answers. Nothing here does I/O
or looks at a clock.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import List, NamedTuple, Optional, Tuple, Union
from urllib.parse import quote

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import MAX_NAME, is_queryable, shown
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question

MAX_LOOKUPS = 10
"""Terms of one evaluation that may cost a DNS lookup (RFC 7208, 4.6.4)."""

MAX_VOIDS = 2
"""Lookups of one evaluation that may come back empty."""

MAX_NAMES = 10
"""MX hosts looked up for one ``mx``, and PTR names looked up for one ``ptr``."""

QUALIFIERS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
LOOKUP_TERMS = frozenset(["include", "a", "mx", "ptr", "exists", "redirect"])
MECHANISMS = frozenset(["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"])

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_MECHANISM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9]*)(?::(.*?))?((?:/[0-9]+)?(?://[0-9]+)?)", re.DOTALL)
_CIDR = re.compile(r"(?:/([0-9]+))?(?://([0-9]+))?")
_IP4 = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:/([0-9]+))?")
_TOPLABEL = re.compile(r".*\.(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?", re.IGNORECASE | re.DOTALL)
_MACRO = re.compile(r"%(?:\{([A-Za-z])([0-9]*)(r?)([.+,/_=-]*)\}|([%_-]))", re.IGNORECASE)
_LITERAL = {"%": "%", "_": " ", "-": "%20"}

Network = Union[IPv4Network, IPv6Network]
Address = Union[IPv4Address, IPv6Address]


class SpfSyntaxError(ValueError):
    """A term that no receiver can read; the message says why in words for its owner."""


class Macro(NamedTuple):
    """One ``%{...}``: letter, how many labels to keep (0: all), whether reversed, and the delimiters."""

    letter: str
    keep: int
    reverse: bool
    delimiters: str


class Term(NamedTuple):
    """One mechanism or modifier as written (``text``), taken apart."""

    text: str
    name: str
    qualifier: str = "+"
    spec: Optional[Tuple[Union[str, Macro], ...]] = None
    network: Optional[Network] = None
    prefix4: int = 32
    prefix6: int = 128


class Record(NamedTuple):
    """A parsed record. ``errors`` holds (term text, message) for every term that cannot be read."""

    text: str
    mechanisms: List[Term]
    redirect: Optional[Term]
    exp: Optional[Term]
    errors: List[Tuple[str, str]]

    @property
    def terms(self):
        """Mechanisms in order, then redirect: everything that may decide a result."""
        return self.mechanisms + ([self.redirect] if self.redirect else [])


class Outcome(NamedTuple):
    """What ``check_host`` found.

    ``result`` is one of none, neutral, pass, fail, softfail, temperror, permerror; ``reason`` one sentence; ``explanation`` the
    domain owner's own words for a fail, or None; ``matched`` the term that decided and ``domain`` where it stands, both None when
    no term did; ``records`` the SPF records of the domain asked for; ``lookups`` and ``voids`` as counted against the limits; ``trace``
    lines for a person, indented by depth.
    """

    result: str
    reason: str
    explanation: Optional[str]
    matched: Optional[str]
    domain: Optional[str]
    records: List[str]
    lookups: int
    voids: int
    trace: List[str]


# The grammar


def is_spf(text):
    """Whether a TXT record claims to be SPF: ``v=spf1`` alone or followed by a space, in any case."""
    return text[:6].lower() == "v=spf1" and (len(text) == 6 or text[6] == " ")


def parse_record(text):
    """Take a record apart; what cannot be read is listed in ``errors``, so that a lint can name all of it at once."""
    mechanisms, modifiers, errors = [], {}, []
    for word in (word for word in text[6:].split(" ") if word):
        try:
            term = _parse_term(word)
            if term.name in MECHANISMS:
                mechanisms.append(term)
            elif term.name in ("redirect", "exp"):
                if term.name in modifiers:
                    raise SpfSyntaxError(f"{term.name}= may appear only once")
                modifiers[term.name] = term
        except SpfSyntaxError as error:
            errors.append((word, str(error)))
    return Record(text, mechanisms, modifiers.get("redirect"), modifiers.get("exp"), errors)


@lru_cache(maxsize=4096)
def _parse_term(word):
    """One word as a Term; the same words come again with every address of a fleet. Raises SpfSyntaxError."""
    modifier = _MODIFIER.fullmatch(word)
    return _parse_modifier(word, *modifier.groups()) if modifier else _parse_mechanism(word)


def _parse_modifier(word, name, value):
    name = name.lower() if name.lower() in ("redirect", "exp") else "unknown"
    spec = _parse_domain_spec(value) if name in ("redirect", "exp") else parse_macros(value)
    return Term(word, name, spec=spec)


def _parse_mechanism(word):
    found = _MECHANISM.fullmatch(word)
    if not found or found.group(2).lower() not in MECHANISMS:
        raise SpfSyntaxError(f"{shown(word)} is no mechanism")
    qualifier, name, value, cidr = found.groups()
    name, qualifier = name.lower(), qualifier or "+"
    if name == "all":
        if value is not None or cidr:
            raise SpfSyntaxError("all takes no argument")
        return Term(word, name, qualifier)
    if name in ("ip4", "ip6"):
        return Term(word, name, qualifier, network=(_parse_ip4 if name == "ip4" else _parse_ip6)((value or "") + cidr))
    if name in ("a", "mx"):
        prefix4, prefix6 = _parse_cidr(cidr)
        return Term(word, name, qualifier, None if value is None else _parse_domain_spec(value), None, prefix4, prefix6)
    if value is None and (name != "ptr" or cidr):
        raise SpfSyntaxError(f"{name} takes no prefix length" if cidr else f"{name} needs a domain")
    return Term(word, name, qualifier, None if value is None else _parse_domain_spec(value + cidr))


def _parse_cidr(text):
    prefixes = _CIDR.fullmatch(text).groups()
    return tuple(_parse_prefix(prefix, most) for prefix, most in zip(prefixes, (32, 128)))


def _parse_prefix(text, most):
    if text is None:
        return most
    if (len(text) > 1 and text[0] == "0") or len(text) > 3 or int(text) > most:
        raise SpfSyntaxError(f"/{shown(text)} is no prefix length between 0 and {most}")
    return int(text)


def _parse_ip4(text):
    found = _IP4.fullmatch(text)
    if not found or any(int(octet) > 255 or (octet[0] == "0" and octet != "0") for octet in found.group(1).split(".")):
        raise SpfSyntaxError(f"{shown(text) or 'nothing'} is no IPv4 address or network")
    return ip_network((found.group(1), _parse_prefix(found.group(2), 32)), strict=False)


def _parse_ip6(text):
    address, slash, prefix = text.partition("/")
    try:
        if "%" in address or (slash and not re.fullmatch("[0-9]+", prefix)):
            raise ValueError
        host = IPv6Address(address)
    except ValueError:
        raise SpfSyntaxError(f"{shown(text) or 'nothing'} is no IPv6 address or network") from None
    return ip_network((str(host), _parse_prefix(prefix or None, 128)), strict=False)


def _parse_domain_spec(text):
    tokens = parse_macros(text)
    if not tokens:
        raise SpfSyntaxError("the domain is missing")
    last = tokens[-1]
    if isinstance(last, str) and not text.endswith(("%%", "%_", "%-")) and not _TOPLABEL.fullmatch(last):
        raise SpfSyntaxError(f"{shown(text)} is no domain name")
    return tokens


def parse_macros(text, explanation=False):
    """Split a macro string into literal text and ``Macro`` items; ``c``, ``r``, ``t`` and spaces only in an explanation."""
    letters = "slodiphvcrt" if explanation else "slodiphv"
    tokens, literal, position = [], "", 0
    while position < len(text):
        character = text[position]
        if character != "%":
            if not ("!" <= character <= "~" or (explanation and character == " ")):
                raise SpfSyntaxError(f"{shown(text)} has a character that SPF does not allow")
            literal += character
            position += 1
            continue
        found = _MACRO.match(text, position)
        if not found:
            raise SpfSyntaxError(f"{shown(text)} has a % that starts no macro")
        letter, keep, reverse, delimiters, escape = found.groups()
        if escape:
            literal += _LITERAL[escape]
        elif letter.lower() not in letters or (keep and not keep.strip("0")):
            raise SpfSyntaxError(f"{shown(found.group())} is no macro that can be used here")
        else:
            tokens += [literal] if literal else []
            tokens.append(Macro(letter, int(keep.lstrip("0")[:4] or 0), bool(reverse), delimiters or "."))
            literal = ""
        position = found.end()
    return tuple(tokens + ([literal] if literal else []))


# Evaluation


class _PermError(Exception):
    """The records themselves are wrong: the same for every receiver until somebody edits them."""


class _TempError(Exception):
    """DNS did not answer; nothing is known."""


class _Decision(NamedTuple):
    result: str
    domain: str
    matched: Optional[str]
    exp: Optional[Term]


def check_host(address, domain, sender, helo):
    """Evaluate SPF as a receiver does (RFC 7208, section 4).

    ``address`` is the client's address as text, ``domain`` the one whose record is asked for, ``sender`` the MAIL FROM (or
    ``postmaster@helo`` for an empty one), ``helo`` the client's name. Raises ValueError for an address that is none.
    """
    check = _Check(address, sender, helo)
    try:
        decision = yield from check.evaluate(_canonical(domain), 0)
    except _PermError as error:
        return check.outcome("permerror", str(error))
    except _TempError as error:
        return check.outcome("temperror", str(error))
    if decision is None:
        return check.outcome("none", f"{_canonical(domain)} publishes no SPF record")
    explanation = (yield from check.explain(decision)) if decision.result == "fail" else None
    if decision.matched is None:
        return check.outcome(decision.result, f"no term of the record of {decision.domain} matches {check.ip}", None, None, decision.domain)
    reason = f"{shown(decision.matched)} in the record of {decision.domain} matches {check.ip}"
    return check.outcome(decision.result, reason, explanation, decision.matched, decision.domain)


class _Check:
    """One evaluation: the client, the counters and the trace, shared by all records it passes through."""

    def __init__(self, address, sender, helo):
        ip = ip_address(address)
        self.ip = getattr(ip, "ipv4_mapped", None) or ip
        local, _at, sender_domain = sender.rpartition("@")
        self.sender_local = local or "postmaster"
        self.sender_domain = sender_domain
        self.helo = helo
        self.lookups = self.voids = 0
        self.records = []
        self.trace = []
        self.validated = None

    def outcome(self, result, reason, explanation=None, matched=None, domain=None):
        self.trace.append(f"result: {result}")
        return Outcome(result, reason, explanation, matched, domain, self.records, self.lookups, self.voids, self.trace)

    def note(self, depth, text):
        self.trace.append("  " * depth + shown(text, 1000))

    # Questions

    def ask(self, name, rdtype, void_counts=True):
        """One question of a term; an unusable name has no records and costs no packet. Raises _TempError."""
        if not is_queryable(name):
            return []
        answer = yield Question(name, rdtype)
        return self.take(name, rdtype, answer, void_counts)

    def take(self, name, rdtype, answer, void_counts=True):
        if answer.status == "ok":
            return list(answer.records)
        if answer.status not in ("nxdomain", "nodata"):
            raise _TempError(f"DNS gave no answer for {rdtype} of {name} ({answer.status})")
        if void_counts:
            self.voids += 1
            if self.voids > MAX_VOIDS:
                raise _PermError(f"more than {MAX_VOIDS} lookups came back empty, the last one {rdtype} of {name}")
        return []

    def count(self, term):
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _PermError(f"more than {MAX_LOOKUPS} terms need a DNS lookup, the first too many is {shown(term.text)}")

    # Records

    def fetch(self, domain):
        """The SPF records of a domain. Raises _TempError without an answer."""
        texts = yield from self.ask(domain, "TXT", void_counts=False)
        return [str(text) for text in texts if is_spf(text)]

    def evaluate(self, domain, depth):
        """Evaluate the record of ``domain``: a _Decision, or None where there is no record."""
        if not (is_queryable(domain) and "." in domain):
            self.note(depth, f"{domain or 'an empty name'}: no domain name that could have a record")
            return None
        texts = yield from self.fetch(domain)
        if depth == 0:
            self.records = texts
        if len(texts) > 1:
            raise _PermError(f"{domain} publishes {len(texts)} SPF records; only one is allowed")
        if not texts:
            self.note(depth, f"{domain}: no SPF record")
            return None
        self.note(depth, f"{domain}: {texts[0]}")
        record = parse_record(texts[0])
        if record.errors:
            word, problem = record.errors[0]
            raise _PermError(f"the record of {domain} cannot be read at {shown(word)}: {problem}")
        for term in record.mechanisms:
            if (yield from self.matches(term, domain, depth + 1)):
                result = QUALIFIERS[term.qualifier]
                self.note(depth + 1, f"{term.text}: matches, {result}")
                return _Decision(result, domain, term.text, record.exp)
        if record.redirect:
            return (yield from self.redirect(record.redirect, domain, depth + 1))
        self.note(depth + 1, "nothing matches, neutral")
        return _Decision("neutral", domain, None, record.exp)

    def redirect(self, term, domain, depth):
        self.count(term)
        target = yield from self.expand(term.spec, domain)
        self.note(depth, f"{term.text}: lookup {self.lookups}, continues at {target}")
        decision = yield from self.evaluate(target, depth)
        if decision is None:
            raise _PermError(f"{shown(term.text)} of {domain} leads to {shown(target)}, which has no SPF record")
        return decision

    # Mechanisms

    def matches(self, term, domain, depth):
        if term.name == "all":
            return True
        if term.name in ("ip4", "ip6"):
            return self.within(term, self.ip, term.network, depth)
        self.count(term)
        target = domain if term.spec is None else (yield from self.expand(term.spec, domain))
        return (yield from getattr(self, "match_" + term.name)(term, target, depth))

    def within(self, term, ip, network, depth):
        if ip.version == network.version and ip in network:
            return True
        self.note(depth, f"{term.text}: does not contain {self.ip}")
        return False

    def match_include(self, term, target, depth):
        self.note(depth, f"{term.text}: lookup {self.lookups}")
        decision = yield from self.evaluate(target, depth + 1)
        if decision is None:
            raise _PermError(f"{shown(term.text)} leads to {shown(target)}, which has no SPF record")
        if decision.result != "pass":
            self.note(depth, f"{term.text}: no match, {target} says {decision.result}")
        return decision.result == "pass"

    def match_a(self, term, target, depth):
        addresses = yield from self.ask(target, self.address_type)
        return self.any_within(term, addresses, target, depth)

    def match_mx(self, term, target, depth):
        exchanges = yield from self.ask(target, "MX")
        if len(exchanges) > MAX_NAMES:
            raise _PermError(f"{shown(term.text)} needs the addresses of {len(exchanges)} MX hosts; {MAX_NAMES} are allowed")
        hosts = [host for host in (_canonical(host) for _preference, host in sorted(exchanges)) if is_queryable(host)]
        answers = (yield [Question(host, self.address_type) for host in hosts]) if hosts else []
        addresses = []
        for host, answer in zip(hosts, answers):
            addresses += self.take(host, self.address_type, answer)
        return self.any_within(term, addresses, f"MX of {target}", depth)

    def match_exists(self, term, target, depth):
        found = yield from self.ask(target, "A")
        if not found:
            self.note(depth, f"{term.text}: lookup {self.lookups}, {target} does not exist")
        return bool(found)

    def match_ptr(self, term, target, depth):
        names = yield from self.validated_names(void_counts=True)
        target = _canonical(target)
        if any(name == target or name.endswith("." + target) for name in names):
            return True
        self.note(depth, f"{term.text}: lookup {self.lookups}, no confirmed name of {self.ip} is in {target} ({', '.join(names) or 'none'})")
        return False

    @property
    def address_type(self):
        return "A" if self.ip.version == 4 else "AAAA"

    def any_within(self, term, addresses, target, depth):
        prefix = term.prefix4 if self.ip.version == 4 else term.prefix6
        for address in addresses:
            ip = ip_address(address)
            if ip.version == self.ip.version and self.ip in ip_network((address, prefix), strict=False):
                return True
        listed = ", ".join(addresses[:4]) + (", ..." if len(addresses) > 4 else "")
        self.note(depth, f"{term.text}: lookup {self.lookups}, {target} has {listed or 'no ' + self.address_type}")
        return False

    def validated_names(self, void_counts=False):
        """PTR names that lead back to the client, in the order DNS gave them; failures of DNS count as no name (RFC 7208, 5.5)."""
        if self.validated is None:
            self.validated = []
            try:
                pointers = yield from self.ask(self.ip.reverse_pointer, "PTR", void_counts)
            except _TempError:
                pointers = []
            names = [name for name in (_canonical(pointer) for pointer in pointers[:MAX_NAMES]) if is_queryable(name)]
            answers = (yield [Question(name, self.address_type) for name in names]) if names else []
            self.validated = [name for name, answer in zip(names, answers) if _leads_to(answer, self.ip)]
        return self.validated

    # Macros and the explanation

    def expand(self, spec, domain):
        """Expand a domain-spec to a name, cut from the left where it got too long."""
        name = yield from self.expand_text(spec, domain)
        name = name[:-1] if name.endswith(".") else name
        while len(name) > MAX_NAME and "." in name:
            name = name.partition(".")[2]
        return name.lower()

    def expand_text(self, spec, domain):
        out = []
        for token in spec:
            if isinstance(token, Macro):
                value = yield from self.macro_value(token.letter.lower(), domain)
                out.append(transform(value, token))
            else:
                out.append(token)
        return "".join(out)

    def macro_value(self, letter, domain):
        if letter == "p":
            return (yield from self.best_name(domain))
        return {
            "s": f"{self.sender_local}@{self.sender_domain}",
            "l": self.sender_local,
            "o": self.sender_domain,
            "d": domain,
            "i": _dotted(self.ip),
            "v": "in-addr" if self.ip.version == 4 else "ip6",
            "h": self.helo,
            "c": str(self.ip),
            "r": "unknown",
            "t": "0",
        }[letter]

    def best_name(self, domain):
        """The ``p`` macro: a confirmed name equal to the domain, else below it, else any, else ``unknown``."""
        names = yield from self.validated_names()
        below = [name for name in names if name.endswith("." + domain)]
        return domain if domain in names else (below or names or ["unknown"])[0]

    def explain(self, decision):
        """The owner's words for a fail; any mistake or failure on the way means that there are none (RFC 7208, 6.2)."""
        if decision.exp is None:
            return None
        try:
            target = yield from self.expand(decision.exp.spec, decision.domain)
            texts = yield from self.ask(target, "TXT", void_counts=False)
            if len(texts) != 1:
                return None
            return (yield from self.expand_text(parse_macros(texts[0], explanation=True), decision.domain))
        except (_TempError, SpfSyntaxError):
            return None


def _leads_to(answer, ip):
    return answer.status == "ok" and any(ip_address(address) == ip for address in answer.records)


def _canonical(name):
    return name.rstrip(".").lower() if not name.endswith("..") else name.lower()


def _dotted(ip):
    return str(ip) if ip.version == 4 else ".".join(ip.exploded.replace(":", "").upper())


def transform(value, macro):
    """Apply a macro's delimiters, reversal, number of labels and URL encoding to its value."""
    parts = re.split("[" + re.escape(macro.delimiters) + "]", value)
    if macro.reverse:
        parts.reverse()
    if macro.keep:
        parts = parts[-macro.keep :]
    text = ".".join(parts)
    return quote(text, safe="-._~") if macro.letter.isupper() else text
