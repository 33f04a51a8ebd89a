"""V6, V7, V8, V23, V26, V27: decisions of firms, bank, fund and operators, against independent solutions."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.randomness import Purpose, uniform
from ecocluster.model.rules.adoption import critical_grant, option_multiple, volatility
from ecocluster.model.rules.compliance import own_running_cost
from ecocluster.model.state import REAL_CONNECTED, REAL_OWN, SLOT_TAKEN
from probes import (
    FEES,
    FUNDS,
    LOTTERY,
    PROJECTS,
    TECHNOLOGY,
    appraisal,
    cheapest,
    city,
    compliance,
    flat,
    loans,
    parameters,
    phases,
    put,
    rewind,
    taken,
    world,
)
from scipy import optimize, stats

GRANTS = ("grant_T1", "grant_T2", "grant_T4", "grant_T5")
HARD = {"adoption_slope": 1e12, "sigma0": 0.0, "loan_minimum": 0.0, "review_rate": 1e4}


def annuity(rate, years):
    return (1 - (1 + rate) ** -np.asarray(years, float)) / rate


def draws(s, purpose, time, idents):
    """Uniform numbers of the model's generator; what they are used for is worked out by the test."""
    key = s.city[0]["key"]
    return np.array([uniform(key, int(purpose), int(t), int(i))
                     for t, i in zip(np.broadcast_to(time, len(idents)), idents, strict=True)])


# --- V6 --------------------------------------------------------------------------------------------------


def town_2022(record):
    """400 firms on an imagined day of 2022, who know everything and lack neither credit nor cash."""
    s = city(record, firms=400, seed=4)
    s.city["time"], s.city["learning_offered"], s.city["carbon_rule"] = 2022.0, 1, 1.15
    s.city["learning"] = 1.24 ** -record["tech_learning_exponent"]
    s.levers["relief_credit"] = s.levers["relief_cash"] = 1.0
    s.clusters["built"][0, 1], s.clusters["fee"][0] = 1, 0.0105
    z = flat(s, "z")
    z[taken(s)[::3]] = REAL_CONNECTED
    put(s, "z", z)
    put(s, "aware", np.where(flat(s, "status") == SLOT_TAKEN, 15, 0))
    return s


def yearly_cost(record, f, bits, cleaned_per_m3):
    """Cost of resources, disposal and treatment with the technologies in `bits`, mVND a year."""
    has = [(bits >> j) & 1 for j in range(5)]
    use = {}
    for name, column in (("elec", "elec_MWh"), ("fuel", "fuel_GJ"), ("water", "water_m3"), ("waste", None)):
        per_worker = 1.0 if column is None else record[f"sector_{column}"][f["sector"]]
        use[name] = f["activity"] * f["eps"] * per_worker
        saves = record["tech_saves_" + {"elec": "electricity"}.get(name, name)]
        for j in range(5):
            use[name] = use[name] * (1 - saves[j] * has[j])
    disposal = (record["supply"][f["sector"], :5] * record["stream_disposal_cost"][:5]).sum(axis=1)
    solar = sum(record["tech_solar_share"][j] * has[j] for j in range(5))
    effluent = record["sector_effluent_share"][f["sector"]] * use["water"]
    energy = 1.9 * use["elec"] * (1 - solar) + record["fuel_price"] * use["fuel"]
    return (energy + record["water_price"] * use["water"]
            + disposal * use["waste"] + cleaned_per_m3 * effluent)


def appraisals(s, record, where):
    """V0, I, tax and financing of every firm and technology by the formulas of 5d, each (firms, 4)."""
    f = {name: flat(s, name)[where] for name in
         ("id", "sector", "activity", "eps", "workers", "hurdle", "tech", "z", "effluent", "exporter",
          "k_revenue")}
    revenue = f["workers"] * record["sector_revenue_mVND"][f["sector"]]
    assert (s.city[0]["time"] < 2025.75) and (f["k_revenue"] * f["workers"] == revenue).all()
    tax = np.full(len(where), 0.20 * 0.85)
    h, q = f["hurdle"], np.maximum(f["effluent"], 1e-9)
    per_m3 = np.where(f["z"] == REAL_CONNECTED, 0.0105, 0.0)
    own = 0.009 * ((q + 0.5) * ((q + 0.5) / 6000) ** -0.2 - (q - 0.5) * ((q - 0.5) / 6000) ** -0.2)
    per_m3 = np.where(f["z"] == REAL_OWN, own, per_m3)
    out = {name: np.zeros((len(where), 4)) for name in ("value", "cost", "tax_term", "financing")}
    for j in range(4):
        with_j = f["tech"] | (1 << j)
        saving = yearly_cost(record, f, f["tech"], per_m3) - yearly_cost(record, f, with_j, per_m3)
        saving = saving * np.where(f["exporter"] > 0.5, 1.15, 1.0)
        scale, life = record["tech_scale_exponent"][j], record["tech_life_yr"][j]
        noise = np.exp(0.3 * stats.norm.ppf(draws(s, Purpose.CAPEX, 0, f["id"] * 8 + j)))
        out["cost"][:, j] = (record["tech_capex_per_worker_at_15"][j] * 15 ** (1 - scale) * f["workers"] **
        scale
                             * noise * 1.24 ** -record["tech_learning_exponent"][j])
        out["value"][:, j] = saving * ((1 - tax) * annuity(h, life) + tax * 0.1 * annuity(h, min(8, life)))
        out["tax_term"][:, j] = tax * annuity(h, life) / life
        term = min(5, life)
        out["financing"][:, j] = 0.7 * (1 - annuity(h, term) / annuity(record["bank_rate"], term))
    out["psi"] = out["value"] / out["cost"] + out["tax_term"] + out["financing"]
    return out


def test_v06_hard_choice_at_the_first_review():
    """Logistic -> hard, sigma = 0, no limits of credit and cash: ordered at the first review iff psi >= 1.

    The reviews, appraisals and orders are the model's; psi is worked out here from costs with and without
    each technology. Control: psi without the value of financing.
    """
    record = parameters(**HARD)
    s = town_2022(record)
    where = taken(s)
    before = flat(s, "tech")[where]
    terms = appraisals(s, record, where)
    phases(s, record[()], LOTTERY | TECHNOLOGY | FUNDS, 1)
    pending = flat(s, "pending")[where]

    def check(psi):
        for j in range(4):
            free = (before >> j) & 1 == 0
            # the marginal cost of an own plant is numerical: nobody is looked at within 1e-6
            clear = free & (np.abs(psi[:, j] - 1) > 1e-6)
            assert (((pending >> j) & 1)[clear] == (psi[clear, j] >= 1)).all()
            assert not ((pending >> j) & 1)[~free].any()

    assert 0.05 < (terms["psi"] >= 1).mean() < 0.95 and len(where) > 300
    check(terms["psi"])
    with pytest.raises(AssertionError):
        check(terms["psi"] - terms["financing"])
    # whoever refused does so again as long as nothing changes
    phases(s, record[()], LOTTERY | TECHNOLOGY | FUNDS, 3)
    assert (flat(s, "pending")[where] == pending).all()


def test_v06_critical_grant_of_every_firm():
    """g* = 1 - V0/(I (1 - tax A(h,L)/L - financing)): each firm refuses just below it and accepts just above.

    Controls: the same without the tax term; without financing.
    """
    record = parameters(**HARD)
    s = town_2022(record)
    where = taken(s)
    terms = appraisals(s, record, where)
    tech = flat(s, "tech")[where]

    def accepts(slot, j, grant):
        s.levers[GRANTS[j]] = grant
        return bool(appraisal(s, record[()], int(slot), j, True)[0])

    def check(tax_term, financing):
        tested = 0
        critical = 1 - terms["value"] / (terms["cost"] * (1 - tax_term - financing))
        for n, slot in enumerate(where):
            for j in range(4):
                if (tech[n] >> j) & 1:
                    continue
                g = critical[n, j]
                if 1e-5 < g < 0.9 - 1e-5:
                    assert not accepts(slot, j, g - 1e-5) and accepts(slot, j, g + 1e-5)
                    tested += 1
                else:
                    assert accepts(slot, j, 0.9) == (g < 0.9) and accepts(slot, j, 0.0) == (g <= 0)
        return critical, tested

    critical, tested = check(terms["tax_term"], terms["financing"])
    assert tested > 300
    rule = critical_grant(terms["value"][7, 1], terms["cost"][7, 1], 0.17, flat(s, "hurdle")[where[7]],
                          record["tech_life_yr"][1], terms["financing"][7, 1])
    assert rule == pytest.approx(critical[7, 1], rel=1e-12)
    with pytest.raises(AssertionError):
        check(0.0, terms["financing"])
    with pytest.raises(AssertionError):
        check(terms["tax_term"], 0.0)


# --- V7 --------------------------------------------------------------------------------------------------


def best_threshold(rate, sigma, dt=1e-4):
    """Value over cost at which waiting ends, by brute force on a binomial tree without drift.

    From 1 the value reaches u^n with a discount of phi^n, where phi is that of one step up; the best n
    maximises (u^n - 1) phi^n.
    """
    u = np.exp(sigma * np.sqrt(dt))
    up = (1 - 1 / u) / (u - 1 / u)
    keep = np.exp(-rate * dt)
    phi = (1 - np.sqrt(1 - 4 * keep**2 * up * (1 - up))) / (2 * keep * (1 - up))
    n = np.arange(1, int(6 / (sigma * np.sqrt(dt))))
    return u ** n[np.argmax(np.log(u**n - 1) + n * np.log(phi))]


def test_v07_option_multiple():
    """Phi(sigma .1, .2, .3, .4; rate .10) = 1.25, 1.56, 1.93, 2.38; -> 1 as sigma -> 0.

    Optimal stopping on a tree agrees.

    Controls: the values of another rate, and of half the volatility.
    """
    expected = {0.1: 1.25, 0.2: 1.56, 0.3: 1.93, 0.4: 2.38}

    def check(rate, factor=1.0):
        for sigma, phi in expected.items():
            assert option_multiple(rate, factor * sigma) == pytest.approx(phi, abs=0.0051)

    check(0.10)
    for rate, sigma in ((0.1, 0.1), (0.1, 0.2), (0.1, 0.4), (0.25, 0.15), (0.45, 0.3)):
        assert option_multiple(rate, sigma) == pytest.approx(best_threshold(rate, sigma), rel=3e-3)
    towards_one = [option_multiple(0.1, sigma) for sigma in (0.1, 0.01, 1e-3, 1e-6, 1e-8, 1e-12, 0.0)]
    assert np.all(np.diff(towards_one) <= 0) and towards_one[-1] == 1.0
    assert towards_one[3] == pytest.approx(1 + 1e-6 / np.sqrt(0.2), abs=1e-10)
    # volatility of a firm: sigma0 sqrt(1 + (1 - certainty) + 2.25/(1 + peers/2))
    assert volatility(parameters()[()], 0.2, 1.0, 0.0) == pytest.approx(0.2 * np.sqrt(3.25))
    assert volatility(parameters()[()], 0.2, 0.0, 2.5) == pytest.approx(0.2 * np.sqrt(3.0))
    with pytest.raises(AssertionError):
        check(0.12)
    with pytest.raises(AssertionError):
        check(0.10, 0.5)


# --- V8 --------------------------------------------------------------------------------------------------


def test_v08_sharp_choice_takes_the_cheapest():
    """Exponent -> infinity: the share of real treatment is P(C_real smallest) = lambda_r/(sum of lambdas).

    Costs are exponential numbers of rates 1, 2, 1.5. The gap falls with the exponent; at 3 it is visible
    (control), at 90 every clear choice is the cheapest one.
    """
    rng = np.random.default_rng(8)
    rates = np.array([1.0, 2.0, 1.5])
    cost, taste = rng.exponential(1 / rates, (200_000, 3)), rng.random(200_000)

    def chosen(exponent):
        z = np.zeros(taste.size, np.int64)
        cheapest(parameters(choice_exponent=exponent)[()], cost, taste, z)
        return z

    def check(z):
        shares = np.bincount(z, minlength=3) / z.size
        law = rates / rates.sum()
        assert (np.abs(shares - law) < 4.5 * np.sqrt(law * (1 - law) / z.size)).all()

    sharp = chosen(90.0)
    check(sharp)
    ordered = np.sort(cost, axis=1)
    clear = ordered[:, 1] > 1.3 * ordered[:, 0]
    assert clear.mean() > 0.5 and (sharp[clear] == cost.argmin(axis=1)[clear]).all()
    gaps = [(chosen(k) != cost.argmin(axis=1)).mean() for k in (1.0, 3.0, 10.0, 90.0)]
    assert np.all(np.diff(gaps) < 0) and gaps[-1] < 0.01
    soft = chosen(1.0)
    with pytest.raises(AssertionError):
        check(soft)


def compliance_costs(s, record, where, terms, discount=0.32):
    """Yearly cost of none, sham and real (5b) and whether real means connection; (firms, 3) and (firms,)."""
    f = {name: flat(s, name)[where] for name in
         ("id", "sector", "cluster", "effluent", "workers", "hurdle", "tech", "z")}
    q, m = f["effluent"], s.clusters["monitoring"][f["cluster"]]
    plant = s.clusters["built"][:, 1][f["cluster"]] > 0
    lever = s.levers[0]
    payment = np.clip(300 * (q / 6000) ** 0.5, 20, 1000) * lever["fine_multiplier"]
    # the state's part 1 - d of a fine and half of the discount d on the side: what the firm really pays
    payment = payment * (1 - 0.5 * discount * (1 - m))
    visits = lever["inspection_rate"] * np.clip((f["workers"] / 15.5) ** 0.5, 0.2, 5)
    watched = np.where(plant, 0.5 * m, 0.0)
    fee = np.select([q < 1825, q < 3650], [2.5, 3.0], 4.0)
    fee = fee + np.where(q >= 7300, 0.002 * record["sector_cod_kg_m3"][f["sector"]] * q, 0.0)
    running = 0.009 * q * (q / 6000) ** -0.2
    none = payment * (0.9 * visits + watched) + fee
    sham = 1.0 + 0.25 * running + payment * ((0.15 + 0.65 * m) * visits + watched) + fee
    able, capital, grant, c, r = terms.T
    h, has = f["hurdle"], (f["tech"] >> 4) & 1 == 1
    yearly = capital * (1 - grant) * ((1 - c) + c * annuity(h, 5) / annuity(r, 5)) / annuity(h, 12)
    own = running + fee + np.where(has, 0.0, np.where(able > 0.5, yearly, np.inf))
    row = s.clusters[f["cluster"]]
    room = (row["connected"] + q <= row["design_flow"]) | (f["z"] == REAL_CONNECTED)
    connect = np.where(room, row["fee"] * q + 1.5, np.inf)
    connects = plant & (~has | (connect <= own))
    return np.stack([none, sham, np.where(connects, connect, own)], axis=1), connects


def two_towns(record, **levers):
    """Two clusters of 700 firms, the second one with a central plant; half of the firms may know nothing."""
    s = city(record, firms=700, clusters=2, seed=8)
    s.clusters["built"][:2, 1], s.clusters["fee"][1], s.clusters["monitoring"] = (0, 1), 0.0105, 0.25
    for name, value in levers.items():
        s.levers[name] = value
    return s


def test_v08_share_of_real_treatment_in_a_town():
    """The same in two clusters, one with a central plant: costs worked out here by 5b.

    At exponent 60 whoever has a clearly cheapest choice takes it, and the share of real treatment is the
    share of firms for whom it is cheapest, up to the unclear ones; at 3 every firm's choice follows from its
    persistent taste. Terms of loans are taken from the model (V26). Control: the costs without the informal
    discount.
    """
    sharp = parameters(choice_exponent=60.0)
    s = two_towns(sharp, fine_multiplier=1.0, inspection_rate=0.12)
    where = taken(s)
    z, terms = np.zeros(where.size, np.int64), np.zeros((where.size, 5))
    compliance(s, sharp[()], where, z, terms)
    cost, connects = compliance_costs(s, sharp, where, terms)
    best = cost.argmin(axis=1)
    ordered = np.sort(cost, axis=1)
    clear = ordered[:, 1] > 1.3 * ordered[:, 0]
    assert (np.minimum(z, 2)[clear] == best[clear]).all()
    assert abs((z >= REAL_OWN).mean() - (best == 2).mean()) <= (~clear).mean() and clear.mean() > 0.5
    assert ((z == REAL_CONNECTED) == ((z >= REAL_OWN) & connects)).all()
    assert len(np.unique(z)) == 4  # none, sham, own plant and connection all occur

    soft = parameters()
    compliance(s, soft[()], where, z, terms)
    cost, _ = compliance_costs(s, soft, where, terms)
    idents = flat(s, "id")[where] * 8 + 7
    epoch = np.floor(0.1 * (s.city[0]["time"] - 2010) + draws(s, Purpose.TASTE_OFFSET, 0, idents))
    taste = draws(s, Purpose.TASTE, epoch, idents)

    def check(cost):
        weight = cost ** -3.0
        bound = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
        assert (np.minimum(z, 2) == (taste[:, None] >= bound[:, :2]).sum(axis=1)).all()

    check(cost)
    with pytest.raises(AssertionError):
        check(compliance_costs(s, soft, where, terms, discount=0.0)[0])


# --- V23 -------------------------------------------------------------------------------------------------


class Claims:
    """A fund of a programme and 256 like firms, who adopt T2 with its grant and not without it."""

    def __init__(self):
        self.record = parameters(**{**HARD, "loan_minimum": 1e9, "capex_sd": 0.0})
        s = self.s = world(1, 256)
        tax, h, life, workers = 0.17, 0.25, 10, 10.0
        cost = 10 * 15**0.15 * workers**0.85
        value = (0.8 - tax * annuity(h, life) / life) * cost  # psi = .8 without the grant
        saving = value / ((1 - tax) * annuity(h, life) + tax * 0.1 * annuity(h, 8))
        elec = saving / (1.9 * self.record["tech_saves_electricity"][1])
        put(s, "elec", np.full(256, elec))
        put(s, "cash", np.full(256, 1e6))
        s.clusters["programme"][0] = 0
        s.funds["enacted"] = s.funds["budget"] = 1.0
        s.levers["grant_T2"][0] = 0.4
        self.claim = 0.4 * cost

    def spend(self, claimants, fund, replicate):
        """Money spent, and the firms served, when `claimants` hear of T2 and the fund holds `fund` mVND."""
        s = self.s
        rewind(s, 23, replicate)
        put(s, "aware", np.isin(np.arange(256), claimants) * 2)
        for name in ("pending", "ever", "loans", "cuts"):
            s.firms[name] = 0
        put(s, "cash", np.full(256, 1e6))
        s.ever[...] = 0
        s.money[...] = 0.0
        s.funds["spent"], s.funds["fund"][0, 0] = 0.0, fund
        phases(s, self.record[()], LOTTERY | TECHNOLOGY | FUNDS, 1)
        assert s.funds["fund"][0, 0] == pytest.approx(fund - s.funds["spent"][0], abs=1e-9)
        return float(s.funds["spent"][0]), np.flatnonzero(flat(s, "pending"))


def test_v23_poisson_claims_on_a_fund():
    """N Poisson claims of a mVND on a fund of B: E[spend] = E[min(B, a N)], path by path min(B, a N).

    Reviews, requests, their hashed priority and the orders are the model's; replaced: who hears of the
    technology (a Poisson number of like firms). Where B is no multiple of a the lump that does not fit is not
    paid: a min(floor(B/a), N). Whoever is refused decides without the grant and declines. Those served lie
    anywhere in the order of slots. Controls: min(B, a E[N]); a fund that pays in the order of slots.
    """
    claims, mean, rng, trials = Claims(), 40.0, np.random.default_rng(23), 1500
    a = claims.claim
    for lumps in (38.0, 44.5):
        spent, ranks = np.zeros(trials), []
        for trial in range(trials):
            claimants = rng.permutation(256)[:rng.poisson(mean)]
            spent[trial], served = claims.spend(claimants, (lumps + 1e-9) * a, trial)
            assert spent[trial] == pytest.approx(a * min(np.floor(lumps), len(claimants)))
            assert set(served) <= set(claimants)
            if len(served) < len(claimants):
                ranks.append(np.searchsorted(np.sort(claimants), served).mean() / (len(claimants) - 1))
        n = np.arange(400)
        expected = (stats.poisson.pmf(n, mean) * np.minimum(np.floor(lumps), n)).sum() * a

        def check(expected, spent=spent):
            error = spent.std(ddof=1) / np.sqrt(trials)
            assert abs(spent.mean() - expected) < 4.5 * error

        def check_fair(ranks):
            assert abs(np.mean(ranks) - 0.5) < 4.5 * np.std(ranks, ddof=1) / np.sqrt(len(ranks))

        check(expected)
        check_fair(ranks)
        with pytest.raises(AssertionError):
            check(a * min(lumps, mean))
        with pytest.raises(AssertionError):
            check_fair(np.array(ranks) - 0.1)


# --- V26 -------------------------------------------------------------------------------------------------


def approval_by_quadrature(factor, constant, collateral):
    """Mean probability of approval of food firms over their laws, without and with support.

    Parameters
    ----------
    factor : float
        Multiplies the capital cost of T2.
    constant, collateral : float
        Coefficients of the rule that are put to the test.
    """
    u = (np.arange(20_000) + 0.5) / 20_000
    workers = np.clip(7 * np.exp(1.26 * stats.norm.ppf(u)), 1, 600)[:, None]
    z, weight = np.polynomial.hermite_e.hermegauss(60)
    cover = 0.03 * 650 * workers / (factor * 10 * 15**0.15 * workers**0.85)
    x = constant + 0.3 * np.log(workers) + collateral * (np.log(cover) + np.hypot(0.7, 0.3) * z)
    out = []
    for support in (0.0, 2.0):
        p = (2 / 3) / (1 + np.exp(-(x + support))) + (1 / 3) / (1 + np.exp(-(x + support - 0.5)))
        out.append((p @ weight / weight.sum()).mean())
    return out


def test_v26_credit_rule():
    """Applications of all firms of six towns for T2: the share approved is the quadrature over their laws.

    At an eighth, once and eight times the capital cost. Sizes, collateral, debt and tastes are the model's
    draws; one in twenty has the guarantee of the baseline, which adds 2 and lends .7; the others get U(.25,
    .5). Controls: the constant .15 higher; the coefficient of collateral .05 lower; another law of the share
    lent.
    """
    record = parameters(loan_minimum=0.0, credit_constant=-3.0)
    rng = np.random.default_rng(26)
    approved, lent = {factor: [] for factor in (1 / 8, 1, 8)}, []
    guaranteed = []
    for replicate in range(6):
        s = city(record, firms=4500, sector="food", replicate=replicate)
        where = taken(s)
        noise = np.exp(0.3 * rng.standard_normal(where.size))
        cost = 10 * 15**0.15 * flat(s, "workers")[where] ** 0.85 * noise
        guaranteed.append(draws(s, Purpose.GUARANTEED, 0, flat(s, "id")[where] * 8 + 1) < 0.05)
        for factor, found in approved.items():
            out = np.zeros((where.size, 3))
            loans(s, record[()], where, 1, cost * factor, out)
            assert (out[:, 2] == 1).all() and (out[:, 1] == record["bank_rate"]).all()
            found.append(out[:, 0] > 0)
        lent.append(out[:, 0])
    guaranteed, lent = np.concatenate(guaranteed), np.concatenate(lent)

    def check(constant=-3.0, collateral=0.5):
        for factor, found in approved.items():
            laws = approval_by_quadrature(factor, constant, collateral)
            for group, chance in zip((~guaranteed, guaranteed), laws, strict=True):
                share = np.concatenate(found)[group].mean()
                assert abs(share - chance) < 4.5 * np.sqrt(chance * (1 - chance) / group.sum())

    check()
    plain = lent[~guaranteed & (lent > 0)]
    assert stats.kstest(plain, stats.uniform(0.25, 0.25).cdf).pvalue > 1e-6
    assert set(lent[guaranteed]) == {0.0, 0.7}
    with pytest.raises(AssertionError):
        check(constant=-2.85)
    with pytest.raises(AssertionError):
        check(collateral=0.45)
    with pytest.raises(AssertionError):
        assert stats.kstest(plain, stats.uniform(0.25, 0.28).cdf).pvalue > 1e-6


# --- V27 -------------------------------------------------------------------------------------------------


def cetp_npv(record, flow, brought=0.0):
    """Net present value of a central plant of design flow `flow` (m3/yr) at .8 of it and the fee cap."""
    size = flow / 365_000
    capital = record["cost_CETP_capex"] * size**0.75 * 1.3 * (1 - brought)
    sales = 0.8 * flow * (1.5 * 0.0105 - record["cost_CETP_variable_OM"])
    return (sales - record["cost_CETP_fixed_OM"] * size**0.6) * annuity(0.10, 20) - capital, capital


def plants_started(record, flows, anchor=0.0, cofunding=0.0, fund=0.0):
    """Which of the clusters with these design flows start a central plant when every operator reviews it."""
    s = world(len(flows), 2)
    s.clusters["design_flow"][:len(flows)] = flows
    s.levers["anchor_investor"], s.levers["cofunding_infrastructure"] = anchor, cofunding
    if fund > 0:
        s.clusters["programme"][:len(flows)] = 0
        s.funds["enacted"] = s.funds["budget"] = 1.0
        s.funds["fund"][0, 2] = fund
    phases(s, record[()], PROJECTS, 1)
    return s.clusters["ready"][:len(flows), 1] > 0, s


def test_v27_break_even_flow_of_a_central_plant():
    """A plant starts iff its design flow is at least Q*, the root of its net present value.

    With an anchor investor Q* is smaller; a fund that pays up to .7 of the capital moves it to the root of
    value + .7 capital = 0, and pays exactly the gap. Control: Q* at full use of the plant.
    """
    record = parameters(project_review=1e4, cetp_city_hazard=0.0)

    def root(brought=0.0, aided=0.0):
        def gap(log_flow):
            value, capital = cetp_npv(record, np.exp(log_flow), brought)
            return value + aided * capital / (1 - brought)
        return np.exp(optimize.brentq(gap, np.log(1e2), np.log(1e9)))

    def check(threshold, **how):
        around = threshold * np.array([0.2, 0.9, 0.999999, 1.000001, 1.1, 5.0])
        started, s = plants_started(record, around, **how)
        assert (started == (around > threshold)).all()
        return around, s

    alone = root()
    check(alone)
    check(root(brought=0.5), anchor=0.5)
    around, s = check(root(aided=0.7), cofunding=0.5, fund=1e9)
    needed = sum(max(-cetp_npv(record, flow)[0], 0.0) for flow in around[around > root(aided=0.7)])
    assert s.funds["spent"][0] == pytest.approx(needed, rel=1e-9) and needed > 0
    assert root(brought=0.5) < alone and root(aided=0.7) < alone
    with pytest.raises(AssertionError):
        check(0.8 * alone)


def test_v27_fee_of_a_central_plant():
    """The regulated fee up to the flow at which cost exceeds it; then 1.1 x cost, at most 1.5 x regulated.

    E* = fixed/(regulated/1.1 - variable) where the city built the plant. Control: without the mark-up of 1.1.
    """
    record, design = parameters(), 365_000.0
    fixed = float(record["cost_CETP_fixed_OM"])
    variable = float(record["cost_CETP_variable_OM"])

    def fee(connected, capital=0.0):
        s = world(1, 2)
        row = s.clusters[0]
        row["built"][1], row["design_flow"] = 1, design
        row["connected"], row["own_capital"][1] = connected, capital
        phases(s, record[()], FEES, 1)
        return float(row["fee"])

    for capital in (0.0, 4000.0, 20_000.0):
        for connected in np.geomspace(0.01, 1.2, 12) * design:
            cost = capital / annuity(0.10, 20) / (0.8 * design) + variable
            cost += fixed / max(connected, 0.3 * design)
            expected = min(0.01575, max(0.0105, 1.1 * cost))
            assert fee(connected, capital) == pytest.approx(expected, rel=1e-12)

    def check(markup):
        # the capital at which the cost at full flow is just the regulated fee
        spare = 0.0105 / markup - fixed / design - variable
        capital = spare * annuity(0.10, 20) * 0.8 * design
        assert fee(design, 0.9999 * capital) == 0.0105
        assert fee(design, 1.0001 * capital) > 0.0105

    check(1.1)
    with pytest.raises(AssertionError):
        check(1.0)


def test_v27_switch_size_between_own_plant_and_connection():
    """Of firms with an own plant beside a central one, the small ones connect, large ones do not.

    The switches are the roots of own running cost + environmental fee = CETP fee x q + 1.5 in the effluent q,
    at 160 m3 per worker; the steps of the fee make more than one. Fines are so high, and the choice so sharp,
    that everybody treats. Firms without a plant connect whatever their size. Control: a fee without steps.
    """
    record = parameters(choice_exponent=50.0)

    def excess(q, steps=True):
        """Own cost above the cost of connection, for food firms (2 kg COD per m3)."""
        fee = np.where(q < 1825, 2.5, np.where(q < 3650, 3.0, 4.0)) if steps else 2.5
        fee = fee + np.where(q >= 7300, 0.002 * 2.0 * q, 0.0)
        return 0.009 * q * (q / 6000) ** -0.2 + fee - 0.0105 * q - 1.5

    def sizes(steps=True):
        """Sizes of 1 to 40 workers, dense around the switches."""
        q = np.linspace(160, 6400, 400)
        change = np.flatnonzero(np.diff(np.sign(excess(q, steps))) != 0)
        roots = [optimize.bisect(excess, q[n], q[n + 1], args=(steps,), xtol=1e-9) for n in change]
        near = [root * (1 + side) for root in roots for side in (-1e-6, 1e-6)]
        return np.concatenate([q, near]) / 160, np.array(roots) / 160

    def choices(workers, tech):
        s = world(1, len(workers))
        row = s.clusters[0]
        row["built"][1], row["fee"], row["design_flow"] = 1, 0.0105, 1e12
        s.levers["inspection_rate"], s.levers["fine_multiplier"] = 4.0, 10.0
        lanes = np.pad(workers, (0, flat(s, "workers").size - len(workers)), constant_values=1.0)
        put(s, "workers", lanes)
        put(s, "effluent", 160 * lanes)
        put(s, "running", [own_running_cost(record[()], q) for q in 160 * lanes])  # kept by production
        put(s, "k_cod", np.full(lanes.size, 2.0))
        put(s, "tech", np.full(lanes.size, tech))
        put(s, "z", np.full(lanes.size, REAL_OWN if tech else 0))
        put(s, "cash", np.full(lanes.size, 1e6))
        put(s, "collateral", np.full(lanes.size, 1.0))
        z, terms = np.zeros(len(workers), np.int64), np.zeros((len(workers), 5))
        compliance(s, record[()], np.arange(len(workers)), z, terms)
        return z

    def check(steps):
        workers, roots = sizes(steps)
        expected = np.where(excess(160 * workers, steps) >= 0, REAL_CONNECTED, REAL_OWN)
        assert (choices(workers, 16) == expected).all()
        return workers, roots

    workers, roots = check(True)
    assert len(roots) == 3  # own, connected from a step of the fee on, own again
    assert (choices(workers, 0) == REAL_CONNECTED).all()
    with pytest.raises(AssertionError):
        check(False)
