# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the access providers of North America say: Comcast, Cox, Spectrum (Charter, Time Warner), AT&T, Verizon, EarthLink, Juno and others.

Comcast ends its replies with a code in the address of a page (``#BL000000``); Cox and Spectrum, both behind Cloudmark, with ``AUP#`` and a code.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule, says

_COMCAST = "http://postmaster.comcast.net/mail-error-codes.html"
_COX = "http://postmaster.cox.net/confluence/display/postmaster/Error+Codes"
_SPECTRUM = "https://www.spectrum.net/support/internet/understanding-email-error-codes"
_ATT = "http://worldnet.att.net/general-info/bls_info/block_enduser.html"
# Each digit is a list that names our address: Spamhaus Zen, Cloudmark CSI, Sender Score.
_COMCAST_LISTS = "bl000001|bl000010|bl000011|bl000100|bl000101|bl000110|bl000111|bl001|bl004|bl006|bl007"
_BLOCKED_ALSO = ("switch_outbound_ip", "use_smarthost", "reduce_rate")


def _aup(*codes):
    """Return phrases for codes as Cloudmark's servers write them: AUP#In-1310, AUP#I-1310, AUP#1310."""
    return tuple("(" + "|".join(f"aup#{infix}{code}" for infix in ("in-", "i-", "out-", "o-", "")) + ")" for code in codes)


_comcast = says("comcast", _COMCAST)
_cox = says("cox", _COX)
_charter = says("charter", _SPECTRUM)
_att = says("att", _ATT)

COMCAST = (
    _comcast(
        "block",
        "ip_blocked",
        (
            "comcast block for spam",
            "bl000000",
            "smtp-error-codes.php#bl000000",
            "comcast block for spam. please see http://postmaster.comcast.net/smtp-error-codes.php#bl000000",
        ),
        (
            (
                "554 resimta-po-09v.sys.example.net comcast 192.0.2.25 Comcast block for spam. Please see"
                " http://postmaster.comcast.net/smtp-error-codes.php#BL000000"
            ),
            "554 5.7.1 Refused BL000000",
        ),
        remedy="delist",
        also=_BLOCKED_ALSO,
        counter=("550 5.2.0 Message rejected due to DMARC. Please see http://postmaster.comcast.net/smtp-error-codes.php#DM000001",),
    ),
    _comcast(
        "listed",
        "ip_blocklisted",
        (
            f"({_COMCAST_LISTS})",
            f"found on one or more dnsbls, see http://postmaster.comcast.net/smtp-error-codes.php#({_COMCAST_LISTS})",
            f"smtp-error-codes.php#({_COMCAST_LISTS})",
        ),
        (
            "554 resimta-po-11v.sys.example.net 192.0.2.25 found on one or more DNSBLs, see http://postmaster.comcast.net/smtp-error-codes.php#BL000010",
            "550 5.7.1 Refused. BL000101",
        ),
        counter=("550 5.2.0 Message rejected due to DMARC. Please see http://postmaster.comcast.net/smtp-error-codes.php#DM000001",),
    ),
    _comcast(
        "dynamic",
        "dynamic_ip",
        ("(es000001|es000010)", "smtp-error-codes.php#(es000001|es000010)"),
        ("550 5.7.1 Refused. Please see http://help.comcast.net/content/faq/ES000010",),
        counter=("550 5.2.0 Message rejected due to DMARC. Please see http://postmaster.comcast.net/smtp-error-codes.php#DM000001",),
    ),
    _comcast(
        "rate",
        "rate_limited",
        (
            "throttled - try again later",
            "(rl000001|rl000002|rl000003|rl000004|rl000005|rl000006|rl000007|rl000008|rl000009|rl000010|rl001)",
            "smtp-error-codes.php#rl*",
        ),
        (
            (
                "421 resimta-po-18v.sys.example.net resimta-po-18v.sys.example.net 192.0.2.25 Throttled - try again later. TFaqdRTZSZ3s0 Please see"
                " http://postmaster.comcast.net/smtp-error-codes.php#RL000002"
            ),
            "421 4.1.0 192.0.2.25 Try again later. RL000001",
        ),
        also=("wait", "delist", "switch_outbound_ip", "use_smarthost"),
        settle=("dnsbl", "spread"),
        counter=("550 5.2.0 Message rejected due to DMARC. Please see http://postmaster.comcast.net/smtp-error-codes.php#DM000001",),
    ),
    _comcast(
        "sessions",
        "too_many_connections",
        ("too many sessions (open|opened)", "too many sessions from <ip>"),
        ("421 4.7.0 imta25.example.net comcast 192.0.2.25 Too many sessions open",),
        counter=("421 too many sessions in this hour",),
        shared=True,
    ),
    _comcast(
        "ptr",
        "ptr_missing",
        (
            "comcast requires that all mail servers must have a ptr record",
            "all mail servers must have a ptr record with a valid reverse dns entry",
            "(pt000001|pt000002) ...",
            "reverse dns failure[:] try again later",
            "ptr lookup failure for <ip>",
        ),
        (
            (
                "554 imta28.example.net comcast 192.0.2.25 Comcast requires that all mail servers must have a PTR record with a valid Reverse DNS entry."
                " Currently your mail server does not fill that requirement. For more information, refer to: http://help.comcast.net/content/faq/PTR"
            ),
            "421 imta28.example.net comcast Reverse DNS failure: Try again later",
        ),
        counter=("550 5.7.1 Refused. Please see http://help.comcast.net/content/faq/ES000010",),
    ),
    _comcast(
        "dmarc",
        "dmarc_failed",
        ("smtp-error-codes.php#dm000001", "^dm000001", "message rejected due to dmarc. dm*", "(dm000001|dm000002)"),
        ("550 5.2.0 Message rejected due to DMARC. Please see http://postmaster.comcast.net/smtp-error-codes.php#DM000001",),
        counter=("550 5.7.1 Refused. Please see http://help.comcast.net/content/faq/ES000010",),
    ),
    _comcast(
        "not_our_customer",
        "user_unknown",
        ("^not our customer", "<address> not our customer", "<address> account not available"),
        ("550 5.1.1 Not our Customer", "550 5.1.1 <zoe@example.org> Account not available"),
        counter=("550 5.1.0 <news@example.com> sender rejected : invalid sender domain",),
    ),
    _comcast(
        "invalid_sender_domain",
        "sender_domain_unresolvable",
        ("sender rejected : invalid sender domain", "sender rejected: invalid sender domain", "invalid sender domain"),
        ("550 5.1.0 <news@example.com> sender rejected : invalid sender domain",),
        shared=True,
        counter=("554 5.7.1 <shop@example.org>: Sender address rejected: Access denied",),
    ),
    _comcast(
        "spam",
        "spam_content",
        (
            "message rejected for spam or virus content",
            "message rejected due to possible spam content",
            "message identified as spam ... comcast",
        ),
        ("552 5.2.0 D1vv1n00Z5sCbsb01vvwv5 message rejected for spam or virus content", "554 5.7.1 Message rejected due to possible spam content"),
        also=("contact_recipient_admin", "delist", "reduce_rate"),
        shared=True,
        counter=("550 5.2.0 Message rejected due to DMARC. Please see http://postmaster.comcast.net/smtp-error-codes.php#DM000001",),
    ),
)

COX = (
    _cox(
        "blocked",
        "ip_blocked",
        ("aup#cxbl", "aup#bl", "cmsmtp blocked", "cxbl"),
        (
            (
                "554 cxr.mx.example.net cmsmtp 192.0.2.25 blocked. Refer to Error Codes section at"
                " https://www.cox.com/residential/support/email-error-codes.html for more information. AUP#CXBL"
            ),
        ),
        remedy="delist",
        also=_BLOCKED_ALSO,
        counter=("550 5.1.0 <news@example.com> sender rejected. Refer to the Error Codes section for more information. AUP#CXSNDR",),
    ),
    _cox(
        "blocked_for_a_day",
        "ip_blocked",
        ("aup#cdrbl", "aup#drbl", "cdrbl"),
        (
            "550 5.1.0 <news@example.com> sender rejected. Please see the page Error Codes for more information. AUP#CDRBL",
            "421 4.7.1 192.0.2.25 is temporarily blocked. AUP#CDRBL",
        ),
        remedy="wait",
        also=("reduce_rate", "delist", "switch_outbound_ip", "use_smarthost"),
        counter=("550 5.1.0 <news@example.com> sender rejected. Refer to the Error Codes section for more information. AUP#CXSNDR",),
    ),
    _cox(
        "listed",
        "ip_blocklisted",
        ("aup#ipbl*", "ipbl*"),
        ("554 cxr.mx.example.net cmsmtp 192.0.2.25 blocked. AUP#IPBL0001", "554 cmsmtp 192.0.2.25 blocked. AUP#IPBL1000"),
        counter=("554 cxr.mx.example.net cmsmtp 192.0.2.25 DNS lookup failed. AUP#CXDNS",),
    ),
    _cox(
        "link_listed",
        "domain_blocklisted",
        ("aup#urlbl*",),
        ("550 5.2.0 D1vv1n00Z message rejected. AUP#URLBL011",),
        remedy="fix_message",
        also=("delist", "fix_sender_domain"),
        counter=("550 5.1.0 <news@example.com> sender rejected. Refer to the Error Codes section for more information. AUP#CXSNDR",),
    ),
    _cox(
        "ptr",
        "ptr_missing",
        ("aup#cxdns", "aup#dns", "rejected - no rdns", "no rdns ... cox"),
        ("554 cxr.mx.example.net cmsmtp 192.0.2.25 DNS lookup failed. AUP#CXDNS", "421 eastrmimpi102.example.net Cox 192.0.2.25 rejected - no rDNS"),
        counter=("554 cxr.mx.example.net cmsmtp 192.0.2.25 blocked. AUP#IPBL0001",),
    ),
    _cox(
        "sender_domain",
        "auth_failed",
        ("aup#cxsndr", "aup#sndr"),
        ("550 5.1.0 <news@example.com> sender rejected. Refer to the Error Codes section for more information. AUP#CXSNDR",),
        also=("fix_spf", "fix_dkim", "fix_sender_domain", "fix_message", "fix_dmarc"),
        counter=("550 5.1.0 <news@example.com> sender rejected. Please see the page Error Codes for more information. AUP#CDRBL",),
    ),
    _cox(
        "protocol",
        "policy",
        ("aup#cxsmtp", "aup#smtp"),
        ("550 5.1.0 Refused. AUP#CXSMTP",),
        side="ours",
        remedy="fix_mta",
        also=("contact_recipient_admin", "fix_sender_auth", "fix_helo", "delist"),
        counter=("550 5.7.1 Refused. AUP#POL",),
    ),
    _cox(
        "connections",
        "too_many_connections",
        ("aup#cxcnct", "aup#cnct"),
        ("421 4.7.0 cxr.mx.example.net cmsmtp 192.0.2.25 Too many sessions. AUP#CXCNCT",),
        counter=("554 cxr.mx.example.net cmsmtp 192.0.2.25 blocked. AUP#IPBL0001",),
    ),
    _cox(
        "rate",
        "rate_limited",
        ("aup#cxmxrt", "aup#mxrt", "aup#cxthrt", "aup#thrt", "aup#cxmj"),
        ("452 4.1.1 Limit exceeded. AUP#CXMXRT", "421 4.7.1 Refused. AUP#CXTHRT"),
        counter=("550 5.7.1 Refused. AUP#POL",),
    ),
    _cox(
        "policy",
        "policy",
        ("aup#pol", "aup#cxpol"),
        ("550 5.7.1 Refused. AUP#POL",),
        also=("fix_message", "fix_sender_auth", "delist", "switch_outbound_ip"),
        counter=("550 5.1.0 Refused. AUP#CXSMTP",),
    ),
)

CHARTER = (
    _charter(
        "rate",
        "rate_limited",
        (*_aup("1300", "1310", "1320", "1330", "1450", "1460", "1470", "1480"), "aup#cnct-*"),
        (
            (
                "550 5.1.0 <news@example.com> sender rejected. Please see https://www.spectrum.net/support/internet/understanding-email-error-codes for"
                " more information. AUP#In-1310"
            ),
            "550 5.1.0 sender rejected AUP#I-1330",
        ),
        also=("wait", "delist", "switch_outbound_ip", "use_smarthost"),
        settle=("dnsbl", "spread"),
        url="https://www.spamresource.com/2019/10/charterroadrunner-bounces.html",
        counter=("550 5.1.0 <news@example.com> sender rejected. Please see the page Error Codes for more information. AUP#CDRBL",),
    ),
    _charter(
        "blocked",
        "ip_blocked",
        (
            *_aup("1000", "1010", "1020", "1030", "1040", "1050", "1060", "1070", "1080", "1090"),
            "http://www.rr.com/guidelines",
            "<address> for (unblock|assistance) ... charter",
        ),
        (
            (
                "554 impin004.example.net cmsmtp 192.0.2.25 blocked. Please see https://www.spectrum.net/support/internet/understanding-email-error-codes"
                " for more information. AUP#In-1020"
            ),
            "554 dnvrco-cmimta15 esmtp ESMTP server not available AUP#I-1010",
        ),
        remedy="delist",
        also=(*_BLOCKED_ALSO, "wait"),
        settle=("dnsbl", "spread"),
        counter=("550 5.7.1 [CS] Message blocked. Please see https://console.mailchannels.net/insights/sessions/details/abc for more information",),
    ),
    rule(
        "charter.other_code",
        "named",
        "ip_blocked",
        ("aup#*", "cmsmtp ... aup#*"),
        ("550 5.1.0 sender rejected. AUP#In-1700",),
        operator="charter",
        remedy="delist",
        also=(*_BLOCKED_ALSO, "wait"),
        settle=("dnsbl", "spread"),
        url=_SPECTRUM,
        counter=("553 5.7.1 <shop@example.org>: Sender address rejected: not logged in",),
    ),
    _charter(
        "no_ipv6",
        "policy",
        _aup("1260"),
        ("554 mx0.example.net cmsmtp Connections over IPv6 are refused. AUP#1260",),
        side="ours",
        remedy="prefer_ipv4",
        also=("contact_recipient_admin", "delist"),
        counter=("550 5.1.0 sender rejected. AUP#In-1700",),
    ),
    _charter(
        "no_name",
        "ptr_missing",
        ("connection refused. ip name lookup failed", "mail refused - ip name lookup failed"),
        ("554 5.7.1 - Connection refused. IP name lookup failed for 192.0.2.25", "554 5.7.1 - ERROR: Mail refused - IP name lookup failed"),
        shared=True,
        counter=("550 5.7.1 - ERROR: Mail Refused - <192.0.2.25> - See http://security.rr.com/cgi-bin/block-lookup?192.0.2.25",),
    ),
    _charter(
        "roadrunner_block",
        "ip_blocked",
        (
            "error: mail refused - <ip>",
            "error: mail refused - <<ip>>",
            "^error: mail refused",
            "security.rr.com",
            "postmaster.rr.com",
            "(mail from|ip) <ip> ... road runner",
        ),
        (
            "550 5.7.1 - ERROR: Mail Refused - <192.0.2.25> - See http://security.rr.com/cgi-bin/block-lookup?192.0.2.25",
            "452 4.7.1 Mail refused - see http://postmaster.rr.com/spam",
        ),
        remedy="delist",
        also=_BLOCKED_ALSO,
        settle=("dnsbl",),
        unless=("name lookup",),
        counter=("554 5.7.1 - ERROR: Mail refused - IP name lookup failed",),
    ),
    _charter(
        "email_security_alert",
        "ip_blocked",
        ("email security alert",),
        ("554 Email Security Alert. Your computer may be infected; see http://www.charter.net/support",),
        remedy="fix_mta",
        also=("delist", "use_smarthost", "switch_outbound_ip"),
        counter=("550 5.7.1 Message refused, see https://www.laposte.net/postmaster",),
    ),
)

ATT = (
    _att(
        "block",
        "ip_blocked",
        (
            "dnsbl:attrbl",
            "dnsbl:rbl <n>",
            "dnsbl:rbl",
            "<n>*_is_blocked",
            "forward this [email|error] to <address> ... abuse_rbl",
            "(forward this email to|abuse_rbl) <address>",
            "blocked for abuse. see http*",
            "att.net/blocks",
            "dnsrbl: blocked for abuse",
            "blocked by sbc:",
            "blocked by (sbc|prodigy|att|bellsouth)",
            "blocked by ldap:ou=rblmx",
            "unauthorized interface for <ip>",
            "blocked ... for abuse. see http*",
        ),
        (
            "553 5.3.0 alph149 DNSBL:ATTRBL 521< 192.0.2.25 >_is_blocked.For assistance forward this email to abuse_rbl@example.net",
            "553 5.3.0 flpd591 DNSBL:RBL 521< 192.0.2.25 >_is_blocked. Blocked for abuse. See http://att.net/blocks",
            "521-192.0.2.25 blocked by sbc:blacklist.mailrelay.example.net. 521 DNSRBL: Blocked for abuse. See http://att.net/blocks",
            "550 192.0.2.25 blocked by ldap:ou=rblmx,dc=example,dc=net",
            "550 unauthorized interface for <192.0.2.25>",
        ),
        remedy="delist",
        also=_BLOCKED_ALSO,
        settle=("dnsbl",),
        counter=("550 5.7.1 Connections not accepted from servers without a valid sender domain.alph762 Fix reverse DNS for 192.0.2.25",),
    ),
    _att(
        "ptr",
        "ptr_missing",
        ("connections not accepted from servers without a valid sender (domain|<host>)", "^failure in dns look-up", "blocked for status: unknown sender"),
        (
            "550 5.7.1 Connections not accepted from servers without a valid sender domain.alph762 Fix reverse DNS for 192.0.2.25",
            "421-failure in DNS look-up.",
            "550 Error. Blocked for status: <unknown sender>",
        ),
        shared=True,
        counter=("550-5.7.1 [192.0.2.25] Messages missing a valid address in From: header, or having no From: header, are not accepted. abc - gsmtp",),
    ),
)

_VERIZON = says("verizon", "https://www.verizon.com/support/residential/internet/fiosinternet/email/blocked+email/questionsone/85702.htm")
_EARTHLINK = says("earthlink", "https://www.rackaid.com/blog/how-to-remove-your-email-server-ip-from-earthlinks-blacklist/")
_UNTD = says("united_online", "https://www.suped.com/learn/blocklists/what-spam-filters-do-netzero-and-juno-use-and-how-can-i-resolve-blocking-issues")
_OPENSRS = says("opensrs", "https://support.opensrs.com/support/solutions/articles/201000063064-hosted-email-ip-reputation")

OTHERS = (
    _VERIZON(
        "block",
        "ip_blocked",
        (
            "currently blocked by verizon online's anti-spam system",
            "verizon.net/whitelist",
            "blocked by verizon online",
            "verizon ... request removal of the block",
        ),
        (
            (
                "571 Email from 192.0.2.25 is currently blocked by Verizon Online's anti-spam system. The email sender or Email Service Provider may visit"
                " http://www.verizon.net/whitelist and request removal of the block. 071216"
            ),
        ),
        remedy="delist",
        also=_BLOCKED_ALSO,
        settle=("dnsbl",),
        counter=("554 5.7.1 Message contains spam or virus or sender is blocked : 0 (JFE040006)",),
    ),
    _EARTHLINK(
        "block",
        "ip_blocked",
        ("is blocked by earthlink", "earthlink.net/block", "dynamic/zombied/spam ips blocked", "write blockedbyearthlink", "blockedbyearthlink"),
        (
            "550 IP 192.0.2.25 is blocked by EarthLink. Go to earthlink.net/block for details.",
            "550 550 Dynamic/zombied/spam IPs blocked. Write blockedbyearthlink@example.net",
        ),
        remedy="delist",
        also=_BLOCKED_ALSO,
        settle=("dnsbl",),
        counter=("550 5.7.23 SPF: 192.0.2.25 is not permitted to send mail for example.com",),
    ),
    _UNTD(
        "block",
        "ip_blocked",
        ("^access <id>$", "untd.com/postmaster"),
        ("550 Access denied...3ddbc37ab3eb9797ab036f2b23230e2f8f3e9f1363f797abcb13975aa75abaa73b3b373b5aefbb5aefefef",),
        remedy="delist",
        also=(*_BLOCKED_ALSO, "contact_recipient_admin"),
        settle=("dnsbl", "spread"),
        counter=("550 5.7.1 <shop@example.org>... Access denied (in reply to MAIL FROM command)",),
    ),
    _OPENSRS(
        "block",
        "ip_blocklisted",
        ("<host>; your ip has been manually blacklisted", "your ip has been manually blacklisted"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using lists.example.net; Your IP has been manually blacklisted",),
        also=("contact_recipient_admin", "switch_outbound_ip", "use_smarthost"),
        counter=("550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using Customer Block list (AS16012607)",),
    ),
)

RULES = COMCAST + COX + CHARTER + ATT + OTHERS
