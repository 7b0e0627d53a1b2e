# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A MIME reader for mail that nobody vouches for: one pass over the lines, bounded memory, no exception.

The standard library keeps a message whole and can raise on the broken headers that bounces are full of. This reader keeps
only what a bounce is read from: header fields, texts, reports, and the head of each attached message. Attachments are
passed over line by line, so that a bounce of 50 MB costs no more memory than one of 50 KB.

An attached message (``message/rfc822``) is one part, never opened: what is inside it was said by somebody else.
"""

from __future__ import annotations

import binascii
import codecs
import functools
import io
import re
from email.header import decode_header

LINE_LIMIT = 65536
"""Bytes that one line may have; a longer one counts as several."""

HEADER_LIMIT = 131072
"""Bytes kept of one header block."""

ATTACHED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
"""Media types of a message, or of its header, inside a message."""

PART_LIMIT = 200
DEPTH_LIMIT = 16

KEPT_BYTES = (
    ("message/delivery-status", 4 << 20),
    ("message/global-delivery-status", 4 << 20),
    ("message/", 65536),
    ("text/rfc822-headers", 65536),
    ("text/", 262144),
)
"""Bytes kept of a part's body, by the first prefix that fits its type. What fits none (images, archives) is not kept."""

KEPT_TOTAL = 8 << 20
"""Bytes kept of all bodies of one message together."""

_UNSAFE_CODECS = frozenset(["idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "utf-7", "unicode-internal"])
_BARE_CHARSETS = frozenset(["", "us-ascii", "ascii", "ansi-x3.4-1968", "unknown-8bit", "unknown", "x-unknown", "8bit", "utf-8", "utf8"])
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_PARAMETER = re.compile(r";\s*([\w.+%*-]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;\s]+)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_SPACES = re.compile(r"\s+")
# Control characters and the halves of surrogate pairs have no place in a result that becomes JSON, a log line or a report.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Part:
    """One entity of a message.

    ``fields`` maps lower-case names to lists of raw values, ``type`` is the lower-case media type, ``body`` the raw lines that
    were kept, ``truncated`` true where there were more of a kind that is kept.
    """

    __slots__ = ("body", "fields", "kept", "limit", "parameters", "truncated", "type", "wanted")

    def __init__(self, fields, room=KEPT_TOTAL):
        self.fields = fields
        raw_type = decoded(fields["content-type"][0], "") if "content-type" in fields else "text/plain"
        media_type, _semicolon, _rest = raw_type.partition(";")
        self.type = media_type.strip().lower()
        self.parameters = {name.lower(): _unquoted(value) for name, value in _PARAMETER.findall(raw_type)}
        self.wanted = next((size for prefix, size in KEPT_BYTES if self.type.startswith(prefix)), 0)
        self.limit = min(room, self.wanted)
        self.body = []
        self.kept = 0
        self.truncated = False

    def field(self, name):
        """The first field of that (lower-case) name, encoded words decoded, on one line; or ''."""
        values = self.fields.get(name)
        return header_text(values[0]) if values else ""

    def all(self, name):
        """Every field of that (lower-case) name, as ``field`` gives them."""
        return [header_text(value) for value in self.fields.get(name, ())]

    def keep(self, line):
        """Take one more line of the body; false once nothing that follows will be kept."""
        if self.kept >= self.limit:
            self.truncated = self.wanted > 0
            return False
        self.body.append(line)
        self.kept += len(line)
        # Of an attached message only the header is read, and it ends at the first empty line.
        return not (self.type in ATTACHED and self.kept > 2 and line in (b"\n", b"\r\n"))

    def raw(self):
        """The body with its transfer encoding undone, as bytes."""
        body = b"".join(self.body)
        encoding = self.field("content-transfer-encoding").lower()
        if encoding == "base64":
            return from_base64(body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        return body

    def text(self):
        """The body as text with plain newlines, whatever its encoding claims to be."""
        return decoded(self.raw(), self.parameters.get("charset", "")).replace("\r\n", "\n").replace("\r", "\n")


class Message:
    """What was read of a message: ``top`` (its own header), ``containers`` (its multiparts) and ``parts`` (its leaves), in order.

    ``truncated`` is true when a text or a report was longer than what is kept of it, or there were too many parts.
    """

    __slots__ = ("containers", "parts", "top", "truncated")

    def __init__(self, top, containers, parts):
        self.top = top
        self.containers = containers
        self.parts = parts
        self.truncated = len(containers) + len(parts) >= PART_LIMIT or any(part.truncated for part in parts if part.type not in ATTACHED)

    def of_type(self, *types):
        """The leaves whose media type is one of ``types``."""
        return [part for part in self.parts if part.type in types]


def read_message(lines):
    """Read an iterable of byte lines as one message.

    Only multipart entities are opened. A line is a boundary only if an enclosing multipart announced it, so the boundaries
    inside an attached message are ordinary text here.
    """
    parts = []
    delimiters = {}
    depth = 0
    top = entity = None
    header = []
    in_header = True
    header_size = 0
    lines = iter(lines)
    for line in lines:
        if delimiters and line[:2] == b"--":
            found = delimiters.get(line.rstrip())
            if found:
                if in_header and header:
                    entity = _leaf(parse_fields(header), parts)
                depth, closing = found
                delimiters = {name: place for name, place in delimiters.items() if place[0] <= depth}
                header, header_size, in_header, entity = [], 0, not closing, None
                continue
        if not in_header:
            if entity is not None and not entity.keep(line):
                entity = None
            continue
        if line.strip() and _belongs_to_header(line, header):
            if header_size < HEADER_LIMIT:
                header.append(line)
                header_size += len(line)
            continue
        if not header and top is None and (not line.strip() or line[:5] in (b"From ", b">From")):
            continue
        in_header = False
        entity = _leaf(parse_fields(header), parts)
        top = top or entity
        boundary = entity.parameters.get("boundary") if entity.type.startswith("multipart/") else None
        if boundary and depth < DEPTH_LIMIT:
            depth += 1
            name = b"--" + boundary.rstrip().encode("utf-8", "surrogateescape")
            delimiters[name] = (depth, False)
            delimiters[name + b"--"] = (depth, True)
            entity.limit = 65536
        if line.strip():
            entity.keep(line)
    if in_header and header:
        entity = _leaf(parse_fields(header), parts)
        top = top or entity
    top = top or Part({})
    return _finished(top, parts)


def _finished(top, parts):
    containers = [part for part in parts if part.type.startswith("multipart/")]
    leaves = [part for part in parts if not part.type.startswith("multipart/")]
    if not leaves and containers:
        # The announced boundary never came: what there is stands where the preamble should be.
        containers[0].type = "text/plain"
        leaves = containers[:1]
    return Message(top, containers, leaves)


def _leaf(fields, parts):
    part = Part(fields, room=KEPT_TOTAL - sum(earlier.kept for earlier in parts) if len(parts) < PART_LIMIT else 0)
    if len(parts) < PART_LIMIT:
        parts.append(part)
    return part


def _belongs_to_header(line, header):
    if line[:1] in (b" ", b"\t"):
        return bool(header)
    return _FIELD.match(line) is not None


def looks_like_mail(head):
    """Whether the first bytes of a file begin with a header field (empty lines before it are forgiven)."""
    lines = [line for line in head.splitlines() if line.strip()]
    return bool(lines) and b"\0" not in head[:512] and _FIELD.match(lines[0]) is not None


def parse_fields(lines):
    """Header lines (bytes) as a dictionary from lower-case name to the list of raw values; continuation lines are joined."""
    fields = {}
    values = None
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if values is not None:
                values[-1] += b" " + line.strip()
            continue
        match = _FIELD.match(line)
        if match is None:
            values = None
            continue
        values = fields.setdefault(match.group(1).lower().decode("ascii"), [])
        values.append(match.group(2).rstrip())
    return fields


def lines_of(stream):
    """The lines of a binary stream, none longer than ``LINE_LIMIT``."""
    return iter(functools.partial(stream.readline, LINE_LIMIT), b"")


def read_bytes(raw):
    """``read_message`` for a message in memory."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    return read_message(lines_of(io.BytesIO(raw)))


def header_text(raw):
    """One raw field value as readable text on one line."""
    text = decoded(raw, "")
    if "=?" in text:
        text = _words(text)
    return clean(text)


def _words(text):
    try:
        pieces = decode_header(text)
    except Exception:  # The standard library knows more ways to fail than it documents.
        return text
    return "".join(piece if isinstance(piece, str) else decoded(piece, charset or "") for piece, charset in pieces)


def clean(text):
    """Text on one line: runs of white space are one space, characters that no report can show are question marks."""
    return _UNPRINTABLE.sub("?", _SPACES.sub(" ", text)).strip()


def decoded(raw, charset):
    """Bytes as text. An unknown or false charset never raises: UTF-8 if it is that, Windows-1252 otherwise."""
    name = charset.strip().strip("'\"").lower()
    if name not in _BARE_CHARSETS:
        try:
            codec = codecs.lookup(name)
            if codec.name.replace("_", "-") not in _UNSAFE_CODECS:
                return raw.decode(codec.name, "replace")
        except (LookupError, ValueError):
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def from_base64(raw):
    """Base64 with whatever does not belong to it dropped; a stump at the end is forgotten."""
    letters = _NOT_BASE64.sub(b"", raw)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _unquoted(value):
    if value[:1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value.strip("'")
