"""Worlds: draws of all uncertain parameters that do not contradict what is known about Hanoi.

A world is the draw of a number (`ecocluster.model.parameters.sample_parameters`) and the replicate of the same number.
It is kept if its burn-in of Hanoi meets the `BANDS`: parameters drawn freely contradict known facts (the share of
clusters with a central plant in 2020 lies between .2 and .8 of them; documented is .30). Numbers alone are stored; the
draw is a pure function of seed and number. The same worlds serve every site: what is known is known about Hanoi.

    from ecocluster.experiments.worlds import stored
    stored().some(1, 100)       # the worlds that answer

`ecocluster worlds --renew` finds them again after the model has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..model.border import bordered
from ..model.granted import processors
from ..model.parameters import World, drawn_names, sample_parameters
from ..model.remembered import remembered
from .errors import InputError, check_number
from .shipped import Shipped, asked_of

__all__ = [
    "ANSWER", "BANDS", "Band", "CLAIMS", "PILOT", "SEARCH", "SHIPPED", "Stored", "drawn_values", "find_worlds", "free_worlds", "measure",
    "stored", "tables_hash",
]  # fmt: skip

SEED = 1
KEPT = 500
# who uses which of the kept worlds, first and last, counted from 1; the roles share none
ANSWER, CLAIMS, PILOT, SEARCH = (1, 100), (101, 164), (165, 172), (301, 500)
ACCEPTABLE = 0.01  # below this share of kept draws the band that stops most is to be widened
WITNESSES = 3  # worlds whose facts are stored, to tell whether they belong to this model
REPEATS = 2**32  # a further replicate of a world lies this far above its own
WIDTH = 3.0  # half-widths of section 11 that a single replicate may be off


@dataclass(frozen=True)
class Band:
    """What a burn-in of Hanoi must meet.

    Attributes
    ----------
    target : str
        Of section 11 of the specification.
    what : str
    low, high : float
        Of a single replicate: the middle of section 11 and three times its half-width, or as it stands (C6).
    mean : (float, float)
        Of the mean over replicates: as section 11 has it.
    """

    target: str
    what: str
    low: float
    high: float
    mean: tuple[float, float]


def _around(target: str, what: str, middle: float, half: float) -> Band:
    return Band(target, what, middle - WIDTH * half, middle + WIDTH * half, (middle - half, middle + half))


def _as_it_stands(target: str, what: str, low: float, high: float) -> Band:
    return Band(target, what, low, high, (low, high))


BANDS = {
    "approved": _around("C2", "loans approved over asked for, 2010-2019", 0.33, 0.05),
    "granted": _around("C2", "granted over asked, of approved loans", 0.425, 0.175),
    "trade": _around("C3", "trade inside clusters, share of sales, 2020", 0.043, 0.007),
    "plants": _around("C4", "clusters with a central plant, 2020", 0.30, 0.03),
    "cleaner_2010": _around("C7", "cleaner production (T1), 2010", 0.11, 0.06),
    "cleaner_2015": _around("C7", "cleaner production (T1), 2015", 0.24, 0.06),
    "cleaner_2020": _around("C7", "cleaner production (T1), 2020", 0.47, 0.06),
    "emissions": _as_it_stands("C6", "emissions of the city in 2018, tCO2e", 0.3e6, 0.9e6),
    "intensity": _as_it_stands("C6", "tCO2e per bn VND of value added in 2018", 22.0, 88.0),
}


def measure(series: np.ndarray) -> np.ndarray:
    """Facts of a burn-in, in the order of `BANDS`.

    Parameters
    ----------
    series : (T+1, K) float64
        `Simulator.burn_series` in quarters from 2010; row 0 is empty.
    """
    from ..model.indicators import INDICATORS

    at = {name: series[:, k] for k, name in enumerate(INDICATORS)}
    asked, approved = at["credit_asked"][1:].sum(), at["credit_approved"][1:]
    year = slice(33, 37)  # 2018
    # facts are of firms that are known: producers of the pool outside are not
    tonnes, value = ((at[name] - at[f"pool_{name}"])[year].mean() for name in ("tco2e", "value_added"))
    return np.array([
        approved.sum() / max(asked, 1e-9), (at["credit_share"][1:] * approved).sum() / max(approved.sum(), 1e-9),
        at["trade_share"][-1], at["cetp_share"][-1],
        at["adoption_T1"][1], at["adoption_T1"][20], at["adoption_T1"][40],
        tonnes, tonnes / (value / 1000.0),
    ])  # fmt: skip


def meets(facts: np.ndarray) -> np.ndarray:
    """Which bands are met, shape (..., bands); what is not a number meets none."""
    low, high = (np.array([getattr(band, side) for band in BANDS.values()]) for side in ("low", "high"))
    return (facts >= low) & (facts <= high)


@dataclass(frozen=True)
class Stored:
    """Worlds that were kept.

    Attributes
    ----------
    seed : int
    tried : int
        Draws from number 0 that were looked at.
    tables : str
        `tables_hash` they were found for.
    passed : dict of str to float
        Share of the draws that meet each band, and all of them ("all").
    facts : (WITNESSES, bands)
        Of the first worlds.
    numbers : tuple of int
    """

    seed: int
    tried: int
    tables: str
    passed: dict[str, float]
    facts: tuple[tuple[float, ...], ...]
    numbers: tuple[int, ...]

    def some(self, first: int, last: int, overrides: Mapping[str, float] | None = None, repeats: int = 1) -> list[World]:
        """Worlds `first` to `last`, counted from 1; replicates within worlds.

        Parameters
        ----------
        first, last : int
        overrides : mapping, optional
            What a user sets replaces the drawn value.
        repeats : int
            Replicates of each world; the first is the one that met the bands.
        """
        check_number("--worlds", last, 1, len(self.numbers), whole=True)
        return [
            World(number, number + again * REPEATS, sample_parameters(self.seed, number, overrides))
            for number in self.numbers[first - 1 : last] for again in range(repeats)
        ]  # fmt: skip

    @property
    def older(self) -> bool:
        """Were they found for another model than this one?

        Another one has other tables, or gives the first worlds another past (whatever changed in its sources).
        """
        return self.tables != tables_hash() or not _same_past(self.seed, self.numbers[0], self.facts[0])

    def to_toml(self) -> str:
        """Text of the data file."""
        lines = [
            "# Worlds that meet the bands of experiments/worlds.py: numbers of draws and of their replicates.",
            "# Written by: ecocluster worlds --renew",
            f"seed = {self.seed}", f"tried = {self.tried}", f'tables = "{self.tables}"', "",
            "[passed]  # share of the draws tried", *(f"{name} = {share!r}" for name, share in self.passed.items()), "",
            "[worlds]", "# facts of the first ones: " + ", ".join(BANDS),
            f"facts = {json.dumps([list(row) for row in self.facts])}", "numbers = [",
        ]  # fmt: skip
        rows = [self.numbers[k : k + 15] for k in range(0, len(self.numbers), 15)]
        return "\n".join([*lines, *("    " + ", ".join(map(str, row)) + "," for row in rows), "]"]) + "\n"


@bordered
def free_worlds(count: int, overrides: Mapping[str, float] | None = None, seed: int = SEED) -> list[World]:
    """The first draws, kept or not: what the answer would be if nothing were known."""
    count, seed = check_number("count", count, 1, 10**6, whole=True), check_number("seed", seed, 0, 2**63 - 1, whole=True)
    return [World(number, number, sample_parameters(seed, number, overrides)) for number in range(count)]


def drawn_values(worlds: Sequence[World]) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of all drawn parameters and their values, shape (worlds, names)."""
    names = drawn_names()
    return names, np.array([[world.parameters[name] for name in names] for world in worlds])


@lru_cache(maxsize=1)
def tables_hash() -> str:
    """Of the tables of parameters and of the site on which worlds are burnt in; what is switched off changes neither."""
    digest = hashlib.sha256()
    for package, pattern in (("ecocluster.model", "tables/*.csv"), ("ecocluster.scenarios", "data/sites/hanoi.*")):
        folder = Path(str(files(package)))
        for path in sorted(folder.glob(pattern)):
            if path.name not in ("switched_off.csv", "chain.csv"):
                digest.update(
                    path.relative_to(folder).as_posix().encode()
                    + b"\0"
                    + (path.read_bytes() if package == "ecocluster.model" else asked_of(path))
                )
    return digest.hexdigest()[:16]


def _read(raw: dict[str, Any]) -> Stored:
    facts = tuple(tuple(map(float, row)) for row in raw["worlds"]["facts"])
    return Stored(raw["seed"], raw["tried"], raw["tables"], raw["passed"], facts, tuple(raw["worlds"]["numbers"]))


SHIPPED = Shipped("worlds", _read)


def stored() -> Stored:
    """The worlds that ship."""
    return SHIPPED.need()


@remembered(2)
def _same_past(seed: int, number: int, facts: tuple[float, ...]) -> bool:
    """Does this model give a world the facts that are stored?"""
    return bool(np.allclose(_Burner(seed)(number), facts, rtol=1e-6, atol=0.0))


# --- finding them ---------------------------------------------------------------------------------------


class _Burner:
    """Facts of Hanoi's burn-in in the world of a number; one for each thread."""

    def __init__(self, seed: int):
        from ..model.parameters import parameter_record
        from ..model.simulator import Simulator
        from ..model.sites_and_arms import Arm
        from ..scenarios import load_scenario, load_shocks

        hanoi = load_scenario("hanoi")
        self.seed, self.known = seed, hanoi.parameters
        self.simulator = Simulator(hanoi.site, (Arm("null"),), parameter_record(self.known), load_shocks(hanoi.shocks),
                                   last_year=2020.25)  # fmt: skip

    def __call__(self, number: int) -> np.ndarray:
        from ..model.parameters import parameter_record

        self.simulator.load(parameter_record(sample_parameters(self.seed, number, self.known)))
        code = self.simulator.replicate(self.seed, number).burnt
        facts = measure(self.simulator.burn_series)
        return np.full_like(facts, np.nan) if code else facts


class _Log:
    """Facts of the draws so far, kept in a file, so that a search that was stopped goes on."""

    def __init__(self, folder: Path | None, seed: int):
        self.path = None if folder is None else folder / f"tried-{tables_hash()}-{seed}.csv"
        self.rows: list[np.ndarray] = []
        if self.path is not None and self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                row = line.split(",")
                if len(row) != 1 + len(BANDS) or int(row[0]) != len(self.rows):
                    break  # the last line of a process that was killed
                self.rows.append(np.array(row[1:], float))

    def add(self, rows: Sequence[np.ndarray]) -> None:
        first = len(self.rows)
        self.rows += rows
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = "".join(f"{first + k},{','.join(map(repr, row.tolist()))}\n" for k, row in enumerate(rows))
            if first == 0:
                self.path.write_text(text, encoding="utf-8")
            else:
                with self.path.open("a", encoding="utf-8") as stream:
                    stream.write(text)


def find_worlds(
    kept: int = KEPT,
    *,
    seed: int = SEED,
    folder: Path | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Stored:
    """Draw worlds from number 0 until `kept` of them meet the bands.

    Parameters
    ----------
    kept : int
    seed : int
    folder : path, optional
        Where the draws so far are kept; a search with the same tables goes on from there.
    threads : int, optional
        The result does not depend on it.
    progress : callable, optional
        Called with (kept so far, kept in all).

    Raises
    ------
    InputError
        If less than 1 of 100 draws is kept; the sentence names the band that stops most.
    """
    import threading
    from concurrent.futures import ThreadPoolExecutor

    threads = threads or processors()
    log, local = _Log(folder, seed), threading.local()

    def facts_of(number: int) -> np.ndarray:
        if not hasattr(local, "past"):
            local.past = _Burner(seed)
        return local.past(number)

    def found() -> np.ndarray:
        return np.flatnonzero(meets(np.array(log.rows)).all(axis=1)) if log.rows else np.empty(0, int)

    with ThreadPoolExecutor(threads) as pool:
        while len(found()) < kept:
            if len(log.rows) >= 1000 and len(found()) < ACCEPTABLE * len(log.rows):
                name, share = _narrowest(np.array(log.rows))
                raise InputError(
                    "worlds_few", share=f"{len(found()) / len(log.rows):.2%}", band=BANDS[name].what, alone=f"{share:.2%}"
                )
            first = len(log.rows)
            log.add(list(pool.map(facts_of, range(first, first + 64))))
            if progress is not None:
                progress(min(len(found()), kept), kept)
    numbers = found()[:kept]
    tried = int(numbers[-1]) + 1
    facts = np.array(log.rows[:tried])
    passed = {name: round(float(share), 4) for name, share in zip(BANDS, meets(facts).mean(axis=0), strict=True)}
    passed["all"] = round(kept / tried, 4)
    witnesses = tuple(tuple(map(float, facts[n])) for n in numbers[:WITNESSES])
    return Stored(seed, tried, tables_hash(), passed, witnesses, tuple(map(int, numbers)))


def _narrowest(facts: np.ndarray) -> tuple[str, float]:
    """The band without which most draws would be kept, and their share."""
    met = meets(facts)
    without = [np.delete(met, k, axis=1).all(axis=1).mean() for k in range(met.shape[1])]
    return list(BANDS)[int(np.argmax(without))], float(max(without))
