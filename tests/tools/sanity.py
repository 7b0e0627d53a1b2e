# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ``ansible-test sanity`` without containers and with no host but PyPI: ``sanity.py [ARGUMENT]...``, in the collection's folder.

The interpreter that runs this file decides which ansible-core is used. HOME has to be a folder that may be filled; ``check.py`` sets it.
Four things stand between ansible-test and a plain machine, and are put right here:

* it bootstraps its virtual environments with a get-pip.py from a host of its own; pip's wheel from PyPI does the same,
* it looks for interpreters by name on PATH and cannot use pyenv's shims, which answer for versions that are not active,
* it hands no PIP_ variable on, so pip would forget its cache, its index and its certificates,
* its shellcheck test passes silently where there is no shellcheck; the one from PyPI lies beside the interpreter.
"""

from __future__ import annotations

import ast
import configparser
import os
import pathlib
import shutil
import subprocess
import sys
import types

from ansible_test._internal.python_requirements import get_venv_packages

# ansible-test runs this file in place of get-pip.py, with the options of get-pip.py.
GET_PIP = """\
import pathlib, runpy, sys
wheels = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(next(wheels.glob("pip-{pip}-*.whl"))))
wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.argv = ["pip", "install", "--upgrade", "--force-reinstall", "--no-index", "--find-links", str(wheels), *wanted]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
PYTHONS = [f"python3.{minor}" for minor in range(8, 15)]


def provide_get_pip(cache: pathlib.Path) -> None:
    """Put a stand-in for get-pip.py, and the wheels that it installs, where ansible-test looks before it downloads."""
    packages = get_venv_packages(types.SimpleNamespace(version="3.11"))
    script = cache / f"get_pip_{packages['pip'].replace('.', '_')}.py"
    if script.exists():
        return
    wanted = [f"{name}=={version}" for name, version in packages.items()]
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", cache, *wanted], check=True)
    script.write_text(GET_PIP.format(pip=packages["pip"]))


def provide_pip_settings(file: pathlib.Path) -> None:
    """Write what pip is told here, by variables and files, to the one file that it still reads below ansible-test."""
    settings = configparser.RawConfigParser()
    settings["global"] = {"quiet": "1"}
    told = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True).stdout
    for name, value in (line.split("=", 1) for line in told.splitlines()):
        section, key = name.rsplit(".", 1)
        if key == "config-file":
            continue
        section = "global" if section == ":env:" else section
        if not settings.has_section(section):
            settings.add_section(section)
        settings[section][key] = ast.literal_eval(value)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as handle:
        settings.write(handle)


def real_interpreter(name: str) -> str | None:
    """Return the path of the interpreter that answers to ``name``, on PATH or installed by pyenv, or None if none does."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    installed = sorted(str(path) for path in pyenv.glob(f"versions/{name.removeprefix('python')}.*/bin/{name}"))
    for candidate in [shutil.which(name), *installed]:
        if candidate:
            answer = subprocess.run([candidate, "-c", "import sys, ssl, venv; print(sys.executable)"], capture_output=True, text=True, check=False)
            if answer.returncode == 0:
                return answer.stdout.strip()
    return None


def provide_programs(folder: pathlib.Path) -> None:
    """Fill ``folder`` with links to the interpreters of this machine and to shellcheck."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in PYTHONS:
        if path := real_interpreter(name):
            (folder / name).symlink_to(path)
    if shellcheck := shutil.which("shellcheck", path=str(pathlib.Path(sys.executable).parent)):
        (folder / "shellcheck").symlink_to(shellcheck)


def main() -> int:
    """Prepare the folder and hand over to ansible-test; return its exit code."""
    folder = pathlib.Path.home() / ".ansible/test"
    provide_get_pip(folder / "cache")
    provide_programs(folder / "bin")
    provide_pip_settings(folder.parents[1] / ".config/pip/pip.conf")
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.defpath}"}
    command = [sys.executable, str(pathlib.Path(sys.executable).with_name("ansible-test")), "sanity", "--color", "no", *sys.argv[1:]]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
