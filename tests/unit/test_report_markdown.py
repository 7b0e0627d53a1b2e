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
    assert rows[5] == "  - **new**: shop: ✕ 198.51.100.22 is listed at rep.example (198.51.100.22)"
    assert rows[7] == "  - **fixed**: home: ✓ Address has a reverse name (198.51.100.11)"
    assert rows[8].startswith("- Too large to be true: rep.example newly lists")


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


def test_long_parts_of_many_hosts_fit_a_ticket():
    """The worst come first, as far as there is room, and what is left out is counted."""
    words = "\n".join(["550 5.7.1 no " * 100] * 3)
    hosts = {f"mx{n:02}": report_data.shop() for n in range(25)}
    for name, host in hosts.items():
        host["findings"] += [report_data.finding(name, "spf_valid", f"{n}.example", "fail", evidence=[words]) for n in range(20)]
    text = markdown(report_data.diagnosis(hosts))
    shown = text.count("\n## ")
    assert 20_000 < len(text) <= 60_100
    assert 0 < shown < 25
    assert text.endswith(f"\n{25 - shown} more\n")
    assert "\n7 more\n" in text


def test_what_log_and_queue_tell_alike_stands_once():
    text = markdown(report_data.diagnosis({"home": report_data.home()}))
    assert "48 × gmail.example (ours, 9 still in the queue)" in text
    assert text.count("× gmail.example") == 1


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
    plain = re.sub(r"<code.*?</code>", "", page, flags=re.DOTALL)
    assert "@everyone" not in plain
    assert "#" not in re.sub(r"&#?\w+;", "", plain)


def test_a_fence_in_a_reply_does_not_end_its_block():
    page = rendered(markdown(report_data.hostile("550 a\n````\n# heading\n")))
    assert page.count("<h1>") == 1
    assert "# heading" in page


def test_bare_addresses_become_no_links():
    text = markdown(report_data.hostile("550 see https://example.com/?x and www.example.com"))
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "https://" not in outside
    assert "www.example" not in outside
