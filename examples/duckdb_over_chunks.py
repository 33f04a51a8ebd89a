"""Questions to a sweep in SQL: DuckDB reads the chunks where they lie, without an export and without holding them in memory.

    python examples/duckdb_over_chunks.py [FOLDER]

FOLDER is a sweep; without one a small one is run. Needs the extra `examples`.

Chunks prove whose they are by hash and mark; DuckDB does not look at these. So `status` is asked first which of them are sound.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb
from ecocluster.experiments.sweeps.results import status
from ecocluster.experiments.sweeps.runner import sweep

ASKED = {
    "scenario": "teaching", "pathways": ["symbiosis", "combined"], "design": {"kind": "lhs", "points": 8}, "replicates": 2, "seed": 1,
    "steps": 12, "uncertainties": ["electricity_growth", "q_in"], "outcomes": ["tco2e_total_2022"],
}  # fmt: skip


def effects(folder: Path) -> list[tuple[str, int, float]]:
    """Pathway, runs, and mean of what it emits more than the law alone, t since 2020, where electricity grows fast."""
    found = status(folder)
    if found.damaged or found.foreign or found.doubled:
        raise SystemExit(f"{folder}: set aside what does not belong there first (ecocluster resume)")
    return duckdb.execute(
        """
        SELECT pathway, count(*) AS runs, avg(tco2e_total_2022 - "null.tco2e_total_2022") AS effect
        FROM read_parquet($chunks)
        WHERE failed = '' AND electricity_growth > (SELECT median(electricity_growth) FROM read_parquet($chunks))
        GROUP BY pathway ORDER BY pathway
        """,
        {"chunks": str(folder / "chunks" / "*.parquet")},
    ).fetchall()


def key(folder: Path) -> str:
    """The key of the sweep that the chunks carry: the way back to the manifest."""
    rows = duckdb.execute(
        "SELECT DISTINCT json_extract_string(decode(value), '$.sweep') FROM parquet_kv_metadata($chunks) WHERE decode(key) = 'ecocluster'",
        {"chunks": str(folder / "chunks" / "*.parquet")},
    ).fetchall()
    ((found,),) = rows
    return found


def main(folder: Path) -> None:
    print(f"sweep {key(folder)}")
    for pathway, runs, effect in effects(folder):
        print(f"{pathway:20s} {runs:4d} runs {effect:12.1f} t")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as here:
            sweep(ASKED, Path(here) / "sweep")
            main(Path(here) / "sweep")
