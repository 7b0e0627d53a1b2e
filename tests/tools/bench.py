# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make bench`` runs: the benchmarks of ``tests/bench``, all of them or the one that is named: ``bench.py [NAME]``.

A benchmark is a file of that folder and takes its name from it: ``dns_delay.py`` is ``dns-delay``; a file with several benchmarks,
``ndr.py`` with ``ndr-first`` and ``ndr-repeat``, is found by the first word and told the whole name. Files that begin with ``_`` are helpers.
The peers that a file measures itself against stand in its inline script metadata (the ``# /// script`` block of PEP 723) and are
installed, beside the project's own requirements, into a virtual environment of that file.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests/bench"
METADATA = re.compile(r"^# /// script\n((?:#(?: .*)?\n)+?)# ///$", re.MULTILINE)


def find(name: str) -> pathlib.Path:
    """Return the file that holds the benchmark ``name``."""
    for stem in (name.replace("-", "_"), name.partition("-")[0]):
        if name and (BENCH / f"{stem}.py").exists():
            return BENCH / f"{stem}.py"
    known = ", ".join(sorted(path.stem.replace("_", "-") for path in BENCH.glob("[a-z]*.py")))
    sys.exit(f"error: no benchmark {name}; tests/bench has {known}")


def peers(file: pathlib.Path) -> list[str]:
    """Return the requirements that a benchmark's inline metadata names, none without metadata."""
    found = METADATA.search(file.read_text(encoding="utf-8"))
    if not found:
        return []
    return tomllib.loads("".join(line[2:] + "\n" for line in found[1].splitlines())).get("dependencies", [])


def interpreter(file: pathlib.Path) -> str:
    """Return the interpreter of the benchmark's virtual environment, which holds its peers."""
    wanted = ROOT / f".cache/bench/{file.stem}.txt"
    wanted.parent.mkdir(parents=True, exist_ok=True)
    wanted.write_text("\n".join(["-r ../../requirements.txt", *peers(file), ""]), encoding="utf-8")
    venv = f".cache/bench/{file.stem}"
    subprocess.run(["sh", "tests/tools/venv.sh", venv, str(wanted.relative_to(ROOT)), "requirements.txt"], cwd=ROOT, check=True)
    return str(ROOT / venv / "bin/python")


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return 1 if any failed."""
    wanted = [(find(name), [name]) for name in names] or [(file, []) for file in sorted(BENCH.glob("[a-z]*.py"))]
    collections = str(ROOT / ".cache/collections")
    failed = []
    for file, arguments in wanted:
        python = interpreter(file)
        variables = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": collections,
            "PATH": f"{pathlib.Path(python).parent}:{os.environ['PATH']}",
            "PYTHONPATH": collections,
        }
        if subprocess.run([python, str(file), *arguments], cwd=ROOT, env=variables, check=False).returncode:
            failed.append(file.stem)
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
