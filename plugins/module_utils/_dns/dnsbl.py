# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the DNS blocklists say about addresses and domains, and whether they may be believed.

A list may call something listed or clean only if it passed its test points (RFC 5782 section 5) through the same nameserver. Whatever
is no clear answer is ``unknown`` with a reason; it is never clean and never listed:

=================  ============================================================================================================
resolver_refused   the list refuses this resolver (127.255.255.254, REFUSED, or the list's own code for it)
over_quota         its limit is reached, or would be
key_required       nothing without a key, or the key is not accepted
servfail, timeout  no usable answer
not_loopback       an address outside 127.0.0.0/8: an expired domain, a wildcard
rewritten          the same, from a resolver that invents answers
code_unknown       an address in 127.0.0.0/8 that the list does not document
zone_dead          the list is closed, or lists the whole world
self_test_failed   its test point is not listed: it is empty, or the resolver hides it
=================  ============================================================================================================

The work has two steps, each a set of generators (see ``question.py``): ``Zone.test`` for every list and kind of subject, then
``Survey.look_up`` for every subject. ``Survey.run`` puts them together; the catalogue is ``_facts/blocklists.py``.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from typing import NamedTuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import BadName, Resolver, wire_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import (
    ALIASES,
    BLOCKLISTS,
    CAUSES,
    CLOSED,
    IMPACTS,
    KEYS,
    LIMITS,
    REFUSALS,
    TESTS,
)

FAMILIES = ("ip4", "ip6", "domain")
PROFILES = ("default", "major", "all", "none")
ROLES = {"block": "listed", "allow": "allowlisted", "info": "informational"}
REFUSED = ("resolver_refused", "over_quota", "key_required")
GIVE_UP = 5  # questions in a row that a list leaves without a usable answer: it is asked no more in this run
MAX_TEXT = 400  # characters that are kept of a list's TXT record
MASK = "********"

NOT_PUBLIC = [
    (ipaddress.ip_network(network), reason)
    for network, reason in (
        ("127.0.0.0/8", "a loopback address"),
        ("10.0.0.0/8", "a private address (RFC 1918)"),
        ("172.16.0.0/12", "a private address (RFC 1918)"),
        ("192.168.0.0/16", "a private address (RFC 1918)"),
        ("169.254.0.0/16", "a link-local address"),
        ("100.64.0.0/10", "an address behind carrier-grade NAT (RFC 6598)"),
        ("0.0.0.0/8", "not an address of a host"),
        ("224.0.0.0/3", "not an address of a host"),
        ("::1/128", "a loopback address"),
        ("::/128", "not an address of a host"),
        ("fc00::/7", "a private address (RFC 4193)"),
        ("fe80::/10", "a link-local address"),
        ("ff00::/8", "not an address of a host"),
    )
]
"""Addresses that no list knows. Documentation ranges are ordinary here: test labs live in them."""

LOCAL_NAMES = ("localhost", "localdomain", "local", "lan", "internal", "intranet", "home", "home.arpa", "invalid", "test")


# --- subjects ------------------------------------------------------------------------------------------------------------------


class Subject(NamedTuple):
    """What is looked up: its ``title`` as given, its family, the name to put before a zone, and why it is skipped, if so."""

    title: str
    family: str
    label: str
    skip: str = ""


def address_subject(text):
    """Make a subject of an address; an IPv4 address in IPv6 clothes is what it wraps."""
    title = str(text).strip()
    try:
        address = ipaddress.ip_address(title)
    except ValueError:
        raise DeliverabilityError(f"addresses: {title!r} is not an IPv4 or IPv6 address") from None
    address = getattr(address, "ipv4_mapped", None) or address
    skip = next((reason for network, reason in NOT_PUBLIC if address.version == network.version and address in network), "")
    return Subject(title, f"ip{address.version}", reverse_label(address), skip)


def domain_subject(text):
    """Make a subject of a domain or host name."""
    title = str(text).strip()
    name = title.lower().rstrip(".")
    if _is_address(name):
        raise DeliverabilityError(f"domains: {title!r} is an address; addresses have an option of their own")
    try:
        if not name or re.search(r"[\s/@:]", name):
            raise BadName("it has characters that no name has" if name else "it is empty")
        wire_name(name + ".zone.name.of.usual.length")
    except BadName as error:
        raise DeliverabilityError(f"domains: {title!r} is not a domain name: {error}") from None
    local = "." not in name or any(name.endswith("." + suffix) for suffix in LOCAL_NAMES)
    return Subject(title, "domain", name, "a name without a public domain" if local else "")


def reverse_label(address):
    """Return octets or nibbles in reverse, as they stand before a zone: ``11.100.51.198``."""
    text = ipaddress.ip_address(address).reverse_pointer
    return text[: -len(".in-addr.arpa" if text.endswith(".in-addr.arpa") else ".ip6.arpa")]


def _is_address(text):
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


# --- lists ---------------------------------------------------------------------------------------------------------------------


class Hit(NamedTuple):
    """One thing that an answer of a list says: a state, the cause behind it, and the codes and meanings that say so."""

    state: str
    cause: str
    codes: tuple
    meanings: tuple


class Reading(NamedTuple):
    """What the A records of an answer mean: hits, or the word and the sentence for why they say nothing."""

    hits: tuple = ()
    why: str = ""
    text: str = ""


class Health(NamedTuple):
    """State of a list: ok, refused, dead, unreachable, suspect or skipped; the word for the reason, and a sentence."""

    state: str
    why: str = ""
    text: str = ""


GOOD = Health("ok")


class Limit:
    """How many questions may still go to the lists of one operator in this run."""

    def __init__(self, name, per_second=0, per_day=0, terms="", wait=30):
        self.name = name
        self.per_second = per_second
        bounds = [bound for bound in (per_day, per_second * wait) if bound]
        self.left = int(min(bounds)) if bounds else float("inf")
        told = [f"{per_second:g} questions a second" if per_second else "", f"{per_day} a day" if per_day else ""]
        self.text = f"its limit of {' and '.join(part for part in told if part)} leaves no room in this run"


class Zone:
    """One list: how to ask it, how to read it, and how it behaves in this run. ``entry`` is in catalogue form."""

    def __init__(self, entry, keys=None, limit=None):
        self.zone = entry["zone"].replace("{key}.", "").lower().rstrip(".")
        self.secret = (keys or {}).get(entry.get("key"), "")
        self.suffix = entry["zone"].replace("{key}", self.secret).lower().rstrip(".")
        self.name = entry.get("name") or self.zone
        self.operator = entry.get("operator") or self.name
        self.takes = tuple(entry.get("takes") or ("ip4",))
        self.role = entry.get("role") or "block"
        self.match = entry.get("match") or "exact"
        self.cause = entry.get("cause") or "unspecific"
        self.impact = entry.get("impact") or "low" if self.role == "block" else "none"
        self.parents = bool(entry.get("parents"))
        self.network = entry.get("network")
        self.lookup = entry.get("lookup") or ""
        self.removal = entry.get("removal") or ""
        self.limit = limit
        self.tests = {family: (entry.get("tests") or {}).get(family, TESTS[family]) for family in self.takes}
        self.codes = {code: self._meaning(said) for code, said in _spread(entry.get("codes")).items()}
        self.information = _spread(entry.get("information"))
        self.refusals = {**_spread(REFUSALS), **_spread(entry.get("refusals"))}
        self.asked = self.answered = 0
        self.failures = 0  # in a row
        self.stopped: Health | None = None  # for everything: refused from the start, or given up
        self.trust: dict = {}  # (family, server) -> Health, from the test points
        self.tested: dict = {}  # family -> Health at the nameserver that is asked
        self.server: dict = {}  # family -> the nameserver to ask, where it is not the one that the resolver prefers

    def _meaning(self, said):
        """Bring what stands beside a code into the form (cause, meaning)."""
        if isinstance(said, dict):
            return said.get("cause") or self.cause, said.get("meaning", "")
        return (self.cause, str(said)) if isinstance(said, str) else tuple(said)

    # -- asking

    def question(self, label, rdtype, server=None):
        """Return the question for a name in this list."""
        pace = self.limit.name if self.limit and self.limit.per_second else None
        return Question(f"{label}.{self.suffix}", rdtype, server, pace)

    def labels(self, subject):
        """Return the names to ask about a subject: itself and, for lists that know registered domains only, its parents."""
        if not (self.parents and subject.family == "domain"):
            return [subject.label]
        parts = subject.label.split(".")
        return [".".join(parts[start:]) for start in range(max(0, len(parts) - 3), len(parts) - 1)] if len(parts) > 2 else [subject.label]

    def mask(self, text):
        """Take the customer's key out of a text."""
        return text.replace(self.secret, MASK) if self.secret else text

    # -- reading

    def read(self, records):
        """Return what the A records of an answer mean in this list. Nothing but the list's own codes is a listing."""
        causes: dict = {}
        information, unknown = [], []
        for record in records:
            if record in self.refusals:
                return Reading((), *self.refusals[record])
            octets = record.split(".")
            if octets[0] != "127":
                return Reading((), "not_loopback", f"it answered {record}, and no list answers outside 127.0.0.0/8")
            bits = self._bits(octets) if self.match == "bitmask" else [record]
            refusal = next((self.refusals[bit] for bit in bits if bit in self.refusals), None)
            if refusal:
                return Reading((), *refusal)
            for code in bits:
                if code in self.codes:
                    cause, meaning = self.codes[code]
                    causes.setdefault(cause, []).append((record, meaning))
                elif code in self.information:
                    information.append((record, self.information[code]))
                elif self.match == "any127" and record != "127.0.0.1":
                    causes.setdefault(self.cause, []).append((record, "listed"))
                elif self.match != "bitmask":
                    unknown.append(record)
            if self.match == "bitmask" and not any(bit in self.codes or bit in self.information for bit in bits):
                unknown.append(record)
        hits = [self._hit(cause, said) for cause, said in causes.items()]
        if hits:
            return Reading(tuple(hits))
        if unknown:
            return Reading((), "code_unknown", f"it answered {', '.join(unknown)}, which it does not document")
        return Reading((Hit("informational", self.cause, *_columns(information)),))

    def _hit(self, cause, said):
        policy = self.role == "block" and CAUSES[cause]["kind"] == "policy"
        return Hit("policy" if policy else ROLES[self.role], cause, *_columns(said))

    @staticmethod
    def _bits(octets):
        """Return the bits of the last octet as texts, if the others are those of a bit mask."""
        number = int(octets[3]) if octets[1:3] == ["0", "0"] else 0
        return [str(1 << bit) for bit in range(8) if number >> bit & 1]

    # -- test points

    def test(self, family, server=None):
        """Ask the test points through one nameserver and return the health that they show (a generator of questions).

        ``server`` None asks the one that the resolver prefers; its health then holds for the family.
        """
        listed, clean = self.tests[family]
        names = [name if family == "domain" else reverse_label(name) for name in (listed, clean) if name]
        answers = yield [self.question(name, "A", server) for name in names]
        by = answers[0].server if server is None else server
        if by is not None and any(answer.server not in (by, None) for answer in answers):
            health = yield from self.test(family, by)
        else:
            health = self.trust[family, by] = self._health_of(*answers)
        if server is None:
            self.tested[family] = health
        return health

    def _health_of(self, listed, clean=None):
        for answer in (listed, clean):
            if answer is not None and answer.failed:
                return Health("refused" if answer.status == "refused" else "unreachable", *failure(answer))
        reading = self.read(listed.records) if listed.status == "ok" else None
        if reading and reading.why in REFUSED:
            return Health("refused", reading.why, reading.text)
        if reading and reading.why == "not_loopback":
            return Health("dead", reading.why, reading.text)
        if clean is not None and clean.status == "ok":
            reading = self.read(clean.records)
            if reading.why in REFUSED:
                return Health("refused", reading.why, reading.text)
            if reading.why == "not_loopback":
                return Health("dead", reading.why, reading.text)
            return Health("dead", "zone_dead", "it lists what no list may list: it answers for everything")
        if listed.status != "ok":
            return Health("suspect", "self_test_failed", "its test point is not listed: it is empty, or this resolver hides what it says")
        return GOOD

    # -- state in this run

    def health(self, family):
        """Return what holds for subjects of a family now."""
        if self.stopped:
            return self.stopped
        return self.tested.get(family, GOOD)

    def room(self):
        """Take one question off the operator's limit; False if there is none left."""
        if self.limit is None:
            return True
        self.limit.left -= 1
        return self.limit.left >= 0

    def note(self, why, text=""):
        """Count how a question ended (``why`` is empty for a usable answer) and stop asking a list that gives none."""
        if not why:
            self.answered += 1
            self.failures = 0
            return
        self.failures += 1
        if why in REFUSED or self.failures >= GIVE_UP:
            self.stopped = Health("refused" if why in REFUSED else "unreachable" if why in ("timeout", "servfail") else "suspect", why, text)


def failure(answer):
    """Return the word and the sentence for an answer that tells nothing."""
    why = {"refused": "resolver_refused", "timeout": "timeout"}.get(answer.status, "servfail")
    return why, answer.why or answer.status


def _columns(said):
    """Turn pairs (code, meaning) into a tuple of codes and one of meanings, each in order and once."""
    return tuple(dict.fromkeys(code for code, _meaning in said)), tuple(dict.fromkeys(meaning for _code, meaning in said if meaning))


def _spread(table):
    """Write out the ranges ``127.0.0.5-7`` and patterns ``127.0.1.*`` among the codes of a table."""
    wide, exact = {}, {}
    for code, value in (table or {}).items():
        start, _dot, last = str(code).rpartition(".")
        if last == "*" or "-" in last:
            first, _dash, end = ("0-255" if last == "*" else last).partition("-")
            wide.update({f"{start}.{number}": value for number in range(int(first), int(end) + 1)})
        else:
            exact[str(code)] = value
    return {**wide, **exact}


def closed(zone):
    """Return why a zone must not be asked, or ''."""
    labels = zone.lower().rstrip(".").split(".")
    for start in range(len(labels)):
        row = CLOSED.get(".".join(labels[start:]))
        if row:
            name, when, fate = row
            return f"{name} must not be asked{f' any more ({when})' if when else ''}: {fate}"
    return ""


# --- which lists to ask --------------------------------------------------------------------------------------------------------


def choose_zones(profile="default", zones=None, own_zones=None, keys=None, exclude_zones=None, limit_wait=30):
    """Return the ``Zone`` objects for the options of a user; those that must not be asked are there too, stopped, with the reason.

    ``zones`` names lists of the catalogue and takes the place of the profile. An item of ``own_zones`` that names a list of the
    catalogue changes it; ``force`` asks a list that is closed.
    """
    keys = _clean_keys(keys)
    own = [_clean_own(item) for item in own_zones or ()]
    excluded = {name.lower().rstrip(".") for name in exclude_zones or ()}
    catalogue = {_public_name(entry): entry for entry in BLOCKLISTS}
    wanted = [_public_name({"zone": name}) for name in zones] if zones else _profile_zones(profile, keys)
    chosen = {ALIASES.get(name, name): catalogue.get(ALIASES.get(name, name)) for name in wanted}
    for item in own:
        name = _public_name(item)
        chosen[name] = {**catalogue.get(name, {}), **item}
    limits: dict = {}
    result = []
    for name, entry in chosen.items():
        if name in excluded:
            continue
        if entry is None and not closed(name):
            raise DeliverabilityError(f"zones: {name!r} is not in the catalogue; describe it under own_zones")
        zone = Zone(entry or {"zone": name}, keys, _limit(entry or {}, name, limits, limit_wait))
        reason = "" if (entry or {}).get("force") else closed(name)
        if reason:
            zone.stopped = Health("dead", "zone_dead", reason)
        elif "{key}" in zone.suffix or (entry.get("key") and not zone.secret):
            zone.stopped = Health("skipped", "key_required", f"it needs a key: keys.{entry['key']}")
        result.append(zone)
    return result


def _public_name(entry):
    return entry["zone"].lower().rstrip(".").replace("{key}.", "")


def _profile_zones(profile, keys):
    """Return the names that belong to a profile, given the keys that the user has."""
    if profile == "none":
        return []
    usable = [entry for entry in BLOCKLISTS if not entry.get("part_of") and (not entry.get("key") or keys.get(entry["key"]))]
    replaced = {entry.get("replaces") for entry in usable}
    return [_public_name(entry) for entry in usable if entry["zone"] not in replaced and (profile == "all" or profile in entry.get("profiles", ()))]


def _limit(entry, name, limits, wait):
    """Return the limit that a list shares with the others of its operator, or its own."""
    row = entry.get("limit")
    if not row:
        return None
    key, terms = (row, LIMITS.get(row)) if isinstance(row, str) else (name, row)
    if terms is None:
        raise DeliverabilityError(f"own_zones: {name}: limit: {row!r} is unknown; give per_second or per_day")
    if key not in limits:
        limits[key] = Limit(key, wait=wait, **{word: number for word, number in terms.items() if number})
    return limits[key]


def _clean_keys(keys):
    keys = {name: str(value).strip().lower() for name, value in (keys or {}).items() if value}
    for name, value in keys.items():
        if not re.fullmatch(r"[a-z0-9_-]{4,63}", value):
            raise DeliverabilityError(f"keys: the value of {name} is no key: letters, digits, - and _ only")
    return keys


def _clean_own(item):
    """Check one item of ``own_zones`` and leave out what was not given."""
    entry = {key: value for key, value in item.items() if value is not None}
    name = str(entry.get("zone", "")).strip()
    try:
        if name.count(".") < 1 or re.search(r"[\s/@:]", name):
            raise BadName("write it like list.example.com")
        wire_name(name.replace("{key}", "key"))
    except BadName as error:
        raise DeliverabilityError(f"own_zones: zone: {name!r} is not a name: {error}") from None
    choices = {"role": tuple(ROLES), "match": ("exact", "bitmask", "any127"), "impact": IMPACTS, "cause": tuple(CAUSES)}
    for key, allowed in choices.items():
        if entry.get(key) and entry[key] not in allowed:
            raise DeliverabilityError(f"own_zones: {name}: {key}: {entry[key]!r} is none of {', '.join(allowed)}")
    for family in entry.get("takes") or ():
        if family not in FAMILIES:
            raise DeliverabilityError(f"own_zones: {name}: takes: {family!r} is none of {', '.join(FAMILIES)}")
    if "{key}" in name and not entry.get("key"):
        raise DeliverabilityError(f"own_zones: {name}: key: name the entry of keys that stands for {{key}}")
    if entry.get("match", "exact") == "exact" and not entry.get("codes") and not entry.get("information"):
        entry["codes"] = {"127.0.0.2": "listed"}
    try:
        entry["tests"] = {family: tuple(pair) for family, pair in (entry.get("tests") or {}).items() if pair is not None}
        if any(len(pair) != 2 or not pair[0] or family not in FAMILIES for family, pair in entry["tests"].items()):
            raise ValueError("give a list of two names for ip4, ip6 or domain: one that is listed, one that is not (or null)")
        entry["zone"] = name
        Zone(entry)
    except (ValueError, TypeError, KeyError) as error:
        raise DeliverabilityError(f"own_zones: {name}: {error}") from None
    return entry


# --- the survey ----------------------------------------------------------------------------------------------------------------


class Survey:
    """Everything that is asked in one run: the lists of ``choose_zones``, and subjects.

    quorum    how many operators must list a subject before it counts as listed; one list of high impact is enough by itself
    servers   how many nameservers there are: a list that fails its test at the first is tried at the others
    """

    def __init__(self, zones, quorum=1, servers=1):
        self.zones = zones
        self.quorum = max(1, quorum)
        self.servers = servers
        self.resolver = {"state": "ok", "why": ""}
        self._names: dict = {}  # lists of zone names, and rows for silent lists, so that ten thousand subjects share one
        self._rows: dict = {}

    def run(self, subjects, run):
        """Test the lists, look the subjects up, and return the result of ``dnsbl_info``.

        ``run(checks)`` runs generators of questions and returns the list of their results: ``Resolver.run``, or a stand-in in tests.
        """
        subjects = list({subject.title: subject for subject in subjects}.values())
        families = [family for family in FAMILIES if any(subject.family == family and not subject.skip for subject in subjects)]
        tests = [(zone, family) for zone in self.zones if not zone.stopped for family in families if family in zone.takes]
        invented, *_health = run([ask_invented_name(), *(self._test(zone, family) for zone, family in tests)])
        self.resolver = judge_resolver(invented, [(zone, zone.tested[family]) for zone, family in tests])
        if self.resolver["state"] == "rewrites":
            for zone, family in tests:
                if zone.tested[family].why == "not_loopback":
                    zone.tested[family] = zone.tested[family]._replace(why="rewritten")
        found = run(self.look_up(subject) for subject in subjects)
        return {
            "subjects": {subject.title: result for subject, result in zip(subjects, found)},
            "zones": {zone.zone: _zone_result(zone, families) for zone in self.zones},
            "resolver": self.resolver,
        }

    def _test(self, zone, family):
        """Test a list through the preferred nameserver, and through the others as long as it fails."""
        first = yield from zone.test(family)
        answered = first is not GOOD and (family, None) not in zone.trust  # without any answer all of them were asked already
        for server in range(self.servers if answered else 0):
            if (family, server) not in zone.trust and (yield from zone.test(family, server)) is GOOD:
                zone.tested[family], zone.server[family] = GOOD, server
                break
        return zone.tested[family]

    def look_up(self, subject):
        """Ask every list that is fit for it about one subject and return its result (a generator of questions)."""
        if subject.skip:
            return _result("skipped", why=subject.skip)
        family = subject.family
        rows, silent = self._rows_for(subject)
        answers = yield [zone.question(label, "A", zone.server.get(family)) for zone, label in rows]
        clean, hits, failed = set(), [], []
        for (zone, label), answer in zip(rows, answers):
            if answer.status == "nxdomain" and zone.trust.get((family, answer.server)) is GOOD:
                zone.note("")
                clean.add(zone)
                continue
            reading = yield from _settle(zone, family, label, answer)
            hits += [(zone, label, hit) for hit in reading.hits]
            if reading.why:
                failed.append(zone)
                silent[zone] = _listing(zone, Hit("unknown", zone.cause, tuple(answer.records), (reading.text,)), why=reading.why)
            else:
                clean.add(zone)
        told = [(zone, label) for zone, label, hit in hits if hit.state in ("listed", "policy")]
        texts = yield [zone.question(label, "TXT", zone.server.get(family)) for zone, label in told]
        said = {row: _one_line(text.records) for row, text in zip(told, texts)}
        listings = [_listing(zone, hit, subject, said.get((zone, label), "")) for zone, label, hit in hits]
        clean.difference_update(failed, [zone for zone, _label, _hit in hits])
        return self._judge(listings, len(clean), silent)

    def _rows_for(self, subject):
        """Return what to ask, as (zone, label), and for every list that cannot be asked the listing that says why."""
        rows, silent = [], {}
        for zone in self.zones:
            if subject.family not in zone.takes:
                continue
            health = zone.health(subject.family)
            if health is GOOD and zone.room():
                zone.asked += 1
                rows += [(zone, label) for label in zone.labels(subject)]
            elif health.state not in ("dead", "skipped"):
                silent[zone] = self._silent_row(zone, health if health is not GOOD else Health("ok", "over_quota", zone.limit.text))
        return rows, silent

    def _silent_row(self, zone, health):
        if (zone, health) not in self._rows:
            self._rows[zone, health] = _listing(zone, Hit("unknown", zone.cause, (), (health.text,)), why=health.why)
        return self._rows[zone, health]

    def _judge(self, listings, clean, silent):
        """Fold what the lists said into one result: the state and the severity follow the impact of the lists, not their number."""
        counting = [listing for listing in listings if listing["state"] in ("listed", "policy") and listing["impact"] != "none"]
        operators = {listing["operator"] for listing in counting}
        agreed = len(operators) >= self.quorum or any(listing["impact"] == "high" for listing in counting)
        unknown = self._names.setdefault(tuple(zone.zone for zone in silent), [zone.zone for zone in silent])
        weighty = [zone for zone in silent if zone.impact in ("medium", "high")]
        listings += [row for zone, row in silent.items() if self.resolver["state"] == "ok" or zone in weighty]
        if counting and agreed:
            state = "listed" if any(listing["state"] == "listed" for listing in counting) else "policy"
            severity = max((listing["impact"] for listing in counting), key=IMPACTS.index)
            return _result(state, severity, listings, clean, unknown)
        if weighty or not clean:
            why = f"no answer from {', '.join(unknown)}" if unknown else "no list was asked"
            return _result("unknown", "none", listings, clean, unknown, why)
        why = f"{len(operators)} of the {self.quorum} operators that must agree list it" if counting else ""
        return _result("clean", "none", listings, clean, unknown, why)


def _settle(zone, family, label, answer):
    """Return the reading of an answer that is not plainly clean: see that its nameserver may be believed, then what it says."""
    if not answer.failed:
        if (family, answer.server) not in zone.trust:
            yield from zone.test(family, answer.server)
        if zone.trust[family, answer.server] is not GOOD:
            good = [server for (kind, server), health in zone.trust.items() if kind == family and health is GOOD]
            if not good:
                health = zone.trust[family, answer.server]
                return Reading((), health.why, health.text)
            answer = yield zone.question(label, "A", good[0])
    if answer.failed:
        why, text = failure(answer)
    elif answer.status == "ok":
        reading = zone.read(answer.records)
        zone.note("" if reading.why == "code_unknown" else reading.why, reading.text)
        return reading
    else:
        why = text = ""
    zone.note(why, text)
    return Reading((), why, text)


def _listing(zone, hit, subject=None, text="", why=""):
    """Return the dictionary for one thing that a list says; without a subject it holds for every one."""
    cause = CAUSES[hit.cause]
    meaning = "; ".join(hit.meanings)
    bad = hit.state in ("listed", "policy")
    if bad and zone.network and subject.family == "ip6":
        meaning += f" (it lists whole networks, here at least {ipaddress.ip_network((subject.title, zone.network), strict=False)})"
    return {
        "zone": zone.zone,
        "name": zone.name,
        "operator": zone.operator,
        "state": hit.state,
        "why": why,
        "codes": list(hit.codes),
        "meaning": zone.mask(meaning),
        "text": zone.mask(text),
        "lookup_url": _fill(zone.lookup, subject),
        "removal_url": _fill(zone.removal, subject) if bad else "",
        "remedy": cause["remedy"] if bad else "none",
        "advice": cause["advice"] if bad else "",
        "impact": zone.impact,
        "kind": cause["kind"] if zone.role == "block" else zone.role,
        "clean_before_switch": bad and cause.get("clean_before_switch", False),
    }


def _fill(url, subject):
    return url.replace("{subject}", subject.title if subject else "")


def _result(state, severity="none", listings=(), clean=0, unknown=(), why=""):
    return {"state": state, "severity": severity, "why": why, "listings": listings or [], "clean": clean, "unknown": unknown or []}


def _zone_result(zone, families):
    """Return what a run has shown of a list: good as long as it is good for one of the families asked."""
    seen = {family: zone.health(family) for family in families if family in zone.takes}
    good = [family for family, health in seen.items() if health is GOOD]
    bad = [health for health in seen.values() if health is not GOOD]
    if zone.stopped:
        health = zone.stopped
    elif not seen:
        health = Health("skipped", "", "nothing that it takes was asked")
    elif not good:
        health = bad[0]
    elif bad:
        health = Health("ok", "", f"not for {', '.join(family for family in seen if family not in good)}: {bad[0].text}")
    elif zone.limit and zone.limit.left < 0:
        health = Health("ok", "over_quota", zone.limit.text)
    else:
        health = GOOD
    return {
        "name": zone.name,
        "health": health.state,
        "reason": health.why,
        "why": zone.mask(health.text),
        "asked": zone.asked,
        "answered": zone.answered,
        "impact": zone.impact,
        "role": zone.role,
    }


def _one_line(texts):
    """Join the texts of a list, without control characters and not without end."""
    line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+", " ", " / ".join(texts)).strip()
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 3] + "..."


# --- the resolver --------------------------------------------------------------------------------------------------------------


def ask_invented_name():
    """Ask for a name that cannot exist (RFC 6761) and return the addresses that come back (a generator of questions)."""
    answer = yield Question(f"{secrets.token_hex(8)}.invalid", "A")
    return list(answer.records)


def judge_resolver(invented, tests):
    """Say whether the resolver itself is the trouble: one sentence instead of one complaint per list.

    invented   addresses that came back for a name that does not exist
    tests      (zone, Health) for every test of a list that was made
    """
    if invented:
        return {"state": "rewrites", "why": f"the resolver answers {invented[0]} for names that do not exist: nothing that it says can be believed"}
    count = len(tests)
    bad: dict = {}
    for zone, health in tests:
        if health is not GOOD:
            bad.setdefault(health.why, []).append(zone)
    refused = bad.get("resolver_refused", [])
    spamhaus = any(zone.operator == "Spamhaus" for zone in refused)
    if spamhaus or 2 * len(refused) > count > 1:
        names = ", ".join(dict.fromkeys(zone.name for zone in refused))
        return {"state": "refused", "why": f"this resolver is refused by {names}: use one of your own that asks the root servers itself, no public one"}
    if count > 1 and len(bad.get("self_test_failed", ())) == count:
        return {"state": "blind", "why": "this resolver says of every list that nothing is listed, even of the entries made for tests: it hides the lists"}
    if count > 1 and 2 * len(bad.get("not_loopback", ())) > count:
        return {"state": "rewrites", "why": "this resolver answers addresses outside 127.0.0.0/8 for most lists: it rewrites answers"}
    if count and len(bad.get("timeout", ())) == count:
        return {"state": "unreachable", "why": "no nameserver answered any question about a list"}
    if count > 1 and len(bad.get("servfail", ())) == count:
        return {"state": "failing", "why": "the nameserver failed every question about a list"}
    return {"state": "ok", "why": ""}


# --- the module ----------------------------------------------------------------------------------------------------------------


def dnsbl_info(params):
    """Do the work of the module ``dnsbl_info`` and return its result."""
    subjects = [address_subject(text) for text in params.get("addresses") or ()]
    subjects += [domain_subject(text) for text in params.get("domains") or ()]
    zones = choose_zones(
        params.get("profile") or "default",
        params.get("zones"),
        params.get("own_zones"),
        params.get("keys"),
        params.get("exclude_zones"),
        params.get("limit_wait", 30),
    )
    resolver = Resolver(
        params.get("nameservers"),
        timeout=params.get("timeout", 3.0),
        retries=params.get("retries", 2),
        deadline=params.get("deadline"),
        rate=params.get("rate") or 0,
        paces={zone.limit.name: zone.limit.per_second for zone in zones if zone.limit and zone.limit.per_second},
    )
    result = Survey(zones, params.get("quorum") or 1, len(resolver.servers)).run(subjects, resolver.run)
    result["resolver"]["nameservers"] = resolver.report()
    return result


KEY_NAMES = tuple(KEYS)
