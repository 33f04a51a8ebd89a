"""What is laid down before a run begins: prices, shocks and levers over time.

`Plan` holds arrays that a run only reads; the kernels look up the row of the step or programme they need.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from .levers import LAW_LEVERS, LEVERS, WIDTH
from .remembered import remembered
from .sites_and_arms import SECTORS, TECHNOLOGIES, Arm, Law, Programme, Schedule, Shock

__all__ = ["Calls", "FORK_YEAR", "LAST_YEAR", "NO_CALLS", "Plan", "START_YEAR", "make_plan", "outside_world", "steps_between"]

START_YEAR, FORK_YEAR, LAST_YEAR = 2010, 2020, 2046  # first step, programmes act from, end of the last step

KINDS = {"dose": 0, "law": 1, "money": 2, "procedure": 3, "relief": 4, "rule": 5}
DOSE, LAW, MONEY, PROCEDURE, RELIEF, RULE = range(6)


class Calls(NamedTuple):
    """Actions of modules by their place in a step, for `acting.call_own`.

    Attributes
    ----------
    starts : (places + 1,) int64
        Place 2k is before phase number k, place 2k + 1 after it; its actions are `addresses[starts[place] : starts[place + 1]]`.
        Empty: there are none.
    addresses : (n,) int64
        Compiled actions; with ``NUMBA_DISABLE_JIT`` a tuple of functions.
    """

    starts: np.ndarray
    addresses: np.ndarray


NO_CALLS = Calls(np.zeros(0, np.int64), np.zeros(0, np.int64))


class Plan(NamedTuple):
    """Read-only arrays of one arm.

    Attributes
    ----------
    electricity, grid, carbon : (steps,) float64
        mVND/MWh; tCO2/MWh; factor on the saving of exporters.
    demand : (steps, sectors) float64
        Factor on utilisation.
    slump_rate, slump_factor : (steps,) float64
        Random slumps a sector-year and the factor while they last.
    capex : (steps, technologies) float64
        Exogenous learning factor of capital cost.
    offered : (steps, technologies) uint8
        1 if a technology is on the market.
    baseline : (levers,) float64
    kind : (levers,) int64
        Index into `KINDS`.
    target, cap : (rows, levers) float64
        Value while a programme acts, and how far scaling may raise it (-inf: not at all); rows 3p, 3p + 1 and 3p + 2 of
        programme p, the last is the baseline.
    typed : (rows, levers) uint8
        1: somebody typed the value, it acts in full.
    inside : (rows, levers) uint8
        1: a lever of the law that a programme sets inside its planned clusters.
    start, ramp, end : (programmes, levers) float64
    moved : (n,) int64
        Levers of programmes that differ from their baseline in any row of `target`.
    law_before, law_target, law_start, law_ramp, law_end : (levers,) float64
        The law: its value before and after, and when it changes.
    law_waits : (levers,) uint8
        1: the change must be enacted first.
    law_moved : (n,) int64
        Levers that the law ever moves off their baseline.
    fines : (steps,) float64
        Fines of law alone in this replicate, mVND a step; infinity where there is nothing to compare with.
    own : Calls
        Actions of loaded modules; `Simulator` puts them here.
    """

    electricity: np.ndarray
    grid: np.ndarray
    carbon: np.ndarray
    demand: np.ndarray
    slump_rate: np.ndarray
    slump_factor: np.ndarray
    capex: np.ndarray
    offered: np.ndarray
    baseline: np.ndarray
    kind: np.ndarray
    target: np.ndarray
    cap: np.ndarray
    typed: np.ndarray
    inside: np.ndarray
    start: np.ndarray
    ramp: np.ndarray
    end: np.ndarray
    moved: np.ndarray
    law_before: np.ndarray
    law_target: np.ndarray
    law_start: np.ndarray
    law_ramp: np.ndarray
    law_end: np.ndarray
    law_waits: np.ndarray
    law_moved: np.ndarray
    fines: np.ndarray
    own: Calls


def steps_between(first: float, last: float, steps_per_year: int) -> int:
    """Number of steps from one calendar time to another."""
    return round((last - first) * steps_per_year)


@lru_cache(maxsize=1)
def _grid_path() -> dict[int, float]:
    text = files("ecocluster.model").joinpath("tables", "prices.csv").read_text(encoding="utf-8")
    return {int(r["year"]): float(r["value"]) for r in csv.DictReader(text.splitlines()) if r["series"] == "grid_factor"}


def outside_world(p: np.ndarray, shocks: tuple[Shock, ...], steps_per_year: int, last_year: float):
    """The first fields of a `Plan`: what no arm can change. Arrays are shared between plans and never written."""
    from .maths import powers  # Numba loads slowly: who only asks for a year goes without

    electricity = p["electricity_price"] * powers(1 + p["electricity_growth"], _since_2020(steps_per_year, last_year))
    for shock in shocks:
        if shock.kind == "electricity":
            electricity[_during(shock, _times(steps_per_year, last_year))] *= shock.factor
    grid = _grid(float(p["grid_factor_2010"]), float(p["grid_factor_trend"]), steps_per_year, last_year)
    capex, offered = _technologies(
        float(p["learning_growth"]), tuple(p["tech_learning_exponent"].tolist()), float(p["solar_since"]), steps_per_year, last_year
    )
    return electricity, grid, *_script(tuple(shocks), steps_per_year, last_year), capex, offered


@lru_cache(maxsize=16)
def _times(steps_per_year: int, last_year: float) -> np.ndarray:
    """Beginning of every step."""
    return START_YEAR + np.arange(steps_between(START_YEAR, last_year, steps_per_year)) / steps_per_year


@lru_cache(maxsize=16)
def _since_2020(steps_per_year: int, last_year: float) -> np.ndarray:
    return np.maximum(_times(steps_per_year, last_year) - 2020, 0)


def _during(shock: Shock, time: np.ndarray) -> np.ndarray:
    return (time >= shock.start - 1e-9) & (time < shock.end - 1e-9)


@lru_cache(maxsize=64)
def _grid(factor_2010: float, trend: float, steps_per_year: int, last_year: float) -> np.ndarray:
    """Emission factor of the grid: as documented, then by its trend."""
    from .maths import power

    time, documented = _times(steps_per_year, last_year), _grid_path()
    newest = max(documented)
    grid = np.full(time.size, factor_2010)
    for i, year in enumerate(np.floor(time).astype(int)):
        if year in documented:
            grid[i] = documented[year]
        elif year > newest:
            grid[i] = documented[newest] * power(1 + trend, time[i] - newest - 1 + 1 / steps_per_year)
    return grid


@lru_cache(maxsize=64)
def _script(shocks: tuple[Shock, ...], steps_per_year: int, last_year: float):
    """Carbon rule, demand by sector, and rate and factor of slumps, from the script of shocks."""
    time = _times(steps_per_year, last_year)
    demand = np.ones((time.size, len(SECTORS)))
    carbon, slump_rate, slump_factor = np.ones(time.size), np.zeros(time.size), np.ones(time.size)
    for shock in shocks:
        during = _during(shock, time)
        if shock.kind == "demand":
            columns = [SECTORS.index(s) for s in shock.sectors] or list(range(len(SECTORS)))
            demand[np.ix_(during, np.array(columns))] *= shock.factor
        elif shock.kind == "carbon_rule":
            carbon[during] *= shock.factor
        elif shock.kind == "sector":
            slump_rate[during], slump_factor[during] = 0.1, shock.factor
        elif shock.kind != "electricity":
            raise ValueError(f"unknown kind of shock {shock.kind!r}")
    return carbon, demand, slump_rate, slump_factor


@lru_cache(maxsize=64)
def _technologies(growth: float, exponents: tuple[float, ...], solar_since: float, steps_per_year: int, last_year: float):
    """Learning factor of capital costs, and what is on the market."""
    from .setup import learning_path

    time = _times(steps_per_year, last_year)
    learning = np.zeros((time.size, len(exponents)))
    learning_path(np.array(exponents), growth, time, learning)
    offered = np.ones((time.size, len(TECHNOLOGIES)), np.uint8)
    offered[time < solar_since - 1e-9, TECHNOLOGIES.index("T4")] = 0
    return learning, offered


def make_plan(
    p: np.ndarray,
    arm: Arm,
    shocks: tuple[Shock, ...] = (),
    steps_per_year: int = 4,
    last_year: float = LAST_YEAR,
    programmes: int | None = None,
    outside: Sequence[np.ndarray] | None = None,
) -> Plan:
    """Lay down prices, shocks and levers of an arm.

    Parameters
    ----------
    p : record
        From `parameter_record`.
    arm : Arm
    shocks : tuple of Shock
    steps_per_year : int
        4; 12 for the test of the step length.
    last_year : float
        End of the last step.
    programmes : int, optional
        Rows to provide for, so that all arms of a comparison have arrays of one size.
    outside : sequence of arrays, optional
        From `outside_world`, where that is known.
    """
    places, baseline, kind, caps, money, local = _levers()
    programmes = len(arm.programmes) if programmes is None else programmes
    rows = 3 * programmes + 1
    target, cap = np.empty((rows, WIDTH)), np.empty((rows, WIDTH))
    target[:], cap[:] = baseline, caps
    typed, inside = np.zeros((rows, WIDTH), np.uint8), np.zeros((rows, WIDTH), np.uint8)
    start, ramp, end = np.zeros((3, max(1, programmes), WIDTH))
    for n, programme in enumerate(arm.programmes):
        for name in LAW_LEVERS:
            if name in programme.levers:
                raise ValueError(f"{name} is a lever of the law, which is the same for all: it belongs into Arm.law")
        usual, here = programme.schedule, slice(0, len(places))
        start[n, here], ramp[n, here], end[n, here] = usual.start, usual.ramp, usual.end
        for name, schedule in programme.schedules.items():
            if (i := places.get(name)) is not None:
                start[n, i], ramp[n, i], end[n, i] = schedule.start, schedule.ramp, schedule.end
        _set_rows(target[3 * n : 3 * n + 3], typed[3 * n : 3 * n + 3], inside[3 * n + 1], programme, places)
        target[3 * n + 2, local] = baseline[local]
    cap[typed > 0] = -np.inf
    target[:, money] *= p["money_scale"]
    moved = np.flatnonzero((target != baseline).any(axis=0) | inside.any(axis=0))
    law = _law(arm.law, baseline)
    fines = _no_fines(steps_per_year, last_year)
    if outside is None:
        outside = outside_world(p, shocks, steps_per_year, last_year)
    return Plan._make((*outside, baseline, kind, target, cap, typed, inside, start, ramp, end, moved, *law, fines, NO_CALLS))


def _set_rows(target, typed, inside, programme: Programme, places: dict[str, int]) -> None:
    """What a programme says of levers, in its three rows; `inside` is of the row in planned clusters."""
    for name, value in programme.levers.items():
        if (i := places.get(name)) is not None:
            target[:, i] = value
    for name in programme.typed:
        if (i := places.get(name)) is not None:
            typed[:, i] = 1
    for name, value in programme.planned.items():
        if (i := places.get(name)) is not None:
            target[1, i], inside[i] = value, name in LAW_LEVERS
            typed[1, i] = f"planned.{name}" in programme.typed


@remembered()
def _levers() -> tuple[dict[str, int], np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of all levers: their places; baseline, index into `KINDS`, cap; which are money, and which are not for firms outside."""
    levers = list(LEVERS.values())
    caps = [-np.inf if lever.cap is None else lever.cap for lever in levers]
    kinds, local = [KINDS[lever.kind] for lever in levers], [lever.local for lever in levers]
    money = [lever.unit.startswith("mVND") for lever in levers]
    baseline = _wide([lever.baseline for lever in levers])
    return {name: i for i, name in enumerate(LEVERS)}, baseline, _wide(kinds), _wide(caps), _wide(money), np.flatnonzero(local)


@lru_cache(maxsize=16)
def _no_fines(steps_per_year: int, last_year: float) -> np.ndarray:
    """Where there is nothing to compare with."""
    return np.full(_times(steps_per_year, last_year).size, np.inf)


def _wide(values: list) -> np.ndarray:
    """A value for every lever, and 0 where there is room for one of a module."""
    wide = np.zeros(WIDTH, np.array(values).dtype)
    wide[: len(values)] = values
    return wide


def _law(law: Law, baseline: np.ndarray):
    """The fields of a `Plan` that hold the law."""
    places = _levers()[0]
    before, target = baseline.copy(), baseline.copy()
    start, ramp, end = (np.zeros(WIDTH) for _ in range(3))
    waits = np.zeros(WIDTH, np.uint8)
    for name in {*law.levers, *law.before} - set(LAW_LEVERS):
        raise ValueError(f"{name} is no lever of the law: it belongs to a programme")
    for name, value in law.levers.items():
        i = places[name]
        target[i], before[i] = value, law.before.get(name, baseline[i])
        schedule = law.schedules.get(name, Schedule())
        start[i], ramp[i], end[i] = schedule.start, schedule.ramp, schedule.end
        waits[i] = law.enactment_lag > 0 and name in law.before
    moved = np.flatnonzero((target != baseline) | (before != baseline))
    return before, target, start, ramp, end, waits, moved
