# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``exim_config`` and ``mail_queue`` on a real Exim in a root of its own, in Debian's two layouts and with a single file, and servers that take its mail."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet"))
import dns_server
import mail_roots

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / ".cache/collections")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces and for Exim")

HOST = "mail.sender.example"
ADDRESSES = ("198.51.100.11", "198.51.100.12")
PATIENCE = 60
KILLED = 137
LAYOUTS = ("split", "unsplit", "single")
STATE = "/var/lib/postmaster.deliverability"
LOGIN = {"username": "relay-user", "password": "p^w:ith colon"}
SWITCH = {"transports": [{"name": "*", "options": {"interface": ADDRESSES[1], "helo_data": "mail2.sender.example"}}]}

# Where the servers listen: loopback addresses, since mail for an address of an interface would be taken for the host's own.
PLACES = {"mx.ok.example": "127.0.10.1", "mx.big.example": "127.0.10.2", "relay1.sender.example": "127.0.10.3", "relay2.sender.example": "127.0.10.4"}
PLACES["plain.sender.example"] = "127.0.10.5"
ZONES = """\
$ORIGIN .
@ 3600 SOA ns.example. h.example. 1 3600 3600 3600 3600
@ NS ns.example.
ok.example. MX 10 mx.ok.example.
big.example. MX 10 mx.big.example.
other.example. MX 10 mx.big.example.
""" + "".join(f"{name}. A {address}\n" for name, address in PLACES.items())

# Servers that take everything, and write down who came. Relays want TLS and a login. A file named like a server holds what it says to every recipient.
SERVERS = """
import base64, json, os, socketserver, ssl, sys, threading
relays, users, folder = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
written = threading.Lock()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/server.pem")

class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\\r\\n")
        self.wfile.flush()

    def hear(self):
        return self.rfile.readline().decode("utf-8", "replace").strip()

    def handle(self):
        seen = {"server": self.server.name, "peer": self.client_address[0], "helo": "", "tls": False, "user": None, "sender": "", "recipients": []}
        self.say("220 " + self.server.name + " ESMTP")
        while True:
            line = self.hear()
            word = line.upper()
            if not line or word == "QUIT":
                return
            if word.startswith(("EHLO", "HELO")):
                seen["helo"] = line.split()[1]
                lines = [self.server.name] + (["STARTTLS"] if self.server.relay and not seen["tls"] else ["AUTH PLAIN LOGIN"] if seen["tls"] else [])
                for number, item in enumerate(lines, 1):
                    self.say("250" + ("-" if number < len(lines) else " ") + item)
            elif word == "STARTTLS":
                self.say("220 go on")
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
                seen["tls"] = True
            elif word.startswith("AUTH PLAIN"):
                _none, user, password = base64.b64decode(line.split()[2]).decode().split("\\0")
                if [user, password] in users:
                    seen["user"] = user
                    self.say("235 2.7.0 ok")
                else:
                    self.say("535 5.7.8 Error: authentication failed")
            elif word.startswith("MAIL") and self.server.relay and not seen["user"]:
                self.say("530 5.7.0 Authentication required")
            elif word.startswith("MAIL"):
                seen["sender"] = line
                self.say("250 ok")
            elif word.startswith("RCPT"):
                order = os.path.join(folder, self.server.name)
                if os.path.exists(order):
                    self.say(open(order).read())
                else:
                    seen["recipients"].append(line.partition("<")[2].partition(">")[0])
                    self.say("250 ok")
            elif word == "DATA":
                if not seen["recipients"]:
                    self.say("503 no recipients")
                    continue
                self.say("354 go on")
                while self.hear() != ".":
                    pass
                with written, open(folder + "/seen.jsonl", "a") as stream:
                    stream.write(json.dumps(seen) + "\\n")
                seen["recipients"] = []
                self.say("250 2.0.0 Ok: queued")
            else:
                self.say("250 ok" if word == "RSET" else "500 what?")

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

for name, address, port, relay in relays:
    server = Server((address, port), Session)
    server.name, server.relay = name, relay
    threading.Thread(target=server.serve_forever).start()
open(folder + "/up", "w").close()
"""

# Runs the library as the modules do. With KILL_AT it dies before its step of that number, as if by kill -9.
DRIVER = """
import json, os, sys
from ansible_collections.postmaster.deliverability.plugins.module_utils._change import exim, exim_daemon
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.queue import handle
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.modules import exim_config, mail_queue

def filled(spec, given):
    params = {name: field.get("default") for name, field in spec.items()}
    params.update(given)
    for name, field in spec.items():
        if "options" in field:
            params[name] = [filled(field["options"], item) for item in params[name]]
    return params

def worked(module, work, options, check):
    try:
        return work(filled(module.ARGUMENTS, options), check)
    except DeliverabilityError as error:
        return {"failed": str(error), **error.partial}

def die_at(left):
    def counted(real):
        def step(*arguments, **options):
            nonlocal left
            if not left:
                os._exit(137)
            left -= 1
            return real(*arguments, **options)
        return step
    for name in ("mkdir", "replace", "rename", "unlink", "fsync", "fchown", "kill"):
        setattr(os, name, counted(getattr(os, name)))
    exim_daemon.run = counted(exim_daemon.run)

def configured(options):
    return worked(exim_config, exim.change, options, False)
"""
ONCE = """
asked = json.load(sys.stdin)
if asked["kill_at"] is not None:
    die_at(asked["kill_at"])
module, work = {"config": (exim_config, exim.change), "queue": (mail_queue, handle)}[asked["module"]]
print(json.dumps(worked(module, work, asked["options"], asked["check"])))
"""
# Kills a change at each of its steps, in a process of its own each time, and does what comes next; tells how often, and after which steps that was not well.
KILLED_EVERYWHERE = """
import hashlib
exim.Trial.check = lambda _trial: None  # it only reads, and would be most of the time
asked = json.load(sys.stdin)
undo = {"snapshot": asked["options"]["snapshot"], "state": "restored"}

def contents():
    found = {}
    for folder, _folders, names in os.walk("/etc/exim4"):
        for name in names:
            path = os.path.join(folder, name)
            status = os.stat(path)
            with open(path, "rb") as stream:
                found[path] = status.st_mode, status.st_uid, status.st_gid, hashlib.sha256(stream.read()).hexdigest()
    if os.path.exists("/var/lib/exim4/config.autogenerated"):
        with open("/var/lib/exim4/config.autogenerated") as stream:
            found["generated"] = [line for line in stream if not line.startswith("#")]
    return found

before = contents()
configured(asked["options"])
whole = contents()
configured(undo)
faults, wrong = 0, []
for number in range(0, 1000, asked["stride"]):
    child = os.fork()
    if not child:
        die_at(number)
        configured(asked["options"])
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    if number // asked["stride"] % 2:  # once the next run brings it to its end, once it is taken back at once
        done, again = configured(asked["options"]), configured(asked["options"])
        if "failed" in done or again.get("changed") is not False or contents() != whole:
            wrong.append((number, done, again))
    done = configured(undo)
    if "failed" in done or contents() != before:
        wrong.append((number, done))
    if ended:
        break
    faults += 1
print(json.dumps({"faults": faults, "wrong": wrong}))
"""

# Debian's routers pass over servers in private networks, which loopback is too.
MACROS = "ROUTER_DNSLOOKUP_IGNORE_TARGET_HOSTS = 0.0.0.0\n"
SINGLE = f"""\
# by hand
primary_hostname = {HOST}
domainlist local_domains = @ : sender.example
local_interfaces = 127.0.0.1
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim4/%slog
pid_file_path = /run/exim4/exim.pid
keep_environment =
acl_smtp_rcpt = accept
tls_advertise_hosts =

begin routers

dnslookup:
  driver = dnslookup
  domains = ! +local_domains   # of others
  transport = remote_smtp
  no_more

begin transports

remote_smtp:
  driver = smtp

begin retry

* * F,2h,15m

begin authenticators
""".replace("   # of others", "")


class Lab:
    """Exim in its root, whose configuration is put back before each test."""

    def __init__(self, root, folder):
        self.root, self.folder = root, folder
        mail_roots.prepare_exim(root, "sender.example")
        names = f"127.0.0.1 {HOST}\n{PLACES['relay1.sender.example']} relay1.sender.example alias.sender.example\n"
        root.shell(f"printf '{names}' >> /etc/hosts; cp -a /etc/exim4 /pristine")
        self.layout = ""
        self.first = {}

    def begin(self, layout):
        """Give Exim its first configuration, an empty queue and no daemon."""
        self.root.shell("pkill -x exim4 || true; rm -rf /etc/exim4; cp -a /pristine /etc/exim4; rm -rf /var/spool/exim4/* /var/log/exim4/* /run/exim4/*")
        self.root.shell(f"rm -rf {STATE} /run/lab/seen.jsonl /run/lab/*.example")
        self.layout = layout
        if layout == "single":
            self.root.write("/etc/exim4/exim4.conf", SINGLE, 0o640)
        else:
            settings = mail_roots.debconf(dc_other_hostnames="sender.example", dc_use_split_config="true" if layout == "split" else "false")
            self.root.write("/etc/exim4/update-exim4.conf.conf", settings)
            self.root.write("/etc/exim4/conf.d/main/000_localmacros" if layout == "split" else "/etc/exim4/exim4.conf.localmacros", MACROS)
            self.root.shell("update-exim4.conf")
        self.first = self.contents()

    def contents(self):
        """Return ``{path: "mode owner checksum"}`` of everything that makes up the configuration."""
        listed = self.root.shell("cd /etc/exim4; find . -type f -exec stat -c '%n %a %u:%g' {} + | sort; find . -type f -exec sha256sum {} + | sort -k2")
        generated = self.root.shell("grep -v '^#' /var/lib/exim4/config.autogenerated || true") if self.layout != "single" else ""
        return listed + generated

    def python(self, script, asked):
        """Run a script behind the driver inside; return what it printed, or None where it was killed."""
        command = self.root.command("env", f"PYTHONPATH={COLLECTIONS}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-c", DRIVER + script)
        done = mail_roots.subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
        assert done.returncode in (0, KILLED), done.stderr
        return json.loads(done.stdout) if done.returncode == 0 else None

    def drive(self, module, check=False, kill_at=None, **options):
        """Run the library inside; return its result, or None where it was killed."""
        return self.python(ONCE, {"module": module, "check": check, "kill_at": kill_at, "options": options})

    def change(self, **options):
        return self.drive("config", **options)

    def done(self, **options):
        """Make a change that is not refused."""
        result = self.change(**options)
        assert "failed" not in result, result["failed"]
        return result

    def queue(self, **options):
        return self.drive("queue", mta="exim", **options)

    def ansible(self, module, options, *words):
        """Run a module through Ansible inside and return what it printed."""
        settings = {"ANSIBLE_NOCOLOR": "true", "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "HOME": "/root"}
        command = ["env", *(f"{name}={value}" for name, value in settings.items()), sys.executable, "-m", "ansible", "adhoc", "localhost", "-i", "localhost,"]
        command += ["-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", "-m", f"postmaster.deliverability.{module}", "-a", json.dumps(options)]
        done = mail_roots.subprocess.run(self.root.command(*command, *words), capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def exim(self, *words):
        return self.root.run("exim4", *words)

    def transport(self, name):
        """Return the options of a transport as Exim reads them."""
        return dict(line.split(" = ", 1) for line in self.exim("-bP", "transport", name).splitlines() if " = " in line)

    def send(self, *recipients, wait=True):
        """Submit a message and have it delivered."""
        self.root.run("exim4", "-odf" if wait else "-odq", "-f", "desk@sender.example", *recipients, input="Subject: test\n\nA message.\n")

    def seen(self):
        """Return what the servers took."""
        path = self.root.shared / "seen.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def came(self, *recipients):
        """Send a message and return the session that it came in by: ``(server, peer, HELO, user)``."""
        before = len(self.seen())
        self.send(*recipients)
        return [(one["server"].partition(".")[0], one["peer"], one["helo"], one["user"]) for one in self.seen()[before:]]

    def order(self, server, reply):
        """Have a server say this to every recipient; None lets it take them again."""
        path = self.root.shared / server
        path.write_text(reply) if reply else path.unlink()

    def log(self):
        return self.root.shell("cat /var/log/exim4/mainlog 2>/dev/null || true")

    def waiting(self):
        """Return ``{message: (frozen, recipients)}``."""
        found = {}
        for line in self.exim("-bpr").splitlines():
            words = line.split()
            if len(words) > 3:
                message = words[2]
                found[message] = ("frozen" in line, [])
            elif words:
                found[message][1].append(words[-1] if words[0] != "D" else "D " + words[1])
        return found

    def start(self):
        """Start the daemon."""
        self.exim("-bd", "-q30m")
        self.wait(self.pid, "the daemon's process number")

    def pid(self):
        """Return the daemon's process number while it runs."""
        said = self.root.shell("p=$(cat /run/exim4/exim.pid 2>/dev/null) && test -e /proc/$p/exe && echo $p || true").strip()
        return said or None

    def wait(self, what, name):
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < deadline, f"{name}\n{self.log()}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def lab():
    missing = [program for program in ("apt-get", "dpkg", "unshare", "nsenter", "ip", "openssl") if not shutil.which(program)]
    assert not missing, f"not installed: {', '.join(missing)}"
    with contextlib.ExitStack() as closing:
        # Not pytest's own folder: unprivileged processes have to pass through it.
        folder = pathlib.Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="real-exim-", dir="/tmp")))
        folder.chmod(0o755)
        (folder / "root").mkdir()
        visible = list(dict.fromkeys([ROOT, sys.base_prefix, sys.prefix, COLLECTIONS]))
        root = closing.enter_context(mail_roots.Root(folder / "root", "exim4-daemon-light", HOST, ADDRESSES, visible))
        (folder / "zones").mkdir()
        (folder / "zones/root.zone").write_text(ZONES)
        zones = dns_server.load_zones(folder / "zones")
        closing.enter_context(root.in_background(lambda: dns_server.start(zones, mail_roots.NAMESERVER, 53)))
        certificate = folder / "root/shared/server.pem"
        words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=relay1.sender.example -addext".split()
        names = "subjectAltName=DNS:relay1.sender.example,DNS:relay2.sender.example,DNS:alias.sender.example"
        mail_roots.run(*words, names, "-keyout", certificate, "-out", folder / "root/shared/ca.pem")
        certificate.write_text(certificate.read_text() + (folder / "root/shared/ca.pem").read_text())
        (folder / "root/shared/ca.pem").chmod(0o644)
        listening = [(name, address, 587 if "relay" in name else 25, "relay" in name) for name, address in PLACES.items()]
        users = [[LOGIN["username"], LOGIN["password"]]]
        root.start(sys.executable, "-c", SERVERS, json.dumps(listening), json.dumps(users), "/run/lab")
        made = Lab(root, folder)
        made.wait((root.shared / "up").exists, "the servers")
        yield made


@pytest.fixture(params=LAYOUTS)
def exim(lab, request):
    """Exim in each layout, stopped."""
    lab.begin(request.param)
    return lab


@pytest.fixture
def single(lab):
    lab.begin("single")
    return lab


@pytest.fixture
def split(lab):
    lab.begin("split")
    return lab


def test_servers_see_another_address_and_name_and_the_way_back_is_whole(exim):
    assert exim.came("a@ok.example") == [("mx", "127.0.0.1", HOST, None)]
    result = exim.done(**SWITCH)
    assert (result["changed"], result["layout"], result["reloaded"]) == (True, exim.layout, False)
    assert exim.came("a@ok.example") == [("mx", ADDRESSES[1], "mail2.sender.example", None)]
    second = exim.done(**SWITCH)
    assert (second["changed"], second["files"], second["diff"]) == (False, [], [])
    assert exim.done(state="restored")["changed"]
    assert exim.contents() == exim.first
    assert exim.came("a@ok.example") == [("mx", "127.0.0.1", HOST, None)]
    assert not exim.done(state="restored")["changed"]


SOME = {
    "snapshot": "second_address",
    "routers": [{"name": "out2", "options": {"domains": ["big.example", "nowhere.example"], "transport": "out2"}}],
    "transports": [{"name": "out2", "options": {"interface": [ADDRESSES[1], "::1"], "helo_data": "mail2.sender.example"}}],
    "route_check": [{"address": "postmaster@big.example", "transport": "out2"}, {"address": "postmaster@ok.example", "transport": "remote_smtp"}],
}


def test_some_domains_only_even_where_others_have_the_same_server(exim):
    result = exim.done(**SOME)
    assert [(route["router"], route["hosts"][0]["address"]) for route in result["routes"]] == [("out2", PLACES["mx.big.example"]), ("dnslookup", "127.0.10.1")]
    assert exim.came("a@big.example") == [("mx", ADDRESSES[1], "mail2.sender.example", None)]
    assert exim.came("a@ok.example") == [("mx", "127.0.0.1", HOST, None)]
    together = exim.came("a@big.example", "a@other.example")
    assert sorted(together) == [("mx", "127.0.0.1", HOST, None), ("mx", ADDRESSES[1], "mail2.sender.example", None)]
    assert not exim.done(**SOME)["changed"]
    # What is not named any more goes.
    exim.done(**{**SOME, "routers": [], "transports": [], "route_check": []})
    assert exim.came("a@big.example") == [("mx", "127.0.0.1", HOST, None)]
    exim.done(snapshot="second_address", state="restored")
    assert exim.contents() == exim.first


def relays(**options):
    """Two smarthosts in order, with a login and TLS."""
    hosts = [{"host": "relay1.sender.example", "port": 587}, {"host": "relay2.sender.example", "port": 587, "priority": 1}]
    secure = {"hosts_require_auth": "*", "hosts_require_tls": "*", "tls_verify_hosts": "*", "tls_verify_certificates": "/run/lab/ca.pem"}
    return {
        "snapshot": "smarthost",
        "routers": [{"name": "relay", "hosts": options.get("hosts", hosts), "options": {"domains": "big.example", "transport": "relay"}}],
        "transports": [{"name": "relay", "options": {**secure, **options.get("transport", {})}}],
        "credentials": [{"host": "*.sender.example", **LOGIN, **options.get("login", {})}],
    }


def test_smarthosts_get_the_mail_of_some_domains_by_login_and_the_second_where_the_first_is_full(exim):
    exim.done(**relays())
    assert exim.came("a@big.example") == [("relay1", "127.0.0.1", HOST, LOGIN["username"])]
    assert exim.came("a@ok.example") == [("mx", "127.0.0.1", HOST, None)]
    exim.order("relay1.sender.example", "452 4.3.1 Insufficient system resources")
    assert exim.came("a@big.example") == [("relay2", "127.0.0.1", HOST, LOGIN["username"])]
    exim.order("relay1.sender.example", None)
    assert not exim.done(**relays())["changed"]
    assert exim.root.shell("stat -c '%a %U %G' /etc/exim4/passwd.client") == "640 root Debian-exim\n"
    exim.done(snapshot="smarthost", state="restored")
    assert exim.contents() == exim.first


def test_a_smarthost_that_is_an_alias_gets_its_login_too(exim):
    """Exim looks for the login of the canonical name, and for the given one in the certificate."""
    request = relays(hosts=[{"host": "alias.sender.example", "port": 587}])
    request["credentials"][0]["host"] = "alias.sender.example"
    assert "is an alias of relay1.sender.example now" in exim.done(**request)["warnings"][0]
    assert exim.came("a@big.example") == [("relay1", "127.0.0.1", HOST, LOGIN["username"])], exim.log()
    assert not exim.done(**request)["changed"]
    exim.done(snapshot="smarthost", state="restored")
    assert exim.contents() == exim.first


def test_a_smarthost_for_everything_leaves_special_domains_to_their_routers(lab):
    """Mail for domains that this host is a second server for would come right back."""
    for layout in LAYOUTS:
        lab.begin(layout)
        if layout != "single":
            settings = lab.root.read("/etc/exim4/update-exim4.conf.conf").replace("dc_relay_domains=''", "dc_relay_domains='big.example'")
            lab.root.write("/etc/exim4/update-exim4.conf.conf", settings)
            lab.root.shell("update-exim4.conf")
        request = relays()
        del request["routers"][0]["options"]["domains"]
        lab.done(**request)
        assert lab.came("a@ok.example") == [("relay1", "127.0.0.1", HOST, LOGIN["username"])]
        assert lab.came("a@big.example")[0][0] == ("relay1" if layout == "single" else "mx")
        assert not lab.done(**request)["changed"]


def test_routers_and_transports_are_taken_out_by_name_and_by_another_change(exim):
    exim.done(**SOME)
    named = {"state": "absent", "snapshot": "undo", "routers": [{"name": "out2"}], "transports": [{"name": "out2"}]}
    assert exim.done(**named)["changed"]
    assert exim.came("a@big.example") == [("mx", "127.0.0.1", HOST, None)]
    assert not exim.done(**named)["changed"]
    assert "out2" not in exim.root.shell("grep -rl out2 /etc/exim4 || true")
    assert "was not made by this module" in exim.change(state="absent", transports=[{"name": "remote_smtp"}])["failed"]


def test_smarthosts_of_the_same_priority_take_turns(single):
    hosts = [{"host": f"relay{number}.sender.example", "port": 587} for number in (1, 2)]
    single.done(**relays(hosts=[*hosts, {"host": "plain.sender.example", "priority": 5}]))
    firsts = [single.exim("-bt", "a@big.example").split("host ")[1].split()[0] for _time in range(20)]
    assert set(firsts) == {"relay1.sender.example", "relay2.sender.example"}
    assert single.exim("-bt", "a@big.example").split("host ")[-1].startswith("plain.sender.example")


@pytest.mark.parametrize(
    "options",
    [
        {"login": {"password": "wrong"}},
        {"hosts": [{"host": "plain.sender.example", "port": 25}]},  # offers no TLS
        {"transport": {"tls_verify_certificates": "/etc/exim4/nobody.pem"}},
    ],
    ids=["wrong password", "no TLS", "certificate of nobody"],
)
def test_what_is_wrong_with_a_smarthost_never_bounces_mail(exim, options):
    """Debian's own way tries in clear text, hence without a login, and takes the 530 for a reason to bounce."""
    exim.root.shell("cd /etc/exim4; openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=nobody -keyout /dev/null -out nobody.pem 2>/dev/null")
    exim.done(**relays(**options))
    exim.send("a@big.example")
    assert exim.seen() == []
    assert [recipients for _frozen, recipients in exim.waiting().values()] == [["a@big.example"]], exim.log()


def test_debians_smarthost_is_bound_too(lab):
    for layout in ("split", "unsplit"):
        lab.begin(layout)
        debian = {"dc_eximconfig_configtype": "smarthost", "dc_smarthost": " relay1.sender.example:587 ; relay2.sender.example::587 "}
        transport = {"interface": ADDRESSES[0], "hosts_require_auth": "*", "tls_verify_certificates": "/run/lab/ca.pem"}
        request = {"debconf": debian, "transports": [{"name": "*", "options": transport}], "credentials": [{"host": "relay1.sender.example", **LOGIN}]}
        result = lab.done(**request, route_check=[{"address": "a@ok.example", "router": "smarthost"}])
        assert [host["port"] for host in result["routes"][0]["hosts"]] == [587, 587]
        assert lab.transport("remote_smtp_smarthost")["interface"] == ADDRESSES[0]
        assert lab.transport("remote_smtp")["interface"] == "" if "interface" in lab.transport("remote_smtp") else True
        assert lab.came("a@ok.example") == [("relay1", ADDRESSES[0], HOST, LOGIN["username"])]
        assert not lab.done(**request)["changed"]
        lab.done(state="restored")
        assert lab.contents() == lab.first


def test_files_of_the_package_are_left_alone_where_they_can_be(split):
    packaged = split.root.shell("cd /etc/exim4; sha256sum exim4.conf.template; find conf.d -name '*exim4-config_*' ! -name '*.rul' -exec sha256sum {} + | sort")
    split.done(transports=[{"name": "remote_smtp_smarthost", "options": {"interface": ADDRESSES[0]}}], main={"remote_max_parallel": 1}, **relays_only())
    now = split.root.shell("cd /etc/exim4; sha256sum exim4.conf.template; find conf.d -name '*exim4-config_*' ! -name '*.rul' -exec sha256sum {} + | sort")
    assert now == packaged
    assert split.transport("remote_smtp_smarthost")["interface"] == ADDRESSES[0]
    assert split.exim("-bP", "remote_max_parallel") == "remote_max_parallel = 1\n"


def relays_only():
    return {"retry": ["big.example * F,2h,5m"]}


def test_knobs_for_a_provider_that_wants_less(exim):
    slow = {"max_parallel": 1, "serialize_hosts": "*", "connection_max_messages": 10, "max_rcpt": 5}
    request = {
        "routers": [{"name": "slow", "options": {"domains": "big.example", "transport": "slow"}}],
        "transports": [{"name": "slow", "options": slow}],
        "retry": ["big.example * F,2h,5m", "other.example rcpt_4xx F,1h,1m"],
        "main": {"remote_max_parallel": 1},
    }
    exim.done(**request)
    assert {name: exim.transport("slow")[name] for name in slow} == {name: str(value) for name, value in slow.items()}
    assert exim.exim("-brt", "big.example").split(":", 1)[1].split() == ["big.example", "*", "F,2h,5m;"]
    assert exim.exim("-brt", "ok.example").split(":", 1)[1].split()[0] == "*"
    assert not exim.done(**request)["changed"]


# Why a change is refused that Exim's own check lets pass.


@pytest.mark.parametrize(
    ("interface", "words"),
    [
        ("999.1.1.1", "is not a valid IP address"),
        ("192.0.2.77", "Cannot assign requested address"),
        ("${if bad", "failed to expand"),
    ],
)
def test_what_exim_does_with_an_address_that_is_none(single, interface, words):
    single.root.write("/etc/exim4/exim4.conf", SINGLE.replace("  driver = smtp\n", f"  driver = smtp\n  interface = {interface}\n"), 0o640)
    single.exim("-bV")
    single.send("a@ok.example")
    assert words in single.log()
    assert (single.seen(), len(single.waiting())) == ([], 1)


def test_an_address_of_one_family_leaves_the_other_to_chance(single):
    single.done(transports=[{"name": "*", "options": {"interface": "::1"}}])
    assert single.came("a@ok.example") == [("mx", "127.0.0.1", HOST, None)]


def test_debians_way_to_a_smarthost_is_not_bound_and_bounces_where_the_certificate_is_not_known(split):
    settings = split.root.read("/etc/exim4/update-exim4.conf.conf").replace("'internet'", "'smarthost'")
    split.root.write("/etc/exim4/update-exim4.conf.conf", settings.replace("dc_smarthost=''", "dc_smarthost='relay1.sender.example::587'"))
    split.root.write("/etc/exim4/conf.d/main/000_localmacros", MACROS + f"REMOTE_SMTP_INTERFACE = {ADDRESSES[0]}\n")
    split.root.shell(f"echo '*:{LOGIN['username']}:{LOGIN['password']}' >> /etc/exim4/passwd.client; update-exim4.conf")
    assert split.transport("remote_smtp")["interface"] == ADDRESSES[0]
    assert split.transport("remote_smtp_smarthost").get("interface", "") == ""
    split.send("a@ok.example")
    assert "delivering unencrypted" in split.log()
    assert "** a@ok.example" in split.log()
    assert "530 5.7.0 Authentication required" in split.log()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"transports": [{"name": "*", "options": {"interface": "999.1.1.1"}}]}, "is no address"),
        ({"transports": [{"name": "*", "options": {"interface": "192.0.2.77"}}]}, "no interface of this host has 192.0.2.77"),
        ({"transports": [{"name": "*", "options": {"interface": [ADDRESSES[0], "2001:db8::77"]}}]}, "no interface of this host has 2001:db8::77"),
        ({"transports": [{"name": "*", "options": {"interface": "${if eq{$domain}{a.example}{192.0.2.77}{}}"}}]}, "no interface of this host has 192.0.2.77"),
        ({"transports": [{"name": "*", "options": {"interface": "${if bad"}}]}, "unknown condition|Exim would stop sending"),
        ({"transports": [{"name": "*", "options": {"helo_data": "my host"}}]}, "is no full name of a host"),
        ({"transports": [{"name": "*", "options": {"interfaces": ADDRESSES[0]}}]}, 'option "interfaces" unknown'),
        ({"transports": [{"name": "*", "options": {"max_rcpt": "few"}}]}, "integer expected"),
        ({"transports": [{"name": "out2", "like": "none", "options": {}}]}, "there is no none that out2 could be like"),
        ({"routers": [{"name": "out2", "options": {"transport": "none"}}]}, "uses the transport none, which is not there"),
        ({"main": {"nonsense_option": 1}}, "unknown"),
        ({"macros": {"lower": "1"}}, "not the name of a macro"),
        ({"retry": ["big.example"]}, "exim -bV refuses the change"),
        ({"route_check": [{"address": "a@ok.example", "transport": "out2"}], **SWITCH}, "would get the transport remote_smtp, not out2"),
        ({"route_check": [{"address": "a@missing.example"}], **SWITCH}, "is undeliverable|cannot be resolved"),
        ({"credentials": [{"host": "relay1.sender.example", "username": "a:b", "password": "x"}]}, "cannot hold"),
        ({"routers": [{"name": "relay", "hosts": [{"host": "not a name"}], "options": {"transport": "remote_smtp"}}]}, "neither a name nor an address"),
    ],
)
def test_what_would_stop_mail_is_refused(single, options, words):
    refused(single, options, words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"debconf": {"dc_smarthost": "relay1.sender.example smtp"}}, "white space, which breaks the router"),
        ({"debconf": {"dc_local_interfaces": "192.0.2.77"}}, "no interface of this host has 192.0.2.77"),
        ({"debconf": {"dc_use_split_config": "false"}}, "dpkg-reconfigure"),
        ({"debconf": {"dc_other_hostnames": "it's"}}, "does not take"),
        ({"debconf": {"PATH": "x"}}, "not a setting"),
        ({"main": {"nonsense_option": 1}}, "unknown"),
        ({"macros": {"REMOTE_SMTP_INTERFACE": "192.0.2.77"}}, "no interface of this host has 192.0.2.77"),
        ({"routers": [{"name": "smarthost", "options": {"transport": "remote_smtp"}}]}, "a condition leaves it out"),
    ],
)
def test_what_would_stop_mail_is_refused_in_debians_layout(split, options, words):
    refused(split, options, words)


def refused(exim, options, words):
    for check in (True, False):
        result = exim.change(check=check, **options)
        assert "failed" in result, result
        assert any(word in result["failed"] for word in words.split("|")), result["failed"]
    assert exim.contents() == exim.first
    assert exim.root.shell(f"ls {STATE} 2>/dev/null || true").split() in ([], ["lock"])


def test_check_tells_what_is_then_done(exim):
    told = exim.done(check=True, **SOME)
    assert exim.contents() == exim.first
    assert exim.root.shell(f"ls {STATE} 2>/dev/null || true") == ""
    done = exim.done(**SOME)
    assert told == done
    for difference in done["diff"]:
        shown = [line for line in difference["after"].splitlines() if "(hidden)" not in line]
        assert set(shown) <= set(exim.root.read(difference["after_header"]).splitlines())


def test_through_ansible_passwords_are_not_told(exim):
    said = [exim.ansible("exim_config", relays(), "--diff", "-vvv", *words) for words in (["--check"], [], [])]
    assert ["CHANGED" in text for text in said] == [True, True, False], said
    said.append(exim.ansible("exim_config", {"snapshot": "smarthost", "state": "restored"}, "--diff", "-vvv"))
    assert "+*.sender.example:(hidden)" in said[1]
    assert exim.contents() == exim.first
    assert LOGIN["password"] in json.dumps(relays())
    for text in said:
        assert LOGIN["password"] not in text.replace(json.dumps(relays()), "")


def test_links_modes_and_owners_stay(single):
    single.root.shell(
        "mkdir /kept; mv /etc/exim4/exim4.conf /kept/mine; ln -s /kept/mine /etc/exim4/exim4.conf; chown root:adm /kept/mine; chmod 600 /kept/mine"
    )
    try:
        single.done(**SWITCH)
        assert single.root.shell("readlink /etc/exim4/exim4.conf; stat -c '%a %U %G' /kept/mine") == "/kept/mine\n600 root adm\n"
    finally:
        single.root.shell("rm -rf /kept")


def test_what_a_person_changed_is_never_overwritten(exim):
    exim.done(**SOME)
    files = {"split": "conf.d/router/05_postmaster_second_address", "unsplit": "exim4.conf.template", "single": "exim4.conf"}
    path = f"/etc/exim4/{files[exim.layout]}"
    exim.root.shell(f"sed -i 's/^  domains = big.example.*/  domains = big.example : mine.example/' {path}")
    now = exim.contents()
    for check in (True, False):
        result = exim.change(check=check, snapshot="second_address", state="restored")
        assert "changed by somebody else" in result["failed"]
        assert "+  domains = big.example : mine.example" in result["difference"].splitlines()
        assert result["foreign"] == [path]
        assert exim.contents() == now


def test_changes_of_two_names_go_back_in_the_opposite_order(exim):
    exim.done(**SWITCH)
    between = exim.contents()
    exim.done(**SOME)
    exim.done(snapshot="second_address", state="restored")
    assert exim.contents() == between
    exim.done(state="restored")
    assert exim.contents() == exim.first


@pytest.mark.parametrize("layout", ["single", "split"])
def test_killed_at_any_step_it_goes_back_or_is_ended_by_the_next_run(lab, layout):
    lab.begin(layout)
    wanted = {**relays(), "main": {"remote_max_parallel": 1}, "retry": ["big.example * F,2h,5m"]}
    stride = {"single": 1, "split": 7}[layout]  # Debian's program is slow
    tried = lab.python(KILLED_EVERYWHERE, {"options": wanted, "stride": stride})
    print(f"{layout}: {tried['faults']} faults")
    assert tried["wrong"] == []
    assert tried["faults"] * stride > 25, tried["faults"]
    assert lab.contents() == lab.first


def test_a_running_daemon_is_reloaded_once(exim):
    exim.start()
    pid = exim.pid()
    assert exim.done(**SWITCH)["reloaded"]
    assert exim.log().count("SIGHUP received") == 1
    assert not exim.done(**SWITCH)["reloaded"]
    assert exim.log().count("SIGHUP received") == 1
    assert exim.done(state="restored")["reloaded"]
    assert exim.log().count("SIGHUP received") == 2
    assert exim.pid() == pid


def test_a_run_that_was_killed_before_the_reload_is_ended_by_the_next(single):
    single.start()
    number = 0
    while single.change(kill_at=number, **SWITCH) is None and single.contents() == single.first:
        number += 1
    assert single.log().count("SIGHUP received") == 0
    result = single.done(**SWITCH)
    assert (result["changed"], result["files"], result["reloaded"]) == (True, [], True)
    assert not single.done(**SWITCH)["changed"]


def test_a_reload_that_kills_the_daemon_is_taken_back(exim):
    """A port that is none passes Exim's check: only the daemon finds out, and dies of it."""
    exim.start()
    result = exim.change(main={"daemon_smtp_ports": "no-such-service"})
    assert "the files are as they were" in result["failed"]
    assert exim.contents() == exim.first
    exim.wait(exim.pid, "the daemon is back")
    assert exim.root.shell(f"ls {STATE}").split() == ["lock"]
    exim.done(**SWITCH)


@pytest.mark.parametrize("place", [STATE, "/etc/exim4/conf.d/transport", "/var/lib/exim4"])
def test_a_full_disk_changes_nothing(split, place):
    split.root.shell(f"mkdir -p {place}; rm -rf /copy; cp -a {place} /copy; mount -t tmpfs -o size=128k,mode=755 tmpfs {place}; cp -a /copy/. {place}/")
    try:
        first = split.contents()
        split.root.shell(f"cat /dev/zero > {place}/.fill 2>/dev/null || true")
        result = split.change(**SOME)
        assert "No space left" in result["failed"] or "failed" in result["failed"], result["failed"]
        split.root.shell(f"rm {place}/.fill")
        assert split.contents() == first
        split.done(**SOME)
        split.done(snapshot="second_address", state="restored")
        assert split.contents() == first
    finally:
        split.root.shell(f"umount {place}")


def test_a_file_of_its_own_wins_over_debians_files(split):
    """update-exim4.conf does nothing at all where there is such a file, so that a change of the others would be lost."""
    split.root.write("/etc/exim4/exim4.conf", SINGLE)
    result = split.done(**SWITCH)
    assert (result["layout"], result["files"]) == ("single", ["/etc/exim4/exim4.conf"])
    assert split.came("a@ok.example") == [("mx", ADDRESSES[1], "mail2.sender.example", None)]
    assert split.change(debconf={"dc_smarthost": "x"})["failed"].startswith("debconf: /etc/exim4/exim4.conf is not made by")


def test_the_folder_that_the_facts_name_is_the_same_installation(split):
    split.done(config_dir="/var/lib/exim4", **SWITCH)
    assert not split.done(config_dir="/etc/exim4", **SWITCH)["changed"]
    assert not split.done(**SWITCH)["changed"]


def test_a_new_file_of_macros_counts_in_the_trial_too(lab):
    """update-exim4.conf looks for it in /etc/exim4 whatever folder it is given."""
    lab.begin("unsplit")
    lab.root.shell("rm /etc/exim4/exim4.conf.localmacros; update-exim4.conf")
    refused_by_trial = lab.change(transports=[{"name": "remote_smtp", "options": {"interface": "192.0.2.77"}}])
    assert "no interface of this host has 192.0.2.77" in refused_by_trial["failed"]
    lab.done(**SWITCH)
    assert lab.transport("remote_smtp")["interface"] == ADDRESSES[1]
    lab.done(state="restored")
    assert lab.root.shell("ls /etc/exim4").split() == ["conf.d", "exim4.conf.template", "passwd.client", "update-exim4.conf.conf"]


# The queue


def test_a_queue_is_held_released_and_deleted(single):
    single.send("ann@ok.example", wait=False)
    single.send("bob@ok.example", "eve@big.example", wait=False)
    single.send("eve@big.example", wait=False)
    by_recipients = {tuple(recipients): message for message, (_frozen, recipients) in single.waiting().items()}
    ann, both, eve = (by_recipients[key] for key in [("ann@ok.example",), ("bob@ok.example", "eve@big.example"), ("eve@big.example",)])

    told = single.queue(check=True, action="hold", destinations=["ok.example"])
    assert not any(frozen for frozen, _recipients in single.waiting().values())
    held = single.queue(action="hold", destinations=["ok.example"])
    assert {message["queue_id"] for message in told["messages"]} == {message["queue_id"] for message in held["messages"]} == {ann, both}
    assert (held["changed"], held["done"]) == (True, 2)
    assert {message: frozen for message, (frozen, _recipients) in single.waiting().items()} == {ann: True, both: True, eve: False}
    assert not single.queue(action="hold", destinations=["ok.example"])["changed"]

    # A queue run leaves frozen messages alone.
    single.order("mx.big.example", "451 4.7.1 later")
    single.exim("-qf")
    assert set(single.waiting()) == {ann, both, eve}
    assert single.seen() == []

    refused = single.queue(action="delete", destinations=["ok.example"], expected_count=2)
    assert "2 were expected, 1 messages" in refused["failed"]
    assert single.queue(action="delete", destinations=["ok.example"], expected_count=1)["done"] == 1
    assert set(single.waiting()) == {both, eve}

    released = single.queue(action="release", queue_ids=[both, ann])
    assert (released["done"], released["missing"]) == (1, [ann])
    single.wait(single.seen, "the released message")
    assert [one["recipients"] for one in single.seen()] == [["bob@ok.example"]]
    single.wait(lambda: single.waiting().get(both) == (False, ["D bob@ok.example", "eve@big.example"]), "it waits for the other recipient")

    # Only who still waits counts: the message may be deleted by the destination that is left.
    assert single.queue(check=True, action="delete", destinations=["ok.example"])["count"] == 0
    assert single.queue(check=True, action="delete", destinations=["big.example"])["count"] == 2

    single.order("mx.big.example", None)
    assert single.queue(action="flush", all=True)["done"] == 2
    single.wait(lambda: not single.waiting(), "the queue is empty")
    assert len(single.seen()) == 3


def test_flushing_does_not_wait_for_retry_times(single):
    single.order("mx.big.example", "451 4.7.1 later")
    single.send("eve@big.example")
    single.order("mx.big.example", None)
    single.exim("-q")
    assert len(single.waiting()) == 1
    (message,) = single.waiting()
    assert single.queue(action="requeue", queue_ids=[message])["done"] == 1
    single.wait(lambda: not single.waiting(), "the queue is empty")


def test_a_queue_through_ansible(single):
    single.send("ann@ok.example", wait=False)
    (message,) = single.waiting()
    said = single.ansible("mail_queue", {"mta": "exim", "action": "hold", "all": True}, "--diff")
    assert "CHANGED" in said
    assert f"+{message} frozen" in said
    assert single.waiting()[message][0]
