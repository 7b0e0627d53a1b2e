# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words for people: every reason and remedy in every language, and what the reply named filled in."""

from __future__ import annotations

import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.status_codes import CLASSES, DETAILS, SUBJECTS, describe_status
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.explain import ADDRESS_IS_FINE, ADVICE, REFUSALS_OF_US, TICKET
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.vocabulary import REASONS, REMEDIES


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_reason_and_remedy_has_words(language):
    assert set(TICKET[language]) == set(REASONS)
    assert set(ADVICE[language]) == set(REMEDIES)
    assert set(REASONS) >= REFUSALS_OF_US


@pytest.mark.parametrize("language", ["en", "es"])
def test_one_or_two_sentences(language):
    for words in (*TICKET[language].values(), *ADVICE[language].values()):
        assert 1 <= len(re.findall(r"\.(?= |$)", words)) <= 2, words
        assert words[0].isupper()


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("550 blocked using bl.spamcop.net", "en", "The list is SpamCop"),
        ("550 blocked using bl.spamcop.net", "es", "La lista es SpamCop"),
        ("450 greylisted for 300 seconds", "en", "It asks us to wait 5 minutes."),
        ("450 greylisted for 300 seconds", "es", "Pide esperar 5 minutos."),
        ("450 greylisted, wait 1 hour", "es", "Pide esperar 1 hora."),
        ("450 greylisted, wait 90 seconds", "en", "wait 90 seconds."),
        ("450 greylisted", "en", "tries again by itself"),
        ("550 5.7.25 no PTR record", "en", ADDRESS_IS_FINE["en"]),
        ("550 5.7.25 no PTR record", "es", ADDRESS_IS_FINE["es"]),
        ("550 user unknown", "es", "La dirección no existe"),
    ],
)
def test_what_the_reply_named_is_filled_in(text, language, said):
    assert said in classify(text, language=language)["explanation"]


def test_explanations_are_short():
    for text in ("550 blocked using zen.spamhaus.org", "450 greylisted for 300 seconds", "550 user unknown", "550 5.7.1 bad helo"):
        assert len(re.findall(r"\.(?= |$)", classify(text)["explanation"])) <= 2


def test_a_registered_status():
    assert describe_status("5.7.25", "es") == {
        "status": "5.7.25",
        "class": "Permanent Failure",
        "subject": "Security or Policy Status",
        "registered": True,
        "text": "Reverse DNS validation failed",
        "meaning": "la IP no tiene un nombre inverso correcto (fallo permanente)",
        "temporary": False,
        "reference": "https://www.rfc-editor.org/rfc/rfc7372",
    }


def test_a_status_that_is_not_registered_has_the_meaning_of_its_subject():
    described = describe_status("4.7.650")
    assert (described["registered"], described["meaning"], described["temporary"]) == (False, "security or a policy (temporary failure)", True)


@pytest.mark.parametrize("status", ["", "5.7", "3.1.1", "5.1.1.1", "550", "x.1.1", "5.1.1234"])
def test_what_is_no_status_is_said_so(status):
    with pytest.raises(DeliverabilityError, match="no enhanced status code"):
        describe_status(status)


def test_a_language_that_there_is_not():
    with pytest.raises(DeliverabilityError, match="language"):
        describe_status("5.1.1", "xx")


def test_every_detail_can_be_described():
    for detail, (text, rfc, *meanings) in DETAILS.items():
        for kind in CLASSES:
            assert describe_status(f"{kind}.{detail}")["text"] == text
        assert rfc is None or 3000 < rfc < 10_000
        assert len(set(meanings)) == 2
        assert detail.partition(".")[0] in SUBJECTS


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("550 5.7.1 your ip 192.0.2.25 is listed in dnsbl.sorbs.net", "en", "list that has shut down"),
        ("550 5.7.1 your ip 192.0.2.25 is listed in dnsbl.sorbs.net", "es", "lista que ya cerró"),
        ("552 5.2.2 mailbox full", "en", "send it again later"),
        ("452 4.2.2 mailbox full", "en", "in the queue"),
    ],
)
def test_advice_fits_what_can_still_be_done(text, language, said):
    assert said in classify(text, language=language)["advice"]
