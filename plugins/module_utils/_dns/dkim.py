# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""DKIM public keys in DNS: which selectors have one, and whether receivers accept it (RFC 6376, 3.6; RFC 8301; RFC 8463)."""

from __future__ import annotations

import base64
import binascii

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.checks import check
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import is_queryable, listed, plain_name, shown
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import Question
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.tags import parse_tags

MIN_BITS = 1024
"""Shorter RSA keys verify nowhere (RFC 8301, 3.2)."""

GOOD_BITS = 2048
"""The length that signers should use."""

USUAL_SELECTORS = (
    *("default", "dkim", "mail", "email", "smtp", "mx", "key1", "key2", "s1", "s2", "k1", "k2", "k3"),
    *("selector1", "selector2", "google", "rsa", "ed25519", "202", "dkim1"),
)
"""Where keys are looked for when nobody names a selector: the names that mail systems and big services propose."""

CONTROLS = ("dkim_published", "dkim_valid", "dkim_strong", "dkim_live")


def key_problems(text):
    """Read one key record: ``(key, problems)``.

    ``key`` has ``type`` (rsa, ed25519 or as written), ``bits`` (None where it cannot be told), ``revoked``, ``testing`` and ``strict``;
    ``problems`` are sentences without a full stop, for what makes receivers ignore the key.
    """
    tags, problems = parse_tags(text)
    kind = tags.get("k", "rsa").lower()
    flags = {flag.strip() for flag in tags.get("t", "").lower().split(":")}
    key = {"type": kind, "bits": None, "revoked": False, "testing": "y" in flags, "strict": "s" in flags}
    if "v" in tags and (tags["v"] != "DKIM1" or next(iter(tags)) != "v"):
        problems.append("v= has to come first and be DKIM1")
    if "p" not in tags:
        problems.append("the key p= is missing")
        return key, problems
    data = "".join(tags["p"].split())
    if not data:
        key["revoked"] = True
        return key, problems
    if kind not in ("rsa", "ed25519"):
        problems.append(f"k={shown(kind)} is no known type of key")
    if "h" in tags and "sha256" not in [name.strip().lower() for name in tags["h"].split(":")]:
        problems.append("h= leaves out sha256, the only hash that receivers accept")
    if "s" in tags and not {"*", "email"} & {name.strip().lower() for name in tags["s"].split(":")}:
        problems.append("s= leaves out email")
    key["bits"], problem = _bits(kind, data)
    return key, problems + ([problem] if problem else [])


def _bits(kind, data):
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None, "the key p= is not base64"
    if kind == "ed25519":
        return (256, None) if len(raw) == 32 else (None, f"an ed25519 key has 32 octets, this one {len(raw)}")
    if kind != "rsa":
        return None, None
    try:
        bits = rsa_bits(raw)
    except ValueError:
        return None, "the key p= is no RSA public key"
    return bits, f"the RSA key has {bits} bits, receivers need {MIN_BITS}" if bits < MIN_BITS else None


def rsa_bits(raw):
    """Length of the modulus of a DER public key, wrapped (SubjectPublicKeyInfo) or bare (RSAPublicKey). Raises ValueError."""
    body = _der(raw, 0x30)[0]
    if body[:1] == b"\x30":
        _algorithm, rest = _der(body, 0x30)
        bit_string = _der(rest, 0x03)[0]
        body = _der(bit_string[1:], 0x30)[0]
    modulus = _der(body, 0x02)[0]
    return int.from_bytes(modulus, "big").bit_length()


def _der(data, tag):
    """The content of one DER value and what follows it. Raises ValueError."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError("another type of value")
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start], "big")
    if not 0 < length <= len(data) - start:
        raise ValueError("cut off")
    return data[start : start + length], data[start + length :]


def check_dkim(domain, selectors=()):
    """Look at the keys of ``selectors``, or of the usual ones: ``(keys, checks)``.

    Each key has ``selector``, ``type``, ``bits``, ``revoked``, ``testing``, ``strict``, ``problems`` and ``record``.
    """
    named = list(dict.fromkeys(plain_name(selector) for selector in selectors if selector.strip()))
    tried = [selector for selector in named or USUAL_SELECTORS if is_queryable(f"{selector}._domainkey.{domain}")]
    answers = (yield [Question(f"{selector}._domainkey.{domain}", "TXT") for selector in tried]) if tried else []
    keys, missing, silent = [], [], []
    for selector, answer in zip(tried, answers):
        if answer.failed:
            silent.append(selector)
        elif not answer.records or (not named and not any("p=" in text for text in answer.records)):
            missing.append(selector)
        else:
            keys.append(_key(selector, [str(text) for text in answer.records]))
    return keys, [_published(domain, named, keys, missing, silent), *_judge(domain, keys)]


def _key(selector, records):
    key, problems = key_problems(records[0])
    if len(records) > 1:
        problems = [f"there are {len(records)} records, so receivers may take any of them", *problems]
    return dict(key, selector=selector, problems=problems, record=records[0])


def _published(domain, named, keys, missing, silent):
    if named and missing:
        return check("dkim_published", "fail", f"{domain} has no DKIM key under the selector {listed(missing)}.")
    if silent and (named or not keys):
        return check("dkim_published", "unknown", f"DNS gave no answer for the DKIM key {silent[0]}._domainkey.{domain}.")
    if keys:
        return check("dkim_published", "pass", f"{domain} has a DKIM key under the selector {listed([key['selector'] for key in keys])}.")
    return check("dkim_published", "unknown", f"{domain} has no DKIM key under the usual selectors; name the one that its mail is signed with.")


def _judge(domain, keys):
    live = [key for key in keys if not key["revoked"]]
    if not keys:
        return [check(control, "not_applicable", f"No DKIM key of {domain} is known.") for control in CONTROLS[1:]]
    wrong = [f"{key['selector']}: {problem}" for key in keys for problem in key["problems"]]
    short = [f"{key['selector']} has {key['bits']} bits" for key in live if key["type"] == "rsa" and key["bits"] and key["bits"] < GOOD_BITS]
    held = [f"{key['selector']} is revoked" for key in keys if key["revoked"]] if not live else []
    held += [f"{key['selector']} is in testing (t=y), so receivers treat its mail as unsigned" for key in live if key["testing"]]
    return [
        _judged("dkim_valid", domain, wrong, "can be used"),
        _judged("dkim_strong", domain, short, "are long enough", f"use {GOOD_BITS}"),
        _judged("dkim_live", domain, held, "are in use"),
    ]


def _judged(control, domain, problems, praise, advice=None):
    if problems:
        return check(control, "fail", f"DKIM of {domain}: {'; '.join(problems)}{f'; {advice}' if advice else ''}.")
    return check(control, "pass", f"The DKIM keys of {domain} {praise}.")
