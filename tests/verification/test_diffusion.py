"""V1, V2, V3, V28: knowledge and attitude against binomial chains, Bass curves, a ring and an exponential."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.rules.diffusion import event, learning_hazard
from ecocluster.model.state import SLOT_TAKEN
from probes import (
    ADOPT_ALL,
    ADVANCE,
    BELIEFS,
    COUNT,
    LEARN,
    LOTTERY,
    blank,
    flat,
    parameters,
    phases,
    put,
    rewind,
    taken,
    world,
)
from scipy import stats

SPREAD = COUNT | LOTTERY | LEARN | ADOPT_ALL | ADVANCE
LONELY = blank("q_in", "q_tie", "q_out", "p_ext", "p_IC", "forgetting")
TECHNOLOGIES = 4  # T1, T2, T4 and T5 spread alike and independently here: four chains in one run


def adopters(s, groups):
    """Adopters of each technology in each group, shape (groups, 4)."""
    tech = flat(s, "tech").reshape(groups, -1)
    return np.stack([((tech >> j) & 1).sum(axis=1) for j in range(TECHNOLOGIES)], axis=1)


def forget_all(s, seed, replicate):
    s.firms["tech"] = s.firms["aware"] = s.firms["ever"] = 0
    rewind(s, seed, replicate)


def binomial_chain(size, p, q, dt, steps, denominator):
    """Distribution of the number of adopters after `steps`, shape (size + 1,)."""
    n = np.arange(size + 1)
    chance = 1 - np.exp(-dt * (p + q * n / denominator))
    move = np.array([stats.binom.pmf(n - have, size - have, chance[have]) for have in n])
    return np.linalg.matrix_power(move, steps)[0]


def check_distribution(counts, law):
    """Chi-square over classes of at least ten expected counts; 4.9 sigma."""
    expected = law * counts.sum()
    classes = np.minimum(np.cumsum(expected) // 10, np.floor(expected.sum() / 10) - 1).astype(int)
    have, want = np.bincount(classes, counts), np.bincount(classes, expected)
    used = want > 0
    statistic = ((have[used] - want[used]) ** 2 / want[used]).sum()
    assert stats.chi2.sf(statistic, used.sum() - 1) > 1e-6


@pytest.mark.parametrize("size", [20, 55])
def test_v01_one_group_is_a_binomial_chain(size):
    """Every aware firm adopts (replaced: the choice); N' = N + Bin(M - N, 1 - exp(-dt (p + q N/(M - 1)))).

    The whole distribution of N after five years, and independence of the four technologies. Controls: the law
    with the searching firm counted among its own neighbours (q N/M), and with a linear probability.
    """
    p, q, dt, steps, groups = 0.03, 0.5, 0.25, 24, 200
    record = parameters(**{**LONELY, "p0": p, "q_in": q})
    s = world(groups, size, dt=dt)
    counts = np.zeros((TECHNOLOGIES, size + 1))
    product = []
    for replicate in range(60 if size == 20 else 40):
        forget_all(s, 11, replicate)
        phases(s, record[()], SPREAD, steps)
        n = adopters(s, groups)
        for j in range(TECHNOLOGIES):
            counts[j] += np.bincount(n[:, j], minlength=size + 1)
        product.append(n)
    law = binomial_chain(size, p, q, dt, steps, size - 1)
    for j in range(TECHNOLOGIES):
        check_distribution(counts[j], law)
    total = counts.sum(axis=0)
    check_distribution(total, law)
    n = np.concatenate(product)
    apart = np.corrcoef(n.T)[np.triu_indices(TECHNOLOGIES, 1)]
    assert np.abs(apart).max() < 4.5 / np.sqrt(len(n))
    with pytest.raises(AssertionError):
        check_distribution(total, binomial_chain(size, p, q, dt, steps, size))
    with pytest.raises(AssertionError):
        check_distribution(total, binomial_chain(size, 1.05 * p, q, dt, steps, size - 1))


def discrete_bass(p, q, dt, steps, by_rules=False):
    """F' = F + (1 - F)(1 - exp(-dt (p + q F))), by formula or by the rules of the model."""
    f = np.zeros(steps + 1)
    for n in range(steps):
        if by_rules:
            chance = event(learning_hazard(_bass_record(p, q)[()], p, f[n], 0.0, 0.0), dt)
        else:
            chance = 1 - np.exp(-dt * (p + q * f[n]))
        f[n + 1] = f[n] + (1 - f[n]) * chance
    return f


def _bass_record(p, q):
    return parameters(**{**LONELY, "p0": p, "q_in": q})


def bass(p, q, time):
    decay = np.exp(-(p + q) * time)
    return (1 - decay) / (1 + q / p * decay)


def bass_sd(p, q, dt, size, path):
    """Standard deviation of the share of `size` firms around the path (linear noise)."""
    variance = np.zeros(len(path))
    for n, f in enumerate(path[:-1]):
        stay = np.exp(-dt * (p + q * f))
        slope = stay + (1 - f) * dt * q * stay
        variance[n + 1] = slope**2 * variance[n] + (1 - f) * stay * (1 - stay) / size
    return np.sqrt(variance)


def check_path(share, path, sd):
    assert (np.abs(share - path)[1:] < 4.5 * sd[1:]).all()


def test_v02_a_large_group_follows_bass():
    """M = 30,000: the path of the mean field within 4.5 sigma; gap to the Bass curve .029, .0099.

    The gap is that of the recursion (made with the model's rules) at steps of 1/4 and 1/12 year, p .03, q .4;
    it vanishes in proportion to dt. Control: the Bass curve itself is no path of quarterly steps.
    """
    p, q, size = 0.03, 0.4, 30_000
    gaps = {}
    for dt in (1 / 4, 1 / 12, 1 / 48):
        path = discrete_bass(p, q, dt, round(30 / dt), by_rules=True)
        np.testing.assert_allclose(path, discrete_bass(p, q, dt, round(30 / dt)), rtol=0, atol=1e-12)
        gaps[dt] = np.abs(path - bass(p, q, dt * np.arange(path.size))).max()
    assert gaps[1 / 4] == pytest.approx(0.029, abs=5e-4)
    assert gaps[1 / 12] == pytest.approx(0.0099, abs=5e-5)
    assert gaps[1 / 12] / gaps[1 / 48] == pytest.approx(4, rel=0.05)
    dt, steps = 0.25, 80
    record = _bass_record(p, q)
    s = world(1, size, dt=dt)
    share = np.zeros((steps + 1, TECHNOLOGIES))
    for n in range(steps):
        phases(s, record[()], SPREAD, 1)
        share[n + 1] = adopters(s, 1)[0] / size
    path = discrete_bass(p, q, dt, steps)
    sd = bass_sd(p, q, dt, size, path)
    for j in range(TECHNOLOGIES):
        check_path(share[:, j], path, sd)
    mean, sd = share.mean(axis=1), sd / 2
    check_path(mean, path, sd)
    with pytest.raises(AssertionError):
        check_path(mean, bass(p, q, dt * np.arange(steps + 1)), sd)


def ring_recursion(p, q, dt, steps):
    """Exact share on an endless one-sided ring in steps of dt.

    A firm looks only at its neighbour, whose time of adoption T has the same law and does not depend on it:
    1 - F(n) = e^(-p n dt) E[e^(-q dt (n - T)^+)].
    """
    stay = np.ones(steps + 1)
    for n in range(1, steps + 1):
        born = -np.diff(stay[:n])  # P(T = 1), ..., P(T = n - 1)
        when = np.arange(1, n)
        stay[n] = np.exp(-p * n * dt) * ((born * np.exp(-q * dt * (n - when))).sum() + stay[n - 1])
    return 1 - stay


def ring(p, q, time):
    return 1 - np.exp(-(p + q) * time + q * (1 - np.exp(-p * time)) / p)


def ring_share(p, q, dt, steps, size, sides):
    """Share of adopters on a ring: acquaintances are the neighbours on one or on both sides.

    Returns
    -------
    (steps + 1, batches) float64
        Shares in batches of 125 firms in a row, long against the correlation of neighbours.
    """
    record = parameters(**{**LONELY, "p0": p, "q_tie": q})
    s = world(1, size, dt=dt, seed=3)
    n = np.arange(size)
    s.ties[:size, 0] = (n - 1) % size
    if sides == 2:
        s.ties[:size, 1] = (n + 1) % size
    share = np.zeros((steps + 1, TECHNOLOGIES * size // 125))
    for step in range(steps):
        phases(s, record[()], SPREAD, 1)
        tech = flat(s, "tech")[:size].reshape(-1, 125)
        share[step + 1] = np.concatenate([((tech >> j) & 1).mean(axis=1) for j in range(TECHNOLOGIES)])
    return share


def check_ring(share, path):
    """The mean of the batches is within 4.5 standard errors of the path."""
    error = share.std(axis=1, ddof=1) / np.sqrt(share.shape[1])
    assert (np.abs(share.mean(axis=1) - path)[1:] < 4.5 * error[1:]).all()


def test_v03_a_one_sided_ring():
    """Contacts form a ring: F = 1 - exp(-(p + q) t + q (1 - e^(-p t))/p).

    The recursion in steps, which is exact, has this limit (the gap falls like dt); the model follows the
    recursion at 1/4 year and the closed form at 1/48. A two-sided ring has the same aggregate law. Control:
    the same p and q spread through a whole group (the Bass curve).
    """
    p, q, size = 0.05, 0.6, 12_000
    gap = [np.abs(ring_recursion(p, q, 1 / n, 12 * n) - ring(p, q, np.arange(12 * n + 1) / n)).max() for n in (12, 24, 48)]
    assert gap[0] / gap[1] == pytest.approx(2, rel=0.05)
    assert gap[1] / gap[2] == pytest.approx(2, rel=0.03)
    assert gap[2] < 2e-3
    quarterly = ring_recursion(p, q, 0.25, 48)
    one = ring_share(p, q, 0.25, 48, size, 1)
    check_ring(one, quarterly)
    check_ring(ring_share(p, q, 0.25, 48, size, 2), quarterly)
    fine = ring_share(p, q, 1 / 48, 288, size, 1)
    check_ring(fine[::48], ring(p, q, np.arange(7.0)))
    with pytest.raises(AssertionError):
        check_ring(one, discrete_bass(p, q, 0.25, 48))


ATTITUDE = BELIEFS | LOTTERY | LEARN | ADVANCE


def after(doses, start, dt=0.25, groups=1, size=512, **overrides):
    """Attitude and knowledge after the given doses of extension in successive steps."""
    record = parameters(**{**LONELY, **overrides})
    s = world(groups, size, dt=dt, seed=9)
    s.levers["innovation_centre"] = 0.0
    put(s, "attitude", np.where(flat(s, "status") == SLOT_TAKEN, start, 0.0))
    put(s, "attitude_start", flat(s, "attitude"))
    path = [flat(s, "attitude")[0]]
    for dose in doses:
        s.levers["extension"] = dose
        phases(s, record[()], ATTITUDE, 1)
        path.append(flat(s, "attitude")[0])
    where = taken(s)
    aware = flat(s, "aware")[where]
    return np.array(path), np.array([((aware >> j) & 1).mean() for j in range(TECHNOLOGIES)])


def check_same(a, b):
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


def test_v28_attitude_alone_is_an_exponential():
    """Extension alone: the exact exponential of a' = eta_E Ext (1 - a) - eta_F (a - a_0), any dt.

    Control: the Euler step of the same equation.
    """
    eta_e, eta_f, start, dose, steps = 0.15, 0.1, 0.35, 0.6, 60
    path, _ = after([dose] * steps, start, p0=0.0, eta_E=eta_e, eta_F_attitude=eta_f)
    rate = eta_e * dose + eta_f
    goal = (eta_e * dose + eta_f * start) / rate
    time = 0.25 * np.arange(steps + 1)
    check_same(path, goal + (start - goal) * np.exp(-rate * time))
    one_step, _ = after([dose], start, dt=15.0, p0=0.0, eta_E=eta_e, eta_F_attitude=eta_f)
    check_same(one_step[-1], path[-1])
    euler = [start]
    for _ in range(steps):
        euler.append(euler[-1] + 0.25 * rate * (goal - euler[-1]))
    with pytest.raises(AssertionError):
        check_same(path, np.array(euler))


def test_v28_soak_equals_pulse_without_forgetting():
    """eta_F = 0, c = 0, m = 1, no forgetting: only the sum of doses counts, for attitude and for knowledge.

    Attitude is 1 - (1 - a_0) e^(-eta_E sum), knowledge has P = 1 - e^(-p_ext sum) (4.5 sigma). Controls: with
    eta_F > 0 the order matters; with c = 1 slow soaking teaches more.
    """
    soak, pulse = [0.25] * 32, [1.0] * 8 + [0.0] * 24
    neutral = {"p0": 0.0, "eta_F_attitude": 0.0, "eta_E": 0.15, "ext_curvature": 0.0, "ext_exponent": 1.0,
               "p_ext": 0.3, "size": 8192}  # fmt: skip
    start, total = 0.4, 8 * 0.25
    a, known_a = after(soak, start, **neutral)
    b, known_b = after(pulse, start, **neutral)
    check_same(a[-1], b[-1])
    check_same(a[-1], 1 - (1 - start) * np.exp(-0.15 * total))
    law = 1 - np.exp(-0.3 * total)

    def check_known(shares, chance):
        sd = np.sqrt(chance * (1 - chance) / 8192)
        assert np.abs(shares - chance).max() < 4.5 * sd

    check_known(known_a, law)
    check_known(known_b, law)
    with pytest.raises(AssertionError):
        fading = {**neutral, "eta_F_attitude": 0.1}
        check_same(after(soak, start, **fading)[0][-1], after(pulse, start, **fading)[0][-1])
    with pytest.raises(AssertionError):
        check_known(after(soak, start, **{**neutral, "ext_curvature": 1.0})[1], law)
