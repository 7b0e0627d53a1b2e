# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store: slices that observe side by side, one report of them all, and what changed since last time."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from test_broken_evidence import snapshot

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLEET = ROOT / "examples/fleet"
ZONES = ["zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org"]
HOSTILE = "550 5.7.1 {{ 'in%djected' % 42 }} go away"


def play(playbook, *arguments, **variables):
    """Run a playbook beside the fleet's DNS; return the finished process."""
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCALHOST_WARNING": "false"}
    given = {
        "audit_nameservers": ["{{ lookup('ansible.builtin.env', 'FLEET_NAMESERVER') }}"],
        "audit_dnsbl_zones": ZONES,
        "audit_dnsbl_own_zones": [],
        **variables,
    }
    command = [sys.executable, str(FLEET / "serve.py"), "--", sys.executable, "-m", "ansible", "playbook", str(ROOT / "playbooks" / playbook)]
    return subprocess.run([*command, *arguments, "-e", json.dumps(given)], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def report(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two slices of the embedded fleet observed one after the other into one store, judged by nobody."""
    folder = tmp_path_factory.mktemp("store")
    for limit in ("home,shop", "branch,office"):
        done = play("audit.yml", "-i", str(FLEET / "inventory.yml"), "--limit", limit, audit_store=str(folder), audit_judge=False)
        assert done.returncode == 0, done.stdout
    return folder


def test_slices_write_side_by_side(store):
    assert sorted(path.name for path in (store / "hosts").iterdir()) == ["branch.json", "home.json", "office.json", "shop.json"]
    assert not (store / "report.json").exists()


def test_one_report_of_all_slices(store, tmp_path):
    done = play("report.yml", audit_store=str(store), audit_output_dir=str(tmp_path))
    assert done.returncode == 0, done.stdout
    found = report(tmp_path)
    assert {name: host["state"] for name, host in found["hosts"].items()} == {"branch": "refused", "home": "refused", "office": "ok", "shop": "refused"}
    assert [action["remedy"] for action in found["hosts"]["shop"]["actions"]] == ["switch_outbound_ip"]
    assert found["fleet"]["changes"]["since"] is None
    again = play("report.yml", audit_store=str(store), audit_output_dir=str(tmp_path))
    assert again.returncode == 0, again.stdout
    second = report(tmp_path)["fleet"]["changes"]
    assert second["since"] == found["generated_at"]
    assert second["new"] == []
    assert second["open"]


def test_serious_findings_make_the_job_fail_after_the_report(store, tmp_path):
    done = play("report.yml", audit_store=str(store), audit_output_dir=str(tmp_path), audit_fail_on="high")
    assert done.returncode != 0
    assert "home: address_not_policy_listed" in done.stdout
    assert (tmp_path / "report.html").exists()


def test_waived_findings_do_not(store, tmp_path):
    waivers = tmp_path / "waivers.yml"
    controls = ("not_refused", "address_not_policy_listed", "address_not_listed", "ptr_exists")
    waivers.write_text(json.dumps([{"control": name, "hosts": "*", "justification": "known", "expires": "2099-01-01"} for name in controls]))
    done = play("report.yml", audit_store=str(store), audit_output_dir=str(tmp_path), audit_fail_on="high", audit_waivers=str(waivers))
    assert done.returncode == 0, done.stdout


def test_empty_store_is_one_clear_error(tmp_path):
    done = play("report.yml", audit_store=str(tmp_path), audit_output_dir=str(tmp_path))
    assert done.returncode != 0
    assert f"audit_store: no host's evidence is in {tmp_path}/hosts" in done.stdout


def test_evidence_on_the_mail_host_is_read_on_and_stays_text(tmp_path):
    """One host keeps its own evidence; a reply that looks like a template comes out of the file as it went in."""
    evidence, kept, out = snapshot(tmp_path / "evidence", reply=HOSTILE), tmp_path / "kept.json", tmp_path / "out"
    inventory = tmp_path / "inventory.yml"
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "audit_snapshot": str(evidence), "audit_host_store": str(kept)}
    inventory.write_text(json.dumps({"all": {"hosts": {"mx1": host}}}))
    for _turn in range(2):
        done = play("audit.yml", "-i", str(inventory), audit_output_dir=str(out))
        assert done.returncode == 0, done.stdout
        (group,) = [row["group"] for row in report(out)["hosts"]["mx1"]["verdicts"]]
        # The second run reads no line again, and still knows the one that the first has read.
        assert group["count"] == 1
        assert HOSTILE in group["text"]
    assert "in42jected" not in (out / "report.html").read_text(encoding="utf-8")
    assert json.loads(kept.read_text(encoding="utf-8"))["observed"]["mail_host"]["log"]["cursor"]


def test_spoilt_file_of_one_host_leaves_the_others_their_report(store, tmp_path):
    copy = tmp_path / "store"
    shutil.copytree(store, copy)
    (copy / "hosts/home.json").write_text("{")
    done = play("report.yml", audit_store=str(copy), audit_output_dir=str(tmp_path), audit_formats="json,csv")
    assert done.returncode == 0, done.stdout
    hosts = report(tmp_path)["hosts"]
    assert str(copy / "hosts/home.json") in hosts["home"]["error"]
    assert hosts["shop"]["state"] == "refused"
    assert (tmp_path / "report.csv").exists()


def test_spoilt_store_is_read_anew_and_kept_aside(tmp_path):
    kept, last = tmp_path / "hosts/home.json", tmp_path / "report.json"
    kept.parent.mkdir()
    kept.write_text("{")
    last.write_text("[")
    done = play("audit.yml", "-i", str(FLEET / "inventory.yml"), "--limit", "home", audit_store=str(tmp_path), audit_output_dir=str(tmp_path / "out"))
    assert done.returncode == 0, done.stdout
    found = report(tmp_path / "out")
    assert found["hosts"]["home"]["state"] == "refused"
    assert any(str(kept) in warning for warning in found["hosts"]["home"]["facts"]["warnings"])
    assert any(str(last) in note for note in found["fleet"]["notes"])
    assert json.loads(kept.read_text(encoding="utf-8"))["observed"]["mail_host"]
    assert sorted(path.read_text() for path in [*kept.parent.glob("home.json.*"), *tmp_path.glob("report.json.*")]) == ["[", "{"]


def test_hosts_that_only_the_store_or_only_the_inventory_knows(store, tmp_path):
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(json.dumps({"all": {"hosts": {name: {} for name in ("home", "shop", "office", "mx9")}}}))
    done = play("report.yml", "-i", str(inventory), audit_store=str(store), audit_output_dir=str(tmp_path), audit_formats="json")
    assert done.returncode == 0, done.stdout
    found = report(tmp_path)
    assert sorted(found["hosts"]) == ["branch", "home", "office", "shop"]
    left, missing = found["fleet"]["notes"]
    assert "branch" in left
    assert "mx9" in missing
    done = play("report.yml", "-i", str(inventory), audit_store=str(store), audit_output_dir=str(tmp_path), audit_formats="json", audit_hosts="all")
    assert done.returncode == 0, done.stdout
    hosts = report(tmp_path)["hosts"]
    assert sorted(hosts) == ["home", "mx9", "office", "shop"]
    assert hosts["mx9"]["state"] == "unknown"
