# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""CSV for spreadsheets: one line a finding.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@`` or a control character for a formula, and remote words can begin
so: such a cell gets an apostrophe in front, which spreadsheets understand as "this is text".
"""

from __future__ import annotations

import csv
import io

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import block
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import findings_in_order, hosts_in_order

_FINDING = ("control", "subject", "status", "severity", "level", "change", "since", "side", "title", "evidence", "remedy", "publish", "request")
# With the wide forms that some spreadsheets take for the same signs.
_FORMULA = tuple("=+-@\t\r＝＋－＠")
_LIMIT = 30000  # characters: a cell of a spreadsheet holds 32,767


def _cell(value) -> str:
    text = block(" | ".join(map(str, value)) if isinstance(value, list) else value or "", _LIMIT)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def csv_report(diagnosis: dict) -> str:
    """All findings as CSV with a head line, every cell quoted, records ended by CRLF (RFC 4180)."""
    written = io.StringIO()
    table = csv.writer(written, quoting=csv.QUOTE_ALL)
    table.writerow(["host", "host_state", *_FINDING])
    for name, host in hosts_in_order(diagnosis):
        for finding in findings_in_order(host):
            table.writerow(map(_cell, [name, host["state"], *(finding[key] for key in _FINDING)]))
    return written.getvalue()
