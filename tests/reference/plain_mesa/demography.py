"""10 Exit, planned clusters, letting of slots, relocation, arrival (3, 5g, 5i)."""

from __future__ import annotations

from ecocluster.model.maths import exp, log
from ecocluster.model.rules.demography import Move

from .chains import exchanges_inside
from .compliance import effluent_cost
from .enterprise import Enterprise, sector_of, size_of
from .formulas import rules
from .links import close_links_of
from .luck import EVENT, PURPOSE
from .objects import (
    EXISTING,
    HUB_STREAMS,
    INFORMATION,
    INFRASTRUCTURE,
    LETTABLE,
    N_STREAMS,
    NONE,
    OUTSIDE,
    PLANNED,
    REAL_CONNECTED,
    RETIRED,
    SHARED,
    T1,
    T2,
    TAKEN,
    VACANT,
    WATER,
    Slot,
)
from .technology import borrow, investment, lent_for, own_funds, saving_of

__all__ = [
    "arrive",
    "clear_plots",
    "enter_planned",
    "expel",
    "find_slot",
    "gain_of_planned",
    "give_up",
    "leave",
    "let_slots",
    "life_margin",
    "may_enter",
    "moving_terms",
    "noise_of_moving",
    "old_plot",
    "pay_move",
    "relocate",
    "take",
    "will_leave",
]


# --- exit ----------------------------------------------------------------------------------------------


def will_leave(model, cluster, firm) -> bool:
    """Base hazard by size, and insolvency after two quarters of negative cash."""
    if cluster.held:
        return False
    p = model.p
    base = rules.demography.exit_hazard(p, firm.workers) * (1.0 - p.skills_exit_cut * cluster.levers.skills_housing)
    broke = p.insolvency_hazard if firm.negative_years >= 0.5 - 1e-9 else 0.0

    def happens(hazard: float) -> bool:
        chance = rules.diffusion.event(hazard, model.dt)
        return model.luck.happens(EVENT.EXIT, model.quarter, firm.firm_id, chance)

    leaves = happens(base + broke)
    model.events["bankrupt"] += leaves and broke > 0.0 and not happens(base)
    return leaves


def leave(model) -> None:
    """Owners take what is left, the bank writes off what is owed."""
    model.events["exits"] += len(model.leavers)
    for firm in model.leavers:
        model.ledger["EXIT_CASH"] += firm.cash
        model.ledger["LOAN_WRITTEN_OFF"] += sum(loan.balance for loan in firm.loans.values())
        close_links_of(model, firm)
        firm.slot.firm, firm.slot.status = None, SHARED if firm.slot.bought else VACANT
        firm.remove()
    model.leavers.clear()


# --- slots ---------------------------------------------------------------------------------------------


def let_slots(model) -> None:
    """Vacated slots become lettable at 1 a year."""
    chance = rules.diffusion.event(model.p.relet_rate, model.dt)
    for cluster in model.clusters:
        cluster.lettable.clear()
        if cluster.kind == OUTSIDE or (cluster.kind == PLANNED and cluster.opened > model.now + 1e-9):
            continue
        for slot in cluster.slots:
            if slot.status == VACANT:
                if model.luck.uniform(PURPOSE.SLOT_RELET, model.quarter, slot.ident) < chance:
                    slot.status = LETTABLE
            if slot.status == LETTABLE and not cluster.held:
                cluster.lettable.add(slot.ident)


def find_slot(model, kind: int, firm_id: int, sector: int) -> Slot | None:
    """A lettable slot: a cluster by what it weighs, on a walk down a tree of halves, and there the smallest hash.

    A cluster weighs its lettable slots, in existing ones times the share of the sector in the cluster's mix.
    """
    sizes = [
        (1.0 if kind == PLANNED else cluster.mix[sector]) * len(cluster.lettable) if cluster.kind == kind else 0.0
        for cluster in model.clusters
    ]
    levels = [sizes]
    while len(levels[-1]) > 1:
        row = levels[-1] + [0.0] * (len(levels[-1]) % 2)
        levels.append([left + right for left, right in zip(row[::2], row[1::2], strict=True)])
    if levels[-1][0] <= 0.0:
        return None
    at = 0
    for level in reversed(range(len(levels) - 1)):
        whole, row, at = levels[level + 1][at], levels[level], 2 * at
        if at + 1 < len(row) and row[at + 1] > 0.0:
            u = model.luck.uniform_of_pair(PURPOSE.ARRIVAL_FORK, model.quarter, firm_id, at * 64 + level)
            at += u * whole >= row[at]
    ident = min(
        model.clusters[at].lettable, key=lambda one: model.luck.bits_of_pair(PURPOSE.ARRIVAL_SLOT, model.quarter, firm_id, one)
    )
    return model.slots[ident]


def take(slot: Slot) -> None:
    slot.cluster.lettable.discard(slot.ident)


def _outside_slot(model) -> Slot:
    """First free slot outside any cluster."""
    return next(slot for slot in model.outside.slots if slot.status == VACANT)


# --- planned clusters -----------------------------------------------------------------------------------


def _first_open(model, cluster):
    """The first open planned cluster of a cluster's programme, else of the law, stands for all in comparisons; None: its firms stay."""
    ready = [c for c in model.clusters if c.kind == PLANNED and c.built[WATER] and _open_to(cluster, c)]
    return next((c for c in ready if c.programme == cluster.programme), ready[0] if ready else None)


def _open_to(cluster, there) -> bool:
    """Planned clusters of a programme are for its own clusters, those of the law for all."""
    return there.programme in (-1, cluster.programme)


def gain_of_planned(model, firm, here, there) -> tuple[float, float]:
    """Yearly gain after tax and lump gain of a plot in a planned cluster without moving, admission included, mVND."""
    p, levers = model.p, there.levers
    tax = rules.production.tax_rate(p, firm.revenue, model.now) * p.taxable_share
    energy = firm.elec * model.electricity_price + firm.fuel * p.fuel_price
    if firm.planned:
        energy /= 1.0 - p.relocation_energy  # what it would use elsewhere
    present = p.cost_benefit_infrastructure * here.built[INFRASTRUCTURE] + p.cost_benefit_information * here.built[INFORMATION]
    better = p.cost_benefit_infrastructure + p.cost_benefit_information - present
    gain = (effluent_cost(model, firm, firm.compliance, here) - effluent_cost(model, firm, REAL_CONNECTED, there)
            + p.relocation_energy * energy - p.rent_difference * firm.workers
            + (1.0 - p.operator_levy) * better * firm.workers)  # fmt: skip
    saving = lump = 0.0
    if levers.admission > 0.5:
        for j in _missing(firm):
            lump -= investment(model, firm, j)
            saving += saving_of(model, firm, j, there)
    return (gain + saving) * (1.0 - tax) + tax * levers.CIT_reduction * saving, lump


def may_enter(model, firm, there, spent: float) -> bool:
    """Has the firm partners inside, where it needs them, and can it pay for what admission requires? Else it is turned away.

    `spent` is what it spends on moving.
    """
    levers = there.levers
    if model.p.chain_admission and not exchanges_inside(model, firm, there):
        model.events["admission_refused"] += 1
        return False
    if not model.p.admission_by_own_means or levers.admission <= 0.5:
        return True
    for j in _missing(firm):
        cost = investment(model, firm, j)
        spent += cost - lent_for(model, firm, j, cost)
    allowed = spent <= own_funds(firm)
    model.events["admission_refused"] += not allowed
    return allowed


def _missing(firm) -> list[int]:
    """Technologies required for admission that the firm neither has nor has ordered."""
    return [j for j in (T1, T2) if not firm.has(j) and j not in firm.pending]


def enter_planned(model, firm) -> None:
    """Connection to the central plant, and admission."""
    levers = firm.cluster.levers
    firm.compliance = REAL_CONNECTED
    if levers.admission > 0.5:
        _admit(model, firm)
    firm.set_coefficients()


def _admit(model, firm) -> None:
    """T1 and T2 are required: who lacks them buys them on the supplier's credit."""
    p, levers = model.p, firm.cluster.levers
    firm.admitted = True
    for j in (T1, T2):
        firm.aware |= 1 << j
    for j in _missing(firm):
        cost = investment(model, firm, j)
        lent = lent_for(model, firm, j, cost)
        firm.cash -= cost - lent
        borrow(model, firm, j, lent, p.bank_rate)
        model.ledger["LOANS"] += lent
        model.invest("OWN_CAPEX", cost, p.tech_life_yr[j])
        relief = levers.CIT_reduction
        if p.exempt_years <= 0.0:
            relief *= max(saving_of(model, firm, j, firm.cluster), 0.0)
        firm.order(j, model.now + model.dt, cost / p.tech_life_yr[j], relief)


# --- relocation ------------------------------------------------------------------------------------------


def relocate(model) -> None:
    """Whoever gains by moving asks for a slot and for aid; hashed priority decides who is first."""
    if not any(cluster.lettable for cluster in model.clusters if cluster.kind == PLANNED):
        return
    chance = rules.diffusion.event(model.p.relocation_review, model.dt)
    movers = []
    for cluster in model.clusters:
        there = _first_open(model, cluster)
        if cluster.kind == PLANNED or cluster.held or there is None:
            continue
        for firm in cluster.residents():
            if not model.luck.happens(EVENT.RELOCATION_REVIEW, model.quarter, firm.firm_id, chance):
                continue
            if _value_of_moving(model, firm, there, there.levers.relocation_aid) > 0.0:
                movers.append((model.luck.bits(PURPOSE.PRIORITY, model.quarter, firm.firm_id * 8 + 5), firm))
    for _, firm in sorted(movers, key=lambda mover: mover[0]):
        _move(model, firm)


def life_margin(model, firm) -> float:
    """max(margin, sector margin): what a day without production costs, as a share of revenue."""
    return model.p.sector_margin[firm.sector] + max(firm.margin_life, 0.0)


def old_plot(model, firm) -> float:
    p = model.p
    if p.old_plot_value <= 0.0:
        return 0.0
    return firm.workers * p.old_plot_value * exp(p.old_plot_sd * model.luck.normal(PURPOSE.OLD_PLOT, 0, firm.firm_id))


def noise_of_moving(model, firm) -> float:
    return model.p.moving_noise * model.luck.normal(PURPOSE.MOVING_NOISE, 0, firm.firm_id)


def moving_terms(model, firm, aid: float = 0.0) -> Move:
    """What moving costs a firm."""
    moving = rules.demography.moving_cost(model.p, firm.workers, noise_of_moving(model, firm))
    return Move(moving, life_margin(model, firm), firm.revenue, aid)


def _value_of_moving(model, firm, there, aid: float) -> float:
    gain, lump = gain_of_planned(model, firm, firm.cluster, there)
    move = moving_terms(model, firm, aid)
    return rules.demography.relocation_value(model.p, gain, lump + old_plot(model, firm), firm.hurdle, move)


def _move(model, firm) -> bool:
    """Move into a planned cluster, with aid if slot and purse allow; False if it does not come to that."""
    p = model.p
    slot = find_slot(model, PLANNED, firm.firm_id, firm.sector)
    if slot is None:
        return False
    there = slot.cluster
    if p.developers and not _open_to(firm.cluster, there):
        return False
    moving = p.moving_cost * firm.workers * (1.0 + noise_of_moving(model, firm))
    idle = p.downtime * life_margin(model, firm) * firm.revenue
    full = moving + idle + p.dip * p.dip_years * life_margin(model, firm) * firm.revenue
    fund, offered = model.funds[there.programme] if there.programme >= 0 else None, there.levers.relocation_aid
    aid = 0.0 if fund is None or slot.aided or fund.purse[0] < offered * full else offered
    if (p.developers or aid < offered) and _value_of_moving(model, firm, there, aid) <= 0.0:
        return False
    if moving - aid * full > own_funds(firm) or not may_enter(model, firm, there, moving - aid * full):
        return False
    slot.aided = slot.aided or aid > 0.0
    pay_move(model, firm, moving, idle, aid * full, fund)
    model.events["entered_outside" if firm.cluster.kind == OUTSIDE else "entered_clusters"] += 1
    _transfer(model, firm, slot)
    take(slot)
    enter_planned(model, firm)
    return True


def pay_move(model, firm, moving: float, idle: float, aid: float, fund) -> None:
    """Costs of a move, aid of the fund, and the price of the old plot."""
    if aid > 0.0:
        fund.purse[0] -= aid
        fund.spent += aid
    plot = old_plot(model, firm)
    firm.cash += aid - moving - idle + plot
    for name, amount in (("RELOCATION_AID", aid), ("MOVING", moving), ("ADAPTATION", idle), ("OLD_PLOT", plot)):
        model.ledger[name] += amount


def _transfer(model, firm, slot: Slot) -> None:
    """Carry a firm to another slot; links, records and acquaintances are lost; .3 of the old plots leave industry."""
    close_links_of(model, firm)
    model.events["moved"] += 1
    old = firm.slot
    old.firm, old.status = None, VACANT
    if old.bought:
        old.status = SHARED
    elif old.cluster.kind != OUTSIDE:
        lost = model.luck.uniform(PURPOSE.SLOT_KEEP, model.quarter, old.ident) >= model.p.old_plot_relet
        old.status = RETIRED if lost else VACANT
        model.land_freed += lost * model.p.planned_slot_area
    slot.firm, slot.status = firm, TAKEN
    firm.slot, firm.cluster = slot, slot.cluster
    firm.moved_at = model.now
    firm.good = firm.bad = 0.0
    firm.member = [False] * len(HUB_STREAMS)
    firm.sold, firm.bought = [0.0] * N_STREAMS, [0.0] * N_STREAMS
    firm.exchange_gain = firm.link_cut = 0.0


def expel(model) -> None:
    """Compulsory relocation: a hashed share of the firms of dense districts must go, to a planned slot, else outside.

    Firms that came after 2020 knew the plan and stay.
    """
    p, leaving = model.p, []
    for cluster in model.clusters:
        share = cluster.levers.compulsory_share
        if cluster.kind != EXISTING or share <= 0.0 or not cluster.urban:
            continue
        for firm in cluster.residents():
            if firm.born < 2020.0 and model.luck.uniform(PURPOSE.COMPULSORY, 0, firm.firm_id) < share:
                leaving.append((model.luck.bits(PURPOSE.PRIORITY, model.quarter, firm.firm_id * 8 + 7), firm))
    for _, firm in sorted(leaving, key=lambda one: one[0]):
        if _first_open(model, firm.cluster) is not None and _move(model, firm):
            continue
        moving = min(p.moving_cost * firm.workers, max(own_funds(firm, model.levers[-1]), 0.0))
        firm.cash -= moving
        model.ledger["MOVING"] += moving
        _transfer(model, firm, _outside_slot(model))
        if firm.compliance == REAL_CONNECTED:
            firm.compliance = NONE
        firm.set_coefficients()


def clear_plots(model) -> None:
    """Firms whose plots were bought leave: to a slot that is to let, else outside."""
    leaving = [slot.firm for cluster in model.clusters for slot in cluster.slots if slot.bought and slot.firm is not None]
    for firm in sorted(leaving, key=lambda firm: model.luck.bits(PURPOSE.PRIORITY, model.quarter, firm.firm_id * 8 + 7)):
        slot = find_slot(model, EXISTING, firm.firm_id, firm.sector) or _outside_slot(model)
        moving, margin, revenue, _ = moving_terms(model, firm)
        idle = model.p.downtime * margin * revenue
        firm.cash -= moving + idle
        model.ledger["MOVING"] += moving
        model.ledger["ADAPTATION"] += idle
        take(slot)
        _transfer(model, firm, slot)
        if firm.compliance == REAL_CONNECTED and not firm.cluster.built[WATER]:
            firm.compliance = NONE
        firm.set_coefficients()
        model.so_far["firms_cleared"] += 1


# --- arrival ---------------------------------------------------------------------------------------------


def arrive(model) -> None:
    """One Poisson stream for the whole city, the same in every arm.

    Arrival n comes when the operational time (the integral of the rate) passes the sum of n exponential gaps.
    """
    p, luck = model.p, model.luck
    middle = model.now + 0.5 * model.dt - 2010.0
    model.operational += rules.demography.arrival_intensity(p, model.initial_firms, middle) * model.dt
    while model.next_gap <= model.operational:
        firm_id = model.first_arrival_id + model.arrivals
        model.arrivals += 1
        model.next_gap += -log(luck.uniform(PURPOSE.ARRIVAL_GAP, 0, model.arrivals))
        sector = sector_of(model.mix, luck.uniform(PURPOSE.TRAIT_SECTOR, 0, firm_id))
        _settle(model, firm_id, sector, size_of(model, model.workers_law, firm_id, True))


def _settle(model, firm_id: int, sector: int, workers: float) -> None:
    """A planned slot if its value is not negative, else a lettable slot, else outside any cluster."""
    slot = find_slot(model, PLANNED, firm_id, sector)
    if slot is not None and _try_planned(model, slot, firm_id, sector, workers):
        return
    slot = find_slot(model, EXISTING, firm_id, sector) or _outside_slot(model)
    take(slot)
    firm = Enterprise(model, slot, firm_id, sector, workers)
    cluster = slot.cluster
    firm.start_business(cluster.tech_count[T1] / max(cluster.counted, 1))
    _bring_along(model, firm)


def _bring_along(model, firm) -> None:
    """Cash and equipment of a newcomer; used equipment is worth the services that it has left."""
    # whom the law alone has no place for comes from outside
    model.origin.setdefault(firm.firm_id, model.row_of(firm.cluster if model.settled is None else model.outside))
    model.ledger["ENTRY_CASH"] += firm.cash
    for j, life in enumerate(model.p.tech_life_yr):
        if firm.has(j):
            left = max(firm.since[j] + life - model.now, model.dt)
            worth = rules.capital.worth_left(model.p.discount_rate, left, life)
            model.invest("ENTRY_EQUIPMENT", worth * investment(model, firm, j), left)


def _try_planned(model, slot: Slot, firm_id: int, sector: int, workers: float) -> bool:
    """Settle in a planned slot iff it is worth it against settling outside; else leave the slot as it was."""
    firm = Enterprise(model, slot, firm_id, sector, workers)
    firm.start_business(model.p.tech_initial_share[T1])
    firm.compliance = NONE  # what it would do elsewhere
    gain, lump = gain_of_planned(model, firm, model.outside, slot.cluster)
    value = rules.demography.relocation_value(model.p, gain, lump, firm.hurdle, Move(0.0, 0.0, 0.0, 0.0))
    if value < 0.0 or not may_enter(model, firm, slot.cluster, 0.0):
        give_up(firm)
        return False
    take(slot)
    _bring_along(model, firm)
    enter_planned(model, firm)
    model.events["entered_arrivals"] += 1
    return True


def give_up(firm) -> None:
    """Who only looked at a slot leaves it as it was."""
    firm.slot.firm, firm.slot.status = None, LETTABLE
    firm.remove()
