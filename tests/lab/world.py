# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's world as tables: which hosts there are, what each of their addresses is good or bad at, who receives mail, which list lists whom.

``zone_files`` and ``list_files`` turn the tables into what nsd and rbldnsd read. Nothing here touches the machine.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

NAMESERVER = "192.0.2.53"
NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
CONTROLLER = ("192.0.2.1", "2001:db8:2::1")
TTL = 1  # seconds: what a test changes in the DNS is seen at once

# The lists, with a code each that they list with.
PBL, XBL = "zen.spamhaus.org=127.0.0.10", "zen.spamhaus.org=127.0.0.4"
SPAMCOP, BARRACUDA = "bl.spamcop.net=127.0.0.2", "b.barracudacentral.org=127.0.0.2"
# What two receivers think of their clients, and tell nobody else.
REPUTATION, BLOCKED = "reputation.mailhub.example=127.0.0.2", "blocked.cloudmail.example=127.0.0.2"


class Identity(NamedTuple):
    """One source address. ``name`` resolves to it, and it back to the name where ``ptr``; ``spf``: the host's domain names it; ``lists`` list it."""

    address: str
    name: str | None
    ptr: bool = True
    spf: bool = True
    lists: tuple[str, ...] = ()

    @property
    def is6(self) -> bool:
        return ":" in self.address


class Gateway(NamedTuple):
    """A router in front of a host that has private addresses only. ``outside``: its addresses on the lab's network, the first one in use."""

    inside: str
    outside: tuple[Identity, ...]


class Host(NamedTuple):
    """A sending mail server. The first identity is the one that it sends from, ``helo`` the name that it says; ``mta``: postfix or exim."""

    mta: str
    suite: str
    domain: str
    helo: str
    identities: tuple[Identity, ...]
    gateway: Gateway | None = None
    closed: tuple[str, ...] = ()  # source addresses whose way to port 25 a firewall closes

    @property
    def address(self) -> str:
        """Where Ansible reaches it."""
        return self.identities[0].address

    @property
    def public(self) -> tuple[Identity, ...]:
        """The identities that the world sees."""
        return self.gateway.outside if self.gateway else self.identities


def rich_identities(domain: str, host: str, first: int) -> tuple[Identity, ...]:
    """Every kind of source address that a story needs, from 198.51.100.``first`` and 2001:db8:1::``first`` on."""
    ip4, ip6 = "198.51.100.{}".format, "2001:db8:1::{}".format
    return (
        Identity(ip4(first), f"{host}.{domain}", lists=(SPAMCOP, BARRACUDA, REPUTATION, BLOCKED)),
        Identity(ip4(first + 1), f"out.{domain}"),
        Identity(ip4(first + 2), f"new.{domain}", spf=False),
        Identity(ip4(first + 3), f"old.{domain}", lists=(SPAMCOP, REPUTATION)),
        Identity(ip4(first + 4), None),
        Identity(ip4(first + 5), f"shut.{domain}"),
        Identity(ip4(first + 6), f"bot.{domain}", lists=(XBL, REPUTATION)),
        Identity(ip6(first), f"{host}.{domain}", ptr=False),
        Identity(ip6(first + 1), f"out.{domain}"),
    )


HOSTS = {
    "mail1": Host("postfix", "bookworm", "shop.example", "mail1.shop.example", rich_identities("shop.example", "mail1", 11), closed=("198.51.100.16",)),
    "mail2": Host(
        "postfix",
        "bookworm",
        "branch.example",
        "server.localdomain",
        (Identity("198.51.100.21", "mail2.branch.example"), Identity("198.51.100.22", None)),
    ),
    "mail3": Host("exim", "trixie", "store.example", "mail3.store.example", rich_identities("store.example", "mail3", 31), closed=("198.51.100.36",)),
    "nat": Host(
        "postfix",
        "bookworm",
        "depot.example",
        "nat.depot.example",
        (Identity("10.20.0.25", None),),
        gateway=Gateway(
            "10.20.0.1",
            (
                Identity("198.51.100.41", "nat.depot.example", lists=(SPAMCOP, BARRACUDA, REPUTATION, BLOCKED)),
                Identity("198.51.100.42", "out.depot.example"),
            ),
        ),
    ),
    "home": Host(
        "postfix",
        "bookworm",
        "home.example",
        "mail.home.example",
        (Identity("203.0.113.77", "mail.home.example", lists=(PBL,)), Identity("203.0.113.78", "mail2.home.example", lists=(PBL,))),
    ),
    "office": Host("postfix", "bookworm", "office.example", "mail.office.example", (Identity("198.51.100.51", "mail.office.example"),)),
}
# A provider's relay may send for these domains, and takes mail of their senders; name -> password of the accounts.
RELAYED = ("home.example", "shop.example", "store.example")
ACCOUNTS = {"customer": "not-a-secret"}

# Mail servers that take mail: name -> addresses. receivers.py tells how each behaves; mx.strict.example is a real Postfix.
SERVERS = {
    "mx.mailhub.example": ("192.0.2.25",),
    "mx6.mailhub.example": ("192.0.2.35", "2001:db8:2::25"),
    "mx.cloudmail.example": ("192.0.2.26",),
    "mx.strict.example": ("192.0.2.27",),
    "mx.club.example": ("192.0.2.28",),
    "mx.parcel.example": ("192.0.2.29",),
    "mx1.bank.example": ("192.0.2.30",),
    "mx2.bank.example": ("192.0.2.31",),
    "mx.open.example": ("192.0.2.32",),
    "mx.council.example": ("192.0.2.33",),
    "mx.wholesale.example": ("192.0.2.34",),
    "mx.webmail.example": ("192.0.2.36",),
    "relay.isp.example": ("192.0.2.40",),
    "relay2.isp.example": ("192.0.2.41",),
    "relay.untrusted.example": ("192.0.2.42",),
}
REAL_POSTFIX = "mx.strict.example"
RELAYS = ("relay.isp.example", "relay2.isp.example", "relay.untrusted.example")
UNTRUSTED = "relay.untrusted.example"  # its certificate is signed by nobody
# Domains that receive mail -> their mail servers, best first.
DOMAINS = {
    "mailhub.example": ("mx.mailhub.example",),
    "workspace.example": ("mx.mailhub.example",),  # another domain whose mail the same operator takes
    "dual.example": ("mx6.mailhub.example",),
    "cloudmail.example": ("mx.cloudmail.example",),
    "strict.example": ("mx.strict.example",),
    "club.example": ("mx.club.example",),
    "parcel.example": ("mx.parcel.example",),
    "bank.example": ("mx1.bank.example", "mx2.bank.example"),
    "full.example": ("mx1.bank.example",),
    "open.example": ("mx.open.example",),
    "council.example": ("mx.council.example",),
    "wholesale.example": ("mx.wholesale.example",),
    "webmail.example": ("mx.webmail.example",),
}

# zone -> (text of a listing, the entries of its test points for names); every list of addresses has those of RFC 5782 section 5.
ADDRESS_LISTS = {
    "zen.spamhaus.org": "https://www.spamhaus.org/query/ip/$",
    "bl.spamcop.net": "Blocked - see https://www.spamcop.net/bl.shtml?$",
    "b.barracudacentral.org": "http://www.barracudanetworks.com/reputation/?pr=1&ip=$",
    "reputation.mailhub.example": "low",
    "blocked.cloudmail.example": "banned",
}
NAME_LISTS = {
    "dbl.spamhaus.org": ":127.0.1.2:https://www.spamhaus.org/query/domain/$\ndbltest.com\n",
    "multi.surbl.org": ":127.0.0.254:permanent test point\ntest.surbl.org\n",
    "multi.uribl.com": ":127.0.0.14:permanent test point\ntest.uribl.com\n",
}
LISTS = {**dict.fromkeys(ADDRESS_LISTS, "ip4set"), **dict.fromkeys(NAME_LISTS, "dnset")}


def listings() -> dict[str, dict[str, str]]:
    """zone -> {IPv4 address: code} as the lab begins."""
    found: dict[str, dict[str, str]] = {zone: {} for zone in ADDRESS_LISTS}
    for host in HOSTS.values():
        for identity in host.public:
            for entry in identity.lists:
                zone, _equals, code = entry.partition("=")
                found[zone][identity.address] = code
    return found


def list_file(zone: str, entries: dict[str, str]) -> str:
    """Return the data of one list of addresses for rbldnsd's ``ip4set``."""
    text = ADDRESS_LISTS[zone]
    listed = "".join(f"{address} :{code}:{text}\n" for address, code in sorted(entries.items()))
    return _list_head(zone) + f"127.0.0.2 :127.0.0.2:{text}\n{listed}"


def list6_file(zone: str) -> str:
    """Return the test point for IPv6, for rbldnsd's ``ip6trie``."""
    return _list_head(zone) + ":127.0.0.2:test point\n::ffff:7f00:2/128\n"


def name_list_file(zone: str) -> str:
    """Return the data of one list of names, for rbldnsd's ``dnset``."""
    return _list_head(zone) + NAME_LISTS[zone]


def _list_head(zone: str) -> str:
    return f"$TTL {TTL}\n$SOA {TTL} ns.lab.example hostmaster.lab.example 1 60 60 3600 {TTL}\n$NS {TTL} ns.lab.example\n"


def zone_files() -> dict[str, str]:
    """Return origin -> zone file: the root, every domain and every reverse zone."""
    records: dict[str, list[str]] = {".": [], "lab.example": [f"ns.lab.example. A {NAMESERVER}"]}
    for host in HOSTS.values():
        records[host.domain] = _sender_records(host)
    for domain, servers in DOMAINS.items():
        records[domain] = [f"{domain}. MX {10 * (place + 1)} {server}." for place, server in enumerate(servers)]
    for server, addresses in SERVERS.items():
        zone = records.setdefault(server.partition(".")[2], [])
        zone += [_address_record(server, address) for address in addresses]
    isp = " ".join(f"ip4:{SERVERS[relay][0]}" for relay in RELAYS)
    records["isp.example"].append(f'_spf.isp.example. TXT "v=spf1 {isp} -all"')
    for origin in ("2.0.192.in-addr.arpa", "100.51.198.in-addr.arpa", "113.0.203.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"):
        records[origin] = [line for line in _reverse_records() if line.split(" ")[0].endswith(f".{origin}.")]
    head = f"$TTL {TTL}\n@ SOA ns.lab.example. hostmaster.lab.example. 1 3600 600 86400 {TTL}\n@ NS ns.lab.example.\n"
    return {origin: head + "".join(f"{line}\n" for line in lines) for origin, lines in records.items()}


def _sender_records(host: Host) -> list[str]:
    named = [identity for identity in host.public if identity.name]
    authorised = [f"ip{6 if identity.is6 else 4}:{identity.address}" for identity in host.public if identity.spf]
    if host.domain in RELAYED:
        authorised.append("include:_spf.isp.example")
    return [
        f"{host.domain}. MX 10 {named[0].name}.",
        f'{host.domain}. TXT "v=spf1 {" ".join(authorised)} -all"',
        f'_dmarc.{host.domain}. TXT "v=DMARC1; p=none; rua=mailto:postmaster@{host.domain}"',
        *[_address_record(identity.name, identity.address) for identity in named],
        *[f'{name}. TXT "v=spf1 a -all"' for name in sorted({identity.name for identity in named})],
    ]


def _reverse_records() -> list[str]:
    senders = [(identity.address, identity.name) for host in HOSTS.values() for identity in host.public if identity.name and identity.ptr]
    servers = [(address, server) for server, addresses in SERVERS.items() for address in addresses]
    return [f"{ipaddress.ip_address(address).reverse_pointer}. PTR {name}." for address, name in (*senders, *servers, (NAMESERVER, "ns.lab.example"))]


def _address_record(name: str, address: str) -> str:
    return f"{name}. {'AAAA' if ':' in address else 'A'} {address}"
