"""Enterprises as Mesa agents, and the picture they stand in: views on the arrays of a run, made when looked at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa
import mesa.space
import numpy as np

from .firm_views import TRAITS

if TYPE_CHECKING:
    from .mesa_model import ClusterModel

__all__ = ["Enterprise", "Picture"]


class Enterprise(mesa.Agent):
    """One enterprise of a run: reads and writes the arrays that the kernels work on.

    Its properties are those of `firm_views.TRAITS`, among them `trust`, `cash`, `technology`, `awareness`,
    `attitude`, `workers`, `compliance`, `sector`, `links`. Writing changes the run from the next phase on.
    `unique_id` is the persistent id of the firm: an enterprise that moves keeps it, and no other ever gets it.

    Parameters
    ----------
    model : ClusterModel
    ident, slot : int
        Persistent id, and the slot where the firm is now.

    Notes
    -----
    Made by the model, never by a user. An enterprise that has left (`alive` is False) refuses to be read.
    """

    model: ClusterModel

    def __init__(self, model: ClusterModel, ident: int, slot: int) -> None:
        super().__init__(model)
        self.unique_id = ident
        self._slot = slot

    @property
    def slot(self) -> int:
        """Where it is now.

        Raises
        ------
        LookupError
            If it has left.
        """
        self.model.refresh()
        if self._slot < 0:
            raise LookupError(f"enterprise {self.unique_id} has left the run")
        return self._slot

    @property
    def alive(self) -> bool:
        """Is it still there?"""
        self.model.refresh()
        return self._slot >= 0

    @property
    def cluster(self) -> str:
        """Id of its cluster; "outside" if it is in none."""
        views = self.model.views
        return views.clusters[views.cluster_of(self.slot)]

    @property
    def hubs(self) -> int:
        """Number of hubs in which it takes part."""
        return self.model.views.hubs(self.slot)

    @property
    def pos(self) -> tuple[float, float]:
        """Place in the schematic picture, units of 100 m."""
        x, y = self.model.views.places(np.array([self.slot]))[0]
        return float(x), float(y)

    @pos.setter
    def pos(self, value: None) -> None:
        if value is not None:  # Mesa sets None when an agent is made
            raise AttributeError("pos can only be read: firms stand where the model puts them")

    def order(self, technology: str) -> float:
        """Order a technology from its own cash, without loan or grant; operation begins within a year.

        Returns
        -------
        float
            Cost, mVND; 0 if it was not ordered: there already, not yet on the market, or too dear.

        Raises
        ------
        RuntimeError
            Between two steps, when the books are closed.
        """
        self.model.check_books()
        return self.model.views.order(self.slot, technology)

    def skip(self, event: str) -> None:
        """Take an event of this step (`vocabulary.EVENTS`) away: to be called between `draw_lottery` and its phase."""
        self.model.views.skip(self.slot, event)


def _property(name: str) -> property:
    trait = TRAITS[name]

    def read(self):
        return self.model.views.read(self.slot, name)

    def write(self, value):
        self.model.views.write(self.slot, name, value)

    return property(read, write, doc=f"{trait.meaning[0].upper()}{trait.meaning[1:]} ({trait.unit}).")


for _name in TRAITS:
    setattr(Enterprise, _name, _property(_name))


class Picture(mesa.space.ContinuousSpace):
    """Clusters side by side: a schematic space for drawing and for looking up neighbours; nobody is moved in it.

    Parameters
    ----------
    model : ClusterModel
    """

    def __init__(self, model: ClusterModel) -> None:
        columns, width = model.views.picture()
        rows = math.ceil(len(model.views.clusters) / columns)
        super().__init__(columns * width, rows * width, torus=False)
        self._model = model

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """All enterprises."""
        return self._model.agents

    def _build_agent_cache(self) -> None:
        # called by Mesa's look-ups when the positions are unknown, which is so after every step
        agents = list(self._model.agents)
        self._index_to_agent = dict(enumerate(agents))
        self._agent_to_index = {agent: index for index, agent in enumerate(agents)}
        self._agent_points = self._model.views.places(np.array([agent.slot for agent in agents], np.int64))

    def place_agent(self, agent, pos) -> None:
        """Refused: firms stand where the model puts them."""
        raise TypeError("a picture: enterprises stand where the model puts them")

    move_agent = remove_agent = place_agent
