# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exim's configuration as text: what is not named stays, and what is written means what was asked for."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import exim_text as module
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.exim_text import (
    as_text,
    block,
    client_authenticators,
    copied,
    definitions,
    guarded_definitions,
    host_options,
    instance_text,
    instances,
    lines,
    macro_of,
    marked_instances,
    same,
    set_block,
    set_macro,
    set_main,
    set_option,
    set_password,
    set_settings,
    setting_text,
    settings,
    shown,
    shown_passwords,
)
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.exim import split_list

# As long as it takes to hold every construct that Debian's files have.
TEXT = """\
# by hand
CONFDIR = /etc/exim4
primary_hostname = mail.example.com
domainlist local_domains = @ : \\
   # within a list
   example.com
.ifdef MAIN_PORTS
daemon_smtp_ports = MAIN_PORTS
.endif

begin acl
check:
  accept

begin routers

.ifdef DIRECT
relayed:
  driver = dnslookup
  domains = +relay_to_domains
  transport = remote_smtp

.ifndef IGNORED
IGNORED = <; 127.0.0.0/8 ; ::1
.endif

dnslookup:
  debug_print = "R: dnslookup for $local_part@$domain"
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
  same_domain_copy_routing = yes
  ignore_target_hosts = IGNORED
  no_more
.endif

local_user:
  driver = accept
\ttransport = mail_spool

begin transports
remote_smtp:
  driver = smtp
.ifdef REMOTE_SMTP_INTERFACE
  interface = REMOTE_SMTP_INTERFACE
.endif
  hosts_try_auth = <; ${if exists{CONFDIR/passwd.client} \\
        {\\
        ${lookup{$host}nwildlsearch{CONFDIR/passwd.client}{$host_address}}\\
        }\\
        {} \\
      }
.ifdef LONG
# of long lines
  message_linelength_limit = 1G
.endif
mail_spool:
  driver = appendfile
  file = /var/mail/$local_part

begin retry
* * F,2h,15m

begin authenticators
"""


def one(kind, name, text=TEXT):
    return instances(text, kind)[name]


def put(name, value, kind="transports", instance="remote_smtp", text=TEXT):
    return set_option(text, one(kind, instance, text), name, value)


def difference(before, after):
    """Return ``(lines gone, lines new)``."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_lines_of_every_kind():
    kinds = {(line.kind, line.name, line.section) for line in lines(TEXT)}
    assert {
        ("macro", "CONFDIR", "main"),
        ("option", "primary_hostname", "main"),
        ("begin", "routers", "routers"),
        ("instance", "dnslookup", "routers"),
        ("directive", ".ifndef", "routers"),
        ("macro", "IGNORED", "routers"),
        ("option", "more", "routers"),
        ("other", "", "retry"),
        ("other", "", "acl"),
    } <= kinds
    (more,) = one("routers", "dnslookup").options("more")
    assert more.value == "false"
    (auth,) = one("transports", "remote_smtp").options("hosts_try_auth")
    assert auth.value.startswith("<; ${if exists{CONFDIR/passwd.client} {${lookup")
    assert TEXT[auth.start : auth.end].count("\n") == 6


def test_a_comment_does_not_end_a_line_that_goes_on():
    (line,) = [line for line in lines(TEXT) if TEXT[line.start :].startswith("domainlist")]
    assert TEXT[line.start : line.end].endswith("   example.com\n")


def test_conditionals_around_and_behind_an_instance_are_not_its_own():
    assert list(instances(TEXT, "routers")) == ["relayed", "dnslookup", "local_user"]
    assert TEXT[one("routers", "relayed").end :].startswith("\n.ifndef IGNORED")
    assert TEXT[one("routers", "dnslookup").end :].startswith(".endif")
    assert TEXT[one("transports", "remote_smtp").end :].startswith("mail_spool:")


@given(text=st.text(alphabet="ab:=#\\\n .ifdef\tX", max_size=60))
def test_any_text_is_read_to_its_end(text):
    found = lines(text)
    assert all(line.start < line.end for line in found)
    assert [line.start for line in found] == sorted(line.start for line in found)
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))


def test_a_new_option_comes_behind_the_driver():
    text = put("helo_data", "mail2.example.com")
    assert difference(TEXT, text) == ([], ["  helo_data = mail2.example.com"])
    assert "remote_smtp:\n  driver = smtp\n  helo_data = mail2.example.com\n.ifdef" in text


def test_an_option_is_changed_in_place_and_only_where_it_differs():
    assert put("transport", "out2", "routers", "dnslookup") == TEXT.replace("transport = remote_smtp\n  same", "transport = out2\n  same")
    assert put("transport", "remote_smtp", "routers", "dnslookup") == TEXT
    assert put("more", "false", "routers", "dnslookup") == TEXT
    assert difference(TEXT, put("more", "true", "routers", "local_user"))[1] == ["  more = true"]


def test_an_option_over_several_lines_goes_whole():
    text = put("hosts_try_auth", "*")
    assert "passwd.client" not in text
    assert "  hosts_try_auth = *\n" in text
    assert difference(put("hosts_try_auth", None), TEXT)[0] == []


def test_an_option_that_was_there_under_a_condition_is_set_for_good():
    text = put("message_linelength_limit", "2G")
    assert ".ifdef LONG" not in text
    assert "  driver = smtp\n  message_linelength_limit = 2G\n" in text
    assert one("transports", "remote_smtp", text).options("message_linelength_limit")[0].depth == 0


def test_the_macro_that_sets_an_option():
    transport = one("transports", "remote_smtp")
    assert macro_of(transport, "interface") == "REMOTE_SMTP_INTERFACE"
    assert macro_of(transport, "message_linelength_limit") is None
    assert macro_of(one("routers", "dnslookup"), "ignore_target_hosts") is None
    assert macro_of(transport, "helo_data") is None


def test_the_same_indentation():
    assert "\ttransport = other\n" in put("transport", "other", "routers", "local_user")


def test_a_copy_has_all_but_the_name_and_what_is_given():
    router = copied(TEXT, one("routers", "dnslookup"), "out2", {"domains": "example.net", "transport": "out2"})
    assert router == (
        "out2:\n  driver = dnslookup\n  domains = example.net\n  transport = out2\n  same_domain_copy_routing = yes\n"
        "  ignore_target_hosts = IGNORED\n  no_more\n"
    )
    transport = copied(TEXT, one("transports", "remote_smtp"), "out2", {"interface": "198.51.100.12", "helo_data": "mail2.example.com"})
    assert transport.startswith("out2:\n  driver = smtp\n  interface = 198.51.100.12\n  helo_data = mail2.example.com\n  hosts_try_auth")
    assert transport.endswith(".ifdef LONG\n# of long lines\n  message_linelength_limit = 1G\n.endif\n")


def test_a_copy_brings_the_macros_that_are_defined_behind_its_place():
    assert guarded_definitions(TEXT, "ignore_target_hosts = IGNORED", "routers") == ".ifndef IGNORED\nIGNORED = <; 127.0.0.0/8 ; ::1\n.endif\n"
    assert guarded_definitions(TEXT, "ignore_target_hosts = NOT_IGNORED", "routers") == ""
    again = set_block(TEXT, "x", "routers", ".ifndef IGNORED\nIGNORED = old\n.endif\n")
    assert guarded_definitions(again, "IGNORED", "routers") == ".ifndef IGNORED\nIGNORED = <; 127.0.0.0/8 ; ::1\n.endif\n"


def test_a_router_to_hosts_has_none_of_the_options_of_the_one_that_it_copies():
    options = host_options([{"host": "smtp.example.net", "port": None, "priority": 0}], "dnslookup")
    router = copied(TEXT, one("routers", "dnslookup"), "relay", options)
    assert router == (
        "relay:\n  driver = manualroute\n  route_list = * smtp.example.net byname\n  host_find_failed = ignore\n"
        "  domains = ! +local_domains\n  transport = remote_smtp\n  same_domain_copy_routing = yes\n  no_more\n"
    )


def host(name, port=None, priority=0):
    return {"host": name, "port": port, "priority": priority}


@pytest.mark.parametrize(
    ("hosts", "route", "rotated"),
    [
        ([host("a.example")], "* a.example byname", None),
        ([host("a.example", 587), host("b.example", priority=-1)], "* b.example:a.example::587 byname", None),
        ([host("a.example", 587), host("b.example")], "* a.example::587:b.example byname", "true"),
        ([host("c.example", priority=5), host("a.example"), host("b.example")], "* a.example:b.example:+:c.example byname", "true"),
        ([host("2001:db8::1", 587), host("[2001:db8::2]", priority=1)], "* [2001::db8::::1]::587:[2001::db8::::2] byname", None),
        ([host("192.0.2.1", 25)], "* 192.0.2.1::25 byname", None),
    ],
)
def test_hosts_of_a_route(hosts, route, rotated):
    options = host_options(hosts, "manualroute")
    assert (options["route_list"], options["hosts_randomize"]) == (route, rotated)


@pytest.mark.parametrize("wrong", [host("two words"), host(""), host("a;b"), host("a.example", 0), host("a.example", 70000), host("$host")])
def test_what_is_no_host_is_refused(wrong):
    with pytest.raises(DeliverabilityError, match="hosts: "):
        host_options([wrong], "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (None, None),
        (" x ", "x"),
        ("a\n  b", "a b"),
        (["a.example", "b.example"], "a.example : b.example"),
        (["198.51.100.12", "2001:db8::12"], "<; 198.51.100.12 ; 2001:db8::12"),
        ("2001:db8::12", "<; 2001:db8::12"),
        ("198.51.100.12", "198.51.100.12"),
        ([], ""),
    ],
)
def test_values_become_text(value, expected):
    assert as_text("x", value) == expected


@given(st.lists(st.text(alphabet="ab.:1", min_size=1, max_size=9), min_size=1, max_size=4))
def test_a_list_is_read_back_as_it_was(items):
    assert split_list(as_text("x", items)) == items


def test_a_mapping_is_no_value():
    with pytest.raises(DeliverabilityError, match="dict is no value"):
        as_text("x", {"a": 1})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("yes", "true", True),
        ("no", "false", True),
        ("a : b", "a:b", True),
        ("<; a ; b", "a : b", True),
        ("a  b", "a b", True),
        ("a", "b", False),
        (None, "", False),
        (None, None, True),
        ("${if eq{a:b}{c}}", "${if eq{a : b}{c}}", False),
    ],
)
def test_what_is_the_same_to_exim(first, second, expected):
    assert same(first, second) is expected


@pytest.mark.parametrize("value", ["a\nb", "a\\", "a\x00b"])
def test_values_that_would_become_something_else_are_refused(value):
    with pytest.raises(DeliverabilityError, match="the value"):
        set_main(TEXT, "primary_hostname", value)


# Macros and main options


def test_macros_are_changed_where_they_are():
    assert set_macro(TEXT, "CONFDIR", "/etc/exim") == TEXT.replace("CONFDIR = /etc/exim4", "CONFDIR = /etc/exim")
    assert set_macro(TEXT, "CONFDIR", "/etc/exim4") == TEXT
    assert difference(TEXT, set_macro(TEXT, "CONFDIR", None)) == (["CONFDIR = /etc/exim4"], [])
    # One that only a condition defines is no definition: ours counts first.
    assert set_macro(TEXT, "IGNORED", "0.0.0.0").startswith("# by hand\nCONFDIR = /etc/exim4\nIGNORED = 0.0.0.0\n")
    assert definitions(TEXT) == {"CONFDIR": "/etc/exim4"}


def test_a_new_macro_in_a_file_of_macros_comes_last():
    assert set_macro("", "A", "1") == "A = 1\n"
    assert set_macro("# ours\nA = 1", "B", "2") == "# ours\nA = 1\nB = 2\n"
    assert set_macro("", "A", None) == ""


def test_main_options():
    assert set_main(TEXT, "primary_hostname", "other.example.com") == TEXT.replace("mail.example.com", "other.example.com")
    assert set_main(TEXT, "remote_max_parallel", "1").startswith("# by hand\nCONFDIR = /etc/exim4\nremote_max_parallel = 1\nprimary_hostname")
    assert set_main("x = 1\nbegin routers\n", "y", "2") == "y = 2\nx = 1\nbegin routers\n"
    # An option of the same name in another section is another one.
    assert difference(TEXT, set_main(TEXT, "driver", None)) == ([], [])


# Blocks


def test_a_block_is_put_first_among_routers_and_last_among_transports():
    text = set_block(TEXT, "ours", "routers", "out2:\n  driver = accept\n")
    assert "begin routers\n# BEGIN postmaster.deliverability ours\nout2:\n  driver = accept\n# END postmaster.deliverability ours\n" in text
    assert next(iter(instances(text, "routers"))) == "out2"
    text = set_block(text, "ours", "transports", "out2:\n  driver = smtp\n")
    assert list(instances(text, "transports"))[-1] == "out2"
    assert block(text, "ours", "transports") == "out2:\n  driver = smtp\n"
    assert block(text, "ours", "retry") is None
    assert marked_instances(text, "routers") == marked_instances(text, "transports") == ["out2"]
    assert set_block(set_block(text, "ours", "transports", ""), "ours", "routers", "") == TEXT


def test_blocks_of_several_changes_stand_side_by_side():
    text = set_block(set_block(TEXT, "one", "routers", "a:\n  driver = accept\n"), "two", "routers", "b:\n  driver = accept\n")
    assert list(instances(text, "routers"))[:2] == ["b", "a"]
    again = set_block(text, "one", "routers", "c:\n  driver = accept\n")
    assert marked_instances(again, "routers") == ["b", "c"]
    assert set_block(again, "one", "routers", "") == set_block(TEXT, "two", "routers", "b:\n  driver = accept\n")


def test_a_section_that_is_missing_is_added():
    text = set_block("x = 1\n", "ours", "retry", "* * F,1h,5m\n")
    assert text == "x = 1\n\nbegin retry\n# BEGIN postmaster.deliverability ours\n* * F,1h,5m\n# END postmaster.deliverability ours\n"


def test_half_a_block_is_an_error():
    with pytest.raises(DeliverabilityError, match="is missing"):
        block("begin routers\n# BEGIN postmaster.deliverability ours\na:\n", "ours", "routers")


def test_a_new_instance_begins_with_its_driver():
    assert instance_text("out2", {"interface": "198.51.100.12", "driver": "smtp", "port": None}) == "out2:\n  driver = smtp\n  interface = 198.51.100.12\n"
    with pytest.raises(DeliverabilityError, match="is not the name of an option"):
        instance_text("out2", {"driver": "smtp", "two words": "x"})


# Debian's settings


DEBCONF = "# This is a Debian Firewall\ndc_eximconfig_configtype='internet'\ndc_smarthost=\"\"\ndc_use_split_config='false' # here\n"


def test_settings_are_changed_in_place():
    assert settings(DEBCONF) == {"dc_eximconfig_configtype": "internet", "dc_smarthost": "", "dc_use_split_config": "false"}
    assert set_settings(DEBCONF, {"dc_smarthost": "", "dc_eximconfig_configtype": "internet"}) == DEBCONF
    assert set_settings(DEBCONF, {"dc_smarthost": "a::587"}) == DEBCONF.replace('dc_smarthost=""', "dc_smarthost='a::587'")
    assert set_settings("x='1'", {"dc_readhost": "y"}) == "x='1'\ndc_readhost='y'\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a::587;b::25", "a::587;b::25"),
        (" a::587 ; b ; ", "a::587;b"),
        ("a:587", "a::587"),
        (["a:587", " b "], "a::587;b"),
        (None, ""),
    ],
)
def test_smarthosts_are_written_as_debian_reads_them(value, expected):
    assert setting_text("dc_smarthost", value) == expected


def test_other_settings():
    assert setting_text("dc_local_interfaces", ["127.0.0.1", "::1"]) == "127.0.0.1 ; ::1"
    assert setting_text("dc_minimaldns", True) == "true"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("dc_smarthost", "a b", "white space, which breaks the router"),
        ("dc_readhost", "it's", "does not take"),
        ("dc_readhost", "$(reboot)", "does not take"),
        ("PATH", "x", "is not a setting"),
        ("dc_x;reboot", "x", "is not a setting"),
    ],
)
def test_settings_that_would_do_something_else_are_refused(name, value, words):
    with pytest.raises(DeliverabilityError, match=words):
        setting_text(name, value)


# Passwords


PASSWORDS = "# host:user:password\nsmtp.example.net:me:old\n*.example.org:me:other"


def test_passwords_are_changed_in_place_and_new_ones_count_first():
    assert set_password(PASSWORDS, "smtp.example.net", ("me", "old")) == PASSWORDS + "\n"
    assert set_password(PASSWORDS, "SMTP.example.net", ("me", "new")).splitlines()[1] == "SMTP.example.net:me:new"
    assert set_password(PASSWORDS, "mx.example.org", ("me", "new")).splitlines()[1] == "mx.example.org:me:new"
    assert set_password(PASSWORDS, "*", ("me", "new")).splitlines()[-1] == "*:me:new"
    assert set_password("", "*", ("me", "a:b c")) == "*:me:a:b c\n"


@pytest.mark.parametrize(
    ("where", "login"),
    [
        ("a b", ("u", "p")),
        ("", ("u", "p")),
        ("a:b", ("u", "p")),
        ("h", ("", "p")),
        ("h", ("u", "")),
        ("h", ("u:v", "p")),
        ("h", ("u", "p\nq")),
        ("h", ("u", " p")),
    ],
)
def test_logins_that_the_file_cannot_hold_are_refused(where, login):
    with pytest.raises(DeliverabilityError, match="credentials: "):
        set_password(PASSWORDS, where, login)


def test_passwords_are_never_shown():
    after = set_password(PASSWORDS, "smtp.example.net", ("me", "new"))
    assert shown_passwords(PASSWORDS, after) == "# host:user:password\nsmtp.example.net:(hidden) (another)\n*.example.org:(hidden)\n"
    assert shown_passwords("a line of nothing\n") == "(hidden)\n"


def test_authenticators_look_into_the_file_and_wait_for_tls():
    text = client_authenticators("/etc/exim/passwd.client")
    assert list(instances("begin authenticators\n" + text, "authenticators")) == ["postmaster_plain", "postmaster_login"]
    assert text.count("if def:tls_out_cipher") == 2
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(
    "line",
    [
        "  client_send = ^user^hunter2",
        "  server_secret = hunter2",
        "hide pgsql_servers = a/b/c/hunter2",
        "SMARTHOST_PASSWORD = hunter2",
        "  client_secret = a\\\n  hunter2",
    ],
)
def test_what_may_hold_a_password_is_hidden(line):
    before, after = f"begin authenticators\nplain:\n  driver = plaintext\n{line}\n", "begin authenticators\nplain:\n  driver = plaintext\n"
    assert "hunter2" not in shown(before, other=after)
    assert "(hidden) (another)" in shown(before, other=after)
    assert "(another)" not in shown(before, other=before)
    assert shown(after) == after


def test_text_of_any_bytes_stays():
    text = b"# caf\xe9\r\nx = 1\x0c\n".decode("utf-8", "surrogateescape")
    assert set_main(text, "y", "2").encode("utf-8", "surrogateescape") == b"# caf\xe9\r\nx = 1\x0c\ny = 2\n"


def test_every_private_option_of_dnslookup_goes():
    assert set(module.host_options([host("a")], "dnslookup")) >= {"mx_domains", "ipv4_only", "widen_domains"}
