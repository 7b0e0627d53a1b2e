# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Another address to send from: which one is fit, the settings that use it, and what is remembered of it.

What the filters of the role ``outbound_ip`` do. Everything is a function of what modules have observed; nothing here asks anybody.
"""

from __future__ import annotations

import datetime
import ipaddress

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit import plan
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import is_public, parse_address
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import domain_of, is_loopback, split_host_port
from ansible_collections.postmaster.deliverability.plugins.plugin_utils import _routes

TRANSPORT = "pmd_outbound_ip"
# Postfix that can be kept from sending from another address when the bound one is gone.
ENFORCES_SINCE = (3, 7)
# More destinations than these tell nothing new, and each is asked before and after the change.
MOST_PROBED = 3
HISTORY_KEPT = 50
SWITCHED = ("proven", "prechecked")
DAY = 86400
_TIME = "%Y-%m-%dT%H:%M:%SZ"


# Which address


def outbound_ip_choice(diagnosis, host, wanted, remembered=None, now=""):
    """Judge the candidates of one host; nothing is known yet of port 25.

    ``wanted``: ``candidates`` (``[{address, helo}]``), ``domains`` (None: those that refuse us; empty: the whole host), ``protocols`` (empty, or
    ipv4), ``max_per_day``, ``behind_nat``. ``remembered``: what ``remember`` keeps. Returns ``state``, ``domains``, ``lookups`` (keys under which
    a domain may have a route of its own), ``candidates`` in the order in which they are to be tried (``address``, ``inside``, ``helo``, ``switches``
    (it is another address), ``binds`` (the mail system has to be told), ``stays``, ``passed``, ``failed``), ``reasons``, ``sources`` (the addresses that
    mail leaves from now) and ``destinations`` (whose servers are to be asked). The state is one of

        nothing   no destination refuses us so that another address would help
        stay      the address that was chosen before still serves
        switch    the candidates without ``failed`` are fit, as far as it can be told without trying
        blocked   nothing may be changed; ``reasons`` says why
    """
    judged = diagnosis["hosts"][host]
    if judged["error"]:
        raise DeliverabilityError(f"{host}: {judged['error']}")
    remembered, current = remembered or {}, (remembered or {}).get("current")
    domains = _scope(judged, wanted, current)
    reasons = [] if wanted["protocols"] else _blocks(judged)
    candidates = [_judge(judged, given, wanted, remembered, domains, now) for given in _candidates(judged, wanted)]
    state = "blocked"
    if wanted["domains"] is None and not domains:
        state = "nothing"
    elif current and any(one["stays"] and not one["failed"] for one in candidates):
        state, reasons = "stay", []
        candidates = [one for one in candidates if one["stays"]]
    elif not reasons and any(not one["failed"] for one in candidates):
        state = "switch"
    else:
        reasons = reasons + [f"{one['address']}: {reason}" for one in candidates for reason in one["failed"]]
        reasons = reasons or ["there is no other address to send from (outbound_ip_candidates)"]
    return {
        "state": state,
        "domains": domains,
        "lookups": sorted({key for domain in domains for key in route_keys(domain)}),
        "candidates": candidates,
        "reasons": reasons if state == "blocked" else [],
        "sources": sorted({identity["address"] for identity in _others(judged)}),
        "destinations": domains or _refusing(judged, wanted),
    }


def _scope(judged, wanted, current):
    """The domains that the change is for. Those of an earlier switch stay in it: they take our mail because of it."""
    if wanted["domains"] is not None:
        return _routes.plain_domains(wanted["domains"], "outbound_ip_domains")
    if current and not current["domains"]:
        return []  # the whole host
    return sorted({*_refusing(judged, wanted), *(current or {}).get("domains", [])})


def _refusing(judged, wanted):
    return plan.refusing_domains(judged, {"prefer_ipv4" if wanted["protocols"] else "switch_outbound_ip"})


def _blocks(judged):
    """Why this host must not be moved, whatever the candidates are."""
    signs = plan.signs_of_compromise(judged)
    blocks = [] if judged["declared"]["cause_contained"] else [f"{sign} (outbound_ip_cause_contained)" for sign in signs]
    if plan.policy_listed(judged):
        blocks.append("nobody should send directly from this range, and another address of it cures nothing: use a smarthost")
    return blocks


def _candidates(judged, wanted):
    """The addresses to judge; to send by IPv4 alone, the one that is used for it already."""
    if wanted["candidates"] or not wanted["protocols"]:
        return [{**given, "switches": True} for given in wanted["candidates"]]
    identity = judged["facts"]["identity"]
    source = identity["sources"][0] if identity["sources"] else {}
    own = [source.get("address4"), *(address for address in identity["local_addresses"] if ":" not in address)]
    address = next((one for one in own if one), None)
    return [{"address": address, "helo": source["helo"], "switches": False}] if address else []


def _others(judged):
    """The identities from which mail leaves by other transports than ours."""
    return [identity for identity in judged["identities"] if identity["role"] == "source" and identity["transport"] != TRANSPORT]


def _judge(judged, given, wanted, remembered, domains, now):
    address, helo = str(parse_address(given["address"], "outbound_ip_candidates")), given.get("helo")
    current = remembered.get("current") or {}
    found = [one for one in judged["identities"] if address in (one["inside"], one["address"]) and helo in (None, "", one["helo"])]
    switches = given["switches"]
    told = {"address": address, "inside": address, "helo": helo, "switches": switches, "binds": switches and not wanted["behind_nat"], "stays": False}
    told.update(passed=[], failed=[])
    if not found:
        return {**told, "failed": ["is no address that the world can see; behind NAT, declare which one it sees (outbound_ip_public_addresses)"]}
    identity = found[0]
    told.update(helo=identity["helo"], address=identity["address"], inside=_inside(judged) if wanted["behind_nat"] else identity["inside"])
    kept = (current.get("address"), current.get("helo"), current.get("protocols", "")) == (identity["address"], identity["helo"], wanted["protocols"])
    if kept and current["domains"] == domains:
        return {**told, "stays": True, "failed": _complaints(judged, identity, current)}
    refused = [] if kept or not switches else [one["address"] for one in _others(judged)]
    told["passed"], told["failed"] = plan.prove({**identity, "inside": told["inside"]}, {**judged, "addresses": refused})
    if not kept and switches:
        told["failed"] += _too_soon(identity["address"], wanted, remembered, now)
    return told


def _inside(judged):
    """Behind NAT mail goes on leaving from the address that it leaves from now."""
    return next((identity["inside"] for identity in _others(judged)), None)


def _complaints(judged, identity, current):
    """What speaks against an address that was chosen before; what merely is not known does not."""
    listing = identity["listing"] or {}
    complaints = [f"{row['zone']} lists it" for row in listing.get("listings", []) if row["state"] in ("listed", "policy")]
    for row in judged["verdicts"]:
        group, named = row["group"], row["verdict"]["address"]
        about = named == identity["address"] or (named is None and group["destination"] in current["domains"])
        if row["side"] == "ours" and row["remedy"] == "switch_outbound_ip" and about and (group["last"] or "") > current["since"]:
            complaints.append(f"{group['destination']} refuses it since the switch: {group['text']}")
    return complaints


def _too_soon(address, wanted, remembered, now):
    """An address rests after it was refused, and no host changes its address all day long."""
    reasons = []
    until = (remembered.get("cool_down") or {}).get(address, "")
    if until > now:
        reasons.append(f"rests until {until}, since it was refused")
    day_ago = (_moment(now) - datetime.timedelta(seconds=DAY)).strftime(_TIME)
    switches = [entry for entry in remembered.get("history") or () if entry["to"] and entry["outcome"] in SWITCHED and entry["at"] > day_ago]
    if len(switches) >= wanted["max_per_day"]:
        reasons.append(f"the address was switched {len(switches)} times within a day, which is the most (outbound_ip_max_switches_per_day)")
    return reasons


def _moment(text):
    try:
        return datetime.datetime.strptime(text, _TIME)
    except ValueError:
        raise DeliverabilityError(f"now: {text!r} is no time such as 2026-11-21T20:34:16Z") from None


# Whether it gets through


def outbound_ip_probes(choice, exchangers, messages=()):
    """Return for each fit candidate what to ask before the change: ``[{candidate, probes, failed}]``, probes as ``smtp_probe_info`` takes them.

    ``exchangers``: ``domains`` of ``mx_info``. ``messages``: mail that waits, as ``mail_queue`` lists it: a probe offers what is to be sent anyway.
    """
    return [_probes_of(one, exchangers, messages) for one in choice["candidates"] if not one["failed"]]


def _probes_of(candidate, exchangers, messages):
    version = ipaddress.ip_address(candidate["inside"]).version
    probes = []
    for domain, row in sorted(exchangers.items(), key=lambda item: (not _mail_for(item[0], messages), item[0])):
        hosts = row["hosts"] if row["status"] == "ok" else []
        servers = [(server["host"], address) for server in hosts for address in server["addresses"] if ipaddress.ip_address(address).version == version]
        if servers:
            targets = [{"address": address, "port": 25, "name": server} for server, address in servers[:MOST_PROBED]]
            probe = {"targets": targets, "source_address": candidate["inside"], "helo": candidate["helo"]}
            probes.append({**probe, **_mail_for(domain, messages)})
    failed = [] if probes or not exchangers else [f"no server of {', '.join(sorted(exchangers))} can be reached by IPv{version}"]
    return {"candidate": candidate, "probes": probes[:MOST_PROBED], "failed": failed}


def _mail_for(domain, messages):
    """A real sender and a recipient who waits, or nothing."""
    for message in messages:
        waiting = [recipient for recipient in message["recipients"] if domain_of(recipient) == domain]
        if waiting and message["sender"]:
            return {"sender": message["sender"], "recipients": waiting[:1]}
    return {}


# The settings


def outbound_ip_settings(current, mta, candidate, domains=(), protocols="", version="", routes=()):
    """Return the options of ``postfix_config`` or ``exim_config`` that send from an address, and ``left_out``: domains that go another way, with the reason.

    ``current``: Postfix's ``default_transport``, ``relayhost`` and ``transport_maps`` as they are; ``routes``: what its tables say of ``lookups``
    (``outbound_ip_choice``), one text ``key<tab>value...`` for each table in their order. Without domains the whole host is meant.
    """
    if mta == "exim":
        return {"settings": _exim(candidate, domains, protocols), "left_out": [], "domains": list(domains)}
    if mta != "postfix":
        raise DeliverabilityError(f"{mta} is no mail system whose source address can be changed here; known are postfix and exim")
    return _postfix(current, candidate, list(domains), protocols, version, routes)


def _postfix(current, candidate, domains, protocols, version, routes):
    transport, _colon, nexthop = (current.get("default_transport") or "smtp").partition(":")
    overrides = {}
    family = ipaddress.ip_address(candidate["inside"]).version
    if candidate["binds"]:
        overrides["smtp_bind_address" if family == 4 else "smtp_bind_address6"] = candidate["inside"]
        if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) >= ENFORCES_SINCE:
            overrides["smtp_bind_address_enforce"] = "yes"
    if candidate["switches"]:
        overrides["smtp_helo_name"] = candidate["helo"]
    # To these destinations mail shall leave from the proven address alone, not from whatever IPv6 there is.
    if protocols == "ipv4" or (domains and family == 4):
        overrides["inet_protocols"] = "ipv4"
    service = {"name": TRANSPORT, "like": f"{transport}/unix", "overrides": overrides}
    maps = current.get("transport_maps")
    if not domains:
        parameters = {"default_transport": f"{TRANSPORT}:{nexthop}"}
        if _routes.routed_domains(maps, TRANSPORT):  # of an earlier switch for some domains
            parameters["transport_maps"] = _routes.with_table(maps, TRANSPORT)
        return {"settings": {"parameters": parameters, "services": [service]}, "left_out": [], "domains": []}
    if transport == TRANSPORT:
        raise DeliverabilityError("outbound_ip_domains: the whole host was switched before; take that back first (outbound_ip_state: absent)")
    ways, left_out = {}, []
    for domain in domains:
        way, reason = _way(domain, routes, {transport, "smtp", TRANSPORT, ""}, current.get("relayhost") or "")
        if reason:
            left_out.append(f"{domain} {reason}")
        else:
            ways[domain] = f"{TRANSPORT}:{way}"
    if not ways:
        raise DeliverabilityError("; ".join(left_out))
    table = f"inline:{{ {', '.join(f'{{ {domain} = {way} }}' for domain, way in sorted(ways.items()))} }}"
    parameters = {"transport_maps": _routes.with_table(maps, TRANSPORT, table)}
    return {"settings": {"parameters": parameters, "services": [service]}, "left_out": left_out, "domains": sorted(ways)}


def route_keys(domain):
    """The keys under which Postfix looks for a route of a domain, in their order."""
    labels = domain.split(".")
    return [domain, *("." + ".".join(labels[start:]) for start in range(1, len(labels))), "*"]


def _way(domain, routes, usual, relayhost):
    """Return ``(next hop, None)`` of a domain, empty for its MX; or ``(None, why it is to be left alone)``."""
    tables = [dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line) for text in routes]
    found = next((table[key] for key in route_keys(domain) for table in tables if key in table), None)
    if found is None:
        return relayhost, None
    transport, _colon, nexthop = found.partition(":")
    host = split_host_port(nexthop)[0]
    if transport not in usual:
        return None, f"is sent by {transport} (transport_maps), which is left as it is"
    if host == "localhost" or is_loopback(host) or _is_private(host):
        return None, f"is relayed inside, to {nexthop} (transport_maps), which is left as it is"
    return nexthop, None


def _is_private(host):
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return False


def _exim(candidate, domains, protocols):
    options = {"interface": candidate["inside"]} if candidate["binds"] else {}
    options.update({"helo_data": candidate["helo"]} if candidate["switches"] else {})
    only_ipv4 = protocols == "ipv4" or (domains and ":" not in candidate["inside"])
    if not domains:
        main = {"disable_ipv6": True} if protocols == "ipv4" else {}
        return {"main": main, "transports": [{"name": "*", "options": options}] if options else []}
    router = {"domains": list(domains), "transport": TRANSPORT, **({"ipv4_only": True} if only_ipv4 else {})}
    return {
        "routers": [{"name": TRANSPORT, "options": router}],
        "transports": [{"name": TRANSPORT, "options": options}],
        "route_check": [{"address": f"postmaster@{domains[0]}", "transport": TRANSPORT}],
    }


# What is remembered


def outbound_ip_remember(document, event, now, cool_down):
    """Return the facts of a host (``/etc/ansible/facts.d``) after an event; other roles' facts stay as they are.

    ``event``: ``outcome`` (proven, prechecked, rolled_back, restored), and but for restored ``candidate``, ``domains``, ``protocols``, ``sources`` and
    ``reason``. ``cool_down``: seconds for which an address that was refused is not used again.
    """
    kept = {"current": None, "previous": None, "history": [], "cool_down": {}, **(document.get("outbound_ip") or {})}
    candidate = event.get("candidate") or {}
    entry = {"at": now, "outcome": event["outcome"], "to": candidate.get("address") if candidate.get("switches") else None, "reason": event.get("reason") or ""}
    current = kept["current"]
    left = [current["address"]] if current and current.get("address") else event.get("sources") or []
    resting = []
    if event["outcome"] == "restored":
        kept.update(current=None, previous=None)
    elif event["outcome"] == "rolled_back":
        resting = [entry["to"]]
    else:
        chosen = {"address": candidate["address"], "helo": candidate["helo"], "domains": event["domains"], "protocols": event["protocols"], "since": now}
        if not current:
            kept["previous"] = {"addresses": event["sources"]}
        kept["current"] = chosen
        resting = [address for address in left if address != candidate["address"]] if candidate["switches"] else []
    until = (_moment(now) + datetime.timedelta(seconds=int(cool_down))).strftime(_TIME)
    still = {address: end for address, end in kept["cool_down"].items() if end > now}
    kept["cool_down"] = {**still, **{address: until for address in resting if address}}
    kept["history"] = [*kept["history"], {**entry, "from": left, "domains": event.get("domains") or []}][-HISTORY_KEPT:]
    return {**document, "schema_version": 1, "outbound_ip": kept}
