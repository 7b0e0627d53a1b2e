# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Who runs a mail exchanger: host suffixes and mailbox domains of the big providers and filtering services.

A name belongs to an operator if it *is* one of these or ends in "." and one of these: ``q.com`` never matches ``qq.com``.
"""

from __future__ import annotations

# operator: (suffixes of MX hosts, domains whose mail it takes under other people's eyes)
OPERATORS = {
    "google": ("google.com googlemail.com psmtp.com", "gmail.com googlemail.com googlegroups.com"),
    "microsoft": (
        (
            "protection.outlook.com mail.protection.outlook.com olc.protection.outlook.com prod.outlook.com mx.microsoft hotmail.com outlook.com"
            " messaging.microsoft.com exchangelabs.com frontbridge.com bigfish.com"
        ),
        (
            "outlook.com hotmail.com live.com msn.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.be hotmail.nl hotmail.ch"
            " hotmail.com.br hotmail.com.ar hotmail.com.mx hotmail.ca live.co.uk live.fr live.de live.it live.nl live.be live.ca live.com.ar"
            " live.com.mx live.com.au live.cl live.se live.no live.dk outlook.es outlook.fr outlook.de outlook.it outlook.com.br outlook.com.ar"
            " outlook.cl outlook.pt outlook.be outlook.jp windowslive.com passport.com"
        ),
    ),
    "yahoo": (
        "yahoodns.net yahoo.com yahoo.net yahoodns.com aol.com mx.aol.com yahooinc.com",
        (
            "yahoo.com yahoo.es yahoo.fr yahoo.de yahoo.it yahoo.co.uk yahoo.ie yahoo.gr yahoo.pl yahoo.se yahoo.no yahoo.dk yahoo.ro yahoo.com.br"
            " yahoo.com.mx yahoo.com.ar yahoo.com.co yahoo.com.pe yahoo.com.ve yahoo.cl yahoo.ca yahoo.co.in yahoo.in yahoo.com.au yahoo.com.hk"
            " yahoo.com.tw yahoo.com.sg yahoo.com.ph yahoo.co.id yahoo.com.vn yahoo.com.tr yahoo.co.nz yahoo.co.za ymail.com rocketmail.com myyahoo.com"
            " aol.com aol.co.uk aol.de aol.fr aim.com love.com games.com wow.com netscape.net verizon.net frontier.com frontiernet.net citlink.net"
        ),
    ),
    "yahoo_japan": ("yahoo.co.jp", "yahoo.co.jp ymail.ne.jp"),
    "apple": ("icloud.com me.com mac.com apple.com", "icloud.com me.com mac.com"),
    "comcast": ("comcast.net", "comcast.net"),
    "charter": ("charter.net rr.com twc.com brighthouse.com spectrum.net", "charter.net rr.com twc.com spectrum.net roadrunner.com brighthouse.com"),
    "cox": ("cox.net cxr.mx.a.cloudfilter.net cxr.mx.cloudfilter.net", "cox.net"),
    "att": (
        "att.net prodigy.net sbcglobal.net al-ip4-mx-vip1.prodigy.net",
        "att.net sbcglobal.net bellsouth.net pacbell.net ameritech.net swbell.net flash.net prodigy.net",
    ),
    "verizon": ("verizon.net vzwpix.com vtext.com", "vtext.com vzwpix.com"),
    "earthlink": ("earthlink.net", "earthlink.net mindspring.com"),
    "united_online": ("untd.com juno.com netzero.net", "juno.com netzero.net netzero.com"),
    "altice": ("optonline.net optimum.net suddenlink.net", "optonline.net optimum.net suddenlink.net"),
    "windstream": ("windstream.net", "windstream.net"),
    "centurylink": ("centurylink.net q.com synacor.com", "centurylink.net q.com embarqmail.com"),
    "gmx": (
        "gmx.net gmx.com gmx.de web.de kundenserver.de perfora.net mail.com 1and1.com 1and1.es 1and1.co.uk ionos.com ionos.de ionos.es",
        "gmx.net gmx.de gmx.com gmx.at gmx.ch web.de mail.com email.com",
    ),
    "t_online": ("t-online.de t-ipnet.de telekom.de", "t-online.de magenta.de"),
    "freenet": ("freenet.de mobilcom.de", "freenet.de"),
    "orange": ("orange.fr wanadoo.fr", "orange.fr wanadoo.fr voila.fr"),
    "free": ("free.fr proxad.net", "free.fr aliceadsl.fr"),
    "sfr": ("sfr.fr sfr.net neuf.fr", "sfr.fr neuf.fr cegetel.net club-internet.fr numericable.fr"),
    "laposte": ("laposte.net", "laposte.net"),
    "libero": ("libero.it iol.it", "libero.it virgilio.it inwind.it iol.it blu.it giallo.it"),
    "aruba": ("aruba.it arubapec.it staff.aruba.it", "aruba.it technet.it pec.it"),
    "tiscali": ("tiscali.it", "tiscali.it"),
    "tim": ("tim.it alice.it telecomitalia.it tin.it", "alice.it tin.it tim.it"),
    "telefonica": ("telefonica.net movistar.es telefonica.es terra.es", "telefonica.net movistar.es terra.es"),
    "proximus": ("skynet.be proximus.be belgacom.be", "skynet.be proximus.be"),
    "bluewin": ("bluewin.ch swisscom.com", "bluewin.ch bluemail.ch"),
    "telenet": ("telenet.be", "telenet.be pandora.be"),
    "kpn": ("kpnmail.nl kpnxchange.com", "kpnmail.nl planet.nl hetnet.nl"),
    "ziggo": ("ziggo.nl", "ziggo.nl home.nl casema.nl"),
    "bt": ("btinternet.com bt.lon5.cpcloud.co.uk cpcloud.co.uk", "btinternet.com btopenworld.com"),
    "talktalk": ("talktalk.net", "talktalk.net tiscali.co.uk lineone.net"),
    "virgin": ("virginmedia.com virgin.net", "virginmedia.com ntlworld.com blueyonder.co.uk"),
    "mail_ru": ("mail.ru", "mail.ru inbox.ru list.ru bk.ru internet.ru"),
    "yandex": ("yandex.ru yandex.net yandex.com", "yandex.ru yandex.com ya.ru yandex.ua yandex.by yandex.kz"),
    "rambler": ("rambler.ru", "rambler.ru lenta.ru"),
    "qq": ("qq.com exmail.qq.com", "qq.com foxmail.com vip.qq.com"),
    "netease": ("163.com 126.com yeah.net netease.com 163mx.com", "163.com 126.com yeah.net vip.163.com"),
    "sina": ("sina.com sina.com.cn sina.cn", "sina.com sina.cn"),
    "sohu": ("sohu.com", "sohu.com"),
    "alibaba": ("aliyun.com mxhichina.com aliyun-inc.com", "aliyun.com"),
    "hinet": ("hinet.net", "hinet.net"),
    "naver": ("naver.com", "naver.com"),
    "daum": ("daum.net hanmail.net kakao.com", "daum.net hanmail.net kakao.com"),
    "docomo": ("docomo.ne.jp", "docomo.ne.jp"),
    "au": ("ezweb.ne.jp au.com", "ezweb.ne.jp au.com"),
    "softbank": ("softbank.ne.jp softbank.jp", "softbank.ne.jp i.softbank.jp"),
    "biglobe": ("biglobe.ne.jp", "biglobe.ne.jp"),
    "zoho": ("zoho.com zoho.eu zoho.in zohomail.com", "zoho.com zohomail.com"),
    "proton": ("protonmail.ch protonmail.com proton.me", "protonmail.com proton.me pm.me protonmail.ch"),
    "fastmail": ("messagingengine.com fastmail.com", "fastmail.com fastmail.fm"),
    "mailbox_org": ("mailbox.org", "mailbox.org"),
    "tuta": ("tutanota.de tutanota.com tuta.com", "tutanota.com tutanota.de tuta.io tuta.com"),
    "mimecast": ("mimecast.com mimecast.co.za mimecast-offshore.com", ""),
    "proofpoint": ("pphosted.com ppe-hosted.com proofpoint.com gpphosted.com", ""),
    "barracuda": ("barracudanetworks.com ess.barracudanetworks.com barracuda.com cudamail.com", ""),
    "cloudmark": ("cloudmark.com cloudfilter.net", ""),
    "cisco": ("iphmx.com ironport.com", ""),
    "trend_micro": ("trendmicro.com trendmicro.eu in.tmes.trendmicro.com", ""),
    "sophos": ("sophos.com prod.hydra.sophos.com reflexion.net", ""),
    "fortinet": ("fortimail.com fortimailcloud.com", ""),
    "symantec": ("messagelabs.com messagelabs.net symanteccloud.com", ""),
    "forcepoint": ("mailcontrol.com forcepoint.com", ""),
    "trellix": ("mxlogic.net fireeyecloud.com fireeyegov.com trellix.com", ""),
    "spamtitan": ("spamtitan.com titanhq.com", ""),
    "spamexperts": ("antispamcloud.com spamexperts.com spamexperts.eu n-able.com", ""),
    "hornetsecurity": ("hornetsecurity.com antispameurope.com expurgate.net", ""),
    "mxguarddog": ("mxguarddog.com", ""),
    "mailspamprotection": ("mailspamprotection.com", ""),
    "rackspace": ("emailsrvr.com", ""),
    "godaddy": ("secureserver.net prod.phx3.secureserver.net", ""),
    "ovh": ("ovh.net ovh.com mail.ovh.net", ""),
    "hostinger": ("hostinger.com titan.email", ""),
    "namecheap": ("privateemail.com registrar-servers.com", ""),
    "dreamhost": ("dreamhost.com", ""),
    "gandi": ("gandi.net", ""),
    "strato": ("strato.de rzone.de", ""),
    "infomaniak": ("infomaniak.ch ik2.com", ""),
    "opensrs": ("hostedemail.com", ""),
    "mailchannels": ("mailchannels.net", ""),
    "one_com": ("one.com", ""),
    "amazon_ses": ("amazonses.com amazonaws.com awsapps.com", ""),
    "sendgrid": ("sendgrid.net sendgrid.com", ""),
    "mailgun": ("mailgun.org mailgun.com mailgun.net", ""),
    "postmark": ("mtasv.net postmarkapp.com", ""),
    "sparkpost": ("sparkpostmail.com sparkpost.com", ""),
    "mailjet": ("mailjet.com", ""),
    "brevo": ("sendinblue.com brevo.com", ""),
    "facebook": ("facebook.com", "facebook.com"),
    "seznam": ("seznam.cz", "seznam.cz email.cz post.cz"),
    "wp": ("wp.pl", "wp.pl o2.pl"),
    "interia": ("interia.pl", "interia.pl poczta.fm interia.eu"),
    "onet": ("onet.pl", "onet.pl op.pl vp.pl"),
    "uol": ("uol.com.br", "uol.com.br bol.com.br"),
    "terra": ("terra.com terra.com.br", "terra.com.br"),
    "locaweb": ("locaweb.com.br", ""),
    "rediff": ("rediffmail.com rediff.com", "rediffmail.com"),
    "bigpond": ("bigpond.com telstra.com", "bigpond.com bigpond.net.au telstra.com"),
    "optus": ("optusnet.com.au", "optusnet.com.au"),
    "xtra": ("xtra.co.nz smx.co.nz", "xtra.co.nz"),
    "shaw": ("shaw.ca", "shaw.ca"),
    "rogers": ("rogers.com", "rogers.com"),
    "bell": ("bell.net sympatico.ca", "bell.net sympatico.ca"),
    "videotron": ("videotron.ca", "videotron.ca"),
}


def _by_suffix(place):
    """Return {suffix: operator} of one column of the table."""
    return {name: operator for operator, columns in OPERATORS.items() for name in columns[place].split()}


MX_SUFFIXES = _by_suffix(0)
MAILBOX_DOMAINS = _by_suffix(1)


def operator_of(rhost=None, host=None, recipient_domain=None):
    """Return the operator of a mail exchanger, or None.

    ``rhost`` and ``host`` are host names (as given by a log, as found in a reply); ``recipient_domain`` decides where neither does.
    """
    for name in (rhost, host):
        found = _longest(name, MX_SUFFIXES) if name else None
        if found:
            return found
    return _longest(recipient_domain, MAILBOX_DOMAINS) if recipient_domain else None


def _longest(name, table):
    """Return the table's value for the longest suffix of ``name`` that it holds."""
    name = name.lower().rstrip(".")
    while name:
        if name in table:
            return table[name]
        name = name.partition(".")[2]
    return None
