# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What Exim says: its own words, those of its default configuration, and those of cPanel around it."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_URL = "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-access_control_lists.html"
_ROUTING = "https://github.com/Exim/exim/blob/master/src/src/routers/dnslookup.c"
_SERVER = "https://github.com/Exim/exim/blob/master/src/src/smtp_in.c"
_DAEMON = "https://github.com/Exim/exim/blob/master/src/src/daemon.c"
_CLIENT = "https://github.com/Exim/exim/blob/master/src/src/transports/smtp.c"
_DEBIAN = "https://sources.debian.org/src/exim4/unstable/debian/debconf/conf.d/acl/30_exim4-config_check_rcpt/"
_CPANEL = "https://docs.cpanel.net/knowledge-base/email/how-to-prevent-email-abuse/"
_RATE = "https://www.exim.org/exim-html-current/doc/html/spec_html/ch-access_control_lists.html#SECTratelimiting"

RULES = (
    rule(
        "exim.sender_verify",
        "exact",
        "sender_address_rejected",
        (
            "verification failed for <address> ... sender verify failed",
            "verification failed for <address> ... the mail server could not deliver mail to",
            "could not complete sender verify",
        ),
        (
            "550-Verification failed for <shop@example.org>\n550-No Such User Here\n550 Sender verify failed",
            (
                "550-Verification failed for <shop@example.org>\n550-The mail server could not deliver mail to shop@example.org. The "
                "account or domain may not exist, they may be blacklisted, or missing the proper dns entries.\n550 Sender verify failed"
            ),
            "451 Could not complete sender verify callout",
        ),
        counter=("451 Could not complete recipient verify callout", "550-Callback setup failed while verifying <shop@example.org>"),
        url=_URL,
    ),
    rule(
        "exim.sender_callback",
        "exact",
        "sender_address_rejected",
        ("callback setup failed while verifying", "command was rejected. refusing mail from"),
        (
            (
                "550-Callback setup failed while verifying <shop@example.org>\n550-(result of an earlier callout reused).\n550-The "
                "initial connection, or a HELO or MAIL FROM:<> command was\n550-rejected. Refusing MAIL FROM:<> does not help fight "
                "spam, disregards\n550-RFC requirements, and stops you from receiving standard bounce\n550-messages. This host does not "
                "accept mail from domains whose servers\n550-refuse bounces.\n550 Sender verify failed"
            ),
        ),
        counter=("550 Sender verify failed",),
        url=_SERVER,
        also=("fix_mta",),
    ),
    rule(
        "exim.recipient_callout",
        "exact",
        "directory_unavailable",
        ("could not complete recipient verify callout",),
        ("451-Could not complete recipient verify callout for <zoe@example.com>\n451 Could not complete recipient verify callout",),
        counter=("451 Could not complete sender verify callout",),
        url=_URL,
        temporary=True,
    ),
    rule(
        "exim.address_without_domain",
        "exact",
        "sender_address_rejected",
        ("sender address must contain a domain",),
        ("501 <shop>: sender address must contain a domain",),
        counter=("501 <zoe>: recipient address must contain a domain",),
        url=_SERVER,
    ),
    rule(
        "exim.order",
        "exact",
        "protocol_error",
        (
            "sender not yet given",
            "auth command used when not advertised",
            "smtp synchronization error",
            "smtp protocol synchronization error",
            "valid rcpt command must precede data",
        ),
        ("503 sender not yet given", "554 SMTP synchronization error", "503 AUTH command used when not advertised", "503 valid RCPT command must precede DATA"),
        counter=("500 Too many nonmail commands",),
        url=_SERVER,
    ),
    rule(
        "exim.nonmail_commands",
        "exact",
        "rate_limited",
        ("too many nonmail commands", "too many unrecognized commands", "too many syntax or protocol errors"),
        ('500 Too many nonmail commands (last was "NOOP")', '501 Too many syntax or protocol errors (last command was "EHLO")'),
        counter=("503 sender not yet given",),
        url=_SERVER,
        remedy="wait",
        also=("reduce_rate", "fix_mta"),
        temporary=True,
    ),
    rule(
        "exim.too_much_load",
        "exact",
        "system_busy",
        ("too much load; please try again later", "space shortage, please try later"),
        ("421 Too much load; please try again later.", "452 space shortage, please try later"),
        counter=("421 Too many concurrent SMTP connections; please try again later.",),
        url=_SERVER,
        side="theirs",
        settle=(),
    ),
    rule(
        "exim.connections",
        "exact",
        "too_many_connections",
        ("too many concurrent smtp connections from this ip address",),
        ("421 Too many concurrent SMTP connections from this IP address; please try again later.",),
        counter=("421 Too much load; please try again later.",),
        url=_DAEMON,
    ),
    rule(
        "exim.connections_in_all",
        "exact",
        "system_busy",
        ("^too many concurrent smtp connections; please try again later",),
        ("421 Too many concurrent SMTP connections; please try again later.",),
        counter=("421 Too many concurrent SMTP connections from this IP address; please try again later.",),
        url=_DAEMON,
        side="theirs",
        also=("reduce_rate", "contact_recipient_admin"),
        settle=(),
    ),
    rule(
        "exim.no_smtp_service",
        "exact",
        "no_mail_accepted",
        ("an mx or srv record indicated no smtp service",),
        ("an MX or SRV record indicated no SMTP service",),
        counter=("all relevant MX records point to non-existent hosts",),
        url=_ROUTING,
    ),
    rule(
        "exim.mx_points_nowhere",
        "exact",
        "domain_unknown",
        ("all relevant mx records point to non-existent hosts", "mail domain <host> does not exist"),
        ("all relevant MX records point to non-existent hosts",),
        counter=("host lookup did not complete",),
        url=_ROUTING,
        also=("contact_recipient_admin", "fix_resolver"),
    ),
    rule(
        "exim.host_lookup",
        "exact",
        "dns_failure",
        ("host lookup did not complete", "lookup of host ... failed in smtp transport", "lookup of host <host> failed"),
        ("host lookup did not complete", 'lookup of host "mx.example.com" failed in smtp transport'),
        counter=("all relevant MX records point to non-existent hosts",),
        url=_ROUTING,
        temporary=True,
    ),
    rule(
        "exim.closed",
        "exact",
        "connection_lost",
        (
            "remote host <host> <ip> closed connection in response to",
            "closed connection in response to (mail from|rcpt to|end of data|initial connection|ehlo|helo|sending data block|pipelined data)",
            "remote host closed connection",
        ),
        ("Remote host mx.example.com [192.0.2.25] closed connection in response to sending data block",),
        counter=("421 mx.example.com: SMTP command timeout - closing connection",),
        url=_CLIENT,
    ),
    rule(
        "exim.all_hosts_failing",
        "exact",
        "expired",
        ("have been failing for a long time and retry time not reached",),
        ("all hosts for 'example.com' have been failing for a long time (and retry time not reached)",),
        counter=("connection refused",),
        url=_CLIENT,
        temporary=False,
        also=("wait", "check_network"),
    ),
    rule(
        "exim.tls_wanted",
        "exact",
        "tls_failed",
        ("a tls session is required", "tls session is required", "a tls session is required for ... but"),
        (
            "a TLS session is required, but the server did not offer TLS support",
            "TLS session is required for mx.example.com [192.0.2.25], but an attempt to start TLS failed",
        ),
        counter=("454 TLS currently unavailable",),
        url=_CLIENT,
    ),
    rule(
        "exim.tls_unavailable",
        "exact",
        "tls_failed",
        ("^tls currently unavailable",),
        ("454 TLS currently unavailable",),
        counter=("a TLS session is required, but the server did not offer TLS support",),
        url=_SERVER,
        side="theirs",
        remedy="contact_recipient_admin",
        also=("wait", "fix_tls"),
        temporary=True,
    ),
    rule(
        "exim.headers",
        "exact",
        "message_format",
        ("(message|headers|header) ... (fail|fails) syntax check", "headers are not syntactically valid", "message headers fail syntax check"),
        ("550 Message headers fail syntax check", "550 Headers are not syntactically valid"),
        counter=("554 SMTP synchronization error",),
        url=_URL,
    ),
    rule(
        "exim.local_blacklist",
        "exact",
        "ip_blocked",
        ("sender ip address <ip> is locally blacklisted",),
        ("550-sender IP address 198.51.100.11 is locally blacklisted here. If you think\n550 this is wrong, get in touch with postmaster",),
        counter=("550 sender envelope address shop@example.org is locally blacklisted here",),
        url=_DEBIAN,
        also=("delist", "contact_recipient_admin", "use_smarthost"),
    ),
    rule(
        "exim.local_sender_blacklist",
        "exact",
        "sender_address_rejected",
        ("sender envelope address <address> is locally blacklisted",),
        (("550-sender envelope address shop@example.org is locally blacklisted here. If you think\n550 this is wrong, get in touch with postmaster"),),
        counter=("550 sender IP address 198.51.100.11 is locally blacklisted here",),
        url=_DEBIAN,
        remedy="contact_recipient_admin",
        also=("fix_sender_domain",),
    ),
    rule(
        "exim.never_users",
        "exact",
        "local_delivery_failed",
        ("transport is on the never_users list",),
        ("User 0 set for local_delivery transport is on the never_users list",),
        side="ours",
        remedy="fix_mta",
        also=("wait",),
        counter=("550 user unknown",),
        url="https://www.exim.org/exim-html-current/doc/html/spec_html/ch-main_configuration.html",
    ),
    # Debian's router for a host that was set up to deliver locally only.
    rule(
        "exim.local_only",
        "exact",
        "policy",
        ("mailing to remote domains not supported",),
        ("R=nonlocal: Mailing to remote domains not supported",),
        side="ours",
        remedy="fix_mta",
        also=("fix_route", "use_smarthost"),
        counter=("550 relay not permitted",),
        url="https://sources.debian.org/src/exim4/unstable/debian/debconf/conf.d/router/200_exim4-config_primary/",
    ),
    rule(
        "exim.ratelimit",
        "exact",
        "rate_limited",
        ("sender rate overlimit", "sender rate ... exceeds", "sender rate <n>"),
        ("550 Sender rate overlimit - 101.0 / 1h", "450 Sender rate overlimit"),
        counter=("421 Too much load; please try again later.",),
        url=_RATE,
    ),
    rule(
        "exim.cpanel_verify_login",
        "exact",
        "authentication_required",
        ("please turn on smtp authentication in your mail client", "is not permitted to relay through this server without authentication"),
        (
            (
                "550-Please turn on SMTP Authentication in your mail client.\n550-mail.example.org [198.51.100.11]:41722 is not "
                "permitted to relay through this server without authentication."
            ),
        ),
        counter=("550 relay not permitted",),
        url=_CPANEL,
        also=("use_smarthost", "contact_recipient_admin"),
    ),
    rule(
        "exim.cpanel_hourly",
        "exact",
        "rate_limited",
        ("has exceeded the max (emails|defers and failures) per hour",),
        (
            "Domain example.org has exceeded the max emails per hour (100/100 (100%)) allowed.  Message discarded.",
            "Domain example.org has exceeded the max defers and failures per hour (5/5 (100%)) allowed.  Message discarded.",
        ),
        counter=("550 Sender rate overlimit",),
        url="https://forums.cpanel.net/threads/email-quota.697029/",
    ),
    rule(
        "exim.cpanel_suspended",
        "exact",
        "policy",
        ("has an outgoing mail (suspension|hold)",),
        ("Domain example.org has an outgoing mail suspension.  Message discarded.",),
        counter=("550 Sender rate overlimit",),
        url=_CPANEL,
        side="ours",
        remedy="fix_mta",
        also=("use_smarthost", "reduce_rate", "contact_recipient_admin"),
    ),
    rule(
        "exim.cpanel_rbl",
        "exact",
        "ip_blocklisted",
        ("junkmail rejected - ... is in an rbl",),
        ('550-"JunkMail rejected - mail.example.org [198.51.100.11]:34032 is in an\n550 RBL: https://www.example.net/query/ip/198.51.100.11"',),
        counter=('550 "The mail server detected your message as spam and has prevented delivery."',),
        url=_CPANEL,
    ),
    rule(
        "exim.prohibited",
        "exact",
        "policy",
        ("^administrative prohibition$",),
        ("550 Administrative prohibition",),
        counter=("550 Administrative prohibition - envelope blocked",),
        url=_URL,
    ),
)
