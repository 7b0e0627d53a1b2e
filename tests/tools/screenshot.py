# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take the README's picture of a report: ``python tests/tools/screenshot.py [REPORT [PICTURE]]``, by default reports/report.html to docs/report.png.

Needs Debian's chromium and chromium-driver.
"""

from __future__ import annotations

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/root"))

from chromium import Chromium  # noqa: E402

WIDTH, HEIGHT = 1280, 1000  # headline, servers, pictures


def main(report: str = "reports/report.html", picture: str = "docs/report.png") -> None:
    with Chromium() as page:
        page.resize(WIDTH, HEIGHT)
        page.open(ROOT / report)
        page.screenshot(ROOT / picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
