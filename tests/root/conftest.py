# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the servers of the embedded fleet are, which these tests use too."""

from __future__ import annotations

import pathlib
import sys

FLEET = pathlib.Path(__file__).resolve().parents[2] / "examples/fleet"
sys.path[:0] = [str(FLEET), str(FLEET / "record")]
