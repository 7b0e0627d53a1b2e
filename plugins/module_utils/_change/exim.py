# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Changes of Exim's configuration: edited as text, tried out in a private folder, written, reloaded, or taken back."""

from __future__ import annotations

import grp
import re
import socket
from typing import Dict, List, Optional

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import exim_text as text_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._change import transaction
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_daemon import Service
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_layout import Layout, Part, Printed, printed
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_trial import Candidate, Trial, route
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix import run
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix_text import NAME as SNAPSHOT_NAME
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.snapshot import Rights, Snapshot, lock, read_if_there
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import to_address, unique
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exim import printed_options, split_list

# The request


class Request:
    """What is asked for, with every value as Exim writes it; None for "not set"."""

    def __init__(self, params: dict):
        self.snapshot = params["snapshot"]
        self.absent = params["state"] == "absent"
        self.main = _texts(params.get("main"), self.absent)
        self.macros = _texts(params.get("macros"), self.absent)
        self.debconf = {name: text_of.setting_text(name, value) for name, value in (params.get("debconf") or {}).items()}
        self.routers = [self._driver(item) for item in params.get("routers") or ()]
        self.transports = [self._driver(item) for item in params.get("transports") or ()]
        self.retry = [str(rule).strip() for rule in params.get("retry") or ()]
        self.logins = {item["host"]: None if self.absent else _login(item) for item in params.get("credentials") or ()}
        self.routes = [dict(item) for item in params.get("route_check") or ()]
        if "dc_use_split_config" in self.debconf:
            raise DeliverabilityError("debconf: dc_use_split_config changes which files count; use dpkg-reconfigure exim4-config")
        for name in self.macros:
            if not text_of.MACRO.match(name):
                raise DeliverabilityError(f"macros: {name!r} is not the name of a macro, which begins with a capital letter")

        if self.absent and (self.debconf or self.retry):
            raise DeliverabilityError("debconf and retry cannot be absent; set the value that is to hold, or name no rule any more")

    def _driver(self, item: dict) -> dict:
        name = item["name"]
        if name != "*" and not text_of.NAME.match(name):
            raise DeliverabilityError(f"{name!r} is not the name of a router or transport")
        return {"name": name, "like": item.get("like"), "hosts": item.get("hosts") or [], "options": _texts(item.get("options"), self.absent)}


def _texts(values: Optional[dict], absent: bool) -> Dict[str, Optional[str]]:
    return {name: None if absent else text_of.as_text(name, value) for name, value in (values or {}).items()}


def _login(item: dict) -> tuple:
    return item.get("username") or "", item.get("password") or ""


def secrets(params: dict) -> set:
    """Return the texts among the options that must not be shown: passwords."""
    return {item["password"] for item in params.get("credentials") or () if item.get("password")}


def canonical_name(host: str) -> Optional[str]:
    """Return the name that a host has behind its aliases, as the system's resolver tells it; None for a pattern, and where it is not known."""
    if not re.match(r"^[A-Za-z0-9_.-]+$", host) or to_address(host) is not None:
        return None
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    except (OSError, UnicodeError):
        return None
    return found[0][3].rstrip(".").lower() or None


# The edit


class Edit:
    """The configuration's files, edited as asked for."""

    def __init__(self, layout: Layout, request: Request):
        self.layout, self.request = layout, request
        self.parts = layout.parts()
        self.settings = Part(layout.settings_file) if layout.is_debian else None
        self.passwords = Part(layout.passwords) if request.logins else None
        self.touched: Dict[str, List[str]] = {"routers": [], "transports": []}
        self.previous: dict = {}
        self.warnings: List[str] = []
        self._printed: Optional[Printed] = None

    @property
    def files(self) -> List[Part]:
        """All files, those first that the others count on: passwords before the transport that needs them."""
        return [*([self.passwords] if self.passwords else []), *self.parts, *([self.settings] if self.settings else [])]

    def contents(self) -> Dict[str, tuple]:
        """Return ``{path: (bytes now, bytes to write)}`` of what differs."""
        return {part.path: (part.now, part.then) for part in self.files if part.now != part.then}

    def do(self) -> None:
        """Edit everything."""
        request = self.request
        self._set_debconf()
        self.previous["macros"] = {name: self._set_macro(name, value) for name, value in request.macros.items()}
        self.previous["main"] = {name: self._set_main(name, value) for name, value in request.main.items()}
        for kind, wanted in (("transports", request.transports), ("routers", request.routers)):
            self.previous[kind] = self._remove_drivers(kind, wanted) if request.absent else self._set_drivers(kind, wanted)
        if not request.absent:
            for rule in request.retry:
                text_of.check_value("retry", rule)
            self._put("retry", "".join(f"{rule}\n" for rule in request.retry))
        if self.passwords:
            for host, login in request.logins.items():
                self._set_login(self.passwords, host, login)
        if self.layout.name == "single" and not request.absent:
            self._put("authenticators", self._authenticators())

    def _set_debconf(self) -> None:
        if not self.request.debconf:
            return
        if self.settings is None:
            raise DeliverabilityError(f"debconf: {self.layout.file} is not made by Debian's update-exim4.conf")
        known = text_of.settings(self.settings.text)
        self.previous["debconf"] = {name: known.get(name) for name in self.request.debconf}
        self.settings.text = text_of.set_settings(self.settings.text, self.request.debconf)

    def _set_macro(self, name: str, value: Optional[str]) -> Optional[str]:
        """Set a macro where it is defined already, or else at its home; return its value before."""
        for part in self.parts:
            known = text_of.definitions(part.text, part.section)
            if name in known:
                part.text = text_of.set_macro(part.text, name, value, part.section)
                return known[name]
        if value is not None:
            home = self.parts[0]
            home.text = text_of.set_macro(home.text, name, value)
        return None

    def _set_main(self, name: str, value: Optional[str]) -> Optional[str]:
        for part in self.parts:
            known = [line for line in text_of.lines(part.text, part.section) if line.section == "main" and (line.kind, line.name) == ("option", name)]
            if known and known[0].depth and text_of.MACRO.match(known[0].value):
                return self._set_macro(known[0].value, value)
            if known:
                part.text = text_of.set_main(part.text, name, value, part.section)
                return known[-1].value
        if value is not None:
            self.parts[0].text = text_of.set_main(self.parts[0].text, name, value)
        return None

    # Routers and transports

    def _find(self, kind: str, name: str):
        """Return ``(Part, Instance)`` of a router or transport, or None."""
        for part in self.parts:
            known = text_of.instances(part.text, kind, part.section).get(name)
            if known is not None:
                return part, known
        return None

    def _own(self, kind: str) -> List[str]:
        """Return the instances that this change has put in."""
        found = []
        for part in self.parts:
            body = text_of.block(part.text, self.request.snapshot, kind, part.section)
            found += list(text_of.instances(body, kind, kind)) if body else []
        return found

    def _marked(self, kind: str) -> List[str]:
        return [name for part in self.parts for name in text_of.marked_instances(part.text, kind, part.section)]

    def _understood(self) -> Printed:
        """Return what Exim makes of the files as they are, with Debian's settings already changed."""
        if self._printed is None:
            if self.settings is not None and self.settings.now != self.settings.then:
                with Candidate(self.layout, self) as candidate:
                    self._printed = printed(candidate.command)
            else:
                self._printed = printed(self.layout.command())
        return self._printed

    def _defaults(self, kind: str) -> List[str]:
        routers = self._understood().defaults(self._marked("routers"))
        if not routers:
            raise DeliverabilityError("no router takes mail for any domain outside; name a router or transport to be like, or a driver")
        return routers if kind == "routers" else unique(self._understood().routers[name]["transport"] for name in routers)

    def _set_drivers(self, kind: str, wanted: List[dict]) -> dict:
        """Set options of what exists, and put what is new into the marked block; return what there was before."""
        own, body, before, place = self._own(kind), "", {}, None
        for item in wanted:
            for name in self._defaults(kind) if item["name"] == "*" else [item["name"]]:
                found = self._find(kind, name)
                before[name] = {"exists": found is not None, "options": self._values(found, item["options"])}
                self.touched[kind].append(name)
                if found is None or name in own:
                    body += self._new(kind, {**item, "name": name})
                    place = place or self._place(kind, item)
                elif name in self._marked(kind):
                    raise DeliverabilityError(f"{kind}: {name} belongs to a change of another name; give this one a name of its own")
                else:
                    self._change(kind, name, item)
        self._put(kind, body, place)
        return before

    def _remove_drivers(self, kind: str, wanted: List[dict]) -> dict:
        """Remove options, or whole routers and transports that are in a marked block; return what there was before."""
        before = {}
        for item in wanted:
            found = self._find(kind, item["name"])
            before[item["name"]] = {"exists": found is not None, "options": self._values(found, item["options"])}
            if found is None:
                continue
            if item["options"]:
                self._change(kind, item["name"], item)
            elif item["name"] in self._marked(kind):
                part = found[0]
                part.text = text_of.without_marked(part.text, kind, item["name"], part.section)
            else:
                raise DeliverabilityError(f"{kind}: {item['name']} was not made by this module, and is not removed")
        return before

    def _values(self, found, options: dict) -> dict:
        if found is None:
            return {}
        values = {}
        for name in options:
            given = found[1].options(name)
            macro = text_of.macro_of(found[1], name)
            value = self._macro_value(macro) if macro else given[-1].value if given else None
            values[name] = text_of.HIDDEN if value and text_of.is_secret(name) else value
        return values

    def _macro_value(self, macro: str) -> Optional[str]:
        return next((known[macro] for known in (text_of.definitions(part.text, part.section) for part in self.parts) if macro in known), None)

    def _change(self, kind: str, name: str, item: dict) -> None:
        """Set options of a router or transport that is there: through the macro that sets it, or in place."""
        part, known = self._find(kind, name)
        options = self._with_hosts(item, known)
        for option, value in options.items():
            macro = text_of.macro_of(known, option)
            if macro:
                self._set_macro(macro, value)
            else:
                part.text = text_of.set_option(part.text, known, option, value)
            part, known = self._find(kind, name)

    def _place(self, kind: str, item: dict) -> Optional[str]:
        """Return the router that a new one goes before, None for the very beginning. One for all domains must not take the mail of those that are special."""
        if kind != "routers" or item["options"].get("domains") or item["options"].get("driver"):
            return None
        return item["like"] or self._defaults(kind)[0]

    def _other_domains(self, name: str) -> List[str]:
        """Return what routers to other hosts, that come before one, are for: lists such as Debian's of the domains that it is a second server for."""
        known = self._understood()
        earlier = [other for other in list(known.routers)[: list(known.routers).index(name)] if other not in self._marked("routers")]
        wanted = [known.routers[other].get("domains", "") for other in earlier if known.routers[other].get("transport") in known.remote]
        return unique(item for domains in wanted if "$" not in domains for item in split_list(domains) if not item.startswith("!"))

    def _new(self, kind: str, item: dict) -> str:
        """Return a new router or transport, a copy of another one or not."""
        options = item["options"]
        like = item["like"] or (None if options.get("driver") else self._defaults(kind)[0])
        if like is None:
            return text_of.instance_text(item["name"], {**(text_of.host_options(item["hosts"], "") if item["hosts"] else {}), **options})
        found = self._find(kind, like)
        if found is None:
            raise DeliverabilityError(f"{kind}: there is no {like} that {item['name']} could be like")
        part, model = found
        if kind == "routers" and self._place(kind, item) == like and like in self._understood().routers:
            others = "".join(f" : ! {other}" for other in self._other_domains(like))
            given = self._understood().routers[like].get("domains", "")
            item = {**item, "options": {**options, "domains": given + others}} if others and given and not given.startswith("<") else item
        copy = text_of.copied(part.text, model, item["name"], self._with_hosts(item, model))
        return (text_of.guarded_definitions(part.text, copy, kind, part.section) if kind == "routers" else "") + copy

    @staticmethod
    def _with_hosts(item: dict, known: text_of.Instance) -> dict:
        if not item["hosts"]:
            return item["options"]
        return {**text_of.host_options(item["hosts"], known.driver.value if known.driver else ""), **item["options"]}

    def _put(self, kind: str, body: str, before: Optional[str] = None) -> None:
        """Write the marked block of a section; a new one goes before a router, or where it belongs."""
        name = self.request.snapshot
        if self.layout.name != "split":
            self.parts[-1].text = text_of.set_block(self.parts[-1].text, name, kind, body, before)
            return
        path = self.layout.own_file(kind, name, self._find(kind, before)[0].path if before else None)
        for other in self.parts:
            if other.path != path and text_of.block(other.text, name, kind, other.section) is not None:
                other.text = ""
        part = next((part for part in self.parts if part.path == path), None)
        if part is None and body:
            part = Part(path, kind)
            # Only its place among the routers counts, and these come first.
            self.parts.insert(next(number for number, known in enumerate(self.parts) if known.section == kind) + 1, part)
        if part is not None:
            part.text = text_of.whole_block(name, body)

    def _set_login(self, part: Part, host: str, login: Optional[tuple]) -> None:
        """Write the login of a host, and the same one under the name that Exim will find it by where that is another one."""
        part.text = text_of.set_password(part.text, host, login)
        canonical = canonical_name(host)
        if canonical not in (None, host.lower(), *(known.lower() for known in self.request.logins)):
            part.text = text_of.set_password(part.text, canonical, login)
            self.warnings.append(f"credentials: {host} is an alias of {canonical} now, where Exim looks for the login; it is there under both names")

    def _authenticators(self) -> str:
        """Return those that a file needs which has none for the passwords; Debian's files have them."""
        others = text_of.set_block(self.parts[-1].text, self.request.snapshot, "authenticators", "")
        return text_of.client_authenticators(self.layout.passwords) if self.request.logins and self.layout.passwords not in others else ""


# The change


def change(params: dict, check_mode: bool) -> dict:
    """Do what the options of ``exim_config`` say and return the module's result."""
    if not SNAPSHOT_NAME.match(params["snapshot"]):
        raise DeliverabilityError(f"snapshot: {params['snapshot']!r} is not a plain name")
    layout = Layout(params["config_dir"])
    work = _restore if params["state"] == "restored" else _present
    if check_mode:
        return work(layout, params, True)
    with lock(params["state_dir"]):
        return work(layout, params, False)


def _snapshot(layout: Layout, params: dict, paths: List[str]) -> Snapshot:
    return Snapshot(params["state_dir"], params["snapshot"], paths, place=layout.file)


def _present(layout: Layout, params: dict, check_mode: bool) -> dict:
    """Set what is named."""
    request = Request(params)
    edit = Edit(layout, request)
    edit.do()
    contents = edit.contents()
    snapshot = _snapshot(layout, params, list(contents))
    for path in snapshot.paths:
        contents.setdefault(path, (read_if_there(path),) * 2)
    service = Service(layout)
    result = {**transaction.outline(service, contents, snapshot), "config_file": layout.file, "layout": layout.name, "previous": edit.previous, "routes": []}
    if transaction.differs(contents):
        result["warnings"] += transaction.warnings(snapshot) + edit.warnings
        with Candidate(layout, edit) as candidate:
            trial = Trial(candidate, edit)
            trial.check()
        result["warnings"] += trial.warnings
        result["routes"] = trial.routes
    else:
        result["routes"] = [route(layout.command(), wanted["address"]) for wanted in request.routes]
    if check_mode or not result["changed"]:
        return result
    transaction.carry_out(service, snapshot, contents, result, params["reload"], _rights(layout, edit))
    return result


def _rights(layout: Layout, edit: Edit) -> Dict[str, Rights]:
    """Return whose files are to be: only root and Exim read passwords."""
    if edit.passwords is None or edit.passwords.now == edit.passwords.then:
        return {}
    _status, said, _complaints = run(*layout.command(), "-bP", "exim_group")
    group = dict(printed_options(said)).get("exim_group", "")
    try:
        gid = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise DeliverabilityError(f"Exim's group {group!r} is not known to this host") from None
    return {layout.passwords: Rights(0o640, 0, gid)}


def _restore(layout: Layout, params: dict, check_mode: bool) -> dict:
    """Put back what was there before the first or the last change of this name."""
    service = Service(layout)
    snapshot = _snapshot(layout, params, [])
    contents = transaction.way_back(service, snapshot, params["restore_to"])
    result = {**transaction.outline(service, contents, snapshot), "config_file": layout.file, "layout": layout.name}
    if not check_mode:
        transaction.restore(service, snapshot, contents, result, params["reload"])
    return result
