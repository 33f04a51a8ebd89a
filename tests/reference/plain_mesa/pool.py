"""10 Producers scattered outside clusters (13.7)."""

from __future__ import annotations

from collections import Counter

from ecocluster.model.rules.demography import Move

from .compliance import effluent_cost
from .demography import (
    enter_planned,
    find_slot,
    gain_of_planned,
    give_up,
    life_margin,
    may_enter,
    noise_of_moving,
    old_plot,
    pay_move,
    take,
)
from .enterprise import Enterprise
from .formulas import rules
from .luck import EVENT, PURPOSE
from .objects import EXISTING, INFORMATION, INFRASTRUCTURE, NONE, PLANNED, REAL_CONNECTED, WATER, Slot
from .technology import own_funds

__all__ = ["gather", "sums_of"]


def gather(model) -> None:
    """What the pool does outside is booked; then its members review a move into slots that arrivals left.

    A member tries a planned cluster, then an existing one; he has no technology and treats nothing.
    """
    p, luck = model.p, model.luck
    if not model.pool or model.now < 2020.0 - 1e-9:
        return
    here = sums_of(model, gone=False)
    flows = (here["cod"], here["elec"] * model.grid_factor + here["fuel"] * p.fuel_factor, here["landfill"],
             (3.6 * here["elec"] + here["fuel"]) / 1000.0)  # fmt: skip
    for n, amount in enumerate(flows):
        model.booked[int(model.now + 1e-6), len(model.layout.slots) + 1, n] += model.dt * amount
    chance = rules.diffusion.event(p.relocation_review, model.dt)
    members = [m for m in model.pool if m.gone is None and luck.happens(EVENT.RELOCATION_REVIEW, model.quarter, m.ident, chance)]
    for member in sorted(members, key=lambda m: luck.bits(PURPOSE.PRIORITY, model.quarter, m.ident * 8 + 5)):
        for kind in (PLANNED, EXISTING):
            slot = find_slot(model, kind, member.ident, member.sector)
            if slot is not None and _settles(model, member, slot):
                member.gone = model.now
                break


def _settles(model, member, slot: Slot) -> bool:
    """Does moving there pay a member, and can he pay for it? Then he moves."""
    p, there = model.p, slot.cluster
    firm = Enterprise(model, slot, member.ident, member.sector, member.workers)
    firm.set_coefficients()
    firm.use_resources()
    margin = life_margin(model, firm)
    moving = rules.demography.moving_cost(p, firm.workers, noise_of_moving(model, firm))
    idle = p.downtime * margin * firm.revenue
    full = moving + idle + p.dip * p.dip_years * margin * firm.revenue
    aid = there.levers.relocation_aid if there.kind == PLANNED and not slot.aided else 0.0
    fund = model.funds[there.programme] if aid > 0.0 else None
    if fund is not None and fund.purse[0] < aid * full:
        aid = 0.0
    gain, lump = _gain_of_place(model, firm, there)
    value = rules.demography.relocation_value(
        p, gain, lump + old_plot(model, firm), firm.hurdle, Move(moving, margin, firm.revenue, aid)
    )
    spent = moving - aid * full
    wants = value > 0.0 and spent <= own_funds(firm)
    if not wants or (there.kind == PLANNED and not may_enter(model, firm, there, spent)):
        give_up(firm)
        return False
    model.ledger["ENTRY_CASH"] += firm.cash
    slot.aided = slot.aided or aid > 0.0
    pay_move(model, firm, moving, idle, aid * full, fund)
    firm.moved_at = model.now
    take(slot)
    model.events["pool_moved"] += 1
    if there.kind == PLANNED:
        model.events["entered_pool"] += 1
        enter_planned(model, firm)
    elif there.built[WATER]:
        firm.compliance = REAL_CONNECTED
    return True


def _gain_of_place(model, firm, there) -> tuple[float, float]:
    """Yearly gain after tax and lump gain of a slot against staying outside, mVND."""
    if there.kind == PLANNED:
        return gain_of_planned(model, firm, model.outside, there)
    p = model.p
    choice = REAL_CONNECTED if there.built[WATER] else NONE
    gain = effluent_cost(model, firm, NONE, model.outside) - effluent_cost(model, firm, choice, there)
    built = p.cost_benefit_infrastructure * there.built[INFRASTRUCTURE] + p.cost_benefit_information * there.built[INFORMATION]
    gain += (1.0 - p.operator_levy) * built * firm.workers
    return gain * (1.0 - rules.production.tax_rate(p, firm.revenue, model.now) * p.taxable_share), 0.0


def sums_of(model, gone: bool) -> dict[str, float]:
    """What members of the pool who moved before this step, or the others, are and do outside, a year."""
    p, sums = model.p, Counter()
    for m in model.pool:
        if (m.gone is not None and m.gone < model.step_at - 1e-9) == gone:
            i, load, people = m.sector, m.workers * m.eps, m.workers
            water, revenue = p.sector_water_m3[i] * load, p.sector_revenue_mVND[i] * people
            effluent = p.sector_effluent_share[i] * water
            sums.update(firms=1, workers=people, elec=p.sector_elec_MWh[i] * load, fuel=p.sector_fuel_GJ[i] * load, water=water,
                        effluent=effluent, smoke=p.sector_smoke[i] * p.sector_fuel_GJ[i] * load / 1000.0, cod=p.sector_cod_kg_m3[i] * effluent / 1000.0, waste=p.sector_tonnes[i] * load,
                        landfill=p.sector_landfill[i] * load, gas=p.sector_gas[i] * load, output=revenue,
                        value=p.sector_value_added_mVND[i] * people, profit=p.sector_margin[i] * revenue)  # fmt: skip
    return sums
