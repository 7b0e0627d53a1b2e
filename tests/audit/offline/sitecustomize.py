# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this file at every start when its folder is on PYTHONPATH: no host but this one can be reached, and each attempt is written down.

OFFLINE_LOG names the file that gets one line for each attempt.
"""

from __future__ import annotations

import errno
import os
import sys

NAMES = {"socket.getaddrinfo", "socket.gethostbyname"}
ADDRESSES = {"socket.connect", "socket.sendmsg", "socket.sendto"}
HERE = ("127.", "::1", "localhost", "0.0.0.0")


def watch(event, arguments):
    """Refuse whatever an audit event of Python's socket module names, unless it is on this host."""
    if event in NAMES:
        host = arguments[0]
    elif event in ADDRESSES and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and not host.startswith(HERE):
        with open(os.environ["OFFLINE_LOG"], "a", encoding="utf-8") as log:
            print(event, host, sys.argv[:2], file=log)
        raise OSError(errno.ENETUNREACH, f"the tests have no network: {event} {host}")


if "OFFLINE_LOG" in os.environ:
    sys.addaudithook(watch)
