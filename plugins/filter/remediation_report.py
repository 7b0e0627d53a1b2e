# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is going to be changed, or was, with before and after."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: remediation_report
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell what is going to be changed, or was changed
description:
  - Joins the plan of an audit with what the role P(postmaster.deliverability.remediate#role) did, action by action, with the proof of each.
  - Whatever a remote server said is escaped, so that it acts on no terminal.
positional: states
extends_documentation_fragment:
  - postmaster.deliverability.language
options:
  _input:
    description: The C(plan) from P(postmaster.deliverability.audit_reports#filter).
    type: dict
    required: true
  states:
    description: The C(states) from the same.
    type: dict
    required: true
  done:
    description: For each host that had its turn a list of dictionaries with C(remedy), C(outcome) and C(evidence).
    type: dict
  after:
    description: The C(states) of an audit after the change.
    type: dict
  chosen:
    description: The hosts whose turn it was. Without it, nothing was to be changed.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show what would be done
  ansible.builtin.debug:
    msg: "{{ (audit_judged.plan | postmaster.deliverability.remediation_report(audit_judged.states)).text.splitlines() }}"
"""

RETURN = r"""
_value:
  description: The report.
  type: dict
  contains:
    text:
      description: For people.
      type: str
    json:
      description: For programs, as JSON text.
      type: str
    failed:
      description: One line for each change that failed and was taken back.
      type: list
      elements: str
"""


def _remediation_report(plan, states, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.remediation import remediation_report

    return remediation_report(plain(plan), plain(states), **plain(options))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"remediation_report": filter_edge("remediation_report", _remediation_report)}
