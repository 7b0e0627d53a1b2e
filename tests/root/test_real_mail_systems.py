# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Exim, Sendmail and OpenSMTPD, each in a root of its own, whose mail SMTP servers take, put off and refuse.

What ``mail_host_info`` reads from queue and log is held against what the servers said, message by message.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
from typing import NamedTuple

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples/fleet/record"))
import dns_server
import mail_roots
import receiver
from receiver import CONNECT, DATA, MAIL, RCPT, Rule, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(ROOT / ".cache/collections")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for namespaces and for mail systems")

HOST = "mail.sender.example"
SOURCE = "198.51.100.25"
SENDER = "desk@sender.example"
PATIENCE = 90  # seconds for every message to be tried on a busy machine

ACCEPTED = "250 2.0.0 Ok: queued as {id}"


def refusing(stage, reply):
    """A server that answers ``reply`` at a stage, whoever asks."""
    return Server("mx.example ESMTP", ACCEPTED, (Rule(stage, receiver.always, reply),))


# What well-known operators say; every line as they send it.
SERVERS = {
    "mx.ok.example": Server("mx.ok.example ESMTP", ACCEPTED),
    "mx.sender.example": Server("mx.sender.example ESMTP", ACCEPTED),
    "mx.greylist.example": refusing(
        RCPT, "450 4.2.0 <{rcpt}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/sender.example.html"
    ),
    "mx.nouser.example": refusing(
        RCPT,
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
        "550-5.1.1 double-checking the recipient's email address for typos or\n"
        "550-5.1.1 unnecessary spaces. For more information, go to\n"
        "550 5.1.1  https://support.google.com/mail/?p=NoSuchUser {id} - gsmtp",
    ),
    "mx.blocked.example": refusing(
        RCPT, "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/{ip}"
    ),
    "mx.noptr.example": refusing(
        DATA,
        "550-5.7.25 [{ip}] The IP address sending this message does not have a PTR\n"
        "550-5.7.25 record setup, or the corresponding forward DNS entry does not match the\n"
        "550-5.7.25 sending IP. As a policy, Gmail does not accept messages from IPs\n"
        "550-5.7.25 with missing PTR records. For more information, go to\n"
        "550 5.7.25  https://support.google.com/mail/answer/81126#ip-practices {id} - gsmtp",
    ),
    "mx.rate.example": refusing(
        DATA,
        "421-4.7.28 [{ip}      15] Our system has detected an unusual rate of\n"
        "421-4.7.28 unsolicited mail originating from your IP address. To protect our\n"
        "421-4.7.28 users from spam, mail sent from your IP address has been temporarily\n"
        "421-4.7.28 rate limited. For more information, go to\n"
        "421-4.7.28  https://support.google.com/mail/?p=UnsolicitedRateLimitError to\n"
        "421 4.7.28 review our Bulk Email Senders Guidelines. {id} - gsmtp",
    ),
    "mx.limited.example": refusing(
        MAIL,
        "451 4.7.650 The mail server [{ip}] has been temporarily rate limited due to IP reputation. "
        "For e-mail delivery information, see https://postmaster.live.com (S775)",
    ),
    "mx.listed.example": refusing(
        CONNECT,
        "553 5.7.1 [BL21] Connections will not be accepted from {ip}, because the ip is in Spamhaus's list; see https://postmaster.yahooinc.com/error-codes",
    ),
    "mx1.two.example": refusing(MAIL, "421 4.7.0 [TSS04] Messages from {ip} temporarily deferred due to unexpected volume or user complaints"),
    "mx2.two.example": Server("mx2.two.example ESMTP", ACCEPTED),
    "mx.old.example": refusing(RCPT, "450 4.3.2 Service currently unavailable"),
}
# Loopback addresses, since mail for an address of an interface would be taken for the host's own.
PLACES = {name: f"127.0.10.{number}" for number, name in enumerate(SERVERS, start=10)}
# Two that say nothing: nobody listens at the first, the second hangs up.
PLACES["mx.closed.example"] = "127.0.10.98"
PLACES["mx.silent.example"] = "127.0.10.99"
DOMAINS = list(dict.fromkeys(name.partition(".")[2] for name in PLACES))


class Fate(NamedTuple):
    """What becomes of a message: the outcome, and the stage where this mail system tells it."""

    outcome: str
    stage: str | None = None


# Exim tells the stage of everything. A 5xx greeting is final for Exim and Sendmail, and not for OpenSMTPD.
EXIM = {
    "ok.example": Fate("sent"),
    "two.example": Fate("sent"),
    "greylist.example": Fate("deferred", "RCPT TO"),
    "nouser.example": Fate("bounced", "RCPT TO"),
    "blocked.example": Fate("bounced", "RCPT TO"),
    "noptr.example": Fate("bounced", "end of DATA"),
    "rate.example": Fate("deferred", "end of DATA"),
    "limited.example": Fate("deferred", "MAIL FROM"),
    "listed.example": Fate("bounced", "connect"),
    "old.example": Fate("expired", "RCPT TO"),
    "closed.example": Fate("deferred", "connect"),
    "silent.example": Fate("deferred", "connect"),
}
SENDMAIL = {**{domain: Fate(fate.outcome) for domain, fate in EXIM.items()}, "closed.example": Fate("deferred", "connect")}
OPENSMTPD = {
    **{domain: Fate(fate.outcome) for domain, fate in EXIM.items()},
    "two.example": Fate("deferred"),
    "listed.example": Fate("deferred", "connect"),
    "closed.example": Fate("deferred", "connect"),
}


def whole(reply):
    """A reply as Exim hands it on: all of it."""
    return " ".join(reply.split("\n"))


def first_line(reply):
    """A reply as Sendmail hands it on. The code of some it writes as if the reply were one line."""
    return reply.partition("\n")[0][4:]


def stripped(reply):
    """A reply as OpenSMTPD hands it on: of lines with a status such as 5.1.1 it takes code and status off, to those with 5.7.25 they are given back."""
    first, *others = reply.split("\n")
    return " ".join([first, *(re.sub(r"^\d{3}[- ]\d\.\d\.\d( |$)", "", line) for line in others)])


class System:
    """What is common to the three: messages are submitted by the program ``sendmail``."""

    name = package = program = ""
    fates: dict = {}
    unheard: dict = {}  # what this side says about servers that said nothing

    def __init__(self, root):
        self.root = root
        self.configure()

    def send(self, *recipients):
        self.root.run(self.program, *self.options, "-f", SENDER, *recipients, input=f"From: {SENDER}\nSubject: test\n\nA message.\n")

    options: tuple = ()

    def log(self):
        return self.root.log.read_text()

    def stop(self, daemon):
        """End the processes of a daemon and wait until they are gone."""
        # The root's first process collects no dead ones, so they stay to be seen.
        self.root.shell(f"while ps -C {daemon} -o stat= | grep -qv Z; do pkill -x {daemon} || :; sleep 0.1; done")

    def wait_for(self, pattern, times=1):
        """Wait until the log has so many lines that match."""
        deadline = time.monotonic() + PATIENCE
        while len(re.findall(pattern, self.log(), re.M)) < times:
            assert time.monotonic() < deadline, f"{times} times {pattern!r}:\n{self.log()}"
            time.sleep(0.2)


class Exim(System):
    name, package, program = "exim", "exim4-daemon-light", "/usr/sbin/exim4"
    options = ("-odf",)
    fates = EXIM
    said = staticmethod(whole)
    unheard = {"closed.example": "Connection refused", "silent.example": "Remote host closed connection in response to initial connection"}
    selectors = ""
    path = "/etc/exim4/exim4.conf"
    configuration = """\
primary_hostname = {host}
keep_environment =
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim4/%slog
{selectors}
trusted_users = root
acl_smtp_rcpt = accept
begin routers
mx:
  driver = dnslookup
  domains = ! @
  transport = remote
  no_more
begin transports
remote:
  driver = smtp
  interface = {source}
begin retry
old.example * F,1s,1s
* * F,2h,15m
"""

    def configure(self):
        self.root.shell("useradd -r -U Debian-exim; install -d -o Debian-exim -g adm /var/spool/exim4 /var/log/exim4; mkdir -p /etc/exim4")
        self.root.write(self.path, self.configuration.format(host=HOST, source=SOURCE, selectors=self.selectors))

    def log(self):
        return self.root.read("/var/log/exim4/mainlog")

    def submit(self):
        for domain in DOMAINS:
            if domain != "sender.example":
                self.send(f"user@{domain}")
        # Exim does not even try this one: it knows that the server refused a moment ago.
        self.send("second@closed.example")
        # One that a person put aside.
        self.send("aside@greylist.example")
        listed = self.root.run(self.program, "-bp")
        self.root.run(self.program, "-Mf", re.search(r"(\S+) <[^>]*>\n\s+aside@", listed)[1])

    def expire(self):
        deadline = time.monotonic() + PATIENCE
        while not re.search(r"\*\* user@old\.example.*: retry timeout exceeded", self.log()):
            assert time.monotonic() < deadline, self.log()
            time.sleep(1)
            self.root.run(self.program, "-Rf", "old.example")


class EximWithSelectors(Exim):
    """The same with everything in the log that can be in it."""

    selectors = "log_selector = +all"


class Sendmail(System):
    name, package, program = "sendmail", "sendmail-bin", "/usr/sbin/sendmail"
    fates = SENDMAIL
    said = staticmethod(first_line)
    unheard = {"closed.example": "Connection refused by mx.closed.example.", "silent.example": "mx.silent.example."}
    path = "/etc/mail/sendmail.cf"
    common = """\
divert(0)dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
undefine(`confHOST_STATUS_DIRECTORY')dnl
define(`confDOMAIN_NAME', `{host}')dnl
CLIENT_OPTIONS(`Family=inet, Addr={source}')dnl
"""
    daemon = """\
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Name=MTA, Family=inet, Port=2501, Addr=127.0.0.1')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
    submission = """\
divert(0)dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-msp')dnl
define(`confDOMAIN_NAME', `{host}')dnl
define(`RELAY_MAILER_ARGS', `TCP $h 2501')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""
    smarthost = """\
define(`SMART_HOST', `[smart.sender.example]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h 587')dnl
FEATURE(`mailertable')dnl
LOCAL_DOMAIN(`shop.example')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""

    def configure(self):
        self.root.shell(
            """
            groupadd -r smmta; groupadd -r smmsp; useradd -r -g smmta smmta; useradd -r -g smmsp smmsp
            install -d -g smmsp /etc/mail /etc/mail/m4 /var/lib/sendmail /run/sendmail
            install -d -o smmta -g smmta -m 700 /var/spool/mqueue
            install -d -o smmsp -g smmsp -m 770 /var/spool/mqueue-client
            install -d -o smmta -g smmsp /run/sendmail/mta
            install -d -o smmsp -g smmsp /run/sendmail/msp
            touch /etc/mail/local-host-names /etc/aliases
            rm -f /usr/sbin/sendmail
            install -g smmsp -m 2755 /usr/libexec/sendmail/sendmail /usr/sbin/sendmail
            """
        )
        self.make("/etc/mail/sendmail.cf", self.common + self.daemon)
        self.make("/etc/mail/submit.cf", self.submission)
        self.make("/etc/mail/smart/sendmail.cf", self.common + self.smarthost)
        self.root.write("/etc/mail/mailertable", "partner.example  esmtp:[mx.partner.example]\n")
        self.start()

    def make(self, path, source):
        self.root.write(path + ".mc", source.format(host=HOST, source=SOURCE))
        self.root.shell(f"cd /usr/share/sendmail/cf; m4 m4/cf.m4 {path}.mc > {path}")

    def start(self):
        started = len(re.findall("starting daemon", self.log()))
        self.root.run(self.program, "-L", "sm-mta", "-bd")
        self.wait_for("starting daemon", started + 1)

    def submit(self):
        for domain in DOMAINS:
            if domain != "sender.example":
                self.send(f"user@{domain}")
        self.send("several@ok.example", "several@greylist.example", "several@nouser.example", "several@rate.example")
        self.wait_for(r" sm-mta\[\d+\]: \w+: to=<(?:user|several)@.*, stat=", len(DOMAINS) - 1 + 4)
        # While the daemon is down the submission program keeps what it gets.
        self.stop("sendmail")
        self.send("later@sender.example")
        self.wait_for(r"to=later@sender\.example,.*stat=Deferred: Connection refused")
        self.start()

    def expire(self):
        # Sendmail counts the age of a message in whole seconds, and a fast machine comes here before the first is over.
        time.sleep(2.5)
        self.root.run(self.program, "-L", "sm-mta", "-OTimeout.queuereturn=1s", "-qRold.example")
        self.wait_for("DSN: Cannot send message for 1 second")


class OpenSmtpd(System):
    name, package, program = "opensmtpd", "opensmtpd", "/usr/sbin/sendmail"
    fates = OPENSMTPD
    said = staticmethod(stripped)
    unheard = {"closed.example": "IO Error: Connection refused", "silent.example": "Connection closed unexpectedly"}
    path = "/etc/smtpd.conf"
    configuration = """\
table keys {{ partner = "name:word" }}
listen on 127.0.0.1 port 2501
queue ttl 4d
action "out" relay src {source} helo "{host}"
action "brief" relay src {source} helo "{host}"
action "partner" relay host smtp+tls://partner@smart.sender.example:587 auth <keys> src {source}
match for domain "partner.example" action "partner"
match for any action "out"
"""

    def configure(self):
        self.root.shell(
            """
            useradd -r -U opensmtpd; useradd -r -U opensmtpq
            rm -rf /var/spool/smtpd
            install -d -m 711 /var/spool/smtpd
            install -d -m 770 -g opensmtpq /var/spool/smtpd/offline
            install -d /var/empty /var/lib/opensmtpd/empty /run/opensmtpd
            chgrp opensmtpq /usr/sbin/smtpctl; chmod 2755 /usr/sbin/smtpctl
            rm -f /usr/sbin/sendmail; ln -s smtpctl /usr/sbin/sendmail
            touch /etc/aliases
            """
        )
        self.root.write("/etc/mailname", HOST + "\n")
        self.start("4d")

    def start(self, lifetime):
        self.root.write(self.path, self.configuration.format(host=HOST, source=SOURCE).replace("ttl 4d", f"ttl {lifetime}"))
        started = len(re.findall(r"info: OpenSMTPD \S+ starting", self.log()))
        self.root.run("/usr/sbin/smtpd")
        self.wait_for(r"info: OpenSMTPD \S+ starting", started + 1)
        time.sleep(0.5)

    def submit(self):
        # The lifetime belongs to the envelope from its birth on.
        self.stop("smtpd")
        self.start("2s")
        self.send("user@old.example")
        self.wait_for(r"Expire for \w+: .* to=<user@old\.example>")
        self.stop("smtpd")
        self.start("4d")
        domains = [domain for domain in DOMAINS if domain not in ("sender.example", "old.example")]
        for domain in domains:
            self.send(f"user@{domain}")
        self.wait_for(r"mta delivery .* to=<user@", len(domains) + 1)

    def expire(self):
        pass


SYSTEMS = [Exim, EximWithSelectors, Sendmail, OpenSmtpd]


def zone_files(folder):
    """Zones for the destinations, and one for the reverse of the source."""
    folder.mkdir()
    head = "$TTL 300\n@ SOA ns.example. hostmaster.example. 1 3600 600 86400 60\n@ NS ns.example.\n"
    zones = {"root": "", "25.100.51.198.in-addr.arpa": f"@ PTR {HOST}.\n", **dict.fromkeys(DOMAINS, "")}
    for place, (name, address) in enumerate(PLACES.items(), start=1):
        host, _dot, domain = name.partition(".")
        zones[domain] += f"@ MX {place} {host}\n{host} A {address}\n"
    zones["sender.example"] += f"mail A {SOURCE}\n"
    for name, records in zones.items():
        (folder / f"{name}.zone").write_text(head + records)
    return dns_server.load_zones(folder)


async def hang_up():
    """A server that closes each connection at once."""

    async def handle(_reader, writer):
        writer.close()

    server = await asyncio.start_server(handle, PLACES["mx.silent.example"], 25)
    return server, server.close


class Lab(NamedTuple):
    """One mail system that tried to deliver every message, and what the servers said."""

    system: System
    receiver: receiver.Receiver

    def observe(self, **options):
        """The result of ``mail_host_info`` inside."""
        settings = {"ANSIBLE_NOCOLOR": "true", "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "HOME": "/root"}
        words = [*("env", *(f"{name}={value}" for name, value in settings.items())), sys.executable, "-m", "ansible", "adhoc", "localhost", "-i", "localhost,"]
        words += [
            "-c",
            "local",
            "-e",
            f"ansible_python_interpreter={sys.executable}",
            "-m",
            "postmaster.deliverability.mail_host_info",
            "-a",
            json.dumps({"mta": "auto", **options}),
        ]
        printed = self.system.root.run(*words)
        return json.loads(printed[printed.index("{") :])

    def answers(self, domain):
        """What the servers of a domain said in the end: ``[(server, client, HELO, recipient, stage, reply)]``."""
        return [answer for answer in self.receiver.answers if answer[0].partition(".")[2] == domain]

    def accepted(self):
        """The recipients whose mail a server took."""
        return [answer[3] for answer in self.receiver.answers if answer[4] == DATA and answer[5].startswith("250")]

    def wait_for_bounces(self):
        """Wait until the sender was told of every failure, and the log of that."""
        failed = [fate for fate in self.system.fates.values() if fate.outcome in ("bounced", "expired")]
        deadline = time.monotonic() + PATIENCE
        while self.accepted().count(SENDER) < len(failed):
            assert time.monotonic() < deadline, self.system.log()
            time.sleep(0.2)
        time.sleep(1)


@pytest.fixture(scope="module", params=SYSTEMS, ids=lambda system: system.__name__)
def lab(request):
    """Each mail system in turn, after it tried every message at least once."""
    missing = [program for program in ("apt-get", "dpkg", "unshare", "nsenter", "ip") if not shutil.which(program)]
    assert not missing, f"not installed: {', '.join(missing)}"
    with contextlib.ExitStack() as closing:
        # Not pytest's own folder: unprivileged processes have to pass through it.
        folder = pathlib.Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="real-mail-", dir="/tmp")))
        folder.chmod(0o755)
        (folder / "root").mkdir()
        visible = list(dict.fromkeys([ROOT, sys.base_prefix, sys.prefix, COLLECTIONS]))
        root = closing.enter_context(mail_roots.Root(folder / "root", request.param.package, HOST, [SOURCE], visible))
        zones = zone_files(folder / "zones")
        closing.enter_context(root.in_background(lambda: dns_server.start(zones, mail_roots.NAMESERVER, 53)))
        servers = receiver.Receiver(f"{mail_roots.NAMESERVER}:53", servers=SERVERS)
        closing.enter_context(root.in_background(lambda: servers.start({name: (PLACES[name], 25) for name in SERVERS})))
        closing.enter_context(root.in_background(hang_up))
        system = request.param(root)
        system.submit()
        system.expire()
        lab = Lab(system, servers)
        lab.wait_for_bounces()
        yield lab


@pytest.fixture(scope="module")
def facts(lab):
    """What ``mail_host_info`` finds by itself, in check mode, which must not make a difference to a module that only reads."""
    return lab.observe()["mail_host"]


def groups(facts, place, domain, outcome=None):
    """The groups of a place for a destination, those of single servers left out."""
    found = [group for group in facts[place]["groups"] if group["destination"] == domain and not group.get("host_level")]
    return [group for group in found if outcome in (None, group["outcome"])]


def says_so(lab, domain, text):
    """Whether a text holds what a server of the destination said, in the form in which this mail system hands it on; where it said nothing, its own words."""
    said = [lab.system.said(answer[5]) for answer in lab.answers(domain)] or [lab.system.unheard[domain]]
    return any(words in text for words in said)


def test_the_system_is_recognised(lab, facts):
    assert facts["mta"]["name"] == lab.system.name
    assert re.match(r"\d+\.\d+", facts["mta"]["version"])
    assert facts["mta"]["config_dir"] == os.path.dirname(lab.system.path)


def test_servers_saw_the_identity_that_is_told(lab, facts):
    source = facts["identity"]["sources"][0]
    assert {(answer[1], answer[2]) for answer in lab.receiver.answers if answer[4] != CONNECT} == {(source["address4"], source["helo"])}
    assert (source["address4"], source["helo"]) == (SOURCE, HOST)
    assert facts["identity"]["hostname"] == HOST
    assert SOURCE in facts["identity"]["local_addresses"]


@pytest.mark.parametrize("domain", [domain for domain in DOMAINS if domain != "sender.example"])
def test_log_tells_what_the_servers_said(lab, facts, domain):
    fate = lab.system.fates[domain]
    if fate.outcome == "sent":
        assert groups(facts, "log", domain) == []
        return
    (group,) = groups(facts, "log", domain, fate.outcome)
    assert says_so(lab, domain, group["text"])
    assert group["stage"] == fate.stage
    assert group["relay_address"] == PLACES[f"mx{'1' if domain == 'two.example' else ''}.{domain}"]
    assert group["sender_domains"] == ["sender.example"]
    assert not group["masked"]


@pytest.mark.parametrize("domain", [domain for domain in DOMAINS if domain != "sender.example"])
def test_queue_holds_what_may_be_tried_again_and_knows_why(lab, facts, domain):
    fate = lab.system.fates[domain]
    waiting = groups(facts, "queue", domain)
    if fate.outcome != "deferred":
        assert waiting == []
        return
    (group,) = waiting
    assert says_so(lab, domain, group["text"])
    assert not group["masked"]
    assert 0 <= group["oldest_age"] < 600


def test_totals_are_what_the_servers_counted(lab, facts):
    """Everything that a server took is a delivery; bounces go back to the sender and do not come in from outside."""
    log = facts["log"]
    sent = {row["destination"]: row["count"] for row in log["delivered_to"]}
    accepted = lab.accepted()
    assert log["delivered"] == len(accepted) == sum(sent.values())
    for domain in ("ok.example", "two.example", "sender.example"):
        assert sent.get(domain, 0) == len([recipient for recipient in accepted if recipient.endswith("@" + domain)])
    bounced = [domain for domain, fate in lab.system.fates.items() if fate.outcome == "bounced"]
    assert log["bounced"] == sum(group["count"] for group in log["groups"] if group["outcome"] == "bounced")
    assert {group["destination"] for group in log["groups"] if group["outcome"] == "bounced"} == set(bounced)
    assert log["expired"] == 1


def test_refusal_of_the_first_server_is_seen_beside_the_delivery_by_the_second(lab, facts):
    if lab.system.fates["two.example"].outcome != "sent":
        pytest.skip("this mail system does not try the second server")
    beside = [group for group in facts["log"]["groups"] if group["destination"] == "two.example"]
    if lab.system.name == "sendmail":
        assert beside == []  # it does not log what the first one said
        return
    (group,) = beside
    assert (group["host_level"], group["handled"], group["relay_host"], group["stage"]) == (True, 1, "mx1.two.example", "MAIL FROM")
    assert "[TSS04]" in group["text"]


def test_queue_counts_are_those_of_the_listing(lab, facts):
    queue = facts["queue"]
    assert sum(queue["by_queue"].values()) == queue["total"]
    if lab.system.name == "exim":
        assert queue["total"] == int(lab.system.root.run(lab.system.program, "-bpc"))
        assert queue["by_queue"]["frozen"] == 1
    elif lab.system.name == "sendmail":
        assert queue["by_queue"]["mqueue-client"] == 1
        assert queue["total"] == 1 + int(lab.system.root.shell("ls /var/spool/mqueue/qf* | wc -l"))
    else:
        assert queue["recipients"] == len(lab.system.root.run("smtpctl", "show", "queue").splitlines())


def test_exim_did_not_try_again_and_the_reason_is_known(lab, facts):
    if lab.system.name != "exim":
        pytest.skip("Exim's retry times")
    assert "retry time not reached" in lab.system.log()
    (group,) = groups(facts, "queue", "closed.example")
    assert (group["count"], group["text"], group["masked"]) == (2, "Connection refused", False)


def test_without_the_log_the_untried_message_stays_masked(lab):
    if lab.system.name != "exim":
        pytest.skip("Exim's retry times")
    facts = lab.observe(gather_subset=["queue"])["mail_host"]
    found = {group["text"]: (group["count"], group["masked"]) for group in groups(facts, "queue", "closed.example")}
    assert found == {"Connection refused": (1, False), "retry time not reached for any host for 'closed.example'": (1, True)}


def test_one_message_to_several_keeps_their_reasons_apart(lab, facts):
    if lab.system.name != "sendmail":
        pytest.skip("Sendmail's queue files")
    listed = lab.system.root.run(lab.system.program, "-bp")
    assert "(User unknown)" in listed  # what the listing says about those who still wait
    assert {group["text"][:9] for group in groups(facts, "queue", "rate.example")} == {"421-4.7.2"}
    assert groups(facts, "queue", "rate.example")[0]["count"] == 2


def test_message_that_the_daemon_never_got_is_in_the_other_queue(lab, facts):
    if lab.system.name != "sendmail":
        pytest.skip("Sendmail's two queues")
    (group,) = groups(facts, "queue", "sender.example")
    assert (group["text"], group["stage"], group["count"]) == ("Connection refused by [127.0.0.1]", "connect", 1)


def test_second_run_reads_on_where_the_first_ended(lab, facts):
    again = lab.observe(gather_subset=["log"], log_cursor=facts["log"]["cursor"])["mail_host"]["log"]
    assert [again[what] for what in ("received", "delivered", "deferred", "bounced", "expired")] == [0, 0, 0, 0, 0]


HEADINGS = {"exim": "Exim", "sendmail": "Sendmail", "opensmtpd": "OpenSMTPD"}


def test_bundle_of_the_documented_recipe_tells_the_same(lab, facts):
    """The commands in docs/mail_systems.md, run as they stand, record all that the live host tells."""
    section = (ROOT / "docs/mail_systems.md").read_text().partition(f"\n### {HEADINGS[lab.system.name]}\n")[2]
    recipe = re.search(r"```console\n(.*?)```", section, re.S)[1]
    lab.system.root.run("sh", "-c", f"cd /run/lab && {recipe}true")
    recorded = lab.observe(snapshot="/run/lab/bundle")["mail_host"]
    assert recorded["mta"]["name"] == facts["mta"]["name"]
    assert recorded["mta"]["version"] == facts["mta"]["version"]
    for what in ("hostname", "sources", "relays", "domains", "local_addresses"):
        assert recorded["identity"][what] == facts["identity"][what]

    def told(place, found):
        keys = ("destination", "relay_host", "outcome", "stage", "template", "count", "masked")
        return {tuple(group[key] for key in keys) for group in found[place]["groups"]}

    assert told("queue", recorded) == told("queue", facts)
    assert told("log", recorded) == told("log", facts)
    assert recorded["warnings"] == facts["warnings"]


def test_smarthosts_are_told(lab):
    """A second configuration beside the running one, which nothing uses."""
    if lab.system.name == "sendmail":
        found = lab.observe(mta="sendmail", config_dir="/etc/mail/smart", gather_subset=["identity"])["mail_host"]["identity"]
        relays = {relay["scope"]: (relay["host"], relay["port"]) for relay in found["relays"]}
        assert relays == {"*": ("smart.sender.example", 587), "partner.example": ("mx.partner.example", 25)}
        assert found["sources"][0]["transport"] == "relay"
        assert "shop.example" in found["domains"]
    elif lab.system.name == "opensmtpd":
        (relay,) = lab.observe(gather_subset=["identity"])["mail_host"]["identity"]["relays"]
        assert (relay["scope"], relay["host"], relay["port"], relay["auth"], relay["tls"]) == ("partner.example", "smart.sender.example", 587, True, "verify")
    else:
        assert lab.observe(gather_subset=["identity"])["mail_host"]["identity"]["relays"] == []


@pytest.mark.parametrize("split", ["true", "false"])
def test_debians_own_configuration_of_exim(lab, split):
    """REMOTE_SMTP_INTERFACE binds one of Debian's two remote transports only, and not the one that a smarthost gets."""
    if lab.system.__class__ is not Exim:
        pytest.skip("Debian's Exim")
    settings = {
        "dc_eximconfig_configtype": "smarthost",
        "dc_other_hostnames": "sender.example;shop.example",
        "dc_local_interfaces": "127.0.0.1",
        "dc_readhost": "",
        "dc_relay_domains": "",
        "dc_minimaldns": "false",
        "dc_relay_nets": "",
        "dc_smarthost": "smart.sender.example::587;spare.sender.example",
        "CFILEMODE": "644",
        "dc_use_split_config": split,
        "dc_hide_mailname": "",
        "dc_mailname_in_oh": "true",
        "dc_localdelivery": "mail_spool",
    }
    macros = f"REMOTE_SMTP_INTERFACE = {SOURCE}\nREMOTE_SMTP_HELO_DATA = out.sender.example\n"
    root = lab.system.root
    root.write("/etc/exim4/update-exim4.conf.conf", "".join(f"{name}='{value}'\n" for name, value in settings.items()))
    root.write("/etc/exim4/conf.d/main/000_localmacros" if split == "true" else "/etc/exim4/exim4.conf.localmacros", macros)
    root.write("/etc/mailname", "sender.example\n")
    root.write("/etc/exim4/passwd.client", "# host:name:word\nsmart.sender.example:user:secret\n")
    root.write("/etc/exim4/hubbed_hosts", "partner.example: mx.partner.example\n")  # without it no router leads to remote_smtp
    root.shell("mkdir -p /var/lib/exim4; mv /etc/exim4/exim4.conf /etc/exim4/aside; update-exim4.conf; mv /etc/exim4/aside /etc/exim4/exim4.conf")
    identity = lab.observe(mta="exim", config_dir="/var/lib/exim4", gather_subset=["identity"])["mail_host"]["identity"]
    first, second = identity["sources"]
    assert (first["transport"], first["helo"], first["origin"]) == ("remote_smtp_smarthost", "out.sender.example", "chosen by the kernel")
    assert (second["transport"], second["address4"], second["origin"]) == ("remote_smtp", SOURCE, "transport remote_smtp interface")
    assert [(relay["scope"], relay["host"], relay["port"], relay["auth"]) for relay in identity["relays"]] == [
        ("*", "smart.sender.example", 587, True),
        ("*", "spare.sender.example", 25, False),
    ]
    assert identity["domains"] == ["sender.example", HOST, "shop.example"]
