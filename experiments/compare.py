"""Compare pathways: the same draws in every arm, differences to the null.

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
from typing import TYPE_CHECKING

from .comparison import PATHWAYS, Comparison, Question, Vocabulary
from .errors import InputError, check_number

if TYPE_CHECKING:
    from ..model.ensemble import Runs
    from ..model.inputs import Arm
    from ..model.parameters import World
    from ..model.single import Run
    from ..scenarios import Scenario

__all__ = ["answer", "ask", "compare", "prepare", "run", "set_levers", "worlds_of"]

MAX_SEED = 2**63 - 1
MAX_REPLICATES = 100_000
FIXED_REPLICATES = 20  # of the defaults, where nothing else is said


def _arm_names(pathways: Sequence[str]) -> tuple[str, ...]:
    """Pathways without repetition, the null in front whether it was named or not."""
    names = [pathways] if isinstance(pathways, str) else list(pathways)
    if not names:
        raise InputError("empty", name="--pathways")
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputError("duplicate", kind="pathway", value=name)
    return ("null", *(name for name in names if name != "null"))


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
    return Question(
        str(scenario),
        _arm_names(pathways),
        str(policy),
        check_number("--replicates", replicates, 1, MAX_REPLICATES, whole=True),
        check_number("--seed", seed, 0, MAX_SEED, whole=True),
        check_number("--budget", budget, 0),
        None if site_budget is None else check_number("--site-budget", site_budget, 0),
        0 if fixed else count,
        tuple(sorted(check_values("levers", levers or {}, lever_ranges()).items())),
    )


def prepare(question: Question) -> tuple[Scenario, list[Arm]]:
    """Scenario and arms of a question; a pathway may also be a portfolio (a pathway for every cluster)."""
    from ..scenarios import choose_arm, load_scenario

    loaded = load_scenario(question.scenario)
    arms = [
        choose_arm(name, loaded.site, question.policy, question.budget, question.site_budget)
        for name in question.pathways
    ]
    for index, arm in enumerate(arms):  # two files of the same name, or a file named like what ships
        if arm.name in [other.name for other in arms[:index]]:
            raise InputError("duplicate", kind="pathway", value=arm.name)
    return loaded, set_levers(arms, question.levers)


def set_levers(arms: Sequence[Arm], levers: Sequence[tuple[str, float]]) -> list[Arm]:
    """The arms with these levers in all their programmes."""
    from .sweeps.cases import with_levers

    moved = dict(levers)
    return [
        replace(arm, programmes=tuple(with_levers(programme, moved, {}) for programme in arm.programmes))
        for arm in arms
    ]


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
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run every pathway on the same draws and compare each with the null.

    Parameters
    ----------
    scenario : str or path
        Name of a site that ships, or a scenario file.
    pathways : sequence of str
        The matched null is always among them, in front.
    policy : str
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
        Levers of all programmes instead of what these hold; ``planned.LEVER`` inside planned clusters.
    sure : bool
        Also run what tells how sure the answer is (`ecocluster.experiments.sureness`): half as much again.
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
    if threads is not None:
        check_number("--threads", threads, 1, 1024, whole=True)
    question = ask(
        scenario, pathways, policy, worlds=worlds, fixed=fixed, replicates=replicates, budget=budget,
        site_budget=site_budget, seed=seed, sample=sample, levers=levers,
    )  # fmt: skip
    loaded, arms = prepare(question)

    from ..model.ensemble import run_ensemble
    from ..scenarios import load_shocks

    shocks = load_shocks(loaded.shocks)
    drawn = worlds_of(question, loaded.parameters)
    if progress is not None:
        progress(0, len(arms) * question.replicates * max(question.worlds, 1))
    started = perf_counter()
    trace = run_ensemble(
        loaded.site, arms, replicates=question.replicates, seed=question.seed, threads=threads,
        parameters=loaded.parameters, shocks=shocks, worlds=drawn, progress=progress,
    )  # fmt: skip
    found = answer(question, trace, perf_counter() - started)
    if sure and question.worlds:
        from .sureness import how_sure

        found.sure = how_sure(found, loaded, arms, shocks, threads, progress)
    return found


def worlds_of(question: Question, parameters: Mapping[str, float] | None = None) -> list[World] | None:
    """Worlds of a question; None for the defaults. What the scenario sets replaces what is drawn."""
    if not question.worlds:
        return None
    from .worlds import ANSWER, stored

    return stored().some(ANSWER[0], question.worlds, parameters, question.replicates)


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
        scenario, [pathway], policy, fixed=True, replicates=1, budget=budget, site_budget=site_budget, seed=seed
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
