# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a judgement reads from files: policies (the collection's by name, a user's own by path), waivers, the report of last time."""

from __future__ import annotations

import json
import pathlib

import yaml
from ansible.module_utils.common.yaml import SafeLoader

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

SHIPPED = pathlib.Path(__file__).with_name("_policies")


class _Loader(SafeLoader):
    """YAML as people write it: a day stays the text that it is, and a key that stands twice is a mistake."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        # A key that is a list or a mapping is an error of its own.
        for key in (key for key, _value in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value} stands there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_str)


def names():
    """Names of the policies that the collection ships."""
    return sorted(path.stem for path in SHIPPED.glob("*.yml"))


def load_policies(wanted):
    """``[(file name, content)]`` for names of shipped policies and paths of own ones; a text is a list with commas, as Ansible reads one."""
    loaded, wrong = [], []
    for name in wanted.split(",") if isinstance(wanted, str) else wanted:
        name = str(name).strip()
        try:
            loaded.append((name, _load(_path(name), "policies")))
        except DeliverabilityError as error:
            wrong.append(str(error))
    if wrong:
        raise DeliverabilityError("\n".join(wrong))
    return loaded


def _path(name):
    return SHIPPED / f"{name}.yml" if name in names() else pathlib.Path(name).expanduser()


def load_waivers(path):
    """The list of waivers in a YAML file (a list, or a dictionary with the list ``waivers``); none without a path."""
    if not path:
        return []
    content = _load(pathlib.Path(path).expanduser(), "waivers")
    waivers = content.get("waivers", content) if isinstance(content, dict) else content
    if waivers is None:
        # Nothing but comments: the last waiver was taken out.
        return []
    if not isinstance(waivers, list):
        raise DeliverabilityError(f"waivers: {path}: it has no list of waivers")
    return waivers


def load_report(path):
    """An earlier report.json as a dictionary; None without a path."""
    if not path:
        return None
    try:
        report = json.loads(pathlib.Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise DeliverabilityError(f"previous: {path}: {error.strerror}") from None
    except ValueError as error:
        raise DeliverabilityError(f"previous: {path}: it is no JSON ({error})") from None
    if not _is_report(report):
        raise DeliverabilityError(f"previous: {path}: it is no report that this version of the collection reads")
    return report


def _is_report(report):
    """Whether what a comparison reads of an earlier report is there, in its form."""
    if not isinstance(report, dict) or report.get("schema_version") != 1 or not isinstance(report.get("hosts"), dict):
        return False
    hosts = report["hosts"].values()
    if not all(isinstance(host, dict) and isinstance(host.get("findings"), list) and isinstance(host.get("identities"), list) for host in hosts):
        return False
    findings = [finding for host in hosts for finding in host["findings"]]
    forms = {"id": str, "control": str, "status": str, "turns": list}
    return all(isinstance(finding, dict) and all(isinstance(finding.get(key), form) for key, form in forms.items()) for finding in findings)


def _load(path, option):
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except OSError as error:
        shipped = f"; the collection has {', '.join(names())}" if option == "policies" else ""
        raise DeliverabilityError(f"{option}: {path}: {error.strerror}{shipped}") from None
    except UnicodeDecodeError:
        raise DeliverabilityError(f"{option}: {path}: it is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DeliverabilityError(f"{option}: {path}{at}: {getattr(error, 'problem', None) or 'it is no YAML'}") from None
