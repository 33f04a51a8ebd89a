"""One registry of everything numeric that a user may question: default, range, unit, source, solidity.

`PARAMETERS` is read once from the tables in `model/tables/`. The record that the kernels read
(`parameter_record`), the validation of scenario files, the ranges of designs and the documented table all
come from it. Cells of the tables are parameters too: ``food.elec_MWh``, ``T2_efficient_equipment.life_yr``,
``organic.virgin_price``, ``food.supply.metal``; costs of levers are ``cost.extension`` and so on.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

import numpy as np

from .levers import N_OWN as N_OWN_LEVERS
from .remembered import remembered
from .state import TREATED_WATER, as_bytes
from .vocabulary import SECTORS, STREAMS, TECHNOLOGIES, TECHNOLOGY_ROWS

__all__ = ["PARAMETERS", "PARAMETER_DTYPE",  # noqa: F822 - made on first use by __getattr__
            "Parameter", "World", "changed_record", "drawn_names", "matched_arrivals", "met_by_default", "parameter_record",
            "sample_parameters"]  # fmt: skip

NS, NT, NW = len(SECTORS), len(TECHNOLOGIES), len(STREAMS)


@dataclass(frozen=True)
class Parameter:
    """One number of the model.

    Attributes
    ----------
    name, symbol, group : str
    default, low, high : float
    distribution : str
        "uniform", "loguniform" or "fixed" (then not sampled unless asked for).
    unit, mark, source, meaning : str
        mark: seed, documented, press, derived, memory, calibrated, definition or assumption (a guess).
    off : float or None
        Value outside the range that switches off the mechanism.
    """

    name: str
    symbol: str
    group: str
    default: float
    low: float
    high: float
    distribution: str
    unit: str
    mark: str
    source: str
    meaning: str
    off: float | None = None

    def allows(self, value: float) -> bool:
        """Does a value lie in the range, or is it the one that switches off?"""
        return self.low <= value <= self.high or value == self.off

    @property
    def is_money(self) -> bool:
        """True if the value scales with the unit of money."""
        return "mVND" in self.unit

    def quantile(self, u: float) -> float:
        """Value at probability `u` (0-1) of the range."""
        if self.distribution == "loguniform" and self.low > 0:
            from .maths import power  # Numba loads slowly: who only asks for names goes without

            return min(self.low * power(self.high / self.low, float(u)), self.high)
        return self.low + u * (self.high - self.low)


@dataclass(frozen=True)
class World:
    """What is not known, settled: one draw of the uncertain parameters with one replicate's luck.

    Attributes
    ----------
    number : int
        Runs of the same world share it.
    replicate : int
    parameters : mapping
        Values that replace defaults, by registry name.
    """

    number: int
    replicate: int
    parameters: Mapping[str, float]


# --- tables whose every cell is a parameter ---------------------------------------------------------

_SECTOR_UNITS = {
    "elec_MWh": "MWh/worker/yr",
    "fuel_GJ": "GJ/worker/yr",
    "water_m3": "m3/worker/yr",
    "effluent_share": "share",
    "cod_kg_m3": "kg/m3",
    "revenue_mVND": "mVND/worker/yr",
    "value_added_mVND": "mVND/worker/yr",
    "margin": "share of revenue",
    "exporter_share": "share",
    "mix_prior": "-",
}
_TECHNOLOGY_UNITS = {
    "capex_per_worker_at_15": "mVND/worker",
    "scale_exponent": "-",
    "life_yr": "yr",
    "learning_exponent": "-",
    "saves_electricity": "share",
    "saves_fuel": "share",
    "saves_water": "share",
    "saves_waste": "share",
    "solar_share": "share",
    "initial_share": "share",
    "measures_counted": "-",
}
_STREAM_UNITS = {
    "disposal_cost": "mVND/unit",
    "virgin_price": "mVND/unit",
    "substitution": "share",
    "treatment_cost": "mVND/unit",
    "pipe_cost_per_100m": "mVND/100m",
    "fixed_cost_ref": "mVND",
    "quantity_ref": "unit/yr",
    "ef_onsite": "tCO2e/unit",
    "ef_upstream": "tCO2e/unit",
    "ef_landfill": "tCO2e/unit",
    "additional": "0-1",
}
# cells of sectors and streams with a range of their own: rows of the tables of scalars; what has none there is 0
_OWN_CELLS = {"sector": ("heat_replaceable", "smoke"), "stream": ("traded", "other_disposal")}
_SHARES = {"share", "0-1", "share of revenue"}


def _rows(table: str) -> list[dict[str, str]]:
    text = files("ecocluster.model").joinpath("tables", table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _cell(name, group, value, unit, source, fixed=False):
    """A table cell without a range of its own: x .5-2 for amounts, +- .1 for shares."""
    if unit in _SHARES:
        low, high, law = max(0.0, value - 0.1), min(1.0, value + 0.1), "uniform"
        if unit == "share of revenue":
            low, high = 0.5 * value, 2 * value
    elif value < 0:
        low, high, law = 2 * value, 0.5 * value, "uniform"
    else:
        low, high, law = 0.5 * value, 2 * value, "loguniform"
    if fixed or value == 0 or unit in ("-", "yr", "unit/yr"):
        law = "fixed"
    return Parameter(name, "", group, value, low, high, law, unit, "assumption", source, f"{group}: {name}")


def _scalars(table: str) -> dict[str, Parameter]:
    """Rows of a table with one parameter each."""
    return {
        row["name"]: Parameter(
            row["name"], row["symbol"] or row["name"], row["group"], float(row["default"]), float(row["low"]),
            float(row["high"]), row["distribution"], row["unit"], row["mark"], row["source"], row["meaning"],
            float(row["off"]) if row.get("off") else None,
        )
        for row in _rows(table)
    }  # fmt: skip


@lru_cache(maxsize=1)
def _registry() -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    found |= _scalars("parameters.csv")
    for row in _rows("certification.csv"):
        found[row["name"]] = Parameter(
            row["name"], row["name"], "certificate", float(row["threshold"]), float(row["low"]), float(row["high"]),
            row["distribution"], row["unit"], row["mark"], row["source"], row["meaning"],
        )  # fmt: skip
    for row in _rows("lever_costs.csv"):
        name = f"cost.{row['item']}"
        mark = "documented" if row["basis"].startswith("evidence") else "assumption"
        found[name] = Parameter(
            name, name, "cost", float(row["default_mVND"]), float(row["low"]), float(row["high"]), row["distribution"],
            row["unit"] if row["item"] == "guarantee_loss" else f"mVND {row['unit']}", mark, row["basis"], f"cost of {row['item'].replace('_', ' ')}",
        )  # fmt: skip
    for table, units, group in (
        ("sectors.csv", _SECTOR_UNITS, "sector"),
        ("technologies.csv", _TECHNOLOGY_UNITS, "technology"),
        ("streams.csv", _STREAM_UNITS, "stream"),
    ):
        for row in _rows(table):
            for column, unit in units.items():
                name = f"{row[group]}.{column}"
                fixed = column in ("additional", "mix_prior", "ef_upstream")
                found[name] = _cell(name, group, float(row[column]), unit, row["basis"], fixed)
    for row in _rows("supply_demand.csv"):
        for w, stream in enumerate(STREAMS):
            name = f"{row['sector']}.{row['direction']}.{stream}"
            unit = "share" if w == TREATED_WATER else "unit/worker/yr"
            found[name] = _cell(name, "stream", float(row[stream]), unit, row["basis"] or "as the row above")
    for row in _rows("chain.csv"):
        name = f"{row['supplier']}.sells.{row['buyer']}"
        found[name] = Parameter(
            name, name, "chain", float(row["weight"]), float(row["low"]), float(row["high"]), "fixed", "0-1", "assumption",
            row["source"], f"chain: {name}",
        )  # fmt: skip
    return found | _scalars("switched_off.csv")  # last, so that the draws of all others are as they were without them


def __getattr__(name: str):  # PARAMETERS is read from the tables when first asked for, not at import
    if name == "PARAMETERS":
        return _registry()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def met_by_default() -> dict[str, str]:
    """Criteria that most clusters meet without a programme, and why that is as it should be."""
    return {row["criterion"]: row["met_by_default"] for row in _rows("certification.csv") if row["met_by_default"]}


# --- the record that kernels read ------------------------------------------------------------------


def _field(name: str) -> str:
    return name.replace(".", "_")


def _scalar_names() -> list[str]:
    return [n for n, q in _registry().items() if q.group not in ("sector", "technology", "stream", "chain", "module")]


@lru_cache(maxsize=1)
def _dtype() -> np.dtype:
    fields: list[tuple] = [(_field(n), "f8") for n in _scalar_names()]
    fields += [(f"sector_{column}", "f8", (NS,)) for column in _SECTOR_UNITS]
    fields += [(f"tech_{column}", "f8", (NT,)) for column in _TECHNOLOGY_UNITS]
    fields += [(f"stream_{column}", "f8", (NW,)) for column in _STREAM_UNITS]
    for kind, columns in _OWN_CELLS.items():
        fields += [(f"{kind}_{column}", "f8", (NS if kind == "sector" else NW,)) for column in columns]
    fields += [("supply", "f8", (NS, NW)), ("demand", "f8", (NS, NW)), ("chain", "f8", (NS, NS))]
    # beta laws as inverse distribution functions on equal steps of probability
    fields += [("attitude_law", "f8", (BETA_NODES,)), ("integrity_law", "f8", (BETA_NODES,)), ("trust_law", "f8", (BETA_NODES,))]
    # of modules: their parameters; what a dose of each of their levers costs a year, for a cluster, a firm, a worker
    fields += [("own", "f8", (N_OWN,)), ("own_cost", "f8", (3, N_OWN_LEVERS))]
    return np.dtype(fields)


BETA_NODES = 513
N_OWN = 32  # parameters of loaded modules have room for so many
OWN_PLACES: dict[str, tuple[str, tuple[int, ...]]] = {}  # of these, and of what their levers cost; kept by `roster`
_LAWS = ("attitude", "integrity", "trust")  # beta laws with parameters LAW_alpha and LAW_beta


def PARAMETER_DTYPE() -> np.dtype:  # noqa: N802 - a constant in spirit, built on first use
    """Dtype of the record that kernels read."""
    return _dtype()


@lru_cache(maxsize=256)
def _beta_law(alpha: float, beta: float) -> np.ndarray:
    """Quantiles of Beta(alpha, beta) at `BETA_NODES` equally spaced probabilities, shape (BETA_NODES,)."""
    from .maths import powers

    t = np.linspace(0, 1, 20001)
    x = t * t * (3 - 2 * t)  # dense near 0 and 1
    middle = 0.5 * (x[1:] + x[:-1])
    density = powers(middle, alpha - 1) * powers(1 - middle, beta - 1)
    mass = np.concatenate([[0.0], np.cumsum(density * np.diff(x))])
    return np.interp(np.linspace(0, 1, BETA_NODES), mass / mass[-1], x)


def parameter_record(overrides: Mapping[str, float] | None = None) -> np.ndarray:
    """Parameters as the record that kernels read.

    Parameters
    ----------
    overrides : mapping, optional
        Values that replace defaults, by registry name.

    Returns
    -------
    numpy.ndarray
        Shape (), dtype `PARAMETER_DTYPE()`.

    Raises
    ------
    KeyError
        For a name that is not in the registry.
    """
    registry = _registry()
    values = {name: parameter.default for name, parameter in registry.items()}
    for name, value in (overrides or {}).items():
        if name not in registry:
            raise KeyError(name)
        values[name] = float(value)
    money = values["money_scale"]
    for name, parameter in registry.items():
        if parameter.is_money:
            values[name] *= money
    record = np.zeros((), _dtype())
    for name, (field, index) in _places().items():
        record[field][index] = values[name]
    for law in _LAWS:
        record[f"{law}_law"] = _beta_law(values[f"{law}_alpha"], values[f"{law}_beta"])
    return record


@remembered()
def _places() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Where a parameter stands in the record: registry name to (field, index)."""
    places: dict[str, tuple[str, tuple[int, ...]]] = {name: (_field(name), ()) for name in _scalar_names()}
    for rows, columns, kind in (
        (SECTORS, _SECTOR_UNITS, "sector"),
        (TECHNOLOGY_ROWS, _TECHNOLOGY_UNITS, "tech"),
        (STREAMS, _STREAM_UNITS, "stream"),
    ):
        for i, row in enumerate(rows):
            places |= {f"{row}.{column}": (f"{kind}_{column}", (i,)) for column in columns}
    registry = _registry()
    for kind, rows in (("sector", SECTORS), ("stream", STREAMS)):
        for column in _OWN_CELLS[kind]:
            names = {i: f"{row}.{column}" for i, row in enumerate(rows)}
            places |= {name: (f"{kind}_{column}", (i,)) for i, name in names.items() if name in registry}
    for i, sector in enumerate(SECTORS):
        for j, stream in enumerate(STREAMS):
            places |= {f"{sector}.{table}.{stream}": (table, (i, j)) for table in ("supply", "demand")}
        for j, buyer in enumerate(SECTORS):  # trades that are not in the table do not deal with each other
            if f"{sector}.sells.{buyer}" in registry:
                places[f"{sector}.sells.{buyer}"] = ("chain", (i, j))
    return places | OWN_PLACES


@remembered()
def _words() -> dict[str, tuple[int, bool]]:
    """Where a parameter stands in the record seen as float64, and whether it is money."""
    registry, words = _registry(), {}
    fields = _dtype().fields
    assert fields is not None
    for name, (field, index) in _places().items():
        part, offset = fields[field][:2]
        within = int(np.ravel_multi_index(index, part.shape)) if index else 0
        words[name] = offset // 8 + within, registry[name].is_money
    return words


def changed_record(base: Mapping[str, float], record: np.ndarray, changes: Mapping[str, float]) -> np.ndarray:
    """`parameter_record(base | changes)`, the same bits, for a few changes ten times faster.

    Parameters
    ----------
    base : mapping
        Overrides that `record` was made with.
    record : numpy.ndarray
        From `parameter_record(base)`; not touched.
    changes : mapping
        Registry name to value.
    """
    laws = {name.removesuffix(end) for name in changes for end in ("_alpha", "_beta") if name.endswith(end)} & set(_LAWS)
    if "money_scale" in changes:
        return parameter_record({**base, **changes})
    numbers, words = as_bytes(record).view(np.float64).copy(), _words()
    changed = np.ndarray((), record.dtype, numbers)  # NumPy takes 20 us to make one of so many fields itself
    money = float(record["money_scale"])
    for name, value in changes.items():
        word, is_money = words[name]
        numbers[word] = float(value) * money if is_money else float(value)
    for law in laws:
        changed[f"{law}_law"] = _beta_law(float(changed[f"{law}_alpha"]), float(changed[f"{law}_beta"]))
    return changed


def sample_parameters(seed: int, replicate: int, overrides: Mapping[str, float] | None = None) -> dict[str, float]:
    """Draw every uncertain parameter from its range, for one replicate.

    Parameters
    ----------
    seed, replicate : int
        The draw is a pure function of both.
    overrides : mapping, optional
        Names that are not drawn but kept at the given value.

    Returns
    -------
    dict
        Registry name to value.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed % 2**64, replicate % 2**64]))
    values: dict[str, float] = {}
    for name, parameter in _registry().items():
        # one draw each, so that a new override moves no other parameter; those of modules follow their own name
        u = generator.random() if name not in OWN_PLACES else _own_draw(seed, replicate, name)
        if parameter.distribution != "fixed":
            values[name] = parameter.quantile(u)
    values.update(overrides or {})
    if "arrival_base" not in (overrides or {}):
        values["arrival_base"] = matched_arrivals(values)
    return values


def _own_draw(seed: int, replicate: int, name: str) -> float:
    mark = int.from_bytes(sha256(name.encode()).digest()[:8], "big")
    return float(np.random.Generator(np.random.Philox(key=[(seed ^ mark) % 2**64, replicate % 2**64])).random())


@remembered()
def drawn_names() -> tuple[str, ...]:
    """Parameters that `sample_parameters` draws; structural switches are fixed."""
    return tuple(name for name, parameter in _registry().items() if parameter.distribution != "fixed")


EXIT_NAMES = ("exit_high", "exit_slope", "exit_low", "workers_median", "workers_sd")


def matched_arrivals(values: Mapping[str, float]) -> float:
    """Arrival rate that replaces the exits: with other exit rates another base keeps the published number of firms.

    Parameters
    ----------
    values : mapping
        Registry name to value; of `EXIT_NAMES` what is missing is at its default.

    Returns
    -------
    float
        `arrival_base`, 1/yr.
    """
    default = {n: _registry()[n].default for n in (*EXIT_NAMES, "arrival_base")}
    return default["arrival_base"] + (_mean_exit(default | {n: values[n] for n in EXIT_NAMES if n in values}) - _mean_exit(default))


def _mean_exit(values: Mapping[str, float]) -> float:
    """Base exit hazard, mean over the law of firm size, 1/yr."""
    from .maths import exp, log, powers

    z = np.linspace(-5, 5, 2001)
    weight = powers(exp(-0.5), z * z)
    size = np.maximum(log(float(values["workers_median"])) + values["workers_sd"] * z, 0.0)
    hazard = np.clip(values["exit_high"] - values["exit_slope"] * size, values["exit_low"], values["exit_high"])
    return float((hazard * weight).sum() / weight.sum())
