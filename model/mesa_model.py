"""A run of the model as a Mesa model: the fast kernels behind, enterprises as agents in front.

    from ecocluster.model import ClusterModel

    model = ClusterModel(scenario="nguyen-khe", pathway="combined", rng=1)
    model.run_for(40)                                   # ten years
    model.tco2e                                         # an indicator, by its name
    model.agents.select(lambda firm: firm.trust < 0.2).set("trust", 0.5)

Replicate r of `ensemble.run_ensemble` and a `ClusterModel` of the same seed and replicate give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from mesa.agent import AgentSet

from .border import bordered, told, whole
from .firm_views import FirmViews, nearest
from .indicators import INDICATORS, unmet_names
from .ledger import Money
from .mesa_agents import Enterprise, Picture
from .mesa_input import checked, load, named, scale_of, seed_of
from .modules import ModuleError
from .one_run import material_flows
from .parameters import parameter_record, sample_parameters
from .remembered import remembered
from .renamed import BUDGETS, renamed
from .roster import loaded
from .simulator import FAILURES, Rows, Simulator
from .sites_and_arms import MVND_PER_BN, Arm, Shock, Site
from .timelines import FORK_YEAR, LAST_YEAR

if TYPE_CHECKING:
    import networkx

__all__ = ["ClusterModel", "Enterprise"]


@remembered()
def _rows() -> dict[str, int]:
    return {name: i for i, name in enumerate(INDICATORS)}


class ClusterModel(mesa.Model):
    """One run of one pathway, from 2020 on, a quarter a step; the burn-in from 2010 is part of making it.

    All indicators (`indicators.INDICATORS`) are attributes: `model.tco2e`, `model.trust`, ...

    Parameters
    ----------
    scenario : str, Path or Site
        Site that ships, scenario file, or a `Site` made in Python.
    pathway : str, Path or Arm
        Pathway or portfolio that ships, a file, or an `Arm` (then `policy`, `law` and the budgets do not count).
    policy : str, Path or Policy
        Laid over the programme of the pathway and over the law.
    law : str, Path or Law
        Of 2020 and later; the null has none.
    budget_bn : float
        bn VND a year for the city; a single site gets its share by firms.
    site_budget_bn : float, optional
        bn VND a year for this site instead.
    replicate : int
        Which draw of the seed.
    parameters : mapping, optional
        Registry name to value, in place of the default.
    sample : bool
        Draw the uncertain parameters anew for this replicate, as a world of that number does.
    shocks : str, Path or sequence of Shock, optional
        Default: those of the scenario.
    last_year : float
        End of the last step, at most 2046.
    lever : callable, optional
        A lever of your own: called with the model in every step, when the levers of the programme have been set.
        What it costs the state it tells with `pay`.
    model_reporters, agent_reporters : optional
        For the `mesa.DataCollector`: names, or a mapping as Mesa has it. Default: every indicator, no agents.
    seed, rng : optional
        One of them, as in Mesa. A whole number is the seed of the run; anything else that NumPy's generators
        take gives one; nothing draws one from the operating system. `model.seed` tells which it was.

    Attributes
    ----------
    seed, replicate : int
    datacollector : mesa.DataCollector
        Collects before the first step and after every step.
    space : Picture
        Schematic picture of the clusters.
    site : Site
    views : FirmViews
    agent_class : type
        What `agents` is made of: a subclass of `Enterprise` may be put here.

    Notes
    -----
    To put rules of your own between the phases, override `before_phase` or `after_phase`. With them, or with a
    lever, a step goes through Python phase by phase: ten to sixty times slower, and the same bits unless you
    change something. The first step after the horizon does nothing but clear `running`.

    Raises
    ------
    ValueError
        For names, numbers or seeds that cannot be used (`ScenarioError` where it is about a scenario).
    """

    agent_class: type[Enterprise] = Enterprise

    @renamed(BUDGETS)
    @bordered
    def __init__(
        self,
        *,
        scenario: str | Path | Site = "nguyen-khe",
        pathway: str | Path | Arm = "combined",
        policy: Any = "vietnam-2020",
        law: Any = "middle",
        budget_bn: float = 150.0,
        site_budget_bn: float | None = None,
        replicate: int = 0,
        parameters: Mapping[str, float] | None = None,
        sample: bool = False,
        shocks: str | Path | Sequence[Shock] | None = None,
        last_year: float = LAST_YEAR,
        lever: Callable[[ClusterModel], None] | None = None,
        model_reporters: Sequence[str] | Mapping[str, Any] | None = None,
        agent_reporters: Sequence[str] | Mapping[str, Any] | None = None,
        seed: Any = None,
        rng: Any = None,
    ) -> None:
        self.seed = seed_of(seed, rng)
        super().__init__(rng=self.seed)
        self._seed = self.seed  # what Mesa 3.3 forgets when it is given `rng`
        self.replicate = whole("replicate", replicate, 2**63 - 1)
        if not FORK_YEAR < last_year <= LAST_YEAR:
            raise ValueError(f"last_year = {told(last_year)}: out of range; allowed: above {FORK_YEAR}, at most {LAST_YEAR}")
        self.site, arm, own, script = load(scenario, pathway, policy, budget_bn, site_budget_bn, shocks, law)
        values = own | checked(parameters or {})
        scale = scale_of(self.site, arm, self.seed, values, script)
        arm = replace(arm, scale=scale)
        used = sample_parameters(self.seed, self.replicate, values) if sample else values
        self._run = Simulator(self.site, (Arm("law", law=arm.law), arm), parameter_record(used), script, last_year=last_year)
        self._run.make_room()  # a run that is stepped from Python cannot start again with more
        self._begin(scale)
        self.lever = lever
        self.views = FirmViews(self._run.work, self._run.p, self.site)
        self._made: dict[int, Enterprise] = {}
        self._stale = True  # are the agents those of the last step?
        self._phased = lever is not None or any(
            getattr(type(self), hook) is not getattr(ClusterModel, hook) for hook in ("before_phase", "after_phase")
        )
        self._books_open = False  # only within a step can money be booked
        self.space = Picture(self)
        for entry in loaded():
            for name in (one.name for one in entry.module.measured):
                if hasattr(type(self), name) or name in vars(self):  # then that would be read instead
                    raise ModuleError("taken", path=entry.source.path, kind="indicator", name=name, owner=type(self).__name__)
        reporters = ["year", *INDICATORS] if model_reporters is None else model_reporters
        self.datacollector = mesa.DataCollector(model_reporters=named(reporters), agent_reporters=named(agent_reporters or ()))
        self.datacollector.collect(self)

    # --- the run ---------------------------------------------------------------------------------------

    def _begin(self, scale: float) -> None:
        """Burn in, run the law alone (free riders are counted against it) and fork into the arm."""
        run, luck = self._run, self._run.replicate(self.seed, self.replicate)
        if run.arms[1].programmes:
            self._check(luck.run(0)[0])
        self._series, self._level, self._unmet = rows = run.rows()
        # no step: only the row of the fork is written
        self._check(luck.run(1, scale, against=0, rows=Rows(*(part[:1] for part in rows)))[0])
        self._series[1:], self._level[1:], self._unmet[1:] = np.nan, 0, 0
        self.quarter = 0

    @staticmethod
    def _check(code: int) -> None:
        if code:
            raise RuntimeError(FAILURES[code])

    def step(self) -> None:
        """One quarter, and the data collector."""
        if self.quarter >= self._run.steps:
            self.running = False
            return
        run, row = self._run, self.quarter + 1
        plan, values = run.plan(1), run.values(run.work)
        if self._phased:
            from .step_by_phase import step_in_phases

            try:
                code = step_in_phases(
                    run.work, run.p, plan, values, row, self._series, self._level, self._unmet,
                    self.before_phase, self._after,
                )  # fmt: skip
            finally:
                self._books_open = False
        else:
            from .step import run_steps

            upto = slice(0, row + 1)
            code = run_steps(run.work, run.p, plan, values, row, self._series[upto], self._level[upto],
                             self._unmet[upto])  # fmt: skip
        self._check(code)
        self.quarter = row
        self._forget()
        self.datacollector.collect(self)

    def run_for(self, duration: int) -> None:
        """So many quarters, or to the horizon if that comes first.

        Parameters
        ----------
        duration : int
        """
        for _ in range(min(whole("duration", duration, 10**9), self._run.steps - self.quarter)):
            self.step()

    # --- hooks of subclasses ---------------------------------------------------------------------------

    def before_phase(self, phase: str, cluster: int | None) -> None:
        """Override to act before a phase (`order.PHASES`) of one cluster, or of the city (None)."""

    def after_phase(self, phase: str, cluster: int | None) -> None:
        """Override to act after a phase: what it decided can be seen and changed."""

    def _after(self, phase: str, cluster: int | None) -> None:
        if phase == "open_step":
            self._books_open = True
            if self.lever is not None:
                self.lever(self)
        elif phase in ("leave", "expel", "relocate", "arrive"):
            self._forget()
        self.after_phase(phase, cluster)

    def check_books(self) -> None:
        """Refuse to move money between two steps, when nothing would count it."""
        if not self._books_open:
            raise RuntimeError("money can only be moved within a step: in a lever, before_phase or after_phase")

    @renamed({"amount": "amount_bn"})
    def pay(self, *, amount_bn: float) -> None:
        """The state pays for a lever of your own: it counts as outlay (`outlay`, `outlay_doses`) of this step.

        Parameters
        ----------
        amount_bn : float
            bn VND, at least 0. No fund is asked whether it has the money.
        """
        self.check_books()
        if not 0 <= amount_bn < float("inf"):
            raise ValueError(f"amount_bn = {amount_bn!r}: out of range; allowed: 0 or more bn VND")
        self._run.work.money[Money["FIXED_DOSES"]] += amount_bn * MVND_PER_BN

    # --- looking at it ---------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> float:
        # only for names that nothing else answers to
        if name in INDICATORS and "quarter" in self.__dict__:
            return float(self._series[self.quarter, _rows()[name]])
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}{nearest(name, INDICATORS)}")

    @property
    def year(self) -> float:
        """Calendar time, the end of the last step."""
        return FORK_YEAR + self.quarter / self._run.steps_per_year

    @property
    def series(self) -> np.ndarray:
        """Indicators from 2020 until now, (quarters + 1, K) float64, columns as in `indicators.INDICATORS`."""
        return self._series[: self.quarter + 1]

    @property
    def levels(self) -> dict[str, int]:
        """Level of certificate of every existing cluster, 0-3."""
        return {c.id: int(level) for c, level in zip(self.site.clusters, self._level[self.quarter], strict=True)}

    @property
    def unmet(self) -> dict[str, frozenset[str]]:
        """What every existing cluster misses: criteria of level 1, of the level above it, and states.

        Names are `indicators.CRITERIA` and `indicators.STATES`; those of level 1 are `indicators.LEVEL_1`.
        """
        masks = self._unmet[self.quarter].tolist()
        return {c.id: frozenset(unmet_names(mask)) for c, mask in zip(self.site.clusters, masks, strict=True)}

    @property
    def levers(self) -> np.ndarray:
        """Levers in force, a view of records (`levers.LEVER_DTYPE`): three rows a programme, last the baseline.

        Every step makes them anew from the programme: a lever of your own, or `after_phase("open_step", None)`,
        changes them for one step. Coverage with data has been passed on to the clusters by then: change
        `state.clusters["monitoring"]`.
        """
        return self._run.work.levers

    @property
    def state(self):
        """All arrays of the run (`state.State`), for whoever knows them."""
        return self._run.work

    # --- agents ----------------------------------------------------------------------------------------

    @property
    def agents(self):
        """The enterprises that exist now; they are made when they are first asked for."""
        self.refresh()
        return super().agents

    @property
    def agents_by_type(self):
        """Agents by their class."""
        self.refresh()
        return super().agents_by_type

    @property
    def agent_types(self) -> list[type]:
        """Classes of the agents."""
        self.refresh()
        return super().agent_types

    def in_cluster(self, cluster: str | int) -> AgentSet:
        """Enterprises of one cluster, by its id or its index (as `before_phase` gets it)."""
        names = self.views.clusters
        if cluster not in names and cluster not in range(len(names)):
            raise ValueError(f"cluster = {cluster!r}: unknown name{nearest(cluster, names)}")
        index = names.index(cluster) if isinstance(cluster, str) else cluster
        self.refresh()
        slots, ids = self.views.taken()
        return AgentSet([self._made[i] for i in ids[self.views.cluster_of(slots) == index].tolist()], random=self.random)

    def values(self, trait: str) -> np.ndarray:
        """A trait of all enterprises as an array (see `FirmViews.column`), in order of slots; makes no agents."""
        return self.views.column(trait, self.views.taken()[0])

    def refresh(self) -> None:
        """Let the agents be those who are there now. Called by whatever looks at them."""
        if not self._stale:
            return
        self._stale = False
        slots, ids = (column.tolist() for column in self.views.taken())
        present = dict(zip(ids, slots, strict=True))
        for ident in [ident for ident in self._made if ident not in present]:
            agent = self._made.pop(ident)
            agent._slot = -1
            agent.remove()
        for ident, slot in present.items():
            known = self._made.get(ident)
            if known is None:
                self._made[ident] = self.agent_class(self, ident, slot)
            else:
                known._slot = slot
        if self._made:
            # Mesa 3.3 counts ids in a table of models that it never empties
            getattr(mesa.Agent, "_ids", {}).pop(self, None)

    def _forget(self) -> None:
        """After a step others may be there: agents that somebody looked at follow at once, as in any Mesa model."""
        self._stale = True
        self.space._invalidate_agent_cache()
        if self._made:
            self.refresh()

    def network(self) -> networkx.MultiDiGraph:
        """Active links now: nodes are ids of enterprises, edges (keyed by stream) go from supplier to buyer.

        Returns
        -------
        networkx.MultiDiGraph
            Nodes with `sector`, `cluster`, `workers`; edges with `quantity`, `unit`, `price`, `until`.
        """
        import networkx

        graph = networkx.MultiDiGraph()
        for agent in self.agents:
            graph.add_node(agent.unique_id, sector=agent.sector, cluster=agent.cluster, workers=agent.workers)
        for row in material_flows(self._run.work, self._run.p, self.site):
            if row["kind"] == "link":
                facts = {name: row[name] for name in ("quantity", "unit", "price", "until")}
                graph.add_edge(row["supplier"], row["buyer"], key=row["stream"], **facts)
        return graph
