# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The grammar of replies as they reach a person: quoted, folded, cut, and wrapped in the words of the mail system that heard them.

>>> reply = parse_reply("host mx.example.net[203.0.113.9] said: 550 5.1.1 <a@example.net>: User unknown (in reply to RCPT TO command)")
>>> reply.code, reply.status, reply.stage, reply.host, reply.words
(550, '5.1.1', 'rcpt', 'mx.example.net', '<address>: user unknown')
"""

from __future__ import annotations

import functools
import re
from collections import namedtuple

from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.template import template_of

# What the *form* of a text (its template) tells, worked out once per form.
# code: int or None; status: "x.y.z" or None; inner_code, inner_status: of a reply quoted inside it; stage: one of STAGES or None;
# words: what the remote server said as the rules see it: template, lower case, no accents, no brackets, continuation codes taken out, leading codes cut off;
# lead: the words that tell the cause, where that is not all of `words`: those of a reply that this one quotes, or of the first of several replies
# with different codes (the later ones are mostly its consequences); lead_code, lead_status: its own; there: the set of its words.
Form = namedtuple("Form", "code status inner_code inner_status stage words lead lead_code lead_status there")


class Reply(namedtuple("Reply", "said template host host_address code status inner_code inner_status stage words lead lead_code lead_status there")):
    """One reply: the whole text, its template, the server that spoke where the wrapping names it, and what the form tells."""

    __slots__ = ()

    @property
    def text(self):
        """What the remote server said, without the words of our own mail system around it."""
        return _core(self.said)


STAGES = ("connect", "helo", "starttls", "auth", "mail", "rcpt", "data", "end_of_data", "quit")

# Enough for every reply and every NDR paragraph; what matters stands at the ends of longer ones.
HEAD, TAIL = 4000, 800
# Words before the first code that are a label ("User unknown: 550 ...") rather than a reply of their own.
_LABEL_MAX = 32

_CODE = r"[245][0-5]\d"
_STATUS = r"[245]\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)"

# Words of our own mail system that come before the words of theirs, in lower case. The text after the first that is followed by words is the reply.
# No alternative begins with a look behind or a class: that lets the search skip ahead.
_INTRODUCED = re.compile(
    r"""said:\s | refused\ to\ talk\ to\ me:\s | responded\ with\ failure:\s | failed\ with:\s
      | server(?:\ at\ [^'"]{1,300})?\ returned:?\s['"] | returned\ message:?\s['"]
      | response(?:\ from\ the\ remote\ server)?\ was:\s | server\ returned\ was:\s
      | smtp\ error\ \(state\ \S{1,4}\):\s
      | reply=(?=[245]) | <<<\s(?=[245]) | <--\s(?=[245]\d\d) | smtp;\s?(?=[245]\d\d)
      | smtp\ error\ from\ remote\ (?:mail\ server|mailer)\ (?:after\ )?[^:<]{1,60}(?::\s?<[^>]{0,320}>[^:]{0,80})?:\s
      | smtp\ error\ from\ remote\ server\ (?:for|after|in)\ [a-z\ ]{4,40}[:,]\s?host:?\s\S{1,250}\s(?:\([^)]{2,45}\)\sreason:\s)?
      | error\ \(?'(?=[245])
      | did\ not\ like\ our\ [a-z ]{4,12}:\s? | rejected:\s(?=[45]\d\d\s)
      | reported\ error:\s(?=[45]\d\d\s) | gave\ this\ error:\s
    """,
    re.VERBOSE,
)
# A label at the very beginning: "SMTP Error: 550 ...", "Server error: '550 ...", "Delivery failed with 550 ...", "<a@example.net>: 550 ...".
_LABEL = re.compile(
    r"""(?:\W*(?:(?:remote\ |mail\ |smtp\ |server\ ){0,3}(?:error|reason|response|reply|message|server|bounced)|(?:result=\S{1,20}\ )?stat=
      |(?:delivery\ |message\ |sending\ )?failed\ with(?:\ code|\ error)?)\W{1,4}|<address>:\s)(?=[45]\d\d[\ -])
    """,
    re.VERBOSE,
)
_SPACES = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD = re.compile(r"[^\W_]+")
# Forms remembered: a log comes down to a few hundred.
_FORMS = 4096
_LETTERS = re.compile(r"[^\W\d_]{2}")
_BEGINS_WITH_CODE = re.compile(rf"\s*{_CODE}[ -]")
_EXIM_HOST = re.compile(r"host (\S+) \[([0-9A-Fa-f:.]+)\]:\s")
_HOST_SPOKE = re.compile(r"(?:host:? |connect to |with |H=|Server (?:at )?)\(?([A-Za-z0-9][\w-]*(?:\.[\w-]+)+)\)?\.? ?[\[(]([0-9A-Fa-f:.]+)[\])]")
_IN_REPLY_TO = re.compile(r"\s*\(in reply to ([A-Za-z ]{3,20}?)(?: command)?\)\W*$|\s*\(in reply to ([A-Za-z ]{3,20}?)(?: command)?\)")

_STAGE_WORDS = {
    "rcpt to": "rcpt",
    "rcpt": "rcpt",
    "mail from": "mail",
    "mail": "mail",
    "data": "data",
    "end of data": "end_of_data",
    "pipelined data": "data",
    "ehlo": "helo",
    "helo": "helo",
    "lhlo": "helo",
    "ehlo/helo": "helo",
    "starttls": "starttls",
    "auth": "auth",
    "initial connection": "connect",
    "connect": "connect",
    "conn": "connect",
    "banner": "connect",
    "greeting": "connect",
    "quit": "quit",
    "rset": None,
    "bdat": "end_of_data",
    "end_of_data": "end_of_data",
    "eod": "end_of_data",
    "dot": "end_of_data",
    "text": "end_of_data",
    "transfer of mail text": "end_of_data",
}
# What names the stage in the words around a reply, most telling first: a word that must be there, the pattern, the stage (None: as the pattern says).
_STAGES_SAID = (
    ("in reply to", re.compile(r"in reply to ([a-z ]{3,20}?)(?: command|\)|$)"), None),
    (
        "error from remote",
        re.compile(
            r"smtp error from remote (?:mail server|mailer|server) (?:after|for|in) (?:pipelined )?"
            r"(rcpt to|rcpt|mail from|end of data|data|transfer of mail text|text|ehlo|helo|initial connection|greeting|starttls|auth)"
        ),
        None,
    ),
    ("refused", re.compile(r"refused to talk to me"), "connect"),
    ("greeting", re.compile(r"greeting failed|initial server greeting"), "connect"),
    ("banner", re.compile(r"banner rejected"), "connect"),
    ("rejected", re.compile(r"my name was rejected"), "helo"),
    ("handshake", re.compile(r"helo handshake"), "helo"),
    ("after", re.compile(r"after (?:ehlo|helo)\b"), "helo"),
    ("mail from", re.compile(r"while sending mail from|did not like our mail from"), "mail"),
    ("rejected", re.compile(r"sender was rejected"), "mail"),
    ("rcpt", re.compile(r"while sending rcpt to|did not like our rcpt to|\[rcpt_to\]"), "rcpt"),
    ("recipient", re.compile(r"does not like recipient"), "rcpt"),
    ("failed after", re.compile(r"failed after i sent the message"), "end_of_data"),
    ("while sending", re.compile(r"while sending (?:end of data|message body)"), "end_of_data"),
    ("data command", re.compile(r"failed on data command|while sending data command"), "data"),
)

# A reply code: at the start, after punctuation, or before a status or a hyphen; failing that anywhere, but not as a number of something.
_CODE_AND_STATUS = r"(?P<code>" + _CODE + r")(?:-|[ '\",;:)]|$)[\s,'\[#(-]*(?P<status>" + _STATUS + r")?"
_CODES = re.compile(
    r"(?:(?:^\W*|(?<=[:'\"(,\[;#>=])|(?<=[:'\"(,\[;#>=.)] ))"
    + _CODE_AND_STATUS
    + r"|(?<=\s)(?P<code2>"
    + _CODE
    + r")(?:[ -]#?(?P<status2>"
    + _STATUS
    + r")|-(?=[\w'])))"
)
_LOOSE_CODE = re.compile(
    r"(?<=\s)(?P<code>"
    + _CODE
    + r")(?= [A-Za-z<])(?! (?:s|secs?|seconds?|min\w*|hours?|days?|times?|[km]?b|bytes|messages?|mails?|e-?mails?|recipients?|errors?|connections?)\b)"
)
_SEVERAL = re.compile(r"[45]\d\d[ -]")
_NEXT_REPLY = re.compile(r"[\s:'\"(]([45][0-5]\d)[ -](?=#?[45]\.\d|[A-Za-z<\[\"'(])")
_ANY_STATUS = re.compile(r"(?<![\w.])(" + _STATUS + r")")
_INNER = re.compile(
    r"(?:respond(?:ed|s)?(?: with)?|returned|said|error (?:message )?(?:is|was)|response)[:\s]*[\"'<(\[]?\s*(" + _CODE + r")[ -]#?\s?(" + _STATUS + r")?",
    re.IGNORECASE,
)
# Where a reply is quoted by Exchange ("responded with", "->") and by Cisco ESA, which puts the meaning of a status before it; and where it ends.
_QUOTED = re.compile(
    r"""(?:responded(?:\ with)?:?\s|->\s)["']?(?=[245]\d\d[\ -])
      | target\ ip\ address:\s"(?=[a-z])
      | (?<![\d.])[45]\.\d\.\d\ -\ [a-z()\ ]{5,60}?\s(?=\(?'|\d\d\d-')
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MASKS = re.compile(r"<[a-z]+>")
_QUOTE_ENDS = re.compile(r"""["']?\sattempted\sfailover | \};\{ | \(delivery\sattempts""", re.VERBOSE | re.IGNORECASE)
_EXPIRED_IN_QUEUE = re.compile(r"status=expired")

_CONTINUED = re.compile(r"(?:^|(?<=\s))[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3}(?:\s|$))?")
_LEADING = re.compile(
    r"^(?:dsn=[\d.]+, )?(?:[45]\.\d\.\d, )?(?:status=[a-z]+ )?\(?(?:delivery temporarily suspended: )?(?:[^\w<\[]|_)*"
    r"(?:[245]\d\d(?:', |[ -]+|$)(?:[^\w<]|_)*)?[#(]?(?:[245]\.\d{1,3}\.\d{1,3}[):;,]?(?:\s+|$))?(?:[^\w<\[]|_)*"
)
_BRACKETS = {ord(mark): " " for mark in '[](){}"'}
_ANGLES = re.compile(r"<[^<> ]*>|[<>]")
_QMAIL_SPACES = re.compile(r"[A-Za-z]_[A-Za-z]+_[A-Za-z]")

# Typographic variants and accents, so that one spelling of a phrase is enough.
_PLAIN: dict[int, str | None] = {
    ord(mark): plain
    for marks, plain in (("\u2019\u2018´`ʼ", "'"), ("\u201c\u201d„«»", '"'), ("–—‐‑−", "-"), ("\u00a0\u2007\u202f\u3000", " "))
    for mark in marks
}
_PLAIN.update(
    {
        ord("…"): "...",
        ord("ß"): "ss",
        ord("æ"): "ae",
        ord("œ"): "oe",
        ord("ø"): "o",
        ord("ł"): "l",
        ord("\u200f"): None,
        ord("\u200b"): None,
        ord("\ufeff"): None,
    }
)
# Accents that follow their letter.
_PLAIN.update(dict.fromkeys(range(0x300, 0x370)))
for _base, _marked in {
    "a": "áàâäãåāăą",
    "c": "çćč",
    "d": "ďđ",
    "e": "éèêëēęě",
    "g": "ğģ",
    "i": "íìîïīı",
    "l": "ľĺ",
    "n": "ñńň",
    "o": "óòôöõōő",
    "r": "řŕ",
    "s": "śšşș",
    "t": "ťţț",
    "u": "úùûüūůű",
    "y": "ýÿ",
    "z": "źżž",
}.items():
    _PLAIN.update({ord(mark): _base for mark in _marked})


def fold(text: str) -> str:
    """Return ``text`` in the form in which phrases are compared: lower case, plain quotes and dashes, no accents."""
    text = text.lower()
    return text if text.isascii() else text.translate(_PLAIN)


def stage_of(command) -> str | None:
    """Return the stage that a command, a Postfix phrase or one of STAGES names; None for anything else."""
    if not command:
        return None
    word = str(command).strip().lower().replace("_", " ").replace(" command", "")
    if word in _STAGE_WORDS:
        return _STAGE_WORDS[word]
    for known in ("rcpt", "mail", "end of data", "data", "ehlo", "helo", "starttls", "auth", "connect", "quit"):
        if word.startswith(known):
            return _STAGE_WORDS[known]
    return None


def words_in(text: str) -> frozenset:
    """Return the set of the words of a folded text."""
    return frozenset(text.translate(_SPACES).split() if text.isascii() else _WORD.findall(text))


def parse_reply(text) -> Reply:
    """Read one reply, queue reason, log reason or NDR text. Total: whatever the input, a Reply comes back.

    The code and status are those of the reply itself where it has them, else what the wrapping says (Postfix ``dsn=``).
    """
    said = "" if text is None else str(text)
    if not said.isascii():
        # Halves of surrogate pairs, which stand for undecodable bytes, could not be printed later.
        said = said.encode("utf-8", "replace").decode("utf-8")
    if len(said) > HEAD + TAIL:
        said = said[:HEAD] + " ... " + said[-TAIL:]
    if "_" in said and said.count("_") > 3 * said.count(" ") and _QMAIL_SPACES.search(said):
        # qmail's log writes a space as "_" and a line break as "/".
        said = said.replace("_", " ").replace("./", ". ")
    template = template_of(said)
    form = _form(template)
    host = host_address = None
    if "<host>" in template:
        found = _HOST_SPOKE.search(said)
        if found:
            host, host_address = found.group(1).lower(), found.group(2)
    return Reply(said, template, host, host_address, *form)


@functools.lru_cache(maxsize=_FORMS)
def _form(template: str) -> Form:
    """Return what a template tells. Masks (`<host>`, `<address>`) stand in it where the text had names."""
    core = _core(template)
    code, status, inner_code, inner_status = _codes(core, template)
    words = lead = _words(core)
    lead_code, lead_status = code, status
    start, end = _quoted(core)
    if start:
        lead = _words(core[start:end]).rstrip(" '")
        own_code, own_status = _codes(core[start:end], "")[:2]
        if own_code:
            lead_code, lead_status = own_code, own_status
            if _CODES.search(core[:start]):
                inner_code, inner_status = own_code, own_status
            else:
                status = own_status or status
    else:
        end = _first_reply_ends(core)
        if end:
            lead = _words(core[:end]) or words
    return Form(code, status, inner_code, inner_status, _stage(template), words, lead, lead_code, lead_status, words_in(lead))


def _quoted(core: str) -> tuple:
    """Return where the innermost reply that this one quotes as its cause begins and ends, or (0, 0)."""
    start = 0
    if "->" in core or " - " in core or "responded" in core or "target" in core:
        for found in _QUOTED.finditer(core):
            start = found.end()
    if not start:
        return 0, 0
    ends = _QUOTE_ENDS.search(core, start)
    end = ends.start() if ends else len(core)
    return (start, end) if _LETTERS.search(_MASKS.sub("", core[start:end]), 0, 80) else (0, 0)


def _stage(said: str) -> str | None:
    """Return the stage that the words around the reply tell."""
    low = said.lower()
    for word, pattern, named in _STAGES_SAID:
        found = pattern.search(low) if word in low else None
        if found:
            return named or stage_of(found.group(1))
    return None


def _core(said: str) -> str:
    """Return the reply without what our mail system put around it."""
    core = said
    low = said.lower()
    # Some letters become two in lower case; such a text is searched as it is.
    searched = low if len(low) == len(said) else said
    found = _INTRODUCED.search(searched) or _LABEL.match(searched)
    # A reply that begins with its code and quotes what another server said is about the first: "550 Sender address rejected: ... host X said: 550 ...".
    if found and not (found.group().startswith("said") and (_BEGINS_WITH_CODE.match(said) or "address rejected:" in low[: found.start()])):
        rest = said[found.end() :]
        exim = _EXIM_HOST.match(rest)
        if exim:
            rest = rest[exim.end() :]
        if _LETTERS.search(rest, 0, 60):
            core = rest
    found = _IN_REPLY_TO.search(core) if "in reply to" in core else None
    if found:
        core = (core[: found.start()] + " " + core[found.end() :]).rstrip()
    return core


def _first_reply_ends(core: str) -> int:
    """Return where a reply with another code begins, or 0."""
    first = None
    if not _SEVERAL.search(core, 4):
        return 0
    for found in _NEXT_REPLY.finditer(" " + core):
        before = core[: found.start()].rstrip()[-1:]
        if first is None and found.start() < _LABEL_MAX:
            first = found.group(1)
        elif found.group(1) != first and before not in (":", '"', "'"):
            # After a colon or a quotation mark it would be a reply that this one quotes.
            return max(found.start() - 1, 0)
    return 0


def _codes(core: str, said: str) -> tuple:
    """Return (code, status, inner code, inner status)."""
    code = status = None
    first_end = 0
    for found in _CODES.finditer(core):
        # A success code counts only where no failure follows: `220-mx.example 421 4.2.1 ...`.
        value = int(found.group("code") or found.group("code2"))
        if code is None or code < 300 <= value:
            code, status, first_end = value, found.group("status") or found.group("status2"), found.end()
        if code >= 300:
            break
    if code is None:
        loose = _LOOSE_CODE.search(core)
        wrapped = _CODES.search(said) if not loose and core is not said else None
        if loose:
            code = int(loose.group("code"))
        elif wrapped:
            code = int(wrapped.group("code") or wrapped.group("code2"))
    inner_code = inner_status = None
    if code and code >= 300 and _SEVERAL.search(core, first_end):
        inner = _INNER.search(core, max(first_end - 1, 0))
        if inner:
            inner_code, inner_status = int(inner.group(1)), inner.group(2)
    if not status:
        status = _status(core, code) or (_status(said, code) if core is not said else None)
    if not status and _EXPIRED_IN_QUEUE.search(said):
        status = "5.4.7"
    return code, status, inner_code, inner_status


def _status(text: str, code) -> str | None:
    """Return the first x.y.z of the text; one that says nothing (x.0.0) only where there is no other."""
    generic = None
    for found in _ANY_STATUS.finditer(text):
        value = found.group(1)
        if value[0] == "2" and (code is None or code >= 300):
            continue
        if not value.endswith(".0.0"):
            return value
        generic = generic or value
    return generic


def _words(core: str) -> str:
    """Return the reply as the rules see it."""
    words = fold(core)
    if "-" in words:
        shorter = _CONTINUED.sub("", words)
        if shorter != words:
            # The last line of a multi-line reply repeats the code once more, with a space.
            words = re.sub(r"(?<=[^ ]) [245]\d\d (?:[245]\.\d{1,3}\.\d{1,3} )?", " ", shorter)
    words = _LEADING.sub("", words, count=1).replace("(s)", "s").translate(_BRACKETS)
    return " ".join((_ANGLES.sub(_without_strays, words) if ">" in words or "<" in words else words).split())


def _without_strays(found) -> str:
    """Keep ``<address>`` and the like; other angle brackets say nothing."""
    return found.group() if len(found.group()) > 1 else " "
