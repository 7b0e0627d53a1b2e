# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The exact words to type for a remedy on each mail system, where no role makes the change.

Sources: the postconf(5) and master(5) manuals, the Exim specification chapters 14, 24 and 30, Debian's update-exim4.conf(8), the cf/README of
Sendmail, smtpd.conf(5), qmail-remote(8), the Set-SendConnector reference, and Cisco's guide to smtproutes and interfaceconfig.
"""

from __future__ import annotations

_SENDMAIL = "in sendmail.mc, above the MAILER lines:\n{}\nthen build sendmail.cf from it and restart sendmail"
_OPENSMTPD = "in smtpd.conf, in place of the action that relays:\n{}\nsmtpd -n, then restart smtpd"
# Fields: {address} (as the host knows it), {helo}, {family} (inet or inet6), {six} (6 for IPv6, else empty), {list} (Exim's sign that a list is not
# separated by colons, for IPv6), {connector} (the name of Exchange's Send connector).
COMMANDS = {
    ("postfix", "switch_outbound_ip"): "postconf -e 'smtp_bind_address{six} = {address}' 'smtp_helo_name = {helo}'\npostfix reload",
    ("postfix", "fix_helo"): "postconf -e 'smtp_helo_name = {helo}'\npostfix reload",
    ("postfix", "prefer_ipv4"): "postconf -P smtp/unix/inet_protocols=ipv4\npostfix reload",
    ("postfix", "use_smarthost"): (
        "postconf -e 'relayhost = [smtp.your-provider.example]:587' 'smtp_sasl_auth_enable = yes' 'smtp_sasl_security_options = noanonymous' "
        "'smtp_sasl_password_maps = texthash:/etc/postfix/sasl_passwd' 'smtp_tls_security_level = encrypt'\npostfix reload"
    ),
    ("postfix", "reduce_rate"): (
        # The queue manager reads these, so they have no effect in master.cf.
        "postconf -e 'smtp_destination_concurrency_limit = 2' 'smtp_destination_rate_delay = 1s'\npostfix reload"
    ),
    ("exim", "switch_outbound_ip"): "in the transport remote_smtp:  interface = {list}{address}  and  helo_data = {helo}\nexim -bV && systemctl reload exim4",
    ("exim", "fix_helo"): "in the transport remote_smtp:  helo_data = {helo}\nexim -bV && systemctl reload exim4",
    ("exim", "use_smarthost"): (
        "as the first router:  driver = manualroute, domains = ! +local_domains, transport = remote_smtp_smarthost, "
        "route_list = * smtp.your-provider.example::587\nexim -bV && systemctl reload exim4"
    ),
    ("sendmail", "switch_outbound_ip"): _SENDMAIL.format("CLIENT_OPTIONS(`Family={family}, Addr={address}')dnl\ndefine(`confHELO_NAME', `{helo}')dnl"),
    ("sendmail", "fix_helo"): _SENDMAIL.format("define(`confDOMAIN_NAME', `{helo}')dnl"),
    ("sendmail", "use_smarthost"): _SENDMAIL.format("define(`SMART_HOST', `[smtp.your-provider.example]')dnl\ndefine(`RELAY_MAILER_ARGS', `TCP $h 587')dnl"),
    ("opensmtpd", "switch_outbound_ip"): _OPENSMTPD.format('action "outbound" relay src {address} helo "{helo}"'),
    ("opensmtpd", "fix_helo"): _OPENSMTPD.format('action "outbound" relay helo "{helo}"'),
    ("opensmtpd", "use_smarthost"): _OPENSMTPD.format(
        'table secrets file:/etc/mail/secrets\naction "outbound" relay host smtp+tls://label@smtp.your-provider.example:587 auth <secrets>'
    ),
    ("qmail", "fix_helo"): "echo {helo} > /var/qmail/control/helohost",
    ("qmail", "use_smarthost"): "echo ':smtp.your-provider.example:587' >> /var/qmail/control/smtproutes",
    ("exchange", "switch_outbound_ip"): "Set-SendConnector '{connector}' -SourceIPAddress {address} -Fqdn {helo}   # on an Edge server\n"
    "Set-NetIPAddress -IPAddress <every other address of the adapter> -SkipAsSource $true   # on a Mailbox server",
    ("exchange", "fix_helo"): "Set-SendConnector '{connector}' -Fqdn {helo}",
    ("exchange", "use_smarthost"): "Set-SendConnector '{connector}' -DNSRoutingEnabled $false -SmartHosts smtp.your-provider.example -Port 587 "
    "-SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential (Get-Credential)",
    ("cisco_esa", "switch_outbound_ip"): "deliveryconfig   # default interface: the one with {address}\ncommit",
    ("cisco_esa", "fix_helo"): "interfaceconfig   # edit the outgoing interface, hostname {helo}\ncommit",
    ("cisco_esa", "use_smarthost"): "smtproutes   # new, ALL, smtp.your-provider.example:587\ncommit",
}


def command(mta, remedy, address=None, helo=None, connector=None):
    """The words to type, or None where this mail system has none for the remedy (or they need a name that is not known)."""
    known = COMMANDS.get((mta, remedy))
    if known is None or ("{helo}" in known and not helo) or ("{address}" in known and not address):
        return None
    version6 = ":" in (address or "")
    fields = {
        "{address}": address or "",
        "{helo}": helo or "",
        "{family}": "inet6" if version6 else "inet",
        "{six}": "6" if version6 else "",
        "{list}": "<; " if version6 else "",
        "{connector}": (connector or "Outbound").replace("'", "''"),
    }
    for field, value in fields.items():
        known = known.replace(field, value)
    return known
