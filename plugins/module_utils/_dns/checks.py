# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The form of a finding about DNS, and of the lines that cure it."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import shown
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf_edit import quoted

MAX_EVIDENCE = 2000
"""Characters of a sentence about DNS; a fleet's host may send for many domains."""


def check(control, status, evidence, publish=None, request=None):
    """One property: ``status`` pass, fail, unknown or not_applicable; ``publish`` zone file lines; ``request`` a text to send.

    ``evidence`` may quote strangers: it comes out as one line of visible ASCII.
    """
    return {"control": control, "status": status, "evidence": shown(evidence, MAX_EVIDENCE), "publish": publish, "request": request}


def address_line(name, ip):
    """The zone file line that leads a name to an address (of ``ipaddress``)."""
    return f"{name}. IN {'A' if ip.version == 4 else 'AAAA'} {ip}"


def txt_line(name, text):
    """The zone file line of a TXT record, in strings of at most 255 octets."""
    return f"{name}. IN TXT {quoted(text)}"
