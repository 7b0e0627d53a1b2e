# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a judgement reads from files: policies (the collection's by name, a user's own by path), waivers, the report of last time."""

from __future__ import annotations

import json
import pathlib

import yaml
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

SHIPPED = pathlib.Path(__file__).with_name("_policies")


def names():
    """Names of the policies that the collection ships."""
    return sorted(path.stem for path in SHIPPED.glob("*.yml"))


def load_policies(wanted):
    """``[(file name, content)]`` for names of shipped policies and paths of own ones; a text is a list with commas, as Ansible reads one."""
    wanted = wanted.split(",") if isinstance(wanted, str) else wanted
    return [(str(name), _load(_path(str(name)), "policies")) for name in wanted]


def _path(name):
    return SHIPPED / f"{name}.yml" if name in names() else pathlib.Path(name).expanduser()


def load_waivers(path):
    """The list of waivers in a YAML file (a list, or a dictionary with the list ``waivers``); none without a path."""
    if not path:
        return []
    content = _load(pathlib.Path(path).expanduser(), "waivers")
    waivers = content.get("waivers") if isinstance(content, dict) else content
    if not isinstance(waivers, list):
        raise DeliverabilityError(f"waivers: {path}: it has no list of waivers")
    # YAML reads a day as a date.
    return [{key: str(value) for key, value in waiver.items()} if isinstance(waiver, dict) else waiver for waiver in waivers]


def load_report(path):
    """An earlier report.json as a dictionary; None without a path."""
    if not path:
        return None
    try:
        report = json.loads(pathlib.Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise DeliverabilityError(f"previous: {path}: {error.strerror}") from None
    except ValueError:
        raise DeliverabilityError(f"previous: {path}: it is no JSON") from None
    if not isinstance(report, dict) or not isinstance(report.get("hosts"), dict) or report.get("schema_version") != 1:
        raise DeliverabilityError(f"previous: {path}: it is no report of this collection")
    return report


def _load(path, option):
    try:
        return yaml_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        shipped = f"; the collection has {', '.join(names())}" if option == "policies" else ""
        raise DeliverabilityError(f"{option}: {path}: {error.strerror}{shipped}") from None
    except UnicodeDecodeError:
        raise DeliverabilityError(f"{option}: {path}: it is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DeliverabilityError(f"{option}: {path}{at}: {getattr(error, 'problem', None) or 'it is no YAML'}") from None
