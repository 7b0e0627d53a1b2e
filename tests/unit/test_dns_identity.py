# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.identity import check_identity
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import host_name_problem
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive

GOOD = {
    "11.100.51.198.in-addr.arpa": {"PTR": ["mail.example.com"]},
    "mail.example.com": {"A": ["198.51.100.11"], "AAAA": ["2001:db8::11"]},
    "example.com": {"TXT": ["some-verification=1", "v=spf1 ip4:198.51.100.0/28 -all"]},
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
        "helo_fqdn": "pass",
        "helo_resolves": "unknown",
        "helo_matches": "unknown",
        "spf_authorises": "unknown",
    }
    assert statuses(changed(**{"mail.example.com": failure}))["fcrdns"] == "unknown"


def test_helo_elsewhere():
    found = checks(changed(**{"mx.example.com": {"A": ["203.0.113.9"]}}), helo="mx.example.com")
    assert found["helo_resolves"]["status"] == "pass"
    assert found["helo_matches"]["status"] == "fail"
    assert "Greet as mail.example.com" in found["helo_matches"]["evidence"]
    assert found["helo_matches"]["publish"] is None, "the confirmed PTR name serves without a new record"


def test_ipv6_is_matched_by_aaaa_and_not_by_a():
    table = {
        "1.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": {"PTR": ["mail.example.com"]},
        "mail.example.com": {"A": ["198.51.100.11"], "AAAA": ["2001:db8:0:0::11"]},
        "example.com": {"TXT": ["v=spf1 ip6:2001:db8::/64 -all"]},
    }
    assert set(statuses(table, address="2001:db8::11").values()) == {"pass"}
    without = dict(table, **{"mail.example.com": {"A": ["198.51.100.11"]}})
    found = checks(without, address="2001:db8::11")
    assert (found["fcrdns"]["status"], found["helo_matches"]["status"]) == ("fail", "fail")
    assert found["fcrdns"]["publish"] == "mail.example.com. IN AAAA 2001:db8::11"


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


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"300\.1\.1\.1"):
        run(GOOD, address="300.1.1.1")
