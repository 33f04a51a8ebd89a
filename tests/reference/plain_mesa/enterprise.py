"""The firm: an agent whose traits are pure functions of its persistent id (specification, section 3)."""

from __future__ import annotations

import mesa
from ecocluster.model.maths import exp, log

from .compliance import choose_without_plant
from .formulas import rules
from .luck import PURPOSE
from .objects import (
    AWARE_LAW,
    HEAT,
    HUB_STREAMS,
    N_STREAMS,
    N_TECH,
    NEVER,
    NONE,
    OWN_PLANT,
    PLANNED,
    REAL_CONNECTED,
    REAL_OWN,
    T1,
    T4,
    TAKEN,
    TREATED_WATER,
    Link,
    Loan,
    Slot,
)
from .plants import look_at_plant

__all__ = ["Enterprise", "sector_of", "size_of"]


def sector_of(mix: list[float], u: float) -> int:
    """Sector by its weight in a mix that adds up to 1."""
    total = 0.0
    for i, weight in enumerate(mix):
        total += weight
        if u < total:
            return i
    return len(mix) - 1


def size_of(model, law: tuple[float, float, float], firm_id: int, thinned: bool) -> float:
    """Workers from a log-normal law (median, sd of ln, cap); arrivals are thinned so that the law stays stationary."""
    median, sd, cap = law
    for attempt in range(64):
        tag = firm_id * 64 + attempt
        workers = min(max(median * exp(sd * model.luck.normal(PURPOSE.TRAIT_WORKERS, 0, tag)), 1.0), cap)
        if not thinned or model.luck.uniform(PURPOSE.ARRIVAL_THIN, 0, tag) < rules.demography.thinning(model.p, workers):
            return workers
    return median


def _quantile(law, u: float) -> float:
    """Quantile from a table on equal steps of probability."""
    x = u * (len(law) - 1)
    i = min(int(x), len(law) - 2)
    return float(law[i] + (x - i) * (law[i + 1] - law[i]))


class Enterprise(mesa.Agent):
    """A firm in a slot.

    Parameters
    ----------
    model : CityModel
    slot : Slot
        Where it settles.
    firm_id : int
        Slot of the first day, or number of arrival: never used again.
    sector : int
    workers : float
    """

    def __init__(self, model, slot: Slot, firm_id: int, sector: int, workers: float):
        super().__init__(model)
        p, luck = model.p, model.luck
        self.firm_id, self.sector, self.workers = firm_id, sector, workers
        self.born, self.moved_at, self.admitted = model.now, NEVER, False
        self.revenue_factor = 1.0

        def normal(purpose: int, tag: int = firm_id) -> float:
            return luck.normal(purpose, 0, tag)

        self.eps = exp(p.eps_sd * normal(PURPOSE.TRAIT_EPS) - 0.5 * p.eps_sd**2)
        self.margin_life = p.margin_sd_life * normal(PURPOSE.TRAIT_MARGIN)
        revenue = p.sector_revenue_mVND[sector] * workers
        self.cash = p.cash_median * revenue * exp(p.cash_sd * normal(PURPOSE.TRAIT_CASH))
        self.collateral = p.collateral_median * revenue * exp(p.collateral_sd * normal(PURPOSE.TRAIT_COLLATERAL))
        indebted = luck.uniform(PURPOSE.TRAIT_DEBT, 0, firm_id) < p.debt_share
        self.old_debt = p.debt_ratio * revenue if indebted else 0.0
        hurdle = p.hurdle_median * exp(p.hurdle_sd * normal(PURPOSE.TRAIT_HURDLE))
        self.hurdle = min(max(hurdle, p.hurdle_low), p.hurdle_high)
        self.integrity = _quantile(p.integrity_law, luck.uniform(PURPOSE.TRAIT_INTEGRITY, 0, firm_id))
        self.attitude = self.attitude_start = _quantile(p.attitude_law, luck.uniform(PURPOSE.TRAIT_ATTITUDE, 0, firm_id))
        self.trust = self.trust_start = _quantile(p.trust_law, luck.uniform(PURPOSE.TRAIT_TRUST, 0, firm_id))
        self.exporter = luck.uniform(PURPOSE.TRAIT_EXPORT, 0, firm_id) < p.sector_exporter_share[sector]
        sd = p.trade_share_sd
        self.trade_share = min(p.tie_trade_share * exp(sd * normal(PURPOSE.TRAIT_TRADE) - 0.5 * sd * sd), 1.0)
        u = luck.uniform(PURPOSE.DISCLOSE, 0, firm_id)
        self.disclosure_taste = log(u / (1.0 - u))
        self.z_util = normal(PURPOSE.TRAIT_STATE, firm_id * 2)
        self.z_margin = normal(PURPOSE.TRAIT_STATE, firm_id * 2 + 1)
        self.aware = 0
        for j, chance in enumerate([p.aware_technology_2010] * N_TECH + [p.aware_law_2010, p.aware_symbiosis_2010]):
            on_offer = j != OWN_PLANT and (j != T4 or model.offered[T4])
            if on_offer and luck.uniform(PURPOSE.TRAIT_AWARE, 0, firm_id * 8 + j) < chance:
                self.aware |= 1 << j

        # what it owns and owes, does and remembers
        self.tech = self.ever = 0  # bits: in operation; once ordered
        self.since = [0.0] * N_TECH  # start of operation, also of what is ordered
        self.pending: dict[int, float] = {}  # technology ordered -> when it starts
        self.loans: dict[int, Loan] = {}
        self.write_off: dict[int, float] = {}  # depreciation a year of what was bought since 2010
        self.tax_cut: dict[int, tuple[float, float]] = {}  # part of the saving that is free of tax, until
        self.ordered_write_off: dict[int, float] = {}  # the same of what does not yet operate
        self.ordered_cut: dict[int, tuple[float, float]] = {}
        self.link_cut = 0.0  # gain of links in this step that is free of tax
        self.exemption: tuple[float, float] | None = None  # share of the whole tax that is forgone, until
        self.compliance = NONE
        self.discloses = self.in_club = False
        self.fined_at: list[float] = []  # fines that count towards a suspension
        self.stopped = 0.0  # years that it must still stand still
        self.last_fine = 0.0
        self.told = 0  # bits: grants, credit, tax cut of the programme
        self.plant = self.plant_at = self.treats = 0.0  # what its plant removed first, since when, and now
        self.asked = False  # by a lead firm for T1, T2 or real treatment
        self.told_by: dict[int, str] = {}  # T1 or T2 -> which tie told it
        self.visited = self.served = self.studied = -NEVER  # when it last was
        self.member = [False] * len(HUB_STREAMS)
        self.good = self.bad = 0.0  # public record of conduct
        self.links: list[Link] = []  # active ones, waiting ones and remembered ones
        self.sold, self.bought = [0.0] * N_STREAMS, [0.0] * N_STREAMS
        self.profit = self.debt_service = self.interest = self.exchange_gain = self.negative_years = self.spared = self.avoided = (
            self.fuel_spared
        ) = 0.0
        self.activity = workers
        self.slot = slot
        self.cluster = slot.cluster
        slot.firm, slot.status = self, TAKEN

    # --- what follows from the state ---------------------------------------------------------------

    @property
    def revenue(self) -> float:
        """Sales a year at utilisation 1, mVND."""
        return self.model.p.sector_revenue_mVND[self.sector] * self.revenue_factor * self.workers

    @property
    def planned(self) -> bool:
        """Does it sit in a planned cluster?"""
        return self.cluster.kind == PLANNED

    def has(self, j: int) -> bool:
        """Is technology j in operation?"""
        return bool(self.tech >> j & 1)

    def knows(self, bit: int) -> bool:
        """Does it know of technology `bit`, the law or symbiosis?"""
        return bool(self.aware >> bit & 1)

    @property
    def active_links(self) -> int:
        """Number of active links, as supplier and as buyer."""
        return sum(link.state == "active" for link in self.links)

    def neighbours(self):
        """Acquaintances (whoever sits in the four slots) and active partners."""
        for slot in self.slot.ties:
            if slot.firm is not None:
                yield slot.firm
        for link in self.links:
            if link.state == "active":
                yield link.buyer if link.supplier is self else link.supplier

    # --- technology on the first day ---------------------------------------------------------------

    def start_business(self, share_T1: float) -> None:
        """Technologies of the first day with their age, and the first choice of compliance.

        Parameters
        ----------
        share_T1 : float
            Probability of T1; the others have their initial shares of 2010.
        """
        p, luck = self.model.p, self.model.luck
        for j in range(N_TECH):
            share = share_T1 if j == T1 else p.tech_initial_share[j]
            if luck.uniform(PURPOSE.TRAIT_TECHNOLOGY, 0, self.firm_id * 8 + j) < share:
                self.install(j)
        self.set_coefficients()
        self.use_resources()
        if self.planned:
            self.compliance = REAL_CONNECTED
        elif self.has(OWN_PLANT):
            self.compliance = REAL_OWN
        elif self.knows(AWARE_LAW):
            self.compliance = choose_without_plant(self)

    def install(self, j: int) -> None:
        """Technology j operates since a time that is uniform over its life."""
        self.tech |= 1 << j
        self.ever |= 1 << j
        self.aware |= 1 << j
        age = self.model.luck.uniform(PURPOSE.TRAIT_AGE, 0, self.firm_id * 8 + j) * self.model.p.tech_life_yr[j]
        self.since[j] = self.model.now - age
        if j == OWN_PLANT:
            look_at_plant(self, 0)

    def order(self, j: int, start: float, write_off: float, relief: float) -> None:
        """Technology j is ordered.

        Parameters
        ----------
        start : float
            When it begins to operate.
        write_off : float
            Depreciation a year, mVND.
        relief : float
            Part of the yearly saving that is free of tax for eight years or its life, mVND; with `exempt_years` the share of
            its whole tax that a firm is spared, once, from now on.
        """
        p = self.model.p
        self.ever |= 1 << j
        self.model.ordered.setdefault(self.firm_id, set()).add(j)
        self.pending[j] = start
        self.ordered_write_off[j] = write_off
        self.tax_cut.pop(j, None)
        self.ordered_cut.pop(j, None)
        if p.exempt_years > 0.0:
            if relief > 0.0 and self.exemption is None:
                self.exemption = (relief, self.model.now + p.exempt_years)
        elif relief > 0.0:
            self.ordered_cut[j] = (relief, start + min(p.cit_years, p.tech_life_yr[j]))

    # --- 2 resources (5a) --------------------------------------------------------------------------

    def set_coefficients(self) -> None:
        """Use per worker at utilisation 1, with what operates and with nothing adopted."""
        p, i = self.model.p, self.sector

        def kept(saves: list[float]) -> float:
            share = 1.0
            for j, saved in enumerate(saves):
                if self.tech >> j & 1:
                    share *= 1.0 - saved
            return share

        elec, fuel, water = kept(p.tech_saves_electricity), kept(p.tech_saves_fuel), kept(p.tech_saves_water)
        place = 1.0 - p.relocation_energy if self.planned else 1.0
        self.reference = (p.sector_elec_MWh[i] * self.eps, p.sector_fuel_GJ[i] * self.eps, p.sector_water_m3[i] * self.eps)
        self.per_worker = (
            self.reference[0] * elec * place,
            self.reference[1] * fuel * place,
            self.reference[2] * water,
        )
        self.waste_per_worker = self.eps * kept(p.tech_saves_waste)
        self.disposal_per_worker = self.waste_per_worker * p.sector_disposal[i]
        self.solar_share = p.tech_solar_share[T4] if self.has(T4) else 0.0
        # saved by technology: the lower use of a planned cluster is no merit of the firm
        before = self.reference[0] * 3.6 + self.reference[1]
        self.energy_saved = 1.0 - (self.reference[0] * elec * 3.6 + self.reference[1] * fuel) / before
        self.water_saved = 1.0 - water
        self.recp = rules.certification.is_recp(self.model.p, self.tech, self.energy_saved, self.water_saved)

    def use_resources(self) -> None:
        """Electricity (MWh), fuel (GJ), water, effluent (m3) and waste (units of a worker-year) a year."""
        p, activity = self.model.p, self.activity
        self.elec = self.per_worker[0] * activity
        self.fuel = self.per_worker[1] * activity
        self.water = self.per_worker[2] * activity
        self.effluent = p.sector_effluent_share[self.sector] * self.water
        self.waste = self.waste_per_worker * activity
        self.own_running = rules.compliance.own_running_cost(p, self.effluent)

    def supply(self, w: int) -> float:
        """Yearly amount of stream w that the firm gives off; treated water is a share of what it really treats."""
        p = self.model.p
        if w == HEAT and p.heat_of_firms > 0.5:
            return p.heat_recoverable * self.per_worker[1] * self.activity
        if w == TREATED_WATER:
            return p.supply[self.sector][w] * self.effluent if self.compliance >= REAL_OWN else 0.0
        return p.supply[self.sector][w] * self.waste

    def demand(self, w: int) -> float:
        """Yearly amount of stream w that the firm could use; of treated water a share of what it uses."""
        p = self.model.p
        if w == HEAT and p.heat_of_firms > 0.5:
            return p.sector_heat_replaceable[self.sector] * self.per_worker[1] * self.activity
        if w == TREATED_WATER:
            return p.demand[self.sector][w] * self.water
        return p.demand[self.sector][w] * self.activity
