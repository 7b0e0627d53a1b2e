# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replies in every wrapping: what was said, its codes, its stage."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.reply import fold, parse_reply, stage_of

REPLY = "550 5.1.1 <zoe@example.net>: User unknown"
WORDS = "<address>: user unknown"
WRAPPINGS = {
    "plain": ("{reply}", None, None),
    "postfix": ("host mx.example.net[203.0.113.9] said: {reply} (in reply to RCPT TO command)", "rcpt", "mx.example.net"),
    "postfix log": (
        "dsn=5.1.1, status=bounced (host mx.example.net[203.0.113.9] said: {reply} (in reply to end of DATA command))",
        "end_of_data",
        "mx.example.net",
    ),
    "postfix greeting": ("host mx.example.net[203.0.113.9] refused to talk to me: {reply}", "connect", "mx.example.net"),
    "exim": ("SMTP error from remote mail server after RCPT TO:<zoe@example.net>: host mx.example.net [203.0.113.9]: {reply}", "rcpt", "mx.example.net"),
    "exim log": (
        "R=dnslookup T=remote_smtp defer (-44) H=mx.example.net [203.0.113.9]: SMTP error from remote mail server after MAIL FROM:<a@example.com>: {reply}",
        "mail",
        "mx.example.net",
    ),
    "exim end of data": ("SMTP error from remote mail server after end of data: host mx.example.net [203.0.113.9]: {reply}", "end_of_data", "mx.example.net"),
    "sendmail log": ("relay=mx.example.net. [203.0.113.9], dsn=5.1.1, reply={reply}, stat=User unknown", None, None),
    "sendmail bounce": ("... while talking to mx.example.net.: >>> RCPT To:<zoe@example.net> <<< {reply}", None, None),
    "qmail": ("203.0.113.9 does not like recipient. Remote host said: {reply} Giving up on 203.0.113.9.", "rcpt", None),
    "qmail greeting": ("Connected to 203.0.113.9 but greeting failed. Remote host said: {reply}", "connect", None),
    "exchange": ("mx.example.net Remote Server returned '{reply}'", None, None),
    "nemesis": (
        "SMTP error from remote server for RCPT TO command, host: mx.example.net (203.0.113.9) reason: {reply}",
        "rcpt",
        "mx.example.net",
    ),
    "nemesis at the end": ("SMTP error from remote server after transfer of mail text: host: mx.example.net {reply}", "end_of_data", None),
    "dsn": ("smtp; {reply}", None, None),
    "google": ("The response from the remote server was: {reply}", None, None),
    "appliance": ("5.1.0 - Unknown address error ('550', ['5.1.1 <zoe@example.net>: User unknown'])", None, None),
}


@pytest.mark.parametrize("name", sorted(WRAPPINGS))
def test_every_wrapping_gives_the_same_reply(name):
    wrapping, stage, host = WRAPPINGS[name]
    reply = parse_reply(wrapping.format(reply=REPLY))
    assert (reply.code, reply.status, reply.stage) == (550, "5.1.1", stage)
    assert WORDS in reply.words
    assert host is None or reply.host == host


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("450 try later", 450, None),
        ("4.4.1 no answer", None, "4.4.1"),
        ("550-5.7.26 one 550-5.7.26 two 550 5.7.26 three", 550, "5.7.26"),
        ("550 5.7.606 Access denied", 550, "5.7.606"),
        ("554 denied (#5.7.1)", 554, "5.7.1"),
        ("dsn=4.0.0, 451 local trouble (#4.3.0)", 451, "4.3.0"),
        ("dsn=4.0.0, 451 local trouble", 451, "4.0.0"),
        ("dsn=4.7.1, host mx.example.net[203.0.113.9] refused to talk to me: 553 5.7.1 [BL21] no", 553, "5.7.1"),
        ("220-mx.example.net 421 4.2.1 busy", 421, "4.2.1"),
        ("250 2.0.0 Ok: queued", 250, "2.0.0"),
        ("status=expired, returned to sender", None, "5.4.7"),
        ("('452', ['4.3.1 no resources'])", 452, "4.3.1"),
        ("we waited 450 seconds and 10.5.1.1 said nothing", None, None),
        ("version 5.1.2.9 of 192.0.2.5", None, None),
        ("", None, None),
    ],
)
def test_codes(text, code, status):
    reply = parse_reply(text)
    assert (reply.code, reply.status) == (code, status)


def test_a_reply_inside_a_reply():
    reply = parse_reply('451 4.4.0 Primary target IP address responded with: "421 4.7.0 closing." Attempted failover to alternate host.')
    assert (reply.code, reply.status, reply.inner_code, reply.inner_status) == (451, "4.4.0", 421, "4.7.0")


@pytest.mark.parametrize(
    ("text", "lead", "own", "inner"),
    [
        (
            '451 4.4.0 Primary target IP address responded with: "554 5.7.1 Client host [192.0.2.25] blocked." Attempted failover to alternate host.',
            "client host <ip> blocked.",
            (554, "5.7.1"),
            (554, "5.7.1"),
        ),
        (
            "550 5.4.317 Message expired, cannot connect(451 4.4.395 Target host responded with error. -> 421 4.7.0 Try later)",
            "try later",
            (421, "4.7.0"),
            (421, "4.7.0"),
        ),
        (
            "[{LED=451 4.4.397 Error communicating with target host. -> 421 4.4.2 Connection dropped};{MSG=};{FQDN=mx.example.org};{LRT=}]",
            "connection dropped",
            (421, "4.4.2"),
            (421, "4.4.2"),
        ),
        ("5.1.0 - Unknown address error 550-'5.1.1 no such wombat' (delivery attempts: 0)", "no such wombat", (550, "5.1.1"), (None, None)),
        ("4.4.0 - Other network problem ('000', ['network error'])", "<n>', 'network error", (None, "4.4.0"), (None, None)),
    ],
)
def test_a_quoted_reply_leads(text, lead, own, inner):
    reply = parse_reply(text)
    assert (reply.lead, (reply.lead_code, reply.lead_status), (reply.inner_code, reply.inner_status)) == (lead, own, inner)


@pytest.mark.parametrize(
    "text",
    ["5.3.0 - Other mail system problem ('000', [])", "550 5.1.351 unknown recipient -> 550 5.1.1 <zoe@example.org>", "550 5.1.1 a -> b is no reply"],
)
def test_a_quotation_without_words_does_not_lead(text):
    reply = parse_reply(text)
    assert reply.lead is reply.words


def test_the_first_of_several_replies_leads():
    reply = parse_reply("550 no such user here 503 need RCPT first 550 no such user here")
    assert reply.lead == "no such user here"
    assert "need rcpt" in reply.words


@pytest.mark.parametrize(
    "text",
    [
        "550-5.7.1 our system found\\n550-5.7.1 a thing\\n550 5.7.1 at the end",
        "550-5.7.1 our system found 550-5.7.1 a thing 550 5.7.1 at the end",
        "550-5.7.1 our system found\r\n550-5.7.1 a thing\r\n550 5.7.1 at the end",
    ],
)
def test_continuation_lines_join_to_one_sentence(text):
    assert parse_reply(text).words == "our system found a thing at the end"


def test_lines_joined_without_a_space():
    assert parse_reply("421 4.7.28 an unusual rate of4.7.28 unsolicited mail").words == "an unusual rate of unsolicited mail"


def test_qmail_underscores():
    reply = parse_reply("203.0.113.9_does_not_like_recipient./Remote_host_said:_550_5.1.1_User_unknown/Giving_up_on_203.0.113.9./")
    assert (reply.code, reply.stage) == (550, "rcpt")
    assert "user unknown" in reply.words


@pytest.mark.parametrize(("text", "plain"), [("Buzón LLENO", "buzon lleno"), ("doesn\u2019t \u201cexist\u201d…", 'doesn\'t "exist"...'), ("größe", "grosse")])
def test_fold(text, plain):
    assert fold(text) == plain


@pytest.mark.parametrize(
    ("command", "stage"),
    [
        ("RCPT", "rcpt"),
        ("RCPT TO", "rcpt"),
        ("MAIL FROM command", "mail"),
        ("end of DATA", "end_of_data"),
        ("DATA", "data"),
        ("EHLO", "helo"),
        ("CONN", "connect"),
        ("VRFY", None),
        (None, None),
    ],
)
def test_stages(command, stage):
    assert stage_of(command) == stage


@given(st.text())
def test_no_text_is_too_odd(text):
    reply = parse_reply(text)
    assert reply == parse_reply(text)


def test_random_bytes_as_text():
    dice = random.Random(7)
    for _round in range(2000):
        parse_reply(bytes(dice.randrange(256) for _octet in range(120)).decode("utf-8", "surrogateescape"))
        parse_reply("".join(dice.choice("45 .10-'\"(<>@:a\\n[]") for _octet in range(120)))


@pytest.mark.parametrize(
    "piece",
    ["550 5.1.1 ", "550-", "host a.b[1.1.1.1] ", "said: ", "(in reply to ", "after :<", "responded with ", "server at ", "=", "5.5.", "Remote_host_said:_"],
)
def test_hostile_lines_take_no_time(piece):
    line = (piece * 100_000)[:100_000]
    start = time.process_time()
    parse_reply(line)
    assert time.process_time() - start < 1
