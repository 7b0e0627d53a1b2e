# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns import sender
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.sender import sender_dns
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

ZONE = {
    "example.com": {"MX": [(10, "mx.example.com")], "TXT": ["v=spf1 mx -all"]},
    "mx.example.com": {"A": ["198.51.100.11"]},
    "11.100.51.198.in-addr.arpa": {"PTR": ["mx.example.com"]},
    "_mta-sts.example.com": {"TXT": ["v=STSv1; id=1"]},
    "mail2026._domainkey.example.com": {"TXT": ["v=DKIM1; p="]},
}
IDENTITY = {"host": "mail1", "address": "198.51.100.11", "helo": "mx.example.com", "domains": ["example.com"], "role": "source"}


def run(checks):
    return [drive(check, answer_from(ZONE)) for check in checks]


def options(**given):
    return dict({"identities": [], "domains": []}, **given)


def test_identities_keep_their_order_and_domains_their_names():
    other = dict(IDENTITY, host="mail2", address="2001:db8::1", role="candidate", domains=None)
    found = sender_dns(options(identities=[IDENTITY, other], domains=["example.com", "localhost", "example.com"]), run)
    assert [(row["host"], row["address"], row["role"]) for row in found["identities"]] == [
        ("mail1", "198.51.100.11", "source"),
        ("mail2", "2001:db8::1", "candidate"),
    ]
    assert list(found["domains"]) == ["example.com", "localhost"]
    assert found["identities"][0]["verdict"]["status"] == "pass"


@pytest.mark.parametrize("address", ["300.1.1.1", "", "mail.example.com", "198.51.100.11/32"])
def test_a_bad_address_names_option_and_value_before_anything_is_asked(address):
    def never(_checks):
        raise AssertionError

    with pytest.raises(DeliverabilityError, match=r"identities\[1\]\.address: '.*' is no IP address"):
        sender_dns(options(identities=[IDENTITY, dict(IDENTITY, address=address)]), never)


def test_policies_are_fetched_for_domains_that_announce_one():
    asked = []

    def fetch(url):
        asked.append(url)
        return "version: STSv1\nmode: enforce\nmx: other.example.com\nmax_age: 604800\n", None

    found = sender_dns(options(domains=["example.com", "example.net"]), run, fetch)["domains"]["example.com"]
    controls = {check["control"]: check["status"] for check in found["checks"]}
    assert asked == ["https://mta-sts.example.com/.well-known/mta-sts.txt"]
    assert (controls["mta_sts_policy"], controls["mta_sts_covers_mx"]) == ("pass", "fail")
    assert found["mta_sts"]["policy"]["mode"] == "enforce"


def test_a_policy_out_of_reach_is_unknown_and_the_rest_stands():
    found = sender_dns(options(domains=["example.com"]), run, lambda _url: (None, "certificate has expired"))["domains"]["example.com"]
    controls = {check["control"]: check for check in found["checks"]}
    assert controls["mta_sts_policy"]["status"] == "unknown"
    assert "certificate has expired" in controls["mta_sts_policy"]["evidence"]
    assert controls["mx_exists"]["status"] == "pass"


def test_a_web_server_that_never_ends_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(sender, "FETCH_SECONDS", 0.5)
    forever = threading.Event()

    def fetch(url):
        if "slow" in url:
            forever.wait()
        return "version: STSv1\nmode: none\nmax_age: 604800\n", None

    announced = {f"_mta-sts.{name}.example.com": {"TXT": ["v=STSv1; id=1"]} for name in ("slow", "quick")}
    found = sender_dns(
        options(domains=["slow.example.com", "quick.example.com"]), lambda checks: [drive(check, answer_from(announced)) for check in checks], fetch
    )["domains"]
    statuses = {name: next(check for check in row["checks"] if check["control"] == "mta_sts_policy") for name, row in found.items()}
    forever.set()
    assert statuses["quick.example.com"]["status"] == "pass"
    assert statuses["slow.example.com"]["status"] == "unknown"
    assert "takes too long" in statuses["slow.example.com"]["evidence"]


def test_selectors_by_domain():
    given = options(domains=["example.com"], dkim_selectors={"EXAMPLE.com.": "mail2026"})
    assert sender_dns(given, run)["domains"]["example.com"]["dkim"][0]["revoked"] is True
    with pytest.raises(DeliverabilityError, match=r"dkim_selectors: example\.com needs a list"):
        sender_dns(options(domains=["example.com"], dkim_selectors={"example.com": {"a": 1}}), run)


def test_one_spf_record_serves_the_whole_fleet():
    fleet = [dict(IDENTITY, host=f"mail{n}", address=f"203.0.113.{n}") for n in (1, 2, 9)]
    fleet[2]["role"] = "candidate"
    found = sender_dns(options(identities=[IDENTITY, *fleet]), run)["identities"]
    lines = [next(check["publish"] for check in row["checks"] if check["control"] == "spf_authorises") for row in found]
    both = 'example.com. IN TXT "v=spf1 ip4:203.0.113.1 ip4:203.0.113.2 mx -all"'
    assert lines == [None, both, both, 'example.com. IN TXT "v=spf1 ip4:203.0.113.1 ip4:203.0.113.2 ip4:203.0.113.9 mx -all"']
    assert both in found[1]["verdict"]["publish"]


def test_a_domain_and_its_senders_propose_the_same_record():
    nameless = dict(IDENTITY, domains=["example.net"])
    found = sender_dns(options(identities=[nameless], domains=["example.net", "example.org"]), run)
    published = {name: next(check["publish"] for check in row["checks"] if check["control"] == "spf_published") for name, row in found["domains"].items()}
    assert published["example.net"] == 'example.net. IN TXT "v=spf1 ip4:198.51.100.11 ~all"'
    assert published["example.net"] == next(check["publish"] for check in found["identities"][0]["checks"] if check["control"] == "spf_authorises")
    assert published["example.org"] == 'example.org. IN TXT "v=spf1 mx ~all"'


def test_one_record_serves_the_fleet_even_where_it_costs_too_many_lookups(monkeypatch):
    monkeypatch.setitem(ZONE, "example.com", {"TXT": [" ".join(["v=spf1", *(f"include:i{n}.example.net" for n in range(11)), "-all"])]})
    fleet = [dict(IDENTITY, host=f"mail{n}", address=f"203.0.113.{n}") for n in (1, 2)]
    found = sender_dns(options(identities=fleet), run)["identities"]
    lines = {next(check["publish"] for check in row["checks"] if check["control"] == "spf_authorises") for row in found}
    assert len(lines) == 1
    assert "v=spf1 ip4:203.0.113.1 ip4:203.0.113.2 include:i0.example.net" in lines.pop()
