# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lists say and what it means, from tables in place of the network. How lists and resolvers misbehave is in test_dns_hostile.py."""

from __future__ import annotations

import json
import pathlib
import re

import pytest
import yaml

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dnsbl import (
    MAX_TEXT,
    Survey,
    address_subject,
    dnsbl_info,
    domain_subject,
    judge_resolver,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.zones import (
    GIVE_UP,
    GOOD,
    Health,
    Zone,
    choose_zones,
    closed,
    reverse_label,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import BLOCKLISTS, CAUSES

ADDRESS = "198.51.100.11"
KEY = "abcdefghijklmnopqrstuvwx23"


def a(*addresses):
    return {"A": list(addresses)}


def works(zone, listed="127.0.0.2", families=("ip4",)):
    """Return the test entries of a working list."""
    names = {"ip4": "2.0.0.127", "ip6": reverse_label("::ffff:7f00:2"), "domain": "test"}
    return {f"{names[family]}.{zone}": a(listed) for family in families}


def listed(zone, *codes, address=ADDRESS, text=()):
    return {f"{reverse_label(address)}.{zone}": {"A": list(codes), "TXT": list(text)}}


class Asking:
    """Runs checks from a table and keeps the questions."""

    def __init__(self, *tables):
        self.answer = answer_from({name: entry for table in tables for name, entry in table.items()})
        self.questions = []

    def __call__(self, checks):
        def answer(question):
            self.questions.append(question)
            return self.answer(question)

        return [drive(check, answer) for check in checks]


def survey(zones, subjects, *tables, quorum=1):
    asking = Asking(*tables)
    made = [domain_subject(text) if text[0].isalpha() and ":" not in text else address_subject(text) for text in subjects]
    return Survey(zones, quorum).run(made, asking), asking


def look_up(zone, *tables, subject=ADDRESS, **options):
    """Return the result for one subject in one list, and the questions that went out."""
    found, asking = survey(choose_zones(zones=[zone], **options), [subject], *tables)
    return found["subjects"][subject], asking.questions


# --- subjects --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "family", "label"),
    [
        ("198.51.100.11", "ip4", "11.100.51.198"),
        (" 203.0.113.5 ", "ip4", "5.113.0.203"),
        ("::ffff:198.51.100.11", "ip4", "11.100.51.198"),
        ("2001:db8::25", "ip6", "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"),
        ("2001:DB8:0:0:0:0:0:25", "ip6", "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"),
    ],
)
def test_an_address(text, family, label):
    subject = address_subject(text)
    assert (subject.title, subject.family, subject.label, subject.skip) == (text.strip(), family, label, "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("127.0.0.1", "loopback"),
        ("10.1.2.3", "RFC 1918"),
        ("172.16.0.1", "RFC 1918"),
        ("192.168.1.1", "RFC 1918"),
        ("169.254.1.1", "link-local"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("::ffff:10.1.2.3", "RFC 1918"),
        ("::1", "loopback"),
        ("fe80::1", "link-local"),
        ("fd00::1", "RFC 4193"),
        ("0.0.0.0", "not an address of a host"),
        ("224.0.0.1", "not an address of a host"),
    ],
)
def test_an_address_that_no_list_knows(text, reason):
    result, questions = look_up("zen.spamhaus.org", subject=text)
    assert (result["state"], result["listings"], result["clean"]) == ("skipped", [], 0)
    assert reason in result["why"]
    assert [question for question in questions if "spamhaus" in question.name] == []


@pytest.mark.parametrize("text", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "198.18.0.1"])
def test_addresses_for_documents_and_benchmarks_are_ordinary(text):
    assert address_subject(text).skip == ""


@pytest.mark.parametrize("text", ["", "198.51.100", "198.51.100.256", "mail.example.com", "198.51.100.0/24", "[198.51.100.1]", "2001:db8::g"])
def test_an_address_that_is_none(text):
    with pytest.raises(DeliverabilityError) as error:
        address_subject(text)
    assert str(error.value) == f"addresses: {text!r} is not an IPv4 or IPv6 address"


@pytest.mark.parametrize(("text", "label"), [("Mail.Example.com.", "mail.example.com"), ("münchen.example", "münchen.example")])
def test_a_domain(text, label):
    assert domain_subject(text)[1:] == ("domain", label, "")


@pytest.mark.parametrize("text", ["localhost", "server.localdomain", "mail.lan", "mail"])
def test_a_name_without_a_public_domain(text):
    assert domain_subject(text).skip


def test_a_name_that_leaves_no_room_for_that_of_a_list():
    """Such a name may be a stranger's PTR record: it fails nothing but itself."""
    assert "too long" in domain_subject(".".join(["label" * 5] * 8)).skip
    assert not domain_subject(".".join(["label" * 5] * 7)).skip


@pytest.mark.parametrize(
    "text", ["", "a b.example", "user@example.com", "https://example.com", "198.51.100.11", "[2001:db8::1]", "a..example", "x" * 64 + ".example"]
)
def test_a_domain_that_is_none(text):
    with pytest.raises(DeliverabilityError, match=r"^domains: "):
        domain_subject(text)


# --- codes -----------------------------------------------------------------------------------------------------------------------

LISTS = {entry["zone"]: entry for entry in BLOCKLISTS}


@pytest.mark.parametrize(
    ("zone", "answer", "states"),
    [
        ("zen.spamhaus.org", ["127.0.0.2"], {"listed": "documented_abuse"}),
        ("zen.spamhaus.org", ["127.0.0.3"], {"listed": "poor_practice"}),
        ("zen.spamhaus.org", ["127.0.0.4"], {"listed": "exploited"}),
        ("zen.spamhaus.org", ["127.0.0.6"], {"listed": "exploited"}),
        ("zen.spamhaus.org", ["127.0.0.10"], {"policy": "provider_policy"}),
        ("zen.spamhaus.org", ["127.0.0.11"], {"policy": "range_policy"}),
        ("zen.spamhaus.org", ["127.0.0.30"], {"listed": "botnet_controller"}),
        ("zen.spamhaus.org", ["127.0.0.4", "127.0.0.11"], {"listed": "exploited", "policy": "range_policy"}),
        ("zen.spamhaus.org", ["127.0.0.4", "127.0.0.77"], {"listed": "exploited"}),
        ("zen.spamhaus.org", ["127.0.0.77"], "code_unknown"),
        ("zen.spamhaus.org", ["127.0.0.8"], "code_unknown"),
        ("zen.spamhaus.org", ["127.0.0.1"], "code_unknown"),
        ("zen.spamhaus.org", ["127.255.255.254"], "resolver_refused"),
        ("zen.spamhaus.org", ["127.0.0.2", "127.255.255.255"], "over_quota"),
        ("zen.spamhaus.org", ["203.0.113.9"], "not_loopback"),
        ("zen.spamhaus.org", ["127.0.0.2", "203.0.113.9"], "not_loopback"),
        ("dbl.spamhaus.org", ["127.0.1.2"], {"listed": "bad_domain"}),
        ("dbl.spamhaus.org", ["127.0.1.104"], {"listed": "abused_domain"}),
        ("dbl.spamhaus.org", ["127.0.1.255"], "resolver_refused"),
        ("multi.surbl.org", ["127.0.0.64"], {"listed": "advertised_domain"}),
        ("multi.surbl.org", ["127.0.0.200"], {"listed": "advertised_domain", "listed ": "abused_domain"}),
        ("multi.surbl.org", ["127.0.0.32"], {"informational": "advertised_domain"}),
        ("multi.surbl.org", ["127.0.0.1"], "resolver_refused"),
        ("multi.surbl.org", ["127.0.0.65"], "resolver_refused"),
        ("multi.surbl.org", ["127.0.1.64"], "code_unknown"),
        ("multi.surbl.org", ["127.0.0.2"], "code_unknown"),
        ("multi.uribl.com", ["127.0.0.1"], "resolver_refused"),
        ("multi.uribl.com", ["127.0.0.14"], {"listed": "advertised_domain"}),
        ("bl.spamcop.net", ["127.0.0.2"], {"listed": "reported_spam"}),
        ("bl.spamcop.net", ["91.195.240.87"], "not_loopback"),
        ("dnsbl.dronebl.org", ["127.0.0.8"], {"listed": "exploited"}),
        ("dnsbl.dronebl.org", ["127.0.0.2"], {"informational": "exploited"}),
        ("dnsbl.dronebl.org", ["127.0.0.1"], {"informational": "exploited"}),
        ("hostkarma.junkemailfilter.com", ["127.0.0.2"], {"listed": "trap_hit"}),
        ("hostkarma.junkemailfilter.com", ["127.0.0.1"], {"informational": "trap_hit"}),
        ("hostkarma.junkemailfilter.com", ["127.0.0.3"], {"informational": "trap_hit"}),
        ("hostkarma.junkemailfilter.com", ["127.0.1.2"], {"informational": "trap_hit"}),
        ("bl.mailspike.net", ["127.0.0.17"], {"informational": "trap_hit"}),
        ("bl.mailspike.net", ["127.0.0.10"], {"listed": "trap_hit"}),
        ("rbl.efnetrbl.org", ["127.0.0.1"], {"listed": "exploited"}),
        ("bl.score.senderscore.com", ["127.0.0.1"], {"listed": "exploited"}),
        ("bl.score.senderscore.com", ["127.0.0.18"], {"listed": "low_score"}),
        ("bl.score.senderscore.com", ["127.255.255.255"], "over_quota"),
        ("all.spamrats.com", ["127.0.0.36"], {"policy": "reverse_name"}),
        ("all.spamrats.com", ["127.0.0.38"], {"listed": "unspecific"}),
        ("truncate.gbudb.net", ["127.0.0.2"], {"listed": "expires"}),
        ("truncate.gbudb.net", ["127.1.2.3"], {"listed": "expires"}),
        ("truncate.gbudb.net", ["127.0.0.1"], "code_unknown"),
        ("dnsblchile.org", ["127.0.0.13"], {"informational": "unspecific"}),
        ("list.dnswl.org", ["127.0.5.3"], {"allowlisted": "unspecific"}),
        ("list.dnswl.org", ["127.0.0.255"], "over_quota"),
        ("list.dnswl.org", ["127.0.10.2"], "over_quota"),
        ("rep.mailspike.net", ["127.0.0.10"], {"informational": "unspecific"}),
        ("{key}.zrd.dq.spamhaus.net", ["127.0.2.17"], {"listed": "young_domain"}),
        ("{key}.r.mail-abuse.com", ["127.0.0.2"], {"policy": "range_policy"}),
    ],
)
def test_what_an_answer_means(zone, answer, states):
    reading = Zone(LISTS[zone]).read(answer)
    if isinstance(states, str):
        assert (reading.why, reading.hits) == (states, ())
        assert reading.text
    else:
        assert reading.why == ""
        assert [(hit.state, hit.cause) for hit in reading.hits] == [(state.strip(), cause) for state, cause in states.items()]
        assert all(hit.codes and all(hit.meanings) for hit in reading.hits)


def test_several_bits_are_several_meanings():
    (hit,) = Zone(LISTS["multi.surbl.org"]).read(["127.0.0.24"]).hits
    assert (hit.codes, hit.meanings) == (("127.0.0.24",), ("phishing", "malware"))


# --- one subject -----------------------------------------------------------------------------------------------------------------


def test_a_listing_tells_what_to_do():
    result, _questions = look_up("bl.spamcop.net", works("bl.spamcop.net"), listed("bl.spamcop.net", "127.0.0.2", text=["Blocked - see the page"]))
    assert (result["state"], result["severity"], result["clean"], result["unknown"]) == ("listed", "medium", 0, [])
    (row,) = result["listings"]
    assert row == {
        "zone": "bl.spamcop.net",
        "name": "SpamCop",
        "operator": "Cisco",
        "state": "listed",
        "why": "",
        "codes": ["127.0.0.2"],
        "meaning": "reported by users or seen by traps within a day",
        "text": "Blocked - see the page",
        "lookup_url": "https://www.spamcop.net/bl.shtml?198.51.100.11",
        "removal_url": "",
        "remedy": "wait",
        "advice": row["advice"],
        "impact": "medium",
        "kind": "spam_source",
        "clean_before_switch": False,
    }
    assert "24 hours" in row["advice"] or "a day after" in row["advice"]


def test_parts_of_zen_are_different_listings():
    zone = "zen.spamhaus.org"
    result, _questions = look_up(zone, works(zone), listed(zone, "127.0.0.11", "127.0.0.4", "127.0.0.2", "127.0.0.9"))
    rows = {row["kind"]: (row["state"], row["remedy"], row["clean_before_switch"]) for row in result["listings"]}
    assert rows == {
        "policy": ("policy", "use_smarthost", False),
        "exploited": ("listed", "delist", True),
        "spam_source": ("listed", "delist", True),
        "network": ("listed", "delist", True),
    }
    assert (result["state"], result["severity"]) == ("listed", "high")


def test_a_policy_listing_is_no_accusation():
    result, _questions = look_up("zen.spamhaus.org", works("zen.spamhaus.org"), listed("zen.spamhaus.org", "127.0.0.10"))
    assert (result["state"], result["severity"]) == ("policy", "high")
    assert result["listings"][0]["remedy"] == "use_smarthost"


def test_the_text_is_asked_after_a_listing_only():
    zone = "bl.spamcop.net"
    _result, questions = look_up(zone, works(zone))
    assert [question.rdtype for question in questions if "spamcop" in question.name] == ["A", "A", "A"]
    _result, questions = look_up(zone, works(zone), listed(zone, "127.0.0.2"))
    assert [question.name for question in questions if question.rdtype == "TXT"] == ["11.100.51.198.bl.spamcop.net"]
    _result, questions = look_up("list.dnswl.org", works("list.dnswl.org", "127.0.5.0"), listed("list.dnswl.org", "127.0.5.3"))
    assert [question for question in questions if question.rdtype == "TXT"] == []


def test_the_text_of_a_list_cannot_break_a_line():
    zone = "bl.spamcop.net"
    text = "one\r\ntwo\x1b[31m\u2028three" + "x" * 1000
    result, _questions = look_up(zone, works(zone), listed(zone, "127.0.0.2", text=[text, "second"]))
    said = result["listings"][0]["text"]
    assert said.startswith("one two [31m three")
    assert len(said) == MAX_TEXT
    assert not any(ord(character) < 32 or character == "\u2028" for character in said)


def test_ipv6_is_asked_in_nibbles_and_the_network_is_named():
    zone, address = "zen.spamhaus.org", "2001:db8:1:2::25"
    label = "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2"
    result, questions = look_up(zone, works(zone, families=["ip6"]), {f"{label}.{zone}": a("127.0.0.3")}, subject=address)
    assert result["state"] == "listed"
    assert "2001:db8:1:2::/64" in result["listings"][0]["meaning"]
    names = [question.name for question in questions if question.rdtype == "A" and zone in question.name]
    assert names == [
        "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.zen.spamhaus.org",
        "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.zen.spamhaus.org",
        f"{label}.{zone}",
    ]


def test_a_list_is_asked_only_what_it_takes():
    found, asking = survey(choose_zones("major"), ["2001:db8::25"])
    asked = {question.name.partition("ip6.arpa")[0][-16:] for question in asking.questions if not question.name.endswith(".invalid")}
    assert asked == {"zen.spamhaus.org"}
    assert found["zones"]["bl.spamcop.net"]["health"] == "skipped"


def test_a_domain_and_its_parents():
    zone, test = "multi.surbl.org", {"test.surbl.org.multi.surbl.org": a("127.0.0.254")}
    result, questions = look_up(zone, test, {"shop.example.multi.surbl.org": a("127.0.0.64")}, subject="mail.eu.shop.example")
    asked = [question.name for question in questions if question.rdtype == "A"][2:]
    assert asked == [f"{name}.{zone}" for name in ("mail.eu.shop.example", "eu.shop.example", "shop.example")]
    assert (result["state"], result["clean"]) == ("listed", 0)
    result, _questions = look_up(zone, test, subject="mail.eu.shop.example")
    assert (result["state"], result["clean"]) == ("clean", 1)


def test_allow_lists_and_scales_never_count():
    zones = choose_zones("none", own_zones=[{"zone": "list.dnswl.org"}, {"zone": "rep.mailspike.net"}, {"zone": "bl.spamcop.net"}])
    tables = [works("list.dnswl.org", "127.0.5.0"), works("rep.mailspike.net", "127.0.0.10"), works("bl.spamcop.net")]
    found, _asking = survey(zones, [ADDRESS], *tables, listed("list.dnswl.org", "127.0.5.3"), listed("rep.mailspike.net", "127.0.0.10"))
    result = found["subjects"][ADDRESS]
    assert (result["state"], result["severity"], result["clean"]) == ("clean", "none", 1)
    assert [(row["state"], row["kind"], row["remedy"]) for row in result["listings"]] == [("allowlisted", "allow", "none"), ("informational", "info", "none")]


def test_severity_follows_the_impact_not_the_number():
    small = [{"zone": f"list{number}.example", "impact": "low"} for number in range(5)]
    tables = [table for zone in small for table in (works(zone["zone"]), listed(zone["zone"], "127.0.0.2"))]
    found, _asking = survey(choose_zones("none", own_zones=small), [ADDRESS], *tables)
    assert (found["subjects"][ADDRESS]["severity"], len(found["subjects"][ADDRESS]["listings"])) == ("low", 5)
    zone = "zen.spamhaus.org"
    result, _questions = look_up(zone, works(zone), listed(zone, "127.0.0.2"))
    assert (result["severity"], len(result["listings"])) == ("high", 1)


def test_a_list_without_impact_is_told_but_does_not_count():
    zone = "dnsbl-3.uceprotect.net"
    result, _questions = look_up(zone, works(zone), listed(zone, "127.0.0.2"))
    assert (result["state"], result["severity"], result["listings"][0]["state"], result["listings"][0]["kind"]) == ("unknown", "none", "listed", "network")
    found, _asking = survey(choose_zones(zones=[zone, "bl.spamcop.net"]), [ADDRESS], works(zone), works("bl.spamcop.net"), listed(zone, "127.0.0.2"))
    assert found["subjects"][ADDRESS]["state"] == "clean"


@pytest.mark.parametrize(
    ("operators", "impact", "quorum", "state"),
    [("ab", "low", 2, "listed"), ("aa", "low", 2, "clean"), ("a", "low", 1, "listed"), ("ab", "medium", 3, "clean"), ("a", "high", 3, "listed")],
)
def test_a_quorum_of_operators(operators, impact, quorum, state):
    own = [{"zone": f"list{number}.example", "operator": operator, "impact": impact} for number, operator in enumerate(operators)]
    own.append({"zone": "other.example", "operator": "z"})
    tables = [table for zone in own[:-1] for table in (works(zone["zone"]), listed(zone["zone"], "127.0.0.2"))]
    found, _asking = survey(choose_zones("none", own_zones=own), [ADDRESS], *tables, works("other.example"), quorum=quorum)
    result = found["subjects"][ADDRESS]
    assert result["state"] == state
    assert ("operators that must agree" in result["why"]) == (state == "clean")
    assert (result["severity"] == "none") == (state == "clean")


def test_an_unknown_on_a_weighty_list_is_no_clean():
    weighty, minor = "bl.spamcop.net", "dnsbl-1.uceprotect.net"
    for failing, working, state in ((weighty, minor, "unknown"), (minor, weighty, "clean")):
        found, _asking = survey(choose_zones(zones=[failing, working]), [ADDRESS], works(working), {f"2.0.0.127.{failing}": "servfail"})
        result = found["subjects"][ADDRESS]
        assert (result["state"], result["clean"], result["unknown"]) == (state, 1, [failing])
        assert [(row["zone"], row["state"], row["why"]) for row in result["listings"]] == [(failing, "unknown", "servfail")]


# --- a survey --------------------------------------------------------------------------------------------------------------------


def test_the_result_is_plain_data():
    zone = "bl.spamcop.net"
    found, _asking = survey(choose_zones("default"), [ADDRESS, "10.0.0.1", "mail.example.com", ADDRESS], works(zone), listed(zone, "127.0.0.2"))
    assert json.loads(json.dumps(found)) == found
    assert list(found) == ["subjects", "zones", "resolver"]
    assert list(found["subjects"]) == [ADDRESS, "10.0.0.1", "mail.example.com"]
    assert len(found["zones"]) == 28
    assert found["zones"][zone] == {"name": "SpamCop", "health": "ok", "reason": "", "why": "", "asked": 1, "answered": 1, "impact": "medium", "role": "block"}
    assert found["zones"]["zen.spamhaus.org"]["health"] == "suspect"
    assert found["zones"]["zen.spamhaus.org"]["asked"] == 0


def test_a_list_is_tested_once_for_a_thousand_subjects():
    zone = "bl.spamcop.net"
    addresses = [f"198.51.{number >> 8}.{number & 255}" for number in range(1000)]
    found, asking = survey(choose_zones(zones=[zone]), addresses, works(zone))
    assert len(asking.questions) == 2 + 1000
    assert {result["state"] for result in found["subjects"].values()} == {"clean"}
    assert found["zones"][zone]["answered"] == 1000


def test_a_list_that_stops_answering_is_given_up():
    zone = "bl.spamcop.net"
    addresses = [f"198.51.100.{number}" for number in range(100)]
    table = {f"{reverse_label(address)}.{zone}": "timeout" for address in addresses[10:]}
    found, asking = survey(choose_zones(zones=[zone]), addresses, works(zone), table)
    assert len(asking.questions) == 2 + 10 + GIVE_UP
    states = [found["subjects"][address]["state"] for address in addresses]
    assert states == ["clean"] * 10 + ["unknown"] * 90
    assert found["zones"][zone]["health"] == "unreachable"


def test_a_refusal_stops_the_questions_at_once():
    zone = "bl.spamcop.net"
    addresses = [f"198.51.100.{number}" for number in range(100)]
    found, asking = survey(choose_zones(zones=[zone]), addresses, works(zone), listed(zone, "127.255.255.255", address=addresses[3]))
    assert len(asking.questions) == 2 + 4
    assert [found["subjects"][address]["state"] for address in addresses] == ["clean"] * 3 + ["unknown"] * 97
    assert (found["zones"][zone]["health"], found["zones"][zone]["reason"]) == ("refused", "over_quota")


def test_the_limit_of_an_operator_holds_for_all_its_lists():
    zones = choose_zones(zones=["bl.spameatingmonkey.net", "netbl.spameatingmonkey.net"], limit_wait=4)
    addresses = [f"198.51.100.{number}" for number in range(50)]
    found, asking = survey(zones, addresses, works("bl.spameatingmonkey.net"), works("netbl.spameatingmonkey.net"))
    asked = [zone["asked"] for zone in found["zones"].values()]
    assert asked == [10, 10], "5 a second for 4 seconds, shared by two lists"
    assert {question.pace for question in asking.questions if question.name.endswith("monkey.net")} == {"spameatingmonkey"}
    assert found["zones"]["bl.spameatingmonkey.net"]["reason"] == "over_quota"
    assert [row["why"] for row in found["subjects"]["198.51.100.49"]["listings"]] == ["over_quota"] * 2


def test_a_list_that_is_good_for_one_kind_of_subject_only():
    zone = "dnsbl.dronebl.org"
    found, _asking = survey(choose_zones(zones=[zone]), [ADDRESS, "2001:db8::1"], works(zone))
    assert found["subjects"][ADDRESS]["state"] == "clean"
    assert found["subjects"]["2001:db8::1"]["state"] == "unknown"
    assert found["zones"][zone]["health"] == "ok"
    assert found["zones"][zone]["why"].startswith("not for ip6: ")


def test_hostkarma_lists_the_negative_test_point():
    zone = "hostkarma.junkemailfilter.com"
    result, _questions = look_up(zone, works(zone), {f"1.0.0.127.{zone}": a("127.0.0.1")}, listed(zone, "127.0.0.3"))
    assert (result["state"], result["listings"][0]["state"]) == ("unknown", "informational")


# --- the resolver ----------------------------------------------------------------------------------------------------------------


def zone_of(name):
    return Zone(LISTS[name])


REFUSED = Health("refused", "resolver_refused", "x")
HIDDEN = Health("suspect", "self_test_failed", "x")
PARKED = Health("dead", "not_loopback", "x")
LATE = Health("unreachable", "timeout", "x")
FAILED = Health("unreachable", "servfail", "x")
ZEN, COP, L1 = zone_of("zen.spamhaus.org"), zone_of("bl.spamcop.net"), zone_of("dnsbl-1.uceprotect.net")


@pytest.mark.parametrize(
    ("invented", "tests", "state", "words"),
    [
        ([], [(ZEN, GOOD), (COP, GOOD)], "ok", ""),
        ([], [], "ok", ""),
        (["198.18.0.7"], [(ZEN, GOOD)], "rewrites", "198.18.0.7"),
        ([], [(ZEN, REFUSED), (COP, GOOD), (L1, GOOD)], "refused", "refused by Spamhaus ZEN"),
        ([], [(ZEN, GOOD), (COP, REFUSED), (L1, GOOD)], "ok", ""),
        ([], [(COP, REFUSED), (L1, REFUSED)], "refused", "SpamCop, UCEPROTECT Level 1"),
        ([], [(ZEN, HIDDEN), (COP, HIDDEN)], "blind", "hides the lists"),
        ([], [(ZEN, HIDDEN), (COP, GOOD)], "ok", ""),
        ([], [(ZEN, PARKED), (COP, PARKED), (L1, GOOD)], "rewrites", "rewrites answers"),
        ([], [(ZEN, PARKED), (COP, GOOD)], "ok", ""),
        ([], [(ZEN, LATE), (COP, LATE)], "unreachable", "no nameserver answered"),
        ([], [(ZEN, FAILED), (COP, FAILED)], "failing", "failed every question"),
    ],
)
def test_the_resolver_is_judged_by_all_the_lists(invented, tests, state, words):
    verdict = judge_resolver(invented, tests)
    assert verdict["state"] == state
    assert words in verdict["why"]
    assert (verdict["why"] == "") == (state == "ok")


def test_one_sentence_about_the_resolver_in_place_of_many_about_lists():
    found, _asking = survey(choose_zones("default"), [ADDRESS], {"*.org": a("127.255.255.254"), "*.net": a("127.255.255.254")})
    assert found["resolver"]["state"] == "refused"
    result = found["subjects"][ADDRESS]
    assert (result["state"], result["clean"]) == ("unknown", 0)
    assert len(result["unknown"]) > 15
    assert {row["impact"] for row in result["listings"]} == {"high", "medium"}


# --- choosing lists --------------------------------------------------------------------------------------------------------------


def names(zones):
    return [zone.zone for zone in zones]


def test_the_profiles():
    assert len(choose_zones("default")) == 28
    assert len(choose_zones("major")) == 6
    assert len(choose_zones("all")) > 60
    assert choose_zones("none") == []
    everything = names(choose_zones("all"))
    assert "list.dnswl.org" in everything
    assert not {"sbl.spamhaus.org", "pbl.spamhaus.org", "cbl.abuseat.org", "bb.barracudacentral.org"} & set(everything), "the same data twice"


def test_zones_take_the_place_of_the_profile():
    assert names(choose_zones("default", zones=["pbl.spamhaus.org", "BL.SpamCop.net."])) == ["pbl.spamhaus.org", "bl.spamcop.net"]
    assert names(choose_zones(zones=["noptr.spamrats.com", "dyna.spamrats.com"])) == ["all.spamrats.com"]
    assert "bl.spamcop.net" not in names(choose_zones("default", exclude_zones=["bl.spamcop.net"]))


def test_a_zone_that_nobody_knows():
    with pytest.raises(DeliverabilityError, match=r"^zones: 'bl\.unheard\.example' is not in the catalogue"):
        choose_zones(zones=["bl.unheard.example"])


@pytest.mark.parametrize("options", [{"zones": ["spam.dnsbl.sorbs.net"]}, {"profile": "none", "own_zones": [{"zone": "spam.dnsbl.sorbs.net"}]}])
def test_a_closed_list_is_not_asked(options):
    found, asking = survey(choose_zones(**options), [ADDRESS])
    zone = found["zones"]["spam.dnsbl.sorbs.net"]
    assert (zone["health"], zone["reason"], zone["asked"]) == ("dead", "zone_dead", 0)
    assert "SORBS" in zone["why"]
    assert "2024-06-05" in zone["why"]
    assert all("sorbs" not in question.name for question in asking.questions)


def test_a_closed_list_is_asked_by_force():
    zone = "spam.dnsbl.sorbs.net"
    found, _asking = survey(choose_zones("none", own_zones=[{"zone": zone, "force": True}]), [ADDRESS], works(zone))
    assert found["zones"][zone]["health"] == "ok"
    assert found["subjects"][ADDRESS]["state"] == "clean"


def test_an_own_list():
    own = {
        "zone": "bl.example.net",
        "takes": ["ip4", "domain"],
        "codes": {"127.0.0.2": "spam", "127.0.0.10": {"cause": "range_policy", "meaning": "dynamic"}},
        "information": {"127.0.1.*": "age"},
        "refusals": {"127.0.0.99": ["over_quota", "too many"]},
        "tests": {"domain": ["listed.example", None]},
        "impact": "high",
        "removal": "https://bl.example.net/{subject}",
    }
    (zone,) = choose_zones("none", own_zones=[{**own, "name": None}])
    tables = [works("bl.example.net"), {"listed.example.bl.example.net": a("127.0.0.2")}, listed("bl.example.net", "127.0.0.10", "127.0.1.7")]
    found, _asking = survey([zone], [ADDRESS, "mail.example.com"], *tables)
    (row,) = found["subjects"][ADDRESS]["listings"]
    assert (row["state"], row["meaning"], row["removal_url"]) == ("policy", "dynamic", f"https://bl.example.net/{ADDRESS}")
    assert found["subjects"]["mail.example.com"]["state"] == "clean"
    assert zone.read(["127.0.0.99"]).why == "over_quota"


def test_an_own_entry_changes_a_list_of_the_catalogue():
    (zone,) = choose_zones("none", own_zones=[{"zone": "bl.spamcop.net", "impact": "high", "codes": None}])
    assert (zone.name, zone.impact, zone.codes["127.0.0.2"][0]) == ("SpamCop", "high", "reported_spam")
    for name in ("{key}.zen.dq.spamhaus.net", "zen.dq.spamhaus.net"):
        (zone,) = choose_zones("none", own_zones=[{"zone": name, "impact": "medium"}], keys={"spamhaus_dqs": KEY})
        assert (zone.zone, zone.suffix, zone.impact) == ("zen.dq.spamhaus.net", f"{KEY}.zen.dq.spamhaus.net", "medium")


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"zone": "example"}, "zone: 'example' is not a name"),
        ({"zone": "https://bl.example.net"}, "is not a name"),
        ({"zone": "bl..example.net"}, "a label is empty"),
        ({"zone": "bl.example.net", "role": "grey"}, "role: 'grey' is none of block"),
        ({"zone": "bl.example.net", "cause": "spam"}, "cause: 'spam' is none of"),
        ({"zone": "bl.example.net", "impact": "huge"}, "impact: 'huge' is none of none, low"),
        ({"zone": "bl.example.net", "takes": ["ip5"]}, "takes: 'ip5' is none of ip4, ip6, domain"),
        ({"zone": "bl.example.net", "codes": {"127.0.0.2": {"cause": "spam"}}}, "cause: 'spam'"),
        ({"zone": "bl.example.net", "codes": {"2": "listed"}}, "'2' is no address"),
        ({"zone": "bl.example.net", "codes": {"198.51.100.2": "listed"}}, "'198.51.100.2' is no address"),
        ({"zone": "bl.example.net", "codes": {"127.0.0.9-2": "listed"}}, "127.0.0.9-2"),
        ({"zone": "bl.example.net", "match": "bitmask", "codes": {"3": "listed"}}, "'3' is no bit"),
        ({"zone": "bl.example.net", "match": "bitmask"}, "codes"),
        ({"zone": "bl.example.net", "tests": {"ip4": ["127.0.0.2"]}}, "tests"),
        ({"zone": "bl.example.net", "tests": {"ip4": ["two", None]}}, "tests"),
        ({"zone": "bl.example.net", "refusals": {"127.0.0.9": "no"}}, "refusals"),
        ({"zone": "bl.example.net", "limit": "many"}, "limit: 'many' is none of"),
        ({"zone": "bl.example.net", "limit": {"per_hour": 3}}, "limit"),
        ({"zone": "{key}.bl.example.net"}, "key: name the entry of keys"),
    ],
)
def test_an_own_list_that_is_wrong(item, words):
    with pytest.raises(DeliverabilityError) as error:
        choose_zones("none", own_zones=[item])
    assert str(error.value).startswith("own_zones: ")
    assert words in str(error.value)


def test_the_lists_in_the_documentation_can_be_used():
    text = (pathlib.Path(__file__).parents[2] / "docs/dnsbl.md").read_text(encoding="utf-8")
    own = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])["own_zones"]
    first, second, third = choose_zones("none", own_zones=own)
    assert [hit.state for hit in first.read(["127.0.0.2", "127.0.0.10", "127.0.0.25"]).hits] == ["listed", "policy", "listed"]
    assert first.read(["127.0.0.255"]).why == "over_quota"
    assert (second.operator, second.impact) == ("Cisco", "high")
    assert third.read(["127.0.0.6"]).hits[0].meanings == ("spam", "virus")
    causes = text.partition("The causes are")[2].partition("unspecific`")[0] + "unspecific`"
    assert set(re.findall(r"`([a-z_]+)`", causes)) == set(CAUSES)


# --- keys ------------------------------------------------------------------------------------------------------------------------


def test_a_key_puts_the_keyed_list_in_the_place_of_the_public_one():
    chosen = names(choose_zones("major", keys={"spamhaus_dqs": KEY, "abusix": "fedcba9876543210"}))
    assert "zen.dq.spamhaus.net" in chosen
    assert "dbl.dq.spamhaus.net" in chosen
    assert "combined.mail.abusix.zone" in chosen
    assert "zen.spamhaus.org" not in chosen


@pytest.mark.parametrize(
    ("key", "name"),
    [("spamhaus_dqs", "zen.dq.spamhaus.net"), ("abusix", "combined.mail.abusix.zone"), ("trendmicro", "r.mail-abuse.com")],
)
def test_a_key_shows_nowhere(key, name):
    zone = f"{KEY}.{name}"
    text = [f"https://check.example/{KEY}/x"]
    found, asking = survey(choose_zones("default", keys={key: KEY.upper()}), [ADDRESS], works(zone), listed(zone, "127.0.0.2", text=text))
    assert any(question.name.endswith(zone) for question in asking.questions)
    assert found["subjects"][ADDRESS]["listings"][0]["text"] == "https://check.example/********/x"
    assert KEY not in json.dumps(found).lower()
    assert found["zones"][name]["health"] == "ok"


def test_a_list_without_its_key_is_skipped():
    found, asking = survey(choose_zones(zones=["zen.dq.spamhaus.net", "bl.spamcop.net"]), [ADDRESS], works("bl.spamcop.net"))
    zone = found["zones"]["zen.dq.spamhaus.net"]
    assert (zone["health"], zone["reason"]) == ("skipped", "key_required")
    assert "keys.spamhaus_dqs" in zone["why"]
    assert found["subjects"][ADDRESS]["state"] == "clean"
    assert all("dq.spamhaus" not in question.name for question in asking.questions)


def test_a_key_that_is_none_is_not_repeated():
    with pytest.raises(DeliverabilityError) as error:
        choose_zones(keys={"abusix": "secret word"})
    assert str(error.value).startswith("keys: the value of abusix is no key")
    assert "secret" not in str(error.value)


def test_a_key_for_nothing():
    with pytest.raises(DeliverabilityError, match="keys: 'spamhaus' is for no list"):
        choose_zones(keys={"spamhaus": KEY})


def test_an_own_list_with_a_key():
    own = [{"zone": "{key}.bl.example.net", "key": "mine", "takes": ["ip4"]}]
    zone = f"{KEY}.bl.example.net"
    found, _asking = survey(choose_zones("none", own_zones=own, keys={"mine": KEY}), [ADDRESS], works(zone), listed(zone, "127.0.0.2"))
    assert found["subjects"][ADDRESS]["state"] == "listed"
    assert list(found["zones"]) == ["bl.example.net"]


def test_a_list_of_which_nobody_knows_whether_it_lives():
    """Level 0 is asked only where everything is, is believed only after its own test, and weighs nothing."""
    zone = "dnsbl-0.uceprotect.net"
    assert zone not in names(choose_zones("default"))
    assert zone in names(choose_zones("all"))
    found, _asking = survey(choose_zones(zones=[zone]), [ADDRESS], listed(zone, "127.0.0.2"))
    assert (found["zones"][zone]["health"], found["subjects"][ADDRESS]["state"]) == ("suspect", "unknown")
    found, _asking = survey(choose_zones(zones=[zone]), [ADDRESS], works(zone), listed(zone, "127.0.0.2"))
    assert found["subjects"][ADDRESS]["severity"] == "none"


def test_closed_by_suffix():
    assert closed("new.spam.dnsbl.sorbs.net")
    assert closed("ix.dnsbl.manitu.net")
    assert closed("zen.spamhaus.org") == ""


def test_options_that_cannot_be_used_name_the_option():
    for params, words in (
        ({"addresses": ["198.51.100.300"]}, "addresses: '198.51.100.300' is not an IPv4 or IPv6 address"),
        ({"domains": ["a b"]}, "domains: 'a b' is not a domain name"),
        ({"zones": ["nothing"]}, "zones: 'nothing' is not in the catalogue"),
        ({"nameservers": ["ns.example"]}, "nameservers: 'ns.example' is not an address"),
    ):
        with pytest.raises(DeliverabilityError) as error:
            dnsbl_info({"nameservers": ["127.0.0.1"], **params})
        assert words in str(error.value)
