# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What proves a change, what disproves it, and what is neither."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.proof import judge_delivery, judge_probe

SAID = "host mx.example.net[203.0.113.25] said: {} (in reply to RCPT TO command)"


def fate(outcome, text="", recipient="ann@example.net", masked=False):
    return {"recipient": recipient, "outcome": outcome, "text": text, "relay_host": "mx.example.net", "relay_address": "203.0.113.25", "masked": masked}


def message(*fates):
    return {"queue_id": "AAAA1", "recipients": list(fates)}


@pytest.mark.parametrize(
    ("outcome", "text", "state"),
    [
        ("sent", "250 2.0.0 Ok: queued as 77", "proven"),
        ("sent", "", "proven"),
        ("deferred", SAID.format("450 4.2.0 <ann@example.net>: Recipient address rejected: Greylisted"), "waiting"),
        ("deferred", SAID.format("452 4.3.1 Insufficient system storage"), "waiting"),
        ("deferred", "connect to mx.example.net[203.0.113.25]:25: Connection timed out", "waiting"),
        ("deferred", SAID.format("450 4.7.1 Service unavailable; Client host [198.51.100.12] blocked using bl.example"), "refused"),
        ("deferred", SAID.format("450 4.7.1 <server.localdomain>: Helo command rejected: Host not found"), "refused"),
        ("bounced", SAID.format("554 5.7.1 Service unavailable; Client host [198.51.100.12] blocked using zen.spamhaus.org"), "refused"),
        ("bounced", SAID.format("530 5.7.0 Authentication required"), "refused"),
        ("bounced", SAID.format("554 5.7.1 <ann@example.net>: Relay access denied"), "refused"),
        ("bounced", SAID.format("550 5.1.1 <ann@example.net>: user unknown"), "beside"),
        ("deferred", SAID.format("452 4.2.2 mailbox full"), "beside"),
    ],
)
def test_what_became_of_a_message(outcome, text, state):
    judged = judge_delivery(message(fate(outcome, text)))
    assert judged["state"] == state
    (sentence,) = judged["evidence"]
    assert "AAAA1" in sentence
    assert "mx.example.net" in sentence
    assert text in sentence


def test_a_text_that_hides_its_reason_is_no_refusal():
    judged = judge_delivery(message(fate("deferred", "Client host blocked using bl.example", masked=True)))
    assert judged["state"] == "waiting"
    assert "not tried" in judged["evidence"][0]


def test_nothing_logged_is_neither():
    assert judge_delivery(message())["state"] == "waiting"


def test_only_recipients_that_the_change_is_about_count():
    told = message(fate("bounced", SAID.format("554 5.7.1 blocked"), "bob@example.org"), fate("sent", "250 Ok"))
    assert judge_delivery(told, ["Example.NET."])["state"] == "proven"
    assert judge_delivery(told, ["example.com"])["state"] == "waiting"
    assert judge_delivery(told)["state"] == "refused"


def test_a_taken_recipient_outweighs_one_that_is_unknown():
    told = message(fate("bounced", SAID.format("550 5.1.1 user unknown"), "bob@example.net"), fate("sent", "250 Ok"))
    assert judge_delivery(told) == {"state": "proven", "evidence": ["message AAAA1 to example.net was taken by mx.example.net: 250 Ok"]}


def target(outcome, stage="RCPT", code=None, line="", error=None, name="mx.example.net"):
    stages = [{"stage": stage, "code": code, "lines": [line] if line else [], "error": error}]
    return {"address": "203.0.113.25", "name": name, "source": "198.51.100.12", "outcome": outcome, "stages": stages}


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (target("accepted", code=250, line="250 Ok"), "proven"),
        (target("refused", code=550, line="550 5.1.1 user unknown"), "proven"),
        (target("refused", code=554, line="554 5.7.1 Client host [198.51.100.12] blocked using zen.spamhaus.org"), "refused"),
        (target("deferred", code=450, line="450 4.2.0 Greylisted, please try again later"), "waiting"),
        (target("deferred", code=450, line="450 4.7.25 Client host rejected: cannot find your hostname, [198.51.100.12]"), "refused"),
        (target("no_connection", "connect", error="timed out"), "refused"),
        (target("connection_lost", "EHLO", error="the server closed the connection"), "refused"),
        (target("tls_failed", "STARTTLS", error="the server does not offer it"), "refused"),
        (target("auth_failed", "AUTH", code=535, line="535 5.7.8 authentication failed"), "refused"),
    ],
)
def test_what_a_server_answered(told, state):
    judged = judge_probe({"targets": [told]})
    assert judged["state"] == state
    assert "mx.example.net from 198.51.100.12" in judged["evidence"][0] or state == "proven"


def test_one_server_that_agrees_is_enough():
    down, up = (
        target("no_connection", "connect", error="timed out", name="mx1.example.net"),
        target("accepted", code=250, line="250 Ok", name="mx2.example.net"),
    )
    assert judge_probe({"targets": [down, up]}) == {"state": "proven", "evidence": ["mx2.example.net agreed from 198.51.100.12 up to RCPT"]}


def test_no_server_proves_nothing():
    assert judge_probe({"targets": []})["state"] == "waiting"


@pytest.mark.parametrize(
    ("greeting", "state"),
    [
        ("250-mx.example.net at your service, [198.51.100.12]", "proven"),
        ("250-mx.example.net Hello [2001:0db8:0::12]", "refused"),
        ("250-mx.example.net Hello mail.example.com [198.51.100.11]", "refused"),
        ("250-mx.example.net", "proven"),
        ("250-mx.example.net [203.0.113.25]", "proven"),
        ("250-SIZE 35882577 at 12:30:45", "proven"),
    ],
)
def test_servers_may_say_which_address_they_see(greeting, state):
    told = target("accepted", code=250, line="250 Ok")
    told["stages"].insert(0, {"stage": "EHLO", "code": 250, "lines": [greeting, "250 SMTPUTF8"], "error": None})
    assert judge_probe({"targets": [told]}, "198.51.100.12")["state"] == state
    assert judge_probe({"targets": [told]})["state"] == "proven"
