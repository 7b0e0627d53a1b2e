# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The judgement as a whole, as the role audit wants it: everything from the evidence to the reports."""

from __future__ import annotations

import pathlib

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.policy import alarms
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.words import sentence
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import plain
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._fleet import unpack
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies, load_report, load_waivers
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import render

COUNTS = ("hosts", "refused", "attention", "ok", "unknown")


def audit_reports(evidence, formats, fail_on="high", language="en", policies=("baseline",), waivers=None, previous=None, last=None, inventory=None, **options):
    """From the evidence of a fleet to its reports: what the filter ``audit_reports`` documents."""
    evidence, notes = unpack(evidence), []
    report = load_report(previous) or _last_report(last, language, notes)
    notes += _strangers(evidence["hosts"], inventory, language)
    told = {"waivers": load_waivers(waivers), "previous": report, "language": language, "notes": notes, **plain(options)}
    diagnosis = diagnose(evidence, load_policies(policies), **told)
    plan = remediation_plan(diagnosis, language=language)
    fleet = {state: plan["fleet"][state] for state in COUNTS}
    fleet.update({f"{change}_findings": len(plan["fleet"]["changes"][change]) for change in ("new", "fixed")})
    return {
        "reports": render(plan, formats.split(",") if isinstance(formats, str) else list(formats), language=language),
        "fleet": fleet,
        "plan": {name: _wanted(host) for name, host in plan["hosts"].items() if host["actions"]},
        "states": {name: host["state"] for name, host in plan["hosts"].items()},
        "last_spoilt": bool(last) and report is None and pathlib.Path(last).exists(),
        "alarms": alarms(plan, fail_on, language),
    }


def _wanted(host):
    told = {key: host[key] for key in ("state", "summary", "actions")}
    recorded = bool(host["facts"].get("snapshot"))
    return {**told, "recorded": recorded, "ready": not recorded and any(action["state"] == "ready" for action in host["actions"])}


def _last_report(path, language, notes):
    """The report that the store keeps; what is wrong with it is a note, since the store is ours to mend and the report of now does not need it."""
    try:
        return load_report(path) if path and pathlib.Path(path).exists() else None
    except DeliverabilityError as error:
        notes.append(sentence("last report", language, error))
        return None


def _strangers(hosts, inventory, language):
    """Notes on hosts that only the evidence or only the inventory knows; without an inventory there is nothing to compare."""
    # Ansible knows a localhost where no inventory names one.
    names = set(inventory or ())
    if not names - {"localhost"}:
        return []
    found = [("not in the inventory", set(hosts) - names), ("not in the store", names - {"localhost"} - set(hosts))]
    return [sentence(key, language, ", ".join(sorted(strangers))) for key, strangers in found if strangers]
