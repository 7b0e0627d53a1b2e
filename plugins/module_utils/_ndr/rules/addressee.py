# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The address that was written to, the mailbox behind it and its domain: wording that many servers share."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import MAILBOX, USER, rule

DOMAIN = "domain|host|hostname|host name|domain name|mail domain|destination domain|recipient domain|destination host|address's domain|recipient's domain"

# Words of a refusal of the sender, which must not pass for one of the recipient.
_OF_THE_SENDER = (
    "sender",
    "senders",
    "domain of sender",
    "mail from",
    "mailfrom",
    "return path",
    "return-path",
    "from address",
    "envelope from",
    "reverse path",
    "client host",
    "helo",
    "originator",
    "reply address",
    "return address",
    "bounce address",
    "author address",
    "originating",
    "envelope-from",
    "sending from",
    "too many",
    "so many",
    "excessive",
    "header",
    "headers",
    "ip address",
    "sending as",
)

RULES = (
    rule(
        "addressee.unknown",
        "words",
        "user_unknown",
        (
            "<address> is no longer (valid|in use|active|available)",
            "(doesn't|does not|do not) (handle|accept|take) mail for (that|this) (user|address|recipient|mailbox)",
            "(email|e-mail) address ... (couldn't|could not|cannot|can't) be found",
            f"no such [active|valid|known] ({USER})",
            "^no such id",
            "no one at (this|that) [e-mail|email] address",
            "(user|recipient|address|mailbox) [is] not a member of [the|this|our] domain",
            "no (e-mail|email|mail) (address|account|mailbox) registered",
            f"(unregistered|not registered) ({USER})",
            "not present in [the] (directory|address book) [entry]",
            "(doesn't|does not) have (a|an) <host> (address|account|mailbox)",
            # Slips of the pen that servers have made since the nineties.
            "(adressee|adress|recipent|reciepient) [is|was] (unknown|invalid|not found|rejected)",
            f"(unkown|unknow) ({USER})",
            f"({USER}) [<address>] [is] (unkown|unknow)",
            "(unrouteable|unroutable) (addess|adress)",
            "no (valid|vaild) (recipients|recipient) [were|was] found",
            "(invalid|unknown|bad) (rcptto|rcpt|rcpt to)",
            "(invalid|expired|unknown) (one time|one-time|disposable|temporary) address",
            "^(can't|cannot) verify recipient$",
            "recipient (verify|verification) [from|in|by|with|against] (ldap|directory|active directory|ad|database) failed",
            "(cannot|could not|can't) deliver mail to this (user|address|recipient|mailbox)",
            (
                "no such (local user|person|name|mail user|recipient here|userid|virtual user|member|employee|list|maildrop|local part|mailing list|object"
                "|addressee)"
            ),
            f"unknown ({USER})",
            (
                "unknown (local user|local-part|virtual user|user name|or illegal alias|or illegal user|or invalid recipient|addressee|mailbox or alias"
                "|recipient or domain)"
            ),
            (
                f"({USER}) [<address>] [here] [is|was|are] (unknown|invalid|nonexistent|non-existent|unrecognized|unrecognised|undefined|undeliverable"
                "|incorrect|wrong|erroneous)"
            ),
            (
                f"({USER}) [<address>] [is|was|are|has|have|could|can|does|do] not [be|been] (found|known|recognized|recognised|located|registered|defined"
                "|identified|valid)"
            ),
            (
                f"({USER}) [<address>] (cannot|could not|couldn't|can't|wasn't|isn't|can not) [be] (found|known|recognized|located|identified|verified as valid"
                "|valid)"
            ),
            f"({USER}) ... (does not|doesn't|didn't|did not|does n't|do not|don't|dont|doesnt|may not|might not) exist*",
            f"({USER}) ... (no longer exists|no longer valid|not exist|not exists|not existing|is no longer with us|no longer on server|no longer available)",
            (
                "(invalid|illegal|incorrect|non-existent|non-existant|nonexistent|nonexistant|non existent|undeliverable|not existing|unrecognized|bad|wrong"
                "|unresolvable|unexisting)"
                f" ({USER})"
            ),
            "invalid (final delivery user|local part|local-part|mailbox address|user name|delivery address|or unknown virtual user)",
            (
                "not a (valid|known|registered|local|legal|real|existing|legitimate|recognized) [gateway|email|mail|local|domain]"
                " (user|mailbox|recipient|address|account|email address|username|name|member|customer)"
            ),
            f"(not|isn't) (valid|registered|known|recognized) ({USER})",
            "bad destination [mailbox|email] address",
            "bad destination (mailbox|email|user)",
            "bad (recipient|address|to user|rcpt to)",
            (
                "no (mailbox|mail box|user|users|account|one|recipient|address) (here|by that name|with that name|by this name|with this"
                " name|with that|found|named"
                "|available|matching|for)"
            ),
            "(no|not a) (user|mailbox|account) [here] (by|with|of) (that|this) name",
            (
                "(mailbox|user|account|recipient|address) (not|isn't|is not) (present|local|here|at this host|on this server|hosted here|in system|on this"
                " system|defined)"
            ),
            f"there is no ({USER}|one)",
            f"({USER}) [<address>] [is] not in [the|our|local|my|this] (directory|recipient|recipients|user|database|domain|system|list|table|passwd|ldap)",
            (
                "[user] unknown in (local|virtual|relay|virtual mailbox|virtual alias|local recipient|relay recipient) (table|recipient table|mailbox table"
                "|alias table)"
            ),
            "(doesn't|does not) have (a|an) ... account",
            "(doesn't|does not) have (a|an) (mailbox|account|email account)",
            ("[recipient] (address rejected|rejected): (user|recipient|address|mailbox|undeliverable address|unknown|no such|unverified address: unknown)"),
            "^recipient [address] rejected$",
            "^(recipient|rcpt|address|addressee|mailbox|user|account) [address] (rejected|refused|denied|error)$",
            "^<address>... (unknown|not found|invalid)",
            "address not present in directory",
            "(account|address|user|mailbox) ... that you tried to reach (does not exist|is unknown|doesn't exist|could not be found)",
            "(not|isn't) (our|a) customer",
            (
                "(can't|cannot|could not|couldn't|unable to) (find|locate|resolve|recognize|match) [the|a|any] (user|recipient|mailbox|account|addressee|alias"
                " user|alias|entry for)"
            ),
            "name [is] not (found|known) [at this site]",
            "(wasn't|was not|not) able to find [any] (user|mailbox|account|recipient)",
            f"({USER}) ... (possibly|probably) (incorrect|wrong|invalid|misspelled)",
            "(alias|mailbox|address|account|recipient) [is] no longer (in use|valid|active|available|used)",
            "(mail|message) [is] (incorrectly|wrongly) addressed",
            "(address|mailbox|user) (couldn't|could not|cannot) be found",
            "check (the|that|your|for) ... (address|spelling|name) ... (correct|valid|spelled|misspelled|typos|typing|spelling|try again)",
            "^(unknown|invalid|nonexistent) (user|recipient|address|mailbox)",
            "user not known",
            "not known at this (site|host|server|domain|address)",
            "destination [addresses|address] (were|was) unknown",
            "(no mailbox|no such mailbox)$",
            "(user|recipient) <address> [is] not ok",
            "no (redirect|redirection|forwarding) entry for (this|that) (address|user|recipient)",
            "deliver* to a (bogus|fake|forged|fictitious|made-up)",
            "(recipient|addressee) has no (e-mail|email) address",
            "invalid domain mailbox user",
            "not a (recognised|recognized) [email|mail|e-mail] (account|address|user|mailbox)",
            "^(no longer in use|no longer available)$",
            "not have a final [email] delivery point",
            "user not exist",
            "mailbox not found",
            "recipient not found",
            "account not found",
            "address not found",
            "not found by (address lookup|smtp address lookup)",
            "(was|were) not found in (ldap|the ldap|the directory|database|user database|directory)",
            "recipients [are|were] invalid",
            "the (user|recipient|address) ... is not (listed|on|known) [at|in|to|by] [this|our|the] (system|server|domain|directory|host)",
            "addressee unknown",
            "no user at that",
            "[sorry,] there's no (mailbox|user|account) here",
            "destination (user|address|mailbox) ... (unknown|not found|does not exist|invalid)",
            "(user|account|recipient|mailbox) (has been|was) (removed|deleted)",
            "(recipient|mailbox|user) (cannot|could not|can't) be verified",
            "(recipient|user|addressee) name [is] not (recognized|recognised|known)",
            "no account (here|for|by|with|at)",
            "mail (to|for) <address> is not (allowed|deliverable)",
            "<address> is (not deliverable|undeliverable)",
            "<address> [is] (not recognized|not recognised|not known|not listed|not found|no longer exists|does not exist|doesn't exist)",
            "(unable to|cannot|can't|could not|couldn't|failed to) (find|locate) <address>",
            "(address|user|mailbox|recipient) is marked as invalid",
            "^user (rejected|reject)",
        ),
        (
            "550 5.1.1 <zoe@example.org>: there is no such mailbox at example.org",
            "550 unknown recipient zoe@example.net",
            "553 5.3.0 <zoe@example.org>... address unknown",
            "550 5.1.1 user zoe@example.org not found in directory",
            "550 5.1.1 this email address does not exist",
            "550 sorry, no mailbox here by that name",
            "511 5.1.1 the account has been deleted: account has been removed",
        ),
        counter=(
            "550 5.7.1 no such luck",
            "550 5.4.4 unknown domain example.org",
            "550 5.1.8 sender address unknown",
            "554 5.7.1 we do not know if the server will ever exist",
        ),
        unless=(
            *_OF_THE_SENDER,
            "unknown address error",
            "(for|to|by|of) [a|local|our|the] policy",
            "policy reasons",
            "(host|domain|server|hostname) ... (does not|doesn't) exist",
            "list of allowed",
            "unable to verify",
            "temporar*",
            "your ip",
            "rule imposed",
            "(password|secret|credentials)",
            "(unknown|invalid|unrecognized|illegal|bad) (command|parameter|parameters|argument|arguments|syntax)",
        ),
    ),
    rule(
        "addressee.rejected_as_unknown",
        "words",
        "user_unknown",
        ("(recipient|address|mailbox|user) [address] [is|was|has been] (rejected|refused|not accepted|declined)",),
        ("550 5.1.1 <zoe@example.com> recipient rejected. This is a default recipient used as a placeholder, please check your settings",),
        when={"status": ("5.1.1", "5.1.10")},
        counter=("550 5.7.1 recipient rejected", "550 5.1.1 sender address rejected"),
        unless=(*_OF_THE_SENDER, "policy", "spam", "blocked", "your ip", "relay*"),
    ),
    rule(
        "addressee.syntax",
        "words",
        "address_syntax",
        (
            "(bad|invalid|malformed|illegal|incorrect) [recipient|destination|mailbox|email|e-mail|rcpt|user] [mailbox] address (syntax|format)",
            "malformed (recipient|address|email address|e-mail address|mailbox|to address|rcpt to|route address)",
            "syntax error in (recipient|address|mailbox address|mailbox|rcpt to|email address|destination)",
            "recipient address rejected: need fully-qualified address",
            ("(domain missing|missing domain|missing or malformed local part|missing local part|missing @|no domain|domain part missing|unqualified address)"),
            "(recipient|address|rcpt) ... (syntax error|is malformed|is not rfc|not rfc-compliant|syntactically incorrect|syntactically invalid)",
            "invalid syntax in (recipient|address)",
            "mailbox (name not allowed|syntax incorrect)",
            "not a valid (rfc 821|rfc821|rfc-5321|rfc 5321|rfc 2821|smtp|e-mail|email) address",
            "(invalid|illegal|bad|restricted) characters in ... (address|recipient|local part|local-part|mailbox)",
            "(invalid|bad) [recipient] (address|mailbox) format",
            "email address [is] not (valid|formatted correctly|properly formatted|in the right format|correct)",
            "unqualified (recipient|address)",
            "(recipient|rcpt|mailbox) [address] must contain a domain",
            "invalid rcpt to address [provided]",
            "address [is] reserved by rfc",
            "^unbalanced '[<|>]",
            "^(illegal character|invalid numeric domain spec)",
            "^address [<address>|<host>] too long",
            "colon required in address",
            "(address|recipient) ... (may not follow|must not contain|contains invalid|contains illegal)",
        ),
        (
            "501 5.1.3 malformed recipient: zoe@@example.org",
            "555 5.5.2 Invalid address format",
            "501 <zoe>: recipient address must contain a domain: unqualified address",
        ),
        unless=_OF_THE_SENDER,
    ),
    rule(
        "addressee.moved",
        "words",
        "user_moved",
        (
            "(user|mailbox|recipient|account|person|addressee) [<address>] has (moved|left|been moved|changed)",
            (
                "no longer (at this address|at this company|works here|employed|with the company|with the organization|an employee|associated with|uses this"
                " address|using this)"
            ),
            "(has|have) changed (his|her|their) (e-mail|email|mail) address",
            "(user|mailbox) not local",
            "no longer (work|works|employed|working) (here|for|at|with)",
            "(new|current) [email|e-mail|mail] address is [now]",
            "(moved|forwarded|relocated) to <address>",
            "please (use|try|write to|send mail to|resend to|update) ... (instead|new address|<address>)",
            "address ... (has changed|changed to|has been replaced)",
            "^[this|the|my|his|her] (email|e-mail) has changed",
        ),
        ("551 5.1.6 recipient has moved, please try <zoe@example.net>", "550 zoe is no longer with the company"),
        unless=("smtp relay", "isp", "your mail server", "authentication", "mail server", "encryption", "tls"),
    ),
    rule(
        "addressee.disabled",
        "words",
        "mailbox_disabled",
        (
            "(not|no longer) [currently] [being] accepted for (this|that) (mailbox|user|account|recipient|address)",
            "(account|user|mailbox) ... has been (suspended|disabled|deactivated|closed|terminated|deleted)",
            (
                f"({MAILBOX}) [<address>] [that] [you tried to reach] [is|has been|was|been|status is|currently] [currently|temporarily|permanently"
                "|administratively|administrativley|no longer|been]"
                " (disabled|suspended|inactive|deactivated|locked|closed|terminated|expired|not active|not enabled|dormant|frozen|cancelled|canceled|no longer"
                " active|blocked|revoked|discontinued)"
            ),
            (
                "(disabled|suspended|inactive|deactivated|locked|closed|terminated|expired|abandoned|cancelled|blocked|dormant|retired) (user|mailbox|account"
                "|recipient|recipient address|email account"
                "|mail account|address|inbox)"
            ),
            "(disabled|deactivated|closed|suspended|blocked|terminated) due to [extended|prolonged|long] inactivity",
            "not an active (address|account|user|mailbox|recipient)",
            "no [recipient|user|account|mailbox] activity (since|for|in)",
            (
                "(user|recipient|owner|account) [<address>] (should|must|has to|needs to) log in to (enable|activate|resume) [the]"
                " (receiving|receipt|mailbox|delivery|account)"
            ),
            "inactive on this (domain|server|system)",
            "(user|recipient) [has] (never logged|hasn't entered|has not entered|not logged)",
            "unavailable to take delivery",
            "(address|mailbox) (does not|doesn't|cannot) receive (mail|email|messages)",
            "^deactivated (due to|because of|for)",
            "is now (disabled|deactivated|suspended|closed)",
            "(mail|email|message) (receiving|reception|delivery|service) [is|has been] disabled",
            "(account|user account|mailbox) [has] [been] [is] not [been] [yet] (activated|enabled)",
            (
                "(no longer accepts|no longer accepting|not accepting|isn't accepting|cannot receive|cannot receive new|cannot receive any|unable to receive"
                "|not able to receive|does not accept|refuses to accept|won't accept)"
                " [any|new|any new|more] (mail|messages|email|e-mail|emails)"
            ),
            "(cannot|can't|not allowed to) receive [new|any] (mail|messages|email|emails)",
            "mailbox [is] (not active|not enabled|not available for delivery|on hold)",
            "user ... (is|has been) (barred|banned|blocked) from receiving",
            "(recipient|account|user|mailbox|address|addressee) [<address>] (suspended|locked|frozen|inactive|disabled)",
            "recipient ... (inactive|suspended|deactivated|disabled)",
            "(mail|mailbox|email|account) [service|delivery|access] [has been|is|was] (disabled|suspended|turned off|deactivated) for",
            "account ... (not been activated|never logged in|not paid|unpaid|overdue)",
        ),
        ("550 5.2.1 this mailbox has been suspended", "554 5.7.13 recipient's account is inactive", "550 zoe is a deactivated mailbox"),
        counter=("550 5.7.1 your ip has been suspended from sending here", "535 5.7.8 your account is locked"),
        unless=(
            "(accept|accepts|accepting|accepted|receive|receives|receiving) [any|new] (mail|messages|email|e-mail|emails|mails) (from|with|containing|that|in)",
            "(any|receive|accept) more (mail|messages)",
            "character (set|sets)",
            "your account",
            "from sending",
            "sending (suspended|disabled|blocked|limit|limits|is)",
            "(message|mail|email|sending) (quota|limit|limits)",
            "(cannot|can't|not allowed to|unable to) send",
            "sender",
            "your ip",
            "over quota",
            "from your",
            "domain ... does not accept",
            "mail from you",
            "client",
            "relay",
            "full",
        ),
    ),
    rule(
        "addressee.disabled_for_now",
        "named",
        "mailbox_disabled",
        (
            f"({MAILBOX}) [<address>] [is|has been|was] temporarily (disabled|suspended|locked|deactivated|inactive|frozen|closed|blocked)",
            f"temporarily (disabled|suspended|locked|deactivated|inactive|frozen) ({MAILBOX})",
        ),
        (
            "554 delivery error: dd This account has been temporarily suspended. Please try again later.",
            "550 4.2.1 mailbox temporarily disabled: zoe@example.org",
        ),
        counter=("550 5.2.1 this mailbox has been suspended", "421 4.7.0 your account has been temporarily blocked"),
        remedy="wait",
        also=("contact_recipient_admin", "clean_address_list"),
        unless=("your (account|address|ip)", "sender"),
    ),
    rule(
        "addressee.full",
        "named",
        "mailbox_full",
        (
            "quota (exceed|exceeds) [the|its|hard|soft]",
            "quota is over [for]",
            "of <address> is full",
            "(over|exceeded) [the|his|its] quote$",
            "<address> [is] over quota",
            "mailbox exceeds allowed size",
            "over the maximum [allowed] (number of messages|mailbox size|storage|quota)",
            "(mailbox|user|recipient|account|inbox) ... not [have] enough (space|storage|diskspace|disk space|room)",
            "(mailbox|mail box|disk|inbox) space [is] not enough",
            "(not able|unable) to (receive|accept) [any] more (mail|messages|emails)",
            "mailbox ... (exceeds|exceeded) ... message count",
            "(message|mail) is larger than the [current] (space|storage) available",
            "space has [been] used up",
            "exceed* [the] maximum allowed storage",
            "(exceeded|over|overdrawn) his/her quota",
            "(exceeded|overdrawn|over) [his|her|its|their|the] diskspace quota",
            "^account storage limit [exceeded|reached]$",
            "quota [is] not sufficient",
            "mailbox limit (exceeded|exeeded|reached)",
            "mail quota [has been|is] exceeded",
            "(email|user|mailbox|recipient|recipient's) quota [has been|is|was] exceeded",
            (
                "(mailbox|mail box|inbox|maildrop|mail drop|account|mailfolder|mail folder|user's mailbox|e-mail box) [<address>] [of] [<address>] [is|has"
                " been|already|seems] [currently|now|too|already]"
                " (full|overfull|over quota|overquota|overflow|exceeded)"
            ),
            "(mailbox|inbox|account) ... (is full|over quota|over its quota|exceeded its|has exceeded|exceeds its|exceeds the)",
            (
                "(over|exceeded|exceeds|exceeding|exceed|out of|exhausted|overdrawn) [his|her|their|its|the|this|email|mail|mailbox|storage|disk|disc|allowed"
                "|available|assigned|maximum|user|message|folder]"
                " [mailbox|mail|disk|storage|email] (quota|allocation|storage space|storage limit|space quota|disk space|mailbox size|mailbox limit)"
            ),
            "(overquota|over-quota|quota exceeded|quota full|quota reached|quota violation|quota error|quota would be exceeded)",
            "over [the|its] [allowed|maximum|storage|disk] quota",
            "quota [has been|is|was|limit] [already] (exceeded|full|reached|exhausted|violated|exceeds)",
            (
                "(mailbox|storage|mail|user|user's|disk|inbox|disc|domain|folder|email|recipient|recipient's) quota ... (exceeded|exceeds|full|reached"
                "|violation|limit|over)"
            ),
            "(mailbox|inbox) ... (exceeded|exceeds|exceed|over|reached|has reached) ... (limit|size|quota|storage|allocation)",
            "mailbox size limit [is|has been] exceeded",
            (
                "(mailbox|inbox|account|user|recipient) ... (out of|no more|not enough|without|insufficient|no) [free|storage|disk|mailbox] (storage|space"
                "|room|quota)"
            ),
            "(storage|mailbox|mail) (space|storage) ... (full|exceeded|exhausted|used up)",
            "(exceeded|exhausted|exceeds|full) [allowed|available|assigned|mail] storage [space|allocation|limit|capacity|quota]",
            (
                "(not enough|insufficient|no) [storage|disk|free|mailbox|available] [space|room] (in|on|for|left in) [the|this|recipient|recipient's|his|her]"
                " (mailbox|account|user|recipient|inbox)"
            ),
            "insufficient (disk|storage|mailbox|user) [space] quota",
            "too many messages (in|on|for) [the|this|that|user] (mailbox|server|account|folder|inbox)",
            "number of messages in ... (mailbox|inbox|folder) ... (limit|exceeded)",
            "(recipient|user) ... (over|exceeded|exceeds|reached) ... quota",
            "mailbox [of|for|is] ... is [now|over] full",
            "(full|overfull) (mailbox|inbox)",
            "(recipient|recipient's|user|mailbox|account) storage [space] [is] (full|exceeded)",
            "(recipient|recipient's|user|user's|mailbox) quota [limit] [is|has been|was] exceeded",
            "requested mail action aborted: exceeded storage",
            "has [too] (many|much) mail [waiting|stored|on server|in mailbox]",
            "delivery ... would (exceed|overflow) ... (quota|mailbox)",
            "mbox full",
        ),
        (
            "552 5.2.2 zoe@example.org has used up her disk quota, quota exceeded",
            "452 4.2.2 The mailbox of zoe is full",
            "422 recipient over quota",
            "554 zoe's inbox is out of space",
        ),
        counter=("552 5.3.4 message size exceeds fixed limit", "452 4.3.1 insufficient system storage", "421 4.7.0 hourly quota exceeded for your host"),
        unless=(
            "sending quota",
            "(for|from) your ip",
            "your quota",
            "hourly quota",
            "daily quota",
            "quota of messages",
            "rate quota",
            "sender ... quota",
            "message quota for",
            "per hour",
            "smtp quota",
            "throttl*",
        ),
    ),
    rule(
        "addressee.busy",
        "words",
        "mailbox_busy",
        ("mailbox [is] [currently] (busy|locked|in use)", "mailbox [is] temporarily unavailable", "mailbox [is] unavailable", "could not lock ... mailbox"),
        ("450 4.2.1 the mailbox is in use by another process", "450 requested mail action not taken: mailbox unavailable"),
        when={"code": "4xx"},
    ),
    rule(
        "addressee.account_unavailable",
        "words",
        "mailbox_busy",
        ("account ... is temporarily unavailable", "(user|recipient|account) [<address>] [is] (temporarily unavailable|temporarily not available)"),
        ("450 4.5.0 account zoe@example.org is temporarily unavailable",),
        side="either",
        settle=("dnsbl", "spread"),
    ),
    rule(
        "addressee.domain_unknown",
        "words",
        "domain_unknown",
        (
            "^no mx for <host>",
            "(does not|doesn't) have any (mail exchanger|mail exchangers|mx|mx record|mail server)",
            "no matches to nameserver query",
            "^<host> (does not|doesn't) exist",
            (f"({DOMAIN}) [<host>|name|part|of the recipient|named <host>] [is|was] (unknown|invalid|nonexistent|non-existent|unresolvable|unroutable)"),
            (
                "(domain|host|hostname|host name|domain name|mail domain|destination domain|recipient domain|destination host|address's domain|recipient's"
                " domain|system)"
                " [<host>|name|part|of the recipient|named <host>] [is|was|could|can|has] (not found|not known|not resolved|not exist|not valid|not be found"
                "|not be resolved|not been found|cannot be found|cannot be resolved|cannot be located)"
            ),
            "(domain|host|hostname|host name|domain name) [<host>] ... (does not|doesn't|didn't|did not) exist",
            (
                "(unknown|invalid|no such|nonexistent|non-existent|non-existant|nonexistant|bad|illegal|not existing)"
                " (domain|host|hostname|domain name|destination host|destination"
                " domain|destination system|mail domain"
                "|recipient domain|host name|destination|system|site|domain part)"
            ),
            "(couldn't|could not|cannot|can't) find any host [by that name|named]",
            "(host|domain) or domain name not found",
            "(unrouteable|unroutable|non-routable|unrouted|unrouteable mail|unknown mail) (address|domain|mail domain)",
            (
                "no (mx|a|address|dns|mail exchanger|mail exchange|smtp|mx or a|valid mx|usable mx) (record|records|host|hosts|server|servers|entry|data) ..."
                " (found|for|available|exist|exists)"
            ),
            "[all] relevant mx records point to non-existent hosts",
            "no (route|routing|path) [found] (to|for) (domain|recipient|destination|mailbox|<host>)",
            (
                "(cannot|could not|can't|unable to) (resolve|find|route|locate) [the|a|any] (recipient|destination|mail|host|domain|mx|name|server|<host>)"
                " [domain|host|name|exchanger|server]"
                " [for|of] [domain|the|<host>|recipient|address]"
            ),
            "domain ... (has|have) no [valid|usable] (mx|mail exchanger|mail server|mail exchangers|mailserver)",
            "(address|domain) [is] not [valid] (routable|routeable)",
            "illegal host/domain name found",
            "domain [<host>] [is|has been] (obsolete|retired)",
            "domain (may not|might not) exist",
            "domain [<host>] [has|is] [been] expired",
            "name or service not known",
            "no address associated with (hostname|name)",
            "dns (hard|permanent) (error|failure)",
        ),
        (
            "5.1.2 the destination domain name does not exist: unknown domain example.org",
            '550 unrouteable mail domain "example.org"',
            "550 no MX record found for domain example.org",
        ),
        unless=(
            *_OF_THE_SENDER,
            "ehlo",
            "try again",
            "lookup failure",
            "ptr",
            "reverse",
            "your domain",
            "your host",
            "temporar*",
            "user",
            "timed out",
            "soft error",
            "spf",
            "dkim",
            "access to",
        ),
        counter=("450 4.1.8 <zoe@example.com>: sender address rejected: domain not found", "550 5.7.25 client host name not found"),
    ),
    rule(
        "addressee.nxdomain",
        "named",
        "domain_unknown",
        ("nxdomain",),
        ("DNS lookup of example.org: response NXDOMAIN",),
        temporary=False,
        unless=("sender", "helo", "client host", "spf"),
    ),
    rule(
        "addressee.name_service_nx",
        "named",
        "domain_unknown",
        ("name service error ... host not found", "host or domain name not found"),
        ("5.4.4 Host or domain name not found. Name service error for name=nowhere.example.org type=A: Host not found",),
        unless=("try again", "sender", "helo"),
    ),
    rule(
        "addressee.no_mail",
        "named",
        "no_mail_accepted",
        (
            "(domain|host|server|machine|system|<host>) [<host>] (does not|doesn't|never) accept* [any] (mail|email|e-mail|smtp|messages|incoming mail)",
            "(null mx|nullmx)",
            "(is|are) not accepting any (mail|email)",
            "no (mail|email) [is] accepted (here|by|for|on)",
            "(does not|doesn't) (receive|handle|accept) (mail|email) for (this|that|the) domain",
            "does not support receiving (mail|email)",
            "domain [is] (not in use|no longer in use|not used for mail|not used for email|unused)",
            "not capable (to receive|of receiving) (mail|email|messages)",
            "(smtp|mail) (service|server|delivery) (is|has been) (disabled|discontinued) (for this domain|here)",
        ),
        ("556 5.1.10 Domain example.org does not accept mail (nullMX)", "521 5.3.2 this host does not accept mail"),
        unless=(
            "from your",
            "from you",
            "your ip",
            "your domain",
            "from dynamic",
            "from <host>",
            "from <ip>",
            "from unknown",
            "from this",
            "(mail|email|e-mail|messages) (in|with|containing|that|which)",
            "without",
            "at this time",
            "at the moment",
            "temporar*",
        ),
    ),
    rule(
        "addressee.suppressed",
        "named",
        "suppressed",
        (
            "suppression list",
            "(has|have) suppressed sending",
            "(address|recipient|email) [<address>] [is|was|has been] [on the] (suppressed|unsubscribed|bounced previously|in suppression)",
            "(not|never) (sent|delivering|sending|delivered) ... (bounced|unsubscribed|complained|previously|suppress*)",
            "previously (bounced|unsubscribed|complained)",
            "(address|recipient) ... has a history of (bounces|hard bounces|bouncing)",
            "(previous|earlier|repeated|recent) (hard bounces|bounces|bounce|failures|undeliverable)",
        ),
        ("550 5.1.1 the address is on the suppression list of this account", "605 not delivering to a previously bounced address"),
    ),
    rule(
        "addressee.too_big",
        "named",
        "message_too_big",
        (
            "(exceeded|exceeds) [the] (mailsize|mail size|message size) (limit|maximum)",
            "(email|e-mail|mail|message) size exceeded",
            "(message|mail|email|e-mail|attachment|file|data|content) [size|length|body] [is] (too large|too big|too long|oversized|oversize)",
            (
                "(message|mail|body|attachment|data|email) (size|length) ... (exceeds|exceeded|exceed|is over|over|greater than|larger than|above|violates)"
                " ... (limit|maximum|size|allowed|quota|max)"
            ),
            (
                "(message|mail|e-mail|email|attachment) ... (exceeds|exceeded|larger than|bigger than|too big for|greater than|over) [the|our|its|a|this]"
                " [maximum|fixed|allowed|max|administrative|recipient's|server]"
                " [message|mail|permitted|allowed] (size|size limit|limit|maximum|size restriction|length limit)"
            ),
            "(message|mail) (size|length) (exceeds|exceeded|exceed|limit|violation|restriction|rejected)",
            "length of [the] (data|message|mail|attach*) ... (threshold|maximum|limit)",
            "(exceeds|exceeded|over) [the|our|its|your|a] [maximum|max|fixed|allowed|recipient] [message|permitted|mail|allowed] (size|size limit|length)",
            "(maximum|max) [allowed|permitted] (message|mail|email|attachment) size [has been] (exceeded|exceeds|is|of)",
            "(size limit|size restriction|size of this message) ... (exceeded|exceeds|violated)",
            "too much (mail data|data|message data)",
            "(message|mail) (too large|too big|too long|oversize)",
            "oversized (message|mail|attachment)",
        ),
        (
            "552 5.3.4 message size 31457280 exceeds size limit 20971520 of example.org",
            "523 the total message size exceeds the fixed limit",
            "552 your mail is too big",
        ),
        unless=("mailbox ... limit", "mailbox size", "headers ...", "quota", "line"),
        counter=("452 4.2.2 mailbox size limit exceeded",),
    ),
)
