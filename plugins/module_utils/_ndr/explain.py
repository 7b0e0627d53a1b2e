# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A verdict in words: one or two sentences for the person who opened the ticket, one for the postmaster."""

from __future__ import annotations

# reason -> what happened, for somebody who knows mail only from using it.
TICKET = {
    "en": {
        "user_unknown": "The address does not exist at the recipient's mail system. Check how it is spelt and ask the recipient for the right one.",
        "address_syntax": "The address is not written as an address must be. Correct it and send the message again.",
        "user_moved": "The recipient has left this address. Ask for the new one.",
        "mailbox_disabled": "The recipient's mailbox is closed or suspended by its own provider.",
        "mailbox_full": "The recipient's mailbox is full. The recipient has to make room; nothing is wrong on our side.",
        "mailbox_busy": "The recipient's mailbox cannot be reached for the moment.",
        "message_too_big": "The message is larger than the recipient's system takes. Send less, or send a link instead of the attachment.",
        "domain_unknown": "The part of the address after the @ does not exist or takes no mail. Check how it is spelt.",
        "no_mail_accepted": "The recipient's domain says that it takes no mail at all. Check the address.",
        "sender_address_rejected": "The recipient's system does not accept our sender address.",
        "sender_domain_unresolvable": "The recipient's system cannot find the domain of our sender address in the DNS.",
        "system_error": "The recipient's mail system has a fault of its own.",
        "system_busy": "The recipient's mail system asks us to come back later; it does not say why.",
        "system_full": "The recipient's mail system has no space left.",
        "local_delivery_failed": "The recipient's mail system took the message but could not put it into the mailbox.",
        "directory_unavailable": "The recipient's mail system cannot look up its own users at the moment.",
        "dns_failure": "The DNS gave no usable answer for the recipient's domain.",
        "connection_failed": "No connection to the recipient's mail system could be made.",
        "connection_lost": "The connection to the recipient's mail system broke off in the middle.",
        "network_unreachable": "Our server has no way through the network to the recipient's mail system.",
        "delayed": "The message has not been delivered yet; our server keeps trying.",
        "expired": "The message could not be delivered for so long that our server gave up and returned it.",
        "routing_loop": "The message runs in a circle: the recipient's domain points to a server that does not keep its mail.",
        "greylisted": "The recipient's system makes unknown senders wait once; this is usual and ends by itself.",
        "rate_limited": "We sent more, or faster, than the recipient's system takes from us.",
        "too_many_connections": "Our server opened more connections at once than the recipient's system allows.",
        "too_many_recipients": "The message has more recipients than the recipient's system takes at once.",
        "directory_harvest": (
            "Too many of the addresses we tried there do not exist, which looks like guessing; the recipient's system shut us out for a while."
        ),
        "ip_blocklisted": "The recipient's system refuses our server because its address stands on a blocklist.",
        "ip_blocked": "The recipient's system refuses our server's address.",
        "ip_reputation": "The recipient's system distrusts our server's address for what was sent from it.",
        "dynamic_ip": "The recipient's system takes no mail straight from addresses of this kind (home, dynamic or generic ones).",
        "domain_blocklisted": "The recipient's system refuses a domain of ours, or one in the message, because it stands on a blocklist.",
        "domain_reputation": "The recipient's system distrusts our sender domain.",
        "ptr_missing": "The recipient's system refuses our server because its address has no proper name in the DNS (reverse DNS).",
        "helo_rejected": "The recipient's system does not accept the name by which our server introduces itself.",
        "spf_failed": "The recipient's system found that our domain's SPF record does not allow this server to send.",
        "dkim_failed": "The recipient's system could not confirm the DKIM signature of the message.",
        "dmarc_failed": "The recipient's system refused the message by the DMARC policy of the sender's domain.",
        "auth_failed": "The recipient's system could not confirm that the message really comes from the sender's domain.",
        "relay_denied": "The server that was asked does not take mail for this recipient.",
        "authentication_required": "The server that was asked takes this message only after a login that it accepts.",
        "posting_not_allowed": "The recipient, often a list or a group, takes mail only from certain senders.",
        "spam_content": "The recipient's system took the message for spam. Word it differently, without the links or the attachment, and send it again.",
        "virus": "The recipient's system found something harmful in the message. Check the attachment and the computer that it comes from.",
        "content_rejected": "The recipient's system does not take the content of this message, mostly the kind of its attachment.",
        "message_format": "The recipient's system found the message wrongly put together.",
        "tls_failed": "No encrypted connection as one of the sides demands it could be agreed on.",
        "protocol_error": "Our server and the recipient's did not understand each other.",
        "policy": "The recipient's system refused the message by a rule of its own and does not say which.",
        "suppressed": "The sending service did not even try, because the address bounced or complained before.",
        "success": "The message was accepted.",
        "unknown": "The recipient's system refused the message in words that are not known yet.",
    },
    "es": {
        "user_unknown": "La dirección no existe en el sistema de correo del destinatario. Compruebe cómo está escrita y pida la correcta al destinatario.",
        "address_syntax": "La dirección no está escrita como debe estarlo una dirección. Corríjala y envíe el mensaje de nuevo.",
        "user_moved": "El destinatario ya no usa esta dirección. Pídale la nueva.",
        "mailbox_disabled": "El buzón del destinatario está cerrado o suspendido por su propio proveedor.",
        "mailbox_full": "El buzón del destinatario está lleno. Es el destinatario quien debe hacer sitio; por nuestra parte no falla nada.",
        "mailbox_busy": "El buzón del destinatario no está accesible por el momento.",
        "message_too_big": "El mensaje es mayor de lo que admite el sistema del destinatario. Envíe menos, o un enlace en lugar del adjunto.",
        "domain_unknown": "La parte de la dirección que sigue a la @ no existe o no recibe correo. Compruebe cómo está escrita.",
        "no_mail_accepted": "El dominio del destinatario declara que no recibe ningún correo. Compruebe la dirección.",
        "sender_address_rejected": "El sistema del destinatario no acepta nuestra dirección de remitente.",
        "sender_domain_unresolvable": "El sistema del destinatario no encuentra en el DNS el dominio de nuestra dirección de remitente.",
        "system_error": "El sistema de correo del destinatario tiene una avería propia.",
        "system_busy": "El sistema de correo del destinatario pide que volvamos más tarde y no dice por qué.",
        "system_full": "El sistema de correo del destinatario se ha quedado sin espacio.",
        "local_delivery_failed": "El sistema de correo del destinatario recibió el mensaje, pero no pudo dejarlo en el buzón.",
        "directory_unavailable": "El sistema de correo del destinatario no puede consultar ahora mismo a sus propios usuarios.",
        "dns_failure": "El DNS no dio una respuesta útil sobre el dominio del destinatario.",
        "connection_failed": "No se pudo establecer conexión con el sistema de correo del destinatario.",
        "connection_lost": "La conexión con el sistema de correo del destinatario se cortó a medias.",
        "network_unreachable": "Nuestro servidor no tiene ruta de red hasta el sistema de correo del destinatario.",
        "delayed": "El mensaje aún no se ha entregado; nuestro servidor sigue intentándolo.",
        "expired": "El mensaje no pudo entregarse durante tanto tiempo que nuestro servidor desistió y lo devolvió.",
        "routing_loop": "El mensaje da vueltas sin llegar: el dominio del destinatario apunta a un servidor que no guarda su correo.",
        "greylisted": "El sistema del destinatario hace esperar una vez a los remitentes que no conoce; es habitual y se resuelve solo.",
        "rate_limited": "Enviamos más, o más deprisa, de lo que el sistema del destinatario acepta de nosotros.",
        "too_many_connections": "Nuestro servidor abrió más conexiones a la vez de las que permite el sistema del destinatario.",
        "too_many_recipients": "El mensaje tiene más destinatarios de los que el sistema del destinatario acepta de una vez.",
        "directory_harvest": (
            "Muchas de las direcciones a las que escribimos allí no existen, como si las adivináramos; su sistema nos cerró el paso por un tiempo."
        ),
        "ip_blocklisted": "El sistema del destinatario rechaza nuestro servidor porque su dirección IP figura en una lista negra.",
        "ip_blocked": "El sistema del destinatario rechaza la dirección IP de nuestro servidor.",
        "ip_reputation": "El sistema del destinatario desconfía de la dirección IP de nuestro servidor por lo que se envió desde ella.",
        "dynamic_ip": "El sistema del destinatario no acepta correo directo de direcciones IP de este tipo (domésticas, dinámicas o genéricas).",
        "domain_blocklisted": "El sistema del destinatario rechaza un dominio nuestro, o uno del mensaje, porque figura en una lista negra.",
        "domain_reputation": "El sistema del destinatario desconfía de nuestro dominio de remitente.",
        "ptr_missing": "El sistema del destinatario rechaza nuestro servidor porque su dirección IP no tiene un nombre correcto en el DNS (DNS inverso).",
        "helo_rejected": "El sistema del destinatario no acepta el nombre con que se presenta nuestro servidor.",
        "spf_failed": "El sistema del destinatario comprobó que el registro SPF de nuestro dominio no autoriza a este servidor.",
        "dkim_failed": "El sistema del destinatario no pudo confirmar la firma DKIM del mensaje.",
        "dmarc_failed": "El sistema del destinatario rechazó el mensaje por la política DMARC del dominio del remitente.",
        "auth_failed": "El sistema del destinatario no pudo confirmar que el mensaje viene de verdad del dominio del remitente.",
        "relay_denied": "El servidor con el que contactamos no acepta correo para este destinatario.",
        "authentication_required": "El servidor con el que contactamos solo acepta este mensaje de quien se identifica con credenciales válidas.",
        "posting_not_allowed": "El destinatario, a menudo una lista o un grupo, solo admite correo de ciertos remitentes.",
        "spam_content": (
            "El sistema del destinatario tomó el mensaje por correo basura. Redáctelo de otro modo, sin los enlaces ni el adjunto, y envíelo de nuevo."
        ),
        "virus": "El sistema del destinatario encontró algo dañino en el mensaje. Revise el adjunto y el equipo del que procede.",
        "content_rejected": "El sistema del destinatario no admite el contenido de este mensaje, casi siempre el tipo de su adjunto.",
        "message_format": "El sistema del destinatario considera que el mensaje está mal formado.",
        "tls_failed": "No se pudo acordar una conexión cifrada como la exige una de las partes.",
        "protocol_error": "Nuestro servidor y el del destinatario no se entendieron.",
        "policy": "El sistema del destinatario rechazó el mensaje por una norma propia y no dice cuál.",
        "suppressed": "El servicio de envío ni siquiera lo intentó, porque antes se le devolvieron mensajes desde esa dirección o su titular se quejó.",
        "success": "El mensaje fue aceptado.",
        "unknown": "El sistema del destinatario rechazó el mensaje con un texto que aún no conocemos.",
    },
}

# Said after a refusal of ourselves, since people take any bounce for a wrong address.
ADDRESS_IS_FINE = {"en": "The address you wrote to is fine.", "es": "La dirección a la que usted escribió es correcta."}
REFUSALS_OF_US = frozenset(
    """
    ip_blocklisted ip_blocked ip_reputation dynamic_ip domain_blocklisted domain_reputation ptr_missing helo_rejected
    spf_failed dkim_failed dmarc_failed auth_failed sender_address_rejected sender_domain_unresolvable
    """.split()
)

# remedy -> what the postmaster does.
ADVICE = {
    "en": {
        "switch_outbound_ip": (
            "Find what was sent from this address and stop it; then send from a clean address of the pool, or have the address taken off the list."
        ),
        "delist": (
            "Find and stop the cause first, then ask for the removal of the entry; until it is gone,"
            " another clean address or a smarthost keeps the mail moving."
        ),
        "use_smarthost": "Send through the provider's relay or another smarthost: another address of the same range will not help.",
        "fix_ptr": "Have the provider set a PTR record for the address that names a host which resolves back to it.",
        "fix_helo": "Let the server introduce itself by a fully qualified name that resolves to the address it sends from.",
        "fix_spf": "Publish the sending address in the SPF record of the envelope domain, or send through a server that is in it.",
        "fix_dkim": "Check that the message is signed, that the key is published, and that nothing changes the message after signing.",
        "fix_dmarc": "See that SPF or DKIM passes for the very domain of the From header, or send under a domain of our own.",
        "fix_sender_auth": "See that SPF and DKIM pass for the sender's domain and agree with its From header.",
        "fix_sender_domain": "Give the sender address a domain that exists, with A or MX records, and correct the envelope sender of the application.",
        "prefer_ipv4": "Send to this operator over IPv4 until the IPv6 address has its PTR and authentication.",
        "reduce_rate": "Send more slowly there: fewer connections, fewer messages at a time, and look for what sends so much.",
        "wait": "Leave the message in the queue and let the server try again.",
        "clean_address_list": "Take the address off the lists that are mailed to, and correct it where it was typed.",
        "fix_message": "Have the sender change the message: its size, attachments, links or structure.",
        "contact_recipient_admin": "Ask the recipient's postmaster, by another way than this mail, and quote the reply.",
        "fix_relay_auth": "Check the login, the allowed sender addresses and the port of the relay in our configuration.",
        "fix_route": "Look for a stale route, transport or MX that sends this domain's mail to the wrong server.",
        "fix_resolver": "Check the resolver of the sending host, then the DNS of the recipient's domain.",
        "fix_mta": "Check the configuration of our mail server and what stands between it and the network (proxies, firewalls that rewrite SMTP).",
        "fix_tls": "Check certificates, protocol versions and the TLS policy for this destination.",
        "check_network": "Check routes, firewall and outgoing port 25 of the sending host, for IPv4 and IPv6.",
        "none": "Nothing has to be done.",
    },
    "es": {
        "switch_outbound_ip": (
            "Averigüe qué se envió desde esta IP y deténgalo; después envíe desde otra IP limpia de las disponibles, o haga que retiren esta de la lista."
        ),
        "delist": (
            "Encuentre y detenga primero la causa y pida después la retirada de la lista; mientras tanto,"
            " otra IP limpia o un smarthost mantienen el correo en marcha."
        ),
        "use_smarthost": "Envíe a través del servidor de salida del proveedor o de otro smarthost: otra IP del mismo rango no servirá.",
        "fix_ptr": "Pida al proveedor un registro PTR para la IP, con un nombre que resuelva a esa misma IP.",
        "fix_helo": "Haga que el servidor se presente con un nombre completo que resuelva a la IP desde la que envía.",
        "fix_spf": "Publique la IP de envío en el registro SPF del dominio del sobre, o envíe por un servidor que ya figure en él.",
        "fix_dkim": "Compruebe que el mensaje va firmado, que la clave está publicada y que nada lo cambia después de la firma.",
        "fix_dmarc": "Haga que SPF o DKIM pasen para el mismo dominio de la cabecera From, o envíe con un dominio propio.",
        "fix_sender_auth": "Haga que SPF y DKIM pasen para el dominio del remitente y concuerden con la cabecera From.",
        "fix_sender_domain": "Dé al remitente un dominio que exista, con registros A o MX, y corrija el remitente del sobre en la aplicación.",
        "prefer_ipv4": "Envíe a este operador por IPv4 hasta que la dirección IPv6 tenga su PTR y su autenticación.",
        "reduce_rate": "Envíe allí más despacio: menos conexiones, menos mensajes a la vez, y busque qué es lo que envía tanto.",
        "wait": "Deje el mensaje en la cola para que el servidor lo intente de nuevo.",
        "clean_address_list": "Retire la dirección de las listas de envío y corríjala donde se escribió.",
        "fix_message": "Haga que el remitente cambie el mensaje: su tamaño, adjuntos, enlaces o estructura.",
        "contact_recipient_admin": "Consulte al postmaster del destinatario, por una vía distinta de este correo, y cite la respuesta.",
        "fix_relay_auth": "Revise en nuestra configuración el acceso, los remitentes permitidos y el puerto del servidor de salida.",
        "fix_route": "Busque una ruta, un transporte o un MX antiguo que lleve el correo de este dominio al servidor equivocado.",
        "fix_resolver": "Revise el resolutor DNS del equipo que envía y después el DNS del dominio del destinatario.",
        "fix_mta": "Revise la configuración de nuestro servidor de correo y lo que hay entre él y la red (proxies, cortafuegos que alteran SMTP).",
        "fix_tls": "Revise certificados, versiones del protocolo y la política TLS para este destino.",
        "check_network": "Revise rutas, cortafuegos y la salida por el puerto 25 del equipo que envía, en IPv4 e IPv6.",
        "none": "No hay que hacer nada.",
    },
}

_EXTRA = {
    "en": {
        "list": "The list is {name}{where}.",
        "closed": "The list is {name}, which has shut down: the recipient's system should no longer ask it.",
        "where": ", see {lookup_url}",
        "wait": "It asks us to wait {wait}.",
        "retried": "Our server tries again by itself.",
        "stranger": "The reply names {address}, which is not one of our addresses.",
        "again": "The message has come back: send it again later.",
        "own_part": "A part of our own mail system, such as a content filter or a delivery agent, does not answer.",
        "dead_list": (
            "Nobody can take an entry off a list that has shut down: ask the recipient's postmaster to stop using it;"
            " until then another clean address or a smarthost keeps the mail moving."
        ),
        "units": (("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
    },
    "es": {
        "list": "La lista es {name}{where}.",
        "closed": "La lista es {name}, que ya cerró: el sistema del destinatario no debería consultarla.",
        "where": ", véase {lookup_url}",
        "wait": "Pide esperar {wait}.",
        "retried": "Nuestro servidor lo intentará de nuevo por sí solo.",
        "stranger": "La respuesta nombra {address}, que no es una de nuestras direcciones.",
        "again": "El mensaje ha sido devuelto: envíelo de nuevo más tarde.",
        "own_part": "Una parte de nuestro propio sistema de correo, como un filtro de contenido o un agente de entrega, no responde.",
        "dead_list": (
            "Nadie puede retirar una entrada de una lista que ya cerró: pida al postmaster del destinatario que deje de usarla;"
            " mientras tanto, otra IP limpia o un smarthost mantienen el correo en marcha."
        ),
        "units": (("hora", "horas"), ("minuto", "minutos"), ("segundo", "segundos")),
    },
}


def explain(verdict, language):
    """Return (words for the ticket, words for the postmaster) with what the reply named filled in. ``language`` is a key of TICKET."""
    extra = _EXTRA[language]
    ticket = TICKET[language][verdict["reason"]]
    advice = ADVICE[language][verdict["remedy"]]
    more = None
    if verdict["side"] == "ours" and verdict["reason"] in ("connection_failed", "connection_lost"):
        ticket = extra["own_part"]
    if verdict["blocklist"]:
        more = _about_list(verdict["blocklist"], extra)
    elif verdict["retry_after"]:
        more = extra["wait"].format(wait=_duration(verdict["retry_after"], extra["units"]))
    elif verdict["temporary"] and verdict["remedy"] == "wait" and verdict["reason"] != "delayed":
        more = extra["retried"]
    elif verdict["reason"] in REFUSALS_OF_US:
        more = ADDRESS_IS_FINE[language]
    if verdict["remedy"] == "wait" and verdict["temporary"] is False:
        advice = extra["again"]
    elif verdict["remedy"] == "delist" and verdict["blocklist"] and verdict["blocklist"]["closed"]:
        advice = extra["dead_list"]
    if verdict["address_is_ours"] is False:
        advice = f"{advice} {extra['stranger'].format(address=verdict['address'])}"
    return _two_sentences(ticket, more), advice


def _about_list(found, extra):
    if found["closed"]:
        return extra["closed"].format(name=found["name"])
    where = extra["where"].format(lookup_url=found["lookup_url"]) if found["lookup_url"] else ""
    return extra["list"].format(name=found["name"], where=where)


def _duration(seconds, units):
    """Return a duration in words, in the largest unit that leaves no rest."""
    for size, names in zip((3600, 60, 1), units):
        if seconds % size == 0:
            number = seconds // size
            return f"{number} {names[number != 1]}"
    return str(seconds)


def _two_sentences(ticket, more):
    """Return the text with ``more``: after a single sentence, or in the place of a second one."""
    if not more:
        return ticket
    first = ticket.partition(". ")[0].rstrip(".")
    return f"{first}. {more}"
