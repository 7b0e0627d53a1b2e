# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Enhanced status codes: the IANA registry (RFC 5248), and what class, subject and detail mean where a code is not in it (RFC 3463).

https://www.iana.org/assignments/smtp-enhanced-status-codes
"""

from __future__ import annotations

import re

from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

REGISTRY = "https://www.iana.org/assignments/smtp-enhanced-status-codes"

CLASSES = {
    "2": {"text": "Success", "en": "success", "es": "éxito"},
    "4": {"text": "Persistent Transient Failure", "en": "temporary failure", "es": "fallo temporal"},
    "5": {"text": "Permanent Failure", "en": "permanent failure", "es": "fallo permanente"},
}

SUBJECTS = {
    "0": {"text": "Other or Undefined Status", "en": "nothing more is known", "es": "no se sabe más"},
    "1": {"text": "Addressing Status", "en": "an address, the sender's or the recipient's", "es": "una dirección, la del remitente o la del destinatario"},
    "2": {"text": "Mailbox Status", "en": "the recipient's mailbox", "es": "el buzón del destinatario"},
    "3": {"text": "Mail System Status", "en": "the recipient's mail system", "es": "el sistema de correo del destinatario"},
    "4": {"text": "Network and Routing Status", "en": "the network and the way to the recipient", "es": "la red y el camino hasta el destinatario"},
    "5": {"text": "Mail Delivery Protocol Status", "en": "the dialogue between the two servers", "es": "el diálogo entre los dos servidores"},
    "6": {"text": "Message Content or Media Status", "en": "the content or form of the message", "es": "el contenido o la forma del mensaje"},
    "7": {"text": "Security or Policy Status", "en": "security or a policy", "es": "la seguridad o una política"},
}

# x.y of the code -> text as registered, RFC, meaning in English and Spanish.
DETAILS = {
    "0.0": ("Other undefined Status", 3463, "only the class is known", "solo se conoce la clase"),
    "1.0": ("Other address status", 3463, "something about an address", "algo relativo a una dirección"),
    "1.1": ("Bad destination mailbox address", 3463, "there is no such mailbox at the domain", "no existe ese buzón en el dominio"),
    "1.2": (
        "Bad destination system address",
        3463,
        "the recipient's domain does not exist or takes no mail",
        "el dominio del destinatario no existe o no recibe correo",
    ),
    "1.3": ("Bad destination mailbox address syntax", 3463, "the recipient's address is not well formed", "la dirección del destinatario está mal formada"),
    "1.4": ("Destination mailbox address ambiguous", 3463, "the address fits several mailboxes", "la dirección corresponde a varios buzones"),
    "1.5": ("Destination address valid", 3463, "the address is valid", "la dirección es válida"),
    "1.6": (
        "Destination mailbox has moved, No forwarding address",
        3463,
        "the mailbox has moved, nobody knows where",
        "el buzón se ha trasladado y no se sabe adónde",
    ),
    "1.7": ("Bad sender's mailbox address syntax", 3463, "the sender's address is not well formed", "la dirección del remitente está mal formada"),
    "1.8": (
        "Bad sender's system address",
        3463,
        "the sender's domain does not exist or takes no mail",
        "el dominio del remitente no existe o no recibe correo",
    ),
    "1.9": ("Message relayed to non-compliant mailer", 3886, "handed to a system that reports nothing back", "entregado a un sistema que no informa de vuelta"),
    "1.10": (
        "Recipient address has null MX",
        7505,
        "the recipient's domain declares that it takes no mail",
        "el dominio del destinatario declara que no recibe correo",
    ),
    "2.0": ("Other or undefined mailbox status", 3463, "something about the mailbox", "algo relativo al buzón"),
    "2.1": ("Mailbox disabled, not accepting messages", 3463, "the mailbox exists but takes no mail", "el buzón existe pero no recibe correo"),
    "2.2": ("Mailbox full", 3463, "the mailbox is full", "el buzón está lleno"),
    "2.3": ("Message length exceeds administrative limit", 3463, "the message is too long for this mailbox", "el mensaje es demasiado largo para este buzón"),
    "2.4": ("Mailing list expansion problem", 3463, "the mailing list could not be expanded", "no se pudo expandir la lista de correo"),
    "3.0": ("Other or undefined mail system status", 3463, "something about the recipient's system", "algo relativo al sistema del destinatario"),
    "3.1": ("Mail system full", 3463, "the recipient's system has no space left", "el sistema del destinatario no tiene espacio"),
    "3.2": ("System not accepting network messages", 3463, "the recipient's system takes no mail now", "el sistema del destinatario no acepta correo ahora"),
    "3.3": (
        "System not capable of selected features",
        3463,
        "the recipient's system lacks a feature that the message needs",
        "al sistema del destinatario le falta una función que el mensaje necesita",
    ),
    "3.4": ("Message too big for system", 3463, "the message is larger than the system takes", "el mensaje es mayor de lo que admite el sistema"),
    "3.5": ("System incorrectly configured", 3463, "the recipient's system is wrongly configured", "el sistema del destinatario está mal configurado"),
    "3.6": ("Requested priority was changed", 6710, "the priority asked for was changed", "se cambió la prioridad pedida"),
    "4.0": ("Other or undefined network or routing status", 3463, "something about the network", "algo relativo a la red"),
    "4.1": ("No answer from host", 3463, "the recipient's server did not answer", "el servidor del destinatario no respondió"),
    "4.2": ("Bad connection", 3463, "the connection broke off", "la conexión se cortó"),
    "4.3": ("Directory server failure", 3463, "a directory, mostly the DNS, gave no answer", "un directorio, casi siempre el DNS, no respondió"),
    "4.4": ("Unable to route", 3463, "no server for the recipient's domain could be found", "no se encontró servidor para el dominio del destinatario"),
    "4.5": ("Mail system congestion", 3463, "the mail system is overloaded", "el sistema de correo está saturado"),
    "4.6": ("Routing loop detected", 3463, "the message runs in a circle", "el mensaje da vueltas"),
    "4.7": ("Delivery time expired", 3463, "the message was too old to be tried again", "el mensaje era demasiado antiguo para otro intento"),
    "5.0": ("Other or undefined protocol status", 3463, "something about the dialogue", "algo relativo al diálogo"),
    "5.1": ("Invalid command", 3463, "a command that does not exist or comes at the wrong time", "una orden que no existe o llega a destiempo"),
    "5.2": ("Syntax error", 3463, "a command that could not be read", "una orden que no se pudo interpretar"),
    "5.3": ("Too many recipients", 3463, "more recipients than are taken at once", "más destinatarios de los que se aceptan de una vez"),
    "5.4": ("Invalid command arguments", 3463, "a parameter that is not accepted", "un parámetro que no se acepta"),
    "5.5": ("Wrong protocol version", 3463, "the versions of the protocol do not fit", "las versiones del protocolo no encajan"),
    "5.6": ("Authentication Exchange line is too long", 4954, "a line of the login was too long", "una línea de la identificación era demasiado larga"),
    "6.0": ("Other or undefined media error", 3463, "something about the content", "algo relativo al contenido"),
    "6.1": ("Media not supported", 3463, "the kind of content is not supported", "no se admite ese tipo de contenido"),
    "6.2": (
        "Conversion required and prohibited",
        3463,
        "the content would have to be converted, which is forbidden",
        "habría que convertir el contenido, y está prohibido",
    ),
    "6.3": (
        "Conversion required but not supported",
        3463,
        "the content would have to be converted, which is not possible",
        "habría que convertir el contenido, y no es posible",
    ),
    "6.4": ("Conversion with loss performed", 3463, "the content was converted and lost something", "el contenido se convirtió con pérdida"),
    "6.5": ("Conversion Failed", 3463, "the conversion of the content failed", "falló la conversión del contenido"),
    "6.6": ("Message content not available", 4468, "the content could not be fetched", "no se pudo obtener el contenido"),
    "6.7": (
        "Non-ASCII addresses not permitted for that sender/recipient",
        6531,
        "addresses beyond ASCII are not accepted",
        "no se aceptan direcciones con caracteres no ASCII",
    ),
    "6.8": ("UTF-8 string reply is required, but not permitted by the SMTP client", 6531, "the reply would need UTF-8", "la respuesta necesitaría UTF-8"),
    "6.9": (
        "UTF-8 header message cannot be transferred to one or more recipients, so the message must be rejected",
        6531,
        "headers in UTF-8 cannot be passed on",
        "no se pueden transmitir cabeceras en UTF-8",
    ),
    "6.10": ("Deprecated duplicate of X.6.8", 6531, "as X.6.8, which is to be used instead", "como X.6.8, que debe usarse en su lugar"),
    "7.0": ("Other or undefined security status", 3463, "something about security or policy", "algo relativo a la seguridad o a una política"),
    "7.1": ("Delivery not authorized, message refused", 3463, "the sender may not send to this recipient", "el remitente no puede enviar a este destinatario"),
    "7.2": ("Mailing list expansion prohibited", 3463, "the sender may not send to this list", "el remitente no puede enviar a esta lista"),
    "7.3": (
        "Security conversion required but not possible",
        3463,
        "a security conversion was needed and not possible",
        "hacía falta una conversión de seguridad que no era posible",
    ),
    "7.4": ("Security features not supported", 3463, "a security feature is not supported", "no se admite una función de seguridad"),
    "7.5": ("Cryptographic failure", 3463, "something could not be decrypted or verified", "algo no se pudo descifrar o verificar"),
    "7.6": ("Cryptographic algorithm not supported", 3463, "the algorithm is not supported", "no se admite el algoritmo"),
    "7.7": ("Message integrity failure", 3463, "the message was changed on its way", "el mensaje fue alterado en el camino"),
    "7.8": ("Authentication credentials invalid", 4954, "user name or password is wrong", "el usuario o la contraseña no son válidos"),
    "7.9": ("Authentication mechanism is too weak", 4954, "the login method is too weak", "el método de identificación es demasiado débil"),
    "7.10": ("Encryption Needed", 5248, "only over an encrypted connection", "solo por una conexión cifrada"),
    "7.11": (
        "Encryption required for requested authentication mechanism",
        4954,
        "this login needs an encrypted connection",
        "esta identificación necesita una conexión cifrada",
    ),
    "7.12": ("A password transition is needed", 4954, "the login needs a new password once", "la identificación exige renovar una vez la contraseña"),
    "7.13": ("User Account Disabled", 5248, "the account is disabled", "la cuenta está desactivada"),
    "7.14": ("Trust relationship required", 5248, "the servers would have to trust each other", "los servidores tendrían que confiar entre sí"),
    "7.15": ("Priority Level is too low", 6710, "the priority is too low", "la prioridad es demasiado baja"),
    "7.16": (
        "Message is too big for the specified priority",
        6710,
        "the message is too big for its priority",
        "el mensaje es demasiado grande para su prioridad",
    ),
    "7.17": ("Mailbox owner has changed", 7293, "the mailbox belongs to somebody else now", "el buzón pertenece ahora a otra persona"),
    "7.18": ("Domain owner has changed", 7293, "the domain belongs to somebody else now", "el dominio pertenece ahora a otro titular"),
    "7.19": ("RRVS test cannot be completed", 7293, "whether the owner changed could not be found out", "no se pudo averiguar si cambió el titular"),
    "7.20": ("No passing DKIM signature found", 7372, "no DKIM signature passed", "ninguna firma DKIM pasó la comprobación"),
    "7.21": (
        "No acceptable DKIM signature found",
        7372,
        "DKIM signatures passed, but none that is accepted here",
        "pasaron firmas DKIM, pero ninguna que aquí se acepte",
    ),
    "7.22": (
        "No valid author-matched DKIM signature found",
        7372,
        "no DKIM signature of the author's domain passed",
        "ninguna firma DKIM del dominio del autor pasó",
    ),
    "7.23": ("SPF validation failed", 7372, "SPF does not allow this server to send", "SPF no autoriza a este servidor"),
    "7.24": ("SPF validation error", 7372, "the SPF record could not be evaluated", "no se pudo evaluar el registro SPF"),
    "7.25": ("Reverse DNS validation failed", 7372, "the address has no proper reverse name", "la IP no tiene un nombre inverso correcto"),
    "7.26": ("Multiple authentication checks failed", 7372, "several of SPF, DKIM and DMARC failed", "fallaron varias comprobaciones entre SPF, DKIM y DMARC"),
    "7.27": ("Sender address has null MX", 7505, "the sender's domain declares that it takes no mail", "el dominio del remitente declara que no recibe correo"),
    "7.28": ("Mail flood detected", None, "more mail than usual, which looks like an attack", "más correo de lo habitual, lo que parece un ataque"),
    "7.29": ("ARC validation failure", 8617, "the ARC seals do not hold", "los sellos ARC no son válidos"),
    "7.30": (
        "REQUIRETLS support required",
        8689,
        "the message demands TLS all the way, which is not offered",
        "el mensaje exige TLS en todo el camino y no se ofrece",
    ),
}

LANGUAGES = ("en", "es")
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")


def describe_status(status, language="en"):
    """Return what an enhanced status says: ``status``, ``class``, ``subject``, ``detail``, ``registered``, ``text``, ``meaning``, ``temporary``, ``reference``.

    Codes that are not registered (Microsoft's 5.7.606) get the meaning of their class and subject. Raises DeliverabilityError for what is no status.
    """
    if language not in LANGUAGES:
        raise DeliverabilityError(f"language: {language!r} is none of {', '.join(LANGUAGES)}")
    found = _STATUS.fullmatch(str(status).strip())
    if not found:
        raise DeliverabilityError(f"status: {status!r} is no enhanced status code such as 5.7.1")
    kind, subject, detail = found.groups()
    subject, detail = str(int(subject)), str(int(detail))
    known = DETAILS.get(f"{subject}.{detail}")
    about = SUBJECTS.get(subject, SUBJECTS["0"])
    text, rfc, *meanings = known or (about["text"], None, about["en"], about["es"])
    return {
        "status": f"{kind}.{subject}.{detail}",
        "class": CLASSES[kind]["text"],
        "subject": about["text"],
        "registered": known is not None,
        "text": text,
        "meaning": f"{meanings[LANGUAGES.index(language)]} ({CLASSES[kind][language]})",
        "temporary": {"2": None, "4": True, "5": False}[kind],
        "reference": f"https://www.rfc-editor.org/rfc/rfc{rfc}" if rfc else REGISTRY,
    }
