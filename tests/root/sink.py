# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SMTP server that takes or refuses mail by the client's address, as a file says that is read for every client: ``sink.py ADDRESS PORT FOLDER``.

``FOLDER/rules.json`` is a list of ``[what, matches, reply]``, tried in order. ``what`` is client, helo or rcpt, a text in which the regular
expression ``matches`` is looked for, or data, which always fits; a client is refused at RCPT TO. ``FOLDER/taken.jsonl`` gets a line for each message
that is taken, ``FOLDER/asked.jsonl`` one for each recipient that is asked about. ``FOLDER/up`` has its process number once
it listens.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import socketserver
import sys
import time


class Server(socketserver.ThreadingTCPServer):
    """A thread for each client."""

    allow_reuse_address = daemon_threads = True
    folder: pathlib.Path

    def note(self, name, **facts):
        """Add a line to a file."""
        with (self.folder / name).open("a") as stream:
            stream.write(json.dumps({"time": time.time(), **facts}) + "\n")

    def refusal(self, **known):
        """Return the reply of the first rule that fits."""
        for what, matches, reply in json.loads((self.folder / "rules.json").read_text()):
            if what in known and re.search(matches, known[what]):
                return reply
        return None


class Client(socketserver.StreamRequestHandler):
    """One dialogue."""

    server: Server

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        client, helo, recipients = self.client_address[0], "", []
        self.say("220 mx.example.net ESMTP")
        for raw in self.rfile:
            line = raw.decode("latin-1").strip()
            verb = line.upper()
            if verb.startswith(("EHLO", "HELO")):
                helo = line[5:]
                self.say("250 mx.example.net")
            elif verb.startswith("RCPT"):
                rcpt = re.sub(r"^.*<(.*)>.*$", r"\1", line)
                reply = self.server.refusal(client=client, helo=helo, rcpt=rcpt)
                self.server.note("asked.jsonl", client=client, helo=helo, rcpt=rcpt, reply=reply)
                if not reply:
                    recipients.append(rcpt)
                self.say(reply or "250 2.1.5 Ok")
            elif verb == "DATA":
                self.say("354 go on" if recipients else "503 5.5.1 no recipient")
                if not recipients:
                    continue
                for more in self.rfile:
                    if more.strip() == b".":
                        break
                reply = self.server.refusal(data="")
                if not reply:
                    self.server.note("taken.jsonl", client=client, helo=helo, rcpt=recipients)
                self.say(reply or "250 2.0.0 Ok: queued as 77")
                recipients = []
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 2.0.0 Ok")
                recipients = recipients if verb != "RSET" else []


if __name__ == "__main__":
    server = Server((sys.argv[1], int(sys.argv[2])), Client)
    server.folder = pathlib.Path(sys.argv[3])
    (server.folder / "up").write_text(str(os.getpid()))
    server.serve_forever()
