# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus metrics, read by Prometheus' own parser."""

from __future__ import annotations

import json
import pathlib
import re

import pytest
import yaml

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.prometheus import prometheus
from ansible_collections.postmaster.deliverability.tests.unit import report_data

LABELS = {"host", "state", "side", "control", "status", "severity", "remedy", "health", "change", "kind"}


def samples(diagnosis):
    parser = pytest.importorskip("prometheus_client.parser")
    return [sample for family in parser.text_string_to_metric_families(prometheus(diagnosis)) for sample in family.samples]


def value(found, name, **labels):
    (sample,) = [each for each in found if each.name == name and each.labels == labels]
    return sample.value


def test_what_the_fleet_is_in():
    found = samples(report_data.stories())
    assert value(found, "postmaster_host_state", host="home", state="refused") == 1
    assert value(found, "postmaster_host_state", host="home", state="ok") == 0
    assert value(found, "postmaster_delivered", host="shop") == 4210
    assert value(found, "postmaster_refused", host="shop") == 412
    assert value(found, "postmaster_failures", host="shop", side="ours") == 412
    assert value(found, "postmaster_failures", host="shop", side="theirs") == 7
    assert value(found, "postmaster_queue_messages", host="home") == 9
    assert value(found, "postmaster_queue_oldest_seconds", host="home") == 210000
    assert value(found, "postmaster_findings", host="branch", control="ptr_exists", status="fail", severity="high") == 1
    assert value(found, "postmaster_actions", host="branch", remedy="fix_ptr", state="manual") == 1
    assert value(found, "postmaster_blocklist_health", health="ok") == 2
    assert value(found, "postmaster_report_timestamp_seconds") == report_data.NOW.timestamp()


def test_what_changed():
    found = samples(report_data.since_last_time())
    assert value(found, "postmaster_changes", change="new") == 1
    assert value(found, "postmaster_changes", change="open") == 5
    assert value(found, "postmaster_suspects", kind="zone") == 1
    assert not [each for each in samples(report_data.stories()) if each.name in ("postmaster_changes", "postmaster_suspects")]


def test_a_host_that_could_not_be_judged_has_a_state_and_no_numbers():
    found = samples(report_data.diagnosis({"mx": report_data.host("mx", "", state="unknown", error="no log")}))
    assert value(found, "postmaster_host_state", host="mx", state="unknown") == 1
    assert not [each for each in found if each.name == "postmaster_delivered"]


def test_labels_are_bounded():
    """What remote servers say changes no label, and the number of series grows with hosts, controls and remedies alone."""
    quiet, loud = samples(report_data.hostile("550 no")), samples(report_data.hostile())
    assert {frozenset(each.labels) for each in loud} == {frozenset(each.labels) for each in quiet}
    assert len(loud) == len(quiet)
    assert {label for each in loud for label in each.labels} <= LABELS
    words = {text for each in loud for text in each.labels.values()}
    assert not [text for text in words if "onerror" in text]


def test_a_fleet_has_few_series():
    hosts, controls = 100, 40
    found = samples(report_data.fleet(hosts, controls))
    assert len(found) < hosts * (controls + 20)


def test_strange_host_names_are_quoted():
    diagnosis = report_data.diagnosis({'mx "1"\\\n': report_data.office()})
    assert value(samples(diagnosis), "postmaster_delivered", host='mx "1"\\') == 1204


DOCS = pathlib.Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("file", ["monitoring/alerts.yml", "monitoring/dashboard.json", "report.md"])
def test_what_watches_the_metrics_names_those_there_are(file):
    """Alert rules, dashboard and documentation use metrics and labels that the exporter writes."""
    text = (DOCS / file).read_text(encoding="utf-8")
    written = prometheus(report_data.since_last_time())
    used = set(re.findall(r"\bpostmaster_[a-z_]+", text))
    assert used <= set(re.findall(r"^# TYPE (\S+)", written, re.MULTILINE))
    assert {label for labels in re.findall(r"postmaster_[a-z_]+{([^}]*)}", text) for label in re.findall(r"(\w+)[!=]", labels)} <= LABELS


def test_alert_rules_and_dashboard_are_sound():
    rules = yaml.safe_load((DOCS / "monitoring/alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    assert all({"alert", "expr", "labels", "annotations"} <= set(rule) for rule in rules)
    # A comparison with a series that is not there says nothing, whichever way it would go.
    compared = [side for rule in rules for side in re.split(r" (?:>|<|==|!=) ", rule["expr"])[1:]]
    assert all("postmaster_" not in side or side.endswith(" or vector(0))") for side in compared)
    panels = json.loads((DOCS / "monitoring/dashboard.json").read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) == 7


def test_every_metric_is_documented():
    text = (DOCS / "report.md").read_text(encoding="utf-8")
    for name in re.findall(r"^# TYPE (\S+)", prometheus(report_data.since_last_time()), re.MULTILINE):
        assert f"`{name}`" in text
