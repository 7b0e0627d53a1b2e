# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  dnsbl:
    description: Result of M(postmaster.deliverability.dnsbl_info) for the addresses of the evidence.
    type: dict
  sender_dns:
    description: Result of M(postmaster.deliverability.sender_dns_info) for the identities and domains of the evidence.
    type: dict
  queue_age:
    description: Seconds that a message may wait before its waiting is a finding.
    type: int
    default: 14400
  policies:
    description:
      - The policies to judge by, each a name (V(baseline), V(google-bulk-2024), V(yahoo-2024), V(microsoft-2025), V(m3aawg-identity), V(rfc))
        or the path of a YAML file of your own. A later one may change controls of an earlier one.
    type: list
    elements: str
    default: [baseline]
  waivers:
    description: Path of a YAML file with waivers, which are failures that somebody answers for until a day. An expired one fails itself.
    type: path
  limits:
    description:
      - Thresholds of the settlement. V(spread_minimum) operators that refuse, which are V(spread_share) of those tried, make an ambiguous refusal ours;
        a change explains refusals that begin within V(history_window) seconds.
    type: dict
    default: {spread_minimum: 3, spread_share: 0.5, history_window: 86400}
"""
