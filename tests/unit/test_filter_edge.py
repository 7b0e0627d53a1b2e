# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all filters have in common."""

from __future__ import annotations

import ast
import pathlib

import pytest

FILTERS = pathlib.Path(__file__).resolve().parents[2] / "plugins/filter"


@pytest.mark.parametrize("file", sorted(FILTERS.glob("*.py")), ids=lambda file: file.stem)
def test_filters_import_the_library_only_when_they_are_called(file):
    """A worker of Ansible loads the files of all filters for one of them, and it has one worker for each host and task."""
    imported = [node.module for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    assert [module for module in imported if module.startswith("ansible_collections") and not module.endswith(".plugin_utils._edge")] == []
