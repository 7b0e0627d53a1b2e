# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from audit_data import (
    BASELINE,
    GOOD_DNS,
    GREYLISTED_TEXT,
    LISTED_TEXT,
    NOW,
    POLICY_TEXT,
    POOL,
    dnsbl,
    group,
    listing,
    mail_host,
    sender_dns,
    subject,
)

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit import words
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.commands import COMMANDS, command
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import NEVER_AN_ACTION, remediation_plan
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr import vocabulary

LISTED = dnsbl(a11=subject("listed", [listing()]), a12=subject())
REFUSED = [group(LISTED_TEXT, outcome="bounced")]


def plan(facts, lists=LISTED, dns=GOOD_DNS, pool=POOL):  # pylint: disable=dangerous-default-value
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": facts}, "pool": pool}})
    actions = remediation_plan(diagnose(evidence, BASELINE, lists, dns, NOW))["hosts"]["mx1"]["actions"]
    return {action["remedy"]: action for action in actions}


def test_listed_and_refused_host_gets_its_clean_address():
    actions = plan(mail_host(log=REFUSED))
    switch = actions["switch_outbound_ip"]
    assert switch["state"] == "manual"
    assert switch["failed"] == []
    assert switch["variables"] == {"address": "198.51.100.12", "helo": "mail2.example.com"}
    assert "smtp_bind_address = 198.51.100.12" in switch["text"]
    assert switch["because"] == ["not_refused:ip_blocklisted"]


def test_clean_before_switch_in_the_order_of_actions():
    assert list(plan(mail_host(log=REFUSED))) == ["delist", "switch_outbound_ip"]


def test_a_listing_alone_is_no_order_to_switch():
    assert list(plan(mail_host())) == ["delist"]


def test_greylisting_asks_for_nothing():
    assert plan(mail_host(log=[group(GREYLISTED_TEXT)]), dnsbl(a11=subject(), a12=subject())) == {}


def test_policy_listing_asks_for_a_smarthost_never_for_another_address():
    lists = dnsbl(a11=subject("policy", [listing("zen.spamhaus.org", "policy", "high", meaning="PBL")]), a12=subject())
    actions = plan(mail_host(log=[group(POLICY_TEXT, outcome="bounced")]), lists)
    assert list(actions) == ["use_smarthost"]


def test_policy_listing_without_refusal_is_only_a_finding():
    lists = dnsbl(a11=subject("policy", [listing("zen.spamhaus.org", "policy", "high", meaning="PBL")]), a12=subject())
    assert plan(mail_host(), lists) == {}


@pytest.mark.parametrize(
    ("differing", "words"),
    [({"ptr_exists": "fail"}, "ptr_exists"), ({"spf_authorises": "unknown"}, "spf_authorises"), ({"helo_matches": "fail"}, "helo_matches")],
)
def test_candidate_that_fails_or_is_unknown_is_refused_with_the_reason(differing, words):
    dns = sender_dns(("198.51.100.11", "mail.example.com", {}), ("198.51.100.12", "mail2.example.com", differing))
    switch = plan(mail_host(log=REFUSED), dns=dns)["switch_outbound_ip"]
    assert switch["state"] == "blocked"
    assert switch["text"] is None
    assert switch["variables"] == {}
    assert any(words in reason for reason in switch["failed"])


def test_listed_candidate_is_refused():
    lists = dnsbl(a11=subject("listed", [listing()]), a12=subject("listed", [listing()]))
    assert plan(mail_host(log=REFUSED), lists)["switch_outbound_ip"]["state"] == "blocked"


def test_candidate_unknown_on_a_major_list_is_refused_and_on_a_minor_one_is_said():
    def lists(impact):
        return dnsbl(a11=subject("listed", [listing()]), a12=subject("clean", [listing("quiet.example", "unknown", impact, why="timeout")]))

    assert plan(mail_host(log=REFUSED), lists("high"))["switch_outbound_ip"]["state"] == "blocked"
    switch = plan(mail_host(log=REFUSED), lists("low"))["switch_outbound_ip"]
    assert switch["state"] == "manual"
    assert any("quiet.example" in word for word in switch["passed"])


def test_address_that_is_not_on_the_host_is_refused():
    switch = plan(mail_host(log=REFUSED, local=["198.51.100.11"]))["switch_outbound_ip"]
    assert switch["state"] == "blocked"
    assert any("not bound" in reason for reason in switch["failed"])


def test_next_candidate_is_tried():
    pool = [{"address": "198.51.100.13", "helo": "mail3.example.com"}, *POOL]
    switch = plan(mail_host(log=REFUSED), pool=pool)["switch_outbound_ip"]
    assert switch["variables"]["address"] == "198.51.100.12"
    assert any("198.51.100.13" in reason for reason in switch["failed"])


def test_no_candidate_no_switch():
    assert plan(mail_host(log=REFUSED), pool=[])["switch_outbound_ip"]["state"] == "blocked"


def test_a_host_with_signs_of_compromise_is_not_moved():
    lists = dnsbl(a11=subject("listed", [listing("zen.spamhaus.org", "listed", "high", clean_before_switch=True, meaning="XBL")]), a12=subject())
    switch = plan(mail_host(log=REFUSED), lists)["switch_outbound_ip"]
    assert switch["state"] == "blocked"
    assert "XBL" in switch["failed"][0]


@pytest.mark.parametrize("zone", ["xbl.spamhaus.org", "sbl.spamhaus.org"])
def test_a_host_whose_refusals_name_a_list_of_spamming_hosts_is_not_moved(zone):
    """Our own question may be refused by that list, or be to another one; the reply is a sign all the same."""
    named = [group(LISTED_TEXT.replace("bl.spamcop.net", zone), outcome="bounced")]
    switch = plan(mail_host(log=named))["switch_outbound_ip"]
    assert switch["state"] == "blocked"
    assert zone in switch["failed"][0]


def test_proof_that_was_not_made_is_no_proof():
    dns = sender_dns(("198.51.100.11", "mail.example.com", {}), ("198.51.100.12", "mail2.example.com", {}))
    candidate = dns["identities"][1]
    candidate["checks"] = [check for check in candidate["checks"] if check["control"] != "spf_authorises"]
    switch = plan(mail_host(log=REFUSED), dns=dns)["switch_outbound_ip"]
    assert switch["state"] == "blocked"
    assert any("spf_authorises was not checked" in reason for reason in switch["failed"])


def test_a_short_log_cannot_show_an_ordinary_flow():
    switch = plan(mail_host(log=REFUSED, first="2026-11-20T01:00:00Z"))["switch_outbound_ip"]
    assert switch["state"] == "blocked"
    assert "11 hours" in switch["failed"][0]


def test_identity_is_mended_with_the_text_to_send():
    dns = sender_dns(("198.51.100.11", "mail.example.com", {"ptr_exists": "fail", "helo_fqdn": "fail"}), ("198.51.100.12", "mail2.example.com", {}))
    actions = plan(mail_host(), dnsbl(a11=subject(), a12=subject()), dns)
    assert list(actions) == ["fix_helo", "fix_ptr"]
    assert actions["fix_ptr"]["text"] == "please mend ptr_exists"
    assert actions["fix_ptr"]["state"] == "manual"


def test_failed_host_has_no_actions():
    evidence = fleet_evidence({"mx1": {"observed": {"failed": True, "msg": "x"}}})
    assert remediation_plan(diagnose(evidence, BASELINE, None, None, NOW))["hosts"]["mx1"]["actions"] == []


def test_every_reason_and_remedy_has_its_words():
    assert set(words.REASONS) == set(vocabulary.REASONS)
    assert set(words.REMEDIES) | NEVER_AN_ACTION == set(vocabulary.REMEDIES)


@pytest.mark.parametrize(("mta", "remedy"), COMMANDS)
def test_commands_are_whole(mta, remedy):
    text = command(mta, remedy, address="198.51.100.12", helo="mail2.example.com")
    assert text
    assert "{" not in text
    assert ("198.51.100.12" in text) == (remedy == "switch_outbound_ip")


def test_command_that_needs_a_name_is_not_given_without_one():
    assert command("postfix", "fix_helo") is None
    assert command("unheard-of", "fix_helo", helo="mail.example.com") is None


def test_command_for_ipv6():
    assert "smtp_bind_address6 = 2001:db8::12" in command("postfix", "switch_outbound_ip", address="2001:db8::12", helo="m.example.com")
    assert "Family=inet6" in command("sendmail", "switch_outbound_ip", address="2001:db8::12", helo="m.example.com")


def test_effect_is_estimated():
    switch = plan(mail_host(log=REFUSED, queue=[group(LISTED_TEXT, count=412)]))["switch_outbound_ip"]
    assert switch["effect"] == {"queued": 412, "operators": ["example.net"]}
