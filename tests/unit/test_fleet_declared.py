# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory declares of a host, as evidence."""

from __future__ import annotations

import json

import pytest
from audit_data import mail_host

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._fleet import evidence_of, host_evidence

OBSERVED = {"audit_observed": {"mail_host": mail_host()}}


def declared(**variables):
    return evidence_of(["mx1"], {"mx1": {**OBSERVED, **variables}})["hosts"]["mx1"]["declared"]


@pytest.mark.parametrize(
    "given",
    [[{"host": "smtp.example.org", "port": 587}], ["smtp.example.org"], {"host": "smtp.example.org"}, "smtp.example.org"],
    ids=["list", "names", "one", "one name"],
)
def test_smarthosts_are_known_by_name(given):
    assert declared(smarthost_hosts=given) == {"smarthosts": ["smtp.example.org"], "cause_contained": False}


def test_credentials_never_become_evidence():
    variables = {"smarthost_hosts": [{"host": "smtp.example.org", "password": "secret one"}], "smarthost_username": "u", "smarthost_password": "secret two"}
    assert "secret" not in json.dumps(host_evidence({**OBSERVED, **variables}, OBSERVED))


def test_nothing_is_declared():
    assert declared() == {"smarthosts": [], "cause_contained": False}


@pytest.mark.parametrize(("given", "stated"), [(True, True), ("true", True), ("yes", True), (False, False), ("no", False), (None, False), ("", False)])
def test_statement_of_the_operator_is_read_as_ansible_reads_it(given, stated):
    assert declared(outbound_ip_cause_contained=given)["cause_contained"] is stated
