# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""From findings to actions: the smallest safe change for each host, or why there is none.

The safety laws stand here before any role is written: nothing is done on ``unknown`` or about somebody else's fault; an address is
switched only because of a real refusal, never while the host shows signs of compromise, never to an unproven address, and never
where the whole range is barred from sending directly.
"""

from __future__ import annotations

import datetime

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import CONTROLS

# Identity before address, clean before switch: an action never spoils the one after it.
ORDER = (
    "fix_mta",
    "fix_resolver",
    "fix_helo",
    "fix_ptr",
    "fix_spf",
    "fix_sender_domain",
    "fix_relay_auth",
    "reduce_rate",
    "delist",
    "use_smarthost",
    "switch_outbound_ip",
)
# Not actions of ours: patience, or somebody else's work.
NEVER_AN_ACTION = {"wait", "none", "contact_recipient_admin", "clean_address_list", "fix_message"}
ABOUT_THE_ADDRESS = {"fix_helo", "fix_ptr", "fix_spf", "delist", "prefer_ipv4"}
# Less log than this cannot show whether the flow is ordinary.
ORDINARY_LOG_HOURS = 24

TITLES = {
    "switch_outbound_ip": "Send from another address",
    "use_smarthost": "Send through a smarthost",
    "delist": "Ask the list to remove the address, once the cause is gone",
    "fix_ptr": "Have the reverse DNS set",
    "fix_helo": "Greet with a name that resolves to the address and back",
    "fix_spf": "Authorise the address in SPF",
    "fix_sender_domain": "Make the envelope domain resolve",
    "fix_relay_auth": "Repair the authentication at the smarthost",
    "reduce_rate": "Send more slowly",
    "fix_dkim": "Repair the DKIM signature",
    "fix_dmarc": "Align the message with its DMARC policy",
    "fix_sender_auth": "Repair SPF and DKIM of the envelope domain",
    "prefer_ipv4": "Send over IPv4",
    "fix_route": "Repair the route",
    "fix_resolver": "Repair the resolver",
    "fix_mta": "Repair the mail server's configuration",
    "fix_tls": "Repair TLS",
    "check_network": "Check the network and port 25",
}

# The exact commands, for the mail systems known by now. Fields: {address}, {helo}.
COMMANDS = {
    ("switch_outbound_ip", "postfix", 4): "postconf -e 'smtp_bind_address = {address}' 'smtp_helo_name = {helo}'\npostfix reload",
    ("switch_outbound_ip", "postfix", 6): "postconf -e 'smtp_bind_address6 = {address}' 'smtp_helo_name = {helo}'\npostfix reload",
    ("fix_helo", "postfix", None): "postconf -e 'smtp_helo_name = {helo}'\npostfix reload",
    ("use_smarthost", "postfix", None): "postconf -e 'relayhost = [smtp.your-provider.example]:587' 'smtp_sasl_auth_enable = yes' "
    "'smtp_sasl_security_options = noanonymous' 'smtp_sasl_password_maps = texthash:/etc/postfix/sasl_passwd' "
    "'smtp_tls_security_level = encrypt'\npostfix reload",
    ("prefer_ipv4", "postfix", None): "postconf -P smtp/unix/inet_protocols=ipv4\npostfix reload",
}


def remediation_plan(diagnosis):
    """Return the diagnosis with the ``actions`` of every host filled in."""
    hosts = {name: dict(host, actions=_host_actions(name, host)) for name, host in diagnosis["hosts"].items()}
    return dict(diagnosis, hosts=hosts)


def _host_actions(name, host):
    if host["error"]:
        return []
    wanted = {}
    for finding in host["findings"]:
        remedy = finding["remedy"]
        if finding["status"] != "fail" or finding["side"] != "ours" or not remedy or remedy in NEVER_AN_ACTION:
            continue
        wanted.setdefault(remedy, []).append(finding)
    if not any(finding["control"] == "not_refused" for finding in wanted.get("use_smarthost", []) + wanted.get("switch_outbound_ip", [])):
        # A listing alone is a finding, not an order.
        wanted.pop("use_smarthost", None)
    if _policy_listed(host) and "switch_outbound_ip" in wanted:
        # Every address of a dynamic range is barred from sending directly: another one of it cures nothing.
        wanted.setdefault("use_smarthost", []).extend(wanted.pop("switch_outbound_ip"))
    if "use_smarthost" in wanted:
        # Behind a smarthost nobody sees this address any more, so nothing about it has to be mended.
        wanted = {remedy: findings for remedy, findings in wanted.items() if remedy not in ABOUT_THE_ADDRESS}
    rank = {remedy: position for position, remedy in enumerate(ORDER)}
    return [_action(name, host, remedy, wanted[remedy]) for remedy in sorted(wanted, key=lambda remedy: (rank.get(remedy, len(ORDER)), remedy))]


def _action(name, host, remedy, findings):
    action = {
        "host": name,
        "remedy": remedy,
        "title": TITLES.get(remedy, remedy.replace("_", " ").capitalize()),
        "role": None,
        "variables": {},
        "because": sorted({finding["id"] for finding in findings}),
        "passed": [],
        "failed": [],
        "state": "manual",
        "text": _text(host, remedy, findings),
    }
    if remedy == "switch_outbound_ip":
        _plan_switch(action, host)
    return action


def _text(host, remedy, findings):
    """What to publish, to send or to type, word by word."""
    if remedy == "fix_helo":
        names = [identity["dns"]["name"] for identity in _sources(host) if identity["dns"] and identity["dns"].get("name")]
        return _command(host, remedy, None, helo=names[0]) if names else None
    ready = [finding[key] for finding in findings for key in ("publish", "request") if finding[key]]
    if ready:
        return "\n\n".join(dict.fromkeys(ready))
    if remedy == "delist":
        return "\n".join(sentence for finding in findings for sentence in finding["evidence"])
    return _command(host, remedy, None)


def _command(host, remedy, version, **fields):
    mta = (host["facts"].get("mta") or {}).get("name")
    command = COMMANDS.get((remedy, mta, version))
    return command.format(**fields) if command and (fields or "{" not in command) else None


# Switching the address


def _sources(host):
    return [identity for identity in host["identities"] if identity["role"] == "source"]


def _policy_listed(host):
    return any(identity["listing"] and identity["listing"]["state"] == "policy" for identity in _sources(host)) or any(
        row["verdict"]["reason"] == "dynamic_ip" and row["side"] == "ours" and row["current"] for row in host["verdicts"]
    )


def _plan_switch(action, host):
    """Choose the first candidate that is proven as far as it can be before the change, and name what blocks the switch."""
    blocks = _signs_of_compromise(host)
    for candidate in [identity for identity in host["identities"] if identity["role"] == "candidate"]:
        passed, failed = _prove(candidate, host)
        if not failed:
            action["passed"] = passed
            action["variables"] = {"address": candidate["address"], "helo": candidate["helo"]}
            version = 6 if ":" in candidate["inside"] else 4
            action["text"] = _command(host, "switch_outbound_ip", version, address=candidate["inside"], helo=candidate["helo"])
            action["title"] = f"Send from {candidate['address']} ({candidate['helo']})"
            break
        action["failed"] += [f"{candidate['address']}: {reason}" for reason in failed]
    else:
        blocks.append("the host has no other address that is proven fit to send from")
    if blocks:
        action.update(state="blocked", failed=blocks + action["failed"], text=None, variables={})


def _signs_of_compromise(host):
    """Why this host must not be moved before its cause is contained."""
    signs = []
    for identity in _sources(host):
        for row in (identity["listing"] or {}).get("listings", []):
            if row["state"] == "listed" and row.get("clean_before_switch"):
                signs.append(f"{row['zone']} lists {identity['address']} as {row['meaning']}: find and stop the cause first")
    log = host["facts"].get("log") or {}
    hours = _hours_between(log.get("first"), log.get("last"))
    if hours < ORDINARY_LOG_HOURS:
        signs.append(f"the log covers {hours:.0f} hours, too little to see whether the flow of mail is ordinary")
    if (log.get("senders") or {}).get("spike"):
        signs.append("the flow of mail has a spike: a host that sends spam must not be moved")
    return signs


def _hours_between(first, last):
    if not first or not last:
        return 0.0
    form = "%Y-%m-%dT%H:%M:%SZ"
    return (datetime.datetime.strptime(last, form) - datetime.datetime.strptime(first, form)).total_seconds() / 3600


def _prove(candidate, host):
    """What is known for and against a candidate address before anything is changed; port 25 is proven at the change itself."""
    passed, failed = [], []
    bound = candidate["inside"] in host["facts"]["identity"].get("local_addresses", [])
    (passed if bound else failed).append("is bound on the host" if bound else "is not bound on the host")
    if candidate["address"] in host["addresses"]:
        failed.append("is the address that is refused")
    for check in (candidate["dns"] or {}).get("checks", []):
        if check["control"] in CONTROLS and check["status"] != "not_applicable":
            (passed if check["status"] == "pass" else failed).append(check["evidence"])
    if not candidate["dns"]:
        failed.append("its DNS was not asked")
    listing = candidate["listing"]
    if not listing or listing["state"] in ("listed", "policy"):
        failed.append(f"blocklists: {listing['state'] if listing else 'not asked'}")
    else:
        silent = [row for row in listing["listings"] if row["state"] == "unknown"]
        failed += [f"{row['zone']} cannot tell whether it is listed ({row['why']})" for row in silent if row["impact"] in ("high", "medium")]
        passed += [f"{row['zone']} could not tell ({row['why']}), which weighs little" for row in silent if row["impact"] not in ("high", "medium")]
        passed.append(f"{listing['clean']} blocklists say not listed")
    return passed, failed
