# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""MTA-STS (RFC 8461): the record that announces a policy, the policy text itself, and whether it agrees with the MX hosts.

The record is a question of DNS like any other. The policy comes over HTTPS, which is not done here: ``policy_url`` says where it is,
and ``judge_policy`` takes the text, or why there is none.
"""

from __future__ import annotations

import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.checks import check
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import host_name_problem, listed, plain_name, shown
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.tags import begins_with, parse_tags, resembles

VERSION = "STSv1"
MAX_POLICY = 65536
"""Octets of a policy that senders read."""

MAX_LINES = 1000
"""Lines of it that are looked at here."""

MAX_AGE = 31557600
"""Seconds that a policy may be kept, at most: a year."""

SHORT_AGE = 86400
"""Seconds under which a policy protects hardly anybody between two visits."""


def policy_url(domain):
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"


def check_record(domain):
    """Return ``(mta_sts, check)``: a dictionary with ``record`` and ``id`` (None where there is no usable record), and its check."""
    answer = yield Question("_mta-sts." + domain, "TXT")
    if answer.failed:
        return None, check("mta_sts_record", "unknown", f"DNS gave no answer for TXT of _mta-sts.{domain} ({answer.status}).")
    records = [str(text) for text in answer.records if begins_with(text, VERSION)]
    near = [text for text in answer.records if resembles(text, VERSION)]
    if not records and near:
        return None, check("mta_sts_record", "fail", f"_mta-sts.{domain} has {shown(near[0])}, which senders do not take for MTA-STS.")
    if not records:
        return None, check("mta_sts_record", "not_applicable", f"{domain} announces no MTA-STS policy.")
    if len(records) > 1:
        return None, check("mta_sts_record", "fail", f"_mta-sts.{domain} has {len(records)} MTA-STS records, so senders use none of them.")
    tags, problems = parse_tags(records[0])
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", tags.get("id", "")):
        problems.append("id= has to be 1 to 32 letters and digits")
    mta_sts = {"record": records[0], "id": tags.get("id"), "policy": None}
    if problems:
        return mta_sts, check("mta_sts_record", "fail", f"The MTA-STS record of {domain} is wrong: {'; '.join(problems)}.")
    return mta_sts, check("mta_sts_record", "pass", f"{domain} announces the MTA-STS policy {tags['id']}.")


def parse_policy(text):
    """Read a policy: ``(policy, problems)``; ``policy`` has ``version``, ``mode``, ``max_age`` (seconds) and ``mx`` (patterns)."""
    policy = {"version": None, "mode": None, "max_age": None, "mx": []}
    problems = []
    for line in re.split(r"\r?\n", text[:MAX_POLICY])[:MAX_LINES]:
        name, colon, value = (shown(piece.strip(), 255) for piece in line.partition(":"))
        if not name and not value:
            continue
        if not colon:
            problems.append(f"{shown(line)} is no line of a policy")
        elif name == "mx":
            policy["mx"].append(plain_name(value))
        elif name in policy and policy[name] is None:
            policy[name] = value
    if policy["version"] != VERSION:
        problems.append(f"version has to be {VERSION}")
    if policy["mode"] not in ("enforce", "testing", "none"):
        problems.append("mode is none of enforce, testing, none")
    if not re.fullmatch(r"[0-9]{1,10}", policy["max_age"] or "") or int(policy["max_age"]) > MAX_AGE:
        problems.append(f"max_age has to be a number of seconds up to {MAX_AGE}")
        policy["max_age"] = None
    else:
        policy["max_age"] = int(policy["max_age"])
    if policy["mode"] in ("enforce", "testing") and not policy["mx"]:
        problems.append("no mx is named")
    problems += [f"mx {shown(name)} is no host name" for name in policy["mx"] if host_name_problem(name[2:] if name.startswith("*.") else name)]
    return policy, problems


def covers(pattern, host):
    """Whether an mx pattern of a policy stands for a host; ``*.`` stands for exactly one label."""
    return host == pattern or (pattern.startswith("*.") and host.partition(".")[2] == pattern[2:])


def judge_policy(domain, hosts, text, problem):
    """The check of a policy: ``(policy, checks)``. ``hosts`` are the MX hosts; ``text`` is the policy or None with a ``problem``."""
    controls = ("mta_sts_policy", "mta_sts_covers_mx")
    if text is None:
        evidence = f"The MTA-STS policy of {domain} could not be fetched: {shown(problem, 200)}."
        return None, [check(control, "unknown", evidence) for control in controls]
    policy, problems = parse_policy(text)
    if problems:
        return policy, [
            check("mta_sts_policy", "fail", f"The MTA-STS policy of {domain} is wrong: {'; '.join(problems[:5])}."),
            check("mta_sts_covers_mx", "not_applicable", f"The MTA-STS policy of {domain} cannot be used."),
        ]
    if policy["mode"] == "none":
        evidence = f"The MTA-STS policy of {domain} is switched off (mode none)."
        return policy, [check("mta_sts_policy", "pass", evidence), check("mta_sts_covers_mx", "not_applicable", evidence)]
    short = policy["max_age"] < SHORT_AGE
    evidence = f"The MTA-STS policy of {domain} is in mode {policy['mode']} and is kept for {policy['max_age']} seconds."
    checked = check("mta_sts_policy", "fail" if short else "pass", evidence + (" Keep it for weeks." if short else ""))
    return policy, [checked, _covered(domain, hosts, policy)]


def _covered(domain, hosts, policy):
    bare = [host for host in hosts if not any(covers(pattern, host) for pattern in policy["mx"])]
    if not hosts:
        return check("mta_sts_covers_mx", "not_applicable", f"{domain} has no MX hosts to compare with its MTA-STS policy.")
    if bare:
        effect = "senders with MTA-STS do not deliver there" if policy["mode"] == "enforce" else "senders report it"
        lines = "\n".join(f"mx: {host}" for host in bare)
        return check("mta_sts_covers_mx", "fail", f"The MTA-STS policy of {domain} does not name its MX host {listed(bare)}: {effect}.", lines)
    return check("mta_sts_covers_mx", "pass", f"The MTA-STS policy of {domain} names all its MX hosts.")
