"""Who is in the city besides its firms: slots, clusters, hubs, links, pair records, loans, funds."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

from ecocluster.model.sites_and_arms import SECTORS, STREAMS, TECHNOLOGIES

if TYPE_CHECKING:
    from .enterprise import Enterprise

__all__ = ["Case", "Cluster", "Fund", "Hub", "Link", "Loan", "Member", "NEVER", "Slot"]

NEVER = 1e9  # a time that does not come
N_SECTORS, N_STREAMS, N_TECH = len(SECTORS), len(STREAMS), len(TECHNOLOGIES)
T1, T2, T4, T5, OWN_PLANT = range(N_TECH)
AWARE_LAW, AWARE_SYMBIOSIS = 5, 6  # bits of awareness after those of the technologies
NONE, SHAM, REAL_OWN, REAL_CONNECTED = range(4)
EXISTING, PLANNED, OUTSIDE = range(3)
ENERGY, WATER, INFRASTRUCTURE, INFORMATION = range(4)
VACANT, LETTABLE, TAKEN, RETIRED, UNUSABLE, SHARED = range(6)
HEAT, TREATED_WATER = STREAMS.index("heat_steam"), STREAMS.index("treated_water")
HUB_STREAMS = range(6)  # the five solid streams and heat


@dataclass(eq=False)
class Slot:
    """A plot: its persistent id, place, who sits there, and whose occupants are the acquaintances."""

    ident: int
    cluster: Cluster
    status: int = UNUSABLE
    x: float = 0.0
    y: float = 0.0
    firm: Enterprise | None = None
    aided: bool = False  # relocation aid is paid once a slot
    bought: bool = False  # for shared land
    ties: list[Slot] = field(default_factory=list)
    near: list[Slot] = field(default_factory=list)  # of these, the nearest
    partners: list = field(default_factory=lambda: [None, None])  # slots of a buyer and of a supplier
    drawn_for: int = -1  # firm for whom they were drawn


@dataclass
class Member:
    """A producer of the pool outside, and when he moved into a cluster."""

    ident: int
    sector: int
    workers: float
    eps: float
    gone: float | None = None


@dataclass
class Loan:
    """An annuity loan: balance (mVND), real rate, payment (mVND/yr)."""

    balance: float
    rate: float
    payment: float


@dataclass(eq=False)
class Link:
    """A contract between two neighbours, and what they remember of each other once it has ended."""

    supplier: Enterprise
    buyer: Enterprise
    stream: int
    state: str  # "barred", "permit", "active", "closed"
    quantity: float = 0.0
    price: float = 0.0
    invested: float = 0.0
    years: float = 0.0
    until: float = 0.0
    remembered: float = 0.0  # what was learnt from an ended contract counts until then
    good: float = 0.0
    bad: float = 0.0
    updated: float = 0.0
    delivered: float = 0.0
    started: float = 0.0
    cuts: tuple[float, float] = (0.0, 0.0)  # share of the tax on what supplier and buyer gain that is forgone, and until when
    cut_until: float = 0.0


@dataclass(eq=False)
class Case:
    """What waits for a coordinator: a link between two firms, or (without firms) a hub, and what it seems worth."""

    stream: int
    seen: float
    ident: int
    supplier: Enterprise | None = None
    buyer: Enterprise | None = None


@dataclass
class Hub:
    """The pooled exchange of one stream in one cluster."""

    active: bool = False
    members: int = 0
    review_at: float = 0.0
    fee: float = 0.0
    price: float = 0.0
    quantity: float = 0.0
    capital_year: float = 0.0
    capital_until: float = 0.0
    invested: float = 0.0
    started: float = 0.0
    loan: Loan | None = None

    @property
    def loan_balance(self) -> float:
        """What the operator owes, mVND."""
        return self.loan.balance if self.loan else 0.0


@dataclass
class Fund:
    """The money of one programme: three purses, what was released and what was spent."""

    budget: float = 0.0
    scale: float = 1.0
    enacted_at: float = 0.0
    rule_need: float = 0.0
    enacted: bool = False
    rule_paid: float = 0.0
    dose: float = 0.0
    general: float = 0.0
    purse: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    cut_reserve: float = 0.0
    released: float = 0.0
    spent: float = 0.0
    need: float = 0.0
    typed_dose: float = 0.0
    lapsed: float = 0.0


class Cluster:
    """A cluster of firms with its operator; the world outside clusters is one too, without services.

    Attributes
    ----------
    slots : list of Slot
    firms : list of Enterprise
        Who sat in the slots at the last `census`, in their order.
    mix : list of float
        Weights of the sectors.
    built, ready, own_capital : lists by project (E, W, I, T)
    """

    def __init__(self, ident: int, kind: int, levers: SimpleNamespace):
        self.ident, self.kind, self.levers = ident, kind, levers
        self.slots: list[Slot] = []
        self.firms: list[Enterprise] = []
        self.lettable: set[int] = set()  # ids of slots that can be let in this step
        self.programme = -1
        self.held = False  # described by the user: nothing changes who is there until 2020
        self.urban = False
        self.area = self.land = self.scale = 0.0
        # ha: shared land, one plot, usable unbuilt land, built on since 2010
        self.shared = self.plot = self.unbuilt = self.added = 0.0
        self.ahead = 0.0  # of others in plants of the city
        self.lost = 0  # plots that became shared land
        self.usable = 0
        self.opened = 0.0
        self.price = self.rent = self.required = self.value = self.support = 0.0  # of a site for a planned cluster
        self.site_slots = 0
        self.mix = [0.0] * N_SECTORS
        self.workers_law = (1.0, 0.0, 1.0)  # median, sd of ln, cap
        self.built = [False] * 4
        self.ready = [0.0] * 4
        self.own_capital = [0.0] * 4
        self.kilowatt = self.solar_capital = self.design_flow = self.connected = self.fee = 0.0
        self.level = 0
        self.review_at, self.last_violation, self.certified_at = NEVER, -NEVER, NEVER
        self.unmet = 0  # bits of what is missed
        self.shadow_level, self.shadow_review = [0, 0, 0], [NEVER, NEVER, NEVER]  # wide reading, Decree 82, six aspects
        self.six_unmet = 0  # bits of the aspects that are missed
        self.small_served = 0.0
        self.exchange_at = self.flowed_at = self.complained_at = -NEVER
        self.park = self.barred = False  # barred: no money of funds
        self.assess_at = self.plan_at = None  # of a compulsory standard: next assessment, since when there is a plan
        self.exchanges = 0.0  # links and hubs that operate in this step, by the additional part of their streams
        self.permits = 0
        self.seeks = False
        self.sharing = self.served = self.engaged = self.aware = self.measured = 0.0  # shares
        self.grants_year = self.grants_flow = 0.0
        self.tech_count = [0] * N_TECH
        self.trade_ties = 0
        self.like, self.like_reference = [0] * N_SECTORS, [0.0] * N_SECTORS  # firms by trade, now and in 2018-19
        self.reference_energy = self.reference_output = self.intensity_reference = 0.0
        self.reference_workers = self.reference_value = self.income_reference = 0.0
        self.reference_profit = self.profit_reference = 0.0
        self.usual = (0.0, 0.0)  # workers and income of 2018-19
        self.hubs = [Hub() for _ in HUB_STREAMS]
        self.cases: list[Case] = []  # that wait for the coordinator
        self.finds: list[tuple] = []  # what his share of the search finds in this step
        self.effort = 0.0  # what is left of a case
        self.sums = None  # made by `production.close_books`
        self.smoke_2019 = self.halted_until = 0.0  # t; permits and projects stand until
        self.acceptance: float | None = None  # by the neighbours; None: it has not produced yet
        self.monitoring = self.elec_before = 0.0
        self.treats = 0.0  # share of the load that the central plant removes in this step
        self.active_links = self.breaches = self.active_hubs = 0
        self.exchanged = self.exchanged_landfill = self.water_linked = self.cut = 0.0
        self.group = [0.0] * 4
        self.let = False
        self.counted = 0  # firms at the last census
        self.counted_workers = 0.0

    @property
    def waiting(self) -> int:
        """Cases that wait for the coordinator."""
        return len(self.cases)

    def halted(self, now: float) -> bool:
        """Are permits and projects stopped by a conflict?"""
        return now < self.halted_until - 1e-9

    def residents(self) -> list[Enterprise]:
        """Who sits in the slots now."""
        return [slot.firm for slot in self.slots if slot.firm is not None]

    def census(self) -> None:
        """Count for the step: who is there, workers, adopters of every technology."""
        self.firms = self.residents()
        self.counted = len(self.firms)
        self.counted_workers = sum(firm.workers for firm in self.firms)
        self.tech_count = [sum(firm.tech >> j & 1 for firm in self.firms) for j in range(N_TECH)]
