#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_queue
short_description: Flush, hold, release, requeue or delete waiting mail
version_added: 0.1.0
author:
  - The postmaster.deliverability contributors (@postmaster)
description:
  - Does one thing to the messages of a mail queue that are for certain destinations, wait for a certain reason, or are of a certain age.
  - Nothing is done to the whole queue without O(all). Deleting always needs a selection, and the number of messages that it is expected to find.
  - Check mode lists what would be touched.
  - Works with Postfix and Exim, and needs root. The queue is read as M(postmaster.deliverability.mail_host_info) reads it.
extends_documentation_fragment:
  - postmaster.deliverability.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows the ids of the selected messages and the queue that each is in.
  idempotent:
    support: partial
    details: Holding, releasing and deleting are done once. Messages are flushed and requeued whenever that is asked for.
options:
  action:
    description:
      - V(flush) tries deferred messages now.
      - V(hold) keeps messages from being tried, until they are released.
      - V(release) lets held messages go.
      - V(requeue) takes messages in again, as needed after a change of address rewriting or content filters. Held messages stay on hold.
        With Postfix, it takes up to a minute, and the ids change. Exim routes a message anew at each try, so that it is a V(flush) there.
      - V(delete) removes messages for good. Their senders are told nothing.
    type: str
    choices: [flush, hold, release, requeue, delete]
    required: true
  queue_ids:
    description: Only these messages.
    type: list
    elements: str
    default: []
  destinations:
    description: Only messages that wait for recipients in one of these domains.
    type: list
    elements: str
    default: []
  reason:
    description: Only messages whose reason for waiting fits this regular expression, in any case of letters.
    type: str
  older_than:
    description: Only messages that arrived at least this long ago, for instance V(90m), V(24h) or V(2d).
    type: str
  all:
    description: All messages. Not with O(action=delete).
    type: bool
    default: false
  note:
    description:
      - File on the host in which the ids of messages are noted before they are held.
      - With O(action=release) only messages that were noted there are released, not those that somebody else holds. Without O(queue_ids), all of them
        are, and the file is removed.
    type: path
  expected_count:
    description:
      - How many messages have to be selected. With any other number, nothing is done and the module fails.
      - Required with O(action=delete). Only check mode goes without it, since it is how one learns the number.
    type: int
  mta:
    description: The mail system. V(auto) looks for it.
    type: str
    choices: [auto, postfix, exim]
    default: auto
  config_dir:
    description: Configuration folder of the instance. Without it the default instance.
    type: path
notes:
  - Exim's word for held is frozen. It freezes messages itself too, mostly bounces that nobody takes, and removes what has been frozen for longer
    than its C(timeout_frozen_after), which is a week with Debian. Whatever is released, flushed or requeued is tried at once, one message after the other,
    while the module has ended.
  - A message is selected when every filter that is given fits one of its recipients. It is one file with all its recipients, so all of them are held
    or released with it. It is deleted only when the filters fit every recipient that still waits. RV(partly) tells of the others.
"""

EXAMPLES = r"""
- name: Keep what a provider refuses from expiring while its cause is mended
  postmaster.deliverability.mail_queue:
    action: hold
    destinations: [example.net]
    reason: blocked using

- name: Let one message go, to see whether it is taken now
  postmaster.deliverability.mail_queue:
    action: release
    queue_ids: [4jX41c0TNMzKhxw]

- name: Hold what waits for a provider, and remember what was held
  postmaster.deliverability.mail_queue:
    action: hold
    destinations: [example.net]
    note: /var/lib/postmaster.deliverability/held.json

- name: Release just that
  postmaster.deliverability.mail_queue:
    action: release
    note: /var/lib/postmaster.deliverability/held.json

- name: Delete what a mistaken job sent, three messages
  postmaster.deliverability.mail_queue:
    action: delete
    destinations: [example.org]
    reason: '^550 5\.1\.1'
    older_than: 1d
    expected_count: 3
"""

RETURN = r"""
mta:
  description: The mail system.
  type: str
  returned: success
action:
  description: What was asked for.
  type: str
  returned: success
count:
  description: How many messages were selected.
  type: int
  returned: success
done:
  description: To how many messages it was done. Messages may be delivered in between. In check mode it is RV(count).
  type: int
  returned: success
messages:
  description:
    - The selected messages, at most 100, each with C(queue_id), C(queue), C(sender), C(recipients), C(size), C(arrival), C(age) in seconds and C(reason).
    - Messages that are already as asked for, such as held ones with O(action=hold), are not selected.
  type: list
  elements: dict
  returned: success
left:
  description: How many more there are than RV(messages) lists.
  type: int
  returned: success
partly:
  description: Messages that were not deleted because only some of their recipients fit, at most 100.
  type: list
  elements: dict
  returned: success
missing:
  description: Ids of O(queue_ids) that are not in the queue.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.queue import ACTIONS, TOOLS, handle
from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import run_change_module

ARGUMENTS = {
    "action": {"type": "str", "choices": list(ACTIONS), "required": True},
    "queue_ids": {"type": "list", "elements": "str", "default": []},
    "destinations": {"type": "list", "elements": "str", "default": []},
    "reason": {"type": "str"},
    "older_than": {"type": "str"},
    "all": {"type": "bool", "default": False},
    "note": {"type": "path"},
    "expected_count": {"type": "int"},
    "mta": {"type": "str", "choices": ["auto", *TOOLS], "default": "auto"},
    "config_dir": {"type": "path"},
}


def main():
    run_change_module(ARGUMENTS, handle)


if __name__ == "__main__":
    main()
