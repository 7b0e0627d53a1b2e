# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of the roles smarthost and throttle that come before any change, with programs that stand in for the mail system. The rest is in tests/root."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Do a part of a role
      ansible.builtin.include_role:
        name: "postmaster.deliverability.{{ role }}"
        tasks_from: "{{ part }}"
    - name: Tell what came of it
      ansible.builtin.copy:
        content: "{{ lookup('ansible.builtin.vars', fact, default={}) | to_json }}"
        dest: "{{ told }}"
        mode: "0600"
"""


def play(folder, role, part, programs, fact="", **variables):
    """Do one file of a role's tasks, where these programs print these texts; return Ansible's process and the fact."""
    own = folder / "bin"
    own.mkdir(exist_ok=True)
    for name, printed in programs.items():
        (own / name).write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\n")
        (own / name).chmod(0o755)
    playbook, told = folder / "play.yml", folder / "told.json"
    playbook.write_text(PLAY)
    given = folder / "given.json"
    given.write_text(json.dumps({"role": role, "part": part, "fact": fact, "told": str(told), **variables}))
    environment = {**os.environ, "PATH": f"{own}:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCALHOST_WARNING": "false"}
    environment.setdefault("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".cache/collections"))
    words = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", "-e", f"@{given}", str(playbook))
    done = subprocess.run([sys.executable, "-m", "ansible", "playbook", *words], env=environment, cwd=folder, capture_output=True, text=True, check=False)
    return done, json.loads(told.read_text()) if told.exists() else None


# Whether Postfix could log in


@pytest.mark.parametrize(
    ("libraries", "plugin", "complaint"),
    [
        ("cyrus", "x86_64-linux-gnu/sasl2/libplain.so.2", ""),
        ("cyrus", "sasl2/liblogin.so", ""),
        ("cyrus", "x86_64-linux-gnu/sasl2/libdigestmd5.so.2", "Install libsasl2-modules (Debian, Ubuntu) or cyrus-sasl-plain"),
        ("", "x86_64-linux-gnu/sasl2/libplain.so.2", "built without the SASL library of Cyrus"),
    ],
    ids=["Debian", "Red Hat", "without the plugins", "without the library"],
)
def test_a_login_that_postfix_could_not_make_is_told_before_anything_is_changed(tmp_path, libraries, plugin, complaint):
    path = tmp_path / "lib" / plugin
    path.parent.mkdir(parents=True)
    path.touch()
    done, _fact = play(tmp_path, "smarthost", "login.yml", {"postconf": libraries}, smarthost_plugin_places=[str(tmp_path / "lib")])
    assert (done.returncode == 0) == (complaint == "")
    assert complaint in " ".join(done.stdout.split())


# Whose mail is slow

POSTFIX = {"postconf": "inline:{ a.example=pmd_throttle:, b.example=pmd_throttle: }, inline:{ c.example=pmd_out4: }, hash:/etc/postfix/transport"}
EXIM = {"exim": "driver = dnslookup\ndomains = a.example : b.example\ntransport = pmd_throttle"}


@pytest.mark.parametrize(
    ("mta", "exclusive", "relayed", "domains"),
    [
        ("postfix", True, [], ["new.example"]),
        ("postfix", False, [], ["a.example", "b.example", "new.example"]),
        ("exim", False, ["*@c.example", "b.example : d.example"], ["a.example", "new.example"]),
    ],
    ids=["the list is whole", "the list is added", "what a smarthost has by now is left to it"],
)
def test_domains_of_an_earlier_run(tmp_path, mta, exclusive, relayed, domains):
    observed = {"mail_host": {"mta": {"name": mta, "config_dir": str(tmp_path)}, "identity": {"relays": [{"scope": scope} for scope in relayed]}}}
    given = {"throttle_domains": ["New.example"], "throttle_exclusive": exclusive, "throttle_observed": observed}
    done, scope = play(tmp_path, "throttle", "scope.yml", {**POSTFIX, **EXIM}, fact="throttle_scope", **given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert scope == domains


# When it ends


@pytest.mark.parametrize(("option", "value"), [("smarthost_return_expires", "soon"), ("smarthost_return_retry", "now and then")])
def test_a_time_that_is_none_is_told_before_anything_is_changed(tmp_path, option, value):
    given = {
        "smarthost_return_name": "smarthost",
        "smarthost_return_expires": "14d",
        "smarthost_return_retry": "6h",
        "smarthost_return_mail_host": {"mta": {"name": "postfix", "config_dir": "/etc/postfix"}, "identity": {"sources": [{"helo": "mail.example.com"}]}},
        "smarthost_return_config_dir": "",
        "smarthost_return_state_dir": str(tmp_path / "state"),
        "smarthost_return_sender": "postmaster@example.com",
        "smarthost_return_recipients": [],
        "smarthost_return_nameservers": ["127.0.0.1:9"],
        "smarthost_return_files": [],
    }
    done, order = play(tmp_path, "smarthost", "expiry_order.yml", {}, fact="smarthost_return_order", **given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (order["retry"], order["files"]) == (21600, [])
    done, _order = play(tmp_path, "smarthost", "expiry_order.yml", {}, **{**given, option: value})
    assert done.returncode != 0
    assert f"{value!r} is not a duration" in " ".join(done.stdout.split())
