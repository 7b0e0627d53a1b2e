# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""DMARC: finding the policy of a domain, reading it, and asking whether its reports may go where it sends them.

The policy is looked for by walking up the tree (RFC 9989, 4.10), which needs no list of public suffixes. Receivers that still follow
RFC 7489 ask the domain itself and its organizational domain; a policy that only the walk finds is said to be one.
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.checks import check, txt_line
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import host_name_problem, listed, plain_name, shown
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.tags import begins_with, parse_tags, resembles

VERSION = "DMARC1"
WALK_LABELS = 7
"""Labels of the longest name asked after the domain itself (RFC 9989, 4.10)."""

MAX_DESTINATIONS = 10
"""Report addresses whose authorisation is looked up."""

POLICIES = ("none", "quarantine", "reject")
VALUES = {
    "p": POLICIES,
    "sp": POLICIES,
    "np": POLICIES,
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "psd": ("y", "n", "u"),
    "t": ("y", "n"),
}
"""Tag -> values allowed (RFC 9989, 4.7)."""

HISTORIC = {"pct": r"[0-9]{1,2}|100", "rf": r"afrf(:.*)?", "ri": r"[0-9]+"}
"""Tags of RFC 7489 that RFC 9989 took away, with the form they had."""

_MAILTO = re.compile(r"mailto:([^@\s!,;]+)@([^@\s!,;/?]+)(?:\?[^!]*)?(?:![0-9]+[kmgt]?)?", re.IGNORECASE)


class Found(NamedTuple):
    """One name of the walk: its record as text, or None, and whether DNS was silent or the record is not usable."""

    domain: str
    text: Optional[str]
    tags: Dict[str, str]
    failed: Optional[str]
    problem: Optional[str]


class Walk(NamedTuple):
    """A walk up the tree. ``policy`` is the record that applies, or None; ``organization`` the organizational domain."""

    steps: List[Found]
    policy: Optional[Found]
    organization: str

    @property
    def failed(self):
        """Why the walk cannot say which policy applies, or None."""
        for step in self.steps:
            if step.failed:
                return f"DNS gave no answer for TXT of _dmarc.{step.domain} ({step.failed})"
            if step is self.policy:
                return None
        return None


def names_to_walk(domain):
    """The names whose records are asked for: the domain, then at most seven labels, then one less each time."""
    labels = domain.split(".")
    names = [domain]
    rest = labels[1:] if len(labels) <= WALK_LABELS else labels[-WALK_LABELS:]
    while rest:
        names.append(".".join(rest))
        rest = rest[1:]
    return names


def walk(domain):
    """Walk up from ``domain``: a Walk."""
    steps = []
    for name in names_to_walk(domain):
        answer = yield Question("_dmarc." + name, "TXT")
        steps.append(_found(name, answer))
        if steps[-1].tags.get("psd") in ("y", "n"):
            break
    organization = _organization(domain, steps)
    by_name = {step.domain: step for step in steps}
    candidates = [by_name[domain], by_name.get(organization), steps[-1] if steps[-1].tags.get("psd") == "y" else None]
    return Walk(steps, next((step for step in candidates if step and step.text), None), organization)


def _found(name, answer):
    if answer.failed:
        return Found(name, None, {}, answer.status, None)
    records = [str(text) for text in answer.records if begins_with(text, VERSION)]
    if len(records) > 1:
        return Found(name, None, {}, None, f"_dmarc.{name} has {len(records)} DMARC records, so receivers use none of them")
    if records:
        return Found(name, records[0], parse_tags(records[0])[0], None, None)
    near = [text for text in answer.records if resembles(text, VERSION)]
    problem = f"_dmarc.{name} has {shown(near[0])}, which receivers do not take for DMARC: it must begin with v=DMARC1" if near else None
    return Found(name, None, {}, None, problem)


def _organization(domain, steps):
    """The organizational domain (RFC 9989, 4.10.2): declared by psd, else the highest name with a record, else the domain itself."""
    with_record = [step for step in steps if step.text]
    for step in with_record:
        if step.tags.get("psd") == "n":
            return step.domain
        if step.tags.get("psd") == "y" and step.domain != domain:
            labels = domain.split(".")
            return ".".join(labels[-(step.domain.count(".") + 2) :])
    return with_record[-1].domain if with_record else domain


# The record


def problems_of(tags, syntax):
    """Split what is wrong with a record into what changes its meaning and what is only untidy: two lists of sentences."""
    serious, untidy = list(syntax), []
    for name, value in tags.items():
        if name in VALUES and value.lower() not in VALUES[name]:
            serious.append(f"{name}={shown(value)} is none of {', '.join(VALUES[name])}")
        elif name == "fo" and not set(value.lower().split(":")) <= {"0", "1", "d", "s"}:
            serious.append(f"fo={shown(value)} is none of 0, 1, d, s")
        elif name in ("rua", "ruf"):
            bad = [uri for uri in _uris(value) if not _MAILTO.fullmatch(uri)]
            serious += [f"{name} has {shown(uri) or 'an empty address'}, which is no mailto: address" for uri in bad]
        elif name in HISTORIC:
            if not re.fullmatch(HISTORIC[name], value, re.IGNORECASE):
                serious.append(f"{name}={shown(value)} is not valid")
            untidy.append(f"{name} is gone since RFC 9989")
        elif name not in VALUES and name not in ("v", "fo"):
            untidy.append(f"the tag {shown(name)} is unknown")
    if "p" not in tags:
        serious.append("the policy p= is missing")
    elif list(tags)[1] != "p":
        untidy.append("p= does not follow v=, as RFC 7489 asks")
    if "!" in tags.get("rua", "") + tags.get("ruf", ""):
        untidy.append("the size limit of a report address is gone since RFC 9989")
    return serious, untidy


def applied_policy(found, domain):
    """The policy that receivers apply to mail from ``domain``, or None where the record cannot be used (RFC 9989, 4.10.1)."""
    tags = {name: value.lower() for name, value in found.tags.items()}
    invalid = any(tags[name] not in POLICIES for name in ("sp", "np") if name in tags)
    if tags.get("p") not in POLICIES or invalid:
        return "none" if any(_MAILTO.fullmatch(uri) for uri in _uris(found.tags.get("rua", ""))) else None
    return tags["p"] if found.domain == domain else tags.get("sp", tags["p"])


def _uris(value):
    return [uri.strip() for uri in value.split(",")] if value.strip() else []


def destinations(found):
    """The domains that reports are sent to."""
    uris = _uris(found.tags.get("rua", "")) + _uris(found.tags.get("ruf", ""))
    matches = [_MAILTO.fullmatch(uri) for uri in uris]
    return list(dict.fromkeys(plain_name(match.group(2)) for match in matches if match))


# The checks


def check_dmarc(domain):
    """Return ``(dmarc, checks)``: the policy found as a dictionary (None without one), and what it is worth."""
    found = yield from walk(domain)
    policy = found.policy
    if found.failed:
        return None, [check(control, "unknown", found.failed + ".") for control in CONTROLS]
    if policy is None:
        problem = next((step.problem for step in found.steps if step.problem), None)
        evidence = f"No DMARC policy applies to {domain}." if problem is None else problem[:1].upper() + problem[1:] + "."
        line = txt_line("_dmarc." + domain, f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
        return None, [check("dmarc_published", "fail", evidence, line)] + [
            check(control, "not_applicable", f"No DMARC policy applies to {domain}.") for control in CONTROLS[1:]
        ]
    tags, syntax = parse_tags(policy.text)
    serious, untidy = problems_of(tags, syntax)
    applied = applied_policy(policy, domain)
    unauthorised, silent = yield from _unauthorised(policy, found)
    dmarc = {
        "record": policy.text,
        "domain": policy.domain,
        "organizational_domain": found.organization,
        "policy": applied,
        "testing": tags.get("t", "n").lower() == "y",
        "tags": tags,
        "remarks": untidy + _walk_remarks(found, domain),
    }
    return dmarc, [
        _published(policy, domain, applied),
        _valid(policy, serious, applied),
        _enforced(dmarc, domain),
        _reported(policy, domain, unauthorised, silent),
    ]


CONTROLS = ("dmarc_published", "dmarc_valid", "dmarc_enforced", "dmarc_reports_authorised")


def _walk_remarks(found, domain):
    remarks = [step.problem for step in found.steps if step.problem]
    if found.policy.domain not in (domain, found.organization):
        remarks.append(f"only receivers that follow RFC 9989 find the policy at _dmarc.{found.policy.domain}")
    return remarks


def _published(policy, domain, applied):
    if applied is None:
        return check("dmarc_published", "fail", f"The DMARC record for {domain} cannot be used.")
    return check("dmarc_published", "pass", f"The DMARC policy of {domain} stands at _dmarc.{policy.domain}.")


def _valid(policy, serious, applied):
    if not serious:
        return check("dmarc_valid", "pass", f"The record at _dmarc.{policy.domain} can be read.")
    effect = "receivers do not use it" if applied is None else f"receivers apply {applied}"
    return check("dmarc_valid", "fail", f"The record at _dmarc.{policy.domain} is wrong, {effect}: {'; '.join(serious)}.")


def _enforced(dmarc, domain):
    if dmarc["policy"] is None:
        return check("dmarc_enforced", "not_applicable", f"The DMARC record for {domain} cannot be used.")
    if dmarc["testing"]:
        return check("dmarc_enforced", "fail", f"The policy for {domain} is in testing (t=y).")
    if dmarc["policy"] == "none":
        return check("dmarc_enforced", "fail", f"The policy for {domain} is none: forged mail is only watched.")
    share = dmarc["tags"].get("pct", "100")
    if re.fullmatch(HISTORIC["pct"], share) and int(share) < 100:
        return check("dmarc_enforced", "fail", f"The policy for {domain} is {dmarc['policy']}, for {share} % of the mail at receivers of RFC 7489.")
    return check("dmarc_enforced", "pass", f"The policy for {domain} is {dmarc['policy']}.")


def _reported(policy, domain, unauthorised, silent):
    where = destinations(policy)
    if not where:
        return check("dmarc_reports_authorised", "not_applicable", f"The policy for {domain} asks for no reports.")
    if unauthorised:
        lines = "\n".join(txt_line(f"{policy.domain}._report._dmarc.{name}", "v=DMARC1;") for name in unauthorised)
        evidence = f"{listed(unauthorised)} does not say that it takes reports about {policy.domain}, so none are sent there."
        return check("dmarc_reports_authorised", "fail", evidence, lines)
    if silent:
        return check("dmarc_reports_authorised", "unknown", f"DNS gave no answer whether {listed(silent)} takes reports about {policy.domain}.")
    return check("dmarc_reports_authorised", "pass", f"Reports about {policy.domain} go to {listed(where)}.")


def _unauthorised(policy, found):
    """Report destinations outside the organization that have not agreed (RFC 9990, 4), and those where DNS was silent."""
    organization = found.organization
    outside = [name for name in destinations(policy) if name != organization and not name.endswith("." + organization)]
    outside = [name for name in outside if not host_name_problem(name)][:MAX_DESTINATIONS]
    answers = (yield [Question(f"{policy.domain}._report._dmarc.{name}", "TXT") for name in outside]) if outside else []
    refused, silent = [], []
    guessed = any(step.failed for step in found.steps)
    for name, answer in zip(outside, answers):
        agreed = any(begins_with(text, VERSION) for text in answer.records)
        if answer.failed or (guessed and not agreed):
            silent.append(name)
        elif not agreed:
            refused.append(name)
    return refused, silent
