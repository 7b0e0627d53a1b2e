# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr import mime, notices
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.message import bounce_of, html_text, parse_bounce, utc_date
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import octets
from ansible_collections.postmaster.deliverability.tests.unit import bounce_data

CASES = bounce_data.cases()
RETURNED = {name: case for name, case in CASES.items() if case["expect"]["kind"] in ("bounce", "delayed", "delivered")}
KINDS = {"bounce", "delayed", "delivered", "auto_reply", "complaint", "none"}
KEYS = {"kind", "format", "date", "reporting_mta", "message_id", "sender", "recipients", "feedback_type", "source_address", "truncated"}
RECIPIENT_KEYS = {"address", "original_address", "action", "status", "code", "text", "remote_mta", "stage"}
FAMILIES = set("courier domino exchange exim google opensmtpd postfix qmail rfc3464 sendmail services yahoo zimbra".split())


def check_shape(result):
    """A result has the same keys and types whatever was read, and can be written as JSON."""
    json.dumps(result).encode("ascii")
    json.dumps(result, ensure_ascii=False).encode("utf-8")
    assert set(result) == KEYS
    assert result["kind"] in KINDS
    for recipient in result["recipients"]:
        assert set(recipient) == RECIPIENT_KEYS
        assert recipient["code"] is None or 200 <= recipient["code"] <= 599
        assert isinstance(recipient["text"], str)
        assert "\n" not in recipient["text"]
        assert len(recipient["text"]) <= notices.TEXT_LIMIT
    return result


def report(status, words="Undeliverable.", third=""):
    return (
        "From: MAILER-DAEMON@mail.example.org\nTo: sender@example.org\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{words}\n--b\nContent-Type: message/delivery-status\n\n{status}\n{third}--b--\n"
    ).encode()


# The fixtures.


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", CASES)
def test_fixture(name, newline):
    assert check_shape(parse_bounce(bounce_data.raw(CASES[name], newline))) == CASES[name]["expect"]


def test_every_family_has_fixtures():
    assert {name.split("/")[0] for name in RETURNED} >= FAMILIES


@pytest.mark.parametrize("name", [name for name in RETURNED if "delayed" not in name and "delivered" not in name and not name.startswith("broken")])
def test_each_failure_names_its_recipient(name):
    recipients = CASES[name]["expect"]["recipients"]
    assert recipients
    assert all(recipient["address"] and recipient["action"] for recipient in recipients)


@pytest.mark.parametrize("name", RETURNED)
def test_attached_to_mail_it_is_no_bounce(name):
    attached = bounce_data.raw(CASES[name])
    mail = (
        b"From: Colleague <colleague@example.org>\nTo: helpdesk@example.org\nSubject: Please look\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=outer-most\n\n--outer-most\nContent-Type: text/plain\n\nWhat is this?\n"
        b"--outer-most\nContent-Type: message/rfc822\n\n" + attached + b"\n--outer-most--\n"
    )
    assert parse_bounce(mail)["kind"] == "none"


@pytest.mark.parametrize("name", RETURNED)
def test_quoted_in_mail_it_is_no_bounce(name):
    quoted = b"\n".join(b"> " + line.encode("latin-1") for line in CASES[name]["lines"])
    mail = (
        b"From: Colleague <colleague@example.org>\nTo: helpdesk@example.org\nSubject: Please look\nIn-Reply-To: <a@example.org>\n\nWhat is this?\n\n" + quoted
    )
    assert parse_bounce(mail)["kind"] == "none"


@pytest.mark.parametrize("name", [name for name in RETURNED if not name.startswith("broken")])
def test_cut_anywhere_it_still_reads(name):
    whole = bounce_data.raw(CASES[name])
    for size in range(0, len(whole), 211):
        check_shape(parse_bounce(whole[:size]))


# Reports.


def test_every_recipient_is_kept():
    blocks = "\n\n".join(
        f"Final-Recipient: rfc822; user{n}@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no {n}" for n in range(5000)
    )
    result = parse_bounce(report(f"Reporting-MTA: dns; mail.example.org\n\n{blocks}\n"))
    assert [recipient["address"] for recipient in result["recipients"]] == [f"user{n}@example.com" for n in range(5000)]
    assert not result["truncated"]


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822; user@example.com", "user@example.com"),
        ("rfc822;user@example.com", "user@example.com"),
        ("RFC822; <user@example.com>", "user@example.com"),
        ("user@example.com", "user@example.com"),
        ('rfc822; "first last"@example.com', '"first last"@example.com'),
        ("rfc822; user@[192.0.2.1]", "user@[192.0.2.1]"),
        ("unknown; local-name", "local-name"),
    ],
)
def test_recipient_field(field, address):
    result = parse_bounce(report(f"Reporting-MTA: dns; mail.example.org\n\nFinal-Recipient: {field}\nAction: failed\nStatus: 5.1.1\n"))
    assert [recipient["address"] for recipient in result["recipients"]] == [address]


@pytest.mark.parametrize(
    ("reported", "said", "status"),
    [
        ("5.0.0", "550 5.7.1 no", "5.7.1"),
        ("5.5.0", "554 5.7.1 no", "5.7.1"),
        ("5.2.2", "550 5.7.1 no", "5.2.2"),
        ("4.0.0", "550 5.7.1 no", "4.0.0"),
        ("5.1.1 (bad destination)", "550 no", "5.1.1"),
        ("", "550 5.7.509 no", "5.7.509"),
        ("", "550 no", None),
    ],
)
def test_status(reported, said, status):
    result = parse_bounce(
        report(f"Reporting-MTA: dns; a.example.org\n\nFinal-Recipient: rfc822; user@example.com\nStatus: {reported}\nDiagnostic-Code: smtp; {said}\n")
    )
    assert result["recipients"][0]["status"] == status


@pytest.mark.parametrize(
    ("actions", "kind"),
    [("failed delivered", "bounce"), ("delivered delayed", "delayed"), ("relayed expanded", "delivered"), ("delayed failed", "bounce"), ("nonsense", "bounce")],
)
def test_kind_is_that_of_the_worst_action(actions, kind):
    blocks = "\n\n".join(
        f"Final-Recipient: rfc822; user@example.com\nAction: {action}\nStatus: {'5.0.0' if action == 'nonsense' else ''}" for action in actions.split()
    )
    assert parse_bounce(report(f"Reporting-MTA: dns; a.example.org\n\n{blocks}\n"))["kind"] == kind


def test_texts_of_equal_replies_are_equal_whoever_returned_them():
    """A three-line reply reads the same through Postfix, Exim, Sendmail and Courier."""
    texts = {
        recipient["text"]
        for name in (
            "postfix/recorded-three-recipients",
            "exim/recorded-three-recipients",
            "sendmail/recorded-three-recipients",
            "courier/recorded-no-such-user-three-line-reply",
        )
        for recipient in CASES[name]["expect"]["recipients"]
        if recipient["status"] == "5.1.1"
    }
    assert len(texts) == 1
    assert texts.pop().startswith("550-5.1.1 The address")


def test_a_report_longer_than_what_is_read_says_so(monkeypatch):
    monkeypatch.setattr(mime, "KEPT_BYTES", (("message/delivery-status", 1000), ("text/", 1000)))
    blocks = "\n\n".join(f"Final-Recipient: rfc822; user{n}@example.com\nAction: failed\nStatus: 5.1.1" for n in range(100))
    result = parse_bounce(report(f"Reporting-MTA: dns; a.example.org\n\n{blocks}\n"))
    assert result["truncated"]
    assert result["recipients"][0]["address"] == "user0@example.com"


# MIME.


@pytest.mark.parametrize(
    "charset", ["idna", "punycode", "utf-7", "hex", "rot13", "zlib", "undefined", "unicode_escape", "utf-8\0", "", "'", "é", "x" * 3000, "utf-16", "mbcs"]
)
def test_no_charset_raises(charset):
    raw = report("Reporting-MTA: dns; a.example.org\n\nFinal-Recipient: rfc822; user@example.com\nAction: failed\nStatus: 5.1.1\n")
    raw = raw.replace(b"Content-Type: text/plain\n", f'Content-Type: text/plain; charset="{charset}"\n'.encode())
    assert parse_bounce(raw)["recipients"][0]["address"] == "user@example.com"
    assert isinstance(mime.decoded(b"xn--a\xff\xfe+AGE-" * 50, charset), str)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?utf-8?Q?Automatisch=3A?= plain", "Automatisch: plain"),
        (b"=?utf-8?B?####?=", ""),
        (b"=?nonsense?Q?a=C3=A9?=", "aé"),
        (b"=?utf-8?Q?=FF=FE?=", "ÿþ"),
        (b"caf\xe9 =?utf-8?Q?=E9?=", "café é"),
        (b"=?euc-jp?Q?=FF?=", "�"),
        (b"tab\tand\0zero", "tab and?zero"),
        (b"=?utf-16?B?AAA=?=", "?"),
    ],
)
def test_header_text(raw, text):
    assert mime.header_text(raw) == text


@pytest.mark.parametrize("stump", ["", "A", "AB", "AB=", "QUJD", "QUJDR", "Q U\nJ D", "QUJD====", "-_~!"])
def test_base64_never_raises(stump):
    assert isinstance(mime.from_base64(stump.encode()), bytes)


def test_base64_with_line_ends():
    assert mime.from_base64(base64.encodebytes(bytes(range(256)))) == bytes(range(256))


def test_nested_and_repeated_boundaries():
    message = mime.read_bytes(
        b"Content-Type: multipart/mixed; boundary=a\n\npreamble\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n"
        b"--ab\n\none\n--ab\nContent-Type: text/html\n\ntwo\n--ab--\n"
        b"between\n--a\nContent-Type: text/plain\n\nthree\n--ab\nnot a boundary any more\n--a--\nepilogue\n--a\n\nlate\n"
    )
    assert [(part.type, part.text().strip()) for part in message.parts] == [
        ("text/plain", "one"),
        ("text/html", "two"),
        ("text/plain", "three\n--ab\nnot a boundary any more"),
        ("text/plain", "late"),
    ]


def test_attached_messages_are_not_opened():
    message = mime.read_bytes(b"Content-Type: message/rfc822\n\nFrom: a@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ninside\n--x--\n")
    assert [part.type for part in message.parts] == ["message/rfc822"]


def test_lone_carriage_returns():
    raw = bounce_data.raw(CASES["postfix/recorded-three-recipients"], b"\r")
    assert parse_bounce(raw) == CASES["postfix/recorded-three-recipients"]["expect"]


# Notices.


def test_html_becomes_lines():
    source = "<style>p { x }</style><p>One&nbsp;<b>two</b></p><div>a &lt;b@example.com&gt;<br/>c</div><script>no</script>1 < 2"
    assert [line for line in html_text(source).split("\n") if line] == ["One two", "a <b@example.com>", "c", "1 < 2"]


@pytest.mark.parametrize("text", ["<" * 50000, "<a " * 50000, "<style>" * 20000, "&lt" * 50000, "<!--" * 50000])
def test_hostile_html_takes_linear_time(text):
    start = time.process_time()
    html_text(text)
    assert time.process_time() - start < 2


HOSTILE = [
    "(generated from " * 20000,
    '"<' * 100000,
    "a@" * 100000,
    "a@b:\n" * 50000,
    "<a@b>:\n" * 40000,
    "  a@b\n    x\n" * 20000,
    "'550 " * 50000,
    "#" * 200000,
    "# < #5.1.1 smtp; " * 15000,
    ">>> DATA\n<<< 550-a\n" * 12000,
    "host a.b [" * 20000,
    "SMTP error from remote mail server after RCPT TO:" * 5000,
    "a: " * 80000,
    "X-" + "a" * 200000 + ": b",
    "Received: x\n" * 20000,
    "was not delivered to:\n" + "  a@b\n" * 30000,
    "because:\n" * 30000,
    "550 5.1.1 " * 20000,
    "5." * 100000,
    " " * 200000,
    "\n" * 200000,
    "Server: a.b\n" * 20000,
    "(in reply to " * 20000,
    "Remote host said: " * 15000,
    "undeliverable " * 15000 + "a@example.com",
]


@pytest.mark.parametrize("words", HOSTILE, ids=lambda words: words[:20].strip() or "blank")
@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "This message was created automatically by mail delivery software\n",
        "Hi. This is the\n",
        "   ----- The following addresses had\n",
        "response was:\n",
    ],
)
def test_hostile_notices_take_linear_time(words, prefix):
    raw = b"From: MAILER-DAEMON@mail.example.org\nTo: sender@example.org\nSubject: Undeliverable\n\n" + prefix.encode() + words.encode()
    start = time.process_time()
    check_shape(parse_bounce(raw))
    assert time.process_time() - start < 3


def test_a_person_on_holiday_is_no_mail_system():
    raw = (
        b"Return-Path: <>\nFrom: user@example.com\nTo: sender@example.org\nSubject: Re: figures\nAuto-Submitted: auto-replied\n\n"
        b"undeliverable until Monday, ask other@example.com\n"
    )
    assert parse_bounce(raw)["kind"] == "auto_reply"


# Dates and the filter.


@pytest.mark.parametrize(
    ("field", "date"),
    [
        ("Sat, 21 Nov 2026 21:35:00 +0100", "2026-11-21T20:35:00Z"),
        ("Sat, 21 Nov 2026 20:35:00 GMT", "2026-11-21T20:35:00Z"),
        ("21 Nov 2026 20:35:00 -0000", "2026-11-21T20:35:00Z"),
        ("Sat, 32 Nov 2026 20:35:00 +0000", None),
        ("Fri, 31 Dec 9999 23:59:59 -1400", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_utc_date(field, date):
    assert utc_date(field) == date


@pytest.mark.parametrize("zone", ["-", "+:", "+12:", "-:30", "+a:b", "(", "+99999999999999999999", ":::", "\0", "GMT+:"])
def test_no_zone_raises(zone):
    assert utc_date(f"Sat, 21 Nov 2026 20:35:00 {zone}") is None or utc_date(f"Sat, 21 Nov 2026 20:35:00 {zone}").startswith("2026-11-2")


def test_filter_takes_text_and_bytes():
    raw = bounce_data.raw(CASES["broken/false-charsets"])
    assert parse_bounce(octets(raw)) == parse_bounce(octets(raw.decode("utf-8", "surrogateescape"))) == CASES["broken/false-charsets"]["expect"]
    assert parse_bounce(octets("From: \ud800\n\n\U0001f4e8"))["kind"] == "none"


@pytest.mark.parametrize("value", [None, 5, ["From: x"], {}])
def test_filter_refuses_what_is_no_message(value):
    with pytest.raises(TypeError, match="a message is expected"):
        octets(value)


# Size.


def big_message(megabytes):
    """A report of that size whose bulk is the original's attachment, as lines."""
    yield from (
        report(
            "Reporting-MTA: dns; mail.example.org\n\nFinal-Recipient: rfc822; user@example.com\nAction: failed\nStatus: 5.3.4\n"
            "Diagnostic-Code: smtp; 552 5.3.4 Too big\n",
            third="--b\nContent-Type: message/rfc822\n\nMessage-ID: <big@example.org>\nContent-Type: application/zip\n\n",
        )
        .replace(b"--b--\n", b"")
        .splitlines(True)
    )
    line = b"UEsDBBQAAAAIAAAAIQBHJ5mXjQAAAMQAAAAOAAAAAAAAAAAAAAAAAAAAAABmaWd1cmVzLmNz\n"
    for _line in range((megabytes << 20) // len(line)):
        yield line
    yield b"--b--\n"


@pytest.mark.parametrize(
    "lines",
    [
        lambda: big_message(50),
        lambda: (b"From: a@example.org\n\n" if not n else b"x" * 65536 for n in range(800)),
        lambda: (b"X-Field-%d: %s\n" % (n, b"y" * 60000) for n in range(800)),
        lambda: (b"Content-Type: multipart/mixed; boundary=b\n\n" if not n else b"--b\nContent-Type: text/plain\n\n"[6 * (n % 3) : 30] for n in range(200000)),
    ],
    ids=["attachment", "text", "header", "parts"],
)
def test_memory_is_bounded(lines):
    tracemalloc.start()
    try:
        result = bounce_of(mime.read_message(lines()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    check_shape(result)
    assert peak < 16 << 20


def test_a_large_bounce_is_read_whole():
    result = bounce_of(mime.read_message(big_message(2)))
    assert (result["kind"], result["message_id"], result["recipients"][0]["text"]) == ("bounce", "<big@example.org>", "552 5.3.4 Too big")
    assert not result["truncated"]


# Fuzzing.

FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(st.binary(max_size=3000))
def test_any_bytes(raw):
    check_shape(parse_bounce(raw))
    check_shape(parse_bounce(b"From: MAILER-DAEMON@mail.example.org\n\n" + raw))


@FUZZ
@given(st.sampled_from(sorted(CASES)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), st.binary(max_size=12)), min_size=1, max_size=8))
def test_damaged_messages(name, wounds):
    raw = bounce_data.raw(CASES[name])
    for place, length, insert in wounds:
        at = int(place * len(raw))
        raw = raw[:at] + insert + raw[at + length :]
    check_shape(parse_bounce(raw))


@FUZZ
@given(st.sampled_from(sorted(CASES)), st.sampled_from(sorted(CASES)), st.floats(0, 1), st.floats(0, 1))
def test_spliced_messages(first, second, end, start):
    head, tail = bounce_data.raw(CASES[first]), bounce_data.raw(CASES[second])
    check_shape(parse_bounce(head[: int(end * len(head))] + tail[int(start * len(tail)) :]))


@FUZZ
@given(st.text(max_size=400), st.text(max_size=400))
def test_any_words_in_a_report(words, diagnostic):
    raw = report(
        f"Reporting-MTA: dns; a.example.org\n\nFinal-Recipient: rfc822; user@example.com\nDiagnostic-Code: {diagnostic}\n".encode("utf-8", "replace").decode(),
        words.encode("utf-8", "replace").decode(),
    )
    check_shape(parse_bounce(raw))
