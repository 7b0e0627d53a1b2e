# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""report.html: one file that needs no network, no server and no script, for a desk, a phone and paper.

A content security policy names the one style and the one script by their hashes, so that nothing else could run even if an escape
were missed. Elements are few where hosts are many: a passed control is a cell without attributes, and what is out of view is not laid out.
"""

from __future__ import annotations

import base64
import hashlib
import pathlib

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.html_host import figures, flow, host_section
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.markup import esc, finding_id, host_id, mark, side_of, sign
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import moment, number
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.view import (
    SEVERITIES,
    STATES,
    change_counts,
    change_sign,
    changes_in_order,
    doubts,
    hosts_in_order,
    notes,
    to_do,
    worst_by_control,
)
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import translated, words

_HERE = pathlib.Path(__file__).parent
_STYLE = (_HERE / "report.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "report.js").read_text(encoding="utf-8")

_SMALL_FLEET = 50  # hosts, up to which every picture answers to the pointer and what is not well stands open
_CHANGES_SHOWN, _CAUSES_SHOWN, _HOSTS_NAMED = 40, 20, 8
_ROWS_TOGETHER = 50  # rows of the matrix that are laid out together, under a head of their own
_FEW_CONTROLS, _SOME_CONTROLS = 12, 24  # up to which the head of the matrix lies, or stands with room for two lines


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; base-uri 'none'; form-action 'none'"


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
        w, size = self.w, "" if self.small else ' class="large"'
        parts = (self.changes(), self.filters(), self.overview(), self.pictures(), self.causes(), self.matrix(), self.sections(), self.lists())
        return (
            f'<!doctype html>\n<html lang="{self.language}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
            f"<title>{self.headline()} · {w['title']}</title>\n<style>{_STYLE}</style></head>\n"
            f'<body data-copy="{w["copy"]}" data-copied="{w["copied"]}"><a class="skip" href="#servers">{w["skip"]}</a>\n'
            f"{self.top()}\n<main{size}>\n" + "\n".join(filter(None, parts)) + "\n</main>\n"
            f"<footer><p>{w['foot']}</p></footer>\n<script>{_SCRIPT}</script></body></html>\n"
        )

    # The head of the page

    def headline(self) -> str:
        """The answer to the first question: how many are in trouble."""
        if not self.hosts:
            return self.w["head_empty"]
        if len(self.hosts) == 1:
            name, host = self.hosts[0]
            return f"{esc(name)}: {self.w[host['state']]}"
        worst = next(state for state in STATES if self.fleet[state])
        return self.w[f"head_{worst}"].format(n=number(self.fleet[worst]), all=number(self.fleet["hosts"]))

    def top(self) -> str:
        time = esc(self.diagnosis["generated_at"])
        delivered, deferred, refused = (sum(host[key] for _name, host in self.hosts) for key in ("delivered", "deferred", "refused"))
        changed = f'<p class="changed">{change_counts(self.diagnosis, self.w)}</p>' if self.fleet["changes"]["since"] else ""
        return (
            f'<header class="page"><p class="brand">{self.w["title"]} · <time datetime="{time}">{moment(time)}</time></p>'
            f'<h1>{self.headline()}</h1><p class="n">{flow(delivered, deferred, refused, self.w)}</p>'
            f"{changed}{self.share()}{self.doubts()}</header>"
        )

    def share(self) -> str:
        """The states of the fleet as one bar."""
        if len(self.hosts) < 2:
            return ""
        drawn, left = [], 0
        for state in STATES:
            drawn.append(f'<rect class="{state}" x="{left}" width="{self.fleet[state]}" height="1"/>')
            left += self.fleet[state]
        told = ", ".join(f"{self.w[state]} {self.fleet[state]}" for state in STATES)
        return f'<svg class="share" viewBox="0 0 {left} 1" preserveAspectRatio="none" role="img" aria-label="{told}">{"".join(drawn)}</svg>'

    def doubts(self) -> str:
        return "".join(f'<p class="warn"><b>{label}:</b> {esc(text)}</p>' for label, text in doubts(self.diagnosis, self.w)) + "".join(
            f'<p class="soft">{esc(note)}</p>' for note in notes(self.diagnosis, self.w)
        )

    def changes(self) -> str:
        """What began, came back or was fixed since the previous report."""
        turned = changes_in_order(self.diagnosis)
        if not turned:
            return ""
        w = self.w
        items = "".join(
            f'<li><span class="tag {finding["change"]}">{w[finding["change"]]}</span> <b>{esc(name)}</b>'
            f' <a href="#{finding_id(name, finding["id"])}">{change_sign(finding)} {esc(finding["title"])}</a> <code>{esc(finding["subject"])}</code></li>'
            for name, finding in turned[:_CHANGES_SHOWN]
        )
        more = f"<li>{w['more'].format(n=number(len(turned) - _CHANGES_SHOWN))}</li>" if len(turned) > _CHANGES_SHOWN else ""
        return f'<section aria-labelledby="changes"><h2 id="changes">{w["changes"]}</h2><ul class="changes">{items}{more}</ul></section>'

    def filters(self) -> str:
        """The states work through the style alone; the search field appears with the script that it needs."""
        if len(self.hosts) < 2:
            return ""
        w = self.w
        choices = [("all", self.fleet["hosts"]), *((state, self.fleet[state]) for state in STATES if self.fleet[state])]
        radios = "".join(
            f'<label><input type="radio" name="state" id="s-{state}"{" checked" if state == "all" else ""}>'
            f"<span>{w[state]}<b>{number(count)}</b></span></label>"
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
            f'<table class="list"><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>'
            f'<p class="calm" id="nobody" hidden>{w["no_match"]}</p></section>'
        )

    def overview_row(self, i: int, name: str, host: dict) -> str:
        w, state = self.w, host["state"]
        steps = "; ".join(esc(step) for step in to_do(host, w))
        return (
            f'<tr data-i="{i}" data-state="{state}"><th scope="row"><span>{mark(state)}<a href="#{host_id(name)}">{esc(name)}</a></span></th>'
            f'<td>{esc(host["summary"])}</td><td class="whose" data-label="{w["side"]}">{side_of(host["side"], w)}</td>'
            f'<td class="do" data-label="{w["do"]}">{steps}</td></tr>'
        )

    def pictures(self) -> str:
        hosts = [host for _name, host in self.hosts]
        return f'<section aria-label="{self.w["refusals"]}">{figures(hosts, self.w, pointer=True)}</section>' if len(hosts) > 1 else ""

    def causes(self) -> str:
        """What fails on several hosts for the same cause, once."""
        w, shared = self.w, [cause for cause in self.fleet["causes"] if len(cause["hosts"]) > 1]
        if not shared:
            return ""
        rows = "".join(
            f'<tr><th scope="row"><span><span class="cell {kind}" aria-hidden="true">{glyph}</span>{esc(cause["title"])}</span></th>'
            f"<td>{self.some_hosts(cause['hosts'])}</td></tr>"
            for cause in shared[:_CAUSES_SHOWN]
            for kind, glyph in [sign({"status": "fail", "severity": cause["severity"]})]
        )
        head = f'<th scope="col">{w["cause"]}</th><th scope="col">{w["overview"]}</th>'
        return (
            f'<section aria-labelledby="causes"><h2 id="causes">{w["causes"]}</h2>'
            f'<table class="list causes"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>'
        )

    def some_hosts(self, names: list) -> str:
        """The number of these hosts, and the first few by name."""
        links = ", ".join(f'<a href="#{host_id(name)}">{esc(name)}</a>' for name in names[:_HOSTS_NAMED])
        return f"<b>{number(len(names))}</b>: {links}" + (", …" if len(names) > _HOSTS_NAMED else "")

    def matrix(self) -> str:
        controls = self.diagnosis["controls"]
        if not controls or not self.hosts:
            return ""
        titles = [esc(control["title"]) for control in controls]
        head = "".join(f'<th scope="col" title="{title}"><span>{title}</span></th>' for title in titles)
        opening = f'<table class="matrix"><colgroup><col><col span="{len(controls)}"></colgroup><thead><tr><td></td>{head}</tr></thead><tbody>\n'
        rows = [self.matrix_row(i, name, host) for i, (name, host) in enumerate(self.hosts)]
        together = ["\n".join(rows[start : start + _ROWS_TOGETHER]) for start in range(0, len(rows), _ROWS_TOGETHER)]
        size = "few" if len(controls) <= _FEW_CONTROLS else "some" if len(controls) <= _SOME_CONTROLS else "many"
        chunks = "".join(f'<div class="chunk {size}">{opening}{chunk}</tbody></table></div>' for chunk in together)
        return (
            f'<section aria-labelledby="matrix"><h2 id="matrix">{self.w["matrix"]}</h2>'
            f'<div class="scroll" tabindex="0" role="region" aria-labelledby="matrix">{chunks}</div>{self.key()}</section>'
        )

    def matrix_row(self, i: int, name: str, host: dict) -> str:
        worst = worst_by_control(host)
        cells = "".join(self.cell(name, worst.get(control["id"])) for control in self.diagnosis["controls"])
        return f'<tr data-i="{i}" data-state="{host["state"]}"><th scope="row"><a href="#{host_id(name)}">{esc(name)}</a>{cells}'

    @staticmethod
    def cell(name: str, finding: dict | None) -> str:
        """A cell of the matrix; only what is not as it should be leads somewhere."""
        if finding is None:
            return "<td>"
        kind, glyph = sign(finding)
        if kind == "p":
            return f"<td>{glyph}"
        if kind == "n":
            return f'<td class="n">{glyph}'
        return f'<td class="{kind}"><a class="cell" href="#{finding_id(name, finding["id"])}" title="{esc(finding["title"])}">{glyph}</a>'

    def key(self) -> str:
        """What the cells mean."""
        w = self.w
        samples = [(*sign({"status": "fail", "severity": severity}), f"{w['fail']}, {w[severity]}") for severity in SEVERITIES[:3]]
        samples += [(*sign({"status": status, "severity": ""}), w[status]) for status in ("unknown", "waived", "pass", "not_applicable")]
        return '<p class="key">' + "".join(f'<span><span class="cell {kind}">{glyph}</span>{label}</span>' for kind, glyph, label in samples) + "</p>"

    def sections(self) -> str:
        opened = [len(self.hosts) == 1 or (self.small and host["state"] != "ok") for _name, host in self.hosts]
        written = "\n".join(host_section(i, name, host, self.w, small=self.small, opened=opened[i]) for i, (name, host) in enumerate(self.hosts))
        return f'<section aria-labelledby="hosts"><h2 id="hosts">{self.w["hosts"]}</h2>\n{written}</section>' if self.hosts else ""

    # Below the hosts

    def lists(self) -> str:
        """The blocklists that could not be believed, each with its reason; of the others the number is enough."""
        w, zones = self.w, self.fleet["zones"]
        if not zones:
            return ""
        poor = sorted((name, zone) for name, zone in zones.items() if zone["health"] != "ok")
        head = "".join(f'<th scope="col">{w[column]}</th>' for column in ("zone", "health", "why"))
        rows = "".join(
            f'<tr><th scope="row">{esc(name)}</th><td data-label="{w["health"]}">{w.get("zone_" + zone["health"], esc(zone["health"]))}</td>'
            f"<td>{esc(translated(self.w, zone['why'] or ''))}</td></tr>"
            for name, zone in poor
        )
        table = f'<table class="list"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>' if poor else ""
        told = w["lists_ok"].format(n=number(len(zones) - len(poor)), all=number(len(zones)))
        return f'<section aria-labelledby="lists"><h2 id="lists">{w["lists"]}</h2><p>{told}</p>{table}</section>'


def html_report(diagnosis: dict, language: str = "en") -> str:
    """The whole report as one HTML file."""
    return _Page(diagnosis, language).whole()
