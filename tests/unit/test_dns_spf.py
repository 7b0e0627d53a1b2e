# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""check_host, by the sections of RFC 7208."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Text, answer_from, drive
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf import check_host, is_spf, parse_record

ADDRESS = "192.0.2.10"
ZONE = {
    "example.com": {"A": ["192.0.2.80"], "AAAA": ["2001:db8::80"], "MX": [(10, "mx1.example.com"), (20, "mx2.example.com")]},
    "mx1.example.com": {"A": ["192.0.2.10"], "AAAA": ["2001:db8::10"]},
    "mx2.example.com": {"A": ["192.0.2.20"]},
    "alias.example.com": {"CNAME": ["mx1.example.com"]},
    "10.2.0.192.in-addr.arpa": {"PTR": ["mx1.example.com", "elsewhere.example.org"]},
    "elsewhere.example.org": {"A": ["203.0.113.1"]},
    "yes.example.net": {"TXT": ["v=spf1 ip4:192.0.2.10 -all"]},
    "no.example.net": {"TXT": ["v=spf1 -all"]},
    "soft.example.net": {"TXT": ["v=spf1 ~all"]},
    "neutral.example.net": {"TXT": ["v=spf1 ?all"]},
    "broken.example.net": {"TXT": ["v=spf1 ip4:oops -all"]},
    "silent.example.net": "timeout",
    "why.example.com": {"TXT": ["%{i} is not ours, see http://%{d}/why?s=%{S}&from=%{h}"]},
}


def outcome(texts, address=ADDRESS, sender="strong-bad@example.com", helo="mail.example.org"):
    """Evaluate example.com with ``texts``: one record, a list of TXT records, or a status."""
    if isinstance(texts, str) and is_spf(texts):
        texts = [texts]
    zone = dict(ZONE, **{"example.com": dict(ZONE["example.com"], TXT=texts)})
    return drive(check_host(address, "example.com", sender, helo), answer_from(zone))


def result(texts, address=ADDRESS):
    return outcome(texts, address).result


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("example", "none"),
        ("[192.0.2.1]", "none"),
        ("", "none"),
        ("a..example.com", "none"),
        ("x" * 64 + ".example.com", "none"),
        ("nothing.example.com", "none"),
    ],
)
def test_4_3_names_without_record(domain, expected):
    assert drive(check_host(ADDRESS, domain, "a@b.example", "h"), answer_from(ZONE)).result == expected


@pytest.mark.parametrize("failure", ["servfail", "timeout", "refused", "bogus"])
def test_4_4_silence_is_temperror(failure):
    assert result(failure) == "temperror"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (["v=spf1"], "neutral"),
        (["V=SPF1 -ALL"], "fail"),
        (["v=spf10 -all"], "none"),
        (["v=spf1\t-all"], "none"),
        (["x", "v=spf1 +all", "y"], "pass"),
        (["v=spf1 -all", "v=spf1 -all"], "permerror"),
        (["v=spf1 ", "v=spf1"], "permerror"),
        ([["v=spf1 ip4:192.0", ".2.10 -all"]], "pass"),
        (["v=spf1 a:\u00e9xample.com -all"], "permerror"),
        (["\u00ff", "v=spf1 -all"], "fail"),
        (["v=spf1   ip4:192.0.2.10    -all   "], "pass"),
    ],
)
def test_4_5_selection_of_the_record(records, expected):
    assert result(records) == expected


@pytest.mark.parametrize(
    "term",
    (
        "ip4 ip4: ip4:192.0.2 ip4:192.0.2.10/33 ip4:192.0.2.10/033 ip4:192.0.2.10/ ip4:192.0.2.010 ip4:192.0.2.256 ip4:192.0.2.10:25 ip4:192.0.2.10//24 "
        "ip6:192.0.2.10 ip6:2001:db8::/129 ip6:::1%eth0 ip6:2001:db8::/-1 ip6:2001:db8::/032 a: a:example a:192.0.2.10 a/33 a//129 a:example.com/ a/24/24 "
        "a:.-example a:.1 mx:%{c}.example.com mx:%{d0}.example.com mx:%{d a:%(d) a:%d include include: include:example.com/24 include:x "
        "exists exists: exists:example.com//64 ptr/24 ptr: all:x all/0 all. moo moo:x -redirect=example.com redirect= redirect=x exp= "
        "redirect:example.com 1=2 =x %{d}"
    ).split(),
)
def test_4_6_a_term_that_cannot_be_read_spoils_the_record_wherever_it_stands(term):
    assert result(f"v=spf1 ip4:192.0.2.10 {term}") == "permerror"


@pytest.mark.parametrize("term", ["ip6:::/\u00b2", "ip4:192.0.2.\u0661", "ip4:192.0.2.1/" + "9" * 5000, "a/" + "9" * 5000, "a:%{d\u00b2}.example.com"])
def test_digits_are_ascii_and_few(term):
    assert result(f"v=spf1 ip4:192.0.2.10 {term}") == "permerror"


def test_a_macro_may_ask_for_more_labels_than_there_are():
    assert result("v=spf1 exists:%{d" + "9" * 5000 + "}.x.example ip4:192.0.2.10 -all") == "pass"


@pytest.mark.parametrize("term", ["redirect=yes.example.net", "exp=why.example.com"])
def test_6_modifiers_appear_once(term):
    assert result(f"v=spf1 {term} {term} ?all") == "permerror"


@pytest.mark.parametrize(("qualifier", "expected"), [("", "pass"), ("+", "pass"), ("-", "fail"), ("~", "softfail"), ("?", "neutral")])
def test_4_6_2_qualifiers(qualifier, expected):
    assert result(f"v=spf1 {qualifier}ip4:192.0.2.0/24 -all") == expected


@pytest.mark.parametrize(
    ("terms", "address", "expected"),
    [
        ("a", "192.0.2.80", "pass"),
        ("a", "2001:db8::80", "pass"),
        ("a/24", ADDRESS, "pass"),
        ("a//64", ADDRESS, "fail"),
        ("a//64", "2001:db8::1:2", "pass"),
        ("a/32//64", "2001:db8::1:2", "pass"),
        ("a:alias.example.com", ADDRESS, "pass"),
        ("a:gone.example.com", ADDRESS, "fail"),
        ("mx", ADDRESS, "pass"),
        ("mx", "192.0.2.20", "pass"),
        ("mx", "2001:db8::10", "pass"),
        ("mx/28", "192.0.2.31", "pass"),
        ("mx:mx1.example.com", ADDRESS, "fail"),
        ("ip4:192.0.2.99/24", ADDRESS, "pass"),
        ("ip4:0.0.0.0/0", "2001:db8::10", "fail"),
        ("ip6:::/0", "2001:db8::10", "pass"),
        ("ip6:::/0", ADDRESS, "fail"),
        ("ip4:192.0.2.10", "::ffff:192.0.2.10", "pass"),
        ("exists:mx1.example.com", "2001:db8::99", "pass"),
        ("exists:gone.example.com", ADDRESS, "fail"),
        ("ptr", ADDRESS, "pass"),
        ("ptr:example.com", ADDRESS, "pass"),
        ("ptr:example.org", ADDRESS, "fail"),
        ("ptr:ample.com", ADDRESS, "fail"),
        ("ptr", "192.0.2.11", "fail"),
    ],
)
def test_5_mechanisms(terms, address, expected):
    assert result(f"v=spf1 {terms} -all", address) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("yes.example.net", "pass"),
        ("no.example.net", "softfail"),
        ("soft.example.net", "softfail"),
        ("neutral.example.net", "softfail"),
        ("gone.example.net", "permerror"),
        ("broken.example.net", "permerror"),
        ("silent.example.net", "temperror"),
    ],
)
def test_5_2_include(target, expected):
    assert result(f"v=spf1 include:{target} ~all") == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("yes.example.net", "pass"),
        ("no.example.net", "fail"),
        ("neutral.example.net", "neutral"),
        ("gone.example.net", "permerror"),
        ("silent.example.net", "temperror"),
    ],
)
def test_6_1_redirect(target, expected):
    assert result(f"v=spf1 redirect={target} ip4:203.0.113.1") == expected
    assert result(f"v=spf1 redirect={target} ?all") == "neutral", "never used beside all"


@pytest.mark.parametrize("term", ["a:silent.example.net", "mx:silent.example.net", "exists:silent.example.net"])
def test_a_failing_lookup_is_temperror_and_only_when_it_is_reached(term):
    assert result(f"v=spf1 {term} -all") == "temperror"
    assert result(f"v=spf1 ip4:192.0.2.10 {term} -all") == "pass"


def test_5_5_failures_of_ptr_are_no_match():
    zone = {"example.com": {"TXT": ["v=spf1 ptr -all"]}, "10.2.0.192.in-addr.arpa": "servfail"}
    assert drive(check_host(ADDRESS, "example.com", "a@example.com", "h"), answer_from(zone)).result == "fail"


def test_4_6_4_ten_lookups_are_allowed():
    ten = outcome("v=spf1 " + "a:mx2.example.com " * 10 + "ip4:192.0.2.10 -all")
    assert (ten.result, ten.lookups) == ("pass", 10)
    eleven = outcome("v=spf1 " + "a:mx2.example.com " * 11 + "ip4:192.0.2.10 -all")
    assert eleven.result == "permerror"
    assert "more than 10" in eleven.reason


def test_4_6_4_lookups_of_includes_and_redirects_count():
    chain = {f"r{n}.example.net": {"TXT": [f"v=spf1 redirect=r{n + 1}.example.net"]} for n in range(12)}
    for start, expected in (("r2.example.net", "pass"), ("r0.example.net", "permerror")):
        zone = dict(chain, **{"r11.example.net": {"TXT": ["v=spf1 +all"]}, "example.com": {"TXT": [f"v=spf1 redirect={start}"]}})
        assert drive(check_host(ADDRESS, "example.com", "a@example.com", "h"), answer_from(zone)).result == expected


def test_4_6_4_loops_end():
    assert result("v=spf1 include:example.com -all") == "permerror"
    assert result("v=spf1 redirect=example.com") == "permerror"


def test_4_6_4_two_empty_lookups_are_allowed():
    two = outcome("v=spf1 a:gone1.example.com a:gone2.example.com ip4:192.0.2.10 -all")
    assert (two.result, two.voids) == ("pass", 2)
    assert result("v=spf1 a:gone1.example.com a:gone2.example.com a:gone3.example.com ip4:192.0.2.10 -all") == "permerror"


def test_4_6_4_ten_mx_hosts_are_allowed():
    hosts = [(10, f"h{n}.example.org") for n in range(11)]
    zone = {"example.com": {"TXT": ["v=spf1 mx -all"], "MX": hosts[:10]}, **{name: {"A": [ADDRESS]} for _preference, name in hosts}}
    assert drive(check_host(ADDRESS, "example.com", "a@example.com", "h"), answer_from(zone)).result == "pass"
    zone["example.com"]["MX"] = hosts
    assert drive(check_host(ADDRESS, "example.com", "a@example.com", "h"), answer_from(zone)).result == "permerror"


def test_names_that_dns_cannot_carry_are_no_match():
    assert result(f"v=spf1 a:a..example.com exists:{'x' * 64}.example.com ~all") == "softfail"


@pytest.mark.parametrize(
    ("macro", "name"),
    [
        ("%{s}.x.example", "strong-bad@example.com.x.example"),
        ("%{l}.x.example", "strong-bad.x.example"),
        ("%{l-}.x.example", "strong.bad.x.example"),
        ("%{lr-}.x.example", "bad.strong.x.example"),
        ("%{l1r-}.x.example", "strong.x.example"),
        ("%{o}.%{d}", "example.com.example.com"),
        ("%{d1}.x.example", "com.x.example"),
        ("%{dr}.x.example", "com.example.x.example"),
        ("%{d1r}.x.example", "example.x.example"),
        ("%{i}.x.example", "192.0.2.10.x.example"),
        ("%{ir}.%{v}.x.example", "10.2.0.192.in-addr.x.example"),
        ("%{h}", "mail.example.org"),
        ("%{H2}", "example.org"),
        ("%{p}.x.example", "mx1.example.com.x.example"),
        ("a%-b%_%%.x.example", "a%20b %.x.example"),
        ("%{L}.x.example", "strong-bad.x.example"),
    ],
)
def test_7_macros(macro, name):
    zone = dict(ZONE, **{name: {"A": ["127.0.0.2"]}, "example.com": {"TXT": [f"v=spf1 exists:{macro} -all"]}})
    assert drive(check_host(ADDRESS, "example.com", "strong-bad@example.com", "mail.example.org"), answer_from(zone)).result == "pass"


def test_7_macros_of_an_ipv6_address():
    name = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.x.example"
    zone = {name: {"A": ["127.0.0.2"]}, "example.com": {"TXT": ["v=spf1 exists:%{ir}.%{v}.x.example -all"]}}
    assert drive(check_host("2001:db8::1", "example.com", "a@example.com", "h"), answer_from(zone)).result == "pass"


def test_7_3_a_name_that_expands_too_long_loses_labels_from_the_left():
    asked = []

    def answer(question):
        asked.append(question.name)
        return answer_from({"example.com": {"TXT": ["v=spf1 exists:%{l}.%{l}.%{l}.%{l}.%{l}.example.com -all"]}})(question)

    drive(check_host(ADDRESS, "example.com", ".".join("x" * 50) + "@example.com", "h"), answer)
    assert len(asked[1]) <= 253
    assert asked[1].endswith(".x.example.com")


def test_6_2_the_explanation():
    told = outcome("v=spf1 exp=why.example.com -all")
    assert told.explanation == "192.0.2.10 is not ours, see http://example.com/why?s=strong-bad%40example.com&from=mail.example.org"
    assert outcome("v=spf1 exp=why.example.com ~all").explanation is None


@pytest.mark.parametrize("texts", [[], ["one", "two"], ["%{z}"], ["100%"], ["caf\u00e9"], "timeout"])
def test_6_2_a_spoilt_explanation_is_none(texts):
    zone = {"example.com": {"TXT": ["v=spf1 exp=e.example.com -all"]}, "e.example.com": {"TXT": texts}}
    found = drive(check_host(ADDRESS, "example.com", "a@example.com", "h"), answer_from(zone))
    assert (found.result, found.explanation) == ("fail", None)


def test_the_trace_tells_the_whole_way():
    found = outcome("v=spf1 mx:no.example.net include:yes.example.net -all")
    assert found.trace == [
        "example.com: v=spf1 mx:no.example.net include:yes.example.net -all",
        "  mx:no.example.net: lookup 1, MX of no.example.net has no A",
        "  include:yes.example.net: lookup 2",
        "    yes.example.net: v=spf1 ip4:192.0.2.10 -all",
        "      ip4:192.0.2.10: matches, pass",
        "  include:yes.example.net: matches, pass",
        "result: pass",
    ]
    assert (found.lookups, found.voids, found.matched, found.domain) == (2, 1, "include:yes.example.net", "example.com")
    assert found.reason == "include:yes.example.net in the record of example.com matches 192.0.2.10"


def test_hostile_text_stays_on_one_visible_line():
    found = outcome(["v=spf1 x\u202e{{ 7*7 }}\r\n<img> -all"])
    assert found.result == "permerror"
    assert all(line.isascii() and line.isprintable() for line in [found.reason, *found.trace])


def test_all_unreadable_terms_are_listed():
    assert [word for word, _problem in parse_record("v=spf1 ip4:x a mx:y -all").errors] == ["ip4:x", "mx:y"]


ANYTHING = st.text(st.characters(codec="latin-1"), max_size=60)
TERMISH = st.from_regex(r"\A[+?~-]?(a|mx|ptr|ip4|ip6|include|exists|redirect|exp|all|x)[:=/]?[a-z0-9.:/%{}_-]{0,20}\Z")


@given(st.lists(st.one_of(ANYTHING, TERMISH), max_size=8), st.sampled_from([ADDRESS, "2001:db8::10"]), ANYTHING, ANYTHING)
def test_nothing_that_a_stranger_publishes_breaks_the_evaluation(words, address, local, helo):
    zone = dict(ZONE, **{"example.com": dict(ZONE["example.com"], TXT=[Text.of([" ".join(["v=spf1", *words])])])})
    found = drive(check_host(address, "example.com", f"{local}@example.com", helo), answer_from(zone))
    assert found.result in ("neutral", "pass", "fail", "softfail", "temperror", "permerror")
    assert all(line.isprintable() for line in found.trace)
