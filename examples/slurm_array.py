"""A sweep as a SLURM array, with submitit: every task runs replicates of its own, and the parts are merged.

    python examples/slurm_array.py OUT              # tasks are processes of this machine
    python examples/slurm_array.py OUT --slurm      # tasks of an array; untried on a SLURM cluster

Tested with submitit's local executor alone; that the options of `update_parameters` suit your cluster is for you to see. OUT lies on a
disk that all nodes share. A task that is submitted again goes on with what its part has. Needs the extra `examples`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import submitit
from ecocluster.experiments.sweeps.merge import merge
from ecocluster.experiments.sweeps.results import Status
from ecocluster.experiments.sweeps.runner import sweep

TASKS, REPLICATES = 2, 4  # of each task
ASKED = {
    "scenario": "teaching", "pathways": ["symbiosis", "combined"], "design": {"kind": "lhs", "points": 4}, "seed": 1, "steps": 12,
    "uncertainties": ["electricity_growth", "q_in"], "outcomes": ["tco2e_total_2022"],
}  # fmt: skip


def part(out: Path, task: int) -> str:
    """Replicates `task * REPLICATES` ... of the same plan, in a folder of their own."""
    folder = out / f"part-{task}"
    sweep({**ASKED, "replicates": REPLICATES, "first_replicate": task * REPLICATES}, folder, workers=1)
    return str(folder)


def main(out: Path, cluster: str = "local") -> Status:
    """Submit, wait, merge."""
    executor = submitit.AutoExecutor(folder=out / "log-%j", cluster=cluster)
    executor.update_parameters(timeout_min=60, cpus_per_task=1, slurm_array_parallelism=TASKS)
    jobs = executor.map_array(part, [out] * TASKS, range(TASKS))
    return merge([job.result() for job in jobs], out / "whole")


if __name__ == "__main__":
    found = main(Path(sys.argv[1]).resolve(), "slurm" if "--slurm" in sys.argv else "local")
    print(f"{found.runs_done} of {found.runs} runs in {found.path}")
