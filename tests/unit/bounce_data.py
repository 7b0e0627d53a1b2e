# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The returned messages under ``fixtures/bounces``: one JSON file a family, lists of ``name``, ``about``, ``lines`` and ``expect``.

``lines`` are the message without line ends, each character one byte. Cases named ``recorded-...`` were written by the programs
themselves; the others follow the formats that the families' documentation and sources give.
"""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parent / "fixtures" / "bounces"


def cases() -> dict:
    """Return ``{"family/name": case}`` for every fixture."""
    return {f"{path.stem}/{case['name']}": case for path in sorted(FOLDER.glob("*.json")) for case in json.loads(path.read_text(encoding="ascii"))}


def raw(case: dict, newline: bytes = b"\n") -> bytes:
    """Return the message of a case as bytes."""
    return newline.join(line.encode("latin-1") for line in case["lines"])
