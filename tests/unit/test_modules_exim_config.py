# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of a change with Exim's programs played: what is asked of them, and what happens when they refuse."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import exim, exim_daemon, exim_layout, exim_queue, exim_text, exim_trial
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim import change, secrets
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_daemon import Daemon
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_layout import Layout
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_queue import EximQueue
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.modules.exim_config import ARGUMENTS

CONFIG = """\
# ours
primary_hostname = mail.example.com
begin routers
relayed:
  driver = dnslookup
  domains = +relay_to_domains
  transport = remote_smtp
dnslookup:
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
  no_more
begin transports
remote_smtp:
  driver = smtp
begin retry
* * F,2h,15m
"""
ROUTE = "{address}\n  router = out2, transport = out2\n  host mx.example.net [192.0.2.1] MX=10 port=26\n"


class Programs:
    """Plays ``exim``: prints what a file has, says no to a word that it does not know, and freezes what it is told to."""

    def __init__(self, file):
        self.file = file
        self.asked = []
        self.refuses = "nonsense"
        self.routed = ROUTE

    def run(self, *words, stdin=b""):
        assert words[0] == "exim"
        rest = list(words[1:])
        file = self.file
        if rest[0] == "-C":
            _switch, file, *rest = rest
        file = pathlib.Path(file)
        text = file.read_text() if file.exists() else ""
        self.asked.append(rest)
        return self.answer(rest, text)

    def answer(self, words, text):
        if words[:2] == ["-bP", "configure_file"]:
            return (0, f"{self.file}\n", "") if pathlib.Path(self.file).exists() else (1, "", "2026-11-21 20:46:37 Exim configuration error:\n  none\n")
        if words[0] == "-bP" and words[1] in ("routers", "transports"):
            printed = ""
            for name, one in exim_text.instances(text, words[1]).items():
                printed += f"{name} {words[1][:-1]}:\n" + "".join(f"{line.name} = {line.value}\n" for line in one.body if line.kind == "option")
            return 0, printed, ""
        if words[0] == "-bP":
            return 0, "".join(f"{word} = \n" for word in words[1:]), ""
        if words[0] == "-bV":
            return (1, "", f'Exim configuration error in line 1 of {self.file}:\n  option "{self.refuses}" unknown\n') if self.refuses in text else (0, "", "")
        if words[0] == "-be":
            return 0, ("Failed: unknown condition\n" if "bad" in words[1] else 'Failed: "fail" requested\n'), ""
        if words[0] == "-bt":
            return (0, self.routed.format(address=words[1]), "") if self.routed else (2, f"{words[1]} is undeliverable: Unrouteable address\n", "")
        said = {"-Mf": "is now frozen", "-Mt": "is no longer frozen", "-Mrm": "has been removed"}[words[0]]
        return 1, "".join(f"Message {one} {said}\n" for one in words[1:] if not one.startswith("gone")), ""


@pytest.fixture
def folder(tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "exim.conf").write_text(CONFIG)
    return etc


@pytest.fixture
def programs(folder, monkeypatch):
    played = Programs(str(folder / "exim.conf"))
    for module in (exim, exim_layout, exim_trial, exim_daemon, exim_queue):
        monkeypatch.setattr(module, "run", played.run)
    monkeypatch.setattr(exim_layout.shutil, "which", lambda name, path=None: f"/usr/sbin/{name}" if name == "exim" else None)
    monkeypatch.setattr(exim_trial, "is_assigned", lambda _host, address: str(address) in ("198.51.100.12", "2001:db8::12"))
    return played


@pytest.fixture
def service(monkeypatch):
    """A daemon that runs; ``dies`` at the next reload."""

    class Played:
        running, dies, reloads, revived = True, False, 0, 0

        def is_running(self):
            return self.running

        def reload(self):
            self.reloads += 1
            if self.dies:
                raise DeliverabilityError("Exim's daemon did not come up again")
            return self.running

        def revive(self):
            self.revived += 1

    played = Played()
    for name in ("is_running", "reload", "revive"):
        monkeypatch.setattr(exim_daemon.Service, name, lambda _self, name=name: getattr(played, name)())
    return played


def filled(spec, given):
    params = {name: field.get("default") for name, field in spec.items()}
    params.update(given)
    for name, field in spec.items():
        if "options" in field:
            params[name] = [filled(field["options"], item) for item in params[name]]
    return params


def do(folder, check_mode=False, **options):
    return change(filled(ARGUMENTS, {"state_dir": str(folder.parent / "state"), **options}), check_mode)


def text(folder):
    return (folder / "exim.conf").read_text()


SWITCH = {"transports": [{"name": "*", "options": {"interface": ["198.51.100.12", "2001:db8::12"], "helo_data": "mail2.example.com"}}]}
SOME = {
    "routers": [{"name": "out2", "options": {"domains": ["example.net"], "transport": "out2"}}],
    "transports": [{"name": "out2", "options": {"interface": "198.51.100.12"}}],
}


def test_changed_once_reloaded_once(folder, programs, service):
    first = do(folder, **SWITCH)
    assert (first["changed"], first["reloaded"], first["files"], first["layout"]) == (True, True, [str(folder / "exim.conf")], "single")
    assert "  interface = <; 198.51.100.12 ; 2001:db8::12\n" in text(folder)
    second = do(folder, **SWITCH)
    assert (second["changed"], second["reloaded"], second["diff"]) == (False, False, [])
    assert service.reloads == 1
    assert do(folder, state="restored")["reloaded"]
    assert text(folder) == CONFIG


def test_check_mode_writes_nothing_and_asks_everything(folder, programs, service):
    result = do(folder, check_mode=True, **SOME, route_check=[{"address": "a@example.net", "transport": "out2"}])
    assert result["changed"]
    assert result["routes"] == [
        {"address": "a@example.net", "router": "out2", "transport": "out2", "hosts": [{"host": "mx.example.net", "address": "192.0.2.1", "port": 26}]}
    ]
    assert text(folder) == CONFIG
    assert not (folder.parent / "state").exists()
    assert ["-bV"] in programs.asked
    assert service.reloads == 0


def test_without_reload_the_daemon_is_left_alone(folder, programs, service):
    assert do(folder, **SWITCH, reload=False)["changed"]
    assert service.reloads == 0


def test_previous_values_are_told(folder, programs, service):
    result = do(folder, main={"primary_hostname": "mx.example.com"}, macros={"OURS": "1"}, **SOME)
    assert result["previous"] == {
        "main": {"primary_hostname": "mail.example.com"},
        "macros": {"OURS": None},
        "routers": {"out2": {"exists": False, "options": {}}},
        "transports": {"out2": {"exists": False, "options": {}}},
    }
    again = do(folder, **SOME)
    assert again["previous"]["transports"] == {"out2": {"exists": True, "options": {"interface": "198.51.100.12"}}}


def test_a_daemon_that_dies_of_it_is_brought_back(folder, programs, service):
    service.dies = True
    with pytest.raises(DeliverabilityError, match="the files are as they were"):
        do(folder, **SWITCH)
    assert text(folder) == CONFIG
    assert service.revived == 1
    assert [path.name for path in (folder.parent / "state").iterdir()] == ["lock"]


def test_a_failing_second_change_goes_back_to_the_first(folder, programs, service):
    do(folder, **SWITCH)
    first = text(folder)
    service.dies = True
    with pytest.raises(DeliverabilityError, match="as they were"):
        do(folder, main={"remote_max_parallel": 1})
    assert text(folder) == first
    service.dies = False
    assert do(folder, state="restored")["changed"]
    assert text(folder) == CONFIG


def test_somebody_elses_work_is_kept_and_said(folder, programs, service):
    do(folder, **SWITCH)
    theirs = text(folder).replace("# ours", "# theirs")
    (folder / "exim.conf").write_text(theirs)
    with pytest.raises(DeliverabilityError, match="changed by somebody else") as caught:
        do(folder, state="restored")
    assert "+# theirs" in caught.value.partial["difference"]
    assert text(folder) == theirs
    (warning,) = do(folder, main={"remote_max_parallel": 1})["warnings"]
    assert "somebody else" in warning
    do(folder, state="restored")
    assert text(folder) == theirs


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"transports": [{"name": "*", "options": {"interface": "192.0.2.77"}}]}, "no interface of this host has 192.0.2.77"),
        ({"transports": [{"name": "*", "options": {"interface": "2001:db8::77"}}]}, "no interface of this host has 2001:db8::77"),
        ({"transports": [{"name": "*", "options": {"interface": "999.1.1.1"}}]}, "is no address"),
        ({"transports": [{"name": "*", "options": {"interface": "${if eq{$host}{a}{2001:db8::77}}"}}]}, "no interface of this host has 2001:db8::77"),
        ({"transports": [{"name": "*", "options": {"interface": "${if bad}"}}]}, "unknown condition; Exim would stop sending"),
        ({"transports": [{"name": "*", "options": {"helo_data": "localhost"}}]}, "no full name"),
        ({"main": {"nonsense": 1}}, 'exim -bV refuses the change: Exim configuration error in line 1 of .*: option "nonsense" unknown'),
        ({"routers": [{"name": "out2", "options": {"transport": "none"}}]}, "uses the transport none, which is not there"),
        ({"routers": [{"name": "two words", "options": {}}]}, "is not the name of a router"),
        ({"debconf": {"dc_smarthost": "a"}}, "is not made by Debian"),
        ({"snapshot": "../escape"}, "not a plain name"),
        ({"config_dir": "/nowhere"}, "is not a folder"),
        ({"state": "absent", "transports": [{"name": "remote_smtp"}]}, "was not made by this module"),
        ({"state": "absent", "retry": ["* * F,1h,5m"]}, "cannot be absent"),
        ({"credentials": [{"host": "a"}]}, "needs username and password"),
        ({**SOME, "route_check": [{"address": "a@example.net", "router": "dnslookup"}]}, "would get the router out2, not dnslookup"),
        ({**SOME, "route_check": [{"address": "--help"}]}, "is not an address"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_would_stop_mail_is_refused(folder, programs, service, options, words, check_mode):
    with pytest.raises(DeliverabilityError, match=words):
        do(folder, check_mode, **options)
    assert text(folder) == CONFIG
    assert service.reloads == 0


def test_a_recipient_that_cannot_be_reached_stops_the_change(folder, programs, service):
    programs.routed = ""
    with pytest.raises(DeliverabilityError, match=r"a@example\.net is undeliverable"):
        do(folder, **SOME, route_check=[{"address": "a@example.net"}])
    assert text(folder) == CONFIG


def test_an_expansion_that_fails_on_purpose_is_none_of_ours(folder, programs, service):
    assert do(folder, transports=[{"name": "*", "options": {"helo_data": "${lookup{$host}lsearch{/etc/helo}{$value}fail}"}}])["changed"]


@pytest.mark.parametrize(("router", "warned"), [({}, True), ({"ipv4_only": True}, False)])
def test_an_address_of_one_family_leaves_the_other_to_chance(folder, programs, service, monkeypatch, router, warned):
    monkeypatch.setattr(exim_trial.LiveHost, "default_source", lambda _self, family: "2001:db8::1" if family == 6 else None)
    monkeypatch.setattr(
        programs, "answer", lambda words, text: (0, "no_disable_ipv6\n", "") if "disable_ipv6" in words else Programs.answer(programs, words, text)
    )
    result = do(folder, routers=[{"name": "out2", "options": {**SOME["routers"][0]["options"], **router}}], transports=SOME["transports"])
    expected = "interface of out2 has no IPv6 address: over IPv6, mail leaves from another one, such as 2001:db8::1"
    assert result["warnings"] == ([expected] if warned else [])


def test_a_router_for_everything_leaves_special_domains_alone(folder, programs, service):
    do(folder, routers=[{"name": "relay", "hosts": [{"host": "smtp.example.net"}]}])
    assert "  domains = ! +local_domains : ! +relay_to_domains\n" in text(folder)
    assert list(exim_text.instances(text(folder), "routers")) == ["relayed", "relay", "dnslookup"]
    assert not do(folder, routers=[{"name": "relay", "hosts": [{"host": "smtp.example.net"}]}])["changed"]


def test_a_block_holds_what_was_named_last(folder, programs, service):
    do(folder, **SOME, retry=["example.net * F,1h,5m"])
    do(folder, retry=["example.org * F,1h,5m"])
    assert "out2" not in text(folder)
    assert text(folder).count("F,1h,5m") == 1
    do(folder)
    assert text(folder) == CONFIG


def test_a_transport_that_is_still_used_stays(folder, programs, service):
    do(folder, **SOME)
    with pytest.raises(DeliverabilityError, match="uses the transport out2, which is not there"):
        do(folder, state="absent", transports=[{"name": "out2"}])


def test_a_change_for_some_domains_is_none_of_the_business_of_one_for_all(folder, programs, service):
    relay = {"snapshot": "relay", "routers": [{"name": "relay", "hosts": [{"host": "smtp.example.net"}]}]}
    do(folder, **relay)
    do(folder, **SOME)
    assert list(exim_text.instances(text(folder), "routers")) == ["out2", "relayed", "relay", "dnslookup"]
    assert not do(folder, **relay)["changed"]


def test_authenticators_come_and_go_with_the_logins(folder, programs, service, monkeypatch):
    monkeypatch.setattr(exim, "_rights", lambda _layout, _edit: {})
    login = [{"host": "smtp.example.net", "username": "me", "password": "hunter2"}]
    result = do(folder, credentials=login)
    assert "hunter2" not in repr(result)
    assert list(exim_text.instances(text(folder), "authenticators")) == ["postmaster_plain", "postmaster_login"]
    assert not do(folder, credentials=login)["changed"]
    do(folder, snapshot="other", state="absent", credentials=[{"host": "smtp.example.net"}])
    assert (folder / "passwd.client").read_text() == ""
    do(folder)
    assert list(exim_text.instances(text(folder), "authenticators")) == []


def test_a_login_is_written_under_the_canonical_name_too(folder, programs, service, monkeypatch):
    monkeypatch.setattr(exim, "_rights", lambda _layout, _edit: {})
    monkeypatch.setattr(exim.socket, "getaddrinfo", lambda host, *_rest, **_options: [(2, 1, 6, "real.example.net", ("192.0.2.1", 0))])
    (warning,) = do(folder, credentials=[{"host": "alias.example.net", "username": "me", "password": "hunter2"}])["warnings"]
    assert "alias.example.net is an alias of real.example.net" in warning
    assert set((folder / "passwd.client").read_text().splitlines()) == {"alias.example.net:me:hunter2", "real.example.net:me:hunter2"}


@pytest.mark.parametrize("host", ["*", "*.example.net", "192.0.2.1", "2001:db8::1", "no-such-name.invalid"])
def test_what_has_no_canonical_name(host):
    assert exim.canonical_name(host) is None


def test_names_of_another_change_are_left_to_it(folder, programs, service):
    do(folder, **SOME)
    with pytest.raises(DeliverabilityError, match="belongs to a change of another name"):
        do(folder, snapshot="other", **SOME)
    assert do(folder, snapshot="other", state="absent", routers=[{"name": "out2"}], transports=[{"name": "out2"}])["changed"]
    assert text(folder) == CONFIG


def test_a_configuration_that_exim_cannot_read_is_said(folder, programs, service):
    (folder / "exim.conf").unlink()
    with pytest.raises(DeliverabilityError, match="does not read its configuration as it is: Exim configuration error: none"):
        do(folder)


def test_passwords_among_the_options():
    assert secrets({"credentials": [{"host": "a", "username": "u", "password": "hunter2"}, {"host": "b"}]}) == {"hunter2"}
    assert secrets({}) == set()


# Debian's folders


def test_own_files_sort_before_the_router_that_they_go_before():
    name = Layout.own_file
    assert name("routers", "my.change") == "/etc/exim4/conf.d/router/05_postmaster_my_change"
    assert name("routers", "x", "/etc/exim4/conf.d/router/200_exim4-config_primary.rul") == "/etc/exim4/conf.d/router/199_postmaster_x"
    assert name("routers", "x", "/etc/exim4/conf.d/router/010_ours") == "/etc/exim4/conf.d/router/009_postmaster_x"
    assert name("routers", "x", "/etc/exim4/conf.d/router/00_ours") == "/etc/exim4/conf.d/router/05_postmaster_x"
    assert name("transports", "x") == "/etc/exim4/conf.d/transport/20_postmaster_x"


def test_parts_of_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(exim_layout, "DEBIAN", str(tmp_path))
    folder = tmp_path / "conf.d/router"
    folder.mkdir(parents=True)
    for name in ("00_exim4-config_header", "10_mine", "20_theirs", "20_theirs.rul", "30_ignored.bak", ".hidden"):
        (folder / name).write_text(f"# {name}\n")
    parts = Layout._folder_parts("router", "routers")
    assert [(pathlib.Path(part.path).name, part.text) for part in parts] == [
        ("00_exim4-config_header.rul", "# 00_exim4-config_header\n"),
        ("10_mine", "# 10_mine\n"),
        ("20_theirs.rul", "# 20_theirs.rul\n"),
    ]
    assert [part.then for part in parts] == [None, b"# 10_mine\n", b"# 20_theirs.rul\n"]
    parts[0].text += "x\n"
    assert parts[0].then == b"# 00_exim4-config_header\nx\n"


# The daemon, played by a shell that is called exim


@pytest.fixture
def shell(tmp_path):
    """Start a process called exim that does this when it gets a hang-up signal."""
    program, pid_file, started = tmp_path / "exim4", tmp_path / "exim.pid", []
    shutil.copy("/bin/sh", program)

    def start(on_hang_up):
        script = f"trap '{on_hang_up}' HUP; echo $$ > {pid_file}; while :; do sleep 0.05; done"
        # A shell cannot trap what was ignored when it started, as nohup has it.
        started.append(subprocess.Popen(["env", "--default-signal=HUP", str(program), "-c", script]))
        while not (pid_file.exists() and pid_file.read_text()):
            time.sleep(0.01)
        # A daemon that has run for long: two writings within one tick of the clock could not be told apart.
        os.utime(pid_file, (1, 1))
        return started[-1], str(pid_file)

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("on_hang_up", "survives"), [("echo $$ > {file}", True), ("exit 1", False)])
def test_whether_a_daemon_survives_a_reload(shell, tmp_path, monkeypatch, on_hang_up, survives):
    monkeypatch.setattr(exim_daemon, "PATIENCE", 30.0)
    process, pid_file = shell(on_hang_up.format(file=tmp_path / "exim.pid"))
    daemon = exim_daemon._daemon(pid_file)
    assert (daemon.pid, daemon.pid_file, daemon.words[1]) == (process.pid, pid_file, "-c")
    if survives:
        exim_daemon._hang_up(daemon)
        assert process.poll() is None
        return
    with pytest.raises(DeliverabilityError, match="did not come up again"):
        exim_daemon._hang_up(daemon)


def test_what_is_no_daemon(tmp_path):
    file = tmp_path / "exim.pid"
    assert exim_daemon._daemon(str(file)) is None
    file.write_text("not a number\n")
    assert exim_daemon._daemon(str(file)) is None
    file.write_text(f"{2**22 + 1}\n")
    assert exim_daemon._daemon(str(file)) is None


def test_where_no_process_table_tells(tmp_path, monkeypatch):
    monkeypatch.setattr(exim_daemon, "PROCESSES", str(tmp_path / "none"))
    file = tmp_path / "exim.pid"
    file.write_text(f"{os.getpid()}\n")
    assert exim_daemon._daemon(str(file)).pid == os.getpid()
    file.write_text(f"{2**22 + 1}\n")
    assert exim_daemon._daemon(str(file)) is None


def test_a_daemon_that_cannot_be_started_again(tmp_path):
    with pytest.raises(DeliverabilityError, match="could not be started again"):
        exim_daemon._start(("/bin/false",))
    exim_daemon._start(("/bin/true",))
    assert Daemon(1, "x", (), None).unit is None


# The queue


def test_actions_on_messages(programs, monkeypatch):
    tried = []
    monkeypatch.setattr(exim_queue.EximQueue, "_try", lambda _self, ids: tried.extend(ids))
    queue = EximQueue(None)
    one, other = "1xUs1I-0003p0-2U", "1xUsHt-000000002jb-3Tyw"
    assert queue.do("hold", [one, other]) == 2
    assert queue.do("delete", [one]) == 1
    assert tried == []
    assert queue.do("release", [one]) == 1
    assert queue.do("flush", [other]) == 1
    assert tried == [one, other]
    assert [words[0] for words in programs.asked if words[0].startswith("-M")] == ["-Mf", "-Mrm", "-Mt"]
    with pytest.raises(DeliverabilityError, match="is no message id"):
        queue.do("hold", ["-bV"])


def test_many_messages_go_in_several_runs(programs, monkeypatch):
    monkeypatch.setattr(exim_queue, "AT_ONCE", 2)
    assert EximQueue(None).do("hold", ["1xUs1I-0003p0-2U"] * 5) == 5
    assert len([words for words in programs.asked if words[0] == "-Mf"]) == 3


def test_where_messages_are_then():
    assert [EximQueue.place(action) for action in ("hold", "release", "flush", "requeue", "delete")] == ["frozen", "queue", "queue", "queue", None]
    assert EximQueue.queues("release") == ("frozen",)
