# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Our identity, not accepted: reverse name, HELO, SPF, DKIM, DMARC, the envelope sender. Wording that many servers share."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import REFUSED, rule

_FAIL = (
    "fail|fails|failed|failure|failing|softfail|hardfail|fail - not authorized|did not pass|does not pass|not pass|didn't pass|not passed|permerror|permfail"
)
_PTR = (
    "ptr|ptr record|ptr records|reverse dns|reverse-dns|rdns|reverse dns lookup|reverse dns record|reverse dns entry|reverse hostname"
    "|reverse lookup|reverse name|reverse ip lookup|rdns record|ptr entry|ptr lookup|reverse record|in-addr.arpa|dns ptr"
)

RULES = (
    rule(
        "identity.ptr",
        "named",
        "ptr_missing",
        (
            "(sender|client|your|sending) ip must resolve",
            "(ip|address|host|server) [<ip>] (do not|does not|don't|doesn't) have a reverse [look|lookup] [name|entry|record]",
            "cannot find your (hostname|host name|reverse hostname|reverse host name)",
            (
                f"({_PTR}) [for|of|from|on|check|lookup|record|validation|test|entry|is|must|does|do|was|has|not|<ip>|your|the|address|ip|sending|client|and"
                "|host] ... (required|missing|not found|fail*|reject*|not exist|invalid|mismatch|match"
                "|not match|matching|not set|setup|set up|configured|resolve*|resolution|incorrect|forged|exist|exists|valid|none|unknown|absent|bad|wrong"
                "|correct|not have|nonexistent)"
            ),
            (
                "(no|missing|without|lacks|lack of|lacking|invalid|bad|fix|have|need|needs|valid|set up|setup|forged|requires|require|configure|check|having"
                "|lack|absent|incorrect|wrong|must have|has no|correct|proper|add|create)"
                f" [a|any|an|a valid|valid|correct|your|proper|matching|the|a proper|a correct|working|and] ({_PTR})"
            ),
            (
                "(ip|address|host|client|server|<ip>|ip address|your ip) [<ip>|address] (has no|does not have|without|is missing|lacks|doesn't have|not having"
                "|must have|should have) [a|any|valid|a valid|proper] (hostname|reverse|ptr|rdns|dns name|host name|reverse name|fqdn|dns entry|name)"
            ),
            (
                "(unable|cannot|can't|could not|couldn't|failed|not able) [to] (resolve|find|look up|lookup|verify|determine|get) [a|the|any|valid] (reverse"
                "|ptr|rdns)"
            ),
            (
                "(unable|cannot|can't|could not|couldn't|failed|not able) [to] (resolve|find|look up|lookup|verify|determine|get) [a|the|any|valid] (your"
                "|sender|client|sending|remote|connecting)"
                " (dns|ptr|rdns|hostname|ip|host|name|reverse|host name|ip address)"
            ),
            "(could not|cannot|can't|unable to) (resolve|find) (your|the) (ip|hostname|reverse|client hostname|ip address|client)",
            "ip name (lookup failed|lookup has failed|possibly forged)",
            (
                "(forward-confirmed reverse|forward confirmed reverse|fcrdns|forward and reverse dns|forward/reverse dns|reverse and forward dns|forward dns"
                " lookup)"
            ),
            (
                "(ip|host|client|server|hostname|address) [address] ... (does not|doesn't|not|must) (resolve|reverse|match|map) [back|to] ... (hostname|name"
                "|ip|address|ptr)"
            ),
            "no host name [found] [for|with]",
            "(valid|proper|correct) reverse (lookup|lookups)",
            "(client|host|server) [<ip>] (has no|without) (name|dns|fqdn|host name|hostname)",
            "^reverse dns",
            "your (mail server|ip|host|server) ... (no|not|without) ... reverse",
            "nordns",
            "client host rejected: (unknown|cannot)",
        ),
        (
            "550 5.7.25 your host 192.0.2.25 has no PTR record",
            "450 4.7.1 reverse DNS lookup of your address failed",
            "554 the IP name lookup failed for 192.0.2.25",
        ),
        unless=("dynamic", "generic", "helo", "ehlo", "greylist*", "spf", "following domain"),
    ),
    rule(
        "identity.helo",
        "named",
        "helo_rejected",
        (
            "(helo|ehlo) [name|command|argument] (requires|must|needs|should)",
            (
                "(helo|ehlo|helo/ehlo|ehlo/helo) [command|name|hostname|host|argument|domain|string|greeting|parameter|host name|address|value] [<host>|<ip>"
                "|<n>] [was|is|has been|are] [not] [a|an]"
                f" ({REFUSED}|rejected|invalid|not valid|bad|incorrect|forged|wrong|illegal|unknown|accepted|valid|allowed|resolvable|fully qualified|malformed"
                "|fake|bogus|unresolvable|fqdn|missing|required|mismatch|localhost)"
            ),
            (
                "(invalid|bad|malformed|illegal|incorrect|wrong|forged|fake|bogus|unacceptable|your|unqualified|faked|unresolvable|suspicious|spoofed|non-fqdn"
                "|improper|a valid|proper|unknown) [or missing|hostname in|host in|name in|domain in] (helo|ehlo)"
            ),
            (
                "(helo|ehlo|helo/ehlo) ... (does not|doesn't|not|must|mismatch|cannot|could not|should|needs|did not|isn't|has no) ... (match|resolve"
                "|resolvable|fully|fqdn|found|valid|exist|be|hostname|dns|a record|qualified)"
            ),
            "(require|requires|need|needs|provide|have) [a|an] [valid|proper|correct] (helo|ehlo)",
            "(fully qualified|fully-qualified|fqdn|qualified) (hostname|host name|domain name in|name in|helo|ehlo)",
            "(invalid|bad|need fully-qualified) (domain name|hostname|host name) in (helo|ehlo)",
            "helo command rejected: ...",
            "(access denied|rejected|blocked|refused|denied) [due to|because of|for|-|:] [a|your] [bad|invalid|your] (helo|ehlo)",
            "(impersonat*|masquerad*|pretend*|claiming to be|claims to be|forging) ... (helo|our|us|host|me|my|this server|this host|local host)",
            "(you are not|you're not) (me|us|<host>|who you say)",
            "(cannot|can't) say you are me",
            "claimed to be (me|us|this host|this server)",
            "^you are not localhost",
            "^(heloip|helo ip) (reject|rejected)",
            "<ip> is [_]my[_] (address|ip)",
            "<ip> is _my_ (address|ip)",
            "(forged|fake|bogus|spoofed) ips [are] not (accepted|allowed)",
            "localhost.localdomain",
            "<host> is (invalid|unknown) or dns says",
            "(hostname|host name|name) ... (localhost|local host|invalid in helo)",
            "valid (host name|hostname|fqdn) [is] required",
            "your (hostname|host name) [<host>] [is|does|was|could] [not] (invalid|unknown|resolve|be resolved|fqdn|fully qualified|valid|not resolve|found)",
            "(does not|doesn't) (match|resolve) ... (helo|ehlo)",
        ),
        ("550 5.7.1 the HELO name does not resolve", "504 5.5.2 <host>: invalid HELO", "550 you are not me: bad ehlo"),
        unless=(
            "send (helo|ehlo|hello)",
            "say (helo|ehlo|hello)",
            "(helo|ehlo|hello) first",
            "polite",
            "after (helo|ehlo)",
            "spf",
            "wait for",
            "helo handshake",
            "(helo|ehlo) command first",
            "need [to] (helo|ehlo)",
        ),
    ),
    rule(
        "identity.our_host",
        "words",
        "helo_rejected",
        ("<host> host (can't|cannot|could not) be resolved",),
        ("451 4.7.0 mail.example.com host can't be resolved",),
        # A status of security: the recipient's domain would be x.1.2.
        when={"status": ("x.7.0", "x.7.1")},
        also=("fix_ptr", "fix_sender_domain"),
        counter=("550 5.1.2 mail.example.org host can't be resolved",),
    ),
    rule(
        "identity.my_name",
        "words",
        "helo_rejected",
        (
            "invalid (domain name|domain|hostname|host name|name|argument)",
            "(bad|unknown|illegal) (domain|host|hostname)",
            "^(rejected|refused|denied|access denied)",
            "syntax error",
        ),
        ({"text": "501 5.0.0 Invalid host name", "command": "EHLO"},),
        when={"stage": "helo"},
    ),
    rule(
        "identity.spf",
        "named",
        "spf_failed",
        (
            (
                "spf [check|validation|record|policy|test|lookup|verification|authentication|result|checks|evaluation|record check|alignment|query] [has|is"
                f"|was|did|result|returned|=|:|of|for|from|returns|status] [<host>|<address>|not|a|:] ({_FAIL}|reject*|error|pass|denied|violation|forbidden"
                "|mismatch|none|neutral|invalid|exceeded)"
            ),
            (
                "(spf|sender policy framework)[:] [<address>|<host>|<ip>] [is] (not allowed|not authorized|not authorised|not permitted|not designated"
                "|forbidden|unauthorized)"
            ),
            (
                f"({_FAIL}|rejected|denied|blocked|violat*|unauthorized|forbidden|not permitted|not allowed|not authorized|refused|because of|due to|per|by)"
                " [the|by|an|your|sender's|domain's|its|invalid|bad] (spf|sender policy framework)"
            ),
            (
                f"(spf|sender policy framework) ... ({_FAIL}|unauthorized|not permitted|not authorized|rejected|denied|forgery|not designated|not allowed"
                "|invalid|mismatch|violat*|required|missing|does not designate|does not allow|does not permit|does not include|doesn't|disallow*|forbid*"
                "|prohibit*)"
            ),
            (
                "(no|missing|invalid|without|incorrect|bad|broken|set up|setup|fix|correct|check|add|publish|a valid) [valid|your|an|a|the|proper|or invalid]"
                " spf [record|records]"
            ),
            "(does not|doesn't|not) designate ... [as] [permitted] sender",
            "(openspf|open-spf|why.html|spf.pobox.com|libspf2|spf/why)",
            "sender policy framework",
            (
                "(is not|isn't|not|are not) (allowed|permitted|authorized|authorised|an authorized|a permitted) [host|server|ip] [to] (send|relay|sending|use"
                "|deliver) [mail|email|e-mail|messages|from] (for|from|on behalf of|as|using|mail for) [domain|<host>|<address>|the|this|your]"
            ),
            "(spf|sender) ... unauthorized mail is prohibited",
            "unauthorized [sending] (ip|host|server|source) [address] (for|to send)",
            "not authorized to send (for|from|on behalf of|mail for|email for|emails from|mail from) [domain|<host>|<address>|this domain]",
        ),
        (
            "550 5.7.23 SPF: 192.0.2.25 is not permitted to send mail for example.com",
            "550 5.7.1 sender policy framework says no: fail",
            "550 please publish a valid SPF record",
        ),
        unless=("dkim", "dmarc", "ptr", "not authorized to send email directly", "to this (recipient|group|list|user|mailbox|address)", "country"),
    ),
    rule(
        "identity.dkim",
        "named",
        "dkim_failed",
        (
            (
                "(dkim|domainkeys|domain keys) [signature|check|verification|validation|signatures|key|public key|result|record|policy|test|body hash] ..."
                f" ({_FAIL}|invalid|bad|missing|not valid|required|unacceptable|no valid|reject*|unsigned|broken|could not|cannot|not found|not verified|absent"
                "|none|mismatch|denied|error|unverified|too weak|expired)"
            ),
            (
                "(bad|invalid|no|missing|failed|broken|unacceptable|no valid|no passing|incorrect|weak|without|unverified|requires|require|must have|lacks|a"
                " valid) [or invalid|or missing|valid|a valid|or bad] (dkim|domainkeys) [signature|key|header]"
            ),
            "not dkim signed",
            "unsigned (messages|message|mail|email) [is|are] (not accepted|not allowed|rejected|refused)",
            "does not pass (domainkeys|dkim)",
            f"({REFUSED}|because of|due to) ... dkim",
        ),
        ("550 5.7.20 no valid DKIM signature", "554 DKIM signature failed verification"),
        unless=("spf", "dmarc"),
    ),
    rule(
        "identity.dmarc",
        "named",
        "dmarc_failed",
        (
            (
                "dmarc [check|policy|validation|evaluation|verification|authentication|alignment|test|policies|checks] [has|is|did|was|of|from|for|:|status"
                f"|violation] [<host>|not|:] ({_FAIL}|reject*|violat*|quarantine|error|unauthenticated|denied|p=reject|unaligned)"
            ),
            (
                "dmarc ... (fail*|reject|rejected|violat*|unauthenticated|not pass|did not|does not|policy|quarantine|unaligned|alignment|p=reject|denied"
                "|blocked|refused|not aligned|not accepted|spoof*)"
            ),
            f"({_FAIL}|{REFUSED}|violat*|because of|due to|per|against|by|based on|according to) ... dmarc",
            "dmarc (policy|reject|fail*|error|unaligned|violation)",
        ),
        ("550 5.7.1 rejected by the DMARC policy of example.com", "554 5.7.5 fails dmarc alignment"),
    ),
    rule(
        "identity.lookup",
        "named",
        "dns_failure",
        (
            "(temporary|transient) (spf|dkim|dmarc) [record] [dns] (lookup|error|failure|problem|timeout) [failure|error|problem]",
            "(spf|dkim|dmarc) [record|policy|key] dns (lookup|query) (failure|failed|error|timeout|timed out)",
            "(temporary|transient) dns (error|failure|problem) while (checking|evaluating|verifying) (spf|dkim|dmarc)",
            "temporary error occurred during (spf|dkim|dmarc) verification",
        ),
        ("451 Temporary DNS error while checking SPF record.  Try again later.", "451 #4.4.3 Temporary error occurred during SPF verification."),
        when={"code": "4xx"},
        also=("fix_sender_domain", "fix_spf", "fix_dkim", "fix_dmarc"),
        counter=("550 5.7.1 rejected by the DMARC policy of example.com",),
        # Section 8.6 on temporary errors; the examples are those of an ACL of Debian's Exim packages and of Cisco's default settings.
        url="https://www.rfc-editor.org/rfc/rfc7208#section-8.6",
    ),
    rule(
        "identity.authentication",
        "named",
        "auth_failed",
        (
            "spoofed (message|mail|sender|address|from)",
            "(rejected|rejecting|blocked|detected) ... spoof*",
            "(spf|dkim) (and|or|nor|/|and/or|&) [a] [valid] (dkim|spf)",
            "spf ... dkim",
            "dkim ... spf",
            (
                "(message|mail|email|sender|messages) [is|was|has been|have] (unauthenticated|failed authentication checks|not authenticated by|failed"
                " authentication|not authenticated)"
            ),
            (
                f"({_FAIL}) [email|message|sender|domain|mail|required|the|multiple|all|necessary] (authentication|sender verification|authentication checks"
                "|sender authentication|authentication tests)"
            ),
            "because the sender is unauthenticated",
            "failed to authenticate (the|this|your) (message|mail|email|sender)",
            "(sender id|senderid|sender-id) ... (fail*|rejected|not|invalid)",
            "purported responsible address",
            "(multiple|sender|email) authentication (checks|failures|failed|failure|requirements|required)",
            (
                "(spoof*|forged|forgery|forging|impersonat*|phish*) [sender|mail|message|email|attempt|domain|from|address|our|of] ... (rejected|refused|not"
                " allowed|denied|blocked|detected|suspected|sender|domain|address)"
            ),
            "(rejected|blocked|refused|denied) ... (anti-spoofing|antispoofing|spoof*|forged|forgery|anti-spoof)",
            "(anti-spoofing|antispoofing|anti-spoof) [policy|rule|check|filter|protection]",
            "(sender|from) [address] [is] (forged|spoofed)",
            "(possible|sender|from|address) forgery",
            "(header from|from header|from: header|<n>.from|from address) ... (mismatch*|does not match|doesn't match|not match|do not match|differ*)",
            "arc ... (fail*|invalid)",
        ),
        ("550 5.7.26 this mail passed neither SPF nor DKIM checks", "550 5.7.1 spf or dkim must pass", "554 rejected by the anti-spoofing policy"),
        unless=(
            "dmarc",
            "smtp auth",
            "sasl",
            "credentials",
            "login",
            "password",
            "virus",
            "authentication required",
            "dkim-signature: v=<n>",
            "deliver* to a",
            "client was not authenticated",
            "to relay",
        ),
    ),
    rule(
        "identity.sender_domain",
        "named",
        "sender_domain_unresolvable",
        (
            "(no|not) [have] [any] a, aaaa[,] or mx [dns] records",
            "sender address rejected: [unknown|your|the] [sender] domain [name|<host>] (not found|does not exist|not exist|unknown|invalid|not valid)",
            "sender address rejected: (unknown domain|domain not found|host not found|invalid domain|non-existent domain|malformed dns|nullmx|unresolvable)",
            (
                "(domain|host) [name] of [the] (sender|sender's|envelope sender|mail from) [address] ... (does not|doesn't|not|cannot) (exist|resolve"
                "|resolvable|be resolved|found|valid)"
            ),
            (
                "(sender|sender's|envelope sender|from|mail from|mailfrom|return-path|return path|your|reverse path|originator) [address|email|e-mail|envelope"
                "|address's] [<address>] domain [name] [<host>|of] [is|does|was|could|cannot|must|has|should] [not|be|no] [not|be|a|to|have] [valid]"
                " (exist|found|resolve|resolved|resolvable|valid|invalid|unknown|unresolvable|mx|a record|records|dns|registered|exists|nonexistent"
                "|unverifiable|bogus|mx record)"
            ),
            (
                "(unresolvable|unresolved|unknown|invalid|non-existent|nonexistent|bad|bogus|unresolveable|unverifiable|unverifyable|no such) (sender|sender's"
                "|from|mail from|mailfrom|envelope sender|source|return-path) [address|email] (domain|host|address domain)"
            ),
            (
                "(cannot|could not|can't|unable to|couldn't|failed to|doesn't|not) (resolve|verify|find|look up) ... (sender|sender's|mail from|your domain"
                "|return path|envelope from|from domain|mailfrom|source domain) [domain|address|name|host]"
            ),
            (
                "(mail from|mailfrom|envelope from|return-path|return path) (domain|host|address) ... (not found|does not exist|must exist|not resolve|must"
                " resolve|no mx|has no|invalid|not valid|unresolvable|not exist)"
            ),
            (
                "no (mx|a|dns|a or mx|mx or a|valid mx|valid dns|mx/a|a/mx) [record] [record|records|entry|dns record] [found] (for|in|of) [the|your] (sender"
                "|your domain|domain of sender|sending domain|sender's domain|sender domain|from domain|return path|mail from|envelope)"
            ),
            "(sender|sending|from|return) domain (must|should|needs|has) ... (mx|resolve|exist|a record|dns|valid|registered)",
            "dns ... (sender|your|mail from) domain ... (fail*|not|no|error|invalid)",
            "(a valid|valid) sender domain",
            "sender [address] rejected: domain ... (mx|a|dns) (record|records)",
            "domain of (your|the) sender address has no (mail exchanger|mx)",
            "from:domain must resolve",
            "no mail hosts for domain",
            "return mx does not exist",
        ),
        (
            "450 4.1.8 <zoe@example.com>: sender address rejected: unknown domain does not exist",
            "553 5.1.8 sender domain example.com not found",
            "501 no MX record for your domain",
        ),
        settle=("mx",),
        unless=(
            "listed",
            "blacklist*",
            "blocklist*",
            "reputation",
            "spf",
            "dkim",
            "dmarc",
            "policy",
            "registered (less than|within|only)",
            "(recently|newly) registered",
            "dbl",
            "reverse dns",
            "spam",
            "rhsbl",
            "quota",
            "rate",
            "limit",
            "authorized",
            "blocked",
        ),
    ),
    rule(
        "identity.mail_domain",
        "words",
        "sender_domain_unresolvable",
        (
            "(domain|host) [<host>|'<host>'] (does not|doesn't|cannot|can't|could not) [be] (resolve|resolved)",
            "(domain|host) [<host>|'<host>'] (does not|doesn't) have any [valid] (mx|dns|a)",
            "error resolving mx records for [domain]",
        ),
        ({"text": "550 Domain 'example.com' does not resolve", "command": "MAIL FROM"},),
        when={"stage": "mail"},
        settle=("mx",),
        counter=("550 Domain 'example.org' does not resolve",),
    ),
    rule(
        "identity.sender",
        "words",
        "sender_address_rejected",
        (
            (
                "(bad|invalid|malformed|illegal|unacceptable|unknown|non-existent|nonexistent|fake|incorrect|unverified) (sender|senders|sender's|from"
                "|originator|mail from|envelope sender|return path|reverse path) [mailbox|email|e-mail] [address|syntax]"
            ),
            "sender address rejected",
            (
                f"sender [address|mailbox|email|user|name] [<address>] [is|was|has been] [not] ({REFUSED}|invalid|accepted|blocked|verify failed|verification"
                " failed|unknown|valid|allowed|verified|malformed|unverified|undeliverable|unacceptable|rejected|bad|incorrect|unauthorized|suspicious"
                "|restricted)"
            ),
            "sender ... (verify|verification|callback|callout|validation|check) [has] (fail*|error|failed|rejected|denied|timed out)",
            (
                "(could not|couldn't|cannot|can't|unable to|failed to) (verify|complete|validate|check) [the|your] [sender|sender's|envelope sender|sender"
                " verify|return path|mail from|from] (sender|address|verify callout|callout|callback|mailbox)"
            ),
            "syntax error in (sender|from|mail from|reverse path|sender address)",
            "sender [address] syntax error",
            "(mail|email|messages|connections) from your domain ... (not accepted|rejected|refused|denied|not allowed)",
            "(return|sender|from) address (cannot|could not|can't) be verified",
            "(null sender|null senders) [is|are] (not accepted|not allowed|rejected|refused)",
            "(originating|author|bounce|return|sender) address [<address>] [is|was|could] (unknown|not found|not be found)",
            "(envelope-from|envelope from|sending from) ... (unknown|not exist)",
            (
                "(sender|from|return|reply|originator) [email] address ... (is not|not|isn't) (valid|allowed|accepted|verified|permitted|exist|recognized|a"
                " valid|rfc)"
            ),
            (
                "(mail from|mailfrom|envelope sender|return path|reverse path|null sender|empty sender|empty envelope sender|null reverse path|bounce)"
                f" [<address>|command|<>|address|messages|message] [is|are|was] [not] ({REFUSED}|invalid|accepted|allowed|malformed|required|not accepted|too"
                " many recipients)"
            ),
            "(sender|from) (unknown|unverified)",
            "mail from <address> ... (rejected|refused|not allowed|denied|not accepted)",
            (
                "(your|the sender|the from|the return) [sender|from|return|email|e-mail] address [<address>] [is|was|has] (rejected|not accepted|invalid|not"
                " valid|refused|not allowed|malformed|not been verified)"
            ),
            "envelope from ... (not|rejected|denied|invalid)",
            "(does not|doesn't|do not) accept (bounces|null senders|bounce messages|mail from <>|delivery notifications|null sender)",
            "return path ... (invalid|not valid|required)",
            "(unauthorized|unauthorised) sender [address]",
            "(invalid|unknown|non-existent) local sender [address]",
            "^domain name required$",
            "(fqdn|fully qualified domain name|fully-qualified domain name) [is] required in [the] (envelope sender|sender|mail from)",
            "^sender (rejected|denied)$",
            "verification failed for <address>",
            "(mail from|mailfrom) ... (mismatch*|does not match|doesn't match|not match)",
        ),
        (
            "553 5.1.7 the sender address <zoe@example.com> is not valid",
            "550 sender verify failed",
            "550 null sender is not accepted",
            "501 5.1.7 malformed sender address",
        ),
        unless=(
            "spf",
            "too many recipients",
            "spam",
            "greylist*",
            "login",
            "logged in",
            "policy reasons",
            "authenticat*",
            "dmarc",
            "manually",
            "relay*",
            "blacklist*",
            "blocklist*",
            "rate",
            "quota",
            "in the allowed list",
            "not in the list of",
            "restricted",
            "recipient ... reject*",
        ),
    ),
    rule(
        "identity.send_as",
        "named",
        "sender_address_rejected",
        (
            (
                "(not owned by|not logged in as owner|not authorized to send as|not allowed to send as|cannot send as|permission to send as|not permitted to"
                " send as|send as denied|sendasdenied|not authorized to use this address)"
            ),
            (
                "(not authorized|not allowed|not permitted|unauthorized|authorised|cannot) [to] (use|send from|send using|send with|spoof|submit) [this|that"
                "|the] (from|sender|email|address|sender address|from address|identity|header from) [address|header]"
            ),
            "sender address rejected: not (owned by|logged in)",
            "(from|sender) address ... (does not match|doesn't match|must match|mismatch|not match) ... (user|login|authenticated|account|username)",
            "(email address|identity|identities|sender identity) [is|are] not verified",
            "(cannot|can't|not allowed to|not permitted to) send [mail|mails|email|emails|messages] from this address",
            "authentication ... different [than|from|to] ... (sender|sender's|from)",
            "verified sender identity",
            "sender [address] [is] (not same as|not the same as|different from|differs from) ... (username|login|account|user)",
        ),
        ("553 5.7.1 <zoe@example.com>: Sender address rejected: not owned by user joe", "550 5.7.60 the user is not authorized to use this address"),
        remedy="fix_relay_auth",
        also=("fix_sender_domain", "fix_sender_auth"),
        unless=("spf", "dmarc"),
    ),
)
