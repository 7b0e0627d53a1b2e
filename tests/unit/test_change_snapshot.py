# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are changed together: whatever happens in between, they can be taken back, and nobody else's work is lost."""

from __future__ import annotations

import json
import os
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.postmaster.deliverability.plugins.module_utils._change import snapshot as module
from ansible_collections.postmaster.deliverability.plugins.module_utils._change.snapshot import Snapshot, lock, replace_all, write
from ansible_collections.postmaster.deliverability.plugins.module_utils._errors import DeliverabilityError

# What reaches the disk: a process may be killed before each of these.
STEPS = ("open", "mkdir", "replace", "rename", "unlink", "fsync", "fchown", "fchmod")
KILLED = 137


@pytest.fixture
def files(tmp_path):
    paths = [str(tmp_path / name) for name in ("one", "two")]
    for path in paths:
        with open(path, "wb") as stream:
            stream.write(f"{os.path.basename(path)} before\n".encode())
    return paths


@pytest.fixture
def state_dir(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return str(folder)


def content(paths):
    return [open(path, "rb").read() for path in paths]


def do(state_dir, paths, wanted, name="test"):
    """Change the files as a module does."""
    snapshot = Snapshot(state_dir, name, paths)
    contents = {path: (now, then) for path, now, then in zip(paths, content(paths), wanted, strict=True)}
    snapshot.begin(contents)
    replace_all(contents)
    snapshot.finish()


def undo(state_dir, paths, name="test"):
    """Take the change back as a module does; return the files that somebody else changed."""
    snapshot = Snapshot(state_dir, name, paths)
    if not snapshot.exists:
        return []
    states = snapshot.states()
    foreign = [state.path for state in states if state.place == "foreign"]
    if not foreign:
        contents = {state.path: (state.content, snapshot.before(state.path)) for state in states}
        snapshot.begin(contents)
        replace_all(contents)
        snapshot.remove()
    return foreign


def killed_at(number, work):
    """Run ``work`` in a process that is killed before its step ``number``; tell whether it was."""
    child = os.fork()
    if not child:
        left = number

        def counted(real):
            def step(*arguments, **options):
                nonlocal left
                if not left:
                    os._exit(KILLED)
                left -= 1
                return real(*arguments, **options)

            return step

        try:
            for name in STEPS:
                setattr(os, name, counted(getattr(os, name)))
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED)
    return status == KILLED


def places(work, again):
    """Yield after each place at which ``work`` can be killed; ``again`` puts everything back before the next."""
    for number in range(1000):
        again()
        if not killed_at(number, work):
            assert number > 10
            return
        yield number
    raise AssertionError("it never came to its end")


def test_a_change_and_back(files, state_dir):
    before = content(files)
    do(state_dir, files, [b"one after\n", b"two after\n"])
    assert content(files) == [b"one after\n", b"two after\n"]
    assert undo(state_dir, files) == []
    assert content(files) == before
    assert os.listdir(state_dir) == []


@given(before=st.lists(st.binary(max_size=40), min_size=2, max_size=2), chain=st.lists(st.lists(st.binary(max_size=40), min_size=2, max_size=2), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_any_chain_of_changes_goes_back_to_the_first_bytes(files, state_dir, before, chain):
    for path, first in zip(files, before, strict=True):
        with open(path, "wb") as stream:
            stream.write(first)
    for wanted in chain:
        do(state_dir, files, wanted)
        assert content(files) == wanted
    undo(state_dir, files)
    assert content(files) == before


def test_killed_at_any_point_of_a_change_it_goes_back(files, state_dir):
    before, wanted = content(files), [b"one after\n", b"two after\n"]
    seen = set()

    def again():
        assert undo(state_dir, files) == []
        assert content(files) == before

    for _number in places(lambda: do(state_dir, files, wanted), again):
        now = content(files)
        seen.add(tuple(now))
        assert all(one in pair for one, pair in zip(now, zip(before, wanted, strict=True), strict=True))
    assert seen == {tuple(before), (wanted[0], before[1]), tuple(wanted)}


def test_killed_at_any_point_of_going_back_it_goes_back(files, state_dir):
    before = content(files)

    def again():
        undo(state_dir, files)
        assert content(files) == before
        do(state_dir, files, [b"one after\n", b"two after\n"])

    for _number in places(lambda: undo(state_dir, files), again):
        pass


def test_killed_at_any_point_the_next_change_comes_to_its_end(files, state_dir):
    before, wanted, third = content(files), [b"one after\n", b"two after\n"], [b"one third\n", b"two third\n"]

    def again():
        do(state_dir, files, third)
        assert content(files) == third
        assert undo(state_dir, files) == []
        assert content(files) == before

    for _number in places(lambda: do(state_dir, files, wanted), again):
        assert content(files) == before or Snapshot(state_dir, "test", files).exists


def test_a_killed_process_leaves_nothing_behind_after_the_next(files, state_dir, tmp_path):
    for number in range(60):
        killed_at(number, lambda: do(state_dir, files, [b"one after\n", b"two after\n"]))
    do(state_dir, files, [b"x", b"y"])
    undo(state_dir, files)
    assert sorted(os.listdir(tmp_path)) == ["one", "state", "two"]
    assert os.listdir(state_dir) == []


@pytest.mark.parametrize("which", [0, 1])
def test_what_somebody_else_changed_stays(files, state_dir, which):
    do(state_dir, files, [b"one after\n", b"two after\n"])
    with open(files[which], "ab") as stream:
        stream.write(b"by hand\n")
    now = content(files)
    assert undo(state_dir, files) == [files[which]]
    assert content(files) == now


def test_a_change_after_somebody_elses_goes_back_to_theirs(files, state_dir):
    do(state_dir, files, [b"one after\n", b"two after\n"])
    with open(files[0], "wb") as stream:
        stream.write(b"by hand\n")
    do(state_dir, files, [b"by hand, and after\n", b"two after\n"])
    assert undo(state_dir, files) == []
    assert content(files) == [b"by hand\n", b"two after\n"]
    assert len(os.listdir(state_dir)) == 1  # the earlier copies are kept aside


def test_changes_of_two_names_that_alternate_go_back_one_by_one(files, state_dir):
    first = content(files)
    states = [first, [b"a", b"a"], [b"b", b"a"], [b"b", b"c"]]
    for name, state in zip(("one", "other", "one"), states[1:], strict=True):
        do(state_dir, files, state, name)
    for name, state in zip(("one", "other", "one"), reversed(states[:-1]), strict=True):
        assert undo(state_dir, files, name) == []
        assert content(files) == state
    assert not Snapshot(state_dir, "one", files).exists
    assert os.listdir(state_dir) == []


def test_what_changes_in_the_very_moment_is_not_overwritten(files, state_dir):
    contents = {files[0]: (b"not what is there\n", b"after\n"), files[1]: (content(files)[1], b"after\n")}
    before = content(files)
    with pytest.raises(DeliverabilityError, match="changed by somebody else in this moment"):
        replace_all(contents)
    assert content(files) == before


def test_a_second_file_that_cannot_be_written_takes_the_first_one_back(files, monkeypatch):
    before, real = content(files), os.replace

    def full(source, target):
        if target == files[1]:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(module.os, "replace", full)
    with pytest.raises(DeliverabilityError, match=r"two cannot be replaced: No space left"):
        replace_all({path: (now, b"after\n") for path, now in zip(files, before, strict=True)})
    assert content(files) == before
    assert not [name for name in os.listdir(os.path.dirname(files[0])) if name.endswith(module.TEMPORARY)]


def test_a_full_disk_stops_a_change_before_it_begins(files, state_dir, monkeypatch):
    before = content(files)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(DeliverabilityError, match="No space left"):
        do(state_dir, files, [b"x", b"y"])
    monkeypatch.undo()
    assert content(files) == before
    assert not Snapshot(state_dir, "test", files).exists


def test_links_and_modes_stay(files, tmp_path):
    os.chmod(files[0], 0o640)
    for name, target in (("link", "one"), ("link of link", "link")):
        (tmp_path / name).symlink_to(target)
    write(str(tmp_path / "link of link"), b"new\n")
    assert (tmp_path / "link of link").is_symlink()
    assert (tmp_path / "link").is_symlink()
    assert content(files)[0] == b"new\n"
    assert stat.S_IMODE(os.stat(files[0]).st_mode) == 0o640


def test_extended_attributes_stay(files):
    try:
        os.setxattr(files[0], "user.test", b"kept")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    write(files[0], b"new\n")
    assert os.getxattr(files[0], "user.test") == b"kept"


def test_copies_are_for_their_owner_alone(files, state_dir):
    do(state_dir, files, [b"x", b"y"])
    folder = Snapshot(state_dir, "test", files).folder
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert {stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) for name in os.listdir(folder)} == {0o600}


def test_damaged_copies_are_not_restored(files, state_dir):
    do(state_dir, files, [b"x", b"y"])
    snapshot = Snapshot(state_dir, "test", files)
    with open(os.path.join(snapshot.folder, "0.before"), "ab") as stream:
        stream.write(b"!")
    with pytest.raises(DeliverabilityError, match="damaged"):
        undo(state_dir, files)
    assert content(files) == [b"x", b"y"]
    with open(os.path.join(snapshot.folder, "manifest.json"), "w", encoding="utf-8") as stream:
        stream.write("{")
    with pytest.raises(DeliverabilityError, match=r"manifest\.json is damaged"):
        Snapshot(state_dir, "test", files)


def test_the_manifest_names_every_content_that_was_written(files, state_dir):
    do(state_dir, files, [b"x", b"y"])
    do(state_dir, files, [b"z", b"y"])
    folder = Snapshot(state_dir, "test", files).folder
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as stream:
        manifest = json.load(stream)
    assert [entry["written"] for entry in manifest["files"]] == [[module.digest(b"x"), module.digest(b"z")], [module.digest(b"y")]]
    assert manifest["pending"] is False


def test_two_at_a_time_is_one_too_many(state_dir):
    with lock(state_dir), pytest.raises(DeliverabilityError, match="another change is going on"), lock(state_dir):
        pass
    with lock(state_dir):
        pass


def test_names_and_instances_have_copies_of_their_own(files, state_dir):
    folders = {
        Snapshot(state_dir, "a", files).folder,
        Snapshot(state_dir, "b", files).folder,
        Snapshot(state_dir, "a", files[:1]).folder,
    }
    assert len(folders) == 3


# Files that are not there yet, and changes that take in further files.


def grow(state_dir, wanted, name="test"):
    """Change these files, as a module does whose files are not always the same ones."""
    snapshot = Snapshot(state_dir, name, list(wanted), place="the configuration")
    contents = {path: (module.read_if_there(path), then) for path, then in wanted.items()}
    snapshot.begin(contents)
    replace_all(contents)
    snapshot.finish()


def shrink(state_dir):
    snapshot = Snapshot(state_dir, "test", [], place="the configuration")
    if not snapshot.exists:
        return []
    states = snapshot.states()
    if any(state.place == "foreign" for state in states):
        return [state.path for state in states if state.place == "foreign"]
    contents = {state.path: (state.content, snapshot.before(state.path)) for state in states}
    snapshot.begin(contents, goes_back=True)
    replace_all(contents)
    snapshot.remove()
    return []


def test_a_file_that_was_not_there_goes_again(files, state_dir, tmp_path):
    new = str(tmp_path / "new")
    grow(state_dir, {files[0]: b"one after\n", new: b"new\n"})
    assert content([files[0], new]) == [b"one after\n", b"new\n"]
    assert shrink(state_dir) == []
    assert content(files) == [b"one before\n", b"two before\n"]
    assert not os.path.exists(new)


def test_a_file_that_was_removed_comes_back(files, state_dir):
    grow(state_dir, {files[0]: None})
    assert not os.path.exists(files[0])
    grow(state_dir, {files[0]: b"again\n"})
    assert shrink(state_dir) == []
    assert content(files) == [b"one before\n", b"two before\n"]


def test_a_later_change_takes_in_further_files(files, state_dir, tmp_path):
    new = str(tmp_path / "new")
    grow(state_dir, {files[0]: b"first\n"})
    grow(state_dir, {files[1]: b"second\n", new: b"new\n"})
    snapshot = Snapshot(state_dir, "test", [files[0]], place="the configuration")
    assert snapshot.paths == [files[0], files[1], new]
    assert {state.place for state in snapshot.states()} == {"written"}
    assert shrink(state_dir) == []
    assert content(files) == [b"one before\n", b"two before\n"]
    assert not os.path.exists(new)


@pytest.mark.parametrize("theirs", [b"by hand\n", None])
def test_what_somebody_else_did_to_a_new_file_stays(files, state_dir, tmp_path, theirs):
    new = tmp_path / "new"
    grow(state_dir, {files[0]: b"one after\n", str(new): b"new\n"})
    if theirs is None:
        os.unlink(files[0])
        assert shrink(state_dir) == [files[0]]
    else:
        new.write_bytes(theirs)
        assert shrink(state_dir) == [str(new)]
        assert new.read_bytes() == theirs


def test_killed_at_any_point_new_files_go_and_old_ones_come_back(files, state_dir, tmp_path):
    new = str(tmp_path / "new")
    first = sorted(os.listdir(tmp_path))

    def again():
        assert shrink(state_dir) == []
        assert content(files) == [b"one before\n", b"two before\n"]
        assert sorted(os.listdir(tmp_path)) == first

    for _number in places(lambda: grow(state_dir, {new: b"new\n", files[0]: b"one after\n", files[1]: None}), again):
        pass


def test_rights_are_those_that_were_there_or_those_that_are_given(files, tmp_path):
    os.chmod(files[0], 0o604)
    new = str(tmp_path / "new")
    mine = module.Rights(0o640, os.geteuid(), os.getegid())
    replace_all({files[0]: (b"one before\n", b"x\n"), files[1]: (b"two before\n", b"x\n"), new: (None, b"x\n")}, {files[1]: mine, new: mine})
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in (*files, new)] == [0o604, 0o640, 0o640]
