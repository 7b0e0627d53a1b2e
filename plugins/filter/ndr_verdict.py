# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From one reply of a mail server to whose problem it is and what to do."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, plain

DOCUMENTATION = r"""
name: ndr_verdict
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell whose problem a refusal is and what to do about it
description:
  - Takes what a mail server said, in whatever wrapping it came, and answers three questions. Is it our problem or theirs, wait or act, and do what.
  - A reply, a queue reason, a log line's reason and a paragraph of a bounce are all fine.
  - The text and the stage of the dialogue outweigh a bare status code. An address is never given up when the text speaks of our address,
    our names, a blocklist, a limit or a policy, or while the refusal is temporary.
  - A text that no rule knows gives V(unknown), with its template.
extends_documentation_fragment:
  - postmaster.deliverability.language
options:
  _input:
    description: The text.
    type: str
    required: true
  code:
    description: The reply code, where it is known beside the text.
    type: raw
  status:
    description: The enhanced status code, where it is known beside the text.
    type: str
  command:
    description: The SMTP command that was answered, such as C(RCPT) or C(end of DATA).
    type: str
  rhost:
    description: The host that answered.
    type: str
  recipient_domain:
    description: The domain of the recipient's address.
    type: str
  ours:
    description:
      - Who we are, so that a name in the text is known to be ours.
      - The keys are C(addresses), C(helo), C(domains) and C(smarthosts), each a list of texts.
    type: dict
  language:
    description: The language of the explanation.
  rules:
    description:
      - Rules of your own, which come before all others. A list, or the path of a YAML file that holds one.
      - How a rule is written is told in the collection's C(docs/verdicts.md).
    type: raw
seealso:
  - plugin: postmaster.deliverability.enhanced_status
    plugin_type: filter
  - plugin: postmaster.deliverability.parse_bounce
    plugin_type: filter
  - plugin: postmaster.deliverability.unknown_replies
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read a refusal that a user pasted into a file
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'refusal.txt') | postmaster.deliverability.ndr_verdict(language='es') }}"

- name: Know our own names
  ansible.builtin.debug:
    msg: "{{ reply | postmaster.deliverability.ndr_verdict(ours=us) }}"
  vars:
    reply: '553 5.1.8 <news@example.com>: sender address rejected: domain not found'
    us:
      addresses: [192.0.2.25]
      helo: [mail.example.com]
      domains: [example.com]
      smarthosts: [smtp.example.net]
"""

RETURN = r"""
_value:
  description: The verdict.
  type: dict
  contains:
    code:
      description: The reply code, or V(none).
      type: int
    status:
      description: The enhanced status code, or V(none).
      type: str
    inner_code:
      description: The reply code of a reply that is quoted inside the text.
      type: int
    inner_status:
      description: The enhanced status code of a reply that is quoted inside the text.
      type: str
    reason:
      description: One word for what happened, such as V(user_unknown), V(ip_blocklisted) or V(greylisted).
      type: str
    sisimai_reason:
      description: The nearest label of Sisimai's vocabulary.
      type: str
    side:
      description: Whose problem it is. V(ours), the V(user)'s (the typed address or the message), V(theirs), V(either) or V(none).
      type: str
    temporary:
      description: Whether the same message may be accepted later. V(none) for a success.
      type: bool
    remedy:
      description: One word for what to do, such as V(wait), V(clean_address_list), V(fix_ptr) or V(use_smarthost).
      type: str
    alternatives:
      description: Further acceptable remedies.
      type: list
      elements: str
    settle:
      description: The evidence that would decide an V(either) or confirm another side.
      type: list
      elements: str
    blocklist:
      description: The blocklist that the text names, with C(zone), C(name), C(kind), C(closed) and C(lookup_url), or V(none).
      type: dict
    operator:
      description: Who runs the server that answered, where it is a known one.
      type: str
    address:
      description: The address that the reply names, mostly ours.
      type: str
    address_is_ours:
      description: Whether O(ours) holds that address. V(none) where there is no address, or O(ours) names none.
      type: bool
    retry_after:
      description: The seconds that the reply asks us to wait.
      type: int
    confidence:
      description: V(certain), V(likely) or V(guess).
      type: str
    rule:
      description: The id of the rule that decided.
      type: str
    matched:
      description: The words, as rules see them, that the rule matched.
      type: str
    reference:
      description: The rule's public source.
      type: str
    template:
      description: The text with addresses, names, ids, numbers and times replaced. Equal answers have equal templates.
      type: str
    explanation:
      description: One or two sentences for the person who opened the ticket.
      type: str
    advice:
      description: A sentence for the postmaster.
      type: str
"""


def ndr_verdict(text, code=None, status=None, command=None, rhost=None, recipient_domain=None, ours=None, language="en", rules=None):
    """``classify`` with the user's own rules."""
    from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._rules import ruleset

    if not isinstance(text, str):
        raise TypeError(f"a text is expected, not {type(text).__name__}")
    return classify(
        text,
        code=code,
        status=status,
        command=command,
        rhost=rhost,
        recipient_domain=recipient_domain,
        ours=plain(ours),
        language=language,
        rules=ruleset(rules),
    )


class FilterModule:
    """Jinja filters."""

    def filters(self):
        """Return name -> function."""
        return {"ndr_verdict": filter_edge("ndr_verdict", ndr_verdict)}
