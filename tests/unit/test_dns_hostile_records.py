# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever strangers publish: no check breaks, nothing but plain text comes out, and silence never turns into a verdict."""

from __future__ import annotations

import json
import random

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.domain import check_domain
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.identity import check_identity, join_spf
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.mta_sts import judge_policy
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import STATUSES, Answer, Text, drive
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf_edit import authorize

CASES = 1500
PIECES = (
    "v=spf1 |v=DMARC1; |v=DKIM1; |v=STSv1; |v=TLSRPTv1; |v=BIMI1; |p=|k=rsa;|t=y;|id=|rua=|mailto:|l=https://|a=|np=|sp=|psd=y;|psd=n;|pct=|p=reject;|"
    "p=none;|ip4:|ip6:|include:|redirect=|exp=|exists:|ptr:|a:|mx:|all|-all |+all |192.0.2.1|2001:db8::|/24|//64|/|:|;| |,|!|=|%{i}|%{d1r.}|%{l99999}|"
    "%{|%|%%|%{p}.|example.com|x.example|..|.|-|_|@|\\|\"|'|{{ 7*7 }}|{% raw %}|<img src=x onerror=alert(1)>|\x00|\r\n|\t|\u202e|\u00b2|\u0663|\u0130|"
    "\uff11|\U0001f600|\u00ad|0|00|9|255|256|4294967296|MIGf|AAAA|==|mailto:a@b.example!10m|https://x.example/"
).split("|")
NAMES = ["example.com", "mx.example.com", "localhost", "", "x" * 70 + ".example", "a..b", "xn--a.example", "192.0.2.1"]


def junk(dice, most=14):
    if dice.random() < 0.004:
        return dice.choice(PIECES) * dice.choice([300, 6000])
    return "".join(dice.choice(PIECES) for _number in range(dice.randrange(most)))


def name(dice):
    return dice.choice(NAMES) if dice.random() < 0.6 else junk(dice, 5)


def records(dice, rdtype):
    make = {
        "A": lambda: f"192.0.2.{dice.randrange(256)}",
        "AAAA": lambda: f"2001:db8::{dice.randrange(65536):x}",
        "MX": lambda: (dice.randrange(65536), name(dice)),
        "PTR": lambda: name(dice),
        "TLSA": lambda: (dice.randrange(256), dice.randrange(256), dice.randrange(256), "ab" * dice.randrange(70)),
        "TXT": lambda: Text.of([dice.choice(["", *PIECES[:6]]) + junk(dice)]),
    }[rdtype]
    return [make() for _number in range(dice.choice([1, 1, 1, 2, 3, 12]))]


def stranger(seed):
    """A network that answers every question with something else each time."""
    dice = random.Random(seed)
    silence = dice.choice([0.0, 0.05, 0.5])

    def answer(question):
        assert 0 < len(question.name) <= 253, "no packet could carry it"
        assert all(0 < len(label) < 64 for label in question.name.split(".")), "no packet could carry it"
        if dice.random() < silence:
            return Answer(dice.choice([status for status in STATUSES if status not in ("ok", "nxdomain", "nodata")]))
        if dice.random() < 0.3:
            return Answer(dice.choice(["nxdomain", "nodata"]))
        aliases = (question.name,) if dice.random() < 0.1 else ()
        return Answer("ok", records(dice, question.rdtype), aliases=aliases, authenticated=dice.random() < 0.5)

    return dice, answer


def assert_clean(result):
    assert json.loads(json.dumps(result)) == result
    for check in result["checks"]:
        assert check["status"] in ("pass", "fail", "unknown", "not_applicable")
        assert check["evidence"].isascii()
        assert check["evidence"].isprintable()
        for text in (check["publish"], check["request"]):
            assert text is None or all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("part", range(5))
def test_domains(part):
    for seed in range(part, CASES, 5):
        dice, answer = stranger(seed)
        result = drive(check_domain(dice.choice(["example.com", "Bücher.example", name(dice)]), [junk(dice, 3) for _n in range(dice.randrange(3))]), answer)
        assert_clean(result)
        if "mx" in result:
            hosts = [host["host"] for host in result["mx"]]
            policy, checks = judge_policy("example.com", hosts, "\n".join(["version: STSv1", "mode: enforce", junk(dice), "mx: " + name(dice)]), None)
            assert_clean({"checks": checks, "policy": policy})


@pytest.mark.parametrize("part", range(5))
def test_identities(part):
    for seed in range(part, CASES, 5):
        dice, answer = stranger(seed)
        address = dice.choice(["198.51.100.11", "2001:db8::11", "10.0.0.1"])
        role = dice.choice(["source", "candidate"])
        result = drive(check_identity(name(dice), address, name(dice), [name(dice), "example.com"], role), answer)
        assert_clean(result)
        assert all(line.isprintable() for row in result["spf"] for line in row["trace"])
        join_spf([result])
        assert_clean(result)


def test_records_to_correct():
    for seed in range(CASES):
        dice = random.Random(seed)
        texts = ["v=spf1 " + junk(dice) for _number in range(dice.choice([1, 1, 2]))]
        edit = authorize(texts, "198.51.100.11", first=True)
        assert "".join(edit["chunks"]) == edit["record"]
        assert edit["record"].isascii(), "what receivers cannot read is gone"
        assert authorize([edit["record"]], "198.51.100.11", first=True)["changed"] is False
