# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter: every format, the same bytes every time, and errors that name the option."""

from __future__ import annotations

import copy
import json

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.postmaster.deliverability.plugins.doc_fragments.language import ModuleDocFragment
from ansible_collections.postmaster.deliverability.plugins.filter import render_report as plugin
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import FORMATS
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import STATUSES
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import LANGUAGES
from ansible_collections.postmaster.deliverability.tests.unit import report_data

render_report = plugin.FilterModule().filters()["render_report"]
OPTIONS = yaml.safe_load(plugin.DOCUMENTATION)["options"]
SHARED = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]


def test_the_documentation_names_what_there_is():
    described = [text.split(")")[0].removeprefix("V(") for text in OPTIONS["format"]["description"] if text.startswith("V(")]
    assert described == list(FORMATS)
    assert SHARED["language"]["choices"] == list(LANGUAGES)
    assert OPTIONS["statuses"]["choices"] == list(STATUSES)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_diagnosis_gives_the_same_bytes_and_stays_as_it_is(format, language):
    diagnosis = report_data.stories()
    before = copy.deepcopy(diagnosis)
    text = render_report(diagnosis, format, language=language)
    assert diagnosis == before
    assert text.endswith("\n")
    turned = json.loads(json.dumps(diagnosis, sort_keys=True))
    assert render_report(turned, format, language=language) == text


def test_several_formats_at_once():
    diagnosis = report_data.stories()
    texts = render_report(diagnosis, ["html", "table", "sarif"], language="es", width=80)
    assert texts == {
        "html": render_report(diagnosis, "html", language="es"),
        "table": render_report(diagnosis, "table", language="es", width=80),
        "sarif": render_report(diagnosis, "sarif"),
    }


def test_options_reach_their_format():
    assert max(map(len, render_report(report_data.stories(), "table", width=80).splitlines())) <= 80
    assert '"kind": "pass"' in render_report(report_data.stories(), "sarif", statuses=["pass"])


@pytest.mark.parametrize(
    ("format", "options", "message"),
    [
        ("pdf", {}, "format: 'pdf' is not one of html, json, table, "),
        ("html", {"language": "tlh"}, "language: 'tlh' is not one of en, es"),
        ("json", {"language": "tlh"}, "language: 'tlh' is not one of en, es"),
        ("html", {"width": 100}, "width: no such option of the format html"),
        ("table", {"statuses": ["pass"]}, "statuses: no such option of the format table"),
        (["html", "json"], {"width": 100}, "width: no such option of the format html, json"),
        (["html", "pdf"], {}, "format: 'pdf' is not one of html, json, table, "),
        ("table", {"width": 10}, "width: 10 columns are too few"),
    ],
)
def test_errors_name_the_option(format, options, message):
    with pytest.raises(AnsibleFilterError, match=f"postmaster.deliverability.render_report: {message}"):
        render_report(report_data.stories(), format, **options)


@pytest.mark.parametrize("given", [None, "text", [], {}, {"failed": True}])
def test_something_that_is_no_diagnosis(given):
    with pytest.raises(AnsibleFilterError, match="the input is not a diagnosis"):
        render_report(given, "html")


def test_a_diagnosis_without_a_time():
    with pytest.raises(AnsibleFilterError, match="the diagnosis has no time"):
        render_report({**report_data.stories(), "generated_at": None}, "html")
