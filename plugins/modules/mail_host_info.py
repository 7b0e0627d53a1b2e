#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_host_info
short_description: Tell who a mail host is, what its queue holds and what became of its mail
version_added: 0.1.0
description:
  - Reads identity, queue and delivery log of the mail system on a host, or of a snapshot recorded on one.
  - Returns facts only. Texts of remote servers are returned whole and grouped; what they mean is judged on the controller
    (P(postmaster.deliverability.ndr_verdict#filter)).
  - Needs nothing but Python's standard library on the mail host, writes nothing there, and returns the place in the log up to which it read, so that
    the next run goes on from there.
author:
  - The postmaster.deliverability contributors (@postmaster)
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.attributes.info_module
options:
  gather_subset:
    description: What to look at. RV(mail_host) has no key for what is left out.
    type: list
    elements: str
    choices: [identity, queue, log]
    default: [identity, queue, log]
  mta:
    description:
      - The mail system of the host.
      - V(auto) looks for one, on a live host by its programs and files, in a snapshot by the names of the recorded files.
      - V(exchange) and V(cisco_esa) cannot run this module; they are read from a O(snapshot) of their exports.
    type: str
    choices: [auto, postfix, exim, opensmtpd, sendmail, qmail, exchange, cisco_esa]
    default: auto
  config_dir:
    description:
      - Configuration directory of the one instance to look at. Without it the default instance and, with Postfix, every enabled instance beside it.
      - The log is then read for this instance's lines only.
    type: path
  log_files:
    description:
      - Log files to read in place of the mail system's usual ones; rotated files beside them (V(.1), V(.2.gz), V(-20261121)) are found.
      - With O(snapshot), names inside that directory.
    type: list
    elements: str
  log_cursor:
    description: RV(mail_host.log.cursor) of an earlier run. Only lines behind it are read, wherever rotation moved them meanwhile.
    type: dict
  log_since:
    description:
      - Leave out lines older than this, a duration such as V(24h) or V(7d), or an RFC 3339 time.
      - Without it and without O(log_cursor), a live log is read V(7d) back, and a snapshot's from its start.
    type: str
  snapshot:
    description:
      - Directory on the target with evidence recorded on a mail host, read in place of the live system.
      - Its file C(recorded_at) is the "now" of every age. The mail systems guide in the collection's C(docs) directory lists the other files.
    type: path
  max_groups:
    description: The most groups and the most delivery destinations to return; the others are summed in C(rest).
    type: int
    default: 50
"""

EXAMPLES = r"""
- name: Look at the mail system of each host
  postmaster.deliverability.mail_host_info:
  register: mail

- name: Look at a support bundle
  postmaster.deliverability.mail_host_info:
    snapshot: /srv/bundles/shop
  delegate_to: localhost

- name: Read on where the last run ended
  postmaster.deliverability.mail_host_info:
    gather_subset: [log]
    log_cursor: "{{ stored.mail_host.log.cursor }}"
"""

RETURN = r"""
mail_host:
  description: The facts. Times are RFC 3339 in UTC, ages seconds, sizes bytes.
  returned: success, and as far as it got on failure
  type: dict
  contains:
    schema_version:
      description: Version of this structure.
      type: int
      returned: always
      sample: 1
    mta:
      description: Name, version and configuration directory of the mail system; with several Postfix instances also C(instances), inside another product also
        C(product).
      type: dict
      returned: always
      sample: {name: postfix, version: 3.7.11, config_dir: /etc/postfix}
    now:
      description: The moment to which ages refer.
      type: str
      returned: always
      sample: "2026-11-21T20:34:16Z"
    snapshot:
      description: Whether this comes from a snapshot.
      type: bool
      returned: always
    identity:
      description: Who the host is when it sends mail.
      type: dict
      returned: if O(gather_subset) has V(identity)
      contains:
        hostname:
          description: The name that the mail system goes by.
          type: str
          returned: always
        local_addresses:
          description: Addresses of the interfaces that can speak to other hosts.
          type: list
          elements: str
          returned: always
        sources:
          description: For each outgoing transport, the default one first, C(transport), C(address4), C(address6), C(helo), C(protocols) and C(origin), which is
            the setting that decided the address. An address is V(null) where it cannot be told. A transport to which no router of Exim leads is left out.
          type: list
          elements: dict
          returned: always
        relays:
          description: Next hops that the configuration names, as C(scope), C(host), C(port), C(origin), C(auth) and C(tls).
          type: list
          elements: dict
          returned: always
        domains:
          description: Envelope domains that the configuration declares.
          type: list
          elements: str
          returned: always
    queue:
      description: What waits. C(total), C(bytes), C(by_queue) and C(ages) count messages, C(recipients), C(groups) and C(rest) recipients.
      type: dict
      returned: if O(gather_subset) has V(queue)
      contains:
        groups:
          description: Recipients that wait for the same reason, the largest group first. See RV(mail_host.log.groups).
          type: list
          elements: dict
          returned: always
    log:
      description: What the delivery log tells about C(first) to C(last). C(delivered), C(deferred), C(bounced) and C(expired) count recipients and
        attempts, C(received) and C(deferred_messages) messages; C(local) of the deliveries stayed on this host.
      type: dict
      returned: if O(gather_subset) has V(log)
      contains:
        cursor:
          description: The place up to which was read, for O(log_cursor) of the next run.
          type: dict
          returned: always
        groups:
          description:
            - Failed attempts for the same destination, relay, outcome and template, the largest group first, with C(destination), C(relay_host),
              C(relay_address), C(outcome), C(stage), C(template), C(text), C(dsn), C(count), C(bytes), C(first), C(last), C(oldest_age), C(samples),
              C(sender_domains) and C(masked).
            - Groups of the log add C(by_hour), C(handled) (of how many the message was delivered afterwards) and C(host_level) (one server's refusal
              while others were still to be tried).
          type: list
          elements: dict
          returned: always
        delivered_to:
          description:
            - What was accepted by others, per C(destination), C(relay_host) and C(relay_address), with C(count), C(first) and C(last).
            - The most frequent, and those to destinations that refused other mail; the rest is in C(delivered_to_rest).
          type: list
          elements: dict
          returned: always
        senders:
          description: Volume of senders and clients against their own history. C(sudden) is V(null) where less than a day of log was read.
          type: dict
          returned: always
    warnings:
      description: What could not be read, or does not do what the configuration says.
      type: list
      elements: str
      returned: always
"""

from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import run_info_module
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import SUBSETS, SYSTEMS, survey

ARGUMENTS = {
    "gather_subset": {"type": "list", "elements": "str", "choices": list(SUBSETS), "default": list(SUBSETS)},
    "mta": {"type": "str", "choices": ["auto", *SYSTEMS], "default": "auto"},
    "config_dir": {"type": "path"},
    "log_files": {"type": "list", "elements": "str"},
    "log_cursor": {"type": "dict"},
    "log_since": {"type": "str"},
    "snapshot": {"type": "path"},
    "max_groups": {"type": "int", "default": 50},
}


def main():
    run_info_module(ARGUMENTS, survey)


if __name__ == "__main__":
    main()
