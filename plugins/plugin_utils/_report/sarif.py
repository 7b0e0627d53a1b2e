# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""SARIF 2.1.0 for systems that collect the results of analysers: a rule is a control, a result is a finding at a host.

A host that could not be judged has no results of today; that the run says so keeps its silence from being read as good news.
"""

from __future__ import annotations

import hashlib
import json
from urllib.parse import quote

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.policy import unjudged
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import block, line
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import STATUSES, findings_in_order, hosts_in_order

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/ansible-collections/postmaster.deliverability"
_LEVELS = {"high": "error", "medium": "warning"}
# status of a finding: kind of a result
_KINDS = {"fail": "fail", "waived": "fail", "unknown": "open", "pass": "pass", "fixed": "pass", "not_applicable": "notApplicable"}


def _rule(control: dict) -> dict:
    return {
        "id": control["id"],
        "shortDescription": {"text": line(control["title"])},
        "defaultConfiguration": {"level": _LEVELS.get(control["severity"], "note")},
    }


def _message(finding: dict) -> str:
    """The finding in words: status (a title says what should be), title, subject, evidence, and what to publish or to ask for."""
    texts = [f"{key}:\n{finding[key]}" for key in ("publish", "request") if finding[key]]
    return "\n".join([f"{finding['status']}: {line(finding['title'])} ({line(finding['subject'])})", *map(block, finding["evidence"]), *map(block, texts)])


def _level(finding: dict) -> str:
    return "note" if finding["level"] == "optional" else _LEVELS.get(finding["severity"], "note")


def _result(name: str, finding: dict, index: dict) -> dict:
    kind = _KINDS[finding["status"]]
    place, identity = f"{line(name)}/{line(finding['subject'])}", f"{line(name)}/{line(finding['id'])}"
    return {
        "ruleId": finding["control"],
        **({"ruleIndex": index[finding["control"]]} if finding["control"] in index else {}),
        "kind": kind,
        "level": _level(finding) if kind == "fail" else "none",
        "message": {"text": _message(finding)},
        "locations": [
            {
                # A host is no file, but some collectors take no result without one.
                "physicalLocation": {"artifactLocation": {"uri": f"hosts/{quote(line(name), safe='')}"}, "region": {"startLine": 1}},
                "logicalLocations": [{"name": line(finding["subject"]), "fullyQualifiedName": place, "kind": "resource"}],
            }
        ],
        # GitHub looks at the second alone, and takes results of one rule in one file for one where it is not there.
        "partialFingerprints": {"finding/v1": identity, "primaryLocationLineHash": f"{hashlib.sha256(identity.encode()).hexdigest()[:16]}:1"},
        "properties": {key: finding[key] for key in ("severity", "side", "remedy")},
        **({"suppressions": [{"kind": "external", "justification": "\n".join(map(block, finding["evidence"]))}]} if finding["status"] == "waived" else {}),
    }


def _not_judged(hosts: list) -> list[dict]:
    """A notification for each host that could not be judged."""
    return [{"level": "error", "message": {"text": f"{line(name)}: {line(unjudged(host))}"}} for name, host in hosts if unjudged(host)]


def sarif(diagnosis: dict, statuses=("fail",)) -> str:
    """The findings with one of these statuses, as SARIF."""
    for status in statuses:
        if status not in STATUSES:
            raise DeliverabilityError(f"statuses: {status!r} is not one of {', '.join(STATUSES)}")
    hosts = hosts_in_order(diagnosis)
    index = {control["id"]: i for i, control in enumerate(diagnosis["controls"])}
    run = {
        "tool": {"driver": {"name": "postmaster.deliverability", "informationUri": _HOME, "rules": list(map(_rule, diagnosis["controls"]))}},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": diagnosis["generated_at"], "toolExecutionNotifications": _not_judged(hosts)}],
        "results": [_result(name, finding, index) for name, host in hosts for finding in findings_in_order(host) if finding["status"] in statuses],
    }
    # ASCII, like report.json: what hides in a text acts on no terminal.
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"
