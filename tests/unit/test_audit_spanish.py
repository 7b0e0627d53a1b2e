# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the DNS checks of an identity say is known in Spanish, sentence by sentence."""

from __future__ import annotations

import ast
import ipaddress
import pathlib
import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish import ADVICE, ENDS, SENTENCES, advice_in_spanish, in_spanish
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns import identity
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.generic import generic_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import host_name_problem
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import CAUSES

GAP = "a1.example"


def said_by_checks():
    """Every text that ``_dns/identity.py`` gives a check as its evidence, with a name in each gap but one that begins or follows a sentence."""
    tree = ast.parse(pathlib.Path(identity.__file__).read_text(encoding="utf-8"))
    texts = [node.args[2] for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check" and len(node.args) > 2]
    texts += [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "evidence"]
    written = ["".join(part.value if isinstance(part, ast.Constant) else GAP for part in text.values) for text in texts if isinstance(text, ast.JoinedStr)]
    return sorted({re.sub(rf"^{GAP} (?=Add )|(?<=\.){GAP}$", "", text) for text in written} - {f"{GAP}."})


@pytest.mark.parametrize("text", said_by_checks())
def test_every_sentence_of_the_identity_is_known(text):
    assert in_spanish(text) != text


@pytest.mark.parametrize("table", [SENTENCES, ENDS], ids=["sentences", "ends"])
def test_both_languages_have_the_same_gaps(table):
    assert [english for english, spanish in table if english.count("{}") != spanish.count("{}")] == []
    assert len({english for english, _spanish in table}) == len(table)


@pytest.mark.parametrize("name", ["", "192.0.2.1", "server", "a!b.example", "a_b.example.com", "mail.lan"])
def test_what_is_wrong_with_a_name_is_known(name):
    problem = host_name_problem(name)
    told = in_spanish(f"The HELO name {name or '?'} {problem}. Greet as mail.example.com.")
    assert problem not in told
    assert told.startswith("El nombre HELO")
    assert told.endswith("Salude como mail.example.com.")


def test_why_a_name_is_generic_is_known():
    reason = generic_name("dsl-198-51-100-7.pool.example.net", ipaddress.ip_address("198.51.100.7"))
    assert reason not in in_spanish(f"The PTR name x.example {reason}; receivers take such names for home connections.")


def test_each_sentence_is_taken_for_itself_and_what_nobody_knows_stays():
    assert in_spanish("198.51.100.7 has no PTR record. 198.51.100.7 is odd.") == "198.51.100.7 no tiene registro PTR. 198.51.100.7 is odd."
    assert in_spanish("The HELO name {0} has no address record.") == "El nombre HELO {0} no tiene registro de dirección."


def test_every_cause_of_a_listing_has_its_advice():
    assert set(ADVICE) == set(CAUSES)
    assert advice_in_spanish(CAUSES["expires"]["advice"]) == "Corrija la causa; la entrada acaba sola."
    assert advice_in_spanish("Ask Bob.") == "Ask Bob."
    assert advice_in_spanish(None) is None
