# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the message that was let go after a change proves it."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: judge_delivery
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell whether a delivery proves a change
description:
  - Takes what became of a message after a change, and tells whether that proves the change, disproves it, or neither.
  - A greylisted message, one that was not tried yet, and trouble of the other side that passes are neither.
options:
  _input:
    description: One of RV(postmaster.deliverability.mail_trace_info#module:messages).
    type: dict
    required: true
  destinations:
    description: Only recipients in these domains count. Without any, all do.
    type: list
    elements: str
    default: []
seealso:
  - module: postmaster.deliverability.mail_trace_info
  - plugin: postmaster.deliverability.judge_probe
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Go on only when the message was taken
  ansible.builtin.assert:
    that: (trace.messages | first | postmaster.deliverability.judge_delivery).state == 'proven'
"""

RETURN = r"""
_value:
  description: The judgement.
  type: dict
  contains:
    state:
      description:
        - V(proven) when the other side took the message, V(refused) when it refused it because of us, and V(waiting) when it is neither yet.
        - V(beside) when it was refused for what only concerns this recipient or message.
      type: str
    evidence:
      description: A sentence for each recipient that decided.
      type: list
      elements: str
"""


def _judge_delivery(message, destinations=()):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.proof import judge_delivery

    return judge_delivery(plain(message), plain(destinations))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"judge_delivery": filter_edge("judge_delivery", _judge_delivery)}
