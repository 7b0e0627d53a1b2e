# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The words of a report for people, in English and Spanish.

What the diagnosis says (summaries, titles, explanations) comes in the language it was made in; these are the words around it.
A tuple is a noun in singular and plural.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

_EN = {
    # states, sides, statuses, severities, action states
    "refused": "refused", "attention": "attention", "unknown": "unknown", "ok": "ok",
    "ours": "ours", "theirs": "theirs", "user": "address typed", "either": "undecided", "none": "nobody's",
    "pass": "passed", "fail": "failed", "waived": "waived", "not_applicable": "not applicable", "fixed": "fixed",
    "high": "high", "medium": "medium", "low": "low", "info": "info",
    "ready": "ready to run", "blocked": "blocked", "manual": "by hand",
    # headline
    "head_refused": "{n} of {all} servers are refused", "head_attention": "{n} of {all} servers need a look", "head_unknown": "{n} of {all} servers could not be judged",
    "head_ok": "All {all} servers are well", "head_empty": "No servers",
    "title": "Outbound mail report", "skip": "Skip to the servers", "all": "all", "server": ("server", "servers"),
    # table
    "HOST": "HOST", "STATE": "STATE", "WHY": "WHY", "SIDE": "WHOSE FAULT", "DO": "WHAT TO DO",
    "host": "Server", "state": "State", "why": "Why", "side": "Whose fault", "do": "What to do",
    "nothing": "nothing", "nothing_theirs": "nothing here: theirs to solve", "nothing_user": "tell the sender: check the address",
    "nothing_either": "wait for more evidence", "nothing_unknown": "make the evidence readable, then audit again", "more": "{n} more",
    # sections
    "overview": "Servers", "matrix": "Controls", "hosts": "Server by server", "lists": "Blocklists asked", "refusals": "Refusals over time",
    "queue_age": "Age of the queue", "actions": "What to do", "replies": "What the receivers said", "findings": "Controls", "problems": "Not as it should be",
    "search": "Search servers, addresses, replies", "show": "Show", "no_match": "No server matches.",
    # picture texts
    "by_side": "by whose fault", "per_hour": "per hour", "per_hours": "per {n} hours", "per_day": "per day", "peak": "peak",
    "no_refusals": "No refusal in the log that was read.", "waiting": ("message waits", "messages wait"), "oldest": "oldest",
    "empty_queue": "The queue is empty.", "under": "< {age}", "over": "≥ {age}",
    "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    # host
    "addresses": "Address", "helo": "HELO", "mta": "Mail system", "flow": "Log", "queue": "Queue", "delivered": "delivered", "deferred": "deferred",
    "refused_count": "refused", "warnings": "Warnings", "error": "Not judged",
    "because": "Because", "checked": "Checked", "failed_checks": "Missing", "role": "Role", "send": "Text to send", "publish": "Publish", "request": "Ask for",
    "copy": "Copy", "copied": "Copied", "no_actions": "Nothing to change on this server.", "no_problems": "Every control that applies passed.",
    "settled": "Settled by", "rule": "Rule", "source": "Source", "stage": "At", "first": "First", "last": "Last", "ids": "Queue ids", "in_queue": "queue", "in_log": "log",
    "sent": "sent", "bounced": "refused", "expired": "expired", "messages": ("message", "messages"), "temporary": "will be tried again", "permanent": "final",
    "groups_more": "{n} more groups of replies are in the JSON report.", "passed_list": "Passed", "not_applicable_list": "Not applicable",
    "lists_ok": "{n} of {all} lists answered and passed their test points.", "lists_left_out": "left out of every judgement",
    "zone": "List", "health": "Health", "resolver": "Resolver", "legend_empty": "not checked",
    "refused_zone": "refuses our resolver", "dead": "dead", "unreachable": "does not answer", "suspect": "suspect", "skipped": "not asked",
    "foot": "Facts were read on the servers; judgement and report were made elsewhere, and nothing was changed.",
    "top": "Back to the list",
}  # fmt: skip

_ES = {
    "refused": "rechazado", "attention": "atención", "unknown": "sin juzgar", "ok": "bien",
    "ours": "nuestro", "theirs": "del receptor", "user": "dirección escrita", "either": "sin decidir", "none": "de nadie",
    "pass": "cumple", "fail": "falla", "waived": "exento", "not_applicable": "no aplica", "fixed": "corregido",
    "high": "alta", "medium": "media", "low": "baja", "info": "informativa",
    "ready": "listo para ejecutar", "blocked": "bloqueado", "manual": "a mano",
    "head_refused": "{n} de {all} servidores rechazados", "head_attention": "{n} de {all} servidores por revisar", "head_unknown": "{n} de {all} servidores sin juzgar",
    "head_ok": "Los {all} servidores van bien", "head_empty": "Ningún servidor",
    "title": "Informe del correo saliente", "skip": "Ir a los servidores", "all": "todos", "server": ("servidor", "servidores"),
    "HOST": "SERVIDOR", "STATE": "ESTADO", "WHY": "POR QUÉ", "SIDE": "DE QUIÉN ES", "DO": "QUÉ HACER",
    "host": "Servidor", "state": "Estado", "why": "Por qué", "side": "De quién es", "do": "Qué hacer",
    "nothing": "nada", "nothing_theirs": "nada aquí: lo resuelve el receptor", "nothing_user": "avisar al remitente: revisar la dirección",
    "nothing_either": "esperar más pruebas", "nothing_unknown": "hacer legibles los datos y auditar de nuevo", "more": "{n} más",
    "overview": "Servidores", "matrix": "Controles", "hosts": "Servidor por servidor", "lists": "Listas negras consultadas", "refusals": "Rechazos en el tiempo",
    "queue_age": "Antigüedad de la cola", "actions": "Qué hacer", "replies": "Qué dijeron los receptores", "findings": "Controles", "problems": "Lo que no está como debe",
    "search": "Buscar servidores, direcciones, respuestas", "show": "Mostrar", "no_match": "Ningún servidor coincide.",
    "by_side": "según de quién son", "per_hour": "por hora", "per_hours": "por {n} horas", "per_day": "por día", "peak": "máximo",
    "no_refusals": "Ningún rechazo en el registro leído.", "waiting": ("mensaje espera", "mensajes esperan"), "oldest": "el más antiguo",
    "empty_queue": "La cola está vacía.", "under": "< {age}", "over": "≥ {age}",
    "months": "ene feb mar abr may jun jul ago sep oct nov dic",
    "addresses": "Dirección", "helo": "HELO", "mta": "Sistema de correo", "flow": "Registro", "queue": "Cola", "delivered": "entregados", "deferred": "aplazados",
    "refused_count": "rechazados", "warnings": "Avisos", "error": "Sin juzgar",
    "because": "Porque", "checked": "Comprobado", "failed_checks": "Falta", "role": "Rol", "send": "Texto para enviar", "publish": "Publicar", "request": "Pedir",
    "copy": "Copiar", "copied": "Copiado", "no_actions": "Nada que cambiar en este servidor.", "no_problems": "Se cumplen todos los controles que aplican.",
    "settled": "Lo decide", "rule": "Regla", "source": "Fuente", "stage": "En", "first": "Primero", "last": "Último", "ids": "Ids de cola", "in_queue": "cola", "in_log": "registro",
    "sent": "enviado", "bounced": "rechazado", "expired": "caducado", "messages": ("mensaje", "mensajes"), "temporary": "se reintentará", "permanent": "definitivo",
    "groups_more": "El informe JSON tiene {n} grupos de respuestas más.", "passed_list": "Cumple", "not_applicable_list": "No aplica",
    "lists_ok": "{n} de {all} listas respondieron y pasaron sus puntos de prueba.", "lists_left_out": "fuera de todo juicio",
    "zone": "Lista", "health": "Salud", "resolver": "Servidor DNS", "legend_empty": "sin comprobar",
    "refused_zone": "rechaza nuestro servidor DNS", "dead": "muerta", "unreachable": "no responde", "suspect": "sospechosa", "skipped": "no consultada",
    "foot": "Los datos se leyeron en los servidores; el juicio y el informe se hicieron fuera de ellos, y nada se cambió.",
    "top": "Volver a la lista",
}  # fmt: skip

LANGUAGES = {"en": _EN, "es": _ES}


def words(language: str) -> dict:
    """The words of ``language``; an unknown one is an error that names the option."""
    if language not in LANGUAGES:
        raise DeliverabilityError(f"language: {language!r} is not one of {', '.join(LANGUAGES)}")
    return LANGUAGES[language]


def counted(noun: tuple, count: int) -> str:
    """The form of ``noun`` for that count."""
    return noun[count != 1]
