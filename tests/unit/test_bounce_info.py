# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import mailbox as stdlib_mailbox
import os
import time

import pytest
from ansible.module_utils import basic

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr import mailbox
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.message import parse_bounce
from ansible_collections.postmaster.deliverability.plugins.modules import bounce_info
from ansible_collections.postmaster.deliverability.tests.unit import bounce_data

CASES = bounce_data.cases()
NAMES = ["postfix/recorded-three-recipients", "qmail/three-recipients", "exim/recorded-delayed", "automatic/vacation", "ordinary/newsletter", "complaints/arf"]
MESSAGES = [bounce_data.raw(CASES[name]) for name in NAMES]
NOW = 1795300000  # 2026-11-21T22:26:40Z


def survey(path, **options):
    return mailbox.survey({"path": str(path), "patterns": ["*.eml"], "max_age": None, "max_messages": 1000, "kinds": list(mailbox.KINDS), **options})


def files(folder):
    """Every file below a folder with its content and times: what a module that never writes leaves alone."""
    found = {}
    for root, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            status = os.stat(path)
            with open(path, "rb") as stream:
                found[path] = (stream.read(), status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return found


@pytest.fixture
def eml_folder(tmp_path):
    """One file a message, one hour apart, the last one the newest, and one that is no message."""
    for number, raw in enumerate(MESSAGES):
        path = tmp_path / f"{number}.eml"
        path.write_bytes(raw)
        os.utime(path, (NOW - 3600 * (len(MESSAGES) - number),) * 2)
    (tmp_path / "notes.txt").write_text("not mail")
    return tmp_path


@pytest.fixture
def maildir(tmp_path):
    """A Maildir made now, since no repository can hold one."""
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    for number, raw in enumerate(MESSAGES):
        path = tmp_path / ("new" if number % 2 else "cur") / (f"{NOW + number}.M{number}.mail.example.org" + ("" if number % 2 else ":2,S"))
        path.write_bytes(raw)
        os.utime(path, (NOW + number,) * 2)
    (tmp_path / "tmp" / "half").write_bytes(MESSAGES[0][:100])
    (tmp_path / "dovecot-uidlist").write_text("3")
    return tmp_path


@pytest.fixture
def mbox(tmp_path):
    """An mbox as delivery agents write it: From lines, and such lines in bodies quoted."""
    path = tmp_path / "bounces"
    with open(path, "wb") as stream:
        for raw in MESSAGES:
            stream.write(b"From MAILER-DAEMON Sat Nov 21 21:26:40 2026\n" + raw + b"\n>From the archive\n>>From quoted twice\nFrom now on nothing\n\n")
    return path


# Kinds of mailbox.


def test_folder(eml_folder):
    result = survey(eml_folder)
    assert [entry["kind"] for entry in result["bounces"]] == ["complaint", "auto_reply", "delayed", "bounce", "bounce"]
    assert result["counts"] == {"bounce": 2, "delayed": 1, "delivered": 0, "auto_reply": 1, "complaint": 1, "none": 1}
    assert (result["read"], result["older"], result["left"], result["warnings"]) == (6, 0, 0, [])
    assert result["bounces"][-1] == dict(file=str(eml_folder / "0.eml"), offset=0, **CASES[NAMES[0]]["expect"])


def test_patterns(eml_folder):
    os.rename(eml_folder / "0.eml", eml_folder / "17")
    os.rename(eml_folder / "1.eml", eml_folder / "OLD.EML")
    assert survey(eml_folder)["read"] == 5
    assert survey(eml_folder, patterns=["17", "old.*"])["counts"]["bounce"] == 2
    assert survey(eml_folder, patterns=["*.msg"])["read"] == 0


def test_maildir(maildir):
    result = survey(maildir)
    assert result["counts"] == survey_of_messages()
    assert [os.path.basename(entry["file"])[:10] for entry in result["bounces"]] == [str(NOW + number) for number in (5, 3, 2, 1, 0)]


def survey_of_messages():
    counts = dict.fromkeys((*mailbox.KINDS, "none"), 0)
    for raw in MESSAGES:
        counts[parse_bounce(raw)["kind"]] += 1
    return counts


def test_empty_mailboxes(tmp_path):
    (tmp_path / "mbox").write_bytes(b"")
    assert survey(tmp_path / "mbox")["read"] == 0
    assert survey(tmp_path)["read"] == 0


def test_mbox(mbox):
    result = survey(mbox)
    assert result["counts"] == survey_of_messages()
    whole = mbox.read_bytes()
    for entry, name in zip(result["bounces"], [name for name in NAMES[::-1] if "newsletter" not in name]):
        assert whole[entry["offset"] :].startswith(b"From MAILER-DAEMON")
        assert entry["recipients"] == CASES[name]["expect"]["recipients"]


def test_mbox_written_by_the_standard_library(tmp_path):
    box = stdlib_mailbox.mbox(str(tmp_path / "mbox"))
    for raw in MESSAGES:
        box.add(raw)
    box.close()
    assert survey(tmp_path / "mbox")["counts"] == survey_of_messages()


@pytest.mark.parametrize("block", [300, 511, 512, 4096, 1 << 20])
def test_mbox_is_split_the_same_whatever_the_size_of_a_block(mbox, monkeypatch, block):
    expected = [place.start for place in mailbox.list_messages(str(mbox), [])]
    monkeypatch.setattr(mailbox, "_BLOCK", block)
    assert [place.start for place in mailbox.list_messages(str(mbox), [])] == expected


def test_mbox_with_crlf(mbox):
    mbox.write_bytes(mbox.read_bytes().replace(b"\n", b"\r\n"))
    assert survey(mbox)["counts"] == survey_of_messages()


def test_single_message(tmp_path):
    (tmp_path / "one.eml").write_bytes(MESSAGES[1])
    result = survey(tmp_path / "one.eml")
    assert result["bounces"] == [dict(file=str(tmp_path / "one.eml"), offset=0, **CASES[NAMES[1]]["expect"])]


def test_single_message_saved_with_a_from_line(tmp_path):
    (tmp_path / "one").write_bytes(b"From MAILER-DAEMON Sat Nov 21 21:26:40 2026\n" + MESSAGES[1])
    assert survey(tmp_path / "one")["bounces"][0]["recipients"] == CASES[NAMES[1]]["expect"]["recipients"]


# Windows and limits.


def test_the_newest_messages_count_first(eml_folder):
    result = survey(eml_folder, max_messages=2)
    assert (result["read"], result["left"]) == (2, 4)
    assert [entry["kind"] for entry in result["bounces"]] == ["complaint"]


def test_newest_of_an_mbox_is_its_end(mbox):
    result = survey(mbox, max_messages=1)
    assert (result["read"], result["left"], result["bounces"][0]["kind"]) == (1, 5, "complaint")


def test_kinds_are_counted_but_not_returned(eml_folder):
    result = survey(eml_folder, kinds=["delayed"])
    assert [entry["kind"] for entry in result["bounces"]] == ["delayed"]
    assert result["counts"]["bounce"] == 2


def test_max_age_by_file_time(eml_folder, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: NOW)
    # The messages' own dates, half an hour to two hours back, cut too.
    assert survey(eml_folder, max_age="7d")["older"] == 0
    assert survey(eml_folder, max_age="30m")["older"] == 6
    result = survey(eml_folder, max_age="150m")
    assert result["older"] == 4
    assert result["read"] == 2


def test_max_age_by_from_line(mbox, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: NOW)
    assert survey(mbox, max_age="59m")["older"] == 6
    assert survey(mbox, max_age="3h")["older"] == 0


def test_max_age_by_date(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: NOW + 86400)
    path = tmp_path / "exported.eml"
    path.write_bytes(MESSAGES[0])
    os.utime(path, (NOW + 86400,) * 2)
    assert survey(tmp_path, max_age="12h")["older"] == 1


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("15m", 900), ("24h", 86400), ("7d", 604800), ("2w", 1209600), (" 5 s ", 5)])
def test_duration(text, seconds):
    assert mailbox.duration(text, "max_age") == seconds


# Bad paths, one clear error each.


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file or folder"),
        (os.mkfifo, "is neither a file nor a folder"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0"), "is neither a mail message nor an mbox"),
        (lambda path: path.write_bytes(b"just some words\n"), "is neither a mail message nor an mbox"),
    ],
    ids=["missing", "fifo", "picture", "words"],
)
def test_bad_path(tmp_path, make, message):
    path = tmp_path / "mailbox"
    make(path)
    with pytest.raises(DeliverabilityError, match=message) as caught:
        survey(path)
    assert str(caught.value).startswith(f"path: {path}")


def test_a_path_below_a_file(tmp_path):
    (tmp_path / "file").write_text("From: x\n\n")
    with pytest.raises(DeliverabilityError, match=r"^path: .*Not a directory"):
        survey(tmp_path / "file" / "new")


@pytest.mark.parametrize("options", [{"max_age": "yesterday"}, {"max_age": "-5h"}, {"max_messages": 0}])
def test_bad_options_are_named(tmp_path, options):
    with pytest.raises(DeliverabilityError, match=f"^{next(iter(options))}: "):
        survey(tmp_path, **options)


def test_a_message_that_cannot_be_read_is_a_warning(eml_folder, monkeypatch):
    places = mailbox.list_messages(str(eml_folder), ["*.eml"])
    (eml_folder / "0.eml").unlink()
    monkeypatch.setattr(mailbox, "list_messages", lambda path, patterns: places)
    result = survey(eml_folder)
    assert result["read"] == 5
    assert result["warnings"] == [f"{eml_folder / '0.eml'}: no such file or folder"]


def test_a_file_name_that_is_no_text(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.eml")
    with open(path, "wb") as stream:
        stream.write(MESSAGES[0])
    json.dumps(survey(tmp_path)["bounces"][0]["file"]).encode()


# It never writes.


@pytest.mark.parametrize("kind", ["eml_folder", "maildir", "mbox"])
def test_nothing_is_written(kind, request, tmp_path):
    box = request.getfixturevalue(kind)
    before = files(tmp_path)
    survey(box)
    assert files(tmp_path) == before


# The door.


def run_module(monkeypatch, capsys, **arguments):
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit) as exit_code:
        bounce_info.main()
    return exit_code.value.code, json.loads(capsys.readouterr().out)


def test_module(eml_folder, monkeypatch, capsys):
    code, result = run_module(monkeypatch, capsys, path=str(eml_folder))
    assert code == 0
    assert result["changed"] is False
    assert [entry["kind"] for entry in result["bounces"]] == ["complaint", "delayed", "bounce", "bounce"]


def test_module_in_check_mode(mbox, monkeypatch, capsys):
    assert run_module(monkeypatch, capsys, path=str(mbox), _ansible_check_mode=True)[1]["read"] == 6


def test_module_names_a_bad_path(tmp_path, monkeypatch, capsys):
    code, result = run_module(monkeypatch, capsys, path=str(tmp_path / "gone"))
    assert code == 1
    assert result["msg"] == f"path: {tmp_path / 'gone'}: no such file or folder"
