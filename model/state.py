"""The state of one run as a few arrays of records.

Firms live in slots; slots are stored in blocks of `LANES` records whose fields are short arrays
(``firms[b].cash[k]``): all numbers of a block lie side by side in the cache, every field has a constant offset
from one address, and loops over `k` become vector instructions. Fields by technology or stream keep the numbers of
one firm together (``firms[b].sold[k, w]``): only single firms are looked at there. A cluster starts at a new block; slots that
fill up its last block are never usable. Slot index i = LANES * b + k.

Money in mVND, energy in MWh and GJ, water in m3, flows per year, time in calendar years.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .indicators import AGES
from .levers import LEVER_DTYPE
from .size_odds import SIZES
from .vocabulary import AWARENESS, LEARNED, PROGRAMMES, SECTORS, STREAMS, TECHNOLOGIES, fit

__all__ = ["LANES", "State", "as_bytes", "clear", "copy_of", "copy_state", "lever_values", "new_state", "with_more_room"]

LANES = 16
N_SECTORS, N_TECH, N_STREAMS = len(SECTORS), len(TECHNOLOGIES), len(STREAMS)
N_LEARNED = len(LEARNED)  # technologies but the own plant, which is the last
LINK_LOAN, N_LOANS = N_TECH, N_TECH + 1  # the place of a loan for links, behind those on technologies
HEAT, TREATED_WATER = N_STREAMS - 2, N_STREAMS - 1  # the last streams; those before are solid
N_SOLID = HEAT
N_HUBS = N_STREAMS - 1  # hubs pool solid streams and heat

# technologies of which the model knows more than a row of a table; bits of knowledge
T1, T2, T4, T5, OWN_PLANT = (TECHNOLOGIES.index(name) for name in ("T1", "T2", "T4", "T5", "own_plant"))
AWARE_LAW, AWARE_SYMBIOSIS = AWARENESS.index("law"), AWARENESS.index("symbiosis")
N_AWARE = len(AWARENESS)
ALL_KNOWN = (1 << len(AWARENESS)) - 1
GRANTS, CREDIT, TAX = (PROGRAMMES.index(name) for name in ("grants", "credit", "tax"))  # what a firm may know of a programme
N_PROGRAMMES, ALL_PROGRAMMES = len(PROGRAMMES), (1 << len(PROGRAMMES)) - 1
ADMISSION = (T1, T2)  # what a planned cluster may ask of whoever enters
T1_OR_T2 = 1 << T1 | 1 << T2  # as bits
fit("bits of what a firm knows of", AWARENESS, 8)
SOMEBODY = 7  # bit of `State.holds`, after those of technologies
fit("bits of what acquaintances see", TECHNOLOGIES, SOMEBODY)
fit("bits of the loans of a firm", (*TECHNOLOGIES, "link"), 8)
fit("bits of the hubs of a firm", STREAMS[:N_HUBS], 8)
fit("bits of the streams that a firm offers", STREAMS, 8)
# compliance
NONE, SHAM, REAL_OWN, REAL_CONNECTED = range(4)
# clusters
EXISTING, PLANNED, OUTSIDE = range(3)
# projects of a cluster
ENERGY, WATER, INFRASTRUCTURE, INFORMATION = range(4)
# links
LINK_FREE, LINK_BARRED, LINK_PERMIT, LINK_ACTIVE, LINK_CLOSED = range(5)
# slots
SLOT_VACANT, SLOT_LETTABLE, SLOT_TAKEN, SLOT_RETIRED, SLOT_UNUSABLE, SLOT_SHARED = range(6)
NEVER = 1e9  # a time that does not come
UNKNOWN = -1.0  # acceptance of a cluster that has not produced yet
CACHE_LINE = 64  # bytes
BOOKED = ("cod", "tco2e", "landfill", "energy")  # flows booked by origin: t COD, tCO2e on site, t, TJ; a year
BOOKED_YEARS = 26  # calendar years from 2020 on
LONGEST_LIFE = 1024  # steps, of capital; a run of 36 years has 576 at 16 steps a year
FINES_KEPT = 4  # of the last ones: the fifth at the latest suspends
CASES_KEPT = 32  # that wait for the coordinator of a cluster: more than he can take in a step
BEGUN_KEPT = 256  # steps; 8 years have 128 at 16 steps a year
MAP_SEEN = 40  # at most as many firms are looked at in one search

_f, _i, _j, _u, _b = "f8", "i8", "i4", "u8", "u1"


def _block(fields):
    return np.dtype([(name, kind, (LANES, *shape)) for name, kind, *shape in fields], align=True)


# in the order in which a step reads them, what it seldom reads last
FIRM_DTYPE = _block([
    # who is there, and what may happen to him in this step
    ("status", _i), ("events", _i), ("id", _i), ("sector", _i), ("due", _f),
    ("tech", _b), ("loans", _b), ("aware", _b), ("ever", _b), ("pending", _b), ("cuts", _b), ("compliance", _b), ("recp", _b),
    ("discloses", _b), ("club", _b), ("hubs", _b), ("admitted", _b), ("aided", _b), ("guest", _b), ("cleared", _b),
    ("workers", _f), ("activity", _f), ("stopped", _f), ("z_util", _f), ("z_margin", _f),
    # coefficients per worker at utilisation 1, remade when technology or place changes (`phases.coefficients`)
    ("k_elec", _f), ("k_fuel", _f), ("k_water", _f), ("k_effluent", _f), ("k_waste", _f),
    # flows of the step (per year)
    ("elec", _f), ("fuel", _f), ("water", _f), ("effluent", _f), ("waste", _f), ("debt", _f), ("exchange_gain", _f), ("running", _f), ("spared", _f), ("avoided", _f),
    ("k_revenue", _f), ("k_margin", _f), ("k_value", _f), ("k_cod", _f), ("k_disposal", _f), ("k_solar", _f),
    ("k_tonnes", _f), ("k_landfill", _f), ("k_gas", _f), ("k_smoke", _f), ("d_elec", _f), ("d_fuel", _f), ("d_water", _f), ("d_disposal", _f),
    ("d_tonnes", _f), ("margin_life", _f), ("exporter", _f), ("trade_share", _f), ("moved_at", _f),
    # money
    ("cash", _f), ("profit", _f), ("debt_service", _f), ("interest", _f), ("depreciation", _f), ("cut_total", _f),
    # tax-free gain of links in this step; share of its whole income tax that a firm is exempt from, and until when
    ("cut_links", _f), ("exempt", _f), ("exempt_until", _f), ("negative_years", _f),
    # what it believes
    ("attitude", _f), ("trust", _f), ("attitude_start", _f), ("trust_start", _f), ("good", _f), ("bad", _f),
    ("offer_taste", _f), ("links", _j), ("offers", _j), ("row", _j),
    # when it was last visited by an adviser, used the innovation centre, had an exchange studied
    ("visited", _f), ("served", _f), ("studied", _f),
    # what reviews look at
    ("hurdle", _f), ("collateral", _f), ("integrity", _f), ("eps", _f), ("revenue_factor", _f), ("born", _f), ("cluster", _j), ("slot_id", _j), ("x", _f), ("y", _f),
    ("annuity_at", _f), ("start", _f, N_TECH), ("loan_balance", _f, N_LOANS), ("loan_payment", _f, N_LOANS), ("loan_growth", _f, N_LOANS),
    ("cut_value", _f, N_TECH), ("cut_until", _f, N_TECH), ("write_off", _f, N_TECH), ("capex_noise", _f, N_TECH), ("annuity", _f, N_TECH + 3),
    ("sold", _f, N_STREAMS), ("bought", _f, N_STREAMS), ("fined_at", _f, FINES_KEPT), ("last_fine", _f), ("visit", _b), ("told", _b),
    # share of the load that its plant removed when it was drawn, when that was, and what it removes in this step
    ("plant", _f), ("plant_at", _f), ("treats", _f),
    # the chain: slots of its buyer and its supplier in the cluster (-1: none), and for whom they were drawn (its id + 1);
    # does a lead firm ask it, does it sell inside, which technologies did trade partners and other ties tell it of
    ("buyer", _j), ("supplier", _j), ("drawn_for", _i), ("asked", _b), ("sells", _b), ("told_trade", _b), ("told_other", _b),
])  # fmt: skip

CLUSTER_DTYPE = np.dtype([
    ("first", _i), ("last", _i), ("slots", _i), ("kind", _i), ("programme", _i), ("lever_row", _i), ("hold", _i),
    ("urban", _f), ("area", _f), ("land", _f), ("shared", _f), ("plot", _f), ("unbuilt", _f), ("added", _f), ("lost", _i), ("ahead", _f), ("scale", _f), ("opened", _f), ("let", _b), ("lettable", _i),
    # of a site for a planned cluster: price and rent a hectare, return asked for, value to its developer, support paid
    ("price", _f), ("rent", _f), ("required", _f), ("value", _f), ("support", _f), ("decided", _f),
    ("mix", _f, (N_SECTORS,)), ("workers_median", _f), ("workers_sd", _f), ("workers_cap", _f), ("mean_workers", _f),
    # projects
    ("built", _b, (4,)), ("ready", _f, (4,)), ("own_capital", _f, (4,)),
    ("kilowatt", _f), ("solar_capital", _f), ("design_flow", _f), ("connected", _f), ("fee", _f),
    # certificate
    ("level", _i), ("review_at", _f), ("last_violation", _f), ("unmet", _i), ("certified_at", _f),
    ("shadow_level", _i, (3,)), ("shadow_review", _f, (3,)), ("six_unmet", _i), ("small_served", _f), ("exchange_at", _f), ("flowed_at", _f), ("seeks", _b),
    ("grants_year", _f), ("grants_flow", _f), ("revocations", _f),
    # sums over the firms, made once a step
    ("firms", _i), ("workers", _f), ("links", _i), ("breaches", _f), ("tech_count", _i, (N_TECH,)),
    ("intensity_reference", _f), ("reference_energy", _f), ("reference_output", _f), ("reference_workers", _f),
    ("reference_value", _f), ("income_reference", _f), ("reference_profit", _f), ("profit_reference", _f),
    ("elec", _f), ("fuel", _f), ("water", _f), ("effluent", _f), ("untreated", _f), ("output", _f), ("waste", _f),
    ("solar", _f), ("shared_solar", _f), ("reused", _f), ("disclosing", _i), ("recp", _i),
    ("exchanges", _f), ("permits", _i), ("measured_own", _f), ("measured", _f),
    ("sharing", _f), ("served", _f), ("engaged", _f), ("aware", _f), ("waiting", _i), ("effort", _f),
    ("in_symbiosis", _i), ("group", _f, (4,)), ("exchanged_value", _f), ("sales_inside", _f),
    ("monitoring", _f), ("real_count", _i), ("sham_count", _i),
    ("exchanged", _f), ("exchanged_landfill", _f), ("avoided", _f), ("guests", _i), ("complaints", _f), ("complained_at", _f), ("cut", _f), ("heat_used", _f),
    ("water_linked", _f), ("t5_workers", _f), ("rethink_workers", _f), ("hub_count", _i), ("elec_before", _f),
    ("cod", _f), ("cod_removed", _f), ("value_added", _f), ("profit", _f), ("landfill", _f), ("waste_reduced", _f),
    ("treated_own", _f), ("attitude_sum", _f), ("trust_sum", _f), ("breach_rate", _f),
    # the standard: of a park; next assessment, plan since (0: none), no money of funds; share of due visits that are not made
    ("park", _b), ("barred", _b), ("assess_at", _f), ("plan_at", _f), ("unvisited", _f),
    # its neighbours: t of smoke a year and that of 2019, acceptance (-1: not known yet), conflicts of the step, permits and projects stand until
    ("smoke", _f), ("smoke_2019", _f), ("acceptance", _f), ("conflicts", _f), ("halted_until", _f),
    ("treats", _f),  # share of the load that the central plant removes
    # trade partners that are there; firms by trade, now and in 2018-19; part of the cost of labour and inputs that like firms spare
    ("trade_ties", _i), ("like", _i, (N_SECTORS,)), ("like_reference", _f, (N_SECTORS,)), ("spared", _f, (N_SECTORS,)),
], align=True)  # fmt: skip

HUB_DTYPE = np.dtype([
    ("active", _b), ("members", _i), ("review_at", _f), ("fee", _f), ("price", _f), ("quantity", _f),
    ("capital_year", _f), ("capital_until", _f), ("supply_ratio", _f), ("demand_ratio", _f), ("invested", _f),
    ("started", _f), ("called", _b), ("loan_balance", _f), ("loan_payment", _f), ("loan_growth", _f),
], align=True)  # fmt: skip

LINK_DTYPE = np.dtype([
    ("state", _i), ("supplier", _i), ("buyer", _i), ("supplier_id", _i), ("buyer_id", _i), ("stream", _i),
    ("cluster", _i), ("next", _i, (2,)), ("quantity", _f), ("price", _f), ("invested", _f), ("started", _f), ("until", _f),
    ("kept", _f), ("broken", _f), ("updated", _f), ("delivered", _f), ("part", _f), ("years", _f), ("grant", _f),
    # share of the tax on the gain of supplier and buyer that is forgone, and until when
    ("remembered", _f), ("cut", _f, (2,)), ("cut_until", _f),
], align=True)  # fmt: skip

FUND_DTYPE = np.dtype([
    ("enacted_at", _f), ("enacted", _f), ("budget", _f), ("scale", _f), ("dose", _f), ("rule_need", _f), ("rule_paid", _f),
    ("general", _f), ("fund", _f, (3,)), ("cut_reserve", _f), ("released", _f), ("spent", _f), ("need", _f), ("lapsed", _f),
    # what a comparison reports: steps in force, sum and least of the dose, largest yearly cost of what was typed
    ("steps", _f), ("dose_sum", _f), ("dose_least", _f), ("typed_dose", _f), ("typed_need", _f),
], align=True)  # fmt: skip

CITY_DTYPE = np.dtype([
    ("key", _u), ("step", _i), ("time", _f), ("dt", _f), ("existing", _i), ("planned", _i), ("outside", _i),
    ("initial_firms", _f), ("arrivals", _i), ("next_gap", _f), ("operational", _f), ("first_arrival_id", _i), ("mix", _f, (N_SECTORS,)),
    ("workers_median", _f), ("workers_sd", _f), ("workers_cap", _f), ("share", _f), ("planned_factor", _f),
    ("lettable_planned", _i), ("elec_per_firm", _f), ("effluent_per_firm", _f),
    ("sector_z", _f, (N_SECTORS,)), ("demand", _f, (N_SECTORS,)), ("slump_until", _f, (N_SECTORS,)),
    ("electricity_price", _f), ("grid_factor", _f), ("carbon_rule", _f), ("learning", _f, (N_TECH,)), ("capex_one", _f, (N_TECH,)),
    ("learning_offered", _b, (N_TECH,)),
    # by the technologies of a firm, as bits: shares of what it would use without them, and of its power that is solar; by trade: what a
    # unit of waste costs to be rid of, its t, those landfilled and their tCO2e (`phases.coefficients`)
    ("keeps_elec", _f, (1 << N_TECH,)), ("keeps_fuel", _f, (1 << N_TECH,)), ("keeps_water", _f, (1 << N_TECH,)),
    ("keeps_waste", _f, (1 << N_TECH,)), ("solar_share", _f, (1 << N_TECH,)),
    ("trade_disposal", _f, (N_SECTORS,)), ("trade_tonnes", _f, (N_SECTORS,)), ("trade_landfill", _f, (N_SECTORS,)), ("trade_gas", _f, (N_SECTORS,)),
    ("firms", _i), ("tech_count", _i, (N_TECH,)), ("links_high", _i), ("links_free", _i), ("links_used", _i),
    ("identified", _i), ("studied", _i), ("activated", _i), ("broken", _i), ("lettable", _i), ("overflow", _i),
    ("exits", _i), ("bankrupt", _i), ("moved", _i), ("requests", _i), ("proposals", _i), ("leavers", _i), ("credit_asked", _i), ("credit_approved", _i),
    ("credit_granted", _f), ("inspections", _i), ("fined", _i), ("suspended", _i), ("output_displaced", _f), ("cod_displaced", _f), ("untreated", _f), ("law_need", _f), ("law_at", _f),
    ("offered", _f), ("spent", _f), ("services", _f), ("land_freed", _f),
    # who entered planned clusters in the step, by where he came from; whom admission turned away; the pool outside
    ("entered_clusters", _i), ("entered_outside", _i), ("entered_arrivals", _i), ("entered_pool", _i), ("refused", _i),
    ("first_pool_id", _i), ("pool_moved", _i), ("pool_stale", _i), ("pool_here", _f, (N_SECTORS, 3)), ("pool_gone", _f, (N_SECTORS, 3)),
    ("pool_sums", _f, (2, 14)),  # what those here and gone do, see `phases.pool.Scattered`
    # of existing clusters, so far: ha that shared land and new plots took, where shared land took them, plots, firms that left
    ("land_taken", _f), ("shared_unbuilt", _f), ("shared_vacant", _f), ("shared_paid", _f), ("plots_lost", _i), ("plots_opened", _i), ("firms_cleared", _i),
    ("degree", _i, (64,)),
    ("screened", _i), ("agreed", _i), ("cases", _i), ("hubs_started", _i),
    # links and hubs: begun in a step (a ring), since 2020 old enough for `AGES`, and of these in operation then
    ("begun", _j, (2, BEGUN_KEPT)), ("due", _i, (2, len(AGES))), ("lasted", _i, (2, len(AGES))),
    # firms seen on the map in one search, by their hash
    ("seen_hash", _u, (MAP_SEEN,)), ("seen_row", _i, (MAP_SEEN,)), ("outside_from", _i),
    # the first block that planned clusters have (0: none is built yet), and the persistent id of the first slot outside
    ("sites_from", _i), ("first_outside_id", _i),
    # limited inspectors: visits of the calendar year that were due and that were made
    ("visits_due", _i), ("visits_made", _i),
    # held up by conflicts in the step
    ("permits_delayed", _i), ("projects_delayed", _i),
    # firms by trade in 2018-19, mean of the clusters; first orders of T1 and T2 of which a trade partner, or another tie, had told
    ("like_mean", _f, (N_SECTORS,)), ("carried", _i, (2, 2)),
], align=True)  # fmt: skip


SHEET_DTYPE = _block(
    # of the block of firms that is looked at
    [("compliance", _i), ("unknown", _i), ("fickle", _i), ("caught", _i), ("queue", _i), ("shows", _i), ("learn", _i), ("linked", _i), ("member", _i), ("matches", _i), ("dip", _f), ("excess", _f),
     ("chance", _f), ("gain", _f), ("trades", _f), ("cheap", _f), ("exempt", _f)]
    # added up over the blocks of a cluster, see `phases.production.close_books`; 0 between clusters
    + [(name, _f) for name in (
        "elec", "fuel", "water", "effluent", "service", "workers", "dips", "value", "untreated", "cod", "cod_removed", "solar",
        "shared", "output", "profit", "tonnes", "landfill", "gas", "smoke", "reduced", "sales", "ordinary", "disposal", "fee", "own", "sham", "connect",
        "connected", "treated_own", "measured_own", "tax", "forgone", "dividends", "premium", "inside", "t5_workers", "rethink", "attitude",
        "trust",
    )])  # fmt: skip

REQUEST_DTYPE = np.dtype([
    ("slot", _i), ("tech", _i), ("fund", _i), ("priority", _u), ("amount", _f), ("other", _i), ("quantity", _f),
], align=True)  # fmt: skip


# links (or, without firms, hubs) that wait for a coordinator; `seen` is what he thinks them worth
CASE_DTYPE = np.dtype([
    ("supplier", _i), ("buyer", _i), ("supplier_id", _i), ("buyer_id", _i), ("stream", _i), ("ident", _i), ("seen", _f),
], align=True)  # fmt: skip

# firms on the map of the cluster that is looked at
SHOWN_DTYPE = _block([("slot", _i), ("spread", _u), ("offers", _i)])

# producers outside who were there in 2010: a table, neither stepped nor inspected
POOL_DTYPE = np.dtype([("id", _i), ("sector", _i), ("workers", _f), ("eps", _f), ("gone", _f)])

LETTABLE_DTYPE = np.dtype([("slot", "i4"), ("slot_id", "i4")])


class State(NamedTuple):
    """All arrays of one run.

    Attributes
    ----------
    firms : (blocks,) FIRM_DTYPE
    clusters : (clusters,) CLUSTER_DTYPE
        Existing clusters, then planned ones, last the world outside clusters.
    hubs : (clusters, N_HUBS) HUB_DTYPE
    links : (capacity,) LINK_DTYPE
    funds : (programmes,) FUND_DTYPE
    levers : (3 * programmes + 1,) LEVER_DTYPE
        Rows 3p, 3p + 1 and 3p + 2: programme p in existing clusters, in planned ones and outside; last: the law alone.
    city : (1,) CITY_DTYPE
    head : (slots, 2) int32
        First link record of a slot as supplier and as buyer, -1: none.
    requests : (capacity,) REQUEST_DTYPE
        Requests to the grants fund made in this step; later in the step, other queues.
    proposals : (capacity,) REQUEST_DTYPE
        Links proposed in this step.
    cases : (clusters, CASES_KEPT) CASE_DTYPE
        What waits for the coordinator of each cluster: `cluster.waiting` of them in no order.
    lettable : (slots,) LETTABLE_DTYPE
        Slots that can be let in this step: for each cluster, from its first slot on, `cluster.lettable` of them in no order.
    forks : (2 * leaves, N_SECTORS + 1) float64
        What the lettable slots below each node of a binary tree over the clusters weigh for an arrival, by its sector and
        (last) in planned clusters. The root is node 1, the children of n are 2n and 2n + 1, cluster c is node leaves + c.
    shown : (blocks of the largest cluster + 1,) SHOWN_DTYPE
        Who is on the map of the cluster whose firms search for partners; in the last block, who meets without a map.
    free : (16 x blocks of `shown`, 2, N_STREAMS) float64
        What each row of `shown` could give and take of each stream, units a year.
    leavers : (slots,) int32
        Slots whose firms leave at the end of this step.
    holds : (slots,) uint8
        Technologies that run in a slot in this step, as bits, and bit SOMEBODY if there is a firm: what acquaintances see.
    ties : (slots, 4) int32
        Acquaintances of a slot.
    slot_at : (slots,) int32
        Index of the slot with a persistent slot id.
    ever : (ids,) uint8
        Technologies that a firm ever ordered, by persistent id.
    ever_null : (ids,) uint8
        The same without the programme under the same law: whoever is paid for what he orders there too is a free rider.
    paid : (2, N_TECH) int64
        Orders of each technology that a programme paid for since 2020; those of free riders.
    sizes : (N_TECH + 1, SIZES) int64
        Firms by their size (`size_odds.size_step`), with each technology, and last all; counted once a year.
    origin : (ids,) int16
        To whom the flows of a firm are booked (`phases.origins`): an existing cluster, or their number for the world
        outside; -1: it has not come yet.
    booked : (years, existing clusters + 1, flows) float64
        `BOOKED` of each calendar year from 2020 on, by origin; one origin more, the last, if there is a pool.
    pool : (members,) POOL_DTYPE
        Producers outside who were there in 2010 (`outside_firms`); `gone` is when a member moved into a cluster.
    sheet : (1,) SHEET_DTYPE
        Scratch of one block, and sums by lane of one cluster.
    money : (N_FLOWS,) float64
        Money that moved in this step, see `ledger`.
    matter : (N_MATTER,) float64
        Physical quantities of this step.
    services : (LONGEST_LIFE,) float64
        A ring: services of capital, mVND a step, that end when the step of that number (modulo its length) begins.
    own_firms : (slots, n) float64
        What loaded modules keep of the firm of a slot, 0 for a new one; it moves with the firm.
    own_clusters : (clusters, n) float64
    own_values : (n,) float64
        Indicators of modules: what stands now, or what this step added up.
    own_flows : (n,) uint8
        1: it is added up in a step.
    """

    firms: np.ndarray
    clusters: np.ndarray
    hubs: np.ndarray
    links: np.ndarray
    funds: np.ndarray
    levers: np.ndarray
    city: np.ndarray
    head: np.ndarray
    requests: np.ndarray
    proposals: np.ndarray
    cases: np.ndarray
    lettable: np.ndarray
    forks: np.ndarray
    shown: np.ndarray
    free: np.ndarray
    leavers: np.ndarray
    holds: np.ndarray
    ties: np.ndarray
    slot_at: np.ndarray
    ever: np.ndarray
    ever_null: np.ndarray
    paid: np.ndarray
    sizes: np.ndarray
    origin: np.ndarray
    booked: np.ndarray
    pool: np.ndarray
    sheet: np.ndarray
    money: np.ndarray
    matter: np.ndarray
    services: np.ndarray
    own_firms: np.ndarray
    own_clusters: np.ndarray
    own_values: np.ndarray
    own_flows: np.ndarray


def blocks_of(slots: int) -> int:
    """Number of blocks that hold `slots` slots."""
    return -(-slots // LANES)


def new_state(
    blocks: int, clusters: int, programmes: int, links: int, ids: int, flows: int, matter: int, existing: int = 0,
    widest: int | None = None, own: tuple[int, int, int] = (0, 0, 0), pool: int = 0,
) -> State:  # fmt: skip
    """Arrays of the given sizes, cleared; they lie side by side in one piece of memory.

    The first `existing` clusters were there in 2020. The largest cluster has `widest` blocks, all of them if it is not told.
    Modules keep `own` numbers of a firm, of a cluster and of the city. There are `pool` producers outside from the first day on.
    """
    widest = blocks if widest is None else widest
    slots = blocks * LANES
    state = _side_by_side({
        "firms": (blocks, FIRM_DTYPE),
        "clusters": (clusters, CLUSTER_DTYPE),
        "hubs": ((clusters, N_HUBS), HUB_DTYPE),
        "links": (links, LINK_DTYPE),
        "funds": (max(1, programmes), FUND_DTYPE),
        "levers": (3 * programmes + 1, LEVER_DTYPE),
        "city": (1, CITY_DTYPE),
        "head": ((slots, 2), np.int32),
        "requests": (max(64, slots // 6), REQUEST_DTYPE),
        "proposals": (max(64, slots // 6), REQUEST_DTYPE),
        "cases": ((clusters, CASES_KEPT), CASE_DTYPE),
        "lettable": (slots, LETTABLE_DTYPE),
        "forks": ((2 << (clusters - 1).bit_length(), N_SECTORS + 1), np.float64),
        "shown": (widest + 1, SHOWN_DTYPE),
        "free": (((widest + 1) * LANES, 2, N_STREAMS), np.float64),
        "leavers": (slots, np.int32),
        "holds": (slots, np.uint8),
        "ties": ((slots, 4), np.int32),
        "slot_at": (slots, np.int32),
        "ever": (ids, np.uint8),
        "ever_null": (ids, np.uint8),
        "paid": ((2, N_TECH), np.int64),
        "sizes": ((N_TECH + 1, SIZES), np.int64),
        "origin": (ids, np.int16),
        "booked": ((BOOKED_YEARS, existing + 1 + (pool > 0), len(BOOKED)), np.float64),
        "pool": (pool, POOL_DTYPE),
        "sheet": (1, SHEET_DTYPE),
        "money": (flows, np.float64),
        "matter": (matter, np.float64),
        "services": (LONGEST_LIFE, np.float64),
        "own_firms": ((slots, own[0]), np.float64),
        "own_clusters": ((clusters, own[1]), np.float64),
        "own_values": (own[2], np.float64),
        "own_flows": (own[2], np.uint8),
    })  # fmt: skip
    _prepare(state, 0)
    return state


def _prepare(state: State, first: int) -> None:
    """Slots from number `first` on have no links and stand where they were at first."""
    state.head[first:] = -1
    state.slot_at[first:] = np.arange(first, state.slot_at.size)


def _side_by_side(shapes: dict[str, tuple]) -> State:
    """Arrays of these shapes and kinds in one zeroed piece of memory, which is the `base` of them all."""
    sizes = [int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in shapes.values()]
    firsts = np.cumsum([0] + [-(-size // CACHE_LINE) * CACHE_LINE for size in sizes])
    memory = np.zeros(int(firsts[-1]), np.uint8)
    return State(**{
        name: memory[first : first + size].view(kind).reshape(shape)
        for (name, (shape, kind)), first, size in zip(shapes.items(), firsts.tolist(), sizes, strict=False)
    })  # fmt: skip


def as_bytes(array: np.ndarray) -> np.ndarray:
    """The array as bytes, a view: NumPy copies and clears records field by field, twenty times slower."""
    return array.reshape(-1).view(np.uint8)


def _memory(state: State) -> np.ndarray | None:
    """The piece of memory in which all arrays of a state lie; None if they were put together from several."""
    memory = state.firms.base
    return memory if memory is not None and all(array.base is memory for array in state) else None


def clear(state: State) -> None:
    """Set every byte to 0."""
    memory = _memory(state)
    for array in state if memory is None else (memory,):
        as_bytes(array)[...] = 0


def copy_of(state: State) -> State:
    """The same state in memory of its own."""
    copy = _side_by_side({name: (array.shape, array.dtype) for name, array in state._asdict().items()})
    copy_state(copy, state)
    return copy


def copy_state(target: State, source: State) -> None:
    """Overwrite `target` with `source` (the fork of a burn-in into the arms); more room of a target is as in a new state."""
    memory, other = _memory(target), _memory(source)
    if memory is not None and other is not None and all(a.nbytes == b.nbytes for a, b in zip(target, source, strict=True)):
        memory[...] = other
        return
    for a, b in zip(target, source, strict=True):
        room, given = as_bytes(a), as_bytes(b)
        room[: given.size] = given
        room[given.size :] = 0
    _prepare(target, source.slot_at.size)


def lever_values(levers: np.ndarray) -> np.ndarray:
    """Records of levers as numbers, (rows, levers) float64, a view."""
    return levers.view(np.float64).reshape(levers.size, -1)


def with_more_room(state: State, blocks: int) -> State:
    """The same state with room for twice as many links, requests and proposals, and with `blocks` blocks of slots."""
    shapes = {name: (array.shape, array.dtype) for name, array in state._asdict().items()}
    for name in ("links", "requests", "proposals"):
        array = getattr(state, name)
        shapes[name] = (2 * array.size, array.dtype)
    slots = blocks * LANES
    for name, length in {"firms": blocks, "head": slots, "lettable": slots, "leavers": slots, "holds": slots, "ties": slots, "slot_at": slots,
                         "own_firms": slots}.items():  # fmt: skip
        array = getattr(state, name)
        shapes[name] = ((length, *array.shape[1:]), array.dtype)
    larger = _side_by_side(shapes)
    copy_state(larger, state)
    return larger
