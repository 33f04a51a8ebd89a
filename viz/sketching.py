"""The estimates of a sketch as lines that grow below each other: what each pathway avoids, and how far that may be off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .words import Words

if TYPE_CHECKING:
    from ..experiments.sketch import Estimate

__all__ = ["KEY", "UNTIL", "sketch_lines"]

KEY, UNTIL = "tco2e", 2035  # added up from 2020


def sketch_lines(estimate: Estimate, say: Words, first: bool = False) -> list[str]:
    """An estimate in one line: seconds, worlds and clusters, and kt CO2e that each pathway avoids beyond the law alone.

    Parameters
    ----------
    estimate : Estimate
    say : Words
    first : bool
        With two lines before it that say what stands there.
    """
    curve = estimate.curve(KEY, total=True)
    at = min(int(np.searchsorted(curve.years, UNTIL + 1 - 1e-9)), len(curve.years) - 1)
    acting = [k for k, arm in enumerate(estimate.arms) if arm not in ("null", "law")]
    told = []
    for k in acting:
        avoided, half = -curve.middle[k, at] / 1e3, (curve.high[k, at] - curve.low[k, at]) / 2e3
        off = "" if estimate.exact else f" ± {say.number(half)}" if np.isfinite(half) else " ± ?"
        told.append(f"{say.number(avoided)}{off}")
    kind = "worlds" if estimate.question.worlds else "replicates"
    of = say(f"sketch.{kind}", draws=estimate.draws, of=estimate.of_draws)
    part = say("sketch.clusters", clusters=estimate.clusters, of=estimate.of_clusters)
    line = f"{say.number(estimate.wall_s, 1):>6} s  {of}, {part}:  {';  '.join(told)}"
    if not first:
        return [line]
    names = ";  ".join(say.name("pathway", estimate.arms[k]) for k in acting)
    return [say("sketch.title", year=UNTIL), names, line]
