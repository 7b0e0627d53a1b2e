# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what a probe was answered lets a change go on."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: judge_probe
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell whether a server would take mail
positional: seen_as
description:
  - Takes the result of M(postmaster.deliverability.smtp_probe_info) and tells whether mail would be taken.
  - The targets of one probe count as servers for the same mail. One that would take it is enough.
  - A dialogue that stops before the message is no proof of a delivery. It tells early what will not work.
options:
  _input:
    description: The result of M(postmaster.deliverability.smtp_probe_info).
    type: dict
    required: true
  seen_as:
    description: The address that the servers should see. One that greets us by another address is told as V(refused).
    type: str
    default: ""
seealso:
  - module: postmaster.deliverability.smtp_probe_info
  - plugin: postmaster.deliverability.judge_delivery
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Go on only when no server refuses us
  ansible.builtin.assert:
    that: (probe | postmaster.deliverability.judge_probe).state != 'refused'
"""

RETURN = r"""
_value:
  description: The judgement.
  type: dict
  contains:
    state:
      description:
        - V(proven) when a server agreed to all that it was asked, or refused only this recipient.
        - V(waiting) when it is neither, for instance where the address is greylisted.
        - V(refused) when no connection, no TLS or no login was possible, or because of who we are.
      type: str
    evidence:
      description: A sentence for each server that decided.
      type: list
      elements: str
"""


def _judge_probe(probe, seen_as=""):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.proof import judge_probe

    return judge_probe(plain(probe), seen_as)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"judge_probe": filter_edge("judge_probe", _judge_probe)}
