# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages' links to files and headings of the collection lead somewhere."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGES = sorted(page for pattern in ("*.md", "docs/*.md", "roles/*/*.md", "examples/*/*.md") for page in ROOT.glob(pattern))


def prose(page):
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """Return the names of a page's headings, as GitHub makes them."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)}


def broken(page):
    """Return the links of a page that lead to no file, or to no heading of it."""
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        name, _hash, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not re.match("[a-z]+:", link) and not (target.exists() and (not anchor or anchor in anchors(target))):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page):
    assert broken(page) == []


def test_broken_links_are_found(tmp_path):
    (tmp_path / "other.md").write_text("# One `word`\n```\n# no heading\n```\n", encoding="utf-8")
    page = tmp_path / "page.md"
    links = "[a](other.md#one-word) [b](#here) [c](https://example.com/#x) [d](other.md#no-heading) [e](gone.md) [f](#there)"
    page.write_text(f"{links}\n\n## Here\n", encoding="utf-8")
    assert broken(page) == ["other.md#no-heading", "gone.md", "#there"]
