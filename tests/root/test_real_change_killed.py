# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a change whose run is killed by ``kill -9`` anywhere in the middle: the next run ends it or takes it back, on Postfix and Exim."""

from __future__ import annotations

import os

import change_hosts
import pytest
from change_faults import AFTER, BEFORE, BOTH, as_it_is_to_be, as_it_was, at_first, changed_once, fails, killed, named, stands
from change_hosts import CLEAN
from mail_hosts import recap

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces and for mail systems")


@pytest.fixture(scope="module", params=change_hosts.SYSTEMS)
def changed(request):
    with changed_once(request.param, "killed") as host:
        yield host


@pytest.fixture
def host(changed):
    return at_first(changed)


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


@pytest.mark.parametrize("kill", [("Put everything back and fail", None), AFTER[3]], ids=named)
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
