# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Replies that no rule knows, grouped, each with the draft of a rule: what is left to say is the reason."""

from __future__ import annotations

import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.reply import fold, parse_reply

_TOLD = ("code", "status", "command", "rhost", "recipient_domain")
# What phrases give a meaning to, or replies lose.
_MARKS = re.compile(r"\.\.\.|[\^$*|()\[\]{}\"]|\W*\n\W*")
_PHRASE_LENGTH = 120
_TOKEN = re.compile(r"<[a-z]+>")
_DESTINATIONS = 5


def unknown_replies(rows, rules=None):
    """Return the replies among ``rows`` that no rule knows, grouped by template, most frequent first.

    A row is a text, or a mapping with ``text`` and perhaps ``count``, ``destination`` and what else is known: ``code``, ``status``, ``command``, ``rhost``,
    ``recipient_domain``. Groups of a mail log or a queue are such rows.
    """
    groups = {}
    for row in rows:
        row = {"text": row} if isinstance(row, str) else row
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise DeliverabilityError(f"a text, or a mapping with 'text', is expected, not {row!r:.200}")
        verdict = classify(row["text"], **{key: row[key] for key in _TOLD if row.get(key)}, rules=rules)
        if verdict["reason"] != "unknown":
            continue
        group = groups.setdefault(verdict["template"], {"template": verdict["template"], "count": 0, "destinations": set(), "text": row["text"]})
        count = row.get("count")
        group["count"] += count if isinstance(count, int) else 1
        if row.get("destination"):
            group["destinations"].add(str(row["destination"]))
        group["text"] = min(group["text"], row["text"])
    ordered = sorted(groups.values(), key=lambda group: (-group["count"], group["template"]))
    return [dict(group, destinations=sorted(group["destinations"])[:_DESTINATIONS], rule=draft(group["text"], place)) for place, group in enumerate(ordered, 1)]


def draft(text, place=1):
    """Return a rule that matches ``text`` and lacks the reason only, or None where the text has no words."""
    phrase = max((_shortened(piece) for piece in _MARKS.split(fold(parse_reply(text).lead))), key=len)
    letters = re.findall(r"[a-z]{3,}", _TOKEN.sub(" ", phrase))
    if not re.search(r"[^\W\d_]{2}", _TOKEN.sub("", phrase)):
        return None
    name = "_".join(letters[:4]) or "reply"
    return {"id": f"own.{name}_{place}", "match": [phrase], "reason": "unknown", "examples": [text]}


def _shortened(piece):
    """Return the beginning of a piece of a reply that makes a phrase: whole words, no marks around."""
    piece = piece.strip()
    if len(piece) > _PHRASE_LENGTH:
        piece = piece[:_PHRASE_LENGTH].rpartition(" ")[0]
    return piece.strip(" .,;:-=/'#!?") if piece.isprintable() else ""
