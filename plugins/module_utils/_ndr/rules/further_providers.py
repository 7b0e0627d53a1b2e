# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What further providers say: Italy (Libero, TIM, Tiscali), Spain and Brazil (Telefónica, UOL, Terra, Locaweb), Britain (BT, TalkTalk, Virgin),
the Low Countries and Switzerland (KPN, Ziggo, Telenet, Proximus, Bluewin), Oceania (BigPond, Xtra), MX Logic, and Facebook's mail addresses.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule, says

_PORTAL = ("switch_outbound_ip", "use_smarthost", "reduce_rate")
_BLOCK = {"remedy": "delist", "also": _PORTAL, "settle": ("dnsbl",)}
_FACEBOOK_CODES = "postmaster.facebook.com/response_codes"


_libero = says("libero", "https://aiuto.libero.it/articolo/mail/messaggi-di-errore-piu-frequenti-dopo-invio-email")
_tim = says("tim", "https://timbusiness.tim.it/assistenza/supporto-tecnico/mail/sicurezza-posta/blacklist")
_telefonica = says("telefonica", "https://www.movistar.es/atencion-cliente/")
_uol = says("uol", "https://ajuda.uol.com.br/")
_bt = says("bt", "http://blog.frankleonhardt.com/tag/bt-internet/")
_kpn = says("kpn", "https://blacklist.kpnmail.nl/Help/17")
_bigpond = says("bigpond", "https://crowdsupport.telstra.com.au/t5/broadband-nbn/why-is-my-email-being-blacklisted/ta-p/76234")
_mxlogic = says("trellix", "https://blog.mailchannels.com/mx-logic-blocking-my-mails-with-554-denied-cs-mxlogic-net/")
_facebook = says("facebook", "https://postmaster.facebook.com/response_codes")

ITALY = (
    _libero(
        "listed",
        "ip_blocklisted",
        ("(lib_102|lib_103)", "server not available ip: <ip> - lib*", "ip blacklisted by csi"),
        (
            "554 smtp-16.iol.local smtp-16.iol.local ESMTP server not available IP: 192.0.2.25 - LIB_102",
            "550 smtp-34.iol.local IP blacklisted by CSI. [smtp-34.iol.local; LIB_102]",
        ),
        counter=("554 dnvrco-cmimta15 esmtp ESMTP server not available AUP#I-1010",),
    ),
    says(
        "libero", "https://www.suped.com/learn/email-deliverability/what-causes-a-550-invalid-domain-error-from-virgilio-and-libero-and-how-can-it-be-resolved"
    )(
        "invalid_domain",
        "sender_domain_unresolvable",
        ("(lib_420|vir_420)",),
        ("550 Invalid Domain [smtp-12.iol.local; LIB_420]", "550 Invalid Domain [smtp-41.iol.local; VIR_420]"),
        # Of the domain in MAIL FROM; after the message also where its visible From fails DMARC.
        also=("fix_dmarc", "fix_sender_auth", "fix_spf"),
        counter=("550 Mail refused [smtp-17.iol.local; LIB_506]", "550 invalid domain example.org"),
    ),
    _libero(
        "connections",
        "too_many_connections",
        ("(lib_104|lib_105)",),
        ("421 smtp-28.iol.local Troppe richieste [smtp-28.iol.local; LIB_104]",),
        counter=("550 Mail refused [smtp-17.iol.local; LIB_506]",),
    ),
    _libero(
        "spam",
        "spam_content",
        ("(lib_506|lib_510|lib_515|lib_520)",),
        ("550 Mail refused [smtp-17.iol.local; LIB_506]",),
        also=("contact_recipient_admin", "delist"),
        settle=("dnsbl", "spread"),
        counter=("421 smtp-28.iol.local Troppe richieste [smtp-28.iol.local; LIB_104]",),
    ),
    _libero(
        "from_header",
        "message_format",
        ("rfc compliance problem, check your from header", "rfc compliance problem ... lib_*"),
        ("550 RFC compliance problem, check your From header [smtp-17.iol.local; LIB_603]",),
        shared=True,
        counter=("550 Mail refused [smtp-17.iol.local; LIB_506]",),
    ),
    _tim(
        "listed",
        "ip_blocklisted",
        ("mail not accepted from blacklisted ip address", "not accepted from blacklisted ip"),
        ("550 mail not accepted from blacklisted IP address [192.0.2.25]",),
        counter=("553 Mail from 192.0.2.25 not allowed - [10]",),
    ),
    says("tiscali", "https://csi.cloudmark.com/en/reset/")(
        "not_allowed",
        "ip_blocklisted",
        ("ip: <ip>, you are not allowed to send mail. please see http://csi.cloudmark.com*", "ip: <ip>, you are not allowed to send mail"),
        (
            (
                "554 cmgw-1.mail.example.net Tu5K1y00L1wtCLS01 IP: 192.0.2.25, You are not allowed to send mail. Please see"
                " http://csi.cloudmark.com/reset-request/?ip=192.0.2.25 if you feel this is in error."
            ),
        ),
        counter=("550 5.7.23 SPF: 192.0.2.25 is not permitted to send mail for example.com",),
    ),
)

IBERIA_AND_LATIN_AMERICA = (
    _telefonica(
        "listed",
        "ip_blocklisted",
        ("ip: <ip> en lista negra por spam/virus", "en lista negra por spam/virus", "lista negra por spam"),
        ("554 5.7.1 IP: 192.0.2.25 en Lista Negra por Spam/Virus...contacte con su administrador",),
        counter=("451 Su servidor está en lista gris",),
    ),
    _uol(
        "sender_blocked_by_us",
        "posting_not_allowed",
        ("^remetente bloqueado", "remetente (bloqueado|nao autorizado) pelo destinatario"),
        ("550 Remetente bloqueado", "550 Remetente não autorizado pelo destinatário"),
        also=("fix_sender_domain", "delist"),
        counter=("550 domínio do remetente não existe",),
    ),
    _uol(
        "postmaster_page",
        "ip_blocked",
        ("(postmaster.uol.com.br|postmaster.terra.com|postmaster.locaweb.com.br|antispam.uol.com.br)", "antispam.terra.com"),
        ("550 5.7.1 Recusado, veja http://postmaster.uol.com.br",),
        **_BLOCK,
        counter=("554 5.7.1 POL-P6 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
        url="http://email.uol.com.br/postmaster/en/",
    ),
)

BRITAIN_AND_THE_LOW_COUNTRIES = (
    _bt(
        "looks_like_spam",
        "spam_content",
        ("your message looks like spam or has been reported as spam", "message looks like spam or has been reported as spam"),
        (
            (
                "554 Message rejected on 2015/08/01 10:00:00 BST, policy (3.2.1.1) - Your message looks like SPAM or has been reported as SPAM please read"
                " www.btyahoo.com/spam"
            ),
        ),
        also=("contact_recipient_admin", "delist"),
        settle=("dnsbl", "spread"),
        counter=("Your message to zoe@example.org couldn't be delivered. Security or policy settings at example.org have rejected your message.",),
    ),
    says("talktalk", "https://community.talktalk.co.uk/")(
        "blocked",
        "ip_blocked",
        ("talktalk ... (blocked|refused|rejected)", "(blocked|refused|rejected) ... talktalk"),
        ("554 Mail from 192.0.2.25 refused by TalkTalk",),
        **_BLOCK,
        counter=("550 5.7.1 mail from 192.0.2.25 refused by our local blacklist",),
    ),
    says("virgin", "https://www.virginmedia.com/help")(
        "page",
        "ip_blocked",
        ("(postmaster.virginmedia.com|netreport.virginmedia.com)", "ip blocked ... virgin media"),
        ("554 IP blocked, see http://postmaster.virginmedia.com",),
        **_BLOCK,
        counter=("554 5.7.1 Message blocked, see http://csi.cloudmark.com/reset-request/?ip=198.51.100.11",),
    ),
    _kpn(
        "page",
        "ip_blocked",
        (
            "(kpn|ziggo|xs4all|telenet|skynet|proximus|bluewin) ... (blacklist|blocklist|blocked)",
            "(blacklist|blocklist|blocked) ... (kpn|ziggo|xs4all|telenet|skynet|proximus|bluewin)",
        ),
        ("554 5.7.1 Refused: 192.0.2.25 is blocked by Ziggo", "550 5.7.1 Bluewin: 192.0.2.25 blocked"),
        unless=("mailbox", "account", "user", "content", "attachment"),
        **_BLOCK,
        counter=("550 host [198.51.100.11] is blacklisted by zen.example.net",),
    ),
    rule(
        "dutch.blocked",
        "named",
        "ip_blocked",
        ("(uw|het) (ip|ip-adres|server|mailserver) ... (geblokkeerd|zwarte lijst|geweigerd)", "zwarte lijst"),
        ("554 Uw IP-adres 192.0.2.25 is geblokkeerd",),
        **_BLOCK,
        counter=("550 host [198.51.100.11] is blacklisted by zen.example.net",),
    ),
)

OCEANIA = (
    _bigpond(
        "likely_spam",
        "ip_blocked",
        ("<ip> is likely to be sending spam", "connection refused. <ip> is likely to be sending spam", "(ib603|ib603b)"),
        ("554 5.7.1 nsstlmta32p.bpe.example.net BigPond Inbound IB603b Connection refused. 192.0.2.25 is likely to be sending spam",),
        **_BLOCK,
        counter=("4.4.1 connect to mx.example.org[192.0.2.7]:25: Connection refused",),
    ),
    says("xtra", "https://smxemail.com/help-support/faq-s/technical-support/what-do-i-do-if-my-email-is-rejected-due-to-rbl/")(
        "smx",
        "ip_blocked",
        ("smx ... (blocked|reputation|blacklist*)", "smxemail.com"),
        ("554 5.7.1 SMX: 192.0.2.25 blocked, see https://smxemail.com/",),
        **_BLOCK,
        counter=("554 Blocked - see https://ipcheck.proofpoint.com/?ip=198.51.100.11",),
    ),
)

OTHERS = (
    _mxlogic(
        "denied",
        "spam_content",
        ("^denied (<id>|<ip>|<host>|cs <host>|cs <id>) mode: normal", "^denied ... mode: normal"),
        ("554 Denied [be7d0a15.0.1234567.00-2201.4040404.p01c12m069.example.net] (Mode: normal)",),
        also=("contact_recipient_admin", "delist", "switch_outbound_ip"),
        settle=("dnsbl", "spread"),
        counter=("553 Invalid recipient zoe@example.org (Mode: normal)",),
    ),
    _mxlogic(
        "invalid_recipient",
        "user_unknown",
        ("^invalid recipient <address> mode: normal",),
        ("553 Invalid recipient zoe@example.org (Mode: normal)",),
        counter=("554 Denied [be7d0a15.0.1234567.00-2201.4040404.p01c12m069.example.net] (Mode: normal)",),
    ),
    _facebook(
        "recipient",
        "user_unknown",
        (f"(int-p1|int-p3|int-p4|rcp-p1|int-p2) ... {_FACEBOOK_CODES}", "^(int-p1|int-p3|int-p4|rcp-p1)"),
        ("550 5.1.1 INT-P1 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#int",),
        counter=("550 5.7.1 DNS-P1 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#dns",),
    ),
    _facebook(
        "recipient_settings",
        "posting_not_allowed",
        ("refused due to recipient preferences", "^(rcp-p2|rcp-p3|int-p5|int-p6|int-p7)"),
        ("550 5.1.1 RCP-P2 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#rcp Refused due to recipient preferences",),
        also=("clean_address_list",),
        counter=("554 5.7.1 POL-P2 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
    ),
    _facebook(
        "listed",
        "ip_blocklisted",
        ("^(pol-p1|pol-p2)", f"(pol-p1|pol-p2) ... {_FACEBOOK_CODES}"),
        ("554 5.7.1 POL-P2 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
        counter=("554 5.7.1 POL-P6 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
    ),
    _facebook(
        "content",
        "spam_content",
        ("^(pol-p5|pol-p6|msg-p1|msg-p2)",),
        ("554 5.7.1 POL-P6 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
        also=("contact_recipient_admin", "delist"),
        counter=("554 5.7.1 POL-P2 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
    ),
    _facebook(
        "signature",
        "auth_failed",
        ("^(pol-p3|pol-p4)", "pol-p7 ... postmaster.facebook.com/auth_error"),
        ("550 5.7.1 POL-P4 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
        counter=("554 5.7.1 POL-P6 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
    ),
    _facebook(
        "ptr",
        "ptr_missing",
        ("^(dns-p3|dns-t2)",),
        ("550 5.7.1 DNS-P3 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#dns",),
        counter=("550 5.7.1 DNS-P1 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#dns",),
    ),
    _facebook(
        "sender_domain",
        "sender_domain_unresolvable",
        ("^(dns-p1|dns-p2|dns-t1)",),
        ("550 5.7.1 DNS-P1 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#dns",),
        counter=("550 5.7.1 DNS-P3 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#dns",),
    ),
    _facebook(
        "rate",
        "rate_limited",
        ("^(con-t1|con-t2|con-t3|pol-t1|pol-t2|pol-t3|con-t4)",),
        ("421 4.7.1 CON-T1 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#con",),
        counter=("554 5.7.1 POL-P6 http://postmaster.facebook.com/response_codes?ip=192.0.2.25#pol",),
    ),
)

RULES = ITALY + IBERIA_AND_LATIN_AMERICA + BRITAIN_AND_THE_LOW_COUNTRIES + OCEANIA + OTHERS
