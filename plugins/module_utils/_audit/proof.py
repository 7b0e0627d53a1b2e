# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a change is proven: what became of the message that was let go, and what a probe was answered.

A judgement is ``{"state": ..., "evidence": [sentences]}``, where the state is

    proven    taken by the other side
    refused   refused because of us, or for good
    waiting   neither: not tried yet, greylisted, or their trouble that passes
    beside    refused for what only concerns this recipient or message, so that it tells nothing about the change
"""

from __future__ import annotations

import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import domain_of, to_address
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify

# Of several recipients the first state counts that one of them has: what is refused outweighs what is taken.
STATES = ("refused", "proven", "waiting", "beside")
# One mailbox's trouble, which may not pass while we wait.
ONE_MAILBOX = {"mailbox_full", "mailbox_disabled", "mailbox_busy"}
_ADDRESSES = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{1,4})?(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.:])")
# The answer of these outcomes of a probe says nothing that a rule could read.
SILENT = {"no_connection": "no connection", "connection_lost": "the connection was lost", "tls_failed": "TLS failed", "auth_failed": "the login failed"}


def judge_delivery(message, destinations=()):
    """Judge what became of one message, as ``mail_trace_info`` tells it; only recipients in ``destinations`` count, all without any."""
    domains = {domain.rstrip(".").lower() for domain in destinations}
    fates = [fate for fate in message["recipients"] if not domains or domain_of(fate["recipient"]) in domains]
    if not fates:
        return {"state": "waiting", "evidence": [f"message {message['queue_id']}: no attempt was logged yet"]}
    judged = [_judge_fate(message["queue_id"], fate) for fate in fates]
    state = next(state for state in STATES if any(state == one for one, _sentence in judged))
    return {"state": state, "evidence": [sentence for one, sentence in judged if one == state]}


def _judge_fate(queue_id, fate):
    server = fate["relay_host"] or fate["relay_address"] or "the other side"
    subject = f"message {queue_id} to {domain_of(fate['recipient']) or fate['recipient'] or 'its recipients'}"
    if fate["outcome"] == "sent":
        return "proven", f"{subject} was taken by {server}" + (f": {fate['text']}" if fate["text"] else "")
    if fate["masked"]:
        return "waiting", f"{subject} was not tried yet: {fate['text']}"
    verdict = classify(fate["text"], rhost=fate["relay_host"], recipient_domain=domain_of(fate["recipient"]) or None)
    sentence = f"{subject} was {'put off' if fate['outcome'] == 'deferred' else 'refused'} by {server} ({verdict['reason']}): {fate['text']}"
    return _judge_refusal(verdict, temporary=fate["outcome"] == "deferred"), sentence


def _judge_refusal(verdict, temporary):
    if verdict["reason"] == "greylisted":
        return "waiting"
    if verdict["side"] == "ours":
        return "refused"
    if verdict["side"] == "user" or verdict["reason"] in ONE_MAILBOX:
        return "beside"
    if temporary:
        return "waiting"
    return "beside" if verdict["side"] == "theirs" else "refused"


def judge_probe(probe, seen_as=""):
    """Judge a result of ``smtp_probe_info``: its targets are servers for the same mail, so one that would take it is enough.

    ``seen_as``: the address that they should see, which some of them name when they greet; to be seen as another one is to be refused.
    """
    judged = [_judge_target(target) for target in probe["targets"]]
    if seen_as:
        judged = [_judge_seen(target, seen_as) or one for target, one in zip(probe["targets"], judged)]
        wrong = [sentence for state, sentence in judged if state == "seen"]
        if wrong:
            return {"state": "refused", "evidence": wrong}
    for wanted in ("proven", "waiting", "refused"):
        evidence = [sentence for state, sentence in judged if state == wanted]
        if evidence:
            return {"state": wanted, "evidence": evidence}
    return {"state": "waiting", "evidence": ["no server was asked"]}


def _judge_seen(target, seen_as):
    """What is wrong with the address that a server says it sees; None where it says none, or the right one."""
    said = " ".join(line for stage in target["stages"] if stage["stage"] in ("EHLO", "HELO") for line in stage["lines"])
    named = {str(address) for address in map(to_address, _ADDRESSES.findall(said)) if address is not None} - {target["address"]}
    if not named or seen_as in named:
        return None
    return "seen", f"{target['name'] or target['address']} sees us as {', '.join(sorted(named))}, not as {seen_as}"


def _judge_target(target):
    server = target["name"] or target["address"]
    source = f" from {target['source']}" if target["source"] else ""
    if target["outcome"] == "accepted":
        stage = target["stages"][-1]["stage"] if target["stages"] else "connect"
        return "proven", f"{server} agreed{source} up to {stage}"
    last = target["stages"][-1] if target["stages"] else {"stage": "connect", "code": None, "lines": [], "error": None}
    said = " ".join(last["lines"]) or last["error"] or ""
    if target["outcome"] in SILENT:
        return "refused", f"{server}{source}: {SILENT[target['outcome']]} at {last['stage']}" + (f" ({said})" if said else "")
    verdict = classify(said, code=last["code"], command=last["stage"], rhost=target["name"])
    state = _judge_refusal(verdict, temporary=target["outcome"] == "deferred")
    # A recipient that is not there would have been asked for by somebody else too: the server spoke with us.
    return "proven" if state == "beside" else state, f"{server}{source} said at {last['stage']} ({verdict['reason']}): {said}"
