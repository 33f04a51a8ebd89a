"""The cheapest mix that reaches what is wanted: the optimiser's search for it, and the chance of reaching it in fresh worlds.

    from ecocluster.experiments.analyses.goal import goal
    found = goal(Case("nguyen-khe", replicates=4), "one_unmet_2035>=.5 and jobs_2035>=0")
    found.table          # one row per mix; found.reached says whether one of them does it

A want is a rule on an outcome: an indicator with its year as it stands ("one_unmet_2035>=.5"), or one of `outcome.DERIVED` against the law
alone ("abatement_share_2030>=.2", which "-20 % tonnes by 2030" means). The search minimises what is missing, gross outlay and social cost at
once; what it finds was chosen by its luck, so every mix is run again in worlds that the search has not seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ..errors import InputError, check_number, need_package
from ..folder import write_folder
from ..outcome import DERIVED, OUTPUT_BASES, outcome_of
from ..spreadsheet import csv_bytes, workbook_of
from ..statistics import proportion_interval
from .checkpoints import Checkpoint, key_of
from .coalitions import by_run
from .effects import Rule, columns_of, effect
from .finding import Case, Progress, as_facts
from .optimise import search
from .search_space import Space

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Goal", "goal", "wants_of"]

WORLDS, SHOWN, SURE = 40, 5, 0.5
_PLAIN = re.compile(r"\s*-\s*(100|\d{1,2}(?:[.,]\d+)?)\s*%\s*(tonnes?|tco2e?|co2e?|tấn)\s*(?:by|in|đến|vào)\s*(20\d\d)\s*", re.I)


def wants_of(text: str) -> tuple[Rule, ...]:
    """Wants joined by "and".

    Raises
    ------
    InputError
        For what is no rule, an unknown outcome, a want that stands twice, two that no value can meet.

    Examples
    --------
    >>> [str(want) for want in wants_of("one_unmet_2035>=.5 and -20 % tonnes by 2030")]
    ['one_unmet_2035>=0.5', 'abatement_share_2030>=0.2']
    """
    wants: list[Rule] = []
    for part in re.split(r"\s+(?:and|và)\s+", text.strip(), flags=re.I):
        plain = _PLAIN.fullmatch(part)
        rule = Rule(f"abatement_share_{plain[3]}", ">=", float(plain[1].replace(",", ".")) / 100) if plain else Rule.parse(part)
        outcome_of(rule.outcome)
        if any(rule.outcome == want.outcome and rule.sign[0] == want.sign[0] for want in wants):
            raise InputError("duplicate", kind="--want", value=str(rule))
        for want in wants:
            least, most = (rule, want) if rule.sign[0] == ">" else (want, rule)
            apart = least.threshold > most.threshold or least.threshold == most.threshold and least.sign + most.sign != ">=<="
            if want.outcome == rule.outcome and apart:
                raise InputError("wants_apart", one=str(want), other=str(rule))
        wants.append(rule)
    return tuple(wants)


@dataclass(frozen=True)
class Goal:
    """What reaches it, at which cost.

    Attributes
    ----------
    command : str
    scenario : str
    wants : tuple of Rule
    sure : float
        Probability from which a mix counts as reaching it.
    table : pandas.DataFrame
        One row per mix, the cheapest first: ``probability`` with ``low`` and ``high``, one of each want alone, ``gross_bn`` and ``social_bn`` (present
        values above the law alone, mean over worlds), ``reaches``, and the genes of the mix.
    alone : float
        Probability of reaching it by the law alone.
    worlds, seen : int
        Fresh worlds; mixes that the search has tried.
    failed : int
        Runs that broke off.
    """

    command: str
    scenario: str
    wants: tuple[Rule, ...]
    sure: float
    table: pd.DataFrame
    alone: float
    worlds: int
    seen: int
    failed: int = 0

    @property
    def reached(self) -> bool:
        """Is there a mix within this menu that reaches it?"""
        return bool(self.table["reaches"].any())

    def cheapest(self, cost: str) -> dict[str, Any] | None:
        """The cheapest mix that reaches it by ``gross_bn`` or ``social_bn``; None if none does."""
        able = self.table[self.table["reaches"]]
        return None if able.empty else able.sort_values(cost, kind="stable").iloc[0].to_dict()

    def to_json(self) -> dict[str, Any]:
        """As nested dicts of numbers and texts."""
        return as_facts({
            "command": self.command, "scenario": self.scenario, "wants": [str(want) for want in self.wants], "sure": self.sure,
            "reached": self.reached, "by_law_alone": self.alone, "worlds": self.worlds, "seen": self.seen, "failed": self.failed,
            "mixes": self.table.to_dict("records"),
        })  # fmt: skip

    def write(self, out: str | Path) -> Path:
        """Write table, workbook and JSON into a folder, whole or not at all."""
        told = (json.dumps(self.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
        files = {"goal.csv": csv_bytes(self.table), "goal.xlsx": workbook_of({"goal": self.table}), "goal.json": told}
        return write_folder(out, files, {"command": self.command})


@bordered
def goal(
    case: Case | None = None,
    want: str | Sequence[Rule] = "one_unmet_2035>=.5",
    *,
    points: int = 32,
    generations: int = 12,
    worlds: int = WORLDS,
    sure: float = SURE,
    out: str | Path | None = None,
    progress: Progress = None,
) -> Goal:
    """Search the cheapest mixes that reach what is wanted.

    Parameters
    ----------
    case : Case, optional
        Place, law, replicates of every mix in the search (at least 2) and seed; its pathway, policy and budget do not count.
    want : str or sequence of Rule
        See `wants_of`.
    points, generations : int
        As in `optimise`.
    worlds : int
        Fresh worlds in which every mix that is shown is run again, 4 to 100.
    sure : float
        Probability from which a mix counts as reaching it, above 0 to 1.
    out : path, optional
        Folder in which generations are kept and from which a stopped search goes on.
    progress : callable, optional

    Raises
    ------
    InputError
    """
    case = case or Case(replicates=4)
    need_package("goal", "pymoo")
    wants = wants_of(want) if isinstance(want, str) else tuple(want)
    check_number("--replicates", case.replicates, 2, whole=True)
    check_number("--points", points, 4, 500, whole=True)
    check_number("--generations", generations, 1, 1000, whole=True)
    check_number("--worlds", worlds, 4, 100, whole=True)
    check_number("--sure", sure, 0.01, 1.0)
    from ...scenarios import load_law, load_scenario

    loaded = load_scenario(case.scenario)
    space = Space(loaded.site, load_law(case.law))
    year = max(outcome_of(rule.outcome).year for rule in wants)
    costs = (f"pv_outlay_gross_{year}", f"pv_social_cost_{year}")
    outcomes = list(dict.fromkeys([*(rule.outcome for rule in wants), *costs]))
    total = points * generations * case.replicates

    def evaluate(x: np.ndarray, done: int) -> np.ndarray:
        trials = [case.trial(pathway=space.arm(point, f"mix-{i}")) for i, point in enumerate(x)]
        tell = None if progress is None else lambda n, _: progress(min(done * case.replicates + n, total), total)
        frame = case.run(trials, outcomes, tell)
        found = {name: np.nanmean(by_run(frame, _value(frame, name), len(trials)), axis=1) for name in outcomes}
        spent = [np.nanmean(by_run(frame, effect(frame, name), len(trials)), axis=1) for name in costs]
        short = sum(_short(rule, found[rule.outcome]) for rule in wants)
        return np.column_stack([short, *spent])

    names = [gene.name for gene in space.genes]
    key = key_of("goal", case.scenario, case.law, case.seed, case.replicates, [str(rule) for rule in wants], points)
    objectives = ["short", *costs]
    seen = search(evaluate, names, objectives, np.ones(3), points=points, generations=generations, algorithm="nsga3", seed=case.seed,
                  kept=Checkpoint(out, "search"), key=key).drop_duplicates(names)  # fmt: skip
    chosen = _chosen(seen, costs)
    arms = [space.arm(row, f"mix-{i + 1}") for i, row in enumerate(chosen[names].to_numpy())]
    table, alone, failed = _fresh(case, loaded, arms, wants, costs, outcomes, worlds)
    genes = [space.values(row) for row in chosen[names].to_numpy()]
    for name in names:
        table[name] = [values[name] for values in genes]
    table.insert(4, "reaches", table["probability"] >= sure)
    table = table.sort_values(["reaches", "gross_bn"], ascending=[False, True], kind="stable").reset_index(drop=True)
    told = " and ".join(map(str, wants))
    command = case.command(
        "goal", want=told, points=points, generations=generations, worlds=worlds, sure=None if sure == SURE else sure
    )
    return Goal(command, case.scenario, wants, sure, table, alone, worlds, len(seen), failed)


def _is_effect(name: str) -> bool:
    base = outcome_of(name).base
    return base in DERIVED or base in OUTPUT_BASES


def _value(frame: pd.DataFrame, name: str) -> np.ndarray:
    """An outcome as wants mean it: against the law alone if it is made so, else as it stands."""
    return effect(frame, name) if _is_effect(name) else frame[name].to_numpy(float)


def _short(rule: Rule, values: np.ndarray) -> np.ndarray:
    """How far a want is missed, in parts of its threshold; a run that failed misses it wholly."""
    gap = (rule.threshold - values) if rule.sign[0] == ">" else (values - rule.threshold)
    return np.nan_to_num(np.maximum(gap, 0.0) / max(abs(rule.threshold), 1e-9), nan=1e3)


def _chosen(seen: pd.DataFrame, costs: Sequence[str]) -> pd.DataFrame:
    """Of the mixes that seem to reach it the cheapest of either cost, with some to spare; else those that come nearest."""
    import pandas as pd

    able = seen[seen["short"] <= 1e-9]
    if able.empty:
        return seen.sort_values(["short", costs[0]], kind="stable").head(SHOWN)
    # what reaches it barely in the search may not in fresh worlds: some that cost more go with the cheapest
    ranks = [able.sort_values(cost, kind="stable") for cost in costs]
    picked = [rank.iloc[np.unique(np.linspace(0, len(rank) - 1, SHOWN).astype(int))] for rank in ranks]
    return pd.concat([*(rank.head(SHOWN) for rank in ranks), *picked]).drop_duplicates()


def _fresh(case, loaded, arms, wants, costs, outcomes, count) -> tuple[pd.DataFrame, float, int]:
    """Every mix, and the law alone, in worlds that the search has not seen."""
    import pandas as pd

    from ...model.ensemble import run_ensemble
    from ...model.indicators import evaluate
    from ...scenarios import load_shocks, make_arm
    from ..worlds import ANSWER, stored

    worlds = stored().some(ANSWER[0], count, loaded.parameters)
    law = make_arm("law", site=loaded.site, law=case.law, budget_bn=case.budget_bn)
    runs = run_ensemble(loaded.site, [law, *arms], replicates=1, seed=case.seed, threads=case.threads, parameters=loaded.parameters,
                        shocks=load_shocks(loaded.shocks), worlds=worlds)  # fmt: skip
    columns = columns_of([*outcomes, *costs])
    values = evaluate(runs)[columns].to_numpy(float).reshape(len(arms) + 1, count, len(columns))
    failed = np.asarray(runs.failed) != 0
    values[failed.reshape(len(arms) + 1, count)] = np.nan
    rows = []
    alone = 0.0
    for i in range(len(arms) + 1):
        frame = pd.DataFrame(
            {
                **{name: values[i, :, j] for j, name in enumerate(columns)},
                **{f"null.{name}": values[0, :, j] for j, name in enumerate(columns)},
            }
        )
        holds = np.stack([rule.holds(_value(frame, rule.outcome)) for rule in wants])
        both = proportion_interval(holds.all(axis=0).astype(float))
        if i == 0:
            alone = both.mean
            continue
        spent = [float(np.nanmean(effect(frame, name))) / 1000 for name in costs]
        rows.append({"mix": i, "probability": both.mean, "low": both.low, "high": both.high, "gross_bn": spent[0], "social_bn": spent[1],
                     **{f"p({rule})": float(held.mean()) for rule, held in zip(wants, holds, strict=True)}})  # fmt: skip
    return pd.DataFrame(rows), alone, int(failed.sum())
