# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Limits that our sending met: greylisting, rates, connections, recipients, guessing of addresses. Wording that many servers share."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_MANY = "too many|too much|excessive|so many|excess|an excessive number of|a large number of|high volume of"
_MAIL = (
    "messages|mails|mail|emails|e-mails|email|message|e-mail|deliveries|delivery attempts|requests|transactions|mail transactions"
    "|recipients received|sends|submissions|commands"
)

RULES = (
    rule(
        "limits.greylisted",
        "named",
        "greylisted",
        (
            (
                "(greylisted|graylisted|grey-listed|gray-listed|greylisting|graylisting|greylist|graylist|postgrey|greylister|greylists|grey-listing"
                "|gray-listing|graylists|milter-greylist|greyd)"
            ),
            "(grey|gray) (list|listed|listing|listings)",
            "first (time|attempt|contact|delivery attempt|seen) ... (sender|triplet|try again|see|deliver|retry|later|host)",
            "(new|unknown|unseen|unrecognized) (triplet|sender triplet|triple)",
            "not yet (authorized|authorised) to deliver",
            "(recipient|sender|message) ... (try again|retry|come back) in <n> (seconds|minutes)",
            "temporary (greylist*|delay) ... (spam|anti-spam) ...",
        ),
        ("450 4.7.1 zoe@example.org: you are greylisted, see the help page", "451 4.7.1 greylisting in effect here, retry later"),
        temporary=True,
        unless=("rate limit*", "too many", "quota", "over quota", "exceeded"),
    ),
    rule(
        "limits.rate",
        "named",
        "rate_limited",
        (
            "you can only send <n> (msgs|messages|mails|emails) per",
            "(max|maximum) [number of] (messages|mails|emails) per (session|connection|hour|day|minute)",
            "(rate limit|rate limits|rate limited|rate-limited|ratelimited|rate limiting|ratelimit|rate-limit|rate limitation)",
            (
                "(rate|frequency|throughput|volume|flow|traffic) [of] [mail|messages|connections] [control|limit] [has been|is|too] (exceeded|limited"
                "|restricted|controlled|high|exceeds)"
            ),
            (
                f"({_MANY}) [new|outgoing|incoming|bounced|unwanted|rejected|failed|email|smtp|mail|bounce|simultaneous] ({_MAIL}) ... (per|in|within|from|sent"
                "|received|for|to|an|this) [the|a|an|one|your|this|single|same] (hour|minute|day|second|period|ip|host|time|sender|you|your|server|address"
                "|user|domain|last|recipient|session|<ip>|<host>|<address>|connection)"
            ),
            f"({_MANY}) ({_MAIL}) [sent|received|attempted|delivered|from|for|per|in|within]",
            (
                "(exceeded|exceeds|exceeding|over|reached|hit|has reached|passed|above) [your|the|our|its|a|my|maximum|allowed|this] [maximum|allowed|hourly"
                "|daily|sending|outgoing|smtp|email|max|permitted|user|per-minute|sender|mail]"
                " (sending|message|messages|mail|hourly|daily|sender|outgoing|outbound|rate|email|emails|number of messages|recipients per|limit of messages"
                "|sends|message rate|connection rate) (limit|quota|rate|limits|count|allowance|threshold|volume)"
            ),
            (
                "(exceeded|exceeds|over|reached) [the|your|our] [maximum|max|allowed] (number of messages|message rate|number of mails|connection rate|rate"
                " limit|number of emails)"
            ),
            "(exceeded|exceeds|over|reached|limit of) ... (per|in an|in one|in the last|an|within an|in a) (hour|day|minute|second|24 hours|hours|minutes|24)",
            (
                "(sending|sent|sends|send|connecting|submitting|delivering) [mail|messages|email|emails|it|requests] (too fast|too quickly|too many|too much"
                "|too often|too frequently)"
            ),
            (
                "(mail|email|message|messages|connection|connections|sender|traffic|you|ip|host|client|domain|<ip>|<host>|smtp) [rate|rates] [is|are|has been"
                "|being|was|have been] [being|temporarily|been] (throttled|rate limited|rate-limited|ratelimited|slowed down)"
            ),
            "(throttled|throttling|throttle)",
            "connection rate [limit|exceeded|too]",
            "slow down",
            "(sent|send|sending) to many (mails|messages|emails)",
            "unexpected volume",
            "[connection|message|ip|sender|mail] frequency (limited|limit|exceeded|too)",
            (
                "(sending|send|message|messages|mail|email|hourly|daily|outgoing|outbound|recipient|sender|per-minute|smtp) (limit|limits|allowance|cap"
                "|threshold) [has been|is|was|for|of|on] [been] [your] (exceeded|reached|hit|violated|over|exhausted|full)"
            ),
            "(sending|daily|hourly|outgoing|message sending) [message|mail|email|sending|recipient] (limit|quota)",
            "too many recipients [received] [this|per|in] [this|the|an|a] (hour|day|minute|last)",
            "too many ... (this|per|in the last|in an|in one) (hour|day|minute|second|session)",
            f"({_MANY}) ... (in a short|in short|within a short|too short|short period|in last|in the past)",
            "high (null sender|bounce|complaint) rate",
            "(mail|email|message|spam) (flood|bombing|bomb|flooding|burst) [detected]",
            "unusual (rate|volume|amount|traffic|number)",
            "(daily|hourly|per hour|per day|per minute) ... (limit|quota|maximum) [exceeded]",
            "back off",
            "too many (mails|messages|emails)",
            "number of messages exceeded [administrative] limit",
            "(exceeded|exceeds) [the|your] [maximum|max|allowed] (rate|number of messages)",
        ),
        ("452 4.7.1 more mail than we take: message rate limit for your host", "421 4.7.0 you are sending too fast", "450 you have exceeded the hourly limit"),
        counter=("452 4.2.2 mailbox size limit exceeded", "552 5.2.2 over quota", "451 4.2.2 mailbox quota exceeded", "421 too many connections"),
        unless=(
            "mailbox ... (quota|limit|full)",
            "(mailbox|storage|disk|user|recipient's|inbox) quota",
            "over quota",
            "overquota",
            "too many recipients in",
            "message size",
            "size limit",
            "(too many|too much) [open|concurrent|simultaneous|smtp|active|parallel] [tcp|smtp] (connections|sessions|connection)",
            "too many (invalid|unknown|bad)",
            "messages (in|on) [the|this|your] (mailbox|server|account)",
            "number of messages in",
            "too many hops",
            "exceeded [its|the|his] (storage|disk)",
        ),
    ),
    rule(
        "limits.errors",
        "named",
        "rate_limited",
        (
            (
                "too many (bad|invalid|syntax|protocol|unrecognized|unknown|smtp|nonmail|non-mail|consecutive|failed|junk|auth|authentication|login|errors"
                "|error|command|wrong|incorrect|unimplemented|rejected)"
                " (commands|command|errors|requests|syntax|protocol|attempts|failures|logins|from|on)"
            ),
            "too many errors",
            "error: too many errors",
            "too many unrecognized commands",
            "(maximum|max|limit) of <n> (recipient|rcpt) errors",
        ),
        ("421 4.7.0 too many bad commands from you", "421 too many errors on this connection"),
        remedy="wait",
        also=("reduce_rate", "fix_mta"),
    ),
    rule(
        "limits.connections",
        "named",
        "too_many_connections",
        (
            "too frequent (connections|connection attempts)",
            (
                f"({_MANY}|much|multiple|maximum|max|unacceptable number of|number of) [open|concurrent|simultaneous|smtp|active|parallel|tcp|incoming|current"
                "|existing|inbound|of|new] [smtp|tcp|open|concurrent|inbound] (connections|sessions|connection|connects|session|clients|children|processes)"
                " [from|to|for|already|per|open|at]"
            ),
            (
                "(maximum|max|maximal) [number of|allowed|of] [concurrent|simultaneous|smtp|allowed|open|parallel|incoming] (connections|sessions|clients"
                "|connection) [has been|is|for|from|per|exceeded|reached]"
            ),
            (
                "(connection|connections|concurrency|session|sessions|concurrent connection) (limit|count|limits|quota|threshold|number) [is|has been|was|for"
                "|from] [been] (exceeded|reached|over|too high|hit)"
            ),
            (
                "(exceeded|exceeds|over|reached) [the|your|our|maximum|allowed|max|number of|its] [maximum|number of|allowed|limit of|number|max|limit] [of"
                "|for] [concurrent|simultaneous|allowed|smtp] (connections|sessions|connection|concurrent connections)"
            ),
            "(concurrent|simultaneous|parallel) (connections|sessions) ... (exceeded|limit|too|allowed|reached)",
            "connection concurrency",
            "(transaction|session|message|mail) limit reached",
            "(exceeded|over) [the] (allowable|allowed|maximum) connection time",
            "(no more|not allow more|cannot accept more|not accept any more) connections",
            "connection limit",
        ),
        ("421 4.7.0 the maximum number of concurrent connections from your host is reached", "421 too many simultaneous sessions"),
        unless=("rate limit*", "connection rate", "rate controlled", "in the last", "per minute", "per hour"),
    ),
    rule(
        "limits.recipients",
        "named",
        "too_many_recipients",
        (
            (
                "(too many|excessive|too much|so many) [envelope|message|simultaneous|allowed|email] (recipients|rcpts|addresses|receivers|recipient|rcpt|rcpt"
                " to|users|destinations)"
            ),
            "(recipient|rcpt|recipients|address|rcpt to) (limit|count|number|maximum) ... (exceeded|reached|too high|exceeds|limited)",
            "(maximum|max) [number of|allowed] (recipients|rcpts|recipients per|rcpt) [exceeded|reached|is|per]",
            "(more than|over|exceeds|only) [the] <n> [allowed] (recipients|rcpts|addresses|recipient)",
            "(exceeded|exceeds) [the|maximum|max|allowed] [maximum|number|limit] [of] [allowed] (recipients|rcpts|addresses)",
            (
                "(multiple|several|one|only one|single) (recipients|recipient) [is|are|per|not|at] [not|a|allowed|message|time|transaction|accepted] [allowed"
                "|supported|permitted|time]"
            ),
            "recipients per (message|session|mail|envelope|connection)",
            "number of (rcpt|rcpts|recipients) [attempts] [is|are|has] ... (threshold|maximum|limit|over size|exceeded)",
            "total of (rcpt|rcpts|recipients) ... (threshold|maximum|limit|exceeded)",
        ),
        ("452 4.5.3 this message has too many recipients", "552 recipient limit of 100 exceeded"),
        unless=(
            "this hour",
            "per hour",
            "per day",
            "this day",
            "per minute",
            "hour",
            "day",
            "invalid",
            "unknown",
            "no valid",
            "rejected recipients",
            "failed recipients",
            "wrong",
        ),
    ),
    rule(
        "limits.harvest",
        "named",
        "directory_harvest",
        (
            "(directory|dictionary|address) (harvest*|attack|probing|scan*)",
            "harvest* (attack|detected|attempt)",
            (
                "(excessive|too many|too much|high number of|many|repeated|multiple|so many) [consecutive] (userid unknowns|unknown users|unknown recipients"
                "|invalid recipients|invalid users|invalid addresses|bad recipients|unknown user|non-existent users"
                "|nonexistent users|wrong recipients|failed recipients|rejected recipients|invalid recipient|bad rcpt|unknown addresses|invalid mailboxes"
                "|unknown mailboxes|nonexistent recipients|non-existent recipients|bad addresses|user unknowns|undeliverable recipients|bounces|invalid rcpts)"
            ),
            "(number of|count of|percentage of|ratio of) (failed|rejected|invalid|unknown|bad|nonexistent) (recipients|users|addresses|rcpts)",
            "user unknowns from",
            "(too many|excessive|multiple) (unknown|invalid|bad|nonexistent|non-existent) (rcpt|rcpt to) (addresses|commands|names)",
            "(mail|messages) to (unknown|invalid|nonexistent|non-existent) (recipients|users|addresses)",
        ),
        ("421 4.7.1 too many unknown users, looks like a directory harvest", "550 too many invalid recipients from your address"),
    ),
)
