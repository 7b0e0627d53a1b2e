# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is published: the tarball holds the collection and nothing else, installs offline, documents itself, and Galaxy would import it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "postmaster.deliverability"
CONTENT = {
    "CHANGELOG.md",
    "CHANGELOG.rst",
    "COPYING",
    "FILES.json",
    "LICENSES",
    "MANIFEST.json",
    "README.es.md",
    "README.md",
    "REUSE.toml",
    "changelogs",
    "docs",
    "examples",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}


def run(*words, cwd=None, **variables):
    """Run a command to its end and return what it printed; its complaints are the failure message."""
    done = subprocess.run([str(word) for word in words], cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def ansible(program, *words, **options):
    return run(sys.executable, "-m", "ansible", program, *words, **options)


@pytest.fixture(scope="module")
def tarball(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    ansible("galaxy", "collection", "build", "--output-path", folder, ROOT)
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="module")
def installed(tarball, tmp_path_factory):
    """The environment in which Ansible finds the installed collection, and no other copy of it."""
    folder = tmp_path_factory.mktemp("collections")
    alone = {"ANSIBLE_COLLECTIONS_PATH": str(folder), "PYTHONPATH": ""}
    ansible("galaxy", "collection", "install", "--offline", "--collections-path", folder, tarball, **alone)
    return alone


def names(folder, pattern):
    """Return the names of the plugins, public ones only, that lie in a folder of the work tree."""
    return {path.stem for path in (ROOT / folder).glob(pattern) if not path.name.startswith("_")}


def test_tarball_holds_the_collection_and_nothing_else(tarball):
    with tarfile.open(tarball) as archive:
        members = archive.getnames()
    assert {name.split("/")[0] for name in members} <= CONTENT
    strange = [name for name in members if "__pycache__" in name or (name.endswith((".pyc", ".gz", ".log~", ".orig", ".rej")) and "examples/" not in name)]
    assert not strange
    for folder in ("plugins", "roles", "playbooks", "meta", "examples"):
        expected = {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
        assert expected <= set(members)


def test_installs_offline_and_verifies(installed):
    ansible("galaxy", "collection", "verify", "--offline", NAME, **installed)


@pytest.mark.parametrize(("kind", "pattern"), [("module", "modules/*.py"), ("filter", "filter/*")])
def test_every_plugin_is_documented(installed, kind, pattern):
    listed = json.loads(ansible("doc", "--type", kind, "--list", "--json", NAME, **installed))
    documented = json.loads(ansible("doc", "--type", kind, "--json", *listed, **installed))
    on_disk = names("plugins", pattern)
    assert on_disk
    assert on_disk <= {name.rpartition(".")[2] for name in documented}
    for name, parts in documented.items():
        assert parts["doc"]["short_description"], name
        assert parts["examples"], name
        assert parts["return"], name


def test_every_role_is_documented(installed):
    listed = json.loads(ansible("doc", "--type", "role", "--list", "--json", NAME, **installed))
    assert {name.rpartition(".")[2] for name in listed} == {path.name for path in (ROOT / "roles").iterdir()}
    for name, role in json.loads(ansible("doc", "--type", "role", "--json", *listed, **installed)).items():
        assert role["entry_points"]["main"]["short_description"], name


def test_every_default_of_a_role_is_in_its_argument_spec():
    import yaml

    for role in (ROOT / "roles").iterdir():
        defaults = role / "defaults/main.yml"
        entry_points = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"].values()
        given = yaml.safe_load(defaults.read_text()) or {} if defaults.exists() else {}
        # What is worked out from another role's variables is said in words.
        given = {name: value for name, value in given.items() if not (isinstance(value, str) and "{{ audit_" in value)}
        documented = {name: option["default"] for one in entry_points for name, option in one.get("options", {}).items() if "default" in option}
        assert given == documented, role.name


def test_galaxy_would_import_it(tarball, tmp_path):
    report = run(sys.executable, "-m", "galaxy_importer.main", tarball, cwd=tmp_path)
    result = json.loads((tmp_path / "importer_result.json").read_text())
    assert {content["name"] for content in result["contents"] if content["content_type"] == "module"} == names("plugins", "modules/*.py")
    assert "ERROR" not in report
