# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host remembers of the addresses that it has sent from."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: outbound_ip_remember
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Add an event to what a host remembers of its addresses
description:
  - Gives the content of the host's fact file after a switch, a failed one, or a way back. It holds the present choice, what was there before the first one,
    the history, and which addresses rest.
positional: event, now, cool_down
options:
  _input:
    description: The facts as they are. Those of others stay.
    type: dict
    required: true
  event:
    description: C(outcome), and C(candidate), C(domains), C(protocols), C(sources) and C(reason) where there are such.
    type: dict
    required: true
  now:
    description: The time (RFC 3339, UTC).
    type: str
    required: true
  cool_down:
    description: Seconds for which an address that was refused is not used again.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Note that the old addresses are back
  ansible.builtin.set_fact:
    facts: "{{ facts | postmaster.deliverability.outbound_ip_remember({'outcome': 'restored'}, now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ'), 604800) }}"
"""

RETURN = r"""
_value:
  description: The facts, with C(outbound_ip) among them.
  type: dict
"""


def _outbound_ip_remember(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._outbound_ip import outbound_ip_remember

    return outbound_ip_remember(*plain(args), **plain(options))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"outbound_ip_remember": filter_edge("outbound_ip_remember", _outbound_ip_remember)}
