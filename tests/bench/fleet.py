# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Benchmark ``fleet``: the audit of 100 hosts beside a bare ping of them, and the judgement of 1,000 hosts by more than 40 controls.

    python tests/bench/fleet.py

The hosts of the first are on ``local`` connections with recorded evidence, and both runs have the same forks; the peer is
``ansible all -m ping``. The audit may take 1.5 times as long by the wall clock; the ratio of processor time, which a busy machine
hardly moves, is told beside it. The second is diagnosis, policy, plan and every report in this
process, which may take ten seconds and 500 MB. The numbers are hosts a second and findings a second.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from _common import ROOT, alternate, tell
from ansible import __version__ as ansible_version

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies, names
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import FORMATS, render
from ansible_collections.postmaster.deliverability.tests.unit.audit_data import listing, sender_dns, subject

FLEET = ROOT / "examples/fleet"
AUDITED, JUDGED, FORKS = 100, 1000, 10
MOST_TIMES, SECONDS, MEMORY_LIMIT = 1.5, 10.0, 500
# What the controls of all policies ask of a domain.
DOMAIN_CHECKS = [
    *("mx_exists", "mx_valid", "mx_resolves", "spf_published", "spf_valid", "spf_within_limits", "dmarc_published", "dmarc_valid", "dmarc_enforced"),
    *("dmarc_reports_authorised", "dkim_published", "dkim_strong", "dkim_valid", "dkim_live", "mta_sts_policy", "mta_sts_covers_mx", "tls_rpt_valid"),
    "dane_valid",
]
STORIES = {
    "home": {"audit_domains": ["home.example"]},
    "shop": {"audit_domains": ["shop.example"], "audit_pool": [{"address": "198.51.100.12", "helo": "out.shop.example"}]},
    "branch": {"audit_domains": ["branch.example"]},
    "office": {"audit_domains": ["office.example"], "audit_public_addresses": {"10.20.0.25": "192.0.2.80"}},
}


def inventory(folder: pathlib.Path) -> pathlib.Path:
    """Write an inventory of 100 hosts that share the evidence of the four stories."""
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "audit_nameservers": ["{{ lookup('ansible.builtin.env', 'FLEET_NAMESERVER') }}"],
        "audit_dnsbl_zones": ["zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org"],
        "audit_output_dir": str(folder / "reports"),
    }
    hosts = {}
    for number in range(AUDITED):
        story = list(STORIES)[number % len(STORIES)]
        hosts[f"mx{number:03}"] = {**STORIES[story], "audit_snapshot": str(FLEET / "evidence" / story)}
    path = folder / "inventory.yml"
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}), encoding="utf-8")
    return path


@contextlib.contextmanager
def nameserver_of_the_fleet() -> Iterator[str]:
    """The address of the embedded fleet's DNS server, which runs for the length of a ``with`` block."""
    with subprocess.Popen([sys.executable, str(FLEET / "dns_server.py")], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def timed(command: list[str], nameserver: str, spent: list[float]) -> float:
    """Hosts a second of one command; its seconds of processor time are added to ``spent``."""
    environment = {
        **os.environ,
        "FLEET_NAMESERVER": nameserver,
        "ANSIBLE_FORKS": str(FORKS),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    started, before = time.perf_counter(), processor_time()
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(command)} failed\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
    spent.append(processor_time() - before)
    return AUDITED / (time.perf_counter() - started)


def processor_time() -> float:
    """Seconds that all ended child processes have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def audit_beside_ping() -> list[str]:
    """Measure both on the same inventory; return what is wrong."""
    ansible = [sys.executable, "-m", "ansible"]
    with tempfile.TemporaryDirectory() as name, nameserver_of_the_fleet() as nameserver:
        folder = pathlib.Path(name)
        hosts = str(inventory(folder))
        audit = [*ansible, "playbook", "-i", hosts, "playbooks/audit.yml"]
        ping = [*ansible, "adhoc", "all", "-i", hosts, "-m", "ansible.builtin.ping"]
        print(f"# fleet: playbooks/audit.yml on {AUDITED} hosts, {FORKS} forks; peer: ansible {ansible_version} all -m ping, as many forks")
        spent = {"ours": [], "peer": []}
        runs = alternate(ours=lambda: timed(audit, nameserver, spent["ours"]), peer=lambda: timed(ping, nameserver, spent["peer"]))
        ours, peer, _limit = tell("fleet", runs["ours"], runs["peer"], unit="hosts/s")
        cost = {name: statistics.median(seconds) for name, seconds in spent.items()}
        print(f"# fleet: {peer / ours:.2f} times the wall time of the ping, {cost['ours'] / cost['peer']:.2f} times its processor time", flush=True)
        report = json.loads((folder / "reports/report.json").read_text(encoding="utf-8"))
    refused = sum(host["state"] == "refused" for host in report["hosts"].values())
    problems = [] if refused == AUDITED * 3 // 4 else [f"{refused} of {AUDITED} hosts are refused, not three of four"]
    return problems + ([f"the audit takes {peer / ours:.2f} times as long as the ping, more than {MOST_TIMES}"] if peer / ours > MOST_TIMES else [])


def large_fleet():
    """Evidence of 1,000 hosts, which is that of the four stories again and again with addresses of their own, and what DNS and lists say of them."""
    facts = [mail_host_info(snapshot) for snapshot in sorted((FLEET / "evidence").iterdir())]
    hosts, subjects, identities = {}, {}, []
    for number in range(JUDGED):
        address, name = f"198.18.{number // 256}.{number % 256}", f"mx{number:04}"
        story = copy.deepcopy(facts[number % len(facts)])
        story["identity"]["local_addresses"] = [address]
        hosts[name] = {"observed": {"mail_host": story}, "domains": [f"d{number}.example"]}
        subjects[address] = subject("listed", [listing()]) if number % 2 else subject()
        identities.append((address, story["identity"]["sources"][0]["helo"], {"ptr_exists": "fail"} if number % 3 else {}))
    dns = sender_dns(*identities)
    dns["domains"] = {f"d{number}.example": {"checks": [_check(control) for control in DOMAIN_CHECKS]} for number in range(JUDGED)}
    return fleet_evidence(hosts), {"subjects": subjects, "zones": {}, "resolver": {}}, dns


def mail_host_info(snapshot: pathlib.Path) -> dict:
    """What the module says of recorded evidence."""
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {"snapshot": str(snapshot)}})
    module = "ansible_collections.postmaster.deliverability.plugins.modules.mail_host_info"
    done = subprocess.run([sys.executable, "-m", module], input=arguments, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["mail_host"]


def _check(control: str) -> dict:
    return {"control": control, "status": "pass", "evidence": f"{control} is in order.", "publish": None, "request": None}


def judge_and_report() -> list[str]:
    """Measure diagnosis, policy, plan and every report; return what is wrong."""
    evidence, lists, dns = large_fleet()
    policies = load_policies(names())
    findings = 0

    def whole() -> float:
        nonlocal findings
        started = time.perf_counter()
        diagnosis = remediation_plan(diagnose(evidence, policies, lists, dns, "2026-11-18T10:00:00Z"))
        for form in FORMATS:
            render(diagnosis, form)
        findings = sum(len(host["findings"]) for host in diagnosis["hosts"].values())
        return findings / (time.perf_counter() - started)

    runs = alternate(ours=whole)
    print(f"# fleet: diagnosis, policy, plan and {len(FORMATS)} formats for {JUDGED} hosts with {findings / JUDGED:.0f} findings each; limit {SECONDS:.0f} s")
    ours, _peer, limit = tell("fleet", runs["ours"], limit=findings / SECONDS, unit="findings/s")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"# fleet: {memory} MB of memory at most, limit {MEMORY_LIMIT} MB")
    problems = [] if findings >= JUDGED * 40 else [f"only {findings} findings"]
    problems += [f"{findings / ours:.1f} s, more than {SECONDS:.0f}"] if ours < limit else []
    return problems + ([f"{memory} MB of memory"] if memory > MEMORY_LIMIT else [])


def main() -> int:
    problems = [*judge_and_report(), *audit_beside_ping()]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
