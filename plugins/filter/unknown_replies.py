# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no rule knows yet, with drafts of rules."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: unknown_replies
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Collect the replies that no rule knows, with drafts of rules for them
description:
  - Takes replies, or the groups of a queue or a mail log, and keeps those whose verdict is V(unknown), most frequent first.
  - Each comes with the draft of a rule that lacks the reason only. Written to a file, the drafts are what
    P(postmaster.deliverability.ndr_verdict#filter) takes as O(postmaster.deliverability.ndr_verdict#filter:rules).
options:
  _input:
    description:
      - The replies. Each is a text, or a mapping with C(text) and perhaps C(count), C(destination), C(code), C(status), C(command), C(rhost)
        and C(recipient_domain).
    type: list
    elements: raw
    required: true
  rules:
    description: Rules of your own that exist already, a list or the path of a YAML file.
    type: raw
seealso:
  - plugin: postmaster.deliverability.ndr_verdict
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write drafts of rules for what is unknown in the queue
  ansible.builtin.copy:
    content: "{{ found.mail_host.queue.groups | postmaster.deliverability.unknown_replies | map(attribute='rule') | select | to_nice_yaml(width=200) }}"
    dest: rules.draft.yml
    mode: "0644"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The unknown replies.
  type: list
  elements: dict
  contains:
    template:
      description: What the replies have in common.
      type: str
    count:
      description: How often they came.
      type: int
    destinations:
      description: Some of the domains that they came from.
      type: list
      elements: str
    text:
      description: One of them.
      type: str
    rule:
      description: The draft of a rule, or V(none) where the text has no words.
      type: dict
"""


def unknown_replies(rows, rules=None):
    """``teach.unknown_replies`` with the user's own rules."""
    from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr import teach
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._rules import ruleset

    rows = plain(rows)
    if not isinstance(rows, list):
        raise TypeError(f"a list is expected, not {type(rows).__name__}")
    return teach.unknown_replies(rows, ruleset(rules))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        """Return name -> function."""
        return {"unknown_replies": filter_edge("unknown_replies", unknown_replies)}
