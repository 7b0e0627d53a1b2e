# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an exported queue listing holds."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: parse_mail_queue
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Read a queue listing that somebody exported
description:
  - Gives for the text of a queue listing (C(postqueue -j), C(mailq) and the like) what M(postmaster.deliverability.mail_host_info) gives for the
    queue of a host.
  - A reason that hides an earlier one stays as it is and is marked C(masked), since the log that would tell is not at hand.
extends_documentation_fragment:
  - postmaster.deliverability.exported_mail
options:
  _input:
    description: The listing.
    type: str
    required: true
seealso:
  - plugin: postmaster.deliverability.parse_mail_log
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What is stuck in a queue that a customer sent
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'mailq.txt') | postmaster.deliverability.parse_mail_queue(now='2026-11-21T20:45:00Z') }}"
"""

RETURN = r"""
_value:
  description: As RV(postmaster.deliverability.mail_host_info#module:mail_host.queue), and C(mta), the mail system.
  type: dict
"""


def _parse_mail_queue(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_queue_text

    return parse_queue_text(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"parse_mail_queue": filter_edge("parse_mail_queue", _parse_mail_queue)}
