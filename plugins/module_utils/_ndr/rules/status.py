# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a status or a reply code says when the words say nothing: the weakest tier, after RFC 3463 and the IANA registry.

Codes with one clear meaning (SPF, DKIM, null MX) are worth more than the old general ones, which servers use for everything.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.status_codes import DETAILS, REGISTRY

_RFC = "https://www.rfc-editor.org/rfc/rfc{}".format


def _source(status):
    """Return the RFC that defines a status, or the registry for several that no one RFC defines."""
    rfcs = {DETAILS[one[2:]][1] for one in ((status,) if isinstance(status, str) else status)}
    rfc = rfcs.pop() if len(rfcs) == 1 else None
    return _RFC(rfc) if rfc else REGISTRY


def _rule(name, status, reason, text, **more):
    """Return the rule for one status; ``text`` is its example."""
    rule = {
        "id": f"status.{name}",
        "when": {"status": status},
        "tier": "status",
        "reason": reason,
        "url": _source(status) if status else _RFC("5321#section-4.2.3"),
        "examples": (text,),
    }
    rule.update(more)
    return rule


def _code(name, code, reason, text, **more):
    """Return the rule for one reply code."""
    return _rule(name, None, reason, text, **dict({"when": {"code": code}}, **more))


RULES = (
    _rule("bad_mailbox", ("5.1.1", "5.1.10", "5.1.6"), "user_unknown", "550 5.1.1 zxcv qwer"),
    _rule("bad_mailbox_now", ("4.1.1", "4.1.10"), "user_unknown", "450 4.1.1 zxcv qwer"),
    _rule("bad_domain", "5.1.2", "domain_unknown", "550 5.1.2 zxcv qwer"),
    _rule("bad_domain_now", "4.1.2", "dns_failure", "450 4.1.2 zxcv qwer"),
    _rule("bad_syntax", "x.1.3", "address_syntax", "501 5.1.3 zxcv qwer"),
    _rule("ambiguous", "x.1.4", "address_syntax", "550 5.1.4 zxcv qwer", remedy="contact_recipient_admin"),
    _rule("bad_sender_syntax", "x.1.7", "sender_address_rejected", "501 5.1.7 zxcv qwer"),
    _rule("bad_sender_domain", "x.1.8", "sender_domain_unresolvable", "553 5.1.8 zxcv qwer"),
    _rule("null_mx", "x.1.10", "no_mail_accepted", "556 5.1.10 zxcv qwer", when={"status": "x.1.10", "code": "556"}),
    _rule("other_mailbox", "5.2.0", "mailbox_disabled", "550 5.2.0 zxcv qwer", remedy="contact_recipient_admin"),
    _rule("other_mailbox_now", "4.2.0", "system_busy", "450 4.2.0 zxcv qwer"),
    _rule("disabled", "5.2.1", "mailbox_disabled", "550 5.2.1 zxcv qwer"),
    _rule("disabled_now", "4.2.1", "mailbox_busy", "450 4.2.1 zxcv qwer", side="either"),
    _rule("full", "x.2.2", "mailbox_full", "552 5.2.2 zxcv qwer"),
    _rule("too_big", ("x.2.3", "x.3.4"), "message_too_big", "552 5.3.4 zxcv qwer"),
    _rule("expansion", "x.2.4", "system_error", "550 5.2.4 zxcv qwer"),
    _rule("system", ("x.3.0", "x.3.5"), "system_error", "451 4.3.0 zxcv qwer"),
    _rule("system_full", "4.3.1", "system_full", "452 4.3.1 zxcv qwer"),
    _rule("not_accepting", "x.3.2", "system_busy", "421 4.3.2 zxcv qwer"),
    _rule("feature", "x.3.3", "protocol_error", "554 5.3.3 zxcv qwer", side="either", remedy="contact_recipient_admin"),
    _rule("network", "x.4.0", "connection_failed", "451 4.4.0 zxcv qwer"),
    _rule("no_answer", "x.4.1", "connection_failed", "4.4.1 zxcv qwer"),
    _rule("bad_connection", "x.4.2", "connection_lost", "421 4.4.2 zxcv qwer"),
    _rule("directory", "x.4.3", "dns_failure", "451 4.4.3 zxcv qwer"),
    _rule("no_route", "5.4.4", "domain_unknown", "550 5.4.4 zxcv qwer", also=("contact_recipient_admin", "fix_resolver")),
    _rule("no_route_now", "4.4.4", "dns_failure", "450 4.4.4 zxcv qwer"),
    _rule("congestion", "x.4.5", "system_busy", "451 4.4.5 zxcv qwer"),
    _rule("loop", "x.4.6", "routing_loop", "554 5.4.6 zxcv qwer"),
    _rule("expired", "5.4.7", "expired", "550 5.4.7 zxcv qwer"),
    _rule("delayed", "4.4.7", "delayed", "400 4.4.7 zxcv qwer"),
    _rule("expired_with_the_status_of_a_delay", "4.4.7", "expired", "550 4.4.7 zxcv qwer", when={"status": "4.4.7", "code": "5xx"}),
    _rule("protocol", ("x.5.0", "x.5.1", "x.5.2", "x.5.4", "x.5.5"), "protocol_error", "503 5.5.1 zxcv qwer"),
    _rule("recipients", "x.5.3", "too_many_recipients", "452 4.5.3 zxcv qwer"),
    _rule("line_length", "x.5.6", "protocol_error", "500 5.5.6 zxcv qwer"),
    _rule("content", ("x.6.0", "x.6.1", "x.6.3", "x.6.6"), "content_rejected", "554 5.6.0 zxcv qwer"),
    _rule("utf8", ("x.6.7", "x.6.8", "x.6.9"), "protocol_error", "553 5.6.7 zxcv qwer", side="either", remedy="contact_recipient_admin"),
    _rule("policy", ("5.7.0", "5.7.1"), "policy", "550 5.7.1 zxcv qwer"),
    _rule("policy_now", ("4.7.0", "4.7.1"), "policy", "450 4.7.1 zxcv qwer"),
    _rule("list_closed", ("x.7.2", "x.7.17"), "posting_not_allowed", "550 5.7.2 zxcv qwer"),
    _rule("needs_login", ("x.7.8", "x.7.9"), "authentication_required", "535 5.7.8 zxcv qwer"),
    _rule("needs_tls", ("x.7.10", "x.7.11", "x.7.30"), "tls_failed", "530 5.7.10 zxcv qwer"),
    _rule("account_off", "x.7.13", "mailbox_disabled", "525 5.7.13 zxcv qwer"),
    _rule("moved_owner", "x.7.18", "policy", "550 5.7.18 zxcv qwer"),
    _rule("dkim", ("x.7.20", "x.7.21", "x.7.22"), "dkim_failed", "550 5.7.20 zxcv qwer", confidence="likely"),
    _rule("spf", ("x.7.23", "x.7.24"), "spf_failed", "550 5.7.23 zxcv qwer", confidence="likely"),
    _rule("ptr", "x.7.25", "ptr_missing", "550 5.7.25 zxcv qwer", confidence="likely"),
    _rule("auth", "x.7.26", "auth_failed", "550 5.7.26 zxcv qwer", confidence="likely"),
    _rule("sender_null_mx", "x.7.27", "sender_address_rejected", "550 5.7.27 zxcv qwer", confidence="likely"),
    _rule("flood", "x.7.28", "rate_limited", "450 4.7.28 zxcv qwer", confidence="likely"),
    _rule("arc", "x.7.29", "auth_failed", "550 5.7.29 zxcv qwer", confidence="likely"),
    # Reply codes alone, where RFC 5321 and its extensions leave one meaning.
    _code("closing", "421", "system_busy", "421 zxcv qwer"),
    _code(
        "command",
        ("500", "501", "502", "503", "504", "555"),
        "protocol_error",
        "502 zxcv qwer",
        side="either",
        remedy="contact_recipient_admin",
        also=("fix_mta",),
    ),
    _code("login", ("530", "534", "535", "538"), "authentication_required", "535 zxcv qwer", url=_RFC("4954#section-6")),
    _code("null_mx_code", "556", "no_mail_accepted", "556 zxcv qwer", url=_RFC("7504")),
    # Whoever is turned away before a word was said is turned away for who or where he is.
    _code("turned_away", "5xx", "policy", "host mx.example.org[192.0.2.7] refused to talk to me: 554 mx.example.org", when={"code": "5xx", "stage": "connect"}),
)
