# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""What every format wants to know of a diagnosis: the order of hosts and findings, the next step, the refusals by hour and side."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import moment
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import translated

STATES = ("refused", "attention", "unknown", "ok")
SIDES = ("ours", "either", "theirs", "user", "none")
STATUSES = ("fail", "unknown", "waived", "fixed", "pass", "not_applicable")
SEVERITIES = ("high", "medium", "low", "info")
CHANGES = ("new", "flapping", "fixed", "open")


def _ranks(order: tuple):
    """The function that tells the place of a word in an order; what is not in it comes last."""
    places = {word: place for place, word in enumerate(order)}
    return lambda word: places.get(word, len(places))


_state, _side, _status, _severity, _change = map(_ranks, (STATES, SIDES, STATUSES, SEVERITIES, CHANGES))


def hosts_in_order(diagnosis: dict) -> list[tuple[str, dict]]:
    """(name, host) pairs: the worst state first, then by name, whatever the order of the dictionary."""
    return sorted(diagnosis["hosts"].items(), key=lambda pair: (_state(pair[1]["state"]), pair[0]))


def findings_in_order(host: dict) -> list[dict]:
    """Failures first, the severe before the slight; equals by id."""
    return sorted(host["findings"], key=lambda f: (_status(f["status"]), _severity(f["severity"]), f["id"]))


def verdicts_in_order(host: dict) -> list[dict]:
    """Ours first, since those can be acted on; the greater count before the smaller."""
    return sorted(host["verdicts"], key=lambda v: (_side(v["side"]), -v["group"]["count"], v["group"]["destination"] or "", v["group"]["template"] or ""))


def _said(judged: dict) -> tuple:
    return (judged["group"]["destination"], judged["group"]["template"], judged["side"])


def replies_in_order(host: dict) -> list[tuple[dict, int]]:
    """(verdict, messages in the queue with this reply): what log and queue both tell of stands once, as the log tells it."""
    verdicts = verdicts_in_order(host)
    logged = {_said(judged) for judged in verdicts if judged["source"] == "log"}
    waiting: dict[tuple, int] = {}
    for judged in verdicts:
        if judged["source"] == "queue" and _said(judged) in logged:
            waiting[_said(judged)] = waiting.get(_said(judged), 0) + judged["group"]["count"]
    alone = [judged for judged in verdicts if judged["source"] == "log" or _said(judged) not in logged]
    return [(judged, waiting.pop(_said(judged), 0)) for judged in alone]


def worst_by_control(host: dict) -> dict[str, dict]:
    """The one finding that a cell of the matrix shows: per control the worst of its subjects."""
    worst: dict[str, dict] = {}
    for finding in findings_in_order(host):
        worst.setdefault(finding["control"], finding)
    return worst


def fact(host: dict, part: str):
    """A part of what the host told (``queue``, ``log``, ...); empty where it was not read or the host could not be."""
    return (host["facts"] or {}).get(part) or {}


def changes_in_order(diagnosis: dict) -> list[tuple[str, dict]]:
    """(host, finding) for what began, came back or was fixed since the previous report; what merely goes on is not told again."""
    turned = [(name, finding) for name, host in hosts_in_order(diagnosis) for finding in host["findings"] if finding["change"] in CHANGES[:-1]]
    return sorted(turned, key=lambda pair: (_change(pair[1]["change"]), _severity(pair[1]["severity"])))


def change_sign(finding: dict) -> str:
    """Where a finding stands after its change: a title says what should be, and alone would tell the contrary of a failure."""
    return {"fail": "✕", "unknown": "?"}.get(finding["status"], "✓")


def change_counts(diagnosis: dict, w: dict) -> str:
    """``Since 2026-11-20 06:00 UTC: new 2, fixed 1``; empty without a previous report."""
    changes = diagnosis["fleet"]["changes"]
    if not changes["since"]:
        return ""
    told = ", ".join(f"{w[change]} {len(changes[change])}" for change in (*CHANGES, "dropped") if changes[change])
    return f"{w['since_last'].format(time=moment(changes['since']))}: {told or w['nothing']}"


def doubts(diagnosis: dict, w: dict) -> list[tuple[str, str]]:
    """(label, sentence) for what weakens every judgement: a question that failed, a resolver that cannot be believed, a signal too large to be true."""
    fleet = diagnosis["fleet"]
    told = [(w["failed_question"], error) for error in fleet["errors"]]
    if fleet["resolver"].get("state", "ok") != "ok":
        told.append((w["resolver"], translated(w, fleet["resolver"].get("why") or fleet["resolver"]["state"])))
    return told + [(w["suspect"], suspect["evidence"]) for suspect in fleet["suspects"]]


def notes(diagnosis: dict, w: dict) -> list[str]:
    """What is to be said once and alarms nobody: a waiver that waives nothing, a stored host that the inventory does not know."""
    return [f"{w['note']}: {note}" for note in diagnosis["fleet"]["notes"]]


def to_do(host: dict, words: dict) -> list[str]:
    """The titles of the actions in their order, or the words that say why there is none."""
    if host["actions"]:
        return [action["title"] if action["state"] != "blocked" else f"{action['title']} ({words['blocked']})" for action in host["actions"]]
    if host["state"] == "unknown":
        return [words["nothing_unknown"]]
    return [words.get(f"nothing_{host['side']}", words["nothing"])]


def refusals_by_hour(hosts) -> dict[str, dict[str, int]]:
    """{hour: {side: count}} over the log groups of these hosts: what was turned down, and whose fault it was."""
    hours: dict[str, dict[str, int]] = {}
    for host in hosts:
        for verdict in host["verdicts"]:
            if verdict["source"] != "log" or verdict["group"]["outcome"] == "sent":
                continue
            for hour, count in (verdict["group"].get("by_hour") or {}).items():
                sides = hours.setdefault(hour, {})
                sides[verdict["side"]] = sides.get(verdict["side"], 0) + count
    return hours


def queue_ages(hosts) -> list[tuple[int | None, int]]:
    """(upper bound in seconds or None, count) of the queues of these hosts together, youngest first."""
    total: dict[int | None, int] = {}
    for host in hosts:
        for age in fact(host, "queue").get("ages", []):
            total[age["under"]] = total.get(age["under"], 0) + age["count"]
    return sorted(total.items(), key=lambda pair: float("inf") if pair[0] is None else pair[0])
