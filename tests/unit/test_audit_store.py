# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store: a log read in two halves tells what the whole one tells."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.store import join
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import survey

OPTIONS = {"gather_subset": ["identity", "queue", "log"], "mta": "postfix", "config_dir": None, "log_files": None, "log_since": None, "max_groups": 50}
SAME = ("first", "last", "received", "delivered", "deferred", "bounced", "expired", "by_hour")


@pytest.fixture(scope="module")
def log_lines():
    """Six Postfix lines an hour for two days: a refused message and a delivered one."""
    lines = []
    for hour in range(48):
        stamp = f"2026-11-{17 + hour // 24:02}T{hour % 24:02}"
        for minute, text in (
            (4, "A{0:05X}: client=app.example.com[192.0.2.9]"),
            (5, "A{0:05X}: from=<shop@example.com>, size=500, nrcpt=1 (queue active)"),
            (
                6,
                "A{0:05X}: to=<u@example.net>, relay=mx.example.net[203.0.113.25]:25, delay=1, delays=0/0/0/1, dsn=4.7.1, status=deferred (host mx.example.net"
                "[203.0.113.25] said: 450 4.7.1 Client host [198.51.100.11] blocked using bl.example.org (in reply to RCPT TO command))",
            ),
            (34, "B{0:05X}: client=app.example.com[192.0.2.9]"),
            (35, "B{0:05X}: from=<shop@example.com>, size=500, nrcpt=1 (queue active)"),
            (36, "B{0:05X}: to=<u@example.org>, relay=mx.example.org[203.0.113.26]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)"),
        ):
            program = "smtpd" if "client=" in text else "qmgr" if "from=" in text else "smtp"
            lines.append(f"{stamp}:{minute:02}:00+00:00 mx1 postfix/{program}[10]: {text.format(hour)}")
    return lines


@pytest.fixture
def host(tmp_path, log_lines):
    """Write a snapshot with the first lines of the log, read it on from a cursor."""
    (tmp_path / "postconf.txt").write_text("myhostname = mail.example.com\nmyorigin = example.com\nsmtp_helo_name = $myhostname\n")
    (tmp_path / "postqueue-j.jsonl").write_text("")

    def read(count, cursor=None, now="2026-11-19T00:00:00Z"):
        (tmp_path / "recorded_at").write_text(now + "\n")
        (tmp_path / "mail.log").write_text("\n".join(log_lines[:count]) + "\n")
        return survey({**OPTIONS, "snapshot": str(tmp_path), "log_cursor": cursor})["mail_host"]

    return read


GROUP = ("destination", "count", "first", "last", "by_hour")


def test_two_halves_are_the_whole(host):
    whole = host(288)
    first = host(144, now="2026-11-18T00:00:00Z")
    second = host(288, first["log"]["cursor"])
    assert second["log"]["delivered"] == 24
    joined = join(first, second)["log"]
    assert {key: joined[key] for key in SAME} == {key: whole["log"][key] for key in SAME}
    for place, keys in (("groups", GROUP), ("delivered_to", GROUP), ("sender_domains", ("domain", "count"))):
        pick = [{key: row.get(key) for key in keys} for row in joined[place]]
        assert pick == [{key: row.get(key) for key in keys} for row in whole["log"][place]]
    assert joined["senders"]["messages"] == whole["log"]["senders"]["messages"]
    assert joined["cursor"] == second["log"]["cursor"]


def test_what_left_the_window_is_forgotten(host):
    first = host(144, now="2026-11-18T00:00:00Z")
    joined = join(first, host(288, first["log"]["cursor"]), window=86400)["log"]
    assert joined["first"] == "2026-11-18T00:00:00Z"
    assert joined["groups"][0]["count"] == 24
    assert joined["delivered"] == 24


def test_lines_read_twice_do_not_count_twice(host):
    whole = host(288)
    assert join(whole, host(288)) == host(288)


def test_nothing_new_keeps_what_is_known(host):
    first = host(288)
    second = host(288, first["log"]["cursor"], now="2026-11-19T01:00:00Z")
    assert second["log"]["groups"] == []
    joined = join(first, second)
    assert joined["log"]["delivered"] == 48
    assert joined["now"] == "2026-11-19T01:00:00Z"


def test_nothing_stored_or_no_log(host):
    facts = host(288)
    assert join(None, facts) == facts
    assert join({"log": None}, facts) == facts
    bare = {key: value for key, value in facts.items() if key != "log"}
    assert join(facts, bare) == bare


def test_inputs_stay_as_they_are(host):
    first = host(144, now="2026-11-18T00:00:00Z")
    second = host(288, first["log"]["cursor"])
    before = copy.deepcopy((first, second))
    join(first, second)
    assert (first, second) == before


def test_sender_that_shoots_up_is_measured_by_its_past(host):
    first = host(144, now="2026-11-18T00:00:00Z")
    second = host(288, first["log"]["cursor"])
    row = second["log"]["senders"]["top"][0]
    row.update(messages=500, peak=400, peak_hour="2026-11-18T20:00:00Z", sudden=None)
    (joined,) = [sender for sender in join(first, second)["log"]["senders"]["top"] if sender["sender"] == row["sender"]]
    assert joined["sudden"] is True
    assert joined["messages"] == 548


def later(facts, days, **senders):
    """The same host some days later: what it has read since the ``facts``, with other counts of its first sender."""
    moved = copy.deepcopy(facts)
    moved["now"] = f"2026-11-{19 + days:02}T00:00:00Z"
    moved["log"].update(first=f"2026-11-{18 + days:02}T00:10:00Z", last=moved["now"], by_hour=[], groups=[], delivered_to=[])
    moved["log"]["senders"]["top"][0].update(peak_hour=f"2026-11-{18 + days:02}T10:00:00Z", **senders)
    return moved


def test_a_flow_that_shot_up_is_forgotten_with_its_hour(host):
    first = host(144, now="2026-11-18T00:00:00Z")
    second = host(288, first["log"]["cursor"])
    second["log"]["senders"]["top"][0].update(messages=500, peak=400, peak_hour="2026-11-18T20:00:00Z")
    joined = join(first, second)
    for day in range(1, 12):
        joined = join(joined, later(second, day, messages=24, peak=1))
        sender = joined["log"]["senders"]["top"][0]
        assert sender["sudden"] is (day < 7), day
    assert sender["peak"] < 400
    # A week of 24 messages a day, and what was read before does not pile up.
    assert 140 <= sender["messages"] <= 220
    assert sender["usual_per_hour"] <= 1.5


def test_domain_that_has_sent_nothing_for_a_window_is_forgotten(host):
    first = host(144, now="2026-11-18T00:00:00Z")
    first["log"]["sender_domains"].append({"domain": "once.example", "count": 1})
    first["log"]["rest"] = {"count": 5, "groups": 2}
    joined, kept = first, host(288, first["log"]["cursor"])
    kept["log"]["rest"] = {"count": 0, "groups": 0}
    known = {}
    for day in range(1, 10):
        joined = join(joined, later(kept, day))
        known[day] = [row["domain"] for row in joined["log"]["sender_domains"]]
    assert ("once.example" in known[3], "once.example" in known[9]) == (True, False)
    assert known[9]
    assert joined["log"]["rest"]["count"] < 2
