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
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.generic import generic_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import (
    domain_problem,
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

REQUIRED = frozenset(["ptr_exists", "fcrdns", "helo_fqdn", "helo_resolves", "helo_matches", "spf_authorises"])
"""Controls without which big receivers refuse mail; the others only make it better."""


def check_identity(host, address, helo, domains=(), role="source"):
    """Check one (host, source address) pair.

    ``address`` as text, ``helo`` the name it greets with, ``domains`` the envelope domains that it sends for. Returns the arguments with
    ``ptr`` (names, lower case), ``name`` (which PTR and HELO should have), ``checks``,
    ``spf`` (how SPF was evaluated for each domain and for the HELO name) and ``verdict``.
    Raises ValueError for an address that is none.
    """
    facts = yield from _gather(host, ip_address(address), plain_name(helo), [plain_name(domain) for domain in domains])
    checks = [judge(facts) for judge in CHECKS]
    return {
        "host": host,
        "address": address,
        "helo": helo,
        "role": role,
        "domains": list(domains),
        "ptr": facts.pointers,
        "name": facts.good_name,
        "checks": checks,
        "spf": [
            *(_spf_result("mail_from", domain, outcome) for domain, outcome in facts.spf.items()),
            *(_spf_result("helo", facts.helo, outcome) for outcome in [facts.helo_spf] if outcome),
        ],
        "verdict": verdict(checks),
    }


def verdict(checks):
    """One judgement of all checks: ``status``, ``summary`` and everything to publish and to request, once each.

    A required control that fails makes it ``fail``; else one that is unknown makes it ``unknown``. What is only advisable is said.
    """
    decisive = [entry for entry in checks if entry["control"] in REQUIRED]
    failed = [entry for entry in decisive if entry["status"] == "fail"]
    silent = [entry for entry in decisive if entry["status"] == "unknown"]
    advice = [entry for entry in checks if entry["control"] not in REQUIRED and entry["status"] == "fail"]
    if failed or silent:
        status, told = ("fail", failed) if failed else ("unknown", silent)
    else:
        status, told = "pass", advice
    lines = [line for entry in failed + advice for line in (entry["publish"] or "").splitlines()]
    requests = [entry["request"] for entry in failed + advice if entry["request"]]
    return {
        "status": status,
        "summary": " ".join(entry["evidence"] for entry in told) or "Address, PTR, HELO name and SPF agree.",
        "publish": "\n".join(dict.fromkeys(lines)) or None,
        "request": requests[0] if requests else None,
    }


def _spf_result(scope, domain, outcome):
    return {
        "scope": scope,
        "domain": domain,
        "records": outcome.records,
        "result": outcome.result,
        "reason": outcome.reason,
        "lookups": outcome.lookups,
        "voids": outcome.voids,
        "trace": outcome.trace,
    }


class _Facts:
    """What DNS said about one identity, before anything is judged."""

    def __init__(self, host, ip, helo, domains):
        self.host, self.ip, self.helo = host, ip, helo
        self.domains = [domain for domain in dict.fromkeys(domains) if not domain_problem(domain)]
        self.private = is_private(ip)
        self.helo_problem = host_name_problem(helo)
        self.family = "A" if ip.version == 4 else "AAAA"
        self.ptr = None
        self.pointers = []
        self.forward = {}
        self.proposed = None
        self.helo_answers = {}
        self.spf = {}
        self.helo_spf = None
        self.other_ptr = {}

    @property
    def confirmed(self):
        """PTR names that lead back to the address."""
        return [name for name in self.pointers if name in self.forward and _holds(self.forward[name], self.ip)]

    @property
    def helo_shown(self):
        return shown(self.helo) or "given"

    @property
    def helo_addresses(self):
        return [address for answer in self.helo_answers.values() for address in answer.records]

    @property
    def helo_holds(self):
        return any(_holds(answer, self.ip) for answer in self.helo_answers.values())

    @property
    def good_name(self):
        """The name that PTR and HELO should both have; None where nothing known could serve."""
        confirmed = [name for name in self.confirmed if not generic_name(name, self.ip)]
        candidates = [*confirmed, self.helo, plain_name(self.host), *("mail." + domain for domain in self.domains)]
        return next((name for name in candidates if not host_name_problem(name)), None)


def _holds(answer, ip):
    return answer.status == "ok" and any(ip_address(address) == ip for address in answer.records)


# What DNS says


def _gather(host, ip, helo, domains):
    facts = _Facts(host, ip, helo, domains)
    asked = [] if facts.private else [Question(ip.reverse_pointer, "PTR")]
    asked += [] if facts.helo_problem else [Question(helo, "A"), Question(helo, "AAAA")]
    answers = (yield asked) if asked else []
    if not facts.private:
        facts.ptr, answers = answers[0], answers[1:]
        facts.pointers = sorted({plain_name(name) for name in facts.ptr.records})
    facts.helo_answers = dict(zip(("A", "AAAA"), answers))
    names = [name for name in facts.pointers if is_queryable(name)][:MAX_POINTERS]
    if names:
        facts.forward = dict(zip(names, (yield [Question(name, facts.family) for name in names])))
    if not facts.private:
        if facts.good_name and not _leads_here(facts.good_name, facts):
            facts.proposed = yield Question(facts.good_name, facts.family)
        yield from _gather_spf(facts)
        yield from _gather_ipv6(facts)
    return facts


def _gather_spf(facts):
    address = str(facts.ip)
    for domain in facts.domains:
        facts.spf[domain] = yield from spf.check_host(address, domain, "postmaster@" + domain, facts.helo)
    if not facts.helo_problem:
        facts.helo_spf = yield from spf.check_host(address, facts.helo, "postmaster@" + facts.helo, facts.helo)


def _gather_ipv6(facts):
    """The PTR records of the HELO name's IPv6 addresses: a host that has them tends to send from them."""
    if facts.ip.version == 4 and facts.helo_answers:
        others = [ip_address(text) for text in facts.helo_answers["AAAA"].records]
        others = [ip for ip in others if not is_private(ip)]
        if others:
            facts.other_ptr = dict(zip(others, (yield [Question(ip.reverse_pointer, "PTR") for ip in others])))


def _unseen(control, facts):
    return check(control, "unknown", f"{facts.ip} is a private address; strangers see another one, which has to be declared.")


def _silent_ptr(control, facts):
    return check(control, "unknown", f"DNS gave no answer for the PTR record of {facts.ip} ({facts.ptr.status}).")


# PTR


def _ptr_exists(facts):
    if facts.private:
        return _unseen("ptr_exists", facts)
    if facts.ptr.failed:
        return _silent_ptr("ptr_exists", facts)
    if facts.pointers:
        return check("ptr_exists", "pass", f"{facts.ip} has the PTR name {listed(facts.pointers)}.")
    return check("ptr_exists", "fail", f"{facts.ip} has no PTR record.", _forward_line(facts), _ptr_request(facts, "has no reverse DNS (PTR) record"))


def _fcrdns(facts):
    if facts.private:
        return _unseen("fcrdns", facts)
    if facts.ptr.failed:
        return _silent_ptr("fcrdns", facts)
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


def _ptr_specific(facts):
    if facts.private:
        return _unseen("ptr_specific", facts)
    if facts.ptr.failed:
        return _silent_ptr("ptr_specific", facts)
    if not facts.pointers:
        return check("ptr_specific", "not_applicable", f"{facts.ip} has no PTR name.")
    reasons = {name: generic_name(name, facts.ip) for name in facts.pointers}
    if not all(reasons.values()):
        return check("ptr_specific", "pass", f"The PTR name {listed([name for name, reason in reasons.items() if not reason])} is one of its own.")
    name, reason = next(iter(reasons.items()))
    evidence = f"The PTR name {shown(name)} {reason}; receivers take such names for home connections."
    return check("ptr_specific", "fail", evidence, _forward_line(facts), _ptr_request(facts, f"has the generic PTR name {shown(name)}"))


def _is_ours(name, facts):
    if host_name_problem(name):
        return False
    return name == facts.helo or any(name == domain or name.endswith("." + domain) for domain in facts.domains)


def _ptr_request(facts, problem):
    """What to send to the provider of the address; None where no name can be proposed."""
    name = facts.good_name
    if name is None:
        return None
    lines = [
        f"Subject: Reverse DNS for {facts.ip}",
        "",
        f"The address {facts.ip} {problem}, so other mail servers refuse mail from it.",
        "Please set its PTR record:",
        "",
        f"{facts.ip.reverse_pointer}. IN PTR {name}.",
    ]
    if not _leads_here(name, facts):
        lines += ["", f"The {facts.family} record of {name} will point to {facts.ip}."]
    return "\n".join(lines) + "\n"


def _forward_line(facts):
    """The address record that the proposed PTR name still needs."""
    name = facts.good_name
    if name is None or _leads_here(name, facts) or facts.proposed.failed:
        return None
    return address_line(name, facts.ip)


def _leads_here(name, facts):
    """Whether a name, a PTR name or the HELO name or the one proposed, has the address."""
    proposed = facts.proposed is not None and name == facts.good_name and _holds(facts.proposed, facts.ip)
    return proposed or name in facts.confirmed or (name == facts.helo and facts.helo_holds)


# HELO


def _helo_fqdn(facts):
    if facts.helo_problem is None:
        return check("helo_fqdn", "pass", f"The HELO name {facts.helo} is fully qualified.")
    return check("helo_fqdn", "fail", f"The HELO name {facts.helo_shown} {facts.helo_problem}.{_better_helo(facts)}")


def _helo_resolves(facts):
    if facts.helo_problem:
        return check("helo_resolves", "fail", f"Nobody can resolve the HELO name {facts.helo_shown}.{_better_helo(facts)}")
    if facts.helo_addresses:
        return check("helo_resolves", "pass", f"The HELO name {facts.helo} resolves to {listed(facts.helo_addresses)}.")
    failed = [answer.status for answer in facts.helo_answers.values() if answer.failed]
    if failed:
        return check("helo_resolves", "unknown", f"DNS gave no answer for the HELO name {facts.helo} ({failed[0]}).")
    publish = None if facts.private else address_line(facts.helo, facts.ip)
    return check("helo_resolves", "fail", f"The HELO name {facts.helo} has no address record.", publish)


def _helo_matches(facts):
    if facts.private:
        return _unseen("helo_matches", facts)
    if facts.helo_holds:
        return check("helo_matches", "pass", f"The HELO name {facts.helo} resolves to {facts.ip}.")
    if facts.helo_answers and facts.helo_answers[facts.family].failed:
        status = facts.helo_answers[facts.family].status
        return check("helo_matches", "unknown", f"DNS gave no answer for {facts.family} of the HELO name {facts.helo} ({status}).")
    if not facts.helo_addresses:
        return check("helo_matches", "not_applicable", f"The HELO name {facts.helo_shown} resolves to no address at all.")
    evidence = f"The HELO name {facts.helo} resolves to {listed(facts.helo_addresses)}, not to {facts.ip}.{_better_helo(facts)}"
    return check("helo_matches", "fail", evidence, None if _better_helo(facts) else address_line(facts.helo, facts.ip))


def _helo_matches_ptr(facts):
    if facts.private:
        return _unseen("helo_matches_ptr", facts)
    if facts.ptr.failed:
        return _silent_ptr("helo_matches_ptr", facts)
    if facts.helo_problem or not facts.pointers:
        missing = f"{facts.ip} has no PTR name" if not facts.pointers else f"The HELO name {facts.helo_shown} {facts.helo_problem}"
        return check("helo_matches_ptr", "not_applicable", f"{missing}.")
    if facts.helo in facts.pointers:
        return check("helo_matches_ptr", "pass", f"The HELO name {facts.helo} is the PTR name.")
    evidence = f"The HELO name {facts.helo} is not the PTR name {listed(facts.pointers)}.{_better_helo(facts)}"
    request = None if _better_helo(facts) else _ptr_request(facts, f"has the PTR name {listed(facts.pointers)}, not the name that it greets with")
    return check("helo_matches_ptr", "fail", evidence, None, request)


def _better_helo(facts):
    names = [name for name in facts.confirmed if name != facts.helo and not host_name_problem(name) and not generic_name(name, facts.ip)]
    if names:
        return f" Greet as {names[0]}, the confirmed PTR name."
    return f" Greet as {facts.good_name}." if facts.helo_problem and facts.good_name else ""


# SPF


def _spf_authorises(facts):
    if facts.private:
        return _unseen("spf_authorises", facts)
    if not facts.spf:
        return check("spf_authorises", "unknown", f"No public envelope domain is known for {facts.ip}.")
    refused = {domain: outcome for domain, outcome in facts.spf.items() if outcome.result not in ("pass", "temperror")}
    silent = [domain for domain, outcome in facts.spf.items() if outcome.result == "temperror"]
    if refused:
        evidence = " ".join(f"SPF of {domain} gives {outcome.result}: {outcome.reason}." for domain, outcome in refused.items())
        lines = [line for domain, outcome in refused.items() for line in spf_lines(domain, _authorized(domain, outcome.records, [str(facts.ip)]))]
        return check("spf_authorises", "fail", evidence, "\n".join(lines))
    if silent:
        return check("spf_authorises", "unknown", f"SPF of {silent[0]} is unknown: {facts.spf[silent[0]].reason}.")
    return check("spf_authorises", "pass", f"SPF of {listed(list(facts.spf))} authorises {facts.ip}.")


def _spf_helo_authorises(facts):
    """SPF of the HELO name: receivers evaluate it too, and for bounces nothing else (RFC 7208, 2.3 and 2.4)."""
    if facts.private:
        return _unseen("spf_helo_authorises", facts)
    outcome = facts.helo_spf
    if outcome is None:
        return check("spf_helo_authorises", "not_applicable", f"The HELO name {facts.helo_shown} {facts.helo_problem}.")
    if outcome.result == "pass":
        return check("spf_helo_authorises", "pass", f"SPF of the HELO name {facts.helo} authorises {facts.ip}.")
    if outcome.result == "temperror":
        return check("spf_helo_authorises", "unknown", f"SPF of the HELO name {facts.helo} is unknown: {outcome.reason}.")
    if outcome.result == "none":
        evidence = f"The HELO name {facts.helo} has no SPF record of its own; bounces are sent without SPF."
        return check("spf_helo_authorises", "not_applicable", evidence, txt_line(facts.helo, "v=spf1 a -all") if facts.helo_holds else None)
    evidence = f"SPF of the HELO name {facts.helo} gives {outcome.result}: {outcome.reason}."
    return check("spf_helo_authorises", "fail", evidence, "\n".join(spf_lines(facts.helo, _authorized(facts.helo, outcome.records, [str(facts.ip)]))))


def spf_lines(domain, edit):
    """The zone file lines of a corrected record (``spf_edit.authorize``); what it includes comes first."""
    return [txt_line(part["name"], part["record"]) for part in edit["included"]] + [txt_line(domain, edit["record"])]


def _authorized(domain, records, addresses):
    return spf_edit.authorize(records, addresses, first=True, domain=domain)


def join_spf(identities):
    """Give identities that send for the same domain one record to publish, which authorises all of their sources.

    ``identities`` are results of ``check_identity``, changed in place. Published one after the other, records with one new address each
    would take back one another. A candidate gets that record and itself in it. Where so many sources are missing that one record cannot
    hold them, each keeps the record with its own address. Returns the lines to publish for each domain that has such a record.
    """
    joined = _joined_records(identities)
    for identity in identities:
        lines = []
        for row in _refused_rows(identity):
            shared = joined.get(row["domain"])
            if shared and identity["role"] == "source":
                lines += spf_lines(row["domain"], shared)
            else:
                own = _authorized(row["domain"], [shared["record"]] if shared else row["records"], [identity["address"]])
                lines += spf_lines(row["domain"], dict(own, included=(shared["included"] if shared else []) + own["included"]))
        for entry in identity["checks"]:
            if entry["control"] == "spf_authorises" and lines:
                entry["publish"] = "\n".join(lines)
        identity["verdict"] = verdict(identity["checks"])
    return {domain: spf_lines(domain, edit) for domain, edit in joined.items()}


def _joined_records(identities):
    """Domain -> the edit that authorises every source missing in its record, where one record can hold them."""
    sources, records = {}, {}
    for identity in identities:
        for row in _refused_rows(identity):
            if identity["role"] == "source":
                sources.setdefault(row["domain"], []).append(identity["address"])
                records[row["domain"]] = row["records"]
    edits = {domain: _authorized(domain, records[domain], addresses) for domain, addresses in sources.items()}
    # A record that costs too many lookups does so with one address as with all of them.
    return {domain: edit for domain, edit in edits.items() if len(edit["record"]) <= spf_edit.MAX_TEXT}


def _refused_rows(identity):
    return [row for row in identity["spf"] if row["scope"] == "mail_from" and row["result"] not in ("pass", "temperror")]


# IPv6


def _ipv6_complete(facts):
    """Whether everything is in place for mail over IPv6, where big receivers refuse what they forgive over IPv4."""
    if facts.private:
        return _unseen("ipv6_complete", facts)
    if facts.ip.version == 6:
        return _ipv6_of_its_own(facts)
    if not facts.other_ptr:
        answer = facts.helo_answers.get("AAAA")
        if answer is not None and answer.failed:
            return check("ipv6_complete", "unknown", f"DNS gave no answer for AAAA of the HELO name {facts.helo} ({answer.status}).")
        return check("ipv6_complete", "not_applicable", f"The HELO name {facts.helo_shown} has no IPv6 address.")
    bare = [ip for ip, answer in facts.other_ptr.items() if not answer.failed and not answer.records]
    if bare:
        evidence = f"The HELO name {facts.helo} also has the address {listed(bare)}, which has no PTR record: mail that leaves from there is refused."
        return check("ipv6_complete", "fail", f"{evidence} Add the PTR record or send over IPv4 only.")
    silent = [ip for ip, answer in facts.other_ptr.items() if answer.failed]
    if silent:
        return check("ipv6_complete", "unknown", f"DNS gave no answer for the PTR record of {silent[0]} ({facts.other_ptr[silent[0]].status}).")
    return check("ipv6_complete", "pass", f"The IPv6 address {listed(list(facts.other_ptr))} of the HELO name has a PTR record.")


def _ipv6_of_its_own(facts):
    links = [judge(facts) for judge in (_ptr_exists, _fcrdns, _helo_matches, _spf_authorises)]
    broken = [link for link in links if link["status"] in ("fail", "not_applicable")]
    if broken:
        evidence = " ".join(link["evidence"] for link in broken) + " Complete it or send over IPv4 only."
        return check("ipv6_complete", "fail", evidence)
    silent = [link for link in links if link["status"] == "unknown"]
    if silent:
        return check("ipv6_complete", "unknown", silent[0]["evidence"])
    return check("ipv6_complete", "pass", f"PTR, HELO name and SPF are in place for {facts.ip}.")


CHECKS = (
    *(_ptr_exists, _fcrdns, _ptr_specific),
    *(_helo_fqdn, _helo_resolves, _helo_matches, _helo_matches_ptr),
    *(_spf_authorises, _spf_helo_authorises, _ipv6_complete),
)
