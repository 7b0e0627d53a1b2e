# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whose fault each refusal is, once the evidence beside its text is known.

A verdict whose side is ``either`` says which evidence would decide. The fleet may have that evidence: what the DNS and the blocklists
say of the address that was refused (self), whether another host delivers to the same operator (sisters), how many operators
refuse (spread), whether it began with a change of ours (history), and whether the network lets us out at all (connectivity).

The strongest evidence is asked first and the first that speaks decides, so weaker evidence that is added never overturns it.
What no evidence decides stays ``either``.
"""

from __future__ import annotations

import itertools

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish import in_spanish, meaning_in_spanish
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.times import seconds_between
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.words import sentence
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.operators import operator_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify

# Evidence that a verdict names -> the checks whose failure makes the refusal ours, the remedy of each.
SELF = {
    "dnsbl": (("policy", "use_smarthost"), ("listed", "switch_outbound_ip")),
    "ptr": (("ptr_exists", "fix_ptr"), ("fcrdns", "fix_ptr")),
    "helo": (("helo_fqdn", "fix_helo"), ("helo_resolves", "fix_helo"), ("helo_matches", "fix_helo")),
    "spf": (("spf_authorises", "fix_spf"),),
}
# Refusals of an address: another one helps sooner than a list that has to be asked.
REFUSED_ADDRESS = {"ip_blocklisted", "ip_blocked", "ip_reputation"}
# Reasons that concern one sender's domain: mail of another one may go through meanwhile.
OF_SENDER = {"sender_address_rejected", "sender_domain_unresolvable", "spf_failed", "dkim_failed", "dmarc_failed", "auth_failed", "domain_blocklisted"}
# Seconds for which such refusals go on after the last one, whatever else is delivered there.
BESIDE = 86400
# A smarthost that takes nothing for so many seconds is no passing trouble.
SMARTHOST_PATIENCE = 3600
# Reasons that come from the line rather than from a server's judgement; only these can be a matter of connectivity.
LINE = {"connection_failed", "connection_lost", "network_unreachable", "delayed", "expired"}
# What helps where such a trouble turns out to be ours.
REMEDY_OF_OURS = {**dict.fromkeys(LINE, "check_network"), "dns_failure": "fix_resolver"}


def verdict_rows(facts, identities, via, language="en"):
    """Give every group of failures in the queue and the log its verdict: a list of rows that ``settle`` completes.

    A row: ``source`` (queue or log), ``group``, ``verdict``, ``operator`` (or the destination, where the operator is not known),
    ``side``, ``remedy``, ``current``, ``settled_by``, ``why``, ``would_change``, ``confidence``.
    """
    ours = _ourselves(facts, identities, via)
    delivered = last_delivered(facts)
    rows = []
    for place in ("queue", "log"):
        for group in (facts.get(place) or {}).get("groups", []):
            if group["outcome"] == "sent" or not group.get("text"):
                continue
            verdict = classify(
                group["text"],
                command=group.get("stage"),
                rhost=group.get("relay_host"),
                recipient_domain=group.get("destination"),
                ours=ours,
                language=language,
            )
            rows.append(
                {
                    "source": place,
                    "group": group,
                    "verdict": verdict,
                    "operator": verdict["operator"] or operator(group),
                    "side": verdict["side"],
                    "remedy": remedy_of(verdict),
                    "current": place == "queue" or _goes_on(group, delivered) or _goes_on_beside(group, verdict, facts),
                    "settled_by": None,
                    "why": None,
                    "would_change": None,
                    "confidence": verdict["confidence"],
                }
            )
    return rows


def _ourselves(facts, identities, via):
    own = facts.get("identity") or {}
    return {
        "addresses": sorted({identity[key] for identity in identities for key in ("address", "inside")} | set(own.get("local_addresses", []))),
        "helo": sorted({source["helo"] for source in own.get("sources", []) if source.get("helo")}),
        "domains": sorted({domain for identity in identities for domain in identity["domains"]}),
        "smarthosts": sorted(set(via)),
    }


def operator(group):
    """Who runs the destination: a known operator, or the destination itself."""
    return operator_of(rhost=group.get("relay_host"), recipient_domain=group.get("destination")) or group["destination"]


def last_delivered(facts):
    """``{destination: time of the last delivery}`` of one host."""
    delivered = {}
    for row in (facts.get("log") or {}).get("delivered_to", []):
        delivered[row["destination"]] = max(row["last"] or "", delivered.get(row["destination"], ""))
    return delivered


def _goes_on(group, delivered):
    """Whether a trouble in the log goes on: not every message got through later, and nothing was delivered there since."""
    return group.get("handled", 0) < group["count"] and delivered.get(group["destination"], "") < (group.get("last") or "")


def _goes_on_beside(group, verdict, facts):
    """Whether final refusals go on though mail was delivered there since: that of other senders, or over the other version of IP.

    A day without another refusal ends them then.
    """
    log = facts.get("log") or {}
    if group["outcome"] != "bounced" or verdict["side"] != "ours" or seconds_between(group.get("last"), facts.get("now")) >= BESIDE:
        return False
    if verdict["reason"] in OF_SENDER:
        return bool({row["domain"] for row in log.get("sender_domains", [])} - set(group.get("sender_domains") or []))
    since = [row for row in log.get("delivered_to", []) if row["destination"] == group["destination"] and (row["last"] or "") >= (group.get("last") or "")]
    known = {_version(row.get("relay_address")) for row in [group, *since]}
    return None not in known and all(_version(row["relay_address"]) != _version(group["relay_address"]) for row in since)


def _version(address):
    """The version of IP of an address, None for none."""
    return None if not address else 6 if ":" in address else 4


def remedy_of(verdict):
    """What a verdict asks for; where it is about our address and another one would do, that comes before waiting for a list.

    It does not come before a slower flow where the refusal is temporary: an address that warms up must not be given for a colder one.
    """
    slower = verdict["temporary"] and verdict["remedy"] == "reduce_rate"
    if verdict["reason"] in REFUSED_ADDRESS and not slower and "switch_outbound_ip" in (verdict.get("alternatives") or []):
        return "switch_outbound_ip"
    return verdict["remedy"]


class Fleet:
    """What the hosts know of each other: who delivers to and who is refused by each operator.

    ``hosts``: ``{name: {"rows": verdict rows, "facts": mail_host}}``.
    """

    def __init__(self, hosts=None):
        self.delivering = {}
        self.refused = {}
        self.addresses = {}
        self.latest = {}
        for name, host in (hosts or {}).items():
            self.add(name, host)

    def add(self, name, host, heard=True):
        """Make what one host knows known to the fleet; a host whose times cannot be trusted is not ``heard`` as a sister."""
        self.addresses[name] = {identity["address"] for identity in host.get("identities", []) if identity["role"] == "source"} or {None}
        self.latest[name] = []
        if not heard:
            return
        delivered = {}
        for row in (host["facts"].get("log") or {}).get("delivered_to", []):
            delivered[operator(row)] = max(row["last"] or "", delivered.get(operator(row), ""))
        for place, last in delivered.items():
            self.delivering.setdefault(place, {})[name] = last
        # Of two operators one is another than any that is asked about.
        self.latest[name] = sorted(((last, place) for place, last in delivered.items()), reverse=True)[:2]
        for row in host["rows"]:
            # A refusal that is plainly a sister's own fault tells nothing of how the operator treats others.
            if row["side"] == "either" and row["current"]:
                self.refused.setdefault(row["operator"], set()).add(name)

    def sisters(self, name, place, since):
        """Other hosts that deliver to ``place``, at or after ``since``, and those that it refuses too."""
        delivering = sorted(host for host, last in self.delivering.get(place, {}).items() if host != name and last >= since)
        refused = sorted(self.refused.get(place, set()) - {name})
        return delivering, [host for host in refused if host not in delivering]

    def delivers_elsewhere(self, name, place, since):
        """Whether a host delivers to anybody but ``place``, at or after ``since``."""
        return any(last >= since for last, other in self.latest[name] if other != place)

    def shares_address(self, name, other):
        """Whether the world sees two hosts as one, behind the same NAT; so it may be where no public address of them is known."""
        return bool(self.addresses[name] & self.addresses[other])

    def seen_apart(self, hosts):
        """The same hosts, each address once: what happens to one behind a NAT happens to all, and says nothing more."""
        known = set()
        for host in hosts:
            if not self.addresses[host] & known:
                yield host
            known |= self.addresses[host]


def settle(name, rows, identities, facts, via, fleet, changes, probes, limits, language):
    """Decide each ``either`` of one host in place; return the rows.

    ``identities``: those of the sources with ``listing`` and ``dns``; ``via``: the smarthosts that all mail goes through; ``changes``: ``[{at, what}]``;
    ``probes``: results of smtp_probe_info; ``limits``: those of ``check_limits``.
    """
    failing = _failing(identities, language)
    spread = _spread([row for row in rows if not _is_smarthosts(row, via)], facts, limits, language)
    for row in rows:
        if row["side"] != "either":
            continue
        conclusion = (
            _by_the_way_out(row, probes, language)
            or _by_self(row, failing, language)
            or _by_smarthost(row, facts, via, language)
            or _by_sister_that_delivers(name, row, fleet, language)
            or _by_history(row, facts, changes, limits, language)
            or _by_reach(row, probes, language)
            or _by_spread(row, spread, "ours", language)
            or _by_refused_sisters(name, row, fleet, language)
            or _by_spread(row, spread, "theirs", language)
        )
        if conclusion:
            row.update(conclusion)
        else:
            named = ", ".join(row["verdict"].get("settle") or []) or sentence("nothing known", language)
            row.update(why=sentence("undecided", language), would_change=sentence("would decide", language, named), confidence="guess")
    return rows


def _conclusion(side, by, why, would_change, confidence, **more):
    return {"side": side, "settled_by": by, "why": why, "would_change": would_change, "confidence": confidence, **more}


# Self


def _failing(identities, language):
    """``{check: (address, sentence)}`` of what is wrong with the addresses that mail leaves from."""
    failing = {}
    for identity in identities:
        for row in (identity.get("listing") or {}).get("listings", []):
            if row["state"] in ("listed", "policy") and row["impact"] != "none":
                meaning = meaning_in_spanish(row["meaning"]) if language == "es" else row["meaning"]
                failing.setdefault(row["state"], (identity["address"], sentence("zone lists", language, row["zone"], identity["address"], meaning)))
        for check in (identity.get("dns") or {}).get("checks", []):
            if check["status"] == "fail":
                failing.setdefault(check["control"], (identity["address"], in_spanish(check["evidence"]) if language == "es" else check["evidence"]))
    return failing


def _by_self(row, failing, language):
    named = list(row["verdict"].get("settle") or [])
    if row["verdict"]["reason"] in LINE and (row["verdict"]["inner_code"] or row["verdict"]["code"]):
        # A server did answer, so the line is not what failed: many lists' users turn a listed address away in just these words.
        named.append("dnsbl")
    for evidence, checks in SELF.items():
        if evidence not in named:
            continue
        for check, remedy in checks:
            if check in failing:
                return _conclusion("ours", "self", failing[check][1], sentence("refusal in spite of", language, check), "likely", remedy=remedy)
    return None


# The smarthost: ours to choose and to pay, so that its troubles are nobody else's


def _is_smarthosts(row, via):
    """Whether it was the smarthost that did not take the mail, whatever its destination."""
    return bool(via) and row["group"].get("relay_host") in (None, *via)


def _by_smarthost(row, facts, via, language):
    """Nothing gets through the smarthost for longer than a passing trouble lasts."""
    first = row["group"].get("first") or ""
    through = [entry for entry in (facts.get("log") or {}).get("delivered_to", []) if entry.get("relay_host") in via and (entry["last"] or "") >= first]
    if not _is_smarthosts(row, via) or not row["current"] or through or seconds_between(first, facts.get("now")) < SMARTHOST_PATIENCE:
        return None
    remedy = REMEDY_OF_OURS.get(row["verdict"]["reason"], "fix_route")
    why = sentence("smarthost", language, ", ".join(via), first)
    return _conclusion("ours", "self", why, sentence("smarthost delivers", language, ", ".join(via)), "likely", remedy=remedy)


# Connectivity


def _by_the_way_out(row, probes, language):
    """No server at all answers a probe from the host: the way out is shut."""
    if row["verdict"]["reason"] not in LINE or len(probes) < 2 or any(probe["outcome"] != "no_connection" for probe in probes):
        return None
    why = sentence("no way out", language, len(probes))
    return _conclusion("ours", "connectivity", why, sentence("an answer", language), "certain", remedy="check_network")


def _by_reach(row, probes, language):
    """Others answer a probe from the host, and this server does not."""
    reached = [probe for probe in probes if probe["outcome"] != "no_connection"]
    mine = [probe for probe in probes if probe["address"] == row["group"].get("relay_address")]
    if row["verdict"]["reason"] not in LINE or not reached or not mine or any(probe in reached for probe in mine):
        return None
    why = sentence("out of reach", language, len(reached), mine[0]["address"])
    return _conclusion("theirs", "connectivity", why, sentence("reached by another", language), "likely")


# Sisters


def _by_sister_that_delivers(name, row, fleet, language):
    """Another host delivers to the same operator meanwhile."""
    delivering, _refused = fleet.sisters(name, row["operator"], row["group"].get("first") or "")
    if row["verdict"]["reason"] not in LINE:
        # It takes mail from our address: what it refuses here is something else.
        delivering = [host for host in delivering if not fleet.shares_address(name, host)]
    if not delivering:
        return None
    why, against = sentence("sister delivers", language, delivering[0], row["operator"]), sentence("sister refused", language, delivering[0])
    return _conclusion("ours", "sisters", why, against, "likely", remedy=_remedy_if_ours(row))


def _by_refused_sisters(name, row, fleet, language):
    """It refuses three hosts of ours, all of which get mail out to others: who gets none out meets his own trouble at every operator."""
    since = row["group"].get("first") or ""
    if not fleet.delivers_elsewhere(name, row["operator"], since):
        return None
    _delivering, refused = fleet.sisters(name, row["operator"], since)
    witnesses = (host for host in [name, *refused] if fleet.delivers_elsewhere(host, row["operator"], since))
    heard = list(itertools.islice(fleet.seen_apart(witnesses), 3))
    if len(heard) < 3:
        return None
    why = sentence("sisters refused", language, row["operator"], ", ".join(heard[1:]))
    return _conclusion("theirs", "sisters", why, sentence("a sister that delivers", language, row["operator"]), "likely")


def _remedy_if_ours(row):
    return REMEDY_OF_OURS.get(row["verdict"]["reason"], row["remedy"])


# History


def _by_history(row, facts, changes, limits, language):
    """It was delivered to before, and is refused since shortly after a change of ours."""
    first = row["group"].get("first") or ""
    before = [entry for entry in (facts.get("log") or {}).get("delivered_to", []) if operator(entry) == row["operator"] and (entry["first"] or "") < first]
    for change in sorted(changes, key=lambda change: change["at"], reverse=True):
        if before and change["at"] <= first and seconds_between(change["at"], first) <= limits["history_window"]:
            why = sentence("began after", language, change["at"], change["what"])
            return _conclusion("ours", "history", why, sentence("refusal after undoing", language), "likely", remedy="fix_mta")
    return None


# Spread


def _spread(rows, facts, limits, language):
    """``(side, why)`` that the number of refusing operators points to, or None while there are too few to tell."""
    refusing = {row["operator"] for row in rows if row["side"] == "either" and row["current"]}
    accepting = {operator(row) for row in (facts.get("log") or {}).get("delivered_to", [])}
    # Who speaks with us about the recipient, or of greylisting, was reached and took us for who we are.
    answering = {row["operator"] for row in rows if row["side"] in ("theirs", "user") and row["verdict"]["code"]}
    tried = refusing | accepting | answering
    if len(refusing) >= limits["spread_minimum"] and len(refusing) >= limits["spread_share"] * len(tried):
        return "ours", sentence("many refuse", language, len(refusing), len(tried))
    if len(refusing) == 1 and len(accepting - refusing) >= limits["spread_minimum"]:
        return "theirs", sentence("one refuses", language, len(accepting - refusing))
    return None


def _by_spread(row, spread, wanted, language):
    """The conclusion that the spread of refusals gives, where it is the ``wanted`` side."""
    if not spread or spread[0] != wanted or "spread" not in (row["verdict"].get("settle") or []):
        return None
    side, why = spread
    more = {"remedy": _remedy_if_ours(row)} if side == "ours" else {}
    return _conclusion(side, "spread", why, sentence("more operators", language), "likely", **more)
