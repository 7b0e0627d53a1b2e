# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A configuration of Exim that does not count yet: what Exim and we find wrong with it.

Exim's own check misses much (read on 4.96 and 4.98): an address that is none, an address of another host and an expansion that is none all pass, and
then mail waits. ``Trial`` therefore asks Exim what it understood, lets it expand and route, and looks itself.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from typing import List

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import exim_text as text_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_layout import DEBIAN, GENERATOR, Layout, Part, Printed, complaint, printed
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix import is_assigned, run
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import to_address
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exim import split_list
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import LiveHost


class Candidate:
    """The configuration as it is going to be, in a private folder."""

    def __init__(self, layout: Layout, edit):
        self.layout, self.edit = layout, edit
        self.folder = ""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="exim-")
        try:
            self.file = os.path.join(self.folder, "candidate")
            if self.layout.is_debian:
                self._generate()
            else:
                self._write(self.file, self.edit.parts[0].text)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception):
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def command(self) -> list:
        return [self.layout.program, "-C", self.file]

    @staticmethod
    def _write(path: str, text: str) -> None:
        with open(path, "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))

    def _generate(self) -> None:
        """Let Debian's program build it from copies of the files."""
        copy = os.path.join(self.folder, "exim4")
        os.mkdir(copy)
        if self.layout.name == "split":
            shutil.copytree(os.path.join(DEBIAN, "conf.d"), os.path.join(copy, "conf.d"))
        texts = {part.path: part for part in [*self.edit.parts, self.edit.settings]}
        for path, part in texts.items():
            target = os.path.join(copy, os.path.relpath(path, DEBIAN))
            if part.then is not None:
                self._write(target, part.text)
            elif os.path.exists(target):
                os.unlink(target)
        if self.layout.name == "unsplit":
            self._place_macros(copy, *self.edit.parts)
        status, said, complaints = run(GENERATOR, "-d", copy, "-o", self.file)
        if status or not os.path.exists(self.file):
            raise DeliverabilityError(f"{GENERATOR} refuses the change: {complaint(complaints or said).replace(copy, DEBIAN)}")

    def _place_macros(self, copy: str, macros: Part, template: Part) -> None:
        """The program reads a copy of the macros only if there is such a file in /etc/exim4 too; it puts them before the template."""
        if macros.now is None and macros.text:
            self._write(os.path.join(copy, "exim4.conf.template"), macros.text + template.text)
        elif macros.now is not None and macros.then is None:
            self._write(os.path.join(copy, "exim4.conf.localmacros"), "")


_ADDRESSES = re.compile(r"(?<![\w.:])(?:\d+(?:\.\d+){3}|[0-9a-fA-F]*(?:::?[0-9a-fA-F]+)+)(?![\w.:])")


class Trial:
    """What Exim and we find wrong with a candidate."""

    def __init__(self, candidate: Candidate, edit, host=None):
        self.candidate, self.edit = candidate, edit
        self.request = edit.request
        self.host = host or LiveHost()
        self.warnings: List[str] = []
        self.routes: List[dict] = []

    def check(self) -> None:
        """Raise an error that says what is wrong."""
        status, said, complaints = run(*self.candidate.command, "-bV")
        if status or "configuration error" in said:
            raise DeliverabilityError(f"exim -bV refuses the change: {complaint(complaints or said, self.candidate.file)}")
        now, then = printed(self.edit.layout.command()) if os.path.exists(self.edit.layout.file) else Printed({}, {}), printed(self.candidate.command)
        self._check_meaning(now, then)
        self._check_sources(now, then)
        self._check_expansions(then)
        self._check_listening()
        self.routes = [self._route(wanted) for wanted in self.request.routes]

    def _check_meaning(self, now: Printed, then: Printed) -> None:
        """What was set has to be what Exim reads back, and of a router that it uses."""
        for kind, known in (("routers", then.routers), ("transports", then.transports)):
            for name in self.edit.touched[kind]:
                if name not in known:
                    raise DeliverabilityError(f"{kind}: {name} is not part of the configuration; a condition leaves it out")
                self._check_read_back(f"{kind}: {name}", self._wanted(kind, name), known[name])
        missing = then.without_transport() - now.without_transport()
        for name in sorted(missing):
            raise DeliverabilityError(f"routers: {name} uses the transport {then.routers[name]['transport']}, which is not there; mail would wait")

    def _wanted(self, kind: str, name: str) -> dict:
        """Return the options that were asked for."""
        return next((item["options"] for item in getattr(self.request, kind) if item["name"] in (name, "*")), {})

    @staticmethod
    def _check_read_back(where: str, options: dict, known: dict) -> None:
        for name, value in options.items():
            if value is None or name not in known or "$" in value or '"' in value or re.search(r"\b[A-Z]\w+\b", value):
                continue
            # Exim writes numbers and times in its own way.
            if not re.match(r"^(?:\d+[A-Za-z]?)+$", value) and not text_of.same(known[name], value):
                raise DeliverabilityError(f"{where}: Exim reads {name} as {known[name]!r}, not as {value!r}")

    def _check_sources(self, now: Printed, then: Printed) -> None:
        """The address of every transport that is another one than before has to be on this host."""
        for name, options in then.transports.items():
            value = options.get("interface", "")
            if not value or value == now.transports.get(name, {}).get("interface"):
                continue
            where = f"interface of {name}"
            if "$" in value:
                for address in filter(None, map(to_address, _ADDRESSES.findall(value))):
                    self._check_assigned(where, address)
                continue
            families = set()
            for item in split_list(value):
                if to_address(item) is None:
                    raise DeliverabilityError(f"{where}: {item!r} is no address; Exim would stop sending")
                self._check_assigned(where, to_address(item))
                families.add(to_address(item).version)
            self._look_for_other_family(name, then, families)

    def _look_for_other_family(self, name: str, then: Printed, families: set) -> None:
        """Exim ignores ``interface`` where it has no address of the server's family."""
        users = [options for options in then.routers.values() if options.get("transport") == name]
        only_ipv4 = users and all(options.get("ipv4_only") in ("true", "yes", "1") for options in users)
        for family in {4, 6} - families:
            source = None if family == 6 and only_ipv4 else self.host.default_source(family)
            if source and (family == 4 or "no_disable_ipv6" in run(*self.candidate.command, "-bP", "disable_ipv6")[1]):
                self.warnings.append(f"interface of {name} has no IPv{family} address: over IPv{family}, mail leaves from another one, such as {source}")

    def _check_assigned(self, where: str, address) -> None:
        if not is_assigned(self.host, address):
            raise DeliverabilityError(f"{where}: no interface of this host has {address}")

    def _check_expansions(self, then: Printed) -> None:
        """An expansion that is none stops every delivery."""
        values = {}
        for kind, known in (("routers", then.routers), ("transports", then.transports)):
            for name in self.edit.touched[kind]:
                for option in self._wanted(kind, name):
                    value = known.get(name, {}).get(option, "")
                    if "$" in value:
                        values[f"{option} of {name}"] = value
                    elif option == "helo_data":
                        _check_helo(f"{option} of {name}", value)
        for where, value in values.items():
            _status, said, _complaints = run(*self.candidate.command, "-be", value)
            if said.startswith("Failed:") and '"fail" requested' not in said:
                raise DeliverabilityError(f"{where}: {said.strip()[len('Failed:') :].strip()}; Exim would stop sending")

    def _check_listening(self) -> None:
        """A daemon that is to listen on an address which is not there does not start."""
        for word in re.split(r"[\s;<]+", self.request.debconf.get("dc_local_interfaces", "")):
            address = to_address(word)
            if address is not None and not address.is_unspecified:
                self._check_assigned("debconf: dc_local_interfaces", address)

    def _route(self, wanted: dict) -> dict:
        """Route one recipient on trial."""
        found = route(self.candidate.command, wanted["address"])
        for kind in ("router", "transport"):
            if wanted.get(kind) and found[kind] != wanted[kind]:
                raise DeliverabilityError(f"route_check: {wanted['address']} would get the {kind} {found[kind]}, not {wanted[kind]}")
        return found


_HELO = re.compile(r"^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]*\.?$|^\[[0-9A-Fa-f.:IPv]+\]$")


def _check_helo(where: str, value: str) -> None:
    if value and not _HELO.match(value):
        raise DeliverabilityError(f"{where}: {value!r} is no full name of a host")


def route(command: list, address: str) -> dict:
    """Return how Exim routes a recipient: ``{address, router, transport, hosts}``; one that cannot be delivered raises an error."""
    if not re.match(r"^[^\s<>]+@[^\s<>@]+$", address):
        raise DeliverabilityError(f"route_check: {address!r} is not an address")
    status, said, complaints = run(*command, "-bt", address)
    lines = said.splitlines()
    refused = next((line for line in lines if re.search(r" is undeliverable: | cannot be resolved at this time: ", line)), None)
    if status or refused:
        raise DeliverabilityError(f"route_check: {refused or complaint(complaints or said, command[-1])}")
    named = re.search(r"^\s+(?:router = (\S+), )?transport = (\S+)", said, re.MULTILINE)
    hosts = [
        {"host": found.group(1), "address": found.group(2), "port": int(found.group(3)) if found.group(3) else None}
        for found in re.finditer(r"^\s+host (\S+)\s+\[([^\]]+)\](?:.*?port=(\d+))?", said, re.MULTILINE)
    ]
    return {"address": address, "router": named.group(1) if named else None, "transport": named.group(2) if named else None, "hosts": hosts}
