#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dnsbl_info
short_description: Ask DNS blocklists about addresses and domains, and say what may be believed
version_added: 0.1.0
author:
  - The postmaster.deliverability contributors (@postmaster)
description:
  - Asks the blocklists of a built-in catalogue, and lists of your own, about all addresses and domains of a fleet in one run.
  - Every list first has to show through the same resolver that it works (RFC 5782). A list that refuses the resolver, does not answer, lists the
    whole world or hides its test entry makes a result V(unknown); it is never taken for clean and never for listed.
  - A list that forbids or limits questions is treated so. Closed lists are not asked.
  - Run it once for the whole fleet, where a resolver of your own can be asked, normally the controller.
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.attributes.info_module
  - postmaster.deliverability.dns
  - postmaster.deliverability.dns.actiongroup
options:
  addresses:
    description:
      - The IPv4 and IPv6 addresses to look up, as other mail servers see them; behind NAT that is the public address.
      - Loopback, private, link-local and carrier-grade NAT addresses are V(skipped).
    type: list
    elements: str
    default: []
  domains:
    description: The domains and host names to look up, for instance HELO names, envelope domains, DKIM domains and PTR names.
    type: list
    elements: str
    default: []
  profile:
    description:
      - Which lists of the catalogue to ask.
      - V(default) are those that some receivers use, V(major) those whose listing makes many receivers refuse, V(all) includes small ones, allow
        lists and scales, and V(none) asks O(own_zones) only.
    type: str
    choices: [default, major, all, none]
    default: default
  zones:
    description: Names of lists in the catalogue, to ask these in place of O(profile).
    type: list
    elements: str
  exclude_zones:
    description: Names of lists not to ask.
    type: list
    elements: str
    default: []
  own_zones:
    description:
      - Lists that are not in the catalogue, or other facts about lists that are in it. They are asked beside those of O(profile) or O(zones).
    type: list
    elements: dict
    default: []
    suboptions:
      zone:
        description: The zone to ask. C({key}.) at its front stands for the entry of O(keys) that O(own_zones[].key) names.
        type: str
        required: true
      name:
        description: What people call it.
        type: str
      operator:
        description: Who keeps it. Lists of one operator count once towards O(quorum).
        type: str
      takes:
        description: What it may be asked. The default is V(ip4).
        type: list
        elements: str
        choices: [ip4, ip6, domain]
      role:
        description: Whether it is a blocklist (the default), a list in which it is good to be found, or a scale or an attribute.
        type: str
        choices: [block, allow, info]
      match:
        description: Whether only O(own_zones[].codes) count (the default), the bits of the last octet, or any address in 127.0.0.0/8.
        type: str
        choices: [exact, bitmask, any127]
      codes:
        description:
          - The answers that are a listing, as a dictionary of an address (or a bit, for V(bitmask)) and its meaning, or of an address and a dictionary
            with C(meaning) and C(cause). C(127.0.0.2-9) and C(127.0.1.*) are possible.
          - The default is V(127.0.0.2).
        type: dict
      information:
        description: The answers that are no listing but no error either, with their meanings.
        type: dict
      refusals:
        description: The answers by which it refuses, as a dictionary of an address and a list of the reason and the meaning. 127.255.255.0/24 always is one.
        type: dict
      cause:
        description: What a listing asks for, as a row of the catalogue's table of causes, for instance V(range_policy) or V(exploited).
        type: str
      impact:
        description: How many receivers refuse mail for it. The default is V(low).
        type: str
        choices: [none, low, medium, high]
      tests:
        description:
          - "Its test points, where they are not those of RFC 5782: a dictionary of V(ip4), V(ip6) or V(domain) and a list of two names, one that is
            listed and one that is not, or V(null) where there is no such name."
        type: dict
      parents:
        description: Whether to ask for the parent domains as well.
        type: bool
      limit:
        description: C(per_second) and C(per_day), the number of questions that it allows.
        type: dict
      key:
        description: The entry of O(keys) that C({key}) stands for.
        type: str
      lookup:
        description: The page that shows why something is listed; C({subject}) is filled in.
        type: str
      removal:
        description: The page for the removal; C({subject}) is filled in.
        type: str
      force:
        description: Ask it although it is known to be closed.
        type: bool
  keys:
    description:
      - Your keys for lists that need one. C(spamhaus_dqs) puts the keyed lists of Spamhaus in the place of the public ones; C(abusix) and
        C(trendmicro) (the activation code without its dashes) add theirs.
      - A key is part of the name that is asked, so the resolver sees it. It shows in no result.
    type: dict
  quorum:
    description: How many operators must list a subject before its state is V(listed) or V(policy). A list of high impact is enough by itself.
    type: int
    default: 1
  limit_wait:
    description:
      - Seconds that a run may go on for lists that allow a few questions a second only. What they cannot be asked in this time is V(unknown), with the
        reason V(over_quota).
    type: int
    default: 30
seealso:
  - module: postmaster.deliverability.sender_dns_info
"""

EXAMPLES = r"""
- name: Look up two addresses and the name that they greet with
  postmaster.deliverability.dnsbl_info:
    addresses: [198.51.100.11, "2001:db8::25"]
    domains: [mail.example.com]
    nameservers: [127.0.0.1]
  register: blocklists

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ blocklists.subjects | dict2items | selectattr('value.state', 'in', ['listed', 'policy', 'unknown']) }}"

- name: Use a key for Spamhaus, and a list of your own
  postmaster.deliverability.dnsbl_info:
    addresses: [198.51.100.11]
    keys:
      spamhaus_dqs: "{{ vault_spamhaus_key }}"
    own_zones:
      - zone: bl.example.net
        name: Example list
        codes:
          127.0.0.2: spam was seen
          127.0.0.10: {cause: range_policy, meaning: dynamic range}
        impact: medium
        removal: https://bl.example.net/remove?{subject}
"""

RETURN = r"""
subjects:
  description: What the lists say about each of O(addresses) and O(domains), by the text given.
  returned: always
  type: dict
  contains:
    state:
      description:
        - V(listed); V(policy) if only lists of ranges that should not send mail directly have it; V(clean); V(unknown) if a list of medium or high
          impact, or every list, gave no answer; V(skipped) for what no list knows.
      type: str
      sample: listed
    severity:
      description: The highest impact of a list that has it, V(none), V(low), V(medium) or V(high). It does not grow with the number of lists.
      type: str
      sample: high
    why:
      description: One sentence for V(skipped) and V(unknown), otherwise empty.
      type: str
      sample: a private address (RFC 1918)
    clean:
      description: How many lists say that it is not listed.
      type: int
      sample: 25
    unknown:
      description: The lists that gave no answer about it.
      type: list
      elements: str
      sample: [bl.example.net]
    listings:
      description: What the other lists say. Where the resolver itself is the trouble, unanswered lists of low impact stand in RV(subjects.unknown) only.
      type: list
      elements: dict
      contains:
        zone:
          description: The list, without the customer's key.
          type: str
          sample: zen.spamhaus.org
        name:
          description: What people call it.
          type: str
          sample: Spamhaus ZEN
        operator:
          description: Who keeps it.
          type: str
          sample: Spamhaus
        state:
          description: V(listed), V(policy), V(allowlisted), V(informational) or V(unknown).
          type: str
          sample: policy
        why:
          description:
            - The reason of V(unknown), V(resolver_refused), V(over_quota), V(key_required), V(servfail), V(timeout), V(not_loopback), V(rewritten),
              V(code_unknown), V(zone_dead) or V(self_test_failed); otherwise empty.
          type: str
          sample: ""
        codes:
          description: The addresses that the list answered.
          type: list
          elements: str
          sample: [127.0.0.10]
        meaning:
          description: What they mean.
          type: str
          sample: "PBL: the provider says that this range sends no mail directly"
        text:
          description: What the list says itself, from its TXT record. It is text of a stranger.
          type: str
          sample: https://www.spamhaus.org/query/ip/203.0.113.77
        lookup_url:
          description: Where to read why.
          type: str
          sample: https://check.spamhaus.org/
        removal_url:
          description: Where to ask for the removal.
          type: str
          sample: https://check.spamhaus.org/
        remedy:
          description: The remedy, as a word of this collection.
          type: str
          sample: use_smarthost
        advice:
          description: What to do.
          type: str
          sample: Mend the cause; the entry ends by itself.
        impact:
          description: How many receivers refuse mail for it.
          type: str
          sample: high
        kind:
          description: V(policy), V(exploited), V(spam_source), V(reputation), V(network), V(domain), V(allow) or V(info).
          type: str
          sample: policy
        clean_before_switch:
          description: Whether it is a sign of a compromise or of real spam, which forbids a move to another address before the cause is gone.
          type: bool
          sample: false
zones:
  description: The state of each list, by its name.
  returned: always
  type: dict
  contains:
    name:
      description: What people call it.
      type: str
      sample: Spamhaus ZEN
    health:
      description:
        - V(ok), V(refused), V(dead), V(unreachable), V(suspect) if it hides its test entry, or V(skipped) if nothing that it takes was asked or its key
          is missing.
      type: str
      sample: ok
    reason:
      description: The same word as in RV(subjects.listings[].why), or empty.
      type: str
      sample: ""
    why:
      description: One sentence, or empty.
      type: str
      sample: ""
    asked:
      description: How many subjects it was asked about.
      type: int
      sample: 4
    answered:
      description: How many of them it answered.
      type: int
      sample: 4
    impact:
      description: How many receivers refuse mail for it.
      type: str
      sample: high
    role:
      description: V(block), V(allow) or V(info).
      type: str
      sample: block
resolver:
  description: What the lists show of the resolver.
  returned: always
  type: dict
  contains:
    state:
      description:
        - V(ok); V(refused) if lists refuse it; V(blind) if it hides all of them; V(rewrites) if it invents answers; V(failing) or V(unreachable).
      type: str
      sample: ok
    why:
      description: One sentence, or empty.
      type: str
      sample: ""
    nameservers:
      description: For each nameserver how many questions it was sent, how many it answered, how many times it was late, and its usual answer time.
      type: list
      elements: dict
      sample: [{nameserver: "127.0.0.1:53", sent: 140, answered: 140, late: 0, milliseconds: 0.3}]
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dnsbl import dnsbl_info
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.zones import FAMILIES, PROFILES, ROLES
from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import DNS_OPTIONS, run_info_module
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import IMPACTS

OWN_ZONE = {
    "zone": {"type": "str", "required": True},
    "name": {"type": "str"},
    "operator": {"type": "str"},
    "takes": {"type": "list", "elements": "str", "choices": list(FAMILIES)},
    "role": {"type": "str", "choices": list(ROLES)},
    "match": {"type": "str", "choices": ["exact", "bitmask", "any127"]},
    "codes": {"type": "dict"},
    "information": {"type": "dict"},
    "refusals": {"type": "dict"},
    "cause": {"type": "str"},
    "impact": {"type": "str", "choices": list(IMPACTS)},
    "tests": {"type": "dict"},
    "parents": {"type": "bool"},
    "limit": {"type": "dict"},
    "key": {"type": "str", "no_log": False},
    "lookup": {"type": "str"},
    "removal": {"type": "str"},
    "force": {"type": "bool"},
}

OPTIONS = {
    "addresses": {"type": "list", "elements": "str", "default": []},
    "domains": {"type": "list", "elements": "str", "default": []},
    "profile": {"type": "str", "choices": list(PROFILES), "default": "default"},
    "zones": {"type": "list", "elements": "str"},
    "exclude_zones": {"type": "list", "elements": "str", "default": []},
    "own_zones": {"type": "list", "elements": "dict", "options": OWN_ZONE, "default": []},
    "keys": {"type": "dict", "no_log": True},
    "quorum": {"type": "int", "default": 1},
    "limit_wait": {"type": "int", "default": 30},
}


def main():
    run_info_module({**DNS_OPTIONS, **OPTIONS}, dnsbl_info, tells_progress=True)


if __name__ == "__main__":
    main()
