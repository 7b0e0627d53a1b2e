# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What services that send mail for others say: Amazon SES and WorkMail, SendGrid, Mailgun, Postmark, SparkPost, Mailjet, Brevo.

Here we are the customer: most refusals are about our account, our verified names, or an address that the service keeps on a suppression list.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import says

_SES = "https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html"
_SES_LIST = "https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html"
_SENDGRID = "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting"
_MAILGUN = "https://documentation.mailgun.com/docs/mailgun/user-manual/suppressions/suppressions"
_POSTMARK = "https://postmarkapp.com/developer/api/overview"
_SPARKPOST = "https://support.sparkpost.com/docs/deliverability/bounce-classification-codes"


_ses = says("amazon_ses", _SES)
_sendgrid = says("sendgrid", _SENDGRID)
_mailgun = says("mailgun", _MAILGUN)
_postmark = says("postmark", _POSTMARK)
_sparkpost = says("sparkpost", _SPARKPOST)
_ACCOUNT = {"side": "ours", "remedy": "contact_recipient_admin", "also": ("fix_relay_auth", "use_smarthost", "wait")}

AMAZON = (
    _ses(
        "not_verified",
        "sender_address_rejected",
        (
            "email address is not verified. the following identities failed the check",
            "message rejected: email address is not verified",
            "the following identities failed the check in region",
        ),
        ("554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: joe@example.com",),
        remedy="fix_relay_auth",
        also=("fix_sender_domain", "fix_sender_auth", "use_smarthost"),
        counter=("Amazon SES did not send the message to this address because it is on the suppression list for your account.",),
    ),
    _ses(
        "throttled",
        "rate_limited",
        (
            "throttling failure: (maximum sending rate exceeded|daily message quota exceeded)",
            "maximum sending rate exceeded",
            "daily message quota exceeded",
            "^throttling failure",
            "too many concurrent smtp connections",
        ),
        (
            "454 Throttling failure: Maximum sending rate exceeded.",
            "454 Throttling failure: Daily message quota exceeded.",
            "421 Too many concurrent SMTP connections",
        ),
        url="https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html",
        counter=("554 Message rejected: Sending paused for this account.",),
    ),
    _ses(
        "paused",
        "policy",
        ("sending (suspended|paused) for this account", "sending paused for this configuration set", "message rejected: sending (suspended|paused)"),
        (
            (
                "554 Message rejected: Sending suspended for this account. For more information, please check the inbox of the email address associated"
                " with your AWS account."
            ),
            "554 Message rejected: Sending paused for this account.",
        ),
        side="ours",
        remedy="fix_relay_auth",
        also=("use_smarthost", "contact_recipient_admin", "reduce_rate", "switch_outbound_ip"),
        counter=("Amazon SES did not send the message to this address because it is on the suppression list for your account.",),
    ),
    _ses(
        "not_authorized",
        "authentication_required",
        (
            "is not authorized to perform ses:*",
            "is not authorized to perform 'ses:*",
            "authentication credentials invalid",
            "not authorized to perform [`|']ses:sendrawemail",
        ),
        (
            "535 Authentication Credentials Invalid",
            "554 Access denied: User arn:aws:iam::111122223333:user/mail is not authorized to perform ses:SendRawEmail on resource",
        ),
        counter=("Amazon SES did not send the message to this address because it is on the suppression list for your account.",),
    ),
    _ses(
        "suppressed",
        "suppressed",
        (
            "amazon ses has suppressed sending to this address",
            "ses has suppressed sending to this address because it",
            "recent history of bouncing as an invalid address",
            "message rejected: address blacklisted",
            "address is on the suppression list for your account",
            "on the amazon ses suppression list",
            "did not send the message to this address because it is on the suppression list",
        ),
        (
            (
                "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address. For more information"
                " about how to remove an address from the suppression list, see the Amazon SES Developer Guide"
            ),
            "Amazon SES did not send the message to this address because it is on the suppression list for your account.",
        ),
        url=_SES_LIST,
        confidence="certain",
        counter=("554 Message rejected: Sending paused for this account.",),
    ),
    _ses(
        "format",
        "message_format",
        (
            "transaction failed: (expected|missing|invalid|illegal|could not)",
            "transaction failed: expected disposition",
            "missing final '@domain'",
            "invalid email format",
        ),
        ("554 Transaction failed: Expected disposition, got null", "554 Transaction failed: Missing final '@domain'"),
        counter=("Amazon SES did not send the message to this address because it is on the suppression list for your account.",),
    ),
    _ses(
        "no_dns",
        "domain_unknown",
        ("unable to lookup dns for <host>", "unable to lookup dns"),
        ("550 5.4.4 Unable to lookup DNS for example.org",),
        also=("fix_resolver", "contact_recipient_admin"),
        counter=("4.4.3 DNS lookup failed for example.org (SERVFAIL)",),
    ),
    _ses(
        "expired",
        "expired",
        ("message expired: unable to deliver in <n> minutes", "unable to deliver in <n> minutes"),
        ("554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS>",),
        temporary=False,
        unless=("tss04", "user complaints", "blocked", "full", "quota"),
        counter=("550 5.4.4 Unable to lookup DNS for example.org",),
    ),
    _ses(
        "inbound_filter",
        "content_rejected",
        ("^message filtered$",),
        ("550 5.2.0 Message Filtered",),
        side="theirs",
        remedy="contact_recipient_admin",
        also=("fix_message",),
        url="https://docs.aws.amazon.com/workmail/latest/adminguide/email-flows.html",
        counter=("454 Throttling failure: Daily message quota exceeded.",),
    ),
    _ses(
        "temporary",
        "system_error",
        ("^temporary service failure", "timeout waiting for data from client"),
        ("454 Temporary service failure",),
        temporary=True,
        counter=("454 Throttling failure: Maximum sending rate exceeded.",),
    ),
)

SENDGRID = (
    _sendgrid(
        "unverified_sender",
        "sender_address_rejected",
        (
            "from address does not match a verified sender identity",
            "does not match a verified sender identity",
            "cannot receive from specified address",
        ),
        (
            (
                "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. Visit"
                " https://sendgrid.com/docs/for-developers/sending-email/sender-identity/"
            ),
            "550 Cannot receive from specified address <joe@example.com>: Unauthenticated senders not allowed",
        ),
        remedy="fix_relay_auth",
        also=("fix_sender_domain", "fix_sender_auth"),
        counter=("550-5.7.1 Unauthenticated email is not accepted from this domain. abc - gsmtp",),
    ),
    _sendgrid(
        "credits",
        "rate_limited",
        (
            "maximum credits exceeded",
            "you have exceeded your messaging limits",
            "authentication failed: maximum credits exceeded",
            "exceeded your (credit|sending) limit",
        ),
        ("451 Authentication failed: Maximum credits exceeded", "451 You have exceeded your messaging limits"),
        also=("wait", "use_smarthost", "fix_relay_auth"),
        counter=("535 5.7.8 Error: authentication failed: This user does not have access rights to this service",),
    ),
    _sendgrid(
        "dropped",
        "suppressed",
        (
            "^bounced address",
            "^unsubscribed address",
            "^spam reporting address",
            "is on the (bounce|unsubscribe|spam report) list",
        ),
        ("Bounced Address", "550 5.1.1 Unsubscribed Address", "550 Spam Reporting Address"),
        url="https://www.twilio.com/docs/sendgrid/ui/account-and-settings/dropped",
        counter=("550 Cannot receive from specified address <joe@example.com>: Unauthenticated senders not allowed",),
    ),
    _sendgrid(
        "header",
        "message_format",
        ("invalid smtpapi header", "x-smtpapi header"),
        ("550 Invalid SMTPAPI header",),
        side="ours",
        remedy="fix_message",
        counter=("Bounced Address",),
    ),
)

MAILGUN = (
    _mailgun(
        "suppressed",
        "suppressed",
        (
            "not delivering to (previously bounced address|unsubscribed address|a user who marked your messages as spam)",
            "not delivering to previously bounced address",
            "user who marked your messages as spam",
        ),
        (
            "605 Not delivering to previously bounced address",
            "Not delivering to a user who marked your messages as spam",
            "Not delivering to unsubscribed address",
        ),
        counter=("421 Domain example.com is not allowed to send: Please activate your Mailgun account.",),
    ),
    _mailgun(
        "domain_not_allowed",
        "sender_address_rejected",
        (
            "domain <host> is not allowed to send",
            "is not allowed to send: (please activate|the domain is unverified|free accounts|sandbox)",
            "free accounts are for test purposes only",
            "sandbox subdomains are for test purposes only",
        ),
        (
            "421 Domain example.com is not allowed to send: Please activate your Mailgun account.",
            "550 Domain example.com is not allowed to send: The domain is unverified and requires DNS configuration.",
            "Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients",
        ),
        remedy="fix_relay_auth",
        also=("fix_sender_domain", "use_smarthost"),
        url="https://help.kyriossystems.com/en/articles/13613564-email-errors-mailgun-google-workspace",
        counter=("Amazon SES did not send the message to this address because it is on the suppression list for your account.",),
    ),
    _mailgun(
        "too_old",
        "expired",
        ("^too old$", "<n> too old$"),
        ("602 Too old",),
        temporary=False,
        counter=("605 Not delivering to previously bounced address",),
    ),
)

OTHERS = (
    _postmark(
        "inactive",
        "suppressed",
        ("you tried to send to a recipient that has been marked as inactive", "recipient that has been marked as inactive", "found inactive addresses"),
        ("406 You tried to send to a recipient that has been marked as inactive.",),
        counter=("550 5.7.501 Access denied, spam abuse detected. The sending account has been banned due to detected spam activity. AS(1230)",),
    ),
    _sparkpost(
        "suppressed",
        "suppressed",
        ("recipient address was suppressed", "recipient address suppressed due to (customer|system) policy", "suppressed due to (customer|system) policy"),
        (
            "554 5.7.1 [internal] recipient address was suppressed due to customer policy",
            "550 5.1.1 [internal] Recipient address suppressed due to system policy",
        ),
        counter=("550 5.7.23 <zoe@example.com>: Recipient address rejected: Message rejected due to: Receiver policy for SPF Softfail",),
    ),
    _sparkpost(
        "max_time",
        "expired",
        ("internal exceeded max time without delivery", "exceeded max time without delivery", "internal message timeout"),
        ("554 5.4.7 [internal] exceeded max time without delivery",),
        temporary=False,
        counter=("451 4.4.1 [internal] No MXs for this domain could be reached at this time",),
    ),
    _sparkpost(
        "no_exchanger",
        "connection_failed",
        ("no mxs for this domain could be reached at this time", "internal connection was (dropped|refused|reset)"),
        ("451 4.4.1 [internal] No MXs for this domain could be reached at this time",),
        temporary=True,
        counter=("554 5.4.4 [internal] Domain Lookup Failed",),
    ),
    _sparkpost(
        "domain_lookup",
        "domain_unknown",
        ("internal domain lookup failed", "internal bad destination domain"),
        ("554 5.4.4 [internal] Domain Lookup Failed",),
        also=("fix_resolver", "contact_recipient_admin", "wait"),
        counter=("451 4.4.1 [internal] No MXs for this domain could be reached at this time",),
    ),
    says("mailjet", "https://dev.mailjet.com/email/guides/webhooks/")(
        "preblocked",
        "suppressed",
        ("^preblocked", "user preblocked", "duplicate in campaign", "recipient address is (preblocked|in the exclusion list)"),
        ("550 user preblocked",),
        counter=("550 User hangup",),
    ),
    says("brevo", "https://help.brevo.com/hc/en-us/articles/209458705-What-are-the-different-types-of-blocklisted-contacts")(
        "blocked_contact",
        "suppressed",
        ("^unable to deliver: contact is blocklisted", "blocked : due to blacklist user", "due to blacklist user", "contact is (blocklisted|blacklisted)"),
        ("blocked : due to blacklist user", "550 contact is blocklisted"),
        counter=("550 5.7.60 the user is not authorized to use this address",),
    ),
)

RULES = AMAZON + SENDGRID + MAILGUN + OTHERS
