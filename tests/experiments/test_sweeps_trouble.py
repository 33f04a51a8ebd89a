"""Whatever happens to a sweep: it says so, keeps every finished chunk, and resumes to the same bytes."""

import errno
import itertools
import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.sweeps import chunks, folders, runner, store
from ecocluster.experiments.sweeps.results import effects, export, load, status
from ecocluster.experiments.sweeps.runner import rerun, resume, sweep
from ecocluster.model.simulator import Simulator

EXPERIMENT = {
    "scenario": "teaching",
    "pathways": ["null", "combined", "self-transition"],
    "design": {"kind": "lhs", "points": 24},
    "replicates": 2,
    "seed": 0,
    "steps": 8,
    "scale": 1.0,
    "uncertainties": ["electricity_growth", "q_in"],
    "outcomes": ["tco2e_2021", "jobs_2021"],
}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Four points to a chunk: 6 chunks in all."""
    monkeypatch.setattr("ecocluster.experiments.sweeps.plans.chunk_sizes", lambda *_: (4, 2))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a sweep that nothing happened to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ecocluster.experiments.sweeps.plans.chunk_sizes", lambda *_: (4, 2))
        folder = tmp_path_factory.mktemp("whole") / "sweep"
        assert sweep(EXPERIMENT, folder, workers=2).complete
    return content(folder)


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def chunk_files(folder):
    return sorted((Path(folder) / "chunks").glob("*.parquet"))


def deadly(at):
    """In a child: kill this process at the `at`-th moment, before or after a chunk is run or a file is synced or renamed."""
    moments = itertools.count(1)

    def watched(function):
        def call(*arguments):
            for part in (lambda: None, lambda: function(*arguments)):
                answer = part()
                if next(moments) == at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call

    os.fsync, os.replace, runner.run_chunk = map(watched, (os.fsync, os.replace, runner.run_chunk))


def test_killed_at_any_moment_it_resumes_to_the_same_bytes(tmp_path, whole):
    survived = []
    for attempt in itertools.count():
        folder = tmp_path / str(attempt)
        child = os.fork()
        if child == 0:
            try:
                deadly(1 + 3 * attempt)
                sweep(EXPERIMENT, folder, workers=2)
            finally:
                os._exit(0)
        died = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        kept = {path: path.stat().st_ino for path in chunk_files(folder)}
        survived.append(len(kept))
        assert sweep(EXPERIMENT, folder, workers=2).complete
        assert content(folder) == whole
        assert all(path.stat().st_ino == number for path, number in kept.items())  # what was finished is not made again
        if not died:  # there are no more moments
            break
    assert set(survived) == set(range(7)) and attempt > 10, survived  # hit before, between and after all chunks


def test_a_second_process_is_kept_out(tmp_path, whole):
    folder = tmp_path / "sweep"
    begun, go_on = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with store.Store(folder).lock():
                os.write(go_on, b"x")
                signal.pause()
        finally:
            os._exit(0)
    os.read(begun, 1)
    try:
        with pytest.raises(InputError, match="in use by another process"):
            sweep(EXPERIMENT, folder)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert sweep(EXPERIMENT, folder).complete and content(folder) == whole


def test_a_full_disk(tmp_path, monkeypatch, whole):
    folder, real, count = tmp_path / "sweep", os.fsync, [0]

    def full(handle):
        count[0] += 1
        if count[0] > 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle)

    monkeypatch.setattr(folders.os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        sweep(EXPERIMENT, folder, workers=1)
    kept = chunk_files(folder)
    assert 0 < len(kept) < 6
    monkeypatch.setattr(folders.os, "fsync", real)
    assert status(folder).chunks_done == len(kept) and not status(folder).complete
    assert resume(folder).complete and content(folder) == whole


@pytest.mark.parametrize("place", ["/proc/sweep", "/dev/null/sweep"])
def test_a_folder_that_cannot_be_written(place):
    with pytest.raises(InputError, match="cannot be written"):
        sweep(EXPERIMENT, place)


def test_a_read_only_folder(tmp_path, monkeypatch, whole):
    folder = tmp_path / "sweep"
    sweep(EXPERIMENT, folder)
    chunk_files(folder)[2].unlink()

    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(folders.os, "replace", refuse)
        with pytest.raises(InputError, match="Permission denied"):
            resume(folder)
    assert not status(folder).complete  # reading is still possible
    resume(folder)
    assert content(folder) == whole


@pytest.mark.parametrize("harm", ["truncate", "edit", "empty"])
def test_a_damaged_chunk_is_set_aside_and_made_again(tmp_path, whole, harm):
    folder = tmp_path / "sweep"
    sweep(EXPERIMENT, folder)
    victim = chunk_files(folder)[3]
    data = victim.read_bytes()
    changed = {"truncate": data[:-100], "edit": data[:200] + b"?" + data[201:], "empty": b""}[harm]
    victim.write_bytes(changed)
    found = status(folder)
    assert found.chunks_done == 5 and found.damaged == [victim.name + ".damaged"] and victim.exists()
    assert len(load(folder)) == 5 * 24
    again = resume(folder)
    assert again.complete and again.damaged
    now = content(folder)
    assert now.pop(f"chunks/{victim.name}.damaged") == changed  # not deleted
    assert now == whole


def test_a_manifest_of_another_version(tmp_path, monkeypatch):
    folder = tmp_path / "sweep"
    sweep(EXPERIMENT, folder)
    chunk_files(folder)[0].unlink()
    before = content(folder)
    other = {**chunks.versions(), "numba": "0.1", "model": "0"}
    for module in (store, chunks):
        monkeypatch.setattr(module, "versions", lambda: other)
    with pytest.raises(InputError, match=r"numba 0.1 here, .* there; model 0 here"):
        resume(folder)
    assert content(folder) == before
    assert len(load(folder)) == 120 and export(folder, tmp_path / "all.csv") == 120  # reading and taking out still work


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda m: m.update(seed=5), "damaged or was edited"),
        (lambda m: m.pop("versions"), "damaged or was edited"),
        (lambda m: m.update(format=9), "format 9, this version reads format 2"),
        (lambda m: m.clear(), "damaged or was edited"),
        (lambda m: m.update(made_by="ecocluster"), "other results, not a sweep"),
    ],
)
def test_an_edited_manifest(tmp_path, change, part):
    folder = tmp_path / "sweep"
    sweep(EXPERIMENT, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for act in (resume, status, load):
        with pytest.raises(InputError, match=part):
            act(folder)


def test_work_that_was_edited(tmp_path):
    folder = tmp_path / "sweep"
    sweep(EXPERIMENT, folder)
    work = folder / "work.json"
    work.write_text(work.read_text().replace("2022.0", "2023.0"))
    with pytest.raises(InputError, match=r"work\.json is missing or damaged"):
        resume(folder)


def test_folders_of_others_are_left_alone(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    file = tmp_path / "file"
    file.write_text("mine")
    for place, part in ((mine, "did not write"), (file, "is a file")):
        with pytest.raises(InputError, match=part):
            sweep(EXPERIMENT, place)
    assert [path.name for path in mine.iterdir()] == ["notes.txt"] and file.read_text() == "mine"
    for act in (resume, status, rerun):
        with pytest.raises(InputError, match="holds no sweep"):
            act(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_another_sweep_in_the_same_folder_is_refused(tmp_path, whole):
    folder = tmp_path / "sweep"
    sweep(EXPERIMENT, folder)
    for change in ({"seed": 1}, {"replicates": 3}, {"outcomes": ["jobs_2021"]}, {"steps": 12}, {"budget_bn": 151.0}):
        with pytest.raises(InputError, match="another sweep"):
            sweep({**EXPERIMENT, **change}, folder)
    assert content(folder) == whole


def test_runs_that_break_are_rows_and_can_be_run_again(tmp_path, monkeypatch, whole):
    folder, burn = tmp_path / "sweep", Simulator.burn

    def fragile(self, seed, replicate):
        if replicate == 1 and float(self.p["q_in"]) > 0.6:
            raise MemoryError("no room")
        return burn(self, seed, replicate)

    monkeypatch.setattr(Simulator, "burn", fragile)
    found = sweep(EXPERIMENT, folder)
    frame = load(folder)
    lost = frame["failed"] == "MemoryError: no room"
    assert found.complete and found.failed == {"MemoryError: no room": int(lost.sum())} and 0 < lost.sum() < 72
    assert (frame.loc[lost, "replicate"] == 1).all() and (frame.loc[lost, "q_in"] > 0.6).all()
    assert frame.loc[lost, "tco2e_2021"].isna().all() and frame.loc[~lost, "tco2e_2021"].notna().all()
    assert all(np.isfinite(effect.difference.mean) for effect in effects(folder))
    assert resume(folder).failed == found.failed  # a failed run is finished
    monkeypatch.setattr(Simulator, "burn", burn)
    assert rerun(folder).failed == {}
    assert content(folder) == whole


def test_a_rerun_that_is_killed_leaves_two_files_of_a_chunk(tmp_path, monkeypatch, whole):
    folder, burn = tmp_path / "sweep", Simulator.burn

    def fragile(self, seed, replicate):
        if replicate == 1:
            raise MemoryError("no room")
        return burn(self, seed, replicate)

    monkeypatch.setattr(Simulator, "burn", fragile)
    sweep(EXPERIMENT, folder)
    monkeypatch.setattr(Simulator, "burn", burn)
    monkeypatch.setattr(folders.LocalFolder, "remove", lambda *_: None)  # it never came to that
    rerun(folder)
    assert len(chunk_files(folder)) == 12
    monkeypatch.undo()
    assert status(folder).failed == {} and resume(folder).complete
    assert content(folder) == whole


def test_ctrl_c_once_keeps_what_is_under_way_and_twice_stops(tmp_path, whole):
    once, twice = tmp_path / "once", tmp_path / "twice"
    told = []

    def interrupt(done, total):
        if done == 24:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        sweep(EXPERIMENT, once, workers=2, progress=interrupt, on_stop=told.append)
    assert len(told) == 1 and 1 <= len(chunk_files(once)) < 6
    assert len(chunk_files(once)) >= 1 + told[0]
    with pytest.raises(KeyboardInterrupt):
        sweep(EXPERIMENT, twice, workers=2, progress=interrupt, on_stop=lambda _: signal.raise_signal(signal.SIGINT))
    assert signal.getsignal(signal.SIGINT) is before
    for folder in (once, twice):
        assert not status(folder).complete
        assert resume(folder).complete and content(folder) == whole


def test_a_sweep_in_a_thread_leaves_signals_alone(tmp_path, whole):
    folder, before = tmp_path / "sweep", signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=sweep, args=(EXPERIMENT, folder))
    thread.start()
    thread.join()
    assert content(folder) == whole and signal.getsignal(signal.SIGINT) is before


def test_a_place_behind_a_url(whole):
    url = "memory://sweeps/one"
    with pytest.raises(InputError, match="holds no sweep"):
        status(url)
    found = sweep(EXPERIMENT, url)
    assert found.complete and found.path == url
    place = folders.open_folder(url)
    names = [*place.names(), *(f"chunks/{name}" for name in place.names("chunks"))]
    assert {name: place.read(name) for name in names} == {name: data for name, data in whole.items() if name != ".lock"}
    victim = place.names("chunks")[1]
    place.write(f"chunks/{victim}", b"not a chunk")
    assert status(url).damaged == [victim + ".damaged"]
    assert resume(url).complete
    assert place.read(f"chunks/{victim}") == whole[f"chunks/{victim}"]
    with place.lock(), pytest.raises(InputError, match=r"in use by .*process"):
        resume(url)
    for url, part in (("nothing://x", "nothing"), ("s3://bucket/x", "s3")):
        with pytest.raises(InputError, match=part):
            sweep(EXPERIMENT, url)


def lay(whole, folder):
    """The sweep's files in a folder of our own."""
    for name, data in whole.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def sign(folder, change):
    """A manifest with other fields, as if it had been written so."""
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["content"]
    manifest = {key: value for key, value in {**manifest, **change}.items() if value is not None}
    manifest["content"] = store._hash(json.dumps(manifest, sort_keys=True).encode())[:32]
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("change", [
    {"seed": None}, {"arms": None}, {"arms": []}, {"files": None}, {"versions": None}, {"versions": "x"}, {"format": None},
    {"design": {"kind": "lhs", "unheard_of": 1}}, {"stages": 3}, {"until": {"unheard_of": 1}},
])  # fmt: skip
def test_a_manifest_of_other_fields_is_told(tmp_path, whole, change):
    folder = lay(whole, tmp_path / "sweep")
    sign(folder, change)
    for action in (status, load, resume):
        with pytest.raises(InputError) as told:
            action(folder)
        assert told.value.key == "sweep_manifest"


def test_work_of_another_version_is_told(tmp_path, whole):
    folder = lay(whole, tmp_path / "sweep")
    work = json.loads((folder / "work.json").read_text())
    del work["paired"]
    data = json.dumps(work).encode()
    (folder / "work.json").write_bytes(data)
    sign(folder, {"files": {"work.json": store._hash(data)}})
    with pytest.raises(InputError, match=r"manifest .* is damaged"):
        status(folder)


def test_export_below_a_file_is_refused(tmp_path, whole):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        export(lay(whole, tmp_path / "sweep"), tmp_path / "file" / "runs.csv")
    assert (tmp_path / "file").read_text() == "mine"
