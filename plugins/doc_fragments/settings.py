# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  mta:
    description: The mail system, V(postfix) or V(exim).
    type: str
    required: true
  domains:
    description: Recipient domains. None stands for all mail.
    type: list
    elements: str
    default: []
  version:
    description: Version of Postfix.
    type: str
"""
