# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was stored of one host."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: recall_evidence
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Read the stored evidence of a host
description:
  - Takes the text of a file that P(postmaster.deliverability.keep_evidence#filter) wrote, and gives an empty dictionary for no text.
  - Unlike C(from_json) it never lets Ansible template what remote servers said.
positional: file
options:
  _input:
    description: The text.
    type: str
    required: true
  file:
    description: What to call the file in an error.
    type: str
    default: the store
"""

EXAMPLES = r"""
- name: Read on from where the last run stopped
  postmaster.deliverability.mail_host_info:
    log_cursor: "{{ (lookup('ansible.builtin.file', 'store/hosts/mx1.json') | postmaster.deliverability.recall_evidence).observed.mail_host.log.cursor }}"
"""

RETURN = r"""
_value:
  description: The evidence of the host, with C(observed), which is the result of M(postmaster.deliverability.mail_host_info), and what is declared of it.
  type: dict
"""


def _recall_evidence(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._fleet import recall

    return recall(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"recall_evidence": filter_edge("recall_evidence", _recall_evidence)}
