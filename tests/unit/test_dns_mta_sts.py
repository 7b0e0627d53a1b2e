# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.mta_sts import check_record, covers, judge_policy, parse_policy
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive

POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n"


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        ([], "not_applicable"),
        (["hello"], "not_applicable"),
        (["v=STSv1; id=20260101T000000;"], "pass"),
        (["v=STSv1; id=1; x=y"], "pass"),
        (["v=STSv1"], "fail"),
        (["v=STSv1; id=a-b"], "fail"),
        (["v=STSv1; id="], "fail"),
        (["v=stsv1; id=1"], "fail"),
        (["v=STSv1; id=1", "v=STSv1; id=2"], "fail"),
        ("servfail", "unknown"),
    ],
)
def test_the_record(texts, status):
    assert drive(check_record("example.com"), answer_from({"_mta-sts.example.com": {"TXT": texts}}))[1]["status"] == status


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("mail.example.com", "mail.example.com", True),
        ("*.example.com", "mail.example.com", True),
        ("*.example.com", "a.mail.example.com", False),
        ("*.example.com", "example.com", False),
        ("mail.example.com", "mx.mail.example.com", False),
    ],
)
def test_a_star_stands_for_one_label(pattern, host, expected):
    assert covers(pattern, host) is expected


def test_a_sound_policy():
    policy, problems = parse_policy(POLICY)
    assert policy == {"version": "STSv1", "mode": "enforce", "max_age": 604800, "mx": ["mail.example.com", "*.example.net"]}
    assert problems == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("STSv1", "STSv2", "version"),
        ("enforce", "strict", "mode"),
        ("604800", "99999999", "max_age"),
        ("604800", "a week", "max_age"),
        ("mx: mail.example.com\r\nmx: *.example.net\r\n", "", "no mx"),
        ("mail.example.com", "mail.*.com", "no host name"),
        ("mode: enforce", "mode enforce", "no line"),
    ],
)
def test_a_policy_that_senders_cannot_use(old, new, words):
    found = judge_policy("example.com", ["mail.example.com"], POLICY.replace(old, new), None)[1]
    assert [check["status"] for check in found] == ["fail", "not_applicable"]
    assert words in found[0]["evidence"]


@pytest.mark.parametrize(
    ("text", "hosts", "statuses"),
    [
        (POLICY, ["mail.example.com", "mx2.example.net"], ["pass", "pass"]),
        (POLICY, ["mail.example.com", "mx.example.org"], ["pass", "fail"]),
        (POLICY.replace("enforce", "testing"), ["mx.example.org"], ["pass", "fail"]),
        (POLICY.replace("enforce", "none"), ["mx.example.org"], ["pass", "not_applicable"]),
        (POLICY.replace("604800", "300"), ["mail.example.com"], ["fail", "pass"]),
        (POLICY, [], ["pass", "not_applicable"]),
    ],
)
def test_a_policy_beside_the_mx_hosts(text, hosts, statuses):
    assert [check["status"] for check in judge_policy("example.com", hosts, text, None)[1]] == statuses


def test_the_missing_host_is_a_line_to_add():
    assert judge_policy("example.com", ["mx.example.org"], POLICY, None)[1][1]["publish"] == "mx: mx.example.org"


def test_a_policy_that_cannot_be_fetched_is_unknown():
    policy, found = judge_policy("example.com", ["mail.example.com"], None, "timed out")
    assert policy is None
    assert [check["status"] for check in found] == ["unknown", "unknown"]


def test_a_hostile_policy_stays_small_and_plain():
    policy, problems = parse_policy("mx: {{ 7*7 }}\u202e<img>\n" * 100_000 + "mode: " + "x" * 10_000)
    assert len(policy["mx"]) <= 1000
    assert all(line.isascii() and len(line) < 300 for line in problems)
