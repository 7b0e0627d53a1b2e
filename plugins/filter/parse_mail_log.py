# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an exported delivery log tells."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: parse_mail_log
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Read a delivery log that somebody exported
description:
  - Gives for the text of a mail log, or of C(journalctl -o json) or C(journalctl -o export), what M(postmaster.deliverability.mail_host_info) gives for
    the log of a host.
extends_documentation_fragment:
  - postmaster.deliverability.exported_mail
options:
  _input:
    description: The log.
    type: str
    required: true
seealso:
  - plugin: postmaster.deliverability.parse_mail_queue
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Who refused us in a log that a customer sent
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'mail.log') | postmaster.deliverability.parse_mail_log(now='2026-11-21T21:45:00+01:00')).groups }}"
"""

RETURN = r"""
_value:
  description: As RV(postmaster.deliverability.mail_host_info#module:mail_host.log) without C(cursor), and C(mta), the mail system.
  type: dict
"""


def _parse_mail_log(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_log_text

    return parse_log_text(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"parse_mail_log": filter_edge("parse_mail_log", _parse_mail_log)}
