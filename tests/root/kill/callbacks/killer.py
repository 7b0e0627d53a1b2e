# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback plugin that ends Ansible as ``kill -9`` would: when the task ``KILL_TASK`` begins, or, with ``KILL_STEP``, within its module.

The module does that itself (``modules/sitecustomize.py``), before the first of its steps that the regular expression ``KILL_STEP`` fits. With
``KILL_ONLY=module`` Ansible lives on.
"""

from __future__ import annotations

import os
import signal

from ansible.plugins.callback import CallbackBase

STEP = os.environ.pop("KILL_STEP", "")


class CallbackModule(CallbackBase):
    """It is asked for every task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "killer"

    def v2_playbook_on_task_start(self, task, is_conditional):
        """Kill, or let the modules of this task know that they are to."""
        os.environ.pop("KILL_STEP", None)
        if os.environ["KILL_TASK"] not in task.get_name():
            return
        if not STEP:
            os.kill(os.getpid(), signal.SIGKILL)
        os.environ.update(KILL_STEP=STEP, KILL_ANSIBLE=str(os.getpid()))
