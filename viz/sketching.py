"""The estimates of a sketch as lines that grow below each other: what each pathway avoids, and how far that may be off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .words import Words, decimals_of, scale_of

if TYPE_CHECKING:
    from ..experiments.sketch import Estimate

__all__ = ["SketchLines"]

KEY, UNTIL = "tco2e", 2035  # added up from 2020


class SketchLines:
    """Estimates as text: a title and the names of the pathways, then a line for each.

    Unit and decimals are those that suit the first estimate, so that all lines can be read down: a city avoids kilotonnes, a cluster tonnes.

    Parameters
    ----------
    say : Words
    """

    def __init__(self, say: Words) -> None:
        self._say = say
        self._scale: tuple[float, str, int] | None = None

    def of(self, estimate: Estimate) -> list[str]:
        """Lines to add for an estimate: seconds, worlds and clusters, and CO2e that each pathway avoids beyond the law alone."""
        say, curve = self._say, estimate.curve(KEY, total=True)
        at = min(int(np.searchsorted(curve.years, UNTIL + 1 - 1e-9)), len(curve.years) - 1)
        acting = [k for k, arm in enumerate(estimate.arms) if arm not in ("null", "law")]
        avoided, half = -curve.middle[acting, at], (curve.high[acting, at] - curve.low[acting, at]) / 2
        lines = []
        if self._scale is None:
            largest = float(np.nanmax(np.abs(np.append(avoided, half[np.isfinite(half)])), initial=0.0))
            factor, unit = scale_of("t", "amount", largest)
            self._scale = factor, unit, decimals_of(largest * factor)
            names = ";  ".join(say.name("pathway", estimate.arms[k]) for k in acting)
            lines += [say("sketch.title", year=UNTIL, unit=say.unit(unit)), names]
        factor, _, decimals = self._scale
        told = []
        for middle, off in zip(avoided * factor, half * factor, strict=True):
            range_ = "" if estimate.exact else f" ± {say.number(off, decimals)}" if np.isfinite(off) else " ± ?"
            told.append(f"{say.number(middle, decimals)}{range_}")
        kind = "worlds" if estimate.question.worlds else "replicates"
        of = say(f"sketch.{kind}", draws=estimate.draws, of=estimate.of_draws)
        part = say("sketch.clusters", clusters=estimate.clusters, of=estimate.of_clusters)
        return [*lines, f"{say.number(estimate.wall_s, 1):>6} s  {of}, {part}:  {';  '.join(told)}"]
