"""Running the ranking of barriers and solutions that is stored (`experiments/stored_ranking.py` tells what it is).

A world that is done is kept, so that a run that was stopped goes on with the next.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...model.processor import golden
from ..stored_ranking import COD, COSTS, MONEY, REPLICATES, TONNES, WORLDS, Ranking, arms, question_hash
from ..worlds import stored
from .checkpoints import Checkpoint, key_of
from .claims import read_claims, write_site
from .coalitions import ABOVE, mix_arm
from .effects import by_trial, effect
from .finding import Case, Progress

__all__ = ["rank"]

# what is asked of the runs -> what is stored, and its sign: avoided is good
RUN = {"cod_total_2035": (COD, -1.0), **{name: (name, 1.0) for name in (TONNES, MONEY, *COSTS)}}


def rank(*, out: str | Path | None = None, threads: int | None = None, progress: Progress = None, worlds: tuple[int, int] = WORLDS,
         replicates: int = REPLICATES) -> Ranking:  # fmt: skip
    """Run all arms in all worlds.

    Parameters
    ----------
    out : path, optional
        Folder in which worlds that are done are kept.
    threads : int, optional
        The result does not depend on it.
    progress : callable, optional
        Called with (worlds done, worlds in all).
    worlds : tuple of int
        First and last of those that are stored.
    replicates : int
        Within a world.
    """
    chosen, kept = stored().some(*worlds), Checkpoint(out, "ranking")
    frames = []
    with tempfile.TemporaryDirectory() as place:
        site = write_site(Path(place), "sample", next(iter(read_claims()[1].values())).sites["sample"], {})
        case = Case(str(site), pathway="policy", replicates=replicates, threads=threads)
        trials = _trials(case)
        for index, world in enumerate(chosen):
            if progress is not None:
                progress(index, len(chosen))
            key = key_of("ranking", golden(), question_hash(), world.number, replicates)
            frame = kept.known(key)
            if frame is None:
                here = [replace(trial, replicate=world.replicate, uncertainties=world.parameters) for trial in trials]
                frame = _frame(case, here, key)
                kept.add(frame)
            frames.append(frame.set_index("arm"))
    names = [name for name, _ in RUN.values()]
    effects = {
        arm: {name: np.array([f[name].get(arm, np.nan) if name in f else np.nan for f in frames]) for name in names}
        for arm in arms()
    }
    failed = int(sum(frame["failed"].iloc[0] for frame in frames))
    return Ranking(golden(), question_hash(), failed, tuple(world.number for world in chosen), effects)


def _trials(case: Case) -> list:
    from ...scenarios import load_policy

    return [
        case.trial(pathway=mix_arm(case, [load_policy(name) for name in names], arm), law=ABOVE, tries_law=True)
        for arm, names in arms().items()
    ]


def _frame(case: Case, trials: list, key: str):
    """Mean effect of every arm in a world, one row each."""
    import pandas as pd

    runs = case.run(trials, tuple(RUN))
    columns = {name: sign * by_trial(runs, effect(runs, asked), len(trials)) + 0.0 for asked, (name, sign) in RUN.items()}
    return pd.DataFrame({"key": key, "arm": list(arms()), "failed": runs.attrs["failed"], **columns})
