# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be stored of one host."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: keep_evidence
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Join what a host observed with what was stored of it
description:
  - The log is read on from where the last run stopped. What was read before is added up hour by hour, and what is older than the window is forgotten.
  - Identity and queue are those of now.
positional: stored, window
options:
  _input:
    description: The variables of the host, with the registered C(audit_observed).
    type: dict
    required: true
  stored:
    description: What was stored of it, from P(postmaster.deliverability.recall_evidence#filter).
    type: dict
    required: true
  window:
    description: Seconds of log that count.
    type: int
    default: 604800
"""

EXAMPLES = r"""
- name: Join the evidence
  ansible.builtin.set_fact:
    audit_kept: "{{ hostvars[inventory_hostname] | postmaster.deliverability.keep_evidence(recalled) }}"
"""

RETURN = r"""
_value:
  description: The evidence of the host, with C(observed), which is the result of M(postmaster.deliverability.mail_host_info), and what is declared of it.
  type: dict
"""


def _keep_evidence(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._fleet import keep

    return keep(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"keep_evidence": filter_edge("keep_evidence", _keep_evidence)}
