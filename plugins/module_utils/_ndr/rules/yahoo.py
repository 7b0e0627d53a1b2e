# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What Yahoo and AOL say (also for Verizon, AT&T and Frontier mailboxes), and the codes of AOL's own servers in older logs.

Yahoo puts a short code in brackets before its words: ``TSS04``, ``TS03``, ``BL21``, ``PH01``, ``IPTS04``.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import says

_CODES = "https://senders.yahooinc.com/smtp-error-codes/"
_PRACTICES = "https://senders.yahooinc.com/best-practices/"
_AOL = "https://postmaster.aol.com/error-codes"


_yahoo = says("yahoo", _CODES)

_SENDERS = (
    _yahoo(
        "deferred_for_complaints",
        "rate_limited",
        (
            "(tss01|tss02|tss04|tss05|tss06|tss08|ts01|ts02|ts04|ts05|iptss04|iptss05|ipts04)",
            "(tss01|tss02|tss04|tss05|tss06|tss08|ts01|ts02|ts04|ts05|iptss04|iptss05|ipts04) messages from <ip> temporarily deferred",
            "messages from <ip> temporarily deferred due to [unexpected volume or] user complaints",
            "temporarily deferred due to [unexpected volume or] user complaints",
            "temporarily deferred due to (unexpected volume|excessive user complaints)",
            "421-ts01.html",
            "421-ts02.html",
        ),
        (
            (
                "421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred due to user complaints - 4.16.55.1; see"
                " https://help.yahoo.com/kb/postmaster/SLN3434.html"
            ),
            (
                "421 4.7.0 [TSS05] Messages from 192.0.2.25 temporarily deferred due to unexpected volume or user complaints - 4.16.56.1; see"
                " https://senders.yahooinc.com/error-codes"
            ),
            "421 4.7.0 [TS02] Messages from 192.0.2.25 temporarily deferred due to user complaints - 4.16.56.1; see http://postmaster.yahoo.com/421-ts02.html",
            "421 [IPTS04] Messages from 192.0.2.25 temporarily deferred due to user complaints",
        ),
        also=("wait", "delist", "switch_outbound_ip", "use_smarthost"),
        settle=("dnsbl", "spread"),
        counter=("421 Message temporarily deferred - 4.16.51. Please refer to http://help.yahoo.com/help/us/mail/defer/defer-06.html",),
    ),
    _yahoo(
        "deferred_for_good",
        "ip_blocked",
        (
            "(ts03|tss03|tss07|tss09|tss11|tss12|tss13) [all messages from|messages from]",
            "all messages from <ip> will be permanently deferred",
            "(messages|mail) from <ip> [will be] permanently deferred",
            "permanently deferred; retrying will not succeed",
        ),
        (
            (
                "421 4.7.1 [TS03] All messages from 192.0.2.25 will be permanently deferred; Retrying will NOT succeed. See"
                " https://help.yahoo.com/kb/postmaster/SLN3436.html"
            ),
            (
                "553 5.7.2 [TSS09] All messages from 192.0.2.25 will be permanently deferred; Retrying will NOT succeed. See"
                " https://senders.yahooinc.com/error-codes"
            ),
        ),
        remedy="delist",
        also=("switch_outbound_ip", "use_smarthost", "reduce_rate"),
        settle=("dnsbl", "spread"),
        counter=("554 5.7.9 Message not accepted for policy reasons. See https://senders.yahooinc.com/error-codes",),
    ),
    _yahoo(
        "greylisting",
        "greylisted",
        ("gl01 message[s] from ... temporarily deferred", "message from <ip> temporarily deferred - <ip>", "message from <ip> temporarily deferred"),
        ("421 4.7.0 [GL01] Message from (192.0.2.25) temporarily deferred - 4.16.50. Please refer to http://postmaster.yahoo.com/errors/postmaster-21.html",),
        temporary=True,
        counter=("421 Message temporarily deferred - 4.16.51. Please refer to http://help.yahoo.com/help/us/mail/defer/defer-06.html",),
    ),
    _yahoo(
        "temporarily_deferred",
        "rate_limited",
        (
            "^message temporarily deferred",
            "message temporarily deferred - <n>",
            "message temporarily deferred - <ip>",
            "(mail|messages) from <ip> temporarily deferred",
        ),
        (
            "451 Message temporarily deferred - [160]",
            "421 Message temporarily deferred - 4.16.51. Please refer to http://help.yahoo.com/help/us/mail/defer/defer-06.html",
        ),
        side="either",
        remedy="wait",
        also=("reduce_rate", "delist", "switch_outbound_ip", "fix_message"),
        settle=("dnsbl", "spread"),
        counter=("451 4.3.0 Message temporarily deferred. Please try again later.",),
        unless=("please try again later", "try again later"),
    ),
    _yahoo(
        "spamhaus",
        "ip_blocklisted",
        (
            "(bl20|bl21|bl22|bl23|bl24) [connections|connection|mail] [will not be|not] [accepted|accepted from]",
            "connections will not be accepted from <ip>, because the ip is in spamhaus",
            "connections not accepted from ip addresses on spamhaus",
        ),
        (
            (
                "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.25, because the ip is in Spamhaus's list; see"
                " http://postmaster.yahoo.com/550-bl23.html"
            ),
            "553 5.7.1 [BL23] Connections not accepted from IP addresses on Spamhaus XBL; see http://postmaster.yahoo.com/errors/550-bl23.html [550]",
        ),
        counter=("554 5.7.9 Message not accepted for policy reasons.  See http://postmaster.yahoo.com/errors/postmaster-28.html",),
    ),
    _yahoo(
        "policy_list",
        "dynamic_ip",
        ("connections not accepted from ip addresses on spamhaus pbl",),
        (
            (
                "553 Mail from 192.0.2.25 not allowed - 5.7.1 [BL21] Connections not accepted from IP addresses on Spamhaus PBL; see"
                " http://postmaster.yahoo.com/errors/550-bl21.html [550]"
            ),
        ),
        counter=("554 5.7.9 Message not accepted for policy reasons.  See http://postmaster.yahoo.com/errors/postmaster-28.html",),
    ),
    _yahoo(
        "not_allowed",
        "ip_blocked",
        ("^mail from <ip> not allowed", "mail from <ip> not allowed - [<n>|5.7.1]"),
        ("553 Mail from 192.0.2.25 not allowed - [10]",),
        remedy="delist",
        also=("switch_outbound_ip", "use_smarthost", "reduce_rate"),
        counter=("554 Message not allowed - Headers are not RFC compliant[291]",),
    ),
    _yahoo(
        "phishing",
        "spam_content",
        (
            "ph01 email not accepted for policy reasons",
            "message not allowed - ph01",
            "message not allowed - up email not accepted for policy reasons",
            "message not allowed - ... email not accepted for policy reasons",
            "email not accepted for policy reasons. please visit http*",
            "^message not allowed -",
        ),
        (
            "554 Message not allowed - [PH01] Email not accepted for policy reasons. Please visit https://senders.yahooinc.com/error-codes [120]",
            "554 Message not allowed - UP Email not accepted for policy reasons. Please visit http://postmaster.yahoo.com/errors/postmaster-27.html [120]",
            "554 Message not allowed - [299]",
        ),
        also=("contact_recipient_admin", "fix_sender_auth", "reduce_rate"),
        settle=("dnsbl", "spf", "spread"),
        counter=("554 5.7.9 Message not accepted for policy reasons.  See http://postmaster.yahoo.com/errors/postmaster-28.html",),
    ),
    _yahoo(
        "policy_reasons",
        "auth_failed",
        ("^message not accepted for policy reasons", "5.7.9: message not accepted for policy reasons"),
        (
            "554 5.7.9 Message not accepted for policy reasons. See https://senders.yahooinc.com/error-codes",
            "554 5.7.9 Message not accepted for policy reasons.  See http://postmaster.yahoo.com/errors/postmaster-28.html",
        ),
        side="ours",
        remedy="fix_sender_auth",
        also=("fix_dmarc", "fix_dkim", "fix_spf", "fix_message", "contact_recipient_admin"),
        settle=("spf", "dnsbl"),
        counter=("521 5.2.1 :  (DMP:P1) AOL will check the policy of example.com; see https://postmaster.aol.com/error-codes#521dmarcp1",),
    ),
    _yahoo(
        "unauthenticated",
        "auth_failed",
        (
            "blocked because the sender is unauthenticated. yahoo requires",
            "yahoo requires all senders to authenticate with either spf or dkim",
            "yahoo requires",
        ),
        (
            (
                "550 5.7.9 This mail has been blocked because the sender is unauthenticated. Yahoo requires all senders to authenticate with either SPF or"
                " DKIM. See https://senders.yahooinc.com/error-codes"
            ),
        ),
        also=("fix_spf", "fix_dkim", "fix_dmarc"),
        url=_PRACTICES,
        counter=("521 5.2.1 :  (DMP:P1) AOL will check the policy of example.com; see https://postmaster.aol.com/error-codes#521dmarcp1",),
    ),
    _yahoo(
        "unknown_recipients",
        "directory_harvest",
        ("excessive unknown recipients [- possible open relay]", "(vs1-ip|vs1-mf|vs5-mf|vs97-mf) ... (excessive|unknown recipients)"),
        (
            "451 VS1-MF Excessive unknown recipients - possible Open Relay http://help.yahoo.com/help/us/mail/spam/spam-18.html (#4.4.5)",
            "451 VS1-IP Excessive unknown recipients - possible Open Relay (#4.1.8)",
        ),
        counter=("421 Message temporarily deferred - 4.16.51. Please refer to http://help.yahoo.com/help/us/mail/defer/defer-06.html",),
    ),
    _yahoo(
        "messages_per_connection",
        "rate_limited",
        ("^max message per connection reached", "^max messages per connection reached", "max messages per connection"),
        ("421 Max message per connection reached, closing transmission channel",),
        settle=(),
        shared=True,
        counter=("554 Message not allowed - [299]",),
    ),
    _yahoo(
        "resources",
        "system_busy",
        (
            "resources temporarily [not available|unavailable] ... try again later",
            "resources (temporarily not available|temporarily unavailable|unavailable temporarily)",
        ),
        (
            "451 Resources temporarily not available - Please try again later [#4.16.1].",
            "451 mta1045.mail.example.net Resources temporarily unavailable. Please try again later [#4.16.5].",
        ),
        settle=("dnsbl", "spread"),
        also=("reduce_rate", "contact_recipient_admin", "switch_outbound_ip"),
        shared=True,
        counter=("554 delivery error: dd This account has been temporarily suspended. Please try again later. - mta1051.mail.example.net",),
    ),
    _yahoo(
        "not_rfc",
        "message_format",
        ("headers are not rfc compliant", "message not allowed - headers are not rfc"),
        ("554 Message not allowed - Headers are not RFC compliant[291]",),
        counter=("554 Message not allowed - [299]",),
    ),
)

_RECIPIENTS = (
    _yahoo(
        "no_account",
        "user_unknown",
        (
            "delivery error: dd this user doesn't have a <host> account",
            "this user doesn't have a <host> account",
            "this user doesn't have a ... account <address>",
            "delivery error: dd (requested mail action aborted - mailbox not found|not a valid recipient|invalid)",
            "requested mail action aborted, mailbox not found",
            "dd not a valid recipient",
        ),
        (
            "554 delivery error: dd This user doesn't have a yahoo.com account (zoe@example.org) [0] - mta1051.mail.gq1.example.net",
            "554 delivery error: dd Not a valid recipient - mta1051.mail.example.net",
            "552 1 Requested mail action aborted, mailbox not found",
        ),
        counter=("554 delivery error: dd Sorry, account is over quota [0] - mta1051.mail.example.net",),
    ),
    _yahoo(
        "discontinued",
        "mailbox_disabled",
        (
            "this account has been disabled or discontinued",
            "mailbox for <address> (closed|disabled|is disabled)",
            "delivery error: dd sorry[,] your message to <address> cannot be delivered",
            "your message to <address> cannot be delivered. this mailbox is disabled",
            "this mailbox is disabled <n>",
        ),
        (
            (
                "554 delivery error: dd Sorry your message to zoe@example.org cannot be delivered. This account has been disabled or discontinued [#102]."
                " - mta1051.mail.example.net"
            ),
            "554 30 Sorry, your message to zoe@example.org cannot be delivered. This mailbox is disabled (554.30).",
        ),
        counter=("554 delivery error: dd Sorry, account is over quota [0] - mta1051.mail.example.net",),
    ),
    _yahoo(
        "aol_never_used",
        "mailbox_disabled",
        ("your recipient never logged onto their free aim mail account", "never logged onto their free"),
        ("550 We would love to have gotten this email to zoe@example.org. But, your recipient never logged onto their free AIM Mail account.",),
        url=_AOL,
        counter=("554 delivery error: dd This user doesn't have a yahoo.com account (zoe@example.org) [0] - mta1051.mail.gq1.example.net",),
    ),
    _yahoo(
        "over_quota",
        "mailbox_full",
        ("delivery error: dd ... over quota", "^user is over quota", "dd (account|user|mailbox) is over quota"),
        ("554 delivery error: dd Sorry, account is over quota [0] - mta1051.mail.example.net", "552 User is over quota"),
        counter=("552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full",),
        shared=True,
    ),
    _yahoo(
        "receiving_too_quickly",
        "mailbox_busy",
        ("^user is receiving mail too quickly",),
        ("450 User is receiving mail too quickly",),
        also=("reduce_rate", "contact_recipient_admin"),
        counter=("552 User is over quota",),
    ),
    _yahoo(
        "domain_failure",
        "dns_failure",
        ("^temporary domain failure",),
        ("452 temporary domain failure <zoe@example.org>",),
        side="theirs",
        counter=("451 4.3.0 <zoe@example.org>: temporary directory failure",),
    ),
    _yahoo(
        "after_retries",
        "expired",
        ("unable to deliver message after multiple retries, giving up", "message couldn't be delivered after ... retries"),
        ("Unable to deliver message after multiple retries, giving up.",),
        temporary=False,
        counter=("554 30 Sorry, your message to zoe@example.org cannot be delivered. This mailbox is disabled (554.30).",),
    ),
)

_AOL_SERVERS = (
    _yahoo(
        "aol_dynamic_block",
        "ip_blocked",
        (
            "(dyn:t1|con:b1|rly:b1|rly:b2|rly:b3|rly:bd|rly:ov|rly:ir|rly:tr|rly:bl|rly:ch|rly:ch2)",
            "(421dynt1|554conb1|521conb1|421conb1|554rlyb1|554rlyb2)",
        ),
        (
            "421 4.7.1 : (DYN:T1) https://postmaster.aol.com/error-codes#421dynt1",
            "521 5.2.1 :  (CON:B1)  https://postmaster.aol.com/error-codes#554conb1",
            "554 5.7.1 : (RLY:B1) http://postmaster.info.aol.com/errors/554rlyb1.html",
        ),
        remedy="reduce_rate",
        also=("wait", "delist", "switch_outbound_ip", "use_smarthost"),
        settle=("dnsbl", "spread"),
        url=_AOL,
        counter=("554 HVU:B1 http://postmaster.info.aol.com/errors/554hvub1.html",),
    ),
    _yahoo(
        "aol_reputation",
        "ip_reputation",
        ("(rtr:bl|rtr:ge|rtr:sc|rtr:bg|rtr:ch|rtr:d|rtr:r|rtr:b|554rtrbl|421rtrbl)", "connecting ip has a poor reputation at aol"),
        ("554 5.7.1 : (RTR:BL) https://postmaster.aol.com/error-codes#554rtrbl", "554 RTR:SC http://postmaster.info.aol.com/errors/554rtrsc.html"),
        remedy="delist",
        also=("reduce_rate", "switch_outbound_ip", "use_smarthost", "wait"),
        url=_AOL,
        counter=("554 RTR:DU http://postmaster.info.aol.com/errors/554rtrdu.html",),
    ),
    _yahoo(
        "aol_dynamic_address",
        "dynamic_ip",
        ("(rtr:bb|rtr:rd|rtr:du|554rtrbb|554rtrdu|554rtrrd)",),
        ("554 RTR:DU http://postmaster.info.aol.com/errors/554rtrdu.html", "554 5.7.1 : (RTR:BB) https://postmaster.aol.com/error-codes#554rtrbb"),
        url=_AOL,
        counter=("554 RTR:SC http://postmaster.info.aol.com/errors/554rtrsc.html",),
    ),
    _yahoo(
        "aol_relay",
        "ip_blocked",
        ("(rly:nw|rly:sn|rly:cd|rly:ca)",),
        ("554 5.7.1 : (RLY:NW) http://postmaster.info.aol.com/errors/554rlynw.html",),
        remedy="contact_recipient_admin",
        also=("delist", "fix_sender_domain", "use_smarthost", "switch_outbound_ip"),
        url=_AOL,
        counter=("554 RTR:SC http://postmaster.info.aol.com/errors/554rtrsc.html",),
    ),
    _yahoo(
        "aol_content",
        "spam_content",
        ("(hvu:b1|hvu:b2|hvu:b3|hvu:b4|554hvub1|521hvub2|554hvub2)", "html tags ... (htm:b1|fsv:b1)", "(htm:b1|fsv:b1|sdi:b1|ipt:b1)"),
        ("521 5.2.1 :  (HVU:B2)  https://postmaster.aol.com/error-codes#554hvub2", "554 HVU:B1 http://postmaster.info.aol.com/errors/554hvub1.html"),
        also=("contact_recipient_admin", "delist"),
        url=_AOL,
        counter=("554 5.7.1 : (RLY:B1) http://postmaster.info.aol.com/errors/554rlyb1.html",),
    ),
    _yahoo(
        "aol_ptr",
        "ptr_missing",
        ("(dns:b1|dns:b2|dns:b3|dns:nr|554dnsnr|421dnsnr|554dnsb1)",),
        ("421 4.7.1 : (DNS:NR) https://postmaster.aol.com/error-codes#421dnsnr", "550 DNS:B1 http://postmaster.info.aol.com/errors/550dnsb1.html"),
        url=_AOL,
        counter=("554 HVU:B1 http://postmaster.info.aol.com/errors/554hvub1.html",),
    ),
    _yahoo(
        "aol_will_not_accept",
        "ip_blocked",
        ("aol will not accept delivery of this message", "aol does not accept e-mail transactions from ip", "aol does not accept email transactions"),
        (
            "521 5.2.1 :  AOL will not accept delivery of this message.",
            "554- AOL does not accept e-mail transactions from IP addresses which generate complaints or transmit unsolicited bulk e-mail.",
        ),
        remedy="delist",
        also=("switch_outbound_ip", "reduce_rate", "contact_recipient_admin", "fix_sender_auth"),
        url=_AOL,
        counter=("554 Message not allowed - Headers are not RFC compliant[291]",),
    ),
    _yahoo(
        "aol_dmarc",
        "dmarc_failed",
        ("(521dmarcp1|dmp:p1|554dmarc|dmarc:q1|dmarc:p1|dmarc:r1)",),
        ("521 5.2.1 :  (DMP:P1) AOL will check the policy of example.com; see https://postmaster.aol.com/error-codes#521dmarcp1",),
        url=_AOL,
        counter=("554 5.7.1 : (RTR:BL) https://postmaster.aol.com/error-codes#554rtrbl",),
    ),
    _yahoo(
        "aol_date",
        "message_format",
        ("(mff:b1|421mffb1)",),
        ("421 4.7.1 : (MFF:B1) https://postmaster.aol.com/error-codes#421mffb1",),
        also=("fix_mta",),
        url=_AOL,
        counter=("521 5.2.1 :  (CON:B1)  https://postmaster.aol.com/error-codes#554conb1",),
    ),
    _yahoo(
        "signature",
        "dkim_failed",
        ("^au01",),
        ("554 5.7.5 (AU01) Message not accepted",),
        counter=("554 5.7.9 Message not accepted for policy reasons. See https://senders.yahooinc.com/error-codes",),
    ),
    _yahoo(
        "aol_connections",
        "too_many_connections",
        ("too many sessions open ... aol", "(con:sm|421consm)"),
        ("421 4.7.0 : (CON:SM) https://postmaster.aol.com/error-codes#421consm",),
        url=_AOL,
        counter=("521 5.2.1 :  (CON:B1)  https://postmaster.aol.com/error-codes#554conb1",),
    ),
)

RULES = _SENDERS + _RECIPIENTS + _AOL_SERVERS
