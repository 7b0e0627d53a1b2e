# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A domain that sends mail, as receivers and reporters see it: MX, SPF, DMARC, DKIM, MTA-STS, TLS-RPT, DANE and BIMI.

``check_domain`` is a generator of questions. What a domain does not use (MTA-STS, TLS-RPT, DANE, BIMI) does not apply; what it uses
has to be right.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns import spf_edit
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.checks import check, txt_line
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dkim import check_dkim
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dmarc import check_dmarc
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.mta_sts import check_record
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
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf_lint import REJECTED, lint
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.tags import begins_with, parse_tags, resembles

MAX_HOSTS = 20
"""MX hosts that are looked at."""


def check_domain(domain, selectors=()):
    """Check everything that DNS says about mail of a domain.

    Returns ``checks`` and what they rest on: ``mx``, ``spf``, ``dmarc``, ``dkim``, ``mta_sts``, ``tls_rpt``, ``dane``, ``bimi``. A name
    that public DNS cannot know has one failed check and nothing else.
    """
    name = plain_name(domain)
    problem = domain_problem(name)
    if problem:
        return {"checks": [check("domain_public", "fail", f"{shown(name) or 'The empty name'} {problem}.")]}
    mx, mx_answer, mx_checks = yield from _check_mx(name)
    spf, spf_checks = yield from _check_spf(name)
    dmarc, dmarc_checks = yield from check_dmarc(name)
    dkim, dkim_checks = yield from check_dkim(name, selectors)
    mta_sts, mta_sts_check = yield from check_record(name)
    tls_rpt, tls_rpt_check = yield from _check_tls_rpt(name)
    dane, dane_check = yield from _check_dane(name, mx, mx_answer)
    bimi, bimi_check = yield from _check_bimi(name, dmarc, dmarc_checks[0])
    return {
        "checks": [*mx_checks, *spf_checks, *dmarc_checks, *dkim_checks, mta_sts_check, tls_rpt_check, dane_check, bimi_check],
        "mx": mx,
        "spf": spf,
        "dmarc": dmarc,
        "dkim": dkim,
        "mta_sts": mta_sts,
        "tls_rpt": tls_rpt,
        "dane": dane,
        "bimi": bimi,
    }


# MX

MX_CONTROLS = ("mx_exists", "mx_valid", "mx_resolves", "mx_public", "mx_redundant")


def _check_mx(domain):
    """Return (hosts, the MX answer, checks). A host has ``preference``, ``host`` and ``addresses``."""
    answer = yield Question(domain, "MX")
    if answer.failed:
        return [], answer, [check(control, "unknown", f"DNS gave no answer for MX of {domain} ({answer.status}).") for control in MX_CONTROLS]
    records = sorted((preference, plain_name(host)) for preference, host in answer.records)
    if not records:
        return [], answer, (yield from _implicit_mx(domain))
    null = [record for record in records if not record[1]]
    if len(null) == len(records):
        evidence = f"{domain} says that it takes no mail (null MX), so receivers refuse it as a sender (RFC 7505)."
        return [], answer, [check("mx_exists", "fail", evidence), *_not_applicable(MX_CONTROLS[1:], f"{domain} takes no mail.")]
    names = list(dict.fromkeys(host for _preference, host in records if host))[:MAX_HOSTS]
    asked = [name for name in names if is_queryable(name) and not _is_literal(name)]
    answers = yield [Question(name, rdtype) for name in asked for rdtype in ("A", "AAAA")]
    found = {name: answers[2 * number : 2 * number + 2] for number, name in enumerate(asked)}
    silent = [name for name in asked if any(answer.failed for answer in found[name])]
    hosts = [
        {"preference": min(preference for preference, other in records if other == name), "host": name, "addresses": _addresses(found.get(name, ()))}
        for name in names
    ]
    return (
        hosts,
        answer,
        [
            check("mx_exists", "pass", f"{domain} takes mail at {listed(names)}."),
            _mx_valid(domain, names, null, found, silent),
            _mx_resolves(domain, found),
            _mx_public(domain, hosts, silent),
            _mx_redundant(domain, hosts, silent),
        ],
    )


def _not_applicable(controls, evidence):
    return [check(control, "not_applicable", evidence) for control in controls]


def _addresses(answers):
    return [address for answer in answers for address in answer.records]


def _is_literal(name):
    return bool(re.fullmatch(r"\[.*\]|[0-9.]+|[0-9a-f]*:[0-9a-f:.]*", name))


def _implicit_mx(domain):
    answers = yield [Question(domain, "A"), Question(domain, "AAAA")]
    addresses = _addresses(answers)
    rest = _not_applicable(MX_CONTROLS[1:], f"{domain} has no MX record.")
    if addresses:
        return [check("mx_exists", "pass", f"{domain} has no MX record; mail goes to its address {listed(addresses)}."), *rest]
    if any(answer.failed for answer in answers):
        return [check("mx_exists", "unknown", f"{domain} has no MX record, and DNS gave no answer for its addresses."), *rest]
    return [check("mx_exists", "fail", f"{domain} has neither MX nor address records: nobody can answer its mail, and receivers refuse it."), *rest]


def _mx_valid(domain, names, null, found, silent):
    problems = ["a null MX stands beside others"] if null else []
    for name in names:
        if _is_literal(name):
            problems.append(f"{shown(name)} is an address, not a name")
        elif host_name_problem(name):
            problems.append(f"{shown(name)} {host_name_problem(name)}")
        elif any(answer.aliases for answer in found[name]):
            problems.append(f"{name} is an alias (CNAME), which RFC 2181 forbids for an MX host")
    if problems:
        return check("mx_valid", "fail", f"MX of {domain}: {'; '.join(problems)}.")
    if silent:
        return _silent_host("mx_valid", silent)
    return check("mx_valid", "pass", f"The MX hosts of {domain} are proper host names.")


def _mx_resolves(domain, found):
    lost = [name for name in found if not _addresses(found[name]) and not any(answer.failed for answer in found[name])]
    silent = [name for name in found if not _addresses(found[name]) and any(answer.failed for answer in found[name])]
    if lost:
        return check("mx_resolves", "fail", f"The MX host {listed(lost)} of {domain} has no address.")
    if silent:
        return _silent_host("mx_resolves", silent)
    if not found:
        return check("mx_resolves", "not_applicable", f"No MX host of {domain} has a name to resolve.")
    return check("mx_resolves", "pass", f"Every MX host of {domain} has an address.")


def _mx_public(domain, hosts, silent):
    inside = [f"{host['host']} = {address}" for host in hosts for address in host["addresses"] if is_private(ip_address(address))]
    inside += [host["host"] for host in hosts if host["host"] == "localhost" or host["host"].endswith((".localhost", ".localdomain"))]
    if inside:
        return check("mx_public", "fail", f"MX of {domain} leads to an address that strangers cannot reach: {listed(inside)}.")
    if silent:
        return _silent_host("mx_public", silent)
    if not any(host["addresses"] for host in hosts):
        return check("mx_public", "not_applicable", f"No MX host of {domain} has an address.")
    return check("mx_public", "pass", f"The MX hosts of {domain} have public addresses.")


def _mx_redundant(domain, hosts, silent):
    addresses = {address for host in hosts for address in host["addresses"]}
    if len(hosts) > 1 and len(addresses) > 1:
        return check("mx_redundant", "pass", f"{domain} has {len(hosts)} MX hosts.")
    if hosts and len({ip_address(address).version for address in addresses}) < len(addresses):
        return check("mx_redundant", "pass", f"The MX host of {domain} has {len(addresses)} addresses.")
    if silent:
        return _silent_host("mx_redundant", silent)
    return check("mx_redundant", "fail", f"All mail for {domain} depends on one host.")


def _silent_host(control, silent):
    return check(control, "unknown", f"DNS gave no answer for the address of the MX host {listed(silent)}.")


# SPF

SPF_CONTROLS = ("spf_published", "spf_valid", "spf_within_limits", "spf_restrictive", "spf_tidy")
_LIMITS = ("too_many_lookups", "too_many_voids", "too_many_mx", "too_long")
_OPEN = ("open", "no_policy", "neutral_policy", "wide")


def _check_spf(domain):
    """Return (spf, checks): what lint found, sorted into controls, with the corrected record where an edit cures it."""
    found = yield from lint(domain)
    spf = {"record": found["records"][0] if found["records"] else None, **found}
    silent = [problem for problem in found["problems"] if problem["problem"] == "unanswered"]
    if not found["records"]:
        if silent:
            return spf, [check(control, "unknown", silent[0]["text"]) for control in SPF_CONTROLS]
        near = [problem["text"] for problem in found["problems"] if problem["problem"] == "near_miss"]
        line = txt_line(domain, "v=spf1 mx ~all")
        evidence = near[0] if near else f"{domain} publishes no SPF record."
        return spf, [check("spf_published", "fail", evidence, line), *_not_applicable(SPF_CONTROLS[1:], f"{domain} publishes no SPF record.")]
    rejected = REJECTED.difference(_LIMITS)
    others = {*REJECTED, *_LIMITS, *_OPEN, "unanswered"}
    return spf, [
        check("spf_published", "pass", f"{domain} publishes an SPF record."),
        _spf_judged("spf_valid", spf, rejected, f"The SPF record of {domain} can be read, and so can its includes.", silent, _corrected(domain, found)),
        _spf_judged("spf_within_limits", spf, _LIMITS, f"SPF of {domain} needs {spf['lookups']} lookups.", silent, None),
        _spf_judged("spf_restrictive", spf, _OPEN, f"SPF of {domain} shuts others out.", [], None),
        _spf_judged("spf_tidy", spf, {problem["problem"] for problem in spf["problems"]} - others, f"SPF of {domain} has no flaws.", [], None),
    ]


def _spf_judged(control, spf, names, praise, silent, publish):
    texts = [problem["text"] for problem in spf["problems"] if problem["problem"] in names]
    if texts:
        return check(control, "fail", " ".join(texts[:4]) + (f" And {len(texts) - 4} more." if len(texts) > 4 else ""), publish)
    return check(control, "unknown", silent[0]["text"]) if silent else check(control, "pass", praise)


def _corrected(domain, found):
    edit = spf_edit.correct(found["records"], found["lookups"])
    return txt_line(domain, edit["record"]) if edit["changed"] else None


# TLS-RPT


def _check_tls_rpt(domain):
    """Return (tls_rpt, check): where senders report failures of TLS (RFC 8460)."""
    answer = yield Question("_smtp._tls." + domain, "TXT")
    if answer.failed:
        return None, check("tls_rpt_valid", "unknown", f"DNS gave no answer for TXT of _smtp._tls.{domain} ({answer.status}).")
    records = [str(text) for text in answer.records if begins_with(text, "TLSRPTv1")]
    near = [text for text in answer.records if resembles(text, "TLSRPTv1")]
    if not records and near:
        return None, check("tls_rpt_valid", "fail", f"_smtp._tls.{domain} has {shown(near[0])}, which senders do not take for TLS-RPT.")
    if not records:
        return None, check("tls_rpt_valid", "not_applicable", f"{domain} asks for no TLS reports.")
    if len(records) > 1:
        return None, check("tls_rpt_valid", "fail", f"_smtp._tls.{domain} has {len(records)} TLS-RPT records, so senders use none of them.")
    tags, problems = parse_tags(records[0])
    uris = [uri.strip() for uri in tags.get("rua", "").split(",") if uri.strip()]
    problems += [] if uris else ["rua= is missing"]
    problems += [f"{shown(uri)} is neither mailto: nor https:" for uri in uris if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://\S+", uri, re.IGNORECASE)]
    tls_rpt = {"record": records[0], "rua": uris}
    if problems:
        return tls_rpt, check("tls_rpt_valid", "fail", f"The TLS-RPT record of {domain} is wrong: {'; '.join(problems)}.")
    return tls_rpt, check("tls_rpt_valid", "pass", f"Reports about TLS to {domain} go to {listed(uris)}.")


# DANE

_DIGESTS = {1: 64, 2: 128}


def _check_dane(domain, hosts, mx_answer):
    """Return (dane, check): the TLSA records of the MX hosts (RFC 7672). They count only under DNSSEC, which the resolver has to vouch for."""
    names = [host["host"] for host in hosts if host["addresses"]]
    answers = (yield [Question("_25._tcp." + name, "TLSA") for name in names]) if names else []
    dane = [{"host": name, "records": len(answer.records), "authenticated": answer.authenticated} for name, answer in zip(names, answers) if answer.records]
    silent = [name for name, answer in zip(names, answers) if answer.failed]
    unusable = [name for name, answer in zip(names, answers) if answer.records and not any(_usable(record) for record in answer.records)]
    if unusable:
        return dane, check(
            "dane_valid", "fail", f"No TLSA record of {listed(unusable)} can be used: SMTP needs usage 2 or 3 with a digest of the right length."
        )
    if silent:
        evidence = f"DNS gave no answer for TLSA of {listed(silent)}; senders with DANE would keep their mail waiting."
        return dane, check("dane_valid", "unknown", evidence)
    if not dane:
        return dane, check("dane_valid", "not_applicable", f"No MX host of {domain} has TLSA records.")
    if not (mx_answer.authenticated and all(entry["authenticated"] for entry in dane)):
        evidence = f"The resolver does not vouch for MX and TLSA of {domain} (no AD bit): it does not validate, or the zone is not signed."
        return dane, check("dane_valid", "unknown", evidence)
    bare = [name for name in names if name not in [entry["host"] for entry in dane]]
    if bare:
        return dane, check("dane_valid", "fail", f"The MX host {listed(bare)} of {domain} has no TLSA record, others have.")
    return dane, check("dane_valid", "pass", f"Every MX host of {domain} has TLSA records under DNSSEC.")


def _usable(record):
    usage, selector, matching, data = record
    return usage in (2, 3) and selector in (0, 1) and (len(data) == _DIGESTS[matching] if matching in _DIGESTS else matching == 0 and len(data) > 0)


# BIMI


def _check_bimi(domain, dmarc, dmarc_published):
    """Return (bimi, check): the logo announced for the domain. Receivers show it only under an enforced DMARC policy."""
    answer = yield Question("default._bimi." + domain, "TXT")
    if answer.failed:
        return None, check("bimi_valid", "unknown", f"DNS gave no answer for TXT of default._bimi.{domain} ({answer.status}).")
    records = [str(text) for text in answer.records if begins_with(text, "BIMI1")]
    if not records:
        return None, check("bimi_valid", "not_applicable", f"{domain} announces no BIMI logo.")
    tags, problems = parse_tags(records[0])
    bimi = {"record": records[0], "logo": tags.get("l") or None, "evidence_document": tags.get("a") or None}
    if len(records) > 1:
        problems.append("there are several records")
    if "l" not in tags:
        problems.append("l= is missing")
    problems += [f"{name}= is no https: address" for name in ("l", "a") if tags.get(name) and not re.fullmatch(r"https://\S+", tags[name], re.IGNORECASE)]
    unsure = tags.get("l") and dmarc_published["status"] == "unknown"
    if tags.get("l") and not unsure and not _enforced(dmarc):
        problems.append("the DMARC policy is not quarantine or reject for all mail, so nobody shows it")
    if problems:
        return bimi, check("bimi_valid", "fail", f"BIMI of {domain}: {'; '.join(problems)}.")
    if unsure:
        return bimi, check("bimi_valid", "unknown", dmarc_published["evidence"])
    return bimi, check("bimi_valid", "pass", f"{domain} announces its logo." if tags.get("l") else f"{domain} declines BIMI.")


def _enforced(dmarc):
    return bool(dmarc) and dmarc["policy"] in ("quarantine", "reject") and not dmarc["testing"] and dmarc["tags"].get("pct", "100") == "100"
