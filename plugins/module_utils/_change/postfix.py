# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Changes of one Postfix instance's main.cf and master.cf: edited as text, tried out in a private folder, written, reloaded, or taken back.

Postfix's own check misses much (read on 3.7 and 3.10): an address that is none stops all mail but passes, so does ``smtp_connect_timeout = soon``,
a lookup table that is missing, and a misspelt parameter is a mere warning. ``Trial`` therefore asks several of its programs, and looks itself.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import time

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import postfix_text as text_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._change import transaction
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.snapshot import Snapshot, lock, read
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import decode, to_address, unique
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import PROGRAM_TIMEOUT, SEARCH_PATH, LiveHost
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.postfix import Config

FILES = ("main.cf", "master.cf")
# Postfix reads these when it starts, not when it reloads.
NEED_RESTART = ("inet_interfaces", "inet_protocols")
BIND = {"smtp_bind_address": 4, "lmtp_bind_address": 4, "smtp_bind_address6": 6, "lmtp_bind_address6": 6}
# Seconds that a reloaded master has to stay alive for.
SETTLE = 1.0


def run(*words: str, stdin: bytes = b"") -> tuple:
    """Return ``(status, standard output, what it complained of)`` of a program; one that cannot be run raises an error naming it."""
    environment = dict(os.environ, LC_ALL="C", PATH=SEARCH_PATH)
    try:
        done = subprocess.run(list(words), input=stdin, capture_output=True, timeout=PROGRAM_TIMEOUT, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeliverabilityError(f"{words[0]} could not be run: {error}") from error
    return done.returncode, decode(done.stdout), decode(done.stderr)


class Instance:
    """One instance of Postfix: the default one, or that of a configuration folder; what a transaction needs to know of it (see ``transaction``)."""

    def __init__(self, config_dir: str | None = None):
        if config_dir is None:
            # postconf tells the folder before it complains of what is in it.
            _status, said, _complaints = run("postconf", "-d", "-h", "config_directory")
            config_dir = said.strip()
        if not config_dir or not os.path.isdir(config_dir):
            raise DeliverabilityError(f"config_dir: {config_dir} is not a folder")
        self.folder = os.path.abspath(config_dir)
        self.paths = [os.path.join(self.folder, name) for name in FILES]

    def read(self) -> dict:
        """Return ``{path: bytes}`` of both files."""
        return {path: read(path) for path in self.paths}

    def warnings(self) -> list:
        """Return what postconf finds odd about the files as they are."""
        return _warnings(run("postconf", "-c", self.folder, "-n")[2], self.folder)

    @staticmethod
    def shown(_path: str, text: str, other: str) -> str:
        """Return a file for people to read."""
        return text_of.shown(text, other)

    def apply(self) -> None:
        """Postfix reads the files themselves."""

    def is_running(self) -> bool:
        """Tell whether the master daemon of this instance runs."""
        return run("postfix", "-c", self.folder, "status")[0] == 0

    def reload(self) -> bool:
        """Make Postfix read its files; return False where it does not run. A master that does not survive it raises an error."""
        if not self.is_running():
            return False
        status, _said, complaints = run("postfix", "-c", self.folder, "reload")
        if status:
            raise DeliverabilityError(f"postfix reload failed: {_last(complaints)}")
        deadline = time.monotonic() + SETTLE
        while time.monotonic() < deadline:
            time.sleep(SETTLE / 4)
            if not self.is_running():
                raise DeliverabilityError("postfix stopped running when it was reloaded; its log tells why")
        return True

    def revive(self) -> None:
        """Bring back a Postfix that ran before: reload it, or start it where it died."""
        if self.is_running():
            self.reload()
            return
        status, _said, complaints = run("postfix", "-c", self.folder, "start")
        if status:
            raise DeliverabilityError(f"postfix start failed: {_last(complaints)}")


def _last(complaints: str) -> str:
    lines = [line for line in complaints.splitlines() if "fatal" in line or "error" in line] or complaints.splitlines()
    return _without_value(lines[-1]) if lines else "no message"


def _without_value(line: str) -> str:
    """Return a complaint without the value that it may quote."""
    return re.sub(r"(unused parameter: [^\s=]+)=.*", r"\1", line).strip()


def _warnings(complaints: str, folder: str) -> list:
    lines = [line.partition("warning: ")[2] for line in complaints.splitlines() if "warning: " in line]
    return unique(re.sub(r", line \d+", "", _without_value(line).replace(folder + "/", "")) for line in lines)


# The request


def as_text(name: str, value) -> str | None:
    """Return a value of a playbook as Postfix writes it: ``yes`` and ``no``, numbers, lists with commas; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    if isinstance(value, (str, int, float)):
        return str(value).strip()
    raise DeliverabilityError(f"{name}: {type(value).__name__} is no value for a parameter")


class Request:
    """What is asked for: ``parameters`` and ``overrides`` as ``{name: str | None}``, None for "not set"."""

    def __init__(self, params: dict):
        absent = params["state"] == "absent"
        self.parameters = {name: None if absent else as_text(name, value) for name, value in (params.get("parameters") or {}).items()}
        self.services = [self._service(item, absent) for item in params.get("services") or ()]

    @staticmethod
    def _service(item: dict, absent: bool) -> dict:
        given = {name: None if absent else as_text(name, value) for name, value in (item.get("overrides") or {}).items()}
        fields = {field: item.get(field) for field in (*text_of.FIELDS, "command")}
        like = _service_key(item["like"]) if item.get("like") else None
        whole = absent and bool(like or item.get("command") or not given)
        return {"key": (item["name"], item["type"]), "overrides": given, "fields": fields, "like": like, "remove": whole}

    def edit(self, main: str, master: str) -> tuple:
        """Return both files as asked for."""
        main = text_of.set_parameters(main, self.parameters)
        for wanted in self.services:
            master = self._edit_service(master, wanted)
        return main, master

    @staticmethod
    def _edit_service(master: str, wanted: dict) -> str:
        name, kind = wanted["key"]
        if wanted["remove"]:
            return text_of.remove_service(master, name, kind)
        if text_of.service(master, name, kind) is None:
            if all(value is None for value in wanted["overrides"].values()) and wanted["overrides"]:
                return master  # nothing to take away
            if not wanted["like"] and not wanted["fields"]["command"]:
                raise DeliverabilityError(f"services: master.cf has no service {name}/{kind}; give like or command for a new one")
            master = text_of.add_service(master, name, kind, wanted["fields"], wanted["like"])
        else:
            master = text_of.set_fields(master, name, kind, wanted["fields"])
        for parameter, value in wanted["overrides"].items():
            master = text_of.set_override(master, name, kind, parameter, value)
        return master

    def previous(self, main: str, master: str) -> dict:
        """Return what the named parameters and services are in these files; what holds passwords is left out."""
        known = text_of.parameters(main)
        services = {}
        for wanted in self.services:
            one = text_of.service(master, *wanted["key"])
            overrides = {name: one.override(name) for name in wanted["overrides"]} if one else {}
            services["/".join(wanted["key"])] = {"exists": one is not None, "overrides": _shown_values(overrides)}
        return {"parameters": _shown_values({name: known.get(name) for name in self.parameters}), "services": services}

    def values(self):
        """Yield ``(where, service key or None, name, value)`` of everything that is to be set."""
        for name, value in self.parameters.items():
            if value is not None:
                yield name, None, name, value
        for wanted in self.services:
            for name, value in wanted["overrides"].items():
                if value is not None:
                    yield f"{name} of {'/'.join(wanted['key'])}", wanted["key"], name, value


def _service_key(text: str) -> tuple:
    name, _slash, kind = text.rpartition("/")
    if not name or kind not in text_of.SERVICE_TYPES:
        raise DeliverabilityError(f"services: like: {text!r} is not of the form name/type, such as smtp/unix")
    return name, kind


def _shown_values(values: dict) -> dict:
    return {name: text_of.HIDDEN if text_of.is_secret(name, value) else value for name, value in values.items()}


def secrets(params: dict) -> set:
    """Return the texts among the options that must not be shown: tables of passwords written out, and the words in them."""
    found = set()
    overrides = [item.get("overrides") or {} for item in params.get("services") or ()]
    for values in (params.get("parameters") or {}, *overrides):
        for name, value in values.items():
            if isinstance(value, str) and text_of.is_secret(name, value):
                found.add(value)
                found.update(word for word in re.split(r"[\s{}=,]+", value.partition(":")[2]) if ":" in word)
    return found


# Before it counts


class Trial:
    """Both files as they are going to be, in a private folder, and what Postfix and we find wrong with them."""

    def __init__(self, instance: Instance, request: Request, main: str, master: str, host=None):
        self.instance = instance
        self.request = request
        self.texts = dict(zip(FILES, (main, master)))
        self.host = host or LiveHost()
        self.warnings: list = []
        self.deep = True

    def check(self, deep: bool) -> None:
        """Raise an error that says what is wrong. ``deep`` adds ``postfix check``, which may mend folders of the queue, and is not for check mode."""
        self.deep = deep
        for where, _key, name, value in self.request.values():
            if "$" not in value:
                self._check_address(where, name, value)
        self._check_new_listeners()
        with tempfile.TemporaryDirectory(prefix="postfix-") as folder:
            for name, text in self.texts.items():
                with open(os.path.join(folder, name), "wb") as stream:
                    stream.write(text.encode("utf-8", "surrogateescape"))
            # postmap reads all that Postfix's programs have in common, and writes nothing.
            self._ask(folder, "postconf", "-c", folder, "-n")
            self._ask(folder, "postmap", "-c", folder, "-q", "anything", "static:read")
            self._check_warnings(folder)
            self._check_meaning(folder)
            if deep:
                self._ask(folder, "postfix", "-c", folder, "check")

    def _ask(self, folder: str, *words: str) -> None:
        status, _said, complaints = run(*words)
        if status:
            program = "postfix check" if words[-1] == "check" else words[0]
            raise DeliverabilityError(f"{program} refuses the change: {_last(complaints).replace(folder, self.instance.folder)}")

    def _check_warnings(self, folder: str) -> None:
        """What postconf warns of, and did not before, is refused: a parameter that nothing uses is a misspelt one. What only a later Postfix drops is told."""
        known = self.instance.warnings()
        new = [line for line in _warnings(run("postconf", "-c", folder, "-n")[2], folder) if line not in known]
        wrong = [line for line in new if "will be removed" not in line]
        if wrong:
            raise DeliverabilityError("postconf warns of the change: " + "; ".join(wrong))
        self.warnings += new

    def _check_meaning(self, folder: str) -> None:
        """Look at each value as Postfix reads it back, with its ``$names`` replaced."""
        try:
            config = Config(self.host, folder)
        except DeliverabilityError as error:
            raise DeliverabilityError(str(error).replace(folder, self.instance.folder)) from None
        config.main["config_directory"] = self.instance.folder
        defaults = dict(_pairs(run("postconf", "-c", folder, "-d")[1]))
        for where, key, name, value in self.request.values():
            understood = config.overrides.get((*key, name)) if key else config.main.get(name)
            if understood is None or not text_of.same(name, _spaced(understood), _spaced(value)):
                raise DeliverabilityError(f"{where}: Postfix does not read back what was written; this version may not know such a value")
            expanded = config.expand(value, key[0] if key else None).strip()
            self._check_address(where, name, expanded)
            _check_kind(where, name, expanded, config.expand(_default(name, defaults)))
            self._check_maps(where, name, expanded, folder)

    def _check_address(self, where: str, name: str, value: str) -> None:
        family = BIND.get(name)
        if family and value:
            parsed = to_address(value)
            if parsed is None or parsed.version != family:
                raise DeliverabilityError(f"{where}: {value!r} is no IPv{family} address; Postfix would stop sending")
            self._check_assigned(where, parsed)
        if name == "inet_interfaces":
            for word in re.split(r"[\s,]+", value):
                if to_address(word) is not None:
                    self._check_assigned(where, to_address(word))

    def _check_new_listeners(self) -> None:
        """A service that listens on an address which is not there keeps the whole master from starting."""
        for wanted in self.request.services:
            name, kind = wanted["key"]
            address = to_address(name.rpartition(":")[0]) if kind == "inet" and not wanted["remove"] else None
            if address is not None:
                self._check_assigned(f"service {name}/{kind}", address)

    def _check_assigned(self, where: str, address) -> None:
        if address.is_unspecified or is_assigned(self.host, address):
            return
        raise DeliverabilityError(f"{where}: no interface of this host has {address}")

    def _check_maps(self, where: str, name: str, value: str, folder: str) -> None:
        """Every lookup table that the value names has to open."""
        for kind, path in _TABLE.findall(value):
            if not self.deep and name.endswith("password_maps") and not os.path.exists(path):
                # The task before this one writes it, but not in check mode.
                self.warnings.append(f"{where}: {kind}:{path} does not exist yet")
            elif kind in _ASKED_TABLES or (name.endswith("_maps") and kind not in _REMOTE_TABLES + _SOCKETS):
                self._ask_map(where, folder, f"{kind}:{path}")
            elif kind in _REMOTE_TABLES and not os.path.isfile(path):
                raise DeliverabilityError(f"{where}: {kind}:{path} does not exist")
        if not text_of.is_secret(name, value):  # never on a command line
            for table in _inline_tables(value):
                self._ask_map(where, folder, table)

    def _ask_map(self, where: str, folder: str, table: str) -> None:
        _status, _said, complaints = run("postmap", "-c", folder, "-q", "nobody@example.com", table)
        if "fatal:" in complaints or "error:" in complaints:
            raise DeliverabilityError(f"{where}: {_last(complaints).replace(folder, self.instance.folder)}")
        self.warnings += [f"{where}: {line}" for line in _warnings(complaints, folder)[:5]]


_TABLE = re.compile(r"(?<![\w.])(?P<kind>[a-z]+):(?P<path>/[^\s,{}]+)")
_ASKED_TABLES = ("hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash", "regexp", "pcre", "cidr")
_SOCKETS = ("unix", "local")
_REMOTE_TABLES = ("mysql", "pgsql", "ldap", "sqlite", "memcache")


def _inline_tables(value: str):
    """Yield each ``inline:{...}`` of a value, up to its closing brace."""
    for found in re.finditer(r"\binline:\s*\{", value):
        depth = 0
        for position in range(found.end() - 1, len(value)):
            depth += (value[position] == "{") - (value[position] == "}")
            if not depth:
                yield value[found.start() : position + 1]
                break


def _pairs(said: str):
    for line in said.splitlines():
        name, equals, value = line.partition(" =")
        if equals:
            yield name, value.strip()


def _spaced(value: str) -> str:
    return " ".join(value.split())


# Parameters that exist for every transport of master.cf, whatever its name: their default is that of default_...
_PER_TRANSPORT = re.compile(r"_(destination_concurrency_limit|destination_rate_delay|destination_recipient_limit|transport_rate_delay)$")
_KINDS = (
    (re.compile(r"^\d+[smhdw]$"), re.compile(r"^\d+[smhdw]?$", re.IGNORECASE), "a time such as 30s or 5m"),
    (re.compile(r"^(?:yes|no)$"), re.compile(r"^(?:yes|no)$", re.IGNORECASE), "yes or no"),
    (re.compile(r"^\d+$"), re.compile(r"^\d+$"), "a number"),
)


def _default(name: str, defaults: dict) -> str:
    """Return a parameter's default; for parameters of a transport, that of all transports."""
    found = _PER_TRANSPORT.search(name)
    return defaults.get(name) or (defaults.get("default_" + found.group(1)) if found else None) or ""


def _check_kind(where: str, name: str, value: str, default: str) -> None:
    """Refuse what the SMTP client would die of: no time, number or yes/no where its default is one."""
    if "$" in value:
        return
    for is_such, fits, description in _KINDS:
        if is_such.match(default):
            # Elsewhere yes/no and numbers may have further words in newer versions; times never do.
            strict = description.startswith("a time") or name.startswith(("smtp_", "lmtp_")) or _PER_TRANSPORT.search(name)
            if strict and not fits.match(value):
                raise DeliverabilityError(f"{where}: {value!r} is not {description}; Postfix would stop sending")
            return


def is_assigned(host, address) -> bool:
    """Tell whether an interface of the host has the address; of loopback, and where they cannot be listed, whether a socket can have it."""
    listed = None if address.is_loopback else host.addresses()
    if listed is not None:
        return address in [to_address(text) for text in listed]
    try:
        with socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
        return True
    except OSError:
        return False


# The change


def change(params: dict, check_mode: bool) -> dict:
    """Do what the options of ``postfix_config`` say and return the module's result."""
    if not text_of.NAME.match(params["snapshot"]):
        raise DeliverabilityError(f"snapshot: {params['snapshot']!r} is not a plain name")
    instance = Instance(params["config_dir"])
    work = _restore if params["state"] == "restored" else _edit
    if check_mode:
        return work(instance, params, True)
    with lock(params["state_dir"]):
        return work(instance, params, False)


def _edit(instance: Instance, params: dict, check_mode: bool) -> dict:
    """Set or remove parameters, overrides and services."""
    request = Request(params)
    snapshot = Snapshot(params["state_dir"], params["snapshot"], instance.paths)
    now = instance.read()
    main, master = (now[path].decode("utf-8", "surrogateescape") for path in instance.paths)
    edited = request.edit(main, master)
    contents = {path: (now[path], text.encode("utf-8", "surrogateescape")) for path, text in zip(instance.paths, edited)}
    result = _told(instance, contents, transaction.outline(instance, contents, snapshot))
    result["previous"] = request.previous(main, master)
    if transaction.differs(contents):
        result["warnings"] += transaction.warnings(snapshot)
        trial = Trial(instance, request, *edited)
        trial.check(deep=not check_mode)
        result["warnings"] += trial.warnings
    if result["changed"] and not check_mode:
        transaction.carry_out(instance, snapshot, contents, result, params["reload"])
    return result


def _restore(instance: Instance, params: dict, check_mode: bool) -> dict:
    """Put back what was there before the first or the last change of this name, unless somebody else changed it since."""
    snapshot = Snapshot(params["state_dir"], params["snapshot"], instance.paths)
    contents = transaction.way_back(instance, snapshot, params["restore_to"])
    result = _told(instance, contents, transaction.outline(instance, contents, snapshot))
    if not check_mode:
        transaction.restore(instance, snapshot, contents, result, params["reload"])
    return result


def _told(instance: Instance, contents: dict, result: dict) -> dict:
    """Return what a change of any mail system tells, with what Postfix's does."""
    pair = [text_of.parameters((content or b"").decode("utf-8", "replace")) for content in contents.get(instance.paths[0], (None, None))]
    restart = any(pair[0].get(name) != pair[1].get(name) for name in NEED_RESTART)
    return {**result, "config_dir": instance.folder, "restart_required": restart}
