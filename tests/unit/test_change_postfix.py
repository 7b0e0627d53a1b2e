# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edits of main.cf and master.cf as text: what is named changes, all else keeps its bytes."""

from __future__ import annotations

import string
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import postfix
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.postfix_text import (
    add_service,
    parameters,
    remove_service,
    same,
    service,
    services,
    set_fields,
    set_override,
    set_parameters,
    shown,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

MAIN = """\
# Where mail goes
relayhost =
#relayhost = [old.example.com]

mydestination = example.com,
    # the old name
    example.net,

  example.org
myhostname=mail.example.com
smtpd_banner = $myhostname ESMTP  two  spaces
"""

MASTER = """\
# service type  private unpriv  chroot  wakeup  maxproc command + args
smtp      inet  n       -       y       -       -       smtpd
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
        -o syslog_name=postfix/$service_name
#       -o smtp_helo_timeout=5 -o smtp_connect_timeout=5
filter    unix  -       n       n       -       10      pipe
  flags=Rq user=filter argv=/usr/local/bin/filter -o keep=this ${sender}
many      unix  -       -       n       -       -       smtp -v
  -o smtp_helo_name=a.example.com -o { smtp_generic_maps = inline:{ {a = b} } }
  # why the next one is there
  -o inet_protocols=ipv6
"""


def comments(text):
    return [line for line in text.split("\n") if line.lstrip().startswith("#")]


def test_values_are_read_as_postfix_reads_them():
    assert parameters(MAIN) == {
        "relayhost": "",
        "mydestination": "example.com, example.net, example.org",
        "myhostname": "mail.example.com",
        "smtpd_banner": "$myhostname ESMTP  two  spaces",
    }


def test_the_last_definition_counts():
    text = "a = 1\nb = 2\na = 3\n"
    assert parameters(text)["a"] == "3"
    assert set_parameters(text, {"a": "3"}) == text
    assert set_parameters(text, {"a": "4"}) == "b = 2\na = 4\n"
    assert set_parameters(text, {"a": None}) == "b = 2\n"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("relayhost", "[mx.example.com]:587", "relayhost = [mx.example.com]:587\n"),
        ("myhostname", "other.example.com", "myhostname=other.example.com\n"),
        ("smtp_helo_name", "new.example.com", "smtp_helo_name = new.example.com\n"),
        ("smtp_helo_name", "", "smtp_helo_name =\n"),
        ("transport_maps", "hash:/a\nhash:/b\n", "transport_maps =\n    hash:/a\n    hash:/b\n"),
    ],
)
def test_one_line_changes(name, value, line):
    after = set_parameters(MAIN, {name: value})
    assert line in after
    assert comments(after) == comments(MAIN)
    known = parameters(MAIN)
    assert parameters(after) == {**known, name: " ".join(value.split())}
    assert set_parameters(after, {name: value}) == after
    assert set_parameters(after, {name: known.get(name)}) == MAIN


def test_comments_within_a_value_outlive_it():
    assert set_parameters(MAIN, {"mydestination": "localhost"}) == MAIN.replace(
        "mydestination = example.com,\n    # the old name\n    example.net,\n\n  example.org\n", "mydestination = localhost\n    # the old name\n"
    )
    assert "# the old name" in set_parameters(MAIN, {"mydestination": None})


def test_a_file_without_a_last_newline_gets_one_only_where_a_line_follows():
    assert set_parameters("a = 1", {"a": "2"}) == "a = 2"
    assert set_parameters("a = 1", {"b": "2"}) == "a = 1\nb = 2\n"


def test_continuation_before_anything_and_lines_without_equals_stay():
    text = "  odd beginning\nno equals sign\na = 1\n"
    assert set_parameters(text, {"a": "2"}) == text.replace("1", "2")


@pytest.mark.parametrize(
    ("name", "one", "other", "equal"),
    [
        ("mydestination", "a, b,c", "a b\n c", True),
        ("smtp_tls_policy_maps", "hash:/a, hash:/b", "hash:/a hash:/b", True),
        ("transport_maps", "inline:{ {a = b, c} }", "inline:{ {a = b  c} }", False),
        ("smtpd_banner", "Hello, you", "Hello you", False),
        ("smtp_sasl_auth_enable", "Yes", "yes", True),
        ("relayhost", "a, b", "b, a", False),
        ("relayhost", "", None, False),
        ("relayhost", None, None, True),
    ],
)
def test_values_are_compared_by_meaning(name, one, other, equal):
    assert same(name, one, other) is equal


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("a b", "1", "not the name"),
        ("#a", "1", "not the name"),
        ("a=b", "1", "not the name"),
        ("a", "1\n# hidden", "begins with #"),
        ("a", "1\rb = 2", "control"),
        ("a", "inline:{ {x = y}", "braces"),
    ],
)
def test_what_would_become_something_else_is_refused(name, value, words):
    with pytest.raises(DeliverabilityError, match=words):
        set_parameters(MAIN, {name: value})


names = st.text(string.ascii_lowercase, min_size=1, max_size=6)
values = st.text(string.ascii_letters + string.digits + "$[]:.,/-@", max_size=12)
other_lines = st.one_of(
    st.builds("{} = {}".format, names, values),
    st.builds("{}={}".format, names, values),
    st.builds("# {}".format, st.text(st.characters(blacklist_characters="\n", blacklist_categories=("Cs",)), max_size=12)),
    st.builds("   # {}".format, values),
    st.builds("\t{}".format, values),
    st.just(""),
    st.just("  "),
)
files = st.lists(other_lines, max_size=12).map(lambda lines: "".join(line + "\n" for line in lines))


@given(files, names, values)
def test_set_then_unset_gives_the_same_bytes(text, name, value):
    name = "new_" + name
    assert set_parameters(set_parameters(text, {name: value}), {name: None}) == text


@given(files, names, values)
def test_setting_touches_nothing_else(text, name, value):
    after = set_parameters(text, {name: value})
    known = parameters(text)
    assert {**known, name: value.strip()} == parameters(after)
    assert comments(after) == comments(text)
    assert set_parameters(after, {name: value}) == after
    gone = set_parameters(text, {name: None})
    assert parameters(gone) == {key: kept for key, kept in known.items() if key != name}
    assert comments(gone) == comments(text)


@given(files, names, values, values)
def test_another_value_then_the_old_one_gives_the_same_bytes(text, name, old, new):
    line = f"{name} = {old}\n" if old else f"{name} =\n"
    before = set_parameters(text, {name: None}) + line
    assert set_parameters(set_parameters(before, {name: new}), {name: old}) == before


def test_services_are_read():
    assert [one.key for one in services(MASTER)] == [
        ("smtp", "inet"),
        ("smtp", "unix"),
        ("relay", "unix"),
        ("filter", "unix"),
        ("many", "unix"),
    ]
    many = service(MASTER, "many", "unix")
    assert [(override.name, override.value) for override in many.overrides] == [
        ("smtp_helo_name", "a.example.com"),
        ("smtp_generic_maps", "inline:{ {a = b} }"),
        ("inet_protocols", "ipv6"),
    ]
    assert service(MASTER, "filter", "unix").overrides == ()  # what follows argv= is the command's


@pytest.mark.parametrize("name", ["smtp", "relay", "filter", "many"])
@pytest.mark.parametrize("value", ["198.51.100.12", "two words", "inline:{ {a = b c} }", ""])
def test_override_added_and_removed_gives_the_same_bytes(name, value):
    after = set_override(MASTER, name, "unix", "smtp_bind_address", value)
    assert service(after, name, "unix").override("smtp_bind_address") == value
    assert comments(after) == comments(MASTER)
    assert set_override(after, name, "unix", "smtp_bind_address", value) == after
    assert set_override(after, name, "unix", "smtp_bind_address", None) == MASTER


def test_override_is_replaced_in_place():
    after = set_override(MASTER, "many", "unix", "smtp_helo_name", "b.example.com")
    assert after == MASTER.replace("a.example.com", "b.example.com")
    after = set_override(MASTER, "many", "unix", "smtp_generic_maps", "")
    assert after == MASTER.replace("-o { smtp_generic_maps = inline:{ {a = b} } }", "-o smtp_generic_maps=")


def test_override_is_removed_without_its_neighbours():
    assert set_override(MASTER, "many", "unix", "inet_protocols", None) == MASTER.replace("  -o inet_protocols=ipv6\n", "")
    assert set_override(MASTER, "many", "unix", "smtp_helo_name", None) == MASTER.replace("  -o smtp_helo_name=a.example.com -o", " -o")


def test_overrides_given_twice_become_one():
    text = "a unix - - n - - smtp -o x=1 -o y=2\n  -o x=3\n"
    assert service(text, "a", "unix").override("x") == "3"
    assert set_override(text, "a", "unix", "x", "3") == text
    assert set_override(text, "a", "unix", "x", "4") == "a unix - - n - - smtp -o y=2\n  -o x=4\n"
    assert set_override(text, "a", "unix", "x", None) == "a unix - - n - - smtp -o y=2\n"


def test_before_words_of_the_command_go_the_options():
    after = set_override(MASTER, "filter", "unix", "x", "1")
    assert "pipe -o x=1\n  flags=Rq" in after


def test_last_line_without_newline():
    text = "a unix - - n - - smtp"
    after = set_override(text, "a", "unix", "x", "1")
    assert after == text + "\n    -o x=1"
    assert set_override(after, "a", "unix", "x", None) == text


@pytest.mark.parametrize("like", ["smtp", "relay", "filter", "many"])
def test_service_like_another(like):
    after = add_service(MASTER, "out2", "unix", {"process_limit": "2"}, (like, "unix"))
    assert after.startswith(MASTER)
    model, new = service(after, like, "unix"), service(after, "out2", "unix")
    assert [(one.name, one.value) for one in new.overrides] == [(one.name, one.value) for one in model.overrides]
    assert [token.text for token in new.tokens[2:6]] == [token.text for token in model.tokens[2:6]]
    assert new.tokens[6].text == "2"
    assert [token.text for token in new.tokens[7:]] == [token.text for token in model.tokens[7:]]
    assert remove_service(after, "out2", "unix") == MASTER


def test_fields_are_replaced_in_place():
    assert set_fields(MASTER, "filter", "unix", {"process_limit": "2", "chroot": "n"}) == MASTER.replace("-       10      pipe", "-       2      pipe")


def test_removed_service_leaves_its_comments():
    assert remove_service(MASTER, "many", "unix").endswith("${sender}\n  # why the next one is there\n")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: set_override(MASTER, "none", "unix", "x", "1"), "no service none/unix"),
        (lambda: add_service(MASTER, "new", "unix", {}), "needs a command"),
        (lambda: add_service(MASTER, "a b", "unix", {"command": "smtp"}), "not the name"),
        (lambda: add_service(MASTER, "new", "unix", {"command": "smtp\nevil unix"}), "not one word"),
        (lambda: set_override(MASTER, "smtp", "unix", "x y", "1"), "not the name"),
    ],
)
def test_wrong_services_are_refused(wrong, words):
    with pytest.raises(DeliverabilityError, match=words):
        wrong()


SECRET = "inline:{ { [mx.example.com]:587 = user:hunter2 } }"


@pytest.mark.parametrize(
    "text",
    [
        f"smtp_sasl_password_maps = {SECRET}\n",
        f"#smtp_sasl_password_maps = {SECRET}\n",
        f"smtp_sasl_password_maps =\n   {SECRET}\n",
        "smtp_sasl_password_maps = static:user:hunter2\n",
        f"out unix - - n - - smtp\n  -o {{ smtp_sasl_password_maps = {SECRET} }}\n",
    ],
)
def test_passwords_are_not_shown(text):
    assert "hunter2" in text
    assert "hunter2" not in shown(text)
    assert shown(text, text) == shown(text)
    assert shown(text, "") == shown(text)


def test_another_password_shows_as_a_difference():
    one, other = (f"smtp_sasl_password_maps = static:user:{word}\n" for word in ("hunter2", "hunter3"))
    assert shown(one, other) == "smtp_sasl_password_maps = (hidden) (another)\n"


def test_names_of_password_files_are_shown():
    text = "smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n"
    assert shown(text, text) == text


# What postconf warns of


OLD = 'master.cf: support for parameter "smtp_tls_per_site" will be removed; instead, specify "smtp_tls_policy_maps"'


def trial(monkeypatch, tmp_path, complaints):
    """A trial of files about which postconf complains, as it did not of those that are there."""
    monkeypatch.setattr(postfix, "run", lambda *_words: (0, "", "".join(f"postconf: warning: {line}\n" for line in complaints)))
    instance = types.SimpleNamespace(folder=str(tmp_path), warnings=list)
    return postfix.Trial(instance, request=None, main="", master="", host=object())


def test_a_parameter_that_only_a_later_postfix_drops_is_no_mistake(monkeypatch, tmp_path):
    made = trial(monkeypatch, tmp_path, [OLD])
    made._check_warnings(str(tmp_path))
    assert made.warnings == [OLD]


def test_a_parameter_that_nothing_uses_is_one(monkeypatch, tmp_path):
    with pytest.raises(DeliverabilityError, match=r"postconf warns of the change: master\.cf: unused parameter: smtp_hello_name$"):
        trial(monkeypatch, tmp_path, [OLD, "master.cf: unused parameter: smtp_hello_name=a"])._check_warnings(str(tmp_path))
