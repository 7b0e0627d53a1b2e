# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Records made of ``name=value`` tags: DMARC, DKIM, MTA-STS, TLS-RPT and BIMI share this form (RFC 6376, 3.2)."""

from __future__ import annotations

import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import shown

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def parse_tags(text):
    """Take a tag list apart: ``(tags, problems)``.

    ``tags`` maps names as written to values without surrounding space, the first of a name counts; ``problems`` are sentences without
    a full stop.
    """
    tags, problems = {}, []
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not _NAME.fullmatch(name):
            problems.append(f"{shown(part.strip())} is no tag")
        elif name in tags:
            problems.append(f"the tag {name} is repeated")
        else:
            tags[name] = value
    return tags, problems


def begins_with(text, version):
    """Whether a TXT record is of this kind: its first tag is ``v=`` with exactly this version."""
    name, _equals, value = text.partition(";")[0].partition("=")
    return name.strip() == "v" and value.strip() == version


def resembles(text, version):
    """Whether a TXT record was meant to be of this kind though receivers do not take it for one: other case, quotes, spaces."""
    squeezed = re.sub(r"""[\s"']""", "", text).lower()
    return squeezed.startswith("v=" + version.lower()) and not begins_with(text, version)
