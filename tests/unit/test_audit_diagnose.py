# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import re

import pytest
from audit_data import (
    BASELINE,
    GOOD_DNS,
    GREYLISTED_TEXT,
    LISTED_TEXT,
    NOW,
    UNABLE_TEXT,
    delivered,
    dnsbl,
    group,
    listing,
    mail_host,
    sender_dns,
    subject,
)

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import FORMATS, render

CLEAN = dnsbl(a11=subject(), a12=subject())
LISTED = dnsbl(a11=subject("listed", [listing()]), a12=subject())


def judge(facts, lists=CLEAN, dns=GOOD_DNS, **given):  # pylint: disable=dangerous-default-value
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": facts}, **given}})
    return diagnose(evidence, BASELINE, lists, dns, NOW)["hosts"]["mx1"]


def finding(host, control):
    found = [row for row in host["findings"] if row["control"] == control]
    assert found, control
    return found[0]


def test_quiet_host_is_ok_and_every_control_is_judged():
    host = judge(mail_host())
    assert (host["state"], host["side"]) == ("ok", "none")
    assert {row["control"] for row in host["findings"]} == {control["id"] for control in BASELINE[0][1]["controls"]}
    assert {row["status"] for row in host["findings"]} == {"pass"}


def test_refusal_that_names_a_list_is_ours():
    host = judge(mail_host(log=[group(LISTED_TEXT, outcome="bounced")]), LISTED)
    assert (host["state"], host["side"], host["refused"]) == ("refused", "ours", 3)
    refused = finding(host, "not_refused")
    assert (refused["status"], refused["subject"]) == ("fail", "ip_blocklisted:bl.spamcop.net")
    assert "bl.spamcop.net" in refused["evidence"][1]


def test_forty_refusals_from_one_listing_are_one_finding():
    groups = [group(LISTED_TEXT, destination=f"d{number}.example.net", outcome="bounced") for number in range(40)]
    host = judge(mail_host(log=groups), LISTED)
    refused = [row for row in host["findings"] if row["control"] == "not_refused"]
    assert len(refused) == 1
    assert len(refused[0]["evidence"]) == 41


@pytest.mark.parametrize(("count", "said"), [(1, "lo rechaza d0.example.net"), (2, "lo rechazan d0.example.net, d1.example.net")])
def test_summary_in_spanish_agrees_with_the_number(count, said):
    groups = [group(LISTED_TEXT, destination=f"d{number}.example.net", outcome="bounced") for number in range(count)]
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host(log=groups)}}})
    assert diagnose(evidence, BASELINE, LISTED, GOOD_DNS, NOW, language="es")["hosts"]["mx1"]["summary"].endswith(said)


def test_greylisting_is_theirs_and_no_state_of_alarm():
    host = judge(mail_host(log=[group(GREYLISTED_TEXT)]))
    assert (host["state"], host["side"]) == ("ok", "theirs")
    assert finding(host, "not_refused")["status"] == "pass"


def test_listing_alone_is_attention_not_refusal():
    host = judge(mail_host(), LISTED)
    assert (host["state"], host["side"]) == ("attention", "none")
    assert finding(host, "address_not_listed")["severity"] == "medium"


def test_ambiguous_refusal_is_settled_by_a_listing():
    host = judge(mail_host(log=[group("421 4.2.1 unable to connect")]), LISTED)
    assert host["side"] == "ours"
    assert host["verdicts"][0]["settled_by"] == "self"
    assert finding(host, "not_refused")["remedy"] == "switch_outbound_ip"


def test_ambiguous_refusal_by_many_destinations_is_ours():
    groups = [group(UNABLE_TEXT, destination=f"d{number}.example.net") for number in range(4)]
    host = judge(mail_host(log=groups, delivered_to=[delivered("example.org")]))
    assert host["side"] == "ours"
    assert {row["settled_by"] for row in host["verdicts"]} == {"spread"}


def test_ambiguous_refusal_by_one_of_many_destinations_is_theirs():
    host = judge(mail_host(log=[group(UNABLE_TEXT)], delivered_to=[delivered(f"d{number}.example.org") for number in range(3)]))
    assert (host["side"], host["state"]) == ("theirs", "ok")


def test_ambiguous_refusal_without_evidence_stays_open():
    host = judge(mail_host(log=[group(UNABLE_TEXT)]))
    assert host["side"] == "either"
    assert host["verdicts"][0]["settled_by"] is None


def test_undecided_refusal_is_not_called_somebody_elses():
    host = judge(mail_host(log=[group(UNABLE_TEXT)]))
    assert host["side"] == "either"
    assert host["summary"].startswith("no refusal is known to be ours (")


def test_refusal_followed_by_a_delivery_has_passed():
    host = judge(mail_host(log=[group(LISTED_TEXT, last="2026-11-20T09:00:00Z")], delivered_to=[delivered("example.net", last="2026-11-20T10:00:00Z")]))
    assert host["verdicts"][0]["current"] is False
    assert host["state"] == "ok"


def test_unknown_of_the_blocklists_is_unknown_never_clean():
    lists = dnsbl(a11=subject("unknown", [listing(state="unknown", why="servfail")], clean=0))
    assert finding(judge(mail_host(), lists), "address_not_listed")["status"] == "unknown"


def test_nothing_asked_is_unknown():
    host = judge(mail_host(), None, None)
    assert finding(host, "address_not_listed")["status"] == "unknown"
    assert finding(host, "ptr_exists")["status"] == "unknown"
    assert host["state"] == "ok"


def test_policy_listing_is_a_control_of_its_own():
    lists = dnsbl(a11=subject("policy", [listing("zen.spamhaus.org", "policy", "high", meaning="PBL")]))
    host = judge(mail_host(), lists)
    assert finding(host, "address_not_policy_listed")["status"] == "fail"
    assert finding(host, "address_not_listed")["status"] == "pass"


def with_names(**names):
    """No list has anything against an address; the names' own results stand under ``domain``, ``helo`` and ``ptr``."""
    subjects = {"domain": "example.com", "helo": "mail.example.com", "ptr": "mx.example.net"}
    lists = dnsbl(a11=subject(), a12=subject())
    lists["subjects"].update({subjects[key]: result for key, result in names.items()})
    return lists


def test_without_a_log_nobody_knows_what_was_refused():
    """A queue may be empty because everything bounced: a host whose log nobody finds is not well."""
    facts = mail_host()
    facts["log"].update(first=None, last=None, lines=0)
    host = judge(facts)
    assert (host["state"], host["error"], host["summary"]) == ("unknown", None, "No line of a log was read, so what was refused is not known.")
    assert finding(host, "not_refused")["status"] == "unknown"
    listed = judge(facts, LISTED)
    assert (listed["state"], finding(listed, "address_not_listed")["status"]) == ("attention", "fail")
    facts["queue"] = mail_host(queue=[group(LISTED_TEXT)])["queue"]
    assert judge(facts, LISTED)["state"] == "refused"


def test_what_a_large_host_only_counts_is_told_and_passes_for_nothing():
    facts = mail_host(queue=[group(GREYLISTED_TEXT, oldest_age=5 * 3600)])
    assert finding(judge(facts), "queue_age")["status"] == "pass"
    facts["queue"]["rest"] = {"count": 7, "groups": 3}
    late = finding(judge(facts), "queue_age")
    assert (late["status"], late["evidence"]) == ("unknown", ["7 more, of 3 rarer kinds, were only counted."])
    facts["queue"]["oldest_age"] = 3600
    assert finding(judge(facts), "queue_age")["status"] == "pass"
    facts["log"]["rest"] = {"count": 4, "groups": 2}
    assert finding(judge(facts), "not_refused")["evidence"][1] == "4 more, of 2 rarer kinds, were only counted."


def test_a_list_that_does_not_answer_is_no_pass_beside_one_that_lists():
    silent = listing("zen.spamhaus.org", "unknown", impact="high", why="timeout")
    host = judge(mail_host(), dnsbl(a11=subject("listed", [listing(), silent]), a12=subject()))
    assert finding(host, "address_not_listed")["status"] == "fail"
    policy = finding(host, "address_not_policy_listed")
    assert (policy["status"], policy["evidence"]) == ("unknown", ["No answer from zen.spamhaus.org"])
    silent["impact"] = "low"
    host = judge(mail_host(), dnsbl(a11=subject("listed", [listing(), silent]), a12=subject()))
    assert finding(host, "address_not_policy_listed")["status"] == "pass"


def test_listed_names_are_controls_of_their_own():
    bad = subject("listed", [listing("dbl.spamhaus.org", impact="high", meaning="spam domain")])
    host = judge(mail_host(), with_names(domain=bad))
    assert (finding(host, "domain_not_listed")["status"], finding(host, "domain_not_listed")["severity"]) == ("fail", "high")
    assert finding(host, "names_not_listed")["status"] == "pass"
    assert finding(host, "address_not_listed")["status"] == "pass"
    host = judge(mail_host(), with_names(helo=bad))
    assert finding(host, "domain_not_listed")["status"] == "pass"
    assert finding(host, "names_not_listed")["evidence"][0].startswith("mail.example.com: dbl.spamhaus.org lists it")
    assert [action["remedy"] for action in remediation_plan({"hosts": {"mx1": host}, "fleet": {}, "controls": []})["hosts"]["mx1"]["actions"]] == ["delist"]


def test_a_ptr_name_counts_like_the_helo_name():
    dns = copy.deepcopy(GOOD_DNS)
    dns["identities"][0]["ptr"] = ["mx.example.net"]
    host = judge(mail_host(), with_names(ptr=subject("listed", [listing("multi.surbl.org")])), dns)
    assert (finding(host, "names_not_listed")["status"], finding(host, "names_not_listed")["severity"]) == ("fail", "medium")


def test_names_that_no_list_takes_do_not_apply():
    """Where only lists of addresses are asked, nothing is known of names, and nobody misses it."""
    nothing = subject("unknown", clean=0)
    host = judge(mail_host(), with_names(domain=nothing, helo=nothing))
    for control in ("names_not_listed", "domain_not_listed"):
        assert (finding(host, control)["status"], finding(host, control)["evidence"]) == ("not_applicable", ["No list was asked."])
    silent = dict(subject("unknown", [listing("dbl.spamhaus.org", "unknown", why="timeout")], clean=0), unknown=["dbl.spamhaus.org"])
    host = judge(mail_host(), with_names(domain=silent, helo=silent))
    assert {finding(host, control)["status"] for control in ("names_not_listed", "domain_not_listed")} == {"unknown"}


def test_failed_dns_control_carries_the_text_to_send():
    host = judge(mail_host(), dns=sender_dns(("198.51.100.11", "mail.example.com", {"ptr_exists": "fail"})))
    assert finding(host, "ptr_exists")["request"] == "please mend ptr_exists"
    assert host["state"] == "attention"


def test_old_queue_counts_only_through_our_fault():
    late = {"oldest_age": 90000}
    assert finding(judge(mail_host(queue=[group(GREYLISTED_TEXT, **late)])), "queue_age")["status"] == "pass"
    assert finding(judge(mail_host(queue=[group(UNABLE_TEXT, **late)])), "queue_age")["status"] == "fail"


def test_behind_a_smarthost_the_address_does_not_matter():
    relay = {"scope": "*", "host": "smtp.example.net", "port": 587, "origin": "main.cf relayhost", "auth": True, "tls": "encrypt"}
    host = judge(mail_host(relays=[relay]), LISTED)
    assert finding(host, "address_not_listed")["status"] == "not_applicable"


def test_undeclared_nat_is_unknown_and_says_what_to_declare():
    host = judge(mail_host(local=["192.168.1.5"]))
    assert "audit_public_addresses" in finding(host, "ptr_exists")["evidence"][0]


def test_host_without_any_address_is_unknown_and_says_so():
    host = judge(mail_host(local=[]))
    assert finding(host, "ptr_exists") == {**finding(host, "ptr_exists"), "status": "unknown", "subject": "mx1"}
    assert finding(host, "ptr_exists")["evidence"] == ["No address is known from which the host sends mail."]


@pytest.mark.parametrize("local", [["192.168.1.5"], []])
def test_domains_of_a_host_without_a_public_address_are_judged(local):
    """Also behind a smarthost: their SPF is as much asked for there."""
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host(local=local)}}})
    assert (evidence["domains"], evidence["names"]) == (["example.com"], ["example.com"])
    host = diagnose(evidence, BASELINE, CLEAN, GOOD_DNS, NOW)["hosts"]["mx1"]
    assert (finding(host, "spf_published")["status"], finding(host, "spf_published")["subject"]) == ("pass", "example.com")


@pytest.mark.parametrize("form", FORMATS)
def test_expired_waiver_is_told_in_every_format_also_where_mail_is_refused(form):
    waivers = [{"control": "address_not_listed", "hosts": "*", "justification": "asked", "expires": "2026-11-19"}]
    evidence = fleet_evidence({name: {"observed": {"mail_host": mail_host(log=[group(LISTED_TEXT)])}} for name in ("mx1", "mx2")})
    diagnosis = remediation_plan(diagnose(evidence, BASELINE, LISTED, GOOD_DNS, NOW, waivers=waivers))
    assert diagnosis["hosts"]["mx1"]["state"] == "refused"
    assert diagnosis["fleet"]["notes"] == ["The waiver of address_not_listed ended on 2026-11-19 (asked). Renew it or mend the cause."]
    assert re.search(r"waiver_expired|ended on 2026", render(diagnosis, [form])[form])


def test_failed_host_is_unknown_with_its_reason():
    evidence = fleet_evidence({"mx1": {"observed": {"failed": True, "msg": "mta: no mail system found"}}})
    host = diagnose(evidence, BASELINE, None, None, NOW)["hosts"]["mx1"]
    assert (host["state"], host["summary"]) == ("unknown", "mta: no mail system found")


def test_same_evidence_same_bytes_and_input_untouched():
    evidence = fleet_evidence({name: {"observed": {"mail_host": mail_host(log=[group(LISTED_TEXT)])}} for name in ("b", "a")})
    before = copy.deepcopy(evidence)
    first, second = (json.dumps(diagnose(evidence, BASELINE, LISTED, GOOD_DNS, NOW)) for _turn in range(2))
    assert first == second
    assert evidence == before
    backwards = dict(evidence, hosts=dict(reversed(list(evidence["hosts"].items()))))
    assert json.dumps(diagnose(backwards, BASELINE, LISTED, GOOD_DNS, NOW)) == first


def test_fleet_counts_its_states():
    evidence = fleet_evidence({"a": {"observed": {"mail_host": mail_host()}}, "b": {"observed": None}})
    fleet = diagnose(evidence, BASELINE, CLEAN, GOOD_DNS, NOW)["fleet"]
    assert {key: fleet[key] for key in ("hosts", "ok", "unknown", "refused", "attention")} == {"hosts": 2, "ok": 1, "unknown": 1, "refused": 0, "attention": 0}


def test_failed_question_is_told_in_the_report():
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host()}}})
    diagnosis = diagnose(evidence, BASELINE, {"failed": True, "msg": "nameservers: no answer"}, GOOD_DNS, NOW)
    assert diagnosis["fleet"]["errors"] == ["nameservers: no answer"]
    assert finding(diagnosis["hosts"]["mx1"], "address_not_listed")["evidence"] == ["nameservers: no answer"]


def test_evidence_of_no_known_form_is_the_error_of_its_host_alone():
    odd = mail_host(log=[group(LISTED_TEXT)], delivered_to=[delivered("example.org")])
    del odd["log"]["delivered_to"][0]["destination"]
    evidence = fleet_evidence({"odd": {"observed": {"mail_host": odd}}, "sound": {"observed": {"mail_host": mail_host(log=[group(LISTED_TEXT)])}}})
    diagnosis = remediation_plan(diagnose(evidence, BASELINE, LISTED, GOOD_DNS, NOW))
    assert {name: host["state"] for name, host in diagnosis["hosts"].items()} == {"odd": "unknown", "sound": "refused"}
    assert diagnosis["hosts"]["odd"]["error"] == "it could not be judged: KeyError: 'destination'"
    assert all(render(diagnosis, form) for form in FORMATS)


def test_control_that_is_wrong_over_a_host_is_unknown_there_and_told_once():
    own = {"id": "mine", "title": "Mine", "scope": "host", "severity": "high", "query": "queue.total"}
    evidence = fleet_evidence({name: {"observed": {"mail_host": mail_host(log=[group(LISTED_TEXT)])}} for name in ("a", "b")})
    diagnosis = diagnose(evidence, [*BASELINE, ("own.yml", {"controls": [own]})], LISTED, GOOD_DNS, NOW)
    (told,) = diagnosis["fleet"]["errors"]
    assert told.startswith("own.yml: control mine: query gives 0")
    for host in diagnosis["hosts"].values():
        assert host["state"] == "refused"
        assert (finding(host, "mine")["status"], finding(host, "mine")["evidence"]) == ("unknown", [told])


def test_what_the_judgement_says_of_itself_is_said_in_spanish_too():
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host(queue=[group(UNABLE_TEXT)])}}})
    waiver = {"control": "no_such_control", "hosts": "*", "justification": "-", "expires": "2027-01-01"}
    english, spanish = (diagnose(evidence, BASELINE, waivers=[waiver], now=NOW, language=language) for language in ("en", "es"))
    for left, right in zip(_said(english), _said(spanish), strict=True):
        assert left != right
    assert [row["id"] for row in english["hosts"]["mx1"]["findings"]] == [row["id"] for row in spanish["hosts"]["mx1"]["findings"]]


def _said(diagnosis):
    (row,) = diagnosis["hosts"]["mx1"]["verdicts"]
    return [row["why"], row["would_change"], *diagnosis["fleet"]["notes"], *finding(diagnosis["hosts"]["mx1"], "not_refused")["evidence"]]
