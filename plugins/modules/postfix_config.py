#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postfix_config
short_description: Set parameters of main.cf and services of master.cf, and take them back
version_added: 0.1.0
author:
  - The postmaster.deliverability contributors (@postmaster)
description:
  - Changes C(main.cf) and C(master.cf) of one Postfix instance in one step.
  - A change is tried out in a private folder first. Postfix's own programs have to accept it and read back what was meant. Addresses have to be
    on an interface of this host, lookup tables have to open, and times, numbers and switches of the SMTP client have to be such. Postfix's own check
    lets through several values that then stop all mail.
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.change
attributes:
  check_mode:
    details: All tests of the change are run but C(postfix check), which may mend folders of the queue.
  diff_mode:
    details: Passwords written out in an C(inline) or C(static) table are hidden.
options:
  state:
    description:
      - V(present) sets what is named.
      - V(absent) removes the named parameters and overrides whatever their value is, and services that are named with O(services[].like),
        O(services[].command) or without overrides.
      - V(restored) puts both files back to what they were before the first change under this O(snapshot) name.
    type: str
    choices: [present, absent, restored]
    default: present
  config_dir:
    description: Configuration folder of the instance. Without it the default instance.
    type: path
  parameters:
    description:
      - Parameters of C(main.cf) and their values. A null value removes the parameter, so that Postfix's default holds.
      - Switches become V(yes) and V(no), and lists are joined with commas. A value over several lines is written over several lines.
      - A value that means the same to Postfix is left as it is written. Of several definitions the last one counts. It is changed in place,
        and those before it are removed then.
      - Passwords do not belong here, since every user may read C(main.cf). Name a file, as in C(smtp_sasl_password_maps=texthash:/etc/postfix/sasl_passwd).
    type: dict
    default: {}
  services:
    description: Services of C(master.cf).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: First column, for instance V(smtp) or V(127.0.0.1:10025).
        type: str
        required: true
      type:
        description: Second column.
        type: str
        choices: [inet, unix, unix-dgram, fifo, pass]
        default: unix
      overrides:
        description: Parameters for this service alone (C(-o name=value)). A null value removes the override.
        type: dict
        default: {}
      like:
        description:
          - A service, as C(name/type), that a new one is a copy of, with its overrides. Its own columns and overrides can be given beside it.
          - Not looked at where the service exists.
        type: str
      command:
        description: The program, one word. A new service needs it or O(services[].like).
        type: str
      private:
        description: Third column, V(y), V(n) or V(-).
        type: str
      unprivileged:
        description: Fourth column, V(y), V(n) or V(-).
        type: str
      chroot:
        description: Fifth column, V(y), V(n) or V(-).
        type: str
      wakeup:
        description: Sixth column.
        type: str
      process_limit:
        description: Seventh column, the most processes at one time.
        type: str
  reload:
    description:
      - Reload Postfix where it runs and something changed. When it refuses or does not survive, the files are put back and the module fails.
      - With V(false), notify a handler. Without a reload a change leaks in gradually, as Postfix's processes are renewed.
    type: bool
    default: true
  snapshot:
    default: postfix_config
notes:
  - A change of C(inet_interfaces) or C(inet_protocols) in C(main.cf) needs a restart, which this module leaves to you. RV(restart_required) tells.
"""

EXAMPLES = r"""
- name: Send from the second address, under its own name
  postmaster.deliverability.postfix_config:
    parameters:
      smtp_bind_address: 198.51.100.12
      smtp_helo_name: mail2.example.com

- name: Send to some destinations from the second address
  postmaster.deliverability.postfix_config:
    snapshot: second_address
    parameters:
      transport_maps: "inline:{ { example.net = out2: }, { example.org = out2: } }"
    services:
      - name: out2
        like: smtp/unix
        overrides:
          smtp_bind_address: 198.51.100.12
          smtp_helo_name: mail2.example.com

- name: Go back
  postmaster.deliverability.postfix_config:
    snapshot: second_address
    state: restored

- name: Deliver over IPv4 alone
  postmaster.deliverability.postfix_config:
    services:
      - name: smtp
        overrides:
          inet_protocols: ipv4

- name: Let the default hold again
  postmaster.deliverability.postfix_config:
    parameters:
      relayhost: null
"""

RETURN = r"""
config_dir:
  description: Configuration folder of the instance.
  type: str
  returned: success
files:
  description: Files that were changed, or would be.
  type: list
  elements: str
  returned: success
previous:
  description:
    - What was there before this run, as C(parameters) and C(services). A null value was not set.
    - Tables of passwords are given as V((hidden\)).
  type: dict
  returned: when O(state) is not V(restored)
reloaded:
  description: Whether Postfix was reloaded. It is not where it does not run.
  type: bool
  returned: success
restart_required:
  description: Whether the change counts only after a restart.
  type: bool
  returned: success
snapshot_dir:
  description: Where the copies are while there is something to go back to.
  type: str
  returned: success
foreign:
  description: Files that somebody else changed since.
  type: list
  elements: str
  returned: when O(state=restored) is refused
difference:
  description: What somebody else changed, as a unified diff.
  type: str
  returned: when O(state=restored) is refused
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix import change, secrets
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix_text import SERVICE_TYPES
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.transaction import WAY_BACK_OPTIONS
from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import run_change_module

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent", "restored"], "default": "present"},
    "config_dir": {"type": "path"},
    "parameters": {"type": "dict", "default": {}},
    "services": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "choices": list(SERVICE_TYPES), "default": "unix"},
            "overrides": {"type": "dict", "default": {}},
            "like": {"type": "str"},
            "command": {"type": "str"},
            "private": {"type": "str"},
            "unprivileged": {"type": "str"},
            "chroot": {"type": "str"},
            "wakeup": {"type": "str"},
            "process_limit": {"type": "str"},
        },
    },
    "reload": {"type": "bool", "default": True},
    "snapshot": {"type": "str", "default": "postfix_config"},
    **WAY_BACK_OPTIONS,
}


def main():
    run_change_module(ARGUMENTS, change, secrets)


if __name__ == "__main__":
    main()
