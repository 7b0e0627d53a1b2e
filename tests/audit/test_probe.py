# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's own trial: a host whose connections fail tries to reach those servers, and the judgement knows whose fault it is."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading

import pytest
from test_broken_evidence import POSTCONF
from test_store import play, report

SHUT, OTHER = "127.99.0.2", "127.99.0.3"
PROGRAM = """#!/bin/sh
case "$*" in
*-M*|*-P*) ;;
*) cat {file} ;;
esac
"""


def entry(number, destination, address):
    return {
        "queue_name": "deferred",
        "queue_id": f"4XyzAb{number}",
        "arrival_time": 1795000000 + number,
        "message_size": 900,
        "sender": "user@example.com",
        "recipients": [
            {"address": f"someone@{destination}", "delay_reason": f"connect to mx.{destination}[{address}]:25: Connection timed out"},
        ],
    }


@pytest.fixture
def mail_host(tmp_path, monkeypatch):
    """An inventory of this machine with programs that tell of a small Postfix, whose mail waits for two servers that did not answer."""
    settings = {**POSTCONF, "smtp_bind_address": "127.0.0.1"}
    (tmp_path / "settings").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    waiting = [entry(1, "example.net", SHUT), entry(2, "example.org", OTHER)]
    (tmp_path / "waiting").write_text("".join(f"{json.dumps(message)}\n" for message in waiting))
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, file in (("postconf", "settings"), ("postqueue", "waiting")):
        (programs / name).write_text(PROGRAM.format(file=tmp_path / file))
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    inventory = tmp_path / "inventory.yml"
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_mta": "postfix", "audit_probe": True}
    inventory.write_text(json.dumps({"all": {"hosts": {"mx1": {**host, "audit_probe_timeout": 5}}}}))
    return inventory


class Sink(threading.Thread):
    """A server that greets, and keeps the commands that it was given."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.commands = []
        self.listening = socket.create_server((address, 25))

    def run(self):
        while True:
            try:
                connection, _peer = self.listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb", buffering=0) as stream:
                stream.write(b"220 sink.example ESMTP\r\n")
                for line in stream:
                    self.commands.append(line.split()[0].decode().upper())
                    stream.write(b"221 bye\r\n" if self.commands[-1] == "QUIT" else b"250 sink.example\r\n")
                    if self.commands[-1] == "QUIT":
                        break


def sink_at(address):
    """A sink on port 25, or None where that port needs more rights than the tests have, or is taken."""
    try:
        sink = Sink(address)
    except OSError:
        return None
    sink.start()
    return sink


def settled(inventory, folder):
    """Side and evidence of each destination's queue."""
    done = play("audit.yml", "-i", str(inventory), audit_output_dir=str(folder), audit_formats="json", audit_store=str(folder / "store"))
    assert done.returncode == 0, done.stdout
    rows = [row for row in report(folder)["hosts"]["mx1"]["verdicts"] if row["source"] == "queue"]
    assert json.loads((folder / "store/hosts/mx1.json").read_text(encoding="utf-8"))["probes"]
    return {row["group"]["destination"]: (row["side"], row["settled_by"]) for row in rows}


def test_host_that_reaches_nobody_or_not_this_one(mail_host, tmp_path):
    """Without a right to port 25 it reaches nobody; with it one server answers, and is asked for nothing more than its greeting."""
    sink = sink_at(OTHER)
    found = settled(mail_host, tmp_path)
    if sink is None:
        assert found["example.net"] == ("ours", "connectivity")
    else:
        sink.listening.close()
        assert sink.commands == ["EHLO", "QUIT"]
        assert found["example.net"] == ("theirs", "connectivity")
        assert found["example.org"][1] != "connectivity"
