# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
import report_data

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.remediation import OUTCOMES, remediation_report
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import LANGUAGES, words

SWITCH = report_data.action("mx1", "switch_outbound_ip", "Send from 198.51.100.12", role="outbound_ip", variables={"outbound_ip_address": "198.51.100.12"})
DELIST = report_data.action("mx1", "delist", "Ask the list", state="manual", text="see https://list.example/\nand ask")
STATES = {"mx1": "refused", "mx2": "ok"}
PROOF = {"remedy": "switch_outbound_ip", "outcome": "proven", "evidence": ["mx.example.net took 4XyZ: 250 2.0.0 Ok"]}


def plan(*actions, recorded=False):
    return {"mx1": {"state": "refused", "summary": "address on a blocklist", "actions": list(actions), "recorded": recorded}}


def outcomes(*args, **kwargs):
    return {action["remedy"]: action["outcome"] for action in json.loads(remediation_report(*args, **kwargs)["json"])["hosts"]["mx1"]["actions"]}


def test_shows_what_would_be_done():
    report = remediation_report(plan(DELIST, SWITCH), STATES)
    assert outcomes(plan(DELIST, SWITCH), STATES) == {"delist": "manual", "switch_outbound_ip": "ready"}
    assert report["text"].splitlines() == [
        "mx1: refused (address on a blocklist)",
        "  [by hand] Ask the list",
        "      > see https://list.example/",
        "      > and ask",
        "  [would be done] Send from 198.51.100.12",
        '      Role outbound_ip: outbound_ip_address="198.51.100.12"',
    ]
    assert report["failed"] == []


def test_tells_before_after_and_the_proof():
    report = remediation_report(plan(DELIST, SWITCH), STATES, {"mx1": [PROOF]}, {"mx1": "ok", "mx2": "ok"}, ["mx1"])
    assert report["text"].startswith("mx1: refused -> ok ")
    assert "  [done and proven] Send from 198.51.100.12" in report["text"]
    assert "      mx.example.net took 4XyZ: 250 2.0.0 Ok" in report["text"]
    host = json.loads(report["json"])["hosts"]["mx1"]
    assert (host["before"], host["after"]) == ("refused", "ok")


def test_host_that_had_no_turn_says_so():
    assert outcomes(plan(SWITCH), STATES, {}, None, []) == {"switch_outbound_ip": "not_now"}


def test_recorded_evidence_cannot_be_changed():
    assert outcomes(plan(DELIST, SWITCH, recorded=True), STATES) == {"delist": "manual", "switch_outbound_ip": "recorded"}


def test_failure_is_named_with_its_host():
    failed = {"remedy": "switch_outbound_ip", "outcome": "failed", "evidence": ["550 5.7.1 no"]}
    assert remediation_report(plan(SWITCH), STATES, {"mx1": [failed]}, None, ["mx1"])["failed"] == ["mx1: Send from 198.51.100.12: 550 5.7.1 no"]


def test_nothing_to_do():
    assert remediation_report({}, {"mx2": "ok"})["text"] == "Nothing to do.\n"


def test_remote_words_act_on_no_terminal():
    proof = {**PROOF, "evidence": ["250 \x1b[31m\u202eok\x00\nmx2: refused -> ok"]}
    text = remediation_report(plan(SWITCH), STATES, {"mx1": [proof]}, None, ["mx1"])["text"]
    assert not set(text) & {"\x1b", "\u202e", "\x00"}
    assert sum(1 for line in text.splitlines() if line.startswith("mx")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_has_its_words(language):
    assert all(words(language)[f"outcome_{outcome}"] for outcome in OUTCOMES)


def test_a_reply_in_a_failure_acts_on_no_terminal():
    failed = {"remedy": "switch_outbound_ip", "outcome": "failed", "evidence": ["550 \x1b[2J\u202eno\r\n" + "x" * 1_000_000]}
    (told,) = remediation_report(plan(SWITCH), STATES, {"mx1": [failed]}, None, ["mx1"])["failed"]
    assert told.startswith(r"mx1: Send from 198.51.100.12: 550 \x1b[2J\u202eno xxx")
    assert len(told) < 1100
