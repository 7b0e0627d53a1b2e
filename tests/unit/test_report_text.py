# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words made harmless, and quantities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import block, duration, line, moment, number

HIDDEN = [
    ("\x00", r"\x00"),
    ("\x1b", r"\x1b"),
    ("\x7f", r"\x7f"),
    ("\x9b", r"\x9b"),
    ("\xad", r"\xad"),
    ("\u061c", r"\u061c"),
    ("\u200b", r"\u200b"),
    ("\u200f", r"\u200f"),
    ("\u202e", r"\u202e"),
    ("\u2066", r"\u2066"),
    ("\ufeff", r"\ufeff"),
    ("\ufffe", r"\ufffe"),
    ("\ud800", r"\ud800"),
    ("\U000e0041", r"\U000e0041"),
]


@pytest.mark.parametrize(("hidden", "shown"), HIDDEN, ids=[shown for _hidden, shown in HIDDEN])
@pytest.mark.parametrize("write", [line, block])
def test_what_hides_is_shown(write, hidden, shown):
    assert write(f"a{hidden}b") == f"a{shown}b"


def test_ordinary_words_stay():
    text = "550 5.1.1 ¿Quién? Почта 邮件 🚫 «não»"
    assert line(text) == text
    assert block(text) == text


def test_a_line_is_one_line():
    assert line(" 550-one\r\n550\ttwo\n\n ") == "550-one 550 two"


def test_a_block_keeps_its_lines():
    assert block("550-one\r\n550 two\n\tthree") == "550-one\n550 two\n\tthree"
    assert block("rewritten\rline") == r"rewritten\x0dline"


def test_long_texts_are_cut_and_say_so():
    assert line("x" * 1_000_000, 10) == "x" * 10 + "…"
    assert block("x" * 1_000_000, 10) == "x" * 10 + "… (+999990)"
    assert line("x" * 10, 10) == block("x" * 10, 10) == "x" * 10
    assert line(" " * 1_000_000 + "late") == "…"


@given(st.text())
def test_nothing_acts_on_a_terminal(text):
    for written in (line(text), block(text)):
        assert not any(char != "\n" and char != "\t" and (ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000) for char in written)
    assert "\n" not in line(text)


@given(st.text(max_size=200))
def test_writing_twice_changes_nothing(text):
    assert line(line(text, 1000), 1000) == line(text, 1000)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (7500, "2 h 5 min"), (86400, "1 d"), (273600, "3 d 4 h")],
)
def test_duration(seconds, written):
    assert duration(seconds) == written.replace(" ", "\N{NO-BREAK SPACE}")


def test_moment():
    assert moment("2026-11-21T20:34:16Z") == "2026-11-21 20:34 UTC"
    assert moment("whenever") == "whenever"


def test_number():
    assert number(999) == "999"
    assert number(1234567) == "1\u202f234\u202f567"
