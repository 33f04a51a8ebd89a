"""What acted in an arm: the law, the levers of its programmes as they were in force, and the money of its funds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..model.ensemble import Runs

__all__ = ["Acting", "InForce", "in_force"]


@dataclass(frozen=True)
class Acting:
    """One lever of a programme.

    Attributes
    ----------
    programme, lever : str
    inside_planned : bool
        Does the value hold inside planned clusters only?
    unit : str
    before, written, in_force : float
        Without the programme, as the file or the user has it, and what acted: after the scale factor, and for doses
        the mean over the years of the part that the budget paid.
    typed : bool
        Did somebody type the value? Then it acts as typed.
    """

    programme: str
    lever: str
    inside_planned: bool
    unit: str
    before: float
    written: float
    in_force: float
    typed: bool


@dataclass(frozen=True)
class InForce:
    """What acted in an arm.

    Attributes
    ----------
    law : str
    law_levers : dict of str to float
        Levers of the law that are not as they were before 2020.
    levers : tuple of Acting
    scale : float
        Scale factor of the programmes.
    dose, dose_least : float
        Part of the written doses that the fixed half of the budget paid: mean over years and runs, and the least of all;
        1 without a programme.
    offered, spent, left : float
        Of all funds over the whole horizon, bn VND, mean over the runs; left includes what lapsed.
    """

    law: str
    law_levers: dict[str, float]
    levers: tuple[Acting, ...]
    scale: float
    dose: float
    dose_least: float
    offered: float
    spent: float
    left: float

    def to_json(self) -> dict[str, Any]:
        """As nested dicts."""
        return asdict(self)


def in_force(trace: Runs, index: int) -> InForce:
    """What acted in arm number `index` of an ensemble."""
    from ..model.sites_and_arms import MVND_PER_BN

    assert trace.funds is not None
    arm, funds = trace.given[index], trace.funds[index]
    funds = funds[trace.failed[index] == 0][:, : len(arm.programmes)]
    scale = 1.0 if arm.scale is None else float(arm.scale)
    levers, doses, least = [], [], []
    for k, programme in enumerate(arm.programmes):
        own = funds[:, k]
        acted = own["steps"] > 0
        dose = float((own["dose_sum"][acted] / own["steps"][acted]).mean()) if acted.any() else 0.0
        typed_dose = float(own["typed_dose"][acted].min()) if acted.any() else 0.0
        doses.append(dose)
        least.append(float(own["dose_least"][acted].min()) if acted.any() else 0.0)
        factor = scale if programme.scalable else 1.0
        levers += _levers(programme, arm.law, factor, dose, typed_dose, arm.budget)
    total = {name: float(funds[name].sum(axis=1).mean()) / MVND_PER_BN if funds.size else 0.0
             for name in ("released", "spent")}  # fmt: skip
    return InForce(
        arm.law.id, dict(arm.law.levers), tuple(levers), scale, float(np.mean(doses)) if doses else 1.0,
        min(least, default=1.0), total["released"], total["spent"], total["released"] - total["spent"],
    )  # fmt: skip


def _levers(programme, law, scale, dose, typed_dose, budget) -> list[Acting]:
    from ..model.levers import LAW_LEVERS, LEVERS
    from ..model.rules.government import scaled

    rows = []
    for prefix, values in (("", programme.levers), ("planned.", programme.planned)):
        for name, written in values.items():
            lever, typed = LEVERS[name], prefix + name in programme.typed
            before = law.levers.get(name, lever.baseline) if name in LAW_LEVERS else lever.baseline
            cap = -np.inf if lever.cap is None or typed else lever.cap
            acts = float(scaled(float(before), float(written), float(scale), float(cap)))
            if lever.kind == "dose":
                acts = before + (typed_dose if typed else dose) * (acts - before)
            if budget <= 0 and lever.kind not in ("procedure", "relief"):
                acts = before
            if written != before:
                rows.append(Acting(programme.id, name, bool(prefix), lever.unit, before, written, acts, typed))
    return rows
