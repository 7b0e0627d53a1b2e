# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""CSV for spreadsheets: one line a finding.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and remote words can begin so: such a sign gets an
apostrophe in front, which spreadsheets understand as "this is text". So does a sign after a semicolon, a tab or the end of a line within a cell:
a spreadsheet that expects another separator than the comma, as it does in Spanish, begins a cell there.
"""

from __future__ import annotations

import csv
import io
import re

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import block
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import findings_in_order, hosts_in_order

_FINDING = ("control", "subject", "status", "severity", "level", "change", "since", "side", "title", "evidence", "remedy", "publish", "request")
# What may stand before a cell, then a sign of a formula: one of those, or the wide form that some spreadsheets take for the same.
_BEFORE_SIGN = re.compile(r"""(?<![;"\s])[;"\s]*(?=[=+\-@＝＋－＠])""")
_LIMIT = 30000  # characters: a cell of a spreadsheet holds 32,767


def _made_text(match: re.Match) -> str:
    return f"{match[0]}'" if match.start() == 0 or set(match[0]) & set(";\t\n") else match[0]


def _cell(value) -> str:
    text = block(" | ".join(map(str, value)) if isinstance(value, list) else value or "", _LIMIT)
    return _BEFORE_SIGN.sub(_made_text, text)


def csv_report(diagnosis: dict) -> str:
    """All findings as CSV with a head line, every cell quoted, records ended by CRLF (RFC 4180)."""
    written = io.StringIO()
    table = csv.writer(written, quoting=csv.QUOTE_ALL)
    table.writerow(["host", "host_state", *_FINDING])
    for name, host in hosts_in_order(diagnosis):
        for finding in findings_in_order(host):
            table.writerow(map(_cell, [name, host["state"], *(finding[key] for key in _FINDING)]))
    return written.getvalue()
