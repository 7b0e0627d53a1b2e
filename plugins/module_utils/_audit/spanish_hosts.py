# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a host says of its own settings and log, and why lists and resolver are not believed, in Spanish; ``spanish.py`` uses the tables."""

from __future__ import annotations

# Warnings of ``mail_host_info``. Those that a mail system has logged itself stay in its words.
WARNINGS = (
    ("{} has {}, which is no address: nothing is sent with it", "{} tiene {}, que no es una dirección: con ello no se envía nada"),
    (
        "{} has {}, which no interface of this host has: nothing is sent with it",
        "{} tiene {}, que no está en ninguna interfaz de este servidor: con ello no se envía nada",
    ),
    ("{} is {}, which is no address: this transport sends nothing", "{} es {}, que no es una dirección: este transporte no envía nada"),
    (
        "{} is {}, which no interface of this host has: this transport sends nothing",
        "{} es {}, que no está en ninguna interfaz de este servidor: este transporte no envía nada",
    ),
    (
        "{} is {}, which no interface of this host has: mail leaves from another address",
        "{} es {}, que no está en ninguna interfaz de este servidor: el correo sale de otra dirección",
    ),
    (
        "the interface that mail leaves from is chosen by the routing table (deliveryconfig: Auto); the log names it for every connection",
        "la tabla de rutas elige la interfaz por la que sale el correo (deliveryconfig: Auto); el registro la nombra en cada conexión",
    ),
    (
        "no output of interfaceconfig: the addresses and the HELO names of this gateway are not known",
        "falta la salida de interfaceconfig: no se conocen las direcciones ni los nombres HELO de esta pasarela",
    ),
    (
        "no export of Get-SendConnector: the addresses and the HELO name of this server are its own",
        "falta la exportación de Get-SendConnector: las direcciones y el nombre HELO de este servidor son los suyos propios",
    ),
    (
        "Send connector {}: SourceIPAddress {} is heeded by Edge Transport servers only",
        "Conector de envío {}: SourceIPAddress {} solo lo tienen en cuenta los servidores Edge Transport",
    ),
    (
        "Send connector {}: FrontendProxyEnabled; mail leaves from the address of the server whose front end takes it",
        "Conector de envío {}: FrontendProxyEnabled; el correo sale de la dirección del servidor cuyo front-end lo toma",
    ),
    ("{} is an expansion, {}: the source address depends on the message", "{} es una expansión, {}: la dirección de salida depende del mensaje"),
    ("{} is an expansion, {}: its next hops are not known", "{} es una expansión, {}: no se conocen sus siguientes saltos"),
    (
        "{}: the line at which the last run ended ({}) is gone; lines since then may be missing",
        "{}: ya no está la línea en que acabó la última lectura ({}); pueden faltar líneas desde entonces",
    ),
    ("{}: reading stopped: {}", "{}: la lectura se detuvo: {}"),
    ("{}: a line of more than {} bytes was left out before offset {}", "{}: se dejó fuera una línea de más de {} bytes antes de la posición {}"),
    ("{} cannot be read: {}", "{} no se puede leer: {}"),
    ("smtpd.conf includes {}, which cannot be read", "smtpd.conf incluye {}, que no se puede leer"),
    ("{} cannot be read here: the source address is not known", "{} no se puede leer aquí: no se conoce la dirección de salida"),
    ("{} cannot be read here; its next hops are not known", "{} no se puede leer aquí; no se conocen sus siguientes saltos"),
    (
        "control/{} is there, but this qmail-remote does not read it: mail leaves from the address that the kernel chooses",
        "control/{} está ahí, pero este qmail-remote no lo lee: el correo sale de la dirección que elige el núcleo",
    ),
    (
        "sendmail.cf ClientPortOptions has the modifier h: the HELO name is what the DNS calls the source address",
        "ClientPortOptions de sendmail.cf tiene el modificador h: el nombre HELO es el que el DNS da a la dirección de salida",
    ),
    ("no log was found, looked for: {}", "no se encontró ningún registro, se buscó: {}"),
    ("none of the log's {} lines begins with a time in a known form", "ninguna de las {} líneas del registro empieza por una hora en una forma conocida"),
    (
        "what was stored of this host could not be used, so only what was read now counts: {}",
        "lo guardado de este servidor no se pudo usar, así que solo cuenta lo leído ahora: {}",
    ),
)

# Why a resolver, and why a list, is not believed (``_dns/dnsbl.py``, ``_dns/zones.py``).
DOUBTS = (
    (
        "the resolver answers {} for names that do not exist: nothing that it says can be believed",
        "el resolutor contesta {} a nombres que no existen: no se puede creer nada de lo que dice",
    ),
    (
        "this resolver is refused by {}: use one of your own that asks the root servers itself, no public one",
        "{} rechaza este resolutor: use uno propio que pregunte él mismo a los servidores raíz, no uno público",
    ),
    (
        "this resolver says of every list that nothing is listed, even of the entries made for tests: it hides the lists",
        "este resolutor dice de todas las listas que no incluyen nada, ni las entradas de prueba: oculta las listas",
    ),
    (
        "this resolver answers addresses outside 127.0.0.0/8 for most lists: it rewrites answers",
        "este resolutor contesta direcciones fuera de 127.0.0.0/8 en casi todas las listas: reescribe las respuestas",
    ),
    ("no nameserver answered any question about a list", "ningún servidor de nombres contestó a ninguna pregunta sobre una lista"),
    ("the nameserver failed every question about a list", "el servidor de nombres falló en todas las preguntas sobre una lista"),
    ("not for {}: {}", "no para {}: {}"),
    ("nothing that it takes was asked", "no se preguntó nada de lo que acepta"),
    ("it answered {}, and no list answers outside 127.0.0.0/8", "contestó {}, y ninguna lista contesta fuera de 127.0.0.0/8"),
    ("it answered {}, which it does not document", "contestó {}, que no está en su documentación"),
    ("it lists what no list may list: it answers for everything", "incluye lo que ninguna lista puede incluir: contesta a todo"),
    (
        "its test point is not listed: it is empty, or this resolver hides what it says",
        "su entrada de prueba no está incluida: está vacía, o este resolutor oculta lo que dice",
    ),
    ("it needs a key: {}", "necesita una clave: {}"),
    ("no answer in time", "no hubo respuesta a tiempo"),
    ("the nameserver answered {}", "el servidor de nombres contestó {}"),
    ("the nameserver does not look names up for others", "el servidor de nombres no resuelve nombres para otros"),
    ("the key is disabled", "la clave está desactivada"),
    ("the key is not accepted", "no se acepta la clave"),
    ("the list says that the zone name is misspelt", "la lista dice que el nombre de la zona está mal escrito"),
    (
        "the list refuses this resolver, because it is public or its name does not tell whose it is",
        "la lista rechaza este resolutor, porque es público o su nombre no dice de quién es",
    ),
    (
        "too many questions came from this resolver, or it is not registered",
        "llegaron demasiadas preguntas de este resolutor, o no está registrado",
    ),
    ("the list answered with an error code", "la lista contestó con un código de error"),
    ("the list refuses this resolver", "la lista rechaza este resolutor"),
)
