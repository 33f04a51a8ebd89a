"""Which uncertain parameters an analysis varies, and points in their space.

A design is a matrix of probabilities between 0 and 1; the registry's range and distribution turn them into values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError

__all__ = ["MORRIS_LEVELS", "STRONG", "chosen", "points", "unit_points"]

# Section 7 of the specification: "moved the headline most in screenings: always in the designs", then the
# parameters that sections 5c to 5f call strong or as large as a policy. They are drawn without the bands of worlds; more may be named.
STRONG = (
    "electricity_growth", "retrofit", "hurdle_median", "cost.hub_fixed", "cost.link_coordination",
    "cost.project_infrastructure", "cost.benefit_infrastructure", "cost.CETP_fixed_OM", "violation_hazard",
    "project_review", "rent_difference", "cost.planned_land", "fee_cap", "cost.monitoring_data", "insolvency_hazard",
    "keep_probability", "taste_renewal", "sigma0", "review_rate", "p_ext", "q_in", "informal_discount", "b_min",
    "grid_factor_trend", "growth",
)  # fmt: skip
MORRIS_LEVELS = 4


def chosen(names: Sequence[str] | None) -> tuple[str, ...]:
    """The parameters to vary: `STRONG`, or those that are named.

    Raises
    ------
    InputError
        For a name that is not in the registry or named twice, or a parameter without a range.
    """
    from ..sweeps.ranges import check_values, uncertainty_ranges

    if not names:
        return STRONG
    ranges = uncertainty_ranges()
    check_values("uncertainties", {name: ranges[name].default if name in ranges else 0.0 for name in names}, ranges)
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputError("duplicate", kind="parameter", value=name)
        if ranges[name].low == ranges[name].high:
            raise InputError("no_range", value=name)
    return tuple(names)


def points(names: Sequence[str], u: np.ndarray) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Values of a design.

    Parameters
    ----------
    names : sequence of str
        Parameters, K of them.
    u : (N, K) float64
        Probabilities 0-1.

    Returns
    -------
    values : (N, K) float64
    uncertainties : list of dict
        The same, as `Trial.uncertainties` takes them.
    """
    from ..sweeps.ranges import uncertainty_ranges

    ranges = uncertainty_ranges()
    values = np.column_stack([ranges[name].quantile(u[:, k]) for k, name in enumerate(names)])
    return values, [dict(zip(names, map(float, row), strict=True)) for row in values]


def unit_points(kind: str, count: int, width: int, seed: int) -> np.ndarray:
    """A design of `sweeps.designs` as probabilities, shape (points, width).

    Parameters
    ----------
    kind : str
        "lhs" (`count` points), "morris" (`count` trajectories) or "saltelli" (base of `count`, a power of two).
    count, width, seed : int
    """
    from ..sweeps.designs import Design, Factor, make_points
    from ..sweeps.ranges import Range

    factors = tuple(Factor(Range(str(k), 0.0, 1.0, 0.5)) for k in range(width))
    return make_points(Design(kind, points=count, levels=MORRIS_LEVELS), factors, seed)
