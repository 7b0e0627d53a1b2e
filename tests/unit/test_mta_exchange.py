# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange 2007, 2013 and 2019: exports of the shell and the server's logs, built to Microsoft's documentation, and what spoils them."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
from audit_data import BASELINE, dnsbl, listing, subject
from mta_data import FIXTURES

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.diagnose import diagnose
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exchange import Dates, Exchange, read_error, read_records, recipients_of, size_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import parse_rfc3339
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_log_text, parse_queue_text, survey

EXCHANGE = FIXTURES / "exchange"
NOW = "2026-11-21T21:45:00+01:00"
UNABLE = (
    '451 4.4.0 Primary target IP address responded with: "421 4.2.1 Unable to connect." Attempted failover to alternate host, '
    "but that did not succeed. Either there are no alternate hosts, or delivery failed to all alternate hosts."
)
TRACKING = (EXCHANGE / "2019" / "MSGTRK2026112120-1.LOG").read_text()
SEND = (EXCHANGE / "2019" / "SEND20261121-1.LOG").read_text()


def look(folder, mta="auto", **options):
    """Return what mail_host_info says of a folder of exports."""
    params = {"gather_subset": ["identity", "queue", "log"], "mta": mta, "snapshot": str(folder), "max_groups": 50, **options}
    return survey(params)["mail_host"]


def clock(now=NOW):
    moment = parse_rfc3339(now)
    return Clock(int(moment.timestamp()), moment.tzinfo)


def group_of(facts, **wanted):
    """Return the one group with these values."""
    found = [group for group in facts["groups"] if all(group[key] == value for key, value in wanted.items())]
    assert len(found) == 1, [(group["destination"], group["outcome"], group["text"]) for group in facts["groups"]]
    return found[0]


# LastError.


@pytest.mark.parametrize(
    "text",
    [
        UNABLE,
        "'" + UNABLE + "'",
        "[{LRT=21/11/2026 21:41:17};{LED=" + UNABLE + "};{FQDN=mx1.example.net};{IP=203.0.113.5}]",
        "[{LED=" + UNABLE + "};{MSG=};{FQDN=mx1.example.net};{IP=203.0.113.5};{LRT=11/21/2026 8:41:17 PM}]",
        "[{IP=203.0.113.5}; {FQDN=MX1.example.net}; {LED=" + UNABLE.replace(" ", "\r\n   ", 7) + "}]",
    ],
)
def test_last_error_in_its_three_forms(text):
    reason = read_error(text)
    assert (reason.text, reason.stage, reason.dsn) == (UNABLE, "connect", "4.4.0")
    if text.startswith("[{"):
        assert (reason.host, reason.address) == ("mx1.example.net", "203.0.113.5")


@pytest.mark.parametrize(
    ("text", "said", "host", "address", "stage"),
    [
        (
            "[{LED=450 4.7.1 Greylisted {code=G1};{x}};{MSG=Try again};{FQDN=a.example};{IP=}]",
            "450 4.7.1 Greylisted {code=G1};{x} Try again",
            "a.example",
            None,
            None,
        ),
        ("[{LED=};{MSG=};{FQDN=};{IP=};{LRT=}]", "", None, None, None),
        ("[{LED=450 4.7.0 cut off in the mid", "[{LED=450 4.7.0 cut off in the mid", None, None, None),
        ("", "", None, None, None),
        (
            '441 4.4.1 Error: "Failed to connect. Winsock error code: 10060" The last endpoint attempted was [2001:db8::5]:25',
            '441 4.4.1 Error: "Failed to connect. Winsock error code: 10060" The last endpoint attempted was [2001:db8::5]:25',
            None,
            "2001:db8::5",
            "connect",
        ),
    ],
)
def test_last_error_that_is_odd(text, said, host, address, stage):
    reason = read_error(text)
    assert (reason.text, reason.host, reason.address, reason.stage) == (said, host, address, stage)


def test_front_end_proxy_is_not_the_server_that_refused():
    """FQDN and IP are those of our own front end there."""
    reason = read_error(
        "[{LRT=};{LED=450 4.7.0 Proxy session setup failed on Frontend with '451 4.4.0 Primary target IP address responded with: "
        '"421 4.7.0 Try again later." The last endpoint attempted was 203.0.113.5:25\'};{FQDN=EX.EXAMPLE.COM};{IP=192.0.2.13}]'
    )
    assert (reason.host, reason.address) == (None, "203.0.113.5")


# Dates and sizes in the culture of whoever exported them.


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["21.11.2026 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["21/11/2026 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["11/21/2026 8:34:16 PM"], "2026-11-21T20:34:16+01:00"),
        (["11/21/2026 8:34:16\u202fPM"], "2026-11-21T20:34:16+01:00"),
        (["21/11/2026 8:34:16 p. m."], "2026-11-21T20:34:16+01:00"),
        (["21/11/2026 12:34:16 a. m."], "2026-11-21T00:34:16+01:00"),
        (["2026-11-21 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["2026/11/21 下午 8:34:16"], "2026-11-21T20:34:16+01:00"),
        (["2026-11-21 오후 8:34:16"], "2026-11-21T20:34:16+01:00"),
        (["21/11/2026 8:34:16 μμ"], "2026-11-21T20:34:16+01:00"),
        (["21.11.2026 8:34:16 odp."], "2026-11-21T20:34:16+01:00"),
        (["2026. 11. 21. 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["21.11.2026 г. 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["2026-11-21 08:34:16 em"], "2026-11-21T20:34:16+01:00"),
        (["2026-11-21 08:34:16 fm"], "2026-11-21T08:34:16+01:00"),
        (["21/11/2569 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["٢١/١١/٢٠٢٦ ٠٨:٣٤:١٦ م"], "2026-11-21T20:34:16+01:00"),
        (["21-11-26 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["26-11-21 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["21. 11. 2026 20:34:16"], "2026-11-21T20:34:16+01:00"),
        (["21.11.2026 20.34.16"], "2026-11-21T20:34:16+01:00"),
        (["11/12/2026 20:34:16", "13/11/2026 01:00:00"], None),  # the first would be in the future
        (["10/11/2026 20:34:16", "13/11/2026 01:00:00"], "2026-11-10T20:34:16+01:00"),
        (["11/10/2026 8:34:16 PM", "11/13/2026 1:00:00 AM"], "2026-11-10T20:34:16+01:00"),
        (["5/11/2026 3:04:00 PM"], "2026-11-05T15:04:00+01:00"),  # en-AU: nearer than 11 May
        (["\\/Date(1795289656000)\\/"], "2026-11-21T20:34:16+01:00"),
        (["/Date(1795289656000+0100)/"], "2026-11-21T20:34:16+01:00"),
        ([{"value": "/Date(1795289656000)/", "DateTime": "Saturday, November 21, 2026 8:34:16 PM"}], "2026-11-21T20:34:16+01:00"),
        (["2026-11-21T19:34:16.1234567Z"], "2026-11-21T20:34:16+01:00"),
        (["2026-11-21T20:34:16.1234567+01:00"], "2026-11-21T20:34:16+01:00"),
        (["yesterday"], None),
        (["32.13.2026 20:34:16"], None),
        ([""], None),
        ([None], None),
    ],
)
def test_dates_of_every_culture(values, expected):
    found = Dates(values, clock()).epoch(values[0])
    if expected is None:
        assert found is None or found > clock().now
    else:
        assert found == int(parse_rfc3339(expected).timestamp())


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("12.34 KB (12,637 bytes)", 12637),
        ("12,34 KB (12.637 Bytes)", 12637),
        ("12,34 Ko (12\u202f637 octets)", 12637),
        ("0 B (0 bytes)", 0),
        (12637, 12637),
        ({"Value": "1 KB (1,024 bytes)"}, 1024),
        ("big", 0),
        (None, 0),
    ],
)
def test_sizes(text, size):
    assert size_of(text) == size


# Exports.


def test_format_list_that_was_cut_within_words_and_between_them():
    cut = read_records((EXCHANGE / "2007" / "Get-Queue.txt").read_text(), "it")
    assert [record["identity"].strip() for record in cut] == ["EX07\\3", "EX07\\7", "EX07\\Submission", "EX07\\Unreachable"]
    assert cut[0]["lasterror"] == UNABLE
    broken = """\
Identity  : A\\1
LastError : 451 4.4.0 Primary target IP address
            responded with: "421 4.4.2
            Connection dropped."
Status    : Retry
"""
    assert read_records(broken, "it")[0]["lasterror"] == '451 4.4.0 Primary target IP address responded with: "421 4.4.2 Connection dropped."'


def test_exports_in_the_encodings_of_the_shell(tmp_path):
    """`>` and Out-File write UTF-16 with a mark, Export-Csv -Encoding UTF8 a mark, and lines end in CR LF."""
    plain = look(EXCHANGE / "2019")
    for number, encoding in enumerate(("utf-16", "utf-8-sig")):
        folder = tmp_path / str(number)
        shutil.copytree(EXCHANGE / "2019", folder)
        for path in folder.iterdir():
            if path.name not in ("recorded_at", "hostname"):
                path.write_bytes(path.read_text().replace("\n", "\r\n").encode(encoding))
        seen = look(folder)
        for facts in (plain, seen):
            facts["log"].pop("cursor", None)
        assert seen == plain


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<Objs Version='1.1.0.1'><Obj>", "Export-Clixml"),
        ('[{"Identity": "A\\\\1", "NextHopDomain": "example.net", ', "not whole JSON"),
        ("[" * 100000, "JSON|deeply"),
    ],
)
def test_export_that_cannot_be_read(text, complaint):
    with pytest.raises(DeliverabilityError, match=complaint):
        parse_queue_text(text, mta="exchange", now=NOW)


@pytest.mark.parametrize(
    "text", ["", "\n", "#TYPE Selected.System", '"Identity","MessageCount"\n', '"Identity","MessageCount"\n"A\\1"\n', '"Identity\n', "[]", "{}", "[1, null]"]
)
def test_export_that_holds_nothing(text):
    assert parse_queue_text(text, mta="exchange", now=NOW)["total"] == 0


def test_half_a_row_counts_for_what_it_tells():
    text = """\
"Identity","DeliveryType","NextHopDomain","MessageCount","Status","LastError"
"A\\1","DnsConnectorDelivery","example.net","3","Retry","451 4.4.0 cut of
"""
    facts = parse_queue_text(text, mta="exchange", now=NOW)
    assert (facts["total"], facts["groups"][0]["text"]) == (3, "451 4.4.0 cut of")


def test_one_object_is_not_in_a_list():
    text = json.dumps(
        {"Identity": "A\\1", "DeliveryType": "DnsConnectorDelivery", "NextHopDomain": "example.net", "MessageCount": 3, "Status": "Retry", "LastError": UNABLE}
    )
    assert parse_queue_text(text, now=NOW)["mta"] == "exchange"
    assert parse_queue_text(json.dumps({"value": [json.loads(text)], "Count": 1}), now=NOW)["total"] == 3


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (["a@example.net;3;2;;0;CN=Internet"], [("a@example.net", "")]),
        (["a@example.net;3;2;[{LED=450 4.2.0 x};{MSG=}];0;CN=I"], [("a@example.net", "[{LED=450 4.2.0 x};{MSG=}]")]),
        (["a@example.net;3;2;450 4.2.0 a@b.example;0;CN=I"], [("a@example.net", "450 4.2.0 a@b.example")]),
        (["A@example.net", "b@example.net"], [("a@example.net", ""), ("b@example.net", "")]),
        ("{a@example.net, b@example.net}", [("a@example.net", ""), ("b@example.net", "")]),
        ([{"Address": "a@example.net", "LastError": "450 x"}], [("a@example.net", "450 x")]),
        ("System.String[]", []),
        ("Microsoft.Exchange.Data.QueueViewer.RecipientInfo[]", []),
        (None, []),
    ],
)
def test_recipients_in_the_forms_of_an_export(value, found):
    assert recipients_of(value) == found


# Queues.


def test_queue_of_2007():
    queue = look(EXCHANGE / "2007")["queue"]
    assert (queue["total"], queue["by_queue"], queue["oldest_age"]) == (55, {"retry": 53, "unreachable": 2}, None)
    assert group_of(queue, destination="example.net")["text"] == UNABLE
    assert (group_of(queue, destination="example.net")["count"], group_of(queue, destination="example.org")["count"]) == (41, 12)
    assert group_of(queue, destination="")["text"] == "A matching connector cannot be found to route the external recipient"


def test_queue_of_2013_joins_messages_with_their_queue():
    queue = look(EXCHANGE / "2013")["queue"]
    assert (queue["total"], queue["recipients"], queue["by_queue"]) == (9, 10, {"poison": 1, "retry": 8})
    proxied = group_of(queue, destination="example.net")
    assert (proxied["count"], proxied["samples"], proxied["relay_address"], proxied["sender_domains"]) == (1, ["9964"], "203.0.113.5", ["example.com"])
    assert "421 4.7.0 Try again later" in proxied["text"]  # not "Message delayed", which hides it
    assert proxied["first"] == "2026-11-21T17:05:44Z"
    assert group_of(queue, destination="example.org")["count"] == 2
    rest = group_of(queue, destination="192.0.2.25")  # the smart host has the messages that were not exported
    assert (rest["count"], rest["relay_host"], rest["stage"]) == (5, "192.0.2.25", "connect")


def test_queue_of_2019():
    queue = look(EXCHANGE / "2019")["queue"]
    assert (queue["total"], queue["bytes"], queue["oldest_age"]) == (6, 12637 + 1572864, 7500)
    full = group_of(queue, text="452 4.2.2 <full@example.net> Mailbox full")
    assert (full["bytes"], full["first"]) == (1572864, "2026-11-21T19:40:00Z")
    blocked = group_of(queue, relay_host="mx1.example.net")
    assert "blocked using bl.spamcop.net" in blocked["text"]
    assert (blocked["count"], blocked["first"], blocked["relay_address"]) == (3, "2026-11-21T18:40:00Z", "203.0.113.5")
    assert not [group for group in queue["groups"] if group["masked"]]


@pytest.mark.parametrize(
    ("identity", "kind", "domain"),
    [
        ("A\\Submission", "Undefined", "Submission"),
        ("A\\Shadow\\7", "ShadowRedundancy", "b.example"),
        ("A\\8", 10, "b.example"),
        ("A\\9", "Heartbeat", "b.example"),
    ],
)
def test_copies_and_passages_do_not_wait(identity, kind, domain):
    record = {"Identity": identity, "DeliveryType": kind, "NextHopDomain": domain, "MessageCount": 9, "Status": "Ready", "LastError": ""}
    message = {"Identity": identity + "\\4711", "Queue": identity, "FromAddress": "a@example.com", "Recipients": ["b@example.net"]}
    assert parse_queue_text(json.dumps([record, message]), mta="exchange", now=NOW)["total"] == 0


def test_messages_alone_are_enough():
    text = (EXCHANGE / "2013" / "Get-Message.csv").read_text()
    facts = parse_queue_text(text, now=NOW)
    assert (facts["mta"], facts["total"], facts["recipients"], facts["oldest_age"]) == ("exchange", 3, 4, 13156)
    delayed = group_of(facts, destination="example.net")
    assert (delayed["text"], delayed["masked"]) == ("4.4.7 Message delayed", True)


def test_retry_without_a_reason_is_told_by_the_log(tmp_path):
    shutil.copytree(EXCHANGE / "2019", tmp_path / "it")
    record = {"Identity": "A\\1", "DeliveryType": "DnsConnectorDelivery", "NextHopDomain": "example.net", "MessageCount": 2, "Status": "Retry", "LastError": ""}
    (tmp_path / "it" / "Get-Queue.json").write_text(json.dumps([record]))
    (tmp_path / "it" / "Get-Message.json").unlink()
    group = group_of(look(tmp_path / "it")["queue"], destination="example.net")
    assert (group["masked"], group["text"][:41], group["relay_address"]) == (False, "554 5.7.1 Service unavailable; Client hos", "203.0.113.5")


def test_folder_without_queues_says_what_is_missing(tmp_path):
    (tmp_path / "recorded_at").write_text(NOW)
    with pytest.raises(DeliverabilityError, match=r"Get-Queue\.json"):
        look(tmp_path, "exchange", gather_subset=["queue"])


def test_there_is_no_live_exchange():
    with pytest.raises(DeliverabilityError, match="snapshot"):
        survey({"gather_subset": ["queue"], "mta": "exchange", "max_groups": 5})


# Identity.


def test_identity_of_connectors():
    identity = look(EXCHANGE / "2013")["identity"]
    assert identity["hostname"] == "ex13a.example.com"
    assert [(source["transport"], source["helo"], source["address4"]) for source in identity["sources"]] == [
        ("Internet", "ex13a.example.com", "198.51.100.13"),  # Fqdn is empty: the server's own name
        ("Provider", "mail.example.com", "198.51.100.13"),
    ]
    assert [(relay["scope"], relay["host"], relay["port"], relay["auth"], relay["tls"]) for relay in identity["relays"]] == [
        ("example.org", "192.0.2.25", 587, True, "encrypt"),
        ("example.edu", "192.0.2.25", 587, True, "encrypt"),
    ]
    assert identity["domains"] == ["example.com", "corp.example.com"]


def test_identity_from_json():
    facts = look(EXCHANGE / "2019")
    assert facts["mta"] == {"name": "exchange", "version": "15.2.1544.4", "config_dir": None}
    assert [(source["transport"], source["helo"]) for source in facts["identity"]["sources"]] == [
        ("Internet", "mail.example.com"),
        ("To the archive", "hub01.example.com"),
    ]
    assert [(relay["host"], relay["scope"], relay["tls"]) for relay in facts["identity"]["relays"]] == [
        ("relay1.example.net", "archive.example.net", "verify"),
        ("192.0.2.26", "archive.example.net", "verify"),
    ]


def connector(**changes):
    record = {
        "Name": "Internet",
        "Enabled": True,
        "AddressSpaces": ["SMTP:*;1"],
        "Fqdn": "mail.example.com",
        "SourceIPAddress": "198.51.100.99",
        "SmartHosts": [],
    }
    return json.dumps([{**record, **changes}])


@pytest.mark.parametrize(("role", "address", "warned"), [("Edge", "198.51.100.99", False), ("Mailbox", None, True)])
def test_only_edge_servers_heed_a_source_address(tmp_path, role, address, warned):
    (tmp_path / "recorded_at").write_text(NOW)
    (tmp_path / "Get-ExchangeServer.json").write_text(json.dumps({"Name": "E", "Fqdn": "E.example.com", "ServerRole": role}))
    (tmp_path / "Get-SendConnector.json").write_text(connector())
    facts = look(tmp_path, gather_subset=["identity"])
    assert facts["identity"]["sources"][0]["address4"] == address
    assert any("SourceIPAddress" in warning for warning in facts["warnings"]) == warned


def test_protocol_log_tells_which_of_several_addresses_leaves(tmp_path):
    shutil.copytree(EXCHANGE / "2019", tmp_path / "it")
    several = [{"addr_info": [{"local": "198.51.100.10"}, {"local": "198.51.100.11"}]}]
    (tmp_path / "it" / "ip-address.json").write_text(json.dumps(several))
    sources = {source["transport"]: source for source in look(tmp_path / "it")["identity"]["sources"]}
    assert (sources["Internet"]["address4"], sources["Internet"]["origin"]) == ("198.51.100.11", "protocol log of Send connector Internet")
    assert sources["To the archive"]["address4"] is None  # Windows chooses, and nobody saw which


def test_identity_without_connectors_is_said_to_be_a_guess(tmp_path):
    (tmp_path / "recorded_at").write_text(NOW)
    facts = look(tmp_path, "exchange", gather_subset=["identity"])
    assert len(facts["identity"]["sources"]) == 1
    assert any("Get-SendConnector" in warning for warning in facts["warnings"])


# Logs.


def test_tracking_log_of_2019():
    log = look(EXCHANGE / "2019")["log"]
    counts = {key: log[key] for key in ("received", "delivered", "deferred", "bounced", "expired", "local")}
    assert counts == {"received": 4, "delivered": 4, "deferred": 2, "bounced": 3, "expired": 1, "local": 1}
    assert (log["first"], log["last"]) == ("2026-11-21T20:00:01Z", "2026-11-21T20:43:00Z")
    assert {(row["destination"], row["relay_host"], row["relay_address"]): row["count"] for row in log["delivered_to"]} == {
        ("example.org", "mx.example.org", "203.0.113.60"): 2,
        ("example.net", "mx1.example.net", "203.0.113.5"): 1,
    }
    assert [row["domain"] for row in log["sender_domains"]] == ["example.com"]  # mail of others that came in is not ours
    unauthenticated = group_of(log, destination="gmail.example.net")
    assert (unauthenticated["outcome"], unauthenticated["relay_host"], unauthenticated["dsn"]) == ("bounced", "gmail-smtp-in.l.google.com", "5.7.26")
    assert group_of(log, outcome="deferred", destination="example.net", host_level=False)["handled"] == 1
    expired = group_of(log, outcome="expired")
    assert (expired["masked"], "Greylisted" in expired["text"]) == (False, True)  # not why another message bounced


def test_tracking_log_leaves_out_what_is_not_outbound():
    """Probes of the server's own, hops within the organisation, and what was refused at the door."""
    log = parse_log_text(TRACKING, now=NOW)
    said = json.dumps(log["groups"]) + json.dumps(log["delivered_to"])
    assert "HealthMailbox" not in said
    assert "Sender ID" not in said
    assert "hub02" not in said


def test_connectivity_and_protocol_tell_of_servers_that_refused():
    log = look(EXCHANGE / "2019")["log"]
    servers = [group for group in log["groups"] if group["host_level"]]
    assert {(group["destination"], group["relay_host"], group["relay_address"], group["stage"], group["handled"]) for group in servers} == {
        ("example.net", "mx1.example.net", "203.0.113.5", "connect", 0),
        ("example.org", None, "203.0.113.59", "connect", 1),  # the next server took it
    }
    assert all(group["count"] == 1 for group in servers)  # told by two logs, counted once


def test_connectivity_log_of_2007():
    log = look(EXCHANGE / "2007")["log"]
    for server in ("mx1.example.net", "mx2.example.net"):
        refused = group_of(log, relay_host=server, host_level=True)
        assert (refused["destination"], refused["count"], refused["handled"], refused["stage"]) == ("example.net", 1, 0, "connect")
    assert group_of(log, relay_host="mx.example.edu", host_level=True)["handled"] == 1
    assert not [group for group in log["groups"] if "ex07" in (group["destination"], group["relay_host"])]


def test_columns_are_those_that_the_header_names():
    """2007 has no network-message-id and no directionality, and puts the recipients elsewhere."""
    log = look(EXCHANGE / "2007")["log"]
    assert {key: log[key] for key in ("received", "delivered", "bounced", "expired", "local")} == {
        "received": 2,
        "delivered": 3,
        "bounced": 1,
        "expired": 1,
        "local": 1,
    }
    assert group_of(log, outcome="bounced")["text"] == "550 5.1.1 <nobody@example.edu>: Recipient address rejected: User unknown"
    header = next(line for line in TRACKING.splitlines() if line.startswith("#Fields: "))
    columns = header[9:].split(",")
    order = list(reversed(range(1, len(columns))))
    shuffled = [header[:9] + ",".join([columns[0], *(columns[place] for place in order)])]
    for row in csv.reader(line for line in TRACKING.splitlines() if not line.startswith("#")):
        shuffled.append(",".join([row[0], *('"' + row[place].replace('"', '""') + '"' for place in order)]))
    there = parse_log_text("#Log-type: Message Tracking Log\n" + "\n".join(shuffled) + "\n", now=NOW)
    here = parse_log_text(TRACKING, now=NOW)
    assert (there["groups"], there["delivered"], there["senders"]) == (here["groups"], here["delivered"], here["senders"])


def test_protocol_log_alone_tells_deliveries():
    log = parse_log_text(SEND, now=NOW)
    assert (log["mta"], log["delivered"], log["deferred"], log["bounced"]) == ("exchange", 1, 1, 0)
    greylisted = group_of(log, stage="RCPT TO")
    assert (greylisted["destination"], greylisted["relay_host"], greylisted["relay_address"]) == ("example.org", "mx.example.org", "203.0.113.60")
    assert greylisted["samples"] == ["167503004549"]
    assert [row["domain"] for row in log["sender_domains"]] == ["example.com"]
    assert group_of(log, stage="connect")["host_level"] is True


def test_reply_of_several_lines_is_one():
    session = "2026-11-21T20:42:33.%03dZ,Internet,08DE,%d,198.51.100.11:1044,203.0.113.60:25,%s,%s,"
    steps = [
        ("+", ""),
        ("<", "220-mx.example.org hello"),
        ("<", "220 ESMTP"),
        (">", "EHLO mail.example.com"),
        ("<", "250-mx.example.org"),
        ("<", "250 SIZE"),
        (">", "MAIL FROM:<a@example.com>"),
        ("<", "250 Ok"),
        (">", "RCPT TO:<b@example.org>"),
        ("<", "550-5.7.1 We do not"),
        ("<", "550-5.7.1 want you"),
        ("<", "550 5.7.1 here"),
        (">", "QUIT"),
        ("<", "221 Bye"),
    ]
    rows = [session % (number, number, event, data) for number, (event, data) in enumerate(steps)]
    head = "#Log-type: SMTP Send Protocol Log\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\n"
    log = parse_log_text(head + "\n".join(rows) + "\n", now=NOW)
    assert (log["bounced"], log["groups"][0]["text"], log["groups"][0]["stage"]) == (1, "550-5.7.1 We do not 550-5.7.1 want you 550 5.7.1 here", "RCPT TO")


def protocol(*steps):
    """Return a send protocol log of one session: event, data and context of each row."""
    head = "#Log-type: SMTP Send Protocol Log\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\n"
    row = "2026-11-21T20:42:33.%03dZ,Internet,08DE,%d,198.51.100.11:1044,203.0.113.60:25,%s,%s,%s\n"
    return head + "".join(row % (number, number, *step) for number, step in enumerate(steps))


def test_message_in_chunks_is_delivered_once():
    """BDAT is answered for every chunk; only the last one is the message. Before 2013 the message's number stands in the data column."""
    opening = [
        ("*", "4711", "sending message"),
        (">", "MAIL FROM:<a@example.com>", ""),
        ("<", "250 Ok", ""),
        (">", "RCPT TO:<b@example.org>", ""),
        ("<", "250 Ok", ""),
    ]
    chunks = [(">", "BDAT 65536", ""), ("<", "250 2.6.0 65536 octets received", ""), (">", "BDAT 120 LAST", ""), ("<", "250 2.6.0 Queued", "")]
    assert parse_log_text(protocol(*opening, *chunks), now=NOW)["delivered"] == 1
    refused = parse_log_text(protocol(*opening, *chunks[:-1], ("<", "452 4.3.1 Insufficient system resources", "")), now=NOW)
    assert (refused["delivered"], refused["groups"][0]["stage"], refused["groups"][0]["samples"]) == (0, "end of DATA", ["4711"])


def test_encryption_that_fails_is_told():
    """The queue says only that the connection timed out."""
    log = parse_log_text(protocol(("+", "", ""), ("<", "220 mx.example.org ready", ""), ("*", "", "TLS negotiation failed with error NoCredentials")), now=NOW)
    group = group_of(log, host_level=True)
    assert (group["stage"], group["text"], group["relay_host"]) == ("STARTTLS", "TLS negotiation failed with error NoCredentials", "mx.example.org")


EXPORTED = """\
#TYPE Deserialized.Microsoft.Exchange.Management.TransportLogSearchTasks.MessageTrackingEvent
"PSComputerName"{d}"Timestamp"{d}"ClientIp"{d}"ServerIp"{d}"ServerHostname"{d}"ConnectorId"{d}"Source"{d}"EventId"{d}"InternalMessageId"{d}"Recipients"{d}"RecipientStatus"{d}"TotalBytes"{d}"Sender"{d}"ReturnPath"{d}"Directionality"
"hub01"{d}"{0}"{d}"198.51.100.11"{d}"203.0.113.60"{d}"mx.example.org"{d}"Internet"{d}"SMTP"{d}"SENDEXTERNAL"{d}"1"{d}"a@example.org"{d}"250 2.1.5 Ok"{d}"900"{d}"sales@example.com"{d}"sales@example.com"{d}"Originating"
"hub01"{d}"{1}"{d}""{d}""{d}""{d}"Internet"{d}"SMTP"{d}"FAIL"{d}"2"{d}"b@example.org"{d}"[{{LED=550 5.1.1 no such user}};{{MSG=}};{{FQDN=mx.example.org}};{{IP=203.0.113.60}};{{LRT=}}]"{d}"900"{d}"sales@example.com"{d}"sales@example.com"{d}"Originating"
"""  # noqa: E501


@pytest.mark.parametrize(
    ("delimiter", "first", "second"),
    [
        (",", "11/9/2026 8:34:16 PM", "11/13/2026 1:00:00 AM"),
        (";", "09.11.2026 20:34:16", "13.11.2026 01:00:00"),
        (";", "09/11/2026 20:34:16", "13/11/2026 1:00:00"),
        (",", "2026-11-09T20:34:16.1234567+01:00", "2026-11-13T01:00:00+01:00"),
    ],
)
def test_exported_tracking_log_in_any_culture(delimiter, first, second):
    log = parse_log_text(EXPORTED.format(first, second, d=delimiter), now=NOW)
    assert (log["mta"], log["delivered"], log["bounced"]) == ("exchange", 1, 1)
    assert (log["first"], log["last"]) == ("2026-11-09T19:34:16Z", "2026-11-13T00:00:00Z")
    assert group_of(log, outcome="bounced")["relay_host"] == "mx.example.org"


def test_exported_tracking_log_is_found_in_a_folder(tmp_path):
    (tmp_path / "recorded_at").write_text(NOW)
    (tmp_path / "Get-MessageTrackingLog.csv").write_bytes(EXPORTED.format("09.11.2026 20:34:16", "13.11.2026 01:00:00", d=";").encode("utf-16"))
    log = look(tmp_path, "exchange", gather_subset=["log"], log_since="24h")["log"]
    assert (log["delivered"], log["first"]) == (1, "2026-11-09T19:34:16Z")


def test_log_that_was_cut_off_does_not_swallow_the_next():
    cut = TRACKING[: TRACKING.index("part 1") + 3]
    log = parse_log_text(cut + "\n" + TRACKING, now=NOW)
    assert log["received"] == parse_log_text(TRACKING, now=NOW)["received"]


@pytest.mark.parametrize(
    "spoil", [lambda text: text.replace(",", "\0,"), lambda text: text.replace("\n", "\n\n\r\n"), lambda text: text + "2026-11-21T20:59:00.000Z,,"]
)
def test_log_with_what_crashes_leave(spoil):
    whole, spoiled = parse_log_text(TRACKING, now=NOW), parse_log_text(spoil(TRACKING), now=NOW)
    assert (spoiled["delivered"], spoiled["bounced"]) == (whole["delivered"], whole["bounced"])


def test_log_in_many_small_blocks_and_in_any_bytes():
    """Every prefix of every log can be read, and so can its bytes in another encoding."""
    for name in ("MSGTRK2026112120-1.LOG", "SEND20261121-1.LOG", "CONNECTLOG2026112120-1.LOG"):
        text = (EXCHANGE / "2019" / name).read_text()
        for end in range(0, len(text), 97):
            parse_log_text(text[:end], mta="exchange", now=NOW)
        parse_log_text(text.encode("utf-16").decode("latin-1"), mta="exchange", now=NOW)


def test_send_and_sendexternal_of_one_delivery_count_once():
    line = next(line for line in TRACKING.splitlines() if "SENDEXTERNAL" in line)
    header = "".join(line + "\n" for line in TRACKING.splitlines() if line.startswith("#"))
    assert parse_log_text(header + line + "\n" + line.replace("SENDEXTERNAL", "SEND") + "\n", now=NOW)["delivered"] == 2  # recipients


def test_incremental_reading_counts_each_line_once(tmp_path):
    folder = tmp_path / "it"
    shutil.copytree(EXCHANGE / "2019", folder)
    whole = look(folder)["log"]
    total = dict.fromkeys(("received", "delivered", "deferred", "bounced", "expired"), 0)
    cursor = None
    for share in (0.5, 1):
        for path in EXCHANGE.joinpath("2019").glob("*.LOG"):
            lines = path.read_text().splitlines(keepends=True)
            (folder / path.name).write_text("".join(lines[: max(6, int(len(lines) * share))]))
        log = look(folder, log_cursor=cursor)["log"]
        cursor = log["cursor"]
        for key in total:
            total[key] += log[key]
    assert total == {key: whole[key] for key in total}
    again = look(folder, log_cursor=cursor)["log"]
    assert (again["lines"], again["groups"], again["delivered"]) == (0, [], 0)


def test_window_keeps_the_columns():
    log = look(EXCHANGE / "2019", log_since="2026-11-21T20:12:00Z")["log"]
    assert (log["delivered"], log["received"], log["first"]) == (2, 1, "2026-11-21T20:12:07Z")


def test_text_of_other_systems_is_not_taken():
    for text in ("hello\n", '"a","b"\n1,2\n', "Timestamp: now\n", '{"queue_id": "x"}'):
        assert not Exchange.owns_log(text)
        assert not Exchange.owns_queue(text)


# Story: the queue of an Exchange 2007 grows, the error says "unable to connect", and a blocklist has the address.


def judge(facts, **evidence):
    evidence_of = fleet_evidence({"mail": {"observed": {"mail_host": facts}}})
    return diagnose(evidence_of, BASELINE, now=facts["now"], **evidence)["hosts"]["mail"]


def test_story_of_the_growing_queue():
    facts = look(EXCHANGE / "2007")
    listed = dnsbl(a11=subject("listed", [listing(impact="high", meaning="sends spam")]))
    host = judge(facts, dnsbl=listed)
    waiting = [row for row in host["verdicts"] if row["source"] == "queue" and row["group"]["destination"] in ("example.net", "example.org")]
    assert len(waiting) == 2
    for row in waiting:
        assert (row["verdict"]["inner_code"], row["side"], row["settled_by"], row["remedy"]) == (421, "ours", "self", "switch_outbound_ip")
    assert host["state"] == "refused"
    assert host["deferred"] == 55
    assert [identity["address"] for identity in host["identities"]] == ["198.51.100.11"]


def test_story_without_a_listing_blames_nobody():
    host = judge(look(EXCHANGE / "2007"))
    waiting = next(row for row in host["verdicts"] if row["group"]["destination"] == "example.net" and row["source"] == "queue")
    assert waiting["side"] != "ours"


@pytest.mark.parametrize("text", ["@4000000000zzzz", "@2026-11-21T20:45:00Z", "@0000000000000000000000"])
def test_line_with_an_impossible_stamp(text):
    assert parse_log_text(text + "\n", mta="exchange", now=NOW)["first"] is None


def test_impossible_date_of_a_message():
    record = {
        "Identity": "A\\1\\2",
        "Queue": "A\\1",
        "FromAddress": "a@example.com",
        "DateReceived": "/Date(99999999999999999999)/",
        "Recipients": ["b@example.net"],
    }
    assert parse_queue_text(json.dumps(record), now=NOW)["oldest_age"] is None


def test_numbers_that_are_none():
    digits = "9" * 5000
    record = {"Identity": "A\\1", "DeliveryType": digits, "NextHopDomain": "example.net", "MessageCount": digits, "Status": digits}
    message = {"Identity": "A\\2\\3", "FromAddress": "a@example.com", "Size": f"({digits} bytes)", "DateReceived": f"/Date({digits})/"}
    facts = parse_queue_text(json.dumps([record, message]), now=NOW)
    assert (facts["total"], facts["bytes"]) == (1, 0)
