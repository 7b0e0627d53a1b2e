# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""A smarthost before it is used, and the settings that use it: what the filters of the roles ``smarthost`` and ``throttle`` do.

Everything is a function of what modules have observed; nothing here asks anybody.
"""

from __future__ import annotations

import datetime
import json
import re
from ipaddress import ip_address

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import envelope_domains
from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.names import is_private
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.module_utils._facts.operators import OPERATORS, operator_of
from ansible_collections.postmaster.deliverability.plugins.module_utils._mta.base import duration
from ansible_collections.postmaster.deliverability.plugins.plugin_utils import _routes

TRANSPORT = "pmd_smarthost"
THROTTLE = "pmd_throttle"
WRAPPED_PORT = 465
TLS_LEVELS = {"may": "may", "encrypt": "encrypt", "verify": "secure"}
"""Words of the role, and what Postfix calls them."""
LISTS_SINCE = (3, 5)
"""The Postfix that takes several next hops in one place."""
SLOW_TRANSPORTS_SINCE = (3, 1)
"""The Postfix that knows a delay for a whole transport."""
MAPS = ("transport_maps", "sender_dependent_default_transport_maps")
OLD_TLS_TABLE = "smtp_tls_per_site"
"""What smtp_tls_policy_maps replaced. Postfix 3.9 and newer complain each time that it is so much as named."""
LOGIN_RULES = ("smtp_sasl_security_options", "smtp_sasl_tls_security_options", "smtp_sasl_tls_verified_security_options")
"""What a login may be like: without TLS, with it, and where the certificate was verified."""


# Whose domains


def operator_domains(mail_host, operator, exchangers=None, routed=(), smarthosts=()):
    """Find the recipient domains of a host whose mail an operator keeps.

    ``operator``: one of OPERATORS, or the domain that the names of its servers end in; ``mail_host``: the facts of ``mail_host_info``; ``exchangers``:
    ``domains`` of ``mx_info``; ``routed``: domains that are in the scope already, or Postfix's ``transport_maps`` that names them; ``smarthosts``: names
    of servers that take mail for everybody, so that having sent there tells nothing.

    Returns ``{domains, unknown}``, both sorted; ``unknown`` are those that have to be asked for, or that DNS gave no answer for.
    """
    if operator not in OPERATORS and not _routes.plain_domain(operator):
        raise DeliverabilityError(f"operator: {operator!r} is neither one that is known ({', '.join(sorted(OPERATORS))}) nor the domain of mail servers")
    relays = {name.lower().strip("[]") for name in smarthosts}
    routed = _routes.routed_domains(routed, TRANSPORT) if isinstance(routed, str) else routed
    servers = {domain: set() for domain in routed}
    for row in _destinations(mail_host):
        domain = (row.get("destination") or "").lower().rstrip(".")
        if _routes.plain_domain(domain):
            server = (row.get("relay_host") or "").lower()
            servers.setdefault(domain, set()).update({server} - {""} - relays)
    told = {domain: _is_kept_by(operator, domain, names, (exchangers or {}).get(domain)) for domain, names in servers.items()}
    return {
        "domains": sorted(domain for domain, found in told.items() if found or (found is None and domain in routed)),
        "unknown": sorted(domain for domain, found in told.items() if found is None),
    }


def _destinations(mail_host):
    for place in ("queue", "log"):
        facts = mail_host.get(place) or {}
        yield from facts.get("groups") or ()
        yield from facts.get("delivered_to") or ()


def _is_kept_by(operator, domain, servers, asked):
    """Tell whether an operator keeps a domain's mail; None where nobody knows."""
    if asked and asked["status"] != "unknown":
        return _runs(operator, [host["host"] for host in asked["hosts"]])
    known = operator_of(recipient_domain=domain)
    if known:
        return known == operator
    return _runs(operator, servers) if servers else None


def _runs(operator, servers):
    if operator in OPERATORS:
        return any(operator_of(rhost=server) == operator for server in servers)
    return any(f".{server}".endswith(f".{operator}") for server in servers)


# Whether it takes our mail


def probe_plan(mail_host, hosts=(), messages=(), senders=(), domains=None):
    """Choose a real sender for each envelope domain: a declared one, that of a waiting message, or else the domain's postmaster (RFC 5321, 4.5.1).

    ``hosts``: smarthosts as the role takes them; ``messages``: waiting messages as ``mail_queue`` lists them; ``senders``: declared addresses;
    ``domains``: declared envelope domains. Returns ``[{domain, sender, targets}]``, sorted by domain.
    """
    targets = [{"name": entry["host"], "port": entry["port"]} for entry in _routes.checked_hosts(hosts, "smarthost_hosts")]
    declared = [str(address) for address in senders]
    waiting = [message.get("sender") or "" for message in messages]
    known = {}
    for address in [*declared, *waiting]:
        local, _at, domain = address.rpartition("@")
        if local and domain and re.fullmatch(r"[\x21-\x7e]+", address):
            known.setdefault(domain.lower(), address)
    wanted = envelope_domains(mail_host, domains) if domains else sorted({*envelope_domains(mail_host), *known})
    names = [domain for domain in wanted if _routes.plain_domain(domain)]
    return [{"domain": domain, "sender": known.get(domain, f"postmaster@{domain}"), "targets": targets} for domain in names]


OURSELVES = "is this host itself: mail would go round in circles"
_PASSING = ("deferred", "no_connection", "connection_lost")


def judge_smarthost(probes, identity, domains=(), addresses=(), sender_dns=None):
    """Tell whether smarthosts take our mail, and whether receivers will believe it from there.

    ``probes``: results of ``smtp_probe_info``, one for each sender that was tried; ``identity``: that of ``mail_host_info``; ``domains``: the envelope
    domains; ``addresses``: those that the smarthosts send from, where they are others than those that were asked; ``sender_dns``: the result of
    ``sender_dns_info`` for the ``identities`` that this returned without it.

    Returns ``{problems, notes, identities, covered, publish}``: what stands against the change, what does not (a server that is full now, while another
    one takes the mail), what to ask the DNS, why each domain is believed, and the records to publish where one is not.
    """
    judged = _dialogues(probes, identity)
    heard = judged.pop("heard")
    asked = {str(address): name for address in addresses for name in heard.values()} if addresses else heard
    judged["identities"] = [{"host": name, "address": address, "helo": name, "domains": list(domains), "role": "candidate"} for address, name in asked.items()]
    authorised = _authorisation(sender_dns, domains) if sender_dns else {"problems": [], "covered": [], "publish": []}
    return {**judged, **authorised, "problems": judged["problems"] + authorised["problems"]}


def _dialogues(probes, identity):
    """A refusal of one server is a problem even where another accepts: mail would bounce there."""
    problems, notes, heard = [], [], {}
    own = {str(address) for address in identity.get("local_addresses", [])}
    names = {str(name).lower() for name in [identity.get("hostname"), *(source["helo"] for source in identity.get("sources", []))] if name}
    for probe in probes:
        accepted = False
        for target in probe["targets"]:
            who = f"{target['name'] or target['address']} port {target['port']}"
            if target["outcome"] != "no_connection":
                heard.setdefault(target["address"], target["name"] or target["address"])
            if target["address"] in own or _greeting(target) in names:
                problems.append(f"{who} {OURSELVES}")
            elif target["outcome"] == "accepted":
                accepted = True
            else:
                (notes if _will_pass(target) else problems).append(f"{who}: {_said(target)}")
        if probe["targets"] and not accepted:
            problems.append(f"no smarthost takes mail{_from(probe['targets'][0])} now")
    return {"problems": list(dict.fromkeys(problems)), "notes": list(dict.fromkeys(notes)), "heard": heard}


def _greeting(target):
    """Return the name that a server gave after EHLO."""
    for stage in target["stages"]:
        if stage["stage"] == "EHLO" and stage["lines"]:
            return stage["lines"][0][4:].partition(" ")[0].lower().rstrip(".")
    return None


def _will_pass(target):
    code = target["stages"][-1]["code"] if target["stages"] else None
    return target["outcome"] in _PASSING or (code is not None and code // 100 == 4)


def _said(target):
    stage = target["stages"][-1]
    words = " ".join(stage["lines"]) or stage["error"] or "no answer"
    return f"{target['outcome'].replace('_', ' ')} at {stage['stage']}: {words}"


def _from(target):
    sender = next((stage["argument"] for stage in target["stages"] if stage["stage"] == "MAIL"), None)
    return f" from {sender}" if sender else ""


# Whether receivers will believe it


def _authorisation(sender_dns, domains):
    """Tell whether SPF, or else aligned DKIM (RFC 7489, 3.1), covers each envelope domain; DKIM counts where its selectors were declared and found."""
    inside = [identity["address"] for identity in sender_dns["identities"] if is_private(ip_address(identity["address"]))]
    if inside:
        said = f"Receivers never see the smarthost's address {', '.join(inside)}: declare the addresses that it sends from in smarthost_addresses."
        return {"problems": [said], "covered": [], "publish": []}
    problems, covered, publish = [], [], []
    for domain in domains:
        failed, silent = [], []
        for identity in sender_dns["identities"]:
            result = next((row["result"] for row in identity["spf"] if row["scope"] == "mail_from" and row["domain"] == domain), "none")
            if result == "temperror":
                silent.append(identity["address"])
            elif result != "pass":
                failed.append(identity)
        keys = [key["selector"] for key in (sender_dns["domains"].get(domain) or {}).get("dkim") or [] if not key["revoked"]]
        if not failed and not silent:
            covered.append(f"SPF of {domain} covers the smarthost.")
        elif keys:
            covered.append(f"{domain} is signed with DKIM ({', '.join(keys)}), which does not depend on the address.")
        elif silent and not failed:
            problems.append(f"DNS gave no answer for SPF of {domain}.")
        else:
            addresses = ", ".join(identity["address"] for identity in failed)
            problems.append(f"SPF of {domain} does not cover the smarthost ({addresses}), and no DKIM selector of it was declared and found.")
            publish += [line for identity in failed for check in identity["checks"] if check["control"] == "spf_authorises" for line in _lines(check, domain)]
    return {"problems": problems, "covered": covered, "publish": list(dict.fromkeys(publish))}


def _lines(check, domain):
    lines = [line for line in (check.get("publish") or "").splitlines() if line.strip()]
    return [line for line in lines if line.startswith(f"{domain}.")] or lines


# The settings


def version_of(text):
    """Return the first two numbers of a version: ``(3, 7)``."""
    return tuple(int(number) for number in re.findall(r"\d+", text or "")[:2])


def smarthost_settings(current, mta, hosts=(), domains=(), **options):
    """Return the options of ``postfix_config`` or ``exim_config`` that use smarthosts; without hosts, those that end their use.

    ``current``: values of MAPS and OLD_TLS_TABLE as they are (Postfix); ``options``: ``version``, ``tls`` (may, encrypt, verify), ``ca_file``,
    ``username``, and ``password_file`` (Postfix) or ``password`` (Exim).
    """
    hosts = _routes.checked_hosts(hosts, "smarthost_hosts")
    domains = _routes.plain_domains(domains, "smarthost_domains")
    wrapped = {entry["port"] == WRAPPED_PORT for entry in hosts}
    if len(wrapped) > 1:
        raise DeliverabilityError(f"smarthost_hosts: port {WRAPPED_PORT} begins with TLS, other ports do not; they cannot be mixed")
    options["wrapped"] = True in wrapped
    if options.get("username") is not None and options.get("tls") == "may":
        raise DeliverabilityError("smarthost_tls: with credentials it has to be encrypt or verify, so that they never go in clear text")
    if mta == "exim":
        return _exim(hosts, domains, options)
    return _postfix(current, hosts, domains, options)


def _postfix(current, hosts, domains, options):
    ways, fallback = _ways(hosts, version_of(options.get("version")))
    table = _routes.way_table(domains, TRANSPORT, ways) if ways else None
    parameters = {}
    for name in MAPS:
        # Mail of some domains is caught first; what the administrator routes by sender goes before what catches all.
        ours = table if (name == "transport_maps") == bool(domains) else None
        value = _routes.with_table(current.get(name), TRANSPORT, ours, last=not domains)
        if value != (", ".join(_routes.tables(current.get(name))) or None):
            parameters[name] = value
    if not hosts:
        return {"parameters": parameters, "services": []}
    overrides = {
        "smtp_tls_security_level": TLS_LEVELS[options["tls"]],
        "smtp_tls_wrappermode": "yes" if options["wrapped"] else "no",
        # Neither tables nor older parameters may allow less for a smarthost.
        "smtp_tls_policy_maps": "",
        "smtp_fallback_relay": fallback,
        "smtp_sasl_auth_enable": "yes" if options.get("password_file") else "no",
    }
    if current.get(OLD_TLS_TABLE):
        overrides[OLD_TLS_TABLE] = ""
    if options["tls"] == "verify":
        overrides["smtp_tls_CAfile"] = options["ca_file"]
    if options.get("password_file"):
        overrides["smtp_sasl_password_maps"] = f"texthash:{options['password_file']}"
        # What main.cf forbids by the second or third of them would leave no mechanism to log in with.
        overrides.update(dict.fromkeys(LOGIN_RULES, "noanonymous"))
    return {"parameters": parameters, "services": [{"name": TRANSPORT, "like": "smtp/unix", "overrides": overrides}]}


def _ways(hosts, version):
    """Return the next hops of each order as one text, and those for ``smtp_fallback_relay``."""
    texts = [[_routes.nexthop(entry) for entry in order] for order in _routes.orders(hosts)] if hosts else []
    if texts and version and version < LISTS_SINCE:
        return list(dict.fromkeys(order[0] for order in texts)), ", ".join(texts[0]) if len(hosts) > 1 else ""
    return [", ".join(order) for order in texts], ""


def _exim(hosts, domains, options):
    if not hosts:
        return {"routers": [{"name": TRANSPORT}], "transports": [{"name": TRANSPORT}]}
    secure = {} if options["tls"] == "may" else {"hosts_require_tls": "*"}
    if options["tls"] == "verify":
        secure.update(tls_verify_hosts="*", tls_verify_certificates=options["ca_file"])
    else:
        secure.update(tls_verify_hosts=":", tls_try_verify_hosts=":")
    if options["wrapped"]:
        secure["protocol"] = "smtps"
    if options.get("username") is not None:
        # Without a login the smarthost refuses for good, and mail bounces.
        secure["hosts_require_auth"] = "*"
    router = {"name": TRANSPORT, "hosts": hosts, "options": {"transport": TRANSPORT, **({"domains": domains} if domains else {})}}
    settings = {"routers": [router], "transports": [{"name": TRANSPORT, "options": secure}]}
    if options.get("username") is not None:
        login = {"username": options["username"], "password": options["password"]}
        settings["credentials"] = [{"host": host, **login} for host in dict.fromkeys(entry["host"] for entry in hosts)]
    return settings


def throttle_settings(current, mta, domains=(), concurrency=1, delay=0, version="", like="smtp"):
    """Return the options of ``postfix_config`` or ``exim_config`` that slow down mail for some domains; without domains, those that end it.

    ``delay``: seconds between two deliveries; ``like``: the Postfix transport that the slow one is a copy of.
    """
    domains = _routes.plain_domains(domains, "throttle_domains")
    if mta == "exim":
        return _exim_throttle(domains, concurrency)
    value = current.get("transport_maps")
    others = ", ".join(table for table in _routes.tables(value) if not _routes.is_ours(table, THROTTLE))
    taken = [domain for domain in domains if re.search(rf"(?<![\w.-]){re.escape(domain)}\s*=", others)]
    if taken and like == "smtp":
        raise DeliverabilityError(f"throttle_domains: transport_maps sends {', '.join(taken)} another way already; name that transport in throttle_like")
    table = f"inline:{{ {', '.join(f'{domain}={THROTTLE}:' for domain in domains)} }}" if domains else None
    limits = {"destination_concurrency_limit": concurrency}
    if version_of(version) >= SLOW_TRANSPORTS_SINCE:
        # A provider counts what it gets for all the domains that it keeps.
        limits["transport_rate_delay"] = f"{delay}s"
    else:
        limits["destination_rate_delay"] = f"{delay}s"
    parameters = {f"{THROTTLE}_{name}": limit if domains else None for name, limit in limits.items()}
    wanted = _routes.with_table(value, THROTTLE, table)
    if wanted != (", ".join(_routes.tables(value)) or None):
        parameters["transport_maps"] = wanted
    services = [{"name": THROTTLE, "like": f"{like}/unix", "process_limit": str(concurrency)}] if domains else []
    return {"parameters": parameters, "services": services}


def _exim_throttle(domains, concurrency):
    if not domains:
        return {"routers": [{"name": THROTTLE}], "transports": [{"name": THROTTLE}]}
    options = {"max_parallel": concurrency, "connection_max_messages": 1, "serialize_hosts": "*" if concurrency == 1 else None}
    return {
        "routers": [{"name": THROTTLE, "options": {"domains": domains, "transport": THROTTLE}}],
        "transports": [{"name": THROTTLE, "options": {name: value for name, value in options.items() if value is not None}}],
    }


# When to go back

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def seconds_of(text, option):
    """Return the seconds of a duration such as ``90m`` or ``14d``."""
    seconds = duration(str(text))
    if seconds is None:
        raise DeliverabilityError(f"{option}: {text!r} is not a duration such as 90m, 12h or 14d")
    return seconds


def return_order(kept, asked, now, exchangers=None, **order):
    """Return the document that tells a host when and how to go back by itself.

    ``kept``: the text of the one that it has, or ""; ``asked``: a duration, or a time in UTC (RFC 3339); ``now``: the time, in that form; ``exchangers``:
    ``domains`` of ``mx_info`` for the recipients. A duration counts from when it was first asked for, so that a second run does not put the end off.
    Where DNS gave no answer, the servers that were known stay known.
    """
    before = _document(kept)
    servers = dict(before.get("servers") or {})
    for domain, found in (exchangers or {}).items():
        if found["status"] != "unknown" or domain not in servers:
            servers[domain] = [host["host"] for host in found["hosts"]]
    order["servers"] = {domain: hosts for domain, hosts in servers.items() if domain in (exchangers or {})}
    expires_at = before.get("expires_at") if before.get("asked") == str(asked) else None
    if expires_at is None and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(asked)):
        expires_at = asked
    if expires_at is None:
        moment = datetime.datetime.strptime(now, _TIME) + datetime.timedelta(seconds=seconds_of(asked, "expires"))
        expires_at = moment.strftime(_TIME)
    return {"version": 1, "asked": str(asked), "expires_at": expires_at, **order, "retry": seconds_of(order["retry"], "retry")}


def _document(text):
    try:
        return json.loads(text or "{}")
    except ValueError:
        return {}
