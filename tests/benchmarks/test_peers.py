"""The peers do the work they are said to do, and the runner measures, extrapolates and marks as declared."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from ecocluster.experiments import bench_peers
from ecocluster.experiments.analyses.mechanisms import without
from ecocluster.experiments.errors import InputError
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.parameters import parameter_record
from ecocluster.model.sites_and_arms import Arm, Site
from ecocluster.model.timelines import make_plan


@pytest.fixture(scope="module")
def peers():
    return bench_peers.find_peers()


def test_work(peers):
    for firms in bench_peers.FIRMS:
        site = peers.Work(firms, 2).site
        assert site.firms_2018 == pytest.approx(firms)
        assert max(cluster.firms_2018 for cluster in site.clusters) <= 200
        assert len({cluster.id for cluster in site.clusters}) == len(site.clusters)
    assert [arm.name for arm in peers.Work(55, 1).arms] == ["null"]
    assert [(arm.name, arm.scale) for arm in peers.Work(55, 100).arms] == [("null", 1.0), ("combined", 1.0)]
    assert (peers.Work(55, 1).pairs, peers.Work(55, 100).pairs) == (1, 50)


def test_the_core_in_numpy_does_what_the_kernels_do(peers):
    """With what the core lacks turned off, both give the same adoption, awareness, attitude and trust on average."""
    off = without() | {name: 0.0 for name in ("exit_high", "exit_low", "exit_slope", "insolvency_hazard", "growth", "arrival_base",
                                  "own_om", "inspection_high")}  # fmt: skip
    p = parameter_record({**off, "start_factor": 1.0})
    one = peers.Work(55, 1).site.clusters[0]
    site = Site("one", "one", "cluster", (type(one)(**{**vars(one), "mix": None}),))
    runs = run_ensemble(site, [Arm("null")], replicates=150, parameters={**off, "start_factor": 1.0}, threads=2)
    core = peers.Core(p, make_plan(p, Arm("null"), (), 4, 2046, 0), 150, 1, 55)
    core.run(peers.BURN_IN)
    row = {name: i for i, name in enumerate(INDICATORS)}
    began = core.tech.mean(axis=(1, 2))
    for quarters in (40, 64):  # to 2030 and to 2046
        core.run(quarters)
        end = core.step_number - peers.BURN_IN
        mean = runs.series[0, :, end].mean(axis=0)
        for j, name in enumerate(("T1", "T2", "T4", "T5")):
            assert core.tech[j].mean() == pytest.approx(mean[row[f"adoption_{name}"]], abs=0.03), name
        assert core.aware.mean() == pytest.approx(mean[row["aware_technology"]], abs=0.03)
        assert core.attitude.mean() == pytest.approx(mean[row["attitude"]], abs=0.01)
        assert core.trust.mean() == pytest.approx(mean[row["trust"]], abs=0.02)
        assert core.flows[0].sum() / 150 == pytest.approx(mean[row["grid_mwh"]] + mean[row["solar_mwh"]], rel=0.06)
    assert (core.tech.mean(axis=(1, 2)) > began + 0.03).all()  # what agrees has moved


@dataclass(frozen=True)
class Work:
    firms: int
    runs: int

    @property
    def pairs(self):
        return max(1, self.runs // 2)


def test_cells_are_measured_or_extrapolated_and_peers_take_turns():
    calls = []

    def peer(name, cost):
        def run(work):
            calls.append((name, work.firms, work.runs))
            return cost * work.firms * work.pairs

        return SimpleNamespace(
            run=run, least=lambda work: 1, can_show=lambda work: True, weight=lambda work: work.firms * work.pairs
        )

    works = [Work(10, 1), Work(10, 2), Work(10, 20), Work(100, 2), Work(100, 20)]
    rows = bench_peers.cells(works, {"fast": peer("fast", 0.001), "slow": peer("slow", 0.1)}, limit=6.0)
    found = {(row["peer"], row["firms"], row["runs"]): row for row in rows}
    for row in rows:  # the costs are linear, so that extrapolation is exact
        cost = {"fast": 0.001, "slow": 0.1}[row["peer"]]
        assert row["seconds"] == pytest.approx(cost * row["firms"] * max(1, row["runs"] // 2))
    assert found["slow", 10, 2]["rounds"] == bench_peers.ROUNDS and found["slow", 10, 2]["low"] is not None
    assert found["slow", 10, 20]["measured_runs"] == 2  # five times 10 s: over the limit; a pair of 1 s is not
    assert found["slow", 100, 2]["rounds"] == 0  # not even a pair
    assert found["fast", 100, 20]["rounds"] == bench_peers.ROUNDS
    assert [name for name, *cell in calls if cell == [10, 2]][: 2 * bench_peers.ROUNDS] == (["fast", "slow"] * bench_peers.ROUNDS)
    ratio = bench_peers._ratio(rows, "slow", "fast", (10, 2))
    assert ratio["ratio"] == pytest.approx(100) and not ratio["extrapolated"] and len(ratio["interval"]) == 2
    near = bench_peers._ratio(rows, "slow", "fast", (10, 20))
    assert near["ratio"] == pytest.approx(100) and near["extrapolated"] and near["interval"] is not None
    far = bench_peers._ratio(rows, "slow", "fast", (100, 20))
    assert far["ratio"] == pytest.approx(100) and far["extrapolated"] and far["interval"] is None


def test_a_peer_of_several_cores_is_measured_where_they_have_work_and_nowhere_else():
    """A core takes a second a pair: what a single pair shows is the speed of one core, and is neither told nor extrapolated."""
    asked = []

    def run(work):
        asked.append(work.pairs)
        return work.pairs / 2 if work.pairs > 1 else 1.0

    both = SimpleNamespace(
        run=run, least=lambda work: min(work.pairs, 8), can_show=lambda work: work.pairs >= 8, weight=lambda work: work.pairs
    )
    one = SimpleNamespace(
        run=lambda work: float(work.pairs), least=lambda work: 1, can_show=lambda work: True, weight=lambda work: work.pairs
    )
    works = [Work(10, runs) for runs in (1, 2, 14, 100, 10_000)]
    rows = bench_peers.cells(works, {"one": one, "both": both}, limit=300.0)
    found = {row["runs"]: row for row in rows if row["peer"] == "both"}
    assert set(found) == {100, 10_000} and len([row for row in rows if row["peer"] == "one"]) == 5
    assert found[100]["seconds"] == 25.0 and found[10_000]["seconds"] == 2500.0 and min(asked) >= 8
    assert found[10_000]["measured_runs"] == 2 * 5000 * 300 // 12_500


def test_weights_and_least_samples(peers):
    both = replace(peers.PEERS["kernels_all_cores"], cores=2)
    for firms, runs, can in ((55, 2, False), (3864, 2, False), (3864, 14, False), (3864, 16, True), (40_000, 100, True)):
        assert both.can_show(peers.Work(firms, runs)) is can and peers.PEERS["mesa"].can_show(peers.Work(firms, runs))
    assert both.least(peers.Work(40_000, 100)) == 8 and both.least(peers.Work(55, 10_000)) == 100
    numpy, mesa = peers.PEERS["numpy"], peers.PEERS["mesa"]
    assert mesa.least(peers.Work(55, 10_000)) == 1 and mesa.weight(peers.Work(55, 100)) == 50 * mesa.weight(peers.Work(55, 2))
    assert numpy.least(peers.Work(55, 10_000)) * 55 == pytest.approx(peers.BATCH, rel=0.01)
    assert numpy.least(peers.Work(55, 100)) == 50 and numpy.least(peers.Work(40_000, 100)) == 1
    assert numpy.weight(peers.Work(55, 100)) < 5 * numpy.weight(peers.Work(55, 2))  # side by side costs little
    part = bench_peers._part(numpy, peers.Work(55, 10_000), guess=100.0, limit=1.0)
    assert part == peers.Work(55, 2 * numpy.least(peers.Work(55, 10_000)))
    assert bench_peers._part(mesa, peers.Work(55, 10_000), guess=5000.0, limit=50.0) == peers.Work(55, 20)


def test_memory_and_lines(peers, tmp_path, monkeypatch):
    traced = []
    monkeypatch.setattr("tracemalloc.start", lambda: traced.append("start"))
    monkeypatch.setattr("tracemalloc.get_traced_memory", lambda: (12345, 54321))
    monkeypatch.setattr("tracemalloc.stop", lambda: traced.append("stop"))
    held = {name: measure() for name, measure in peers.MEMORY.items()}
    assert held["mesa"] == 12345 and traced == ["start", "stop"]
    assert held["kernels"] > 0 and held["numpy"] > 0  # bytes of arrays, which no machine changes
    file = tmp_path / "five.py"
    file.write_text('"""Not\ncounted."""\n\n# nor this\nX = """counted,\ntwice"""\n\n\ndef f():\n    """No."""\n    return X\n')
    assert bench_peers.code_lines([file]) == 4
    assert all(bench_peers.code_lines(paths) > 100 for paths in peers.sources().values())


def test_without_a_clone_one_line_says_so(tmp_path, monkeypatch, capsys):
    from ecocluster.viz.cli import main

    monkeypatch.setattr(bench_peers, "__file__", str(tmp_path / "experiments" / "bench_peers.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="clone"):
        bench_peers.find_peers()
    assert main(["bench", "--peers", "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert "clone" in said and said.count("\n") == 1
    monkeypatch.undo()
    with pytest.raises(InputError, match="at least 1"):
        bench_peers.measure_peers(limit=0.5)


def test_the_command_prints_what_was_measured(peers, monkeypatch, capsys):
    """A small table, all peers for true but with stubbed times, printed as text in both languages and as JSON."""
    from ecocluster.viz.cli import main

    def timed(name, peer, cost):
        def run(work):
            assert peer.run(work) is not None
            ran.add(name)
            return cost * peer.weight(work)

        return replace(peer, run=run)

    ran, measured = set(), bench_peers.measure_peers
    costs = {"kernels": 0.01, "kernels_all_cores": 0.005, "numpy": 0.3, "mesa": 0.9}  # of 2 runs
    stubbed = {name: timed(name, peer, costs[name] / peer.weight(peers.Work(55, 2))) for name, peer in peers.PEERS.items()}
    monkeypatch.setattr(peers, "PEERS", stubbed)
    monkeypatch.setattr(bench_peers, "find_peers", lambda: peers)

    def small(limit, progress):
        return measured(limit, progress=progress, firms=(55,), runs=(1,), cold=False)

    monkeypatch.setattr(bench_peers, "_start", lambda cold: {"kernels_cold": None, "kernels_warm": 1.0})
    monkeypatch.setattr(bench_peers, "ROUNDS", 1)
    monkeypatch.setattr(bench_peers, "measure_peers", small)
    assert main(["bench", "--peers", "--limit", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert ran == costs.keys()
    cells = {(row["firms"], row["runs"], row["peer"]): row for row in result["table"]}
    for name, peer in stubbed.items():
        for runs in (2, 100, 10_000)[name == "kernels_all_cores" :]:  # measured, or extrapolated from whole batches
            expected = costs[name] * peer.weight(peers.Work(55, runs)) / peer.weight(peers.Work(55, 2))
            assert cells[55, runs, name]["seconds"] == pytest.approx(expected, rel=0.02), name
    for name, against, runs in (("mesa", "kernels", 100), ("numpy", "kernels", 100), ("comparison", "kernels_all_cores", 10_000)):
        peer = "mesa" if name == "comparison" else name
        assert result[f"{name}_ratio"] == pytest.approx(
            cells[55, runs, peer]["seconds"] / cells[55, runs, against]["seconds"]), name  # fmt: skip
    assert cells[55, 10_000, "mesa"]["measured_runs"] == 2 == cells[55, 2, "mesa"]["measured_runs"]
    monkeypatch.setattr(bench_peers, "measure_peers", lambda limit, progress: result)
    for lang, word in (("en", "plain Mesa"), ("vi", "Mesa thuần")):
        assert main(["bench", "--peers", "--lang", lang]) == 0
        printed = capsys.readouterr().out
        assert word in printed and "~" in printed and result["machine"]["processor"] in printed.replace("\n", " ")


def test_the_declaration_names_what_there_is():
    text = (Path(__file__).parent / "DECLARATION.md").read_text(encoding="utf-8")
    for name in re.findall(r"`([\w/]+)\.py`", text):
        assert any(Path(__file__).parents[2].rglob(f"{name}.py")), name
    for number in ("40 quarters", "104 quarters", "55 firms", "727 clusters"):
        assert number in text
