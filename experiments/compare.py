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

import numpy as np

from . import tuned as tuned_programmes
from .columns import Vocabulary
from .comparison import Comparison
from .errors import InputError, check_number, check_threads
from .question import PATHWAYS, Question

if TYPE_CHECKING:
    from ..model.ensemble import Runs
    from ..model.inputs import Arm
    from ..model.parameters import World
    from ..model.single import Run
    from ..scenarios import Scenario

__all__ = ["answer", "ask", "compare", "prepare", "refuse_unpaid", "run", "set_levers", "unpaid", "worlds_of"]

MAX_SEED = 2**63 - 1
MAX_REPLICATES = 100_000
FIXED_REPLICATES = 20  # of the defaults, where nothing else is said


def _arm_names(pathways: Sequence[str]) -> tuple[str, ...]:
    """Pathways without repetition, the null and the law alone in front whether they were named or not."""
    names = [pathways] if isinstance(pathways, str) else list(pathways)
    if not names:
        raise InputError("empty", name="--pathways")
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputError("duplicate", kind="pathway", value=name)
    return ("null", "law", *(name for name in names if name not in ("null", "law")))


def ask(
    scenario: str | Path = "hanoi",
    pathways: Sequence[str] = PATHWAYS,
    policy: str = "vietnam-2020",
    *,
    worlds: int | None = None,
    fixed: bool = False,
    replicates: int | None = None,
    budget: float = 150.0,
    site_budget: float | None = None,
    seed: int = 1,
    sample: bool = False,
    levers: Mapping[str, float] | None = None,
    law: str = "middle",
    scale: float | None = 1.0,
    equal: bool = False,
    tuned: str | None = None,
) -> Question:
    """A question with the parameters of `compare`: numbers are checked here, names when files are read."""
    from .sweeps.ranges import check_values, lever_ranges
    from .worlds import ANSWER

    if sample:
        raise InputError("sample_gone")
    if fixed and worlds is not None:
        raise InputError("fixed_worlds")
    if replicates is None:
        replicates = FIXED_REPLICATES if fixed else 1
    count = ANSWER[1] if worlds is None else check_number("--worlds", worlds, 1, ANSWER[1], whole=True)
    question = Question(
        str(scenario),
        _arm_names(pathways),
        str(policy),
        check_number("--replicates", replicates, 1, MAX_REPLICATES, whole=True),
        check_number("--seed", seed, 0, MAX_SEED, whole=True),
        check_number("--budget", budget, 0),
        None if site_budget is None else check_number("--site-budget", site_budget, 0),
        0 if fixed else count,
        tuple(sorted(check_values("levers", levers or {}, lever_ranges()).items())),
        str(law),
        None if scale is None else check_number("--scale", scale, 0.01, 10),
        bool(equal),
        tuned,
    )
    if tuned is not None:
        tuned_programmes.refuse_elsewhere(question)
    return question


def prepare(question: Question) -> tuple[Scenario, list[Arm]]:
    """Scenario and arms of a question; a pathway may also be a portfolio (a pathway for every cluster)."""
    from ..scenarios import choose_arm, load_scenario

    loaded = load_scenario(question.scenario)
    arms = [
        choose_arm(name, loaded.site, question.policy, question.budget, question.site_budget, question.law)
        for name in question.pathways
    ]
    for index, arm in enumerate(arms):  # two files of the same name, or a file named like what ships
        if arm.name in [other.name for other in arms[:index]]:
            raise InputError("duplicate", kind="pathway", value=arm.name)
    if question.tuned is not None:
        best = tuned_programmes.chosen(question)
        arms = [tuned_programmes.at_best(arm, best[name].levers) if name in best else arm for name, arm in zip(question.pathways, arms, strict=True)]
    return loaded, set_levers([replace(arm, scale=question.scale) for arm in arms], question.levers)


def set_levers(arms: Sequence[Arm], levers: Sequence[tuple[str, float]]) -> list[Arm]:
    """The arms with these levers, as typed: of the law in the law of all, the others in all programmes."""
    from ..scenarios import with_levers

    return [with_levers(arm, dict(levers), typed=True) for arm in arms]


def refuse_unpaid(question: Question, trace: Runs, more: Callable[[Sequence[Arm]], Runs] | None = None) -> None:
    """Typed levers act as typed: a budget that cannot pay for them is refused, with the least one that can.

    Without a budget there is the law alone, and nothing to pay.

    Parameters
    ----------
    question : Question
    trace : Runs
        That may have fallen short.
    more : callable, optional
        Runs arms on all replicates of the question, so that the least budget holds for all of them.

    Raises
    ------
    InputError
    """
    short, factor = unpaid(trace), 1.0
    if not short:
        return
    while short:
        factor *= max(short.values())
        if more is None:
            break
        given = [replace(arm, budget=arm.budget * factor) for arm in trace.given if arm.programmes]
        short = unpaid(more([next(arm for arm in trace.given if not arm.programmes), *given]))
    site = question.site_budget is not None
    asked = question.site_budget if site else question.budget
    assert asked is not None
    raise InputError(
        "typed_too_dear", budget="--site-budget" if site else "--budget", asked=asked,
        least=float(np.ceil(asked * factor * 100 - 1e-6)) / 100,
    )  # fmt: skip


def unpaid(trace: Runs) -> dict[str, float]:
    """Arms whose typed doses once cost more a year than the budget, and how many times as much."""
    short = {}
    assert trace.funds is not None
    for arm, funds in zip(trace.given, trace.funds, strict=True):
        if not arm.programmes or arm.budget <= 0:
            continue
        own = funds[:, : len(arm.programmes)]
        dear = float((own["typed_need"] / np.maximum(own["budget"], 1e-300)).max())
        if dear > 1.0 + 1e-12:
            short[arm.name] = dear
    return short


def compare(
    scenario: str | Path = "hanoi",
    pathways: Sequence[str] = PATHWAYS,
    policy: str = "vietnam-2020",
    *,
    worlds: int | None = None,
    fixed: bool = False,
    replicates: int | None = None,
    budget: float = 150.0,
    site_budget: float | None = None,
    seed: int = 1,
    threads: int | None = None,
    sample: bool = False,
    levers: Mapping[str, float] | None = None,
    sure: bool = False,
    law: str = "middle",
    scale: float | None = 1.0,
    equal: bool = False,
    tuned: str | None = None,
    progress: Callable[[int, int], None] | None = None,
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
    budget : float
        bn VND a year for the city; a single site gets its share by firms.
    site_budget : float, optional
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
        scenario, pathways, policy, worlds=worlds, fixed=fixed, replicates=replicates, budget=budget,
        site_budget=site_budget, seed=seed, sample=sample, levers=levers, law=law, scale=scale, equal=equal, tuned=tuned,
    )  # fmt: skip
    loaded, arms = prepare(question)

    from ..model.ensemble import run_ensemble
    from ..scenarios import load_shocks

    shocks = load_shocks(loaded.shocks)
    drawn = worlds_of(question, loaded.parameters)
    if progress is not None:
        progress(0, len(arms) * question.replicates * max(question.worlds, 1))
    started = perf_counter()
    own: dict[str, Any] = {"seed": question.seed, "threads": threads, "parameters": loaded.parameters, "shocks": shocks}

    def all_of(some: Sequence[Arm]) -> Runs:
        return run_ensemble(loaded.site, some, replicates=question.replicates, worlds=drawn, **own)

    if question.levers:  # one run tells nearly always what all would tell
        refuse_unpaid(question, run_ensemble(loaded.site, arms, replicates=1, worlds=drawn and drawn[:1], **own), all_of)
    trace = run_ensemble(loaded.site, arms, replicates=question.replicates, worlds=drawn, progress=progress, **own)
    refuse_unpaid(question, trace, all_of)
    found = answer(question, trace, perf_counter() - started)
    if sure and question.worlds:
        from .sureness import how_sure

        found.sure = how_sure(found, loaded, arms, shocks, threads, progress)
    if question.equal or sure:
        _side_runs(found, loaded, shocks, threads, progress, sure)
    return found


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


def worlds_of(question: Question, parameters: Mapping[str, float] | None = None) -> list[World] | None:
    """Worlds of a question; None for the defaults. What the scenario sets replaces what is drawn."""
    if not question.worlds:
        return None
    from .worlds import ANSWER, stored

    drawn = stored().some(ANSWER[0], question.worlds, parameters, question.replicates)
    if question.tuned is not None:
        shipped = tuned_programmes.load()
        assert shipped is not None
        tuned_programmes.check_fresh(shipped.searched, drawn)
    return drawn


def answer(question: Question, trace: Runs, wall_s: float) -> Comparison:
    """The comparison of runs that are done; `wall_s` is the time they took."""
    from ..model.ensemble import FAILURES
    from ..model.indicators import INDICATORS, LEVEL_1, evaluate

    return Comparison.of(question, trace, evaluate(trace), Vocabulary(INDICATORS, LEVEL_1, FAILURES), wall_s)


def run(
    scenario: str | Path = "hanoi",
    pathway: str = "combined",
    policy: str = "vietnam-2020",
    *,
    replicate: int = 0,
    budget: float = 150.0,
    site_budget: float | None = None,
    seed: int = 1,
    law: str = "middle",
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
    run : ecocluster.model.single.Run
        With `flows` and `firms` at the end of the run.
    """
    asked = ask(
        scenario, [pathway], policy, fixed=True, replicates=1, budget=budget, site_budget=site_budget, seed=seed, law=law
    )
    question = replace(asked, pathways=(pathway,))
    check_number("--replicate", replicate, 0, MAX_SEED, whole=True)
    loaded, (arm,) = prepare(question)

    from ..model.single import run_one
    from ..scenarios import load_shocks

    shocks = load_shocks(loaded.shocks)
    if progress is not None:
        progress(0, 1)
    started = perf_counter()
    single = run_one(
        loaded.site, arm, replicate=replicate, seed=question.seed, parameters=loaded.parameters, shocks=shocks
    )  # fmt: skip
    return answer(question, single.runs, perf_counter() - started), single
