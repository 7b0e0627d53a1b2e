# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The form of a reply: what stays when addresses, names, ids, numbers and times are taken out.

Equal answers to different messages get equal templates, so that ten thousand refusals fold into a handful of groups.
Whatever tells one *meaning* from another stays: reply codes, enhanced codes, vendors' short codes (``TSS04``, ``S3140``),
the names of blocklists, the fixed part of help pages.

    >>> template_of("450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted for 298 seconds")
    '450 4.2.0 <address>: Recipient address rejected: Greylisted for <n> seconds'
"""

from __future__ import annotations

import re

# Second-level names of list operators: "blocked using A" and "blocked using B" are two answers, not one.
LIST_OPERATORS = frozenset(
    """
    0spam.org abuse.ch abuse.ro abuseat.org abusix.zone ahbl.org anonmails.de anonwhois.org anticaptcha.net apews.org aupads.org
    backscatterer.org barracudacentral.org bbfh.org bit.nl blocklist.de bondedsender.org brukalai.lt burnt-tech.com cluecentral.net cobion.com
    cyberlogic.net darklist.de dnsblchile.org dnsrbl.org dnswl.org drand.net drmx.org dronebl.org dsbl.org dul.ru efnetrbl.org emailbasura.org
    fabel.dk fmb.la fusionzero.com gbudb.net imp.ch inps.de invaluement.com junkemailfilter.com justspam.org kempt.net lagengymnastik.dk
    lashback.com lugh.ch madavi.de mail-abuse.com mailspike.net manitu.net megarbl.net moensted.dk msbl.org msrbl.net mxrate.net nerd.dk
    njabl.org nordspam.com nszones.com orbitrbl.com orbz.org ordb.org osirusoft.com pacifier.net proofpoint.com psbl.org psky.me rbl.jp
    rfc-clueless.org rfc-ignorant.org rothen.com s5h.net sarbl.org scientificspam.net sectoor.de securitysage.com senderscore.com senderscore.org
    sorbs.net spamcannibal.org spamcop.net spamdown.org spameatingmonkey.net spamhaus.com spamhaus.net spamhaus.org spamlookup.net spamrats.com
    spfbl.net suomispam.net surbl.org suresupport.com surriel.com swinog.ch tornevall.org trendmicro.com uceprotect.net unsubscore.com uribl.com
    validity.com virusfree.cz webiron.net wpbl.info zapbl.net
    """.split()
)
# Labels by which private lists are known: rbl.example.net.
LIST_LABELS = frozenset(("dnsbl", "rbl", "dnsrbl", "rhsbl", "blacklist", "blocklist", "senderscore", "lashback"))
# Dotted words of Exchange that are reasons, not host names; so are its exceptions ("QuotaExceededException.MapiException...").
DOTTED_REASONS = ("RESOLVER.", "QUEUE.", "ROUTING.", "SMTPSEND.", "SMTP.", "STOREDRV.", "APPROVAL.", "DELIVERY.", "AGENT.", "CAT.", "MSEXCH.", "DSN.")

_URL = r"(?P<url>\bhttps?:[^\s<>\"]+)"
_ADDRESS = r"(?P<address><?[^\s<>()\[\],;:\"'@]{1,256}@\[?[\w.\-]+\]?>?)"
_IP = r"(?P<ip>(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)|(?<![\w:])(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)[0-9a-fA-F:]{2,39}(?:\.\d+){0,3}(?![\w:]))"
# x.y.z, and vendors' codes that would pass for an id or a number: OFR006_102, XGEMAIL_0004, SC-004, ERROR-GL100, AUP#I-1310, RL000001.
_STATUS = (
    r"(?P<status>(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)|\b[A-Z]{2,7}(?:\d{0,3}_|-[A-Z]{0,3})\d{1,4}(?![\w-])"
    r"|\bAUP#[\w-]+|\b(?:RL|BL|DM|ES|PT)\d{6}\b|\bIPBL[01]{4}\b)"
)
_TIME = r"(?P<time>\b\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+)?|\b\d{1,4}[/-]\d{1,2}[/-]\d{1,4}\b|(?<![\w:.])\d{1,2}:\d\d(?::\d\d)?(?![\w:]))"
_HOST = r"(?P<host>(?<![\w.])(?=[\w-]*[.])(?:[\w-]{1,63}\.)+[A-Za-z][\w-]{1,62}\b)"
# Letters and digits mixed, eight or more: a queue id, a session id. Shorter ones are vendors' codes and stay.
_ID = r"(?P<id>(?<![\w])(?=[\w.-]*\d)(?=[\d.-]*[A-Za-z_])[\w.-]{8,}(?<![.-]))"
_NUMBER = r"(?P<number>(?<![\w#])\d+(?:\.\d+)?(?![\w]))"
_VARIABLE = re.compile("|".join((_URL, _ADDRESS, _TIME, _IP, _STATUS, _HOST, _ID, _NUMBER)))
_IN_URL = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[^/?&=]+(?:@|%40)[^/?&=]+|(?=[\w%+-]*\d)[\w%+-]{12,}")

# OpenSMTPD joins the lines of a reply without a space: "a rate of4.7.28 unsolicited".
_GLUED = re.compile(r"([a-z]+)[245]\.\d{1,3}\.\d{1,3}")

# `550`, `550-5.7.1`, `('550',`: kept where a reply may begin, a number elsewhere ("wait 450 seconds").
_REPLY_CODE = re.compile(r"[('\"\[#]*[245]\d\d(?:['\"\],)]*$|:$|-\D|-[245]\.\d{1,3}\.\d)")
# The same at the end of a longer word: `reply=550`, `[{LED=451`, `smtp;550`, `TO:550-5.7.1`.
_CODE_BEHIND = re.compile(r"((?:\S*[;:>'\"(]|reply=|stat=|\[\{LED=))([245]\d\d(?:-\S*)?)")
_NUMBER_FOLLOWS = frozenset(
    "a about after another at by code every exceeds for from id in is least length limit more most number of only over past size than the to until wait"
    " within".split()
)
_REPLY_FOLLOWS = frozenset(("with", "returned", "said", "answered", "replied"))
_DOTS = re.compile(r"\.\.\.(?=[A-Za-z<])")
# No word of a reply is longer. What is cut off could only be an id, and the work for one word stays bounded.
_WORD_MAX = 240
# What a number counts. After a colon and the like, where a reply begins ("said: 550 Message refused"), only what can be nothing else: "limit: 450 messages".
_UNITS = re.compile(r"(?:second|minute|hour|day|message|e?-?mail|recipient|connection|byte|kb|mb|sec|min|time|error)s?\b(?!-)", re.IGNORECASE)
_UNITS_ONLY = re.compile(r"(?:(?:second|minute|hour|day|message|e?-?mail|recipient|connection|byte|time|error)s|[km]b|secs?|mins?)\b")
_DAYS_AND_MONTHS = frozenset("Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())

# Words that never change, remembered because a log repeats them a million times. Bounded: new words beyond it are just computed again.
_WORDS: dict = {}
_WORDS_MAX = 8192
# The same for words that change: a reply is looked at twice, as a whole and without its wrapping.
_CHANGED: dict = {}
_CHANGED_MAX = 512


def template_of(text: str) -> str:
    """Return the template of one reply, queue reason or bounce text. Pure and total: any string is fine, white space is folded."""
    if "\\n" in text:
        return " ".join(filter(None, map(template_of, text.split("\\n"))))
    if "..." in text:
        # Sendmail's "<address>... User unknown" without its space.
        text = _DOTS.sub("... ", text)
    words = text.split()
    known = _WORDS
    out = []
    before = ":"
    for place, word in enumerate(words):
        kept = known.get(word) or _CHANGED.get(word)
        if kept is None:
            kept = _word(word, before, words[place + 1] if place + 1 < len(words) else "")
        out.append(kept)
        before = word
    return " ".join(out)


def _word(word: str, before: str, after: str) -> str:
    """Return the template of a word that is not remembered; ``before`` and ``after`` are its neighbours."""
    word = word[:_WORD_MAX]
    # "554: 5.7.9: Message ..." is how Yahoo writes a reply into its notices.
    if _REPLY_CODE.match(word) and (word[3:] != ":" or _is_status(after)):
        if "-" in word[3:]:
            code, rest = word.split("-", 1)
            return _remember(word, code + "-" + _VARIABLE.sub(_replace, rest))
        # The first word (it has ":" before it) is a code even before "message" or "mail".
        if not word.isdigit() or before == ":" or _is_status(after):
            return word
        units = _UNITS_ONLY if before in _REPLY_FOLLOWS or not before[-1].isalnum() else _UNITS
        return "<n>" if before.lower() in _NUMBER_FOLLOWS or units.match(after) or not after else word
    behind = _CODE_BEHIND.fullmatch(word)
    if behind:
        return _remember(word, _VARIABLE.sub(_replace, behind.group(1)) + behind.group(2))
    if word[:3] in _DAYS_AND_MONTHS and word.strip(",.") in _DAYS_AND_MONTHS:
        return "<time>"
    return _remember(word, _VARIABLE.sub(_replace, word))


def _remember(word: str, kept: str) -> str:
    """Keep the template of a word for which its neighbours do not matter, and return it."""
    if kept != word:
        if len(_CHANGED) >= _CHANGED_MAX:
            _CHANGED.clear()
        _CHANGED[word] = kept
    elif len(_WORDS) < _WORDS_MAX:
        _WORDS[word] = word
    return kept


def _is_status(word: str) -> bool:
    found = _VARIABLE.match(word.lstrip("#("))
    return bool(found) and found.lastgroup == "status"


def _replace(found) -> str:
    """Return what stands for one variable part."""
    kind = found.lastgroup
    text = found.group()
    if kind == "status":
        return text
    if kind == "url":
        return _IN_URL.sub("<x>", text)
    if kind == "host":
        labels = text.lower().split(".")
        if text.startswith(DOTTED_REASONS) or labels[0].endswith("exception") or ".".join(labels[-2:]) in LIST_OPERATORS or not LIST_LABELS.isdisjoint(labels):
            return text
        return "<host>"
    if kind == "id":
        glued = _GLUED.fullmatch(text)
        if glued:
            return glued.group(1)
    return _STANDS_FOR[kind]


_STANDS_FOR = {"address": "<address>", "ip": "<ip>", "time": "<time>", "id": "<id>", "number": "<n>"}
