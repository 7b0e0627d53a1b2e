# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""From evidence to findings: whether each host's mail is refused, whose fault it is, and which controls it passes.

Pure: no I/O and no clock. The same evidence gives the same diagnosis, byte for byte, in whatever order the hosts come.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit import documents
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.history import compare
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.limits import check_limits
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.policy import (
    cannot_judge,
    check_waivers,
    compile_controls,
    ended_waivers,
    idle_waivers,
    in_language,
    judge,
    waive,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.sanity import suspects, untimely
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.settle import Fleet, settle, verdict_rows
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.words import REASONS, SENTENCES, sentence, word
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import plain_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

# A message that waits for longer has outlived greylisting and short outages.
QUEUE_AGE = 4 * 3600


def diagnose(
    evidence,
    policies,
    dnsbl=None,
    sender_dns=None,
    now=None,
    language="en",
    queue_age=QUEUE_AGE,
    limits=None,
    waivers=None,
    previous=None,
    notes=(),
):
    """Judge the evidence of a fleet (``_audit/evidence.py``) with the results of ``dnsbl_info`` and ``sender_dns_info``.

    ``policies``: ``[(file name, content)]`` as ``_audit/policy.py`` takes them; ``now``: RFC 3339 time of the judgement; ``queue_age``: seconds;
    ``limits``: those of ``_audit/limits.py``; ``previous``: an earlier report; ``notes``: sentences that the report has to say beside its judgement.
    Returns the diagnosis described in docs/report.md. What cannot be judged of one host is that host's error, and the others get their judgement.
    """
    controls = compile_controls(policies)
    waivers, limits = check_waivers(waivers), check_limits(limits)
    subjects = (dnsbl or {}).get("subjects", {})
    checks = {(row["address"], row["helo"]): row for row in (sender_dns or {}).get("identities", [])}
    domains = (sender_dns or {}).get("domains", {})
    troubles = [str(result["msg"]) for result in (dnsbl, sender_dns) if result and result.get("failed") and result.get("msg")]
    trouble = " ".join(troubles) or sentence("nobody asked", language)
    fleet = Fleet()
    asked = {name: host.get("asked_at") for name, host in evidence["hosts"].items()}
    late = untimely({name: host["mail_host"] for name, host in evidence["hosts"].items()}, now, asked, language)
    # Sisters are compared by their times.
    doubtful = {suspect["subject"] for suspect in late}

    def observe(name, host):
        observed = _observed(host, subjects, checks, language)
        if not observed["error"]:
            fleet.add(name, observed, heard=name not in doubtful)
        return observed

    def conclude(name, host):
        if not host["error"]:
            settle(name, host["rows"], _sources(host), host["facts"], host["via"], fleet, host["changes"], host["probes"], limits, language)
            documents_of_host = _documents(name, host, controls, domains, subjects, queue_age, trouble, language)
            findings = [_judged(control, name, document, language, troubles) for control, document in documents_of_host]
            host["findings"] = waive(findings, waivers, now, language)
        return _result(host, language)

    def unjudged(error):
        return _result({"error": sentence("judgement failed", language, error), "facts": None}, language)

    hosts = {name: guarded(unjudged, observe, name, host) for name, host in sorted(evidence["hosts"].items())}
    diagnosis = {
        "schema_version": 1,
        "generated_at": now,
        "hosts": {name: guarded(unjudged, conclude, name, host) for name, host in hosts.items()},
        "controls": [
            {
                "id": name,
                "title": in_language(control["title"], language),
                "scope": control["scope"],
                "severity": control["severity"],
                "level": control.get("level", "required"),
            }
            for name, control in controls.items()
        ],
    }
    diagnosis["fleet"] = _fleet(diagnosis["hosts"], dnsbl)
    diagnosis["fleet"]["errors"] = troubles
    diagnosis["fleet"]["notes"] = [*notes, *ended_waivers(diagnosis["hosts"]), *idle_waivers(waivers, diagnosis["hosts"], language)]
    diagnosis["fleet"]["suspects"] = [*suspects(diagnosis, previous, language), *late]
    diagnosis["fleet"]["changes"] = compare(diagnosis, previous)
    return diagnosis


def guarded(otherwise, step, *told):
    """One step of one host's judgement; whatever goes wrong in it costs this host alone: it becomes what ``otherwise`` makes of the error's text."""
    try:
        return step(*told)
    except Exception as error:
        return otherwise(f"{type(error).__name__}: {error}")


def _judged(control, name, document, language, troubles):
    """The finding of one control; where the control itself is wrong it is unknown, and the fleet's trouble once."""
    try:
        return judge(control, name, document, language)
    except DeliverabilityError as error:
        if str(error) not in troubles:
            troubles.append(str(error))
        return cannot_judge(control, name, document, error, language)


def _observed(host, subjects, checks, language):
    """One host with its identities, what the DNS says of them, and the verdict of every group of failures."""
    if host["error"]:
        return {"error": host["error"], "facts": host["mail_host"]}
    identities = [
        dict(identity, listing=subjects.get(identity["address"]), dns=checks.get((identity["address"], identity["helo"]))) for identity in host["identities"]
    ]
    return {
        "error": None,
        "facts": host["mail_host"],
        "identities": identities,
        "via": host["via"],
        "undeclared": host["undeclared"],
        "domains": host["domains"],
        "changes": host.get("changes") or [],
        "probes": host.get("probes") or [],
        "declared": host["declared"],
        "rows": verdict_rows(host["mail_host"], identities, host["via"], language),
    }


def _sources(host):
    return [identity for identity in host["identities"] if identity["role"] == "source"]


def _documents(name, host, controls, domains, subjects, queue_age, trouble, language):
    """Pair every control with the documents of its scope."""
    sources = _sources(host)
    unseen = host["undeclared"] or ([] if sources else [None])
    by_scope = {
        "cause": documents.cause_documents(name, host["rows"], host["facts"].get("log") or {}, language),
        "address": [documents.address_document(identity, host["via"], trouble, subjects, language) for identity in sources]
        + [documents.unseen_document(name, address, host["via"], language) for address in unseen],
        "domain": [
            documents.domain_document(name, domain, domains.get(domain), trouble, subjects.get(plain_name(domain)), language) for domain in host["domains"]
        ],
        "host": [documents.host_document(name, host["facts"], host["rows"], host["via"], queue_age, language)],
    }
    return [(control, document) for control in controls.values() for document in by_scope[control["scope"]]]


def _result(host, language):
    result = {
        "state": "unknown",
        "side": "none",
        "summary": host["error"] or "",
        "error": host["error"],
        "facts": host["facts"],
        "addresses": [],
        "identities": [],
        "declared": {},
        "verdicts": [],
        "findings": [],
        "actions": [],
        "delivered": 0,
        "refused": 0,
        "deferred": 0,
    }
    if host["error"]:
        return result
    rows, facts = host["rows"], host["facts"]
    result.update(
        addresses=sorted({identity["address"] for identity in _sources(host)}),
        identities=host["identities"],
        declared=host["declared"],
        verdicts=rows,
        findings=host["findings"],
        delivered=(facts.get("log") or {}).get("delivered", 0),
        refused=sum(row["group"]["count"] for row in rows if row["source"] == "log" and row["side"] == "ours"),
        deferred=(facts.get("queue") or {}).get("total", 0),
        side=_side(rows),
        state=_state(rows, host["findings"], documents.seen(facts.get("log") or {})),
    )
    result["summary"] = _summary(result, language)
    return result


def _side(rows):
    """Ours as soon as one current refusal is; else the side that most failures are on."""
    current = [row for row in rows if row["current"]]
    if any(row["side"] == "ours" for row in current):
        return "ours"
    weight = {}
    for row in current or rows:
        weight[row["side"]] = weight.get(row["side"], 0) + row["group"]["count"]
    weight.pop("none", None)
    return max(sorted(weight), key=lambda side: weight[side]) if weight else "none"


def _state(rows, findings, seen):
    if any(row["side"] == "ours" and row["current"] and row["verdict"]["reason"] not in documents.PATIENCE for row in rows):
        return "refused"
    # A final refusal that nothing has settled wants to be looked at; a connection that may come back does not yet.
    undecided = any(row["side"] == "either" and row["current"] and row["verdict"]["temporary"] is False for row in rows)
    return "attention" if undecided or _alarming(findings) else "ok" if seen else "unknown"


def _alarming(findings):
    return [finding for finding in findings if finding["status"] == "fail" and finding["severity"] in ("medium", "high") and finding["level"] != "optional"]


def _summary(host, language):
    refused = [row for row in host["verdicts"] if row["side"] == "ours" and row["current"]]
    if refused:
        where = sorted({row["group"]["destination"] for row in refused})
        more = [word(SENTENCES, "and more", language).format(len(where) - 3)] if len(where) > 3 else []
        reasons = dict.fromkeys(row["verdict"]["reason"] for row in sorted(refused, key=lambda row: -row["group"]["count"]))
        said = ", ".join(word(REASONS, reason, language) for reason in reasons)
        refused_by = word(SENTENCES, "refused by" if len(where) == 1 else "refused by several", language)
        return " ".join([f"{said}: {refused_by} {', '.join(where[:3])}", *more])
    failing = list(dict.fromkeys(finding["title"] for finding in _alarming(host["findings"])))
    if failing:
        return f"{word(SENTENCES, 'not true', language)}: {'; '.join(failing)}"
    if host["state"] == "unknown":
        return sentence("no log", language)
    waiting = sorted({word(REASONS, row["verdict"]["reason"], language) for row in host["verdicts"] if row["side"] in ("theirs", "user", "either")})
    undecided = any(row["side"] == "either" and row["current"] for row in host["verdicts"])
    known = "no refusal is known to be ours" if undecided else "no refusal is ours"
    return word(SENTENCES, known, language) + (f" ({', '.join(waiting)})" if waiting else "")


def _fleet(hosts, dnsbl):
    fleet = {"hosts": len(hosts)}
    fleet.update({state: sum(1 for host in hosts.values() if host["state"] == state) for state in ("ok", "attention", "refused", "unknown")})
    fleet.update({"zones": (dnsbl or {}).get("zones", {}), "resolver": (dnsbl or {}).get("resolver", {}), "causes": _causes(hosts)})
    return fleet


def _causes(hosts):
    """Failures that several hosts share, once: ``[{control, subject, title, severity, hosts}]``, those of most hosts first."""
    shared = {}
    for name, host in hosts.items():
        for finding in host["findings"]:
            if finding["status"] == "fail":
                # What a host is called tells nothing about a cause.
                subject = None if finding["subject"] in (name, *host["addresses"]) else finding["subject"]
                key = (finding["control"], subject)
                cause = shared.setdefault(key, {"control": key[0], "subject": subject, "title": finding["title"], "severity": finding["severity"], "hosts": []})
                if name not in cause["hosts"]:
                    cause["hosts"].append(name)
    return sorted(shared.values(), key=lambda cause: (-len(cause["hosts"]), cause["control"], cause["subject"] or ""))
