# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.filter.spf_authorize import FilterModule
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf import check_host
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf_edit import MAX_TEXT, authorize, chunks_of, correct, quoted
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

ADDRESS = "198.51.100.7"
TEN_INCLUDES = " ".join(f"include:_{number}.example.net" for number in range(10))


@pytest.mark.parametrize(
    ("record", "corrected"),
    [
        (None, "v=spf1 ip4:198.51.100.7 ~all"),
        ([], "v=spf1 ip4:198.51.100.7 ~all"),
        (["google-site-verification=x"], "v=spf1 ip4:198.51.100.7 ~all"),
        ("v=spf1", "v=spf1 ip4:198.51.100.7"),
        ("v=spf1 -all", "v=spf1 ip4:198.51.100.7 -all"),
        ("v=spf1 ip4:192.0.2.1 mx include:_spf.example.net ~all", "v=spf1 ip4:192.0.2.1 ip4:198.51.100.7 mx include:_spf.example.net ~all"),
        ("v=spf1 redirect=_spf.example.net", "v=spf1 ip4:198.51.100.7 redirect=_spf.example.net"),
        ("v=spf1 a -all exp=why.example.com", "v=spf1 ip4:198.51.100.7 a -all exp=why.example.com"),
        ("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", "v=spf1 ip4:198.51.100.7 exists:%{ir}.%{v}._spf.%{d2} -all"),
        ("v=spf1 -ip4:198.51.100.7 ip4:192.0.2.0/24 -all", "v=spf1 ip4:198.51.100.7 -ip4:198.51.100.7 ip4:192.0.2.0/24 -all"),
        ("v=spf1 ~ip4:198.51.100.0/24 ip4:198.51.100.7 -all", "v=spf1 ip4:198.51.100.7 ~ip4:198.51.100.0/24 -all"),
        ("v=spf1 -mx ip4:198.51.100.7 -all", "v=spf1 ip4:198.51.100.7 -mx -all"),
        ("v=spf1 ?all", "v=spf1 ip4:198.51.100.7 ?all"),
    ],
)
def test_the_smallest_change_that_authorises(record, corrected):
    result = authorize(record, ADDRESS)
    assert (result["record"], result["changed"], result["within_limits"]) == (corrected, True, True)


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:198.51.100.7 -all",
        "v=spf1 mx ip4:198.51.100.0/24 -all",
        "v=spf1 +IP4:198.51.100.7/32  ~all ",
        "v=spf1 +all",
        "v=spf1 a all",
        "V=SPF1 ip4:0.0.0.0/0 -all",
    ],
)
def test_a_record_that_authorises_stays_as_it_is(record):
    result = authorize(record, ADDRESS)
    assert (result["record"], result["changed"], result["added"]) == (record, False, [])


def test_a_match_behind_a_failing_term_comes_first_on_request():
    record = "v=spf1 include:gone.example.net ip4:198.51.100.7 -all"
    assert authorize(record, ADDRESS)["changed"] is False
    assert authorize(record, ADDRESS, first=True)["record"] == "v=spf1 ip4:198.51.100.7 include:gone.example.net -all"


@pytest.mark.parametrize(
    ("addresses", "terms"),
    [
        ("2001:DB8:0::7", "ip6:2001:db8::7"),
        ("2001:db8:7::/48", "ip6:2001:db8:7::/48"),
        (["198.51.100.7", "2001:db8::7"], "ip4:198.51.100.7 ip6:2001:db8::7"),
        (["198.51.100.6", "198.51.100.7", "198.51.100.6"], "ip4:198.51.100.6/31"),
        ("198.51.100.0/28", "ip4:198.51.100.0/28"),
    ],
)
def test_addresses_of_both_families_and_networks(addresses, terms):
    assert authorize("v=spf1 -all", addresses)["record"] == f"v=spf1 {terms} -all"


def test_an_ipv4_term_does_not_authorise_an_ipv6_address():
    assert authorize("v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::7")["added"] == ["ip6:2001:db8::7"]


@pytest.mark.parametrize(
    ("broken", "corrected"),
    [
        ("v=spf1 ip4:198.51.100.7/33 -all", "v=spf1 ip4:198.51.100.7 -all"),
        ("v=spf1 ip:198.51.100.7 -all", "v=spf1 ip4:198.51.100.7 -all"),
        ("v=spf1 ip4=198.51.100.7 -all", "v=spf1 ip4:198.51.100.7 -all"),
        ("v=spf1 ip6:198.51.100.7 -all", "v=spf1 ip4:198.51.100.7 -all"),
        ("v=spf1 a:198.51.100.0/24 -all", "v=spf1 ip4:198.51.100.0/24 -all"),
        ("v=spf1 ip4:198.51.100.7 redirect:_spf.example.net", "v=spf1 ip4:198.51.100.7 redirect=_spf.example.net"),
        ("v=spf1 ip4:198.51.100.7 inlcude:_spf.example.net -all", "v=spf1 ip4:198.51.100.7 -all"),
        ("v=spf1 ip4:198.51.100.7 redirect=a.example.net redirect=b.example.net", "v=spf1 ip4:198.51.100.7 redirect=a.example.net"),
    ],
)
def test_terms_that_no_receiver_can_read_are_mended_or_removed(broken, corrected):
    result = authorize(broken, ADDRESS)
    assert result["record"] == corrected
    assert result["repaired"] or result["removed"]
    assert drive(check_host(ADDRESS, "example.com", "a@example.com", "h"), answer_from({"example.com": {"TXT": [result["record"]]}})).result == "pass"


def test_several_records_become_one_with_the_most_lenient_end():
    records = ["v=spf1 a mx -all", "other", "v=spf1 mx include:_spf.example.net ~all"]
    assert authorize(records, ADDRESS)["record"] == "v=spf1 ip4:198.51.100.7 a mx include:_spf.example.net ~all"
    assert authorize(["v=spf1 a -all", "v=spf1 redirect=b.example.net"], ADDRESS)["record"] == "v=spf1 ip4:198.51.100.7 a include:b.example.net -all"


def test_at_the_lookup_limit_nothing_is_lost():
    result = authorize(f"v=spf1 {TEN_INCLUDES} -all", ADDRESS)
    assert (result["lookups"], result["within_limits"], result["removed"]) == (10, True, [])


def test_over_the_lookup_limit_the_discouraged_and_the_repeated_go_first():
    result = authorize(f"v=spf1 {TEN_INCLUDES} ptr include:_1.example.net -all", ADDRESS)
    assert (result["lookups"], result["within_limits"], result["removed"]) == (10, True, ["include:_1.example.net", "ptr"])


def test_a_limit_that_an_edit_cannot_reach_is_said():
    result = authorize(f"v=spf1 {TEN_INCLUDES} mx -all", ADDRESS)
    assert result["record"].startswith("v=spf1 ip4:198.51.100.7 include:")
    assert (result["lookups"], result["within_limits"]) == (11, False)
    assert "11 DNS lookups" in result["problems"][0]


def test_lookups_measured_over_the_includes_count():
    result = authorize("v=spf1 ptr include:_spf.example.net ip4:198.51.100.7 -all", ADDRESS, lookups=11)
    assert result["record"] == "v=spf1 ip4:198.51.100.7 include:_spf.example.net -all"
    assert (result["lookups"], result["within_limits"]) == (10, True)


def test_a_long_record_is_joined_and_stays_exact():
    record = "v=spf1 " + " ".join(f"ip4:192.0.2.{number}" for number in range(1, 64)) + " -all"
    result = authorize(record, ADDRESS)
    assert len(result["record"]) <= MAX_TEXT
    table = answer_from({"example.com": {"TXT": [result["record"]]}})
    passes = [n for n in range(256) if drive(check_host(f"192.0.2.{n}", "example.com", "a@example.com", "h"), table).result == "pass"]
    assert passes == list(range(1, 64))


def test_a_record_that_is_too_long_is_parted_below_the_domain():
    addresses = [f"203.0.113.{number}" for number in range(0, 120, 2)]
    assert authorize("v=spf1 mx -all", addresses)["within_limits"] is False
    result = authorize("v=spf1 mx -all", addresses, domain="example.com")
    assert result["record"] == "v=spf1 include:_spf1.example.com include:_spf2.example.com include:_spf3.example.com mx -all"
    assert (result["lookups"], result["within_limits"]) == (4, True)
    table = {part["name"]: {"TXT": [part["record"]]} for part in result["included"]}
    table["example.com"] = {"TXT": [result["record"]], "MX": [(10, "mx.example.com")]}
    assert all(len(part["record"]) <= MAX_TEXT for part in result["included"])
    for address in addresses:
        assert drive(check_host(address, "example.com", "a@example.com", "h"), answer_from(table)).result == "pass"


def test_chunks_fit_and_join_exactly():
    record = authorize("v=spf1 -all", [f"203.0.113.{number}" for number in range(0, 80, 2)])["record"]
    chunks = chunks_of(record)
    assert len(chunks) > 1
    assert max(len(chunk) for chunk in chunks) <= 255
    assert "".join(chunks) == record
    assert all(chunk.endswith(" ") for chunk in chunks[:-1]), "parted between two terms"
    assert chunks_of("x" * 600) == ["x" * 255, "x" * 255, "x" * 90]


def test_quotes_are_escaped_for_the_zone_file():
    assert quoted('v=spf1 exp="\\.example.com -all') == '"v=spf1 exp=\\"\\\\.example.com -all"'


def test_correct_mends_without_adding():
    assert correct(["v=spf1 mx -all"])["changed"] is False
    assert correct(["v=spf1 a -all", "v=spf1 mx -all"])["record"] == "v=spf1 a mx -all"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("v=spf1 -all", "198.51.100.300"), "addresses: '198.51.100.300' is no IP address"),
        (("v=spf1 -all", "198.51.100.7/24"), "addresses: '198.51.100.7/24' is no IP address or network"),
        (("v=spf1 -all", []), "addresses: at least one"),
        (("spf1 -all", ADDRESS), "records: 'spf1 -all' is no SPF record"),
        ((17, ADDRESS), "records: expected"),
        ((None, ADDRESS, None, "all -all"), "policy: 'all -all'"),
    ],
)
def test_unusable_input_is_one_clear_error(arguments, message):
    with pytest.raises(DeliverabilityError, match=message.replace("(", r"\(")):
        authorize(*arguments)


def test_the_filter_is_the_same_function():
    assert FilterModule().filters()["spf_authorize"]("v=spf1 mx -all", ADDRESS)["record"] == "v=spf1 ip4:198.51.100.7 mx -all"


WORDS = st.sampled_from(
    (
        "a mx ptr -all ~all ?all all +mx -a include:_spf.example.net exists:%{i}.example.net ip4:192.0.2.0/24 -ip4:198.51.100.0/24 ?ip4:198.51.100.7 "
        "ip4:198.51.100.7 redirect=_spf.example.net exp=why.example.com ip4:1.2.3 ip6:zz a: unknown=1 ip4:192.0.2.9/99 %% include:%{d}.gone.example "
        "-include:loop.example"
    ).split()
)


@given(st.lists(st.lists(WORDS, max_size=9), min_size=1, max_size=2), st.sampled_from(["198.51.100.7", "2001:db8::7", "192.0.2.200"]))
def test_whatever_was_there_the_corrected_record_lets_the_address_pass(records, address):
    texts = [" ".join(["v=spf1", *words]) for words in records]
    result = authorize(texts, address, first=True)
    zone = {"example.com": {"TXT": [result["record"]], "A": ["192.0.2.1"], "MX": "servfail"}, "loop.example": {"TXT": ["v=spf1 include:loop.example"]}}
    assert drive(check_host(address, "example.com", "a@example.com", "h"), answer_from(zone)).result == "pass", result["record"]
    again = authorize([result["record"]], address, first=True)
    assert again["record"] == result["record"], "a second run changes nothing"
