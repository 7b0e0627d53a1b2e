# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Carriers and providers of Japan: docomo, au, BIGLOBE, InfoSphere."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_DOCOMO = "https://note.com/sendmagic/n/neb6bbe7e51cf"
_AU = "https://note.com/sendmagic/n/n875d8dcb6cb8"

RULES = (
    rule(
        "docomo.full",
        "exact",
        "mailbox_full",
        ("too much mail data <address>",),
        ("552 Too much mail data zoe@docomo.ne.jp",),
        operator="docomo",
        url=_DOCOMO,
        counter=("552 Error: Too much mail data",),
    ),
    rule(
        "docomo.unknown",
        "exact",
        "user_unknown",
        ("^unknown user <address>",),
        ({"text": "550 Unknown user zoe@docomo.ne.jp", "rhost": "mfsmax.docomo.ne.jp"},),
        when={"operator": "docomo"},
        url=_DOCOMO,
    ),
    # At the end of DATA the address is known to exist: the handset's filter refused the message.
    rule(
        "docomo.filtered",
        "exact",
        "content_rejected",
        ("^unknown user <address>",),
        ({"text": "host mfsmax.docomo.ne.jp[203.0.113.9] said: 550 Unknown user zoe@docomo.ne.jp (in reply to end of DATA command)"},),
        when={"operator": "docomo", "stage": "end_of_data"},
        side="theirs",
        remedy="contact_recipient_admin",
        also=("clean_address_list",),
        url="https://tuono034s.com/web-entry/3575/",
    ),
    rule(
        "docomo.sender_id",
        "exact",
        "auth_failed",
        ("can't determine purported responsible address",),
        ("550 5.7.1 can't determine Purported Responsible Address",),
        operator="docomo",
        remedy="fix_sender_auth",
        also=("fix_message", "fix_spf"),
        url="https://www.rfc-editor.org/rfc/rfc4407",
    ),
    rule(
        "docomo.line_too_long",
        "exact",
        "message_format",
        ("line too long",),
        ({"text": "500 Line Too Long", "rhost": "mfsmax.docomo.ne.jp"},),
        when={"operator": "docomo"},
        url=_DOCOMO,
    ),
    rule(
        "au.unknown",
        "exact",
        "user_unknown",
        ("^<address>: user unknown", "^: user unknown", "^user unknown"),
        ({"text": "550 <zoe@ezweb.ne.jp>: User unknown", "rhost": "lsean.ezweb.ne.jp"},),
        when={"operator": "au"},
        also=("contact_recipient_admin",),
        url=_AU,
    ),
    rule(
        "au.no_such_address",
        "exact",
        "address_syntax",
        ("relay access denied",),
        ({"text": "554 <zoe@@ezweb.ne.jp>: Relay access denied", "rhost": "lsean.ezweb.ne.jp"},),
        when={"operator": "au"},
        url=_AU,
    ),
    rule(
        "au.account",
        "exact",
        "mailbox_disabled",
        ("the users account is (disabled|temporarily limited|restricted|suspended)", "users account [is] not responding"),
        ("The user(s) account is temporarily limited.",),
        operator="au",
        url=_AU,
    ),
    rule(
        "au.account_full",
        "exact",
        "mailbox_full",
        ("the users account is temporarily over quota", "as their mailbox is full"),
        ("The user(s) account is temporarily over quota.",),
        operator="au",
        url=_AU,
    ),
    rule(
        "biglobe.full",
        "exact",
        "mailbox_full",
        ("number of messages in recipient's mailbox exceeded",),
        ("The number of messages in recipient's mailbox exceeded its limit.",),
        operator="biglobe",
    ),
    rule(
        "infosphere.unknown",
        "exact",
        "user_unknown",
        ("can't accept user",),
        ("550 can't accept user... (#5.7.1)",),
        url="http://www.sphere.ne.jp/support/news/2006/07/000027.html",
    ),
)
