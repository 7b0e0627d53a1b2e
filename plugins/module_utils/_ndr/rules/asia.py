# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What providers of China, Korea, Taiwan and India say: QQ, NetEase (163, 126), Sina, Alibaba, Coremail, Naver, Daum, HiNet, Rediff.

NetEase and other users of Coremail answer with two letters for the stage and three for the cause: ``DT:SPM``, ``HL:REP``, ``MI:SFQ``.
"""

from __future__ import annotations

from ansible_collections.postmaster.deliverability.plugins.module_utils._ndr.rules.words import rule, says

_QQ = "https://service.mail.qq.com/"
_NETEASE = "http://mail.163.com/help/help_spam_16.htm"
_COREMAIL = "https://www.icoremail.vip/support/index.php?cate_id=84"
_ALIBABA = "https://help.aliyun.com/"
_NAVER = "https://help.naver.com/service/5632/category/bookmark"
_KOREAN_PORTALS = "https://puffinknight.tistory.com/102"
_EYOU = "https://blog.sina.com.cn/s/blog_8dc13ec50101fxxr.html"
_PORTAL = ("switch_outbound_ip", "use_smarthost", "reduce_rate")


_qq = says("qq", _QQ)
_netease = says("netease", _NETEASE)
_alibaba = says("alibaba", _ALIBABA)
_naver = says("naver", _NAVER)


def _eyou(name, reason, said, **more):
    """Return the rule for words of eYou's mail server, all short and all its own."""
    return rule(
        f"eyou.{name}",
        "exact",
        reason,
        tuple(f"^{one}" for one in said),
        tuple(f"554 {one}." for one in said),
        **dict({"url": _EYOU, "counter": ("550 user is locked.",)}, **more),
    )


QQ = (
    _qq(
        "frequency",
        "rate_limited",
        (
            "^(ip|connection|domain|sender|user|mail|message|content|email) frequency limited",
            "(ip|connection|domain|sender|user|mail|message) frequency [is] limited",
            "^frequency limit",
            "mail frequency limited",
            "sending frequency ... limited",
        ),
        (
            "550 Ip frequency limited [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000725",
            "550 Domain frequency limited [AbCdEf= IP: 192.0.2.25]. https://service.mail.qq.com/detail/122/167",
            "550 Sender frequency limited [AbCdEf= IP: 192.0.2.25]. https://open.work.weixin.qq.com/help2/pc/20049",
        ),
        also=("wait", "delist", "switch_outbound_ip"),
        counter=("550 Mail content denied [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",),
    ),
    _qq(
        "connection_denied",
        "ip_blocked",
        ("^connection denied", "connection denied ... service.mail.qq.com", "suspected spam ip", "^suspected spam ip", "ip ... is suspected spam ip"),
        (
            "550 Connection denied [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",
            "550 Suspected spam ip [AbCdEf= IP: 192.0.2.25]. https://service.mail.qq.com/detail/122/71",
        ),
        remedy="delist",
        also=_PORTAL,
        settle=("dnsbl", "spread"),
        counter=("550 Mail content denied [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",),
    ),
    _qq(
        "content_denied",
        "spam_content",
        (
            "^mail content denied",
            "mail content denied",
            "mail is rejected by ... content",
            "^reject by spam",
            "the mail is detected as spam",
        ),
        (
            "550 Mail content denied [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",
            "550 Mail content denied. https://open.work.weixin.qq.com/help2/pc/20050",
        ),
        also=("contact_recipient_admin", "delist", "reduce_rate"),
        settle=("dnsbl", "spread"),
        counter=("550 Connection denied [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",),
    ),
    _qq(
        "rejected_by_recipient",
        "posting_not_allowed",
        ("mail is rejected by recipients", "mail is rejected by recipient", "the sender is in the blacklist of the recipient"),
        ("550 Mail is rejected by recipients [AbCdEf= IP: 192.0.2.25]. https://service.mail.qq.com/detail/0/92.",),
        also=("fix_message",),
        counter=("550 Suspected spam ip [AbCdEf= IP: 192.0.2.25]. https://service.mail.qq.com/detail/122/71",),
    ),
    # Said at the end of DATA: the domain is that of the sender.
    _qq(
        "sender_domain",
        "sender_domain_unresolvable",
        ("domain may not exist or dns check failed",),
        ("550 Domain may not exist or DNS check failed [AbCdEf= IP: 192.0.2.25].",),
        counter=("550 Domain frequency limited [AbCdEf= IP: 192.0.2.25]. https://service.mail.qq.com/detail/122/167",),
    ),
    _qq(
        "bounce_attack",
        "spam_content",
        ("suspected bounce attacks", "suspected bounce attack"),
        ("550 Suspected bounce attacks [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&no=1000720&&id=20022",),
        side="ours",
        remedy="fix_mta",
        also=("reduce_rate", "delist", "fix_message"),
        counter=("550 Mail content denied [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",),
    ),
    # Not that there is no such mailbox: it is closed for a while, since it got much mail in a short time.
    _qq(
        "recipient_flooded",
        "mailbox_busy",
        ("mailbox unavailable or access denied",),
        ("550 Mailbox unavailable or access denied [AbCdEf= IP: 192.0.2.25]. https://open.work.weixin.qq.com/help2/pc/20052",),
        counter=("550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000728",),
        url="http://qiao.yimirj.com/article/detail/2261",
    ),
    _qq(
        "unknown_recipient",
        "user_unknown",
        (
            "^mailbox not found. http://service.mail.qq.com*",
            "mailbox not found ... service.mail.qq.com",
            "the recipient may contain a non-existent account",
            "recipient may contain a non-existent account, please check the recipient address",
        ),
        (
            "550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000728",
            "550 The recipient may contain a non-existent account, please check the recipient address.",
        ),
        counter=("550 Mail content denied [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",),
    ),
    _qq(
        "no_from",
        "message_format",
        ("the from header is missing or invalid", "from header is missing or invalid. please follow rfc*"),
        ('550 The "From" header is missing or invalid. Please follow RFC5322, RFC2047, RFC822 standard protocol.',),
        counter=("550 The recipient may contain a non-existent account, please check the recipient address.",),
    ),
    _qq(
        "login",
        "authentication_required",
        (
            "mail from must equal authorized user",
            "mail from address must be same as authorization user",
            "login fail. please (enter|using|input) your authorization code",
            "login fail. account is abnormal",
        ),
        (
            "501 mail from address must be same as authorization user.",
            (
                "535 Login Fail. Please enter your authorization code to login. More information in"
                " http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256"
            ),
        ),
        also=("fix_sender_domain", "use_smarthost"),
        counter=("550 User suspended [AbCdEf=]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000729",),
    ),
    _qq(
        "account_suspended",
        "mailbox_disabled",
        ("^user suspended", "^user has been suspended", "mailbox is (disabled|closed) ... qq.com"),
        ("550 User suspended [AbCdEf=]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000729",),
        unless=("your ip", "sender"),
        counter=("550 Mail content denied [AbCdEf= IP: 192.0.2.25]. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000726",),
    ),
)

NETEASE = (
    _netease(
        "spam",
        "spam_content",
        ("dt:spm", "requested mail action not taken: ... spam", "mi:spm", "dt:sur"),
        (
            (
                "554 DT:SPM 163 mx29,V8CowLC7gEwH2FtdOkVqAA--.43417S2 1566300168,please see"
                " http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.25&hostid=mx29&time=1566300168"
            ),
            "451 DT:SPM ,please try again mx13,pcCowEAJIUZhcmRfH4Yv--.6S2 1600418401,please see http://mail.163.com/help/help_spam_16.htm",
        ),
        also=("reduce_rate", "fix_sender_auth", "contact_recipient_admin", "wait", "delist"),
        settle=("dnsbl", "spf", "spread"),
        counter=("554 DT:SUM 163 smtp7,C8CowAB3--.43417S2 1566300168,please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "header_mismatch",
        "message_format",
        ("dt:sum", "mi:imf", "dt:hdr"),
        ("554 DT:SUM 163 smtp7,C8CowAB3--.43417S2 1566300168,please see http://mail.163.com/help/help_spam_16.htm", "550 MI:IMF 163 mx1"),
        side="ours",
        also=("fix_sender_domain", "fix_sender_auth", "fix_mta"),
        counter=("451 DT:SPM ,please try again mx13,pcCowEAJIUZhcmRfH4Yv--.6S2 1600418401,please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "listed",
        "ip_blocklisted",
        ("dt:rbl", "(hl:rbl|mi:rbl)"),
        ("450 DT:RBL 126 mx9, please see http://mail.163.com/help/help_spam_16.htm",),
        counter=("554 DT:SUM 163 smtp7,C8CowAB3--.43417S2 1566300168,please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "address_suspended",
        "ip_blocked",
        ("(hl:ihu|hl:ipb|wm:bli|hl:iph)", "ip is (hangup|rejected)", "requested mail action not taken: invalid ip", "ip in blacklist"),
        (
            "554 HL:IHU 163 mx42, please see http://mail.163.com/help/help_spam_16.htm",
            "554 HL:IPB 163 mx2",
            "554 IP is rejected, smtp.example.net",
        ),
        remedy="delist",
        also=_PORTAL,
        counter=("421 HL:MEP 163 mx41, please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "recipients_unknown",
        "directory_harvest",
        ("(hl:rep|hl:rcp|rp:inv)",),
        ("421 HL:REP 163 mx9,NsCowEBJE0pe2x1dtJjrHw--.2158S2, please see http://mail.163.com/help/help_spam_16.htm",),
        also=("reduce_rate", "wait", "delist", "switch_outbound_ip"),
        counter=("421 HL:ICC 163 mx41,QsCowABn--.9S2 1600418401, please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "connections",
        "too_many_connections",
        ("(hl:icc|hl:itc)",),
        ("421 HL:ICC 163 mx41,QsCowABn--.9S2 1600418401, please see http://mail.163.com/help/help_spam_16.htm", "554 HL:ITC 126 mx3"),
        counter=("421 HL:MEP 163 mx41, please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "rate",
        "rate_limited",
        (
            "(hl:ifc|hl:ifq|hl:idc)",
            "(mi:dmc|mi:ccl|mi:cel|mi:sfq|mi:qrc|mi:stc|mi:sqc|mi:sdc)",
            "(rp:ccl|rp:cel|rp:qrc|rp:fqc|rp:orq)",
            "sending quota exceeded",
        ),
        (
            "421 HL:IFC 163 mx41, please see http://mail.163.com/help/help_spam_16.htm",
            "451 MI:SFQ 163 smtp9, please see http://mail.163.com/help/help_spam_16.htm",
            "450 RP:CEL 126 mx1",
        ),
        unless=("too many recipients",),
        counter=("450 RP:DRC 163 mx41, please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "recipients",
        "too_many_recipients",
        ("(rp:drc|rp:rcl|rp:trc)",),
        ("450 RP:DRC 163 mx41, please see http://mail.163.com/help/help_spam_16.htm", "553 RP:RCL 163"),
        counter=("421 HL:MEP 163 mx41, please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "forged_domain",
        "auth_failed",
        ("(hl:mep|mi:nhd|mi:fsd)",),
        ("421 HL:MEP 163 mx41, please see http://mail.163.com/help/help_spam_16.htm",),
        also=("fix_sender_domain", "fix_spf", "fix_helo", "wait"),
        counter=("421 HL:IFC 163 mx41, please see http://mail.163.com/help/help_spam_16.htm",),
    ),
    _netease(
        "spf",
        "spf_failed",
        ("mi:spf",),
        ("550 MI:SPF 163 mx18,please see http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.25",),
        counter=("550 MI:DMA 163 mx18,please see http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.25",),
    ),
    _netease(
        "dmarc",
        "dmarc_failed",
        ("(mi:dma|mi:dmarc)",),
        ("550 MI:DMA 163 mx18,please see http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.25",),
        counter=("550 MI:SPF 163 mx18,please see http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.25",),
    ),
    _netease(
        "not_a_relay",
        "authentication_required",
        (
            "(mi:spb|wm:blu|rp:frl)",
            "requested action not taken: (local user only|no smtp mx only)",
            "authentication is required, <id>",
            "too much fail authentication",
        ),
        ("554 MI:SPB 163 smtp9", "553 Requested action not taken: Local user only, smtp9", "451 Requested mail action not taken: too much fail authentication"),
        side="ours",
        also=("fix_sender_domain", "fix_route", "contact_recipient_admin"),
        counter=("550 Requested mail action not taken: Fake sender",),
    ),
    _netease(
        "null_sender",
        "sender_address_rejected",
        ("requested action not taken: null sender is not allowed", "requested mail action not taken: fake sender", "^sender is rejected"),
        ("553 Requested action not taken: NULL sender is not allowed, mx9", "550 Requested mail action not taken: Fake sender"),
        counter=("553 Requested action not taken: Local user only, smtp9",),
    ),
    _netease(
        "user_blocked_us",
        "posting_not_allowed",
        ("^user in blacklist", "user in blacklist"),
        ("550 User in blacklist",),
        also=("fix_message",),
        counter=("550 User hangup",),
    ),
    _netease(
        "user_suspended",
        "mailbox_disabled",
        ("^user (suspended|hangup|locked)$", "^user (suspended|hangup|locked),", "^user (suspended|hangup): ..."),
        ("550 User suspended, mx18", "550 User hangup"),
        counter=("550 User in blacklist",),
    ),
    _netease(
        "illegal_attachment",
        "content_rejected",
        ("^illegal attachment", "requested mail action not taken: illegal attachment"),
        ("552 Illegal Attachment, smtp9",),
        counter=("554 MI:SPB 163 smtp9",),
    ),
)

EYOU = (
    _eyou("address", "ip_blocked", ("black ip",), also=_PORTAL),
    _eyou("open_relay", "ip_blocked", ("openrelay check",), also=("fix_mta", *_PORTAL)),
    _eyou("source", "spf_failed", ("remote ip check error",)),
    _eyou("helo", "helo_rejected", ("helohost error",)),
    _eyou("sender", "sender_address_rejected", ("sender is unvalidated", "host denies the sender", "black mail address")),
    _eyou("relay", "relay_denied", ("host denies relay", "relay check domain fail")),
    _eyou("login", "authentication_required", ("relay check local fail",)),
    _eyou("loop", "routing_loop", ("looping message",)),
    _eyou("repeated", "rate_limited", ("too many same size mails",), also=("fix_message", "wait")),
    _eyou("recipients", "too_many_recipients", ("out of allow rcpt numbers",)),
    _eyou("queue", "system_busy", ("queue unavailable",), side="theirs", temporary=True, also=()),
)

OTHERS = (
    rule(
        "korean_portals.filtered",
        "exact",
        "ip_blocked",
        ("your ip <ip> is filtered", "spam_suspect:ip_control"),
        (
            "421 4.3.2 Your IP(192.0.2.25) is filtered and this connection will be closed. You must register your IP to http://www.example.net",
            "550-'Transaction failed. (SPAM_SUSPECT:IP_CONTROL)'",
        ),
        remedy="delist",
        also=_PORTAL,
        counter=("421 4.3.1 You send too many messages.",),
        url=_KOREAN_PORTALS,
    ),
    rule(
        "korean_portals.rejected_by_user",
        "exact",
        "posting_not_allowed",
        ("registered as spammer by user's reject list",),
        ("550 You are registered as spammer (by user's reject list)",),
        counter=("421 4.3.1 You send too many messages.",),
        url=_KOREAN_PORTALS,
    ),
    rule(
        "coremail.no_such_user",
        "exact",
        "user_unknown",
        ("^unavailable mail user", "local server don't exists that user", "^not user of this server"),
        ("550 unavailable mail user", "550 local server don't exists that user", "550 not user of this server"),
        counter=("450 rcpt handle timeout",),
        url=_COREMAIL,
    ),
    _alibaba(
        "behaviour",
        "ip_blocked",
        ("reject by behaviour spam at", "reject by behavior spam at", "antispam_bat*"),
        ("554 Reject by behaviour spam at Rcpt State(Connection IP address:192.0.2.25)ANTISPAM_BAT[01201311R2568S9250]: ip in blacklist CONTINUE",),
        remedy="reduce_rate",
        also=("delist", "wait", "fix_sender_auth", "switch_outbound_ip", "fix_message"),
        settle=("dnsbl", "spf", "spread"),
        unless=("spf check failed",),
        counter=("554 Reject by content spam at DataEnd State(Connection IP address:192.0.2.25)",),
        url="http://www.zyy100.com/article-show-50-246.html",
    ),
    _alibaba(
        "spf",
        "spf_failed",
        ("reject by behaviour spam at ... spf check failed", "antispam_bat* ... spf check failed"),
        ("554 Reject by behaviour spam at Rcpt State ANTISPAM_BAT: spf check failed",),
        counter=("554 Reject by content spam at DataEnd State(Connection IP address:192.0.2.25)",),
    ),
    _alibaba(
        "content",
        "spam_content",
        ("reject by content spam at",),
        ("554 Reject by content spam at DataEnd State(Connection IP address:192.0.2.25)",),
        also=("contact_recipient_admin", "reduce_rate"),
        counter=("554 Reject by behaviour spam at Rcpt State ANTISPAM_BAT: spf check failed",),
    ),
    _alibaba(
        "mailbox",
        "user_unknown",
        ("^mailbox not exist", "mailbox not exist ... mxdns", "rcptto: mailbox not exist"),
        ("550 Mailbox not exist, please check",),
        counter=("554 Reject by behaviour spam at Rcpt State ANTISPAM_BAT: spf check failed",),
    ),
    _naver(
        "blocked",
        "ip_blocked",
        ("your ip blocked from this server", "blocked url: http*", "help.naver.com"),
        ("421 4.3.2 Your ip blocked from this server. BLOCKED URL: https://help.naver.com/alias/mail/ip.naver",),
        remedy="delist",
        also=(*_PORTAL, "wait"),
        settle=("dnsbl", "spread"),
        counter=("421 [HCM1] Your mail from 192.0.2.25 was deferred.",),
    ),
    _naver(
        "white_domain",
        "ip_blocked",
        ("(kisarbl|kisa rbl|kisa-rbl)",),
        ("554 5.7.1 Blocked by KISA-RBL, see https://spam.example.net",),
        remedy="delist",
        also=_PORTAL,
        counter=('550-"JunkMail rejected - mail.example.org [198.51.100.11]:34032 is in an\n550 RBL: https://www.example.net/query/ip/198.51.100.11"',),
    ),
    rule(
        "chinese.disabled",
        "words",
        "mailbox_disabled",
        (
            "(用户|用戶|邮箱|郵箱|账号|帐号|帳號|收件人)(已停用|被停用|已冻结|被冻结|已注销|已锁定|被锁定|已禁用|被禁用|休眠)",
            "(用户|邮箱|账号|帐号) ... (停用|冻结|注销|锁定|禁用|休眠)",
        ),
        ("550 邮箱已停用", "550 该账号被冻结"),
        unless=("ip", "发件"),
        counter=("554 IP 192.0.2.25 在黑名单中",),
    ),
    rule(
        "chinese.rate",
        "named",
        "rate_limited",
        ("(发信|发送|發信|發送|连接|連接)(频率|頻率|过于频繁|過於頻繁|数量|超过|超出|次数)", "(频率|頻率|数量|次數|次数)(限制|超限|过高|過高)", "(频率|频繁)"),
        ("550 发信频率超限", "421 发送过于频繁"),
        unless=("收件人不存在",),
        counter=("554 IP 192.0.2.25 在黑名单中",),
    ),
    rule(
        "chinese.blocked",
        "named",
        "ip_blocked",
        ("ip ... (黑名单|黑名單|封禁|被拒|拒绝|拒絕|禁止|屏蔽)", "(黑名单|黑名單)", "发信服务器 ... (拒绝|禁止)"),
        ("554 IP 192.0.2.25 在黑名单中", "550 您的IP被封禁: IP 192.0.2.25 禁止连接"),
        remedy="delist",
        also=_PORTAL,
        unless=("收件人 ... 黑名单", "用户 ... 黑名单"),
        counter=("550 refused: low ip reputation",),
    ),
    rule(
        "korean.unknown",
        "words",
        "user_unknown",
        (
            "(사용자|수신자|계정|메일박스|주소|받는사람|수신인|메일 주소|이메일 주소)(가|이|는|은|를|을|이메일) (존재하지|없습니다|없는|유효하지|찾을 수)",
            "존재하지 않는 (사용자|수신자|계정|메일|주소|이메일|메일주소)",
            "없는 (사용자|수신자|계정|메일주소|주소)",
        ),
        ("550 존재하지 않는 사용자입니다", "550 수신자가 존재하지 않습니다"),
        unless=("도메인",),
        counter=("554 IP 192.0.2.25 차단되었습니다",),
    ),
    rule(
        "korean.full",
        "named",
        "mailbox_full",
        ("(메일함|편지함|용량|메일 용량|사서함|저장 공간)(이|가|을) (가득|초과|꽉|부족)", "(용량|메일함) (초과|부족)"),
        ("552 메일함이 가득 찼습니다", "552 수신자의 용량 초과"),
        counter=("554 IP 192.0.2.25 차단되었습니다",),
    ),
    rule(
        "korean.blocked",
        "named",
        "ip_blocked",
        ("ip ... (차단|거부)", "(스팸|차단된) (ip|서버)"),
        ("554 IP 192.0.2.25 차단되었습니다",),
        remedy="delist",
        also=_PORTAL,
        counter=("552 메일함이 가득 찼습니다",),
    ),
)

RULES = QQ + NETEASE + EYOU + OTHERS
