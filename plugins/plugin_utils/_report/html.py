# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""report.html: one file that needs no network, no server and no script, for a desk, a phone and paper.

Every word that is not the report's own passes through ``esc`` or ``esc_block``. A content security policy names the one style and
the one script by their hashes, so that nothing else can run even if an escape were missed. Elements are few where hosts are many: a
passed control is a cell without attributes, and what is out of view is not laid out.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import pathlib
import re

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report import picture
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import block, duration, line, moment, number
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import (
    SEVERITIES,
    SIDES,
    STATES,
    findings_in_order,
    hosts_in_order,
    queue_ages,
    refusals_by_hour,
    to_do,
    verdicts_in_order,
    worst_by_control,
)
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import counted, words

_HERE = pathlib.Path(__file__).parent
_STYLE = (_HERE / "report.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "report.js").read_text(encoding="utf-8")

_MARKS = {"refused": "✕", "attention": "!", "unknown": "?", "ok": "✓"}
_CELLS = {"pass": ("p", "✓"), "fail": ("f", "✕"), "unknown": ("u", "?"), "waived": ("w", "w"), "fixed": ("p", "✓"), "not_applicable": ("n", "–")}
_OUTCOMES = {"sent": "sent", "deferred": "deferred", "bounced": "bounced", "expired": "expired"}
_ZONE_WORDS = {"refused": "refused_zone"}

_SMALL_FLEET = 50  # hosts, up to which every picture answers to the pointer and what is not well stands open
_GROUPS_SHOWN = 12  # groups of replies for each host; the JSON report has them all
_ROWS_TOGETHER = 50  # rows of the matrix that are laid out together, under a head of their own
_MANY_CONTROLS = 12  # controls, beyond which the head of the matrix stands upright
_ACTION_TEXT_LIMIT = 20000
_LINK = re.compile(r"https://[\w.-]+(?:/[\w./?&=%#~+,:@-]*)?")
_BRACES = str.maketrans({"{": "&#123;", "}": "&#125;"})


def esc(text) -> str:
    """Foreign words for a line of HTML or a quoted attribute; braces too, lest somebody runs the file through a template engine."""
    return html.escape(line(text)).translate(_BRACES)


def esc_block(text, limit: int = 4000) -> str:
    """Foreign words for a <pre>, lines kept."""
    return html.escape(block(text, limit)).translate(_BRACES)


def _slug(*names: str) -> str:
    """An id that the same names always give, and no other names."""
    return "-".join(re.sub(r"[^A-Za-z0-9._]", lambda match: f"_{ord(match[0]):x}_", name[:120]) for name in names)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; base-uri 'none'; form-action 'none'"


def _mark(state: str) -> str:
    return f'<span class="mark {state}" aria-hidden="true">{_MARKS[state]}</span>'


def _side(side: str, w: dict) -> str:
    return f'<span class="side {side}">{w[side]}</span>' if side in SIDES else esc(side)


def _link(url) -> str:
    return f'<a href="{esc(url)}" rel="noreferrer">{esc(url)}</a>' if _LINK.fullmatch(str(url)) else esc(url)


def _copyable(text: str, label: str = "") -> str:
    """A text to take along whole, with its label."""
    head = f'<p class="label">{label}</p>' if label else ""
    return f'<div class="copy">{head}<pre tabindex="0">{esc_block(text, _ACTION_TEXT_LIMIT)}</pre></div>'


class _Page:
    """The report of one diagnosis in one language: a method for each part, in the order in which they stand on the page."""

    def __init__(self, diagnosis: dict, language: str):
        self.w = words(language)
        self.language = language
        self.diagnosis = diagnosis
        self.fleet = diagnosis["fleet"]
        self.hosts = hosts_in_order(diagnosis)
        self.small = len(self.hosts) <= _SMALL_FLEET

    def whole(self) -> str:
        w = self.w
        return (
            f'<!doctype html>\n<html lang="{self.language}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
            f"<title>{self.headline()} · {w['title']}</title>\n<style>{_STYLE}</style></head>\n"
            f'<body data-copy="{w["copy"]}" data-copied="{w["copied"]}"><a class="skip" href="#servers">{w["skip"]}</a>\n'
            f"{self.top()}\n<main>\n{self.filters()}\n{self.overview()}\n{self.pictures()}\n{self.matrix()}\n{self.sections()}\n{self.lists()}\n</main>\n"
            f"<footer><p>{w['foot']}</p></footer>\n<script>{_SCRIPT}</script></body></html>\n"
        )

    # The head of the page

    def headline(self) -> str:
        """The answer to the first question: how many are in trouble."""
        w, fleet = self.w, self.fleet
        if not self.hosts:
            return w["head_empty"]
        if len(self.hosts) == 1:
            name, host = self.hosts[0]
            return f"{esc(name)}: {w[host['state']]}"
        worst = next((state for state in STATES if fleet[state]), "ok")
        return w[f"head_{worst}"].format(n=number(fleet[worst]), all=number(fleet["hosts"]))

    def top(self) -> str:
        w, time = self.w, self.diagnosis["generated_at"]
        return (
            f'<header class="page"><p class="brand">{w["title"]} · <time datetime="{esc(time)}">{esc(moment(time))}</time></p>'
            f"<h1>{self.headline()}</h1><p>{self.counts()}</p>{self.share()}{self.doubts()}</header>"
        )

    def counts(self) -> str:
        delivered, deferred, refused = (sum(host[key] for _name, host in self.hosts) for key in ("delivered", "deferred", "refused"))
        w = self.w
        return f'<span class="n">{number(delivered)}</span> {w["delivered"]} · <span class="n">{number(deferred)}</span> {w["deferred"]} · <span class="n">{number(refused)}</span> {w["refused_count"]}'

    def share(self) -> str:
        """The states of the fleet as one bar."""
        if len(self.hosts) < 2:
            return ""
        drawn, left = [], 0
        for state in STATES:
            drawn.append(f'<rect class="{state}" x="{left}" width="{self.fleet[state]}" height="1"/>')
            left += self.fleet[state]
        told = ", ".join(f"{self.fleet[state]} {self.w[state]}" for state in STATES)
        return f'<svg class="share" viewBox="0 0 {left} 1" preserveAspectRatio="none" role="img" aria-label="{told}">{"".join(drawn)}</svg>'

    def doubts(self) -> str:
        """What weakens every judgement on the page: a resolver that cannot be believed."""
        resolver = self.fleet["resolver"]
        if resolver.get("state") in (None, "ok"):
            return ""
        return f'<p class="warn">{self.w["resolver"]}: {esc(resolver["state"])}. {esc(resolver.get("why") or "")}</p>'

    def filters(self) -> str:
        if len(self.hosts) < 2:
            return ""
        w = self.w
        choices = [("all", self.fleet["hosts"]), *((state, self.fleet[state]) for state in STATES if self.fleet[state])]
        radios = "".join(
            f'<label><input type="radio" name="state" id="s-{state}"{" checked" if state == "all" else ""}><span>{w[state]}<b>{number(count)}</b></span></label>'
            for state, count in choices
        )
        return (
            f'<div class="filter"><form role="search"><fieldset><legend>{w["show"]}</legend>{radios}</fieldset>'
            f'<input type="search" id="q" placeholder="{w["search"]}" aria-label="{w["search"]}" autocomplete="off" hidden></form></div>'
        )

    # All hosts together

    def overview(self) -> str:
        w = self.w
        rows = "\n".join(self.overview_row(i, name, host) for i, (name, host) in enumerate(self.hosts))
        head = "".join(f'<th scope="col">{w[column]}</th>' for column in ("host", "why", "side", "do"))
        return (
            f'<section aria-labelledby="servers"><h2 id="servers">{w["overview"]}</h2>'
            f'<table class="list"><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table><p class="calm" id="nobody" hidden>{w["no_match"]}</p></section>'
        )

    def overview_row(self, i: int, name: str, host: dict) -> str:
        w, state = self.w, host["state"]
        steps = "; ".join(esc(step) for step in to_do(host, w))
        return (
            f'<tr data-i="{i}" data-state="{state}"><th scope="row"><span>{_mark(state)}<a href="#{_slug("h", name)}">{esc(name)}</a></span></th>'
            f'<td>{esc(host["summary"])}</td><td class="whose" data-label="{w["side"]}">{_side(host["side"], w)}</td><td class="do" data-label="{w["do"]}">{steps}</td></tr>'
        )

    def pictures(self) -> str:
        hosts = [host for _name, host in self.hosts]
        if len(hosts) < 2:
            return ""
        return f'<section aria-label="{self.w["refusals"]}">{self.figures(hosts, pointer=True)}</section>'

    def figures(self, hosts: list, *, pointer: bool) -> str:
        logs = [host["facts"]["log"] for host in hosts if host["facts"].get("log")]
        oldest = max(((host["facts"].get("queue") or {}).get("oldest_age") or 0 for host in hosts), default=0)
        return (
            f'<div class="pictures">{picture.refusals(refusals_by_hour(hosts), logs, self.w, pointer=pointer)}'
            f"{picture.queue(queue_ages(hosts), oldest, self.w)}</div>"
        )

    def matrix(self) -> str:
        w, controls = self.w, self.diagnosis["controls"]
        if not controls or not self.hosts:
            return ""
        head = "".join(f'<th scope="col" title="{esc(control["title"])}"><span>{esc(control["title"])}</span></th>' for control in controls)
        many = " many" if len(controls) > _MANY_CONTROLS else ""
        opening = f'<table class="matrix{many}"><colgroup><col><col span="{len(controls)}"></colgroup><thead><tr><td></td>{head}</tr></thead><tbody>\n'
        rows = [self.matrix_row(i, name, host) for i, (name, host) in enumerate(self.hosts)]
        chunks = [
            f'<div class="chunk{" short" if len(rows) <= _ROWS_TOGETHER else ""}">{opening}'
            + "\n".join(rows[start : start + _ROWS_TOGETHER])
            + "</tbody></table></div>"
            for start in range(0, len(rows), _ROWS_TOGETHER)
        ]
        return f'<section aria-labelledby="matrix"><h2 id="matrix">{w["matrix"]}</h2><div class="scroll" tabindex="0" role="region" aria-labelledby="matrix">{"".join(chunks)}</div>{self.key()}</section>'

    def matrix_row(self, i: int, name: str, host: dict) -> str:
        worst = worst_by_control(host)
        cells = "".join(self.cell(name, worst.get(control["id"])) for control in self.diagnosis["controls"])
        return f'<tr data-i="{i}" data-state="{host["state"]}"><th scope="row"><a href="#{_slug("h", name)}">{esc(name)}</a>{cells}'

    def cell(self, name: str, finding: dict | None) -> str:
        """A cell of the matrix; only what is not as it should be leads somewhere."""
        if finding is None:
            return "<td>"
        status = finding["status"]
        kind, glyph = _CELLS.get(status, _CELLS["unknown"])
        if kind == "p":
            return f"<td>{glyph}"
        if kind == "n":
            return f'<td class="n">{glyph}'
        severity = f" {finding['severity']}" if kind == "f" and finding["severity"] in SEVERITIES else ""
        return f'<td class="{kind}{severity}"><a class="cell" href="#{_slug("f", name, finding["id"])}" title="{esc(finding["title"])}">{glyph}</a>'

    def key(self) -> str:
        """What the cells mean."""
        w = self.w
        samples = [(f"f {severity}", "✕", f"{w['fail']}, {w[severity]}") for severity in SEVERITIES[:3]]
        samples += [("u", "?", w["unknown"]), ("w", "w", w["waived"]), ("p", "✓", w["pass"]), ("n", "–", w["not_applicable"])]
        return (
            '<p class="key">'
            + "".join(f'<span><span class="cell {kind}" aria-hidden="true">{glyph}</span>{label}</span>' for kind, glyph, label in samples)
            + "</p>"
        )

    # One host

    def sections(self) -> str:
        written = "\n".join(self.host(i, name, host) for i, (name, host) in enumerate(self.hosts))
        return f'<section aria-labelledby="hosts"><h2 id="hosts">{self.w["hosts"]}</h2>\n{written}</section>'

    def host(self, i: int, name: str, host: dict) -> str:
        w, state = self.w, host["state"]
        opened = " open" if (self.small and state != "ok") or len(self.hosts) == 1 else ""
        steps = "; ".join(esc(step) for step in to_do(host, w))
        parts = (self.facts(host), self.warnings(host), self.actions(name, host), self.flow(host), self.replies(host), self.findings(name, host))
        return (
            f'<details class="host {state}" id="{_slug("h", name)}" data-i="{i}" data-state="{state}"{opened}>'
            f'<summary>{_mark(state)}<h3>{esc(name)} <span class="tag">{w[state]}</span></h3><p class="why">{esc(host["summary"])}</p>'
            f'<p class="then"><span>{w["side"]}: <b>{_side(host["side"], w)}</b></span><span>{w["do"]}: <b>{steps}</b></span></p></summary>'
            f'<div class="body">{"".join(parts)}</div></details>'
        )

    def facts(self, host: dict) -> str:
        """Who the host is and how much it moved."""
        w, facts = self.w, host["facts"]
        identity, log, queue, mta = (facts.get(part) or {} for part in ("identity", "log", "queue", "mta"))
        helos = sorted({source["helo"] for source in identity.get("sources", []) if source.get("helo")})
        told = [
            (w["addresses"], ", ".join(map(esc, host["addresses"]))),
            (w["helo"], ", ".join(map(esc, helos))),
            (w["mta"], esc(f"{mta.get('name', '')} {mta.get('version') or ''}") if mta else ""),
            (w["queue"], f"{number(queue['total'])} {counted(w['messages'], queue['total'])}" if queue else ""),
        ]
        if log:
            told.append(
                (
                    w["flow"],
                    f"{number(host['delivered'])} {w['delivered']}, {number(host['deferred'])} {w['deferred']}, {number(host['refused'])} {w['refused_count']}",
                )
            )
        return '<dl class="facts">' + "".join(f"<div><dt>{term}</dt><dd>{value}</dd></div>" for term, value in told if value) + "</dl>"

    def warnings(self, host: dict) -> str:
        w = self.w
        told = [(w["error"], host["error"])] if host["error"] else []
        told += [(w["warnings"], warning) for warning in host["facts"].get("warnings") or []]
        return "".join(f'<p class="warn"><b>{label}:</b> {esc(text)}</p>' for label, text in told)

    def actions(self, name: str, host: dict) -> str:
        w = self.w
        if not host["actions"]:
            return f'<h4>{w["actions"]}</h4><p class="soft">{w["no_actions"]}</p>' if host["state"] != "unknown" else ""
        titles = {finding["id"]: finding["title"] for finding in host["findings"]}
        return f'<h4>{w["actions"]}</h4><ol class="steps">' + "".join(self.action(name, action, titles) for action in host["actions"]) + "</ol>"

    def action(self, name: str, action: dict, titles: dict) -> str:
        w = self.w
        because = "; ".join(f'<a href="#{_slug("f", name, finding)}">{esc(titles.get(finding, finding))}</a>' for finding in action["because"])
        checks = [("yes", check) for check in action["passed"]] + [("no", check) for check in action["failed"]]
        state = action["state"]
        parts = [
            f'<p class="head"><b>{esc(action["title"])}</b><span class="tag {state}">{w.get(state, esc(state))}</span><code>{esc(action["remedy"])}</code></p>',
            f'<p class="small">{w["because"]}: {because}</p>' if because else "",
            '<ul class="checks">' + "".join(f'<li class="{kind}">{esc(check)}</li>' for kind, check in checks) + "</ul>" if checks else "",
            self.role(action),
            _copyable(action["text"], w["send"]) if action["text"] else "",
        ]
        return f'<li class="item">{"".join(parts)}</li>'

    def role(self, action: dict) -> str:
        """The role that carries the action out, with its variables as YAML (of which JSON values are a part)."""
        if not action["role"]:
            return ""
        variables = "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False, sort_keys=True)}" for name, value in sorted(action["variables"].items()))
        label = f"{self.w['role']} <code>{esc(action['role'])}</code>"
        return _copyable(variables, label) if variables else f'<p class="small">{label}</p>'

    def flow(self, host: dict) -> str:
        return self.figures([host], pointer=self.small) if host["facts"].get("log") or host["facts"].get("queue") else ""

    def replies(self, host: dict) -> str:
        w, verdicts = self.w, verdicts_in_order(host)
        if not verdicts:
            return ""
        more = len(verdicts) - _GROUPS_SHOWN
        rest = f'<p class="small">{w["groups_more"].format(n=number(more))}</p>' if more > 0 else ""
        return f"<h4>{w['replies']}</h4><ul>" + "".join(map(self.reply, verdicts[:_GROUPS_SHOWN])) + f"</ul>{rest}"

    def reply(self, judged: dict) -> str:
        w, group, verdict, side = self.w, judged["group"], judged["verdict"], judged["side"]
        outcome = w.get(_OUTCOMES.get(group["outcome"], ""), "")
        tries = {True: w["temporary"], False: w["permanent"]}.get(verdict["temporary"], "")
        stage = f"{w['stage']} {esc(group['stage'])}" if group["stage"] else ""
        last = f"{w['last']} {esc(moment(group['last']))}" if group["last"] else ""
        details = [
            f"{w['settled']}: {esc(judged['settled_by'])}" if judged["settled_by"] else "",
            f"{w['rule']} <code>{esc(verdict['rule'])}</code>" if verdict["rule"] else "",
            _link(verdict["reference"]) if verdict["reference"] else "",
            last,
            f"{w['ids']} <code>{esc(', '.join(map(str, group['samples'])))}</code>" if group["samples"] else "",
        ]
        where = " · ".join(filter(None, [outcome, tries, stage, w[f"in_{judged['source']}"]]))
        return (
            f'<li class="item {side if side in SIDES else "none"}"><p class="head"><b class="n">{number(group["count"])} ×</b><b>{esc(group["destination"] or "")}</b>'
            f'<code>{esc(verdict["reason"])}</code>{_side(side, w)}<span class="small">{where}</span></p>'
            f"<blockquote><pre>{esc_block(group['text'])}</pre></blockquote><p>{esc(verdict['explanation'])}</p>"
            f'<p class="small">{" · ".join(filter(None, details))}</p></li>'
        )

    def findings(self, name: str, host: dict) -> str:
        w, ordered = self.w, findings_in_order(host)
        if not ordered:
            return ""
        shown = [finding for finding in ordered if finding["status"] not in ("pass", "not_applicable")]
        in_actions = {action["text"] for action in host["actions"]}
        written = "<ul>" + "".join(self.finding(name, finding, in_actions) for finding in shown) + "</ul>" if shown else f"<p>{w['no_problems']}</p>"
        for status, label in (("pass", "passed_list"), ("not_applicable", "not_applicable_list")):
            titles = [esc(finding["title"]) for finding in ordered if finding["status"] == status]
            if titles:
                written += f'<p class="passed"><b>{w[label]} ({len(titles)}):</b> <span class="soft">{" · ".join(titles)}</span></p>'
        return f"<h4>{w['findings']}</h4>{written}"

    def finding(self, name: str, finding: dict, in_actions: set) -> str:
        w, status, severity = self.w, finding["status"], finding["severity"]
        kind, glyph = _CELLS.get(status, _CELLS["unknown"])
        cell = f"{kind} {severity}" if kind == "f" and severity in SEVERITIES else kind
        evidence = "".join(f"<li>{esc(sentence)}</li>" for sentence in finding["evidence"])
        texts = [(w[key], finding[key]) for key in ("publish", "request") if finding[key] and finding[key] not in in_actions]
        return (
            f'<li class="item" id="{_slug("f", name, finding["id"])}"><p class="head"><span class="cell {cell}" aria-hidden="true">{glyph}</span><b>{esc(finding["title"])}</b>'
            f'<code>{esc(finding["control"])}</code><span class="small">{w.get(status, esc(status))}, {w.get(severity, esc(severity))}</span></p>'
            f'<ul class="evidence">{evidence}</ul>{"".join(_copyable(text, label) for label, text in texts)}</li>'
        )

    # Below the hosts

    def lists(self) -> str:
        """The blocklists that could not be believed: each was left out of the judgement, and says why."""
        w, zones = self.w, self.fleet["zones"]
        if not zones:
            return ""
        poor = sorted((name, zone) for name, zone in zones.items() if zone["health"] != "ok")
        rows = "".join(
            f'<tr><th scope="row">{esc(name)}</th><td data-label="{w["health"]}">{w.get(_ZONE_WORDS.get(zone["health"], zone["health"]), esc(zone["health"]))}</td><td>{esc(zone["why"] or "")}</td></tr>'
            for name, zone in poor
        )
        head = "".join(f'<th scope="col">{w[column]}</th>' for column in ("zone", "health", "why"))
        table = f'<table class="list"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>' if poor else ""
        told = w["lists_ok"].format(n=number(len(zones) - len(poor)), all=number(len(zones)))
        return f'<section aria-labelledby="lists"><h2 id="lists">{w["lists"]}</h2><p>{told}</p>{table}</section>'


def html_report(diagnosis: dict, language: str = "en") -> str:
    """The whole report as one HTML file."""
    return _Page(diagnosis, language).whole()
