# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The evidence of a fleet: out of Ansible's variables, and out of a store that earlier runs or other slices wrote."""

from __future__ import annotations

import json
import pathlib

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.store import WINDOW, join
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import plain

# What an inventory declares of a host: variable of the role -> key of the evidence.
DECLARED = {
    "audit_public_addresses": "public_addresses",
    "audit_pool": "pool",
    "audit_domains": "domains",
    "audit_changes": "changes",
    "outbound_ip_cause_contained": "cause_contained",
}


def evidence_of(names, source):
    """The evidence of the hosts ``names`` from ``source``: Ansible's hostvars, or the folder of a store (of all its hosts where no names are given)."""
    if isinstance(source, str):
        return fleet_evidence(_stored(names, pathlib.Path(source).expanduser() / "hosts"))
    # Ansible looks at every part of a variable for templates: the result of a task has many parts and no template.
    results = getattr(source, "raw_get", source.__getitem__)
    return fleet_evidence({name: host_evidence(source[name], results(name)) for name in names})


def pack(evidence):
    """The evidence with its bulk as one text: Ansible looks at every part of a variable that it hands over, and a text has none."""
    return {**evidence, "hosts": json.dumps(evidence["hosts"])}


def unpack(evidence):
    """The evidence as it was before ``pack``; what never was packed is only made plain."""
    evidence = plain(evidence)
    if not isinstance(evidence, dict) or "hosts" not in evidence:
        raise DeliverabilityError("the input is no evidence: give the result of the filter postmaster.deliverability.fleet_evidence")
    return {**evidence, "hosts": json.loads(evidence["hosts"])} if isinstance(evidence["hosts"], str) else evidence


def host_evidence(variables, results):
    """What one host observed and what is declared of it, the form in which the store keeps it; ``results``: the variables that hold what tasks found."""
    kept = plain(results.get("audit_kept"))
    if kept:
        return kept
    declared = {key: plain(variables.get(name)) for name, key in DECLARED.items()}
    observed, probes = plain(results.get("audit_observed")), plain((results.get("audit_probed") or {}).get("targets"))
    told = {"smarthosts": _names(plain(variables.get("smarthost_hosts"))), "asked_at": plain(results.get("audit_asked_at"))}
    return {"observed": observed, "probes": probes, **told, **declared}


def _names(smarthosts):
    """The names of declared smarthosts alone: what else stands beside them, a password perhaps, is never evidence."""
    entries = [smarthosts] if isinstance(smarthosts, (str, dict)) else smarthosts or []
    return [str(entry.get("host") if isinstance(entry, dict) else entry) for entry in entries]


def keep(variables, stored, window=WINDOW):
    """The evidence to store now: the observed one joined with that of last time; ``window``: seconds of log that count."""
    evidence = host_evidence(variables, variables)
    facts = (evidence["observed"] or {}).get("mail_host")
    if facts:
        trouble = plain(variables.get("audit_not_recalled"))
        try:
            facts = join(((plain(stored) or {}).get("observed") or {}).get("mail_host"), facts, window)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            trouble = f"it is not what this version stores ({type(error).__name__}: {error})"
        if trouble:
            facts["warnings"] = [*facts.get("warnings", []), f"what was stored of this host could not be used, so only what was read now counts: {trouble}"]
        evidence["observed"] = {"mail_host": facts}
    return evidence


def recall(text, file="the store"):
    """Evidence out of the text of a stored file; nothing for no text."""
    if not text:
        return {}
    try:
        evidence = json.loads(text)
    except ValueError as error:
        raise DeliverabilityError(f"{file}: {error}; remove it, and the log is read anew") from None
    if not isinstance(evidence, dict) or "observed" not in evidence:
        raise DeliverabilityError(f"{file}: it is no evidence of this collection; remove it, and the log is read anew")
    return evidence


def _stored(names, folder):
    try:
        files = sorted(folder.glob("*.json"))
        texts = {file.stem: (file.read_text(encoding="utf-8"), str(file)) for file in files if not names or file.stem in names}
    except OSError as error:
        raise DeliverabilityError(f"audit_store: {error.filename}: {error.strerror}") from None
    if not texts:
        raise DeliverabilityError(f"audit_store: no host's evidence is in {folder}")
    missing = {name: {"observed": {"msg": f"nothing of it is in {folder}"}} for name in names if name not in texts}
    return {**{name: _stored_host(text, file) for name, (text, file) in texts.items()}, **missing}


def _stored_host(text, file):
    """The evidence of one host; a spoilt file is the error of its host, and the others still get their report."""
    try:
        return recall(text, file)
    except DeliverabilityError as error:
        return {"observed": {"msg": str(error)}}
