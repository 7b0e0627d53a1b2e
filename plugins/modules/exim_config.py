#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: exim_config
short_description: Set routers, transports, macros and passwords of Exim, and take them back
version_added: 0.1.0
author:
  - The postmaster.deliverability contributors (@postmaster)
description:
  - Changes the configuration of Exim 4 in one step, in Debian's layouts (split into small files, or not) and in a single file as of Exim's authors.
    The same options do for all three.
  - A change is tried out in a private folder first. Exim has to accept it and read back what was meant, expansions have to be well-formed, addresses have
    to be on an interface of this host, and the recipients of O(route_check) have to be routed as they should be. Exim's own check lets through
    addresses and expansions that then stop all mail.
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.change
attributes:
  diff_mode:
    details: Passwords are hidden. Of their file the names of the hosts are shown.
options:
  state:
    description:
      - V(present) sets what is named. What an earlier run under the same O(snapshot) name put into its marked blocks, and is not named any more, goes.
      - V(absent) removes what is named, whatever its value is, namely macros, main options, options of routers and transports, logins of O(credentials), and
        those routers and transports that are named without options, where they are in a marked block.
      - V(restored) puts all files back to what they were before the first change under this O(snapshot) name.
    type: str
    choices: [present, absent, restored]
    default: present
  config_dir:
    description:
      - Folder of the configuration, as C(/etc/exim4), or of the file that Exim reads, as C(/var/lib/exim4). Without it Exim's default.
    type: path
  main:
    description:
      - Main options and their values, for instance C(remote_max_parallel). A null value removes the option, so that Exim's default holds.
      - With Debian's layouts, an option that Debian's files set from a macro is set through that macro.
    type: dict
    default: {}
  macros:
    description:
      - Macros and their values. A null value removes the macro.
      - They are kept in C(exim4.conf.localmacros), in C(conf.d/main/000_localmacros) or, in a single file, at its top. Where a macro is
        defined already, it is changed in place.
    type: dict
    default: {}
  debconf:
    description:
      - Values of Debian's C(update-exim4.conf.conf), for instance C(dc_eximconfig_configtype) and C(dc_smarthost). Lists are joined with semicolons.
      - White space around the items of C(dc_smarthost) is taken out, since it breaks the router.
    type: dict
    default: {}
  routers:
    description:
      - Routers. A name that is not there yet becomes a new router, in this order put before all others. Where the first has no C(domains) of its own, they
        are put before the one that takes mail for any domain outside, and what routers before that are for is left to them.
      - The new routers are in a marked block, which each run under the same O(snapshot) name writes anew.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the router.
        type: str
        required: true
      like:
        description:
          - Router that a new one is a copy of. Without it, and without a C(driver) among the options, the one that takes mail for any domain outside.
          - Not looked at where the router exists.
        type: str
      hosts:
        description:
          - Send to these hosts instead of those of the recipient's domain. The router becomes a C(manualroute) one.
          - Hosts of the lowest O(routers[].hosts[].priority) are tried first. Those of the same priority are tried in random order.
        type: list
        elements: dict
        default: []
        suboptions:
          host:
            description: Name or address.
            type: str
            required: true
          port:
            description: Port. Without it that of the transport.
            type: int
          priority:
            description: Lower is earlier.
            type: int
            default: 0
      options:
        description:
          - Options, for instance C(domains) and C(transport). A null value removes the option. Lists become lists of Exim, with their separators doubled
            where needed.
        type: dict
        default: {}
  transports:
    description:
      - Transports. A name that is not there yet becomes a new transport, in a marked block as for O(routers).
      - An option that Debian's files set from a macro is set through that macro. With the split layout, other changes of a file of Debian's are made in
        a copy whose name ends in C(.rul), which counts in place of the file.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the transport. V(*) stands for each transport of the routers that take mail for any domain outside.
        type: str
        required: true
      like:
        description:
          - Transport that a new one is a copy of. Without it, and without a C(driver) among the options, that of the router which takes mail for any domain
            outside.
          - Not looked at where the transport exists.
        type: str
      options:
        description:
          - Options, for instance C(interface), C(helo_data), C(hosts_require_auth), C(hosts_require_tls), C(max_parallel), C(max_rcpt),
            C(connection_max_messages) or C(serialize_hosts). A null value removes the option.
          - A list for C(interface) is written with semicolons between its addresses. It is tried for one IPv4 and one IPv6 address at most.
          - As soon as C(interface) names addresses of one family only, Exim uses whatever address it likes with the other.
        type: dict
        default: {}
  retry:
    description: Retry rules, put before all others in this order, as C(example.net * F,2h,5m).
    type: list
    elements: str
    default: []
  credentials:
    description:
      - User names and passwords for smarthosts, in C(passwd.client) beside the configuration, which only root and Exim may read.
      - In a single file, client authenticators that look there are added where there are none.
      - They are sent over TLS only, unless the configuration says otherwise.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description:
          - Name of the server. Exim looks for the login under its canonical name. Where the given one is an alias now, the login is written under both.
            Where what is behind an alias changes, as with large providers, use a pattern such as V(*.example.com), or V(*) for any server.
        type: str
        required: true
      username:
        description: User name. Needed to set a login.
        type: str
      password:
        description: Password. Needed to set a login.
        type: str
  route_check:
    description:
      - Recipients that are routed on trial (C(exim -bt)) before the change is made. One that cannot be delivered, or not in the way that is given, is
        a reason to change nothing.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: Address of a recipient.
        type: str
        required: true
      router:
        description: Router that has to take it.
        type: str
      transport:
        description: Transport that has to be used.
        type: str
  reload:
    description:
      - Reload Exim's daemon where it runs and something changed. When it does not survive, the files are put back and the module fails.
      - With V(false), notify a handler. New mail is delivered by the new configuration at once. The daemon tries what waits by the old one until then.
    type: bool
    default: true
  snapshot:
    default: exim_config
notes:
  - Exim has no delay between deliveries to a destination. A provider that asks for less gets it by C(max_parallel), C(serialize_hosts),
    C(connection_max_messages) and O(retry).
  - A configuration that another program writes, such as cPanel's, is refused.
"""

EXAMPLES = r"""
- name: Send from the second address, under its own name, whatever the layout
  postmaster.deliverability.exim_config:
    transports:
      - name: "*"
        options:
          interface: [198.51.100.12, "2001:db8::12"]
          helo_data: mail2.example.com

- name: Send to two domains from the second address
  postmaster.deliverability.exim_config:
    snapshot: second_address
    routers:
      - name: out2
        options:
          domains: [example.net, example.org]
          transport: out2
    transports:
      - name: out2
        options:
          interface: 198.51.100.12
          helo_data: mail2.example.com
    route_check:
      - address: postmaster@example.net
        transport: out2

- name: Go back
  postmaster.deliverability.exim_config:
    snapshot: second_address
    state: restored

- name: Send two domains' mail through smarthosts, never without TLS and a login
  postmaster.deliverability.exim_config:
    snapshot: smarthost
    routers:
      - name: relay
        options:
          domains: [example.net, example.org]
          transport: relay
        hosts:
          - {host: smtp1.example.com, port: 587}
          - {host: smtp2.example.com, port: 587}
          - {host: smtp.example.net, port: 587, priority: 1}
    transports:
      - name: relay
        options:
          hosts_require_auth: "*"
          hosts_require_tls: "*"
    credentials:
      - host: "*.example.com"
        username: user
        password: "{{ vault_smarthost_password }}"

- name: Send everything through a smarthost, the way of Debian
  postmaster.deliverability.exim_config:
    debconf:
      dc_eximconfig_configtype: smarthost
      dc_smarthost: [smtp.example.com::587]
    transports:
      - name: remote_smtp_smarthost
        options:
          interface: 198.51.100.12
          hosts_require_auth: "*"
          hosts_require_tls: "*"

- name: Send one message at a time to a host that asks for less
  postmaster.deliverability.exim_config:
    snapshot: slower
    routers:
      - name: slow
        options: {domains: example.net, transport: slow}
    transports:
      - name: slow
        options: {max_parallel: 1, serialize_hosts: "*", connection_max_messages: 10}
"""

RETURN = r"""
config_file:
  description: The file that Exim reads.
  type: str
  returned: success
layout:
  description: V(split) and V(unsplit) are Debian's, V(single) is a file of its own.
  type: str
  returned: success
files:
  description: Files that were changed, or would be.
  type: list
  elements: str
  returned: success
previous:
  description:
    - What was there before this run, as C(main), C(macros), C(debconf), C(routers) and C(transports). A null value was not set.
  type: dict
  returned: when O(state) is not V(restored)
routes:
  description: How the recipients of O(route_check) are routed by the new configuration, each with C(address), C(router), C(transport) and C(hosts).
  type: list
  elements: dict
  returned: when O(state) is not V(restored)
reloaded:
  description: Whether the daemon was reloaded. It is not where it does not run.
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

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim import change, secrets
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.transaction import WAY_BACK_OPTIONS
from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import run_change_module

HOST = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int"},
    "priority": {"type": "int", "default": 0},
}
ROUTER = {
    "name": {"type": "str", "required": True},
    "like": {"type": "str"},
    "hosts": {"type": "list", "elements": "dict", "default": [], "options": HOST},
    "options": {"type": "dict", "default": {}},
}
TRANSPORT = {
    "name": {"type": "str", "required": True},
    "like": {"type": "str"},
    "options": {"type": "dict", "default": {}},
}
CREDENTIAL = {
    "host": {"type": "str", "required": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
}
ROUTE = {
    "address": {"type": "str", "required": True},
    "router": {"type": "str"},
    "transport": {"type": "str"},
}
ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent", "restored"], "default": "present"},
    "config_dir": {"type": "path"},
    "main": {"type": "dict", "default": {}},
    "macros": {"type": "dict", "default": {}},
    "debconf": {"type": "dict", "default": {}},
    "routers": {"type": "list", "elements": "dict", "default": [], "options": ROUTER},
    "transports": {"type": "list", "elements": "dict", "default": [], "options": TRANSPORT},
    "retry": {"type": "list", "elements": "str", "default": []},
    "credentials": {"type": "list", "elements": "dict", "default": [], "options": CREDENTIAL},
    "route_check": {"type": "list", "elements": "dict", "default": [], "options": ROUTE},
    "reload": {"type": "bool", "default": True},
    "snapshot": {"type": "str", "default": "exim_config"},
    **WAY_BACK_OPTIONS,
}


def main():
    run_change_module(ARGUMENTS, change, secrets)


if __name__ == "__main__":
    main()
