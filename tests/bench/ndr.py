# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Benchmarks ``ndr-first`` and ``ndr-repeat``: verdicts a second, on texts never seen before and on texts seen again, beside npm's zone-mta.

    python tests/bench/ndr.py ndr-first ndr-repeat

The texts are the examples of all rules, wrapped as Postfix writes them, each with its own addresses, hosts and ids; so no two are equal,
as in a log. Both programs get the same texts in a process of their own, after others to warm up with, and tell the processor time that the judging
took; reading and loading do not count.
Their answers are not of the same depth: zone-mta tries 316 regular expressions in turn and names a category.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache/bench/ndr"
PEER = "zone-mta@3.10.3"
TEXTS = 12_000
# Texts of the same kind that each process may warm up with.
WARM = 5_000
PASSES = 10
FIRST_AT_LEAST = 12_000
REPEAT_AT_LEAST = 200_000

NODE = """
const Module = require('module');
const load = Module._load;
// All that the rules need of the logging package is that it is there.
Module._load = (name, ...rest) => name === 'npmlog' ? {error() {}, verbose() {}, info() {}} : load(name, ...rest);
const bounces = require(process.argv[1] + '/lib/bounces.js');
bounces.reloadBounces();
const {warm, texts, passes} = JSON.parse(require('fs').readFileSync(0, 'utf-8'));
warm.forEach(text => bounces.check(text));
const start = process.cpuUsage();
for (let pass = 0; pass < passes; pass++) texts.forEach(text => bounces.check(text));
const spent = process.cpuUsage(start);
console.log((spent.user + spent.system) / 1e6);
"""


def texts(count, seed):
    """Return that many different texts."""
    from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.tables import TABLES

    examples = [example if isinstance(example, str) else example["text"] for _origin, table in TABLES for rule in table for example in rule["examples"]]
    pick = random.Random(seed)
    made = []
    for number in range(count):
        text = pick.choice(examples).replace("zoe@example.org", f"user{number}@example{number % 977}.org").replace("192.0.2.25", f"198.51.100.{number % 250}")
        made.append(f"host mx{number}.example.net[203.0.113.{number % 250}] said: {text} (id {pick.getrandbits(40):x}) (in reply to RCPT TO command)")
    return made


def judge(task):
    """What the process of ours does: judge the texts and return the seconds."""
    from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify

    for text in task["warm"]:
        classify(text)
    if task["passes"] > 1:
        for text in task["texts"]:
            classify(text)
    start = time.process_time()
    for _pass in range(task["passes"]):
        for text in task["texts"]:
            classify(text)
    return time.process_time() - start


def run(command, task):
    """Return texts a second of one process."""
    done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, check=True, cwd=ROOT)
    return len(task["texts"]) * task["passes"] / float(done.stdout)


def peer_folder():
    """Return the folder of the peer's package, fetched by npm when it is not there."""
    folder = CACHE / PEER
    if not (folder / "package/lib/bounces.js").exists():
        folder.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(["npm", "pack", "--silent", PEER], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run(["tar", "xzf", packed], cwd=folder, check=True)
    return folder / "package"


def main(names):
    """Run the named benchmarks; return 1 where ours is slower than it promises."""
    from _common import alternate, need, tell

    need(node="nodejs", npm="npm")
    peer = peer_folder()
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    print(f"peer: {PEER}, its lib/bounces.js and config/bounces.txt, on node {version}")
    failed = False
    for name in names or ["ndr-first", "ndr-repeat"]:
        repeat = name == "ndr-repeat"
        task = {"warm": texts(WARM, seed=1), "texts": texts(4_000 if repeat else TEXTS, seed=2), "passes": PASSES if repeat else 1}
        rates = alternate(
            ours=lambda task=task: run([sys.executable, __file__, "--judge"], task),
            peer=lambda task=task: run(["node", "-e", NODE, str(peer)], task),
        )
        ours, _peer, _limit = tell(name, rates["ours"], rates["peer"], unit="texts/s")
        failed |= ours < (REPEAT_AT_LEAST if repeat else FIRST_AT_LEAST)
    return int(failed)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    if sys.argv[1:] == ["--judge"]:
        print(judge(json.load(sys.stdin)))
    else:
        sys.exit(main(sys.argv[1:]))
