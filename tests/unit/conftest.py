# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit tests share.

The data modules beside them can be imported by name under ``ansible-test units`` too, as plain pytest has it. No example that
Hypothesis draws has a time limit: a busy machine stands still now and then.
"""

from __future__ import annotations

import pathlib
import sys

import hypothesis

sys.path.insert(0, str(pathlib.Path(__file__).parent))

hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")
