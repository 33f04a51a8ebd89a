"""Books of a run, checked from outside: one step at a time, from the state before and after it.

Nothing here looks at how a phase books an amount. Stocks are added up from the records of firms, loans, funds
and clusters; flows come from `State.money` and `State.matter`; both must tell the same story in every step.
"""

from __future__ import annotations

from math import fsum

import numpy as np
from ecocluster.model.indicators import INDICATORS, Series
from ecocluster.model.ledger import ACCOUNTS, FLOW_ACCOUNTS, FLOWS, Matter, Money, balance
from ecocluster.model.levers import LAW_LEVERS, LEVERS
from ecocluster.model.setup import begin, release_held
from ecocluster.model.state import (
    HEAT,
    LANES,
    LINK_ACTIVE,
    LINK_PERMIT,
    N_LOANS,
    N_TECH,
    PLANNED,
    REAL_OWN,
    SLOT_TAKEN,
    WATER,
    copy_of,
    copy_state,
)
from ecocluster.model.step import run_steps

MONEY_TOLERANCE = 1e-6  # mVND (V12)
MASS_TOLERANCE = 1e-9  # relative (V11)

# programme money that leaves a fund in the step (the rest of `spent` is reserved for tax forgone)
FROM_FUNDS = (
    "RULE_SET_UP", "FIXED_DOSES", "GRANTS", "INTEREST_CUT", "GUARANTEE", "STUDY_AID", "LINK_GRANT", "HUB_GRANT",
    "PROJECT_FUND", "LAND_SUPPORT", "RELOCATION_AID",
)  # fmt: skip
EITHER_SIGN = {"NET_SALES", "ORDINARY_USE", "DISPOSAL", "RENT", "EXCHANGE_SAVED", "OFFTAKE", "ENTRY_CASH", "EXIT_CASH", "BASE_RENT"}


def near(found, expected, tolerance, what):
    """Fail unless two numbers agree to an absolute tolerance."""
    assert abs(found - expected) <= tolerance, f"{what}: {found!r} against {expected!r}"


def alike(found, expected, what, tolerance=MASS_TOLERANCE):
    """Fail unless two amounts agree to a relative tolerance."""
    assert abs(found - expected) <= tolerance * max(abs(found), abs(expected), 1.0), f"{what}: {found!r} / {expected!r}"


class Firms:
    """Records of the firms of a state, one row per taken slot."""

    def __init__(self, state):
        block, lane = np.nonzero(state.firms["status"] == SLOT_TAKEN)
        self._firms, self._block, self._lane = state.firms, block, lane
        self.slot = block * LANES + lane
        self.id = self["id"]

    def __getitem__(self, name):
        return self._firms[name][self._block, self._lane]


class Audit:
    """A `Simulator` that advances step by step while its books are checked.

    Parameters
    ----------
    simulator : Simulator
        Its `base` must be burnt in before `run`.
    money, mass : bool
        Which books to check.
    """

    def __init__(self, simulator, money=True, mass=True):
        self.simulator, self.money, self.mass = simulator, money, mass
        while simulator.make_room():  # who steps a run himself cannot start it again with more
            pass
        self.before = copy_of(simulator.base)
        self.steps = self.unseen = 0
        self.totals = np.zeros(len(FLOW_ACCOUNTS))  # size of all flows added up
        self.matter = 0.0

    def burn(self, seed, replicate):
        """2010-2019 under the null's plan, checked as well (the years in which loans and plants come into being)."""
        sim = self.simulator
        begin(sim.base, sim.layout, sim.p, sim.plans[0], seed, replicate, sim.steps_per_year)
        self._advance(sim.base, sim.plans[0], sim.burn_steps)
        release_held(sim.base, sim.layout, sim.p)

    def run(self, index, scale=1.0, reference=None, steps=None):
        """Fork an arm and run it.

        Returns
        -------
        numpy.ndarray
            Series as of `Simulator.run`, (steps + 1, K).
        """
        sim = self.simulator
        sim.fork(index, scale, reference)
        return self._advance(sim.work, sim.plans[index], steps or sim.steps)

    def _advance(self, state, plan, steps):
        sim = self.simulator
        series = np.full((steps + 1, len(INDICATORS)), np.nan)
        flags = np.zeros((2, len(sim.layout.slots)), np.int8)
        for n in range(steps):
            copy_state(self.before, state)
            code = run_steps(state, sim.p, plan, sim.values(state), 1, series[n : n + 2], flags, flags.astype(np.int16))
            assert code == 0
            self.check(self.before, state, series[n + 1])
        return series

    def check(self, before, after, row):
        """All balances of one step."""
        self.steps += 1
        self.totals += np.abs(after.money)
        self.matter = self.matter + after.matter
        if self.money:
            cash_of_firms(before, after)
            self.unseen += not loans(before, after, self.simulator.p)
            funds(before, after, self.simulator.p, row)
            law(before, after, self.simulator.p)
            accounts(after, row)
        if self.mass:
            resources(before, after, self.simulator.p, row)
            contracts(after, self.simulator.p)


# --- money ----------------------------------------------------------------------------------------------


def cash_of_firms(before, after):
    """Cash of all firms changes by what the account of firms receives less what it pays."""
    change = fsum(Firms(after)["cash"]) - fsum(Firms(before)["cash"])
    near(change, balance(after.money, "firms"), MONEY_TOLERANCE, "cash of firms")


def loans(before, after, p):
    """Stock of loans and debt service follow from the schedules of the single loans.

    Returns
    -------
    bool
        False if a slot was left and let again in a step in which the leaver may have renewed a technology: the
        loan on it cannot be seen any more.
    """
    dt, now = before.city[0]["dt"], before.city[0]["time"]
    old, new = Firms(before), Firms(after)
    ids = max(old.id.max(initial=0), new.id.max(initial=0)) + 1
    place = np.full(ids, -1)
    place[new.id] = new.slot
    # a firm that left: its last balances still stand in its slot, unless somebody moved in (and maybe on in the same step)
    gone = place[old.id] < 0
    hidden = gone & (after.firms["id"][old.slot // LANES, old.slot % LANES] != old.id)
    ends = (old["start"] + p["tech_life_yr"] <= now + 1e-9) & (
        (old["tech"] | old["pending"])[:, None] >> np.arange(N_TECH) & 1 == 1
    )
    if ends[hidden].any():
        return False
    where = np.where(gone, old.slot, place[old.id])
    at = (where // LANES, where % LANES)
    balance_now, payment_now = after.firms["loan_balance"][at], after.firms["loan_payment"][at]
    growth_now = after.firms["loan_growth"][at]
    running = (old["loans"][:, None] >> np.arange(N_LOANS)) & 1 == 1
    begin = np.where(running, old["loan_balance"], 0.0)
    payment, growth = old["loan_payment"].copy(), old["loan_growth"].copy()
    # a technology that is replaced at the end of its life is financed before loans are served, if the bank lends
    renewed = (after.firms["start"][at] == now) & (old["start"] != now) & ~hidden[:, None]
    renewed = np.pad(renewed, ((0, 0), (0, N_LOANS - N_TECH))) & (balance_now > 0)  # a loan for links is not renewed
    growth = np.where(renewed, growth_now, growth)
    payment = np.where(renewed, payment_now, payment)
    begin = np.where(renewed, (balance_now + payment_now * dt) / np.where(renewed, growth, 1.0), begin)
    due = begin * growth
    paid = np.where(begin > 0, np.minimum(payment * dt, due), 0.0)
    paid = np.where(due - paid <= 1e-9 * payment, due, paid)
    near(after.money[Money.DEBT_SERVICE], fsum(paid.ravel()), MONEY_TOLERANCE, "debt service")
    # the stock: what is left after service, and what was lent since
    lent = after.money[Money.LOANS]
    fresh = ~np.isin(new.id, old.id)
    stock = fsum(np.where(gone[:, None], 0.0, balance_now).ravel()) + fsum(new["loan_balance"][fresh].ravel())
    renewal = fsum((begin - np.where(running, old["loan_balance"], 0.0))[renewed])
    served = fsum((due - paid).ravel())
    lost = after.money[Money.LOAN_WRITTEN_OFF]
    seen = fsum(np.where(after.firms["loan_balance"][at] > 0, balance_now, 0.0)[gone & ~hidden].ravel())
    if hidden.any():
        assert lost >= seen - MONEY_TOLERANCE, "loans written off"
    else:
        near(lost, seen, MONEY_TOLERANCE, "loans written off")
    near(stock + lost, served - renewal + lent, MONEY_TOLERANCE, "stock of loans")
    on_schedule(new, dt)
    return True


def on_schedule(firms, dt):
    """What is owed is what a whole number of equal payments repays at the loan's rate."""
    running = ((firms["loans"][:, None] >> np.arange(N_LOANS)) & 1 == 1) & (firms["loan_balance"] > 0)
    owed, payment, growth = (firms[name][running] for name in ("loan_balance", "loan_payment", "loan_growth"))
    interest = growth - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(interest > 1e-12, -np.log1p(-owed * interest / (payment * dt)) / np.log1p(interest), owed / (payment * dt))
    assert np.abs(left - np.round(left)).max(initial=0) < 1e-6, "a balance is off its schedule"
    assert left.max(initial=0) <= round(5 / dt) + 1e-6, "a loan runs for more than five years"


def funds(before, after, p, row):
    """A fund is given its budget and nothing else; it is spent, waiting, or lapsed; what is spent arrives somewhere."""
    dt = before.city[0]["dt"]
    spent = reserved = 0.0
    for old, new in zip(before.funds, after.funds, strict=True):
        if new["budget"] <= 0:
            assert new["released"] == new["spent"] == 0 and not new["fund"].any()
            continue
        waiting = [float(f["general"]) + fsum(f["fund"]) + float(f["lapsed"]) for f in (old, new)]
        released = new["released"] - old["released"]
        spent += new["spent"] - old["spent"]
        reserved += new["cut_reserve"] - old["cut_reserve"]
        near(waiting[1] - waiting[0], released - (new["spent"] - old["spent"]), MONEY_TOLERANCE, "fund")
        if released:
            near(released, new["budget"] * dt, MONEY_TOLERANCE, "release of a fund")
        assert min(new["fund"].min(), new["general"]) >= -MONEY_TOLERANCE, "a fund is overdrawn"
    near(fsum(f["rule_paid"] for f in after.funds) - fsum(f["rule_paid"] for f in before.funds),
         after.money[Money.RULE_SET_UP], MONEY_TOLERANCE, "set-up of rules")  # fmt: skip
    paid = fsum(after.money[Money[name]] for name in FROM_FUNDS)
    near(spent, reserved + paid, MONEY_TOLERANCE, "money of a fund is lost")


def law(before, after, p):
    """The state pays for the law by what there is of firms and visits, whatever the programme and its fund."""
    dt, now, today = before.city[0]["dt"], after.levers[-1], LEVERS["monitoring_data"].baseline
    firms = before.clusters["firms"][before.clusters["kind"] != PLANNED].sum()
    data = dt * firms * p["cost_monitoring_data"] * max(float(now["monitoring_data"]) - today, 0.0)
    records = dt * before.clusters["firms"].sum() * p["disclosure_cost"] * float(now["public_disclosure"])
    alike(after.money[Money.LAW_DATA], data + records, "data of the law", 1e-9)
    visits = after.money[Money.INSPECTIONS] / (p["cost_inspection"] + p["skill_training"] * float(now["official_skill"]))
    near(visits, round(visits), 1e-6, "visits are charged by number")
    rows = after.levers[[n for n in range(len(after.levers)) if n % 3 != 1 or n == len(after.levers) - 1]]
    for name in LAW_LEVERS:
        same = rows[name] == now[name]
        if name in ("public_disclosure", "official_skill"):  # barrier 3 removed
            same |= (rows["relief_monitoring"] > 0.5) & (rows[name] == 1.0)
        assert same.all(), f"{name} is not the same everywhere"


def accounts(after, row):
    """Every flow has a payer and a receiver, no flow runs backwards, and the measured results are the accounts."""
    money, dt = after.money, after.city[0]["dt"]
    scale = fsum(np.abs(money))
    near(fsum(balance(money, name) for name in ACCOUNTS), 0.0, 1e-12 * scale + 1e-9, "all accounts")
    for name in FLOW_ACCOUNTS:
        assert money[Money[name]] >= 0 or name in EITHER_SIGN, f"{name} runs backwards"
    tolerance = MONEY_TOLERANCE / dt
    near(row[Series.RECEIPTS] - row[Series.OUTLAY], balance(money, "state") / dt, tolerance, "state")
    transfers = sum(balance(money, name, "transfer") for name in ACCOUNTS)
    near(transfers, 0.0, 1e-12 * scale + 1e-9, "transfers")
    near(balance(money, "resources", "transfer"), 0.0, 0.0, "what is used up is no transfer")
    near(row[Series.OPERATOR_RESULT], balance(money, "operator") / dt, tolerance, "operators")
    near(row[Series.DEVELOPER_RESULT], balance(money, "developer") / dt, tolerance, "developers")
    near(row[Series.SIDE_PAYMENTS], balance(money, "side") / dt, tolerance, "side payments")
    waiting = fsum(f["general"] + fsum(f["fund"]) + f["lapsed"] for f in after.funds)
    near(row[Series.UNSPENT], waiting, MONEY_TOLERANCE, "unspent")


class Social:
    """Social cost of a run from the sums of its ledgers, capital by a schedule of its own.

    `services` is a list of (steps left, service a step); lives come from the parameters, not from the kernels.
    """

    def __init__(self, p, dt):
        self.p, self.dt, self.services = p, dt, []

    def step(self, invested, money):
        """Social cost of a step, mVND a year.

        Parameters
        ----------
        invested : list of (float, float)
            Amounts and lives, yr, of this step.
        money : (N_FLOWS,) float64
        """
        v = (1.0 + self.p["discount_rate"]) ** -self.dt
        self.services = [(left - 1, service) for left, service in self.services if left > 1]
        for amount, years in invested:
            n = round(years / self.dt)
            self.services.append((n, amount / fsum(v**k for k in range(n))))
        used = fsum(
            money[Money[name]] * (1 if f.receiver == "resources" else -1)
            for name, f in FLOWS.items()
            if f.kind == "resource" and f.purpose != "capital"
        )
        return (used + fsum(service for _, service in self.services)) / self.dt


# --- mass -----------------------------------------------------------------------------------------------


def resources(before, after, p, row):
    """Energy, water, effluent, load and waste: what firms use and produce is somewhere in the city's sums."""
    matter, dt, clusters = after.matter, before.city[0]["dt"], after.clusters
    old, new = Firms(before), Firms(after)
    total = {name: fsum(clusters[name]) for name in ("elec", "fuel", "water", "effluent", "waste", "exchanged")}
    alike(matter[Matter.GRID_MWH] + matter[Matter.SOLAR_MWH] + matter[Matter.SHARED_SOLAR_MWH], dt * total["elec"], "electricity")
    alike(matter[Matter.FUEL_GJ], dt * total["fuel"], "fuel")
    alike(matter[Matter.WATER_M3], dt * total["water"], "water")
    alike(matter[Matter.EFFLUENT_M3], dt * total["effluent"], "effluent")
    exchanged = matter[Matter.EXCHANGED_T] + matter[Matter.POOLED_T]
    alike(exchanged, dt * total["exchanged"], "exchange")
    alike(matter[Matter.LANDFILL_T] + matter[Matter.DEALER_T] + exchanged, matter[Matter.WASTE_T], "waste")
    for name in ("GRID_MWH", "LANDFILL_T", "DEALER_T", "UNTREATED_M3", "REUSED_M3", "WASTE_REDUCED_T", "OFFTAKEN_T"):
        assert matter[Matter[name]] >= -MASS_TOLERANCE * matter[Matter.WASTE_T], f"{name} is negative"
    # water of who treats it in earnest is used again, whatever load his plant leaves in it
    treats = np.maximum(before.firms["compliance"], after.firms["compliance"]) >= REAL_OWN
    treated = dt * np.maximum(before.firms["effluent"], after.firms["effluent"])[treats].sum()
    used_again = matter[Matter.REUSED_M3] + matter[Matter.EXCHANGED_M3]
    assert used_again <= treated * (1 + MASS_TOLERANCE) + 1e-9
    connected = clusters["connected"][clusters["built"][:, WATER] > 0].sum()
    alike(matter[Matter.REUSED_M3], dt * p["reuse_share"] * connected, "water reused through plants")
    if p["plants_age"] < 0.5:  # who treats removes nine tenths: no more is used again than is clean
        clean = matter[Matter.EFFLUENT_M3] - matter[Matter.UNTREATED_M3]
        assert used_again <= clean * (1 + MASS_TOLERANCE) + 1e-9
    emitted = (
        matter[Matter.GRID_MWH] * after.city[0]["grid_factor"]
        + matter[Matter.FUEL_GJ] * p["fuel_factor"]
        - matter[Matter.EXCHANGE_TCO2E]
    )
    alike((row[Series.TCO2E] - row[Series.POOL_TCO2E]) * dt, emitted, "emissions")
    # clusters that nobody entered or left: their sums are those of the records of their firms
    one, two = old["cluster"], new["cluster"]
    eps, sector = new["eps"], new["sector"]
    tonnes = p["supply"][:, :5].sum(axis=1)[sector]
    for c in np.unique(two):
        ours = two == c
        if not np.array_equal(np.sort(old.id[one == c]), np.sort(new.id[ours])):
            continue
        cluster = clusters[c]
        for name in ("elec", "fuel", "water", "effluent"):
            alike(cluster[name], fsum(new[name][ours]), f"{name} of a cluster")
        alike(cluster["solar"], fsum((new["k_solar"] * new["elec"])[ours]), "own solar power of a cluster")
        alike(cluster["cod"] + cluster["cod_removed"], fsum((new["k_cod"] * new["effluent"])[ours]), "load")
        act = new["activity"]
        alike(cluster["waste"] + cluster["waste_reduced"], fsum((tonnes * eps * act)[ours]), "waste before technology")
        place = 1 - p["relocation_energy"] if cluster["kind"] == PLANNED else 1.0
        use = (p["sector_elec_MWh"][sector] * eps * act)[ours]
        saved = (new["d_elec"] * act)[ours]
        if place == 1.0:
            alike(fsum(use), cluster["elec"] + fsum(saved), "electricity before technology")
        assert cluster["exchanged"] <= cluster["waste"] * (1 + MASS_TOLERANCE), "more is exchanged than there is"
        assert cluster["untreated"] <= cluster["effluent"] * (1 + MASS_TOLERANCE)


def contracts(after, p):
    """Contracted quantities are those of the links in force, and no link delivers what is not there."""
    blocks = after.firms.size
    sold, bought, delivered, received = (np.zeros((blocks, LANES, 7)) for _ in range(4))
    count = np.zeros((blocks, LANES), int)
    links = after.links
    for state in (LINK_PERMIT, LINK_ACTIVE):
        some = links[links["state"] == state]
        giver = (some["supplier"] // LANES, some["supplier"] % LANES, some["stream"])
        taker = (some["buyer"] // LANES, some["buyer"] % LANES, some["stream"])
        np.add.at(sold, giver, some["quantity"])
        np.add.at(bought, taker, some["quantity"])
        if state == LINK_ACTIVE:
            np.add.at(delivered, giver, some["delivered"])
            np.add.at(received, taker, some["delivered"])
            np.add.at(count, giver[:2], 1)
            np.add.at(count, taker[:2], 1)
    taken = after.firms["status"] == SLOT_TAKEN
    assert np.array_equal(count[taken], after.firms["links"][taken]), "number of links of a firm"
    for found, expected, name in ((after.firms["sold"], sold, "sold"), (after.firms["bought"], bought, "bought")):
        worst = np.abs(found - expected).max(initial=0.0)
        assert worst <= MASS_TOLERANCE * max(expected.max(initial=0.0), 1.0), f"contracts {name} are off by {worst}"
    sector = after.firms["sector"]
    for w in range(6):  # whether treated water is there depends on compliance, which may change later in the step
        have, need = p["supply"][sector, w] * after.firms["waste"], p["demand"][sector, w] * after.firms["activity"]
        if w == HEAT and p["heat_of_firms"] > 0.5:
            fuel = after.firms["k_fuel"] * after.firms["activity"]
            have, need = p["heat_recoverable"] * fuel, p["sector_heat_replaceable"][sector] * fuel
        assert (delivered[..., w] <= have * (1 + MASS_TOLERANCE)).all(), "a firm delivers more than it has"
        assert (received[..., w] <= need * (1 + MASS_TOLERANCE)).all(), "a firm takes more than it needs"
