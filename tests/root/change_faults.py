# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of faults in a change share: a host that was changed once and stands as it was first, and what it must be like whatever has happened.

The configuration is whole, the service is up, and no message is lost. Each on a real Postfix and a real Exim.
"""

from __future__ import annotations

import contextlib

import change_hosts
import mail_hosts
from change_hosts import CLEAN, PROBE

BOTH = ["ann@example.net", "bob@example.net"]


@contextlib.contextmanager
def changed_once(system, name):
    """A host that knows what its files are like after the change."""
    with mail_hosts.opened(change_hosts.SYSTEMS[system], f"{name}-{system}") as host:
        done, _result = host.play()
        assert done.returncode == 0, done.stdout + done.stderr
        host.changed = host.files()
        yield host


def at_first(host):
    """The host as it was first: its address is listed, and two messages wait."""
    host.reset()
    for recipient in BOTH:
        host.send(recipient)
    host.settled(2)
    return host


def stands(host):
    """The service is up, and each file is as it was or as it is to be. One that was about to be renamed may lie beside it."""
    assert host.is_whole()
    for name, content in host.files().items():
        known = (host.first.get(name), host.changed.get(name))
        assert content in known or name == "generated" or name.endswith(".postmaster.deliverability"), name


def as_it_was(host):
    """Nothing is changed, held, noted or lost."""
    assert host.is_whole()
    assert host.files() == host.first
    assert (host.held(), len(host.waiting()), host.is_clean()) == ([], 2, True)


def as_it_is_to_be(host, *recipients):
    """It is changed, and the messages go through, each once."""
    assert host.is_whole()
    assert host.files() == host.changed
    assert host.held() == []
    host.try_all()
    host.empties()
    assert host.taken() == [(recipient, CLEAN) for recipient in recipients or BOTH]


def fails(done, *words):
    assert done.returncode == 2, done.stdout + done.stderr
    for word in words:
        assert word in done.stdout, done.stdout


def killed(host, *kill, **variables):
    """Kill Ansible and the module that it runs."""
    done, result = host.play(kill=kill, remediate_change_probes=[PROBE], **variables)
    assert (done.returncode, result) == (-9, None), done.stdout + done.stderr
    stands(host)
    assert len(host.waiting()) + len(host.taken()) >= 2


HOLD, WRITE, ONE = "Hold what the change is about", "| Configure", "change_message | Let the message go"
TRY, ALL = "Ask for a try of the message now", "Let the held mail go"
# The task, and the step of its module; None is before the task.
BEFORE = [(HOLD, None), (HOLD, "note"), (HOLD, "hold"), (WRITE, "first file"), (WRITE, "second file"), (WRITE, "reload"), ("Ask the servers", None)]
AFTER = [(ONE, "release"), (TRY, None), ("Judge it", None), (ALL, None), (ALL, "forget"), ("Ask for a try of them now", None)]


def named(kill):
    """Return how a kill is called in the name of its test."""
    task, step = kill
    return f"{task}, {step}" if step else task
