# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small fleets for the tests of diagnosis and plan: what the modules would have returned, with only the telling parts filled in."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies

BASELINE = load_policies(["baseline"])
NOW = "2026-11-20T12:00:00Z"
LISTED_TEXT = (
    "host mx.example.net[203.0.113.25] said: 554 5.7.1 Service unavailable; Client host [198.51.100.11] blocked using bl.spamcop.net; "
    "Blocked - see https://www.spamcop.net/bl.shtml?198.51.100.11 (in reply to RCPT TO command)"
)
POLICY_TEXT = (
    "host mx.example.net[203.0.113.25] said: 550-5.7.1 [198.51.100.11] The IP you're using to send email is not authorized "
    "to send email directly to our servers. 550 5.7.1 Please use the SMTP relay at your service provider instead. (in reply to end of DATA command)"
)
GREYLISTED_TEXT = (
    "host mx.example.net[203.0.113.25] said: 450 4.2.0 <user@example.net>: Recipient address rejected: "
    "Greylisted, please try again later (in reply to RCPT TO command)"
)
UNABLE_TEXT = "connect to mx.example.net[203.0.113.25]:25: Connection timed out"


def group(text, destination="example.net", outcome="deferred", count=3, last="2026-11-20T11:00:00Z", oldest_age=3600, **more):
    return {
        "destination": destination,
        "relay_host": f"mx.{destination}",
        "relay_address": "203.0.113.25",
        "outcome": outcome,
        "stage": None,
        "template": text,
        "text": text,
        "dsn": None,
        "count": count,
        "bytes": 1000,
        "first": "2026-11-20T06:00:00Z",
        "last": last,
        "oldest_age": oldest_age,
        "samples": ["4D3x"],
        "sender_domains": ["example.com"],
        "masked": False,
        **more,
    }


def mail_host(log=(), queue=(), delivered_to=(), helo="mail.example.com", local=("198.51.100.11", "198.51.100.12"), relays=(), first="2026-11-18T12:00:00Z"):
    """What mail_host_info says of one Postfix that sends from the first of its addresses."""
    return {
        "schema_version": 1,
        "mta": {"name": "postfix", "version": "3.7.11", "config_dir": "/etc/postfix"},
        "now": NOW,
        "snapshot": False,
        "identity": {
            "hostname": "mail.example.com",
            "local_addresses": list(local),
            "sources": [{"transport": "smtp", "address4": None, "address6": None, "helo": helo, "protocols": ["ipv4"], "origin": "default"}],
            "relays": list(relays),
            "domains": ["example.com"],
        },
        "queue": {
            "total": sum(row["count"] for row in queue),
            "bytes": 0,
            "oldest_age": max((row["oldest_age"] for row in queue), default=None),
            "by_queue": {},
            "ages": [],
            "groups": list(queue),
        },
        "log": {
            "first": first,
            "last": NOW,
            "lines": 100,
            "received": 10,
            "delivered": sum(row["count"] for row in delivered_to),
            "deferred": 0,
            "bounced": 0,
            "expired": 0,
            "cursor": {},
            "by_hour": [],
            "groups": list(log),
            "delivered_to": list(delivered_to),
            "sender_domains": [{"domain": "example.com", "count": 10}],
            "senders": {},
        },
        "warnings": [],
    }


def delivered(destination, last="2026-11-20T10:00:00Z", count=5):
    return {"destination": destination, "relay_host": f"mx.{destination}", "relay_address": "203.0.113.30", "count": count, "first": last, "last": last}


def listing(zone="bl.spamcop.net", state="listed", impact="medium", why=None, clean_before_switch=False, meaning="reported by users or traps"):
    return {
        "zone": zone,
        "name": zone,
        "state": state,
        "why": why,
        "codes": ["127.0.0.2"],
        "meaning": meaning,
        "text": "",
        "lookup_url": f"https://{zone}.example/",
        "removal_url": None,
        "remedy": "delist",
        "impact": impact,
        "kind": "spam_source",
        "clean_before_switch": clean_before_switch,
    }


def subject(state="clean", listings=(), clean=28):
    return {
        "state": state,
        "severity": "none",
        "listings": list(listings),
        "clean": clean,
        "unknown": [row["zone"] for row in listings if row["state"] == "unknown"],
    }


def dnsbl(**subjects):
    """dnsbl(a11=subject(...)): keys a11 and a12 stand for 198.51.100.11 and .12; no list has anything against the names."""
    names = {name: subject() for name in ("example.com", "mail.example.com", "mail2.example.com")}
    addresses = {f"198.51.100.{key[1:]}": value for key, value in subjects.items()}
    return {"subjects": {**names, **addresses}, "zones": {}, "resolver": {"state": "ok", "why": None}}


ALL_CHECKS = (
    *("ptr_exists", "fcrdns", "ptr_specific", "helo_fqdn", "helo_resolves", "helo_matches", "helo_matches_ptr"),
    *("spf_authorises", "spf_helo_authorises", "ipv6_complete"),
)
DOMAIN_CHECKS = ("mx_exists", "spf_published", "spf_valid", "spf_within_limits", "dmarc_published")


def sender_dns(*rows):
    """sender_dns(("198.51.100.11", "mail.example.com", {"ptr_exists": "fail"}), ...): every control not named passes."""
    identities = []
    for address, helo, differing in rows:
        checks = [
            {
                "control": control,
                "status": differing.get(control, "pass"),
                "evidence": f"{control} of {address}",
                "publish": None,
                "request": f"please mend {control}",
            }
            for control in ALL_CHECKS
        ]
        identities.append(
            {
                "host": "mx1",
                "address": address,
                "helo": helo,
                "role": "source",
                "domains": ["example.com"],
                "ptr": [],
                "name": "good.example.com",
                "checks": checks,
            }
        )
    domain = {"checks": [{"control": control, "status": "pass", "evidence": control, "publish": None, "request": None} for control in DOMAIN_CHECKS]}
    return {"identities": identities, "domains": {"example.com": domain}}


GOOD_DNS = sender_dns(("198.51.100.11", "mail.example.com", {}), ("198.51.100.12", "mail2.example.com", {}))
POOL = [{"address": "198.51.100.12", "helo": "mail2.example.com"}]
