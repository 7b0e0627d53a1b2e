# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The make targets, as far as they can be tried without making everything again."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV_SH = ROOT / "tests/tools/venv.sh"


def run(*words, cwd=ROOT, **variables):
    return subprocess.run([str(word) for word in words], cwd=cwd, env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, text=True, check=False)


def test_help_is_the_default_and_lists_every_target_for_people():
    shown = run("make")
    assert shown.returncode == 0
    assert shown.stdout == run("make", "help").stdout
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets == {"help", "audit", "test", "lab", "bench", "clean"}
    for target in targets:
        assert re.search(rf"^  {target} ", shown.stdout, re.MULTILINE)


def test_no_usable_python_is_one_clear_error(tmp_path):
    done = run("sh", VENV_SH, tmp_path / "venv", "requirements.txt", cwd=tmp_path, PYTHON="no-such-python")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: Python 3.11 or newer with the venv module is needed, tried: no-such-python.")
    assert not (tmp_path / "venv").exists()


@pytest.fixture
def project(tmp_path):
    """A folder with a virtual environment that holds what its requirements file asks for."""
    (tmp_path / "requirements.txt").write_text("no-such-package-of-anybody==1.0\n")
    (tmp_path / "my venv/bin").mkdir(parents=True)
    (tmp_path / "my venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "my venv/installed").mkdir()
    (tmp_path / "my venv/installed/requirements.txt").write_text("no-such-package-of-anybody==1.0\n")
    return tmp_path


def test_what_is_installed_is_left_alone(project):
    done = run("sh", VENV_SH, "my venv", "requirements.txt", cwd=project, PYTHON="no-such-python")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_other_requirements_are_installed_and_failure_is_one_clear_error(project):
    (project / "my venv/bin/python").unlink()
    (project / "my venv/bin/python").write_text('#!/bin/sh\ncase "$*" in *install*) echo "ERROR: nothing reached"; exit 1 ;; esac\n')
    (project / "my venv/bin/python").chmod(0o755)
    (project / "requirements.txt").write_text("no-such-package-of-anybody==2.0\n")
    done = run("sh", VENV_SH, "my venv", "requirements.txt", cwd=project)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Installing requirements.txt into my venv",
        "error: pip could not install requirements.txt (is PyPI reachable? all of its output is in .cache/pip.log): ERROR: nothing reached",
    ]
    assert (project / "my venv/installed/requirements.txt").read_text() == "no-such-package-of-anybody==1.0\n"
