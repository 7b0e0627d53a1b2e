# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The words of a report for people, in English and Spanish.

What the diagnosis says (summaries, titles, explanations) comes in the language it was made in; these are the words around it.
"""

from __future__ import annotations

import functools

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

LANGUAGES = ("en", "es")

_WORDS = {
    "language": LANGUAGES,
    # The vocabulary: states of a host, sides, statuses and severities of a finding, states of an action, health of a blocklist
    "refused": ("refused", "rechazado"),
    "attention": ("attention", "atención"),
    "unknown": ("unknown", "sin juzgar"),
    "ok": ("ok", "bien"),
    "ours": ("ours", "nuestro"),
    "theirs": ("theirs", "del receptor"),
    "user": ("address typed", "dirección escrita"),
    "either": ("undecided", "sin decidir"),
    "none": ("-", "-"),
    "pass": ("passed", "cumple"),
    "fail": ("failed", "falla"),
    "waived": ("waived", "exento"),
    "not_applicable": ("not applicable", "no aplica"),
    "fixed": ("fixed", "corregido"),
    "high": ("high", "alta"),
    "medium": ("medium", "media"),
    "low": ("low", "baja"),
    "info": ("info", "informativa"),
    "recommended": ("recommended", "recomendado"),
    "optional": ("optional", "opcional"),
    "ready": ("ready to run", "listo para ejecutar"),
    "blocked": ("blocked", "bloqueado"),
    "manual": ("by hand", "a mano"),
    "zone_refused": ("refuses our resolver", "rechaza nuestro servidor DNS"),
    "zone_dead": ("dead", "muerta"),
    "zone_unreachable": ("does not answer", "no responde"),
    "zone_suspect": ("suspect", "sospechosa"),
    "zone_skipped": ("not asked", "no consultada"),
    # What became of an action
    "outcome_ready": ("would be done", "se haría"),
    "outcome_blocked": ("blocked", "bloqueado"),
    "outcome_manual": ("by hand", "a mano"),
    "outcome_recorded": ("evidence recorded elsewhere, nothing can be changed here", "datos grabados en otra parte, aquí no hay nada que cambiar"),
    "outcome_not_now": ("not in this run", "no en esta ejecución"),
    "outcome_planned": ("check mode, not done", "modo de prueba, sin hacer"),
    "outcome_unchanged": ("was so already", "ya estaba así"),
    "outcome_proven": ("done and proven", "hecho y demostrado"),
    "outcome_prechecked": ("done, no waiting mail to prove it with", "hecho, sin correo en espera que lo demuestre"),
    "outcome_rolled_back": ("failed and taken back", "falló y se deshizo"),
    "outcome_failed": ("failed", "falló"),
    "nothing_to_do": ("Nothing to do.", "Nada que hacer."),
    # Headline
    "title": ("Outbound mail report", "Informe del correo saliente"),
    "head_refused": ("{n} of {all} servers are refused", "{n} de {all} servidores rechazados"),
    "head_attention": ("{n} of {all} servers need a look", "{n} de {all} servidores por revisar"),
    "head_unknown": ("{n} of {all} servers could not be judged", "{n} de {all} servidores sin juzgar"),
    "head_ok": ("All {all} servers are well", "Los {all} servidores van bien"),
    "head_empty": ("No servers", "Ningún servidor"),
    # Since last time, and what is too large to be true
    "since_last": ("Since {time}", "Desde {time}"),
    "new": ("new", "nuevo"),
    "open": ("still open", "sigue"),
    "flapping": ("comes and goes", "va y viene"),
    "dropped": ("no longer looked at", "ya no se mira"),
    "changes": ("Since last time", "Desde la última vez"),
    "suspect": ("Too large to be true", "Demasiado grande para ser cierto"),
    "failed_question": ("Did not work", "No funcionó"),
    "note": ("Note", "Nota"),
    "causes": ("Shared causes", "Causas comunes"),
    "cause": ("What is not as it should be", "Lo que no está como debe"),
    # Columns
    "host": ("Host", "Servidor"),
    "state": ("State", "Estado"),
    "why": ("Why", "Por qué"),
    "side": ("Whose fault", "De quién es"),
    "do": ("What to do", "Qué hacer"),
    "server": ("server", "servidor"),
    "servers": ("servers", "servidores"),
    "message": ("message", "mensaje"),
    "messages": ("messages", "mensajes"),
    "more": ("{n} more", "{n} más"),
    # What to do where no action is
    "nothing": ("nothing", "nada"),
    "nothing_theirs": ("nothing here: theirs to solve", "nada aquí: lo resuelve el receptor"),
    "nothing_user": ("tell the sender: check the address", "avisar al remitente: revisar la dirección"),
    "nothing_either": ("wait for more evidence", "esperar más pruebas"),
    "nothing_unknown": ("make the evidence readable, then audit again", "hacer legibles los datos y auditar de nuevo"),
    # Filter and sections
    "skip": ("Skip to the servers", "Ir a los servidores"),
    "show": ("Show", "Mostrar"),
    "all": ("all", "todos"),
    "search": ("Search servers, addresses, replies", "Buscar servidores, direcciones, respuestas"),
    "no_match": ("No server matches.", "Ningún servidor coincide."),
    "overview": ("Servers", "Servidores"),
    "matrix": ("Controls", "Controles"),
    "hosts": ("Server by server", "Servidor por servidor"),
    # Pictures
    "months": ("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "ene feb mar abr may jun jul ago sep oct nov dic"),
    "refusals": ("Refusals over time", "Rechazos en el tiempo"),
    "no_refusals": ("No refusal in the log that was read.", "Ningún rechazo en el registro leído."),
    "per_hour": ("per hour", "por hora"),
    "per_hours": ("per {n} hours", "por {n} horas"),
    "per_day": ("per day", "por día"),
    "peak": ("peak", "máximo"),
    "queue_age": ("Age of the queue", "Antigüedad de la cola"),
    "empty_queue": ("The queue is empty.", "La cola está vacía."),
    "waits": ("message waits", "mensaje espera"),
    "wait": ("messages wait", "mensajes esperan"),
    "oldest": ("oldest", "el más antiguo"),
    # One host
    "addresses": ("Address", "Dirección"),
    "helo": ("HELO", "HELO"),
    "mta": ("Mail system", "Sistema de correo"),
    "log": ("Log", "Registro"),
    "queue": ("Queue", "Cola"),
    "delivered": ("delivered", "entregados"),
    "deferred": ("deferred", "aplazados"),
    "refused_count": ("refused", "rechazados"),
    "since_time": ("since {time}", "desde {time}"),
    "warning": ("Warning", "Aviso"),
    "error": ("Not judged", "Sin juzgar"),
    # Its actions
    "actions": ("What to do", "Qué hacer"),
    "no_actions": ("Nothing to change on this server.", "Nada que cambiar en este servidor."),
    "because": ("Because", "Porque"),
    "effect": ("Would release {n} {messages} to {places}", "Liberaría {n} {messages} hacia {places}"),
    "role": ("Role", "Rol"),
    "exact": ("Word by word", "Palabra por palabra"),
    "publish": ("Publish", "Publicar"),
    "request": ("Ask for", "Pedir"),
    "copy": ("Copy", "Copiar"),
    "copied": ("Copied", "Copiado"),
    # What the receivers said to it
    "replies": ("What the receivers said", "Qué dijeron los receptores"),
    "outcome_sent": ("sent", "enviado"),
    "outcome_deferred": ("deferred", "aplazado"),
    "outcome_bounced": ("refused", "rechazado"),
    "outcome_expired": ("expired", "caducado"),
    "temporary": ("will be tried again", "se reintentará"),
    "permanent": ("final", "definitivo"),
    "since": ("delivered there since", "después sí se entregó"),
    "stage": ("at", "en"),
    "in_queue": ("in the queue", "en la cola"),
    "in_log": ("in the log", "en el registro"),
    "still_waiting": ("{n} still in the queue", "{n} aún en la cola"),
    "settled": ("Settled by", "Lo decide"),
    "would_change": ("What would change it", "Qué lo cambiaría"),
    "rule": ("Rule", "Regla"),
    "last": ("Last", "Último"),
    "ids": ("Queue ids", "Ids de cola"),
    "groups_more": ("The JSON report has {n} more groups of replies.", "El informe JSON tiene {n} grupos de respuestas más."),
    # Its controls
    "findings": ("Controls", "Controles"),
    "no_problems": ("Every control that applies passed.", "Se cumplen todos los controles que aplican."),
    "passed_list": ("Passed", "Cumple"),
    "not_applicable_list": ("Not applicable", "No aplica"),
    # Blocklists and foot
    "lists": ("Blocklists asked", "Listas negras consultadas"),
    "lists_ok": ("{n} of {all} lists answered and passed their test points.", "{n} de {all} listas respondieron y pasaron sus puntos de prueba."),
    "zone": ("List", "Lista"),
    "health": ("Health", "Salud"),
    "resolver": ("Resolver", "Servidor DNS"),
    "foot": (
        "The facts were read on the servers, the judgement was made elsewhere, and nothing was changed.",
        "Los datos se leyeron en los servidores, el juicio se hizo fuera de ellos, y nada se cambió.",
    ),
}


@functools.cache
def words(language: str) -> dict[str, str]:
    """The words of ``language`` by key; an unknown language is an error that names the option."""
    if language not in LANGUAGES:
        raise DeliverabilityError(f"language: {language!r} is not one of {', '.join(LANGUAGES)}")
    column = LANGUAGES.index(language)
    return {key: translations[column] for key, translations in _WORDS.items()}


def translated(w: dict[str, str], text: str) -> str:
    """A warning of a host, or why a list or the resolver is not believed, in the language of ``w`` as far as the words are ours."""
    if w["language"] == "en":
        return text
    from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.spanish import told_in_spanish

    return told_in_spanish(text)


def counted(w: dict[str, str], count: int, one: str, many: str) -> str:
    """The word for that many: ``counted(w, 2, "server", "servers")``."""
    return w[one if count == 1 else many]
