# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Remote words made harmless before any format escapes them, and the few quantities that every format writes alike.

Replies come from servers that may wish us harm: they can carry terminal escapes, right-to-left overrides, invisible letters, NUL
and characters that XML forbids. Each such character is shown as an escape (``\\x1b``, ``\\u202e``), so that nothing hides and nothing acts.
"""

from __future__ import annotations

import re

# C0 and C1 controls except tab and newline; soft hyphen and fillers; direction marks and overrides; zero-width and line separators;
# interlinear marks and noncharacters; lone surrogates; tag characters.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001fffe\U0001ffff\U000e0000-\U000e0fff]"
)
_WHITE = re.compile(r"\s+")

LINE_LIMIT = 400  # characters of a text within a line: a reply is rarely longer, and nobody reads further
TERMINAL_LIMIT = 1000  # characters of an alarm or a failure on a terminal
BLOCK_LIMIT = 4000  # characters of a text shown whole


def _escape(match: re.Match) -> str:
    point = ord(match[0])
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _plain(text: str, limit: int) -> bool:
    """Most words are short and harmless, and there are many of them: tell so at once."""
    return len(text) <= limit and text.isascii() and text.isprintable()


def block(text, limit: int = BLOCK_LIMIT) -> str:
    """``text`` with its lines kept, hidden characters shown, and what is beyond ``limit`` characters counted instead of written."""
    text = str(text)
    if _plain(text, limit):
        return text
    rest = f"… (+{len(text) - limit})" if len(text) > limit else ""
    return _UNSEEN.sub(_escape, text[:limit].replace("\r\n", "\n")) + rest


def line(text, limit: int = LINE_LIMIT) -> str:
    """``text`` on one line, hidden characters shown, cut at ``limit`` characters."""
    text = str(text)
    if _plain(text, limit) and "  " not in text:
        return text.strip()
    head = text[: 2 * limit]  # cut before anything is searched: a reply of a megabyte must cost nothing
    folded = _UNSEEN.sub(_escape, _WHITE.sub(" ", head).strip())
    return folded if len(folded) <= limit and head == text else f"{folded[:limit]}…"


def duration(seconds: int) -> str:
    """An age for people, in at most two units that no line break parts: ``45 s``, ``12 min``, ``2 h 5 min``, ``3 d 4 h``."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        parts = [f"{days} d", f"{hours % 24} h" if hours % 24 else ""]
    elif hours:
        parts = [f"{hours} h", f"{minutes % 60} min" if minutes % 60 else ""]
    else:
        parts = [f"{minutes} min" if minutes else f"{seconds} s"]
    return " ".join(filter(None, parts)).replace(" ", "\N{NO-BREAK SPACE}")


def moment(time: str) -> str:
    """An RFC 3339 UTC time for people: ``2026-11-21 20:34 UTC``."""
    return f"{time[:10]} {time[11:16]} UTC" if time.endswith("Z") and len(time) == 20 else time


def number(value: int) -> str:
    """An integer with thin spaces between its thousands, which reads alike in every language."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
