# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the evidence of a fleet to its findings."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: diagnose
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Judge whether the mail of each host is refused and whose fault it is
description:
  - The same evidence and policies give the same findings, byte for byte.
  - Each refusal gets a verdict from its text. Where the text leaves open whose fault it is, the evidence of the fleet settles it,
    which is the blocklists and the DNS, other hosts that deliver to the same operator, changes, probes, and the number of refusing operators.
  - The controls are tables that can be read and extended; docs/policy.md tells how.
extends_documentation_fragment:
  - postmaster.deliverability.judgement
  - postmaster.deliverability.language
options:
  _input:
    description: The evidence of the fleet, from P(postmaster.deliverability.fleet_evidence#filter).
    type: dict
    required: true
  now:
    description: Time of the judgement (RFC 3339, UTC).
    type: str
  language:
    description: Language of titles and explanations.
  previous:
    description: The report of last time, as a dictionary. Findings are then marked as new, open, fixed or flapping.
    type: dict
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


def _diagnose(evidence, policies=("baseline",), waivers=None, **options):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies, load_waivers

    return diagnose(plain(evidence), load_policies(policies), waivers=load_waivers(waivers), **plain(options))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"diagnose": filter_edge("diagnose", _diagnose)}
