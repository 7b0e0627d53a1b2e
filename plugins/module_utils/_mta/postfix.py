# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Postfix (also Trend Micro IMSVA, which is Postfix inside): identity, queue and log. Source: the Postfix manual pages and real logs of 3.7 and 3.10."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from typing import Iterator

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import (
    PORTS,
    Attempt,
    Identity,
    LogReader,
    MailSystem,
    QueueEntry,
    Recent,
    decode,
    domain_of,
    is_loopback,
    split_host_port,
    to_address,
    unique,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock, by_hour

# Trend Micro's appliance keeps its Postfix apart; its programs have to be told where.
IMSVA = "/opt/trend/imss/postfix/etc/postfix"
CONFIG_DIRS = ("/etc/postfix", "/usr/local/etc/postfix", IMSVA)
MESSAGES_HELD = 30000
REASONS_HELD = 10000
PAIRS_HELD = 20000


# Reasons: what Postfix wraps around a remote server's words, in queue and log alike.

# Only beginnings are matched: a regular expression that looks for the end of a long reply costs more than all the rest.
_HOST = r"(?P<host>\S+?)\[(?P<address>[^\]]+)\](?::\d+)?"
_SAID = re.compile(r"(?:TLS is required, but )?host " + _HOST + r" (?P<how>said|refused to talk to me|refused to start TLS): ")
_WHILE = re.compile(r"(?:lost connection with|conversation with) " + _HOST + r" (?:timed out )?while ")
_CONNECT = re.compile(r"connect to " + _HOST + r": ")
_SERVER = re.compile(r"(?:server|by host|to|with) (?P<host>[\w.-]+)\[(?P<address>[^\]]+)\]")
_IN_REPLY_TO = " (in reply to "
SUSPENDED = "delivery temporarily suspended: "
# In place of a reason where the transport itself broke: the log's warnings tell why.
HIDDEN = re.compile(r"^(?:unknown mail transport error|mail transport unavailable)")
# At which stage a server refused without an answer to a command.
REFUSED = {"refused to talk to me": "connect", "refused to start TLS": "STARTTLS"}
# What smtp(8) was doing when the connection broke.
DOING = (
    ("initial server greeting", "connect"),
    ("EHLO", "EHLO"),
    ("HELO", "EHLO"),
    ("LHLO", "EHLO"),
    ("STARTTLS", "STARTTLS"),
    ("AUTH", "AUTH"),
    ("MAIL FROM", "MAIL FROM"),
    ("RCPT TO", "RCPT TO"),
    ("end of data", "end of DATA"),
    ("final", "end of DATA"),
    ("message body", "DATA"),
    ("DATA", "DATA"),
    ("QUIT", "QUIT"),
)
# Stages of failures that this side describes in its own words.
OWN_WORDS = (
    ("SASL authentication", "AUTH"),
    ("Server certificate not", "STARTTLS"),
    ("Cannot start TLS", "STARTTLS"),
    ("TLS is required", "STARTTLS"),
    ("connect to ", "connect"),
)


def read_reason(text: str) -> tuple:
    """Return ``(text, stage, relay host, relay address, masked)`` of a delay reason or of what stands in the brackets of a log's status."""
    masked = text.startswith(SUSPENDED)
    if masked:
        text = text[len(SUSPENDED) :]
    masked = masked or bool(HIDDEN.match(text))
    found = _SAID.match(text)
    if found:
        stage = REFUSED.get(found.group("how")) or _answered(text)
    else:
        found = _WHILE.match(text)
        if found:
            doing = text[found.end() :]
            stage = next((stage for words, stage in DOING if words in doing), None)
        else:
            stage = next((stage for words, stage in OWN_WORDS if text.startswith(words)), None)
            found = _CONNECT.match(text) or (_SERVER.search(text) if stage else None)
    if not found:
        return text, stage, None, None, masked
    return text, stage, found.group("host").lower(), found.group("address"), masked


def _answered(text: str) -> str | None:
    """Return the command that a reply answered, from Postfix's note at the end of the reason."""
    start = text.rfind(_IN_REPLY_TO)
    if start < 0:
        return None
    command = text[start + len(_IN_REPLY_TO) :].rstrip(")")
    command = command[: -len(" command")] if command.endswith(" command") else command
    return {"HELO": "EHLO", "LHLO": "EHLO"}.get(command, command)


class Postfix(MailSystem):
    """Postfix 3.1 and later by ``postqueue -j``, older ones by ``postqueue -p``; one or all instances of ``postmulti``."""

    name = "postfix"
    snapshot_marks = ("postqueue-j.jsonl", "postconf.txt", "postqueue-p.txt")
    journal_matches = ("SYSLOG_FACILITY=2", "_SYSTEMD_UNIT=postfix.service", "_SYSTEMD_UNIT=postfix@-.service")

    def __init__(self, host, config_dir: str | None = None):
        super().__init__(host, config_dir)
        self._instances: list = []

    @classmethod
    def detect(cls, host) -> bool:
        """Postfix has a main.cf and a postconf."""
        return host.has_program("postconf") and any(host.has_file(os.path.join(folder, "main.cf")) for folder in CONFIG_DIRS)

    @property
    def instances(self) -> list:
        """Return the configurations to look at: the one asked for, or the default one and every enabled one beside it."""
        if not self._instances:
            self._instances = [Config(self.host, folder) for folder in self._folders()]
        return self._instances

    def _is_here(self) -> bool:
        """Tell whether there is a configuration to look at; a host may also just keep the log of others."""
        return "postconf.txt" in self.host.names if self.host.snapshot else self.host.has_program("postconf")

    def _folders(self) -> list:
        if self.config_dir or self.host.snapshot:
            return [self.config_dir]
        if self.host.has_file(os.path.join(IMSVA, "main.cf")) and not any(self.host.has_file(os.path.join(folder, "main.cf")) for folder in CONFIG_DIRS[:2]):
            return [IMSVA]
        listed = self.host.output("postmulti-l.txt", ["postmulti", "-l"], optional=True) or ""
        rows = [line.split() for line in listed.splitlines()]
        # The default instance is asked without a folder: its programs know where they were built to look.
        return [None] + [row[3] for row in rows if len(row) == 4 and row[0] != "-" and row[2] == "y"]

    def about(self) -> dict:
        """Return ``{name, version, config_dir}`` and, with more than one instance, their folders."""
        if not self._is_here():
            return super().about()
        first = self.instances[0]
        about = {"name": self.name, "version": first.get("mail_version") or None, "config_dir": first.folder}
        if len(self.instances) > 1:
            about["instances"] = [instance.folder for instance in self.instances]
        if is_imsva(first):
            about["product"] = "Trend Micro IMSVA"
        return about

    def identity(self) -> Identity:
        """Return the identities of all instances looked at, those of the default transport first."""
        found = [identity_of(config, self.host, several=len(self.instances) > 1) for config in self.instances]
        return Identity(
            hostname=found[0].hostname,
            sources=[source for identity in found for source in identity.sources],
            relays=[relay for identity in found for relay in identity.relays],
            domains=unique(domain for identity in found for domain in identity.domains),
            warnings=tuple(unique(warning for identity in found for warning in identity.warnings)),
        )

    def queue(self) -> Iterator[QueueEntry]:
        """Yield the entries of the queues of all instances looked at."""
        clock = Clock(self.host.now, self.host.zone)
        for config in self.instances:
            at = ["-c", config.asked] if config.asked else []
            text = self.host.output("postqueue-j.jsonl", ["postqueue", *at, "-j"], optional=True)
            if text is None:  # before 3.1, or refused: then the old listing fails with the reason
                names = getattr(self.host, "names", ())
                name = "mailq.txt" if "mailq.txt" in names else "postqueue-p.txt"
                if self.host.snapshot and name not in names:
                    name = "postqueue-j.jsonl"
                text = self.host.output(name, ["postqueue", *at, "-p"])
            yield from self.parse_queue(text, clock)

    @classmethod
    def parse_queue(cls, text: str, clock) -> Iterator[QueueEntry]:
        """Yield the entries of ``postqueue -j`` or of ``postqueue -p`` (``mailq``)."""
        return _json_entries(text) if text.lstrip()[:1] == "{" else _listed_entries(text, clock)

    @classmethod
    def owns_queue(cls, head: str) -> bool:
        """Both listings are unmistakable."""
        return '"queue_id":' in head or head.lstrip().startswith(("-Queue ID-", "Mail queue is empty"))

    @classmethod
    def owns_log(cls, head: str) -> bool:
        """Delivery lines and queue manager lines of Postfix."""
        return bool(re.search(r"\]: \w+: (?:to=<.*, relay=.*, status=\w|from=<.*, size=\d+, nrcpt=)|\bpostfix/\w", head))

    @property
    def own_logs(self) -> tuple:
        """``maillog_file`` of each instance that has one."""
        return tuple(unique(self._maillog_files()))

    @property
    def log_paths(self) -> tuple:
        """Syslog's usual files, unless every instance has a file of its own."""
        found = self._maillog_files()
        return () if found and all(found) else MailSystem.log_paths

    def _maillog_files(self) -> list:
        """The file that each instance logs to; empty for one that logs to syslog."""
        files = [config.expanded("maillog_file") for config in self.instances] if self._is_here() else []
        return [path if path.startswith("/") and not path.startswith("/dev/") else "" for path in files]

    def log_reader(self, summary, clock):
        """Return the reader; it takes only the asked instance's lines where one was asked for."""
        return self._reader(PostfixLog, summary, clock)

    def trace_reader(self, summary, clock):
        """Return the reader that reports each accepted recipient."""
        return self._reader(PostfixTrace, summary, clock)

    def _reader(self, kind, summary, clock):
        names = None
        relays: list = []
        gives_back = False
        if self.host is not None and self._is_here():
            gives_back = is_imsva(self.instances[0])
            relays = [(relay["host"], relay["port"]) for relay in self.identity().relays]
            if self.config_dir and not self.host.snapshot:
                names = self.instances[0].syslog_names()
        return kind(summary, clock, relays=relays, names=names, gives_back=gives_back)


def _json_entries(text: str) -> Iterator[QueueEntry]:
    """Yield the entries of ``postqueue -j``: one JSON object a line."""
    reasons: dict = {}  # text without its recipient -> length of what masks it, and the rest of what read_reason makes of it
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            message = json.loads(line)
            sender = message.get("sender", "")
            sender = "" if sender == "MAILER-DAEMON" else sender
            for recipient in message.get("recipients", ()):
                address, reason = recipient["address"], recipient.get("delay_reason", "")
                key = reason.replace(address, "") if "@" in address else reason
                read = reasons.get(key)
                if read is None:
                    if len(reasons) > REASONS_HELD:
                        reasons.clear()
                    found = read_reason(reason)
                    read = reasons[key] = (len(reason) - len(found[0]), *found[1:])
                prefix, stage, host, ip, masked = read
                yield QueueEntry(
                    message["queue_id"], message.get("queue_name", ""), message.get("arrival_time"), message.get("message_size", 0), sender,
                    address, reason[prefix:], stage, host, ip, None, masked,
                )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeliverabilityError(f"line {number} of the queue listing is not what postqueue -j prints: {line[:80]!r}") from error


_LISTED = re.compile(r"^(?P<id>[0-9A-Za-z]+)(?P<flag>[*!#]*)\s+(?P<size>\d+) (?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)\s+(?P<sender>.+)$")
_FLAGS = {"*": "active", "!": "hold"}


def _listed_entries(text: str, clock) -> Iterator[QueueEntry]:
    """Yield the entries of ``postqueue -p``; the reason in brackets stands above the recipients that it is about."""
    message = None
    reason = ""
    for line in text.split("\n"):
        if line.startswith(("-Queue ID-", "-- ")) or not line.strip():
            continue
        found = _LISTED.match(line)
        if found:
            sender = found.group("sender").strip()
            message = (
                found.group("id"),
                next((_FLAGS[flag] for flag in found.group("flag") if flag in _FLAGS), "deferred"),
                clock.epoch(found.group("time").encode()),
                int(found.group("size")),
                "" if sender == "MAILER-DAEMON" else sender,
            )
            reason = ""
        elif line.lstrip().startswith("(") and line.rstrip().endswith(")"):
            reason = line.strip()[1:-1]
        elif message and line.startswith(" "):
            read = read_reason(reason) if reason else ("", None, None, None, False)
            yield QueueEntry(*message, recipient=line.strip(), text=read[0], stage=read[1], relay_host=read[2], relay_address=read[3], masked=read[4])


# The configuration.


class Config:
    """One instance's main.cf and master.cf as ``postconf`` prints them."""

    def __init__(self, host, folder: str | None):
        self.asked = folder
        self.host = host
        at = ["-c", folder] if folder else []
        text = host.output("postconf.txt", ["postconf", *at])
        self.main = dict(_assignments(text))
        if "myhostname" not in self.main and "mail_version" not in self.main:
            raise DeliverabilityError(f"{'postconf.txt in ' + host.snapshot if host.snapshot else 'what postconf printed'} is not the output of postconf")
        self.folder = self.main.get("config_directory") or folder
        self.services = list(_services(host.output("postconf-M.txt", ["postconf", *at, "-M"], optional=True) or ""))
        self.overrides = {}
        for name, kind, _command, options in self.services:
            for option, value in options:
                self.overrides[name, kind, option] = value
        for key, value in _assignments(host.output("postconf-P.txt", ["postconf", *at, "-P"], optional=True) or ""):
            parts = key.split("/", 2)
            if len(parts) == 3:
                self.overrides[tuple(parts)] = value

    def get(self, name: str) -> str:
        """Return a parameter of main.cf as written."""
        return self.main.get(name, "")

    def expanded(self, name: str, service: str | None = None) -> str:
        """Return a parameter with its ``$names`` replaced, as the service of master.cf sees it."""
        value = self.overrides.get((service, "unix", name)) if service else None
        return self.expand(self.get(name) if value is None else value, service).strip()

    def words(self, name: str, service: str | None = None) -> list:
        """Return the items of a list parameter."""
        return [word for word in re.split(r"[\s,]+", self.expanded(name, service)) if word]

    def overridden(self, service: str, *names: str) -> bool:
        """Tell whether master.cf sets one of the parameters for the service."""
        return any((service, "unix", name) in self.overrides for name in names)

    def expand(self, text: str, service: str | None = None, depth: int = 0) -> str:
        """Replace ``$name``, ``$(name)``, ``${name}``, ``${name?then}``, ``${name:else}`` and ``${name?{then}:{else}}``."""
        if "$" not in text or depth > 20:
            return text

        def one(found):
            name, condition = found.group("plain") or found.group("name"), found.group("condition")
            override = self.overrides.get((service, "unix", name)) if service else None
            value = self.expand(self.get(name) if override is None else override, service, depth + 1)
            if condition is None:
                return value
            then, otherwise = _branches(condition)
            return self.expand(then if value else otherwise, service, depth + 1)

        return _REFERENCE.sub(one, text)

    def syslog_names(self) -> tuple:
        """Return the first parts of the tags under which this instance logs."""
        own = self.expanded("syslog_name") or "postfix"
        others = [self.expand(value) for (_name, _kind, option), value in self.overrides.items() if option == "syslog_name"]
        return tuple(unique([own, *others]))

    def table(self, spec: str) -> list | None:
        """Return ``[(key, value)]`` of a lookup table whose source is readable text; None for any other kind."""
        kind, _colon, rest = spec.partition(":")
        if kind == "static":
            return [("*", rest.strip().strip("{}"))]
        if kind == "inline":
            return list(_inline_pairs(rest.strip()[1:-1]))
        if kind == "randmap":
            return [("*", word) for word in _map_specs(rest.strip()[1:-1])]
        if kind == "pipemap":
            return self._piped(_map_specs(rest.strip()[1:-1]))
        if kind not in ("hash", "btree", "texthash", "lmdb", "cdb", "dbm", "sdbm"):
            return None
        text = self.host.file(rest)
        return None if text is None else [tuple(line.split(None, 1)) for line in logical_lines(text) if len(line.split(None, 1)) == 2]

    def _piped(self, specs: list) -> list | None:
        """Return the rows of tables of which each is asked for what the one before it told."""
        tables = [self.table(spec) for spec in specs]
        if not tables or None in tables:
            return None
        rows = tables[0]
        for table in tables[1:]:
            rows = [(key, then) for key, value in rows for asked, then in table if asked in (value, "*")]
        return rows


def _inline_pairs(body: str) -> Iterator[tuple]:
    """Yield ``(key, value)`` of an inline table: ``key=value`` separated by commas or white space, in braces where the value holds either."""
    for found in re.finditer(r"\{([^{}]*)\}|([^\s,{}]+)", body):
        key, equals, value = (found.group(1) or found.group(2) or "").partition("=")
        if equals:
            yield key.strip(), value.strip()


_REFERENCE = re.compile(r"\$(?:(?P<plain>\w+)|[({](?P<name>\w+)(?P<condition>[?:](?:[^{}]|\{[^{}]*\})*)?[)}])")


def _branches(condition: str) -> tuple:
    """Return ``(then, else)`` of ``?then``, ``:else`` and ``?{then}:{else}``."""
    if condition[0] == ":":
        return "", condition[1:].strip("{}")
    braces = re.match(r"^\?\s*\{([^{}]*)\}\s*(?::\s*\{([^{}]*)\})?$", condition)
    if braces:
        return braces.group(1), braces.group(2) or ""
    return condition[1:], ""


def logical_lines(text: str) -> list:
    """Return the lines of a Postfix file: comments and empty lines left out, lines that begin with white space joined to the one before."""
    lines: list = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return lines


def _assignments(text: str) -> Iterator[tuple]:
    for line in logical_lines(text):
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip()


_OPTION = re.compile(r"-o\s*(?:\{\s*(?P<name>\w+)\s*=\s*(?P<value>.*?)\s*\}|(?P<plain>\w+)=(?P<word>\S*))(?=\s|$)")


def _services(text: str) -> Iterator[tuple]:
    """Yield ``(name, type, command, [(option, value)])`` of master.cf as ``postconf -M`` prints it."""
    for line in logical_lines(text):
        fields = line.split(None, 7)
        if len(fields) < 8:
            continue
        command, _space, arguments = fields[7].partition(" ")
        options = [(found.group("name") or found.group("plain"), found.group("value") or found.group("word") or "") for found in _OPTION.finditer(arguments)]
        yield fields[0], fields[1], command, options


# Who the host is when it sends.


def identity_of(config: Config, host, several: bool = False) -> Identity:
    """Return the identity of one instance; with ``several`` its transports carry the instance's folder in their name."""
    warnings: list = []
    default = config.expanded("default_transport") or "smtp"
    default_name = default.partition(":")[0]
    clients = [(name, command) for name, kind, command, _options in config.services if kind == "unix" and command in ("smtp", "lmtp")]
    clients = clients or [("smtp", "smtp")]
    filters = _filter_transports(config)
    wanted = [
        (name, command)
        for name, command in clients
        if name not in filters
        and (command == "smtp" or name == default_name or config.overridden(name, "lmtp_bind_address", "lmtp_bind_address6", "lmtp_helo_name"))
    ]
    wanted.sort(key=lambda client: client[0] != default_name)
    prefix = f"{config.folder}:" if several and config.asked else ""
    own = host.addresses()
    return Identity(
        hostname=config.expanded("myhostname") or host.hostname(),
        sources=[_source(config, host, own, name, command, prefix, warnings) for name, command in wanted],
        relays=_relays(config, warnings),
        domains=_domains(config),
        warnings=tuple(warnings),
    )


def _source(config: Config, host, own, service: str, command: str, prefix: str, warnings: list) -> dict:
    """Return one transport's source: the address that really leaves, the name it gives, and what decided it."""
    names = config.words("inet_protocols", service)
    protocols = [family for family in ("ipv4", "ipv6") if family in names or "all" in names or not names]
    origins = []
    addresses: dict = {4: None, 6: None}
    for family, parameter in ((4, command + "_bind_address"), (6, command + "_bind_address6")):
        if f"ipv{family}" not in protocols:
            continue
        address, origin = _bound(config, host, own, service, family, parameter, prefix, warnings)
        addresses[family] = address
        if origin:
            origins.append(origin)
    helo = config.expanded(command + "_helo_name", service) or config.expanded("myhostname", service)
    return {
        "transport": prefix + service,
        "address4": addresses[4],
        "address6": addresses[6],
        "helo": helo,
        "protocols": protocols,
        "origin": ", ".join(unique(origins)) or "chosen by the kernel",
    }


def _bound(config: Config, host, own, service: str, family: int, parameter: str, prefix: str, warnings: list) -> tuple:
    """Return ``(address, what decided it)`` for one family of one transport."""
    value = config.expanded(parameter, service)
    where = f"{'master.cf ' + service if config.overridden(service, parameter) else 'main.cf'} {parameter}"
    if value:
        parsed = to_address(value)
        if parsed is None:
            warnings.append(f"{prefix}{where} is {value!r}, which is no address: this transport sends nothing")
            return None, where
        # Every 127.x.x.x is this host's, though interfaces show one.
        if own is None or parsed.is_loopback or str(parsed) in (str(to_address(address)) for address in own):
            return str(parsed), where
        if config.expanded(parameter.rstrip("6") + "_enforce", service) == "yes":
            warnings.append(f"{prefix}{where} is {value}, which no interface of this host has: this transport sends nothing")
            return str(parsed), where
        warnings.append(f"{prefix}{where} is {value}, which no interface of this host has: mail leaves from another address")
        return host.default_source(family), f"chosen by the kernel, since no interface has {value} of {where}"
    listening = [to_address(word) for word in config.words("inet_interfaces", service)]
    implied = [address for address in listening if address is not None and address.version == family and not address.is_loopback]
    if len(implied) == 1:
        return str(implied[0]), "main.cf inet_interfaces"
    address = host.default_source(family)
    return (address, "chosen by the kernel") if address else (None, None)


def is_imsva(config: Config) -> bool:
    """Tell whether this Postfix is inside InterScan Messaging Security: by the appliance's folder, or by the transport that feeds its scanner."""
    return (config.folder or "").startswith("/opt/trend/imss") or config.expanded("content_filter").startswith("imss:")


def _filter_transports(config: Config) -> set:
    """Return the transports that only feed a content filter on this host."""
    specs = [config.expanded("content_filter")] + [value for (_name, _kind, option), value in config.overrides.items() if option == "content_filter"]
    names = set()
    for spec in specs:
        transport, _colon, nexthop = spec.partition(":")
        host, _port = split_host_port(nexthop)
        if transport and (is_loopback(host) or host == "localhost"):
            names.add(transport)
    return names - {"smtp", "relay"}


def _relays(config: Config, warnings: list) -> list:
    """Return every next hop that the configuration names: relayhost, default and relay transport, and the maps that can be read."""
    relays = []
    default = config.expanded("default_transport") or "smtp"
    for word in config.words("relayhost"):
        relays.append(_relay(config, "*", word, default.partition(":")[0], "main.cf relayhost"))
    for parameter in ("default_transport", "relay_transport"):
        transport, _colon, nexthop = config.expanded(parameter).partition(":")
        if nexthop:
            scope = "*" if parameter == "default_transport" else "relay_domains"
            relays.append(_relay(config, scope, nexthop, transport, f"main.cf {parameter}"))
    for parameter in ("transport_maps", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"):
        for spec in _map_specs(config.expanded(parameter)):
            relays += _relays_of_map(config, parameter, spec, default.partition(":")[0], warnings)
    return [relay for relay in relays if relay]


def _map_specs(value: str) -> list:
    """Split a list of tables at commas and spaces outside braces."""
    found, depth = [""], 0
    for character in value:
        depth += (character == "{") - (character == "}")
        if not depth and character in " \t\r\n,":
            found.append("")
        else:
            found[-1] += character
    return [word for word in found if word]


def _relays_of_map(config: Config, parameter: str, spec: str, default: str, warnings: list) -> list:
    rows = config.table(spec)
    if rows is None:
        warnings.append(f"main.cf {parameter}: {spec} cannot be read here; its next hops are not known")
        return []
    relays = []
    for key, value in rows:
        transport, colon, nexthop = value.partition(":")
        if parameter == "sender_dependent_relayhost_maps":
            transport, nexthop = default, value
        elif not colon or transport in ("error", "retry", "discard", "local", "virtual"):
            continue
        if nexthop != "DUNNO":
            # Since Postfix 3.5 there may be several, tried in this order.
            relays += [_relay(config, key, hop, transport or default, f"main.cf {parameter} {spec}") for hop in re.split(r"[\s,]+", nexthop) if hop]
    return [relay for number, relay in enumerate(relays) if relay not in relays[:number]]


def _relay(config: Config, scope: str, nexthop: str, transport: str, origin: str) -> dict | None:
    host, port = split_host_port(nexthop)
    if not host:
        return None
    prefix = "lmtp" if any(name == transport and command == "lmtp" for name, _kind, command, _options in config.services) else "smtp"
    return {
        "scope": scope,
        "host": host,
        "port": port,
        "origin": origin,
        "auth": config.expanded(prefix + "_sasl_auth_enable", transport) == "yes",
        "tls": _tls_level(config, prefix, transport),
    }


def _tls_level(config: Config, prefix: str, transport: str) -> str:
    """Return the transport's TLS level; the parameters before Postfix 2.3 still count where the new one is empty."""
    level = config.expanded(prefix + "_tls_security_level", transport)
    if not level:
        enforced = config.expanded(prefix + "_enforce_tls", transport) == "yes"
        level = "encrypt" if enforced else "may" if config.expanded(prefix + "_use_tls", transport) == "yes" else "none"
    return level


def _domains(config: Config) -> list:
    """Return the domains that senders of this host may have by its configuration."""
    found = []
    for parameter in ("myorigin", "mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "masquerade_domains"):
        for word in _map_specs(config.expanded(parameter)):
            if word.startswith("/"):
                found += [line.split()[0] for line in logical_lines(config.host.file(word) or "")]
            elif ":" in word:
                found += [key for key, _value in config.table(word) or () if "@" not in key]
            else:
                found.append(word)
    for parameter in ("sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"):
        for spec in _map_specs(config.expanded(parameter)):
            found += [key.rpartition("@")[2] for key, _value in config.table(spec) or () if "@" in key]
    return unique(word.lower().rstrip(".") for word in found if _is_domain(word))


def _is_domain(word: str) -> bool:
    name = word.lower()
    return "." in name and to_address(word) is None and not name.startswith(("localhost.", "!", ".", "/")) and bool(re.match(r"^[\w.-]+$", name))


# The log.

# What a line may tell, most frequent first. One search over a whole block finds the lines that matter, in their order, and leaves the others unread.
# It begins at a line's start and takes the first `]` for the end of the tag, so that nothing a remote server says can pass for a line of its own.
# Written for speed, which is why it looks careless: ``[^,]*`` is several times as fast as ``[^,\n]*`` (a line that was cut off may so run into the next;
# ``_close_hour`` and ``_failure`` see to that); a delivery line matches whatever its status, since going back over a line that almost matched costs
# most; queue ids are hexadecimal, or long ones that begin with a digit for the next centuries, and few other lines begin so.
_EVENT = re.compile(
    rb"""\n[^\]]*\]:\ (?:(?P<id>[0-9A-F][^:]*):\ (?:
      to=<[^@>]*@?(?P<pair>[^>]*>,\ (?:orig_to=<[^>]*>,\ )?relay=[^,]*),\ (?:conn_use=[^,]*,\ )?delay=[^,]*,\ delays=[^,]*,\ dsn=[^,]*,
        \ status=(?:(?P<sent>sent)\ \((?!forwarded\ as\ )|(?P<failed>))
    | from=<(?P<sender>[^>]*)>,\ size=(?P<size>[^,]*),\ nrcpt=(?P<active>[^ ]*)
    | client=(?:(?P<again>localhost\[)|(?P<client>[^\n]*))
    | (?P<other>to=<|from=<|uid=|sender=|host\ |conversation\ |lost\ |SASL\ |Cannot\ start\ |TLS\ is\ |Server\ cert)
    ) | (?P<alarm>warning(?!:\ hostname\ )|fatal|panic|error|connect\ to)[:\ ])""",
    re.X,
)
# The same for a delivery line that is not as usual: brackets in a recipient, fields that old versions do not have.
_DELIVERY = re.compile(rb"to=<(?P<to>.*?)>, (?:orig_to=<.*?>, )?(?P<relay>relay=[^,]+), .*?status=(?P<status>\w+) \((?P<text>.*)\)")
_PAIR, _SENT, _FAILED, _SENDER, _SIZE, _ACTIVE, _CLIENT, _ALARM = (
    _EVENT.groupindex[name] for name in ("pair", "sent", "failed", "sender", "size", "active", "client", "alarm")
)
_ADDRESS = re.compile(rb"[^\[]*\[([^\]]*)\]")
_LOGIN = re.compile(rb", sasl_username=([^,\s]+)")
_EXPIRED = re.compile(rb"from=<(.*)>, status=(?:force-)?expired")
_RELAY = re.compile(rb"^(?P<host>[^\[]+)\[(?P<address>[^\]]+)\](?::(?P<port>\d+))?$")
# Daemons that deliver on this host.
LOCAL = frozenset((b"local", b"virtual", b"pipe", b"discard", b"spawn"))
# Daemons that talk to mail clients: their warnings are about others.
INCOMING = frozenset((b"smtpd", b"postscreen", b"anvil", b"dnsblog", b"verify", b"policyd-spf"))
ALARMS = frozenset((b"warning", b"fatal", b"panic", b"error"))
OUTCOMES = {b"deferred": "deferred", b"SOFTBOUNCE": "deferred", b"bounced": "bounced", b"expired": "expired"}


class PostfixLog(LogReader):
    """Reads Postfix's lines in blocks, since a busy host writes millions of them."""

    def __init__(self, summary, clock, relays=(), names: tuple | None = None, gives_back: bool = False):
        super().__init__(summary, clock)
        self.gives_back = gives_back  # a content filter gives messages back as from this host, without saying whose they were
        self.own_lines = re.compile(rb"^[^\n]*? (?:%s)/[^\n]*\n" % b"|".join(re.escape(name.encode()) for name in names), re.M) if names else None
        self.relays = set(relays)
        self.senders = Recent(MESSAGES_HELD)  # queue id -> (sender, size), as bytes
        self.entered: dict = {}  # queue ids of messages that came in and are not active yet
        self.put_off = Recent(MESSAGES_HELD)
        self.troubles: dict = {}  # process id -> [(time, queue id, reason)] of servers that failed in the delivery under way
        self.alarms: dict = {}  # message -> tag of the daemon that wrote it first
        self.relay_kinds: dict = {}
        self.reasons: dict = {}  # text without its recipient -> what read_reason and the summary make of it
        self.sent: Counter = Counter()  # domain and relay, as they stand in the line -> accepted recipients
        self.sent_times: dict = {}  # the same -> [stamp of the first, stamp of the last]
        self.filters: set = set()  # those of them whose relay is a content filter of this host
        # Sums of the hour that is being read.
        self.hour: int | None = None
        self.active: Counter = Counter()  # sender -> messages
        self.further: Counter = Counter()  # sender -> recipients beyond the first of each message
        self.clients: Counter = Counter()

    def feed(self, block: bytes) -> None:
        """Take a block of whole lines."""
        if self.own_lines:
            block = b"".join(self.own_lines.findall(block))
        for hour, lines in by_hour(block, self.clock):
            if hour != self.hour:
                self._close_hour()
                self.hour = hour
            self._hour(lines)

    def _hour(self, lines: bytes) -> None:
        """Take lines of one hour in their order. What is frequent is collected here and counted at once; the rest goes to its own method."""
        lines = b"\n" + lines
        sent, active, clients = [], [], []
        troubles, senders, entered = self.troubles, self.senders.young, self.entered
        for found in _EVENT.finditer(lines):
            kind = found.lastindex
            if kind == _SENT:
                sent.append(found)
                if troubles:
                    self._end_of_trouble(lines, found)
            elif kind == _ACTIVE:
                queue_id, sender, size, recipients = found.group(1, _SENDER, _SIZE, _ACTIVE)
                senders[queue_id] = (sender, size)
                if queue_id in entered:  # else this is a retry, a bounce, or what a content filter gave back
                    del entered[queue_id]
                    active.append(sender)
                    if recipients != b"1":
                        self.further[sender] += int(recipients) - 1 if recipients.isdigit() else 0
            elif kind == _CLIENT:
                clients.append(found[_CLIENT])
                entered[found[1]] = True
            elif kind == _FAILED:
                self._failure(lines, found)
            else:
                self._rare(lines, found)
        self.senders.turn()
        if len(entered) > MESSAGES_HELD:  # clients that gave up before the end of their message
            entered.clear()
        self.active.update(active)
        self.clients.update(clients)
        self._note_sent(lines, sent)

    def _note_sent(self, lines: bytes, sent: list) -> None:
        """Count accepted recipients by domain and relay; of each pair only the first and the last line's time is read."""
        pairs = [found[_PAIR] for found in sent]
        last, times = dict(zip(pairs, sent)), self.sent_times
        if not times.keys() >= last.keys():
            for pair, found in dict(zip(reversed(pairs), reversed(sent))).items():
                if pair not in times:
                    self._new_pair(pair, self._stamp(lines, found))
        for pair, found in last.items():
            times[pair][1] = self._stamp(lines, found)
        self.sent.update(pairs)
        accepted = len(pairs) - sum(pair in self.filters for pair in pairs) if self.filters else len(pairs)
        if accepted:
            self.summary.hour(self.hour, "sent", accepted)
        young, old = self.put_off.young, self.put_off.old
        if young or old:
            for found in [found for found in sent if (queue_id := found[1]) in young or queue_id in old]:
                self._settle(lines, found)

    def _new_pair(self, pair: bytes, stamp: bytes) -> None:
        if len(self.sent_times) >= PAIRS_HELD:
            self._report_sent()
        self.sent_times[pair] = [stamp, stamp]
        if self._relay(pair.rpartition(b"relay=")[2])[2] == "filter":
            self.filters.add(pair)

    def _report_sent(self) -> None:
        """Report what was accepted, and begin anew."""
        summary = self.summary
        for pair, count in self.sent.items():
            host, address, kind = self._relay(pair.rpartition(b"relay=")[2])
            if kind == "filter":
                summary.counts["filtered"] += count
                continue
            summary.counts["delivered"] += count
            if kind == "local":
                summary.counts["local"] += count
                continue
            first, last = map(self.clock.epoch, self.sent_times[pair])
            if b"\n" in pair:  # a line was cut off and ran into this one
                pair = pair.rpartition(b"\n")[2].partition(b"to=<")[2]
            domain = decode(pair.partition(b">")[0].rpartition(b"@")[2]).lower()
            summary.delivered(domain, host, address, count, first or self.hour, last or self.hour)
        for known in (self.sent, self.sent_times, self.filters):
            known.clear()

    def _close_hour(self) -> None:
        """Report the sums of the hour that was read."""
        summary = self.summary
        for client, count in self.clients.items():
            found = _LOGIN.search(client) or _ADDRESS.match(client)
            summary.received(self.hour, decode(found.group(1)) if found else "", count)
        for sender, count in self.active.items():
            summary.message(self.hour, decode(sender), count + self.further[sender], count)
        for sums in (self.clients, self.active, self.further):
            sums.clear()

    @staticmethod
    def _stamp(lines: bytes, found) -> bytes:
        start = lines.rfind(b"\n", 0, found.start(1)) + 1
        return lines[start : start + 40]

    def _failure(self, lines: bytes, found) -> None:
        """``QID: to=<...>, relay=..., status=...`` of a recipient that was not accepted; the match ends behind ``status=``."""
        head, message = self._cut(lines, found, 1)
        if b"\n" in message:  # the line before was cut off and ran into this one
            found = _EVENT.search(lines, lines.rfind(b"\n", 0, found.end()))
            if found and found.lastindex == _FAILED:
                self._failure(lines, found)
            return
        status, _space, text = message[found.end() - found.start(1) :].partition(b" ")
        queue_id = found[1]
        dsn = message.find(b", dsn=") + 6
        self._not_sent(
            head, queue_id, message[len(queue_id) + 6 : message.find(b">, ")], found[_PAIR].rpartition(b"relay=")[2], status,
            text[1:-1] if text[-1:] == b")" else text[1:], message[dsn : message.find(b",", dsn)],
        )  # fmt: skip

    def _not_sent(self, head: bytes, queue_id: bytes, recipient: bytes, relay: bytes, status: bytes, text: bytes, dsn: bytes) -> None:
        outcome, moment = OUTCOMES.get(status), self.clock.epoch(head)
        if outcome is None or moment is None:
            return
        daemon, _bracket, process = head[head.rfind(b"/") + 1 :].partition(b"[")
        if process in self.troubles:
            self._flush(process, recipient, text)
        if outcome == "deferred":
            self.put_off[queue_id] = True
        prefix, stage, named_host, named_address, masked, form = self._reason(text, recipient, relay)
        host, address, _kind = self._relay(relay)
        sender, size = self._sender(queue_id)
        self.summary.attempt(
            Attempt(
                moment, decode(queue_id), outcome, decode(recipient), sender, decode(text)[prefix:], stage, host or named_host, address or named_address,
                None, masked, "", decode(dsn) or None, size, False, daemon in LOCAL, form,
            )
        )  # fmt: skip

    def _unusual(self, head: bytes, queue_id: bytes, rest: bytes) -> None:
        """A delivery line that ``_EVENT`` does not take for one."""
        found = _DELIVERY.match(rest)
        if not found:
            return
        if found["status"] != b"sent":
            dsn = rest.partition(b", dsn=")[2].partition(b",")[0]
            self._not_sent(head, queue_id, found["to"], found["relay"][6:], found["status"], found["text"], dsn)
        elif not found["text"].startswith(b"forwarded as "):
            pair = found["to"].rpartition(b"@")[2].replace(b">", b"") + b">, " + found["relay"]
            if pair not in self.sent_times:
                self._new_pair(pair, head)
            self.sent[pair] += 1
            self.sent_times[pair][1] = head
            if pair not in self.filters:
                self.summary.hour(self.hour, "sent")
            self.summary.settled(decode(queue_id), decode(found["to"]))

    def _reason(self, text: bytes, recipient: bytes, relay: bytes) -> tuple:
        """Return ``(length of what masks it, stage, host, address, masked, form)`` of a reason.

        Remembered where only the recipient or the relay is another; host and address are then another's too, and the relay itself is to be taken.
        """
        key = text.replace(recipient, b"") if b"@" in recipient else text
        if relay != b"none":
            key = key.replace(relay[: relay.find(b"]") + 1], b"")
        known = self.reasons.get(key)
        if known is None:
            whole = decode(text)
            reason, stage, host, address, masked = read_reason(whole)
            if len(self.reasons) >= REASONS_HELD:
                self.reasons.clear()
            form = self.summary.forms.of_text(reason, decode(recipient), host, address)
            known = self.reasons[key] = (len(whole) - len(reason), stage, host, address, masked, form)
        return known

    @staticmethod
    def _cut(lines: bytes, found, group: int) -> tuple:
        """Return ``(head, message)`` of the line in which an event was found; the message begins with the group."""
        start = found.start(group)
        return lines[lines.rfind(b"\n", 0, start) + 1 : start - 3], lines[start : lines.find(b"\n", found.end())]

    def _rare(self, lines: bytes, found) -> None:
        """Look closer at a line and hand it on."""
        head, message = self._cut(lines, found, _ALARM if found.lastindex == _ALARM else 1)
        moment = self.clock.epoch(head)
        if moment is None:
            return
        tag, _bracket, process = head.rpartition(b" ")[2].partition(b"[")
        daemon = tag[tag.rfind(b"/") + 1 :]
        queue_id, _colon, rest = message.partition(b": ")
        if rest.startswith(b"to=<"):
            self._unusual(head, queue_id, rest)
        elif rest.startswith(b"from=<"):
            self._expire(moment, queue_id, rest)
        elif rest.startswith((b"uid=", b"sender=")):
            if daemon == b"pickup":
                self.summary.received(moment)
                self.entered[queue_id] = True
        elif rest.startswith(b"client="):
            # What is back from a content filter was counted when it came in.
            if b", orig_queue_id=" not in rest and not (self.gives_back and b"[127.0.0.1]" in rest):
                self.clients[rest[7:].rpartition(b"orig_client=")[2]] += 1
                self.entered[queue_id] = True
        elif queue_id in ALARMS:
            if b"/" in tag and daemon not in INCOMING and len(self.alarms) < REASONS_HELD:
                # What every daemon complains about is told once, by the name of the first.
                self.summary.warn(decode(self.alarms.setdefault(message, tag) + b": " + message))
        elif daemon in (b"smtp", b"lmtp") and len(self.troubles) < 10000:
            # One server failed; what becomes of the message is told by the next delivery line of the same process.
            words = (b"", message) if queue_id.startswith(b"connect to ") else (queue_id, rest)
            self.troubles.setdefault(process, []).append((moment, words[0], decode(words[1])))

    def _sender(self, queue_id: bytes) -> tuple:
        """Return ``(sender, size)`` of a message; the sender of one that became active before the log begins is None."""
        known = self.senders.get(queue_id)
        return (decode(known[0]), int(known[1])) if known else (None, 0)

    def _relay(self, relay: bytes) -> tuple:
        """Return ``(host, address, kind)`` of ``host[address]:port``; kind is remote, local (a mailbox server) or filter (this host's own)."""
        known = self.relay_kinds.get(relay)
        if known is None:
            known = self._read_relay(relay)
            if len(self.relay_kinds) > 20000:
                self.relay_kinds.clear()
            self.relay_kinds[relay] = known
        return known

    def _read_relay(self, relay: bytes) -> tuple:
        found = _RELAY.match(relay)
        if not found:
            return None, None, "remote" if relay == b"none" else "local"
        host, address, port = decode(found.group("host")).lower(), decode(found.group("address")), int(found.group("port") or 0)
        if "/" in address:  # a socket
            return None, None, "local"
        if address in ("127.0.0.1", "::1") and port != PORTS["smtp"] and (host, port) not in self.relays and (address, port) not in self.relays:
            return host, address, "filter"
        return host, address, "remote"

    def _settle(self, lines: bytes, found) -> None:
        """A recipient was accepted whose message had been put off."""
        start = lines.find(b"to=<", found.start(1)) + 4
        self.summary.settled(decode(found[1]), decode(lines[start : lines.find(b">, ", start)]))

    def _end_of_trouble(self, lines: bytes, found) -> None:
        """A delivery succeeded while some process had trouble with a server; perhaps it was this one."""
        end = found.start(1) - 3
        process = lines[lines.rfind(b"[", 0, end) + 1 : end]
        if process in self.troubles:
            self._flush(process, b"@" + found[_PAIR].partition(b">")[0])
            self.put_off[found[1]] = True

    def _flush(self, process: bytes, recipient: bytes = b"", text: bytes | None = None) -> None:
        """Report the servers that failed before this delivery line, except the one whose failure is the line's own reason."""
        final = decode(text or b"")
        for moment, queue_id, words in self.troubles.pop(process):
            reason, stage, host, address, _masked = read_reason(words)
            if words == final or host is None:
                continue
            sender, size = self._sender(queue_id)
            destination = domain_of(decode(recipient))
            self.summary.attempt(
                Attempt(moment, decode(queue_id), "deferred", "", sender, reason, stage, host, address, None, False, destination, None, size, True)
            )

    def _expire(self, moment: int, queue_id: bytes, rest: bytes) -> None:
        """A message was given up."""
        found = _EXPIRED.match(rest)
        if found:
            self.summary.given_up(moment, decode(queue_id), decode(found.group(1)), self._sender(queue_id)[1])

    def warm(self, block: bytes) -> None:
        """Learn who sends the messages that are under way."""
        for found in _EVENT.finditer(b"\n" + block):
            if found.lastindex == _ACTIVE:
                self.senders[found[1]] = found.group(_SENDER, _SIZE)
            elif found.lastindex == _CLIENT:
                self.entered[found[1]] = True
            elif found.lastindex == _FAILED:
                self.put_off[found[1]] = True

    def close(self) -> None:
        """Report the sums of the last hour, and the failures of servers whose delivery did not end within the log."""
        self._close_hour()
        self._report_sent()
        for process in list(self.troubles):
            self._flush(process)


class PostfixTrace(PostfixLog):
    """Reports each accepted recipient by itself, with what the server said; several times as slow as sums."""

    def _note_sent(self, lines: bytes, sent: list) -> None:
        for found in sent:
            head, message = self._cut(lines, found, 1)
            self._unusual(head, found[1], message.partition(b": ")[2])

    def _unusual(self, head: bytes, queue_id: bytes, rest: bytes) -> None:
        found = _DELIVERY.match(rest)
        if not found or found["status"] != b"sent" or found["text"].startswith(b"forwarded as "):
            super()._unusual(head, queue_id, rest)
            return
        host, address, kind = self._relay(found["relay"][6:])
        moment = self.clock.epoch(head)
        if kind == "filter" or moment is None:
            return
        sender, size = self._sender(queue_id)
        self.summary.attempt(
            Attempt(
                moment, decode(queue_id), "sent", decode(found["to"]), sender, decode(found["text"]), None, host, address,
                size=size, local=kind == "local",
            )
        )  # fmt: skip
