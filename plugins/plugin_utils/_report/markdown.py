# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Markdown for tickets and chat: the fleet as a table, then each host that needs something, with the texts to publish or send.

Remote words stand in code blocks, longer fences around shorter ones, so that no mention, link or heading in them works.
"""

from __future__ import annotations

import re

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import block, line, moment, number
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import (
    STATES,
    change_counts,
    change_sign,
    changes_in_order,
    doubts,
    findings_in_order,
    hosts_in_order,
    notes,
    replies_in_order,
    to_do,
)
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import words

_LIMIT = 60000  # characters: GitHub's tickets hold 65,536
_HOSTS_SHOWN = 25  # hosts in the table, and with a part of their own as far as the limit allows
_CHANGES_SHOWN = 20
_FINDINGS_SHOWN = 15
_GROUPS_SHOWN = 5
_BLOCK_LIMIT = 1500
_SPECIAL = re.compile(r"[\\`*_{}\[\]#!|~<>@&$]|(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)
_SIGNS = {"refused": "🔴", "attention": "🟠", "unknown": "⚪", "ok": "🟢"}


def _inline(text, limit: int = 200) -> str:
    """Words within a line (never at its start), every sign that Markdown knows there made plain, links included.

    An ``@`` and a ``#`` become code, since nothing else keeps them from calling somebody and from leading to a ticket.
    """
    return _SPECIAL.sub(lambda match: f"`{match[0]}`" if match[0] in "@#" else f"\\{match[0]}", line(text, limit))


def _fenced(text) -> str:
    """Words as a code block, in a fence longer than any in them."""
    shown = block(text, _BLOCK_LIMIT).rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence}text\n{shown}\n{fence}"


def _table(rows: list[tuple], w: dict) -> list[str]:
    head = [w[column] for column in ("host", "state", "why", "side", "do")]
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _row(name: str, host: dict, w: dict) -> tuple:
    state, side = host["state"], host["side"]
    return (_inline(name), f"{_SIGNS[state]} {w[state]}", _inline(host["summary"]), w.get(side, _inline(side)), "; ".join(map(_inline, to_do(host, w))))


def _action(action: dict, w: dict) -> list[str]:
    state = action["state"]
    missing = f": {'; '.join(map(_inline, action['failed']))}" if action["failed"] else ""
    return [f"- **{_inline(action['title'])}** ({w.get(state, _inline(state))}{missing})", *(["", _fenced(action["text"]), ""] if action["text"] else [])]


def _changed(name: str, finding: dict, w: dict) -> str:
    return f"**{w[finding['change']]}**: {_inline(name)}: {change_sign(finding)} {_inline(finding['title'])} ({_inline(finding['subject'])})"


def _more(count: int, w: dict) -> list[str]:
    return ["", w["more"].format(n=number(count))] if count > 0 else []


def _host(name: str, host: dict, w: dict) -> list[str]:
    written = ["", f"## {_SIGNS[host['state']]} {_inline(name)}", "", f"{w['why']}: {_inline(host['summary'])}", ""]
    for action in host["actions"]:
        written += _action(action, w)
    failed = [finding for finding in findings_in_order(host) if finding["status"] == "fail"]
    for finding in failed[:_FINDINGS_SHOWN]:
        written += ["", f"✕ {_inline(finding['title'])}", "", _fenced("\n".join(map(str, finding["evidence"])))]
    written += _more(len(failed) - _FINDINGS_SHOWN, w)
    for judged, waiting in [pair for pair in replies_in_order(host) if pair[0]["side"] in ("ours", "either")][:_GROUPS_SHOWN]:
        group, side = judged["group"], judged["side"]
        told = [w.get(side, _inline(side)), *([w["still_waiting"].format(n=number(waiting))] if waiting else [])]
        written += ["", f"{number(group['count'])} × {_inline(group['destination'] or '')} ({', '.join(told)})", "", _fenced(group["text"])]
    return written


def _hosts(shown: list[tuple[str, dict]], room: int, w: dict) -> list[str]:
    """A part for each host that is not well, the worst first, as many as there is room for."""
    ill = [_host(name, host, w) for name, host in shown if host["state"] != "ok"]
    written: list[str] = []
    for count, part in enumerate(ill):
        room -= sum(len(row) + 1 for row in part)
        if room < 0:
            return written + _more(len(ill) - count, w)
        written += part
    return written


def markdown(diagnosis: dict, language: str = "en") -> str:
    """The report as Markdown (CommonMark with tables)."""
    w, fleet = words(language), diagnosis["fleet"]
    hosts = hosts_in_order(diagnosis)
    told = ", ".join(f"{_SIGNS[state]} {w[state]} {number(fleet[state])}" for state in STATES if fleet[state])
    shown = [(name, host) for name, host in hosts if host["state"] != "ok"][:_HOSTS_SHOWN] or hosts[:_HOSTS_SHOWN]
    rest = len(hosts) - len(shown)
    written = [f"# {w['title']}, {moment(diagnosis['generated_at'])}", "", told or w["head_empty"], ""]
    changed = change_counts(diagnosis, w)
    written += [f"- {changed}"] if changed else []
    written += ["  - " + _changed(name, finding, w) for name, finding in changes_in_order(diagnosis)[:_CHANGES_SHOWN]]
    written += [f"- {label}: {_inline(text)}" for label, text in doubts(diagnosis, w)] + [f"- {_inline(note)}" for note in notes(diagnosis, w)] + [""]
    if shown:
        written += _table([_row(name, host, w) for name, host in shown], w)
    written += _more(rest, w)
    written += _hosts(shown, _LIMIT - sum(len(row) + 1 for row in written), w)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(written)).rstrip() + "\n"
