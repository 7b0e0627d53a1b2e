# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.json keeps to its published schema and loses nothing of what the diagnosis says."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.json import json_report
from ansible_collections.postmaster.deliverability.tests.unit import report_data

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads((pathlib.Path(__file__).parents[2] / "docs/report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize(
    "diagnosis",
    [report_data.stories(), report_data.since_last_time(), report_data.hostile(), report_data.fleet(20, 5), report_data.diagnosis({})],
    ids=["stories", "since", "hostile", "fleet", "empty"],
)
def test_the_report_keeps_to_the_schema(validator, diagnosis):
    validator.validate(json.loads(json_report(diagnosis)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hosts", "home", "state"), "broken"),
        (("hosts", "home", "findings", 0, "status"), "maybe"),
        (("hosts", "home", "actions", 0, "because"), None),
        (("generated_at",), "yesterday"),
        (("schema_version",), 2),
    ],
)
def test_the_schema_catches_a_broken_report(validator, path, value):
    report = json.loads(json_report(report_data.stories()))
    place = report
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert not validator.is_valid(report)


def test_nothing_is_lost():
    diagnosis = report_data.stories()
    report = json.loads(json_report(diagnosis))
    for name, host in diagnosis["hosts"].items():
        written = report["hosts"][name]
        for key in ("findings", "actions", "verdicts"):
            assert sorted(map(json.dumps, written[key])) == sorted(json.dumps(entry, sort_keys=True) for entry in map(_sorted, host[key]))
        assert {key: written[key] for key in ("state", "side", "summary", "error", "addresses")} == {
            key: host[key] for key in ("state", "side", "summary", "error", "addresses")
        }
        assert written["facts"]["queue"]["ages"] == host["facts"]["queue"]["ages"]
        assert "cursor" not in written["facts"]["log"]


def _sorted(entry):
    return json.loads(json.dumps(entry, sort_keys=True))


def test_the_worst_host_comes_first():
    assert list(json.loads(json_report(report_data.stories()))["hosts"]) == ["branch", "home", "shop", "office"]


def test_one_finding_a_line():
    lines = json_report(report_data.stories()).splitlines()
    findings = [json.loads(text.strip().rstrip(",")) for text in lines if '"control":' in text and '"evidence":' in text]
    assert len(findings) == sum(len(host["findings"]) for host in report_data.stories()["hosts"].values())


def test_remote_words_arrive_whole_and_as_ascii():
    text = json_report(report_data.hostile("x" * 1_000_000 + report_data.HOSTILE))
    assert text.isascii()
    assert "\x1b" not in text
    assert "\x00" not in text
    host = json.loads(text)["hosts"]["mx<b>1"]
    assert host["verdicts"][0]["group"]["text"] == "x" * 1_000_000 + report_data.HOSTILE


def test_a_host_without_facts():
    diagnosis = report_data.stories()
    diagnosis["hosts"]["home"].update(state="unknown", error="no log", facts=None, verdicts=[], findings=[], actions=[])
    assert json.loads(json_report(diagnosis))["hosts"]["home"]["facts"] == {}
