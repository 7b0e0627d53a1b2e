# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The smallest correction of an SPF record that authorises an address, as text ready to publish.

Pure text work, no DNS: an address is added as ``ip4`` or ``ip6``, which costs no lookup and is evaluated before anything that may fail.
Whatever else stands in the record stays, unless receivers could not read it or the limits of RFC 7208 force it out.
"""

from __future__ import annotations

import re
from ipaddress import collapse_addresses, ip_address, ip_network

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns import spf
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

MAX_TEXT = 450
"""Characters that surely fit one UDP answer of 512 octets with its name (RFC 7208, 3.4)."""

CHUNK = 255
"""Octets of one string of a TXT record."""

NEW_POLICY = "~all"
"""How a record ends where there was none: mail from hosts that nobody has named yet must not start to bounce."""

_LENIENCE = "+?~-"
_ADDRESS = re.compile(r"[+?~-]?(?:ipv?[46]?|a|mx|include|ptr)[:=]\[?([0-9a-f.:]+)\]?(/[0-9]+)?", re.IGNORECASE)
_MISNAMED = ((re.compile(r"redirect:(.+)", re.IGNORECASE), r"redirect=\1"), (re.compile(r"([+?~-]?include)=(.+)", re.IGNORECASE), r"\1:\2"))


def authorize(records, addresses, lookups=None, policy=NEW_POLICY, domain=None, first=False):
    """Give the smallest corrected record that authorises ``addresses``.

    ``records``: the TXT texts of the domain (a list; others than SPF are left alone), one SPF record, or None. ``addresses``: one
    address or network, or a list. ``lookups``: what the whole record costs, includes and all, where it was measured; without it the
    record's own terms are counted. ``policy``: the ``all`` of a record that has to be written anew. ``domain``: where the record stands; with it
    a record that is too long is parted into includes below that domain. ``first``: bring the address before every term that needs a
    lookup even where it is authorised behind one, because that term fails or refuses it.

    Returns ``record``; ``chunks`` (its strings of at most 255 octets) and ``txt`` (the same, quoted for a zone file); ``changed``;
    ``added``, ``removed`` and ``repaired`` terms; ``included``: records to publish first (``name``, ``record``, ``chunks``, ``txt``);
    ``lookups``; ``within_limits``; ``problems`` that an edit of this record cannot cure.
    Raises DeliverabilityError for an address, record or policy that is none.
    """
    networks = _networks(addresses)
    texts = _spf_texts(records)
    if not texts:
        return _result("", _Draft([" ".join(["v=spf1", _policy(policy)])]).complete(networks, lookups, domain, first))
    return _result(texts[0] if len(texts) == 1 else "", _Draft(texts).complete(networks, lookups, domain, first))


def correct(records, lookups=None):
    """What ``authorize`` gives without any address: the record as receivers can read it."""
    texts = _spf_texts(records)
    return _result(texts[0] if len(texts) == 1 else "", _Draft(texts).complete([], lookups))


def chunks_of(text):
    """Split a record into strings of at most 255 octets, after a space where there is one; joined they give the record again."""
    chunks = []
    while len(text) > CHUNK:
        cut = text.rfind(" ", 0, CHUNK) + 1 or CHUNK
        chunks.append(text[:cut])
        text = text[cut:]
    return [*chunks, text]


def quoted(text):
    """A record as a zone file writes it: ``"..." "..."``."""
    return " ".join('"' + chunk.replace("\\", "\\\\").replace('"', '\\"') + '"' for chunk in chunks_of(text))


def _networks(addresses):
    if isinstance(addresses, str) or not isinstance(addresses, (list, tuple)):
        addresses = [addresses]
    networks = []
    for address in addresses:
        try:
            network = ip_network(str(address))
        except ValueError:
            raise DeliverabilityError(f"addresses: {str(address)!r} is no IP address or network") from None
        networks.append(network)
    if not networks:
        raise DeliverabilityError("addresses: at least one address is needed")
    return [network for version in (4, 6) for network in collapse_addresses(n for n in networks if n.version == version)]


def _spf_texts(records):
    if not records:
        return []
    if isinstance(records, str):
        if not spf.is_spf(records):
            raise DeliverabilityError(f"records: {records[:80]!r} is no SPF record")
        return [records]
    if not isinstance(records, (list, tuple)) or not all(isinstance(record, str) for record in records):
        raise DeliverabilityError("records: expected a record, a list of TXT records, or nothing")
    return [record for record in records if spf.is_spf(record)]


def _policy(policy):
    if not re.fullmatch(r"[+?~-]?all", policy):
        raise DeliverabilityError(f"policy: {policy!r} is none of -all, ~all, ?all")
    return policy


def _term(network):
    bare = network.prefixlen == network.max_prefixlen
    return f"ip{network.version}:{network.network_address}" + ("" if bare else f"/{network.prefixlen}")


def _result(before, draft):
    problems = []
    if draft.lookups > spf.MAX_LOOKUPS:
        problems.append(
            f"the record costs {draft.lookups} DNS lookups, receivers stop at {spf.MAX_LOOKUPS}: it needs fewer include, a, mx, exists or redirect terms"
        )
    if len(draft.text) > MAX_TEXT:
        problems.append(f"the record has {len(draft.text)} characters, over the {MAX_TEXT} that surely fit one UDP answer: move networks into an include")
    changed = not before or draft.words != before.split()[1:]
    record = draft.text if changed else before
    return {
        "record": record,
        "chunks": chunks_of(record),
        "txt": quoted(record),
        "changed": changed,
        "added": [_term(network) for network in draft.added],
        "removed": draft.removed,
        "repaired": draft.repaired,
        "included": draft.included,
        "lookups": draft.lookups,
        "within_limits": not problems,
        "problems": problems,
    }


class _Draft:
    """A record under the pencil: its words, and what was done to them."""

    def __init__(self, texts):
        self.texts = texts
        self.words = texts[0][6:].split()
        self.added, self.removed, self.repaired, self.included = [], [], [], []
        self.lookups = 0

    @property
    def text(self):
        return " ".join(["v=spf1", *self.words])

    def complete(self, networks, lookups, domain=None, first=False):
        """Do everything that the record needs, in order."""
        if len(self.texts) > 1:
            self.merge()
        self.repair()
        self.insert(networks, first or (lookups or 0) > spf.MAX_LOOKUPS)
        self.fit(lookups, domain)
        return self

    # Several records

    def merge(self):
        """Make one record of several: every term once, the most lenient ``all``, a redirect beside an ``all`` as an include."""
        words = list(dict.fromkeys(word for text in self.texts for word in text[6:].split()))
        ends = [word for word in words if _is_all(word)]
        redirects = [word for word in words if word.lower().startswith("redirect=")]
        body = [word for word in words if word not in ends and word not in redirects]
        if ends or len(redirects) > 1:
            body += ["include:" + word.partition("=")[2] for word in redirects]
            ends = [min(ends or [NEW_POLICY], key=_lenience)]
            redirects = []
        self.words = body + redirects + ends
        self.repaired.append(f"{len(self.texts)} records merged into one")

    # What no receiver can read

    def repair(self):
        """Mend or drop each term that makes receivers reject the whole record."""
        problems = dict(spf.parse_record(self.text).errors)
        words = []
        for word in self.words:
            # An include= is left to its owner: mended, it could lead to a name without record, and then nobody would pass.
            mended = _mend(word) if word in problems or re.match(r"ip[46]=", word, re.IGNORECASE) else word
            if mended is None:
                self.removed.append(word)
                continue
            if mended != word:
                self.repaired.append(f"{word} becomes {mended}")
            words.append(mended)
        self.words = self._single_modifiers(words)

    def _single_modifiers(self, words):
        seen, kept = set(), []
        for word in words:
            name = word.lower().partition("=")[0]
            if name in ("redirect", "exp") and "=" in word:
                if name in seen:
                    self.removed.append(word)
                    continue
                seen.add(name)
            kept.append(word)
        return kept

    # The address

    def insert(self, networks, first):
        """Add what the record does not authorise by itself yet, before the first term that could decide otherwise."""
        terms = self._terms()
        self.added = [network for network in networks if not _authorises(terms, network, first)]
        words = dict.fromkeys(_term(network) for network in self.added)
        self.words = [word for word in self.words if word not in words]
        position = self._plain_count()
        self.words[position:position] = words

    def _terms(self):
        return spf.parse_record(self.text).mechanisms

    # The limits

    def fit(self, measured, domain):
        """Keep the record within its limits: what is never evaluated, repeated or discouraged goes first, then networks are joined."""
        own = self._own_lookups()
        inherited = max(0, (measured or 0) - own)
        if own + inherited > spf.MAX_LOOKUPS:
            self._drop(self._after_all())
            self._drop(self._repeated())
        if self._own_lookups() + inherited > spf.MAX_LOOKUPS:
            self._drop([number for number, word in enumerate(self.words) if re.fullmatch(r"[+?~-]?ptr(:.*)?", word, re.IGNORECASE)])
        if len(self.text) > MAX_TEXT:
            self._join_networks()
        if len(self.text) > MAX_TEXT and domain:
            self._part(domain, spf.MAX_LOOKUPS - self._own_lookups() - inherited)
        self.lookups = self._own_lookups() + inherited

    def _own_lookups(self):
        record = spf.parse_record(self.text)
        ends = next((number for number, term in enumerate(record.mechanisms) if term.name == "all"), None)
        terms = record.terms if ends is None else record.mechanisms[:ends]
        return sum(1 for term in terms if term.name in spf.LOOKUP_TERMS)

    def _after_all(self):
        ends = next((number for number, word in enumerate(self.words) if _is_all(word)), len(self.words))
        return [number for number, word in enumerate(self.words) if number > ends and not word.lower().startswith("exp=")]

    def _repeated(self):
        first = {word.lower(): number for number, word in reversed(list(enumerate(self.words)))}
        return [number for number, word in enumerate(self.words) if first[word.lower()] != number]

    def _drop(self, numbers):
        self.removed += [self.words[number] for number in numbers]
        self.words = [word for number, word in enumerate(self.words) if number not in numbers]

    def _plain_count(self):
        """How many networks lead the record, each letting its addresses pass."""
        return next((number for number, word in enumerate(self.words) if not _passes_plainly(word)), len(self.words))

    def _join_networks(self):
        """Write the leading networks as few prefixes: exactly the same addresses in less text."""
        count = self._plain_count()
        plain = [term.network for term in self._terms()[:count]]
        joined = [_term(network) for version in (4, 6) for network in collapse_addresses(n for n in plain if n.version == version)]
        self.words = joined + self.words[count:]

    def _part(self, domain, room):
        """Move the leading networks into records of their own, if their includes keep within the lookups left (``room``)."""
        count = self._plain_count()
        parts = [["v=spf1"]]
        for word in self.words[:count]:
            if len(" ".join([*parts[-1], word, "-all"])) > MAX_TEXT:
                parts.append(["v=spf1"])
            parts[-1].append(word)
        if not count or len(parts) > room:
            return
        for number, words in enumerate(parts, start=1):
            record = " ".join([*words, "-all"])
            self.included.append({"name": f"_spf{number}.{domain}", "record": record, "chunks": chunks_of(record), "txt": quoted(record)})
        self.words = ["include:" + part["name"] for part in self.included] + self.words[count:]


def _authorises(terms, network, first):
    """Whether the terms let the network pass for sure; ``first``: no term before may need a lookup."""
    for term in terms:
        if term.name == "all":
            return term.qualifier == "+"
        if term.network is not None and term.network.version == network.version:
            if network.subnet_of(term.network):
                return term.qualifier == "+"
            if term.network.overlaps(network) and term.qualifier != "+":
                return False
        if term.name in spf.LOOKUP_TERMS and (first or term.qualifier != "+"):
            return False
    return False


def _mend(word):
    """The term that the owner surely meant, or None."""
    found = _ADDRESS.fullmatch(word)
    if found:
        try:
            ip = ip_address(found.group(1))
        except ValueError:
            return None
        prefix = found.group(2) or ""
        if len(prefix) > 4 or int(prefix[1:] or 0) > ip.max_prefixlen:
            prefix = ""
        qualifier = word[0] if word[0] in spf.QUALIFIERS else ""
        return f"{qualifier}ip{ip.version}:{ip}{prefix}"
    for pattern, replacement in _MISNAMED:
        if pattern.fullmatch(word):
            mended = pattern.sub(replacement, word)
            return mended if not spf.parse_record("v=spf1 " + mended).errors else None
    return None


def is_ignored(word):
    """A mechanism written with ``=``: receivers take it for an unknown modifier and pass over it."""
    return bool(re.match(r"(?:ip4|ip6|include)=", word, re.IGNORECASE))


def _is_all(word):
    return bool(re.fullmatch(r"[+?~-]?all", word, re.IGNORECASE))


def _lenience(word):
    return _LENIENCE.index(word[0]) if word[0] in _LENIENCE else 0


def _passes_plainly(word):
    return bool(re.match(r"\+?ip[46]:", word, re.IGNORECASE)) and not spf.parse_record("v=spf1 " + word).errors
