# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The user's own rules, as filters take them."""

from __future__ import annotations

import functools
import json
import pathlib

import yaml

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import rules_with
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import plain


@functools.lru_cache(maxsize=8)
def _compiled(rules, origin):
    """Return the Ruleset for the user's rules, given as JSON."""
    return rules_with(json.loads(rules), origin)


def ruleset(rules):
    """Return the Ruleset for what the user gave as ``rules``: nothing, a list, or the path of a YAML file."""
    if rules is None:
        return None
    rules, origin = plain(rules), "rules"
    if isinstance(rules, str):
        origin = rules
        try:
            rules = yaml.safe_load(pathlib.Path(origin).read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise DeliverabilityError(f"rules: {origin}: {error}") from error
    try:
        return _compiled(json.dumps(rules, sort_keys=True), origin)
    except (TypeError, ValueError) as error:
        raise DeliverabilityError(f"{origin}: {error}") from error
