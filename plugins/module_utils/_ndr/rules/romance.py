# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Wording in French and Italian, without accents as phrases are."""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule

FRENCH = (
    rule(
        "fr.unknown",
        "words",
        "user_unknown",
        (
            "est introuvable (sur|dans|a|chez) <host>",
            (
                "(utilisateur|destinataire|adresse|boite|boite aux lettres|compte|usager|abonne|adresse email|adresse electronique|adresse e-mail"
                "|correspondant|boite de reception) [<address>|du destinataire|destinataire|mail|est|de courriel] [est]"
                " (inconnu|inconnue|inexistant|inexistante|invalide|introuvable|non trouve|non trouvee|incorrecte|incorrect|erronee|errone|non valide)"
            ),
            (
                "(utilisateur|destinataire|adresse|boite|compte|boite aux lettres) ... (n'existe pas|n'existe plus|inconnu*|inexistant*|introuvable|n'est pas"
                " valide|n'a pas ete trouve*|est invalide)"
            ),
            "(au moins un|aucun|un des) [des] destinataire* [est] (invalide|inconnu|n'existe|valide)",
            "pas de (boite|compte|utilisateur) [a ce nom|de ce nom|ici]",
        ),
        ("550 5.1.1 Utilisateur inconnu", "550 L'adresse du destinataire n'existe pas"),
        unless=("expediteur", "emetteur", "domaine ..."),
    ),
    rule(
        "fr.full",
        "named",
        "mailbox_full",
        (
            (
                "(boite|boite aux lettres|boite mail|messagerie|boite de reception|bal|compte) [aux lettres|de reception|mail|email|du destinataire|pleine"
                "|<address>] [est] (pleine|saturee|plein|sature)"
            ),
            "(quota|espace|capacite) [de stockage|disque|du destinataire|de la boite|boite] [est] (depasse|depassee|atteint|sature|insuffisant|excede)",
            "(depasse|depassement|excede|atteint) [de|du|son|le|la] (quota|capacite de stockage)",
        ),
        ("552 La boîte aux lettres du destinataire est pleine", "452 quota dépassé"),
    ),
    rule(
        "fr.disabled",
        "words",
        "mailbox_disabled",
        (
            (
                "(utilisateur|compte|boite|boite aux lettres|adresse|destinataire) ... (desactive*|suspendu*|inactif|inactive|bloque*|ferme*|resilie*"
                "|supprime*|expire*)"
            ),
        ),
        ("550 Compte suspendu",),
        unless=("votre ip", "votre serveur", "adresse ip", "expediteur", "ip source", "plein*"),
    ),
    rule(
        "fr.domain",
        "words",
        "domain_unknown",
        ("domaine ... (n'existe pas|inconnu|inexistant|introuvable|invalide|non trouve)",),
        ("550 Le domaine est inconnu",),
        unless=("expediteur", "votre domaine", "emetteur"),
    ),
    rule(
        "fr.sender_domain",
        "named",
        "sender_domain_unresolvable",
        ("domaine (de l'expediteur|expediteur|emetteur|de l'emetteur)",),
        ("550 Le domaine de l'expéditeur n'existe pas",),
    ),
    rule(
        "fr.sender",
        "words",
        "sender_address_rejected",
        ("(expediteur|emetteur|adresse d'expediteur|adresse de l'expediteur) ... (invalide|refuse*|rejete*|inconnu*|non autorise*|interdit*|non valide)",),
        ("550 Adresse d'expéditeur invalide",),
    ),
    rule(
        "fr.too_big",
        "named",
        "message_too_big",
        (
            "(message|mail|courriel|piece jointe|fichier) [est] [trop] (trop volumineux|trop gros|trop grand|trop lourd|trop long)",
            "taille ... (depasse|excede|maximale|maximum|autorisee|depassee)",
        ),
        ("552 Message trop volumineux",),
        unless=("boite",),
    ),
    rule("fr.greylisted", "named", "greylisted", ("liste* grise*", "mis en liste grise", "liste grise"), ("451 Vous êtes en liste grise",), temporary=True),
    rule(
        "fr.rate",
        "named",
        "rate_limited",
        (
            "trop de (messages|mails|courriels|requetes|courriers|envois)",
            "(limite|quota|debit) (d'envoi|de messages|d'envois|horaire) [est] (depasse*|atteint*|excede*)",
            "(depasse|atteint) ... (limite|quota) (d'envoi|de messages|horaire|par heure|par jour)",
        ),
        ("450 Trop de messages de votre part",),
    ),
    rule(
        "fr.connections",
        "named",
        "too_many_connections",
        ("trop de (connexions|sessions)", "(nombre|limite) [maximal|maximum|de] [de] connexions"),
        ("421 Trop de connexions",),
    ),
    rule(
        "fr.recipients",
        "named",
        "too_many_recipients",
        ("trop de destinataires", "nombre (maximal|maximum|de) [de] destinataires"),
        ("452 Trop de destinataires",),
    ),
    rule(
        "fr.listed",
        "named",
        "ip_blocklisted",
        ("liste* noire*", "liste noire", "listes noires", "(listee|liste|presente|repertoriee|figure) (dans|sur) ... (liste|rbl|dnsbl|blacklist)"),
        ("550 Votre IP est sur une liste noire",),
        unless=("domaine ... liste", "expediteur"),
    ),
    rule(
        "fr.blocked",
        "named",
        "ip_blocked",
        (
            "(votre|adresse|l'adresse|cette) (ip|adresse ip|serveur|ip source) ... (bloque*|rejete*|refuse*|bannie|banni|interdit*|non autorise*)",
            "(bloque*|rejete*|refuse*) ... (votre ip|votre serveur|adresse ip|ip source)",
            "ip bloquee",
            "pour incident de spam",
        ),
        ("554 Votre adresse IP est bloquée",),
        remedy="delist",
    ),
    rule("fr.reputation", "named", "ip_reputation", ("(mauvaise|faible) reputation",), ("554 Votre serveur a une mauvaise réputation",), remedy="delist"),
    rule(
        "fr.ptr",
        "named",
        "ptr_missing",
        ("(dns|resolution|enregistrement) (inverse|reverse|ptr)", "(pas de|sans|absence de) (reverse|ptr|dns inverse|reverse dns)", "resolution inverse"),
        ("550 Votre adresse n'a pas de DNS inverse",),
    ),
    rule(
        "fr.relay",
        "named",
        "relay_denied",
        ("(relais|relayage|relai) ... (refuse|interdit|non autorise|pas autorise|denie)", "relais interdit"),
        ("550 Relais non autorisé",),
    ),
    rule(
        "fr.login",
        "named",
        "authentication_required",
        (
            "authentification (requise|necessaire|obligatoire|echouee|invalide|refusee)",
            "(echec|erreur) [de l'|d'|de la] [l'] authentification",
            "(mot de passe|identifiant) (incorrect|invalide|errone)",
            "(doit|devez) [vous] (authentifier|s'authentifier|etre authentifie)",
        ),
        ("535 Authentification requise",),
    ),
    rule(
        "fr.posting",
        "named",
        "posting_not_allowed",
        ("(pas|non) (autorise|abilite|habilite) a (envoyer|ecrire|poster) ... (liste|groupe|destinataire|adresse)", "(reserve|reservee) aux (abonnes|membres)"),
        ("550 Vous n'êtes pas autorisé à écrire à cette liste",),
    ),
    rule(
        "fr.spam",
        "named",
        "spam_content",
        (
            (
                "(considere|identifie|detecte|classe|rejete|refuse|juge|reconnu) [comme|pour|par] [etant|un|du|possible|le filtre] (spam|indesirable|pourriel"
                "|non sollicite|antispam)"
            ),
            "(courrier|message|mail|courriel) indesirable",
            "pourriel*",
            "contenu [de type] spam",
        ),
        ("550 Message considéré comme spam",),
        unless=("votre ip", "ip source", "incident de spam"),
    ),
    rule(
        "fr.virus",
        "named",
        "virus",
        ("(contient|detecte|trouve|infecte) [un|par un|d'un] virus", "message infecte", "virus detecte"),
        ("550 Le message contient un virus",),
    ),
    rule(
        "fr.content",
        "words",
        "content_rejected",
        ("(contenu|piece jointe|pieces jointes|fichier|extension) ... (interdit*|refuse*|non autorise*|rejete*|bloque*)",),
        ("554 Pièce jointe interdite",),
    ),
    rule(
        "fr.system",
        "words",
        "system_error",
        ("erreur (interne|temporaire|du serveur|systeme|locale|de traitement)", "(probleme|incident) (technique|temporaire|interne)"),
        ("451 erreur interne du serveur",),
        unless=("dns",),
    ),
    rule(
        "fr.refused_service",
        "vague",
        "system_busy",
        (
            (
                "(essayer|reessayer|reessayez|essayez|veuillez reessayer|veuillez essayer|renouveler) [a nouveau|votre envoi|de nouveau|votre demande] (plus"
                " tard|ulterieurement)"
            ),
            "(service|serveur) [temporairement|momentanement] (indisponible|occupe|surcharge|refuse|non disponible)",
            "service refuse",
        ),
        ("451 Veuillez réessayer plus tard", "421 service temporairement indisponible"),
        also=("reduce_rate", "delist", "contact_recipient_admin", "switch_outbound_ip"),
    ),
    rule(
        "fr.connect",
        "words",
        "connection_failed",
        (
            "(impossible de|echec de) [la] (se connecter|connexion|contacter|joindre)",
            "connexion (refusee|impossible|echouee)",
            "delai [d'attente|de connexion] (depasse|expire)",
            "ne repond pas",
        ),
        ("Impossible de se connecter au serveur",),
    ),
    rule(
        "fr.policy",
        "vague",
        "policy",
        (
            "(acces|message|mail|courriel|envoi) (refuse|rejete|interdit|non autorise|bloque)",
            "politique* [de] [securite|locale]",
            "(refuse|rejete) par [le|la|l'] [administrateur|politique*|serveur|regle*]",
        ),
        ("554 Accès refusé",),
    ),
)

ITALIAN = (
    rule(
        "it.unknown",
        "words",
        "user_unknown",
        (
            "non [e|e'] [stato] trovato (in|su|presso) <host>",
            (
                "(utente|destinatario|indirizzo|casella|casella postale|account|mailbox|indirizzo email|casella di posta|destin.) [<address>|di posta|e-mail"
                "|email|e'|del destinatario] [e'|e|non] (sconosciuto|sconosciuta|inesistente|non valido|non valida|errato|errata|non trovato|non trovata|non"
                " esiste|valido|trovato|esiste)"
            ),
            "(utente|destinatario|indirizzo|casella|account) ... (sconosciut*|inesistente|non esiste|non trovat*|non e' valid*|non e valid*)",
            "non esiste [l'|un|la|il|nessun] [utente|destinatario|indirizzo|casella|account]",
            "(non sono riuscito|non siamo riusciti|impossibile) a trovare (l'indirizzo|il destinatario|l'utente|la casella)",
        ),
        ("550 5.1.1 Utente sconosciuto", "550 La casella non esiste"),
        unless=("mittente", "dominio ..."),
    ),
    rule(
        "it.full",
        "named",
        "mailbox_full",
        (
            "cassetta postale ... (piena|pieno|satura)",
            "(casella|casella postale|mailbox|casella di posta|inbox) [di posta|del destinatario|postale|email|utente] [e'|e|risulta] (piena|satura|pieno)",
            "(quota|spazio) [disco|disponibile|casella|di archiviazione] [e'|e] (superat*|esaurit*|eccedut*|insufficiente|piena)",
            "(superato|superata|oltre|superamento) [la|il|della|il limite di] (quota|spazio)",
            "spazio (esaurito|insufficiente)",
        ),
        ("552 La casella del destinatario è piena", "452 quota superata"),
    ),
    rule(
        "it.disabled",
        "words",
        "mailbox_disabled",
        (
            (
                "(utente|casella|account|indirizzo|destinatario|mailbox) ... (disabilitat*|disattivat*|sospes*|inattiv*|bloccat*|chius*|cessat*|scadut*"
                "|disatttivata)"
            ),
            "bloccato per inutilizzo",
        ),
        ("550 account sospeso",),
        unless=("tuo ip", "suo ip", "indirizzo ip", "mittente", "server mittente", "pien*"),
    ),
    rule(
        "it.domain",
        "words",
        "domain_unknown",
        ("dominio ... (non esiste|sconosciuto|inesistente|non trovato|non valido)",),
        ("550 Il dominio non esiste",),
        unless=("mittente", "tuo dominio"),
    ),
    rule("it.sender_domain", "named", "sender_domain_unresolvable", ("dominio (del mittente|mittente)",), ("550 Il dominio del mittente non esiste",)),
    rule(
        "it.sender",
        "words",
        "sender_address_rejected",
        ("mittente ... (non valido|rifiutato|sconosciuto|non autorizzato|inesistente|bloccato|non accettato)",),
        ("550 Mittente non valido",),
    ),
    rule(
        "it.too_big",
        "named",
        "message_too_big",
        (
            "(messaggio|allegato|mail|file) [e'|e] (troppo grande|troppo lungo|di dimensioni eccessive)",
            "(dimensione|dimensioni) ... (supera|superano|eccede|massima|massime|consentit*|eccessiv*)",
        ),
        ("552 Messaggio troppo grande",),
    ),
    rule("it.greylisted", "named", "greylisted", ("lista grigia", "liste grigie"), ("451 in lista grigia",), temporary=True),
    rule(
        "it.rate",
        "named",
        "rate_limited",
        (
            "(troppi|troppe) (messaggi|email|mail|invii|tentativi)",
            "limite [massimo] di (invio|invii|messaggi) [superato|raggiunto]",
            "(superato|raggiunto) [il] limite [di|orario|giornaliero] [invio|messaggi|invii]",
        ),
        ("450 Troppi messaggi dal vostro server",),
    ),
    rule("it.connections", "named", "too_many_connections", ("troppe (connessioni|sessioni)",), ("421 Troppe connessioni",)),
    rule("it.recipients", "named", "too_many_recipients", ("troppi destinatari",), ("452 Troppi destinatari",)),
    rule(
        "it.listed",
        "named",
        "ip_blocklisted",
        ("lista nera", "liste nere", "(presente|elencato|inserito|listato) (in|su|nella|nelle) [una|delle|un] [blacklist|lista|rbl|dnsbl|black list]"),
        ("550 Il tuo IP è in una lista nera",),
        unless=("dominio ... lista", "mittente"),
    ),
    rule(
        "it.blocked",
        "named",
        "ip_blocked",
        (
            "(tuo|suo|vostro|l'|indirizzo) (ip|indirizzo ip|server) ... (bloccat*|rifiutat*|respint*|non autorizzat*|negat*)",
            "(bloccat*|rifiutat*|respint*) ... (tuo ip|vostro ip|indirizzo ip|vostro server)",
            "ip bloccato",
        ),
        ("554 Il vostro IP è stato bloccato",),
        remedy="delist",
    ),
    rule("it.reputation", "named", "ip_reputation", ("(cattiva|bassa|scarsa) reputazione",), ("554 rifiutato per bassa reputazione",), remedy="delist"),
    rule(
        "it.ptr",
        "named",
        "ptr_missing",
        ("(dns|risoluzione|record) (inverso|inversa|ptr)", "(manca|senza|privo di|privo del) [il] [record] (ptr|reverse dns|dns inverso|reverse)"),
        ("550 Il vostro IP è senza DNS inverso",),
    ),
    rule(
        "it.relay",
        "named",
        "relay_denied",
        ("relay ... (negato|non consentito|non permesso|non autorizzato|vietato|rifiutato)",),
        ("550 relay non consentito",),
    ),
    rule(
        "it.login",
        "named",
        "authentication_required",
        (
            "autenticazione (richiesta|fallita|necessaria|obbligatoria|non riuscita|errata)",
            "(nome utente o password|password|credenziali) (errat*|non valid*)",
            "(richiede|necessaria) [l'] autenticazione",
        ),
        ("535 autenticazione fallita",),
    ),
    rule(
        "it.posting",
        "named",
        "posting_not_allowed",
        ("non [sei|siete|e'] [sei] autorizzat* a (inviare|scrivere|spedire) ... (lista|gruppo|destinatario|indirizzo)", "riservat* (agli iscritti|ai membri)"),
        ("550 Non sei autorizzato a scrivere a questa lista",),
    ),
    rule(
        "it.spam",
        "named",
        "spam_content",
        (
            (
                "(considerato|identificato|classificato|rilevato|rifiutato|riconosciuto|respinto) [come|perche|per] [possibile|probabile] (spam|posta"
                " indesiderata|indesiderato)"
            ),
            "(posta|messaggio) indesiderat*",
            "(sembra|e') [essere] spam",
        ),
        ("550 Messaggio riconosciuto come spam",),
        unless=("vostro ip", "indirizzo ip"),
    ),
    rule(
        "it.virus",
        "named",
        "virus",
        ("(rilevato|trovato|infetto) [un|da|da un] virus", "messaggio infetto"),
        ("550 Nel messaggio è stato rilevato un virus: rilevato un virus",),
    ),
    rule(
        "it.content",
        "words",
        "content_rejected",
        ("(contenuto|allegato|allegati|file|estensione) ... (non consentit*|vietat*|rifiutat*|bloccat*|non ammess*)",),
        ("554 Allegato non consentito",),
    ),
    rule(
        "it.system",
        "words",
        "system_error",
        ("errore (interno|temporaneo|del server|di sistema)", "problema (temporaneo|interno|tecnico)"),
        ("451 errore interno del server",),
        unless=("dns",),
    ),
    rule(
        "it.later",
        "vague",
        "system_busy",
        (
            "(riprovare|riprova|riprovi|provare|ritenta|si prega di riprovare) [piu|di nuovo] (piu tardi|tardi|nuovamente)",
            "(servizio|server) [temporaneamente|momentaneamente] (non disponibile|occupato|sovraccarico)",
            "temporaneamente (rifiutat*|non disponibile|respint*)",
        ),
        ("451 Riprovare più tardi",),
    ),
    rule(
        "it.connect",
        "words",
        "connection_failed",
        ("(impossibile|non e' possibile|non e possibile) (connettersi|stabilire|contattare|raggiungere)", "connessione (rifiutata|fallita)", "tempo scaduto"),
        ("Impossibile connettersi al server",),
    ),
    rule(
        "it.policy",
        "vague",
        "policy",
        (
            "(accesso|messaggio|mail|invio) (negato|rifiutato|respinto|non autorizzato|bloccato|vietato)",
            "politica [di] [sicurezza|locale]",
            "(rifiutato|respinto) (per|dal|dalla|da) [motivi di] [policy|politica|amministratore|sicurezza|regole]",
        ),
        ("554 Accesso negato",),
    ),
)

RULES = FRENCH + ITALIAN
