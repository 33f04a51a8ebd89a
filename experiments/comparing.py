"""Compare pathways: the same law and the same draws in every arm, differences to the law alone.

    from ecocluster.experiments import compare
    answer = compare("nguyen-khe")  # 100 worlds; fixed=True: parameters at their defaults
    answer.summary          # one row per pathway and indicator
    answer.to_json()        # the same as nested dicts, ready for json.dumps

Figures and the report belong to `ecocluster.viz`: `write_report(answer, "out/nguyen-khe", lang="vi")`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..model.border import bordered
from ..model.renamed import BUDGETS, renamed
from .comparison import Comparison
from .errors import InputError, check_threads
from .preparing import answer, prepare, refuse_unpaid, worlds_of
from .question import PATHWAYS, ask, checked

if TYPE_CHECKING:
    from ..model.ensemble import Runs
    from ..model.one_run import Run
    from ..model.sites_and_arms import Arm
    from ..scenarios import Scenario
    from .question import Question
    from .sketch import Estimate

__all__ = ["compare", "run"]


@renamed(BUDGETS)
@bordered
def compare(
    scenario: str | Path = "hanoi",
    pathways: str | Sequence[str | Path] | None = PATHWAYS,
    policy: str | Path = "vietnam-2020",
    *,
    worlds: int | None = None,
    fixed: bool = False,
    replicates: int | None = None,
    budget_bn: float = 150.0,
    site_budget_bn: float | None = None,
    seed: int = 1,
    threads: int | None = None,
    sample: bool = False,
    levers: Mapping[str, float] | Sequence[tuple[str, float]] | None = None,
    sure: bool = False,
    law: str | Path = "middle",
    scale: float | None = 1.0,
    equal: bool = False,
    tuned: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    sketch: Callable[[Estimate], None] | None = None,
) -> Comparison:
    """Run every pathway under the same law on the same draws and compare each with the law alone.

    Parameters
    ----------
    scenario : str or path
        Name of a site that ships, or a scenario file.
    pathways : sequence of str
        The null and the law alone are always among them, in front.
    policy : str
        Its levers of the law replace those of the law in every arm, its others join the programmes.
    worlds : int, optional
        Worlds in which every pathway is run, 1 to 100 (default): draws of all uncertain parameters, the same for all
        pathways, that do not contradict what is known about Hanoi (`ecocluster.experiments.worlds`).
    fixed : bool
        Parameters at their defaults instead: the spread is chance only.
    replicates : int, optional
        Of each world (default 1), or of the defaults (default 20).
    budget_bn : float
        bn VND a year for the city; a single site gets its share by firms.
    site_budget_bn : float, optional
        bn VND a year for this site instead.
    seed : int
        0 to 2^63 - 1 (0 is a seed like any other).
    threads : int, optional
        None: one per core. Does not change a bit of the result.
    sample : bool
        Of former versions; refused, with what took its place.
    levers : mapping, optional
        Levers of the law and of all programmes instead of what these hold; ``planned.LEVER`` inside planned clusters.
        They act as typed: a budget that cannot pay for them is refused.
    sure : bool
        Also run what tells how sure the answer is (`ecocluster.experiments.sureness`), the same at equal outlay where
        it can be had, and over worlds the same at other budgets and under other laws.
    law : str
        Of 2020 and later: today, middle, strict, or a file.
    scale : float or None
        Scale factor of the programmes, 1: as written; None: found by pilots, so that the budget is used.
    equal : bool
        Compare at equal outlay as well (`equal_outlay`).
    tuned : str, optional
        Each programme at its best for an aim, "tco2e", "cod" or "level1" (`ecocluster.experiments.tuned`), instead of as written.
    progress : callable, optional
        Called with (runs done, runs in total); first with 0 done, when the input is known to be good.
    sketch : callable, optional
        Called with each `ecocluster.experiments.sketch.Estimate` of the answer on the way to it; the answer is the same.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError, ScenarioError
        For input that cannot be used.
    """
    check_threads(threads)
    question = ask(
        scenario, pathways, policy, worlds=worlds, fixed=fixed, replicates=replicates, budget_bn=budget_bn,
        site_budget_bn=site_budget_bn, seed=seed, sample=sample, levers=levers, law=law, scale=scale, equal=equal, tuned=tuned,
    )  # fmt: skip
    loaded, arms = prepare(question)

    from ..model.ensemble import run_ensemble
    from ..scenarios import load_shocks
    from .kept_runs import keeping

    shocks = load_shocks(loaded.shocks)
    drawn = worlds_of(question, loaded.parameters)
    if progress is not None:
        progress(0, len(arms) * question.replicates * max(question.worlds, 1))
    started = perf_counter()
    own: dict[str, Any] = {"seed": question.seed, "threads": threads, "parameters": loaded.parameters, "shocks": shocks,
                           "make": keeping(loaded.site)}  # fmt: skip

    def all_of(some: Sequence[Arm]) -> Runs:
        return run_ensemble(loaded.site, some, replicates=question.replicates, worlds=drawn, **own)

    if question.levers:  # one run tells nearly always what all would tell
        refuse_unpaid(question, run_ensemble(loaded.site, arms, replicates=1, worlds=drawn and drawn[:1], **own), all_of)
    if sketch is None:
        trace = run_ensemble(loaded.site, arms, replicates=question.replicates, worlds=drawn, progress=progress, **own)
    else:
        trace = _sketched(question, loaded, arms, threads, progress, sketch)
    refuse_unpaid(question, trace, all_of)
    found = answer(question, trace, perf_counter() - started)
    if sure and question.worlds:
        from .sureness import how_sure

        found.sure = how_sure(found, loaded, arms, shocks, threads, progress)
    if question.equal or sure:
        _side_runs(found, loaded, shocks, threads, progress, sure)
    return found


def _sketched(question: Question, loaded: Scenario, arms: Sequence[Arm], threads: int | None, progress, tell) -> Runs:
    """The runs of a question, each estimate on the way told."""
    from .sketch import refined

    for estimate in refined(question, loaded, arms, threads, progress):
        tell(estimate)
    assert estimate.trace is not None
    return estimate.trace


def _side_runs(found: Comparison, loaded: Scenario, shocks, threads: int | None, progress, sure: bool) -> None:
    """Other budgets and laws, over worlds; and the same at equal outlay, where it can be had or was asked for."""
    from .budgets import frontier
    from .equal_outlay import IMPOSSIBLE, equal_outlay
    from .other_laws import other_laws
    from .side_runs import side_of

    side = side_of(found.question, found.trace, loaded, shocks, threads, progress)
    # a programme at its best is so for one budget and one law
    if sure and found.question.worlds and not found.question.tuned and any(arm.budget > 0 for arm in side.acting):
        found.frontier = frontier(side)
        found.other_laws = other_laws(side)
    try:
        found.equal = equal_outlay(side, found.frontier)
    except InputError as error:
        if found.question.equal or error.key not in IMPOSSIBLE:
            raise


@renamed(BUDGETS)
@bordered
def run(
    scenario: str | Path = "hanoi",
    pathway: str | Path = "combined",
    policy: str | Path = "vietnam-2020",
    *,
    replicate: int = 0,
    budget_bn: float = 150.0,
    site_budget_bn: float | None = None,
    seed: int = 1,
    law: str | Path = "middle",
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Comparison, Run]:
    """One run of one pathway: its numbers (a comparison of one arm) and its material flows.

    Parameters
    ----------
    replicate : int
        Which draw, >= 0; the same as the replicate of that number in `compare`.

    The other parameters are those of `compare`.

    Returns
    -------
    numbers : Comparison
        One arm, one replicate; nothing to compare with, so only its values mean something.
    run : ecocluster.model.one_run.Run
        With `flows` and `firms` at the end of the run.
    """
    asked = ask(
        scenario, [pathway], policy, fixed=True, replicates=1, budget_bn=budget_bn, site_budget_bn=site_budget_bn, seed=seed, law=law
    )  # fmt: skip
    question = replace(asked, pathways=(pathway,))
    checked("replicate", replicate)
    loaded, (arm,) = prepare(question)

    from ..model.one_run import run_one
    from ..scenarios import load_shocks

    shocks = load_shocks(loaded.shocks)
    if progress is not None:
        progress(0, 1)
    started = perf_counter()
    single = run_one(
        loaded.site, arm, replicate=replicate, seed=question.seed, parameters=loaded.parameters, shocks=shocks
    )  # fmt: skip
    return answer(question, single.runs, perf_counter() - started), single
