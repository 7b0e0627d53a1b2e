# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The short words of a report, in English and Spanish: a reason in two or three words, a remedy as an order."""

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
    "and more": ("and {} more", "y {} más"),
    "not true": ("not true", "no se cumple"),
    "no refusal is ours": ("no refusal is ours", "ningún rechazo es nuestro"),
    "no refusal is known to be ours": ("no refusal is known to be ours", "de ningún rechazo consta que sea nuestro"),
    "send from": ("Send from {} ({})", "Enviar desde {} ({})"),
}


def word(table, key, language):
    """The word of ``key`` in ``language`` (en, es); the key itself where the table has none."""
    words = table.get(key)
    return words[1 if language == "es" else 0] if words else key.replace("_", " ")
