"""A chunk is of this sweep and of this number, or it is not used; and nothing that may be somebody's is removed."""

import json
import os
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.sweeps import chunks, store
from ecocluster.experiments.sweeps.results import effects, export, load, status
from ecocluster.experiments.sweeps.runner import rerun, resume, sweep
from ecocluster.viz.cli import main

SWEEP = {
    "scenario": "teaching",
    "pathways": ["null", "combined"],
    "design": {"kind": "lhs", "points": 8},
    "replicates": 2,
    "seed": 1,
    "steps": 8,
    "scale": 1.0,
    "uncertainties": ["electricity_growth", "q_in"],
    "outcomes": ["tco2e_2021", "jobs_2021"],
}
OTHERS = {
    "another seed": {"seed": 2},
    "the same seed, another design": {"design": {"kind": "sobol", "points": 8}},
    "the same design, other ranges": {"uncertainties": {"electricity_growth": [0, 0.01], "q_in": [0.2, 0.4]}},
    "another scenario": {"scenario": "nguyen-khe"},
    "another pathway": {"pathways": ["null", "self-transition"]},
    "another budget": {"budget_bn": 151.0},
    "other replicates": {"first_replicate": 2},
    "other years": {"steps": 12},
    "another scale": {"scale": 2.0},
    "more replicates in a chunk": {"replicates": 4, "design": {"kind": "lhs", "points": 8}},
    "a constant": {"levers": {"extension": 0.3}},
}
ROWS = 2 * 2 * 2  # points, arms, replicates of a chunk


def make(folder, change=None):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ecocluster.experiments.sweeps.plans.chunk_sizes", lambda *_: (2, 2))
        sweep({**SWEEP, **(change or {})}, folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return make(tmp_path_factory.mktemp("whole") / "sweep")


@pytest.fixture
def folder(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "sweep"))


def files(folder):
    return sorted((folder / "chunks").glob("*.parquet"))


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def keep(folder, number, data):
    """A file whose name fits its bytes."""
    path = folder / "chunks" / f"{number:08d}-{store._hash(data)[:16]}.parquet"
    path.write_bytes(data)
    return path


def with_mark(data, change=None, rows=None, **mark):
    """A chunk with another mark, or other rows."""
    table = pq.read_table(BytesIO(data))
    if rows is not None:
        table = table.slice(0, rows)
    if change is not None:
        table = change(table)
    old = json.loads(table.schema.metadata[b"ecocluster"])
    text = json.dumps({name: value for name, value in {**old, **mark}.items() if value is not ...})
    out = BytesIO()
    pq.write_table(table.replace_schema_metadata({"ecocluster": text}), out, compression="zstd", write_statistics=False)
    return out.getvalue()


def judge(folder, whole, number, foreign, used=3):
    """Named by every command, never mixed in, never removed; `resume` sets it aside and makes the chunk again."""
    before, name = content(folder), foreign.name
    data = foreign.read_bytes()
    found = status(folder)
    assert found.chunks_done == used and found.foreign == [name + ".foreign"] and not found.damaged
    assert len(load(folder)) == used * ROWS
    assert all(np.isfinite(effect.difference.mean) for effect in effects(folder))
    assert export(folder, folder.parent / "runs.csv") == used * ROWS
    (folder.parent / "runs.csv").unlink()
    assert content(folder) == before  # who reads changes nothing
    assert resume(folder).foreign == [name + ".foreign"]
    now = content(folder)
    assert now.pop(f"chunks/{name}.foreign") == data
    assert now == content(whole) and status(folder).foreign == [name + ".foreign"]


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_a_chunk_of_another_sweep(tmp_path, whole, folder, change):
    other = make(tmp_path / "other", change)
    mine, theirs = files(folder)[1], files(other)[1]
    assert mine.name != theirs.name
    mine.unlink()
    judge(folder, whole, 1, Path(shutil.copy(theirs, folder / "chunks")))


def test_a_chunk_of_another_sweep_beside_the_right_one(tmp_path, whole, folder):
    """Whichever comes first by name, it is the right one that stays."""

    def from_middle(path):
        return abs(int(path.stem.partition("-")[2][:4], 16) - 0x8000)

    # names end with hashes: of the chunk whose hash is nearest to the middle, each side comes up soon
    number = min(range(len(files(folder))), key=lambda k: from_middle(files(folder)[k]))
    sides, seed = set(), 1
    while len(sides) < 2:
        seed += 1
        assert seed < 40
        theirs = files(make(tmp_path / f"other{seed}", {"seed": seed}))[number]
        sides.add(theirs.name < files(folder)[number].name)
        shutil.rmtree(folder)
        shutil.copytree(whole, folder)
        shutil.copy(theirs, folder / "chunks")
        found = resume(folder)
        assert found.complete and found.foreign == [theirs.name + ".foreign"]
        now = content(folder)
        assert now.pop(f"chunks/{theirs.name}.foreign") == theirs.read_bytes() and now == content(whole)


@pytest.mark.parametrize("part", ["tables", "libraries"])
def test_the_same_design_with_other_tables(tmp_path, monkeypatch, whole, folder, part):
    versions = chunks.versions() | ({"model": "0" * 16} if part == "tables" else {"numpy": "0.1"})
    with monkeypatch.context() as patch:
        for module in ("chunks", "store", "plans"):
            patch.setattr(f"ecocluster.experiments.sweeps.{module}.versions", lambda: versions)
        other = make(tmp_path / "other")
    files(folder)[1].unlink()
    judge(folder, whole, 1, Path(shutil.copy(files(other)[1], folder / "chunks")))


def test_chunks_under_other_numbers(whole, folder):
    chunk = files(folder)[1]
    data = chunk.read_bytes()
    for number in (2, 99, 99_999_999):  # in place of another, or of none
        shutil.rmtree(folder)
        shutil.copytree(whole, folder)
        name = keep(folder, number, data)
        judge(folder, whole, number, name, used=4)


@pytest.mark.parametrize("mark", [
    {"sweep": ""}, {"sweep": "0" * 32}, {"sweep": ...}, {"sweep": None}, {"number": 2}, {"number": "1"}, {"first_point": 0}, {"points": 3},
    {"first_replicate": 1}, {"replicates": 1}, {"rows": 7}, {"more": 1},
])  # fmt: skip
def test_every_part_of_the_mark_counts(whole, folder, mark):
    chunk = files(folder)[1]
    data = chunk.read_bytes()
    chunk.unlink()
    judge(folder, whole, 1, keep(folder, 1, with_mark(data, **mark)))


@pytest.mark.parametrize("data", [b"", b"no Parquet", b"PAR1" + b"\0" * 8 + b"PAR1"])
def test_what_is_no_chunk_at_all(whole, folder, data):
    files(folder)[1].unlink()
    judge(folder, whole, 1, keep(folder, 1, data))


def test_a_chunk_that_lost_rows_or_its_mark(whole, folder):
    chunk = files(folder)[1]
    data = chunk.read_bytes()
    for harm in (with_mark(data, rows=5), data[: len(data) // 2]):
        shutil.rmtree(folder)
        shutil.copytree(whole, folder)
        chunk.unlink()
        judge(folder, whole, 1, keep(folder, 1, harm))
    out = BytesIO()
    pq.write_table(pq.read_table(BytesIO(data)).replace_schema_metadata(None), out)
    chunk.unlink()
    shutil.rmtree(folder)
    shutil.copytree(whole, folder)
    chunk.unlink()
    judge(folder, whole, 1, keep(folder, 1, out.getvalue()))


def edited(table):
    """Other results in the place of ours."""
    column = table.column_names.index("jobs_2021")
    return table.set_column(column, "jobs_2021", pa.array(table["jobs_2021"].to_numpy() + 1))


def test_two_chunks_that_disagree_are_both_set_aside(whole, folder):
    """With the right mark and number, and other results: which of the two is right cannot be told."""
    right = files(folder)[1]
    wrong = keep(folder, 1, with_mark(right.read_bytes(), edited))
    both = {path.name: path.read_bytes() for path in (right, wrong)}
    found = status(folder)
    assert found.chunks_done == 3 and found.doubled == sorted(name + ".doubled" for name in both)
    again = resume(folder)
    assert again.complete and again.doubled == found.doubled
    now = content(folder)
    assert {name: now.pop(f"chunks/{name}.doubled") for name in both} == both
    assert now == content(whole)


def test_a_second_file_goes_only_if_all_its_results_are_held(whole, folder):
    """What a rerun leaves when it is killed: the same runs, some of which had failed."""
    right = files(folder)[1]

    def lost(table):
        column = table.column_names.index("failed")
        causes = ["no room" if row % 2 else "" for row in range(len(table))]
        return table.set_column(column, "failed", pa.array(causes).dictionary_encode())

    keep(folder, 1, with_mark(right.read_bytes(), lost))
    assert status(folder).complete and not status(folder).failed
    assert resume(folder).complete and content(folder) == content(whole)
    keep(folder, 1, with_mark(right.read_bytes(), lambda table: edited(lost(table))))  # an edited one is not held
    assert resume(folder).complete and len(status(folder).doubled) == 2


def test_a_rerun_that_comes_out_worse_or_otherwise_costs_nothing(whole, folder, monkeypatch):
    from ecocluster.experiments.sweeps import runner

    right = files(folder)[1]

    def failing(*rows):
        def change(table):
            causes = ["no room" if row in rows else "" for row in range(len(table))]
            return table.set_column(table.column_names.index("failed"), "failed", pa.array(causes).dictionary_encode())

        return change

    data = right.read_bytes()
    right.unlink()
    old = keep(folder, 1, with_mark(data, failing(3)))
    monkeypatch.setattr(runner, "run_chunk", worse := lambda *_: with_mark(data, failing(3, 4)))
    assert rerun(folder, workers=1).failed == {"no room": 1} and files(folder)[1] == old
    monkeypatch.setattr(runner, "run_chunk", lambda *_: with_mark(data, failing(4)))
    assert rerun(folder, workers=1).doubled == [old.name + ".doubled"]
    assert old.with_name(old.name + ".doubled").read_bytes() == with_mark(data, failing(3)) and worse


def test_what_was_set_aside_earlier_is_not_replaced(whole, folder):
    right = files(folder)[1]
    sound = right.read_bytes()
    for harm in (b"first", b"second", b"third"):
        right.write_bytes(harm)
        assert resume(folder).complete and right.read_bytes() == sound
    aside = sorted(path.read_bytes() for path in (folder / "chunks").iterdir() if ".damaged" in path.name)
    assert aside == [b"first", b"second", b"third"] and len(status(folder).damaged) == 3


def test_links_and_folders_in_the_place_of_chunks(whole, folder, tmp_path):
    for make_one in (lambda path: path.symlink_to(tmp_path / "kept"), lambda path: path.mkdir(), os.mkfifo):
        shutil.rmtree(folder)
        shutil.copytree(whole, folder)
        shutil.copy(files(folder)[1], tmp_path / "kept")
        victim = files(folder)[1]
        victim.unlink()
        make_one(victim)
        assert status(folder).chunks_done == 3
        with pytest.raises(InputError, match="would be overwritten"):
            resume(folder)
        assert victim.is_symlink() or not victim.is_file()
        assert (tmp_path / "kept").read_bytes() == files(whole)[1].read_bytes()


def test_a_sweep_is_not_begun_over_files_of_the_same_names(tmp_path):
    for name in ("work.json", "manifest.json"):
        place = tmp_path / name.partition(".")[0]
        place.mkdir()
        (place / name).write_text("mine")
        with pytest.raises(InputError):
            make(place)
        assert (place / name).read_text() == "mine"
        (place / name).unlink()
        (place / name).symlink_to(tmp_path / "victim")
        (tmp_path / "victim").write_text("mine")
        with pytest.raises(InputError, match="did not write"):
            make(place)
        assert (tmp_path / "victim").read_text() == "mine" and (place / name).is_symlink()


def test_scratch_names_are_not_written_through(tmp_path, folder):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    files(folder)[1].unlink()
    os.link(victim, folder / "chunks" / ".00000001.tmp")
    os.link(victim, tmp_path / ".x.csv.ecocluster-export")
    assert resume(folder).complete and export(folder, tmp_path / "x.csv")
    assert victim.read_text() == "mine"
    (tmp_path / ".y.csv.ecocluster-export").symlink_to(victim)
    with pytest.raises(InputError, match="would be overwritten"):
        export(folder, tmp_path / "y.csv")
    (tmp_path / "z.csv").symlink_to(tmp_path / "nothing")
    with pytest.raises(InputError, match="exists already"):
        export(folder, tmp_path / "z.csv")
    assert victim.read_text() == "mine" and (tmp_path / "z.csv").is_symlink()


@pytest.fixture
def old(folder):
    """The sweep as the format before wrote it: chunks know their number and rows alone."""
    for number, path in enumerate(files(folder)):
        data = with_mark(
            path.read_bytes(),
            **dict.fromkeys(("sweep", "number", "first_point", "points", "first_replicate", "replicates"), ...),
            chunk=number,
        )
        path.unlink()
        keep(folder, number, data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["format"] = 1
    del manifest["content"]
    manifest["content"] = store._hash(json.dumps(manifest, sort_keys=True).encode())[:32]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_sweep_of_the_old_format_opens_as_what_it_was(tmp_path, whole, old, capsys):
    before = content(old)
    assert status(old).complete and not status(old).foreign
    assert load(old).equals(load(whole)) and export(old, tmp_path / "old.parquet") == 4 * ROWS
    for act in (resume, rerun, make):
        with pytest.raises(InputError, match="begun with an older version"):
            act(old)
    assert main(["resume", str(old)]) == 2 and "can be read and exported" in capsys.readouterr().err
    assert content(old) == before
    data = files(old)[1].read_bytes()
    files(old)[1].unlink()
    wrong = keep(old, 2, data)  # number 1
    assert status(old).foreign == [wrong.name + ".foreign"] and status(old).chunks_done == 3 and wrong.exists()


def test_a_sweep_that_cannot_be_opened_any_more_names_the_versions(folder):
    work = json.loads((folder / "work.json").read_text())
    del work["paired"]
    data = json.dumps(work).encode()
    (folder / "work.json").write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["work.json"], manifest["versions"]["ecocluster"] = store._hash(data), "0.0.1"
    del manifest["content"]
    manifest["content"] = store._hash(json.dumps(manifest, sort_keys=True).encode())[:32]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for act in (status, load, effects):
        with pytest.raises(InputError, match=r"ecocluster .* here, 0\.0\.1 there.*open it with those"):
            act(folder)


def test_the_command_names_what_it_does_not_use(tmp_path, folder, capsys):
    theirs = files(make(tmp_path / "other", {"seed": 2}))[1]
    shutil.copy(theirs, folder / "chunks")
    for lang, part in (("en", "belongs to another sweep"), ("vi", "thuộc loạt thí nghiệm khác")):
        assert main(["status", str(folder), "--lang", lang]) == 0
        assert f"{theirs.name}.foreign" in (said := capsys.readouterr().out) and part in said
    assert main(["status", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["foreign"] == [theirs.name + ".foreign"]
