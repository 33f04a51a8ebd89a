"""Runs that follow a known rule, in place of `run_trials`: what an analysis should find is then known too."""

import numpy as np
import pandas as pd

# emissions and sales that nothing changes: (value, value of the null)
SAME = {"cod_total_2035": (10.0, 10.0), "landfilled_total_2035": (10.0, 10.0), "output_total_2035": (50.0, 50.0)}


def install(monkeypatch, model, shuffle=False):
    """Replace `run_trials`.

    `model(trial, replicate)` gives a mapping of outcome to (value, value of the null), or a text: the run failed. It may
    also hold "series" and "level" for traces. Returns the list of all calls: (trials, options).
    """
    calls = []

    def run_trials(trials, *, replicates=8, first_replicate=0, seed=1, outcomes=None, threads=None, progress=None,
                   traces=False, last_year=2046, within_ranges=True):  # luck as in `Trial.replicate`  # fmt: skip
        calls.append((list(trials), {"replicates": replicates, "seed": seed, "within_ranges": within_ranges}))
        rows = []
        for index, trial in enumerate(trials):
            for replicate in range(first_replicate, first_replicate + replicates):
                made = model(trial, trial.replicate + replicate)
                row = {"trial": index, "replicate": replicate, "failed": made if isinstance(made, str) else ""}
                for name in outcomes:
                    value, null = (np.nan, np.nan) if row["failed"] else made[name]
                    row |= {name: value, f"null.{name}": null}
                if traces:
                    row |= {name: made[name] for name in ("series", "level")}
                rows.append(row)
            if progress is not None:
                progress((index + 1) * replicates, len(trials) * replicates)
        frame = pd.DataFrame(rows)
        return frame.sample(frac=1.0, random_state=3) if shuffle else frame

    monkeypatch.setattr("ecocluster.experiments.sweeps.trials.run_trials", run_trials)
    return calls


def by_share(share):
    """A model whose `abatement_share` is `share(trial, replicate)`, the null emitting 100 t."""

    def model(trial, replicate):
        value = share(trial, replicate)
        return value if isinstance(value, str) else {"tco2e_total_2035": (100.0 * (1.0 - value), 100.0)}

    return model
