# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Edits of Exim's configuration as text: everything that is not named keeps its bytes, comments and order.

Source: the Exim specification, "The Exim runtime configuration file", and Debian's update-exim4.conf(8). A configuration is one file, or several that
are read one after the other (``Part``). Logical lines go on after a backslash at the end of a line, comments in between do not end them. A file has
sections (``begin routers``), and those of drivers have instances (``name:``) with options. An option that is set twice is an error to Exim.

Offsets are in characters of the text given. Text read with ``surrogateescape`` keeps bytes of any encoding.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import to_address
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exim import split_list

INDENT = "  "
MARK = "postmaster.deliverability"
NAME = re.compile(r"^[A-Za-z_]\w*$")
MACRO = re.compile(r"^[A-Z]\w*$")
DRIVERS = ("routers", "transports", "authenticators")
OPENING = (".ifdef", ".ifndef")
# Options of the router dnslookup that manualroute does not have.
_OF_DNSLOOKUP = (
    "check_secondary_mx",
    "check_srv",
    "fail_defer_domains",
    "ignore_target_hosts",  # both have it, but a smarthost may well be in a private network
    "ipv4_only",
    "ipv4_prefer",
    "mx_domains",
    "mx_fail_domains",
    "qualify_single",
    "rewrite_headers",
    "search_parents",
    "srv_fail_domains",
    "widen_domains",
)


class Line(NamedTuple):
    """One logical line: where it is, and what it says."""

    start: int
    end: int  # behind its newline
    kind: str  # "directive", "begin", "macro", "instance", "option" or "other"
    name: str  # of the directive, section, macro, instance or option
    value: str  # on one line; of an option without an equals sign "true" or "false"
    section: str
    depth: int  # how many conditionals are open around it


def lines(text: str, section: str = "main") -> List[Line]:
    """Return the logical lines of a file that begins in this section."""
    found: List[Line] = []
    depth = 0
    for start, end, content in _logical(text):
        kind, name, value = _classify(content, section)
        if kind == "begin":
            section = name
        if kind == "directive" and name == ".endif":
            depth = max(0, depth - 1)
        inside = depth - 1 if kind == "directive" and name in (".else", ".elifdef", ".elifndef") else depth
        found.append(Line(start, end, kind, name, value, section, max(0, inside)))
        if kind == "directive" and name in OPENING:
            depth += 1
    return found


def _logical(text: str) -> Iterator[Tuple[int, int, str]]:
    """Yield ``(start, end, content on one line)``."""
    offset, start, content = 0, -1, ""
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        words = line.strip()
        offset += len(line)
        if words.startswith("#") or (not words and start < 0):
            continue
        if start < 0:
            start = offset - len(line)
        goes_on = words.endswith("\\")
        content += words[:-1] if goes_on else words
        if not goes_on:
            yield start, offset, content
            start, content = -1, ""
    if start >= 0:
        yield start, offset, content


_DIRECTIVE = re.compile(r"^(\.[a-z_]+)\b\s*(.*)$")
_BEGIN = re.compile(r"^begin\s+(\w+)", re.IGNORECASE)
_MACRO_LINE = re.compile(r"^([A-Z]\w*)\s*={1,2}\s*(.*)$")
_INSTANCE = re.compile(r"^([\w.-]+)\s*:$")
_OPTION = re.compile(r"^(?:hide\s+)?(?P<name>[a-z]\w*)\s*(?:=\s*(?P<value>.*))?$")
_SWITCH = re.compile(r"^(?:no|not)_(\w+)$")


def _classify(content: str, section: str) -> Tuple[str, str, str]:
    for kind, pattern in (("directive", _DIRECTIVE), ("macro", _MACRO_LINE)):
        found = pattern.match(content)
        if found:
            return kind, found.group(1), found.group(2)
    found = _BEGIN.match(content)
    if found:
        return "begin", found.group(1).lower(), ""
    found = _INSTANCE.match(content) if section in DRIVERS else None
    if found:
        return "instance", found.group(1), ""
    found = _OPTION.match(content) if section in (*DRIVERS, "main") else None
    if not found:
        return "other", "", content
    name, value = found.group("name", "value")
    if value is None:
        switch = _SWITCH.match(name)
        return ("option", switch.group(1), "false") if switch else ("option", name, "true")
    return "option", name, value


class Instance(NamedTuple):
    """A router, a transport or an authenticator."""

    header: Line
    body: Tuple[Line, ...]  # to its last option, with the ends of the conditionals that began inside

    @property
    def name(self) -> str:
        return self.header.name

    @property
    def end(self) -> int:
        return self.body[-1].end if self.body else self.header.end

    def options(self, name: str) -> List[Line]:
        """Return the lines that set an option; more than one where conditionals choose."""
        return [line for line in self.body if line.kind == "option" and line.name == name]

    @property
    def driver(self) -> Optional[Line]:
        return next(iter(self.options("driver")), None)


def instances(text: str, kind: str, section: str = "main") -> Dict[str, Instance]:
    """Return ``{name: Instance}`` of a section; of a name that conditionals choose among, the first."""
    found: Dict[str, Instance] = {}
    header, body = None, []  # type: Optional[Line], List[Line]
    for line in [*lines(text, section), None]:
        if header is not None and (line is None or line.kind in ("instance", "begin") or line.depth < header.depth):
            found.setdefault(header.name, Instance(header, _trimmed(body, header.depth)))
            header = None
        if line is not None and line.kind == "instance" and line.section == kind:
            header, body = line, []
        elif header is not None and line is not None:
            body.append(line)
    return found


def _trimmed(body: List[Line], depth: int) -> Tuple[Line, ...]:
    """Return the lines without what follows the last option: conditionals and macros for others."""
    last = max((number for number, line in enumerate(body) if line.kind == "option"), default=-1)
    if last < 0:
        return ()
    if body[last].depth > depth:
        last = next((number for number in range(last + 1, len(body)) if body[number].depth == depth), len(body) - 1)
    return tuple(body[: last + 1])


# Values


def as_text(name: str, value) -> Optional[str]:
    """Return a value of a playbook as Exim writes it; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return joined([str(item).strip() for item in value])
    if isinstance(value, (str, int, float)):
        text = " ".join(line.strip() for line in str(value).split("\n") if line.strip())
        address = to_address(text)
        # An address with colons by itself would be a list of its pieces.
        return joined([text]) if address is not None and address.version == 6 else text
    raise DeliverabilityError(f"{name}: {type(value).__name__} is no value for an option")


def joined(items: List[str]) -> str:
    """Return one of Exim's lists; its separator is a semicolon where the items have colons."""
    if not any(":" in item for item in items):
        return " : ".join(items)
    return "<; " + " ; ".join(item.replace(";", ";;") for item in items)


def check_value(name: str, value: str) -> None:
    """Refuse a value that would become something else in the file."""
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise DeliverabilityError(f"{name}: the value holds control characters")
    if value.endswith("\\"):
        raise DeliverabilityError(f"{name}: the value ends with a backslash, which would go on with the next line")


def same(one: Optional[str], other: Optional[str]) -> bool:
    """Tell whether two values are the same to Exim; None is an option that is not set."""
    if one is None or other is None:
        return one is other
    return _meaning(one) == _meaning(other)


_WORDS = {"yes": "true", "no": "false"}


def _meaning(value: str):
    value = " ".join(value.split())
    if "$" in value or '"' in value:
        return value
    if re.match(r"^<\W|.*:", value):
        return split_list(value)
    return _WORDS.get(value.lower(), value)


# Options of an instance


def _apply(text: str, edits: list) -> str:
    """Return the text with ``(start, end, replacement)`` done, none of which overlap."""
    for start, end, replacement in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def set_option(text: str, known: Instance, name: str, value: Optional[str]) -> str:
    """Return the text with an option of an instance set, or removed where the value is None.

    An option that has the value already stays as it is written. Else it is rewritten in place. One that was not there, or only under a condition,
    comes after the driver, since private options have to.
    """
    if not NAME.match(name):
        raise DeliverabilityError(f"{known.name}: {name!r} is not the name of an option")
    given = known.options(name)
    plain = len(given) == 1 and given[0].depth == known.header.depth
    if plain and value is not None and same(given[0].value, value):
        return text
    edits = [(*_with_condition(known, line), "") for line in given]
    if value is not None:
        check_value(f"{name} of {known.name}", value)
        driver = known.driver
        model = given[0] if plain else driver or next(iter(known.body), None)
        written = f"{_indent(text, model)}{name} = {value}".rstrip() + "\n"
        if plain:
            edits = [(given[0].start, given[0].end, written)]
        elif name == "driver" or driver is None:
            edits.append((known.header.end, known.header.end, written))
        else:
            edits.append((driver.end, driver.end, written))
    return _apply(text if text.endswith("\n") else text + "\n", edits) if edits else text


def _indent(text: str, model: Optional[Line]) -> str:
    """Return the white space that a line begins with."""
    if model is None:
        return INDENT
    written = text[model.start : model.end]
    return written[: len(written) - len(written.lstrip(" \t"))]


def _with_condition(known: Instance, line: Line) -> Tuple[int, int]:
    """Return where a line is, together with the condition that is there for it alone."""
    number = known.body.index(line)
    around = known.body[max(0, number - 1) : number + 2]
    if len(around) == 3 and around[0].name in OPENING and around[2].name == ".endif":
        return around[0].start, around[2].end
    return line.start, line.end


def macro_of(known: Instance, name: str) -> Optional[str]:
    """Return the macro that an option is set from, as Debian's files do: ``.ifdef M``, ``option = M``, ``.endif``."""
    given = known.options(name)
    if len(given) != 1 or not MACRO.match(given[0].value):
        return None
    number = known.body.index(given[0])
    before = known.body[number - 1] if number else None
    return given[0].value if before and before.name == ".ifdef" and before.value == given[0].value else None


def instance_text(name: str, options: Dict[str, Optional[str]]) -> str:
    """Return a new instance; its driver comes first."""
    known = {option: value for option, value in options.items() if value is not None}
    text = f"{name}:\n{INDENT}driver = {known.pop('driver')}\n"
    for option, value in known.items():
        if not NAME.match(option):
            raise DeliverabilityError(f"{name}: {option!r} is not the name of an option")
        check_value(f"{option} of {name}", value)
        text += f"{INDENT}{option} = {value}".rstrip() + "\n"
    return text


def copied(text: str, model: Instance, name: str, options: Dict[str, Optional[str]]) -> str:
    """Return an instance that is like another one of this text, but for its name and some options."""
    section = model.header.section
    body = text[model.header.end : model.end]
    copy = f"{name}:\n" + (body if body.endswith("\n") else body + "\n")
    # Each comes right behind the driver, so that the last one is the first to be set.
    order = [option for option in options if option == "driver"] + [option for option in reversed(list(options)) if option != "driver"]
    for option in ["debug_print", *order]:
        copy = set_option(copy, instances(copy, section, section)[name], option, options.get(option))
    return copy


def host_options(hosts: List[dict], driver: str) -> Dict[str, Optional[str]]:
    """Return the options of a router to these hosts (``host``, ``port``, ``priority``); ``driver`` is that of the router it was."""
    priorities = sorted({item["priority"] for item in hosts})
    groups = [[_host(item) for item in hosts if item["priority"] == priority] for priority in priorities]
    rotated = any(len(group) > 1 for group in groups)
    # A plus sign keeps Exim from mixing what is on both sides of it.
    items = ":+:".join(":".join(group) for group in groups) if rotated else ":".join(group[0] for group in groups)
    options: Dict[str, Optional[str]] = dict.fromkeys(_OF_DNSLOOKUP) if driver == "dnslookup" else {"route_data": None}
    options.update(
        {
            "driver": "manualroute",
            "route_list": f"* {items} byname",
            "hosts_randomize": "true" if rotated else None,
            # A name that is not found would freeze the message otherwise; where none is found, it waits.
            "host_find_failed": "ignore",
        }
    )
    return options


_HOST_NAME = re.compile(r"^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")


def _host(item: dict) -> str:
    """Return one host of a route, with its port; colons are doubled."""
    host, port = item["host"].strip().strip("[]"), item.get("port")
    address = to_address(host)
    if address is None and not _HOST_NAME.match(host):
        raise DeliverabilityError(f"hosts: {item['host']!r} is neither a name nor an address")
    if port is not None and not 0 < port < 65536:
        raise DeliverabilityError(f"hosts: {port} is no port")
    written = f"[{address}]" if address is not None and address.version == 6 else str(address or host)
    return (written if port is None else f"{written}:{port}").replace(":", "::")


# Macros and main options


def set_macro(text: str, name: str, value: Optional[str], section: str = "main") -> str:
    """Return the text with a macro defined, or not where the value is None; a new one comes last, or at the file's top where sections follow."""
    return _set_main_line(text, "macro", name, value, section)


def set_main(text: str, name: str, value: Optional[str], section: str = "main") -> str:
    """Return the text with a main option set, or not where the value is None."""
    if not NAME.match(name):
        raise DeliverabilityError(f"main: {name!r} is not the name of an option")
    return _set_main_line(text, "option", name, value, section)


def _set_main_line(text: str, kind: str, name: str, value: Optional[str], section: str) -> str:
    known = [line for line in lines(text, section) if line.kind == kind and line.name == name and line.depth == 0]
    if kind == "option":
        known = [line for line in known if line.section == "main"]
    if len(known) == 1 and value is not None and same(known[0].value, value):
        return text
    edits = [(line.start, line.end, "") for line in known]
    if value is not None:
        check_value(name, value)
        written = f"{name} = {value}".rstrip() + "\n"
        place = known[0] if known else None
        if place:
            edits[0] = (place.start, place.end, written)
        else:
            start = _place_in_main(text, section)
            edits.append((start, start, written))
    return _apply(text if not text or text.endswith("\n") else text + "\n", edits) if edits else text


def _place_in_main(text: str, section: str) -> int:
    """Return where a new line of the main section goes: behind the macros that begin the file, or else at the end of a file without sections."""
    known = lines(text, section)
    if not any(line.kind == "begin" for line in known):
        return len(text) + (0 if not text or text.endswith("\n") else 1)
    end = 0
    for line in known:
        if line.kind != "macro" or line.depth:
            break
        end = line.end
    return end or (known[0].start if known else 0)


def definitions(text: str, section: str = "main") -> Dict[str, str]:
    """Return ``{macro: value}`` of what is defined without a condition."""
    return {line.name: line.value for line in lines(text, section) if line.kind == "macro" and line.depth == 0}


def guarded_definitions(text: str, words: str, kind: str, section: str = "main") -> str:
    """Return the definitions that a section has for macros among these words, with their ``.ifndef``, for use before that place."""
    text = _apply(text, [(start, stop, "") for start, stop in _marked(text)])
    known = lines(text, section)
    found = ""
    for number, line in enumerate(known):
        if line.kind == "macro" and line.section == kind and line.depth and re.search(rf"\b{line.name}\b", words):
            before = known[number - 1]
            if before.name == ".ifndef" and before.value == line.name:
                found += f".ifndef {line.name}\n{line.name} = {line.value}\n.endif\n"
    return found


# Marked blocks


def _marks(name: str) -> Tuple[str, str]:
    return f"# BEGIN {MARK} {name}\n", f"# END {MARK} {name}\n"


def block(text: str, name: str, kind: str, section: str = "main") -> Optional[str]:
    """Return what is in the marked block of a section, in a file that begins in ``section``, or None."""
    span = _block_span(text, name, kind, section)
    return None if span is None else text[span[0] + len(_marks(name)[0]) : span[1] - len(_marks(name)[1])]


def _block_span(text: str, name: str, kind: str, section: str = "main") -> Optional[Tuple[int, int]]:
    begin, end = _marks(name)
    for found in re.finditer("^" + re.escape(begin), text, re.MULTILINE):
        closing = re.search("^" + re.escape(end), text[found.end() :], re.MULTILINE)
        if closing is None:
            raise DeliverabilityError(f"the line {end.strip()!r} is missing")
        before = [line.name for line in lines(text[: found.start()]) if line.kind == "begin"]
        if (before[-1] if before else section) == kind:
            return found.start(), found.end() + closing.end()
    return None


def set_block(text: str, name: str, section: str, body: str, before: Optional[str] = None) -> str:
    """Return the text with the marked block of a section as given; an empty one goes. A section that is not there is added at the end.

    A new block goes before the instance ``before``. Without that it comes first where order counts, else last.
    """
    begin, end = _marks(name)
    written = begin + body + end if body else ""
    span = _block_span(text, name, section)
    if span is not None:
        return text[: span[0]] + written + text[span[1] :]
    if not body:
        return text
    text = text if text.endswith("\n") else text + "\n"
    known = [line for line in lines(text) if line.section == section]
    if not known:
        return f"{text}\nbegin {section}\n{written}"
    # What is tried in order goes first. Transports may need macros that are defined among the others.
    place = known[0].end if section in ("routers", "retry") else known[-1].end
    if before is not None:
        header = instances(text, section)[before].header
        # Not into a condition, which is about others.
        place = max(line.start for line in known if line.start <= header.start and not line.depth)
    return text[:place] + written + text[place:]


def without_marked(text: str, kind: str, name: str, section: str = "main") -> str:
    """Return the text without an instance of a marked block, and without the block where nothing is left in it."""
    for start, end in _marked(text):
        known = instances(text, kind, section).get(name)
        if known is not None and start < known.header.start < end:
            rest = text[start : known.header.start] + text[known.end : end]
            return text[:start] + (rest if len([line for line in rest.splitlines() if line.strip()]) > 2 else "") + text[end:]
    return text


def whole_block(name: str, body: str) -> str:
    """Return a file that is nothing but the marked block of a section; none where it would be empty."""
    begin, end = _marks(name)
    return begin + body + end if body else ""


def marked_instances(text: str, kind: str, section: str = "main") -> List[str]:
    """Return the names of the instances in marked blocks, of whatever change."""
    spans = _marked(text)
    return [name for name, one in instances(text, kind, section).items() if any(start < one.header.start < stop for start, stop in spans)]


def _marked(text: str) -> List[Tuple[int, int]]:
    """Return where the marked blocks are, of whatever change."""
    begin, end = (re.escape(mark.rstrip()) for mark in _marks(""))
    return [(found.start(), found.end()) for found in re.finditer(rf"^{begin} .*?^{end} [^\n]*\n?", text, re.MULTILINE | re.DOTALL)]


# Debian's update-exim4.conf.conf


_SETTING = re.compile(r"^[ \t]*(?P<name>\w+)=(?P<value>[^\n]*)\n?", re.MULTILINE)
SETTING_NAME = re.compile(r"^(?:dc_[a-z_]+|CFILEMODE|ue4c_keepcomments)$")
# What update-exim4.conf would replace by an underscore.
_STRANGE = re.compile(r"[^-0-9A-Za-z/.!*@_~:;< \[\]]")


def settings(text: str) -> Dict[str, str]:
    """Return ``{name: value}``; of several assignments the last."""
    return {found.group("name"): _unquoted(found.group("value")) for found in _SETTING.finditer(text)}


def _unquoted(value: str) -> str:
    value = value.strip()
    quoted = re.match(r"^(['\"])(.*?)\1", value)
    return quoted.group(2) if quoted else value.split(" ")[0]


def setting_text(name: str, value) -> str:
    """Return a setting's value; lists are joined with semicolons."""
    if not SETTING_NAME.match(name):
        raise DeliverabilityError(f"debconf: {name!r} is not a setting of update-exim4.conf.conf")
    if isinstance(value, (list, tuple)):
        value = (";" if name == "dc_smarthost" else " ; ").join(str(item).strip() for item in value)
    elif isinstance(value, bool):
        value = "true" if value else "false"
    text = "" if value is None else str(value).strip()
    if name == "dc_smarthost":
        text = ";".join(_smarthost(item.strip()) for item in text.split(";") if item.strip())
    if _STRANGE.search(text):
        raise DeliverabilityError(f"debconf: {name} holds {_STRANGE.search(text).group(0)!r}, which update-exim4.conf does not take")
    return text


def _smarthost(item: str) -> str:
    """Return one host of ``dc_smarthost``. White space would break the router, and one colon before a port would make the port a host."""
    if re.search(r"\s", item):
        raise DeliverabilityError(f"debconf: dc_smarthost: {item!r} holds white space, which breaks the router")
    found = re.match(r"^([^:]+):(\d+)$", item)
    return f"{found.group(1)}::{found.group(2)}" if found else item


def set_settings(text: str, values: Dict[str, str]) -> str:
    """Return update-exim4.conf.conf with these values; what is there already stays as it is written."""
    for name, value in values.items():
        known = [found for found in _SETTING.finditer(text) if found.group("name") == name]
        if known and _unquoted(known[-1].group("value")) == value:
            continue
        written = f"{name}='{value}'\n"
        if known:
            text = text[: known[-1].start()] + written + text[known[-1].end() :]
        else:
            text = text + ("" if not text or text.endswith("\n") else "\n") + written
    return text


# passwd.client


def set_password(text: str, host: str, login: Optional[Tuple[str, str]]) -> str:
    """Return passwd.client with the login of a host, or without any where ``login`` is None.

    The first line that fits counts, so that a new one goes before all others, and one for any host behind them.
    """
    if not host or re.search(r"[\s:#\"]", host):
        raise DeliverabilityError(f"credentials: {host!r} is not the name of a host")
    rows = text.splitlines(True)
    if rows and not rows[-1].endswith("\n"):
        rows[-1] += "\n"
    known = [number for number, row in enumerate(rows) if not row.startswith("#") and row.partition(":")[0].strip().lower() == host.lower() and row.strip()]
    if login is None:
        return "".join(row for number, row in enumerate(rows) if number not in known)
    user, password = login
    if not user or not password:
        raise DeliverabilityError(f"credentials: {host} needs username and password")
    if re.search(r"[:\s]", user) or re.search(r"[\x00-\x1f\x7f]", password) or password != password.strip():
        raise DeliverabilityError(f"credentials: the login for {host} holds characters that passwd.client cannot hold")
    written = f"{host}:{user}:{password}\n"
    if known:
        rows[known[0]] = written
        return "".join(row for number, row in enumerate(rows) if number not in known[1:])
    entries = [number for number, row in enumerate(rows) if row.strip() and not row.startswith("#")]
    rows.insert(len(rows) if host == "*" or not entries else entries[0], written)
    return "".join(rows)


def client_authenticators(path: str) -> str:
    """Return authenticators that take a server's login from a file of passwords, and send it over TLS only."""
    line = f"${{lookup{{$host}}nwildlsearch{{{path}}}{{$value}}fail}}"
    user, word = f"${{extract{{1}}{{:}}{{{line}}}}}", f"${{sg{{{line}}}{{\\N^[^:]*:\\N}}{{}}}}"
    # A single ^ separates the pieces of PLAIN.
    pieces = "".join(f"^${{sg{{{piece}}}{{\\N\\^\\N}}{{^^}}}}" for piece in (user, word))
    plain = {
        "driver": "plaintext",
        "public_name": "PLAIN",
        "client_send": f"<; ${{if def:tls_out_cipher {{{pieces}}}fail}}",
    }
    login = {
        "driver": "plaintext",
        "public_name": "LOGIN",
        "client_send": f"<; ${{if def:tls_out_cipher {{}}fail}} ; {user} ; {word}",
    }
    return instance_text("postmaster_plain", plain) + instance_text("postmaster_login", login)


# What may be shown


HIDDEN = "(hidden)"
_SECRET_OPTION = re.compile(r"^(?:client_send|client_secret|client_password|server_secret|server_password)$|passw|secret", re.IGNORECASE)
_SECRET_LINE = re.compile(r"^[ \t]*hide[ \t]|^[ \t]*\w*(?:passw|secret|client_send)\w*[ \t]*=", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Tell whether an option or macro of this name may hold a password."""
    return bool(_SECRET_OPTION.search(name))


def shown(text: str, section: str = "main", other: str = "") -> str:
    """Return a configuration for people to read: values that may hold passwords are hidden.

    ``other`` is the text that it will stand beside: a hidden value that is not in there is marked, so that a difference shows.
    """
    kept = {other[line.start : line.end] for line in lines(other, section)}
    edits = []
    for line in lines(text, section):
        written = text[line.start : line.end]
        if _SECRET_LINE.search(written) and "=" in written:
            hidden = HIDDEN if not other or written in kept else HIDDEN + " (another)"
            edits.append((line.start, line.end, written.partition("=")[0] + f"= {hidden}\n"))
    return _apply(text, edits)


def shown_passwords(text: str, other: str = "") -> str:
    """Return passwd.client for people to read: the names of its hosts."""
    kept = set(other.splitlines())
    rows = []
    for row in text.splitlines():
        host, colon, _login = row.partition(":")
        if row.startswith("#") or not colon:
            rows.append(row if row.startswith("#") or not row.strip() else HIDDEN)
        else:
            rows.append(f"{host}:{HIDDEN}" if not other or row in kept else f"{host}:{HIDDEN} (another)")
    return "".join(f"{row}\n" for row in rows)
