# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the DNS checks say and what the blocklists advise, in Spanish.

The checks are made and stored in English, whoever reads them later, so that evidence compares equal from report to report. A report in Spanish
takes each sentence from here by its form; one that has no row stays as it is. Tests find sentences of the checks without a row.
"""

from __future__ import annotations

import functools
import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit import spanish_domains, spanish_hosts
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish_lists import MEANINGS
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.spf_lint import PROBLEMS
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.blocklists import CAUSES

# Sentences; {} stands for names, addresses and the like, in the same order in both languages.
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
    # What is wrong with a HELO name.
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

# Sentences that the policies of the collection have in their evidence.
OF_POLICIES = (
    ("No answer from {}", "Sin respuesta de {}"),
    ("No list was asked.", "No se preguntó a ninguna lista."),
    ("{} lists say not listed.", "{} listas dicen que no la incluyen."),
    ("{} messages wait.", "Esperan {} mensajes."),
    ("Less than 24 hours of log cannot show whether the flow is ordinary.", "Menos de 24 horas de registro no muestran si el flujo es el habitual."),
)

# What to do about a listing, by the row of the catalogue's table of causes.
ADVICE = {
    "range_policy": "Este rango no está pensado para enviar correo a desconocidos (usuarios finales, direcciones dinámicas, nube); no se ha visto spam. "
    "Envíe a través de un smarthost con autenticación. Solo un servidor de correo de verdad, con dirección fija y nombres directo e inverso que coincidan, "
    "debería pedir una excepción.",
    "provider_policy": "El propio proveedor ha declarado que este rango no envía correo directamente. Envíe a través de un smarthost o pregunte al proveedor.",
    "reverse_name": "El nombre inverso falta o parece generado. Haga poner un PTR que coincida con el nombre HELO, espere su TTL y pida entonces la baja.",
    "exploited": "Algo detrás de esta dirección está infectado, intervenido o es un proxy abierto, quizá otra máquina detrás del mismo NAT. Cierre el "
    "puerto 25 a todo menos al servidor de correo, encuéntrelo y límpielo, y pida entonces la baja; antes de eso la entrada vuelve.",
    "attacks": "De aquí salieron ataques a otros servidores. Encuentre el equipo comprometido y párelo; la entrada acaba dos días después del último aviso.",
    "botnet_controller": "En esta dirección se vio un controlador de botnet. Saque el equipo de la red, examínelo e instálelo de nuevo; solo entonces escriba "
    "al operador.",
    "poor_practice": "Detectado automáticamente: HELO o nombre inverso deficientes, listas mal cuidadas, una cuenta comprometida o spam muy repartido. "
    "Corríjalo primero y quite después la entrada usted mismo; el número de bajas es limitado.",
    "documented_abuse": "Una persona documentó el abuso. Lea el registro y pare lo que describe; la baja tiene que pedirla el dueño de la red.",
    "hijacked_network": "Toda la red se considera secuestrada o criminal. Que su dueño lo aclare con la lista, o váyase de ella.",
    "bad_domain": "El nombre tiene mala reputación. Busque dónde se usa (HELO, remitente, DKIM, PTR, enlaces), límpielo y use el formulario de baja.",
    "abused_domain": "Un sitio legítimo de este nombre fue intervenido y utilizado. Límpielo, cierre la brecha y use el formulario de baja.",
    "advertised_domain": "El nombre apareció en spam. Limpie las páginas intervenidas, pare el correo que lo anuncia y use el portal del operador.",
    "young_domain": "El nombre es nuevo. No tiene nada de malo; la entrada acaba sola con el tiempo.",
    "reported_spam": "Destinatarios o trampas denunciaron correo de aquí. Pare lo que denuncian (una cuenta robada, una lista vieja); acaba un día después "
    "de la última denuncia.",
    "human_review": "Mala reputación. Corrija la causa y use el formulario de baja; lo atienden personas, normalmente en un día.",
    "trap_hit": "Correo de aquí llegó a una trampa de spam. Corrija la causa y quite la entrada usted mismo.",
    "trap_hit_expires": "Correo de aquí llegó a una trampa de spam. Pare la causa; la entrada acaba sola una semana después del último caso. "
    "No pague por una baja más rápida.",
    "expires": "Corrija la causa; la entrada acaba sola.",
    "neighbours": "Se trata de los vecinos o de todo el proveedor, no de esta dirección. Quéjese al proveedor si importa; no pague.",
    "backscatter": "Rebotes o comprobaciones de remitente fueron a direcciones falsificadas. Rechace a los destinatarios desconocidos durante el diálogo "
    "SMTP y desactive esas comprobaciones; la entrada acaba cuatro semanas después de la última.",
    "low_score": "Una puntuación baja del remitente. Corrija la causa y use la página de baja; hay siete días para demostrarlo.",
    "by_letter": "Corrija la causa y escriba al operador: estas entradas no acaban solas.",
    "unspecific": "Busque la causa en el registro del correo y corríjala; mire después la entrada en las páginas del operador.",
}


def advice_in_spanish(text):
    """The advice on a listing; one of a list of the user's own stays as it is."""
    return next((ADVICE[cause] for cause, row in CAUSES.items() if row["advice"] == text and cause in ADVICE), text)


def policy_in_spanish(text):
    """Evidence as a policy words it: our own sentences alone, since it also holds the words of servers and of the user's own policies."""
    return _translated(text, OF_POLICIES, str)


def told_in_spanish(text):
    """A warning of a host, or why a list or the resolver is not believed; what a mail system or a server said itself stays as it is."""
    told, times, count = re.fullmatch(r"(.*?)(?:( \()([0-9]+) times\))?", text, re.DOTALL).groups()
    return _translated(told, _TOLD, told_in_spanish) + (f"{times}{count} veces)" if times else "")


_NETWORKS = " (it lists whole networks, here at least "


def meaning_in_spanish(text):
    """What the codes of a listing mean; what a list of the user's own says stays as it is."""
    meanings, networks, network = text.partition(_NETWORKS)
    told = "; ".join(MEANINGS.get(meaning, meaning) for meaning in meanings.split("; "))
    return f"{told} (incluye redes enteras, aquí al menos {network}" if networks else told


def _particular_first(rows):
    """Where a sentence fits several rows, the one with more words of its own is meant."""
    return tuple(sorted(rows, key=lambda row: -len(row[0].replace("{}", ""))))


_SPF = [("{}: " + PROBLEMS[name][1], "{}: " + spanish) for name, spanish in spanish_domains.SPF_PROBLEMS.items()]
_SENTENCES = _particular_first([*SENTENCES, *spanish_domains.SENTENCES, *_SPF])
_TOLD = _particular_first([*spanish_hosts.WARNINGS, *spanish_hosts.DOUBTS])
_PARTS = _particular_first([*ENDS, *spanish_domains.PARTS, *spanish_domains.SPF_REASONS, *(("{} " + english, "{} " + spanish) for english, spanish in ENDS)])


@functools.lru_cache(maxsize=4096)
def in_spanish(text):
    """What a check said, sentence by sentence."""
    return " ".join(_translated(sentence, _SENTENCES, _parts) for sentence in re.split(r"(?<=\.) (?=[^a-z(])", text))


def _parts(text):
    """What stands in a gap: names and the like stay as they are, what is wrong with them is told part by part."""
    return "; ".join(_translated(part, _PARTS, _parts) for part in text.split("; ")) if " " in text else text


def _translated(words, table, inner):
    for pattern, spanish in _compiled(table):
        found = pattern.fullmatch(words)
        if found:
            return spanish.format(*map(inner, found.groups()))
    return words


@functools.lru_cache(maxsize=None)
def _compiled(table):
    return [(re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL | re.IGNORECASE), spanish) for english, spanish in table]
