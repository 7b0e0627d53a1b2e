# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whom a host should try to reach, so that a connection that failed is known for the network's fault or for theirs.

Asked are the servers that it could not reach, and for comparison two that took its mail lately. The manners: few servers, each once, and
nothing is said beyond EHLO.
"""

from __future__ import annotations

import ipaddress

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.settle import LINE, verdict_rows

DESTINATIONS, ADDRESSES_EACH, REFERENCES = 4, 2, 2


def reach_probe(mail_host, mx=None):
    """What ``smtp_probe_info`` is to ask from this host: ``{domains, targets, source_address, helo}``.

    ``domains`` are the destinations whose servers have to be known for it, which ``mx`` gives (the ``domains`` of ``mx_info``). There are no
    ``targets`` where no connection failed, where all mail goes through a relay, or where the evidence was recorded elsewhere.
    """
    source = next(iter((mail_host.get("identity") or {}).get("sources") or []), None)
    nothing = {"domains": [], "targets": [], "source_address": None, "helo": None}
    if source is None or mail_host.get("snapshot") or any(relay.get("scope") == "*" for relay in mail_host["identity"].get("relays") or []):
        return nothing
    failed = _failed(mail_host)
    bound = source.get("address4") or source.get("address6")
    tried = [address for domain, own in failed.items() for address in _addresses(own, (mx or {}).get(domain))]
    references = _references(mail_host, tried)
    return {
        "domains": list(failed),
        "targets": [{"address": address} for address in dict.fromkeys([*tried, *references]) if _speaks(source, bound, address)],
        "source_address": bound,
        "helo": source["helo"],
    }


def _failed(mail_host):
    """``{destination: addresses that did not answer}``, those of the most failures first."""
    counts, addresses = {}, {}
    for row in verdict_rows(mail_host, [], []):
        if row["side"] == "either" and row["current"] and row["verdict"]["reason"] in LINE:
            group = row["group"]
            counts[group["destination"]] = counts.get(group["destination"], 0) + group["count"]
            addresses.setdefault(group["destination"], []).extend(filter(None, [group.get("relay_address")]))
    return {domain: addresses[domain] for domain in sorted(counts, key=lambda domain: (-counts[domain], domain))[:DESTINATIONS]}


def _addresses(own, resolved):
    """The servers of one destination: those that did not answer, then those that DNS names."""
    named = [address for host in (resolved or {}).get("hosts") or [] for address in host["addresses"]]
    return list(dict.fromkeys([*own, *named]))[:ADDRESSES_EACH]


def _references(mail_host, tried):
    """Servers that took mail, the latest first."""
    rows = sorted((mail_host.get("log") or {}).get("delivered_to") or [], key=lambda row: row.get("last") or "", reverse=True)
    return list(dict.fromkeys(row["relay_address"] for row in rows if row.get("relay_address") and row["relay_address"] not in tried))[:REFERENCES]


def _speaks(source, bound, address):
    """Whether the source could send to this address at all."""
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return False
    return version == ipaddress.ip_address(bound).version if bound else f"ipv{version}" in source.get("protocols", ["ipv4", "ipv6"])
