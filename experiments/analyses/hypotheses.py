"""The claims of the two papers: supported, conditional, refuted, no difference, or too noisy to tell.

The rule (`verdicts`), the margins and the statistics are written before the runs. Claims are judged in the worlds
101-164; how many replicates each needs is fixed beforehand by a pilot in other worlds with other luck, within a budget
of processor time that is counted with tabled seconds, so that every machine allots alike. A claim that is done is kept,
so that a stopped run goes on with the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ..errors import InputError, check_number
from ..statistics import Estimate, mean_interval
from ..worlds import CLAIMS, PILOT, SEED, drawn_values, stored
from .answers import Answers
from .assigning import OUTCOMES, Assigned
from .checkpoints import Checkpoint, key_of
from .claims import Claim, find_assignment, read_claims, run_claim, set_masks
from .coalitions import estimate_columns
from .finding import Case, Finding, Progress
from .verdicts import FEWEST_DRAWS, VERDICTS, Rule, Verdict, judge, needed_replicates

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VERDICTS", "finance_order", "find_region", "hypotheses"]

MOST_DRAWS = CLAIMS[1] - CLAIMS[0] + 1
CHANCE = 0.05
NO_TIME = "of processor time needed, more than there is"
SINGLE = "(all)"  # in the table of assignments: the best pathway if all clusters take the same
ALSO = ("claim", "name", "value", "value_low", "value_high")


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


@bordered
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
        Worlds per claim instead of the file's, 4 to 64.
    out : path, optional
        Folder in which claims that are done are kept.

    Returns
    -------
    Finding
        Table: one row per claim. `data["draws"]`: statistic and drawn values of every draw; `data["also"]`: what is
        reported beside the statistics; `data["pilots"]` and `data["assignments"]`: what was fixed beforehand.
    """
    import pandas as pd

    rules, claims = read_claims()
    chosen = _chosen(only, claims)
    size = rules["size"]["quick" if quick else "full"]
    count = size["draws"] if draws is None else check_number("--draws", draws, FEWEST_DRAWS, MOST_DRAWS, whole=True)
    case, kept = replace(case or Case(), site_budget_bn=None), Checkpoint(out, "draws")
    searches = _Searches(Checkpoint(out, "assignments"), case, quick, size["searched"])
    pilots = Checkpoint(out, "pilots")
    steps = (1 if quick else 2) * len(chosen)
    if quick:
        replicates = dict.fromkeys((c.name for c in chosen), size["replicates"])
        noisy: dict[str, Verdict] = {}
    else:
        replicates, noisy = _allot(chosen, case, count, rules["time"], pilots, searches, lambda k: _part(progress, k, steps))
    rows, also, frames = [], [], []
    for index, claim in enumerate(chosen):
        if claim.name in noisy:
            rows.append(_row(claim, noisy[claim.name], replicates[claim.name]))
            continue
        mine = replace(case, replicates=replicates[claim.name])
        key = key_of(claim.name, claim.entry, claim.sites, count, mine.replicates, case.seed, quick)
        frame = kept.known(key)
        if frame is None:
            answers = run_claim(
                claim, mine, count, quick, _part(progress, steps - len(chosen) + index, steps), assigned=searches.of(claim)
            )
            frame = _frame(claim, answers, key)
            kept.add(frame)
        elif progress is not None:
            progress(100 * (steps - len(chosen) + index + 1), 100 * steps)
        frames.append(frame)
        row, beside = _judge(claim, frame, rules["rule"], mine.replicates)
        rows.append(row)
        also += beside
    table = pd.DataFrame(rows)
    command = case.command("hypotheses", only=tuple(c.name for c in chosen) if only else (), quick=quick, draws=draws)
    facts = {
        "quick": quick, "draws": count, "failed": int(sum(frame["failed"].sum() for frame in frames)), "replicates": [min(replicates.values()), max(replicates.values())], "claims": len(table),
        "verdicts": {word: table.loc[table["verdict"] == word, "claim"].tolist() for word in VERDICTS},
        "regions": {r["claim"]: _region(r) for r in rows if r["parameter"]},
    }  # fmt: skip
    facts["gave_way"] = [row["claim"] for row in rows if row["reason"].endswith(NO_TIME)]
    if searches.found:
        facts["assigned"] = [fact for assigned in searches.found.values() for fact in _assigned(assigned)]
    if any(row["claim"] == "H14" for row in also):
        facts["finance"] = _finance(also)
    data = {
        "draws": _with_others(frames, kept.rows),
        "also": pd.DataFrame(also, columns=ALSO),
    }
    # kept with the rest, so that the same command neither runs a pilot nor searches twice
    data |= {name: found.rows for name, found in (("pilots", pilots), ("assignments", searches.kept)) if found.rows is not None}
    return Finding("hypotheses", command, table, facts, data)


def _with_others(frames: Sequence[pd.DataFrame], kept: pd.DataFrame | None) -> pd.DataFrame:
    """Draws of the claims that were asked for, then those of others that a wider run left in the folder: they need not run again."""
    import pandas as pd

    asked = {key for frame in frames for key in frame["key"]}
    others = [] if kept is None or "key" not in kept else [kept[~kept["key"].isin(asked)]]
    parts = [part for part in (*frames, *others) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"claim": []})


class _Searches:
    """Assignments of claims with `search`, each found once: before its pilot, or before its runs where there is none."""

    def __init__(self, kept: Checkpoint, case: Case, quick: bool, worlds: int) -> None:
        self.kept, self.case, self.quick, self.worlds = kept, case, quick, worlds
        self.found: dict[str, Assigned] = {}

    def of(self, claim: Claim, progress: Progress = None) -> Assigned | None:
        """What a claim searches for; None if it searches for nothing."""
        if "search" not in claim.entry:
            return None
        if claim.name not in self.found:
            self.found[claim.name] = self._find(claim, progress)
        return self.found[claim.name]

    def _find(self, claim: Claim, progress: Progress) -> Assigned:
        import pandas as pd

        key = key_of(
            "search", claim.name, claim.entry["search"], claim.sites, claim.scenario(self.quick), self.worlds, self.case.seed
        )
        rows = self.kept.known(key)
        if rows is None:
            found = find_assignment(claim, self.case, self.quick, self.worlds, progress)
            rows = pd.DataFrame(
                [{"key": key, "claim": claim.name, "outcome": outcome, "cluster": cluster, "pathway": pathway}
                 for outcome, clusters in found.clusters.items()
                 for cluster, pathway in {SINGLE: found.single[outcome], **clusters}.items()]
            )  # fmt: skip
            self.kept.add(rows)
        each: dict[str, dict[str, str]] = {}
        for row in rows.to_dict("records"):
            each.setdefault(row["outcome"], {})[row["cluster"]] = row["pathway"]
        single = {outcome: clusters.pop(SINGLE) for outcome, clusters in each.items()}
        return Assigned(each, single)


def _assigned(found: Assigned) -> list[dict[str, Any]]:
    """How many clusters take which pathway, by outcome, and the best one for all."""
    return [
        {"outcome": outcome, "single": found.single[outcome], "counts": dict(Counter(clusters.values()).most_common())}
        for outcome, clusters in found.clusters.items()
    ]  # fmt: skip


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


def _allot(
    claims: Sequence[Claim], case: Case, draws: int, time: Mapping[str, Any], kept: Checkpoint, searches: _Searches, part
) -> tuple[dict[str, int], dict[str, Verdict]]:
    """Replicates of every claim, fixed by a pilot; and the claims that would need more than there is.

    The pilot runs in worlds that nothing else uses, with the next seed. Its standard errors tell how many replicates bring
    the median error of a draw to half the margin. What needs more than the most that is allowed on its site, or finds no
    room in the processor time (the dearest claims give way first), is too noisy.
    """
    replicates, noisy, cost = {}, {}, {}
    count, each = PILOT[1] - PILOT[0] + 1, int(time["pilot"])
    spent = 0.0
    for index, claim in enumerate(claims):
        pilot = replace(case, seed=case.seed + 1, replicates=each)
        tried = claim.deciding()
        key = key_of("pilot", claim.name, tried.entry, claim.sites, each, pilot.seed)
        frame, assigned = kept.known(key), searches.of(claim, part(index))
        if frame is None:
            frame = _frame(tried, run_claim(tried, pilot, count, False, part(index), first=PILOT[0], assigned=assigned), key)
            kept.add(frame)
        needed = needed_replicates(frame["error"].to_numpy(float), each, claim.margin)
        place = time["sites"].get(claim.scenario(False), time["sites"]["other"])
        most = int(claim.entry.get("most", place["most"]))
        run = place["seconds"] * (1 + arms_of(claim))
        spent += place["seconds"] * ((1 + arms_of(tried)) * count * each + searched_arms(claim) * searches.worlds)
        replicates[claim.name] = min(needed, most)
        if needed > most:
            noisy[claim.name] = Verdict("too_noisy", draws=0, reason=f"{_many(needed)} replicates needed, {most} are allowed")
        else:
            cost[claim.name] = run * draws * needed
    while cost and spent + sum(cost.values()) > time["budget"]:
        dearest = max(cost, key=cost.__getitem__)
        noisy[dearest] = Verdict("too_noisy", draws=0, reason=f"{cost.pop(dearest):.0f} s {NO_TIME}")
    return replicates, noisy


def _many(needed: int) -> str:
    return "more than 1000" if needed > 1000 else str(needed)


def arms_of(claim: Claim) -> int:
    """How many arms a claim runs in every draw."""
    if "sets" in claim.entry:
        return len(set_masks(claim))
    ladders = len(OUTCOMES) * len(claim.entry["search"]["budgets_bn"]) if "search" in claim.entry else 0
    return len(claim.entry.get("arms", {})) + searched_arms(claim) + ladders


def searched_arms(claim: Claim) -> int:
    """How many arms a claim runs in every world of its search."""
    spec = claim.entry.get("search")
    return len(spec["pathways"]) * len(spec["budgets_bn"]) if spec else 0


def _frame(claim: Claim, answers: Answers, key: str) -> pd.DataFrame:
    """A claim's draws as rows: key, claim, draw, statistic, its error, also.NAME, the world, and what else was drawn."""
    import pandas as pd

    values = answers.statistic()
    columns = {"key": key, "claim": claim.name, "draw": np.arange(len(values)), "statistic": values, "error": answers.errors(),
               "failed": answers.failed}  # fmt: skip
    columns |= {f"also.{name}": found for name, found in answers.also().items()}
    return pd.DataFrame(columns | answers.draws)


def _judge(
    claim: Claim, frame: pd.DataFrame, rule: Mapping[str, float], replicates: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    values = frame["statistic"].to_numpy(float)
    errors = frame["error"].to_numpy(float) if "error" in frame else np.full(len(values), np.nan)
    verdict = judge(values, errors, claim.margin, Rule(**rule))
    region = find_region(values, _parameters(claim, frame)) if verdict.word == "conditional" else None
    beside = []
    for name in claim.entry.get("also", {}):
        if f"also.{name}" in frame:
            beside.append({"claim": claim.name, "name": name, **estimate_columns("value", mean_interval(frame[f"also.{name}"]))})
    return _row(claim, verdict, replicates, region), beside


def _parameters(claim: Claim, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """All that was drawn, by name: the parameters of the worlds, and what the claim draws itself."""
    from ...model.parameters import World, sample_parameters

    fixed = claim.entry.get("uncertainties", {})
    seed = stored().seed if frame["world"].size else SEED
    names, values = drawn_values([World(n, n, sample_parameters(seed, n, fixed)) for n in map(int, frame["world"])])
    own = {name: frame[name].to_numpy(float) for name in claim.drawn() if name in frame}
    return {**{name: values[:, k] for k, name in enumerate(names) if name not in fixed}, **own}


def _row(claim: Claim, verdict: Verdict, replicates: int, region: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A row of the table; `holds` is the share of the true effects above 0, `statistic` their mean."""
    width = 1.645 * verdict.spread  # 5-95 % of the true effects, if they are spread like a normal law
    holds = Estimate(verdict.above, verdict.above_low, verdict.above_high, verdict.draws, verdict.reason)
    mean = Estimate(verdict.mean, verdict.mean - width, verdict.mean + width, verdict.draws, verdict.reason)
    return {
        "claim": claim.name, "source": claim.entry["source"], "unit": claim.entry["unit"], "verdict": verdict.word,
        "by_assumption": bool(claim.entry.get("by_assumption", False)), "draws": verdict.draws, "replicates": replicates,
        "margin": claim.margin, "inside": verdict.inside, "error": verdict.error,
        **estimate_columns("holds", holds), **estimate_columns("statistic", mean), "reason": verdict.reason,
        **{name: (region or {}).get(name) for name in ("parameter", "side", "threshold", "correlation")},
        "share_inside": (region or {}).get("inside"), "share_outside": (region or {}).get("outside"),
    }  # fmt: skip


def _region(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("parameter", "side", "threshold", "share_inside", "share_outside", "correlation")}
