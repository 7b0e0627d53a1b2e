# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a mail system that slow down mail for some domains."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: throttle_settings
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Give the settings that slow down mail for some domains
description:
  - Gives the options of M(postmaster.deliverability.postfix_config) or M(postmaster.deliverability.exim_config) that limit how many deliveries to some
    domains are made at a time, and how fast they follow each other. Without O(domains), those that end it.
  - Exim has no delay between deliveries, so that O(delay) does nothing there.
positional: mta, domains
extends_documentation_fragment:
  - postmaster.deliverability.settings
options:
  _input:
    description: Postfix's C(transport_maps) as it is, by name.
    type: dict
    required: true
  domains:
    description: Recipient domains.
  concurrency:
    description: Deliveries at one time, over all the domains.
    type: int
    default: 1
  delay:
    description: Seconds between two deliveries, over all the domains. Postfix before 3.1 counts them for each domain.
    type: int
    default: 0
  like:
    description: The Postfix transport that the slow one is a copy of.
    type: str
    default: smtp
"""

EXAMPLES = r"""
- name: What has to be set?
  ansible.builtin.debug:
    msg: "{{ {'transport_maps': ''} | postmaster.deliverability.throttle_settings('postfix', ['example.org'], delay=2, version='3.7') }}"
"""

RETURN = r"""
_value:
  description: Options of the module.
  type: dict
"""


def _throttle_settings(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._smarthost import throttle_settings

    return throttle_settings(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"throttle_settings": filter_edge("throttle_settings", _throttle_settings)}
