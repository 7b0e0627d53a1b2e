# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real mail systems do to those who change them carelessly, and that this collection's modules do not let it happen.

Each test first does by hand what a person might do, and sees what comes of it; then it asks the module for the same.
"""

from __future__ import annotations

import re

import pytest
import world

ABSENT, MALFORMED = "192.0.2.77", "999.1.1.1"
MACROS = "/etc/exim4/exim4.conf.localmacros"
PASSWORD = world.ACCOUNTS["customer"]


@pytest.fixture
def postfix(lab):
    lab.reset("mail1")
    return "mail1"


@pytest.fixture
def exim(lab):
    lab.reset("mail3")
    return "mail3"


def postconf(lab, host, *settings):
    """Change main.cf as a person would."""
    lab.run(host, "postconf -e " + " ".join(f"'{setting}'" for setting in settings) + "; postfix reload")


def refuses(lab, host, module, reason, **arguments):
    """The module fails with a reason, and the files stay as they are."""
    folder = {"mail1": "/etc/postfix", "mail3": "/etc/exim4"}[host]
    before = lab.run(host, f"find {folder} -type f -exec sha256sum {{}} +")
    play = lab.play([{f"postmaster.deliverability.{module}": {"snapshot": "careless", **arguments}}], hosts=host)
    assert play.recap[host]["failed"] == 1, play.output
    assert re.search(reason, play.output), play.output
    assert lab.run(host, f"find {folder} -type f -exec sha256sum {{}} +") == before


def smarthost(lab, host, answer):
    """Make a Debian Exim send through relays, with a password for each."""
    names = {"dc_eximconfig_configtype": "smarthost", "dc_smarthost": answer}
    edits = "; ".join(f"sed -i \"/^{name}=/d; \\$a {name}='{value}'\" /etc/exim4/update-exim4.conf.conf" for name, value in names.items())
    lab.run(host, edits)
    lab.write(host, "/etc/exim4/passwd.client", f"*:customer:{PASSWORD}\n")
    return lab.run(host, "update-exim4.conf && systemctl reload exim4", check=False)


def test_postfix_sends_from_another_address_when_its_own_is_not_there(lab, postfix):
    refuses(lab, postfix, "postfix_config", f"no interface of this host has {ABSENT}", parameters={"smtp_bind_address": ABSENT})

    postconf(lab, postfix, f"smtp_bind_address={ABSENT}")
    lab.send(postfix, "ann@open.example")
    assert lab.delivered("mx.open.example", "ann@open.example")["client"] == "198.51.100.11"
    assert f"bind {ABSENT}: Cannot assign requested address" in lab.log(postfix)

    postconf(lab, postfix, "smtp_bind_address_enforce=yes")
    lab.send(postfix, "ann@bank.example")
    lab.wait_for_log(postfix, "ann@bank.example.*status=deferred .*server configuration error")


def test_postfix_check_passes_a_malformed_address_and_then_nothing_leaves(lab, postfix):
    refuses(lab, postfix, "postfix_config", MALFORMED, parameters={"smtp_bind_address": MALFORMED})

    lab.run(postfix, f"postconf -e smtp_bind_address={MALFORMED}; postfix check; postfix reload")
    lab.send(postfix, "ben@open.example")
    lab.wait_for_log(postfix, f"smtp.*fatal: .*bad smtp_bind_address parameter: {MALFORMED}")
    lab.wait_for_log(postfix, "bad command startup -- throttling")
    assert lab.received("mx.open.example", "ben@open.example") == []
    assert [mail.reason for mail in lab.queue(postfix)] == [None]


def test_postconf_replaces_a_link_and_its_mode(lab, postfix):
    move = "mkdir -p /srv; mv /etc/postfix/main.cf /srv/main.cf; ln -s /srv/main.cf /etc/postfix/main.cf; chmod 640 /srv/main.cf"
    shape = "stat -c '%F %a' /etc/postfix/main.cf; readlink /etc/postfix/main.cf || true; stat -c %a /srv/main.cf"
    lab.run(postfix, f"{move}; postconf -e smtp_helo_name=out.shop.example")
    assert lab.run(postfix, shape).splitlines()[0] == "regular file 644"

    lab.reset(postfix)
    lab.run(postfix, move)
    play = lab.play(
        [{"postmaster.deliverability.postfix_config": {"snapshot": "careful", "parameters": {"smtp_helo_name": "out.shop.example"}}}], hosts=postfix
    )
    assert play.changed() == {postfix: 1}, play.output
    assert lab.run(postfix, shape).splitlines() == ["symbolic link 777", "/srv/main.cf", "640"]
    assert lab.run(postfix, "postconf -h smtp_helo_name").strip() == "out.shop.example"


def test_an_absent_inet_interface_kills_every_command(lab, postfix):
    refuses(lab, postfix, "postfix_config", ABSENT, parameters={"inet_interfaces": ABSENT})

    lab.run(postfix, f"postconf -e inet_interfaces={ABSENT}")
    for command in ("postqueue -p", "newaliases", "mailq", "sendmail -bv root"):
        assert f"inet_interfaces: no local interface found for {ABSENT}" in lab.run(postfix, command, check=False)


def test_an_edit_without_reload_leaks_in(lab, postfix):
    """A process that runs keeps the old address, the one that follows it has the new one."""
    postconf(lab, postfix, "max_idle=1h")
    lab.send(postfix, "carl@open.example")
    lab.wait_for_log(postfix, "carl@open.example.*status=sent")
    lab.run(postfix, "postconf -e smtp_bind_address=198.51.100.12")
    lab.send(postfix, "cora@open.example")
    assert lab.delivered("mx.open.example", "cora@open.example")["client"] == "198.51.100.11"
    lab.run(postfix, "pkill -x smtp")  # as each of them ends after a while
    lab.send(postfix, "cleo@open.example")
    assert lab.delivered("mx.open.example", "cleo@open.example")["client"] == "198.51.100.12"


def test_a_bounced_message_cannot_be_flushed_back(lab, postfix):
    lab.send(postfix, "dora@mailhub.example")
    lab.wait_for_log(postfix, "dora@mailhub.example.*status=bounced")
    lab.send_from(postfix, "198.51.100.12", "out.shop.example")
    lab.flush(postfix)
    lab.send(postfix, "dirk@mailhub.example")
    lab.delivered("mx.mailhub.example", "dirk@mailhub.example")
    assert not any(line["accepted"] for line in lab.received("mx.mailhub.example", "dora@mailhub.example"))


def test_exim_accepts_any_source_address_and_then_defers(lab, exim):
    for address, words in ((ABSENT, r"Cannot assign requested address"), (MALFORMED, r"not a valid IP address")):
        lab.send_from(exim, address)  # update-exim4.conf and the reload say nothing
        lab.run(exim, "exim4 -bV")
        lab.send(exim, f"ed@{'open' if address == ABSENT else 'bank'}.example")
        lab.wait_for_log(exim, f"== ed@.*{words}")
        lab.reset(exim)
        refuses(lab, exim, "exim_config", re.escape(address), macros={"REMOTE_SMTP_INTERFACE": address})


def test_debian_exim_sends_through_a_relay_from_the_default_address(lab, exim):
    lab.send_from(exim, "198.51.100.32")
    smarthost(lab, exim, "relay.isp.example::587")
    lab.send(exim, "fay@mailhub.example")
    assert lab.delivered("relay.isp.example", "fay@mailhub.example")["client"] == "198.51.100.31"


def test_a_space_after_a_semicolon_breaks_the_smarthost_router(lab, exim):
    smarthost(lab, exim, "relay.isp.example::587; relay2.isp.example::587")
    assert "unknown routing option" in lab.run(exim, "exim4 -bt gus@mailhub.example", check=False)

    lab.reset(exim)
    debconf = {"dc_eximconfig_configtype": "smarthost", "dc_smarthost": "relay.isp.example::587; relay2.isp.example::587"}
    play = lab.play([{"postmaster.deliverability.exim_config": {"snapshot": "careful", "debconf": debconf}}], hosts=exim)
    assert play.changed() == {exim: 1}, play.output
    assert "relay2.isp.example" in lab.run(exim, "exim4 -bt gus@mailhub.example")


def test_an_unverifiable_certificate_costs_the_mail(lab, exim):
    """No trust, so no TLS, so no password, so a refusal for good."""
    smarthost(lab, exim, "relay.untrusted.example::587")
    lab.send(exim, "hal@mailhub.example")
    lab.wait_for_log(exim, r"\*\* hal@mailhub.example.*530 5.7.0 Authentication required")
    assert "certificate verification failed" in lab.log(exim)
    assert [mail for mail in lab.queue(exim) if mail.recipient == "hal@mailhub.example"] == []


def test_a_wrong_password_is_waited_out_by_postfix_and_bounced_by_exim(lab, exim):
    lab.reset("home")
    settings = ["relayhost=[relay.isp.example]:587", "smtp_sasl_auth_enable=yes", "smtp_sasl_security_options=noanonymous", "smtp_tls_security_level=encrypt"]
    lab.write("home", "/etc/postfix/password", "relay.isp.example customer:wrong\n")
    postconf(lab, "home", *settings, "smtp_sasl_password_maps=texthash:/etc/postfix/password")
    lab.send("home", "ida@mailhub.example")
    lab.wait_for_log("home", "ida@mailhub.example.*status=deferred .*535 5.7.8")
    assert [mail.recipient for mail in lab.queue("home")] == ["ida@mailhub.example"]

    smarthost(lab, exim, "relay.isp.example::587")
    lab.write(exim, "/etc/exim4/passwd.client", "*:customer:wrong\n")
    lab.send(exim, "ida@mailhub.example")
    lab.wait_for_log(exim, r"\*\* ida@mailhub.example.*530 5.7.0")
