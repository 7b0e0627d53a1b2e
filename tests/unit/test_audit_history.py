# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Since last time, and signals too large to be true."""

from __future__ import annotations

import copy

import pytest
from audit_data import ALL_CHECKS, BASELINE, GOOD_DNS, LISTED_TEXT, NOW, POOL, dnsbl, group, listing, mail_host, sender_dns, subject

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies

CLEAN = dnsbl(a11=subject(), a12=subject())
LISTED = dnsbl(a11=subject("listed", [listing()]), a12=subject())
BAD_PTR = sender_dns(("198.51.100.11", "mail.example.com", {"ptr_exists": "fail"}))
TIMES = [f"2026-11-{day:02}T12:00:00Z" for day in range(10, 30)]


def report(lists=CLEAN, dns=GOOD_DNS, previous=None, now=NOW, log=()):  # pylint: disable=dangerous-default-value
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host(log=log)}}})
    return diagnose(evidence, BASELINE, lists, dns, now, previous=previous)


def ptr(diagnosis):
    return next(row for row in diagnosis["hosts"]["mx1"]["findings"] if row["control"] == "ptr_exists")


def test_without_a_previous_report_nothing_is_new():
    diagnosis = report(dns=BAD_PTR)
    assert ptr(diagnosis)["change"] is None
    assert diagnosis["fleet"]["changes"] == {"since": None, "new": [], "fixed": [], "open": [], "flapping": [], "dropped": []}


def test_new_open_and_fixed():
    first = report(now=TIMES[0])
    second = report(dns=BAD_PTR, previous=first, now=TIMES[1])
    assert (ptr(second)["change"], ptr(second)["since"]) == ("new", TIMES[1])
    third = report(dns=BAD_PTR, previous=second, now=TIMES[2])
    assert (ptr(third)["change"], ptr(third)["since"]) == ("open", TIMES[1])
    fourth = report(previous=third, now=TIMES[3])
    assert (ptr(fourth)["change"], ptr(fourth)["status"]) == ("fixed", "fixed")
    assert fourth["fleet"]["changes"]["fixed"] == ["mx1 ptr_exists:198.51.100.11"]
    fifth = report(previous=fourth, now=TIMES[4])
    assert (ptr(fifth)["change"], ptr(fifth)["status"]) == (None, "pass")


def test_what_comes_and_goes_is_flapping():
    previous = report(now=TIMES[0])
    for number, dns in enumerate([BAD_PTR, GOOD_DNS, BAD_PTR], 1):
        previous = report(dns=dns, previous=previous, now=TIMES[number])
    assert ptr(previous)["change"] == "flapping"
    assert ptr(previous)["turns"] == TIMES[1:4]


def test_unknown_after_a_failure_is_not_fixed():
    first = report(dns=BAD_PTR, now=TIMES[0])
    second = report(dns=sender_dns(("198.51.100.11", "mail.example.com", {"ptr_exists": "unknown"})), previous=first, now=TIMES[1])
    assert ptr(second)["status"] == "unknown"
    assert second["fleet"]["changes"]["fixed"] == []


def test_failure_that_is_unknown_for_a_while_is_open_all_the_time():
    first = report(dns=BAD_PTR, now=TIMES[0])
    second = report(dns=sender_dns(("198.51.100.11", "mail.example.com", {"ptr_exists": "unknown"})), previous=first, now=TIMES[1])
    assert (ptr(second)["change"], ptr(second)["turns"]) == ("open", [])
    third = report(dns=BAD_PTR, previous=second, now=TIMES[2])
    assert (ptr(third)["change"], ptr(third)["turns"]) == ("open", [])
    fixed = report(previous=second, now=TIMES[2])
    assert (ptr(fixed)["change"], ptr(fixed)["status"]) == ("fixed", "fixed")
    assert ptr(report(previous=fixed, now=TIMES[3]))["change"] is None


def test_host_that_does_not_answer_for_once_keeps_what_was_open():
    first = report(dns=BAD_PTR, now=TIMES[0])
    second = diagnose(fleet_evidence({"mx1": {"observed": {"msg": "unreachable"}}}), BASELINE, CLEAN, BAD_PTR, TIMES[1], previous=first)
    assert (ptr(second)["status"], ptr(second)["change"], ptr(second)["evidence"]) == ("unknown", "open", ["unreachable"])
    assert (second["hosts"]["mx1"]["state"], len(second["hosts"]["mx1"]["findings"])) == ("unknown", 1)
    third = report(dns=BAD_PTR, previous=second, now=TIMES[2])
    assert third["fleet"]["changes"] == {"since": TIMES[1], "new": [], "fixed": [], "open": ["mx1 ptr_exists:198.51.100.11"], "flapping": [], "dropped": []}


def test_cause_is_not_fixed_where_the_log_is_missing():
    first = report(LISTED, log=[group(LISTED_TEXT)], now=TIMES[0])
    facts = mail_host()
    facts["log"].update(first=None, last=None)
    second = diagnose(fleet_evidence({"mx1": {"observed": {"mail_host": facts}}}), BASELINE, CLEAN, GOOD_DNS, TIMES[1], previous=first)
    assert "mx1 not_refused:ip_blocklisted:bl.spamcop.net" not in second["fleet"]["changes"]["fixed"]


def test_cause_that_ended_is_fixed():
    first = report(LISTED, log=[group(LISTED_TEXT)], now=TIMES[0])
    second = report(previous=first, now=TIMES[1])
    assert "mx1 not_refused:ip_blocklisted:bl.spamcop.net" in second["fleet"]["changes"]["fixed"]
    third = report(previous=second, now=TIMES[2])
    assert third["fleet"]["changes"]["fixed"] == []


def test_second_list_is_a_new_cause_and_the_first_is_still_open():
    """What is refused beside a cause changes no name: nothing is fixed as long as the first list is named."""
    other = group(LISTED_TEXT.replace("bl.spamcop.net", "zen.spamhaus.org"), destination="example.org")
    first = report(LISTED, log=[group(LISTED_TEXT)], now=TIMES[0])
    both = report(LISTED, log=[group(LISTED_TEXT), other], previous=first, now=TIMES[1])["fleet"]["changes"]
    assert (both["fixed"], both["new"]) == ([], ["mx1 not_refused:ip_blocklisted:zen.spamhaus.org"])
    assert "mx1 not_refused:ip_blocklisted:bl.spamcop.net" in both["open"]


def audited(previous, now, policies=BASELINE, dns=BAD_PTR, waivers=None, address="198.51.100.11", log=(), **more):  # pylint: disable=dangerous-default-value
    """The report on mx1, sending from ``address``, and the changes since ``previous``."""
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host(local=[address], log=log)}, **more}})
    diagnosis = diagnose(evidence, policies, LISTED, dns, now, previous=previous, waivers=waivers)
    return diagnosis, diagnosis["fleet"]["changes"]


def known(diagnosis):
    return {finding["id"] for finding in diagnosis["hosts"]["mx1"]["findings"]}


@pytest.mark.parametrize(
    "later",
    [
        {"address": "198.51.100.12"},  # the address is no longer the host's
        {"policies": [*BASELINE, ("own.yml", {"controls": [{"id": "ptr_exists", "enabled": False}]})]},  # nobody judges it any more
    ],
)
def test_what_is_no_longer_looked_at_is_neither_fixed_nor_open(later):
    first, _changes = audited(None, TIMES[0])
    second, changes = audited(first, TIMES[1], **later)
    gone = "ptr_exists:198.51.100.11"
    assert f"mx1 {gone}" in changes["dropped"]
    assert not [row for change in ("new", "fixed", "open", "flapping") for row in changes[change] if gone in row]
    assert gone not in known(second)
    # It is told once.
    assert audited(second, TIMES[2], **later)[1]["dropped"] == []


def test_domain_that_is_no_longer_audited_is_not_fixed():
    domains = {name: {"checks": [{"control": "spf_published", "status": "fail", "evidence": "", "publish": None, "request": None}]} for name in ("a.example",)}
    first, _changes = audited(None, TIMES[0], dns={"identities": [], "domains": domains}, domains=["a.example"])
    changes = audited(first, TIMES[1], dns={"identities": [], "domains": domains}, domains=["b.example"])[1]
    assert "mx1 spf_published:a.example" in changes["dropped"]
    assert changes["fixed"] == []


def test_listing_that_is_over_for_an_audited_address_is_fixed():
    first, _changes = audited(None, TIMES[0])
    assert "mx1 address_not_listed:198.51.100.11" in report(previous=first, now=TIMES[1])["fleet"]["changes"]["fixed"]


def test_host_that_left_the_inventory_counts_for_nothing():
    first, _changes = audited(None, TIMES[0])
    evidence = fleet_evidence({"mx2": {"observed": {"mail_host": mail_host(local=["198.51.100.12"])}}})
    changes = diagnose(evidence, BASELINE, CLEAN, GOOD_DNS, TIMES[1], previous=first)["fleet"]["changes"]
    assert not [row for change in ("new", "fixed", "open", "flapping", "dropped") for row in changes[change] if row.startswith("mx1 ")]


def test_cause_that_nothing_tells_of_now_stays_open():
    first = report(LISTED, log=[group(LISTED_TEXT)], now=TIMES[0])
    facts = mail_host()
    facts["log"].update(first=None, last=None)
    second = diagnose(fleet_evidence({"mx1": {"observed": {"mail_host": facts}}}), BASELINE, CLEAN, GOOD_DNS, TIMES[1], previous=first)
    cause = "mx1 not_refused:ip_blocklisted:bl.spamcop.net"
    assert cause in second["fleet"]["changes"]["open"]
    third = report(LISTED, log=[group(LISTED_TEXT)], previous=second, now=TIMES[2])["fleet"]["changes"]
    assert cause in third["open"]
    assert third["new"] == ["mx1 address_not_listed:198.51.100.11"]


def test_expired_waiver_that_is_renewed_is_fixed_and_one_of_a_gone_address_is_not():
    ended = [{"control": "ptr_exists", "hosts": "mx1", "justification": "asked", "expires": "2026-11-01"}]
    first, _changes = audited(None, TIMES[0], waivers=ended)
    expired = "mx1 waiver_expired:ptr_exists:198.51.100.11"
    renewed = audited(first, TIMES[1], waivers=[{**ended[0], "expires": "2026-12-31"}])[1]
    assert expired in renewed["fixed"]
    moved = audited(first, TIMES[1], waivers=ended, address="198.51.100.12")[1]
    assert (expired in moved["fixed"], expired in moved["dropped"]) == (False, True)


def test_compare_leaves_the_previous_report_alone():
    first = report(dns=BAD_PTR, now=TIMES[0])
    before = copy.deepcopy(first)
    report(previous=first, now=TIMES[1])
    assert first == before


# Too large to be true


SOME_CHECKS = ("ptr_exists", "fcrdns", "helo_resolves", "spf_authorises")


def fleet(count, listed=(), text=None, dns_fails=(), controls=SOME_CHECKS, previous=None, now=NOW, zones=("new.example.net",), **more):
    """A fleet of ``count`` hosts; those of the numbers ``listed`` are on one list, and refused with ``text``; ``controls`` fail for those of ``dns_fails``."""
    hosts, subjects, rows = {}, {}, []
    for number in range(count):
        address, spare, name = f"198.51.100.{number}", f"203.0.113.{number}", f"mx{number}"
        facts = mail_host(local=[address, spare], helo=f"{name}.example.com", log=[group(text)] if text and number in listed else [])
        facts["now"] = now
        hosts[name] = {"observed": {"mail_host": facts}, "pool": [{"address": spare}], **more}
        subjects[address] = subject("listed", [listing(zone) for zone in zones]) if number in listed else subject()
        subjects[spare] = subject()
        differing = dict.fromkeys(controls, "fail") if number in dns_fails else {}
        rows += [(address, f"{name}.example.com", differing), (spare, f"{name}.example.com", {})]
    lists = {"subjects": subjects, "zones": {}, "resolver": {}}
    return remediation_plan(diagnose(fleet_evidence(hosts), BASELINE, lists, sender_dns(*rows), now, previous=previous))


def kinds(diagnosis):
    return [(suspect["kind"], suspect["subject"]) for suspect in diagnosis["fleet"]["suspects"]]


def test_list_that_newly_has_a_tenth_of_the_fleet_is_suspect_and_blocks():
    before = fleet(20, now=TIMES[0])
    diagnosis = fleet(20, listed=range(6), text=LISTED_TEXT.replace("bl.spamcop.net", "new.example.net"), previous=before, now=TIMES[1])
    assert kinds(diagnosis) == [("zone", "new.example.net")]
    actions = diagnosis["hosts"]["mx0"]["actions"]
    assert actions
    assert {action["state"] for action in actions} == {"blocked"}
    assert "newly lists 6 of 40" in actions[0]["failed"][0]


def test_two_lists_at_once_vouch_for_each_other_no_better():
    before = fleet(20, now=TIMES[0])
    text = LISTED_TEXT.replace("bl.spamcop.net", "new.example.net")
    diagnosis = fleet(20, listed=range(6), text=text, previous=before, now=TIMES[1], zones=("new.example.net", "other.example.net"))
    assert kinds(diagnosis) == [("zone", "new.example.net"), ("zone", "other.example.net")]
    assert {action["state"] for action in diagnosis["hosts"]["mx0"]["actions"]} == {"blocked"}


def test_without_an_earlier_report_nothing_is_called_new():
    (suspect,) = fleet(20, listed=range(6))["fleet"]["suspects"]
    assert suspect["evidence"] == "new.example.net lists 6 of 40 addresses of the fleet, and no earlier report tells since when."


def test_two_listed_hosts_are_an_ordinary_finding():
    assert kinds(fleet(20, listed=range(2), previous=fleet(20, now=TIMES[0]), now=TIMES[1])) == []


@pytest.mark.parametrize(("now", "expected"), [("2026-11-21T11:00:00Z", [("zone", "new.example.net")]), ("2026-11-22T13:00:00Z", [])])
def test_list_that_was_suspect_stays_so_for_a_day(now, expected):
    before = fleet(20, listed=range(6), previous=fleet(20, now="2026-11-20T11:00:00Z"), now="2026-11-20T12:00:00Z")
    hours_later = fleet(20, listed=range(6), previous=before, now="2026-11-20T15:00:00Z")
    assert kinds(before) == kinds(hours_later) == [("zone", "new.example.net")]
    assert kinds(fleet(20, listed=range(6), previous=hours_later, now=now)) == expected


def test_list_that_had_them_before_is_no_news():
    before = fleet(20, listed=range(6), now=TIMES[0])
    before["fleet"]["suspects"] = []
    assert kinds(fleet(20, listed=range(6), previous=before, now=TIMES[1])) == []


@pytest.mark.parametrize(("now", "expected"), [("2026-11-21T11:00:00Z", [("resolver", None)]), ("2026-11-22T13:00:00Z", [])])
def test_resolver_that_was_suspect_stays_so_for_a_day(now, expected):
    broken = {"dns_fails": range(5), "controls": ALL_CHECKS}
    before = fleet(5, **broken, previous=fleet(5, now="2026-11-20T11:00:00Z"), now="2026-11-20T12:00:00Z")
    hours_later = fleet(5, **broken, previous=before, now="2026-11-20T15:00:00Z")
    assert kinds(before) == kinds(hours_later) == [("resolver", None)]
    assert kinds(fleet(5, **broken, previous=hours_later, now=now)) == expected
    assert kinds(fleet(5, previous=hours_later, now="2026-11-20T16:00:00Z")) == []


def test_resolver_that_changed_its_mind_about_everything_is_suspect_and_blocks():
    diagnosis = fleet(5, dns_fails=range(5), previous=fleet(5, now=TIMES[0]), now=TIMES[1])
    # Four of the DNS controls of each host fail, which is less than half.
    assert kinds(diagnosis) == []
    before, broken = fleet(5, now=TIMES[0]), fleet(5, dns_fails=range(5), controls=ALL_CHECKS, previous=fleet(5, now=TIMES[0]), now=TIMES[1])
    assert before["hosts"]["mx0"]["actions"] == []
    assert kinds(broken) == [("resolver", None)]
    assert {action["state"] for action in broken["hosts"]["mx0"]["actions"]} == {"blocked"}


def test_every_control_of_a_domain_counts_whichever_policy_has_it():
    """Mail protocols of a domain, and controls of another policy and of the user's own, rest on the resolver as PTR and HELO do."""
    own = {"id": "mine", "title": "Mine", "scope": "domain", "severity": "high", "remedy": "fix_dkim", "query": "checks.mta_sts_policy.status"}
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": mail_host()}, "domains": [f"d{n}.example" for n in range(20)]}})
    policies = [*load_policies(["rfc", "yahoo-2024"]), ("own.yml", {"controls": [own]})]

    def judged(status, previous=None):
        checks = [{"control": "mta_sts_policy", "status": status, "evidence": "", "publish": None, "request": None}]
        domains = {f"d{n}.example": {"checks": checks} for n in range(20)}
        return diagnose(evidence, policies, CLEAN, {"identities": [], "domains": domains}, NOW, previous=previous)

    turned = remediation_plan(judged("fail", previous=judged("pass")))
    assert kinds(turned) == [("resolver", None)]
    assert {(action["remedy"], action["state"]) for action in turned["hosts"]["mx1"]["actions"]} == {("fix_dkim", "blocked")}


def test_clock_that_is_off_is_suspect_and_blocks_its_host_alone():
    evidence = fleet_evidence({name: {"observed": {"mail_host": mail_host(log=[group(LISTED_TEXT)])}, "pool": POOL} for name in ("mx1", "mx2")})
    evidence["hosts"]["mx2"]["mail_host"]["now"] = "2026-11-19T12:00:00Z"
    diagnosis = remediation_plan(diagnose(evidence, BASELINE, LISTED, GOOD_DNS, NOW))
    assert kinds(diagnosis) == [("clock", "mx2")]
    assert {action["state"] for action in diagnosis["hosts"]["mx2"]["actions"]} == {"blocked"}
    assert "blocked" not in {action["state"] for action in diagnosis["hosts"]["mx1"]["actions"]}


@pytest.mark.parametrize(
    ("asked", "told", "expected"),
    [
        ("2026-11-20T08:00:00Z", "2026-11-20T08:00:05Z", None),  # stored in the morning, judged at noon
        ("2026-11-20T08:00:00Z", "2026-11-20T11:30:00Z", None),  # a play of hours
        ("2026-11-20T08:00:00Z", "2026-11-20T07:00:00Z", "The clock of mx1 is 3600 seconds behind."),
        ("2026-11-20T08:00:00Z", "2026-11-20T13:00:00Z", "The clock of mx1 is 3600 seconds ahead."),
        ("2026-11-17T12:00:00Z", "2026-11-17T12:00:05Z", "The evidence of mx1 is 72 hours old: observe it again."),
    ],
)
def test_time_of_the_evidence(asked, told, expected):
    facts = {**mail_host(log=[group(LISTED_TEXT)]), "now": told}
    evidence = fleet_evidence({"mx1": {"observed": {"mail_host": facts}, "pool": POOL, "asked_at": asked}})
    diagnosis = remediation_plan(diagnose(evidence, BASELINE, LISTED, GOOD_DNS, NOW))
    assert [suspect["evidence"] for suspect in diagnosis["fleet"]["suspects"]] == ([expected] if expected else [])
    assert ("blocked" in {action["state"] for action in diagnosis["hosts"]["mx1"]["actions"]}) == bool(expected)


def test_recorded_evidence_has_its_own_clock():
    facts = {**mail_host(), "now": "2020-01-01T00:00:00Z", "snapshot": True}
    assert kinds(diagnose(fleet_evidence({"mx1": {"observed": {"mail_host": facts}}}), BASELINE, None, None, NOW)) == []


@pytest.mark.parametrize("previous", [{}, {"hosts": {}}, {"hosts": {"mx1": {}}}, {"hosts": {"mx1": {"error": "x", "findings": []}}}])
def test_thin_previous_reports_do_no_harm(previous):
    assert report(previous=previous)["hosts"]["mx1"]["state"] == "ok"
