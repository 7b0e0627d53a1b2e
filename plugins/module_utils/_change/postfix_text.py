# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Edits of main.cf and master.cf as text: everything that is not named keeps its bytes, comments and order.

Source: postconf(5) and master(5), "general format". Both files consist of logical lines: a line that begins with white space goes on with
the line before it, and empty lines and comments in between do not end it. Of several definitions the last one counts.

Offsets are in characters of the text given. Text read with ``surrogateescape`` keeps bytes of any encoding.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Tuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

SPACE = " \t\r\v\f"
INDENT = "    "
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
SERVICE_NAME = re.compile(r"^[^\s#{}][^\s{}]*$")
SERVICE_TYPES = ("inet", "unix", "unix-dgram", "fifo", "pass")
# The columns of master.cf between the service's type and its command, in their order.
FIELDS = ("private", "unprivileged", "chroot", "wakeup", "process_limit")
# Parameters whose value is a list of words: commas and white space between them are the same to Postfix.
_LISTS = re.compile(
    r"(?:_maps|_restrictions|_domains|_networks|_destination|_exceptions|_interfaces|_protocols|_transports)$|^(?:mydestination|mynetworks|relayhost)$"
)
_ONLY_YES_NO = {"yes", "no"}


class Statement(NamedTuple):
    """One logical line: where it is, and its text with comments inside it blanked, at the same offsets."""

    start: int
    end: int  # behind the newline of its last line that is no comment
    text: str


def statements(text: str) -> list:
    """Return the logical lines of a file, in order."""
    found: list = []
    offset = 0
    for line in text.split("\n"):
        end = min(offset + len(line) + 1, len(text))
        content = line.strip(SPACE)
        if content and not content.startswith("#"):
            if line[0] in SPACE and found:
                found[-1] = (found[-1][0], end)
            else:
                found.append((offset, end))
        offset += len(line) + 1
    return [Statement(start, end, _blank_comments(text[start:end])) for start, end in found]


def _blank_comments(text: str) -> str:
    if "#" not in text:
        return text
    return "\n".join(" " * len(line) if line.lstrip(SPACE).startswith("#") else line for line in text.split("\n"))


def _comments_inside(text: str, start: int, end: int) -> str:
    """Return the comment lines within a logical line, which stay when it goes."""
    return "".join(line + "\n" for line in text[start:end].split("\n") if line.lstrip(SPACE).startswith("#"))


def joined(value: str) -> str:
    """Return a value over several lines as the one line that Postfix makes of it."""
    return " ".join(line.strip(SPACE) for line in value.split("\n") if line.strip(SPACE))


def same(name: str, one: Optional[str], other: Optional[str]) -> bool:
    """Tell whether Postfix takes two values of a parameter for the same; None is a parameter that is not set."""
    if one is None or other is None:
        return one is other
    return _meaning(name, one) == _meaning(name, other)


def _meaning(name: str, value: str):
    value = joined(value)
    if value.lower() in _ONLY_YES_NO:
        return value.lower()
    if _LISTS.search(name) and "{" not in value:
        return [word for word in re.split(r"[\s,]+", value) if word]
    return value


def check_value(name: str, value: str) -> None:
    """Refuse a value that would become something else in the file."""
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value):
        raise DeliverabilityError(f"{name}: the value holds control characters")
    if any(line.lstrip(SPACE).startswith("#") for line in value.split("\n")):
        raise DeliverabilityError(f"{name}: a line of the value begins with #, which Postfix takes for a comment")
    if value.count("{") != value.count("}"):
        raise DeliverabilityError(f"{name}: the braces of the value are not balanced")


def _apply(text: str, edits: list) -> str:
    """Return the text with ``(start, end, replacement)`` done, none of which overlap."""
    for start, end, replacement in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _append(text: str, addition: str) -> str:
    return text + ("" if not text or text.endswith("\n") else "\n") + addition


# main.cf


_ASSIGNMENT = re.compile(r"^(?P<name>[^\s=]+)(?P<equals>[ \t]*=[ \t]*)(?P<value>.*)", re.DOTALL)


def parameters(text: str) -> dict:
    """Return ``{name: value on one line}`` of main.cf; of several definitions the last."""
    return {name: values[-1][1] for name, values in _definitions(text).items()}


def _definitions(text: str) -> dict:
    """Return ``{name: [(Statement, value)]}``."""
    found: dict = {}
    for statement in statements(text):
        parts = _ASSIGNMENT.match(statement.text)
        if parts:
            found.setdefault(parts.group("name"), []).append((statement, joined(parts.group("value"))))
    return found


def set_parameters(text: str, values: dict) -> str:
    """Return main.cf with the parameters set as in ``{name: value}``; None removes every definition of the parameter.

    A parameter that has the value already stays as it is written. Else its last definition is rewritten in place, definitions before it,
    which had no effect, go, and a parameter that was not there comes last.
    """
    defined = _definitions(text)
    edits, added = [], ""
    for name, value in values.items():
        _check_name("parameters", name)
        known = defined.get(name, [])
        if value is None:
            edits += [(statement.start, statement.end, _comments_inside(text, statement.start, statement.end)) for statement, _value in known]
            continue
        check_value(name, value)
        if not known:
            added += _assignment(f"{name} =", value)
        elif not same(name, known[-1][1], value):
            edits += [(statement.start, statement.end, _comments_inside(text, statement.start, statement.end)) for statement, _value in known[:-1]]
            edits.append(_rewritten(text, known[-1][0], value))
    text = _apply(text, edits)
    return _append(text, added) if added else text


def _rewritten(text: str, statement: Statement, value: str) -> tuple:
    parts = _ASSIGNMENT.match(statement.text)
    written = _assignment(parts.group("name") + parts.group("equals").rstrip(SPACE), value, tight=parts.group("equals").startswith("="))
    if not text[: statement.end].endswith("\n"):
        written = written[:-1]
    return statement.start, statement.end, written + _comments_inside(text, statement.start, statement.end)


def _assignment(beginning: str, value: str, tight: bool = False) -> str:
    """Return ``name = value``, one that was given over several lines as a logical line of as many."""
    lines = [line.strip(SPACE) for line in value.split("\n") if line.strip(SPACE)]
    if len(lines) > 1:
        return beginning + "".join(f"\n{INDENT}{line}" for line in lines) + "\n"
    return beginning + ("" if tight or not lines else " ") + "".join(lines) + "\n"


def _check_name(where: str, name: str) -> None:
    if not NAME.match(name):
        raise DeliverabilityError(f"{where}: {name!r} is not the name of a parameter")


# master.cf


class Token(NamedTuple):
    """A word of a logical line, or a group in braces; offsets in the whole text."""

    start: int
    end: int
    text: str


class Override(NamedTuple):
    """One ``-o name=value`` of a service."""

    start: int
    end: int
    name: str
    value: str


class Service(NamedTuple):
    """One service of master.cf."""

    statement: Statement
    tokens: Tuple[Token, ...]  # name, type, FIELDS, command, arguments
    overrides: Tuple[Override, ...]
    plain: bool  # it has options only, so that one more may follow at the end

    @property
    def key(self) -> tuple:
        return self.tokens[0].text, self.tokens[1].text

    def override(self, name: str) -> Optional[str]:
        """Return the value of an override, the last one where there are several; None where there is none."""
        values = [override.value for override in self.overrides if override.name == name]
        return values[-1] if values else None


def services(text: str) -> list:
    """Return the services of master.cf in order; lines with too few fields are left to Postfix to complain about."""
    found = []
    for statement in statements(text):
        tokens = _tokens(statement)
        if len(tokens) > len(FIELDS) + 2:
            overrides, plain = _overrides(tokens[len(FIELDS) + 3 :])
            found.append(Service(statement, tuple(tokens), tuple(overrides), plain))
    return found


def service(text: str, name: str, kind: str) -> Optional[Service]:
    """Return a service by name and type, the last where it is there several times, or None."""
    known = [one for one in services(text) if one.key == (name, kind)]
    return known[-1] if known else None


def _tokens(statement: Statement) -> list:
    """Return the words of a logical line; one that begins with a brace goes on to its closing brace."""
    text, tokens, position = statement.text, [], 0
    while True:
        while position < len(text) and (text[position] in SPACE or text[position] == "\n"):
            position += 1
        if position == len(text):
            return tokens
        start, depth = position, 0
        braced = text[position] == "{"
        while position < len(text):
            character = text[position]
            depth += (character == "{") - (character == "}") if braced else 0
            if not depth and character in SPACE + "\n":
                break
            position += 1
        tokens.append(Token(statement.start + start, statement.start + position, text[start:position]))


def _overrides(arguments: list) -> tuple:
    """Return ``(overrides, whether there is nothing but options)`` of what follows the command."""
    found, position = [], 0
    while position < len(arguments):
        token = arguments[position]
        if not token.text.startswith("-"):
            return found, False
        if token.text.startswith("-o"):
            word = token
            if token.text == "-o":
                position += 1
                if position == len(arguments):
                    break
                word = arguments[position]
            body = word.text if word is not token else word.text[2:]
            if body.startswith("{"):
                body = body[1:-1]
            name, _equals, value = body.partition("=")
            found.append(Override(token.start, word.end, name.strip(), joined(value)))
        position += 1
    return found, True


def set_override(text: str, name: str, kind: str, parameter: str, value: Optional[str]) -> str:
    """Return master.cf with one ``-o parameter=value`` of a service set, or removed where the value is None."""
    _check_name(f"services: {name}/{kind}", parameter)
    known = _wanted(text, name, kind)
    given = [override for override in known.overrides if override.name == parameter]
    if value is None:
        for override in reversed(given):
            text = _without(text, override.start, override.end, known.statement.start)
        return text
    check_value(parameter, value)
    if given and same(parameter, given[-1].value, value):
        return text
    if given:
        text = text[: given[-1].start] + option(parameter, value) + text[given[-1].end :]
        for override in reversed(given[:-1]):
            text = _without(text, override.start, override.end, known.statement.start)
        return text
    if not known.plain:  # what follows a word that is no option belongs to the command
        end = known.overrides[-1].end if known.overrides else known.tokens[len(FIELDS) + 2].end
        return f"{text[:end]} {option(parameter, value)}{text[end:]}"
    end = known.statement.end
    before, newline = (text[:end], "\n") if text[:end].endswith("\n") else (text[:end] + "\n", "")
    return f"{before}{_indent(text, known)}{option(parameter, value)}{newline}{text[end:]}"


def option(parameter: str, value: str) -> str:
    """Return ``-o parameter=value``, in braces where the value holds white space (Postfix 3.0)."""
    value = joined(value)
    if any(character in value for character in SPACE):
        return f"-o {{ {parameter} = {value} }}"
    return f"-o {parameter}={value}"


def _indent(text: str, known: Service) -> str:
    """Return the white space that a new line of this service begins with: that of its last line, where it has several."""
    last = text[known.statement.start : known.statement.end].rstrip("\n").rpartition("\n")[2]
    spaces = last[: len(last) - len(last.lstrip(SPACE))]
    return spaces or INDENT


def _without(text: str, start: int, end: int, floor: int) -> str:
    """Return the text without a piece, the white space before it, and the line that it leaves empty."""
    while start > floor and text[start - 1] in SPACE:
        start -= 1
    rest = text.find("\n", end)
    rest = len(text) if rest < 0 else rest
    if text[start - 1] == "\n" and not text[end:rest].strip(SPACE):
        if rest == len(text):
            return text[: start - 1]
        return text[:start] + text[rest + 1 :]
    return text[:start] + text[end:]


def _wanted(text: str, name: str, kind: str) -> Service:
    known = service(text, name, kind)
    if known is None:
        raise DeliverabilityError(f"services: master.cf has no service {name}/{kind}; give like or command for a new one")
    return known


def set_fields(text: str, name: str, kind: str, fields: dict) -> str:
    """Return master.cf with columns of a service (``FIELDS`` and ``command``, which is one word) replaced in place."""
    known = _wanted(text, name, kind)
    edits = []
    for column, field in enumerate((*FIELDS, "command"), 2):
        value = fields.get(field)
        if value is not None and known.tokens[column].text != value:
            _check_word(f"services: {field} of {name}/{kind}", value)
            edits.append((known.tokens[column].start, known.tokens[column].end, value))
    return _apply(text, edits)


def add_service(text: str, name: str, kind: str, fields: dict, like: Optional[tuple] = None) -> str:
    """Return master.cf with a service added at its end.

    ``fields``: ``FIELDS`` (a dash where missing) and ``command``; with ``like``, a service's name and type, what is missing is taken from that service,
    and so are its arguments.
    """
    if not SERVICE_NAME.match(name):
        raise DeliverabilityError(f"services: {name!r} is not the name of a service")
    model = _wanted(text, *like) if like else None
    columns = []
    for column, field in enumerate((*FIELDS, "command"), 2):
        value = fields.get(field)
        if value is None:
            value = model.tokens[column].text if model else "-"
        _check_word(f"services: {field} of {name}/{kind}", value)
        columns.append(value)
    if columns[-1] == "-":
        raise DeliverabilityError(f"services: {name}/{kind} is new and needs a command, or a service that it is like")
    line = f"{name:<9} {kind:<5} " + "".join(f"{column:<8}" for column in columns[:-1]) + columns[-1]
    arguments = [token.text for token in model.tokens[len(FIELDS) + 3 :]] if model else []
    if model and not model.plain:
        line = " ".join([line, *(joined(argument) for argument in arguments)])
        arguments = []
    return _append(text, line + "\n" + "".join(_argument_lines(arguments)))


def _argument_lines(arguments: list):
    """Yield the lines of arguments that are options only, each with its own line."""
    position = 0
    while position < len(arguments):
        words = arguments[position : position + 2] if arguments[position] == "-o" else arguments[position : position + 1]
        yield INDENT + " ".join(joined(word) for word in words) + "\n"
        position += len(words)


def remove_service(text: str, name: str, kind: str) -> str:
    """Return master.cf without a service; comments within it stay."""
    gone = [one.statement for one in services(text) if one.key == (name, kind)]
    return _apply(text, [(statement.start, statement.end, _comments_inside(text, statement.start, statement.end)) for statement in gone])


def _check_word(where: str, value: str) -> None:
    if not re.match(r"^[^\s#{}]+$", value):
        raise DeliverabilityError(f"{where}: {value!r} is not one word")


# What may be shown


_SECRET_NAME = re.compile(r"passw|secret", re.IGNORECASE)
_IN_PLACE = re.compile(r"\b(?:inline|static)\s*:")
HIDDEN = "(hidden)"


def is_secret(name: str, value: Optional[str]) -> bool:
    """Tell whether a parameter holds passwords itself; one that only names a file does not."""
    return bool(value) and bool(_SECRET_NAME.search(name)) and bool(_IN_PLACE.search(value or ""))


def shown(text: str, other: str = "") -> str:
    """Return a main.cf or master.cf for people to read: values that hold passwords are hidden, also in comments.

    ``other`` is the text that it will stand beside: a hidden value that is not in there is marked, so that a difference shows.
    """
    edits = []
    kept = {(name, value) for name, value, _start, _end in _secret_places(other)}
    for name, value, start, end in _secret_places(text):
        edits.append((start, end, HIDDEN if not other or (name, value) in kept else HIDDEN + " (another)"))
    text = _apply(text, edits)
    lines = text.split("\n")
    return "\n".join(_hide_in_comment(line) if line.lstrip(SPACE).startswith("#") else line for line in lines)


def _secret_places(text: str):
    """Yield ``(name, value, start, end)`` of every value that holds passwords."""
    for statement in statements(text):
        parts = _ASSIGNMENT.match(statement.text)
        if parts and is_secret(parts.group("name"), parts.group("value")):
            value = parts.group("value").rstrip(SPACE + "\n")
            start = statement.start + parts.start("value")
            yield parts.group("name"), joined(value), start, start + len(value)
    for one in services(text):
        for override in one.overrides:
            if is_secret(override.name, override.value):
                yield override.name, override.value, override.start, override.end


def _hide_in_comment(line: str) -> str:
    if _SECRET_NAME.search(line) and _IN_PLACE.search(line):
        return line[: _IN_PLACE.search(line).start()] + HIDDEN
    return line
