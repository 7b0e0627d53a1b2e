# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which domains take which way out, as Postfix writes it: lists of lookup tables, with a table of ours among those of the administrator.

A table of ours is one that names our transport. It can be put in and taken out again whatever else the list holds.
"""

from __future__ import annotations

import re
from itertools import groupby
from math import lcm

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)+\Z")
_HOST = re.compile(r"[A-Za-z0-9_.:-]+\Z")


def tables(value):
    """Split a list of lookup tables at commas and white space outside braces: ``"hash:/a, inline:{ {b = c} }"`` has two."""
    found, word, depth = [], "", 0
    for character in value or "":
        depth += (character == "{") - (character == "}")
        if depth == 0 and (character.isspace() or character == ","):
            found.append(word)
            word = ""
        else:
            word += character
    return [word for word in [*found, word] if word]


def is_ours(table, transport):
    """Tell whether a table leads to our transport."""
    return re.search(rf"(?<![\w.-]){re.escape(transport)}:", table) is not None


def with_table(value, transport, table=None, last=False):
    """Return a list with ``table`` as the only one of ours, in front of the others or behind them; None for a list that becomes empty."""
    others = [one for one in tables(value) if not is_ours(one, transport)]
    ours = [table] if table else []
    return ", ".join(others + ours if last else ours + others) or None


def routed_domains(value, transport):
    """Return the domains that the tables of ours in a list send to our transport."""
    found = []
    for table in tables(value):
        if is_ours(table, transport):
            first = table.partition("inline:")[2]
            found += [key for key in re.findall(r"([^\s{},=]+)\s*=", first[: _closing(first)]) if plain_domain(key)]
    return sorted(set(found))


def _closing(text):
    """Return the offset behind the brace that closes the first one."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0 and character == "}":
            return position + 1
    return len(text)


def plain_domain(name):
    """Tell whether a text is a domain as it is written in a table."""
    return _DOMAIN.match(name) is not None


def plain_domains(domains, option):
    """Return domains in lower case, each once, in order of the alphabet; what is none raises an error that names the option."""
    names = sorted({str(domain).strip().rstrip(".").lower() for domain in domains})
    for name in names:
        if not plain_domain(name):
            raise DeliverabilityError(f"{option}: {name!r} is not a domain")
    return names


# Next hops


def checked_hosts(hosts, option):
    """Return next hops as ``[{host, port, priority}]``, the preferred first; what cannot be one raises an error."""
    found = []
    for entry in hosts:
        host, port = str(entry["host"]).strip("[]"), int(entry.get("port") or 587)
        if not _HOST.match(host) or not 0 < port < 65536:
            raise DeliverabilityError(f"{option}: {entry['host']!r} with port {port} is no next hop")
        found.append({"host": host, "port": port, "priority": int(entry.get("priority") or 0)})
    return sorted(found, key=lambda entry: entry["priority"])


def orders(hosts):
    """Return the orders in which next hops are to be tried, each as often as the others.

    Those of a lower priority value come first. Those of the same one take turns: two of them give two orders. ``hosts`` are sorted by priority.
    """
    groups = [list(group) for _priority, group in groupby(hosts, key=lambda entry: entry["priority"])]
    turns = lcm(*(len(group) for group in groups))
    return [[host for group in groups for host in group[turn % len(group) :] + group[: turn % len(group)]] for turn in range(turns)]


def nexthop(entry):
    """Return a next hop as Postfix writes it: in brackets, so that no MX record is looked for."""
    return f"[{entry['host']}]:{entry['port']}"


def way_table(domains, transport, ways):
    """Return the table that leads ``domains`` (none: everything) to one of ``ways``, which are next hops as texts, each time another one.

    A comma would end a result of ``randmap:``, so it chooses a number, and a second table tells what that stands for.
    """
    if len(ways) == 1:
        steps = [f"inline:{{ {{1 = {transport}:{ways[0]}}} }}"] if domains else [f"static:{{{transport}:{ways[0]}}}"]
    else:
        numbers = [str(number) for number in range(1, len(ways) + 1)]
        meanings = ", ".join(f"{{{number} = {transport}:{way}}}" for number, way in zip(numbers, ways))
        steps = [f"randmap:{{{', '.join(numbers)}}}", f"inline:{{ {meanings} }}"]
    if domains:
        steps.insert(0, f"inline:{{ {', '.join(f'{domain}=1' for domain in domains)} }}")
    return steps[0] if len(steps) == 1 else f"pipemap:{{{', '.join(steps)}}}"
