# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the DNS checks say, in Spanish.

The checks are made and stored in English, whoever reads them later, so that evidence compares equal from report to report. A report in Spanish
takes each sentence from here by its form; one that has no row stays as it is. A test finds sentences of ``_dns/identity.py`` without a row.
"""

from __future__ import annotations

import functools
import re

# Sentences, the particular before the general; {} stands for names, addresses and the like, in the same order in both languages.
SENTENCES = (
    ("{} is a private address; strangers see another one, which has to be declared.", "{} es una dirección privada; fuera se ve otra, que hay que declarar."),
    ("{} has no PTR record.", "{} no tiene registro PTR."),
    ("{} has no PTR name.", "{} no tiene nombre PTR."),
    ("{} has no PTR name that could lead back to it.", "{} no tiene nombre PTR que pueda llevar de vuelta a ella."),
    ("{} has the PTR name {}.", "{} tiene el nombre PTR {}."),
    ("{} leads back to {}.", "{} lleva de vuelta a {}."),
    ("The PTR name {} does not lead back to {}.", "El nombre PTR {} no lleva de vuelta a {}."),
    ("The PTR name {} is one of its own.", "El nombre PTR {} es propio."),
    (
        "The PTR name {} {}; receivers take such names for home connections.",
        "El nombre PTR {} {}; los receptores toman tales nombres por conexiones domésticas.",
    ),
    ("The HELO name {} is fully qualified.", "El nombre HELO {} está completo."),
    ("Nobody can resolve the HELO name {}.", "Nadie puede resolver el nombre HELO {}."),
    ("The HELO name {} has no address record.", "El nombre HELO {} no tiene registro de dirección."),
    ("The HELO name {} resolves to no address at all.", "El nombre HELO {} no resuelve a ninguna dirección."),
    ("The HELO name {} resolves to {}, not to {}.", "El nombre HELO {} resuelve a {}, no a {}."),
    ("The HELO name {} resolves to {}.", "El nombre HELO {} resuelve a {}."),
    ("The HELO name {} is the PTR name.", "El nombre HELO {} es el nombre PTR."),
    ("The HELO name {} is not the PTR name {}.", "El nombre HELO {} no es el nombre PTR {}."),
    (
        "The HELO name {} has no SPF record of its own; bounces are sent without SPF.",
        "El nombre HELO {} no tiene registro SPF propio; los rebotes salen sin SPF.",
    ),
    ("The HELO name {} has no IPv6 address.", "El nombre HELO {} no tiene dirección IPv6."),
    (
        "The HELO name {} also has the address {}, which has no PTR record: mail that leaves from there is refused.",
        "El nombre HELO {} tiene además la dirección {}, que no tiene registro PTR: el correo que sale de ahí se rechaza.",
    ),
    ("The IPv6 address {} of the HELO name has a PTR record.", "La dirección IPv6 {} del nombre HELO tiene registro PTR."),
    ("Greet as {}, the confirmed PTR name.", "Salude como {}, el nombre PTR confirmado."),
    ("Greet as {}.", "Salude como {}."),
    ("Add the PTR record or send over IPv4 only.", "Añada el registro PTR o envíe solo por IPv4."),
    ("Complete it or send over IPv4 only.", "Complételo o envíe solo por IPv4."),
    ("PTR, HELO name and SPF are in place for {}.", "PTR, nombre HELO y SPF están en orden para {}."),
    ("DNS gave no answer for the PTR record of {} ({}).", "El DNS no respondió por el registro PTR de {} ({})."),
    ("DNS gave no answer for AAAA of the HELO name {} ({}).", "El DNS no respondió por el AAAA del nombre HELO {} ({})."),
    ("DNS gave no answer for the HELO name {} ({}).", "El DNS no respondió por el nombre HELO {} ({})."),
    ("DNS gave no answer for {} of the HELO name {} ({}).", "El DNS no respondió por el {} del nombre HELO {} ({})."),
    ("DNS gave no answer for {} of {} ({}).", "El DNS no respondió por el {} de {} ({})."),
    ("No public envelope domain is known for {}.", "No se conoce ningún dominio público de remitente para {}."),
    ("SPF of the HELO name {} authorises {}.", "El SPF del nombre HELO {} autoriza {}."),
    ("SPF of the HELO name {} is unknown: {}.", "El SPF del nombre HELO {} no se conoce: {}."),
    ("SPF of the HELO name {} gives {}: {}.", "El SPF del nombre HELO {} da {}: {}."),
    ("SPF of {} authorises {}.", "El SPF de {} autoriza {}."),
    ("SPF of {} is unknown: {}.", "El SPF de {} no se conoce: {}."),
    ("SPF of {} gives {}: {}.", "El SPF de {} da {}: {}."),
    ("SPF of {} needs {} lookups.", "El SPF de {} necesita {} consultas."),
    ("{} publishes no SPF record.", "{} no publica ningún registro SPF."),
    ("{} publishes an SPF record.", "{} publica un registro SPF."),
    ("The SPF record of {} can be read, and so can its includes.", "El registro SPF de {} se puede leer, y lo que incluye también."),
    ("No DMARC policy applies to {}.", "Ninguna política DMARC vale para {}."),
    ("The DMARC policy of {} stands at {}.", "La política DMARC de {} está en {}."),
    ("{} takes mail at {}.", "{} recibe correo en {}."),
    ("{} takes no mail.", "{} no recibe correo."),
    ("{} has no MX record; mail goes to its address {}.", "{} no tiene registro MX; el correo va a su dirección {}."),
    ("{} has no MX record, and DNS gave no answer for its addresses.", "{} no tiene registro MX, y el DNS no respondió por sus direcciones."),
    (
        "{} has neither MX nor address records: nobody can answer its mail, and receivers refuse it.",
        "{} no tiene registros MX ni de dirección: nadie puede contestar a su correo, y los receptores lo rechazan.",
    ),
    (
        "{} says that it takes no mail (null MX), so receivers refuse it as a sender (RFC 7505).",
        "{} dice que no recibe correo (MX nulo), así que los receptores lo rechazan como remitente (RFC 7505).",
    ),
    # What is wrong with a HELO name; last, since it begins like the others.
    ("The HELO name {} {}.", "El nombre HELO {} {}."),
)
# Ends of sentences that stand for a {}: what is wrong with a name.
ENDS = (
    ("is empty", "está vacío"),
    ("is an address, not a name", "es una dirección, no un nombre"),
    ("has no domain", "no tiene dominio"),
    ("has characters that a name cannot have", "tiene caracteres que un nombre no puede tener"),
    ("has an underscore, which a host name cannot have", "tiene un guion bajo, que un nombre de servidor no puede tener"),
    ("ends in .{}, which public DNS does not serve", "acaba en .{}, que el DNS público no sirve"),
    ("looks dynamic ({})", "parece dinámico ({})"),
    ("is made of the address", "está hecho de la dirección"),
    ("is made of a part of the address", "está hecho de una parte de la dirección"),
)


@functools.lru_cache(maxsize=4096)
def in_spanish(text):
    """What a check said, sentence by sentence."""
    return " ".join(_translated(sentence, SENTENCES) for sentence in re.split(r"(?<=\.) (?=[A-Z0-9])", text))


def _translated(words, table):
    for pattern, spanish in _compiled(table):
        found = pattern.fullmatch(words)
        if found:
            return spanish.format(*(part if table is ENDS else _translated(part, ENDS) for part in found.groups()))
    return words


@functools.lru_cache(maxsize=None)
def _compiled(table):
    return [(re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), spanish) for english, spanish in table]
