# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of report.html: they add up, and cover the time that the log covers."""

from __future__ import annotations

import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.picture import Window, hour_of, queue, refusals, window_of
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import words

EN = words("en")


def drawn(svg: str) -> dict[str, int]:
    """{side: sum of the heights of its bars}."""
    paths = re.findall(r'<path class="(\w+)" d="([^"]+)"', svg)
    return {side: sum(int(height) for height in re.findall(r"v(\d+)h-", path)) for side, path in paths}


def test_the_bars_add_up():
    hours = {"2026-11-20T10:00:00Z": {"ours": 3, "theirs": 2}, "2026-11-21T11:00:00Z": {"ours": 4}}
    svg = refusals(hours, [], EN, pointer=False)
    assert drawn(svg) == {"ours": 7, "theirs": 2}
    assert "ours <b>7</b>" in svg
    assert "peak 5 per hour" in svg


def test_bars_that_share_a_place_add_up():
    hours = {f"2026-{month:02d}-01T00:00:00Z": {"ours": 1} for month in range(1, 13)}
    svg = refusals(hours, [], EN, pointer=False)
    assert drawn(svg) == {"ours": 12}
    assert "per 168 hours" in svg


def test_the_window_is_that_of_the_log():
    window = window_of([{"first": "2026-11-20T10:59:59Z", "last": "2026-11-21T10:00:00Z"}, {}], {})
    assert (window.end - window.start, window.step, window.bars) == (24, 1, 25)


@pytest.mark.parametrize(("days", "step"), [(2, 1), (7, 2), (30, 12), (60, 24)])
def test_a_long_window_takes_wider_bars(days, step):
    window = window_of([{"first": "2026-01-01T00:00:00Z", "last": f"2026-{1 + days // 28:02d}-{1 + days % 28:02d}T00:00:00Z"}], {})
    assert window.step == step
    assert window.bars <= 97


def test_bars_start_at_round_hours():
    window = window_of([{"first": "2026-11-01T05:00:00Z", "last": "2026-11-08T05:00:00Z"}], {})
    assert window == Window(window.start, window.end, 2)
    assert window.start % 2 == 0


@pytest.mark.parametrize("time", [None, "", "yesterday", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none(time):
    assert hour_of(time) is None


def test_strange_hours_are_left_out():
    assert drawn(refusals({"soon": {"ours": 9}, "2026-11-20T10:00:00Z": {"ours": 1}}, [], EN, pointer=True)) == {"ours": 1}


def test_calm():
    assert EN["no_refusals"] in refusals({}, [{"first": "2026-11-20T10:00:00Z", "last": "2026-11-21T10:00:00Z"}], EN, pointer=True)
    assert EN["no_refusals"] in refusals({}, [], EN, pointer=True)
    assert EN["empty_queue"] in queue([], 0, EN)
    assert EN["empty_queue"] in queue([(3600, 0), (None, 0)], 0, EN)


def test_the_pointer_is_told_the_numbers():
    hours = {"2026-11-20T10:00:00Z": {"ours": 3, "theirs": 2}}
    assert "20 Nov, 10:00: 3 ours, 2 theirs" in refusals(hours, [], EN, pointer=True)
    assert "<title>" not in refusals(hours, [], EN, pointer=False)


def test_the_queue_by_age():
    svg = queue([(3600, 40), (86400, 0), (259200, 3), (None, 1)], 400000, EN).replace("\N{NO-BREAK SPACE}", " ")
    assert "44 messages wait, oldest 4 d 15 h" in svg
    assert svg.count("<rect") == 3
    assert svg.count('class="bar old"') == 2
    assert "≥ 3 d: 1" in svg
    assert "1 message waits" in queue([(3600, 1)], 5, EN)
