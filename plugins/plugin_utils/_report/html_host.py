# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""One host's section of report.html: the conclusion, what to do, the pictures, what the receivers said, the controls."""

from __future__ import annotations

import json

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report import picture
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.markup import (
    copyable,
    esc,
    esc_block,
    finding_id,
    host_id,
    link,
    mark,
    side_of,
    sign,
)
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import moment, number
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import (
    SIDES,
    fact,
    findings_in_order,
    queue_ages,
    refusals_by_hour,
    replies_in_order,
    to_do,
)
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import counted, translated

_GROUPS_SHOWN = 12  # groups of replies for each host; the JSON report has them all
_BECAUSE_LIMIT = 120  # characters of a finding's title that an action refers to
_EVIDENCE_LIMIT = 1000  # characters of a sentence of evidence, which may quote a reply


def host_section(i: int, name: str, host: dict, w: dict, *, small: bool, opened: bool) -> str:
    """The section of the ``i``-th host.

    ``small`` says that the fleet is small: every host has its pictures, and they answer to the pointer. In a large one a host that is
    well has none, since a thousand pictures that nobody looks at make the page slow. ``opened`` says that the section stands open.
    """
    state = host["state"]
    steps = "; ".join(esc(step) for step in to_do(host, w))
    pictures = figures([host], w, pointer=small) if host["facts"] and (small or state != "ok") else ""
    return (
        f'<details class="host {state}" id="{host_id(name)}" data-i="{i}" data-state="{state}"{" open" if opened else ""}>'
        f'<summary>{mark(state)}<h3>{esc(name)} <span class="tag">{w[state]}</span></h3><p class="why">{esc(host["summary"])}</p>'
        f'<p class="then"><span>{w["side"]}: <b>{side_of(host["side"], w)}</b></span><span>{w["do"]}: <b>{steps}</b></span></p></summary>'
        f'<div class="body">{_facts(host, w)}{_warnings(host, w)}{_actions(name, host, w)}'
        f"{pictures}{_replies(host, w)}{_findings(name, host, w)}</div></details>"
    )


def figures(hosts: list, w: dict, *, pointer: bool) -> str:
    """Both pictures of these hosts together."""
    oldest = max(fact(host, "queue").get("oldest_age") or 0 for host in hosts)
    return (
        f'<div class="pictures">{picture.refusals(refusals_by_hour(hosts), [fact(host, "log") for host in hosts], w, pointer=pointer)}'
        f"{picture.queue(queue_ages(hosts), oldest, w)}</div>"
    )


def flow(delivered: int, deferred: int, refused: int, w: dict) -> str:
    """How much moved and how much did not."""
    return f"{number(delivered)} {w['delivered']}, {number(deferred)} {w['deferred']}, {number(refused)} {w['refused_count']}"


def _facts(host: dict, w: dict) -> str:
    """Who the host is and how much it moved."""
    identity, queue, mta = (fact(host, part) for part in ("identity", "queue", "mta"))
    helos = sorted({source["helo"] for source in identity.get("sources", []) if source.get("helo")})
    told = {
        "addresses": ", ".join(map(esc, host["addresses"])),
        "helo": ", ".join(map(esc, helos)),
        "mta": esc(f"{mta['name']} {mta.get('version') or ''}") if mta else "",
        "queue": f"{number(queue['total'])} {counted(w, queue['total'], 'message', 'messages')}" if queue else "",
        "log": flow(host["delivered"], host["deferred"], host["refused"], w) if fact(host, "log") else "",
    }
    listed = "".join(f"<div><dt>{w[term]}</dt><dd>{value}</dd></div>" for term, value in told.items() if value)
    return f'<dl class="facts">{listed}</dl>' if listed else ""


def _warnings(host: dict, w: dict) -> str:
    told = [(w["error"], host["error"])] if host["error"] else []
    told += [(w["warning"], translated(w, warning)) for warning in fact(host, "warnings")]
    return "".join(f'<p class="warn"><b>{label}:</b> {esc(text)}</p>' for label, text in told)


# What to do


def _actions(name: str, host: dict, w: dict) -> str:
    if host["state"] == "unknown" and not host["actions"]:
        return ""
    titles = {finding["id"]: finding["title"] for finding in host["findings"]}
    steps = "".join(_action(name, action, titles, w) for action in host["actions"])
    return f"<h4>{w['actions']}</h4>" + (f'<ol class="steps">{steps}</ol>' if steps else f'<p class="soft">{w["no_actions"]}</p>')


def _action(name: str, action: dict, titles: dict, w: dict) -> str:
    state = action["state"]
    because = "; ".join(f'<a href="#{finding_id(name, finding)}">✕ {esc(titles.get(finding, finding), _BECAUSE_LIMIT)}</a>' for finding in action["because"])
    checks = [("yes", check) for check in action["passed"]] + [("no", check) for check in action["failed"]]
    return (
        f'<li class="item"><p class="head"><b>{esc(action["title"])}</b><span class="tag {esc(state)}">{w.get(state, esc(state))}</span>'
        f"<code>{esc(action['remedy'])}</code></p>"
        + (f'<p class="small">{w["because"]}: {because}</p>' if because else "")
        + ('<ul class="checks">' + "".join(f'<li class="{kind}">{esc(check)}</li>' for kind, check in checks) + "</ul>" if checks else "")
        + _effect(action, w)
        + _role(action, w)
        + (copyable(action["text"], w["exact"]) if action["text"] else "")
        + "</li>"
    )


def _effect(action: dict, w: dict) -> str:
    """What the action would set free."""
    effect = action["effect"]
    if not effect["queued"]:
        return ""
    queued, places = effect["queued"], esc(", ".join(effect["operators"]))
    told = w["effect"].format(n=number(queued), messages=counted(w, queued, "message", "messages"), places=places)
    return f"<p>{told}</p>"


def _role(action: dict, w: dict) -> str:
    """The role that carries the action out, with its variables as YAML (of which JSON values are a part)."""
    if not action["role"]:
        return ""
    variables = "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False, sort_keys=True)}" for name, value in sorted(action["variables"].items()))
    label = f"{w['role']} <code>{esc(action['role'])}</code>"
    return copyable(variables, label) if variables else f'<p class="small">{label}</p>'


# What the receivers said


def _replies(host: dict, w: dict) -> str:
    replies = replies_in_order(host)
    if not replies:
        return ""
    more = len(replies) - _GROUPS_SHOWN
    rest = f'<p class="small">{w["groups_more"].format(n=number(more))}</p>' if more > 0 else ""
    return f"<h4>{w['replies']}</h4><ul>{''.join(_reply(judged, waiting, w) for judged, waiting in replies[:_GROUPS_SHOWN])}</ul>{rest}"


def _reply(judged: dict, waiting: int, w: dict) -> str:
    group, verdict, side = judged["group"], judged["verdict"], judged["side"]
    return (
        f'<li class="item said {side if side in SIDES else "none"}"><p class="head"><b>{number(group["count"])} × {esc(group["destination"] or "")}</b>'
        f'<code>{esc(verdict["reason"])}</code>{side_of(side, w)}<span class="small">{_circumstances(judged, waiting, w)}</span></p>'
        f"<pre>{esc_block(group['text'])}</pre><p>{esc(verdict['explanation'])}</p>"
        f'<p class="small">{_provenance(judged, w)}</p></li>'
    )


def _circumstances(judged: dict, waiting: int, w: dict) -> str:
    """What became of the message, at which stage, and where this was read."""
    group = judged["group"]
    told = [
        w.get(f"outcome_{group['outcome']}", ""),
        {True: w["temporary"], False: w["permanent"]}.get(judged["verdict"]["temporary"], ""),
        f"{w['stage']} {esc(group['stage'])}" if group["stage"] else "",
        w["in_queue"] if judged["source"] == "queue" else w["in_log"],
        w["still_waiting"].format(n=number(waiting)) if waiting else "",
        "" if judged["current"] else w["since"],
    ]
    return " · ".join(filter(None, told))


def _provenance(judged: dict, w: dict) -> str:
    """Why the verdict may be believed, and where to look further."""
    group, verdict = judged["group"], judged["verdict"]
    told = [
        f"{w['settled']}: {esc(judged['why'])}" if judged["settled_by"] else esc(judged["why"] or ""),
        f"{w['would_change']}: {esc(judged['would_change'])}" if judged["would_change"] else "",
        f"{w['rule']} {esc(verdict['rule'])}" if verdict["rule"] else "",
        link(verdict["reference"]) if verdict["reference"] else "",
        f"{w['last']} {esc(moment(group['last']))}" if group["last"] else "",
        f"{w['ids']} {esc(', '.join(map(str, group['samples'])))}" if group["samples"] else "",
    ]
    return " · ".join(filter(None, told))


# Controls


def _findings(name: str, host: dict, w: dict) -> str:
    ordered = findings_in_order(host)
    if not ordered:
        return ""
    shown = [finding for finding in ordered if finding["status"] not in ("pass", "not_applicable")]
    in_actions = "\n".join(action["text"] or "" for action in host["actions"])
    written = f"<ul>{''.join(_finding(name, finding, in_actions, w) for finding in shown)}</ul>" if shown else f"<p>{w['no_problems']}</p>"
    for status, label in (("pass", "passed_list"), ("not_applicable", "not_applicable_list")):
        titles = [esc(finding["title"]) for finding in ordered if finding["status"] == status]
        if titles:
            written += f'<p class="passed"><b>{w[label]} ({len(titles)}):</b> <span class="soft">{" · ".join(titles)}</span></p>'
    return f"<h4>{w['findings']}</h4>{written}"


def _finding(name: str, finding: dict, in_actions: str, w: dict) -> str:
    """One finding with its evidence; a text that an action already offers is not offered twice."""
    kind, glyph = sign(finding)
    evidence = "".join(f"<li>{esc(sentence, _EVIDENCE_LIMIT)}</li>" for sentence in finding["evidence"])
    texts = [copyable(finding[key], w[key]) for key in ("publish", "request") if finding[key] and finding[key] not in in_actions]
    references = f'<p class="small">{" · ".join(map(link, finding["references"]))}</p>' if finding["references"] else ""
    return (
        f'<li class="item" id="{finding_id(name, finding["id"])}"><p class="head"><span class="cell {kind}" aria-hidden="true">{glyph}</span>'
        f"<b>{esc(finding['title'])}</b><code>{esc(finding['subject'])}</code>"
        f'<span class="small">{_standing(finding, w)}</span></p>'
        f'<ul class="evidence">{evidence}</ul>{"".join(texts)}{references}</li>'
    )


def _standing(finding: dict, w: dict) -> str:
    """Status, severity and level of a finding, since when, and how that changed."""
    told = [w.get(finding["status"], finding["status"]), w.get(finding["severity"], finding["severity"]), w.get(finding["level"], "")]
    change = w.get(finding["change"] or "", "")
    since = w["since_time"].format(time=moment(finding["since"])) if change and finding["since"] else ""
    return " · ".join(esc(part) for part in (", ".join(filter(None, told)), change, since, finding["control"]) if part)
