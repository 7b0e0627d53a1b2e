# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DNS engine and the blocklists against real servers: unbound asks rbldnsd, which keeps the lists, and nsd, which keeps the other zones.

All of them run on free ports of loopback with files of their own. The root zone is nsd's, so that no question leaves the machine.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
import time
from typing import NamedTuple

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dnsbl import Survey, address_subject, domain_subject
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.resolver import Resolver
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.zones import choose_zones

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the servers drop it, and .ci/run installs them")

SOA = "$SOA 300 ns.lab.example root.lab.example 1 3600 600 86400 60\n$NS 300 ns.lab.example\n"
TEST4 = ":127.0.0.2:test entry\n127.0.0.2\n"
# file: (type of data, contents); lists: zone -> files, several of which give several records
DATA = {
    "spam": ("ip4set", SOA + TEST4 + ":127.0.0.4:infected, see https://list.example/$\n198.51.100.11\n"),
    "policy": ("ip4set", SOA + ":127.0.0.11:policy\n198.51.100.0/28\n203.0.113.0/24\n"),
    "spam6": ("ip6trie", SOA + ":127.0.0.3:css\n::ffff:127.0.0.2/128\n2001:db8:bad::/64\n"),
    "small": ("ip4set", SOA + TEST4 + ":127.0.0.2:small\n198.51.100.99\n"),
    "names": ("dnset", SOA + ":127.0.1.2:listed name\ndbltest.com\n.bad.example\n"),
    "world": ("ip4set", SOA + ":127.0.0.2:gone\n0.0.0.0/1\n128.0.0.0/1\n"),
    "refusing": ("ip4set", SOA + ":127.255.255.254:public resolver\n0.0.0.0/1\n128.0.0.0/1\n"),
    "empty": ("ip4set", SOA),
    "parked": ("ip4set", SOA + ":203.0.113.9:parked\n0.0.0.0/1\n128.0.0.0/1\n"),
}
LISTS = {
    "zen.spamhaus.org": ["spam", "policy", "spam6"],
    "dbl.spamhaus.org": ["names"],
    "small.lab.example": ["small"],
    "world.lab.example": ["world"],
    "refusing.lab.example": ["refusing"],
    "empty.lab.example": ["empty"],
    "parked.lab.example": ["parked"],
}
HEAD = "$TTL 300\n@ SOA ns.lab.example. root.lab.example. 1 3600 600 86400 60\n@ NS ns.lab.example.\n"
LONG = [letter * 250 for letter in "abcdefghijkl"]
ZONES = {
    ".": HEAD,
    "plain.example": HEAD
    + "www A 192.0.2.1\nwww AAAA 2001:db8::1\n@ MX 10 www\nnull MX 0 .\nalias CNAME www\nfar CNAME target.other.example.\n"
    + "long TXT " + " ".join(f'"{text}"' for text in LONG) + '\nspf TXT "v=spf1 " "-all"\nchild NS ns.nowhere.example.\n',
    "other.example": HEAD + "target A 192.0.2.2\n",
    "100.51.198.in-addr.arpa": HEAD + "11 PTR www.plain.example.\n",
}  # fmt: skip


class Lab(NamedTuple):
    """``address:port`` of each server."""

    unbound: str
    rbldnsd: str
    nsd: str


def free_port():
    """Return a port that is free for UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    for program in ("unbound", "rbldnsd", "nsd"):
        assert shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"), f"{program} is not installed"
    folder = tmp_path_factory.mktemp("dns")
    for parent in (folder, *folder.parents[:-2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    ports = {name: free_port() for name in ("unbound", "rbldnsd", "nsd")}
    for name, (_kind, text) in DATA.items():
        (folder / name).write_text(text)
    lists = [f"{zone}:{DATA[name][0]}:{name}" for zone, names in LISTS.items() for name in names]
    for origin, text in ZONES.items():
        (folder / f"zone{origin}").write_text(text)
    write_configuration(folder, ports)
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
    commands = [
        ["rbldnsd", "-n", "-u", "nobody", "-w", str(folder), "-b", f"127.0.0.1/{ports['rbldnsd']}", *lists],
        ["nsd", "-d", "-c", str(folder / "nsd.conf")],
        ["unbound", "-d", "-c", str(folder / "unbound.conf")],
    ]
    with (folder / "log").open("w") as log:
        servers = [subprocess.Popen(command, env=environment, stdout=log, stderr=log) for command in commands]
    made = Lab(**{name: f"127.0.0.1:{port}" for name, port in ports.items()})
    try:
        wait_for(made, folder / "log")
        yield made
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(10)


def write_configuration(folder: pathlib.Path, ports):
    zones = "".join(f'zone:\n  name: "{origin}"\n  zonefile: "{folder}/zone{origin}"\n' for origin in ZONES)
    (folder / "nsd.conf").write_text(
        f'server:\n  ip-address: 127.0.0.1@{ports["nsd"]}\n  username: ""\n  chroot: ""\n  database: ""\n  zonesdir: "{folder}"\n  pidfile: ""\n'
        f'  xfrdfile: "{folder}/xfrd"\n  zonelistfile: "{folder}/zones"\n  server-count: 1\nremote-control:\n  control-enable: no\n{zones}'
    )
    stubs = {".": ports["nsd"], **dict.fromkeys(LISTS, ports["rbldnsd"]), "broken.lab.example": ports["rbldnsd"]}
    (folder / "unbound.conf").write_text(
        f'server:\n  interface: 127.0.0.1@{ports["unbound"]}\n  username: ""\n  chroot: ""\n  directory: "{folder}"\n  pidfile: ""\n  use-syslog: no\n'
        '  do-not-query-localhost: no\n  do-daemonize: no\n  module-config: "iterator"\n  num-threads: 1\n  local-zone: "100.51.198.in-addr.arpa." nodefault\n'
        "  access-control: 127.0.0.0/8 allow\n  do-ip6: no\nremote-control:\n  control-enable: no\n"
        + "".join(f'stub-zone:\n  name: "{zone}"\n  stub-addr: 127.0.0.1@{port}\n' for zone, port in stubs.items())
    )


def ask(name, rdtype):
    return (yield Question(name, rdtype))


def answer(server, name, rdtype):
    return Resolver([server], timeout=3.0).run([ask(name, rdtype)])[0]


def wait_for(servers: Lab, log: pathlib.Path):
    """Wait until all three speak; the first words of unbound need the other two."""
    for _attempt in range(100):
        if answer(servers.unbound, "2.0.0.127.zen.spamhaus.org", "A").status == "ok" and answer(servers.unbound, "www.plain.example", "A").status == "ok":
            return
        time.sleep(0.1)
    pytest.fail(log.read_text())


def survey(server, subjects, zones, quorum=1):
    resolver = Resolver([server])
    made = [domain_subject(text) if text[0].isalpha() else address_subject(text) for text in subjects]
    return Survey(zones, quorum).run(made, resolver.run)


def lists(*names):
    own = [{"zone": name, "takes": ["ip4"]} for name in names if name.endswith("lab.example")]
    return choose_zones("none", own_zones=[*own, *({"zone": name} for name in names if not name.endswith("lab.example"))])


@pytest.mark.parametrize(
    ("name", "rdtype", "status", "records"),
    [
        ("www.plain.example", "A", "ok", ["192.0.2.1"]),
        ("www.plain.example", "AAAA", "ok", ["2001:db8::1"]),
        ("plain.example", "MX", "ok", [(10, "www.plain.example")]),
        ("null.plain.example", "MX", "ok", [(0, "")]),
        ("alias.plain.example", "A", "ok", ["192.0.2.1"]),
        ("far.plain.example", "A", "ok", ["192.0.2.2"]),
        ("far.plain.example", "MX", "nodata", []),
        ("spf.plain.example", "TXT", "ok", ["v=spf1 -all"]),
        ("long.plain.example", "TXT", "ok", ["".join(LONG)]),
        ("11.100.51.198.in-addr.arpa", "PTR", "ok", ["www.plain.example"]),
        ("www.plain.example", "TXT", "nodata", []),
        ("missing.plain.example", "A", "nxdomain", []),
        ("x.broken.lab.example", "A", "servfail", []),
        ("2.0.0.127.zen.spamhaus.org", "A", "ok", ["127.0.0.2"]),
    ],
)
def test_unbound_answers(lab, name, rdtype, status, records):
    found = answer(lab.unbound, name, rdtype)
    assert (found.status, list(found.records)) == (status, records)


@pytest.mark.parametrize(
    ("name", "rdtype", "status", "records"),
    [
        ("far.plain.example", "A", "ok", ["192.0.2.2"]),
        ("long.plain.example", "TXT", "ok", ["".join(LONG)]),
        ("missing.plain.example", "A", "nxdomain", []),
        ("x.child.plain.example", "A", "refused", []),
    ],
)
def test_an_authoritative_server_answers(lab, name, rdtype, status, records):
    found = answer(lab.nsd, name, rdtype)
    assert (found.status, list(found.records)) == (status, records)


def test_a_server_that_keeps_other_zones_refuses(lab):
    assert answer(lab.rbldnsd, "www.plain.example", "A").status == "refused"


def test_a_long_text_comes_over_tcp(lab):
    resolver = Resolver([lab.unbound])
    (found,) = resolver.run([ask("long.plain.example", "TXT")])
    assert found.records[0].chunks == tuple(LONG)
    assert resolver.stats["tcp"] == 1


@pytest.mark.parametrize("through", ["unbound", "rbldnsd"])
def test_addresses_of_every_kind(lab, through):
    subjects = ["198.51.100.11", "203.0.113.77", "198.51.100.200", "2001:db8:bad::25", "2001:db8:9::25", "mail.bad.example", "good.example"]
    found = survey(getattr(lab, through), subjects, choose_zones(zones=["zen.spamhaus.org", "dbl.spamhaus.org"]))
    states = {subject: (result["state"], result["severity"], result["clean"]) for subject, result in found["subjects"].items()}
    assert states == {
        "198.51.100.11": ("listed", "high", 0),
        "203.0.113.77": ("policy", "high", 0),
        "198.51.100.200": ("clean", "none", 1),
        "2001:db8:bad::25": ("listed", "high", 0),
        "2001:db8:9::25": ("clean", "none", 1),
        "mail.bad.example": ("listed", "high", 0),
        "good.example": ("clean", "none", 1),
    }
    both = found["subjects"]["198.51.100.11"]["listings"]
    assert {row["remedy"] for row in both} == {"delist", "use_smarthost"}
    assert any("https://list.example/198.51.100.11" in row["text"] for row in both)
    assert found["resolver"]["state"] == "ok"


def test_lists_that_do_not_work(lab):
    zones = lists("small.lab.example", "world.lab.example", "refusing.lab.example", "empty.lab.example", "parked.lab.example", "broken.lab.example")
    found = survey(lab.unbound, ["198.51.100.99", "198.51.100.1"], zones)
    health = {name: (zone["health"], zone["reason"]) for name, zone in found["zones"].items()}
    assert health == {
        "small.lab.example": ("ok", ""),
        "world.lab.example": ("dead", "zone_dead"),
        "refusing.lab.example": ("refused", "resolver_refused"),
        "empty.lab.example": ("suspect", "self_test_failed"),
        "parked.lab.example": ("dead", "not_loopback"),
        "broken.lab.example": ("unreachable", "servfail"),
    }
    states = {address: (result["state"], result["clean"]) for address, result in found["subjects"].items()}
    assert states == {"198.51.100.99": ("listed", 0), "198.51.100.1": ("clean", 1)}


def test_a_fleet_through_a_resolver_without_a_cache(lab):
    """Nine thousand questions that unbound has to hand on: no answer is wrong and none is missing."""
    addresses = [f"198.51.{100 + number // 250}.{number % 250}" for number in range(4500)]
    found = survey(lab.unbound, addresses, lists("zen.spamhaus.org", "small.lab.example"))
    wrong = {address: result for address, result in found["subjects"].items() if result["state"] == "unknown" or result["unknown"]}
    assert wrong == {}
    assert {address for address, result in found["subjects"].items() if result["state"] == "listed"} == {"198.51.100.11", "198.51.100.99"}
    assert sum(result["state"] == "policy" for result in found["subjects"].values()) == 15
