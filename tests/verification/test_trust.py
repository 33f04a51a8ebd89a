"""V9: trust of a pair against its stationary value and its recovery after a breach."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.rules.trust import breach_weight, decay, evidence, pair_trust
from ecocluster.model.state import LINK_ACTIVE, LINK_CLOSED
from probes import (
    ADVANCE,
    BELIEFS,
    DELIVER,
    FREE,
    LOTTERY,
    ORGANIC,
    PERMIT_ALL,
    SEARCH,
    SIGN,
    flat,
    memory,
    pairs,
    parameters,
    partner_belief,
    phases,
    put,
)

KAPPA, LAMBDA, TAU, G = 2.0, 2.0, 5.0, 0.35


def stationary(p, r, general=G, worse=LAMBDA):
    """T* of the specification: interactions at rate r, a share p of them faultless."""
    return (KAPPA * general + p * r * TAU) / (KAPPA + p * r * TAU + worse * (1 - p) * r * TAU)


def check_trust(found, expected, noise=0.0):
    assert abs(found - expected) < 1e-3 + 4.5 * noise


@pytest.mark.parametrize("dt", [1 / 4, 1 / 12, 2.0])
@pytest.mark.parametrize(("p", "r"), [(1.0, 1.0), (0.9, 1.0), (0.6, 4.0), (0.0, 0.5)])
def test_v09_stationary_trust_of_a_pair(p, r, dt):
    """Success p, rate r: T* = (kappa G + p r tau)/(kappa + p r tau + lambda (1 - p) r tau), for any step.

    The integrator of the model takes the mean flow of good and of bad evidence from 0 to its limit; on the
    way it is tau (1 - e^(-t/tau)). Control: breaches that weigh three times instead of twice.
    """
    record = parameters()
    assert (record["kappa"], record["lambda_breach"], record["tau"]) == (KAPPA, LAMBDA, TAU)
    s = f = 0.0
    for n in range(1, round(80 / dt) + 1):
        s, f = evidence(s, TAU, dt, p * r), evidence(f, TAU, dt, (1 - p) * r)
        assert s == pytest.approx(p * r * TAU * (1 - np.exp(-n * dt / TAU)), rel=1e-12)
    trust = pair_trust(record[()], G, s, f, 0.0, 9.0, 9.0)
    check_trust(trust, stationary(p, r))
    if p < 1:
        with pytest.raises(AssertionError):
            check_trust(trust, stationary(p, r, worse=1.5 * LAMBDA))


def test_v09_evidence_of_real_pairs():
    """Links break with hazard h and are signed anew at once, for a century: mean evidence of the pairs.

    Good evidence accrues in the share e^(-h dt) of the steps, breaches at 1 - e^(-h dt) per step: in the
    formula p r = e^(-h dt) and (1 - p) r = (1 - e^(-h dt))/dt. Everything but production and permits is the
    model's. The means within 4.5 standard errors (a breach is booked at the end of a step, which adds dt/(2
    tau) to f), T of the means within 1e-3 and 4.5 standard errors. Control: the same with 15 % more breaches.
    """
    dt, integrity, enforcement = 1 / 24, (0.5, 0.2), 0.3
    record = parameters(eta0=0.12, worst_breach=0.0, search_rate=5000.0, **FREE)
    s = pairs(600, record)
    s.city["dt"] = dt
    chosen = LOTTERY | DELIVER | SEARCH | SIGN | PERMIT_ALL | ADVANCE
    phases(s, record[()], chosen, 40 * 24)
    good, bad, samples = np.zeros(600), np.zeros(600), 60 * 2
    for _ in range(samples):
        phases(s, record[()], chosen, 12)
        high = s.city[0]["links_high"]
        links = s.links[:high][s.links["state"][:high] == LINK_ACTIVE]
        where = links["supplier"] // 16
        good[where] += links["kept"]
        bad[where] += links["broken"]
    good, bad = good / samples, bad / samples
    hazard = sum(0.12 * 2 * (1 - x) * (1 - enforcement) for x in integrity)

    def check(hazard):
        faultless, broken = np.exp(-hazard * dt), (1 - np.exp(-hazard * dt)) / dt
        # 1/256 of the broken pairs find each other only a step later
        for sample, mean in ((good, faultless * TAU), (bad, broken * dt / (1 - np.exp(-dt / TAU)))):
            error = sample.std(ddof=1) / np.sqrt(sample.size)
            assert abs(sample.mean() - mean) < 4.5 * error + 2e-4 * mean
        trust = [
            pair_trust(record[()], G, s, f, 0.0, 0.0, 0.0)
            for s, f in zip(good.reshape(20, -1).mean(axis=1), bad.reshape(20, -1).mean(axis=1), strict=True)
        ]
        r = faultless + broken
        check_trust(np.mean(trust), stationary(faultless / r, r), np.std(trust, ddof=1) / np.sqrt(20))

    check(hazard)
    with pytest.raises(AssertionError):
        check(1.15 * hazard)


@pytest.mark.parametrize("memory_of_breaches", [0.0, 10.0])
def test_v09_recovery_after_a_breach(memory_of_breaches):
    """Five faultless years, one breach, then nothing: T(t) in closed form, of pair and public record.

    s = tau (1 - e^(-5/tau)) e^(-t/tau), f = e^(-t/tau_f), tau_f = tau unless it is given, each counted once from the pair and omega times from
    what others see; b = 1 - v (1 - E)(1 - T). t is counted from the last faultless delivery for s and for
    what others see, from the breach, one step later, for f. Delivery, breach, records and beliefs are the
    model's. Controls: a record that is not forgotten; breaches forgotten like good conduct, and unlike it.
    """
    fading = memory_of_breaches or TAU
    record = parameters(
        tau_breach=memory_of_breaches, eta0=0.0, eta_s=0.0, eta_F_trust=0.0, search_rate=5000.0, worst_breach=0.35, **FREE
    )
    s = pairs(3, record)
    s.levers["platform"] = 0.5
    put(s, "trust", np.full(flat(s, "trust").size, G))
    put(s, "trust_start", flat(s, "trust"))
    integrity = flat(s, "integrity")
    integrity[0::16], integrity[1::16] = 0.0, 1.0  # only the supplier can break
    put(s, "integrity", integrity)
    phases(s, record[()], LOTTERY | SEARCH | SIGN | PERMIT_ALL | ADVANCE, 1)
    steps = 20
    phases(s, record[()], DELIVER | BELIEFS | ADVANCE, steps)
    assert (s.links["state"][:3] == LINK_ACTIVE).all()
    assert s.links["kept"][0] == pytest.approx(TAU * (1 - np.exp(-steps * 0.25 / TAU)), rel=1e-12)
    record["eta0"] = 1e6
    phases(s, record[()], DELIVER | BELIEFS | ADVANCE, 1)
    assert (s.links["state"][:3] == LINK_CLOSED).all()
    assert flat(s, "bad")[0] > 0 and flat(s, "bad")[1] == 0
    peak, omega = TAU * (1 - np.exp(-steps * 0.25 / TAU)), 0.3 * 0.5

    def check(found, years, good=TAU, bad=fading):
        s_all = (1 + omega) * peak * np.exp(-(years + 0.25) / good)
        f_all = (1 + omega * np.exp(-0.25 / bad)) * np.exp(-years / bad)
        trust = (KAPPA * G + s_all) / (KAPPA + s_all + LAMBDA * f_all)
        assert found == pytest.approx(1 - 0.35 * (1 - 0.3) * (1 - trust), abs=1e-12)

    beliefs = []
    for quarter in range(1, 41):
        phases(s, record[()], BELIEFS, 1)
        good, bad = memory(s, record[()], 0, 1, ORGANIC, s.city[0]["time"])
        beliefs.append(partner_belief(s, record[()], 1, 0, good, bad))
        check(beliefs[-1], quarter * 0.25)
        phases(s, record[()], ADVANCE, 1)
    # five good years outweigh one breach: forgetting both lowers trust
    assert np.all(np.diff(beliefs[5:]) < 0)
    assert decay(TAU, 10.0) == pytest.approx(np.exp(-2.0), rel=1e-14)
    for wrong in ({"good": np.inf, "bad": np.inf}, {"bad": 2 * TAU if fading == TAU else TAU}):
        with pytest.raises(AssertionError):
            check(beliefs[-1], 10.0, **wrong)


def test_v09_time_of_recovery():
    """A breach at the first delivery: trust is back within the share e of G after tau_f ln(lambda (1 - e)/(kappa e)).

    Without good evidence T = kappa G/(kappa + lambda e^(-t/tau_f)). A breach that weighs twice as much takes tau_f ln 2
    longer, one that is remembered twice as long takes twice as long. Breach, fading and belief are the model's, read every
    quarter; T from b = 1 - v (1 - E)(1 - T). Control: the time of another lambda.
    """
    share = 0.1

    def expected(weight, memory):
        return memory * np.log(weight * (1 - share) / (KAPPA * share))

    def found(weight, memory):
        record = parameters(eta0=1e6, eta_s=0.0, eta_F_trust=0.0, search_rate=5000.0, worst_breach=0.35,
                            lambda_breach=weight, tau_breach=memory, **FREE)  # fmt: skip
        s = pairs(3, record)
        put(s, "trust", np.full(flat(s, "trust").size, G))
        put(s, "trust_start", flat(s, "trust"))
        phases(s, record[()], LOTTERY | SEARCH | SIGN | PERMIT_ALL | ADVANCE, 1)
        phases(s, record[()], DELIVER | ADVANCE, 1)
        assert (s.links["state"][:3] == LINK_CLOSED).all()
        for quarter in range(1, 400):
            good, bad = memory_at(s, record)
            assert good == 0.0
            trust = 1 - (1 - partner_belief(s, record[()], 1, 0, good, bad)) / (0.35 * (1 - 0.3))
            if trust >= (1 - share) * G:
                return quarter * 0.25
            phases(s, record[()], ADVANCE, 1)

    def memory_at(s, record):
        return memory(s, record[()], 0, 1, ORGANIC, s.city[0]["time"])

    def check(years, weight, tau_f):
        assert 0 <= years - expected(weight, tau_f) < 0.25 + 1e-9

    times = {(weight, tau_f): found(weight, tau_f) for weight in (1.0, 2.0) for tau_f in (5.0, 10.0)}
    for (weight, tau_f), years in times.items():
        check(years, weight, tau_f)
    assert times[2.0, 10.0] - times[1.0, 10.0] == pytest.approx(10 * np.log(2), abs=0.25)
    assert times[2.0, 10.0] == pytest.approx(2 * times[2.0, 5.0], abs=0.5)
    with pytest.raises(AssertionError):
        check(times[1.0, 10.0], 2.0, 10.0)


@pytest.mark.parametrize("ratio", [1.0, 3.0, 6.0])
def test_ratio_of_loss_to_gain(ratio):
    """At T = G = T0, the mean of G_0, a breach takes `ratio` times the trust that a good year gives; lambda_breach is then
    not read. Control: at another G it is another ratio."""
    record = parameters(breach_ratio=ratio, lambda_breach=77.0)
    start = record["trust_alpha"] / (record["trust_alpha"] + record["trust_beta"])
    assert breach_weight(record[()]) == pytest.approx(ratio * (1 - start) / start)

    def check(general):
        gain, loss = (abs(pair_trust(record[()], general, *seen, 0.0, 0.0, 0.0) - general) for seen in ((1e-7, 0.0), (0.0, 1e-7)))
        assert loss / gain == pytest.approx(ratio, rel=1e-5)

    check(start)
    with pytest.raises(AssertionError):
        check(1.2 * start)
    assert breach_weight(parameters(lambda_breach=77.0)[()]) == 77.0
