"""A row leads back to all that made it, can be run again, and parts of one plan become one sweep."""

import csv
import hashlib
import json
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.sweeps import plans
from ecocluster.experiments.sweeps.labelled import to_xarray
from ecocluster.experiments.sweeps.merge import merge
from ecocluster.experiments.sweeps.replay import replay
from ecocluster.experiments.sweeps.results import export, load, status
from ecocluster.experiments.sweeps.runner import resume, sweep
from ecocluster.model.indicators import INDICATORS
from ecocluster.viz.cli import main

SMALL = {
    "scenario": "teaching",
    "pathways": ["null", "combined"],
    "design": {"kind": "lhs", "points": 4},
    "replicates": 2,
    "seed": 4,
    "steps": 8,
    "uncertainties": {"electricity_growth": [0.0, 0.02], "q_in": [0.2, 0.4], "growth": 0.01},
    "outcomes": ["tco2e_2021", "pv_outlay_2021", "level1_2021"],
}


@pytest.fixture(autouse=True)
def two_points_a_chunk(monkeypatch):
    monkeypatch.setattr(plans, "chunk_sizes", lambda *_: (2, 2))


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """One small sweep; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("swept") / "s"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "chunk_sizes", lambda *_: (2, 2))
        sweep(SMALL, folder)
    return folder


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def rewrite(chunk: Path, change) -> None:
    """Another table in place of a chunk's, under the name and with the mark that it would have."""
    table = pq.read_table(chunk)
    out = BytesIO()
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), out)
    chunk.unlink()
    chunk.with_name(f"{chunk.name.partition('-')[0]}-{hashlib.sha256(out.getvalue()).hexdigest()[:16]}.parquet").write_bytes(
        out.getvalue()
    )


def next_bit(table: pa.Table, column: str, row: int) -> pa.Table:
    values = table[column].to_numpy().copy()
    values[row] = np.nextafter(values[row], np.inf)
    return table.set_column(table.column_names.index(column), column, pa.array(values))


# --- all that made a row -----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_two_exports_together_can_be_told_apart(tmp_path, swept, ending):
    """Whatever a plan changes beside what varies, some column of an export names it."""
    read = pd.read_csv if ending == "csv" else pd.read_parquet
    export(swept, tmp_path / f"first.{ending}")
    first = read(tmp_path / f"first.{ending}")
    shared = {"scenario": "teaching", "law": "middle", "mode": "equal-budget", "seed": 4, "last_year": 2022.0, "growth": 0.01}
    assert all((first[name] == value).all() for name, value in shared.items())
    assert first["scale"].isna().sum() == 0 and first["sweep"].nunique() == 1
    assert pd.DataFrame(first[load(swept).columns]).shape == load(swept).shape
    set_ = {**SMALL["uncertainties"], "growth": 0.02}
    changes = {
        "seed": {"seed": 5}, "growth": {"uncertainties": set_}, "law": {"law": "strict"}, "scenario": {"scenario": "mono-food"},
        "scale": {"scale": 2.0}, "last_year": {"steps": 12}, "common_random_numbers": {"common_random_numbers": False},
    }  # fmt: skip
    for name, change in changes.items():
        sweep({**SMALL, **change}, tmp_path / name)
        export(tmp_path / name, tmp_path / f"{name}.{ending}")
        other = read(tmp_path / f"{name}.{ending}")
        assert set(first["sweep"]).isdisjoint(other["sweep"])
        assert list(first[name].astype(str)) != list(other[name].astype(str)), name
    if ending == "parquet":
        told = json.loads(pq.read_metadata(tmp_path / "first.parquet").metadata[b"ecocluster.manifest"])
        assert told == json.loads((swept / "manifest.json").read_text())


def test_a_chunk_names_its_sweep(swept):
    keys = {json.loads(pq.read_metadata(chunk).metadata[b"ecocluster"])["sweep"] for chunk in (swept / "chunks").iterdir()}
    assert keys == {load(swept).attrs["made_of"]["sweep"]}


def test_a_sweep_as_an_array_with_names_and_units(tmp_path, swept):
    xarray = pytest.importorskip("xarray")
    found, frame = to_xarray(swept), load(swept)
    assert dict(found.sizes) == {"point": 4, "arm": 2, "replicate": 2} and not (found["failed"] != "").any()
    for row in frame.itertuples():
        cell = found.sel(point=row.point, arm=row.pathway, replicate=row.replicate)
        assert float(cell["tco2e_2021"]) == row.tco2e_2021 and float(cell["q_in"]) == row.q_in
        assert float(cell["null.tco2e_2021"]) == frame.loc[row.Index, "null.tco2e_2021"]
    assert found["tco2e_2021"].attrs["units"] == INDICATORS["tco2e"].unit
    assert found["pv_outlay_2021"].attrs["units"] == INDICATORS["outlay"].unit.removesuffix("/yr")
    assert found["null.level1_2021"].attrs["long_name"].endswith("(matched null)")
    assert all(found[name].attrs["units"] for name in ("electricity_growth", "growth", "budget_bn"))
    assert all(found[name].attrs["long_name"] for name in ("q_in", "growth", "tco2e_2021"))
    sweep({**SMALL, "seed": 5}, tmp_path / "other")
    both = xarray.concat([found, to_xarray(tmp_path / "other")], "sweep", coords="different", compat="equals")
    assert both["seed"].values.tolist() == [4, 5] and len(set(both["sweep"].values)) == 2


def test_what_is_not_there_yet_is_missing_in_the_array(tmp_path, swept):
    pytest.importorskip("xarray")
    shutil.copytree(swept, tmp_path / "s")
    next((tmp_path / "s/chunks").iterdir()).unlink()
    found = to_xarray(tmp_path / "s")
    assert int((found["failed"] == "not run").sum()) == int(found["tco2e_2021"].isnull().sum()) == 8


def test_without_xarray_it_is_said_what_to_install(swept, monkeypatch):
    monkeypatch.setattr("ecocluster.experiments.errors.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"to_xarray needs the package xarray: .*\[xarray\]"):
        to_xarray(swept)


# --- a row again -------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [
    {}, {"common_random_numbers": False}, {"levers": ["extension"], "scale": "auto"}, {"scenario": "phu-thi", "traces": True},
    {"uncertainties": {"electricity_growth": [0.0, 0.02]}, "first_replicate": 7},
], ids=["plain", "unpaired", "pilots", "traces", "later"])  # fmt: skip
def test_a_row_that_is_run_again_has_its_bits(tmp_path, change):
    first = change.get("first_replicate", 0)
    sweep({**SMALL, **change}, tmp_path / "s")
    before = content(tmp_path / "s")
    found = replay(tmp_path / "s", 2, first + 1)
    assert found.same and found.rows == 2 and found.results == 2 * 7
    assert content(tmp_path / "s") == before
    row = load(tmp_path / "s").query(f"point == 2 and replicate == {first + 1} and pathway == 'combined'").iloc[0]
    series = found.series.query("pathway == 'combined' and run == 'arm'")
    assert list(series.columns[5:]) == list(INDICATORS) and series["year"].tolist() == [2020 + n / 4 for n in range(9)]
    assert series["level1"].iloc[-1] == row["level1_2021"]
    assert series["tco2e"].iloc[5:].mean() == pytest.approx(row["tco2e_2021"], rel=1e-12)
    null = found.series.query("pathway == 'combined' and run == 'null'")
    assert null["tco2e"].iloc[5:].mean() == pytest.approx(row["null.tco2e_2021"], rel=1e-12)
    clusters = found.clusters
    assert len(clusters) == 4 * 9 * clusters["cluster"].nunique() and set(clusters["level"]) <= {0, 1, 2, 3}


@pytest.mark.parametrize("column", ["tco2e_2021", "null.pv_outlay_2021"])
def test_one_bit_more_is_seen_and_named(tmp_path, swept, column, capsys, monkeypatch):
    folder = shutil.copytree(swept, tmp_path / "s")
    rewrite(min((folder / "chunks").iterdir()), lambda table: next_bit(table, column, 3))  # point 0, combined, replicate 1
    monkeypatch.chdir(tmp_path)
    (different,) = replay(folder, 0, 1).differing
    assert (different.pathway, different.column) == ("combined", column) and different.stored > different.found
    assert main(["replay", "s", "--point", "0", "--replicate", "1"]) == 1
    told = capsys.readouterr().out
    assert "1 of 14 results are not those stored" in told and column in told
    assert main(["replay", "s", "--point", "0", "--replicate", "0"]) == 0  # its neighbours are sound
    assert main(["replay", "s", "--point", "1", "--replicate", "1", "--json"]) == 0


def test_a_cause_of_failure_is_compared_too(tmp_path, swept):
    folder = shutil.copytree(swept, tmp_path / "s")

    def broke(table):
        causes = ["", "an array of the run was too small", *[""] * (table.num_rows - 2)]
        return table.set_column(table.column_names.index("failed"), "failed", pa.array(causes).dictionary_encode())

    rewrite(min((folder / "chunks").iterdir()), broke)
    (different,) = replay(folder, 0, 1).differing
    assert (different.column, different.found) == ("failed", "")


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_replay_on_the_command_line(tmp_path, swept, lang, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(swept), "--point", "3", "--replicate", "0", "--lang", lang]) == 0
    assert "14" in capsys.readouterr().out
    out = tmp_path / "out/replay-s-3-0"
    rows = list(csv.DictReader((out / "series.csv").open()))
    assert {row["run"] for row in rows} == {"arm", "null"} and len(rows) == 4 * 9
    assert (out / "clusters.csv").exists() and json.loads((out / "manifest.json").read_text())["same"] is True


@pytest.mark.parametrize(
    ("point", "replicate", "part"),
    [
        (4, 0, "--point is 4, but must be at most 3"),
        (-1, 0, "at least 0"),
        (0, 2, "no finished run of point 0 and replicate 2"),
    ],
)
def test_rows_that_are_not_there(tmp_path, swept, point, replicate, part, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(swept), f"--point={point}", f"--replicate={replicate}"]) == 2
    assert part in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_sweep_of_before_there_was_a_law_alone_cannot_be_run_again():
    with pytest.raises(InputError, match="made with other versions"):
        replay(Path(__file__).parent / "before/sweep", 0, 0)


# --- parts as a whole --------------------------------------------------------------------------------


def by_row(folder):
    return load(folder).sort_values(["point", "budget_bn", "pathway", "replicate"]).reset_index(drop=True)


@pytest.mark.parametrize("sizes", [((2, 2), (2, 2)), ((4, 2), (2, 1)), ((1, 1), (3, 2))])
def test_parts_with_replicates_of_their_own_are_the_sweep(tmp_path, sizes, monkeypatch):
    """However each part was cut into chunks; and parts of parts too."""
    sweep({**SMALL, "replicates": 5}, tmp_path / "whole")
    windows = {"a": (0, 2, sizes[0]), "b": (2, 2, sizes[1]), "c": (4, 1, (2, 1))}
    for name, (first, count, cut) in windows.items():
        monkeypatch.setattr(plans, "chunk_sizes", lambda *_, cut=cut: cut)
        sweep({**SMALL, "first_replicate": first, "replicates": count}, tmp_path / name)
    before = content(tmp_path / "a")
    assert merge([tmp_path / "b", tmp_path / "a"], tmp_path / "ab").complete
    found = merge([tmp_path / "ab", tmp_path / "c"], tmp_path / "abc")
    assert found.complete and found.runs == found.runs_done == 40 and found.replicates == 5
    pd.testing.assert_frame_equal(by_row(tmp_path / "abc"), by_row(tmp_path / "whole"), check_categorical=False)
    assert content(tmp_path / "a") == before
    assert replay(tmp_path / "abc", 1, 4).same
    chunk = next((tmp_path / "abc/chunks").iterdir())
    chunk.unlink()
    assert not status(tmp_path / "abc").complete and resume(tmp_path / "abc").complete
    pd.testing.assert_frame_equal(by_row(tmp_path / "abc"), by_row(tmp_path / "whole"), check_categorical=False)


def test_one_sweep_in_two_folders(tmp_path, swept):
    a, b = (shutil.copytree(swept, tmp_path / name) for name in "ab")
    one, two = sorted((swept / "chunks").iterdir())
    (a / "chunks" / one.name).unlink()
    (b / "chunks" / two.name).unlink()
    assert not status(a).complete
    assert merge([a, b], tmp_path / "whole").complete
    assert content(tmp_path / "whole") == content(swept)
    assert merge([a, b], tmp_path / "whole").complete  # again: what is there is taken up


def test_what_was_not_finished_in_a_part_is_left_to_resume(tmp_path, swept):
    a = shutil.copytree(swept, tmp_path / "a")
    next((a / "chunks").iterdir()).unlink()
    sweep({**SMALL, "first_replicate": 2}, tmp_path / "b")
    found = merge([a, tmp_path / "b"], tmp_path / "ab")
    assert not found.complete and (found.chunks_done, found.chunks) == (3, 4)
    assert resume(tmp_path / "ab").complete


@pytest.mark.parametrize(("change", "part"), [
    ({"seed": 5}, r"seed: 4 \| 5"),
    ({"scenario": "mono-food"}, r"scenario: \"teaching\" \| \"mono-food\""),
    ({"law": "strict"}, r'law: "middle" \| "strict"'),
    ({"pathways": ["combined", "null"]}, r'arms 1.pathway: "null" \| "combined"'),
    ({"scale": 2.0}, r"arms 2.scale: 1.0 \| 2.0"),
    ({"budget": 100.0}, r"arms 2.budget: 150.0 \| 100.0"),
    ({"design": {"kind": "lhs", "points": 5}}, r"design.points: 4 \| 5"),
    ({"uncertainties": {**SMALL["uncertainties"], "growth": 0.02}}, r"constants 1 3: 0.01 \| 0.02"),
    ({"uncertainties": {**SMALL["uncertainties"], "q_in": [0.2, 0.5]}}, r"factors 2.range.high: 0.4 \| 0.5"),
    ({"outcomes": ["jobs_2021"]}, r'outcomes: \[.*\] \| \["jobs_2021"\]'),
    ({"steps": 12}, r"last_year: 2022.0 \| 2023.0"),
    ({"common_random_numbers": False}, r"paired: true \| false"),
    ({"shocks": "none"}, "shocks"),
])  # fmt: skip
def test_a_foreign_part_is_refused_with_what_differs(tmp_path, swept, change, part):
    sweep({**SMALL, "first_replicate": 2, **change}, tmp_path / "b")
    with pytest.raises(InputError, match=f"is not a part of the same plan as .*: .*{part}"):
        merge([swept, tmp_path / "b"], tmp_path / "ab")
    assert not (tmp_path / "ab").exists()


def test_what_a_law_holds_is_part_of_the_plan_whatever_its_name(tmp_path):
    law = tmp_path / "law.toml"
    for name, rate in (("a", 0.2), ("b", 0.3)):
        law.write_text(f'type = "law"\ntitle = {{ vi = "a", en = "a" }}\n[levers]\ninspection_rate = {rate}\n')
        sweep({**SMALL, "law": str(law), "first_replicate": 2 * (name == "b")}, tmp_path / name)
    with pytest.raises(InputError, match=r"law.levers.inspection_rate: 0.2 \| 0.3"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "ab")


def test_merging_refuses_what_is_no_part(tmp_path, swept, capsys, monkeypatch):
    other = shutil.copytree(swept, tmp_path / "other")
    rewrite(min((other / "chunks").iterdir()), lambda table: next_bit(table, "tco2e_2021", 0))
    with pytest.raises(InputError, match=r"hold the same runs with other results \(chunk 0\)"):
        merge([swept, other], tmp_path / "ab")
    sweep({**SMALL, "first_replicate": 1}, tmp_path / "lap")
    with pytest.raises(InputError, match="both hold replicates 1 to 1"):
        merge([swept, tmp_path / "lap"], tmp_path / "ab")
    sweep({**SMALL, "first_replicate": 2}, tmp_path / "b")
    sweep({**SMALL, "seed": 9}, tmp_path / "taken")
    with pytest.raises(InputError, match="holds another sweep"):
        merge([swept, tmp_path / "b"], tmp_path / "taken")
    sweep({**SMALL, "first_replicate": 2}, tmp_path / "narrow", until_ci=0.5)
    with pytest.raises(InputError, match="until: null"):
        merge([swept, tmp_path / "narrow"], tmp_path / "ab")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    with pytest.raises(InputError, match="did not write"):
        merge([swept, tmp_path / "b"], tmp_path / "mine")
    monkeypatch.setattr("ecocluster.model.processor.facts", lambda: {"kind": "another"})
    sweep({**SMALL, "first_replicate": 4}, tmp_path / "elsewhere")
    monkeypatch.undo()
    monkeypatch.setattr(plans, "chunk_sizes", lambda *_: (2, 2))
    with pytest.raises(InputError, match="--other-processor"):
        merge([swept, tmp_path / "elsewhere"], tmp_path / "ab")
    assert merge([swept, tmp_path / "elsewhere"], tmp_path / "ab", other_processor=True).complete
    assert main(["merge", str(swept), "--out", str(tmp_path / "x")]) == 2
    assert "at least two sweeps" in capsys.readouterr().err
    assert main(["merge", str(swept), str(tmp_path / "b"), "--out", str(tmp_path / "x"), "--lang", "vi"]) == 0
    assert "32" in capsys.readouterr().out
