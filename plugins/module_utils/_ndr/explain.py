# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A verdict in words for the person who opened the ticket."""

from __future__ import annotations


def explain(verdict, language):
    """Return one or two sentences."""
    return verdict["reason"], ""
