# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf_lint import PROBLEMS, lint

ZONE = {
    "mail.example.com": {"A": ["192.0.2.1"]},
    "_spf.example.net": {"TXT": ["v=spf1 ip4:203.0.113.0/24 -all"]},
    "broken.example.net": {"TXT": ["v=spf1 ip4:203.0.113.0/33 -all"]},
    "back.example.net": {"TXT": ["v=spf1 include:example.com -all"]},
    "deep.example.net": {"TXT": ["v=spf1 include:_spf.example.net include:_spf.example.net a:mail.example.com ?all"]},
    "silent.example.net": "servfail",
    "open.example.net": {"TXT": ["v=spf1 +all"]},
    "endless.example.net": {"TXT": ["v=spf1 ip4:203.0.113.1"]},
    "neutral.example.net": {"TXT": ["v=spf1 ip4:203.0.113.1 ?all"]},
}


def found(records, **names):
    node = {"A": ["192.0.2.1"], "MX": [(10, "mail.example.com")], "TXT": [records] if isinstance(records, str) else records}
    return drive(lint("example.com"), answer_from(dict(ZONE, **{"example.com": node}, **names)))


def problems(records, **names):
    return {entry["problem"]: entry["term"] for entry in found(records, **names)["problems"]}


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 -all",
        "v=spf1 a mx include:_spf.example.net ~all",
        "v=spf1 redirect=_spf.example.net",
        "v=spf1 ip4:192.0.2.0/24 exists:%{i}._spf.%{d} -all",
        "v=spf1 a/24 mx//64 -include:open.example.net -all",
        "v=spf1 include:endless.example.net include:neutral.example.net -all",
    ],
)
def test_a_sound_record_has_no_problem(record):
    assert found(record)["problems"] == []


@pytest.mark.parametrize(
    ("records", "problem", "term"),
    [
        ([], "no_record", None),
        (["v=spf1 -all", "v=spf1 a -all"], "several_records", None),
        (["v=spf1 -all", "spf1 a -all"], "near_miss", "spf1 a -all"),
        (['"v=spf1 a -all"'], "near_miss", '"v=spf1 a -all"'),
        ([" v=spf1 -all"], "near_miss", " v=spf1 -all"),
        (["v=spf1; a -all"], "near_miss", "v=spf1; a -all"),
        ("v=spf1 ip4:192.0.2.1/33 -all", "unreadable_term", "ip4:192.0.2.1/33"),
        ("v=spf1 inlcude:_spf.example.net -all", "unreadable_term", "inlcude:_spf.example.net"),
        ("v=spf1 include:gone.example.net -all", "unreachable_include", "include:gone.example.net"),
        ("v=spf1 redirect=gone.example.net", "unreachable_include", "redirect=gone.example.net"),
        ("v=spf1 include:broken.example.net -all", "unreadable_term", "ip4:203.0.113.0/33"),
        ("v=spf1 include:silent.example.net -all", "unanswered", "include:silent.example.net"),
        ("v=spf1 include:back.example.net -all", "loop", "include:example.com"),
        ("v=spf1 include:example.com -all", "loop", "include:example.com"),
        ("v=spf1 +all", "open", "+all"),
        ("v=spf1 all", "open", "all"),
        ("v=spf1 ip4:0.0.0.0/0 -all", "open", "ip4:0.0.0.0/0"),
        ("v=spf1 a/0 -all", "open", "a/0"),
        ("v=spf1 a/8 -all", "wide", "a/8"),
        ("v=spf1 mx//16 -all", "wide", "mx//16"),
        ("v=spf1 include:open.example.net -all", "open", "+all"),
        ("v=spf1 redirect=open.example.net", "open", "+all"),
        ("v=spf1 redirect=endless.example.net", "no_policy", None),
        ("v=spf1 redirect=neutral.example.net", "neutral_policy", "?all"),
        ("v=spf1 a", "no_policy", None),
        ("v=spf1 a ?all", "neutral_policy", "?all"),
        ("v=spf1 ptr -all", "ptr", "ptr"),
        ("v=spf1 include=_spf.example.net -all", "ignored_term", "include=_spf.example.net"),
        ("v=spf1 a:gone.example.com -all", "nothing_found", "a:gone.example.com"),
        ("v=spf1 mx:mail.example.com -all", "nothing_found", "mx:mail.example.com"),
        ("v=spf1 -all a", "after_all", "a"),
        ("v=spf1 redirect=_spf.example.net -all", "redirect_unused", "redirect=_spf.example.net"),
        ("v=spf1 ip4:192.0.2.1/24 -all", "host_bits", "ip4:192.0.2.1/24"),
        ("v=spf1 ip6:2001:db8::1/32 -all", "host_bits", "ip6:2001:db8::1/32"),
        ("v=spf1 ip4:192.0.0.0/8 -all", "wide", "ip4:192.0.0.0/8"),
        ("v=spf1 ip4:10.0.0.0/8 -all", "private_network", "ip4:10.0.0.0/8"),
        ("v=spf1 a a -all", "repeated", "a"),
        ("v=spf1 " + " ".join(f"ip4:192.0.2.{n}" for n in range(40)) + " -all", "too_long", None),
        ("v=spf1 -all exp=gone.example.net", "no_explanation", "exp=gone.example.net"),
    ],
)
def test_each_problem_is_found_where_it_stands(records, problem, term):
    assert problems(records).get(problem, "absent") == term
    severities = {entry["problem"]: entry["severity"] for entry in found(records)["problems"]}
    assert severities[problem] == PROBLEMS[problem][0]


def test_lookups_are_counted_over_all_includes_in_the_worst_case():
    assert found("v=spf1 a mx include:deep.example.net ptr -all")["lookups"] == 7
    eleven = "v=spf1 " + " ".join(f"include:_{n}.example.net" for n in range(11)) + " -all"
    result = found(eleven, **{f"_{n}.example.net": {"TXT": ["v=spf1 ip4:203.0.113.1 -all"]} for n in range(11)})
    assert result["lookups"] == 11
    assert [entry["problem"] for entry in result["problems"]] == ["too_many_lookups"]
    assert "Here it is 11." in result["problems"][0]["text"]


def test_what_stands_behind_all_is_not_counted():
    assert found("v=spf1 a -all mx redirect=_spf.example.net")["lookups"] == 1


def test_empty_lookups_are_counted():
    result = found("v=spf1 a:g1.example.com mx:g2.example.com exists:g3.example.com -all")
    assert result["voids"] == 3
    assert "too_many_voids" in {entry["problem"] for entry in result["problems"]}


def test_eleven_mx_hosts():
    assert "too_many_mx" in problems("v=spf1 mx:many.example.com -all", **{"many.example.com": {"MX": [(10, f"h{n}.example.com") for n in range(11)]}})


def test_a_tree_that_never_ends_is_left():
    table = {f"r{n}.example.net": {"TXT": [f"v=spf1 include:r{n + 1}.example.net include:r{n + 2}.example.net -all"]} for n in range(200)}
    result = found("v=spf1 include:r0.example.net -all", **table)
    assert result["lookups"] > 10
    assert "too_many_lookups" in {entry["problem"] for entry in result["problems"]}


def test_silence_is_unknown_and_nothing_else():
    result = drive(lint("example.com"), answer_from({"example.com": "timeout"}))
    assert [entry["severity"] for entry in result["problems"]] == ["unknown"]


def test_another_list_of_names_is_no_near_miss():
    assert problems(["v=spf1 -all", "spf2.0/pra -all", "v=DMARC1; p=none", "spfbl=1"]) == {}
