# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a change when a reload fails, a disk is full, DNS or the servers are away, or a second run comes, on Postfix and Exim."""

from __future__ import annotations

import concurrent.futures
import os

import change_hosts
import pytest
from change_faults import as_it_is_to_be, as_it_was, at_first, changed_once, fails
from change_hosts import CLEAN, PROBE

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces and for mail systems")


@pytest.fixture(scope="module", params=change_hosts.SYSTEMS)
def changed(request):
    with changed_once(request.param, "faults") as host:
        yield host


@pytest.fixture
def host(changed):
    return at_first(changed)


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
