# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong on one host is one clear line about that host, and the others still get their report; remote text stays text."""

from __future__ import annotations

import html
import json
import sys

import pytest
from conftest import ROOT

HOSTILE = "550 <img src=x onerror=alert(1)>{{ 7*7 }}{% raw %} blocked using zen.spamhaus.org"
POSTCONF = {
    "config_directory": "/etc/postfix",
    "inet_interfaces": "all",
    "inet_protocols": "ipv4",
    "mail_version": "3.7.11",
    "mydestination": "mail.example.com, localhost",
    "mydomain": "example.com",
    "myhostname": "mail.example.com",
    "myorigin": "example.com",
    "relayhost": "",
    "smtp_bind_address": "192.0.2.10",
    "smtp_helo_name": "$myhostname",
}
LINE = (
    "2026-11-21T09:00:00+00:00 mail postfix/smtp[812]: 4XyzAb1: to=<someone@example.net>, relay=mx.example.net[198.51.100.25]:25, delay=1.2,"
    " delays=0.1/0/0.5/0.6, dsn=5.7.1, status=bounced (host mx.example.net[198.51.100.25] said: {reply} (in reply to RCPT TO command))\n"
)


def snapshot(folder, reply="450 4.2.0 Greylisted, please try again", **postconf):
    """Lay a folder with a small Postfix's evidence: one refusal with ``reply``, an empty queue."""
    folder.mkdir()
    (folder / "recorded_at").write_text("2026-11-21T10:00:00Z\n")
    (folder / "postconf.txt").write_text("".join(f"{name} = {value}\n" for name, value in {**POSTCONF, **postconf}.items()))
    (folder / "postqueue-j.jsonl").write_text("")
    (folder / "mail.log").write_text(LINE.format(reply=reply))
    return folder


@pytest.fixture(scope="module")
def broken(audit, tmp_path_factory):
    """The audit of one sound host between hosts that cannot be audited, with no DNS server anywhere."""
    folder = tmp_path_factory.mktemp("evidence")
    hosts = {
        "sound": {"audit_snapshot": str(snapshot(folder / "sound"))},
        "hostile": {"audit_snapshot": str(snapshot(folder / "hostile", HOSTILE))},
        "missing": {"audit_snapshot": str(folder / "nowhere")},
        "undated": {"audit_snapshot": str(snapshot(folder / "undated"))},
        "unknown_mta": {"audit_snapshot": str(snapshot(folder / "unknown_mta")), "audit_mta": "pigeon"},
        "bad_pool": {"audit_snapshot": str(snapshot(folder / "bad_pool")), "audit_pool": "192.0.2.30"},
        "bad_helo": {"audit_snapshot": str(snapshot(folder / "bad_helo")), "audit_pool": [{"address": "192.0.2.30", "helo": "x'; reboot #"}]},
        "bad_address": {"audit_snapshot": str(snapshot(folder / "bad_address")), "audit_pool": [{"address": "192.0.2.300"}]},
    }
    (folder / "undated/recorded_at").unlink()
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "audit_nameservers": ["127.0.0.1:9"],
        "audit_dns_timeout": 0.2,
        "audit_dns_retries": 0,
    }
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}))
    return audit(inventory)


def test_the_others_get_their_report(broken):
    assert broken.report, broken.complaints
    assert broken.report["hosts"]["sound"]["state"] in {"ok", "attention"}
    assert broken.report["hosts"]["sound"]["error"] is None


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("missing", "nowhere"),
        ("undated", "recorded_at"),
        ("unknown_mta", "pigeon"),
        ("bad_address", "192.0.2.300"),
        ("bad_pool", "audit_pool: '192.0.2.30' is no list"),
        ("bad_helo", "is no host name"),
    ],
)
def test_one_clear_error_names_what_is_wrong(broken, host, names):
    found = broken.report["hosts"][host]
    assert found["state"] == "unknown"
    assert names in found["error"]
    assert "Traceback" not in found["error"]
    assert found["actions"] == []
    assert f"{host} " in broken.printed


def test_without_dns_nothing_is_clean_and_nothing_is_listed(broken):
    sound = broken.report["hosts"]["sound"]
    asked = {finding["control"]: finding["status"] for finding in sound["findings"]}
    assert asked["address_not_listed"] == "unknown"
    assert asked["ptr_exists"] == "unknown"
    assert sound["actions"] == []


def test_remote_text_is_never_markup_nor_a_template(broken):
    verdicts = broken.report["hosts"]["hostile"]["verdicts"]
    assert any("<img src=x onerror=alert(1)>{{ 7*7 }}" in row["group"]["text"] for row in verdicts)
    assert "<img src=x" not in broken.html
    assert "<img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}" in html.unescape(broken.html)


def test_no_host_was_asked_beyond_this_one(broken):
    assert broken.outside == []


def test_inventory_that_is_not_there(audit):
    done = audit("no/such/inventory.yml")
    assert done.code == 1
    assert done.complaints == "error: INVENTORY=no/such/inventory.yml: no such file or folder\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [("all: [", "YAML parsing failed"), ("all: {hosts: {}}", "it has no host to audit")],
)
def test_inventory_that_cannot_be_used(audit, tmp_path, content, words):
    path = tmp_path / "inventory.yml"
    path.write_text(content)
    done = audit(path)
    assert done.code == 1
    (first,) = [line for line in done.complaints.splitlines() if line.startswith("error: ")]
    assert str(path) in first
    assert words in first


def test_what_is_wrong_with_all_is_told_at_once_before_anybody_is_observed(audit, tmp_path):
    waivers = tmp_path / "waivers.yml"
    waivers.write_text("[{control: ptr_exists}]")
    wrong = {"audit_policies": ["nowhere.yml"], "audit_waivers": str(waivers), "audit_language": "fr", "audit_formats": "pdf", "audit_window": "long"}
    done = audit("", "-e", json.dumps({**wrong, "audit_previous": str(tmp_path / "none.json"), "audit_fail_on": "always"}))
    assert done.code == 2
    told = done.complaints.partition("\n\n")[0].splitlines()
    assert [line.removeprefix("error: ").partition(":")[0] for line in told] == [
        *("policies", "waivers", "previous", "audit_formats", "audit_language", "audit_fail_on", "audit_window")
    ]
    assert "Traceback" not in done.complaints
    assert "observe |" not in (ROOT / ".cache/audit.log").read_text(encoding="utf-8")


def test_a_server_called_localhost_needs_no_dns_library(audit, tmp_path):
    """The DNS is asked with the Python of the controller, whatever Python that server has."""
    python = tmp_path / "python"
    # Without -S, site-packages and with them dnspython are there.
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(python),
        "audit_snapshot": str(snapshot(tmp_path / "evidence")),
        "audit_nameservers": ["127.0.0.1:9"],
        "audit_dns_timeout": 0.2,
        "audit_dns_retries": 0,
    }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"localhost": host}}}))
    report = audit(inventory).report
    assert report["hosts"]["localhost"]["error"] is None
    assert report["fleet"]["errors"] == []
