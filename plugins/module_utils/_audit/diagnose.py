# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""From evidence to findings: whether each host's mail is refused, whose fault it is, and which controls it passes.

Pure: no I/O and no clock. The same evidence gives the same diagnosis, byte for byte.

A refusal's text gives a verdict with a side. Where the side is ``either``, the evidence beside the text settles it:
what the blocklists and the DNS say about the address that was refused, and how many destinations refuse it.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify

# A message still waiting after this long has outlived greylisting and short outages; Postfix warns of a delay after the same four hours
# where delay_warning_time is set as its documentation suggests.
QUEUE_AGE = 4 * 3600
# An ambiguous refusal is ours when at least this many destinations refuse, and at least this share of those that were tried.
SPREAD_MINIMUM = 3
SPREAD_SHARE = 0.5

# Control: (what holds when it passes, severity of its failure, remedy).
CONTROLS = {
    "not_refused": ("Mail is accepted", "high", None),
    "address_not_listed": ("The address is on no blocklist", "high", "delist"),
    "address_not_policy_listed": ("The address may send mail directly (no policy listing)", "high", "use_smarthost"),
    "ptr_exists": ("The address has a PTR record", "high", "fix_ptr"),
    "fcrdns": ("The PTR name resolves back to the address", "high", "fix_ptr"),
    "ptr_specific": ("The PTR name is no generic one", "medium", "fix_ptr"),
    "helo_fqdn": ("The HELO name is fully qualified", "medium", "fix_helo"),
    "helo_resolves": ("The HELO name resolves", "medium", "fix_helo"),
    "helo_matches": ("The HELO name resolves to the address", "medium", "fix_helo"),
    "helo_matches_ptr": ("The HELO name is the PTR name", "low", "fix_helo"),
    "spf_authorises": ("SPF authorises the address", "medium", "fix_spf"),
    "spf_helo_authorises": ("SPF of the HELO name authorises the address", "low", "fix_spf"),
    "ipv6_complete": ("IPv6 is complete or not used", "medium", "prefer_ipv4"),
    "queue_age": ("No message waits for long through our fault", "medium", None),
}
LISTING_CONTROLS = ("address_not_listed", "address_not_policy_listed")
IDENTITY_CONTROLS = tuple(control for control in CONTROLS if control not in ("not_refused", "queue_age", *LISTING_CONTROLS))

# What settles an ambiguous refusal: evidence named by the verdict -> controls whose failure makes it ours, the best remedy first.
SETTLING = {
    "dnsbl": ("address_not_policy_listed", "address_not_listed"),
    "ptr": ("ptr_exists", "fcrdns"),
    "helo": ("helo_fqdn", "helo_resolves", "helo_matches"),
    "spf": ("spf_authorises",),
}
# A listing alone asks for delisting. Mail that is refused because of it is helped sooner by another address.
REMEDY_OF_REFUSAL = {"address_not_listed": "switch_outbound_ip"}
REFUSED_ADDRESS = {"ip_blocklisted", "ip_blocked", "ip_reputation"}
# A provider that asks for patience is not refusing us.
NOT_A_REFUSAL = {"rate_limited", "too_many_connections", "too_many_recipients", "greylisted", "delayed"}
SEVERITIES = ("info", "low", "medium", "high")


def diagnose(evidence, dnsbl=None, sender_dns=None, now=None, language="en", queue_age=QUEUE_AGE, spread_minimum=SPREAD_MINIMUM, spread_share=SPREAD_SHARE):
    """Judge the evidence of a fleet (``_audit/evidence.py``) with the results of ``dnsbl_info`` and ``sender_dns_info``.

    ``now``: RFC 3339 time of the judgement. ``queue_age``: seconds. Returns the diagnosis described in docs/report.md.
    """
    limits = {"queue_age": queue_age, "spread_minimum": spread_minimum, "spread_share": spread_share}
    subjects = (dnsbl or {}).get("subjects", {})
    checks = {(row["address"], row["helo"]): row for row in (sender_dns or {}).get("identities", [])}
    hosts = {name: _host(name, host, subjects, checks, limits, language) for name, host in sorted(evidence["hosts"].items())}
    fleet = {state: sum(1 for host in hosts.values() if host["state"] == state) for state in ("ok", "attention", "refused", "unknown")}
    fleet.update({"hosts": len(hosts), "zones": (dnsbl or {}).get("zones", {}), "resolver": (dnsbl or {}).get("resolver", {})})
    controls = [{"id": control, "title": title, "severity": severity} for control, (title, severity, _remedy) in CONTROLS.items()]
    return {"schema_version": 1, "generated_at": now, "hosts": hosts, "fleet": fleet, "controls": controls}


def _host(name, host, subjects, checks, limits, language):
    result = {
        "state": "unknown",
        "side": "none",
        "summary": "",
        "error": host["error"],
        "facts": host["mail_host"],
        "addresses": [],
        "identities": [],
        "verdicts": [],
        "findings": [],
        "actions": [],
        "delivered": 0,
        "refused": 0,
        "deferred": 0,
    }
    if host["error"]:
        result["summary"] = host["error"]
        return result
    facts = host["mail_host"]
    identities = [_with_dns(identity, subjects, checks) for identity in host["identities"]]
    sources = [identity for identity in identities if identity["role"] == "source"]
    findings = _identity_findings(name, sources, host["via"], host["undeclared"])
    verdicts = _settle(_verdicts(facts, identities, host["via"], language), findings, facts, limits)
    findings = _refusal_findings(name, verdicts) + findings + [_queue_finding(name, facts, verdicts, limits["queue_age"])]
    log = facts.get("log", {})
    result.update(
        addresses=sorted({identity["address"] for identity in sources}),
        identities=identities,
        verdicts=verdicts,
        findings=findings,
        delivered=log.get("delivered", 0),
        refused=sum(row["group"]["count"] for row in verdicts if row["source"] == "log" and row["side"] == "ours"),
        deferred=facts.get("queue", {}).get("total", 0),
        side=_host_side(verdicts),
        state=_host_state(verdicts, findings),
    )
    result["summary"] = _summary(result)
    return result


def _with_dns(identity, subjects, checks):
    """The identity with what the blocklists (``listing``) and the DNS (``dns``) say of it; None where nobody asked."""
    return dict(identity, listing=subjects.get(identity["address"]), dns=checks.get((identity["address"], identity["helo"])))


# Verdicts


def _verdicts(facts, identities, via, language):
    """One row for each group of failures in the queue and in the log, most recent evidence kept apart from what has passed since."""
    own = facts.get("identity", {})
    ours = {
        "addresses": sorted({identity[key] for identity in identities for key in ("address", "inside")} | set(own.get("local_addresses", []))),
        "helo": sorted({source["helo"] for source in own.get("sources", []) if source.get("helo")}),
        "domains": sorted({domain for identity in identities for domain in identity["domains"]}),
        "smarthosts": sorted(set(via)),
    }
    delivered = {}
    for row in facts.get("log", {}).get("delivered_to", []):
        delivered[row["destination"]] = max(row["last"], delivered.get(row["destination"], ""))
    rows = []
    for place in ("queue", "log"):
        for group in facts.get(place, {}).get("groups", []):
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
            current = place == "queue" or delivered.get(group["destination"], "") < (group.get("last") or "")
            rows.append(
                {
                    "source": place,
                    "group": group,
                    "verdict": verdict,
                    "side": verdict["side"],
                    "remedy": _remedy(verdict),
                    "settled_by": None,
                    "current": current,
                }
            )
    return rows


def _remedy(verdict):
    """What the verdict asks for; where it is about our address and another one would do, that comes before waiting for a list."""
    if verdict["reason"] in REFUSED_ADDRESS and "switch_outbound_ip" in (verdict.get("alternatives") or []):
        return "switch_outbound_ip"
    return verdict["remedy"]


def _settle(rows, findings, facts, limits):
    """Decide each ``either`` by the evidence that its verdict names; what no evidence decides stays ``either``."""
    failed = {finding["control"]: finding for finding in findings if finding["status"] == "fail"}
    spread = _spread(rows, facts, limits)
    for row in rows:
        if row["side"] != "either":
            continue
        named = row["verdict"].get("settle") or []
        control = next((control for evidence in SETTLING if evidence in named for control in SETTLING[evidence] if control in failed), None)
        if control:
            row.update(side="ours", settled_by=control, remedy=REMEDY_OF_REFUSAL.get(control, CONTROLS[control][2]))
        elif spread and "spread" in named:
            row.update(side=spread, settled_by="spread", remedy="check_network" if spread == "ours" else row["remedy"])
    return rows


def _spread(rows, facts, limits):
    """The side that the number of refusing destinations points to, or None while there are too few to tell."""
    refusing = {row["group"]["destination"] for row in rows if row["side"] == "either" and row["current"]}
    accepting = {row["destination"] for row in facts.get("log", {}).get("delivered_to", [])}
    tried = refusing | accepting
    if len(refusing) >= limits["spread_minimum"] and len(refusing) >= limits["spread_share"] * len(tried):
        return "ours"
    if len(refusing) == 1 and len(accepting - refusing) >= limits["spread_minimum"]:
        return "theirs"
    return None


# Findings


def _finding(control, host, subject, status, evidence, **more):
    title, severity, remedy = CONTROLS[control]
    finding = {
        "id": f"{control}:{subject}",
        "control": control,
        "host": host,
        "subject": subject,
        "status": status,
        "severity": severity if status == "fail" else "info",
        "side": "ours" if status == "fail" else "none",
        "title": title,
        "evidence": evidence,
        "remedy": remedy if status == "fail" else None,
        "publish": None,
        "request": None,
    }
    finding.update(more)
    return finding


def _identity_findings(name, sources, via, undeclared):
    findings = []
    for source in sources:
        if via:
            evidence = [f"All mail leaves through the smarthost {', '.join(via)}, so the world does not see this address."]
            findings += [_finding(control, name, source["address"], "not_applicable", evidence) for control in (*LISTING_CONTROLS, *IDENTITY_CONTROLS)]
            continue
        findings += _listing_findings(name, source)
        findings += _dns_findings(name, source)
    for address in undeclared:
        if not via:
            evidence = [f"{address} is not seen from the Internet; declare its public address in audit_public_addresses."]
            findings += [_finding(control, name, address, "unknown", evidence) for control in (*LISTING_CONTROLS, *IDENTITY_CONTROLS)]
    return findings


def _listing_findings(name, source):
    listing, address = source["listing"], source["address"]
    if not listing:
        return [_finding(control, name, address, "unknown", ["No blocklist was asked."]) for control in LISTING_CONTROLS]
    by_state = {"listed": [], "policy": [], "unknown": []}
    for row in listing["listings"]:
        if row["state"] in by_state:
            by_state[row["state"]].append(row)
    findings = []
    for control, state in zip(LISTING_CONTROLS, ("listed", "policy")):
        if by_state[state]:
            evidence = [_listing_sentence(row) for row in by_state[state]]
            findings.append(_finding(control, name, address, "fail", evidence, severity=_worst(row["impact"] for row in by_state[state])))
        elif listing["state"] == "unknown":
            findings.append(_finding(control, name, address, "unknown", [f"Lists that could not tell: {', '.join(listing['unknown'])}."]))
        else:
            silent = f", {len(listing['unknown'])} could not tell" if listing["unknown"] else ""
            findings.append(_finding(control, name, address, "pass", [f"{listing['clean']} lists say not listed{silent}."]))
    return findings


def _listing_sentence(row):
    said = f" ({row['text']})" if row.get("text") else ""
    link = f" See {row['removal_url'] or row['lookup_url']}." if row.get("removal_url") or row.get("lookup_url") else ""
    return f"{row['zone']} lists it: {row['meaning']}{said}.{link}"


def _worst(impacts):
    ranks = [SEVERITIES.index(impact) for impact in impacts if impact in SEVERITIES]
    return SEVERITIES[max(ranks, default=0)]


def _dns_findings(name, source):
    dns = source["dns"]
    if not dns:
        return [_finding(control, name, source["address"], "unknown", ["The DNS was not asked."]) for control in IDENTITY_CONTROLS]
    findings = []
    for check in dns["checks"]:
        if check["control"] in CONTROLS:
            text = {"publish": check.get("publish"), "request": check.get("request")} if check["status"] == "fail" else {}
            findings.append(_finding(check["control"], name, source["address"], check["status"], [check["evidence"]], **text))
    return findings


def _refusal_findings(name, rows):
    """One finding for each root cause on our side: forty refusals for one reason are one finding."""
    causes = {}
    for row in rows:
        if row["side"] == "ours" and row["current"]:
            causes.setdefault((row["verdict"]["reason"], row["remedy"]), []).append(row)
    if not causes:
        return [_finding("not_refused", name, name, "pass", ["No current refusal is on our side."])]
    findings = []
    for (reason, remedy), found in sorted(causes.items(), key=lambda item: -sum(row["group"]["count"] for row in item[1])):
        severity = "medium" if reason in NOT_A_REFUSAL else "high"
        findings.append(
            _finding("not_refused", name, reason, "fail", _refusal_evidence(found), severity=severity, remedy=remedy, title=found[0]["verdict"]["explanation"])
        )
    return findings


def _refusal_evidence(rows):
    """One sentence a destination: in the log if the log tells of it, else in the queue."""
    logged = {row["group"]["destination"] for row in rows if row["source"] == "log"}
    sentences = []
    for row in rows:
        group = row["group"]
        if row["source"] == "log" or group["destination"] not in logged:
            settled = f" (ours because of {row['settled_by']})" if row["settled_by"] else ""
            sentences.append(f"{group['destination']}: {group['count']} times, last {group['last'] or 'at an unknown time'}{settled}: {group['text'][:500]}")
    return sorted(set(sentences))


def _queue_finding(name, facts, rows, limit):
    queue = facts.get("queue")
    if queue is None:
        return _finding("queue_age", name, name, "unknown", ["The queue was not read."])
    late = [row["group"] for row in rows if row["source"] == "queue" and row["side"] in ("ours", "either") and (row["group"]["oldest_age"] or 0) > limit]
    if not late:
        waiting = f"{queue['total']} messages wait, none for long through our fault." if queue["total"] else "The queue is empty."
        return _finding("queue_age", name, name, "pass", [waiting])
    oldest = max(group["oldest_age"] for group in late)
    return _finding("queue_age", name, name, "fail", [f"{sum(group['count'] for group in late)} messages wait, the oldest for {oldest // 3600} hours."])


# The host in one line


def _host_side(rows):
    current = [row for row in rows if row["current"]]
    if any(row["side"] == "ours" for row in current):
        return "ours"
    weight = {}
    for row in current or rows:
        weight[row["side"]] = weight.get(row["side"], 0) + row["group"]["count"]
    weight.pop("none", None)
    return max(sorted(weight), key=lambda side: weight[side]) if weight else "none"


def _host_state(rows, findings):
    if any(row["side"] == "ours" and row["current"] and row["verdict"]["reason"] not in NOT_A_REFUSAL for row in rows):
        return "refused"
    if any(finding["status"] == "fail" and finding["severity"] in ("medium", "high") for finding in findings):
        return "attention"
    return "ok"


def _summary(host):
    refusals = [finding for finding in host["findings"] if finding["control"] == "not_refused" and finding["status"] == "fail"]
    if refusals:
        where = sorted({row["group"]["destination"] for row in host["verdicts"] if row["side"] == "ours" and row["current"]})
        shown = ", ".join(where[:3]) + (f" and {len(where) - 3} more" if len(where) > 3 else "")
        return f"{', '.join(finding['subject'].replace('_', ' ') for finding in refusals)}: refused by {shown}"
    failing = [finding["title"] for finding in host["findings"] if finding["status"] == "fail" and finding["severity"] in ("medium", "high")]
    if failing:
        return "not true: " + "; ".join(failing)
    waiting = sorted({row["verdict"]["reason"].replace("_", " ") for row in host["verdicts"] if row["side"] in ("theirs", "user", "either")})
    return "no refusal is ours" + (f" ({', '.join(waiting)})" if waiting else "")
