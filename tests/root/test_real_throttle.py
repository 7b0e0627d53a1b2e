# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role throttle on a real Postfix, in a network without a way out."""

from __future__ import annotations

import os

import change_hosts
import mail_hosts
import pytest
from change_hosts import SINK
from mail_hosts import recap

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace and for Postfix")

PARTNER = f"inline:{{ {{ partner.example = smtp:[{SINK[0]}]:{SINK[1]} }} }}"
DELAY = 3


@pytest.fixture
def host():
    """A host whose administrator has routed a domain, and a server that takes everything."""
    with mail_hosts.opened(change_hosts.Postfix, "throttle") as host:
        host.postfix("postconf", "-e", f"transport_maps={PARTNER}")
        host.postfix("postfix", "reload")
        (host.folder / "rules.json").write_text("[]")
        host.first = host.files()
        yield host


def throttle(host, *words, **variables):
    """Play the role; return Ansible's process and the domains that are slow."""
    options = {"mta": host.MTA, "config_dir": host.config_dir, "state_dir": str(host.state), "delay": DELAY, **variables}
    done, result = host.role("throttle", {f"throttle_{name}": value for name, value in options.items()}, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done, result.get("domains")


def gap(host, *recipients):
    """Send a message to each; return the seconds from the first that the server took to the last one."""
    for recipient in recipients:
        host.send(recipient)
    host.empties()
    times = [one["time"] for one in host.told("taken.jsonl")]
    assert len(times) == len(recipients)
    return times[-1] - times[0]


def test_what_was_slow_stays_slow_where_the_list_is_added_to(host):
    """Told first, then done; the second run changes nothing; by default the list is whole; and all of it back."""
    assert throttle(host, domains=["example.net"])[1] == ["example.net"]
    first = host.files()

    told, _domains = throttle(host, "--check", "--diff", domains=["example.org"], exclusive=False)
    assert host.files() == first
    done, domains = throttle(host, "--diff", domains=["example.org"], exclusive=False)
    assert domains == ["example.net", "example.org"]
    for output in (told.stdout, done.stdout):
        assert f"+transport_maps = inline:{{ example.net=pmd_throttle:, example.org=pmd_throttle: }}, {PARTNER}" in output
    assert gap(host, "ann@example.net", "bob@example.org") > DELAY / 2
    again, domains = throttle(host, domains=["example.org"], exclusive=False)
    assert (recap(again), domains) == (0, ["example.net", "example.org"])
    # The first list by itself is a part of what is slow by now.
    assert recap(throttle(host, domains=["example.net"], exclusive=False)[0]) == 0

    assert throttle(host, domains=["example.org"])[1] == ["example.org"]
    assert host.postfix("postconf", "-h", "transport_maps").strip() == f"inline:{{ example.org=pmd_throttle: }}, {PARTNER}"

    throttle(host, state="absent")
    assert (host.files(), host.held()) == (host.first, [])
    assert recap(throttle(host, state="absent")[0]) == 0
