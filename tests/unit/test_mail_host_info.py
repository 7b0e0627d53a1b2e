# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``mail_host_info``: the contract that the fleet's recorder and the diagnosis build on, and every input that cannot be used."""

from __future__ import annotations

import ast
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from ansible.module_utils import basic
from mta_data import FIXTURES, NOW, RECORDED_AT, addresses, postconf, snapshot

from ansible_collections.postmaster.deliverability.plugins.filter import parse_mail_log, parse_mail_queue
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta import host as host_module
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta import systems
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import MailSystem, rfc3339
from ansible_collections.postmaster.deliverability.plugins.modules import mail_host_info

POSTFIX = FIXTURES / "postfix"
LOG = (POSTFIX / "mail-3.7-rfc3339.log").read_text()
QUEUE = (POSTFIX / "postqueue-j-3.7.jsonl").read_text()


def survey(**options):
    return systems.survey({"gather_subset": list(systems.SUBSETS), "mta": "auto", "max_groups": 50, **options})["mail_host"]


def run_module(monkeypatch, capsys, **arguments):
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit) as exit_code:
        mail_host_info.main()
    return exit_code.value.code, json.loads(capsys.readouterr().out)


@pytest.fixture
def bundle(tmp_path):
    return snapshot(
        tmp_path / "bundle",
        **{
            "mail.log": LOG,
            "postqueue-j.jsonl": QUEUE,
            "postconf.txt": postconf(smtp_bind_address="198.51.100.11"),
            "ip-address.json": addresses("198.51.100.11", "2001:db8::11"),
            "hostname": "mail\n",
        },
    )


def files(folder):
    """Every file below a folder with its content and times."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in Path(folder).rglob("*") if path.is_file()}


# The contract.


def test_contract(bundle):
    facts = survey(snapshot=str(bundle))
    assert set(facts) == {"schema_version", "mta", "now", "snapshot", "identity", "queue", "log", "warnings"}
    assert facts["mta"] == {"name": "postfix", "version": "3.7.11", "config_dir": "/etc/postfix"}
    assert (facts["schema_version"], facts["now"], facts["snapshot"]) == (1, RECORDED_AT, True)
    assert set(facts["identity"]) == {"hostname", "local_addresses", "sources", "relays", "domains"}
    assert facts["identity"]["local_addresses"] == ["198.51.100.11", "2001:db8::11"]
    assert facts["identity"]["sources"][0]["address4"] == "198.51.100.11"
    assert {"total", "bytes", "oldest_age", "by_queue", "ages", "groups", "rest"} <= set(facts["queue"])
    assert (facts["queue"]["total"], facts["queue"]["oldest_age"]) == (22, NOW - 1795293653)
    assert {"first", "last", "lines", "received", "delivered", "deferred", "bounced", "expired", "cursor", "by_hour", "groups", "rest", "delivered_to"} <= set(
        facts["log"]
    )
    assert {"sender_domains", "senders"} <= set(facts["log"])
    assert facts["log"]["lines"] == LOG.count("\n")
    json.dumps(facts)


@pytest.mark.parametrize("subset", systems.SUBSETS)
def test_subset(bundle, subset):
    facts = survey(snapshot=str(bundle), gather_subset=[subset])
    assert {key for key in systems.SUBSETS if key in facts} == {subset}


def test_masked_queue_entry_is_explained_by_the_log(tmp_path):
    reason = "delivery temporarily suspended: connect to mx.refused.example[127.0.10.29]:25: Connection refused"
    message = {"queue_name": "deferred", "queue_id": "AEC9B23E077", "arrival_time": NOW - 60, "message_size": 1, "sender": "", "recipients": []}
    queue = json.dumps({**message, "recipients": [{"address": "u6@refused.example", "delay_reason": reason}]})
    folder = snapshot(tmp_path, **{"mail.log": LOG, "postqueue-j.jsonl": queue})
    assert survey(snapshot=str(folder))["queue"]["groups"][0]["masked"] is False
    assert survey(snapshot=str(folder), gather_subset=["queue"])["queue"]["groups"][0]["masked"] is True


def test_cursor_goes_on(bundle):
    first = survey(snapshot=str(bundle), gather_subset=["log"])
    again = survey(snapshot=str(bundle), gather_subset=["log"], log_cursor=json.loads(json.dumps(first["log"]["cursor"])))
    assert (again["log"]["lines"], again["log"]["delivered"], again["log"]["groups"]) == (0, 0, [])
    assert again["log"]["cursor"] == first["log"]["cursor"]


def test_sender_is_known_over_the_end_of_a_run(bundle):
    """The line that names the sender was read by the run before."""
    lines = LOG.splitlines(keepends=True)
    number = next(number for number, line in enumerate(lines) if ": to=<user@gmx.example>" in line)
    (bundle / "mail.log").write_text("".join(lines[:number]))
    first = survey(snapshot=str(bundle), gather_subset=["log"])
    (bundle / "mail.log").write_text(LOG)
    again = survey(snapshot=str(bundle), gather_subset=["log"], log_cursor=first["log"]["cursor"])
    assert first["log"]["lines"] + again["log"]["lines"] == len(lines)
    group = next(group for group in again["log"]["groups"] if group["destination"] == "gmx.example")
    assert (group["sender_domains"], group["bytes"]) == (["sender.example"], 314)
    assert first["log"]["senders"]["messages"] + again["log"]["senders"]["messages"] == 44


def test_window(bundle):
    facts = survey(snapshot=str(bundle), gather_subset=["log"], log_since="2026-11-21T20:41:14Z")
    assert facts["log"]["first"] >= "2026-11-21T20:41:14Z"
    assert 0 < facts["log"]["lines"] < 20


def test_rotated_and_packed_logs_of_a_bundle(tmp_path):
    import gzip

    lines = LOG.splitlines(keepends=True)
    folder = snapshot(
        tmp_path, **{"mail.log": "".join(lines[200:]), "mail.log.1": "".join(lines[100:200]), "mail.log.2.gz": gzip.compress("".join(lines[:100]).encode())}
    )
    one, whole = (
        survey(snapshot=str(folder), gather_subset=["log"])["log"],
        survey(snapshot=str(snapshot(tmp_path / "b", **{"mail.log": LOG})), gather_subset=["log"])["log"],
    )
    for facts in (one, whole):
        del facts["cursor"]
    assert one == whole


def test_journal_of_a_bundle(tmp_path):
    folder = snapshot(tmp_path, **{"mail.log": None, "journal.jsonl": (POSTFIX / "journal.jsonl").read_text()})
    assert survey(snapshot=str(folder), gather_subset=["log"])["log"]["bounced"] == 2


def test_named_log_files_of_a_bundle(tmp_path):
    folder = snapshot(tmp_path, **{"mail.log": "", "other.log": LOG})
    assert survey(snapshot=str(folder), gather_subset=["log"], log_files=["other.log"])["log"]["received"] == 44


def test_time_zone_of_a_bundle_dates_its_log(tmp_path):
    folder = snapshot(tmp_path, **{"mail.log": (POSTFIX / "mail-3.7-traditional.log").read_text(), "recorded_at": "2026-11-21T21:46:40+01:00"})
    assert survey(snapshot=str(folder), gather_subset=["log"])["log"]["first"] == "2026-11-21T19:40:53Z"


def test_max_groups(bundle):
    facts = survey(snapshot=str(bundle), max_groups=2)
    assert len(facts["queue"]["groups"]) == len(facts["log"]["groups"]) == len(facts["log"]["delivered_to"]) == 2
    assert facts["queue"]["rest"]["count"] + sum(group["count"] for group in facts["queue"]["groups"]) == facts["queue"]["recipients"]


def test_bundle_without_a_log_is_a_warning(tmp_path):
    facts = survey(snapshot=str(snapshot(tmp_path, **{"mail.log": None})))
    assert facts["log"]["lines"] == 0
    assert any("no log was found" in warning for warning in facts["warnings"])


def test_log_without_times_is_a_warning(tmp_path):
    facts = survey(snapshot=str(snapshot(tmp_path, **{"mail.log": "when: postfix/smtp[1]: 4A1: to=<a@example.net>\n" * 3})))
    assert "none of the log's 3 lines begins with a time in a known form" in facts["warnings"]


def test_log_of_others_needs_no_postfix(tmp_path):
    """A host that collects the logs of mail servers runs none."""
    folder = snapshot(tmp_path, **{"postconf.txt": None, "postconf-M.txt": None, "postqueue-j.jsonl": None, "mail.log": LOG})
    facts = survey(snapshot=str(folder), mta="postfix", gather_subset=["log"])
    assert facts["log"]["bounced"] == 19
    assert facts["mta"] == {"name": "postfix", "version": None, "config_dir": None}


# Inputs that cannot be used: one clear error each, with what was found out before it.


@pytest.mark.parametrize(
    ("options", "changes", "message"),
    [
        ({}, {"recorded_at": None}, r"snapshot .*bundle has no file recorded_at"),
        ({}, {"recorded_at": "yesterday\n"}, r"snapshot file .*recorded_at holds 'yesterday', which is no RFC 3339 time"),
        ({}, {"recorded_at": "2026-11-21T20:34:16"}, r"recorded_at holds .*, which is no RFC 3339 time with an offset"),
        ({}, {"postconf.txt": None, "postqueue-j.jsonl": None}, r"mta: no known mail system's files are in snapshot .*bundle"),
        ({}, {"postqueue-j.jsonl": None}, r"snapshot .*bundle has no file postqueue-j\.jsonl"),
        ({}, {"postqueue-j.jsonl": "garbage {"}, None),
        ({}, {"postqueue-j.jsonl": '{"queue_id": 1'}, r"line 1 of the queue listing"),
        ({}, {"postconf.txt": None}, r"has no file postconf\.txt"),
        ({}, {"postconf.txt": "nothing\n"}, r"postconf\.txt in .* is not the output of postconf"),
        ({}, {"ip-address.json": "no json"}, r"ip-address\.json is not the output of ip -j address"),
        ({}, {"ip-address.json": '{"a": 1}'}, r"ip-address\.json is not the output of ip -j address"),
        ({"mta": "lotus"}, {}, r"mta: 'lotus' is not known; known are postfix, exim"),
        ({"log_since": "soon"}, {}, r"log_since: 'soon' is neither"),
        ({"log_cursor": {"files": 1}}, {}, r"log_cursor: not a cursor"),
        ({"log_files": ["none.log"]}, {}, r"log file .*none\.log does not exist"),
        ({"max_groups": -1}, {}, r"max_groups: -1"),
    ],
)
def test_bad_input_is_named(bundle, options, changes, message):
    snapshot(bundle, **{"mail.log": LOG, **{name: text for name, text in changes.items() if text is not None}})
    for name, text in changes.items():
        if text is None:
            (bundle / name).unlink()
    if message is None:  # lines of something else in a listing are not entries, and not fatal
        assert survey(snapshot=str(bundle), **options)["queue"]["total"] == 0
    else:
        with pytest.raises(DeliverabilityError, match=message):
            survey(snapshot=str(bundle), **options)


def test_snapshot_that_is_no_folder(tmp_path):
    with pytest.raises(DeliverabilityError, match=r"snapshot .*gone is not a folder"):
        survey(snapshot=str(tmp_path / "gone"))
    (tmp_path / "file").touch()
    with pytest.raises(DeliverabilityError, match=r"snapshot .*file is not a folder"):
        survey(snapshot=str(tmp_path / "file"))


def test_snapshot_without_rights(bundle, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(host_module.os, "listdir", refuse)
    with pytest.raises(DeliverabilityError, match=r"snapshot .*bundle cannot be read: Permission denied"):
        survey(snapshot=str(bundle))


def test_snapshot_file_without_rights(bundle, monkeypatch):
    (bundle / "postqueue-j.jsonl").unlink()
    (bundle / "postqueue-j.jsonl").mkdir()
    with pytest.raises(DeliverabilityError, match=r"snapshot file .*postqueue-j\.jsonl cannot be read: Is a directory"):
        survey(snapshot=str(bundle))


def test_error_carries_what_was_done_before(bundle):
    (bundle / "postqueue-j.jsonl").write_text('{"queue_id": 1')
    with pytest.raises(DeliverabilityError) as raised:
        survey(snapshot=str(bundle))
    assert {"identity", "log"} <= set(raised.value.partial["mail_host"])


# A live host: programs that answer like Postfix's, in a folder of their own.


@pytest.fixture
def live(tmp_path, monkeypatch):
    """A host on which programs print files; return the folder of the files. A missing file makes its program fail like a refusal."""
    programs, answers = tmp_path / "bin", tmp_path / "answers"
    programs.mkdir()
    answers.mkdir()
    shell = shutil.which("sh")
    for name in ("postconf", "postqueue", "postmulti", "ip", "journalctl"):
        (programs / name).write_text(
            f"#!{shell}\nfile={answers}/$(echo {name} $@ | tr ' /' '__')\n"
            f'[ -f "$file" ] && exec {shutil.which("cat")} "$file"\necho "{name}: fatal: not allowed: $*" >&2\nexit 69\n'
        )
        (programs / name).chmod(0o755)
    for tool in ("cat", "tr"):
        (programs / tool).symlink_to(shutil.which(tool))
    monkeypatch.setattr(host_module, "SEARCH_PATH", str(programs))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(host_module.LiveHost, "has_file", lambda self, path: path == "/etc/postfix/main.cf")
    log = tmp_path / "mail.log"
    log.write_text(LOG)
    os.utime(log, (NOW, NOW))
    (answers / "postconf").write_text(postconf(maillog_file=str(log)))
    (answers / "postconf_-M").write_text("smtp       unix  -       -       y       -       -       smtp\n")
    (answers / "postconf_-P").write_text("")
    (answers / "postqueue_-j").write_text(QUEUE)
    (answers / "ip_-j_address").write_text(addresses("198.51.100.11"))
    monkeypatch.setattr(host_module.time, "time", lambda: float(NOW))
    return answers


def test_live_host(live):
    facts = survey()
    assert facts["snapshot"] is False
    assert facts["now"] == rfc3339(NOW)
    assert facts["mta"]["name"] == "postfix"
    assert facts["queue"]["total"] == 22
    assert facts["log"]["bounced"] == 19
    assert facts["identity"]["local_addresses"] == ["198.51.100.11"]


def test_live_host_with_an_old_postfix(live):
    """``postqueue -j`` is not known before 3.1."""
    (live / "postqueue_-j").rename(live / "kept")
    (live / "postqueue_-p").write_text((POSTFIX / "postqueue-p-3.7.txt").read_text())
    assert survey()["queue"]["total"] == 22


def test_live_host_that_may_not_list_the_queue(live):
    (live / "postqueue_-j").unlink()
    with pytest.raises(DeliverabilityError, match=r"postqueue -p failed with status 69: postqueue: fatal: not allowed") as raised:
        survey()
    assert raised.value.partial["mail_host"]["log"]["bounced"] == 19


def test_live_host_without_rights_for_the_log(live, monkeypatch):
    from ansible_collections.postmaster.deliverability.plugins.module_utils._mta import logfile

    def refuse(path, live):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(logfile, "_Part", refuse)
    with pytest.raises(DeliverabilityError, match=r"log file .*mail\.log cannot be read: Permission denied") as raised:
        survey()
    assert "identity" in raised.value.partial["mail_host"]


def test_live_host_with_several_instances(live):
    (live / "postmulti_-l").write_text("-               -               y         /etc/postfix\nout             mta             y         /etc/postfix-out\n"
                                       "off             mta             n         /etc/postfix-off\n")  # fmt: skip
    out = postconf(config_directory="/etc/postfix-out", multi_instance_name="postfix-out", smtp_bind_address="198.51.100.12", myhostname="out.example.com")
    out += f"maillog_file = {live.parent / 'mail.log'}\n"
    (live / "postconf_-c__etc_postfix-out").write_text(out)
    (live / "ip_-j_address").write_text(addresses("198.51.100.11", "198.51.100.12"))
    message = {"queue_name": "deferred", "queue_id": "A1", "arrival_time": NOW, "message_size": 1, "sender": "", "recipients": [{"address": "a@example.net"}]}
    (live / "postqueue_-c__etc_postfix-out_-j").write_text(json.dumps(message) + "\n")
    facts = survey()
    assert facts["mta"]["instances"] == ["/etc/postfix", "/etc/postfix-out"]
    assert [(one["transport"], one["address4"], one["helo"]) for one in facts["identity"]["sources"]][-1] == (
        "/etc/postfix-out:smtp",
        "198.51.100.12",
        "out.example.com",
    )
    assert facts["queue"]["total"] == 23
    one = survey(config_dir="/etc/postfix-out")
    assert (one["queue"]["total"], one["mta"]["config_dir"], one["identity"]["hostname"]) == (1, "/etc/postfix-out", "out.example.com")


def test_live_appliance_keeps_its_postfix_apart(live, monkeypatch):
    folder = "/opt/trend/imss/postfix/etc/postfix"
    monkeypatch.setattr(host_module.LiveHost, "has_file", lambda self, path: path == folder + "/main.cf")
    (live / f"postconf_-c_{folder.replace('/', '_')}").write_text(postconf(config_directory=folder, maillog_file=str(live.parent / "mail.log")))
    (live / f"postqueue_-c_{folder.replace('/', '_')}_-p").write_text((POSTFIX / "postqueue-p-3.7.txt").read_text())
    facts = survey()
    assert (facts["mta"]["config_dir"], facts["queue"]["total"], facts["log"]["bounced"]) == (folder, 22, 19)


def test_live_instance_reads_only_its_own_lines(live, tmp_path):
    (live / "postconf_-c__etc_postfix-out").write_text(
        postconf(config_directory="/etc/postfix-out", multi_instance_name="postfix-out", maillog_file=str(tmp_path / "mail.log"))
    )
    (live / "postqueue_-c__etc_postfix-out_-j").write_text("")
    lines = LOG.splitlines(keepends=True)
    (tmp_path / "mail.log").write_text(LOG + "".join(line.replace(" postfix/", " postfix-out/") for line in lines))
    assert survey(gather_subset=["log"], config_dir="/etc/postfix-out")["log"]["bounced"] == 19
    assert survey(gather_subset=["log"])["log"]["bounced"] == 38


def test_live_instances_with_logs_of_their_own(live, tmp_path, monkeypatch):
    """Each file is read, and syslog's too where an instance writes there; the cursor goes on in each of them."""
    monkeypatch.setattr(MailSystem, "log_paths", (str(tmp_path / "syslog"),))
    (live / "postmulti_-l").write_text("-    -    y    /etc/postfix\nout  mta  y    /etc/postfix-out\n")
    (live / "postqueue_-c__etc_postfix-out_-j").write_text("")
    for name in ("out.log", "syslog"):
        (tmp_path / name).write_text(LOG)
        os.utime(tmp_path / name, (NOW, NOW))
    counts = {}
    for file in (tmp_path / "mail.log", tmp_path / "out.log", ""):
        (live / "postconf_-c__etc_postfix-out").write_text(postconf(config_directory="/etc/postfix-out", maillog_file=str(file)))
        facts = survey(gather_subset=["log"])
        counts[Path(file).name] = (facts["log"]["bounced"], sorted(Path(path).name for path in facts["log"]["cursor"]["files"]))
        assert survey(gather_subset=["log"], log_cursor=facts["log"]["cursor"])["log"]["lines"] == 0
    assert counts == {"mail.log": (19, ["mail.log"]), "out.log": (38, ["mail.log", "out.log"]), "": (38, ["mail.log", "syslog"])}


def test_live_host_with_a_journal_only(live, monkeypatch):
    (live / "postconf").write_text(postconf())
    monkeypatch.setattr(systems, "_has_lines", lambda path: False)
    since = NOW - 7 * 86400
    matches = "SYSLOG_FACILITY=2_+__SYSTEMD_UNIT=postfix.service_+__SYSTEMD_UNIT=postfix@-.service"
    (live / f"journalctl_-q_--no-pager_-o_json_--since=@{since}_{matches}").write_text((POSTFIX / "journal.jsonl").read_text())
    facts = survey(gather_subset=["log"])
    assert (facts["log"]["bounced"], facts["log"]["cursor"]["journal"][:2]) == (2, "s=")


def test_live_host_without_any_mail_system(live, monkeypatch):
    monkeypatch.setattr(host_module.LiveHost, "has_file", lambda self, path: False)
    monkeypatch.setattr(host_module.LiveHost, "has_program", lambda self, name: False)
    with pytest.raises(DeliverabilityError, match="mta: none of the known mail systems was found on this host"):
        survey()


# The door.


def test_module(bundle, monkeypatch, capsys):
    code, result = run_module(monkeypatch, capsys, snapshot=str(bundle))
    assert code == 0
    assert result["changed"] is False
    assert result["mail_host"]["queue"]["total"] == 22


def test_module_in_check_mode_writes_nothing(bundle, monkeypatch, capsys):
    before = files(bundle)
    assert run_module(monkeypatch, capsys, snapshot=str(bundle), _ansible_check_mode=True)[1]["mail_host"]["log"]["lines"] > 0
    assert files(bundle) == before


def test_module_fails_with_partial_facts(bundle, monkeypatch, capsys):
    (bundle / "postqueue-j.jsonl").write_text("{")
    code, result = run_module(monkeypatch, capsys, snapshot=str(bundle))
    assert code == 1
    assert result["msg"].startswith("line 1 of the queue listing")
    assert result["mail_host"]["log"]["bounced"] == 19


def test_module_names_an_unknown_system(monkeypatch, capsys):
    code, result = run_module(monkeypatch, capsys, mta="lotus")
    assert code == 1
    assert "mta" in result["msg"]
    assert "lotus" in result["msg"]


def test_documentation_names_every_system():
    options = yaml.safe_load(mail_host_info.DOCUMENTATION)["options"]
    assert options["mta"]["choices"] == ["auto", *systems.SYSTEMS]
    assert set(options) == set(mail_host_info.ARGUMENTS)


def test_payload_has_neither_rules_nor_dns():
    """What a mail host is sent stays small: nothing above the floor of the mail systems."""
    seen, waiting = set(), [mail_host_info.__name__]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in sys.modules:
            continue
        seen.add(name)
        for node in ast.walk(ast.parse(Path(sys.modules[name].__file__).read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ansible_collections."):
                waiting += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    packages = {name.partition("module_utils.")[2].partition(".")[0] for name in seen if "module_utils." in name}
    assert packages <= {"_edge", "_errors", "_mta", "_smtp", "_facts"}
    assert sum(os.path.getsize(sys.modules[name].__file__) for name in seen) < 400_000


# The filters.


def test_filter_queue():
    read = parse_mail_queue.FilterModule().filters()["parse_mail_queue"]
    facts = read(QUEUE, now=RECORDED_AT, max_groups=1)
    assert (facts["mta"], facts["total"], len(facts["groups"])) == ("postfix", 22, 1)
    text = read((POSTFIX / "postqueue-p-3.7.txt").read_text(), now=RECORDED_AT)
    assert text == read(QUEUE, now=RECORDED_AT)


def test_filter_log():
    read = parse_mail_log.FilterModule().filters()["parse_mail_log"]
    facts = read(LOG, now=RECORDED_AT)
    assert (facts["mta"], facts["bounced"], "cursor" in facts) == ("postfix", 19, False)
    assert read(LOG, "postfix", RECORDED_AT) == facts


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("hello", {}, "is no .* of a known mail system"),
        ("hello", {"mta": "lotus"}, "'lotus' is not known"),
        (QUEUE, {"now": "noon"}, "now: 'noon'"),
        (5, {}, "is text, not int"),
        (None, {}, "is text, not NoneType"),
    ],
)
def test_filters_name_bad_input(text, options, message):
    from ansible.errors import AnsibleFilterError

    with pytest.raises(AnsibleFilterError, match=message):
        parse_mail_queue.FilterModule().filters()["parse_mail_queue"](text, **options)
    with pytest.raises(AnsibleFilterError, match=message):
        parse_mail_log.FilterModule().filters()["parse_mail_log"](LOG if text is QUEUE else text, **options)


def test_filter_results_are_never_templates():
    read = parse_mail_log.FilterModule().filters()["parse_mail_log"]
    hostile = LOG.replace("Greylisted", "{{ 7*7 }}")
    facts = read(hostile, now=RECORDED_AT)
    text = next(group["text"] for group in facts["groups"] if "{{" in group["text"])
    assert not getattr(text, "_ansible_tags_mapping", {}).get("TrustedAsTemplate")
    assert "{{ 7*7 }}" in text
