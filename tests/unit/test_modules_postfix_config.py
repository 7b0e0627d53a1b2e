# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of a change with Postfix's programs played: what is asked of them, and what happens when they refuse."""

from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import postfix, transaction
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix import as_text, change, is_assigned, secrets
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.modules.postfix_config import ARGUMENTS

MAIN = "# ours\nmyhostname = mail.example.com\n"
MASTER = "smtp      unix  -       -       y       -       -       smtp\n"


class Master:
    """Plays ``postfix status``, ``reload`` and ``start``; ``dies`` at the next reload, or ``refuses`` it, once."""

    def __init__(self, running=True):
        self.running, self.dies, self.refuses, self.asked = running, False, False, []

    def run(self, *words, stdin=b""):
        assert words[0] == "postfix"
        self.asked.append(words[3])
        if words[3] == "status":
            return (0 if self.running else 1), "", ""
        if words[3] == "reload":
            if self.refuses:
                self.refuses = False
                return 1, "", "postfix/postfix-script: fatal: the reload\n"
            self.running, self.dies = not self.dies, False
        if words[3] == "start":
            self.running = True
        return 0, "", ""


@pytest.fixture
def folder(tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "main.cf").write_text(MAIN)
    (etc / "master.cf").write_text(MASTER)
    return etc


@pytest.fixture
def master(monkeypatch):
    played = Master()
    monkeypatch.setattr(postfix, "run", played.run)
    monkeypatch.setattr(postfix, "SETTLE", 0.01)
    monkeypatch.setattr(postfix.Trial, "check", lambda _trial, deep: None)
    return played


def do(folder, check_mode=False, **options):
    params = {name: spec.get("default") for name, spec in ARGUMENTS.items()}
    return change({**params, "config_dir": str(folder), "state_dir": str(folder.parent / "state"), **options}, check_mode)


def text(folder):
    return (folder / "main.cf").read_text(), (folder / "master.cf").read_text()


def test_changed_once_reloaded_once(folder, master):
    first = do(folder, parameters={"relayhost": "[mx.example.net]:587"})
    assert (first["changed"], first["reloaded"], first["files"]) == (True, True, [str(folder / "main.cf")])
    assert text(folder)[0] == MAIN + "relayhost = [mx.example.net]:587\n"
    second = do(folder, parameters={"relayhost": "[mx.example.net]:587"})
    assert (second["changed"], second["reloaded"]) == (False, False)
    assert master.asked.count("reload") == 1


def test_without_reload_postfix_is_not_asked(folder, master):
    assert do(folder, parameters={"relayhost": "x"}, reload=False)["changed"]
    assert master.asked == []


def test_check_mode_writes_nothing(folder, master):
    result = do(folder, check_mode=True, parameters={"relayhost": "x"})
    assert result["changed"]
    assert text(folder) == (MAIN, MASTER)
    assert not (folder.parent / "state").exists()
    assert master.asked == []


def test_previous_values_are_told(folder, master):
    result = do(folder, parameters={"myhostname": "other.example.com", "relayhost": "x"}, services=[service("smtp", overrides={"inet_protocols": "ipv4"})])
    assert result["previous"] == {
        "parameters": {"myhostname": "mail.example.com", "relayhost": None},
        "services": {"smtp/unix": {"exists": True, "overrides": {"inet_protocols": None}}},
    }


def service(name, **options):
    fields = {field: spec.get("default") for field, spec in ARGUMENTS["services"]["options"].items()}
    return {**fields, "name": name, **options}


@pytest.mark.parametrize("trouble", ["dies", "refuses"])
def test_a_failing_reload_restores_files_and_service(folder, master, trouble):
    setattr(master, trouble, True)
    with pytest.raises(DeliverabilityError) as caught:
        do(folder, parameters={"relayhost": "x"})
    assert "reload" in str(caught.value)
    assert text(folder) == (MAIN, MASTER)
    assert master.running
    assert [path.name for path in (folder.parent / "state").iterdir()] == ["lock"]


def test_a_failing_second_change_goes_back_to_the_first(folder, master):
    do(folder, parameters={"relayhost": "x"})
    first = text(folder)
    master.dies = True
    with pytest.raises(DeliverabilityError, match="as they were"):
        do(folder, parameters={"relayhost": "y"})
    assert text(folder) == first
    assert do(folder, state="restored")["changed"]
    assert text(folder) == (MAIN, MASTER)


def test_a_stopped_postfix_stays_stopped(folder, master):
    master.running = False
    assert do(folder, parameters={"relayhost": "x"})["reloaded"] is False
    assert not master.running


@pytest.mark.parametrize(("name", "expected"), [("inet_interfaces", True), ("inet_protocols", True), ("relayhost", False)])
def test_what_needs_a_restart_says_so(folder, master, name, expected):
    assert do(folder, parameters={name: "x"})["restart_required"] is expected


def test_absent_takes_away_only_what_is_named(folder, master):
    out = service("out2", like="smtp/unix", overrides={"smtp_helo_name": "a"})
    do(folder, parameters={"relayhost": "x"}, services=[out, service("smtp", overrides={"inet_protocols": "ipv4"})])
    do(folder, state="absent", services=[service("smtp", overrides={"inet_protocols": None})])
    assert "inet_protocols" not in text(folder)[1]
    assert "out2" in text(folder)[1]
    do(folder, state="absent", services=[out], parameters={"relayhost": None})
    assert text(folder) == (MAIN, MASTER)


def test_somebody_elses_work_is_kept_and_said(folder, master):
    do(folder, parameters={"relayhost": "x"})
    with (folder / "main.cf").open("a") as stream:
        stream.write("by_hand = 1\n")
    theirs = text(folder)
    with pytest.raises(DeliverabilityError, match="changed by somebody else") as caught:
        do(folder, state="restored")
    assert "+by_hand = 1" in caught.value.partial["difference"]
    assert text(folder) == theirs
    (warning,) = do(folder, parameters={"relayhost": "y"})["warnings"]
    assert "somebody else" in warning
    do(folder, state="restored")
    assert text(folder) == theirs


def test_passwords_are_hidden_wherever_they_stand(folder, master):
    secret = "inline:{ { [mx.example.net]:587 = user:hunter2 } }"
    params = {"parameters": {"smtp_sasl_password_maps": secret}}
    assert {secret, "user:hunter2"} <= secrets({**params, "services": []})
    do(folder, **params)
    again = do(folder, parameters={"smtp_sasl_password_maps": "hash:/etc/postfix/sasl_passwd"}, check_mode=True)
    assert again["previous"]["parameters"] == {"smtp_sasl_password_maps": "(hidden)"}
    assert "hunter2" not in repr(again)
    with (folder / "main.cf").open("a") as stream:
        stream.write("by_hand = 1\n")
    with pytest.raises(DeliverabilityError) as caught:
        do(folder, state="restored")
    assert "hunter2" not in repr(caught.value.partial) + str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "yes"), (False, "no"), (5, "5"), (["a", "b"], "a, b"), (" x ", "x"), (None, None), ("", "")],
)
def test_values_become_text(value, expected):
    assert as_text("x", value) == expected


def test_a_mapping_is_no_value():
    with pytest.raises(DeliverabilityError, match="dict is no value"):
        as_text("x", {"a": 1})


@pytest.mark.parametrize("options", [{"snapshot": "../escape"}, {"snapshot": ""}, {"config_dir": "/nowhere"}])
def test_wrong_places_are_refused(folder, master, options):
    with pytest.raises(DeliverabilityError, match=r"plain name|not a folder"):
        do(folder, parameters={"relayhost": "x"}, **options)


class Host:
    def __init__(self, listed):
        self.listed = listed

    def addresses(self):
        return self.listed


@pytest.mark.parametrize(
    ("listed", "address", "expected"),
    [
        (["198.51.100.11"], "198.51.100.11", True),
        (["198.51.100.11"], "198.51.100.12", False),
        (["2001:db8:0::1"], "2001:db8::1", True),
        ([], "127.0.0.1", True),
        (None, "127.0.0.1", True),
        (None, "192.0.2.77", False),
    ],
)
def test_addresses_of_this_host(listed, address, expected):
    assert is_assigned(Host(listed), ipaddress.ip_address(address)) is expected


# How far back


def helo(name):
    return {"parameters": {"smtp_helo_name": name}}


def test_last_is_what_was_before_the_last_change(folder, master):
    for name in ("one.example.com", "two.example.com"):
        do(folder, **helo(name))
    first_change = MAIN + "smtp_helo_name = one.example.com\n"
    assert do(folder, check_mode=True, state="restored", restore_to="last")["changed"]
    assert do(folder, state="restored", restore_to="last")["changed"]
    assert (folder / "main.cf").read_text() == first_change
    assert not do(folder, state="restored", restore_to="last")["changed"]
    assert do(folder, state="restored")["changed"]
    assert (folder / "main.cf").read_text() == MAIN
    assert not list((folder.parent / "state").glob("postfix_config-*"))


def test_last_of_one_change_forgets_it(folder, master):
    do(folder, **helo("one.example.com"))
    do(folder, state="restored", restore_to="last")
    assert (folder / "main.cf").read_text() == MAIN
    assert not list((folder.parent / "state").glob("postfix_config-*"))


def test_a_run_that_was_killed_is_not_what_last_leads_to(folder, master, monkeypatch):
    do(folder, **helo("one.example.com"))
    before = (folder / "main.cf").read_text()
    with monkeypatch.context() as patch:
        patch.setattr(transaction.Snapshot, "finish", lambda _snapshot: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            do(folder, **helo("two.example.com"))
    assert do(folder, **helo("three.example.com"))["changed"]
    do(folder, state="restored", restore_to="last")
    assert (folder / "main.cf").read_text() == before


def test_unfinished_takes_back_what_was_killed_and_nothing_else(folder, master, monkeypatch):
    do(folder, **helo("one.example.com"))
    before = (folder / "main.cf").read_text()
    assert not do(folder, state="restored", restore_to="unfinished")["changed"]
    assert (folder / "main.cf").read_text() == before
    with monkeypatch.context() as patch:
        patch.setattr(transaction.Snapshot, "finish", lambda _snapshot: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            do(folder, **helo("two.example.com"))
    assert do(folder, check_mode=True, state="restored", restore_to="unfinished")["changed"]
    assert do(folder, state="restored", restore_to="unfinished")["changed"]
    assert (folder / "main.cf").read_text() == before
    assert not do(folder, state="restored", restore_to="unfinished")["changed"]
    do(folder, state="restored")
    assert (folder / "main.cf").read_text() == MAIN


def test_a_damaged_copy_is_not_restored(folder, master):
    for name in ("one.example.com", "two.example.com"):
        do(folder, **helo(name))
    (copy,) = (folder.parent / "state").glob("postfix_config-*/*.last-*")
    copy.write_text("spoilt")
    before = (folder / "main.cf").read_text()
    with pytest.raises(DeliverabilityError, match="damaged"):
        do(folder, state="restored", restore_to="last")
    assert (folder / "main.cf").read_text() == before
