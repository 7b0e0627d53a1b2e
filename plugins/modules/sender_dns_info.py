#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sender_dns_info
short_description: Check what DNS says about the mail servers and domains that send
version_added: 0.1.0
author:
  - The postmaster.deliverability contributors (@postmaster)
description:
  - Checks every identity of a fleet in one run, where an identity is the pair of a source address and the name it greets with.
    PTR record, forward confirmation, HELO name and SPF have to agree before other mail servers trust it.
  - A question that DNS does not answer makes a check V(unknown), neither good nor bad.
  - Run it once for the whole fleet, where the resolver is that you want to ask, normally the controller.
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.attributes.info_module
  - postmaster.deliverability.dns
  - postmaster.deliverability.dns.actiongroup
options:
  identities:
    description: The identities to check.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Whose identity it is, for instance the inventory name. It is given back, and proposed as a PTR name where no better one is known.
        type: str
        required: true
      address:
        description: The IPv4 or IPv6 address that other mail servers see; behind NAT the public one.
        type: str
        required: true
      helo:
        description: The name that the server gives after C(EHLO).
        type: str
        required: true
      domains:
        description: The domains of the envelope senders that leave from this address.
        type: list
        elements: str
        default: []
      role:
        description: Whether the address sends already, or could.
        type: str
        choices: [source, candidate]
        default: source
  domains:
    description: The domains to check, independently of any address.
    type: list
    elements: str
    default: []
seealso:
  - module: postmaster.deliverability.dnsbl_info
"""

EXAMPLES = r"""
- name: Check the identity of a mail server
  postmaster.deliverability.sender_dns_info:
    identities:
      - host: mail1
        address: 198.51.100.11
        helo: mail1.example.com
        domains: [example.com, example.net]
    nameservers: [127.0.0.1]
  delegate_to: localhost
  run_once: true
  register: sender_dns

- name: Show what is wrong, and what to publish or to ask for
  ansible.builtin.debug:
    msg: "{{ sender_dns.identities | map(attribute='checks') | flatten | selectattr('status', 'equalto', 'fail') }}"
"""

RETURN = r"""
identities:
  description: The identities of O(identities), in their order.
  returned: always
  type: list
  elements: dict
  contains:
    host:
      description: As given.
      type: str
      sample: mail1
    address:
      description: As given.
      type: str
      sample: 198.51.100.11
    helo:
      description: As given.
      type: str
      sample: mail1.example.com
    role:
      description: As given.
      type: str
      sample: source
    domains:
      description: As given.
      type: list
      elements: str
      sample: [example.com]
    ptr:
      description: The PTR names of the address.
      type: list
      elements: str
      sample: [mail1.example.com]
    checks:
      description: What was checked, in a fixed order.
      type: list
      elements: dict
      contains:
        control:
          description: Which property.
          type: str
          sample: ptr_exists
        status:
          description: V(pass), V(fail), V(unknown) where DNS gave no answer, or V(not_applicable) where an earlier link of the chain is missing.
          type: str
          sample: fail
        evidence:
          description: One sentence that says why.
          type: str
          sample: 198.51.100.11 has no PTR record.
        publish:
          description: The lines to add to, or to replace in, a zone that you run; V(none) where there is nothing to publish.
          type: str
          sample: example.com. IN TXT "v=spf1 ip4:198.51.100.11 ~all"
        request:
          description: The text to send to the provider of the address; V(none) where there is nothing to ask for.
          type: str
          sample: "Subject: Reverse DNS for 198.51.100.11"
domains:
  description: What was found for each of O(domains), by name.
  returned: always
  type: dict
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import Resolver
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.sender import sender_dns
from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import DNS_OPTIONS, run_info_module

IDENTITY = {
    "host": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "helo": {"type": "str", "required": True},
    "domains": {"type": "list", "elements": "str", "default": []},
    "role": {"type": "str", "choices": ["source", "candidate"], "default": "source"},
}


def work(options):
    resolver = Resolver(nameservers=options["nameservers"], timeout=options["timeout"], retries=options["retries"])
    return sender_dns(options, resolver.run)


def main():
    spec = {
        "identities": {"type": "list", "elements": "dict", "default": [], "options": IDENTITY},
        "domains": {"type": "list", "elements": "str", "default": []},
    }
    run_info_module(dict(spec, **DNS_OPTIONS), work)


if __name__ == "__main__":
    main()
