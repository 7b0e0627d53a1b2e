# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where evidence comes from: the live machine, or a snapshot folder recorded on one.

Both answer the same questions, so that a mail system's code knows one way only:

    host.output("postconf.txt", ["postconf"])   the output of a program, or the snapshot's file of that name
    host.file("/etc/postfix/transport")         a configuration file, or the snapshot's ``files/etc/postfix/transport``
    host.addresses(), host.hostname()           ``ip -j address`` and the host's name, or ``ip-address.json`` and ``hostname``
    host.now, host.zone                         the clock, or ``recorded_at``
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import re
import shutil
import socket
import subprocess
import time

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import decode, to_address

# Programs of mail systems are often outside the PATH of an unprivileged login.
SEARCH_PATH = os.pathsep.join(
    (
        os.environ.get("PATH", os.defpath),
        "/usr/sbin",
        "/sbin",
        "/usr/local/sbin",
        "/usr/lib/sendmail-bin",
        "/var/qmail/bin",
        "/opt/trend/imss/postfix/usr/sbin",
    )
)
PROGRAM_TIMEOUT = 120
# Addresses that do not leave the site: no mail server of the internet is reached from them.
UNIQUE_LOCAL = ipaddress.ip_network("fc00::/7")


class LiveHost:
    """The machine that this code runs on."""

    snapshot = None

    def __init__(self):
        self.now = int(time.time())
        self.zone = None  # the machine's own

    def has_program(self, name: str) -> bool:
        """Tell whether a program can be started by this name."""
        return self._program(name) is not None

    def has_file(self, path: str) -> bool:
        """Tell whether a file or folder exists."""
        return os.path.exists(path)

    def output(self, name: str, argv: list, optional: bool = False, ok: tuple = (0,)) -> str | None:
        """Return what the program prints; ``name`` is what a snapshot calls it.

        A program that is missing or fails raises an error naming it; with ``optional`` it gives None.
        """
        program = self._program(argv[0])
        if program is None:
            if optional:
                return None
            raise DeliverabilityError(f"{argv[0]} was not found on this host")
        environment = dict(os.environ, LC_ALL="C", PATH=SEARCH_PATH)
        try:
            done = subprocess.run(
                [program, *argv[1:]],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PROGRAM_TIMEOUT,
                env=environment,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            if optional:
                return None
            raise DeliverabilityError(f"{' '.join(argv)} could not be run: {error}") from error
        if done.returncode not in ok:
            if optional:
                return None
            said = decode(done.stderr).strip().splitlines()
            raise DeliverabilityError(f"{' '.join(argv)} failed with status {done.returncode}: {said[-1] if said else 'no message'}")
        return decode(done.stdout)

    def file(self, path: str) -> str | None:
        """Return the text of a configuration file, or None where it is missing or may not be read."""
        try:
            with open(path, "rb") as stream:
                return decode(stream.read())
        except OSError:
            return None

    def addresses(self) -> list | None:
        """Return every address of the machine's interfaces as text, loopback included; None where that cannot be told."""
        listed = self.output("ip-address.json", ["ip", "-j", "address"], optional=True)
        return parse_addresses(listed) if listed else _bsd_addresses(self.output("ifconfig.txt", ["ifconfig", "-a"], optional=True))

    def default_source(self, family: int) -> str | None:
        """Return the address that the kernel would use towards the internet; asks the routing table, sends nothing."""
        probe = ("192.0.2.1", 9) if family == 4 else ("2001:db8::1", 9)
        try:
            with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as sock:
                sock.connect(probe)
                found = sock.getsockname()[0]
        except OSError:
            return None
        return found if to_address(found) not in UNIQUE_LOCAL else None

    def hostname(self) -> str | None:
        """Return the machine's name as its kernel knows it."""
        return socket.gethostname() or None

    @staticmethod
    def _program(name: str) -> str | None:
        return shutil.which(name, path=SEARCH_PATH)


class SnapshotHost:
    """Evidence recorded on another machine, in a folder (see ``docs/mail_systems.md`` for its files)."""

    def __init__(self, folder: str):
        self.snapshot = folder
        if not os.path.isdir(folder):
            raise DeliverabilityError(f"snapshot {folder} is not a folder")
        try:
            self.names = sorted(os.listdir(folder))
        except OSError as error:
            raise DeliverabilityError(f"snapshot {folder} cannot be read: {error.strerror}") from error
        recorded = self._recorded_at()
        self.now = int(recorded.timestamp())
        self.zone = recorded.tzinfo

    def has_program(self, name: str) -> bool:
        """A snapshot has no programs."""
        return False

    def has_file(self, path: str) -> bool:
        """Tell whether the snapshot holds this configuration file."""
        return os.path.exists(self._file_path(path))

    def output(self, name: str, argv: list, optional: bool = False, ok: tuple = (0,)) -> str | None:
        """Return the recorded output called ``name``; without it an error naming the file, or None with ``optional``."""
        if name in self.names:
            return self._read(name)
        if optional:
            return None
        raise DeliverabilityError(f"snapshot {self.snapshot} has no file {name} (the output of: {' '.join(argv)})")

    def file(self, path: str) -> str | None:
        """Return a recorded configuration file, or None."""
        full = self._file_path(path)
        return self._read(os.path.relpath(full, self.snapshot)) if os.path.isfile(full) else None

    def addresses(self) -> list | None:
        """Return the recorded addresses of the interfaces, or None where they were not recorded."""
        listed = self.output("ip-address.json", [], optional=True)
        if not listed:
            return None
        try:
            return parse_addresses(listed)
        except ValueError as error:
            raise DeliverabilityError(f"snapshot file {os.path.join(self.snapshot, 'ip-address.json')} is not the output of ip -j address: {error}") from error

    def default_source(self, family: int) -> str | None:
        """Return the only address of the family that could have been used; with several, the recording cannot tell."""
        candidates = [address for address in global_addresses(self.addresses()) if to_address(address).version == family]
        candidates = [address for address in candidates if to_address(address) not in UNIQUE_LOCAL]
        return candidates[0] if len(candidates) == 1 else None

    def hostname(self) -> str | None:
        """Return the recorded name of the machine, or None."""
        recorded = self.output("hostname", [], optional=True)
        return recorded.strip() or None if recorded else None

    def _file_path(self, path: str) -> str:
        return os.path.join(self.snapshot, "files", path.lstrip("/"))

    def _read(self, name: str) -> str:
        path = os.path.join(self.snapshot, name)
        try:
            with open(path, "rb") as stream:
                return decode(stream.read())
        except OSError as error:
            raise DeliverabilityError(f"snapshot file {path} cannot be read: {error.strerror}") from error

    def _recorded_at(self) -> datetime.datetime:
        path = os.path.join(self.snapshot, "recorded_at")
        if "recorded_at" not in self.names:
            raise DeliverabilityError(f"snapshot {self.snapshot} has no file recorded_at (one RFC 3339 time: when it was recorded)")
        text = self._read("recorded_at").strip()
        moment = parse_rfc3339(text)
        if moment is None:
            raise DeliverabilityError(f"snapshot file {path} holds {text[:60]!r}, which is no RFC 3339 time with an offset, such as 2026-11-21T20:34:16Z")
        return moment


_RFC3339 = re.compile(r"^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:([Zz])|([+-])(\d\d):?(\d\d))$")


def parse_rfc3339(text: str) -> datetime.datetime | None:
    """Return the moment that ``2026-11-21T20:34:16+01:00`` names, with its offset; None for any other text."""
    found = _RFC3339.match(text)
    if not found:
        return None
    offset = datetime.timedelta(0)
    if found.group(8):
        offset = datetime.timedelta(hours=int(found.group(9)), minutes=int(found.group(10))) * (-1 if found.group(8) == "-" else 1)
    try:
        return datetime.datetime(*(int(part) for part in found.groups()[:6]), tzinfo=datetime.timezone(offset))  # type: ignore[arg-type]
    except ValueError:
        return None


def parse_addresses(listed: str) -> list:
    """Return the addresses in the output of ``ip -j address``."""
    links = json.loads(listed)
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        raise ValueError("no list of interfaces")
    return [info["local"] for link in links for info in link.get("addr_info", ()) if info.get("local")]


def _bsd_addresses(listed: str | None) -> list | None:
    if not listed:
        return None
    return [address.partition("%")[0] for address in re.findall(r"\binet6? (?:addr:)?\s*([0-9a-fA-F:.]+(?:%\w+)?)", listed)]


def global_addresses(addresses: list | None) -> list:
    """Return the addresses that could speak to another host: no loopback, no link-local, no unspecified ones; each once."""
    usable = []
    for address in addresses or ():
        parsed = to_address(address)
        if parsed is not None and not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified or parsed.is_multicast):
            usable.append(str(parsed))
    return list(dict.fromkeys(usable))
