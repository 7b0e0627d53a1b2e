# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End a change that was made for a time, once the operator that refused us takes our mail again.

A timer runs this on the mail host. It needs nothing but Python's standard library. An order says what to end and when:

    {"name": "smarthost", "expires_at": "2026-12-06T10:00:00Z", "retry": 21600, "state_dir": "/var/lib/postmaster.deliverability", "config_dir": str or "",
     "helo": str, "source_address": str or "", "sender": str, "recipients": [str], "servers": {domain: [host names]},
     "check": [words] or [], "reload": [words], "files": [paths], "timer": str or ""}

Until ``expires_at`` nothing happens. From then on a short message is offered from this host itself to each of the recipients, mailboxes that the owner of the
host has named for this, at most every ``retry`` seconds. Less would prove nothing: some operators refuse after the message only. If each is taken, the files
of the change become what they were before (the snapshot of ``postfix_config`` or ``exim_config`` under this name), the mail system reloads, and the
order ends. Otherwise all stays as it is. So it does where somebody changed the files since. What became of it is in the log of mail and in
``postmaster.fact``.

    return_home.py ORDER.json
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import glob
import hashlib
import json
import os
import re
import socket
import ssl
import stat
import subprocess
import sys
import syslog
import time
from email.utils import formatdate

FACTS = "/etc/ansible/facts.d/postmaster.fact"
PORT = 25
TIMEOUT = 60
MAX_LINE = 4096
MAX_LINES = 100
SERVERS = 3  # asked for one recipient before it counts as unreachable
PAUSE = 2  # seconds between two dialogues
TIME = "%Y-%m-%dT%H:%M:%SZ"


class Stay(Exception):
    """Why the change has to stay; the message is what people read."""


def parse_time(text):
    return datetime.datetime.strptime(text, TIME).replace(tzinfo=datetime.timezone.utc).timestamp()


def show_time(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime(TIME)


# Asking


MESSAGE = """From: <{sender}>
To: <{recipient}>
Subject: {helo} tries whether its own mail is taken again
Date: {date}
Message-ID: <{number}.{name}@{helo}>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

{helo} made a change for a time ({name}), which ends when this message is
taken directly. Nothing needs to be done about it.
"""


class Dialogue:
    """One SMTP dialogue that offers one message."""

    def __init__(self, address, order):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        source = order.get("source_address") or ""
        own = (source, 0) if source and (":" in source) == (family == socket.AF_INET6) else None
        self.order = order
        self.socket = socket.create_connection((address, PORT), TIMEOUT, own)
        self.stream = self.socket.makefile("rb")

    def ask(self, recipient):
        """Return the first reply that is no success, or that to the message: ``(code, text)``."""
        helo, sender = self.order["helo"], self.order["sender"]
        reply = self._read()
        if reply[0] // 100 == 2:
            reply = self._say(f"EHLO {helo}")
        if reply[0] // 100 == 2 and re.search(r"(?im)^STARTTLS\b", reply[1]) and self._say("STARTTLS")[0] // 100 == 2:
            self._encrypt()
            reply = self._say(f"EHLO {helo}")
        for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"):
            if reply[0] // 100 == 2:
                reply = self._say(command)
        if reply[0] // 100 == 2:
            reply = self._say("DATA")
        return self._say(self._message(recipient)) if reply[0] // 100 == 3 else reply

    def _message(self, recipient):
        words = {"helo": self.order["helo"], "sender": self.order["sender"], "name": self.order["name"], "recipient": recipient}
        text = MESSAGE.format(date=formatdate(), number=int(time.time() * 1000), **words)
        return text.replace("\n", "\r\n") + "."

    def close(self):
        with contextlib.suppress(OSError, EOFError, ValueError):
            self.socket.settimeout(5)
            self._say("QUIT")
        self.socket.close()

    def _say(self, command):
        self.socket.sendall(command.encode("ascii") + b"\r\n")
        return self._read()

    def _encrypt(self):
        """Encrypt as mail systems do towards strangers: without asking for a certificate that could be verified."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)
        self.stream = self.socket.makefile("rb")

    def _read(self):
        lines = []
        while len(lines) < MAX_LINES:
            line = self.stream.readline(MAX_LINE).decode("utf-8", "replace").rstrip("\r\n")
            if not re.match(r"[2-5][0-9]{2}(?:[ -]|\Z)", line):
                raise EOFError(f"no SMTP reply: {line[:200]!r}")
            lines.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), "\n".join(lines)
        raise EOFError("a reply without an end")


def ask(recipient, order):
    """Return what the servers of a recipient said; raise Stay unless it is taken."""
    names = order["servers"].get(recipient.rpartition("@")[2].lower()) or []
    heard = "no server is known"
    for name in names[:SERVERS]:
        try:
            addresses = [entry[4][0] for entry in socket.getaddrinfo(name, PORT, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            heard = f"{name}: {error}"
            continue
        for address in dict.fromkeys(addresses):
            if order.get("source_address") and (":" in address) != (":" in order["source_address"]):
                continue  # mail leaves from an address of the other family
            time.sleep(PAUSE)
            try:
                dialogue = Dialogue(address, order)
            except (OSError, ValueError) as error:
                heard = f"{name}[{address}]: {error}"
                continue
            try:
                code, text = dialogue.ask(recipient)
            except (OSError, EOFError, ValueError) as error:
                heard = f"{name}[{address}]: {error}"
                continue
            finally:
                dialogue.close()
            said = f"{name}[{address}] said: {code} {' '.join(text.split())}"
            if code // 100 == 2:
                return said
            raise Stay(f"the operator still refuses us: {said[:500]}")
    raise Stay(f"no server could be asked about {recipient}: {heard[:500]}")


# Going back


def digest(content):
    return None if content is None else hashlib.sha256(content).hexdigest()


def read(path):
    """Return the content of a file, or None where there is none."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def write(path, content, status=None):
    """Replace a file by one rename, with mode, owner and attributes of what was there, or else those of ``status``; None removes it."""
    path = os.path.realpath(path)
    if content is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return
    temporary = f"{os.path.dirname(path)}/.{os.path.basename(path)}.return_home"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            like(path, stream.fileno(), status)
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def status_of(path):
    return os.stat(path) if os.path.exists(path) else None


def like(model, handle, status=None):
    """Give an open file the mode, the owner and the extended attributes (ACL, SELinux context) of another one, or else those of ``status``."""
    status = status_of(model) or status
    if status:
        os.fchown(handle, status.st_uid, status.st_gid)
        os.fchmod(handle, stat.S_IMODE(status.st_mode))
    with contextlib.suppress(OSError, AttributeError):
        for name in os.listxattr(model):
            with contextlib.suppress(OSError):
                os.setxattr(handle, name, os.getxattr(model, name))


def find_snapshot(order):
    """Return ``(folder, manifest)`` of the change."""
    found = []
    for path in sorted(glob.glob(f"{glob.escape(order['state_dir'])}/{glob.escape(order['name'])}-*/manifest.json")):
        if not re.fullmatch(r"[0-9a-f]{12}", os.path.basename(os.path.dirname(path))[len(order["name"]) + 1 :]):
            continue  # of an earlier change, set aside
        manifest = json.loads(read(path).decode())
        paths = [entry["path"] for entry in manifest["files"]]
        if not order.get("config_dir") or any(os.path.dirname(path) == order["config_dir"] for path in paths):
            found.append((os.path.dirname(path), manifest))
    if len(found) != 1:
        raise Stay(f"{len(found)} snapshots of {order['name']} in {order['state_dir']}: it is not clear what to go back to")
    return found[0]


def plan(folder, manifest):
    """Return ``{path: (content now, content before)}``; raise Stay where somebody changed a file since."""
    found = {}
    for number, entry in enumerate(manifest["files"]):
        now = read(entry["path"])
        if digest(now) not in (entry["before"], *entry["written"]):
            raise Stay(f"{entry['path']} was changed since; go back by hand, or run the role with state absent. The copies are in {folder}")
        before = None if entry["before"] is None else read(f"{folder}/{number}.before")
        if digest(before) != entry["before"]:
            raise Stay(f"the copy of {entry['path']} in {folder} is damaged")
        found[entry["path"]] = (now, before)
    return found


def run(words):
    """Run a command of the order; raise Stay with its complaint where it fails."""
    if not words:
        return
    environment = dict(os.environ, LC_ALL="C", PATH="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Stay(f"{words[0]} could not be run: {error}") from error
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        raise Stay(f"{' '.join(words)} failed: {said[-1] if said else done.returncode}")


def go_back(order):
    """Write what was there before and reload; what fails is put right again."""
    folder, manifest = find_snapshot(order)
    contents = plan(folder, manifest)
    rights = {path: status_of(path) for path in contents}
    try:
        for path, (_now, before) in contents.items():
            write(path, before)
        run(order["check"])
        run(order["reload"])
    except (Stay, OSError) as error:
        for path, (now, _before) in contents.items():
            if read(path) != now:
                write(path, now, rights[path])
        with contextlib.suppress(Stay):
            run(order["reload"])
        raise Stay(f"{error}; all is as it was") from error
    # The manifest goes first: what is left of a folder without one is no snapshot.
    os.unlink(f"{folder}/manifest.json")
    for path in [*glob.glob(f"{glob.escape(folder)}/*"), *order["files"]]:
        with contextlib.suppress(OSError):
            os.unlink(path)
    with contextlib.suppress(OSError):
        os.rmdir(folder)


# Telling


def tell(order, outcome, why):
    """Note what became of the order in the log of mail and in the facts that Ansible reads."""
    name, now = order["name"], show_time(time.time())
    words = f"{name}: {why}"
    print(words, flush=True)
    syslog.openlog("postmaster-return", 0, syslog.LOG_MAIL)
    syslog.syslog(syslog.LOG_NOTICE if outcome == "returned" else syslog.LOG_WARNING, words)
    try:
        facts = json.loads((read(FACTS) or b"{}").decode())
        facts.setdefault("returns", {})[name] = {"outcome": outcome, "why": why, "at": now, "expires_at": order["expires_at"]}
        os.makedirs(os.path.dirname(FACTS), exist_ok=True)
        fresh = not os.path.exists(FACTS)
        write(FACTS, (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode())
        if fresh:
            os.chmod(FACTS, 0o644)
    except (OSError, ValueError, AttributeError) as error:
        syslog.syslog(syslog.LOG_WARNING, f"{FACTS} cannot be kept: {error}")


@contextlib.contextmanager
def lock(state_dir):
    """Hold the folder as the modules do, so that only one changes something at a time."""
    with open(f"{state_dir}/lock", "a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Stay("another change is going on") from None
        yield


def work(path, now):
    """Do what the order in a file asks for; return whether it is over."""
    text = read(path)
    order = json.loads(text.decode())
    asked = f"{path}.asked"  # its time is that of the last dialogue
    if now < parse_time(order["expires_at"]) or (os.path.exists(asked) and now < os.path.getmtime(asked) + order["retry"]):
        return False
    write(asked, b"")
    os.utime(asked, (now, now))
    try:
        with lock(order["state_dir"]):
            if not order["recipients"] or not order["sender"]:
                raise Stay("the time is over, but no sender and recipient were declared that the server could be asked about")
            heard = [ask(recipient, order) for recipient in order["recipients"]]
            if read(path) != text:
                raise Stay("the order was changed while the servers were asked")
            go_back(order)
    except Stay as reason:
        tell(order, "stayed", f"stays: {reason}")
        return False
    tell(order, "returned", f"went back to before, since {'; '.join(heard)}")
    for done in (path, asked):
        os.unlink(done)
    if order.get("timer"):
        # Without waiting: this process is the timer's own.
        run(["systemctl", "disable", "--now", "--no-block", order["timer"]])
    return True


def main():
    work(sys.argv[1], time.time())


if __name__ == "__main__":
    main()
