# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The script that ends a change for a time, with a server on loopback and a snapshot as the modules make it."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import pathlib
import socket
import threading

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._change.snapshot import Snapshot, replace_all

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "roles/smarthost/files/return_home.py"
EXPIRES = "2026-12-06T10:00:00Z"
BEFORE, AFTER = 1796551199, 1796551201  # a second before and after EXPIRES
BLOCKED = "550 5.7.1 [198.51.100.11] The IP you're using to send email is not authorized"


@pytest.fixture
def home(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("return_home", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FACTS", str(tmp_path / "facts.d/postmaster.fact"))
    monkeypatch.setattr(module, "PAUSE", 0)
    monkeypatch.setattr(module, "TIMEOUT", 10)
    monkeypatch.setattr(module.syslog, "syslog", lambda *_words: None)
    return module


@pytest.fixture
def server(home, monkeypatch):
    """A server whose answer to RCPT is ``server.answer``, and to a message ``server.verdict``; it notes what it heard."""

    class Server:
        answer = "250 2.1.5 Ok"
        verdict = "250 2.0.0 Ok: queued"
        heard: list = []

    served = Server()
    served.heard = []
    listener = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(home, "PORT", listener.getsockname()[1])

    def lines(stream):
        with contextlib.suppress(OSError):  # the script may hang up first
            yield from stream

    def serve():
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb", buffering=0) as stream:
                stream.write(b"220 mx.example.net ESMTP\r\n")
                in_message = False
                for line in lines(stream):
                    text = line.decode().strip()
                    served.heard.append(text)
                    if in_message and text != ".":
                        continue
                    in_message = text == "DATA"
                    answers = {"EHLO": "250-mx.example.net\r\n250 SIZE", "RCPT": served.answer, "DATA": "354 go ahead", ".": served.verdict, "QUIT": "221 bye"}
                    with contextlib.suppress(OSError):
                        stream.write((answers.get(text.split()[0], "250 Ok") + "\r\n").encode())
                    if text == "QUIT":
                        break

    threading.Thread(target=serve, daemon=True).start()
    yield served
    listener.close()


class Host:
    """Two files that a change has written, and an order to go back."""

    def __init__(self, folder):
        self.folder = folder
        self.main, self.extra, self.secret = folder / "etc/main.cf", folder / "etc/router", folder / "etc/passwd"
        self.state = folder / "state"
        self.reloads = folder / "reloads"
        self.state.mkdir()
        self.main.parent.mkdir()
        self.main.write_text("relayhost =\n")
        self.main.chmod(0o640)
        snapshot = Snapshot(str(self.state), "smarthost", [str(self.main), str(self.extra)])
        contents = {str(self.main): (b"relayhost =\n", b"relayhost = [smtp.example.net]\n"), str(self.extra): (None, b"route\n")}
        snapshot.begin(contents)
        replace_all(contents)
        snapshot.finish()
        self.secret.write_text("secret")
        self.order = {
            "name": "smarthost",
            "expires_at": EXPIRES,
            "retry": 3600,
            "state_dir": str(self.state),
            "config_dir": str(self.main.parent),
            "helo": "mail.example.com",
            "source_address": "",
            "sender": "desk@example.com",
            "recipients": ["ann@example.net"],
            "servers": {"example.net": ["127.0.0.1"]},
            "check": ["true"],
            "reload": ["sh", "-c", f"date >> {self.reloads}"],
            "files": [str(self.secret)],
        }
        self.path = folder / "smarthost.json"

    def write(self, **more):
        self.path.write_text(json.dumps({**self.order, **more}))
        return str(self.path)

    def is_back(self):
        return self.main.read_text() == "relayhost =\n" and not self.extra.exists()

    def is_as_it_was(self):
        kept = self.main.read_text() == "relayhost = [smtp.example.net]\n" and self.extra.read_text() == "route\n"
        return kept and self.secret.exists() and self.path.exists() and len(list(self.state.glob("smarthost-*/manifest.json"))) == 1

    def facts(self):
        return json.loads((self.folder / "facts.d/postmaster.fact").read_text())["returns"]["smarthost"]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_before_its_time_nothing_is_asked(home, host, server):
    assert not home.work(host.write(), BEFORE)
    assert host.is_as_it_was()
    assert server.heard == []


def test_who_is_taken_again_goes_back(home, host, server):
    assert home.work(host.write(), AFTER)
    assert host.is_back()
    assert oct(host.main.stat().st_mode)[-3:] == "640"
    assert host.reloads.exists()
    assert not host.secret.exists()
    assert not host.path.exists()
    assert list(host.state.glob("smarthost-*")) == []
    assert server.heard[:4] == ["EHLO mail.example.com", "MAIL FROM:<desk@example.com>", "RCPT TO:<ann@example.net>", "DATA"]
    assert {"From: <desk@example.com>", "To: <ann@example.net>", "Auto-Submitted: auto-generated"} < set(server.heard)
    assert server.heard[-2:] == [".", "QUIT"]
    assert host.facts()["outcome"] == "returned"
    assert "250 2.0.0 Ok: queued" in host.facts()["why"]


@pytest.mark.parametrize("answer", [BLOCKED, "450 4.2.0 Greylisted"])
def test_who_is_not_taken_stays_and_says_so(home, host, server, answer):
    server.answer = answer
    assert not home.work(host.write(), AFTER)
    assert host.is_as_it_was()
    assert host.facts()["outcome"] == "stayed"
    assert answer in host.facts()["why"]
    assert not host.reloads.exists()


def test_who_is_refused_after_the_message_stays_too(home, host, server):
    server.verdict = BLOCKED
    assert not home.work(host.write(), AFTER)
    assert host.is_as_it_was()
    assert BLOCKED in host.facts()["why"]


def test_it_is_not_asked_again_at_once(home, host, server):
    server.answer = BLOCKED
    path = host.write()
    home.work(path, AFTER)
    asked = len(server.heard)
    home.work(path, AFTER + 3000)
    assert len(server.heard) == asked
    server.answer = "250 Ok"
    assert home.work(path, AFTER + 3601)
    assert host.is_back()


def test_every_recipient_has_to_be_taken(home, host, server):
    path = host.write(recipients=["ann@example.net", "bob@example.org"], servers={"example.net": ["127.0.0.1"], "example.org": ["mx.example.invalid"]})
    assert not home.work(path, AFTER)
    assert host.is_as_it_was()
    assert "bob@example.org" in host.facts()["why"]


@pytest.mark.parametrize("missing", [{"recipients": []}, {"sender": ""}])
def test_nobody_is_guessed(home, host, server, missing):
    assert not home.work(host.write(**missing), AFTER)
    assert server.heard == []
    assert "no sender and recipient were declared" in host.facts()["why"]


def test_what_a_person_changed_is_left_alone(home, host, server):
    host.main.write_text("relayhost = [mine.example.net]\n")
    assert not home.work(host.write(), AFTER)
    assert host.main.read_text() == "relayhost = [mine.example.net]\n"
    assert host.extra.exists()
    assert "was changed since" in host.facts()["why"]


@pytest.mark.parametrize("broken", [{"check": ["false"]}, {"reload": ["false"]}, {"reload": ["/no/such/program"]}])
def test_what_cannot_be_reloaded_is_put_back(home, host, server, broken):
    assert not home.work(host.write(**broken), AFTER)
    assert host.is_as_it_was()
    assert oct(host.main.stat().st_mode)[-3:] == "640"
    assert "all is as it was" in host.facts()["why"]


def test_a_damaged_copy_is_not_put_back(home, host, server):
    next(host.state.glob("smarthost-*/0.before")).write_text("relay")
    assert not home.work(host.write(), AFTER)
    assert host.is_as_it_was()


def test_while_another_change_goes_on_it_stays(home, host, server):
    with open(host.state / "lock", "a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert not home.work(host.write(), AFTER)
    assert host.is_as_it_was()
    assert "another change" in host.facts()["why"]


@pytest.mark.parametrize("change", [lambda host: host.write(expires_at="2026-12-20T10:00:00Z"), lambda host: host.path.unlink()], ids=["put off", "taken away"])
def test_an_order_that_changes_while_it_is_carried_out_is_not(home, host, server, monkeypatch, change):
    """Asking takes minutes; a run of the role in between counts."""
    path, ask = host.write(), home.ask

    def slowly(*words):
        heard = ask(*words)
        change(host)
        return heard

    monkeypatch.setattr(home, "ask", slowly)
    assert not home.work(path, AFTER)
    assert not host.is_back()
    assert "was changed while" in host.facts()["why"]


def test_other_facts_stay(home, host, server):
    facts = host.folder / "facts.d/postmaster.fact"
    facts.parent.mkdir()
    facts.write_text('{"history": [1]}')
    home.work(host.write(), AFTER)
    assert json.loads(facts.read_text())["history"] == [1]


def test_facts_of_another_form_are_left_alone(home, host, server):
    facts = host.folder / "facts.d/postmaster.fact"
    facts.parent.mkdir()
    facts.write_text("#!/bin/sh\n")
    assert home.work(host.write(), AFTER)
    assert facts.read_text() == "#!/bin/sh\n"


def test_a_line_without_an_end_is_no_reply(home, host, server):
    server.answer = "250-" + "x" * 100_000
    assert not home.work(host.write(), AFTER)
    assert host.is_as_it_was()


def test_a_snapshot_that_was_set_aside_does_not_count(home, host, server):
    folder = next(host.state.glob("smarthost-*"))
    os.rename(folder, f"{folder}.20261122T000000.000000Z")
    assert not home.work(host.write(), AFTER)
    assert "0 snapshots" in host.facts()["why"]
