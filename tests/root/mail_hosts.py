# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts with a mail system for tests that change it: a real Postfix in a network namespace without a way out, and Ansible's roles run on it."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import background
import record

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / ".cache/collections")
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


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars_files: [{variables}]
  tasks:
    - name: Do it
      ansible.builtin.include_role: {include}
    - name: Tell
      ansible.builtin.copy:
        content: "{{{{ {fact} | default({{}}) | to_json }}}}"
        dest: {result}
        mode: "0600"
      check_mode: false
      changed_when: false
"""


def recap(done):
    """Return how many tasks of a run of Ansible changed something."""
    return int(done.stdout.rpartition("changed=")[2].split()[0])


@contextlib.contextmanager
def opened(host, name):
    """A host, which its class makes in a folder, for as long as the block takes. Unprivileged processes can pass through that, as not through pytest's own."""
    missing = [program for program in host.NEEDS if not shutil.which(program)]
    assert not missing, f"not installed: {', '.join(missing)}; .ci/run installs what these tests need"
    with tempfile.TemporaryDirectory(prefix=f"real-{name}-", dir="/tmp") as folder:
        pathlib.Path(folder).chmod(0o755)
        with contextlib.closing(host(pathlib.Path(folder))) as made:
            yield made


class Host:
    """What hosts have in common. ``folder`` is seen by the host's processes too.

    Each has ``inside(*words, check=True, **options)``, which runs a command there, ``waiting()``, which returns ``{queue id: (queue, recipients)}``, and
    ``log()``.
    """

    NEEDS: tuple = ("unshare", "nsenter", "ip")
    folder: pathlib.Path
    runs = "run"  # the files of a run of Ansible
    ON_THE_WAY = frozenset({"incoming", "active", "maildrop"})

    def wait_for(self, what, name):
        """Wait until a function returns something true, and return that."""
        deadline = time.monotonic() + PATIENCE
        while not (found := what()):
            assert time.monotonic() < deadline, (name, self.waiting(), self.log())
            time.sleep(0.05)
        return found

    def settled(self, count):
        """Return what waits, once so many messages do and none is on its way."""
        found = {}

        def is_settled():
            found.clear()
            found.update(self.waiting())
            return len(found) == count and not self.ON_THE_WAY & {queue for queue, _recipients in found.values()}

        self.wait_for(is_settled, f"{count} messages wait")
        return found

    def held(self):
        """Return the ids of the messages on hold."""
        return sorted(queue_id for queue_id, (queue, _recipients) in self.waiting().items() if queue == "hold")

    def empties(self):
        """Wait until nothing waits any more."""
        self.wait_for(lambda: not self.waiting(), "the queue is empty")

    def role(self, role, variables, *words, tasks_from="main.yml", fact=None, **environment):
        """Run a role on the host; return Ansible's process, and the fact that it sets to tell what it did, None where it did not come to its end."""
        fact = fact or f"{role}_result"
        result, playbook, settings = (self.folder / f"{self.runs}.{name}" for name in ("result.json", "play.yml", "settings.json"))
        result.unlink(missing_ok=True)
        settings.write_text(json.dumps(variables))
        include = json.dumps({"name": f"postmaster.deliverability.{role}", "tasks_from": tasks_from})
        playbook.write_text(PLAYBOOK.format(variables=settings, include=include, fact=fact, result=result))
        done = self.playbook(playbook, *words, **environment)
        return done, json.loads(result.read_text()) if result.exists() else None

    def playbook(self, playbook, *words, **environment):
        """Run a playbook on the host; return Ansible's process."""
        known = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "true"}
        known.update(ANSIBLE_LOCALHOST_WARNING="false", ANSIBLE_PIPELINING="true", **environment)
        here = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}")
        return self.inside(sys.executable, "-m", "ansible", "playbook", *here, playbook, *words, env=known, cwd=ROOT, check=False, start_new_session=True)


class Postfix(Host):
    """One instance in a namespace; its main.cf is a symbolic link to a file with a mode of its own."""

    NEEDS = (*Host.NEEDS, "postfix")
    SENDER = "desk@example.com"

    def __init__(self, folder):
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--propagation=private", "sleep", "infinity"])
        while pathlib.Path(f"/proc/{self.holder.pid}/comm").read_text() != "sleep\n":
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
        """Run a command in the namespaces."""
        return run(*self.command(*words), **options)

    def command(self, *words):
        """Return the command line that runs ``words`` in the namespaces."""
        return ["nsenter", f"--target={self.holder.pid}", "--net", "--mount", "--", *map(str, words)]

    def in_background(self, start):
        """``background.in_background`` with the server's sockets in the namespace."""

        async def start_inside():
            record.enter_network(self.holder.pid)
            return await start()

        return background.in_background(start_inside)

    def shows(self, path, text):
        """Have processes in the namespace see a file with this text in place of the machine's own."""
        file = self.folder / os.path.basename(path)
        file.write_text(text)
        self.inside("mount", "--bind", file, path)

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
            "    client.sendmail(sys.argv[1], sys.argv[2:], 'Subject: test\\r\\n\\r\\nA message.\\r\\n')\n"
        )
        self.inside(sys.executable, "-c", program, self.SENDER, *recipients)

    def waiting(self):
        """Return ``{queue id: (queue, recipients)}``."""
        listed = [json.loads(line) for line in self.postfix("postqueue", "-j").splitlines()]
        return {one["queue_id"]: (one["queue_name"], [recipient["address"] for recipient in one["recipients"]]) for one in listed}

    def log(self):
        return (self.folder / "mail.log").read_text()

    def close(self):
        with contextlib.suppress(AssertionError):
            self.postfix("postfix", "stop")
        self.holder.kill()
        self.holder.wait()
