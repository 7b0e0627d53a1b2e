# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts: the laws for any text, and the cases that classifiers get wrong."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.filter.ndr_verdict import ndr_verdict
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import builtin_rules, classify
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.vocabulary import CONFIDENCES, EVIDENCE, REASONS, REMEDIES, SIDES
from ansible_collections.postmaster.deliverability.plugins.module_utils._smtp.reply import HEAD, TAIL

KEYS = {
    "code", "status", "inner_code", "inner_status", "reason", "sisimai_reason", "side", "temporary", "remedy", "alternatives", "settle", "blocklist",
    "operator",
    "address", "address_is_ours", "retry_after", "confidence", "rule", "matched", "reference", "explanation", "advice", "template",
}  # fmt: skip
EXAMPLES = [example if isinstance(example, dict) else {"text": example} for rule in builtin_rules().rules for example in rule.examples]
OURS = {"addresses": ["192.0.2.25"], "helo": ["mail.example.com"], "domains": ["example.com"], "smarthosts": ["smtp.example.net"]}


def brief(text, **known):
    verdict = classify(text, **known)
    return verdict["reason"], verdict["side"], verdict["temporary"], verdict["remedy"]


@pytest.mark.parametrize(
    ("text", "reason", "side", "temporary", "remedy"),
    [
        # A bare status must not decide against the words.
        ("550 5.1.0 the MailFrom domain example.com is listed in dbl.spamhaus.org", "domain_blocklisted", "ours", False, "delist"),
        ("550 5.1.1 this sender has sent to too many recipients this hour", "rate_limited", "ours", False, "reduce_rate"),
        ("550 5.1.1 refused; your host [192.0.2.25] is blocked here", "ip_blocked", "ours", False, "delist"),
        ("550 5.7.1 no such user", "user_unknown", "user", False, "clean_address_list"),
        # Temporary is temporary, whatever it is about.
        ("450 4.1.1 <zoe@example.net>: User unknown", "user_unknown", "user", True, "contact_recipient_admin"),
        ("451 4.2.1 mailbox disabled for now", "mailbox_disabled", "theirs", True, "wait"),
        ("452 4.2.2 over quota", "mailbox_full", "theirs", True, "wait"),
        ("550 No user here", "user_unknown", "user", False, "clean_address_list"),
        # Words that mislead.
        ("421 4.4.2 connection reset by peer", "connection_lost", "either", True, "wait"),
        ("452 4.3.1 no space left on device", "system_full", "theirs", True, "wait"),
        ("452 4.5.3 too many recipients", "too_many_recipients", "ours", True, "reduce_rate"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using bl.spamcop.net", "ip_blocklisted", "ours", False, "delist"),
        ("550 5.7.1 the mailbox is blocked due to inactivity", "mailbox_disabled", "theirs", False, "clean_address_list"),
        ("450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.25]", "ptr_missing", "ours", True, "fix_ptr"),
        ("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", "helo_rejected", "ours", False, "fix_helo"),
        ("450 4.2.0 <zoe@example.net>: Recipient address rejected: Greylisted", "greylisted", "theirs", True, "wait"),
        # What another server said, in the words of the one that heard it.
        (
            '451 4.4.0 Primary target IP address responded with: "554 5.7.1 Client host [192.0.2.25] blocked using zen.spamhaus.org." Attempted failover',
            "ip_blocklisted",
            "ours",
            True,
            "delist",
        ),
        (
            "550 5.4.317 Message expired, cannot connect to remote server(451 4.4.395 x -> 554 5.7.1 blocked using zen.spamhaus.org)",
            "ip_blocklisted",
            "ours",
            False,
            "delist",
        ),
        ("451 4.4.397 Error communicating with target host. -> 421 4.4.2 Connection dropped due to SocketError", "connection_lost", "either", True, "wait"),
        ("5.1.0 - Unknown address error 550-'5.7.1 wombats ahead' (delivery attempts: 0)", "policy", "either", False, "contact_recipient_admin"),
        ("250 2.0.0 Ok: queued as 4F2A91B3C7", "success", "none", None, "none"),
        ("", "unknown", "either", False, "contact_recipient_admin"),
        ("550 qwertz asdf", "unknown", "either", False, "contact_recipient_admin"),
        ("450 qwertz asdf", "unknown", "either", True, "wait"),
    ],
)
def test_verdicts(text, reason, side, temporary, remedy):
    assert brief(text) == (reason, side, temporary, remedy)


@pytest.mark.parametrize(
    "words", ["abuse observed", "not in our whitelist", "quota of your server", "the sender is unwelcome", "banned", "closed by the firewall", "our policy"]
)
def test_a_bare_status_is_not_believed_when_the_words_are_about_somebody_else(words):
    assert brief(f"550 5.1.1 {words}")[-1] not in ("clean_address_list", "switch_outbound_ip")
    assert brief("550 5.1.1 qwertz asdf")[-1] == "clean_address_list"


@pytest.mark.parametrize(
    "text",
    [
        "550 the account example has been suspended from sending",
        "550 5.7.1 account suspended: you cannot send mail",
        "550 unknown user in From header",
        "550 message contains an invalid recipient header",
        "550 5.1.1 client unknown",
        "550 5.1.1 ip address not found in DNS",
        "550 address rejected: invalid IP",
        "550 the user you are sending as does not exist",
        "550 Access denied: unknown user or bad password",
        "550 user unknown, relaying denied",
        "554 This account has been temporarily suspended. Please try again later.",
        "550 mailbox unavailable, try again later",
        "<zoe@example.org>: unknown mail transport error",
        "550 Domain may not exist or DNS check failed [AbCdEf= IP: 192.0.2.25].",
        "550 the originating domain does not exist",
        "550 address 192.0.2.25 not found",
        "550 Adres 192.0.2.25 nie istnieje",
        "535 5.7.8 no such user",
        "<shop@example.com>: Sender address rejected: undeliverable address: host mx.example.com[198.51.100.25] said: 550 5.1.1 no such user",
    ],
)
def test_an_address_is_not_cleaned_for_what_is_not_about_it(text):
    assert brief(text)[-1] != "clean_address_list"


@pytest.mark.parametrize(
    "text",
    [
        "550 La cuenta de origen no existe",
        "550 O endereço de origem não existe",
        "550 L'adresse de l'émetteur est inconnue",
        "550 Indirizzo di provenienza inesistente",
        "550 Die Adresse des Senders ist unbekannt",
        "550 Adres nadawcy nie istnieje",
        "550 Адрес отправителя не существует",
        "550 Het adres van de afzender bestaat niet",
        "550 Η διεύθυνση του αποστολέα δεν υπάρχει",
        "550 Alamat pengirim tidak ditemukan",
        "550 送信元アドレスが見つかりません",
        "550 发件人地址不存在",
        "550 발신자 주소를 찾을 수 없습니다",
    ],
)
def test_a_sender_who_is_unknown_is_ours_in_any_language(text):
    assert brief(text) == ("sender_address_rejected", "ours", False, "fix_sender_domain")


@pytest.mark.parametrize(
    ("text", "command", "reason"),
    [
        ("550 5.1.1 no such user", "MAIL", "sender_address_rejected"),
        ("550 no such domain", "MAIL", "sender_domain_unresolvable"),
        ("550 no such domain", "EHLO", "helo_rejected"),
        ("535 5.7.8 no such user", "AUTH", "authentication_required"),
        ("550 5.1.1 no such user", "RCPT", "user_unknown"),
        # The command may be that of another reply of the dialogue.
        ("550 5.5.0 invalid recipient", "EHLO", "user_unknown"),
    ],
)
def test_the_stage_that_is_given_outweighs_the_words_unless_they_name_the_recipient(text, command, reason):
    assert classify(text, command=command)["reason"] == reason


def test_the_stage_outweighs_the_words_about_domains_too():
    verdict = classify("host mx.example.net[203.0.113.9] said: 550 5.1.2 domain does not exist (in reply to MAIL FROM command)")
    assert (verdict["reason"], verdict["remedy"]) == ("sender_domain_unresolvable", "fix_sender_domain")


def test_the_stage_outweighs_the_words():
    # At MAIL the server has heard no recipient: whoever is unknown, it is the sender.
    verdict = classify("host mx.example.net[203.0.113.9] said: 550 5.1.1 user unknown (in reply to MAIL FROM command)")
    assert (verdict["reason"], verdict["side"], verdict["remedy"]) == ("sender_address_rejected", "ours", "fix_sender_domain")


def test_what_is_known_beside_the_text_fills_gaps():
    verdict = classify("zxcv qwer", code="550", status="5.7.25", command="MAIL")
    assert (verdict["code"], verdict["status"], verdict["reason"]) == (550, "5.7.25", "ptr_missing")
    assert classify("450 4.7.1 greylisted", code="550", status="5.1.1")["code"] == 450


class TestBlocklists:
    @pytest.mark.parametrize(
        ("text", "zone", "reason"),
        [
            ("554 5.7.1 Client host [192.0.2.25] blocked using zen.spamhaus.org", "zen.spamhaus.org", "ip_blocklisted"),
            ("554 5.7.1 blocked using zen.spamhaus.org; https://www.spamhaus.org/pbl/query/PBL123", "pbl.spamhaus.org", "dynamic_ip"),
            ("554 5.7.1 see https://www.spamhaus.org/query/sbl123456", "sbl.spamhaus.org", "ip_blocklisted"),
            ("554 5.7.1 refused, listed in SBL123456", "sbl.spamhaus.org", "ip_blocklisted"),
            ("550 rejected, listed at SORBS", "sorbs.net", "ip_blocklisted"),
            ("550 5.7.1 mail from 192.0.2.25 refused, see barracudacentral.org", "b.barracudacentral.org", "ip_blocklisted"),
            ("550 your IP is listed at dnsbl-2.uceprotect.net", "dnsbl-2.uceprotect.net", "ip_blocklisted"),
            ("550 5.7.1 sender domain listed in dbl.spamhaus.org", "dbl.spamhaus.org", "domain_blocklisted"),
            ("554 message contains a URL listed by multi.surbl.org", "multi.surbl.org", "domain_blocklisted"),
        ],
    )
    def test_names(self, text, zone, reason):
        verdict = classify(text)
        assert (verdict["blocklist"]["zone"], verdict["reason"]) == (zone, reason)
        assert "clean_address_list" not in [verdict["remedy"], *verdict["alternatives"]]

    def test_a_listed_domain_is_never_cured_by_another_address(self):
        verdict = classify("550 5.7.1 sender domain listed in dbl.spamhaus.org")
        assert "switch_outbound_ip" not in [verdict["remedy"], *verdict["alternatives"]]

    def test_lookup_url_comes_from_the_catalogue(self):
        assert classify("554 blocked using zen.spamhaus.org")["blocklist"]["lookup_url"] == "https://check.spamhaus.org/"

    def test_a_closed_list_is_said_so(self):
        assert "shut down" in classify("550 rejected, listed at SORBS")["explanation"]

    def test_no_list_no_entry(self):
        assert classify("550 5.1.1 user unknown")["blocklist"] is None


class TestOurs:
    def test_our_domain_does_not_exist(self):
        assert brief("553 5.1.2 example.com does not exist: unknown domain", ours=OURS)[0] == "sender_domain_unresolvable"
        assert brief("553 5.1.2 example.org does not exist: unknown domain", ours=OURS)[0] == "domain_unknown"

    def test_our_helo_is_not_found(self):
        assert brief("450 host mail.example.com not found", ours=OURS)[0] == "helo_rejected"

    def test_our_own_smarthost_denies_relaying(self):
        verdict = classify("554 5.7.1 <zoe@example.org>: Relay access denied", ours=OURS, rhost="smtp.example.net")
        assert (verdict["side"], verdict["remedy"]) == ("ours", "fix_relay_auth")

    def test_our_own_smarthost_has_suspended_our_account(self):
        verdict = classify("550 5.7.1 Your account has been suspended for sending spam", ours=OURS, rhost="smtp.example.net")
        assert (verdict["side"], verdict["remedy"]) == ("ours", "fix_relay_auth")
        assert classify("550 5.2.1 The recipient's account has been suspended")["side"] == "theirs"

    @pytest.mark.parametrize(
        "text",
        [
            "delivery temporarily suspended: connect to 127.0.0.1[127.0.0.1]:10024: Connection refused",
            "connect to localhost[::1]:10025: Connection refused",
            "lost connection with 127.0.0.1[127.0.0.1] while sending end of data -- message may be sent more than once",
        ],
    )
    def test_a_part_of_our_own_system_that_does_not_answer_is_ours(self, text):
        verdict = classify(text)
        assert (verdict["side"], verdict["remedy"], verdict["temporary"]) == ("ours", "fix_mta", True)
        assert "our own mail system" in verdict["explanation"]
        assert classify("connect to mx.example.com[203.0.113.9]:25: Connection refused")["side"] == "either"

    def test_an_address_list_that_names_our_host_has_listed_our_address(self):
        listed = classify(
            "554 Service unavailable; Client host [mail.example.org] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/"
        )
        assert (listed["reason"], listed["blocklist"]["zone"]) == ("ip_blocklisted", "b.barracudacentral.org")
        named = classify("554 5.7.1 Service unavailable; Client host [mail.example.org] blocked using multi.uribl.com")
        assert named["reason"] == "domain_blocklisted"

    def test_an_address_that_is_not_ours_is_said_so(self):
        verdict = classify("550 5.7.1 198.51.100.7 is blocked here", ours=OURS)
        assert verdict["address_is_ours"] is False
        assert "198.51.100.7, which is not one of our addresses" in verdict["advice"]
        assert classify("550 5.7.1 192.0.2.25 is blocked here", ours=OURS)["address_is_ours"] is True
        assert classify("550 5.7.1 192.0.2.25 is blocked here")["address_is_ours"] is None

    def test_our_address_among_others_is_the_one_named(self):
        assert classify("550 5.7.1 203.0.113.5 says no to 192.0.2.25", ours=OURS)["address"] == "192.0.2.25"

    def test_unknown_user_beside_our_domain_is_not_cleaned(self):
        verdict = classify("550 5.1.1 user unknown at example.com", ours=OURS, recipient_domain="example.org")
        assert verdict["remedy"] != "clean_address_list"

    @pytest.mark.parametrize("ours", ["x", {"hosts": []}])
    def test_a_wrong_ours_is_named(self, ours):
        with pytest.raises(DeliverabilityError, match=r"^ours: "):
            classify("550", ours=ours)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("450 4.2.0 Greylisted for 300 seconds", 300),
        ("451 greylisted, try again in five minutes", 300),
        ("450 4.7.1 greylisted, retry in 00:04:30", 270),
        ("451-greylisted 451-You should wait another 298", 298),
        ("421 4.7.0 too fast, wait 2 hours", 7200),
        ("450 4.2.0 greylisted", None),
        ("550 5.7.1 blocked for 300 seconds", None),
    ],
)
def test_retry_after(text, seconds):
    assert classify(text)["retry_after"] == seconds


class TestOwnRules:
    RULE = {"id": "mine.closed", "match": ["we are on holiday"], "reason": "mailbox_busy", "examples": ["550 we are on holiday"]}

    def test_an_own_rule_wins(self):
        verdict = ndr_verdict("550 5.1.1 user unknown: we are on holiday", rules=[self.RULE])
        assert (verdict["rule"], verdict["reason"], verdict["confidence"]) == ("mine.closed", "mailbox_busy", "certain")

    def test_from_a_file(self, tmp_path):
        file = tmp_path / "rules.yml"
        file.write_text("- {id: mine.closed, match: [we are on holiday], reason: mailbox_busy}\n")
        assert ndr_verdict("550 we are on holiday", rules=str(file))["rule"] == "mine.closed"

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"id": "addressee.full"}, "the id is that of a built-in rule"),
            ({"reason": "holiday"}, "reason 'holiday' is none of"),
            ({"examples": ["550 we are at home"]}, "does not match its example"),
            ({"when": {"code": None}}, "condition 'code' must be a text or a list of texts"),
            ({"when": {"stage": []}}, "condition 'stage' must be a text or a list of texts"),
            ({"when": {"stage": "lunch"}}, "stage 'lunch' is none of"),
            ({"when": {"colour": "red"}}, "unknown condition 'colour'"),
            ({"url": 7}, "'url' must be a text"),
            ({"match": "we are on holiday"}, "'match' must be a list"),
            ({"match": ["We are"]}, "must be lower case"),
            ({"tempory": True}, "unknown key 'tempory'"),
        ],
    )
    def test_faults_are_named(self, change, said):
        with pytest.raises(DeliverabilityError, match=said):
            ndr_verdict("550 x", rules=[dict(self.RULE, **change)])

    @pytest.mark.parametrize("content", ["{", "a: b", "- 5"])
    def test_a_file_that_is_no_list_of_rules(self, tmp_path, content):
        file = tmp_path / "rules.yml"
        file.write_text(content)
        with pytest.raises(DeliverabilityError, match=r"rules\.yml"):
            ndr_verdict("550 x", rules=str(file))

    def test_a_missing_file(self):
        with pytest.raises(DeliverabilityError, match=r"/nowhere"):
            ndr_verdict("550 x", rules="/nowhere")

    def test_the_laws_hold_for_own_rules_too(self):
        rule = dict(self.RULE, remedy="clean_address_list")
        assert ndr_verdict("450 we are on holiday", rules=[rule])["remedy"] == "wait"
        assert ndr_verdict("550 we are on holiday, and your ip is blocked", rules=[rule])["remedy"] == "contact_recipient_admin"


def test_results_are_the_callers_own():
    first = classify("550 5.1.1 user unknown")
    first["alternatives"].append("x")
    first["reason"] = "x"
    assert classify("550 5.1.1 user unknown")["reason"] == "user_unknown"
    assert "x" not in classify("550 5.1.1 user unknown")["alternatives"]


def test_an_unknown_language_is_named():
    with pytest.raises(DeliverabilityError, match="language: 'xx'"):
        classify("550", language="xx")


# What the laws are about, to be mixed with any wording.
ABOUT_US = [
    "your ip is blocked", "client host rejected", "listed at zen.spamhaus.org", "blacklisted", "bad helo", "spf fail", "dkim", "dmarc policy", "no reverse dns",
    "too many messages", "rate limit exceeded", "policy violation", "poor reputation", "sender domain not found", "100 per hour", "greylisted",
    "your domain", "dnsbl",
]  # fmt: skip
FRAGMENTS = [
    "user unknown", "mailbox full", "no such user", "mailbox disabled", "host not found", "does not exist", "invalid recipient", "suppressed", "account closed",
    "recipient rejected", "550", "5.1.1", "4.2.1", "<zoe@example.net>", "192.0.2.25", "mx.example.net", "access denied", "service unavailable",
    "(in reply to RCPT TO command)",
    *ABOUT_US,
]  # fmt: skip
texts = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=8).map(" ".join), st.sampled_from([example["text"] for example in EXAMPLES]), st.text(max_size=200)
)
codes = st.sampled_from([None, 250, 421, 450, 451, 452, 550, 552, 554])
statuses = st.sampled_from([None, "4.1.1", "5.1.1", "5.1.0", "4.7.1", "5.7.1", "5.2.1", "5.4.4", "4.4.7"])


@settings(max_examples=400)
@given(texts, codes, statuses, st.sampled_from([None, "MAIL", "RCPT", "EHLO"]), st.sampled_from([None, OURS]))
def test_laws_hold_for_any_text(text, code, status, command, ours):
    verdict = classify(text, code=code, status=status, command=command, ours=ours)
    remedies = [verdict["remedy"], *verdict["alternatives"]]
    assert set(verdict) == KEYS
    assert verdict["reason"] in REASONS
    assert verdict["side"] in SIDES
    assert set(remedies) <= set(REMEDIES)
    assert len(set(remedies)) == len(remedies)
    assert set(verdict["settle"]) <= set(EVIDENCE)
    assert verdict["confidence"] in CONFIDENCES
    assert verdict["explanation"]
    if verdict["temporary"] or any(words in text for words in ABOUT_US):
        assert "clean_address_list" not in remedies
    if verdict["confidence"] == "guess":
        assert verdict["remedy"] != "switch_outbound_ip"
    if verdict["reason"] in ("domain_blocklisted", "dynamic_ip"):
        assert "switch_outbound_ip" not in remedies


@pytest.mark.parametrize("about_us", ABOUT_US)
@pytest.mark.parametrize("words", ["user unknown", "no such user here", "invalid recipient", "mailbox disabled", "unknown domain"])
def test_nobody_is_cleaned_away_for_what_is_about_us(words, about_us):
    for text in (f"550 5.1.1 {words}: {about_us}", f"550 5.1.1 {about_us}, {words}"):
        verdict = classify(text)
        assert "clean_address_list" not in [verdict["remedy"], *verdict["alternatives"]], text


def test_every_example_of_every_rule_obeys_the_laws():
    for example in EXAMPLES:
        verdict = classify(**example)
        if verdict["temporary"]:
            assert "clean_address_list" not in [verdict["remedy"], *verdict["alternatives"]], example
        if verdict["remedy"] == "clean_address_list":
            assert verdict["side"] in ("user", "theirs"), example


def test_the_hash_seed_changes_nothing():
    code = (
        "import json, sys; from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify;"
        "print(json.dumps([classify(**one) for one in json.load(sys.stdin)]))"
    )
    path = os.pathsep.join(sys.path)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(EXAMPLES),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(outputs) == 1


def test_random_lines():
    dice = random.Random(11)
    words = sorted({word for example in EXAMPLES for word in example["text"].split()})
    for _round in range(3000):
        classify(" ".join(dice.choice(words) for _word in range(dice.randrange(30))))
        classify(bytes(dice.randrange(256) for _octet in range(60)).decode("utf-8", "surrogateescape"))


def test_no_rule_takes_long_on_hostile_lines():
    """Each phrase, once compiled, on endless lines made of its own words, cut as parse_reply cuts them."""
    slowest = ("", "", 0.0)
    for rule in builtin_rules().rules:
        for phrase in (*rule.phrases, *rule.unless):
            literal = " ".join(alternatives[0] for kind, alternatives, _space in phrase.parts if kind in ("text", "either"))
            phrase.found_in(literal)
            first = literal.split()[0]
            for piece in (literal + " ", first + " ", literal + first + " ", "a"):
                line = (piece * HEAD)[:HEAD] + " ... " + (piece * TAIL)[:TAIL]
                start = time.process_time()
                phrase.found_in(line)
                slowest = max(slowest, (rule.id, phrase.text, time.process_time() - start), key=lambda one: one[2])
    assert slowest[2] < 0.1, slowest


@pytest.mark.parametrize("piece", ["550 5.1.1 user unknown ", "host a.example[192.0.2.1] said: ", "x", "spf dkim dmarc ", "listed by ", "é", "<a@b.example> "])
def test_a_line_of_100_kb_takes_no_time(piece):
    line = (piece * 100_000)[:100_000]
    start = time.process_time()
    classify(line)
    assert time.process_time() - start < 1


def test_every_example_is_judged_by_its_own_rule():
    for rule in builtin_rules().rules:
        for example in rule.examples:
            assert classify(**(example if isinstance(example, dict) else {"text": example}))["rule"] == rule.id


@pytest.mark.parametrize(
    "wrapping",
    [
        "host mx.example.com[192.0.2.66] said: {} (in reply to RCPT TO command)",
        "The response from the remote server was: {}",
        "smtp; {}",
        "Diagnostic-Code: smtp; {}",
        "SMTP error from remote mail server after RCPT TO:<zoe@example.com>: {}",
        "192.0.2.66 does not like recipient. Remote host said: {} Giving up on 192.0.2.66.",
        "Remote Server returned '{}'",
        "SMTP Error: {}",
        "Server error: '{}'",
        "Delivery failed with {}",
        "<zoe@example.com>: {}",
        "--> RCPT To:<zoe@example.com> <-- {}",
    ],
)
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 mailbox unavailable", "user_unknown"),
        ("550 Recipient rejected", "user_unknown"),
        ("554 Message refused", "policy"),
        ("450 mailbox unavailable", "mailbox_busy"),
    ],
)
def test_the_words_around_a_reply_do_not_hide_its_code(wrapping, reply, reason):
    verdict = classify(wrapping.format(reply))
    assert (verdict["code"], verdict["reason"]) == (int(reply[:3]), reason)
