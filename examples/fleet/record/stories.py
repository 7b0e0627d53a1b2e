# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four mail servers of the embedded fleet: how each is configured, and what its people send and when.

Only this side of the story is written here. What becomes of the mail is up to the real Postfix that sends it, the DNS in ``../zones``
and the servers in ``receiver.py``. All times are UTC.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from typing import NamedTuple


def utc(text):
    """``2026-11-18 10:00`` as epoch seconds."""
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp())


RECORDED_AT = utc("2026-11-18 10:00")
LISTED_AT = utc("2026-11-17 15:30")  # when bl.spamcop.net began to list shop's address


class Mail(NamedTuple):
    """One message: when it is sent (epoch seconds), by whom, to whom, and the length of its text in octets."""

    at: float
    sender: str
    recipient: str
    size: int


class Host(NamedTuple):
    """One mail server. ``addresses``: on its interface, with prefix length. ``main_cf``: what differs from Debian's main.cf."""

    name: str
    hostname: str
    domain: str
    addresses: list[str]
    gateway: str
    main_cf: dict[str, str]
    mails: list[Mail]
    public_address: str | None = None  # behind NAT


def moments(start, end, by_day, by_night, seed) -> Iterator[float]:
    """Moments of an ordinary flow: ``by_day`` a hour from seven to nine in the evening, ``by_night`` in the other hours, never two in one minute."""
    chance = random.Random(seed)
    for hour in range(utc(start), utc(end), 3600):
        count = by_day if 7 <= hour // 3600 % 24 < 21 else by_night
        for minute in sorted(chance.sample(range(58), count)):
            yield hour + minute * 60 + chance.randrange(20)


def flow(times, senders, recipients, seed) -> Iterator[Mail]:
    """One message at each moment; senders and recipients take turns, sizes vary."""
    chance = random.Random(seed)
    for number, at in enumerate(times):
        yield Mail(at, senders[number % len(senders)], recipients[number % len(recipients)], chance.randrange(800, 30000))


def mail(at, sender, recipient, size=2400):
    """One message that matters to the story."""
    return Mail(utc(at), sender, recipient, size)


HOME = Host(
    name="home",
    hostname="mail.home.example",
    domain="home.example",
    addresses=["203.0.113.77/24", "203.0.113.78/24"],
    gateway="203.0.113.1",
    main_cf={},
    mails=[
        *flow(
            moments("2026-11-17 04:00", "2026-11-18 10:00", 1, 0, "home"),
            ["me@home.example", "family@home.example"],
            ["aunt@mailhub.example", "club@cloudmail.example", "friend@mailhub.example", "neighbour@council.example"],
            "home",
        ),
        mail("2026-11-17 04:10", "me@home.example", "club@cloudmail.example"),
        mail("2026-11-17 18:20", "family@home.example", "cousin@webmail.example"),
        mail("2026-11-18 08:41", "me@home.example", "cousin@webmail.example"),
        mail("2026-11-18 09:27", "me@home.example", "teacher@strict.example"),
    ],
)

SHOP = Host(
    name="shop",
    hostname="mail.shop.example",
    domain="shop.example",
    addresses=["198.51.100.11/26", "198.51.100.12/26"],
    gateway="198.51.100.1",
    main_cf={"smtp_bind_address": "198.51.100.11"},
    mails=[
        *flow(
            moments("2026-11-16 19:00", "2026-11-18 10:00", 4, 1, "shop"),
            ["orders@shop.example", "orders@shop.example", "invoices@shop.example"],
            [
                "anna@mailhub.example",
                "purchasing@wholesale.example",
                "ben@webmail.example",
                "office@cloudmail.example",
                "carla@strict.example",
                "dina@mailhub.example",
                "accounts@cloudmail.example",
                "library@council.example",
                "emil@webmail.example",
                "fay@mailhub.example",
                "stock@wholesale.example",
                "gus@cloudmail.example",
                "hana@strict.example",
            ],
            "shop",
        ),
    ],
)

BRANCH = Host(
    name="branch",
    hostname="server",  # as the installer left it: Postfix makes server.localdomain of it
    domain="branch.example",
    addresses=["192.0.2.45/29"],
    gateway="192.0.2.41",
    main_cf={},
    mails=[
        *flow(
            moments("2026-11-17 06:00", "2026-11-18 10:00", 1, 0, "branch"),
            ["desk@branch.example", "sales@branch.example"],
            ["head@cloudmail.example", "client@mailhub.example", "buyer@webmail.example", "goods@wholesale.example", "head@cloudmail.example"],
            "branch",
        ),
        mail("2026-11-17 16:05", "desk@branch.example", "permits@council.example"),
        mail("2026-11-17 17:48", "sales@branch.example", "depot@strict.example"),
        mail("2026-11-18 08:33", "desk@branch.example", "permits@council.example"),
        mail("2026-11-18 09:12", "sales@branch.example", "depot@strict.example"),
    ],
)

OFFICE = Host(
    name="office",
    hostname="mail.office.example",
    domain="office.example",
    addresses=["10.20.0.25/24"],
    gateway="10.20.0.1",
    public_address="192.0.2.80",
    main_cf={},
    mails=[
        *flow(
            moments("2026-11-17 06:00", "2026-11-18 10:00", 2, 0, "office"),
            ["lena@office.example", "omar@office.example", "post@office.example"],
            ["team@cloudmail.example", "mara@mailhub.example", "front@strict.example", "nils@webmail.example", "claims@council.example"],
            "office",
        ),
        mail("2026-11-17 11:31", "omar@office.example", "treasurer@club.example"),
        mail("2026-11-17 14:22", "lena@office.example", "jon.smiht@mailhub.example"),
        mail("2026-11-18 03:59", "post@office.example", "holiday.photos@mailhub.example", 21000),
        mail("2026-11-18 08:52", "omar@office.example", "loans@bank.example"),
        mail("2026-11-18 09:57", "lena@office.example", "secretary@club.example"),
    ],
)

HOSTS = (HOME, SHOP, BRANCH, OFFICE)
