# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The small pieces that the parts of report.html are made of.

``w`` is everywhere the words of the report's language (``words.py``). Every word that is not the report's own passes through ``esc`` or ``esc_block``.
"""

from __future__ import annotations

import functools
import re

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import BLOCK_LIMIT, LINE_LIMIT, block, line
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import SEVERITIES, SIDES

# status of a finding: (class, sign)
_SIGNS = {"pass": ("p", "✓"), "fail": ("f", "✕"), "unknown": ("u", "?"), "waived": ("w", "w"), "fixed": ("p", "✓"), "not_applicable": ("n", "–")}
_MARKS = {"refused": "✕", "attention": "!", "unknown": "?", "ok": "✓"}

_COPY_LIMIT = 20000  # characters of a text that is to be published or sent: it is our own, and must arrive whole
_LINK = re.compile(r"https://[\w.-]+(?:/[\w./?&=%#~+,:@-]*)?", re.ASCII)
# Braces too, lest somebody runs the page through a template engine.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "{": "&#123;", "}": "&#125;"})
_SHORT = 200


@functools.lru_cache(maxsize=10000)
def _esc_short(text: str) -> str:
    return line(text).translate(_ESCAPES)


def esc(text, limit: int = LINE_LIMIT) -> str:
    """Foreign words for a line of HTML or a quoted attribute."""
    text = str(text)
    # A fleet says the same few things over and over.
    return _esc_short(text) if len(text) <= _SHORT <= limit else line(text, limit).translate(_ESCAPES)


def esc_block(text, limit: int = BLOCK_LIMIT) -> str:
    """Foreign words for a <pre>, lines kept."""
    return block(text, limit).translate(_ESCAPES)


def slug(*names: str) -> str:
    """An id that the same names always give, and no other names."""
    return "-".join(re.sub(r"[^A-Za-z0-9._]", lambda match: f"_{ord(match[0]):x}_", name[:120]) for name in names)


def host_id(name: str) -> str:
    """The id of a host's section."""
    return slug("h", name)


def finding_id(name: str, finding: str) -> str:
    """The id of a finding in the section of host ``name``."""
    return slug("f", name, finding)


def mark(state: str) -> str:
    """The sign of a host's state; its word stands beside it."""
    return f'<span class="mark {state}" aria-hidden="true">{_MARKS[state]}</span>'


def side_of(side: str, w: dict) -> str:
    """Whose fault, with its colour."""
    return f'<span class="side {side}">{w[side]}</span>' if side in SIDES else esc(side)


def sign(finding: dict) -> tuple[str, str]:
    """(class, sign) of a finding; a failure's class tells how severe it is."""
    kind, glyph = _SIGNS.get(finding["status"], _SIGNS["unknown"])
    severity = "low" if finding.get("level") == "optional" else finding["severity"]
    return (f"f {severity}" if kind == "f" and severity in SEVERITIES else kind, glyph)


def link(url) -> str:
    """A link where the text is plainly an address of the web, otherwise the text."""
    url = str(url)
    return f'<a href="{esc(url)}" rel="noreferrer">{esc(url[len("https://") :])}</a>' if _LINK.fullmatch(url) else esc(url)


def copyable(text: str, label: str) -> str:
    """A text to take along whole, under its label."""
    return f'<div class="copy"><p class="label">{label}</p><pre tabindex="0">{esc_block(text, _COPY_LIMIT)}</pre></div>'
