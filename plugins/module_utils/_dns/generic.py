# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""PTR names that a provider made up for a whole range: receivers take them for dial-up lines and home connections."""

from __future__ import annotations

import re

DYNAMIC_WORDS = frozenset(
    (
        "adsl broadband cable catv cdma dhcp dhcpd dial dialin dialup dialups dip dsl dslam dyn dynamic dynamicip dynip ftth fttx gprs hsdpa hsi isdn lte "
        "mobile pool pools ppp pppoe resnet residential sdsl umts unassigned unallocated unknown vdsl wifi wimax wireless xdsl"
    ).split()
)
"""Words that say by themselves that a line changes its address or belongs to a home."""

RANGE_WORDS = frozenset(
    "client clients cpe cust customer customers host hosts ip ipv4 ipv6 nat node pc rev reverse static sub subscriber user users vm vps".split()
)
"""Words that say so only beside a part of the address."""


def generic_name(name, ip):
    """Why a PTR name looks made for a range, as the end of a sentence, or None. ``ip`` is an address of ``ipaddress``."""
    name = name.lower()
    own = name.split(".")[:-2]  # the last two labels are the provider's name, whatever it contains
    words = set(re.split(r"[^a-z]+", ".".join(own))) - {""}
    if words & DYNAMIC_WORDS:
        return f"looks dynamic ({min(words & DYNAMIC_WORDS)})"
    if ip.version == 4 and _has_octets(name, ip, 4):
        return "is made of the address"
    if ip.version == 6 and _has_nibbles(name, ip):
        return "is made of the address"
    if ip.version == 4 and words & RANGE_WORDS and _has_octets(".".join(own), ip, 2):
        return "is made of a part of the address"
    return None


def _has_octets(name, ip, count):
    """Whether the last ``count`` octets stand in the name, forwards or backwards: as numbers in a row, padded, or in hexadecimal."""
    octets = list(ip.packed[-count:])
    numbers = [int(number) for number in re.findall(r"[0-9]+", name) if len(number) < 4]
    for row in (octets, octets[::-1]):
        if any(numbers[start : start + count] == row for start in range(len(numbers) - count + 1)):
            return True
        if count == 4 and ("".join(f"{octet:03}" for octet in row) in name or bytes(row).hex() in re.split(r"[^0-9a-z]+|(?<=ip)", name)):
            return True
    return False


def _has_nibbles(name, ip):
    """Whether at least the interface half of an IPv6 address stands in the name, with or without separators or zeros."""
    half = ip.packed[8:].hex()
    squeezed = re.sub(r"[^0-9a-z]", "", name)
    if half.strip("0") and (half in squeezed or half[::-1] in squeezed):
        return True
    written = str(ip).replace("::", "-").replace(":", "-").strip("-")
    return written in name or written.replace("-", ".") in name or str(ip).replace("::", "--").replace(":", "-") in name
