# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.exchangers import exchangers, find_exchangers
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Answer, answer_from, drive

ZONE = {
    "example.com": {"MX": [(20, "mx2.example.com"), (10, "MX1.example.com.")]},
    "mx1.example.com": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
    "mx2.example.com": {"A": ["192.0.2.2"]},
    "company.example": {"MX": [(1, "aspmx.l.google.com"), (5, "alt1.aspmx.l.google.com")]},
    "aspmx.l.google.com": {"A": ["192.0.2.26"]},
    "nomail.example": {"MX": [(0, "")]},
    "plain.example": {"A": ["192.0.2.80"]},
    "broken.example": {"MX": [(10, "gone.example")]},
}


def find(domain):
    return drive(find_exchangers(domain), answer_from(ZONE))


def test_the_preferred_server_comes_first_with_all_its_addresses():
    result = find("Example.COM.")
    assert result["status"] == "ok"
    assert [(host["preference"], host["host"], host["addresses"]) for host in result["hosts"]] == [
        (10, "mx1.example.com", ["192.0.2.1", "2001:db8::1"]),
        (20, "mx2.example.com", ["192.0.2.2"]),
    ]
    assert result["operator"] is None


def test_a_company_whose_mail_a_provider_keeps_is_that_providers():
    assert find("company.example")["operator"] == "google"


def test_without_mx_the_domain_is_its_own_server():
    assert find("plain.example")["hosts"] == [{"preference": 0, "host": "plain.example", "addresses": ["192.0.2.80"]}]


@pytest.mark.parametrize(
    ("domain", "word"), [("nomail.example", "null MX"), ("broken.example", "no server"), ("localhost", ""), ("unheard.example", "no server")]
)
def test_who_takes_no_mail_is_told_so(domain, word):
    result = find(domain)
    assert result["status"] == "none"
    assert word in result["why"]


@pytest.mark.parametrize("silent", ["MX", "A"])
def test_silence_is_no_answer(silent):
    plain = answer_from(ZONE)

    def answer(question):
        return Answer("timeout") if question.rdtype in (silent, silent * 4) else plain(question)

    result = drive(find_exchangers("example.com" if silent == "MX" else "company.example"), answer)
    assert result["status"] == "unknown"


def test_each_domain_is_asked_once():
    asked = []

    def run(checks):
        asked.extend(checks)
        return [drive(check, answer_from(ZONE)) for check in checks]

    found = exchangers(["example.com", "company.example", "example.com"], run)
    assert list(found) == ["example.com", "company.example"]
    assert len(asked) == 2
