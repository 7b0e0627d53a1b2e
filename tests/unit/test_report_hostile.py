# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No format lets what a remote server said act: not on a browser, a terminal, a spreadsheet, a parser or a template engine."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import FORMATS, render
from ansible_collections.postmaster.deliverability.tests.unit import report_data

ACTING = [chr(point) for point in (*range(9), 11, 12, *range(14, 32), *range(127, 160))]
TURNING = list("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
HIDDEN = ["\u200b", "\u2060", "\ufeff", "\ufffe", "\uffff", "\ud800", "\U000e0041"]


@pytest.fixture(scope="module", params=FORMATS)
def hostile(request):
    return request.param, render(report_data.hostile(), request.param)


def test_no_character_hides_or_acts(hostile):
    _format, text = hostile
    assert not [char for char in (*ACTING, *TURNING, *HIDDEN) if char in text]
    text.encode("utf-8")


def test_html_is_text():
    text = render(report_data.hostile(), "html")
    assert "<img" not in text
    assert "</script><!--" not in text
    assert "{{" not in text.partition("</style>")[2].partition("<script>")[0]
    assert "&lt;img src=x onerror=alert(1)&gt;&#123;&#123; 7*7 &#125;&#125;" in text


def test_xml_is_well_formed():
    root = ET.fromstring(render(report_data.hostile(), "junit").encode())
    assert "<img src=x onerror=alert(1)>{{ 7*7 }}" in root.find("testsuite/testcase/failure").text


@pytest.mark.parametrize("format", FORMATS)
def test_a_reply_of_a_megabyte(format):
    """Formats for people cut it, the others carry it; none takes long."""
    diagnosis = report_data.hostile("550 " + "<{{=@\x1b\u202e" * 140_000)
    started = time.process_time()
    text = render(diagnosis, format)
    assert time.process_time() - started < 5
    if format in ("html", "table", "markdown", "csv", "prometheus"):
        assert len(text) < 500_000


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_at_all(format, text):
    written = render(report_data.hostile(text), format)
    written.encode("utf-8")
    assert not [char for char in (*ACTING, *TURNING) if char in written]
    if format == "junit":
        ET.fromstring(written.encode())
