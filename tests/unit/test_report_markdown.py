# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markdown for tickets: short, with the texts to send, and nothing in remote words that Markdown would act on."""

from __future__ import annotations

import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.markdown import markdown
from ansible_collections.postmaster.deliverability.tests.unit import report_data


def rendered(text):
    reader = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable("table")
    return reader.render(text)


def test_the_fleet_then_who_needs_something():
    text = markdown(report_data.stories())
    assert text.startswith("# Outbound mail report, 2026-11-21 20:34 UTC\n")
    assert "🔴 refused 3, 🟢 ok 1" in text
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["🔴 branch", "🔴 home", "🔴 shop"]
    assert "1 more" in text


def test_it_leads_with_the_change():
    rows = markdown(report_data.since_last_time()).splitlines()
    assert rows[4] == "- Since 2026-11-20 20:34 UTC: new 1, comes and goes 1, fixed 1, still open 5"
    assert rows[5].startswith("- Too large to be true: rep.example newly lists")
    assert rows[6] == "  - **new**: shop: 198.51.100.22 is listed at rep.example (198.51.100.22)"


def test_the_texts_to_send_stand_whole():
    text = markdown(report_data.stories())
    for host in ("branch", "shop"):
        for action in report_data.stories()["hosts"][host]["actions"]:
            assert (action["text"] or "").rstrip() in text


def test_a_healthy_fleet_is_a_table():
    text = markdown(report_data.diagnosis({"office": report_data.office()}))
    assert "| office | 🟢 ok |" in text
    assert "## " not in text


def test_a_large_fleet_fits_a_ticket():
    text = markdown(report_data.fleet(1000, 40))
    assert len(text) < 65_536
    assert "975 more" in text


def test_spanish():
    assert markdown(report_data.stories(), language="es").startswith("# Informe del correo saliente")


def test_remote_words_make_no_markup():
    text = markdown(report_data.hostile())
    page = rendered(text)
    assert not re.findall(r"<(?!/?(h1|h2|p|ul|li|strong|pre|code|table|thead|tbody|tr|th|td)\b)[^>]*>", page)
    assert page.count("<h2>") == 2
    assert "<a " not in page
    assert "<em>" not in page
    # A mention outside of code would call somebody.
    assert "@everyone" not in re.sub(r"<code.*?</code>", "", page, flags=re.DOTALL)


def test_a_fence_in_a_reply_does_not_end_its_block():
    page = rendered(markdown(report_data.hostile("550 a\n````\n# heading\n")))
    assert page.count("<h1>") == 1
    assert "# heading" in page


def test_bare_addresses_become_no_links():
    text = markdown(report_data.hostile("550 see https://example.com/?x and www.example.com"))
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "https://" not in outside
    assert "www.example" not in outside
