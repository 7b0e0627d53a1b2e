# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JUnit: a suite is a host, a case is a control."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ansible_collections.postmaster.deliverability.plugins.plugin_utils._report.junit import junit
from ansible_collections.postmaster.deliverability.tests.unit import report_data


def suites(diagnosis):
    root = ET.fromstring(junit(diagnosis))
    assert root.tag == "testsuites"
    return root, {suite.get("name"): suite for suite in root}


def test_every_finding_is_a_case():
    diagnosis = report_data.stories()
    root, found = suites(diagnosis)
    assert list(found) == ["branch", "home", "shop", "office"]
    for name, host in diagnosis["hosts"].items():
        assert sorted(case.get("name") for case in found[name]) == sorted(finding["id"] for finding in host["findings"])
        assert {case.get("classname") for case in found[name]} == {name}
    assert root.get("tests") == str(sum(len(host["findings"]) for host in diagnosis["hosts"].values()))


def test_the_counts_are_those_of_the_cases():
    root, found = suites(report_data.stories())
    for suite in found.values():
        for count, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
            assert int(suite.get(count)) == len(suite.findall(f"testcase/{tag}"))
    assert (root.get("failures"), root.get("skipped"), root.get("errors")) == ("7", "3", "0")


def test_a_failure_tells_evidence_and_text():
    _root, found = suites(report_data.stories())
    failure = found["branch"].find("testcase[@name='ptr_exists:198.51.100.33']/failure")
    assert failure.get("type") == "high"
    assert failure.get("message") == "fail: 198.51.100.33 has no reverse name: 33.100.51.198.in-addr.arpa PTR: NXDOMAIN."
    assert "33.100.51.198.in-addr.arpa PTR: NXDOMAIN." in failure.text
    assert "remedy: fix_ptr" in failure.text
    assert "Please set the reverse DNS (PTR) of 198.51.100.33" in failure.text


def test_unknown_and_waived_are_skipped_with_their_reason():
    _root, found = suites(report_data.stories())
    assert found["shop"].find("testcase[@name='queue_fresh:queue']/skipped").get("message") == "unknown: The queue was read once: no trend yet."
    assert found["branch"].find("testcase[@name='helo_matches:server.localdomain']/skipped").get("message").startswith("waived: ")


def test_a_host_that_could_not_be_judged_is_an_error():
    hosts = {"mx1": report_data.host("mx1", "", state="unknown", error="no mail system"), "mx2": report_data.host("mx2", "", state="unknown", summary="no log")}
    root, found = suites(report_data.diagnosis(hosts))
    assert [found[name].find("testcase/error").get("message") for name in hosts] == ["no mail system", "no log"]
    assert (root.get("tests"), root.get("errors")) == ("2", "2")


def test_an_optional_failure_is_no_failure():
    diagnosis = report_data.stories()
    diagnosis["hosts"]["branch"]["findings"][0]["level"] = "optional"
    root, found = suites(diagnosis)
    assert found["branch"].find("testcase[@name='ptr_exists:198.51.100.33']/skipped").get("message").startswith("optional: ")
    assert (root.get("failures"), root.get("skipped")) == ("6", "4")
