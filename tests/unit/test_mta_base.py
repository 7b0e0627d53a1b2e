# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of a mail system, for every one that is registered, and the helpers that they share."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from mta_data import NOW

from ansible_collections.postmaster.deliverability.plugins.module_utils._mta import base, host, systems
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import (
    Identity,
    LogReader,
    MailSystem,
    QueueEntry,
    Recent,
    bound_address,
    declared_domains,
    decode,
    domain_of,
    is_loopback,
    rfc3339,
    split_host_port,
    to_address,
    unique,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import LogSummary

FOLDER = Path(base.__file__).parent
SHARED = {"__init__", "base", "host", "logfile", "summary", "systems", "trace"}


@pytest.fixture(params=systems.SYSTEMS)
def system(request):
    return systems.system_named(request.param)


def test_every_file_is_a_registered_system():
    """Whoever adds a file registers it, and one file holds one system."""
    files = {path.stem for path in FOLDER.glob("*.py")} - SHARED
    assert set(systems.SYSTEMS) == files
    for name in systems.SYSTEMS:
        system = systems.system_named(name)
        assert (system.name, system.__module__.rpartition(".")[2]) == (name, name)


def test_system_describes_itself(system):
    assert issubclass(system, MailSystem)
    assert system.__doc__
    assert system.snapshot_marks
    marks = [mark for name in systems.SYSTEMS for mark in systems.system_named(name).snapshot_marks]
    assert len(marks) == len(set(marks))


@pytest.mark.parametrize("method", ["detect", "identity", "queue", "parse_queue", "owns_queue", "owns_log", "log_reader"])
def test_system_gives_the_whole_contract(system, method):
    if method == "detect" and not system.log_paths:
        pytest.skip("never live: read from exports only")
    assert getattr(system, method) is not getattr(MailSystem, method)


def test_system_reads_nothing_from_nothing(system):
    clock = Clock(NOW)
    assert list(system.parse_queue("", clock)) == []
    reader = system(None).log_reader(LogSummary(NOW), clock)
    assert isinstance(reader, LogReader)
    reader.warm(b"")
    reader.feed(b"no line of any log\n")
    reader.close()
    assert reader.summary.counts == LogSummary(NOW).counts


def test_system_does_not_take_any_text_for_its_own(system):
    for text in ("", "hello\nworld\n", '{"a": 1}\n', "Nov 21 20:40:54 mail sshd[1]: Accepted publickey for root\n"):
        assert not system.owns_queue(text)
        assert not system.owns_log(text)


def test_system_lives_on_the_standard_library(system):
    """Nothing else is there on a mail host, and the payload stays small."""
    tree = ast.parse(Path(sys.modules[system.__module__].__file__).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {name.name.partition(".")[0] for name in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("ansible_collections."):
            assert node.module.split("plugins.module_utils.")[1].partition(".")[0] in {"_errors", "_mta", "_smtp"}
        elif isinstance(node, ast.ImportFrom):
            assert node.module.partition(".")[0] in sys.stdlib_module_names


def test_interface_of_a_system_that_tells_nothing():
    silent = MailSystem(host.LiveHost())
    assert silent.identity().sources == []
    assert list(silent.queue()) == []
    assert silent.about() == {"name": "", "version": None, "config_dir": None}
    assert MailSystem.detect(silent.host) is False


def test_records_have_defaults_only_where_a_system_may_not_know():
    entry = QueueEntry("Q", "deferred", None, 0, "", "a@example.net")
    assert (entry.text, entry.masked, entry.count) == ("", False, 1)
    assert Identity(None, [], [], []).warnings == ()


# Helpers.


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"abc", "abc"), ("ñ".encode(), "ñ"), (b"\xf1", "ñ"), (b"\x80\xff", "\x80ÿ"), (b"\xef\xbb\xbfabc", "abc"), ("añ".encode("utf-16"), "añ"), (b"", "")],
)
def test_decode(raw, text):
    assert decode(raw) == text


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("a@Example.NET", "example.net"),
        ("<a@example.net>", "example.net"),
        ("a@example.net.", "example.net"),
        ('"a@b"@c.example', "c.example"),
        ("root", ""),
        ("", ""),
    ],
)
def test_domain_of(address, domain):
    assert domain_of(address) == domain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[smtp.example.net]:587", ("smtp.example.net", 587)),
        ("smtp.example.net:submission", ("smtp.example.net", 587)),
        ("smtp.example.net", ("smtp.example.net", 25)),
        ("[192.0.2.1]", ("192.0.2.1", 25)),
        ("[2001:db8::1]:465", ("2001:db8::1", 465)),
        ("2001:db8::1", ("2001:db8::1", 25)),
        ("", ("", 25)),
    ],
)
def test_split_host_port(text, expected):
    assert split_host_port(text) == expected


@pytest.mark.parametrize(
    ("text", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("IPv6:::1", True), ("192.0.2.1", False), ("localhost", False), (None, False)],
)
def test_loopback(text, loopback):
    assert is_loopback(text) is loopback


def test_addresses_with_a_zone():
    assert str(to_address("fe80::1%eth0")) == "fe80::1"
    assert to_address("not one") is None


def test_times_are_utc_to_the_second():
    assert rfc3339(1795293654.9) == "2026-11-21T20:40:54Z"
    assert rfc3339(None) is None


def test_unique_keeps_the_first_order():
    assert unique(["b", "", "a", "b", None]) == ["b", "a"]


def test_recent_forgets_and_stays_small():
    recent = Recent(10)
    for number in range(1000):
        recent[number] = number
        assert recent.get(number) == number
    assert len(recent.young) + len(recent.old) <= 20
    assert 999 in recent
    assert 1 not in recent
    assert recent.get(1, "gone") == "gone"
    assert recent.pop(999) == 999
    assert 999 not in recent
    assert recent.pop(999, "gone") == "gone"


def test_recent_prefers_the_younger_value():
    recent = Recent(2)
    for value in range(4):
        recent["x"] = value
        recent[f"fill{value}"] = value
    assert recent.get("x") == 3


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2026-11-21T20:34:16Z", True),
        ("2026-11-21T20:34:16.5+01:00", True),
        ("2026-11-21 20:34:16+0100", True),
        ("2026-11-21T20:34:16", False),
        ("2026-11-31T20:34:16Z", False),
        ("now", False),
    ],
)
def test_rfc3339_times(text, good):
    assert (host.parse_rfc3339(text) is not None) is good


def test_addresses_of_the_interfaces():
    assert host.global_addresses(["127.0.0.1", "198.51.100.1", "fe80::1", "::1", "2001:db8::1", "0.0.0.0", "198.51.100.1", "junk"]) == [
        "198.51.100.1",
        "2001:db8::1",
    ]
    assert host.global_addresses(None) == []


def test_addresses_of_bsd():
    listed = "em0: flags=8843\n\tinet 198.51.100.7 netmask 0xffffff00\n\tinet6 fe80::1%em0 prefixlen 64\n\tinet6 2001:db8::7 prefixlen 64\n"
    assert host.global_addresses(host._bsd_addresses(listed)) == ["198.51.100.7", "2001:db8::7"]


def test_live_host_program_that_is_missing_or_fails():
    live = host.LiveHost()
    assert live.output("x", ["no-such-program-here"], optional=True) is None
    with pytest.raises(host.DeliverabilityError, match="no-such-program-here was not found on this host"):
        live.output("x", ["no-such-program-here"])
    with pytest.raises(host.DeliverabilityError, match=r"sh -c .* failed with status 3: sorry"):
        live.output("x", ["sh", "-c", "echo sorry >&2; exit 3"])
    assert live.output("x", ["sh", "-c", "echo fine; exit 3"], ok=(0, 3)) == "fine\n"
    assert live.output("x", ["sh", "-c", "exit 3"], optional=True) is None
    assert live.file("/no/such/file") is None


def test_live_host_asks_in_english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8")
    assert host.LiveHost().output("x", ["sh", "-c", "echo $LC_ALL"]) == "C\n"


def test_declared_domains_are_names_of_the_world():
    words = [
        "Example.com",
        "example.com.",
        "localhost",
        "localhost.localdomain",
        "box",
        "192.0.2.1",
        "[192.0.2.1]",
        "lsearch;/etc/domains",
        "",
        None,
        "a_b.example.org",
    ]
    assert declared_domains(words) == ["example.com", "a_b.example.org"]


@pytest.mark.parametrize(
    ("text", "address", "warning"),
    [
        ("198.51.100.7", "198.51.100.7", None),
        ("IPv6:2001:DB8::7", "2001:db8::7", None),
        ("198.51.100.8", "198.51.100.8", "setting has 198.51.100.8, which no interface of this host has: nothing is sent with it"),
        ("999.1.1.1", None, "setting has '999.1.1.1', which is no address: nothing is sent with it"),
    ],
)
def test_bound_address(tmp_path, text, address, warning):
    (tmp_path / "recorded_at").write_text("2026-11-21T20:46:40Z")
    (tmp_path / "ip-address.json").write_text('[{"addr_info": [{"local": "198.51.100.7"}, {"local": "2001:db8::7"}]}]')
    warnings: list = []
    assert bound_address(text, host.SnapshotHost(str(tmp_path)), "setting", warnings) == address
    assert warnings == ([warning] if warning else [])


def test_bound_address_is_believed_where_the_interfaces_are_not_known(tmp_path):
    (tmp_path / "recorded_at").write_text("2026-11-21T20:46:40Z")
    warnings: list = []
    assert bound_address("198.51.100.8", host.SnapshotHost(str(tmp_path)), "setting", warnings) == "198.51.100.8"
    assert warnings == []
