# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""All tables of rules. Their order means nothing: tiers and specificity decide."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules import (
    addressee,
    apple,
    asia,
    eastern_europe,
    exchange,
    exchange_languages,
    exim,
    filters,
    french_providers,
    further_providers,
    gateways,
    general,
    german_providers,
    google,
    hosters,
    iberian,
    identity,
    japan,
    limits,
    microsoft,
    more_languages,
    names,
    north_america,
    opensmtpd,
    other_languages,
    our_address,
    postfix,
    qmail,
    romance,
    sending_services,
    sendmail,
    servers,
    status,
    their_system,
    yahoo,
)

TABLES = (
    # What many servers say, by subject.
    ("addressee", addressee.RULES),
    ("our_address", our_address.RULES),
    ("identity", identity.RULES),
    ("limits", limits.RULES),
    ("their_system", their_system.RULES),
    ("general", general.RULES),
    ("names", names.RULES),
    # The same in other languages.
    ("iberian", iberian.RULES),
    ("romance", romance.RULES),
    ("other_languages", other_languages.RULES),
    ("more_languages", more_languages.RULES),
    # What operators say.
    ("google", google.RULES),
    ("microsoft", microsoft.RULES),
    ("yahoo", yahoo.RULES),
    ("apple", apple.RULES),
    ("north_america", north_america.RULES),
    ("french_providers", french_providers.RULES),
    ("german_providers", german_providers.RULES),
    ("eastern_europe", eastern_europe.RULES),
    ("asia", asia.RULES),
    ("japan", japan.RULES),
    ("further_providers", further_providers.RULES),
    ("hosters", hosters.RULES),
    ("sending_services", sending_services.RULES),
    # What mail software and filters say.
    ("postfix", postfix.RULES),
    ("exim", exim.RULES),
    ("sendmail", sendmail.RULES),
    ("qmail", qmail.RULES),
    ("opensmtpd", opensmtpd.RULES),
    ("exchange", exchange.RULES),
    ("exchange_languages", exchange_languages.RULES),
    ("servers", servers.RULES),
    ("filters", filters.RULES),
    ("gateways", gateways.RULES),
    # The status alone.
    ("status", status.RULES),
)
