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
    delivered,
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
SAID = "host mx.example.net[203.0.113.25] said:"
HELO_TEXT = f"{SAID} 550 5.7.1 <server.localdomain>: Helo command rejected: need fully-qualified hostname (in reply to RCPT TO command)"
RATE_TEXT = f"{SAID} 452 4.3.2 Connection rate limit exceeded. (in reply to MAIL FROM command)"


def plan(facts, lists=LISTED, dns=GOOD_DNS, pool=POOL, **declared):  # pylint: disable=dangerous-default-value
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": facts}, "pool": pool, **declared}})
    actions = remediation_plan(diagnose(evidence, BASELINE, lists, dns, NOW))["hosts"]["mx1"]["actions"]
    return {action["remedy"]: action for action in actions}


def test_listed_and_refused_host_gets_its_clean_address():
    actions = plan(mail_host(log=REFUSED))
    switch = actions["switch_outbound_ip"]
    assert (switch["state"], switch["role"]) == ("ready", "outbound_ip")
    assert switch["failed"] == []
    assert switch["variables"] == {
        "outbound_ip_address": "198.51.100.12",
        "outbound_ip_helo": "mail2.example.com",
        "outbound_ip_domains": ["example.net"],
    }
    assert "smtp_bind_address = 198.51.100.12" in switch["text"]
    assert switch["because"] == ["not_refused:ip_blocklisted:bl.spamcop.net"]


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
    assert switch["state"] == "ready"
    assert any("quiet.example" in word for word in switch["passed"])


def test_address_that_is_not_on_the_host_is_refused():
    switch = plan(mail_host(log=REFUSED, local=["198.51.100.11"]))["switch_outbound_ip"]
    assert switch["state"] == "blocked"
    assert any("not bound" in reason for reason in switch["failed"])


def test_next_candidate_is_tried():
    pool = [{"address": "198.51.100.13", "helo": "mail3.example.com"}, *POOL]
    switch = plan(mail_host(log=REFUSED), pool=pool)["switch_outbound_ip"]
    assert switch["variables"]["outbound_ip_address"] == "198.51.100.12"
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


# What is handed to roles


def named(name="mail.example.com", **differing):
    """DNS of the source address whose only PTR name is ``name``."""
    dns = sender_dns(("198.51.100.11", "server.localdomain", differing))
    dns["identities"][0].update(ptr=[name], name=name)
    return dns


def test_helo_name_that_the_dns_confirms_is_given_to_the_role():
    actions = plan(mail_host(log=[group(HELO_TEXT)], helo="server.localdomain"), dnsbl(a11=subject()), named(helo_fqdn="fail"), pool=[])
    assert (actions["fix_helo"]["state"], actions["fix_helo"]["role"]) == ("ready", "helo_name")
    assert actions["fix_helo"]["variables"] == {"helo_name_name": "mail.example.com", "helo_name_domains": ["example.net"]}
    assert "smtp_helo_name = mail.example.com" in actions["fix_helo"]["text"]


def test_helo_name_that_does_not_lead_back_is_for_a_person():
    dns = named(helo_fqdn="fail", fcrdns="fail")
    helo = plan(mail_host(log=[group(HELO_TEXT)], helo="server.localdomain"), dnsbl(a11=subject()), dns, pool=[])["fix_helo"]
    assert (helo["state"], helo["role"], helo["variables"]) == ("manual", None, {})
    assert helo["failed"] == ["no name leads to 198.51.100.11 and back"]


def two_addresses(**second):
    """A host that greets with a local name from two addresses, whose PTR names differ; ``second``: how the second one is bound."""
    facts = mail_host(log=[group(HELO_TEXT)], helo="server.localdomain")
    facts["identity"]["sources"].append({**facts["identity"]["sources"][0], **second})
    dns = sender_dns(*((address, "server.localdomain", {"helo_fqdn": "fail"}) for address in ("198.51.100.11", "198.51.100.12")))
    for identity, name in zip(dns["identities"], ("one.example.com", "two.example.com"), strict=True):
        identity.update(ptr=[name], name=name)
    return plan(facts, dnsbl(a11=subject(), a12=subject()), dns, pool=[])["fix_helo"]


def test_addresses_of_the_default_transport_that_need_different_names_are_for_a_person():
    helo = two_addresses(address4="198.51.100.12")
    assert helo["state"] == "manual"
    assert helo["failed"] == ["the addresses need different names: one.example.com, two.example.com"]


def test_another_transport_does_not_keep_the_default_one_from_its_name():
    helo = two_addresses(transport="two", address4="198.51.100.12")
    assert (helo["state"], helo["variables"]["helo_name_name"]) == ("ready", "one.example.com")


def test_smarthost_is_ready_only_where_one_is_declared():
    lists = dnsbl(a11=subject("policy", [listing("zen.spamhaus.org", "policy", "high", meaning="PBL")]), a12=subject())
    barred = mail_host(log=[group(POLICY_TEXT, outcome="bounced")])
    by_hand = plan(barred, lists)["use_smarthost"]
    assert (by_hand["state"], by_hand["role"], by_hand["variables"]) == ("manual", None, {})
    assert "smarthost_hosts" in by_hand["failed"][0]
    ready = plan(barred, lists, smarthosts=["smtp.example.org"])["use_smarthost"]
    assert (ready["state"], ready["role"], ready["variables"]) == ("ready", "smarthost", {"smarthost_domains": ["example.net"]})


def test_domains_that_go_through_the_smarthost_already_go_on_doing_so():
    before = [
        {"scope": scope, "host": "smtp.example.org", "port": 587, "origin": "x", "auth": True, "tls": "encrypt"}
        for scope in ("a.example", "b.example : c.example")
    ]
    barred = mail_host(log=[group(POLICY_TEXT, outcome="bounced")], relays=[*before, {**before[0], "scope": "d.example", "host": "other.example.org"}])
    ready = plan(barred, dnsbl(a11=subject(), a12=subject()), smarthosts=["smtp.example.org"])["use_smarthost"]
    assert ready["variables"] == {"smarthost_domains": ["a.example", "b.example", "c.example", "example.net"]}


def test_rate_limits_are_for_the_throttle():
    throttle = plan(mail_host(log=[group(RATE_TEXT)]), dnsbl(a11=subject(), a12=subject()))["reduce_rate"]
    assert (throttle["state"], throttle["role"], throttle["variables"]) == ("ready", "throttle", {"throttle_domains": ["example.net"]})


def test_every_observed_domain_of_a_refusing_operator_moves_and_no_other():
    refused = group(LISTED_TEXT.replace("mx.example.net", "mx1.googlemail.com"), destination="gmail.com", relay_host="mx1.googlemail.com")
    workspace = {**delivered("school.example"), "relay_host": "aspmx.l.google.com"}
    facts = mail_host(log=[refused], delivered_to=[workspace, delivered("example.org")])
    assert plan(facts)["switch_outbound_ip"]["variables"]["outbound_ip_domains"] == ["gmail.com", "school.example"]


@pytest.mark.parametrize("hostile", ["{{ lookup('pipe', 'id') }}", "a.example, b.example", "$(id).example", "x }", "[203.0.113.9]"])
def test_what_is_no_domain_never_becomes_a_variable(hostile):
    """Nor does it become an empty list, which would mean the whole host."""
    switch = plan(mail_host(log=[group(LISTED_TEXT, destination=hostile)]))["switch_outbound_ip"]
    assert (switch["state"], switch["variables"]) == ("manual", {})
    assert "no recipient domain" in switch["failed"][-1]


def test_exim_is_changed_by_the_same_roles():
    facts = mail_host(log=REFUSED)
    facts["mta"]["name"] = "exim"
    switch = plan(facts)["switch_outbound_ip"]
    assert (switch["state"], switch["role"]) == ("ready", "outbound_ip")


@pytest.mark.parametrize("mta", ["sendmail", "opensmtpd", "qmail", "exchange", "cisco_esa", "imsva"])
def test_other_mail_systems_are_for_a_person(mta):
    facts = mail_host(log=REFUSED)
    facts["mta"]["name"] = mta
    switch = plan(facts)["switch_outbound_ip"]
    assert (switch["state"], switch["role"], switch["variables"]) == ("manual", None, {})


def test_statement_of_the_operator_lifts_the_signs_of_compromise_and_stays_on_record():
    lists = dnsbl(a11=subject("listed", [listing("zen.spamhaus.org", "listed", "high", clean_before_switch=True, meaning="XBL")]), a12=subject())
    switch = plan(mail_host(log=REFUSED), lists, cause_contained=True)["switch_outbound_ip"]
    assert (switch["state"], switch["failed"]) == ("ready", [])
    assert any("the operator states" in sentence and "XBL" in sentence for sentence in switch["passed"])
    assert plan(mail_host(log=REFUSED), lists, cause_contained="false")["switch_outbound_ip"]["state"] == "blocked"


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


def test_command_for_ipv6_in_exim_is_no_list_at_colons():
    assert "interface = <; 2001:db8::12  and" in command("exim", "switch_outbound_ip", address="2001:db8::12", helo="m.example.com")


def test_command_to_slow_down_postfix_is_one_that_its_queue_manager_reads():
    assert command("postfix", "reduce_rate").startswith("postconf -e 'smtp_destination_concurrency_limit = ")


def test_command_for_qmail_keeps_the_routes_that_it_has():
    assert ">> /var/qmail/control/smtproutes" in command("qmail", "use_smarthost")


@pytest.mark.parametrize(("origin", "name"), [("Send connector Bob's way out", "Bob''s way out"), ("default", "Outbound")])
def test_command_for_exchange_names_its_send_connector(origin, name):
    facts = mail_host(log=[group(HELO_TEXT)], helo="server.localdomain")
    facts["mta"]["name"] = "exchange"
    facts["identity"]["sources"][0].update(transport="Bob's way out", origin=origin)
    dns = sender_dns(("198.51.100.11", "server.localdomain", {"helo_fqdn": "fail"}))
    assert plan(facts, dns=dns)["fix_helo"]["text"] == f"Set-SendConnector '{name}' -Fqdn good.example.com"


def test_evidence_for_a_list_names_the_address():
    assert plan(mail_host(log=REFUSED))["delist"]["text"].startswith("198.51.100.11: bl.spamcop.net lists it: ")


def test_one_name_gets_one_spf_record():
    dns = sender_dns(("198.51.100.11", "mail.example.com", {"spf_authorises": "fail"}))
    authorised = 'example.org. IN TXT "v=spf1 ip4:198.51.100.11 -all"\nexample.com. IN TXT "v=spf1 ip4:198.51.100.11 ~all"'
    next(check for check in dns["identities"][0]["checks"] if check["control"] == "spf_authorises").update(publish=authorised, request=None)
    published = next(check for check in dns["domains"]["example.com"]["checks"] if check["control"] == "spf_published")
    published.update(status="fail", publish='example.com. IN TXT "v=spf1 mx ~all"')
    action = plan(mail_host(), dns=dns)["fix_spf"]
    assert action["because"] == ["spf_authorises:198.51.100.11", "spf_published:example.com"]
    assert action["text"] == authorised


def test_a_record_that_costs_too_many_lookups_is_no_cure_yet():
    dns = sender_dns(("198.51.100.11", "mail.example.com", {"spf_authorises": "fail"}))
    limits = next(check for check in dns["domains"]["example.com"]["checks"] if check["control"] == "spf_within_limits")
    limits.update(status="fail", evidence="SPF of example.com needs 11 lookups.")
    assert plan(mail_host(), dns=dns)["fix_spf"]["failed"] == ["SPF of example.com needs 11 lookups."]


def test_a_provider_gets_one_request_for_one_address():
    dns = sender_dns(("198.51.100.11", "mail.example.com", {"fcrdns": "fail", "ptr_specific": "fail"}))
    for check in dns["identities"][0]["checks"]:
        check["request"] = f"Subject: Reverse DNS for 198.51.100.11\n\nIts PTR name fails {check['control']}.\n"
    assert plan(mail_host(), dns=dns)["fix_ptr"]["text"] == "Subject: Reverse DNS for 198.51.100.11\n\nIts PTR name fails fcrdns.\n"


def test_an_operator_that_asks_for_patience_is_not_moved_to_a_cold_address():
    volume = f"{SAID} 421 4.7.0 [TSS04] Messages from 198.51.100.11 temporarily deferred due to unexpected volume or user complaints"
    actions = plan(mail_host(log=[*REFUSED, group(volume, destination="yahoo.com")]))
    assert actions["reduce_rate"]["variables"] == {"throttle_domains": ["yahoo.com"]}
    assert actions["switch_outbound_ip"]["variables"]["outbound_ip_domains"] == ["example.net"]


def test_a_limit_of_the_smarthost_is_for_a_person():
    relays = [{"scope": "*", "host": "smtp.example.net", "port": 587, "origin": "x", "auth": True, "tls": "encrypt"}]
    action = plan(mail_host(log=[group(RATE_TEXT, relay_host="smtp.example.net")], relays=relays))["reduce_rate"]
    assert (action["state"], action["role"], action["variables"]) == ("manual", None, {})
    assert "smarthost" in action["failed"][0]


def test_whatever_answers_of_a_doubtful_resolver_decide_is_blocked():
    before = diagnose(fleet_evidence({"mx1": {"observed": {"mail_host": mail_host()}}}), BASELINE, dnsbl(a11=subject()), GOOD_DNS, "2026-11-19T12:00:00Z")
    busy = f"{SAID} 451 4.3.2 Please try again later (in reply to RCPT TO command)"
    facts = mail_host(log=[group(busy), group(RATE_TEXT, destination="example.org")])
    lost = sender_dns(
        (
            "198.51.100.11",
            "mail.example.com",
            dict.fromkeys(("ptr_exists", "fcrdns", "helo_resolves", "helo_matches", "spf_authorises", "ptr_specific"), "fail"),
        ),
        ("198.51.100.12", "mail2.example.com", {}),
    )
    lost["domains"]["example.com"]["checks"] = [{**check, "status": "unknown"} for check in lost["domains"]["example.com"]["checks"]]
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": facts}, "pool": POOL}})
    diagnosis = diagnose(evidence, BASELINE, LISTED, lost, NOW, previous=before)
    assert [suspect["kind"] for suspect in diagnosis["fleet"]["suspects"]] == ["resolver"]
    states = {action["remedy"]: action["state"] for action in remediation_plan(diagnosis)["hosts"]["mx1"]["actions"]}
    assert states.pop("reduce_rate") == "ready"
    assert set(states) >= {"fix_ptr", "fix_helo", "fix_spf", "delist", "switch_outbound_ip"}
    assert set(states.values()) == {"blocked"}


def test_what_is_moved_is_not_slowed_down_as_well():
    for_good = f"{SAID} 553 5.7.1 [TSS09] All messages from 198.51.100.11 will be permanently deferred; Retrying will NOT succeed."
    actions = plan(mail_host(log=[group(for_good, destination="yahoo.com"), group(RATE_TEXT)]))
    assert actions["reduce_rate"]["variables"] == {"throttle_domains": ["example.net"]}
    assert actions["switch_outbound_ip"]["variables"]["outbound_ip_domains"] == ["yahoo.com"]


def test_a_limit_for_reputation_asks_for_a_slower_flow_before_another_address():
    limit = f"{SAID} 451 4.7.650 The mail server [198.51.100.11] has been temporarily rate limited due to IP reputation. (in reply to MAIL FROM command)"
    actions = plan(mail_host(queue=[group(limit, destination="outlook.com")]), dnsbl(a11=subject(), a12=subject()))
    assert {remedy: action["state"] for remedy, action in actions.items()} == {"reduce_rate": "ready"}
    for_good = f"{SAID} 550-5.7.1 likely suspicious due to the very low reputation of the sending IP address. 550 5.7.1 blocked. (in reply to end of DATA)"
    assert list(plan(mail_host(log=[group(for_good, destination="gmail.com")]), dnsbl(a11=subject(), a12=subject()))) == ["switch_outbound_ip"]


def test_effect_of_another_way_counts_what_it_releases_as_well():
    said = (
        f"{SAID} 550-5.7.1 [2001:db8::11] Our system has detected that this message does not meet IPv6 sending guidelines regarding PTR records "
        "and authentication. (in reply to end of DATA command)"
    )
    dns = sender_dns(("198.51.100.11", "mail.example.com", {"ipv6_complete": "fail"}))
    actions = plan(mail_host(queue=[group(said, destination="gmail.com", count=40)]), dnsbl(a11=subject()), dns)
    assert actions["prefer_ipv4"]["effect"] == actions["fix_ptr"]["effect"] == {"queued": 40, "operators": ["google"]}


def test_effect_is_estimated():
    switch = plan(mail_host(log=REFUSED, queue=[group(LISTED_TEXT, count=412)]))["switch_outbound_ip"]
    assert switch["effect"] == {"queued": 412, "operators": ["example.net"]}


def test_a_host_for_which_nothing_can_be_planned_costs_itself_alone():
    evidence = fleet_evidence({name: {"observed": {"mail_host": mail_host(log=REFUSED)}, "pool": POOL} for name in ("mx1", "mx2")})
    diagnosis = diagnose(evidence, BASELINE, LISTED, GOOD_DNS, NOW)
    whole = remediation_plan(diagnosis)["hosts"]
    del diagnosis["hosts"]["mx1"]["identities"][0]["listing"]
    hosts = remediation_plan(diagnosis, "es")["hosts"]
    assert hosts["mx1"]["actions"] == []
    assert hosts["mx1"]["error"] == "no se pudo planificar qué hacer: KeyError: 'listing'"
    assert hosts["mx1"]["findings"] == whole["mx1"]["findings"]
    assert [action["remedy"] for action in hosts["mx2"]["actions"]] == [action["remedy"] for action in whole["mx2"]["actions"]]


def test_what_speaks_for_and_against_an_action_is_told_in_the_language_of_the_report():
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host(log=REFUSED)}, "pool": POOL}})
    told = {}
    for language in ("en", "es"):
        diagnosis = diagnose(evidence, BASELINE, dnsbl(a11=subject("listed", [listing(clean_before_switch=True)])), GOOD_DNS, NOW, language=language)
        actions = remediation_plan(diagnosis, language)["hosts"]["mx1"]["actions"]
        told[language] = [said for action in actions for said in [*action["passed"], *action["failed"]]]
    assert "198.51.100.12: blocklists: not asked" in told["en"]
    assert len(told["en"]) == len(told["es"])
    assert set(told["en"]).isdisjoint(told["es"])
