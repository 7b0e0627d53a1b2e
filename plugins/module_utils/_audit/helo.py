# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which transports of a host may greet with a name, and how that is told to its mail system.

A name is fit for a transport when it leads to every address that the transport sends from, and each of them leads back to it.
"""

from __future__ import annotations

import ipaddress

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import source_addresses
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

NEEDED = ("helo_fqdn", "helo_resolves", "helo_matches", "ptr_exists", "fcrdns")


# More servers than these tell nothing new, and each is asked before and after the change.
MOST_PROBED = 3


def helo_settings(mail_host, name, identities, checked, exchangers=None):
    """Return how ``mail_host`` comes to greet with ``name``, changing nothing of transports that the name is not fit for.

    ``identities``: those of the host from ``fleet_evidence``; ``checked``: those of ``sender_dns_info``, asked with ``name`` as HELO; ``exchangers``:
    ``domains`` of ``mx_info``. Returns ``settings`` (arguments of ``postfix_config`` or ``exim_config``), ``transports`` (those that will greet so),
    ``others`` (sentences about those that will not), ``problems`` (why nothing may be done), ``addresses`` (from which the name will be given),
    ``probes`` (arguments of ``smtp_probe_info``) and ``spf`` (what SPF says of the name).
    """
    mta = mail_host["mta"]["name"]
    if mta not in SETTINGS:
        raise DeliverabilityError(f"{mta} is no mail system whose HELO name can be changed here; known are {', '.join(SETTINGS)}")
    public = {identity["inside"]: identity["address"] for identity in identities}
    judged = {identity["address"]: identity for identity in checked}
    fit, unfit, spf, addresses = [], [], [], []
    # Those of a second instance have its folder before their name; it has a configuration of its own.
    sources = [source for source in mail_host["identity"]["sources"] if ":" not in source["transport"]]
    for source in sources:
        own = [str(address) for address in source_addresses(source, mail_host["identity"])]
        objections = _objections(source, name, [(address, judged.get(public.get(address))) for address in own])
        (unfit if objections else fit).append((source, objections))
        if not objections:
            addresses += own
            spf += [_evidence(judged[public[address]], "spf_helo_authorises") for address in own]
    others = [f"transport {source['transport']}: {' '.join(objections)}" for source, objections in unfit]
    # The first source is the one that mail takes unless something else is said.
    problems = others if not fit or (unfit and unfit[0][0] is sources[0]) else []
    addresses = list(dict.fromkeys(addresses))
    return {
        "settings": {} if problems else SETTINGS[mta](name, [source for source, _none in fit], [source for source, _why in unfit]),
        "transports": [source["transport"] for source, _none in fit],
        "others": others,
        "problems": problems,
        "addresses": addresses,
        "probes": _probes(name, addresses, [domain for identity in identities for domain in identity["domains"]], exchangers or {}),
        "spf": list(dict.fromkeys(sentence for sentence in spf if sentence)),
    }


def _objections(source, name, judged):
    """Why ``name`` is not fit for one transport; ``judged``: ``[(address, identity of sender_dns_info or None)]``."""
    if "$" in (source["helo"] or ""):
        return [f"its HELO name, {source['helo']}, depends on the message; a person has to change it."]
    if not judged:
        return ["the address that it sends from is not known."]
    said = []
    for address, identity in judged:
        if identity is None:
            said.append(f"nothing is known of {address} in the DNS; behind NAT, declare its public address.")
            continue
        checks = {check["control"]: check for check in identity["checks"]}
        said += [checks[control]["evidence"] for control in NEEDED if checks[control]["status"] != "pass"]
        if name.lower().rstrip(".") not in identity["ptr"]:
            said.append(f"{name} is not among the PTR names of {identity['address']}.")
    return list(dict.fromkeys(said))


def _probes(name, addresses, domains, exchangers):
    """Ask the preferred servers of the domains, over IPv4 where that can be: one that does not mind the name is enough to go on."""
    preferred = [row["hosts"][0] for row in exchangers.values() if row["status"] == "ok" and row["hosts"]]
    for version in (4, 6):
        own = [address for address in addresses if ipaddress.ip_address(address).version == version]
        targets = {address: server["host"] for server in preferred for address in server["addresses"] if ipaddress.ip_address(address).version == version}
        if own and targets:
            asked = [{"address": address, "name": server} for address, server in list(targets.items())[:MOST_PROBED]]
            probe = {"targets": asked, "source_address": own[0], "helo": name}
            return [{**probe, "sender": f"postmaster@{domains[0]}"} if domains else probe]
    return []


def _evidence(identity, control):
    return next((check["evidence"] for check in identity["checks"] if check["control"] == control and check["status"] != "not_applicable"), None)


def _postfix(name, fit, unfit):
    """One name in main.cf; the services that it fits follow it, the others keep the name that they give now."""
    follow = [{"name": source["transport"], "type": "unix", "overrides": {"smtp_helo_name": None}} for source in fit]
    keep = [{"name": source["transport"], "type": "unix", "overrides": {"smtp_helo_name": source["helo"]}} for source in unfit]
    return {"parameters": {"smtp_helo_name": name}, "services": follow + keep}


def _exim(name, fit, _unfit):
    return {"transports": [{"name": source["transport"], "options": {"helo_data": name}} for source in fit]}


SETTINGS = {"postfix": _postfix, "exim": _exim}
