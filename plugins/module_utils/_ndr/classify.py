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
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.listnames import LIST_ENTRY, LIST_WORDS, find_list
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.engine import Decision, Ruleset, check_rules, decide, facts_of, lint
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.tables import TABLES
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.vocabulary import ADDRESS_DENIALS, DENIALS, REASONS
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.reply import fold, parse_reply, stage_of, words_in

LANGUAGES = ("en", "es")

# Verdicts remembered; a log repeats itself. Longer texts are judged anew each time.
_REMEMBERED = 8192
_REMEMBERED_LENGTH = 2000

# What makes `clean_address_list` wrong whatever a rule says: the text speaks of us, of a list, of a limit or of a policy.
# Whole words; beginnings of words; and words that say so only together. English, then es, pt, it, fr, de.
_US_WORDS = frozenset(
    """
    helo ehlo spf dkim dmarc rdns ptr rbl rbls dnsbl dnsbls dnsrbl policy policies hourly daily mailfrom unsolicited phishing abuse whitelist whitelisted
    remitente remetente mittente expediteur limite limites reputation
    """.split()
)
_US_BEGINNINGS = (
    "blacklist", "blocklist", "denylist", "spam", "throttl", "authent", "greylist", "graylist", "barracudacentral", "ratelimit",
    "reputac", "reputaz", "politic", "politiq", "richtlinie", "absender", "sperrliste", "autentic",
)  # fmt: skip
_US_TOGETHER = re.compile(
    r"""client\ host
      | (?:your|sending|sender'?s?|source|client|connecting)\ (?:ip|host|server|mail\ ?server|network|domain|address|reputation)(?![a-z])
      | reverse\ dns | (?:black|block|deny|gr[ae]y)[ -]list | rate\ limit | too\ (?:many\ (?!errors)|much|fast)
      | (?:per|this|an|in\ an)\ (?:hour|day|minute)(?![a-z])
      | [?&;]ip= | limit\ exceeded | exceeded\ (?:the|your|our|its)\ (?:\w+\ )?(?:limit|rate) | mail\ from\ domain
      | sender\ (?:domain|address|rejected|denied|blocked|not)(?![a-z])
      | listas?\ (?:negra|nera|de\ bloque) | listes?\ (?:noire|de\ blocage) | schwarze\w*\ liste
      | (?:su|sua|tu|votre|ihre?|vostr[oa]|il\ tuo|direccion|adresse|indirizzo|endereco)
        \ (?:ip|servidor|serveur|server|mailserver|dominio|domaine|domain|rechner)(?![a-z])
    """,
    re.VERBOSE,
)


@functools.lru_cache(maxsize=_REMEMBERED)
def _names_us(words):
    """Tell whether a text names us, a blocklist, a limit or a policy."""
    there = words_in(words)
    return bool(not _US_WORDS.isdisjoint(there) or any(word.startswith(_US_BEGINNINGS) for word in there) or _US_TOGETHER.search(words))


# Who sends, and who is written to, in the languages of the rules; English rules know their own words. Words are compared as beginnings.
_SENDER = re.compile(
    r"""remitente|emisor|origen|remetente|emissor|origem|mittente|provenienza|expediteur|expedition|emetteur|absender|des\ senders
      |afzender|avsandar|avsender|afsender|lahettaj|nadawc|odesilatel|odosielatel|posiljatelj|posiljalac|expeditor|felado|gonderen|pengirim
      |отправител|відправник|подател|αποστολ|المرسل|השולח|người\ gửi
      |发件|發件|发信|寄件|送信元|送信者|差出人|보내는|보낸|발신|발송|송신
      |originat|author\ address|bounce\ address|return\ address|envelope-from|sending\ from|^from:
    """,
    re.VERBOSE,
)
_RECIPIENT = re.compile(
    r"""recipient|addressee|rcpt|destinat|empfanger|empfaenger|adressat|adresat|ontvanger|geadresseerde|mottag|mottak|modtag|vastaanottaj
      |odbiorc|prijemc|prijimatel|primatelj|primalac|prejemnik|cimzett|alici|penerima|получател|адресат|отримувач|одержувач
      |παραληπτ|παραλήπτ|المستلم|הנמען|người\ nhận|收件|收信|宛先|受信者|受取人|送信先|받는|수신
    """,
    re.VERBOSE,
)


@functools.lru_cache(maxsize=_REMEMBERED)
def _who_is_named(words):
    """Tell whom a text names: "recipient" (also where it names both), "sender", or None."""
    if _RECIPIENT.search(words):
        return "recipient"
    return "sender" if _SENDER.search(words) else None


# Words that a refusal of the addressee does not need: with them a status alone proves nothing.
_NOT_OF_THE_ADDRESSEE = frozenset(
    """
    sender senders originator client ip dns banned firewall permission quota quotas filter filtered timeout ldap outside internal external unencrypted
    attachment attachments only
    """.split()
)


# A list of domains, or a list asked about one.
_OF_A_DOMAIN = re.compile(r"(?<!client )\b(?:domain|url|uri|rhsbl|mailfrom|mail from domain|helo name|sender's name|link)\b")
_HOST_NAME = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_LISTING = frozenset(("ip_blocklisted", "ip_blocked", "ip_reputation", "dynamic_ip", "domain_blocklisted"))
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_IPV6 = re.compile(r"(?<![\w:])(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)[0-9a-fA-F:]{3,39}(?![\w:])")
# What our own mail system wrote about a part of itself: a content filter at a loopback address, a delivery agent behind a socket.
_OWN_PART = re.compile(r"(?:connect to|connection with|conversation with) \S{0,253}\[(?:(?:127\.0\.0\.1|::1)\]|private/|public/|/)")
_DURATION = re.compile(
    r"(?<!per )(?<![\d.])(\d{1,6}|one|two|three|five|ten|fifteen|twenty|thirty|sixty) ?(s|secs?|seconds?|mins?|minutes?|hrs?|hours?)(?![a-z])"
)
_CLOCK = re.compile(r"(?:again|retry|wait|in|for|after) (\d\d):(\d\d):(\d\d)(?!\d)")
_BARE_SECONDS = re.compile(r"wait (?:another |for )?(\d{1,6})\W*$")
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60}
_UNITS = {"s": 1, "m": 60, "h": 3600}
_LONGEST_WAIT = 7 * 86400

# Who we are, as a hashable value.
Ours = namedtuple("Ours", "addresses helo domains smarthosts")
_NOBODY = Ours((), (), (), ())


@functools.lru_cache(maxsize=1)
def builtin_rules():
    """Return the collection's own rules, compiled once."""
    return Ruleset(TABLES)


def rules_with(own, origin="rules"):
    """Return the built-in rules and those of the user, whose form and examples are checked first.

    ``own`` is a list of rules as docs/verdicts.md tells; their tier is ``own`` where they name none. ``origin`` names them in messages.
    Raises DeliverabilityError that names the rule and what is wrong with it.
    """
    if not isinstance(own, (list, tuple)):
        raise DeliverabilityError(f"{origin}: rules must be a list, not {type(own).__name__}")
    own = [dict({"tier": "own"}, **rule) if isinstance(rule, dict) else rule for rule in own]
    check_rules(own, origin)
    taken = {rule.id for rule in builtin_rules().rules}
    twice = next((rule["id"] for rule in own if rule["id"] in taken), None)
    if twice:
        raise DeliverabilityError(f"{origin}: rule {twice!r}: the id is that of a built-in rule")
    rules = Ruleset((*TABLES, (origin, own)))
    problems = lint(rules, origin)
    if problems:
        raise DeliverabilityError(f"{origin}: rule {problems[0]}")
    return rules


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
    """Return the verdict; arguments as classify() made them hashable."""
    reply = parse_reply(text)
    operator = operator_of(rhost, reply.host, recipient_domain)
    facts = facts_of(reply, code=code, status=status, stage=stage_of(command), operator=operator)
    if facts["code"][:1] in ("2", "3"):
        decision = Decision(None, reply.lead, reply.there, "")
        reason = "success"
    else:
        decision = decide(rules or builtin_rules(), reply, facts)
        reason = decision.rule.reason if decision.rule else "unknown"
    named = _named(reply, decision, reason, ours, recipient_domain, rhost)
    verdict = _verdict(reply, facts, decision, reason, named)
    _obey_the_laws(verdict, reply, named)
    verdict["explanation"], verdict["advice"] = explain(verdict, language)
    return verdict


_remembered = functools.lru_cache(maxsize=_REMEMBERED)(_judge)

# What the text names: `blocklist` as find_list() gives it; `address` and whether it is ours (None: not known);
# `domain`, `helo`: the name of ours that stands in it; `recipient_is_ours`; `smarthost`: the reply is our own smarthost's.
Named = namedtuple("Named", "blocklist address address_is_ours domain helo recipient_is_ours smarthost")


def _named(reply, decision, reason, ours, recipient_domain, rhost):
    """Look in the reply for lists and for names of ours."""
    blocklist = None
    if reason != "success" and (not LIST_WORDS.isdisjoint(decision.there) or ("BL" in reply.said and LIST_ENTRY.search(reply.said))):
        blocklist = find_list(fold(reply.text), decision.there)
    address = _address(reply, ours)
    is_ours = address in ours.addresses if address and ours.addresses else None
    domain = helo = None
    recipient_is_ours = smarthost = False
    if ours is not _NOBODY:
        names = set(_HOST_NAME.findall(fold(reply.text)))
        domain = next((one for one in ours.domains if one in names), None)
        helo = next((one for one in ours.helo if one in names), None)
        recipient_is_ours = bool(recipient_domain) and recipient_domain.lower() in ours.domains
        smarthost = any(host and host.lower().rstrip(".") in ours.smarthosts for host in (rhost, reply.host, reply.host_address))
    return Named(blocklist, address, is_ours, domain, helo, recipient_is_ours, smarthost)


def _address(reply, ours):
    """Return the address of ours that the reply names, else the first address that is not the server's own, or None."""
    if "<ip>" not in reply.words:
        return None
    # Without a reply code these are the words of our own mail system, which names the other side.
    strangers = reply.code is not None
    text = reply.text
    named = [found.lower() for pattern in (_IPV4, _IPV6) for found in pattern.findall(text) if found != reply.host_address]
    return next((one for one in named if one in ours.addresses), named[0] if named and strangers else None)


def _reason(reply, facts, decision, reason, named):
    """Return (reason, whether it is the rule's own): what is named, and the stage, correct what words alone seem to say."""
    if decision.rule and decision.rule.tier == "own":
        return reason, True
    better = _about_us(reply, facts, decision, reason, named) or _about_a_list(decision, reason, named) or _about_somebody_else(reply, decision, reason)
    return (better, False) if better and better != reason else (reason, True)


# What a denial is about that comes before RCPT, where the server has heard no recipient: of an address, and of a domain.
_ADDRESS_DENIED_AT = {"mail": "sender_address_rejected", "helo": "helo_rejected", "connect": "policy", "auth": "authentication_required"}
_DOMAIN_DENIED_AT = {"mail": "sender_domain_unresolvable", "helo": "helo_rejected"}


# A number that has no name, or that nobody knows, is ours: people have names.
_AN_ADDRESS_DENIED = re.compile(r"(?:address|host|adres\w*|indirizzo|direccion|endereco|адрес\w*|ip) <ip>")


def _about_us(reply, facts, decision, reason, named):
    """Return the reason where the name that is wrong is ours, else None."""
    of_a_domain = reason in ("domain_unknown", "dns_failure", "no_mail_accepted")
    if not of_a_domain and reason not in ADDRESS_DENIALS:
        return None
    if reason in ("domain_unknown", "dns_failure") and named.helo and named.helo != named.domain:
        return "helo_rejected"
    if of_a_domain and named.domain and not named.recipient_is_ours:
        return "sender_domain_unresolvable"
    whom = _who_is_named(reply.words)
    # A stage that came beside the text may be that of another reply: words about the recipient outweigh it.
    stage = reply.stage or (facts["stage"] if whom != "recipient" else "") or ("auth" if facts["code"] == "535" else "")
    better = (_DOMAIN_DENIED_AT if of_a_domain else _ADDRESS_DENIED_AT).get(stage)
    if better is None and reply.code and _AN_ADDRESS_DENIED.search(decision.matched):
        better = "ptr_missing"
    elif better is None and whom == "sender":
        better = "sender_domain_unresolvable" if of_a_domain else "sender_address_rejected"
    return better


def _about_somebody_else(reply, decision, reason):
    """Return a reason in place of a bare status that denies the addressee, where the words, though no rule knows them, are not about the addressee."""
    if not decision.rule or decision.rule.tier != "status" or reason not in DENIALS:
        return None
    return "policy" if _names_us(reply.words) or not _NOT_OF_THE_ADDRESSEE.isdisjoint(words_in(reply.words)) else None


def _about_a_list(decision, reason, named):
    """Return the reason where a blocklist is named, else None."""
    found = named.blocklist
    if found is None or (
        reason not in _LISTING and decision.rule and decision.rule.tier in ("exact", "named") and reason not in ("spam_content", "relay_denied")
    ):
        return None
    # "Client host [mail.example.org]" names us by name; a list that takes addresses only has still listed the address.
    by_name = reason == "domain_blocklisted" and not (found["takes"] == "ip" and "client host" in decision.words)
    if found["takes"] == "domain" or by_name or _OF_A_DOMAIN.search(decision.words):
        return "domain_blocklisted"
    return "dynamic_ip" if found["kind"] == "policy" or reason == "dynamic_ip" else "ip_blocklisted"


def _verdict(reply, facts, decision, reason, named):
    """Return the verdict before the laws, with all keys but the words for people."""
    rule = decision.rule
    reason, own = _reason(reply, facts, decision, reason, named)
    known = REASONS[reason]
    temporary = _temporary(rule if own else None, known, facts) if reason != "success" else None
    remedy = (rule.remedy if rule and own else None) or (known.remedy_now if temporary else known.remedy)
    also = rule.also if rule and own and rule.also is not None else known.also
    side = rule.side if rule and own else known.side
    if named.smarthost and reason in ("relay_denied", "authentication_required", "sender_address_rejected"):
        side, remedy, also = "ours", "fix_relay_auth", (remedy, *also)
    elif reason in ("connection_failed", "connection_lost") and _OWN_PART.search(reply.said):
        side, remedy, also = "ours", "fix_mta", ("wait",)
    confidence = rule.confidence if rule else "guess"
    if named.blocklist and reason in _LISTING and confidence == "guess":
        confidence = "likely"
    return {
        "code": int(facts["code"]) if facts["code"] else None,
        "status": facts["status"] or None,
        "inner_code": reply.inner_code,
        "inner_status": reply.inner_status,
        "reason": reason,
        "sisimai_reason": known.sisimai,
        "side": side,
        "temporary": temporary,
        "remedy": remedy,
        "alternatives": [other for place, other in enumerate(also) if other != remedy and other not in also[:place]],
        "settle": list(rule.settle if rule and own else known.settle),
        "blocklist": {key: named.blocklist[key] for key in ("zone", "name", "kind", "closed", "lookup_url")}
        if named.blocklist and reason in _LISTING
        else None,
        "operator": (rule.operator if rule else None) or facts["operator"] or None,
        "address": named.address,
        "address_is_ours": named.address_is_ours,
        "retry_after": _retry_after(reply) if temporary else None,
        "confidence": "certain" if reason == "success" else confidence,
        "rule": rule.id if rule else None,
        "matched": decision.matched or None,
        "reference": rule.url if rule else None,
        "template": reply.template,
    }


def _temporary(rule, known, facts):
    """Tell whether the same message may be accepted later: the rule knows best, then the reply code, then the status."""
    if rule and rule.temporary is not None:
        return rule.temporary
    # A status x.0.0 without a code is what a mail system writes when it knows nothing.
    for fact in (facts["code"], facts["status"] if not facts["status"].endswith(".0.0") else ""):
        if fact[:1] in ("4", "5"):
            return fact[0] == "4"
    return known.temporary


def _retry_after(reply):
    """Return the seconds that the reply asks us to wait, or None."""
    low = reply.text.lower()
    found = _DURATION.search(low)
    if found:
        number, unit = found.groups()
        return min(_NUMBER_WORDS.get(number) or int(number), _LONGEST_WAIT) * _UNITS[unit[0]]
    found = _CLOCK.search(low)
    if found:
        hours, minutes, seconds = map(int, found.groups())
        return hours * 3600 + minutes * 60 + seconds
    found = _BARE_SECONDS.search(low)
    return int(found.group(1)) if found else None


def _obey_the_laws(verdict, reply, named):
    """Take back what no rule may order, whatever table it stands in.

    Never ``clean_address_list`` while the refusal is temporary, or where the text names our address, HELO, domain, a blocklist, a limit or a policy;
    never ``switch_outbound_ip`` where the domain or the whole range is listed, nor first on a guess: there it may be an alternative that evidence confirms.
    """
    dropped = set()
    guessed = {"switch_outbound_ip"} if verdict["confidence"] == "guess" else set()
    ours_named = named.address_is_ours or named.helo or (named.domain and not named.recipient_is_ours) or named.blocklist
    cleans = verdict["remedy"] == "clean_address_list" or "clean_address_list" in verdict["alternatives"]
    if cleans and (verdict["temporary"] or ours_named or _names_us(reply.words)):
        dropped.add("clean_address_list")
    if verdict["reason"] in ("domain_blocklisted", "domain_reputation", "dynamic_ip"):
        dropped.add("switch_outbound_ip")
    if verdict["remedy"] in dropped | guessed:
        verdict["remedy"] = "wait" if verdict["temporary"] else "contact_recipient_admin"
    verdict["alternatives"] = [one for one in verdict["alternatives"] if one not in dropped and one != verdict["remedy"]]
