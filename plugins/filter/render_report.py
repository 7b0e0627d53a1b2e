# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a diagnosis as a report in one of several formats."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: render_report
author: "The postmaster.deliverability contributors (@postmaster)"
short_description: Write a diagnosis as a report
version_added: 0.1.0
description:
  - Takes the result of the filter P(postmaster.deliverability.diagnose#filter) and returns the text of a report, or of several.
  - The text depends on the input alone. The same diagnosis gives the same report, byte for byte.
  - What remote servers said is escaped as the format asks. Control characters, terminal escapes, text direction overrides and invisible letters
    are written as visible escapes, for example C(\x1b).
extends_documentation_fragment:
  - postmaster.deliverability.language
options:
  _input:
    description: The diagnosis.
    type: dict
    required: true
  format:
    description:
      - A format, or a list of formats, whose texts are returned as a dictionary. For a large fleet a list is much faster than one after the other.
      - V(html) is one file for a browser. It loads nothing from outside, and works without a network and without scripts.
      - V(json) is for programs. C(docs/report.schema.json) describes it.
      - V(table) is one line for each host, for a terminal.
      - V(markdown) is for tickets and chat. It shows the worst hosts first, at most 25 of them and 60,000 characters.
      - V(csv) is one line for each finding, for spreadsheets. Cells that would be formulas are made text.
      - V(junit) is for CI systems. A suite is a host, a case is a control.
      - V(sarif) is SARIF 2.1.0, for systems that collect the results of analysers.
      - V(prometheus) is for the textfile collector of C(node_exporter). Its labels are bounded.
    type: raw
    default: html
  language:
    description: The language of the words around the evidence. Matters to the formats for people.
  width:
    description:
      - Columns of the terminal, at least 80.
      - Only for O(format=table).
    type: int
    default: 110
  statuses:
    description:
      - Which findings become results.
      - Only for O(format=sarif).
    type: list
    elements: str
    choices: [fail, unknown, waived, fixed, pass, not_applicable]
    default: [fail]
"""

EXAMPLES = r"""
- name: Write the report for a browser
  ansible.builtin.copy:
    content: "{{ diagnosis | postmaster.deliverability.render_report('html', language='es') | string }}"
    dest: reports/report.html
    mode: "0640"

- name: Write several reports
  ansible.builtin.copy:
    content: "{{ item.value | string }}"
    dest: reports/report.{{ item.key }}
    mode: "0640"
  loop: "{{ diagnosis | postmaster.deliverability.render_report(['html', 'json', 'junit']) | dict2items }}"
  loop_control:
    label: "{{ item.key }}"

- name: Show one line for each host
  ansible.builtin.debug:
    msg: "{{ (diagnosis | postmaster.deliverability.render_report('table')).splitlines() }}"
"""

RETURN = r"""
_value:
  description: The text of the report, or the texts by format for a list of formats.
  type: raw
"""


def _render_report(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.render import render

    return render(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"render_report": filter_edge("render_report", _render_report)}
