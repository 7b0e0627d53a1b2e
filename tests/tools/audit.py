# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ``playbooks/audit.yml`` for people: ``audit.py INVENTORY [ARGUMENT]...`` prints the short table and where the reports are.

An empty INVENTORY means the embedded fleet, with its DNS server around the run. The arguments go to ``ansible-playbook``.
Ansible's own output goes to ``.cache/audit.log``; of that the table is shown, and what is wrong when the run fails. The exit code is Ansible's.
"""

from __future__ import annotations

import json
import locale
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOG = ROOT / ".cache/audit.log"
REPORTS = ROOT / "reports"
FLEET = ROOT / "examples/fleet"
# What went wrong on a host, unless the playbook was told to go on; the report tells about that.
FATAL = re.compile(r"^fatal: \[(?P<host>[^\]]+?)(?: -> [^\]]*)?\]: (?:FAILED|UNREACHABLE)! => (?P<result>\{.*\})\n(?!\.\.\.ignoring)", re.MULTILINE)
# What Ansible says before it comes to any host: the first paragraph, without the excerpt of the file that follows it.
ERROR = re.compile(r"^(?:\[ERROR\]|ansible-playbook: error): (.*?)(?=\n\n|\n \n|\nOrigin: |\n\[|\Z)", re.MULTILINE | re.DOTALL)
# The first of the plugins that tried to read an inventory is the one that its name asks for.
UNPARSED = re.compile(r"^\[WARNING\]: Failed to parse inventory with '[^']*' plugin: ([^\n]*).*?^Origin: ([^\n]*)", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^TASK \[[^\n]*judge \| Show the fleet in short\][^\n]*\nok: [^\n]*?=> (\{.*?^\})", re.MULTILINE | re.DOTALL)
NO_HOST = "\nskipping: no hosts matched\n"
# Ansible tells how it came to an error from the outside to the inside; what is wrong stands innermost.
AROUND = re.compile(
    r"^(?:(?:Task|Action|Module) failed: |Finalization of task args for '[^']*' failed: |Error while resolving value for '[^']*': "
    r"|The (?:filter|lookup|test) plugin '[^']*' failed: |postmaster\.deliverability\.\w+: )+"
)


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
    """Return the environment of the run: this work tree's collection, plain words, and no run without an inventory."""
    return {
        **os.environ,
        **usable_locale(),
        "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / ".cache/collections"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_DISPLAY_OK_HOSTS": "true",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
    }


def errors(text: str) -> str:
    """Return what is wrong, each thing once, after the names of the hosts where only some have it; all of Ansible's words where no error is found in them."""
    unparsed = UNPARSED.search(text) if "[ERROR]: No inventory was parsed" in text else None
    if unparsed:
        return f"{unparsed[2]}: {unparsed[1]}"
    found: dict[str, list[str]] = {}
    for match in FATAL.finditer(text):
        found.setdefault(innermost(json.loads(match["result"]).get("msg", "")), []).append(match["host"])
    if not found:
        found = {innermost(said): [] for said in ERROR.findall(text)}
    return "\n".join(f"{', '.join(hosts)}: {said}" if len(found) > 1 and hosts else said for said, hosts in found.items()) or text.strip()


def innermost(said: str) -> str:
    return AROUND.sub("", said).strip()


def main(inventory: str, arguments: list[str]) -> int:
    """Run the audit, print the outcome, return Ansible's exit code."""
    if inventory and "," not in inventory and not pathlib.Path(inventory).exists():
        sys.exit(f"error: INVENTORY={inventory}: no such file or folder")
    LOG.parent.mkdir(exist_ok=True)
    started = time.time()
    with LOG.open("w", encoding="utf-8") as log:
        code = subprocess.run(command(inventory, arguments), cwd=ROOT, env=environment(), stdout=log, stderr=log, check=False).returncode
    said = LOG.read_text(encoding="utf-8", errors="replace")
    table = TABLE.search(said)
    if table:
        print(json.loads(table[1])["msg"].rstrip("\n"))
        written = [path for path in (REPORTS / "report.html", REPORTS / "report.json") if path.exists() and path.stat().st_mtime >= started - 1]
        print("".join(f"\n{path}" for path in written), end="\n" if written else "")
    if code:
        print(f"error: {errors(said)}\n\nAll of Ansible's words are in {LOG}.", file=sys.stderr)
    elif NO_HOST in said:
        sys.exit(f"error: INVENTORY={inventory}: it has no host to audit")
    elif not table:
        print(f"No report was asked for; Ansible's own words are in {LOG}.")
    return code


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
