"""Which of the six barriers binds: each removed alone, in pairs, and in every other combination.

A barrier removed costs nothing and is the upper bound of any policy on it (`scenarios/data/policies/barrier-*`).
With six barriers there are 64 combinations, few enough to run them all: Shapley values are exact over the
combinations, and their intervals say only how well the mean over replicates is known.
"""

from __future__ import annotations

import numpy as np

from ...model.border import bordered
from ..statistics import mean_interval
from ..stored_ranking import BARRIERS
from .at_output import EMISSIONS, emissions_facts, emissions_table
from .coalitions import estimate_columns, picked, run_sets, share_of_total
from .effects import better
from .finding import Case, Finding, Progress
from .shapley import shapley, synergies

__all__ = ["BARRIERS", "OUTCOMES", "barriers", "decompose", "silent"]

OUTCOMES = ("abatement_share_2035", "recp_share_2035", "real_share_2035", "in_symbiosis_2035")


@bordered
def barriers(
    case: Case | None = None,
    *,
    outcome: str = OUTCOMES[0],
    progress: Progress = None,
) -> Finding:
    """Remove the six barriers in all combinations.

    Parameters
    ----------
    case : Case, optional
        Its pathway is what the removal is laid over; "policy" (the default) is the cluster without a programme.
    outcome : str
        What decides which barrier binds; `OUTCOMES` are reported beside it.

    Returns
    -------
    Finding
        Table: one row per outcome and barrier with the gain of removing it alone, of removing it last (the
        other five are gone), and its Shapley value, all with intervals over paired replicates.
        `data["pairs"]`: synergies of two barriers; `data["emissions"]`: what each removed alone avoids (`at_output`).
    """
    from ...scenarios import load_policy

    case = case or Case(pathway="policy", replicates=32)
    outcomes = tuple(dict.fromkeys((outcome, *OUTCOMES)))
    policies = {name: load_policy(name) for name in BARRIERS}
    effects = run_sets(case, policies, range(1 << len(BARRIERS)), (*outcomes, *EMISSIONS), progress)
    emissions = emissions_table(BARRIERS, effects, lambda values, index: values[1 << index] - values[0])
    table, pairs = decompose(BARRIERS, {name: effects[name] * (better(name) or 1.0) for name in outcomes}, case.seed)
    facts = _facts(table, pairs, outcome, case) | {"failed": int(np.isnan(effects[outcome]).sum())}
    facts |= {"emissions": emissions_facts(emissions)}
    return Finding("barriers", case.command("barriers", outcome=outcome), table, facts, {"pairs": pairs, "emissions": emissions})


def decompose(names, effects, seed=0):
    """Gains of causes alone, last, and by Shapley, and their synergies in twos.

    Parameters
    ----------
    names : sequence of str
        The n causes.
    effects : mapping of str to numpy.ndarray
        Outcome -> shape (2^n, replicates), higher is better.
    seed : int
        Of the bootstrap.

    Returns
    -------
    table, pairs : pandas.DataFrame
        One row per outcome and cause ("all": all together), and per outcome and pair.
    """
    import pandas as pd

    rows, pairs, last = [], [], (1 << len(names)) - 1
    for outcome, values in effects.items():
        parts, double = shapley(values), synergies(values)
        share, low, high, largest = share_of_total(parts, seed)
        for index, name in enumerate(names):
            bit = 1 << index
            rows.append(
                {
                    "outcome": outcome, "cause": name,
                    **_estimated("alone", values[bit] - values[0]),
                    **_estimated("last", values[last] - values[last ^ bit]),
                    **_estimated("shapley", parts[index]),
                    "share": share[index], "share_low": low[index], "share_high": high[index],
                    "probability_largest": largest[index],
                }
            )  # fmt: skip
        rows.append({"outcome": outcome, "cause": "all", **_estimated("shapley", values[last] - values[0])})
        for i in range(len(names)):
            for j in range(i + 1, len(names)):
                apart = values[1 << i] + values[1 << j] - values[0]
                pairs.append(
                    {
                        "outcome": outcome, "first": names[i], "second": names[j],
                        **_estimated("pair", values[1 << i | 1 << j] - values[0]),
                        **_estimated("pair_synergy", values[1 << i | 1 << j] - apart),
                        **_estimated("synergy", double[i, j]),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows), pd.DataFrame(pairs)


def silent(table, outcome: str) -> list[str]:
    """Causes whose effect alone is exactly 0 in every replicate: for these a reason is owed."""
    rows = table[table["outcome"] == outcome]
    nothing = (rows[["alone", "alone_low", "alone_high"]] == 0).all(axis=1) if "alone" in rows else rows["cause"] == ""
    return rows.loc[nothing & (rows["cause"] != "all"), "cause"].tolist()


def _estimated(name: str, values: np.ndarray) -> dict[str, float]:
    return estimate_columns(name, mean_interval(values))


def _facts(table, pairs, outcome: str, case: Case) -> dict:
    def ranked(name: str):
        rows = table[(table["outcome"] == name) & (table["cause"] != "all")]
        return rows.sort_values("shapley", ascending=False)

    def told(row) -> dict:
        share = {"mean": row["share"], "low": row["share_low"], "high": row["share_high"]}
        gains = {name: picked(row, name) for name in ("alone", "last", "shapley")}
        return {"cause": row["cause"], **gains, "share": share, "probability": row["probability_largest"]}

    own = ranked(outcome)
    total = table[(table["outcome"] == outcome) & (table["cause"] == "all")].iloc[0]
    linked = pairs[pairs["outcome"] == outcome]
    strongest = linked.loc[linked["synergy"].abs().idxmax()]
    return {
        "scenario": case.scenario, "one_cluster": case.one_cluster, "pathway": case.pathway, "outcome": outcome, "replicates": case.replicates,
        "sets": 1 << len(BARRIERS), "first": told(own.iloc[0]), "second": told(own.iloc[1]), "total": picked(total, "shapley"),
        "silent": silent(table, outcome),
        "idle": [row["cause"] for _, row in own.iterrows() if not row["shapley_low"] > 0],
        "pair": {"first": strongest["first"], "second": strongest["second"], "synergy": picked(strongest, "synergy")},
        "others": {name: told(ranked(name).iloc[0]) for name in table["outcome"].unique() if name != outcome},
    }  # fmt: skip
