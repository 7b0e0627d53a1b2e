# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets and what is to be said of them: who is refused, whose fault it is, what settled it, and what is to be done.

Every fleet is a table row; the first ones are the stories that a postmaster tells.
"""

from __future__ import annotations

import itertools
import json

import pytest
from audit_data import (
    BASELINE,
    GREYLISTED_TEXT,
    LISTED_TEXT,
    NOW,
    POLICY_TEXT,
    UNABLE_TEXT,
    delivered,
    group,
    listing,
    mail_host,
    sender_dns,
    subject,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.plan import remediation_plan

SAID = "host mx.example.net[203.0.113.25] said:"
EXCHANGE = '451 4.4.0 Primary target IP address responded with: "421 4.2.1 Unable to connect." Attempted failover to alternate host, but that did not succeed.'
FULL = "host mx.example.net[203.0.113.25] said: 452 4.2.2 <user@example.net>: Mailbox full (in reply to RCPT TO command)"
NO_USER = "host mx.example.net[203.0.113.25] said: 550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown (in reply to RCPT TO command)"
ROUTE_FULL = "host mx1.example.net[203.0.113.25] said: 452 4.3.1 Insufficient system resources (in reply to MAIL FROM command)"
HELO = (
    "host mx.example.net[203.0.113.25] said: 550 5.7.1 <server.localdomain>: Helo command rejected: need fully-qualified hostname (in reply to RCPT TO command)"
)
NO_PTR = (
    "host mx.example.net[203.0.113.25] said: 450 4.7.25 Client host rejected: cannot find your reverse hostname, [198.51.100.11] (in reply to RCPT TO command)"
)
IPV6 = (
    "host mx.example.net[2001:db8:1::25] said: 550-5.7.1 [2001:db8::11] Our system has detected that this message does not meet IPv6 sending guidelines "
    "regarding PTR records and authentication. (in reply to end of DATA command)"
)
SPF = (
    "host mx.example.net[203.0.113.25] said: 550 5.7.23 <user@example.net>: Recipient address rejected: SPF fail - not authorized (in reply to RCPT TO command)"
)
RATE = "host mx.example.net[203.0.113.25] said: 452 4.3.2 Connection rate limit exceeded. (in reply to MAIL FROM command)"
LOST = "lost connection with mx.example.net[203.0.113.25] while receiving the initial server greeting"
BUSY = "host mx.example.net[203.0.113.25] said: 451 4.3.2 Please try again later (in reply to RCPT TO command)"
AUTHENTICATE = "host smtp.example.net[203.0.113.99] said: 530 5.7.0 Authentication required (in reply to MAIL FROM command)"
EXPIRED = "Remote Server returned '550 4.4.7 QUEUE.Expired; message expired'"
BANNED = "host mx.example.net[203.0.113.25] said: 550 5.7.606 Access denied, banned sending IP [198.51.100.11] (in reply to RCPT TO command)"
UNAUTHENTICATED = (
    "host mx.example.net[203.0.113.25] said: 550-5.7.26 Your email has been blocked because the sender is unauthenticated. (in reply to end of DATA command)"
)
NO_NAME = "Host or domain name not found. Name service error for name=example.net type=MX: Host not found, try again"
NO_IPV6 = "connect to mx.example.net[2001:db8:1::25]:25: Network is unreachable"
UNAUTHORISED = "550 5.7.1 Delivery not authorized"
OUTLOOK = "example-com.mail.protection.outlook.com"
TO = [f"d{number}.example.net" for number in range(6)]
LISTED = subject("listed", [listing()])
POLICY = subject("policy", [listing("zen.spamhaus.org", "policy", "high", meaning="PBL")])
INFECTED = subject("listed", [listing("zen.spamhaus.org", "listed", "high", clean_before_switch=True, meaning="XBL")])
SILENT = subject("unknown", [listing("zen.spamhaus.org", "unknown", "high", why="timeout")], clean=3)
INFORMED = subject("clean", [listing("info.example.net", "informational", "none")])
POOL = [{"address": "198.51.100.12", "helo": "mail2.example.com"}]
CHANGE = [{"at": "2026-11-20T05:30:00Z", "what": "new HELO name"}]
SHUT = [{"address": address, "outcome": "no_connection"} for address in ("203.0.113.25", "203.0.113.26")]
OPEN = [{"address": "203.0.113.25", "outcome": "no_connection"}, {"address": "203.0.113.26", "outcome": "accepted"}]
SWITCH = ["delist", "switch_outbound_ip"]
BLOCKED = ["delist", "switch_outbound_ip: blocked"]
NOTHING = ("ok", "none", None, [])
OPEN_QUESTION = ("ok", "either", None, [])
FAILED = {"failed": True, "msg": "no mail system found"}


def everywhere(text, count=4, **more):
    return [group(text, destination=destination, **more) for destination in TO[:count]]


def through(text, smarthost="smtp.example.net", **more):
    """Trouble with a smarthost, met by mail to four destinations."""
    return everywhere(text, relay_host=smarthost, relay_address="203.0.113.99", **more)


def after(destination="example.net", **more):
    """A delivery after the last refusal of ``group``."""
    return {**delivered(destination, last="2026-11-20T11:30:00Z"), **more}


def here(log=(), queue=(), sent=(), lists=None, spare=None, dns=None, **more):
    """One host: its evidence, the listing of its address and of its spare one, and its DNS checks that do not pass."""
    return {"log": log, "queue": queue, "sent": sent, "lists": lists or subject(), "spare": spare or subject(), "dns": dns or {}, **more}


def early(destination):
    return {**delivered(destination, last="2026-11-20T05:00:00Z"), "first": "2026-11-19T00:00:00Z"}


# Name: (hosts, what is expected of each: state, side, what settled its first ambiguous refusal, remedies in their order).
# Hosts are called a, b, c in the order given.
FLEETS = {
    # The stories.
    "listed since yesterday, clean spare": (
        [here([group(EXCHANGE)], lists=LISTED, pool=POOL)],
        [("refused", "ours", "self", SWITCH)],
    ),
    "listed, receivers name the list": ([here([group(LISTED_TEXT)], lists=LISTED, pool=POOL)], [("refused", "ours", None, SWITCH)]),
    "home address barred by policy": ([here([group(POLICY_TEXT)], lists=POLICY, pool=POOL)], [("refused", "ours", None, ["use_smarthost"])]),
    "policy listing named by a reply alone": ([here([group(POLICY_TEXT)])], [("refused", "ours", None, ["use_smarthost"])]),
    "branch with a local HELO name": (
        [here([group(HELO)], dns={"helo_fqdn": "fail", "helo_resolves": "fail"}, helo="server.localdomain")],
        [("refused", "ours", None, ["fix_helo"])],
    ),
    "local HELO name, reverse DNS in order": (
        [here([group(HELO)], dns={"helo_fqdn": "fail", "helo_resolves": "fail"}, helo="server.localdomain", ptr=["mail.example.com"])],
        [("refused", "ours", None, ["fix_helo"])],
    ),
    "no PTR record": ([here([group(NO_PTR)], dns={"ptr_exists": "fail"})], [("refused", "ours", None, ["fix_ptr"])]),
    "office: greylisting, a full mailbox, a typed address": (
        [here([group(GREYLISTED_TEXT), group(FULL), group(NO_USER, outcome="bounced")])],
        [("ok", "theirs", None, [])],
    ),
    "first route full, the next one took the mail": (
        [here([group(ROUTE_FULL, handled=3)], sent=[delivered("example.net", last="2026-11-20T11:30:00Z")])],
        [("ok", "theirs", None, [])],
    ),
    "every route full": ([here([group(ROUTE_FULL)], [group(ROUTE_FULL)])], [("ok", "theirs", None, [])]),
    "IPv6 without PTR": ([here([group(IPV6)], dns={"ipv6_complete": "fail"})], [("refused", "ours", None, ["fix_ptr", "prefer_ipv4"])]),
    "support desk: unknown user only": ([here([group(NO_USER, outcome="bounced")])], [("ok", "user", None, [])]),
    # Nothing to say.
    "quiet": ([here()], [NOTHING]),
    "delivering": ([here(sent=[delivered("example.net")])], [NOTHING]),
    "a refusal that has passed": ([here([group(LISTED_TEXT, last="2026-11-20T08:00:00Z")], sent=[delivered("example.net")])], [("ok", "ours", None, [])]),
    "no evidence": ([FAILED], [("unknown", "none", None, [])]),
    # What a delivery since then does not end.
    "one domain is refused, mail of others goes through": (
        [here([group(UNAUTHENTICATED, outcome="bounced", sender_domains=["bad.example"])], sent=[after()])],
        [("refused", "ours", None, ["fix_sender_auth"])],
    ),
    "the only domain was refused, and goes through now": (
        [here([group(UNAUTHENTICATED, outcome="bounced")], sent=[after()])],
        [("ok", "ours", None, [])],
    ),
    "one domain was refused two days ago": (
        [here([group(UNAUTHENTICATED, outcome="bounced", sender_domains=["bad.example"], last="2026-11-18T13:00:00Z")], sent=[after()])],
        [("ok", "ours", None, [])],
    ),
    "refused over IPv6, delivered over IPv4": (
        [here([group(IPV6, outcome="bounced", relay_address="2001:db8:1::25")], sent=[after()])],
        [("refused", "ours", None, ["fix_ptr"])],
    ),
    "refused over IPv6, delivered over it since": (
        [here([group(IPV6, outcome="bounced", relay_address="2001:db8:1::25")], sent=[after(), after(relay_address="2001:db8:1::26")])],
        [("ok", "ours", None, [])],
    ),
    "no IPv6 at all, everything goes over IPv4": (
        [here(everywhere(NO_IPV6, relay_address="2001:db8:1::25"), sent=[after(destination) for destination in TO[:4]])],
        [("ok", "ours", None, [])],
    ),
    "delisted, and nobody has refused it for an hour": (
        [here([group(LISTED_TEXT)], pool=POOL, asked="bl.spamcop.net")],
        [("refused", "ours", None, ["switch_outbound_ip: blocked"])],
    ),
    "delisted, and refused all the same": (
        [here([group(LISTED_TEXT, last="2026-11-20T11:50:00Z")], pool=POOL, asked="bl.spamcop.net")],
        [("refused", "ours", None, ["switch_outbound_ip"])],
    ),
    # Listings without refusals.
    "listed, nobody refuses": ([here(lists=LISTED, pool=POOL)], [("attention", "none", None, ["delist"])]),
    "policy listed, nobody refuses": ([here(lists=POLICY, pool=POOL)], [("attention", "none", None, [])]),
    "on an informational list": ([here(lists=INFORMED)], [NOTHING]),
    "the lists do not answer": ([here([group(UNABLE_TEXT)], lists=SILENT)], [OPEN_QUESTION]),
    # Self.
    "no connection and listed": ([here([group("421 4.2.1 unable to connect")], lists=LISTED)], [("refused", "ours", "self", BLOCKED)]),
    "expired, SPF does not authorise": (
        [here([group(EXPIRED, outcome="expired")], dns={"spf_authorises": "fail"})],
        [("refused", "ours", "self", ["fix_spf"])],
    ),
    "SPF named by the reply": ([here([group(SPF)], dns={"spf_authorises": "fail"})], [("refused", "ours", None, ["fix_spf"])]),
    "try later, and listed": ([here([group(BUSY)], lists=LISTED)], [("refused", "ours", "self", BLOCKED)]),
    "not authorised, everything in order": ([here([group("550 5.7.1 Delivery not authorized", outcome="bounced")])], [("attention", "either", None, [])]),
    "try later, everything in order": ([here([group(BUSY)])], [OPEN_QUESTION]),
    # Spread.
    "four operators time out, one takes mail": (
        [here(everywhere(UNABLE_TEXT), sent=[delivered("x.example.org")])],
        [("refused", "ours", "spread", ["check_network"])],
    ),
    "four time out, nine take mail": ([here(everywhere(UNABLE_TEXT), sent=[delivered(f"{n}.example.org") for n in range(9)])], [OPEN_QUESTION]),
    "two time out: too few to tell": ([here(everywhere(UNABLE_TEXT, 2))], [OPEN_QUESTION]),
    "one of many times out": ([here([group(UNABLE_TEXT)], sent=[delivered(f"{n}.example.org") for n in range(3)])], [("ok", "theirs", "spread", [])]),
    "no name can be resolved": ([here(everywhere(NO_NAME))], [("refused", "ours", "spread", ["fix_resolver"])]),
    "one name cannot be resolved": ([here([group(NO_NAME)], sent=[after(to) for to in TO[:4]])], [("ok", "theirs", "spread", [])]),
    "one operator of two refuses for good": (
        [here([group(UNAUTHORISED, outcome="bounced")], sent=[delivered("x.example.org")])],
        [("attention", "either", None, [])],
    ),
    "three of seven say try later, the others greylist: not many": (
        [here([group(BUSY, destination=to) for to in TO[:3]] + [group(GREYLISTED_TEXT, destination=to) for to in ("w.example.org", *TO[3:])])],
        [("ok", "theirs", None, [])],
    ),
    "four lose the connection": ([here(everywhere(LOST))], [("refused", "ours", "spread", ["check_network"])]),
    # Sisters.
    "a sister delivers there now": (
        [here([group(UNABLE_TEXT)]), here(sent=[delivered("example.net", last="2026-11-20T11:00:00Z")])],
        [("refused", "ours", "sisters", ["check_network"]), NOTHING],
    ),
    "a sister delivered there before it began": (
        [here([group(UNABLE_TEXT)]), here(sent=[early("example.net")])],
        [OPEN_QUESTION, NOTHING],
    ),
    "three hosts cannot reach it, and get mail out to others": (
        [here([group(UNABLE_TEXT)], sent=[after("x.example.org")])] * 3,
        [("ok", "theirs", "sisters", [])] * 3,
    ),
    "three hosts cannot reach it, nor anybody else since": (
        [here([group(UNABLE_TEXT)], sent=[early("x.example.org")])] * 3,
        [OPEN_QUESTION] * 3,
    ),
    "port 25 is shut for the whole fleet: sisters in the same trouble exonerate nobody": (
        [here(everywhere(UNABLE_TEXT), everywhere(UNABLE_TEXT))] * 3,
        [("refused", "ours", "spread", ["check_network"])] * 3,
    ),
    "the port is shut for three hosts of five, the others deliver": (
        [here(everywhere(UNABLE_TEXT))] * 3 + [here(sent=[after(to) for to in TO[:4]])] * 2,
        [("refused", "ours", "sisters", ["check_network"])] * 3 + [NOTHING] * 2,
    ),
    "a sister delivers to another domain of the operator": (
        [
            here([group(UNABLE_TEXT, relay_host=OUTLOOK)]),
            here(sent=[{**early("example.com"), "relay_host": OUTLOOK}, after("example.org", relay_host=OUTLOOK)]),
        ],
        [("refused", "ours", "sisters", ["check_network"]), NOTHING],
    ),
    "a sister whose clock is hours ahead is no witness": (
        [here([group(UNABLE_TEXT)]), here(sent=[delivered("example.net", last="2026-11-20T17:00:00Z")], now="2026-11-20T18:00:00Z")],
        [OPEN_QUESTION, NOTHING],
    ),
    "sisters observed three days ago are no witnesses": (
        [here([group(UNABLE_TEXT)], sent=[after("x.example.org")])]
        + [
            here(
                [group(UNABLE_TEXT, first="2026-11-17T06:00:00Z", last="2026-11-17T11:00:00Z")],
                sent=[after("x.example.org")],
                now="2026-11-17T12:00:00Z",
                asked_at="2026-11-17T12:00:00Z",
            )
        ]
        * 2,
        [OPEN_QUESTION] * 3,
    ),
    "two hosts cannot reach it: too few to tell": ([here([group(UNABLE_TEXT)])] * 2, [OPEN_QUESTION] * 2),
    "one listed host of two": (
        [here([group(LISTED_TEXT)], lists=LISTED, pool=POOL), here(sent=[delivered("example.net")])],
        [("refused", "ours", None, SWITCH), NOTHING],
    ),
    # History.
    "it began after a change": ([here([group(UNABLE_TEXT)], sent=[early("example.net")], changes=CHANGE)], [("refused", "ours", "history", ["fix_mta"])]),
    "a change, and nothing was delivered there before": ([here([group(UNABLE_TEXT)], changes=CHANGE)], [OPEN_QUESTION]),
    "a change that is too old": (
        [here([group(UNABLE_TEXT)], sent=[early("example.net")], changes=[{"at": "2026-11-10T00:00:00Z", "what": "moved"}])],
        [OPEN_QUESTION],
    ),
    "a change after it began": (
        [here([group(UNABLE_TEXT)], sent=[early("example.net")], changes=[{"at": "2026-11-20T07:00:00Z", "what": "moved"}])],
        [OPEN_QUESTION],
    ),
    # Connectivity.
    "nothing answers a probe": ([here([group(UNABLE_TEXT)], probes=SHUT)], [("refused", "ours", "connectivity", ["check_network"])]),
    "this server alone does not answer": ([here([group(UNABLE_TEXT)], probes=OPEN)], [("ok", "theirs", "connectivity", [])]),
    "the way out is shut, and listed": (
        [here([group(UNABLE_TEXT)], lists=LISTED, probes=SHUT)],
        [("refused", "ours", "connectivity", ["check_network", "delist"])],
    ),
    # What must not be done.
    "infected: no switch": ([here([group(LISTED_TEXT)], lists=INFECTED, pool=POOL)], [("refused", "ours", None, BLOCKED)]),
    "no spare address": ([here([group(LISTED_TEXT)], lists=LISTED)], [("refused", "ours", None, BLOCKED)]),
    "spare address listed too": (
        [here([group(LISTED_TEXT)], lists=LISTED, spare=LISTED, pool=POOL)],
        [("refused", "ours", None, BLOCKED)],
    ),
    "spare address unknown to a major list": (
        [here([group(LISTED_TEXT)], lists=LISTED, spare=SILENT, pool=POOL)],
        [("refused", "ours", None, BLOCKED)],
    ),
    "an hour of log": (
        [here([group(LISTED_TEXT)], lists=LISTED, pool=POOL, first="2026-11-20T11:00:00Z")],
        [("refused", "ours", None, BLOCKED)],
    ),
    # Patience.
    "rate limited": ([here([group(RATE)])], [("attention", "ours", None, ["reduce_rate"])]),
    "banned by an operator": ([here([group(BANNED)], pool=POOL)], [("refused", "ours", None, ["switch_outbound_ip"])]),
    # Behind something.
    "behind a smarthost nothing about the address counts": (
        [here(lists=LISTED, dns={"ptr_exists": "fail"}, relay="smtp.example.net")],
        [NOTHING],
    ),
    "a smarthost that asks for a password": (
        [here(through(AUTHENTICATE), relay="smtp.example.net")],
        [("refused", "ours", None, ["fix_relay_auth"])],
    ),
    "a smarthost that takes nothing for hours is one server, and ours to solve": (
        [here(through(BUSY), relay="smtp.example.net")] * 3,
        [("refused", "ours", "self", ["fix_route"])] * 3,
    ),
    "a smarthost that cannot be reached for hours": (
        [here(through(UNABLE_TEXT), relay="smtp.example.net")],
        [("refused", "ours", "self", ["check_network"])],
    ),
    "a smarthost that was busy for some minutes": (
        [here(through(BUSY, first="2026-11-20T11:45:00Z", last="2026-11-20T11:50:00Z"), relay="smtp.example.net")],
        [OPEN_QUESTION],
    ),
    "a smarthost that takes other mail meanwhile": (
        [here([group(BUSY, relay_host="smtp.example.net")], sent=[after("x.example.org", relay_host="smtp.example.net")], relay="smtp.example.net")],
        [OPEN_QUESTION],
    ),
    "three hosts behind one NAT are one to the world": ([here([group(BUSY)], nat="198.51.100.200")] * 3, [OPEN_QUESTION] * 3),
    "of four hosts two are behind one NAT: three that are refused": (
        [here([group(BUSY)], sent=[after("x.example.org")], nat="198.51.100.200")] * 2 + [here([group(BUSY)], sent=[after("x.example.org")])] * 2,
        [("ok", "theirs", "sisters", [])] * 4,
    ),
    "a sister behind the same NAT delivers: not the address": (
        [here([group(UNAUTHORISED)], nat="198.51.100.200"), here(sent=[after()], nat="198.51.100.200")],
        [("attention", "either", None, []), NOTHING],
    ),
    "a sister behind the same NAT gets a connection": (
        [here([group(UNABLE_TEXT)], nat="198.51.100.200"), here(sent=[after()], nat="198.51.100.200")],
        [("refused", "ours", "sisters", ["check_network"]), NOTHING],
    ),
    "behind undeclared NAT": ([here([group(UNABLE_TEXT)], local=["192.168.1.5"])], [OPEN_QUESTION]),
    # Mixed fleets.
    "one host fails to report, the others are judged": (
        [FAILED, here([group(LISTED_TEXT)], lists=LISTED, pool=POOL)],
        [("unknown", "none", None, []), ("refused", "ours", None, SWITCH)],
    ),
    "identity comes before address": (
        [here([group(LISTED_TEXT)], lists=LISTED, pool=POOL, dns={"ptr_exists": "fail"})],
        [("refused", "ours", None, ["fix_ptr", "delist", "switch_outbound_ip"])],
    ),
}


def judge(hosts, order=None):
    """Diagnose and plan a fleet of ``here`` rows; every host has the same two addresses in its own network."""
    observed, subjects, rows, names, zones = {}, {}, [], {}, {}
    for number, row in enumerate(hosts):
        name = "abcdef"[number]
        if row is FAILED:
            observed[name] = {"observed": FAILED}
            continue
        first, spare = f"198.51.{100 + number}.11", f"198.51.{100 + number}.12"
        helo = row.get("helo", "mail.example.com")
        relays = [{"scope": "*", "host": row["relay"], "port": 587, "origin": "x", "auth": True, "tls": "may"}] if "relay" in row else []
        inside = [f"192.168.1.{number + 1}"] if "nat" in row else row.get("local", [first, spare])
        facts = mail_host(row["log"], row["queue"], row["sent"], helo, inside, relays, row.get("first", "2026-11-18T12:00:00Z"))
        facts["now"] = row.get("now", NOW)
        pool = [{**candidate, "address": spare} for candidate in row.get("pool", [])]
        observed[name] = {"observed": {"mail_host": facts}, "pool": pool, "changes": row.get("changes"), "probes": row.get("probes")}
        observed[name].update(
            asked_at=row.get("asked_at"), smarthosts=row.get("smarthosts"), public_addresses={inside[0]: row["nat"]} if "nat" in row else None
        )
        if "ptr" in row:
            names[first] = {"ptr": row["ptr"], "name": row["ptr"][0]}
        first = row.get("nat", first)
        subjects.update({first: row["lists"], spare: row["spare"]})
        zones.update({row["asked"]: {"health": "ok"}} if "asked" in row else {})
        rows += [(first, helo, row["dns"]), (spare, "mail2.example.com", {})]
    evidence = fleet_evidence({name: observed[name] for name in order or observed})
    lists = {"subjects": subjects, "zones": zones, "resolver": {}}
    dns = sender_dns(*rows)
    for identity in dns["identities"]:
        identity.update(names.get(identity["address"], {}))
    return remediation_plan(diagnose(evidence, BASELINE, lists, dns, NOW))


def said(host):
    settled = next((row["settled_by"] for row in host["verdicts"] if row["settled_by"]), None)
    actions = [action["remedy"] + (": blocked" if action["state"] == "blocked" else "") for action in host["actions"]]
    return host["state"], host["side"], settled, actions


@pytest.mark.parametrize(("hosts", "expected"), FLEETS.values(), ids=FLEETS)
def test_fleet(hosts, expected):
    diagnosis = judge(hosts)
    assert [said(diagnosis["hosts"][name]) for name in "abcdef"[: len(hosts)]] == expected


def test_there_are_enough_fleets():
    assert len(FLEETS) >= 40


@pytest.mark.parametrize(
    "hosts", [hosts for hosts, _expected in FLEETS.values() if len(hosts) > 1], ids=[name for name, fleet in FLEETS.items() if len(fleet[0]) > 1]
)
def test_order_of_hosts_never_matters(hosts):
    names = "abcdef"[: len(hosts)]
    assert len({json.dumps(judge(hosts, order)) for order in itertools.permutations(names)}) == 1


def test_every_conclusion_states_its_evidence_and_what_would_change_it():
    for hosts, _expected in FLEETS.values():
        for host in judge(hosts)["hosts"].values():
            for row in host["verdicts"]:
                if row["verdict"]["side"] == "either":
                    assert row["why"]
                    assert row["would_change"]
                    assert row["confidence"] in ("certain", "likely", "guess")


def test_forty_hosts_with_one_trouble_share_one_cause():
    diagnosis = judge([here(dns={"spf_authorises": "fail"})] * 6)
    (cause,) = [cause for cause in diagnosis["fleet"]["causes"] if cause["control"] == "spf_authorises"]
    assert cause["hosts"] == list("abcdef")


# Whatever evidence is added beside it, a conclusion that is certain stays, unless the addition contradicts it.

# The safety laws, for every fleet of the table. POSTFIX sends from all of these hosts, so that nothing but a law keeps an action from a role.


def ready_actions():
    """(name of the fleet, row of the host, its diagnosis, fleet, ready action) for everything that a role would be given."""
    for name, (hosts, _expected) in FLEETS.items():
        diagnosis = judge([row if row is FAILED else {**row, "smarthosts": ["smtp.example.org"]} for row in hosts])
        for letter, row in zip("abcdef", hosts, strict=False):
            for action in diagnosis["hosts"][letter]["actions"]:
                if action["state"] == "ready":
                    yield name, row, diagnosis["hosts"][letter], diagnosis["fleet"], action


READY = list(ready_actions())
EACH_READY = pytest.mark.parametrize(
    ("row", "host", "fleet", "action"), [ready[1:] for ready in READY], ids=[f"{ready[0]}: {ready[4]['remedy']}" for ready in READY]
)


def test_the_laws_are_tried_on_actions_of_every_role():
    assert {ready[4]["role"] for ready in READY} == {"outbound_ip", "smarthost", "helo_name", "throttle"}
    assert len(READY) >= 10


@EACH_READY
def test_law_1_a_role_acts_on_a_current_refusal_of_ours(row, host, fleet, action):
    refusals = [verdict for verdict in host["verdicts"] if verdict["side"] == "ours" and verdict["current"]]
    explained = [
        verdict for verdict in refusals if action["remedy"] in (verdict["remedy"], *verdict["verdict"]["alternatives"]) or verdict["settled_by"] == "self"
    ]
    assert explained or (action["remedy"] == "use_smarthost" and refusals)
    domains = next((value for key, value in action["variables"].items() if key.endswith("_domains")), None)
    if domains is not None:
        assert set(domains) <= {verdict["group"]["destination"] for verdict in refusals}
        assert domains


@EACH_READY
def test_law_2_a_host_that_may_send_spam_is_not_moved(row, host, fleet, action):
    if action["remedy"] == "switch_outbound_ip":
        assert row["lists"] is not INFECTED
        assert row.get("first", "2026-11-18T12:00:00Z") < "2026-11-19T12:00:00Z"


@EACH_READY
def test_law_4_a_policy_listing_is_cured_by_a_smarthost_alone(row, host, fleet, action):
    barred = row["lists"] is POLICY or any(verdict["verdict"]["reason"] == "dynamic_ip" for verdict in host["verdicts"])
    assert not (barred and action["remedy"] == "switch_outbound_ip")


@EACH_READY
def test_law_7_nothing_rests_on_what_is_too_large_to_be_true(row, host, fleet, action):
    assert fleet["suspects"] == []


BESIDE = {
    "lists": [LISTED, POLICY, SILENT, INFORMED],
    "dns": [{"ptr_exists": "fail"}, {"helo_resolves": "unknown"}, {"spf_authorises": "fail"}],
    "sent": [[delivered("x.example.org")], [delivered(f"{n}.example.org") for n in range(5)]],
    "changes": [CHANGE],
}
beside = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in BESIDE.items()})
TROUBLES = [[], [group(UNABLE_TEXT)], everywhere(UNABLE_TEXT), [group(LISTED_TEXT), group(BUSY)]]
ELSEWHERE = [{}, {"sent": [after()]}, {"sent": [early("example.net"), after("x.example.org")]}]
sisters = st.lists(
    st.builds(lambda more, log, sent: here(**{**more, "log": log, **sent}), beside, st.sampled_from(TROUBLES), st.sampled_from(ELSEWHERE)), max_size=4
)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(beside, sisters)
def test_certain_conclusion_is_never_flipped_by_more_evidence(more, others):
    host = judge([here([group(UNABLE_TEXT)], probes=SHUT, **more), *others])["hosts"]["a"]
    row = host["verdicts"][0]
    assert (row["side"], row["settled_by"], row["confidence"]) == ("ours", "connectivity", "certain")


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(beside, sisters, st.sampled_from([(LISTED_TEXT, "ours"), (NO_USER, "user"), (FULL, "theirs"), (POLICY_TEXT, "ours"), (GREYLISTED_TEXT, "theirs")]))
def test_what_the_text_says_for_certain_stands(more, others, reply):
    text, side = reply
    assert judge([here([group(text)], **more), *others])["hosts"]["a"]["verdicts"][0]["side"] == side
