"""Sobol' indices with SALib: its samples become trials, its analysis reads what comes out.

    python examples/sobol_with_salib.py

Which of three uncertain parameters decides how much the combined pathway emits less than the law alone? Each row of the sample runs on
the same replicates, and the mean over these is analysed: what is left of luck is the same for all rows. Needs the extra `analysis`.
"""

from __future__ import annotations

from ecocluster.experiments.sweeps.trials import Trial, run_trials, uncertainty_ranges
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sample

NAMES = ("electricity_growth", "q_in", "growth")
OUTCOME, POINTS, REPLICATES, LAST_YEAR = "tco2e_total_2022", 64, 2, 2023.0


def main() -> dict[str, float]:
    """First-order index of each parameter."""
    ranges = [uncertainty_ranges()[name] for name in NAMES]
    problem = {"num_vars": len(NAMES), "names": list(NAMES), "bounds": [[entry.low, entry.high] for entry in ranges]}
    points = sample.sample(problem, POINTS, calc_second_order=False, seed=1)
    trials = [Trial("teaching", "combined", uncertainties=dict(zip(NAMES, point, strict=True))) for point in points.tolist()]
    rows = run_trials(trials, replicates=REPLICATES, seed=1, outcomes=[OUTCOME], last_year=LAST_YEAR)
    effect = (rows[OUTCOME] - rows[f"null.{OUTCOME}"]).groupby(rows["trial"]).mean().to_numpy()
    found = analysis.analyze(problem, effect, calc_second_order=False, seed=1)
    return dict(zip(NAMES, found["S1"].tolist(), strict=True))


if __name__ == "__main__":
    for name, index in main().items():
        print(f"{name:20s} {index:6.2f}")
