# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One returned message as facts: what kind of message it is, and what was said about each recipient.

Nothing is judged here: the texts are handed on whole, and a verdict is the classifier's work. Delivery reports are read as RFC 3464
and RFC 6522 have them, complaints as RFC 5965, receipts as RFC 8098; notices without a report as ``notices`` knows them.
"""

from __future__ import annotations

import html
import re
from datetime import timezone
from email.utils import parsedate_to_datetime

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr import notices
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.mime import ATTACHED, header_text, parse_fields, read_bytes

REPORTS = ("message/delivery-status", "message/global-delivery-status")
_ACTIONS = {"failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "relayed", "expanded": "expanded"}
_ACTION_BY_CLASS = {"5": "failed", "4": "delayed", "2": "delivered"}
_KIND_BY_ACTION = (("failed", "bounce"), ("delayed", "delayed"), ("delivered", "delivered"), ("relayed", "delivered"), ("expanded", "delivered"))

_ADDRESS = re.compile(notices.ADDRESS)
_TYPED = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*;\s*(.*)", re.DOTALL)
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_GENERIC_STATUS = re.compile(r"[245]\.[05]\.0$")
_REPORT_IN_TEXT = re.compile(r"^Final-Recipient:", re.MULTILINE | re.IGNORECASE)
_HOST = re.compile(r"[\w.:-]+")

_MAIL_SYSTEM = re.compile(
    r"mailer-?daemon|mail-?daemon|postmaster|mdaemon|mail delivery (?:sub)?system|microsoftexchange[0-9a-f]|mail router|amazonses\.com|"
    r"^(?:mail )?system administrator|administrador del sistema|systemadministrator|bounces?@|mail administrator",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"^\s*(?:re|fwd?|wg|aw|tr|rv|rif|enc|i|sv|vs)\s*(?:\[\d+\])?:", re.IGNORECASE)
_AUTO_SUBJECT = re.compile(
    r"^\s*(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response|antwort)|out of (?:the )?office|vacation|automatische (?:antwort|r[uü]ckmeldung)|abwesenheit|"
    r"respuesta autom[aá]tica|fuera de (?:la )?oficina|r[eé]ponse automatique|absence du bureau|risposta automatica|fuori (?:sede|ufficio)|"
    r"resposta autom[aá]tica|automatisch antwoord|autosvar)",
    re.IGNORECASE,
)
_AUTO_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply")
_COMPLAINT_SUBJECT = re.compile(r"complaint about message from ([0-9A-Fa-f.:]+)", re.IGNORECASE)


def parse_bounce(raw):
    """Read one message (bytes) and say what it reports.

    :returns: a dictionary with

        * ``kind``: bounce, delayed, delivered, auto_reply, complaint, or none (an ordinary message);
        * ``format``: how it was read: rfc3464, arf, receipt, or a name of ``notices.FORMATS``; None for an ordinary message;
        * ``date``: when it was written (RFC 3339, UTC), or None;
        * ``reporting_mta``, ``message_id`` and ``sender`` (of the original message), each a text or None;
        * ``recipients``: a list of ``address``, ``original_address``, ``action`` (failed, delayed, delivered, relayed, expanded),
          ``status`` (x.y.z), ``code`` (an int), ``text`` (what the remote side said, on one line), ``remote_mta`` and
          ``stage`` (RCPT TO, end of DATA, ...), None where the message does not tell;
        * ``feedback_type`` and ``source_address`` of a complaint, else None;
        * ``truncated``: true where a report was longer than what is kept of it.

    It never raises for what the bytes contain. Memory is bounded: see ``mime``.
    """
    return bounce_of(read_bytes(raw))


def bounce_of(message):
    """``parse_bounce`` for a message that ``mime`` has read already."""
    result = {
        "kind": "none",
        "format": None,
        "date": utc_date(message.top.field("date")),
        "reporting_mta": None,
        "message_id": None,
        "sender": None,
        "recipients": [],
        "feedback_type": None,
        "source_address": None,
        "truncated": message.truncated,
    }
    for reader in (_complaint, _delivery_report, _receipt, _notice, _auto_reply):
        found = reader(message)
        if found:
            result.update(found)
            break
    return result


def utc_date(text):
    """A mail date as RFC 3339 in UTC, or None."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.tzinfo else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    except Exception:  # Python 3.8's parser raises whatever comes, UnboundLocalError for a zone such as "+:" among them.
        return None


# --- complaints, receipts, auto-replies ---------------------------------------------------------------------------------


def _complaint(message):
    reports = message.of_type("message/feedback-report")
    if reports and _is_report(message, "feedback-report"):
        original = _attached_fields(message)
        fields = _Fields(reports[0].text().split("\n"))
        addresses = [_bare(value) for value in fields.all("original-rcpt-to")] or [_bare(value) for value in fields.all("removal-recipient")]
        return {
            "kind": "complaint",
            "format": "arf",
            "feedback_type": (fields.first("feedback-type") or "abuse").lower(),
            "source_address": fields.first("source-ip") or None,
            "reporting_mta": _host(fields.first("reporting-mta")),
            "message_id": _message_id(original),
            "sender": _bare(fields.first("original-mail-from")) or _bare(_first(original, "return-path")) or _bare(_first(original, "from")),
            "recipients": [notices.recipient(address) for address in addresses if address],
        }
    # Outlook.com's junk reports are older than RFC 5965: the message itself, and the recipient in a field of its own.
    source = _COMPLAINT_SUBJECT.search(message.top.field("subject"))
    original = _attached_fields(message) if source else {}
    if "x-hmxmroriginalrecipient" in original:
        return {
            "kind": "complaint",
            "format": "jmrp",
            "feedback_type": "abuse",
            "source_address": source.group(1),
            "message_id": _message_id(original),
            "sender": _bare(_first(original, "return-path")) or _bare(_first(original, "from")),
            "recipients": [notices.recipient(_bare(_first(original, "x-hmxmroriginalrecipient")))],
        }
    return None


def _receipt(message):
    """A disposition notification (RFC 8098): somebody's program answered; nothing failed."""
    reports = message.of_type("message/disposition-notification", "message/global-disposition-notification")
    if not reports or not _is_report(message, "disposition-notification"):
        return None
    fields = _Fields(reports[0].text().split("\n"))
    return {"kind": "auto_reply", "format": "receipt", "message_id": fields.first("original-message-id") or None, "sender": _bare(message.top.field("to"))}


def _auto_reply(message):
    top = message.top
    submitted = top.field("auto-submitted").lower()
    answers = "in-reply-to" in top.fields or "references" in top.fields
    automatic = (
        submitted.startswith("auto-replied")
        or (submitted.startswith("auto-generated") and answers)
        or any(name in top.fields for name in _AUTO_FIELDS)
        or top.field("precedence").lower() in ("auto_reply", "auto-reply")
        or _AUTO_SUBJECT.match(top.field("subject"))
    )
    if not automatic:
        return None
    return {"kind": "auto_reply", "message_id": _last_id(top.field("in-reply-to")) or _last_id(top.field("references")), "sender": _bare(top.field("to"))}


def _last_id(text):
    return text.split()[-1] if text.split() else None


# --- delivery reports ---------------------------------------------------------------------------------------------------


def _delivery_report(message):
    reports = message.of_type(*REPORTS)
    if not reports or not _is_report(message, "delivery-status"):
        return None
    words, copy = _words(message)
    _layout, told = notices.read_notice(words, guess=False)
    result = _read_report([line for report in reports for line in [*report.text().split("\n"), ""]])
    if not result["recipients"]:
        _layout, told = notices.read_notice(words)
        result["recipients"] = told
    _complete(result["recipients"], told, words)
    return _finish(result, message, words, copy, "rfc3464")


def _read_report(lines):
    """The text of a delivery report as ``reporting_mta``, ``sender``, ``message_id`` and ``recipients``."""
    result = {"reporting_mta": None, "sender": None, "message_id": None, "recipients": []}
    for fields in _blocks(lines):
        recipient = _report_recipient(fields)
        if recipient:
            result["recipients"].append(recipient)
        result["reporting_mta"] = result["reporting_mta"] or _host(fields.first("reporting-mta"))
        result["sender"] = result["sender"] or _bare(_untyped(fields.first("x-postfix-sender")))
        result["message_id"] = result["message_id"] or fields.first("x-original-message-id") or None
    return result


def _blocks(lines):
    """Groups of fields. Some reporters forget the empty line between recipients, so a second Final-Recipient opens a group too."""
    block, has_recipient = [], False
    for line in lines:
        name = line.partition(":")[0].strip().lower()
        again = has_recipient and name in ("final-recipient", "original-recipient", "action") and name in has_recipient
        if not line.strip() or again:
            if block:
                yield _Fields(block)
            block, has_recipient = [], False
        if line.strip():
            block.append(line)
            if name in ("final-recipient", "original-recipient", "action"):
                has_recipient = (has_recipient or ()) + (name,)
    if block:
        yield _Fields(block)


def _report_recipient(fields):
    final, original = _mailbox(_untyped(fields.first("final-recipient"))), _mailbox(_untyped(fields.first("original-recipient")))
    if not final and not original and not fields.first("action"):
        return None
    address = original if original and "@" not in (final or "") else final
    text = _untyped(fields.first("diagnostic-code"))
    recipient = notices.recipient(address, text, remote_mta=_host(fields.first("remote-mta")))
    recipient["original_address"] = original
    status = _STATUS.search(fields.first("status"))
    recipient["status"] = _more_exact(status.group() if status else None, recipient["status"])
    word = re.match(r"\W*(\w+)", fields.first("action"))
    recipient["action"] = _ACTIONS.get(word.group(1).lower() if word else "") or _ACTION_BY_CLASS.get((recipient["status"] or "?")[0])
    return recipient


def _more_exact(reported, said):
    """The reporter's status, unless it is a bare x.0.0 (or Sendmail's x.5.0) and the remote side was more exact about the same class."""
    if reported and said and _GENERIC_STATUS.match(reported) and reported[0] == said[0]:
        return said
    return reported or said


def _complete(recipients, told, words):
    """Fill what a report leaves out with what its notice for people tells about the same recipients."""
    notices.complete(recipients, words)
    by_address = {(entry["address"] or "").lower(): entry for entry in told}
    for recipient in recipients:
        note = by_address.get((recipient["address"] or "").lower()) or by_address.get((recipient["original_address"] or "").lower())
        if note is None and len(recipients) == 1 and len(told) == 1:
            note = told[0]
        if note is None or note is recipient:
            continue
        for key in ("address", "code", "remote_mta", "stage", "original_address"):
            recipient[key] = recipient[key] if recipient[key] is not None else note[key]
        if _says_more(note["text"], recipient["text"]):
            recipient["text"] = note["text"]
        recipient["status"] = _more_exact(recipient["status"], note["status"])


def _says_more(told, reported):
    """Whether the notice has the reply whole where the report has only its beginning, or nothing."""
    return bool(told) and (not reported or (len(told) > len(reported) and told.startswith(reported)))


# --- notices without a report -------------------------------------------------------------------------------------------


def _notice(message):
    if not _from_mail_system(message.top):
        return None
    words, copy = _words(message)
    if not words.strip():
        return None
    layout, told = notices.read_notice(f"{message.top.field('subject')}\n\n{words}")
    result = {"reporting_mta": None, "sender": None, "message_id": None, "recipients": []}
    if _REPORT_IN_TEXT.search(words):
        # A report that some gateway turned into plain text.
        result = _read_report(words.split("\n"))
        _complete(result["recipients"], told, words)
    failed = [address.strip() for address in message.top.field("x-failed-recipients").split(",") if address.strip()]
    if result["recipients"]:
        layout = "rfc3464"
    elif told:
        result["recipients"] = told
        if len(failed) == 1 and len(told) == 1:
            told[0]["address"] = failed[0]
    else:
        layout, result["recipients"] = "text", [notices.recipient(address, words) for address in failed]
    if not result["recipients"] or (layout == "text" and not _certain(message.top, result["recipients"])):
        return None
    return _finish(result, message, words, copy, layout)


def _certain(top, recipients):
    """Whether a notice of unknown layout is one: it has a reply code, or comes from a mail system by name and is no automatic reply."""
    return any(recipient["code"] for recipient in recipients) or bool(_MAIL_SYSTEM.search(top.field("from")) and not _AUTO_SUBJECT.match(top.field("subject")))


def _from_mail_system(top):
    """Whether the header says that a program wrote this: only then may its words be taken for a notice."""
    if "x-failed-recipients" in top.fields:
        return True
    if _FORWARDED.match(top.field("subject")):
        return False
    return bool(_MAIL_SYSTEM.search(top.field("from"))) or top.field("return-path").replace(" ", "") == "<>" or top.field("from").replace(" ", "") == "<>"


def _finish(result, message, words, copy, layout):
    """What reports and notices have in common: kind, actions, and the original message."""
    top = message.top
    original = _attached_fields(message) or parse_fields([line.encode("utf-8", "replace") for line in copy.split("\n")])
    untold = [recipient for recipient in result["recipients"] if recipient["action"] is None]
    if untold or not result["recipients"]:
        delayed = notices.says(f"{top.field('subject')} {words[:4000]}", notices.DELAY_WORDS)
        for recipient in untold:
            recipient["action"] = "delayed" if delayed and (recipient["code"] or 400) < 500 else "failed"
    if len(result["recipients"]) == 1 and not result["recipients"][0]["address"]:
        result["recipients"][0]["address"] = _only_address(_first(original, "to"))
    actions = {recipient["action"] for recipient in result["recipients"]}
    result["kind"] = next(kind for action, kind in _KIND_BY_ACTION if action in actions) if actions else "delayed" if delayed else "bounce"
    result["format"] = layout
    result["reporting_mta"] = result["reporting_mta"] or notices.reporter_in(words)
    result["message_id"] = result["message_id"] or _message_id(original) or _last_id(top.field("in-reply-to")) or _last_id(top.field("references"))
    result["sender"] = result["sender"] or _bare(_first(original, "return-path")) or _only_address(top.field("to")) or _bare(_first(original, "from"))
    return result


# --- parts and fields ---------------------------------------------------------------------------------------------------


class _Fields:
    """Header-like lines of text, asked by lower-case name."""

    def __init__(self, lines):
        self._values = parse_fields([line.encode("utf-8", "replace") for line in lines])

    def all(self, name):
        return [header_text(value) for value in self._values.get(name, ())]

    def first(self, name):
        return _first(self._values, name)


def _is_report(message, report_type):
    """Whether the message itself is a report: not one that a person attached, forwarded in parts, or quoted."""
    top = message.top
    if top.type == "multipart/report":
        return True
    wrapped = any(part.type == "multipart/report" and part.parameters.get("report-type", report_type).lower() == report_type for part in message.containers)
    return (wrapped or top.type.startswith("multipart/")) and _from_mail_system(top)


def _words(message):
    """The text of a notice for people, and the header in the copy of the original below it (or '')."""
    plain = [part.text() for part in message.parts if part.type == "text/plain"]
    text = "\n\n".join(part for part in plain if part.strip()) or "\n\n".join(html_text(part.text()) for part in message.of_type("text/html"))
    words, copy = notices.split_copy(text)
    return notices.tidy(words), copy


def html_text(source):
    """The words of an HTML text, one line for each block. One pass, since nothing here is known to be well formed."""
    pieces, hidden = [], None
    for piece in re.split(r"(<[^<>]*>)", source):
        if not piece.startswith("<") or not piece.endswith(">"):
            if hidden is None:
                pieces.append(" ".join(piece.split()) if piece.strip() else " ")
                if piece[-1:].isspace():
                    pieces.append(" ")
            continue
        tag = piece.strip("</> \t\r\n").split(None, 1)[0].lower() if piece.strip("</> \t\r\n") else ""
        if tag in ("style", "script"):
            hidden = None if piece.startswith("</") else tag
        elif tag in ("br", "p", "div", "tr", "td", "li", "table", "h1", "h2", "h3", "pre"):
            pieces.append("\n")
    text = html.unescape("".join(pieces)).replace("\xa0", " ")
    return "\n".join(line.strip() for line in text.split("\n"))


def _attached_fields(message):
    """The header of the original message, from the part that carries it, as lower-case name to raw values; {} if there is none."""
    parts = message.of_type(*ATTACHED)
    if not parts:
        return {}
    lines = parts[0].raw().split(b"\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    header = []
    for line in lines:
        if not line.strip():
            break
        header.append(line)
    return parse_fields(header)


def _first(fields, name):
    values = fields.get(name)
    return header_text(values[0]) if values else ""


def _message_id(fields):
    return _first(fields, "message-id") or None


def _untyped(value):
    """``rfc822; user@example.com`` without its type; a value that has none, as it is."""
    typed = _TYPED.match(value)
    return typed.group(2) if typed else value


def _mailbox(value):
    """An address as a report has it: bare, in angle brackets, quoted, or no mailbox at all (X.400), or None."""
    value = value.strip()
    if value.startswith("<") and value.endswith(">"):
        value = value[1:-1]
    return value.strip().rstrip(",;") or None


def _bare(text):
    """The first address in a field, or None."""
    match = _ADDRESS.search(text or "")
    return match.group() if match else None


def _only_address(text):
    found = _ADDRESS.findall(text or "")
    return found[0] if len(found) == 1 else None


def _host(value):
    """The host in ``dns; mx.example.com (192.0.2.1)``; a name of another kind (X.400) as it is; or None."""
    typed = _TYPED.match(value)
    kind, name = typed.groups() if typed else ("dns", value)
    if kind.lower() not in ("dns", "smtp"):
        return name or None
    match = _HOST.search(name)
    return (match.group().rstrip(".") or None) if match else None
