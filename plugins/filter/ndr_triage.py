# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A returned message or a pasted reply, told in words for the ticket and for the postmaster."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, octets, plain

DOCUMENTATION = r"""
name: ndr_triage
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell in words whose fault a returned message is and what to do
description:
  - Takes a returned message as a user saved it, or any pasted reply, NDR text or log line.
  - Gives lines of text for people, for every recipient that the message names.
  - P(postmaster.deliverability.ndr_verdict#filter) gives the same judgement as data.
extends_documentation_fragment:
  - postmaster.deliverability.language
options:
  _input:
    description: The message or the text.
    type: str
    required: true
  ours:
    description: What is ours, as P(postmaster.deliverability.ndr_verdict#filter) takes it.
    type: dict
  rules:
    description: Rules of your own, as P(postmaster.deliverability.ndr_verdict#filter) takes them.
    type: raw
"""

EXAMPLES = r"""
- name: Tell what to answer
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'returned.eml') | postmaster.deliverability.ndr_triage }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""


def _ndr_triage(text, ours=None, language="en", rules=None):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.triage import in_words, triage
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._rules import ruleset

    return in_words(triage(octets(text), plain(ours), language, ruleset(rules)), language)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"ndr_triage": filter_edge("ndr_triage", _ndr_triage)}
