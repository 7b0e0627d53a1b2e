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
``Survey.look_up`` for every subject. ``Survey.run`` puts them together. The lists are in ``zones.py``, what is known of them in
``_facts/blocklists.py``.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from typing import NamedTuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import BadName, resolver_for, wire_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.zones import (
    FAMILIES,
    GOOD,
    Health,
    Hit,
    Reading,
    choose_zones,
    failure,
    reverse_label,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import CAUSES, IMPACTS

MAX_TEXT = 400  # characters that are kept of a list's TXT record
MAX_OCTETS = 190  # of a name that is looked up: the list's own and a customer's key stand behind it

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
        octets = len(wire_name(name))
    except BadName as error:
        raise DeliverabilityError(f"domains: {title!r} is not a domain name: {error}") from None
    if "." not in name or any(name.endswith("." + suffix) for suffix in LOCAL_NAMES):
        return Subject(title, "domain", name, "a name without a public domain")
    return Subject(title, "domain", name, "a name too long to stand before that of a list" if octets > MAX_OCTETS else "")


def _is_address(text):
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


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
        run(self._test(zone, family) for zone, family in tests)
        # A resolver that invents answers shows at the test points that must not be listed; only then a name that cannot exist is asked as well.
        doubt = any(zone.tested[family].why == "not_loopback" for zone, family in tests)
        invented = run([ask_invented_name()])[0] if doubt else []
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
        answers = yield [Question(f"{label}.{zone.suffix}", "A", zone.server.get(family), zone.pace) for zone, label in rows]
        clean, hits, failed = set(), [], []
        for (zone, label), answer in zip(rows, answers):
            if answer.status == "nxdomain" and answer.server in zone.believed[family]:  # nearly always
                zone.answered += 1
                zone.failures = 0
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
        family, label = subject.family, subject.label
        rows, silent = [], {}
        for zone in self.zones:
            if family not in zone.takes:
                continue
            if zone.health(family) is GOOD and (zone.limit is None or zone.limit.take()):
                zone.asked += 1
                if zone.parents:
                    rows += [(zone, name) for name in zone.names(label)]
                else:
                    rows.append((zone, label))
            elif zone.health(family).state not in ("dead", "skipped"):
                silent[zone] = self._silent_row(zone, zone.health(family))
        return rows, silent

    def _silent_row(self, zone, health):
        """Return the listing that says why a list cannot be asked; subjects share it."""
        if health is GOOD:
            health = Health("ok", "over_quota", zone.limit.text)
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


def dnsbl_info(params, progress=None):
    """Do the work of the module ``dnsbl_info`` and return its result; ``progress`` is the resolver's."""
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
    paces = {zone.limit.name: zone.limit.per_second for zone in zones if zone.limit and zone.limit.per_second}
    resolver = resolver_for(params, paces=paces, progress=progress)
    result = Survey(zones, params.get("quorum") or 1, len(resolver.servers)).run(subjects, resolver.run)
    result["resolver"]["nameservers"] = resolver.report()
    return result
