# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share where they meet Ansible: how a long run tells of itself, and that the options for DNS are those of the documentation."""

from __future__ import annotations

import builtins
import importlib
import json
import zipfile

import pytest
import yaml
from ansible.module_utils import basic
from dns_stub import Stub

from ansible_collections.postmaster.deliverability.plugins.doc_fragments.dns import ModuleDocFragment
from ansible_collections.postmaster.deliverability.plugins.module_utils import _edge
from ansible_collections.postmaster.deliverability.plugins.modules import dnsbl_info, mx_info, sender_dns_info

KEY = "Abcdefghijklmnopqrstuvwx23"
SUBJECTS = {dnsbl_info: {"addresses": ["198.51.100.11"], "zones": ["bl.spamcop.net"]}, mx_info: {"domains": ["example.com"]}}
SUBJECTS[sender_dns_info] = {"domains": ["example.com"], "fetch_policies": False}


class Module:
    """A module that keeps what it would write to the system's log."""

    def __init__(self):
        self.lines = []

    def log(self, line):
        self.lines.append(line)


def test_a_long_run_tells_now_and_then_how_far_it_is(monkeypatch):
    module, moments = Module(), iter([100.0, 101.0, 109.9, 110.0, 111.0, 119.9, 125.0])
    monkeypatch.setattr(_edge.time, "monotonic", lambda: next(moments))
    tell = _edge.progress_log(module)
    for finished in range(6):
        tell(finished, {"sent": 10 * finished, "failed": 1})
    assert module.lines == [
        "after 10 seconds: 2 checks done, 20 questions sent, 1 without an answer",
        "after 25 seconds: 5 checks done, 50 questions sent, 1 without an answer",
    ]


def test_a_file_of_a_zip_is_compiled_once(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "module.zip", "w") as files:
        files.writestr("zipped_util.py", "ANSWER = 42\n")
    compiled, real = [], compile
    monkeypatch.setattr(builtins, "compile", lambda source, name, *rest, **options: compiled.append(name) or real(source, name, *rest, **options))
    monkeypatch.syspath_prepend(str(tmp_path / "module.zip"))
    assert importlib.import_module("zipped_util").ANSWER == 42
    assert compiled == [str(tmp_path / "module.zip" / "zipped_util.py")]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a module: what it prints, and what it writes to the system's log."""

    def start(door, **arguments):
        lines = []
        monkeypatch.setattr(_edge, "PROGRESS_EVERY", 0)
        monkeypatch.setattr(basic.AnsibleModule, "log", lambda _module, line, log_args=None: lines.append(f"{line} {log_args}"))
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            door.main()
        return capsys.readouterr().out, lines

    return start


@pytest.mark.parametrize("door", SUBJECTS, ids=lambda door: door.__name__.rpartition(".")[2])
def test_every_module_that_asks_dns_tells(door, run):
    names = []

    def behave(query):
        names.append(query.name)
        return (1.1 if query.name == names[0] else 0, query.nxdomain())  # a resolver tells no more than once a second

    with Stub(behave) as nameserver:
        printed, lines = run(door, **SUBJECTS[door], nameservers=[nameserver], timeout=5)
    assert "failed" not in json.loads(printed)
    assert any("questions sent" in line for line in lines)


def fails(query):
    """Fail, and say with what name, as validating resolvers do (RFC 8914)."""
    text = f"no reachable authority for {query.name.upper()}".encode()
    option = (15).to_bytes(2, "big") + (2 + len(text)).to_bytes(2, "big") + (22).to_bytes(2, "big") + text
    return (1.1, query.reply(2, additional=[b"\0\0\x29\x04\xd0\0\0\0\0" + len(option).to_bytes(2, "big") + option]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "no reachable authority for"),
        ({"zones": ["list.example"]}, "zones: 'list.example' is not in the catalogue"),
        ({"keys": {"spamhaus_dqs": KEY, "other": KEY}}, "keys: 'other' is for no list"),
        ({"keys": {"spamhaus_dqs": KEY + " " + KEY}}, "keys: the value of spamhaus_dqs is no key"),
    ],
    ids=["no answer", "bad list", "key for no list", "no key"],
)
def test_a_key_shows_nowhere(given, said, run):
    with Stub(fails) as nameserver:
        printed, lines = run(dnsbl_info, **{"addresses": ["198.51.100.11"], "keys": {"spamhaus_dqs": KEY}, "nameservers": [nameserver], "retries": 0, **given})
    assert said in printed
    assert lines
    assert KEY.lower() not in (printed + "".join(lines)).lower()


def test_the_options_for_dns_are_the_documented_ones():
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert {name: (row["type"], row.get("default")) for name, row in documented.items()} == {
        name: (row["type"], row.get("default")) for name, row in _edge.DNS_OPTIONS.items()
    }
