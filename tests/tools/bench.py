# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make bench`` runs: the benchmarks of ``tests/bench``, all of them or the one that is named: ``bench.py [NAME]``.

A file of that folder holds one benchmark or a few and tells their names in the first line of its docstring, ``ndr-first`` and
``ndr-repeat`` say; it is called with the names to run. Files that begin with ``_`` are helpers.
The peers that a file measures itself against stand in its inline script metadata (the ``# /// script`` block of PEP 723) and are
installed, beside the project's own requirements, into a virtual environment of that file.
"""

from __future__ import annotations

import ast
import os
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests/bench"
NAME = re.compile(r"``([a-z-]+)``")
METADATA = re.compile(r"^# /// script\n((?:#(?: .*)?\n)+?)# ///$", re.MULTILINE)


def benchmarks() -> dict[str, pathlib.Path]:
    """Return name -> file of every benchmark."""
    found = {}
    for file in sorted(BENCH.glob("[a-z]*.py")):
        title = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        found.update(dict.fromkeys(NAME.findall(title) or [file.stem.replace("_", "-")], file))
    return found


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
    known = benchmarks()
    if unknown := set(names) - set(known):
        sys.exit(f"error: no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    collections = str(ROOT / ".cache/collections")
    failed = []
    for name in names or known:
        python = interpreter(known[name])
        variables = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": collections,
            "PATH": f"{pathlib.Path(python).parent}:{os.environ['PATH']}",
            "PYTHONPATH": collections,
        }
        if subprocess.run([python, str(known[name]), name], cwd=ROOT, env=variables, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
