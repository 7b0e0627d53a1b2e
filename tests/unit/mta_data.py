# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the mail systems share: fixtures, snapshot folders, logs written for the purpose."""

from __future__ import annotations

import json
import time
from pathlib import Path

from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock, LogText
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.postfix import PostfixLog
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.summary import LogSummary

FIXTURES = Path(__file__).parent / "fixtures"
NOW = 1795294000  # 2026-11-21T20:46:40Z
RECORDED_AT = "2026-11-21T20:46:40Z"

POSTCONF = {
    "alias_maps": "",
    "config_directory": "/etc/postfix",
    "content_filter": "",
    "default_transport": "smtp",
    "inet_interfaces": "all",
    "inet_protocols": "all",
    "lmtp_bind_address": "",
    "lmtp_bind_address6": "",
    "lmtp_helo_name": "$myhostname",
    "mail_version": "3.7.11",
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "mydomain": "example.com",
    "myhostname": "mail.example.com",
    "myorigin": "$mydomain",
    "relay_transport": "relay",
    "relayhost": "",
    "sender_dependent_default_transport_maps": "",
    "sender_dependent_relayhost_maps": "",
    "smtp_bind_address": "",
    "smtp_bind_address6": "",
    "smtp_bind_address_enforce": "no",
    "smtp_enforce_tls": "no",
    "smtp_helo_name": "$myhostname",
    "smtp_sasl_auth_enable": "no",
    "smtp_tls_security_level": "may",
    "smtp_use_tls": "no",
    "syslog_name": "${multi_instance_name?{$multi_instance_name}:{postfix}}",
    "multi_instance_name": "",
    "transport_maps": "",
    "virtual_alias_domains": "$virtual_alias_maps",
    "virtual_alias_maps": "",
    "virtual_mailbox_domains": "",
    "masquerade_domains": "",
}
MASTER = """\
smtp       inet  n       -       y       -       -       smtpd
pickup     unix  n       -       y       60      1       pickup
qmgr       unix  n       -       n       300     1       qmgr
smtp       unix  -       -       y       -       -       smtp
relay      unix  -       -       y       -       -       smtp
    -o syslog_name=postfix/$service_name
error      unix  -       -       y       -       -       error
lmtp       unix  -       -       y       -       -       lmtp
"""


def postconf(**changes) -> str:
    """Return what ``postconf`` prints, with some parameters changed."""
    return "".join(f"{name} = {value}\n" for name, value in sorted({**POSTCONF, **changes}.items()))


def addresses(*listed: str) -> str:
    """Return what ``ip -j address`` prints on a host with these addresses and the loopback ones."""
    return json.dumps(
        [{"ifname": "lo", "addr_info": [{"local": "127.0.0.1"}, {"local": "::1"}]}, {"ifname": "eth0", "addr_info": [{"local": one} for one in listed]}]
    )


def snapshot(folder: Path, **files: str | bytes) -> Path:
    """Write a snapshot folder of Postfix; ``files`` replaces or adds files, None leaves one out."""
    folder.mkdir(parents=True, exist_ok=True)
    content: dict = {"recorded_at": RECORDED_AT, "postconf.txt": postconf(), "postconf-M.txt": MASTER, "postqueue-j.jsonl": "", "mail.log": ""}
    content.update(files)
    for name, text in content.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def read_log(text: str | bytes, now: int = NOW, max_groups: int = 50, block: int | None = None, **reader_options) -> dict:
    """Return the facts of a Postfix log; with ``block`` it is fed in pieces of about so many bytes."""
    clock, summary = Clock(now), LogSummary(now)
    data = text.encode() if isinstance(text, str) else text
    log = LogText("", clock)
    reader = PostfixLog(summary, clock, **reader_options)
    while data:
        end = len(data) if block is None else data.rfind(b"\n", 0, block) + 1 or data.find(b"\n") + 1 or len(data)
        log.note(data[:end])
        reader.feed(data[:end])
        data = data[end:]
    reader.close()
    facts = summary.facts(log, max_groups)
    facts["log_warnings"] = list(summary.warnings)
    return facts


def lines(*messages: str, start: int = NOW - 3600, step: int = 1) -> str:
    """Return log lines: each message is ``daemon[pid]: text``, one every ``step`` seconds."""
    stamps = (time.strftime("%Y-%m-%dT%H:%M:%S.000001+00:00", time.gmtime(start + step * number)) for number in range(len(messages)))
    return "".join(f"{stamp} mail postfix/{message}\n" for stamp, message in zip(stamps, messages, strict=False))
