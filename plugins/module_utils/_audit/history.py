# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Since last time: which findings are new, which are fixed, which go on, and which come and go."""

from __future__ import annotations

# A finding whose status turned at least so often within the remembered reports is flapping.
FLAPPING = 3
REMEMBERED = 8


def compare(diagnosis, previous):
    """Mark every finding of ``diagnosis`` with its ``change``, ``since`` and ``turns``, and count the changes of the fleet.

    ``change``: new, open, fixed or flapping for what fails or failed, else None. ``since``: the time of the first report that had this status.
    ``turns``: times of the reports in which it began or ceased to fail, the latest ``REMEMBERED``. Returns ``{new, fixed, open, flapping}``
    as lists of ``"host finding-id"``, and ``since``: the time of the previous report, or None without one.
    """
    changes = {"since": (previous or {}).get("generated_at"), "new": [], "fixed": [], "open": [], "flapping": []}
    for name, host in diagnosis["hosts"].items():
        before = {finding["id"]: finding for finding in ((previous or {}).get("hosts", {}).get(name) or {}).get("findings", [])}
        for finding in host["findings"]:
            _mark(finding, before.get(finding["id"]), diagnosis["generated_at"], previous is not None)
            if finding["change"]:
                changes[finding["change"]].append(f"{name} {finding['id']}")
        host["findings"] += [_gone(old, diagnosis["generated_at"]) for key, old in before.items() if _is_gone(key, old, host)]
        changes["fixed"] += [f"{name} {finding['id']}" for finding in host["findings"] if finding.get("gone")]
    return changes


def _mark(finding, old, now, compared):
    failed, fails = old is not None and old["status"] == "fail", finding["status"] == "fail"
    turned = failed != fails and (old is not None or fails) and compared
    finding["since"] = old.get("since") if old is not None and old["status"] in (finding["status"], "fixed" if not fails else "fail") else now
    finding["turns"] = [*(old or {}).get("turns", []), *([now] if turned else [])][-REMEMBERED:]
    finding["change"] = None
    if not compared:
        return
    if fails:
        finding["change"] = "flapping" if len(finding["turns"]) >= FLAPPING else "open" if failed else "new"
    elif failed and finding["status"] == "pass":
        finding.update(change="fixed", status="fixed")


def _is_gone(key, old, host):
    """A cause that failed then and is not there at all now: its document went with it."""
    return old["status"] == "fail" and key not in {finding["id"] for finding in host["findings"]} and not host["error"]


def _gone(old, now):
    return {
        **old,
        "status": "fixed",
        "severity": "info",
        "side": "none",
        "remedy": None,
        "publish": None,
        "request": None,
        "since": now,
        "change": "fixed",
        "gone": True,
        "turns": [*old.get("turns", []), now][-REMEMBERED:],
    }
