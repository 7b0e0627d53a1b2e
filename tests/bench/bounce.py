# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# /// script
# dependencies = ["flufl.bounce"]
# ///

"""Benchmark ``bounce``: whole returned messages of 10 KB, from bytes to what they say, beside PyPI's flufl.bounce.

    python tests/bench/bounce.py

The messages are the unit tests' own fixtures of kind bounce, each made 10 KB long by lengthening the original message that it returns.
flufl.bounce gets the same bytes through the standard library's parser with its fast ``compat32`` policy, and only tells the addresses; ours tells
for each recipient the status, the reply and who gave it. The run fails where ours does not find every recipient, or is slower than its limit.
"""

from __future__ import annotations

import email
import sys
import time
from email.policy import compat32
from importlib.metadata import version

from _common import alternate, tell
from flufl.bounce import scan_message

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.message import parse_bounce
from ansible_collections.postmaster.deliverability.tests.unit import bounce_data

SIZE = 10240
LIMIT = 1500
ROUNDS = 4
FILLING = b"".join(b"This line stands for the text of the message that came back, line %d.\n" % number for number in range(400))


def messages() -> list:
    """Return (name, 10 KB of message, the addresses that failed) for each bounce whose original can be lengthened."""
    found = []
    for name, case in bounce_data.cases().items():
        raw, expect = bounce_data.raw(case), case["expect"]
        if expect["kind"] != "bounce" or name.startswith("broken") or len(raw) >= SIZE:
            continue
        end = raw.rstrip().rfind(b"\n--") if raw.rstrip().endswith(b"--") else len(raw)
        padded = raw[:end] + b"\n" + FILLING[: SIZE - len(raw) - 1] + raw[end:]
        found.append((name, padded, {recipient["address"] for recipient in expect["recipients"]}))
    return found


def rate(read, raws) -> float:
    """Messages that ``read`` does in a second of processor time."""
    started = time.process_time()
    for _round in range(ROUNDS):
        for raw in raws:
            read(raw)
    return ROUNDS * len(raws) / (time.process_time() - started)


def flufl(raw) -> set:
    return {address.decode("utf-8", "replace") for address in scan_message(email.message_from_bytes(raw, policy=compat32))}


def main() -> int:
    samples = messages()
    raws = [raw for _name, raw, _addresses in samples]
    wanted = sum(len(addresses) for _name, _raw, addresses in samples)
    missed = [name for name, raw, addresses in samples if {recipient["address"] for recipient in parse_bounce(raw)["recipients"]} != addresses]
    theirs = sum(len(addresses & flufl(raw)) for _name, raw, addresses in samples)
    print(f"# bounce: {len(samples)} messages of {SIZE} bytes, {wanted} recipients; peer flufl.bounce {version('flufl.bounce')} found {theirs} of them")
    runs = alternate(ours=lambda: rate(parse_bounce, raws), peer=lambda: rate(flufl, raws))
    ours, _peer, limit = tell("bounce", runs["ours"], runs["peer"], LIMIT, unit="messages/s")
    for name in missed:
        print(f"# FAILED bounce: {name}: other recipients than without its filling")
    if ours < limit:
        print("# FAILED bounce: slower than its limit")
    return 1 if missed or ours < limit else 0


if __name__ == "__main__":
    sys.exit(main())
