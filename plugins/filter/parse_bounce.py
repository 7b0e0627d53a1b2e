# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From one returned message to what it says."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge, octets

DOCUMENTATION = r"""
name: parse_bounce
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Read one returned message
description:
  - Takes a whole message, header and all, and tells what it says about each recipient.
  - Nothing is judged. Give the texts to P(postmaster.deliverability.ndr_verdict#filter).
  - A message that no program returned, or to which a bounce is merely attached, gives C(kind=none).
options:
  _input:
    description: The message, as text or bytes.
    type: raw
    required: true
seealso:
  - module: postmaster.deliverability.bounce_info
"""

EXAMPLES = r"""
- name: Read a bounce that a user saved
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'bounce.eml') | postmaster.deliverability.parse_bounce }}"
"""

RETURN = r"""
_value:
  description: What the message says, with the keys of RV(postmaster.deliverability.bounce_info#module:bounces) but C(file) and C(offset).
  type: dict
"""


def _parse_bounce(message):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.message import parse_bounce

    return parse_bounce(octets(message))


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"parse_bounce": filter_edge("parse_bounce", _parse_bounce)}
