# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html: sound markup, nothing from outside, every text to publish or send exactly, readable colours."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import re

import pytest

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.html import html_report
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.markup import link, slug
from ansible_collections.postmaster.deliverability.tests.unit import report_data

VOID = {"meta", "input", "col", "br"}
OPTIONAL_END = {"td", "th", "tr"}  # HTML closes them itself


class Page(html.parser.HTMLParser):
    """Elements with their attributes and their text; ``open`` ends empty where the markup is sound."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[dict] = []
        self.open: list[dict] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", **dict(attrs)}
        self.elements.append(element)
        if tag in OPTIONAL_END:
            while self.open[-1]["tag"] in OPTIONAL_END and (tag == "tr" or self.open[-1]["tag"] != "tr"):
                self.open.pop()
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, "text": "", **dict(attrs)})

    def handle_endtag(self, tag):
        while self.open[-1]["tag"] in OPTIONAL_END and tag not in OPTIONAL_END:
            self.open.pop()
        assert self.open[-1]["tag"] == tag, f"</{tag}> closes <{self.open[-1]['tag']}>"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, **attributes):
        return [each for each in self.elements if each["tag"] == tag and all(each.get(key) == value for key, value in attributes.items())]

    def section(self, name):
        return next(each["text"] for each in self.all("details", id=slug("h", name)))


@pytest.fixture(scope="module")
def stories():
    return Page(html_report(report_data.stories()))


@pytest.mark.parametrize(
    "diagnosis",
    [
        report_data.stories(),
        report_data.since_last_time(),
        report_data.hostile(),
        report_data.fleet(60, 15),
        report_data.diagnosis({}),
        report_data.diagnosis({"home": report_data.home()}),
    ],
    ids=["stories", "since", "hostile", "fleet", "empty", "one"],
)
def test_the_markup_is_sound(diagnosis):
    page = Page(html_report(diagnosis))
    assert page.open == []
    ids = [each["id"] for each in page.elements if each.get("id")]
    assert len(ids) == len(set(ids))
    linked = {each["href"][1:] for each in page.all("a") if each.get("href", "").startswith("#")}
    assert linked <= set(ids)


def test_nothing_comes_from_outside(stories):
    loading = {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "source", "base", "form"}
    for element in stories.elements:
        assert "style" not in element
        assert not any(key.startswith("on") for key in element)
        if element["tag"] in loading:
            assert not {"src", "href", "action", "data"} & set(element)
    assert "url(" not in stories.all("style")[0]["text"]
    assert "@import" not in stories.all("style")[0]["text"]


def test_the_policy_lets_only_our_style_and_script_run(stories):
    (policy,) = [each["content"] for each in stories.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (element,) = stories.all(tag)
        digest = base64.b64encode(hashlib.sha256(element["text"].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_the_conclusion_comes_first(stories):
    section = stories.section("home")
    order = ["refused", "gmail.example refuses 198.51.100.11", "Whose fault: ours", "What to do: Send through your provider's relay"]
    places = [section.index(part) for part in order]
    assert places == sorted(places)
    assert places[-1] < section.index("Address")


def test_every_text_to_publish_or_send_stands_there_exactly(stories):
    shown = {each["text"] for each in stories.all("pre")}
    for host in report_data.stories()["hosts"].values():
        assert {action["text"] for action in host["actions"] if action["text"]} <= shown
        assert {finding[key] for finding in host["findings"] for key in ("publish", "request") if finding[key]} <= shown


def test_a_text_is_offered_once(stories):
    request = report_data.branch()["actions"][1]["text"]
    assert [each["text"] for each in stories.all("pre")].count(request) == 1


def test_replies_stand_word_by_word_with_their_verdicts(stories):
    section = stories.section("shop")
    for judged in report_data.shop()["verdicts"]:
        assert judged["group"]["text"] in section
        assert judged["verdict"]["explanation"] in section
    assert "203 ×" in section
    assert "Settled by: rep.example lists the address" in section
    assert "What would change it: a refusal that goes on" in section


def test_what_log_and_queue_both_tell_stands_once(stories):
    section = stories.section("home")
    assert "48 × gmail.example" in section
    assert "9 still in the queue" in section
    assert "9 × gmail.example" not in section
    diagnosis = report_data.stories()
    diagnosis["hosts"]["home"]["verdicts"][0]["group"]["template"] = "another"
    assert "9 × gmail.example" in Page(html_report(diagnosis)).section("home")


def test_findings_show_what_failed_and_count_what_passed(stories):
    section = stories.section("branch")
    for evidence in ("33.100.51.198.in-addr.arpa PTR: NXDOMAIN.", "server.localdomain AAAA: NXDOMAIN.", "Waived until 2026-12-31"):
        assert evidence in section
    assert "Passed (5):" in section
    assert "Not applicable (1):" in section


def test_the_matrix_has_a_cell_for_every_host_and_control():
    text = html_report(report_data.stories())
    table = re.search(r'<table class="matrix">.*?</table>', text, re.DOTALL)[0]
    rows = table.split("<tr data-i=")[1:]
    assert len(rows) == 4
    assert all(row.count("<td") == len(report_data.CONTROLS) for row in rows)
    branch = rows[0]
    assert branch.count("✕") == 3
    assert branch.count('class="cell"') == 4  # three failures and a waiver lead to their findings
    assert branch.count('<td class="n">–') == 1


def test_a_cell_shows_the_worst_of_its_subjects():
    diagnosis = report_data.diagnosis({"mx": report_data.host("mx", "198.51.100.1")})
    diagnosis["hosts"]["mx"]["findings"] = [
        report_data.finding("mx", "ptr_exists", "198.51.100.1"),
        report_data.finding("mx", "ptr_exists", "198.51.100.2", "fail"),
        report_data.finding("mx", "ptr_exists", "198.51.100.3", "unknown"),
    ]
    table = re.search(r'<table class="matrix">.*?</table>', html_report(diagnosis), re.DOTALL)[0]
    assert table.count("✕") == 1
    assert "?" not in table


def test_the_report_leads_with_the_change():
    page = Page(html_report(report_data.since_last_time()))
    (header,) = page.all("header")
    assert "Since 2026-11-20 20:34 UTC: new 1, comes and goes 1, fixed 1, still open 5" in header["text"]
    assert "Too large to be true: rep.example newly lists 3 of 4 addresses" in header["text"]
    section = next(each["text"] for each in page.all("section") if each.get("aria-labelledby") == "changes")
    order = ["new shop ✕ 198.51.100.22 is listed at rep.example", "comes and goes branch ✕ HELO is server.localdomain", "fixed home ✓ Address has a"]
    assert [section.index(part) for part in order] == sorted(section.index(part) for part in order)
    assert "48 refusals" not in section  # goes on, and is told below
    assert "comes and goes · since 2026-11-21 20:34 UTC" in page.section("branch")


def test_without_a_previous_report_nothing_is_said_of_changes(stories):
    assert not stories.all("section", **{"aria-labelledby": "changes"})
    assert "Since" not in stories.all("header")[0]["text"]


def test_a_cause_that_hosts_share_is_told_once(stories):
    (section,) = stories.all("section", **{"aria-labelledby": "causes"})
    assert "No refusal" not in section["text"]
    assert "48 refusals are ours to solve2: home, shop" in section["text"].replace("✕", "")
    assert "has no reverse name" not in section["text"]


def test_an_optional_failure_looks_slight_and_says_so():
    diagnosis = report_data.stories()
    finding = diagnosis["hosts"]["home"]["findings"][0]
    finding.update(level="optional", references=["https://www.rfc-editor.org/rfc/rfc5321"])
    page = Page(html_report(diagnosis))
    assert "failed, high, optional · address_not_policy_listed" in page.section("home")
    (item,) = page.all("li", id=slug("f", "home", finding["id"]))
    assert "www.rfc-editor.org/rfc/rfc5321" in item["text"]
    assert '<td class="f low"><a class="cell" href="#' + item["id"] in html_report(diagnosis)


def test_an_action_tells_its_effect():
    diagnosis = report_data.stories()
    diagnosis["hosts"]["shop"]["actions"][0]["effect"] = {"queued": 137, "operators": ["example.net", "google"]}
    assert "Would release 137 messages to example.net, google" in Page(html_report(diagnosis)).section("shop")


def test_zones_that_could_not_be_believed_are_named(stories):
    text = next(each["text"] for each in stories.all("section") if each.get("aria-labelledby") == "lists")
    assert "2 of 5 lists answered" in text
    assert all(zone in text for zone in ("dead.example", "refusing.example", "slow.example"))
    assert "rep.example" not in text


def test_a_doubtful_resolver_is_said_at_the_top():
    diagnosis = report_data.diagnosis({"home": report_data.home()}, resolver={"state": "refused", "why": "127.255.255.254"})
    diagnosis["fleet"]["errors"] = ["blocklists: no nameserver answers"]
    (header,) = Page(html_report(diagnosis)).all("header")
    assert "Resolver: 127.255.255.254" in header["text"]
    assert "Did not work: blocklists: no nameserver answers" in header["text"]


@pytest.mark.parametrize(
    ("hosts", "headline"),
    [
        (["home", "office"], "1 of 2 servers are refused"),
        (["office", "office2"], "All 2 servers are well"),
        (["home"], "home: refused"),
        ([], "No servers"),
    ],
)
def test_the_headline(hosts, headline):
    known = {"home": report_data.home(), "office": report_data.office(), "office2": report_data.office()}
    (h1,) = Page(html_report(report_data.diagnosis({name: known[name] for name in hosts}))).all("h1")
    assert h1["text"] == headline


def test_a_host_that_could_not_be_judged_keeps_its_place():
    diagnosis = report_data.stories()
    diagnosis["hosts"]["home"] = {
        **report_data.host("home", "", state="unknown", summary="no log", error="mail.log: permission denied"),
        "facts": None,
    }
    section = Page(html_report(diagnosis)).section("home")
    assert "Not judged: mail.log: permission denied" in section
    assert "Nothing to change" not in section


def test_mail_that_passed_since_is_told():
    diagnosis = report_data.stories()
    diagnosis["hosts"]["shop"]["verdicts"][0]["current"] = False
    assert "delivered there since" in Page(html_report(diagnosis)).section("shop")


def test_spanish():
    page = Page(html_report(report_data.stories(), language="es"))
    assert page.all("html")[0]["lang"] == "es"
    (h1,) = page.all("h1")
    assert h1["text"] == "3 de 4 servidores rechazados"
    assert "De quién es: nuestro" in page.section("home")


def test_what_hosts_and_lists_told_in_english_is_said_in_spanish():
    diagnosis = report_data.diagnosis({"home": report_data.home()}, zones={"x.example": {"health": "unreachable", "why": "no answer in time"}})
    diagnosis["hosts"]["home"]["facts"]["warnings"] = ["/var/log/mail.log.1 cannot be read: Permission denied", "postfix/master: fatal: bind"]
    text = html_report(diagnosis, "es")
    assert "/var/log/mail.log.1 no se puede leer: Permission denied" in text
    assert "postfix/master: fatal: bind" in text
    assert "no hubo respuesta a tiempo" in text


def test_the_order_of_the_dictionary_does_not_matter():
    diagnosis = report_data.stories()
    turned = {**diagnosis, "hosts": dict(reversed(diagnosis["hosts"].items()))}
    assert html_report(turned) == html_report(diagnosis)


def test_a_large_fleet_stays_lean():
    text = html_report(report_data.fleet(200, 40))
    elements = len(re.findall(r"<[a-z]", text))
    assert elements < 200 * 180
    assert text.count("<figure>") == 2 * (1 + sum(host["state"] in ("refused", "attention") for host in report_data.fleet(200, 40)["hosts"].values()))


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://www.rfc-editor.org/rfc/rfc5321#section-4.2", True),
        ("javascript:alert(1)", False),
        ("https://example.com/\"onmouseover='alert(1)'", False),
        ("https://example.com/<b>", False),
        ("http://example.com/", False),
        ("RFC 5321, section 4.2", False),
    ],
)
def test_only_plain_web_addresses_become_links(url, linked):
    assert link(url).startswith("<a ") is linked


def test_ids_differ_where_names_differ():
    names = ["mx-1", "mx_1", "mx.1", "mx 1", "mx/1", "é", "e"]
    assert len({slug("h", name) for name in names}) == len(names)
    assert slug("f", "a-b", "c") != slug("f", "a", "b-c")


# Colours


def _tokens(text: str) -> dict:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return sum(
        weight * (channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)
        for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True)
    )


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXTS = [
    *(("ink", ground) for ground in ("paper", "card", "well")),
    *(("soft", ground) for ground in ("paper", "card", "well")),
    ("link", "card"),
    ("card", "refused"),
    ("paper", "ink"),
    *((tone, ground) for tone in ("refused", "attention", "unknown", "ok") for ground in ("card", f"{tone}-tint")),
]
SHAPES = [(side, "card") for side in ("ours", "either", "theirs", "user", "none")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_reach_contrast_aa(stories, scheme):
    style = stories.all("style")[0]["text"]
    light, dark = style.split("prefers-color-scheme: dark", 1)
    tokens = _tokens(light) if scheme == "light" else {**_tokens(light), **_tokens(dark.split("\n}", 1)[0])}
    weak = [(a, b, round(_contrast(tokens[a], tokens[b]), 2)) for a, b in TEXTS if _contrast(tokens[a], tokens[b]) < 4.5]
    weak += [(a, b, round(_contrast(tokens[a], tokens[b]), 2)) for a, b in SHAPES if _contrast(tokens[a], tokens[b]) < 3]
    assert weak == []
