# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Postfix and an Exim that send from a listed address to a server that knows it from a blocklist, for tests of the transaction of roles/remediate."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys

import dns_server
import mail_hosts
import mail_roots
from mail_hosts import ADDRESSES, COLLECTIONS, ROOT

LISTED, CLEAN = ADDRESSES
HELO, MENDED = "mail2.example.com", "mended.example.com"
SINK = ("127.0.1.1", 25)
ZONES = """\
$ORIGIN .
@ 3600 SOA ns.example. h.example. 1 3600 3600 3600 3600
@ NS ns.example.
example.net. MX 10 mx.example.net.
example.org. MX 10 mx.example.net.
mx.example.net. A 127.0.1.1
smtp1.example.net. A 127.0.1.5
smtp2.example.net. A 127.0.1.6
"""
BLOCKED = "450 4.7.1 Service unavailable; Client host [{}] blocked using bl.example"
GREYLISTED = "450 4.2.0 <bob@example.net>: Recipient address rejected: Greylisted"
PROBE = {"targets": [{"address": SINK[0], "port": SINK[1], "name": "mx.example.net"}], "source_address": CLEAN, "helo": HELO}
PROBE.update({"sender": "desk@example.com", "recipients": ["bob@example.net"], "pause": 0})
KILL = pathlib.Path(__file__).with_name("kill")


class Changing(mail_hosts.Host):
    """What both have in common; ``first`` is the configuration of the start, by the files' names.

    Each has ``SETTINGS``, a change of two files that binds mail to the clean address, ``STEPS``, how ``kill/modules/sitecustomize.py`` knows the steps of
    that, ``DEADLY``, what the daemon does not survive, and ``OTHER``, another change.
    """

    MTA: str
    SETTINGS: dict
    STEPS: dict
    state: pathlib.Path
    config_dir = ""

    def begin(self):
        """Start what the host sends to, and asks."""
        self.closing = contextlib.ExitStack()
        (self.folder / "zones").mkdir()
        (self.folder / "zones/root.zone").write_text(ZONES)
        self.answers = self.closing.enter_context(contextlib.ExitStack())
        self.dns(True)
        self.rules()
        self.server(True)

    def start(self, closing, *words):
        """Start a process inside that ends with ``closing``."""
        process = subprocess.Popen([str(word) for word in self.command(*words)], stdin=subprocess.DEVNULL)
        closing.callback(process.wait)
        closing.callback(process.kill)

    def server(self, listens):
        """Have the server that the host sends to listen, or be gone."""
        up = self.folder / "up"
        if listens and not up.exists():
            self.start(self.closing, sys.executable, pathlib.Path(__file__).with_name("sink.py"), SINK[0], SINK[1], self.folder)
            self.wait_for(lambda: up.exists() and up.read_text(), "the server")
        elif not listens:
            self.inside("kill", "-KILL", up.read_text())
            up.unlink()

    def dns(self, answers):
        """Have the DNS server answer, or be gone."""
        self.answers.close()
        if answers:
            zones = dns_server.load_zones(self.folder / "zones")
            self.answers.enter_context(self.in_background(lambda: dns_server.start(zones, mail_roots.NAMESERVER, 53)))

    def rules(self, *rules):
        """Set what the server refuses, besides the first address."""
        (self.folder / "rules.json").write_text(json.dumps([*rules, ["client", LISTED, BLOCKED.format(LISTED)]]))

    def told(self, name):
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def taken(self):
        """Return who got a message, and from which address."""
        return sorted((rcpt, one["client"]) for one in self.told("taken.jsonl") for rcpt in one["rcpt"])

    def options(self, **variables):
        """Return the variables of a transaction."""
        return {
            "remediate_change_name": "outbound_ip",
            "remediate_change_mta": self.MTA,
            "remediate_change_config_dir": self.config_dir,
            "remediate_change_state_dir": str(self.state),
            "remediate_change_settings": self.SETTINGS,
            "remediate_change_proof_timeout": 20,
            "remediate_change_proof_pause": 1,
            **variables,
        }

    def beside(self, name):
        """Return the same host for another run at the same time."""
        other = copy.copy(self)
        other.runs = name
        return other

    def play(self, *words, kill=None, only_module=False, **variables):
        """Run the transaction; return Ansible's process and the result fact.

        ``kill``: part of a task's name, and of ``STEPS`` the step of its module before which to kill, or None for the beginning of the task.
        """
        fact = "remediate_change_result"
        deadly = self.killer(*kill, only_module) if kill else {}
        return self.role("remediate", self.options(**variables), *words, tasks_from="change.yml", fact=fact, **deadly)

    def roll_back(self, *words, kill=None):
        """Run the playbook that takes everything back; return Ansible's process. ``kill`` as in ``play``."""
        known = {"remediate_change_state_dir": self.state, "outbound_ip_state_dir": self.state, "outbound_ip_facts_file": self.folder / "postmaster.fact"}
        known.update(outbound_ip_mta=self.MTA, outbound_ip_config_dir=self.config_dir)
        told = json.dumps({name: str(value) for name, value in known.items()})
        return self.playbook(ROOT / "playbooks/rollback.yml", "-e", told, *words, **(self.killer(*kill) if kill else {}))

    def killer(self, task, step, only_module=False):
        """Return the environment that has Ansible killed."""
        environment = {"ANSIBLE_CALLBACK_PLUGINS": str(KILL / "callbacks"), "ANSIBLE_CALLBACKS_ENABLED": "killer", "KILL_TASK": task}
        environment.update(KILL_STEP=self.STEPS[step] if step else "", KILL_ONLY="module" if only_module else "")
        return {**environment, "PYTHONPATH": f"{KILL}/modules:{os.environ.get('PYTHONPATH', '')}"}

    @contextlib.contextmanager
    def full(self, place):
        """Let the disk be full that a folder is on."""
        kept = self.folder / "kept.copy"
        fill = f"cat /dev/zero > {place}/.fill 2> /dev/null || true"
        self.inside("sh", "-ec", f"mkdir -p {place}; cp -a {place} {kept}; mount -t tmpfs -o size=256k,mode=755 tmpfs {place}; cp -a {kept}/. {place}/; {fill}")
        try:
            yield
        finally:
            self.inside("sh", "-ec", f"rm {place}/.fill; rm -rf {kept}; cp -a {place} {kept}; umount {place}; cp -a {kept}/. {place}/; rm -rf {kept}")

    def is_clean(self):
        """Tell whether no trace of a transaction is there but its folders."""
        return not [path for path in self.state.rglob("*") if not path.is_dir() and path.name != "lock"]

    def clean_up(self):
        """Forget what the test before did."""
        self.dns(True)
        self.server(True)
        self.rules()
        shutil.rmtree(self.state, ignore_errors=True)
        for name in ("taken.jsonl", "asked.jsonl"):
            (self.folder / name).unlink(missing_ok=True)


class Postfix(Changing, mail_hosts.Postfix):
    """Postfix, which is there already."""

    MTA = "postfix"
    SETTINGS = {
        "parameters": {"smtp_bind_address": CLEAN, "smtp_helo_name": HELO},
        "services": [{"name": "relay", "overrides": {"smtp_helo_timeout": "2m"}}],
    }
    OTHER = {"parameters": {"smtp_helo_name": "mail3.example.com"}}
    # Another one has the port.
    DEADLY = {"services": [{"name": f"{SINK[0]}:{SINK[1]}", "type": "inet", "private": "n", "command": "smtpd"}]}
    STEPS = {
        "note": r"^replace .*/held.*json$",
        "hold": r"^run postsuper .* -h ",
        "first file": r"^replace .*/main\.cf$",
        "second file": r"^replace .*/master\.cf$",
        "reload": r"^run postfix .* reload$",
        "release": r"^run postsuper .* -H ",
        "forget": r"^unlink .*/held.*json$",
    }

    def __init__(self, folder):
        super().__init__(folder)
        self.config_dir = str(self.config)
        self.shows("/etc/resolv.conf", f"nameserver {mail_roots.NAMESERVER}\n")
        self.begin()
        settings = ("defer_transports=", f"smtp_bind_address={LISTED}", "minimal_backoff_time=600", "queue_run_delay=600", "ignore_mx_lookup_error=no")
        self.postfix("postconf", "-e", *settings)
        self.pair = self.contents()
        self.first = self.files()
        self.postfix("postfix", "start")

    def files(self):
        """Return the files of the configuration by their names."""
        return {path.name: self.inside("cat", path).stdout for path in (self.main, self.master)}

    def places(self):
        """Return what a full disk may have."""
        return {"of the notes": [self.state], "of the configuration": [self.config]}

    def is_whole(self):
        """Tell whether Postfix takes its configuration, and runs."""
        self.postfix("postfix", "check")
        return self.is_running()

    def bound(self):
        return self.postfix("postconf", "-h", "smtp_bind_address").strip()

    def mended(self):
        """Have a person repair the change that was made."""
        self.main.write_text(self.main.read_text().replace(HELO, MENDED))
        self.postfix("postfix", "reload")

    def try_all(self):
        """Have all mail that is not on hold tried now."""
        self.postfix("postqueue", "-f")

    def reset(self):
        """Make it the host that it was first, with nothing in its queue."""
        self.main.write_bytes(self.pair[0])
        self.master.write_bytes(self.pair[1])
        self.clean_up()
        self.postfix("postfix", "reload" if self.is_running() else "start")
        self.postfix("postsuper", "-d", "ALL")

    def close(self):
        self.closing.close()
        super().close()


class Exim(Changing):
    """Exim's package in a root of its own, in Debian's split layout."""

    NEEDS = (*mail_hosts.Host.NEEDS, "apt-get", "dpkg")
    ON_THE_WAY = frozenset()  # it is delivered while it is submitted
    MTA = "exim"
    SETTINGS = {
        "transports": [{"name": "*", "options": {"interface": CLEAN, "helo_data": HELO}}],
        "retry": ["example.net * F,2h,5m"],
    }
    OTHER = {"main": {"remote_max_parallel": 1}}
    DEADLY = {"main": {"daemon_smtp_ports": "no-such-service"}}
    STEPS = {
        "note": r"^replace .*/held.*json$",
        "hold": r"^run \S*exim4? -Mf ",
        "first file": r"^replace .*/main/000_localmacros$",
        "second file": r"^replace .*/retry/05_postmaster_outbound_ip$",
        "reload": r"^kill \d+ 1$",
        "release": r"^run \S*exim4? -Mt ",
        "forget": r"^unlink .*/held.*json$",
    }

    def __init__(self, folder):
        self.folder, self.state = folder / "shared", folder / "shared/state"
        for name in ("shared", "root"):
            (folder / name).mkdir()
        self.root = mail_roots.Root(folder / "root", "exim4-daemon-light", "mail.example.com", ADDRESSES, visible(self.folder))
        with contextlib.ExitStack() as building:
            building.enter_context(self.root)
            mail_roots.prepare_exim(self.root, "example.com")
            macros = f"REMOTE_SMTP_INTERFACE = {LISTED}\nROUTER_DNSLOOKUP_IGNORE_TARGET_HOSTS = 0.0.0.0\n"
            self.root.write("/etc/exim4/conf.d/main/000_localmacros", macros)
            self.root.write("/etc/exim4/update-exim4.conf.conf", mail_roots.debconf(dc_other_hostnames="example.com"))
            self.root.shell("update-exim4.conf; cp -a /etc/exim4 /pristine")
            self.begin()
            self.closing.push(building.pop_all())
        self.first = self.files()
        self.root.run("exim4", "-bd", "-q30m")

    def command(self, *words):
        return self.root.command(*words)

    def inside(self, *words, **options):
        return mail_hosts.run(*self.command(*words), **options)

    def in_background(self, start):
        return self.root.in_background(start)

    def files(self):
        """Return the files of the configuration by their names, with what Exim reads."""
        program = (
            "import json, os\n"
            "paths = [os.path.join(folder, name) for folder, _folders, names in os.walk('/etc/exim4') for name in names if name != '.fill']\n"
            "paths.append('/var/lib/exim4/config.autogenerated')\n"
            "print(json.dumps({path: open(path, encoding='latin-1').read() for path in paths}))\n"
        )
        found = json.loads(self.inside(sys.executable, "-c", program).stdout)
        generated = found.pop("/var/lib/exim4/config.autogenerated")
        return {**found, "generated": [line for line in generated.splitlines() if not line.startswith("#")]}

    def is_running(self):
        return self.inside("sh", "-c", "test -e /proc/$(cat /run/exim4/exim.pid)/exe", check=False).returncode == 0

    def places(self):
        return {"of the notes": [self.state], "of the configuration": ["/etc/exim4/conf.d/main", "/var/lib/exim4"]}

    def is_whole(self):
        self.inside("exim4", "-bV")
        return self.is_running()

    def bound(self):
        said = self.inside("exim4", "-bP", "transport", "remote_smtp").stdout
        return next(line for line in said.splitlines() if line.startswith("interface =")).partition(" = ")[2]

    def send(self, *recipients):
        """Submit a message and have it tried."""
        self.root.run("exim4", "-odf", "-f", "desk@example.com", *recipients, input="Subject: test\n\nA message.\n")

    def waiting(self):
        found = {}
        for line in self.inside("exim4", "-bpr").stdout.splitlines():
            words = line.split()
            if len(words) > 3:
                queue_id = words[2]
                found[queue_id] = ("hold" if "frozen" in line else "queue", [])
            elif words:
                found[queue_id][1].append(words[-1])
        return found

    def log(self):
        return self.root.shell("cat /var/log/exim4/mainlog 2>/dev/null || true")

    def mended(self):
        self.root.shell(f"sed -i s/{HELO}/{MENDED}/ /etc/exim4/conf.d/main/000_localmacros; update-exim4.conf; kill -HUP $(cat /run/exim4/exim.pid)")

    def try_all(self):
        self.inside("exim4", "-qf")

    def reset(self):
        self.root.shell("rm -rf /etc/exim4; cp -a /pristine /etc/exim4; update-exim4.conf; rm -rf /var/spool/exim4/input/* /var/spool/exim4/db/*")
        self.clean_up()
        self.root.shell("kill -HUP $(cat /run/exim4/exim.pid)" if self.is_running() else "exim4 -bd -q30m")

    def close(self):
        self.closing.close()


def visible(*folders):
    """Return the folders of this machine that a root needs to see: what runs Ansible, and these."""
    return list(dict.fromkeys([ROOT, sys.base_prefix, sys.prefix, COLLECTIONS, *folders]))


SYSTEMS = {"postfix": Postfix, "exim": Exim}
