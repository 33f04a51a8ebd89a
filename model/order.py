"""The order of a step: its phases, over what each goes, and where the specification has it (section 4).

The compiled step, the hooks of `ClusterModel`, what is compiled first and the clock of the benchmark follow this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from inspect import signature
from itertools import groupby
from typing import NamedTuple

from .phases.ageing import age_technologies
from .phases.arrivals import arrive
from .phases.certificates import update_levels
from .phases.coordinator import coordinate
from .phases.deals import search_partners, sign_deals
from .phases.enforcement import inspect, make_visits, review_compliance
from .phases.exits import leave, note_leavers
from .phases.funds import serve_requests
from .phases.hubs import deliver_hubs, review_hubs, start_hubs
from .phases.knowledge import learn, update_beliefs
from .phases.land import clear_plots
from .phases.links import deliver
from .phases.lottery import draw_lottery
from .phases.operators import finish_projects, run_operators, run_projects
from .phases.outside import open_step
from .phases.planned import expel, open_planned, relocate
from .phases.pool import gather
from .phases.production import close_books, count_adopters, count_city, produce
from .phases.residents import meet_residents
from .phases.slots import let_slots
from .phases.technology import review_technologies

__all__ = ["CITY", "CLUSTER", "PHASES", "Phase", "in_groups"]

CITY, CLUSTER = "city", "cluster"
# what a phase may ask for; `c` is the cluster that it looks at
_GIVEN = {CITY: {"s", "p", "plan", "values"}, CLUSTER: {"s", "p", "plan", "values", "c"}}


class Phase(NamedTuple):
    """One phase of a step.

    Attributes
    ----------
    run : callable
        A kernel; its arguments are of `s`, `p`, `plan`, `values` and, of a cluster's phase, `c`.
    scope : str
        CITY: once a step; CLUSTER: once for every cluster, and looks at nothing that another cluster changes meanwhile.
    section : str
        Number in the schedule of the specification (docs/odd.md, section 3).
    """

    run: Callable
    scope: str
    section: str

    @property
    def name(self) -> str:
        """Name of the kernel, by which hooks and clocks know the phase."""
        return self.run.__name__

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the kernel asks for, in its order."""
        return tuple(signature(getattr(self.run, "py_func", self.run)).parameters)


PHASES = (
    Phase(finish_projects, CITY, "1"),
    Phase(open_step, CITY, "1"),
    Phase(age_technologies, CLUSTER, "1b"),
    Phase(count_adopters, CLUSTER, "1b"),
    Phase(meet_residents, CLUSTER, "1c"),
    Phase(produce, CLUSTER, "2a"),
    Phase(count_city, CITY, "1b"),
    Phase(deliver, CITY, "3"),
    Phase(deliver_hubs, CLUSTER, "3"),
    Phase(close_books, CLUSTER, "2b"),
    Phase(update_beliefs, CLUSTER, "4"),
    Phase(draw_lottery, CLUSTER, "4"),
    Phase(learn, CLUSTER, "5"),
    Phase(inspect, CLUSTER, "6"),
    Phase(review_compliance, CLUSTER, "6"),
    Phase(review_technologies, CLUSTER, "7"),
    Phase(search_partners, CLUSTER, "8"),
    Phase(coordinate, CLUSTER, "8"),
    Phase(note_leavers, CLUSTER, "10"),
    Phase(serve_requests, CITY, "7"),
    Phase(make_visits, CITY, "6"),
    Phase(sign_deals, CITY, "8"),
    Phase(review_hubs, CLUSTER, "8"),
    Phase(start_hubs, CITY, "8"),
    Phase(run_operators, CITY, "9"),
    Phase(run_projects, CITY, "9"),
    Phase(update_levels, CITY, "9"),
    Phase(leave, CITY, "10"),
    Phase(open_planned, CITY, "10"),
    Phase(let_slots, CITY, "10"),
    Phase(expel, CITY, "10"),
    Phase(clear_plots, CITY, "10"),
    Phase(relocate, CITY, "10"),
    Phase(arrive, CITY, "10"),
    Phase(gather, CITY, "10"),
)


def _check(phases: Sequence[Phase]) -> None:
    """Refuse a table that no step can follow."""
    names = [phase.name for phase in phases]
    for phase in phases:
        if names.count(phase.name) > 1:
            raise ValueError(f"phase {phase.name} stands twice in the order of a step")
        if phase.scope not in _GIVEN:
            raise ValueError(f"phase {phase.name}: scope {phase.scope!r}; allowed: {', '.join(_GIVEN)}")
        for argument in phase.arguments:
            if argument not in _GIVEN[phase.scope]:
                raise ValueError(f"phase {phase.name} of the {phase.scope} asks for {argument!r}, which it is not given")
        if phase.scope == CLUSTER and "c" not in phase.arguments:
            raise ValueError(f"phase {phase.name} of the cluster does not ask for 'c', the cluster that it looks at")


def in_groups(phases: Sequence[Phase] | None = None) -> Iterator[tuple[str, list[tuple[int, Phase]]]]:
    """Scope, and numbered phases of that scope which follow each other.

    Phases of the cluster that follow each other are run cluster by cluster, while its firms are in the cache; what is
    shared by the city (funds, slots, operators' money) stands between these loops.
    """
    numbered = enumerate(PHASES if phases is None else phases)
    for scope, group in groupby(numbered, key=lambda numbered_phase: numbered_phase[1].scope):
        yield scope, list(group)


_check(PHASES)
