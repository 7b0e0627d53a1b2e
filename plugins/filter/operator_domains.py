# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recipient domains whose mail a big provider keeps."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: operator_domains
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Find the recipient domains of a host whose mail an operator keeps
description:
  - Takes the facts of a mail host and gives the domains that it sends to and whose servers belong to one operator, companies that keep their mail
    there included.
  - Servers that the host has spoken to tell it, and its well-known domains. What they do not tell has to be asked for, with
    M(postmaster.deliverability.mx_info).
positional: operator
options:
  _input:
    description: RV(postmaster.deliverability.mail_host_info#module:mail_host) with its queue and log.
    type: dict
    required: true
  operator:
    description:
      - The operator, for instance V(google) or V(microsoft), as P(postmaster.deliverability.ndr_verdict#filter) names it.
      - For any other, the domain that the names of its servers end in.
    type: str
    required: true
  exchangers:
    description: RV(postmaster.deliverability.mx_info#module:domains).
    type: dict
  routed:
    description:
      - Domains that belong to the scope already, or Postfix's C(transport_maps) that leads them to the smarthost.
      - They stay where nobody knows better.
    type: raw
    default: []
  smarthosts:
    description: Servers that take mail for everybody, so that having sent there tells nothing of a domain.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Which domains are Google's, and which have to be asked for?
  ansible.builtin.debug:
    msg: "{{ observed.mail_host | postmaster.deliverability.operator_domains('google') }}"
"""

RETURN = r"""
_value:
  description: The domains.
  type: dict
  contains:
    domains:
      description: Those of the operator.
      type: list
      elements: str
    unknown:
      description: Those that nobody knows of yet.
      type: list
      elements: str
"""


def _operator_domains(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._smarthost import operator_domains

    return operator_domains(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"operator_domains": filter_edge("operator_domains", _operator_domains)}
