# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from audit_data import LISTED_TEXT, NOW, group, mail_host

from ansible_collections.postmaster.deliverability.plugins.filter.judgement_errors import FilterModule
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._judgement import audit_reports
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import names

errors = FilterModule().filters()["judgement_errors"]


def test_nothing_is_wrong_with_what_is_shipped():
    assert errors(names(), formats=["html", "sarif"], language="es", fail_on="low", numbers={"audit_window": "604800", "audit_dns_timeout": 0.5}) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"language": "fr"}, "audit_language: 'fr' is none of en, es"),
        ({"fail_on": "always"}, "audit_fail_on: 'always' is none of never, info"),
        ({"formats": ["html", "pdf"]}, "audit_formats: 'pdf' is none of html"),
        ({"numbers": {"audit_queue_age": "4h"}}, "audit_queue_age: '4h' is no number"),
        ({"numbers": {"audit_window": -1}}, "audit_window: -1 is no number"),
        ({"numbers": {"audit_dns_retries": True}}, "audit_dns_retries: True is no number"),
        ({"limits": {"spread": 3}}, "limits: {'spread': 3} is no dictionary with some of spread_minimum"),
        ({"limits": {"spread_minimum": "three"}}, "limits: spread_minimum: 'three' is no number"),
        ({"waivers": "nowhere.yml"}, "waivers: nowhere.yml: No such file"),
        ({"previous": "nowhere.json"}, "previous: nowhere.json: No such file"),
    ],
)
def test_each_mistake_is_one_sentence_that_names_the_option(given, words):
    (told,) = errors(["baseline"], **given)
    assert words in told


def test_mistakes_in_files_name_the_place(tmp_path):
    policy, waivers = tmp_path / "own.yml", tmp_path / "waivers.yml"
    policy.write_text(json.dumps({"controls": [{"id": "mine", "title": "Mine", "scope": "host", "severity": "low", "query": "queue."}]}))
    waivers.write_text("[{control: ptr_exists, hosts: '*', justification: because, expires: soon}]")
    first, second = errors(["baseline", str(policy)], waivers=str(waivers))
    assert first.startswith(f"{policy}: control mine: query")
    assert "waiver 1: expires: 'soon'" in second


@pytest.mark.parametrize(
    ("inventory", "notes"),
    [
        (None, []),
        (["localhost"], []),
        (["localhost", "mx1"], []),
        (["mx1"], ["Stored, but not in the inventory any more: localhost."]),
        (["localhost", "mx1", "mx2"], ["In the inventory, and nothing of them is stored: mx2"]),
        (["mx1", "mx2"], ["Stored, but not in the inventory any more: localhost.", "In the inventory, and nothing of them is stored: mx2"]),
    ],
)
def test_hosts_that_only_the_store_or_only_the_inventory_knows(inventory, notes):
    """A server that the inventory calls localhost is one of it; that Ansible knows a localhost without one makes it no host that is missing."""
    evidence = fleet_evidence({name: {"observed": {"mail_host": mail_host()}} for name in ("localhost", "mx1")})
    report = json.loads(audit_reports(evidence, ["json"], inventory=inventory, now=NOW)["reports"]["json"])
    assert len(report["fleet"]["notes"]) == len(notes)
    assert all(told.startswith(words) for told, words in zip(report["fleet"]["notes"], notes))


def judged(hosts, store, **options):
    """The judgement of some hosts of a fleet, and what it leaves in the store for the next."""
    evidence = fleet_evidence({name: {"observed": {"mail_host": mail_host(queue=[group(LISTED_TEXT, oldest_age=90000)])}} for name in hosts})
    found = audit_reports(evidence, ["json"], now=NOW, last=str(store), **options)
    store.write_text(found["kept"] or found["reports"]["json"])
    return found, json.loads(found["reports"]["json"])


def test_a_run_for_one_host_does_not_make_the_others_new(tmp_path):
    store = tmp_path / "report.json"
    first, _report = judged(("mx1", "mx2"), store)
    assert (first["kept"], first["last_spoilt"]) == (None, False)
    limited, report = judged(("mx1",), store)
    assert (list(report["hosts"]), limited["fleet"]["hosts"]) == (["mx1"], 1)
    _found, third = judged(("mx1", "mx2"), store)
    assert third["fleet"]["changes"]["new"] == []
    assert "mx2 not_refused:ip_blocklisted:bl.spamcop.net" in third["fleet"]["changes"]["open"]


def test_spoilt_report_of_the_store_is_a_note_only_where_it_would_be_compared_with(tmp_path):
    store, previous = tmp_path / "report.json", tmp_path / "previous.json"
    judged(("mx1",), previous)
    for options, notes in (({"previous": str(previous)}, 0), ({}, 1)):
        store.write_text("{")
        found, report = judged(("mx1",), store, **options)
        assert (found["last_spoilt"], found["kept"], len(report["fleet"]["notes"])) == (True, None, notes)


def test_an_alarm_acts_on_no_terminal():
    evidence = fleet_evidence({"mx1": {"observed": {"failed": True, "msg": "no log:\x1b[2J\u202e\r\n" + "x" * 1_000_000}}})
    (alarm,) = audit_reports(evidence, ["json"], now=NOW)["alarms"]
    assert alarm.startswith("mx1: not judged: ")
    assert r"no log:\x1b[2J\u202e xxx" in alarm
    assert len(alarm) < 1100
