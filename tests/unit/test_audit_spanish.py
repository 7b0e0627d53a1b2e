# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the DNS checks and the blocklists say is known in Spanish, sentence by sentence."""

from __future__ import annotations

import ast
import ipaddress
import pathlib
import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit import spanish_domains, spanish_hosts
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish import (
    ADVICE,
    ENDS,
    OF_POLICIES,
    SENTENCES,
    advice_in_spanish,
    in_spanish,
    meaning_in_spanish,
    policy_in_spanish,
    told_in_spanish,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish_lists import MEANINGS
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns import dkim, dmarc, dnsbl, domain, identity, mta_sts, spf, tags, zones
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.generic import generic_name
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import host_name_problem
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf_lint import PROBLEMS
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import BLOCKLISTS, CAUSES
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta import host
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies, names

GAP = "a1.example"
# Ends of texts, and one whose gaps hold all its words.
WITHIN = {f"{GAP}.", f"; {GAP}", f"{GAP} {GAP}."}


def said_by_checks():
    """Every text that the checks in ``_dns`` have as their evidence, with a name in each gap but one that begins or follows a sentence."""
    written = set()
    for module in (identity, domain, dkim, dmarc, mta_sts):
        tree = ast.parse(pathlib.Path(module.__file__).read_text(encoding="utf-8"))
        texts = [node.args[2] for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check" and len(node.args) > 2]
        texts += [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "evidence"]
        texts += [node.args[-1] for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_not_applicable"]
        for text in [text for found in texts for text in ast.walk(found) if isinstance(text, ast.JoinedStr)]:
            written.add("".join(part.value if isinstance(part, ast.Constant) else GAP for part in text.values))
    return sorted({re.sub(rf"^{GAP} (?=Add )|(?<=\.){GAP}$", "", text.strip()) for text in written} - WITHIN)


@pytest.mark.parametrize("text", said_by_checks())
def test_every_sentence_of_the_checks_is_known(text):
    assert in_spanish(text) != text


def said_by_parsers():
    """Every text that says what is wrong with a record, and why an SPF record gives what it gives."""
    written = []
    for module in (domain, dkim, dmarc, mta_sts, spf, tags):
        for node in ast.walk(ast.parse(pathlib.Path(module.__file__).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in CALLS_OF_PARSERS:
                written += node.args
            elif isinstance(node, (ast.Assign, ast.AugAssign)) and getattr(getattr(node, "target", None) or node.targets[0], "id", "") in LISTS_OF_PARSERS:
                written.append(node.value)
    nodes = [node for found in written for node in ast.walk(found)]
    within = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)} - {
        node for node in nodes if isinstance(node, ast.JoinedStr)
    }
    texts = {_words(node) for node in nodes if node not in within}
    return sorted(part for text in texts for part in text.split("; ") if " " in part.replace(GAP, "").strip())


LISTS_OF_PARSERS = {"problems", "serious", "reason"}
CALLS_OF_PARSERS = {*(f"{name}.append" for name in LISTS_OF_PARSERS), "check.outcome", "SpfSyntaxError", "_PermError", "_TempError"}


def _called(call):
    return f"{getattr(call.func.value, 'id', '')}.{call.func.attr}" if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _words(node):
    """A text as it stands in the source, with a name in each gap; nothing for what is no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else GAP for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("text", said_by_parsers())
def test_everything_that_is_wrong_with_a_record_is_known(text):
    alone, of_a_key = in_spanish(f"DKIM of {GAP}: {text}."), in_spanish(f"DKIM of {GAP}: s1: {text}.")
    assert text not in alone or text not in of_a_key


def said_by_hosts():
    """Every warning that the readers of the mail systems have, and why a list or the resolver is not believed."""
    written = []
    for source in [*pathlib.Path(host.__file__).parent.glob("*.py"), pathlib.Path(dnsbl.__file__), pathlib.Path(zones.__file__)]:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.search(r"(^|\.)(warnings\.append|Health|Reading)$", ast.unparse(node.func)):
                written += node.args
            elif isinstance(node, ast.Dict):
                written += [value for key, value in zip(node.keys, node.values, strict=True) if getattr(key, "value", "") == "why"]
    nodes = [node for found in written for node in ast.walk(found)]
    within = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    return sorted({text for text in (_words(node) for node in nodes if node not in within) if " " in text.replace(GAP, "").strip()})


@pytest.mark.parametrize("text", said_by_hosts())
def test_every_warning_is_known(text):
    assert told_in_spanish(text) != text
    assert told_in_spanish(f"{text} (3 times)").endswith(" (3 veces)")


def test_every_problem_of_an_spf_record_is_known():
    assert set(spanish_domains.SPF_PROBLEMS) == set(PROBLEMS)
    assert in_spanish("a.example: mx:b.example: An mx term has more than 10 hosts; receivers reject the record. Here it is 12.") == (
        "a.example: mx:b.example: Un término mx tiene más de 10 servidores; los receptores rechazan el registro. Aquí son 12."
    )


def test_every_meaning_of_a_listing_is_known():
    meanings = {said if isinstance(said, str) else said[1] for zone in BLOCKLISTS for said in (zone.get("codes") or {}).values()}
    assert set(MEANINGS) == meanings
    assert meaning_in_spanish("PBL: a range that should not send mail directly; Bob's own (it lists whole networks, here at least 2001:db8::/64)") == (
        "PBL: un rango que no debería enviar correo directamente; Bob's own (incluye redes enteras, aquí al menos 2001:db8::/64)"
    )


@pytest.mark.parametrize(
    "table",
    [SENTENCES, ENDS, OF_POLICIES, spanish_domains.SENTENCES, spanish_domains.PARTS, spanish_domains.SPF_REASONS, spanish_hosts.WARNINGS, spanish_hosts.DOUBTS],
    ids=["identity", "ends", "policies", "domain", "parts", "spf", "warnings", "doubts"],
)
def test_both_languages_have_the_same_gaps(table):
    assert [english for english, spanish in table if english.count("{}") != spanish.count("{}")] == []
    assert len({english for english, _spanish in table}) == len(table)


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("The DKIM keys of a.example are in use.", "Las claves DKIM de a.example están en uso."),
        ("DKIM of a.example: s1: the key p= is missing; s2: s= leaves out email.", "DKIM de a.example: s1: falta la clave p=; s2: s= deja fuera email."),
        ("MX of a.example: a_b.example has no domain.", "MX de a.example: a_b.example no tiene dominio."),
        ("mail.lan ends in .lan, which public DNS does not serve.", "mail.lan acaba en .lan, que el DNS público no sirve."),
        (
            "The record at _dmarc.a.example is wrong, receivers apply none: p=no is none of none, quarantine, reject; rua has x, which is no mailto: address.",
            "El registro en _dmarc.a.example está mal, los receptores aplican none: p=no no es ninguno de none, quarantine, reject; "
            "rua tiene x, que no es una dirección mailto:.",
        ),
        (
            "SPF of a.example gives fail: -all in the record of a.example matches 198.51.100.7.",
            "El SPF de a.example da fail: -all en el registro de a.example coincide con 198.51.100.7.",
        ),
        (
            "SPF of a.example gives permerror: the record of a.example cannot be read at ip4:1.2.3: 1.2.3 is no IPv4 address or network.",
            "El SPF de a.example da permerror: el registro de a.example no se puede leer en ip4:1.2.3: 1.2.3 no es una dirección ni una red IPv4.",
        ),
        (
            "a.example: all:x: A term cannot be read; receivers reject the whole record. All takes no argument.",
            "a.example: all:x: Un término no se puede leer; los receptores rechazan todo el registro. all no lleva argumento.",
        ),
        (
            "a.example: a/33: A term cannot be read; receivers reject the whole record. /33 is no prefix length between 0 and 32.",
            "a.example: a/33: Un término no se puede leer; los receptores rechazan todo el registro. /33 no es una longitud de prefijo entre 0 y 32.",
        ),
        (
            "SPF of a.example gives permerror: a.example publishes 2 SPF records; only one is allowed.",
            "El SPF de a.example da permerror: a.example publica 2 registros SPF; solo se permite uno.",
        ),
    ],
)
def test_what_is_wrong_with_a_record_is_told_part_by_part(english, spanish):
    assert in_spanish(english) == spanish


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


def test_every_sentence_of_the_policies_is_known():
    written = [control.get("evidence") or "" for _file, policy in load_policies(names()) for control in policy["controls"]]
    said = {text.strip() for query in written for text in re.findall(r"'([^']*[a-z] [a-z][^']*)'", query)}
    assert len(said) == len(OF_POLICIES)
    assert [text for text in said if not any(text == english.replace("{}", "").strip() for english, _spanish in OF_POLICIES)] == []
    assert policy_in_spanish("No answer from zen.spamhaus.org") == "Sin respuesta de zen.spamhaus.org"
    assert policy_in_spanish("d.example: una vez: 550 203.0.113.7 has no PTR record.") == "d.example: una vez: 550 203.0.113.7 has no PTR record."
