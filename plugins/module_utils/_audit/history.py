# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Since last time: which findings are new, which are fixed, which go on, and which come and go."""

from __future__ import annotations

# A finding whose status turned at least so often within the remembered reports is flapping.
FLAPPING = 3
REMEMBERED = 8
_ASKS_NOTHING = {"severity": "info", "side": "none", "remedy": None, "publish": None, "request": None}


def compare(diagnosis, previous):
    """Mark every finding of ``diagnosis`` with its ``change``, ``since`` and ``turns``, and count the changes of the fleet.

    ``change``: new, open, fixed or flapping for what fails or failed, else None; what cannot be judged now is still open. ``since``: the time of the first
    report that had this status.
    ``turns``: times of the reports in which it began or ceased to fail, the latest ``REMEMBERED``. Returns ``{new, fixed, open, flapping, dropped}``
    as lists of ``"host finding-id"``, and ``since``: the time of the previous report, or None without one. ``dropped``: failed, and nobody looks at it any
    more, which is no success. Of a host that is not in this report nothing is said: it may be of another slice.
    """
    changes = {"since": (previous or {}).get("generated_at"), "new": [], "fixed": [], "open": [], "flapping": [], "dropped": []}
    scopes = {control["id"]: control["scope"] for control in diagnosis["controls"]}
    for name, host in diagnosis["hosts"].items():
        before = {finding["id"]: finding for finding in ((previous or {}).get("hosts", {}).get(name) or {}).get("findings", [])}
        if host["error"]:
            host["findings"] = [_unjudged(old, [host["error"]]) for old in before.values() if _failed(old)]
        found = list(host["findings"])
        for old in _missing(before, found):
            fate, why = _fate(old, found, scopes)
            if fate == "dropped":
                changes["dropped"].append(f"{name} {old['id']}")
            else:
                host["findings"].append(_gone(old) if fate == "fixed" else _unjudged(old, why))
        for finding in host["findings"]:
            _mark(finding, before.get(finding["id"]), diagnosis["generated_at"], previous is not None)
            if finding["change"]:
                changes[finding["change"]].append(f"{name} {finding['id']}")
    return changes


def _mark(finding, old, now, compared):
    failed, fails = _failed(old), finding["status"] == "fail"
    waits = failed and finding["status"] == "unknown"
    turned = failed != fails and not waits and (old is not None or fails) and compared
    finding["since"] = old.get("since") if old is not None and old["status"] in (finding["status"], "fixed" if not fails else "fail") else now
    finding["turns"] = [*(old or {}).get("turns", []), *([now] if turned else [])][-REMEMBERED:]
    finding["change"] = None
    if not compared:
        return
    if fails or waits:
        finding["change"] = "flapping" if len(finding["turns"]) >= FLAPPING else "open" if failed else "new"
    elif failed and finding["status"] == "pass":
        finding.update(change="fixed", status="fixed")


def _failed(old):
    """Whether a finding failed when it was known last: one that cannot be judged now and then is neither fixed nor new."""
    return old is not None and (old["status"] == "fail" or (old["status"] == "unknown" and old.get("change") is not None))


def _missing(before, findings):
    """What failed then and is not there at all now."""
    there = {finding["id"] for finding in findings}
    return [old for key, old in before.items() if _failed(old) and key not in there]


def _fate(old, findings, scopes):
    """What became of a missing failure, ``fixed``, ``open`` or ``dropped``, and why it is open; ``scopes``: those of the controls that are judged now.

    A cause is there only while it refuses mail, and an expired waiver until somebody acts. An address or a domain that is missing is not looked at.
    """
    # An expired waiver is named after the failure that it waived.
    about = old["id"].split(":", 1)[1] if old["control"] == "waiver_expired" else old["id"]
    control = about.split(":", 1)[0]
    if about in {finding["id"] for finding in findings}:
        return "fixed", []
    if scopes.get(control) != "cause":
        return "dropped", []
    unknown = [finding["evidence"] for finding in findings if finding["control"] == control and finding["status"] == "unknown"]
    return ("open", unknown[0]) if unknown else ("fixed", [])


def _unjudged(old, why):
    """A failure about which nothing is known now."""
    return {**old, **_ASKS_NOTHING, "status": "unknown", "evidence": why}


def _gone(old):
    """A failure that is over and left nothing that could pass."""
    return {**old, **_ASKS_NOTHING, "status": "pass", "gone": True}
