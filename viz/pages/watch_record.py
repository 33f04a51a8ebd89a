"""One run as a film: what is needed to draw it quarter by quarter, small enough to be sent to a browser once.

The run is a `ClusterModel`, as a user of Mesa has it. It is a pure function of its seed and replicate, so the film
keeps only what is drawn: whoever wants to know more of a firm in some quarter gets the whole state again from
`Player.at`, which runs up to that quarter, instead of every state being kept (27 MB for a cluster, 1 GB for a city).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.ensemble import find_scale
from ...model.indicators import INDICATORS
from ...model.one_run import material_flows
from ...model.parameters import parameter_record
from ...model.phases.lottery import COMPLIANCE_REVIEW, TECHNOLOGY_REVIEW
from ...model.randomness import Purpose, draw, lane, refine
from ...model.rules.diffusion import event, review_hazard
from ...model.sites_and_arms import Arm, Shock, Site
from ...model.state import (
    AWARE_LAW,
    LANES,
    LINK_ACTIVE,
    N_HUBS,
    PLANNED,
    REAL_OWN,
    SHAM,
    SLOT_TAKEN,
    SLOT_UNUSABLE,
    State,
)
from ...model.timelines import FORK_YEAR, LAST_YEAR, steps_between

if TYPE_CHECKING:
    from ...model import ClusterModel

__all__ = ["SHARES", "REVIEWED_COMPLIANCE", "REVIEWED_TECHNOLOGY", "Film", "Player", "record"]

REVIEWED_TECHNOLOGY, REVIEWED_COMPLIANCE = 1, 2  # bits of the frame `reviewed`
SHARES = ("real", "sham", "recp", "trust")  # of the overview, in 255ths
STEPS_PER_YEAR = 4
LARGEST_WORKERS = 6500.0  # what two bytes hold in tenths; a firm has at most 5,000
_FIRM_FRAMES = {
    "id": "<u4", "sector": "u1", "workers": "<u2", "tech": "u1", "pending": "u1", "compliance": "u1", "trust": "u1",
    "attitude": "u1", "hubs": "u1", "reviewed": "u1",
}  # fmt: skip
_CLUSTER_FRAMES = {
    "firms": "<u2", "level": "u1", "real": "u1", "sham": "u1", "recp": "u1", "trust": "u1", "links": "<u2", "hubs": "u1",
    "unmet": "<u2",
}  # fmt: skip


class Player:
    """One run as a Mesa model that is stepped, and taken up again at any quarter.

    Parameters
    ----------
    site : Site
    arm : Arm
        Its scale factor is found on pilot runs if it has none.
    seed, replicate : int
        The same run as in an ensemble with this seed and replicate, bit for bit.
    parameters : mapping, optional
        Overrides by registry name.
    shocks : sequence of Shock

    Attributes
    ----------
    p : record
        Parameters of the run.
    quarters : int
        Number of steps.
    """

    def __init__(
        self,
        site: Site,
        arm: Arm,
        *,
        seed: int = 1,
        replicate: int = 0,
        parameters: Mapping[str, float] | None = None,
        shocks: Sequence[Shock] = (),
    ) -> None:
        scale = find_scale(site, arm, seed=seed, parameters=parameters, shocks=tuple(shocks))
        self.site, self.p = site, parameter_record(parameters)
        self.quarters = steps_between(FORK_YEAR, LAST_YEAR, STEPS_PER_YEAR)
        self._given = {
            "scenario": site,
            "pathway": replace(arm, scale=scale),
            "parameters": dict(parameters or {}),
            "shocks": tuple(shocks),
            "replicate": replicate,
            "rng": seed,
            "model_reporters": {},  # the film keeps its own
        }
        self._model: ClusterModel | None = None
        self._lock = threading.RLock()

    def _begin(self) -> ClusterModel:
        from ...model import ClusterModel

        self._model = ClusterModel(**self._given)
        return self._model

    def play(self) -> Iterator[ClusterModel]:
        """The run from the fork to its end; gives the model, which the next quarter changes."""
        with self._lock:
            model = self._begin()
            yield model
            while model.quarter < self.quarters:
                model.step()
                yield model

    def at(self, quarter: int) -> State:
        """A copy of the state at the end of a quarter; 0 is the fork."""
        with self._lock:
            model = self._model
            if model is None or model.quarter > quarter:
                model = self._begin()
            model.run_for(quarter - model.quarter)
            return State(*(array.copy() for array in model.state))


@dataclass(frozen=True)
class Film:
    """What of a run is drawn.

    Attributes
    ----------
    years : (Q,) float64
        Calendar time at the end of each quarter; index 0 is the fork.
    series : (Q, K) float64
        Indicators in the order of `INDICATORS`; flows are missing in row 0.
    clusters : tuple of str
        Ids of all clusters that firms may live in: those of the site, then planned ones.
    overview : dict of (Q, C) arrays
        firms, links, hubs: counts; level: 0-3; unmet: bits of `CRITERIA` and `STATES`; real, sham, recp, trust: shares of firms
        (trust: mean) in 255ths.
    focus : int
        The cluster whose firms are in the frames.
    places : (n, 2) float64
        Position of each slot of that cluster, 100 m.
    firms : dict of (Q, n) arrays
        id (0: nobody, else persistent id + 1), sector, workers (tenths), tech and pending (bits of `TECHNOLOGIES`),
        compliance, trust and attitude (255ths), hubs (bits of streams), reviewed (bits).
    links : list of tuple
        (supplier, buyer, stream, first quarter, last quarter, quantity per year), firms as indices of slots.
    hubs : list of tuple
        (stream, first quarter, last quarter, largest quantity per year).
    flows : dict
        Quarter (the end of each year) to the material flows of the cluster then, as in `Run.flows`.
    slots : (n,) int64
        Slot of the state that each column of the frames stands for.
    """

    years: np.ndarray
    series: np.ndarray
    clusters: tuple[str, ...]
    overview: dict[str, np.ndarray]
    focus: int
    places: np.ndarray
    firms: dict[str, np.ndarray]
    links: list[tuple[int, int, int, int, int, float]]
    hubs: list[tuple[int, int, int, float]]
    flows: dict[int, list[dict[str, Any]]]
    slots: np.ndarray

    def reviews(self, slot: int, quarter: int, bit: int) -> list[int]:
        """Quarters up to `quarter` in which the firm that lives in a slot then made a review, newest first."""
        mine = self.firms["id"][: quarter + 1, slot] == self.firms["id"][quarter, slot]
        return np.flatnonzero(mine & (self.firms["reviewed"][: quarter + 1, slot] & bit > 0))[::-1].tolist()


def record(player: Player, focus: int = 0, progress: Callable[[int, int], None] | None = None) -> Film:
    """Play a run once and keep what is drawn.

    Parameters
    ----------
    player : Player
    focus : int
        Index of the cluster whose firms are kept one by one.
    progress : callable, optional
        Called with (quarters done, quarters in all); may raise to stop.
    """
    reel: _Reel | None = None
    for model in player.play():
        if reel is None:
            reel = _Reel(player, model.state, focus)
        reel.add(model)
        if progress is not None:
            progress(model.quarter, player.quarters)
    assert reel is not None
    return reel.film()


class _Reel:
    """Frames in the making."""

    def __init__(self, player: Player, state: State, focus: int) -> None:
        self.player, self.focus = player, focus
        self.count = int(state.city[0]["outside"])  # clusters proper; the last one is the world outside
        cluster = state.clusters[focus]
        self.blocks = slice(int(cluster["first"]), int(cluster["last"]))
        self.first_slot = self.blocks.start * LANES
        usable = self._slots(state, "status") != SLOT_UNUSABLE
        if cluster["kind"] == PLANNED:  # its slots are usable once it has opened
            usable[:] = True
        self.usable = usable
        rows = player.quarters + 1
        self.series = np.full((rows, len(INDICATORS)), np.nan)
        self.overview = {name: np.zeros((rows, self.count), kind) for name, kind in _CLUSTER_FRAMES.items()}
        self.firms = {name: np.zeros((rows, usable.size), kind) for name, kind in _FIRM_FRAMES.items()}
        self.places = np.stack([self._slots(state, "x"), self._slots(state, "y")], axis=1)
        self.links: dict[tuple, list] = {}
        self.hubs: list[list] = []
        self.flows: dict[int, list[dict[str, Any]]] = {}

    def _slots(self, state: State, name: str) -> np.ndarray:
        return state.firms[name][self.blocks].reshape(-1).copy()

    def add(self, model: ClusterModel) -> None:
        quarter, state = model.quarter, model.state
        self.series[quarter] = model.series[-1]
        self._add_overview(quarter, state)
        self._add_firms(quarter, state)
        self._add_links(quarter, state)
        self._add_hubs(quarter, state)
        if quarter % STEPS_PER_YEAR == 0:
            name = _names(self.player.site, self.count)[self.focus]
            flows = material_flows(state, self.player.p, self.player.site)
            self.flows[quarter] = [flow for flow in flows if flow["cluster"] == name]

    def _add_overview(self, quarter: int, state: State) -> None:
        # counted now: the sums in `state.clusters` are those of the middle of the step, before firms come and go
        overview = {name: array[quarter] for name, array in self.overview.items()}
        taken = state.firms["status"] == SLOT_TAKEN
        where = state.firms["cluster"][taken]

        def total(values: np.ndarray | None = None) -> np.ndarray:
            return np.bincount(where, values, self.count + 1)[: self.count]

        overview["firms"][:] = total()
        firms = np.maximum(overview["firms"], 1)
        for name, values in (
            ("real", state.firms["compliance"][taken] >= REAL_OWN),
            ("sham", state.firms["compliance"][taken] == SHAM),
            ("recp", state.firms["recp"][taken]),
            ("trust", state.firms["trust"][taken]),
        ):
            overview[name][:] = _bytes(total(values) / firms)
        links = state.links[: int(state.city[0]["links_high"])]
        active = links["cluster"][links["state"] == LINK_ACTIVE]
        overview["links"][:] = np.bincount(active, minlength=self.count + 1)[: self.count]
        overview["hubs"][:] = (state.hubs["active"][: self.count] > 0).sum(axis=1)
        for name in ("level", "unmet"):
            overview[name][:] = state.clusters[name][: self.count]

    def _add_firms(self, quarter: int, state: State) -> None:
        taken = self._slots(state, "status") == SLOT_TAKEN
        frame = {name: array[quarter] for name, array in self.firms.items()}
        for name in ("sector", "tech", "pending", "compliance", "hubs"):
            frame[name][taken] = self._slots(state, name)[taken]
        frame["id"][taken] = self._slots(state, "id")[taken] + 1
        frame["workers"][taken] = np.rint(10 * np.minimum(self._slots(state, "workers")[taken], LARGEST_WORKERS))
        for name in ("trust", "attitude"):
            frame[name][taken] = _bytes(self._slots(state, name)[taken])
        if quarter:
            self._add_reviews(state, frame["reviewed"], taken)

    def _add_reviews(self, state: State, reviewed: np.ndarray, taken: np.ndarray) -> None:
        """Who reviewed in this quarter: the lottery's candidates, judged by their own hazard as the phases do."""
        city, p = state.city[0], self.player.p[()]
        step = int(city["step"]) - 1  # the clock already shows the next one
        events, ids = self._slots(state, "events"), self._slots(state, "id")
        attitude, knows_law = (
            self._slots(state, "attitude"),
            (self._slots(state, "aware") >> AWARE_LAW) & 1 == 1,
        )
        for number, bit, able in (
            (TECHNOLOGY_REVIEW, REVIEWED_TECHNOLOGY, taken),
            (COMPLIANCE_REVIEW, REVIEWED_COMPLIANCE, taken & knows_law),
        ):
            purpose = int(Purpose.LOTTERY_A) + number // 4
            for i in np.flatnonzero(able & ((events >> number) & 1 == 1)):
                coarse = lane(np.uint64(draw(city["key"], purpose, step, ids[i])), number % 4)
                u = refine(city["key"], step, ids[i], number, coarse)
                if u < event(review_hazard(p, attitude[i]), city["dt"]):
                    reviewed[i] |= bit

    def _add_links(self, quarter: int, state: State) -> None:
        links = state.links[: int(state.city[0]["links_high"])]
        for link in links[(links["state"] == LINK_ACTIVE) & (links["cluster"] == self.focus)]:
            ends = int(link["supplier"]) - self.first_slot, int(link["buyer"]) - self.first_slot
            key = (
                *ends,
                int(link["stream"]),
                int(link["supplier_id"]),
                int(link["buyer_id"]),
                float(link["started"]),
            )
            span = self.links.setdefault(key, [quarter, quarter, 0.0])
            span[1], span[2] = quarter, float(link["delivered"]) or float(link["quantity"])

    def _add_hubs(self, quarter: int, state: State) -> None:
        for w in range(N_HUBS):
            hub = state.hubs[self.focus, w]
            if not hub["active"]:
                continue
            open_one = next((h for h in self.hubs if h[0] == w and h[2] == quarter - 1), None)
            if open_one is None:
                open_one = [w, quarter, quarter, 0.0]
                self.hubs.append(open_one)
            open_one[2], open_one[3] = quarter, max(open_one[3], float(hub["quantity"]))

    def film(self) -> Film:
        # what never was usable is not drawn; links point into the slots that are left
        index = np.cumsum(self.usable) - 1
        links = [(int(index[key[0]]), int(index[key[1]]), key[2], *span) for key, span in self.links.items()]
        return Film(
            FORK_YEAR + np.arange(self.player.quarters + 1) / STEPS_PER_YEAR,
            self.series,
            tuple(_names(self.player.site, self.count)),
            self.overview,
            self.focus,
            self.places[self.usable],
            {name: array[:, self.usable] for name, array in self.firms.items()},
            links,
            [tuple(hub) for hub in self.hubs],
            self.flows,
            self.first_slot + np.flatnonzero(self.usable),
        )


def _names(site: Site, count: int) -> list[str]:
    """Ids of the clusters in the order of the state."""
    planned = count - len(site.clusters)
    return [cluster.id for cluster in site.clusters] + [f"planned-{n + 1}" for n in range(planned)]


def _bytes(share: np.ndarray) -> np.ndarray:
    """Shares (0-1) as 255ths."""
    return np.rint(255 * np.clip(share, 0, 1)).astype("u1")
