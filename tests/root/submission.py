# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A smarthost that takes mail from those who log in over TLS: ``submission.py ADDRESS PORT FOLDER NAME``.

``FOLDER/NAME.pem`` is its certificate with its key. ``FOLDER/NAME.json``, read for every client, has ``username`` and ``password`` and may have ``full``, which
every sender is answered with 4.3.1. ``FOLDER/NAME.jsonl`` gets a line for each message that is taken and each login that is tried.
"""

from __future__ import annotations

import base64
import json
import pathlib
import re
import socketserver
import ssl
import sys


class Server(socketserver.ThreadingTCPServer):
    """A thread for each client."""

    allow_reuse_address = daemon_threads = True
    folder: pathlib.Path
    name: str

    def note(self, **facts):
        with (self.folder / f"{self.name}.jsonl").open("a") as stream:
            stream.write(json.dumps(facts) + "\n")


class Client(socketserver.StreamRequestHandler):
    """One dialogue."""

    server: Server

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def encrypt(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.folder / f"{self.server.name}.pem")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.encrypted = True

    def handle(self):
        self.rules = json.loads((self.server.folder / f"{self.server.name}.json").read_text())
        self.encrypted = self.welcome = False
        self.sender, self.recipients = "", []
        try:
            self.say(f"220 {self.server.name} ESMTP")
            while line := self.rfile.readline():
                verb, _space, rest = line.decode("latin-1").strip().partition(" ")
                if verb.upper() == "QUIT":
                    self.say("221 bye")
                    return
                getattr(self, f"on_{verb.lower()}", self.on_other)(rest)
        except OSError:
            return

    def on_other(self, _rest):
        self.say("250 Ok")

    def on_ehlo(self, _rest):
        offers = [self.server.name, *(["AUTH PLAIN LOGIN"] if self.encrypted else ["STARTTLS"]), "SIZE 10000000"]
        for offer in offers[:-1]:
            self.say(f"250-{offer}")
        self.say(f"250 {offers[-1]}")

    def on_starttls(self, _rest):
        self.say("220 go ahead")
        self.encrypt()

    def on_auth(self, rest):
        _mechanism, _space, words = rest.partition(" ")
        if not words:
            self.say("334 ")
            words = self.rfile.readline().decode().strip()
        _authority, username, password = base64.b64decode(words).decode().split("\0")
        self.welcome = self.encrypted and (username, password) == (self.rules["username"], self.rules["password"])
        self.server.note(login=username, welcome=self.welcome)
        self.say("235 2.7.0 Authentication successful" if self.welcome else "535 5.7.8 Error: authentication failed")

    def on_mail(self, rest):
        self.sender, self.recipients = re.sub(r"^.*<(.*)>.*$", r"\1", rest), []
        if not self.welcome:
            self.say("530 5.7.0 Authentication required")
        elif self.rules.get("full"):
            self.say("452 4.3.1 Insufficient system storage")
        else:
            self.say("250 Ok")

    def on_rcpt(self, rest):
        self.recipients.append(re.sub(r"^.*<(.*)>.*$", r"\1", rest))
        self.say("250 Ok")

    def on_data(self, _rest):
        if self.rules.get("data"):
            self.server.note(refused=self.recipients)
            self.say(self.rules["data"])
            return
        self.say("354 go ahead")
        while self.rfile.readline() not in (b".\r\n", b""):
            pass
        self.server.note(sender=self.sender, recipients=self.recipients, encrypted=self.encrypted, welcome=self.welcome)
        self.say("250 2.0.0 Ok: queued")


if __name__ == "__main__":
    address, port, folder, name = sys.argv[1:]
    with Server((address, int(port)), Client) as server:
        server.folder, server.name = pathlib.Path(folder), name
        server.serve_forever()
