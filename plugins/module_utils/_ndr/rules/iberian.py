# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Wording in Spanish and Portuguese, without accents as phrases are."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

SPANISH = (
    rule(
        "es.unknown",
        "words",
        "user_unknown",
        (
            "no se (encontro|ha encontrado) ... en <host>",
            (
                "(usuario|destinatario|buzon|cuenta|direccion|casilla|cuenta de correo|direccion de correo|direccion de correo electronico|correo|buzon de"
                " correo|casilla de correo) [<address>|de|destino|electronico]"
                " [es|esta|<address>] (desconocido|desconocida|inexistente|invalido|invalida|inexistentes|no valido|no valida|incorrecto|incorrecta|erroneo"
                "|erronea|no encontrado|no encontrada|no existe)"
            ),
            "no existe [el|la|ese|ningun|esa|tal] [usuario|destinatario|buzon|cuenta|direccion|casilla|correo]",
            (
                "(no existe|no se encuentra|no se encontro|no figura|no se ha encontrado|no fue encontrado|no ha sido encontrado|no pudo encontrarse|no se"
                " pudo encontrar) ... (usuario|destinatario|buzon|cuenta|direccion|directorio|libreta|casilla|destino)"
            ),
            (
                "(usuario|destinatario|cuenta|buzon|direccion|casilla|correo) ... (no existe|no se encuentra|no encontrado|no se encontro|no fue encontrado|no"
                " es valid*|no fue encontrada)"
            ),
            "(direccion|usuario) de destino (errone*|incorrect*|invalid*|inexistente)",
            "destino erronea",
            "nadie con (esta|esa) direccion",
        ),
        ("550 5.1.1 Usuario desconocido", "550 La cuenta de correo no existe", "550 El destinatario no fue encontrado en el directorio"),
        unless=("remitente", "dominio ...", "servidor no existe"),
    ),
    rule(
        "es.full",
        "named",
        "mailbox_full",
        (
            (
                "(buzon|casilla|cuenta|bandeja|bandeja de entrada|correo) [de|del|destino] [correo|usuario|destinatario|entrada] [esta|se encuentra] (lleno"
                "|llena|saturado|saturada)"
            ),
            "(cuota|espacio|capacidad) ... (excedid*|superad*|agotad*|sobrepasad*|llen*)",
            "(excede|excedio|excedido|supera|superado|ha superado|sobrepaso|sobrepasa) ... (cuota|espacio|limite de almacenamiento|capacidad)",
            "(sin espacio|no hay espacio|no tiene espacio|no queda espacio) ... (buzon|cuenta|casilla|almacenamiento|destinatario)",
            "(buzon|casilla) llen*",
        ),
        ("552 5.2.2 El buzón del destinatario está lleno", "452 cuota excedida"),
    ),
    rule(
        "es.disabled",
        "words",
        "mailbox_disabled",
        (
            (
                "(usuario|cuenta|buzon|casilla|destinatario|direccion) ... (deshabilitad*|desactivad*|suspendid*|inactiv*|bloquead*|cancelad*|cerrad*|dad* de"
                " baja|expirad*)"
            ),
            "estado: inactivo",
            "por falta de uso",
        ),
        ("550 La cuenta ha sido suspendida",),
        unless=("su ip", "su servidor", "direccion ip", "remitente", "llen*", "ip"),
    ),
    rule(
        "es.domain",
        "words",
        "domain_unknown",
        (
            "dominio ... (no existe|desconocido|inexistente|no encontrado|no valido|invalido|no se encuentra)",
            "(no existe|no se encuentra) el dominio",
            "no se (encontro|encuentra) el dominio",
        ),
        ("550 El dominio no existe",),
        unless=("remitente", "su dominio", "helo"),
    ),
    rule(
        "es.sender",
        "words",
        "sender_address_rejected",
        (
            "remitente ... (rechazado|no permitido|no valido|invalido|bloqueado|desconocido|no autorizado|no aceptado|denegado|no existe|inexistente)",
            "(direccion|dominio) de origen ... (rechazad*|no permitid*|no valid*|invalid*|bloquead*|no autorizad*)",
        ),
        ("550 Remitente rechazado",),
        unless=("dominio del remitente", "lista negra", "spam", "destinatario"),
    ),
    rule(
        "pt.sender",
        "words",
        "sender_address_rejected",
        ("remetente ... (rejeitado|nao permitido|invalido|bloqueado|desconhecido|nao autorizado|nao aceito|recusado|nao existe|inexistente)",),
        ("550 Remetente rejeitado",),
        unless=("dominio do remetente", "lista negra", "spam", "destinatario"),
    ),
    rule(
        "es.sender_domain", "named", "sender_domain_unresolvable", ("dominio del remitente", "dominio remitente"), ("550 El dominio del remitente no existe",)
    ),
    rule(
        "es.too_big",
        "named",
        "message_too_big",
        (
            "(mensaje|correo|adjunto|archivo) [es] (demasiado|muy) grande",
            "(tamano|peso) ... (excede|supera|maximo|permitido|excedido)",
            "(excede|supera) [el] [limite de] tamano",
        ),
        ("552 El tamaño del mensaje supera el máximo permitido",),
    ),
    rule(
        "es.greylisted",
        "named",
        "greylisted",
        ("lista[s] gris*", "listas grises", "lista gris", "(reintente|vuelva a intentarlo|intentelo) en <n> (segundos|minutos)"),
        ("451 Su servidor está en lista gris",),
        temporary=True,
    ),
    rule(
        "es.rate",
        "named",
        "rate_limited",
        (
            "(demasiados|muchos) (mensajes|correos|envios|intentos)",
            "(limite|cuota) ... (envio|envios|mensajes por|correos por|por hora|por dia)",
            "(excedido|superado|supero|excedio) ... (limite de envio|mensajes por|por hora|por dia|correos por)",
        ),
        ("450 Ha superado el límite de envíos por hora", "421 demasiados mensajes"),
    ),
    rule(
        "es.connections",
        "named",
        "too_many_connections",
        ("demasiadas (conexiones|sesiones)", "(limite|numero maximo) de conexiones"),
        ("421 demasiadas conexiones desde su servidor",),
    ),
    rule(
        "es.recipients",
        "named",
        "too_many_recipients",
        ("demasiados destinatarios", "(limite|numero maximo) de destinatarios"),
        ("452 demasiados destinatarios",),
    ),
    rule(
        "es.listed",
        "named",
        "ip_blocklisted",
        ("listas negras", "lista negra", "(listada|listado|incluida|incluido|aparece|figura) en ... (lista|rbl|dnsbl|spamhaus)", "(listas|lista) de bloqueo"),
        ("550 Su IP está en una lista negra",),
        unless=("dominio ... lista", "remitente"),
    ),
    rule(
        "es.blocked",
        "named",
        "ip_blocked",
        (
            "(su|tu|la) (ip|direccion ip|servidor|servidor de correo) ... (bloquead*|rechazad*|no permitid*|denegad*|restringid*|vetad*)",
            "(bloquead*|rechazad*) ... (su ip|su servidor|su direccion ip|la ip|direccion ip)",
            "ip bloqueada",
        ),
        ("554 Su dirección IP ha sido bloqueada",),
        remedy="delist",
    ),
    rule(
        "es.reputation",
        "named",
        "ip_reputation",
        ("(mala|baja|pobre) reputacion", "reputacion [de] [su|la] [ip|baja|mala|servidor]"),
        ("554 rechazado por mala reputación",),
        remedy="delist",
    ),
    rule(
        "es.ptr",
        "named",
        "ptr_missing",
        (
            "(dns|resolucion|registro) (inverso|inversa|reverso|reversa|ptr)",
            "(sin|no tiene|falta) [registro|el registro] (ptr|dns inverso|reverso)",
            "(no se puede|no se pudo|no puedo) resolver [el nombre de] [su|la] (ip|servidor|direccion)",
        ),
        ("550 Su IP no tiene DNS inverso",),
    ),
    rule(
        "es.relay",
        "named",
        "relay_denied",
        (
            "(relay|retransmision|reenvio) ... (denegad*|no permitid*|no autorizad*|prohibid*|rechazad*)",
            "no se permite [el] (relay|reenvio)",
            "(no esta autorizado|no autorizado) ... (relay|reenviar)",
        ),
        ("550 relay no permitido",),
    ),
    rule(
        "es.login",
        "named",
        "authentication_required",
        (
            "(requiere|necesita|debe|se requiere) (autenticacion|autenticarse|autenticar|identificarse|autentificacion)",
            "(autenticacion|autentificacion) (requerida|fallida|necesaria|incorrecta|erronea)",
            "(usuario o contrasena|contrasena|credenciales) (incorrect*|invalid*)",
        ),
        ("535 autenticación fallida",),
    ),
    rule(
        "es.posting",
        "named",
        "posting_not_allowed",
        (
            "(no tiene|sin) (permiso|permisos|autorizacion) para enviar",
            "no (esta autorizado|puede|tiene permitido) [a] enviar ... (lista|grupo|destinatario|direccion)",
            "solo ... (miembros|suscriptores|remitentes autorizados)",
        ),
        ("550 No tiene permiso para enviar a esta lista",),
    ),
    rule(
        "es.spam",
        "named",
        "spam_content",
        (
            (
                "(considerado|identificado|clasificado|detectado|rechazado|marcado|catalogado|bloqueado) [como|por|ser] [posible|probable|un] (spam|correo no"
                " deseado|correo basura|no deseado)"
            ),
            "correo (no deseado|basura)",
            "(parece|es) [ser] spam",
            "(contiene|contenido) ... spam",
        ),
        ("550 Mensaje rechazado por spam: considerado spam",),
        unless=("su ip", "ip", "lista negra"),
    ),
    rule(
        "es.virus",
        "named",
        "virus",
        ("(contiene|detectado|encontrado|con|infectado) [un|por|posible] [posible] virus", "mensaje infectado"),
        ("550 El mensaje contiene un virus",),
    ),
    rule(
        "es.content",
        "words",
        "content_rejected",
        ("(contenido|adjunto|adjuntos|archivo|extension) ... (no permitid*|prohibid*|rechazad*|bloquead*)", "(rechazado|bloqueado) por [el|su] contenido"),
        ("554 adjunto no permitido",),
    ),
    rule(
        "es.system",
        "words",
        "system_error",
        ("error (interno|temporal|del servidor|en el servidor|local)", "(fallo|falla|problema) (temporal|interno|interna) [del|en el] [servidor]"),
        ("451 error interno del servidor",),
        unless=("dns",),
    ),
    rule(
        "es.disk",
        "named",
        "system_full",
        ("(espacio|almacenamiento) insuficiente [en] [el] [disco|sistema|servidor]", "(disco|servidor) (lleno|sin espacio)"),
        ("452 espacio insuficiente en el sistema",),
    ),
    rule(
        "es.later",
        "vague",
        "system_busy",
        (
            (
                "(intente|intentelo|reintente|intenta|pruebe|vuelva a intentarlo|vuelva a intentar|intentar) [de nuevo|nuevamente|otra vez] [mas tarde|mas]"
                " (mas tarde|tarde|luego|despues|posteriormente|nuevamente|de nuevo)"
            ),
            "(servicio|servidor) [temporalmente|momentaneamente] (no disponible|ocupado|saturado)",
            "(rechazo|rechazado) temporal*",
        ),
        ("451 inténtelo de nuevo más tarde", "421 servicio no disponible"),
    ),
    rule(
        "es.expired",
        "vague",
        "expired",
        (
            "(mensaje|correo) [ha] (caducado|expirado|vencido|caduco|expiro) [en] [la] [cola]",
            "(tiempo|plazo) de entrega (vencido|agotado|expirado|excedido)",
            "(mensaje|correo) (caducado|expirado|vencido)",
            "no se (pudo|ha podido) entregar ... (dias|horas)",
        ),
        ("tiempo de entrega vencido",),
        temporary=False,
        confidence="likely",
    ),
    rule(
        "es.connect",
        "words",
        "connection_failed",
        (
            "(no se pudo|no se puede|imposible|no ha sido posible|no fue posible) (conectar|establecer conexion|establecer la conexion|contactar)",
            "conexion (rechazada|fallida)",
            "(tiempo de espera|tiempo) [de conexion] agotado",
            "servidor [de destino|remoto] no responde",
        ),
        ("no se pudo conectar con el servidor",),
    ),
    rule(
        "es.policy",
        "vague",
        "policy",
        (
            "(acceso|mensaje|correo|envio) (denegado|rechazado|no autorizado|no permitido|prohibido|bloqueado)",
            "politica* [de] [seguridad|uso|local|la empresa]",
            "(rechazado|denegado|bloqueado) por [las|la|el] [politica*|administrador|seguridad|reglas]",
        ),
        ("554 acceso denegado", "550 rechazado por políticas de seguridad"),
    ),
    rule(
        "es.delayed",
        "vague",
        "delayed",
        ("(entrega|mensaje|envio) [ha sido|se ha|fue] (retrasad*|demorad*|aplazad*)", "se (seguira|continuara) intentando"),
        ("la entrega se ha retrasado",),
        temporary=True,
        confidence="likely",
    ),
)

PORTUGUESE = (
    rule(
        "pt.unknown",
        "words",
        "user_unknown",
        (
            (
                "(usuario|utilizador|destinatario|caixa postal|caixa de correio|conta|endereco|email|e-mail|conta de email|endereco de email|caixa) [<address>"
                "|de|destino] [e|esta|<address>]"
                " (desconhecido|desconhecida|inexistente|invalido|invalida|nao encontrado|nao encontrada|nao existe|incorreto|nao cadastrado|errado)"
            ),
            (
                "(usuario|utilizador|destinatario|conta|caixa|endereco|caixa postal) ... (nao existe|nao encontrad*|nao foi encontrad*|desconhecid*"
                "|inexistente|nao cadastrad*)"
            ),
            "nao existe [o|a|este|esta|essa|esse] [usuario|utilizador|destinatario|conta|endereco|caixa|email]",
            "nao foi possivel (encontrar|localizar) ... (usuario|destinatario|endereco|conta)",
        ),
        ("550 Usuário desconhecido", "550 5.1.1 a conta não existe"),
        unless=("remetente", "dominio ..."),
    ),
    rule(
        "pt.full",
        "named",
        "mailbox_full",
        (
            (
                "(caixa|caixa postal|caixa de correio|caixa de entrada|conta|mailbox) [do|de] [destinatario|usuario|email] [esta|encontra-se] (cheia|lotada"
                "|cheio|lotado)"
            ),
            "(cota|quota|espaco|limite de armazenamento|capacidade) ... (excedid*|esgotad*|ultrapassad*|atingid*|cheia|cheio)",
            "(excedeu|excede|ultrapassou|atingiu|sem) ... (cota|quota|espaco|capacidade de armazenamento)",
        ),
        ("552 A caixa postal do destinatário está cheia", "452 cota excedida"),
    ),
    rule(
        "pt.disabled",
        "words",
        "mailbox_disabled",
        (
            (
                "(usuario|utilizador|conta|caixa|caixa postal|destinatario|endereco) ... (desativad*|desabilitad*|suspens*|inativ*|bloquead*|cancelad*"
                "|encerrad*|expirad*)"
            ),
        ),
        ("550 conta suspensa pelo provedor",),
        unless=("seu ip", "seu servidor", "endereco ip", "remetente", "ip", "cheia"),
    ),
    rule(
        "pt.domain",
        "words",
        "domain_unknown",
        ("dominio ... (nao existe|desconhecido|inexistente|nao encontrado|invalido)",),
        ("550 O domínio não existe",),
        unless=("remetente", "seu dominio"),
    ),
    rule("pt.sender_domain", "named", "sender_domain_unresolvable", ("dominio do remetente",), ("550 domínio do remetente não existe",)),
    rule(
        "pt.too_big",
        "named",
        "message_too_big",
        (
            "(mensagem|email|anexo|arquivo) [e] (muito|demasiado) grande",
            "tamanho ... (excede|ultrapassa|maximo|permitido|excedido)",
            "(excede|ultrapassa) [o] [limite de] tamanho",
        ),
        ("552 O tamanho da mensagem excede o limite",),
    ),
    rule(
        "pt.greylisted", "named", "greylisted", ("lista cinza", "listas cinzas", "greylisting lista cinza"), ("451 você está na lista cinza",), temporary=True
    ),
    rule(
        "pt.rate",
        "named",
        "rate_limited",
        (
            "(muitas|demasiadas|excesso de) (mensagens|tentativas)",
            "(limite|cota) de (envio|mensagens)",
            "(excedeu|ultrapassou|atingiu) ... (limite de envio|mensagens por|por hora|por dia|emails por)",
        ),
        ("450 limite de envio excedido",),
    ),
    rule(
        "pt.connections",
        "named",
        "too_many_connections",
        ("(muitas|demasiadas|excesso de) (conexoes|ligacoes|sessoes)", "limite de conexoes"),
        ("421 muitas conexões do seu servidor",),
    ),
    rule("pt.recipients", "named", "too_many_recipients", ("(muitos|excesso de) destinatarios", "limite de destinatarios"), ("452 muitos destinatários",)),
    rule(
        "pt.blocked",
        "named",
        "ip_blocked",
        (
            "(seu|o|teu) (ip|endereco ip|servidor|host) ... (bloquead*|rejeitad*|recusad*|nao autorizad*|negad*|banid*)",
            "(bloquead*|rejeitad*|recusad*) ... (seu ip|seu servidor|endereco ip)",
            "ip bloqueado",
        ),
        ("554 Seu endereço IP foi bloqueado",),
        remedy="delist",
    ),
    rule(
        "pt.listed",
        "named",
        "ip_blocklisted",
        (
            "(seu|o) (ip|servidor|endereco) ... (lista negra|listas negras|blacklist|lista de bloqueio)",
            "(listado|incluido|consta|presente) (em|na|numa) [uma] [lista|rbl|dnsbl]",
        ),
        ("550 Seu IP consta na lista negra: seu ip está na lista negra",),
        counter=("553 este domínio não consta na minha lista de rcpthosts autorizados (#5.7.1)",),
        unless=("nao (listado|incluido|consta|presente)",),
    ),
    rule("pt.reputation", "named", "ip_reputation", ("(ma|baixa|pessima) reputacao", "reputacao ..."), ("554 rejeitado: baixa reputação",), remedy="delist"),
    rule(
        "pt.ptr",
        "named",
        "ptr_missing",
        ("(dns|resolucao|registro) (reverso|reversa|ptr|inverso)", "(sem|nao possui|falta) [registro] (ptr|dns reverso|reverso)"),
        ("550 Seu IP não possui DNS reverso",),
    ),
    rule(
        "pt.relay",
        "named",
        "relay_denied",
        ("(relay|retransmissao) ... (negad*|nao permitid*|nao autorizad*|proibid*|recusad*)", "nao permite relay"),
        ("550 relay não permitido aqui",),
        unless=("no permitido",),
    ),
    rule(
        "pt.login",
        "named",
        "authentication_required",
        (
            "(requer|necessaria|exige|falha de|falha na|erro de|necessita) [de] autenticacao",
            "remetente nao [e] valido para o seu (login|usuario)",
            "autenticacao (necessaria|falhou|requerida|invalida|obrigatoria)",
            "(usuario ou senha|senha) (incorret*|invalid*)",
        ),
        ("535 falha na autenticação",),
    ),
    rule(
        "pt.posting",
        "named",
        "posting_not_allowed",
        ("(nao tem|sem) permissao para enviar", "nao (esta autorizado|autorizado|pode) [a] enviar ... (lista|grupo|destinatario|endereco)"),
        ("550 Você não tem permissão para enviar a este grupo",),
    ),
    rule(
        "pt.spam",
        "named",
        "spam_content",
        (
            "por conter (spam|conteudo de spam)",
            "(considerad*|identificad*|classificad*|detectad*|rejeitad*|marcad*|bloquead*) [como|por] [possivel|ser|um] (spam|lixo eletronico|indesejado)",
            "lixo eletronico",
            "(parece|e) [ser] spam",
        ),
        ("550 Mensagem rejeitada como spam",),
        unless=("seu ip", "lista negra"),
    ),
    rule(
        "pt.virus",
        "named",
        "virus",
        ("(contem|detectado|encontrado|infectad*) [um|com|por] virus", "mensagem infectada"),
        ("550 A mensagem contém um vírus: contem virus",),
    ),
    rule(
        "pt.content",
        "words",
        "content_rejected",
        ("(conteudo|anexo|anexos|arquivo|extensao) ... (nao permitid*|proibid*|rejeitad*|bloquead*)",),
        ("554 anexo não permitido",),
    ),
    rule(
        "pt.system",
        "words",
        "system_error",
        ("erro (interno|temporario|local|do servidor|no servidor)", "falha (temporaria|interna)", "acao solicitada (cancelada|abortada|nao executada)"),
        ("451 erro temporário do sistema",),
        unless=("dns",),
    ),
    rule(
        "pt.later",
        "vague",
        "system_busy",
        (
            "(tente|tentar|tente novamente|tente de novo|tentar novamente) mais tarde",
            "(servico|servidor) [temporariamente] (indisponivel|ocupado|nao disponivel)",
            "temporariamente (rejeitad*|indisponivel|recusad*)",
        ),
        ("451 tente novamente mais tarde",),
    ),
    rule(
        "pt.connect",
        "words",
        "connection_failed",
        ("(nao foi possivel|impossivel) (conectar|estabelecer)", "conexao (recusada|falhou)", "tempo [limite] [de conexao] esgotado"),
        ("não foi possível conectar ao servidor",),
    ),
    rule(
        "pt.policy",
        "vague",
        "policy",
        (
            "(acesso|mensagem|email|envio) (negado|rejeitad*|recusad*|nao autorizad*|bloquead*)",
            "politica* [de] [seguranca|uso|local]",
            "(rejeitad*|recusad*|negad*) (por|pelo|pela) [administrador|politica*|regras|seguranca]",
            "falha na transacao",
        ),
        ("554 acesso negado",),
    ),
)

RULES = SPANISH + PORTUGUESE
