# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole judgement of a fleet in one expression: evidence, diagnosis, plan and reports."""

from __future__ import annotations

import pathlib

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.policy import alarms
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.words import sentence
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._fleet import unpack
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies, load_report, load_waivers
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import render

DOCUMENTATION = r"""
name: audit_reports
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Judge a fleet and write its reports
description:
  - Does what P(postmaster.deliverability.diagnose#filter), P(postmaster.deliverability.remediation_plan#filter) and
    P(postmaster.deliverability.render_report#filter) do one after the other.
  - The diagnosis of a large fleet is a large variable. Handing it from filter to filter takes Ansible longer than the judgement itself.
positional: formats
extends_documentation_fragment:
  - postmaster.deliverability.judgement
  - postmaster.deliverability.language
options:
  _input:
    description: The evidence of the fleet, from P(postmaster.deliverability.fleet_evidence#filter), packed or not.
    type: dict
    required: true
  formats:
    description: The reports to write, as P(postmaster.deliverability.render_report#filter) names them.
    type: list
    elements: str
    required: true
  now:
    description: Time of the judgement (RFC 3339, UTC).
    type: str
    required: true
  language:
    description: Language of the reports.
  previous:
    description: Path of the C(report.json) of an earlier run.
    type: path
  last:
    description: The same, for a file that need not be there. One that cannot be read is a note in the report.
    type: path
  inventory:
    description: Names of all hosts of the inventory. Hosts of the evidence that are not among them are a note in the report, and so are those without evidence.
    type: list
    elements: str
  fail_on:
    description: The least severity of a finding that makes an alarm.
    type: str
    choices: [info, low, medium, high]
    default: high
"""

EXAMPLES = r"""
- name: Judge the fleet
  ansible.builtin.set_fact:
    judged: >-
      {{
        ansible_play_hosts_all
        | postmaster.deliverability.fleet_evidence(hostvars)
        | postmaster.deliverability.audit_reports(
          ['html', 'json'], dnsbl=dnsbl, sender_dns=sender_dns, now=now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ')
        )
      }}
"""

RETURN = r"""
_value:
  description: The outcome.
  type: dict
  contains:
    reports:
      description: The text of each report, by its format.
      type: dict
    fleet:
      description: How many hosts there are (C(hosts)), how many in each state, and how many findings are new and fixed since the previous report.
      type: dict
    plan:
      description:
        - Each host that something is to be done for, by name, with its C(state), its C(summary), its C(actions), whether its evidence was C(recorded)
          elsewhere, and whether a role can do something (C(ready)).
      type: dict
    states:
      description: The state of each host, by name.
      type: dict
    last_spoilt:
      description: Whether the file that O(last) names is there and cannot be read.
      type: bool
    alarms:
      description: One line for each host that could not be judged, and for each finding of at least O(fail_on) that fails and is neither waived nor optional.
      type: list
      elements: str
"""

COUNTS = ("hosts", "refused", "attention", "ok", "unknown")


def _judge(evidence, formats, fail_on="high", language="en", policies=("baseline",), waivers=None, previous=None, last=None, inventory=None, **options):
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
    names = set(inventory or ()) - {"localhost"}
    if not names:
        return []
    found = [("not in the inventory", set(hosts) - names), ("not in the store", names - set(hosts))]
    return [sentence(key, language, ", ".join(sorted(strangers))) for key, strangers in found if strangers]


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"audit_reports": filter_edge("audit_reports", _judge)}
