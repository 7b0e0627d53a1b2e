# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role smarthost on a real Postfix and a real Exim, with smarthosts that want TLS and a login, in a network without a way out."""

from __future__ import annotations

import base64
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import threading

import change_hosts
import mail_hosts
import pytest
from change_hosts import SINK

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces and for mail systems")

FIRST, SECOND = "smtp1.example.net", "smtp2.example.net"
ADDRESSES = {FIRST: "127.0.1.5", SECOND: "127.0.1.6"}
PASSWORD = "correct horse battery"
NOT_DIRECTLY = ["rcpt", "@example.net", "451 4.7.1 [198.51.100.11] is not allowed to send mail directly"]
GREYLISTED, REFUSED = "451 4.2.0 Greylisted", "554 5.7.1 Your account is suspended"
ROUTES = f"inline:{{ {{ example.net = smtp:[{SINK[0]}]:{SINK[1]} }} {{ example.org = smtp:[{SINK[0]}]:{SINK[1]} }} }}"


class Relaying:
    """A host that a provider refuses (example.net, not example.org), and two smarthosts."""

    def begin(self):
        self.certificates = {name: certificate(self.folder, name) for name in ADDRESSES}
        self.trusted = self.folder / "trusted.pem"
        super().begin()
        for name, address in ADDRESSES.items():
            self.start(self.closing, sys.executable, pathlib.Path(__file__).with_name("submission.py"), address, "587", self.folder, name)

    def rules(self):
        """Let the smarthosts do what smarthosts do, and the provider refuse us."""
        for name in ADDRESSES:
            self.behave(name)
            (self.folder / f"{name}.jsonl").unlink(missing_ok=True)
        self.trusted.write_text("".join(text for text in self.certificates.values()))
        (self.folder / "rules.json").write_text(json.dumps([NOT_DIRECTLY]))

    def behave(self, name, **rules):
        (self.folder / f"{name}.json").write_text(json.dumps({"username": "host1", "password": PASSWORD, **rules}))

    def noted(self, name):
        return self.told(f"{name}.jsonl")

    def relayed(self, name):
        """Return who got a message through a smarthost."""
        return sorted(rcpt for one in self.noted(name) for rcpt in one.get("recipients", ()))

    def smarthost(self, *words, **variables):
        """Play the role; return Ansible's process."""
        options = {
            "mta": self.MTA,
            "config_dir": self.config_dir,
            "state_dir": str(self.state),
            "domains": ["example.net"],
            "proof_timeout": 20,
            "hosts": [{"host": FIRST}, {"host": SECOND, "priority": 10}],
            "username": "host1",
            "password": PASSWORD,
            "ca_file": str(self.trusted),
            "senders": ["desk@example.com"],
            "sender_domains": ["example.com"],
            "authorisation_required": False,
            **variables,
        }
        named = {name if name.startswith("remediate_") else f"smarthost_{name}": value for name, value in options.items()}
        return self.role("smarthost", named, *words)[0]


class Postfix(Relaying, change_hosts.Postfix):
    """Postfix, whose administrator has routed both domains."""

    def __init__(self, folder):
        super().__init__(folder)
        self.postfix("postconf", "-e", "default_destination_concurrency_limit=1", "myorigin=example.com", f"transport_maps={ROUTES}")
        self.pair = self.contents()
        self.first = self.files()

    def reset(self):
        super().reset()
        self.secret().unlink(missing_ok=True)

    def secret(self):
        """Return the file that holds the password, as it is seen from outside."""
        return self.config / "pmd_smarthost_passwd"


class Exim(Relaying, change_hosts.Exim):
    """Exim, with the smarthosts' password among the others."""

    def secret(self):
        return pathlib.Path(f"/proc/{self.root.first_process}/root{self.root.folder}/space/root/etc/exim4/passwd.client")


def certificate(folder, name):
    """Make a certificate for a name that signs itself, with its key beside it; return the certificate alone."""
    key, made = folder / "key.pem", folder / "made.pem"
    words = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}")
    mail_hosts.run(*words, "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", made)
    (folder / f"{name}.pem").write_text(made.read_text() + key.read_text())
    return made.read_text()


@pytest.fixture(scope="module")
def made():
    with mail_hosts.opened(Postfix, "smarthost") as host:
        yield host


@pytest.fixture
def host(made):
    """The host as it was first: nothing goes through a smarthost, nothing waits."""
    made.reset()
    return made


def fine(done):
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    return mail_hosts.recap(done)


def refused(done, *words):
    """Tell that the role failed, with these words."""
    assert done.returncode != 0, done.stdout[-3000:]
    for word in words:
        assert word in done.stdout, done.stdout[-6000:]


def untouched(host):
    assert host.files() == host.first
    assert not host.secret().exists()
    assert host.held() == []
    assert not list(host.state.glob("smarthost-*"))


def differences(done):
    """Return the changes of files that a run showed. Those of the queue are not among them: what is held is let go again."""
    return re.findall(r"^--- before: /.*?(?=^\S+: \[)", done.stdout, re.MULTILINE | re.DOTALL)


def test_one_providers_mail_goes_through_smarthosts(host):
    """Told first, then done and proven by waiting mail, passed on by the first smarthost when that is full, and taken back."""
    for name in ("ann", "bob"):
        host.send(f"{name}@example.net")
    host.settled(2)
    told = host.smarthost("--check", "--diff")
    fine(told)
    untouched(host)
    done = host.smarthost("--diff", "-vvv")
    fine(done)
    assert PASSWORD not in done.stdout + done.stderr
    assert differences(told) == differences(done) != []
    assert "pmd_smarthost:[smtp1.example.net]:587" in "".join(differences(done))
    assert "was taken by smtp1.example.net" in done.stdout
    host.empties()
    assert host.relayed(FIRST) == ["ann@example.net", "bob@example.net"]
    assert all(one["welcome"] and one["encrypted"] for one in host.noted(FIRST) if "sender" in one)
    assert oct(host.secret().stat().st_mode)[-3:] == "600"
    assert PASSWORD not in host.log() + "".join(host.files().values())
    assert fine(host.smarthost()) == 0

    host.behave(FIRST, full=True)
    host.send("eve@example.net")
    host.send("bob@example.org")
    host.empties()
    assert host.relayed(SECOND) == ["eve@example.net"]
    assert [who for who, _client in host.taken()] == ["bob@example.org"]

    assert fine(host.smarthost(state="absent")) > 0
    untouched(host)
    assert fine(host.smarthost(state="absent")) == 0


def test_a_wrong_password_changes_nothing(host):
    host.send("ann@example.net")
    host.settled(1)
    done = host.smarthost("-vvv", password="guess work")
    refused(done, "535 5.7.8")
    assert "guess work" not in done.stdout + done.stderr
    untouched(host)


def test_a_certificate_that_cannot_be_verified_changes_nothing(host):
    host.send("ann@example.net")
    host.settled(1)
    host.trusted.write_text(host.certificates[SECOND])
    refused(host.smarthost(), "certificate")
    untouched(host)
    assert host.noted(FIRST) == []  # no login either
    assert "status=bounced" not in host.log()
    assert len(host.waiting()) == 1


def test_without_an_answer_from_dns_nothing_is_done(host):
    refused(
        host.smarthost(authorisation_required=True, addresses=["203.0.113.25"], nameservers=["127.0.0.1:5399"]), "DNS gave no answer for SPF of example.com"
    )
    untouched(host)


def test_a_new_password_counts_at_once_and_a_wrong_one_never(host):
    fine(host.smarthost())
    kept = host.secret().read_text()
    refused(host.smarthost(password="not this one"), "535 5.7.8")
    assert host.secret().read_text() == kept
    for name in ADDRESSES:
        host.behave(name, password="the next one")
    assert fine(host.smarthost(password="the next one")) == 2  # the file and the reload
    assert [path.name for path in host.config.glob("pmd_smarthost_passwd*")] == ["pmd_smarthost_passwd"]
    host.send("ann@example.net")
    host.wait_for(lambda: host.relayed(FIRST), "the message arrives")


def test_two_runs_at_once_do_not_mix_their_logins(host):
    """The second one touches nothing while the first one waits for its proof."""
    host.behave(FIRST, data=GREYLISTED)
    host.behave(SECOND, password="another one")
    host.send("ann@example.net")
    host.settled(1)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(host.smarthost, hosts=[{"host": FIRST}], proof_timeout=300, remediate_change_proof_pause=1)
        host.wait_for(lambda: any("refused" in one for one in host.noted(FIRST)), "the first run tries a message")
        files, status = host.files(), host.secret().stat()
        refused(host.beside("second").smarthost(hosts=[{"host": SECOND}], password="another one", remediate_lock_wait=0), "another run changes this host")
        assert (host.files(), host.secret().stat().st_mtime_ns, host.secret().stat().st_ino) == (files, status.st_mtime_ns, status.st_ino)
        host.behave(FIRST)
        fine(first.result())
    host.empties()
    assert host.relayed(FIRST) == ["ann@example.net"]
    assert not (host.state / "run").is_symlink()
    assert fine(host.smarthost(hosts=[{"host": FIRST}])) == 0


def test_a_run_that_waits_its_turn_goes_by_what_it_finds_then(host):
    """Not by the routes that the run before it takes back meanwhile."""
    host.behave(FIRST, data=GREYLISTED)
    host.send("ann@example.net")
    host.settled(1)
    slow = {"mta": host.MTA, "config_dir": host.config_dir, "state_dir": str(host.state), "domains": ["busy.example"]}
    variables = {**{f"throttle_{name}": value for name, value in slow.items()}, "remediate_lock_wait": 300}
    log = host.folder / "second.log"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(host.smarthost, hosts=[{"host": FIRST}], proof_timeout=300, remediate_change_proof_pause=1)
        host.wait_for(lambda: any("refused" in one for one in host.noted(FIRST)), "the first run tries a message")
        second = pool.submit(host.beside("second").role, "throttle", variables, ANSIBLE_LOG_PATH=str(log))
        host.wait_for(lambda: log.exists() and "RETRYING" in log.read_text(), "the second run waits for its turn")
        host.behave(FIRST, data=REFUSED)
        refused(first.result(), "smarthost was taken back")
        done, result = second.result()
    fine(done)
    assert (result["changed"], result["domains"]) == (True, ["busy.example"])
    assert host.postfix("postconf", "-h", "transport_maps").strip() == f"inline:{{ busy.example=pmd_throttle: }}, {ROUTES}"


def test_equal_smarthosts_take_turns_and_undo_leaves_what_came_later(host):
    fine(host.smarthost(hosts=[{"host": FIRST}, {"host": SECOND}], domains=[]))
    host.send("bob@example.org")  # routed by the administrator
    for number in range(24):
        host.send(f"ann{number}@example.com")
    host.empties()
    each = [len(host.relayed(name)) for name in ADDRESSES]
    assert sum(each) == 24
    assert min(each) > 0, each  # by chance less than once in eight million runs
    assert [who for who, _client in host.taken()] == ["bob@example.org"]

    host.postfix("postconf", "-e", "smtp_helo_name=later.example.com")
    assert fine(host.smarthost(state="absent")) > 0
    assert host.postfix("postconf", "-h", "smtp_helo_name", "transport_maps") == f"later.example.com\n{ROUTES}\n"
    assert "pmd_smarthost" not in "".join(host.files().values())
    assert fine(host.smarthost(state="absent")) == 0


class Watch:
    """Looks for a text in the arguments and the environment of every process of this machine, as often as it can, for as long as a block takes."""

    def __init__(self, text):
        self.text = text.encode()
        self.looks, self.found = 0, set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exception):
        self.over.set()
        self.thread.join()

    def run(self):
        while not self.over.is_set():
            for process in filter(str.isdigit, os.listdir("/proc")):
                for name in ("cmdline", "environ"):
                    try:
                        known = pathlib.Path(f"/proc/{process}/{name}").read_bytes()
                    except OSError:  # it has ended
                        continue
                    if self.text in known:
                        self.found.add((name, known.split(b"\0")[0]))
            self.looks += 1
            self.over.wait(0.01)


@pytest.fixture(params=[Postfix, Exim], ids=["postfix", "exim"])
def either(request):
    with mail_hosts.opened(request.param, "secret") as host:
        yield host


def test_a_watch_finds_what_it_looks_for():
    with Watch(PASSWORD) as watch:
        for words, environment in ((["sh", "-c", "read _line", PASSWORD], {}), (["sh", "-c", "read _line"], {"TOLD": PASSWORD})):
            found = len(watch.found)
            with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE) as process:
                looks = watch.looks
                while watch.looks < looks + 2:
                    watch.over.wait(0.01)
                process.communicate(b"\n")
            assert len(watch.found) == found + 1


def test_nobody_sees_the_password_but_the_mail_system_and_the_smarthost(either):
    """Not in arguments, environments, results, differences, logs, or files that others can read: when it is set up, refused, and taken back."""
    host = either
    host.send("ann@example.net")
    host.settled(1)
    coded = [base64.b64encode(text.encode()).decode() for text in (f"\0host1\0{PASSWORD}", PASSWORD)]
    said = []
    with Watch(PASSWORD) as watch:
        done = host.smarthost("-vvv", "--diff")
        fine(done)
        host.empties()
        assert PASSWORD in host.secret().read_text()
        said += [done.stdout, done.stderr, (host.folder / "run.result.json").read_text()]
        for name in ADDRESSES:
            host.behave(name, password="another one")
        done = host.smarthost("-vvv", "--diff", hosts=[{"host": SECOND}])
        refused(done, "535 5.7.8")
        said += [done.stdout, done.stderr]
        copies = [path.stat().st_mode for path in host.state.rglob("*") if path.is_file() and PASSWORD in path.read_text()]
        done = host.smarthost("-vvv", "--diff", state="absent")
        fine(done)
        said += [done.stdout, done.stderr, host.log()]
    assert host.relayed(FIRST) == ["ann@example.net"]
    assert (watch.found, watch.looks > 100) == (set(), True)
    assert not [text for text in said if any(secret in text for secret in (PASSWORD, *coded))]
    assert not any(mode & 0o077 for mode in copies)
    # What is left are the variables of the test.
    assert [path.name for path in host.folder.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()] == ["run.settings.json"]
    assert not host.secret().exists() or PASSWORD not in host.secret().read_text()
