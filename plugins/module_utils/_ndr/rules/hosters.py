# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What hosters of mailboxes for firms say: GoDaddy, Rackspace, Zoho, Proton, Fastmail, OpenSRS, BigPond and others behind the same software.

GoDaddy ends its replies with ``IB`` and a number.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import says

_GODADDY = "https://www.godaddy.com/help/fix-rejected-email-with-a-bounce-error-40685"
_RACKSPACE = "https://docs.rackspace.com/docs/common-email-bounces"
_ZOHO = "https://www.zoho.com/mail/help/"
_ZOHO_POLICY = "https://help.zoho.com/portal/en/community/topic/554-5-2-3-mailpolicy-violation-error-delivering-to-mailboxes-27-7-2017"
_PROTON = "https://proton.me/support/smtp-errors"
_FASTMAIL = "https://www.fastmail.help/"
_PORTAL = ("switch_outbound_ip", "use_smarthost", "reduce_rate")


_godaddy = says("godaddy", _GODADDY)
_rackspace = says("rackspace", _RACKSPACE)
_zoho = says("zoho", _ZOHO)
_proton = says("proton", _PROTON)
_fastmail = says("fastmail", _FASTMAIL)
_mailchannels = says("mailchannels", "https://docs.mailchannels.com/outbound/smtp-errors")

GODADDY = (
    _godaddy(
        "reputation",
        "ip_reputation",
        (
            "this ip [address] has a poor reputation on cloudmark sender intelligence",
            "poor reputation on cloudmark sender intelligence",
            "connection refused. this ip has a poor reputation",
            "(ib103|ib107)",
        ),
        (
            "554 p3plibsmtp03-08.example.net bizsmtp Connection refused. This IP has a poor reputation on Cloudmark Sender Intelligence (CSI). IB103",
            (
                "554 IB103. Connection refused. 192.0.2.25 has a poor reputation on Cloudmark Sender Intelligence (CSI). Please visit"
                " http://csi.cloudmark.com/reset-request/?ip=192.0.2.25"
            ),
        ),
        remedy="delist",
        also=_PORTAL,
        counter=("554 p3plibsmtp03-08.example.net bizsmtp Connection refused. This IP address is listed on the Spamhaus Block List (SBL). IB104",),
    ),
    _godaddy(
        "spamhaus",
        "ip_blocklisted",
        (
            "connection refused. (<ip>|this ip address|this ip) is listed on the (exploits|spamhaus)",
            "is listed on the spamhaus [block list] sbl",
            "is listed on the exploits block list xbl",
            "(ib104|ib105)",
        ),
        (
            "554 p3plibsmtp03-08.example.net bizsmtp Connection refused. This IP address is listed on the Spamhaus Block List (SBL). IB104",
            (
                "554 BigPond Inbound IB105. Connection refused. 192.0.2.25 is listed on the Exploits Block List (XBL). Please visit"
                " http://www.spamhaus.org/xbl/ for more information."
            ),
        ),
        shared=True,
        counter=("554 bizsmtp Connection refused. 192.0.2.25 is listed on the Policy Block List (PBL). IB106",),
    ),
    _godaddy(
        "policy_list",
        "dynamic_ip",
        ("is listed on the policy block list pbl", "connection refused. (<ip>|this ip address) is listed on the policy block list", "ib106"),
        ("554 bizsmtp Connection refused. 192.0.2.25 is listed on the Policy Block List (PBL). IB106",),
        shared=True,
        counter=("554 p3plibsmtp03-08.example.net bizsmtp Connection refused. This IP address is listed on the Spamhaus Block List (SBL). IB104",),
    ),
    _godaddy(
        "blocked_for_spam",
        "ip_blocked",
        (
            "blocked [for the day,] for attempting to send too many messages containing content judged to be spam",
            "temporarily blocked for attempting to send too many messages containing content judged to be spam",
            "too many messages containing content judged to be spam",
            "(ib110|ib111)",
        ),
        (
            (
                "554 This IP has been temporarily blocked for attempting to send too many messages containing content judged to be spam by the Internet"
                " community. IB110"
            ),
            (
                "554 This IP has been blocked for the day, for attempting to send too many messages containing content judged to be spam by the Internet"
                " community. IB111"
            ),
        ),
        remedy="wait",
        also=("delist", "reduce_rate", "switch_outbound_ip", "use_smarthost", "fix_message"),
        temporary=True,
        counter=("554 This IP has been blocked for the day, for attempting to mail too many invalid recipients. IB113",),
    ),
    _godaddy(
        "invalid_recipients",
        "directory_harvest",
        ("for attempting to mail too many invalid recipients", "(ib112|ib113)"),
        (
            "554 This IP has been temporarily blocked for attempting to mail too many invalid recipients. IB112",
            "554 This IP has been blocked for the day, for attempting to mail too many invalid recipients. IB113",
        ),
        also=("reduce_rate", "wait", "delist", "switch_outbound_ip"),
        counter=("550 This IP has sent too many messages this hour. IB504 for information please see the help center",),
    ),
    _godaddy(
        "ptr",
        "ptr_missing",
        ("temporarily rejected. reverse dns for <ip> failed", "reverse dns for <ip> failed", "ib108"),
        ("421 p3plibsmtp02-09.example.net bizsmtp Temporarily rejected. Reverse DNS for 192.0.2.25 failed. IB108",),
        shared=True,
        counter=("554 This IP has been temporarily blocked for attempting to mail too many invalid recipients. IB112",),
    ),
    _godaddy(
        "sessions",
        "too_many_connections",
        ("connection refused, too many sessions from this ip", "(ib007|ib102)"),
        ("421 Connection refused, too many sessions from This IP. Lower the number of concurrent sessions. IB007",),
        counter=("452 This message contains too many recipients. Reduce the number of recipients and retry. IB605",),
    ),
    _godaddy(
        "rate",
        "rate_limited",
        (
            "this ip has sent too many messages this hour",
            "<ip> has sent too many messages this hour",
            "has sent to too many recipients this hour",
            "exceeded the max number of messages per session",
            "(ib504|ib506a|ib605b|ib607|ib705)",
        ),
        (
            "550 This IP has sent too many messages this hour. IB504 for information please see the help center",
            "550 5.1.1 joe@example.com has sent to too many recipients this hour. IB607",
            "550 This message has exceeded the max number of messages per session. Open a new session and try again. IB705",
        ),
        also=("wait", "switch_outbound_ip", "use_smarthost"),
        shared=True,
        counter=("452 This message contains too many recipients. Reduce the number of recipients and retry. IB605",),
    ),
    _godaddy(
        "recipients",
        "too_many_recipients",
        ("this message contains too many recipients. reduce the number", "ib605"),
        ("452 This message contains too many recipients. Reduce the number of recipients and retry. IB605",),
        counter=("421 Connection refused, too many sessions from This IP. Lower the number of concurrent sessions. IB007",),
    ),
    _godaddy(
        "busy",
        "system_busy",
        ("server temporarily unavailable. try again later ... ib*", "ib101"),
        ("421 Server temporarily unavailable. Try again later. IB101",),
        also=("reduce_rate", "contact_recipient_admin", "switch_outbound_ip"),
        shared=True,
        counter=("451 [BS02] Temporary server error. Please try again later.",),
    ),
    _godaddy(
        "spam_content",
        "spam_content",
        (
            "message has been rejected due to content judged to be spam by the internet community",
            "content judged to be spam by the internet community",
            "message rejected for spam or virus content ib702",
            "(ib212|ib701|ib702|ib703|ib706)",
        ),
        (
            "552 5.2.0 This message has been rejected due to content judged to be spam by the internet community. IB212",
            "552 Message rejected for spam or virus content IB702",
        ),
        also=("contact_recipient_admin", "delist"),
        unless=("too many messages",),
        counter=("554 This IP has been blocked for the day, for attempting to mail too many invalid recipients. IB113",),
    ),
    _godaddy(
        "sender",
        "sender_address_rejected",
        (
            "blank from: addresses are not allowed",
            "ip addresses are not allowed as a from: address",
            "<host> from: domain is invalid. provide a valid from",
            "from: domain is invalid",
            "(ib501|ib502|ib503|ib506|ib507)",
        ),
        (
            "550 Blank From: addresses are not allowed. Provide a valid From. IB501",
            "550 joe@192.0.2.25 IP addresses are not allowed as a From: Address. Provide a valid From. IB502",
            "550 example.com From: Domain is invalid. Provide a valid From: IB506",
        ),
        also=("fix_message", "fix_mta"),
        counter=("554 p3plibsmtp03-08.example.net bizsmtp Connection refused. This IP address is listed on the Spamhaus Block List (SBL). IB104",),
    ),
    _godaddy(
        "spf",
        "spf_failed",
        ("invalid spf record. inspect your spf settings", "ib508"),
        ("550 joe@example.com Invalid SPF record. Inspect your SPF settings, and try again. IB508",),
        counter=("550 This message has exceeded the max number of messages per session. Open a new session and try again. IB705",),
    ),
    _godaddy(
        "no_login_here",
        "authentication_required",
        ("authentication not allowed on ibsmtp servers", "ib401"),
        ("535 Authentication not allowed on IBSMTP Servers. IB401",),
        also=("fix_route", "use_smarthost"),
        counter=("550 Blank From: addresses are not allowed. Provide a valid From. IB501",),
    ),
    _godaddy(
        "relay_limit",
        "rate_limited",
        ("sender has sent too many messages ... relays", "number of smtp relays has been exceeded", "you've exceeded your smtp relays"),
        ("550 joe@example.com Number of SMTP relays has been exceeded: You've exceeded your SMTP relays for today",),
        also=("wait", "use_smarthost"),
        counter=("554 This IP has been temporarily blocked for attempting to mail too many invalid recipients. IB112",),
    ),
)

OTHERS = (
    _rackspace(
        "throttled",
        "rate_limited",
        ("client host rejected: throttled - too much spam from your mail server", "too much spam from your mail server"),
        ("451 4.3.0 <mail.example.org[192.0.2.25]>: Client host rejected: Throttled - Too much spam from your mail server. Try again later.",),
        also=("wait", "fix_message", "delist"),
        settle=("dnsbl", "spread"),
        counter=("450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.25]",),
    ),
    _rackspace(
        "listed",
        "ip_blocklisted",
        ("acl dns_rbl; client host", "acl dns_rbl", "service unavailable; acl dns_rbl"),
        ("554 5.7.1 ACL dns_rbl; Client host [192.0.2.25] blocked using cbl.abuseat.org=127.0.0.2",),
        counter=("550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using Customer Block list (AS16012607)",),
    ),
    _zoho(
        "unusual_activity",
        "rate_limited",
        ("unusual sending activity detected", "please try after sometime", "unusual activity detected"),
        ("550 5.4.6 Unusual sending activity detected. Please try after sometime",),
        also=("wait", "fix_mta", "use_smarthost"),
        url="https://www.zoho.com/mail/help/usage-policy.html",
        counter=("554 5.7.7 Email policy violation detected",),
    ),
    _zoho(
        "relaying",
        "relay_denied",
        ("relaying disallowed as <address>", "relaying disallowed as", "relaying disallowed. invalid domain", "relaying issues"),
        ("553 Relaying disallowed as joe@example.com", "554 5.7.7 Email policy violation detected: 553 Relaying disallowed. Invalid Domain - example.com"),
        side="ours",
        remedy="fix_relay_auth",
        also=("fix_sender_domain", "contact_recipient_admin", "fix_route"),
        url="https://www.zoho.com/zeptomail/help/api/smtp-error-codes.html",
        shared=True,
        counter=("554 5.7.7 Email policy violation detected",),
    ),
    _zoho(
        "destination",
        "policy",
        ("mail rejected by destination domain",),
        ("541 5.4.1 Mail rejected by destination domain",),
        also=("fix_message", "delist", "switch_outbound_ip"),
        shared=True,
        counter=("554 5.7.7 Email policy violation detected: 553 Relaying disallowed. Invalid Domain - example.com",),
    ),
    _zoho(
        "policy_rejection",
        "policy",
        (
            "mailpolicy violation error",
            "email rejected due to policy",
            "policy violation! email has been blocked",
            "access denied ... zoho",
            "email policy violation detected",
        ),
        ("554 5.7.7 Email policy violation detected",),
        also=("fix_message", "fix_sender_auth", "delist", "switch_outbound_ip"),
        shared=True,
        counter=("550 5.4.6 Unusual sending activity detected. Please try after sometime",),
        url=_ZOHO_POLICY,
    ),
    _zoho(
        "blacklisted",
        "ip_blocklisted",
        ("blocked: your ip has been blacklisted", "ip has been blacklisted by zoho*", "mail server ip <ip> is blacklisted ... zoho"),
        ("554 5.2.3 MailPolicy violation Error: Blocked: Your IP has been blacklisted by ZohoMail",),
        counter=("550 5.0.1 Invalid Sender. Your domain has been blacklisted. OFR_310",),
        url=_ZOHO_POLICY,
    ),
    _proton(
        "unknown",
        "user_unknown",
        ("recipient address rejected: address does not exist", "<address>: recipient address rejected: address does not exist"),
        ("550 5.1.1 <zoe@example.org>: Recipient address rejected: Address does not exist",),
        counter=("450 4.1.8 <zoe@example.com>: sender address rejected: unknown domain does not exist",),
    ),
    _fastmail(
        "ask_the_owner",
        "user_unknown",
        ("recipient address rejected: user unknown. ask",),
        ("550 5.1.1 <zoe@example.org>: Recipient address rejected: User unknown. Ask the sender to check the address",),
        counter=("550 5.1.0 <shop@example.org>: Sender address rejected: User unknown in virtual mailbox table",),
    ),
    says("namecheap", "https://www.namecheap.com/support/knowledgebase/article.aspx/10485/93/how-to-manage-jellyfish-rules")(
        "jellyfish",
        "spam_content",
        ("message contains spam or virus or sender is blocked", "jfe<n>", "(jfe030021|jfe040006|jfe040007|jfe010004)"),
        ("554 5.7.1 Message contains spam or virus or sender is blocked : 0 (JFE040006)",),
        also=("contact_recipient_admin", "delist", "switch_outbound_ip"),
        settle=("dnsbl", "spread"),
        counter=("550 5.7.1 message is not RFC 5322 compliant",),
    ),
    _mailchannels(
        "blocked",
        "spam_content",
        (
            "(cs|csas|bl|tu|th|ntu) ... console.mailchannels.net",
            "console.mailchannels.net",
            "message blocked. please see https://console.mailchannels.net*",
            "messages from the sending ip ... mailchannels",
        ),
        ("550 5.7.1 [CS] Message blocked. Please see https://console.mailchannels.net/insights/sessions/details/abc for more information",),
        side="ours",
        also=("fix_relay_auth", "fix_mta", "contact_recipient_admin", "reduce_rate"),
        settle=("spread",),
        counter=("550 5.7.1 [SDNF] Sender Domain Not Found. See https://support.example.net/hc/en-us/articles/203155500",),
    ),
    _mailchannels(
        "sender_domain",
        "sender_domain_unresolvable",
        ("sdnf sender domain not found", "sender domain not found ... mailchannels"),
        ("550 5.7.1 [SDNF] Sender Domain Not Found. See https://support.example.net/hc/en-us/articles/203155500",),
        counter=("550 5.7.1 [SDL] Domain Lockdown: this sender is not permitted for example.com",),
    ),
    _mailchannels(
        "domain_lockdown",
        "sender_address_rejected",
        ("domain lockdown", "sender domain ... is not authorized ... lockdown", "failed domain lockdown"),
        ("550 5.7.1 [SDL] Domain Lockdown: this sender is not permitted for example.com",),
        remedy="fix_sender_domain",
        also=("fix_relay_auth", "fix_spf"),
        counter=("553 mail for this domain is not handled here",),
    ),
)

RULES = GODADDY + OTHERS
