# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python reads this first where it is on ``PYTHONPATH``: what ``../callbacks/killer.py`` has told so dies right before the step that it was told.

A step is a text such as ``replace /etc/postfix/main.cf``, ``unlink /etc/motd``, ``kill 77 1`` or ``run postfix reload``.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess

_KILL = os.kill
_STEP = os.environ.get("KILL_STEP") if "KILL_ANSIBLE" in os.environ else None


def _parent(process):
    with open(f"/proc/{process}/stat", encoding="utf-8") as stream:
        return int(stream.read().rpartition(")")[2].split()[1])


def _die():
    """End Ansible, what is between it and us, and us, or us alone."""
    chain = []
    if os.environ.get("KILL_ONLY") != "module":
        chain.append(os.getppid())
        while chain[-1] != int(os.environ["KILL_ANSIBLE"]):
            chain.append(_parent(chain[-1]))
    for process in [*reversed(chain), os.getpid()]:
        _KILL(process, signal.SIGKILL)


def _watched(real, step):
    def watched(*arguments, **options):
        if re.search(_STEP, step(*arguments)):
            _die()
        return real(*arguments, **options)

    return watched


if _STEP:
    for _name, _place in (("replace", 1), ("unlink", 0)):
        setattr(os, _name, _watched(getattr(os, _name), lambda *paths, name=_name, place=_place: f"{name} {paths[place]}"))
    os.kill = _watched(os.kill, lambda process, number: f"kill {process} {int(number)}")
    subprocess.Popen.__init__ = _watched(subprocess.Popen.__init__, lambda _self, words, *_rest: f"run {' '.join(map(str, words))}")
