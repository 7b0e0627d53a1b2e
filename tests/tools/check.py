# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make test`` runs: every check of the tracked files, two at a time, in a copy that lies where Ansible's tools want a collection.

The names of the jobs may be given to run only some of them: ``check.py lint pytest``. A job prints one line when it ends, and all
that it said if it failed; pytest's own output comes last. The output of every job is kept in ``.cache/logs``.
"""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
PYTHON = str(ROOT / ".venv/bin/python")
OLD_VENV = ".cache/venv-2.17"
OLD_PYTHON = str(ROOT / OLD_VENV / "bin/python")
COLLECTION = "ansible_collections/postmaster/deliverability"
PACKAGE = COLLECTION.replace("/", ".")
WORKERS = 2


class Step(NamedTuple):
    """One command of a job; ``folder`` is where it runs, relative to the job's copy of the collection."""

    words: list[str]
    folder: str = "."


class Job(NamedTuple):
    """A few commands that follow one another in the same copy; all of them run, so that one look shows every complaint."""

    name: str
    tree: str
    python: str
    steps: list[Step]


def tool(name: str) -> str:
    """Return the path of a command that pip installed into ``.venv``."""
    return str(ROOT / ".venv/bin" / name)


def pytest(python: str, *paths: str) -> Step:
    return Step([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths])


def pytest_on_real_hosts(python: str, folder: str, together: str = "") -> Step:
    """Tests of real daemons: what fails is tried once more, alone, since a machine stands still now and then. Both tries are in the log.

    ``together``: options of pytest for the first try, which may let several tests run at once.
    """
    once = '"$0" -m pytest -q -o cache_dir="$1"'
    words = f"{once} {together} {folder} || {once} --last-failed --last-failed-no-failures none {folder}"
    return Step(["sh", "-c", words, python, str(CACHE / f"pytest-{folder.rpartition('/')[2]}")])


def sanity(python: str) -> Step:
    return Step([python, "tests/tools/sanity.py"])


LINT = [
    Step([tool("ruff"), "check", "--output-format", "concise", "."]),
    Step([tool("ruff"), "format", "--check", "."]),
    Step([tool("mypy"), "--config-file", f"{COLLECTION}/pyproject.toml", "--cache-dir", str(CACHE / "mypy"), "-p", f"{PACKAGE}.plugins"], "../../.."),
    Step([tool("yamllint"), "--strict", "."]),
    Step([tool("ansible-lint"), "--strict"]),
    Step([tool("antsibull-docs"), "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "self", "."]),
    Step([tool("antsibull-changelog"), "lint"]),
    Step([tool("antsibull-changelog"), "lint-changelog-yaml", "changelogs/changelog.yaml"]),
    Step([tool("reuse"), "lint", "--quiet"]),
    Step([tool("shellcheck"), ".ci/run", "tests/tools/venv.sh"]),
]

# The longest first, so that the two workers end together.
DAILY = [
    Job("pytest", "test", PYTHON, [pytest(PYTHON, "tests/unit", "tests/collection")]),
    Job("audit", "test", PYTHON, [pytest(PYTHON, "tests/audit")]),
    Job("sanity", "test", PYTHON, [sanity(PYTHON)]),
    Job("lint", "test", PYTHON, LINT),
]
# What takes longer than one waits for, or needs root and Debian's packages, runs only when it is named; .ci/run does.
OLD_JOB = Job(
    "core-2.17",
    "test-2.17",
    OLD_PYTHON,
    [
        Step(["sh", str(ROOT / "tests/tools/venv.sh"), OLD_VENV, "tests/requirements-2.17.txt"], str(ROOT)),
        pytest(OLD_PYTHON, "tests/unit"),
        sanity(OLD_PYTHON),
    ],
)
ROOT_JOB = Job("root", "test", PYTHON, [pytest_on_real_hosts(PYTHON, "tests/root", "-n 2 --dist loadfile")])  # each file has hosts of its own
LAB_JOB = Job("lab", "test", PYTHON, [pytest_on_real_hosts(PYTHON, "tests/lab", "-n 2 --dist worksteal")])  # two labs: each waits a lot
MOLECULE_JOB = Job("molecule", "test", PYTHON, [Step([tool("molecule"), "test", "--all"])])
# Their output is printed to the end, so that pytest's closing line comes last.
PRINTED = ("pytest", "audit", "root", "lab")


def copy_collection(tree: str) -> None:
    """Copy the tracked files, as they are in the work tree, to a fresh collection path; a git repository of its own, since linters ask git what to read."""
    target = CACHE / tree / COLLECTION
    shutil.rmtree(CACHE / tree, ignore_errors=True)
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        source = ROOT / name
        if source.is_symlink() or source.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", "."], cwd=target, check=True)
    subprocess.run(["git", "add", "--all"], cwd=target, check=True)


def at_home() -> dict[str, str]:
    """Return what keeps in use, although HOME is another folder, that lies in the user's: pip's cache and settings, the interpreters of pyenv."""
    home = pathlib.Path.home()
    cache = subprocess.run([PYTHON, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False).stdout.strip()
    settings = [str(home / name) for name in (".config/pip/pip.conf", ".pip/pip.conf") if (home / name).exists()]
    return {
        **({"PIP_CACHE_DIR": cache} if cache else {}),
        **({"PIP_CONFIG_FILE": settings[0]} if settings else {}),
        "PYENV_ROOT": str(home / ".pyenv"),
    }


def environment(job: Job) -> dict[str, str]:
    """Return the environment of a job: its copy is the collection that Python and Ansible find, its virtual environment comes first on PATH.

    Whatever a tool leaves in its user's HOME stays in ``.cache``.
    """
    tree = str(CACHE / job.tree)
    home = CACHE / f"home-{job.tree}"
    home.mkdir(exist_ok=True)
    return {
        **at_home(),
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": tree,
        "ANSIBLE_NOCOLOR": "true",
        "HOME": str(home),
        "LAB_DIR": str(CACHE / "lab"),
        "NO_COLOR": "1",
        "PATH": f"{pathlib.Path(job.python).parent}:{os.environ['PATH']}",
        "PYTHONPATH": tree,
    }


def run(job: Job) -> tuple[bool, float]:
    """Run the steps of a job into its log; return whether all went well, and the seconds it took."""
    started = time.monotonic()
    variables = environment(job)
    fine = True
    with log_of(job).open("w", encoding="utf-8") as log:
        for step in job.steps:
            print("$", " ".join(step.words), file=log, flush=True)
            folder = CACHE / job.tree / COLLECTION / step.folder
            done = subprocess.run(step.words, cwd=folder, env=variables, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False)
            fine &= done.returncode == 0
    return fine, time.monotonic() - started


def log_of(job: Job) -> pathlib.Path:
    return CACHE / "logs" / f"{job.name}.log"


def said_by(job: Job) -> str:
    return log_of(job).read_text(encoding="utf-8", errors="replace")


def chosen(names: list[str]) -> list[Job]:
    """Return the jobs with these names, those of every day if there are none."""
    jobs = {job.name: job for job in [*DAILY, OLD_JOB, ROOT_JOB, LAB_JOB, MOLECULE_JOB]}
    unknown = set(names) - set(jobs)
    if unknown:
        sys.exit(f"error: no such job: {', '.join(sorted(unknown))}; there are {', '.join(jobs)}")
    return [jobs[name] for name in names] or DAILY


def main(names: list[str]) -> int:
    """Run the named jobs, or those of every day; return 1 if any failed."""
    jobs = chosen(names)
    (CACHE / "logs").mkdir(parents=True, exist_ok=True)
    for tree in {job.tree for job in jobs}:
        copy_collection(tree)
    failed = []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        running = {pool.submit(run, job): job for job in jobs}
        for done in concurrent.futures.as_completed(running):
            job, (fine, seconds) = running[done], done.result()
            print(f"{'ok' if fine else 'FAILED':6} {job.name:10} {seconds:6.1f} s", flush=True)
            if not fine:
                failed.append(job.name)
                if job.name not in PRINTED:
                    print(said_by(job))
    if failed:
        print(f"FAILED: {', '.join(sorted(failed))}; the logs are in .cache/logs")
    for job in jobs:
        if job.name in PRINTED:
            print(said_by(job), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
