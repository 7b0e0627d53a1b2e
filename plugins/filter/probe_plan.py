# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real sender for each envelope domain, to ask with."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: probe_plan
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Choose a real sender for each envelope domain of a host
description:
  - A server that is asked whether it would take mail has to be given a sender that exists. This is a declared one, that of a waiting
    message, or else the postmaster that each domain has to have (RFC 5321).
positional: hosts, messages, senders, domains
options:
  _input:
    description: RV(postmaster.deliverability.mail_host_info#module:mail_host).
    type: dict
    required: true
  hosts:
    description: The smarthosts to ask, each with C(host) and C(port) (587 by default).
    type: list
    elements: dict
    default: []
  messages:
    description: RV(postmaster.deliverability.mail_queue#module:messages).
    type: list
    elements: dict
    default: []
  senders:
    description: Declared addresses of senders.
    type: list
    elements: str
    default: []
  domains:
    description: Declared envelope domains, which count instead of the observed ones.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Whom shall we ask as?
  ansible.builtin.debug:
    msg: "{{ observed.mail_host | postmaster.deliverability.probe_plan([{'host': 'smtp.example.net'}], waiting.messages) }}"
"""

RETURN = r"""
_value:
  description: For each envelope domain its C(domain), C(sender) and the C(targets) of M(postmaster.deliverability.smtp_probe_info), in order of the alphabet.
  type: list
  elements: dict
"""


def _probe_plan(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._smarthost import probe_plan

    return probe_plan(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"probe_plan": filter_edge("probe_plan", _probe_plan)}
