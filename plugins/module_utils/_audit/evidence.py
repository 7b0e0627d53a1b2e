# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the hosts said, put in one shape: who each host is when it speaks to the world, and what the DNS batch must be asked.

The evidence of a fleet is a dictionary::

    {"hosts": {NAME: {"mail_host": {...} or None, "error": str or None,
                      "identities": [{host, address, inside, helo, domains, role, transport, learned}], "via": [smarthosts], "undeclared": [private addresses],
                      "domains": [envelope domains],
                      "changes": [{at, what}], "probes": [results of smtp_probe_info],
                      "declared": {"smarthosts": [names], "cause_contained": bool},
                      "asked_at": time by the controller's clock at which it was observed, where that was not just now}},
     "identities": [every identity of every host, as sender_dns_info takes them], "addresses": [every address, once],
     "domains": [every envelope domain, once], "names": [these and every HELO name, once: those that public DNS can know]}

An identity's ``address`` is the one that the world sees: the bound address, or behind NAT the public one that is declared for it or that
refusals name (``learned``). Asking some DNS service who we are would show the resolver's address, not the server's.
"""

from __future__ import annotations

import datetime
import functools
import ipaddress
import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import domain_problem, plain_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


def parse_address(text, what):
    """Return the ``ipaddress`` object of ``text``; ``what`` names the option in the error."""
    try:
        return ipaddress.ip_address(str(text).strip())
    except ValueError:
        raise DeliverabilityError(f"{what}: {str(text)[:100]!r} is not an IP address") from None


# Documentation ranges (RFC 5737, RFC 3849) are ordinary addresses here, so ipaddress.is_private would be wrong.
_INSIDE = tuple(
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10")
)


def is_public(address):
    """Whether ``address`` (an ``ipaddress`` object) can be seen from the Internet."""
    return not any(address in net for net in _INSIDE if net.version == address.version)


# The keys of an identity that concern the DNS.
QUESTIONED = ("host", "address", "helo", "domains", "role")


def fleet_evidence(hosts):
    """Join what each host reported with what its inventory declares.

    ``hosts``: ``{name: {"observed": result of mail_host_info (or a failure), "public_addresses": {inside: outside},
    "pool": [{"address", "helo"}], "domains": [str], "changes": [{"at", "what"}], "smarthosts": [names],
    "cause_contained": bool, "probes": [...], "asked_at": time}}``; every key but ``observed`` may be missing.
    """
    joined = {name: _host(name, given) for name, given in sorted(hosts.items())}
    identities = [{key: identity[key] for key in QUESTIONED} for host in joined.values() for identity in host["identities"]]
    addresses = sorted({identity["address"] for identity in identities}, key=lambda text: (ipaddress.ip_address(text).version, ipaddress.ip_address(text)))
    domains = sorted({domain for host in joined.values() for domain in host["domains"]})
    names = sorted({plain_name(name) for name in [*domains, *(identity["helo"] for identity in identities)]})
    names = [name for name in names if domain_problem(name) is None]
    return {"hosts": joined, "identities": identities, "addresses": addresses, "domains": domains, "names": names}


def _host(name, given):
    observed = given.get("observed") or {}
    mail_host = observed.get("mail_host")
    if not mail_host:
        return _without(_failure(observed))
    try:
        domains = envelope_domains(mail_host, given.get("domains"))
        identities, undeclared = _identities(name, mail_host, given, domains)
        changes = [_change(entry) for entry in _list_of(given, "changes")]
        via = [relay["host"] for relay in mail_host.get("identity", {}).get("relays", []) if relay.get("scope") == "*"]
    except DeliverabilityError as error:
        return _without(str(error), mail_host)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return _without(f"the host's evidence has not the form that this version reads ({type(error).__name__}: {error})")
    return {
        "mail_host": mail_host,
        "error": None,
        "identities": identities,
        "via": via,
        "undeclared": undeclared,
        "domains": domains,
        "changes": changes,
        "probes": given.get("probes") or [],
        "declared": {"smarthosts": given.get("smarthosts") or [], "cause_contained": _is_true(given.get("cause_contained"))},
        "asked_at": given.get("asked_at"),
    }


def _failure(observed):
    """Why a host gave no evidence: what the module or Ansible said of it, and what the host itself said where no module could run."""
    said = re.sub(r"^(?:(?:Task|Action|Module) failed: )+", "", str(observed.get("msg") or ""))
    lines = [line.strip() for line in str(observed.get("module_stderr") or "").splitlines() if line.strip()]
    if lines:
        # A traceback ends with what is wrong, other words begin with it.
        said = f"{said}: {lines[-1] if lines[0].startswith('Traceback') else lines[0]}"
    return said or "the host gave no evidence: a task before the observation failed, and its error says why"


def _without(error, mail_host=None):
    """The evidence of a host about which nothing can be asked, and why."""
    return {"mail_host": mail_host, "error": error, "identities": [], "via": [], "undeclared": [], "domains": []}


def _identities(name, mail_host, given, domains):
    """Return the (identity) list of one host, sources first and then the pool, and the inside addresses without a declared outside."""
    declared = given.get("public_addresses") or {}
    if not isinstance(declared, dict):
        raise DeliverabilityError(f"audit_public_addresses: {declared!r} is no dictionary of inside and public addresses")
    public = {str(parse_address(inside, "audit_public_addresses")): parse_address(outside, "audit_public_addresses") for inside, outside in declared.items()}
    # Every refusal has to be read for it, so only once an address asks for it.
    echoed = functools.lru_cache(maxsize=None)(lambda: None if public else _echoed(mail_host))
    found, undeclared, seen = [], [], set()

    def add(address, helo, role, transport):
        outside = public.get(str(address), address)
        learned = not is_public(outside) and bool(echoed()) and echoed().version == outside.version
        outside = echoed() if learned else outside
        if not is_public(outside):
            if str(outside) not in undeclared:
                undeclared.append(str(outside))
            return
        if (str(outside), helo) not in seen:
            seen.add((str(outside), helo))
            found.append(
                {
                    "host": name,
                    "address": str(outside),
                    "inside": str(address),
                    "helo": helo,
                    "domains": domains,
                    "role": role,
                    "transport": transport,
                    "learned": learned,
                }
            )

    for source in mail_host.get("identity", {}).get("sources", []):
        for address in source_addresses(source, mail_host["identity"]):
            add(address, source["helo"], "source", source["transport"])
    for candidate in _list_of(given, "pool"):
        if not isinstance(candidate, dict) or not candidate.get("address"):
            raise DeliverabilityError(f"audit_pool: {candidate!r} needs an address (and may have a helo)")
        if candidate.get("helo") and not _HOST_NAME.fullmatch(str(candidate["helo"])):
            raise DeliverabilityError(f"audit_pool: helo: {candidate['helo']!r} is no host name")
        default_helo = found[0]["helo"] if found else ""
        add(parse_address(candidate["address"], "audit_pool"), candidate.get("helo") or default_helo, "candidate", None)
    return found, undeclared


# What becomes a word of a command to type.
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def _list_of(given, key):
    """What an inventory declares as a list; empty where it declares nothing."""
    declared = given.get(key) or []
    if not isinstance(declared, list):
        raise DeliverabilityError(f"audit_{key}: {declared!r} is no list")
    return declared


# Refusals of these kinds name the address that they refuse.
_NAME_US = {"ip_blocklisted", "ip_blocked", "ip_reputation", "dynamic_ip", "ptr_missing", "too_many_connections"}


def _echoed(mail_host):
    """The public address behind NAT, learned from refusals: the only one that they name, by two destinations at least. None where that is not so."""
    # The rules are large, and few hosts stand behind NAT.
    from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify

    named = {}
    for place in ("log", "queue"):
        for group in (mail_host.get(place) or {}).get("groups", []):
            verdict = classify(group.get("text") or "", command=group.get("stage"), rhost=group.get("relay_host"), recipient_domain=group.get("destination"))
            if verdict["address"] and verdict["reason"] in _NAME_US:
                named.setdefault(verdict["address"], set()).add(group["destination"])
    if len(named) != 1:
        return None
    text, destinations = next(iter(named.items()))
    address = parse_address(text, "a refusal")
    return address if len(destinations) > 1 and is_public(address) else None


def _is_true(given):
    """A switch as Ansible reads it, also from the command line."""
    return str(given).lower() in ("true", "yes", "1", "on")


def _change(entry):
    """One entry of ``audit_changes``, checked: its time is compared with those of refusals."""
    try:
        datetime.datetime.strptime(entry["at"], "%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, KeyError, ValueError):
        raise DeliverabilityError(f"audit_changes: {entry!r} needs at, a time such as 2026-11-20T18:00:00Z") from None
    return {"at": entry["at"], "what": str(entry.get("what") or "")}


def source_addresses(source, identity):
    """The addresses that one transport really sends from: what it binds, or the host's own first address of each family."""
    own = [ipaddress.ip_address(text) for text in identity.get("local_addresses", [])]
    for version, key in ((4, "address4"), (6, "address6")):
        if f"ipv{version}" not in source.get("protocols", ["ipv4", "ipv6"]):
            continue
        bound = source.get(key)
        if bound:
            try:
                yield ipaddress.ip_address(bound)
            except ValueError:
                # Postfix accepts it at the check and then stops all outbound mail: the log says so, there is nothing to look up.
                continue
        else:
            yield from [address for address in own if address.version == version][:1]


def envelope_domains(mail_host, declared=None):
    """The domains whose mail this host sends: the declared ones, else those of its configuration and of the senders in its log."""
    if isinstance(declared, str):
        # As Ansible reads a list that is given on the command line.
        declared = [name.strip() for name in declared.split(",") if name.strip()]
    if declared:
        return sorted({str(domain).lower().rstrip(".") for domain in declared})
    names = set(mail_host.get("identity", {}).get("domains", []))
    names.update(row["domain"] for row in mail_host.get("log", {}).get("sender_domains", []))
    names = {name.lower().rstrip(".") for name in names}
    # A host's own name within a private network is no domain that the world could ask about.
    return sorted(name for name in names if domain_problem(plain_name(name)) is None)
