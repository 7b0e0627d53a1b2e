# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One SMTP dialogue (RFC 5321) that stops before DATA: what a server answers to this address, this HELO name and these envelope addresses.

It tells each stage apart - connect, banner, EHLO, STARTTLS (RFC 3207), AUTH (RFC 4954), MAIL, RCPT - with the whole reply and the seconds
that it took, and always leaves with RSET and QUIT. No message is ever sent.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import time

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

# A reply line may have 512 octets (RFC 5321, 4.5.3.1.5); servers send longer ones, and hostile ones never end.
MAX_LINE = 4096
MAX_LINES = 100
TLS_LEVELS = ("none", "may", "encrypt", "verify", "wrapped", "wrapped_verify")
STRICT = ("verify", "wrapped_verify")

_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
_SENDABLE = re.compile(r"[\x21-\x7e]+\Z")


class Refused(Exception):
    """The dialogue cannot go on; the stage that failed has its reply, or its error, already."""


class _CertificateRejected(Exception):
    """The certificate cannot be verified: the dialogue is begun again without verification, so that the rest can be seen."""


def probe(
    address, helo, port=25, source_address=None, sender=None, recipients=(), tls="may", name=None, ca_file=None, username=None, password=None, timeout=30.0
):
    """Hold one dialogue and return what each stage said.

    ``address``: IP address to connect to; ``name``: the host name its certificate must carry; ``tls``: one of TLS_LEVELS, where
    ``verify`` goes on only with a certificate that can be verified, and ``wrapped`` and ``wrapped_verify`` are TLS from the first octet (RFC 8314).
    ``timeout``: seconds for each answer.

    Returns ``{address, port, name, source, stages: [{stage, argument, code, lines, seconds, error}], capabilities, tls, outcome, failed_stage}``;
    ``outcome`` is accepted, deferred, refused, no_connection, connection_lost, tls_failed or auth_failed. Raises DeliverabilityError for unusable arguments.
    """
    _check_arguments(helo, sender, recipients, tls, username, password)
    wish = {
        "address": address,
        "port": port,
        "name": name,
        "source_address": source_address,
        "helo": helo,
        "sender": sender,
        "recipients": list(recipients),
        "tls": tls,
        "ca_file": ca_file,
        "username": username,
        "password": password,
        "timeout": timeout,
    }
    try:
        return _Dialogue(wish, verify=tls != "none").run()
    except _CertificateRejected as rejected:
        return _Dialogue(wish, verify=False, rejected=str(rejected)).run()


def addresses_of(name, port):
    """Return every address of a host name, in the order in which the system would try them. Raises OSError where there is none."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(entry[4][0] for entry in found))


def without_address(name, port, error):
    """Return the result of a dialogue that could not be begun, since the host name has no address."""
    stage = {"stage": "connect", "argument": name, "code": None, "lines": [], "seconds": 0.0, "error": _reason(error)}
    result = {"address": None, "port": port, "name": name, "source": None, "stages": [stage], "capabilities": [], "tls": None}
    return dict(result, outcome="no_connection", failed_stage="connect")


def _check_arguments(helo, sender, recipients, tls, username, password):
    for option, value in [("helo", helo), ("sender", sender), *(("recipients", recipient) for recipient in recipients)]:
        if value is not None and not _SENDABLE.match(value):
            raise DeliverabilityError(f"{option}: {value[:100]!r} cannot be sent in an SMTP command")
    if sender is not None and sender.strip("<>") == "":
        raise DeliverabilityError("sender: the null sender is for bounces; a probe gives a real envelope sender")
    if recipients and sender is None:
        raise DeliverabilityError("recipients: they need a sender")
    if tls not in TLS_LEVELS:
        raise DeliverabilityError(f"tls: {tls!r} is none of {', '.join(TLS_LEVELS)}")
    if (username is None) != (password is None):
        raise DeliverabilityError("username and password belong together")
    if username is not None and tls == "none":
        raise DeliverabilityError("username: credentials are sent over TLS only, so tls cannot be none")


class _Dialogue:
    """The state of one connection; ``run`` holds the whole dialogue."""

    def __init__(self, wish, verify, rejected=None):
        self.wish = wish
        self.verify = verify
        self.rejected = rejected
        self.stages = []
        self.capabilities = []
        self.certificate = None
        self.socket = None
        self.buffer = b""
        self.source = None
        username, password = wish["username"] or "", wish["password"]
        # The longest first, since one may be part of another.
        self.secrets = [_base64(f"\0{username}\0{password}"), _base64(password), password] if password else []

    def run(self):
        outcome = "accepted"
        try:
            self._hold()
        except Refused as refused:
            outcome = str(refused)
        finally:
            self._leave()
        return {
            "address": self.wish["address"],
            "port": self.wish["port"],
            "name": self.wish["name"],
            "source": self.source,
            "stages": self.stages,
            "capabilities": self.capabilities,
            "tls": self.certificate,
            "outcome": outcome,
            "failed_stage": None if outcome == "accepted" else self.stages[-1]["stage"],
        }

    def _hold(self):
        wish = self.wish
        self._connect()
        if wish["tls"].startswith("wrapped"):
            self._start_tls("TLS")
        self._expect("banner", None)
        self._greet()
        if wish["tls"] in ("may", "encrypt", "verify"):
            self._upgrade()
        if wish["username"] is not None:
            self._authenticate()
        if wish["sender"] is not None:
            self._expect("MAIL", f"MAIL FROM:<{wish['sender']}>", argument=wish["sender"])
        self._offer_recipients()

    def _offer_recipients(self):
        """Offer every recipient; the dialogue fails where none of them is taken."""
        failure = None
        taken = 0
        for recipient in self.wish["recipients"]:
            try:
                self._expect("RCPT", f"RCPT TO:<{recipient}>", argument=recipient)
                taken += 1
            except Refused as refused:
                if self.stages[-1]["code"] is None:
                    raise
                failure = refused
        if failure is not None and not taken:
            raise failure

    # The line

    def _connect(self):
        source = (self.wish["source_address"], 0) if self.wish["source_address"] else None
        begun = time.monotonic()
        try:
            self.socket = socket.create_connection((self.wish["address"], self.wish["port"]), self.wish["timeout"], source)
        except (OSError, UnicodeError) as error:
            self._note("connect", begun, error=_reason(error))
            raise Refused("no_connection") from None
        self.source = self.socket.getsockname()[0]
        self._note("connect", begun)

    def _note(self, stage, begun, argument=None, code=None, lines=(), error=None):
        seconds = round(time.monotonic() - begun, 3)
        self.stages.append({"stage": stage, "argument": argument, "code": code, "lines": list(lines), "seconds": seconds, "error": error})

    def _expect(self, stage, command, argument=None, good=(2,), failed=None):
        """Send ``command`` (None: only listen), note the reply, and return its code and lines; raise Refused unless its class is ``good``."""
        begun = time.monotonic()
        try:
            if command is not None:
                self.socket.sendall(command.encode("ascii") + b"\r\n")
            code, lines = self._read_reply()
        except (OSError, EOFError, ValueError) as error:
            self._note(stage, begun, argument, error=_reason(error))
            raise Refused("connection_lost") from None
        self._note(stage, begun, argument, code, [self._without_secrets(line) for line in lines])
        if code // 100 not in good:
            raise Refused(failed or ("deferred" if code // 100 == 4 else "refused"))
        return code, lines

    def _without_secrets(self, line):
        """A server may echo what it was sent, and replies end in reports."""
        for secret in self.secrets:
            line = line.replace(secret, "...")
        return line

    def _read_reply(self):
        lines = []
        while True:
            line = self._read_line()
            found = _REPLY_LINE.match(line)
            if not found:
                raise ValueError(f"not an SMTP reply: {_text(line)[:200]}")
            lines.append(_text(line))
            if found.group(2) != b"-":
                return int(found.group(1)), lines
            if len(lines) >= MAX_LINES:
                raise ValueError(f"a reply of more than {MAX_LINES} lines")

    def _read_line(self):
        deadline = time.monotonic() + self.wish["timeout"]
        while b"\n" not in self.buffer:
            if len(self.buffer) > MAX_LINE:
                raise ValueError(f"a reply line of more than {MAX_LINE} octets")
            # A server that drips one octet a second must not hold us for longer than one that is silent.
            left = deadline - time.monotonic()
            if left <= 0:
                raise socket.timeout("timed out")
            self.socket.settimeout(left)
            more = self.socket.recv(MAX_LINE)
            if not more:
                raise EOFError("the server closed the connection")
            self.buffer += more
        line, _newline, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r")[:MAX_LINE]

    def _leave(self):
        if self.socket is None:
            return
        try:
            self.socket.settimeout(min(5.0, self.wish["timeout"]))
            if any(stage["stage"] == "banner" and stage["code"] for stage in self.stages):
                if any(stage["stage"] == "MAIL" for stage in self.stages):
                    self.socket.sendall(b"RSET\r\n")
                    self._read_reply()
                self.socket.sendall(b"QUIT\r\n")
                self._read_reply()
        except (OSError, EOFError, ValueError):
            # Whatever had to be learnt is known by now.
            pass
        finally:
            self.socket.close()

    # The stages with more than one step

    def _greet(self):
        try:
            _code, lines = self._expect("EHLO", f"EHLO {self.wish['helo']}", argument=self.wish["helo"])
        except Refused:
            if self.stages[-1]["code"] not in (500, 502):
                raise
            self._expect("HELO", f"HELO {self.wish['helo']}", argument=self.wish["helo"])
            lines = []
        self.capabilities = [line[4:].strip().upper() for line in lines[1:]]

    def _upgrade(self):
        if "STARTTLS" not in self.capabilities:
            if self.wish["tls"] != "may":
                self._note("STARTTLS", time.monotonic(), error="the server does not offer it")
                raise Refused("tls_failed")
            return
        self._expect("STARTTLS", "STARTTLS", failed="tls_failed")
        # Words sent in clear text after the reply are an injection (RFC 3207, 6).
        self.buffer = b""
        self._start_tls("TLS")
        self._greet()

    def _start_tls(self, stage):
        begun = time.monotonic()
        context = ssl.create_default_context(cafile=self.wish["ca_file"])
        # Python 3.13 and newer ask more of a certificate than mail systems do.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = self.verify and bool(self.wish["name"])
        context.verify_mode = ssl.CERT_REQUIRED if self.verify else ssl.CERT_NONE
        try:
            self.socket.settimeout(self.wish["timeout"])
            self.socket = context.wrap_socket(self.socket, server_hostname=self.wish["name"])
        except ssl.SSLCertVerificationError as error:
            if self.wish["tls"] not in STRICT:
                raise _CertificateRejected(error.verify_message or str(error)) from None
            self._note(stage, begun, error=f"certificate: {error.verify_message or error}")
            raise Refused("tls_failed") from None
        except (OSError, ValueError) as error:
            self._note(stage, begun, error=_reason(error))
            raise Refused("tls_failed") from None
        self._note(stage, begun)
        self.certificate = self._certificate_facts()

    def _certificate_facts(self):
        whole = self.socket.getpeercert(binary_form=True) or b""
        known = self.socket.getpeercert() or {}
        cipher = self.socket.cipher()
        return {
            "version": self.socket.version(),
            "cipher": cipher[0] if cipher else None,
            "verified": self.verify,
            "error": self.rejected,
            "sha256": hashlib.sha256(whole).hexdigest(),
            "names": [value for kind, value in known.get("subjectAltName", ()) if kind == "DNS"],
            "not_after": known.get("notAfter"),
        }

    def _authenticate(self):
        offered = " ".join(line[4:] for line in self.capabilities if line.startswith("AUTH")).replace("=", " ").split()
        if not isinstance(self.socket, ssl.SSLSocket):
            self._note("AUTH", time.monotonic(), error="not tried: the connection is not encrypted")
            raise Refused("auth_failed")
        username, password = self.wish["username"], self.wish["password"]
        if "PLAIN" in offered:
            self._expect("AUTH", "AUTH PLAIN " + _base64(f"\0{username}\0{password}"), argument="PLAIN", failed="auth_failed")
        elif "LOGIN" in offered:
            self._expect("AUTH", "AUTH LOGIN", argument="LOGIN", good=(3,), failed="auth_failed")
            self._expect("AUTH", _base64(username), argument="LOGIN", good=(3,), failed="auth_failed")
            self._expect("AUTH", _base64(password), argument="LOGIN", failed="auth_failed")
        else:
            said = ", ".join(offered) or "no mechanism"
            self._note("AUTH", time.monotonic(), error=f"the server offers {said}; PLAIN or LOGIN is needed")
            raise Refused("auth_failed")


def _base64(text):
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _text(octets):
    """A reply line as text, whatever its encoding."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _reason(error):
    if isinstance(error, socket.timeout):
        return "timed out"
    return (error.strerror if isinstance(error, OSError) and error.strerror else None) or str(error) or type(error).__name__
