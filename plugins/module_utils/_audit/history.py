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
    ``turns``: times of the reports in which it began or ceased to fail, the latest ``REMEMBERED``. Returns ``{new, fixed, open, flapping}``
    as lists of ``"host finding-id"``, and ``since``: the time of the previous report, or None without one.
    """
    changes = {"since": (previous or {}).get("generated_at"), "new": [], "fixed": [], "open": [], "flapping": []}
    for name, host in diagnosis["hosts"].items():
        before = {finding["id"]: finding for finding in ((previous or {}).get("hosts", {}).get(name) or {}).get("findings", [])}
        if host["error"]:
            host["findings"] = [_unjudged(old, host["error"]) for old in before.values() if _failed(old)]
        for finding in host["findings"]:
            _mark(finding, before.get(finding["id"]), diagnosis["generated_at"], previous is not None)
            if finding["change"]:
                changes[finding["change"]].append(f"{name} {finding['id']}")
        host["findings"] += [_gone(old, diagnosis["generated_at"]) for key, old in before.items() if _is_gone(key, old, host)]
        changes["fixed"] += [f"{name} {finding['id']}" for finding in host["findings"] if finding.get("gone")]
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


def _is_gone(key, old, host):
    """A cause that failed then and is not there at all now: its document went with it. Where its control is unknown now, so is this."""
    there = {finding["id"] for finding in host["findings"]} | {finding["control"] for finding in host["findings"] if finding["status"] == "unknown"}
    return _failed(old) and not there & {key, old["control"]}


def _unjudged(old, error):
    """A failure of a host about which nothing is known now."""
    return {**old, **_ASKS_NOTHING, "status": "unknown", "evidence": [error]}


def _gone(old, now):
    return {
        **old,
        **_ASKS_NOTHING,
        "status": "fixed",
        "since": now,
        "change": "fixed",
        "gone": True,
        "turns": [*old.get("turns", []), now][-REMEMBERED:],
    }
