# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from audit_data import mail_host, sender_dns

from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.evidence import fleet_evidence
from ansible_collections.postmaster.deliverability.plugins.module_utils._audit.helo import helo_settings
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

NAME = "mail.example.com"
DEFAULT = {"transport": "smtp", "address4": "198.51.100.11", "address6": None, "helo": "server.localdomain", "protocols": ["ipv4"], "origin": "x"}
RELAY = {**DEFAULT, "transport": "relay"}
OTHER = {**DEFAULT, "transport": "out2", "address4": "198.51.100.12", "helo": "mail2.example.com"}
BOTH = {**DEFAULT, "address6": "2001:db8::11", "protocols": ["ipv4", "ipv6"]}
KEPT = {"name": "out2", "type": "unix", "overrides": {"smtp_helo_name": "mail2.example.com"}}


def follows(service):
    return {"name": service, "type": "unix", "overrides": {"smtp_helo_name": None}}


def settings(*sources, mta="postfix", pointers=None, differing=None, public=None, exchangers=None):
    """``pointers``: PTR names by address, NAME for those not named; ``differing``: checks that do not pass, by address."""
    facts = mail_host(helo="server.localdomain")
    facts["mta"]["name"] = mta
    facts["identity"]["sources"] = list(sources)
    host = fleet_evidence({"mx1": {"observed": {"mail_host": facts}, "public_addresses": public}})["hosts"]["mx1"]
    addresses = sorted({identity["address"] for identity in host["identities"]})
    checked = sender_dns(*((address, NAME, (differing or {}).get(address, {})) for address in addresses))["identities"]
    for identity in checked:
        identity["ptr"] = (pointers or {}).get(identity["address"], [NAME])
    return helo_settings(facts, NAME, host["identities"], checked, exchangers)


def test_postfix_greets_with_one_name():
    found = settings(DEFAULT, RELAY)
    assert found["settings"] == {"parameters": {"smtp_helo_name": NAME}, "services": [follows("smtp"), follows("relay")]}
    assert (found["transports"], found["others"], found["problems"]) == (["smtp", "relay"], [], [])
    assert found["addresses"] == ["198.51.100.11"]
    assert found["spf"] == ["spf_helo_authorises of 198.51.100.11"]


def test_transport_of_another_address_keeps_its_name():
    found = settings(DEFAULT, OTHER, pointers={"198.51.100.12": ["mail2.example.com"]})
    assert found["settings"]["services"] == [follows("smtp"), KEPT]
    assert found["problems"] == []
    assert "out2" in found["others"][0]
    assert "not among the PTR names of 198.51.100.12" in found["others"][0]


def test_exim_is_told_by_transport():
    found = settings(DEFAULT, OTHER, mta="exim", pointers={"198.51.100.12": ["mail2.example.com"]})
    assert found["settings"] == {"transports": [{"name": "smtp", "options": {"helo_data": NAME}}]}


@pytest.mark.parametrize("control", ["helo_fqdn", "helo_resolves", "helo_matches", "ptr_exists", "fcrdns"])
@pytest.mark.parametrize("status", ["fail", "unknown", "not_applicable"])
def test_name_that_is_not_proven_changes_nothing(control, status):
    found = settings(DEFAULT, differing={"198.51.100.11": {control: status}})
    assert found["settings"] == {}
    assert found["problems"] == [f"transport smtp: {control} of 198.51.100.11"]


def test_name_has_to_fit_both_families_of_a_transport():
    found = settings(BOTH, pointers={"2001:db8::11": ["other.example.com"]})
    assert found["settings"] == {}
    assert "2001:db8::11" in found["problems"][0]


def test_name_that_fits_a_side_road_alone_changes_nothing():
    """The default transport would greet with it too, since both read main.cf."""
    found = settings(DEFAULT, OTHER, differing={"198.51.100.11": {"helo_matches": "fail"}})
    assert found["settings"] == {}
    assert len(found["problems"]) == 1


def test_address_behind_nat_has_to_be_declared():
    inside = {**DEFAULT, "address4": "192.168.1.5"}
    assert "declare its public address" in settings(inside)["problems"][0]
    assert settings(inside, public={"192.168.1.5": "198.51.100.11"})["problems"] == []


def test_name_that_depends_on_the_message_is_left_to_a_person():
    found = settings({**DEFAULT, "helo": "${if eq{$domain}{example.net}{a}{b}}"}, mta="exim")
    assert found["settings"] == {}
    assert "depends on the message" in found["problems"][0]


def test_second_instance_has_a_configuration_of_its_own():
    assert settings(DEFAULT, {**OTHER, "transport": "/etc/postfix-two:smtp"})["settings"]["services"] == [follows("smtp")]


def test_unknown_mail_system_is_an_error_that_names_the_known_ones():
    with pytest.raises(DeliverabilityError, match=r"qmail.*postfix, exim"):
        settings(DEFAULT, mta="qmail")


def server(host, *addresses, status="ok"):
    return {"status": status, "hosts": [{"preference": 10, "host": host, "addresses": list(addresses)}] if addresses else []}


def test_preferred_servers_are_asked_over_ipv4():
    exchangers = {
        "example.net": server("mx.example.net", "203.0.113.25", "2001:db8:1::25"),
        "example.org": server("mx.example.org", "203.0.113.26"),
        "void.example": server(None, status="none"),
    }
    (probe,) = settings(BOTH, exchangers=exchangers)["probes"]
    assert probe == {
        "targets": [{"address": "203.0.113.25", "name": "mx.example.net"}, {"address": "203.0.113.26", "name": "mx.example.org"}],
        "source_address": "198.51.100.11",
        "helo": NAME,
        "sender": "postmaster@example.com",
    }


def test_servers_are_asked_over_ipv6_where_nothing_else_can_be():
    (probe,) = settings(BOTH, exchangers={"example.net": server("mx.example.net", "2001:db8:1::25")})["probes"]
    assert probe["targets"] == [{"address": "2001:db8:1::25", "name": "mx.example.net"}]
    assert probe["source_address"] == "2001:db8::11"


def test_few_servers_are_asked():
    exchangers = {f"d{number}.example": server(f"mx{number}.example", f"203.0.113.{number}") for number in range(1, 9)}
    (probe,) = settings(DEFAULT, exchangers=exchangers)["probes"]
    assert len(probe["targets"]) == 3
