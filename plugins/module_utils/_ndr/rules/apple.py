# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What iCloud Mail says. Its codes stand in brackets before the words: ``CS01`` for content, ``HM08`` for our host, ``HVE`` and others."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import says

_POSTMASTER = "https://support.apple.com/en-us/102322"


_apple = says("apple", _POSTMASTER)


def _coded(codes):
    """Return phrases for a code and the sentence that follows it, long enough to win over the sentence alone."""
    sentence = "due to local policy. please visit https://support.apple.com/en-us/ht204137|due to local policy. please visit|due to local policy"
    return f"^({codes})", f"({codes}) message rejected [{sentence}]"


RULES = (
    _apple(
        "local_policy_content",
        "spam_content",
        _coded("cs01|cs02|cs03|cs04"),
        (
            "550 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",
            "554 5.7.1 [CS01] Message rejected due to local policy.",
        ),
        also=("contact_recipient_admin", "fix_sender_auth", "delist", "switch_outbound_ip", "reduce_rate"),
        settle=("dnsbl", "spf", "spread"),
        counter=("550 5.7.1 Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",),
    ),
    _apple(
        "local_policy_host",
        "ip_blocked",
        _coded("hm01|hm02|hm03|hm04|hm05|hm06|hm07|hm08|hm09|hm10|hm11"),
        ("550 5.7.1 [HM08] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",),
        remedy="delist",
        also=("contact_recipient_admin", "switch_outbound_ip", "use_smarthost", "reduce_rate", "fix_message"),
        settle=("dnsbl", "spf", "spread"),
        counter=("550 5.7.1 Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",),
    ),
    _apple(
        "local_policy",
        "policy",
        ("message rejected due to local policy. please visit https://support.apple.com*",),
        ("550 5.7.1 Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",),
        also=("fix_message", "delist", "switch_outbound_ip", "fix_sender_auth", "reduce_rate"),
        counter=("554 5.7.1 [CS01] Message rejected due to local policy.",),
    ),
    _apple(
        "help_page",
        "policy",
        ("support.apple.com/en-us/(ht204137|<n>)",),
        ("550 5.7.1 Wombats ahead, see https://support.apple.com/en-us/HT204137",),
        tier="vague",
        also=("fix_message", "delist", "switch_outbound_ip", "fix_sender_auth", "reduce_rate"),
        counter=("554 5.7.1 [CS01] Message rejected due to local policy.",),
    ),
    _apple(
        "blocked",
        "ip_blocked",
        (
            "mail from ip <ip> was rejected due to listing in",
            "(mail|connections) from <ip> (refused|rejected) ... (icloud|apple)",
        ),
        ("550 5.7.0 Mail from IP 192.0.2.25 was rejected due to listing in a local list",),
        remedy="delist",
        also=("reduce_rate", "wait", "switch_outbound_ip", "use_smarthost"),
        settle=("dnsbl", "spread"),
        counter=("554 5.7.1 [CS01] Message rejected due to local policy.",),
    ),
    _apple(
        "not_accepting",
        "ip_blocked",
        ("esmtp not accepting connections",),
        ({"text": "554 mx01.example.net ESMTP not accepting connections", "rhost": "mx01.mail.icloud.com"},),
        when={"operator": "apple"},
        remedy="reduce_rate",
        also=("delist", "wait", "switch_outbound_ip", "use_smarthost", "fix_mta"),
        settle=("dnsbl", "spread"),
        counter=("554 smtp-16.iol.local smtp-16.iol.local ESMTP server not available IP: 192.0.2.25 - LIB_102",),
    ),
    _apple(
        "rejected",
        "ip_blocked",
        ("(hcm1|hcm2) your mail from <ip> was rejected",),
        ("554 5.7.1 [HCM2] Your mail from 192.0.2.25 was rejected.",),
        settle=("dnsbl", "spread"),
        counter=("421 [HCM1] Your mail from 192.0.2.25 was deferred.",),
    ),
    _apple(
        "deferred",
        "rate_limited",
        ("(hcm1|hcm2) your mail from <ip> was deferred", "^(hcm1|hcm2)"),
        ("421 [HCM1] Your mail from 192.0.2.25 was deferred.",),
        also=("wait", "delist", "switch_outbound_ip"),
        settle=("dnsbl", "spread"),
        counter=("550 5.7.0 Mail from IP 192.0.2.25 was rejected due to listing in a local list",),
    ),
    _apple(
        "busy",
        "system_error",
        ("^(bs01|bs02) temporary server error. please try again later", "^(bs01|bs02)"),
        ("451 [BS02] Temporary server error. Please try again later.",),
        temporary=True,
        counter=("451 4.7.500 Server busy. Please try again later from [192.0.2.25]. (S77719) [DB5EUR01FT012.eop-EUR01.prod.protection.outlook.com]",),
    ),
    _apple(
        "over_quota",
        "mailbox_full",
        ("^user is overquota", "^the user you are trying to contact is over quota", "recipient ... is over (icloud|their) [storage] quota"),
        ("552 5.2.2 User is overquota",),
        counter=("550 5.1.1 <zoe@example.org>: user does not exist",),
    ),
    _apple(
        "too_much_for_one",
        "rate_limited",
        ("messages to <address> deferred due to excessive volume",),
        ("421 4.7.1 Messages to zoe@example.com deferred due to excessive volume. Try again later - https://support.apple.com/en-us/HT204137",),
        also=("wait",),
        counter=("550 5.1.1 <zoe@example.org>: user does not exist",),
    ),
    _apple(
        "inactive",
        "mailbox_disabled",
        ("<address>: inactive email address",),
        ("550 5.1.1 <zoe@example.com>: inactive email address",),
        shared=True,
        counter=("550 5.1.1 <zoe@example.org>: user does not exist",),
    ),
    _apple(
        "unknown",
        "user_unknown",
        ("<address>: user does not exist", "^<address>: invalid or inactive recipient"),
        ("550 5.1.1 <zoe@example.org>: user does not exist",),
        url="https://support.apple.com/en-us/102322",
        counter=("450 4.1.8 <zoe@example.com>: sender address rejected: unknown domain does not exist",),
    ),
    _apple(
        "too_many_messages",
        "rate_limited",
        ("domain <host> is sending too many (messages|mails|emails)", "<ip> is sending too many (messages|mails)", "too many messages for this session"),
        ("421 4.7.0 too many messages for this session", "450 4.7.1 domain example.com is sending too many messages"),
        counter=("550 5.7.1 [SDL] Domain Lockdown: this sender is not permitted for example.com",),
    ),
    _apple(
        "dmarc",
        "dmarc_failed",
        ("rejected by icloud ... dmarc", "dmarc policy. see https://support.apple.com/en-us/ht204137"),
        ("550 5.7.1 Your message was rejected due to example.com's DMARC policy. See https://support.apple.com/en-us/HT204137 for info",),
        counter=("550 5.7.1 Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137",),
    ),
)
