# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What Exchange tells people in their own language: Spanish, Portuguese, French, Italian, German, Dutch.

Only the sentences that the tables of these languages would not know: addresses that are unknown and mailboxes that are full stand there.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

_URL = "https://learn.microsoft.com/en-us/exchange/mail-flow/non-delivery-reports-and-bounce-messages/non-delivery-reports-and-bounce-messages"


def _sentence(name, tier, reason, match, examples, **more):
    return rule(f"exchange_languages.{name}", tier, reason, match, examples, **dict({"url": _URL}, **more))


RULES = (
    _sentence(
        "rejected",
        "vague",
        "policy",
        (
            "la siguiente organizacion rechazo (el|su) mensaje",
            "a seguinte organizacao rejeitou (a|sua|a sua) mensagem",
            "l'organisation suivante a rejete votre message",
            "l'organizzazione seguente ha rifiutato il messaggio",
            "die folgende organisation hat ihre nachricht (zuruckgewiesen|abgelehnt)",
            "de volgende organisatie heeft uw bericht geweigerd",
        ),
        (
            "La siguiente organización rechazó el mensaje: mx.example.org.",
            "A seguinte organização rejeitou sua mensagem: mx.example.org.",
            "L'organisation suivante a rejeté votre message : mx.example.org.",
            "L'organizzazione seguente ha rifiutato il messaggio: mx.example.org.",
            "Die folgende Organisation hat Ihre Nachricht zurückgewiesen: mx.example.org.",
        ),
        also=("fix_message", "delist", "switch_outbound_ip", "wait"),
    ),
    _sentence(
        "not_yet",
        "named",
        "delayed",
        (
            "este mensaje (todavia|aun) no se ha entregado",
            "esta mensagem ainda nao foi entregue",
            "ce message n'a pas encore ete remis",
            "(il|questo) messaggio non e (stato ancora|ancora stato) (recapitato|consegnato)",
            "diese nachricht wurde noch nicht zugestellt",
            "dit bericht is nog niet (bezorgd|afgeleverd)",
        ),
        (
            "Este mensaje todavía no se ha entregado. Se seguirá intentando entregarlo.",
            "Esta mensagem ainda não foi entregue. As tentativas de entrega continuarão.",
            "Ce message n'a pas encore été remis. Les tentatives de remise se poursuivent.",
            "Il messaggio non è stato ancora recapitato. I tentativi di recapito continueranno.",
            "Diese Nachricht wurde noch nicht zugestellt. Es wird weiterhin versucht, sie zuzustellen.",
        ),
        temporary=True,
    ),
    _sentence(
        "gave_up",
        "named",
        "expired",
        (
            "ha intentado entregar este mensaje[,] sin (exito|conseguirlo)",
            "tentou entregar (esta|a) mensagem[,] (sem exito|sem sucesso)",
            "a tente de remettre ce message[,] sans succes",
            "ha tentato di recapitare (il|questo) messaggio senza (riuscirvi|esito|successo)",
            "hat versucht[,] die nachricht zuzustellen, jedoch ohne erfolg",
        ),
        (
            "El servidor ha intentado entregar este mensaje sin éxito y ha dejado de intentarlo. Intente enviar el mensaje de nuevo.",
            "Le serveur a tenté de remettre ce message, sans succès, et a cessé d'essayer.",
            "Il server ha tentato di recapitare il messaggio senza riuscirvi e ha interrotto i tentativi.",
            "Der Server hat versucht, die Nachricht zuzustellen, jedoch ohne Erfolg, und hat aufgehört, es zu versuchen.",
        ),
        temporary=False,
    ),
    _sentence(
        "not_allowed",
        "named",
        "posting_not_allowed",
        (
            "solo acepta mensajes de remitentes (autenticados|autorizados|internos)",
            "(autorisations|autorisation) ... envoyer (un message|des messages) a ce destinataire",
            "autorizzazioni ... inviare messaggi a questo destinatario",
            "permissao para enviar [mensagens] (a|para) este destinatario",
            "nur nachrichten von (authentifizierten|internen|zugelassenen) absendern",
            "geen machtiging om ... te verzenden naar deze ontvanger",
        ),
        (
            "No se pudo entregar porque el destinatario solo acepta mensajes de remitentes autenticados.",
            "Vous ne disposez pas des autorisations nécessaires pour envoyer un message à ce destinataire.",
            "Non si dispone delle autorizzazioni necessarie per inviare messaggi a questo destinatario.",
            "Die Nachricht konnte nicht zugestellt werden, weil der Empfänger nur Nachrichten von authentifizierten Absendern annimmt.",
        ),
    ),
    _sentence(
        "their_trouble",
        "vague",
        "system_error",
        (
            "problema con el sistema de correo [electronico] del destinatario",
            "problema com o sistema de (email|correio) do destinatario",
            "probleme avec le systeme de messagerie du destinataire",
            "problema nel sistema di posta [elettronica] del destinatario",
            "problem mit dem e-mail-system des empfangers",
        ),
        (
            "Es liegt ein Problem mit dem E-Mail-System des Empfängers vor.",
            "Se ha producido un problema con el sistema de correo electrónico del destinatario.",
        ),
        confidence="likely",
    ),
)
