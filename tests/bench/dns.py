# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# /// script
# dependencies = ["pydnsbl==1.1.7", "aiodns==3.6.1", "pycares==4.11.0"]
# ///

"""Benchmarks ``dns`` and ``dns-delay``: the blocklist check beside dnsperf and pydnsbl.

    python tests/bench/dns.py dns dns-delay

``dns`` asks a real rbldnsd on loopback about 2,000 addresses in 60 lists. Ours is the whole check, test points and texts included; dnsperf,
which is written in C and looks at no answer, is the limit: one client, 200 questions in flight. It also takes the memory of 10,000 addresses in
the default lists. ``dns-delay`` asks a server of its own, which answers after 50 ms and loses one question in a hundred; the limit is what 200
questions in flight can reach at best. The run fails where an answer is wrong or missing, or where a promise is not kept.
"""

from __future__ import annotations

import json
import random
import re
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

from _common import alternate, need, tell

sys.path.remove(str(Path(__file__).parent))  # or this file would be taken for the package dns of dnspython

LISTS = [f"z{number:02d}.bench.example" for number in range(60)]
ADDRESSES = 2_000
LISTED = 10  # addresses that each list lists
DELAYED_ADDRESSES = 1_000
DELAY, LOSS, IN_FLIGHT = 0.05, 0.01, 200
MANY = 10_000
MEMORY_LIMIT = 150  # MiB
OF_DNSPERF, TIMES_PYDNSBL, OF_IDEAL = 0.25, 4.0, 1 / 1.5
WORKER_TIME = 600
PEER = "pydnsbl 1.1.7 (aiodns 3.6.1)"


def addresses(count):
    return [f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}" for number in range(count)]


def reverse(address):
    return ".".join(reversed(address.split(".")))


def truth(count):
    """Return list -> the addresses that it lists, drawn with a fixed seed."""
    pick = random.Random(1)
    known = addresses(count)
    return {zone: sorted(pick.sample(known, LISTED)) for zone in LISTS}


# --- the contestants, each in a process of its own -------------------------------------------------------------------------------


def work_ours(nameserver, count, in_flight, lists):
    """Check the addresses as ``dnsbl_info`` does; return what each list said, and what went wrong."""
    from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dnsbl import Survey, address_subject
    from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import Resolver
    from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.zones import choose_zones

    zones = choose_zones("default", limit_wait=1) if lists == "default" else choose_zones("none", own_zones=[{"zone": zone} for zone in LISTS])
    resolver = Resolver([nameserver], in_flight=in_flight)
    start = time.perf_counter()
    found = Survey(zones).run([address_subject(address) for address in addresses(count)], resolver.run)
    seconds = time.perf_counter() - start
    said: dict = {}
    for address, result in found["subjects"].items():
        for row in result["listings"]:
            said.setdefault(row["state"], {}).setdefault(row["zone"], []).append(address)
    clean = sum(result["clean"] for result in found["subjects"].values())
    return {"seconds": seconds, "listed": said.get("listed", {}), "unknown": said.get("unknown", {}), "clean": clean, "stats": resolver.stats}


def work_peer(nameserver, count, _in_flight, _lists):
    """Check the addresses with pydnsbl."""
    import asyncio

    import aiodns
    from pydnsbl import DNSBLIpChecker
    from pydnsbl.providers import Provider

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    checker = DNSBLIpChecker(providers=[Provider(zone) for zone in LISTS], loop=loop)
    host, _colon, port = nameserver.partition(":")
    checker._resolver = aiodns.DNSResolver(nameservers=[host], udp_port=int(port), timeout=5, tries=2, loop=loop)  # it knows no other way to name a resolver
    start = time.perf_counter()
    results = checker.bulk_check(addresses(count))
    seconds = time.perf_counter() - start
    listed: dict = {}
    for result in results:
        for zone in result.detected_by:
            listed.setdefault(zone, []).append(result.addr)
    return {"seconds": seconds, "listed": listed, "unknown": {}, "failed": sum(len(result.failed_providers) for result in results)}


def worker(who, nameserver, count, in_flight=150, lists="bench"):
    """Run a contestant in a process of its own; return what it found, with its peak ``memory`` in MiB."""
    arguments = [sys.executable, __file__, f"worker-{who}", nameserver, str(count), str(in_flight), lists]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True, timeout=WORKER_TIME)
    return json.loads(done.stdout)


def dnsperf(nameserver, queries):
    """Return the questions a second that dnsperf reaches."""
    host, _colon, port = nameserver.partition(":")
    command = ["dnsperf", "-s", host, "-p", port, "-d", str(queries), "-c", "1", "-T", "1", "-q", str(IN_FLIGHT), "-n", "1"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=WORKER_TIME).stdout
    return float(re.search(r"Queries per second:\s+([\d.]+)", said)[1])


# --- the servers -----------------------------------------------------------------------------------------------------------------


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_rbldnsd(folder, lists):
    """Write the lists and start a real rbldnsd; return the process and its address."""
    folder.chmod(0o755)
    for zone, listed in lists.items():
        head = "$SOA 3600 ns.bench.example root.bench.example 1 3600 600 86400 300\n$NS 3600 ns.bench.example\n:127.0.0.2:listed for the benchmark\n127.0.0.2\n"
        (folder / zone).write_text(head + "".join(f"{address}\n" for address in listed))
    port = free_port()
    command = ["rbldnsd", "-n", "-w", str(folder), "-b", f"127.0.0.1/{port}", *(f"{zone}:ip4set:{zone}" for zone in lists)]
    server = subprocess.Popen([*command, "-u", "nobody"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _attempt in range(100):
        time.sleep(0.05)
        question = ["dig", "+short", "+tries=1", "+time=1", "@127.0.0.1", "-p", str(port), f"2.0.0.127.{next(iter(lists))}"]
        if subprocess.run(question, stdout=subprocess.PIPE, check=False).stdout.startswith(b"127"):
            return server, f"127.0.0.1:{port}"
    sys.exit("error: rbldnsd does not answer")


class SlowServer:
    """Answers after ``DELAY`` seconds, loses questions by chance, and lists what the truth lists; runs in a process of its own."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        lists = truth(DELAYED_ADDRESSES)
        self.listed = {wire(f"{reverse(address)}.{zone}") for zone in lists for address in [*lists[zone], "127.0.0.2"]}
        self.pick = random.Random(7)

    def serve(self):
        waiting: deque = deque()  # (when to send, packet, client): the delay is the same for all, so they stay in order
        while True:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                self.socket.sendto(*waiting.popleft()[1:])
            select.select([self.socket], [], [], max(0.0, waiting[0][0] - now) if waiting else None)
            try:
                while True:
                    data, client = self.socket.recvfrom(512)
                    if self.pick.random() >= LOSS:
                        waiting.append((time.monotonic() + DELAY, self.answer(data), client))
            except BlockingIOError:
                pass

    def answer(self, data):
        end = data.index(b"\0", 12) + 5
        question = data[12:end]
        if question[:-4] in self.listed and question[-3] == 1:
            return data[:2] + b"\x84\x00\0\1\0\1\0\0\0\0" + question + b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\x7f\0\0\2"
        return data[:2] + b"\x84\x03\0\1\0\0\0\0\0\0" + question


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


# --- the benchmarks --------------------------------------------------------------------------------------------------------------


def wrong(found, count):
    """Return how a contestant's answers differ from the truth."""
    problems = []
    lists = truth(count)
    if {zone: sorted(listed) for zone, listed in found["listed"].items()} != lists:
        problems.append("listings differ from the truth")
    if found["unknown"] or found.get("failed"):
        problems.append(f"{sum(map(len, found['unknown'].values())) + found.get('failed', 0)} answers are missing")
    if "clean" in found and found["clean"] != len(LISTS) * (count - LISTED):
        problems.append(f"{found['clean']} clean answers")
    return problems


def bench_dns(folder):
    need(rbldnsd="rbldnsd", dnsperf="dnsperf", dig="bind9-dnsutils")
    version = subprocess.run(["dnsperf", "-h"], capture_output=True, text=True, check=False)
    version = re.search(r"[Vv]ersion ([\d.]+)", version.stdout + version.stderr)[1]
    print(f"# dns: {ADDRESSES} addresses in {len(LISTS)} lists of rbldnsd; peer {PEER}, limit dnsperf {version} with {IN_FLIGHT} in flight")
    queries = folder / "queries"
    queries.write_text("".join(f"{reverse(address)}.{zone} A\n" for address in addresses(ADDRESSES) for zone in LISTS))
    (folder / "lists").mkdir()
    folder.chmod(0o755)
    server, nameserver = start_rbldnsd(folder / "lists", truth(ADDRESSES))
    try:
        runs = alternate(
            limit=lambda: dnsperf(nameserver, queries),
            ours=lambda: worker("ours", nameserver, ADDRESSES),
            peer=lambda: worker("peer", nameserver, ADDRESSES),
        )
    finally:
        server.terminate()
        server.wait()
    questions = ADDRESSES * len(LISTS)
    rates = [tell("dns", [questions / run["seconds"] for run in runs["ours"]], [questions / run["seconds"] for run in runs["peer"]], runs["limit"])]
    problems = [f"ours: {problem}" for run in runs["ours"] for problem in wrong(run, ADDRESSES)]
    for run in runs["peer"]:
        for problem in wrong(run, ADDRESSES):
            print(f"# pydnsbl: {problem}")
    print(f"# memory of ours: {max(run['memory'] for run in runs['ours'])} MiB; sent again: {[run['stats']['retried'] for run in runs['ours']]}")
    ours, peer, limit = rates[0]
    problems += [f"less than {OF_DNSPERF} of dnsperf"] if ours < OF_DNSPERF * limit else []
    problems += [f"less than {TIMES_PYDNSBL} times pydnsbl"] if ours < TIMES_PYDNSBL * peer else []
    return problems + memory(folder)


def memory(folder):
    """Check ten thousand addresses in the lists of the catalogue that are asked by default."""
    from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import BLOCKLISTS

    (folder / "default").mkdir()
    lists = {entry["zone"]: [] for entry in BLOCKLISTS if "default" in entry.get("profiles", ()) and "ip4" in entry["takes"] and not entry.get("key")}
    server, nameserver = start_rbldnsd(folder / "default", lists)
    try:
        found = worker("ours", nameserver, MANY, lists="default")
    finally:
        server.terminate()
        server.wait()
    print(f"# memory: {found['memory']} MiB for {MANY} addresses in the {len(lists)} default lists that take them, {found['seconds']:.1f} s")
    problems = [f"{found['memory']} MiB are over the limit of {MEMORY_LIMIT}"] if found["memory"] > MEMORY_LIMIT else []
    unlimited = {zone for zone in lists if not zone.endswith("spameatingmonkey.net")}
    expected = MANY * len(unlimited)
    return problems + ([f"only {found['clean']} clean answers of {expected}"] if found["clean"] < expected else [])


def bench_delay(_folder):
    questions = DELAYED_ADDRESSES * len(LISTS)
    print(f"# dns-delay: {questions} questions, {DELAY * 1000:.0f} ms delay, {LOSS:.0%} loss, {IN_FLIGHT} in flight; peer {PEER}")
    server = subprocess.Popen([sys.executable, __file__, "serve-slowly"], stdout=subprocess.PIPE, text=True)
    nameserver = server.stdout.readline().strip()
    try:
        runs = alternate(
            ours=lambda: worker("ours", nameserver, DELAYED_ADDRESSES, IN_FLIGHT),
            peer=lambda: worker("peer", nameserver, DELAYED_ADDRESSES),
        )
    finally:
        server.kill()
        server.wait()
    ours, _peer, limit = tell(
        "dns-delay", [questions / run["seconds"] for run in runs["ours"]], [questions / run["seconds"] for run in runs["peer"]], IN_FLIGHT / DELAY
    )
    seconds = statistics.median(run["seconds"] for run in runs["ours"])
    print(f"# {seconds:.1f} s, ideal {questions * DELAY / IN_FLIGHT:.1f} s; sent again: {[run['stats']['retried'] for run in runs['ours']]}")
    for run in runs["peer"]:
        for problem in wrong(run, DELAYED_ADDRESSES):
            print(f"# pydnsbl: {problem}")
    problems = [f"ours: {problem}" for run in runs["ours"] for problem in wrong(run, DELAYED_ADDRESSES)]
    return problems + (["more than 1.5 times the ideal"] if ours < OF_IDEAL * limit else [])


BENCHMARKS = {"dns": bench_dns, "dns-delay": bench_delay}
WORKERS = {"worker-ours": work_ours, "worker-peer": work_peer}


def main(arguments):
    """Run the named benchmarks, or all; or serve as a process of one."""
    if arguments[:1] == ["serve-slowly"]:
        server = SlowServer()
        print(f"127.0.0.1:{server.socket.getsockname()[1]}", flush=True)
        server.serve()
    if arguments and arguments[0] in WORKERS:
        found = WORKERS[arguments[0]](arguments[1], int(arguments[2]), int(arguments[3]), arguments[4])
        found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        json.dump(found, sys.stdout)
        return 0
    problems = []
    for name in arguments or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="bench-dns-") as folder:
            problems += [f"{name}: {problem}" for problem in BENCHMARKS[name](Path(folder))]
    for problem in dict.fromkeys(problems):
        print(f"# FAILED {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
