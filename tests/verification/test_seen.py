"""13.11, seen benefit: a saving is seen in part until somebody shows the rest; programmes must be learnt of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import Series
from ecocluster.model.randomness import Purpose
from ecocluster.model.rules import seen
from ecocluster.model.sites_and_arms import Arm
from ecocluster.model.state import ALL_PROGRAMMES, CREDIT, GRANTS, N_PROGRAMMES, NEVER, TAX
from ecocluster.scenarios import make_arm, with_levers
from probes import COUNT, HARD, LEARN, appraisal, draws, flat, parameters, phases, put, world

T2 = 1


def test_a_saving_is_seen_in_part():
    """.7 of it until it is shown; a loss in full; with 1 the number itself."""
    p = parameters(perceived_saving=0.7)[()]
    assert seen.seen_saving(p, 100.0, False) == pytest.approx(70.0)
    assert seen.seen_saving(p, 100.0, True) == 100.0
    assert seen.seen_saving(p, -5.0, False) == -5.0
    assert seen.seen_saving(parameters(perceived_saving=1.0)[()], 0.1, False) == 0.1


def known(**more):
    """Two firms that know each other, the second with T2; the first uses so much electricity that T2 just pays."""
    s = world(1, 2)
    s.ties[0, 0], s.ties[1, 0] = 1, 0
    put(s, "visited", np.full(s.slot_at.size, -NEVER))
    put(s, "served", np.full(s.slot_at.size, -NEVER))
    put(s, "cash", np.full(s.slot_at.size, 1e9))
    for name, value in more.items():
        if name == "neighbour":
            s.firms["tech"][0][1] = value
        else:
            s.firms[name][0][0] = value
    phases(s, parameters()[()], COUNT, 1)
    return s


def least_use(s, record):
    """Least use of electricity at which the first firm wants T2, MWh/yr, by halving."""
    low, high = 0.0, 1e5
    for _ in range(60):
        middle = 0.5 * (low + high)
        s.firms["elec"][0][0] = middle
        if appraisal(s, record, 0, T2, False).wants:
            high = middle
        else:
            low = middle
    return high


def test_who_must_see_more_of_it():
    """A firm that sees .7 of a saving wants 1/.7 of it; a visit, the centre, an adopter whom it knows and relief show it all.

    Tax is left out, since what is written off is no saving. What is earned and cut from tax stays the true saving."""
    record = parameters(**HARD, perceived_saving=0.7, taxable_share=0.0)[()]
    full = least_use(known(), parameters(**HARD, taxable_share=0.0)[()])
    assert least_use(known(), record) == pytest.approx(full / 0.7, rel=1e-9)
    for shown in ({"visited": 2010.0}, {"served": 2010.0}, {"neighbour": 1 << T2}):
        assert least_use(known(**shown), record) == pytest.approx(full, rel=1e-9), shown
    s = known()
    s.levers["relief_awareness"] = 1.0
    assert least_use(s, record) == pytest.approx(full, rel=1e-9)
    s = known()
    s.firms["elec"][0][0] = 1e3
    assert appraisal(s, record, 0, T2, False).saving == appraisal(s, parameters(**HARD)[()], 0, T2, False).saving > 0.0


def test_who_does_not_know_a_programme_asks_without_it():
    """Each part by its own bit: grant, cut of tax, credit. Control: with the switch off everybody has all."""
    record, off = parameters(programmes_seen=1.0, loan_minimum=0.0)[()], parameters(loan_minimum=0.0)[()]
    s = known()
    s.levers["grant_T2"][0], s.levers["CIT_reduction"][0], s.levers["interest_cut"][0] = 0.3, 0.6, 5.0
    s.levers["relief_credit"] = 1.0
    s.firms["elec"][0][0] = 1e4
    base = 0.1
    for bits in range(ALL_PROGRAMMES + 1):
        s.firms["told"][0][0] = bits
        terms = appraisal(s, record, 0, T2, True)
        assert terms.wants
        assert terms.grant == (0.3 if bits >> GRANTS & 1 else 0.0)
        assert terms.cut == (0.6 if bits >> TAX & 1 else base)
        assert (terms.loan.subsidy > 0.0) == bool(bits >> CREDIT & 1)
        assert (terms.claim > 0.0) == bool(bits)
    s.firms["told"][0][0] = 0
    every = appraisal(s, off, 0, T2, True)
    assert (every.grant, every.cut) == (0.3, 0.6) and every.loan.subsidy > 0.0


@pytest.mark.parametrize("dt", [0.25, 1 / 12])
def test_hazard_of_learning_of_a_programme(dt):
    """Exactly those whose draw of some step lies below 1 - e^(-h dt); as many as 1 - e^(-h n) after n years, for each h.

    h = p0 + p_ext at full extension, with the platform + .3 x dose for who shows his flows, in the club + .5. Controls: nobody where no programme
    is in force; with relief all at once."""
    size, years = 960, 4
    record = parameters(programmes_seen=1.0)
    p0, p_ext = float(record["p0"]), float(record["p_ext"])
    s = world(1, size, dt=dt)
    s.levers["extension"], s.levers["platform"] = 1.0, 0.8
    number = np.arange(s.slot_at.size)
    shows, member = number % 2, (number % 4 == 1).astype(int)
    put(s, "discloses", shows)
    put(s, "club", member)
    s.clusters["programme"][0] = 0
    phases(s, record[()], LEARN, 1)
    assert not flat(s, "told").any()  # nothing is enacted
    s.funds["enacted"] = 1.0
    phases(s, record[()], LEARN, 1)
    assert not flat(s, "told").any()  # nor does it have money
    s.funds["budget"] = 1.0
    hazard = p0 + p_ext + 0.3 * 0.8 * shows + 0.5 * member
    told = np.zeros(s.slot_at.size, int)
    for step in range(round(years / dt)):
        s.city["step"], s.city["time"] = step, 2020.0 + step * dt
        phases(s, record[()], LEARN, 1)
        for n in range(N_PROGRAMMES):
            told |= (draws(s, Purpose.PROGRAMME, step, number * 8 + n) < 1.0 - np.exp(-hazard * dt)) << n
    assert (flat(s, "told")[:size] == told[:size]).all()
    for one in np.unique(hazard):
        group = (hazard == one) & (number < size)
        share, n = np.mean([told[group] >> part & 1 for part in range(N_PROGRAMMES)]), 3 * group.sum()
        expected = 1.0 - np.exp(-one * years)
        assert abs(share - expected) < 4.0 * np.sqrt(expected * (1.0 - expected) / n), one
    s.levers["relief_awareness"] = 1.0
    phases(s, record[()], LEARN, 1)
    assert (flat(s, "told")[:size] == ALL_PROGRAMMES).all()


OFF = {"programmes_seen": 0.0, "perceived_saving": 1.0}


def test_who_knows_all_acts_as_before(small_city, shocks):
    """Barrier 4 removed: the bits of before with the switch on. Controls: without the relief it changes them, as seeing .7 does."""
    site = replace(small_city, clusters=small_city.clusters[2:4])
    plain = make_arm("self-transition", site=site)
    arms = [Arm("null"), with_levers(plain, {"relief_awareness": 1.0}), plain]

    def series(**more):
        return run_ensemble(site, arms, replicates=1, shocks=shocks, seed=8, last_year=2030, parameters=OFF | more).series[
            1:, :, 1:
        ]

    kept = [i for key, i in Series.__members__.items() if key != "AWARE_PROGRAMME"]
    off, on, part = series(), series(programmes_seen=1.0), series(perceived_saving=0.7)
    assert np.array_equal(off[0][..., kept], on[0][..., kept], equal_nan=True)
    assert not np.array_equal(off[1][..., kept], on[1][..., kept], equal_nan=True)
    assert not np.array_equal(off[1][..., kept], part[1][..., kept], equal_nan=True)
    assert (
        not off[..., Series.AWARE_PROGRAMME].any()
        and 0.0 < on[1, 0, -1, Series.AWARE_PROGRAMME] < on[0, 0, -1, Series.AWARE_PROGRAMME]
    )
