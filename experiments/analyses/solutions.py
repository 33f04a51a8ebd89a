"""The seven solutions: what each brings, which act together, and in which order to begin.

Every solution pays for its levers out of the same budget. All 2^7 sets are run (or a fraction of 16 of them, for
sites where a run is long), each lever at its tabled value: nothing is scaled up, so that sets stay comparable.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...model.border import bordered
from ..statistics import mean_interval
from ..stored_ranking import SOLUTIONS
from .at_output import EMISSIONS, emissions_facts, emissions_table
from .barriers import decompose, silent
from .coalitions import ABOVE, by_run, estimate_columns, mix_arm, picked, run_sets
from .effects import better, effect
from .finding import Case, Finding, Progress
from .shapley import contrasts, fraction, main_effects

__all__ = ["OUTCOMES", "SOLUTIONS", "solutions", "staged"]

OUTCOMES = ("abatement_share_2035", "real_share_2035", "in_symbiosis_2035", "level1_2035")
FIRST_YEAR = 2020.0


@bordered
def solutions(
    case: Case | None = None,
    *,
    outcome: str = OUTCOMES[0],
    stage: float = 2.0,
    part: bool = False,
    progress: Progress = None,
) -> Finding:
    """Run the seven solutions in all combinations, and staged in time.

    Parameters
    ----------
    case : Case, optional
        Its pathway is what the solutions are laid over; "policy" (the default) holds nothing else.
    outcome : str
        What decides rank and order; `OUTCOMES` are reported beside it.
    stage : float
        Years between the starts of two solutions, 0.25 to 4.
    part : bool
        Only the 16 sets of a fraction of resolution IV: main effects alone, no Shapley values.

    Returns
    -------
    Finding
        Table: one row per outcome and solution with main effect and, in the full design, gains alone and
        last and Shapley values. `data["emissions"]`: what each alone avoids (`at_output`; in part, the main effect);
        `data["pairs"]`: synergies; `data["order"]`: what starting first is worth,
        and the sequences by falling and by rising worth.
    """
    from ...scenarios import load_policy
    from ..errors import check_number

    check_number("--stage", stage, 0.25, 4)
    case = case or Case(pathway="policy", replicates=16)
    outcomes = tuple(dict.fromkeys((outcome, *OUTCOMES)))
    policies = {name: load_policy(name) for name in SOLUTIONS}
    masks: Any = fraction(len(SOLUTIONS)) if part else np.arange(1 << len(SOLUTIONS))
    effects = run_sets(case, policies, masks, (*outcomes, *EMISSIONS), progress)

    def gain(values: np.ndarray, index: int) -> np.ndarray:
        """Alone, or the main effect where there are not all sets."""
        return contrasts(masks, values, len(SOLUTIONS))[index] if part else values[1 << index] - values[0]

    emissions = emissions_table(SOLUTIONS, effects, gain)
    effects = {name: effects[name] * (better(name) or 1.0) for name in outcomes}
    order = _order(case, policies, outcome, stage)
    data = {"order": order, "emissions": emissions}
    if part:
        table = _main_table({name: contrasts(masks, effects[name], len(SOLUTIONS)) for name in outcomes})
    else:
        table, data["pairs"] = decompose(SOLUTIONS, effects, case.seed)
        main = _main_table({name: main_effects(effects[name]) for name in outcomes})
        table = table.merge(main, on=["outcome", "cause"], how="left")
        own = effects[outcome] - effects[outcome][0]
        more = mean_interval(own[-1] - sum(own[1 << bit] for bit in range(len(SOLUTIONS))))
    facts = _facts(table, data, outcome, case, len(masks)) | ({} if part else {"more": more})
    facts |= {"failed": int(np.isnan(effects[outcome]).sum()), "emissions": emissions_facts(emissions)}
    command = case.command("solutions", outcome=outcome, stage=None if stage == 2.0 else stage, part=part)
    return Finding("solutions", command, table, facts, data)


def _main_table(effects):
    import pandas as pd

    rows = []
    for outcome, values in effects.items():
        for name, runs in zip(SOLUTIONS, values, strict=True):
            rows.append({"outcome": outcome, "cause": name, **estimate_columns("main", mean_interval(runs))})
    return pd.DataFrame(rows)


def staged(policy, start: float):
    """A policy that begins later: every lever's own start is moved by as many years as `start` lies after 2020."""
    from ...model.sites_and_arms import Schedule

    def later(name: str) -> Schedule:
        own = policy.schedules.get(name, Schedule())
        return replace(own, start=own.start + start - FIRST_YEAR)

    return replace(policy, schedules={name: later(name) for name in (*policy.levers, *policy.set)})


def _sequence(case: Case, policies, names, years, label: str):
    """An experiment in which the solutions start one after the other; levers that two share start with the first."""
    moved = [staged(policies[name], year) for name, year in zip(names, years, strict=True)]
    return case.trial(pathway=mix_arm(case, moved, label), law=ABOVE, tries_law=True)


def _order(case: Case, policies, outcome: str, stage: float):
    """What it is worth to begin with a solution, and whether the order of all seven matters.

    Returns
    -------
    pandas.DataFrame
        Rows "first" (this one in 2020, the other six `stage` years later, less all seven then) and "sequence" (one
        every `stage` years, by falling worth of being first and by rising; their difference; all in 2020).
    """
    import pandas as pd

    names = list(SOLUTIONS)
    late = FIRST_YEAR + stage * (len(names) - 1) / 2  # the mean start of a sequence
    trials = [_sequence(case, policies, names, [late] * len(names), "later")]
    for first in names:
        others = [name for name in names if name != first]
        trials.append(_sequence(case, policies, [first, *others], [FIRST_YEAR, *[late] * len(others)], f"{first} first"))
    sign = better(outcome) or 1.0
    frame = case.run(trials, (outcome,))
    values = by_run(frame, sign * effect(frame, outcome), len(trials))
    gains = {name: mean_interval(values[1 + i] - values[0]) for i, name in enumerate(names)}
    ranked = sorted(names, key=lambda name: -gains[name].mean)
    years = [FIRST_YEAR + stage * i for i in range(len(names))]
    both = [_sequence(case, policies, ranked, years, "falling"), _sequence(case, policies, ranked[::-1], years, "rising"),
            _sequence(case, policies, names, [FIRST_YEAR] * len(names), "at once")]  # fmt: skip
    frame = case.run(both, (outcome,))
    falling, rising, at_once = by_run(frame, sign * effect(frame, outcome), 3)
    rows = [{"kind": "first", "cause": name, **estimate_columns("gain", gains[name])} for name in ranked]
    for label, values in (("falling", falling), ("rising", rising), ("at_once", at_once), ("difference", falling - rising)):
        rows.append({"kind": "sequence", "cause": label, **estimate_columns("gain", mean_interval(values))})
    return pd.DataFrame(rows)


def _facts(table, data, outcome: str, case: Case, sets: int) -> dict:
    own = table[(table["outcome"] == outcome) & (table["cause"] != "all")].sort_values("main", ascending=False)
    order = data["order"]
    first = order[order["kind"] == "first"]
    sequence = order[order["kind"] == "sequence"].set_index("cause")
    facts = {
        "scenario": case.scenario, "one_cluster": case.one_cluster, "pathway": case.pathway, "budget_bn": case.budget_bn, "outcome": outcome, "replicates": case.replicates,
        "sets": sets, "ranked": own["cause"].tolist(), "main": {row["cause"]: picked(row, "main") for _, row in own.iterrows()},
        "silent": silent(table, outcome),
        "idle": [row["cause"] for _, row in own.iterrows() if not row["main_low"] > 0],
        "sequence": first["cause"].tolist(), "first": picked(first.iloc[0], "gain"),
        **{name: picked(sequence.loc[name], "gain") for name in ("falling", "rising", "at_once", "difference")},
    }  # fmt: skip
    if "pairs" in data:
        pairs = data["pairs"][data["pairs"]["outcome"] == outcome].sort_values("synergy")
        total = table[(table["outcome"] == outcome) & (table["cause"] == "all")].iloc[0]
        for name, row in (("best_pair", pairs.iloc[-1]), ("worst_pair", pairs.iloc[0])):
            facts[name] = {"first": row["first"], "second": row["second"], "synergy": picked(row, "synergy")}
        facts["total"] = picked(total, "shapley")
    return facts
