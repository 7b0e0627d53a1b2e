# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exim: queue listings, message logs, main logs and configurations, real ones and those that break careless readers."""

from __future__ import annotations

import re

import pytest
from mta_cases import FIXTURES, NOW, as_syslog, assert_spoilt_log_is_harmless, folder, group_of, read_log, spoilt, survey_of, system_in
from mta_data import addresses

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exim import (
    Exim,
    _host_list,
    read_message_log,
    read_recipient,
    read_server,
    split_list,
    stage_of,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.host import LiveHost
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.logfile import Clock
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.systems import parse_log_text, parse_queue_text

EXIM = FIXTURES / "exim"
REAL_LOGS = ("mainlog-4.96", "mainlog-4.98", "mainlog-4.96-all-selectors", "mainlog-4.96-retry", "syslog-4.96.log", "snapshot/mainlog")

ID = "1xUs1I-0003oJ-2C"
LONG_ID = "1xUsHt-000000002jb-3Tyw"


def log(*messages, start="2026-11-21 20:46:"):
    """Lines of the main log, one a second."""
    return "".join(f"{start}{second:02d} {message}\n" for second, message in enumerate(messages))


# Reasons.


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("SMTP error from remote mail server after RCPT TO:<a@example.net>: 450 4.2.0 later", "RCPT TO"),
        ("SMTP error from remote mail server after pipelined MAIL FROM:<a@example.com> SIZE=1413: 451 4.7.650 slow down", "MAIL FROM"),
        ("SMTP error from remote mail server after initial connection: 554 go away", "connect"),
        ("SMTP error from remote mail server after EHLO mail.example.com: 501 no such name", "EHLO"),
        ("SMTP error from remote mail server after pipelined DATA: 451 4.3.0 trouble", "DATA"),
        ("SMTP error from remote mail server after end of data: 550 5.7.1 spam", "end of DATA"),
        ("Remote host closed connection in response to HELO mail.example.com (EHLO response was: 421 busy)", "EHLO"),
        ("SMTP timeout after sending data block (8191 bytes written): Connection timed out", "DATA"),
        ("Connection refused", "connect"),
        ("No route to host", "connect"),
        ('"999.1.1.1" is not a valid IP address for the "interface" option for remote_smtp transport', "connect"),
        ("authentication required but authentication attempt(s) failed", "AUTH"),
        ("a TLS session is required, but the server did not offer TLS support", "STARTTLS"),
        ("Unrouteable address", None),
        ("retry time not reached for any host for 'example.net'", None),
    ],
)
def test_stage(text, stage):
    assert stage_of(text) == stage


@pytest.mark.parametrize(
    ("line", "recipient", "host", "address", "text"),
    [
        (
            "a@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1]: SMTP error: 550 no",
            "a@example.net",
            "mx.example.net",
            "192.0.2.1",
            "SMTP error: 550 no",
        ),
        ("a@example.net: Unrouteable address", "a@example.net", None, None, "Unrouteable address"),
        ("a@[IPv6:2001:db8::9] R=x T=y defer (111): Connection refused", "a@[IPv6:2001:db8::9]", None, None, "Connection refused"),
        ('"john smith"@example.net R=x: too: many colons', '"john smith"@example.net', None, None, "too: many colons"),
        ("b@example.net <a@example.com> F=<s@example.com> R=x T=y H=[192.0.2.1]:25 I=[198.51.100.1]:999: no", "b@example.net", None, "192.0.2.1", "no"),
        ("desk <desk@example.com> R=local_user T=mail_spool", "desk@example.com", None, None, ""),
        ("a@example.net R=x T=y defer (-18) H=mx.example.net [2001:db8::1]:25 DT=1m3s: lost", "a@example.net", "mx.example.net", "2001:db8::1", "lost"),
        ("a@example.net R=x T=y H=192.0.2.1 [192.0.2.1]: no", "a@example.net", None, "192.0.2.1", "no"),
        (
            "a@example.net R=x T=y defer (110): Connection timed out H=mx.example.net [192.0.2.1]: SMTP timeout after initial connection",
            "a@example.net",
            "mx.example.net",
            "192.0.2.1",
            "SMTP timeout after initial connection: Connection timed out",
        ),
        (
            'a@example.net R=x T=y H=mx.example.net [192.0.2.1] X=TLS1.3:A:256 DN="C=DE,O=A: B,CN=mx": SMTP error: 550-5.7.1 one\\n550 5.7.1 two DT=0.1s',
            "a@example.net",
            "mx.example.net",
            "192.0.2.1",
            "SMTP error: 550-5.7.1 one 550 5.7.1 two",
        ),
    ],
)
def test_line_about_a_recipient(line, recipient, host, address, text):
    told = read_recipient(line)
    assert (told.recipient, told.reason.host, told.reason.address, told.reason.text) == (recipient, host, address, text)


@pytest.mark.parametrize(
    ("line", "host", "stage", "text"),
    [
        (
            "H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after DATA: 451 no",
            "mx.example.net",
            "DATA",
            "SMTP error from remote mail server after DATA: 451 no",
        ),
        ("H=mx.example.net [192.0.2.1]:25 I=[198.51.100.1]:9 Connection refused", "mx.example.net", "connect", "Connection refused"),
        ("plain authenticator failed H=smart.example.net [192.0.2.9] 535 5.7.8 no", "smart.example.net", "AUTH", "plain authenticator failed: 535 5.7.8 no"),
    ],
)
def test_line_about_a_server(line, host, stage, text):
    assert read_server(line)[:3] == (text, stage, host)


@pytest.mark.parametrize(
    "line",
    [
        "Completed",
        "removed by root",
        "TLS session: (certificate verification failed): delivering unencrypted to H=mx.example.net [192.0.2.1]",
        "H=mx.example.net [192.0.2.1]",
    ],
)
def test_line_about_nothing_that_failed(line):
    assert read_server(line) is None


# The queue.


def entries(text, now=NOW):
    return list(Exim.parse_queue(text, Clock(now)))


@pytest.mark.parametrize(("name", "messages", "recipients"), [("exim-bp-4.96.txt", 18, 19), ("exim-bp-4.98.txt", 16, 17)])
def test_queue_of_a_real_exim(name, messages, recipients):
    text = (EXIM / name).read_text()
    found = entries(text, NOW + 7200)
    assert (len({entry.queue_id for entry in found}), len(found)) == (messages, recipients)
    assert "a@ok.example" not in {entry.recipient for entry in found}  # it had its mail
    assert {entry.queue for entry in found} == ({"queue", "frozen"} if "frozen" in text else {"queue"})
    assert all(entry.arrival // 100000 == 17952 for entry in found)


def test_queue_id_dates_better_than_the_age():
    """The listing rounds to days; an id begins with its second."""
    (entry,) = entries(f" 3d  1.2K {ID} <a@example.com> (web) *** frozen ***\n          b@example.net\n", 1795294152 + 3 * 86400 + 50000)
    assert (entry.arrival, entry.size, entry.queue, entry.sender) == (1795294152, 1228, "frozen", "a@example.com")


def test_queue_age_counts_where_the_id_is_no_time():
    (entry,) = entries(f"25h   14M {'z' * 6}-000000-00 <>\n          b@example.net\n")
    assert (entry.arrival, entry.size, entry.sender) == (NOW - 25 * 3600, 14 << 20, "")


def test_queue_what_exim_cannot_read_is_left_out():
    listing = f" 0m   366 {ID} *** spool read error: No such file or directory ***\n\n 1m   20 {LONG_ID} <>\n          b@example.net\n"
    assert [entry.queue_id for entry in entries(listing)] == [LONG_ID]


@pytest.mark.parametrize("text", ["", "\n"])
def test_queue_empty(text):
    assert entries(text) == []


@pytest.mark.parametrize("line", ["hello", "          a@example.net", '{"queue_id": "A1"}', "exim: permission denied"])
def test_queue_line_of_something_else_is_named(line):
    with pytest.raises(DeliverabilityError, match=r"line 2 of the queue listing is not what exim -bp prints"):
        entries("\n" + line + "\n")


def test_queue_and_log_are_recognised():
    assert parse_queue_text((EXIM / "exim-bp-4.98.txt").read_text())["mta"] == "exim"
    for name in REAL_LOGS:
        assert parse_log_text((EXIM / name).read_text(), now="2026-11-22T01:00:00Z")["mta"] == "exim"


# Message logs.


def test_message_log_tells_the_last_true_reason():
    reasons = read_message_log(
        log(
            "Received from a@example.com U=root P=local S=394",
            "H=mx.example.net [192.0.2.1] Connection refused",
            "b@example.net R=x T=y defer (111): Connection refused",
            "b@example.net R=x T=y defer (-54): retry time not reached for any host for 'example.net'",
            "c@example.org R=x T=y defer (-54): retry time not reached for any host for 'example.org'",
            "** d@example.org R=x T=y: gone",
            "=> e@example.org R=x T=y H=mx.example.org [192.0.2.2]",
        )
    )
    assert set(reasons) == {"b@example.net", "c@example.org"}
    assert reasons["b@example.net"] == ("Connection refused", "connect", "mx.example.net", "192.0.2.1")
    assert reasons["c@example.org"].text.startswith("retry time not reached")


# The log: real ones.


@pytest.mark.parametrize("name", REAL_LOGS)
@pytest.mark.parametrize("block", [None, 1000])
def test_log_totals_are_those_of_its_lines(name, block):
    """Whatever the size of the blocks, every line counts once."""
    text = (EXIM / name).read_text()
    facts = read_log("exim", text, block=block)
    flags = re.findall(r" \w{6}-\w{6,11}-\w{2,4} (<=|=>|->|==|\*\*) (.*)", text)
    assert facts["lines"] == text.count("\n")
    expired = [rest for flag, rest in flags if flag == "**" and re.search("retry timeout exceeded|failing for a long time", rest)]
    assert facts["received"] == len([rest for flag, rest in flags if flag == "<=" and " R=1x" not in rest])
    assert facts["delivered"] == len([flag for flag, _rest in flags if flag in ("=>", "->")])
    assert facts["deferred"] == len([flag for flag, _rest in flags if flag == "=="])
    assert facts["expired"] == len(expired)
    assert facts["bounced"] == len([flag for flag, _rest in flags if flag == "**"]) - len(expired)


def summaries(facts):
    return {(group["destination"], group["outcome"], group["stage"], group["relay_host"], group["template"], group["host_level"]) for group in facts["groups"]}


def test_log_selectors_make_no_difference():
    """The same mail to the same servers, logged with the default selectors and with all of them."""
    usual, everything = (read_log("exim", (EXIM / name).read_text()) for name in ("snapshot/mainlog", "mainlog-4.96-all-selectors"))
    assert summaries(usual) == summaries(everything)
    assert [usual[what] for what in ("received", "delivered", "bounced", "expired")] == [
        everything[what] for what in ("received", "delivered", "bounced", "expired")
    ]


def test_log_replies_are_whole():
    facts = read_log("exim", (EXIM / "mainlog-4.98").read_text())
    gmx = group_of(facts, destination="gmx.example")
    assert gmx["outcome"] == "bounced"
    assert gmx["stage"] == "connect"
    assert "service not available 554-no smtp service 554-ip address is block listed. 554 for explanation" in gmx["text"].lower()
    assert not any("\\n" in group["text"] for group in facts["groups"])
    assert (gmx["relay_host"], gmx["relay_address"], gmx["sender_domains"]) == ("mx.gmx.example", "127.0.10.23", ["sender.example"])


def test_log_refusal_of_one_server_is_handled_by_the_next():
    group = group_of(read_log("exim", (EXIM / "mainlog-4.96").read_text()), destination="twomx.example")
    assert (group["host_level"], group["handled"], group["relay_host"]) == (True, 1, "mx.yahoo-tss.example")


def test_log_connection_that_was_refused_names_its_server():
    group = group_of(read_log("exim", (EXIM / "mainlog-4.96").read_text()), destination="refused.example")
    assert (group["text"], group["relay_host"], group["relay_address"], group["count"]) == ("Connection refused", "mx.refused.example", "127.0.10.29", 1)


def test_log_expired_recipient_keeps_the_reason_it_waited_for():
    facts = read_log("exim", (EXIM / "mainlog-4.96-retry").read_text())
    rate = group_of(facts, destination="gmail-rate.example", outcome="expired")
    assert "421-4.7.28" in rate["text"]
    assert (rate["masked"], rate["stage"]) == (False, "end of DATA")
    assert group_of(facts, destination="refused.example", outcome="expired")["text"] == "Connection refused"


def test_log_login_that_was_refused_is_told_in_the_servers_words():
    group = group_of(read_log("exim", (EXIM / "syslog-4.96.log").read_text()), stage="AUTH")
    assert "535 5.7.8 Error: authentication failed" in group["text"]
    assert (group["relay_host"], group["count"]) == ("smarthost2.example.net", 1)


# The log: what may come.


def test_log_untried_message_is_masked_and_found_out():
    waiting = "== b@example.net R=x T=y defer (-54): retry time not reached for any host for 'example.net'"
    facts = read_log("exim", log(f"{ID} {waiting}"))
    assert group_of(facts, destination="example.net")["masked"]
    tried = f"{LONG_ID} == a@example.net R=x T=y defer (-18) H=mx.example.net [192.0.2.1]: Remote host closed connection in response to EHLO x"
    facts = read_log("exim", log(tried, f"{ID} {waiting}"))
    group = group_of(facts, destination="example.net")
    assert (group["count"], group["masked"], group["relay_host"]) == (2, False, "mx.example.net")


def test_queue_recipient_that_an_alias_replaced_has_its_reason(tmp_path):
    lines = (f"{ID} <= s@example.com U=x P=local S=1", f"{ID} == b@example.net <joe@example.com> R=x T=y defer (111): Connection refused")
    listing = f" 0m  20 {ID} <s@example.com>\n          joe@example.com\n"
    path = folder(tmp_path / "log", **{"exim-bpr.txt": listing, "mainlog": log(*lines)})
    assert survey_of(path, gather_subset=["queue", "log"])["queue"]["groups"][0]["text"] == "Connection refused"
    own = {f"files/var/spool/exim4/msglog/{ID}": log("b@example.net <joe@example.com> R=x T=y defer (111): Connection refused")}
    path = folder(tmp_path / "own", **{"exim-bpr.txt": listing, **own})
    assert survey_of(path, gather_subset=["queue"])["queue"]["groups"][0]["text"] == "Connection refused"


def test_log_untried_message_is_found_out_across_runs():
    tried = log(f"{LONG_ID} <= s@example.com U=a P=local S=9", f"{LONG_ID} == a@example.net R=x T=y defer (111): Connection refused")
    facts = read_log("exim", log(f"{LONG_ID} == a@example.net R=x defer (-54): retry time not reached", start="2026-11-21 20:47:"), warm=tried)
    group = group_of(facts, destination="example.net")
    assert (group["text"], group["masked"], group["sender_domains"]) == ("Connection refused", False, ["example.com"])
    assert (facts["received"], facts["deferred"]) == (0, 1)


def test_log_frozen_message_that_is_given_up_has_expired():
    facts = read_log(
        "exim",
        log(
            f"{ID} <= <> R={LONG_ID} U=x P=local S=100",
            f"{ID} == a@example.net R=x T=y defer (111): Connection refused",
            f"{ID} Frozen (delivery error message)",
            f"{ID} cancelled by timeout_frozen_after",
            f"{ID} Completed",
        ),
    )
    assert (facts["expired"], facts["received"]) == (1, 0)
    assert group_of(facts, outcome="expired")["text"] == "Connection refused"


def test_log_content_filter_on_this_host_is_no_delivery_and_no_second_arrival():
    facts = read_log(
        "exim",
        log(
            f"{ID} <= s@example.com H=client.example.com [198.51.100.9] P=esmtpsa A=plain_server:joe S=900 id=1@example.com",
            f"{LONG_ID} <= s@example.com H=localhost [127.0.0.1] P=esmtp S=950 id=1@example.com",
            f"{ID} => b@example.net R=filter T=filter H=127.0.0.1 [127.0.0.1]:10024",
            f"{ID} Completed",
            f"{LONG_ID} => b@example.net R=x T=y H=mx.example.net [192.0.2.1]",
            f"{LONG_ID} Completed",
        ),
    )
    assert (facts["received"], facts["delivered"], facts["filtered"]) == (1, 1, 1)
    assert facts["senders"]["clients"][0]["client"] == "joe"
    assert facts["senders"]["messages"] == 1


@pytest.mark.parametrize(("peer", "client"), [("H=mx.example.org [203.0.113.5]:999", "203.0.113.5"), ("H=(bob) [2001:db8::5]", "2001:db8::5")])
def test_log_clients_are_known_by_their_address(peer, client):
    facts = read_log("exim", log(f"{ID} <= s@example.com {peer} P=esmtps S=900"))
    assert facts["senders"]["clients"][0]["client"] == client


@pytest.mark.parametrize("suffix", ["", ' T="answer for you" from <s@example.com> for a@example.net b@example.net c@example.org'])
def test_log_recipients_are_counted_with_and_without_their_selector(suffix):
    facts = read_log(
        "exim",
        log(
            f"{ID} <= s@example.com U=x P=local S=300{suffix}",
            f"{ID} => a@example.net R=x T=y H=mx.example.net [192.0.2.1]",
            f"{ID} -> b@example.net R=x T=y H=mx.example.net [192.0.2.1]",
            f"{ID} ** c@example.org R=x T=y H=mx.example.org [192.0.2.2]: SMTP error from remote mail server after RCPT TO: 550 5.1.1 unknown user",
        ),
    )
    (sender,) = facts["senders"]["top"]
    assert (sender["messages"], sender["recipients"], sender["bounced"], sender["unknown_user"]) == (1, 3, 1, 1)


def test_log_mailboxes_and_pipes_are_local():
    facts = read_log("exim", log(f"{ID} => joe <joe@example.com> R=local_user T=mail_spool", f"{ID} => |/usr/bin/filter -x <joe@example.com> R=pipe T=pipe"))
    assert (facts["delivered"], facts["local"], facts["delivered_to"]) == (2, 2, [])


def test_log_lines_that_syslog_cut_are_put_together():
    whole = f"{ID} ** b@example.net R=x T=y H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after end of data: 550 5.7.1 a long story"
    text = as_syslog("exim[7]", f"[1/3] {whole[:70]}", f"[2/3] {whole[70:120]}", "unrelated", f"[3/3] {whole[120:]}")
    group = group_of(read_log("exim", text), destination="example.net")
    assert group["text"].endswith("550 5.7.1 a long story")


def test_log_syslog_with_a_stamp_of_its_own():
    text = as_syslog("exim[7]", f"2026-11-21 20:46:40 {ID} => b@example.net R=x T=y H=mx.example.net [192.0.2.1]")
    assert read_log("exim", text)["delivered"] == 1


def test_log_of_others_in_the_same_file_is_not_ours():
    text = as_syslog("dovecot[7]", f"{ID} => b@example.net R=x T=y H=mx.example.net [192.0.2.1]")
    assert read_log("exim", text)["delivered"] == 0


def test_log_warns_of_what_explains_more_than_one_message():
    text = log(
        "Exim configuration error in line 23 of /etc/exim4/exim4.conf: main option unknown",
        f"{ID} TLS session: (certificate verification failed): delivering unencrypted to H=mx.example.net [192.0.2.1] (not in hosts_require_tls)",
    )
    assert [warning.split(":")[0] for warning in read_log("exim", text)["log_warnings"]] == ["exim", "exim"]


def test_log_pending_failures_of_servers_are_not_lost():
    facts = read_log("exim", log(f"{ID} <= s@example.com U=x P=local S=1", f"{ID} H=mx.example.net [192.0.2.1] Connection refused"))
    group = group_of(facts, relay_host="mx.example.net")
    assert (group["host_level"], facts["deferred"]) == (True, 0)


def test_log_words_of_a_server_that_look_like_log_lines_are_only_words():
    words = f"550 {ID} => x@evil.example R=a T=b H=evil.example [192.0.2.66] == ** <="
    facts = read_log("exim", log(f"{ID} ** b@example.net R=x T=y H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after DATA: {words}"))
    assert (facts["delivered"], facts["bounced"]) == (0, 1)
    assert group_of(facts, destination="example.net")["relay_host"] == "mx.example.net"


@spoilt
@pytest.mark.parametrize("name", ["mainlog-4.96", "mainlog-4.96-all-selectors", "syslog-4.96.log"])
def test_spoilt_log_is_harmless(name, kind):
    assert_spoilt_log_is_harmless("exim", EXIM / name, kind)


# A whole host.


def test_snapshot_of_a_real_exim():
    facts = survey_of(EXIM / "snapshot")
    assert facts["mta"] == {"name": "exim", "version": "4.96", "config_dir": "/etc/exim4"}
    source = facts["identity"]["sources"][0]
    assert (source["transport"], source["address4"], source["helo"], source["origin"]) == (
        "remote",
        "198.51.100.25",
        "mail.sender.example",
        "transport remote interface",
    )
    assert facts["queue"]["by_queue"] == {"frozen": 1, "queue": 6}
    closed = group_of(facts["queue"], destination="closed.example")
    assert (closed["count"], closed["text"], closed["masked"], closed["relay_address"]) == (2, "Connection refused", False, "127.0.10.98")
    rate = group_of(facts["queue"], destination="rate.example")
    assert rate["text"].endswith("421 4.7.28 review our Bulk Email Senders Guidelines. " + rate["text"].split("Guidelines. ")[1])
    assert (rate["stage"], rate["relay_host"]) == ("end of DATA", "mx.rate.example")
    assert facts["log"]["expired"] == 1
    assert facts["warnings"] == []


def test_snapshot_without_the_log_has_what_the_message_logs_tell():
    queue = survey_of(EXIM / "snapshot", gather_subset=["queue"])["queue"]
    assert group_of(queue, destination="greylist.example")["stage"] == "RCPT TO"
    assert group_of(queue, destination="closed.example", masked=True)["text"].startswith("retry time not reached")


def test_snapshot_without_message_logs_has_what_the_log_tells(tmp_path):
    files = {path.name: path.read_text() for path in (EXIM / "snapshot").iterdir() if path.is_file()}
    facts = survey_of(folder(tmp_path, **files), gather_subset=["queue", "log"])
    assert not any(group["masked"] for group in facts["queue"]["groups"])
    assert group_of(facts["queue"], destination="closed.example")["text"] == "Connection refused"
    assert all(group["masked"] for group in survey_of(tmp_path, gather_subset=["queue"])["queue"]["groups"])


def test_snapshot_without_a_queue_listing_is_named(tmp_path):
    with pytest.raises(DeliverabilityError, match=r"has no file exim-bpr.txt \(the output of: exim -bpr\)"):
        survey_of(folder(tmp_path, **{"exim-bV.txt": ""}))


# Identity.


def transport(**changes):
    """What ``exim -bP transports`` prints of one SMTP transport."""
    options = {"driver": "smtp", "helo_data": "$primary_hostname", "interface": "", "port": "smtp", "protocol": "smtp", "hosts_require_tls": "", **changes}
    return "remote transport:\n" + "".join(f"{name} = {value}\n" for name, value in options.items()) + "no_multi_domain\n\n"


def router(name="out", **changes):
    options = {"driver": "dnslookup", "domains": "! +local_domains", "transport": "remote", "senders": "", "condition": "", **changes}
    return f"{name} router:\n" + "".join(f"{option} = {value}\n" for option, value in options.items()) + "no_more\n\n"


def identity(path, transports=None, routers=None, main="primary_hostname = mail.example.com\nqualify_domain = example.com\n", **files):
    written = {"exim-bP-main.txt": main, "exim-bP-transports.txt": transports or transport(), "exim-bP-routers.txt": routers or router()}
    return system_in("exim", folder(path, **{**written, "ip-address.json": addresses("198.51.100.7", "2001:db8::7"), **files})).identity()


def debian(path, kind):
    """What a real Debian printed of one of its configurations, in a snapshot folder."""
    files = {file.name: file.read_text() for file in (EXIM / f"debian-{kind}").iterdir()}
    passwords = "# comment\na.example.net:joe:secret\n"
    return folder(path, **files, **{"ip-address.json": addresses("198.51.100.7"), "files/etc/exim4/passwd.client": passwords})


@pytest.mark.parametrize(("kind", "transports"), [("internet", ["remote_smtp"]), ("smarthost", ["remote_smtp_smarthost", "remote_smtp"])])
def test_identity_of_debian(tmp_path, kind, transports):
    """Debian's macro for the interface binds one of its two remote transports only; both are there, whether a router uses them or not."""
    found = system_in("exim", debian(tmp_path, kind)).identity()
    sources = {source["transport"]: source for source in found.sources}
    assert list(sources) == transports
    assert (sources["remote_smtp"]["address4"], sources["remote_smtp"]["address6"], sources["remote_smtp"]["helo"]) == (
        "127.0.0.2",
        "::1",
        "out.sender.example",
    )
    if kind == "smarthost":
        assert (sources["remote_smtp_smarthost"]["address4"], sources["remote_smtp_smarthost"]["origin"]) == ("198.51.100.7", "chosen by the kernel")
    assert found.domains == ["sender.example", "shop.example"]
    relays = [(relay["scope"], relay["host"], relay["port"], relay["auth"], relay["tls"]) for relay in found.relays]
    assert relays == ([] if kind == "internet" else [("*", "a.example.net", 587, True, "may"), ("*", "b.example.net", 587, False, "may")])
    assert "secret" not in str(found)


class Played(LiveHost):
    """A live host of which programs and files are those of a folder: it tells for certain which files are not there."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def output(self, name, argv, optional=False, ok=(0,)):
        return (self.path / name).read_text()

    def has_file(self, path):
        return (self.path / "files" / path.lstrip("/")).exists()

    def file(self, path):
        return (self.path / "files" / path.lstrip("/")).read_text()


@pytest.mark.parametrize(("hubbed", "transports"), [(False, ["remote_smtp_smarthost"]), (True, ["remote_smtp_smarthost", "remote_smtp"])])
def test_identity_of_debian_with_a_smarthost_depends_on_its_hubbed_hosts(tmp_path, hubbed, transports):
    path = debian(tmp_path, "smarthost")
    if hubbed:
        (path / "files/etc/exim4/hubbed_hosts").write_text("example.net: mail.example.net\n")
    assert [source["transport"] for source in Exim(Played(path)).identity().sources] == transports


def transports_used(path, *routers):
    """The transports of the identity, where ``remote`` and ``spare`` are there."""
    spare = transport(helo_data="spare.example.com").replace("remote transport:", "spare transport:")
    return [source["transport"] for source in identity(path, transport() + spare, "".join(routers)).sources]


@pytest.mark.parametrize(
    ("routers", "transports"),
    [
        ([router()], ["remote"]),
        ([router(transport="spare")], ["spare"]),
        ([router("some", domains="example.net", transport="spare"), router()], ["remote", "spare"]),
        ([router("some", domains="example.net", transport="spare", condition="false"), router()], ["remote"]),
        ([router("some", domains="example.net", transport="spare", condition="${if eq{$sender_address}{}}"), router()], ["remote", "spare"]),
        ([router("some", transport="${if eq{$sender_address_domain}{example.org}{spare}{local}}"), router("all", transport="local")], ["remote", "spare"]),
        ([router(driver="accept", transport="mail_spool")], []),
        ([], ["remote", "spare"]),
    ],
    ids=["one", "the other", "both", "switched off", "under a condition", "by an expansion", "no mail leaves", "routers unknown"],
)
def test_identity_has_the_transports_that_routers_use(tmp_path, routers, transports):
    assert transports_used(tmp_path, *routers or ["\n"]) == transports


def test_a_transport_that_nothing_uses_gives_no_warning(tmp_path):
    unused = transport(interface="192.0.2.200").replace("remote transport:", "spare transport:")
    assert identity(tmp_path, transport() + unused).warnings == ()


def test_a_router_that_is_switched_off_has_no_next_hops(tmp_path):
    off = router("off", driver="manualroute", route_list="* smart.example.net", condition="no")
    assert identity(tmp_path, routers=off + router()).relays == []


@pytest.mark.parametrize(
    ("interface", "address4", "address6", "warning"),
    [
        ("", "198.51.100.7", "2001:db8::7", None),
        ("198.51.100.7", "198.51.100.7", "2001:db8::7", None),
        ("<; 198.51.100.7 ; 2001:db8::7", "198.51.100.7", "2001:db8::7", None),
        ("198.51.100.9", "198.51.100.9", "2001:db8::7", "which no interface of this host has"),
        ("999.1.1.1", "198.51.100.7", "2001:db8::7", "which is no address"),
        ("${if eq{$sender_address_domain}{example.org}{192.0.2.1}{192.0.2.2}}", None, None, "the source address depends on the message"),
    ],
)
def test_identity_interface(tmp_path, interface, address4, address6, warning):
    found = identity(tmp_path, transport(interface=interface))
    assert (found.sources[0]["address4"], found.sources[0]["address6"]) == (address4, address6)
    assert [warning in told for told in found.warnings] == ([True] if warning else [])


@pytest.mark.parametrize(
    ("helo", "expected"),
    [
        ("$primary_hostname", "mail.example.com"),
        ("out.${qualify_domain}", "out.example.com"),
        ("${lookup dnsdb{ptr=$sending_ip_address}}", "${lookup dnsdb{ptr=$sending_ip_address}}"),
    ],
)
def test_identity_helo(tmp_path, helo, expected):
    assert identity(tmp_path, transport(helo_data=helo)).sources[0]["helo"] == expected


def test_identity_without_ipv6(tmp_path):
    assert identity(tmp_path, main="primary_hostname = mail.example.com\ndisable_ipv6\n").sources[0]["protocols"] == ["ipv4"]
    found = identity(tmp_path, routers=router(ipv4_only="true")).sources[0]
    assert (found["protocols"], found["address6"]) == (["ipv4"], None)


@pytest.mark.parametrize(
    ("changes", "tls"),
    [
        ({}, "may"),
        ({"hosts_require_tls": "*", "tls_verify_hosts": "*"}, "verify"),
        ({"hosts_require_tls": "*"}, "encrypt"),
        ({"protocol": "smtps"}, "encrypt"),
        ({"hosts_avoid_tls": "*"}, "none"),
    ],
)
def test_relay_tls(tmp_path, changes, tls):
    (relay,) = identity(tmp_path, transport(**changes), router(driver="manualroute", route_list="* smart.example.net")).relays
    assert (relay["tls"], relay["port"]) == (tls, 465 if "protocol" in changes else 25)


@pytest.mark.parametrize(
    ("options", "relays"),
    [
        ({"route_list": "* smart.example.net::587"}, [("*", "smart.example.net", 587)]),
        ({"route_list": '* "<+ [2001:db8::9]:587 + 192.0.2.9" byname'}, [("*", "2001:db8::9", 587), ("*", "192.0.2.9", 25)]),
        (
            {"route_list": "example.net a.example.net ; example.org b.example.org/MX"},
            [("example.net", "a.example.net", 25), ("example.org", "b.example.org", 25)],
        ),
        ({"route_data": "smart.example.net"}, [("*", "smart.example.net", 25)]),
        ({"route_list": "* smart.example.net", "domains": "example.net : example.org"}, [("example.net : example.org", "smart.example.net", 25)]),
        ({"route_list": "* smart.example.net", "senders": "*@example.org"}, [("*@example.org", "smart.example.net", 25)]),
        ({"route_data": "${lookup{$domain}lsearch{/etc/routes}}", "domains": "lsearch;/etc/routes"}, []),
        ({"route_list": "* smart.example.net", "transport": "local_delivery"}, []),
    ],
)
def test_relays(tmp_path, options, relays):
    found = identity(tmp_path, routers=router(driver="manualroute", **options))
    assert [(relay["scope"], relay["host"], relay["port"]) for relay in found.relays] == relays
    assert found.warnings == ()


def test_relay_that_cannot_be_known_is_said(tmp_path):
    (warning,) = identity(tmp_path, routers=router(driver="manualroute", route_data="${lookup{$sender_address_domain}lsearch{/etc/smart}}")).warnings
    assert "its next hops are not known" in warning


def test_domains_of_lists_that_routers_set_apart(tmp_path):
    lists = {"exim-bP-local_domains.txt": "domainlist local_domains = @ : example.org : lsearch;/etc/domains : localhost : [192.0.2.1]\n"}
    assert identity(tmp_path, **lists).domains == ["example.com", "mail.example.com", "example.org"]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a : b:c", ["a", "b", "c"]),
        ("a::1:b", ["a:1", "b"]),
        ("<; a::1 ; b", ["a::1", "b"]),
        ("", []),
        (" : ", []),
        ("<, 192.0.2.1,192.0.2.2", ["192.0.2.1", "192.0.2.2"]),
    ],
)
def test_lists(text, items):
    assert split_list(text) == items


def test_host_lists_with_options():
    assert list(_host_list("a.example.net::587:b.example.net randomize byname")) == [("a.example.net", 587), ("b.example.net", None)]


@pytest.mark.parametrize(
    ("option", "path"),
    [
        ("/var/log/exim4/%slog", "/var/log/exim4/mainlog"),
        ("syslog : /var/log/exim/%s-%D.log", "/var/log/exim/main.log"),
        ("", "/var/spool/exim/log/mainlog"),
    ],
)
def test_log_path(tmp_path, option, path):
    main = f"log_file_path = {option}\nspool_directory = /var/spool/exim\n"
    assert system_in("exim", folder(tmp_path, **{"exim-bP-main.txt": main})).log_paths == (path,)


def test_log_path_of_syslog_alone(tmp_path):
    assert "/var/log/mail.log" in system_in("exim", folder(tmp_path, **{"exim-bP-main.txt": "log_file_path = syslog\n"})).log_paths


def test_log_zone_is_the_one_of_the_configuration(tmp_path):
    line = f"2026-11-21 20:46:40 {ID} => b@example.net R=x T=y H=mx.example.net [192.0.2.1]\n"
    files = {"recorded_at": "2026-11-21T22:46:40+02:00", "exim-bP-main.txt": "timezone = UTC\n", "mainlog": line}
    assert survey_of(folder(tmp_path, **files), gather_subset=["log"])["log"]["last"] == "2026-11-21T20:46:40Z"
    del files["exim-bP-main.txt"]
    (tmp_path / "exim-bP-main.txt").unlink()
    assert survey_of(folder(tmp_path, **files, **{"exim-bV.txt": ""}), gather_subset=["log"])["log"]["last"] == "2026-11-21T18:46:40Z"
