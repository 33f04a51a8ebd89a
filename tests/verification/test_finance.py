"""V23, V26: the fund of a programme and the credit of the bank, against laws worked out by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.randomness import Purpose
from probes import (
    FUNDS,
    HARD,
    LOTTERY,
    TECHNOLOGY,
    annuity,
    city,
    draws,
    flat,
    loans,
    parameters,
    phases,
    put,
    rewind,
    taken,
    world,
)
from scipy import stats

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
            claimants = rng.permutation(256)[: rng.poisson(mean)]
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
