"""The city: one step is the table of contents of the specification (section 4)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import mesa
from ecocluster.model.layout import Layout
from ecocluster.model.parameters import parameter_record
from ecocluster.model.sites_and_arms import SECTORS, STREAMS, Arm, Law, Shock, Site
from ecocluster.model.timelines import FORK_YEAR, LAST_YEAR, START_YEAR, make_plan

from . import certificates, demography, developers, operators, pool, production
from .chains import note_like_reference
from .compliance import complain, inspect, make_visits, review_compliance
from .coordinator import coordinate
from .formulas import parameters as plain_parameters
from .formulas import rules
from .hubs import deliver_hubs, review_hubs, start_hubs
from .knowledge import learn, update_beliefs
from .links import deliver, open_case, search_partner, sign_deals
from .luck import Luck
from .objects import PLANNED, WATER, Fund
from .outside import open_step
from .plants import age_central_plant
from .requests import serve_requests
from .residents import meet_residents
from .setup import begin, fork
from .technology import age_technologies, review_technologies

__all__ = ["CityModel"]

NULL = Arm("null")


class CityModel(mesa.Model):
    """A cluster or a city of clusters with its firms as agents, from 2010 on; the arm's programmes act from 2020.

    Parameters
    ----------
    site : Site
    arm : Arm
        Default: the null.
    parameters : mapping, optional
        Overrides by registry name.
    shocks : tuple of Shock
    seed, replicate : int
    scale : float
        Scale factor of the programmes.
    steps_per_year : int
    ordered_in_null : mapping, optional
        Firm id to the technologies it ordered in the matched null: whoever is paid for them is a free rider.
    fines_of_law : sequence of float, optional
        Fines of every step from 2010 on in the matched null, mVND; default: infinite, so that none are additional.

    Attributes
    ----------
    clusters : list of Cluster
        Existing ones, then planned ones, last the world outside.
    links : list of Link
    funds : list of Fund
    ledger, matter, events : mapping
        Money (mVND) and physical quantities of the last step, by the names of `ecocluster.model.ledger`; numbers of
        what happened in it.
    """

    def __init__(self, site: Site, arm: Arm = NULL, *, parameters: Mapping[str, float] | None = None,
                 shocks: tuple[Shock, ...] = (), seed: int = 1, replicate: int = 0, scale: float = 1.0,
                 steps_per_year: int = 4, ordered_in_null: Mapping[int, set[int]] | None = None,
                 fines_of_law: Sequence[float] | None = None, settled: Mapping[int, int] | None = None):  # fmt: skip
        super().__init__(seed=seed)
        record = parameter_record(parameters)
        self.p, self.luck = plain_parameters(record), Luck(seed, replicate)
        self.arm, self.scale = arm, scale
        self.layout = Layout(site, record, (arm,))
        self.plan = make_plan(record, arm, tuple(shocks), steps_per_year, LAST_YEAR, self.layout.programmes)
        self.quarter, self.now, self.dt = 0, float(START_YEAR), 1.0 / steps_per_year
        self.fork_step = (FORK_YEAR - START_YEAR) * steps_per_year
        self.slots, self.links = {}, []
        self.funds = [Fund() for _ in range(self.layout.programmes)]
        self.ledger, self.matter, self.events = defaultdict(float), defaultdict(float), Counter()
        self.displaced = defaultdict(float)  # what suspended firms did not make or discharge in the step, a year
        self.visits, self.visits_due, self.visits_made = {}, 0, 0  # by firm: after a complaint? and of the calendar year
        self.requests, self.proposals, self.hub_proposals, self.leavers = [], [], [], []
        self.called = set()  # hubs that a coordinator proposes in this step
        self.begun, self.due, self.lasted = {}, Counter(), Counter()  # links and hubs by step; by kind and age
        self.offers = {}  # what firms can give and take, while partners are searched
        self.unit_gain = [rules.symbiosis.unit_gain(self.p, w) for w in range(len(STREAMS))]
        self.ordered, self.ordered_in_null = {}, ordered_in_null or {}
        self.paid, self.paid_anyway = Counter(), Counter()  # orders that a programme paid; those of free riders
        self.arrivals, self.operational = 0, 0.0
        self.pool, self.step_at = [], float(START_YEAR)  # producers outside; when the step began
        self.origin, self.settled = {}, settled  # row of a firm's origin; where firms came to stand under law alone
        self.booked = defaultdict(float)  # (year, origin, flow): t COD, tCO2e on site, t landfilled, TJ
        self.capital, self.land_freed = [], 0.0  # (first step without it, its service a step); ha
        self.land_taken, self.so_far = 0.0, Counter()  # ha that shared land and new plots took; what came of it
        self.elec_per_firm = self.effluent_per_firm = 0.0
        self.like_mean = [0.0] * len(SECTORS)  # firms of a trade in a cluster, 2018-19
        self.fines_of_law = [math.inf] * len(self.plan.fines) if fines_of_law is None else fines_of_law
        self.law, self.law_need, self.law_at = Law(), 0.0, float(FORK_YEAR)
        begin(self, self.layout)

    def fund_of(self, cluster) -> Fund | None:
        """The fund that pays for requests from a cluster: that of its programme, once enacted, if it has money."""
        if cluster.programme < 0 or cluster.barred:
            return None
        fund = self.funds[cluster.programme]
        return fund if fund.enacted and fund.budget > 0.0 else None

    def row_of(self, cluster) -> int:
        """Row of an existing cluster; the last one is for all that is elsewhere."""
        return min(cluster.ident, len(self.layout.slots))

    def book(self, flow: str, per_year: float) -> None:
        """Book a flow of money of so many mVND a year."""
        self.ledger[flow] += self.dt * per_year

    def invest(self, flow: str, amount: float, years: float) -> None:
        """Book an investment; it counts by equal services in every step of its life, worth the amount at the public rate."""
        self.ledger[flow] += amount
        steps = rules.capital.life_in_steps(years, self.dt)
        service = rules.capital.capital_service(amount, self.p.discount_rate, steps, self.dt)
        self.capital.append((self.quarter + steps, service))

    def step(self) -> None:
        """A quarter."""
        self.step_at = self.now
        if self.quarter == self.fork_step:
            fork(self, self.layout, self.arm, self.scale)
            self.origin = {firm.firm_id: self.row_of(firm.cluster) for firm in self.agents}
            self.origin |= {member.ident: len(self.layout.slots) + 1 for member in self.pool}
            if self.settled is not None:
                self.origin = dict(self.settled)
        # 1 outside world; what was ordered begins to operate
        operators.finish_projects(self)
        open_step(self)
        for firm in self.agents:
            age_technologies(self, firm)
            production.serve_loans(firm, self.dt)
        for cluster in self.clusters:
            age_central_plant(self, cluster)
        production.count_adopters(self)
        meet_residents(self)
        # 2 production; 3 links and hubs deliver; 2 the books
        for firm in self.agents:
            production.produce(self, firm)
        deliver(self)
        for cluster in self.clusters:
            deliver_hubs(self, cluster)
            production.close_books(self, cluster)
        for cluster in self.clusters:
            if cluster.firms:
                self._decide(cluster)
        serve_requests(self)
        make_visits(self)
        # 8 symbiosis
        sign_deals(self)
        for cluster in self.clusters:
            review_hubs(self, cluster)
        start_hubs(self)
        # 9 operators
        operators.run_operators(self)
        operators.run_projects(self)
        certificates.update_levels(self)
        # 10 exit, relocation, arrival
        demography.leave(self)
        developers.open_planned(self)
        demography.let_slots(self)
        demography.expel(self)
        demography.clear_plots(self)
        demography.relocate(self)
        demography.arrive(self)
        pool.gather(self)
        self._close()

    def _decide(self, cluster) -> None:
        """4 trust, 5 knowledge, 6 compliance, 7 technology, 8 search, 10 who leaves: all that one cluster decides."""
        update_beliefs(self, cluster)
        learn(self, cluster)
        for firm in cluster.firms:
            inspect(self, firm)
        complain(self, cluster)
        for firm in cluster.firms:
            review_compliance(self, firm)
        for firm in cluster.firms:
            review_technologies(self, firm)
        for firm in cluster.firms:
            search_partner(self, cluster, firm)
        open_case(self, cluster)
        coordinate(self, cluster)
        self.leavers += [firm for firm in cluster.firms if demography.will_leave(self, cluster, firm)]

    def _close(self) -> None:
        """11 what is reckoned from the sums of the step; the clock."""
        self._follow_cohorts()
        opened = [c for c in self.clusters if c.kind != PLANNED or c.built[WATER]]
        self.matter["LANDFILL_T"] = self.dt * sum(c.sums.landfill - c.exchanged_landfill for c in opened)
        self.matter["DEALER_T"] = self.dt * sum(
            c.sums.waste - c.sums.landfill - (c.exchanged - c.exchanged_landfill) for c in opened
        )
        self.matter["REUSED_M3"] = self.dt * sum(c.sums.reused for c in opened)
        firms = max(sum(c.counted for c in opened), 1)
        self.elec_per_firm = sum(c.sums.elec for c in self.clusters) / firms
        self.effluent_per_firm = sum(c.sums.effluent for c in self.clusters) / firms
        for cluster in self.clusters:  # indicators of a step compare with what was known before its end
            cluster.usual = (cluster.reference_workers, cluster.income_reference)
        if 2018.0 - 1e-9 <= self.now < 2020.0 - 1e-9:
            self._note_reference()
        self.quarter += 1
        self.now = START_YEAR + self.quarter * self.dt

    def _follow_cohorts(self) -> None:
        """Links and hubs begun since 2020 that would be 3 and 8 years old now."""
        self.begun[self.quarter] = {"links": self.events["activated"], "hubs": self.events["hubs_started"]}
        for years in (3, 8):
            if self.now - years >= 2020.0 - 1e-9:
                for kind, begun in self.begun[self.quarter - round(years / self.dt)].items():
                    self.due[kind, years] += begun

    def _note_reference(self) -> None:
        """2018-19, the reference of each cluster: intensity, workers, income; clusters without firms take the city's."""
        for cluster in self.clusters:
            cluster.reference_energy += cluster.sums.elec * 3.6 + cluster.sums.fuel
            cluster.reference_output += cluster.sums.output
            cluster.reference_workers += cluster.counted_workers * self.dt / 2.0  # the mean of two years
            cluster.reference_value += cluster.sums.value_added * self.dt / 2.0
            cluster.reference_profit += cluster.sums.profit * self.dt / 2.0
        note_like_reference(self)
        energy = sum(cluster.reference_energy for cluster in self.clusters)
        output = sum(cluster.reference_output for cluster in self.clusters)
        workers = sum(cluster.reference_workers for cluster in self.clusters)
        value = sum(cluster.reference_value for cluster in self.clusters)
        profit = sum(cluster.reference_profit for cluster in self.clusters)
        for cluster in self.clusters:
            if cluster.reference_output > 0.0:
                cluster.intensity_reference = cluster.reference_energy / cluster.reference_output
                cluster.income_reference = cluster.reference_value / cluster.reference_workers
                cluster.profit_reference = cluster.reference_profit / cluster.reference_workers
            elif output > 0.0:
                cluster.intensity_reference = energy / output
                cluster.income_reference = value / max(workers, 1e-9)
                cluster.profit_reference = profit / max(workers, 1e-9)
