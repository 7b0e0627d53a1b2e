# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record the embedded fleet's evidence anew, from a real Postfix. Debian, as root; takes two or three minutes.

    sudo .venv/bin/python examples/fleet/record/record.py [--output DIR]

Four Postfix instances, each in network, mount and UTS namespaces of its own with the addresses of its story, send the mail of ``stories.py``
to the servers of ``receiver.py``. All of it lives in a network namespace without a way out, and ends with this program. Two days pass in a
few minutes because Postfix reads the clock through libfaketime and the clock is moved on between the messages. Everything else is
Postfix's own doing: what it logs, what it keeps, when it tries again.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import ctypes
import datetime
import email.utils
import gzip
import math
import os
import pathlib
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

import dns.name

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import dns_server
import receiver
import stories

FLEET = pathlib.Path(__file__).resolve().parents[1]

PACKAGES = {"postfix": "postfix", "nft": "nftables", "ip": "iproute2", "unshare": "util-linux"}
PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"
FAKETIME = "usr/lib/*/faketime/libfaketime.so.1"
# Read the clock's file at each question; leave timers alone; a time that is set on a file is told in the same clock as one that is read.
CLOCK_SETTINGS = {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKE_UTIME": "1"}
CLOCK_VARIABLES = ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE", *CLOCK_SETTINGS)
INSIDE = "--inside-the-namespaces"
CLONE_NEWNET = 0x40000000  # <sched.h>

NAMESERVER = "192.0.2.253"
RECEIVERS = {name: f"198.51.100.{number}" for number, name in enumerate(receiver.SERVERS, start=130)}
SPAMCOP = dns.name.from_text("bl.spamcop.net")
SHOP_IN_SPAMCOP = dns.name.from_text("11.100.51.198", SPAMCOP)

MAILBOX_USER = 5000
# What every instance has beside Debian's main.cf and what its story adds. Mail for the domain itself goes to one mailbox, bounces included.
MAIN_CF = {
    "mydestination": "localhost",
    "alias_maps": "",
    "alias_database": "",
    "inet_protocols": "ipv4",
    "virtual_mailbox_base": "/var/mail",
    "virtual_mailbox_maps": "static:mailbox",
    "virtual_uid_maps": f"static:{MAILBOX_USER}",
    "virtual_gid_maps": f"static:{MAILBOX_USER}",
    "maillog_file": "/var/log/mail.log",
}
WOKEN = ("pickup", "qmgr", "tlsmgr", "flush")
PRIVATE = {"etc": "/etc/postfix", "spool": "/var/spool/postfix", "lib": "/var/lib/postfix", "log": "/var/log", "mail": "/var/mail"}

POLL = 0.03  # seconds between two looks at a queue or a log
SETTLE = 1  # seconds for Postfix's processes to find each other before the clock moves on
IDLE_WAIT = 60  # seconds after which an instance that is still busy has gone wrong
# What an ordinary log has none of: it would tell of the recording, not of the story.
WARNING = re.compile(r"\]: (?:warning|error|fatal|panic): ")


def run(*words, **options):
    """Run a command to its end and return what it printed; a failure is an exception that quotes it."""
    done = subprocess.run(words, check=False, capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr or done.stdout or done.returncode}")
    return done.stdout


class Clock:
    """The time that the instances see: the machine's, moved by whole seconds. libfaketime reads the offset from a file each time it is asked."""

    def __init__(self, file):
        self.file = file
        self.offset = 0

    def now(self):
        return time.time() + self.offset

    def move_to(self, moment, spools=()):
        """Move on to ``moment`` (epoch seconds). The mtime of a deferred message is the time of its next attempt, so it moves along."""
        shift = math.ceil(moment - self.now())
        for path, mtime in waiting(spools):
            os.utime(path, (mtime - shift, mtime - shift))
        self.offset += shift
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{self.offset:+d}\n")
        beside.replace(self.file)

    def environment(self):
        """What makes a program read this clock."""
        return {
            "PATH": PROGRAMS,
            "TZ": "UTC",
            "LC_ALL": "C",
            "LD_PRELOAD": str(next(pathlib.Path("/").glob(FAKETIME))),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            **CLOCK_SETTINGS,
        }


def waiting(spools):
    """``(path, mtime)`` of every deferred message, as the disk knows it."""
    for spool in spools:
        for path in (spool / "deferred").glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat().st_mtime


class Instance:
    """One mail server of the fleet: namespaces, a private Postfix, and the people who use it."""

    def __init__(self, host, folder, clock):
        self.host = host
        self.folder = folder
        self.clock = clock
        self.spool = folder / "spool"
        self.log = folder / "log/mail.log"
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--uts", "--propagation", "private", "sleep", "infinity"])
        self._wait_for_namespaces()
        self.people = concurrent.futures.ThreadPoolExecutor(1, initializer=enter_network, initargs=(self.holder.pid,))
        self._connect()
        self._make_private()
        self._configure()
        self.inside("postfix", "start")
        time.sleep(SETTLE)

    def _wait_for_namespaces(self):
        ours = os.readlink("/proc/self/ns/uts")
        while os.readlink(f"/proc/{self.holder.pid}/ns/uts") == ours:
            time.sleep(0.01)
        time.sleep(0.1)  # the mount namespace comes with the same call, its propagation right after

    def inside(self, *words, **options):
        """Run a command in the namespaces of this host, with its clock."""
        enter = ["nsenter", f"--target={self.holder.pid}", "--net", "--mount", "--uts", "--"]
        environment = [f"{name}={value}" for name, value in self.clock.environment().items()]
        return run(*enter, "env", "-i", *environment, *words, **options)

    def _connect(self):
        """A cable from the host to the Internet of this recording, where a router knows the way back, and translates addresses if the story says so."""
        host, cable = self.host, f"to-{self.host.name}"
        inside_address = host.addresses[0].partition("/")[0]
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "address", "02:00:00:00:00:01", "netns", str(self.holder.pid))
        run("ip", "address", "add", f"{host.gateway}/32", "dev", cable)
        run("ip", "link", "set", cable, "up")
        for address in [*host.addresses, *filter(None, [host.public_address])]:
            run("ip", "route", "add", address.partition("/")[0], "dev", cable)
        if host.public_address:
            run("nft", "add table ip nat; add chain ip nat input { type nat hook input priority 100; }")
            run("nft", f"add rule ip nat input ip saddr {inside_address} snat to {host.public_address}")
        for address in host.addresses:
            self.inside("ip", "address", "add", address, "dev", "eth0")
        for command in ("ip link set lo up", "ip link set eth0 up", f"ip route add default via {host.gateway}"):
            self.inside(*command.split())

    def _make_private(self):
        """Put folders of this instance in the place of the machine's, for this host's eyes only."""
        for name, place in PRIVATE.items():
            (self.folder / name).mkdir()
            self.inside("mount", "--bind", str(self.folder / name), place)
        files = {"/etc/resolv.conf": f"nameserver {NAMESERVER}\n", "/etc/hosts": "127.0.0.1 localhost\n"}
        for place, text in files.items():
            file = self.folder / pathlib.Path(place).name
            file.write_text(text)
            self.inside("mount", "--bind", str(file), place)
        self.inside("hostname", self.host.hostname)
        shutil.chown(self.folder / "lib", "postfix", "postfix")
        os.chown(self.folder / "mail", MAILBOX_USER, MAILBOX_USER)

    def _configure(self):
        """Debian's own configuration, and what the story adds; nothing runs in a chroot, since that would lack resolv.conf.

        The master wakes nobody: it would complain of processes that seem to take hours to answer, when the clock moves on while it waits.
        """
        shutil.copytree("/etc/postfix", self.folder / "etc", dirs_exist_ok=True, symlinks=True)
        shutil.copy("/usr/share/postfix/main.cf.debian", self.folder / "etc/main.cf")
        shutil.copy("/usr/share/postfix/master.cf.dist", self.folder / "etc/master.cf")
        imported = f"{self.inside('postconf', '-dh', 'import_environment').strip()} {' '.join(CLOCK_VARIABLES)}"
        settings = {**MAIN_CF, "import_environment": imported, "myorigin": self.host.domain, "virtual_mailbox_domains": self.host.domain, **self.host.main_cf}
        self.inside("postconf", "-e", *[f"{name} = {value}" for name, value in settings.items()])
        self.inside("postconf", "-F", "*/*/chroot = n", *[f"{service}/unix/wakeup = 0" for service in WOKEN])

    def send(self, mail):
        """Let somebody on the host send a message, and wait until Postfix has dealt with it."""
        self.people.submit(self._submit, mail).result()
        self.wait_until_idle()

    def _submit(self, mail):
        text = "\r\n".join(
            [
                f"From: <{mail.sender}>",
                f"To: <{mail.recipient}>",
                f"Date: {email.utils.formatdate(mail.at)}",
                f"Message-ID: <{mail.at:.0f}@{self.host.domain}>",
                "Subject: A message of the embedded fleet",
                "",
                *["Nothing to see here, move along."] * (mail.size // 34),
            ]
        )
        with smtplib.SMTP("127.0.0.1", local_hostname="localhost") as client:
            client.sendmail(mail.sender, [mail.recipient], text)

    def next_attempt(self):
        """When Postfix means to try its next deferred message again, or None."""
        return min((mtime + self.clock.offset for _path, mtime in waiting([self.spool])), default=None)

    def retry(self):
        """Wake the queue manager, which would wake by itself if its time passed like ours, and wait until it has tried what is due."""
        while self.is_due():
            with socket.socket(socket.AF_UNIX) as queue_manager, contextlib.suppress(BrokenPipeError):
                queue_manager.connect(str(self.spool / "public/qmgr"))
                queue_manager.sendall(b"D")  # what postkick(1) sends: look at the deferred messages
            time.sleep(POLL)
            self.wait_until_idle()

    def is_due(self):
        return (self.next_attempt() or math.inf) <= self.clock.now()

    def wait_until_idle(self):
        """Wait until nothing is on its way: twice in a row, since a bounce is born where its cause ends."""
        deadline = time.monotonic() + IDLE_WAIT
        quiet = 0
        while quiet < 2:
            busy = any(path.is_file() for queue in ("maildrop", "incoming", "active") for path in (self.spool / queue).rglob("*"))
            quiet = 0 if busy else quiet + 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.host.name}: Postfix is still busy after {IDLE_WAIT} seconds")
            time.sleep(POLL)

    def rotate_log(self):
        """Start a new log, as logrotate does at midnight."""
        self.log.rename(self.log.with_suffix(".log.1"))
        self.inside("postfix", "reload")
        time.sleep(SETTLE)

    def stop(self):
        """Stop Postfix and let the namespaces go."""
        self.inside("postfix", "stop")
        self.people.shutdown()
        self.holder.kill()
        self.holder.wait()

    def save(self, folder):
        """Write the snapshot that mail_host_info reads, unless Postfix has complained of how it was recorded."""
        yesterday, today = self.log.with_suffix(".log.1").read_text(), self.log.read_text()
        warning = next((line for line in (yesterday + today).splitlines() if WARNING.search(line)), None)
        if warning:
            raise RuntimeError(f"{self.host.name}: {warning}")
        outputs = {
            "recorded_at": datetime.datetime.fromtimestamp(stories.RECORDED_AT, datetime.UTC).isoformat() + "\n",
            "hostname": self.inside("hostname"),
            "ip-address.json": self.inside("ip", "-j", "address"),
            "postqueue-j.jsonl": self.inside("postqueue", "-j"),
            "postconf.txt": self.inside("postconf"),
            "postconf-M.txt": self.inside("postconf", "-M"),
            "postconf-P.txt": self.inside("postconf", "-P"),
            "mail.log": today,
        }
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, text in outputs.items():
            (folder / name).write_text(text)
        (folder / "mail.log.1.gz").write_bytes(gzip.compress(yesterday.encode(), mtime=0))


def enter_network(pid):
    """Move the calling thread into the network namespace of a process."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{pid}/ns/net", "rb") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


def make_internet():
    """The addresses of the name server and of the receivers, in a network namespace of their own."""
    run("ip", "link", "set", "lo", "up")
    for address in [NAMESERVER, *RECEIVERS.values()]:
        run("ip", "address", "add", f"{address}/32", "dev", "lo")


def schedule(instances, zones):
    """All that happens, in order: ``(moment, action)``."""
    listing = zones[SPAMCOP]
    zones[SPAMCOP] = dns_server.load_zones(dns_server.ZONES)[SPAMCOP]
    zones[SPAMCOP].records.delete_node(SHOP_IN_SPAMCOP)
    yield stories.LISTED_AT, lambda: zones.update({SPAMCOP: listing})
    for instance in instances:
        for mail in instance.host.mails:
            yield mail.at, lambda instance=instance, mail=mail: instance.send(mail)
        yield stories.RECORDED_AT // 86400 * 86400, instance.rotate_log
    yield stories.RECORDED_AT, lambda: None


def play(instances, zones, clock):
    """Let it all happen. Between two actions Postfix tries deferred mail again when it means to."""
    spools = [instance.spool for instance in instances]
    for moment, action in sorted(schedule(instances, zones), key=lambda row: row[0]):
        while True:
            due, instance = min(((instance.next_attempt() or math.inf, instance) for instance in instances), key=lambda row: row[0])
            if due >= moment:
                break
            clock.move_to(max(due + 1, clock.now()), spools)
            instance.retry()
        clock.move_to(max(moment, clock.now()), spools)
        action()


def record(output, folder):
    """Play the four stories inside the namespaces and write their evidence."""
    clock = Clock(folder / "clock")
    clock.move_to(min(mail.at for host in stories.HOSTS for mail in host.mails) - 60)
    make_internet()
    zones = dns_server.load_zones(dns_server.ZONES)
    servers = receiver.Receiver(f"{NAMESERVER}:53", clock.now)
    listen = {name: (address, 25) for name, address in RECEIVERS.items()}
    with dns_server.running(zones, NAMESERVER, 53), receiver.running(servers, listen):
        instances = [Instance(host, make_folder(folder / host.name), clock) for host in stories.HOSTS]
        play(instances, zones, clock)
        for instance in instances:
            instance.save(output / instance.host.name)
            print(f"{output / instance.host.name}: {len(instance.host.mails)} messages sent")
            instance.stop()


def make_folder(path):
    path.mkdir()
    return path


def main():
    parser = argparse.ArgumentParser(description="Record the embedded fleet's evidence anew, from a real Postfix.")
    parser.add_argument("--output", type=pathlib.Path, default=FLEET / "evidence", help="where the evidence folders go")
    parser.add_argument(INSIDE, action="store_true", dest="inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if os.geteuid():
        sys.exit("record.py: needs root, for network namespaces and for Postfix")
    missing = sorted(package for program, package in PACKAGES.items() if not shutil.which(program, path=PROGRAMS))
    missing += [] if any(pathlib.Path("/").glob(FAKETIME)) else ["libfaketime"]
    if missing:
        sys.exit(f"record.py: not installed: apt-get install --no-install-recommends {' '.join(missing)}")
    if not options.inside:
        namespaces = ["unshare", "--net", "--mount", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
        os.execvp(namespaces[0], [*namespaces, sys.executable, __file__, INSIDE, "--output", str(options.output.resolve())])
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        os.chmod(folder, 0o755)
        try:
            record(options.output, pathlib.Path(folder))
        except (RuntimeError, TimeoutError) as error:
            sys.exit(f"record.py: {error}")


if __name__ == "__main__":
    main()
