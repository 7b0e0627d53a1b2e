# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The evidence of a fleet out of Ansible's variables."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import plain


def evidence_of(names, hostvars):
    """Join what each host observed (``audit_observed``, ``audit_probed``) with what its inventory declares."""
    return fleet_evidence({name: _given(hostvars[name]) for name in names})


def _given(variables):
    return {
        "observed": plain(variables.get("audit_observed")),
        "public_addresses": plain(variables.get("audit_public_addresses")),
        "pool": plain(variables.get("audit_pool")),
        "domains": plain(variables.get("audit_domains")),
        "changes": plain(variables.get("audit_changes")),
        "probes": plain((variables.get("audit_probed") or {}).get("targets")),
    }
