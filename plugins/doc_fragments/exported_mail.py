# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  mta:
    description: The mail system that wrote it; V(auto) recognises the systems by their lines.
    type: str
    default: auto
  now:
    description:
      - The moment of the export, an RFC 3339 time with its offset. Ages refer to it, stamps without year are dated by it, and stamps without offset
        are taken for local time at its offset.
      - Without it, the clock and the time zone of this machine.
    type: str
  max_groups:
    description: The most groups, and of a log the most destinations, to return; the others are summed in C(rest).
    type: int
    default: 50
"""
