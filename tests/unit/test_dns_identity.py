# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.generic import generic_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.identity import check_identity
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import host_name_problem
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive

GOOD = {
    "11.100.51.198.in-addr.arpa": {"PTR": ["mail.example.com"]},
    "mail.example.com": {"A": ["198.51.100.11"], "AAAA": ["2001:db8::11"], "TXT": ["v=spf1 a -all"]},
    "1.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": {"PTR": ["mail.example.com"]},
    "example.com": {"TXT": ["some-verification=1", "v=spf1 ip4:198.51.100.0/28 ip6:2001:db8::/64 -all"]},
}


def run(table, address="198.51.100.11", helo="mail.example.com", domains=("example.com",), host="mail1"):
    return drive(check_identity(host, address, helo, domains), answer_from(table))


def checks(table, **arguments):
    return {check["control"]: check for check in run(table, **arguments)["checks"]}


def statuses(table, **arguments):
    return {control: check["status"] for control, check in checks(table, **arguments).items()}


def changed(**entries):
    """The good zone with entries replaced; None takes one out."""
    table = dict(GOOD)
    for name, entry in entries.items():
        table[name] = entry
    return {name: entry for name, entry in table.items() if entry is not None}


def test_a_sound_identity_passes_every_check():
    result = run(GOOD)
    assert {check["status"] for check in result["checks"]} == {"pass"}
    assert result["ptr"] == ["mail.example.com"]
    assert result["verdict"] == {"status": "pass", "summary": "Address, PTR, HELO name and SPF agree.", "publish": None, "request": None}
    assert [(row["domain"], row["result"], row["lookups"]) for row in result["spf"]] == [("example.com", "pass", 0), ("mail.example.com", "pass", 1)]
    assert json.loads(json.dumps(result)) == result


def test_missing_ptr_gives_the_text_for_the_provider():
    found = checks(changed(**{"11.100.51.198.in-addr.arpa": None}))
    assert found["ptr_exists"]["status"] == "fail"
    assert "11.100.51.198.in-addr.arpa. IN PTR mail.example.com." in found["ptr_exists"]["request"]
    assert found["ptr_exists"]["publish"] is None, "the name leads to the address already"
    assert found["fcrdns"]["status"] == "not_applicable"


def test_missing_ptr_and_unusable_helo_propose_a_name_of_the_domain_and_its_address_record():
    found = checks({"example.com": GOOD["example.com"]}, helo="server.localdomain", host="branch")
    assert {control: found[control]["status"] for control in ("ptr_exists", "helo_fqdn", "helo_resolves", "helo_matches")} == {
        "ptr_exists": "fail",
        "helo_fqdn": "fail",
        "helo_resolves": "fail",
        "helo_matches": "not_applicable",
    }
    assert "IN PTR mail.example.com." in found["ptr_exists"]["request"]
    assert found["ptr_exists"]["publish"] == "mail.example.com. IN A 198.51.100.11"
    assert "Greet as mail.example.com." in found["helo_fqdn"]["evidence"]
    there = checks({"example.com": GOOD["example.com"], "mail.example.com": GOOD["mail.example.com"]}, helo="server.localdomain", host="branch")
    assert there["ptr_exists"]["publish"] is None, "the record is there already"


def test_ptr_that_does_not_lead_back():
    zone = changed(**{"11.100.51.198.in-addr.arpa": {"PTR": ["198-51-100-11.dyn.example.net"]}})
    found = checks(zone)
    assert found["ptr_exists"]["status"] == "pass"
    assert found["fcrdns"]["status"] == "fail"
    assert "IN PTR mail.example.com." in found["fcrdns"]["request"]
    own = checks(changed(**{"11.100.51.198.in-addr.arpa": {"PTR": ["out.example.com"]}}))
    assert own["fcrdns"]["publish"] == "out.example.com. IN A 198.51.100.11"
    assert own["fcrdns"]["request"] is None, "the name is ours: nobody has to be asked"


@pytest.mark.parametrize("failure", ["servfail", "timeout", "refused", "bogus"])
def test_silence_of_dns_is_unknown(failure):
    nothing = dict.fromkeys(GOOD, failure)
    assert statuses(nothing) == {
        "ptr_exists": "unknown",
        "fcrdns": "unknown",
        "ptr_specific": "unknown",
        "helo_fqdn": "pass",
        "helo_resolves": "unknown",
        "helo_matches": "unknown",
        "helo_matches_ptr": "unknown",
        "spf_authorises": "unknown",
        "spf_helo_authorises": "unknown",
        "ipv6_complete": "unknown",
    }
    assert run(nothing)["verdict"]["status"] == "unknown"
    assert statuses(changed(**{"mail.example.com": failure}))["fcrdns"] == "unknown"


def test_each_name_that_is_silent_makes_no_fail_out_of_a_pass():
    for name in GOOD:
        found = statuses(changed(**{name: "servfail"}))
        assert "unknown" in found.values(), name
        assert "fail" not in found.values(), name


def test_helo_elsewhere():
    found = checks(changed(**{"mx.example.com": {"A": ["203.0.113.9"]}}), helo="mx.example.com")
    assert found["helo_resolves"]["status"] == "pass"
    assert found["helo_matches"]["status"] == "fail"
    assert "Greet as mail.example.com" in found["helo_matches"]["evidence"]
    assert found["helo_matches"]["publish"] is None, "the confirmed PTR name serves without a new record"


def test_ipv6_is_matched_by_aaaa_and_not_by_a():
    assert set(statuses(GOOD, address="2001:db8::11").values()) == {"pass"}
    found = checks(changed(**{"mail.example.com": {"A": ["198.51.100.11"]}}), address="2001:db8::11")
    assert (found["fcrdns"]["status"], found["helo_matches"]["status"]) == ("fail", "fail")
    assert found["fcrdns"]["publish"] == "mail.example.com. IN AAAA 2001:db8::11"
    assert found["ipv6_complete"]["status"] == "fail"
    assert "send over IPv4 only" in found["ipv6_complete"]["evidence"]


def test_ipv6_address_of_the_helo_name_without_ptr():
    found = checks(changed(**{"1.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": None}))["ipv6_complete"]
    assert found["status"] == "fail"
    assert "2001:db8::11, which has no PTR record" in found["evidence"]
    assert statuses(changed(**{"mail.example.com": {"A": ["198.51.100.11"]}}))["ipv6_complete"] == "not_applicable"


@pytest.mark.parametrize(
    ("records", "line"),
    [
        (["v=spf1 mx -all"], 'example.com. IN TXT "v=spf1 ip4:198.51.100.11 mx -all"'),
        ([], 'example.com. IN TXT "v=spf1 ip4:198.51.100.11 ~all"'),
        (["v=spf1 redirect=_spf.example.net"], 'example.com. IN TXT "v=spf1 ip4:198.51.100.11 redirect=_spf.example.net"'),
        (["v=spf1 a -all", "v=spf1 mx ~all"], 'example.com. IN TXT "v=spf1 ip4:198.51.100.11 a mx ~all"'),
        (["v=spf1 ip4:198.51.100.11/33 -all"], 'example.com. IN TXT "v=spf1 ip4:198.51.100.11 -all"'),
    ],
)
def test_the_record_to_publish_makes_the_check_pass(records, line):
    zone = changed(**{"example.com": {"TXT": records}})
    found = checks(zone)["spf_authorises"]
    assert (found["status"], found["publish"]) == ("fail", line)
    corrected = changed(**{"example.com": {"TXT": [line.partition(" IN TXT ")[2].strip('"')]}})
    assert statuses(corrected)["spf_authorises"] == "pass"


def test_one_record_to_publish_for_each_refused_domain():
    zone = changed(**{"example.net": {"TXT": ["v=spf1 -all"]}, "example.org": {"TXT": ["v=spf1 ~all"]}})
    found = checks(zone, domains=["example.com", "example.net", "example.org"])["spf_authorises"]
    assert [line.split()[0] for line in found["publish"].splitlines()] == ["example.net.", "example.org."]


def test_private_address_and_private_domains_are_unknown():
    assert statuses(GOOD, address="10.0.0.5")["ptr_exists"] == "unknown"
    assert statuses(GOOD, domains=["server.localdomain", "localhost"])["spf_authorises"] == "unknown"


@pytest.mark.parametrize(
    "name", ["", "localhost", "server", "[198.51.100.11]", "198.51.100.11", "server.localdomain", "host.local", "my_host.example.com", "a..example.com"]
)
def test_names_that_no_host_should_greet_with(name):
    assert host_name_problem(name)
    assert statuses(GOOD, helo=name)["helo_fqdn"] == "fail"


def test_the_verdict_gathers_what_to_publish_and_to_request():
    table = {"example.com": {"TXT": ["v=spf1 -all"]}}
    found = run(table, helo="mx.example.com")["verdict"]
    assert found["status"] == "fail"
    assert found["publish"] == 'mx.example.com. IN A 198.51.100.11\nexample.com. IN TXT "v=spf1 ip4:198.51.100.11 -all"'
    assert "11.100.51.198.in-addr.arpa. IN PTR mx.example.com." in found["request"]


def test_advice_alone_does_not_spoil_the_verdict():
    found = run(changed(**{"mx.example.com": {"A": ["198.51.100.11"]}}), helo="mx.example.com")
    assert {check["control"] for check in found["checks"] if check["status"] == "fail"} == {"helo_matches_ptr"}
    assert found["verdict"]["status"] == "pass"
    assert "Greet as mail.example.com" in found["verdict"]["summary"]


def test_spf_of_the_helo_name():
    no_record = changed(**{"mail.example.com": {"A": ["198.51.100.11"]}})
    found = checks(no_record)["spf_helo_authorises"]
    assert (found["status"], found["publish"]) == ("not_applicable", 'mail.example.com. IN TXT "v=spf1 a -all"')
    refused = changed(**{"mail.example.com": {"A": ["198.51.100.11"], "TXT": ["v=spf1 -all"]}})
    found = checks(refused)["spf_helo_authorises"]
    assert (found["status"], found["publish"]) == ("fail", 'mail.example.com. IN TXT "v=spf1 ip4:198.51.100.11 -all"')


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("198-51-100-11.dyn.example.net", "198.51.100.11"),
        ("static.11.100.51.198.clients.example.net", "198.51.100.11"),
        ("ec2-198-51-100-11.region.compute.example.net", "198.51.100.11"),
        ("ip198.51.100.11.example.net", "198.51.100.11"),
        ("h198051100011.example.net", "198.51.100.11"),
        ("c633640b.example.net", "198.51.100.11"),
        ("ipc633640b.example.net", "198.51.100.11"),
        ("host-100-11.example.net", "198.51.100.11"),
        ("dsl-7.city.example.net", "198.51.100.11"),
        ("pool7.example.net.example", "198.51.100.11"),
        ("2001-db8--11.example.net", "2001:db8::11"),
        ("x00000000000000a1.rev.example.net", "2001:db8::a1"),
    ],
)
def test_names_made_for_a_range(name, address):
    assert generic_name(name, ip_address(address))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("mail.example.com", "198.51.100.11"),
        ("mx1.example.com", "198.51.100.11"),
        ("smtp-out-11.example.com", "198.51.100.11"),
        ("mail11-100.example.com", "198.51.100.11"),
        ("mail.dynamic-systems.example", "198.51.100.11"),
        ("a51-100.smtp-out.example.com", "198.51.100.11"),
        ("mail.example.com", "2001:db8::11"),
        ("mx11.example.com", "2001:db8::11"),
    ],
)
def test_names_of_ones_own(name, address):
    assert generic_name(name, ip_address(address)) is None


def test_a_generic_ptr_fails_and_asks_for_a_better_name():
    zone = changed(**{"11.100.51.198.in-addr.arpa": {"PTR": ["198-51-100-11.dsl.example.net"]}, "198-51-100-11.dsl.example.net": {"A": ["198.51.100.11"]}})
    found = checks(zone)
    assert (found["fcrdns"]["status"], found["ptr_specific"]["status"], found["helo_matches_ptr"]["status"]) == ("pass", "fail", "fail")
    assert "IN PTR mail.example.com." in found["ptr_specific"]["request"]
    assert found["helo_matches_ptr"]["request"] is not None, "nobody is told to greet with a generic name"


def test_hostile_names_stay_plain_text():
    zone = changed(**{"11.100.51.198.in-addr.arpa": {"PTR": ["{{7*7}}<img>\u202e.example.net"]}})
    found = run(zone)
    assert all(check["evidence"].isascii() for check in found["checks"])
    assert json.loads(json.dumps(found)) == found


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"300\.1\.1\.1"):
        run(GOOD, address="300.1.1.1")
