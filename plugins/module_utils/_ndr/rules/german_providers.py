# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What providers of Germany, Austria and Switzerland say: GMX, WEB.DE, mail.com and IONOS (one software, Nemesis), T-Online, freenet, STRATO.

GMX and its sisters put a general sentence first ("mailbox unavailable", "Transaction failed");
the cause follows it, and stands as ``c=`` in the address of a page.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule, says

_GMX = "https://postmaster.gmx.net/en/error-messages"
_TONLINE = "https://postmaster.t-online.de/index.en.html"
_FREENET = "https://seeseekey.net/archive/tag/freenet"
_STRATO = "https://www.strato.de/faq/mail/"
# The ending of a reply of GMX's, before the cause's short name.
_PAGE = "/error-messages?ip=<x>&c="


_gmx = says("gmx", _GMX)
_tonline = says("t_online", _TONLINE)
_freenet = says("freenet", _FREENET)
_strato = says("strato", _STRATO)
_PORTAL = ("switch_outbound_ip", "use_smarthost", "reduce_rate")

GMX = (
    _gmx(
        "listed",
        "ip_blocked",
        (
            "no smtp service ip address is black listed",
            "service not available no smtp service ip address is (black|block) listed",
            "ip address is black listed",
            _PAGE + "bl",
            _PAGE + "bip",
            "c=bip",
            "nemesis esmtp service not available no smtp service bad ip",
        ),
        (
            (
                "554-gmx.example.net (mxgmx017) Nemesis ESMTP Service not available 554-No SMTP service 554-IP address is black listed. 554 For"
                " explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=bl"
            ),
            (
                "554-web.example.net (mxweb112) Nemesis ESMTP Service not available 554-No SMTP service 554 For explanation visit"
                " https://postmaster.web.de/en/error-messages?ip=192.0.2.25&c=bip"
            ),
        ),
        remedy="delist",
        also=_PORTAL,
        settle=("dnsbl", "spread"),
        counter=("554-Transaction failed 554-Bad header 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=hi",),
    ),
    _gmx(
        "ptr",
        "ptr_missing",
        ("no smtp service bad dns ptr resource record", "bad dns ptr resource record", "bad dns ptr resource record. for explanation visit", _PAGE + "rdns"),
        (
            (
                "554-gmx.example.net (mxgmx017) Nemesis ESMTP Service not available 554-No SMTP service 554-Bad DNS PTR resource record. 554 For"
                " explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=rdns"
            ),
        ),
        shared=True,
        counter=("554-Transaction failed 554-Bad header 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=hi",),
    ),
    _gmx(
        "dynamic",
        "dynamic_ip",
        ("dialup/transient ip not allowed", "dialup/dynamic ip", "dynamic ip address not allowed", _PAGE + "dul", _PAGE + "ddns"),
        (
            (
                "554-gmx.example.net (mxgmx112) Nemesis ESMTP Service not available 554-No SMTP service 554-Dialup/dynamic IP 554 For explanation visit"
                " https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=dul"
            ),
        ),
        counter=("554-Transaction failed 554-Bad header 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=hi",),
    ),
    _gmx(
        "policy",
        "policy",
        (
            "requested action not taken: mailbox unavailable reject due to policy restrictions",
            "transaction failed reject due to policy restrictions",
            "reject due to policy restrictions",
            "reject due to policy restrictions. for explanation visit",
            "reject due to policy violations",
            "reject due to policy violations. for explanation visit",
            _PAGE + "poli",
        ),
        (
            (
                "550-Requested action not taken: mailbox unavailable 550-Reject due to policy restrictions. 550 For explanation visit"
                " http://postmaster.1and1.com/en/error-messages?ip=192.0.2.25&c=poli"
            ),
            (
                "554-Transaction failed 554-Reject due to policy restrictions. 554 For explanation visit"
                " https://postmaster.gmx.net/en/case?c=r0202&i=ip&v=192.0.2.25&r=1N3sde"
            ),
        ),
        side="ours",
        remedy="contact_recipient_admin",
        also=("fix_message", "fix_sender_auth", "delist", "switch_outbound_ip", "reduce_rate"),
        counter=("554-Transaction failed 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0202&i=ip&v=192.0.2.25&r=1N3sde",),
    ),
    # IONOS tells what is behind it: a HELO name that keeps changing, or many addresses that do not exist.
    _gmx(
        "policy_now",
        "policy",
        ("reject due to policy violations",),
        ("450 Reject due to policy violations.", "421 Reject due to policy violations"),
        when={"code": "4xx"},
        side="ours",
        remedy="wait",
        also=("reduce_rate", "fix_helo", "delist", "switch_outbound_ip"),
        counter=("554-Transaction failed 554-Reject due to policy restrictions. 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0202",),
    ),
    _gmx(
        "spf",
        "spf_failed",
        ("reject due to spf policy", "requested action not taken: mailbox unavailable reject due to spf policy", _PAGE + "spf"),
        (
            (
                "550-Requested action not taken: mailbox unavailable 550-Reject due to SPF policy. 550 For explanation visit"
                " https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=spf"
            ),
        ),
        counter=("554-Transaction failed 554-Reject due to DKIM policy. 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0301",),
    ),
    _gmx(
        "dmarc",
        "dmarc_failed",
        ("reject due to dmarc policy", "transaction failed reject due to dmarc policy", _PAGE + "dmarc"),
        (
            (
                "554-Transaction failed 554-Reject due to DMARC policy. 554 For explanation visit"
                " https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=dmarc"
            ),
        ),
        counter=("554-Transaction failed 554-Reject due to DKIM policy. 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0301",),
    ),
    _gmx(
        "dkim",
        "dkim_failed",
        ("reject due to dkim policy", "reject due to dkim"),
        ("554-Transaction failed 554-Reject due to DKIM policy. 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0301",),
        counter=("554-Transaction failed 554-Unauthorized sender address. 554 For explanation visit https://postmaster.gmx.net/en/case?c=hi",),
    ),
    _gmx(
        "sender_domain",
        "sender_domain_unresolvable",
        (
            "invalid dns mx or a/aaaa resource record",
            "requested action not taken: mailbox unavailable invalid dns mx or a/aaaa resource record",
            "mailbox unavailable invalid dns mx",
            _PAGE + "mx",
        ),
        (
            (
                "550-Requested action not taken: mailbox unavailable 550-invalid DNS MX or A/AAAA resource record 550 For explanation visit"
                " http://postmaster.1and1.com/en/error-messages?ip=192.0.2.25&c=mx"
            ),
        ),
        counter=("554-Transaction failed 554-Bad header 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=hi",),
    ),
    _gmx(
        "send_limit",
        "rate_limited",
        (
            "mail send limit exceeded",
            "requested mail action not taken: mailbox unavailable mail send limit exceeded",
            "too many mails ... nemesis",
            _PAGE + "sl",
            _PAGE + "lim",
        ),
        (
            (
                "450-Requested mail action not taken: mailbox unavailable 450-Mail send limit exceeded. 450 For explanation visit"
                " https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=sl"
            ),
        ),
        also=("wait", "fix_relay_auth", "delist"),
        counter=("554-Transaction failed 554-Bad header 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=hi",),
    ),
    _gmx(
        "bad_header",
        "message_format",
        ("transaction failed bad header", "bad header ... c=hi", _PAGE + "hi", "illegal header from", "transaction failed illegal header"),
        ("554-Transaction failed 554-Bad header 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=hi",),
        counter=("554-Transaction failed 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0202&i=ip&v=192.0.2.25&r=1N3sde",),
    ),
    _gmx(
        "spam",
        "spam_content",
        ("transaction failed spam message not queued", "spam message not queued", "transaction failed reject due to spam", _PAGE + "spam", _PAGE + "cm"),
        ("554-Transaction failed 554-Spam message not queued. 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=spam",),
        also=("contact_recipient_admin", "delist"),
        counter=("554-Transaction failed 554-Bad header 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=hi",),
    ),
    rule(
        "gmx.busy",
        "named",
        "system_busy",
        (
            "nemesis esmtp service not available",
            "nemesis esmtp service not available service closing transmission channel",
            "service not available no smtp service",
            "service closing transmission channel resources temporarily unavailable",
        ),
        ("421-gmx.example.net (mxgmx103) Nemesis ESMTP Service not available 421-Service closing transmission channel 421 Please try again later",),
        operator="gmx",
        url=_GMX,
        when={"code": "4xx"},
        unless=("too many connections",),
        settle=("dnsbl", "spread"),
        also=("reduce_rate", "switch_outbound_ip", "contact_recipient_admin"),
        counter=("451 4.7.500 Server busy. Please try again later from [192.0.2.25]. (S77719) [DB5EUR01FT012.eop-EUR01.prod.protection.outlook.com]",),
    ),
    rule(
        "gmx.no_service",
        "named",
        "ip_blocked",
        ("nemesis esmtp service not available", "nemesis esmtp service not available no smtp service", "service not available no smtp service"),
        ("554-kundenserver.example.net (mxeue012) Nemesis ESMTP Service not available 554-No SMTP service 554 For explanation visit the postmaster's page",),
        operator="gmx",
        url=_GMX,
        when={"code": "5xx"},
        remedy="delist",
        also=(*_PORTAL, "contact_recipient_admin"),
        settle=("dnsbl", "ptr", "spread"),
        counter=("554-Transaction failed 554-Unauthorized sender address. 554 For explanation visit https://postmaster.gmx.net/en/case?c=hi",),
    ),
    _gmx(
        "mailbox_unavailable",
        "user_unknown",
        ("^requested action not taken: mailbox unavailable for explanation visit", "^requested action not taken: mailbox unavailable$"),
        (
            {
                "text": "550-Requested action not taken: mailbox unavailable 550 For explanation visit https://postmaster.gmx.net/en/case?c=r0601&i=mailbox",
                "rhost": "mx00.emig.gmx.net",
            },
        ),
        when={"operator": "gmx", "code": "550"},
        counter=("554-Transaction failed 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0202&i=ip&v=192.0.2.25&r=1N3sde",),
    ),
    rule(
        "gmx.page_about_our_address",
        "named",
        "ip_blocked",
        (
            "requested action not taken: mailbox unavailable for explanation visit ... ip=<x>",
            "transaction failed for explanation visit ... ip=<x>",
            "/case?c=* ... i=ip&v=<x>",
        ),
        (
            "550-Requested action not taken: mailbox unavailable 550 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=xy",
            "554-Transaction failed 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0202&i=ip&v=192.0.2.25&r=1N3sde",
        ),
        operator="gmx",
        url=_GMX,
        remedy="delist",
        also=(*_PORTAL, "contact_recipient_admin", "fix_ptr"),
        settle=("dnsbl", "ptr", "spread"),
        counter=("554-Transaction failed 554-Bad header 554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.25&c=hi",),
    ),
    _gmx(
        "unauthorized_sender",
        "sender_address_rejected",
        ("unauthorized sender address", "sender address is not allowed ... nemesis", "transaction failed unauthorized sender"),
        ("554-Transaction failed 554-Unauthorized sender address. 554 For explanation visit https://postmaster.gmx.net/en/case?c=hi",),
        remedy="fix_relay_auth",
        also=("fix_sender_domain", "fix_message"),
        counter=("554-Transaction failed 554-Reject due to DKIM policy. 554 For explanation visit https://postmaster.gmx.net/en/case?c=r0301",),
    ),
)

T_ONLINE = (
    _tonline(
        "blocked",
        "ip_blocked",
        (
            "a problem occurred. ask your postmaster for help",
            "ask your postmaster for help or to contact <address> to clarify",
            "^ip=<ip> - (a problem occurred|blocked|bad|your)",
        ),
        ("554 IP=192.0.2.25 - A problem occurred. (Ask your postmaster for help or to contact tosa@example.net to clarify.) (BL)",),
        remedy="delist",
        also=("switch_outbound_ip", "use_smarthost", "reduce_rate", "contact_recipient_admin", "fix_ptr"),
        settle=("dnsbl", "ptr"),
        counter=("554 IP=192.0.2.25 - None/bad reputation. Ask your postmaster for help or to contact tobr@example.net for reset. (NOWL)",),
    ),
    _tonline(
        "reputation",
        "ip_reputation",
        ("none/bad reputation", "ask your postmaster for help or to contact <address> for reset", "<ip> - none/bad reputation"),
        ("554 IP=192.0.2.25 - None/bad reputation. Ask your postmaster for help or to contact tobr@example.net for reset. (NOWL)",),
        remedy="delist",
        also=("fix_ptr", "switch_outbound_ip", "use_smarthost", "contact_recipient_admin", "reduce_rate"),
        settle=("dnsbl", "ptr"),
        counter=("554 IP=192.0.2.25 - A problem occurred. (Ask your postmaster for help or to contact tosa@example.net to clarify.) (BL)",),
    ),
    _tonline(
        "dynamic",
        "dynamic_ip",
        ("dialup/transient ip not allowed. use a mailgateway", "<ip> - dialup/transient ip not allowed"),
        ("554 IP=192.0.2.25 - Dialup/transient IP not allowed. Use a mailgateway/smarthost! (DIAL)",),
        unless=("nemesis",),
        counter=("554 IP=192.0.2.25 - A problem occurred. (Ask your postmaster for help or to contact tosa@example.net to clarify.) (BL)",),
    ),
    _tonline(
        "unresolvable",
        "ptr_missing",
        ("<ip> - unresolvable ip address", "unresolvable ip address. please check forward and reverse dns", "^ip=<ip> ... (reverse dns|ptr|hostname)"),
        ("554 IP=192.0.2.25 - Unresolvable IP address. (Please check forward and reverse DNS of the host) (DNS)",),
        counter=("554 IP=192.0.2.25 - None/bad reputation. Ask your postmaster for help or to contact tobr@example.net for reset. (NOWL)",),
    ),
    _tonline(
        "spam",
        "spam_content",
        ("message considered as spam or virus, rejected", "message considered as spam"),
        ("550-5.7.0 Message considered as spam or virus, rejected 550 5.7.0 Message-ID: <1@example.com>",),
        also=("contact_recipient_admin", "delist"),
        counter=("554 IP=192.0.2.25 - None/bad reputation. Ask your postmaster for help or to contact tobr@example.net for reset. (NOWL)",),
    ),
)

OTHERS = (
    _freenet(
        "ptr",
        "ptr_missing",
        ("inconsistent or no dns ptr record for <ip>", "inconsistent or no dns ptr record", "inconsistent/missing dns ptr record"),
        ("550 inconsistent or no DNS PTR record for 192.0.2.25 (see RFC 1912 2.1)", "550-inconsistent/missing DNS PTR record (RFC 1912 2.1) (192.0.2.25)"),
        counter=("553 5.3.0 flpd591 DNSBL:RBL 521< 192.0.2.25 >_is_blocked. Blocked for abuse. See http://att.net/blocks",),
    ),
    _strato(
        "no_spam",
        "spam_content",
        ("refused by local policy. no spam please", "no spam please! b-*", "no spam please"),
        ("554 5.7.1 Refused by local policy. No SPAM please! (B-EX 149)",),
        also=("contact_recipient_admin", "delist", "switch_outbound_ip"),
        settle=("dnsbl", "spread"),
        counter=("501 Connection rejected by policy [7.7] 20805, please visit www.messagelabs.com/support for more details about this error message.",),
    ),
)

RULES = GMX + T_ONLINE + OTHERS
