# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The recipient's system and the way to it: faults, overload, DNS, connections, expiry. Wording that many servers share."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import MESSAGE, rule

RULES = (
    rule(
        "their_system.routing_data",
        "exact",
        "system_error",
        ("could not load drd",),
        ("451 Could not load DRD for domain (example.com)",),
        counter=("451 domain not found",),
        url="https://github.com/Arnaud69/phpmynewsletter-2.0/blob/master/include/manager_mailq.php",
    ),
    rule(
        "their_system.error",
        "words",
        "system_error",
        (
            "local error in processing",
            (
                "(temporary|internal|unexpected|local|transient|general|generic|fatal|unknown|undefined|server|system|unspecified|unrecoverable|processing"
                "|backend|database|software|remote)"
                " [system|server|processing|mail|internal|local] (error|failure|problem|malfunction|fault|exception)"
            ),
            "internal server error",
            (
                "(server|system|service|configuration) (error|configuration error|configuration problem|problem|misconfigured|misconfiguration|failure"
                "|malfunction|fault)"
            ),
            "(server|system|mail server|host) [is] (incorrectly|wrongly|badly|not) (configured|working|operational)",
            "error (in|while) (writing|reading) [the] (spool|input|queue|data)",
            "error (processing|writing|opening|reading|in processing|while processing|during processing|handling|storing|saving|creating|in server)",
            "temporarily deferred",
            "(resource|resources) temporarily unavailable",
            "(rcpt|recipient) handle timeout",
            "(out of|insufficient|not enough|low|cannot allocate) memory",
            (
                f"(unable|failed|cannot|could not) [to] (process|queue|store|save|handle|spool|complete|accept) [the|your|this] ({MESSAGE}|request|command"
                "|transaction|delivery)"
            ),
            "requested [mail] action aborted",
            (
                "(can't|cannot|could not|unable to) (create|open|write|fork|rename|lock) [a|the|to|temp*|spool|queue|output|log|data] (file|output|process"
                "|spool|queue|message|child|temporary|temp|message file|data file|db|database)"
            ),
            "(queue|spool|i/o|disk|file|write|read|database|db) (file|write|i/o) error",
            "(queue|spool|disk|database|db|i/o|file|input/output) error",
            "misconfigured (forward*|alias|redirect*)",
            "(message|mail) (could not|cannot|can't|couldn't) be forwarded",
            "(read-only|read only) file system",
            "permission denied while",
            "qq (trouble|temporary|unable|out of|write|read|internal|permanent|crashed|waitpid)",
            "(address|alias|map|name) resolver failure",
            "server configuration (error|problem)",
            "mail (system|server) [is] (down|failure|malfunction|out of order|misconfigured|not configured)",
            "(aliasing|forwarding|expansion) error",
            "(error|problem|failure) (in|with) [the] (mail system|mail server|mailing list|forward file|alias|configuration|delivery system|filter)",
            (
                "(error|failed|unable|cannot|could not) [to] (connect|connecting|talk|talking) to [the|our] (virus|spam|content|policy"
                "|milter|av) [scanner|filter|service|server]"
            ),
            "something went wrong",
            "(unexpected|unhandled|internal) (exception|condition|state)",
        ),
        ("451 4.3.0 internal server error, sorry", "451 requested action aborted, error writing to the spool", "554 5.3.5 system configuration error"),
        counter=("550 5.7.1 spam", "421 4.4.2 timeout error: connection lost", "501 syntax error"),
        unless=(
            "dns",
            "tls",
            "starttls",
            "spf",
            "dkim",
            "greylist*",
            "your server",
            "your system",
            "name service",
            "domain name",
            "quota",
            "protocol error",
            "syntax error",
            "network",
        ),
    ),
    rule(
        "their_system.busy",
        "words",
        "system_busy",
        (
            "too busy to (accept|receive|take|process|handle)",
            "^[mail] queue [is] too (long|large|big)$",
            "^[mail] queue [is] full",
            "(server|host|system|we|mail server) [is|are] (too|currently|very|extremely) busy",
            (
                "(server|host|service|system|mta|mail system|site|mail server|queue) [is] [currently|temporarily|too] (overloaded|congested|saturated|over"
                " capacity|at capacity|under heavy load)"
            ),
            "(high|heavy|excessive|peak) (load|system load|server load|loads|traffic|volume of mail)",
            "(load|load average|system load|server load) [is|average] [currently] too high",
            "system resources ... low",
            "(insufficient|no) system resources",
            "refused ... load average",
            "too much load",
            "(not enough|out of|no) (processes|threads|file descriptors|sockets|connections available|workers)",
            "cannot accept [any] [more] (mail|messages) (now|at this time|at the moment|right now)",
        ),
        ("421 4.3.2 our host is overloaded, come back later: host is overloaded", "451 the load average is too high"),
        side="theirs",
    ),
    rule(
        "their_system.full",
        "named",
        "system_full",
        (
            (
                "(insufficient|not enough|out of|no|low on|lack of|lacking|no more|doesn't have|does not have) [free|available|enough|sufficient]"
                " (system storage|disk space|storage space|disc space|queue space|spool space|space left on device|space left|storage left|diskspace)"
            ),
            "(mail system|disk|file system|filesystem|spool|queue|hard disk|hard drive|mail store|server disk|server|partition|disc) [is] full",
            "(insufficient|not enough) (system storage|storage|resources|system disk)",
            "(not enough|insufficient|no|low) [free] (space|room) [left|available] (on|in) [the|this|our] (disk|server|device|drive|partition|spool|queue)",
            "(storage|disk) (is full|exhausted|problem on server)",
            "(disk space|disk) [is] (low|exhausted)",
            "low disk space",
        ),
        ("452 4.3.1 there is not enough disk space on this server", "431 4.3.1 the disk is full"),
        unless=("mailbox", "quota", "user's", "inbox", "for recipient", "account"),
    ),
    rule(
        "their_system.directory",
        "words",
        "directory_unavailable",
        (
            (
                "(unable|failed|cannot|can't|could not|couldn't|not able) [to] (verify|look up|lookup|check|validate|confirm|determine|resolve) [the|this|your"
                "|if] (user|recipient|address|mailbox|account|recipient address|recipients|destination|rcpt|email address|user's)"
            ),
            "(temporary|transient) (lookup|directory|database|ldap|alias|table lookup|user lookup|address lookup|resolution) (failure|error|problem)",
            "(user|recipient|account) (information|data|details|verification|lookup) [is] (temporarily|currently) (unavailable|not available)",
            (
                "(ldap|mysql|sql|database|directory|address|nis|active directory|user|alias|map|recipient|userdb|user database|postgres) (lookup|query|service"
                "|server|connection|search|verification) [has|is] [been|currently|temporarily]"
                " (failure|failed|error|unavailable|timeout|timed out|deferred|down|problem|not available)"
            ),
            "recipient ... (verification|verify|callout|validation) ... (in progress|failed|deferred|temporarily|pending|timed out)",
            "unverified address: ...",
            "address verification (in progress|deferred|is being)",
            "(cannot|could not|unable to) (connect to|reach|contact|open) [the] (ldap|database|directory|sql|mysql|active directory|user database)",
            "(account|user|recipient|customer) (information|database|directory) [is] (unavailable|down)",
            "could not complete recipient verify callout",
            "recipient [<address>] verification error",
        ),
        ("451 4.3.0 <zoe@example.org>: temporary directory failure", "450 4.4.3 cannot look up the recipient, ldap server unavailable"),
        unless=("sender", "undeliverable address", "spf", "dkim", "dmarc", "helo", "client", "mail from"),
        when={"code": "4xx"},
    ),
    rule(
        "their_system.delivery",
        "words",
        "local_delivery_failed",
        (
            "(cannot|can not|can't|could not|unable to) (open|create) [new|temporary|temp] [email|mail|output|message] (file|output)",
            "(unable|failed|cannot|can't|could not) [to] open (mailbox|inbox|the mailbox|user's mailbox)",
            "command died",
            "(unknown|local) mailer error",
            "mailer error",
            "insufficient permission",
            "local delivery (failed|failure|error)",
            "(procmail|maildrop|dovecot|dovecot-lda|vacation|sieve|cyrus): ...",
            "(can't|couldn't|cannot|could not|unable to) create ... (var|home|mail|maildir|mailbox|output file)",
            "permission denied",
            "command (died|failed|exited) with [status|exit|signal]",
            "(delivery|transport|local) agent ... (failed|error|died|crashed)",
            "mail [message] filter (failed|error)",
            "child process of ... transport",
            (
                "(error|failure|failed) (delivering|while delivering|during delivery|to deliver) [to] (mailbox|to mailbox|locally|local|to file|to the mailbox"
                "|to user|message to)"
            ),
            "maillock ...",
            "(create|obtain|get|acquire) [a|the] (dot-lock|dotlock|dot lock|mailbox lock)",
            "(error|failure|problem) (on|in|during) (maildir|mailbox) delivery",
            "maildir delivery (failed|error)",
            "automatic homedir creation",
            "cannot store document",
            "(mailbox|maildir|inbox) ... (corrupt*|inconsistent|cannot be opened|locked by|not writable|is not writable|has wrong owner|invalid permissions)",
            "(no such file or directory|directory does not exist|not a directory|cannot update mailbox|mailbox path|file too large|could not create maildir)",
        ),
        ("554 5.3.0 local delivery failed for zoe", "550 the delivery agent failed: local agent error"),
        unless=("your ip", "client host", "access", "connect", "sender", "list", "group", "post to", "relay"),
    ),
    rule(
        "their_system.loop",
        "named",
        "routing_loop",
        (
            "lowest numbered mx record points to local host",
            "(mail|message|it) ... loops back to (me|myself|itself|us)",
            "(mail|message|routing|forwarding|delivery|mailing|possible mail|possible) loop [detected|found|problem|error]",
            "loop (detected|detection)",
            "^loops back to (me|myself)",
            "(dns loop|loop count exceeded)",
            "too many (hops|received headers|received lines|received|forwards|recursive forwards|relays)",
            "mailloop",
            "number of [']received:['] ... (exceed*|limit|maximum)",
            "(excessive|infinite|endless) (recursion|forwarding)",
            "forwarded more than the maximum [allowed] [number of] times",
            "(hop count|maximum hop count|max hop count|hop limit) [has been|limit] (exceeded|reached)",
            "(maximum|max) (hop count|hops|number of hops)",
            "routing loop",
            "(i'm|i am) my own best mx",
            "(points|point) back to (me|us|myself|itself)",
            "mx list for ... (points|point) back",
            "config error: mail loops back",
            "(message|mail) (is looping|looping)",
            "(mail|message) forwarding loop for",
            "hopcount exceeded",
        ),
        ("554 5.4.6 hop count exceeded, this looks like a mail loop", "554 5.4.14 too many hops: possible routing loop"),
    ),
    rule(
        "their_system.refused",
        "words",
        "connection_failed",
        (
            "(connect|connection) to (<host>|<ip>) [<ip>|<n>] (refused|timed out|failed|timeout)",
            "failed connection to",
            "(couldn't|could not|cannot) connect to (<ip>|<host>)",
            "connection refused",
            "(connection|connect|operation) [attempt] timed out",
            "connection timeout",
            "connect timeout",
            "unable to connect",
            "end of socket stream",
            "(bad|invalid|unexpected|garbled) server (response|reply)",
            "socks connect to unreachable",
            (
                "(could not|couldn't|cannot|can't|failed to|unable to|not able to) (connect|reach|contact|establish a connection|open connection|open a"
                " connection|make a connection) [to] [the|any|a|remote|destination|recipient] [host|server|mail|smtp|mx|hosts|<host>]"
            ),
            (
                "[recipient's|remote|recipient|destination|mail] server [is|was|has] (not responding|did not respond|not respond|unreachable|not answering|not"
                " reachable|not available for connection)"
            ),
            "(no route to host|host is down|host unreachable|host is unreachable|destination unreachable|host down)",
            "did not accept our requests to connect",
            "(network|connection) error (on|connecting|to) [destination|host|with]",
            "(wasn't|was not) able to establish an smtp connection",
            "connection [attempt|to <host>|to <ip>] [has|could not be] (failed|established|not established)",
            "(no|not any) (answer|response|reply) from (host|server|<host>|remote|mail server|the server)",
            (
                "(all|none of the) [destination|mx|recipient|mail] (hosts|servers|mail exchangers|exchangers|mx) ... (down|unreachable|failing|failed|not"
                " responding|unavailable)"
            ),
            "(winsock|socket) error [code]",
            "delivery temporarily suspended: (connect|unknown|no route)",
            "(unreachable|not reachable) [for] [too long]",
            "remote host (not responding|is down|unreachable)",
            "(smtp|connection) (timeout|timed out) [after] [while] [connecting]",
        ),
        (
            "4.4.1 connect to mx.example.org[192.0.2.7]:25: Connection refused",
            "no connection to the mail exchangers: could not connect",
            "451 4.4.1 no answer from host",
        ),
        unless=("ldap", "database", "spam", "your ip", "blocked", "blacklist*"),
    ),
    rule(
        "their_system.unable_to_connect",
        "words",
        "connection_failed",
        ("^unable to connect", "responded ... unable to connect"),
        ("421 unable to connect to you", '451 4.4.0 Primary target IP address responded with: "421 4.4.2 unable to connect"'),
        when={"code": "4xx"},
        also=("switch_outbound_ip", "check_network"),
        settle=("dnsbl", "connectivity", "spread"),
    ),
    rule(
        "their_system.connection_lost",
        "words",
        "connection_lost",
        (
            "(read|write) error (from|to|on) [<host>|socket|connection]",
            "lost connection with",
            "lost [the|smtp|remote] connection [while|after|during|to|with]",
            (
                "[the|smtp|remote] connection [was|has been|is|been] (dropped|closed|lost|died|reset|terminated|broken|aborted|disconnected|interrupted|cut)"
                " [unexpectedly|by|during|while|remotely|abnormally|before|after|due]"
            ),
            "connection (reset|closed|lost|died|dropped|broken|aborted) [by]",
            "timed out while (receiving|sending|performing|connected|waiting|talking|in conversation)",
            "(timeout|time out|timed out) (while|waiting|after|during|reading|writing|in|on|exceeded|closing)",
            "conversation with ... timed out",
            "(host|remote host|server|peer|remote server|remote|other side|other end) (closed|dropped|reset|terminated|broke|aborted) [the] connection",
            "error: timeout exceeded",
            "^timeout exceeded",
            (
                "(read|write|send|receive|smtp|data|command|idle|session|input|banner|greeting|i/o|network|socket) [input|output|read|write|command] (timeout"
                "|time out|timed out|time-out)"
            ),
            "premature end of (input|data|message)",
            "(broken pipe|unexpected eof|end of file|unexpected end|unexpected disconnect|unexpected close)",
            "idle (timeout|too long|time)",
            "(disconnected|disconnect) [unexpectedly|by|from]",
            "(session|transaction) (timeout|timed out|aborted|terminated|closed)",
            "(no|not) data received",
            "bare connection closed",
            "server (dropped|closed) [the] connection",
            "(hung up|hangup) on us",
            "connection with ... (broken|lost|closed)",
        ),
        (
            "4.4.2 lost connection with mx.example.org[192.0.2.7] while sending EHLO",
            "421 4.4.2 mx.example.org idle timeout, closing",
            "451 the session timed out",
        ),
        unless=("too many connections", "ldap", "database", "callout", "retry timeout"),
    ),
    rule(
        "their_system.unreachable_network",
        "named",
        "network_unreachable",
        (
            "network [is] unreachable",
            "(can't|cannot) assign requested address",
            "no valid route to destination",
            "address family not supported",
            "(no route|no path) to network",
        ),
        ("4.4.1 connect to mx.example.org[2001:db8::7]:25: Network is unreachable",),
    ),
    rule(
        "their_system.dns",
        "words",
        "dns_failure",
        (
            "host not found, try again",
            "dns (resolving|resolution|resolve) (error|failure|failed)",
            "no data by dns",
            "(invalid|illegal|misconfigured) mx (record|records)",
            "name service error",
            "[domain] name (server|service|lookup|resolution|resolver) ... (failure|timed out|timeout|error|failed|problem|refused)",
            "(host name|hostname|domain name|domain|host) lookup (failure|failed|error|problem|timed out|deferred|timeout)",
            (
                "(temporary|transient|temporarily) (dns|name resolution|resolution|name server|nameserver|resolver|name service|host lookup|unable to resolve"
                "|unable to look up) [lookup|server|resolution] [failure|error|problem|<host>]"
            ),
            (
                "dns (lookup|query|resolution|server|error|failure|problem|timeout|lookups) [has|is|was|for|on|of] [been|a|the] (fail*|error|timeout|timed out"
                "|temporary|returned|unavailable|mx|<host>)"
            ),
            "(servfail|dns failure|dns error|dns timeout|dns problem|dns problems|dns lookup failed|dns query failed)",
            "(mx|dns|a record|mx record) (lookup|query|resolution) (failure|failed|error|timed out|timeout|deferred)",
            "malformed or unexpected name server reply",
            "server failure when resolving",
            "host or domain name not found ... try again",
            (
                "(could not|cannot|can't|unable to) (resolve|look up|lookup) [the] [host|mx|domain|hostname|mail exchanger|dns] ... (temporar*|try again|at"
                " this time|now|currently|timeout|timed out)"
            ),
            "unable to resolve [dns|mx|route]",
            "dnssec ... (fail*|bogus|invalid|error)",
            "dns (soft|temporary) (error|failure)",
            "(temporarily|currently) (unable to|cannot) resolve",
        ),
        ("4.4.3 DNS lookup failed for example.org (SERVFAIL)", "451 4.4.3 temporary DNS failure"),
        unless=(
            "sender",
            "helo",
            "client host",
            "spf",
            "dkim",
            "dmarc",
            "nxdomain",
            "reverse",
            "ptr",
            "mail from",
            "rdns",
            "your domain",
            "your ip",
            "blacklist*",
            "rbl",
            "dnsbl",
        ),
    ),
    rule(
        "their_system.delayed",
        "vague",
        "delayed",
        (
            "will retry for <n>",
            "retry for <n> more",
            "delivery incomplete",
            "entrega incompleta",
            "volvera a intentar durante",
            "(still|yet) undelivered",
            "still not delivered",
            "(message|mail|delivery) [is|has been|was] (delayed|delay)",
            "message <id> delayed <n> (hours|days|minutes)",
            "(delivery|message|mail) ... (still being|will be|being) retried",
            "not [yet] been [yet] delivered",
            "(no action is required on your part|you do not need to resend)",
            "will (continue to|keep) (try|attempt|trying)",
            "delivery attempts will continue",
            "(still trying|being retried|will retry|delivery warning|this is a warning)",
            "delivery (delayed|delay)",
        ),
        ("your message has been delayed and is still being retried",),
        temporary=True,
        confidence="likely",
        unless=("giving up", "gave up", "has been returned", "undeliverable"),
    ),
    rule(
        "their_system.expired",
        "vague",
        "expired",
        (
            "delivery failed [after] <n> attempts",
            "has been in the queue",
            (
                "(message|envelope|mail|queue|delivery|queue lifetime|lifetime|message lifetime) [time|lifetime|timeout|period|limit|retry] [has|is|was]"
                " (expired|exceeded|timeout)"
            ),
            "(status=expired|queue.expired|message expired|delivery expired|expired$)",
            "could not [be] deliver* (for|within) [the last|more than|over]",
            "(message|delivery|mail) ... (timed out|timeout) ... (queue|giving up|returned)",
            "giving up (after|trying|now)",
            "giving up$",
            "gave up",
            "(has been|was|been) in the queue too long",
            "message timed out",
            "can't be delivered in time",
            "maximum-time-expired",
            "(message|mail|recipient) ... (undeliverable|undelivered|unreachable) (for|after|within)",
            (
                "(maximum|max|too many) (queue time|retry time|retries|delivery attempts|delivery time|attempts|retry attempts|number of retries|queue"
                " lifetime) [have been|has been|exceeded|reached]"
            ),
            "too (old|long) ... queue",
            "delivery time expired",
            "(deleted|removed|dropped) from [the|our] queue",
            "(not|n't) [be] delivered (within|for|in) [the|<n>|over] [last|allotted|time|days|hours|period|more]",
            "retried ... (days|hours|times|too long|too many)",
            "could not be delivered for",
            "(cannot|can't) send message for <n> days",
            "failing for a long time",
            "(unable|failed) to deliver ... (for|after|within) <n> (days|hours|attempts|tries)",
            "time to live",
        ),
        ("550 5.4.7 delivery time expired, the message was in the queue too long",),
        temporary=False,
        confidence="likely",
        unless=("account", "certificate", "password", "greylist*", "domain has expired", "domain expired", "subscription", "dkim", "mailbox is"),
    ),
    rule(
        "their_system.retry_timeout",
        "vague",
        "expired",
        ("retry timeout exceeded", "retry time not reached for any host", "[delivery] retry timeout"),
        ("all hosts for example.org: retry timeout exceeded",),
        # Exim says so of a new message as well, where older ones have failed for days: this one may never have been tried.
        temporary=True,
        confidence="likely",
        also=("contact_recipient_admin", "check_network"),
    ),
    rule(
        "their_system.try_later",
        "vague",
        "system_busy",
        (
            "try [again|it|your message|to send|sending|resending|once|mail|message] [again] [a bit|a little] later",
            (
                "(please|try|retry) (retry|try|again|sending) [again] [in|after|later] [a|some|<n>|few] [later|while|minutes|few|time|hours|moments|hour"
                "|minute|moment]"
            ),
            (
                "(service|server|system|host|mailserver|smtp service|mail service|mail server|smtp server|mta|site|destination|network|facility|resource"
                "|resources|smtp) [<host>|is|are|was|has|currently|temporarily] [currently|temporarily|been|is]"
                " (unavailable|not available|busy|shutting down|not accepting|out of service|offline|down|going down|stopped|under maintenance|suspended"
                "|inaccessible)"
            ),
            "(temporarily|currently|momentarily) (unavailable|busy|not available|inaccessible|offline|out of service|disabled|suspended|refused|denied|unable)",
            "service not available[, closing transmission channel]",
            "service [not] (available|unavailable)",
            "system busy",
            "(not|no longer) accepting (connections|messages|mail|network messages|smtp|any)",
            "(come back|try|retry|resubmit|resend) later",
            "temporar* (rejected|rejection|rejected|refused|deferred|reject|refusal|deferral|blocked|undeliverable|delivery failure|delivery problem|problem)",
            "temporary (rejection|failure|problem|reject|delivery failure)",
            "(message|mail|delivery|request|recipient|email) [is|was|has been] [temporarily] (deferred|postponed)",
            "refused, please try later",
            "(closing|shutting) [transmission] (channel|down)",
            "(scheduled|system|server) maintenance",
            "(at this time|for now|right now|at the moment|at present)$",
            "resources [are|is] (temporarily|currently) unavailable",
            (
                "(cannot|can't|could not|unable to) accept [your|any|the|this|more|new|messages|mail] (message|mail|connection|connections|messages|email) [at"
                " this time|now|right now|at the moment]"
            ),
            "^deferred",
            "^(tempfail|temporary failure|temp failure)",
            "transaction (temporarily|has been) (deferred|rejected)",
        ),
        ("451 4.7.1 please try it later", "421 our service is currently unavailable", "451 4.3.0 the mail has been deferred"),
    ),
)
