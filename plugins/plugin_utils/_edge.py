# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where the library meets Jinja: library errors become filter errors, and results stay text."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


def plain(value):
    """Return ``value`` as the plain types that JSON knows.

    What Ansible hands to a filter may be templated only when it is looked at, and its texts have types of their own that jmespath does not know.
    """
    if type(value) in (str, int, float, bool, type(None)):
        return value
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind.__str__(value) if kind is str else kind(value)
    return value


_SURROGATES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Those that stand for no octet."""


def octets(message):
    """The octets of a message that Jinja hands over: mostly text, in which undecodable octets are halves of surrogate pairs."""
    if isinstance(message, str):
        message = _SURROGATES.sub("?", message).encode("utf-8", "surrogateescape")
    if not isinstance(message, (bytes, bytearray)):
        raise TypeError(f"a message is expected, not {type(message).__name__}")
    return bytes(message)


def filter_edge(name, function):
    """Wrap ``function`` as the filter ``name``: one clear error, and a result that Ansible never templates.

    The library is imported where ``function`` is called, not at the top of its file: whichever filter a task uses, Ansible's worker for each host loads
    the files of them all, and compiles them from their source.
    """

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        try:
            # Replies come from remote servers: whatever looks like a template in them must stay text.
            return wrap_var(plain(function(*args, **kwargs)))
        except (DeliverabilityError, TypeError) as error:
            raise AnsibleFilterError(f"postmaster.deliverability.{name}: {error}") from error

    return guarded
