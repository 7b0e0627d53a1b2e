# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Names that are the same in every language: who says SPF means SPF. The shortest of phrases, so that all other wording goes first."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_REFUSED = {"code": ("4xx", "5xx")}


def _name(name, reason, match, examples, **more):
    return rule(f"name.{name}", "words", reason, match, examples, **dict({"when": _REFUSED, "confidence": "guess"}, **more))


RULES = (
    _name("spf", "spf_failed", ("spf",), ("550 wasabi SPF sushi",), unless=("dkim", "dmarc", "spf (pass|passed|ok)")),
    _name("dkim", "dkim_failed", ("dkim",), ("550 wasabi DKIM sushi",), unless=("spf", "dmarc", "dkim (pass|passed|ok)")),
    _name("dmarc", "dmarc_failed", ("dmarc",), ("550 wasabi DMARC sushi",), unless=("dmarc (pass|passed|ok)",)),
    _name("ptr", "ptr_missing", ("(ptr|rdns|fcrdns)",), ("550 wasabi PTR sushi",)),
    _name("helo", "helo_rejected", ("(helo|ehlo)",), ("550 wasabi HELO sushi",), unless=("(helo|ehlo) first", "while", "after")),
    _name("list", "ip_blocklisted", ("(rbl|dnsbl|dnsrbl|rbls|dnsbls)",), ("550 wasabi RBL sushi",), unless=("domain", "url", "not listed")),
    _name("tls", "tls_failed", ("(tls|starttls)",), ("550 wasabi TLS sushi",)),
)
