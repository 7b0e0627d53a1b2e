# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What OpenSMTPD says, at the door and from its own queue."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_DELIVERY = "https://github.com/OpenSMTPD/OpenSMTPD/blob/master/usr.sbin/smtpd/mta.c"
_SESSION = "https://github.com/OpenSMTPD/OpenSMTPD/blob/master/usr.sbin/smtpd/smtp_session.c"
_ENVELOPE = "https://github.com/OpenSMTPD/OpenSMTPD/blob/master/usr.sbin/smtpd/lka_session.c"
_FILTER = "https://man.openbsd.org/smtpd.conf#MAIL_FILTERING"

RULES = (
    rule(
        "opensmtpd.invalid_recipient",
        "exact",
        "user_unknown",
        ("^invalid recipient$", "^invalid recipient: <address>"),
        ("550 Invalid recipient: <zoe@example.com>", "550 Invalid recipient"),
        counter=("550 5.1.7 invalid sender",),
        url=_ENVELOPE,
    ),
    rule(
        "opensmtpd.auth_first",
        "exact",
        "authentication_required",
        ("must issue an auth command first",),
        ("530 5.5.1 Invalid command: Must issue an AUTH command first",),
        counter=("530 5.5.1 Invalid command: Must issue a STARTTLS command first",),
        url=_SESSION,
    ),
    rule(
        "opensmtpd.no_mx",
        "exact",
        "domain_unknown",
        ("^no mx found for (domain|destination)",),
        ("No MX found for domain", "No MX found for destination"),
        counter=("No valid route to any destination MX",),
        url=_DELIVERY,
        also=("fix_resolver",),
    ),
    rule(
        "opensmtpd.route",
        "exact",
        "network_unreachable",
        ("^no valid route to [any] destination", "^address family mismatch on destination mxs"),
        ("No valid route to destination", "Address family mismatch on destination MXs"),
        counter=("Network error on destination MXs",),
        url=_DELIVERY,
        also=("wait", "fix_mta"),
    ),
    rule(
        "opensmtpd.source",
        "exact",
        "system_error",
        ("^(could not retrieve|failed to get|bad) source address", "^could not retrieve helo", "^could not retrieve credentials", "^credentials not found for"),
        ("Could not retrieve source address", "Failed to get source address", "Could not retrieve credentials"),
        counter=("No valid route to destination",),
        url=_DELIVERY,
        side="ours",
        remedy="fix_mta",
        also=("fix_relay_auth",),
        settle=(),
        temporary=True,
    ),
    rule(
        "opensmtpd.all_reject",
        "exact",
        "policy",
        ("^destination seem to reject all mails",),
        ("Destination seem to reject all mails",),
        counter=("Network error on destination MXs",),
        url=_DELIVERY,
        settle=("spread", "dnsbl"),
    ),
    rule(
        "opensmtpd.loop",
        "exact",
        "routing_loop",
        ("^loop detected",),
        ("Loop detected",),
        counter=("Envelope expired",),
        url=_DELIVERY,
    ),
    rule(
        "opensmtpd.mx_lookup",
        "exact",
        "dns_failure",
        ("^temporary failure in mx lookup",),
        ("Temporary failure in MX lookup",),
        counter=("No MX found for domain",),
        url=_DELIVERY,
        temporary=True,
    ),
    rule(
        "opensmtpd.network",
        "exact",
        "connection_failed",
        ("^network error on destination mxs",),
        ("Network error on destination MXs",),
        counter=("No valid route to destination",),
        url=_DELIVERY,
        also=("check_network", "contact_recipient_admin", "delist"),
        settle=("connectivity", "spread", "dnsbl"),
    ),
    rule(
        "opensmtpd.fcrdns",
        "exact",
        "ptr_missing",
        ("(fcrdns|rdns) check failed", "^no (fcrdns|rdns)"),
        ("550 FCrDNS check failed", "550 no rDNS"),
        counter=("550 rejected by filter",),
        url=_FILTER,
        when={"code": ["4xx", "5xx"]},
    ),
)
