# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The one exception that the library raises for something a person can put right."""

from __future__ import annotations


class DeliverabilityError(Exception):
    """Input that cannot be used; the message names the option, file or line at fault.

    ``partial`` holds whatever had been found out by then, as a dictionary that the module returns beside the message.
    """

    def __init__(self, message: str, partial: dict | None = None):
        super().__init__(message)
        self.partial = partial or {}
