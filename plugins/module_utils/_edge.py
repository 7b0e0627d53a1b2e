# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where the library meets Ansible: shared argument specs, exceptions that become ``fail_json``."""

from __future__ import annotations

import time
import zipimport
from functools import lru_cache

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

DNS_OPTIONS = {
    "nameservers": {"type": "list", "elements": "str"},
    "timeout": {"type": "float", "default": 3.0},
    "retries": {"type": "int", "default": 3},
    "deadline": {"type": "int", "default": 600},
    "rate": {"type": "int", "default": 0},
}
PROGRESS_EVERY = 10
"""Seconds between two lines about how far a long run is."""

# A module comes to a host as a zip, and Python compiles each file of it twice: to tell its name, and to run it.
# Compiled once, a look at a host takes a twelfth less of the processor.
if hasattr(zipimport, "_compile_source"):
    zipimport._compile_source = lru_cache(maxsize=1)(zipimport._compile_source)


def run_info_module(argument_spec, work, tells_progress=False, **module_options):
    """Run ``work(params)`` as a module that never changes anything and exit with the dictionary that it returns.

    A ``DeliverabilityError`` becomes the failure message; what was found out before it is returned beside it. Work that ``tells_progress``
    takes the function for it as its second argument.
    """
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, **module_options)
    try:
        result = work(module.params, progress_log(module)) if tells_progress else work(module.params)
    except DeliverabilityError as error:
        module.fail_json(msg=str(error), **error.partial)
    module.exit_json(changed=False, **result)


def progress_log(module):
    """Return the ``progress`` of a resolver that says in the system log, every ``PROGRESS_EVERY`` seconds, how far a run is."""
    start = time.monotonic()
    told = [start]

    def tell(finished, stats):
        now = time.monotonic()
        if now - told[-1] >= PROGRESS_EVERY:
            told[:] = [now]
            module.log(f"after {now - start:.0f} seconds: {finished} checks done, {stats['sent']} questions sent, {stats['failed']} without an answer")

    return tell


def run_change_module(argument_spec, work, secrets=None, **module_options):
    """Run ``work(params, check_mode)`` as a module that changes something; its result has ``changed`` and perhaps ``diff`` and ``warnings``.

    ``secrets(params)`` returns the texts among the options that must not be shown. Such a module keeps its options out of the system's log too.
    """
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, no_log=secrets is not None, **module_options)
    if secrets:
        module.no_log_values.update(secrets(module.params))
    try:
        result = work(module.params, module.check_mode)
    except DeliverabilityError as error:
        module.fail_json(msg=str(error), **error.partial)
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)
