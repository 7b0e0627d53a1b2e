# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mail system's Debian packages in a root of their own, where they disturb nobody: mail systems exclude each other on one machine.

``with Root(folder, "exim4-daemon-light", "mail.example.com") as root:`` downloads the packages, unpacks them over a view of this machine's own
files, and gives that view a network without a way out, a process table that ends with it, and a syslog. Nothing is installed and nothing outside
``folder`` changes.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet/record"))
import background
import record

NAMESERVER = "127.0.0.53"
STARTS = 60  # seconds for the namespaces to appear

# What the first process in the namespaces does: the packages' files over this machine's, with devices and processes of its own.
BUILD = """
set -e
mount -t tmpfs -o mode=755 tmpfs {folder}/space
cd {folder}/space
mkdir packages changes work root
for file in {folder}/packages/*.deb; do dpkg -x "$file" packages; done
# Packages from before the merge of /lib into /usr/lib.
for old in bin sbin lib; do
    [ -d packages/$old ] && [ ! -L packages/$old ] && mkdir -p packages/usr/$old && cp -a packages/$old/. packages/usr/$old/ && rm -r packages/$old
done
mount -t overlay overlay -o lowerdir=packages:/,upperdir=changes,workdir=work root
mount -t proc proc root/proc
mount -t tmpfs -o mode=755 tmpfs root/dev
for device in "null 1 3" "zero 1 5" "random 1 8" "urandom 1 9"; do set -- $device; mknod -m 666 root/dev/$1 c $2 $3; done
mkdir root/dev/shm root/dev/pts
chmod 1777 root/dev/shm
mkdir -p root/run/lab
mount --bind {folder}/shared root/run/lab
for path in {visible}; do mkdir -p "root$path"; mount --bind "$path" "root$path"; done
ln -s /run/lab/syslog root/dev/log
mount -t tmpfs -o mode=755 tmpfs root/var/log
ln -s /run/lab/mail.log root/var/log/mail.log
rm -f root/etc/resolv.conf
echo nameserver {nameserver} > root/etc/resolv.conf
ip link set lo up
for address in {addresses}; do ip address add $address/32 dev lo; done
"""


def run(*words, **options):
    """Run a command to its end and return what it printed; its complaints are the failure message."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def download(package, folder):
    """Download a Debian package, with what it needs and this machine lacks, through apt; nothing is installed."""
    (folder / "partial").mkdir(parents=True)
    settings = {"Dir::Cache::archives": folder, "Debug::NoLocking": "1", "APT::Sandbox::User": "root"}
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    run("apt-get", "install", "--yes", "--download-only", "--no-install-recommends", *options, package, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


class Root:
    """One root.

    ``folder``: an empty one, reachable for unprivileged processes; ``host_name``: the machine's name inside; ``addresses``: what its
    loopback interface has besides 127/8; ``visible``: folders of this machine that must be seen inside, on whatever file system they are.
    """

    def __init__(self, folder, package, host_name, addresses=(), visible=()):
        self.folder = pathlib.Path(folder)
        self.package = package
        self.host_name = host_name
        self.addresses = addresses
        self.visible = visible
        self.shared = self.folder / "shared"
        self.log = self.shared / "mail.log"
        self._closing = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as building:
            building.callback(self.close)
            for path in (self.shared, self.folder / "space"):
                path.mkdir()
            download(self.package, self.folder / "packages")
            self._start()
            self._start_syslog()
            building.pop_all()
        return self

    def __exit__(self, *_exception):
        self.close()

    def close(self):
        """End every process that was started inside, and with them the root."""
        self._closing.close()

    def _start(self):
        namespaces = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--propagation=private"]
        holder = subprocess.Popen([*namespaces, "sleep", "infinity"])
        self._closing.callback(holder.wait)
        self._closing.callback(holder.kill)
        deadline = time.monotonic() + STARTS
        children = ""
        while not children:
            assert time.monotonic() < deadline, "unshare started nothing"
            time.sleep(0.02)
            children = pathlib.Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text()
        self.first_process = int(children.split()[0])
        self._enter = ["nsenter", f"--target={self.first_process}", "--net", "--mount", "--uts", "--pid", "--"]
        build = BUILD.format(
            folder=shlex.quote(str(self.folder)),
            nameserver=NAMESERVER,
            addresses=" ".join(self.addresses),
            # /usr, where Debian's own Python lives, is seen anyway, and must not hide what the packages put there.
            visible=" ".join(shlex.quote(str(path)) for path in self.visible if str(path) != "/usr"),
        )
        run(*self._enter, "sh", "-c", build)
        run(*self._enter, "hostname", self.host_name)

    def _start_syslog(self):
        """Write what arrives at /dev/log to ``log``, as syslog would, with RFC 3339 stamps."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(str(self.shared / "syslog"))
        (self.shared / "syslog").chmod(0o666)
        self.log.touch()
        thread = threading.Thread(target=self._take_lines, args=(listening,), daemon=True)
        thread.start()
        self._closing.callback(listening.close)

    def _take_lines(self, listening):
        with self.log.open("a") as stream:
            while True:
                try:
                    message = listening.recv(65536).decode("utf-8", "replace")
                except OSError:
                    return
                # <22>Nov 21 20:55:28 sm-mta[938]: ...
                text = re.sub(r"^<\d+>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?", "", message).strip("\n\0")
                moment = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")
                stream.write(f"{moment} {self.host_name.partition('.')[0]} {text}\n")
                stream.flush()

    def command(self, *words):
        """The command line that runs ``words`` inside."""
        return [*self._enter, "chroot", str(self.folder / "space/root"), "env", "TZ=UTC", "LC_ALL=C.UTF-8", *[str(word) for word in words]]

    def run(self, *words, **options):
        """Run a command inside to its end and return what it printed."""
        return run(*self.command(*words), **options)

    def shell(self, script):
        """Run a shell script inside."""
        return self.run("sh", "-ec", script)

    def start(self, *words):
        """Start a process inside that ends with the root."""
        process = subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._closing.callback(process.wait)
        self._closing.callback(process.kill)
        return process

    def write(self, path, text, mode=0o644):
        """Write a file inside."""
        self.run("sh", "-ec", f"mkdir -p {shlex.quote(os.path.dirname(path))}; cat > {shlex.quote(path)}; chmod {mode:o} {shlex.quote(path)}", input=text)

    def read(self, path):
        """The text of a file inside."""
        return self.run("cat", path)

    def in_background(self, start):
        """``background.in_background`` with the server's sockets inside."""

        async def start_inside():
            record.enter_network(self.first_process)
            return await start()

        return background.in_background(start_inside)


# Debian's answers for a host that sends by itself.
SETTINGS = {
    "dc_eximconfig_configtype": "internet",
    "dc_other_hostnames": "",
    "dc_local_interfaces": "127.0.0.1",
    "dc_readhost": "",
    "dc_relay_domains": "",
    "dc_minimaldns": "false",
    "dc_relay_nets": "",
    "dc_smarthost": "",
    "CFILEMODE": "644",
    "dc_hide_mailname": "",
    "dc_mailname_in_oh": "true",
    "dc_localdelivery": "mail_spool",
    "dc_use_split_config": "true",
}


def debconf(**settings):
    """Return Debian's update-exim4.conf.conf with some answers given."""
    return "".join(f"{name}='{value}'\n" for name, value in {**SETTINGS, **settings}.items())


def prepare_exim(root, mail_name):
    """Do what the installation of Debian's package does besides unpacking it."""
    root.shell("useradd -r -U Debian-exim; install -d -o Debian-exim -g adm /var/spool/exim4 /var/log/exim4")
    root.shell("install -d -o Debian-exim -g Debian-exim /run/exim4; mkdir -p /var/lib/exim4; chgrp Debian-exim /etc/exim4/passwd.client")
    root.write("/etc/mailname", f"{mail_name}\n")
