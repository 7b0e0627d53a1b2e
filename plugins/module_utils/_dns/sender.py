# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""All identities and domains of a fleet in one run of the engine: what the module ``sender_dns_info`` does."""

from __future__ import annotations

from ipaddress import ip_address

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.identity import check_identity
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


def sender_dns(options, run):
    """Check ``identities`` and ``domains`` of the module's options; ``run`` asks: a list of checks in, their results out.

    Returns ``identities`` in the order given and ``domains`` by name. Raises DeliverabilityError for an address that is none.
    """
    identities = [dict(identity, domains=identity.get("domains") or []) for identity in options["identities"] or []]
    for number, identity in enumerate(identities):
        _require_address(f"identities[{number}].address", identity["address"])
    results = run([check_identity(i["host"], i["address"], i["helo"], i["domains"], i["role"]) for i in identities])
    return {"identities": results, "domains": {}}


def _require_address(option, value):
    try:
        ip_address(value)
    except ValueError:
        raise DeliverabilityError(f"{option}: {value!r} is no IP address") from None
