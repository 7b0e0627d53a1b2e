# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which blocklist a reply means: by its zone, by its page, or by what people call it."""

from __future__ import annotations

import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import BLOCKLISTS, CAUSES, CLOSED

# A word of the reply -> zone. Words that are also ordinary words or other abbreviations stand in PARTS.
NAMES = {
    "0spam": "bl.0spam.org",
    "abuseat": "cbl.abuseat.org",
    "abusix": "{key}.combined.mail.abusix.zone",
    "ahbl": "ahbl.org",
    "anonmails": "spam.dnsbl.anonmails.de",
    "backscatterer": "ips.backscatterer.org",
    "barracudacentral": "b.barracudacentral.org",
    "barracudanetworks": "b.barracudacentral.org",
    "brbl": "b.barracudacentral.org",
    "dronebl": "dnsbl.dronebl.org",
    "gbudb": "truncate.gbudb.net",
    "hostkarma": "hostkarma.junkemailfilter.com",
    "invaluement": "invaluement.com",
    "ivmsip": "invaluement.com",
    "ivmuri": "invaluement.com",
    "junkemailfilter": "hostkarma.junkemailfilter.com",
    "mailspike": "bl.mailspike.net",
    "manitu": "ix.dnsbl.manitu.net",
    "nixspam": "ix.dnsbl.manitu.net",
    "njabl": "njabl.org",
    "nordspam": "bl.nordspam.com",
    "ordb": "ordb.org",
    "psbl": "psbl.surriel.com",
    "senderscore": "bl.score.senderscore.com",
    "sorbs": "sorbs.net",
    "spamcannibal": "spamcannibal.org",
    "spamcop": "bl.spamcop.net",
    "spameatingmonkey": "bl.spameatingmonkey.net",
    "spamhaus": "zen.spamhaus.org",
    "spamrats": "all.spamrats.com",
    "spfbl": "dnsbl.spfbl.net",
    "suomispam": "bl.suomispam.net",
    "surbl": "multi.surbl.org",
    "swinog": "dnsrbl.swinog.ch",
    "uceprotect": "dnsbl-1.uceprotect.net",
    "uribl": "multi.uribl.com",
    "zapbl": "dnsbl.zapbl.net",
}
# Parts of Spamhaus' lists, by the word or the page that names them: /pbl/query/PBL..., "SBL123456", "xbl".
PARTS = (
    (re.compile(r"(?<![a-z])pbl(?![a-z])"), "pbl.spamhaus.org"),
    (re.compile(r"(?<![a-z])dbl(?![a-z])"), "dbl.spamhaus.org"),
    (re.compile(r"(?<![a-z])(?:xbl|cbl)(?![a-z])"), "xbl.spamhaus.org"),
    (re.compile(r"(?<![a-z])(?:sbl|css)(?:\d|(?![a-z]))"), "sbl.spamhaus.org"),
)
# The number of an entry ("SBL123456"), which a template takes for an id.
LIST_ENTRY = re.compile(r"\b[sp]bl\d{3,7}\b", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_LISTS: list = BLOCKLISTS
_BY_ZONE = {entry["zone"]: entry for entry in _LISTS}
# A reply with none of these words names no list.
LIST_WORDS = (
    frozenset(NAMES)
    | {"pbl", "xbl", "sbl", "dbl", "cbl", "css", "dnsbl", "rbl", "zen", "bl", "dnsrbl", "blacklist", "blocklist", "rhsbl"}
    | {word for zone in _BY_ZONE for word in re.findall(r"[a-z0-9]+", zone) if len(word) > 4}
)
# What a part of a zone means is known; a zone of many kinds ("zen") has no kind of its own.
_KINDS = {"pbl.spamhaus.org": "policy", "xbl.spamhaus.org": "exploited", "sbl.spamhaus.org": "spam_source", "cbl.abuseat.org": "exploited"}


def find_list(text, there):
    """Return what is known of the list that a reply names, or None.

    ``text`` is the reply in lower case, ``there`` the set of its words. The result has ``zone``, ``name``, ``kind`` (policy, exploited, spam_source,
    reputation, network, domain, or None where the zone holds several), ``takes`` (ip, domain), ``closed`` (True for a list that no
    longer works) and ``lookup_url``.
    """
    zone = next((NAMES[word] for word in sorted(there & NAMES.keys())), None)
    exact = next((host for host in _HOST.findall(text) if host in _BY_ZONE), None)
    if exact and _BY_ZONE[exact].get("role", "block") == "block":
        zone = exact
    if zone in ("zen.spamhaus.org", None) and ("spamhaus" in there or there & {"pbl", "xbl", "sbl"} or LIST_ENTRY.search(text)):
        zone = next((part for pattern, part in PARTS if pattern.search(text)), zone)
    return _described(zone) if zone else None


def _described(zone):
    entry = _BY_ZONE.get(zone)
    if entry is None:
        name = CLOSED[zone][0] if zone in CLOSED else zone
        return {"zone": zone, "name": name, "kind": None, "takes": "ip", "closed": zone in CLOSED and zone != "invaluement.com", "lookup_url": None}
    kind = _KINDS.get(zone) or (None if zone == "zen.spamhaus.org" else CAUSES[entry.get("cause", "unspecific")]["kind"])
    lookup = (entry.get("lookup") or "").split("?{subject}")[0].replace("{subject}", "")
    takes = "domain" if tuple(entry["takes"]) == ("domain",) else "ip"
    return {"zone": zone.replace("{key}.", ""), "name": entry["name"], "kind": kind, "takes": takes, "closed": False, "lookup_url": lookup or None}
