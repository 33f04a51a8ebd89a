"""V24, V25: slots fill and firms leave at their hazards, and the law of firm sizes stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.sites_and_arms import SECTORS
from ecocluster.model.state import PLANNED, SLOT_LETTABLE, SLOT_TAKEN, SLOT_VACANT
from probes import (
    ADVANCE,
    ARRIVE,
    COUNT,
    LEAVE,
    LET,
    LOTTERY,
    RELOCATE,
    chosen_slots,
    city,
    flat,
    parameters,
    phases,
    put,
    taken,
    world,
)
from scipy import integrate, stats


def check_share(count, total, chance):
    """A binomial count is within 4.9 standard deviations of its law."""
    assert abs(count - total * chance) < 4.9 * np.sqrt(total * chance * (1 - chance)) + 1e-9


@pytest.mark.parametrize("dt", [0.25, 1 / 12])
def test_v24_vacated_slots_become_lettable(dt):
    """Vacated slots become lettable at nu = 1/yr: the share 1 - e^(-nu t) at every t, any dt.

    Controls: nu 4 % higher; the linear probability nu dt per step.
    """
    nu, size = 1.0, 40_000
    record = parameters(relet_rate=nu)
    s = world(1, size, dt=dt)
    put(s, "status", np.where(flat(s, "status") == SLOT_TAKEN, SLOT_VACANT, flat(s, "status")))
    counts = []
    steps = round(3 / dt)
    for _ in range(steps):
        phases(s, record[()], LET | ADVANCE, 1)
        counts.append(np.count_nonzero(flat(s, "status") == SLOT_LETTABLE))
        assert s.city[0]["lettable"] == counts[-1]
    time = dt * np.arange(1, steps + 1)

    def check(law):
        for count, chance in zip(counts, law, strict=True):
            check_share(count, size, chance)

    check(1 - np.exp(-nu * time))
    with pytest.raises(AssertionError):
        check(1 - np.exp(-1.04 * nu * time))
    with pytest.raises(AssertionError):
        check(1 - (1 - nu * dt) ** np.arange(1, steps + 1))


def test_v24_a_planned_cluster_fills():
    """Every firm gains by moving and there is room for all: occupancy grows as 1 - e^(-nu t), nu = .5/yr.

    Reviews, values, the choice of slots, moving and money are the model's; rent is set so low that everybody
    gains. Control: nu 6 % higher.
    """
    nu, size = 0.5, 3000
    record = parameters(relocation_review=nu, rent_difference=-50.0, old_plot_relet=1.0)
    s = world(1, size, planned=8 * size)
    put(s, "cash", np.full(flat(s, "cash").size, 1e4))
    put(s, "tech", np.full(flat(s, "tech").size, 3, np.uint8))
    counts = []
    for _ in range(16):
        phases(s, record[()], COUNT | LOTTERY | RELOCATE | ADVANCE, 1)
        where = flat(s, "cluster")[taken(s)]
        counts.append(np.count_nonzero(where == 1))
        assert len(where) == size and len(np.unique(flat(s, "id")[taken(s)])) == size
    assert s.clusters[1]["kind"] == PLANNED and s.city[0]["moved"] == counts[-1]
    time = 0.25 * np.arange(1, 17)

    def check(nu):
        for count, t in zip(counts, time, strict=True):
            check_share(count, size, 1 - np.exp(-nu * t))

    check(nu)
    with pytest.raises(AssertionError):
        check(1.06 * nu)


def _town(counts, mix, planned=0):
    """Clusters with so many lettable slots and such a share of sector 0."""
    s = world(len(counts), max(counts), planned=planned)
    status, cluster = flat(s, "status"), flat(s, "cluster")
    for c, count in enumerate(counts):
        status[np.flatnonzero((cluster == c) & (status == SLOT_TAKEN))[:count]] = SLOT_LETTABLE
        s.clusters["mix"][c] = (1 - mix[c]) / (len(SECTORS) - 1)
        s.clusters["mix"][c, 0] = mix[c]
    put(s, "status", status)
    phases(s, parameters(relet_rate=0.0)[()], LET, 1)
    return s


def test_v24_arrivals_choose_slots_by_the_mix():
    """An arrival takes each lettable slot with a chance in proportion to its sector's share in the cluster's mix.

    Clusters without slots, and those without the sector, get nobody; what is taken is gone; planned clusters beside
    change no choice, and one slot more changes few (at most its weight at each of the forks above it).
    Control: the law of a city in which the sector's share in one cluster is a tenth higher.
    """
    counts, mix = np.array([5, 0, 12, 1, 30, 7, 3]), np.array([0.5, 0.9, 0.1, 1.0, 0.05, 0.0, 0.3])
    n = 100_000

    def choices(s, take=False, size=n):
        out = np.empty(size, np.int64)
        chosen_slots(s, 0, take, out)
        return out

    s = _town(counts, mix)
    slots = choices(s)
    assert (flat(s, "status")[slots] == SLOT_LETTABLE).all()

    def check(mix):
        weight = np.where(flat(s, "status") == SLOT_LETTABLE, np.append(mix, 0.0)[flat(s, "cluster")], 0.0)
        expected = n * weight / weight.sum()
        seen = np.bincount(slots, minlength=weight.size)
        assert (seen[weight == 0] == 0).all()
        some = weight > 0
        assert stats.chisquare(seen[some], expected[some]).pvalue > 1e-4

    check(mix)
    with pytest.raises(AssertionError):
        check(mix * np.where(np.arange(7) == 2, 1.1, 1.0))
    assert (choices(_town(counts, mix, planned=300)) == slots).all()
    more = choices(_town(counts + (np.arange(7) == 4), mix))  # 31 slots lie in as many blocks as 30
    cluster, part = flat(s, "cluster"), mix[4] / (counts @ mix)
    assert 0.8 * part < (cluster[slots] != cluster[more]).mean() < 3 * part
    everything = choices(s, take=True, size=60)
    room = int(counts[mix > 0].sum())
    assert len(np.unique(everything[:room])) == room and (everything[room:] == -1).all()


def base_exit(workers):
    """clip(.09 - .01 ln workers, .05, .09)."""
    return np.clip(0.09 - 0.01 * np.log(workers), 0.05, 0.09)


def survivors(workers, negative_years, steps, dt, **overrides):
    s = world(1, 30_000, dt=dt, seed=5)
    put(s, "workers", np.full(flat(s, "workers").size, float(workers)))
    put(s, "negative_years", np.full(flat(s, "workers").size, negative_years))
    record = parameters(**overrides)
    phases(s, record[()], COUNT | LOTTERY | LEAVE | ADVANCE, steps)
    assert s.city[0]["exits"] == 30_000 - taken(s).size
    return taken(s).size, s


@pytest.mark.parametrize("workers", [1, 7, 30, 200, 600])
def test_v25_firms_survive_as_e_to_minus_ht(workers):
    """Survivors after ten years: e^(-h t), h = clip(.09 - .01 ln workers, .05, .09). Control: 8 % off."""
    count, s = survivors(workers, 0.0, 40, 0.25)
    check_share(count, 30_000, np.exp(-base_exit(workers) * 10))
    assert s.city[0]["bankrupt"] == 0
    with pytest.raises(AssertionError):
        check_share(count, 30_000, np.exp(-1.08 * base_exit(workers) * 10))


def test_v25_insolvent_firms():
    """Two quarters of negative cash add .5/yr, one does not; of those who leave, most count as bankrupt.

    Control: the hazard of the solvent.
    """
    count, s = survivors(20, 0.5, 12, 0.25)
    base = base_exit(20)
    check_share(count, 30_000, np.exp(-(base + 0.5) * 3))
    leave, solvent = 1 - np.exp(-(base + 0.5) * 0.25), 1 - np.exp(-base * 0.25)
    check_share(s.city[0]["bankrupt"], s.city[0]["exits"], 1 - solvent / leave)
    with pytest.raises(AssertionError):
        check_share(count, 30_000, np.exp(-base * 3))
    check_share(survivors(20, 0.25, 12, 0.25)[0], 30_000, np.exp(-base * 3))


def size_law(median=7.0, sd=1.26, cap=600.0):
    """Classes of the log-normal law between 1 and the cap: edges and probabilities."""
    edges = np.concatenate([[0.0], np.exp(np.linspace(0.2, np.log(250), 24)), [np.inf]])
    return edges, np.diff(stats.norm.cdf((np.log(np.maximum(edges, 1e-300)) - np.log(median)) / sd))


def mean_exit(median=7.0, sd=1.26):
    """Mean base exit hazard over the law of sizes, by quadrature."""
    return integrate.quad(
        lambda z: base_exit(max(median * np.exp(sd * z), 1.0)) * stats.norm.pdf(z), -9, 9, points=[-1.544], limit=200
    )[0]


def check_sizes(sizes):
    edges, law = size_law()
    counts = np.histogram(sizes, edges)[0]
    assert stats.chisquare(counts, law * counts.sum()).pvalue > 1e-6


def grown(years, replicates, growth, thinned=True):
    """Sizes of all firms after exits, letting and arrivals alone; their number over that at the start.

    Parameters
    ----------
    thinned : bool
        False: arrivals see parameters in which every size leaves at the same rate, and are not thinned.
    """
    record = parameters(growth=growth, arrival_base=mean_exit())
    births = parameters(growth=growth, arrival_base=mean_exit(), exit_slope=0.0)
    sizes, ratio = [], []
    for replicate in range(replicates):
        s = city(record, firms=4000, replicate=replicate)
        start = taken(s).size
        for _ in range(4 * years):
            phases(s, record[()], COUNT | LOTTERY | LEAVE | LET, 1)
            phases(s, record[()] if thinned else births[()], ARRIVE | ADVANCE, 1)
        assert not s.city[0]["overflow"]
        sizes.append(flat(s, "workers")[taken(s)])
        ratio.append(taken(s).size / start)
    return np.concatenate(sizes), np.array(ratio), start


@pytest.mark.parametrize("growth", [0.0, 0.03])
def test_v25_the_law_of_sizes_is_stationary(growth):
    """Thirty years of exits and arrivals only: sizes keep their log-normal law (chi-square, 4.9 sigma).

    Thinning, Poisson arrivals, letting and births are the model's; replaced: profits (sizes do not grow,
    nobody is insolvent) and the calibrated rate of arrivals, here the mean exit hazard by quadrature, at
    which the number of firms grows by exactly `growth`. Control: arrivals that come with the law of the
    stock, unthinned.
    """
    years = 30
    sizes, ratio, start = grown(years, 3, growth)
    check_sizes(sizes)
    # survivors and arrivals of 30 years scatter by sqrt(N) at most
    assert abs(ratio.mean() - (1 + growth) ** years) < 4.9 * np.sqrt((1 + growth) ** years / start / 3)
    with pytest.raises(AssertionError):
        check_sizes(grown(years, 3, growth, thinned=False)[0])
