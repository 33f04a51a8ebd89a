"""Which uncertain parameters decide the effect of a programme: Morris screening, then Sobol' indices of the strongest.

All points share their luck (common random numbers), so a parameter that is never read has an elementary effect of
exactly zero. But any other one also shuffles the luck: who is drawn when changes with the first decision that changes.
What that alone would show is reported (`noise_floor`, and the share of luck in the variance), so that nobody takes the
fifteenth rank for a finding; more replicates lower it.

Two traps of SALib are closed here. It matches results to its sample by order only (SALib#665): results are put in
order by the number of the trial, and a point without a result takes its whole trajectory or block with it. And its
`sobol.analyze` takes seed 0 for no seed: it is given generators.
"""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...model.border import bordered
from ..errors import InputError, check_number, need_package
from ..question import option_words
from ..with_modules import with_words
from .effects import by_trial, effect, luck_share, need_values
from .finding import Case, Finding, Progress
from .uncertainties import MORRIS_LEVELS, chosen, points, unit_points

if TYPE_CHECKING:
    import pandas as pd

    from ..sweeps.trials import Trial
    from .stored import Sweep

__all__ = ["morris_indices", "sensitivity", "sensitivity_of", "sobol_indices"]

RESAMPLE = 3  # purpose of random numbers
MORRIS = ("mu", "mu_star", "half", "sigma")
SOBOL = ("first", "first_half", "total", "total_half")
LISTED = 6  # parameters that sentences name
MOST_TRAJECTORIES, MOST_POINTS = 1000, 2**16


def _problem(count: int) -> dict:
    return {"num_vars": count, "names": [str(k) for k in range(count)], "bounds": [[0.0, 1.0]] * count}


def morris_indices(u: np.ndarray, y: np.ndarray, seed: int) -> pd.DataFrame:
    """Elementary effects over the whole range of each parameter.

    Parameters
    ----------
    u : (N, K) float64
        A "morris" design of `unit_points`.
    y : (N,) float64
        Results in the same order; a trajectory that holds a nan is left out.
    seed : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        One row per parameter: ``mu`` (mean), ``mu_star`` (mean of absolute values), ``half`` (95 % half width of
        mu_star) and ``sigma`` (scatter: curvature or interaction), in units of y.

    Raises
    ------
    InputError
        If fewer than two trajectories are complete.
    """
    import pandas as pd
    from SALib.analyze import morris

    count = u.shape[1]
    whole = np.isfinite(y.reshape(-1, count + 1)).all(axis=1)
    if whole.sum() < 2:
        missing = int((~np.isfinite(y)).sum())
        raise InputError("no_trajectory", whole=int(whole.sum()), count=len(whole), missing=missing, points=len(y))
    rows = np.repeat(whole, count + 1)
    found = morris.analyze(
        _problem(count), u[rows], y[rows], num_levels=MORRIS_LEVELS, num_resamples=1000,
        seed=np.random.default_rng([seed, RESAMPLE]),
    )  # fmt: skip
    names = dict(zip(MORRIS, ("mu", "mu_star", "mu_star_conf", "sigma"), strict=True))
    return pd.DataFrame({name: np.asarray(found[key], float) for name, key in names.items()})


def sobol_indices(count: int, y: np.ndarray, seed: int) -> pd.DataFrame:
    """First-order and total indices with 95 % half widths.

    Parameters
    ----------
    count : int
        Parameters.
    y : (base x (count + 2),) float64
        Results in the order of a "saltelli" design; a block that holds a nan is left out.
    seed : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        ``first``, ``first_half``, ``total``, ``total_half``: shares of the variance of y; nan if y does not vary.
    """
    import pandas as pd
    from SALib.analyze import sobol

    blocks = y.reshape(-1, count + 2)
    y = blocks[np.isfinite(blocks).all(axis=1)].ravel()
    columns = dict(zip(SOBOL, ("S1", "S1_conf", "ST", "ST_conf"), strict=True))
    if len(y) < 2 * (count + 2) or np.ptp(y) == 0:
        return pd.DataFrame(np.nan, index=range(count), columns=list(columns))
    with warnings.catch_warnings():  # a resample without variance has no index
        warnings.simplefilter("ignore", RuntimeWarning)
        found = sobol.analyze(
            _problem(count), y, calc_second_order=False, num_resamples=1000, seed=np.random.default_rng([seed, RESAMPLE])
        )  # fmt: skip
    return pd.DataFrame({name: np.asarray(found[key], float) for name, key in columns.items()})


def _evaluate(case: Case, trials: Sequence[Trial], outcome: str, progress: Progress) -> tuple[np.ndarray, int, float]:
    """Mean effect at every point in the order of the trials, the number of failed runs, the share of luck."""
    frame = case.run(trials, [outcome], progress)
    values = need_values(effect(frame, outcome), outcome)
    return by_trial(frame, values, len(trials)), frame.attrs["failed"], luck_share(frame, values)


@bordered
def sensitivity(
    case: Case,
    *,
    outcome: str = "abatement_share_2035",
    trajectories: int = 6,
    strongest: int = 5,
    base: int = 32,
    uncertainties: Sequence[str] | None = None,
    progress: Progress = None,
) -> Finding:
    """Screen the uncertain parameters, then apportion the variance of the effect to the strongest.

    Parameters
    ----------
    case : Case
    outcome : str
        Whose effect is explained, see `effects`; the mean over the replicates.
    trajectories : int
        Of Morris, 2 to 1000: (parameters + 1) points each.
    strongest : int
        Parameters that enter Sobol' indices, 1 to 25.
    base : int
        Base points of the Sobol' design, rounded up to a power of two: (strongest + 2) points each.
    uncertainties : sequence of str, optional
        Parameters to vary, at most 25; default: `uncertainties.STRONG`.
    progress : callable, optional

    Returns
    -------
    Finding
        Table: one row per parameter, strongest first; Sobol' columns are nan for those that were only screened.
    """
    need_package("sensitivity", "SALib")
    names = chosen(uncertainties)
    check_number("--trajectories", trajectories, 2, MOST_TRAJECTORIES, whole=True)
    check_number("--strongest", strongest, 1, len(names), whole=True)
    check_number("--base", base, 2, MOST_POINTS, whole=True)
    size = 1 << (int(base) - 1).bit_length()
    screen = unit_points("morris", trajectories, len(names), case.seed)
    runs = [len(screen) * case.replicates, size * (strongest + 2) * case.replicates]

    def part(before: int):
        return None if progress is None else lambda done, _: progress(before + done, sum(runs))

    _, at = points(names, screen)
    y, failed, screen_luck = _evaluate(case, [case.trial(uncertainties=x) for x in at], outcome, part(0))
    table = _ranked(names, morris_indices(screen, y, case.seed), "mu_star")
    top = tuple(table["parameter"][:strongest])
    u = unit_points("saltelli", size, len(top), case.seed)
    _, at = points(top, u)
    z, lost, luck = _evaluate(case, [case.trial(uncertainties=x) for x in at], outcome, part(runs[0]))
    table = table.join(sobol_indices(len(top), z, case.seed).reindex(table.index))
    command = case.command(
        "sensitivity", outcome=outcome, trajectories=trajectories, strongest=strongest, base=base,
        uncertainties=tuple(uncertainties or ()),
    )  # fmt: skip
    return _finding(
        case.pathway, outcome, command, table, z, top, luck, failed + lost, noise_floor(y, screen_luck),
        case.one_cluster,
    )  # fmt: skip


def sensitivity_of(sweep: Sweep, *, outcome: str = "abatement_share_2035", pathway: str | None = None, seed: int = 1) -> Finding:
    """The same from a stored sweep with a Morris or a Saltelli design: the half of the analysis that it allows.

    Parameters
    ----------
    sweep : Sweep
    outcome : str
    pathway : str, optional
        Arm of the sweep; default: its last one.
    seed : int
        Of the bootstrap.
    """
    need_package("sensitivity", "SALib")
    sweep.need(("morris", "saltelli"))
    if sweep.second_order:
        raise InputError("wrong_design", path=sweep.path, value="saltelli, second_order", kinds="morris, saltelli")
    arm = sweep.arm(pathway)
    y = sweep.means(arm, outcome)
    if sweep.kind == "morris":
        table = _ranked(sweep.names, morris_indices(sweep.unit, y, seed), "mu_star").assign(**dict.fromkeys(SOBOL, np.nan))
    else:
        table = _ranked(sweep.names, sobol_indices(len(sweep.names), y, seed), "total").assign(**dict.fromkeys(MORRIS, np.nan))
    case = sweep.case(arm)
    rows = sweep.frame[sweep.frame["arm"] == arm]
    luck = luck_share(rows, effect(rows, outcome))
    words = option_words({"from": sweep.path, "pathway": pathway, "outcome": outcome, "seed": seed})
    command = " ".join(["ecocluster", *with_words(), "sensitivity", shlex.quote(case.scenario), *words])
    floor = noise_floor(y, luck) if sweep.kind == "morris" else np.nan
    return _finding(arm, outcome, command, table, y, tuple(table["parameter"]), luck, sweep.failed, floor, sweep.one_cluster)


def _ranked(names: Sequence[str], indices: pd.DataFrame, by: str) -> pd.DataFrame:
    """Indices with the names of the parameters in front, strongest first."""
    indices = indices.assign(parameter=list(names))
    order = np.argsort(-indices[by].to_numpy(), kind="stable")
    return indices.iloc[order][["parameter", *indices.columns[:-1]]].reset_index(drop=True)


def noise_floor(y: np.ndarray, luck: float) -> float:
    """Largest mu_star of a parameter that does nothing but shuffle the luck: it changes who is drawn when, not what happens.

    Reached if every step shuffles all luck; parameters that change few decisions, or none, shuffle less. An elementary
    effect is then the difference of two points' luck over Morris' step; mu_star the mean of its absolute value, for a
    normal law.

    Parameters
    ----------
    y : (N,) float64
        Mean effects of the screening.
    luck : float
        Share of luck in their variance, from `effects.luck_share`.
    """
    step = MORRIS_LEVELS / (2 * (MORRIS_LEVELS - 1))
    return float(np.sqrt(2 / np.pi) * np.sqrt(2 * luck * np.nanvar(y, ddof=1)) / step)


def _finding(
    pathway: str, outcome: str, command: str, table: pd.DataFrame, y: np.ndarray, varied: Sequence[str], luck: float,
    failed: int, floor: float, one_cluster: bool,
) -> Finding:  # fmt: skip
    """Words need: how far the effect spreads over the points `y`, in which `varied` parameters vary, and what leads."""
    fine = y[np.isfinite(y)]
    top = table.head(len(varied)).head(LISTED)
    facts = {
        "outcome": outcome, "one_cluster": one_cluster, "pathway": pathway, "parameters": len(table), "varied": len(varied), "points": len(y),
        "failed": failed, "low": np.quantile(fine, 0.05), "high": np.quantile(fine, 0.95), "luck": luck,
        "inert": int((table["mu_star"] <= 1e-9 * table["mu_star"].max()).sum()), "strongest": list(top["parameter"]), "mu": top["mu"].to_numpy(),
        "mu_star": top["mu_star"].to_numpy(), "first_sum": table["first"].sum(min_count=1), "total": top["total"].to_numpy(),
        "floor": floor, "above": int((table["mu_star"] - table["half"] > floor).sum()) if np.isfinite(floor) else None,
        "screened": bool(table["mu_star"].notna().any()), "curve": bool(table["total"].notna().any()),
    }  # fmt: skip
    return Finding("sensitivity", command, table, facts)
