# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How rules are written, checked and found. docs/verdicts.md tells it to people who write rules.

A rule is a plain dictionary (Python tables and YAML files have the same keys, see KEYS). Its phrases are compared with
``Reply.words``. Of all rules that match, the one with the highest tier wins; within a tier the most specific; rules equal
in both must agree, which ``lint`` sees to. No order of loading or hashing plays a part.
"""

from __future__ import annotations

import re
from collections import namedtuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.operators import operator_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.vocabulary import CONFIDENCES, EVIDENCE, REASONS, REMEDIES, SIDES
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.reply import STAGES, fold, parse_reply, stage_of, words_in

# How much a rule's words settle, strongest first. `confidence` is what a match of the tier is worth unless the rule says otherwise.
TIERS = ("own", "exact", "named", "words", "vague", "status")
TIER_CONFIDENCE = {"own": "certain", "exact": "certain", "named": "certain", "words": "likely", "vague": "guess", "status": "guess"}

KEYS = {
    "id": "area.words_with_underscores; unique",
    "match": "phrases, any of which is enough; absent where `when` alone decides",
    "unless": "phrases, any of which forbids the rule",
    "when": "conditions that must all hold: operator, code, status, stage (each a string or a list of them)",
    "tier": "one of TIERS",
    "reason": "one word of REASONS",
    "side": "where it is not the reason's own",
    "temporary": "true or false where the code must not decide",
    "remedy": "where it is not the reason's own",
    "also": "further acceptable remedies, where they are not the reason's own",
    "settle": "evidence, where it is not the reason's own",
    "confidence": "where it is not the tier's own",
    "operator": "who speaks so, for the verdict; not a condition",
    "url": "the public source",
    "examples": "replies on which this rule must win: texts, or mappings of text and the fields of classify()",
    "counter": "replies that this rule must not match",
}
_WHEN = ("operator", "code", "status", "stage")

# A condition makes a rule as much more specific as so many letters; so does an end of the reply.
_CONDITION_WEIGHT = {"operator": 20, "code": 10, "status": 20, "stage": 20}
_END_WEIGHT = 5
# Answers that a Ruleset remembers.
_REMEMBERED = 4096
# Makes one number of a tier and a specificity, which is always smaller.
_TIER = 1 << 16
# What "..." may stand for at most.
_GAP = ".{0,80}?"
# A phrase begins and ends with whole words and never inside of a placeholder such as <host>.
_START = r"(?<!<)(?:(?<![^\W_])|(?![^\W_]))"
_END = r"(?!>)(?:(?<![^\W_])|(?![^\W_]))"
# Chinese, Japanese and Korean set no space between words: no whole words there.
_UNSPACED = re.compile("[\u3040-\ud7af]")

_WORD = re.compile(r"[^\W_]+")
# The tokens of a phrase: a gap, alternatives, something that may be left out, or literal text.
_TOKEN = re.compile(
    r"\s*(?:(?P<gap>\.\.\.)|\((?P<either>[^()\[\]]*)\)|\[(?P<maybe>[^()\[\]]*)\]"
    r"|(?P<text>(?:(?!\.\.\.)[^\s()\[\]])+)|(?P<stray>\S))\s*"
)


class Rule:
    """One rule, compiled. Attributes are those of KEYS with the reason's and the tier's defaults filled in, and ``rank``."""

    __slots__ = (
        "also",
        "base",
        "confidence",
        "counter",
        "examples",
        "id",
        "operator",
        "origin",
        "phrases",
        "reason",
        "remedy",
        "settle",
        "side",
        "temporary",
        "tier",
        "unless",
        "url",
        "when",
    )

    def __init__(self, data, origin):
        self.origin = origin
        self.id = data["id"]
        self.reason = data["reason"]
        self.tier = data["tier"]
        known = REASONS[self.reason]
        self.side = data.get("side", known.side)
        self.temporary = data.get("temporary")
        self.remedy = data.get("remedy")
        self.also = tuple(data["also"]) if "also" in data else None
        self.settle = tuple(data.get("settle", known.settle))
        self.confidence = data.get("confidence", TIER_CONFIDENCE[self.tier])
        self.operator = data.get("operator")
        self.url = data.get("url")
        self.examples = tuple(data.get("examples", ()))
        self.counter = tuple(data.get("counter", ()))
        self.when = tuple((key, _condition(key, data["when"][key])) for key in _WHEN if key in data.get("when", {}))
        # The rank of a match is this and the letters that it accounts for.
        self.base = (len(TIERS) - TIERS.index(self.tier)) * _TIER + sum(_CONDITION_WEIGHT[key] for key, _values in self.when)
        self.unless = tuple(Phrase(text) for text in data.get("unless", ()))
        self.phrases = tuple(Phrase(text) for text in data.get("match", ()))

    def allows(self, words, facts):
        """Tell whether conditions hold and nothing forbids the rule. ``facts``: operator, code, status, stage as strings."""
        for key, allowed in self.when:
            if not allowed(facts[key]):
                return False
        return not any(phrase.found_in(words) for phrase in self.unless)


def _condition(key, wanted):
    """Return a function that tells whether a fact fulfils the condition."""
    wanted = [wanted] if isinstance(wanted, (str, int)) else wanted
    wanted = [str(one).lower() for one in wanted]
    if key in ("operator", "stage"):
        return frozenset(wanted).__contains__
    # "x" stands for one digit of a code and for any number of a status: 5xx, x.7.26, 5.1.x
    digit = r"\\d+" if key == "status" else r"\\d"
    pattern = re.compile("|".join(re.sub("x", digit, re.escape(one)) for one in wanted))
    return pattern.fullmatch


class Phrase:
    """Words as a rule has them.

    ``(a|b)`` either; ``[a]`` or ``[a|b]`` may be left out; ``...`` up to eighty characters of anything; ``word*`` any ending
    (of forty letters at most); ``^`` and ``$`` the ends of the
    reply; ``<address>``, ``<ip>``, ``<host>``, ``<n>`` and ``<id>`` as in templates. Whole words only.
    """

    __slots__ = ("_choices", "_find", "_literals", "needed", "parts", "text")

    def __init__(self, text):
        self.text = text
        self._find = None
        # (kind, alternatives, whether white space precedes)
        self.parts = _parts(text)
        literals = [part[1][0] for part in self.parts if part[0] == "text"]
        self.needed = frozenset(_whole_words(" ".join(literals)))
        self._literals = tuple(one.rstrip("*") for one in literals)
        self._choices = tuple(tuple(one.rstrip("*") for one in alternatives) for kind, alternatives, _space in self.parts if kind == "either")

    def found_in(self, words):
        """Return the match object, or None."""
        # Looking for plain text is so much cheaper than the pattern that it pays to ask for each part first.
        for text in self._literals:
            if text not in words:
                return None
        for choice in self._choices:
            for text in choice:
                if text in words:
                    break
            else:
                return None
        if self._find is None:
            pattern = re.compile(_regex(self))
            self._find = pattern.match if self.text.startswith("^") else pattern.search
        found = self._find(words)
        # A pattern that began with a look behind could not skip ahead to where it may match, hence the check from outside:
        # whole words only, and never the inside of a placeholder such as <host>.
        while found:
            start = found.start()
            if start == 0 or not (words[start - 1] == "<" or (_in_word(words[start]) and _in_word(words[start - 1]))):
                return found
            found = self._find(words, start + 1)
        return None

    def weight(self, found):
        """Return how many letters of the reply the phrase accounts for."""
        return sum(map(len, found.groups(""))) + _END_WEIGHT * (self.text.startswith("^") + self.text.endswith("$"))

    def heaviest(self):
        """Return more than `weight` may ever return; what a ``*`` stands for has no bound but the text's."""
        ends = _END_WEIGHT * (self.text.startswith("^") + self.text.endswith("$"))
        return ends + sum(
            1 + max(map(len, alternatives)) + 40 * any("*" in one for one in alternatives) for kind, alternatives, _space in self.parts if kind != "gap"
        )

    def anchors(self):
        """Return lists of word sets: of each list, a text with this phrase has all words of at least one set."""
        choices = []
        for kind, alternatives, _space in self.parts:
            if kind in ("text", "either"):
                sets = [_whole_words(one) for one in alternatives]
                if all(sets) and all(word.isascii() for words in sets for word in words):
                    choices.append(sets)
        return choices


def _in_word(mark):
    return mark.isalnum() and not "\u3040" <= mark <= "\ud7af"


def _whole_words(text):
    """Return the words of a literal that must stand in the reply exactly so."""
    return _WORD.findall(re.sub(r"[^\W_]+\*", " ", text) if "*" in text else text)


def _parts(text):
    """Return the parts of a phrase: [kind, alternatives, whether white space precedes]."""
    parts = []
    space = False
    for found in _TOKEN.finditer(text.strip().lstrip("^").rstrip("$").strip()):
        kind = found.lastgroup
        body = found.group(kind)
        parts.append((kind, body.split("|") if kind in ("either", "maybe") else [body], space))
        space = found.group()[-1].isspace()
    return parts


def _regex(phrase):
    """Return the regular expression of a phrase, each piece between gaps in a group. Gaps are bounded: the work stays linear in the text."""
    pieces = [""]
    begun = False
    for kind, alternatives, space in phrase.parts:
        if kind == "gap":
            pieces.append("")
            begun = False
            continue
        body = "|".join(re.escape(one).replace(r"\*", r"[^\W_]{0,40}") for one in sorted(alternatives, key=lambda one: (-len(one), one)))
        before = " " if space and begun else ""
        if kind != "maybe":
            pieces[-1] += before + (f"(?:{body})" if kind == "either" else body)
            begun = True
        else:
            pieces[-1] += f"(?:{before}(?:{body}))?" if begun else f"(?:(?:{body}) )?"
    spaced = not _UNSPACED.search(phrase.text)
    joined = (_END + _GAP + _START if spaced else _GAP).join(f"({piece})" for piece in pieces if piece)
    if phrase.text.endswith("$"):
        return joined + r"\W*$"
    return joined + (_END if spaced else "")


class Ruleset:
    """Rules ready to be searched: ``find`` for the best, ``matches`` for all that hold."""

    def __init__(self, tables):
        """``tables``: pairs of (origin, rules); origin names the table in messages."""
        self.rules = [Rule(data, origin) for origin, table in tables for data in table]
        # Entries are (highest possible rank, rule, phrase, words needed).
        self._by_word = {}
        # Phrases without a whole word of ASCII: tried on every text, or on every text beyond ASCII.
        self._always = []
        self._foreign = []
        self._by_facts = []
        # Words are templates: thousands of texts come down to few of them.
        self._found = {}
        self._index()

    def _index(self):
        """File each phrase under its rarest words, so that a text meets only the few rules that may match it."""
        counts = {}
        entries = []
        for rule in self.rules:
            entries.extend(((rule.base + phrase.heaviest(), rule, phrase, phrase.needed), phrase.anchors()) for phrase in rule.phrases)
            if not rule.phrases:
                self._by_facts.append((rule.base, rule, None, frozenset()))
        for _entry, choices in entries:
            for words in (words for sets in choices for words in sets):
                for word in words:
                    counts[word] = counts.get(word, 0) + 1
        for entry, choices in entries:
            rarest = [{min(words, key=lambda word: (counts[word], word)) for words in sets} for sets in choices]
            if not rarest:
                (self._always if entry[2].text.isascii() else self._foreign).append(entry)
                continue
            for word in min(rarest, key=lambda words: (sum(counts[word] for word in words), sorted(words))):
                self._by_word.setdefault(word, []).append(entry)
        self._by_facts.sort(key=_highest, reverse=True)

    def matches(self, words, facts):
        """Return [(rank, rule, matched words)] of every rule that holds, best first. A rank is (tier and specificity, rule id)."""
        found = {}
        for _high, rule, phrase, _needed in self._candidates(words, words_in(words)) + self._by_facts:
            held = self._held(rule, phrase, words, facts)
            if held is not None:
                one = ((held[0], rule.id), rule, held[1])
                if rule.id not in found or (found[rule.id][0], found[rule.id][2]) < (one[0], one[2]):
                    found[rule.id] = one
        return sorted(found.values(), key=lambda one: one[0], reverse=True)

    def find(self, words, facts, there, over=(0, "", "")):
        """Return (rank, rule) of the best rule that ranks above ``over``, or (over, None).

        A rank is (tier and specificity, rule id, matched words). ``there`` is words_in(words).
        """
        asked = (words, over, *facts.values())
        known = self._found.get(asked)
        if known is None:
            known = self._search(words, facts, there, over)
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[asked] = known
        return known

    def _search(self, words, facts, there, over):
        best = over
        winner = None
        for table in (self._candidates(words, there), self._by_facts):
            for high, rule, phrase, _needed in table:
                if high < best[0]:
                    break
                held = self._held(rule, phrase, words, facts)
                if held is not None and (held[0], rule.id, held[1]) > best:
                    best, winner = (held[0], rule.id, held[1]), rule
        return best, winner

    @staticmethod
    def _held(rule, phrase, words, facts):
        """Return (tier and specificity, matched words) where phrase and rule hold, else None."""
        if phrase is None:
            return (rule.base, "") if rule.allows(words, facts) else None
        found = phrase.found_in(words)
        return (rule.base + phrase.weight(found), found.group().strip()) if found and rule.allows(words, facts) else None

    def _candidates(self, words, there):
        """Return the entries that may match, those of the highest possible rank first."""
        by_word = self._by_word
        found = self._always + [entry for word in there if word in by_word for entry in by_word[word] if entry[3] <= there]
        if not words.isascii():
            found += self._foreign
        found.sort(key=_highest, reverse=True)
        return found


def _highest(entry):
    return entry[0]


# rule: or None; words, there: the part of the reply that decided, and the set of its words; matched: the words that the rule matched.
Decision = namedtuple("Decision", "rule words there matched")


def decide(ruleset, reply, facts):
    """Return the Decision on a reply. Of several replies in one text the first, or the one that is quoted, tells the cause, unless it tells next to nothing."""
    words, there = reply.lead, reply.there
    own = facts
    if (reply.lead_code, reply.lead_status) != (reply.code, reply.status):
        own = dict(facts, code=str(reply.lead_code), status=reply.lead_status or "")
    rank, rule = ruleset.find(words, own, there)
    if reply.lead is not reply.words and (rule is None or rule.tier in ("vague", "status")):
        all_there = words_in(reply.words)
        whole_rank, whole = ruleset.find(reply.words, facts, all_there, rank)
        if whole and (rule is None or rule.tier == "status" or whole.tier in ("own", "exact", "named")):
            rank, rule, words, there = whole_rank, whole, reply.words, all_there
    return Decision(rule, words, there, rank[2] if rule else "")


def facts_of(reply, *, code=None, status=None, stage=None, operator=None):
    """Return the facts that conditions are compared with; what is not known is an empty string."""
    return {
        "operator": operator or "",
        "code": str(reply.code or code or ""),
        "status": reply.status or status or "",
        "stage": reply.stage or stage or "",
    }


# --- checking -----------------------------------------------------------------


def check_rules(rules, origin):
    """Raise DeliverabilityError for the first rule that is not well formed; the message names ``origin``, the rule and the fault."""
    if not isinstance(rules, (list, tuple)):
        raise DeliverabilityError(f"{origin}: rules must be a list, not {type(rules).__name__}")
    seen = set()
    for place, rule in enumerate(rules, 1):
        name = f"{origin}: rule {place}"
        if not isinstance(rule, dict):
            raise DeliverabilityError(f"{name} must be a mapping, not {type(rule).__name__}")
        if isinstance(rule.get("id"), str):
            name = f"{origin}: rule {rule['id']!r}"
        fault = _fault(rule) or (f"the id {rule['id']!r} is used twice" if rule["id"] in seen else None)
        if fault:
            raise DeliverabilityError(f"{name}: {fault}")
        seen.add(rule["id"])


def _fault(rule):
    """Return what is wrong with one rule's form, or None."""
    unknown = sorted(str(key) for key in rule if key not in KEYS)
    if unknown:
        return f"unknown key {unknown[0]!r} (known: {', '.join(KEYS)})"
    for key in ("id", "reason", "tier"):
        if not isinstance(rule.get(key), str) or not rule[key]:
            return f"{key!r} is missing or no text"
    if not re.fullmatch(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+", rule["id"]):
        return "the id must be lower-case words joined by '.' and '_', such as 'mine.quota'"
    for key, words in (("reason", tuple(REASONS)), ("tier", TIERS), ("side", SIDES), ("remedy", REMEDIES), ("confidence", CONFIDENCES)):
        if key in rule and rule[key] not in words:
            return f"{key} {rule[key]!r} is none of {', '.join(words)}"
    for key in ("match", "unless", "also", "settle", "examples", "counter"):
        if key in rule and not isinstance(rule[key], (list, tuple)):
            return f"{key!r} must be a list"
    for key in ("url", "operator"):
        if key in rule and not isinstance(rule[key], str):
            return f"{key!r} must be a text"
    if "temporary" in rule and not isinstance(rule["temporary"], bool):
        return "'temporary' must be true or false"
    for key, words in (("also", REMEDIES), ("settle", EVIDENCE)):
        for word in rule.get(key, ()):
            if word not in words:
                return f"{key} {word!r} is none of {', '.join(words)}"
    if not rule.get("match") and not rule.get("when"):
        return "neither 'match' nor 'when': the rule would match everything"
    return _fault_when(rule) or _fault_phrases(rule) or _fault_examples(rule)


def _fault_when(rule):
    when = rule.get("when", {})
    if not isinstance(when, dict):
        return "'when' must be a mapping"
    for key, value in when.items():
        if key not in _WHEN:
            return f"unknown condition {key!r} (known: {', '.join(_WHEN)})"
        values = value if isinstance(value, (list, tuple)) else [value]
        if not values or not all(isinstance(one, (str, int)) for one in values):
            return f"condition {key!r} must be a text or a list of texts"
        for one in map(str, values):
            if key == "stage" and one not in STAGES:
                return f"stage {one!r} is none of {', '.join(STAGES)}"
            if key == "code" and not re.fullmatch(r"[245][0-5x][0-9x]", one):
                return f"code {one!r} is no reply code such as 550 or 5xx"
            if key == "status" and not re.fullmatch(r"[245x]\.(?:\d{1,3}|x)\.(?:\d{1,3}|x)", one):
                return f"status {one!r} is no enhanced status such as 5.7.1 or x.7.x"
    return None


def _fault_phrases(rule):
    for key in ("match", "unless"):
        for phrase in rule.get(key, ()):
            if not isinstance(phrase, str) or not phrase.strip():
                return f"{key!r} holds something that is no text: {phrase!r}"
            if phrase != fold(phrase):
                return f"phrase {phrase!r} must be lower case without accents: {fold(phrase)!r}"
            made = Phrase(phrase)
            if any("..." in one for kind, alternatives, _space in made.parts if kind != "gap" for one in alternatives):
                return f"phrase {phrase!r} has '...' inside of brackets"
            if any(kind == "stray" for kind, _alternatives, _space in made.parts) or not phrase.isprintable() or set(phrase) & set('"{}'):
                return f"phrase {phrase!r} has brackets that do not pair, or marks that replies lose before they are compared"
            if not any(kind == "text" or kind == "either" for kind, _alternatives, _space in made.parts):
                return f"phrase {phrase!r} has no words that must be there"
            if sum(kind == "gap" for kind, _alternatives, _space in made.parts) > 2:
                return f"phrase {phrase!r} may have two '...' at most"
    return None


def _fault_examples(rule):
    for key in ("examples", "counter"):
        for example in rule.get(key, ()):
            if isinstance(example, dict):
                odd = sorted(set(example) - {"text", "code", "status", "command", "rhost", "recipient_domain"})
                if odd or not isinstance(example.get("text"), str):
                    return f"an entry of {key!r} needs 'text' and may have code, status, command, rhost, recipient_domain: {example!r}"
            elif not isinstance(example, str):
                return f"an entry of {key!r} is no text: {example!r}"
    return None


def prepare(example):
    """Return (reply, facts) of an example, as classify() would see them."""
    given = example if isinstance(example, dict) else {"text": example}
    reply = parse_reply(given["text"])
    operator = operator_of(given.get("rhost"), reply.host, given.get("recipient_domain"))
    return reply, facts_of(reply, code=given.get("code"), status=given.get("status"), stage=stage_of(given.get("command")), operator=operator)


def lint(ruleset, origin=None):
    """Return a list of "rule id: problem" for rules whose examples do not come out, that never win, or that tie with a rule of another meaning.

    With ``origin`` only the rules of that table are looked at, and examples are the author's choice.
    """
    problems = []
    for rule in ruleset.rules:
        if origin is not None and rule.origin != origin:
            continue
        if not rule.examples and origin is None:
            problems.append(f"{rule.id}: no examples, so the rule is never run")
        for example in rule.examples:
            problems.extend(f"{rule.id}: {fault}" for fault in _example_faults(ruleset, rule, example))
        for example in rule.counter:
            reply, facts = prepare(example)
            if any(found is rule for _rank, found, _text in ruleset.matches(reply.words, facts)):
                problems.append(f"{rule.id}: matches its counter-example {example!r}")
    return problems + (list(_twins(ruleset)) if origin is None else [])


def _example_faults(ruleset, rule, example):
    reply, facts = prepare(example)
    decision = decide(ruleset, reply, facts)
    found = ruleset.matches(decision.words, facts)
    own = next((rank for rank, one, _text in found if one is rule), None)
    if own is None:
        yield f"does not match its example {example!r} (seen as {decision.words!r}, {facts})"
        return
    if decision.rule is not rule:
        yield f"loses its example {example!r} to {decision.rule.id} ({decision.matched!r})"
        return
    for rank, other, text in found:
        if rank[0] == own[0] and (other.reason, other.side, other.remedy, other.temporary) != (rule.reason, rule.side, rule.remedy, rule.temporary):
            yield f"ties with {other.id} ({text!r}) on {example!r}"


def _twins(ruleset):
    """Yield rules that have the same phrase in the same tier, both without conditions: one of them can never win by right."""
    seen = {}
    for rule in ruleset.rules:
        for phrase in rule.phrases if not rule.when else ():
            other = seen.setdefault((rule.tier, phrase.text), rule)
            if other is not rule:
                yield f"{rule.id}: has the phrase {phrase.text!r} of {other.id}"
