# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""All identities and domains of a fleet in one run of the engine: what the module ``sender_dns_info`` does."""

from __future__ import annotations

import time
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.domain import check_domain
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.identity import check_identity, join_spf
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.mta_sts import judge_policy, policy_url
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import plain_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

FETCHES = 16
"""Policies fetched at the same time."""

FETCH_SECONDS = 30
"""Seconds for one policy; a web server that gives it out octet by octet is left behind."""


def sender_dns(options, run, fetch=None):
    """Check ``identities`` and ``domains`` of the module's options.

    ``run`` asks DNS: a list of checks in, their results out. ``fetch`` gets an MTA-STS policy: a URL in, ``(text, problem)`` out, one of
    them None; without it no policy is fetched. Returns ``identities`` in the order given and ``domains`` by name. Raises
    DeliverabilityError for an address that is none, before anything is asked.
    """
    identities = options["identities"] or []
    for number, identity in enumerate(identities):
        _require_address(f"identities[{number}].address", identity["address"])
    domains = list(dict.fromkeys(options["domains"] or []))
    selectors = _selectors(options.get("dkim_selectors") or {})
    checks = [check_identity(i["host"], i["address"], i["helo"], i["domains"] or [], i["role"]) for i in identities]
    checks += [check_domain(domain, selectors.get(plain_name(domain), ())) for domain in domains]
    results = run(checks)
    records = join_spf(results[: len(identities)])
    found = dict(zip(domains, results[len(identities) :]))
    for domain, result in found.items():
        _agree(result, records.get(plain_name(domain)))
    if fetch:
        _add_policies(found, fetch)
    return {"identities": results[: len(identities)], "domains": found}


def _agree(result, lines):
    """Let a domain's own checks propose the SPF record that its senders need, where they propose one."""
    for entry in result["checks"]:
        if lines and entry["publish"] and entry["control"] in ("spf_published", "spf_valid"):
            entry["publish"] = "\n".join(lines)


def _require_address(option, value):
    try:
        ip_address(value)
    except ValueError:
        raise DeliverabilityError(f"{option}: {value!r} is no IP address") from None


def _selectors(given):
    """The DKIM selectors by plain domain name; one selector may stand without a list."""
    found = {}
    for domain, selectors in given.items():
        selectors = [selectors] if isinstance(selectors, str) else selectors
        if not isinstance(selectors, list) or not all(isinstance(selector, str) for selector in selectors):
            raise DeliverabilityError(f"dkim_selectors: {domain} needs a list of selectors, not {selectors!r}")
        found[plain_name(domain)] = selectors
    return found


def _add_policies(found, fetch):
    """Fetch the MTA-STS policy of every domain that announces one, and compare it with the MX hosts."""
    announced = [domain for domain, result in found.items() if result.get("mta_sts")]
    if not announced:
        return
    policies = _fetch_all([policy_url(plain_name(domain)) for domain in announced], fetch)
    for domain, (text, problem) in zip(announced, policies):
        result = found[domain]
        result["mta_sts"]["policy"], checks = judge_policy(plain_name(domain), [host["host"] for host in result["mx"]], text, problem)
        place = next(number for number, entry in enumerate(result["checks"]) if entry["control"] == "mta_sts_record") + 1
        result["checks"][place:place] = checks


def _fetch_all(urls, fetch):
    """What ``fetch`` returns for each of the URLs, or that it took too long."""
    waiting, found = SimpleQueue(), {}
    for url in urls:
        waiting.put(url)

    def work():
        try:
            while True:
                url = waiting.get_nowait()
                found[url] = fetch(url)
        except Empty:
            return

    workers = [Thread(target=work, daemon=True) for _number in range(min(FETCHES, len(urls)))]
    for worker in workers:
        worker.start()
    stop = time.monotonic() + FETCH_SECONDS * -(-len(urls) // FETCHES)
    for worker in workers:
        worker.join(max(0.0, stop - time.monotonic()))
    return [found.get(url) or (None, "the web server takes too long") for url in urls]
