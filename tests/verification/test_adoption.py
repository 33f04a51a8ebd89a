"""V6, V7: decisions of firms about technologies, against formulas of the specification and optimal stopping."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.randomness import Purpose
from ecocluster.model.rules.adoption import adopts, option_multiple, volatility
from ecocluster.model.state import REAL_CONNECTED, REAL_OWN, SLOT_TAKEN
from probes import (
    FUNDS,
    HARD,
    LOTTERY,
    TECHNOLOGY,
    annuity,
    appraisal,
    city,
    draws,
    flat,
    parameters,
    phases,
    put,
    taken,
)
from scipy import stats

GRANTS = ("grant_T1", "grant_T2", "grant_T4", "grant_T5")


# --- V6 --------------------------------------------------------------------------------------------------


def town_2022(record):
    """400 firms on an imagined day of 2022, who know everything and lack neither credit nor cash."""
    s = city(record, firms=400, seed=4)
    s.city["time"], s.city["learning_offered"], s.city["carbon_rule"] = 2022.0, 1, 1.15
    s.city["learning"] = 1.24 ** -record["tech_learning_exponent"]
    s.levers["relief_credit"] = s.levers["relief_cash"] = 1.0
    s.clusters["built"][0, 1], s.clusters["fee"][0] = 1, 0.0105
    z = flat(s, "compliance")
    z[taken(s)[::3]] = REAL_CONNECTED
    put(s, "compliance", z)
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
    return energy + record["water_price"] * use["water"] + disposal * use["waste"] + cleaned_per_m3 * effluent


def appraisals(s, record, where):
    """V0, I, tax and financing of every firm and technology by the formulas of 5d, each (firms, 4)."""
    f = {name: flat(s, name)[where] for name in
         ("id", "sector", "activity", "eps", "workers", "hurdle", "tech", "compliance", "effluent", "exporter",
          "k_revenue")}  # fmt: skip
    revenue = f["workers"] * record["sector_revenue_mVND"][f["sector"]]
    assert (s.city[0]["time"] < 2025.75) and (f["k_revenue"] * f["workers"] == revenue).all()
    tax = np.full(len(where), 0.20 * 0.85)
    h, q = f["hurdle"], np.maximum(f["effluent"], 1e-9)
    per_m3 = np.where(f["compliance"] == REAL_CONNECTED, 0.0105, 0.0)
    own = 0.009 * ((q + 0.5) * ((q + 0.5) / 6000) ** -0.2 - (q - 0.5) * ((q - 0.5) / 6000) ** -0.2)
    per_m3 = np.where(f["compliance"] == REAL_OWN, own, per_m3)
    out = {name: np.zeros((len(where), 4)) for name in ("value", "cost", "tax_term", "financing")}
    for j in range(4):
        with_j = f["tech"] | (1 << j)
        saving = yearly_cost(record, f, f["tech"], per_m3) - yearly_cost(record, f, with_j, per_m3)
        saving = saving * np.where(f["exporter"] > 0.5, 1.15, 1.0)
        scale, life = record["tech_scale_exponent"][j], record["tech_life_yr"][j]
        noise = np.exp(0.3 * stats.norm.ppf(draws(s, Purpose.CAPEX, 0, f["id"] * 8 + j)))
        out["cost"][:, j] = (record["tech_capex_per_worker_at_15"][j] * 15 ** (1 - scale) * f["workers"] **
        scale
                             * noise * 1.24 ** -record["tech_learning_exponent"][j])  # fmt: skip
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
        return bool(appraisal(s, record[()], int(slot), j, True).wants)

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

    _, tested = check(terms["tax_term"], terms["financing"])
    assert tested > 300
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


def test_who_is_refused_at_a_glance_would_be_refused_by_the_power():
    """Most who wait are refused by a bound of the power: just below the taste at which a firm adopts it must let it pass,
    for any slope and from ratios of almost 1 on, and just above nobody adopts."""
    random = np.random.default_rng(5)
    for slope in random.uniform(1.0, 8.0, 60):
        for short in 10 ** random.uniform(-7.0, 1.5, 200):
            psi, multiple = 1.7, 1.7 * (1.0 + short)
            limit = 1.0 / (1.0 + (multiple / psi) ** slope)
            assert adopts(psi, multiple, slope, limit * (1.0 - 1e-9)), (slope, short)
            assert not adopts(psi, multiple, slope, limit * (1.0 + 1e-9)), (slope, short)


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
