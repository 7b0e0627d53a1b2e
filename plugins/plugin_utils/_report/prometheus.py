# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Metrics for Prometheus, as a file for the textfile collector of node_exporter.

Labels are bounded: hosts of the inventory, controls, and words of fixed vocabularies. No remote word becomes a label, so a hostile server
cannot fill a database with series. Whatever passes is not written for each control; its absence is the good news.
"""

from __future__ import annotations

import calendar
import time

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import line
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import CHANGES, SIDES, STATES, fact, hosts_in_order

_ZONE_HEALTH = ("ok", "refused", "dead", "unreachable", "suspect", "skipped")
_SUSPECTS = ("zone", "resolver", "clock", "evidence")
_ACTION_STATES = ("ready", "blocked", "manual")
_QUOTED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

_HELP = {
    "postmaster_report_timestamp_seconds": "Time of the diagnosis.",
    "postmaster_host_state": "1 for the state that the host is in.",
    "postmaster_delivered": "Messages that the log shows as delivered.",
    "postmaster_refused": "Refusals in the log that are ours to solve.",
    "postmaster_deferred": "Messages that wait for another try.",
    "postmaster_failures": "Attempts that failed, by the side whose fault it is.",
    "postmaster_queue_messages": "Messages in the queue.",
    "postmaster_queue_oldest_seconds": "Age of the oldest message in the queue.",
    "postmaster_findings": "Findings that failed or could not be judged.",
    "postmaster_actions": "Actions of the plan.",
    "postmaster_blocklist_health": "Blocklists asked, by what became of them.",
    "postmaster_changes": "Findings since the previous report, by how they changed.",
    "postmaster_suspects": "Signals too large to be true, whose actions are blocked.",
}


def _metric(name: str, samples: list[tuple[dict, int]]) -> list[str]:
    """One metric with its samples, each a dictionary of labels and a value; nothing where there are none."""
    lines = [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        written = ",".join(f'{label}="{line(text, 200).translate(_QUOTED)}"' for label, text in labels.items())
        lines.append(f"{name}{{{written}}} {value}" if written else f"{name} {value}")
    return lines if samples else []


def _counted(entries, labels: tuple) -> list[tuple[dict, int]]:
    """Samples that count the entries with the same labels, in the order of the labels."""
    counts: dict[tuple, int] = {}
    for entry, weight in entries:
        counts[entry] = counts.get(entry, 0) + weight
    return [(dict(zip(labels, entry, strict=True)), count) for entry, count in sorted(counts.items())]


def _known(word: str, vocabulary: tuple) -> str:
    return word if word in vocabulary else "other"


def prometheus(diagnosis: dict) -> str:
    """The fleet as metrics in the text exposition format."""
    hosts = hosts_in_order(diagnosis)
    judged = [(name, host) for name, host in hosts if host["state"] != "unknown"]
    queues = [({"host": name}, fact(host, "queue")) for name, host in judged if fact(host, "queue")]
    failures = ((name, _known(row["side"], SIDES), row["group"]["count"]) for name, host in judged for row in host["verdicts"] if row["source"] == "log")
    open_findings = (
        ((name, finding["control"], finding["status"], finding["severity"]), 1)
        for name, host in hosts
        for finding in host["findings"]
        if finding["status"] in ("fail", "unknown")
    )
    actions = (((name, action["remedy"], _known(action["state"], _ACTION_STATES)), 1) for name, host in hosts for action in host["actions"])
    zones = (((_known(zone["health"], _ZONE_HEALTH),), 1) for zone in diagnosis["fleet"]["zones"].values())
    changes = diagnosis["fleet"]["changes"]
    generated = calendar.timegm(time.strptime(diagnosis["generated_at"], "%Y-%m-%dT%H:%M:%SZ"))
    metrics: dict[str, list[tuple[dict, int]]] = {
        "postmaster_report_timestamp_seconds": [({}, generated)],
        "postmaster_host_state": [({"host": name, "state": state}, int(host["state"] == state)) for name, host in hosts for state in STATES],
        **{f"postmaster_{key}": [({"host": name}, host[key]) for name, host in judged] for key in ("delivered", "refused", "deferred")},
        "postmaster_failures": _counted((((name, side), count) for name, side, count in failures), ("host", "side")),
        "postmaster_queue_messages": [(labels, queue["total"]) for labels, queue in queues],
        "postmaster_queue_oldest_seconds": [(labels, queue["oldest_age"] or 0) for labels, queue in queues],
        "postmaster_findings": _counted(open_findings, ("host", "control", "status", "severity")),
        "postmaster_actions": _counted(actions, ("host", "remedy", "state")),
        "postmaster_blocklist_health": _counted(zones, ("health",)),
        "postmaster_changes": [({"change": change}, len(changes[change])) for change in CHANGES] if changes["since"] else [],
        "postmaster_suspects": _counted((((_known(suspect["kind"], _SUSPECTS),), 1) for suspect in diagnosis["fleet"]["suspects"]), ("kind",)),
    }
    return "\n".join([text for name, samples in metrics.items() for text in _metric(name, samples)]) + "\n"
