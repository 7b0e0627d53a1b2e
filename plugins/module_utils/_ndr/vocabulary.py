# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The words of a verdict, and what each reason means when a rule says nothing more.

A rule needs to name its reason only; side, remedies and evidence come from here unless the rule knows better.
"""

from __future__ import annotations

from collections import namedtuple

SIDES = ("ours", "user", "theirs", "either", "none")

REMEDIES = (
    "switch_outbound_ip",
    "delist",
    "use_smarthost",
    "fix_ptr",
    "fix_helo",
    "fix_spf",
    "fix_dkim",
    "fix_dmarc",
    "fix_sender_auth",
    "fix_sender_domain",
    "prefer_ipv4",
    "reduce_rate",
    "wait",
    "clean_address_list",
    "fix_message",
    "contact_recipient_admin",
    "fix_relay_auth",
    "fix_route",
    "fix_resolver",
    "fix_mta",
    "fix_tls",
    "check_network",
    "none",
)

# The evidence that decides an `either`, or confirms another side.
EVIDENCE = ("dnsbl", "ptr", "spf", "helo", "mx", "connectivity", "spread")

CONFIDENCES = ("certain", "likely", "guess")

# side; temporary where neither the reply nor the rule says; remedy of a permanent refusal; remedy of a temporary one;
# further acceptable remedies; evidence; nearest label of Sisimai's public vocabulary.
Reason = namedtuple("Reason", "side temporary remedy remedy_now also settle sisimai")

_NOBODY = ()
_BY_IP = ("delist", "switch_outbound_ip", "use_smarthost")

REASONS = {
    # The typed address and the mailbox behind it.
    "user_unknown": Reason("user", False, "clean_address_list", "contact_recipient_admin", ("wait",), _NOBODY, "userunknown"),
    "address_syntax": Reason("user", False, "clean_address_list", "contact_recipient_admin", ("fix_mta",), _NOBODY, "syntaxerror"),
    "user_moved": Reason("user", False, "clean_address_list", "contact_recipient_admin", ("contact_recipient_admin",), _NOBODY, "hasmoved"),
    "mailbox_disabled": Reason("theirs", False, "clean_address_list", "wait", ("contact_recipient_admin",), _NOBODY, "suspend"),
    "mailbox_full": Reason("theirs", True, "wait", "wait", ("contact_recipient_admin",), _NOBODY, "mailboxfull"),
    "mailbox_busy": Reason("theirs", True, "wait", "wait", ("contact_recipient_admin",), ("spread",), "onhold"),
    "message_too_big": Reason("user", False, "fix_message", "fix_message", ("contact_recipient_admin",), _NOBODY, "mesgtoobig"),
    "domain_unknown": Reason("user", False, "clean_address_list", "wait", ("fix_resolver",), ("mx",), "hostunknown"),
    "no_mail_accepted": Reason("user", False, "clean_address_list", "contact_recipient_admin", ("contact_recipient_admin",), ("mx",), "notaccept"),
    # Our envelope.
    "sender_address_rejected": Reason("ours", False, "fix_sender_domain", "fix_sender_domain", ("fix_message",), ("spf", "mx"), "rejected"),
    "sender_domain_unresolvable": Reason("ours", False, "fix_sender_domain", "fix_sender_domain", _NOBODY, ("mx",), "rejected"),
    # Their machinery.
    "system_error": Reason("theirs", True, "contact_recipient_admin", "wait", ("wait", "contact_recipient_admin"), ("spread",), "systemerror"),
    "system_busy": Reason("either", True, "wait", "wait", ("contact_recipient_admin", "switch_outbound_ip"), ("dnsbl", "spread"), "systemerror"),
    "system_full": Reason("theirs", True, "wait", "wait", ("contact_recipient_admin",), _NOBODY, "systemfull"),
    "local_delivery_failed": Reason("theirs", False, "contact_recipient_admin", "wait", ("wait",), _NOBODY, "mailererror"),
    "directory_unavailable": Reason("theirs", True, "wait", "wait", ("contact_recipient_admin",), ("spread",), "systemerror"),
    # The way there.
    "dns_failure": Reason("either", True, "contact_recipient_admin", "wait", ("fix_resolver",), ("mx", "spread"), "networkerror"),
    "connection_failed": Reason("either", True, "wait", "wait", ("check_network", "contact_recipient_admin"), ("connectivity", "spread", "mx"), "networkerror"),
    "connection_lost": Reason("either", True, "wait", "wait", ("check_network",), ("spread", "connectivity"), "networkerror"),
    "network_unreachable": Reason("ours", True, "check_network", "check_network", ("wait",), ("connectivity",), "networkerror"),
    "delayed": Reason("either", True, "wait", "wait", _NOBODY, ("spread", "mx", "spf"), "expired"),
    "expired": Reason("either", False, "contact_recipient_admin", "wait", ("wait", "check_network"), ("spread", "mx", "spf", "connectivity"), "expired"),
    "routing_loop": Reason("theirs", False, "contact_recipient_admin", "contact_recipient_admin", ("wait", "fix_route"), ("mx",), "networkerror"),
    # Limits.
    "greylisted": Reason("theirs", True, "wait", "wait", _NOBODY, _NOBODY, "blocked"),
    "rate_limited": Reason("ours", True, "reduce_rate", "reduce_rate", ("wait",), ("spread",), "speeding"),
    "too_many_connections": Reason("ours", True, "reduce_rate", "reduce_rate", ("wait",), _NOBODY, "toomanyconn"),
    "too_many_recipients": Reason("ours", True, "reduce_rate", "reduce_rate", ("wait", "fix_message"), _NOBODY, "speeding"),
    "directory_harvest": Reason("ours", True, "reduce_rate", "wait", ("reduce_rate", "wait"), _NOBODY, "blocked"),
    # Our address, our domain.
    "ip_blocklisted": Reason("ours", False, "delist", "delist", ("switch_outbound_ip", "use_smarthost"), ("dnsbl",), "blocked"),
    # Another address comes first only where a rule says so: the list's or the receiver's own way out is tried before it.
    "ip_blocked": Reason("ours", False, "delist", "delist", _BY_IP, ("dnsbl",), "blocked"),
    "ip_reputation": Reason("ours", False, "delist", "reduce_rate", (*_BY_IP, "wait"), ("dnsbl",), "badreputation"),
    "dynamic_ip": Reason("ours", False, "use_smarthost", "use_smarthost", ("delist", "fix_ptr"), ("dnsbl", "ptr"), "blocked"),
    "domain_blocklisted": Reason("ours", False, "delist", "delist", ("fix_sender_domain", "fix_message"), ("dnsbl",), "rejected"),
    "domain_reputation": Reason("ours", False, "fix_sender_auth", "reduce_rate", ("reduce_rate", "wait", "delist"), ("dnsbl", "spf"), "badreputation"),
    # Our identity.
    "ptr_missing": Reason("ours", False, "fix_ptr", "fix_ptr", ("fix_helo", "use_smarthost"), ("ptr", "helo"), "requireptr"),
    "helo_rejected": Reason("ours", False, "fix_helo", "fix_helo", ("fix_ptr",), ("helo", "ptr"), "blocked"),
    "spf_failed": Reason("ours", False, "fix_spf", "fix_spf", ("fix_sender_auth",), ("spf",), "authfailure"),
    "dkim_failed": Reason("ours", False, "fix_dkim", "fix_dkim", ("fix_sender_auth",), _NOBODY, "authfailure"),
    "dmarc_failed": Reason("ours", False, "fix_dmarc", "fix_dmarc", ("fix_sender_auth", "fix_spf", "fix_dkim"), ("spf",), "authfailure"),
    "auth_failed": Reason("ours", False, "fix_sender_auth", "fix_sender_auth", ("fix_spf", "fix_dkim", "fix_dmarc"), ("spf",), "authfailure"),
    # Permission.
    "relay_denied": Reason("either", False, "contact_recipient_admin", "contact_recipient_admin", ("fix_relay_auth", "fix_route"), ("mx",), "norelaying"),
    "authentication_required": Reason(
        "ours", False, "fix_relay_auth", "fix_relay_auth", ("use_smarthost", "contact_recipient_admin"), ("mx",), "securityerror"
    ),
    "posting_not_allowed": Reason("theirs", False, "contact_recipient_admin", "contact_recipient_admin", _NOBODY, _NOBODY, "rejected"),
    # The message.
    "spam_content": Reason("user", False, "fix_message", "fix_message", ("contact_recipient_admin",), ("dnsbl",), "spamdetected"),
    "virus": Reason("user", False, "fix_message", "fix_message", _NOBODY, _NOBODY, "virusdetected"),
    "content_rejected": Reason("user", False, "fix_message", "fix_message", ("contact_recipient_admin",), _NOBODY, "contenterror"),
    "message_format": Reason("user", False, "fix_message", "fix_message", ("fix_mta",), _NOBODY, "notcompliantrfc"),
    # The dialogue.
    "tls_failed": Reason("either", True, "fix_tls", "fix_tls", ("contact_recipient_admin", "wait"), ("connectivity", "spread"), "failedstarttls"),
    "protocol_error": Reason("ours", False, "fix_mta", "fix_mta", _NOBODY, _NOBODY, "syntaxerror"),
    "policy": Reason(
        "either", False, "contact_recipient_admin", "wait", ("switch_outbound_ip", "wait"), ("dnsbl", "spf", "ptr", "mx", "spread"), "policyviolation"
    ),
    "suppressed": Reason("user", False, "clean_address_list", "contact_recipient_admin", ("contact_recipient_admin",), _NOBODY, "suppressed"),
    "success": Reason("none", None, "none", "none", _NOBODY, _NOBODY, "delivered"),
    "unknown": Reason("either", False, "contact_recipient_admin", "wait", _NOBODY, ("spread", "dnsbl"), "undefined"),
}

# Reasons that deny the address in RCPT TO, and those that deny its domain too.
ADDRESS_DENIALS = frozenset(("user_unknown", "address_syntax", "user_moved", "mailbox_disabled"))
DENIALS = ADDRESS_DENIALS | {"domain_unknown", "no_mail_accepted"}
