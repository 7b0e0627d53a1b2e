# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Names and addresses as strangers see them: which of them public DNS can know at all."""

from __future__ import annotations

import re
from ipaddress import ip_network
from unicodedata import normalize

PRIVATE = tuple(
    ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
        *("::/127", "fc00::/7", "fe80::/10", "ff00::/8"),
    )
)
"""Addresses that no stranger can reach. Documentation ranges are ordinary addresses here."""

PRIVATE_SUFFIXES = frozenset(["localdomain", "localhost", "local", "lan", "home", "corp", "internal", "intranet", "private", "invalid", "arpa"])
"""Last labels of names that public DNS does not serve (RFC 6761, RFC 6762, RFC 8375, ICANN's reserved ones)."""

MAX_NAME = 253
"""Characters of a domain name."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


def is_private(ip):
    """Whether an address (of ``ipaddress``) is out of strangers' sight."""
    return any(ip.version == network.version and ip in network for network in PRIVATE)


def plain_name(name):
    """A name as it is compared: A-labels, lower case, no dot at the end."""
    name = (name or "").strip()
    return (name if name.isascii() else ascii_name(name)).rstrip(".").lower()


def ascii_name(name):
    """A name with letters beyond ASCII as DNS holds it, in A-labels (IDNA 2008: sharp s and final sigma stay themselves)."""
    labels = normalize("NFKC", name).lower().replace("\u3002", ".").split(".")
    return ".".join(label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in labels)


def is_queryable(name):
    """Whether DNS can be asked for a name at all: no empty label, none over 63 characters, 253 in all."""
    return 0 < len(name) <= MAX_NAME and all(0 < len(label) <= 63 for label in name.split("."))


def host_name_problem(name):
    """Why a name cannot be a public host name, as the end of a sentence, or None."""
    return domain_problem(name) or (None if "_" not in name else "has an underscore, which a host name cannot have")


def domain_problem(name):
    """The same for a domain that mail is sent for, where underscores do no harm."""
    if not name:
        return "is empty"
    if name.startswith("[") or re.fullmatch(r"[0-9.]+", name) or ":" in name:
        return "is an address, not a name"
    labels = name.split(".")
    if len(labels) < 2:
        return "has no domain"
    if not (is_queryable(name) and all(_LABEL.fullmatch(label) for label in labels)):
        return "has characters that a name cannot have"
    if labels[-1] in PRIVATE_SUFFIXES:
        return f"ends in .{labels[-1]}, which public DNS does not serve"
    return None


def shown(text, most=80):
    """Text of a stranger for a message: short, one line, nothing but visible ASCII."""
    return "".join(character if " " <= character <= "~" else "?" for character in text[:most])


def listed(names, most=4):
    """Some names for a sentence, and how many more there are."""
    return ", ".join(shown(str(name)) for name in names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
