# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From findings to the smallest safe changes."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: remediation_plan
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Plan the smallest safe change for each host
description:
  - A pure function. It fills in the C(actions) of every host of a diagnosis.
  - It never acts on what is unknown or on somebody else's fault. It switches an address only because of a real refusal, never while
    the host shows signs of compromise, and never to an address that is not proven fit.
extends_documentation_fragment:
  - postmaster.deliverability.language
options:
  _input:
    description: The diagnosis, from P(postmaster.deliverability.diagnose#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Plan what to do
  ansible.builtin.set_fact:
    plan: "{{ diagnosis | postmaster.deliverability.remediation_plan }}"
"""

RETURN = r"""
_value:
  description:
    - The diagnosis with the C(actions) of every host.
    - Each action has C(remedy), C(title), C(state) (V(ready), V(blocked) or V(manual)), C(because) (ids of findings), C(passed) and C(failed) checks,
      and C(text), ready to be published, sent or typed.
  type: dict
"""


def _remediation_plan(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan

    return remediation_plan(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"remediation_plan": filter_edge("remediation_plan", _remediation_plan)}
