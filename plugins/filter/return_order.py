# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tells a host when and how to go back by itself."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: return_order
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Write the order by which a host goes back by itself
description:
  - Gives the document that the roles P(postmaster.deliverability.smarthost#role) and P(postmaster.deliverability.throttle#role) leave on a host, for
    the timer that ends them.
  - A duration counts from when it was first asked for, so that a second run does not put the end off.
positional: asked, now
options:
  _input:
    description: The document that the host has, as text, or an empty text.
    type: str
    required: true
  asked:
    description: A duration such as V(14d), or a time in UTC such as V(2026-12-24T18:00:00Z).
    type: str
    required: true
  now:
    description: The time in UTC.
    type: str
    required: true
  exchangers:
    description: RV(postmaster.deliverability.mx_info#module:domains) for the recipients.
    type: dict
  name:
    description: Name of the change, which is that of its snapshot.
    type: str
  config_dir:
    description: Configuration folder of the mail system, for a second instance.
    type: str
  state_dir:
    description: Folder with the snapshot.
    type: str
  helo:
    description: Name to give after C(EHLO).
    type: str
  source_address:
    description: Address to ask from.
    type: str
  sender:
    description: Envelope sender to ask with.
    type: str
  recipients:
    description: Recipients to ask for.
    type: list
    elements: str
  retry:
    description: How long to wait before asking again, such as V(6h).
    type: str
    required: true
  check:
    description: Command that checks the configuration.
    type: list
    elements: str
  reload:
    description: Command that makes the mail system read it.
    type: list
    elements: str
  files:
    description: Files to remove in the end.
    type: list
    elements: str
  timer:
    description: Timer to stop in the end.
    type: str
"""

EXAMPLES = r"""
- name: When does it end?
  ansible.builtin.debug:
    msg: "{{ ('' | postmaster.deliverability.return_order('14d', '2026-11-22T00:00:00Z', retry='6h')).expires_at }}"  # 2026-12-06T00:00:00Z
"""

RETURN = r"""
_value:
  description: The document.
  type: dict
"""


def _return_order(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.plugin_utils._smarthost import return_order

    return return_order(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"return_order": filter_edge("return_order", _return_order)}
