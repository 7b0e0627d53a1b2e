# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts of the play said, joined with what the inventory declares of them."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: fleet_evidence
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Join what each host observed with what its inventory declares
description:
  - Takes the hosts of a play and gives the evidence of the fleet, from which the DNS is asked once for all hosts
    and which P(postmaster.deliverability.diagnose#filter) judges.
  - For each host it reads the registered result of M(postmaster.deliverability.mail_host_info) (C(audit_observed)) and the
    variables C(audit_public_addresses), C(audit_pool), C(audit_domains) and C(audit_changes).
positional: hostvars, packed
options:
  _input:
    description: Names of the hosts. None names all hosts of a store.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars), or the path of a store that the role P(postmaster.deliverability.audit#role) wrote.
    type: raw
    required: true
  packed:
    description:
      - Give C(hosts) as one JSON text, for P(postmaster.deliverability.audit_reports#filter).
      - Ansible looks at every part of a variable that it hands over, which takes it longer than the judgement of a large fleet.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask the blocklists about every address of the fleet at once
  postmaster.deliverability.dnsbl_info:
    addresses: "{{ (ansible_play_hosts_all | postmaster.deliverability.fleet_evidence(hostvars)).addresses }}"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The evidence of the fleet.
  type: dict
  contains:
    hosts:
      description: Per host the facts (C(mail_host)), or the C(error) that kept them away, and its C(identities).
      type: dict
    identities:
      description:
        - Every identity of the fleet, one for each pair of host and source address, as M(postmaster.deliverability.sender_dns_info) takes them.
      type: list
      elements: dict
    addresses:
      description: Every address of those identities, once.
      type: list
      elements: str
    domains:
      description: Every envelope domain of those identities, once.
      type: list
      elements: str
    names:
      description: These domains and every HELO name, once; what public DNS cannot know is left out.
      type: list
      elements: str
"""


def _fleet_evidence(names, hostvars, packed=False):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._fleet import evidence_of, pack

    evidence = evidence_of(names, hostvars)
    return pack(evidence) if packed else evidence


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"fleet_evidence": filter_edge("fleet_evidence", _fleet_evidence)}
