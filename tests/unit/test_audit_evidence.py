# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from audit_data import POOL, group, mail_host

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import (
    envelope_domains,
    fleet_evidence,
    is_public,
    parse_address,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


def one(given):
    return fleet_evidence({"mx1": given})["hosts"]["mx1"]


def test_source_is_the_first_address_of_the_host_where_none_is_bound():
    host = one({"observed": {"mail_host": mail_host()}})
    assert [(row["address"], row["role"], row["helo"]) for row in host["identities"]] == [("198.51.100.11", "source", "mail.example.com")]


def test_bound_address_wins():
    facts = mail_host()
    facts["identity"]["sources"][0]["address4"] = "198.51.100.12"
    assert [row["address"] for row in one({"observed": {"mail_host": facts}})["identities"]] == ["198.51.100.12"]


def test_malformed_bound_address_gives_no_identity():
    facts = mail_host()
    facts["identity"]["sources"][0]["address4"] = "999.1.1.1"
    assert one({"observed": {"mail_host": facts}})["identities"] == []


def test_pool_becomes_candidates_with_their_own_helo():
    host = one({"observed": {"mail_host": mail_host()}, "pool": POOL})
    assert [(row["address"], row["role"], row["helo"]) for row in host["identities"]][1] == ("198.51.100.12", "candidate", "mail2.example.com")


def test_behind_nat_the_declared_address_counts():
    facts = mail_host(local=["192.168.1.5"])
    host = one({"observed": {"mail_host": facts}, "public_addresses": {"192.168.1.5": "203.0.113.9"}})
    assert (host["identities"][0]["address"], host["identities"][0]["inside"]) == ("203.0.113.9", "192.168.1.5")
    assert host["undeclared"] == []


def test_behind_nat_without_declaration_nothing_is_asked():
    host = one({"observed": {"mail_host": mail_host(local=["192.168.1.5"])}})
    assert (host["identities"], host["undeclared"]) == ([], ["192.168.1.5"])


REFUSAL = "host mx.{0}[203.0.113.25] said: 554 5.7.1 Service unavailable; Client host [{1}] blocked using bl.example.org (in reply to RCPT TO command)"


@pytest.mark.parametrize(
    ("named", "learned"),
    [
        ([("example.net", "203.0.113.9"), ("example.org", "203.0.113.9")], "203.0.113.9"),
        ([("example.net", "203.0.113.9")], None),
        ([("example.net", "203.0.113.9"), ("example.org", "203.0.113.10")], None),
        ([("example.net", "192.168.1.5"), ("example.org", "192.168.1.5")], None),
    ],
)
def test_behind_nat_refusals_may_name_the_address(named, learned):
    facts = mail_host(local=["192.168.1.5"], log=[group(REFUSAL.format(destination, address), destination=destination) for destination, address in named])
    host = one({"observed": {"mail_host": facts}})
    assert [(row["address"], row["inside"], row["learned"]) for row in host["identities"]] == ([(learned, "192.168.1.5", True)] if learned else [])
    declared = one({"observed": {"mail_host": facts}, "public_addresses": {"192.168.1.5": "203.0.113.77"}})
    assert declared["identities"][0]["address"] == "203.0.113.77"


def test_ipv6_is_an_identity_of_its_own():
    facts = mail_host(local=["198.51.100.11", "2001:db8::11"])
    facts["identity"]["sources"][0]["protocols"] = ["ipv4", "ipv6"]
    assert fleet_evidence({"mx1": {"observed": {"mail_host": facts}}})["addresses"] == ["198.51.100.11", "2001:db8::11"]


def test_names_to_look_up_are_those_that_public_dns_can_know():
    hosts = {
        name: {"observed": {"mail_host": mail_host(helo=helo)}} for name, helo in (("a", "Mail.Example.net."), ("b", "localhost"), ("c", "[198.51.100.11]"))
    }
    assert fleet_evidence(hosts)["names"] == ["example.com", "mail.example.net"]


def test_declared_domains_replace_the_observed():
    assert one({"observed": {"mail_host": mail_host()}, "domains": ["Example.ORG."]})["identities"][0]["domains"] == ["example.org"]


def test_smarthost_is_kept_as_the_way_out():
    relay = {"scope": "*", "host": "smtp.example.net", "port": 587, "origin": "main.cf relayhost", "auth": True, "tls": "encrypt"}
    assert one({"observed": {"mail_host": mail_host(relays=[relay])}})["via"] == ["smtp.example.net"]


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        ({"failed": True, "msg": "snapshot: /nowhere: no such folder"}, "/nowhere"),
        ({"unreachable": True, "msg": "no route to host"}, "no route"),
        (None, "no evidence"),
    ],
)
def test_host_without_evidence_keeps_its_error(observed, words):
    host = one({"observed": observed})
    assert host["mail_host"] is None
    assert words in host["error"]


def test_a_bad_declaration_concerns_its_host_alone():
    hosts = fleet_evidence(
        {"bad": {"observed": {"mail_host": mail_host()}, "pool": [{"address": "nonsense"}]}, "good": {"observed": {"mail_host": mail_host()}}}
    )["hosts"]
    assert "audit_pool" in hosts["bad"]["error"]
    assert "nonsense" in hosts["bad"]["error"]
    assert hosts["good"]["error"] is None


def test_pool_entry_needs_an_address():
    assert "audit_pool" in one({"observed": {"mail_host": mail_host()}, "pool": [{"helo": "x"}]})["error"]


def test_error_is_the_library_own():
    with pytest.raises(DeliverabilityError, match="audit_pool"):
        parse_address("x", "audit_pool")


@pytest.mark.parametrize(
    ("address", "public"), [("198.51.100.1", True), ("2001:db8::1", True), ("10.0.0.1", False), ("100.64.0.1", False), ("fe80::1", False), ("8.8.4.4", True)]
)
def test_documentation_ranges_are_ordinary_addresses(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


def test_domains_as_the_command_line_gives_them():
    assert envelope_domains({}, "example.com, example.net") == ["example.com", "example.net"]


@pytest.mark.parametrize("change", [{"at": "yesterday", "what": "x"}, {"what": "x"}, "moved"])
def test_change_without_a_time_is_named(change):
    host = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host()}, "changes": [change]}})["hosts"]["mx1"]
    assert host["error"].startswith("audit_changes: ")


@pytest.mark.parametrize(
    ("observed", "error"),
    [
        ({"msg": "mta: 'pigeon' is not known"}, "mta: 'pigeon' is not known"),
        ({"msg": "Task failed: Failed to connect to the host via ssh: Connection refused"}, "Failed to connect to the host via ssh: Connection refused"),
        (
            {"msg": "Module result deserialization failed: No start of json char found", "module_stderr": "\n/bin/sh: 1: python3: not found\nmore\n"},
            "Module result deserialization failed: No start of json char found: /bin/sh: 1: python3: not found",
        ),
        ({"msg": "MODULE FAILURE", "module_stderr": "Traceback (most recent call last):\n  x\nOSError: disk\n"}, "MODULE FAILURE: OSError: disk"),
        ({}, "the host gave no evidence: a task before the observation failed, and its error says why"),
    ],
)
def test_error_of_a_host_says_what_the_host_said(observed, error):
    assert one({"observed": observed})["error"] == error


def test_names_that_public_dns_does_not_serve_are_no_envelope_domains():
    names = ["Example.com.", "mail.lan", "srv.corp.internal", "srv.localdomain", "localhost", "[198.51.100.11]", "bücher.example", "srv.home.arpa"]
    facts = {"identity": {"domains": names}, "log": {"sender_domains": [{"domain": "cron.srv.intranet", "count": 9}, {"domain": "example.net", "count": 1}]}}
    assert envelope_domains(facts) == ["bücher.example", "example.com", "example.net"]
    # What the operator declares is asked about as it is.
    assert envelope_domains(facts, ["mail.lan"]) == ["mail.lan"]
