# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole judgement of a fleet in one expression: evidence, diagnosis, plan and reports."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

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
    kept:
      description:
        - The JSON report with the hosts of O(last) that are not among these, as they were then. None where there is none.
        - It is what the next run has to compare with.
      type: str
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


def _audit_reports(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._judgement import audit_reports

    return audit_reports(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"audit_reports": filter_edge("audit_reports", _audit_reports)}
