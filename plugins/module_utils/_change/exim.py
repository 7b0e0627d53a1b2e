# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Changes of Exim's configuration: edited as text, tried out in a private folder, written, reloaded, or taken back."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


def secrets(params: dict) -> set:
    """Return the texts among the options that must not be shown: passwords."""
    return {item["password"] for item in params.get("credentials") or () if item.get("password")}


def change(params: dict, check_mode: bool) -> dict:
    """Do what the options of ``exim_config`` say and return the module's result."""
    raise DeliverabilityError("the configuration of Exim cannot be changed yet")
