# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Benchmarks ``log`` and ``queue``: a Postfix log of 1.5 million lines beside Debian's pflogsumm, and 100,000 entries of ``postqueue -j``.

    make bench NAME=log

Both programs read the same generated log in turn, each in a process of its own; counted is the processor time of the whole process, start and report
included (pflogsumm prints its report; ours folds groups, joins senders, watches their volume and hashes a cursor). The run fails where the totals
differ, the memory is over the limit, or ours is slower than it promises.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _common import alternate, need, tell

LINES = 1_500_000
ENTRIES = 100_000
TIMES_PEER = 5.0
MEMORY_LIMIT = 100 << 20
QUEUE_LIMIT = 2.0
NOW = 1795293654
RECORDED_AT = "2026-11-21T20:40:54Z"  # NOW


# The log: one busy day and a half of a host that sends for a few hundred customers, is greylisted, rate limited and blocklisted here and there.

DESTINATIONS = 400
SENDERS = 300
# Weight, status, dsn, reason.
FAILURES = (
    (30, "deferred", "4.2.0", "host {host}[{ip}] said: 450 4.2.0 <{to}>: Recipient address rejected: Greylisted for 300 seconds (in reply to RCPT TO command)"),
    (
        25,
        "deferred",
        "4.7.28",
        (
            "host {host}[{ip}] said: 421-4.7.28 [198.51.100.11      15] Our system has detected an unusual rate of 421-4.7.28 unsolicited mail originating "
            "from your IP address. 421 4.7.28 {id}si{n}wmm.99 - gsmtp (in reply to end of DATA command)"
        ),
    ),
    (10, "deferred", "4.4.1", "connect to {host}[{ip}]:25: Connection timed out"),
    (10, "deferred", "4.4.1", "delivery temporarily suspended: connect to {host}[{ip}]:25: Connection timed out"),
    (
        10,
        "deferred",
        "4.7.1",
        (
            "host {host}[{ip}] refused to talk to me: 553 5.7.1 [BL21] Connections will not be accepted from 198.51.100.11, because the ip is in Spamhaus's "
            "list; see https://postmaster.yahooinc.com/error-codes"
        ),
    ),
    (5, "deferred", "4.4.2", "lost connection with {host}[{ip}] while sending end of data -- message may be sent more than once"),
    (
        20,
        "bounced",
        "5.1.1",
        "host {host}[{ip}] said: 550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command)",
    ),
    (
        15,
        "bounced",
        "5.7.1",
        (
            "host {host}[{ip}] said: 554 5.7.1 Service unavailable; Client host [198.51.100.11] blocked using zen.spamhaus.org; "
            "https://www.spamhaus.org/query/ip/198.51.100.11 (in reply to RCPT TO command)"
        ),
    ),
)
NOISE = (
    "postfix/smtpd[{pid}]: warning: hostname host{n}.example.net does not resolve to address 203.0.113.{small}",
    "postfix/smtp[{pid}]: Trusted TLS connection established to {host}[{ip}]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)",
    "postfix/anvil[{pid}]: statistics: max connection rate 3/60s for (smtp:203.0.113.{small}) at Nov 21 20:40:54",
)


def write_log(path: Path, lines: int = LINES, seed: int = 1) -> dict:
    """Write a log of that many lines and return what is in it: received, delivered, deferred (attempts), deferred_messages, bounced, delivery_lines."""
    pick = random.Random(seed)
    weights = [row[0] for row in FAILURES]
    truth = dict.fromkeys(("received", "delivered", "deferred", "deferred_messages", "bounced", "delivery_lines"), 0)
    moment, written = NOW - 36 * 3600, 0
    step = 36 * 3600 / lines
    out: list[str] = []
    with path.open("w") as stream:
        while written < lines:
            moment += 7 * step
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{pick.randrange(10**6):06d}+00:00 mail "
            message = _message(pick, weights, truth)
            out += [stamp + text for text in message]
            written += len(message)
            if len(out) > 10000:
                stream.write("\n".join(out) + "\n")
                out = []
        stream.write("\n".join(out) + "\n")
    truth["lines"] = written
    return truth


def _message(pick, weights, truth) -> list:
    """Return the lines of one message's life."""
    queue_id, pid = f"{pick.getrandbits(44):011X}", pick.randrange(1000, 60000)
    number = pick.randrange(SENDERS)
    client = f"client{number % 50}.example.org[203.0.113.{number % 50}]"
    recipients = 1 if pick.random() < 0.9 else 3
    lines = [
        f"postfix/smtpd[{pid}]: connect from {client}",
        f"postfix/smtpd[{pid}]: {queue_id}: client={client}, sasl_method=PLAIN, sasl_username=customer{number}",
        f"postfix/cleanup[{pid + 1}]: {queue_id}: message-id=<{queue_id}.{pid}@customer{number}.example>",
    ]
    active = f"postfix/qmgr[990]: {queue_id}: from=<news@customer{number}.example>, size={pick.randrange(900, 90000)}, nrcpt={recipients} (queue active)"
    lines += [active, f"postfix/smtpd[{pid}]: disconnect from {client} ehlo=2 starttls=1 auth=1 mail=1 rcpt={recipients} data=1 quit=1 commands=8"]
    truth["received"] += 1
    put_off = False
    for _recipient in range(recipients):
        destination = min(int(pick.expovariate(0.02)), DESTINATIONS - 1)
        names = {
            "host": f"mx{destination % 3}.destination{destination}.example",
            "ip": f"192.0.2.{destination % 250}",
            "to": f"user{pick.randrange(10**5)}@destination{destination}.example",
            "id": f"{pick.getrandbits(40):010x}",
            "n": pick.randrange(10**6),
        }
        start = f"postfix/smtp[{pid + 2}]: {queue_id}: to=<{names['to']}>, relay={names['host']}[{names['ip']}]:25, "
        start += f"delay=0.{names['n']}, delays=0.02/0.03/0.4/0.1, "
        if pick.random() < 0.12:
            _weight, status, dsn, text = pick.choices(FAILURES, weights)[0]
            if text.startswith(("connect to", "delivery")):
                daemon = "error" if text.startswith("delivery") else "smtp"
                start = f"postfix/{daemon}[{pid + 2}]: {queue_id}: to=<{names['to']}>, relay=none, delay=30, delays=0.02/0.03/30/0, "
            lines.append(f"{start}dsn={dsn}, status={status} ({text.format(**names)})")
            truth[status] += 1
            put_off = put_off or status == "deferred"
            truth["delivery_lines"] += 1
            if status == "bounced":
                lines.append(f"postfix/bounce[{pid + 3}]: {queue_id}: sender non-delivery notification: {pick.getrandbits(44):011X}")
                continue
            lines.append(active)
            start = start.replace("relay=none", f"relay={names['host']}[{names['ip']}]:25").replace("postfix/error", "postfix/smtp")
        lines.append(f"{start}dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {names['id']}{pid})")
        truth["delivered"] += 1
        truth["delivery_lines"] += 1
    truth["deferred_messages"] += put_off
    lines.append(f"postfix/qmgr[990]: {queue_id}: removed")
    if pick.random() < 0.25:
        lines.append(pick.choice(NOISE).format(pid=pid, n=pick.randrange(10**4), small=pick.randrange(250), host="mx0.destination0.example", ip="192.0.2.0"))
    return lines


# The two readers.

OURS = """
import json, sys
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import survey
json.dump(survey({"snapshot": sys.argv[1], "mta": "postfix", "gather_subset": sys.argv[2:], "max_groups": 50}), sys.stdout)
"""


def spent(command: list, folder: Path) -> tuple:
    """Run a program and return ``(what it printed, its processor seconds, its memory in bytes)``."""
    with (folder / "printed").open("w+b") as stream:
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream)
        _pid, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode:
            sys.exit(f"error: {command[:2]} ended with status {running.returncode}")
        stream.seek(0)
        return stream.read().decode(), used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def survey(snapshot: Path, subset: str) -> tuple:
    """Look at a snapshot as ``mail_host_info`` does, in a fresh process; return ``(facts, seconds, memory)``."""
    said, seconds, memory = spent([sys.executable, "-c", OURS, str(snapshot), subset], snapshot.parent)
    return json.loads(said)["mail_host"][subset], seconds, memory


TOTALS = {
    "received": r"^\s*(\d+k?)\s+received",
    "delivered": r"^\s*(\d+k?)\s+delivered",
    "deferred_messages": r"^\s*(\d+k?)\s+deferred",
    "deferred": r"\((\d+k?)\s+deferrals\)",
    "bounced": r"^\s*(\d+k?)\s+bounced",
}


def summarise(log: Path, folder: Path) -> tuple:
    """Read the log with pflogsumm; return ``(its totals as it prints them, seconds)``."""
    said, seconds, _memory = spent(["pflogsumm", str(log)], folder)
    found = {name: re.search(pattern, said, re.M) for name, pattern in TOTALS.items()}
    return {name: match.group(1) if match else "0" for name, match in found.items()}, seconds


def same(said: str, total: int) -> bool:
    """Compare with a total that pflogsumm may have shortened to thousands."""
    return int(said[:-1]) in (total // 1024, round(total / 1024)) if said.endswith("k") else int(said) == total


def bench_log(folder: Path) -> list:
    """Run both readers in turn and tell the medians; return what went wrong."""
    need(pflogsumm="pflogsumm")
    version = subprocess.run(["pflogsumm", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    snapshot = folder / "log"
    snapshot.mkdir()
    (snapshot / "recorded_at").write_text(RECORDED_AT)
    log = snapshot / "mail.log"
    truth = write_log(log)
    share = truth["lines"] / truth["delivery_lines"]
    print(f"# log: {truth['lines']} lines, {log.stat().st_size >> 20} MiB, one delivery line in {share:.1f}; peer {version}")
    runs = alternate(ours=lambda: survey(snapshot, "log"), peer=lambda: summarise(log, folder))
    rate, peer, _limit = tell("log", [truth["lines"] / run[1] for run in runs["ours"]], [truth["lines"] / run[1] for run in runs["peer"]], unit="lines/s")
    facts, memory = runs["ours"][0][0], max(run[2] for run in runs["ours"])
    compared = [name for name in truth if name in facts]
    print(f"# memory {memory >> 20} MiB; " + ", ".join(f"{name} {facts[name]}" for name in compared))
    problems = [f"{name}: {facts[name]} read, {truth[name]} written" for name in compared if facts[name] != truth[name]]
    problems += [f"{name}: pflogsumm {said}, ours {facts[name]}" for name, said in runs["peer"][0][0].items() if not same(said, facts[name])]
    if memory > MEMORY_LIMIT:
        problems.append(f"more than {MEMORY_LIMIT >> 20} MiB of memory")
    if rate < TIMES_PEER * peer:
        problems.append(f"less than {TIMES_PEER:g} times the peer")
    return problems


# The queue.


def write_queue(path: Path, entries: int = ENTRIES, seed: int = 2) -> None:
    """Write that many messages as ``postqueue -j`` prints them."""
    pick = random.Random(seed)
    failures = [row for row in FAILURES if row[1] == "deferred"]
    with path.open("w") as stream:
        for _entry in range(entries):
            destination = min(int(pick.expovariate(0.02)), DESTINATIONS - 1)
            to = f"user{pick.randrange(10**5)}@destination{destination}.example"
            reason = pick.choices(failures, [row[0] for row in failures])[0][3].format(
                host=f"mx{destination % 3}.destination{destination}.example",
                ip=f"192.0.2.{destination % 250}",
                to=to,
                id=f"{pick.getrandbits(40):010x}",
                n=pick.randrange(10**6),
            )
            entry = {
                "queue_name": "deferred",
                "queue_id": f"{pick.getrandbits(44):011X}",
                "arrival_time": NOW - pick.randrange(5 * 86400),
                "message_size": pick.randrange(900, 90000),
                "forced_expire": False,
                "sender": f"news@customer{pick.randrange(SENDERS)}.example",
                "recipients": [{"address": to, "delay_reason": reason}],
            }
            stream.write(json.dumps(entry) + "\n")


def bench_queue(folder: Path) -> list:
    """Read a large queue, start of Python included; return what went wrong."""
    snapshot = folder / "queue"
    snapshot.mkdir()
    (snapshot / "recorded_at").write_text(RECORDED_AT)
    (snapshot / "postconf.txt").write_text("mail_version = 3.7.11\nmyhostname = mail.example.com\n")
    listing = snapshot / "postqueue-j.jsonl"
    write_queue(listing)
    print(f"# queue: {ENTRIES} messages of postqueue -j, {listing.stat().st_size >> 20} MiB; no peer, limit {QUEUE_LIMIT:g} s")
    runs = alternate(ours=lambda: survey(snapshot, "queue"))["ours"]
    rate, _peer, limit = tell("queue", [ENTRIES / run[1] for run in runs], limit=ENTRIES / QUEUE_LIMIT, unit="entries/s")
    facts = runs[0][0]
    problems = [] if rate >= limit else ["slower than its limit"]
    if facts["total"] != ENTRIES or sum(group["count"] for group in facts["groups"]) + facts["rest"]["count"] != ENTRIES:
        problems.append("entries were lost")
    return problems


BENCHES = {"log": bench_log, "queue": bench_queue}


def main(names: list) -> int:
    """Run the named benchmarks, all without a name; return 1 if any failed."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name in names or BENCHES:
            for problem in BENCHES[name](Path(folder)):
                print(f"# FAILED {name}: {problem}")
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
