# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an enhanced status code says."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import filter_edge

DOCUMENTATION = r"""
name: enhanced_status
author: The postmaster.deliverability contributors (@postmaster)
version_added: 0.1.0
short_description: Tell what an enhanced mail system status code says
description:
  - Looks a code such as C(5.7.25) up in the IANA registry.
  - For a code that is not registered, such as a vendor's C(5.7.606), the meanings of its class and subject are told.
  - Servers use many codes wrongly. For a whole reply use P(postmaster.deliverability.ndr_verdict#filter).
extends_documentation_fragment:
  - postmaster.deliverability.language
options:
  _input:
    description: The code.
    type: str
    required: true
  language:
    description: The language of RV(_value.meaning).
seealso:
  - plugin: postmaster.deliverability.ndr_verdict
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Explain a code
  ansible.builtin.debug:
    msg: "{{ ('5.7.25' | postmaster.deliverability.enhanced_status).meaning }}"
"""

RETURN = r"""
_value:
  description: What the code says.
  type: dict
  contains:
    status:
      description: The code.
      type: str
      sample: 5.7.25
    class:
      description: The registered words for its class.
      type: str
      sample: Permanent Failure
    subject:
      description: The registered words for its subject.
      type: str
      sample: Security or Policy Status
    registered:
      description: Whether the code is in the registry.
      type: bool
      sample: true
    text:
      description: Its registered words.
      type: str
      sample: Reverse DNS validation failed
    meaning:
      description: What that means, in O(language).
      type: str
      sample: the address has no proper reverse name (permanent failure)
    temporary:
      description: Whether a later attempt may succeed. V(none) for a success.
      type: bool
      sample: false
    reference:
      description: The RFC that defines it, or the registry.
      type: str
      sample: https://www.rfc-editor.org/rfc/rfc7372
"""


def _enhanced_status(*args, **options):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.status_codes import describe_status

    return describe_status(*args, **options)


class FilterModule:
    """Jinja filters."""

    def filters(self):
        return {"enhanced_status": filter_edge("enhanced_status", _enhanced_status)}
