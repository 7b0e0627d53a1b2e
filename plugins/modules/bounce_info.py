#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bounce_info
short_description: Tell what the returned messages in a mailbox say
version_added: 0.1.0
description:
  - Reads bounces, delay notices, delivery receipts, automatic replies and complaints from an mbox, a Maildir, a folder of message files or a single file,
    and returns what each says about each recipient.
  - Facts only. The words of the remote server are returned whole; what they mean is judged on the controller (P(postmaster.deliverability.ndr_verdict#filter)).
  - Runs where the mailbox is, needs nothing but Python's standard library there, and never writes to the mailbox.
  - A message of any size is read in bounded memory.
  - Mail that is attached to a message is not read. A message to which somebody attached a bounce is not a bounce.
author:
  - The postmaster.deliverability contributors (@postmaster)
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.attributes.info_module
options:
  path:
    description:
      - The mailbox. A folder with C(new) and C(cur) is a Maildir, any other folder holds message files, a file that begins with C(From ) is an mbox, any other
        file is one message.
    type: path
    required: true
  patterns:
    description: Names of the message files in a folder that is not a Maildir, as shell patterns in any case. Use V(*) for an MH folder.
    type: list
    elements: str
    default: ["*.eml"]
  max_age:
    description:
      - Leave out messages older than this, a duration such as V(24h) or V(7d).
      - The time of a message is its C(Date) or its arrival (the time of its file, or the mbox's C(From ) line), whichever is earlier.
    type: str
  max_messages:
    description: Read at most that many messages, the newest first.
    type: int
    default: 1000
  kinds:
    description: Kinds of messages to return in RV(bounces). All kinds are counted.
    type: list
    elements: str
    choices: [bounce, delayed, delivered, auto_reply, complaint]
    default: [bounce, delayed, complaint]
seealso:
  - plugin: postmaster.deliverability.parse_bounce
    plugin_type: filter
  - plugin: postmaster.deliverability.ndr_verdict
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read what came back in the last day
  postmaster.deliverability.bounce_info:
    path: /var/mail/bounces
    max_age: 24h
  register: returned

- name: Show the verdicts
  ansible.builtin.debug:
    msg: "{{ item.1.address }}: {{ (item.1.text | postmaster.deliverability.ndr_verdict(status=item.1.status, command=item.1.stage)).explanation }}"
  loop: "{{ returned.bounces | subelements('recipients') }}"
  loop_control:
    label: "{{ item.1.address }}"
"""

RETURN = r"""
bounces:
  description: The messages of the wanted O(kinds), the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    file:
      description: The file that holds the message.
      type: str
      returned: always
    offset:
      description: Where in the file the message begins, in bytes.
      type: int
      returned: always
    kind:
      description: What kind of message this is. A report about several recipients is a V(bounce) if delivery to at least one of them failed.
      type: str
      returned: always
      sample: bounce
    format:
      description: How it was read, V(rfc3464) for a delivery report, V(arf) for a complaint, V(receipt) for a disposition notification, else the writer or the
        layout of the notice, V(null) for an automatic reply.
      type: str
      returned: always
      sample: rfc3464
    date:
      description: When it was written.
      type: str
      returned: always
      sample: "2026-11-21T22:27:00Z"
    reporting_mta:
      description: The host that wrote it.
      type: str
      returned: always
      sample: mail.example.org
    message_id:
      description: C(Message-ID) of the original message.
      type: str
      returned: always
      sample: <1795300020.17@example.org>
    sender:
      description: Envelope sender of the original message, or the nearest to it that the report tells.
      type: str
      returned: always
      sample: sender@example.org
    recipients:
      description: Every recipient that the message tells of. Any value is V(null) where it does not.
      type: list
      elements: dict
      returned: always
      contains:
        address:
          description: The final recipient.
          type: str
          returned: always
          sample: user@example.com
        original_address:
          description: The recipient as the sender wrote it.
          type: str
          returned: always
          sample: user@example.com
        action:
          description: What became of it. V(failed), V(delayed), V(delivered), V(relayed) or V(expanded).
          type: str
          returned: always
          sample: failed
        status:
          description: Status code of the report. Where the report has only a bare one such as 5.0.0 and the remote server was more exact, the remote server's.
          type: str
          returned: always
          sample: 5.1.1
        code:
          description: Reply code.
          type: int
          returned: always
          sample: 550
        text:
          description: The words of the remote server, all lines of the reply joined by spaces, or those of the reporting host where no other took part.
          type: str
          returned: always
          sample: 550 5.1.1 No such user here
        remote_mta:
          description: The host that answered.
          type: str
          returned: always
          sample: mx.example.com
        stage:
          description: The stage of the dialogue at which it answered, for the C(command) of P(postmaster.deliverability.ndr_verdict#filter).
          type: str
          returned: always
          sample: RCPT TO
    feedback_type:
      description: Kind of a complaint.
      type: str
      returned: always
      sample: abuse
    source_address:
      description: The address that sent the message complained about.
      type: str
      returned: always
      sample: 198.51.100.11
    truncated:
      description: Whether the report was longer than what is read of it.
      type: bool
      returned: always
counts:
  description: Number of messages read, per kind. V(none) is ordinary mail.
  returned: success
  type: dict
  sample: {bounce: 12, delayed: 3, delivered: 0, auto_reply: 7, complaint: 1, none: 2}
read:
  description: Number of messages read.
  returned: success
  type: int
older:
  description: Number of messages left out by O(max_age).
  returned: success
  type: int
left:
  description: Number of older messages not looked at because O(max_messages) were read.
  returned: success
  type: int
warnings:
  description: Messages that could not be read.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import run_info_module
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.mailbox import KINDS, survey

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "patterns": {"type": "list", "elements": "str", "default": ["*.eml"]},
    "max_age": {"type": "str"},
    "max_messages": {"type": "int", "default": 1000},
    "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": ["bounce", "delayed", "complaint"]},
}


def main():
    run_info_module(ARGUMENTS, survey)


if __name__ == "__main__":
    main()
