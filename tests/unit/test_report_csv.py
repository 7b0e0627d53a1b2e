# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSV: one line a finding, and no cell that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.csv import csv_report
from ansible_collections.postmaster.deliverability.tests.unit import report_data


def rows(diagnosis):
    return list(csv.DictReader(io.StringIO(csv_report(diagnosis), newline="")))


def test_one_line_a_finding():
    diagnosis = report_data.stories()
    found = rows(diagnosis)
    assert len(found) == sum(len(host["findings"]) for host in diagnosis["hosts"].values())
    ptr = next(row for row in found if row["control"] == "ptr_exists" and row["status"] == "fail")
    assert (ptr["host"], ptr["host_state"], ptr["severity"], ptr["side"], ptr["remedy"]) == ("branch", "refused", "high", "ours", "fix_ptr")
    assert ptr["request"] == report_data.branch()["actions"][1]["text"]


def test_records_end_as_the_standard_says():
    text = csv_report(report_data.stories())
    assert text.startswith('"host","host_state","control"')
    assert text.count("\r\n") == 1 + len(rows(report_data.stories()))


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1", "\n=1"])
def test_no_cell_is_a_formula(start):
    diagnosis = report_data.hostile(start)
    for row in rows(diagnosis):
        for cell in row.values():
            assert not cell.lstrip().startswith(tuple("=+-@＝")), cell


@pytest.mark.parametrize("between", [";", "; ", ';"', "\t", "\n", ";\n\t"])
def test_no_cell_is_a_formula_with_another_separator(between):
    """A spreadsheet in Spanish parts the line at semicolons and knows no quotes in the middle of a cell."""
    text = csv_report(report_data.hostile(f"550 no{between}=1+1"))
    assert "=1+1" in text
    cells = re.split(r"[;\t\r\n]", text)
    assert not [cell for cell in cells if cell.lstrip('" ').startswith("=")]


def test_signs_within_a_cell_stay():
    text = csv_report(report_data.hostile('"v=spf1 a -all"; p=1 x@example.com, +1 = 2'))
    assert '""v=spf1 a -all""; p=1 x@example.com, +1 = 2' in text


def test_ordinary_cells_stay():
    assert not any(cell.startswith("'") for row in rows(report_data.stories()) for cell in row.values())
