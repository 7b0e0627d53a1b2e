# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The judgement as a whole, as the role audit wants it: everything from the evidence to the reports."""

from __future__ import annotations

import json
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
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import TERMINAL_LIMIT, line

COUNTS = ("hosts", "refused", "attention", "ok", "unknown")


def audit_reports(evidence, formats, fail_on="high", language="en", policies=("baseline",), waivers=None, previous=None, last=None, inventory=None, **options):
    """From the evidence of a fleet to its reports: what the filter ``audit_reports`` documents."""
    evidence, notes = unpack(evidence), []
    given, (stored, trouble) = load_report(previous), _last_report(last)
    if trouble and not given:
        notes.append(sentence("last report", language, trouble))
    notes += _strangers(evidence["hosts"], inventory, language)
    told = {"waivers": load_waivers(waivers), "previous": given or stored, "language": language, "notes": notes, **plain(options)}
    diagnosis = diagnose(evidence, load_policies(policies), **told)
    plan = remediation_plan(diagnosis, language=language)
    fleet = {state: plan["fleet"][state] for state in COUNTS}
    fleet.update({f"{change}_findings": len(plan["fleet"]["changes"][change]) for change in ("new", "fixed")})
    reports = render(plan, formats.split(",") if isinstance(formats, str) else list(formats), language=language)
    return {
        "reports": reports,
        "kept": _with_others(reports, plan["hosts"], stored),
        "fleet": fleet,
        "plan": {name: _wanted(host) for name, host in plan["hosts"].items() if host["actions"]},
        "states": {name: host["state"] for name, host in plan["hosts"].items()},
        "last_spoilt": bool(trouble),
        "alarms": [line(alarm, TERMINAL_LIMIT) for alarm in alarms(plan, fail_on, language)],
    }


def _wanted(host):
    told = {key: host[key] for key in ("state", "summary", "actions")}
    recorded = bool(host["facts"].get("snapshot"))
    return {**told, "recorded": recorded, "ready": not recorded and any(action["state"] == "ready" for action in host["actions"])}


def _last_report(path):
    """(the report that the store keeps, what is wrong with it): an error is none, since the store is ours to mend and the report of now does not need it."""
    try:
        return load_report(path) if path and pathlib.Path(path).exists() else None, None
    except DeliverabilityError as error:
        return None, str(error)


def _with_others(reports, hosts, stored):
    """The JSON report with the ``stored`` hosts that this run did not judge, so that the next one can tell what is new of them; None where it judged all."""
    others = {name: host for name, host in (stored or {}).get("hosts", {}).items() if name not in hosts}
    if not others or "json" not in reports:
        return None
    report = json.loads(reports["json"])
    return json.dumps({**report, "hosts": {**report["hosts"], **others}})


def _strangers(hosts, inventory, language):
    """Notes on hosts that only the evidence or only the inventory knows; without an inventory there is nothing to compare."""
    # Ansible knows a localhost where no inventory names one.
    names = set(inventory or ())
    if not names - {"localhost"}:
        return []
    found = [("not in the inventory", set(hosts) - names), ("not in the store", names - {"localhost"} - set(hosts))]
    return [sentence(key, language, ", ".join(sorted(strangers))) for key, strangers in found if strangers]
