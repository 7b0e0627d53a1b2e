# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles smarthost and throttle decide from what was observed."""

from __future__ import annotations

import json
import pathlib
import re

import jinja2
import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._smarthost import (
    judge_smarthost,
    operator_domains,
    probe_plan,
    return_order,
    seconds_of,
    smarthost_settings,
    throttle_settings,
)

CREDENTIALS = pathlib.Path(__file__).resolve().parents[2] / "roles/smarthost/templates/credentials.j2"
IDENTITY = {"hostname": "mail.example.com", "local_addresses": ["198.51.100.11"], "sources": [{"helo": "mail.example.com"}], "domains": ["example.com"]}


# Whose domains


def row(destination, relay_host=None):
    return {"destination": destination, "relay_host": relay_host}


MAIL_HOST = {
    "identity": IDENTITY,
    "queue": {"groups": [row("gmail.com", "gmail-smtp-in.l.google.com"), row("company.example", "aspmx.l.google.com")]},
    "log": {
        "groups": [row("outlook.com", "outlook-com.olc.protection.outlook.com"), row("silent.example")],
        "delivered_to": [row("own.example", "mx.own.example"), row("relayed.example", "smtp.example.net"), row("googlemail.com"), row("[192.0.2.1]")],
        "sender_domains": [{"domain": "example.com"}, {"domain": "example.org"}],
    },
}


def test_an_operators_domains_are_found_by_server_and_by_name():
    found = operator_domains(MAIL_HOST, "google", smarthosts=["smtp.example.net"])
    assert found == {"domains": ["company.example", "gmail.com", "googlemail.com"], "unknown": ["relayed.example", "silent.example"]}


def test_dns_decides_what_servers_did_not_tell():
    asked = {"relayed.example": {"status": "ok", "hosts": [{"host": "alt1.aspmx.l.google.com"}]}, "silent.example": {"status": "unknown", "hosts": []}}
    found = operator_domains(MAIL_HOST, "google", asked, smarthosts=["smtp.example.net"])
    assert found == {"domains": ["company.example", "gmail.com", "googlemail.com", "relayed.example"], "unknown": ["silent.example"]}


def test_what_is_routed_stays_until_dns_says_otherwise():
    routed = ["moved.example", "silent.example"]
    assert set(routed) <= set(operator_domains(MAIL_HOST, "google", routed=routed)["domains"])
    moved = {"moved.example": {"status": "ok", "hosts": [{"host": "mx.moved.example"}]}}
    found = operator_domains(MAIL_HOST, "google", moved, routed=routed)
    assert "moved.example" not in found["domains"]
    assert "silent.example" in found["domains"]
    table = "pipemap:{inline:{ moved.example=1 }, inline:{ {1 = pmd_smarthost:[a]:587} }}"
    assert "moved.example" in operator_domains(MAIL_HOST, "google", routed=f"hash:/x, {table}")["domains"]


def test_any_other_operator_is_known_by_its_servers():
    assert operator_domains(MAIL_HOST, "own.example")["domains"] == ["own.example"]
    assert operator_domains(MAIL_HOST, "wn.example")["domains"] == []


def test_an_unheard_of_operator_is_refused():
    with pytest.raises(DeliverabilityError, match="gogle"):
        operator_domains(MAIL_HOST, "gogle")


# Senders


def test_every_envelope_domain_gets_a_real_sender():
    messages = [{"sender": "desk@example.org"}, {"sender": ""}, {"sender": "MAILER-DAEMON"}, {"sender": "ann@other.example"}]
    found = probe_plan(MAIL_HOST, [{"host": "[smtp.example.net]"}, {"host": "192.0.2.1", "port": 25, "priority": -1}], messages)
    assert found[0].pop("targets") == [{"name": "192.0.2.1", "port": 25}, {"name": "smtp.example.net", "port": 587}]
    assert [{"domain": one["domain"], "sender": one["sender"]} for one in found] == [
        {"domain": "example.com", "sender": "postmaster@example.com"},
        {"domain": "example.org", "sender": "desk@example.org"},
        {"domain": "other.example", "sender": "ann@other.example"},
    ]


def test_what_is_declared_counts():
    found = probe_plan(MAIL_HOST, [], [{"sender": "desk@example.org"}], ["shop@example.org"], ["example.org"])
    assert found == [{"domain": "example.org", "sender": "shop@example.org", "targets": []}]


# The dialogue


def stage(name, code=250, text="250 2.0.0 Ok", argument=None, error=None):
    return {"stage": name, "code": code, "lines": [text] if text else [], "argument": argument, "error": error}


def target(outcome="accepted", last=None, address="203.0.113.25", name="smtp.example.net", greeting="smtp.example.net"):
    stages = [stage("EHLO", text=f"250-{greeting} at your service"), stage("MAIL", argument="ann@example.com")]
    return {"name": name, "port": 587, "address": address, "outcome": outcome, "stages": [*stages, *([last] if last else [])]}


def judge(*targets):
    return judge_smarthost([{"targets": list(targets)}], IDENTITY)


def test_a_smarthost_that_takes_our_mail():
    asked = {"host": "smtp.example.net", "address": "203.0.113.25", "helo": "smtp.example.net", "domains": [], "role": "candidate"}
    assert judge(target()) == {"problems": [], "notes": [], "identities": [asked], "covered": [], "publish": []}


def test_the_addresses_that_it_sends_from_may_be_declared():
    judged = judge_smarthost([{"targets": [target()]}], IDENTITY, ["example.com"], ["192.0.2.7"])
    assert [(one["address"], one["domains"]) for one in judged["identities"]] == [("192.0.2.7", ["example.com"])]


def test_who_was_never_reached_is_not_asked_about():
    away = target("no_connection", stage("connect", None, None, error="Connection refused"), address="2001:db8::25")
    assert [one["address"] for one in judge(target(), away)["identities"]] == ["203.0.113.25"]


@pytest.mark.parametrize("more", [{"address": "198.51.100.11"}, {"greeting": "MAIL.example.com."}])
def test_ourselves_is_no_smarthost(more):
    assert "round in circles" in judge(target(**more))["problems"][0]


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        ("auth_failed", stage("AUTH", 535, "535 5.7.8 Error: authentication failed")),
        ("tls_failed", stage("TLS", None, None, error="certificate: self-signed certificate")),
        ("refused", stage("MAIL", 550, "550 5.7.1 not your domain")),
    ],
)
def test_a_refusal_is_a_problem_even_beside_one_that_accepts(outcome, last):
    judged = judge(target(), target(outcome, last, address="203.0.113.26"))
    assert len(judged["problems"]) == 1
    assert (last["lines"] or [last["error"]])[0] in judged["problems"][0]
    assert judged["notes"] == []


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        ("deferred", stage("MAIL", 452, "452 4.3.1 Insufficient system storage")),
        ("no_connection", stage("connect", None, None, error="Connection refused")),
        ("auth_failed", stage("AUTH", 454, "454 4.7.0 Temporary authentication failure")),
    ],
)
def test_one_that_cannot_now_is_worth_a_note_while_another_can(outcome, last):
    judged = judge(target(outcome, last), target(address="203.0.113.26"))
    assert judged["problems"] == []
    assert len(judged["notes"]) == 1
    alone = judge(target(outcome, last))
    assert alone["problems"] == ["no smarthost takes mail from ann@example.com now"]


# SPF and DKIM


def dns(*results, dkim=()):
    rows = [
        {
            "address": f"203.0.113.{25 + number}",
            "spf": [{"scope": "helo", "domain": "smtp.example.net", "result": "none"}, {"scope": "mail_from", "domain": "example.com", "result": result}],
            "checks": [{"control": "spf_authorises", "publish": 'example.com. IN TXT "v=spf1 ip4:203.0.113.25 -all"'}],
        }
        for number, result in enumerate(results)
    ]
    keys = [{"selector": name, "revoked": revoked} for name, revoked in dkim]
    return {"identities": rows, "domains": {"example.com": {"dkim": keys}} if dkim else {}}


def believed(sender_dns):
    return judge_smarthost([{"targets": [target()]}], IDENTITY, ["example.com"], sender_dns=sender_dns)


def test_spf_covers():
    assert believed(dns("pass", "pass"))["problems"] == []
    assert "SPF of example.com" in believed(dns("pass"))["covered"][0]


@pytest.mark.parametrize("result", ["none", "softfail", "neutral", "fail", "permerror"])
def test_spf_does_not_cover_and_the_record_is_told(result):
    judged = believed(dns("pass", result))
    assert "203.0.113.26" in judged["problems"][0]
    assert judged["publish"] == ['example.com. IN TXT "v=spf1 ip4:203.0.113.25 -all"']


def test_silence_is_not_acted_upon():
    judged = believed(dns("temperror"))
    assert "no answer" in judged["problems"][0]
    assert judged["publish"] == []


def test_an_inside_address_is_asked_nobody_about():
    inside = {"identities": [{"address": "10.0.0.25", "spf": [], "checks": []}], "domains": {}}
    judged = believed(inside)
    assert "smarthost_addresses" in judged["problems"][0]
    assert judged["publish"] == []


def test_dkim_covers_where_its_key_lives():
    assert believed(dns("fail", dkim=[("mail", False)]))["problems"] == []
    assert believed(dns("fail", dkim=[("mail", True)]))["problems"]


# Settings

POSTFIX = {"version": "3.7.11", "tls": "verify", "ca_file": "/etc/ssl/ca.pem", "username": "host", "password_file": "/etc/postfix/pmd_smarthost"}
TWO = [{"host": "a.example.net"}, {"host": "b.example.net", "port": 2587, "priority": 10}]


def test_some_domains_take_the_smarthost():
    settings = smarthost_settings({"transport_maps": "hash:/etc/postfix/transport"}, "postfix", TWO, ["b.example", "a.example"], **POSTFIX)
    table = "pipemap:{inline:{ a.example=1, b.example=1 }, inline:{ {1 = pmd_smarthost:[a.example.net]:587, [b.example.net]:2587} }}"
    assert settings["parameters"] == {"transport_maps": f"{table}, hash:/etc/postfix/transport"}
    (service,) = settings["services"]
    assert (service["name"], service["like"]) == ("pmd_smarthost", "smtp/unix")
    assert service["overrides"] == {
        "smtp_tls_security_level": "secure",
        "smtp_tls_wrappermode": "no",
        "smtp_tls_policy_maps": "",
        "smtp_fallback_relay": "",
        "smtp_sasl_auth_enable": "yes",
        "smtp_tls_CAfile": "/etc/ssl/ca.pem",
        "smtp_sasl_password_maps": "texthash:/etc/postfix/pmd_smarthost",
        "smtp_sasl_security_options": "noanonymous",
        "smtp_sasl_tls_security_options": "noanonymous",
        "smtp_sasl_tls_verified_security_options": "noanonymous",
    }


@pytest.mark.parametrize(("old", "override"), [("hash:/etc/postfix/tls_per_site", ""), ("", None)])
def test_an_old_table_of_tls_is_kept_from_the_smarthost_where_there_is_one(old, override):
    settings = smarthost_settings({"smtp_tls_per_site": old}, "postfix", TWO, ["a.example"], **POSTFIX)
    assert settings["services"][0]["overrides"].get("smtp_tls_per_site") == override
    assert "smtp_tls_per_site" not in settings["parameters"]


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ({"host": "smtp.example.net"}, "[smtp.example.net]:587"),
        ({"host": "SMTP.Example.net", "port": 2587}, "[SMTP.Example.net]:2587"),
        ({"host": "[smtp.example.net]", "port": 465}, "[smtp.example.net]:465"),
        ({"host": "2001:db8::25", "port": 25}, "[2001:db8::25]:25"),
    ],
    ids=["a name", "capitals", "brackets", "an address"],
)
def test_the_login_is_kept_under_the_next_hop_as_it_is_written(host, key):
    """Postfix looks for it under the server's name, which may be the one behind an alias, and then under the next hop as the transport table has it."""
    environment = jinja2.Environment(trim_blocks=True)
    environment.filters["regex_replace"] = lambda text, pattern, new: re.sub(pattern, new, text)
    written = environment.from_string(CREDENTIALS.read_text()).render(smarthost_hosts=[host], smarthost_username="host", smarthost_password="secret")
    assert written.splitlines()[1:] == [f"{key} host:secret"]
    settings = smarthost_settings({}, "postfix", [host], [], **POSTFIX)
    assert settings["parameters"]["sender_dependent_default_transport_maps"] == f"static:{{pmd_smarthost:{key}}}"


def test_all_mail_goes_behind_what_is_routed_by_sender():
    current = {"transport_maps": "hash:/t", "sender_dependent_default_transport_maps": "hash:/by_sender"}
    settings = smarthost_settings(current, "postfix", TWO, [], **POSTFIX)
    table = "static:{pmd_smarthost:[a.example.net]:587, [b.example.net]:2587}"
    assert settings["parameters"] == {"sender_dependent_default_transport_maps": f"hash:/by_sender, {table}"}


def test_from_some_domains_to_all_mail_and_back_to_none():
    first = smarthost_settings({}, "postfix", TWO, ["a.example"], **POSTFIX)["parameters"]
    second = smarthost_settings(first, "postfix", TWO, [], **POSTFIX)["parameters"]
    assert second["transport_maps"] is None
    assert second["sender_dependent_default_transport_maps"].startswith("static:")
    assert smarthost_settings({**first, **second}, "postfix", TWO, [], **POSTFIX)["parameters"] == {}
    assert smarthost_settings(second, "postfix")["parameters"] == {"sender_dependent_default_transport_maps": None}
    assert smarthost_settings({}, "postfix") == {"parameters": {}, "services": []}


def test_an_old_postfix_gets_one_next_hop_and_the_others_to_fall_back_on():
    settings = smarthost_settings({}, "postfix", TWO, [], **{**POSTFIX, "version": "3.4.13"})
    assert settings["parameters"]["sender_dependent_default_transport_maps"] == "static:{pmd_smarthost:[a.example.net]:587}"
    assert settings["services"][0]["overrides"]["smtp_fallback_relay"] == "[a.example.net]:587, [b.example.net]:2587"


def test_port_465_begins_with_tls():
    hosts = [{"host": "a.example.net", "port": 465}]
    assert smarthost_settings({}, "postfix", hosts, **POSTFIX)["services"][0]["overrides"]["smtp_tls_wrappermode"] == "yes"
    assert smarthost_settings({}, "exim", hosts, **POSTFIX, password="x")["transports"][0]["options"]["protocol"] == "smtps"
    with pytest.raises(DeliverabilityError, match="mixed"):
        smarthost_settings({}, "postfix", [*hosts, {"host": "b.example.net"}], **POSTFIX)


@pytest.mark.parametrize("mta", ["postfix", "exim"])
def test_credentials_never_go_in_clear_text(mta):
    with pytest.raises(DeliverabilityError, match="clear text"):
        smarthost_settings({}, mta, TWO, **{**POSTFIX, "tls": "may"}, password="x")


def test_no_password_among_the_settings_of_postfix():
    assert "secret" not in json.dumps(smarthost_settings({}, "postfix", TWO, **POSTFIX, password="secret"))


def test_exim_has_a_router_a_transport_and_credentials():
    settings = smarthost_settings({}, "exim", TWO, ["a.example"], tls="verify", ca_file="/etc/ssl/ca.pem", username="host", password="secret")
    (router,) = settings["routers"]
    assert (router["name"], router["options"]) == ("pmd_smarthost", {"transport": "pmd_smarthost", "domains": ["a.example"]})
    assert [(entry["host"], entry["port"], entry["priority"]) for entry in router["hosts"]] == [("a.example.net", 587, 0), ("b.example.net", 2587, 10)]
    assert settings["transports"][0]["options"] == {
        "hosts_require_tls": "*",
        "tls_verify_hosts": "*",
        "tls_verify_certificates": "/etc/ssl/ca.pem",
        "hosts_require_auth": "*",
    }
    assert [entry["host"] for entry in settings["credentials"]] == ["a.example.net", "b.example.net"]


# Throttle


def test_a_slow_transport_for_some_domains():
    settings = throttle_settings({"transport_maps": "hash:/t"}, "postfix", ["b.example", "a.example"], concurrency=2, delay=3, version="3.7.11")
    assert settings["parameters"] == {
        "pmd_throttle_destination_concurrency_limit": 2,
        "pmd_throttle_transport_rate_delay": "3s",
        "transport_maps": "inline:{ a.example=pmd_throttle:, b.example=pmd_throttle: }, hash:/t",
    }
    assert settings["services"] == [{"name": "pmd_throttle", "like": "smtp/unix", "process_limit": "2"}]
    assert throttle_settings(settings["parameters"], "postfix", version="3.7.11") == {
        "parameters": {"pmd_throttle_destination_concurrency_limit": None, "pmd_throttle_transport_rate_delay": None, "transport_maps": "hash:/t"},
        "services": [],
    }


def test_what_takes_another_way_already_is_not_taken_off_it_silently():
    current = {"transport_maps": "inline:{ a.example=pmd_out4: }"}
    with pytest.raises(DeliverabilityError, match="throttle_like"):
        throttle_settings(current, "postfix", ["a.example"], version="3.7.11")
    settings = throttle_settings(current, "postfix", ["a.example"], version="3.7.11", like="pmd_out4")
    assert settings["services"][0]["like"] == "pmd_out4/unix"


# Expiry

NOW = "2026-11-22T10:00:00Z"


def test_a_duration_counts_from_when_it_was_first_asked_for():
    first = return_order("", "14d", NOW, retry="6h", name="smarthost")
    assert (first["expires_at"], first["retry"], first["name"]) == ("2026-12-06T10:00:00Z", 21600, "smarthost")
    second = return_order(json.dumps(first), "14d", "2026-11-25T10:00:00Z", retry="6h", name="smarthost")
    assert second == first
    assert return_order(json.dumps(first), "1d", "2026-11-25T10:00:00Z", retry="6h")["expires_at"] == "2026-11-26T10:00:00Z"


def test_a_time_is_taken_as_it_is_and_a_broken_document_for_none():
    assert return_order("{broken", "2026-12-24T18:00:00Z", NOW, retry="6h")["expires_at"] == "2026-12-24T18:00:00Z"


def test_servers_stay_known_while_dns_is_silent():
    found = {"example.net": {"status": "ok", "hosts": [{"host": "mx1.example.net"}, {"host": "mx2.example.net"}]}}
    first = return_order("", "14d", NOW, retry="6h", exchangers=found)
    assert first["servers"] == {"example.net": ["mx1.example.net", "mx2.example.net"]}
    silent = {"example.net": {"status": "unknown", "hosts": []}}
    assert return_order(json.dumps(first), "14d", NOW, retry="6h", exchangers=silent) == first
    assert return_order(json.dumps(first), "14d", NOW, retry="6h", exchangers={})["servers"] == {}


@pytest.mark.parametrize("text", ["soon", "14", "14 days", "-1d", ""])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(DeliverabilityError, match="expires"):
        seconds_of(text, "expires")
