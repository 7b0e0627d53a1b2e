# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction of roles/remediate on a real Postfix whose server takes or refuses: what is held, proven, taken back, and finished after a kill."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import pytest
from test_real_postfix_config import ADDRESSES, COLLECTIONS, PATIENCE, ROOT, Postfix

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace and for Postfix")

LISTED, CLEAN = ADDRESSES
SINK = ("127.0.1.1", 2525)
BLOCKED = "450 4.7.1 Service unavailable; Client host [{}] blocked using bl.example"
GREYLISTED = "450 4.2.0 <bob@example.net>: Recipient address rejected: Greylisted"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Change
      ansible.builtin.include_role:
        name: postmaster.deliverability.remediate
        tasks_from: change.yml
      vars: {vars}
    - name: Tell
      ansible.builtin.copy:
        content: "{{{{ remediate_change_result | to_json }}}}"
        dest: {result}
        mode: "0600"
      check_mode: false
      changed_when: false
"""
SWITCH = {"parameters": {"smtp_bind_address": CLEAN, "smtp_helo_name": "mail2.example.com"}}
PROBE = {"targets": [{"address": SINK[0], "port": SINK[1], "name": "mx.example.net"}], "source_address": CLEAN, "helo": "mail2.example.com"}
PROBE.update({"sender": "desk@example.com", "recipients": ["bob@example.net"], "pause": 0})


# Ends Ansible and the module that it has started, as kill -9 would, so many seconds after a task begins.
KILLER = """
import os, signal, threading
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "aggregate", "killer"

    def v2_playbook_on_task_start(self, task, is_conditional):
        name, _colon, seconds = os.environ["KILL_AT"].partition(":")
        if name in task.get_name():
            kill = lambda: os.killpg(os.getpgid(0), signal.SIGKILL)
            threading.Timer(float(seconds), kill).start() if seconds else kill()
"""


class Host(Postfix):
    """A Postfix that sends from the first address, and a server that knows that address from a blocklist."""

    def __init__(self, folder):
        super().__init__(folder)
        routes = f"{{ example.net = smtp:[{SINK[0]}]:{SINK[1]} }} {{ example.org = smtp:[{SINK[0]}]:{SINK[1]} }}"
        settings = ("defer_transports=", f"smtp_bind_address={LISTED}", f"transport_maps=inline:{{ {routes} }}")
        self.postfix("postconf", "-e", *settings, "minimal_backoff_time=600", "queue_run_delay=600")
        self.first = self.contents()
        self.rules()
        program = ("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", sys.executable, str(pathlib.Path(__file__).with_name("sink.py")))
        self.sink = subprocess.Popen([*program, SINK[0], str(SINK[1]), str(folder)])
        self.postfix("postfix", "start")

    def rules(self, *rules):
        """Set what the server refuses, besides the first address."""
        listed = ["client", LISTED, BLOCKED.format(LISTED)]
        (self.folder / "rules.json").write_text(json.dumps([*rules, listed]))

    def told(self, name):
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def taken(self):
        """Return who got a message, and from which address."""
        return sorted((rcpt, one["client"]) for one in self.told("taken.jsonl") for rcpt in one["rcpt"])

    def play(self, *words, kill_at=None, **variables):
        """Run the transaction; return Ansible's process and the result fact. ``kill_at``: part of a task's name, and seconds after a colon."""
        asked = {
            "remediate_change_name": "outbound_ip",
            "remediate_change_mta": "postfix",
            "remediate_change_config_dir": str(self.config),
            "remediate_change_state_dir": str(self.state),
            "remediate_change_settings": SWITCH,
            "remediate_change_proof_timeout": 20,
            "remediate_change_proof_pause": 1,
            **variables,
        }
        result = self.folder / "result.json"
        result.unlink(missing_ok=True)
        playbook = self.folder / "play.yml"
        playbook.write_text(PLAYBOOK.format(vars=json.dumps(asked), result=result))
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCALHOST_WARNING": "false"}
        here = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}")
        if kill_at:
            (self.folder / "callbacks").mkdir(exist_ok=True)
            (self.folder / "callbacks/killer.py").write_text(KILLER)
            environment.update(KILL_AT=kill_at, ANSIBLE_CALLBACK_PLUGINS=str(self.folder / "callbacks"), ANSIBLE_CALLBACKS_ENABLED="killer")
        program = (sys.executable, "-m", "ansible", "playbook", *here, playbook, *words)
        done = self.inside(*program, env=environment, cwd=ROOT, check=False, start_new_session=True)
        return done, json.loads(result.read_text()) if result.exists() else None

    def bound(self):
        return self.postfix("postconf", "-h", "smtp_bind_address").strip()

    def held(self):
        return sorted(queue_id for queue_id, (queue, _recipients) in self.waiting().items() if queue == "hold")

    def empties(self):
        """Wait until nothing waits any more."""
        deadline = time.monotonic() + PATIENCE
        while self.waiting():
            assert time.monotonic() < deadline, (self.waiting(), (self.folder / "mail.log").read_text())
            time.sleep(0.1)

    def close(self):
        self.sink.kill()
        self.sink.wait()
        super().close()


@pytest.fixture(scope="module")
def made():
    with tempfile.TemporaryDirectory(prefix="real-change-", dir="/tmp") as folder:
        pathlib.Path(folder).chmod(0o755)
        host = Host(pathlib.Path(folder))
        try:
            yield host
        finally:
            host.close()


@pytest.fixture
def host(made):
    """The host as it was first: the address is listed, nothing waits."""
    yield made
    made.play(remediate_change_state="restored")
    made.file.write_bytes(made.first[0])
    made.master.write_bytes(made.first[1])
    made.rules()
    made.postfix("postsuper", "-d", "ALL")
    made.postfix("postfix", "reload")
    for name in ("taken.jsonl", "asked.jsonl"):
        (made.folder / name).unlink(missing_ok=True)


def recap(done):
    """Return how many tasks changed something."""
    return int(done.stdout.rpartition("changed=")[2].split()[0])


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
    assert host.contents() == host.first
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
    assert (host.contents(), host.held(), set(host.waiting())) == (host.first, [], before)
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
    assert (host.contents(), host.held()) == (host.first, [])
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
    assert (result["outcome"], host.contents()) == ("restored", host.first)
    done, result = host.play(remediate_change_state="restored")
    assert (recap(done), result["outcome"]) == (0, "unchanged")


# kill -9


def killed(host, kill_at, **variables):
    """Kill a run with two messages waiting; whatever the moment, Postfix runs on with a configuration that is whole."""
    for name in ("ann", "bob"):
        host.send(f"{name}@example.net")
    host.settled(2)
    done, result = host.play(kill_at=kill_at, remediate_change_probes=[PROBE], **variables)
    assert (done.returncode, result) == (-9, None), done.stdout + done.stderr
    assert host.is_running()
    main, master = host.contents()
    changed = host.first[0] + b"smtp_helo_name = mail2.example.com\n"
    assert main in (host.first[0], changed.replace(f"smtp_bind_address = {LISTED}".encode(), f"smtp_bind_address = {CLEAN}".encode()))
    assert master == host.first[1]


BEFORE = ["Hold what the change is about", "Hold what the change is about:0.4", "Change the configuration", "Begin to wait"]
AFTER = ["Let the message go", "Let the message go:0.4", "Ask for a try of the message now", "Judge it", "Let all mail go", "Let the held mail go:0.4"]


@pytest.mark.parametrize("kill_at", [*BEFORE, *AFTER, "Ask for a try of them now"])
def test_next_run_finishes_what_was_killed(host, kill_at):
    killed(host, kill_at)
    done, result = host.play(remediate_change_probes=[PROBE])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (host.bound(), host.held()) == (CLEAN, [])
    assert not list(host.state.glob("outbound_ip/*"))
    assert result["outcome"] in ("proven", "prechecked", "unchanged")
    host.postfix("postqueue", "-f")
    host.empties()
    assert host.taken() == [("ann@example.net", CLEAN), ("bob@example.net", CLEAN)]
    again, result = host.play(remediate_change_probes=[PROBE])
    assert (again.returncode, recap(again), result["outcome"]) == (0, 0, "unchanged")


@pytest.mark.parametrize("kill_at", [BEFORE[1], BEFORE[3], AFTER[2], AFTER[4]])
def test_killed_run_is_taken_back(host, kill_at):
    killed(host, kill_at)
    done, _result = host.play(remediate_change_state="restored")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (host.contents(), host.held()) == (host.first, [])
    assert not [*host.state.glob("outbound_ip-*"), *host.state.glob("outbound_ip/*")]
    again, result = host.play(remediate_change_state="restored")
    assert (recap(again), result["outcome"]) == (0, "unchanged")


@pytest.mark.parametrize("kill_at", ["Put everything back and fail", "change_release | Let the held mail go", "Fail with the reason"])
def test_killed_while_it_goes_back(host, kill_at):
    """The address is refused after all. The next run, with the address welcome, brings the change about."""
    host.rules(["data", "", "450 4.7.1 Service unavailable; Client host blocked using bl.example"])
    killed(host, kill_at)
    host.rules()
    done, result = host.play(remediate_change_probes=[PROBE])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (result["outcome"], host.bound(), host.held()) == ("proven", CLEAN, [])


def test_second_change_that_fails_leads_back_to_the_first_one(host):
    host.play()
    first = host.contents()
    host.rules(["helo", "mail3", "450 4.7.1 <mail3.example.com>: Helo command rejected: Host not found"])
    host.send("ann@example.net")
    done, _none = host.play(
        remediate_change_settings={"parameters": {"smtp_helo_name": "mail3.example.com"}}, remediate_change_probes=[{**PROBE, "helo": "mail3.example.com"}]
    )
    assert done.returncode == 2
    assert host.contents() == first
    done, result = host.play(remediate_change_state="restored")
    assert (result["outcome"], host.contents()) == ("restored", host.first)
