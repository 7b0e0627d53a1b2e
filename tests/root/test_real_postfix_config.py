# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``postfix_config`` and ``mail_queue`` on a real Postfix with configuration, queue and log of its own, in a network namespace without a way out."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys

import mail_hosts
import pytest
from mail_hosts import ADDRESSES

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace and for Postfix")


@pytest.fixture(scope="module")
def instance():
    with mail_hosts.opened(mail_hosts.Postfix, "postfix") as made:
        yield made


@pytest.fixture
def postfix(instance):
    """The instance as it was first, stopped."""
    if instance.is_running():
        instance.postfix("postfix", "stop")
    instance.file.write_bytes(instance.first[0])
    instance.master.write_bytes(instance.first[1])
    shutil.rmtree(instance.state, ignore_errors=True)
    return instance


@pytest.fixture
def running(postfix):
    postfix.postfix("postfix", "start")
    yield postfix
    postfix.postfix("postsuper", "-d", "ALL")


SWITCH = {
    "parameters": {"smtp_bind_address": ADDRESSES[1], "smtp_helo_name": "mail2.example.com"},
    "services": [
        {"name": "out2", "like": "smtp/unix", "overrides": {"smtp_bind_address": ADDRESSES[0]}},
        {"name": "relay", "overrides": {"inet_protocols": "ipv4"}},
    ],
}


def test_postfix_reads_what_was_asked_for(postfix):
    result = postfix.change(**SWITCH)
    assert (result["changed"], result["reloaded"]) == (True, False)
    assert postfix.postfix("postconf", "-h", "smtp_bind_address", "smtp_helo_name") == f"{ADDRESSES[1]}\nmail2.example.com\n"
    overrides = postfix.postfix("postconf", "-P")
    assert f"out2/unix/smtp_bind_address = {ADDRESSES[0]}" in overrides
    assert "relay/unix/inet_protocols = ipv4" in overrides
    assert postfix.contents()[0].startswith(postfix.first[0])


def test_link_mode_and_owner_stay(postfix):
    before = postfix.file.stat()
    assert postfix.change(**SWITCH)["changed"]
    after = postfix.file.stat()
    assert postfix.main.is_symlink()
    assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_gid) == (0o640, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino  # it was replaced at once, not written into


def test_second_run_changes_nothing(postfix):
    postfix.change(**SWITCH)
    then = postfix.contents()
    second = postfix.change(**SWITCH)
    assert (second["changed"], second["files"], second["diff"]) == (False, [], [])
    assert postfix.contents() == then


def test_check_tells_what_is_then_done(postfix):
    told = postfix.change(check=True, **SWITCH)
    assert postfix.contents() == postfix.first
    assert not postfix.state.exists()
    done = postfix.change(**SWITCH)
    assert told == done
    assert [difference["after"].encode() for difference in done["diff"]] == list(postfix.contents())


def test_through_ansible_too(postfix):
    options = {"config_dir": str(postfix.config), "state_dir": str(postfix.state), **SWITCH}
    told = postfix.ansible("postfix_config", options, "--check", "--diff")
    assert postfix.contents() == postfix.first
    done = postfix.ansible("postfix_config", options, "--diff")
    assert "CHANGED" in done
    assert "+smtp_helo_name = mail2.example.com" in done
    assert told == done
    assert '"changed": false' in postfix.ansible("postfix_config", options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"parameters": {"smtp_bind_address": "999.1.1.1"}}, "is no IPv4 address"),
        ({"parameters": {"smtp_bind_address": "2001:db8::1"}}, "is no IPv4 address"),
        ({"parameters": {"smtp_bind_address": "192.0.2.77"}}, "no interface of this host has 192.0.2.77"),
        ({"parameters": {"mine": "192.0.2.77", "smtp_bind_address": "$mine"}}, "no interface of this host has 192.0.2.77"),
        ({"parameters": {"smtp_bind_address6": "2001:db8::77"}}, "no interface of this host has 2001:db8::77"),
        ({"parameters": {"inet_interfaces": "127.0.0.1, 192.0.2.77"}}, "no interface of this host has 192.0.2.77"),
        ({"parameters": {"inet_interfaces": "127.0.0.77"}}, "no local interface found for 127.0.0.77"),
        ({"parameters": {"inet_protocols": "ipv5"}}, "unknown inet_protocols value"),
        ({"parameters": {"smtp_connect_timeout": "soon"}}, "is not a time"),
        ({"parameters": {"smtp_sasl_auth_enable": "perhaps"}}, "is not yes or no"),
        ({"parameters": {"smtp_destination_concurrency_limit": "few"}}, "is not a number"),
        ({"parameters": {"smtp_bind_adress": "198.51.100.11"}}, "unused parameter: smtp_bind_adress"),
        ({"parameters": {"transport_maps": "hash:/nowhere/transport"}}, "/nowhere/transport"),
        ({"parameters": {"transport_maps": "texthash:$config_directory/none"}}, "none"),
        ({"parameters": {"transport_maps": "nosuch:/etc/passwd"}}, "nosuch"),
        ({"parameters": {"transport_maps": "inline:{ {a} }"}}, "inline"),
        ({"services": [{"name": "smtp", "overrides": {"smtp_bind_address": "999.1.1.1"}}]}, "smtp/unix"),
        ({"services": [{"name": "smtp", "overrides": {"smtp_hello_name": "a"}}]}, "unused parameter: smtp_hello_name"),
        ({"services": [{"name": "out2", "like": "none/unix"}]}, "no service none/unix"),
        ({"services": [{"name": "out2"}]}, "no service out2/unix"),
        ({"services": [{"name": "out2", "command": "smtp", "private": "perhaps"}]}, "postconf|postfix check"),
        ({"services": [{"name": "192.0.2.77:25", "type": "inet", "private": "n", "command": "smtpd"}]}, "no interface of this host has 192.0.2.77"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_what_would_stop_mail_is_refused(postfix, options, words, check):
    result = postfix.change(check=check, **options)
    assert "failed" in result, result
    assert any(word in result["failed"] for word in words.split("|")), result["failed"]
    assert postfix.contents() == postfix.first
    assert not list(postfix.state.glob("postfix_config*"))


def test_a_parameter_that_was_odd_before_is_no_reason_to_refuse(postfix):
    with postfix.file.open("a") as stream:
        stream.write("an_old_mistake = 1\n")
    assert postfix.change(parameters={"smtp_helo_name": "mail2.example.com"})["changed"]


def test_overrides_with_white_space_and_tables(postfix):
    overrides = {"smtp_generic_maps": "inline:{ { a@example.com = b@example.com } }", "smtp_tls_CAfile": ""}
    assert postfix.change(services=[{"name": "smtp", "overrides": overrides}])["changed"]
    assert "inline:{ { a@example.com = b@example.com } }" in postfix.postfix("postconf", "-P", "smtp/unix/smtp_generic_maps")
    assert not postfix.change(services=[{"name": "smtp", "overrides": overrides}])["changed"]


def test_absent_undoes_present(postfix):
    postfix.change(**SWITCH)
    assert postfix.change(state="absent", **SWITCH)["changed"]
    assert postfix.contents() == postfix.first
    assert not postfix.change(state="absent", **SWITCH)["changed"]


def test_restored_undoes_all(postfix):
    postfix.change(**SWITCH)
    postfix.change(parameters={"smtp_helo_name": "mail3.example.com", "defer_transports": None})
    told = postfix.change(check=True, state="restored")
    assert postfix.contents() != postfix.first
    assert postfix.change(state="restored")["files"] == told["files"]
    assert postfix.contents() == postfix.first
    assert not postfix.change(state="restored")["changed"]


def test_killed_anywhere_it_is_restored(postfix):
    for number in range(100):
        result = postfix.change(kill_at=number, **SWITCH)
        for path in (postfix.main, postfix.master):
            assert path.exists()
        assert "failed" not in postfix.change(state="restored")
        assert postfix.contents() == postfix.first
        if result is not None:
            break
    print(f"{number} faults")
    assert 10 < number < 99


def test_killed_between_the_files_the_next_run_ends_it(postfix):
    number = 0
    while True:
        killed = postfix.change(kill_at=number, **SWITCH) is None
        now = postfix.contents()
        if now[0] != postfix.first[0] and now[1] == postfix.first[1]:
            break
        assert killed, "it was never killed between the files"
        assert "failed" not in postfix.change(state="restored")
        number += 1
    assert postfix.change(**SWITCH)["changed"]
    assert postfix.contents()[0] == now[0]
    assert not postfix.change(**SWITCH)["changed"]
    postfix.change(state="restored")
    assert postfix.contents() == postfix.first


def test_what_a_person_changed_is_never_overwritten(postfix):
    postfix.change(**SWITCH)
    with postfix.file.open("a") as stream:
        stream.write("smtp_tls_security_level = may\n")
    now = postfix.contents()
    for check in (True, False):
        result = postfix.change(check=check, state="restored")
        assert "changed by somebody else" in result["failed"]
        assert "+smtp_tls_security_level = may" in result["difference"].splitlines()
        assert result["foreign"] == [str(postfix.main)]
        assert postfix.contents() == now


def test_passwords_are_not_told(postfix):
    secret = "inline:{ { [mx.example.com]:587 = user:hunter2 } }"
    options = {"config_dir": str(postfix.config), "state_dir": str(postfix.state), "parameters": {"smtp_sasl_password_maps": secret}}
    told = [postfix.ansible("postfix_config", options, "--diff", "-vvv") for _time in range(2)]
    assert "hunter2" in postfix.main.read_text()
    told.append(postfix.ansible("postfix_config", {**options, "state": "restored", "parameters": {}}, "--diff", "-vvv"))
    assert postfix.contents() == postfix.first
    for text in told:
        assert "hunter2" not in text.replace(json.dumps(options), "")


def test_a_running_postfix_is_reloaded_once(running):
    log = running.folder / "mail.log"
    before = log.read_text().count("reload")
    assert running.change(**SWITCH)["reloaded"]
    after = log.read_text().count("reload")
    assert after > before
    assert not running.change(**SWITCH)["reloaded"]
    assert log.read_text().count("reload") == after
    assert running.change(state="restored")["reloaded"]
    assert running.is_running()


def test_a_run_that_was_killed_before_the_reload_is_ended_by_the_next(running):
    number = 0
    while running.change(kill_at=number, **SWITCH) is None:
        if running.contents()[1] != running.first[1]:
            break
        number += 1
    result = running.change(**SWITCH)
    assert (result["changed"], result["files"], result["reloaded"]) == (True, [], True)
    assert not running.change(**SWITCH)["changed"]


def test_a_reload_that_kills_postfix_is_taken_back(running):
    """The port is another's: only the master finds out, and dies of it."""
    program = "import socket, time; taken = socket.create_server(('127.0.0.1', 2599)); print('up', flush=True); time.sleep(600)"
    words = ["nsenter", f"--net=/proc/{running.holder.pid}/ns/net", "--", sys.executable, "-c", program]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"up\n"
            result = running.change(services=[{"name": "127.0.0.1:2599", "type": "inet", "private": "n", "command": "smtpd"}])
        finally:
            other.kill()
    assert "the files are as they were" in result["failed"]
    assert running.contents() == running.first
    assert running.is_running()
    assert not list(running.state.glob("postfix_config*"))
    running.send("someone@example.net")


def test_a_queue_is_held_released_and_deleted(running):
    running.send("ann@example.net")
    running.send("bob@example.net", "eve@example.org")
    running.send("eve@example.org")
    by_recipients = {tuple(recipients): queue_id for queue_id, (_queue, recipients) in running.settled(3).items()}
    ann, both, eve = (by_recipients[key] for key in [("ann@example.net",), ("bob@example.net", "eve@example.org"), ("eve@example.org",)])

    told = running.queue(check=True, action="hold", destinations=["example.net"])
    assert {place for place, _recipients in running.waiting().values()} == {"deferred"}
    held = running.queue(action="hold", destinations=["example.net"])
    assert {message["queue_id"] for message in told["messages"]} == {message["queue_id"] for message in held["messages"]} == {ann, both}
    assert (held["changed"], held["done"]) == (True, 2)
    assert {queue_id: place for queue_id, (place, _recipients) in running.waiting().items()} == {ann: "hold", both: "hold", eve: "deferred"}
    assert not running.queue(action="hold", destinations=["example.net"])["changed"]

    refused = running.queue(action="delete", destinations=["example.net"], expected_count=2)
    assert "2 were expected, 1 messages" in refused["failed"]
    assert len(running.waiting()) == 3
    assert running.queue(action="delete", destinations=["example.net"], expected_count=1)["done"] == 1
    assert set(running.waiting()) == {both, eve}

    released = running.queue(action="release", queue_ids=[both, ann])
    assert (released["done"], released["missing"]) == (1, [ann])
    assert running.settled(2)[both][0] == "deferred"

    assert running.queue(action="flush", all=True)["done"] == 2
    assert set(running.settled(2)) == {both, eve}
    assert running.queue(action="requeue", queue_ids=[eve])["done"] == 1
    assert running.waiting()[eve][0] == "maildrop"  # pickup takes it in again at its next turn, under another id


def test_a_queue_through_ansible(running):
    running.send("ann@example.net")
    (queue_id,) = running.settled(1)
    said = running.ansible("mail_queue", {"config_dir": str(running.config), "mta": "postfix", "action": "hold", "all": True}, "--diff")
    assert "CHANGED" in said
    assert f"+{queue_id} hold" in said
    assert running.waiting()[queue_id][0] == "hold"
