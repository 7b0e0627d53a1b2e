# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table for a terminal."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.table import table
from ansible_collections.postmaster.deliverability.tests.unit import report_data


def test_it_answers_the_four_questions():
    rows = table(report_data.stories()).splitlines()
    assert rows[0].split() == ["HOST", "STATE", "WHY", "WHOSE", "FAULT", "WHAT", "TO", "DO"]
    first = [row for row in rows if row[:1].strip()]
    assert [row.split()[:2] for row in first[1:-1]] == [["branch", "refused"], ["home", "refused"], ["shop", "refused"], ["office", "ok"]]
    office = next(row for row in rows if row.startswith("office"))
    assert "theirs" in office
    assert "nothing here: theirs to solve" in office
    assert rows[-1] == "4 servers: refused 3, ok 1"


def test_it_leads_with_the_change():
    rows = table(report_data.since_last_time()).splitlines()
    assert rows[0] == "Since 2026-11-20 20:34 UTC: new 1, comes and goes 1, fixed 1, still open 5"
    assert rows[1] == "! Too large to be true: rep.example newly lists 3 of 4 addresses of the fleet."
    assert rows[2] == ""
    assert rows[3].startswith("HOST")


@pytest.mark.parametrize(("language", "told"), [("en", "no longer looked at 2"), ("es", "ya no se mira 2")])
def test_what_is_no_longer_looked_at_is_counted(language, told):
    diagnosis = report_data.since_last_time()
    diagnosis["fleet"]["changes"]["dropped"] = ["shop ptr_exists:198.51.100.9", "shop fcrdns:198.51.100.9"]
    assert table(diagnosis, language=language).splitlines()[0].endswith(f", {told}")


def test_spanish():
    text = table(report_data.stories(), language="es")
    assert text.startswith("SERVIDOR")
    assert "DE QUIÉN ES" in text
    assert text.endswith("4 servidores: rechazado 3, bien 1\n")


@pytest.mark.parametrize("width", [80, 100, 110, 120, 200])
@pytest.mark.parametrize("diagnosis", [report_data.stories(), report_data.hostile(), report_data.hostile("x" * 1_000_000)], ids=["stories", "hostile", "long"])
def test_it_keeps_to_its_width(diagnosis, width):
    assert max(map(len, table(diagnosis, width=width).splitlines())) <= width


def test_the_words_of_a_row_stay_whole():
    text = table(report_data.stories(), width=200)
    assert "Two operators refuse us: the address has no reverse name" in text


def test_an_action_that_is_blocked_says_so():
    diagnosis = report_data.stories()
    diagnosis["hosts"]["shop"]["actions"][0]["state"] = "blocked"
    assert "Send from 198.51.100.23 to the operators that refuse (blocked)" in table(diagnosis, width=250)


def test_many_actions_are_counted():
    diagnosis = report_data.stories()
    diagnosis["hosts"]["shop"]["actions"] *= 3
    assert "; 4 more" in table(diagnosis, width=300)


def test_a_host_that_could_not_be_judged():
    diagnosis = report_data.diagnosis({"mx": report_data.host("mx", "", state="unknown", summary="no log", error="no log")})
    row = table(diagnosis, width=150).splitlines()[1]
    assert row.split()[:4] == ["mx", "unknown", "no", "log"]
    assert row.endswith("make the evidence readable, then audit again")


def test_no_hosts():
    assert table(report_data.diagnosis({})).splitlines()[-1] == "0 servers"


def test_plain_ascii_without_colour():
    assert table(report_data.stories()).isascii()


def test_too_narrow():
    with pytest.raises(DeliverabilityError, match=r"^width: 40 columns are too few, give at least 80$"):
        table(report_data.stories(), width=40)
