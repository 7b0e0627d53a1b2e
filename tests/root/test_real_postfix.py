# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three real Postfix instances whose mail SMTP servers take or refuse: what ``mail_host_info`` reads there, message by message, and what the audit says.

The instances have configuration, queue and log of their own. They run, as do the receivers and the DNS, in a network namespace without a way
out, so that they send from the addresses of the embedded fleet and use its zones, and nothing of this machine is touched.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import html
import json
import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet/record"))
import background
import dns_server
import receiver
import record

ROOT = pathlib.Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace and for Postfix")

RECEIVER_PORT = 2525
PATIENCE = 60  # seconds for a queue to come to rest on a busy machine
HOSTILE = "<img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}"

SERVERS = {
    **receiver.SERVERS,
    "mx.hostile.example": receiver.Server(
        greeting="mx.hostile.example ESMTP",
        accepted="250 Ok",
        rules=(receiver.Rule(receiver.RCPT, receiver.always, "550 5.7.1 " + HOSTILE.replace("{", "{{").replace("}", "}}")),),
    ),
}
PLACES = {name: f"127.0.1.{number}" for number, name in enumerate(SERVERS, start=10)}
ROUTES = {name.removeprefix("mx."): f"smtp:[{address}]:{RECEIVER_PORT}" for name, address in PLACES.items()}
# Two servers for one destination, the second for when the first one will not.
ROUTES["bank.example"] = f"smtp:[{PLACES['mx1.bank.example']}]:{RECEIVER_PORT}, [{PLACES['mx2.bank.example']}]:{RECEIVER_PORT}"


class Host(NamedTuple):
    """One instance: where it sends from, how it greets, on which port it takes mail, and whether the audit is told of further addresses."""

    domain: str
    address: str
    helo: str
    port: int
    pool: tuple = ()


HOSTS = {
    "shop": Host("shop.example", "198.51.100.11", "mail.shop.example", 2501, ({"address": "198.51.100.12", "helo": "out.shop.example"},)),
    "home": Host("home.example", "203.0.113.77", "mail.home.example", 2502, ({"address": "203.0.113.78", "helo": "mail2.home.example"},)),
    "branch": Host("branch.example", "192.0.2.45", "server.localdomain", 2503),
}


class Case(NamedTuple):
    """One message and what becomes of it: the outcome, the stage and a piece of the words in which it was refused, and the code of Postfix's own (RFC 3463)."""

    host: str
    recipient: str
    outcome: str
    dsn: str
    stage: str | None = None
    words: str = ""


CASES = [
    Case("shop", "anna@mailhub.example", "sent", "2.0.0"),
    Case("shop", "ben@webmail.example", "sent", "2.0.0"),
    Case("shop", "office@cloudmail.example", "sent", "2.6.0"),
    Case(
        "shop", "carla@strict.example", "bounced", "5.7.1", "RCPT TO", "554 5.7.1 Service unavailable; Client host [198.51.100.11] blocked using bl.spamcop.net"
    ),
    Case(
        "shop", "stock@wholesale.example", "bounced", "5.0.0", "RCPT TO", "550-rejected because 198.51.100.11 is in a black list at bl.spamcop.net 550 Blocked"
    ),
    Case(
        "shop",
        "library@council.example",
        "deferred",
        "4.7.1",
        "RCPT TO",
        "450 4.7.1 Service unavailable; Client host [198.51.100.11] blocked using bl.spamcop.net",
    ),
    Case("shop", "holiday.photos@mailhub.example", "deferred", "4.2.2", "RCPT TO", "452-4.2.2 The recipient's inbox is out of storage space"),
    Case("shop", "jon.smiht@mailhub.example", "bounced", "5.1.1", "RCPT TO", "550-5.1.1 The email account that you tried to reach does not exist"),
    Case("shop", "treasurer@club.example", "deferred", "4.2.0", "RCPT TO", "450 4.2.0 <treasurer@club.example>: Recipient address rejected: Greylisted"),
    Case("shop", "loans@bank.example", "sent", "2.6.0"),
    Case("shop", "someone@hostile.example", "bounced", "5.7.1", "RCPT TO", HOSTILE),
    Case("home", "aunt@mailhub.example", "bounced", "5.7.1", "end of DATA", "550-5.7.1 [203.0.113.77] The IP you're using to send email is not authorized"),
    Case("home", "cousin@webmail.example", "deferred", "4.7.1", "connect", "553 5.7.1 [BL21] Connections will not be accepted from 203.0.113.77"),
    Case("home", "teacher@strict.example", "bounced", "5.7.1", "RCPT TO", "Client host [203.0.113.77] blocked using zen.spamhaus.org"),
    Case("home", "neighbour@council.example", "sent", "2.0.0"),
    Case(
        "branch",
        "client@mailhub.example",
        "bounced",
        "5.7.25",
        "end of DATA",
        "550-5.7.25 [192.0.2.45] The IP address sending this message does not have a PTR",
    ),
    Case("branch", "permits@council.example", "deferred", "4.7.1", "RCPT TO", "450 4.7.1 <server.localdomain>: Helo command rejected: Host not found"),
    Case("branch", "depot@strict.example", "deferred", "4.7.25", "RCPT TO", "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.45]"),
    Case("branch", "goods@wholesale.example", "bounced", "5.0.0", "RCPT TO", "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)"),
    Case("branch", "buyer@webmail.example", "sent", "2.0.0"),
]


def run(*words, **options):
    """Run a command to its end and return what it printed; its complaints are the failure message."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Network:
    """A network namespace of its own, with the fleet's addresses on an interface that leads nowhere."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        ours = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == ours:
            time.sleep(0.01)
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "nowhere")
        for name in ("eth0", "nowhere"):
            self.inside("ip", "link", "set", name, "up")
        addresses = [host.address for host in HOSTS.values()] + [further["address"] for host in HOSTS.values() for further in host.pool]
        for address in addresses:
            self.inside("ip", "address", "add", f"{address}/32", "dev", "eth0")

    def inside(self, *words, **options):
        """Run a command in the namespace."""
        return run("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", *words, **options)

    def enter(self):
        """Move the calling thread into the namespace."""
        record.enter_network(self.holder.pid)

    def in_background(self, start):
        """``background.in_background`` with the server's sockets in the namespace."""

        async def start_inside():
            self.enter()
            return await start()

        return background.in_background(start_inside)

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Postfix:
    """One instance with a private configuration, queue and log."""

    def __init__(self, network, folder, host):
        self.network, self.host = network, host
        self.config, self.spool, self.log = folder / "etc", folder / "spool", folder / "mail.log"
        folder.mkdir()
        for path in (self.config, self.spool, folder / "lib"):
            path.mkdir()
        shutil.chown(folder / "lib", "postfix", "postfix")
        shutil.copy("/usr/share/postfix/main.cf.debian", self.config / "main.cf")
        shutil.copy("/usr/share/postfix/master.cf.dist", self.config / "master.cf")
        settings = {
            "queue_directory": self.spool,
            "data_directory": folder / "lib",
            "maillog_file": self.log,
            "maillog_file_prefixes": folder,
            "myorigin": host.domain,
            "mydestination": "",
            "alias_maps": "",
            "inet_protocols": "ipv4",
            "smtp_bind_address": host.address,
            "smtp_helo_name": host.helo,
            "transport_maps": "inline:{ " + " ".join(f"{{ {domain} = {route} }}" for domain, route in ROUTES.items()) + f" {{ {host.domain} = discard: }} }}",
        }
        self.postfix("postconf", "-e", *[f"{name} = {value}" for name, value in settings.items()])
        self.postfix("postconf", "-F", "*/*/chroot = n")
        self.postfix("postconf", "-MX", "smtp/inet")
        self.postfix("postconf", "-M", f"127.0.0.1:{host.port}/inet=127.0.0.1:{host.port} inet n - n - - smtpd")
        self.postfix("postfix", "start")

    def postfix(self, program, *words):
        """Run one of Postfix's programs on this instance."""
        return self.network.inside(program, "-c", self.config, *words, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})

    def send(self, recipients):
        """Submit one message for each recipient; the calling thread is in the namespace."""
        for recipient in recipients:
            with smtplib.SMTP("127.0.0.1", self.host.port, local_hostname="localhost") as client:
                client.sendmail(f"desk@{self.host.domain}", [recipient], f"To: <{recipient}>\r\nSubject: test\r\n\r\nA message.\r\n")

    def is_idle(self):
        return not any(path.is_file() for queue in ("maildrop", "incoming", "active") for path in (self.spool / queue).rglob("*"))

    def wait_until_idle(self):
        """Wait until nothing is on its way, twice in a row: a bounce is born where its cause ends."""
        deadline = time.monotonic() + PATIENCE
        quiet = 0
        while quiet < 3:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)
            quiet = quiet + 1 if self.is_idle() else 0


class Lab(NamedTuple):
    """All that runs: the network, the instances by name, the DNS, what the receivers answered."""

    network: Network
    instances: dict
    nameserver: str
    receiver: receiver.Receiver

    def ansible(self, program, *words, default=None):
        """Run Ansible in the namespace; ``default`` names the instance that it finds in /etc/postfix."""
        variables = {"ANSIBLE_NOCOLOR": "true"}
        variables.setdefault("ANSIBLE_COLLECTIONS_PATH", os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / ".cache/collections"))
        shown = ["unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/postfix; exec "$@"', self.instances[default].config] if default else []
        return self.network.inside(*shown, sys.executable, "-m", "ansible", program, *words, env={**os.environ, **variables}, cwd=ROOT)

    def observe(self, name, *words):
        """Return the result of ``mail_host_info`` on one instance."""
        return self.look({"config_dir": str(self.instances[name].config)}, *words)

    def look(self, options, *words, default=None):
        """Return the result of ``mail_host_info``."""
        words = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", *words)
        arguments = json.dumps({"mta": "postfix", **options})
        printed = self.ansible("adhoc", "localhost", *words, "-m", "postmaster.deliverability.mail_host_info", "-a", arguments, default=default)
        return json.loads(printed[printed.index("{") :])


@pytest.fixture(scope="module")
def lab():
    """Three instances that have tried to deliver every message of ``CASES`` once."""
    missing = [program for program in ("postfix", "unshare", "nsenter", "ip") if not shutil.which(program)]
    assert not missing, f"not installed: {', '.join(missing)}; .ci/run installs what these tests need"
    with contextlib.ExitStack() as closing:
        # Not pytest's own folder: Postfix's unprivileged processes have to pass through it.
        folder = pathlib.Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="real-postfix-", dir="/tmp")))
        folder.chmod(0o755)
        network = Network()
        closing.callback(network.close)
        zones = dns_server.load_zones(dns_server.ZONES)
        port = closing.enter_context(network.in_background(lambda: dns_server.start(zones, "127.0.0.1")))
        servers = receiver.Receiver(f"127.0.0.1:{port}", servers=SERVERS)
        listen = {name: (address, RECEIVER_PORT) for name, address in PLACES.items()}
        closing.enter_context(network.in_background(lambda: servers.start(listen)))
        instances = {}
        for name, host in HOSTS.items():
            instances[name] = Postfix(network, folder / name, host)
            closing.callback(instances[name].postfix, "postfix", "stop")
        with concurrent.futures.ThreadPoolExecutor(1, initializer=network.enter) as people:
            for name, instance in instances.items():
                people.submit(instance.send, [case.recipient for case in CASES if case.host == name]).result()
        for instance in instances.values():
            instance.wait_until_idle()
        yield Lab(network, instances, f"127.0.0.1:{port}", servers)


@pytest.fixture(scope="module")
def facts(lab):
    """What ``mail_host_info`` tells of each instance, in check mode, which must not make a difference to a module that only reads."""
    return {name: lab.observe(name, "--check")["mail_host"] for name in lab.instances}


def groups(facts, case, place):
    """The groups of one place that a refused message went into."""
    destination = case.recipient.partition("@")[2]
    return [group for group in facts[case.host][place]["groups"] if group["destination"] == destination and case.words in group["text"]]


refused = [case for case in CASES if case.outcome != "sent"]
by_recipient = {"ids": lambda case: f"{case.host}-{case.recipient}"}


@pytest.mark.parametrize("case", CASES, **by_recipient)
def test_receivers_saw_the_address_and_the_name_of_the_story(lab, case):
    host = HOSTS[case.host]
    seen = [answer for answer in lab.receiver.answers if answer[3] == case.recipient]
    if case.stage == "connect":
        assert [answer[:2] for answer in lab.receiver.answers if answer[4] == "connect"] == [("mx.webmail.example", host.address)]
    else:
        assert [answer[1:3] for answer in seen] == [(host.address, host.helo)]


@pytest.mark.parametrize("case", refused, **by_recipient)
def test_log_tells_of_each_refusal(facts, case):
    (group,) = groups(facts, case, "log")
    assert (group["outcome"], group["stage"], group["dsn"], group["count"]) == (case.outcome, case.stage, case.dsn, 1)
    assert group["sender_domains"] == [HOSTS[case.host].domain]


@pytest.mark.parametrize("case", refused, **by_recipient)
def test_queue_keeps_what_may_be_tried_again(facts, case):
    found = groups(facts, case, "queue")
    if case.outcome == "bounced":
        assert found == []
    else:
        (group,) = found
        assert (group["outcome"], group["stage"], group["count"], group["masked"]) == ("deferred", case.stage, 1, False)
        assert 0 <= group["oldest_age"] < 600


@pytest.mark.parametrize("case", [case for case in CASES if case.outcome == "sent"], **by_recipient)
def test_delivered_mail_is_counted(facts, case):
    destination = case.recipient.partition("@")[2]
    assert sum(row["count"] for row in facts[case.host]["log"]["delivered_to"] if row["destination"] == destination) == 1


def test_refusal_of_the_first_server_is_seen_beside_the_delivery_by_the_second(facts):
    (group,) = [group for group in facts["shop"]["log"]["groups"] if group["destination"] == "bank.example"]
    assert "452 4.3.1 Insufficient system resources" in group["text"]
    assert group["stage"] == "MAIL FROM"
    assert not [group for group in facts["shop"]["queue"]["groups"] if group["destination"] == "bank.example"]


@pytest.mark.parametrize("name", HOSTS)
def test_identity_is_the_one_that_leaves(facts, lab, name):
    identity, host = facts[name]["identity"], HOSTS[name]
    assert facts[name]["mta"]["config_dir"] == str(lab.instances[name].config)
    assert (identity["sources"][0]["address4"], identity["sources"][0]["helo"]) == (host.address, host.helo)
    assert {relay["scope"] for relay in identity["relays"]} <= set(ROUTES)
    assert host.address in identity["local_addresses"]


@pytest.mark.parametrize("name", HOSTS)
def test_counts_are_those_of_the_queue_listing(facts, lab, name):
    listed = [json.loads(line) for line in lab.instances[name].postfix("postqueue", "-j").splitlines()]
    assert facts[name]["queue"]["total"] == len(listed) == sum(1 for case in CASES if case.host == name and case.outcome == "deferred")
    assert facts[name]["queue"]["bytes"] == sum(message["message_size"] for message in listed)


def test_reading_changes_nothing(lab):
    """Two looks at an instance leave its queue, its configuration and its log as they were."""

    def state(instance):
        paths = [path for folder in (instance.config, instance.spool) for path in sorted(folder.rglob("*")) if path.is_file()]
        return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in [*paths, instance.log]]

    instance = lab.instances["shop"]
    before = state(instance)
    first, second = lab.observe("shop"), lab.observe("shop")
    assert not first["changed"]
    assert not second["changed"]
    assert state(instance) == before


def test_instances_of_postmulti_are_seen_together(lab, facts):
    """What one look at a host with several instances tells is what looks at each of them tell: identities, queues and logs."""
    folders = [str(lab.instances[name].config) for name in ("home", "branch")]
    lab.instances["shop"].postfix("postconf", "-e", "multi_instance_wrapper = postmulti -p --", f"multi_instance_directories = {' '.join(folders)}")
    for name in ("home", "branch"):
        lab.instances[name].postfix("postconf", "-e", "multi_instance_enable = yes", f"multi_instance_name = postfix-{name}")
    together = lab.look({}, default="shop")["mail_host"]
    assert together["mta"]["instances"] == ["/etc/postfix", *folders]
    assert {(source["address4"], source["helo"]) for source in together["identity"]["sources"]} == {(host.address, host.helo) for host in HOSTS.values()}
    for place, keys in {"queue": ("total", "recipients", "bytes"), "log": ("received", "delivered", "deferred", "bounced")}.items():
        assert {key: together[place][key] for key in keys} == {key: sum(one[place][key] for one in facts.values()) for key in keys}


@pytest.fixture(scope="module")
def report(lab, tmp_path_factory):
    """The audit of the three instances as they stand, through the playbook."""
    folder = tmp_path_factory.mktemp("audit")
    hosts = {
        name: {"audit_config_dir": str(instance.config), "audit_domains": [instance.host.domain], "audit_pool": list(instance.host.pool)}
        for name, instance in lab.instances.items()
    }
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "audit_mta": "postfix",
        "audit_nameservers": [lab.nameserver],
        "audit_dnsbl_zones": ["zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org"],
        "audit_output_dir": str(folder),
    }
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}))
    lab.ansible("playbook", "-i", inventory, "playbooks/audit.yml")
    return json.loads((folder / "report.json").read_text()), (folder / "report.html").read_text()


def actions(report, name):
    return {action["remedy"]: action for action in report[0]["hosts"][name]["actions"]}


def test_audit_finds_all_three_refused_through_their_own_fault(report):
    assert {name: (host["state"], host["side"]) for name, host in report[0]["hosts"].items()} == dict.fromkeys(HOSTS, ("refused", "ours"))


def test_audit_does_not_move_a_host_whose_log_is_young(report):
    """The clean address is proven, but an hour of log cannot show that the flow of mail is ordinary."""
    switch = actions(report, "shop")["switch_outbound_ip"]
    assert switch["state"] == "blocked"
    assert any("the log covers" in reason for reason in switch["failed"])


def test_audit_sends_home_through_a_smarthost(report):
    assert "use_smarthost" in actions(report, "home")
    assert "switch_outbound_ip" not in actions(report, "home")


def test_audit_gives_branch_its_names(report):
    assert {"fix_helo", "fix_ptr"} <= set(actions(report, "branch"))
    assert "45.2.0.192.in-addr.arpa" in actions(report, "branch")["fix_ptr"]["text"]


def test_audit_blames_nobody_here_for_what_is_not_ours(report):
    sides = {
        (row["group"]["destination"], re.search(r"[45]\.\d+\.\d+", row["group"]["text"])[0]): row["side"]
        for row in report[0]["hosts"]["shop"]["verdicts"]
        if row["group"]["destination"] in ("mailhub.example", "club.example", "bank.example")
    }
    assert sides == {
        ("mailhub.example", "4.2.2"): "theirs",
        ("mailhub.example", "5.1.1"): "user",
        ("club.example", "4.2.0"): "theirs",
        ("bank.example", "4.3.1"): "theirs",
    }


def test_hostile_reply_is_plain_text_in_the_report(report):
    texts = [row["group"]["text"] for row in report[0]["hosts"]["shop"]["verdicts"]]
    assert any(HOSTILE in text for text in texts)
    assert "<img src=x" not in report[1]
    assert HOSTILE in html.unescape(report[1])
