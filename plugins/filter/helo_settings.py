# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a mail system comes to greet with another name."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: helo_settings
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell how a mail system comes to greet with a name that is fit for it
description:
  - A name is fit for a transport when it leads to every address that the transport sends from, and each of them leads back to it.
  - The transports that it is not fit for keep the name that they give now.
positional: name, identities, checked, exchangers
options:
  _input:
    description: What M(postmaster.deliverability.mail_host_info) says of the host (C(mail_host)).
    type: dict
    required: true
  name:
    description: The name to greet with.
    type: str
    required: true
  identities:
    description: The C(identities) of the host from P(postmaster.deliverability.fleet_evidence#filter).
    type: list
    elements: dict
    required: true
  checked:
    description: The C(identities) from M(postmaster.deliverability.sender_dns_info), asked with O(name) as C(helo).
    type: list
    elements: dict
    required: true
  exchangers:
    description: The C(domains) from M(postmaster.deliverability.mx_info), whose servers are to be asked.
    type: dict
"""

EXAMPLES = r"""
- name: Tell how the host comes to greet with its name
  ansible.builtin.set_fact:
    greeting: "{{ observed.mail_host | postmaster.deliverability.helo_settings('mail.example.com', identities, checked.identities) }}"
"""

RETURN = r"""
_value:
  description: How to do it, or why not.
  type: dict
  contains:
    settings:
      description: Options for M(postmaster.deliverability.postfix_config) or M(postmaster.deliverability.exim_config).
      type: dict
    transports:
      description: The transports that will greet with the name.
      type: list
      elements: str
    others:
      description: One sentence for each transport that will not, with the reason.
      type: list
      elements: str
    problems:
      description: Why nothing may be changed. Empty where something may.
      type: list
      elements: str
    addresses:
      description: The addresses, as the host knows them, from which the name will be given.
      type: list
      elements: str
    probes:
      description: Options for M(postmaster.deliverability.smtp_probe_info), to ask the servers of O(exchangers) from these addresses.
      type: list
      elements: dict
    spf:
      description: What SPF says of the name.
      type: list
      elements: str
"""


def _helo_settings(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.helo import helo_settings

    return helo_settings(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"helo_settings": filter_edge("helo_settings", _helo_settings)}
