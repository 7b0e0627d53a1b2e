#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mx_info
short_description: Find the servers that take mail for domains, and who runs them
version_added: 0.1.0
author:
  - The postmaster.deliverability contributors (@postmaster)
description:
  - Asks DNS for the MX records of many domains at once, and for the addresses of the servers that they name.
  - Tells which big provider or filtering service the servers belong to, so that a domain of a company whose mail a provider keeps is known to be such.
  - A question that DNS does not answer makes a domain V(unknown), never one that takes no mail.
  - Run it once for the whole fleet, where the resolver is that you want to ask, normally the controller.
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.attributes.info_module
  - postmaster.deliverability.dns
  - postmaster.deliverability.dns.actiongroup
options:
  domains:
    description: The domains, without the part before C(@).
    type: list
    elements: str
    required: true
seealso:
  - module: postmaster.deliverability.smtp_probe_info
  - module: postmaster.deliverability.sender_dns_info
"""

EXAMPLES = r"""
- name: Who keeps the mail of these domains?
  postmaster.deliverability.mx_info:
    domains: [example.com, example.net]
    nameservers: [127.0.0.1]
  delegate_to: localhost
  run_once: true
  register: exchangers

- name: Show the addresses of the preferred server
  ansible.builtin.debug:
    msg: "{{ (exchangers.domains['example.net'].hosts | first).addresses }}"
"""

RETURN = r"""
domains:
  description: What was found for each of O(domains), by name.
  returned: always
  type: dict
  contains:
    status:
      description: V(ok), V(none) where the domain takes no mail, or V(unknown) where DNS gave no answer.
      type: str
      sample: ok
    why:
      description: Why it is not V(ok), in one sentence; V(none) otherwise.
      type: str
    hosts:
      description: The servers, the preferred first, each with C(preference), C(host) and C(addresses).
      type: list
      elements: dict
      sample: [{preference: 10, host: mx.example.net, addresses: [203.0.113.25]}]
    operator:
      description: The big provider or filtering service that runs them, for instance V(google); V(none) where it is none that is known.
      type: str
      sample: google
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.exchangers import exchangers
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import resolver_for
from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import DNS_OPTIONS, run_info_module

OPTIONS = {"domains": {"type": "list", "elements": "str", "required": True}}


def work(options, progress=None):
    return {"domains": exchangers(options["domains"], resolver_for(options, progress=progress).run)}


def main():
    run_info_module(dict(OPTIONS, **DNS_OPTIONS), work, tells_progress=True)


if __name__ == "__main__":
    main()
