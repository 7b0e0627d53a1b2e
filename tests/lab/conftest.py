# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab for tests: the fixture ``lab`` starts it once (one that runs already is used, and left running) and answers questions about it.

Under ``pytest -n`` every worker has a lab of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["LAB_PREFIX"] = os.environ.get("LAB_PREFIX", "pmlab") + os.environ["PYTEST_XDIST_WORKER"]

import lab as tool
import world

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WAIT = 60  # seconds for mail to move on a busy machine
TOOL = [sys.executable, str(HERE / "lab.py")]


def pytest_collection_modifyitems(items):
    """Who may not run the lab skips its tests."""
    if os.geteuid() != 0:
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="needs root: the lab makes namespaces and mounts"))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    was_up = (tool.FOLDER / "up").exists()
    subprocess.run([*TOOL, "up"], check=True)
    yield Lab()
    if not was_up:
        subprocess.run([*TOOL, "down"], check=True)


class Mail(NamedTuple):
    """One recipient of a message in a queue. ``held`` in Postfix's queue, frozen in Exim's; ``reason`` is None where the queue does not tell."""

    id: str
    sender: str
    recipient: str
    held: bool
    reason: str | None


class Play(NamedTuple):
    """What a run of a playbook came to. ``recap``: host -> ok, changed, unreachable, failed, skipped, rescued, ignored."""

    code: int
    output: str
    recap: dict[str, dict[str, int]]

    def changed(self) -> dict[str, int]:
        """The hosts of the lab that something changed on."""
        return {host: counts["changed"] for host, counts in self.recap.items() if counts["changed"]}


class Lab:
    """The running lab. Times are seconds; whatever does not happen within ``WAIT`` of them fails the test."""

    folder = tool.FOLDER
    inventory = tool.FOLDER / "inventory.json"
    strict_log = tool.FOLDER / "hosts" / world.REAL_POSTFIX / "root/var/log/postfix.log"

    # -- hosts

    def run(self, host: str, script: str, check: bool = True) -> str:
        """Run a shell script on a host as root; return what it printed, on both streams."""
        done = subprocess.run(
            tool.ssh_command(host, f"sh -ec {shlex.quote(script)}"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"{host}: {script}\n{done.stdout}"
        return done.stdout

    def read(self, host: str, path: str) -> str:
        """Return the text of a file on a host, "" if there is none."""
        place = pathlib.Path(f"{self.folder}/hosts/{host}/root{path}")
        return place.read_text(errors="replace") if place.exists() else ""

    def write(self, host: str, path: str, text: str) -> None:
        """Write a file on a host."""
        subprocess.run(tool.ssh_command(host, f"cat > {shlex.quote(path)}"), input=text, text=True, check=True)

    def reset(self, *hosts: str) -> None:
        """Give hosts a fresh system, and let the receivers forget what they saw and were told."""
        subprocess.run([*TOOL, "reset", *hosts], check=True)
        self.forget()

    def send_from(self, host: str, address: str, helo: str | None = None) -> None:
        """Make a host send from another of its addresses, with another HELO name, as its administrator would."""
        if world.HOSTS[host].mta == "postfix":
            option = "smtp_bind_address6" if ":" in address else "smtp_bind_address"
            settings = [f"{option}={address}", *([f"smtp_helo_name={helo}"] if helo else [])]
            self.run(host, f"postconf -e {shlex.join(settings)}; postfix reload")
        else:
            macros = [f"REMOTE_SMTP_INTERFACE = {'<; ' if ':' in address else ''}{address}", *([f"REMOTE_SMTP_HELO_DATA = {helo}"] if helo else [])]
            path = "/etc/exim4/exim4.conf.localmacros"
            names = [macro.partition(" ")[0] for macro in macros]
            kept = [line for line in self.read(host, path).splitlines() if line.partition(" ")[0] not in names]
            self.write(host, path, "\n".join([*kept, *macros, ""]))
            self.run(host, "update-exim4.conf && systemctl reload exim4")

    def send(self, host: str, *recipients: str, sender: str | None = None, subject: str = "An order") -> str:
        """Submit a message on a host; return the text that its log and queue know it by, the Message-ID."""
        sender = sender or f"app@{world.HOSTS[host].domain}"
        identifier = f"{time.time_ns()}@{world.HOSTS[host].domain}"
        message = f"From: {sender}\nTo: {', '.join(recipients)}\nSubject: {subject}\nMessage-ID: <{identifier}>\n\nHello\n"
        words = tool.ssh_command(host, shlex.join(["/usr/sbin/sendmail", "-f", sender, *recipients]))
        subprocess.run(words, input=message, text=True, check=True)
        return identifier

    def log(self, host: str) -> str:
        """Return what the mail system of a host has logged."""
        return self.read(host, {"postfix": "/var/log/mail.log", "exim": "/var/log/exim4/mainlog"}[world.HOSTS[host].mta])

    def wait_for_log(self, host: str, pattern: str) -> str:
        """Wait for a line of a host's mail log in which a regular expression is found; return the line."""
        return self.wait_for(lambda: next((line for line in self.log(host).splitlines() if re.search(pattern, line)), None), f"{host} logs {pattern}")

    def queue(self, host: str) -> list[Mail]:
        """Return what waits in a host's queue."""
        if world.HOSTS[host].mta == "postfix":
            entries = [json.loads(line) for line in self.run(host, "postqueue -j").splitlines()]
            return [
                Mail(entry["queue_id"], entry["sender"], to["address"], entry["queue_name"] == "hold", to.get("delay_reason"))
                for entry in entries
                for to in entry["recipients"]
            ]
        mails = []
        for block in self.run(host, "exim4 -bp").strip().split("\n\n"):
            head, *recipients = block.splitlines() or [""]
            found = re.match(r"\s*\S+\s+\S+\s+(\S+)\s+<(.*?)>(.*)", head)
            if found:
                waiting = [line.strip() for line in recipients if not line.strip().startswith("D ")]
                mails += [Mail(found[1], found[2], to, "frozen" in found[3], None) for to in waiting]
        return mails

    def flush(self, host: str) -> None:
        """Let a host try everything in its queue again now."""
        self.run(host, {"postfix": "postqueue -f", "exim": "exim4 -qff"}[world.HOSTS[host].mta])

    # -- receivers

    def received(self, server: str, recipient: str | None = None) -> list[dict[str, Any]]:
        """Return a receiver's last words, oldest first: client, helo, sender, recipient, stage, reply, accepted (and time, user where it is no Postfix)."""
        if server == world.REAL_POSTFIX:
            lines = read_postfix(self.strict_log.read_text())
        else:
            path = self.folder / "log" / f"{server}.jsonl"
            lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [line for line in lines if recipient in (None, line["recipient"])]

    def delivered(self, server: str, recipient: str) -> dict[str, Any]:
        """Wait until a receiver has accepted a message for a recipient; return its line about it."""
        return self.wait_for(
            lambda: next((line for line in self.received(server, recipient) if line["accepted"]), None), f"{server} accepts mail for {recipient}"
        )

    def refused(self, server: str, recipient: str) -> dict[str, Any]:
        """Wait until a receiver has refused a message for a recipient; return its line about it."""
        return self.wait_for(
            lambda: next((line for line in self.received(server, recipient) if not line["accepted"]), None), f"{server} refuses mail for {recipient}"
        )

    @contextlib.contextmanager
    def ordered(self, server: str, stage: str, reply: str) -> Iterator[None]:
        """Make a receiver refuse at a stage (connect, MAIL FROM, RCPT TO, end of DATA) in given words; without words it drops the connection."""
        path = self.folder / "moods.json"
        orders = json.loads(path.read_text()) if path.exists() else {}
        replace(path, {**orders, server: {"stage": stage, "reply": reply}})
        try:
            yield
        finally:
            replace(path, orders)

    def forget(self) -> None:
        """Empty the receivers' logs, and take back every order to them."""
        for log in [*self.folder.glob("log/*.jsonl"), self.strict_log]:
            log.open("w").close()
        (self.folder / "moods.json").unlink(missing_ok=True)

    # -- the DNS

    def list_address(self, zone: str, address: str, code: str = "127.0.0.2") -> None:
        """Put an IPv4 address on a list, and wait until the lab's resolver says so."""
        self._relist(zone, lambda entries: {**entries, address: code}, address, [code])

    def delist_address(self, zone: str, address: str) -> None:
        """Take an IPv4 address off a list, and wait until the lab's resolver says so."""
        self._relist(zone, lambda entries: {key: value for key, value in entries.items() if key != address}, address, [])

    def _relist(self, zone: str, change: Callable[[dict], dict], address: str, codes: list[str]) -> None:
        listings = json.loads((self.folder / "listings.json").read_text())
        listings[zone] = change(listings[zone])
        replace(self.folder / "listings.json", listings)
        tool.write_lists()
        reverse = ".".join(reversed(address.split(".")))
        self.wait_for(lambda: self.look_up(f"{reverse}.{zone}", "A") == codes or None, f"{zone} tells {codes} for {address}")

    def look_up(self, name: str, rdtype: str) -> list[str]:
        """Ask the lab's resolver; no record is an empty list."""
        script = (
            "import dns.resolver, sys\n"
            "try: print('\\n'.join(record.to_text() for record in dns.resolver.resolve(sys.argv[1], sys.argv[2])))\n"
            "except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer): pass"
        )
        words = tool.inside("", sys.executable, "-c", script, name, rdtype)
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]

    # -- the controller

    def play(self, tasks: list[dict] | pathlib.Path, *arguments: str, hosts: str = "mail1", **variables: Any) -> Play:
        """Run a playbook, or a play with these tasks on ``hosts``; ``variables`` are extra variables. Its failure is the caller's to judge."""
        playbook = tasks
        if not isinstance(tasks, pathlib.Path):
            playbook = self.folder / "play.yml"
            playbook.write_text(json.dumps([{"hosts": hosts, "gather_facts": False, "tasks": tasks}]))
        extra = self.folder / "extra.json"
        extra.write_text(json.dumps(variables))
        program = pathlib.Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            [program, "--inventory", self.inventory, "--extra-vars", f"@{extra}", *arguments, playbook],
            env={"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"), "ANSIBLE_NOCOLOR": "1", **os.environ},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        recap = {
            line.split()[0]: {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}
            for line in done.stdout.splitlines()
            if re.match(r"\S+ +: ok=\d+", line)
        }
        return Play(done.returncode, done.stdout, recap)

    def wait_for(self, found: Callable[[], Any], what: str) -> Any:
        """Wait until ``found()`` is something; return it."""
        end = time.monotonic() + WAIT
        while True:
            value = found()
            if value is not None:
                return value
            assert time.monotonic() < end, f"not within {WAIT} s: {what}"
            time.sleep(0.2)


def replace(path: pathlib.Path, value: Any) -> None:
    """Write JSON to a file that others read at any time."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(value))
    fresh.rename(path)


def read_postfix(log: str) -> list[dict[str, Any]]:
    """Read the log of a receiving Postfix: what it refused, and what it put into a mailbox."""
    sessions: dict[str, dict[str, str]] = {}
    words = []
    for line in log.splitlines():
        reject = re.search(r"NOQUEUE: reject: (\w+) from \S+\[(.+?)\]: (.+); from=<(.*?)>(?: to=<(.*?)>)? .*?helo=<(.*?)>", line)
        client = re.search(r": (\w+): client=\S+\[(.+?)\]", line)
        sender = re.search(r": (\w+): from=<(.*?)>", line)
        stored = re.search(r": (\w+): to=<(.*?)>.*status=sent \((.*)\)", line)
        if reject:
            words.append(dict(zip(("stage", "client", "reply", "sender", "recipient", "helo"), reject.groups()), accepted=False))
        elif client:
            sessions[client[1]] = {"client": client[2]}
        elif sender and sender[1] in sessions:
            sessions[sender[1]]["sender"] = sender[2]
        elif stored and stored[1] in sessions:
            words.append({**sessions[stored[1]], "helo": None, "recipient": stored[2], "stage": "end of DATA", "reply": stored[3], "accepted": True})
    return words
