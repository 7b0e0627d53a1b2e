# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.policy import (
    alarms,
    check_examples,
    check_waivers,
    compile_controls,
    idle_waivers,
    judge,
    waive,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.vocabulary import REMEDIES
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._policy_files import load_policies, load_report, load_waivers, names

SHIPPED = {name: compile_controls(load_policies([name])) for name in names()}
CONTROLS = [(policy, control) for policy, controls in SHIPPED.items() for control in controls.values()]
IDS = [f"{policy}:{control['id']}" for policy, control in CONTROLS]


def test_the_policies_that_the_documentation_names():
    assert names() == ["baseline", "google-bulk-2024", "m3aawg-identity", "microsoft-2025", "rfc", "yahoo-2024"]


@pytest.mark.parametrize(("policy", "control"), CONTROLS, ids=IDS)
def test_every_control_judges_its_own_examples(policy, control):
    for status in ("pass", "fail"):
        assert control["examples"][status]
        for document in control["examples"][status]:
            assert judge(control, "mx1", {"subject": "x", **document})["status"] == status


@pytest.mark.parametrize(("policy", "control"), CONTROLS, ids=IDS)
def test_every_control_knows_nothing_without_evidence(policy, control):
    nothing = {"cause": {}, "address": {"via": [], "checks": {}, "listing": None}, "domain": {"checks": {}}, "host": {"queue": None, "log": None, "sudden": []}}
    assert judge(control, "mx1", {"subject": "x", **nothing[control["scope"]]})["status"] == "unknown"


@pytest.mark.parametrize(("policy", "control"), CONTROLS, ids=IDS)
def test_every_control_speaks_both_languages(policy, control):
    assert set(control["title"]) == {"en", "es"}
    assert set(control.get("message") or {"en", "es"}) == {"en", "es"}


@pytest.mark.parametrize(("policy", "control"), CONTROLS, ids=IDS)
def test_every_control_names_a_known_remedy_and_a_source(policy, control):
    assert control.get("remedy") is None or control["remedy"] in REMEDIES
    assert policy == "baseline" or control["references"]


def test_controls_of_different_policies_have_different_names():
    assert len(compile_controls(load_policies(names()))) == len(CONTROLS)


OWN = {"id": "mine", "title": "Mine", "scope": "host", "severity": "low", "query": "queue.total < `10`"}


def own(**changes):
    return [("own.yml", {"controls": [{**OWN, **changes}]})]


def test_own_control_is_judged():
    control = compile_controls(own())["mine"]
    assert judge(control, "mx1", {"subject": "mx1", "queue": {"total": 3}})["status"] == "pass"
    assert judge(control, "mx1", {"subject": "mx1", "queue": {"total": 30}})["status"] == "fail"
    assert judge(control, "mx1", {"subject": "mx1", "queue": None})["status"] == "unknown"


def test_a_later_policy_changes_an_earlier_control():
    policies = [*load_policies(["baseline"]), ("own.yml", {"controls": [{"id": "ptr_specific", "severity": "low"}, {"id": "queue_age", "enabled": False}]})]
    controls = compile_controls(policies)
    assert controls["ptr_specific"]["severity"] == "low"
    assert "queue_age" not in controls


LISTED = {"subject": "198.51.100.11", "via": [], "listing": {"listed": ["x"], "listed_impact": "high", "listed_remedy": "delist", "sure": True}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ("high", "delist")),
        ({"severity": "low"}, ("low", "delist")),
        ({"remedy": "use_smarthost"}, ("high", "use_smarthost")),
        ({"severity": "low", "vary": {"severity": "'medium'"}}, ("medium", "delist")),
    ],
)
def test_a_word_that_a_later_policy_changes_varies_no_more(changes, told):
    policies = [*load_policies(["baseline"]), ("own.yml", {"controls": [{"id": "address_not_listed", **changes}]})]
    finding = judge(compile_controls(policies)["address_not_listed"], "mx1", LISTED)
    assert (finding["status"], finding["severity"], finding["remedy"]) == ("fail", *told)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"query": "queue.total <"}, r"own\.yml: control mine: query, column \d+"),
        ({"query": "queue.total < 10"}, "mine: query, column 15: .* a number stands in backticks"),
        ({"query": "queue && no_such_function(@)"}, "mine: query, column 10: Unknown function: no_such_function"),
        ({"query": "length(queue, warnings) == `0`"}, "mine: query, column 1: Expected 1 argument"),
        ({"remedy": "fix_all"}, "mine: remedy: 'fix_all' is none of"),
        ({"vary": {"remedy": "'fix_all'"}, "query": "`false`"}, "mine: vary: remedy gives: 'fix_all' is none of"),
        ({"enabled": "no"}, "mine: enabled: 'no' is neither true nor false"),
        ({"id": "mine: all"}, "control 1: it needs an id of letters"),
        ({"applies": "]"}, r"mine: applies, column 1"),
        ({"scope": "galaxy"}, "mine: scope: 'galaxy' is none of"),
        ({"severity": "awful"}, "mine: severity"),
        ({"level": "maybe"}, "mine: level"),
        ({"title": {"es": "Mío"}}, "mine: title"),
        ({"colour": "red"}, "mine: unknown key colour"),
        ({"vary": {"severity": "("}}, "mine: vary: severity"),
        ({"evidence": ["a", "b"]}, "mine: evidence: .* quotes"),
    ],
)
def test_errors_in_a_policy_name_file_control_and_column(changes, words):
    with pytest.raises(DeliverabilityError, match=words):
        judge_own(**changes)


def judge_own(**changes):
    return judge(compile_controls(own(**changes))["mine"], "mx1", {"subject": "mx1"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "own.yml: a policy has a list called controls"),
        ({"controls": ["x"]}, "control 1: it needs an id"),
        ({"controls": [{"id": "ghost", "severity": "low"}]}, "ghost: no control before it"),
        ({"controls": [{"id": "half", "query": "a"}]}, "half: title is missing"),
        ({"controls": [{"id": "odd", 5: "five"}]}, "odd: unknown key 5"),
    ],
)
def test_errors_in_the_form_of_a_policy(content, words):
    with pytest.raises(DeliverabilityError, match=words):
        compile_controls([("own.yml", content)])


def test_every_control_that_is_wrong_is_told_at_once():
    with pytest.raises(DeliverabilityError) as told:
        compile_controls([("none.yml", {}), ("own.yml", {"controls": [OWN, {**OWN, "id": "other", "scope": "x"}, OWN]})])
    assert str(told.value).splitlines() == [
        "none.yml: a policy has a list called controls",
        "own.yml: control other: scope: 'x' is none of cause, address, domain, host",
        "own.yml: control mine: the file has a control of this id already",
    ]


def test_query_that_gives_something_else_is_named():
    control = compile_controls(own(query="queue.total"))["mine"]
    with pytest.raises(DeliverabilityError, match="mine: query gives 3"):
        judge(control, "mx1", {"subject": "mx1", "queue": {"total": 3}})


def test_files_are_named_in_errors(tmp_path):
    broken = tmp_path / "broken.yml"
    broken.write_text("controls:\n  - id: x\n   title: x\n")
    with pytest.raises(DeliverabilityError, match=r"broken\.yml, line 3, column 4"):
        load_policies([str(broken)])
    twice = tmp_path / "twice.yml"
    twice.write_text("controls:\n  - id: x\n    severity: low\n    severity: high\n")
    with pytest.raises(DeliverabilityError, match=r"broken\.yml, line 3.*\n.*twice\.yml, line 4, column 5: the key severity stands there twice"):
        load_policies(["baseline", str(broken), str(twice)])
    listed = tmp_path / "listed.yml"
    listed.write_text("controls:\n  - id: x\n    [severity]: low\n")
    with pytest.raises(DeliverabilityError, match=r"listed\.yml, line 3, column 5: found unhashable key"):
        load_policies([str(listed)])
    assert [name for name, _content in load_policies("baseline, rfc")] == ["baseline", "rfc"]
    with pytest.raises(DeliverabilityError, match=r"nowhere.*the collection has baseline"):
        load_policies(["nowhere"])


# Waivers


def finding(control="ptr_exists", host="mx1", status="fail"):
    control_data = compile_controls(own(id=control))[control]
    return {**judge(control_data, host, {"subject": "198.51.100.11", "queue": {"total": 30}}), "status": status}


WAIVER = {"control": "ptr_exists", "hosts": "mx*", "justification": "the provider needs a month", "expires": "2026-12-31"}
NOW = "2026-11-20T12:00:00Z"


def waived(findings, **changes):
    return waive(findings, check_waivers([{**WAIVER, **changes}]), NOW)


def test_waiver_takes_the_failure_and_says_why():
    (only,) = waived([finding()])
    assert (only["status"], only["severity"], only["remedy"]) == ("waived", "info", None)
    assert "the provider needs a month" in only["evidence"][-1]


@pytest.mark.parametrize("changes", [{"hosts": "web*"}, {"control": "fcrdns"}, {"control": "ptr_exists:198.51.100.99"}])
def test_waiver_of_something_else_waives_nothing(changes):
    assert [row["status"] for row in waived([finding()], **changes)] == ["fail"]


def test_waiver_of_one_subject():
    assert [row["status"] for row in waived([finding()], control="ptr_exists:198.51.100.11")] == ["waived"]


def test_passing_control_needs_no_waiver():
    assert [row["status"] for row in waived([finding(status="pass")], expires="2020-01-01")] == ["pass"]


def test_expired_waiver_fails_loudly():
    first, second = waived([finding()], expires="2026-11-19")
    assert first["status"] == "fail"
    assert (second["control"], second["status"], second["severity"]) == ("waiver_expired", "fail", "high")
    assert "2026-11-19" in second["evidence"][0]


def test_a_waiver_that_goes_on_renews_one_that_has_expired():
    waivers = check_waivers([{**WAIVER, "expires": "2026-11-19"}, WAIVER])
    assert [row["status"] for row in waive([finding()], waivers, NOW)] == ["waived"]


def test_waiver_holds_on_its_last_day():
    assert [row["status"] for row in waived([finding()], expires="2026-11-20")] == ["waived"]


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, "fail", None),
        ({}, "waived", None),
        ({}, "unknown", None),
        ({}, "pass", "has nothing to waive"),
        ({"control": "ptr_exist"}, "fail", "ptr_exist for mx\\* matches no control"),
        ({"hosts": "web*"}, "fail", "for web\\* matches no control"),
    ],
)
def test_idle_waivers_are_told(changes, status, words):
    hosts = {"mx1": {"error": None, "findings": [finding(status=status)]}}
    told = idle_waivers(check_waivers([{**WAIVER, **changes}]), hosts)
    assert len(told) == bool(words)
    assert all(re.search(words, sentence) for sentence in told)


def test_waiver_of_a_host_that_could_not_be_judged_may_be_needed():
    assert idle_waivers(check_waivers([WAIVER]), {"mx1": {"error": "no evidence", "findings": []}}) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires": "soon"}, "expires: 'soon'"),
        ({"justification": " "}, "justification is empty"),
        ({"justification": None}, "justification is empty"),
        ({"hosts": ["mx1", "mx2"]}, "hosts: .* is no text"),
        ({5: "x"}, "waiver 1: it needs"),
        ({"who": "me"}, "waiver 1: it needs"),
        ({"expires": "2026-1-1"}, "expires"),
        ({"expires": "2026-02-30"}, "expires"),
    ],
)
def test_errors_in_waivers(changes, words):
    with pytest.raises(DeliverabilityError, match=words):
        check_waivers([{**WAIVER, **changes}])


def test_waivers_from_a_file(tmp_path):
    path = tmp_path / "waivers.yml"
    path.write_text("waivers:\n  - {control: ptr_exists, hosts: mx*, justification: a month, expires: 2026-12-31}\n")
    assert check_waivers(load_waivers(path))[0]["expires"] == "2026-12-31"
    path.write_text("[{control: ptr_exists, hosts: mx*, justification: a month, expires: 2026-13-31}]\n")
    with pytest.raises(DeliverabilityError, match="waiver 1: expires: '2026-13-31' is no day"):
        check_waivers(load_waivers(path))
    assert load_waivers(None) == []
    path.write_text("nothing: here\n")
    with pytest.raises(DeliverabilityError, match=r"waivers\.yml: it has no list"):
        load_waivers(path)


@pytest.mark.parametrize("text", ["", "---\n# none at present\n", "waivers:\n", "waivers: []\n"])
def test_file_whose_last_waiver_was_taken_out_is_no_mistake(tmp_path, text):
    path = tmp_path / "waivers.yml"
    path.write_text(text)
    assert load_waivers(str(path)) == []


@pytest.mark.parametrize("text", ["waver: []\n", "{}\n", "waivers: 3\n", "none\n"])
def test_file_without_waivers_is_a_mistake(tmp_path, text):
    path = tmp_path / "waivers.yml"
    path.write_text(text)
    with pytest.raises(DeliverabilityError, match="it has no list of waivers"):
        load_waivers(str(path))


def test_report_of_last_time_from_a_file(tmp_path):
    path = tmp_path / "report.json"
    assert load_report(None) is None
    for content, words in (("{", "no JSON"), ("[]", "no report"), ('{"schema_version": 2, "hosts": {}}', "no report"), ('{"hosts": []}', "no report")):
        path.write_text(content)
        with pytest.raises(DeliverabilityError, match=words):
            load_report(path)
    half = '{"findings": [{"id": "a:b", "control": "a", "status": "fail"}], "identities": []}'
    for host in ("null", '{"findings": []}', '{"findings": [{}], "identities": []}', half):
        path.write_text(f'{{"schema_version": 1, "hosts": {{"mx1": {host}}}}}')
        with pytest.raises(DeliverabilityError, match="no report that this version"):
            load_report(path)
    path.write_text('{"schema_version": 1, "hosts": {}}')
    assert load_report(path) == {"schema_version": 1, "hosts": {}}
    with pytest.raises(DeliverabilityError, match=r"previous: .*No such file"):
        load_report(tmp_path / "nowhere.json")


def test_alarms_count_what_is_open_and_serious():
    findings = [finding(), {**finding(), "status": "waived"}, {**finding(), "level": "optional"}]
    refusal = {**finding("not_refused"), "title": "Refused: no reverse DNS"}
    report = {"hosts": {"mx1": {"error": None, "state": "attention", "findings": [*findings, refusal]}}, "controls": [{"id": "not_refused", "scope": "cause"}]}
    assert alarms(report, "low") == [
        "mx1: ptr_exists (198.51.100.11, low): not true: Mine",
        "mx1: not_refused (198.51.100.11, low): Refused: no reverse DNS",
    ]
    assert alarms(report, "medium") == []
    with pytest.raises(DeliverabilityError, match="severity"):
        alarms(report, "never")


def test_host_that_could_not_be_judged_is_an_alarm():
    hosts = {
        "mx1": {"error": "no mail system", "state": "unknown", "summary": "no mail system", "findings": []},
        "mx2": {"error": None, "state": "unknown", "summary": "No line of a log was read.", "findings": []},
    }
    assert alarms({"hosts": hosts, "controls": []}, "high") == ["mx1: not judged: no mail system", "mx2: not judged: No line of a log was read."]


def test_expired_waiver_of_an_optional_control_alarms_too():
    _first, second = waived([{**finding(status="unknown"), "level": "optional", "side": "none"}], expires="2026-11-19")
    assert (second["level"], second["side"]) == ("required", "ours")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vary": ["severity"]}, "own.yml: control mine: vary is a dictionary"),
        ({"vary": {"side": "x"}}, "vary is a dictionary with some of severity, remedy, title"),
        ({"references": "https://www.example.com/"}, "references is a list"),
        ({"title": None}, "title is missing"),
    ],
)
def test_mistakes_of_form_name_file_and_control(changes, words):
    with pytest.raises(DeliverabilityError, match=words):
        compile_controls(own(**changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"query": "queue"}, "own.yml: control mine: query gives"),
        ({"query": "`false`", "vary": {"severity": "'critical'"}}, "own.yml: control mine: vary: severity gives 'critical'"),
        ({"query": "length(queue.total)"}, "own.yml: control mine: query: "),
        ({"query": "`false`", "publish": "queue"}, "own.yml: control mine: publish gives {'total': 30}, which is no text"),
        ({"query": "`false`", "request": "[queue.total]"}, "own.yml: control mine: request gives .30., which is no text"),
        ({"query": "`false`", "vary": {"title": "queue.total"}}, "own.yml: control mine: vary: title gives 30, which is no text"),
    ],
)
def test_mistakes_that_show_in_judging_name_file_and_control(changes, words):
    control = compile_controls(own(**changes))["mine"]
    with pytest.raises(DeliverabilityError, match=words):
        judge(control, "mx1", {"subject": "mx1", "queue": {"total": 30}})


def test_evidence_that_is_a_number_is_told():
    control = compile_controls(own(evidence="queue.total"))["mine"]
    assert judge(control, "mx1", {"subject": "mx1", "queue": {"total": 30}})["evidence"] == ["30"]


@pytest.mark.parametrize(
    ("examples", "words"),
    [
        ({"pass": [{"queue": {"total": 3}}], "fail": [{"queue": {"total": 30}}]}, None),
        ({"pass": [{"queue": {"total": 3}}, {"queue": {"total": 30}}]}, r"own\.yml: control mine: examples: the 2\. of pass is judged as fail"),
        ({"fail": [{}]}, "the 1. of fail is judged as unknown"),
        ({"fail": [3]}, "examples is a dictionary with lists of documents under pass and fail"),
        ({"unknown": [{}]}, "examples is a dictionary with lists"),
        ([{}], "examples is a dictionary with lists"),
    ],
)
def test_examples_of_an_own_control_are_judged(examples, words):
    controls = compile_controls(own(examples=examples))
    if words is None:
        check_examples(controls)
        return
    with pytest.raises(DeliverabilityError, match=words):
        check_examples(controls)


def test_example_that_a_query_cannot_judge_is_told():
    with pytest.raises(DeliverabilityError, match=r"control mine: query gives 3; .* \(examples: pass, the 1\.\)"):
        check_examples(compile_controls(own(query="queue.total", examples={"pass": [{"queue": {"total": 3}}]})))


def test_a_query_that_is_changed_leaves_the_examples_of_the_earlier_one():
    policies = [
        *load_policies(["baseline"]),
        ("own.yml", {"controls": [{"id": "queue_age", "query": "queue.total < `5`"}, {"id": "fcrdns", "severity": "low"}]}),
    ]
    controls = compile_controls(policies)
    check_examples(controls)
    assert (controls["queue_age"]["examples"], bool(controls["fcrdns"]["examples"])) == (None, True)


def test_policies_as_the_command_line_gives_them():
    assert [name for name, _content in load_policies("baseline,rfc")] == ["baseline", "rfc"]
