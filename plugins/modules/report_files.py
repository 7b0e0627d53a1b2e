#!/usr/bin/python
# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report_files
short_description: Write several texts into a folder of the controller
version_added: 0.1.0
author:
  - The postmaster.deliverability contributors (@postmaster)
description:
  - Writes the reports that P(postmaster.deliverability.audit_reports#filter) returns, all in one step and without sending a module anywhere.
  - Each file is replaced by one rename, so that a web server or the textfile collector of C(node_exporter) never reads half a report.
  - The files are always written where Ansible runs, by the user that it runs as.
extends_documentation_fragment:
  - postmaster.deliverability.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: Reports are long, and each has the time of its making.
  idempotent:
    support: full
options:
  path:
    description: The folder. It is made if it is not there, for its owner and group only.
    type: path
    required: true
  files:
    description: The texts by the names of their files. A new file is for its owner and readable for its group, an old one keeps its mode.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write the reports
  postmaster.deliverability.report_files:
    path: /srv/www/mail
    files:
      index.html: "{{ judged.reports.html }}"
      report.json: "{{ judged.reports.json }}"
"""

RETURN = r"""
files:
  description: Paths of the files that were written, or in check mode would have been.
  type: list
  elements: str
  returned: success
"""
