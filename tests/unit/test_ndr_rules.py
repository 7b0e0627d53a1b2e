# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every table of rules against its own examples."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.operators import MX_SUFFIXES, OPERATORS, operator_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import builtin_rules
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.engine import Phrase, Ruleset, check_rules, lint
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.tables import TABLES

RULE = {"id": "mine.quota", "tier": "own", "reason": "mailbox_full", "match": ["the cupboard is bare"], "examples": ["550 the cupboard is bare"]}


def test_every_table_is_well_formed():
    for origin, table in TABLES:
        check_rules(table, origin)


def test_ids_are_unique_over_all_tables():
    check_rules([rule for _origin, table in TABLES for rule in table], "all tables")


def test_every_rule_wins_on_its_examples_and_ties_with_none():
    assert lint(builtin_rules()) == []


def test_rules_name_operators_that_are_known():
    wanted = {rule.operator for rule in builtin_rules().rules if rule.operator}
    for _origin, table in TABLES:
        for rule in table:
            named = rule.get("when", {}).get("operator", ())
            wanted.update([named] if isinstance(named, str) else named)
    assert sorted(wanted - set(OPERATORS)) == []


def test_a_suffix_belongs_to_one_operator():
    assert all(operator_of(rhost="mx." + suffix) == operator for suffix, operator in MX_SUFFIXES.items())
    assert len(MX_SUFFIXES) == sum(len(set(hosts.split())) for hosts, _domains in OPERATORS.values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "Mine"}, "lower-case words"),
        ({"reason": "bored"}, "reason 'bored' is none of"),
        ({"tier": "high"}, "tier 'high' is none of"),
        ({"remedy": "pray"}, "remedy 'pray' is none of"),
        ({"side": "left"}, "side 'left' is none of"),
        ({"also": ["pray"]}, "also 'pray' is none of"),
        ({"match": "text"}, "'match' must be a list"),
        ({"match": ["Full"]}, "must be lower case"),
        ({"match": ["¿lleno?", "buzón lleno"]}, "must be lower case without accents"),
        ({"match": ["(a|b"]}, "brackets that do not pair"),
        ({"match": ["[a]"]}, "no words that must be there"),
        ({"match": ["[...] a"]}, "inside of brackets"),
        ({"match": ["a ... b ... c ... d"]}, "two '...' at most"),
        ({"match": []}, "would match everything"),
        ({"when": {"weather": "fine"}}, "unknown condition 'weather'"),
        ({"when": {"stage": "lunch"}}, "stage 'lunch' is none of"),
        ({"when": {"code": "99"}}, "no reply code"),
        ({"when": {"status": "5.7"}}, "no enhanced status"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"examples": [{"code": 550}]}, "needs 'text'"),
        ({"temporary": "yes"}, "must be true or false"),
    ],
)
def test_a_faulty_rule_is_named_with_its_fault(change, said):
    with pytest.raises(DeliverabilityError) as caught:
        check_rules([dict(RULE, **change)], "my_rules.yml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("my_rules.yml: rule")


def test_the_same_id_twice_is_a_fault():
    with pytest.raises(DeliverabilityError, match=r"'mine\.quota' is used twice"):
        check_rules([RULE, RULE], "my_rules.yml")


def test_lint_names_a_dead_rule_and_its_winner():
    loser = dict(RULE, id="mine.loser", tier="vague", match=["cupboard"])
    loser["examples"] = ["550 the cupboard is bare"]
    assert lint(Ruleset([("mine", [RULE, loser])])) == ["mine.loser: loses its example '550 the cupboard is bare' to mine.quota ('the cupboard is bare')"]


def test_lint_names_a_tie():
    other = dict(RULE, id="mine.other", reason="policy", match=["cupboard is bare but"], examples=["550 cupboard is bare but"])
    rule = dict(RULE, match=["the cupboard is bar*"], examples=["550 the cupboard is bare but"])
    assert any("ties with mine.other" in problem for problem in lint(Ruleset([("mine", [rule, other])])))


def test_lint_names_a_rule_that_matches_its_counter_example():
    problems = lint(Ruleset([("mine", [dict(RULE, counter=["451 the cupboard is bare"])])]))
    assert problems == ["mine.quota: matches its counter-example '451 the cupboard is bare'"]


@pytest.mark.parametrize(
    ("phrase", "words", "found"),
    [
        ("user unknown", "user unknown", True),
        ("user unknown", "superuser unknown", False),
        ("user [is] unknown", "user is unknown", True),
        ("(user|mailbox) unknown", "mailbox unknown", True),
        ("greylist* here", "greylisting here", True),
        ("^denied", "access denied", False),
        ("denied$", "access denied.", True),
        ("host ... blocked", "host of ours was blocked", True),
        ("host ... blocked", "host " + "x" * 200 + " blocked", False),
        ("host unknown", "<host> unknown", False),
        ("<address> unknown", "<address> unknown", True),
        ("用户不存在", "该用户不存在的", True),
        ("ящик заблокирован", "почтовый ящик заблокированный", False),
    ],
)
def test_phrases(phrase, words, found):
    assert bool(Phrase(phrase).found_in(words)) is found
