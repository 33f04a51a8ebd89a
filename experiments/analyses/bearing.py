"""Does a change of the model bear on what a pathway brings? One rule, for barrier 6 and for every mechanism.

The measure is what the pathway itself moves beyond the law alone; a change that moves less than `MARGIN` of it does not bear.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..statistics import Estimate

__all__ = ["JUDGED", "MARGIN", "is_sure", "part_of", "together", "verdict"]

# less of each is better: COD, greenhouse gas and landfill from 2020 to 2035, and the social cost of getting there
JUDGED = ("cod_total_2035", "tco2e_total_2035", "landfilled_total_2035", "pv_social_cost_2035")
MARGIN = 0.03


def verdict(gain: Estimate, whole: Estimate) -> str:
    """Does a change move an outcome, measured by what the pathway brings?

    Parameters
    ----------
    gain, whole : Estimate
        Of the change and of the pathway; more is better.

    Returns
    -------
    str
        "idle": the interval lies within `MARGIN` of the whole; "helps" or "harms": it lies beyond; else "open". Where the
        pathway itself may move nothing there is no measure: "unmeasured".
    """
    if not is_sure(whole):
        return "unmeasured"
    limit = MARGIN * abs(whole.mean)
    if gain.low >= -limit and gain.high <= limit:
        return "idle"
    if gain.low > limit:
        return "helps"
    return "harms" if gain.high < -limit else "open"


def is_sure(effect: Estimate) -> bool:
    """Does its interval leave out 0?"""
    return effect.low > 0 or effect.high < 0


def part_of(gain: Estimate, size: float) -> Estimate:
    """A gain as a part of something of that size, its interval with it; nan where there is no size."""
    return Estimate(gain.mean / size, gain.low / size, gain.high / size, gain.runs)


def together(verdicts: Sequence[str]) -> str:
    """Over several outcomes: the strongest verdict; it is idle where it is so for each that has a measure."""
    return next((name for name in ("helps", "harms", "open", "idle") if name in verdicts), "open")
