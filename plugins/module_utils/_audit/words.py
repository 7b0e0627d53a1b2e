# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The words of a judgement, in English and Spanish: a reason in two or three words, a remedy as an order, and the sentences of its evidence."""

from __future__ import annotations

REASONS = {
    "user_unknown": ("user unknown", "usuario desconocido"),
    "address_syntax": ("malformed address", "dirección mal escrita"),
    "user_moved": ("user moved", "usuario trasladado"),
    "mailbox_disabled": ("mailbox disabled", "buzón desactivado"),
    "mailbox_full": ("mailbox full", "buzón lleno"),
    "mailbox_busy": ("mailbox busy", "buzón ocupado"),
    "message_too_big": ("message too big", "mensaje demasiado grande"),
    "domain_unknown": ("domain unknown", "dominio desconocido"),
    "no_mail_accepted": ("takes no mail", "no recibe correo"),
    "sender_address_rejected": ("sender address rejected", "remitente rechazado"),
    "sender_domain_unresolvable": ("sender domain does not resolve", "el dominio remitente no resuelve"),
    "system_error": ("system error", "error del sistema"),
    "system_busy": ("system busy", "sistema ocupado"),
    "system_full": ("system full", "sistema lleno"),
    "local_delivery_failed": ("local delivery failed", "falló la entrega local"),
    "directory_unavailable": ("directory unavailable", "directorio no disponible"),
    "dns_failure": ("DNS failure", "fallo de DNS"),
    "connection_failed": ("no connection", "sin conexión"),
    "connection_lost": ("connection lost", "conexión perdida"),
    "network_unreachable": ("network unreachable", "red inalcanzable"),
    "delayed": ("delayed", "retrasado"),
    "expired": ("expired", "caducado"),
    "routing_loop": ("mail loop", "bucle de correo"),
    "greylisted": ("greylisted", "lista gris"),
    "rate_limited": ("rate limited", "límite de velocidad"),
    "too_many_connections": ("too many connections", "demasiadas conexiones"),
    "too_many_recipients": ("too many recipients", "demasiados destinatarios"),
    "directory_harvest": ("taken for address guessing", "tomado por recolección de direcciones"),
    "ip_blocklisted": ("address on a blocklist", "dirección en lista negra"),
    "ip_blocked": ("address blocked", "dirección bloqueada"),
    "ip_reputation": ("bad reputation of the address", "mala reputación de la dirección"),
    "dynamic_ip": ("address may not send directly", "la dirección no puede enviar directamente"),
    "domain_blocklisted": ("domain on a blocklist", "dominio en lista negra"),
    "domain_reputation": ("bad reputation of the domain", "mala reputación del dominio"),
    "ptr_missing": ("no reverse DNS", "sin DNS inverso"),
    "helo_rejected": ("HELO name rejected", "nombre HELO rechazado"),
    "spf_failed": ("SPF failed", "falló SPF"),
    "dkim_failed": ("DKIM failed", "falló DKIM"),
    "dmarc_failed": ("DMARC failed", "falló DMARC"),
    "auth_failed": ("sender authentication failed", "falló la autenticación del remitente"),
    "relay_denied": ("relay denied", "reenvío denegado"),
    "authentication_required": ("authentication required", "exige autenticación"),
    "posting_not_allowed": ("not allowed to post there", "sin permiso para escribir allí"),
    "spam_content": ("taken for spam", "tomado por spam"),
    "virus": ("taken for a virus", "tomado por virus"),
    "content_rejected": ("content rejected", "contenido rechazado"),
    "message_format": ("malformed message", "mensaje mal formado"),
    "tls_failed": ("TLS failed", "falló TLS"),
    "protocol_error": ("protocol error", "error de protocolo"),
    "policy": ("policy of the receiver", "política del receptor"),
    "suppressed": ("suppressed", "suprimido"),
    "success": ("delivered", "entregado"),
    "unknown": ("unknown reason", "motivo desconocido"),
}

REMEDIES = {
    "switch_outbound_ip": ("Send from another address", "Enviar desde otra dirección"),
    "use_smarthost": ("Send through a smarthost", "Enviar a través de un smarthost"),
    "delist": ("Ask the list to remove the address, once the cause is gone", "Pedir la baja de la lista, una vez eliminada la causa"),
    "fix_ptr": ("Have the reverse DNS set", "Hacer que se configure el DNS inverso"),
    "fix_helo": ("Greet with a name that resolves to the address and back", "Saludar con un nombre que resuelva a la dirección y de vuelta"),
    "fix_spf": ("Authorise the address in SPF", "Autorizar la dirección en SPF"),
    "fix_dkim": ("Repair the DKIM signature", "Reparar la firma DKIM"),
    "fix_dmarc": ("Align the mail with its DMARC policy", "Alinear el correo con su política DMARC"),
    "fix_sender_auth": ("Repair SPF and DKIM of the envelope domain", "Reparar SPF y DKIM del dominio remitente"),
    "fix_sender_domain": ("Make the envelope domain resolve", "Hacer que el dominio remitente resuelva"),
    "prefer_ipv4": ("Send over IPv4", "Enviar por IPv4"),
    "reduce_rate": ("Send more slowly", "Enviar más despacio"),
    "fix_relay_auth": ("Repair the authentication at the smarthost", "Reparar la autenticación en el smarthost"),
    "fix_route": ("Repair the route", "Reparar la ruta"),
    "fix_resolver": ("Repair the resolver", "Reparar el resolutor DNS"),
    "fix_mta": ("Repair the mail server's configuration", "Reparar la configuración del servidor de correo"),
    "fix_tls": ("Repair TLS", "Reparar TLS"),
    "check_network": ("Check the network and port 25", "Comprobar la red y el puerto 25"),
}

SENTENCES = {
    "refused": ("Refused: {}", "Rechazado: {}"),
    "refused by": ("refused by", "lo rechaza"),
    "refused by several": ("refused by", "lo rechazan"),
    "and more": ("and {} more", "y {} más"),
    "not true": ("not true", "no se cumple"),
    "no refusal is ours": ("no refusal is ours", "ningún rechazo es nuestro"),
    "no refusal is known to be ours": ("no refusal is known to be ours", "de ningún rechazo consta que sea nuestro"),
    "send from": ("Send from {} ({})", "Enviar desde {} ({})"),
    # Whose fault it is (settle.py): the evidence, and what would change the conclusion
    "undecided": ("the text leaves it open and no other evidence speaks", "el texto lo deja abierto y ninguna otra prueba habla"),
    "would decide": ("would decide it: {}", "lo decidiría: {}"),
    "nothing known": ("nothing known", "nada que se conozca"),
    "zone lists": ("{} lists {} ({})", "{} incluye {} ({})"),
    "refusal in spite of": ("a refusal that goes on once {} is in order", "un rechazo que siga una vez que {} esté en orden"),
    "no way out": ("none of {} servers can be reached from this host", "desde este servidor no se alcanza ninguno de {} servidores"),
    "an answer": ("one server that answers a probe", "un servidor que conteste a un sondeo"),
    "out of reach": ("this host reaches {} other servers, and {} does not answer it", "este servidor alcanza otros {} servidores, y {} no le contesta"),
    "reached by another": ("another host that reaches it", "otro servidor nuestro que lo alcance"),
    "sister delivers": ("{} delivers to {} meanwhile", "{} entrega entretanto a {}"),
    "sister refused": ("{} being refused there too", "que allí rechacen también a {}"),
    "sisters refused": (
        "{} takes mail from no host of ours that delivers elsewhere: not from {} either",
        "{} no acepta correo de ningún servidor nuestro que sí entregue a otros: tampoco de {}",
    ),
    "a sister that delivers": ("a host that delivers to {}", "un servidor nuestro que entregue a {}"),
    "smarthost": ("all mail leaves through {}, and nothing got through it since {}", "todo el correo sale por {}, y nada ha pasado por él desde {}"),
    "smarthost delivers": ("a message that gets through {}", "un mensaje que pase por {}"),
    "began after": (
        "it began after a change of ours at {} ({}), and mail was delivered there before",
        "empezó tras un cambio nuestro, {} ({}), y antes se entregaba allí",
    ),
    "refusal after undoing": ("a refusal that goes on once the change is taken back", "un rechazo que siga una vez deshecho el cambio"),
    "many refuse": ("{} of {} operators refuse", "rechazan {} de {} operadores"),
    "one refuses": ("one operator refuses, {} others take our mail", "rechaza un operador, otros {} aceptan nuestro correo"),
    "more operators": ("the same tried at more operators", "lo mismo probado con más operadores"),
    # Evidence of the controls (documents.py)
    "nobody asked": ("Nobody asked.", "Nadie preguntó."),
    "not declared": (
        "{} is not seen from the Internet; declare its public address in audit_public_addresses.",
        "{} no se ve desde Internet; declare su dirección pública en audit_public_addresses.",
    ),
    "no source": (
        "No address is known from which the host sends mail.",
        "No se conoce ninguna dirección desde la que el servidor envíe correo.",
    ),
    "listed": ("{} lists it: {}{}.", "{} la incluye: {}{}."),
    "see": ("See {}.", "Véase {}."),
    "no refusal of ours": ("No current refusal is on our side.", "Ningún rechazo actual es culpa nuestra."),
    "no log": ("No line of a log was read, so what was refused is not known.", "No se leyó ninguna línea de un registro, así que no se sabe qué se rechazó."),
    "unseen": ("{} more, of {} rarer kinds, were only counted.", "{} más, de {} clases menos frecuentes, solo se contaron."),
    "settled as ours": (" (ours: {})", " (nuestro: {})"),
    "once": ("once", "una vez"),
    "times": ("{} times", "{} veces"),
    "some time": ("at an unknown time", "en un momento desconocido"),
    "refusal": ("{}: {}, last {}{}: {}", "{}: {}, la última {}{}: {}"),
    "one late": (
        "1 message waits for an answer that is ours to change, the oldest for {1} hours.",
        "1 mensaje espera por algo que nos toca cambiar, desde hace {1} horas.",
    ),
    "many late": (
        "{0} messages wait for an answer that is ours to change, the oldest for {1} hours.",
        "{0} mensajes esperan por algo que nos toca cambiar, el más antiguo desde hace {1} horas.",
    ),
    "sudden flow": ("{}: {} messages in the hour of {}, usually {}", "{}: {} mensajes en la hora de {}, normalmente {}"),
    # Waivers and alarms (policy.py)
    "waived": ("Waived until {}: {}", "Exento hasta {}: {}"),
    "waiver ended": (
        "The waiver of {} ended on {} ({}). Renew it or mend the cause.",
        "La exención de {} terminó el {} ({}). Renuévela o corrija la causa.",
    ),
    "waiver in force": ("The waiver of {} is in force", "La exención de {} está en vigor"),
    "waiver of nothing": (
        "The waiver of {} for {} matches no control of any host: look at its spelling.",
        "La exención de {} para {} no coincide con ningún control de ningún servidor: revise cómo está escrita.",
    ),
    "waiver not needed": (
        "The waiver of {} for {} has nothing to waive: what it names does not fail.",
        "La exención de {} para {} ya no exime de nada: lo que nombra no falla.",
    ),
    "not judged": ("{}: not judged: {}", "{}: sin juzgar: {}"),
    "judgement failed": ("it could not be judged: {}", "no se pudo juzgar: {}"),
    "planning failed": ("what to do could not be planned: {}", "no se pudo planificar qué hacer: {}"),
    # What speaks for and against an action (plan.py)
    "no domain known": ("no recipient domain of a refusal is known", "no se conoce ningún dominio de destino de un rechazo"),
    "no smarthost": ("no smarthost is declared for this host (smarthost_hosts)", "no se ha declarado ningún smarthost para este servidor (smarthost_hosts)"),
    "no name leads": ("no name leads to {} and back", "ningún nombre lleva a {} y de vuelta"),
    "several names": ("the addresses need different names: {}", "las direcciones necesitan nombres distintos: {}"),
    "stated contained": ("the operator states that this is contained: {}", "el operador declara que esto está contenido: {}"),
    "listing over": (
        "{} does not list the address now, and nobody has refused it since {}: let the waiting mail be tried again first",
        "{} no incluye ahora la dirección, y nadie la ha rechazado desde {}: deje primero que se reintente el correo en espera",
    ),
    "no other address": ("the host has no other address that is proven fit to send from", "el servidor no tiene otra dirección de probada aptitud para enviar"),
    "listed as": ("{} lists {} as {}: find and stop the cause first", "{} incluye {} como {}: busque y detenga primero la causa"),
    "accused": (
        "a refusal names {}, which lists what sends spam: find and stop the cause first",
        "un rechazo nombra {}, que incluye lo que envía spam: busque y detenga primero la causa",
    ),
    "short log": (
        "the log covers {} hours, too little to see whether the flow of mail is ordinary",
        "el registro abarca {} horas, muy poco para ver si el flujo de correo es el habitual",
    ),
    "shot up": (
        "the flow of mail shot up ({}): a host that sends spam must not be moved",
        "el flujo de correo se disparó ({}): un servidor que envía spam no se debe trasladar",
    ),
    "bound": ("is bound on the host", "está configurada en el servidor"),
    "not bound": ("is not bound on the host", "no está configurada en el servidor"),
    "refused itself": ("is the address that is refused", "es la dirección rechazada"),
    "not checked": ("{} was not checked", "no se comprobó {}"),
    "dns not asked": ("its DNS was not asked", "no se consultó su DNS"),
    "lists not asked": ("blocklists: not asked", "listas negras: sin consultar"),
    "on lists": ("blocklists: listed by {}", "listas negras: la incluye {}"),
    "list silent": ("{} cannot tell whether it is listed ({})", "{} no puede decir si la incluye ({})"),
    "minor list silent": ("{} could not tell ({}), which weighs little", "{} no pudo decirlo ({}), lo que pesa poco"),
    "lists clean": ("{} blocklists say not listed", "{} listas negras dicen que no la incluyen"),
    "smarthost limits": (
        "all mail leaves through a smarthost, so it is all mail that has to be slowed down",
        "todo el correo sale por un smarthost, así que hay que enviarlo todo más despacio",
    ),
    # Too large to be true (sanity.py)
    "zone newly": ("{} newly lists {} of {} addresses of the fleet.", "{} incluye de repente {} de {} direcciones de la flota."),
    "zone undated": (
        "{} lists {} of {} addresses of the fleet, and no earlier report tells since when.",
        "{} incluye {} de {} direcciones de la flota, y ningún informe anterior dice desde cuándo.",
    ),
    "resolver turned": (
        "{} of {} DNS controls that passed before do not pass now: look at the resolver.",
        "{} de {} controles de DNS que antes se cumplían no se cumplen ahora: revise el resolutor.",
    ),
    "clock behind": ("The clock of {} is {} seconds behind.", "El reloj de {} va {} segundos atrasado."),
    "clock ahead": ("The clock of {} is {} seconds ahead.", "El reloj de {} va {} segundos adelantado."),
    "stale": ("The evidence of {} is {} hours old: observe it again.", "Los datos de {} son de hace {} horas: vuelva a observarlo."),
    # What the report has to say once beside its judgement
    "last report": (
        "The report of last time cannot be compared with, so nothing is told to be new or fixed: {}",
        "No se puede comparar con el informe de la última vez, así que nada consta como nuevo ni corregido: {}",
    ),
    "not in the inventory": (
        "Stored, but not in the inventory any more: {}. With audit_hosts=all they are left out.",
        "Guardados, pero ya no están en el inventario: {}. Con audit_hosts=all se dejan fuera.",
    ),
    "not in the store": ("In the inventory, and nothing of them is stored: {}", "En el inventario, y no hay nada guardado de ellos: {}"),
}


def word(table, key, language):
    """The word of ``key`` in ``language`` (en, es); the key itself where the table has none."""
    words = table.get(key)
    return words[1 if language == "es" else 0] if words else key.replace("_", " ")


def sentence(key, language, *values):
    """The sentence ``key`` of ``SENTENCES`` in ``language``, with ``values`` in its places; what they hold is never taken for a place itself."""
    return SENTENCES[key][1 if language == "es" else 0].format(*values)
