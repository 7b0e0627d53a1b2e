# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of blocklists say only what the code that reads them understands, and do not contradict each other."""

from __future__ import annotations

import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.zones import FAMILIES, PROFILES, ROLES, closed
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import (
    ALIASES,
    BLOCKLISTS,
    CAUSES,
    CLOSED,
    IMPACTS,
    KEYS,
    LIMITS,
    REFUSALS,
)

WORDS = {
    "role": set(ROLES),
    "status": {"active", "unknown", "key"},
    "match": {"exact", "bitmask", "any127"},
    "cause": set(CAUSES),
    "impact": set(IMPACTS),
    "limit": set(LIMITS),
    "key": set(KEYS),
}
TEXTS = {"zone", "name", "operator", "lookup", "removal", "note", "replaces", "part_of"}
TABLES = {"codes", "information", "refusals", "tests"}
OTHER = {"takes", "profiles", "parents", "network"}
REMEDIES = {"use_smarthost", "delist", "wait", "fix_ptr", "fix_mta", "none"}
KINDS = {"policy", "exploited", "spam_source", "reputation", "network", "domain"}
WHYS = {"resolver_refused", "over_quota", "key_required"}
ZONES = [entry["zone"] for entry in BLOCKLISTS]
CODE = re.compile(r"127\.\d{1,3}\.\d{1,3}\.(\d{1,3}(-\d{1,3})?|\*)$")
BIT = re.compile(r"(1|2|4|8|16|32|64|128)$")


@pytest.mark.parametrize("entry", BLOCKLISTS, ids=ZONES)
def test_a_list(entry):
    assert set(entry) <= TEXTS | TABLES | OTHER | set(WORDS)
    assert all(entry[key] in words for key, words in WORDS.items() if key in entry)
    assert all(isinstance(entry[key], str) for key in TEXTS if key in entry)
    assert entry["name"]
    assert entry["operator"]
    assert re.fullmatch(r"(\{key\}\.)?([a-z0-9_-]+\.)+[a-z]+", entry["zone"])
    assert entry["takes"]
    assert set(entry["takes"]) <= set(FAMILIES)
    assert set(entry.get("profiles", ())) <= set(PROFILES)
    assert ("{key}" in entry["zone"]) == (entry.get("status") == "key") == ("key" in entry)
    pattern = BIT if entry.get("match") == "bitmask" else CODE
    for table in ("codes", "information"):
        assert all(pattern.match(code) for code in entry.get(table, {}))
    for said in entry.get("codes", {}).values():
        assert isinstance(said, str) or (said[0] in CAUSES and said[1])
    for code, (why, meaning) in entry.get("refusals", {}).items():
        assert CODE.match(code) or pattern.match(code)
        assert why in WHYS
        assert meaning
    for family, (listed, _clean) in entry.get("tests", {}).items():
        assert family in entry["takes"]
        assert listed
    for page in ("lookup", "removal"):
        assert re.match(r"https?://|[a-z]+@|$", entry.get(page, ""))


def test_an_exact_list_has_codes():
    bare = [entry["zone"] for entry in BLOCKLISTS if entry.get("match", "exact") == "exact" and not entry.get("codes") and not entry.get("information")]
    assert bare == []


def test_only_blocklists_are_asked_by_default():
    assert [entry["zone"] for entry in BLOCKLISTS if entry.get("profiles") and entry.get("role", "block") != "block"] == []
    assert [entry["zone"] for entry in BLOCKLISTS if entry.get("profiles") and (entry.get("part_of") or entry.get("status") == "unknown")] == []


def test_the_profiles_have_their_size():
    free = [entry for entry in BLOCKLISTS if not entry.get("key")]
    assert sum("default" in entry.get("profiles", ()) for entry in free) == 28
    assert {entry["zone"] for entry in free if "major" in entry.get("profiles", ())} == {
        "zen.spamhaus.org",
        "dbl.spamhaus.org",
        "b.barracudacentral.org",
        "bl.spamcop.net",
        "multi.surbl.org",
        "multi.uribl.com",
    }


def test_nothing_stands_twice():
    names = [zone.replace("{key}.", "") for zone in ZONES]
    assert len(set(names)) == len(names)
    assert set(ALIASES).isdisjoint(names)
    assert set(ALIASES.values()) <= set(names)
    references = {entry[key] for entry in BLOCKLISTS for key in ("part_of", "replaces") if key in entry}
    assert references <= set(ZONES)


def test_no_list_that_may_be_asked_is_closed():
    assert [zone for zone in [*ZONES, *ALIASES] if closed(zone)] == []


def test_the_closed_lists_say_why():
    assert all(name and fate and re.fullmatch(r"(\d{4}(-\d\d){0,2})?", when) for name, when, fate in CLOSED.values())
    assert closed("problems.dnsbl.sorbs.net") == closed("SORBS.net.") != ""
    assert closed("notsorbs.net") == ""


def test_the_causes_are_complete():
    assert {row["remedy"] for row in CAUSES.values()} <= REMEDIES
    assert {row["kind"] for row in CAUSES.values()} <= KINDS
    assert all(row["advice"].endswith(".") for row in CAUSES.values())
    assert set(CAUSES) == {entry.get("cause", "unspecific") for entry in BLOCKLISTS} | {
        said[0] for entry in BLOCKLISTS for said in entry.get("codes", {}).values() if isinstance(said, tuple)
    }


def test_a_move_is_forbidden_where_the_host_itself_is_the_cause():
    """XBL, SBL, CSS, DROP, BCL: another address would be listed next."""
    zen = next(entry for entry in BLOCKLISTS if entry["zone"] == "zen.spamhaus.org")
    forbidden = {code for code, (cause, _meaning) in zen["codes"].items() if CAUSES[cause].get("clean_before_switch")}
    assert forbidden == {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5-7", "127.0.0.9", "127.0.0.30"}
    assert not any(row.get("clean_before_switch") for row in CAUSES.values() if row["kind"] == "policy")


def test_every_error_code_of_all_lists_is_there():
    assert {"127.255.255.252", "127.255.255.254", "127.255.255.255", "127.255.255.*"} <= set(REFUSALS)
    assert {why for why, _meaning in REFUSALS.values()} == WHYS
