# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which address a host should send from instead, with what settings, and what is remembered of it."""

from __future__ import annotations

import pytest
from audit_data import BASELINE, GOOD_DNS, LISTED_TEXT, NOW, POLICY_TEXT, POOL, dnsbl, group, listing, mail_host, sender_dns, subject

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._outbound_ip import (
    outbound_ip_choice,
    outbound_ip_probes,
    outbound_ip_remember,
    outbound_ip_settings,
    route_keys,
)

LISTED = dnsbl(a11=subject("listed", [listing()]), a12=subject())
REFUSED = [group(LISTED_TEXT)]
CANDIDATE = {"address": "198.51.100.12", "inside": "198.51.100.12", "helo": "mail2.example.com", "switches": True, "binds": True, "stays": False}
CURRENT = {"address": "198.51.100.12", "helo": "mail2.example.com", "domains": ["example.net"], "protocols": "", "since": "2026-11-20T09:00:00Z"}


def choose(facts, lists=LISTED, dns=GOOD_DNS, pool=POOL, remembered=None, declared=None, **wanted):  # pylint: disable=dangerous-default-value
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": facts}, "pool": pool, **(declared or {})}})
    asked = {"candidates": pool, "domains": None, "protocols": "", "max_per_day": 1, "behind_nat": False, **wanted}
    return outbound_ip_choice(diagnose(evidence, BASELINE, lists, dns, NOW), "mx1", asked, remembered, NOW)


# Which address


def test_clean_address_for_those_who_refuse():
    choice = choose(mail_host(queue=REFUSED))
    assert (choice["state"], choice["domains"], choice["destinations"], choice["sources"]) == ("switch", ["example.net"], ["example.net"], ["198.51.100.11"])
    (candidate,) = choice["candidates"]
    assert {key: candidate[key] for key in CANDIDATE} == CANDIDATE
    assert candidate["failed"] == []
    assert "is bound on the host" in candidate["passed"]


def test_nobody_refuses():
    assert choose(mail_host())["state"] == "nothing"


def test_whole_host_on_request():
    choice = choose(mail_host(queue=REFUSED), domains=[])
    assert (choice["state"], choice["domains"], choice["destinations"]) == ("switch", [], ["example.net"])


@pytest.mark.parametrize(
    ("lists", "dns", "local", "words"),
    [
        (dnsbl(a11=subject("listed", [listing()]), a12=subject("listed", [listing()])), GOOD_DNS, ("198.51.100.11", "198.51.100.12"), "blocklists: listed"),
        (
            dnsbl(a11=subject("listed", [listing()]), a12=subject("clean", [listing(state="unknown", impact="high", why="timeout")])),
            GOOD_DNS,
            ("198.51.100.11", "198.51.100.12"),
            "cannot tell whether it is listed (timeout)",
        ),
        ({"failed": True, "msg": "no resolver"}, GOOD_DNS, ("198.51.100.11", "198.51.100.12"), "blocklists: not asked"),
        (LISTED, {"failed": True, "msg": "no resolver"}, ("198.51.100.11", "198.51.100.12"), "its DNS was not asked"),
        (LISTED, GOOD_DNS, ("198.51.100.11",), "is not bound on the host"),
        *(
            (LISTED, sender_dns(("198.51.100.12", "mail2.example.com", {control: status})), ("198.51.100.11", "198.51.100.12"), f"{control} of 198.51.100.12")
            for control in ("ptr_exists", "fcrdns", "helo_resolves", "helo_matches", "spf_authorises")
            for status in ("fail", "unknown")
        ),
    ],
)
def test_what_speaks_against_a_candidate(lists, dns, local, words):
    choice = choose(mail_host(queue=REFUSED, local=local), lists, dns)
    assert choice["state"] == "blocked"
    assert any(reason.startswith("198.51.100.12: ") and words in reason for reason in choice["reasons"]), choice["reasons"]


def test_refused_address_is_no_candidate():
    choice = choose(mail_host(queue=REFUSED), pool=[{"address": "198.51.100.11", "helo": "mail.example.com"}])
    assert choice["state"] == "blocked"
    assert any("is the address that is refused" in reason for reason in choice["reasons"])


def test_no_candidate():
    assert choose(mail_host(queue=REFUSED), pool=[])["reasons"] == ["there is no other address to send from (outbound_ip_candidates)"]


def test_candidates_keep_their_order_and_each_reason():
    pool = [{"address": "198.51.100.13", "helo": "mail3.example.com"}, *POOL]
    choice = choose(mail_host(queue=REFUSED), pool=pool)
    assert choice["state"] == "switch"
    assert [(one["address"], bool(one["failed"])) for one in choice["candidates"]] == [("198.51.100.13", True), ("198.51.100.12", False)]


COMPROMISED = dnsbl(a11=subject("listed", [listing("zen.spamhaus.org", "listed", "high", clean_before_switch=True, meaning="XBL")]), a12=subject())


@pytest.mark.parametrize(
    ("facts", "lists", "words"),
    [
        (mail_host(queue=REFUSED), COMPROMISED, "XBL"),
        (mail_host(queue=REFUSED, first="2026-11-20T11:00:00Z"), LISTED, "the log covers 1 hours"),
    ],
)
def test_host_that_may_send_spam_is_not_moved_unless_the_operator_says_so(facts, lists, words):
    choice = choose(facts, lists)
    assert choice["state"] == "blocked"
    assert words in choice["reasons"][0]
    assert "outbound_ip_cause_contained" in choice["reasons"][0]
    assert choose(facts, lists, declared={"cause_contained": True})["state"] == "switch"


def test_range_that_must_not_send_directly():
    choice = choose(mail_host(queue=[group(LISTED_TEXT), group(POLICY_TEXT, "example.org")]))
    assert choice["state"] == "blocked"
    assert "use a smarthost" in choice["reasons"][0]


def test_address_that_was_chosen_before_stays():
    """Refusals from before the switch, a DNS that does not answer, and a day's limit change nothing about it."""
    remembered = {"current": CURRENT, "history": [{"at": "2026-11-20T09:00:00Z", "to": "198.51.100.12", "outcome": "proven"}]}
    old = [group(LISTED_TEXT, last="2026-11-20T08:00:00Z")]
    choice = choose(mail_host(log=old), {"failed": True, "msg": "no resolver"}, remembered=remembered)
    assert (choice["state"], choice["domains"]) == ("stay", ["example.net"])
    assert choice["candidates"][0]["stays"]


def test_address_that_is_refused_since_does_not_stay():
    text = LISTED_TEXT.replace("198.51.100.11", "198.51.100.12")
    choice = choose(mail_host(queue=[group(text, last="2026-11-20T11:00:00Z")]), remembered={"current": CURRENT})
    assert choice["state"] == "blocked"
    assert any("refuses it since the switch" in reason for reason in choice["reasons"])


def test_more_domains_for_the_same_address_are_no_switch():
    remembered = {"current": CURRENT, "history": [{"at": "2026-11-20T09:00:00Z", "to": "198.51.100.12", "outcome": "proven"}]}
    choice = choose(mail_host(queue=[group(LISTED_TEXT, "example.org")]), remembered=remembered)
    assert (choice["state"], choice["domains"]) == ("switch", ["example.net", "example.org"])


@pytest.mark.parametrize(
    ("remembered", "words"),
    [
        ({"cool_down": {"198.51.100.12": "2026-11-21T00:00:00Z"}}, "rests until 2026-11-21T00:00:00Z"),
        ({"history": [{"at": "2026-11-19T13:00:00Z", "to": "198.51.100.14", "outcome": "proven"}]}, "which is the most"),
    ],
)
def test_too_soon(remembered, words):
    choice = choose(mail_host(queue=REFUSED), remembered=remembered)
    assert choice["state"] == "blocked"
    assert words in choice["reasons"][0]


@pytest.mark.parametrize(
    "remembered",
    [
        {"cool_down": {"198.51.100.12": "2026-11-20T11:00:00Z"}},
        {"history": [{"at": "2026-11-19T11:00:00Z", "to": "198.51.100.14", "outcome": "proven"}]},
        {"history": [{"at": "2026-11-20T11:00:00Z", "to": "198.51.100.14", "outcome": "rolled_back"}]},
        {"history": [{"at": "2026-11-20T11:00:00Z", "to": None, "outcome": "restored"}]},
    ],
)
def test_not_too_soon(remembered):
    assert choose(mail_host(queue=REFUSED), remembered=remembered)["state"] == "switch"


def test_ipv4_alone_keeps_the_address():
    choice = choose(mail_host(), pool=[], protocols="ipv4", domains=["example.net"], lists=dnsbl(a11=subject()))
    assert choice["state"] == "switch"
    (candidate,) = choice["candidates"]
    assert (candidate["address"], candidate["switches"], candidate["binds"]) == ("198.51.100.11", False, False)


def test_behind_nat_the_inside_address_stays():
    facts = mail_host(queue=REFUSED, local=["10.0.0.25"])
    declared = {"public_addresses": {"10.0.0.25": "198.51.100.11"}}
    choice = choose(facts, declared=declared, behind_nat=True, domains=[])
    assert choice["state"] == "switch", choice["reasons"]
    (candidate,) = choice["candidates"]
    assert (candidate["address"], candidate["inside"], candidate["switches"], candidate["binds"]) == ("198.51.100.12", "10.0.0.25", True, False)


# What to ask


def exchanger(*servers, status="ok"):
    return {"status": status, "why": None, "hosts": [{"host": host, "preference": 10, "addresses": list(addresses)} for host, *addresses in servers]}


def test_probes_offer_mail_that_waits():
    choice = {"candidates": [dict(CANDIDATE, failed=[])]}
    exchangers = {"example.net": exchanger(("mx.example.net", "203.0.113.25", "2001:db8::25")), "example.org": exchanger(("mx.example.org", "203.0.113.26"))}
    messages = [
        {"sender": "", "recipients": ["ann@example.org"]},
        {"sender": "desk@example.com", "recipients": ["bob@example.com", "ann@example.org", "eve@example.org"]},
    ]
    (asked,) = outbound_ip_probes(choice, exchangers, messages)
    assert asked["probes"] == [
        {
            "targets": [{"address": "203.0.113.26", "port": 25, "name": "mx.example.org"}],
            "source_address": "198.51.100.12",
            "helo": "mail2.example.com",
            "sender": "desk@example.com",
            "recipients": ["ann@example.org"],
        },
        {"targets": [{"address": "203.0.113.25", "port": 25, "name": "mx.example.net"}], "source_address": "198.51.100.12", "helo": "mail2.example.com"},
    ]


def test_server_that_this_family_cannot_reach():
    choice = {"candidates": [dict(CANDIDATE, failed=[])]}
    (asked,) = outbound_ip_probes(choice, {"example.net": exchanger(("mx.example.net", "2001:db8::25"))})
    assert asked["failed"] == ["no server of example.net can be reached by IPv4"]


def test_nothing_is_asked_from_a_candidate_that_is_unfit():
    assert outbound_ip_probes({"candidates": [dict(CANDIDATE, failed=["listed"])]}, {}) == []


# The settings


def settings(current, domains=("example.net",), candidate=CANDIDATE, version="3.7.11", **more):  # pylint: disable=dangerous-default-value
    return outbound_ip_settings(current, "postfix", candidate, domains, version=version, **more)


def test_postfix_gets_a_transport_in_front_of_what_is_there():
    told = settings({"default_transport": "smtp", "transport_maps": "hash:/etc/postfix/transport, inline:{ {a.example = x:} }"})
    assert told["domains"] == ["example.net"]
    assert told["settings"] == {
        "parameters": {
            "transport_maps": "inline:{ { example.net = pmd_outbound_ip: } }, hash:/etc/postfix/transport, inline:{ {a.example = x:} }",
        },
        "services": [
            {
                "name": "pmd_outbound_ip",
                "like": "smtp/unix",
                "overrides": {
                    "smtp_bind_address": "198.51.100.12",
                    "smtp_bind_address_enforce": "yes",
                    "smtp_helo_name": "mail2.example.com",
                    "inet_protocols": "ipv4",
                },
            }
        ],
    }
    again = settings({"default_transport": "smtp", "transport_maps": told["settings"]["parameters"]["transport_maps"]}, ["example.org"])
    assert again["settings"]["parameters"]["transport_maps"].startswith("inline:{ { example.org = pmd_outbound_ip: } }, hash:/etc/postfix/transport")


def test_older_postfix_does_not_know_how_to_enforce():
    assert "smtp_bind_address_enforce" not in settings({}, version="3.5.25")["settings"]["services"][0]["overrides"]


def test_whole_host_keeps_its_next_hop_and_the_transport_of_filters():
    told = settings({"default_transport": "smtp:[relay.example.net]:25", "transport_maps": "hash:/etc/postfix/transport"}, [])
    assert told["settings"]["parameters"] == {"default_transport": "pmd_outbound_ip:[relay.example.net]:25"}
    assert "inet_protocols" not in told["settings"]["services"][0]["overrides"]


def test_whole_host_after_some_domains():
    told = settings({"default_transport": "smtp", "transport_maps": "inline:{ { example.net = pmd_outbound_ip: } }, hash:/t"}, [])
    assert told["settings"]["parameters"] == {"default_transport": "pmd_outbound_ip:", "transport_maps": "hash:/t"}


def test_some_domains_after_the_whole_host_are_refused():
    with pytest.raises(DeliverabilityError, match="take that back first"):
        settings({"default_transport": "pmd_outbound_ip:"})


@pytest.mark.parametrize(
    ("routes", "relayhost", "way"),
    [
        ([], "", "pmd_outbound_ip:"),
        ([], "[relay.example.org]:587", "pmd_outbound_ip:[relay.example.org]:587"),
        (["example.net\tsmtp:[203.0.113.99]:25"], "[relay.example.org]", "pmd_outbound_ip:[203.0.113.99]:25"),
        (["", "*\t:[mail.example.org]"], "", "pmd_outbound_ip:[mail.example.org]"),
        (["*\tother:", "example.net\tsmtp:mx.example.org"], "", "pmd_outbound_ip:mx.example.org"),
    ],
)
def test_next_hops_stay(routes, relayhost, way):
    told = settings({"default_transport": "smtp", "relayhost": relayhost}, routes=routes)
    assert told["settings"]["parameters"]["transport_maps"] == f"inline:{{ {{ example.net = {way} }} }}"


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("example.net\tsmtp:[127.0.0.1]:10025", "relayed inside"),
        ("example.net\tsmtp:[10.0.0.5]", "relayed inside"),
        (".net\tsmtp:localhost:10025", "relayed inside"),
        ("*\tlmtp:unix:private/dovecot", "is sent by lmtp"),
        ("example.net\tpmd_smarthost:[smtp.example.org]:587", "is sent by pmd_smarthost"),
    ],
)
def test_inside_ways_and_those_of_others_are_left_alone(route, words):
    told = settings({"default_transport": "smtp"}, ["example.com", "example.net"], routes=[route.replace("*", ".net")])
    assert told["domains"] == ["example.com"]
    assert words in told["left_out"][0]
    with pytest.raises(DeliverabilityError, match=words):
        settings({"default_transport": "smtp"}, routes=[route])


def test_ipv4_alone_changes_neither_address_nor_name():
    told = settings({"default_transport": "smtp"}, candidate=dict(CANDIDATE, switches=False, binds=False), protocols="ipv4")
    assert told["settings"]["services"][0]["overrides"] == {"inet_protocols": "ipv4"}


def test_ipv6_candidate():
    overrides = settings({}, candidate=dict(CANDIDATE, inside="2001:db8::12"))["settings"]["services"][0]["overrides"]
    assert overrides["smtp_bind_address6"] == "2001:db8::12"
    assert "inet_protocols" not in overrides


def test_exim():
    assert outbound_ip_settings({}, "exim", CANDIDATE, ["example.net"])["settings"] == {
        "routers": [{"name": "pmd_outbound_ip", "options": {"domains": ["example.net"], "transport": "pmd_outbound_ip", "ipv4_only": True}}],
        "transports": [{"name": "pmd_outbound_ip", "options": {"interface": "198.51.100.12", "helo_data": "mail2.example.com"}}],
        "route_check": [{"address": "postmaster@example.net", "transport": "pmd_outbound_ip"}],
    }
    whole = outbound_ip_settings({}, "exim", CANDIDATE)["settings"]
    assert whole == {"main": {}, "transports": [{"name": "*", "options": {"interface": "198.51.100.12", "helo_data": "mail2.example.com"}}]}


def test_other_mail_systems_are_not_changed():
    with pytest.raises(DeliverabilityError, match="sendmail"):
        outbound_ip_settings({}, "sendmail", CANDIDATE)


def test_keys_of_a_domain():
    assert route_keys("a.example.net") == ["a.example.net", ".example.net", ".net", "*"]


# What is remembered


def event(outcome, **more):
    return {"outcome": outcome, "candidate": CANDIDATE, "domains": ["example.net"], "protocols": "", "sources": ["198.51.100.11"], **more}


def test_first_switch_and_the_way_back():
    facts = outbound_ip_remember({"other": 1}, event("proven"), NOW, 3600)
    assert facts["other"] == 1
    kept = facts["outbound_ip"]
    assert kept["current"] == {**CURRENT, "since": NOW}
    assert kept["previous"] == {"addresses": ["198.51.100.11"]}
    assert kept["cool_down"] == {"198.51.100.11": "2026-11-20T13:00:00Z"}
    (entry,) = kept["history"]
    assert (entry["at"], entry["from"], entry["to"], entry["outcome"]) == (NOW, ["198.51.100.11"], "198.51.100.12", "proven")
    back = outbound_ip_remember(facts, {"outcome": "restored"}, "2026-11-20T14:00:00Z", 3600)["outbound_ip"]
    assert (back["current"], back["previous"], back["cool_down"]) == (None, None, {})
    assert [entry["outcome"] for entry in back["history"]] == ["proven", "restored"]


def test_previous_is_kept_once():
    facts = outbound_ip_remember({}, event("proven"), "2026-11-19T12:00:00Z", 3600)
    other = dict(CANDIDATE, address="198.51.100.13")
    kept = outbound_ip_remember(facts, event("proven", candidate=other), NOW, 3600)["outbound_ip"]
    assert kept["previous"] == {"addresses": ["198.51.100.11"]}
    assert kept["current"]["address"] == "198.51.100.13"
    assert kept["cool_down"] == {"198.51.100.12": "2026-11-20T13:00:00Z"}


def test_failed_switch_lets_the_candidate_rest():
    kept = outbound_ip_remember({}, event("rolled_back", reason="refused"), NOW, 3600)["outbound_ip"]
    assert (kept["current"], kept["cool_down"]) == (None, {"198.51.100.12": "2026-11-20T13:00:00Z"})
    assert kept["history"][0]["reason"] == "refused"


def test_history_is_bounded():
    facts = {}
    for _time in range(60):
        facts = outbound_ip_remember(facts, event("proven"), NOW, 3600)
    assert len(facts["outbound_ip"]["history"]) == 50
