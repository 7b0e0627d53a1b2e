# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts become files by one rename each."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._files import write_files

TEXTS = {"report.html": "<p>año</p>", "report.json": "{}\n"}


def test_folder_and_files_are_made(tmp_path):
    home = tmp_path / "a/b"
    assert write_files(str(home), TEXTS, 0o640, 0o750) == [str(home / name) for name in TEXTS]
    assert {path.name: path.read_text(encoding="utf-8") for path in home.iterdir()} == TEXTS
    assert {path.stat().st_mode & 0o777 for path in home.iterdir()} == {0o640}
    assert home.stat().st_mode & 0o777 == 0o750


def test_only_what_differs_is_written_and_keeps_its_mode(tmp_path):
    write_files(str(tmp_path), TEXTS, 0o640, 0o750)
    (tmp_path / "report.json").chmod(0o644)
    before = (tmp_path / "report.html").stat().st_ino
    assert write_files(str(tmp_path), {**TEXTS, "report.json": "[]\n"}, 0o640, 0o750) == [str(tmp_path / "report.json")]
    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "report.html").stat().st_ino == before
    assert write_files(str(tmp_path), {**TEXTS, "report.json": "[]\n"}, 0o640, 0o750) == []


def test_dry_run_tells_and_writes_nothing(tmp_path):
    assert write_files(str(tmp_path / "new"), TEXTS, 0o640, 0o750, dry=True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/x"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(DeliverabilityError, match="is no name of a file"):
        write_files(str(tmp_path), {name: "x"}, 0o640, 0o750)


def test_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliverabilityError, match=r"file.*: (Not a directory|File exists)"):
        write_files(str(tmp_path / "file/reports"), TEXTS, 0o640, 0o750)


def test_nothing_is_left_beside_a_file_that_cannot_be_replaced(tmp_path):
    (tmp_path / "report.json").mkdir()
    with pytest.raises(DeliverabilityError):
        write_files(str(tmp_path), {"report.json": "{}"}, 0o640, 0o750)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
