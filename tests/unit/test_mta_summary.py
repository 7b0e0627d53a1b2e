# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, totals and flows: what is folded stays true, and stays small."""

from __future__ import annotations

import random

import pytest
from mta_data import FIXTURES, NOW, read_log

from ansible_collections.postmaster.deliverability.plugins.module_utils._mta import summary as summary_module
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import Attempt, QueueEntry, rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock, LogText
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import Forms, LogSummary, Truths, summarise_queue
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.template import template_of

GREYLISTED = "host mx.example.net[192.0.2.1] said: 450 4.2.0 <{to}>: Greylisted (in reply to RCPT TO command)"
GROUP_KEYS = {
    *("destination", "relay_host", "relay_address", "outcome", "stage", "template", "text", "dsn", "count", "bytes", "first", "last", "oldest_age", "samples"),
    *("sender_domains", "masked"),
}


def entry(number=0, to="a@example.net", text=GREYLISTED, age=60, **fields):
    return QueueEntry(f"Q{number}", "deferred", NOW - age, 1000, "s@example.com", to, text.format(to=to), "RCPT TO", "mx.example.net", "192.0.2.1")._replace(
        **fields
    )


def attempt(number=0, to="a@example.net", outcome="deferred", moment=NOW - 60, text=GREYLISTED, **fields):
    return Attempt(
        moment, f"Q{number}", outcome, to, "s@example.com", text.format(to=to), "RCPT TO", "mx.example.net", "192.0.2.1", dsn="4.2.0", size=1000
    )._replace(**fields)


def log_facts(*attempts, max_groups=50):
    summary = LogSummary(NOW)
    for one in attempts:
        summary.attempt(one)
    return summary.facts(LogText("", Clock(NOW)), max_groups)


# The queue.


def test_queue_contract():
    facts = summarise_queue([entry(1), entry(1, to="b@example.net"), entry(2, to="c@example.org", age=7200, size=500)], NOW, 50)
    assert {key: facts[key] for key in ("total", "recipients", "bytes", "oldest_age", "by_queue", "rest")} == {
        "total": 2,
        "recipients": 3,
        "bytes": 1500,
        "oldest_age": 7200,
        "by_queue": {"deferred": 2},
        "rest": {"count": 0, "groups": 0},
    }
    assert facts["ages"][:2] == [{"under": 3600, "count": 1}, {"under": 14400, "count": 1}]
    assert facts["ages"][-1] == {"under": None, "count": 0}
    first = facts["groups"][0]
    assert set(first) == GROUP_KEYS
    assert first == {
        "destination": "example.net",
        "relay_host": "mx.example.net",
        "relay_address": "192.0.2.1",
        "outcome": "deferred",
        "stage": "RCPT TO",
        "template": template_of(GREYLISTED.format(to="a@example.net")),
        "text": GREYLISTED.format(to="a@example.net"),
        "dsn": None,
        "count": 2,
        "bytes": 2000,
        "first": rfc3339(NOW - 60),
        "last": rfc3339(NOW - 60),
        "oldest_age": 60,
        "samples": ["Q1"],
        "sender_domains": ["example.com"],
        "masked": False,
    }


def test_queue_empty():
    facts = summarise_queue([], NOW, 50)
    assert (facts["total"], facts["oldest_age"], facts["groups"]) == (0, None, [])


def test_queue_sums_of_systems_that_show_no_messages():
    facts = summarise_queue([entry(queue_id="", count=7, size=0), entry(queue_id="", count=5, size=0, to="b@example.org")], NOW, 50)
    assert (facts["total"], facts["recipients"], facts["by_queue"]) == (12, 12, {"deferred": 12})


def test_queue_without_arrival_times():
    facts = summarise_queue([entry(arrival=None)], NOW, 50)
    assert (facts["oldest_age"], facts["groups"][0]["first"], facts["groups"][0]["oldest_age"]) == (None, None, None)


def test_queue_from_the_future_has_no_negative_age():
    facts = summarise_queue([entry(age=-100)], NOW, 50)
    assert (facts["oldest_age"], facts["ages"][0]["count"]) == (0, 1)


@pytest.mark.parametrize("max_groups", [0, 1, 5, 100])
def test_rest_is_summed_and_nothing_is_lost(max_groups):
    pick = random.Random(max_groups)
    entries = [entry(number, to=f"u@d{pick.randrange(20)}.example") for number in range(300)]
    facts = summarise_queue(entries, NOW, max_groups)
    assert len(facts["groups"]) == min(max_groups, 20)
    assert sum(group["count"] for group in facts["groups"]) + facts["rest"]["count"] == 300
    assert len(facts["groups"]) + facts["rest"]["groups"] == 20
    counts = [group["count"] for group in facts["groups"]]
    assert counts == sorted(counts, reverse=True)


def test_groups_beyond_the_memory_limit_are_summed(monkeypatch):
    monkeypatch.setattr(summary_module, "GROUPS_HELD", 10)
    facts = summarise_queue([entry(number, to=f"u@d{number}.example") for number in range(100)], NOW, 50)
    assert len(facts["groups"]) == 10
    assert facts["rest"] == {"count": 90, "groups": 1}


def test_same_input_same_output():
    entries = [entry(number, to=f"u@d{number % 7}.example") for number in range(50)]
    assert summarise_queue(entries, NOW, 3) == summarise_queue(iter(entries), NOW, 3)


def test_masked_entry_finds_its_reason_in_the_log():
    log = LogSummary(NOW)
    log.attempt(attempt(1))
    masked = entry(1, text="connect to mx.example.net[192.0.2.1]:25: Connection timed out", masked=True)
    group = summarise_queue([masked], NOW, 50, log.truths)["groups"][0]
    assert (group["masked"], group["text"]) == (False, GREYLISTED.format(to="a@example.net"))


def test_masked_entry_stays_masked_without_a_log():
    masked = entry(1, text="connect to mx.example.net[192.0.2.1]:25: Connection timed out", masked=True)
    for truths in (None, Truths()):
        group = summarise_queue([masked], NOW, 50, truths)["groups"][0]
        assert (group["masked"], group["text"]) == (True, masked.text)


@pytest.mark.parametrize(
    ("known", "masked", "recovered"),
    [
        # This message's own last reply, before a later one to others.
        ([attempt(1), attempt(2, to="b@example.net", text="451 4.3.0 busy")], entry(1, text="lost", masked=True), "a@example.net"),
        # Another message's to the same destination.
        ([attempt(2, to="b@example.net")], entry(1, text="busy", masked=True), "b@example.net"),
        # The relay's, for a destination that had none.
        ([attempt(2, to="b@example.org", stage="connect")], entry(1, text="lost", masked=True), "b@example.org"),
        # Not what the relay says about one recipient, nor what it refuses for good.
        ([attempt(2, to="b@example.org")], entry(1, text="lost", masked=True), None),
        ([attempt(2, to="b@example.net", outcome="bounced")], entry(1, text="lost", masked=True), None),
        # Not another relay's.
        ([attempt(2, to="b@example.net", relay_host="other.example")], entry(1, text="lost", masked=True), None),
        # Any relay's of that destination, where the text names none.
        ([attempt(2, to="b@example.net", relay_host="other.example")], entry(1, text="lost", masked=True, relay_host=None), "b@example.net"),
        # No reply explains another destination.
        ([attempt(2, to="b@example.org", stage="connect")], entry(1, text="lost", masked=True, relay_host=None), None),
    ],
)
def test_where_the_true_reason_comes_from(known, masked, recovered):
    log = LogSummary(NOW)
    for one in known:
        log.attempt(one)
    group = summarise_queue([masked], NOW, 50, log.truths)["groups"][0]
    assert group["masked"] is (recovered is None)
    assert group["text"] == (GREYLISTED.format(to=recovered) if recovered else masked.text)


# The log.


def test_log_contract():
    facts = log_facts(
        attempt(1), attempt(2), attempt(3, outcome="bounced"), attempt(4, outcome="sent", text="250 ok"), attempt(1, outcome="sent", text="250 ok")
    )
    assert {key: facts[key] for key in ("received", "delivered", "deferred", "bounced", "expired", "deferred_messages", "local")} == {
        "received": 0,
        "delivered": 2,
        "deferred": 2,
        "bounced": 1,
        "expired": 0,
        "deferred_messages": 2,
        "local": 0,
    }
    hour = rfc3339(NOW - 60 - (NOW - 60) % 3600)
    assert facts["by_hour"] == [{"hour": hour, "sent": 2, "deferred": 2, "bounced": 1, "expired": 0}]
    group = facts["groups"][0]
    assert set(group) == GROUP_KEYS | {"by_hour", "handled", "host_level"}
    assert (group["count"], group["handled"], group["host_level"], group["by_hour"], group["dsn"]) == (2, 1, False, {hour: 2}, "4.2.0")
    assert facts["delivered_to"] == [
        {
            "destination": "example.net",
            "relay_host": "mx.example.net",
            "relay_address": "192.0.2.1",
            "count": 2,
            "first": rfc3339(NOW - 60),
            "last": rfc3339(NOW - 60),
        }
    ]


def test_local_delivery_is_not_told_as_a_destination():
    facts = log_facts(attempt(1, outcome="sent", local=True))
    assert (facts["delivered"], facts["local"], facts["delivered_to"]) == (1, 1, [])


def test_destinations_are_bounded(monkeypatch):
    monkeypatch.setattr(summary_module, "DESTINATIONS_HELD", 10)
    facts = log_facts(*(attempt(number, to=f"u@d{number}.example", outcome="sent") for number in range(30)), max_groups=4)
    assert len(facts["delivered_to"]) == 4
    assert facts["delivered_to_rest"] == {"count": 26, "destinations": 6}


def test_deliveries_beside_a_refusal_are_told_even_if_they_are_few():
    """A refusal weighs what it does by the deliveries to the same destination."""
    many = [attempt(number, to=f"u@d{number % 10}.example", outcome="sent") for number in range(100)]
    facts = log_facts(*many, attempt(200, to="u@small.example", outcome="sent"), attempt(201, to="u@small.example"), max_groups=5)
    assert [row["destination"] for row in facts["delivered_to"]][-1] == "small.example"
    assert (len(facts["delivered_to"]), facts["delivered_to_rest"]) == (6, {"count": 50, "destinations": 5})


def test_hours_of_a_group_are_bounded():
    facts = log_facts(*(attempt(number, moment=NOW - 3600 * number) for number in range(200)))
    hours = facts["groups"][0]["by_hour"]
    assert len(hours) == summary_module.HOURS_OF_A_GROUP
    assert max(hours) == rfc3339(NOW - NOW % 3600)


def test_samples_and_sender_domains_are_bounded():
    facts = log_facts(*(attempt(number, sender=f"s@d{number}.example") for number in range(20)))
    group = facts["groups"][0]
    assert len(group["samples"]) == 3
    assert len(group["sender_domains"]) == 5


def test_result_stays_readable_for_a_thousand_hosts():
    """Half a million different failures: the result is tens of kilobytes."""
    import json

    summary = LogSummary(NOW)
    for number in range(20000):
        summary.attempt(attempt(number, to=f"u{number}@d{number % 3000}.example", moment=NOW - number * 30, sender=f"s{number}@example.com"))
    assert len(json.dumps(summary.facts(LogText("", Clock(NOW)), 50))) < 120_000


def test_form_is_that_of_the_whole_text():
    """What is taken out before a template is looked up changes no template."""
    forms = Forms()
    found = 0
    for name in ("mail-3.7-rfc3339.log", "mail-3.10.log"):
        for group in read_log((FIXTURES / "postfix" / name).read_text(), max_groups=1000)["groups"]:
            assert group["template"] == template_of(group["text"])
            assert forms.of_text(group["text"], "", group["relay_host"], group["relay_address"]).template == group["template"]
            found += 1
    assert found >= 80


# Senders.


def flow(*hours, sender="news@example.com"):
    """Return the facts of one sender who sent so many messages in each hour."""
    summary = LogSummary(NOW)
    log = LogText("", Clock(NOW))
    start = NOW - NOW % 3600 - 3600 * len(hours)
    log.first, log.last = start, start + 3600 * len(hours)
    for number, count in enumerate(hours):
        for _message in range(count):
            summary.message(start + 3600 * number, sender)
    return summary.facts(log, 50)["senders"]


def test_sudden_volume_stands_out_from_the_senders_own_history():
    facts = flow(*([5] * 30), 400)
    (row,) = facts["top"]
    assert row["sudden"] is True
    assert (row["messages"], row["peak"], row["usual_per_hour"], facts["hours"]) == (550, 400, 5.0, 31)


@pytest.mark.parametrize("hours", [[100] * 30, [5] * 30 + [99], [50] * 30 + [400]])
def test_usual_volume_is_not_sudden(hours):
    assert flow(*hours)["top"][0]["sudden"] is False


def test_nobody_is_sudden_in_less_than_a_day():
    assert flow(*([1] * 10), 5000)["top"][0]["sudden"] is None


def test_newcomer_is_sudden():
    assert flow(*([0] * 40), 500)["top"][0]["sudden"] is True


def test_failures_of_a_sender():
    summary = LogSummary(NOW)
    summary.message(NOW, "s@example.com", 4)
    summary.attempt(attempt(1, outcome="bounced", text="550 5.1.1 <{to}>: User unknown"))
    summary.attempt(attempt(2, outcome="bounced", text="554 5.7.1 blocked"))
    summary.attempt(attempt(3))
    (row,) = summary.facts(LogText("", Clock(NOW)), 50)["senders"]["top"]
    assert (row["recipients"], row["bounced"], row["unknown_user"], row["deferred"]) == (4, 2, 1, 1)
    assert (row["bounce_ratio"], row["unknown_user_ratio"]) == (0.5, 0.25)


def test_many_senders_are_bounded_and_the_sudden_one_is_among_them(monkeypatch):
    monkeypatch.setattr(summary_module, "SENDERS_HELD", 50)
    summary = LogSummary(NOW)
    log = LogText("", Clock(NOW))
    log.first, log.last = NOW - 40 * 3600, NOW
    for number in range(40):
        summary.message(NOW - 40 * 3600 + number * 3600, f"big{number % 12}@example.com", 1, 100)
    summary.message(NOW - 3600, "quiet@example.org", 1, 150)
    for number in range(100):
        summary.message(NOW - 3600, f"s{number}@example.net")
    facts = summary.facts(log, 50)
    names = [row["sender"] for row in facts["senders"]["top"]]
    assert "quiet@example.org" in names
    assert len(names) <= 2 * summary_module.TOP
    assert facts["senders"]["messages"] == 4000 + 150 + 100


def test_sender_domains_are_counted():
    summary = LogSummary(NOW)
    for sender in ("a@example.com", "b@example.com", "c@example.org", "", "root"):
        summary.message(NOW, sender)
    assert summary.facts(LogText("", Clock(NOW)), 50)["sender_domains"] == [{"domain": "example.com", "count": 2}, {"domain": "example.org", "count": 1}]


def test_warnings_are_bounded_and_counted():
    summary = LogSummary(NOW)
    for number in range(100):
        summary.warn(f"warning {number % 20}")
    assert summary.warnings == {f"warning {number}": 5 for number in range(10)}
