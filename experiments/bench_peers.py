"""How fast the kernels are against plain Mesa and vectorised NumPy, in one run, the peers in turn.

The peers are in `tests/benchmarks` of a clone (they are no part of the package), with the rules of the comparison in
DECLARATION.md. A cell is measured where a peer takes no longer than the limit; else as many of its runs as fit are
measured, or none where not even a pair fits, and the rest is extrapolated, linearly in runs and firms, and marked. A cell
with less to do than keeps all cores of a peer busy is left out for it, and nothing is extrapolated from it.
"""

from __future__ import annotations

import io
import platform
import sys
import tempfile
import tokenize
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

from .bench import _WARM, _wall
from .errors import InputError, check_number

__all__ = ["FIRMS", "RUNS", "cells", "code_lines", "find_peers", "measure_peers"]

FIRMS = (55, 500, 3864, 40_000)
RUNS = (1, 2, 100, 10_000)  # 1: the null alone; otherwise pairs of the null and the combined pathway
ROUNDS = 5  # their range holds the median with 94 %
MAIN = (55, 100)  # where the headline ratios come from


def find_peers() -> ModuleType:
    """The module `tests/benchmarks/peers.py` of the clone that this package or the working folder belongs to.

    Raises
    ------
    InputError
        If there is none, or Mesa is missing.
    """
    for root in (Path(__file__).parents[1], Path.cwd()):
        path = root / "tests" / "benchmarks" / "peers.py"
        if path.is_file():
            break
    else:
        raise InputError("no_peers", path="tests/benchmarks/peers.py")
    try:
        import mesa  # noqa: F401
    except ModuleNotFoundError:
        raise InputError("needs_package", name="--peers", package="mesa", extra="mesa") from None
    spec = spec_from_file_location("ecocluster_peers", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def code_lines(paths: Iterable[Path]) -> int:
    """Lines that hold code: no blank lines, comments or docstrings."""
    total = 0
    for path in paths:
        lines: set[int] = set()
        fresh = True  # at the beginning of a statement, where a string is documentation
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
                fresh = True
            elif token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER):
                if not (fresh and token.type == tokenize.STRING):
                    lines.update(range(token.start[0], token.end[0] + 1))
                fresh = False
        total += len(lines)
    return total


def _extrapolate(rows: list[dict[str, Any]], name: str, peer: Any, work: Any) -> float:
    """Seconds expected from the measured cell that is most like this one; 0 if there is none.

    Pairs and single runs are different work; as many runs on fewer firms tell most, then fewer runs on as many firms.
    """
    like = [row for row in rows if row["peer"] == name and row["rounds"] and (row["runs"] == 1) == (work.runs == 1)]
    if not like:
        return 0.0
    best = max(like, key=lambda row: (row["runs"] == work.runs, row["firms"] == work.firms, row["weight"]))
    return best["seconds"] * peer.weight(work) / best["weight"]


def cells(
    works: Iterable[Any],
    peers: dict[str, Any],
    limit: float,
    progress: Callable[[str], None] | None = None,
) -> list[dict[str, Any]]:
    """Times of all peers on all works, the peers in turn.

    Parameters
    ----------
    works : iterable of peers.Work
    peers : dict
        Name to `peers.Peer`.
    limit : float
        Seconds that the rounds of one peer in one cell may take.
    progress : callable, optional
        Called with the name of each cell and how many there are.

    Returns
    -------
    list of dict
        firms, runs, peer, weight (what its time is proportional to), seconds (median), low, high (range of the rounds, None if there
        are fewer than 3), rounds, measured_runs (fewer than runs: the rest is extrapolated; 0: from another cell),
        times. In the order of firms x runs; without the peers that a cell keeps too little busy (`peers.Peer.can_show`).
    """
    rows: list[dict[str, Any]] = []
    works = sorted(works, key=lambda work: work.firms * work.pairs)
    for done_before, work in enumerate(works):
        if progress is not None:
            progress(f"{work.firms} x {work.runs} ({done_before + 1}/{len(works)})")
        able = {name: peer for name, peer in peers.items() if peer.can_show(work)}
        times: dict[str, list[float]] = {name: [] for name in able}
        guess = {name: _extrapolate(rows, name, peer, work) for name, peer in able.items()}
        parts = {name: _part(peer, work, guess[name], limit) for name, peer in able.items()}
        spent = dict.fromkeys(able, 0.0)
        for turn in range(ROUNDS):
            for name, peer in able.items():
                part = parts[name]
                # a peer goes on while the round to come fits into the limit; what nobody knows yet is tried
                expected = spent[name] / turn if turn else guess[name] * part.pairs / work.pairs
                if len(times[name]) == turn and spent[name] + expected <= limit:
                    seconds = peer.run(part)
                    spent[name] += seconds
                    times[name].append(seconds * work.pairs / part.pairs)
        for name, peer in able.items():
            done = times[name]
            rows.append({
                "firms": work.firms, "runs": work.runs, "peer": name, "weight": peer.weight(work),
                "seconds": median(done) if done else guess[name],
                "low": min(done) if len(done) > 2 else None, "high": max(done) if len(done) > 2 else None,
                "rounds": len(done), "measured_runs": parts[name].runs if done else 0, "times": done,
            })  # fmt: skip
    return rows


def _part(peer: Any, work: Any, guess: float, limit: float) -> Any:
    """The work, or so many of its pairs that all rounds fit into the limit, at least what shows the peer's speed."""
    if ROUNDS * guess <= limit or work.pairs == peer.least(work):
        return work
    return replace(work, runs=2 * max(peer.least(work), int(work.pairs * limit / (ROUNDS * guess))))


def _ratio(rows: list[dict[str, Any]], peer: str, against: str, cell: tuple[int, int]) -> dict[str, Any]:
    """How many times longer `peer` takes than `against` in a cell: median over the rounds, and their range."""
    found = {row["peer"]: row for row in rows if (row["firms"], row["runs"]) == cell}
    one, other = found[peer], found[against]
    pairs = [a / b for a, b in zip(one["times"], other["times"], strict=False)]
    return {
        "ratio": median(pairs) if pairs else one["seconds"] / other["seconds"],
        "interval": [min(pairs), max(pairs)] if len(pairs) > 2 else None,
        "cell": list(cell),
        "extrapolated": min(one["measured_runs"], other["measured_runs"]) < cell[1],
    }


def _start(cold: bool) -> dict[str, float | None]:
    """Wall times from nothing, s: kernels compiled and cached, and plain Mesa, each with one small run."""
    plain = (
        "import sys; from ecocluster.experiments.bench_peers import find_peers; peers = find_peers()\n"
        "peers.PEERS['{}'].run(peers.Work(55, 1))"
    )
    with tempfile.TemporaryDirectory() as folder:
        return {
            "kernels_cold": _wall([sys.executable, "-c", _WARM], {"ECOCLUSTER_CACHE_DIR": folder, "ECOCLUSTER_SHIPPED": "0"}) if cold else None,
            "kernels_warm": _wall([sys.executable, "-c", plain.format("kernels")]),
            "numpy": _wall([sys.executable, "-c", plain.format("numpy")]),
            "mesa": _wall([sys.executable, "-c", plain.format("mesa")]),
            "comparison_with_files": _wall([
                sys.executable, "-P", "-m", "ecocluster", "compare", "nguyen-khe", "--fixed", "--pathways", "null,combined",
                "--replicates", "50", "--out", f"{folder}/out"]),
        }  # fmt: skip


def _machine() -> dict[str, Any]:
    """What was measured on: processor, how many of them, for what kind kernels are compiled, system, versions."""
    from importlib.metadata import version

    from ..model.granted import processors
    from ..model.processor import kind

    names = [line.partition(":")[2].strip() for line in _lines_of("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(), "processors": processors(), "kind": kind(),
        "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "mesa")},
    }  # fmt: skip


def _lines_of(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # of other systems
        return []


def measure_peers(
    limit: float = 15.0,
    firms: Iterable[int] = FIRMS,
    runs: Iterable[int] = RUNS,
    cold: bool = True,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Compare the peers.

    Parameters
    ----------
    limit : float
        Seconds for the rounds of one peer in one cell; above it a cell is extrapolated. At least 1. The whole table
        takes up to 40 times as long.
    firms, runs : iterable of int
        Sizes of the table; the cells of the headline ratios are added.
    cold : bool
        Also compile everything in an empty cache folder (a minute or two).
    progress : callable, optional

    Returns
    -------
    dict
        mesa_ratio, numpy_ratio: how many times longer they take than the kernels on one core (55 firms, 100 runs);
        comparison_ratio: plain Mesa on one core against the kernels on all, 10,000 runs. `ratios` has all of them with their ranges, `table` the cells, `lost` the measured cells in
        which a peer is faster; machine (what it was measured on); start (s), memory (bytes of a run of 55 firms), lines of code.

    Raises
    ------
    InputError
        If the peers are not there.
    """
    check_number("--limit", limit, 1.0)
    module = find_peers()
    cheap = {(55, 1), (55, 2), MAIN, (55, 10_000)}
    grid = sorted(cheap | {(n, r) for n in firms for r in runs})
    for name, peer in module.PEERS.items():
        if name != "mesa":
            peer.run(module.Work(55, 2))  # warm: nothing is compiled or loaded from here on
    rows = cells([module.Work(*cell) for cell in grid], module.PEERS, limit, progress)
    against = {(row["firms"], row["runs"]): row["seconds"] for row in rows if row["peer"] == "kernels" and row["rounds"]}
    ratios = {
        "mesa": _ratio(rows, "mesa", "kernels", MAIN),
        "numpy": _ratio(rows, "numpy", "kernels", MAIN),
        "comparison": _ratio(rows, "mesa", "kernels_all_cores", (55, 10_000)),
    }
    return {
        "mesa_ratio": ratios["mesa"]["ratio"],
        "numpy_ratio": ratios["numpy"]["ratio"],
        "comparison_ratio": ratios["comparison"]["ratio"],
        "ratios": ratios,
        "table": rows,
        "lost": [
            {"firms": row["firms"], "runs": row["runs"], "peer": row["peer"],
             "ratio": row["seconds"] / against[row["firms"], row["runs"]]}
            for row in rows
            if row["rounds"] and row["peer"] in ("numpy", "mesa")
            and row["seconds"] < against.get((row["firms"], row["runs"]), 0.0)
        ],
        "machine": _machine(),
        "start": _start(cold),
        "memory": {name: measure() for name, measure in module.MEMORY.items()},
        "lines": {name: code_lines(paths) for name, paths in module.sources().items()},
    }  # fmt: skip
