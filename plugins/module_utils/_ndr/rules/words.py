# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Words that many phrases share, and the short way to write a rule of the general tables."""

from __future__ import annotations

RFC5321 = "https://www.rfc-editor.org/rfc/rfc5321#section-4.2.2"
RFC3463 = "https://www.rfc-editor.org/rfc/rfc3463#section-3"
RFC7372 = "https://www.rfc-editor.org/rfc/rfc7372"

# The person written to, in the words of servers.
USER = (
    "user|users|recipient|recipients|mailbox|mail box|account|address|addressee|email address|e-mail address|email|e-mail|alias|userid|user id|username|person"
    "|email account|mail account|user account|local part|customer|subscriber|mail drop|destination address|recipient address|receiver"
)
MAILBOX = (
    "mailbox|mail box|inbox|account|email account|mail account|user account|user|recipient|recipient address|address|maildrop|mail drop|email address|addressee"
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
    return dict({"id": name, "tier": tier, "reason": reason, "match": match, "examples": examples, "url": RFC5321}, **more)


def says(operator, url):
    """Return a function that writes rules about an operator's codes and whole sentences; with ``shared=True`` about a sentence that others say too."""

    def make(name, reason, match, examples, *, shared=False, tier="exact", **more):
        known = {"url": url} if shared else {"url": url, "operator": operator}
        return rule(f"{operator}.{name}", tier, reason, match, examples, **dict(known, **more))

    return make
