# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``playbooks/rollback.yml`` after a run that was killed: it takes back what was done and tells what that was, on Postfix and Exim."""

from __future__ import annotations

import json
import os
import re

import change_hosts
import pytest
from change_faults import AFTER, BEFORE, as_it_was, at_first, changed_once, fails, killed, stands
from change_hosts import CLEAN, LISTED
from mail_hosts import recap

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces and for mail systems")


@pytest.fixture(scope="module", params=change_hosts.SYSTEMS)
def changed(request):
    with changed_once(request.param, "rollback") as host:
        yield host


@pytest.fixture
def host(changed):
    return at_first(changed)


def told_back(done):
    """Return what the playbook said that it took back."""
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(re.search(r"Show what was taken back.*?=> (\{.*?\n\})", done.stdout, re.DOTALL).group(1))["msg"]


def rolled_back(host, *said):
    """Take everything back by the playbook: it says so, mail is tried from the first address again, and the second time there is nothing to do."""
    tried = len(host.told("asked.jsonl"))
    assert told_back(host.roll_back()) == list(said)
    as_it_was(host)
    host.try_all()
    host.wait_for(lambda: len(host.told("asked.jsonl")) > tried, "mail is tried")
    assert host.told("asked.jsonl")[-1]["client"] == LISTED
    done = host.roll_back()
    assert (told_back(done), recap(done)) == (["nothing of ours is there"], 0), done.stdout
    as_it_was(host)


TWO = "held messages that were let go: 2"


@pytest.mark.parametrize(
    ("kill", "said"),
    [
        (BEFORE[1], ["outbound_ip: unchanged"]),
        (BEFORE[2], ["outbound_ip: unchanged"]),
        (BEFORE[4], ["outbound_ip: restored", TWO]),
        (BEFORE[6], ["outbound_ip: restored", TWO]),
        (AFTER[4], ["outbound_ip: restored"]),
    ],
    ids=["before the note", "before the hold", "one file", "both files", "before the note is gone"],
)
def test_playbook_takes_back_what_was_killed(host, kill, said):
    host.rules(["client", CLEAN, change_hosts.GREYLISTED])
    killed(host, *kill, remediate_change_proof_timeout=1)
    rolled_back(host, *said)


@pytest.mark.parametrize(("kill", "said"), [(BEFORE[5], ["outbound_ip: restored", TWO]), (AFTER[4], ["outbound_ip: unchanged"])], ids=["reload", "forget"])
def test_playbook_that_is_killed_goes_on_the_next_time(host, kill, said):
    killed(host, *BEFORE[6])
    done = host.roll_back(kill=kill)
    assert done.returncode == -9, done.stdout + done.stderr
    stands(host)
    rolled_back(host, *said)


def test_playbook_leaves_alone_what_a_person_repaired(host):
    """What the killed run wrote has been changed since: that stays and is shown, and the mail goes its way."""
    host.rules(["client", CLEAN, change_hosts.GREYLISTED])
    killed(host, *BEFORE[6])
    host.mended()
    found = host.files()
    for changed in (1, 0):
        done = host.roll_back()
        fails(done, "changed by somebody else", change_hosts.MENDED)
        assert re.search(rf"^ +\"-.* = {change_hosts.HELO}\",\n +\"\+.* = {change_hosts.MENDED}\"", done.stdout, re.MULTILINE), done.stdout
        assert recap(done) == changed
        assert (host.is_whole(), host.files(), host.held(), len(host.waiting())) == (True, found, [], 2)
    # The next run goes on from there.
    host.rules()
    done, result = host.play()
    assert (done.returncode, result["outcome"]) == (0, "proven"), done.stdout + done.stderr
