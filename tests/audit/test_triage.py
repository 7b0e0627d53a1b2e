# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The triage playbook: a pasted text stays text, whatever stands in it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPLY = "550 5.7.1 Service unavailable; Client host [198.51.100.11] blocked using zen.spamhaus.org"


def run(path, *more, cwd=None):
    environment = {**os.environ, "PWD": str(cwd or os.getcwd()), "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCALHOST_WARNING": "false"}
    command = [sys.executable, "-m", "ansible", "playbook", str(ROOT / "playbooks/triage.yml"), "-e", f"ndr_file={path}", *more]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=cwd)


def test_reply_is_told_in_spanish_from_where_one_stands(tmp_path):
    (tmp_path / "reply.txt").write_text(REPLY)
    done = run("reply.txt", "-e", "ndr_language=es", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "De quién es la culpa: nuestra" in done.stdout


@pytest.mark.parametrize(
    "hostile", ["{{ lookup('pipe', 'echo in$((6*7))jected') }}", "{% set x = 6 * 7 %}{{ 'in' ~ x ~ 'jected' }}", "{{ 'in%djected' % 42 }}"]
)
def test_template_in_a_pasted_text_stays_text(tmp_path, hostile):
    path = tmp_path / "reply.txt"
    path.write_text(f"550 5.7.1 {hostile} {REPLY}")
    done = run(path)
    assert done.returncode == 0, done.stdout
    assert "in42jected" not in done.stdout
    assert hostile.split()[1] in done.stdout


def test_missing_file_is_named(tmp_path):
    done = run(tmp_path / "nowhere.eml")
    assert done.returncode != 0
    assert "nowhere.eml" in done.stdout
