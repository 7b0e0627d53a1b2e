# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmarks share: alternating runs, medians, the one line that tells a result, programs of Debian."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5


def alternate(**contestants):
    """Call each function in turn, ``RUNS`` times, and return name -> the list of what it returned: all of them meet the same moods of the machine."""
    found = {name: [] for name in contestants}
    for _run in range(RUNS):
        for name, measure in contestants.items():
            found[name].append(measure())
    return found


def tell(name, ours, peer=None, limit=None, unit="questions/s"):
    """Print the line of a result from rates (higher is better): a number each, or the list of all runs, whose median counts."""
    ours, peer, limit = (statistics.median(rates) if isinstance(rates, list) else rates for rates in (ours, peer, limit))
    ratios = [f"{ours / other:.2f}" if other else "-" for other in (peer, limit)]
    shown = [f"{rate:.0f}" if rate else "-" for rate in (ours, peer, limit)]
    print(f"bench {name} ours={shown[0]} peer={shown[1]} limit={shown[2]} unit={unit} ratio_peer={ratios[0]} ratio_limit={ratios[1]}", flush=True)
    return ours, peer, limit


def need(**programs):
    """See that programs are there, ``program="package of Debian"``; install what is missing if we may, otherwise say what to install."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = sorted({package for program, package in programs.items() if not shutil.which(program)})
    if not missing:
        return
    if os.geteuid() or not shutil.which("apt-get"):
        sys.exit(f"error: this benchmark needs {', '.join(missing)}: apt-get install {' '.join(missing)}")
    # Nothing that comes with a service is to start it.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]):
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
