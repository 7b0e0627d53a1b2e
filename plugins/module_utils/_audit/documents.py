# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the controls of a policy are judged over: one plain document for each address, domain, cause and host (docs/policy.md).

Every document has its ``subject`` and its ``host``; ``unknown`` says why nothing is known, where a control can find nothing better.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish import advice_in_spanish, in_spanish, meaning_in_spanish
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.times import seconds_between
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.words import REASONS, SENTENCES, sentence, word
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import plain_name

# A provider that asks for patience is not refusing us.
PATIENCE = {"rate_limited", "too_many_connections", "too_many_recipients", "greylisted", "delayed"}
SEVERITIES = ("none", "low", "medium", "high")


def checks_of(result, language="en"):
    """The checks of ``sender_dns_info`` by control: ``{control: {status, evidence, publish, request}}``."""
    checks = {check["control"]: {key: value for key, value in check.items() if key != "control"} for check in (result or {}).get("checks", [])}
    if language == "es":
        checks = {control: {**check, "evidence": in_spanish(check["evidence"])} for control, check in checks.items()}
    return checks


def address_document(identity, via, trouble, subjects, language="en"):
    """One source address with what the DNS (``checks``) and the blocklists say of it (``listing``) and of its PTR and HELO names (``name_listing``).

    ``subjects``: those of ``dnsbl_info``; ``trouble``: why nobody asked.
    """
    document = {key: identity[key] for key in ("host", "address", "inside", "helo", "domains", "transport")}
    dns = identity.get("dns") or {}
    document.update(
        subject=identity["address"], via=via, declared=True, unknown=trouble, ptr=dns.get("ptr", []), name=dns.get("name"), checks=checks_of(dns, language)
    )
    document["listing"] = _listing(identity.get("listing"), language)
    names = dict.fromkeys(plain_name(name) for name in [identity["helo"], *document["ptr"]])
    document["name_listing"] = _joined_listing({name: _listing(subjects.get(name), language) for name in names})
    return document


def unseen_document(name, address, via, language="en"):
    """An address that is not seen from the Internet and has no public one declared: nothing about it can be known.

    A host of which no address at all is known (None) is the subject itself, since what nobody looks at would seem to be in order.
    """
    return {
        "subject": address or name,
        "host": name,
        "address": address,
        "inside": address,
        "helo": None,
        "domains": [],
        "transport": None,
        "via": via,
        "declared": False,
        "unknown": sentence("not declared", language, address) if address else sentence("no source", language),
        "ptr": [],
        "name": None,
        "checks": {},
        "listing": None,
        "name_listing": None,
    }


def _listing(listing, language):
    if not listing:
        return None
    found = {"state": listing["state"], "severity": listing["severity"], "clean": listing["clean"], "unknown": listing.get("unknown") or []}
    found["asked"] = bool(found["clean"] or found["unknown"] or listing["listings"])
    for state in ("listed", "policy"):
        rows = [row for row in listing["listings"] if row["state"] == state]
        found[state] = [_listed(row, language) for row in rows]
        found[f"{state}_zones"] = [row["zone"] for row in rows]
        found[f"{state}_impact"] = _worst(row["impact"] for row in rows)
        found[f"{state}_remedy"] = max(rows, key=lambda row: SEVERITIES.index(row["impact"]))["remedy"] if rows else None
    silent = [row for row in listing["listings"] if row["state"] == "unknown" and row["impact"] in ("medium", "high")]
    found["sure"] = found["asked"] and listing["state"] != "unknown" and not silent
    found["compromised"] = [row["zone"] for row in listing["listings"] if row["state"] == "listed" and row.get("clean_before_switch")]
    return found


def _joined_listing(listings):
    """What the lists say of several names as one listing, whose sentences name the name; None where nobody asked."""
    known = {name: listing for name, listing in listings.items() if listing}
    if not known:
        return None
    states = [listing["state"] for listing in known.values()]
    worst = max(known.values(), key=lambda listing: SEVERITIES.index(listing["listed_impact"]))
    return {
        "state": next((state for state in ("listed", "policy", "unknown", "clean") if state in states), "skipped"),
        "asked": any(listing["asked"] for listing in known.values()),
        "sure": all(listing["sure"] for listing in known.values() if listing["asked"]),
        "clean": sum(listing["clean"] for listing in known.values()),
        "unknown": sorted({zone for listing in known.values() for zone in listing["unknown"]}),
        "listed": [f"{name}: {said}" for name, listing in known.items() for said in listing["listed"]],
        "listed_impact": worst["listed_impact"],
        "listed_remedy": worst["listed_remedy"],
    }


def _listed(row, language):
    said = f" ({row['text']})" if row.get("text") else ""
    link = row.get("removal_url") or row.get("lookup_url")
    advice = advice_in_spanish(row.get("advice")) if language == "es" else row.get("advice")
    meaning = meaning_in_spanish(row["meaning"]) if language == "es" else row["meaning"]
    parts = [sentence("listed", language, row["zone"], meaning, said), advice, sentence("see", language, link) if link else None]
    return " ".join(part for part in parts if part)


def _worst(impacts):
    return SEVERITIES[max((SEVERITIES.index(impact) for impact in impacts if impact in SEVERITIES), default=0)]


def domain_document(name, domain, result, trouble, listing, language="en"):
    """One envelope domain of a host, with what ``sender_dns_info`` and the blocklists found."""
    said = {
        "subject": domain,
        "host": name,
        "domain": domain,
        "unknown": trouble,
        "checks": checks_of(result, language),
        "listing": _listing(listing, language),
    }
    return {**(result or {}), **said}


def seen(log):
    """Whether the log of ``mail_host_info`` told of any time at all."""
    return bool(log.get("first"))


def cause_documents(name, rows, log, language):
    """One document for each root cause on our side: forty refusals for one reason are one cause. Without any, one that says so.

    ``log``: that of ``mail_host_info``; where it is empty, what was refused and given up is not known.
    """
    causes = {}
    for row in rows:
        if row["side"] == "ours" and row["current"]:
            key = (row["verdict"]["reason"], row["remedy"], (row["verdict"].get("blocklist") or {}).get("zone"))
            causes.setdefault(key, []).append(row)
    if not causes:
        said = [sentence("no refusal of ours" if seen(log) else "no log", language), _unseen(log.get("rest"), language)]
        return [{"subject": name, "host": name, "reason": None, "seen": seen(log), "evidence": said}]
    found = [_cause(name, reason, remedy, zone, part, language) for (reason, remedy, zone), part in causes.items()]
    unlisted = [document["reason"] for document in found if not document["zone"]]
    for document in found:
        # The subject names the cause, and what is refused beside it changes no name: the next report has to find it again.
        more = document["zone"] or (document["remedy"] if unlisted.count(document["reason"]) > 1 else None)
        document["subject"] = f"{document['reason']}:{more}" if more else document["reason"]
    return sorted(found, key=lambda document: (-document["count"], document["subject"]))


def _cause(name, reason, remedy, zone, rows, language):
    logged = {row["group"]["destination"] for row in rows if row["source"] == "log"}
    shown = [row for row in rows if row["source"] == "log" or row["group"]["destination"] not in logged]
    return {
        "host": name,
        "reason": reason,
        "remedy": remedy,
        "zone": zone,
        "severity": "medium" if reason in PATIENCE else "high",
        "title": word(SENTENCES, "refused", language).format(word(REASONS, reason, language)),
        "explanation": rows[0]["verdict"]["explanation"],
        "count": sum(row["group"]["count"] for row in shown),
        "queued": sum(row["group"]["count"] for row in rows if row["source"] == "queue"),
        "destinations": sorted({row["group"]["destination"] for row in rows}),
        "operators": sorted({row["operator"] for row in rows}),
        "evidence": [rows[0]["verdict"]["explanation"], *sorted({_refusal(row, language) for row in shown})],
    }


def _refusal(row, language):
    group = row["group"]
    settled = sentence("settled as ours", language, row["why"]) if row["settled_by"] else ""
    times = sentence("once", language) if group["count"] == 1 else sentence("times", language, group["count"])
    return sentence("refusal", language, group["destination"], times, group.get("last") or sentence("some time", language), settled, group["text"][:500])


def host_document(name, facts, rows, via, queue_age, language="en"):
    """The host itself: queue, log and flow of mail."""
    queue, log = facts.get("queue"), facts.get("log") or {}
    groups = [row["group"] for row in rows if row["source"] == "queue" and row["side"] in ("ours", "either")]
    late = [group for group in groups if (group.get("oldest_age") or 0) > queue_age]
    unseen = (queue or {}).get("rest") if ((queue or {}).get("oldest_age") or 0) > queue_age else None
    return {
        "subject": name,
        "host": name,
        "mta": facts.get("mta"),
        "identity": facts.get("identity"),
        "via": via,
        "queue": None if queue is None else {"total": queue["total"], "oldest_age": queue.get("oldest_age"), "late": _late(late, unseen, language)},
        "log": {key: log.get(key) for key in ("first", "last", "received", "delivered", "deferred", "bounced", "expired")} if log else None,
        "log_hours": seconds_between(log.get("first"), log.get("last")) / 3600,
        "sudden": sudden_senders(log, language),
        "warnings": facts.get("warnings", []),
    }


def _late(groups, unseen, language):
    """What waits too long through our fault; ``unseen``: the groups of a queue with old mail that the host has only counted."""
    count, oldest = sum(group["count"] for group in groups), max((group["oldest_age"] for group in groups), default=0)
    said = sentence("one late" if count == 1 else "many late", language, count, oldest // 3600) if groups else None
    more = _unseen(unseen, language)
    return {"count": count, "oldest_age": oldest, "sure": not more, "sentence": said or more}


def _unseen(rest, language):
    """What is to be said of the groups beyond those that a host tells one by one; None where it told them all."""
    return sentence("unseen", language, rest["count"], rest["groups"]) if rest and rest["count"] else None


def sudden_senders(log, language="en"):
    """Senders and clients whose flow of mail shot up: ``["a@example.com: 900 messages in the hour of ..., usually 3"]``."""
    flow = log.get("senders") or {}
    rows = [(row.get("sender") or row.get("client"), row) for place in ("top", "clients") for row in flow.get(place, [])]
    return [sentence("sudden flow", language, who, row["peak"], row["peak_hour"], row["usual_per_hour"]) for who, row in rows if row.get("sudden")]
