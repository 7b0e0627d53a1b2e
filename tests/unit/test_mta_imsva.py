# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trend Micro IMSVA: a Postfix in a folder of its own, whose scanner takes every message out and gives it back (built to Trend Micro's documentation)."""

from __future__ import annotations

import shutil

import pytest
from mta_data import FIXTURES, postconf, snapshot

from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.postfix import Postfix
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import detect, parse_log_text, survey

IMSVA = FIXTURES / "imsva"


def look(folder, **options):
    return survey({"gather_subset": ["identity", "queue", "log"], "mta": "auto", "snapshot": str(folder), "max_groups": 50, **options})["mail_host"]


class Appliance:
    """A live IMSVA, as far as recognising it asks."""

    snapshot = None

    def has_program(self, name):
        return name == "postconf"

    def has_file(self, path):
        return path == "/opt/trend/imss/postfix/etc/postfix/main.cf"


def test_appliance_is_a_postfix():
    assert Postfix.detect(Appliance())
    assert detect(Appliance()) is Postfix


def test_appliance_is_named():
    assert look(IMSVA)["mta"] == {
        "name": "postfix",
        "version": "2.11.3",
        "config_dir": "/opt/trend/imss/postfix/etc/postfix",
        "product": "Trend Micro IMSVA",
    }


@pytest.mark.parametrize(
    ("changes", "product"),
    [
        ({"config_directory": "/etc/postfix", "content_filter": "imss:localhost:10025"}, "Trend Micro IMSVA"),  # the suite beside a Postfix
        ({"config_directory": "/opt/trend/imss/postfix/etc/postfix"}, "Trend Micro IMSVA"),
        ({"content_filter": "smtp-amavis:[127.0.0.1]:10024"}, None),
        ({}, None),
    ],
)
def test_appliance_is_recognised_by_folder_or_filter(tmp_path, changes, product):
    snapshot(tmp_path / "it", **{"postconf.txt": postconf(**changes)})
    assert look(tmp_path / "it", gather_subset=["identity"])["mta"].get("product") == product


def test_identity_is_that_of_the_transports_that_leave():
    """The transport that feeds the scanner is none of them; the routes of the appliance's own table are known."""
    identity = look(IMSVA)["identity"]
    assert [source["transport"] for source in identity["sources"]] == ["smtp", "relay"]
    assert (identity["sources"][0]["address4"], identity["sources"][0]["helo"]) == ("198.51.100.41", "imsva.example.com")
    assert [(relay["scope"], relay["host"]) for relay in identity["relays"]] == [("example.com", "192.0.2.40")]


def test_scanner_is_no_delivery_and_its_return_no_arrival():
    log = look(IMSVA)["log"]
    counts = {key: log[key] for key in ("received", "delivered", "filtered", "deferred", "deferred_messages")}
    assert counts == {"received": 2, "delivered": 1, "filtered": 2, "deferred": 2, "deferred_messages": 2}
    assert [(row["destination"], row["relay_host"], row["count"]) for row in log["delivered_to"]] == [("example.org", "mx.example.org", 1)]
    assert log["senders"]["messages"] == 2
    assert [row["client"] for row in log["senders"]["clients"]] == ["192.0.2.40", "203.0.113.80"]


def test_scanner_that_does_not_answer_holds_the_mail():
    queue = look(IMSVA)["queue"]
    stuck = next(group for group in queue["groups"] if group["relay_address"] == "127.0.0.1")
    assert (stuck["text"], stuck["stage"], stuck["count"]) == ("connect to localhost[127.0.0.1]:10025: Connection refused", "connect", 1)


def test_refusal_at_one_server_is_not_healed_by_another_recipients_delivery():
    servers = [group for group in look(IMSVA)["log"]["groups"] if group["host_level"]]
    assert [(group["relay_host"], group["handled"]) for group in servers] == [("mx1.example.net", 0)]


def test_queue_of_a_postfix_without_json(tmp_path):
    assert look(IMSVA)["queue"]["total"] == 2
    shutil.copytree(IMSVA, tmp_path / "it")
    (tmp_path / "it" / "mailq.txt").rename(tmp_path / "it" / "postqueue-p.txt")
    assert look(tmp_path / "it")["queue"]["total"] == 2


def test_text_alone_does_not_tell_that_the_scanner_gives_back():
    """Without the configuration, mail from this host itself may just as well be new."""
    log = parse_log_text((IMSVA / "maillog").read_text(), now="2026-11-21T20:45:00Z")
    assert (log["mta"], log["delivered"], log["filtered"], log["received"]) == ("postfix", 1, 2, 3)
