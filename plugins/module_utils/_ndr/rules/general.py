# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Permission, content, form and dialogue; and wording that may mean several things. Wording that many servers share."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import REFUSED, rule

_ITEM = "message|messages|mail|mails|email|e-mail|content|it|this|attachment|your message|your email|your mail|submission|msg"

PERMISSION = (
    rule(
        "permission.relay",
        "named",
        "relay_denied",
        (
            "relaying ... [is] not (allowed|permitted)",
            "no relay$",
            "not relaying (to|for) (that|this|the) (domain|address|host|recipient)",
            (
                "(relay|relaying|mail relay|smtp relay) [access|of|to|for|is|from|attempt|mail|request|through|<address>|<host>|this|not]"
                " [is|was|mail|access|operation"
                "|not|<address>|domain|<host>] [not|temporarily]"
                " (denied|unavailable|not permitted|not allowed|prohibited|forbidden|rejected|refused|restricted|disabled|not authorized|not supported|allowed"
                "|permitted|disallowed|temporarily|not enabled|blocked|failed|unauthorized)"
            ),
            (
                "(unable|not permitted|not allowed|cannot|can't|refuse|refusing|not authorized|not authorised|unauthorized|refused|not able|not configured"
                "|failed|will not|won't|not permit|not allow|disallowed) [to|any] relay*"
            ),
            (
                "(we do not|we don't|does not|do not|don't|doesn't|never|no) [allow|permit|support|accept|offer] [smtp|third-party|open|mail|to"
                "|unauthenticated|anonymous] relay*"
            ),
            (
                "(isn't|is not|not) in (my|our|the|my list of|our list of|the list of) [allowed|list of] (rcpthosts|rcpthosts list|allowed domains|relay"
                " domains|relayhosts|local domains|accepted domains)"
            ),
            "list of allowed rcpthosts",
            "lista de rcpthosts",
            "(isn't|is not|not) in my list of allowed",
            "(not|no) [a|an] [open] (local domain|relay domain|local host|open relay|relay host)",
            "(mail|email) for [this|that|the|<host>|recipient] (domain|host|user) [is] (not handled|not accepted|rejected|not served) [here]",
            (
                "(domain|host|<host>|recipient domain|destination domain) ... (not hosted here|not local|isn't hosted|is not handled|not handled here|not"
                " served here|isn't local|not configured|isn't allowed to be relayed|not a local domain|not accepted here|not ours|is not local)"
            ),
            "not a gateway",
            "(we don't|we do not) (handle|take|carry) mail for (<host>|<address>|that domain|this domain)",
            "relayed mail ... not (allowed|accepted|permitted)",
            "(isn't|is not|are not|aren't) allowed to relay",
            "relay not permitted",
            "relay attempt",
            "unauthorized relay",
            "not authorized to relay",
            "(does not|doesn't|not) ... (authorised|authorized|allowed|permitted) for relay*",
            "you (may not|cannot|are not allowed to|can not) (relay|use this server|send through this server|send mail to <address> through)",
            "(trying|attempt|attempted|attempting) to relay",
            "(send|sending) [mail] through this server",
            "anti-relay",
        ),
        ("550 5.7.1 we do not relay for example.org", "554 5.7.1 relaying is prohibited here", "553 mail for this domain is not handled here"),
        unless=(
            "from your domain",
            "an open relay",
            "open relay ... (listed|blacklist|database)",
            "smtp relay at",
            "relay recipient table",
            "relay service",
            "use the smtp relay",
            "reputation",
        ),
    ),
    rule(
        "permission.relay_needs_login",
        "named",
        "authentication_required",
        (
            "relay* [to] [<address>] [is|was] (denied|not allowed|not permitted|prohibited) [without] [smtp] authentication [is] [required]",
            "relay* ... authenticat*",
            "authenticat* ... relay*",
            "relay* ... (check your mail|pop before|smtp auth)",
        ),
        ("550 5.7.1 relaying denied without authentication",),
        also=("contact_recipient_admin", "use_smarthost"),
    ),
    rule(
        "permission.login",
        "named",
        "authentication_required",
        (
            (
                "(authentication|smtp authentication|sasl authentication|smtp auth|auth|sasl login|login|user authentication|plain authentication|server"
                " authentication|smtp login|asmtp)"
                " [is|was|has|mechanism|credentials] [not|been] (required|needed|mandatory|failed|failure|unsuccessful|rejected|error|invalid|denied|incorrect"
                "|must be|enabled|disabled|not successful|successful)"
            ),
            (
                "(must|need to|please|should|required to|requires you to|have to|needs to) [first] (authenticate|log in|login|be authenticated|issue a"
                " starttls and auth|authenticate first|use smtp auth|sign in|enable smtp authentication|authenticate with|use authentication)"
            ),
            (
                "(unauthenticated|non-authenticated|not authenticated|anonymous) (sender|senders|mail|email|user|users|connection|relay|client|message"
                "|submission|access) [is|are] [not] (allowed|permitted|not allowed|denied|not permitted|rejected|forbidden|disabled)"
            ),
            "requires (authentication|smtp authentication|auth|login|a login|you to log in|valid login)",
            "(check|checked|read|retrieve|receive|pop) [your|for|new] (mail|messages|email) (first|before)",
            "pop before smtp",
            "need (ehlo|helo) and auth first",
            "(you are|client is|sender|user|session|connection|client) not (authenticated|logged in)",
            "(credentials|credential) [were|are] (invalid|rejected|incorrect|wrong|not accepted|not recognized)",
            "(username|user name|password|login|user) (and|or) (password|username) [is|are|not] (incorrect|wrong|invalid|not accepted|not match|accepted)",
            "(incorrect|invalid|bad|wrong) (password|username|credentials|login|authentication data|authentication|user or password|username or password)",
            "(authentication|auth) (mechanism|method) [is] (not supported|too weak|not allowed|unsupported|invalid)",
            "(submission|sending) ... requires [smtp] (auth|authentication)",
            "authentication required",
            "unable to authenticate",
            "(only allowed|allowed only|only permitted) with [smtp] authentication",
            "local (user|users) only",
        ),
        ("530 5.7.0 authentication is required to send here", "535 5.7.8 SASL authentication failed", "550 you must log in before you send"),
        unless=(
            "client was not authenticated",
            "spf",
            "dkim",
            "dmarc",
            "sender is unauthenticated",
            "email authentication",
            "sender authentication",
            "message authentication",
            "domain authentication",
            "recipient requires that all senders",
            "log in to (enable|activate|resume)",
        ),
    ),
    rule(
        "permission.our_account",
        "named",
        "policy",
        (
            (
                "your [email|mail|e-mail|user|smtp|hosting] (account|domain|mailbox|user) ..."
                " (suspended|disabled|blocked|locked|restricted|deactivated|limited|barred) (for|from|due to|because of|after)"
                " [sending|suspicious|suspected|sent|too much|of] [spam|mail|activity|email|emails]"
            ),
            (
                "(account|user|domain) [has been|is|was] (suspended|disabled|blocked|locked|restricted) (for|due to|because of) [sending|suspected]"
                " (spam|spamming|abuse|unsolicited|bulk|junk)"
            ),
            "(account|user|domain|mailbox) ... (blocked|restricted|suspended|disabled|barred|prevented) from sending",
            "(account|domain|user) [<host>|<address>] has (outgoing|outbound) (mail|email|e-mail) (disabled|suspended|blocked)",
            (
                "(outgoing|outbound|sending) [mail|email|e-mail|messages] (from|for) (your|this|the) (account|domain|user|mailbox) ..."
                " (disabled|suspended|blocked|restricted)"
            ),
            "(cannot|can't|not allowed to|not permitted to) send [mail|mails|email|emails|messages] from this (domain|account)",
        ),
        (
            "550 Your account has been suspended for sending spam",
            "550 Domain example.com has outgoing email disabled",
            "550 outgoing mail from this account has been disabled due to spam",
        ),
        # Who says so carries our mail: an account of ours sent what it should not have sent.
        side="ours",
        remedy="fix_relay_auth",
        also=("contact_recipient_admin", "use_smarthost", "reduce_rate", "fix_mta", "fix_message"),
        unless=("(recipient|recipient's|addressee|your message to)", "spf", "dmarc"),
        counter=("550 5.2.1 The recipient's account has been suspended", "550 5.7.1 this message has been blocked for sending spam"),
        url="https://community.mxroute.com/t/restricted-for-sending-spam/47",
    ),
    rule(
        "permission.anonymous",
        "named",
        "authentication_required",
        (
            "client was not authenticated",
            "anonymous (clients|users|senders) ... not",
            "requires that all senders [to] [this recipient] are authenticated",
            "authenticationrequired",
            "sender not authenticated [for]",
        ),
        ("530 5.7.1 client was not authenticated to send anonymous mail",),
        side="theirs",
        remedy="contact_recipient_admin",
        also=("fix_relay_auth",),
    ),
    rule(
        "permission.posting",
        "named",
        "posting_not_allowed",
        (
            "only accepting (mail|messages|email) from",
            "rule imposed mailbox access",
            "not allowed to receive [any] (mail|mails|messages|email|emails) from (you|your|this|external|outside|<address>)",
            "(receiver|recipient|user) (do'nt|don't|dont|doesn't|does not|do not) want [your|this] (mail|message|email|e-mail)",
            "only accepts (mail|messages|email) from [known|approved|authorized] (senders|contacts|addresses)",
            "allowed senders list",
            "allowed sender list",
            "delivery to this (address|recipient|group|list) is restricted",
            "(user|recipient|addressee) refused to (receive|accept)",
            "not accepting (mail|email|messages|e-mail) from (this|the|your|that) (sender|address|email)",
            "(recipient*|they|user|users|addressee|address) ... (not accepting|not accept|doesn't accept|refuses|refuse) [any] (mail|email|messages"
            "|e-mail) from (you|<address>|your|this|that|the sender)",
            (
                "(not allowed|not permitted|not authorized|not authorised|unauthorized|no permission|not have permission|not eligible|no rights|lack"
                " permission|not be permitted|not have permissions|cannot|may not|prohibited) [to|from]"
                " (post|send to|email|e-mail|submit to|write to|send mail to|send email to|send messages to|posting|sending to|send e-mail to|mail to|send"
                " mail to this|contact|post to|send to this|message) [to]"
                " [this|that|the|a|<address>|specified|these|requested|internal] (recipient|group|list|mailing list|address|user|mailbox|distribution list"
                "|distribution group|person|recipients|alias|domain|<address>|internal|contact|folder|newsgroup)"
            ),
            "(not allowed|not permitted|not authorized|unauthorized) to post",
            "(members|subscribers|authorized senders|list members|registered users|internal users|internal senders) only",
            (
                "only (members|subscribers|authorized senders|allowed senders|list members|internal senders|specific senders|certain senders|authorised"
                " senders|registered|authenticated|approved senders|moderators|internal) ... (post|send|may|can|allowed|deliver*)"
            ),
            "(accepts|accept) [mail|messages|email] (only|only mail) from",
            (
                "(posting|submission|submissions) [to|from|is|by] [the|this|list|non-members|group|newsgroup] [is] (not allowed|denied|restricted|not"
                " permitted|disabled|prohibited|rejected|closed)"
            ),
            "(closed|private|restricted|moderated|members-only) (list|group|mailing list|newsgroup|forum|distribution list)",
            "(list|group|mailing list|distribution group) ... (does not accept|only accepts|restricted|moderated|closed|does not exist|not open)",
            "(must be|not|aren't|is not|you're not|are not) [currently] a (member|subscriber)",
            (
                "(sender|you) [is|are] not [a|an|in|on] [the|allowed|subscribed|member|authorized|approved|permitted|valid] [list of|to|senders|list|of]"
                " [allowed|permitted|post|send|this list|approved|list|authorized|safe] (senders|sender|member|subscriber|subscribers|sender list|to post|this"
                " list|send to this|group|recipients|to this)"
            ),
            "group ... not open",
            (
                "not [on|in] [the|his|her|my|this|their|recipient's] (allow list|allowed list|whitelist|white list|accept list|safe list|safelist|guest list"
                "|buddy list|address book|approved list|allowed sender list|accept-list|contact list)"
            ),
            "(manually|personally) blocked",
            "blocked by [the] (recipient|user|addressee|receiver|mailbox owner|recipient's)",
            (
                "(recipient|user|addressee|they) [has|have|does|do|is] [not] (blocked you|blocked your|doesn't want|refuses mail from you"
                "|rejects mail from you|refused"
                " your|not accepting mail from you|refuses to accept|not accept mail from|not wish to receive|does not want)"
            ),
            "(recipient|user) ... (only accepts|accepts only|restricts|has restricted|rejects) ... (sender|senders|mail|messages|known)",
            "mailing list expansion prohibited",
            "not whitelisted by this recipient",
            "delivery restriction* [check]",
            "(restricted|protected) (address|recipient|mailbox|distribution list)",
            "(challenge|confirmation|verification) ... (reply|click|confirm|verify) ... sender",
            (
                "(reject|rejected|refused) by [the|this|a] [recipient|user|mailbox] (recipient|user|addressee|owner|mailbox filter|user's rule|recipient's"
                " rule|mail filter of the recipient|user filter|sieve filter|personal filter)"
            ),
        ),
        (
            "550 5.7.1 only subscribers may post to this list",
            "550 5.7.2 you are not allowed to post to the group",
            "550 5.7.1 the addressee has manually blocked your address: manually blocked",
            "550 you do not have permission: not on the whitelist of zoe, not in the allowed list",
        ),
        unless=("on behalf of", "send as", "from your ip", "relay*", "spf", "directly", "member of [the|this|our] domain"),
    ),
)

CONTENT = (
    rule(
        "content.spam",
        "named",
        "spam_content",
        (
            "spamtrap*",
            "spam trap",
            (
                f"({_ITEM}) ... (looks like|look like|classified as|identified as|detected as|considered|appears to be|suspected|marked as|scored as|rejected"
                " as|refused as|was determined to be|deemed|declared|judged|tagged as|flagged as|recognized as|recognised as|seems to be|found to be|believed"
                "|resembles|determined to be|is|are|was|be)"
                " [a|to be|likely|potential|possible|probable|unsolicited|as|like|probably|be|highly|very likely|suspected|too|to be like|in the category of]"
                " (spam|uce|unsolicited|junk|bulk|unwanted|spammy|spam-like|spamlike|ube|spam/virus|junk mail|phishing|a scam|scam|fraud)"
            ),
            (
                "(spam|uce|junk|bulk|phishing|ube|scam|junkmail|junk mail) [message|mail|email|content|score|suspected|level|signature|fingerprint|has been|is"
                "|was|filter|probability|characteristics|words|or virus|check|mails|messages|contents|attack]"
                f" ({REFUSED}|detected|suspected|too high|found|recognized|limit|threshold|discarded|probability|not wanted|exceeded|filtered|caught|identified"
                "|positive|dropped|stopped|high|level|not delivered|attempt|trap|quarantined)"
            ),
            (
                "(rejected|rejection|blocked|refused|detected|denied|identified|classified|flagged|discarded|marked|filtered|stopped|bounced"
                "|returned|failed|content)"
                " [as|for|because of|due to|by|being|the|several|possible] [a|our|the|likely|suspected|possible|too|recipient's|its|local|probable|potential"
                "|being]"
                " (spam|junk|bulk|uce|unsolicited|spamassassin|anti-spam|antispam|spam filter|phishing|spammy|spam content|spam filters|junk mail|spam checks"
                "|bayes*|anti-spam filter|antispam filter|content filter|antispam checks|spamminess|ube)"
            ),
            (
                "(suspected|possible|probable|likely|high probability of|looks like|potential|considered|blocked|sending|is|as|for|of|contains|definitely"
                "|probably|no|stop|certain|unwanted|against|apparent|identified) (spam|spams|uce|junk mail|junkmail)"
            ),
            (
                "(anti-spam|antispam|spam|anti-phishing|spamassassin|bogofilter|dspam) (policy|policies|filter|filters|system|engine|reasons|check|checks"
                "|content|rules|rule|service|software|gateway|tool|protection|score|firewall|test|tests|techniques|classification|mail)"
            ),
            "spam score",
            "rspam",
            "(message|mail|email) [has] scored <n>",
            "(rejected|refused|blocked|discarded) by (dcc|razor|pyzor|spamassassin|bogofilter|dspam)",
            "(spam|uce) scale",
            "consistent with spam",
            "^error: spam",
            "^(reject|rejected|refused) [-|:] (spam|spamtext)",
            "consider* (this|your|the) (message|mail|email|e-mail) [to be|as|is] spam",
            "(look|looks|looked|looking) like [a] (spam|junk)",
            "(message|mail|email|content) (looks|look|seems|appears) [to be] [very|highly] suspicious",
            "triggered [a|the|our] spam",
            "(unsolicited|unwanted|abusive) (mail|email|bulk|message|messages|commercial|content|e-mail)",
            "high (spam|probability of spam|likelihood of spam)",
            "^(spam|junk|message blocked due to spam|blocked for spam)",
            "(message|mail|email) [content] (triggered|scored|scores|score|fails|failed) ... (spam|antispam|anti-spam|bayes|threshold)",
            "(spam|content|message) [fingerprint|signature|hash] (matched|match)",
            "(gtube|razor|dcc|pyzor|cloudmark|vade|rspamd|vipul) ... (spam|reject*|check|list|filter|threshold)",
            "(advertis*|promotional|marketing) [mail|content|message] (not|reject*|refused|denied|prohibited)",
            "(reject|rejected|refused) ... (advertis*|spammer|bayesian)",
            "(undesirable|unwanted|offensive|objectionable|inappropriate) (content|words|mail|language)",
            "spam is",
            "(spam|junk) (message|mail|email) [is|was|has been] (detected|rejected|blocked|found|identified)",
            "(seems|looks|appears) [to be|as|like] [a|an] (junk|spam|spammy|unsolicited)",
            "consider* spam",
            "known spam (signature|pattern|content)",
            "spam pattern*",
            "phishing (message|mail|email) (appears|impersonat*)",
        ),
        ("554 5.7.1 message refused: our filter deemed it likely spam", "550 spam score too high", "554 your message looks like junk mail"),
        unless=(
            "your ip",
            "client host",
            "(from|by) [this|your|the] (ip|host|server|ip address)",
            "spamhaus",
            "spamcop",
            "your (server|host|domain)",
            "list of spammers",
            "smtp auth",
            "ip address",
            "greylist*",
            "sender's ip",
            "reputation",
        ),
        counter=("550 5.7.1 your ip is listed as a source of spam",),
    ),
    rule(
        "content.virus",
        "named",
        "virus",
        (
            (
                "(virus|malware|trojan|worm|ransomware|viruses|spyware|infection|eicar) ... (found|detected|rejected|blocked|refused|message|attachment"
                "|infected|contains|in|identified|suspected|email|mail)"
            ),
            (
                "(contains|contain|infected with|infected by|found|detected|carries|carrying|contained|containing|suspected|due to|possible|potential"
                "|because of"
                "|dangerous) [a|an|suspected|possible|potential|the|known|computer]"
                " (virus|malware|trojan|worm|infection|viruses|harmful content|malicious content|malicious code|malicious attachment|malicious)"
            ),
            "(clamav|clamd|clamsmtp|infected|kaspersky) ...",
            "^(virus|malware|infected)",
            "(malicious|dangerous|harmful|infected) (content|attachment|file|code|link|message|payload)",
        ),
        ("554 5.7.1 malware detected in the attachment", "550 the message carries a trojan"),
        unless=("virus-free", "blocked sender", "your host is infected", "infected host", "your ip", "anti-virus policy ... not", "spam/virus"),
    ),
    rule(
        "content.attachment",
        "words",
        "content_rejected",
        (
            "vba macros found",
            "(attachment|attachments) (filter|filtering) [policy|rule|rules]",
            "(blocked|banned|forbidden) mime (part|type)",
            "^content (reject|rejct)",
            "(contains|contained|containing) ... blocking (url|urls|uri|uris|link|links)",
            "(inline|executable) [executable] (attachement|attachements|attachments|attachment)",
            "(url|phone number|url/phone number|keyword|word|words|phrase) filter",
            "(word|words|phrase|phrases) in [the|your] (message|mail|email|body|subject) [is|are] (blocked|banned|forbidden|prohibited|not allowed)",
            "(sensitive|dirty|bad|obscene) (word|words|keyword|keywords)",
            "not allowed to receive [any] (mail|mails|messages|email|emails) with",
            "number of attachments ... (threshold|maximum|limit|exceeded)",
            "(contains|contained) (unsafe|dangerous|malicious) content",
            "(character set|charset|language|character sets) [is|are] not (accepted|allowed|permitted)",
            "not accept ... (character set|character sets|charset)",
            "(rejected|blocked|refused) (due to|because of) [its|the|message|prohibited] [message] content [restrictions|policy]",
            (
                f"(content|attachment|body|subject|header|headers|file|attachments|message content|message body|extension|filename"
                "|file name|part) [<n>|of|type|content|in"
                "|contents|with|name] [this|the|your|type|extension|is|was|has been|have been|are|contains|contained|violates|attachment|message]"
                f" ({REFUSED}|forbidden|banned|filtered|unacceptable|disallowed|violates|illegal|prohibited|denied|a banned|a prohibited|a forbidden|restricted"
                "|not supported|by content|filtered out|quarantined)"
            ),
            (
                "(prohibited|forbidden|banned|blocked|illegal|unacceptable|dangerous|executable|restricted|disallowed|encrypted|password-protected|password"
                " protected|unauthorized|suspicious|invalid)"
                " (attachment|content|file|attachments|file type|extension|header|characters|files|mime type|file extension|filename|charset|character set"
                "|language|subject|word|words|zip|archive|macro|text)"
            ),
            "(message|mail) filtered",
            "content (filter|filtering|policy|reject|rejected|restriction|violation|blocked|inspection|check|scan|control|rule|not allowed|denied)",
            (
                "(rejected|blocked|refused) by [the|our|a|local|mail|server] [the] (header|body|content|mime|message|attachment|milter|filter|filters|mail"
                " filter|message filter|policy filter|content scanner) [check|checks|filter|based|rule|rules]"
            ),
            "(content-type|content type|mime type|file type|attachment type) [is] (not acceptable|not accepted|unacceptable|not allowed|not permitted)",
            "attachments of type ... (not allowed|not accepted|not permitted|rejected|blocked)",
            "contains ... (banned|forbidden|prohibited)",
            "(attachments|attachment) [of|with|type|are|is] [this|type|not] (not|allowed|accepted|blocked|denied|removed|restricted|prohibited|exe|zip)",
            (
                "(does not|do not|don't) accept [executable|mail with|messages with|any|email with|html|zip|encrypted|such] (attachments|html|files|attachment"
                "|content|zip|macros)"
            ),
            "(html|rich text|8bit|chinese|cyrillic|russian) (mail|content|message|messages|charset) ... (not|reject*|denied|prohibited)",
            "(violates|violation of) [the|our|a] (content|data loss|dlp|attachment|compliance) [prevention|policy|rule|rules]",
            "(dlp|data loss prevention)",
            "(message|mail|email) [has been|was|is] (discarded|dropped|quarantined)",
            "(message|mail|attachment|content) is banned",
            "^[content] filter rejection",
            "attachment count [limit]",
            "(html tag|html|word|phrase) [is] (unacceptable|forbidden)",
            "(not accepting|no longer accepts|no longer accept|does not accept|do not accept) [any] (mail|messages|email|emails) (with|containing|in html)",
            "blocked by [a|an|our|the] ... (content|attachment) filter",
        ),
        ("554 5.7.1 an executable attachment is not accepted", "550 message body blocked by our content policy", "550 message rejected by the body checks"),
        unless=(
            "sender",
            "client host",
            "spf",
            "dmarc",
            "dkim",
            "your ip",
            "ip address",
            "helo",
            "recipient address",
            "too large",
            "too big",
            "size",
            "reputation",
            "blacklist*",
            "blocklist*",
            "dnsbl",
            "rbl",
            "mail from",
            "from",
            "policy reasons",
            "tls",
            "too many",
            "relay",
            "authenticat*",
        ),
    ),
    rule(
        "content.extension",
        "named",
        "content_rejected",
        (
            "(high risk|dangerous|executable|forbidden|banned|blacklisted|prohibited) [high risk] [file|attachment] (extension|extensions|file type)",
            "(file|attachment) (extension|type) ... (blocked|rejected|forbidden|not allowed|banned|blacklisted|prohibited)",
        ),
        ("550 a blacklisted file extension was found: .exe", "554 attachment type .js is prohibited here"),
        counter=("550 5.7.1 your ip is blacklisted",),
    ),
    rule(
        "content.filtered_by_recipient",
        "words",
        "content_rejected",
        ("^message filtered", "(recipient|user|mailbox|recipient's|user's) ... (filter|filtered|filter rule|filters)", "rejected by recipient's filter"),
        ("550 5.2.0 message filtered by the recipient",),
        side="theirs",
        remedy="contact_recipient_admin",
        also=("fix_message",),
        unless=("spam",),
    ),
    rule(
        "content.format",
        "words",
        "message_format",
        (
            "subject is mandatory",
            "(malformed|ill-formed|misformed) (message|mail|email|e-mail)",
            "(lone|stray) (cr|lf)",
            "(does not|doesn't|not) comply with [the] required standards",
            (
                "(header|headers|mime|from header|to header|date header|message-id|subject|from field|date field|message header|header line|message headers"
                "|mail header|header field|date|from: header|'from' header|message format|content-type|received headers|boundary|message-id header)"
                " [field|fields|line|lines|section|structure|value|is|are|was|in|of|has|have|<n>|name|contains|contain|syntax|format|data|size|address|does]"
                " [the|is|are|not|a|an|message|been|too|invalid|bad|your]"
                " (missing|malformed|invalid|not valid|too large|too long|too many|corrupt|duplicate|duplicated|multiple|not compliant|not rfc|syntax|violates"
                "|bad|error|illegal|required|not found|large|long|incorrect|exceeds|unparseable|not present|broken|non-ascii|8-bit|not conform*|corrupted"
                "|unterminated|absent)"
            ),
            (
                "(missing|malformed|invalid|multiple|duplicate|no|bad|illegal|duplicated|corrupt|incorrect|improper|lacks|requires|need|without|empty|broken"
                "|too many|conflicting|unparsable|unparseable)"
                " [required|valid|mandatory|rfc|or malformed|or invalid|a|proper|message|mail|mime|or missing|or multiple]"
                " (header|headers|from header|message-id|message id|date header|from address in header|to header|mime|date|line endings|newline|bare lf|header"
                " lines|from|from: header|subject|to|header field|mime structure|mime header|mime headers|message format|date field|from field|header syntax"
                "|to field|to/cc|sender header|boundary|message structure|recipient headers|received headers|content-type|line ending|message)"
            ),
            (
                "(bare lf|bare linefeed|bare newline|bare line feed|stray newline|bare cr|bare carriage return|bare line-feed|stray lf|smtp smuggling|bare lfs"
                "|nul byte|null byte|nul character|null character|bare newlines)"
            ),
            (
                "(rfc 5322|rfc5322|rfc 2822|rfc2822|rfc822|rfc 822|rfc 2047|rfc5321|rfc 5321|rfc 2045|rfc 1521|rfcs|rfc 2821|rfc2047|rfc) [is|non|not|-] ..."
                " (compliant|compliance|violat*|compatible|conform*|comply|standard|format|requires)"
            ),
            "(rfc|rfc <n>|rfc5322) validation (error|errors|failed|failure)",
            "(require|requires|need|needs) a valid (from|date|to|subject|message-id) (header|field)",
            "no '(date|from|to|subject|message-id)' (header|field)",
            "non-unique [message] headers",
            "(message|mail|header|format) format (restriction|restrictions) violation",
            "^format (restriction|error|violation)",
            "not [rfc|rfc822|rfc2822|rfc5322] [rfc] (compliant|compatible|conform*) [with] [rfc|standards|internet]",
            (
                "(line|lines|header line|line length|body line|text line) [is|are|in|of|length|exceeds] [message|body|the] (too long|exceeds|exceeded|longer"
                "|limit)"
            ),
            "(8-bit|8bit|utf-8|non-ascii|8 bit|unencoded) ... (header|headers|not allowed|characters|not supported in header)",
            (
                "(message|mail|email) [is|has] [not|an] (malformed|corrupt|rfc|invalid format|improperly formatted|unparseable|not properly formatted|well"
                " formed|correctly formatted|violates rfc|empty|has no content|incomplete)"
            ),
            "(improperly|incorrectly|badly) (formatted|formed|encoded)",
            "contains nul characters",
            "(nonstandard|non-standard|invalid|illegal|wrong|bad) [smtp] line (terminator|terminators|ending|endings|separator)",
            "mime (defect|error|violation|defects|errors)",
            "mime/reject",
            "mime structure [is] invalid",
            "invalid data in [the] message",
            "message header is ... long",
            "header ... not ... terminated",
            "(from|to|sender|reply-to) (header|field) ... (single|multiple|more than one|valid|address|syntax)",
            (
                "(violates|violation of|non-compliant|noncompliant|not conform* to|not compliant with|does not comply with|must comply with|conform to) [the"
                "|email|internet|message] (rfc*|standards|smtp standard|internet standards|rfc)"
            ),
        ),
        (
            "550 5.6.0 the message has no valid Date header: missing header",
            "554 5.6.1 bare LF in the message body",
            "550 5.7.1 message is not RFC 5322 compliant",
        ),
        unless=(
            "dkim",
            "spf",
            "dmarc",
            "helo",
            "ehlo",
            "spam",
            "virus",
            "sender address",
            "recipient address",
            "command",
            "helo command",
            "attachment",
            "mx",
            "domain",
            "dns",
            "conform to ... policy",
        ),
    ),
)

DIALOGUE = (
    rule(
        "dialogue.tls",
        "named",
        "tls_failed",
        (
            "subject alternative name found",
            "presented certificate",
            "certificate validation (failed|failure)",
            (
                "(starttls|tls|ssl|encryption|secure connection|encrypted connection|tls connection|tls session|tls encryption|opportunistic tls|starttls"
                " command) [is|session|connection|handshake|negotiation|was|has|to|for|version|first|mode|with|command|protocol] [not|<host>|been|be|currently"
                "|temporarily|required]"
                " (required|failed|failure|error|not available|unavailable|not supported|mandatory|not offered|refused|needed|must|aborted|timed out|available"
                "|offered|supported|rejected|enabled|established|fails|disabled|negotiated|impossible|too old|first)"
            ),
            "must be (send|sent|delivered|transmitted) (with|over|using|via) [an] (encryption|encrypted connection|tls|starttls)",
            "(tls|ssl|starttls|encryption) ... (required|not offered|fail*|could not|cannot|handshake|mandatory|refused|error|not support*|must|verif*)",
            (
                "(must|require|requires|need|needs|required|only|use) [to] [issue|use|a|an|be|via|over|accept] [a|an] (starttls|tls|encryption|ssl|encrypted"
                "|starttls command|secure connection|encrypted connection)"
            ),
            (
                "(certificate|server certificate|cert|peer certificate|certificates|ssl certificate|tls certificate) [for|is|has|was|of|does|could"
                "|verification|chain|name|<host>] [<host>|not|been|the|host|be|name] (not verified|verification failed|expired|not trusted|untrusted|invalid"
                "|mismatch|verify failed|does not match|not valid|verify error|verified|failed|trusted|rejected|revoked|self-signed|self signed|match|valid"
                "|required|error|unknown)"
            ),
            (
                "(cannot|can't|could not|unable to|failed to) (start|establish|negotiate|initiate|setup|set up) [a|an|secure|the] (tls|ssl|starttls|secure"
                " connection|encrypted connection|secure channel|encryption)"
            ),
            "no (suitable|shared|matching|common) (cipher|certificate|ciphers|cipher suites)",
            "(dane|mta-sts|sts|tlsa) ... (fail*|error|policy|required|mismatch|enforce*|invalid|validation)",
            "unencrypted [connection|connections|session|channel] ... (not|denied|refused|rejected|prohibited)",
            "requiretls",
            "due to lack of security",
            "(via|over|use|requires) [an|a] encrypted [smtp] (session|connection)",
        ),
        ("530 5.7.0 this server requires STARTTLS", "4.7.5 TLS handshake failed: certificate verify failed"),
        unless=("spf", "dkim"),
    ),
    rule(
        "dialogue.order",
        "words",
        "protocol_error",
        (
            (
                "(bad|improper|out of|wrong|invalid|unexpected|incorrect) [command] (sequence of commands|command sequence|sequence|order|smtp sequence"
                "|command order|state)"
            ),
            (
                "(command|parameter|parameters|option|argument|arguments|verb|esmtp) [is|was|has] [not] (not recognized|unrecognized|not implemented|unknown"
                "|not supported|not recognised|error|unsupported|invalid|disabled|not allowed|recognized|implemented|not valid|understood|not understood|not"
                " permitted here|not enabled)"
            ),
            (
                "(unrecognized|unknown|unsupported|invalid|illegal|unimplemented|bad|unrecognised|improper|erroneous|undefined) [smtp|esmtp|mail|or"
                " unimplemented|rcpt] (command|parameter|parameters|option|syntax|argument|arguments|smtp command|mail parameter|commands|verb|options"
                "|extension|input|command line|response|keyword)"
            ),
            "syntax error [in|,|-|:|near]",
            "(syntax error|bad syntax|wrong syntax|incorrect syntax)",
            "^syntax: ...",
            "(send|say|issue|expected|need|try|use) [the] (helo|ehlo|hello|ehlo/helo|helo/ehlo|helo or ehlo) [command] [first|before]",
            (
                "(need|needs|send|expected|must issue|requires|require|must have|specify|no|missing|valid|without|expecting|give|use) [a|valid|the|at least"
                " one|your] (rcpt|mail|mail from|rcpt to|mail command|rcpt command|recipient|data|sender) [to|command|from|cmd] (first|before|command|must"
                " precede|required|needed|expected|given|specified)"
            ),
            "(polite people|polite) say (helo|hello)",
            "bad message size syntax",
            "command out of (sequence|order)",
            "not following the smtp (protocol|standard|rfc)",
            "^protocol (error|violation|synchronization error)",
            "(smtp|synchronization|pipelining|esmtp) (protocol error|protocol violation|error|synchronization error|violation)",
            "(line|command line|command|text line|input line|path) too long",
            "(nested|duplicate|multiple) (mail|mail from|helo|ehlo|mail command)",
            "sender [has] already [been] (specified|given)",
            "introduce yourself first",
            "discarded <n> bytes after",
            "initial data not expected",
            "pipelining ... (not|error|improper|unauthorized|without)",
            "improper use of smtp",
            (
                "(garbage|junk|unexpected|extra) [data|input|characters|text] (after|before|at|in|following) [the] (command|address|end|line|helo|greeting"
                "|mail|rcpt)"
            ),
            "(out of band|premature) (data|input)",
            "data [command] [is] (not allowed|rejected|without|before)",
            "(rcpt|mail) first",
            "auth (not available|command not)",
            "size (parameter|syntax|argument) ...",
            "http (request|command|proxy)",
            "(smtp|session|dialog|dialogue) ... (violation|out of sync|not synchronized)",
        ),
        ("503 5.5.1 wrong command sequence", "501 5.5.4 unsupported parameter SIZE"),
        unless=(
            "recipient address",
            "sender address",
            "header",
            "tls",
            "starttls",
            "unknown user",
            "mailbox syntax",
            "in from",
            "in (recipient|address|mailbox|sender)",
            "authenticat*",
            "spf",
            "message format",
        ),
    ),
    rule(
        "dialogue.utf8",
        "words",
        "protocol_error",
        (
            (
                "(smtputf8|8bitmime|utf8|utf-8|eai|internationalized|internationalised) ... (not offer|did not offer|not supported|required|not support|not"
                " available|doesn't support|not permitted|not accept*|not allowed|not implemented)"
            ),
            "not offer smtputf8",
            "(does not|doesn't|no) support ... (international|unicode|internationalized|internationalised) (mailbox|email|e-mail|address|addresses)",
            "(does not|doesn't|no) support [for] (internationalised|internationalized) (mailbox|address|addresses|email|e-mail)",
            "(unicode|non-ascii) ... (non-unicode|7-bit) (mail|server)",
            "does not support e-mail messages with international unicode",
            "(local-part|local part) of ... utf8",
            "(non-ascii|non ascii|utf-8|utf8) (address|addresses|characters in address|recipient|sender|mailbox) ... (not|reject*|unsupported|prohibited)",
        ),
        ("553 5.6.7 UTF8 addresses are not supported here",),
        side="either",
        remedy="contact_recipient_admin",
        also=("clean_address_list", "fix_mta"),
        unless=("header",),
        url="https://www.rfc-editor.org/rfc/rfc6531",
    ),
    rule(
        "dialogue.no_valid_recipients",
        "vague",
        "protocol_error",
        (
            "no valid (recipients|recipient|rcpt)",
            "no recipients [have been|specified|accepted|were]",
            "all recipients (rejected|refused|failed)",
            "all rcpt commands were rejected",
        ),
        ("554 5.5.1 Error: no valid recipients",),
        side="either",
        remedy="contact_recipient_admin",
        also=("clean_address_list", "fix_mta"),
    ),
)

VAGUE = (
    rule(
        "vague.not_accepting",
        "vague",
        "ip_blocked",
        (
            "esmtp not accepting connections",
            "(no|not) smtp service [here|available] [for you]",
            "smtp service not available for you",
            "^not accepting (connections|messages|mail) [from]",
        ),
        ("554 mx.example.org ESMTP not accepting connections",),
        remedy="reduce_rate",
        also=("delist", "switch_outbound_ip", "use_smarthost", "wait"),
        when={"code": "5xx"},
    ),
    rule(
        "vague.policy_named",
        "words",
        "policy",
        (
            "(mail policy|policy) violation",
            "(due to|because of) [the] (organizational|organisational) (settings|rules)",
            (
                "policy (rejection|reject|violation|reasons|restriction|restrictions|error|block|blocked|reason|violations|rule|check|denied|refused|decision"
                "|filter|control)"
            ),
            (
                "(violates|violation of|violate|violating|against|breach of) [the|our|local|a|your|recipient|this|company|site|security|mail|administrative]"
                " [local|our|security|company|mail|acceptance|email|administrative|site|server|content] (policy|policies|rules|rule|security policy|usage"
                " policy|terms of service|acceptable use)"
            ),
            "(administrative|administratively|admin) (prohibition|prohibited|denied|blocked|rejected|refused|restriction|policy)",
            (
                "(rejected|refused|denied|blocked|prohibited|disallowed|declined|deferred) (for|by|due to|because of|per|under|on|as) [local|our|security"
                "|administrative|site|the|a|recipient's|server|domain|company|corporate|internal|recipient]"
                " [local|security|mail|site|acceptance|receiving|system] (policy|administrator|policies|policy reasons|security reasons|policy restrictions"
                "|postmaster|admin|rule|rules|acl|access list|access control|access rule|security policy)"
            ),
        ),
        ("450 4.7.1 policy restriction, please try later", "550 administratively denied"),
        unless=("dmarc", "spf", "dkim", "tls", "virus", "attachment", "content"),
    ),
    rule(
        "vague.policy",
        "vague",
        "policy",
        (
            "(permanently|automatically) (deferred|rejected|refused|blocked)",
            "is (blocked|banned) (by|at|in|here)",
            "(blocked|banned|rejected) by [the|our|a] (server|system|administrator|<host>|filter|firewall|gateway)",
            ": (blocked|banned) by",
            "^banned$",
            "requires that you (verify|confirm)",
            "(no|without) permission",
            (
                "(access|delivery|transaction|mail|message|permission|connection|command|request|operation|sending|email|e-mail|messages|submission|rcpt|smtp"
                "|recipient|data|envelope|session|client) [is|was|has been|not|are|been|has|to <address>]"
                " [temporarily|permanently|not|been] (denied|rejected|refused|not authorized|not allowed|not accepted|blocked|declined|prohibited|unauthorized"
                "|not permitted|forbidden|disallowed|authorized|restricted|permitted|allowed)"
            ),
            "(policy|policies|security restrictions|security policy)",
            (
                "(due to|for|by) [local|our|security|a|the|company|administrative|mail|site] (security|policy|acceptance|restrictions|security reasons"
                "|administrator)"
            ),
            "(access|mail) rule",
            "in my badrcptto list",
            "(mail|message) <id> is (rejected|refused|blocked)",
            "(transaction|message|mail|delivery|command|submission) [has] (failed|refused|rejected)",
            "not (authorized|authorised|permitted|allowed|accepted|acceptable|welcome)",
            "(won't|will not) accept (this|your) (message|mail|email)",
            "(message|mail) [is|was|has been] held [for|before|until]",
            "(unable|failed|refused|cannot|could not) [to] (accept|deliver|send) [to|the|this|your] (message|mail|this message|your message|email)",
            "(unauthorized|unauthorised|forbidden|prohibited|denied|go away|restricted)",
            "^(rejected|refused|blocked|denied|declined|go away|failed)",
            "(rejected|blocked|refused|denied)$",
            "(security|restriction|restrictions) [violation|reasons|reason|settings]",
            "delivery [to <address>|has] (failed|failure|error)",
        ),
        ("550 5.7.1 the request was declined: request denied", "554 transaction failed"),
    ),
    rule(
        "vague.check_address",
        "vague",
        "user_unknown",
        (
            "[please] check (if|that|whether|for) [the] address (is correct|is valid|for typos|spelling)",
            "(check|verify) the (recipient|recipient's|recipients|email|destination|e-mail) [email|e-mail] address",
            "check the address",
        ),
        ("the mail could not be handed over, please check the recipient address",),
        confidence="likely",
        unless=("spam", "blocked", "policy", "your ip"),
    ),
    rule(
        "vague.recipient_policy",
        "vague",
        "policy",
        ("recipient address rejected:",),
        ("554 <zoe@example.org>: Recipient address rejected: wombats ahead",),
        # Postfix without statuses: 550 for an unknown recipient, 554 for what an access table or a policy service says.
        when={"code": "554"},
        counter=("550 <zoe@example.org>: Recipient address rejected: wombats ahead",),
    ),
    rule(
        "vague.recipient_rule",
        "vague",
        "policy",
        (
            "recipient address rejected: ... (rule|rules|internal|external|outside|firewall|country|not allowed|not permitted|not authorized|not authorised)",
            "recipient address rejected: ... (accepted|allowed|permitted|mail) from",
            "recipient address rejected: ... only",
        ),
        ("550 <zoe@example.org>: Recipient address rejected: not allowed by the rules of this house", "550 Recipient address rejected: only internal mail"),
        counter=("550 <zoe@example.org>: Recipient address rejected: wombats ahead", "550 Recipient address rejected: user unknown"),
    ),
    rule(
        "vague.recipient_not_permitted",
        "words",
        "policy",
        (
            "^[sorry] [mail to] [that|this|the] [<address>] (recipient|rcpt|user|mailbox|<address>) [address] [is|was] (rejected|refused|denied|not accepted)$",
            "mail to (that|this) (recipient|user|mailbox|address) is (not accepted|refused|denied)",
            "^<address>[:]$",
            "^<address>...$",
        ),
        ("550 5.7.1 <zoe@example.com> recipient rejected", "550 sorry, mail to that recipient is not accepted (#5.7.1)"),
        # The words name no cause, and the status says that it is one of policy.
        when={"status": ("5.7.0", "5.7.1")},
        counter=("550 5.1.1 <zoe@example.com> recipient rejected", "550 5.7.1 user unknown"),
        url="https://www.rfc-editor.org/rfc/rfc3463#section-3.8",
    ),
    rule(
        "vague.mailbox_unavailable",
        "vague",
        "user_unknown",
        (
            "(recipient|rcpt) [address] (verification|verify|callout|check) [callout|has] (problem|failed|error|failure)",
            "mailbox [is] [currently] (unavailable|not available|inaccessible|not accessible|access refused|error)",
            (
                "(user|recipient|mailbox|account|address) [<address>] [is] (unavailable|not available|rejected|refused|not accepted|denied|invalid"
                " or|failed|undeliverable|not deliverable)"
            ),
            "recipient address rejected",
            "(unable|cannot|can't|could not|failed) [to] deliver [message|mail|it|this message] to <address>",
            "^failed to deliver to [address|recipient|user] <address>$",
            "(unable|failed) to validate [the] recipient",
            "unavailable mailbox",
            "(server|host) rejected [all|the] recipients",
            "address (rejected|error|refused|failed)",
            "(rcpt|recipient|rcpt to) (rejected|refused|error|failed|denied)",
            "user (rejected|error|refused|failed)",
            "^<address>$",
        ),
        ("550 requested action not taken: mailbox unavailable", "550 <zoe@example.org> recipient refused"),
        when={"code": "5xx"},
        confidence="likely",
        unless=(
            "policy",
            "access denied",
            "spam",
            "blocked",
            "not allowed to send",
            "block list",
            "temporarily",
            "try again",
            "try later",
            "ip",
            "in the same domain",
            "service",
            "too many",
            "error code",
            "restricted",
            "denied",
            "declined",
            "denegado",
            "negado",
            "negato",
            "acces refuse",
            "verweigert",
            "verify failed",
            "protocol",
            "transport",
            "command",
            "credentials",
            "you",
            "your",
            "welcome",
            "go away",
            "forbidden",
            "prohibited",
            "abuse",
            "listed",
            "untrusted",
            "unauthorized",
            "security",
            "(rule|rules)",
            "(internal|external|outside|firewall|country)",
            "(not|only) (allowed|permitted|authorized|authorised)",
            "(accepted|allowed|permitted|mail) from",
            "rejected: ... only",
        ),
    ),
)

RULES = PERMISSION + CONTENT + DIALOGUE + VAGUE
