# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html in a real browser: silent console, hostile words as plain text, small and large, light and dark, with and without scripts.

The screenshots are kept in ``tests/output``.
"""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.html import html_report
from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.text import block
from ansible_collections.postmaster.deliverability.tests.root.chromium import Chromium
from ansible_collections.postmaster.deliverability.tests.unit import report_data

OUTPUT = pathlib.Path(__file__).resolve().parents[1] / "output"
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
SHOWN = "[...document.querySelectorAll('.host')].filter(host => host.checkVisibility()).map(host => host.querySelector('h3').firstChild.data.trim())"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The reports as files: name -> path."""
    folder = tmp_path_factory.mktemp("reports")
    diagnoses = {"stories": report_data.stories(), "hostile": report_data.hostile(), "fleet": report_data.fleet(1000, 40)}
    written = {f"{name}.html": html_report(diagnosis) for name, diagnosis in diagnoses.items()}
    written["historias.html"] = html_report(report_data.stories(), language="es")
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def chromium():
    with Chromium() as page:
        yield page


@pytest.fixture
def browser(chromium):
    chromium.reset()
    chromium.console()
    return chromium


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "width", "height"), [("desktop", 1280, 900), ("phone", 390, 844)])
@pytest.mark.parametrize("report", ["stories", "historias", "hostile"])
def test_every_page_fits_its_window(pages, browser, report, device, width, height, scheme):
    browser.resize(width, height)
    browser.media(prefers_color_scheme=scheme)
    browser.open(pages / f"{report}.html")
    assert browser.console() == []
    assert browser.ask("document.documentElement.scrollWidth") <= width
    ground = browser.ask("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 3 * 128) is (scheme == "dark")
    browser.screenshot(OUTPUT / f"report-{report}-{device}-{scheme}.png", whole=True)


def test_hostile_words_are_plain_text(pages, browser):
    browser.open(pages / "hostile.html")
    assert browser.console() == []
    assert browser.ask("document.querySelectorAll('img, iframe, object, form:not([role=search])').length") == 0
    assert browser.ask("document.querySelectorAll('script').length") == 1
    shown = browser.ask("document.querySelector('.said pre').textContent")
    assert shown == block(report_data.HOSTILE)
    assert shown.startswith("550 <img src=x onerror=alert(1)>{{ 7*7 }}")
    assert "mx<b>1" in browser.ask(SHOWN)


def test_no_script_runs_that_is_not_ours(pages, browser, tmp_path):
    """Even where an escape is missed, the page's policy stops the script, and says so."""
    broken = tmp_path / "broken.html"
    text = (pages / "stories.html").read_text(encoding="utf-8")
    broken.write_text(
        text.replace("</main>", "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\"></main>"), encoding="utf-8"
    )
    browser.open(broken)
    assert browser.ask("document.title") != "owned"
    assert any("Content Security Policy" in message for message in browser.console())


def test_search_finds_hosts_by_what_receivers_said(pages, browser):
    browser.open(pages / "stories.html")
    for words, found in (("rep.example/query", ["shop"]), ("198.51.100.33", ["branch"]), ("Greylisting", ["office"]), ("no such words", [])):
        browser.ask(f"(q => {{ q.value = {words!r}; q.dispatchEvent(new Event('input')) }})(document.getElementById('q'))")
        assert browser.ask(SHOWN) == found
        assert browser.ask("document.getElementById('nobody').checkVisibility()") is (not found)


def test_the_keyboard_is_enough(pages, browser):
    browser.open(pages / "stories.html")
    browser.press("Tab")
    assert browser.ask("document.activeElement.className") == "skip"
    browser.press("Tab")
    assert browser.ask("document.activeElement.id") == "s-all"
    browser.press("ArrowRight")
    assert browser.ask("document.activeElement.id") == "s-refused"
    assert browser.ask(SHOWN) == ["branch", "home", "shop"]
    browser.press("/")
    assert browser.ask("document.activeElement.id") == "q"


def test_a_link_into_a_closed_host_opens_it(pages, browser):
    browser.open(pages / "stories.html")
    assert browser.ask("document.querySelector('#h-office').open") is False
    browser.ask("document.querySelector('.list a[href=\"#h-office\"]').click()")
    browser.wait_for("document.querySelector('#h-office').open")


def test_a_text_is_copied(pages, browser):
    browser.devtools("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.open(pages / "stories.html")
    browser.ask("document.querySelector('#h-branch .steps .item:last-child .copy button').click()")
    browser.wait_for("document.querySelector('#h-branch .steps .item:last-child .copy button').textContent === 'Copied'")
    assert browser.console() == []


def test_without_scripts(pages, browser):
    browser.scripts(False)
    browser.open(pages / "stories.html")
    assert browser.text("#h-home .why") == report_data.home()["summary"]
    browser.click("label:has(#s-ok)")
    assert browser.visible("#h-office")
    assert not browser.visible("#h-home")
    assert not browser.visible("#q")


def test_a_thousand_hosts_open_within_two_seconds(pages, browser):
    times = []
    for _run in range(5):
        browser.open(pages / "fleet.html")
        times.append(browser.ask(LOADED))
    assert browser.console() == []
    assert min(times) < 2000, times  # the best of five: what else runs on the machine is not the page's fault
    assert browser.ask("document.querySelectorAll('.matrix td').length") >= 40_000
    browser.screenshot(OUTPUT / "report-fleet-desktop-light.png")


def test_a_thousand_hosts_follow_the_window_and_the_filter(pages, browser):
    """What asks each element about all the others takes minutes in a page of this size."""
    browser.resize(700, 900)
    browser.open(pages / "fleet.html")
    browser.resize(1280, 900)
    browser.media(prefers_color_scheme="dark")
    browser.ask("document.getElementById('s-unknown').click()")
    assert browser.ask("[...document.querySelectorAll('.list tr[data-state]')].filter(row => row.checkVisibility()).length") == 20


def test_it_prints(pages, browser):
    browser.open(pages / "stories.html")
    browser.pdf(OUTPUT / "report-stories.pdf")
    assert (OUTPUT / "report-stories.pdf").read_bytes().startswith(b"%PDF-")
    browser.media("print")
    assert not browser.visible(".filter")
    assert not browser.visible(".copy button")
    assert browser.visible("#h-home .steps")
