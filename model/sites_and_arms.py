"""What a run is given: a site with its clusters, programmes of levers, shocks, and the arms to compare.

Plain data, made by `ecocluster.scenarios` from files or by hand in Python; nothing here is computed.
Money is in million VND (mVND) at 2020 prices, time in calendar years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .vocabulary import SECTORS, STREAMS, TECHNOLOGIES

__all__ = ["Arm", "Cluster", "Firm", "Law", "MVND_PER_BN", "NO_LAW", "Programme", "Schedule", "Shock", "Site", "SECTORS",
           "TECHNOLOGIES", "STREAMS", "matched_arms"]  # fmt: skip

MVND_PER_BN = 1000.0  # budgets are asked for in bn VND, and all money of the model is mVND


@dataclass(frozen=True)
class Firm:
    """A known enterprise of 2020; None means: drawn.

    Attributes
    ----------
    sector : str
        One of `SECTORS`.
    workers : float
        Persons, 1-5000.
    revenue : float or None
        mVND a year.
    x, y : float or None
        Position in the cluster, units of 100 m.
    technologies : tuple of str or None
        Of `TECHNOLOGIES`, in operation in 2020.
    need, trust : float or None
        Likert answers 1-5: need of an environment-friendly cluster; trust in other firms.
    """

    sector: str
    workers: float
    revenue: float | None = None
    x: float | None = None
    y: float | None = None
    technologies: tuple[str, ...] | None = None
    need: float | None = None
    trust: float | None = None


@dataclass(frozen=True)
class Cluster:
    """One cluster (or park) of a site.

    Attributes
    ----------
    id, name, district : str
    firms_2018 : float
        Establishments in 2018-19; slots are this divided by the occupancy of 2018.
    area_planned, area_built : float
        ha.
    mix : mapping or None
        Weights of the sectors (add up to 1); None: drawn from the Dirichlet prior.
    shared_land : float or None
        Share of green, road and shared land; None: drawn.
    urban : bool
        Dense district: complaints are more frequent.
    cetp_since : float or None
        Year since which a central effluent treatment plant runs; None: drawn and built by the model.
    workers_median, workers_sd, workers_cap : float or None
        Law of firm size; None: the parameters of the city.
    firms : tuple of Firm
        Known enterprises; then the cluster is held as it is until 2020.
    synthetic : bool
        True if sizes are invented rather than published.
    note : str
        Source of the numbers.
    """

    id: str
    name: str
    district: str
    firms_2018: float
    area_planned: float
    area_built: float
    mix: Mapping[str, float] | None = None
    shared_land: float | None = None
    urban: bool = False
    cetp_since: float | None = None
    workers_median: float | None = None
    workers_sd: float | None = None
    workers_cap: float | None = None
    firms: tuple[Firm, ...] = ()
    synthetic: bool = True
    note: str = ""


@dataclass(frozen=True)
class Site:
    """A city, a cluster or a park to simulate.

    Attributes
    ----------
    id, name, kind : str
        kind is "city", "cluster" or "park".
    clusters : tuple of Cluster
    city_firms : float
        Firms of the city whose budget is shared (3,864 for Hanoi).
    note : str
    """

    id: str
    name: str
    kind: str
    clusters: tuple[Cluster, ...]
    city_firms: float = 3864.0
    note: str = ""

    @property
    def firms_2018(self) -> float:
        """Establishments of all clusters in 2018-19."""
        return sum(cluster.firms_2018 for cluster in self.clusters)

    @property
    def budget_share(self) -> float:
        """Share of the city's budget that this site receives (by firms)."""
        return self.firms_2018 / self.city_firms

    @property
    def one_cluster(self) -> bool:
        """Is the site a single cluster? Then a share of clusters is a share of runs, a probability."""
        return len(self.clusters) == 1


@dataclass(frozen=True)
class Schedule:
    """When a lever acts: from `start`, rising over `ramp` years, until `end`.

    Attributes
    ----------
    start, ramp, end : float
        Calendar year, years, calendar year.
    """

    start: float = 2020.0
    ramp: float = 0.0
    end: float = 9999.0


@dataclass(frozen=True)
class Law:
    """The law from 2020 on: the same for every firm, inside clusters and outside, and paid by no fund.

    Attributes
    ----------
    id : str
    levers : mapping
        Law levers (`levers.LAW_LEVERS`) that are not as they were before 2020, to their value.
    before : mapping
        Of levers that a policy laid over the law: their value until the policy acts, by its `schedules` and once it
        is enacted.
    schedules : mapping of str to Schedule
    enactment_lag : float
        Median years until the policy is enacted, by the same draw as a programme's; 0: at once.
    """

    id: str = "today"
    levers: Mapping[str, float] = field(default_factory=dict)
    before: Mapping[str, float] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    enactment_lag: float = 0.0


NO_LAW = Law("none")  # of the arm without a programme: whatever the law, it stays as it was before 2020


@dataclass(frozen=True)
class Programme:
    """Levers over time, for existing clusters and for planned ones.

    Attributes
    ----------
    id : str
    levers : mapping
        Lever name to its value while the programme acts; what is missing stays at baseline. No lever of the law.
    planned : mapping
        Values that hold inside planned clusters instead; levers of the law may stand here.
    schedules : mapping
        Lever name to its own schedule; the others follow `schedule`.
    schedule : Schedule
    scalable : bool
        May doses, grants and slots be scaled up until the fund is used?
    enactment_lag : float
        Median years until the programme is enacted; 0: at once.
    set_up_cost : float
        mVND, once, for the whole city, on top of that of its rules.
    typed : frozenset of str
        Levers (``planned.LEVER`` inside planned clusters) whose value somebody typed: never scaled, and paid in full
        before what else the programme does.
    """

    id: str
    levers: Mapping[str, float] = field(default_factory=dict)
    planned: Mapping[str, float] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    schedule: Schedule = Schedule()
    scalable: bool = True
    enactment_lag: float = 0.0
    set_up_cost: float = 0.0
    typed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Shock:
    """A disturbance from outside.

    Attributes
    ----------
    kind : str
        "demand", "electricity" (both factors), "carbon_rule" (factor on the saving of exporters) or
        "sector" (rate of random slumps per sector and year, with `depth`).
    start, end : float
        Calendar years.
    factor : float
        demand .85: production 15 % lower; electricity 1.25: 25 % dearer; sector: depth .8.
    sectors : tuple of str
        Empty: all.
    """

    kind: str
    start: float
    end: float
    factor: float
    sectors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arm:
    """One column of a comparison: under which law, who follows which programme, under which budget.

    Attributes
    ----------
    name : str
    programmes : tuple of Programme
        Empty: the law alone.
    assignment : tuple of int or None
        Index of the programme of every cluster (-1: none); None: all follow programme 0.
    budget : float
        mVND a year for this site, all programmes together.
    scale : float or None
        Scale factor of the programmes, 1: as written; None: found beforehand on pilot runs.
    law : Law
        Of 2020 and later; empty: as it was before.
    outside : int or None
        Index of the programme that firms outside clusters follow (-1: none); None: the one that all clusters have.
    """

    name: str
    programmes: tuple[Programme, ...] = ()
    assignment: tuple[int, ...] | None = None
    budget: float = 0.0
    scale: float | None = 1.0
    law: Law = Law()
    outside: int | None = None


def matched_arms(arms: Sequence[Arm]) -> tuple[int, ...]:
    """For every arm the one that its effect is measured against: no programme, the same law; else the first.

    Examples
    --------
    >>> middle = Law("middle", {"certainty": 0.7})
    >>> programme = (Programme("p"),)
    >>> matched_arms([Arm("null"), Arm("law", law=middle), Arm("p", programme, law=middle), Arm("q", programme)])
    (0, 0, 1, 0)
    """
    bare = [i for i, arm in enumerate(arms) if not arm.programmes]
    return tuple(next((i for i in bare if arm.programmes and arms[i].law == arm.law), 0) for arm in arms)
