# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""From findings to actions: the smallest safe change for each host, or why there is none.

The safety laws stand here, before any role runs: nothing is done on ``unknown`` or about somebody else's fault; an address is
switched only because of a real refusal, never while the host shows signs of compromise, never to an unproven address, and never
where the whole range is barred from sending directly. What a role can do is ``ready``, with its role and variables; the rest is for a person.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.commands import command
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import guarded
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.documents import checks_of, sudden_senders
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.sanity import dns_controls
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.settle import operator
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish import meaning_in_spanish
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.times import seconds_between
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.words import REMEDIES, sentence, word
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import declared_domains

# Identity before address, clean before switch: an action never spoils the one after it.
ORDER = (
    *("check_network", "fix_mta", "fix_resolver", "fix_helo", "fix_ptr", "fix_spf", "fix_sender_domain", "fix_relay_auth", "reduce_rate"),
    *("delist", "use_smarthost", "switch_outbound_ip"),
)
# Not actions of ours: patience, or somebody else's work.
NEVER_AN_ACTION = {"wait", "none", "contact_recipient_admin", "clean_address_list", "fix_message"}
ABOUT_THE_ADDRESS = {"fix_helo", "fix_ptr", "fix_spf", "delist", "prefer_ipv4"}
# What a candidate address has to pass before anything is changed.
PROOF = ("ptr_exists", "fcrdns", "helo_fqdn", "helo_resolves", "helo_matches", "spf_authorises")
# Remedies whose new address or name is chosen by answers of the resolver.
CHOSEN_BY_DNS = {"switch_outbound_ip", "fix_helo"}
# How the line of a zone file goes on behind the name that has an SPF record.
SPF_RECORD = '. IN TXT "v=spf1'
# The role that carries a remedy out, and the mail systems that the roles know.
ROLES = {
    "switch_outbound_ip": "outbound_ip",
    "prefer_ipv4": "outbound_ip",
    "fix_helo": "helo_name",
    "use_smarthost": "smarthost",
    "reduce_rate": "throttle",
}
OTHER_WAYS = {"switch_outbound_ip", "prefer_ipv4", "use_smarthost"}
CHANGEABLE = {"postfix", "exim"}
# Lists that accuse of spam where a refusal names them, besides those of exploited hosts: SBL with its parts CSS and DROP.
ACCUSING = {"sbl.spamhaus.org"}
# Receivers may go by a copy of a list that is so many seconds old.
FRESH = 3600
# Less log than this cannot show whether the flow is ordinary.
ORDINARY_LOG_HOURS = 24


def remediation_plan(diagnosis, language="en"):
    """Return the diagnosis with the ``actions`` of every host filled in, in ``language`` (en, es).

    A host for which nothing can be planned keeps its findings and gets an error; the others get their actions.
    """
    asking = dns_controls(diagnosis)
    suspects = [{**suspect, "controls": asking} for suspect in diagnosis["fleet"].get("suspects", [])]
    fleet = {"suspects": suspects, "zones": diagnosis["fleet"].get("zones", {})}

    def planned(name, host):
        return {"actions": _host_actions(name, host, fleet, language)}

    def unplanned(error):
        return {"actions": [], "error": sentence("planning failed", language, error)}

    return dict(diagnosis, hosts={name: {**host, **guarded(unplanned, planned, name, host)} for name, host in diagnosis["hosts"].items()})


def _host_actions(name, host, fleet, language):
    if host["error"]:
        return []
    wanted = {}
    for finding in host["findings"]:
        if _asks(finding):
            wanted.setdefault(finding["remedy"], []).append(finding)
    for remedy in ("use_smarthost", "switch_outbound_ip"):
        # A listing alone is a finding, not an order.
        if not any(finding["control"] == "not_refused" for finding in wanted.get(remedy, [])):
            wanted.pop(remedy, None)
    if policy_listed(host) and "switch_outbound_ip" in wanted:
        # Every address of a dynamic range is barred from sending directly: another one of it cures nothing.
        wanted.setdefault("use_smarthost", []).extend(wanted.pop("switch_outbound_ip"))
    if "use_smarthost" in wanted:
        # Behind a smarthost nobody sees this address any more, so nothing about it has to be mended.
        wanted = {remedy: findings for remedy, findings in wanted.items() if remedy not in ABOUT_THE_ADDRESS}
    rank = {remedy: position for position, remedy in enumerate(ORDER)}
    ordered = sorted(wanted, key=lambda remedy: (rank.get(remedy, len(ORDER)), remedy))
    return [_action(name, host, remedy, wanted[remedy], fleet, language) for remedy in ordered]


def _asks(finding):
    """Whether a finding asks for an action of ours: a failure of weight, on our side, with a remedy that is one."""
    weighs = finding["severity"] in ("medium", "high") and finding["level"] == "required"
    return finding["status"] == "fail" and finding["side"] == "ours" and weighs and finding["remedy"] and finding["remedy"] not in NEVER_AN_ACTION


def _action(name, host, remedy, findings, fleet, language):
    action = {
        "host": name,
        "remedy": remedy,
        "title": word(REMEDIES, remedy, language),
        "role": None,
        "variables": {},
        "because": sorted({finding["id"] for finding in findings}),
        "passed": [],
        "failed": [],
        "state": "manual",
        "effect": _effect(host, remedy, findings),
        "text": _text(host, remedy, findings),
    }
    if remedy == "fix_spf":
        # No edit that keeps every sender in the record cures these.
        action["failed"] += [said for finding in findings if finding["control"] == "spf_within_limits" for said in finding["evidence"]]
    if remedy == "switch_outbound_ip":
        _plan_switch(action, host, fleet["zones"], language)
    if action["state"] == "manual":
        _hand_over(action, host, findings, language)
    doubts = [suspect["evidence"] for suspect in fleet["suspects"] if _rests_on(suspect, fleet["suspects"], name, host, findings)]
    if doubts:
        action.update(state="blocked", role=None, failed=doubts + action["failed"], text=None, variables={})
    return action


def _hand_over(action, host, findings, language):
    """Make the action ``ready`` where a role can do it on this mail system and everything that the role must be told is known."""
    chosen, action["variables"] = action["variables"], {}
    role = ROLES.get(action["remedy"])
    if role is None or _mta(host) not in CHANGEABLE:
        return
    # What another role is for keeps its way: a slower flow and a cold address work against each other.
    domains = refusing_domains(host, _remedies(action["remedy"], findings), ROLES)
    variables, missing = VARIABLES[action["remedy"]](chosen, host, domains, language)
    if not domains and action["remedy"] != "fix_helo":
        # An empty list would mean the whole host.
        missing.append(sentence("no domain known", language))
    if missing:
        action["failed"] += missing
    else:
        action.update(state="ready", role=role, variables=variables)


def refusing_domains(host, remedies, handled=()):
    """The observed recipient domains of the operators whose refusals ask for one of these: the change is for them alone, since the others take our mail.

    ``handled``: remedies whose refusals count for nothing else, since they have an action of their own.
    """
    refusing = {row["operator"] for row in _asking(host, remedies, handled)}
    seen = [(row["operator"], row["group"]["destination"]) for row in host["verdicts"]]
    seen += [(operator(row), row["destination"]) for row in (host["facts"].get("log") or {}).get("delivered_to", [])]
    return sorted(declared_domains(destination for who, destination in seen if who in refusing))


def _asking(host, remedies, handled=()):
    """The current refusals of ours that ask for one of these remedies, at least as an alternative."""
    for row in host["verdicts"]:
        wanted = {row["remedy"]} if row["remedy"] in handled else {row["remedy"], *(row["verdict"].get("alternatives") or ())}
        if row["side"] == "ours" and row["current"] and remedies & wanted:
            yield row


def _switch_variables(chosen, _host, domains, _language):
    return {**chosen, "outbound_ip_domains": domains}, []


def _ipv4_variables(_chosen, _host, domains, _language):
    return {"outbound_ip_protocols": "ipv4", "outbound_ip_domains": domains}, []


def _smarthost_variables(_chosen, host, domains, language):
    missing = [] if host["declared"]["smarthosts"] else [sentence("no smarthost", language)]
    relays = (host["facts"].get("identity") or {}).get("relays", [])
    before = [relay["scope"] for relay in relays if relay["host"] in host["declared"]["smarthosts"] and relay["scope"] != "*"]
    return {"smarthost_domains": sorted({*domains, *declared_domains(" ".join(before).replace(":", " ").split())})}, missing


def _throttle_variables(_chosen, host, domains, language):
    relays = (host["facts"].get("identity") or {}).get("relays", [])
    missing = [sentence("smarthost limits", language)] if any(relay["scope"] == "*" for relay in relays) else []
    return {"throttle_domains": domains}, missing


def _helo_variables(_chosen, host, domains, language):
    """One name that leads to every address of the default transport, and that each of them leads back to; other transports keep their own."""
    sources = _sources(host)
    usual = [identity for identity in sources if identity["transport"] == sources[0]["transport"]]
    failing = [identity for identity in usual if _fails(identity, HELO_CHECKS)] or usual
    missing = [sentence("no name leads", language, identity["address"]) for identity in failing if not _is_confirmed(identity)]
    names = sorted({identity["dns"]["name"] for identity in failing if _is_confirmed(identity)})
    if len(names) > 1:
        missing.append(sentence("several names", language, ", ".join(names)))
    return {"helo_name_name": names[0] if names else None, "helo_name_domains": domains}, missing


# For each remedy of a role: (what was chosen before, host, domains, language) -> (variables of the role, what is missing).
VARIABLES = {
    "switch_outbound_ip": _switch_variables,
    "prefer_ipv4": _ipv4_variables,
    "fix_helo": _helo_variables,
    "use_smarthost": _smarthost_variables,
    "reduce_rate": _throttle_variables,
}
HELO_CHECKS = ("helo_fqdn", "helo_resolves", "helo_matches")


def _fails(identity, controls):
    return any(check["control"] in controls and check["status"] == "fail" for check in (identity["dns"] or {}).get("checks", []))


def _is_confirmed(identity):
    """Whether the name that the address should greet with is one of its PTR names, and leads back to it."""
    dns = identity["dns"] or {}
    confirmed = any(check["control"] == "fcrdns" and check["status"] == "pass" for check in dns.get("checks", []))
    return confirmed and bool(dns.get("name")) and dns["name"] in dns.get("ptr", [])


def _remedies(remedy, findings):
    """An action's remedy, and those that it stands for as well."""
    return {remedy, *(finding["remedy"] for finding in findings)}


def _effect(host, remedy, findings):
    """What the action would set free: ``{"queued": messages, "operators": [names]}``."""
    remedies = _remedies(remedy, findings)
    # Another way out takes all mail that it helps, be it as an alternative.
    rows = [row for row in _asking(host, remedies, ROLES) if remedy in OTHER_WAYS or row["remedy"] in remedies]
    return {
        "queued": sum(row["group"]["count"] for row in rows if row["source"] == "queue"),
        "operators": sorted({row["operator"] for row in rows}),
    }


def _rests_on(suspect, suspects, name, host, findings):
    """Whether an action rests on a signal that is too large to be true."""
    if suspect["kind"] in ("clock", "evidence"):
        return suspect["subject"] == name
    if suspect["kind"] == "resolver":
        settled = {row["remedy"] for row in host["verdicts"] if row["settled_by"] == "self" and row["current"]}
        return (
            any(finding["control"] in suspect["controls"] for finding in findings)
            or not settled.isdisjoint(finding["remedy"] for finding in findings)
            or any(finding["remedy"] in CHOSEN_BY_DNS for finding in findings)
        )
    listed = {row["zone"] for identity in _sources(host) for row in (identity["listing"] or {}).get("listings", []) if row["state"] in ("listed", "policy")}
    doubtful = {other["subject"] for other in suspects if other["kind"] == "zone"}
    # Where a list beyond doubt has the address too, the doubt about the others changes nothing.
    return (
        suspect["subject"] in listed
        and listed <= doubtful
        and any(finding["remedy"] in ("delist", "use_smarthost", "switch_outbound_ip") for finding in findings)
    )


def _text(host, remedy, findings):
    """What to publish, to send or to type, word by word."""
    if remedy == "fix_helo":
        names = [identity["dns"]["name"] for identity in _sources(host) if identity["dns"] and identity["dns"].get("name")]
        return _command(host, remedy, helo=names[0]) if names else None
    # The record that authorises the address comes first: it repairs too what the others are about.
    findings = sorted(findings, key=lambda finding: finding["control"] != "spf_authorises")
    ready = _without_rivals(finding[key] for finding in findings for key in ("publish", "request") if finding[key])
    if ready:
        return "\n\n".join(ready)
    if remedy == "delist":
        told = [said if said.startswith(f"{finding['subject']}: ") else f"{finding['subject']}: {said}" for finding in findings for said in finding["evidence"]]
        return "\n".join(dict.fromkeys(told))
    return _command(host, remedy)


def _without_rivals(texts):
    """The texts, each once; of the SPF records for one name the first alone, since receivers reject two, and of the requests about one address too."""
    kept, named = [], set()
    for text in dict.fromkeys(texts):
        lines = [(line.partition(SPF_RECORD)[0] if SPF_RECORD in line else None, line) for line in text.splitlines()]
        fresh = [line for name, line in lines if name not in named]
        subject = text.partition("\n")[0] if text.startswith("Subject: ") else None
        if any(fresh) and subject not in named:
            kept.append(text if len(fresh) == len(lines) else "\n".join(fresh))
        named |= {name for name in (subject, *(name for name, _line in lines)) if name}
    return kept


def _command(host, remedy, **names):
    """The words to type on this host; Exchange's connector by its name, where an export of the connectors told it."""
    usual = next(iter((host["facts"].get("identity") or {}).get("sources", [])), {})
    connector = usual.get("transport") if str(usual.get("origin")).startswith("Send connector ") else None
    return command(_mta(host), remedy, connector=connector, **names)


def _mta(host):
    return (host["facts"].get("mta") or {}).get("name")


# Switching the address


def _sources(host):
    return [identity for identity in host["identities"] if identity["role"] == "source"]


def policy_listed(host):
    """Whether lists or refusals say that nobody should send directly from this host's range."""
    return any(identity["listing"] and identity["listing"]["state"] == "policy" for identity in _sources(host)) or any(
        row["verdict"]["reason"] == "dynamic_ip" and row["side"] == "ours" and row["current"] for row in host["verdicts"]
    )


def _plan_switch(action, host, zones, language):
    """Choose the first candidate that is proven as far as it can be before the change, and name what blocks the switch."""
    blocks, stated = signs_of_compromise(host, language), []
    if host["declared"]["cause_contained"]:
        blocks, stated = [], [sentence("stated contained", language, sign) for sign in blocks]
    blocks += _over(host, zones, language)
    for candidate in [identity for identity in host["identities"] if identity["role"] == "candidate"]:
        passed, failed = prove(candidate, host, language)
        if not failed:
            action["passed"] = passed + stated
            action["variables"] = {"outbound_ip_address": candidate["inside"], "outbound_ip_helo": candidate["helo"]}
            action["text"] = _command(host, "switch_outbound_ip", address=candidate["inside"], helo=candidate["helo"])
            action["title"] = sentence("send from", language, candidate["address"], candidate["helo"])
            break
        action["failed"] += [f"{candidate['address']}: {reason}" for reason in failed]
    else:
        blocks.append(sentence("no other address", language))
    if blocks:
        action.update(state="blocked", failed=blocks + action["failed"], text=None, variables={})


def _over(host, zones, language):
    """Why the listing that the refusals name seems to be over; nothing where any of them says more, or is of the last hour."""
    refusals = [row for row in host["verdicts"] if row["side"] == "ours" and row["current"] and row["remedy"] == "switch_outbound_ip"]
    named = {(row["verdict"].get("blocklist") or {}).get("zone") for row in refusals}
    last = max((row["group"].get("last") or "" for row in refusals), default="")
    listings = [identity["listing"] or {} for identity in _sources(host)]
    unclear = {row["zone"] for listing in listings for row in listing.get("listings", [])}
    unclear |= {zone for listing in listings for zone in listing.get("unknown", [])}
    clean = {zone for zone, told in zones.items() if told["health"] == "ok"} - unclear if all(listings) else set()
    if not named or not named <= clean or seconds_between(last, host["facts"].get("now")) < FRESH:
        return []
    return [sentence("listing over", language, ", ".join(sorted(named)), last)]


def signs_of_compromise(host, language="en"):
    """Why this host must not be moved before its cause is contained."""
    signs = []
    for identity in _sources(host):
        for row in (identity["listing"] or {}).get("listings", []):
            if row["state"] == "listed" and row.get("clean_before_switch"):
                meaning = meaning_in_spanish(row["meaning"]) if language == "es" else row["meaning"]
                signs.append(sentence("listed as", language, row["zone"], identity["address"], meaning))
    signs += [sentence("accused", language, zone) for zone in _accusing_lists(host)]
    log = host["facts"].get("log") or {}
    hours = seconds_between(log.get("first"), log.get("last")) / 3600
    if hours < ORDINARY_LOG_HOURS:
        signs.append(sentence("short log", language, round(hours)))
    signs += [sentence("shot up", language, said) for said in sudden_senders(log, language)]
    return signs


def _accusing_lists(host):
    """Lists of spamming hosts that current refusals name; our own question to them may have been refused."""
    named = [row["verdict"].get("blocklist") or {} for row in host["verdicts"] if row["side"] == "ours" and row["current"]]
    return sorted({entry["zone"] for entry in named if entry.get("kind") == "exploited" or entry.get("zone") in ACCUSING})


def prove(candidate, host, language="en"):
    """What is known for and against a candidate address before anything is changed; port 25 is proven at the change itself."""
    passed, failed = [], []
    bound = candidate["inside"] in host["facts"]["identity"].get("local_addresses", [])
    (passed if bound else failed).append(sentence("bound" if bound else "not bound", language))
    if candidate["address"] in host["addresses"]:
        failed.append(sentence("refused itself", language))
    checks = checks_of(candidate["dns"], language)
    for control in PROOF if candidate["dns"] else ():
        check = checks.get(control) or {"status": "unknown", "evidence": sentence("not checked", language, control)}
        if check["status"] != "not_applicable":
            (passed if check["status"] == "pass" else failed).append(check["evidence"])
    if not candidate["dns"]:
        failed.append(sentence("dns not asked", language))
    listing = candidate["listing"]
    if not listing:
        failed.append(sentence("lists not asked", language))
    elif listing["state"] in ("listed", "policy"):
        failed.append(sentence("on lists", language, ", ".join(row["zone"] for row in listing["listings"] if row["state"] in ("listed", "policy"))))
    else:
        for row in [row for row in listing["listings"] if row["state"] == "unknown"]:
            weighs = row["impact"] in ("high", "medium")
            (failed if weighs else passed).append(sentence("list silent" if weighs else "minor list silent", language, row["zone"], row["why"]))
        passed.append(sentence("lists clean", language, listing["clean"]))
    return passed, failed
