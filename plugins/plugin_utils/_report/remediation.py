# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a run of the role ``remediate`` is going to do, or has done: before and after, action by action, with the proof."""

from __future__ import annotations

import json

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import TERMINAL_LIMIT, line
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import words

SCHEMA_VERSION = 1
# What becomes of an action: those of the plan, and those of a change.
OUTCOMES = ("ready", "blocked", "manual", "recorded", "not_now", "planned", "unchanged", "proven", "prechecked", "rolled_back", "failed")


def remediation(plan, states, done=None, after=None, chosen=None):
    """Join the plan of the audit with what was done.

    ``plan``, ``states``: of ``audit_reports`` before the change; ``done``: ``{host: [{remedy, outcome, evidence}]}``; ``after``: states
    after the change, where the fleet was judged again; ``chosen``: the hosts whose turn it was, None where nothing was to be changed. Returns
    ``{"hosts": {name: {before, after, summary, actions: [{remedy, title, outcome, evidence, role, variables, text}]}}}``, the plan's hosts alone.
    """
    hosts = {}
    for name, wanted in plan.items():
        outcomes = {entry["remedy"]: entry for entry in (done or {}).get(name) or []}
        hosts[name] = {
            "before": states[name],
            "after": (after or {}).get(name),
            "summary": wanted["summary"],
            "actions": [_action(action, outcomes.get(action["remedy"]), wanted, chosen is not None) for action in wanted["actions"]],
        }
    return {"schema_version": SCHEMA_VERSION, "hosts": hosts}


def _action(action, done, wanted, applying):
    outcome, evidence = action["state"], action["failed"] or action["passed"]
    if action["state"] == "ready" and wanted["recorded"]:
        outcome, evidence = "recorded", []
    elif done:
        outcome, evidence = done["outcome"], done["evidence"]
    elif action["state"] == "ready" and applying:
        outcome, evidence = "not_now", []
    told = {key: action[key] for key in ("remedy", "title", "role", "variables", "text")}
    return {**told, "outcome": outcome, "evidence": list(evidence)}


def remediation_text(found, language="en"):
    """The same for people: a paragraph for each host, a line for each action, the evidence below it. Remote words act on no terminal."""
    w = words(language)
    if not found["hosts"]:
        return w["nothing_to_do"] + "\n"
    paragraphs = [_paragraph(name, host, w) for name, host in sorted(found["hosts"].items())]
    return "\n\n".join(paragraphs) + "\n"


def _paragraph(name, host, w):
    turned = f" -> {w[host['after']]}" if host["after"] else ""
    lines = [f"{line(name, 120)}: {w[host['before']]}{turned} ({line(host['summary'])})"]
    for action in host["actions"]:
        lines.append(f"  [{w['outcome_' + action['outcome']]}] {line(action['title'])}")
        if action["role"]:
            variables = " ".join(f"{key}={json.dumps(value)}" for key, value in sorted(action["variables"].items()))
            lines.append(f"      {w['role']} {action['role']}: {line(variables)}")
        lines += [f"      {line(sentence)}" for sentence in action["evidence"]]
        if action["text"] and action["outcome"] == "manual":
            lines += [f"      > {line(part)}" for part in action["text"].splitlines()]
    return "\n".join(lines)


def remediation_report(plan, states, done=None, after=None, chosen=None, language="en"):
    """Both forms: ``{"text": for people, "json": for programs, "failed": ["host: why", as harmless as the text]}``."""
    found = remediation(plan, states, done, after, chosen)
    failed = [
        line(f"{name}: {action['title']}: {' '.join(action['evidence'])}", TERMINAL_LIMIT)
        for name, host in sorted(found["hosts"].items())
        for action in host["actions"]
        if action["outcome"] in ("failed", "rolled_back")
    ]
    return {"text": remediation_text(found, language), "json": json.dumps(found, indent=1, sort_keys=True) + "\n", "failed": failed}
