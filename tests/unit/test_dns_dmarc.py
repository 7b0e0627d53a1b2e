# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dmarc import check_dmarc, names_to_walk
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive

MAILTO = "rua=mailto:dmarc@example.com"


def run(domain="example.com", **records):
    """Check ``domain``; ``records`` are TXT texts (or a status) by the domain below which _dmarc stands, with _ for a dot."""
    table = {
        "_dmarc." + name.replace("_", "."): texts if texts == "timeout" else {"TXT": [texts] if isinstance(texts, str) else texts}
        for name, texts in records.items()
    }
    dmarc, found = drive(check_dmarc(domain), answer_from(table))  # pylint: disable=unpacking-non-sequence
    return dmarc, {check["control"]: check for check in found}


def test_the_walk_asks_at_most_eight_names():
    assert names_to_walk("example.com") == ["example.com", "com"]
    assert names_to_walk("a.b.c.d.e.f.g.h.i.j.mail.example.com") == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    ]


@pytest.mark.parametrize(
    ("domain", "records", "where", "organization", "policy"),
    [
        ("example.com", {"example_com": "v=DMARC1; p=reject"}, "example.com", "example.com", "reject"),
        ("a.mail.example.com", {"example_com": "v=DMARC1; p=reject"}, "example.com", "example.com", "reject"),
        ("a.mail.example.com", {"example_com": "v=DMARC1; p=reject; sp=none"}, "example.com", "example.com", "none"),
        ("mail.example.com", {"mail_example_com": "v=DMARC1; p=none", "example_com": "v=DMARC1; p=reject"}, "mail.example.com", "example.com", "none"),
        (
            "mail.example.com",
            {"mail_example_com": "v=DMARC1; p=none; psd=n", "example_com": "v=DMARC1; p=reject"},
            "mail.example.com",
            "mail.example.com",
            "none",
        ),
        ("a.b.example.co", {"co": "v=DMARC1; p=reject; psd=y", "b_example_co": "v=DMARC1; p=none"}, "co", "example.co", "reject"),
        ("a.example.co", {"co": "v=DMARC1; p=reject; psd=y", "example_co": "v=DMARC1; p=none"}, "example.co", "example.co", "none"),
        ("example.com", {"example_com": "v=DMARC1; p=quarantine; psd=u", "com": "v=DMARC1; p=none"}, "example.com", "com", "quarantine"),
    ],
)
def test_discovery(domain, records, where, organization, policy):
    dmarc, found = run(domain, **records)
    assert (dmarc["domain"], dmarc["organizational_domain"], dmarc["policy"]) == (where, organization, policy)
    assert found["dmarc_published"]["status"] == "pass"


def test_a_policy_between_domain_and_organization_does_not_apply():
    dmarc, _found = run("a.b.example.com", b_example_com="v=DMARC1; p=reject", example_com="v=DMARC1; p=none")
    assert dmarc["domain"] == "example.com"


def test_no_policy_gives_the_record_to_publish():
    dmarc, found = run()
    assert dmarc is None
    assert found["dmarc_published"]["status"] == "fail"
    assert found["dmarc_published"]["publish"] == '_dmarc.example.com. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@example.com"'
    assert {found[name]["status"] for name in ("dmarc_valid", "dmarc_enforced", "dmarc_reports_authorised")} == {"not_applicable"}


@pytest.mark.parametrize("texts", [["v=DMARC1; p=none", "v=DMARC1; p=reject"], "v=dmarc1; p=none", '"v=DMARC1; p=none"', "V=DMARC1; p=none"])
def test_records_that_receivers_pass_over_are_named(texts):
    found = run(example_com=texts)[1]
    assert found["dmarc_published"]["status"] == "fail"
    assert "_dmarc.example.com has" in found["dmarc_published"]["evidence"]


def test_a_record_that_receivers_cannot_use_is_no_policy():
    found = run(example_com="v=DMARC1; pct=50")[1]
    assert found["dmarc_published"]["status"] == "fail"
    assert found["dmarc_published"]["evidence"] == "The DMARC record for example.com cannot be used."
    assert found["dmarc_valid"]["status"] == "fail"


def test_other_records_do_not_disturb():
    assert run(example_com=["hello", "v=DMARC1;p=reject;"])[0]["policy"] == "reject"


@pytest.mark.parametrize(
    ("record", "applied", "words"),
    [
        ("v=DMARC1", None, "p= is missing"),
        (f"v=DMARC1; {MAILTO}", "none", "p= is missing"),
        ("v=DMARC1; p=block", None, "p=block"),
        (f"v=DMARC1; p=block; {MAILTO}", "none", "receivers apply none"),
        (f"v=DMARC1; p=reject; sp=all; {MAILTO}", "none", "sp=all"),
        ("v=DMARC1; p=reject; np=x", None, "np=x"),
        ("v=DMARC1; p=reject; adkim=strict", "reject", "adkim=strict"),
        ("v=DMARC1; p=reject; fo=2", "reject", "fo=2"),
        ("v=DMARC1; p=reject; rua=dmarc@example.com", "reject", "no mailto: address"),
        ("v=DMARC1; p=reject; rua=mailto:a@example.com, mailto:b", "reject", "no mailto: address"),
        ("v=DMARC1; p=reject; pct=200", "reject", "pct=200"),
        ("v=DMARC1; p=reject; p=none", "reject", "repeated"),
        ("v=DMARC1; p=reject, sp=none", None, "p=reject, sp=none"),
        ("v=DMARC1 p=reject", None, None),
    ],
)
def test_syntax(record, applied, words):
    dmarc, found = run(example_com=record)
    if words is None:
        assert dmarc is None
        return
    assert dmarc["policy"] == applied
    assert found["dmarc_valid"]["status"] == "fail"
    assert words in found["dmarc_valid"]["evidence"]


@pytest.mark.parametrize(
    ("record", "remark"),
    [
        ("v=DMARC1; p=reject; pct=100", "pct is gone"),
        ("v=DMARC1; p=reject; rf=afrf; ri=3600", "ri is gone"),
        ("v=DMARC1; sp=none; p=reject", "does not follow"),
        ("v=DMARC1; p=reject; x=1", "x is unknown"),
        ("v=DMARC1; p=reject; rua=mailto:d@example.com!10m", "size limit"),
    ],
)
def test_what_is_only_untidy_is_a_remark(record, remark):
    dmarc, found = run(example_com=record)
    assert found["dmarc_valid"]["status"] == "pass"
    assert remark in " ".join(dmarc["remarks"])


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ("v=DMARC1; p=reject", "pass"),
        ("v=DMARC1; p=Quarantine", "pass"),
        ("v=DMARC1; p=none", "fail"),
        ("v=DMARC1; p=reject; t=y", "fail"),
        ("v=DMARC1; p=reject; pct=50", "fail"),
        ("v=DMARC1; p=junk", "not_applicable"),
    ],
)
def test_enforcement(record, status):
    assert run(example_com=record)[1]["dmarc_enforced"]["status"] == status


def test_reports_inside_the_organization_need_no_leave():
    found = run("mail.example.com", example_com="v=DMARC1; p=none; rua=mailto:a@example.com,mailto:b@reports.example.com!5m")[1]
    assert found["dmarc_reports_authorised"]["status"] == "pass"
    assert run(example_com="v=DMARC1; p=none")[1]["dmarc_reports_authorised"]["status"] == "not_applicable"


def test_reports_to_others_need_their_leave():
    record = "v=DMARC1; p=none; rua=mailto:a@reports.example.net; ruf=mailto:b@example.org"
    table = {"_dmarc.example.com": {"TXT": [record]}, "*._report._dmarc.reports.example.net": {"TXT": ["v=DMARC1"]}}

    def status(**more):
        found = drive(check_dmarc("example.com"), answer_from(dict(table, **more)))[1]
        return next(check for check in found if check["control"] == "dmarc_reports_authorised")

    refused = status()
    assert refused["status"] == "fail"
    assert refused["publish"] == 'example.com._report._dmarc.example.org. IN TXT "v=DMARC1;"'
    assert status(**{"example.com._report._dmarc.example.org": "timeout"})["status"] == "unknown"
    assert status(**{"example.com._report._dmarc.example.org": {"TXT": ["v=DMARC1;"]}})["status"] == "pass"


def test_silence_is_unknown_unless_the_policy_was_found_before():
    assert {check["status"] for check in run(example_com="timeout")[1].values()} == {"unknown"}
    assert run("mail.example.com", mail_example_com="timeout", example_com="v=DMARC1; p=reject")[1]["dmarc_published"]["status"] == "unknown"
    assert run(com="timeout")[1]["dmarc_published"]["status"] == "unknown"
    assert run(com="timeout", example_com="v=DMARC1; p=reject")[1]["dmarc_published"]["status"] == "pass"
