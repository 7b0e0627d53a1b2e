# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``check_host`` beside pyspf on thousands of generated zones: both have to come to the same result."""

from __future__ import annotations

import random
from ipaddress import ip_address

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question, answer_from, drive
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf import check_host

pyspf = pytest.importorskip("spf", reason="pyspf is not installed")

ZONES = 6000
NAMES = [f"{label}.example.{end}" for label in ("a", "b", "c", "d") for end in ("com", "net")]
MISSING = ["gone.example.org", "void.example.org", "nothing.example.org"]
IP4 = ["192.0.2.1", "192.0.2.77", "198.51.100.9", "203.0.113.200"]
IP6 = ["2001:db8::1", "2001:db8:1::9", "2001:db8:ffff::5"]
LOCAL = ["user", "first.last", "a-b+c", "UPPER"]
BROKEN = [
    "ip4:192.0.2.1/33",
    "ip4:192.0.2",
    "ip4:192.0.2.1/",
    "ip6:2001:db8::/129",
    "ip6:192.0.2.1",
    "a:",
    "include",
    "include:",
    "all:x",
    "all/8",
    "moo",
    "-moo:b",
]
BROKEN += [
    "exists",
    "redirect=",
    "exp=",
    "a:example",
    "a:192.0.2.1",
    "mx/33",
    "a//129",
    "ptr/24",
    "a:%{x}.example.com",
    "%all",
    "1=2",
    "x=%{y}",
    "include:b.example.com/24",
]
MACROS = [
    "%{d}",
    "%{i}._i.example.com",
    "%{ir}.%{v}._v.example.com",
    "%{l}._l.example.com",
    "%{l1r-}.%{d2}",
    "%{o}",
    "%{h}",
    "%{s}.example.net",
    "%{dr}.example.com",
]
MACROS += ["%{d1}.example.net", "%{S}.example.com", "%{l+}.example.com", "%%.example.com", "%{p}", "%{p2}.example.com", "x%-y.example.com"]


def _target(dice, own):
    """A name to look at; never the record's own: pyspf refuses such an include even where nothing evaluates it."""
    return dice.choice([name for name in NAMES * 4 + MISSING + MACROS if name not in (own, "%{d}")])


def _cidr(dice):
    return dice.choice(["", "", "", "/24", "/32", "/0", "//64", "/25//48", "//0", "/16//128"])


def _mechanism(dice, own):
    kind = dice.choice(["ip4", "ip4", "ip6", "a", "a", "mx", "include", "include", "exists", "ptr", "all"])
    qualifier = dice.choice(["", "", "", "+", "-", "~", "?"])
    if kind == "ip4":
        return f"{qualifier}ip4:{dice.choice(IP4)}{dice.choice(['', '', '/32', '/24', '/28', '/0'])}"
    if kind == "ip6":
        return f"{qualifier}ip6:{dice.choice(IP6)}{dice.choice(['', '', '/128', '/64', '/32', '/0'])}"
    if kind in ("a", "mx"):
        return qualifier + kind + dice.choice(["", ":" + _target(dice, own)]) + _cidr(dice)
    if kind in ("include", "exists"):
        return f"{qualifier}{kind}:{_target(dice, own)}"
    if kind == "ptr":
        return qualifier + kind + dice.choice(["", ":" + _target(dice, own)])
    return dice.choice(["-", "~", "?", "+", ""]) + kind if dice.random() < 0.3 else f"{qualifier}ip4:{dice.choice(IP4)}"


def _record(dice, own):
    terms = [_mechanism(dice, own) for _number in range(dice.choice([0, 1, 2, 2, 3, 3, 4, 6, 9]))]
    if dice.random() < 0.04:
        terms.insert(dice.randrange(len(terms) + 1), dice.choice(BROKEN))
    if dice.random() < 0.2:
        terms.insert(dice.randrange(len(terms) + 1), "redirect=" + _target(dice, own))
    if dice.random() < 0.1:
        terms.insert(dice.randrange(len(terms) + 1), "exp=" + dice.choice(["why.example.com", "gone.example.org"]))
    if dice.random() < 0.1:
        terms.insert(dice.randrange(len(terms) + 1), dice.choice(["unknown=1", "match_subdomains=yes", "op=auth"]))
    if dice.random() < 0.6:
        terms.append(dice.choice(["-all", "~all", "?all", "all"]))
    return dice.choice(["v=spf1", "v=spf1", "V=SPF1"]) + dice.choice([" ", " ", "  "]) + " ".join(terms)


def _node(dice, own):
    fate = dice.random()
    if fate < 0.02:
        return "timeout"
    if fate < 0.06:
        return {"CNAME": [dice.choice(NAMES + MISSING)]}
    node = {}
    if dice.random() < 0.85:
        node["TXT"] = [_record(dice, own)] + ([dice.choice(["v=spf10 -all", "other=1", "v=spf1 -all"])] if dice.random() < 0.08 else [])
    if dice.random() < 0.8:
        node["A"] = dice.sample(IP4, dice.choice([1, 1, 2, 4]))
    if dice.random() < 0.6:
        node["AAAA"] = dice.sample(IP6, dice.choice([1, 2]))
    if dice.random() < 0.7:
        node["MX"] = [(10 * number, name) for number, name in enumerate(dice.choices(NAMES + MISSING[:1], k=dice.choice([1, 2, 3, 11])))]
    return node


def zone(seed):
    """A zone, a client and a sender made from a seed."""
    dice = random.Random(seed)
    table = {name: _node(dice, name) for name in NAMES}
    table["void.example.org"] = {"MX": [(0, "void.example.org")]}
    table["why.example.com"] = {"TXT": ["%{i} may not send as %{s}"]}
    for address in IP4 + IP6:
        if dice.random() < 0.7:
            table[ip_address(address).reverse_pointer] = {"PTR": dice.sample(NAMES + MISSING[:1], dice.choice([1, 1, 2, 3]))}
    address = dice.choice(IP4 + IP6 + ["192.0.2.250", "::ffff:192.0.2.1"])
    sender = f"{dice.choice(LOCAL)}@{dice.choice(NAMES)}"
    return table, address, sender, dice.choice([*NAMES, "mail.example.org"])


def theirs(table, address, sender, helo, monkeypatch):
    """pyspf's result and explanation for the same zone."""
    answer = answer_from(table)

    def look_up(name, rdtype, _strict=True, _timeout=None):
        reply = answer(Question(name, rdtype))
        if reply.failed:
            raise pyspf.TempError("DNS timeout")
        for record in reply.records:
            yield (name, rdtype), (record.encode(),) if rdtype == "TXT" else record

    monkeypatch.setattr(pyspf, "DNSLookup", look_up)
    query = pyspf.query(i=address, s=sender, h=helo, strict=True, receiver="unknown")
    result, _code, explanation = query.check()
    return result, explanation


def ours(table, address, sender, helo):
    return drive(check_host(address, sender.rpartition("@")[2], sender, helo), answer_from(table))


def known_deviation(table, explanation):
    """Where pyspf departs from RFC 7208: it rejects a self-include that is never evaluated (4.6), counts empty lookups and failures of
    PTR confirmation against the sender (5.5), and looks at ``%{p}`` before it has read the whole record (4.6)."""
    records = " ".join(text for node in table.values() if isinstance(node, dict) for text in node.get("TXT", [])).lower()
    trivial = "trivial recursion" in explanation
    confirmation = ("ptr" in records or "%{p" in records) and ("Void lookup" in explanation or "Temporary Error" in explanation)
    return trivial or confirmation


def test_both_come_to_the_same_result(monkeypatch):
    results, deviations = {}, 0
    for seed in range(ZONES):
        table, address, sender, helo = zone(seed)
        outcome = ours(table, address, sender, helo)
        result, explanation = theirs(table, address, sender, helo, monkeypatch)
        results[outcome.result] = results.get(outcome.result, 0) + 1
        if outcome.result != result:
            assert known_deviation(table, explanation), f"seed {seed}: {outcome.result}, pyspf says {result} ({explanation})\n" + "\n".join(outcome.trace)
            deviations += 1
        elif outcome.explanation:
            assert outcome.explanation == explanation, f"seed {seed}"
    assert min(results.get(name, 0) for name in ("none", "neutral", "pass", "fail", "softfail", "temperror", "permerror")) > ZONES / 100
    assert deviations < ZONES * 0.03
