# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Words that many phrases share, the standards behind each reason, and the short way to write a rule of the general tables."""

from __future__ import annotations

_RFC = "https://www.rfc-editor.org/rfc/rfc{}".format
_REPLY_CODES = _RFC("5321#section-4.2.2")
_ADDRESS = _RFC("3463#section-3.2")
_MAILBOX = _RFC("3463#section-3.3")
_SYSTEM = _RFC("3463#section-3.4")
_NETWORK = _RFC("3463#section-3.5")
_UNWANTED = _RFC("5321#section-6.2")
_OWN_POLICY = _RFC("5321#section-7.9")
_RATE_CONTROL = _RFC("2505#section-2.8")

# The reference of rules for sentences that belong to no operator and no program: where a refusal of this kind is described.
# The reply codes of SMTP stand for the reasons that are not named here.
SOURCES = {
    "user_unknown": _ADDRESS,
    "address_syntax": _ADDRESS,
    "user_moved": _ADDRESS,
    "domain_unknown": _ADDRESS,
    "no_mail_accepted": _RFC("7505"),
    "mailbox_disabled": _MAILBOX,
    "mailbox_full": _MAILBOX,
    "message_too_big": _RFC("1870"),
    "suppressed": "https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html",
    "sender_address_rejected": _RFC("2505#section-2.7"),
    "sender_domain_unresolvable": _RFC("2505#section-2.9"),
    "system_error": _SYSTEM,
    "system_busy": _SYSTEM,
    "system_full": _SYSTEM,
    "directory_unavailable": _NETWORK,
    "dns_failure": _NETWORK,
    "connection_failed": _NETWORK,
    "connection_lost": _NETWORK,
    "network_unreachable": _NETWORK,
    "delayed": _NETWORK,
    "expired": _NETWORK,
    "routing_loop": _RFC("5321#section-6.3"),
    "greylisted": _RFC("6647"),
    "rate_limited": _RATE_CONTROL,
    "too_many_connections": _RATE_CONTROL,
    "too_many_recipients": _RFC("5321#section-4.5.3.1.10"),
    "directory_harvest": _RFC("5321#section-7.8"),
    "ip_blocklisted": _RFC("5782#section-6"),
    "domain_blocklisted": _RFC("5782#section-3"),
    "ip_blocked": _RFC("2505#section-2.5"),
    "ip_reputation": _OWN_POLICY,
    "domain_reputation": _OWN_POLICY,
    "dynamic_ip": "https://www.spamhaus.org/blocklists/policy-blocklist/",
    "ptr_missing": _RFC("7372#section-3.3"),
    "helo_rejected": _RFC("5321#section-4.1.4"),
    "spf_failed": _RFC("7208#section-8.4"),
    "dkim_failed": _RFC("7372#section-3.1"),
    "dmarc_failed": _RFC("7489#section-10.3"),
    "auth_failed": _RFC("7372#section-3.4"),
    "relay_denied": _RFC("2505#section-2.1"),
    "authentication_required": _RFC("4954#section-6"),
    "posting_not_allowed": _RFC("3463#section-3.8"),
    "policy": _OWN_POLICY,
    "spam_content": _UNWANTED,
    "content_rejected": _UNWANTED,
    "virus": _UNWANTED,
    "message_format": _RFC("7103"),
    "tls_failed": _RFC("3207#section-4"),
}

# The person written to, in the words of servers.
USER = (
    "user|users|recipient|recipients|mailbox|mail box|account|address|addressee|email address|e-mail address|email|e-mail|alias|userid|user id|username|person"
    "|email account|mail account|user account|mail address|mailaddress|mbox|local part|customer|subscriber|mail drop|destination address"
    "|recipient address|receiver"
)
MAILBOX = (
    "mailbox|mail box|inbox|account|email account|mail account|user account|user|recipient|recipient address|address|maildrop|mail drop"
    "|email address|mail address|mailaddress|mbox|addressee"
)
MESSAGE = "message|messages|mail|mails|email|e-mail|emails|your message|your mail|your email|your e-mail|this message|this mail|this email"
REFUSED = "rejected|refused|denied|blocked|not accepted|declined|not allowed|not permitted|prohibited|rejecting|refusing"
# The machine that sends, in the words of servers: ours.
HOST = (
    "ip|ip address|ips|host|server|mail server|mailserver|smtp server|network|mta|mail host|client|client host|client ip|client address|ip range|system"
    "|machine|mail gateway"
    "|sending server|gateway|subnet|ip network|mx"
)
OUR = "your|the sending|sending|the client|client|the connecting|connecting|sender's|the source|source|this|remote|the remote|sender"
LIST = (
    "blacklist|blocklist|black list|block list|blackhole list|denylist|deny list|black-list|block-list|rbl|dnsbl|dnsrbl|blacklists|blocklists"
    "|spammer list|rbls|dnsbls"
)
LISTED = "listed|blacklisted|blocklisted|black listed|block listed|black-listed|block-listed|denylisted"


def rule(name, tier, reason, match, examples, **more):
    """Return a rule; ``name`` is its id, ``more`` holds further keys."""
    return dict({"id": name, "tier": tier, "reason": reason, "match": match, "examples": examples, "url": SOURCES.get(reason, _REPLY_CODES)}, **more)


def says(operator, url):
    """Return a function that writes rules about an operator's codes and whole sentences; with ``shared=True`` about a sentence that others say too."""

    def make(name, reason, match, examples, *, shared=False, tier="exact", **more):
        known = {"url": url} if shared else {"url": url, "operator": operator}
        return rule(f"{operator}.{name}", tier, reason, match, examples, **dict(known, **more))

    return make
