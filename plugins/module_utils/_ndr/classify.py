# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""From one reply to a verdict: whose problem it is, whether to wait or to act, and what to do.

The rules choose a reason; what follows is the same for every rule: permanence, remedies, names found in the text, and the laws.
"""

from __future__ import annotations

import functools
import re
from collections import namedtuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.operators import operator_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.explain import explain
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.engine import Ruleset, facts_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.tables import TABLES
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.vocabulary import REASONS
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.reply import parse_reply, stage_of

LANGUAGES = ("en", "es")

# Verdicts remembered; a log repeats itself. Longer texts are judged anew each time.
_REMEMBERED = 8192
_REMEMBERED_LENGTH = 2000

# What makes `clean_address_list` wrong whatever a rule says: the text speaks of us, of a list, of a limit or of a policy.
_NAMES_US = re.compile(
    r"""(?<![a-z])(?:
        client\ host | (?:your|sending|sender'?s?|source|client)\ (?:ip|host|server|mail\ ?server|network|domain|address|reputation)
      | helo | ehlo | spf | dkim | dmarc | reverse\ dns | rdns | ptr | (?:black|block|deny)\ ?-?list(?!ed\ recipient) | dnsbl | rbl | spamhaus | spamcop | barracudacentral
      | reputation | policy | policies | rate\ ?limit\w* | throttl\w* | too\ (?:many|much|fast) | (?:per|this|an|in\ an)\ (?:hour|day|minute) | hourly | daily
      | sent\ to\ too | limit\ exceeded | exceeded\ (?:the|your|our|its)\ \w*\ ?(?:limit|rate) | spam\w* | unsolicited | phishing | relay\w* | authenticat\w* | mailfrom | mail\ from\ domain
      | grey-?list\w* | gray-?list\w* | sender\ (?:domain|address|rejected|denied|blocked|not)
    )(?![a-z])""",
    re.VERBOSE,
)
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_IPV6 = re.compile(r"(?<![\w:])(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)[0-9a-fA-F:]{3,39}(?![\w:])")
_SECONDS = (
    (re.compile(r"(\d+) ?(?:seconds?|secs?|s)(?![a-z])"), 1),
    (re.compile(r"(\d+) ?(?:minutes?|mins?)(?![a-z])"), 60),
    (re.compile(r"(\d+) ?(?:hours?|hrs?)(?![a-z])"), 3600),
    (re.compile(r"wait (?:another |for )?(\d+)$"), 1),
)
_NUMBER_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "ten": "10", "fifteen": "15", "twenty": "20", "thirty": "30", "sixty": "60"}
_WAITS = re.compile(r"(?:again|retry|wait|later|back|grey|gray|for|in|after|until)\D{0,60}?(?:\d+|" + "|".join(_NUMBER_WORDS) + r")(?:\s?[a-z]+)?")

# Who we are, as a hashable value.
Ours = namedtuple("Ours", "addresses helo domains smarthosts")
_NOBODY = Ours((), (), (), ())


@functools.lru_cache(maxsize=1)
def builtin_rules():
    """Return the collection's own rules, compiled once."""
    return Ruleset(TABLES)


def classify(text, *, code=None, status=None, command=None, rhost=None, recipient_domain=None, ours=None, language="en", rules=None):
    """Return the verdict on a reply, a queue reason, a log line's reason or a DSN diagnostic (keys: DESIGN, "Verdict"; docs/verdicts.md).

    ``code`` (int or str), ``status``, ``command``, ``rhost`` and ``recipient_domain`` are what is known beside the text; the text's own words win.
    ``ours`` may hold ``addresses``, ``helo``, ``domains``, ``smarthosts``. ``rules`` is a Ruleset that replaces the built-in one.
    Raises DeliverabilityError for a language that there is not, or an ``ours`` that is no mapping of lists.
    """
    if language not in LANGUAGES:
        raise DeliverabilityError(f"language: {language!r} is none of {', '.join(LANGUAGES)}")
    asked = (str(text or ""), _number(code), status or None, command or None, rhost or None, recipient_domain or None, _ours(ours), language, rules)
    verdict = _remembered(*asked) if len(asked[0]) <= _REMEMBERED_LENGTH else _judge(*asked)
    return dict(verdict, alternatives=list(verdict["alternatives"]), settle=list(verdict["settle"]))


def _number(code):
    """Return a reply code as an int, or None."""
    try:
        return int(code) if code else None
    except (TypeError, ValueError):
        return None


def _ours(ours):
    """Return what the caller says of us as a hashable value."""
    if not ours:
        return _NOBODY
    if not isinstance(ours, dict):
        raise DeliverabilityError(f"ours: must be a mapping with addresses, helo, domains and smarthosts, not {type(ours).__name__}")
    unknown = sorted(set(ours) - set(Ours._fields))
    if unknown:
        raise DeliverabilityError(f"ours: unknown key {unknown[0]!r} (known: {', '.join(Ours._fields)})")
    lists = []
    for key in Ours._fields:
        value = ours.get(key) or ()
        lists.append(tuple(str(one).lower().rstrip(".") for one in ([value] if isinstance(value, str) else value)))
    return Ours(*lists)


def _judge(text, code, status, command, rhost, recipient_domain, ours, language, rules):
    reply = parse_reply(text)
    operator = operator_of(rhost, reply.host, recipient_domain)
    facts = facts_of(reply, code=code, status=status, stage=stage_of(command), operator=operator)
    rank, rule = (0,), None
    if facts["code"][:1] not in ("2", "3"):
        rank, rule = _find(rules or builtin_rules(), reply, facts)
    return _verdict(reply, facts, rule, rank[-1], ours, language, operator)


def _find(rules, reply, facts):
    """Return (rank, rule). Of several replies in one text the first tells the cause, unless it tells next to nothing."""
    rank, rule = rules.find(reply.lead, facts)
    if reply.lead is not reply.words and (rule is None or rule.tier in ("vague", "status")):
        whole_rank, whole = rules.find(reply.words, facts, rank)
        if whole and (rule is None or rule.tier == "status" or whole.tier in ("own", "exact", "named")):
            return whole_rank, whole
    return rank, rule


_remembered = functools.lru_cache(maxsize=_REMEMBERED)(_judge)


def _verdict(reply, facts, rule, matched, ours, language, operator):
    """Fill in the verdict's keys."""
    if rule:
        reason = rule.reason
    else:
        reason = "success" if facts["code"][:1] in ("2", "3") else "unknown"
    known = REASONS[reason]
    temporary = _temporary(rule, known, facts) if reason != "success" else None
    remedy = (rule.remedy if rule else None) or (known.remedy_now if temporary else known.remedy)
    also = rule.also if rule and rule.also is not None else known.also
    verdict = {
        "code": int(facts["code"]) if facts["code"] else None,
        "status": facts["status"] or None,
        "inner_code": reply.inner_code,
        "inner_status": reply.inner_status,
        "reason": reason,
        "sisimai_reason": known.sisimai,
        "side": rule.side if rule else known.side,
        "temporary": temporary,
        "remedy": remedy,
        "alternatives": [other for other in also if other != remedy],
        "settle": list(rule.settle if rule else known.settle),
        "blocklist": None,
        "operator": (rule.operator if rule else None) or operator,
        "address": _address(reply, ours),
        "address_is_ours": None,
        "retry_after": _retry_after(reply) if temporary else None,
        "confidence": rule.confidence if rule else ("certain" if reason == "success" else "guess"),
        "rule": rule.id if rule else None,
        "matched": matched or None,
        "reference": rule.url if rule else None,
        "template": reply.template,
    }
    if verdict["address"] and ours.addresses:
        verdict["address_is_ours"] = verdict["address"] in ours.addresses
    _obey_the_laws(verdict, reply, ours)
    verdict["explanation"] = explain(verdict, language)
    return verdict


def _temporary(rule, known, facts):
    """Tell whether the same message may be accepted later: the rule knows best, then the reply code, then the status."""
    if rule and rule.temporary is not None:
        return rule.temporary
    for fact in (facts["code"], facts["status"]):
        if fact[:1] in ("4", "5"):
            return fact[0] == "4"
    return known.temporary


def _address(reply, ours):
    """Return the address of ours that the reply names, else the first address that is not the server's own, or None."""
    named = [found for pattern in (_IPV4, _IPV6) for found in pattern.findall(reply.text) if found != reply.host_address]
    for address in named:
        if address.lower() in ours.addresses:
            return address.lower()
    return named[0].lower() if named else None


def _retry_after(reply):
    """Return the seconds that the reply asks us to wait, or None."""
    text = reply.text.lower()
    found = _WAITS.search(text)
    if not found:
        return None
    said = text[found.start() : found.end() + 12]
    for word, number in _NUMBER_WORDS.items():
        said = re.sub(rf"\b{word}\b", number, said)
    for pattern, unit in _SECONDS:
        hit = pattern.search(said.strip())
        if hit:
            return min(int(hit.group(1)[:9]) * unit, 7 * 86400)
    return None


def _obey_the_laws(verdict, reply, ours):
    """Take back what no rule may order."""
    dropped = set()
    if verdict["temporary"] or _speaks_of_us(verdict, reply, ours):
        dropped.add("clean_address_list")
    if verdict["confidence"] == "guess":
        dropped.add("switch_outbound_ip")
    if verdict["remedy"] in dropped:
        verdict["remedy"] = "wait" if verdict["temporary"] else "contact_recipient_admin"
    verdict["alternatives"] = [one for one in verdict["alternatives"] if one not in dropped and one != verdict["remedy"]]


def _speaks_of_us(verdict, reply, ours):
    """Tell whether the text names our address, HELO or domain, a blocklist, a limit or a policy."""
    if verdict["reason"] in _ABOUT_THE_ADDRESSEE:
        return False
    return bool(_NAMES_US.search(reply.words) or verdict["address_is_ours"] or verdict["blocklist"])


_ABOUT_THE_ADDRESSEE = ()
