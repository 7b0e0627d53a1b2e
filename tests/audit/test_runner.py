# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three slices, each on an execution node of its own, and one report of what they stored.

``ansible-runner transmit | worker | process`` is the road that a controller such as AWX takes.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from test_store import FLEET, play, report

SLICES = {"first": ("home", "shop"), "second": ("branch",), "third": ("office",)}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """What a job template has: a project whose playbook is the collection's, and the inventory with the evidence that its hosts have."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "project").mkdir()
    (folder / "project/audit.yml").write_text("- import_playbook: postmaster.deliverability.audit\n")
    shutil.copytree(FLEET / "evidence", folder / "project/evidence")
    (folder / "inventory").mkdir()
    hosts = (FLEET / "inventory.yml").read_text(encoding="utf-8")
    (folder / "inventory/hosts.yml").write_text(hosts.replace("{{ inventory_dir }}/evidence", "{{ inventory_dir }}/../project/evidence"))
    return folder


def runner(verb, folder, *words, stream=b""):
    """One part of the road; what it writes to its standard output is what the next one reads."""
    programs = pathlib.Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "ANSIBLE_LOCALHOST_WARNING": "false"}
    place = ["--private-data-dir", str(folder)] if verb == "worker" else [str(folder)]
    command = [sys.executable, "-m", "ansible_runner", verb, *place, *words]
    done = subprocess.run(command, input=stream, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, (verb, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


@pytest.fixture(scope="module")
def store(project, tmp_path_factory):
    """The store that all nodes share, after three slices of the fleet ran one by one."""
    kept, nodes = tmp_path_factory.mktemp("store"), tmp_path_factory.mktemp("nodes")
    for name, hosts in SLICES.items():
        given = f"-e audit_store={kept} -e audit_judge=false"
        job = runner("transmit", project, "-p", "audit.yml", "--ident", name, "--limit", ",".join(hosts), "--cmdline", given)
        (nodes / name).mkdir()
        events = runner("worker", nodes / name, stream=job)
        (nodes / f"{name}-done").mkdir()
        runner("process", nodes / f"{name}-done", "--ident", name, stream=events)
        assert (nodes / f"{name}-done/artifacts" / name / "rc").read_text() == "0"
        assert {path.stem for path in (kept / "hosts").iterdir()} >= set(hosts)
    return kept


def test_slices_store_side_by_side_and_judge_nothing(store):
    assert sorted(path.name for path in (store / "hosts").iterdir()) == ["branch.json", "home.json", "office.json", "shop.json"]
    assert not (store / "report.json").exists()


def test_one_report_of_all_nodes(store, tmp_path):
    done = play("report.yml", audit_store=str(store), audit_output_dir=str(tmp_path), audit_formats="json")
    assert done.returncode == 0, done.stdout
    states = {name: host["state"] for name, host in report(tmp_path)["hosts"].items()}
    assert states == {"branch": "refused", "home": "refused", "office": "ok", "shop": "refused"}
