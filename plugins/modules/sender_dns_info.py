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
  - Checks the domains that mail is sent for, with MX, SPF, DMARC, DKIM, MTA-STS, TLS-RPT, DANE and BIMI.
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
  dkim_selectors:
    description:
      - The DKIM selectors that a domain signs with, as a list for each domain.
      - For a domain that is not named here, the usual selectors are tried; finding none of them proves nothing.
    type: dict
    default: {}
  fetch_policies:
    description:
      - Whether the MTA-STS policies that domains announce are fetched over HTTPS and compared with their MX hosts.
      - A policy that cannot be fetched is V(unknown).
    type: bool
    default: true
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

- name: Check the domains that mail is sent for
  postmaster.deliverability.sender_dns_info:
    domains: [example.com, example.net]
    dkim_selectors:
      example.com: [mail2026]
  delegate_to: localhost
  run_once: true
  register: domain_dns

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
    name:
      description: The name that its PTR record and its greeting should both have; V(none) where nothing known could serve.
      type: str
      sample: mail1.example.com
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
          description:
            - The lines to add to, or to replace in, a zone that you run; V(none) where there is nothing to publish.
            - An SPF record authorises all sources of O(identities) that send for the domain.
          type: str
          sample: example.com. IN TXT "v=spf1 ip4:198.51.100.11 ~all"
        request:
          description: The text to send to the provider of the address; V(none) where there is nothing to ask for.
          type: str
          sample: "Subject: Reverse DNS for 198.51.100.11"
    spf:
      description: How SPF was evaluated for each of the domains, and for the HELO name.
      type: list
      elements: dict
      contains:
        scope:
          description: V(mail_from) or V(helo).
          type: str
          sample: mail_from
        domain:
          description: Whose record was asked for.
          type: str
          sample: example.com
        records:
          description: The SPF records that the domain publishes; there should be one.
          type: list
          elements: str
          sample: ["v=spf1 ip4:198.51.100.11 -all"]
        result:
          description: V(none), V(neutral), V(pass), V(fail), V(softfail), V(temperror) or V(permerror).
          type: str
          sample: pass
        reason:
          description: Why, in one sentence.
          type: str
          sample: ip4:198.51.100.11 in the record of example.com matches 198.51.100.11
        lookups:
          description: Terms that needed a DNS lookup; 10 are allowed.
          type: int
          sample: 0
        voids:
          description: Lookups that found nothing; 2 are allowed.
          type: int
          sample: 0
        trace:
          description: The evaluation, line by line.
          type: list
          elements: str
          sample: ["example.com: v=spf1 ip4:198.51.100.11 -all", "  ip4:198.51.100.11: matches, pass", "result: pass"]
    verdict:
      description: All checks as one judgement.
      type: dict
      contains:
        status:
          description: V(pass), V(fail) or V(unknown). Checks that only advise do not spoil it.
          type: str
          sample: fail
        summary:
          description: What is wrong, unknown or advised.
          type: str
          sample: 198.51.100.11 has no PTR record.
        publish:
          description: Everything to publish, each line once; V(none) where there is nothing.
          type: str
        request:
          description: The text to send to the provider of the address; V(none) where there is nothing to ask for.
          type: str
domains:
  description:
    - What was found for each of O(domains), by name.
    - A name that public DNS cannot know has C(checks) only.
  returned: always
  type: dict
  contains:
    checks:
      description: What was checked, in the form of RV(identities[].checks).
      type: list
      elements: dict
    mx:
      description: The MX hosts, each with C(preference), C(host) and C(addresses).
      type: list
      elements: dict
    spf:
      description: The SPF C(record), the C(lookups) and C(voids) of its worst case, and the C(problems) found in it and in its includes.
      type: dict
    dmarc:
      description:
        - The DMARC policy that applies, V(none) without one.
        - It has C(record), C(domain) where it stands, C(organizational_domain), C(policy) that receivers apply, C(testing), C(tags) and C(remarks).
      type: dict
    dkim:
      description: The DKIM keys found, each with C(selector), C(type), C(bits), C(revoked), C(testing), C(strict), C(problems) and C(record).
      type: list
      elements: dict
    mta_sts:
      description: The MTA-STS C(record), its C(id), and the C(policy) if it could be fetched; V(none) where none is announced.
      type: dict
    tls_rpt:
      description: The TLS-RPT C(record) and the addresses that reports go to (C(rua)); V(none) without one.
      type: dict
    dane:
      description: The MX hosts with TLSA C(records), and whether the resolver validated them (C(authenticated)).
      type: list
      elements: dict
    bimi:
      description: The BIMI C(record), C(logo) and C(evidence_document); V(none) without one.
      type: dict
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.mta_sts import MAX_POLICY
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import resolver_for
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.sender import sender_dns
from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import DNS_OPTIONS, run_info_module

FETCH_TIMEOUT = 10
IDENTITY = {
    "host": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "helo": {"type": "str", "required": True},
    "domains": {"type": "list", "elements": "str", "default": []},
    "role": {"type": "str", "choices": ["source", "candidate"], "default": "source"},
}
OPTIONS = {
    "identities": {"type": "list", "elements": "dict", "default": [], "options": IDENTITY},
    "domains": {"type": "list", "elements": "str", "default": []},
    "dkim_selectors": {"type": "dict", "default": {}},
    "fetch_policies": {"type": "bool", "default": True},
}


def fetch(url):
    """Get an MTA-STS policy: (text, problem). RFC 8461, 3.3 forbids following redirects."""
    # It takes as long to load as the rest of the module, and few domains announce a policy.
    from ansible.module_utils.urls import open_url

    try:
        with open_url(url, timeout=FETCH_TIMEOUT, follow_redirects="none") as response:
            return response.read(MAX_POLICY).decode("utf-8", "replace"), None
    except Exception as error:  # certificates, sockets, HTTP and proxies each have their own
        return None, str(error)


def work(options, progress=None):
    return sender_dns(options, resolver_for(options, progress=progress).run, fetch if options["fetch_policies"] else None)


def main():
    run_info_module(dict(OPTIONS, **DNS_OPTIONS), work, tells_progress=True)


if __name__ == "__main__":
    main()
