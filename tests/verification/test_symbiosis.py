"""V5, V10: links as a Markov chain of independent slots, and the set of deals against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.ledger import Money
from ecocluster.model.state import LINK_ACTIVE, LINK_PERMIT, REAL_OWN, REQUEST_DTYPE
from probes import (
    ADVANCE,
    DELIVER,
    FREE,
    LOTTERY,
    ORGANIC,
    PERMIT_ALL,
    SEARCH,
    SIGN,
    flat,
    pairs,
    parameters,
    phases,
    put,
    taken,
    term_draw,
    world,
)


def breach_hazard(record, integrity, enforcement):
    return float(record["eta0"]) * 2 * (1 - integrity) * (1 - enforcement)


def search_chance(hazard, dt):
    """A search happens, and one of its eight random slots out of two is not the own one."""
    return (1 - np.exp(-hazard * dt)) * (1 - 0.5**8)


def watch(s, record, chosen, steps, burn=80):
    """1 where a pair has a contract at the end of a step, (steps, pairs)."""
    phases(s, record[()], chosen, burn)
    linked = np.zeros((steps, s.firms.size), np.int8)
    for n in range(steps):
        phases(s, record[()], chosen, 1)
        linked[n] = s.firms["sold"][:, 0, ORGANIC] > 0
    return linked


def check_chain(linked, share, correlation):
    """Mean over time and pairs, and autocorrelations at lags 1-6; 4.5 standard errors between pairs."""
    each = linked.mean(axis=0)
    error = each.std(ddof=1) / np.sqrt(each.size)
    assert abs(each.mean() - share) < 4.5 * error
    x = linked - share
    for lag in range(1, 7):
        products = (x[lag:] * x[:-lag]).mean(axis=0) / (share * (1 - share))
        error = products.std(ddof=1) / np.sqrt(products.size)
        assert abs(products.mean() - correlation[lag]) < 4.5 * error


def test_v05_links_are_independent_slots():
    """Stationary share beta/(beta + delta), autocorrelation (1 - beta - delta)^k, trust fixed (v = 0: b = 1).

    The model's lottery, search, negotiation and delivery with breaches, renewals and forgotten records;
    replaced: production (amounts are constant) and the permit, which comes in the step of the signature. A
    slot is one pair. beta: a search finds the partner; a link that breaks may be signed anew in the same
    step, so delta = P(breach) (1 - beta). Controls: 10 % more breaches; delta without the new signature.
    """
    record = parameters(eta0=0.4, worst_breach=0.0, search_rate=0.6, **FREE)
    s = pairs(1200, record)
    linked = watch(s, record, LOTTERY | DELIVER | SEARCH | SIGN | PERMIT_ALL | ADVANCE, 800)
    assert not s.city[0]["overflow"]
    hazard = sum(breach_hazard(record, integrity, 0.3) for integrity in (0.5, 0.2))
    beta = search_chance(0.6, 0.25)

    def chain(hazard, again):
        breach = 1 - np.exp(-hazard * 0.25)
        delta = breach * (1 - beta) if again else breach
        return beta / (beta + delta), (1 - beta - delta) ** np.arange(7)

    check_chain(linked, *chain(hazard, True))
    across = np.corrcoef(linked[::10, :200].T)[np.triu_indices(200, 1)]
    assert abs(across.mean()) < 0.005  # pairs do not know of each other
    with pytest.raises(AssertionError):
        check_chain(linked, *chain(1.1 * hazard, True))
    with pytest.raises(AssertionError):
        check_chain(linked, *chain(hazard, False))


def test_v05_links_with_permits():
    """Nothing but production replaced: free, waiting for a permit, active are a chain of three states.

    A link delivers first in the step after its permit. Control: the chain of two states of the test above.
    """
    record = parameters(eta0=0.4, worst_breach=0.0, search_rate=0.6, **FREE)
    s = pairs(1200, record)
    s.levers["permit_rate"] = 1.5
    linked = watch(s, record, LOTTERY | DELIVER | SEARCH | SIGN | ADVANCE, 800)
    breach = 1 - np.exp(-0.25 * sum(breach_hazard(record, integrity, 0.3) for integrity in (0.5, 0.2)))
    beta, permit = search_chance(0.6, 0.25), 1 - np.exp(-1.5 * 0.25)
    move = np.array([[1 - beta, beta, 0], [0, 1 - permit, permit], [breach * (1 - beta), breach * beta, 1 - breach]])
    values, vectors = np.linalg.eig(move.T)
    law = np.real(vectors[:, np.argmax(np.real(values))])
    law /= law.sum()
    has = np.array([0.0, 1.0, 1.0])
    share = law @ has
    correlation = np.array([(law * (has - share)) @ np.linalg.matrix_power(move, k) @ (has - share) for k in range(7)]) / (
        share * (1 - share)
    )
    check_chain(linked, share, correlation)
    delta = breach * (1 - beta)
    with pytest.raises(AssertionError):
        check_chain(linked, beta / (beta + delta), (1 - beta - delta) ** np.arange(7))


# --- V10 ------------------------------------------------------------------------------------------------

FIRMS = 14


def market(record, rng):
    """Fourteen firms that differ in all that matters; all ordered pairs and streams are proposed."""
    s = world(1, FIRMS, links=4096)
    ranges = {
        "activity": (20, 900), "waste": (20, 900), "water": (1e3, 2e5), "effluent": (1e3, 1e5),
        "workers": (20, 600), "cash": (0, 900), "hurdle": (0.1, 0.8), "trust": (0, 1), "integrity": (0, 1),
        "good": (0, 3), "bad": (0, 2), "x": (0, 6), "y": (0, 6),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        put(s, name, rng.uniform(low, high, 16))
    put(s, "sector", rng.integers(0, 6, 16))
    put(s, "compliance", rng.integers(0, 4, 16))
    s.levers["platform"], s.levers["coordinator"] = 0.5, 0.4
    s.levers["study_aid"], s.levers["symbiosis_grant"] = 0.5, 0.4
    s.clusters["programme"][0] = 0
    s.funds["budget"], s.funds["fund"][0, 1] = 1.0, 1200.0
    proposals = [(i, j, w) for i in range(FIRMS) for j in range(FIRMS) if i != j for w in range(7)]
    # some are made twice
    proposals = [proposals[n] for n in rng.permutation(len(proposals))] + proposals[:200]
    s = s._replace(proposals=np.zeros(len(proposals), REQUEST_DTYPE))
    for n, (i, j, w) in enumerate(proposals):
        proposal = s.proposals[n]
        proposal["slot"], proposal["other"], proposal["tech"], proposal["fund"] = i, j, w, 0
        proposal["priority"] = n
    s.city["proposals"] = len(proposals)
    rng.shuffle(s.proposals)  # the order in which they lie there must not matter
    return s, proposals


def discounted(rate, years):
    return sum((1 + rate) ** -t for t in range(1, int(years) + 1))


def expected_deals(s, record, proposals, use_trust=True, fund=1200.0):
    """The deals that the specification (5f, 2 and 3) allows, one proposal after the other."""
    r = {name: record[name] for name in record.dtype.names}
    f = {name: flat(s, name).copy() for name in s.firms.dtype.names if s.firms[name].ndim == 2}
    sold, bought = np.zeros((16, 7)), np.zeros((16, 7))
    e = r["enforcement"] + r["enforcement_coordinator"] * 0.4
    omega = min(0.5, 0.3 * 0.5 + 0.2 * 0.4)
    deals, barred = {}, set()
    for i, j, w in proposals:
        source = f["waste"][i] if w < 6 else f["effluent"][i] * (f["compliance"][i] >= REAL_OWN)
        have = r["supply"][f["sector"][i], w] * source
        need = r["demand"][f["sector"][j], w] * (f["activity"][j] if w < 6 else f["water"][j])
        q = min(have - sold[i, w], need - bought[j, w])
        if (i, j, w) in barred or (i, j, w) in deals or q <= 0:
            continue
        gain = q * (
            r["stream_disposal_cost"][w] + r["stream_substitution"][w] * r["stream_virgin_price"][w] - r["stream_treatment_cost"][w]
        )
        fixed = r["stream_fixed_cost_ref"][w] * (q / r["stream_quantity_ref"][w]) ** 0.6 + r["stream_pipe_cost_per_100m"][
            w
        ] * np.hypot(f["x"][i] - f["x"][j], f["y"][i] - f["y"][j])
        coordination, study = r["cost_link_coordination"], r["cost_study"]
        n = 3 + int(3 * term_draw(s, i, j, w))
        aid, grant = (0.5, 0.4) if fund >= 0.5 * study + 0.4 * fixed else (0.0, 0.0)
        h = (f["hurdle"][i] + f["hurdle"][j]) / 2
        if not (gain - coordination) * discounted(h, n) - (1 - grant) * fixed > (1 - aid) * study:
            barred.add((i, j, w))
            continue
        f["cash"][i] -= (1 - aid) * study / 2
        f["cash"][j] -= (1 - aid) * study / 2
        fund -= aid * study
        b, rate = [], []
        for me, you in ((i, j), (j, i)):
            trust = (r["kappa"] * f["trust"][me] + omega * f["good"][you]) / (
                r["kappa"] + omega * f["good"][you] + r["lambda_breach"] * omega * f["bad"][you]
            )
            b.append(1 - r["worst_breach"] * (1 - e) * (1 - trust) if use_trust else 1.0)
            rate.append((1 + f["hurdle"][me]) / b[-1] - 1)
        burden = sum(0.5 / discounted(x, n) for x in rate) * (1 - grant) * fixed
        half = (1 - grant) * fixed / 2
        able = all(half <= f["cash"][k] - r["cash_reserve"] * f["workers"][k] for k in (i, j))
        if gain * sum(b) / 2 - coordination < burden or not able:
            barred.add((i, j, w))
            continue
        for k in (i, j):
            f["cash"][k] -= half
        fund -= grant * fixed
        sold[i, w] += q
        bought[j, w] += q
        deals[i, j, w] = {"q": q, "n": n, "b": b, "rate": rate, "half": half, "coordination": coordination}
    return deals


def model_deals(s):
    high = s.city[0]["links_high"]
    return {
        (int(link["supplier"]), int(link["buyer"]), int(link["stream"])): link
        for link in s.links[:high]
        if link["state"] in (LINK_PERMIT, LINK_ACTIVE)
    }


def check_same_deals(found, expected):
    assert set(found) == set(expected)
    for key, deal in expected.items():
        assert found[key]["quantity"] == pytest.approx(deal["q"], rel=1e-9)
        assert found[key]["years"] == deal["n"]


def worth_in_use(record, w):
    """What a unit is worth to the buyer, mVND."""
    replaced = record["stream_substitution"][w] * record["stream_virgin_price"][w]
    return replaced - record["stream_treatment_cost"][w]


def worth(record, w, deal, price):
    """Net present value of a deal at a price to supplier and buyer, mVND."""
    b = sum(deal["b"]) / 2
    units = (record["stream_disposal_cost"][w] + price, worth_in_use(record, w) - price)
    return [
        (deal["q"] * b * unit - deal["coordination"] / 2) * discounted(rate, deal["n"]) - deal["half"]
        for unit, rate in zip(units, deal["rate"], strict=True)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_v10_deals_prices_and_payments(seed):
    """Fourteen firms, all pairs and streams proposed in random order: brute force signs the same deals.

    The price leaves neither side below 0 and splits the yearly surplus in halves; what suppliers get is what
    buyers pay. Proposals compete for supply, demand, cash and a fund that runs out. Controls: the brute force
    without trust (b = 1), and one price outside its bounds.
    """
    rng = np.random.default_rng(seed)
    record = parameters()
    s, proposals = market(record, rng)
    before = flat(s, "cash")[taken(s)].sum()
    expected = expected_deals(s, record, proposals)
    without_trust = expected_deals(s, record, proposals, use_trust=False)
    phases(s, record[()], SIGN, 1)
    found = model_deals(s)
    assert len(found) > 15
    assert {float(link["grant"]) for link in found.values()} == {0.0, 0.4}  # the fund runs out on the way
    check_same_deals(found, expected)
    with pytest.raises(AssertionError):
        check_same_deals(found, without_trust)

    def check_price(key, price):
        deal = expected[key]
        values = worth(record, key[2], deal, price)
        assert min(values) >= -1e-9
        yearly = [x / discounted(rate, deal["n"]) for x, rate in zip(values, deal["rate"], strict=True)]
        assert yearly[0] == pytest.approx(yearly[1], rel=1e-7, abs=1e-9)

    for key, link in found.items():
        check_price(key, link["price"])
    key = next(iter(found))
    with pytest.raises(AssertionError):
        check_price(key, found[key]["price"] + 0.1)
    # cash that left the firms = their halves of the fixed cost and of the studies, nothing between them
    paid = before - flat(s, "cash")[taken(s)].sum()
    # booked at full price, part of it with the programme's money
    own = s.money[Money.LINK_FIXED] - s.money[Money.LINK_GRANT]
    assert own == pytest.approx(sum(2 * deal["half"] for deal in expected.values()))
    assert paid == pytest.approx(own + s.money[Money.STUDY] - s.money[Money.STUDY_AID])
    assert s.funds["spent"][0] == pytest.approx(s.money[Money.LINK_GRANT] + s.money[Money.STUDY_AID])
    # delivery: payments cancel
    phases(s, record[()], PERMIT_ALL, 1)
    record["eta0"] = 0.0
    phases(s, record[()], DELIVER, 1)
    own, received = np.zeros(16), 0.0
    for (i, j, w), link in found.items():
        half = record["cost_link_coordination"] / 2
        own[i] += link["quantity"] * record["stream_disposal_cost"][w] - half
        own[j] += link["quantity"] * worth_in_use(record, w) - half
        received += link["quantity"] * abs(link["price"])
    payments = flat(s, "exchange_gain") - own
    assert np.abs(payments).sum() > 0.1 * received
    assert abs(payments.sum()) < 1e-9 * received
