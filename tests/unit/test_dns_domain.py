# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.domain import check_domain
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive

KEY = "v=DKIM1; k=ed25519; p=8BPMGd3bl6pNSZWm/20ZJNCh+5ezXk5lXs+sg1TJ7XQ="
GOOD = {
    "example.com": {"MX": [(10, "mx1.example.com"), (20, "mx2.example.com")], "TXT": ["v=spf1 mx -all"], "A": ["192.0.2.80"]},
    "mx1.example.com": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
    "mx2.example.com": {"A": ["192.0.2.2"]},
    "_dmarc.example.com": {"TXT": ["v=DMARC1; p=reject; rua=mailto:d@example.com"]},
    "default._domainkey.example.com": {"TXT": [KEY]},
    "_mta-sts.example.com": {"TXT": ["v=STSv1; id=1"]},
    "_smtp._tls.example.com": {"TXT": ["v=TLSRPTv1; rua=mailto:t@example.com,https://example.com/t"]},
    "default._bimi.example.com": {"TXT": ["v=BIMI1; l=https://example.com/logo.svg; a="]},
    "_25._tcp.mx1.example.com": {"TLSA": [(3, 1, 1, "ab" * 32)]},
    "_25._tcp.mx2.example.com": {"TLSA": [(2, 0, 2, "ab" * 64)]},
}


def run(changes=None, domain="example.com", vouch=True):
    table = {name: node for name, node in dict(GOOD, **(changes or {})).items() if node is not None}
    plain = answer_from(table)

    def answer(question):
        reply = plain(question)
        reply.authenticated = vouch
        return reply

    return drive(check_domain(domain), answer)


def checks(changes=None, **options):
    return {check["control"]: check for check in run(changes, **options)["checks"]}


def statuses(changes=None, **options):
    return {control: check["status"] for control, check in checks(changes, **options).items()}


def with_mx(*hosts, **nodes):
    return {"example.com": dict(GOOD["example.com"], MX=[(10, host) for host in hosts]), **nodes}


def test_a_sound_domain_passes_every_check():
    result = run()
    assert {check["control"]: check["status"] for check in result["checks"] if check["status"] != "pass"} == {}
    assert result["mx"][0] == {"preference": 10, "host": "mx1.example.com", "addresses": ["192.0.2.1", "2001:db8::1"]}
    assert json.loads(json.dumps(result)) == result


def test_every_control_stands_once():
    controls = [check["control"] for check in run()["checks"]]
    assert len(controls) == len(set(controls))
    assert controls == [check["control"] for check in run(dict.fromkeys(GOOD))["checks"]]


@pytest.mark.parametrize("failure", ["servfail", "timeout", "refused", "bogus"])
def test_silence_of_dns_is_unknown_and_never_pass_or_fail(failure):
    names = [*GOOD, "_dmarc.com", *(f"{selector}._domainkey.example.com" for selector in ("mail", "dkim", "s1", "google"))]
    found = run(dict.fromkeys(names, failure))
    assert {check["status"] for check in found["checks"]} <= {"unknown", "not_applicable"}


def test_each_name_that_is_silent_makes_no_pass_out_of_a_fail():
    for name in GOOD:
        found = statuses({name: "servfail"})
        assert "unknown" in found.values(), name
        assert "fail" not in found.values(), name


# MX


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        (with_mx("mx1.example.com"), ["mx_redundant"]),
        (with_mx("mx1.example.com", "gone.example.com"), ["mx_resolves"]),
        (with_mx("alias.example.com", "mx1.example.com", **{"alias.example.com": {"CNAME": ["mx2.example.com"]}}), ["mx_valid"]),
        (with_mx("192.0.2.1", "mx1.example.com"), ["mx_valid"]),
        (with_mx("[192.0.2.1]", "mx1.example.com"), ["mx_valid"]),
        (with_mx("my_mx.example.com", "mx1.example.com", **{"my_mx.example.com": {"A": ["192.0.2.7"]}}), ["mx_valid"]),
        (with_mx("inside.example.com", "mx1.example.com", **{"inside.example.com": {"A": ["10.0.0.1"]}}), ["mx_public"]),
        (with_mx("loop.example.com", "mx1.example.com", **{"loop.example.com": {"A": ["127.0.0.1"]}}), ["mx_public"]),
        (with_mx("localhost", "mx1.example.com"), ["mx_valid", "mx_resolves", "mx_public"]),
        (with_mx("", "mx1.example.com", "mx2.example.com"), ["mx_valid"]),
        (with_mx(""), ["mx_exists"]),
        (with_mx("mx1.example.com", "twin.example.com", **{"twin.example.com": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]}}), []),
    ],
)
def test_mx(changes, failed):
    found = statuses(changes)
    assert [control for control, status in found.items() if status == "fail" and control.startswith("mx_")] == failed


def test_a_domain_without_mx():
    assert statuses({"example.com": {"A": ["192.0.2.80"]}})["mx_exists"] == "pass"
    assert statuses({"example.com": {"TXT": ["v=spf1 -all"]}})["mx_exists"] == "fail"
    assert statuses({"example.com": {"MX": [], "A": "timeout"}})["mx_exists"] == "unknown"


# SPF


@pytest.mark.parametrize(
    ("records", "failed", "publish"),
    [
        ([], ["spf_published"], 'example.com. IN TXT "v=spf1 mx ~all"'),
        (["v=spf1 mx -all", "v=spf1 a ~all"], ["spf_valid"], 'example.com. IN TXT "v=spf1 mx a ~all"'),
        (["v=spf1 mx ip4:192.0.2.1/33 -all"], ["spf_valid"], 'example.com. IN TXT "v=spf1 mx ip4:192.0.2.1 -all"'),
        (["v=spf1 include:gone.example.net -all"], ["spf_valid"], None),
        (["v=spf1 +all"], ["spf_restrictive"], None),
        (["v=spf1 mx"], ["spf_restrictive"], None),
        (["v=spf1 mx ptr -all"], ["spf_tidy"], None),
        (["v=spf1 " + "a:mx1.example.com " * 11 + "-all"], ["spf_within_limits", "spf_tidy"], None),
    ],
)
def test_spf(records, failed, publish):
    found = checks({"example.com": dict(GOOD["example.com"], TXT=records)})
    broken = [control for control, check in found.items() if check["status"] == "fail" and control.startswith("spf_")]
    assert broken == failed
    assert found[broken[0]]["publish"] == publish


def test_a_silent_include_is_unknown():
    found = statuses({"example.com": dict(GOOD["example.com"], TXT=["v=spf1 include:slow.example.net -all"]), "slow.example.net": "timeout"})
    assert (found["spf_valid"], found["spf_within_limits"], found["spf_restrictive"]) == ("unknown", "unknown", "pass")


# What a domain may leave out


def test_what_is_not_used_does_not_apply():
    names = ("_mta-sts.example.com", "_smtp._tls.example.com", "default._bimi.example.com", "_25._tcp.mx1.example.com", "_25._tcp.mx2.example.com")
    found = statuses(dict.fromkeys(names))
    assert {found[control] for control in ("mta_sts_record", "tls_rpt_valid", "dane_valid", "bimi_valid")} == {"not_applicable"}


@pytest.mark.parametrize(
    "texts",
    [
        ["v=TLSRPTv1"],
        ["v=TLSRPTv1; rua="],
        ["v=TLSRPTv1; rua=t@example.com"],
        ["v=tlsrptv1; rua=mailto:t@example.com"],
        ["v=TLSRPTv1; rua=mailto:a@b.example"] * 2,
    ],
)
def test_tls_rpt_that_senders_cannot_use(texts):
    assert statuses({"_smtp._tls.example.com": {"TXT": texts}})["tls_rpt_valid"] == "fail"


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ((3, 1, 1, "ab" * 32), "pass"),
        ((1, 1, 1, "ab" * 32), "fail"),
        ((3, 1, 1, "ab" * 31), "fail"),
        ((3, 2, 1, "ab" * 32), "fail"),
        ((3, 1, 3, "ab" * 32), "fail"),
        ((3, 0, 0, "3082"), "pass"),
    ],
)
def test_tlsa_records(record, status):
    assert statuses({"_25._tcp.mx1.example.com": {"TLSA": [record]}})["dane_valid"] == status


def test_dane_counts_only_under_dnssec():
    assert statuses(vouch=False)["dane_valid"] == "unknown"
    assert statuses({"_25._tcp.mx2.example.com": None})["dane_valid"] == "fail"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"_dmarc.example.com": {"TXT": ["v=DMARC1; p=none"]}}, "fail"),
        ({"_dmarc.example.com": {"TXT": ["v=DMARC1; p=reject; pct=10"]}}, "fail"),
        ({"default._bimi.example.com": {"TXT": ["v=BIMI1; l=http://example.com/logo.svg"]}}, "fail"),
        ({"default._bimi.example.com": {"TXT": ["v=BIMI1; a=https://example.com/vmc.pem"]}}, "fail"),
        ({"default._bimi.example.com": {"TXT": ["v=BIMI1; l=; a="]}}, "pass"),
    ],
)
def test_bimi(changes, status):
    assert statuses(changes)["bimi_valid"] == status


# Names and hostile records


@pytest.mark.parametrize("domain", ["localhost", "server.localdomain", "", "192.0.2.1", "[192.0.2.1]", "a..b"])
def test_a_name_that_public_dns_cannot_know(domain):
    found = run(domain=domain)
    assert [check["control"] for check in found["checks"]] == ["domain_public"]
    assert found["checks"][0]["status"] == "fail"


def test_names_in_any_form():
    assert run(domain="EXAMPLE.com.")["checks"] == run()["checks"]
    table = {"xn--bcher-kva.example": {"MX": [(10, "mx.example.com")]}, "mx.example.com": {"A": ["192.0.2.1"]}}
    assert statuses(table, domain="Bücher.example")["mx_exists"] == "pass"


def test_hostile_records_stay_plain_text():
    nasty = "{{ 7*7 }}<img src=x onerror=alert(1)>\u202e\x00\n"
    texts = ["v=spf1 " + nasty, "v=DMARC1; p=" + nasty, "v=DKIM1; p=" + nasty, "v=STSv1; id=" + nasty, "v=TLSRPTv1; rua=" + nasty, "v=BIMI1; l=" + nasty]
    zone = {name: {"TXT": texts} for name in GOOD}
    zone["example.com"] = {"TXT": texts, "MX": [(10, nasty.strip()), (20, "a..b"), (30, "x" * 300)]}
    result = run(zone)
    assert json.loads(json.dumps(result)) == result
    assert all(check["evidence"].isascii() and check["evidence"].isprintable() for check in result["checks"])
