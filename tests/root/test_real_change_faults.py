# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a change when something goes wrong in the middle: ``kill -9``, a reload that fails, a full disk, no DNS, no server, a second run.

Whatever it is, the configuration is whole, the service is up, no message is lost, and the next run or the way back lets go what is held. Each on a real
Postfix and a real Exim.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import re

import change_hosts
import mail_hosts
import pytest
from change_hosts import CLEAN, LISTED, PROBE
from mail_hosts import recap

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces and for mail systems")

BOTH = ["ann@example.net", "bob@example.net"]


@pytest.fixture(scope="module", params=change_hosts.SYSTEMS)
def made(request):
    with mail_hosts.opened(change_hosts.SYSTEMS[request.param], f"faults-{request.param}") as host:
        done, _result = host.play()
        assert done.returncode == 0, done.stdout + done.stderr
        host.changed = host.files()
        yield host


@pytest.fixture
def host(made):
    """The host as it was first: its address is listed, and two messages wait."""
    made.reset()
    for recipient in BOTH:
        made.send(recipient)
    made.settled(2)
    return made


def stands(host):
    """The service is up, and each file is as it was or as it is to be. One that was about to be renamed may lie beside it."""
    assert host.is_whole()
    for name, content in host.files().items():
        known = (host.first.get(name), host.changed.get(name))
        assert content in known or name == "generated" or name.endswith(".postmaster.deliverability"), name


def as_it_was(host):
    """Nothing is changed, held, noted or lost."""
    assert host.is_whole()
    assert host.files() == host.first
    assert (host.held(), len(host.waiting()), host.is_clean()) == ([], 2, True)


def as_it_is_to_be(host, *recipients):
    """It is changed, and the messages go through, each once."""
    assert host.is_whole()
    assert host.files() == host.changed
    assert host.held() == []
    host.try_all()
    host.empties()
    assert host.taken() == [(recipient, CLEAN) for recipient in recipients or BOTH]


def fails(done, *words):
    assert done.returncode == 2, done.stdout + done.stderr
    for word in words:
        assert word in done.stdout, done.stdout


def killed(host, *kill, **variables):
    """Kill Ansible and the module that it runs."""
    done, result = host.play(kill=kill, remediate_change_probes=[PROBE], **variables)
    assert (done.returncode, result) == (-9, None), done.stdout + done.stderr
    stands(host)
    assert len(host.waiting()) + len(host.taken()) >= 2


HOLD, WRITE, ONE = "Hold what the change is about", "| Configure", "change_message | Let the message go"
TRY, ALL = "Ask for a try of the message now", "Let the held mail go"
# The task, and the step of its module; None is before the task.
BEFORE = [(HOLD, None), (HOLD, "note"), (HOLD, "hold"), (WRITE, "first file"), (WRITE, "second file"), (WRITE, "reload"), ("Ask the servers", None)]
AFTER = [(ONE, "release"), (TRY, None), ("Judge it", None), (ALL, None), (ALL, "forget"), ("Ask for a try of them now", None)]


def named(kill):
    """Return how a kill is called in the name of its test."""
    task, step = kill
    return f"{task}, {step}" if step else task


def test_killed_again_and_again_the_last_run_ends_it(host):
    """Each run takes up what the one before has left, until it is killed a step later."""
    others = ["eve@example.net", "joe@example.net", "sue@example.net"]
    for recipient in others:
        host.send(recipient)
    host.settled(5)
    for kill in [*BEFORE, *AFTER[:-1]]:
        killed(host, *kill)
    done, result = host.play()
    assert done.returncode == 0, done.stdout + done.stderr
    assert result["outcome"] in ("proven", "prechecked")
    as_it_is_to_be(host, *BOTH, *others)
    done, result = host.play()
    assert (done.returncode, recap(done), result["outcome"]) == (0, 0, "unchanged"), done.stdout


@pytest.mark.parametrize("kill", [BEFORE[4], AFTER[0], AFTER[4], AFTER[5]], ids=named)
def test_next_run_ends_what_was_killed(host, kill):
    killed(host, *kill)
    done, result = host.play()
    assert done.returncode == 0, done.stdout + done.stderr
    assert result["outcome"] in ("proven", "prechecked", "unchanged")
    as_it_is_to_be(host)


@pytest.mark.parametrize("kill", [BEFORE[2], *BEFORE[4:], AFTER[0], AFTER[2], AFTER[4]], ids=named)
def test_killed_run_is_taken_back(host, kill):
    host.rules(["client", CLEAN, change_hosts.GREYLISTED])
    killed(host, *kill, remediate_change_proof_timeout=1)
    done, _result = host.play(remediate_change_state="restored")
    assert done.returncode == 0, done.stdout + done.stderr
    as_it_was(host)


@pytest.mark.parametrize("kill", [("Put everything back and fail", None), (ALL, None)], ids=named)
def test_killed_while_it_goes_back(host, kill):
    """The address is refused after all. The next run, with the address welcome, brings the change about."""
    host.rules(["client", CLEAN, change_hosts.BLOCKED.format(CLEAN)])
    done, result = host.play(kill=kill)
    assert (done.returncode, result) == (-9, None), done.stdout + done.stderr
    stands(host)
    host.rules()
    done, result = host.play()
    assert (done.returncode, result["outcome"]) == (0, "proven"), done.stdout + done.stderr
    as_it_is_to_be(host)


@pytest.mark.parametrize("kill", BEFORE[2:6:2], ids=named)
def test_a_module_alone_is_killed(host, kill):
    """Ansible lives on, and takes back what it can."""
    host.rules(["client", CLEAN, change_hosts.GREYLISTED])
    done, _none = host.play(kill=kill, only_module=True, remediate_change_proof_timeout=1)
    fails(done)
    as_it_was(host)


def test_a_note_that_is_left_over_stands_in_nobodys_way(host):
    """The module is killed twice: when it has let all mail go after the change, and again after that was taken back."""
    host.rules(["client", CLEAN, change_hosts.GREYLISTED])
    done, _none = host.play(kill=AFTER[4], only_module=True, remediate_change_proof_timeout=1)
    fails(done)
    assert (host.is_whole(), host.files(), host.held(), host.is_clean()) == (True, host.first, [], False)
    host.rules()
    done, result = host.play()
    assert (done.returncode, result["outcome"]) == (0, "proven"), done.stdout + done.stderr
    as_it_is_to_be(host)
    assert not list(host.state.glob("outbound_ip/*"))


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


# Other faults


def test_a_reload_that_fails(host):
    done, _none = host.play(remediate_change_settings={**host.SETTINGS, **host.DEADLY})
    fails(done, "outbound_ip was not done", "the files are as they were")
    as_it_was(host)


@pytest.mark.parametrize("place", ["of the notes", "of the configuration"])
def test_a_full_disk(host, place):
    for folder in host.places()[place]:
        with host.full(folder):
            done, _none = host.play()
            fails(done)
            assert (host.is_whole(), host.files(), host.held(), len(host.waiting())) == (True, host.first, [], 2)
        # Where Exim's own file could not be built anew, the change is still noted.
        done, _result = host.play(remediate_change_state="restored")
        assert done.returncode == 0, done.stdout + done.stderr
        as_it_was(host)


def test_no_dns(host):
    """Nothing tells how the change does: that is said, and the mail waits."""
    host.dns(False)
    done, result = host.play(remediate_change_proof_timeout=1)
    assert (done.returncode, result["outcome"]) == (0, "prechecked"), done.stdout + done.stderr
    assert any("not proven" in sentence for sentence in result["evidence"]), result
    assert (host.held(), len(host.waiting())) == ([], 2)
    host.dns(True)
    as_it_is_to_be(host)


def test_no_server_to_ask(host):
    host.server(False)
    done, _none = host.play(remediate_change_probes=[PROBE])
    fails(done, "outbound_ip was taken back", "no connection")
    as_it_was(host)


def test_no_server_to_prove_it(host):
    host.server(False)
    done, result = host.play(remediate_change_proof_timeout=1)
    assert (done.returncode, result["outcome"]) == (0, "prechecked"), done.stdout + done.stderr
    assert any("not proven" in sentence for sentence in result["evidence"]), result
    host.server(True)
    as_it_is_to_be(host)


def test_two_runs_at_once(host):
    """The second one waits, then says that another is there; neither what it wants nor the way back is mixed with the first one's doing."""
    host.rules(["client", CLEAN, change_hosts.GREYLISTED])
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(host.play, remediate_change_proof_timeout=300)
        host.wait_for(lambda: any(one["client"] == CLEAN for one in host.told("asked.jsonl")), "the first run tries a message")
        for state in ("present", "restored"):
            done, _none = host.beside("second").play(remediate_change_state=state, remediate_lock_wait=0, remediate_change_settings=host.OTHER)
            fails(done, "another run changes this host", "nothing was done here")
            assert host.files() == host.changed
        host.rules()
        done, result = first.result()
    assert (done.returncode, result["outcome"]) == (0, "proven"), done.stdout + done.stderr
    as_it_is_to_be(host)
