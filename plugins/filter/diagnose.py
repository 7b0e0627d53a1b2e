# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the evidence of a fleet to its findings."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: diagnose
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Judge whether the mail of each host is refused and whose fault it is
description:
  - A pure function. The same evidence gives the same findings.
  - Each refusal gets a verdict from its text. Where the text leaves open whose fault it is, the blocklists, the DNS and the
    number of refusing destinations settle it.
options:
  _input:
    description: The evidence of the fleet, from P(postmaster.deliverability.fleet_evidence#filter).
    type: dict
    required: true
  dnsbl:
    description: Result of M(postmaster.deliverability.dnsbl_info) for the addresses of the evidence.
    type: dict
  sender_dns:
    description: Result of M(postmaster.deliverability.sender_dns_info) for the identities of the evidence.
    type: dict
  now:
    description: Time of the judgement (RFC 3339, UTC).
    type: str
  language:
    description: Language of the explanations.
    type: str
    choices: [en, es]
    default: en
  queue_age:
    description: Seconds that a message may wait before its waiting is a finding.
    type: int
    default: 14400
  spread_minimum:
    description: An ambiguous refusal is taken for ours when at least this many destinations refuse.
    type: int
    default: 3
  spread_share:
    description: And when they are at least this share of the destinations tried.
    type: float
    default: 0.5
"""

EXAMPLES = r"""
- name: Judge the fleet
  ansible.builtin.set_fact:
    diagnosis: "{{ evidence | postmaster.deliverability.diagnose(dnsbl=dnsbl, sender_dns=sender_dns, now=now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ')) }}"
"""

RETURN = r"""
_value:
  description: The diagnosis, without actions; docs/report.md describes it.
  type: dict
  contains:
    hosts:
      description: Per host its C(state), C(side), C(summary), C(verdicts) and C(findings).
      type: dict
    fleet:
      description: How many hosts are in each state, and what is known of the blocklists and the resolver.
      type: dict
    controls:
      description: The controls judged.
      type: list
      elements: dict
"""


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"diagnose": filter_edge("diagnose", diagnose)}
