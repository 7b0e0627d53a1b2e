# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Wording in German and, more briefly, in Dutch, Polish, Russian, Japanese and Chinese; without accents as phrases are."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

GERMAN = (
    rule(
        "de.unknown",
        "words",
        "user_unknown",
        (
            "wurde (in|unter|bei|auf) <host> nicht gefunden",
            "wurde nicht gefunden unter",
            (
                "(adresse|mailadresse|emailadresse|e-mail-adresse|postfach|konto|mailbox|benutzer|empfanger|account) [<address>] (ist"
                "|existiert|wird) nicht mehr"
                " [verfugbar|verfuegbar|vorhanden|gultig|gueltig|aktiv|in gebrauch|vergeben|genutzt|verwendet|erreichbar]"
            ),
            (
                "(benutzer|empfanger|adressat|postfach|konto|adresse|mailadresse|e-mail-adresse|emailadresse|nutzer|account|teilnehmer|empfangeradresse"
                "|mailbox|empfaenger|empfaengeradresse) [<address>|ist|nicht] [nicht|uns|hier|dem system] (unbekannt|bekannt|ungultig|ungueltig|gefunden"
                "|vorhanden|existent|falsch|existiert nicht)"
            ),
            (
                "(benutzer|empfanger|adressat|postfach|konto|adresse|empfangeradresse|account|mailbox|e-mail-adresse|empfaenger) ... (existiert nicht|nicht"
                " gefunden|nicht bekannt|unbekannt|nicht vorhanden|gibt es nicht|ungultig|nicht mehr gultig|konnte nicht gefunden werden|nicht zustellbar)"
            ),
            (
                "(kein|keine|keinen|unbekannter|unbekannte|ungultiger|ungultige|ungueltiger|ungueltige) (person|benutzer|empfanger|postfach|konto|adresse"
                "|empfangeradresse|mailbox|empfaenger|nutzer|empfaengeradresse) [mit diesem namen|unter diesem namen]"
            ),
        ),
        ("550 5.1.1 Benutzer unbekannt", "550 Empfängeradresse existiert nicht"),
        unless=("absender*", "domain ...", "rechner", "hostname"),
    ),
    rule(
        "de.full",
        "named",
        "mailbox_full",
        (
            (
                "(postfach|mailbox|konto|account|posteingang|mail-box|briefkasten) [des|ist|von] [empfangers|empfaengers|benutzers|adressaten|derzeit"
                "|<address>] [ist|derzeit] (voll|uberfullt|ueberfuellt)"
            ),
            (
                "(quota|speicherplatz|speichervolumen|kontingent|speicher|postfachgrosse|speicherlimit) ... (uberschritten|ueberschritten|erschopft|voll"
                "|erreicht|aufgebraucht|nicht ausreichend)"
            ),
            "(uberschreitet|ueberschreitet|uberschritten|ueberschritten) [das|die|seine|ihr] (quota|speicherplatz|kontingent|speichervolumen|postfachgrosse)",
            "zuviele mails auf dem server",
            "zu viele (mails|nachrichten) (auf dem server|im postfach)",
        ),
        ("552 Das Postfach des Empfängers ist voll", "452 Speicherplatz überschritten"),
    ),
    rule(
        "de.disabled",
        "words",
        "mailbox_disabled",
        (
            (
                "(benutzer|postfach|konto|account|empfanger|adresse|mailbox|empfaenger|nutzer) ... (deaktiviert|gesperrt|inaktiv|stillgelegt|geschlossen"
                "|abgelaufen|geloscht|nicht aktiv|gekundigt|geloescht)"
            ),
        ),
        ("550 Konto gesperrt",),
        unless=("ihre ip", "ip-adresse", "ihr server", "ihr mailserver", "absender*", "rechner", "voll"),
    ),
    rule(
        "de.domain",
        "words",
        "domain_unknown",
        ("(domain|domane|domaene) ... (existiert nicht|unbekannt|nicht gefunden|ungultig|nicht bekannt)",),
        ("550 Domain existiert nicht",),
        unless=("absender*", "ihre domain", "ihrer domain"),
    ),
    rule(
        "de.sender_domain",
        "named",
        "sender_domain_unresolvable",
        ("(absenderdomain|absender-domain|domain des absenders)",),
        ("550 Absenderdomain existiert nicht",),
    ),
    rule(
        "de.sender",
        "words",
        "sender_address_rejected",
        (
            (
                "(absender|absenderadresse|absender-adresse) ... (ungultig|abgelehnt|unbekannt|nicht erlaubt|nicht zulassig|existiert nicht|nicht akzeptiert"
                "|gesperrt|ungueltig|abgewiesen)"
            ),
        ),
        ("550 Absenderadresse abgelehnt",),
    ),
    rule(
        "de.too_big",
        "named",
        "message_too_big",
        (
            "(nachricht|mail|e-mail|anhang|datei) [ist] (zu gross|zu lang)",
            "(grosse|nachrichtengrosse|mailgrosse) ... (uberschreitet|ueberschreitet|maximal*|uberschritten|zulassig*)",
            "(uberschreitet|ueberschreitet) die [maximale|zulassige|erlaubte] (grosse|nachrichtengrosse)",
        ),
        ("552 Nachricht ist zu groß",),
    ),
    rule(
        "de.rate",
        "named",
        "rate_limited",
        (
            "zu viele (nachrichten|mails|e-mails|anfragen|zustellversuche|fehler)",
            "(limit|versandlimit|sendelimit) [fur|ist] ... (erreicht|uberschritten|ueberschritten)",
        ),
        ("450 Zu viele Nachrichten von Ihrem Server",),
        unless=("im postfach", "auf dem server"),
    ),
    rule("de.connections", "named", "too_many_connections", ("zu viele [gleichzeitige] (verbindungen|sitzungen)",), ("421 Zu viele Verbindungen",)),
    rule("de.recipients", "named", "too_many_recipients", ("zu viele (empfanger|empfaenger|adressaten)",), ("452 Zu viele Empfänger",)),
    rule(
        "de.listed",
        "named",
        "ip_blocklisted",
        ("(sperrliste|blackliste|schwarze liste|schwarzen liste|blockliste|sperrlisten)", "(ip|ip-adresse|server) ... (gelistet|blacklist|blocklist|gelisted)"),
        ("550 Ihre IP steht auf einer Sperrliste",),
        unless=("domain ... liste", "absender*"),
    ),
    rule(
        "de.blocked",
        "named",
        "ip_blocked",
        (
            (
                "(ihre|ihr|diese|dieser|von ihrer) (ip|ip-adresse|server|mailserver|rechner|host|ipadresse) ... (gesperrt|blockiert|abgelehnt|abgewiesen"
                "|geblockt|nicht erlaubt|verweigert)"
            ),
            "(gesperrt|blockiert|abgelehnt|abgewiesen|geblockt|verweigert) ... (ihre ip|ip-adresse|ihr server|ihr mailserver|ihrer ip)",
            "ip-adresse [ist] [gesperrt|blockiert] (gesperrt|blockiert)",
        ),
        ("554 Ihre IP-Adresse ist gesperrt",),
        remedy="delist",
    ),
    rule(
        "de.reputation",
        "named",
        "ip_reputation",
        ("(schlechte|schlechter|geringe|niedrige|mangelnde) reputation", "reputation (ihrer|ihres|zu|des) ..."),
        ("554 abgelehnt wegen schlechter Reputation",),
        remedy="delist",
    ),
    rule(
        "de.ptr",
        "named",
        "ptr_missing",
        (
            "(reverse dns|reverse-dns|ruckwartsauflosung|ptr-eintrag|reverse-lookup|reversedns|ruckwartiger|ptr-record|dns-ruckwartsauflosung) ...",
            "(kein|keinen|fehlender|fehlenden|ungultiger) (ptr|reverse|ptr-eintrag|reverse-eintrag|ptr-record)",
        ),
        ("550 Ihre IP hat keinen PTR-Eintrag",),
    ),
    rule(
        "de.relay",
        "named",
        "relay_denied",
        ("(relay|relaying|weiterleitung) ... (verweigert|nicht erlaubt|abgelehnt|verboten|nicht gestattet|untersagt)",),
        ("550 Relaying nicht erlaubt",),
    ),
    rule(
        "de.login",
        "named",
        "authentication_required",
        (
            "(authentifizierung|authentisierung|anmeldung) [ist] (erforderlich|fehlgeschlagen|notwendig|gescheitert|notig)",
            "(passwort|kennwort|zugangsdaten) [ist|sind] (falsch|ungultig)",
        ),
        ("535 Authentifizierung fehlgeschlagen",),
    ),
    rule(
        "de.posting",
        "named",
        "posting_not_allowed",
        (
            (
                "(nicht berechtigt|nicht erlaubt|keine berechtigung|nicht autorisiert|nicht die erforderlichen berechtigungen) ... (liste|gruppe|empfanger"
                "|verteiler|senden|posten|schreiben)"
            ),
            "nur [fur] (mitglieder|abonnenten)",
        ),
        ("550 Sie sind nicht berechtigt, an diese Liste zu schreiben",),
        unless=("relay*",),
    ),
    rule(
        "de.spam",
        "named",
        "spam_content",
        (
            "(als|wegen|unter|mutmasslich) [mutmasslicher|moglicher|verdacht auf|einem] spam*",
            "spam* [-] (verdacht|verdachtig|erkannt|eingestuft|filter|abgelehnt)",
            "(unerwunschte|unerwunschter) (werbung|nachricht|mail|e-mail)",
        ),
        ("550 Nachricht als Spam eingestuft",),
        unless=("ihre ip", "ip-adresse"),
    ),
    rule(
        "de.virus",
        "named",
        "virus",
        ("(enthalt|enthaelt|gefunden|infiziert) [einen|mit|ein] [einem] (virus|schadsoftware|schadcode)", "(virus|schadsoftware) (gefunden|entdeckt|erkannt)"),
        ("550 Die Nachricht enthält einen Virus",),
    ),
    rule(
        "de.content",
        "words",
        "content_rejected",
        ("(anhang|anhange|inhalt|dateityp|dateianhang|dateiendung) ... (nicht erlaubt|verboten|abgelehnt|blockiert|unzulassig|nicht zugelassen|gesperrt)",),
        ("554 Anhang nicht erlaubt",),
    ),
    rule(
        "de.system",
        "words",
        "system_error",
        ("(interner|temporarer|voruebergehender|vorubergehender|lokaler) (fehler|serverfehler)", "systemfehler", "(storung|stoerung) ..."),
        ("451 Interner Serverfehler",),
        unless=("dns",),
    ),
    rule(
        "de.later",
        "vague",
        "system_busy",
        (
            (
                "(versuchen sie es|versuchen|probieren|spater|bitte) [bitte|es|sie es|erneut|nochmals|noch einmal|wieder] [spater|spaeter] (spater|spaeter"
                "|erneut|noch einmal|nochmals|wieder) [erneut|noch einmal|wieder]"
            ),
            (
                "(dienst|server|system|service) [ist] [derzeit|momentan|zur zeit|vorubergehend|temporar] (nicht verfugbar|nicht verfuegbar|uberlastet|nicht"
                " erreichbar|ueberlastet|ausgelastet)"
            ),
            "(vorubergehend|voruebergehend|temporar) (abgelehnt|abgewiesen|nicht moglich|zuruckgewiesen)",
        ),
        ("451 Bitte versuchen Sie es später erneut",),
    ),
    rule(
        "de.connect",
        "words",
        "connection_failed",
        (
            "(verbindung|verbindungsaufbau) [zum|konnte|wurde|zu] ... (abgelehnt|nicht hergestellt|fehlgeschlagen|nicht moglich|verweigert|gescheitert)",
            "(zeituberschreitung|zeitueberschreitung)",
            "(antwortet nicht|nicht erreichbar)",
        ),
        ("Verbindung zum Server konnte nicht hergestellt werden",),
    ),
    rule(
        "de.policy",
        "vague",
        "policy",
        (
            (
                "(zugriff|nachricht|mail|e-mail|annahme|zugang|versand|zustellung) [wurde|ist] (verweigert|abgelehnt|abgewiesen|verboten|nicht erlaubt"
                "|gesperrt|nicht gestattet)"
            ),
            "(richtlinie|richtlinien|sicherheitsrichtlinie|sicherheitsrichtlinien)",
            "(abgelehnt|abgewiesen|verweigert)$",
        ),
        ("554 Zugriff verweigert",),
    ),
    rule(
        "de.expired",
        "vague",
        "expired",
        ("(zustellung|nachricht) ... (abgelaufen|aufgegeben|nicht innerhalb)", "konnte [seit|innerhalb] ... nicht zugestellt werden"),
        ("Zustellung nach fünf Tagen aufgegeben",),
        temporary=False,
        confidence="likely",
    ),
)

OTHERS = (
    rule(
        "nl.unknown",
        "words",
        "user_unknown",
        (
            "(gebruiker|ontvanger|adres|mailbox|postvak) ... (onbekend|bestaat niet|niet gevonden|ongeldig)",
            "onbekende (gebruiker|ontvanger)",
            "e-mailadres ... kan niet worden gevonden",
        ),
        ("550 Onbekende gebruiker",),
    ),
    rule("nl.full", "named", "mailbox_full", ("(mailbox|postvak|postbus) [van|is] [de|uw] [ontvanger|gebruiker] [is] vol",), ("552 De mailbox is vol",)),
    rule(
        "pl.unknown",
        "words",
        "user_unknown",
        (
            "nie ma takiego (konta|uzytkownika|adresu)",
            "(uzytkownik|konto|adres|adresat|skrzynka) ... nie istnieje",
            "nieznany (uzytkownik|odbiorca|adresat)",
            "^[<address>] nie istnieje",
            (
                "(uzytkownik|konto|adres|adresat|skrzynka|odbiorca) [<address>] nie (zostal|zostala|zostalo) (odnaleziony|odnaleziona"
                "|odnalezione|znaleziony|znaleziona|znalezione)"
            ),
        ),
        ("550 Nie ma takiego konta", "550 Konto nie istnieje"),
    ),
    rule(
        "pl.full",
        "named",
        "mailbox_full",
        ("(skrzynka|konto) ... (przepelnion*|pelna|pelne|zapelnion*)", "przekroczon* (limit|pojemnosc|quota)"),
        ("552 Skrzynka odbiorcy jest pełna",),
    ),
    rule("pl.disabled", "words", "mailbox_disabled", ("konto ... (zablokowan*|nieaktywn*)",), ("550 To konto jest zablokowane",)),
    rule("pl.spam", "named", "spam_content", ("(odrzucona|odrzucono) przez [system|filtr] antyspamow*",), ("550 Wiadomość odrzucona przez filtr antyspamowy",)),
    rule(
        "ru.unknown",
        "words",
        "user_unknown",
        (
            "пользователь ... (не наиден|не найден|не существует)",
            "(ящик|адрес|адресат|получатель) ... (не существует|не найден|не наиден|неизвестен)",
            "нет такого пользователя",
            "нет такого ящика",
        ),
        ("550 Нет такого пользователя",),
    ),
    rule(
        "ru.full", "named", "mailbox_full", ("(ящик|почтовый ящик|почтовыи ящик) [получателя] переполнен", "превышена квота"), ("552 Почтовый ящик переполнен",)
    ),
    rule("ru.spam", "named", "spam_content", ("(похоже на|признано|заблокировано как) спам*", "спам"), ("550 Сообщение похоже на спам",)),
    rule(
        "ja.unknown",
        "words",
        "user_unknown",
        ("宛先不明", "ユーザーが存在しません", "宛先が見つかりません", "アドレスが見つかりません", "存在しないアドレス"),
        ("550 宛先不明",),
    ),
    rule("ja.full", "named", "mailbox_full", ("メールボックスがいっぱい", "容量を超え"), ("552 メールボックスがいっぱいです",)),
    rule(
        "zh.unknown",
        "words",
        "user_unknown",
        ("用户不存在", "收件人不存在", "邮箱不存在", "无此用户", "地址不存在", "收件人地址不存在", "该用户未开通", "(帐号|账号|帐户|账户|帳號)不存在"),
        ("550 收件人邮箱不存在", "550 帐号不存在"),
    ),
    rule("zh.full", "named", "mailbox_full", ("邮箱已满", "邮箱空间不足", "容量已满", "信箱已滿", "邮箱容量不足", "收件人空间不足"), ("552 对方邮箱已满",)),
    rule("zh.spam", "named", "spam_content", ("垃圾邮件", "垃圾郵件"), ("554 被识别为垃圾邮件",)),
)

# What Google Groups writes to a sender whose message a group does not take.
GROUPS = (
    rule(
        "groups.de",
        "named",
        "posting_not_allowed",
        ("gruppe ... moglicherweise nicht vorhanden", "gruppennamen ... nicht richtig"),
        ("Sie haben den Gruppennamen nicht richtig geschrieben",),
        side="either",
        url="https://support.google.com/groups/answer/2464926",
    ),
    rule(
        "groups.en",
        "named",
        "posting_not_allowed",
        (
            "group you tried to contact ... may not exist",
            "may not have permission to post messages to the group",
            "(might|may) have spelled or formatted the group name incorrectly",
        ),
        ("You may not have permission to post messages to the group",),
        side="either",
        url="https://support.google.com/groups/answer/2464926",
    ),
    rule(
        "groups.es",
        "named",
        "posting_not_allowed",
        ("(el|al) grupo ... (no exista|no existe|permiso para publicar|unirse al grupo)", "nombre del grupo ... incorrect*"),
        ("Es posible que no tenga permiso para publicar en el grupo: el grupo no existe",),
        side="either",
        url="https://support.google.com/groups/answer/2464926",
    ),
    rule(
        "groups.fr",
        "named",
        "posting_not_allowed",
        ("groupe ... (n'existe pas|n'existe peut-etre|autorise a publier|publier des messages)", "nom du groupe ..."),
        ("Le groupe que vous essayez de contacter n'existe pas",),
        side="either",
        url="https://support.google.com/groups/answer/2464926",
    ),
    rule(
        "groups.it",
        "named",
        "posting_not_allowed",
        ("gruppo ... (non esista|non esiste|pubblicare messaggi|autorizzato a pubblicare)", "nome del gruppo ..."),
        ("Il gruppo che hai provato a contattare non esiste",),
        side="either",
        url="https://support.google.com/groups/answer/2464926",
    ),
    rule(
        "groups.pt",
        "named",
        "posting_not_allowed",
        ("permissao para (postar|publicar) [mensagens] (no|nesse|neste) grupo", "grupo ... nao existir", "nome do grupo ..."),
        ("Você pode não ter permissão para postar mensagens no grupo",),
        side="either",
        url="https://support.google.com/groups/answer/2464926",
    ),
    rule(
        "groups.others",
        "named",
        "posting_not_allowed",
        (
            "المجموعة ... غير موجودة",
            "ομαδα ... να μην υπαρχει",
            "ομάδα ... να μην υπάρχει",
            "групп* ... не существует",
            "グループ ... 存在しない",
            "群组 ... 不存在",
            "群組 ... 不存在",
            "gruppen ... finns inte",
            "groep ... niet bestaat",
            "grupa ... nie istnieje",
            "grup ... mevcut olmayabilir",
        ),
        ("De groep die u probeert te bereiken niet bestaat",),
        side="either",
        url="https://support.google.com/groups/answer/2464926",
    ),
)

RULES = GERMAN + OTHERS + GROUPS
