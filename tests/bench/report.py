# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Benchmark ``report``: every format for a fleet of 1,000 hosts x 40 controls, the HTML page beside the same tables rendered by Jinja2.

    python tests/bench/report.py

The peer is what a role would do without this filter: one compiled template with autoescape, that writes the table of hosts, the matrix,
and for each host what is not as it should be with the replies word by word; no pictures, no hidden characters made visible.
The numbers are findings a second. The run fails where a page misses cells or hosts, all formats together take longer than half of the ten
seconds that diagnosis and reports may take, or the process grows over 500 MB.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time

import jinja2
from _common import alternate, tell

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import FORMATS, render
from ansible_collections.postmaster.deliverability.tests.unit import report_data

HOSTS, CONTROLS = 1000, 40
FINDINGS = HOSTS * CONTROLS
SECONDS = 5.0
MEMORY_LIMIT = 500  # MB

TEMPLATE = """<!doctype html><html><head><meta charset="utf-8"><title>Report</title></head><body>
<table class="list">{% for name, host in hosts %}
<tr><th>{{ name }}</th><td>{{ host.state }}</td><td>{{ host.summary }}</td><td>{{ host.side }}</td>
<td>{% for action in host.actions %}{{ action.title }}; {% endfor %}</td></tr>{% endfor %}</table>
<table class="matrix"><tr><td></td>{% for control in controls %}<th>{{ control.title }}</th>{% endfor %}</tr>{% for name, host in hosts %}
<tr><th><a href="#{{ name }}">{{ name }}</a></th>{% for finding in host.findings %}
<td class="{{ finding.status }}">{{ signs[finding.status] }}</td>{% endfor %}</tr>{% endfor %}</table>
{% for name, host in hosts %}<section id="{{ name }}"><h3>{{ name }}</h3><p>{{ host.summary }}</p>
{% for action in host.actions %}<div><b>{{ action.title }}</b> {{ action.state }} {{ action.remedy }}
{% for id in action.because %}{{ id }}; {% endfor %}<pre>{{ action.text or "" }}</pre></div>{% endfor %}
{% for row in host.verdicts %}<div><b>{{ row.group.count }} {{ row.group.destination }}</b> {{ row.verdict.reason }} {{ row.side }}
<pre>{{ row.group.text }}</pre><p>{{ row.verdict.explanation }}</p><p>{{ row.verdict.rule }} {{ row.verdict.reference }}
{{ row.group.last }}</p></div>{% endfor %}
{% for finding in host.findings if finding.status not in ("pass", "not_applicable") %}<div id="{{ name }}-{{ finding.id }}"><b>{{ finding.title }}</b>
{{ finding.subject }} {{ finding.status }} {{ finding.severity }}<ul>{% for sentence in finding.evidence %}<li>{{ sentence }}</li>{% endfor %}</ul>
</div>{% endfor %}</section>
{% endfor %}</body></html>
"""
SIGNS = {"pass": "✓", "fail": "✕", "unknown": "?"}


def timed(write) -> float:
    """Findings a second of processor time of one run of ``write``: nothing waits here, and other programs do not count."""
    started = time.process_time()
    write()
    return FINDINGS / (time.process_time() - started)


def main() -> int:
    diagnosis = report_data.fleet(HOSTS, CONTROLS)
    template = jinja2.Environment(autoescape=True).from_string(TEMPLATE)

    def peer() -> str:
        return template.render(hosts=sorted(diagnosis["hosts"].items()), controls=diagnosis["controls"], signs=SIGNS)

    problems = []
    for name, page in (("ours", render(diagnosis, "html")), ("peer", peer())):
        rows, cells = page.count("<tr"), page.count("<td")
        print(f"# {name}: {len(page) / 1e6:.1f} MB of HTML, {page.count('<'):,} tags, {rows:,} rows")
        problems += [f"{name}: only {cells} cells"] if cells < FINDINGS else []
        problems += [f"{name}: {host} is missing" for host in diagnosis["hosts"] if host not in page]

    print(f"# report: the HTML page of {HOSTS} hosts x {CONTROLS} controls; peer jinja2 {jinja2.__version__}, one compiled template with autoescape")
    runs = alternate(ours=lambda: timed(lambda: render(diagnosis, "html")), peer=lambda: timed(peer))
    tell("report", runs["ours"], runs["peer"], unit="findings/s")

    print(f"# report: all {len(FORMATS)} formats one after the other; limit {SECONDS:.0f} s")
    runs = alternate(**{name: lambda name=name: timed(lambda: render(diagnosis, name)) for name in FORMATS})
    seconds = {name: FINDINGS / statistics.median(rates) for name, rates in runs.items()}
    print("# " + ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items()))
    tell("report", FINDINGS / sum(seconds.values()), limit=FINDINGS / SECONDS, unit="findings/s")

    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"# memory: {memory} MiB, the fleet of {HOSTS} hosts and the peer's page included")
    problems += [f"{memory} MiB are over the limit of {MEMORY_LIMIT}"] if memory > MEMORY_LIMIT else []
    problems += [f"all formats take {sum(seconds.values()):.1f} s"] if sum(seconds.values()) > SECONDS else []
    for problem in problems:
        print(f"# FAILED {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
