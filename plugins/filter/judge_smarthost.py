# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a smarthost may be used."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: judge_smarthost
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell whether smarthosts take our mail and receivers will believe it
description:
  - A smarthost has to be somebody else, to let us in, and to take mail of every envelope domain. SPF, or else DKIM, has to cover each of them from there.
  - That one of several cannot take mail now is no problem while another one does. A refusal is one.
positional: identity, domains, addresses, sender_dns
options:
  _input:
    description: Results of M(postmaster.deliverability.smtp_probe_info), one for each sender that was tried.
    type: list
    elements: dict
    required: true
  identity:
    description: C(identity) of RV(postmaster.deliverability.mail_host_info#module:mail_host).
    type: dict
    required: true
  domains:
    description: The envelope domains.
    type: list
    elements: str
    default: []
  addresses:
    description: Addresses that the smarthosts send from, where they are others than those that were asked.
    type: list
    elements: str
    default: []
  sender_dns:
    description:
      - Result of M(postmaster.deliverability.sender_dns_info) for the C(identities) that the filter gives without it, and for the domains whose
        DKIM selectors are declared. Without it, nothing is told of SPF and DKIM.
    type: dict
"""

EXAMPLES = r"""
- name: Is there anything against it?
  ansible.builtin.assert:
    that: judged.problems | length == 0
    fail_msg: "{{ judged.problems | join(' ') }}"
  vars:
    judged: "{{ [probe] | postmaster.deliverability.judge_smarthost(observed.mail_host.identity) }}"
"""

RETURN = r"""
_value:
  description: The judgement.
  type: dict
  contains:
    problems:
      description: What stands against the use, as sentences.
      type: list
      elements: str
    notes:
      description: What should be known, but does not stand against it.
      type: list
      elements: str
    identities:
      description: What M(postmaster.deliverability.sender_dns_info) is to be asked.
      type: list
      elements: dict
    covered:
      description: For each domain that receivers will believe from there, why.
      type: list
      elements: str
    publish:
      description: Records to publish for the others.
      type: list
      elements: str
"""


def _judge_smarthost(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._smarthost import judge_smarthost

    return judge_smarthost(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"judge_smarthost": filter_edge("judge_smarthost", _judge_smarthost)}
