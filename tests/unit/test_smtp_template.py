# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Equal answers to different messages have equal templates; different answers keep what tells them apart."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.template import template_of


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("550 5.1.1 <zoe@example.org>: User unknown", "550 5.1.1 <address>: User unknown"),
        ("host mx1.example.net[203.0.113.9] said: 450 4.2.0 <a@b.example>: busy", "host <host>[<ip>] said: 450 4.2.0 <address>: busy"),
        ("refused by [2001:db8::25]:25", "refused by [<ip>]:<n>"),
        ("you wait 298 seconds", "you wait <n> seconds"),
        ("wait for 450 seconds", "wait for <n> seconds"),
        ("host mx1.example.net[203.0.113.9] said: 550 mailbox unavailable", "host <host>[<ip>] said: 550 mailbox unavailable"),
        ("Remote host said: 550 Recipient rejected", "Remote host said: 550 Recipient rejected"),
        ("said: 421 Messages from 192.0.2.25 deferred", "said: 421 Messages from <ip> deferred"),
        ("smtp; 554 message refused", "smtp; 554 message refused"),
        ("said: 451 timeout", "said: 451 timeout"),
        ("limit: 450 messages", "limit: <n> messages"),
        ("try again in: 450 seconds", "try again in: <n> seconds"),
        ("sent 554 messages, 552 mb", "sent <n> messages, <n> mb"),
        ("550-5.7.1 first 550 5.7.1 last", "550-5.7.1 first 550 5.7.1 last"),
        ("421 4.7.0 [TSS04] from 192.0.2.25", "421 4.7.0 [TSS04] from <ip>"),
        ("Block list (S3140). 550 OFR006_102", "Block list (S3140). 550 OFR006_102"),
        ("sender rejected. AUP#I-1310", "sender rejected. AUP#I-1310"),
        ("Throttled RL000001", "Throttled RL000001"),
        ("queued as 4F2A91B3C7D", "queued as <id>"),
        ("RESOLVER.ADR.RecipNotFound; not found", "RESOLVER.ADR.RecipNotFound; not found"),
        ("blocked using zen.spamhaus.org by mx.example.com", "blocked using zen.spamhaus.org by <host>"),
        ("since Mon, 02 Mar 2026 10:11:12", "since <time> <n> <time> <n> <time>"),
        ("at 2026-11-21T20:34:16Z", "at <time>"),
        ("first\\n550 next", "first 550 next"),
        ("", ""),
    ],
)
def test_templates(text, template):
    assert template_of(text) == template


def test_two_messages_one_answer():
    first = "host a.mx.example.net[203.0.113.9] said: 451 4.7.1 <joe@example.net>: Greylisted, 299 seconds to go (id 4XjQ12abcd) (in reply to RCPT TO command)"
    second = (
        "host b.mx.example.net[203.0.113.10] said: 451 4.7.1 <jane.doe@example.net>: Greylisted, 12 seconds to go (id 7TyU98zxcv) (in reply to RCPT TO command)"
    )
    assert template_of(first) == template_of(second)


def test_two_lists_are_two_answers():
    assert template_of("550 blocked using bl.spamcop.net") != template_of("550 blocked using zen.spamhaus.org")


@given(st.text())
def test_any_text_has_a_template_that_is_stable(text):
    template = template_of(text)
    assert template == template_of(text)
    assert "  " not in template


@pytest.mark.parametrize("piece", ["a.", "a-", "1:", "a@", "1.", "_", "<", "https://", "=@", "ab1", "9", "5.1."])
def test_hostile_lines_take_no_time(piece):
    line = (piece * 100_000)[:100_000]
    start = time.process_time()
    template_of(line)
    template_of(" ".join(line[place : place + 239] for place in range(0, len(line), 239)))
    assert time.process_time() - start < 2
