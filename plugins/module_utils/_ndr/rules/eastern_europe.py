# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What providers of Eastern and Central Europe say: Mail.ru, Yandex, Rambler, Seznam, WP, Interia, Onet and others."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule, says

_MAIL_RU = "https://help.mail.ru/developers/mailing_rules"
_YANDEX_SPAM = "https://yandex.com/support/mail/bounces/yandex/message-rejected-under-suspicion-of-spam.html"
_YANDEX = "https://yandex.com/support/yandex-360/customers/mail/en/"
_YANDEX_BOUNCES = "https://yandex.com/support/yandex-360/customers/mail/en/bounces/yandex"
_SEZNAM = "https://o-seznam.cz/napoveda/email/"
_INTERIA = "http://pomoc.poczta.interia.pl/antispam,ip,ip_serwera"
_WP = "https://pomoc.o2.pl/polityka-antyspamowa"
_PORTAL = ("switch_outbound_ip", "use_smarthost", "reduce_rate")


_mail_ru = says("mail_ru", _MAIL_RU)
_yandex = says("yandex", _YANDEX)
_seznam = says("seznam", _SEZNAM)
_interia = says("interia", _INTERIA)
_wp = says("wp", _WP)

MAIL_RU = (
    _mail_ru(
        "no_such_user",
        "user_unknown",
        (
            "message was not accepted -- invalid mailbox",
            "local mailbox <address> is unavailable: user not found",
            "is unavailable: user not found",
            "non-local recipient verification failed",
        ),
        (
            "550 Message was not accepted -- invalid mailbox. Local mailbox zoe@example.org is unavailable: user not found",
            "550 non-local recipient verification failed",
        ),
        counter=("550 Local mailbox zoe@example.org is unavailable: user is terminated",),
    ),
    _mail_ru(
        "disabled",
        "mailbox_disabled",
        (
            "message was not accepted -- invalid mailbox. local mailbox <address> is unavailable: (account|user) is (disabled|terminated|blocked|frozen)",
            "local mailbox <address> is unavailable: (account|user) is (disabled|terminated|blocked|frozen)",
            "is unavailable: (account|user|mailbox) is (disabled|terminated|blocked|frozen)",
        ),
        (
            "550 Message was not accepted -- invalid mailbox. Local mailbox zoe@example.org is unavailable: account is disabled",
            "550 Local mailbox zoe@example.org is unavailable: user is terminated",
        ),
        counter=("550 Message was not accepted -- invalid mailbox. Local mailbox zoe@example.org is unavailable: user not found",),
    ),
    _mail_ru(
        "full",
        "mailbox_full",
        ("local mailbox <address> is unavailable: (quota exceeded|mailbox is full|over quota)", "message was not accepted -- mailbox quota exceeded"),
        ("550 Local mailbox zoe@example.org is unavailable: quota exceeded",),
        counter=("550 Local mailbox zoe@example.org is unavailable: user is terminated",),
    ),
    _mail_ru(
        "spam",
        "spam_content",
        (
            "spam message rejected. please visit http*",
            "spam message (rejected|discarded|is rejected|is discarded)",
            "report details to <address> error code:",
            "help.mail.ru/notspam-support",
        ),
        (
            (
                "550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc or report details to abuse@example.net. Error code:"
                " 9D2E5C3A0F1B. ID: 0000001A57F1."
            ),
            "550 Spam message discarded/rejected. Please visit http://help.mail.ru/notspam-support/id?c=xyz",
        ),
        also=("contact_recipient_admin", "delist", "reduce_rate", "fix_sender_auth", "switch_outbound_ip"),
        settle=("dnsbl", "spf", "spread"),
        counter=("451 Ratelimit exceeded for mailbox joe@example.com. Try again later. http://help.mail.ru/mail-help/UAindex",),
    ),
    _mail_ru(
        "blocked",
        "ip_blocked",
        (
            "access from ip address <ip> blocked",
            "access from ip address ... blocked",
            "cgi-bin/support_bl?ip=<x>",
            "we do not accept mail from ip <ip>",
        ),
        ("550 Access from ip address 192.0.2.25 blocked. Visit http://win.mail.ru/cgi-bin/support_bl?ip=192.0.2.25",),
        remedy="delist",
        also=_PORTAL,
        settle=("dnsbl",),
        counter=("451 Ratelimit exceeded for mailbox joe@example.com. Try again later. http://help.mail.ru/mail-help/UAindex",),
    ),
    _mail_ru(
        "generic_ptr",
        "dynamic_ip",
        (
            "we do not accept mail from hosts with dynamic ip or generic ptr",
            "we do not accept mail from dynamic ips",
            "hosts with dynamic ip or generic (dns|ptr)",
        ),
        (
            (
                "550 Sorry, we do not accept mail from hosts with dynamic IP or generic dns PTR-records. Visit http://mail.ru/notspam/ or report details"
                " to abuse@example.net."
            ),
        ),
        also=("fix_ptr", "delist"),
        settle=("ptr", "dnsbl"),
        counter=("550 Access from ip address 192.0.2.25 blocked. Visit http://win.mail.ru/cgi-bin/support_bl?ip=192.0.2.25",),
    ),
    _mail_ru(
        "dmarc",
        "dmarc_failed",
        ("not accepted due to domain owner dmarc policy", "due to domain owner dmarc policy"),
        ("550 5.7.1 This message was not accepted due to domain owner DMARC policy (RFC 7489) https://help.mail.ru/mail-help/postmaster/dmarc",),
        counter=("550 Message was not accepted -- invalid mailbox. Local mailbox zoe@example.org is unavailable: user not found",),
    ),
    _mail_ru(
        "rate",
        "rate_limited",
        (
            "ratelimit exceeded for mailbox <address>",
            "ratelimit exceeded for (mailbox|domain|ip|sender)",
            "too many messages ... visit http://help.mail.ru*",
        ),
        ("451 Ratelimit exceeded for mailbox joe@example.com. Try again later. http://help.mail.ru/mail-help/UAindex",),
        counter=("550 Access from ip address 192.0.2.25 blocked. Visit http://win.mail.ru/cgi-bin/support_bl?ip=192.0.2.25",),
    ),
    _mail_ru(
        "greylisted",
        "greylisted",
        ("message rejected by greylisting. try again later", "temporarily rejected by greylisting"),
        ("450 Message rejected by greylisting. Try again later",),
        counter=("451 Ratelimit exceeded for mailbox joe@example.com. Try again later. http://help.mail.ru/mail-help/UAindex",),
    ),
)

YANDEX = (
    _yandex(
        "spam_statistics",
        "ip_blocked",
        ("blocked by spam statistics",),
        ("554 5.7.1 Blocked by spam statistics - see https://yandex.com/support/mail/",),
        # The page: for twenty-four hours.
        remedy="wait",
        also=("reduce_rate", "fix_message", "delist", "use_smarthost"),
        settle=("dnsbl", "spread"),
        url=_YANDEX_SPAM,
        counter=("554 5.7.1 [2] Message rejected under suspicion of SPAM",),
    ),
    _yandex(
        "spam",
        "spam_content",
        ("message rejected under suspicion of spam", "rejected under suspicion of spam"),
        (
            "554 5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc 1573567890-aBcDeF",
            "554 5.7.1 [2] Message rejected under suspicion of SPAM",
        ),
        also=("contact_recipient_admin", "fix_sender_auth", "reduce_rate", "delist"),
        settle=("dnsbl", "spf", "spread"),
        url=_YANDEX_SPAM,
        counter=("554 5.7.1 Message sending for this account is disabled",),
    ),
    _yandex(
        "policy_of_address",
        "mailbox_disabled",
        ("policy rejection on the target address",),
        ("550 5.7.1 Policy rejection on the target address (example.org). https://yandex.ru/support/mail/web/preferences/blocked.html",),
        remedy="contact_recipient_admin",
        also=("clean_address_list", "wait"),
        counter=("553 5.7.1 Sender address rejected: not owned by auth user.",),
        url=_YANDEX_BOUNCES,
    ),
    _yandex(
        "no_such_user",
        "user_unknown",
        ("^no such user!$", "no such user!"),
        ("550 5.7.1 No such user!",),
        url=_YANDEX_BOUNCES,
        counter=("553 5.7.1 Sender address rejected: not owned by auth user.",),
    ),
    _yandex(
        "recipient_rate",
        "mailbox_busy",
        ("recipient has exceeded message rate limit", "the recipient has exceeded message rate limit. try again later"),
        ("450 4.2.1 The recipient has exceeded message rate limit. Try again later.",),
        also=("reduce_rate", "contact_recipient_admin"),
        counter=("421 4.4.2 Message submission rate for this client has exceeded the configured limit",),
        url=_YANDEX_BOUNCES,
    ),
    _yandex(
        "come_back_later",
        "system_busy",
        ("sorry, the service is currently unavailable. please come back later",),
        ("451 4.7.1 Sorry, the service is currently unavailable. Please come back later. 1573567890-aBcDeFgH-1234",),
        also=("reduce_rate", "switch_outbound_ip", "contact_recipient_admin"),
        settle=("dnsbl", "spread"),
        counter=("450 4.2.1 The recipient has exceeded message rate limit. Try again later.",),
        url=_YANDEX_BOUNCES,
    ),
    _yandex(
        "sender_not_owned",
        "sender_address_rejected",
        ("sender address rejected: not owned by auth user",),
        ("553 5.7.1 Sender address rejected: not owned by auth user.",),
        remedy="fix_relay_auth",
        also=("fix_sender_domain", "fix_message"),
        counter=("553 5.7.1 <shop@example.org>: Sender address rejected: not logged in",),
    ),
    _yandex(
        "no_rights",
        "authentication_required",
        ("this user does not have access rights to this service",),
        ("535 5.7.8 Error: authentication failed: This user does not have access rights to this service",),
        counter=("550 5.7.1 Client does not have permissions to send as this sender",),
    ),
    _yandex(
        "captcha",
        "rate_limited",
        ("account ... (suspicious|spam) activity ... captcha", "message sending for this account is disabled", "send messages limit exceeded"),
        ("554 5.7.1 Message sending for this account is disabled",),
        remedy="fix_relay_auth",
        also=("reduce_rate", "wait", "use_smarthost"),
        counter=("554 Message rejected: Sending paused for this account.",),
        url="https://www.yandex.com/support/mail/web/letter/create/troubleshooting.html",
    ),
)

OTHERS = (
    says("rambler", "https://help.rambler.ru/mail/")(
        "spam",
        "spam_content",
        ("spam message rejected; if this is not spam contact abuse", "rambler ... (spam|anti-spam)", "antispam ... rambler"),
        ("550 5.7.1 Rejected by Rambler anti-spam",),
        also=("contact_recipient_admin", "delist"),
        counter=("554 rejected by the anti-spoofing policy",),
    ),
    _seznam(
        "policy_violation",
        "policy",
        ("email policy violation ... seznam", "napoveda.seznam.cz", "o-seznam.cz/napoveda"),
        ("554 5.7.1 Email policy violation, see https://o-seznam.cz/napoveda/email/",),
        also=("fix_message", "delist", "fix_sender_auth", "switch_outbound_ip", "reduce_rate"),
        counter=("554 5.7.7 Email policy violation detected: 553 Relaying disallowed. Invalid Domain - example.com",),
    ),
    _seznam(
        "too_much_spam",
        "ip_blocked",
        ("your mail server is sending too much spam",),
        ("554 5.7.1 Your mail server is sending too much spam",),
        remedy="delist",
        also=_PORTAL,
        settle=("dnsbl",),
        counter=("552 your mail is too big",),
    ),
    _interia(
        "spam_source",
        "ip_blocked",
        ("pomoc.poczta.interia.pl/antispam", "interia ... antispam,ip", "has been labeled as a source of spam"),
        ("550 Rejected: http://pomoc.poczta.interia.pl/antispam,ip,192.0.2.25",),
        remedy="delist",
        also=(*_PORTAL, "fix_message"),
        settle=("dnsbl",),
        counter=("554 5.7.1 POL-P6 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
    ),
    _wp(
        "blocked",
        "ip_blocked",
        (
            "poczta.wp.pl/sprawdz",
            "(pomoc.wp.pl|poczta.wp.pl|pomoc.o2.pl|poczta.o2.pl)",
            "twoj adres ip ... (zablokowany|czarnej liscie)",
            "adres ip <ip> ... (zablokowany|czarnej liscie)",
        ),
        ("554 5.7.1 Adres IP 192.0.2.25 jest zablokowany", "550 Refused, see https://pomoc.wp.pl/"),
        remedy="delist",
        also=_PORTAL,
        settle=("dnsbl",),
        counter=("550 5.7.1 198.51.100.11 refused, see https://csi.cloudmark.com/en/reset/?ip=198.51.100.11",),
    ),
    _wp(
        "polish_limits",
        "rate_limited",
        ("zbyt (duzo|wiele) (polaczen|wiadomosci)", "przekroczono limit (wiadomosci|polaczen|wysylki)"),
        ("421 Zbyt wiele wiadomości", "450 Przekroczono limit wysyłki"),
        counter=("554 5.7.1 Wiadomość została odrzucona jako spam",),
    ),
    _wp(
        "polish_spam",
        "spam_content",
        ("wiadomosc (zostala odrzucona jako spam|zawiera spam|uznana za spam|rozpoznana jako spam)", "odrzucona jako spam"),
        ("554 5.7.1 Wiadomość została odrzucona jako spam",),
        also=("contact_recipient_admin", "delist"),
        counter=("554 5.7.1 Adres IP 192.0.2.25 jest zablokowany",),
    ),
    rule(
        "russian.blocked_address",
        "named",
        "ip_blocked",
        ("ip ... (заблокирован|в черном списке|в чёрном списке)", "(адрес|сервер|хост) ... (заблокирован|в черном списке|в чёрном списке)"),
        ("554 Ваш IP 192.0.2.25 заблокирован", "550 Ваш адрес в чёрном списке"),
        remedy="delist",
        also=_PORTAL,
        unless=("ящик", "пользователь", "получател*"),
        counter=("550 Почтовый ящик заблокирован",),
    ),
    rule(
        "russian.blocked_mailbox",
        "words",
        "mailbox_disabled",
        ("(ящик|пользователь|аккаунт|учетная запись|учётная запись) ... (заблокирован*|отключен*|отключён*|удален*|удалён*|неактивен|приостановлен*)",),
        ("550 Почтовый ящик заблокирован", "550 Пользователь отключен"),
        counter=("554 Ваш IP 192.0.2.25 заблокирован",),
    ),
    rule(
        "russian.later",
        "vague",
        "system_busy",
        ("(попробуйте|повторите) ... позже", "временно (недоступен|недоступна|отклонено|отклонен)"),
        ("451 Сервис временно недоступен, попробуйте позже",),
        counter=("554 Ваш IP 192.0.2.25 заблокирован",),
    ),
    rule(
        "russian.rate",
        "named",
        "rate_limited",
        ("слишком (много|часто) ...", "превышен ... (лимит|предел)", "превышено (количество|число)"),
        ("421 Слишком много сообщений", "450 Превышен лимит отправки"),
        unless=("квота", "ящик", "ящика"),
        counter=("554 Ваш IP 192.0.2.25 заблокирован",),
    ),
)

RULES = MAIL_RU + YANDEX + OTHERS
