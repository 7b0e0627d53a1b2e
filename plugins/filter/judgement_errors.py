# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the files and options that a judgement reads, told before anybody is asked anything."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: judgement_errors
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell what is wrong with policies, waivers and the other things that a judgement reads
description:
  - Reads the files as P(postmaster.deliverability.audit_reports#filter) does, and returns its complaints instead of failing, all of them at once.
  - Serves as a test of policies and waivers of your own, and judges the examples of the controls.
options:
  _input:
    description: The policies, each a name or the path of a YAML file.
    type: list
    elements: str
    required: true
  waivers:
    description: Path of a YAML file with waivers.
    type: path
  previous:
    description: Path of the C(report.json) of an earlier run.
    type: path
  formats:
    description: The reports that are wanted.
    type: list
    elements: str
    default: []
  language:
    description: Language of the reports.
    type: str
    default: en
  fail_on:
    description: The least severity that is to make a job fail, or V(never).
    type: str
    default: never
  limits:
    description: Thresholds of the settlement, as P(postmaster.deliverability.diagnose#filter) takes them.
    type: dict
  numbers:
    description: Values that have to be numbers and not less than nothing, by the names of their options.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Test a policy and the waivers that go with it
  ansible.builtin.assert:
    that: mistakes | length == 0
    fail_msg: "{{ mistakes | join('\n') }}"
  vars:
    mistakes: "{{ ['baseline', 'own-policy.yml'] | postmaster.deliverability.judgement_errors(waivers='waivers.yml') }}"
"""

RETURN = r"""
_value:
  description: One sentence for each mistake, which names the file, the control and the column, or the option. Nothing where all is well.
  type: list
  elements: str
"""


def _judgement_errors(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._mistakes import judgement_errors

    return judgement_errors(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"judgement_errors": filter_edge("judgement_errors", _judgement_errors)}
