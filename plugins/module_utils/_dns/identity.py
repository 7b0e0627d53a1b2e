# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One identity of a mail server as strangers see it: source address, PTR, HELO name and SPF, judged as one chain.

``check_identity`` is a generator of questions. It first gathers what DNS says, then states one property after the other:
each check passes, fails, is unknown because DNS did not answer, or does not apply because an earlier link is missing.
"""

from __future__ import annotations

from ipaddress import ip_address

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns import spf, spf_edit
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.checks import address_line, check, txt_line
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import (
    host_name_problem,
    is_private,
    is_queryable,
    listed,
    plain_name,
    shown,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question

MAX_POINTERS = 10
"""PTR names of one address that are looked up; receivers stop there too (RFC 7208, 5.5)."""


def check_identity(host, address, helo, domains=(), role="source"):
    """Check one (host, source address) pair.

    ``address`` as text, ``helo`` the name it greets with, ``domains`` the envelope domains that it sends for. Returns the
    arguments with ``ptr`` (names, lower case) and ``checks``. Raises ValueError for an address that is none.
    """
    facts = yield from _gather(host, ip_address(address), plain_name(helo), [plain_name(domain) for domain in domains])
    checks = [judge(facts) for judge in CHECKS]
    return {"host": host, "address": address, "helo": helo, "role": role, "domains": list(domains), "ptr": facts.pointers, "checks": checks}


class _Facts:
    """What DNS said about one identity, before anything is judged."""

    def __init__(self, host, ip, helo, domains):
        self.host, self.ip, self.helo = host, ip, helo
        self.domains = [domain for domain in dict.fromkeys(domains) if not host_name_problem(domain)]
        self.private = is_private(ip)
        self.helo_problem = host_name_problem(helo)
        self.family = "A" if ip.version == 4 else "AAAA"
        self.ptr = None
        self.pointers = []
        self.forward = {}
        self.helo_answers = []
        self.spf = {}

    @property
    def confirmed(self):
        """PTR names that lead back to the address."""
        return [name for name in self.pointers if name in self.forward and _holds(self.forward[name], self.ip)]

    @property
    def helo_shown(self):
        return shown(self.helo) or "given"

    @property
    def helo_holds(self):
        return any(_holds(answer, self.ip) for answer in self.helo_answers)

    @property
    def good_name(self):
        """The name that PTR and HELO should both have; None where nothing known could serve."""
        candidates = self.confirmed[:1] + [self.helo, plain_name(self.host)] + ["mail." + domain for domain in self.domains[:1]]
        return next((name for name in candidates if not host_name_problem(name)), None)


def _holds(answer, ip):
    return answer.status == "ok" and any(ip_address(address) == ip for address in answer.records)


def _gather(host, ip, helo, domains):
    facts = _Facts(host, ip, helo, domains)
    asked = [] if facts.private else [Question(ip.reverse_pointer, "PTR")]
    asked += [] if facts.helo_problem else [Question(helo, "A"), Question(helo, "AAAA")]
    answers = (yield asked) if asked else []
    if not facts.private:
        facts.ptr, answers = answers[0], answers[1:]
        facts.pointers = sorted({plain_name(name) for name in facts.ptr.records})
    facts.helo_answers = answers
    names = [name for name in facts.pointers if is_queryable(name)][:MAX_POINTERS]
    if names:
        facts.forward = dict(zip(names, (yield [Question(name, facts.family) for name in names])))
    if not facts.private:
        for domain in facts.domains:
            facts.spf[domain] = yield from spf.check_host(str(ip), domain, "postmaster@" + domain, helo)
    return facts


def _unseen(control, facts):
    return check(control, "unknown", f"{facts.ip} is a private address; strangers see another one, which has to be declared.")


# PTR


def _ptr_exists(facts):
    if facts.private:
        return _unseen("ptr_exists", facts)
    if facts.ptr.failed:
        return check("ptr_exists", "unknown", f"DNS gave no answer for the PTR record of {facts.ip} ({facts.ptr.status}).")
    if facts.pointers:
        return check("ptr_exists", "pass", f"{facts.ip} has the PTR name {listed(facts.pointers)}.")
    return check("ptr_exists", "fail", f"{facts.ip} has no PTR record.", _forward_line(facts), _ptr_request(facts, "has no reverse DNS (PTR) record"))


def _fcrdns(facts):
    if facts.private:
        return _unseen("fcrdns", facts)
    if facts.ptr.failed:
        return check("fcrdns", "unknown", f"DNS gave no answer for the PTR record of {facts.ip} ({facts.ptr.status}).")
    if not facts.pointers:
        return check("fcrdns", "not_applicable", f"{facts.ip} has no PTR name that could lead back to it.")
    if facts.confirmed:
        return check("fcrdns", "pass", f"{listed(facts.confirmed)} leads back to {facts.ip}.")
    silent = [name for name, answer in facts.forward.items() if answer.failed]
    if silent:
        return check("fcrdns", "unknown", f"DNS gave no answer for {facts.family} of {listed(silent)} ({facts.forward[silent[0]].status}).")
    names = listed(facts.pointers)
    ours = [name for name in facts.pointers if _is_ours(name, facts)]
    if ours:
        return check("fcrdns", "fail", f"The PTR name {names} does not lead back to {facts.ip}.", address_line(ours[0], facts.ip))
    request = _ptr_request(facts, f"has the PTR name {names}, which does not lead back to it")
    return check("fcrdns", "fail", f"The PTR name {names} does not lead back to {facts.ip}.", _forward_line(facts), request)


def _is_ours(name, facts):
    if host_name_problem(name):
        return False
    return name == facts.helo or any(name == domain or name.endswith("." + domain) for domain in facts.domains)


def _ptr_request(facts, problem):
    """What to send to the provider of the address; None where no name can be proposed."""
    name = facts.good_name
    if name is None:
        return None
    forward = "" if name == facts.helo and facts.helo_holds else f"\nThe {facts.family} record of {name} will point to {facts.ip}."
    return (
        f"Subject: Reverse DNS for {facts.ip}\n\n"
        f"The address {facts.ip} {problem}, so other mail servers refuse mail from it.\n"
        f"Please set its PTR record:\n\n"
        f"{facts.ip.reverse_pointer}. IN PTR {name}.\n{forward}"
    ).rstrip("\n") + "\n"


def _forward_line(facts):
    """The address record that the proposed PTR name still needs."""
    name = facts.good_name
    if name is None or name in facts.confirmed or (name == facts.helo and (facts.helo_holds or any(answer.failed for answer in facts.helo_answers))):
        return None
    return address_line(name, facts.ip)


# HELO


def _helo_fqdn(facts):
    if facts.helo_problem is None:
        return check("helo_fqdn", "pass", f"The HELO name {facts.helo} is fully qualified.")
    return check("helo_fqdn", "fail", f"The HELO name {facts.helo_shown} {facts.helo_problem}.{_better_helo(facts)}")


def _helo_resolves(facts):
    if facts.helo_problem:
        return check("helo_resolves", "fail", f"The HELO name {facts.helo_shown} {facts.helo_problem}, so nobody can resolve it.{_better_helo(facts)}")
    addresses = [address for answer in facts.helo_answers for address in answer.records]
    if addresses:
        return check("helo_resolves", "pass", f"The HELO name {facts.helo} resolves to {listed(addresses)}.")
    failed = [answer.status for answer in facts.helo_answers if answer.failed]
    if failed:
        return check("helo_resolves", "unknown", f"DNS gave no answer for the HELO name {facts.helo} ({failed[0]}).")
    publish = None if facts.private else address_line(facts.helo, facts.ip)
    return check("helo_resolves", "fail", f"The HELO name {facts.helo} has no address record.", publish)


def _helo_matches(facts):
    if facts.private:
        return _unseen("helo_matches", facts)
    if facts.helo_holds:
        return check("helo_matches", "pass", f"The HELO name {facts.helo} resolves to {facts.ip}.")
    addresses = [address for answer in facts.helo_answers for address in answer.records]
    own = [answer for answer, family in zip(facts.helo_answers, ("A", "AAAA")) if family == facts.family]
    if own and own[0].failed:
        return check("helo_matches", "unknown", f"DNS gave no answer for {facts.family} of the HELO name {facts.helo} ({own[0].status}).")
    if not addresses:
        return check("helo_matches", "not_applicable", f"The HELO name {facts.helo_shown} resolves to no address at all.")
    better = [name for name in facts.confirmed if name != facts.helo and not host_name_problem(name)]
    evidence = f"The HELO name {facts.helo} resolves to {listed(addresses)}, not to {facts.ip}.{_better_helo(facts)}"
    return check("helo_matches", "fail", evidence, None if better else address_line(facts.helo, facts.ip))


def _better_helo(facts):
    names = [name for name in facts.confirmed if name != facts.helo and not host_name_problem(name)]
    return f" Greet as {names[0]}, the confirmed PTR name." if names else ""


# SPF


def _spf_authorises(facts):
    if facts.private:
        return _unseen("spf_authorises", facts)
    if not facts.spf:
        return check("spf_authorises", "unknown", f"No public envelope domain is known for {facts.ip}.")
    refused = {domain: outcome for domain, outcome in facts.spf.items() if outcome.result not in ("pass", "temperror")}
    silent = [domain for domain, outcome in facts.spf.items() if outcome.result == "temperror"]
    if refused:
        evidence = " ".join(f"{domain}: {outcome.result}, {outcome.reason}." for domain, outcome in refused.items())
        lines = [spf_line(domain, outcome, facts.ip) for domain, outcome in refused.items()]
        return check("spf_authorises", "fail", evidence, "\n".join(line for line in lines if line) or None)
    if silent:
        return check("spf_authorises", "unknown", f"{silent[0]}: {facts.spf[silent[0]].reason}.")
    return check("spf_authorises", "pass", f"SPF of {listed(list(facts.spf))} authorises {facts.ip}.")


def spf_line(domain, outcome, ip):
    """The zone file line of the corrected record."""
    return txt_line(domain, spf_edit.authorize(outcome.records, str(ip), first=True)["record"])


CHECKS = (_ptr_exists, _fcrdns, _helo_fqdn, _helo_resolves, _helo_matches, _spf_authorises)
