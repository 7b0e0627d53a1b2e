#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_trace_info
short_description: Tell what became of single messages
version_added: 0.1.0
description:
  - Follows messages through the delivery log of the mail system on a host by their queue ids, and waits for their fate if asked to.
  - Tells what the servers said. What that means is judged on the controller (P(postmaster.deliverability.ndr_verdict#filter)).
  - Needs nothing but Python's standard library on the mail host, and writes nothing there.
author:
  - The postmaster.deliverability contributors (@postmaster)
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.attributes.info_module
options:
  queue_ids:
    description:
      - The messages to follow.
      - Without one, and without O(log_cursor), only the place at which the log ends now is returned.
    type: list
    elements: str
    default: []
  timeout:
    description:
      - Seconds to wait for the fate of every message. V(0) looks once.
      - The module ends as soon as the log tells a fate of each.
    type: float
    default: 0
  log_cursor:
    description:
      - RV(log.cursor) of an earlier run, or RV(postmaster.deliverability.mail_host_info#module:mail_host.log.cursor).
      - Only what was logged since then counts. Without it, the last seven days are read.
    type: dict
  log_files:
    description: Log files to read in place of the mail system's usual ones.
    type: list
    elements: str
  mta:
    description: The mail system of the host. V(auto) looks for one.
    type: str
    choices: [auto, postfix, exim, opensmtpd, sendmail, qmail]
    default: auto
  config_dir:
    description: Configuration directory of the instance. Without it the default instance and, with Postfix, every enabled instance beside it.
    type: path
"""

EXAMPLES = r"""
- name: Note where the log ends
  postmaster.deliverability.mail_trace_info:
  register: before

- name: Let a message go
  postmaster.deliverability.mail_queue:
    action: release
    queue_ids: [4jX41c0TNMzKhxw]

- name: Wait until it is taken or refused
  postmaster.deliverability.mail_trace_info:
    queue_ids: [4jX41c0TNMzKhxw]
    log_cursor: "{{ before.log.cursor }}"
    timeout: 60
  register: trace
"""

RETURN = r"""
messages:
  description: One entry for each of O(queue_ids), in their order.
  returned: success
  type: list
  elements: dict
  contains:
    queue_id:
      description: The message.
      type: str
      returned: always
    outcome:
      description:
        - The last outcome that was logged. Of several recipients, the worst one's counts.
        - V(sent) means that the next server took it, V(unknown) that nothing was logged.
      type: str
      choices: [sent, deferred, bounced, expired, unknown]
      returned: always
    text:
      description: What was said, whole. Empty where the log does not tell.
      type: str
      returned: always
    code:
      description: Reply code in RV(messages[].text), or V(null).
      type: int
      returned: always
    relay_host:
      description: Name of the server, or V(null).
      type: str
      returned: always
    relay_address:
      description: Address of the server, or V(null).
      type: str
      returned: always
    time:
      description: When (RFC 3339, UTC), or V(null).
      type: str
      returned: always
    masked:
      description: Whether the text hides an earlier, true reason, since no delivery was tried.
      type: bool
      returned: always
    recipients:
      description: The same for each recipient that the log names, with C(recipient).
      type: list
      elements: dict
      returned: always
waited:
  description: Seconds that were waited.
  returned: success
  type: int
log:
  description: About the log.
  returned: success
  type: dict
  contains:
    cursor:
      description: The place up to which it was read, for O(log_cursor) of the next run.
      type: dict
      returned: success
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import run_info_module
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.trace import trace

ARGUMENTS = {
    "queue_ids": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "float", "default": 0},
    "log_cursor": {"type": "dict"},
    "log_files": {"type": "list", "elements": "str"},
    "mta": {"type": "str", "choices": ["auto", "postfix", "exim", "opensmtpd", "sendmail", "qmail"], "default": "auto"},
    "config_dir": {"type": "path"},
}


def main():
    run_info_module(ARGUMENTS, trace)


if __name__ == "__main__":
    main()
