# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.server
import socket
import threading

import pytest

from ansible_collections.postmaster.deliverability.plugins.module_utils._dns.mta_sts import MAX_POLICY
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError
from ansible_collections.postmaster.deliverability.plugins.modules.sender_dns_info import fetch, work

IDENTITY = {"host": "mail1", "address": "198.51.100.11", "helo": "mail.example.com", "domains": ["example.com"], "role": "source"}


class Policies(http.server.BaseHTTPRequestHandler):
    """One path each for what a web server may do."""

    def do_GET(self):
        status, body = {"/policy": (200, b"version: STSv1\n"), "/huge": (200, b"x" * 300_000), "/odd": (200, b"\xff\xfe"), "/moved": (301, b"")}.get(
            self.path, (404, b"gone")
        )
        self.send_response(status)
        if status == 301:
            self.send_header("Location", "/policy")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            return  # the reader had enough

    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Policies) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_policy_is_fetched(server):
    assert fetch(server + "/policy") == ("version: STSv1\n", None)


def test_a_policy_is_read_up_to_its_limit_and_in_any_encoding(server):
    assert len(fetch(server + "/huge")[0]) == MAX_POLICY
    assert fetch(server + "/odd")[1] is None


@pytest.mark.parametrize(("path", "words"), [("/moved", "301"), ("/gone", "404")])
def test_redirects_are_not_followed_and_errors_are_told(server, path, words):
    text, problem = fetch(server + path)
    assert text is None
    assert words in problem


def test_a_web_server_out_of_reach_is_a_problem_and_no_crash(closed_port):
    text, problem = fetch(f"http://127.0.0.1:{closed_port}/policy")
    assert text is None
    assert problem


def options(closed_port, **given):
    nameservers = [f"127.0.0.1:{closed_port}"]
    return dict(
        {"identities": [], "domains": [], "dkim_selectors": {}, "fetch_policies": True, "nameservers": nameservers, "timeout": 0.2, "retries": 0}, **given
    )


def test_without_a_resolver_everything_is_unknown_and_nothing_fails(closed_port):
    found = work(options(closed_port, identities=[IDENTITY], domains=["example.com"]))
    assert found["identities"][0]["verdict"]["status"] == "unknown"
    statuses = {check["status"] for check in found["domains"]["example.com"]["checks"]}
    assert statuses <= {"unknown", "not_applicable"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"identities": [dict(IDENTITY, address="300.1.1.1")]}, r"identities\[0\]\.address: '300\.1\.1\.1' is no IP address"),
        ({"nameservers": ["resolver.example.com"]}, r"nameservers: 'resolver\.example\.com'"),
        ({"domains": ["example.com"], "dkim_selectors": {"example.com": 1}}, "dkim_selectors: example"),
    ],
)
def test_unusable_input_is_one_clear_error(closed_port, given, message):
    with pytest.raises(DeliverabilityError, match=message):
        work(options(closed_port, **given))
