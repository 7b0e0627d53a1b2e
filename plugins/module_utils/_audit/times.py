# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Reckoning with the times of the evidence."""

from __future__ import annotations

import datetime

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def before(time, seconds):
    """The RFC 3339 time (UTC, whole seconds) so many seconds before another."""
    return (datetime.datetime.strptime(time, _TIME) - datetime.timedelta(seconds=seconds)).strftime(_TIME)


def seconds_between(first, last):
    """Seconds from one RFC 3339 time (UTC, whole seconds) to another; 0.0 where one is missing."""
    if not first or not last:
        return 0.0

    return (datetime.datetime.strptime(last, _TIME) - datetime.datetime.strptime(first, _TIME)).total_seconds()
