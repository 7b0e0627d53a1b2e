# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The two pictures of report.html, as inline SVG: refusals over time by side, and the age of the queue.

Bars and words live in different coordinates: bars stretch with the page, words keep their size on a phone. Nothing here comes
from a remote server but numbers and times.
"""

from __future__ import annotations

import datetime
import functools
from typing import NamedTuple

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import duration, number
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import SIDES
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import counted

_MAX_BARS = 96
_STEPS = (1, 2, 3, 6, 12, 24, 168)  # hours in a bar
_TOP, _HEIGHT, _FOOT = 16, 112, 22  # pixels: room for the scale, bars, room for the times
_OLD = 86400  # a message that has waited a day is close to its first warning to the sender


class Window(NamedTuple):
    """The time that a picture covers: hours since the epoch, and hours in a bar."""

    start: int
    end: int
    step: int

    @property
    def bars(self) -> int:
        return (self.end - self.start) // self.step + 1


@functools.lru_cache(maxsize=4096)
def hour_of(time: str | None) -> int | None:
    """Hours since the epoch of an RFC 3339 UTC time; None for anything else."""
    try:
        moment = datetime.datetime.strptime(time or "", "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return None
    return int(moment.replace(tzinfo=datetime.UTC).timestamp()) // 3600


def _time_of(hour: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(hour * 3600, datetime.UTC)


def window_of(logs: list, hours: dict) -> Window | None:
    """The window of the logs that were read (their ``first`` and ``last``), or of the refusals where no log says."""
    marks = [hour_of(log.get(end)) for log in logs for end in ("first", "last")]
    known = [mark for mark in [*marks, *map(hour_of, hours)] if mark is not None]
    if not known:
        return None
    start, end = min(known), max(known)
    step = next((step for step in _STEPS if (end - start) // step < _MAX_BARS), _STEPS[-1])
    return Window(start - start % step, end, step)


def _stacked(hours: dict, window: Window) -> list[dict[str, int]]:
    """For every bar of the window the counts by side."""
    bars: list[dict[str, int]] = [{} for _bar in range(window.bars)]
    for time, sides in hours.items():
        hour = hour_of(time)
        if hour is None:
            continue
        column = bars[(hour - window.start) // window.step]
        for side, count in sides.items():
            column[side] = column.get(side, 0) + count
    return bars


def _scale(peak: int) -> int:
    """The smallest round number that the peak fits under."""
    unit = 1
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if factor * unit >= peak:
                return factor * unit
        unit *= 10


def _paths(bars: list[dict[str, int]], top: int) -> str:
    """One path for each side, so that a picture costs five elements and not hundreds."""
    paths: dict[str, list[str]] = {}
    for i, column in enumerate(bars):
        level = top
        for side in SIDES:
            count = column.get(side, 0)
            if count:
                level -= count
                paths.setdefault(side, []).append(f"M{i}.1 {level}h.8v{count}h-.8z")
    return "".join(f'<path class="{side}" d="{"".join(paths[side])}"/>' for side in SIDES if side in paths)


def _day(time: datetime.datetime, w: dict) -> str:
    return f"{time.day} {w['months'].split()[time.month - 1]}"


def _times(window: Window, w: dict) -> str:
    """The times under the bars: both ends with their hour, and every midnight that has room."""
    ends = [(0, "start", window.start), (100, "end", window.end)]
    written = [
        f'<text x="{x}%" y="{_TOP + _HEIGHT + 16}" text-anchor="{anchor}">{_day(_time_of(hour), w)}, {_time_of(hour):%H:%M}</text>' for x, anchor, hour in ends
    ]
    span = window.bars * window.step
    midnights = range(-(-window.start // 24) * 24, window.end + 1, 24 * max(1, span // (24 * 6)))
    for hour in midnights:
        x = 100 * (hour - window.start) / span
        if 18 < x < 82:
            wide = "" if 36 < x < 64 else ' class="wide"'  # on a phone it would meet the time at the end
            written.append(f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="{_TOP}" y2="{_TOP + _HEIGHT}"/>')
            written.append(f'<text{wide} x="{x:.2f}%" y="{_TOP + _HEIGHT + 16}" text-anchor="middle">{_day(_time_of(hour), w)}</text>')
    return "".join(written)


def _hits(bars: list[dict[str, int]], window: Window, top: int, w: dict) -> str:
    """Invisible bars that tell their numbers to a pointer."""
    written = []
    for i, column in enumerate(bars):
        if column:
            time = _time_of(window.start + i * window.step)
            numbers = ", ".join(f"{column[side]} {w[side]}" for side in SIDES if side in column)
            written.append(f'<rect class="hit" x="{i}" width="1" height="{top}"><title>{_day(time, w)}, {time:%H:%M}: {numbers}</title></rect>')
    return "".join(written)


def refusals(hours: dict, logs: list, w: dict, *, pointer: bool) -> str:
    """The figure of refusals by hour and side.

    ``hours`` is {time: {side: count}}; ``logs`` the log facts whose window is drawn; ``pointer`` adds a text to each bar, for a page with few pictures.
    """
    window = window_of(logs, hours)
    total = {side: sum(sides.get(side, 0) for sides in hours.values()) for side in SIDES}
    if not window or not any(total.values()):
        return f'<figure><figcaption>{w["refusals"]}</figcaption><p class="calm">{w["no_refusals"]}</p></figure>'
    bars = _stacked(hours, window)
    peak = max(sum(column.values()) for column in bars)
    top = _scale(peak)
    unit = w["per_hour"] if window.step == 1 else w["per_day"] if window.step == 24 else w["per_hours"].format(n=window.step)
    legend = "".join(f'<li class="side {side}">{w[side]} <b>{number(total[side])}</b></li>' for side in SIDES if total[side])
    lines = "".join(
        f'<line x2="100%" y1="{y}" y2="{y}"/><text y="{y - 4}">{label}</text>'
        for y, label in ((_TOP, number(top)), (_TOP + _HEIGHT // 2, number(top // 2) if top % 2 == 0 else ""), (_TOP + _HEIGHT, ""))
    )
    told = f"{w['refusals']}: " + ", ".join(f"{total[side]} {w[side]}" for side in SIDES if total[side]) + f"; {w['peak']} {peak} {unit}"
    return (
        f'<figure><figcaption>{w["refusals"]} <span class="soft">{unit}</span></figcaption>'
        f'<svg height="{_TOP + _HEIGHT + _FOOT}" role="img" aria-label="{told}">{lines}{_times(window, w)}'
        f'<svg y="{_TOP}" width="100%" height="{_HEIGHT}" viewBox="0 0 {window.bars} {top}" preserveAspectRatio="none">'
        f"{_paths(bars, top)}{_hits(bars, window, top, w) if pointer else ''}</svg></svg>"
        f'<ul class="legend">{legend}</ul></figure>'
    )


def _age_label(under: int | None, before: int | None) -> str:
    if under is not None:
        return f"&lt; {duration(under)}"
    return f"≥ {duration(before or 0)}"


def queue(ages: list, oldest: int, w: dict) -> str:
    """The figure of the queue by age.

    ``ages`` is a list of (upper bound in seconds or None, count), youngest first; ``oldest`` the age of the oldest message in seconds.
    """
    total = sum(count for _under, count in ages)
    if not total:
        return f'<figure><figcaption>{w["queue_age"]}</figcaption><p class="calm">{w["empty_queue"]}</p></figure>'
    top = max(count for _under, count in ages)
    slot = 100 / len(ages)
    drawn, told, before = [], [], None
    for i, (under, count) in enumerate(ages):
        height = max(2 * bool(count), round(_HEIGHT * count / top))
        middle, floor = (i + 0.5) * slot, _TOP + _HEIGHT
        label = _age_label(under, before)
        old = " old" if before is not None and before >= _OLD else ""
        if count:
            drawn.append(f'<rect class="bar{old}" x="{i * slot + slot * 0.14:.2f}%" width="{slot * 0.72:.2f}%" y="{floor - height}" height="{height}" rx="2"/>')
        drawn.append(f'<text class="n" x="{middle:.2f}%" y="{floor - height - 4}" text-anchor="middle">{number(count)}</text>')
        drawn.append(f'<text x="{middle:.2f}%" y="{floor + 16}" text-anchor="middle">{label}</text>')
        told.append(f"{label}: {count}")
        before = under
    noun = counted(w, total, "waits", "wait")
    return (
        f'<figure><figcaption>{w["queue_age"]} <span class="soft">{number(total)} {noun}, {w["oldest"]} {duration(oldest)}</span></figcaption>'
        f'<svg height="{_TOP + _HEIGHT + _FOOT}" role="img" aria-label="{w["queue_age"]}: {", ".join(told)}">'
        f'<line x2="100%" y1="{_TOP + _HEIGHT}" y2="{_TOP + _HEIGHT}"/>{"".join(drawn)}</svg></figure>'
    )
