"""Compare pathways: the same draws in every arm, differences to the null.

    from ecocluster.experiments import compare
    answer = compare("nguyen-khe", replicates=50)
    answer.summary          # one row per pathway and indicator
    answer.to_json()        # the same as nested dicts, ready for json.dumps

Figures and the report belong to `ecocluster.viz`: `write_report(answer, "out/nguyen-khe", lang="vi")`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .comparison import PATHWAYS, Comparison, Question, Vocabulary
from .errors import InputError, check_number

if TYPE_CHECKING:
    from ..model.ensemble import Runs
    from ..model.single import Run

__all__ = ["compare", "run"]

MVND_PER_BN = 1000.0
MAX_SEED = 2**63 - 1
MAX_REPLICATES = 100_000


def _arm_names(pathways: Sequence[str]) -> tuple[str, ...]:
    """Pathways without repetition, the null in front whether it was named or not."""
    names = [pathways] if isinstance(pathways, str) else list(pathways)
    if not names:
        raise InputError("empty", name="--pathways")
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputError("duplicate", kind="pathway", value=name)
    return ("null", *(name for name in names if name != "null"))


def _ask(scenario, pathways, policy, replicates, budget, site_budget, seed, threads, sample) -> Question:
    """Check what needs no file; names are checked by the scenarios themselves."""
    if threads is not None:
        check_number("--threads", threads, 1, 1024, whole=True)
    return Question(
        str(scenario),
        _arm_names(pathways),
        str(policy),
        check_number("--replicates", replicates, 1, MAX_REPLICATES, whole=True),
        check_number("--seed", seed, 0, MAX_SEED, whole=True),
        check_number("--budget", budget, 0),
        None if site_budget is None else check_number("--site-budget", site_budget, 0),
        bool(sample),
    )


def _load(question: Question) -> tuple[Any, list[Any]]:
    """Scenario and arms of a question; a pathway may also be a portfolio (a pathway for every cluster)."""
    from ..scenarios import list_portfolios, load_portfolio, load_scenario, make_arm

    loaded = load_scenario(question.scenario)
    site = loaded.site
    city = question.budget * MVND_PER_BN
    own = None if question.site_budget is None else question.site_budget * MVND_PER_BN
    portfolios = {entry.id for entry in list_portfolios()}
    arms = [
        load_portfolio(name, site, question.policy, city, own)
        if name in portfolios
        else make_arm(name, question.policy, city, site, own)
        for name in question.pathways
    ]
    for index, arm in enumerate(arms):  # two files of the same name, or a file named like what ships
        if arm.name in [other.name for other in arms[:index]]:
            raise InputError("duplicate", kind="pathway", value=arm.name)
    return loaded, arms


def compare(
    scenario: str | Path = "hanoi",
    pathways: Sequence[str] = PATHWAYS,
    policy: str = "vietnam-2020",
    *,
    replicates: int = 20,
    budget: float = 150.0,
    site_budget: float | None = None,
    seed: int = 1,
    threads: int | None = None,
    sample: bool = False,
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
    replicates : int
        1 to 100,000; below 2 there are no intervals.
    budget : float
        bn VND a year for the city; a single site gets its share by firms.
    site_budget : float, optional
        bn VND a year for this site instead.
    seed : int
        0 to 2^63 - 1 (0 is a seed like any other).
    threads : int, optional
        None: one per core. Does not change a bit of the result.
    sample : bool
        Draw the uncertain parameters anew in every replicate.
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
    question = _ask(scenario, pathways, policy, replicates, budget, site_budget, seed, threads, sample)
    loaded, arms = _load(question)

    from ..model.ensemble import run_ensemble
    from ..scenarios import load_shocks

    shocks = load_shocks(loaded.shocks)
    if progress is not None:
        progress(0, len(arms) * question.replicates)
    started = perf_counter()
    trace = run_ensemble(
        loaded.site, arms, replicates=question.replicates, seed=question.seed, threads=threads,
        parameters=loaded.parameters, shocks=shocks, sample=question.sample, progress=progress,
    )  # fmt: skip
    return _answer(question, trace, perf_counter() - started)


def _answer(question: Question, trace: Runs, wall_s: float) -> Comparison:
    from ..model.ensemble import FAILURES
    from ..model.indicators import CRITERIA, INDICATORS, evaluate

    return Comparison.of(question, trace, evaluate(trace), Vocabulary(INDICATORS, CRITERIA, FAILURES), wall_s)


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
    asked = _ask(scenario, [pathway], policy, 1, budget, site_budget, seed, None, False)
    question = replace(asked, pathways=(pathway,))
    check_number("--replicate", replicate, 0, MAX_SEED, whole=True)
    loaded, (arm,) = _load(question)

    from ..model.single import run_one
    from ..scenarios import load_shocks

    shocks = load_shocks(loaded.shocks)
    if progress is not None:
        progress(0, 1)
    started = perf_counter()
    single = run_one(
        loaded.site, arm, replicate=replicate, seed=question.seed, parameters=loaded.parameters, shocks=shocks
    )  # fmt: skip
    return _answer(question, single.runs, perf_counter() - started), single
