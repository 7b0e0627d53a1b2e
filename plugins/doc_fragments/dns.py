# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  nameservers:
    description:
      - Recursive resolvers to ask, as C(address), C(address:port) or C([IPv6 address]:port).
      - Without it, those of C(/etc/resolv.conf).
      - Use a resolver of your own. Blocklists refuse the public ones, and a refused question tells nothing.
    type: list
    elements: str
  timeout:
    description: Seconds that the last attempt of a question waits for its answer. Earlier attempts wait no longer, and less at a nameserver that is fast.
    type: float
    default: 3.0
  retries:
    description: How often a question that got no usable answer is asked again, of the next nameserver if there is one.
    type: int
    default: 3
  deadline:
    description: Seconds for all questions of the run. What has no answer by then is V(unknown).
    type: int
    default: 600
  rate:
    description: Questions a second to one nameserver, at most; V(0) for no limit.
    type: int
    default: 0
notes:
  - Ansible shows nothing before a module has ended. A run of more than ten seconds says in the system log of the machine on which it runs how far it is,
    every ten seconds.
requirements:
  - dnspython >= 2.4.0
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/postmaster.deliverability.dns) in C(module_defaults) to set options for this module.
    support: full
    membership:
      - postmaster.deliverability.dns
"""
