# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A few words of the commonest causes in more languages: Czech, Slovak, Polish, the Nordic languages, Finnish, Hungarian, Romanian, Turkish, Greek, Ukrainian,
Bulgarian, Serbo-Croatian, Slovene, Hebrew, Arabic, Vietnamese, Indonesian and Thai.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

RULES = (
    rule(
        "languages.unknown",
        "words",
        "user_unknown",
        (
            (
                "(uzivatel|prijemce|adresat|schranka|adresa|pouzivatel|prijimatel|ucet) ... (neexistuje|nenalezen|nenalezena|nenajdeny|neznamy|neznama"
                "|nebyl nalezen|nebyla nalezena)"
            ),
            "(neznamy|neznama|neplatny|neplatna) (uzivatel|prijemce|adresat|adresa|pouzivatel|prijimatel|schranka)",
            (
                "(anvandaren|mottagaren|adressen|kontot|brevladan|brukeren|mottakeren|postboksen|kontoen|brugeren|modtageren|postkassen) ... (finns inte"
                "|finnes ikke|findes ikke|eksisterer ikke|existerar inte|hittades inte|ble ikke funnet|blev ikke fundet|er ukjent|er ukendt|ar okand)"
            ),
            "(okand|ukjent|ukendt|ogiltig|ugyldig) (anvandare|mottagare|adress|bruker|mottaker|adresse|bruger|modtager)",
            "(kayttajaa|vastaanottajaa|postilaatikkoa|osoitetta) ei (loydy|ole|loytynyt|tunneta)",
            "tuntematon (kayttaja|vastaanottaja|osoite)",
            "(felhasznalo|cimzett|postafiok|cim) ... (nem letezik|nem talalhato|ismeretlen)",
            "ismeretlen (felhasznalo|cimzett|cim)",
            "(utilizatorul|destinatarul|casuta postala|adresa|contul) ... (nu exista|inexistent|inexistenta|necunoscut)",
            "(kullanici|alici|posta kutusu|adres|hesap) ... (bulunamadi|mevcut degil|yok|gecersiz|bilinmiyor)",
            "(korisnik|primatelj|primalac|adresa|uporabnik|prejemnik|naslov) ... (ne postoji|nije pronaden|ne obstaja|ni najden|nepoznat|neznan)",
            "ni bilo mogoce najti ... (naslova|prejemnika|uporabnika)",
            "(користувача|користувач|отримувача|адреси|скриньки) ... (не існує|не знайдено|не найдено)",
            "(потребителят|потребител|получателят|адресът) ... (не съществува|не е намерен)",
            "(χρηστης|χρήστης|παραληπτης|παραλήπτης|διευθυνση|διεύθυνση) ... (δεν υπαρχει|δεν υπάρχει|δεν βρεθηκε|δεν βρέθηκε|αγνωστος|άγνωστος)",
            "(المستخدم|المستلم|العنوان|الحساب) ... (غير موجود|غير معروف|غير صحيح)",
            "(המשתמש|הנמען|הכתובת|התיבה) ... (לא קיים|לא קיימת|לא נמצא|לא נמצאה)",
            "(nguoi dung|nguoi nhan|hop thu|dia chi) ... khong ton tai",
            "(người dung|người nhận|hộp thư|dịa chỉ) ... (khong tồn tại)",
            "(pengguna|penerima|alamat|kotak surat) ... (tidak ditemukan|tidak ada|tidak dikenal|tidak wujud)",
            "ไม่พบผู้ใช้",
            "ไม่มีผู้ใช้",
            "ผู้ใช้ไม่มีอยู่",
        ),
        (
            "550 Uživatel neexistuje",
            "550 Neznámý příjemce",
            "550 Användaren finns inte",
            "550 Brukeren finnes ikke",
            "550 Käyttäjää ei löydy",
            "550 A felhasználó nem létezik",
            "550 Utilizatorul nu există",
            "550 Kullanıcı bulunamadı",
            "550 Korisnik ne postoji",
            "550 Користувача не існує",
            "550 Ο χρήστης δεν υπάρχει",
            "550 المستخدم غير موجود",
            "550 המשתמש לא קיים",
            "550 Người dùng không tồn tại",
            "550 ไม่พบผู้ใช้",
        ),
        counter=("550 Doména neexistuje", "554 Odesílatel neznámý", "550 IP adresa 192.0.2.25: PTR neexistuje"),
        unless=(
            "(ip|dns|helo|ehlo|ptr|reverse|reverz*|server*|domen*|domain|mx)",
            "(odesilatel*|domena|avsandare*|avsender*|afsender*|lahettaja*|felado*|expeditor*|gonderen*|posiljatel*|відправник*)",
        ),
    ),
    rule(
        "languages.sender",
        "named",
        "sender_address_rejected",
        (
            (
                "(nadawca|nadawcy|odesilatel|odesilatele|odosielatel*|avsandare*|avsender*|afsender*|afzender|lahettaj*|felado|feladoja|expeditor*|gonderen"
                "|posiljatelj*|posiljalac) ... (nie istnieje|nieznany|odrzucony|neexistuje|neznamy|odmitnut*|finns inte|finnes ikke|findes ikke|okand|ukjent"
                "|ukendt|bestaat niet|onbekend|geweigerd|ei loydy|ismeretlen|nem letezik|nu exista|necunoscut|mevcut degil|bulunamadi|gecersiz|ne postoji"
                "|nepoznat)"
            ),
            (
                "(nieznany|neznamy|okand|ukjent|ukendt|onbekende|tuntematon|ismeretlen) (nadawca|odesilatel|odosielatel|avsandare|avsender|afsender|afzender"
                "|lahettaja|felado)"
            ),
            "(отправител*|відправник*) ... (не существует|не наиден|не найден|неизвестен|отклонен|отклонён|не існує|не знаидено|не знайдено)",
            "(неизвестныи|неизвестный|невідомии|невідомий) (отправитель|відправник)",
            "(адрес|адреса|ящик|пользователь) (отправителя|відправника) ...",
            "(发件人|發件人|寄件人|寄件者|发信人)(地址|邮箱|郵箱|用户|帳號|账号|域名)(不存在|无效|無效|被拒绝|被拒絕|不合法)",
            "(送信元|送信者|差出人) ... (存在しない|見つかりません|拒否)",
            "(发件人|發件人|寄件人)域名",
            "(보내는 사람|보낸 사람|발신자|발신인|송신자|발송자) ... (존재하지|없습니다|찾을 수|거부)",
        ),
        (
            "550 Adres nadawcy nie istnieje",
            "550 Nieznany nadawca",
            "550 Adresa odesílatele neexistuje",
            "550 Адрес отправителя не существует",
            "550 Адреса відправника не існує",
            "550 发件人地址不存在",
            "550 送信元アドレスが見つかりません",
            "550 발신자 주소를 찾을 수 없습니다",
        ),
        counter=("550 Konto nie istnieje", "550 Нет такого пользователя", "550 收件人邮箱不存在", "550 宛先不明", "550 수신자가 존재하지 않습니다"),
        unless=("spf", "dkim", "dmarc", "spam"),
    ),
    rule(
        "languages.full",
        "named",
        "mailbox_full",
        (
            "(schranka|postovni schranka) ... (plna|preplnena|prekrocila)",
            "prekrocena kvota",
            "(przekroczona|przekroczono) [przydzielona|dostepna] (przestrzen dyskowa|pojemnosc)",
            "(spazio|espaco|espacio) [di|de] (storage|archiviazione|armazenamento|almacenamiento) (superato|esaurito|ultrapassado|superado)",
            "저장 장치 할당을 초과",
            "メールボックス容量不足",
            "kvota ... (prekrocena|vycerpana)",
            "(brevladan|postlada|postboksen|postkassen|inkorgen|innboksen|indbakken|mailboxen) ... (full|fuld|fullt|overskredet|overskriden)",
            "(postilaatikko|sahkopostilaatikko) ... (taynna|taysi)",
            "(postafiok|tarhely) ... (megtelt|betelt|tele)",
            "(casuta postala|casuta|mailbox) ... (este plina|e plina)",
            "(posta kutusu|kotasi|kutusu) ... (dolu|doldu|asildi)",
            "(kota asildi|kotasi asildi|kotasi dolu)",
            "(postanski sanducic|sanducic|sandu*|pretinac|nabiralnik) ... (pun|puna|poln|prepun)",
            "(скринька|скриньку) ... (переповнена|повна)",
            "(γραμματοκιβωτιο|γραμματοκιβώτιο) ... (γεματο|γεμάτο|πληρες|πλήρες)",
            "(صندوق البريد|صندوق بريد) ... (ممتلئ|ممتلىء)",
            "(התיבה|תיבת הדואר) ... (מלאה)",
            "hop thu ... day",
            "hộp thư ... (dầy)",
            "(kotak surat|kotak masuk) ... (penuh)",
        ),
        (
            "552 Schránka je plná",
            "552 Brevlådan är full",
            "552 Postafiók megtelt",
            "552 Căsuța poștală este plină",
            "552 Posta kutusu dolu",
            "552 Скринька переповнена",
            "552 صندوق البريد ممتلئ",
        ),
    ),
    rule(
        "languages.spam",
        "named",
        "spam_content",
        (
            "(zprava|sprava|email|e-mail) ... (odmitnuta|odmietnuta|oznacena|vyhodnocena) ... spam",
            "(wiadomosc|meldingen|meddelandet|beskeden|viesti|uzenet|mesajul|ileti|mesaj|poruka) ... spam",
            "spam ... (odmitnut*|odrzucon*|avvisad|avvist|afvist|hylatty|elutasitva|respins|reddedildi|odbijen*)",
        ),
        ("554 Zpráva odmítnuta jako spam", "554 Meddelandet avvisades som spam", "554 Üzenet elutasítva: spam", "554 İleti spam olarak algılandı"),
        also=("contact_recipient_admin", "delist"),
    ),
    rule(
        "languages.blocked",
        "named",
        "ip_blocked",
        (
            (
                "(ip|ip adresa|vase ip|vas server|server|serveren|palvelin|szerver|serverul|sunucu) ... (blokovana|blokovan|zablokovana|blockerad|blokkert"
                "|blokeret|estetty|blokkolva|letiltva|blocat|blocata|engellendi|blokiran*|zablokowany)"
            ),
            "чорному списку",
            (
                "(cerne listine|cernou listinu|blacklistu|svarta listan|svarteliste|sortliste|mustalla listalla|feketelistan|lista neagra|kara listede"
                "|crnoj listi|czarnej liscie)"
            ),
        ),
        (
            "554 Vaše IP adresa je zablokovaná: IP 192.0.2.25 blokována",
            "554 IP 192.0.2.25 kara listede",
            "550 IP-adressen er blokkert: server blokkert",
            "554 Serverul este blocat",
        ),
        remedy="delist",
        also=("switch_outbound_ip", "use_smarthost", "contact_recipient_admin"),
    ),
    # The reply texts of RFC 5321 as servers and mail programs translate them.
    rule(
        "languages.storage",
        "named",
        "system_full",
        (
            "manque de ressources systeme",
            "sistema di archiviazione insufficiente",
            "(시스템 저장 장치|디스크|저장 공간)(가|이) (충분하지|부족)",
            "(niewystarczajac*|brak|za malo) (pamieci|pamiec|miejsca) (systemow*|na dysku)",
            "(nedostatecne|nedostatek) (systemove*|mista na disku|uloziste)",
            "nema dostatecne [systemove] uloziste",
            "(espacio|almacenamiento) [del sistema|en disco] insuficiente",
            "(espaco|armazenamento) [do sistema|em disco] insuficiente",
            "(spazio|memoria) [su disco|di sistema] insufficiente",
            "(nicht genugend|ungenugender|zu wenig) (speicher|speicherplatz|systemspeicher) ... (system|server|datentrager)",
        ),
        ("452 Manque de ressources système", "452 Niewystarczająca pamięć systemowa", "452 Server nemá dostatečné systémové úložiště"),
        unless=("(mailbox|skrzynk*|schrank*|buzon|caixa|casella|boite|postfach)", "quota"),
        counter=("452 Skrzynka odbiorcy jest pełna",),
    ),
    rule(
        "languages.recipients",
        "named",
        "too_many_recipients",
        (
            (
                "(zbyt wielu|za duzo|prilis mnoho|prilis vela|prea multi|for manga|for mange|te veel|liian monta|tul sok|cok fazla)"
                " (odbiorcow|prijemcu|prijemcov"
                "|adresatu|destinatari|mottagare|mottakere|modtagere|ontvangers|vastaanottaj*|cimzett|alici)"
            ),
            "слишком много получателей",
        ),
        ("452 Příliš mnoho příjemců", "452 Zbyt wielu odbiorców", "452 Te veel ontvangers", "452 Слишком много получателей"),
        counter=("550 Příjemce neexistuje",),
    ),
    rule(
        "languages.unavailable",
        "vague",
        "user_unknown",
        (
            "(skrzynka|schranka|schranku|postovni schranka) ... (nie jest dostepna|niedostepna|neni dostupna|nedostupna)",
            "boite-aux-lettres non disponible",
            "(boite|boite aux lettres) [est] (non disponible|indisponible)",
            "почтовый ящик недоступен",
            "почтовыи ящик недоступен",
            "(casella|casella email|casella di posta|casella postale) non disponibile",
            "사서함(을|이|은) (사용할|이용될|이용할)",
        ),
        ("550 Skrzynka nie jest dostępna", "550 Poštovní schránka není dostupná", "550 Boîte aux lettres indisponible"),
        when={"code": "5xx"},
        confidence="likely",
        counter=("450 Skrzynka nie jest dostępna",),
    ),
    rule(
        "languages.busy",
        "vague",
        "mailbox_busy",
        (
            "(skrzynka|schranka|postovni schranka) ... (nie jest dostepna|niedostepna|jest w uzyciu|neni dostupna|nedostupna|byla niedostepna|byla nedostupna)",
            "boite-aux-lettres non disponible",
            "(boite|boite aux lettres) [est] (non disponible|indisponible)",
            "(casella|casella email|casella di posta|casella postale) non disponibile",
            "사서함(을|이|은) (사용할|이용될|이용할)",
        ),
        ("450 Skrzynka jest w użyciu", "450 Poštovní schránka byla nedostupná", "450 Boîte-aux-lettres non disponible"),
        when={"code": "4xx"},
        counter=("550 Skrzynka nie jest dostępna",),
    ),
    rule(
        "languages.local_error",
        "words",
        "system_error",
        (
            "(blad lokalny|lokalny blad)",
            "(docasny|lokalni|mistni) (lokalni|problem|chyba|problem)",
            "docasny lokalni problem",
            "wystapil blad (wewnetrzny|serwera)",
            "errore di (trattamento|elaborazione) [locale]",
            "처리 중 오류",
            "처리중 오류",
        ),
        ("451 Dočasný lokální problém", "451 Operacja przerwana, błąd lokalny"),
        unless=("dns",),
    ),
    rule(
        "languages.not_local",
        "words",
        "user_moved",
        (
            "(usuario|utilizador|utente|utenti|utilisateur|benutzer) (no|nao|non|nicht) (local|locale|locali|lokal)",
            "uzytkownik (nielokalny|nie jest lokalny)",
            "utilisateur n'est pas local",
        ),
        ("551 Usuario no local", "551 Utilizador não local", "551 Utenti non locali", "551 Użytkownik nielokalny"),
        counter=("551 Usuario local",),
    ),
    rule(
        "languages.transaction",
        "vague",
        "policy",
        (
            "(transaccion fallida|transaccion fallo|ha fallado la transaccion)",
            "(transacao falhada|transacao falhou|falha na transacao)",
            "(transazione fallita|operazione fallita|transazione non riuscita)",
            "(transaction echouee|echec de la transaction)",
            "(transaktion fehlgeschlagen|transaktion gescheitert)",
            "transakcja nie powiodla [sie]",
        ),
        ("554 Transacción fallida", "554 Transação falhou", "554 Transazione fallita", "554 Échec de la transaction", "554 Transaktion fehlgeschlagen"),
        when={"code": "5xx"},
        counter=("451 Transacción fallida",),
    ),
    rule(
        "languages.syntax",
        "words",
        "protocol_error",
        (
            "(errore di sintassi|error de sintaxis|erreur de syntaxe|erro de sintaxe|syntaxfehler|syntaxfout|blad skladni|chyba syntaxe)",
            "(ordine|comando) non (implementato|riconosciuto)",
            "(comando|orden|parametros|parametros) (no|nao) (implementad*|reconocid*|reconhecid*)",
            "parametri non (riconosciuti|implementati)",
            "commande (non implementee|inconnue|non reconnue)",
            "(befehl|kommando) (nicht implementiert|unbekannt|nicht erkannt)",
            "(sequenza di comandi|secuencia de comandos|sequencia de comandos|sequence de commandes) [non] (errata|incorrecta|incorreta|incorrecte|invalid*)",
            "(синтаксическая ошибка|ошибка синтаксиса|команда не распознана)",
            "(구문오류|구문 오류)",
            "(语法错误|語法錯誤|構文エラー)",
        ),
        (
            "500 Errore di sintassi, ordine non riconosciuto",
            "501 Error de sintaxis en los parámetros",
            "500 Erreur de syntaxe, commande non reconnue",
            "500 구문오류, 명령이 인식되지 않음",
            "500 语法错误",
            "502 Befehl nicht implementiert",
        ),
        unless=(
            "(direccion|indirizzo|endereco|adresse|destinatario|destinataire|empfanger*|buzon|casella|адрес*)",
            "(remitente|mittente|remetente|expediteur)",
        ),
        counter=("501 Error de sintaxis en la dirección del destinatario",),
    ),
    rule(
        "languages.later",
        "vague",
        "system_busy",
        (
            "zkuste [to] [prosim] [znovu] pozdeji",
            "skuste [to] [znova] neskor",
            "(sprobuj|sprobujcie|prosze sprobowac|sprobuj ponownie) [ponownie] pozniej",
            "(forsok igen|prov igen|prov senare|prov pa nytt|prov senere|prov igen senere|forsok senare) [senare|senere]",
            "yrita (myohemmin|uudelleen)",
            "(probalja|probalkozzon) ... kesobb",
            "(incercati|reincercati) ... mai tarziu",
            "daha sonra [tekrar] (deneyin|deneyiniz)",
            "(pokusajte|poskusite) ... (kasnije|kasneje|pozneje)",
            "спробуйте ... пізніше",
            "δοκιμαστε ... αργοτερα",
        ),
        ("451 Zkuste to prosím později", "421 Försök igen senare", "451 Daha sonra tekrar deneyin", "450 Спробуйте пізніше"),
    ),
)
