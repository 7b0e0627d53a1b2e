# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""Texts into files of the controller, each replaced by one rename, so that whoever reads it meanwhile never gets half of it."""

from __future__ import annotations

import os
import pathlib
import tempfile

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError


def write_files(folder: str, texts: dict, mode: int, folder_mode: int, dry: bool = False) -> list:
    """Make ``folder`` hold ``{name: text}``; return the paths of what was not there like this. Modes are given to what is new only; ``dry`` writes nothing."""
    home = pathlib.Path(folder).expanduser()
    for name in texts:
        if name in ("", ".", "..") or "/" in name:
            raise DeliverabilityError(f"files: {name!r} is no name of a file")
    try:
        differing = [name for name, text in texts.items() if not _holds(home / name, text.encode())]
        if differing and not dry:
            home.mkdir(mode=folder_mode, parents=True, exist_ok=True)
            for name in differing:
                _replace(home / name, texts[name].encode(), mode)
    except OSError as error:
        raise DeliverabilityError(f"{error.filename or home}: {error.strerror}") from None
    return [str(home / name) for name in differing]


def _holds(path: pathlib.Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _replace(path: pathlib.Path, content: bytes, mode: int) -> None:
    kept = path.stat().st_mode & 0o7777 if path.exists() else mode
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(beside, kept)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
