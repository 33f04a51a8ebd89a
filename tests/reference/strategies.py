"""Random small scenarios: sites of one to three clusters, programmes of any levers, parameters anywhere in their ranges."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecocluster.model.levers import LAW_LEVERS, LEVERS
from ecocluster.model.parameters import PARAMETERS
from ecocluster.model.sites_and_arms import (
    SECTORS,
    TECHNOLOGIES,
    Arm,
    Cluster,
    Firm,
    Law,
    Programme,
    Schedule,
    Shock,
    Site,
)
from hypothesis import strategies as st

__all__ = ["Scenario", "scenarios", "sites"]

UNCERTAIN = sorted(name for name, parameter in PARAMETERS.items() if parameter.distribution != "fixed")
SWITCHES = ("spillover", "fund_lapse", "disclosure_gate", "application_test", "old_plot_value", "suspension_weeks",
            "suspension_fines", "solar_consent", "tau_breach", "breach_ratio", "coordinator_capacity", "ties_partner", "developers",
            "admission_by_own_means", "outside_firms", "land_market", "unbuilt_usable", "lease_compensation", "stream_trade", "offtake_limit",
            "heat_of_firms", "map_split", "complete_trait", "complete_land", "standard_by_law",
            "assessment_years", "inspectors", "record_weeks", "record_credit", "plants_age", "perceived_saving", "programmes_seen",
            "chain_ties", "chain_size", "lead_firm", "lead_workers", "lead_saving", "lead_teach", "soak_threshold", "marshall_elasticity",
            "marshall_span", "chain_admission", "chain_fit")  # fmt: skip
SHOCKS = (Shock("demand", 2020, 2022, 0.85), Shock("electricity", 2022, 2023, 1.25), Shock("carbon_rule", 2026, 9999, 1.15),
          Shock("sector", 2012, 9999, 0.8))  # fmt: skip
share = st.floats(0, 1)


@dataclass(frozen=True)
class Scenario:
    """What both models are given.

    Attributes
    ----------
    site : Site
    arm : Arm
    more : dict
        Parameters, shocks, seed, replicate, scale.
    steps : int
        From 2010 on.
    """

    site: Site
    arm: Arm = Arm("null")
    more: dict = field(default_factory=dict)
    steps: int = 60


def _known_firms():
    """Enterprises that a user describes, with gaps."""
    return st.lists(st.builds(
        Firm, st.sampled_from(SECTORS), st.sampled_from([1.0, 5.0, 12.0, 80.0]), st.sampled_from([None, 5000.0]),
        st.none(), st.none(), st.none() | st.lists(st.sampled_from(TECHNOLOGIES), unique=True, max_size=3).map(tuple),
        st.none() | st.integers(1, 5), st.none() | st.integers(1, 5)), min_size=2, max_size=8).map(tuple)  # fmt: skip


@st.composite
def sites(draw, largest: int = 14):
    """A site of one to three clusters with at most `largest` firms in 2018."""
    made = []
    for c in range(draw(st.integers(1, 3))):
        weights = draw(st.none() | st.lists(st.integers(0, 9), min_size=len(SECTORS), max_size=len(SECTORS)).filter(any))
        made.append(Cluster(
            f"c{c}", f"c{c}", "district", draw(st.integers(3, largest)), 10.0, draw(st.floats(1, 40)),
            mix=weights and {name: weight / sum(weights) for name, weight in zip(SECTORS, weights, strict=True)},
            shared_land=draw(st.sampled_from([None, 0.1, 0.24, 0.26])), urban=draw(st.booleans()),
            cetp_since=draw(st.sampled_from([None, None, 2005.0, 2013.5])),
            workers_median=draw(st.sampled_from([None, None, 20.0])),
            firms=draw(st.just(()) | st.just(()) | _known_firms())))  # fmt: skip
    own = sum(cluster.firms_2018 for cluster in made)
    return Site("site", "site", "city", tuple(made), city_firms=draw(st.sampled_from([own, 2 * own, 3864.0])))


@st.composite
def _programmes(draw, name: str):
    """Some levers at values of their range, reliefs seldom; planned clusters in half of the programmes."""
    chosen = draw(st.lists(st.sampled_from(sorted(LEVERS.keys() - set(LAW_LEVERS))), unique=True, max_size=25))
    levers = {}
    for lever in (LEVERS[n] for n in chosen):
        high = min(lever.high, 20.0) if lever.name != "planned_slots" else lever.high
        value = draw(st.sampled_from([lever.low, high]) | st.floats(lever.low, high))
        levers[lever.name] = float(round(value)) if lever.unit == "flag" else value
    for n in ("grants", "symbiosis", "infrastructure"):
        levers.setdefault(f"fund_share_{n}", draw(share))
    if draw(st.booleans()):
        levers |= {"planned_slots": draw(st.floats(500, 4320)), "land_support": 0.1, "relocation_aid": 0.5}
    if draw(st.booleans()):  # symbiosis needs several levers at once to come about
        levers |= {"coordinator": 1.0, "platform": 1.0, "study_aid": 0.9, "symbiosis_grant": 0.9}
    inside = draw(st.fixed_dictionaries({}, optional={
        "monitoring_data": share, "CIT_reduction": share, "coordinator": share, "admission": st.sampled_from([0.0, 1.0])}))  # fmt: skip
    schedule = Schedule(
        draw(st.sampled_from([2020.0, 2021.5])), draw(st.sampled_from([0.0, 2.0])), draw(st.sampled_from([9999.0, 2023.0]))
    )
    return Programme(name, levers, inside, {}, schedule, draw(st.booleans()), draw(st.sampled_from([0.0, 0.0, 2.0])),
                     draw(st.sampled_from([0.0, 1000.0])), frozenset(draw(st.lists(st.sampled_from([*chosen, *(
                         f"planned.{n}" for n in inside)]), unique=True))) if chosen or inside else frozenset())  # fmt: skip


@st.composite
def _laws(draw):
    """Some levers of the law, a part of them by a policy with a schedule that must be enacted first."""
    levers, before, schedules = {}, {}, {}
    for name in draw(st.lists(st.sampled_from(LAW_LEVERS), unique=True)):
        low, high = LEVERS[name].low, 2040.0 if LEVERS[name].unit == "year" else min(LEVERS[name].high, 20.0)
        flag = LEVERS[name].unit == "flag"
        levers[name] = draw(st.sampled_from([low, high]) if flag else st.floats(low, high))
        if draw(st.booleans()):
            before[name] = draw(st.sampled_from([low, LEVERS[name].baseline]))
        if draw(st.booleans()):
            schedules[name] = Schedule(
                draw(st.sampled_from([2020.0, 2021.5])), draw(st.sampled_from([0.0, 2.0])), draw(st.sampled_from([9999.0, 2023.0]))
            )
    return Law("law", levers, before, schedules, draw(st.sampled_from([0.0, 2.0])))


@st.composite
def scenarios(draw):
    """A scenario of up to three small clusters and two programmes."""
    site = draw(sites())
    programmes = tuple(draw(_programmes(f"p{k}")) for k in range(draw(st.sampled_from([1, 1, 1, 2, 0]))))
    assignment = None
    if len(programmes) == 2:
        assignment = tuple(draw(st.integers(-1, 1)) for _ in site.clusters)
    budget = draw(st.sampled_from([0.0, 1e3, 1e4, 1e5])) if programmes else 0.0
    parameters = {
        name: PARAMETERS[name].quantile(draw(share))
        for name in draw(st.lists(st.sampled_from(UNCERTAIN), unique=True, max_size=40))
    }
    parameters |= {
        name: draw(
            st.sampled_from([q for q in (PARAMETERS[name].low, PARAMETERS[name].high, PARAMETERS[name].off) if q is not None])
        )
        for name in draw(st.lists(st.sampled_from(SWITCHES), unique=True, max_size=2))
    }
    more = {"parameters": parameters, "shocks": tuple(draw(st.lists(st.sampled_from(SHOCKS), unique=True))),
            "seed": draw(st.integers(0, 2**64 - 1)), "replicate": draw(st.integers(0, 2**64 - 1)),
            "scale": draw(st.sampled_from([1.0, 2.0]))}  # fmt: skip
    outside = draw(st.sampled_from([None, -1, 0]))
    return Scenario(
        site, Arm("arm", programmes, assignment, budget, law=draw(_laws()), outside=outside), more, draw(st.integers(44, 76))
    )
