# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to ask the servers from another address before it is used."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: outbound_ip_probes
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell what to ask the servers of destinations from another address
description:
  - For each candidate that is fit so far, gives the dialogues that show whether port 25 can be reached from it and whether it is welcome.
  - Offers senders and recipients of mail that waits, never others.
positional: exchangers, messages
options:
  _input:
    description: The choice, from P(postmaster.deliverability.outbound_ip_choice#filter).
    type: dict
    required: true
  exchangers:
    description: RV(postmaster.deliverability.mx_info#module:domains).
    type: dict
    required: true
  messages:
    description: RV(postmaster.deliverability.mail_queue#module:messages).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: What is to be asked?
  ansible.builtin.debug:
    msg: "{{ choice | postmaster.deliverability.outbound_ip_probes(exchangers.domains, waiting.messages) }}"
"""

RETURN = r"""
_value:
  description: One entry for each candidate, with C(candidate), C(probes) as M(postmaster.deliverability.smtp_probe_info) takes them, and C(failed).
  type: list
  elements: dict
"""


def _outbound_ip_probes(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._outbound_ip import outbound_ip_probes

    return outbound_ip_probes(*plain(args), **plain(options))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"outbound_ip_probes": filter_edge("outbound_ip_probes", _outbound_ip_probes)}
