# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a support desk wants to know of a returned message or a pasted reply: ours or theirs, wait or act, and what to say."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.classify import classify
from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.message import parse_bounce

# Words by language: (English, Spanish).
SIDES = {
    "ours": ("ours", "nuestra"),
    "user": ("of the address or the message that was typed", "de la dirección o del mensaje que se escribió"),
    "theirs": ("theirs, the recipient's system", "suya, del sistema del destinatario"),
    "either": ("not to be told from the text alone", "no se puede decir solo por el texto"),
    "none": ("nobody's, this is no failure", "de nadie, no es un fallo"),
}
PATIENCE = {True: ("wait, it is tried again", "esperar, se reintenta"), False: ("act, it is final", "actuar, es definitivo"), None: ("nothing", "nada")}
LABELS = {
    "recipient": ("Recipient", "Destinatario"),
    "fault": ("Whose fault", "De quién es la culpa"),
    "do": ("Wait or act", "Esperar o actuar"),
    "ticket": ("For the ticket", "Para el tíquet"),
    "postmaster": ("For the postmaster", "Para el postmaster"),
    "settle": ("What would decide it", "Qué lo decidiría"),
    "reply": ("The reply", "La respuesta"),
    "why": ("Rule", "Regla"),
}
EVIDENCE = {
    "dnsbl": ("the blocklists", "las listas negras"),
    "ptr": ("the reverse DNS", "el DNS inverso"),
    "spf": ("the SPF record", "el registro SPF"),
    "helo": ("the HELO name", "el nombre HELO"),
    "mx": ("the MX records", "los registros MX"),
    "connectivity": ("a connection test", "una prueba de conexión"),
    "spread": ("how many destinations refuse", "cuántos destinos rechazan"),
}
NO_FAILURE = {
    "delivered": ("This message says that mail was delivered.", "Este mensaje dice que el correo se entregó."),
    "auto_reply": ("This is an automatic reply, not a failure.", "Es una respuesta automática, no un fallo."),
    "complaint": ("This is a complaint of a recipient about mail that was delivered.", "Es la queja de un destinatario sobre correo que se entregó."),
}


def triage(raw, ours=None, language="en", rules=None):
    """Judge a returned message, or a pasted reply, NDR text or log line (``raw``: octets).

    Returns ``{"kind", "rows": [{"recipient", "text", "verdict"}]}``; ``kind`` is that of ``parse_bounce``, or ``text`` for what is no message.
    """
    bounce = parse_bounce(raw)
    known = {"ours": ours, "language": language, "rules": rules}
    if bounce["kind"] in NO_FAILURE:
        return {"kind": bounce["kind"], "rows": []}
    rows = [_row(recipient, known) for recipient in bounce["recipients"] if recipient["text"] or recipient["status"]]
    if rows:
        return {"kind": bounce["kind"], "rows": rows}
    text = raw.decode("utf-8", "replace").strip()
    return {"kind": "text", "rows": [{"recipient": None, "text": text, "verdict": classify(text, **known)}] if text else []}


def _row(recipient, known):
    address, text = recipient["address"], recipient["text"] or recipient["status"]
    domain = (address or "").rpartition("@")[2] or None
    told = {"code": recipient["code"], "status": recipient["status"], "rhost": recipient["remote_mta"], "recipient_domain": domain}
    return {"recipient": address, "text": text, "verdict": classify(text, **told, **known)}


def in_words(outcome, language="en"):
    """The outcome of ``triage`` as lines for people."""
    place = 1 if language == "es" else 0
    if outcome["kind"] in NO_FAILURE:
        return [NO_FAILURE[outcome["kind"]][place]]
    lines = []
    for row in outcome["rows"]:
        verdict = row["verdict"]
        said = {
            "recipient": row["recipient"],
            "fault": SIDES[verdict["side"]][place],
            "do": PATIENCE[verdict["temporary"]][place],
            "ticket": verdict["explanation"],
            "postmaster": verdict["advice"],
            "settle": ", ".join(EVIDENCE[evidence][place] for evidence in verdict["settle"]) if verdict["side"] == "either" else None,
            "reply": " ".join(row["text"].split())[:500],
            "why": " ".join(part for part in (verdict["rule"], verdict["reference"]) if part),
        }
        lines += [f"{LABELS[key][place]}: {text}" for key, text in said.items() if text] + [""]
    return lines[:-1]
