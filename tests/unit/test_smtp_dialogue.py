# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dialogue against a real server on loopback whose every answer the test writes."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.dialogue import MAX_LINES, probe
from ansible_collections.postmaster.deliverability.plugins.modules import smtp_probe_info

GOOD = {"banner": b"220 mx.example.net ESMTP\r\n", "EHLO": b"250-mx.example.net\r\n250 SIZE 1000\r\n", "QUIT": b"221 bye\r\n"}


class Server:
    """Answers each verb with the bytes given for it (or the next of a list), 250 otherwise; notes what it was told."""

    def __init__(self, answers, context=None, wrapped=False):
        self.answers = {verb: list(answer) if isinstance(answer, list) else answer for verb, answer in {**GOOD, **answers}.items()}
        self.context = context
        self.wrapped = wrapped
        self.heard = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _answer(self, verb):
        answer = self.answers.get(verb, b"250 2.0.0 Ok\r\n")
        return answer.pop(0) if isinstance(answer, list) else answer

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _peer = self.listener.accept()
                with contextlib.suppress(OSError), connection:
                    self._talk(connection)

    def _talk(self, connection):
        if self.wrapped:
            connection = self.context.wrap_socket(connection, server_side=True)
        connection.sendall(self._answer("banner"))
        stream = connection.makefile("rb")
        while line := stream.readline():
            text = line.decode("ascii").strip()
            self.heard.append(text)
            verb = text.split()[0].split(":")[0]
            connection.sendall(self._answer(verb))
            if verb == "QUIT":
                break
            if verb == "STARTTLS" and self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                stream = connection.makefile("rb")

    def close(self):
        self.listener.close()


@pytest.fixture
def serve():
    servers = []

    def start(answers=None, **more):
        servers.append(Server(answers or {}, **more))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for mx.example.net: (context of a server that has it, file to trust it with)."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.example.net")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("mx.example.net"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    trusted = folder / "cert.pem"
    trusted.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, secret)
    return context, str(trusted)


def ask(server, **more):
    wish = {"address": "127.0.0.1", "port": server.port, "helo": "mail.example.com", "timeout": 20.0, **more}
    return probe(**wish)


MAIL = {"sender": "postmaster@example.com", "recipients": ["user@example.net"]}
OFFERS_TLS = {"EHLO": [b"250-mx.example.net\r\n250 STARTTLS\r\n", b"250-mx.example.net\r\n250-SIZE 1\r\n250 AUTH PLAIN LOGIN\r\n"], "STARTTLS": b"220 go\r\n"}


def test_accepted_dialogue_in_order_and_never_data(serve):
    server = serve()
    result = ask(server, **MAIL)
    assert (result["outcome"], result["failed_stage"]) == ("accepted", None)
    assert [stage["stage"] for stage in result["stages"]] == ["connect", "banner", "EHLO", "MAIL", "RCPT"]
    assert server.heard == ["EHLO mail.example.com", "MAIL FROM:<postmaster@example.com>", "RCPT TO:<user@example.net>", "RSET", "QUIT"]
    assert result["capabilities"] == ["SIZE 1000"]


def test_it_leaves_from_the_address_it_was_told(serve):
    assert ask(serve(), source_address="127.0.0.9")["source"] == "127.0.0.9"


def test_multi_line_refusal_is_returned_whole(serve):
    said = b"550-5.7.1 [127.0.0.1] not authorized\r\n550 5.7.1 use the relay\r\n"
    result = ask(serve({"RCPT": said}), **MAIL)
    assert (result["outcome"], result["failed_stage"]) == ("refused", "RCPT")
    assert result["stages"][-1]["lines"] == ["550-5.7.1 [127.0.0.1] not authorized", "550 5.7.1 use the relay"]


@pytest.mark.parametrize(("verb", "stage"), [("banner", "banner"), ("EHLO", "EHLO"), ("MAIL", "MAIL"), ("RCPT", "RCPT")])
def test_each_stage_can_defer(serve, verb, stage):
    result = ask(serve({verb: b"451 4.7.1 later\r\n"}), **MAIL)
    assert (result["outcome"], result["failed_stage"], result["stages"][-1]["code"]) == ("deferred", stage, 451)


def test_one_taken_recipient_of_two_is_accepted(serve):
    result = ask(serve({"RCPT": [b"550 no\r\n", b"250 ok\r\n"]}), sender="a@example.com", recipients=["b@example.net", "c@example.net"])
    assert result["outcome"] == "accepted"
    assert [stage["code"] for stage in result["stages"][-2:]] == [550, 250]


def test_old_server_is_greeted_with_helo(serve):
    server = serve({"EHLO": b"502 what?\r\n"})
    assert ask(server, **MAIL)["outcome"] == "accepted"
    assert server.heard[:2] == ["EHLO mail.example.com", "HELO mail.example.com"]


def test_no_connection(serve):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    result = ask(serve(), port=free)
    assert result["outcome"] == "no_connection"
    assert result["stages"][0]["error"]


@pytest.mark.parametrize(
    "noise",
    [b"", b"hello\r\n", b"\x00\xff\xfe\r\n", b"220-x\r\n" * (MAX_LINES + 5), b"2" * 20000, b"999 no\r\n"],
    ids=["silence", "no-code", "binary", "endless", "long", "bad-code"],
)
def test_hostile_banner_ends_the_dialogue_without_harm(serve, noise):
    result = ask(serve({"banner": noise}), timeout=0.5)
    assert (result["outcome"], result["failed_stage"]) == ("connection_lost", "banner")


def test_reply_in_another_encoding_is_kept(serve):
    assert ask(serve({"RCPT": "550 dirección rechazada\r\n".encode("latin-1")}), **MAIL)["stages"][-1]["lines"] == ["550 dirección rechazada"]


def test_starttls_with_a_trusted_certificate(serve, certificate):
    context, trusted = certificate
    server = serve(OFFERS_TLS, context=context)
    result = ask(server, name="mx.example.net", ca_file=trusted, tls="verify", **MAIL)
    assert result["outcome"] == "accepted"
    assert result["tls"]["verified"] is True
    assert result["tls"]["names"] == ["mx.example.net"]
    assert result["capabilities"] == ["SIZE 1", "AUTH PLAIN LOGIN"]


def test_untrusted_certificate_is_said_and_the_rest_still_seen(serve, certificate):
    server = serve({"EHLO": [OFFERS_TLS["EHLO"][0], *OFFERS_TLS["EHLO"]], "STARTTLS": b"220 go\r\n"}, context=certificate[0])
    result = ask(server, name="mx.example.net", **MAIL)
    assert result["outcome"] == "accepted"
    assert result["tls"]["verified"] is False
    assert "self" in result["tls"]["error"]


def test_untrusted_certificate_fails_where_it_must_be_verified(serve, certificate):
    result = ask(serve(OFFERS_TLS, context=certificate[0]), name="mx.example.net", tls="verify", **MAIL)
    assert (result["outcome"], result["failed_stage"]) == ("tls_failed", "TLS")


def test_certificate_of_another_name_fails(serve, certificate):
    context, trusted = certificate
    result = ask(serve(OFFERS_TLS, context=context), name="other.example.net", ca_file=trusted, tls="verify")
    assert result["outcome"] == "tls_failed"


def test_tls_that_is_not_offered_fails_where_it_is_wanted(serve):
    assert ask(serve(), tls="encrypt", **MAIL)["outcome"] == "tls_failed"


def test_wrapped_tls(serve, certificate):
    context, trusted = certificate
    result = ask(serve(context=context, wrapped=True), tls="wrapped", name="mx.example.net", ca_file=trusted, **MAIL)
    assert (result["outcome"], result["tls"]["verified"]) == ("accepted", True)


def test_wrapped_tls_gives_no_password_to_a_stranger(serve, certificate):
    server = serve({"EHLO": b"250-mx.example.net\r\n250 AUTH PLAIN\r\n"}, context=certificate[0], wrapped=True)
    login = {"username": "shop", "password": "s3cret-word", **MAIL}
    assert ask(server, tls="wrapped_verify", name="mx.example.net", **login)["outcome"] == "tls_failed"
    assert not any(line.startswith("AUTH") for line in server.heard)
    assert ask(server, tls="wrapped_verify", name="mx.example.net", ca_file=certificate[1], **login)["outcome"] == "accepted"


def test_words_before_the_handshake_are_thrown_away(serve, certificate):
    server = serve({**OFFERS_TLS, "STARTTLS": b"220 go\r\n250 injected\r\n"}, context=certificate[0])
    result = ask(server, name="mx.example.net", ca_file=certificate[1], tls="verify")
    assert all("injected" not in line for stage in result["stages"] for line in stage["lines"])


def login(serve, certificate, answers, **more):
    context, trusted = certificate
    server = serve({**OFFERS_TLS, **answers}, context=context)
    return server, ask(server, name="mx.example.net", ca_file=trusted, username="shop", password="s3cret-word", **more)


def test_login_over_tls(serve, certificate):
    server, result = login(serve, certificate, {"AUTH": b"235 ok\r\n"})
    assert result["outcome"] == "accepted"
    assert "AUTH PLAIN AHNob3AAczNjcmV0LXdvcmQ=" in server.heard


def test_refused_login_and_no_echo_of_the_password(serve, certificate):
    _server, result = login(serve, certificate, {"AUTH": b"535 5.7.8 s3cret-word AHNob3AAczNjcmV0LXdvcmQ= is wrong\r\n"})
    assert (result["outcome"], result["failed_stage"]) == ("auth_failed", "AUTH")
    assert "s3cret" not in repr(result)
    assert "AHNob3A" not in repr(result)


def test_login_mechanism_of_two_steps(serve, certificate):
    answers = {
        "EHLO": [OFFERS_TLS["EHLO"][0], b"250-x\r\n250 AUTH LOGIN\r\n"],
        "AUTH": b"334 VXNlcm5hbWU6\r\n",
        "c2hvcA==": b"334 UGFzc3dvcmQ6\r\n",
        "czNjcmV0LXdvcmQ=": b"235 ok\r\n",
    }
    assert login(serve, certificate, answers)[1]["outcome"] == "accepted"


def test_password_is_never_sent_in_clear_text(serve):
    server = serve({"EHLO": b"250-x\r\n250 AUTH PLAIN\r\n"})
    result = ask(server, username="shop", password="s3cret-word")
    assert result["outcome"] == "auth_failed"
    assert not any("AUTH" in line for line in server.heard)


@pytest.mark.parametrize(
    ("wish", "option"),
    [
        ({"sender": "<>"}, "sender"),
        ({"sender": ""}, "sender"),
        ({"recipients": ["user@example.net"]}, "recipients"),
        ({"sender": "a@example.com", "recipients": ["x>\r\nDATA"]}, "recipients"),
        ({"helo": "a b"}, "helo"),
        ({"tls": "always"}, "tls"),
        ({"username": "shop", "password": "x", "tls": "none"}, "username"),
    ],
)
def test_unusable_arguments_name_the_option(wish, option):
    with pytest.raises(DeliverabilityError, match=option):
        probe(**{"address": "127.0.0.1", "helo": "mail.example.com", **wish})


def asked(targets):
    """What the module returns for ``targets``."""
    params = {name: spec.get("default") for name, spec in smtp_probe_info.ARGUMENTS.items()}
    targets = [{"address": None, "port": 25, "name": None, **target} for target in targets]
    return smtp_probe_info.work({**params, "helo": "mail.example.com", "targets": targets, "pause": 0, "timeout": 5.0})["targets"]


def test_a_target_without_an_address_is_looked_up(serve, monkeypatch):
    server = serve()

    def resolve(name, port, **_options):
        assert name == "mx.example.net"
        return [(None, None, None, "", ("127.0.0.1", port)), (None, None, None, "", ("127.0.0.1", port))]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("socket.create_connection", lambda place, timeout, source: connect(place))
    (result,) = asked([{"name": "mx.example.net", "port": server.port}])
    assert (result["address"], result["name"], result["outcome"]) == ("127.0.0.1", "mx.example.net", "accepted")


def connect(place):
    connection = socket.socket()
    connection.connect(place)
    return connection


@pytest.mark.parametrize("name", ["mx.example.invalid", "a" * 64 + ".example.net"])
def test_a_name_without_an_address_is_no_connection(name, monkeypatch):
    def resolve(name, *_arguments, **_options):
        if len(name) > 64:
            raise UnicodeError("label empty or too long")
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    (result,) = asked([{"name": name}])
    assert (result["address"], result["outcome"], result["failed_stage"]) == (None, "no_connection", "connect")
    assert result["stages"][0]["error"] in ("Name or service not known", "label empty or too long")
