# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Wording that many servers share, in English. Tables by operator and by mail software know better where they speak."""

from __future__ import annotations

_RFC5321 = "https://www.rfc-editor.org/rfc/rfc5321#section-4.2"
_RFC3463 = "https://www.rfc-editor.org/rfc/rfc3463"


def _rule(name, tier, reason, match, examples, **more):
    """Return one rule of this table."""
    return dict({"id": f"generic.{name}", "tier": tier, "reason": reason, "match": match, "examples": examples, "url": _RFC5321}, **more)


PERMISSION = (
    _rule(
        "relay",
        "named",
        "relay_denied",
        (
            "relay [access] (denied|unavailable|not permitted|not allowed|prohibited|forbidden|rejected|refused|restricted|disabled)",
            "(unable|not permitted|not allowed|cannot|can't|refuse|refusing|not authorized|not authorised|unauthorized) [to] relay*",
            "relaying [is|to <address>|mail|is not|not] (denied|not allowed|not permitted|prohibited|allowed|forbidden|disallowed|temporarily)",
            "(we do not|we don't|does not|do not|don't) relay",
            "(isn't|is not|not) in my list of allowed rcpthosts",
            "(not|no) [a|an] [open] (local|relay) (domain|host|relay)",
            "mail for this domain [is] (not handled|not accepted) here",
            "domain ... (not hosted here|not local|isn't hosted|is not handled)",
            "not a gateway",
            "relay not permitted",
            "relay attempt",
        ),
        ("550 5.7.1 we do not relay for example.org", "554 5.7.1 relaying is prohibited here"),
        unless=("open relay ... (listed|blacklist|database)", "smtp relay at"),
    ),
    _rule(
        "needs_login",
        "named",
        "authentication_required",
        (
            "authentication [is] (required|needed|mandatory|failed|unsuccessful)",
            "(must|need to|please|should) [first] (authenticate|log in|login|be authenticated|issue a starttls and auth)",
            "unauthenticated (sender|senders|mail|email|user|connection|relay) [is] [not] (allowed|permitted|not allowed|denied|not permitted)",
            "(smtp auth|auth|smtp authentication|login|sasl authentication) [is] (required|failed|failure)",
            "(check|checked|pop) (mail|before smtp) ... (first|before)",
            "not authenticated",
            "credentials ... (invalid|rejected|incorrect)",
            "(username|user name|password) ... (incorrect|wrong|invalid|not accepted|do not match)",
            "email address is not verified",
        ),
        ("530 5.7.0 authentication is required to send here", "535 5.7.8 SASL authentication failed"),
        unless=("client was not authenticated", "spf", "dkim", "dmarc"),
    ),
    _rule(
        "anonymous",
        "named",
        "authentication_required",
        ("client was not authenticated", "anonymous (clients|users|senders) ... not"),
        ("530 5.7.1 client was not authenticated to send anonymous mail",),
        side="theirs",
        remedy="contact_recipient_admin",
        also=("fix_relay_auth",),
    ),
    _rule(
        "posting",
        "named",
        "posting_not_allowed",
        (
            "(not allowed|not permitted|not authorized|not authorised|unauthorized|no permission) to (post|send to|email|submit) ...",
            "(members|subscribers) only",
            "only (members|subscribers|authorized senders|allowed senders) ... (post|send|may|can)",
            "posting ... (not allowed|denied|restricted|not permitted)",
            "closed list",
            "(list|group) ... (does not accept|only accepts|restricted|moderated)",
            "you must be a (member|subscriber)",
            "sender is not ... (member|subscriber|allowed to post)",
            "group ... not open",
        ),
        ("550 5.7.1 only subscribers may post to this list", "550 5.7.2 you are not allowed to post to the group"),
        unless=("on behalf of", "send as"),
    ),
)

MESSAGE = (
    _rule(
        "spam",
        "named",
        "spam_content",
        (
            "(message|mail|email|e-mail|content|it|this) ... (looks like|look like|classified as|identified as|detected as|considered|appears to be|is|suspected|marked as|scored as|rejected as|refused as|was determined to be|deemed) [a|to be|likely|potential|possible|probable|unsolicited] (spam|uce|unsolicited|junk|bulk|unwanted|spammy)",
            "(spam|uce|junk|bulk|phishing) [message|mail|email|content|score|suspected|level|signature] (detected|rejected|refused|blocked|not accepted|not wanted|suspected|too high|found|filter|recognized|not allowed|limit|threshold|discarded|denied|probability)",
            "(rejected|blocked|refused|detected|denied|identified|classified|flagged|discarded|marked) [as|for|because of|due to|by] [a|our|the|likely|suspected|possible] (spam|junk|bulk|uce|unsolicited|spamassassin|anti-spam|antispam|spam filter|phishing)",
            "(suspected|possible|probable|likely|high probability of|looks like) spam",
            "(anti-spam|antispam|spam) (policy|policies|filter|system|engine|reasons|check|content|rules|rule|service)",
            "spam score",
            "unsolicited (mail|email|bulk|message|messages|commercial)",
            "high (spam|probability)",
            "^spam",
            "considered (spam|unsolicited)",
            "for spam",
            "is spam",
            "as spam",
        ),
        ("554 5.7.1 message refused: our filter deemed it likely spam", "550 spam score too high"),
        unless=("ip ... (blocked|listed)", "your ip", "client host"),
    ),
    _rule(
        "virus",
        "named",
        "virus",
        (
            "(virus|malware|trojan|worm|infected|ransomware) ... (found|detected|rejected|blocked|refused|message|attachment|infected|contains)",
            "(contains|contain|infected with|infected by|found|detected|carries|carrying) [a|an|suspected|possible] (virus|malware|trojan|worm|infection)",
            "(virus|malware|clamav|infected)",
        ),
        ("554 5.7.1 malware detected in the attachment", "550 the message carries a trojan"),
        unless=("virus-free", "blocked sender"),
    ),
    _rule(
        "content",
        "words",
        "content_rejected",
        (
            "(message|content|attachment|file|attachments|body|subject|header|headers) ... (rejected|refused|blocked|not allowed|prohibited|forbidden|not accepted|banned|filtered|denied|unacceptable|disallowed|violates)",
            "(prohibited|forbidden|banned|blocked|illegal|unacceptable|dangerous|executable|restricted) (attachment|content|file|attachments|file type|extension|header|characters)",
            "(message|mail) filtered",
            "content (filter|filtering|policy|rejected|restriction|violation)",
            "rejected by [the] (header|body|content|mime) (check|checks|filter|based)",
        ),
        ("554 5.7.1 an executable attachment is not accepted", "550 message body blocked by our rules"),
        unless=("sender", "client host", "spf", "dmarc", "dkim", "policy", "ip"),
    ),
    _rule(
        "filtered",
        "words",
        "content_rejected",
        ("^message filtered", "(recipient|user|mailbox) ... (filter|filtered|rule|rules)"),
        ("550 5.2.0 message filtered by the recipient",),
        side="theirs",
        remedy="contact_recipient_admin",
        also=("fix_message",),
    ),
    _rule(
        "format",
        "words",
        "message_format",
        (
            "(header|headers|mime|from header|to header|date header|message-id|subject) ... (missing|malformed|invalid|not valid|too large|too long|too many|corrupt|duplicate|duplicated|multiple|not compliant|not rfc|syntax|violates rfc|bad)",
            "(missing|malformed|invalid|multiple|duplicate|no|bad|illegal|duplicated|corrupt) [required|valid|mandatory] (header|headers|from header|message-id|message id|date header|from address|to header|mime|date|line endings|newline|bare lf|header lines)",
            "(bare lf|bare linefeed|bare newline|bare line feed|stray newline|bare cr)",
            "(rfc 5322|rfc5322|rfc 2822|rfc822|rfc 822|rfc 2047|rfc5321) ... (compliant|compliance|violat*|compatible|conform*)",
            "not rfc ... compliant",
            "(line|lines|header line|line length) [is|are] (too long|exceeds|exceeded)",
            "(8-bit|8bit|utf-8|non-ascii) ... (header|headers|not allowed|characters)",
        ),
        ("550 5.6.0 the message has no valid Date header: missing header", "554 5.6.1 bare LF in the message body"),
        unless=("dkim", "spf", "dmarc", "helo", "spam", "virus"),
    ),
)

DIALOGUE = (
    _rule(
        "tls",
        "named",
        "tls_failed",
        (
            "(starttls|tls|ssl|encryption|secure connection) [is|session|connection|handshake|negotiation] (required|failed|failure|error|not available|unavailable|not supported|mandatory|not offered|refused|needed|must|aborted|timed out)",
            "(tls|ssl|starttls|encryption) ... (required|not offered|fail*|could not|cannot|handshake|mandatory|refused|error)",
            "(must|require|requires|need|needs) [to] [issue|use|a|an] [a] (starttls|tls|encryption|ssl|encrypted)",
            "(certificate|server certificate|cert) ... (not verified|verification failed|expired|not trusted|untrusted|invalid|mismatch|verify failed|does not match|not valid|verify error)",
            "cannot start tls",
            "no suitable (cipher|certificate)",
        ),
        ("530 5.7.0 this server requires STARTTLS", "4.7.5 TLS handshake failed: certificate verify failed"),
    ),
    _rule(
        "protocol",
        "words",
        "protocol_error",
        (
            "(bad|improper|out of|wrong|invalid|unexpected) [command] (sequence of commands|command sequence|sequence|order|smtp sequence)",
            "(command|parameter|parameters|option|argument|syntax) [is|was] (not recognized|unrecognized|not implemented|unknown|not supported|not recognised|error|unsupported|invalid)",
            "(unrecognized|unknown|unsupported|invalid|illegal|unimplemented|bad) (command|parameter|parameters|option|syntax|argument|arguments|smtp command|mail parameter)",
            "syntax error",
            "bad syntax",
            "^syntax: ...",
            "(send|say) (helo|ehlo|hello) first",
            "(need|needs|send|expected|must issue) [a] (helo|ehlo|rcpt|mail|mail from|rcpt to) (first|before|command)",
            "(polite people|polite) say (helo|hello)",
            "bad message size syntax",
            "command out of (sequence|order)",
            "^protocol (error|violation|synchronization error)",
            "(smtp|synchronization) protocol (error|violation)",
            "(line|command line|command) too long",
            "(nested|duplicate) (mail|mail from)",
            "sender already (specified|given)",
            "start afresh",
            "pipelining ... (not|error|improper)",
        ),
        ("503 5.5.1 wrong command sequence", "501 5.5.4 unsupported parameter SIZE"),
    ),
    _rule(
        "utf8",
        "words",
        "protocol_error",
        (
            "(smtputf8|8bitmime|utf8|utf-8) ... (not offer|did not offer|not supported|required|not support)",
            "not offer smtputf8",
            "local-part of envelope ... utf8",
        ),
        ("553 5.6.7 UTF8 addresses are not supported here",),
        side="either",
        remedy="contact_recipient_admin",
        also=("clean_address_list", "fix_mta"),
    ),
    _rule(
        "no_valid_recipients",
        "vague",
        "protocol_error",
        ("no valid recipients",),
        ("554 5.5.1 Error: no valid recipients",),
        side="either",
        remedy="contact_recipient_admin",
        also=("clean_address_list", "fix_mta"),
    ),
)

VAGUE = (
    _rule(
        "refused_connections",
        "vague",
        "ip_blocked",
        ("esmtp not accepting connections",),
        ("554 mx.example.org ESMTP not accepting connections",),
        remedy="reduce_rate",
        also=("delist", "switch_outbound_ip", "use_smarthost", "wait"),
        side="ours",
    ),
    _rule(
        "policy",
        "vague",
        "policy",
        (
            "(access|delivery|transaction|mail|message|permission|connection|command|request) [is|was|has been|not] (denied|rejected|refused|not authorized|not allowed|not accepted|blocked|declined|prohibited|unauthorized|not permitted)",
            "(violates|violation of|due to|against|because of|for|by) [local|our|security|a|the|company|administrative|mail|site] [security|acceptance|email] (policy|policies|policy reasons)",
            "administrative prohibition",
            "(rejected|refused|denied|blocked) (for|by|due to) [local|our|security|administrative|site] (policy|administrator|rule|policies|policy reasons|reasons|rules)",
            "in my badrcptto list",
            "(transaction|message|mail|delivery) [has] (failed|refused|rejected)",
            "not (authorized|authorised|permitted|allowed)",
            "unable to (accept|deliver) (message|mail|this message)",
        ),
        ("550 5.7.1 the request was declined: request denied", "554 5.7.1 refused because of local policy"),
    ),
    _rule(
        "policy_rejection",
        "words",
        "policy",
        ("policy (rejection|reject|violation|reasons|restriction|restrictions|error|block)",),
        ("450 4.7.1 policy restriction, please try later",),
    ),
    _rule(
        "check_address",
        "vague",
        "user_unknown",
        ("[please] check (if|that|whether) [the] address is (correct|valid)", "check the (recipient|recipient's|email) address"),
        ("the mail could not be handed over, please check the recipient address",),
        confidence="likely",
    ),
    _rule(
        "unavailable_mailbox",
        "vague",
        "user_unknown",
        (
            "mailbox unavailable",
            "mailbox [is] not available",
            "(user|recipient|mailbox|account) [<address>] [is] (unavailable|not available|rejected|refused|not accepted|denied|not allowed)",
            "recipient address rejected",
            "(unable|cannot|can't|could not|failed) [to] deliver [message|mail] to <address>",
        ),
        ("550 requested action not taken: mailbox unavailable",),
        when={"code": "5xx"},
        confidence="likely",
        unless=("policy", "access denied", "spam", "blocked", "not allowed to send", "block list", "temporarily"),
    ),
)


RULES = PERMISSION + MESSAGE + DIALOGUE + VAGUE
