# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which findings of a diagnosis are reason enough to fail."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.policy import alarms
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: audit_alarms
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: List the findings that are reason enough for a job to fail
description:
  - Gives one line for each finding that fails with at least the severity given.
  - Waived findings and those of optional controls do not count. Expired waivers do.
positional: severity
options:
  _input:
    description: The diagnosis, from P(postmaster.deliverability.diagnose#filter).
    type: dict
    required: true
  severity:
    description: The least severity that counts.
    type: str
    choices: [info, low, medium, high]
    required: true
"""

EXAMPLES = r"""
- name: Go red for what is serious
  ansible.builtin.assert:
    that: diagnosis | postmaster.deliverability.audit_alarms('high') | length == 0
"""

RETURN = r"""
_value:
  description: One line for each such finding.
  type: list
  elements: str
"""


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"audit_alarms": filter_edge("audit_alarms", alarms)}
