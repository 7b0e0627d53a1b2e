# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# /// script
# dependencies = ["nox>=2025.02.09", "antsibull-nox"]
# ///

"""The ecosystem's sessions, for CI with containers and for maintainers of many collections; ``make test`` needs none of this."""

import sys

import nox

try:
    import antsibull_nox
except ImportError:
    sys.exit("antsibull-nox has to be installed beside nox; 'pipx run noxfile.py' does both.")

antsibull_nox.load_antsibull_nox_toml()

if __name__ == "__main__":
    nox.main()
