# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The thresholds of the diagnosis."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

LIMITS = {
    # An ambiguous refusal is ours when at least so many operators refuse, and at least this share of those that were tried.
    "spread_minimum": 3,
    "spread_share": 0.5,
    # A change explains refusals that began at most so many seconds after it.
    "history_window": 86400,
}


def check_limits(limits):
    """The thresholds with those that a caller has changed, each a number."""
    changed = limits or {}
    if not isinstance(changed, dict) or not set(changed) <= set(LIMITS):
        raise DeliverabilityError(f"limits: {changed!r} is no dictionary with some of {', '.join(LIMITS)}")
    for name, value in changed.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise DeliverabilityError(f"limits: {name}: {value!r} is no number")
    return {**LIMITS, **changed}
