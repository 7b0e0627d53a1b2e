#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: smtp_probe_info
short_description: Ask mail servers whether they would take mail from this address and HELO name
version_added: 0.1.0
author:
  - The postmaster.deliverability contributors (@postmaster)
description:
  - Holds an SMTP dialogue with each target, from a chosen source address and with a chosen HELO name, and returns every reply whole.
  - The stages are C(connect), C(banner), C(EHLO), C(STARTTLS), C(TLS), C(AUTH), C(MAIL) and C(RCPT). It then says C(RSET) and C(QUIT) and never
    sends a message. A server that refuses only after C(DATA) cannot be found out in this way.
  - Resolve MX records first, with M(postmaster.deliverability.mx_info). This module looks up no more than the addresses of a host.
  - Probe with manners. Give the envelope sender that the mail has, and only recipients that wait in the queue or that you own.
extends_documentation_fragment:
  - postmaster.deliverability.attributes
  - postmaster.deliverability.attributes.info_module
options:
  targets:
    description: The servers to ask, one after the other.
    type: list
    elements: dict
    required: true
    suboptions:
      address:
        description: IP address of the server. Without it, every address of O(targets[].name) is asked.
        type: str
      port:
        description: Port of the server.
        type: int
        default: 25
      name:
        description: Host name of the server, which its certificate has to carry. Required without O(targets[].address).
        type: str
  source_address:
    description: Address of this host to connect from. Without it, the system chooses.
    type: str
  helo:
    description: Name to give after C(EHLO).
    type: str
    required: true
  sender:
    description:
      - Envelope sender. Without it, the dialogue ends before C(MAIL).
      - The null sender is refused, since it belongs to bounces.
    type: str
  recipients:
    description: Envelope recipients, each of which is offered to every target.
    type: list
    elements: str
    default: []
  tls:
    description:
      - V(none) speaks in clear text, V(may) encrypts where C(STARTTLS) is offered, V(encrypt) fails where it is not,
        and V(verify) fails where the certificate cannot be verified too.
      - V(wrapped) is TLS from the first octet, as on port 465, and V(wrapped_verify) fails there where the certificate cannot be verified.
      - Whether the certificate can be verified is told in any case.
    type: str
    choices: [none, may, encrypt, verify, wrapped, wrapped_verify]
    default: may
  ca_file:
    description: Certificates to trust, instead of those of the system.
    type: path
  username:
    description: User to log in as. Credentials are sent over TLS only.
    type: str
  password:
    description: Password of O(username).
    type: str
  timeout:
    description: Seconds to wait for each answer.
    type: float
    default: 30.0
  pause:
    description: Seconds to wait between two targets.
    type: float
    default: 1.0
"""

EXAMPLES = r"""
- name: Would the server take the waiting mail from the second address?
  postmaster.deliverability.smtp_probe_info:
    targets:
      - address: 203.0.113.25
        name: mx.example.net
    source_address: 198.51.100.12
    helo: mail2.example.com
    sender: postmaster@example.com
    recipients: [user@example.net]
  register: probe

- name: Show the reply that decided
  ansible.builtin.debug:
    msg: "{{ (probe.targets | first).outcome }}: {{ (probe.targets | first).stages | last }}"
"""

RETURN = r"""
targets:
  description: What each target answered, in the order asked.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: Address that was asked. It is V(none) where the name has no address, and then RV(targets[].outcome=no_connection).
      type: str
      returned: success
    port:
      description: Port that was asked.
      type: int
      returned: success
    name:
      description: Host name as given.
      type: str
      returned: success
    source:
      description: Address that the connection really left from.
      type: str
      returned: success
    outcome:
      description:
        - V(accepted), V(deferred), V(refused), V(no_connection), V(connection_lost), V(tls_failed) or V(auth_failed).
        - V(accepted) with several recipients means that at least one of them was taken.
      type: str
      returned: success
    failed_stage:
      description: Stage that ended the dialogue early.
      type: str
      returned: success
    stages:
      description: Each stage with its C(stage), C(argument), reply C(code), reply C(lines), C(seconds) and C(error).
      type: list
      elements: dict
      returned: success
    capabilities:
      description: What the server offered after C(EHLO), of the last C(EHLO) where TLS was started.
      type: list
      elements: str
      returned: success
    tls:
      description: C(version), C(cipher), C(verified), C(error), C(sha256), C(names) and C(not_after) of the certificate, or null without TLS.
      type: dict
      returned: success
"""

import ipaddress
import time

from ansible_collections.postmaster.deliverability.plugins.module_utils._edge import run_info_module
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.dialogue import TLS_LEVELS, addresses_of, probe, without_address

ARGUMENTS = {
    "targets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "address": {"type": "str"},
            "port": {"type": "int", "default": 25},
            "name": {"type": "str"},
        },
        "required_one_of": [("address", "name")],
    },
    "source_address": {"type": "str"},
    "helo": {"type": "str", "required": True},
    "sender": {"type": "str"},
    "recipients": {"type": "list", "elements": "str", "default": []},
    "tls": {"type": "str", "choices": list(TLS_LEVELS), "default": "may"},
    "ca_file": {"type": "path"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "timeout": {"type": "float", "default": 30.0},
    "pause": {"type": "float", "default": 1.0},
}


def work(params):
    """Ask every target in turn; ``params`` as in ARGUMENTS."""
    shared = {key: value for key, value in params.items() if key not in ("targets", "pause")}
    for option, text in [("source_address", params["source_address"]), *(("targets", target["address"]) for target in params["targets"])]:
        _check_address(option, text)
    results = []
    for target in params["targets"]:
        try:
            addresses = [target["address"]] if target["address"] else addresses_of(target["name"], target["port"])
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that is too long
            results.append(without_address(target["name"], target["port"], error))
            continue
        for address in addresses:
            if results:
                time.sleep(params["pause"])
            results.append(probe(**dict(target, address=address), **shared))
    return {"targets": results}


def _check_address(option, text):
    if text is None:
        return
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise DeliverabilityError(f"{option}: {text!r} is not an IP address") from None


def main():
    run_info_module(ARGUMENTS, work, required_together=[("username", "password")])


if __name__ == "__main__":
    main()
