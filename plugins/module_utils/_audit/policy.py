# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Controls that a postmaster can read and extend: tables with a JMESPath query over the evidence, and waivers for what is accepted.

A control is a dictionary with the keys of ``KEYS``. Its ``scope`` says over which documents it is judged (docs/policy.md shows each):
every source address, every envelope domain, every cause of refusals, or the host itself. The ``query`` gives true or "pass", false or
"fail", "not_applicable", or null for what cannot be known; ``unknown`` is never taken for a pass.
"""

from __future__ import annotations

import datetime
import fnmatch
import re
import traceback

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish import policy_in_spanish
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.words import SENTENCES, sentence, word
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.vocabulary import REMEDIES

try:
    import jmespath
    import jmespath.exceptions
    import jmespath.functions
except ImportError:
    jmespath = None
    JMESPATH_IMPORT_ERROR = traceback.format_exc()
else:
    JMESPATH_IMPORT_ERROR = None

SCOPES = ("cause", "address", "domain", "host")
SEVERITIES = ("info", "low", "medium", "high")
LEVELS = ("required", "recommended", "optional")
LANGUAGES = ("en", "es")

# Key: what it says. `*` marks what a control must have; an entry without `query` changes a control that stands before it.
KEYS = {
    "id": "* the control's name, one word with underscores",
    "title": "* what holds when it passes: {en: ..., es: ...}",
    "scope": "* one of SCOPES",
    "query": "* JMESPath: true or pass, false or fail, not_applicable, null for unknown",
    "severity": "* of its failure, one of SEVERITIES",
    "level": "required, recommended or optional; an optional failure never alarms",
    "applies": "JMESPath: where it is false or null the control is not applicable",
    "evidence": "JMESPath: the sentence, or the list of sentences, that shows it",
    "message": "{en: ..., es: ...}: what a failure means, where no evidence says so",
    "remedy": "one word of the remedies",
    "publish": "JMESPath: the record to publish",
    "request": "JMESPath: the text to send",
    "vary": "{severity, remedy, title}: JMESPath whose result replaces the word",
    "references": "where it is asked for: a list of addresses",
    "enabled": "false takes the control out",
    "examples": "{pass: [documents], fail: [documents]}: evidence that the tests judge",
}
_NEEDED = ("title", "scope", "query", "severity")
_QUERIES = ("query", "applies", "evidence", "publish", "request")
VARIED = ("severity", "remedy", "title")
_STATUS = {True: "pass", False: "fail", None: "unknown"}
_WORDS = ("pass", "fail", "unknown", "not_applicable")
WAIVER_KEYS = ("control", "hosts", "justification", "expires")


def compile_controls(packs):
    """Check and compile the controls of several packs: ``[(file name, parsed content)]`` -> ``{id: control}`` in their order.

    A control of a later pack replaces the keys that it has of an earlier one with its id. What is wrong is one error with a line for each control, which
    names the file, the control and, in a query, the column.
    """
    if jmespath is None:
        raise DeliverabilityError("the Python library jmespath is needed where the policy is judged")
    controls, wrong = {}, []
    for file, content in packs:
        if not isinstance(content, dict) or not isinstance(content.get("controls"), list):
            wrong.append(f"{file}: a policy has a list called controls")
            continue
        own = set()
        for place, entry in enumerate(content["controls"], 1):
            try:
                _add(controls, own, file, place, entry)
            except DeliverabilityError as error:
                wrong.append(str(error))
    if wrong:
        raise DeliverabilityError("\n".join(wrong))
    return {name: control for name, control in controls.items() if control.get("enabled", True)}


def _add(controls, own, file, place, entry):
    """Add one entry of a file to the ``controls`` of all; ``own``: the ids that the file has had."""
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not re.fullmatch(r"[\w-]+", entry["id"]):
        raise DeliverabilityError(f"{file}: control {place}: it needs an id of letters, digits, _ and -")
    where = f"{file}: control {entry['id']}"
    if entry["id"] in own:
        raise DeliverabilityError(f"{where}: the file has a control of this id already")
    own.add(entry["id"])
    unknown = [key for key in entry if key not in KEYS]
    if unknown:
        raise DeliverabilityError(f"{where}: unknown key {unknown[0]}; a control has {', '.join(KEYS)}")
    known = controls.get(entry["id"])
    if "query" not in entry and known is None:
        raise DeliverabilityError(f"{where}: no control before it has this id, so it needs a query")
    control = {**(known or {}), **entry}
    if known is not None and "vary" not in entry:
        # A word that is changed is meant to stay what it is changed to.
        control["vary"] = {key: text for key, text in (known.get("vary") or {}).items() if key not in entry}
    if known is not None and "examples" not in entry and {"scope", "query", "applies"} & set(entry):
        control["examples"] = None
    for key in _NEEDED:
        if control.get(key) is None:
            raise DeliverabilityError(f"{where}: {key} is missing")
    for key, words in (("scope", SCOPES), ("severity", SEVERITIES), ("level", LEVELS)):
        if control.get(key, words[0]) not in words:
            raise DeliverabilityError(f"{where}: {key}: {control[key]!r} is none of {', '.join(words)}")
    for key in ("title", "message"):
        _check_words(where, key, control.get(key))
    _check_remedy(where, "remedy", control.get("remedy"))
    if not isinstance(control.get("enabled", True), bool):
        raise DeliverabilityError(f"{where}: enabled: {control['enabled']!r} is neither true nor false")
    vary, references = control.get("vary") or {}, control.get("references") or []
    if not isinstance(vary, dict) or not set(vary) <= set(VARIED):
        raise DeliverabilityError(f"{where}: vary is a dictionary with some of {', '.join(VARIED)}")
    if not isinstance(references, list) or not all(isinstance(reference, str) for reference in references):
        raise DeliverabilityError(f"{where}: references is a list of addresses")
    control["where"] = where
    control["compiled"] = {key: _compile(where, key, control[key]) for key in _QUERIES if control.get(key) is not None}
    control["compiled"].update({f"vary {key}": _compile(where, f"vary: {key}", text) for key, text in vary.items()})
    controls[entry["id"]] = control


def _check_remedy(where, key, remedy):
    if remedy is not None and remedy not in REMEDIES:
        raise DeliverabilityError(f"{where}: {key}: {remedy!r} is none of {', '.join(REMEDIES)}")


def _check_words(where, key, value):
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, dict) or "en" not in value or not all(isinstance(text, str) for text in value.values()):
        raise DeliverabilityError(f"{where}: {key} is a text, or {{en: text, es: text}}")


def _compile(where, key, text):
    if not isinstance(text, str):
        raise DeliverabilityError(f"{where}: {key}: it is a JMESPath expression, so put it in quotes")
    try:
        compiled = jmespath.compile(text)
    except jmespath.exceptions.ParseError as error:
        column = getattr(error, "lex_position", None)
        at = f", column {column + 1}" if isinstance(column, int) else ""
        hint = "; a number stands in backticks" if getattr(error, "token_type", None) == "NUMBER" else ""
        raise DeliverabilityError(f"{where}: {key}{at}: {_reading(error)}{hint}") from None
    except jmespath.exceptions.JMESPathError as error:
        raise DeliverabilityError(f"{where}: {key}: {error}") from None
    _check_calls(f"{where}: {key}", text, compiled.parsed)
    return compiled


def _reading(error):
    """What jmespath says of an expression that it cannot read, without its own count of columns, which begins with 0."""
    return re.sub(r"Parse error at column -?\d+, |,? for expression:$|:$", "", str(error).splitlines()[0])


def _check_calls(where, text, node):
    """Tell of a function that JMESPath does not have, and of too many or too few arguments: it looks only when it comes to the call."""
    children = [child for child in node["children"] if isinstance(child, dict)]
    if node["type"] == "function_expression":
        try:
            jmespath.functions.Functions().call_function(node["value"], [None] * len(children))
        except (jmespath.exceptions.UnknownFunctionError, jmespath.exceptions.ArityError) as error:
            column = re.search(rf"\b{node['value']}\s*\(", text).start() + 1
            raise DeliverabilityError(f"{where}, column {column}: {error}") from None
        except jmespath.exceptions.JMESPathError:
            pass  # of no arguments at all it cannot say more
    for child in children:
        _check_calls(where, text, child)


def check_examples(controls):
    """Judge the examples of compiled controls; one error has a line for each that is not judged as it says."""
    wrong = []
    for control in controls.values():
        examples = control.get("examples") or {}
        if not isinstance(examples, dict) or not set(examples) <= {"pass", "fail"} or not all(map(_are_documents, examples.values())):
            wrong.append(f"{control['where']}: examples is a dictionary with lists of documents under pass and fail")
            continue
        for status, documents in examples.items():
            for place, document in enumerate(documents, 1):
                try:
                    found = judge(control, "example", {"subject": "example", **document})["status"]
                except DeliverabilityError as error:
                    wrong.append(f"{error} (examples: {status}, the {place}.)")
                    continue
                if found != status:
                    wrong.append(f"{control['where']}: examples: the {place}. of {status} is judged as {found}")
    if wrong:
        raise DeliverabilityError("\n".join(wrong))


def _are_documents(examples):
    return isinstance(examples, list) and all(isinstance(document, dict) for document in examples)


def in_language(words, language):
    """The text of ``words`` (a text, or texts by language) in ``language``, else in English."""
    if isinstance(words, dict):
        return words.get(language) or words["en"]
    return words


def judge(control, name, document, language="en"):
    """The finding of one control over one document; ``name`` is the host's."""
    finding = _finding(control, name, document, _status(control, document), language)
    finding["evidence"] = _evidence(control, document, finding["status"], language)
    if finding["status"] == "fail":
        finding.update({key: _text(control, key, document) for key in ("publish", "request")})
        for key in control.get("vary") or {}:
            finding[key] = _text(control, f"vary {key}", document) or finding[key]
        _check_remedy(control["where"], "vary: remedy gives", finding["remedy"])
        if finding["severity"] not in SEVERITIES:
            raise DeliverabilityError(f"{control['where']}: vary: severity gives {finding['severity']!r}, which is none of {', '.join(SEVERITIES)}")
    return finding


def cannot_judge(control, name, document, error, language="en"):
    """The finding where a control turns out to be wrong over a document: unknown, with what is wrong as its evidence."""
    return {**_finding(control, name, document, "unknown", language), "evidence": [str(error)]}


def _finding(control, name, document, status, language):
    return {
        "id": f"{control['id']}:{document['subject']}",
        "control": control["id"],
        "host": name,
        "subject": document["subject"],
        "status": status,
        "severity": control["severity"] if status == "fail" else "info",
        "level": control.get("level", "required"),
        "side": "ours" if status == "fail" else "none",
        "title": in_language(control["title"], language),
        "evidence": [],
        "remedy": control.get("remedy") if status == "fail" else None,
        "publish": None,
        "request": None,
        "references": list(control.get("references") or []),
    }


def _status(control, document):
    if control.get("applies") is not None and not _search(control, "applies", document):
        return "not_applicable"
    result = _search(control, "query", document)
    if isinstance(result, str) and result in _WORDS:
        return result
    if result is None or isinstance(result, bool):
        return _STATUS[result]
    raise DeliverabilityError(f"{control['where']}: query gives {result!r}; it has to give true, false, null or one of {', '.join(_WORDS)}")


def _search(control, key, document):
    compiled = control["compiled"].get(key)
    if compiled is None:
        return None
    try:
        return compiled.search(document)
    except jmespath.exceptions.JMESPathError as error:
        raise DeliverabilityError(f"{control['where']}: {key}: {str(error).splitlines()[0]}") from None


def _text(control, key, document):
    """The text that a query gives, None for an empty one."""
    found = _search(control, key, document)
    if found and not isinstance(found, str):
        raise DeliverabilityError(f"{control['where']}: {key.replace(' ', ': ')} gives {str(found)[:100]}, which is no text")
    return found or None


def _evidence(control, document, status, language):
    found = _search(control, "evidence", document)
    sentences = [text for text in found if text] if isinstance(found, list) else [found] if found else []
    if not sentences:
        fallback = {"fail": in_language(control.get("message"), language), "unknown": document.get("unknown")}.get(status)
        sentences = [fallback] if fallback else []
    return [policy_in_spanish(str(sentence)) if language == "es" else str(sentence) for sentence in sentences]


# Waivers


def check_waivers(waivers, file="waivers"):
    """Check waivers: ``[{control, hosts, justification, expires}]``; ``hosts`` is a name pattern, ``expires`` a day (YYYY-MM-DD)."""
    for place, waiver in enumerate(waivers or [], 1):
        where = f"{file}: waiver {place}"
        if not isinstance(waiver, dict) or set(waiver) != set(WAIVER_KEYS):
            raise DeliverabilityError(f"{where}: it needs {', '.join(WAIVER_KEYS)} and nothing else")
        for key in WAIVER_KEYS:
            if not str(waiver[key] or "").strip():
                raise DeliverabilityError(f"{where}: {key} is empty")
            if not isinstance(waiver[key], str):
                raise DeliverabilityError(f"{where}: {key}: {waiver[key]!r} is no text")
        if not _is_day(waiver["expires"]):
            raise DeliverabilityError(f"{where}: expires: {waiver['expires']!r} is no day such as 2027-01-31")
    return waivers or []


def _is_day(text):
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").strftime("%Y-%m-%d") == text
    except ValueError:
        return False


def waive(findings, waivers, now, language="en"):
    """Waive failures that somebody answers for. An expired waiver waives nothing and fails itself, so that nobody forgets it; one that goes on renews it."""
    today = (now or "")[:10]
    result = []
    for finding in findings:
        waiver = max((waiver for waiver in waivers if _names(waiver, finding)), key=lambda waiver: waiver["expires"], default=None)
        if waiver is None or finding["status"] not in ("fail", "unknown"):
            result.append(finding)
        elif today and waiver["expires"] < today:
            result += [finding, _expired(finding, waiver, language)]
        else:
            said = sentence("waived", language, waiver["expires"], waiver["justification"])
            result.append({**finding, "status": "waived", "severity": "info", "side": "none", "remedy": None, "evidence": [*finding["evidence"], said]})
    return result


def _names(waiver, finding):
    """Whether a waiver is about a finding: "ptr_exists" names the control, "ptr_exists:198.51.100.11" one subject of it."""
    return waiver["control"] in (finding["control"], finding["id"]) and fnmatch.fnmatchcase(finding["host"], waiver["hosts"])


def idle_waivers(waivers, hosts, language="en"):
    """One sentence for each waiver that waives nothing, unless a host that could not be judged may be the one that it is for.

    ``hosts``: those of a diagnosis.
    """
    findings = [finding for host in hosts.values() for finding in host["findings"]]
    unjudged = [name for name, host in hosts.items() if host["error"]]
    told = []
    for waiver in waivers:
        named = {finding["status"] for finding in findings if _names(waiver, finding)}
        if not named & {"fail", "unknown", "waived"} and not fnmatch.filter(unjudged, waiver["hosts"]):
            told.append(sentence("waiver not needed" if named else "waiver of nothing", language, waiver["control"], waiver["hosts"]))
    return told


def ended_waivers(hosts):
    """One sentence for each expired waiver of a failure, however many failures it has; ``hosts``: those of a diagnosis."""
    found = [finding for host in hosts.values() for finding in host["findings"] if finding["control"] == "waiver_expired"]
    return list(dict.fromkeys(said for finding in found for said in finding["evidence"]))


def _expired(finding, waiver, language):
    said = sentence("waiver ended", language, waiver["control"], waiver["expires"], waiver["justification"])
    return {
        **finding,
        "id": f"waiver_expired:{finding['id']}",
        "control": "waiver_expired",
        "status": "fail",
        "severity": "high",
        "level": "required",
        "side": "ours",
        "title": sentence("waiver in force", language, waiver["control"]),
        "evidence": [said],
        "remedy": None,
        "publish": None,
        "request": None,
        "references": [],
    }


def unjudged(host):
    """Why a host of a diagnosis could not be judged; nothing for one that was."""
    return host["error"] or (host["summary"] if host["state"] == "unknown" else "")


def alarms(diagnosis, severity, language="en"):
    """One line for each host that could not be judged, then for each finding that fails with at least ``severity`` and is neither waived nor optional."""
    if severity not in SEVERITIES:
        raise DeliverabilityError(f"severity: {severity!r} is none of {', '.join(SEVERITIES)}")
    hosts, refusals = diagnosis["hosts"].items(), {control["id"] for control in diagnosis["controls"] if control["scope"] == "cause"}

    def said(finding):
        # A title tells what holds where the control passes; that of a refusal is the refusal.
        return finding["title"] if finding["control"] in refusals else f"{word(SENTENCES, 'not true', language)}: {finding['title']}"

    return [sentence("not judged", language, name, unjudged(host)) for name, host in hosts if unjudged(host)] + [
        f"{name}: {finding['control']} ({finding['subject']}, {finding['severity']}): {said(finding)}"
        for name, host in hosts
        for finding in host["findings"]
        if finding["status"] == "fail" and finding["level"] != "optional" and SEVERITIES.index(finding["severity"]) >= SEVERITIES.index(severity)
    ]
