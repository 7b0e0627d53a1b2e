# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role remediate where nothing can be changed, and its turns: one host after the other, until one is not proven. The rest is in tests/lab."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLEET = ROOT / "examples/fleet"
ALIVE = f"{os.uname().nodename} {os.getpid()} now"
TURNS = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Plan one action a host
      ansible.builtin.set_fact:
        remediate_turns: [b, a, c, d]
        remediate_fine: false
        remediate_done: []
        remediate_plan: "{{ dict(['a', 'b', 'c', 'd'] | zip([{'actions': [action]}] * 4)) }}"
      vars:
        action: {remedy: stand_in, role: stand_in, state: ready}
    - name: Have the turns
      ansible.builtin.include_role:
        name: postmaster.deliverability.remediate
        tasks_from: turn.yml
      loop: "{{ remediate_turns }}"
      loop_control:
        loop_var: remediate_turn
        index_var: remediate_turn_number
    - name: Tell what was done
      ansible.builtin.copy:
        content: "{{ dict(remediate_turns | zip(remediate_turns | map('extract', hostvars) | map(attribute='remediate_done'))) | to_json }}"
        dest: "{{ told }}"
        mode: "0600"
      run_once: true
"""


def ansible(*words, launcher=()):
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCALHOST_WARNING": "false"}
    environment.setdefault("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".cache/collections"))
    command = [*launcher, sys.executable, "-m", "ansible", "playbook", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def turns(folder, outcomes, **variables):
    """Give four hosts their turns, in which a role is made up whose outcome is as told; return each host's outcomes and evidence."""
    hosts = {
        name: {"stand_in_result": {"outcome": outcome, "evidence": []}, "remediate_change_state_dir": str(folder / name), "remediate_lock_wait": 0}
        for name, outcome in outcomes.items()
    }
    for name, more in variables.items():
        hosts[name].update(more)
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "told": str(folder / "told.json")}
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": local}}))
    (folder / "play.yml").write_text(TURNS)
    done = ansible("-i", folder / "inventory.json", folder / "play.yml")
    assert done.returncode == 0, done.stdout
    told = json.loads((folder / "told.json").read_text())
    left = {path.parent.name for path in folder.glob("*/run")}
    assert left <= set(variables), "each run removes its own mark"
    return {name: [(entry["outcome"], *entry["evidence"]) for entry in entries] for name, entries in told.items()}


def test_every_host_has_its_turn_while_all_is_proven(tmp_path):
    outcomes = dict.fromkeys("abcd", "proven")
    assert turns(tmp_path, {**outcomes, "a": "unchanged"}) == {"b": [("proven",)], "a": [("unchanged",)], "c": [("proven",)], "d": [("proven",)]}


@pytest.mark.parametrize("outcome", ["prechecked", "rolled_back"])
def test_first_change_that_is_not_proven_ends_the_turns(tmp_path, outcome):
    assert turns(tmp_path, {**dict.fromkeys("abcd", "proven"), "a": outcome}) == {"b": [("proven",)], "a": [(outcome,)], "c": [], "d": []}


def test_host_that_another_run_changes_is_left_alone(tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c/run").symlink_to(ALIVE)
    told = turns(tmp_path, dict.fromkeys("abcd", "proven"), c={})
    assert (told["b"], told["a"], told["d"]) == ([("proven",)], [("proven",)], [])
    ((outcome, why),) = told["c"]
    assert outcome == "failed"
    assert f"another run changes this host (controller, process, since: {ALIVE})" in why
    assert os.readlink(tmp_path / "c/run") == ALIVE


def test_mark_of_a_run_that_is_over_is_removed(tmp_path):
    over = subprocess.Popen([sys.executable, "-c", ""])
    over.wait()
    (tmp_path / "c").mkdir()
    (tmp_path / "c/run").symlink_to(f"{os.uname().nodename} {over.pid} now")
    assert turns(tmp_path, dict.fromkeys("abcd", "proven"), c={})["d"] == [("proven",)]
    assert not os.path.lexists(tmp_path / "c/run")


def test_recorded_evidence_is_shown_and_never_acted_on(tmp_path):
    words = ["-i", FLEET / "inventory.yml", ROOT / "playbooks/remediate.yml"]
    words += ["-e", json.dumps({"remediate_apply": True, "remediate_output_dir": str(tmp_path)})]
    done = ansible(*words, launcher=[sys.executable, str(FLEET / "serve.py"), "--"])
    assert done.returncode == 0, done.stdout
    hosts = json.loads((tmp_path / "remediation.json").read_text())["hosts"]
    assert {(name, action["remedy"]): action["outcome"] for name, host in hosts.items() for action in host["actions"]} == {
        ("branch", "fix_helo"): "manual",
        ("branch", "fix_ptr"): "manual",
        ("home", "use_smarthost"): "manual",
        ("shop", "switch_outbound_ip"): "recorded",
    }
    assert "evidence recorded elsewhere, nothing can be changed here" in (tmp_path / "remediation.txt").read_text()
    assert (tmp_path / "before/report.json").exists()
    assert not (tmp_path / "after").exists()
