# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ``playbooks/audit.yml`` for people: ``audit.py INVENTORY [ARGUMENT]...`` prints the short table and where the reports are.

An empty INVENTORY means the embedded fleet, with its DNS server around the run. The arguments go to ``ansible-playbook``.
Ansible's own output goes to ``.cache/audit.log`` and is shown when the run fails. The exit code is Ansible's.
"""

from __future__ import annotations

import json
import locale
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOG = ROOT / ".cache/audit.log"
REPORTS = ROOT / "reports"
FLEET = ROOT / "examples/fleet"
# Banners are for people who watch a playbook; the errors below them are for everybody.
BANNER = re.compile(r"^(PLAY|TASK|PLAY RECAP|RUNNING HANDLER) ?(\[.*\] )?\*+$")
# The playbook goes on after a host that cannot be read, and the report tells about it.
IGNORED = re.compile(r"(?:\[ERROR\]:(?:(?!\[ERROR\]:|^fatal:).)*)?^fatal: [^\n]*\n\.\.\.ignoring\n", re.MULTILINE | re.DOTALL)


def usable_locale() -> dict[str, str]:
    """Return the environment that gives Ansible the UTF-8 locale that it insists on, nothing where it is there already."""
    for name in ("", "C.UTF-8", "en_US.UTF-8"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        if (locale.nl_langinfo(locale.CODESET) or "").upper() == "UTF-8":
            return {"LC_ALL": name} if name else {}
    return {}


def command(inventory: str, arguments: list[str]) -> list[str]:
    """Return the words of the run: ansible-playbook, for the embedded fleet inside the launcher of its DNS server."""
    playbook = [sys.executable, "-m", "ansible", "playbook", str(ROOT / "playbooks/audit.yml")]
    playbook += ["--inventory", inventory or str(FLEET / "inventory.yml"), "--extra-vars", json.dumps({"audit_output_dir": str(REPORTS)})]
    launcher = [] if inventory else [sys.executable, str(FLEET / "serve.py"), "--"]
    return [*launcher, *playbook, *arguments]


def environment() -> dict[str, str]:
    """Return the environment of the run: this work tree's collection, and a log without success stories."""
    return {
        **os.environ,
        **usable_locale(),
        "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / ".cache/collections"),
        "ANSIBLE_DISPLAY_OK_HOSTS": "false",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
    }


def errors(text: str) -> str:
    """Return what Ansible said without its banners, its recap and the failures that it was told to ignore."""
    said = IGNORED.sub("", text.partition("\nPLAY RECAP")[0])
    return "\n".join(line for line in said.splitlines() if line and not BANNER.match(line))


def main(inventory: str, arguments: list[str]) -> int:
    """Run the audit, print the outcome, return Ansible's exit code."""
    if inventory and "," not in inventory and not pathlib.Path(inventory).exists():
        sys.exit(f"error: INVENTORY={inventory}: no such file or folder")
    table = REPORTS / "report.txt"
    # Ansible leaves alone a file that already says the right thing, so only its absence tells whether this run wrote one.
    table.unlink(missing_ok=True)
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w", encoding="utf-8") as log:
        code = subprocess.run(command(inventory, arguments), cwd=ROOT, env=environment(), stdout=log, stderr=log, check=False).returncode
    if table.exists():
        print(table.read_text(encoding="utf-8").rstrip("\n"))
        print(f"\n{REPORTS / 'report.html'}\n{REPORTS / 'report.json'}")
    elif not code:
        print(f"No report was asked for or written; Ansible's own words are in {LOG}.")
    if code:
        print(f"{errors(LOG.read_text(encoding='utf-8', errors='replace'))}\n\nerror: ansible-playbook ended with code {code}", file=sys.stderr)
    return code


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
