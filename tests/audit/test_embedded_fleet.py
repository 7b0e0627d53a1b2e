# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four stories of the embedded fleet, from recorded evidence to the report: who is refused, whose fault it is, what to do."""

from __future__ import annotations

import json
import re

import pytest

# Ten times what it takes alone on two cores is a hang; the promise itself, 15 seconds, is kept by a machine that does nothing else.
HANGS = 150


@pytest.fixture(scope="module")
def fleet(audit):
    done = audit()
    assert done.code == 0, done.complaints
    return done


@pytest.fixture(scope="module")
def hosts(fleet):
    return fleet.report["hosts"]


def failed(host):
    """The controls that a host fails."""
    return {finding["control"] for finding in host["findings"] if finding["status"] == "fail"}


def actions(host):
    """The host's actions as remedy -> state."""
    return {action["remedy"]: action["state"] for action in host["actions"]}


def action(host, remedy):
    (found,) = [action for action in host["actions"] if action["remedy"] == remedy]
    return found


def reasons(host, side):
    return {row["verdict"]["reason"] for row in host["verdicts"] if row["side"] == side}


def timeless(report):
    """The report without the time of its making, and without how fast the DNS server was and on which port."""
    text = json.dumps({**report, "fleet": {**report["fleet"], "resolver": {}}})
    return json.loads(text.replace(report["generated_at"], "NOW"))


def test_needs_no_network_and_no_patience(fleet):
    assert fleet.outside == []
    assert fleet.seconds < HANGS


def test_four_hosts_have_their_states_and_sides(hosts):
    assert {name: (host["state"], host["side"]) for name, host in hosts.items()} == {
        "home": ("refused", "ours"),
        "shop": ("refused", "ours"),
        "branch": ("refused", "ours"),
        "office": ("ok", "theirs"),
    }


def test_home_needs_a_smarthost_and_no_other_address(hosts):
    home = hosts["home"]
    assert "address_not_policy_listed" in failed(home)
    assert "use_smarthost" in actions(home)
    assert not {"switch_outbound_ip", "delist"} & set(actions(home))


def test_shop_moves_to_its_clean_address(hosts):
    shop = hosts["shop"]
    assert "address_not_listed" in failed(shop)
    switch = action(shop, "switch_outbound_ip")
    assert switch["state"] != "blocked"
    assert switch["failed"] == []
    assert "198.51.100.12" in json.dumps(switch)
    refusing = {row["group"]["destination"] for row in shop["verdicts"] if row["side"] == "ours"}
    assert len(refusing) >= 3
    assert any(row["verdict"]["blocklist"] for row in shop["verdicts"])
    assert "use_smarthost" not in actions(shop)


def test_branch_gets_a_name(hosts):
    branch = hosts["branch"]
    assert {"helo_fqdn", "ptr_exists"} <= failed(branch)
    assert {"fix_helo", "fix_ptr"} <= set(actions(branch))
    request = action(branch, "fix_ptr")
    assert request["state"] == "manual"
    assert all(address in request["text"] for address in branch["addresses"])
    assert not {"switch_outbound_ip", "use_smarthost"} & set(actions(branch))


def test_office_has_nothing_to_do(hosts):
    office = hosts["office"]
    assert office["actions"] == []
    assert reasons(office, "ours") == set()
    assert {"greylisted", "mailbox_full"} <= reasons(office, "theirs")
    assert "user_unknown" in reasons(office, "user")


def test_every_action_rests_on_findings_of_its_host(hosts):
    for name, host in hosts.items():
        known = {finding["id"] for finding in host["findings"]}
        for wanted in host["actions"]:
            assert wanted["because"], (name, wanted["remedy"])
            assert set(wanted["because"]) <= known, (name, wanted["remedy"])
            assert wanted["remedy"] not in {"wait", "none"}
            assert wanted["state"] in {"ready", "blocked", "manual"}
            assert wanted["state"] != "manual" or wanted["text"], (name, wanted["remedy"])


def test_broken_lists_neither_convict_nor_acquit(fleet):
    zones = fleet.report["fleet"]["zones"]
    health = {zone["health"] for zone in zones.values()}
    assert {"ok", "refused", "dead"} <= health
    broken = {name for name, zone in zones.items() if zone["health"] != "ok"}
    for host in fleet.report["hosts"].values():
        for identity in host["identities"]:
            listed = {listing["zone"] for listing in (identity["listing"] or {"listings": []})["listings"] if listing["state"] in ("listed", "policy")}
            assert not listed & broken


def test_people_see_a_short_table_and_where_the_reports_are(fleet):
    lines = fleet.printed.rstrip("\n").splitlines()
    assert len(lines) < 40
    for name in ("home", "shop", "branch", "office"):
        assert sum(1 for line in lines if re.match(rf"{name}\b", line)) == 1
    assert lines[-2].endswith("/reports/report.html")
    assert lines[-1].endswith("/reports/report.json")
    assert not re.search(r"TASK|PLAY|ok=\d|WARNING", fleet.printed)
    assert fleet.complaints == ""


def test_report_is_one_file(fleet):
    assert fleet.report["schema_version"] == 1
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//[^"']*\.(?:js|css|png|svg|woff2?)""", fleet.html)
    assert "<script src" not in fleet.html
    assert "<link" not in fleet.html
    for name in fleet.report["hosts"]:
        assert name in fleet.html


def test_second_run_says_the_same(fleet, audit):
    again = audit()
    assert again.code == 0, again.complaints
    assert timeless(again.report) == timeless(fleet.report)


def test_check_mode_shows_the_table_and_writes_no_report(audit):
    checked = audit("", "--check", "--diff")
    assert checked.code == 0, checked.complaints
    assert checked.report is None
    assert checked.html is None
    for name in ("home", "shop", "branch", "office"):
        assert re.search(rf"^{name}\b", checked.printed, re.MULTILINE)
    assert checked.printed.endswith("Check mode: no file was written.\n")
