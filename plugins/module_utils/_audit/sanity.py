# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Signals too large to be true: a fleet is never changed because of one wrong one.

A list that suddenly has a tenth of the fleet, a resolver that changed its mind about everything, a clock that jumped,
evidence from days ago: each is said once,
and the actions that rest on it are blocked until somebody has looked.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.times import seconds_between
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.words import sentence

# A list is suspect when it newly has more than this share of the fleet's addresses, and at least so many of them.
ZONE_SHARE = 0.1
ZONE_MINIMUM = 3
# A resolver is suspect when this share of what passed before fails or is unknown now, of at least so many controls.
RESOLVER_SHARE = 0.5
RESOLVER_MINIMUM = 10
# Clocks of mail hosts and of the controller may differ by so many seconds.
CLOCK_SECONDS = 600
# Stored evidence that is older than so many seconds tells nothing of now.
STALE_SECONDS = 86400
# What was too large to be true stays so for this many seconds: the next run of a schedule is nobody who has looked.
LOOK_SECONDS = 86400
# Scopes whose controls are judged over answers of the resolver.
DNS_SCOPES = ("address", "domain")


def suspects(diagnosis, previous, language="en"):
    """Return ``[{kind, subject, evidence}]``; ``kind`` is zone (subject: the zone) or resolver (subject: None)."""
    return [*_zones(diagnosis, previous, language), *_resolver(diagnosis, previous, language)]


def dns_controls(diagnosis):
    """The ids of the controls that rest on the resolver, whichever policy has them."""
    return {control["id"] for control in diagnosis["controls"] if control["scope"] in DNS_SCOPES}


def _listed_by_zone(report):
    """``{zone: {addresses}}``, and the number of addresses that were asked about."""
    zones, asked = {}, set()
    for host in (report or {}).get("hosts", {}).values():
        for identity in host.get("identities", []):
            if identity.get("listing"):
                asked.add(identity["address"])
                for row in identity["listing"].get("listings", []):
                    if row["state"] in ("listed", "policy"):
                        zones.setdefault(row["zone"], set()).add(identity["address"])
    return zones, len(asked)


def _zones(diagnosis, previous, language):
    now, asked = _listed_by_zone(diagnosis)
    before, _asked_before = _listed_by_zone(previous)
    found = []
    for zone, addresses in sorted(now.items()):
        new = addresses - (before.get(zone, set()) - _lately_listed(previous, zone, diagnosis["generated_at"]))
        if len(new) >= ZONE_MINIMUM and len(new) > ZONE_SHARE * asked:
            said = sentence("zone newly" if previous else "zone undated", language, zone, len(new), asked)
            found.append({"kind": "zone", "subject": zone, "evidence": said})
    return found


def _was_suspect(previous, kind, subject):
    return any((suspect["kind"], suspect["subject"]) == (kind, subject) for suspect in ((previous or {}).get("fleet") or {}).get("suspects") or [])


def _is_late(finding, judged):
    """Whether an earlier report tells of a failure that began within the last day."""
    return finding["status"] in ("fail", "unknown") and bool(finding.get("since")) and seconds_between(finding["since"], judged) < LOOK_SECONDS


def _lately_listed(previous, zone, judged):
    """The addresses that a list had newly when it was suspect within the last day."""
    if not _was_suspect(previous, "zone", zone):
        return set()
    findings = [finding for host in (previous.get("hosts") or {}).values() for finding in host.get("findings", []) if _is_late(finding, judged)]
    return {finding["subject"] for finding in findings if any(zone in said for said in finding.get("evidence") or [])}


def _resolver(diagnosis, previous, language):
    turned, passed, asking = 0, 0, dns_controls(diagnosis)
    doubted = _was_suspect(previous, "resolver", None)
    for name, host in ((previous or {}).get("hosts") or {}).items():
        now = {finding["id"]: finding["status"] for finding in (diagnosis["hosts"].get(name) or {}).get("findings", [])}
        for finding in host.get("findings", []):
            counts = finding["status"] == "pass" or (doubted and _is_late(finding, diagnosis["generated_at"]))
            if counts and finding["control"] in asking and finding["id"] in now:
                passed += 1
                turned += now[finding["id"]] in ("fail", "unknown")
    if passed < RESOLVER_MINIMUM or turned <= RESOLVER_SHARE * passed:
        return []
    return [{"kind": "resolver", "subject": None, "evidence": sentence("resolver turned", language, turned, passed)}]


def untimely(hosts, judged, asked, language="en"):
    """Suspects of kind clock (it is off) and evidence (too old to act on); subject: the host.

    ``hosts``: ``{name: mail_host or None}``, ``judged``: time of the judgement, ``asked``: ``{host: time by the controller's clock at which it was about
    to be observed}``; who is missing was observed just now.
    """
    found = []
    for name, facts in hosts.items():
        facts = facts or {}
        if facts.get("snapshot") or not facts.get("now") or not judged:
            continue
        since = asked.get(name) or judged
        # An observation may take its time, and a report may be made of it later; it cannot lie before the question nor after the judgement.
        behind, ahead, age = seconds_between(facts["now"], since), seconds_between(judged, facts["now"]), seconds_between(since, judged)
        if max(behind, ahead) > CLOCK_SECONDS:
            said = sentence("clock behind" if behind > ahead else "clock ahead", language, name, round(max(behind, ahead)))
            found.append({"kind": "clock", "subject": name, "evidence": said})
        elif age > STALE_SECONDS:
            found.append({"kind": "evidence", "subject": name, "evidence": sentence("stale", language, name, round(age / 3600))})
    return found
