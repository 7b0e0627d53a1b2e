# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The lists: how to ask one, how to read what it answers, how it behaves in a run, and which of them a user wants to be asked."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import BadName, wire_name
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
MASK = "********"


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

    def take(self):
        """Take one question off what is left; False if there is none."""
        self.left -= 1
        return self.left >= 0


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
        self.pace = limit.name if limit and limit.per_second else None
        self.tests = {family: (entry.get("tests") or {}).get(family, TESTS[family]) for family in self.takes}
        self.codes = {code: self._meaning(said) for code, said in _spread(entry.get("codes")).items()}
        self.information = _spread(entry.get("information"))
        self.refusals = {**_spread(REFUSALS), **_spread(entry.get("refusals"))}
        self.asked = self.answered = 0
        self.failures = 0  # in a row
        self.stopped: Health | None = None  # for everything: refused from the start, or given up
        self.trust: dict = {}  # (family, server) -> Health, from the test points
        self.tested: dict = {}  # family -> Health at the nameserver that is asked
        self.believed: dict = {family: set() for family in self.takes}  # family -> the nameservers through which it passed its test
        self.server: dict = {}  # family -> the nameserver to ask, where it is not the one that the resolver prefers

    def _meaning(self, said):
        """Bring what stands beside a code into the form (cause, meaning)."""
        if isinstance(said, dict):
            return said.get("cause") or self.cause, said.get("meaning", "")
        return (self.cause, str(said)) if isinstance(said, str) else tuple(said)

    # -- asking

    def question(self, label, rdtype, server=None):
        """Return the question for a name in this list."""
        return Question(f"{label}.{self.suffix}", rdtype, server, self.pace)

    @staticmethod
    def names(name):
        """Return a name (of a long one its last four labels) and its parents down to two labels, for lists that know registered domains."""
        parts = name.split(".")
        return [".".join(parts[start:]) for start in range(max(0, len(parts) - 4), max(1, len(parts) - 1))]

    def mask(self, text):
        """Take the customer's key out of a text."""
        return re.sub(re.escape(self.secret), MASK, text, flags=re.IGNORECASE) if self.secret else text

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
            if health is GOOD:
                self.believed[family].add(by)
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
        return self.stopped or self.tested.get(family, GOOD)

    def note(self, why, text=""):
        """Count how a question ended (``why`` is empty for a usable answer) and stop asking a list that gives none."""
        if not why:
            self.answered += 1
            self.failures = 0
            return
        self.failures += 1
        if why in REFUSED or self.failures >= GIVE_UP:
            self.stopped = Health("refused" if why in REFUSED else "unreachable" if why in ("timeout", "servfail") else "suspect", why, text)


def reverse_label(address):
    """Return octets or nibbles in reverse, as they stand before a zone: ``11.100.51.198``."""
    text = ipaddress.ip_address(address).reverse_pointer
    return text[: -len(".in-addr.arpa" if text.endswith(".in-addr.arpa") else ".ip6.arpa")]


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
    own = [_clean_own(item) for item in own_zones or ()]
    keys = _clean_keys(keys, {*KEYS, *(item["key"] for item in own if item.get("key"))})
    excluded = {name.lower().rstrip(".") for name in exclude_zones or ()}
    catalogue = {_public_name(entry): entry for entry in BLOCKLISTS}
    wanted = [_public_name({"zone": name}) for name in zones] if zones else _profile_zones(profile, keys)
    chosen = {ALIASES.get(name, name): catalogue.get(ALIASES.get(name, name)) for name in wanted}
    for item in own:
        name = _public_name(item)
        chosen[name] = _joined(catalogue.get(name, {}), item)
    limits: dict = {}
    result = []
    for name, entry in chosen.items():
        if name in excluded:
            continue
        if entry is None and not closed(name):
            raise DeliverabilityError(f"zones: {name!r} is not in the catalogue; describe it under own_zones")
        entry = entry or {"zone": name}
        zone = Zone(entry, keys, _limit(entry.get("limit"), name, limits, limit_wait))
        if closed(name) and not entry.get("force"):
            zone.stopped = Health("dead", "zone_dead", closed(name))
        elif entry.get("key") and not zone.secret:
            zone.stopped = Health("skipped", "key_required", f"it needs a key: keys.{entry['key']}")
        result.append(zone)
    return result


def _joined(known, item):
    """Put an item of ``own_zones`` over what the catalogue knows of the list, and see that it is complete."""
    entry = {**known, **item, "zone": known.get("zone", item["zone"])}
    if "{key}" in entry["zone"] and not entry.get("key"):
        raise DeliverabilityError(f"own_zones: {entry['zone']}: key: name the entry of keys that stands for {{key}}")
    if entry.get("codes") or entry.get("information") or entry.get("match") == "any127":
        return entry
    if entry.get("match") == "bitmask":
        raise DeliverabilityError(f"own_zones: {entry['zone']}: codes: say which bits are a listing")
    return {**entry, "codes": {"127.0.0.2": "listed"}}


def _public_name(entry):
    return entry["zone"].lower().rstrip(".").replace("{key}.", "")


def _profile_zones(profile, keys):
    """Return the names that belong to a profile, given the keys that the user has."""
    if profile == "none":
        return []
    usable = [entry for entry in BLOCKLISTS if not entry.get("part_of") and (not entry.get("key") or keys.get(entry["key"]))]
    replaced = {entry.get("replaces") for entry in usable}
    return [_public_name(entry) for entry in usable if entry["zone"] not in replaced and (profile == "all" or profile in entry.get("profiles", ()))]


def _limit(row, name, limits, wait):
    """Return the limit that a list shares with the others of its operator, or its own."""
    if not row:
        return None
    key, terms = (row, LIMITS[row]) if isinstance(row, str) else (name, row)
    if key not in limits:
        limits[key] = Limit(key, wait=wait, **terms)
    return limits[key]


# --- what users write ----------------------------------------------------------------------------------------------------------

CHOICES = {
    "role": tuple(ROLES),
    "match": ("exact", "bitmask", "any127"),
    "impact": IMPACTS,
    "cause": tuple(CAUSES),
}
CODE = re.compile(r"127(\.\d{1,3}){2}\.(\d{1,3}(-\d{1,3})?|\*)")
BITS = ("1", "2", "4", "8", "16", "32", "64", "128")


class _Wrong(ValueError):
    """What is wrong with an item of ``own_zones``."""


def _clean_keys(keys, known):
    """Return the user's keys in lower case; a message about one never repeats it."""
    keys = {name: str(value).strip().lower() for name, value in (keys or {}).items() if value}
    for name, value in keys.items():
        if name not in known:
            raise DeliverabilityError(f"keys: {name!r} is for no list; there are {', '.join(sorted(known))}")
        if not re.fullmatch(r"[a-z0-9_-]{4,63}", value):
            raise DeliverabilityError(f"keys: the value of {name} is no key: letters, digits, - and _ only")
    return keys


def _clean_own(item):
    """Return an item of ``own_zones`` without what was not given, in catalogue form; everything that is wrong is an error."""
    entry = {key: value for key, value in item.items() if value is not None}
    name = str(entry.get("zone", "")).strip()
    try:
        entry["zone"] = _clean_zone(name)
        for key, allowed in CHOICES.items():
            if key in entry:
                _one_of(key, entry[key], allowed)
        for family in entry.get("takes") or ():
            _one_of("takes", family, FAMILIES)
        for table in ("codes", "information", "refusals"):
            if table in entry:
                entry[table] = _clean_codes(table, entry[table], entry.get("match") == "bitmask")
        if "tests" in entry:
            entry["tests"] = _clean_tests(entry["tests"])
        if "limit" in entry:
            _clean_limit(entry["limit"])
    except (_Wrong, BadName) as error:
        raise DeliverabilityError(f"own_zones: {name}: {error}") from None
    return entry


def _clean_zone(name):
    wire_name(name.replace("{key}", "key"))
    if "." not in name or re.search(r"[\s/@:]", name):
        raise _Wrong(f"zone: {name!r} is not a name like list.example.com")
    return name


def _one_of(key, value, allowed):
    if value not in allowed:
        raise _Wrong(f"{key}: {value!r} is none of {', '.join(allowed)}")


def _clean_codes(table, codes, bits):
    """Check a table of codes: addresses (bits for a bit mask), and what stands beside them."""
    cleaned = {}
    for code, said in codes.items():
        code = str(code)
        if bits and table != "refusals" and code not in BITS:
            raise _Wrong(f"{table}: {code!r} is no bit; there are {', '.join(BITS)}")
        if not CODE.fullmatch(code) and not (bits and code in BITS):
            raise _Wrong(f"{table}: {code!r} is no address in 127.0.0.0/8, range like 127.0.0.2-9 or pattern like 127.0.1.*")
        if CODE.fullmatch(code) and not _spread({code: said}):
            raise _Wrong(f"{table}: {code!r} is an empty range")
        if table == "refusals":
            if not isinstance(said, (list, tuple)) or len(said) != 2:
                raise _Wrong(f"{table}: {code}: give a list of the reason and the meaning")
            _one_of(f"{table}: {code}", said[0], REFUSED)
        elif isinstance(said, dict):
            if set(said) - {"cause", "meaning"} or table != "codes":
                raise _Wrong(f"{table}: {code}: give the meaning" + (", or a dictionary of cause and meaning" if table == "codes" else ""))
            _one_of(f"{table}: {code}: cause", said.get("cause"), tuple(CAUSES))
        cleaned[code] = said if isinstance(said, (dict, list, tuple)) else str(said)
    return cleaned


def _clean_tests(tests):
    """Check the test points: family -> a name that is listed and one that is not, or null."""
    for family, pair in tests.items():
        _one_of("tests", family, FAMILIES)
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not pair[0]:
            raise _Wrong(f"tests: {family}: give a list of two names, one that is listed and one that is not (or null)")
        for name in pair:
            if name and family != "domain":
                try:
                    reverse_label(name)
                except ValueError:
                    raise _Wrong(f"tests: {family}: {name!r} is no address") from None
    return tests


def _clean_limit(limit):
    if isinstance(limit, str):
        _one_of("limit", limit, tuple(LIMITS))
    elif set(limit) - {"per_second", "per_day"} or not all(isinstance(number, (int, float)) and number > 0 for number in limit.values()):
        raise _Wrong("limit: give per_second and per_day, numbers above nothing")
