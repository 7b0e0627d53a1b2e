# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""One line a host for a terminal: plain text, no colour, wrapped to a width."""

from __future__ import annotations

import itertools
import textwrap

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import line
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import STATES, change_counts, doubts, hosts_in_order, notes, to_do
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import counted, words

_GAP = "  "
_HOST_WIDTH = 30
_MIN_WIDTH = 80
_TO_DO_SHOWN = 2


def _next_steps(host: dict, w: dict) -> str:
    steps = to_do(host, w)
    more = [w["more"].format(n=len(steps) - _TO_DO_SHOWN)] if len(steps) > _TO_DO_SHOWN else []
    return "; ".join([line(step) for step in steps[:_TO_DO_SHOWN]] + more)


def _row(name: str, host: dict, w: dict) -> tuple:
    return (line(name, 120), w[host["state"]], line(host["summary"]), w.get(host["side"], host["side"]), _next_steps(host, w))


def _widths(rows: list[tuple], width: int) -> list[int]:
    """Columns 0, 1 and 3 take what they need; WHY and WHAT TO DO share the rest."""
    host, state, side = (max(len(row[column]) for row in rows) for column in (0, 1, 3))
    host = min(host, _HOST_WIDTH)
    rest = width - host - state - side - 4 * len(_GAP)
    return [host, state, rest - rest // 2, side, rest // 2]


def _laid_out(row: tuple, widths: list[int]) -> str:
    cells = [textwrap.wrap(cell, space) for cell, space in zip(row, widths, strict=True)]
    lines = itertools.zip_longest(*cells, fillvalue="")
    return "\n".join(_GAP.join(map(str.ljust, parts, widths)).rstrip() for parts in lines)


def table(diagnosis: dict, language: str = "en", width: int = 110) -> str:
    """The table of the fleet, the worst first, led by what changed since the previous report and closed by a line of counts.

    ``width`` is in columns, at least 80.
    """
    if width < _MIN_WIDTH:
        raise DeliverabilityError(f"width: {width} columns are too few, give at least {_MIN_WIDTH}")
    w = words(language)
    head = tuple(w[column].upper() for column in ("host", "state", "why", "side", "do"))
    rows = [_row(name, host, w) for name, host in hosts_in_order(diagnosis)]
    widths = _widths([head, *rows], width)
    fleet = diagnosis["fleet"]
    counts = ", ".join(f"{w[state]} {fleet[state]}" for state in STATES if fleet[state])
    closing = f"{fleet['hosts']} {counted(w, fleet['hosts'], 'server', 'servers')}" + (f": {counts}" if counts else "")
    doubtful = [f"! {label}: {line(text)}" for label, text in doubts(diagnosis, w)]
    leading = [
        text
        for told in (change_counts(diagnosis, w), *doubtful, *(line(note) for note in notes(diagnosis, w)))
        if told
        for text in textwrap.wrap(told, width, subsequent_indent="  ")
    ]
    return "\n".join([*leading, *([""] if leading else []), *(_laid_out(row, widths) for row in [head, *rows]), "", closing, ""])
