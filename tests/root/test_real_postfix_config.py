# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``postfix_config`` and ``mail_queue`` on a real Postfix with configuration, queue and log of its own, in a network namespace without a way out."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / ".cache/collections")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace and for Postfix")

ADDRESSES = ("198.51.100.11", "198.51.100.12")
PATIENCE = 90  # seconds on a busy machine
PORT = 2511
KILLED = 137

# Runs the library as the modules do. With KILL_AT it dies before its step of that number, as if by kill -9.
DRIVER = """
import json, os, sys
from ansible_collections.postmaster.deliverability.plugins.module_utils._change import postfix
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix import change
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.queue import handle
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.modules import mail_queue, postfix_config

asked = json.load(sys.stdin)
module, work = {"config": (postfix_config, change), "queue": (mail_queue, handle)}[asked["module"]]
params = {name: spec.get("default") for name, spec in module.ARGUMENTS.items()}
params.update(asked["options"])
for service in params.get("services", ()):
    for name, spec in module.ARGUMENTS["services"]["options"].items():
        service.setdefault(name, spec.get("default"))
left = asked.get("kill_at")
if left is not None:
    postfix.Trial.check = lambda _trial, deep: None  # it only reads, and would be most of the time
    def counted(real):
        def step(*arguments, **options):
            global left
            if not left:
                os._exit(137)
            left -= 1
            return real(*arguments, **options)
        return step
    for name in ("mkdir", "replace", "rename", "unlink", "fsync"):
        setattr(os, name, counted(getattr(os, name)))
try:
    print(json.dumps(work(params, asked["check"])))
except DeliverabilityError as error:
    print(json.dumps({"failed": str(error), **error.partial}))
"""


def run(*words, check=True, **options):
    """Run a command to its end and return it; its complaints are the failure message."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    assert not check or done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


class Postfix:
    """One instance in a namespace; its main.cf is a symbolic link to a file with a mode of its own."""

    def __init__(self, folder):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        ours = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == ours:
            time.sleep(0.01)
        self.inside("ip", "link", "set", "lo", "up")
        for address in ADDRESSES:
            self.inside("ip", "address", "add", f"{address}/32", "dev", "lo")
        self.folder, self.config, self.state = folder, folder / "etc", folder / "state"
        for path in (self.config, folder / "spool", folder / "lib", folder / "kept"):
            path.mkdir()
        shutil.chown(folder / "lib", "postfix", "postfix")
        self.main, self.master = self.config / "main.cf", self.config / "master.cf"
        self.file = folder / "kept/main.cf"
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": folder / "spool",
            "data_directory": folder / "lib",
            "maillog_file": folder / "mail.log",
            "maillog_file_prefixes": folder,
            "myhostname": "mail.example.com",
            "mydestination": "",
            "alias_maps": "",
            "inet_interfaces": "loopback-only",
            "inet_protocols": "ipv4",
            "defer_transports": "smtp",
        }
        self.file.write_text("# by hand\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
        self.main.symlink_to("../kept/main.cf")
        shutil.copy("/usr/share/postfix/master.cf.dist", self.master)
        self.postfix("postconf", "-F", "*/*/chroot = n")
        self.postfix("postconf", "-MX", "smtp/inet")
        self.postfix("postconf", "-M", f"127.0.0.1:{PORT}/inet=127.0.0.1:{PORT} inet n - n - - smtpd")
        self.file.chmod(0o640)
        shutil.chown(self.file, "root", "postfix")
        self.first = self.contents()

    def inside(self, *words, **options):
        """Run a command in the namespace."""
        return run("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", *words, **options)

    def postfix(self, program, *words, **options):
        """Run one of Postfix's programs on this instance."""
        return self.inside(program, "-c", self.config, *words, env={**os.environ, "LC_ALL": "C"}, **options).stdout

    def is_running(self):
        return self.inside("postfix", "-c", self.config, "status", check=False).returncode == 0

    def contents(self):
        return self.main.read_bytes(), self.master.read_bytes()

    def drive(self, module, check=False, kill_at=None, **options):
        """Run the library in the namespace; return its result, or None where it was killed."""
        if module == "config":
            options = {"state_dir": str(self.state), **options}
        asked = {"module": module, "check": check, "kill_at": kill_at, "options": {"config_dir": str(self.config), **options}}
        done = self.inside(sys.executable, "-c", DRIVER, input=json.dumps(asked), env={**os.environ, "PYTHONPATH": COLLECTIONS}, check=False)
        assert done.returncode in (0, KILLED), done.stderr
        return json.loads(done.stdout) if done.returncode == 0 else None

    def change(self, **options):
        return self.drive("config", **options)

    def queue(self, **options):
        return self.drive("queue", mta="postfix", **options)

    def ansible(self, module, options, *words):
        """Run a module through Ansible in the namespace and return its result."""
        here = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}")
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
        command = (sys.executable, "-m", "ansible", "adhoc", "localhost", *here, "-m", f"postmaster.deliverability.{module}", "-a", json.dumps(options), *words)
        done = self.inside(*command, env=environment, cwd=ROOT, check=False)
        return done.stdout + done.stderr

    def send(self, *recipients):
        """Submit a message for these recipients together, from within the namespace."""
        program = (
            "import smtplib, sys\n"
            f"with smtplib.SMTP('127.0.0.1', {PORT}) as client:\n"
            "    client.sendmail('desk@example.com', sys.argv[1:], 'Subject: test\\r\\n\\r\\nA message.\\r\\n')\n"
        )
        self.inside(sys.executable, "-c", program, *recipients)

    def waiting(self):
        """Return ``{queue id: (queue, recipients)}``."""
        listed = [json.loads(line) for line in self.postfix("postqueue", "-j").splitlines()]
        return {one["queue_id"]: (one["queue_name"], [recipient["address"] for recipient in one["recipients"]]) for one in listed}

    def settled(self, count):
        """Return what waits, once so many messages do and none is on its way."""
        deadline = time.monotonic() + PATIENCE
        while True:
            waiting = self.waiting()
            if len(waiting) == count and not {"incoming", "active", "maildrop"} & {place for place, _recipients in waiting.values()}:
                return waiting
            assert time.monotonic() < deadline, (waiting, (self.folder / "mail.log").read_text())
            time.sleep(0.1)

    def close(self):
        with contextlib.suppress(AssertionError):
            self.postfix("postfix", "stop")
        self.holder.kill()
        self.holder.wait()


@pytest.fixture(scope="module")
def instance():
    missing = [program for program in ("postfix", "unshare", "nsenter", "ip") if not shutil.which(program)]
    assert not missing, f"not installed: {', '.join(missing)}; .ci/run installs what these tests need"
    with tempfile.TemporaryDirectory(prefix="real-postfix-", dir="/tmp") as folder:
        pathlib.Path(folder).chmod(0o755)
        made = Postfix(pathlib.Path(folder))
        try:
            yield made
        finally:
            made.close()


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
