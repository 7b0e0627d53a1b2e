# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles smarthost and throttle on a real Postfix, with smarthosts that want TLS and a login, in a network without a way out."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import pytest
from test_real_change import SINK, Host
from test_real_postfix_config import COLLECTIONS, PATIENCE, ROOT, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace and for Postfix")

FIRST, SECOND = "smtp1.example.net", "smtp2.example.net"
ADDRESSES = {FIRST: "127.0.1.5", SECOND: "127.0.1.6"}
PASSWORD = "correct horse battery"
NOT_DIRECTLY = ["rcpt", "@example.net", "451 4.7.1 [198.51.100.11] is not allowed to send mail directly"]
ROUTES = f"inline:{{ {{ example.net = smtp:[{SINK[0]}]:{SINK[1]} }} {{ example.org = smtp:[{SINK[0]}]:{SINK[1]} }} }}"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: postmaster.deliverability.{role}
"""


class Relayed(Host):
    """A host that a provider refuses (example.net, not example.org), and two smarthosts."""

    def __init__(self, folder):
        self.hosts = folder / "hosts"
        self.hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in ADDRESSES.items()))
        super().__init__(folder)
        self.certificates = {name: certificate(folder, name) for name in ADDRESSES}
        self.trusted = folder / "trusted.pem"
        self.postfix("postconf", "-e", "smtp_host_lookup=native", "default_destination_concurrency_limit=1", "myorigin=example.com")
        self.first = self.contents()
        self.reset()
        program = ("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", sys.executable, str(pathlib.Path(__file__).with_name("submission.py")))
        self.smarthosts = [subprocess.Popen([*program, address, "587", str(folder), name]) for name, address in ADDRESSES.items()]
        self.postfix("postfix", "reload")

    def inside(self, *words, **options):
        """Run a command in the namespace, where the smarthosts have names."""
        script = f'mount --bind {self.hosts} /etc/hosts && exec "$@"' if hasattr(self, "hosts") else 'exec "$@"'
        return run("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", "unshare", "--mount", "sh", "-c", script, "sh", *words, **options)

    def reset(self):
        """Let the smarthosts do what smarthosts do, and the provider refuse us."""
        for name in ADDRESSES:
            self.behave(name)
            (self.folder / f"{name}.jsonl").unlink(missing_ok=True)
        self.trusted.write_text("".join(text for text in self.certificates.values()))
        self.rules(NOT_DIRECTLY)

    def rules(self, *rules):
        (self.folder / "rules.json").write_text(json.dumps(list(rules)))

    def behave(self, name, **rules):
        (self.folder / f"{name}.json").write_text(json.dumps({"username": "host1", "password": PASSWORD, **rules}))

    def noted(self, name):
        path = self.folder / f"{name}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def relayed(self, name):
        """Return who got a message through a smarthost."""
        return sorted(rcpt for one in self.noted(name) for rcpt in one.get("recipients", ()))

    def role(self, *words, role="smarthost", **variables):
        """Play a role; return Ansible's process."""
        options = {
            "mta": "postfix",
            "config_dir": str(self.config),
            "state_dir": str(self.state),
            "domains": ["example.net"],
            "proof_timeout": 20,
        }
        own = {
            "hosts": [{"host": FIRST}, {"host": SECOND, "priority": 10}],
            "username": "host1",
            "password": PASSWORD,
            "ca_file": str(self.trusted),
            "senders": ["desk@example.com"],
            "sender_domains": ["example.com"],
            "authorisation_required": False,
        }
        options.update({**(own if role == "smarthost" else {}), **variables})
        asked = {f"{role}_{name}": value for name, value in options.items()}
        playbook, settings = self.folder / "role.yml", self.folder / "settings.json"
        playbook.write_text(PLAYBOOK.format(role=role))
        settings.write_text(json.dumps(asked))
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCALHOST_WARNING": "false"}
        here = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", "-e", f"@{settings}")
        return self.inside(sys.executable, "-m", "ansible", "playbook", *here, playbook, *words, env=environment, cwd=ROOT, check=False)

    def secret(self):
        return self.config / "pmd_smarthost_passwd"

    def log(self):
        return (self.folder / "mail.log").read_text()

    def close(self):
        for process in self.smarthosts:
            process.kill()
            process.wait()
        super().close()


def certificate(folder, name):
    """Make a certificate for a name that signs itself, with its key beside it; return the certificate alone."""
    key, made = folder / "key.pem", folder / "made.pem"
    words = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}")
    run(*words, "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", made)
    (folder / f"{name}.pem").write_text(made.read_text() + key.read_text())
    return made.read_text()


@pytest.fixture(scope="module")
def made():
    with tempfile.TemporaryDirectory(prefix="real-smarthost-", dir="/tmp") as folder:
        pathlib.Path(folder).chmod(0o755)
        host = Relayed(pathlib.Path(folder))
        try:
            yield host
        finally:
            host.close()


@pytest.fixture
def host(made):
    """The host as it was first: nothing is routed, nothing waits."""
    yield made
    with contextlib.suppress(AssertionError):
        made.postfix("postsuper", "-d", "ALL")
    made.main.write_bytes(made.first[0])
    made.master.write_bytes(made.first[1])
    made.secret().unlink(missing_ok=True)
    run("rm", "-rf", made.state)
    made.reset()
    made.postfix("postfix", "reload")
    (made.folder / "taken.jsonl").unlink(missing_ok=True)


def fine(done):
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    return int(done.stdout.rpartition("changed=")[2].split()[0])


def refused(done, *words):
    """Tell that the role failed, with these words."""
    assert done.returncode != 0, done.stdout[-3000:]
    for word in words:
        assert word in done.stdout, done.stdout[-6000:]


def untouched(host):
    assert host.contents() == host.first
    assert not host.secret().exists()
    assert host.held() == []
    assert not list(host.state.glob("smarthost-*"))


def wait_for(what, host):
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, (host.waiting(), host.log()[-4000:])
        time.sleep(0.1)


def differences(done):
    """Return the changes of files that a run showed. Those of the queue are not among them: what is held is let go again."""
    return re.findall(r"^--- before: /.*?(?=^\S+: \[)", done.stdout, re.MULTILINE | re.DOTALL)


def test_one_providers_mail_goes_through_smarthosts(host):
    """Told first, then done and proven by waiting mail, passed on by the first smarthost when that is full, and taken back."""
    for name in ("ann", "bob"):
        host.send(f"{name}@example.net")
    host.settled(2)
    told = host.role("--check", "--diff")
    fine(told)
    untouched(host)
    done = host.role("--diff", "-vvv")
    fine(done)
    assert PASSWORD not in done.stdout + done.stderr
    assert differences(told) == differences(done) != []
    assert "pmd_smarthost:[smtp1.example.net]:587" in "".join(differences(done))
    assert "was taken by smtp1.example.net" in done.stdout
    host.empties()
    assert host.relayed(FIRST) == ["ann@example.net", "bob@example.net"]
    assert all(one["welcome"] and one["encrypted"] for one in host.noted(FIRST) if "sender" in one)
    assert oct(host.secret().stat().st_mode)[-3:] == "600"
    assert PASSWORD not in host.log() + "".join(content.decode() for content in host.contents())
    assert fine(host.role()) == 0

    host.behave(FIRST, full=True)
    host.send("eve@example.net")
    host.send("bob@example.org")
    host.empties()
    assert host.relayed(SECOND) == ["eve@example.net"]
    assert [who for who, _client in host.taken()] == ["bob@example.org"]

    assert fine(host.role(state="absent")) > 0
    untouched(host)
    assert fine(host.role(state="absent")) == 0


def test_a_wrong_password_changes_nothing(host):
    host.send("ann@example.net")
    host.settled(1)
    done = host.role("-vvv", password="guess work")
    refused(done, "535 5.7.8")
    assert "guess work" not in done.stdout + done.stderr
    untouched(host)


def test_a_certificate_that_cannot_be_verified_changes_nothing(host):
    host.send("ann@example.net")
    host.settled(1)
    host.trusted.write_text(host.certificates[SECOND])
    refused(host.role(), "certificate")
    untouched(host)
    assert host.noted(FIRST) == []  # no login either
    assert "status=bounced" not in host.log()
    assert len(host.waiting()) == 1


def test_without_an_answer_from_dns_nothing_is_done(host):
    refused(host.role(authorisation_required=True, addresses=["203.0.113.25"], nameservers=["127.0.0.1:5399"]), "DNS gave no answer for SPF of example.com")
    untouched(host)


def test_a_new_password_counts_at_once_and_a_wrong_one_never(host):
    fine(host.role())
    kept = host.secret().read_text()
    refused(host.role(password="not this one"), "535 5.7.8")
    assert host.secret().read_text() == kept
    for name in ADDRESSES:
        host.behave(name, password="the next one")
    assert fine(host.role(password="the next one")) == 2  # the file and the reload
    assert [path.name for path in host.config.glob("pmd_smarthost_passwd*")] == ["pmd_smarthost_passwd"]
    host.send("ann@example.net")
    wait_for(lambda: host.relayed(FIRST), host)


def test_equal_smarthosts_take_turns_and_undo_leaves_what_came_later(host):
    fine(host.role(hosts=[{"host": FIRST}, {"host": SECOND}], domains=[]))
    host.send("bob@example.org")  # routed by the administrator
    for number in range(24):
        host.send(f"ann{number}@example.com")
    host.empties()
    each = [len(host.relayed(name)) for name in ADDRESSES]
    assert sum(each) == 24
    assert min(each) > 0, each  # by chance less than once in eight million runs
    assert [who for who, _client in host.taken()] == ["bob@example.org"]

    host.postfix("postconf", "-e", "smtp_helo_name=later.example.com")
    assert fine(host.role(state="absent")) > 0
    assert host.postfix("postconf", "-h", "smtp_helo_name", "transport_maps") == f"later.example.com\n{ROUTES}\n"
    assert "pmd_smarthost" not in "".join(content.decode() for content in host.contents())
    assert fine(host.role(state="absent")) == 0
