# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""report.json: the diagnosis for programs, described by docs/report.schema.json.

One finding, action or verdict a line, so that ``grep`` and ``diff`` work on it as on text. ASCII only: whatever a remote server
wrote arrives as an escape and acts on no terminal.
"""

from __future__ import annotations

import json

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import findings_in_order, hosts_in_order, verdicts_in_order

SCHEMA_VERSION = 1

# Groups travel with their verdicts; cursors and samples of senders are the collector's own business.
_LEFT_OUT = {"queue": ("groups",), "log": ("groups", "cursor", "senders")}

# Members that are lists of dictionaries, written one entry a line.
_LISTS = ("findings", "actions", "verdicts", "identities")

_FIRST = ("state", "side", "summary", "error", "addresses", "delivered", "refused", "deferred")

_encode = json.JSONEncoder(sort_keys=True).encode


def _facts(facts: dict | None) -> dict:
    """What the host is and how much it moved, without the bulk."""
    return {
        name: {key: value for key, value in part.items() if key not in _LEFT_OUT[name]} if name in _LEFT_OUT and part else part
        for name, part in (facts or {}).items()
        if name not in ("schema_version", "snapshot")
    }


def _host(host: dict) -> dict:
    """What a reader asks first stands first; whatever else the diagnosis says of the host follows."""
    first = {key: host[key] for key in _FIRST}
    last = {"findings": findings_in_order(host), "actions": host["actions"], "verdicts": verdicts_in_order(host), "facts": _facts(host["facts"])}
    return {**first, **{key: host[key] for key in sorted(host) if key not in first and key not in last}, **last}


def _lines(member: dict) -> str:
    """A host: a line for each member, and one for each entry of its lists."""
    written = []
    for key, value in member.items():
        if key in _LISTS and value:
            entries = ",\n     ".join(map(_encode, value))
            written.append(f"   {_encode(key)}: [\n     {entries}\n   ]")
        else:
            written.append(f"   {_encode(key)}: {_encode(value)}")
    return "{\n" + ",\n".join(written) + "\n  }"


def json_report(diagnosis: dict) -> str:
    """The whole report as JSON text."""
    hosts = ",\n".join(f"  {_encode(name)}: {_lines(_host(host))}" for name, host in hosts_in_order(diagnosis))
    head = {"schema_version": SCHEMA_VERSION, "generated_at": diagnosis["generated_at"], "fleet": diagnosis["fleet"], "controls": diagnosis["controls"]}
    members = [f" {_encode(key)}: {_encode(value)}" for key, value in head.items()]
    members.append(f' "hosts": {{\n{hosts}\n }}' if hosts else ' "hosts": {}')
    return "{\n" + ",\n".join(members) + "\n}\n"
