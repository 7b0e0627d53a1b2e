# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reports take what diagnosis and plan really return, and the example diagnoses of these tests have the same shape."""

from __future__ import annotations

import json
import pathlib

import pytest
from audit_data import BASELINE, GOOD_DNS, GREYLISTED_TEXT, LISTED_TEXT, NOW, POOL, UNABLE_TEXT, dnsbl, group, listing, mail_host, subject

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import FORMATS, render
from ansible_collections.postmaster.deliverability.tests.unit import report_data

SCHEMA = pathlib.Path(__file__).parents[2] / "docs/report.schema.json"
LISTED = dnsbl(a11=subject("listed", [listing()]), a12=subject())
REFUSED = [group(LISTED_TEXT, outcome="bounced"), group(GREYLISTED_TEXT, "example.org"), group(UNABLE_TEXT, "example.com")]


def diagnosed(lists=LISTED, previous=None, language="en"):  # pylint: disable=dangerous-default-value
    facts = mail_host(log=REFUSED, queue=REFUSED[1:])
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": facts}, "pool": POOL}, "mx2": {"observed": {"failed": True, "msg": "no such log"}}})
    return remediation_plan(diagnose(evidence, BASELINE, lists, GOOD_DNS, NOW, language=language, previous=previous), language=language)


@pytest.fixture(scope="module")
def first():
    return diagnosed()


@pytest.fixture(scope="module")
def second(first):
    """The same host a day later, with its listing gone."""
    return diagnosed(dnsbl(a11=subject(), a12=subject()), previous={**json.loads(render(first, "json")), "generated_at": "2026-11-19T12:00:00Z"})


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_format_takes_it(first, second, format, language):
    for diagnosis in (first, second, diagnosed(language=language), diagnosed(lists={"failed": True, "msg": "no nameserver answers"})):
        assert "mx1" in render(diagnosis, format, language=language)


def test_it_keeps_to_the_schema(first, second):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for diagnosis in (first, second):
        validator.validate(json.loads(render(diagnosis, "json")))


def test_the_second_report_leads_with_what_was_fixed(second):
    assert render(second, "table").startswith("Since 2026-11-19 12:00 UTC: fixed ")


@pytest.mark.parametrize("noun", ["fleet", "host", "finding", "action", "verdict row"])
def test_the_examples_have_the_keys_of_the_real(first, noun):
    def keys(diagnosis, name):
        host = diagnosis["hosts"][name]
        found = {
            "fleet": diagnosis["fleet"],
            "host": {key: None for key in host if key != "identities"},
            "finding": host["findings"][0],
            "action": host["actions"][0],
            "verdict row": host["verdicts"][0],
        }
        return set(found[noun])

    assert keys(report_data.stories(), "shop") == keys(first, "mx1")
