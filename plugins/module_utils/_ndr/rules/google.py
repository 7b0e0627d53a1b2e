# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What Gmail, Google Workspace and Google Groups say.

Google's replies are whole sentences, mostly with a help page whose ``p=`` names the cause; either is enough for a rule.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import says

_ERRORS = "https://support.google.com/a/answer/3726730"
_GUIDELINES = "https://support.google.com/a/answer/81126"
_GROUPS = "https://support.google.com/groups/answer/2464926"


_google = says("google", _ERRORS)

_SENDERS = (
    _google(
        "rate_of_unsolicited_mail",
        "rate_limited",
        (
            "detected an unusual rate of [unsolicited] (mail|email)",
            "unusual rate of unsolicited mail originating from your (ip|spf|dkim|ipv6|smtp|ip netblock)",
            "p=unsolicitedratelimiterror",
            "p=unsolicitediperror",
            "mail sent from your ip [address|netblock] has been temporarily rate limited",
        ),
        (
            (
                "421-4.7.0 [192.0.2.25      15] Our system has detected an unusual rate of 421-4.7.0 unsolicited mail originating from your IP address. To"
                " protect our 421-4.7.0 users from spam, mail sent from your IP address has been temporarily 421-4.7.0 rate limited. Please visit 421"
                " 4.7.0 https://support.google.com/mail/?p=UnsolicitedRateLimitError"
            ),
            (
                "421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating 421-4.7.28 from your DKIM domain [example.com]. To protect"
                " our users from spam, mail sent from your domain has been temporarily rate limited. 421 4.7.28 For more information, go to"
                " https://support.google.com/mail/?p=UnsolicitedRateLimitError abc - gsmtp"
            ),
            (
                "550-5.7.28 [192.0.2.25] Gmail has detected an unusual rate of unsolicited mail originating from your IP Netblock. To protect our users"
                " from spam, mail sent from your IP Netblock has been blocked. Please visit https://support.google.com/mail/?p=UnsolicitedIPError to"
                " review our Bulk Email Senders Guidelines"
            ),
        ),
        also=("wait", "fix_sender_auth", "delist", "switch_outbound_ip", "use_smarthost"),
        settle=("dnsbl", "spread"),
        url=_GUIDELINES,
        counter=(
            (
                "421-4.7.30 Your email has been rate limited because DKIM authentication didn't pass for this message. Gmail requires all bulk email"
                " senders to authenticate with DKIM."
            ),
        ),
    ),
    _google(
        "ip_reputation",
        "ip_reputation",
        (
            "suspicious due to the very low reputation of the sending ip",
            "very low reputation of the sending ip [address]",
            "ip address's reputation ... (gmail|google)",
        ),
        (
            (
                "550-5.7.1 [192.0.2.25 19] Gmail has detected that this message is likely suspicious due to the very low reputation of the sending IP"
                " address. To best protect our users from spam, the message has been blocked. For more information, go to 550 5.7.1"
                " https://support.google.com/mail/answer/188131"
            ),
            (
                "421-4.7.0 [192.0.2.25] Our system has detected that this message is suspicious due to the very low reputation of the sending IP address."
                " Please try again later."
            ),
        ),
        remedy="reduce_rate",
        also=("switch_outbound_ip", "delist", "use_smarthost", "wait"),
        settle=("dnsbl", "spread"),
        url=_GUIDELINES,
        counter=(
            (
                "550-5.7.1 Gmail has detected that this message is likely suspicious due to the nature of the content and/or the links within. To best"
                " protect our users from spam, the message has been blocked."
            ),
        ),
    ),
    _google(
        "domain_reputation",
        "domain_reputation",
        (
            "suspicious due to the very low reputation of the sending domain",
            "very low reputation of the sending domain",
            "very low reputation of the domain",
        ),
        (
            (
                "550-5.7.1 [192.0.2.25] Gmail has detected that this message is likely suspicious due to the very low reputation of the sending domain. To"
                " best protect our users from spam, the message has been blocked. 550 5.7.1 For more information, go to"
                " https://support.google.com/mail/answer/188131"
            ),
        ),
        also=("reduce_rate", "fix_message", "wait", "delist"),
        url=_GUIDELINES,
        counter=(
            (
                "550-5.7.1 Gmail has detected that this message is likely suspicious due to the nature of the content and/or the links within. To best"
                " protect our users from spam, the message has been blocked."
            ),
        ),
    ),
    _google(
        "likely_unsolicited",
        "spam_content",
        (
            "this message is likely unsolicited mail",
            "[this message is likely] suspicious due to the nature of the (content|links)",
            "suspicious due to the nature of the content and/or the links",
            "nature of the content and/or the links within",
            "p=unsolicitedmessageerror",
            "(gmail|google|our system) [has] detected that this message is likely spam",
            "our system has detected that this message is likely",
            "blocked because its content (contains|is) ... spam",
        ),
        (
            (
                "550-5.7.1 [192.0.2.25 12] Our system has detected that this message is 550-5.7.1 likely unsolicited mail. To reduce the amount of spam"
                " sent to Gmail, 550-5.7.1 this message has been blocked. Please visit 550 5.7.1"
                " https://support.google.com/mail/?p=UnsolicitedMessageError for more information."
            ),
            (
                "550-5.7.1 Gmail has detected that this message is likely suspicious due to the nature of the content and/or the links within. To best"
                " protect our users from spam, the message has been blocked."
            ),
        ),
        also=("reduce_rate", "fix_sender_auth", "switch_outbound_ip", "contact_recipient_admin"),
        settle=("dnsbl", "spf", "spread"),
        url=_GUIDELINES,
        counter=(
            (
                "550-5.7.26 This message does not have authentication information or fails to 550-5.7.26 pass authentication checks (SPF or DKIM). To best"
                " protect our users from spam, the message has been blocked."
            ),
        ),
    ),
    _google(
        "same_message_id",
        "rate_limited",
        ("exceeded its quota for sending messages with the same message-id", "same message-id ... best protect our users"),
        (
            (
                "550-5.7.1 [192.0.2.25] Gmail has detected this message exceeded its quota for sending 550-5.7.1 messages with the same Message-ID. To"
                " best protect our users, the message has been rejected. 550 5.7.1 For more information, go to https://support.google.com/a/answer/81126"
            ),
        ),
        remedy="fix_message",
        also=("reduce_rate", "fix_mta", "wait"),
        counter=(
            "550-5.7.24 The SPF record of the sending domain has one or more suspicious entries. To best protect our users, the message has been rejected.",
        ),
    ),
    _google(
        "dynamic_address",
        "dynamic_ip",
        (
            "not authorized to send email directly to our servers",
            "ip you're using to send (mail|email) is not authorized",
            "ip that you're using to send (mail|email) is not authorized",
            "p=notauthorizederror",
            "use the smtp relay at your service provider",
        ),
        (
            (
                "550-5.7.1 [192.0.2.25] The IP you're using to send mail is not authorized to 550-5.7.1 send email directly to our servers. Please use the"
                " SMTP relay at your 550-5.7.1 service provider instead. Learn more at 550 5.7.1 https://support.google.com/mail/?p=NotAuthorizedError"
            ),
        ),
        counter=(
            (
                "550-5.2.1 The email account that you tried to reach is disabled. Learn more at 550 5.2.1 https://support.google.com/mail/?p=DisabledUser"
                " abc - gsmtp"
            ),
        ),
    ),
    _google(
        "ipv6_guidelines",
        "ptr_missing",
        (
            "does not meet ipv6 sending guidelines",
            "p=ipv6_authentication_error",
            "ipv6 sending guidelines regarding ptr",
        ),
        (
            (
                "550-5.7.1 [2001:db8::25] Our system has detected that this message does 550-5.7.1 not meet IPv6 sending guidelines regarding PTR records"
                " and authentication. Please review 550 5.7.1 https://support.google.com/mail/?p=IPv6AuthError for more information."
            ),
        ),
        also=("prefer_ipv4", "fix_sender_auth", "fix_spf"),
        settle=("ptr", "spf"),
        url=_GUIDELINES,
        counter=(
            (
                "421-4.7.0 [192.0.2.25] Our system has detected that this message is suspicious due to the very low reputation of the sending IP address."
                " Please try again later."
            ),
        ),
    ),
    _google(
        "no_ptr",
        "ptr_missing",
        (
            "sending ip address does not have a ptr record",
            "ip address sending this message does not have a ptr record",
            "ip address sending this message does not have a ptr record, or the ptr record's forward dns entry",
            "ptr record ... does not match the sending ip",
            "ptr record setup, or the corresponding forward dns entry does not match",
            "corresponding forward dns entry does not (match|point)",
            "multiple ptr records ... sending ip",
        ),
        (
            (
                "550-5.7.25 [192.0.2.25] The IP address sending this message does not have a 550-5.7.25 PTR record setup, or the corresponding forward DNS"
                " entry does not 550-5.7.25 match the sending IP. As a policy, Gmail does not accept messages from IPs with missing PTR records."
            ),
            (
                "451-4.7.23 The IP address sending this message does not have a PTR record setup, or the corresponding forward DNS entry does not match"
                " the sending IP"
            ),
        ),
        settle=("ptr",),
        url=_GUIDELINES,
        counter=(
            (
                "550 Sorry, we do not accept mail from hosts with dynamic IP or generic dns PTR-records. Visit http://mail.ru/notspam/ or report details"
                " to abuse@example.net."
            ),
        ),
    ),
    _google(
        "unauthenticated_ip_literal",
        "helo_rejected",
        ("helo/ehlo argument ... (is invalid|invalid, closing connection)", "ehlo argument ... invalid, closing connection"),
        ('501-5.5.4 HELO/EHLO argument "mail" invalid, closing connection. 501 5.5.4 https://support.google.com/mail/?p=helo abc - gsmtp',),
        temporary=False,
        settle=("helo",),
        counter=("421-4.7.0 Try again later, closing connection. (EHLO) abc - gsmtp",),
    ),
    _google(
        "unauthenticated",
        "auth_failed",
        (
            "blocked because the sender is unauthenticated",
            "gmail requires all senders to authenticate with either spf or dkim",
            "this mail is unauthenticated, which poses a security risk",
            "unauthenticated email from ... is not accepted",
            "mail has been rate limited because ... sender is unauthenticated",
            "(mail|email) has been rate limited because it is unauthenticated",
            "does not have authentication information or fails to pass authentication checks",
            "fails to pass authentication checks",
            "sender does not meet ... authentication requirements ... gmail",
            "sender ... hasn't authenticated this message",
        ),
        (
            (
                "550-5.7.26 This mail has been blocked because the sender is unauthenticated. 550-5.7.26 Gmail requires all senders to authenticate with"
                " either SPF or DKIM. 550-5.7.26 Authentication results: DKIM = did not pass SPF [example.com] with ip: [192.0.2.25] = did not pass"
            ),
            (
                "550-5.7.26 This message does not have authentication information or fails to 550-5.7.26 pass authentication checks (SPF or DKIM). To best"
                " protect our users from spam, the message has been blocked."
            ),
            (
                "550-5.7.26 This mail is unauthenticated, which poses a security risk to the 550-5.7.26 sender and Gmail users, and has been blocked. The"
                " sender must authenticate with at least one of SPF or DKIM."
            ),
            "421-4.7.26 Your email has been rate limited because it is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.",
        ),
        also=("fix_spf", "fix_dkim", "fix_dmarc", "fix_sender_domain"),
        url=_GUIDELINES,
        counter=(
            (
                "421-4.7.30 Your email has been rate limited because DKIM authentication didn't pass for this message. Gmail requires all bulk email"
                " senders to authenticate with DKIM."
            ),
        ),
    ),
    _google(
        "domain_authentication",
        "auth_failed",
        (
            "is not accepted due to domain's authentication policy",
            "unauthenticated email is not accepted from this domain",
        ),
        ("550-5.7.1 Unauthenticated email is not accepted from this domain. abc - gsmtp",),
        also=("fix_spf", "fix_dkim", "fix_dmarc"),
        url=_GUIDELINES,
        counter=("554 5.6.0 Mail message is malformed. Not accepted. abc - gsmtp",),
    ),
    _google(
        "dmarc",
        "dmarc_failed",
        (
            "is not accepted due to domain's dmarc policy",
            "unauthenticated email from ... domain's dmarc policy",
            "please contact the administrator of ... domain if this was a legitimate mail",
            "permanent failure evaluating dmarc policy",
            "[temporary] failure evaluating dmarc",
            "sending domain does not have a dmarc",
            "doesn't have a dmarc record, or the dmarc record",
            "from: header ... (isn't|is not) aligned with either",
            "organizational domain ... (isn't|not) aligned",
            "header isn't aligned",
        ),
        (
            (
                "550-5.7.26 Unauthenticated email from example.com is not accepted due to domain's 550-5.7.26 DMARC policy. Please contact the"
                " administrator of example.com domain 550-5.7.26 if this was a legitimate mail. To learn about the DMARC initiative, go to 550 5.7.26"
                " https://support.google.com/mail/?p=DmarcRejection abc - gsmtp"
            ),
            "554 5.7.5 Permanent failure evaluating DMARC policy. abc - gsmtp",
            (
                "421-4.7.32 Your email has been rate limited because the From: header (RFC5322) in this message isn't aligned with either the"
                " authenticated SPF or DKIM organizational domain."
            ),
        ),
        url=_GUIDELINES,
        counter=(
            "421-4.7.26 Your email has been rate limited because it is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.",
        ),
    ),
    _google(
        "spf",
        "spf_failed",
        (
            "spf record of the sending domain has one or more suspicious entries",
            "has an spf record with a hard fail policy -all but it fails to pass spf checks with the ip: <ip>",
            "fails to pass spf checks [for an spf record with a hard fail policy|with the ip: <ip>]",
            "(rate limited|blocked) because spf authentication didn't pass",
            "spf authentication didn't pass for this message",
            "ip address sending this message is not authorized ... spf",
            "domain has published a hard fail spf policy",
            "sending domain ... hard fail spf",
        ),
        (
            (
                "550-5.7.27 Your email has been blocked because SPF authentication didn't pass for this message. Gmail requires all bulk email senders to"
                " authenticate their email with SPF."
            ),
            "550-5.7.24 The SPF record of the sending domain has one or more suspicious entries. To best protect our users, the message has been rejected.",
        ),
        url=_GUIDELINES,
        counter=(
            (
                "421-4.7.30 Your email has been rate limited because DKIM authentication didn't pass for this message. Gmail requires all bulk email"
                " senders to authenticate with DKIM."
            ),
        ),
    ),
    _google(
        "dkim",
        "dkim_failed",
        (
            "(rate limited|blocked) because dkim authentication didn't pass",
            "dkim authentication didn't pass for this message",
            "dkim signature is too (short|weak)",
        ),
        (
            (
                "421-4.7.30 Your email has been rate limited because DKIM authentication didn't pass for this message. Gmail requires all bulk email"
                " senders to authenticate with DKIM."
            ),
        ),
        url=_GUIDELINES,
        counter=(
            (
                "550-5.7.27 Your email has been blocked because SPF authentication didn't pass for this message. Gmail requires all bulk email senders to"
                " authenticate their email with SPF."
            ),
        ),
    ),
    _google(
        "plain_connection",
        "tls_failed",
        (
            "(rate limited|blocked) because this message wasn't sent over a tls connection",
            "wasn't sent over a tls connection",
            "tls required for rcpt domain, closing connection",
            "tls required for rcpt domain",
        ),
        (
            (
                "421-4.7.29 Your email has been rate limited because this message wasn't sent over a TLS connection. Gmail requires all bulk email senders"
                " to use TLS/SSL for SMTP connections."
            ),
            "421 4.7.0 TLS required for RCPT domain, closing connection. abc - gsmtp",
        ),
        url=_GUIDELINES,
        counter=(
            (
                "421-4.7.30 Your email has been rate limited because DKIM authentication didn't pass for this message. Gmail requires all bulk email"
                " senders to authenticate with DKIM."
            ),
        ),
    ),
    _google(
        "not_allowlisted",
        "ip_blocked",
        ("ip not in whitelist for rcpt domain", "ip not in (allowlist|whitelist|allow list) for"),
        ("421 4.7.0 IP not in whitelist for RCPT domain, closing connection. abc - gsmtp",),
        remedy="contact_recipient_admin",
        also=("use_smarthost", "switch_outbound_ip", "delist", "wait"),
        counter=("550 5.7.1 sender not in whitelist",),
    ),
    _google(
        "sender_address",
        "sender_address_rejected",
        ("the sender address <address> is not a valid rfc", "sender address ... is not a valid rfc", "messages missing a valid address in from: header"),
        (
            "553-5.1.7 The sender address <zoe@@example.com> is not a valid RFC 5321 address. abc - gsmtp",
            "550-5.7.1 [192.0.2.25] Messages missing a valid address in From: header, or having no From: header, are not accepted. abc - gsmtp",
        ),
        also=("fix_message", "fix_mta"),
        counter=("550-5.7.1 Messages missing a valid Message-ID header are not accepted. abc - gsmtp",),
    ),
)

_LIMITS = (
    _google(
        "try_later",
        "system_busy",
        (
            "^try again later, closing connection",
            "try again later, closing connection. (ehlo|mail|data|starttls|rcpt|helo)",
            "^server busy, try again later",
            "temporary system problem. try again later",
            "^mail server temporarily rejected message",
        ),
        (
            "421-4.7.0 Try again later, closing connection. (EHLO) abc - gsmtp",
            "421 4.7.0 Temporary System Problem. Try again later (10). abc - gsmtp",
            "451 4.3.0 Mail server temporarily rejected message. abc - gsmtp",
            "421 4.4.5 Server busy, try again later. abc - gsmtp",
        ),
        also=("reduce_rate", "switch_outbound_ip", "contact_recipient_admin"),
        counter=("451 4.7.500 Server busy. Please try again later from [192.0.2.25]. (S77719) [DB5EUR01FT012.eop-EUR01.prod.protection.outlook.com]",),
    ),
    _google(
        "recipient_too_busy",
        "mailbox_busy",
        (
            "user you are trying to contact is receiving mail (too quickly|at a rate)",
            "receiving mail at a rate that prevents additional messages",
            "receiving mail too quickly",
            "p=receivingrate",
            "p=receivingrateperm",
        ),
        (
            (
                "450-4.2.1 The user you are trying to contact is receiving mail too quickly. 450-4.2.1 Please resend your message at a later time. If the"
                " user is able to 450-4.2.1 receive mail at that time, your message will be delivered. 450 4.2.1"
                " https://support.google.com/mail/?p=ReceivingRate abc - gsmtp"
            ),
            (
                "550-5.2.1 The user you are trying to contact is receiving mail at a rate that 550-5.2.1 prevents additional messages from being"
                " delivered. For more information, please visit https://support.google.com/mail/?p=ReceivingRatePerm"
            ),
        ),
        also=("reduce_rate", "contact_recipient_admin"),
        counter=(
            (
                "550 5.2.1 The email account that you tried to reach is inactive. For more information, go to"
                " https://support.google.com/mail/?p=DisabledUser abc - gsmtp"
            ),
        ),
    ),
    _google(
        "relay_quota",
        "rate_limited",
        (
            "peak smtp relay limit exceeded",
            "daily (sending|smtp relay) [sending] (quota|limit) exceeded",
            "daily [user] sending (quota|limit) exceeded",
            "p=useraccountexceeded",
            "^email quota exceeded",
            "you have reached a limit for sending mail",
            "reached (a|the|your) limit for sending mail",
            "too many messages [sent] ... this is an anti-abuse feature",
            "smtp relay [recipient|user|sending] limit exceeded",
        ),
        (
            (
                "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail 550-5.4.5 sending limits go to 550 5.4.5"
                " https://support.google.com/a/answer/166852 abc - gsmtp"
            ),
            (
                "421 4.7.0 Peak SMTP relay limit exceeded for customer. This is a temporary error. For more information on SMTP relay limits please"
                " contact your administrator."
            ),
            "550 5.7.1 Daily SMTP relay limit exceeded for customer. abc - gsmtp",
            "You have reached a limit for sending mail. Your message was not sent.",
        ),
        also=("wait", "use_smarthost", "fix_relay_auth"),
        url="https://support.google.com/a/answer/166852",
        counter=(
            (
                "553-5.1.3 The recipient address <zoe.@example.org> is not a valid RFC 5321 address. For more information, go to 553 5.1.3"
                " https://support.google.com/a/answer/3221692 abc - gsmtp"
            ),
        ),
    ),
    _google(
        "too_many_logins",
        "rate_limited",
        ("too many login attempts, please try again later", "too many unauthenticated commands"),
        ("454 4.7.0 Too many login attempts, please try again later. abc - gsmtp", "554 5.7.0 Too Many Unauthenticated commands. abc - gsmtp"),
        remedy="fix_relay_auth",
        also=("wait", "reduce_rate", "fix_mta"),
        counter=("421 Too many concurrent SMTP connections; please try again later.",),
    ),
    _google(
        "transaction_size",
        "too_many_recipients",
        (
            "domain policy size per transaction exceeded",
            "multiple destination domains per transaction is unsupported",
            "your message has too many recipients. for more information",
        ),
        (
            "452-4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction. abc - gsmtp",
            "451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again. abc - gsmtp",
            (
                "452-4.5.3 Your message has too many recipients. For more information regarding Google's sending limits, please visit: 452 4.5.3"
                " https://support.google.com/mail/?p=TooManyRecipientsError"
            ),
        ),
        also=("wait", "fix_message", "fix_mta"),
        counter=(
            (
                "552-5.2.3 Your message exceeded Google's message size limits. Please visit 552-5.2.3 https://support.google.com/mail/?p=MaxSizeError to"
                " view our size guidelines."
            ),
        ),
    ),
)

_RECIPIENTS = (
    _google(
        "no_such_user",
        "user_unknown",
        (
            "email account that you tried to reach does not exist",
            "email account you tried to reach does not exist",
            "p=nosuchuser",
            "address not found ... wasn't delivered to <address> because the address couldn't be found",
            "couldn't be found, or is unable to receive mail",
            "double-checking the recipient's email address for typos",
        ),
        (
            (
                "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address"
                " for typos or 550-5.1.1 unnecessary spaces. Learn more at 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser abc - gsmtp"
            ),
            "Your message wasn't delivered to zoe@example.org because the address couldn't be found, or is unable to receive mail.",
        ),
        counter=("550 5.2.1 The email account that you tried to reach is disabled.",),
        unless=("the response was: <n>", "over quota", "disabled", "policy", "spam"),
    ),
    _google(
        "not_delivered_because",
        "user_unknown",
        (
            "no se encontro la direccion ... no se puede (recibir|entregar)",
            "porque no se (pudo encontrar|encontro|ha encontrado) la direccion",
            "adresse introuvable ... n'a pas (ete remis|pu etre)",
            "car l'adresse (est introuvable|n'a pas ete trouvee)",
            "da die adresse nicht gefunden wurde",
            "weil die adresse nicht gefunden wurde",
            "perche l'indirizzo non (e stato trovato|esiste)",
            "impossibile trovare l'indirizzo",
            "porque o endereco nao foi encontrado",
            "omdat het adres niet (is|kan worden) gevonden",
            "アドレスが見つからなかったか、メールを受信できないアドレスであるため",
            "アドレス不明",
        ),
        (
            "** No se encontró la dirección ** Tu mensaje no se entregó a zoe@example.org porque no se encontró la dirección o no puede recibir correo.",
            (
                "** Adresse nicht gefunden ** Ihre Nachricht wurde nicht an zoe@example.org zugestellt, weil die Adresse nicht gefunden wurde oder keine"
                " E-Mails empfangen kann."
            ),
            "** Adresse introuvable ** Votre message n'est pas parvenu à zoe@example.org, car l'adresse est introuvable ou ne peut pas recevoir de messages.",
            "** Endereço não encontrado ** Sua mensagem não foi entregue a zoe@example.org porque o endereço não foi encontrado ou não pode receber e-mails.",
        ),
        unless=("ip", "servidor", "serveur", "server", "mittente", "absender*", "remitente", "expediteur"),
        url="https://support.google.com/mail/answer/6596",
        counter=("550 Votre adresse n'a pas de DNS inverse",),
    ),
    _google(
        "disabled",
        "mailbox_disabled",
        (
            "email account that you tried to reach is (disabled|inactive)",
            "p=disableduser",
            "email account you tried to reach is (disabled|inactive)",
        ),
        (
            (
                "550-5.2.1 The email account that you tried to reach is disabled. Learn more at 550 5.2.1 https://support.google.com/mail/?p=DisabledUser"
                " abc - gsmtp"
            ),
            (
                "550 5.2.1 The email account that you tried to reach is inactive. For more information, go to"
                " https://support.google.com/mail/?p=DisabledUser abc - gsmtp"
            ),
        ),
        counter=(
            (
                "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address"
                " for typos or 550-5.1.1 unnecessary spaces. Learn more at 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser abc - gsmtp"
            ),
        ),
    ),
    _google(
        "inbox_full",
        "mailbox_full",
        (
            "recipient's inbox is out of storage space",
            "email account that you tried to reach is over quota",
            "p=overquota*",
            "storage quota exceeded ... technical details",
            "gmail inbox is full",
            "inbox is full, or it's getting too much mail right now",
        ),
        (
            (
                "452-4.2.2 The recipient's inbox is out of storage space. Please direct the 452-4.2.2 recipient to 452 4.2.2"
                " https://support.google.com/mail/?p=OverQuotaTemp abc - gsmtp"
            ),
            (
                "552-5.2.2 The email account that you tried to reach is over quota and inactive. Please direct the recipient to"
                " https://support.google.com/mail/?p=OverQuotaPerm"
            ),
        ),
        counter=(
            (
                "550 5.2.1 The email account that you tried to reach is inactive. For more information, go to"
                " https://support.google.com/mail/?p=DisabledUser abc - gsmtp"
            ),
        ),
    ),
    _google(
        "no_domain",
        "domain_unknown",
        (
            "(weren't|were not) able to find the recipient domain",
            "p=badrcptdomain",
            "dns error: ... domain name not found",
            "because the domain <host> couldn't be found",
            "porque no se (encontro|ha encontrado) el dominio",
            "because the domain couldn't be found",
            "dns type 'mx' lookup of <host> responded with code nxdomain",
            "lookup of <host> responded with code nxdomain",
        ),
        (
            (
                "553-5.1.2 We weren't able to find the recipient domain. Please check for any 553-5.1.2 spelling errors, and make sure you didn't enter"
                " any spaces, periods, 553 5.1.2 or other punctuation after the recipient's email address. abc - gsmtp"
            ),
            "DNS Error: DNS type 'mx' lookup of example.org responded with code NXDOMAIN Domain name not found: example.org",
        ),
        temporary=False,
        counter=("DNS Error: DNS type 'mx' lookup of example.org responded with code SERVFAIL",),
    ),
    _google(
        "dns_no_answer",
        "dns_failure",
        ("dns type 'mx' lookup of <host> responded with code (servfail|refused|timeout)", "dns error: <n> dns type ... (servfail|refused|timeout|no answer)"),
        ("DNS Error: DNS type 'mx' lookup of example.org responded with code SERVFAIL",),
        counter=("DNS Error: DNS type 'mx' lookup of example.org responded with code NXDOMAIN Domain name not found: example.org",),
    ),
    _google(
        "null_mx",
        "no_mail_accepted",
        ("recipient domain ... (null mx|doesn't accept mail|does not accept mail)", "dns type 'mx' lookup of <host> responded with code noerror"),
        ("550 5.1.2 The recipient domain example.org has a null MX: it does not accept mail",),
        counter=("550 5.7.27 <shop@example.org>: Sender address rejected: Domain example.org does not accept mail (nullMX)",),
    ),
    _google(
        "recipient_syntax",
        "address_syntax",
        ("recipient address <address> is not a valid rfc", "recipient address ... is not a valid rfc", "p=badrcptsyntax"),
        (
            (
                "553-5.1.3 The recipient address <zoe.@example.org> is not a valid RFC 5321 address. For more information, go to 553 5.1.3"
                " https://support.google.com/a/answer/3221692 abc - gsmtp"
            ),
        ),
        counter=(
            (
                "503-5.5.1 RCPT first. A mail transaction protocol command was issued out of sequence. 503 5.5.1 For more information, go to"
                " https://support.google.com/a/answer/3221692 abc - gsmtp"
            ),
        ),
    ),
    _google(
        "server_did_not_answer",
        "connection_failed",
        (
            "recipient server did not accept our requests to connect",
            "p=badrcptmx",
            "server for the recipient domain ... did not (respond|accept)",
            "technical details of (temporary|permanent) failure: ... (timed out|connection refused|unreachable)",
            "error talking to (mail server|primary mail server)",
        ),
        (
            (
                "The recipient server did not accept our requests to connect. Learn more at https://support.google.com/mail/answer/7720 [mx.example.org."
                " 192.0.2.7: timed out]"
            ),
        ),
        url="https://support.google.com/mail/answer/7720",
        counter=(
            "450 4.1.7 <shop@example.org>: Sender address rejected: unverified address: connect to mx.example.org[198.51.100.25]:25: Connection timed out",
        ),
    ),
    _google(
        "remote_misconfigured",
        "system_error",
        (
            "because the remote server is misconfigured",
            "debido a que el servidor remoto esta mal configurado",
            "porque el servidor remoto no esta bien configurado",
        ),
        ("** Message not delivered ** Your message couldn't be delivered to zoe@example.org because the remote server is misconfigured.",),
        temporary=False,
        also=("wait", "fix_message"),
        url="https://support.google.com/mail/answer/6596",
        counter=("Your message wasn't delivered to zoe@example.org because the address couldn't be found, or is unable to receive mail.",),
    ),
    _google(
        "group_posting",
        "posting_not_allowed",
        (
            "groups.google.com/support",
            "/bin/topic.py?topic=25838",
        ),
        (
            "Nachstehend einige Informationen, warum Sie nicht posten konnten. Hilfe: https://groups.google.com/support/.",
            "We're writing to let you know why you weren't able to post. Help: https://support.google.com/a/example.com/bin/topic.py?topic=25838",
        ),
        side="either",
        also=("clean_address_list", "none"),
        url=_GROUPS,
        counter=(
            (
                "553-5.1.2 We weren't able to find the recipient domain. Please check for any 553-5.1.2 spelling errors, and make sure you didn't enter"
                " any spaces, periods, 553 5.1.2 or other punctuation after the recipient's email address. abc - gsmtp"
            ),
        ),
    ),
)

_POLICIES = (
    _google(
        "policy_of_domain",
        "policy",
        (
            "user or domain that you are sending to or from has a policy that",
            "(sending to|sending from) [or from] has a policy that prohibited",
            "has a policy that prohibited the mail that you sent",
            "blocked ... by a policy ... (g suite|google workspace)",
            "message was blocked by the (recipient|domain) administrator's",
        ),
        (
            (
                "550-5.7.1 The user or domain that you are sending to (or from) has a policy that 550-5.7.1 prohibited the mail that you sent. Please"
                " contact your domain 550-5.7.1 administrator for further details. 550 5.7.1 https://support.google.com/a/answer/172179 abc - gsmtp"
            ),
        ),
        also=("fix_message", "switch_outbound_ip"),
        counter=(
            (
                "550-5.2.1 The user you are trying to contact is receiving mail at a rate that 550-5.2.1 prevents additional messages from being"
                " delivered. For more information, please visit https://support.google.com/mail/?p=ReceivingRatePerm"
            ),
        ),
    ),
    _google(
        "relay_denied",
        "relay_denied",
        ("^mail relay denied", "p=mailrelaydenied"),
        (
            (
                "550-5.7.0 Mail relay denied [192.0.2.25]. Invalid credentials for relay for one of the domains in: example.com (as obtained from HELO and"
                " MAIL FROM)."
            ),
        ),
        side="ours",
        remedy="fix_relay_auth",
        also=("use_smarthost", "fix_route", "contact_recipient_admin"),
        url="https://support.google.com/a/answer/6140680",
        counter=(
            (
                "550-5.7.1 Invalid credentials for relay [192.0.2.25]. The IP address you've registered in your G Suite SMTP Relay service doesn't match"
                " domain of the account this email is being sent from."
            ),
        ),
    ),
    _google(
        "authentication_trouble",
        "system_error",
        ("cannot authenticate due to temporary system problem",),
        ("454 4.7.0 Cannot authenticate due to temporary system problem. Try again later. abc - gsmtp",),
        temporary=True,
        url=_ERRORS,
        counter=("530-5.5.1 Authentication Required. Learn more at 530 5.5.1 https://support.google.com/mail/?p=WantAuthError abc - gsmtp",),
    ),
    _google(
        "relay_credentials",
        "authentication_required",
        (
            "^invalid credentials for relay",
            "mail sending denied",
            "username and password not accepted",
            "application-specific password required",
            "please log in [with|via] your web browser [and] then try again",
            "p=badcredentials",
            "p=webloginrequired",
            "p=invalidsecondfactor",
            "p=wantautherror",
            "^authentication required. (learn more|for more information)",
            "ip address you've registered in your ... smtp relay service doesn't match",
        ),
        (
            (
                "550-5.7.1 Invalid credentials for relay [192.0.2.25]. The IP address you've registered in your G Suite SMTP Relay service doesn't match"
                " domain of the account this email is being sent from."
            ),
            "535-5.7.8 Username and Password not accepted. Learn more at 535 5.7.8 https://support.google.com/mail/?p=BadCredentials abc - gsmtp",
            "534-5.7.9 Application-specific password required. Learn more at 534 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor abc - gsmtp",
            "530-5.5.1 Authentication Required. Learn more at 530 5.5.1 https://support.google.com/mail/?p=WantAuthError abc - gsmtp",
        ),
        url="https://support.google.com/a/answer/2956491",
        counter=(
            (
                "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address"
                " for typos or 550-5.1.1 unnecessary spaces. Learn more at 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser abc - gsmtp"
            ),
        ),
    ),
    _google(
        "starttls_first",
        "tls_failed",
        ("must issue a starttls command first. ... (gsmtp|google)",),
        ("530 5.7.0 Must issue a STARTTLS command first. abc - gsmtp",),
        side="ours",
        temporary=False,
        counter=("530 5.5.1 Invalid command: Must issue an AUTH command first",),
    ),
    _google(
        "security_issue",
        "content_rejected",
        (
            "blocked because its content presents a potential security issue",
            "detected an illegal attachment on your message",
            "p=blockedmessage",
            "our system detected an illegal attachment",
            "potential security issue. please visit",
        ),
        (
            (
                "552-5.7.0 This message was blocked because its content presents a potential 552-5.7.0 security issue. Please visit 552-5.7.0"
                " https://support.google.com/mail/?p=BlockedMessage to review our message content and attachment content guidelines."
            ),
            (
                "552-5.7.0 Our system detected an illegal attachment on your message. Please visit https://support.google.com/mail/answer/6590 to review"
                " our attachment guidelines."
            ),
        ),
        url="https://support.google.com/mail/answer/6590",
        counter=(
            (
                "550-5.7.1 [2001:db8::25] Our system has detected that this message does 550-5.7.1 not meet IPv6 sending guidelines regarding PTR records"
                " and authentication. Please review 550 5.7.1 https://support.google.com/mail/?p=IPv6AuthError for more information."
            ),
        ),
    ),
    _google(
        "too_big",
        "message_too_big",
        (
            "exceeded google's message size limits",
            "number of attachments ... exceeds google's limit",
            "size of the header value ... exceeds",
            "(header|headers|attachments|to header|cc header) ... exceeds google's",
            "p=maxsizeerror",
        ),
        (
            (
                "552-5.2.3 Your message exceeded Google's message size limits. Please visit 552-5.2.3 https://support.google.com/mail/?p=MaxSizeError to"
                " view our size guidelines."
            ),
            "552 5.3.4 The number of attachments (612) exceeds Google's limit of 500 attachments. abc - gsmtp",
        ),
        counter=(
            (
                "452-4.5.3 Your message has too many recipients. For more information regarding Google's sending limits, please visit: 452 4.5.3"
                " https://support.google.com/mail/?p=TooManyRecipientsError"
            ),
        ),
    ),
    _google(
        "not_rfc5322",
        "message_format",
        (
            "detected that this message is not rfc <n> compliant",
            "messages with multiple addresses in from: header are not accepted",
            "messages missing a valid message-id header are not accepted",
            "messages with duplicate headers are not accepted",
            "(message-id|messageid) header are not accepted",
            "mail message is malformed",
            "p=rfcmessagenoncompliant",
            "this message is not rfc",
            "missing (from|to|date|subject) header ... gsmtp",
        ),
        (
            (
                "550-5.7.1 [192.0.2.25 11] Our system has detected that this message is 550-5.7.1 not RFC 5322 compliant: 550-5.7.1 Multiple 'From'"
                " headers found. 550-5.7.1 To reduce the amount of spam sent to Gmail, this message has been blocked. Please visit 550 5.7.1"
                " https://support.google.com/mail/?p=RfcMessageNonCompliant"
            ),
            "550-5.7.1 [192.0.2.25] Messages with multiple addresses in From: 550 5.7.1 header are not accepted. abc - gsmtp",
            "550-5.7.1 Messages missing a valid Message-ID header are not accepted. abc - gsmtp",
            "554 5.6.0 Mail message is malformed. Not accepted. abc - gsmtp",
        ),
        counter=(
            (
                "550-5.7.1 Gmail has detected that this message is likely suspicious due to the nature of the content and/or the links within. To best"
                " protect our users from spam, the message has been blocked."
            ),
        ),
    ),
    _google(
        "hops",
        "routing_loop",
        ("message exceeded <n> hops, this may indicate a mail loop",),
        ("554 5.4.6 Message exceeded 50 hops, this may indicate a mail loop. abc - gsmtp",),
        counter=("452-4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction. abc - gsmtp",),
    ),
    _google(
        "out_of_order",
        "protocol_error",
        (
            "^(ehlo/helo|mail|rcpt|data|starttls) first. a mail transaction protocol command",
            "a mail transaction protocol command was issued out of sequence",
            "no identity changes permitted",
            "smtp protocol violation[, visit|, see|, no]",
            "^syntax error[, goodbye|, cannot decode response]. ... gsmtp",
            "^(unimplemented command|unrecognized command|too many unrecognized commands, goodbye|syntax error). ... gsmtp",
            "optional argument not permitted for that auth mode",
            "unrecognized authentication type. ... gsmtp",
        ),
        (
            (
                "503-5.5.1 RCPT first. A mail transaction protocol command was issued out of sequence. 503 5.5.1 For more information, go to"
                " https://support.google.com/a/answer/3221692 abc - gsmtp"
            ),
            "451 4.5.0 SMTP protocol violation, no commands allowed to pipeline after STARTTLS. abc - gsmtp",
            "555 5.5.2 Syntax error, goodbye. abc - gsmtp",
            "502 5.5.1 Unrecognized command. abc - gsmtp",
        ),
        counter=(
            (
                "553-5.1.3 The recipient address <zoe.@example.org> is not a valid RFC 5321 address. For more information, go to 553 5.1.3"
                " https://support.google.com/a/answer/3221692 abc - gsmtp"
            ),
        ),
    ),
    _google(
        "timeout",
        "connection_lost",
        ("^timeout - closing connection",),
        ("451 4.4.2 Timeout - closing connection. abc - gsmtp",),
        counter=("421-4.7.0 Try again later, closing connection. (EHLO) abc - gsmtp",),
    ),
)

RULES = _SENDERS + _LIMITS + _RECIPIENTS + _POLICIES
