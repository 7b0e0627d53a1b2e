# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where the library meets Jinja: library errors become filter errors, and results stay text."""

from __future__ import annotations

import functools

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


def filter_edge(name, function):
    """Wrap ``function`` as the filter ``name``: one clear error, and a result that Ansible never templates."""

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        try:
            # Replies come from remote servers: whatever looks like a template in them must stay text.
            return wrap_var(function(*args, **kwargs))
        except (DeliverabilityError, TypeError) as error:
            raise AnsibleFilterError(f"postmaster.deliverability.{name}: {error}") from error

    return guarded
