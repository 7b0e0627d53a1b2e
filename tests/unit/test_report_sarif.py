# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SARIF 2.1.0, held against its schema."""

from __future__ import annotations

import gzip
import json
import pathlib

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.sarif import sarif
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import STATUSES
from ansible_collections.postmaster.deliverability.tests.unit import report_data

SCHEMA = pathlib.Path(__file__).parent / "fixtures/report/sarif-2.1.0.schema.json.gz"


@pytest.fixture(scope="module")
def validator():
    jsonschema = pytest.importorskip("jsonschema")
    return jsonschema.Draft4Validator(json.loads(gzip.decompress(SCHEMA.read_bytes())))


@pytest.mark.parametrize("statuses", [("fail",), STATUSES])
@pytest.mark.parametrize(
    "diagnosis",
    [report_data.stories(), report_data.hostile(), report_data.fleet(20, 5), report_data.diagnosis({})],
    ids=["stories", "hostile", "fleet", "empty"],
)
def test_the_log_keeps_to_the_schema(validator, diagnosis, statuses):
    validator.validate(json.loads(sarif(diagnosis, statuses)))


def results(**options):
    (run,) = json.loads(sarif(report_data.stories(), **options))["runs"]
    return run["results"], run["tool"]["driver"]["rules"]


def test_only_failures_become_results():
    found, rules = results()
    assert len(found) == 7
    assert {result["kind"] for result in found} == {"fail"}
    assert [rule["id"] for rule in rules] == [name for name, _title, _severity in report_data.CONTROLS]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in found)


def test_a_result_tells_where_how_bad_and_what_to_do():
    found, _rules = results()
    result = next(each for each in found if each["ruleId"] == "ptr_exists")
    assert result["level"] == "error"
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "branch/198.51.100.33"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "hosts/branch"
    assert result["message"]["text"].startswith("fail: 198.51.100.33 has no reverse name (198.51.100.33)\n")
    assert "NXDOMAIN" in result["message"]["text"]
    assert "Please set the reverse DNS" in result["message"]["text"]
    assert {each["level"] for each in found} == {"error", "warning"}


def test_an_optional_failure_is_a_note():
    diagnosis = report_data.diagnosis({"home": report_data.home()})
    for finding in diagnosis["hosts"]["home"]["findings"]:
        finding["level"] = "optional"
    (run,) = json.loads(sarif(diagnosis))["runs"]
    assert {result["level"] for result in run["results"]} == {"note"}


@pytest.mark.parametrize("name", ["finding/v1", "primaryLocationLineHash"])
def test_a_result_keeps_its_fingerprint(name):
    def fingerprints():
        return [result["partialFingerprints"][name] for result in results()[0]]

    assert fingerprints() == fingerprints()
    assert len(set(fingerprints())) == 7


def test_a_host_that_could_not_be_judged_is_told():
    hosts = {"mx1": report_data.host("mx1", "", state="unknown", error="no mail\x1b system"), "office": report_data.office()}
    (run,) = json.loads(sarif(report_data.diagnosis(hosts)))["runs"]
    assert run["invocations"][0]["toolExecutionNotifications"] == [{"level": "error", "message": {"text": r"mx1: no mail\x1b system"}}]


def test_other_statuses_on_request():
    found, _rules = results(statuses=["waived", "unknown", "not_applicable"])
    assert sorted(result["kind"] for result in found) == ["fail", "notApplicable", "open"]
    (waived,) = [result for result in found if "suppressions" in result]
    assert waived["suppressions"][0]["justification"].startswith("Waived until 2026-12-31")


def test_an_unknown_status_is_named():
    with pytest.raises(DeliverabilityError, match=r"^statuses: 'failed' is not one of fail, unknown, "):
        sarif(report_data.stories(), ["failed"])
