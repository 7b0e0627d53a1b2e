# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What filters beside a mail server say: rspamd, SpamAssassin, amavisd, postgrey, policyd, policyd-weight, policyd-spf, BarricadeMX."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_RSPAMD = "https://github.com/rspamd/rspamd/blob/master"
_AMAVIS = "https://gitlab.com/amavis/amavis/-/blob/master/conf/amavisd.conf-default"
_POSTGREY = "https://github.com/schweikert/postgrey/blob/master/postgrey"
_POLICYD = "https://github.com/hummermania/policyd/blob/master/cbp/modules"
_WEIGHT = "https://manpages.debian.org/bookworm/policyd-weight/policyd-weight.conf.5.en.html"
_SPF = "https://salsa.debian.org/python-team/packages/spf-engine/-/blob/master/spf_engine/__init__.py"
_SPAMASSASSIN = "https://manpages.debian.org/bookworm/spamass-milter/spamass-milter.1.en.html"
_BARRICADE = "http://www.snertsoft.com/smtp/smtpf/reply.html"

RULES = (
    rule(
        "rspamd.spam",
        "exact",
        "spam_content",
        ("^spam message rejected", "^gtube pattern"),
        ("554 5.7.1 Spam message rejected", "554 5.7.1 Gtube pattern"),
        counter=("451 4.7.1 Try again later",),
        url=f"{_RSPAMD}/src/libserver/milter_internal.h",
    ),
    rule(
        "rspamd.soft",
        "exact",
        "greylisted",
        ("^try again later$",),
        ("451 4.7.1 Try again later",),
        counter=("451 4.3.0 Try again later, disk full",),
        url=f"{_RSPAMD}/src/libserver/milter_internal.h",
        when={"status": "4.7.1", "code": "4xx"},
        confidence="likely",
        also=("contact_recipient_admin",),
    ),
    rule(
        "rspamd.ratelimit",
        "exact",
        "rate_limited",
        ("^rate* limit* ... exceeded", "^ratelimit ... exceeded", "^ratelimit exceeded"),
        ('451 4.7.1 Ratelimit "to" exceeded', "450 4.7.1 Ratelimit exceeded"),
        counter=("451 4.7.1 Try again later",),
        url=f"{_RSPAMD}/src/plugins/lua/ratelimit.lua",
    ),
    rule(
        "rspamd.dmarc",
        "exact",
        "dmarc_failed",
        ("^action set by dmarc",),
        ("554 5.7.1 Action set by DMARC",),
        counter=("554 5.7.1 Spam message rejected",),
        url=f"{_RSPAMD}/src/plugins/lua/dmarc.lua",
    ),
    rule(
        "rspamd.virus",
        "exact",
        "virus",
        ("(clamav|kaspersky|sophos|savapi|fprot|avast|icap): virus found",),
        ('554 5.7.1 clamav: virus found: "Eicar-Test-Signature"',),
        counter=("554 5.7.1 Spam message rejected",),
        url=f"{_RSPAMD}/lualib/lua_scanners/clamav.lua",
    ),
    rule(
        "amavis.spam",
        "exact",
        "spam_content",
        ("^(reject|rejected|discarded), id=... - spam", "(reject|rejected), id=<n>-<n> - spam", "(reject|rejected), id=<id> - spam"),
        ("554 5.7.0 Reject, id=17923-08 - SPAM", "554 5.7.1 Rejected, id=17923-08 - spam"),
        counter=("554 5.7.0 Reject, id=17923-08 - BANNED: .exe,figures.exe",),
        url=_AMAVIS,
    ),
    rule(
        "amavis.banned",
        "exact",
        "content_rejected",
        ("id=... - banned", "banned: ... .exe", "- banned:"),
        ("554 5.7.0 Reject, id=17923-08 - BANNED: multipart/mixed | application/octet-stream,.exe,figures.exe",),
        counter=("554 5.7.0 Reject, id=17923-08 - SPAM",),
        url=_AMAVIS,
    ),
    rule(
        "amavis.virus",
        "exact",
        "virus",
        ("id=... - infected", "- infected:"),
        ("554 5.7.0 Reject, id=17923-08 - INFECTED: Eicar-Test-Signature",),
        counter=("554 5.7.0 Reject, id=17923-08 - BAD_HEADER",),
        url=_AMAVIS,
    ),
    rule(
        "amavis.header",
        "exact",
        "message_format",
        ("id=... - bad_header", "- bad_header", "- bad header"),
        ("554 5.7.0 Reject, id=17923-08 - BAD_HEADER",),
        counter=("554 5.7.0 Reject, id=17923-08 - SPAM",),
        url=_AMAVIS,
    ),
    rule(
        "amavis.fault",
        "exact",
        "system_error",
        ("error in processing, id=", "all virus scanners failed"),
        ("451 4.5.0 Error in processing, id=17923-08, virus_scan FAILED: ALL VIRUS SCANNERS FAILED",),
        counter=("554 5.7.0 Reject, id=17923-08 - INFECTED: Eicar-Test-Signature",),
        url=_AMAVIS,
        temporary=True,
    ),
    rule(
        "postgrey.greylisted",
        "exact",
        "greylisted",
        ("recipient address rejected: greylisted", "greylisted, see http", "greylisted for <n> seconds"),
        (
            "450 4.2.0 <zoe@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html",
            "450 4.7.1 <zoe@example.com>: Recipient address rejected: Greylisted for 300 seconds",
        ),
        counter=("550 5.1.1 <zoe@example.com>: Recipient address rejected: User unknown",),
        url=_POSTGREY,
        temporary=True,
    ),
    rule(
        "policyd.greylisting",
        "exact",
        "greylisted",
        ("greylisting in effect, please come back later",),
        ("450 4.7.1 <zoe@example.com>: Recipient address rejected: Greylisting in effect, please come back later",),
        counter=("554 5.7.1 <zoe@example.com>: Recipient address rejected: Policy Rejection- Abuse. Go away.",),
        url=f"{_POLICYD}/Greylisting.pm",
        temporary=True,
    ),
    rule(
        "policyd.quota",
        "exact",
        "rate_limited",
        ("policy rejection- quota exceeded", "policy rejection- ... quota", "policy rejection; ... quota exceeded"),
        ("554 5.7.1 <zoe@example.com>: Recipient address rejected: Policy Rejection- Quota exceeded.",),
        counter=("552 5.2.2 quota exceeded",),
        url=f"{_POLICYD}/Quotas.pm",
    ),
    rule(
        "policyd.abuse",
        "exact",
        "ip_blocked",
        ("policy rejection- abuse. go away", "policy rejection- spamtrap", "policy rejection- blacklisted"),
        ("554 5.7.1 <zoe@example.com>: Recipient address rejected: Policy Rejection- Abuse. Go away.",),
        counter=("450 4.7.1 <zoe@example.com>: Recipient address rejected: Policy Rejection- Please try later.",),
        url=f"{_POLICYD}/AccessControl.pm",
        settle=("dnsbl", "spread"),
    ),
    rule(
        "policyd.helo",
        "exact",
        "helo_rejected",
        ("invalid helo/ehlo; must be a fqdn", "policy rejection- invalid helo", "policy rejection- helo"),
        ("550 5.7.1 <zoe@example.com>: Recipient address rejected: Invalid HELO/EHLO; Must be a FQDN or an address literal, not 'vm'",),
        counter=("554 5.7.1 <zoe@example.com>: Recipient address rejected: Policy Rejection- Abuse. Go away.",),
        url=f"{_POLICYD}/CheckHelo.pm",
    ),
    rule(
        "policyd.weight_lists",
        "exact",
        "ip_blocklisted",
        ("your mta is listed in too many dnsbls",),
        ("550 5.7.1 Your MTA is listed in too many DNSBLs; check https://lookup.example.net/198.51.100.11",),
        counter=("450 4.7.1 temporarily blocked because of previous errors - retrying too fast. penalty: 30 seconds x 0 retries.",),
        url=_WEIGHT,
    ),
    rule(
        "policyd.weight",
        "exact",
        "helo_rejected",
        ("mail appeared to be spam or forged. ask your mail/dns-administrator to correct helo",),
        (
            (
                "550 5.7.1 Mail appeared to be SPAM or forged. Ask your Mail/DNS-Administrator to correct HELO and DNS MX settings or "
                "to get removed from DNSBLs; MTA helo: mail.example.org, MTA hostname: vm.example.org[198.51.100.11] (helo/hostname "
                "mismatch)"
            ),
        ),
        counter=("550 5.7.1 Mail appears to be spam",),
        url=_WEIGHT,
        also=("fix_ptr", "delist", "fix_sender_domain"),
        settle=("helo", "ptr", "dnsbl"),
    ),
    rule(
        "policyd.weight_retry",
        "exact",
        "rate_limited",
        ("temporarily blocked because of previous errors - retrying too fast",),
        ("450 4.7.1 temporarily blocked because of previous errors - retrying too fast. penalty: 30 seconds x 0 retries.",),
        counter=("550 5.7.1 Your MTA is listed in too many DNSBLs",),
        url=_WEIGHT,
        remedy="wait",
        also=("reduce_rate", "fix_helo"),
        temporary=True,
    ),
    rule(
        "policyd.spf",
        "exact",
        "spf_failed",
        (
            "message rejected due to: spf (fail|softfail)",
            "receiver policy for spf (fail|softfail|neutral|none)",
            "please see http://www.openspf.(net|org)/why",
            "spf fail - not authorized",
        ),
        (
            (
                "550 5.7.23 <zoe@example.com>: Recipient address rejected: Message rejected due to: SPF fail - not authorized. Please "
                "see http://www.openspf.net/Why?s=mfrom;id=shop@example.org;ip=198.51.100.11;r=zoe@example.com"
            ),
            "550 5.7.23 <zoe@example.com>: Recipient address rejected: Message rejected due to: Receiver policy for SPF Softfail",
        ),
        counter=("450 4.7.24 SPF temporary error",),
        url=_SPF,
    ),
    rule(
        "spamassassin.blocked",
        "exact",
        "spam_content",
        ("^blocked by spamassassin", "identified as spam by spamassassin", "spamassassin score"),
        ("550 5.7.1 Blocked by SpamAssassin",),
        counter=("550 5.7.1 Blocked by policy",),
        url=_SPAMASSASSIN,
    ),
    rule(
        "barricade.host",
        "exact",
        "ip_blocked",
        ("^host <host> <ip> black listed", "^host <ip> black listed", "^host <host> <ip> ... #<n>"),
        ("550 5.7.1 host mail.example.org [198.51.100.11] black listed #120",),
        counter=("550 5.7.1 sender <shop@example.org> black listed #127",),
        url=_BARRICADE,
    ),
    rule(
        "barricade.host_name",
        "exact",
        "ptr_missing",
        ("^host <host> <ip> from (rfc2606 reserved domain|unknown tld)", "^host <id> <ip> from unknown tld"),
        (
            "550 5.7.1 host vm.localdomain.example [198.51.100.11] from unknown TLD #122",
            "550 host mail.example.com [198.51.100.11] from RFC2606 reserved domain #121",
        ),
        counter=("550 5.7.1 host mail.example.org [198.51.100.11] black listed #120",),
        url=_BARRICADE,
    ),
    rule(
        "barricade.sender",
        "exact",
        "sender_address_rejected",
        ("^sender <address> black listed",),
        ("550 5.7.1 sender <shop@example.org> black listed #127",),
        counter=("550 5.7.1 host mail.example.org [198.51.100.11] black listed #120",),
        url=_BARRICADE,
        remedy="contact_recipient_admin",
        also=("fix_sender_domain", "delist"),
    ),
    rule(
        "s25r.pattern",
        "exact",
        "dynamic_ip",
        ("s25r check",),
        ("450 4.7.1 <a198-51-100-11.example.net[198.51.100.11]>: Client host rejected: S25R check, be patient",),
        counter=("450 4.7.25 Client host rejected: cannot find your hostname, [198.51.100.11]",),
        # It looks at the name alone: a PTR record that does not read like an end user's line is enough.
        remedy="fix_ptr",
        also=("use_smarthost", "wait"),
        url="http://www.gabacho-net.jp/en/anti-spam/anti-spam-system.html",
    ),
)
