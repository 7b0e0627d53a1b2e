# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What Exchange servers say, on premises and (where the words are the same) online."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_URL = "https://learn.microsoft.com/en-us/troubleshoot/exchange/email-delivery/ndr/non-delivery-reports-in-exchange-online"
_SERVER = "https://learn.microsoft.com/en-us/exchange/mail-flow/non-delivery-reports-and-bounce-messages/non-delivery-reports-and-bounce-messages"
_PRESSURE = "https://learn.microsoft.com/en-us/exchange/mail-flow/back-pressure"
_RECEIVE = "https://learn.microsoft.com/en-us/exchange/mail-flow/connectors/receive-connectors"
_SENDERID = "https://learn.microsoft.com/en-us/exchange/antispam-and-antimalware/antispam-protection/sender-id"

RULES = (
    # What Exchange 2007 wrote of a server that turned it away with a code and its name only.
    rule(
        "exchange.turned_away",
        "vague",
        "policy",
        ("^<host> #smtp#$",),
        ("#< #5.5.0 SMTP; 554-mx.example.org> #SMTP#",),
        counter=("#< #5.1.1 smtp; 550 user unknown> #SMTP#",),
        url=_SERVER,
    ),
    rule(
        "exchange.recipient_not_found",
        "exact",
        "user_unknown",
        (
            "resolver.adr.recip* not found",
            "resolver.adr.exrecip* not found",
            "resolver.adr.recipnotfound",
            "resolver.adr.exrecipnotfound",
            "resolver.adr.recipientnotfound",
            "encapsulated invalid address inside an smtp address",
        ),
        (
            "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",
            "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient zoe@example.com not found by SMTP address lookup",
        ),
        counter=("550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized", "550 5.1.4 RESOLVER.ADR.Ambiguous; ambiguous address"),
        url=_URL,
    ),
    rule(
        "exchange.directory_fault",
        "exact",
        "system_error",
        ("resolver.adr.(ambiguous|badprimary|invalid|badforeign)", "bad primary smtp address", "ambiguous address", "two objects have the same"),
        ("550 5.1.4 RESOLVER.ADR.Ambiguous; ambiguous address", "550 5.1.0 RESOLVER.ADR.BadPrimary; bad primary SMTP address"),
        counter=("550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",),
        url=_URL,
        when={"status": "5.1.x"},
        temporary=False,
    ),
    rule(
        "exchange.too_large",
        "exact",
        "message_too_big",
        (
            "resolver.rst.(recipsizelimit|sendsizelimit|<host>)",
            "routing.sizelimit",
            "message too large for this (recipient|sender|route)",
            "message size exceeds fixed maximum size for route",
        ),
        (
            "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
            "550 5.3.4 ROUTING.SizeLimit; message size exceeds fixed maximum size for route",
        ),
        counter=("554 5.2.2 mailbox full",),
        url=_URL,
    ),
    rule(
        "exchange.sender_not_authenticated",
        "exact",
        "posting_not_allowed",
        ("resolver.rst.authrequired", "resolver.rst.sendernotauthenticated*", "delivery restriction check failed because the sender was not authenticated"),
        (
            "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
            (
                "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed "
                "because the sender was not authenticated when sending to this group"
            ),
        ),
        counter=("530 5.7.1 Client was not authenticated",),
        url=_URL,
        also=("fix_relay_auth",),
    ),
    rule(
        "exchange.not_authorized",
        "exact",
        "posting_not_allowed",
        ("resolver.rst.(notauthorized|sendernotinallowedsenders|restrictedtorecipientspermission)", "sender not in allowed-senders list", "resolver.grp.*"),
        (
            "550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized",
            "550 5.7.124 RESOLVER.RST.SenderNotInAllowedSenders; sender not in allowed-senders list",
            "550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized",
        ),
        counter=("550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",),
        url=_URL,
    ),
    rule(
        "exchange.forwarding_loop",
        "exact",
        "routing_loop",
        ("resolver.fwd.loop", "forwarding loop configured in the directory", "agent generated message depth exceeded", "misconfigured forwarding address"),
        ("550 5.4.6 RESOLVER.FWD.Loop; there is a forwarding loop configured in the directory",),
        counter=("550 5.4.4 SMTPSEND.DNS.MxLoopback; DNS records for this domain are configured in a loop",),
        url=_URL,
    ),
    rule(
        "exchange.thread_limit",
        "exact",
        "system_busy",
        (
            "storedrv.deliver; recipient thread limit exceeded",
            "recipient thread limit exceeded",
            "storedrv.storage; mailbox server is (offline|too busy)",
            "storedrv; mailbox database is offline",
            "mailbox (database|server) is offline",
            "storedrv.deliver.exception:connectionfailed*",
        ),
        (
            "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded",
            "432 4.3.2 STOREDRV.Storage; mailbox server is offline",
            "430 4.2.0 STOREDRV; mailbox database is offline",
        ),
        counter=("554 5.2.2 mailbox full; STOREDRV.Deliver: quota exceeded",),
        url=_SERVER,
        side="theirs",
        settle=(),
    ),
    rule(
        "exchange.quota",
        "exact",
        "mailbox_full",
        ("storedrv.deliver", "^mailbox full", "quotaexceededexception*"),
        (
            (
                "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to "
                "process message due to a permanent exception with message Cannot set"
            ),
            "554 5.2.2 mailbox full",
        ),
        counter=("432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded",),
        url=_SERVER,
        when={"status": "x.2.2"},
    ),
    rule(
        "exchange.quota_exception",
        "exact",
        "mailbox_full",
        ("(mapiexceptionshutoffquotaexceeded|mapiexceptionquotaexceeded)", "exception:quotaexceededexception"),
        (
            (
                "554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to process message due to a "
                "permanent exception with message Cannot get ID from name."
            ),
        ),
        counter=("550 5.2.0 STOREDRV.Deliver.Exception:ObjectNotFoundException.MapiExceptionNotFound; Failed to process message",),
        url=_SERVER,
        unless=("submissionquotaexceededexception",),
    ),
    rule(
        "exchange.submission_quota_exception",
        "exact",
        "rate_limited",
        ("submissionquotaexceededexception*", "exception:submissionquotaexceededexception"),
        ("554 5.2.0 STOREDRV.Submit.Exception:SubmissionQuotaExceededException; Failed to process message due to a permanent exception",),
        counter=("554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",),
        url=_URL,
    ),
    rule(
        "exchange.account_disabled_exception",
        "exact",
        "mailbox_disabled",
        ("(mapiexceptionmailboxdisabled|exception:accountdisabledexception|exception:mailboxunavailableexception)",),
        ("554 5.2.0 STOREDRV.Deliver.Exception:AccountDisabledException.MapiExceptionMailboxDisabled; Failed to process message",),
        counter=("554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",),
        url=_SERVER,
        remedy="contact_recipient_admin",
        also=("clean_address_list",),
    ),
    rule(
        "exchange.conversion_exception",
        "exact",
        "message_format",
        ("(exception:conversionfailedexception|exception:corruptdataexception|mapiexceptioncorruptdata)", "content conversion limits was exceeded"),
        (
            (
                "554 5.6.0 STOREDRV.Deliver.Exception:ConversionFailedException; Failed to process message due to a permanent exception with message "
                "The content conversion limit(s) was exceeded."
            ),
        ),
        counter=("554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",),
        url=_SERVER,
        also=("contact_recipient_admin",),
    ),
    rule(
        "exchange.size_exception",
        "exact",
        "message_too_big",
        ("(mapiexceptionmaxsubmissionexceeded|exception:messagesubmissionexceededexception)",),
        ("554 5.2.3 STOREDRV.Deliver.Exception:MessageSubmissionExceededException.MapiExceptionMaxSubmissionExceeded; message too large for this recipient",),
        counter=("554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",),
        url=_SERVER,
    ),
    rule(
        "exchange.transient_exception",
        "exact",
        "system_busy",
        (
            "exception:(storagetransientexception|connectionfailedtransientexception|servernotfoundexception|resourcesexception)",
            "storedrv.deliver ... transient exception",
            "failed to process message due to a transient exception",
        ),
        (
            "432 4.2.0 STOREDRV.Deliver.Exception:StorageTransientException.MapiExceptionTimeout; Failed to process message due to a transient exception",
            "554 5.2.0 STOREDRV.Deliver.Exception:StorageTransientException.MapiExceptionTimeout",
        ),
        counter=("554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",),
        url=_SERVER,
        side="theirs",
        settle=(),
    ),
    rule(
        "exchange.store_refused",
        "named",
        "local_delivery_failed",
        (
            "storedrv.deliver ... reported an error",
            "storedrv.deliver.exception:* ... permanent exception",
            "failed to process message due to a permanent exception with message",
        ),
        (
            (
                "550 5.2.0 STOREDRV.Deliver.Exception:ObjectNotFoundException.MapiExceptionNotFound; Failed to process message due to a "
                "permanent exception with message Cannot open the item"
            ),
            "554 5.2.0 STOREDRV.Deliver: The Microsoft Exchange Information Store service reported an error.",
        ),
        counter=("554 5.2.2 mailbox full",),
        url=_SERVER,
        when={"status": ["5.2.0", "5.2.1", "5.3.0", "5.0.0"]},
    ),
    rule(
        "exchange.send_as",
        "exact",
        "sender_address_rejected",
        (
            "(exception:sendasdeniedexception|mapiexceptionsendasdenied)",
            "client does not have permissions to send as this sender",
            "senderasdenied",
            "sendas denied",
        ),
        ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", "550 5.7.1 Client does not have permissions to send as this sender"),
        counter=("550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized",),
        url=_RECEIVE,
        remedy="fix_relay_auth",
        also=("fix_sender_domain", "fix_sender_auth", "contact_recipient_admin"),
    ),
    rule(
        "exchange.permissions",
        "exact",
        "authentication_required",
        ("external client with ip address <ip> does not have permissions to submit to this server", "client does not have permissions to submit mail"),
        (
            (
                "550 5.7.1 External client with IP address 198.51.100.11 does not have permissions to submit to this server. Visit "
                "http://support.microsoft.com/kb/928123 for more information."
            ),
        ),
        counter=("530 5.7.1 Client was not authenticated",),
        url=_RECEIVE,
        also=("contact_recipient_admin", "use_smarthost"),
    ),
    rule(
        "exchange.accepted_domain",
        "exact",
        "relay_denied",
        ("unable to relay recipient in non-accepted domain",),
        ("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",),
        counter=("550 5.7.60 SMTP; Client does not have permissions to send as this sender",),
        url=_RECEIVE,
    ),
    rule(
        "exchange.temporary_login",
        "exact",
        "authentication_required",
        ("^temporary authentication failure",),
        ("454 4.7.0 Temporary authentication failure",),
        counter=("451 4.7.0 Temporary server error. Please try again later. PRX5",),
        url=_RECEIVE,
        remedy="wait",
        also=("fix_relay_auth", "contact_recipient_admin"),
        side="either",
        temporary=True,
    ),
    rule(
        "exchange.nonexistent_domain",
        "exact",
        "domain_unknown",
        ("smtpsend.dns.nonexistentdomain", "dns query failed ... nonexistentdomain"),
        (
            "550 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain",
            "451 4.4.0 DNS query failed. The error was: SMTPSEND.DNS.NonExistentDomain; nonexistent domain",
        ),
        counter=("550 5.4.4 SMTPSEND.DNS.MxLoopback; DNS records for this domain are configured in a loop",),
        url=_SERVER,
    ),
    rule(
        "exchange.mx_loop",
        "exact",
        "routing_loop",
        ("smtpsend.dns.mxloopback", "dns records for this domain are configured in a loop"),
        ("550 5.4.4 SMTPSEND.DNS.MxLoopback; DNS records for this domain are configured in a loop",),
        counter=("550 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain",),
        url=_SERVER,
        side="either",
        also=("fix_route", "fix_mta"),
    ),
    rule(
        "exchange.dns_query",
        "exact",
        "dns_failure",
        ("dns query failed with error (errorretry|errortimeout|infonorecords|inforetry|servererror)", "smtpsend.dns.(invaliddata|timeout|servererror)"),
        (
            "451 4.4.0 DNS query failed. The error was: DNS query failed with error ErrorRetry",
            "451 4.4.0 DNS query failed. The error was: DNS query failed with error InfoNoRecords",
        ),
        counter=("451 4.4.0 DNS query failed. The error was: SMTPSEND.DNS.NonExistentDomain; nonexistent domain",),
        url=_SERVER,
    ),
    rule(
        "exchange.no_connector",
        "exact",
        "system_error",
        (
            "matching connector cannot be found to route the external recipient",
            "routing.noconnector*",
            "routing.nonexthop",
            "unable to route for address type",
            "routing.noroute*",
        ),
        (
            "A matching connector cannot be found to route the external recipient",
            "550 5.4.4 ROUTING.NoNextHop; unable to route",
            "550 5.4.4 ROUTING.NoConnectorForAddressType; unable to route for address type",
        ),
        counter=("550 5.3.4 ROUTING.SizeLimit; message size exceeds fixed maximum size for route",),
        url=_SERVER,
        side="ours",
        remedy="fix_route",
        also=("fix_mta", "clean_address_list"),
        settle=("mx",),
        temporary=False,
    ),
    rule(
        "exchange.bare_linefeeds",
        "exact",
        "message_format",
        ("smtpsend.barelinefeedsareillegal", "message contains bare linefeeds"),
        (
            (
                "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds, which cannot be sent via DATA and "
                "receiving system does not support BDAT"
            ),
        ),
        counter=("554 5.6.0 Corrupt message content",),
        url=_URL,
    ),
    rule(
        "exchange.suspicious_remote",
        "exact",
        "connection_lost",
        ("smtpsend.suspiciousremoteservererror", "remote server disconnected abruptly"),
        ("451 4.4.0 SMTPSEND.SuspiciousRemoteServerError; remote server disconnected abruptly; retry",),
        counter=("421 4.4.1 Connection timed out",),
        url=_SERVER,
        temporary=True,
    ),
    rule(
        "exchange.conversion",
        "exact",
        "message_format",
        ("cat.invalidcontent.exception", "invalid mime content", "corrupt message content", "message content is corrupt", "content conversion failed"),
        (
            "554 5.6.211 Invalid MIME Content: Single text value size (32808) exceeded allowed maximum (32768).",
            "550 5.6.0 CAT.InvalidContent.Exception: NotSupportedException; cannot handle content of message",
            "554 5.6.0 STOREDRV.Deliver; Corrupt message content",
        ),
        counter=("550 5.7.1 Message rejected as spam by Content Filtering.",),
        url=_SERVER,
    ),
    rule(
        "exchange.transport_rule",
        "exact",
        "policy",
        ("transport.rules.rejectmessage", "message was rejected by organization policy"),
        ("550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy",),
        counter=("550 5.7.1 Message rejected as spam by Content Filtering.",),
        url=_URL,
        side="theirs",
        also=("fix_message",),
    ),
    rule(
        "exchange.resources",
        "exact",
        "system_busy",
        ("^service not active", "maximum number of concurrent server connections has exceeded a limit"),
        (
            "421 4.3.2 Service not active",
            "421 4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing transmission channel",
        ),
        counter=("421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel",),
        url=_PRESSURE,
        side="theirs",
        settle=(),
        temporary=True,
    ),
    rule(
        "exchange.back_pressure",
        "exact",
        "system_full",
        ("^insufficient system resources",),
        ("452 4.3.1 Insufficient system resources",),
        counter=("421 4.3.2 Service not active",),
        url=_PRESSURE,
        temporary=True,
    ),
    rule(
        "exchange.connections",
        "exact",
        "too_many_connections",
        ("^the maximum number of concurrent connections has exceeded a limit",),
        ("421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel",),
        counter=("452 4.3.1 Insufficient system resources",),
        url=_RECEIVE,
    ),
    rule(
        "exchange.submission_rate",
        "exact",
        "rate_limited",
        ("message submission rate for this client has exceeded the configured limit",),
        ("421 4.4.2 Message submission rate for this client has exceeded the configured limit",),
        counter=("421 4.4.2 Connection dropped due to SocketError",),
        url=_RECEIVE,
    ),
    rule(
        "exchange.proxy_fault",
        "exact",
        "system_error",
        ("temporary server error. please try again later",),
        ("451 4.7.0 Temporary server error. Please try again later. PRX5", "451 4.7.0 Temporary server error. Please try again later. PRX2"),
        counter=("454 4.7.0 Temporary authentication failure",),
        url=_SERVER,
        temporary=True,
    ),
    rule(
        "exchange.sender_syntax",
        "exact",
        "sender_address_rejected",
        ("^invalid address$",),
        ("501 5.1.7 Invalid address",),
        counter=("501 5.1.3 Invalid address",),
        url=_SERVER,
        when={"status": "x.1.7"},
    ),
    rule(
        "exchange.helo_name",
        "exact",
        "helo_rejected",
        ("^invalid domain name$",),
        ("501 5.5.4 Invalid domain name",),
        counter=("550 5.1.2 invalid domain name",),
        url=_SERVER,
        when={"status": "5.5.4"},
    ),
    rule(
        "exchange.sender_id",
        "exact",
        "spf_failed",
        ("sender id pra not permitted", "rejected due to sender id policy"),
        ("550 5.7.1 Sender ID (PRA) Not Permitted", "550 5.7.1 Message was rejected due to Sender ID policy"),
        counter=("550 5.7.1 Missing purported responsible address",),
        url=_SENDERID,
    ),
    rule(
        "exchange.no_purported_address",
        "exact",
        "message_format",
        ("missing purported responsible address",),
        ("550 5.7.1 Missing purported responsible address",),
        counter=("550 5.7.1 Sender ID (PRA) Not Permitted",),
        url=_SENDERID,
    ),
    rule(
        "exchange.target_host",
        "vague",
        "connection_failed",
        (
            "attempted failover to alternate host",
            "(target host responded with|error communicating with target host|error encountered while communicating with primary target)",
            "socketerror",
        ),
        (
            "451 4.4.395 Target host responded with error.",
            "451 4.4.0 Error encountered while communicating with primary target IP address. Attempted failover to alternate host, but that did not succeed.",
        ),
        counter=("550 5.1.1 RESOLVER.ADR.RecipNotFound; not found",),
        url="https://learn.microsoft.com/en-us/troubleshoot/exchange/email-delivery/ndr/non-delivery-reports-in-exchange-online",
        confidence="likely",
    ),
    rule(
        "exchange.journal",
        "exact",
        "policy",
        ("journal messages are not accepted", "journaling on-premises messages to ... not supported"),
        ("550 5.3.190 Journal messages are not accepted",),
        counter=("554 5.2.2 mailbox full",),
        url=_URL,
        side="theirs",
    ),
)
