"""Output folders: whole or not at all, never at the cost of somebody else's files."""

import errno
import hashlib
import itertools
import json
import os
import shutil
import stat
import subprocess
import sys

import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses.checkpoints import Checkpoint
from ecocluster.experiments.folder import (
    AGREED,
    DRAFT,
    MANIFEST,
    _locked,
    check_folder,
    read_manifest,
    write_folder,
)
from fakes import make_comparison


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_writes_replaces_and_leaves_others_alone(tmp_path):
    out = tmp_path / "a" / "b"
    write_folder(out, {"x.txt": b"1", "y.txt": b"2"})
    assert json.loads((out / MANIFEST).read_text())["made_by"] == "ecocluster"
    (out / "mine.txt").write_text("keep")
    write_folder(out, {"x.txt": b"3"})
    assert names(out) == [MANIFEST, "mine.txt", "x.txt"]
    assert (out / "x.txt").read_bytes() == b"3" and (out / "mine.txt").read_text() == "keep"
    with pytest.raises(InputError, match="mine.txt"):
        write_folder(out, {"mine.txt": b"4"})
    assert (out / "mine.txt").read_text() == "keep"
    assert names(out.parent) == ["b"]


@pytest.mark.parametrize("manifest", [None, "not json", '{"made_by": "somebody", "files": {}}', "[]"])
def test_a_folder_that_is_not_ours_is_refused(tmp_path, manifest):
    (tmp_path / "thesis.docx").write_text("years of work")
    if manifest:
        (tmp_path / MANIFEST).write_text(manifest)
    before = names(tmp_path)
    with pytest.raises(InputError, match="did not write"):
        write_folder(tmp_path, {"x.txt": b"1"})
    assert names(tmp_path) == before


def test_files_and_unwritable_places_are_refused(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        check_folder(tmp_path / "file")
    with pytest.raises(InputError, match="is a file"):
        check_folder(tmp_path / "file" / "below")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="cannot be written"):
        check_folder(tmp_path / "new")


STEPS = ("fsync", "mkdir", "rename", "replace", "rmdir", "unlink")
OLD, NEW = {"x.txt": b"old", "y.txt": b"old", "z.txt": b"same"}, {"x.txt": b"new", "z.txt": b"same", "w.txt": b"new"}


def at_step(number, strike, after=False):
    """Replace the calls that change a folder: `strike` at the `number`-th, before or after it is done."""
    count, real = [0], {name: getattr(os, name) for name in STEPS}

    def watched(name):
        def call(*arguments, **options):
            count[0] += 1
            hit = count[0] == number
            if hit and not after:
                strike(name, arguments)
            try:
                return real[name](*arguments, **options)
            finally:
                if hit and after:
                    strike(name, arguments)

        return call

    return {name: watched(name) for name in STEPS}


def die(name, arguments):
    """The process ends here; what was not synced yet is written to the half."""
    if name == "fsync" and stat.S_ISREG(os.fstat(arguments[0]).st_mode):
        os.ftruncate(arguments[0], os.fstat(arguments[0]).st_size // 2)
    os._exit(9)


def killed(action, number, after):
    """Run in a child that is killed at a step; False if it came to its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            vars(os).update(at_step(number, die, after))
            action()
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


def prepare(place, fresh):
    """A folder to write into, and the user's own files in it."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    if fresh:
        return {}
    write_folder(place / "out", OLD)
    (place / "out" / "mine.txt").write_text("keep")
    (place / "out" / ".mine").write_text("keep")
    (place / "out" / "below").mkdir()
    (place / "out" / "below" / "x.txt").write_text("keep")
    return {"mine.txt": b"keep", ".mine": b"keep", "below/x.txt": b"keep"}


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check_whole(out):
    """Where there is a manifest, all that it names is there and as it says."""
    if (out / MANIFEST).exists():
        for name, known in read_manifest(out)["files"].items():
            assert hashlib.sha256((out / name).read_bytes()).hexdigest() == known, name


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fresh", [False, True])
def test_killed_at_any_step_the_same_command_succeeds(tmp_path, fresh, after):
    """Also if the command that takes it up is killed on its way."""
    place = tmp_path / "place"
    out = place / "out"

    def command():
        write_folder(check_folder(out), NEW)

    prepare(place, fresh)
    command()
    expected = content(out)
    steps = 0
    for first in itertools.count(1):
        mine = prepare(place, fresh)
        if not killed(command, first, after):
            break
        steps += 1
        left = tmp_path / "left"
        shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(place, left)
        for second in itertools.count(1 + first % 7, 7):  # over all the first, every step of taking up
            shutil.rmtree(place)
            shutil.copytree(left, place)
            hit = killed(command, second, after)
            check_whole(out)
            assert mine.items() <= (content(out).items() if mine else mine.items())
            command()
            assert content(out) == expected and names(place) == ["out"], (first, second)
            if not hit:
                break
    assert steps > (12 if fresh else 16)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_disk_that_fails_at_any_step_is_one_line_and_costs_nothing(tmp_path, monkeypatch, fresh):
    place = tmp_path / "place"

    struck = []

    def fail(*_):
        struck.append(number)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    seen = set()
    for number in itertools.count(1):
        mine = prepare(place, fresh)
        with monkeypatch.context() as patch:
            for name, call in at_step(number, fail).items():
                patch.setattr(os, name, call)
            try:
                write_folder(place / "out", NEW)
            except InputError as error:
                assert isinstance(error.__cause__, OSError) and "No space left" in str(error)
        if number not in struck:
            break
        out = place / "out"
        if out.exists():
            check_whole(out)
            assert mine.items() <= content(out).items() if mine else True
            seen.add((out / MANIFEST).exists())
        write_folder(check_folder(out), NEW)
        assert names(place) == ["out"] and (out / "x.txt").read_bytes() == b"new" and mine.items() <= content(out).items()
    assert number > 12 and False in seen


def test_interruption_before_the_exchange_leaves_the_old_results(tmp_path, monkeypatch):
    out = write_folder(tmp_path / "out", {"x.txt": b"old"})

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", interrupt)
    for place in (out, tmp_path / "new"):
        with pytest.raises(KeyboardInterrupt):
            write_folder(place, {"x.txt": b"new"})
    assert (out / "x.txt").read_bytes() == b"old" and names(tmp_path) == ["out"] and names(out) == [MANIFEST, "x.txt"]


def interrupted(place, step):
    """A folder as a command left it that was killed at a step."""
    prepare(place, False)
    assert killed(lambda: write_folder(place / "out", NEW), step, False)
    return place / "out"


def stages(tmp_path):
    """First step that leaves a draft with all its files, and first that leaves an exchange agreed on."""
    found = {}
    for step in itertools.count(1):
        out = interrupted(tmp_path / "place", step)
        for name in (DRAFT, AGREED):
            if (out / name / MANIFEST).exists():
                found.setdefault(name, step)
        if AGREED in found:
            return found[DRAFT] + 1, found[AGREED]


def test_an_exchange_is_not_carried_over_files_that_came_since(tmp_path):
    draft, agreed = stages(tmp_path)
    for step in (agreed, agreed + 1, agreed + 2):
        for name in ("x.txt", "w.txt", "y.txt"):
            out = interrupted(tmp_path / "place", step)
            (out / name).write_text("mine")
            for _ in range(2):
                with pytest.raises(InputError, match=name):
                    check_folder(out)
                assert (out / name).read_text() == "mine"
            (out / name).unlink()
            write_folder(check_folder(out), NEW)  # moved away, the command goes on


def test_what_the_user_put_into_our_scratch_folder_stays(tmp_path):
    for step, scratch in zip(stages(tmp_path), (DRAFT, AGREED), strict=True):
        for name in ("mine.txt", "x.txt"):
            out = interrupted(tmp_path / "place", step)
            if name == "x.txt":  # one of ours, kept elsewhere and linked
                (out / scratch / name).rename(tmp_path / name)
                (out / scratch / name).symlink_to("../mine.txt")
            else:
                (out / scratch / name).write_text("mine")
            with pytest.raises(InputError, match=name):
                check_folder(out)
            assert os.path.lexists(out / scratch / name) and (out / "mine.txt").read_text() == "keep"
            (out / scratch / name).unlink()
            if name == "x.txt":
                (tmp_path / name).rename(out / scratch / name)
            write_folder(check_folder(out), NEW)
            assert (out / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize("scratch", [DRAFT, AGREED])
@pytest.mark.parametrize("plan", [
    '{"made_by": "ecocluster", "old": {"../victim.txt": "x"}, "new": {}}', '{"made_by": "ecocluster", "old": {}, "new": {"/victim.txt": "x"}}',
    '{"made_by": "somebody", "old": {}, "new": {}}', "[]", "",
])  # fmt: skip
def test_a_plan_that_we_did_not_write_is_not_followed(tmp_path, scratch, plan):
    (tmp_path / "victim.txt").write_text("mine")
    out = write_folder(tmp_path / "out", OLD)
    (out / scratch).mkdir()
    (out / scratch / ".plan.json").write_text(plan)
    (out / scratch / "x.txt").write_text("mine")
    before = content(tmp_path)
    with pytest.raises(InputError, match=scratch):
        check_folder(out)
    assert content(tmp_path) == before


def test_two_writers_do_not_meet(tmp_path, monkeypatch):
    """Who writes is waited for; who never ends is told."""
    monkeypatch.setattr("ecocluster.experiments.folder.LOOKS", 3)
    monkeypatch.setattr("ecocluster.experiments.folder.PAUSE", 0.0)
    out = write_folder(tmp_path / "out", OLD)
    with _locked(out):
        with pytest.raises(InputError, match="another process"):
            write_folder(out, NEW)
        assert content(out).keys() == {*OLD, MANIFEST}
    write_folder(out, NEW)


def test_a_checkpoint_is_found_after_a_kill(tmp_path):
    """Rows that an interrupted exchange had agreed on are not made again."""
    import pandas as pd

    for step in itertools.count(1):
        out = tmp_path / str(step)
        Checkpoint(out, "draws").add(pd.DataFrame({"key": ["a"], "x": [1]}))
        more = Checkpoint(out, "draws")
        hit = killed(lambda more=more: more.add(pd.DataFrame({"key": ["b"], "x": [2]})), step, False)
        agreed = (out / AGREED).exists()
        found = Checkpoint(out, "draws")
        assert found.known("a") is not None
        assert not agreed or found.known("b") is not None
        found.add(pd.DataFrame({"key": ["c"], "x": [3]}))
        assert Checkpoint(out, "draws").known("a") is not None
        if not hit:
            break


def test_two_writers_keep_what_the_other_has_answered(tmp_path):
    """Each read the table before the other wrote to it."""
    import pandas as pd

    out = tmp_path / "out"
    one, other = Checkpoint(out, "draws"), Checkpoint(out, "draws")
    one.add(pd.DataFrame({"key": ["a", "a"], "x": [1, 2]}))
    other.add(pd.DataFrame({"key": ["b"], "x": [3]}))
    one.add(pd.DataFrame({"key": ["c"], "x": [4]}))
    other.add(pd.DataFrame({"key": ["d"], "x": [5]}))
    found = Checkpoint(out, "draws")
    assert [found.known(key)["x"].tolist() for key in "abcd"] == [[1, 2], [3], [4], [5]]


ADDING = """
import sys
import pandas as pd
from ecocluster.experiments.analyses.checkpoints import Checkpoint

kept = Checkpoint("out", "draws")
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    kept.add(pd.DataFrame({"key": [f"{sys.argv[1]}{number}"], "x": [number]}))
"""


def test_two_processes_that_add_at_the_same_time_lose_nothing(tmp_path):
    adds = 15
    (tmp_path / "adding.py").write_text(ADDING)
    two = [
        subprocess.Popen(
            [sys.executable, "adding.py", name, str(adds)], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in "ab"
    ]
    for process in two:
        assert process.stdout.readline() == b"ready\n"
    for process in two:  # both are loaded
        process.stdin.write(b"\n")
        process.stdin.close()
    assert [process.wait() for process in two] == [0, 0]
    found = Checkpoint(tmp_path / "out", "draws").rows
    assert sorted(found["key"]) == sorted(f"{name}{number}" for name in "ab" for number in range(adds))


def test_nobody_adds_between_the_reading_and_the_writing(tmp_path, monkeypatch):
    """Control: what another wants to add there finds the folder locked."""
    import pandas as pd

    out, tried = tmp_path / "out", []
    Checkpoint(out, "draws").add(pd.DataFrame({"key": ["a"], "x": [1]}))
    monkeypatch.setattr("ecocluster.experiments.folder.LOOKS", 1)
    one, other, inner = Checkpoint(out, "draws"), Checkpoint(out, "draws"), Checkpoint._joined

    def meanwhile(self, folder):
        if self is one:
            with pytest.raises(InputError, match="another process"):
                other.add(pd.DataFrame({"key": ["c"], "x": [3]}))
            tried.append(folder)
        return inner(self, folder)

    monkeypatch.setattr(Checkpoint, "_joined", meanwhile)
    one.add(pd.DataFrame({"key": ["b"], "x": [2]}))
    other.add(pd.DataFrame({"key": ["d"], "x": [4]}))
    assert tried and sorted(Checkpoint(out, "draws").rows["key"]) == ["a", "b", "c", "d"]


def test_the_same_question_gives_the_same_bytes():
    first, second = make_comparison(5), make_comparison(5)
    second.wall_s, second.out = 99.0, "elsewhere"
    assert first.files() == second.files()
    assert first.files() != make_comparison(5, seed=2).files()
