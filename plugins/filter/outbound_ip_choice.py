# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which address a host should send from instead."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: outbound_ip_choice
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Judge other addresses of a host to send from
description:
  - Judges each candidate by what is known without trying it. It has to be bound on the host, its DNS has to be in order, no list of weight may have it or be
    silent about it, and it must not have been refused lately.
  - Says why a host must not be moved at all, for instance since it shows signs of sending spam.
  - An address that was chosen before stays until something speaks against it.
positional: host, wanted, remembered, now
options:
  _input:
    description: The diagnosis, from P(postmaster.deliverability.diagnose#filter), with the candidates among the identities.
    type: dict
    required: true
  host:
    description: The host.
    type: str
    required: true
  wanted:
    description:
      - What is asked for.
      - C(candidates) is a list of C(address) and C(helo), C(domains) a list of recipient domains, empty for the whole host and null for those that refuse us,
        C(protocols) is empty or V(ipv4), C(max_per_day) a number and C(behind_nat) a switch.
    type: dict
    required: true
  remembered:
    description: What P(postmaster.deliverability.outbound_ip_remember#filter) keeps as C(outbound_ip).
    type: dict
  now:
    description: The time (RFC 3339, UTC).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Is there a better address?
  ansible.builtin.debug:
    msg: "{{ diagnosis | postmaster.deliverability.outbound_ip_choice('mail1', wanted, now=now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ')) }}"
  vars:
    wanted:
      candidates:
        - {address: 198.51.100.12, helo: mail2.example.com}
      domains:
      protocols: ""
      max_per_day: 1
      behind_nat: false
"""

RETURN = r"""
_value:
  description: The choice.
  type: dict
  contains:
    state:
      description: V(nothing) where no destination refuses us, V(stay), V(switch), or V(blocked).
      type: str
    domains:
      description: Recipient domains that the change is for. Empty for the whole host.
      type: list
      elements: str
    lookups:
      description: Keys under which Postfix may have a route for these domains.
      type: list
      elements: str
    candidates:
      description: Each candidate with C(address), C(inside), C(helo), C(switches), C(binds), C(stays), C(passed) and C(failed).
      type: list
      elements: dict
    reasons:
      description: Why nothing may be changed.
      type: list
      elements: str
    destinations:
      description: Recipient domains whose servers are to be asked.
      type: list
      elements: str
    sources:
      description: Addresses that mail leaves from now.
      type: list
      elements: str
"""


def _outbound_ip_choice(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._outbound_ip import outbound_ip_choice

    return outbound_ip_choice(*plain(args), **plain(options))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"outbound_ip_choice": filter_edge("outbound_ip_choice", _outbound_ip_choice)}
