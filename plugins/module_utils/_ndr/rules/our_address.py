# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Our address and our domains, refused: blocklists, blocks, reputation, dynamic ranges. Wording that many servers share."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import HOST, LIST, LISTED, MESSAGE, OUR, REFUSED, rule

_PORTAL = ("switch_outbound_ip", "use_smarthost")
_ADDRESS = f"[{OUR}] ({HOST}|<ip>)"

RULES = (
    rule(
        "our_address.listed",
        "named",
        "ip_blocklisted",
        (
            "^[you are|you're|you have been|host is|sender is] (blacklisted|blocklisted|blacklist|black listed)$",
            (
                f"(blocked|rejected|refused|denied|{LISTED}) [using|by|at|in|on|via|due to|because of] [the|our|a|an] [local|realtime|real-time|dns|public|ip"
                f"|global|internal|sender|spam] ({LIST})"
            ),
            "(client host|client|host|ip|connection|mail|<ip>) ... (blocked|refused|rejected) (using|via)",
            "client host [<host>|<ip>] (blocked|refused|rejected) (using|by|via)",
            "client host [<host>|<ip>] (blocked|refused|rejected) using (<host>|<id>|trend micro|barracuda|the|a|our)",
            f"({OUR}) ({HOST}) ... ({LISTED}|found|appears|is) (in|on|by|at|within) [a|the|our|an|one|several|some|local|ip|dns|dnsbl|public]",
            (
                "(client host|host|ip|ip address|<ip>|server|address|network) [<host>|<ip>] [is|was|has been|currently|are|found|address|is currently|which"
                f" is] ({LISTED})"
            ),
            f"<ip> [is|was|has been|currently] ({LISTED}|found) (in|on|at|by)",
            (
                "(is|are|was|were|you're|appears|appear|found|listed|present|placed|put|be) (in|on|within) [our|a|the|an|my|this|one or more|several|some|some"
                " of the|multiple|local|global|ip|public|internal]"
                f" [local|ip|dns|spam|internal|sender|realtime|real-time|system|global|address|network|<host>|public|exploits|third-party] ({LIST})"
            ),
            f"({LISTED}) (at|by|in|on) [the] (<host>|a|our|local|dnsbl|rbl|ip|database|zen|spamhaus|spamcop|barracuda|sorbs|uceprotect)",
            (
                f"(dnsbl|rbl|dnsrbl|rbls|dnsbls) [check|match|hit|filter|list|lookup|rejection|policy|entry|server] ({REFUSED}|positive|{LISTED}|failed|failure"
                "|found|entry|response)"
            ),
            f"({REFUSED}|due to|because of) ... (dnsbl|rbl|dnsrbl|dnsbls|rbls)",
            "(dnsbl|rbl|dnsrbl): ...",
            f"found (in|on) [one or more|a|several|the|dns|multiple] ({LIST})",
            "remove* from [this|the|our|that] (list|blacklist|blocklist|block list|rbl|black list|database)",
            "(delist|delisting) [request|requests|procedure|form|your ip|portal|page]",
            f"your (ip|server|host) [address] is (in|on) [a|the|our] ({LIST}|list|database|spam list)",
            "rejected due to listing in",
            "currently sending spam see",
            "refused by blackhole site",
            "(sender|you|host|client) [is|are] (in|on) [a|the] (black list|blacklist|blocklist|block list|rbl) <host>",
            "service was detected by <host>",
            "^(dns|dnsbl|rbl|ip) blacklisted",
            f"({LISTED}|found|blocked|rejected) (in|on|by|at|using|via) ... ({LIST})",
            f"(ip|server|host|address|<ip>|sender) ... ({LISTED})$",
        ),
        (
            "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using dnsbl.example.net",
            "550 your ip 192.0.2.25 is listed in our local database",
            "550 5.7.1 mail from 192.0.2.25 refused by our local blacklist",
            "554 5.7.1 192.0.2.25 is on the block list, ask for delisting",
        ),
        unless=(
            f"(domain|url|uri|link|sender address|website|hostname) ... ({LISTED})",
            "greylist*",
            "(recipient|user|account) ... blacklisted",
            "sender [<address>] [is] [on] (blacklisted|blocklisted|blacklist)",
            "suppression list",
            "not (listed|whitelisted|allowlisted|allowed)",
        ),
        counter=("550 5.7.1 sender domain is listed in a blacklist", "554 the url in the message is blacklisted", "550 5.1.1 your address is not on the list"),
    ),
    rule(
        "our_address.client_host_blocked",
        "named",
        "ip_blocked",
        (
            "^[service unavailable;] client host [<ip>|<host>] (blocked|rejected|refused|denied)$",
            "your (ip|server|host) [address] [is|has been] (blocked|banned)$",
        ),
        ("554 5.7.1 Client host [192.0.2.25] blocked", "550 your server is banned"),
        remedy="switch_outbound_ip",
        also=("delist", "use_smarthost"),
    ),
    rule(
        "our_address.blocked",
        "named",
        "ip_blocked",
        (
            "(refused|rejected|blocked|denied) (due to|because of|for) [repeated|ongoing] abuse",
            "ips [are|were] (blocked|rejected|banned)",
            "under investigation for [spam] (abuse|spam)",
            "^spam (origin|source) [<ip>|from <ip>]$",
            "(<ip>|ip|host|ip-address) [<ip>] locally blacklisted",
            "(automated|automatic) block [was|has been] (triggered|activated|placed)",
            "suspicious activity from [your] (ip|host|server|<ip>)",
            f"client host [<host>] [<ip>] (blocked|{REFUSED}|banned)",
            (
                f"({OUR}) ({HOST}) [address] [<ip>] [is|was|has been|are|have been|been] [currently|temporarily|permanently|being]"
                f" (blocked|banned|{REFUSED}|barred|forbidden|suspended|throttled|not welcome|not trusted|untrusted|quarantined|disallowed)"
            ),
            f"(your|sending|sender's|connecting) ({HOST}) ... (blocked|banned|{REFUSED}|barred|spammer|suspicious|not trusted|abuse|attack|abused)",
            f"(blocked|banned|blocking|suspended|barred) [sending|your|sender|client|source|this|the|connecting] ({HOST}|<ip>)",
            (
                f"({MESSAGE}|connection|connections|traffic) from [your|this|the|your ip|ip|host|server|ip address|address] (<ip>|ip|host|server|network|ip"
                " address|<host>|system|address)"
                f" [<ip>] [is|are|was|were|has been|will be|have been|will not be|temporarily|currently|permanently] (blocked|{REFUSED}|banned|weren't sent|not"
                " accepted|accepted|temporarily deferred)"
            ),
            "(messages|mail|email) from <ip> weren't sent",
            "(part of|some of|all of) [their|your|its] network is on our block list",
            (
                f"(access|connection|connections) ... (denied|{REFUSED}) ... [to|for|from] (your ip|your host|your network|your server|your ip address|from ip"
                "|bad ip|this ip|your address)"
            ),
            (
                "(we|not|cannot|don't|will not|does not|won't|no) [do not|longer] accept* (mail|email|connections|messages|e-mail|any mail) from [your|this"
                f"|hosts|ip|the] ({HOST}|<ip>|you|unknown|here)"
            ),
            f"(ip|<ip>) [address] [<ip>] [is|has been|was] [temporarily|permanently|currently|being] (blocked|banned|{REFUSED}|barred)",
            "<ip> [is|has been|was] [temporarily|permanently|locally|currently|being] (blocked|banned|rejected|refused)",
            "(compromised host|infected host|zombie|botnet|hijacked)",
            "(bad|evil|unwanted|untrusted|unauthorized|unauthorised|spamming|abusive|rogue) (ip|host|server|ip address|network|mail server|client)",
            "(you are|you're|you were|you have been) (blocked|banned|not welcome|blacklisted|barred|not allowed to connect|not allowed to send)",
            (
                "(too many|because of|due to|for|excessive|history of|past) [spam|abuse|unwanted|bad] (spam|spams|abuse|complaints|attacks|junk|abusive"
                f" behavior|abuse reports) [messages|mail|reports|attempts] (from|by|on) (your|this|the) ({HOST})"
            ),
            (
                "(spam|junk|abuse|complaints|viruses|attack|attacks|malicious activity|unsolicited mail) [received|detected|coming|originating|seen|sent"
                f"|attempts|reported] from [this|your|the] ({HOST}|<ip>|ip)"
            ),
            f"your ({HOST}) ... (spam source|spammer|source of spam|sending spam|sends spam|spamming|sent spam|sent us spam)",
            f"({OUR}) ({HOST}) (blocked|banned) by [the|our] (administrator|admin|firewall|policy|rule)",
            "(rejected|blocked|refused) by ip",
            "(forbidden|denied) (by|for|from|to) your ip",
            "from (cloud|hosting|vps|datacenter|data center) (providers|servers|hosts|ips|ranges|networks)",
            "your access to ... (mail|email|e-mail) system has been rejected",
            "geographic* location",
            "from (that|your|this) country",
            "connection (refused|rejected|denied) from (<ip>|your ip|your host)",
            "listed as (suspicious|suspect|bad|broken|abusive)",
            "(country|geoip|geo-ip|geo) ... (blocked|blacklisted|banned|rejected|not allowed|denied|filter)",
            "(blacklisted|black-listed) (host|ip|server|ip address)",
            f"({MESSAGE}|connections) from your location ... (blocked|{REFUSED})",
            "(you are|you're|your ip is|your host is) [being] penalized",
            "no access for (this|your) (ip|host|server|ip address)",
            "not [currently] accepting (mail|email|messages|connections) from your (ip|host|server|ip address)",
            "^(ip|client|host) (reject|rejected|denied|refused)$",
            "(not allowed|not permitted|no access) [to] (connect|access) [to|from] [this|your|our] [mail] (server|system|location|ip|host)",
        ),
        (
            "554 5.7.1 connection refused, your host is blocked here",
            "550 access denied from your network: your network is barred",
            "550 mail from 192.0.2.25 is refused because of past abuse from this host",
            "554 5.7.1 rejected: bad IP address",
        ),
        remedy="delist",
        unless=(
            "greylist*",
            "greylisted",
            "gray listed",
            "cannot find your",
            "cannot resolve",
            "helo",
            "ehlo",
            "ptr",
            "reverse",
            "dynamic",
            "dialup",
            "too many connections",
            "load average",
            "mail from address",
            "too many concurrent",
            "rate",
            "sent too many",
            "(sent|send) to many",
            "intrusion prevention",
            "sender address rejected",
            "recipient address rejected: (user|unknown)",
            "authenticat*",
            "relay*",
            "spf",
            "not found",
            "does not exist",
            "remote server",
            "server (response|reply)",
        ),
        counter=(
            "450 4.7.1 client host rejected: cannot find your hostname, [192.0.2.7]",
            "421 too many connections from your host",
            "550 5.7.1 relaying denied for your host",
        ),
    ),
    rule(
        "our_address.open_relay",
        "named",
        "ip_blocked",
        ("insecure [mail] relay", "open (relay|proxy) [mail server|server|host]"),
        ("550 mail from an open relay is refused",),
        remedy="fix_mta",
        also=("delist", "switch_outbound_ip", "use_smarthost"),
        unless=("not an open relay",),
    ),
    rule(
        "our_address.intrusion",
        "named",
        "ip_blocked",
        (
            "intrusion prevention [is] (active|enabled)",
            (
                "(temporarily|currently|automatically) (blocked|banned) [for|due to|because of|after] [a|an|too many|repeated|suspected] (attack|abuse|attacks"
                "|failures|errors|violations)"
            ),
            "(brute force|denial of service|dos|ddos|dictionary) [attack|attempt] ... (blocked|detected|suspected)",
            "fail2ban",
        ),
        ("421 intrusion prevention active for 192.0.2.25",),
        remedy="wait",
        also=("fix_message", "delist"),
    ),
    rule(
        "our_address.reputation_service",
        "named",
        "ip_reputation",
        ("blocked by [our|a|the|an] [ip|sender|email|mail] reputation (service|system|filter|provider)",),
        ("550 5.7.1 your mail was blocked by our sender reputation service",),
        remedy="switch_outbound_ip",
        also=("delist", "use_smarthost"),
    ),
    rule(
        "our_address.reputation",
        "named",
        "ip_reputation",
        (
            (
                "(bad|poor|low|very low|suspicious|negative|questionable|unknown|very poor|lowest|insufficient|terrible|no) [ip|sender|sending|network|server"
                "|email|mail|host|sender ip|mta|global|spam] reputation"
            ),
            "(ip|sender|network|sending|senderbase|sender's|mta's|host|server|email|address|your) reputation",
            (
                "reputation [score|based|filter|filtering|block|of|check|level|policy|value|is|on|data] [of|for|is|too|has|from] [your|the|this|too|been"
                "|sending] (ip|ip address|server|host|low|poor|bad|<ip>|network|blocked|failed)"
            ),
            "(due to|because of|based on|for) [its|their|your|the|low|poor|bad|a] [sender|ip|sending] reputation",
            "(rejected|blocked|refused|deferred|denied|throttled|listed) ... reputation",
            "reputation ... (rejected|blocked|refused|deferred|denied|too low|poor|bad|low|negative)",
            "senderbase [reputation] [score]",
            "(too many|excessive|high|number of|due to|because of) [user|spam|abuse|recipient] (complaints|complaint rate)",
            "generating (high|large|excessive) (volumes|numbers|rates) of [user|member|spam] complaints",
            "(sender|reputation|ip) score [is|of|too] [<n>] (too low|low|below|bad|poor)",
            "suspicious (ip|sender ip|host|source)",
            "(rejected|refused|denied|blocked) [as|because|by] [of|a|the] (senderbase|sbrs|senderscore|sender score|talos)",
        ),
        ("554 5.7.1 your server has a poor reputation with us", "550 refused: low ip reputation", "554 sender score too low: refused for its reputation"),
        remedy="delist",
        also=(*_PORTAL, "reduce_rate", "wait"),
        unless=(
            "domain's reputation",
            "domain reputation",
            "reputation of [the|your|sender] domain",
            "url reputation",
            "attachment reputation",
            "file reputation",
            "web reputation",
        ),
    ),
    rule(
        "our_address.domain_reputation",
        "named",
        "domain_reputation",
        (
            "(bad|poor|low|very low) [sending|sender|from|sender's|your] domain reputation",
            "reputation of [the|your|sender|sending|this|its|from] [sender|sending|from] domain",
            "(sending|sender|domain|domain's|from) domain reputation",
            "domain reputation",
            "domain ... (low|poor|bad|very low) reputation",
            "domain ... reputation [is|of|score] (low|poor|bad|too low)",
            "(new|young|newly registered|recently registered) [sender|sending] domain",
            "domain ... (too new|too young|younger than|newly registered|recently registered|registered less than|registered within|recently created)",
        ),
        ("550 5.7.1 refused for the low reputation of the domain example.com",),
    ),
    rule(
        "our_address.dynamic",
        "named",
        "dynamic_ip",
        (
            (
                "(dynamic|residential|dial-up|dialup|dhcp|home|dsl|consumer|adsl|broadband|cable|end-user|end user|dynamically assigned|dynamic or generic"
                "|dynamic or residential)"
                " (ip|address|addresses|host|hosts|ip address|ip addresses|ips|range|ranges|pool|user|users|customer|customers|space|ip space|connection"
                "|connections|network|networks|line|lines|block|clients)"
            ),
            "dynamic (or|and|/) (residential|generic|dialup|home|dial-up)",
            "(dialup|dial-up|dynamic|dynamic-ip|dynamic ip) (denied|rejected|refused|blocked|not allowed|not accepted|hosts)",
            (
                "(generic|dynamic|dynamic-looking|dialup|dial-up|residential|provider-assigned) (reverse|rdns|ptr|hostname|host name|reverse dns|dns|hostnames"
                "|name|ptr record|names)"
            ),
            "(looks|look|appears|seems) [like|to be] [a|an] (dynamic|residential|dialup|generic|dial-up|dsl|home)",
            "dynamically (assigned|allocated)",
            "not authorized to send [email|mail] directly",
            (
                "use (the|your|an) [smtp|mail|outgoing|own|official] (relay|isp's|isp|provider's|provider|service provider's|isps|smarthost|smart host|server"
                " of your|mail server of your|relay of your)"
                " [mail|smtp|server|outgoing|relay|instead|provider] [server|relay|instead|smarthost]"
            ),
            "(direct|direct-to-mx|direct to mx) (mail|connections|email|delivery|smtp|connection|to mx) [from|is|are] ... (not|dynamic|denied|refused)",
            "(relay|send) [mail|email|it] (through|via|by) your (isp|isp's|provider|provider's|service provider|internet provider|own mail)",
            "(dul|dynablock|pbl) [list|listed|blocked]",
            "(your ip|your ip address|ip|<ip>|it) is [listed] (in|on) [the] (dul|dynablock|pbl)",
            "not a (static|fixed|business) (ip|address)",
            "(generic|dynamic|auto-generated|autogenerated) [looking] (hostname|hostnames|rdns|reverse)",
        ),
        (
            "550 5.7.1 mail from dynamic addresses is not taken here",
            "554 your host looks like a dialup, use your provider's relay instead",
            "550 reverse DNS is a generic hostname",
        ),
        unless=("ask your provider to", "dynamic reputation"),
    ),
    rule(
        "our_address.domain_listed",
        "named",
        "domain_blocklisted",
        (
            "(url|uri|link|domain) in this email ... is listed on",
            (
                "(domain|sender domain|mailfrom domain|mail from domain|helo domain|from domain|host name|url|uri|link|sender address|sender's domain|envelope"
                " domain|hostname|urls|website|reverse dns|helo)"
                f" [<host>|<address>] [in|of] [message|body|your|the] [is|has been|are|was|found] [currently] ({LISTED})"
            ),
            (
                "(domain|sender domain|sender address|sender|url|uri|mailfrom|helo) [<host>|<address>] [is|was] (blocked|rejected|refused) (using|by) (<host>"
                "|dbl*|surbl|uribl|rhsbl|multi*)"
            ),
            "(domain|url|uri|helo|sender|mailfrom|link|website) ... (dbl|surbl|uribl|rhsbl|ivmuri)",
            (
                f"(contains|with|containing|includes|has|contained) [a|an|the|one or more] ({LISTED}|bad|blocked|malicious|suspicious|spam) (url|uri|link"
                "|domain|urls|uris|links|domains|website)"
            ),
            (
                "(contains|with|containing|includes|has|contained) [a|an|the|one or more] (url|uri|link|domain|urls|uris|links|domains|website) [that is|which"
                f" is|that are|that|is|are|which are] ({LISTED}|blocked|in a|on a)"
            ),
            f"({LISTED}|blocked|bad|spam|spammy|malicious|phishing) (url|uri|link|domain|urls|domains|links|website|sender domain)",
            f"your domain ... ({LIST}|{LISTED}|blocked|banned)",
            f"(domain|<host>) [is|has been] (in|on) [our|a|the|an] [domain|sender|url|uri] ({LIST})",
            f"(sender|envelope sender|from) (domain|address) ... ({LIST}|{LISTED})",
        ),
        (
            "550 5.7.1 the sender domain example.com is listed in a blocklist",
            "554 message contains a blacklisted url",
            "550 a link in the message body is in uribl",
        ),
        unless=("client host", "your ip", "ip address", "sending ip", "not listed"),
    ),
    rule(
        "our_address.sender_listed",
        "named",
        "domain_blocklisted",
        (
            f"sender [address] [<address>] [is|has been|was] [currently|on|in] [our|the|a|my] ({LISTED}|{LIST}|blocked|banned)",
            "(blocked|blacklisted|banned|barred) sender",
            (
                "(your|the sender's|this) (email address|e-mail address|mail address|address|sender address|email|domain) [<address>] [is"
                "|has been|was] [on|in] [our|the|a]"
                " (blocked|blacklisted|banned|blacklist|blocklist|blocked senders)"
            ),
            "(in|on) my badmailfrom",
            f"sender is (in|on) [the|our|a] (domain's|recipient's|user's) ({LIST})",
            "domain [<host>] (is|has been) (banned|blacklisted|barred)",
        ),
        ("550 5.7.1 the sender <news@example.com> is blacklisted", "553 5.7.1 banned sender"),
        remedy="contact_recipient_admin",
        also=("delist", "fix_sender_domain"),
        unless=("manually blocked", "ip", "sending ip", "client", "by the (recipient|user|addressee)"),
        counter=("550 5.7.1 access denied, banned sending ip",),
    ),
)
