# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where mail for a domain goes, and who runs the servers there: what the module ``mx_info`` does."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import domain_problem, plain_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.operators import operator_of

MAX_HOSTS = 10
"""Servers of a domain whose addresses are asked for, the preferred first."""


def find_exchangers(domain):
    """Find the servers that take mail for a domain (RFC 5321, 5.1; RFC 7505).

    A generator of questions. Returns ``{status, why, hosts: [{preference, host, addresses}], operator}``; ``status`` is ok, none (the domain takes
    no mail), or unknown where DNS gave no answer. Without an MX record the domain itself is the server.
    """
    name = plain_name(domain)
    problem = domain_problem(name)
    if problem:
        return _result(name, "none", f"{name or 'The empty name'} {problem}.")
    answer = yield Question(name, "MX")
    if answer.failed:
        return _result(name, "unknown", f"DNS gave no answer for MX of {name} ({answer.status}).")
    records = sorted((preference, plain_name(host)) for preference, host in answer.records)
    if records and not any(host for _preference, host in records):
        return _result(name, "none", f"{name} says that it takes no mail (null MX).")
    preferences = {}
    for preference, host in records or [(0, name)]:
        if host and not domain_problem(host):
            preferences.setdefault(host, preference)
    names = list(preferences)[:MAX_HOSTS]
    answers = yield [Question(host, rdtype) for host in names for rdtype in ("A", "AAAA")]
    hosts = []
    for number, host in enumerate(names):
        found = answers[2 * number : 2 * number + 2]
        addresses = [address for answer in found for address in answer.records]
        hosts.append({"preference": preferences[host], "host": host, "addresses": addresses})
    if any(host["addresses"] for host in hosts):
        return _result(name, "ok", None, hosts)
    if any(answer.failed for answer in answers):
        return _result(name, "unknown", f"DNS gave no answer for the addresses of {', '.join(names)}.", hosts)
    return _result(name, "none", f"{name} has no server with an address.", hosts)


def _result(name, status, why=None, hosts=()):
    operators = [operator_of(host=host["host"]) for host in hosts]
    operator = next((found for found in operators if found), None) or operator_of(recipient_domain=name)
    return {"status": status, "why": why, "hosts": list(hosts), "operator": operator}


def exchangers(domains, run):
    """Find the servers of many domains at once; ``run`` asks DNS: a list of checks in, their results out. Returns ``{domain: result}``."""
    wanted = list(dict.fromkeys(domains))
    return dict(zip(wanted, run([find_exchangers(domain) for domain in wanted])))
