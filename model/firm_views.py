"""Firms of a run by name: the one place, outside the kernels, that knows how firms lie in the arrays.

A firm is found by its slot; slots and firms change places in a run, so whoever keeps a slot asks anew after
every step (`FirmViews.taken`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .sites_and_arms import Site
from .state import LANES, N_HUBS, SLOT_TAKEN, State
from .vocabulary import AWARENESS, EVENTS, SECTORS, TECHNOLOGIES

__all__ = ["AWARENESS", "COMPLIANCE", "EVENTS", "FirmViews", "TRAITS", "Trait", "cluster_names", "nearest"]

COMPLIANCE = ("none", "sham", "own_plant", "connected")


@dataclass(frozen=True)
class Trait:
    """One property of a firm.

    Attributes
    ----------
    name, unit, meaning : str
    field : str
        Of `state.FIRM_DTYPE`.
    kind : str
        "number", "count", "flag", "choice" (one of `words`) or "set" (bits, named by `words`).
    low, high : float or None
        Range of what may be written; None: read only.
    words : tuple of str
    """

    name: str
    field: str
    unit: str
    meaning: str
    kind: str = "number"
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()

    @property
    def writable(self) -> bool:
        """May it be changed from Python?"""
        return self.low is not None


_INF = math.inf
TRAITS: dict[str, Trait] = {
    trait.name: trait
    for trait in (
        Trait("sector", "sector", "-", "sector", "choice", words=SECTORS),
        Trait("workers", "workers", "persons", "size", low=1.0, high=5000.0),
        Trait("cash", "cash", "mVND", "cash", low=-_INF, high=_INF),
        Trait("collateral", "collateral", "mVND", "what a bank would take as security", low=0.0, high=_INF),
        Trait("debt", "debt", "mVND", "old debt; loans on technology come on top", low=0.0, high=_INF),
        Trait("hurdle", "hurdle", "1/yr", "rate of return asked of an investment", low=0.01, high=2.0),
        Trait("trust", "trust", "0-1", "general trust", low=0.0, high=1.0),
        Trait("attitude", "attitude", "0-1", "attitude to an environment-friendly cluster", low=0.0, high=1.0),
        Trait("integrity", "integrity", "0-1", "how surely it keeps its word; others cannot see it", low=0.0, high=1.0),
        Trait("technology", "tech", "-", "technologies in operation", "set", 0, 0, TECHNOLOGIES),
        Trait("ordered", "pending", "-", "technologies ordered and not yet in operation", "set", words=TECHNOLOGIES),
        Trait("awareness", "aware", "-", "technologies, law and symbiosis that it knows of", "set", 0, 0, AWARENESS),
        Trait("compliance", "compliance", "-", "treatment of its effluent", "choice", words=COMPLIANCE),
        Trait("discloses", "discloses", "-", "shows its flows to the cluster", "flag", 0, 1),
        Trait("club", "club", "-", "member of the club", "flag", 0, 1),
        Trait("admitted", "admitted", "-", "admitted to a planned cluster", "flag"),
        Trait("links", "links", "links", "active links", "count"),
        Trait("profit", "profit", "mVND/yr", "profit of the last step, before tax"),
        Trait("activity", "activity", "persons", "workers times utilisation in the last step"),
        Trait("electricity", "elec", "MWh/yr", "use of electricity in the last step"),
        Trait("fuel", "fuel", "GJ/yr", "use of fuel in the last step"),
        Trait("water", "water", "m3/yr", "use of water in the last step"),
        Trait("effluent", "effluent", "m3/yr", "effluent of the last step"),
        Trait("born", "born", "year", "when it came"),
        Trait("efficiency", "eps", "factor", "use of resources against the mean of the sector"),
    )
}


def cluster_names(site: Site, state: State) -> list[str]:
    """Ids of all clusters of a run: those of the site, the planned ones, and "outside"."""
    planned = int(state.city[0]["planned"])
    return [c.id for c in site.clusters] + [f"planned-{n + 1}" for n in range(planned)] + ["outside"]


def nearest(name: object, known: Iterable[str]) -> str:
    """ "; did you mean '...'?", or nothing if no known name is similar."""
    import difflib

    match = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean '{match[0]}'?" if match else ""


class FirmViews:
    """Reading and writing of the firms of one run.

    Parameters
    ----------
    state : State
        Looked at, never copied.
    p : record of parameters
    site : Site
    """

    def __init__(self, state: State, p: np.ndarray, site: Site) -> None:
        self.state, self._p = state, p
        self.clusters = cluster_names(site, state)
        self._arrays = {trait.name: state.firms[trait.field] for trait in TRAITS.values()}
        self._cluster, self._hubs, self._events = (state.firms[name] for name in ("cluster", "hubs", "events"))

    def taken(self) -> tuple[np.ndarray, np.ndarray]:
        """Slots that hold a firm, in order, and the persistent ids of the firms; two (n,) int64."""
        block, lane = np.nonzero(self.state.firms["status"] == SLOT_TAKEN)
        return block * LANES + lane, self.state.firms["id"][block, lane]

    def column(self, name: str, slots: np.ndarray) -> np.ndarray:
        """A trait of many firms as it lies in the arrays: numbers, and codes or bits where the trait has words."""
        return self._arrays[name][slots // LANES, slots % LANES]

    def cluster_of(self, slots):
        """Index of the cluster of one slot or of many."""
        return self._cluster[slots // LANES, slots % LANES]

    def hubs(self, slot: int) -> int:
        """Number of hubs in which the firm takes part."""
        return int(self._hubs[slot // LANES, slot % LANES] & (1 << N_HUBS) - 1).bit_count()

    def read(self, slot: int, name: str) -> Any:
        """A trait of one firm as Python has it: float, int, bool, str or frozenset of str."""
        trait, value = TRAITS[name], self._arrays[name][slot // LANES, slot % LANES]
        if trait.kind == "number":
            return float(value)
        if trait.kind == "choice":
            return trait.words[value]
        if trait.kind == "set":
            return frozenset(word for j, word in enumerate(trait.words) if value >> j & 1)
        return bool(value) if trait.kind == "flag" else int(value)

    def write(self, slot: int, name: str, value: Any) -> None:
        """Change a trait of one firm; what follows from it (coefficients, dates) follows at once.

        Raises
        ------
        AttributeError
            If the trait can only be read.
        ValueError
            For a value out of range or an unknown word.
        """
        trait = TRAITS[name]
        if not trait.writable:
            writable = ", ".join(sorted(t.name for t in TRAITS.values() if t.writable))
            raise AttributeError(f"{name} can only be read: the model makes it; writable are {writable}")
        checked = self._bits(trait, value) if trait.kind == "set" else self._number(trait, value)
        if name == "technology":
            from .firm_edits import set_technologies

            set_technologies(self.state, self._p, slot, checked)
        else:
            self._arrays[name][slot // LANES, slot % LANES] = checked

    @staticmethod
    def _number(trait: Trait, value: Any) -> float:
        number = float(value)
        assert trait.low is not None and trait.high is not None  # who has no range is not asked
        if not math.isfinite(number) or not trait.low <= number <= trait.high:
            allowed = f"{trait.low:g} to {trait.high:g} {trait.unit}" if trait.high < _INF else "a finite number"
            raise ValueError(f"{trait.name} = {value!r}: out of range; allowed: {allowed}")
        return number

    @staticmethod
    def _bits(trait: Trait, value: Any) -> int:
        bits = 0
        for word in (value,) if isinstance(value, str) else value:
            if word not in trait.words:
                hint = nearest(word, trait.words) or f"; allowed: {', '.join(trait.words)}"
                raise ValueError(f"{trait.name} = {word!r}: unknown name{hint}")
            bits |= 1 << trait.words.index(word)
        return bits

    def order(self, slot: int, technology: str) -> float:
        """Order a technology out of the firm's cash; its cost in mVND, or 0 if it could not be ordered."""
        from .firm_edits import order_technology

        bits = self._bits(TRAITS["technology"], technology)
        return order_technology(self.state, self._p, slot, bits.bit_length() - 1)

    def skip(self, slot: int, event: str) -> None:
        """Take an event (`EVENTS`) of this step away from a firm, between the lottery and the phase concerned."""
        if event not in EVENTS:
            raise ValueError(f"event = {event!r}: unknown name{nearest(event, EVENTS) or '; allowed: ' + ', '.join(EVENTS)}")
        self._events[slot // LANES, slot % LANES] &= ~(1 << EVENTS.index(event))

    def places(self, slots: np.ndarray) -> np.ndarray:
        """Where firms stand in a schematic picture, (n, 2), units of 100 m: clusters side by side in rows.

        Positions inside a cluster are the model's; those outside clusters are spread over a field of its own.
        """
        clusters, firms = self.state.clusters, self.state.firms
        columns, width = self.picture()
        c = self.cluster_of(slots)
        block, lane = slots // LANES, slots % LANES
        x, y = firms["x"][block, lane], firms["y"][block, lane]
        outside = c == clusters.size - 1
        # additive recurrence of the plastic number: even, whatever the number of points
        spread = 0.9 * width
        x = np.where(outside, spread * (0.7548776662466927 * slots % 1.0), x)
        y = np.where(outside, spread * (0.5698402909980532 * slots % 1.0), y)
        return np.column_stack([x + width * (c % columns), y + width * (c // columns)])

    def picture(self) -> tuple[int, float]:
        """Columns of the schematic picture, and the width of a cluster's field in it, units of 100 m."""
        area = self.state.clusters["area"]
        return math.ceil(math.sqrt(area.size)), 1.1 * math.sqrt(max(float(area.max()), 1.0))
