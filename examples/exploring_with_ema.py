"""Exploratory modelling with the EMAworkbench: uncertainties and levers of the registries, replicates as an array outcome.

    python examples/exploring_with_ema.py

A model of the workbench is a function; this one runs one trial on a few replicates. Every combination of a sampled policy and a sampled
scenario is run, and all share their luck. Needs the extra `analysis`.
"""

from __future__ import annotations

from typing import Any

from ecocluster.experiments.sweeps.trials import Trial, lever_ranges, run_trials, uncertainty_ranges
from ema_workbench import (
    ArrayOutcome,
    CategoricalParameter,
    Model,
    RealParameter,
    ScalarOutcome,
    perform_experiments,
)

UNCERTAIN, LEVERS = ("electricity_growth", "q_in"), ("extension",)
OUTCOME, REPLICATES, LAST_YEAR = "tco2e_total_2022", 2, 2023.0


def one_experiment(pathway: str = "combined", **values: float) -> dict[str, Any]:
    """Emissions avoided since 2020, t, against the law alone: of every replicate, and their mean."""
    trial = Trial("teaching", pathway, uncertainties={name: values[name] for name in UNCERTAIN},
                  levers={name: values[name] for name in LEVERS})  # fmt: skip
    rows = run_trials([trial], replicates=REPLICATES, seed=1, outcomes=[OUTCOME], last_year=LAST_YEAR, threads=1)
    avoided = (rows[f"null.{OUTCOME}"] - rows[OUTCOME]).to_numpy()
    return {"avoided": avoided, "mean_avoided": float(avoided.mean())}


def make_model() -> Any:
    """The model as the workbench knows it, with the ranges of the registries."""
    model = Model("ecocluster", function=one_experiment)
    model.uncertainties = [
        RealParameter(name, uncertainty_ranges()[name].low, uncertainty_ranges()[name].high) for name in UNCERTAIN
    ]
    model.levers = [RealParameter(name, lever_ranges()[name].low, lever_ranges()[name].high) for name in LEVERS]
    model.levers += [CategoricalParameter("pathway", ("symbiosis", "combined"))]
    model.outcomes = [ScalarOutcome("mean_avoided", ScalarOutcome.MAXIMIZE), ArrayOutcome("avoided")]
    return model


def main() -> tuple[Any, Any]:
    """Experiments (a table) and outcomes (arrays), as the workbench's analyses take them."""
    return perform_experiments(make_model(), scenarios=2, policies=2)


if __name__ == "__main__":
    experiments, outcomes = main()
    print(experiments.assign(mean_avoided=outcomes["mean_avoided"]).drop(columns=["model", "scenario", "policy"]).to_string())
