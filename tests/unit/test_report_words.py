# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both languages say everything, with the same gaps to fill."""

from __future__ import annotations

import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.words import LANGUAGES, words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_has_a_translation_with_the_same_gaps(language):
    for key, english in words("en").items():
        assert words(language)[key].strip(), key
        assert sorted(re.findall(r"{\w+}", words(language)[key])) == sorted(re.findall(r"{\w+}", english)), key


def test_no_word_needs_escaping():
    assert not [word for language in LANGUAGES for word in words(language).values() if set(word) & set("<>&\"'")]


def test_an_unknown_language_is_named():
    with pytest.raises(DeliverabilityError, match=r"^language: 'tlh' is not one of en, es$"):
        words("tlh")
