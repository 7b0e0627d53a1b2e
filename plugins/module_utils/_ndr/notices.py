# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What mail systems write for people when they return mail: the texts beside, or instead of, an RFC 3464 report.

``FORMATS`` is a table: a name, words that betray the writer, and the function that reads its layout. A reader takes the
words of the notice and returns recipients (see ``recipient``); it returns none where the layout is not its own after all.
The layouts are those of the programs themselves (Postfix, Exim, Sendmail and Courier were run to see them) and of QSBMF
(https://cr.yp.to/proto/qsbmf.txt), Exchange and Google documentation.

Every pattern works on single lines, so that hostile text costs time in proportion to its length.
"""

from __future__ import annotations

import re

ADDRESS = r"[^\s<>()\[\]:;,\"'@]+@[^\s<>()\[\]:;,\"'@]+"
TEXT_LIMIT = 8192
LINE_LIMIT = 2000

_CODE = re.compile(r"(?:^|[\s'\"#;>:])([245]\d\d)(?=[ \-:#]|$)")
_FIRST_CODE = re.compile(r"\s*([245]\d\d)(?=[ \-:]|$)")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_HOST_IN_TEXT = re.compile(r"\bhost:? ([A-Za-z0-9_.-]+\.[A-Za-z0-9-]+|\[[0-9A-Fa-f.:]+\])(?: ?[\[(]|:|$)")

STAGES = (
    ("connect", re.compile(r"initial (?:connection|greeting|server greeting)|refused to talk to me|greeting failed", re.IGNORECASE)),
    ("end of DATA", re.compile(r"(?:end of data|after i sent the message|sending end of data)", re.IGNORECASE)),
    ("RCPT TO", re.compile(r"\bRCPT(?: TO)?\b|does not like recipient", re.IGNORECASE)),
    ("MAIL FROM", re.compile(r"\bMAIL(?: FROM| command)\b|sender was rejected", re.IGNORECASE)),
    ("EHLO", re.compile(r"\b(?:EHLO|HELO)\b|my name was rejected", re.IGNORECASE)),
    ("STARTTLS", re.compile(r"\bSTARTTLS\b", re.IGNORECASE)),
    ("AUTH", re.compile(r"\bAUTH\b")),
    ("DATA", re.compile(r"\bDATA\b")),
)
"""The stage of the dialogue, by the first pattern found in the words *around* a reply."""


def recipient(address, text="", around="", remote_mta=None, original_address=None):
    """One recipient as a notice tells it; ``around`` are the reporting system's own words beside the remote ``text``."""
    text = " ".join(text.split())[:TEXT_LIMIT]
    return {
        "address": address,
        "original_address": original_address,
        "action": None,
        "status": status_in(text),
        "code": code_in(text),
        "text": text,
        "remote_mta": remote_mta,
        "stage": stage_in(around),
    }


def code_in(text):
    """The reply code that a text begins with, else the first one in it that looks like one; an int or None."""
    match = _FIRST_CODE.match(text) or _CODE.search(text[:2000])
    return int(match.group(1)) if match else None


def status_in(text):
    """The first x.y.z status in a text, or None."""
    match = _STATUS.search(text[:2000])
    return match.group(1) if match else None


def stage_in(around):
    """The stage of the dialogue that the words around a reply name, or None."""
    if not around:
        return None
    return next((stage for stage, pattern in STAGES if pattern.search(around)), None)


def _host_in(text):
    match = _HOST_IN_TEXT.search(text[:1000])
    return match.group(1).strip("[]").rstrip(".") if match else None


def tidy(text):
    """A text with no line over ``LINE_LIMIT`` characters and never two empty lines in a row: then no pattern can be led astray."""
    lines, blank = [], False
    for line in text.split("\n"):
        if line.strip():
            lines.append(line[:LINE_LIMIT].rstrip())
            blank = False
        elif not blank:
            lines.append("")
            blank = True
    return "\n".join(lines)


# --- the copy of the original -------------------------------------------------------------------------------------------

_FIELD_LINE = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}:(?:\s|$)")
_COPY_FIELDS = ("received", "return-path", "message-id", "mime-version", "delivered-to", "dkim-signature", "envelope-to", "x-original-to")


def split_copy(text):
    """A notice and the header of the message that it returns below itself, or ''.

    Languages and dashes differ, so the copy is known by its shape: the first run of header fields with at least one field that
    only a header has.
    """
    lines = text.split("\n")
    start = None
    for number, line in enumerate(lines):
        if _FIELD_LINE.match(line):
            if start is None:
                start = number
            if line.split(":", 1)[0].lower() in _COPY_FIELDS:
                return "\n".join(lines[:start]), "\n".join(_until_blank(lines, start))
        elif line[:1] not in (" ", "\t"):
            start = None
    return text, ""


def _until_blank(lines, start):
    for line in lines[start:]:
        if not line.strip():
            return
        yield line


# --- layouts ------------------------------------------------------------------------------------------------------------

_HEADING = re.compile(r"^\"?(?:<([^<>\n]*)>|(" + ADDRESS + r"))\"?(?: \((?:expanded from|generated from)[: ]*<?([^<>()\n]*)>?\))?:(?:[ \t]+(.*))?$")
_REMOTE_SAID = re.compile(r"(?:Remote host said|said|reason|server responded with|replied)\s*:\s*", re.IGNORECASE)
_GIVING_UP = re.compile(r"\s*(?:Giving up on \S+|I'm not going to try again; this message has been in the queue too long\.)\s*$")
_QMAIL_HOST = re.compile(r"(?:^|Connected to )([0-9A-Fa-f.:]+\.[0-9A-Fa-f]+|[0-9A-Fa-f:]{3,}) (?:does not like|failed|but )")
_IN_REPLY = re.compile(r"\s*\(in reply to ([^()]*?)(?: command)?\)\s*$")
_DIALOGUE = re.compile(r"^\s*(>>>|<<<) ?(.*)$")


def paragraphs(words):
    """QSBMF and its likes (qmail, Postfix, Courier, Yahoo, 1&1): ``<address>:`` and the reason, up to an empty line."""
    found = []
    heading, reason = None, []
    for line in [*words.split("\n"), ""]:
        begins = _HEADING.match(line)
        if heading is None and begins:
            heading, reason = begins, [begins.group(4) or ""]
        elif heading is not None:
            # OpenSMTPD leaves no empty line between recipients whose reasons stand beside them.
            beside = begins and heading.group(4)
            if beside or (not line.strip() and any(part.strip() for part in reason)):
                found.append(_paragraph(heading.group(1) or heading.group(2) or "", heading.group(3), reason))
                heading, reason = begins, [begins.group(4) or ""] if begins else []
            else:
                reason.append(line)
    return found


def _paragraph(address, original, reason):
    dialogue = [match.groups() for match in map(_DIALOGUE.match, reason) if match]
    if dialogue:
        commands = [words for arrow, words in dialogue if arrow == ">>>"]
        reply = " ".join(words for arrow, words in dialogue if arrow == "<<<")
        host = next((line.split()[0].rstrip(":") for line in reason if line.strip() and not _DIALOGUE.match(line)), None)
        return recipient(address, reply, " ".join(commands), host, original)
    text = " ".join(" ".join(reason).split())
    command = _IN_REPLY.search(text)
    around = command.group(1) if command else ""
    if command:
        text = text[: command.start()]
    host = _host_in(text) or (_QMAIL_HOST.search(text).group(1) if _QMAIL_HOST.search(text) else None)
    said = _REMOTE_SAID.search(text)
    if said and _FIRST_CODE.match(text, said.end()):
        return recipient(address, _GIVING_UP.sub("", text[said.end() :]), around or text[: said.start()], host, original)
    return recipient(address, text, around or text, host, original)


_EXIM_ADDRESS = re.compile(r"^  (?! )(.+?):?$")
_EXIM_AFTER = re.compile(r"SMTP error from remote (?:mail )?server[^:]*(?::<[^<>]*>)?:\s*(?:host \S+ \[[^\]]*\]:\s*)?(?=[245]\d\d)")
_EXIM_ORIGIN = re.compile(r"^\s*\((?:ultimately )?generated from ([^()]*)\)$")


def exim(words):
    """Exim: an address two spaces in, what happened four spaces in."""
    found = []
    address, reason = None, []
    for line in [*words.split("\n"), ""]:
        heading = _EXIM_ADDRESS.match(line)
        if heading or not line.startswith("    "):
            if address and "@" in address:
                found.append(_exim_recipient(address, reason))
            address, reason = (heading.group(1).strip('"<>') if heading else None), []
        else:
            reason.append(line.strip())
    return found


def _exim_recipient(address, reason):
    original = None
    if reason and _EXIM_ORIGIN.match(reason[0]):
        original = _EXIM_ORIGIN.match(reason.pop(0)).group(1)
    text = " ".join(reason)
    after = _EXIM_AFTER.search(text)
    reply = text[after.end() :] if after else text
    return recipient(address, reply, after.group() if after else text, _host_in(text), original)


_SENDMAIL_SECTION = re.compile(r"^\s*-{3,} (.*) -{3,}\s*$")
_SENDMAIL_ADDRESS = re.compile(r"^(?:<([^<>]+)>|(" + ADDRESS + r"))\s*(?:\.\.\.\s*(.*))?$")
_SENDMAIL_NOTE = re.compile(r"^\s+\((reason|expanded from): (.*?)\)?$")
_TALKING_TO = re.compile(r"^\.\.\. while talking to (.+?)\.?:$")


def sendmail(words):
    """Sendmail: a list of addresses with reasons, then the transcript, which alone has every line of a reply."""
    found = []
    section = ""
    for line in words.split("\n"):
        title = _SENDMAIL_SECTION.match(line)
        if title:
            section = title.group(1).lower()
            continue
        if "address" not in section:
            continue
        note = _SENDMAIL_NOTE.match(line)
        heading = _SENDMAIL_ADDRESS.match(line)
        if heading:
            found.append(recipient(heading.group(1) or heading.group(2)))
            found[-1]["text"] = heading.group(3) or ""
        elif note and found:
            if note.group(1) == "reason":
                found[-1] = recipient(found[-1]["address"], note.group(2), original_address=found[-1]["original_address"])
            else:
                found[-1]["original_address"] = note.group(2).strip("<>")
    complete(found, words)
    return found


def complete(recipients, words):
    """Replace texts that are only the first line of a reply by the whole reply from a ``<<<`` transcript in ``words``."""
    replies = _transcript(words) if "<<< " in words else []
    by_beginning = {lines[0]: (lines, host, stage) for lines, host, stage in reversed(replies)}
    for entry in recipients:
        whole = by_beginning.get(entry["text"])
        if replies and not entry["text"] and len(recipients) == 1:
            whole = replies[0]
        if whole:
            lines, host, stage = whole
            entry["text"] = " ".join(lines)[:TEXT_LIMIT]
            entry["code"] = entry["code"] or code_in(entry["text"])
            entry["status"] = entry["status"] or status_in(entry["text"])
            entry["remote_mta"] = entry["remote_mta"] or host
            entry["stage"] = entry["stage"] or stage


def _transcript(words):
    """The replies of a transcript as (lines, host, stage), in order."""
    host, command, replies, open_reply = None, None, [], None
    for line in words.split("\n"):
        talking = _TALKING_TO.match(line)
        if talking:
            host, command = talking.group(1).split()[0].strip("[]").rstrip("."), "initial connection"
        elif line.startswith(">>> "):
            command = line[4:]
        if not line.startswith("<<< "):
            open_reply = None
            continue
        if open_reply is None or open_reply[-1][3:4] != "-":
            open_reply = []
            # With pipelining the answers to RCPT come after ">>> DATA", and so does the one to the message: DATA tells nothing.
            replies.append((open_reply, host, None if command == "DATA" else stage_in(command)))
        open_reply.append(" ".join(line[4:].split()))
    return replies


_EXCHANGE_ADDRESS = re.compile(
    r"^\s*(?:IMCEAEX-\S+|(?:mailto:)?<?(" + ADDRESS + r")>?)(?:\s*<mailto:[^<>]*>)?(?: \([^()]*\))?(?: on .*| am .*| el .*| le .*| il .*| em .*)?\s*$"
)
_EXCHANGE_HASHES = re.compile(r"^\s*(?:([\w.-]+)\s+)?#\s*(?:<\s*(?:[\w.-]+ )?)?(?:#?[245]\.\d+\.\d+ smtp;\s*)?(.*?)>?\s*#(?:SMTP)?#\s*$")
_EXCHANGE_ANGLES = re.compile(r"^\s*<([\w.-]+) #([245]\.\d+\.\d+)(?: smtp;\s*(.*))?>\s*$")
_EXCHANGE_QUOTED = re.compile(r"'((?:[245]\d\d)[ \-].*?)'\s*$")
_EXCHANGE_REPORTED = re.compile(
    r"^\s*(?:Reported error|Error|Status code|Gemeldeter Fehler|Fehler|Error notificado|Erreur signalée)\s*:\s*([245]\d\d\b.*)$", re.IGNORECASE
)
_EXCHANGE_AT = re.compile(r"\bat ([\w.-]+\.[\w-]+) \([0-9A-Fa-f.:]+\)")
_OPEN_QUOTE = re.compile(r"'[245]\d\d[ \-]")
_EXCHANGE_HOST = re.compile(r"^\s*(?:[^:@\n]{3,60}:\s*)?([\w-]+(?:\.[\w-]+)+)\s*$")
_EXCHANGE_LABELLED = re.compile(r"^\s*[^:@\n]{3,40}:\s+(" + ADDRESS + r")\s*$")


def exchange(words):
    """Exchange 2000 to Online, in any language: the administrators' part is an address, a host and the error between marks."""
    found = {}
    address, host, prose = None, None, []
    # A quoted reply may be folded; the marks are looked for in lines joined up to the closing quote.
    for line in _joined_quotes(words.split("\n")):
        hashes, angles = _EXCHANGE_HASHES.match(line), _EXCHANGE_ANGLES.match(line)
        quoted = _EXCHANGE_QUOTED.search(line) or _EXCHANGE_REPORTED.match(line)
        heading = _EXCHANGE_ADDRESS.match(line) or _EXCHANGE_LABELLED.match(line)
        if hashes or angles or quoted:
            if hashes:
                host, text = hashes.group(1) or host, hashes.group(2)
            elif angles:
                text = angles.group(3) or f"{angles.group(2)} {' '.join(prose)}"
            else:
                text = quoted.group(1)
            at = _EXCHANGE_AT.search(line)
            if address:
                # "message expired", and on the next line what the last attempt met: both belong to the reason.
                before = found[address]["text"] if address in found else ""
                text = text if text.startswith(before) else f"{before} -> {text}"
                found[address] = recipient(address, text, remote_mta=at.group(1) if at else host)
            host, prose = None, []
        elif heading:
            address, host, prose = heading.group(1) or address, None, []
        elif _EXCHANGE_HOST.match(line):
            host = _EXCHANGE_HOST.match(line).group(1)
        else:
            prose.append(line.strip())
    return list(found.values())


def _joined_quotes(lines):
    """Lines, where one that opens a quoted reply and does not close it takes up to nine more with it."""
    lines = iter(lines)
    for line in lines:
        if _OPEN_QUOTE.search(line) and not line.rstrip().endswith("'"):
            for _more, extra in zip(range(9), lines):
                line += " " + extra.strip()
                if extra.rstrip().endswith("'"):
                    break
        yield line


_GOOGLE_REPLY = re.compile(
    r"(?:The error that the other server returned was|The response(?: from the remote server)? was|Technical details of (?:permanent|temporary) failure|"
    r"La respuesta(?: del servidor remoto)? fue|Die Antwort(?: des Remoteservers)? lautete|La réponse(?: du serveur distant)? (?:était|a été))[^:\n]*:[ \t]*",
    re.IGNORECASE,
)
_BY_HOST = re.compile(r"\bby ([\w.-]+\.[A-Za-z]+)\.? \[")
_SMTP_STATE = re.compile(r"^.*SMTP Error \(state \d+\):\s*")
_LONE_ADDRESS = re.compile(r"^\s*<?(" + ADDRESS + r")>?\s*$", re.MULTILINE)
_WAS_NOT_DELIVERED = re.compile(r"(?:delivered to|entregado a|entregue a|delivering to|message to)\s+<?(" + ADDRESS + ")")


def google(words):
    """Google, with and without a report: addresses on lines of their own, then one answer for all of them."""
    addresses = _LONE_ADDRESS.findall(words) or _WAS_NOT_DELIVERED.findall(words)[:1]
    text = ""
    for match in _GOOGLE_REPLY.finditer(words):
        text = _SMTP_STATE.sub("", " ".join(_until_blank(words[match.end() :].lstrip("\n").split("\n"), 0)))
    host = _BY_HOST.search(words)
    return [recipient(address, text, remote_mta=host.group(1) if host else None) for address in dict.fromkeys(addresses)]


_DOMINO = re.compile(
    r"(?:was not delivered to|konnte nicht zugestellt werden an|wurde nicht zugestellt an|no se ha entregado a|n'a pas été (?:remis|distribué) à)\s*:\s*\n"
    r"(?P<who>(?:\s*\S+@\S+\n)+)\s*\n?(?:because|weil|da|debido a|car|parce que|en raison de)[^:\n]*:\s*\n(?P<why>(?:(?!\n\n).)*)",
    re.DOTALL | re.IGNORECASE,
)


def domino(words):
    """HCL (Lotus, IBM) Domino: "was not delivered to: ADDRESS because: REASON"."""
    match = _DOMINO.search(words[:20000])
    if not match:
        return []
    return [recipient(address.strip("<>"), match.group("why")) for address in match.group("who").split()]


FAILURE_WORDS = (
    "undeliver",
    "could not be delivered",
    "couldn't be delivered",
    "couldn\u2019t be delivered",
    "not be delivered",
    "not been delivered",
    "not delivered",
    "wasn't delivered",
    "delivery fail",
    "delivery has failed",
    "delivery error",
    "delivery status",
    "delivery delay",
    "failed permanently",
    "returned mail",
    "returning message",
    "failure notice",
    "did not reach",
    "unable to deliver",
    "able to deliver",
    "unzustellbar",
    "nicht zugestellt",
    "no se pudo",
    "no se ha podido",
    "no se entreg",
    "no se puede entregar",
    "non remis",
    "non distribu",
    "n'a pas pu être",
    "n'a pas été",
    "mancata consegna",
    "impossibile recapitare",
    "não foi",
    "não pôde",
    "не доставлено",
    "недоставлен",
    "無法傳送",
    "無法送達",
    "退信",
    "配信できません",
    "配信不能",
    "送信できません",
)
DELAY_WORDS = (
    "has not yet been delivered",
    "hasn't been delivered yet",
    "delayed",
    "will be retried",
    "will keep trying",
    "still undelivered",
    "delivery attempts will continue",
    "verzögert",
    "retrasad",
    "demorad",
    "retardé",
    "ritardat",
    "atrasad",
)


def says(text, words):
    """Whether a text has one of the (lower-case) words: plain searches, many times faster than one pattern of them all."""
    text = text.lower()
    return any(word in text for word in words)


_REPLY_LINE = re.compile(r"(?:^|[\s:<('\"])([45]\d\d[ \-](?:[45]\.\d{1,3}\.\d{1,3}[ ,:;\-])?\s*\S.*)$")
_ANY_ADDRESS = re.compile("<?(" + ADDRESS + ")>?")


def unknown_layout(words):
    """Any other returned mail: the addresses on lines of their own (else the first one named) and the lines that look like a reply."""
    replies = [match.group(1) for match in map(_REPLY_LINE.search, words.split("\n")[:400]) if match]
    # Some products only say that they did not deliver: then that sentence is all there is to judge.
    replies = replies or [" ".join(part.split()) for part in words.split("\n\n")[:100] if says(part, FAILURE_WORDS)][-1:]
    addresses = [address.rstrip(".") for address in _LONE_ADDRESS.findall(words)[:200] or _ANY_ADDRESS.findall(words)[:1]]
    text = " ".join(replies[:10])
    return [recipient(address, text, words[:4000], _host_in(words)) for address in dict.fromkeys(addresses)]


FORMATS = (
    ("exim", ("created automatically by mail delivery software",), exim),
    ("sendmail", ("----- The following address", "----- Transcript of session"), sendmail),
    ("exchange", ("##", "#SMTP#", "Reported error:", " #5.", " #4.", " '5", " '4", "\n'5"), exchange),
    ("google", ("Delivery to the following recipient", "Google tried to deliver", "The response was:", "The response from the remote server was:"), google),
    ("domino", ("because:", "weil:", "da:", "debido a:", "car :", "parce que"), domino),
    ("qmail", ("Hi. This is ",), paragraphs),
    ("postfix", ("This is the mail system at host", "This is the Postfix program"), paragraphs),
    ("courier", ("running the Courier mail server",), paragraphs),
    ("paragraphs", ("@",), paragraphs),
)
"""(name, marks, reader), tried in order: the first reader with a mark in the text that finds a recipient has read the notice."""

MARKED = 8192
"""Characters of a notice in which one of its marks must stand."""

REPORTERS = (
    re.compile(
        r"^(?:Hi\. This is (?:the )?\S+ (?:program )?at |This is the mail system at host |This is a delivery status notification from )([\w.-]+\w)",
        re.MULTILINE,
    ),
    re.compile(r"^\s*DSN generated by:\s*([\w.-]+\w)", re.MULTILINE),
    # Exchange, in any language: "Generating server: HOST" (and perhaps another such line) above the address.
    re.compile(r"^[ \t]*[^\n:@]{3,50}:[ \t]*([\w-]+(?:\.[\w-]+)+)\s*\n(?:[^\n:@]{3,50}:[^\n@]*\n)?\s*<?[^\s<>@]+@", re.MULTILINE),
    re.compile(r"^\s*<([\w.-]+) #[245]\.\d", re.MULTILINE),
)
"""Where a notice says which host wrote it."""


def read_notice(words, guess=True):
    """The layout's name and the recipients (maybe none) that the words of a notice tell of.

    Without ``guess`` only layouts that are known; what a report says is better than a guess at its prose.
    """
    head = words[:MARKED]
    for name, marks, reader in FORMATS:
        if any(mark in head for mark in marks):
            found = reader(words)
            if found:
                return name, found
    if guess and says(head, FAILURE_WORDS):
        return "text", unknown_layout(words)
    return None, []


def reporter_in(words):
    """The host that says of itself that it wrote this notice, or None."""
    match = next((match for match in (pattern.search(words) for pattern in REPORTERS) if match), None)
    return match.group(1).rstrip(".") if match else None
