"""Pasts and runs, kept on disk for the next question: it asks about the same worlds again, and mostly for some of the same arms.

What is kept is a pure function of what its key is the hash of: the sources of the model, libraries and kind of processor, and
then of a past (2010-2019) site, parameters, shocks, seed, replicate and the sizes of the arrays; of a run also its law and
programmes, its end and what it is held against, but not who stands beside it. So the bits are those of a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..model.processor import facts
from ..model.roster import loaded
from ..model.setup import allocate
from ..model.simulator import Reference, Replicate, Rows, Simulator
from ..model.sites_and_arms import Site
from ..model.state import FUND_DTYPE, State, as_bytes, copy_state
from .kept_files import Files, Memory, files

__all__ = ["LEAST_FIRMS", "keeping", "remembering"]

LEAST_FIRMS = 500  # a run of fewer takes no longer than to read it
_MEMORY = Memory(256_000_000)


def keeping(site: Site) -> Callable[..., Simulator]:
    """What makes the simulators of a site: they keep their pasts and runs where that saves time.

    Nothing is kept of small sites, with modules loaded (their code may do anything), or where the user switched it off.
    """
    if site.firms_2018 < LEAST_FIRMS or loaded():
        return Simulator
    kept = files()
    return Simulator if kept is None else partial(KeptSimulator, kept)


def remembering() -> Callable[..., Simulator]:
    """What makes simulators that keep them for this process, of sites of any size: for who asks again and again, as a sketch does."""
    return Simulator if loaded() else partial(KeptSimulator, _MEMORY)


class KeptSimulator(Simulator):
    """A simulator that looks for pasts among the kept ones before it runs them.

    Parameters
    ----------
    kept : Files or Memory
    given, more
        As for `Simulator`.
    """

    def __init__(self, kept: Files | Memory, *given: Any, **more: Any):
        from .sweeps.chunks import versions

        self.kept = kept
        super().__init__(*given, **more)
        about = repr((sorted(versions().items()), sorted(facts().items()), self.site, self.shocks, self.steps_per_year))
        self._about = hashlib.sha256(about.encode()).digest()

    def key(self, *of: Any) -> bytes:
        """Of a record of this site and these parameters."""
        digest = hashlib.sha256(self._about + self.p.tobytes())
        digest.update(repr(of).encode())
        return digest.digest()

    def replicate(self, seed: int, number: int, keep: bool = False) -> Replicate:
        """As of a simulator."""
        return KeptReplicate(self, seed, number, keep)

    def burn(self, seed: int, replicate: int) -> int:
        """As of a simulator; a past that is kept is copied."""
        key = self.key("past", seed, replicate, self._sizes)
        found = self.kept.find(key)
        if found is not None and self._restore(found):
            return 0
        code = super().burn(seed, replicate)
        memory = self.base.firms.base
        if not code and memory is not None:
            self.kept.keep(key, {"state": memory, "series": self.burn_series, "rooms": np.array([self._rooms(self.base)])})
        return code

    def _rooms(self, state: State) -> int:
        """How often room was made in a state."""
        return int(np.log2(state.links.size // self.layout.links))

    def _restore(self, found: dict[str, np.ndarray]) -> bool:
        """Copy a past into the simulator; False if it does not fit."""
        rooms, series = int(found["rooms"][0]), found["series"]
        while self._rooms(self.base) < rooms:
            if not self.make_room():
                return False
        state = allocate(self.layout) if self._rooms(self.base) > rooms else self.base
        while self._rooms(state) < rooms:
            state = self.roomier(state)
        memory = state.firms.base
        if memory is None or memory.shape != found["state"].shape or self.burn_series.shape != series.shape:
            return False
        memory[...] = found["state"]
        if state is not self.base:
            copy_state(self.base, state)
        self.burn_series[...] = series
        return True


class KeptReplicate(Replicate):
    """A replicate that looks for its runs among the kept ones."""

    simulator: KeptSimulator

    def __init__(self, simulator: KeptSimulator, seed: int, number: int, keep: bool = False):
        self._luck = seed, number
        self._keys: dict[int, bytes] = {}
        self._found: dict[str, np.ndarray] | None = None
        super().__init__(simulator, seed, number, keep)

    def run(self, index: int, scale: float = 1.0, against: int | None = None, rows: Rows | None = None) -> tuple[int, Rows]:
        """As of a replicate; `Simulator.work` is left as it was where a run was found."""
        self._found, simulator = None, self.simulator
        arm = simulator.arms[index]
        reference = None if against is None else self._references.get(against)
        held = None if reference is None or against is None else self._keys.get(against, b"")
        if self.burnt or held == b"":  # held against what is not kept
            return super().run(index, scale, against, rows)
        # an arm without programmes is its law: budget, scale and places of programmes move nothing
        acts = (replace(arm, name="", scale=None), scale) if arm.programmes else ()
        key = simulator.key("run", *self._luck, arm.law, acts, simulator.last_year, simulator.layout.programmes, held)
        rows = simulator.rows() if rows is None else rows
        found = simulator.kept.find(key)
        if found is not None and all(found[name].shape == room.shape for name, room in rows._asdict().items()):
            for name, room in rows._asdict().items():
                room[...] = found[name]
            self._found = found
            if not arm.programmes:  # kernels take what can be written
                self._references[index] = Reference(*(found[name].copy() for name in Reference._fields))
                self._keys[index] = key
            return 0, rows
        code, rows = super().run(index, scale, against, rows)
        if not code:
            own = {**rows._asdict(), "by_origin": simulator.by_origin(), "funds": as_bytes(simulator.work.funds)}
            if not arm.programmes:
                own |= self._references[index]._asdict()
                self._keys[index] = key
            simulator.kept.keep(key, own)
        return code, rows

    def by_origin(self) -> np.ndarray:
        """As of a replicate."""
        return super().by_origin() if self._found is None else self._found["by_origin"]

    def funds(self) -> np.ndarray:
        """As of a replicate."""
        return super().funds() if self._found is None else self._found["funds"].view(FUND_DTYPE)
