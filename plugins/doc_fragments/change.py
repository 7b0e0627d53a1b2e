# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  snapshot:
    description:
      - Name of the change, for going back. Each name keeps its own copies for each instance.
      - Changes of the same files under several names are taken back in the opposite order.
    type: str
  restore_to:
    description:
      - How far O(state=restored) goes back. V(first) is what was there before the first change under the O(snapshot) name.
      - V(last) is what was there before the last run that changed something, for taking back a change that did not prove itself.
      - V(unfinished) is the same where that run did not come to its end, since it was killed, and changes nothing otherwise.
    type: str
    choices: [first, last, unfinished]
    default: first
  state_dir:
    description: Folder on the host for the copies. It is created with mode 0700.
    type: path
    default: /var/lib/postmaster.deliverability
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Files are edited as text, so that every line that is not named, every comment and the order stay. They are replaced by one rename each. Symbolic links,
    mode, owner, ACL and SELinux context stay.
  - Before the first change under a O(snapshot) name, the files are copied to O(state_dir). O(state=restored) puts the copies back, also after a run that was
    killed, but only where a file still has content that this module wrote. What somebody else changed is never overwritten. The module then fails and shows
    the difference.
  - Needs root, and nothing but Python's standard library on the host.
"""
