# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction of roles/remediate on a real Postfix whose server takes or refuses: what is held, proven and taken back.

What becomes of it when something goes wrong in the middle is in ``test_real_change_killed``, ``_rollback`` and ``_faults``.
"""

from __future__ import annotations

import json
import os
import threading

import change_hosts
import mail_hosts
import pytest
from change_hosts import BLOCKED, CLEAN, GREYLISTED, PROBE
from mail_hosts import recap

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace and for Postfix")


@pytest.fixture(scope="module")
def made():
    with mail_hosts.opened(change_hosts.Postfix, "change") as host:
        yield host


@pytest.fixture
def host(made):
    """The host as it was first: the address is listed, nothing waits."""
    made.reset()
    return made


def test_waiting_mail_proves_the_change_and_leaves(host):
    for name in ("ann", "bob", "eve"):
        host.send(f"{name}@example.net")
    host.settled(3)
    done, result = host.play(remediate_change_probes=[PROBE])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["changed"], result["outcome"], result["held"], result["released"]) == (True, "proven", 3, 3)
    assert any("was taken by" in sentence for sentence in result["evidence"]), result
    host.empties()
    assert host.taken() == [("ann@example.net", CLEAN), ("bob@example.net", CLEAN), ("eve@example.net", CLEAN)]
    assert not list(host.state.glob("outbound_ip/*"))
    again, result = host.play(remediate_change_probes=[PROBE])
    assert (again.returncode, recap(again), result["outcome"]) == (0, 0, "unchanged")


def test_check_mode_tells_and_does_nothing(host):
    host.send("ann@example.net")
    host.settled(1)
    done, result = host.play("--check", "--diff")
    assert done.returncode == 0, done.stdout + done.stderr
    assert result["outcome"] == "planned"
    assert "+smtp_helo_name = mail2.example.com" in done.stdout
    assert host.files() == host.first
    assert host.held() == []
    assert not [*host.state.glob("outbound_ip-*"), *host.state.glob("outbound_ip/*")]


def test_nothing_waits(host):
    done, result = host.play(remediate_change_probes=[PROBE])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["outcome"], result["held"], host.bound()) == ("prechecked", 0, CLEAN)
    assert any("no mail waited" in sentence for sentence in result["evidence"]), result
    assert any("mx.example.net agreed" in sentence for sentence in result["evidence"]), result


def test_a_refusal_takes_the_change_back(host):
    host.rules(["client", CLEAN, BLOCKED.format(CLEAN)])
    for name in ("ann", "bob"):
        host.send(f"{name}@example.net")
    before = set(host.settled(2))
    done, _none = host.play()
    assert done.returncode == 2
    assert "outbound_ip was taken back" in done.stdout
    assert f"Client host [{CLEAN}] blocked" in done.stdout
    assert (host.files(), host.held(), set(host.waiting())) == (host.first, [], before)
    assert host.is_running()
    assert not list(host.state.glob("outbound_ip/*"))


def test_a_probe_that_fails_takes_the_change_back_before_mail_moves(host):
    host.rules(["helo", "mail2", "450 4.7.1 <mail2.example.com>: Helo command rejected: Host not found"])
    host.send("ann@example.net")
    host.settled(1)
    (host.folder / "asked.jsonl").unlink()
    done, _none = host.play(remediate_change_probes=[PROBE])
    assert done.returncode == 2
    assert "Helo command rejected" in done.stdout
    assert (host.files(), host.held()) == (host.first, [])
    # The probe asked from the clean address; no message was offered from it.
    assert [one["rcpt"] for one in host.told("asked.jsonl") if one["client"] == CLEAN] == ["bob@example.net"]


def test_words_of_a_server_are_never_templates(host):
    host.rules(["data", "", "554 5.7.1 blocked using bl.example {{ 7 * 191 }}{% raw %}"])
    host.send("ann@example.net")
    host.settled(1)
    done, _none = host.play()
    assert done.returncode == 2
    assert "was taken back" in done.stdout
    assert "{{ 7 * 191 }}{% raw %}" in done.stdout
    assert "1337" not in done.stdout
    done, result = host.play(remediate_change_proof_required=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1337" not in json.dumps(result)


def test_greylisting_is_waited_for(host):
    host.rules(["client", CLEAN, GREYLISTED])
    host.send("bob@example.net")
    host.settled(1)
    allowing = threading.Timer(12, host.rules)
    allowing.start()
    done, result = host.play(remediate_change_proof_timeout=120)
    allowing.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["outcome"], host.taken()) == ("proven", [("bob@example.net", CLEAN)])


def test_greylisting_that_does_not_end_is_no_refusal(host):
    host.rules(["client", CLEAN, GREYLISTED])
    host.send("bob@example.net")
    host.settled(1)
    done, result = host.play(remediate_change_proof_timeout=3)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["outcome"], host.bound(), host.held()) == ("prechecked", CLEAN, [])
    assert any("Greylisted" in sentence for sentence in result["evidence"]), result


def test_an_unknown_user_proves_nothing_so_the_next_message_does(host):
    host.rules(["rcpt", "bob@", "550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown"])
    host.send("ann@example.net")
    host.settled(1)
    host.rules(["client", CLEAN, "550 5.1.1 <ann@example.net>: Recipient address rejected: User unknown"])
    done, result = host.play()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["outcome"], host.bound()) == ("prechecked", CLEAN)
    assert any("user_unknown" in sentence for sentence in result["evidence"]), result


def test_only_mail_that_is_concerned_is_held_and_what_a_person_holds_stays(host):
    for recipient in ("ann@example.net", "bob@example.org", "eve@example.net"):
        host.send(recipient)
    waiting = host.settled(3)
    theirs = next(queue_id for queue_id, (_queue, recipients) in waiting.items() if recipients == ["eve@example.net"])
    host.postfix("postsuper", "-h", theirs)
    done, result = host.play(remediate_change_destinations=["example.net"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["outcome"], result["held"]) == ("proven", 1)
    assert host.taken() == [("ann@example.net", CLEAN)]
    assert host.held() == [theirs]


def test_taken_back_on_request(host):
    host.send("ann@example.net")
    host.settled(1)
    host.play()
    done, result = host.play(remediate_change_state="restored")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["outcome"], host.files()) == ("restored", host.first)
    done, result = host.play(remediate_change_state="restored")
    assert (recap(done), result["outcome"]) == (0, "unchanged")


def test_second_change_that_fails_leads_back_to_the_first_one(host):
    host.play()
    first = host.files()
    host.rules(["helo", "mail3", "450 4.7.1 <mail3.example.com>: Helo command rejected: Host not found"])
    host.send("ann@example.net")
    done, _none = host.play(
        remediate_change_settings={"parameters": {"smtp_helo_name": "mail3.example.com"}}, remediate_change_probes=[{**PROBE, "helo": "mail3.example.com"}]
    )
    assert done.returncode == 2
    assert host.files() == first
    done, result = host.play(remediate_change_state="restored")
    assert (result["outcome"], host.files()) == ("restored", host.first)
