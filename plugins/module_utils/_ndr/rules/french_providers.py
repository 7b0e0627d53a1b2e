# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What French providers say: Orange (OFR), La Poste (LPN), SFR, Free and OVH.

Orange and La Poste end their replies, French and English, with a code whose last three digits tell the cause: ``OFR006_102``, ``LPN007_416``.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import says

_ORANGE = "https://postmaster.orange.fr/"
_LAPOSTE = "https://www.postmastery.com/laposte-net-postmaster-smtp-error-codes-lpn/"
_FREE = "https://postmaster.free.fr/"
_SFR = "https://www.postmastery.com/all-about-isp-sfr-and-smtp-error-codes-sfr_in_xxx/"
_OVH = "https://docs.ovhcloud.com/en/guides/web-cloud/email-and-collaborative-solutions/troubleshooting/locked-for-spam"


def _codes(*numbers):
    """Return a phrase for codes of Orange and La Poste that end in these numbers."""
    prefixes = [f"{name}{place}_" for name in ("ofr", "lpn") for place in ("", *(f"{count:03}" for count in range(11)), "027", "105")]
    return "(" + "|".join(prefix + number for number in numbers for prefix in prefixes) + ")"


_orange = says("orange", _ORANGE)
_laposte = says("laposte", _LAPOSTE)
_free = says("free", _FREE)
_sfr = says("sfr", _SFR)
_ovh = says("ovh", _OVH)

ORANGE = (
    _orange(
        "blocked_for_spam",
        "ip_blocklisted",
        (
            "adresse ip source bloquee pour incident de spam",
            "client host blocked for spamming issues",
            _codes("102", "103"),
        ),
        (
            (
                "550 mwinf5c04 ME Adresse IP source bloquee pour incident de spam. Client host blocked for spamming issues. OFR006_102 Ref"
                " http://csi.cloudmark.com/reset-request/?ip=192.0.2.25 [102]"
            ),
            "550 5.5.0 Adresse IP source bloquee pour incident de spam. LPN006_102",
        ),
        also=("switch_outbound_ip", "use_smarthost", "reduce_rate"),
        shared=True,
        counter=("421 mwinf5c19 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR005_104 [104]",),
    ),
    _orange(
        "too_many_connections",
        "too_many_connections",
        (
            "trop de connexions, veuillez verifier votre configuration",
            "too many connections, slow down",
            _codes("104"),
        ),
        (
            "421 mwinf5c19 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR005_104 [104]",
            "421 4.7.0 Too many connections, slow down. LPN105_104",
        ),
        settle=("spread",),
        shared=True,
        counter=("421 mwinf5c77 ME Service refused. OFR_109 [109]",),
    ),
    _orange(
        "refused_for_now",
        "system_busy",
        (
            "service refuse. veuillez essayer plus tard. service refused, please try later",
            "service refuse. veuillez essayer plus tard",
            "service refused, please try later",
            "client host rejected: service refuse",
            _codes("105", "106", "107", "108", "109", "503", "505", "999"),
        ),
        (
            "421 4.2.1 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR005_106",
            "421 mwinf5c77 ME Service refused. OFR_109 [109]",
            "450 4.7.1 Client host rejected: Service refuse. Veuillez essayer plus tard / service refused, please try later LPN027_503",
        ),
        also=("reduce_rate", "delist", "switch_outbound_ip", "contact_recipient_admin", "fix_ptr"),
        temporary=True,
        settle=("dnsbl", "spread"),
        shared=True,
        counter=("421 mwinf5c19 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR005_104 [104]",),
    ),
    _orange(
        "no_such_recipient",
        "user_unknown",
        (
            "adresse d au moins un destinataire invalide",
            "adresse destinataire invalide. invalid recipient",
            "adresse [du] destinataire invalide",
            _codes("416", "401", "402", "410"),
        ),
        (
            "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]",
            "550 5.5.0 Adresse destinataire invalide. Invalid recipient. LPN007_401",
            "550 5.1.1 OFR_416",
        ),
        shared=True,
        counter=("550 5.1.0 Adresse expediteur invalide. Invalid Sender. OFR_305 [305]",),
    ),
    _orange(
        "archived_mailbox",
        "mailbox_disabled",
        (
            "boite du destinataire archivee",
            "archived recipient",
            "utilisateur inactif",
            _codes("403", "404", "405", "406", "418"),
        ),
        (
            "550 5.2.1 Boite du destinataire archivee. Archived recipient. LPN007_405",
            "550 5.2.0 Boite du destinataire archivee. Archived recipient. OFR_405 [405]",
        ),
        shared=True,
        counter=("552 5.1.1 Boite du destinataire pleine. Recipient overquota. LPN007_430",),
    ),
    _orange(
        "full",
        "mailbox_full",
        (
            "boite du destinataire pleine",
            "boite [aux lettres] du destinataire (pleine|saturee)",
            "recipient overquota",
            _codes("417", "430"),
        ),
        (
            "552 5.2.2 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]",
            "552 5.1.1 Boite du destinataire pleine. Recipient overquota. LPN007_430",
        ),
        shared=True,
        counter=("550 5.2.1 Boite du destinataire archivee. Archived recipient. LPN007_405",),
    ),
    _orange(
        "sender",
        "sender_address_rejected",
        (
            "adresse (emetteur|expediteur|d emetteur) [invalide]",
            "adresse (emetteur|expediteur) invalide. invalid sender",
            "invalid sender. ofr*",
            "^emetteur invalide",
            _codes("305", "306", "310", "311"),
        ),
        (
            "550 5.1.0 Adresse expediteur invalide. Invalid Sender. OFR_305 [305]",
            "501 5.1.0 Emetteur invalide. OFR004_305 [305]",
            "450 4.1.8 Emetteur invalide / Invalid Sender LPN007_405",
        ),
        shared=True,
        counter=("550 5.5.0 Adresse destinataire invalide. Invalid recipient. LPN007_401",),
    ),
    _orange(
        "mail_rejected",
        "spam_content",
        (
            "mail rejete. mail rejected",
            _codes("501", "506", "507", "510", "511", "512", "513", "514", "515", "516", "518", "519", "520"),
        ),
        (
            "550 5.7.1 Mail rejete. Mail rejected. OFR_506 [506]",
            "554 5.7.1 Mail rejete. Mail rejected. LPN007_510",
        ),
        also=("contact_recipient_admin", "delist", "fix_sender_auth", "switch_outbound_ip", "reduce_rate"),
        settle=("dnsbl", "spf", "spread"),
        shared=True,
        counter=("501 5.0.2 Mail rejected. DMARC check failed. OFR_422",),
    ),
    _orange(
        "dmarc",
        "dmarc_failed",
        ("mail rejected. dmarc check failed", "mail rejete. dmarc*", _codes("517")),
        ("501 5.0.2 Mail rejected. DMARC check failed. OFR_422", "550 5.5.0 Service refuse. LPN007_517"),
        shared=True,
        counter=("554 5.7.1 Mail rejete. Mail rejected. LPN007_510",),
    ),
    _orange(
        "sender_domain_listed",
        "domain_blocklisted",
        ("invalid sender. your domain has been blacklisted", "your domain has been blacklisted. ofr*"),
        ("550 5.0.1 Invalid Sender. Your domain has been blacklisted. OFR_310",),
        also=("contact_recipient_admin", "fix_sender_domain"),
        counter=("550 5.1.0 Adresse expediteur invalide. Invalid Sender. OFR_305 [305]",),
    ),
    _orange(
        "rejected_for_policy",
        "policy",
        (_codes("421", "422", "423", "424", "425"),),
        ("550 5.7.0 Refus. OFR_421 [421]",),
        also=("fix_sender_auth", "fix_message", "delist", "switch_outbound_ip"),
        shared=True,
        counter=("554 5.7.1 Mail rejete. Mail rejected. LPN007_510",),
    ),
)

LAPOSTE = (
    _laposte(
        "any_code",
        "policy",
        ("^refuse* ... (lpn001_<n>|lpn006_<n>|lpn007_<n>)", "postmaster.laposte.net", "www.laposte.net/postmaster"),
        ("550 5.7.1 Message refused, see https://www.laposte.net/postmaster",),
        also=("delist", "fix_message", "switch_outbound_ip"),
        counter=("554 5.7.1 IP 192.0.2.25 refused, see https://postmaster.sfr.fr/",),
    ),
)

FREE = (
    _free(
        "spams",
        "ip_blocked",
        (
            "too many spams from your ip",
            "too many spams from your ip <ip>, please visit http://postmaster.free.fr",
            "too many errors from your ip <ip>, please visit http://postmaster.free.fr",
            "please visit http://postmaster.free.fr",
            "postmaster.free.fr",
        ),
        (
            "421 Too many spams from your IP (192.0.2.25), please visit http://postmaster.free.fr/",
            "451 too many errors from your ip (192.0.2.25), please visit http://postmaster.free.fr/",
        ),
        remedy="delist",
        also=("reduce_rate", "wait", "switch_outbound_ip", "use_smarthost"),
        settle=("dnsbl", "spread"),
        counter=("421 Too many concurrent SMTP connections from this IP address; please try again later.",),
    ),
    _free("user_search", "user_unknown", ("user unknown usersearch",), ("550 5.1.1 user unknown (UserSearch)",), counter=("550 spam detected",)),
    _free(
        "spam",
        "spam_content",
        ("^spam detecte", "message refuse: spam", "^spam detected$"),
        ("550 spam detected",),
        also=("contact_recipient_admin", "delist"),
        counter=("550 5.1.1 user unknown (UserSearch)",),
    ),
)

SFR = (
    _sfr(
        "blocked",
        "ip_blocked",
        (
            "(r.sfr.fr|postmaster.sfr.fr)",
            "votre ip ... bloquee ... sfr",
            "ip <ip> (bloquee|is blocked) ... sfr",
        ),
        ("554 5.7.1 IP 192.0.2.25 refused, see https://postmaster.sfr.fr/",),
        remedy="delist",
        also=("switch_outbound_ip", "use_smarthost", "reduce_rate"),
        settle=("dnsbl",),
        counter=("550 5.7.1 Message refused, see https://www.laposte.net/postmaster",),
    ),
)

OVH = (
    _ovh(
        "outgoing_spam",
        "spam_content",
        (
            "spam detected by ovh",
            "(mail|message) ... (rejected|blocked) by ovh",
            "ovh anti-spam",
            "ovh_spam_nok",
        ),
        ("550 5.7.1 OVH_SPAM_NOK: your message was detected as spam",),
        also=("contact_recipient_admin", "fix_relay_auth"),
        counter=("Not delivering to a user who marked your messages as spam",),
    ),
    _ovh(
        "outgoing_limit",
        "rate_limited",
        ("too much mails sent. please try later", "too many mails sent. please try later", "exceeded ... ovh ... limit"),
        ("450 4.7.1 <joe@example.com>: Sender address rejected: Too much mails sent. Please try later",),
        counter=("421 Too much load; please try again later.",),
    ),
)

RULES = ORANGE + LAPOSTE + FREE + SFR + OVH
