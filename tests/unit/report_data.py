# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Diagnoses for the tests of the reports: the four stories, a hostile host, and fleets of any size.

Everything is built from its arguments alone, so that two calls give equal dictionaries.
"""

from __future__ import annotations

import datetime

NOW = datetime.datetime(2026, 11, 21, 20, 34, 16, tzinfo=datetime.UTC)

CONTROLS = [
    ("address_not_listed", "Address is on no blocklist", "high"),
    ("address_not_policy_listed", "Address is on no policy list", "high"),
    ("ptr_exists", "Address has a reverse name", "high"),
    ("fcrdns", "Reverse name leads back to the address", "high"),
    ("helo_fqdn", "HELO name is fully qualified", "medium"),
    ("helo_resolves", "HELO name resolves", "medium"),
    ("helo_matches", "HELO name leads to the address", "low"),
    ("spf_authorises", "SPF authorises the address", "high"),
    ("queue_fresh", "Queue is not growing old", "medium"),
    ("no_refusals_ours", "No refusal is ours to solve", "high"),
]

# One text with a trap for every format that a report can be written in.
HOSTILE = (
    "550 <img src=x onerror=alert(1)>{{ 7*7 }}{% for x in y %}</script><!--]]>&\"'`"
    "\x1b[31mred\x1b[0m \x9b2J \u202eevil\u2066\u200b \x00nul\x7f\ufffe\ud800 ]]> @everyone **bold** [a](javascript:alert(1)) | # h\r\n"
    '=HYPERLINK("http://192.0.2.1","x")\n+1\n-1\n@SUM(1)\n\t=1\n```\n~~~\n'
)


def stamp(hours_ago: float = 0) -> str:
    """RFC 3339 UTC, that many hours before the time of the report."""
    return (NOW - datetime.timedelta(hours=hours_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def hour(hours_ago: int) -> str:
    """The start of the hour that was ``hours_ago``."""
    return (NOW - datetime.timedelta(hours=hours_ago)).strftime("%Y-%m-%dT%H:00:00Z")


def group(destination, text, *, outcome="bounced", stage="RCPT TO", count=1, by_hour=None, dsn=None, samples=("4cXyZ01abc",)) -> dict:
    """A group of ``mail_host_info``: attempts at one destination with one outcome and one template."""
    return {
        "destination": destination, "relay_host": f"mx1.{destination}", "relay_address": "203.0.113.25", "outcome": outcome, "stage": stage,
        "template": text.replace("198.51.100", "<ip>"), "text": text, "dsn": dsn, "count": count, "bytes": 4200 * count,
        "first": stamp(26), "last": stamp(0.4), "oldest_age": 93600, "samples": list(samples), "sender_domains": ["example.org"],
        "masked": False, "by_hour": by_hour or {},
    }  # fmt: skip


def verdict(reason, side, remedy, *, code=550, status="5.7.1", temporary=False, explanation="", **more) -> dict:
    """A verdict of the classifier."""
    return {
        "code": code, "status": status, "inner_code": None, "inner_status": None, "reason": reason, "sisimai_reason": "blocked", "side": side,
        "temporary": temporary, "remedy": remedy, "alternatives": [], "settle": [], "blocklist": None, "operator": None, "address": None,
        "retry_after": None, "confidence": "certain", "rule": f"{reason}.example", "matched": "blocked using",
        "reference": "https://www.rfc-editor.org/rfc/rfc5321", "explanation": explanation or f"The other side said: {reason}.",
        "template": "", **more,
    }  # fmt: skip


def judged(group_, verdict_, *, source="log", side=None, why=None) -> dict:
    """A group with its verdict; ``why`` is what settled the side where the text left it open."""
    return {
        "group": group_, "source": source, "verdict": verdict_, "operator": verdict_["operator"] or group_["destination"],
        "side": side or verdict_["side"], "remedy": verdict_["remedy"], "current": True, "settled_by": "self" if why else None, "why": why,
        "would_change": "a refusal that goes on once this is in order" if why else None, "confidence": verdict_["confidence"],
    }  # fmt: skip


def finding(host, control, subject, status="pass", *, side="none", evidence=(), remedy="none", publish=None, request=None, title=None) -> dict:
    """A finding about one control of one subject."""
    titles = {name: (text, severity) for name, text, severity in CONTROLS}
    text, severity = titles.get(control, (control, "low"))
    return {
        "id": f"{control}:{subject}", "control": control, "host": host, "subject": subject, "status": status, "severity": severity, "side": side,
        "title": title or text, "evidence": list(evidence), "remedy": remedy, "publish": publish, "request": request,
        "level": "required", "references": [], "change": None, "since": stamp(), "turns": [],
    }  # fmt: skip


def action(host, remedy, title, *, role=None, variables=None, because=(), passed=(), failed=(), state="ready", text=None) -> dict:
    """An action of the plan."""
    return {
        "host": host, "remedy": remedy, "role": role, "variables": variables or {}, "because": list(because), "passed": list(passed),
        "failed": list(failed), "state": state, "text": text, "title": title, "effect": {"queued": 0, "operators": []},
    }  # fmt: skip


def facts(hostname, address, *, helo=None, total=0, ages=(0, 0, 0, 0, 0, 0), sent=0, deferred=0, bounced=0) -> dict:
    """What ``mail_host_info`` returns, without its groups (the verdicts carry them)."""
    bounds = (3600, 14400, 43200, 86400, 259200, None)
    return {
        "schema_version": 1,
        "mta": {"name": "postfix", "version": "3.7.11", "config_dir": "/etc/postfix"},
        "now": stamp(),
        "snapshot": True,
        "identity": {
            "hostname": hostname,
            "local_addresses": [address],
            "sources": [
                {"transport": "smtp", "address4": address, "address6": None, "helo": helo or hostname, "protocols": ["ipv4"], "origin": "main.cf myhostname"}
            ],
            "relays": [],
            "domains": ["example.org"],
        },
        "queue": {
            "total": total, "bytes": total * 4200, "oldest_age": 210000 if total else 0, "by_queue": {"deferred": total},
            "ages": [{"under": bound, "count": count} for bound, count in zip(bounds, ages, strict=True)], "groups": [], "rest": {"count": 0, "groups": 0},
        },
        "log": {
            "first": stamp(49), "last": stamp(0.1), "lines": 90210, "received": sent + bounced, "delivered": sent, "deferred": deferred,
            "bounced": bounced, "expired": 0, "cursor": {"inode": 1},
            "by_hour": [{"hour": hour(ago), "sent": sent // 48, "deferred": 0, "bounced": 0, "expired": 0} for ago in range(48, -1, -1)],
            "groups": [], "rest": {"count": 0, "groups": 0}, "delivered_to": [], "sender_domains": [], "senders": {},
        },
        "warnings": [],
    }  # fmt: skip


def host(name, address, *, state="ok", side="none", summary="", verdicts=(), findings=(), actions=(), facts_=None, error=None) -> dict:
    """One host of a diagnosis; counts follow from the facts."""
    log = (facts_ or {}).get("log", {})
    return {
        "state": state, "side": side, "summary": summary, "error": error, "facts": facts_ or {}, "addresses": [address] if address else [], "declared": {},
        "verdicts": list(verdicts), "findings": list(findings), "actions": list(actions),
        "delivered": log.get("delivered", 0), "refused": log.get("bounced", 0), "deferred": log.get("deferred", 0),
    }  # fmt: skip


def causes(hosts: dict) -> list:
    """Failures by cause, those of most hosts first."""
    shared: dict = {}
    for name, entry in hosts.items():
        for each in entry["findings"]:
            if each["status"] == "fail":
                cause = {"control": each["control"], "subject": None, "title": each["title"], "severity": each["severity"], "hosts": []}
                shared.setdefault(each["control"], cause)["hosts"].append(name)
    return sorted(shared.values(), key=lambda cause: (-len(cause["hosts"]), cause["control"]))


def diagnosis(hosts: dict, *, zones=None, resolver=None, controls=CONTROLS) -> dict:  # pylint: disable=dangerous-default-value
    """A diagnosis of these hosts, with the counts of its fleet."""
    states = [entry["state"] for entry in hosts.values()]
    return {
        "schema_version": 1,
        "generated_at": stamp(),
        "hosts": hosts,
        "fleet": {
            "hosts": len(states),
            **{state: states.count(state) for state in ("ok", "attention", "refused", "unknown")},
            "zones": zones or {},
            "causes": causes(hosts),
            "changes": {"since": None, **{change: [] for change in ("new", "fixed", "open", "flapping", "dropped")}},
            "suspects": [],
            "errors": [],
            "notes": [],
            "resolver": resolver or {"state": "ok", "why": ""},
        },
        "controls": [{"id": name, "title": title, "scope": "address", "severity": severity, "level": "required"} for name, title, severity in controls],
    }


def passes(name, address, *except_for) -> list:
    """A pass of every control that is not named."""
    return [
        finding(name, control, address, evidence=[f"{title}: checked at {address}."]) for control, title, _severity in CONTROLS if control not in except_for
    ]


def home() -> dict:
    """A policy-listed address, refused by one operator."""
    name, address = "home", "198.51.100.11"
    text = (
        f"550-5.7.1 [{address}] The IP you're using to send mail is not authorized to\n"
        "550-5.7.1 send email directly to our servers. Please use the SMTP relay at your\n550 5.7.1 service provider instead. a1-20020a05"
    )
    return host(
        name,
        address,
        state="refused",
        side="ours",
        summary=f"gmail.example refuses {address}: the address is on a policy list for home connections",
        facts_=facts("mail.home.example", address, total=9, ages=(2, 1, 3, 2, 1, 0), sent=31, deferred=3, bounced=48),
        verdicts=[
            judged(
                group("gmail.example", text, count=48, stage="end of DATA", by_hour={hour(ago): 1 + ago % 4 for ago in range(0, 30, 2)}),
                verdict(
                    "dynamic_ip", "ours", "use_smarthost", operator="google", address=address, explanation="The receiver takes no mail from home connections."
                ),
                why="the policy list names the address",
            ),
            judged(
                group("gmail.example", text, count=9, outcome="deferred", stage="end of DATA"),
                verdict("dynamic_ip", "ours", "use_smarthost", code=421, status="4.7.0", temporary=True, operator="google"),
                source="queue",
            ),
        ],
        findings=[
            finding(
                name,
                "address_not_policy_listed",
                address,
                "fail",
                side="ours",
                remedy="use_smarthost",
                title=f"{address} is on a policy list",
                evidence=[
                    "pbl.example answers 127.0.0.10 for 11.100.51.198: policy, maintained by the provider.",
                    "gmail.example refused 48 messages in 26 hours.",
                ],
            ),
            finding(
                name,
                "no_refusals_ours",
                address,
                "fail",
                side="ours",
                remedy="use_smarthost",
                title="48 refusals are ours to solve",
                evidence=["dynamic_ip: 48 messages to 1 operator (google)."],
            ),
            *passes(name, address, "address_not_policy_listed", "no_refusals_ours"),
        ],
        actions=[
            action(
                name,
                "use_smarthost",
                "Send through your provider's relay",
                role="smarthost",
                state="manual",
                variables={"smarthost_host": "smtp.example.net", "smarthost_port": 587, "smarthost_scope": ["gmail.example"]},
                because=[f"address_not_policy_listed:{address}", f"no_refusals_ours:{address}"],
                passed=["a real refusal is explained by the listing"],
                failed=["smarthost_host is not set"],
                text=None,
            ),
        ],
    )


def shop() -> dict:
    """An address on a reputation list, with a clean one in its pool."""
    name, address = "shop", "198.51.100.22"
    text = f"554 5.7.1 Service unavailable; Client host [{address}] blocked using rep.example; https://rep.example/query/{address}"
    spread = {hour(ago): 3 + (ago * 7) % 11 for ago in range(22)}
    return host(
        name,
        address,
        state="refused",
        side="ours",
        summary=f"Three operators refuse {address}, naming rep.example, since yesterday",
        facts_=facts("mail.shop.example", address, total=137, ages=(40, 31, 38, 28, 0, 0), sent=4210, deferred=61, bounced=412),
        verdicts=[
            judged(
                group(domain, text, count=count, by_hour={when: max(1, n * count // 200) for when, n in spread.items()}),
                verdict(
                    "ip_blocklisted",
                    "ours",
                    "switch_outbound_ip",
                    code=554,
                    blocklist="rep.example",
                    address=address,
                    alternatives=["delist"],
                    explanation="The receiver asks the list rep.example, and the list names our address.",
                ),
                why="rep.example lists the address, its test points pass",
            )
            for domain, count in (("example.net", 203), ("example.com", 150), ("mail.example", 59))
        ]
        + [
            judged(
                group("example.net", "452 4.2.2 The recipient's mailbox is over quota", count=7, outcome="deferred", by_hour={hour(5): 3, hour(9): 4}),
                verdict("mailbox_full", "theirs", "wait", code=452, status="4.2.2", temporary=True),
            )
        ],
        findings=[
            finding(
                name,
                "address_not_listed",
                address,
                "fail",
                side="ours",
                remedy="switch_outbound_ip",
                title=f"{address} is listed at rep.example",
                evidence=[
                    "rep.example answers 127.0.0.2: sends to spam traps; the zone passed its test points.",
                    "412 messages to 3 operators name this list.",
                ],
            ),
            finding(
                name,
                "no_refusals_ours",
                address,
                "fail",
                side="ours",
                remedy="switch_outbound_ip",
                title="412 refusals are ours to solve",
                evidence=["ip_blocklisted: 412 messages to 3 operators."],
            ),
            finding(name, "queue_fresh", "queue", "unknown", title="Queue is not growing old", evidence=["The queue was read once: no trend yet."]),
            *passes(name, address, "address_not_listed", "no_refusals_ours", "queue_fresh"),
        ],
        actions=[
            action(
                name,
                "switch_outbound_ip",
                "Send from 198.51.100.23 to the operators that refuse",
                role="outbound_ip",
                variables={"outbound_ip_candidates": ["198.51.100.23"], "outbound_ip_scope": ["example.net", "example.com", "mail.example"]},
                because=[f"address_not_listed:{address}", f"no_refusals_ours:{address}"],
                passed=[
                    "198.51.100.23 is bound on the host",
                    "FCrDNS",
                    "HELO match",
                    "SPF for example.org",
                    "every high and medium zone: not listed",
                    "49 hours of ordinary log",
                ],
            ),
            action(
                name,
                "delist",
                "Ask rep.example to remove 198.51.100.22",
                state="manual",
                because=[f"address_not_listed:{address}"],
                text=f"https://rep.example/removal?ip={address}\n\nThe cause is contained: (say here what happened and since when it no longer does).",
            ),
        ],
    )


def branch() -> dict:
    """No reverse name, and a HELO name that nobody can resolve."""
    name, address = "branch", "198.51.100.33"
    request = (
        f"Please set the reverse DNS (PTR) of {address} to mail.branch.example.\n\nThe name resolves already:\n\n    mail.branch.example. IN A {address}\n"
    )
    return host(
        name,
        address,
        state="refused",
        side="ours",
        summary="Two operators refuse us: the address has no reverse name, and HELO is server.localdomain",
        facts_=facts("server.localdomain", address, total=21, ages=(3, 2, 4, 5, 6, 1), sent=96, deferred=14, bounced=33),
        verdicts=[
            judged(
                group(
                    "example.com",
                    f"550 5.7.25 [{address}] The IP address sending this message does not have a PTR record setup",
                    count=21,
                    stage="connect",
                    by_hour={hour(ago): 2 for ago in range(1, 12)},
                ),
                verdict("ptr_missing", "ours", "fix_ptr", status="5.7.25", address=address, explanation="The receiver wants a reverse name for our address."),
                why="no PTR record at the address",
            ),
            judged(
                group(
                    "example.net",
                    "450 4.7.1 <server.localdomain>: Helo command rejected: Host not found",
                    count=14,
                    outcome="deferred",
                    stage="RCPT TO",
                    by_hour={hour(ago): 1 for ago in range(3, 17)},
                ),
                verdict(
                    "helo_rejected", "ours", "fix_helo", code=450, status="4.7.1", temporary=True, explanation="The name that we greet with does not exist."
                ),
                why="server.localdomain: NXDOMAIN",
            ),
        ],
        findings=[
            finding(
                name,
                "ptr_exists",
                address,
                "fail",
                side="ours",
                remedy="fix_ptr",
                title=f"{address} has no reverse name",
                evidence=["33.100.51.198.in-addr.arpa PTR: NXDOMAIN."],
                request=request,
            ),
            finding(name, "fcrdns", address, "not_applicable", title="Reverse name leads back to the address", evidence=["There is no reverse name."]),
            finding(
                name,
                "helo_fqdn",
                "server.localdomain",
                "fail",
                side="ours",
                remedy="fix_helo",
                title="HELO is server.localdomain",
                evidence=["localdomain is not a domain of the public DNS."],
            ),
            finding(
                name,
                "helo_resolves",
                "server.localdomain",
                "fail",
                side="ours",
                remedy="fix_helo",
                title="server.localdomain does not resolve",
                evidence=["server.localdomain A: NXDOMAIN.", "server.localdomain AAAA: NXDOMAIN."],
                publish="mail.branch.example. 3600 IN A 198.51.100.33",
            ),
            finding(
                name,
                "helo_matches",
                "server.localdomain",
                "waived",
                title="HELO name leads to the address",
                evidence=["Waived until 2026-12-31: moving to a new line."],
            ),
            *passes(name, address, "ptr_exists", "fcrdns", "helo_fqdn", "helo_resolves", "helo_matches"),
        ],
        actions=[
            action(
                name,
                "fix_helo",
                "Greet as mail.branch.example",
                role="helo_name",
                variables={"helo_name": "mail.branch.example"},
                because=["helo_fqdn:server.localdomain", "helo_resolves:server.localdomain"],
                passed=["mail.branch.example resolves to 198.51.100.33"],
            ),
            action(name, "fix_ptr", "Ask the provider for the reverse name", state="manual", because=[f"ptr_exists:{address}"], text=request),
        ],
    )


def office() -> dict:
    """Refusals that are not ours."""
    name, address = "office", "198.51.100.44"
    replies = (
        ("451 4.7.1 Greylisting in action, please come back later", "greylisted", "theirs", "wait", 12, "deferred"),
        ("452 4.2.2 <someone@example.com>: mailbox full", "mailbox_full", "theirs", "wait", 4, "deferred"),
        ("452 4.3.1 Insufficient system storage", "system_full", "theirs", "wait", 1, "deferred"),
        ("550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown", "user_unknown", "user", "clean_address_list", 2, "bounced"),
    )
    return host(
        name,
        address,
        side="theirs",
        summary="Mail flows; what was refused lies with the receivers or the address typed",
        facts_=facts("mail.office.example", address, total=3, ages=(1, 2, 0, 0, 0, 0), sent=1204, deferred=17, bounced=2),
        verdicts=[
            judged(
                group("example.com", text, count=count, outcome=outcome, by_hour={hour(4 + i): count}),
                verdict(reason, side, remedy, temporary=outcome == "deferred", code=int(text[:3]), status=text[4:9]),
            )
            for i, (text, reason, side, remedy, count, outcome) in enumerate(replies)
        ],
        findings=passes(name, address),
    )


def stories() -> dict:
    """The four hosts of the demonstration fleet and the blocklists that they meet."""
    return diagnosis(
        {"home": home(), "shop": shop(), "branch": branch(), "office": office()},
        zones={
            "rep.example": {"health": "ok", "why": "", "asked": 5, "answered": 5},
            "pbl.example": {"health": "ok", "why": "", "asked": 5, "answered": 5},
            "dead.example": {"health": "suspect", "why": "zone_dead: it lists 127.0.0.1", "asked": 2, "answered": 2},
            "refusing.example": {"health": "refused", "why": "resolver_refused: 127.255.255.254", "asked": 2, "answered": 2},
            "slow.example": {"health": "unreachable", "why": "timeout", "asked": 2, "answered": 0},
        },
    )


def since_last_time() -> dict:
    """The stories as the second report of two: shop's listing is new, branch's HELO comes and goes, home's PTR is fixed, the rest goes on."""
    report = stories()
    changes = report["fleet"]["changes"]
    changes["since"] = stamp(24)
    turned = {("shop", "address_not_listed"): "new", ("branch", "helo_fqdn"): "flapping", ("home", "ptr_exists"): "fixed"}
    for name, entry in report["hosts"].items():
        for each in entry["findings"]:
            change = turned.get((name, each["control"]), "open" if each["status"] == "fail" else None)
            if change:
                each.update(change=change, since=stamp(24 if change == "open" else 0), status="fixed" if change == "fixed" else each["status"])
                changes[change].append(f"{name} {each['id']}")
    report["fleet"]["suspects"] = [{"kind": "zone", "subject": "rep.example", "evidence": "rep.example newly lists 3 of 4 addresses of the fleet."}]
    return report


def hostile(text: str = HOSTILE) -> dict:
    """A host whose every remote word is ``text``, beside a host that could not be read."""
    name, address = "mx<b>1", "198.51.100.66"
    report = diagnosis(
        {
            name: host(
                name,
                address,
                state="refused",
                side="either",
                summary=text,
                facts_={**facts(text, address, helo=text, total=5, ages=(5, 0, 0, 0, 0, 0), bounced=3), "warnings": [text]},
                verdicts=[
                    judged(
                        group(text, text, count=3, by_hour={hour(1): 3}, samples=[text]),
                        verdict(text, "either", text, matched=text, reference=text, explanation=text),
                        why=text,
                    )
                ],
                findings=[
                    finding(name, "address_not_listed", text, "fail", side="ours", evidence=[text], title=text, publish=text, request=text),
                    *passes(name, address, "address_not_listed"),
                ],
                actions=[
                    action(
                        name,
                        "fix_ptr",
                        text,
                        state="manual",
                        because=[f"address_not_listed:{text}"],
                        passed=[text],
                        failed=[text],
                        text=text,
                        role=text,
                        variables={"name": text},
                    )
                ],
            ),
            "silent": host("silent", "", state="unknown", error=text, summary=text),
        },
        zones={text: {"health": "refused", "why": text, "asked": 1, "answered": 1}},
        resolver={"state": "refused", "why": text},
    )
    report["fleet"]["causes"][0]["hosts"] = [name, "silent"]
    report["fleet"]["suspects"] = [{"kind": "zone", "subject": text, "evidence": text}]
    report["fleet"]["errors"] = [text]
    report["fleet"]["changes"].update(since=stamp(24), new=[f"{name} address_not_listed:{text}"])
    worst = report["hosts"][name]["findings"][0]
    worst.update(change="new", references=[text])
    report["hosts"][name]["actions"][0]["effect"] = {"queued": 3, "operators": [text]}
    return report


def fleet(hosts: int = 1000, controls: int = 40) -> dict:
    """A fleet of any size: one host in ten refused, one in twenty with something to look at, one in fifty not judged."""
    table = [(f"control_{n:02d}", f"Control number {n}", ("low", "medium", "high")[n % 3]) for n in range(controls)]
    members = {}
    for i in range(hosts):
        name, address = f"mx{i:04d}.example.net", f"198.51.{100 + i // 256 % 100}.{i % 256}"
        state = "refused" if i % 10 == 3 else "unknown" if i % 50 == 8 else "attention" if i % 20 == 5 else "ok"
        base = {"refused": shop, "attention": branch, "unknown": office, "ok": office}[state]()
        bad = {"refused": 3, "attention": 2, "unknown": 0, "ok": 0}[state]
        findings = [
            {
                **finding(
                    name,
                    control,
                    address,
                    "fail" if (n + i) % controls < bad else "unknown" if (n * 7 + i) % 97 == 0 else "pass",
                    evidence=[f"{title} was looked at: {address}."],
                    title=title,
                ),
                "severity": severity,
            }
            for n, (control, title, severity) in enumerate(table)
        ]
        failed = [entry["id"] for entry in findings if entry["status"] == "fail"]
        members[name] = {
            **base,
            "state": state,
            "addresses": [address],
            "findings": findings,
            "actions": [{**entry, "host": name, "because": failed} for entry in base["actions"]] if bad else [],
            **({"error": "The log could not be read: /var/log/mail.log: permission denied", "facts": {}, "verdicts": []} if state == "unknown" else {}),
        }
    return diagnosis(members, zones=stories()["fleet"]["zones"], controls=table)
