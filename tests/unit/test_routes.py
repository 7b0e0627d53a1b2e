# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of ours among those of the administrator."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._routes import (
    checked_hosts,
    orders,
    plain_domains,
    routed_domains,
    tables,
    way_table,
    with_table,
)

OURS = "inline:{ example.net=pmd_smarthost: }"
TABLES = st.sampled_from(["hash:/etc/postfix/transport", "inline:{ {a.example = smtp:[b]:25, [c]:26} }", "pcre:/etc/x", "proxy:ldap:/etc/y", "static:{t: u}"])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", []),
        (None, []),
        ("hash:/a", ["hash:/a"]),
        ("hash:/a, hash:/b\n  hash:/c", ["hash:/a", "hash:/b", "hash:/c"]),
        ("inline:{ { a = b:[c], [d] }, e=f } hash:/g", ["inline:{ { a = b:[c], [d] }, e=f }", "hash:/g"]),
        ("inline:{ {a", ["inline:{ {a"]),
    ],
)
def test_a_list_is_split_outside_braces(value, found):
    assert tables(value) == found


def test_ours_goes_in_front_and_comes_out_again():
    with_ours = with_table("hash:/a hash:/b", "pmd_smarthost", OURS)
    assert with_ours == f"{OURS}, hash:/a, hash:/b"
    assert with_table(with_ours, "pmd_smarthost", OURS) == with_ours
    assert with_table(with_ours, "pmd_smarthost") == "hash:/a, hash:/b"
    assert with_table(OURS, "pmd_smarthost") is None


def test_another_transport_with_a_name_like_ours_stays():
    other = "inline:{ example.net=my_pmd_smarthost: }"
    assert with_table(other, "pmd_smarthost", OURS, last=True) == f"{other}, {OURS}"
    assert with_table(other, "pmd_smarthost") == other


@given(st.lists(TABLES, max_size=4), st.booleans())
def test_what_was_there_is_there_again(others, last):
    before = ", ".join(others) or None
    assert with_table(with_table(before, "pmd_smarthost", OURS, last=last), "pmd_smarthost") == before


HOSTS = [{"host": "a", "port": 587}, {"host": "[b]", "port": 587}, {"host": "c", "port": 25, "priority": 5}]


def test_equal_priorities_take_turns_and_the_others_come_later():
    found = [[entry["host"] for entry in order] for order in orders(checked_hosts(HOSTS, "x"))]
    assert found == [["a", "b", "c"], ["b", "a", "c"]]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_every_order_has_every_host_by_priority_and_nobody_is_preferred(priorities):
    hosts = checked_hosts([{"host": f"h{number}", "priority": priority} for number, priority in enumerate(priorities)], "x")
    found = orders(hosts)
    for order in found:
        assert sorted(entry["host"] for entry in order) == sorted(entry["host"] for entry in hosts)
        assert [entry["priority"] for entry in order] == sorted(priorities)
    first = Counter(order[0]["host"] for order in found)
    assert len(set(first.values())) == 1
    assert len(first) == priorities.count(min(priorities))


@pytest.mark.parametrize("entry", [{"host": "a b"}, {"host": "a}"}, {"host": ""}, {"host": "a", "port": 70000}, {"host": "a,b"}])
def test_what_could_not_stand_in_a_table_is_no_next_hop(entry):
    with pytest.raises(DeliverabilityError, match="smarthost_hosts"):
        checked_hosts([entry], "smarthost_hosts")


@pytest.mark.parametrize("domain", ["a b.example", "{x}.example", "com", "-a.example", "a=b.example", "x" * 250 + ".example", ""])
def test_what_could_not_stand_in_a_table_is_no_domain(domain):
    with pytest.raises(DeliverabilityError, match="smarthost_domains"):
        plain_domains([domain], "smarthost_domains")


def test_domains_are_sorted_and_there_once():
    assert plain_domains(["B.example.", "a.example", "b.example"], "x") == ["a.example", "b.example"]


@pytest.mark.parametrize("ways", [["[a]:587"], ["[a]:587, [b]:587", "[b]:587, [a]:587"]])
def test_the_domains_of_a_table_can_be_read_back(ways):
    domains = ["a.example", "b.example.net"]
    table = way_table(domains, "pmd_smarthost", ways)
    assert tables(table) == [table]
    assert routed_domains(f"inline:{{ c.example=smtp: }}, {table}, hash:/x", "pmd_smarthost") == domains
    assert routed_domains(way_table([], "pmd_smarthost", ways), "pmd_smarthost") == []
