# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a host should try to reach where connections fail."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: reach_probe
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Choose the servers that a host should try to reach
description:
  - Where connections fail, it takes a trial from the host itself to tell whether the network shuts it in or one server does not answer.
  - Chooses the servers of at most four destinations that could not be reached, two each, and for comparison two servers that took mail lately.
  - The role P(postmaster.deliverability.audit#role) does this with C(audit_probe).
positional: mx
options:
  _input:
    description: RV(postmaster.deliverability.mail_host_info#module:mail_host).
    type: dict
    required: true
  mx:
    description: RV(postmaster.deliverability.mx_info#module:domains) of the C(domains) that this filter returns.
    type: dict
"""

EXAMPLES = r"""
- name: See which servers answer this host
  postmaster.deliverability.smtp_probe_info:
    targets: "{{ wanted.targets }}"
    source_address: "{{ wanted.source_address | default(omit, true) }}"
    helo: "{{ wanted.helo }}"
    tls: none
  vars:
    wanted: "{{ observed.mail_host | postmaster.deliverability.reach_probe }}"
  when: wanted.targets | length > 0
"""

RETURN = r"""
_value:
  description: What is to be asked.
  type: dict
  contains:
    domains:
      description: The destinations that could not be reached.
      type: list
      elements: str
    targets:
      description: The servers, as O(postmaster.deliverability.smtp_probe_info#module:targets) takes them. None where no connection failed.
      type: list
      elements: dict
    source_address:
      description: The address that the mail system binds, if any.
      type: str
    helo:
      description: The name that it gives after HELO.
      type: str
"""


def _reach_probe(mail_host, mx=None):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.reach import reach_probe

    return reach_probe(plain(mail_host), plain(mx))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"reach_probe": filter_edge("reach_probe", _reach_probe)}
