# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the recorded evidence is what the recipe would record: every message of the stories is there, with the fate that it is to have."""

from __future__ import annotations

import collections
import datetime
import gzip
import json
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet/record"))
import stories

EVIDENCE = pathlib.Path(__file__).resolve().parents[2] / "examples/fleet/evidence"
WEIGHT = 400_000  # octets, which every clone carries
LINE = re.compile(r"^(\w{3} +\d+ [\d:]{8}) \S+ postfix/smtp\[\d+\]: (\w+): to=<([^>]+)>.* status=(\w+) ")
hosts = pytest.mark.parametrize("host", stories.HOSTS, ids=lambda host: host.name)


def read_log(host):
    folder = EVIDENCE / host.name
    return gzip.decompress((folder / "mail.log.1.gz").read_bytes()).decode() + (folder / "mail.log").read_text()


def attempts(host):
    """``(time as in the log, queue id, recipient, status)`` of every attempt to deliver to another server."""
    return [match.groups() for match in map(LINE.match, read_log(host).splitlines()) if match]


def fates(host):
    """How many messages to each destination ended how."""
    last = {queue_id: (recipient.partition("@")[2], status) for _time, queue_id, recipient, status in attempts(host)}
    return collections.Counter(last.values())


def test_each_story_has_its_evidence():
    assert sorted(folder.name for folder in EVIDENCE.iterdir()) == sorted(host.name for host in stories.HOSTS)


def test_evidence_is_light():
    assert sum(path.stat().st_size for path in EVIDENCE.rglob("*")) < WEIGHT


@hosts
def test_recorded_at_is_the_fleets_own_time(host):
    text = (EVIDENCE / host.name / "recorded_at").read_text().strip()
    assert datetime.datetime.fromisoformat(text).timestamp() == stories.RECORDED_AT


@hosts
def test_every_message_was_sent_once(host):
    sent = collections.Counter(mail.recipient for mail in host.mails)
    logged = collections.Counter({queue_id: recipient for _time, queue_id, recipient, _status in attempts(host)}.values())
    assert logged == sent


@hosts
def test_queue_holds_what_the_log_calls_deferred(host):
    waiting = {json.loads(line)["queue_id"] for line in (EVIDENCE / host.name / "postqueue-j.jsonl").read_text().splitlines()}
    last = {queue_id: status for _time, queue_id, _recipient, status in attempts(host)}
    assert waiting == {queue_id for queue_id, status in last.items() if status == "deferred"}


@hosts
def test_log_tells_of_more_than_a_day_and_of_no_trouble_of_its_own(host):
    log = read_log(host)
    first, last = (datetime.datetime.strptime(f"2026 {line[:15]}", "%Y %b %d %H:%M:%S") for line in (log.splitlines()[0], log.splitlines()[-1]))
    assert last - first > datetime.timedelta(hours=24)
    assert not re.search(r"\]: (?:warning|error|fatal|panic): ", log)


def test_fates_are_those_of_the_stories():
    assert {host.name: {f"{destination} {status}" for destination, status in fates(host)} for host in stories.HOSTS} == {
        "home": {"mailhub.example bounced", "strict.example bounced", "webmail.example deferred", "cloudmail.example sent", "council.example sent"},
        "shop": {
            "cloudmail.example sent",
            "mailhub.example sent",
            "webmail.example sent",
            "strict.example sent",
            "strict.example bounced",
            "wholesale.example sent",
            "wholesale.example bounced",
            "council.example sent",
            "council.example deferred",
        },
        "branch": {
            "cloudmail.example sent",
            "webmail.example sent",
            "mailhub.example bounced",
            "wholesale.example bounced",
            "council.example deferred",
            "strict.example deferred",
        },
        "office": {
            "cloudmail.example sent",
            "council.example sent",
            "mailhub.example sent",
            "strict.example sent",
            "webmail.example sent",
            "bank.example sent",
            "club.example sent",
            "club.example deferred",
            "mailhub.example deferred",
            "mailhub.example bounced",
        },
    }


def test_shop_was_refused_from_the_listing_on_and_not_before():
    refused = [time for time, _queue_id, _recipient, status in attempts(stories.SHOP) if status != "sent"]
    listed_at = datetime.datetime.fromtimestamp(stories.LISTED_AT, datetime.UTC)
    assert refused
    assert min(refused) > listed_at.strftime("%b %d %H:%M:%S")
