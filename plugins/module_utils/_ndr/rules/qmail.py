# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What qmail, netqmail and vpopmail with chkuser say, at the door and from their own queue."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_URL = "https://github.com/notqmail/notqmail/blob/master/qmail-remote.c"
_SMTPD = "https://github.com/notqmail/notqmail/blob/master/qmail-smtpd.c"
_LF = "https://cr.yp.to/docs/smtplf.html"
_CHKUSER = "https://github.com/sagredo-dev/qmail/blob/main/chkuser_settings.h"

RULES = (
    rule(
        "qmail.bare_lf",
        "exact",
        "message_format",
        ("pobox.com/~djb/docs/smtplf.html", "cr.yp.to/docs/smtplf.html", "see http://pobox.com/~djb/docs/smtplf"),
        ("451 See http://pobox.com/~djb/docs/smtplf.html.",),
        counter=("451 qq temporary problem (#4.3.0)",),
        url=_LF,
        side="ours",
        remedy="fix_mta",
        also=("fix_message",),
        temporary=False,
    ),
    rule(
        "qmail.badmailfrom",
        "exact",
        "sender_address_rejected",
        ("your envelope sender is in my badmailfrom list", "your envelope sender has been denied"),
        ("553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)", "553 sorry, your envelope sender has been denied (#5.7.1)"),
        counter=("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",),
        url=_SMTPD,
        remedy="contact_recipient_admin",
        also=("fix_sender_domain", "delist"),
    ),
    rule(
        "qmail.rcpthosts",
        "exact",
        "relay_denied",
        ("that domain isn't in my list of allowed rcpthosts", "that domain is not in my list of allowed rcpthosts"),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",),
        counter=("553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)",),
        url=_SMTPD,
    ),
    rule(
        "qmail.validrcptto",
        "exact",
        "user_unknown",
        ("recipient is not in my validrcptto list", "not in my (validrcptto|goodrcptto) list"),
        ("553 sorry, this recipient is not in my validrcptto list (#5.7.1)",),
        counter=("553 sorry, this recipient is in my badrecipientto list (#5.7.1)",),
        url="http://www.chater.demon.co.uk/qmail/",
    ),
    rule(
        "qmail.badrcptto",
        "exact",
        "policy",
        ("is in my (badrecipientto|badrcptto) list", "sorry, badrcptto"),
        ("553 sorry, this recipient is in my badrecipientto list (#5.7.1)",),
        counter=("553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)",),
        url=_SMTPD,
        side="theirs",
    ),
    rule(
        "qmail.queue_trouble",
        "exact",
        "system_error",
        (
            "qqt failure",
            "qq (temporary problem|permanent problem|out of memory|timeout|write error|read error|internal bug|waitpid surprise|crashed)",
            "qq trouble (creating|making|in home|doing)",
            "trouble doing cdb lookup",
            "unable to (read controls|fork|exec qq|open morercpthosts)",
        ),
        (
            "451 qqt failure (#4.3.0)",
            "451 qq temporary problem (#4.3.0)",
            "554 qq permanent problem (#5.3.0)",
            "451 qq trouble creating files in queue (#4.3.0)",
            "421 unable to read controls (#4.3.0)",
        ),
        counter=("554 mail server permanently rejected message (#5.3.0)",),
        url=_SMTPD,
        when={"code": ["4xx", "5xx"]},
    ),
    rule(
        "qmail.scanner",
        "exact",
        "content_rejected",
        ("mail server permanently rejected message", "mail server temporarily rejected message"),
        ("554 mail server permanently rejected message (#5.3.0)",),
        counter=("451 qq temporary problem (#4.3.0)",),
        url=_SMTPD,
        confidence="likely",
        also=("contact_recipient_admin", "wait"),
    ),
    rule(
        "qmail.chkuser_sender",
        "exact",
        "sender_address_rejected",
        ("sender address has invalid format", "sorry, sender address has"),
        ("571 sorry, sender address has invalid format (#5.7.1 - chkuser)",),
        counter=("511 sorry, recipient address has invalid format (#5.1.1 - chkuser)",),
        url=_CHKUSER,
    ),
    rule(
        "qmail.chkuser_recipient_mx",
        "exact",
        "domain_unknown",
        ("can't find a valid mx for rcpt domain",),
        ("511 sorry, can't find a valid MX for rcpt domain (#5.1.1 - chkuser)",),
        counter=("571 sorry, can't find a valid MX for sender domain (#5.7.1 - chkuser)",),
        url=_CHKUSER,
    ),
    rule(
        "qmail.chkuser_sender_mx",
        "exact",
        "sender_domain_unresolvable",
        ("can't find a valid mx for sender domain",),
        ("571 sorry, can't find a valid MX for sender domain (#5.7.1 - chkuser)",),
        counter=("511 sorry, can't find a valid MX for rcpt domain (#5.1.1 - chkuser)",),
        url=_CHKUSER,
    ),
    rule(
        "qmail.chkuser_limits",
        "exact",
        "too_many_recipients",
        ("reached maximum number of (recipients|invalid recipients) for one session", "too many recipients intrusive"),
        ("571 sorry, reached maximum number of recipients for one session (#5.7.1 - chkuser)",),
        counter=("571 sorry, you are violating our security policies (#5.7.1 - chkuser)",),
        url=_CHKUSER,
    ),
    rule(
        "qmail.chkuser_policy",
        "exact",
        "policy",
        ("you are violating our security policies",),
        ("571 sorry, you are violating our security policies (#5.7.1 - chkuser)",),
        counter=("571 sorry, sender address has invalid format (#5.7.1 - chkuser)",),
        url=_CHKUSER,
    ),
    rule(
        "qmail.no_exchanger",
        "exact",
        "domain_unknown",
        ("couldn't find a mail exchanger or ip address", "couldn't find any host named"),
        ("Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)", "Sorry, I couldn't find any host named gone.example.com. (#5.1.2)"),
        counter=("CNAME lookup failed temporarily. (#4.4.3)",),
        url=_URL,
    ),
    rule(
        "qmail.cname",
        "exact",
        "dns_failure",
        ("cname lookup failed temporarily", "dns temporary failure"),
        ("CNAME lookup failed temporarily. (#4.4.3)", "451 DNS temporary failure (#4.3.0)"),
        counter=("Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)",),
        url=_URL,
        temporary=True,
    ),
    rule(
        "qmail.best_preference",
        "exact",
        "routing_loop",
        ("listed as a best-preference mx or a for that host",),
        (
            (
                "Sorry. Although I'm listed as a best-preference MX or A for that host, it isn't in my control/locals file, so I don't "
                "treat it as local. (#5.4.6)"
            ),
        ),
        counter=("This message is looping: it already has my Delivered-To line. (#5.4.6)",),
        url=_URL,
        side="either",
        remedy="fix_mta",
        also=("fix_route", "contact_recipient_admin"),
    ),
    rule(
        "qmail.home",
        "exact",
        "local_delivery_failed",
        ("home directory is (writable|sticky)", "uh-oh: .qmail", "sorry, message has wrong owner", "aack, child crashed", "unable to chdir to maildir"),
        ("Uh-oh: home directory is writable. (#4.7.0)", "Home directory is sticky: user is editing his .qmail file. (#4.2.1)"),
        counter=("This message is looping: it already has my Delivered-To line. (#5.4.6)",),
        url=_URL,
        temporary=True,
    ),
    rule(
        "qmail.databytes",
        "exact",
        "message_too_big",
        ("exceeds my databytes limit",),
        ("552 sorry, that message size exceeds my databytes limit (#5.3.4)",),
        counter=("554 too many hops, this message is looping (#5.4.6)",),
        url=_SMTPD,
    ),
)
