# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a mail system comes to send from another address."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: outbound_ip_settings
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Give the settings that send mail from another address
description:
  - Gives the options of M(postmaster.deliverability.postfix_config) or M(postmaster.deliverability.exim_config) that send all mail, or that of some
    recipient domains, from an address.
  - With Postfix, a transport of its own has the address. Content filters, internal relays and what the administrator sends another way stay as they are.
positional: mta, candidate, domains, protocols, version, routes
extends_documentation_fragment:
  - postmaster.deliverability.settings
options:
  _input:
    description: Postfix's C(default_transport), C(relayhost) and C(transport_maps) as they are, by name.
    type: dict
    required: true
  candidate:
    description: One of the candidates of P(postmaster.deliverability.outbound_ip_choice#filter).
    type: dict
    required: true
  protocols:
    description: V(ipv4) to send by IPv4 alone.
    type: str
    default: ""
  routes:
    description: What each table of C(transport_maps) says of the C(lookups) of the choice, as C(postmap -q -) prints it.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: What is to be set?
  ansible.builtin.debug:
    msg: "{{ {} | postmaster.deliverability.outbound_ip_settings('exim', choice.candidates[0], ['example.net']) }}"
"""

RETURN = r"""
_value:
  description: What to set.
  type: dict
  contains:
    settings:
      description: Options for M(postmaster.deliverability.postfix_config) or M(postmaster.deliverability.exim_config).
      type: dict
    domains:
      description: Recipient domains that are sent so.
      type: list
      elements: str
    left_out:
      description: A sentence for each domain that goes another way already.
      type: list
      elements: str
"""


def _outbound_ip_settings(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._outbound_ip import outbound_ip_settings

    return outbound_ip_settings(*plain(args), **plain(options))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"outbound_ip_settings": filter_edge("outbound_ip_settings", _outbound_ip_settings)}
