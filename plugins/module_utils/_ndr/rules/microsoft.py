# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What Outlook.com (Hotmail, Live, MSN) and Exchange Online say. Words of Exchange itself stand in the table of mail software.

Exchange Online gives each cause a status of its own (5.7.5xx and following), which is enough for a rule where the words are cut off;
Outlook.com gives short codes (``S3140``, ``RP-001``, ``OU-002``).
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule, says

_ONLINE = "https://learn.microsoft.com/en-us/troubleshoot/exchange/email-delivery/ndr/non-delivery-reports-in-exchange-online"
_POSTMASTER = "https://sendersupport.olc.protection.outlook.com/pm/troubleshooting"
_DELIST = "https://sender.office.com/"
_NDR = "https://learn.microsoft.com/en-us/troubleshoot/exchange/email-delivery/ndr/"


_microsoft = says("microsoft", _ONLINE)


def _status(name, reason, statuses, example, *, tier="named", **more):
    """Return a rule about a status that only Exchange Online uses, for replies whose words say nothing."""
    return rule("microsoft." + name, tier, reason, (), (example,), **dict({"operator": "microsoft", "url": _ONLINE, "when": {"status": statuses}}, **more))


def _numbers(first, last):
    return [f"x.7.{number}" for number in range(first, last + 1)]


_OUR_ADDRESS = (
    _microsoft(
        "block_list",
        "ip_blocked",
        (
            "(s3140|s3150|as3140|as3150|s3131|s3139|s3149)",
            "part of their network is on our block list",
            "^(sc-<n>|sc-001|sc-002|sc-003|sc-004|ou-001|ou-002)",
            "(sc-001|sc-002|sc-003|sc-004|ou-001|ou-002) ... (unfortunately|mail rejected|messages from)",
            "messages from <ip> weren't sent",
            "mail rejected by (<host>|windows live hotmail|hotmail) for policy reasons",
            "refer your provider to http://mail.live.com/mail/troubleshooting.aspx",
            "a block has been placed against your ip address",
            "exhibited namespace mining behavior",
            "email from ip's on spam lists",
        ),
        (
            (
                "550 5.7.1 Unfortunately, messages from [192.0.2.25] weren't sent. Please contact your Internet service provider since part of their"
                " network is on our block list (S3150). You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors."
                " [AM7EUR03FT041.eop-EUR03.prod.protection.outlook.com]"
            ),
            (
                "550 SC-001 (COL004-MC4F40) Unfortunately, messages from 192.0.2.25 weren't sent. Please contact your Internet service provider since part"
                " of their network is on our block list."
            ),
            (
                "550 OU-002 (BAY004-MC1F12) Mail rejected by Outlook.com for policy reasons. Reasons for rejection may be related to content with"
                " spam-like characteristics or IP/domain reputation."
            ),
            (
                "550 SC-004 Mail rejected by Windows Live Hotmail for policy reasons. A block has been placed against your IP address because we have"
                " received complaints concerning mail coming from that IP address."
            ),
        ),
        remedy="delist",
        also=("switch_outbound_ip", "use_smarthost", "reduce_rate"),
        url=_POSTMASTER,
        counter=(
            (
                "Your message couldn't be delivered because you weren't recognized as a valid sender. The most common reason for this is that your email"
                " address is suspected of sending spam."
            ),
        ),
    ),
    _microsoft(
        "dynamic",
        "dynamic_ip",
        (
            "(dy-001|dy-002) [mail rejected by] [windows live hotmail|<host>] [for policy reasons]",
            "generally do not accept email from dynamic ip's",
            "mail rejected by ... dynamic ip",
        ),
        (
            (
                "550 DY-001 (SNT004-MC2F7) Mail rejected by Outlook.com for policy reasons. We generally do not accept email from dynamic IP's as they are"
                " not typically used to deliver unauthenticated SMTP email to an Internet mail server."
            ),
        ),
        url=_POSTMASTER,
        counter=(
            (
                "550 OU-002 (BAY004-MC1F12) Mail rejected by Outlook.com for policy reasons. Reasons for rejection may be related to content with"
                " spam-like characteristics or IP/domain reputation."
            ),
        ),
    ),
    _microsoft(
        "banned_ip",
        "ip_blocked",
        (
            "access denied, banned sending ip",
            "access denied, banned sender <ip>",
            "(please|to) (visit|use) https://sender.office.com",
            "sender.office.com",
            "forward this message to <address> ... as <n>",
            "blocked using (fblw15|fbl|blocklist <n>)",
        ),
        (
            (
                "550 5.7.606 Access denied, banned sending IP [192.0.2.25]. To request removal from this list please visit https://sender.office.com/ and"
                " follow the directions. For more information please go to http://go.microsoft.com/fwlink/?LinkID=526655 AS(1430)"
            ),
            (
                "550 5.7.511 Access denied, banned sender[192.0.2.25]. To request removal from this list please forward this message to"
                " delist@example.com. AS(1410)"
            ),
            (
                "550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using FBLW15; To request removal from this list please forward this"
                " message to delist@example.com"
            ),
        ),
        remedy="delist",
        also=("switch_outbound_ip", "use_smarthost"),
        url=_DELIST,
        counter=(
            (
                "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. For more information please go to"
                " http://go.microsoft.com/fwlink/?LinkId=526653 AS(8561)"
            ),
        ),
    ),
    _status(
        "banned_ip_by_status",
        "ip_blocked",
        [*_numbers(606, 649), "x.7.511"],
        "550 5.7.612 No.",
        remedy="delist",
        also=("switch_outbound_ip", "use_smarthost"),
        url=_DELIST,
        counter=("550 5.7.233 No.",),
    ),
    _microsoft(
        "customer_block_list",
        "ip_blocked",
        (
            "client host <ip> blocked [by <host>] using customer block list",
            "blocked [by <host>] using customer block list",
            "access denied, rejected by recipient",
        ),
        (
            "550 5.7.513 Service unavailable, Client host [192.0.2.25] blocked by example.org using Customer Block list (AS16012607)",
            "550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using Customer Block list (AS16012607)",
            "550 5.7.507 Access denied, rejected by recipient. AS(1510)",
        ),
        remedy="contact_recipient_admin",
        also=("switch_outbound_ip", "delist", "use_smarthost"),
        counter=(
            (
                "550 5.7.1 Service unavailable, Client host [192.0.2.25] blocked using Spamhaus. To request removal from this list see"
                " https://www.spamhaus.org/query/ip/192.0.2.25 (AS16012612)"
            ),
        ),
    ),
    _status(
        "customer_block_list_by_status",
        "ip_blocked",
        ["x.7.507", "x.7.513"],
        "550 5.7.513 No.",
        remedy="contact_recipient_admin",
        also=("switch_outbound_ip", "delist", "use_smarthost"),
        counter=("550 5.7.233 No.",),
    ),
    _microsoft(
        "spamhaus",
        "ip_blocklisted",
        (
            "service unavailable, client host <ip> blocked using spamhaus",
            "client host <ip> blocked using spamhaus. to request removal from this list",
            "client host <ip> blocked using blocklist <n>",
        ),
        (
            (
                "550 5.7.1 Service unavailable, Client host [192.0.2.25] blocked using Spamhaus. To request removal from this list see"
                " https://www.spamhaus.org/query/ip/192.0.2.25 (AS16012612)"
            ),
            (
                "550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using Blocklist 1; To request removal from this list please forward this"
                " message to the postmaster (S3130)"
            ),
        ),
        url=_POSTMASTER,
        counter=(
            (
                "550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using FBLW15; To request removal from this list please forward this"
                " message to delist@example.com"
            ),
        ),
    ),
    _microsoft(
        "mail_from_listed",
        "domain_blocklisted",
        ("mailfrom domain is listed in spamhaus", "(s8002|as8002) ... domain", "domain is listed in spamhaus"),
        (
            (
                "550 5.7.1 Service unavailable, MailFrom domain is listed in Spamhaus. To request removal from this list see"
                " https://www.spamhaus.org/query/lookup/ (S8002)"
            ),
        ),
        url=_POSTMASTER,
        counter=(
            (
                "550 5.7.1 Service unavailable, Client host [192.0.2.25] blocked using Spamhaus. To request removal from this list see"
                " https://www.spamhaus.org/query/ip/192.0.2.25 (AS16012612)"
            ),
        ),
    ),
    _microsoft(
        "try_later_ip",
        "ip_blocked",
        (
            "access denied, please try again later",
            "(s77719|s77714|s77716|s77712|s777|s843|s844|as843|as844)",
            "server busy. please try again later [from <ip>]",
            "temporarily deferred due to ip reputation",
        ),
        (
            "451 4.7.500 Server busy. Please try again later from [192.0.2.25]. (S77719) [DB5EUR01FT012.eop-EUR01.prod.protection.outlook.com]",
            "451 4.7.550 Access denied, please try again later (S77714)",
            (
                "451 4.7.500 Server busy. Please try again later from [192.0.2.25]. For more information please go to"
                " http://go.microsoft.com/fwlink/?LinkId=526653. (AS843)"
            ),
        ),
        temporary=True,
        remedy="wait",
        also=("reduce_rate", "delist", "switch_outbound_ip", "use_smarthost"),
        unless=("not in", "rate limited due to"),
        counter=(
            (
                "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. For more information please go to"
                " http://go.microsoft.com/fwlink/?LinkId=526653 AS(8561)"
            ),
        ),
    ),
    _status(
        "try_later_by_status",
        "ip_blocked",
        [f"4.7.{number}" for number in (*range(500, 516), *range(550, 560), *range(653, 700), *range(850, 900))],
        "451 4.7.555 Later.",
        remedy="wait",
        also=("reduce_rate", "delist", "switch_outbound_ip", "use_smarthost"),
        counter=("451 4.7.650 Later.",),
    ),
    _microsoft(
        "rate_limited_for_reputation",
        "ip_reputation",
        (
            "has been temporarily rate limited due to ip reputation",
            "temporarily rate limited due to (ip|domain) reputation",
            "(rp-001|rp-002|s775|s776|as775|s779|s3113|s3114)",
            "exceeded the rate limit allowed",
            "reason for rate limitation is related to ip/domain reputation",
            "exceeded the connection limit allowed. reason for limitation is related to",
        ),
        (
            (
                "451 4.7.650 The mail server [192.0.2.25] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see"
                " https://postmaster.live.com (S775) [DB8EUR06FT018.eop-eur06.prod.protection.outlook.com]"
            ),
            "421 RP-001 (BAY004-MC3F35) The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed.",
            (
                "421 RP-002 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed on this connection. Reason for rate"
                " limitation is related to IP/domain reputation."
            ),
        ),
        remedy="reduce_rate",
        also=("wait", "delist", "switch_outbound_ip", "use_smarthost"),
        url=_POSTMASTER,
        counter=("421 RP-003 The mail server IP connecting to Outlook.com server has exceeded the connection limit allowed on this connection.",),
    ),
    _status(
        "rate_limited_by_status",
        "ip_reputation",
        ["4.7.650", "4.7.651"],
        "451 4.7.650 Later.",
        remedy="reduce_rate",
        also=("wait", "delist", "switch_outbound_ip", "use_smarthost"),
        url=_POSTMASTER,
        counter=("451 4.7.555 Later.",),
    ),
    _microsoft(
        "hourly_limits",
        "rate_limited",
        (
            "we have limits for how many messages can be sent per hour and per day",
            "some messages from <ip> weren't sent",
            "exceeded permitted limits within",
            "has exceeded permitted limits",
        ),
        (
            (
                "421 Unfortunately, some messages from 192.0.2.25 weren't sent. Please try again. We have limits for how many messages can be sent per"
                " hour and per day."
            ),
            "550 5.7.508 Access denied, [2001:db8::25] has exceeded permitted limits within 2001:db8::/64 range. AS(4321)",
        ),
        also=("wait", "delist", "switch_outbound_ip"),
        url=_POSTMASTER,
        counter=(
            (
                "550 SC-001 (COL004-MC4F40) Unfortunately, messages from 192.0.2.25 weren't sent. Please contact your Internet service provider since part"
                " of their network is on our block list."
            ),
        ),
    ),
    _microsoft(
        "connections",
        "too_many_connections",
        ("(rp-003|s3115)", "mail server <ip> has exceeded the maximum number of connections", "exceeded the connection limit allowed"),
        (
            "451 4.7.652 The mail server [192.0.2.25] has exceeded the maximum number of connections. (S3115)",
            "421 RP-003 The mail server IP connecting to Outlook.com server has exceeded the connection limit allowed on this connection.",
        ),
        url=_POSTMASTER,
        counter=(
            (
                "421 RP-002 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed on this connection. Reason for rate"
                " limitation is related to IP/domain reputation."
            ),
        ),
    ),
    _microsoft(
        "traffic_not_accepted",
        "ip_reputation",
        ("access denied, traffic not accepted from this ip", "traffic not accepted from this ip"),
        (
            (
                "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. For more information please go to"
                " http://go.microsoft.com/fwlink/?LinkId=526653 AS(8561)"
            ),
        ),
        remedy="delist",
        also=("use_smarthost", "switch_outbound_ip", "wait"),
        url=_NDR + "fix-error-code-5-7-700-through-5-7-750",
        counter=(
            (
                "451 4.7.500 Server busy. Please try again later from [192.0.2.25]. For more information please go to"
                " http://go.microsoft.com/fwlink/?LinkId=526653. (AS843)"
            ),
        ),
    ),
    _microsoft(
        "no_ipv6",
        "policy",
        ("does not accept email over ipv6",),
        ("550 5.7.510 Access denied, example.org does not accept email over IPv6. AS(1620)",),
        side="ours",
        remedy="prefer_ipv4",
        also=("contact_recipient_admin", "switch_outbound_ip"),
        settle=("ptr", "spf"),
        counter=("550 5.7.26 Service does not accept messages sent over IPv6 [2001:db8::25] unless they pass either SPF or DKIM validation",),
    ),
    _microsoft(
        "ptr",
        "ptr_missing",
        (
            "sending ip address <ip> must have a reverse dns record",
            "ipv6 address <ip> must have a reverse dns record",
            "must have (a reverse dns|a ptr) record",
        ),
        ("450 4.7.25 Service unavailable, sending IPv6 address [2001:db8::25] must have reverse DNS record. The address must have a reverse DNS record",),
        counter=("450 4.7.26 Access denied, a message sent over IPv6 [2001:db8::25] must pass either SPF or DKIM validation, this message is not signed.",),
    ),
)

_OUR_NAMES = (
    _microsoft(
        "dmarc",
        "dmarc_failed",
        (
            "does not pass dmarc verification and has a dmarc policy of",
            "sending domain <host> does not pass dmarc verification",
            "does not pass dmarc verification",
        ),
        (
            (
                "550 5.7.509 Access denied, sending domain [EXAMPLE.COM] does not pass DMARC verification and has a DMARC policy of reject."
                " [AM0PR05MB1234.eurprd05.prod.outlook.com]"
            ),
        ),
        url="https://learn.microsoft.com/en-us/defender-office-365/email-authentication-dmarc-configure",
        counter=("550 5.7.510 Access denied, example.org does not accept email over IPv6. AS(1620)",),
    ),
    _microsoft(
        "authentication_level",
        "auth_failed",
        (
            "(does not|doesn't) meet the required authentication level",
            "doesn't meet the authentication requirements defined for the sender",
            "a message sent over ipv6 <ip> must pass either spf or dkim validation",
            "must pass either spf or dkim validation",
        ),
        (
            (
                "550 5.7.515 Access denied, sending domain example.com does not meet the required authentication level. The sender's domain in the"
                " 5322.From address doesn't meet the authentication requirements defined for the sender. To learn how to fix this see:"
                " https://go.microsoft.com/fwlink/p/?linkid=2319303 Spf= Fail , Dkim= Fail , DMARC= Fail"
            ),
            "450 4.7.26 Access denied, a message sent over IPv6 [2001:db8::25] must pass either SPF or DKIM validation, this message is not signed.",
        ),
        also=("fix_spf", "fix_dkim", "fix_dmarc", "prefer_ipv4"),
        url="https://techcommunity.microsoft.com/blog/microsoftdefenderforoffice365blog/"
        "strengthening-email-ecosystem-outlook%E2%80%99s-new-requirements-for-high%E2%80%90volume-senders/4399730",
        counter=("550 5.1.8 Access denied, bad outbound sender. For more information please go to http://go.microsoft.com/fwlink/?LinkId=875724. S(9333)",),
    ),
    _microsoft(
        "ipv6_unauthenticated",
        "auth_failed",
        ("sent over ipv6 <ip> unless they pass either spf or dkim", "messages sent over ipv6"),
        ("550 5.7.26 Service does not accept messages sent over IPv6 [2001:db8::25] unless they pass either SPF or DKIM validation",),
        also=("prefer_ipv4", "fix_spf", "fix_dkim"),
        counter=("550 5.7.510 Access denied, example.org does not accept email over IPv6. AS(1620)",),
    ),
    _microsoft(
        "bad_helo",
        "helo_rejected",
        ("access denied, bad helo",),
        ("550 5.7.506 Access denied, Bad HELO. AS(1420)",),
        settle=("helo",),
        counter=("550 5.7.503 Access denied, banned sender. AS(1240)",),
    ),
    _microsoft(
        "banned_sender",
        "domain_blocklisted",
        ("access denied, banned sender", "access denied, spam abuse detected", "spam abuse detected"),
        (
            "550 5.7.501 Access denied, spam abuse detected. The sending account has been banned due to detected spam activity. AS(1230)",
            "550 5.7.503 Access denied, banned sender. AS(1240)",
        ),
        remedy="delist",
        also=("fix_sender_domain", "contact_recipient_admin", "fix_message", "switch_outbound_ip"),
        unless=("banned sender <ip>",),
        counter=(
            (
                "550 5.7.511 Access denied, banned sender[192.0.2.25]. To request removal from this list please forward this message to"
                " delist@example.com. AS(1410)"
            ),
        ),
    ),
    _microsoft(
        "bad_outbound_sender",
        "sender_address_rejected",
        ("access denied, bad outbound sender", "you weren't recognized as a valid sender", "isn't allowed to send email outside of the organization"),
        (
            "550 5.1.8 Access denied, bad outbound sender. For more information please go to http://go.microsoft.com/fwlink/?LinkId=875724. S(9333)",
            (
                "Your message couldn't be delivered because you weren't recognized as a valid sender. The most common reason for this is that your email"
                " address is suspected of sending spam."
            ),
        ),
        remedy="delist",
        also=("fix_sender_domain", "fix_mta", "reduce_rate", "contact_recipient_admin"),
        url=_NDR + "fix-error-code-5-1-8-in-exchange-online",
        counter=(
            (
                "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. For more information please go to"
                " http://go.microsoft.com/fwlink/?LinkId=526653 AS(8561)"
            ),
        ),
    ),
    _microsoft(
        "tenant_threshold",
        "rate_limited",
        (
            "access denied, tenant has exceeded threshold",
            "tenant has exceeded (threshold|the|its)",
            "has exceeded the (tenant|external|daily|recipient) [external] (recipient rate limit|threshold|recipient limit)",
            "tenant ... external recipient rate limit",
            "you've reached your daily limit for message recipients",
            "submission quota exceeded",
            "sender's submission quota was exceeded",
            "reached your daily limit for message recipients",
            "exceeded the maximum number of messages ... trial tenant",
        ),
        (
            (
                "550 5.7.705 Access denied, tenant has exceeded threshold. For more information please go to"
                " https://go.microsoft.com/fwlink/?linkid=875717. AS(7053)"
            ),
            (
                "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email to external recipients (tenant"
                " external recipient rate limit)"
            ),
            "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
        ),
        also=("wait", "use_smarthost", "delist"),
        url=_NDR + "fix-error-code-5-7-700-through-5-7-750",
        counter=(
            (
                "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. For more information please go to"
                " http://go.microsoft.com/fwlink/?LinkId=526653 AS(8561)"
            ),
        ),
    ),
    _status(
        "tenant_by_status",
        "rate_limited",
        ["5.7.232", "5.7.233", "5.7.236", "5.1.90", *[s.replace("x", "5") for s in _numbers(700, 707)]],
        "550 5.7.233 No.",
        also=("wait", "use_smarthost", "delist"),
        counter=("550 5.7.612 No.",),
    ),
    _microsoft(
        "unregistered_domain",
        "sender_address_rejected",
        ("client blocked from sending from unregistered domain*", "blocked from sending from unregistered domains"),
        ("550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains. AS(9812)",),
        also=("fix_relay_auth", "fix_message"),
        url=_NDR + "fix-error-code-5-7-700-through-5-7-750",
        counter=(
            (
                "550 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using Blocklist 1; To request removal from this list please forward this"
                " message to the postmaster (S3130)"
            ),
        ),
    ),
    _microsoft(
        "not_authenticated",
        "authentication_required",
        (
            "client not authenticated to send anonymous mail",
            "client was not authenticated to send anonymous mail during mail from",
            "smtpclientauthentication is disabled",
            "authentication unsuccessful, (basic authentication is disabled|user is locked|smtpclientauthentication|the user credentials)",
            "basic authentication is (disabled|not supported)",
        ),
        (
            "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM [AM6P193CA0042.EURP193.PROD.OUTLOOK.COM]",
            (
                "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for"
                " more information."
            ),
        ),
        url=_NDR + "fix-error-code-5-7-57-in-exchange-online",
        counter=("530 5.7.1 client was not authenticated to send anonymous mail",),
    ),
    _microsoft(
        "attribution",
        "relay_denied",
        (
            "tenantattribution; relay access denied",
            "attr<n> ... relay access denied",
            "relay access denied attr*",
            "tenantattribution",
        ),
        ("550 5.7.64 TenantAttribution; Relay Access Denied [HE1EUR01FT019.eop-EUR01.prod.protection.outlook.com]",),
        also=("fix_relay_auth", "fix_route", "use_smarthost"),
        url=_NDR + "fix-error-code-5-7-64-in-exchange-online",
        counter=("550 5.4.1 [zoe@example.org]: Recipient address rejected: Access denied [HE1EUR01FT034.eop-EUR01.prod.protection.outlook.com]",),
    ),
    _microsoft(
        "wrong_region",
        "relay_denied",
        ("mail sent to the wrong office <n> region", "sent to the wrong office 365 region"),
        ("451 4.4.62 Mail sent to the wrong Office 365 region. ATTR35",),
        side="ours",
        remedy="fix_route",
        also=("contact_recipient_admin", "wait"),
        url=_ONLINE,
        counter=("550 5.7.64 TenantAttribution; Relay Access Denied [HE1EUR01FT019.eop-EUR01.prod.protection.outlook.com]",),
    ),
    _microsoft(
        "partner_connector",
        "policy",
        (
            "tenantinboundattribution; there is a partner connector",
            "(restrictdomainstoipaddresses|restrictdomainstocertificate)",
            "partner connector configured that matched",
        ),
        (
            (
                "550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's recipient domain. The connector"
                " had either the RestrictDomainsToIPAddresses or RestrictDomainsToCertificate set [AM0EUR02FT012.eop-EUR02.prod.protection.outlook.com]"
            ),
        ),
        also=("fix_route", "use_smarthost", "fix_tls"),
        counter=("The recipient's mailbox is full and can't accept messages now. Please try resending your message later, or contact the recipient directly.",),
    ),
    _microsoft(
        "outdated_server",
        "policy",
        ("connecting exchange server version is out-of-date",),
        (
            "450 4.7.230 Connecting Exchange server version is out-of-date; connection to Exchange Online throttled for 5 mins/hr.",
            "550 5.7.230 Connecting Exchange server version is out-of-date; connection to Exchange Online blocked for 10 mins/hr.",
        ),
        side="ours",
        remedy="fix_mta",
        also=("wait",),
        settle=(),
        url="https://aka.ms/BlockUnsafeExchange",
        counter=("Your message to zoe@example.org couldn't be delivered. zoe wasn't found at example.org.",),
    ),
    _microsoft(
        "rejected_by_organization",
        "policy",
        (
            "the following organization rejected your message: <host>",
            "security or policy settings at <host> have rejected your message",
            "because the recipient's email provider rejected it",
            "la siguiente organizacion rechazo su mensaje",
            "la configuracion de seguridad o (de directiva|directivas) ... rechazado (el|su) mensaje",
        ),
        (
            "The following organization rejected your message: mx.example.org.",
            "Your message to zoe@example.org couldn't be delivered. Security or policy settings at example.org have rejected your message.",
        ),
        also=("fix_message", "delist", "switch_outbound_ip", "wait"),
        tier="vague",
        counter=("Your message to zoe@example.org couldn't be delivered. zoe wasn't found at example.org.",),
    ),
    _microsoft(
        "sender_filter",
        "policy",
        ("senderfilterconfig",),
        ("554 5.1.0 SenderFilterConfig: sender denied",),
        also=("fix_sender_domain", "delist"),
        counter=("550 5.7.503 Access denied, banned sender. AS(1240)",),
    ),
    _microsoft(
        "exchange_authentication",
        "authentication_required",
        ("cannot achieve exchange server authentication", "not authorized; starttls is required"),
        ("550 5.7.3 Cannot achieve Exchange Server authentication",),
        also=("fix_route", "contact_recipient_admin", "use_smarthost"),
        counter=("550 5.4.317 Message expired, cannot connect to remote server -> 421 4.4.1 timeout",),
    ),
    _microsoft(
        "tenant_block_list",
        "policy",
        ("blocked by your organization using tenant allow block list", "blocked by your organization using tenant allow/block list"),
        ("550 5.7.703 Your message can't be delivered because messages to zoe@example.org are blocked by your organization using Tenant Allow Block List.",),
        side="ours",
        remedy="fix_mta",
        also=("contact_recipient_admin", "fix_message", "use_smarthost"),
        counter=(
            (
                "Your message couldn't be delivered because the group board only accepts messages from people in its organization or on its allowed"
                " senders list, and your email address isn't on the list."
            ),
        ),
    ),
    _microsoft(
        "external_forwarding",
        "policy",
        ("your organization does not allow external forwarding", "organization doesn't allow external forwarding"),
        (
            (
                "550 5.7.520 Access denied, Your organization does not allow external forwarding. Please contact your administrator for further"
                " assistance. AS(7555)"
            ),
        ),
        counter=("550 5.7.510 Access denied, example.org does not accept email over IPv6. AS(1620)",),
    ),
)

_RECIPIENTS = (
    _microsoft(
        "directory_edge",
        "user_unknown",
        (
            "<address>: recipient address rejected: access denied",
            "all recipient addresses rejected : access denied",
            "recipient address rejected: access denied",
            "recipient address rejected: access denied. as",
            "recipient address rejected: access denied [. as <n>] <host>",
            "access denied. as <n>",
        ),
        (
            "550 5.4.1 [zoe@example.org]: Recipient address rejected: Access denied [HE1EUR01FT034.eop-EUR01.prod.protection.outlook.com]",
            (
                "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB8EUR06FT033.eop-eur06.prod.protection.outlook.com"
                " 2024-05-01T10:00:00.000Z 08DC1234ABCD5678]"
            ),
            "550 5.7.504 [zoe@example.org]: Recipient address rejected: Access denied",
        ),
        when={"status": ["5.4.1", "4.4.1", "5.7.504", "5.1.10"]},
        also=("contact_recipient_admin",),
        url=_NDR + "fix-error-code-550-5-4-1-in-exchange-online",
        counter=("550 5.7.507 Access denied, rejected by recipient. AS(1510)",),
    ),
    _microsoft(
        "directory_edge_code",
        "user_unknown",
        ("recipient address rejected: access denied. as <n>",),
        ("Recipient address rejected: Access denied. AS(201806281)",),
        also=("contact_recipient_admin",),
        url=_NDR + "fix-error-code-550-5-4-1-in-exchange-online",
        counter=("554 5.7.1 <zoe@example.org>: Recipient address rejected: Access denied",),
    ),
    _microsoft(
        "hotmail_unavailable",
        "user_unknown",
        (
            "^requested action not taken: mailbox unavailable",
            "mailbox unavailable (s<n>|<id>|s2017062302)",
            "mailbox unavailable s<n>",
        ),
        (
            {
                "text": "550 5.5.0 Requested action not taken: mailbox unavailable [AM6EUR05FT020.eop-eur05.prod.protection.outlook.com]",
                "rhost": "outlook-com.olc.protection.outlook.com",
            },
            {"text": "550 Requested action not taken: mailbox unavailable (-1329515018:3844:-2147467259)", "recipient_domain": "hotmail.com"},
        ),
        when={"operator": "microsoft", "code": "5xx"},
        url=_POSTMASTER,
        counter=("450 requested mail action not taken: mailbox unavailable",),
    ),
    _microsoft(
        "hotmail_unavailable_code",
        "user_unknown",
        ("requested action not taken: mailbox unavailable (s<n>|s2017062302|<id>)", "(s2017062302|as201806281)"),
        ("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [VE1EUR02FT045.eop-EUR02.prod.protection.outlook.com]",),
        when={"status": ["5.5.0", "5.4.1", "5.1.1"]},
        url=_POSTMASTER,
        counter=("450 requested mail action not taken: mailbox unavailable",),
    ),
    _microsoft(
        "address_lookup",
        "user_unknown",
        (
            "recipient not found by smtp address lookup",
            "(wasn't|was not) found at <host>",
            "[the] email address you entered couldn't be found",
            "direccion de correo electronico que (ha escrito|escribio|ha introducido|especifico) no se (ha podido encontrar|pudo encontrar|encontro)",
            "die eingegebene e-mail-adresse (wurde nicht gefunden|konnte nicht gefunden werden)",
            "l'adresse (e-mail|de messagerie) que vous avez (entree|saisie) est introuvable",
            "impossibile trovare l'indirizzo (di posta elettronica|e-mail) immesso",
            "nao foi possivel encontrar o endereco de (email|e-mail) (inserido|que voce inseriu)",
            "o endereco de (email|e-mail) (inserido|que voce inseriu|que voce digitou) nao pode ser encontrado",
            "unknown to address",
            "recipient's email address may be incorrect ... couldn't be found",
            "remote server returned unknown recipient or mailbox unavailable",
            "the recipient's email address (isn't|is not) (correct|valid)",
            "no se encontro a <address> en <host>",
            "no se (ha encontrado|encontro) a ... en <host>",
            "(wurde|konnte) nicht [bei|unter] <host> (gefunden|nicht gefunden)",
            "introuvable a l'emplacement <host>",
            "nao foi encontrado em <host>",
        ),
        (
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient zoe@example.org not found by SMTP address lookup: Recipient not found by SMTP address lookup",
            "Your message to zoe@example.org couldn't be delivered. zoe wasn't found at example.org.",
            "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 550 5.1.1 <zoe@example.org>",
        ),
        temporary=False,
        counter=("Your message to zoe@example.org couldn't be delivered. Security or policy settings at example.org have rejected your message.",),
    ),
    _microsoft(
        "banned_recipient",
        "policy",
        ("access denied, banned recipient",),
        ("550 5.7.505 Access denied, banned recipient. AS(1250)",),
        side="theirs",
        also=("clean_address_list",),
        counter=("550 5.7.503 Access denied, banned sender. AS(1240)",),
    ),
    _microsoft(
        "restricted_group",
        "posting_not_allowed",
        (
            "sender was not authenticated by organization",
            "sender [was] not authenticated for (group|mailbox|public folder|mail user|mail-enabled public folder)",
            "only accepts (messages|mail) from people in its organization or on its allowed senders list",
            "(group|mailbox|recipient) ... isn't set up to receive messages from",
            "is configured to only accept messages from (internal|authenticated|senders|people)",
            "solo acepta mensajes de (usuarios|personas|remitentes) de su organizacion",
            "you don't have permission to send to this recipient",
        ),
        (
            "550 5.7.133 Sender not authenticated for group",
            (
                "Your message couldn't be delivered because the group board only accepts messages from people in its organization or on its allowed"
                " senders list, and your email address isn't on the list."
            ),
        ),
        url=_NDR + "fix-error-code-5-7-133-in-exchange-online",
        counter=(
            "550 5.7.703 Your message can't be delivered because messages to zoe@example.org are blocked by your organization using Tenant Allow Block List.",
        ),
    ),
    _status(
        "restricted_by_status",
        "posting_not_allowed",
        ["5.7.124", "5.7.133", "5.7.134", "5.7.135", "5.7.136", "5.7.193"],
        "550 5.7.134 No.",
        tier="exact",
        counter=("550 5.7.612 No.",),
    ),
    _microsoft(
        "mailbox_full",
        "mailbox_full",
        (
            "mailbox is full and can't accept messages now",
            "recipient's mailbox is full",
            "el buzon de ... esta lleno y no puede aceptar mensajes",
        ),
        ("The recipient's mailbox is full and can't accept messages now. Please try resending your message later, or contact the recipient directly.",),
        counter=(
            (
                "421 Unfortunately, some messages from 192.0.2.25 weren't sent. Please try again. We have limits for how many messages can be sent per"
                " hour and per day."
            ),
        ),
    ),
    _microsoft(
        "recipient_hourly_limit",
        "mailbox_busy",
        (
            "recipient has exceeded their limit for the number of messages they can receive per hour",
            "recipient's per hour message receive limit",
            "limit for the number of messages they can receive per hour",
        ),
        ("550 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour.",),
        also=("reduce_rate", "contact_recipient_admin"),
        counter=("The number of messages in recipient's mailbox exceeded its limit.",),
    ),
    _microsoft(
        "sender_hourly_limit",
        "rate_limited",
        ("message receive limit from specific sender exceeded", "has exceeded the limit for the number of messages ... from (this|a specific) sender"),
        ("550 5.2.121 Recipient's per hour message receive limit from specific sender exceeded.",),
        counter=("550 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour.",),
    ),
)

_TRANSPORT = (
    _microsoft(
        "not_compliant",
        "message_format",
        (
            "message must be rfc <n> section <n>.<n> compliant",
            "message must be rfc <n> compliant",
            "multiple from addresses are not allowed without",
        ),
        (
            "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant. AS(1630)",
            "550 5.1.20 Multiple From addresses are not allowed without Sender address",
        ),
        counter=(
            (
                "550 5.7.511 Access denied, banned sender[192.0.2.25]. To request removal from this list please forward this message to"
                " delist@example.com. AS(1410)"
            ),
        ),
    ),
    _microsoft(
        "too_large",
        "message_too_big",
        ("receive this message because it's too large", "message is too large ... can't (send|receive)", "mensaje es demasiado grande para ... destinatario"),
        ("The recipient won't be able to receive this message because it's too large.",),
        counter=("Your message wasn't delivered to zoe@example.org because the address couldn't be found, or is unable to receive mail.",),
    ),
    _microsoft(
        "detected_as_spam",
        "spam_content",
        (
            "remote server returned message detected as spam",
            "message detected as spam",
            "blocked by ... (exchange online protection|microsoft defender) ... spam",
        ),
        ("550 5.7.350 Remote server returned message detected as spam",),
        also=("contact_recipient_admin", "reduce_rate"),
        settle=("dnsbl", "spf", "spread"),
        counter=("550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 550 5.1.1 <zoe@example.org>",),
    ),
    _microsoft(
        "expired_dns",
        "dns_failure",
        ("message expired, dns query failed", "dns query failed errorretry", "dns query failed servererror", "dns query failed dnsservfail*"),
        ("550 5.4.312 Message expired, DNS query failed(ErrorRetry)",),
        also=("clean_address_list", "wait", "fix_resolver"),
        counter=("550 5.4.316 Message expired, connection refused(Socket error code 10061)",),
    ),
    _microsoft(
        "domain_does_not_exist",
        "domain_unknown",
        (
            "dns domain <host> does not exist",
            "dns query failed: nonexistentdomain",
            "dns query failed nonexistentdomain",
            "dns query failed infonorecords",
            "dns query failed infodomainnonexistent",
        ),
        (
            "550 5.4.310 DNS domain example.org does not exist [Message=InfoDomainNonexistent]",
            "550 5.4.312 Message expired, DNS query failed(InfoDomainNonexistent)",
        ),
        also=("contact_recipient_admin", "fix_resolver"),
        temporary=False,
        counter=("550 5.4.312 Message expired, DNS query failed(ErrorRetry)",),
    ),
    _microsoft(
        "expired_connection",
        "connection_failed",
        (
            "message expired, (connection refused|cannot connect to remote server|connection timed out|failed to connect)",
            "(connection refused|cannot connect to remote server|failed to connect to the remote server) message=*",
            "^cannot connect to remote server",
        ),
        (
            "550 5.4.317 Message expired, cannot connect to remote server",
            "550 5.4.316 Message expired, connection refused(Socket error code 10061)",
        ),
        # A reply that it quotes knows better.
        tier="words",
        counter=("550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 550 5.1.1 <zoe@example.org>",),
    ),
    _microsoft(
        "dane",
        "tls_failed",
        (
            (
                "(destination mail server|remote certificate|tlsa|certificate) ... (starttls-not-supported|certificate-expired|tlsa-invalid|dnssec-invalid"
                "|certificate-host-mismatch|sts-policy)"
            ),
            "^(starttls-not-supported|certificate-expired|tlsa-invalid|dnssec-invalid|certificate-host-mismatch|sts-policy*)",
            "validation error: (starttls-not-supported|certificate-expired|tlsa-invalid|dnssec-invalid)",
            "starttls is required to send mail",
            "tls negotiation failed ... (dane|mta-sts)",
        ),
        (
            "450 4.7.321 starttls-not-supported: Destination mail server must support TLS to receive mail.",
            "450 4.7.323 tlsa-invalid: The domain failed DANE validation.",
            "451 5.7.3 STARTTLS is required to send mail [AM5EUR02FT012.eop-EUR02.prod.protection.outlook.com]",
        ),
        url="https://learn.microsoft.com/en-us/purview/how-smtp-dane-works",
        counter=("450 4.7.26 Access denied, a message sent over IPv6 [2001:db8::25] must pass either SPF or DKIM validation, this message is not signed.",),
    ),
    _status("dane_by_status", "tls_failed", [f"x.7.{number}" for number in range(320, 327)], "450 4.7.324 Later.", counter=("451 4.7.650 Later.",)),
    _microsoft(
        "several_regions",
        "too_many_recipients",
        ("recipients belong to multiple regions",),
        ("452 4.5.3 Recipients belong to multiple regions ATTR38 [VE1EUR01FT019.eop-EUR01.prod.protection.outlook.com]",),
        # A server that follows RFC 5321 sends to the others in its next transaction.
        remedy="wait",
        also=("reduce_rate", "fix_mta"),
        counter=("452 4.5.3 Too many recipients (AS780090) [DB3EUR04FT048.eop-eur04.prod.protection.outlook.com]",),
    ),
    _microsoft(
        "too_many_recipients",
        "too_many_recipients",
        ("too many recipients <id> <host>", "too many recipients as <n>"),
        ("452 4.5.3 Too many recipients (AS780090) [DB3EUR04FT048.eop-eur04.prod.protection.outlook.com]",),
        counter=("450 4.7.1 Error: too many recipients from 198.51.100.11",),
    ),
)

RULES = _OUR_ADDRESS + _OUR_NAMES + _RECIPIENTS + _TRANSPORT
