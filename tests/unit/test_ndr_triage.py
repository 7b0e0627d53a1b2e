# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr import triage as module
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.triage import in_words, triage
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.vocabulary import EVIDENCE, SIDES

LISTED = b"550 5.7.1 Service unavailable; Client host [198.51.100.11] blocked using zen.spamhaus.org"
BOUNCE = b"""From: MAILER-DAEMON@mail.example.com
To: sender@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Final-Recipient: rfc822; nobody@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown

Final-Recipient: rfc822; full@example.net
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full
--b--
"""
AUTO_REPLY = b"From: user@example.net\nTo: sender@example.com\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nBack on Monday.\n"


def test_pasted_reply():
    outcome = triage(LISTED)
    assert outcome["kind"] == "text"
    assert outcome["rows"][0]["verdict"]["reason"] == "ip_blocklisted"
    lines = in_words(outcome)
    assert lines[0] == "Whose fault: ours"
    assert any(line.startswith("For the ticket: ") for line in lines)
    assert any(line.startswith("For the postmaster: ") for line in lines)


def test_every_recipient_of_a_bounce_has_its_own_lines():
    outcome = triage(BOUNCE)
    assert [(row["recipient"], row["verdict"]["reason"]) for row in outcome["rows"]] == [
        ("nobody@example.net", "user_unknown"),
        ("full@example.net", "mailbox_full"),
    ]
    assert [line for line in in_words(outcome) if line.startswith("Recipient: ")] == ["Recipient: nobody@example.net", "Recipient: full@example.net"]


def test_spanish():
    lines = in_words(triage(LISTED, language="es"), "es")
    assert lines[0] == "De quién es la culpa: nuestra"
    assert any(line.startswith("Para el tíquet: El sistema del destinatario") for line in lines)


def test_automatic_reply_is_no_failure():
    assert in_words(triage(AUTO_REPLY)) == ["This is an automatic reply, not a failure."]


def test_open_question_says_what_would_decide_it():
    assert any(line.startswith("What would decide it: ") for line in in_words(triage(b"421 4.2.1 unable to connect")))


@pytest.mark.parametrize("raw", [b"", b" \n", b"\x00\xff\xfe", b"\n\n\n"])
def test_nothing_is_no_crash(raw):
    assert isinstance(in_words(triage(raw)), list)


def test_ours_is_handed_on():
    text = b"550 5.1.8 <a@example.com>: Sender address rejected: Domain not found"
    assert triage(text, ours={"domains": ["example.com"]})["rows"][0]["verdict"]["side"] == "ours"


def test_every_word_of_the_vocabulary_has_its_translation():
    assert set(module.SIDES) == set(SIDES)
    assert set(module.EVIDENCE) == set(EVIDENCE)
