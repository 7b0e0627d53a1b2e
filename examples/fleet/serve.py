# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command while the embedded fleet's DNS server runs beside it, and leave nothing behind.

    python examples/fleet/serve.py -- ansible-playbook -i examples/fleet/inventory.yml playbooks/audit.yml

The command finds the server's ``address:port`` in the environment variable FLEET_NAMESERVER, which the fleet's inventory reads.
The exit code is the command's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import dns_server

VARIABLE = "FLEET_NAMESERVER"


def main(arguments):
    if len(arguments) < 2 or arguments[0] != "--":
        sys.exit("usage: serve.py -- COMMAND [ARGUMENT ...]")
    try:
        with dns_server.running(dns_server.load_zones(dns_server.ZONES)) as listening:
            return run(arguments[1:], {**os.environ, VARIABLE: listening})
    except dns_server.ServerError as error:
        sys.exit(f"serve.py: {error}")


def run(command, environment):
    """Run the command to its end; a request to terminate is passed on to it, a Ctrl-C reaches it by itself."""
    try:
        child = subprocess.Popen(command, env=environment)
    except OSError as error:
        sys.exit(f"serve.py: {command[0]}: {error.strerror}")
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
