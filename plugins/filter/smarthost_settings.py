# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a mail system that use smarthosts."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: smarthost_settings
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Give the settings that send mail through smarthosts
description:
  - Gives the options of M(postmaster.deliverability.postfix_config) or M(postmaster.deliverability.exim_config) that send all mail, or that of some
    recipient domains, through smarthosts. Without O(hosts), those that end it.
  - With Postfix, a transport of its own and one more table among those that are there. What the administrator routes by domain or by sender stays as it is,
    and so do internal relays.
positional: mta, hosts, domains
extends_documentation_fragment:
  - postmaster.deliverability.settings
options:
  _input:
    description: Postfix's C(transport_maps) and C(sender_dependent_default_transport_maps) as they are, by name.
    type: dict
    required: true
  hosts:
    description: The smarthosts, each with C(host), C(port) (587 by default) and C(priority). Those of the same priority take turns.
    type: list
    elements: dict
    default: []
  version:
    description: Version of Postfix. Before 3.5 it takes one next hop only, and the others as C(smtp_fallback_relay).
  tls:
    description: V(may), V(encrypt), or V(verify) for a certificate that fits the name.
    type: str
  ca_file:
    description: Certificates to trust, for V(verify).
    type: str
  password_file:
    description: Postfix's file of credentials.
    type: str
  username:
    description: User name.
    type: str
  password:
    description: Password, which goes into the settings of Exim only.
    type: str
"""

EXAMPLES = r"""
- name: What has to be set?
  ansible.builtin.debug:
    msg: >-
      {{
        {'transport_maps': 'hash:/etc/postfix/transport'}
        | postmaster.deliverability.smarthost_settings('postfix', [{'host': 'smtp.example.net'}], ['example.org'], tls='encrypt')
      }}
"""

RETURN = r"""
_value:
  description: Options of the module.
  type: dict
"""


def _smarthost_settings(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._smarthost import smarthost_settings

    return smarthost_settings(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"smarthost_settings": filter_edge("smarthost_settings", _smarthost_settings)}
