# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is wrong with a domain's SPF record, whoever sends: the whole tree of includes, counted as its worst case.

``check_host`` stops at the first match; a lint does not, so it also finds the include that only some senders ever reach.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns import spf, spf_edit
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import is_private, is_queryable, shown
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question

MAX_RECORDS = 40
"""Records that are looked at for one domain: four times what receivers follow, so that the count says how far off the record is."""

WIDE = {4: 12, 6: 24}
"""Prefixes shorter than this let in more hosts than any sender has."""

PROBLEMS = {
    "no_record": ("medium", "There is no SPF record."),
    "unanswered": ("unknown", "DNS gave no answer."),
    "near_miss": ("high", "A record looks like SPF but does not begin with v=spf1 and a space, so receivers pass over it."),
    "several_records": ("high", "There are several SPF records; receivers reject them all."),
    "unreadable_term": ("high", "A term cannot be read; receivers reject the whole record."),
    "unreachable_include": ("high", "An include or redirect leads to a name without SPF record; receivers reject the whole record."),
    "loop": ("high", "Records include each other in a circle."),
    "too_many_lookups": ("high", "Evaluation needs more than 10 DNS lookups; receivers stop there and reject the record."),
    "too_many_voids": ("high", "More than 2 lookups find nothing; receivers may reject the record."),
    "too_many_mx": ("high", "An mx term has more than 10 hosts; receivers reject the record."),
    "open": ("high", "The record lets the whole Internet send."),
    "no_policy": ("medium", "The record has neither all nor redirect=, so it says nothing about other hosts."),
    "neutral_policy": ("low", "?all says nothing about other hosts."),
    "ptr": ("medium", "ptr is slow, unreliable and discouraged (RFC 7208, 5.5); many receivers skip it."),
    "ignored_term": ("medium", "A mechanism is written with = instead of a colon; receivers pass over it."),
    "nothing_found": ("low", "A term looks up a name that has no such record."),
    "after_all": ("low", "Terms after all are never evaluated."),
    "redirect_unused": ("low", "redirect= beside all is never used."),
    "host_bits": ("low", "A network has host bits set: check the prefix."),
    "wide": ("medium", "A network is so wide that strangers can send from it."),
    "private_network": ("low", "A private network never reaches receivers."),
    "repeated": ("low", "A term is repeated."),
    "too_long": ("low", "The record is too long for one small UDP answer (RFC 7208, 3.4)."),
    "no_explanation": ("low", "exp= leads to a name without exactly one TXT record."),
}
"""Problem -> (severity, what it means)."""

REJECTED = frozenset(name for name, (severity, _text) in PROBLEMS.items() if severity == "high") - {"open", "near_miss"}
"""Problems that turn the result into permerror for some or all senders."""

_NEAR = re.compile(r"""[\s"']*(?:v\s*[=:-]?\s*spf-?1?(?![0-9])|spf1?\b)(?!2)""", re.IGNORECASE)


def lint(domain):
    """Look through the SPF record of a domain and all that it includes.

    Returns ``records`` (the domain's own), ``lookups`` and ``voids`` in the worst case, and ``problems``: dictionaries with ``problem``
    (a key of PROBLEMS), ``severity``, ``domain`` and ``term`` where it stands (``term`` may be None) and ``text``, one sentence.
    """
    walk = _Walk()
    records = yield from walk.record(domain, ())
    walk.finish(domain)
    return {"records": records, "lookups": walk.lookups, "voids": walk.voids, "problems": walk.problems}


class _Walk:
    """One walk through a tree of records."""

    def __init__(self):
        self.lookups = self.voids = self.visited = 0
        self.problems = []

    def found(self, problem, domain, term=None, detail=None):
        severity, meaning = PROBLEMS[problem]
        where = f"{domain}: " + (f"{shown(term)}: " if term else "")
        entry = {"problem": problem, "severity": severity, "domain": domain, "term": shown(term) if term else None}
        entry["text"] = where + meaning + (f" {detail}" if detail else "")
        if entry not in self.problems:
            self.problems.append(entry)

    def finish(self, domain):
        if self.lookups > spf.MAX_LOOKUPS:
            self.found("too_many_lookups", domain, detail=f"Here it is {self.lookups}.")
        if self.voids > spf.MAX_VOIDS:
            self.found("too_many_voids", domain, detail=f"Here it is {self.voids}.")

    def record(self, domain, path, source=None):
        """Walk the record of ``domain``, reached over the domains of ``path`` by the term ``source``; its SPF records."""
        self.visited += 1
        answer = yield Question(domain, "TXT")
        where, term = (path[-1], source) if path else (domain, None)
        if answer.failed:
            self.found("unanswered", where, term, f"({answer.status})")
            return []
        records = [str(text) for text in answer.records if spf.is_spf(text)]
        for text in answer.records:
            if not spf.is_spf(text) and _NEAR.match(text):
                self.found("near_miss", domain, text)
        if not records:
            self.found("unreachable_include" if path else "no_record", where, term)
        elif len(records) > 1:
            self.found("several_records", domain)
        else:
            yield from self.terms(spf.parse_record(records[0]), domain, path, source)
        return records

    def terms(self, record, domain, path, source):
        self.whole(record, domain)
        self.policy(record, domain, source)
        for term in record.mechanisms:
            if term.name == "all":
                break
            if term.network is not None:
                self.network(term, domain)
            else:
                yield from self.lookup(term, domain, path)
        else:
            if record.redirect:
                yield from self.follow(record.redirect, domain, path)
        if record.exp and not path:
            yield from self.explanation(record.exp, domain)

    # The record as a text

    def whole(self, record, domain):
        names = [term.name for term in record.mechanisms]
        for word, problem in record.errors:
            self.found("unreadable_term", domain, word, _sentence(problem))
        for word in record.text[6:].split():
            if spf_edit.is_ignored(word):
                self.found("ignored_term", domain, word)
        seen = set()
        for word in record.text[6:].lower().split():
            if word in seen:
                self.found("repeated", domain, word)
            seen.add(word)
        if "all" in names[:-1]:
            self.found("after_all", domain, record.mechanisms[names.index("all") + 1].text)
        if "all" in names and record.redirect:
            self.found("redirect_unused", domain, record.redirect.text)
        if len(record.text) > spf_edit.MAX_TEXT:
            self.found("too_long", domain, detail=f"It has {len(record.text)} characters, {spf_edit.MAX_TEXT} are safe.")

    def policy(self, record, domain, source):
        """What the record says about everybody else; of one that is included (``source`` is the term) only that they may send counts."""
        last = next((term for term in record.mechanisms if term.name == "all"), None)
        if last is not None and last.qualifier == "+":
            if not (source or "").startswith(("-", "~", "?")):
                self.found("open", domain, last.text)
        elif source is not None and not source.lower().startswith("redirect="):
            return
        elif last is None and record.redirect is None:
            self.found("no_policy", domain)
        elif last is not None and last.qualifier == "?":
            self.found("neutral_policy", domain, last.text)

    def network(self, term, domain):
        network = term.network
        if term.qualifier == "+" and network.prefixlen == 0:
            self.found("open", domain, term.text)
        elif is_private(network.network_address):
            self.found("private_network", domain, term.text)
        elif term.qualifier == "+" and network.prefixlen < WIDE[network.version]:
            self.found("wide", domain, term.text)
        elif ip_address(term.text.partition(":")[2].partition("/")[0]) != network.network_address:
            self.found("host_bits", domain, term.text, f"It means {network}.")

    # Terms that cost a lookup

    def lookup(self, term, domain, path):
        if term.name == "include":
            yield from self.follow(term, domain, path)
            return
        self.lookups += 1
        if term.name == "ptr":
            self.found("ptr", domain, term.text)
            return
        if term.qualifier == "+" and (term.prefix4 < WIDE[4] or term.prefix6 < WIDE[6]):
            self.found("wide" if term.prefix4 and term.prefix6 else "open", domain, term.text)
        target = _static_target(term, domain)
        if target is None:
            return
        if not is_queryable(target):
            self.found("nothing_found", domain, term.text)
        elif term.name == "mx":
            yield from self.exchanges(term, target, domain)
        else:
            yield from self.addresses(term, target, domain)

    def addresses(self, term, target, domain):
        types = ["A"] if term.name == "exists" else ["A", "AAAA"]
        answers = yield [Question(target, rdtype) for rdtype in types]
        if any(answer.failed for answer in answers):
            self.found("unanswered", domain, term.text)
        elif not any(answer.records for answer in answers):
            self.voids += 1
            self.found("nothing_found", domain, term.text)

    def exchanges(self, term, target, domain):
        answer = yield Question(target, "MX")
        if answer.failed:
            self.found("unanswered", domain, term.text)
        elif not answer.records:
            self.voids += 1
            self.found("nothing_found", domain, term.text)
        elif len(answer.records) > spf.MAX_NAMES:
            self.found("too_many_mx", domain, term.text, f"Here it is {len(answer.records)}.")

    def follow(self, term, domain, path):
        self.lookups += 1
        target = _static_target(term, domain)
        if target is None:
            return
        if target in (*path, domain):
            self.found("loop", domain, term.text)
        elif not (is_queryable(target) and "." in target):
            self.found("unreachable_include", domain, term.text)
        elif self.visited < MAX_RECORDS:
            yield from self.record(target, (*path, domain), term.text)

    def explanation(self, term, domain):
        target = _static_target(term, domain)
        if target is None or not is_queryable(target):
            return
        answer = yield Question(target, "TXT")
        if not answer.failed and len(answer.records) != 1:
            self.found("no_explanation", domain, term.text)


def _static_target(term, domain):
    """The name that a term looks up, where it is the same for every sender; None where macros decide."""
    out = []
    for token in term.spec if term.spec is not None else (domain,):
        if isinstance(token, spf.Macro):
            if token.letter.lower() != "d":
                return None
            token = spf.transform(domain, token)
        out.append(token)
    return "".join(out).rstrip(".").lower()


def _sentence(text):
    return text[:1].upper() + text[1:] + "."
