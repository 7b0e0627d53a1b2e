# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""JUnit XML for CI systems: a suite is a host, a case is one control of one subject.

A failure is a control that failed, an error a host that could not be judged, and skipped is whatever no judgement
exists for, or what is optional.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.policy import unjudged
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import block, line
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import findings_in_order, hosts_in_order

_SKIPPED = ("unknown", "waived", "not_applicable", "optional")
_COUNTED = ("failures", "errors", "skipped")


def _attributes(**values) -> str:
    return " ".join(f"{name}={quoteattr(line(value))}" for name, value in values.items())


def _told(finding: dict) -> str:
    """Evidence, remedy and text of a finding, as the body of its failure."""
    told = [*finding["evidence"], *(f"{key}: {finding[key]}" for key in ("remedy", "publish", "request") if finding[key])]
    return escape("\n".join(map(block, told)))


def _reason(status: str, finding: dict) -> str:
    """Why a control did not pass: its title says what should be, and alone would tell the contrary."""
    return ": ".join(filter(None, [status, finding["title"], " ".join(finding["evidence"])]))


def _case(name: str, finding: dict) -> str:
    opening = f"<testcase {_attributes(classname=name, name=finding['id'], time=0)}"
    if finding["status"] == "fail" and finding["level"] == "optional":
        return f"{opening}><skipped {_attributes(message=_reason('optional', finding))}/></testcase>"
    if finding["status"] == "fail":
        return f"{opening}><failure {_attributes(type=finding['severity'], message=_reason('fail', finding))}>{_told(finding)}</failure></testcase>"
    if finding["status"] in _SKIPPED:
        return f"{opening}><skipped {_attributes(message=': '.join([finding['status'], *finding['evidence']]))}/></testcase>"
    return f"{opening}/>"


def _counts(host: dict) -> dict[str, int]:
    statuses = ["optional" if finding["status"] == "fail" and finding["level"] == "optional" else finding["status"] for finding in host["findings"]]
    return {
        "tests": len(statuses) + bool(unjudged(host)),
        "failures": statuses.count("fail"),
        "errors": int(bool(unjudged(host))),
        "skipped": sum(map(statuses.count, _SKIPPED)),
    }


def _suite(name: str, host: dict, time: str) -> str:
    cases = [_case(name, finding) for finding in findings_in_order(host)]
    if unjudged(host):
        cases.insert(0, f"<testcase {_attributes(classname=name, name='evidence', time=0)}><error {_attributes(message=unjudged(host))}/></testcase>")
    return f"<testsuite {_attributes(name=name, timestamp=time.rstrip('Z'), time=0, **_counts(host))}>\n" + "\n".join([*cases, "</testsuite>"])


def junit(diagnosis: dict) -> str:
    """The whole report as JUnit XML."""
    hosts = hosts_in_order(diagnosis)
    counts = [_counts(host) for _name, host in hosts]
    total = {key: sum(count[key] for count in counts) for key in ("tests", *_COUNTED)}
    suites = [_suite(name, host, diagnosis["generated_at"]) for name, host in hosts]
    opening = f"<testsuites {_attributes(name='postmaster.deliverability', time=0, **total)}>"
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', opening, *suites, "</testsuites>", ""])
