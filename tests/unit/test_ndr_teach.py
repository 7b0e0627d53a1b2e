# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.filter.ndr_verdict import ndr_verdict
from ansible_collections.postmaster.deliverability.plugins.filter.unknown_replies import FilterModule
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify, rules_with
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.teach import draft, unknown_replies

ODD = "550 The wombats of 192.0.2.25 have no burrow (purple) today"


def test_known_replies_are_left_out_and_the_rest_is_grouped():
    rows = [
        {"text": ODD, "count": 3, "destination": "example.net", "code": "550"},
        {"text": ODD.replace("192.0.2.25", "192.0.2.26"), "destination": "example.org"},
        "550 5.1.1 user unknown",
        "550 quokkas asleep",
    ]
    first, second = unknown_replies(rows)
    assert (first["count"], first["destinations"], first["text"]) == (4, ["example.net", "example.org"], ODD)
    assert first["rule"]["match"] == ["the wombats of <ip> have no burrow purple today"]
    assert (second["count"], second["template"]) == (1, "550 quokkas asleep")


def test_a_draft_with_a_reason_is_a_rule(tmp_path):
    rule = dict(unknown_replies([ODD])[0]["rule"], reason="policy")
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump([rule]), encoding="utf-8")
    assert ndr_verdict(ODD.replace("192.0.2.25", "198.51.100.7"), rules=str(file))["rule"] == rule["id"]
    assert unknown_replies([ODD], rules_with([rule])) == []


@pytest.mark.parametrize("text", ["550", "550 5.9.9", "550 ...", "554 <a@example.net>", ""])
def test_no_words_no_draft(text):
    assert draft(text) is None


@pytest.mark.parametrize(("rows", "words"), [("550 x", "a list is expected"), ([{"count": 1}], "a mapping with 'text'"), ([7], "a text, or")])
def test_the_filter_says_what_is_wrong(rows, words):
    with pytest.raises(AnsibleFilterError, match=words):
        FilterModule().filters()["unknown_replies"](rows)


WORDS = st.sampled_from("550 5.9.9 450- wombat quokka (x) [y] z* ^a b$ ... … <a@example.net> 192.0.2.25 é日本 {{c}} 'q' \"r\" - : | id=7 \n".split(" "))


@settings(max_examples=25, deadline=None)
@given(st.lists(WORDS, max_size=60).map(" ".join))
def test_every_draft_is_well_formed_and_wins(text):
    for row in unknown_replies([text]):
        if row["rule"]:
            rules = rules_with([dict(row["rule"], reason="policy")])
            assert classify(text, rules=rules)["rule"] == row["rule"]["id"]
