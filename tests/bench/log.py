# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Benchmarks ``log`` and ``queue``: a Postfix log of 1.5 million lines beside Debian's pflogsumm, and 100,000 entries of ``postqueue -j``.

    python tests/bench/log.py log queue

Both programs read the same generated log in turn, each in a process of its own; the numbers are lines a second of processor and wall time
together with everything that the program does (pflogsumm prints its report, ours folds groups, joins senders and hashes a cursor). The run fails
where the totals differ, the memory is over the limit, or ours is slower than it promises.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINES = 1_500_000
ENTRIES = 100_000
RUNS = 5
TIMES_PEER = 5.0
MEMORY_LIMIT = 100 << 20
QUEUE_LIMIT = 2.0
NOW = 1795293654  # 2026-11-21T20:40:54Z


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
import json, resource, sys
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock, LogFiles
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.postfix import PostfixLog
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import LogSummary
clock, summary = Clock({now}), LogSummary({now})
log = LogFiles([sys.argv[1]], clock)
reader = PostfixLog(summary, clock)
for block in log:
    reader.feed(block)
reader.close()
facts = summary.facts(log, 50)
facts["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
json.dump(facts, sys.stdout)
"""


def run_ours(code: str, path: Path, folder: Path) -> tuple:
    """Run a program on a file in a fresh process that finds the collection; return ``(what it printed as JSON, seconds)``."""
    collections = folder / "collections" / "ansible_collections" / "postmaster"
    if not collections.exists():
        collections.mkdir(parents=True)
        (collections / "deliverability").symlink_to(ROOT)
    environment = {"PYTHONPATH": str(folder / "collections"), "PATH": "/usr/bin:/bin"}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, str(path)], env=environment, check=True, capture_output=True)
    return json.loads(done.stdout), time.perf_counter() - start


def read_peer(program: Path, path: Path) -> dict:
    """Read the log with pflogsumm and return its totals with ``seconds``."""
    start = time.perf_counter()
    said = subprocess.run(["perl", str(program), str(path)], check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - start
    found = {
        "received": re.search(r"^\s*(\d+k?)\s+received", said, re.M),
        "delivered": re.search(r"^\s*(\d+k?)\s+delivered", said, re.M),
        "deferred_messages": re.search(r"^\s*(\d+k?)\s+deferred", said, re.M),
        "deferred": re.search(r"\((\d+k?)\s+deferrals\)", said, re.M),
        "bounced": re.search(r"^\s*(\d+k?)\s+bounced", said, re.M),
    }
    return dict({name: match.group(1) if match else "0" for name, match in found.items()}, seconds=seconds)


def fetch_peer(folder: Path) -> tuple:
    """Return ``(path of pflogsumm, its version)``, fetched from Debian without installing it."""
    cache = ROOT / ".cache" / "bench"
    cache.mkdir(parents=True, exist_ok=True)
    if not list(cache.glob("pflogsumm_*.deb")):
        subprocess.run(["apt-get", "download", "pflogsumm"], cwd=cache, check=True, capture_output=True)
    package = next(iter(cache.glob("pflogsumm_*.deb")))
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "pflogsumm")], check=True)
    return next((folder / "pflogsumm").glob("usr/*bin/pflogsumm")), package.name.split("_")[1]


def bench_log(folder: Path) -> bool:
    """Run both readers in turn and print the medians."""
    program, version = fetch_peer(folder)
    path = folder / "mail.log"
    truth = write_log(path)
    share = truth["lines"] / truth["delivery_lines"]
    print(f"# log: {truth['lines']} lines, {path.stat().st_size >> 20} MiB, one delivery line in {share:.1f}; peer pflogsumm {version}")
    ours, peers = [], []
    for _run in range(RUNS):
        facts, seconds = run_ours(OURS.format(now=NOW), path, folder)
        ours.append(dict(facts, seconds=seconds))
        peers.append(read_peer(program, path))
    problems = [f"{name}: {ours[0][name]} read, {truth[name]} written" for name in truth if name in ours[0] and ours[0][name] != truth[name]]
    problems += [f"{name}: pflogsumm {said}, ours {ours[0][name]}" for name, said in peers[0].items() if name != "seconds" and not _same(said, ours[0][name])]
    rate = truth["lines"] / statistics.median(run["seconds"] for run in ours)
    peer = truth["lines"] / statistics.median(run["seconds"] for run in peers)
    memory = max(run["memory"] for run in ours)
    print(f"bench log ours={rate:.0f} peer={peer:.0f} limit=- unit=lines/s ratio_peer={rate / peer:.2f} ratio_limit=-")
    print(f"# memory {memory >> 20} MiB (limit {MEMORY_LIMIT >> 20}); totals: " + ", ".join(f"{name} {ours[0][name]}" for name in truth if name in ours[0]))
    if memory > MEMORY_LIMIT:
        problems.append(f"memory {memory >> 20} MiB is over the limit")
    if rate < TIMES_PEER * peer:
        problems.append(f"less than {TIMES_PEER:g} times the peer")
    for problem in problems:
        print(f"# FAILED log: {problem}")
    return not problems


def _same(said: str, ours: int) -> bool:
    """Compare with a total that pflogsumm may have shortened to thousands."""
    return int(said[:-1]) == round(ours / 1024) or int(said[:-1]) == ours // 1024 if said.endswith("k") else int(said) == ours


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


QUEUE = """
import json, sys
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_queue_text
with open(sys.argv[1]) as stream:
    facts = parse_queue_text(stream.read(), "postfix", "2026-11-21T20:40:54Z", 50)
json.dump(facts, sys.stdout)
"""


def bench_queue(folder: Path) -> bool:
    """Read a large queue, start of Python included."""
    path = folder / "postqueue-j.jsonl"
    write_queue(path)
    runs = [run_ours(QUEUE, path, folder) for _run in range(RUNS)]
    facts, seconds = runs[0][0], [run[1] for run in runs]
    rate, limit = ENTRIES / statistics.median(seconds), ENTRIES / QUEUE_LIMIT
    print(f"# queue: {ENTRIES} messages of postqueue -j, {path.stat().st_size >> 20} MiB; no peer, limit {QUEUE_LIMIT:g} s")
    print(f"bench queue ours={rate:.0f} peer=- limit={limit:.0f} unit=entries/s ratio_peer=- ratio_limit={rate / limit:.2f}")
    good = facts["total"] == ENTRIES and sum(group["count"] for group in facts["groups"]) + facts["rest"]["count"] == ENTRIES
    if not good or rate < limit:
        print(f"# FAILED queue: {'slower than its limit' if good else 'entries were lost'}")
    return good and rate >= limit


BENCHES = {"log": bench_log, "queue": bench_queue}


def main(names: list) -> int:
    """Run the named benchmarks, all without a name."""
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        for name in names or BENCHES:
            passed = BENCHES[name](Path(folder)) and passed
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
