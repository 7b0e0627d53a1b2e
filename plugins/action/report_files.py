# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where texts become files of the controller: no module has to be sent anywhere for it."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._edge import plain
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._files import write_files

ARGUMENTS = {"path": {"type": "path", "required": True}, "files": {"type": "dict", "required": True}}
MODE, FOLDER_MODE = 0o640, 0o750


class ActionModule(ActionBase):
    """The door of ``plugin_utils/_files.py``; the module of the same name has the documentation."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _checked, arguments = self.validate_argument_spec(ARGUMENTS)
        texts = {str(name): str(text) for name, text in plain(arguments["files"]).items()}
        try:
            written = write_files(arguments["path"], texts, MODE, FOLDER_MODE, dry=self._task.check_mode)
        except DeliverabilityError as error:
            raise AnsibleActionFail(str(error)) from error
        return {**result, "changed": bool(written), "files": written}
