# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a host should try to reach: the servers that did not answer, two that do, and nobody without need."""

from __future__ import annotations

import pytest
from audit_data import BASELINE, GREYLISTED_TEXT, NOW, UNABLE_TEXT, delivered, group, mail_host

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.reach import reach_probe

MX = {"example.net": {"status": "ok", "hosts": [{"preference": 10, "host": "mx.example.net", "addresses": ["203.0.113.25", "203.0.113.26", "2001:db8::25"]}]}}


def unable(**given):
    return mail_host(queue=[group(UNABLE_TEXT, **given)])


def addresses(facts, mx=None):
    return [target["address"] for target in reach_probe(facts, mx)["targets"]]


def test_server_that_did_not_answer_is_tried_from_the_source():
    facts = unable()
    facts["identity"]["sources"][0]["address4"] = "198.51.100.12"
    assert reach_probe(facts) == {
        "domains": ["example.net"],
        "targets": [{"address": "203.0.113.25"}],
        "source_address": "198.51.100.12",
        "helo": "mail.example.com",
    }


def test_dns_names_a_further_server_of_the_same_family():
    assert addresses(unable(), MX) == ["203.0.113.25", "203.0.113.26"]


def test_dns_names_the_servers_where_the_log_did_not():
    assert addresses(unable(relay_address=None), MX) == ["203.0.113.25", "203.0.113.26"]
    assert addresses(unable(relay_address=None), {"example.net": {"status": "unknown", "hosts": []}}) == []


def test_two_servers_that_took_mail_lately_are_the_comparison():
    facts = unable()
    facts["log"]["delivered_to"] = [
        {**delivered(f"d{number}.example"), "relay_address": f"192.0.2.{number}", "last": f"2026-11-20T0{number}:00:00Z"} for number in (1, 2, 3)
    ]
    assert addresses(facts) == ["203.0.113.25", "192.0.2.3", "192.0.2.2"]


def test_few_servers_are_bothered():
    facts = mail_host(queue=[group(UNABLE_TEXT, f"d{number}.example", count=number, relay_address=f"203.0.113.{number}") for number in range(1, 9)])
    assert reach_probe(facts)["domains"] == ["d8.example", "d7.example", "d6.example", "d5.example"]


@pytest.mark.parametrize(
    "facts",
    [
        mail_host(),
        mail_host(queue=[group(GREYLISTED_TEXT)]),
        mail_host(queue=[group(UNABLE_TEXT)], relays=[{"scope": "*", "host": "smtp.example.org", "port": 587}]),
        {**unable(), "snapshot": True},
        {},
    ],
    ids=["quiet", "greylisted", "behind a relay", "recorded", "nothing known"],
)
def test_nobody_is_asked_without_need(facts):
    assert reach_probe(facts)["targets"] == []


def probed(*outcomes):
    """The verdict on a connection that failed, after these outcomes of the server itself and of others."""
    probes = [{"address": f"203.0.113.{25 + number}", "outcome": outcome} for number, outcome in enumerate(outcomes)]
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": unable()}, "probes": probes}})
    (row,) = diagnose(evidence, BASELINE, now=NOW)["hosts"]["mx1"]["verdicts"]
    return row["side"], row["settled_by"]


def test_probes_settle_whose_fault_it_is():
    assert probed("no_connection", "no_connection") == ("ours", "connectivity")
    assert probed("no_connection", "accepted") == ("theirs", "connectivity")
    assert probed("accepted", "accepted") == ("either", None)
    assert probed("no_connection") == ("either", None)
