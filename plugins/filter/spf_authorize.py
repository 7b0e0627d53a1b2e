# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SPF record that authorises an address."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: spf_authorize
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Correct an SPF record so that it authorises an address
description:
  - Gives the smallest correction of an SPF record that lets an address send, ready to publish.
  - The address is added as C(ip4) or C(ip6), which costs no DNS lookup, before anything that could decide otherwise.
    Terms that make receivers reject the record are mended where the meaning is plain and removed otherwise, several records become one,
    and what is repeated, never evaluated or discouraged goes where the record would need more than 10 lookups.
  - It asks no DNS. An address that only an include authorises is added all the same;
    ask M(postmaster.deliverability.sender_dns_info) first whether a record has to change.
positional: addresses
options:
  _input:
    description: The SPF record, the list of all TXT records of the domain, or nothing where there is none yet.
    type: raw
  addresses:
    description: One address or network, or a list of them.
    type: raw
    required: true
  lookups:
    description:
      - The DNS lookups that the whole record costs, includes and all, as M(postmaster.deliverability.sender_dns_info) counts them.
      - Without it, the terms of the record itself are counted.
    type: int
  policy:
    description: How a record ends that has to be written anew.
    type: str
    default: ~all
  domain:
    description:
      - Where the record stands. With it, networks that make a record too long move into records of their own, C(_spf1), C(_spf2) and so on below this domain.
    type: str
  first:
    description:
      - Bring the address before every term that needs a DNS lookup, even where it is authorised behind one.
      - Use it where receivers refuse the address because such a term fails.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the record to publish
  ansible.builtin.debug:
    msg: "example.com. IN TXT {{ ('v=spf1 mx -all' | postmaster.deliverability.spf_authorize('198.51.100.11')).txt }}"
    # example.com. IN TXT "v=spf1 ip4:198.51.100.11 mx -all"

- name: Correct what is published now for two addresses, or write a new record
  ansible.builtin.set_fact:
    spf: "{{ txt_records_of_the_domain | postmaster.deliverability.spf_authorize(['198.51.100.11', '2001:db8::11'], policy='-all') }}"
"""

RETURN = r"""
_value:
  description: The corrected record and what was done.
  type: dict
  contains:
    record:
      description: The whole text.
      type: str
      sample: v=spf1 ip4:198.51.100.11 mx -all
    chunks:
      description: The text in strings of at most 255 octets, as DNS stores them. Joined without anything between them they give the record.
      type: list
      elements: str
    txt:
      description: The same strings, quoted for a zone file.
      type: str
      sample: '"v=spf1 ip4:198.51.100.11 mx -all"'
    changed:
      description: Whether the record differs from the one given.
      type: bool
    added:
      description: The terms added.
      type: list
      elements: str
    removed:
      description: The terms removed.
      type: list
      elements: str
    repaired:
      description: What was mended, in words.
      type: list
      elements: str
    included:
      description: Records to publish before this one, each with C(name), C(record), C(chunks) and C(txt).
      type: list
      elements: dict
    lookups:
      description: The DNS lookups that the corrected record costs in the worst case, as far as they are known.
      type: int
    within_limits:
      description: Whether the record keeps to 10 lookups and a length that fits one small answer.
      type: bool
    problems:
      description: What an edit of this record alone cannot cure.
      type: list
      elements: str
"""


def _spf_authorize(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf_edit import authorize

    return authorize(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"spf_authorize": filter_edge("spf_authorize", _spf_authorize)}
