# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the audit as ``make audit`` does, without any network, and hand its outcome to the tests."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPORTS = ROOT / "reports"


class Audit(NamedTuple):
    """What one run left: exit code, what people see, the reports (None where there is none), seconds, attempts to reach other hosts."""

    code: int
    printed: str
    complaints: str
    report: dict | None
    html: str | None
    seconds: float
    outside: list[str]


def run_audit(inventory: str, *arguments: str, folder: pathlib.Path) -> Audit:
    """Run ``tests/tools/audit.py``; an empty inventory is the embedded fleet. ``folder`` is for notes of the test's own."""
    for old in REPORTS.glob("report.*"):
        old.unlink()
    outside = folder / "outside.log"
    paths = os.pathsep.join(filter(None, [str(pathlib.Path(__file__).with_name("offline")), os.environ.get("PYTHONPATH")]))
    variables = {**os.environ, "PYTHONPATH": paths, "OFFLINE_LOG": str(outside)}
    variables.setdefault("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".cache/collections"))
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/tools/audit.py"), inventory, *arguments], env=variables, capture_output=True, text=True, check=False
    )
    html, report = REPORTS / "report.html", REPORTS / "report.json"
    return Audit(
        done.returncode,
        done.stdout,
        done.stderr,
        json.loads(report.read_text(encoding="utf-8")) if report.exists() else None,
        html.read_text(encoding="utf-8") if html.exists() else None,
        time.monotonic() - started,
        outside.read_text(encoding="utf-8").splitlines() if outside.exists() else [],
    )


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    """Run the audit with these words, as ``run_audit`` does."""

    def run(inventory: str = "", *arguments: str) -> Audit:
        return run_audit(str(inventory), *arguments, folder=tmp_path_factory.mktemp("audit"))

    return run
