"""5h: levers over time, the dose that the budget allows, and how long a law takes."""

from __future__ import annotations

from ..jit import jit

__all__ = ["dose_factor", "enactment_hazard", "permit_hazard", "scaled", "scheduled"]

_LN2 = 0.6931471805599453


@jit
def scheduled(baseline, target, time, start, ramp, end):
    """Value of a lever at `time`: baseline, a linear ramp from `start`, the target, baseline again from `end`."""
    if time < start - 1e-9 or time >= end - 1e-9:
        return baseline
    if ramp <= 0.0:
        return target
    return baseline + (target - baseline) * min((time - start) / ramp, 1.0)


@jit
def scaled(baseline, target, scale, cap):
    """Lever after the scale factor of its programme, kept below `cap` and never below its own target."""
    return baseline + max(min((target - baseline) * scale, cap - baseline), target - baseline)


@jit
def dose_factor(budget, need):
    """Part of the fixed cost that is paid: min(1, .5 B/need); 0 without a budget."""
    if budget <= 0.0:
        return 0.0
    return 1.0 if need <= 0.0 else min(1.0, 0.5 * budget / need)


@jit
def permit_hazard(p, rate, skill):
    """Hazard of a permit, 1/yr: trained officials are faster."""
    return rate * (1.0 + p.skill_permits * skill)


@jit
def enactment_hazard(median_lag, support, reference):
    """Hazard that a policy is enacted, 1/yr: ln 2/lag x support/.5625."""
    return _LN2 / median_lag * support / reference
