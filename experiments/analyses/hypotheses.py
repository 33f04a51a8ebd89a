"""The nineteen claims of the two papers: supported, conditional or refuted.

The rule is fixed before the runs: a claim is supported if its sign holds in at least 90 % of the parameter draws and
the pooled 95 % interval excludes 0; refuted if it holds in at most half of them; else conditional, with the region
of the parameters in which it holds. A claim that is done is kept, so that a stopped run goes on with the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, check_number
from ..statistics import Estimate, mean_interval, proportion_interval
from .checkpoints import Checkpoint, key_of
from .claims import Answers, Claim, read_claims, run_claim
from .coalitions import estimate_columns
from .finding import Case, Finding, Progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VERDICTS", "Verdict", "finance_order", "find_region", "hypotheses", "judge"]

VERDICTS = ("supported", "conditional", "refuted", "undecided")
FEWEST_DRAWS = 4
CHANCE = 0.05


@dataclass(frozen=True)
class Verdict:
    """What the draws say about a claim.

    Attributes
    ----------
    word : str
        One of `VERDICTS`.
    holds : Estimate
        Share of the draws in which the statistic is above 0.
    pooled : Estimate
        Mean statistic over the draws.
    reason : str
        Why nothing was decided.
    """

    word: str
    holds: Estimate
    pooled: Estimate
    reason: str = ""


def judge(values: np.ndarray, supported: float = 0.9, refuted: float = 0.5, valued: float = 0.8) -> Verdict:
    """Apply the rule.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (draws,): the statistic, positive where the claim holds; nan where it could not be computed.
    supported, refuted : float
        Shares of the draws that have a value.
    valued : float
        Share of the draws that must have one: runs do not fail at random.
    """
    kept = np.asarray(values, float)
    kept = kept[np.isfinite(kept)]
    if kept.size < max(FEWEST_DRAWS, valued * np.size(values)):
        reason = f"only {kept.size} of {np.size(values)} draws have a value"
        nothing = Estimate.undefined(reason, kept.size)
        return Verdict("undecided", nothing, nothing, reason)
    holds, pooled = proportion_interval((kept > 0).astype(float)), mean_interval(kept)
    if holds.mean <= refuted:
        word = "refuted"
    elif holds.mean >= supported and pooled.low > 0:
        word = "supported"
    else:
        word = "conditional"
    return Verdict(word, holds, pooled)


def find_region(values: np.ndarray, draws: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """The parameter that goes with the statistic most closely, and where along it the claim holds.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (draws,).
    draws : mapping of str to numpy.ndarray

    Returns
    -------
    dict or None
        parameter, correlation (Spearman), side ("above" or "below"), threshold, inside and outside: shares of the
        draws in which the claim holds there. None if no correlation would be rare by chance, all parameters counted.
    """
    from scipy.stats import spearmanr

    fine = np.isfinite(values)
    kept = np.asarray(values)[fine]
    best: tuple[float, float, str] | None = None
    for name, column in draws.items():
        if np.ptp(column[fine]) == 0 or np.ptp(kept) == 0:
            continue
        found = spearmanr(column[fine], kept)
        if best is None or found.pvalue < best[0]:
            best = float(found.pvalue), float(found.statistic), name
    if best is None or best[0] * len(draws) > CHANCE:
        return None
    _, correlation, name = best
    column, holds = draws[name][fine], kept > 0
    side = "above" if correlation > 0 else "below"
    cuts = np.unique(column)
    cuts = (cuts[1:] + cuts[:-1]) / 2
    gains = []
    for cut in cuts:  # what a tree of one split would choose: the largest sum of squares between the sides
        inside = column > cut if side == "above" else column < cut
        apart = holds[inside].mean() - holds[~inside].mean()
        gains.append(np.sign(apart) * apart**2 * inside.sum() * (~inside).sum())
    cut = float(cuts[int(np.argmax(gains))])
    inside = column > cut if side == "above" else column < cut
    return {
        "parameter": name, "correlation": correlation, "side": side, "threshold": cut,
        "inside": float(holds[inside].mean()), "outside": float(holds[~inside].mean()), "draws": int(inside.sum()),
    }  # fmt: skip


def hypotheses(
    case: Case | None = None,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    draws: int | None = None,
    out: str | Path | None = None,
    progress: Progress = None,
) -> Finding:
    """Judge the claims.

    Parameters
    ----------
    case : Case, optional
        Seed and threads; replicates and everything else are fixed in the data file.
    only : sequence of str
        Names of claims, e.g. "H4"; empty: all.
    quick : bool
        Few draws: a trial of the machinery, not a judgement.
    draws : int, optional
        Parameter draws per claim instead of the file's, at least 4.
    out : path, optional
        Folder in which claims that are done are kept.

    Returns
    -------
    Finding
        Table: one row per claim. `data["draws"]`: statistic and drawn values of every draw; `data["also"]`: what is
        reported beside the statistics.
    """
    from dataclasses import replace

    import pandas as pd

    rules, claims = read_claims()
    chosen = _chosen(only, claims)
    size = rules["size"]["quick" if quick else "full"]
    count = size["draws"] if draws is None else check_number("--draws", draws, FEWEST_DRAWS, 100_000, whole=True)
    case = replace(case or Case(), replicates=size["replicates"], site_budget=None)
    kept = Checkpoint(out, "draws")
    rows, also, frames = [], [], []
    for index, claim in enumerate(chosen):
        key = key_of(claim.name, claim.entry, claim.sites, count, case.replicates, case.seed, quick)
        frame = kept.known(key)
        if frame is None:
            answers = run_claim(claim, case, count, quick, _part(progress, index, len(chosen)))
            frame = _frame(claim, answers, key)
            kept.add(frame)
        elif progress is not None:
            progress(100 * (index + 1), 100 * len(chosen))
        frames.append(frame)
        row, beside = _judge(claim, frame, rules["rule"])
        rows.append(row)
        also += beside
    table = pd.DataFrame(rows)
    from .finding import option_text

    options = {"only": tuple(c.name for c in chosen) if only else (), "quick": quick, "draws": draws, "seed": case.seed}
    command = " ".join(["ecocluster hypotheses", *option_text(options)])
    facts = {
        "quick": quick, "draws": count, "failed": int(sum(frame["failed"].sum() for frame in frames)), "replicates": case.replicates, "claims": len(table),
        "verdicts": {word: table.loc[table["verdict"] == word, "claim"].tolist() for word in VERDICTS},
        "regions": {r["claim"]: _region(r) for r in rows if r["parameter"]},
    }  # fmt: skip
    if any(row["claim"] == "H14" for row in also):
        facts["finance"] = _finance(also)
    return Finding("hypotheses", command, table, facts, {"draws": pd.concat(frames, ignore_index=True), "also": pd.DataFrame(also)})


def finance_order() -> dict[str, float]:
    """What three supports are worth to a firm per unit of state cost, by the formula of adoption (5d) at defaults.

    Firm and state count the same payments, the firm at its hurdle rate, the state at its discount rate; a green loan
    also finances a larger share. The median firm and its loan at market terms are meant, credit limits are not.
    """
    from ...model.maths import annuity
    from ...model.parameters import parameter_record
    from ...model.rules.adoption import value_ratio
    from ...model.rules.credit import interest_subsidy

    p = parameter_record()
    hurdle, public, bank, soft = (float(p[n]) for n in ("hurdle_median", "discount_rate", "bank_rate", "soft_rate"))
    years, relief = float(p["loan_years"]), float(p["cit_years"])
    usual, more = float(p["granted_low"] + p["granted_high"]) / 2, float(p["granted_support"])

    def financing(share: float, rate: float) -> float:
        return value_ratio(0.0, 1.0, share, rate, years, annuity(hurdle, years))

    def per_cost(share: float, rate: float) -> float:
        return (financing(share, rate) - financing(usual, bank)) / interest_subsidy(share, bank, rate, public, years)

    tax = annuity(hurdle, relief) / annuity(public, relief)
    return {"tax": float(tax), "interest": float(per_cost(usual, bank - 0.03)), "green": float(per_cost(more, soft))}


def _finance(also: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Order of the three supports by the formula and in the runs."""
    closed = finance_order()
    runs = {row["name"]: row["value"] for row in also if row["claim"] == "H14"}
    return {key: sorted(found, key=lambda name: -found[name]) for key, found in (("closed", closed), ("runs", runs))}


def _chosen(only: Sequence[str], claims: Mapping[str, Claim]) -> list[Claim]:
    from ..sweeps.ranges import unknown

    names = [str(name).upper() for name in only]
    for index, name in enumerate(names):
        if name not in claims:
            raise unknown("--only", name, claims)
        if name in names[:index]:
            raise InputError("duplicate", kind="hypothesis", value=name)
    return [claims[name] for name in names or claims]


def _part(progress: Progress, index: int, parts: int) -> Progress:
    """Progress of one claim as a hundredth of all: claims differ in the number and the length of their runs."""
    if progress is None:
        return None
    return lambda done, total: progress(100 * index + 100 * done // max(total, 1), 100 * parts)


def _frame(claim: Claim, answers: Answers, key: str) -> pd.DataFrame:
    """A claim's draws as rows: key, claim, draw, statistic, also.NAME, and what was drawn."""
    import pandas as pd

    values = answers.statistic()
    columns = {"key": key, "claim": claim.name, "draw": np.arange(len(values)), "statistic": values, "failed": answers.failed}
    columns |= {f"also.{name}": found for name, found in answers.also().items()}
    return pd.DataFrame(columns | answers.draws)


def _judge(claim: Claim, frame: pd.DataFrame, rule: Mapping[str, float]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    values = frame["statistic"].to_numpy(float)
    verdict = judge(values, **rule)
    drawn = [name for name in claim.drawn() if name in frame]
    region = None
    if verdict.word == "conditional":
        region = find_region(values, {name: frame[name].to_numpy(float) for name in drawn})
    row = {
        "claim": claim.name, "source": claim.entry["source"], "unit": claim.entry["unit"], "verdict": verdict.word,
        "draws": verdict.holds.runs,
        **estimate_columns("holds", verdict.holds), **estimate_columns("statistic", verdict.pooled), "reason": verdict.reason,
        **{name: (region or {}).get(name) for name in ("parameter", "side", "threshold", "inside", "outside", "correlation")},
    }  # fmt: skip
    beside = []
    for name in claim.entry.get("also", {}):
        if f"also.{name}" in frame:
            beside.append({"claim": claim.name, "name": name, **estimate_columns("value", mean_interval(frame[f"also.{name}"]))})
    return row, beside


def _region(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("parameter", "side", "threshold", "inside", "outside", "correlation")}

