# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.dkim import USUAL_SELECTORS, check_dkim, key_problems, rsa_bits
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.question import answer_from, drive

RSA768 = "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAMISiG7iE3YvmnnvToNmLOjJCRkACs6aSYGObuQZRACwsCAjR90B9+whnFYWTMu7ZffDWhyEJntYkVXGKIwX7S0CnnOstbX4Tr0xmQvmuFfDzbZo"
RSA768 += "cprmS/vq+Wbe2CvNkQIDAQAB"
RSA1024 = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCsHmmHUlt8JzzMjEimMDN0a7pb+GsT59toR+OS2fTtK3Yf2QGsbbQ7c3C00iXH8PtisT+184O9daL+sNAv7oPckQt4dcPzu7ljb8kZeEYE"
RSA1024 += "EDnfqJC7zFz5fPYLFVkF8HB87faILgVKFKwJDKRh0CLVFwzPrH0IafwMxR8sXoYYgwIDAQAB"
RSA2048 = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApNANh1Y57iH1R+u2l0h8tbtA6Y7kMraxJ9hwUd74lPoRkX2Dq31OXmPqpJNBokWU617qT99J2TAD0svUF3WYkelSBSdKKBJA8uQ/"
RSA2048 += "qfi24a67kKfUFTDCxN5oaE5rADhvmLofnY9BwL9ATSunZEvW05tXdzEvNG+OuIyXmjlmfZwEB++osfxxnLS+zPiblJZOy1fXGPxtN1fYqYZETF/vAZPzqN1+nEyHOWLyalZt4KXQv6t1AYzH"
RSA2048 += "xYvga4nBuhH7nbgZB0Aaz8X3pSGyME4rSqKfdaBXRIJvcdq0lZ6cBm5VKx3KtwaZrhiIdUDdPOogLmfc96htKY12UdJITPBHhwIDAQAB"
BARE1024 = "MIGJAoGBAJpY3EVwJI2xFkc3lhME/0w30rvVZeWGaeyYRm1SWPjuT/ILgUdTA6qCCAShSE+y98pFPo9iDWxDUD/X3+YtVADOtHfEBahuw48bPXFUaQRMjCK3P0uiZv3dJ6aGgPMsuaGB9Cm9"
BARE1024 += "ScndFqpibgBN+le46f2d7tnNwpZf9lEj1QTNAgMBAAE="
ED25519 = "8BPMGd3bl6pNSZWm/20ZJNCh+5ezXk5lXs+sg1TJ7XQ="


def checks(records, selectors=("s",)):
    table = {f"{selector}._domainkey.example.com": node for selector, node in records.items()}
    keys, found = drive(check_dkim("example.com", selectors), answer_from(table))  # pylint: disable=unpacking-non-sequence
    return keys, {check["control"]: check for check in found}


@pytest.mark.parametrize(("key", "bits"), [(RSA768, 768), (RSA1024, 1024), (RSA2048, 2048), (BARE1024, 1024)])
def test_length_of_an_rsa_key_wrapped_or_bare(key, bits):
    assert rsa_bits(base64.b64decode(key)) == bits


@pytest.mark.parametrize("cut", [0, 1, 5, 20, 40, 100, 160])
def test_a_key_that_is_cut_off_is_refused(cut):
    with pytest.raises(ValueError, match=r"cut off|another type"):
        rsa_bits(base64.b64decode(RSA1024)[:cut])


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (f"v=DKIM1; k=rsa; p={RSA768}", "768 bits"),
        ("v=DKIM1; k=rsa", "p= is missing"),
        ("v=DKIM1; p=%%%", "not base64"),
        ("v=DKIM1; p=AAAA", "no RSA public key"),
        (f"v=DKIM1; k=ed25519; p={RSA1024}", "has 32 octets"),
        (f"v=DKIM1; k=dsa; p={RSA1024}", "k=dsa"),
        (f"v=DKIM2; p={RSA2048}", "DKIM1"),
        (f"k=rsa; v=DKIM1; p={RSA2048}", "come first"),
        (f"v=DKIM1; h=sha1; p={RSA2048}", "sha256"),
        (f"v=DKIM1; s=web; p={RSA2048}", "email"),
        (f"v=DKIM1; p={RSA2048}; p={RSA2048}", "repeated"),
        (f"v=DKIM1 k=rsa; p={RSA2048}", "DKIM1"),
        ("{{ 7*7 }}", "is no tag"),
    ],
)
def test_what_makes_receivers_ignore_a_key(record, words):
    assert words in " ".join(key_problems(record)[1])


@pytest.mark.parametrize(
    "record",
    [f"v=DKIM1; k=rsa; p={RSA2048}", f"p={RSA2048[:80]} {RSA2048[80:]}", f"v=DKIM1;k=ed25519;p={ED25519};", f"v=DKIM1; h=sha1:sha256; s=*; n=a=b; p={RSA2048}"],
)
def test_keys_that_can_be_used(record):
    assert key_problems(record)[1] == []


def test_a_sound_key():
    keys, found = checks({"s": {"TXT": [[f"v=DKIM1; k=rsa; p={RSA2048[:200]}", RSA2048[200:]]]}})
    assert {check["status"] for check in found.values()} == {"pass"}
    assert (keys[0]["selector"], keys[0]["bits"], keys[0]["testing"], keys[0]["revoked"]) == ("s", 2048, False, False)


def test_a_key_behind_an_alias():
    table = {"s._domainkey.example.com": {"CNAME": ["s.dkim.example.net"]}, "s.dkim.example.net": {"TXT": [f"v=DKIM1; p={RSA2048}"]}}
    assert drive(check_dkim("example.com", ["s"]), answer_from(table))[0][0]["bits"] == 2048


@pytest.mark.parametrize(
    ("record", "control"),
    [
        (f"v=DKIM1; p={RSA1024}", "dkim_strong"),
        (f"v=DKIM1; t=y:s; p={RSA2048}", "dkim_live"),
        ("v=DKIM1; p=", "dkim_live"),
        ("v=DKIM1; p=xx", "dkim_valid"),
    ],
)
def test_one_flaw_fails_one_check(record, control):
    found = checks({"s": {"TXT": [record]}})[1]
    assert [name for name, check in found.items() if check["status"] == "fail"] == [control]


def test_a_revoked_key_beside_a_live_one_is_a_rotation():
    found = checks({"old": {"TXT": ["v=DKIM1; p="]}, "new": {"TXT": [f"v=DKIM1; p={RSA2048}"]}}, ["old", "new"])[1]
    assert found["dkim_live"]["status"] == "pass"


def test_several_records_under_one_selector():
    found = checks({"s": {"TXT": [f"v=DKIM1; p={RSA2048}", "v=DKIM1; p="]}})[1]
    assert found["dkim_valid"]["status"] == "fail"


def test_a_named_selector_without_key_fails():
    found = checks({"other": {"TXT": [f"v=DKIM1; p={RSA2048}"]}})[1]
    assert (found["dkim_published"]["status"], found["dkim_valid"]["status"]) == ("fail", "not_applicable")


def test_the_usual_selectors_are_tried_and_prove_nothing_by_their_absence():
    keys, found = checks({"google": {"TXT": [f"v=DKIM1; p={RSA2048}"]}}, [])
    assert [key["selector"] for key in keys] == ["google"]
    assert found["dkim_published"]["status"] == "pass"
    assert checks({}, [])[1]["dkim_published"]["status"] == "unknown"
    assert len(USUAL_SELECTORS) == len(set(USUAL_SELECTORS))


def test_a_wildcard_that_answers_every_name_is_no_key():
    wildcard = {"*": {"TXT": ["v=spf1 -all"]}}
    assert checks(wildcard, [])[0] == []


def test_silence_is_unknown():
    assert checks({"s": "servfail"})[1]["dkim_published"]["status"] == "unknown"
