"""Every rule of `model/rules` called with figures that were worked out beforehand, as Python runs it.

    NUMBA_DISABLE_JIT=1 python tests/verification/known_answers.py

`ANSWERS` holds, for each rule, arguments and what it must give: the formula of docs/specification.md (section 5) or docs/odd.md written out
once more with figures in it. Figures are no round ones, so that no term vanishes and no factor is 1; where a rule asks "at least" or "less than",
the limit itself is asked too, and a little beside it. The parameters `p` hold what the rule may read and nothing else. Prints, as JSON, the rules that answer
otherwise, and those that have no answer here.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from math import exp, inf, log, sqrt
from types import FunctionType, SimpleNamespace
from typing import Any

import ecocluster.model.rules
import numpy as np
from ecocluster.model.rules.adoption import Use
from ecocluster.model.rules.certification import Aspects, Shown
from ecocluster.model.rules.demography import Move
from ecocluster.model.rules.symbiosis import Deal
from ecocluster.model.state import HEAT as _HEAT
from ecocluster.model.state import NONE, OWN_PLANT, REAL_CONNECTED, REAL_OWN, SHAM, T1, T2, T4, T5, TREATED_WATER

__all__ = ["ANSWERS", "wrong"]

HEAT = np.int64(_HEAT)  # as kernels count
JUST = 1e-6  # a little beside a limit


def P(**values: Any) -> SimpleNamespace:
    """Parameters, levers: numbers as records hold them, of which no two are one object."""
    return SimpleNamespace(**{name: np.float64(value) if isinstance(value, float) else value for name, value in values.items()})


def a(rate: float, years: float) -> float:
    """Present value of 1 a year: (1 - (1 + rate)^-years)/rate."""
    return (1 - (1 + rate) ** -years) / rate


def logistic(x: float) -> float:
    return 1 / (1 + exp(-x))


def bits(*numbers: int) -> int:
    return sum(2**number for number in numbers)


Answers = dict[str, list[tuple[tuple, Any]]]
ANSWERS: Answers = {}

# --- 5d, the value of a technology ------------------------------------------------------------------------

_saves = P(
    tech_saves_electricity=(0.1, 0.2), tech_saves_fuel=(0.3, 0.05), tech_saves_water=(0.15, 0.25), tech_saves_waste=(0.35, 0.45),
    tech_solar_share=(0.6, 0.7), fuel_price=0.3, water_price=0.02,
)  # fmt: skip
ANSWERS |= {
    "adoption.learning_factor": [
        ((0.3, 0.12, 2020.5), 1.06**-0.3),
        ((0.3, 0.12, 2025.0), (1 + 0.12 * 5) ** -0.3),
        ((0.3, 0.12, 2020.0), 1.0),
        ((0.3, 0.12, 2016.5), exp(0.12 * 0.3 * 3.5)),
        ((0.3, 0.12, 2019.75), exp(0.12 * 0.3 * 0.25)),
    ],
    "adoption.capex_one": [((7.5, 0.7), 7.5 * 15**0.3), ((7.5, 1.6), 7.5 * 15**-0.6)],
    # a firm with 15 workers pays 15 times what stands in the table
    "adoption.capex": [
        ((7.5 * 15**0.3, 0.7, 15.0, 1.25, 0.8), 7.5 * 15 * 1.25 * 0.8),
        ((3.0, 0.7, 40.0, 1.5, 0.6), 3 * 40**0.7 * 1.5 * 0.6),
    ],
    "adoption.Use": [((1.5, 2.5, 3.5, 4.5), (1.5, 2.5, 3.5, 4.5))],
    "adoption.marginal_saving": [
        # .2 x 70 x 1.8 + .05 x 90 x .3 + .25 x 400 x (.02 + .8 x .009) + .45 x 11 + .7 x 70 x 1.8
        ((_saves, 1, Use(70.0, 90.0, 400.0, 11.0), 0.009, 0.8, 1.8), 25.2 + 1.35 + 100 * (0.02 + 0.0072) + 4.95 + 88.2),
        # who is paid for scrap loses by producing less of it
        ((_saves, 0, Use(70.0, 90.0, 400.0, -11.0), 0.009, 0.8, 1.8), 12.6 + 8.1 + 60 * 0.0272 - 3.85 + 75.6),
    ],
    "adoption.volatility": [
        ((None, 0.15, 0.3, 3.0), 0.15 * sqrt(1 + 0.7 + 2.25 / 2.5)),
        ((None, 0.15, 1.0, 0.0), 0.15 * sqrt(1 + 2.25)),
        ((None, 0.2, 0.0, 7.0), 0.2 * sqrt(2 + 2.25 / 4.5)),
    ],
    "adoption.option_multiple": [
        # B = 1/2 + sqrt(1/4 + 2 x .25/.04) = 1/2 + sqrt(12.75)
        ((0.25, 0.2), (0.5 + sqrt(12.75)) / (sqrt(12.75) - 0.5)),
        ((0.4, 0.3), (0.5 + sqrt(0.25 + 0.8 / 0.09)) / (sqrt(0.25 + 0.8 / 0.09) - 0.5)),
        ((0.25, 0.0), 1.0),  # nothing is uncertain: at once
        ((0.25, 1e-9), 1.0),
        # 2 h/sigma^2 = 2: B = 2, so that the value must be twice the cost
        ((1.0, 1.0), 2.0),
    ],
    "adoption.present_value": [
        ((12.0, 80.0, 10.0, 0.17, 0.5, 3.5, 2.6), 12 * (0.83 * 3.5 + 0.17 * 0.5 * 2.6) + 0.17 * 8 * 3.5),
        ((-4.0, 30.0, 6.0, 0.2, 0.3, 2.9, 1.7), -4 * (0.8 * 2.9 + 0.06 * 1.7) + 0.2 * 5 * 2.9),
    ],
    "adoption.exemption_worth": [
        ((0.17, 0.7, 60.0, 2.4), 0.17 * 0.7 * 60 * 2.4),
        ((0.17, 0.7, -60.0, 2.4), 0.0),
        ((0.17, 0.7, 0.4, 2.4), 0.17 * 0.7 * 0.4 * 2.4),
    ],
    "adoption.loan_gain": [
        ((80.0, 0.4, 0.056, 5.0, 2.7), 0.4 * 80 * (1 - 2.7 / a(0.056, 5))),
        ((80.0, 0.4, 0.0, 5.0, 2.7), 0.4 * 80 * (1 - 2.7 / 5)),  # without interest each year is worth 1
        ((80.0, 0.4, 1e-9, 5.0, 2.7), 0.4 * 80 * (1 - 2.7 / 5)),
        ((80.0, 0.4, 0.8, 5.0, 2.7), 0.4 * 80 * (1 - 2.7 / a(0.8, 5))),  # dearer than its own money: a loss
        ((80.0, 0.0, 0.056, 5.0, 2.7), 0.0),
        ((80.0, -0.4, 0.056, 5.0, 2.7), 0.0),
        ((80.0, 0.9, 0.056, 5.0, 2.7), 0.9 * 80 * (1 - 2.7 / a(0.056, 5))),
    ],
    "adoption.value_ratio": [
        ((100.0, 80.0, 0.4, 0.056, 5.0, 2.7), (100 + 32 * (1 - 2.7 / a(0.056, 5))) / 80),
        ((100.0, 80.0, 0.0, 0.056, 5.0, 2.7), 1.25),
    ],
    "adoption.adopts": [
        # u < 1/(1 + (Phi/psi)^4)
        *[((3.0, 1.5, 4.0, u), u < 1 / (1 + 0.5**4)) for u in (0.1, 0.94, 0.942, 0.99)],
        *[((1.2, 1.8, 4.0, u), u < 1 / (1 + 1.5**4)) for u in (0.05, 0.1649, 0.1650, 0.17, 0.5)],
        *[((1.2, 1.8, 1.5, u), u < 1 / (1 + 1.5**1.5)) for u in (0.05, 0.352, 0.353, 0.5)],
        *[((1.2, 1.8, 2.0, u), u < 1 / (1 + 1.5**2)) for u in (0.05, 0.3076, 0.3077, 0.5)],
        *[((2.0, 2.0, 4.0, u), u < 0.5) for u in (0.49, 0.4999, 0.5, 0.51)],
        *[((0.9, 1.8, 8.0, u), u < 1 / 257) for u in (0.0038, 0.0039, 0.004, 0.3)],
        # far from the limit, and near it: what tells most of those who wait so without a power must refuse nobody else
        *[((0.45, 1.8, 4.0, u), u < 1 / 257) for u in (0.0038, 0.0039, 0.1)],
        *[((1.5, 1.8, 8.0, u), u < 1 / (1 + 1.2**8)) for u in (0.18, 0.19)],
        *[((2.0, 2.1, 4.0, u), u < 1 / (1 + 1.05**4)) for u in (0.45, 0.455)],
        *[((4.0, 10.0, 4.0, u), u < 1 / (1 + 2.5**4)) for u in (0.02, 0.03)],
        *[((0.45, 1.8, 2.0, u), u < 1 / 17) for u in (0.055, 0.06)],
        *[((1.0, 1.7, 2.0, u), u < 1 / (1 + 1.7**2)) for u in (0.25, 0.26)],
        ((0.0, 1.8, 4.0, 0.0), False),
        ((-1.0, 1.8, 4.0, 0.01), False),
        ((0.4, 0.2, 4.0, 0.9), True),
        ((0.4, 0.2, 4.0, 0.95), False),
    ],
}

# --- 13.4, capital ----------------------------------------------------------------------------------------

_own_land = P(land_market=1.0, bare_land_price=900.0, bare_land_share=0.4, discount_rate=0.05)
_part_land = P(land_market=0.0, bare_land_price=900.0, bare_land_share=0.4, discount_rate=0.05)
ANSWERS |= {
    "capital.life_in_steps": [
        ((12.0, 0.25), 48),
        ((12.1, 0.25), 48),
        ((12.2, 0.25), 49),
        ((0.1, 0.25), 1),
        ((0.4, 0.25), 2),
        ((0.0, 0.25), 1),
        ((2.0, 1 / 12), 24),
    ],
    "capital.capital_service": [
        ((100.0, 2.0, 3, 1.0), 100 / (1 + 1 / 3 + 1 / 9)),
        # an annuity due of 8 quarters: sum over k of service x 1.05^(-k/4) is the amount
        ((100.0, 0.05, 8, 0.25), 100 / sum(1.05 ** (-k / 4) for k in range(8))),
        ((100.0, 0.2, 3, 1.0), 100 / (1 + 1 / 1.2 + 1 / 1.44)),
        ((100.0, 0.0, 8, 0.25), 12.5),
        ((100.0, 1e-12, 8, 0.25), 12.5),
    ],
    "capital.bare_price": [
        ((_own_land, 2500.0), 900.0),
        ((_own_land, 600.0), 600.0),  # land with its works is never worth less than bare
        ((_own_land, 900.8), 900.0),
        ((_part_land, 2500.0), 1000.0),
        ((P(**{**vars(_own_land), "land_market": 0.5}), 2500.0), 1000.0),
    ],
    "capital.land_rent": [
        ((_own_land, 2500.0), 45.0),
        ((_own_land, 600.0), 30.0),
        ((_part_land, 2500.0), 50.0),
        ((P(**{**vars(_own_land), "land_market": 0.5}), 2500.0), 50.0),
    ],
    "capital.worth_left": [((0.05, 4.0, 10.0), a(0.05, 4) / a(0.05, 10)), ((0.3, 9.0, 10.0), a(0.3, 9) / a(0.3, 10))],
}

# --- 5g and 13.1, certificates ----------------------------------------------------------------------------

_RECP_SHARE, _SYMBIOSIS, _LAND, _TREATMENT, _MONITORING, _RECORD = range(6)
_recp = P(recp_saved=0.08)
_least = P(
    recp_least_1=0.2,
    recp_least_2=0.4,
    recp_least_3=0.6,
    engaged_least_2=0.1,
    engaged_least_3=0.2,
    group_least_2=0.65,
    group_least_3=0.8,
)
_groups = P(full_cut=0.2, full_renewable=0.25, full_reuse=0.3, land_target=0.28)
_measured = P(measured_plant=500.0, planned_data=0.6)
_symbiosis = P(decree82_engaged=0.1, decree82_aware=0.9, wide_service_least=0.12)
_six = P(six_report_least=0.5, six_jobs_least=0.95, six_gain_least=0.9, six_small_least=0.3)
_good = Aspects(0.5, 95.0, 100.0, 900.0, 1000.0, 0.3)  # each exactly at what is asked
_standard = P(standard_by_law=1.0, park_standard_year=2022.0)
_none_shown = Shown(False, False, False, 0.11, 0.5, 0.95, False)
_waive = ("recp_share", "symbiosis", "shared_land", "treatment", "monitoring", "clean_record")


def _waiving(*names: str, value: float = 1.0) -> SimpleNamespace:
    return P(**{f"waive_{name}": value if name in names else 0.0 for name in _waive})


EXCHANGE, WIDE, DECREE_82, WIDE_AND_SOLAR = map(np.int64, range(4))
ANSWERS |= {
    "certification.bit": [((True, 0), 1), ((True, 3), 8), ((False, 3), 0)],
    "certification.LEVEL_1": [((), 63)],
    # states follow the twelve criteria: results name them so
    "certification.NOT_WORTH": [((), 12)],
    "certification.NO_FIRMS": [((), 13)],
    "certification.NO_STANDARD": [((), 14)],
    "certification.SIX_ASPECTS": [((), 3)],
    "certification.standard_exists": [
        ((P(standard_by_law=0.0, park_standard_year=2022.0), False, 2024.0, 2020.0), True),  # not by law: always was
        ((P(standard_by_law=0.5, park_standard_year=2022.0), False, 2024.0, 2020.0), False),
        ((_standard, False, 2024.0, 2023.75), False),
        ((_standard, False, 2024.0, 2024.0), True),
        ((_standard, False, 2024.0, 2024.25), True),
        ((_standard, True, 2024.0, 2021.75), False),
        ((_standard, True, 2024.0, 2022.0), True),
        ((_standard, True, 2018.0, 2020.0), False),
    ],
    "certification.by_level": [((0.3, 0.2, 1.5, 0.9), 0.6), ((0.3, 0.2, 1.5, 0.5), 0.5), ((0.3, 0.2, 0.0, 0.9), 0.3)],
    "certification.is_recp": [
        ((_recp, bits(T1, T2), 0.0, 0.0), True),
        ((_recp, bits(T1, T5), 0.0, 0.0), True),
        ((_recp, bits(T1, T2, T5), 0.0, 0.0), True),
        ((_recp, bits(T1), 0.0, 0.0), False),
        ((_recp, bits(T2, T5), 0.0, 0.0), False),
        ((_recp, bits(T1, T4, OWN_PLANT), 0.0, 0.0), False),
        ((_recp, 0, 0.08, 0.08), True),
        ((_recp, 0, 0.08 - JUST, 0.5), False),
        ((_recp, 0, 0.5, 0.08 - JUST), False),
        ((_recp, bits(T1), 0.3, 0.3), True),
    ],
    "certification.recp_least": [((_least, np.int64(level)), share) for level, share in ((0, 0.2), (1, 0.2), (2, 0.4), (3, 0.6))],
    "certification.engaged_least": [((_least, np.int64(2)), 0.1), ((_least, np.int64(3)), 0.2)],
    "certification.group_least": [((_least, np.int64(2)), 0.65), ((_least, np.int64(3)), 0.8)],
    "certification.energy_group": [
        ((_groups, 0.05, 0.1), 0.5 * 0.25 + 0.5 * 0.4),
        ((_groups, -0.05, 0.1), 0.2),  # more energy than before counts as none saved
        ((_groups, 0.3, 0.1), 0.5 + 0.2),
        ((_groups, 0.05, 0.9), 0.125 + 0.5),
    ],
    "certification.water_group": [((_groups, 0.7, 0.12), 0.35 + 0.5 * 0.4), ((_groups, 0.7, 0.6), 0.35 + 0.5)],
    "certification.infrastructure_group": [
        ((_groups, 0.07, 0, 0), 0.25 / 3),
        ((_groups, 0.07, 1, 0), 1.25 / 3),
        ((_groups, 0.07, 0, 1), 1.25 / 3),
        ((_groups, 0.35, 1, 1), 1.0),
    ],
    "certification.information_group": [((0.6, 0.3), 0.45), ((1.4, 0.3), 0.65), ((0.6, 1.4), 0.8)],
    "certification.measured_share": [
        # a plant of 500 m3/d or more measures what it takes; a smaller one, and none, do not
        ((_measured, 400_000.0, 100_000.0, 182_500.0, 20_000.0, False), 0.3),
        ((_measured, 400_000.0, 100_000.0, 182_499.0, 20_000.0, False), 0.05),
        ((_measured, 400_000.0, 100_000.0, 0.0, 20_000.0, False), 0.05),
        ((_measured, 100_000.0, 100_000.0, 400_000.0, 20_000.0, False), 1.0),
        ((_measured, 400_000.0, 100_000.0, 182_500.0, 20_000.0, True), 0.6),
        ((_measured, 400_000.0, 300_000.0, 182_500.0, 20_000.0, True), 0.8),
        ((_measured, 0.0, 0.0, 182_500.0, 0.0, False), 0.0),
        ((_measured, 0.5, 0.25, 182_500.0, 0.0, False), 0.5),
    ],
    "certification.symbiosis_met": [
        *[((_symbiosis, reading, _none_shown), False) for reading in (EXCHANGE, WIDE, DECREE_82, WIDE_AND_SOLAR)],
        *[
            ((_symbiosis, reading, _none_shown._replace(exchange=True)), True)
            for reading in (EXCHANGE, WIDE, DECREE_82, WIDE_AND_SOLAR)
        ],
        *[
            ((_symbiosis, reading, _none_shown._replace(**shown)), reading in (WIDE, WIDE_AND_SOLAR))
            for reading in (EXCHANGE, WIDE, DECREE_82, WIDE_AND_SOLAR)
            for shown in ({"depot": True}, {"data_room": True}, {"services": 0.12}, {"services": 0.3})
        ],
        *[
            ((_symbiosis, reading, _none_shown._replace(solar=True)), reading == WIDE_AND_SOLAR)
            for reading in (EXCHANGE, WIDE, DECREE_82, WIDE_AND_SOLAR)
        ],
        # the older decree asks for firms too: a tenth engaged, nine of ten aware
        ((_symbiosis, DECREE_82, _none_shown._replace(exchange=True, engaged=0.1, aware=0.9)), True),
        ((_symbiosis, DECREE_82, _none_shown._replace(exchange=True, engaged=0.1 - JUST)), False),
        ((_symbiosis, DECREE_82, _none_shown._replace(exchange=True, aware=0.9 - JUST)), False),
    ],
    "certification.six_unmet": [
        ((_six, Aspects(0.6, 120.0, 100.0, 1300.0, 1000.0, 0.8)), 0),
        ((_six, _good), 0),
        ((_six, _good._replace(reporting=0.49)), 1),
        ((_six, _good._replace(jobs=94.0)), 2),
        ((_six, _good._replace(usual_jobs=101.0)), 2),
        ((_six, _good._replace(profit=899.0)), 4),
        ((_six, _good._replace(usual_profit=1001.0)), 4),
        ((_six, _good._replace(small_served=0.29)), 8),
        ((_six, Aspects(0.1, 10.0, 100.0, -5.0, 1000.0, 0.0)), 15),
        ((_six, Aspects(0.1, 100.0, 100.0, -5.0, 1000.0, 0.3)), 5),
    ],
    "certification.waived": [
        *[((_waiving(name),), 2**i) for i, name in enumerate(_waive)],
        ((_waiving(*_waive),), 63),
        ((_waiving(*_waive, value=0.5),), 0),
        ((_waiving("recp_share", "treatment"),), bits(_RECP_SHARE, _TREATMENT)),
        ((_waiving("symbiosis", "monitoring", "clean_record"),), bits(_SYMBIOSIS, _MONITORING, _RECORD)),
    ],
    "certification.number_unmet": [
        ((0,), 0),
        ((63,), 6),
        ((bits(_SYMBIOSIS, _LAND, _RECORD),), 3),
        ((bits(0, 6, 11),), 1),
        ((bits(6, 7, 8),), 0),
        ((bits(5),), 1),
    ],
    "certification.violation_hazard": [((P(violation_hazard=0.3), 0.7), 0.21)],
    "certification.incentive": [
        ((P(application_benefit=1.5, discount_rate=0.05, level_years=5.0), 0.25, 600.0, 40), (150 + 60) * a(0.05, 5)),
    ],
}

# --- 13.12, chains ----------------------------------------------------------------------------------------

_chain = P(chain=np.array([[0.0, 2.5], [0.4, 0.0]]), chain_size=0.6)
_lead = P(lead_firm=0.3, lead_workers=100.0, lead_saving=1.6, lead_teach=0.7)
_asked = bits(T1, T2)
_marshall = P(marshall_span=2.5, marshall_elasticity=0.07)
ANSWERS |= {
    "chain.partner_time": [
        ((_chain, 1, 0, 1.5, 0.3), -log(0.3) / (0.4 * 1.5**0.6)),
        ((_chain, 0, 1, 32.0, 0.3), -log(0.3) / (2.5 * 32**0.6)),
        ((_chain, 1, 0, 32.0, 0.3), -log(0.3) / (0.4 * 32**0.6)),
        ((_chain, 0, 0, 32.0, 0.3), inf),
    ],
    "chain.carried_by": [
        # of a hazard of .8 partners carry .2 and all ties .5: the first quarter, up to five eighths, and the rest
        *[((0.5, 0.2, 0.8, u), who) for u, who in ((0.1, 2), (0.249, 2), (0.25, 1), (0.4, 1), (0.624, 1), (0.625, 0), (0.9, 0))],
    ],
    "chain.is_lead": [
        ((_lead, 250.0, 0.0, 0.29), True),
        ((_lead, 100.0, 0.0, 0.29), True),
        ((_lead, 99.0, 0.0, 0.29), False),
        ((_lead, 99.0, 1.0, 0.29), True),
        ((_lead, 99.0, 0.5, 0.29), False),
        ((_lead, 100.0, 1.0, 0.3), False),
        ((_lead, 250.0, 0.0, 0.31), False),
    ],
    "chain.asked_saving": [
        *[((_lead, j, 5.0, True), 8.0 if j in (T1, T2) else 5.0) for j in range(5)],
        ((_lead, T1, 5.0, False), 5.0),
    ],
    "chain.asked_cost": [((_lead, 8.0, True), 5.0), ((_lead, 8.0, False), 8.0)],
    "chain.lead_teaching": [*[((_lead, j, True), 0.7 if j in (T1, T2) else 0.0) for j in range(5)], ((_lead, T2, False), 0.0)],
    "chain.soaked": [
        ((P(soak_threshold=0.6), 12.0, 20.0), True),
        ((P(soak_threshold=0.6), 11.9, 20.0), False),
        ((P(soak_threshold=0.6), 15.0, 20.0), True),
        ((P(soak_threshold=0.0), 0.0, 20.0), True),
    ],
    "chain.like_ratio": [
        ((_marshall, 6.0, 5.0, 3.0), 1.2),
        ((_marshall, 6.0, 1.0, 3.0), 2.5),  # six of a place that had one: the span
        ((_marshall, 2.0, 1.0, 3.0), 2.0),
        ((_marshall, 6.0, 0.75, 4.0), 1.5),  # a place that had none is told by the mean
        ((_marshall, 1.2, 0.2, 0.3), 1.2),  # at least one
        ((_marshall, 1.0, 5.0, 3.0), 0.4),
        ((_marshall, 0.0, 5.0, 3.0), 0.4),
        ((_marshall, 5.0, 0.5, 1.25), 2.5),
    ],
    "chain.place_cost": [((_marshall, 1.7), 1.7**-0.07), ((_marshall, 0.6), 0.6**-0.07)],
    "chain.stream_fit": [
        ((5.0, 3.0, 20.0, 24.0), 4.0),  # 4 are lacking inside: 4 of the 5 that are brought, nothing of the 3 that are asked for
        ((3.5, 3.0, 20.0, 24.0), 3.5),
        ((5.0, 3.0, 24.0, 20.0), 3.0),
        ((5.0, 4.5, 24.0, 20.0), 4.0),
        ((5.0, 3.0, 20.0, 20.0), 0.0),
        ((5.0, 3.0, 20.0, 20.5), 0.5),
        ((5.0, 3.0, 20.5, 20.0), 0.5),
    ],
    "chain.fits": [
        ((P(chain_fit=0.2), 2.0, 10.0), True),
        ((P(chain_fit=0.2), 1.99, 10.0), False),
        ((P(chain_fit=0.2), 5.0, 10.0), True),
        ((P(chain_fit=0.2), 0.0, 0.0), True),
    ],
}

# --- 5b, inspections, fines and treatment -----------------------------------------------------------------

_size = P(inspection_exponent=0.5, inspection_workers=15.5, inspection_low=0.2, inspection_high=5.0)
_detect = P(
    detect_none=0.9,
    detect_sham_low=0.15,
    detect_sham_high=0.8,
    skill_detection=0.3,
    continuous_rate=0.45,
)
_half = 0.15 + 0.65 * 0.4  # of sham treatment, at data .4
_skilled = _half + 0.3 * 0.6 * (1 - _half)
_fine = P(fine_reference=300.0, fine_flow=6000.0, fine_exponent=0.5, fine_low=20.0, fine_high=1000.0)
_fees = P(fee_small=2.5, fee_middle=3.0, fee_large=4.0, fee_cod=0.002)
_plant = P(own_om=0.009, own_om_exponent=-0.2, fine_flow=6000.0)
_stop = P(suspension_fines=2.0, suspension_window=1.5, suspension_weeks=3.0)
_COMPLIANCE = tuple(map(np.int8, (NONE, SHAM, REAL_OWN, REAL_CONNECTED)))
_none, _sham, _own, _connected = _COMPLIANCE


def _suspensions(needed: int, hazard: float, window: float) -> float:
    """h P/(1 + g + ... + g^(k - 1)), P = P(at least k - 1 of Poisson(h window)), g = P^(1/(k - 1))."""
    mean, term, fewer = hazard * window, 1.0, 0.0
    for n in range(needed - 1):
        fewer += term * exp(-mean)
        term *= mean / (n + 1)
    often = 1 - fewer
    return hazard * often / sum(often ** (n / (needed - 1)) for n in range(needed))


ANSWERS |= {
    "compliance.inspection_hazard": [
        ((_size, 0.24, 40.0), 0.24 * sqrt(40 / 15.5)),
        *[((P(**{**vars(_size), "inspection_exponent": n}), 0.24, 31.0), 0.24 * 2**n) for n in (0.3, 1.5)],
        ((_size, 0.24, 62.0), 0.48),  # four times the reference: twice as often
        ((_size, 0.24, 0.31), 0.24 * 0.2),
        ((_size, 0.24, 600.0), 0.24 * 5),
        ((P(**{**vars(_size), "inspection_exponent": 0.8}), 0.24, 62.0), 0.24 * 4**0.8),
    ],
    "compliance.inspection_size": [
        ((2.25, 0.5, True, 0.2, 5.0), 1.5),
        ((2.25, 0.7, False, 0.2, 5.0), 2.25**0.7),
        ((0.01, 0.5, True, 0.2, 5.0), 0.2),
        ((36.0, 0.5, True, 0.2, 5.0), 5.0),
        ((0.5, 0.7, False, 0.2, 5.0), 0.5**0.7),
    ],
    "compliance.detection": [
        ((_detect, _none, 0.4, 0.0, 0.0), 0.9),
        ((_detect, _none, 0.4, 0.6, 0.0), 0.9 + 0.18 * 0.1),
        ((_detect, _sham, 0.4, 0.0, 0.0), _half),
        ((_detect, _sham, 0.4, 0.6, 0.0), _skilled),
        ((_detect, _sham, 0.4, 0.6, 0.3), _skilled),
        ((_detect, _own, 0.4, 0.6, 0.0), 0.0),
        ((_detect, _own, 0.4, 0.6, 0.3), 0.3 * _skilled),
        ((_detect, _connected, 0.4, 0.6, 0.3), 0.0),
    ],
    "compliance.detection_hazard": [
        ((_detect, _none, 0.4, 0.5, False, 0.0, 0.0), 0.45),
        ((_detect, _none, 0.4, 0.5, True, 0.0, 0.0), 0.45 + 0.18),
        ((_detect, _sham, 0.4, 0.5, True, 0.6, 0.7), 0.5 * _skilled + 0.18),
        ((_detect, _own, 0.4, 0.5, True, 0.6, 0.0), 0.0),
        ((_detect, _own, 0.4, 0.5, True, 0.6, 0.7), 0.7 * (0.5 * _skilled + 0.18)),
        ((_detect, _own, 0.4, 0.5, False, 0.6, 0.7), 0.7 * 0.5 * _skilled),
        ((_detect, _connected, 0.4, 0.5, True, 0.6, 0.7), 0.0),
    ],
    "compliance.fine": [
        (
            (P(fine_reference=300.0, fine_flow=6000.0, fine_exponent=0.5, fine_low=0.0, fine_high=1000.0), 0.0, 2.0),
            600 * sqrt(1e-9 / 6000),
        ),
        ((_fine, 1500.0, 1.5), 225.0),  # 300 (1/4)^.5 x 1.5
        ((_fine, 6000.0, 1.5), 450.0),
        ((_fine, 1.0, 1.5), 30.0),
        ((_fine, 0.0, 1.5), 30.0),
        ((_fine, 600_000.0, 1.5), 1500.0),  # the clip is before the multiplier
        ((_fine, 54_000.0, 0.5), 450.0),
        # without a least fine it falls with the flow, to the last drop
        (
            (P(fine_reference=300.0, fine_flow=6000.0, fine_exponent=0.5, fine_low=0.0, fine_high=1000.0), 0.06, 2.0),
            600 * sqrt(1e-5),
        ),
    ],
    "compliance.payment_share": [
        ((P(side_share=0.4), 0.3, 0.32), (1 - 0.32 * 0.7, 0.4 * 0.32 * 0.7)),
        ((P(side_share=0.4), 1.0, 0.32), (1.0, 0.0)),
        ((P(side_share=0.4), 0.0, 0.32), (0.68, 0.128)),
    ],
    "compliance.fine_counts": [
        ((2020.0, 2021.5, 1.5), True),
        ((2020.0, 2021.75, 1.5), False),
        ((2020.0, 2020.25, 1.5), True),
        ((0.0, 2020.25, 1.5), False),
    ],
    "compliance.suspends": [((2, 2.0), True), ((1, 2.0), False), ((3, 2.0), True), ((2, 2.5), False)],
    "compliance.stopped_share": [((0.1, 0.25), 0.4), ((0.25, 0.25), 1.0), ((0.7, 0.25), 1.0), ((0.0, 0.25), 0.0)],
    "compliance.suspension_rate": [
        ((_stop, 0.6), _suspensions(2, 0.6, 1.5)),
        # for two fines: h P/(1 + P), P = 1 - e^(-.9)
        ((_stop, 0.6), 0.6 * (1 - exp(-0.9)) / (2 - exp(-0.9))),
        ((P(suspension_fines=1.5, suspension_window=1.5), 0.6), _suspensions(2, 0.6, 1.5)),
        ((P(suspension_fines=2.5, suspension_window=1.5), 0.6), _suspensions(3, 0.6, 1.5)),
        ((P(suspension_fines=3.0, suspension_window=1.5), 0.6), _suspensions(3, 0.6, 1.5)),
        ((P(suspension_fines=5.0, suspension_window=2.0), 1.7), _suspensions(5, 1.7, 2.0)),
        ((_stop, 0.0), 0.0),
        ((_stop, 2.5), _suspensions(2, 2.5, 1.5)),
    ],
    "compliance.suspension_loss": [
        ((_stop, 0.6, 520.0), _suspensions(2, 0.6, 1.5) * 30),
        ((P(suspension_fines=2.0, suspension_window=1.5, suspension_weeks=0.5), 0.6, 520.0), _suspensions(2, 0.6, 1.5) * 5),
        ((P(suspension_fines=2.0, suspension_window=1.5, suspension_weeks=0.0), 0.6, 520.0), 0.0),
        ((P(suspension_fines=np.nan, suspension_window=1.5, suspension_weeks=0.0), 0.6, 520.0), 0.0),
    ],
    "compliance.record_loss": [((P(record_weeks=8.0), 0.7, 0.3, 520.0), 0.3 * 0.7 * 80)],
    "compliance.own_running_cost": [
        ((_plant, 6000.0), 54.0),  # 9 kVND/m3
        ((_plant, 1500.0), 13.5 * 0.25**-0.2),
        ((_plant, 0.3), 0.0027 * 0.00005**-0.2),
        ((_plant, 0.0), 0.009 * 1e-9 * (1e-9 / 6000) ** -0.2),
    ],
    "compliance.running_factor": [((_plant,), 0.009 * 6000**0.2)],
    "compliance.running_cost_of": [
        ((1500.0, 0.05, 0.8), 0.05 * 1500**0.8),
        ((0.3, 0.05, 0.8), 0.05 * 0.3**0.8),
        ((0.0, 0.05, 0.8), 0.05 * 1e-9**0.8),
    ],
    "compliance.cost_of_next_m3": [((_plant, 1500.0), 0.8 * 0.009 * 0.25**-0.2), ((_plant, 6000.0), 0.0072)],
    "compliance.complaint_hazard": [
        ((P(complaint_rate=0.3, complaint_rural=0.35), 300.0, 400.0, 1.0), 0.225),
        ((P(complaint_rate=0.3, complaint_rural=0.35), 300.0, 400.0, 0.0), 0.225 * 0.35),
        ((P(complaint_rate=0.3, complaint_rural=0.35), 300.0, 400.0, 0.5), 0.225 * 0.35),
    ],
    "compliance.complaint_weight": [((400.0, 0.9, 0.5), 220.0), ((400.0, 0.9, 0.0), 400.0), ((400.0, 0.25, 1.0), 300.0)],
    "compliance.visits_allowed": [
        # 12 inspectors x 30 x .5 of them x .25 yr = 45
        ((P(inspectors=12.0, visits_per_inspector=30.0), 0.5, 0.25, 40), 5),
        ((P(inspectors=12.0, visits_per_inspector=30.0), 0.5, 0.25, 45), 0),
        ((P(inspectors=12.0, visits_per_inspector=30.0), 0.5, 0.25, 60), 0),
        ((P(inspectors=12.0, visits_per_inspector=31.5), 0.5, 0.25, 40), 7),  # 47.25
        ((P(inspectors=12.0, visits_per_inspector=30.0), 0.5, 0.25, 44), 1),
        ((P(inspectors=0.1, visits_per_inspector=30.0), 1.0, 1.0, 0), 3),  # .1 x 30 are three, whatever the last bit
        ((P(inspectors=0.7, visits_per_inspector=0.1), 1.0, 100.0, 0), 7),
    ],
    "compliance.connection_cost": [((1500.0, 0.0105, 1.7), 15.75 + 1.7)],
    "compliance.environmental_fee": [
        ((_fees, 8000.0, 0.4), 4 + 0.002 * 3200),
        ((_fees, 1000.0, 0.4), 2.5),
        ((_fees, 2000.0, 0.4), 3.0),
    ],
    "compliance.fee_of": [
        *[
            ((q, 0.4, 2.5, 3.0, 4.0, 0.002), fee)
            for q, fee in ((1824.5, 2.5), (1825.0, 3.0), (3649.5, 3.0), (3650.0, 4.0), (7299.5, 4.0))
        ],
        ((7300.0, 0.4, 2.5, 3.0, 4.0, 0.002), 4 + 0.002 * 0.4 * 7300),
        ((9000.0, 0.4, 2.5, 3.0, 4.0, 0.003), 4 + 0.003 * 0.4 * 9000),
    ],
    "compliance.sham_cost": [((P(sham_fixed=1.2, sham_om_share=0.25), 54.0), 14.7)],
    "compliance.sham_cost_of": [((54.0, 1.2, 0.25), 14.7)],
    "compliance.weight": [
        ((P(choice_exponent=0.01), 1e300), 0.0),
        ((P(choice_exponent=0.01), 2e300), 0.0),
        ((P(choice_exponent=3.0), 4.0), 1 / 64),
        ((P(choice_exponent=2.5), 4.0), 1 / 32),
        ((P(choice_exponent=3.0), 1e300), 0.0),  # cannot be paid
        ((P(choice_exponent=3.0), inf), 0.0),
        ((P(choice_exponent=0.01), 0.9e300), exp(-0.01 * (log(0.9) + 300 * log(10)))),
        ((P(choice_exponent=1.5), 0.0), 1e18),  # what costs nothing, or pays, is chosen
        ((P(choice_exponent=1.5), -3.0), 1e18),
        ((P(choice_exponent=1.5), 0.25), 8.0),
    ],
    "compliance.pick": [
        # .2, .3 and .5 of ten
        *[((2.0, 3.0, 5.0, u), what) for u, what in ((0.0, 0), (0.19, 0), (0.2, 1), (0.35, 1), (0.49, 1), (0.5, 2), (0.9, 2))],
        ((0.0, 0.0, 5.0, 0.01), 2),
        ((2.0, 0.0, 5.0, 0.3), 2),
        ((0.0, 3.0, 0.0, 0.99), 1),
    ],
    "compliance.removal": [
        ((P(removal_sham=0.25), how, 0.8, 0.9), share) for how, share in zip(_COMPLIANCE, (0.0, 0.25, 0.8, 0.9), strict=True)
    ],
    "compliance.removal_of": [
        ((how, 0.25, 0.8, 0.9), share) for how, share in zip(_COMPLIANCE, (0.0, 0.25, 0.8, 0.9), strict=True)
    ],
}

# --- 5d, the bank -----------------------------------------------------------------------------------------

_credit = P(credit_constant=-3.0, credit_size=0.3, credit_collateral=0.5, credit_green=0.35, credit_support=2.0)
_granted = P(granted_support=0.7, granted_low=0.25, granted_high=0.5)
_market, _soft = 100 / a(0.056, 5), 100 / a(0.03, 5)
ANSWERS |= {
    "credit.approval": [
        ((_credit, 40.0, 90.0, 60.0, 0.0, 0.0, 0.4), logistic(-3 + 0.3 * log(40) + 0.5 * log(1.5) - 0.4)),
        ((_credit, 40.0, 90.0, 60.0, 1.0, 0.0, 0.4), logistic(-3 + 0.3 * log(40) + 0.5 * log(1.5) + 0.35 - 0.4)),
        ((_credit, 40.0, 90.0, 60.0, 0.0, 1.0, 0.4), logistic(-3 + 0.3 * log(40) + 0.5 * log(1.5) + 2 - 0.4)),
        ((_credit, 7.0, 20.0, 60.0, 0.5, 0.7, 0.4), logistic(-3 + 0.3 * log(7) - 0.5 * log(3) + 0.175 + 1.4 - 0.4)),
    ],
    "credit.credit_record": [
        ((P(record_credit=3.0, record_years=5.0), 0.6, 4.75), 1.8),
        ((P(record_credit=3.0, record_years=5.0), 0.6, 5.0), 1.8),
        ((P(record_credit=3.0, record_years=5.0), 0.6, 5.25), 0.0),
        ((P(record_credit=3.0, record_years=5.0), 0.6, 0.0), 1.8),
    ],
    "credit.granted_share": [
        ((_granted, True, 0.3), 0.7),
        ((_granted, False, 0.3), 0.325),
        ((_granted, False, 0.0), 0.25),
        ((_granted, False, 1.0), 0.5),
    ],
    "credit.grant_share": [((0.4, 1.5), 0.6), ((0.4, 2.5), 0.9), ((0.8, 1.1), 0.88)],
    # the balance falls evenly over five years: its mean, in years, is (5 + 1)/2
    "credit.guarantee_loss": [((P(cost_guarantee_loss=0.04, loan_years=5.0), 0.7, 80.0), 0.04 * 56 * 3)],
    "credit.loan_payment": [
        ((100.0, 0.056, 5.0), _market),
        ((100.0, 0.0, 5.0), 20.0),
        ((100.0, 1e-9, 5.0), 20.0),
        ((100.0, 1.4, 5.0), 100 / a(1.4, 5)),
    ],
    "credit.schedule": [
        ((100.0, 0.0, 3.0, 0.25), (100 / 3, 1.0)),
        ((100.0, 1.5, 3.0, 1.0), (100 / (1 / 2.5 + 1 / 2.5**2 + 1 / 2.5**3), 2.5)),
        # a term that is no whole number of steps: so much of a payment more
        ((100.0, 0.056, 2.6, 0.25), (400 * (1.056**0.25 - 1) / (1 - 1.056**-2.6), 1.056**0.25)),
        # 20 quarters at 1.056^(1/4)
        ((100.0, 0.056, 5.0, 0.25), (4 * 100 / sum(1.056 ** (-k / 4) for k in range(1, 21)), 1.056**0.25)),
        ((100.0, 0.0, 5.0, 0.25), (20.0, 1.0)),
        ((100.0, 2.4, 3.0, 0.5), (2 * 100 / sum(3.4 ** (-k / 2) for k in range(1, 7)), 3.4**0.5)),
    ],
    "credit.installment": [
        ((50.0, 20.0, 0.25), (5.0, 45.0)),
        ((4.0, 20.0, 0.25), (4.0, 0.0)),
        ((5.0, 20.0, 0.25), (5.0, 0.0)),
        ((5.0 + 1e-8, 20.0, 0.25), (5.0 + 1e-8, 0.0)),  # what is left of rounding is paid with the last
        ((5.5, 20.0, 0.25), (5.0, 0.5)),
        ((5.0 + 1e-6, 20.0, 0.25), (5.0, 5.0 + 1e-6 - 5.0)),
    ],
    "credit.interest_subsidy": [
        ((100.0, 1.4, 0.0, 0.05, 5.0), (100 / a(1.4, 5) - 20) * a(0.05, 5)),
        ((100.0, 0.056, 0.03, 0.05, 5.0), (_market - _soft) * a(0.05, 5)),
        ((100.0, 0.056, 0.0, 0.05, 5.0), (_market - 20) * a(0.05, 5)),
        ((100.0, 0.03, 0.056, 0.05, 5.0), 0.0),
        ((100.0, 0.056, 0.056, 0.05, 5.0), 0.0),
    ],
}

# --- 5i, 5g and 3: exit, arrival, relocation --------------------------------------------------------------

_exit = P(exit_high=0.09, exit_low=0.05, exit_slope=0.01, growth=0.012, arrival_base=0.0925)
_pool = P(pool_workers_median=5.0, pool_workers_sd=0.9, pool_workers_cap=60.0)
_move = P(relocation_years=10.0, downtime=0.1, dip=0.12, dip_years=1.5)
ANSWERS |= {
    "demography.exit_hazard": [
        ((_exit, 7.0), 0.09 - 0.01 * log(7)),
        ((_exit, 0.5), 0.09),
        ((_exit, 600.0), 0.05),
        ((_exit, 40.0), 0.09 - 0.01 * log(40)),
    ],
    "demography.is_insolvent": [((0.25,), False), ((0.5,), True), ((0.75,), True), ((0.49,), False)],
    "demography.thinning": [
        ((_exit, 7.0), (0.09 - 0.01 * log(7) + 0.012) / 0.102),
        ((_exit, 1.0), 1.0),
        ((_exit, 600.0), 0.062 / 0.102),
    ],
    "demography.arrival_intensity": [((_exit, 3500.0, 12.0), 0.1045 * 3500 * 1.012**12), ((_exit, 3500.0, 0.0), 0.1045 * 3500)],
    "demography.moving_cost": [((P(moving_cost=3.0), 40.0, 0.15), 138.0), ((P(moving_cost=3.0), 40.0, -0.15), 102.0)],
    "demography.pool_size": [
        ((_pool, 0.8), 5 * exp(0.72)),
        ((_pool, -3.0), 1.0),
        ((_pool, 3.0), 60.0),
        ((_pool, -1.5), 5 * exp(-1.35)),
    ],
    "demography.Move": [((1.5, 2.5, 3.5, 4.5), (1.5, 2.5, 3.5, 4.5))],
    "demography.relocation_value": [
        # idle: (.1 + .12 x 1.5) x .07 x 900; three fifths of it and of the move are his own
        ((_move, 30.0, 55.0, 0.25, Move(120.0, 0.07, 900.0, 0.4)), 30 * a(0.25, 10) + 55 - 0.6 * (120 + 0.28 * 63)),
        ((_move, -8.0, -20.0, 0.4, Move(70.0, 0.11, 500.0, 0.0)), -8 * a(0.4, 10) - 20 - (70 + 0.28 * 55)),
    ],
}

# --- 13.7, developers -------------------------------------------------------------------------------------

_site = P(
    site_sd=0.4, developer_return_low=0.08, developer_return_high=0.2, fill_years=6.0, fill_share=0.85, operator_years=20.0,
    planned_build=2.5, land_market=0.0, bare_land_share=0.4, bare_land_price=900.0,
)  # fmt: skip


def _occupied(required: float) -> float:
    """Integral of share x min(t/6, 1) x e^(-delta t) over 20 years, by its parts."""
    delta = log(1 + required)
    rising = (1 - exp(-delta * 6) * (1 + delta * 6)) / delta**2 / 6
    return 0.85 * (rising + (exp(-delta * 6) - exp(-delta * 20)) / delta)


ANSWERS |= {
    "developer.site_level": [((_site, 7000.0, 0.8), 7000 * exp(0.32)), ((_site, 7000.0, -1.2), 7000 * exp(-0.48))],
    "developer.required_return": [((_site, 0.3), 0.116), ((_site, 0.0), 0.08), ((_site, 1.0), 0.2)],
    "developer.expected_occupancy": [((_site, 0.12), _occupied(0.12)), ((_site, 0.25), _occupied(0.25))],
    "developer.site_value": [
        ((_site, 7000.0, 1200.0, 0.12), (1200 * _occupied(0.12) + 2800 * 1.12**-20) * 1.12**-2.5 - 7000),
        (
            (P(**{**vars(_site), "land_market": 1.0}), 7000.0, 1200.0, 0.25),
            (1200 * _occupied(0.25) + 900 * 1.25**-20) * 1.25**-2.5 - 7000,
        ),
    ],
    "developer.least_support": [((-1400.0, 7000.0), 0.2), ((500.0, 7000.0), 0.0), ((0.0, 7000.0), 0.0)],
    "developer.sites_due": [
        # 2.4 a year: .6, 1.2, 1.8, 2.4 by the ends of four quarters
        *[((2.4, quarter / 4, 0.25), due) for quarter, due in enumerate((0, 1, 0, 1, 1))],
        ((4.0, 0.75, 0.25), 1),
        ((8.0, 1.0, 0.25), 2),
        # three by tenths: .1 + .2 is a little more than .3, and none is lost or won by it
        *[((10.0, n / 10, 0.1), 1) for n in range(10)],
        *[((10 / 3, n * 0.3, 0.3), 1) for n in range(10)],
    ],
}

# --- 5c, knowledge and attitude ---------------------------------------------------------------------------

_learn = P(p0=0.02, p_ext=0.3, p_IC=0.15, ext_exponent=1.4, ext_curvature=0.8, q_in=0.35, q_tie=0.25, q_out=0.1,
           symbiosis_coordinator=0.5, symbiosis_platform=0.28, review_rate=0.6, search_rate=0.4, search_coordinator=3.0, search_platform=2.2)  # fmt: skip
_taught = 0.6**1.4 * 1.8 / (1 + 0.8 * 0.6**1.4)
ANSWERS |= {
    "diffusion.event": [((0.8, 0.25), 1 - exp(-0.2)), ((0.0, 0.25), 0.0), ((4.0, 0.5), 1 - exp(-2))],
    "diffusion.extension_effect": [((_learn, 0.6), _taught), ((_learn, 0.0), 0.0), ((_learn, -0.2), 0.0), ((_learn, 1.0), 1.0)],
    "diffusion.fair_factor": [((0.7, 1.0), 1.7), ((0.7, 0.0), 1.0)],
    "diffusion.outside_hazard": [((_learn, 0.6, 1.7, 0.4), 0.02 + 0.3 * 1.7 * _taught + 0.06), ((_learn, 0.0, 1.7, 0.4), 0.08)],
    "diffusion.learning_hazard": [((_learn, 0.5, 0.3, 0.6, 0.2), 0.5 + 0.105 + 0.15 + 0.02)],
    "diffusion.symbiosis_hazard": [((_learn, 0.6, 0.7, 0.3), 0.02 + 0.15 * _taught + 0.35 + 0.084)],
    "diffusion.relax": [
        # dx = .3 (1 - x) - .2 (x - .6): goal (.3 + .12)/.5 = .84
        ((0.4, 0.3, 0.2, 0.6, 2.0, exp(-0.125)), 0.84 - 0.44 * exp(-0.125)),
        ((0.4, 0.0, 0.0, 0.6, 0.0, 1.0), 0.4),
        ((0.9, 0.3, 0.2, 0.6, 2.0, 0.5), 0.87),
    ],
    "diffusion.review_hazard": [((_learn, 0.7), 0.72)],
    "diffusion.review_rate": [((0.6, 0.7), 0.72), ((0.6, 0.0), 0.3)],
    "diffusion.search_hazard": [((_learn, 0.7, 0.6, 0.3), 0.4 * (1 + 2.1 + 2.2 * 0.18)), ((_learn, 0.0, 0.0, 0.3), 0.4)],
}

# --- 13.8, coordinators and the map -----------------------------------------------------------------------

_split = P(map_split=1.0, q_platform=0.2, cost_study=30.0, map_study_cut=0.6, hub_circle=0.45)
_whole = P(map_split=0.0, q_platform=0.2, cost_study=30.0, map_study_cut=0.6, hub_circle=0.45)
_edge = P(map_split=0.5, q_platform=0.2, cost_study=30.0, map_study_cut=0.6, hub_circle=0.45)
_able = P(coordinator_persons=1.5, coordinator_capacity=8.0, screening_error=0.5)
ANSWERS |= {
    "facilitation.persons": [((_able, 0.7), 1.05)],
    "facilitation.cases_a_year": [((_able, 0.6), 7.2)],
    "facilitation.cases_done": [
        ((2.7, 5), (2, 0.7)),
        ((2.7, 1), (1, 0.7)),  # nothing to go on with: no more than a part of a case is kept
        ((0.7, 5), (0, 0.7)),
        ((3.0, 5), (3, 0.0)),
        ((3.0 - 1e-12, 5), (3, 0.0)),
        ((2.7, 0), (0, 0.7)),
    ],
    "facilitation.seen_gain": [((_able, 40.0, 0.8), 40 * exp(0.4)), ((_able, 40.0, -1.4), 40 * exp(-0.7))],
    "facilitation.tie_rank": [((3.0, 0.3), -log(0.3) / 4), ((0.0, 0.3), -log(0.3))],
    "facilitation.map_dose": [((p, P(map=0.6, platform=0.25)), dose) for p, dose in ((_split, 0.6), (_whole, 0.25), (_edge, 0.25))],
    "facilitation.platform_learning": [((_split, 0.7, 0.4), 0.056), ((_whole, 0.7, 0.4), 0.0), ((_edge, 0.7, 0.4), 0.0)],
    "facilitation.study_cost": [
        ((_split, 0.7, True), 30 * 0.58),
        ((_split, 0.7, False), 30.0),
        ((_whole, 0.7, True), 30.0),
        ((_edge, 0.7, True), 30.0),
    ],
    "facilitation.hub_circle": [((_split, False), 0.45), ((_split, True), 1.0), ((_whole, False), 1.0), ((_edge, False), 0.45)],
}

# --- 5h, government ---------------------------------------------------------------------------------------

ANSWERS |= {
    "government.scheduled": [
        *[((0.2, 0.8, now, 2020.0, 2.0, 2030.0), value) for now, value in
          ((2019.75, 0.2), (2020.0, 0.2), (2020.5, 0.35), (2021.5, 0.65), (2022.0, 0.8), (2029.75, 0.8), (2030.0, 0.2), (2035.0, 0.2))],
        *[((0.2, 0.8, now, 2020.0, ramp, 2030.0), value) for now, ramp, value in
          ((2019.75, 0.0, 0.2), (2020.0, 0.0, 0.8), (2025.0, 0.0, 0.8), (2030.0, 0.0, 0.2), (2020.25, 0.5, 0.5), (2020.0, -1.0, 0.8))],
        # quarters are added up: a start that is missed by the last bit is met
        ((0.2, 0.8, 2020.0 - 1e-12, 2020.0, 0.0, 2030.0), 0.8),
        ((0.2, 0.8, 2030.0 - 1e-12, 2020.0, 0.0, 2030.0), 0.2),
    ],
    "government.scaled": [
        ((0.2, 0.5, 1.5, 1.0), 0.65),
        ((0.2, 0.5, 4.0, 0.9), 0.9),
        ((0.2, 0.5, 0.5, 1.0), 0.5),  # never below its own target
        ((0.2, 0.5, 1.5, 0.4), 0.5),
    ],
    "government.dose_factor": [((30.0, 40.0), 0.375), ((90.0, 40.0), 1.0), ((0.0, 40.0), 0.0), ((-5.0, 40.0), 0.0), ((30.0, 0.0), 1.0), ((30.0, -2.0), 1.0),
                               ((0.5, 40.0), 0.00625), ((0.5, 0.5), 0.5), ((0.0, 0.0), 0.0)],
    "government.permit_hazard": [((P(skill_permits=0.4), 3.0, 0.7), 3 * 1.28)],
    # half are enacted by the median lag, at the support of which it is told
    "government.enactment_hazard": [((3.0, 0.45, 0.5625), log(2) / 3 * 0.8), ((2.5, 0.5625, 0.5625), log(2) / 2.5)],
}  # fmt: skip

# --- 5g, projects of operators ----------------------------------------------------------------------------

_cetp = P(
    cost_CETP_capex=20_000.0, cost_CETP_fixed_OM=250.0, cost_CETP_variable_OM=0.006, project_exponent=0.75, quantity_exponent=0.6, design_use=0.8,
    design_floor=0.3, fee_cap=1.5, fee_markup=1.1, cetp_fee=0.0105, operator_rate=0.1, operator_years=20.0, operator_levy=0.5,
)  # fmt: skip
_twenty = a(0.1, 20)
_solar = P(cost_project_energy=16.0, solar_yield=1.15, solar_tariff=0.85, solar_om=0.015, operator_rate=0.1, operator_years=20.0)
_consent = P(solar_tariff=0.85, solar_share=0.2, solar_contract=2.0, consent_attitude=0.7, solar_able=0.4)
_flow = 730_000.0  # twice the reference
_fixed = 250 * 2**0.6
ANSWERS |= {
    "infrastructure.cetp_capex": [
        ((_cetp, 500_000.0, 1.3), 20_000 * (500 / 365) ** 0.75 * 1.3),
        ((_cetp, _flow, 1.3), 20_000 * 2**0.75 * 1.3),
        ((_cetp, 365_000.0, 1.2), 24_000.0),
    ],
    "infrastructure.cetp_fixed_cost": [
        ((_cetp, 500_000.0), 250 * (500 / 365) ** 0.6),
        ((_cetp, _flow), _fixed),
        ((_cetp, 365_000.0), 250.0),
    ],
    "infrastructure.cetp_gap": [
        ((_cetp, _flow, 40_000.0), 40_000 - (584_000 * (0.01575 - 0.006) - _fixed) * _twenty),
        ((_cetp, 365_000.0, 20_000.0), 20_000 - (292_000 * 0.00975 - 250) * _twenty),
    ],
    "infrastructure.cetp_fee": [
        # between the regulated fee and its cap
        ((_cetp, _flow, 500_000.0, 20_000.0), 1.1 * (20_000 / _twenty / 584_000 + _fixed / 500_000 + 0.006)),
        ((_cetp, _flow, 100_000.0, 20_000.0), 1.1 * (20_000 / _twenty / 584_000 + _fixed / 219_000 + 0.006)),
        ((_cetp, _flow, 500_000.0, 0.0), 0.0105),  # never below the regulated fee
        ((_cetp, _flow, 500_000.0, 90_000.0), 0.01575),  # nor above the cap
    ],
    "infrastructure.project_cost": [
        ((_cetp, 900.0, 1.6, 1.3), 900 * 1.6**0.75 * 1.3),
        ((_cetp, 900.0, 0.4, 1.3), 900 * 0.4**0.75 * 1.3),
        ((_cetp, 900.0, 0.0, 1.3), 900 * 1e-9**0.75 * 1.3),
    ],
    "infrastructure.project_value": [
        ((_cetp, 0.7, 800.0, 3000.0, 0.4), 280 * _twenty - 1800),
        ((_cetp, 0.7, 800.0, 3000.0, 0.0), 280 * _twenty - 3000),
    ],
    "infrastructure.solar_value": [
        ((_solar, 1.9, 0.7, 1.3, 0.4), (1.15 * 0.85 * 1.9 - 0.015 * 14.56) * _twenty - 0.6 * 14.56),
        ((_solar, 1.9, 0.7, 1.3, 0.0), (1.15 * 0.85 * 1.9 - 0.015 * 14.56) * _twenty - 14.56),
    ],
    "infrastructure.wants_solar": [
        # .15 x 1.8 x .2 x 40 = 2.16 a year against 2
        ((_consent, 1.8, 40.0, 0.5), True),
        ((_consent, 1.8, 36.0, 0.5), False),
        ((_consent, 1.8, 36.0, 0.71), True),
        ((_consent, 1.8, 36.0, 0.7), False),
        (
            (P(**{**vars(_consent), "solar_tariff": 0.5, "solar_contract": 4.0}), 2.0, 20.0, 0.5),
            False,
        ),  # 4 against 4: he gains nothing
        ((P(**{**vars(_consent), "solar_tariff": 0.5, "solar_contract": 4.0}), 2.0, 20.5, 0.5), True),
    ],
    "infrastructure.raises_capital": [
        # 1 - .6 x .7 x .5 = .79
        *[((_consent, 0.3, 0.5, u), u < 0.79) for u in (0.1, 0.789, 0.791, 0.95)],
        *[((_consent, 0.0, 0.0, u), u < 0.4) for u in (0.39, 0.41)],
        ((P(solar_able=0.5), 0.0, 0.0, 0.5), False),
        ((P(solar_able=1.0), 0.0, 0.0, 0.999), True),
    ],
    "infrastructure.raised_land": [
        ((P(land_target=0.25, land_gain=0.1), 0.08), 0.25),
        ((P(land_target=0.25, land_gain=0.1), 0.2), 0.3),
    ],
}

# --- 13.6, land -------------------------------------------------------------------------------------------

_land = P(unbuilt_usable=0.4, complete_land=0.6, land_low=0.08, land_high=0.35, complete_first=3.0, land_target=0.25, base_rent=120.0, operator_rate=0.1,
          operator_years=20.0, bare_land_price=700.0, lease_compensation=2600.0)  # fmt: skip
_forgone = 120 * a(0.1, 20)  # 1,021.6


_free = P(**{**vars(_land), "bare_land_price": 0.0, "base_rent": 0.0})  # neither land nor rent is worth anything: all the same


def _bare(price: float) -> SimpleNamespace:
    return P(**{**vars(_land), "bare_land_price": price})


ANSWERS |= {
    "land.usable_share": [
        ((_land, 0.3), 0.3**1.5),
        ((P(unbuilt_usable=0.0), 0.3), 0.0),
        ((P(unbuilt_usable=0.8), 0.3), 0.3**0.25),
        ((P(unbuilt_usable=1.0), 0.3), 1.0),
    ],
    "land.first_land": [((_land, 0.21, 0.59, 0.3), 0.21), ((_land, 0.21, 0.6, 0.3), 0.161), ((_land, 0.21, 0.8, 1.0), 0.35)],
    "land.plants_ahead": [
        # a fifth is complete: 3/1.4 and 1/1.4 of the mean
        ((_land, True, 0.2), 3 / 1.4 - 1),
        ((_land, False, 0.2), 1 / 1.4 - 1),
    ],
    "land.land_missing": [((_land, 20.0, 3.0), 2.0), ((_land, 20.0, 6.0), 0.0), ((_land, 20.0, 4.5), 0.5)],
    "land.rent_forgone": [((_land,), _forgone)],
    "land.unbuilt_first": [
        ((_free,), True),
        ((_bare(0.75 * _forgone - 1),), True),
        ((_bare(0.75 * _forgone + 1),), False),
        ((_bare(0.0),), True),
    ],
    "land.land_price": [((_land, 1.5, 2.5, 0.7), 1050 + _forgone * 2.5 + 1820)],
    "land.plot_pays": [
        ((_free, 0.3), True),
        ((_bare(0.7 * _forgone - 1), 0.3), True),
        ((_bare(0.7 * _forgone + 1), 0.3), False),
        ((_bare(0.9 * _forgone), 0.05), True),
    ],
}

# --- 5b and 13.11, treatment plants -----------------------------------------------------------------------

_wear = P(plant_old_low=0.4, plant_old_high=0.9, plant_new_low=0.8, plant_new_high=0.95, central_best=0.92, central_decay=0.03, central_overload=1.3,
          plant_legal=0.85, removal_sham=0.25)  # fmt: skip
ANSWERS |= {
    "plants.first_removal": [((_wear, False, 0.3), 0.55), ((_wear, True, 0.3), 0.845)],
    "plants.aged_removal": [((0.9, 0.02, 7.0), 0.9 * exp(-0.14))],
    "plants.central_removal": [
        ((_wear, 0.8, 7.0), 0.92 * exp(-0.21)),
        ((_wear, 1.0, 7.0), 0.92 * exp(-0.21)),
        ((_wear, 1.6, 7.0), 0.92 * exp(-0.21) * 1.6**-1.3),
        ((P(**{**vars(_wear), "central_overload": 0.5}), 1.6, 7.0), 0.92 * exp(-0.21) / sqrt(1.6)),
        ((P(**{**vars(_wear), "central_overload": 0.0}), 1.6, 7.0), 0.92 * exp(-0.21)),
    ],
    "plants.shortfall": [
        ((_wear, 0.7), 0.25),
        ((_wear, 0.85), 0.0),
        ((_wear, 0.9), 0.0),
        ((_wear, 0.25), 1.0),
        ((_wear, 0.1), 1.0),
        ((P(plant_legal=0.25, removal_sham=0.25), 0.1), 1.0),
        ((P(plant_legal=0.2, removal_sham=0.25), 0.22), 0.0),
    ],
}

# --- 5a, production ---------------------------------------------------------------------------------------

_cit = P(cit_rate=0.2, cit_small_revenue=3000.0, cit_middle_revenue=50_000.0, cit_small_rate=0.15, cit_middle_rate=0.17)
_keeps = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
ANSWERS |= {
    "production.keep_share": [
        ((0, _keeps), 1.0),
        ((1, _keeps), 0.9),
        ((0b10000, _keeps), 0.5),
        ((0b01010, _keeps), 0.8 * 0.6),
        ((0b11111, _keeps), 0.9 * 0.8 * 0.7 * 0.6 * 0.5),
        ((0b1100001, _keeps), 0.9),
    ],
    "production.usual_margin": [((0.07, 0.02), 0.09), ((0.07, -0.03), 0.07)],
    "production.utilisation": [((0.8, 0.12, 0.0072), exp(0.096 - 0.0072)), ((-1.3, 0.12, 0.0072), exp(-0.156 - 0.0072))],
    "production.net_sales": [
        ((900.0, 1.0, 0.07, 0.25), 63.0),  # at full use its margin
        ((900.0, 0.8, 0.07, 0.25), 900 * (0.8 - 0.93 * (0.75 * 0.8 + 0.25))),
        ((900.0, 1.2, 0.11, 0.3), 900 * (1.2 - 0.89 * (0.84 + 0.3))),
    ],
    "production.labour_and_inputs": [((80.0, 25.0), 55.0), ((20.0, 25.0), 0.0), ((25.5, 25.0), 0.5)],
    "production.tax_rate": [
        *[((_cit, revenue, 2025.5), 0.2) for revenue in (100.0, 9000.0, 90_000.0)],
        *[((_cit, revenue, 2025.75), rate) for revenue, rate in ((100.0, 0.15), (9000.0, 0.17), (90_000.0, 0.2))],
        ((_cit, 100.0, 2030.0), 0.15),
    ],
    "production.tax_rate_of": [
        *[((revenue, 3000.0, 50_000.0, 0.15, 0.17, 0.2), rate) for revenue, rate in
          ((2999.0, 0.15), (3000.0, 0.17), (49_999.0, 0.17), (50_000.0, 0.2), (60_000.0, 0.2))],
    ],
    "production.workers_growth": [((0.05, 0.3), exp(0.015)), ((0.05, -0.3), exp(-0.015)), ((0.05, 3.0), exp(0.05)), ((0.05, -3.0), exp(-0.05)),
                                  ((0.05, 1.5), exp(0.05)), ((0.05, -1.5), exp(-0.05))],
}  # fmt: skip

# --- 13.10, residents -------------------------------------------------------------------------------------

_accept = P(
    acceptance_base=0.1,
    acceptance_community=0.15,
    acceptance_disclosure=0.05,
    acceptance_pollution=0.5,
    acceptance_rural=0.3,
    conflict_hazard=0.2,
)
ANSWERS |= {
    "residents.smoke_ratio": [
        ((30.0, 40.0), 0.75),
        ((30.0, 0.5), 60.0),
        ((30.0, 0.0), 1.0),
        ((0.5, 0.0), 1.0),
        ((0.0, 0.0), 0.0),
        ((0.0, 40.0), 0.0),
    ],
    "residents.pollution": [((0.6, 0.3), 0.45), ((0.9, 1.8), 1.0), ((1.0, 0.7), 0.85)],
    "residents.acceptance_gain": [((_accept, 0.6, 0.7), 0.1 + 0.09 + 0.035)],
    "residents.acceptance_loss": [((_accept, 0.6, 1.0), 0.3), ((_accept, 0.6, 0.0), 0.09), ((_accept, 0.6, 0.5), 0.09)],
    "residents.conflict_hazard": [((_accept, 0.3), 0.14), ((_accept, 0.7), 0.06)],
}

# --- 13.11, what is seen ----------------------------------------------------------------------------------

_seen = P(perceived_saving=0.6, programme_platform=0.3, programme_club=0.45)
ANSWERS |= {
    "seen.seen_saving": [
        ((_seen, -0.5, False), -0.5),
        ((_seen, 12.0, False), 7.2),
        ((_seen, 0.5, False), 0.3),
        ((_seen, 12.0, True), 12.0),
        ((_seen, -12.0, False), -12.0),
        ((_seen, 0.0, False), 0.0),
    ],
    "seen.programme_hazard": [
        ((_seen, 0.2, 0.7, 1.0), 0.2 + 0.21 + 0.45),
        ((_seen, 0.2, 0.7, 0.0), 0.41),
        ((_seen, 0.2, 0.4, 0.5), 0.2 + 0.12 + 0.225),
    ],
}

# --- 5f, links and hubs -----------------------------------------------------------------------------------

WASTE, SCRAP, CLEAN = np.int64(0), np.int64(1), np.int64(2)  # costs something to be rid of; is sold to dealers; costs nothing


def _streams(**values: float) -> SimpleNamespace:
    """Parameters of `WASTE`, `SCRAP`, `CLEAN` and `HEAT`."""

    def row(waste: float, scrap: float, clean: float, heat: float) -> np.ndarray:
        found = np.full(HEAT + 2, 9.0)
        found[[WASTE, SCRAP, CLEAN, HEAT]] = waste, scrap, clean, heat
        return found

    return P(**{
        "stream_traded": row(0.2, 0.7, 0.1, 0.3), "stream_disposal_cost": row(0.6, -0.5, 0.0, 0.0), "stream_other_disposal": row(-0.15, 0.25, 0.0, 0.0),
        "stream_substitution": row(0.8, 0.9, 0.7, 0.85), "stream_virgin_price": row(2.5, 3.5, 1.5, 0.4), "stream_treatment_cost": row(0.3, 0.2, 0.25, 0.05),
        "stream_additional": row(0.9, 0.4, 0.8, 0.75), "stream_ef_onsite": row(0.11, 0.12, 0.13, 0.14), "stream_fixed_cost_ref": row(60.0, 40.0, 30.0, 90.0),
        "stream_quantity_ref": row(50.0, 80.0, 20.0, 400.0), "stream_pipe_cost_per_100m": row(0.0, 0.0, 0.0, 12.0), "quantity_exponent": 0.6, "fuel_price": 0.3,
        "dealer_margin": 0.25, "stream_trade": 1.0, "heat_of_firms": 0.0, "offtake_price": 0.5, "offtake_limit": 0.0, "split_fixed": 0.4, "cost_hub_fixed": 70.0,
        "cost_hub_member": 3.5, **values,
    })  # fmt: skip


_dealt, _plain = _streams(), _streams(stream_trade=0.0)
_limit = _streams(stream_trade=0.5)  # a switch is on above one half
_own_fuel = _streams(stream_trade=0.0, heat_of_firms=1.0)
_half_fuel = _streams(stream_trade=0.0, heat_of_firms=0.5)
# gain 40 and coordination 6 a year; 90 to build, a quarter of it granted; 4 years
_deal = Deal(40.0, 6.0, 90.0, 0.25, 0.2, 0.3, 4.0, 2.5, 1.5)
_bare_deal = _deal._replace(relief_seller=0.0, relief_buyer=0.0)
_link_worth = 34 * a(0.25, 4) - 0.75 * 90 + 4
# what disturbs deliveries raises the rate: (1 + h)/b - 1
_seller, _buyer = a(1.2 / 0.9 - 1, 4), a(1.3 / 0.8 - 1, 4)
_burden = 67.5 * (0.4 / _seller + 0.6 / _buyer) - 2.5 / _seller - 1.5 / _buyer  # of both a year
_break_even = (_burden + 6) / 0.85  # gain at which both just do it
_saved = {WASTE: 0.8 * 0.6 - 0.2 * 0.15, SCRAP: 0.3 * 0.25 - 0.7 * 0.5, CLEAN: 0.0, HEAT: 0.0}
_value = {WASTE: 0.8 * 2.5 - 0.3, SCRAP: 0.9 * 3.5 - 0.2, CLEAN: 0.7 * 1.5 - 0.25, HEAT: 0.85 * 0.4 - 0.05}
_use = {WASTE: 0.8 * 1.7 + 0.2 * 1.25 * 0.15, SCRAP: 0.3 * 2.95 + 0.7 * 1.25 * 0.5, CLEAN: 0.9 * 0.8, HEAT: 0.7 * 0.29}
_four = (WASTE, SCRAP, CLEAN, HEAT)
ANSWERS |= {
    "symbiosis.Deal": [((1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5), (1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 0.0, 0.0))],
    "symbiosis.traded_share": [((_dealt, SCRAP), 0.7), ((_dealt, WASTE), 0.2), ((_plain, SCRAP), 0.0), ((_limit, SCRAP), 0.0)],
    "symbiosis._dealer_price": [
        ((_streams(stream_other_disposal=np.full(7, 0.25)), WASTE), 0.0),
        ((_dealt, WASTE), 0.15),
        ((_dealt, SCRAP), 0.5),
        ((_dealt, CLEAN), 0.0),
    ],
    "symbiosis.disposal_saved": [
        *[((_dealt, w, traded), _saved[w]) for w, traded in ((WASTE, 0.2), (SCRAP, 0.7))],
        *[((p, SCRAP, 0.7), -0.5) for p in (_plain, _limit)],
        ((_plain, WASTE, 0.2), 0.6),
    ],
    "symbiosis.use_value": [
        *[((_dealt, w, traded), _use[w]) for w, traded in ((WASTE, 0.2), (SCRAP, 0.7))],
        *[((p, w, 0.7), _value[w]) for p in (_plain, _limit) for w in _four],
        ((_own_fuel, HEAT, 0.7), 0.85 * 0.3 - 0.05),
    ],
    "symbiosis._replaced_price": [
        ((_plain, HEAT), 0.4),
        ((_own_fuel, HEAT), 0.3),
        ((_half_fuel, HEAT), 0.4),
        ((_own_fuel, WASTE), 2.5),
        ((_own_fuel, np.int64(TREATED_WATER)), 9.0),
    ],
    "symbiosis.additional_share": [
        ((_dealt, WASTE, 0.2), 0.8),
        ((_dealt, SCRAP, 0.7), 0.3),
        ((_plain, SCRAP, 0.7), 0.4),
        ((_limit, SCRAP, 0.7), 0.4),
    ],
    "symbiosis.landfilled_share": [
        ((_streams(stream_other_disposal=np.full(7, -0.1)), SCRAP, 0.3), 0.0),
        *[((p, w, 0.3), share) for p in (_plain, _limit) for w, share in ((WASTE, 1.0), (SCRAP, 0.0), (CLEAN, 0.0))],
        # who is not dealt with pays the dearer of both
        *[((_dealt, w, 0.3), share) for w, share in ((WASTE, 0.7), (SCRAP, 0.7), (CLEAN, 0.0))],
    ],
    "symbiosis.onsite_factor": [
        ((_own_fuel, np.int64(TREATED_WATER)), 9.0),
        ((_plain, HEAT), 0.14),
        ((_own_fuel, HEAT), 0.0),
        ((_half_fuel, HEAT), 0.14),
        ((_own_fuel, SCRAP), 0.12),
    ],
    "symbiosis.unit_gain": [
        *[((p, WASTE), 0.6 + 1.7) for p in (_plain, _limit)],
        ((_plain, SCRAP), -0.5 + 2.95),
        ((_plain, HEAT), 0.29),
        ((_own_fuel, HEAT), 0.85 * 0.3 - 0.05),
        # docs/odd.md: (1 - a) (disposal + substitution x virgin - treatment) + a x margin x price
        ((_dealt, WASTE), 0.8 * (0.6 + 1.7) + 0.2 * 0.25 * 0.15),
        ((_dealt, SCRAP), 0.3 * (0.25 + 2.95) + 0.7 * 0.25 * 0.5),
    ],
    "symbiosis.fixed_cost": [((_plain, WASTE, 30.0, 2.5), 60 * 0.6**0.6), ((_plain, HEAT, 900.0, 2.5), 90 * 2.25**0.6 + 30)],
    "symbiosis.link_value": [((_deal,), _link_worth), ((_bare_deal,), _link_worth - 4)],
    "symbiosis.study_worth": [
        *[
            ((_deal, 0.4, study), study * 0.6 < _link_worth)
            for study in (_link_worth / 0.6 - 0.1, _link_worth / 0.6 + 0.1, 5.0, 90.0)
        ],
        # a link that is worth nothing, and a study that is paid for: no reason to order one
        ((Deal(6.0, 6.0, 0.0, 0.0, 0.2, 0.3, 4.0), 1.0, 30.0), False),
    ],
    "symbiosis._risky": [((0.4, 0.5), 1.8), ((0.2, 0.9), 1 / 3), ((0.3, 0.8), 0.625), ((0.2, 1.0), 0.2)],
    "symbiosis.feasible": [
        ((_dealt, _deal, 0.9, 0.8), 34 - 6 >= _burden),
        ((_dealt, _deal._replace(gain=_break_even + 0.01), 0.9, 0.8), True),
        ((_dealt, _deal._replace(gain=_break_even - 0.01), 0.9, 0.8), False),
        (
            (_dealt, _deal._replace(fixed=0.0, relief_seller=0.0, relief_buyer=0.0, gain=8.0, coordination=6.0), 0.75, 0.75),
            True,
        ),  # 6 for 6
        ((_dealt, _deal._replace(fixed=0.0, relief_seller=0.0, relief_buyer=0.0, gain=7.9, coordination=6.0), 0.75, 0.75), False),
    ],
    "symbiosis.deal_price": [
        (
            (_dealt, SCRAP, 20.0, _deal, 0.9, 0.8),
            (
                (3 + 0.4 * 67.5 / _seller - 2.5 / _seller) / 17 - _saved[SCRAP],
                _use[SCRAP] - (3 + 0.6 * 67.5 / _buyer - 1.5 / _buyer) / 17,
            ),
        ),
        ((_plain, WASTE, 20.0, _bare_deal, 0.9, 0.8), ((3 + 27 / _seller) / 17 - 0.6, 1.7 - (3 + 40.5 / _buyer) / 17)),
    ],
    "symbiosis.outside_gain": [
        # outside 1.25: a seller at .2 gains 1.05 on .8, so all; at .8 he gains .45 on 1.4; a buyer at 1.4 gains .15 on .3
        ((_plain, WASTE, 0.2, True), 1.0),
        ((_plain, WASTE, 0.8, True), 0.45 / 1.4),
        ((_plain, WASTE, 1.3, True), 0.0),
        ((_plain, WASTE, 1.25, True), 0.0),
        ((_plain, WASTE, 1.4, False), 0.15 / 0.3),
        ((_plain, WASTE, 1.3, False), 0.05 / 0.4),
        ((_plain, WASTE, 1.65, False), 1.0),
        ((_plain, WASTE, 1.2, False), 0.0),
        # with nothing of its own to lose a partner goes
        ((_plain, WASTE, -0.6, True), 1.0),
        # .3 x 1.75 + .7 x .5 = .875 to a seller of scrap; dealers ask a quarter more of a buyer: .9625
        ((_dealt, SCRAP, 0.6, True), (0.875 - 0.6) / (_saved[SCRAP] + 0.6)),
        ((_dealt, SCRAP, 0.8, True), 0.075 / (_saved[SCRAP] + 0.8)),
        ((_dealt, SCRAP, 1.05, False), (1.05 - 0.9625) / (_use[SCRAP] - 1.05)),
        ((_dealt, WASTE, 0.7, True), (0.8 * 1.25 + 0.2 * 0.15 - 0.7) / (_saved[WASTE] + 0.7)),
        ((_limit, SCRAP, 1.5, True), 0.25 / 1.0),
        # a link at a loss to a buyer is left for anything that costs less, and not for what costs as much
        ((_plain, WASTE, 1.9, False), 1.0),
        ((_streams(stream_trade=0.0, stream_treatment_cost=np.full(7, 0.75)), WASTE, 1.25, False), 0.0),
    ],
    "symbiosis.hub_fee": [
        ((_plain, -0.5, 6, 45.0), inf),
        ((_plain, 500.0, 6, 45.0), (70 + 21 + 45) / 500),
        ((_plain, 0.5, 6, 45.0), 272.0),
        ((_plain, 0.0, 6, 45.0), inf),
        ((_plain, -2.0, 6, 45.0), inf),
    ],
    "symbiosis.hub_price": [
        # disposal + price = s/2
        ((_plain, WASTE), (0.55, 0.275)),
        ((_plain, SCRAP), (1.225 + 0.5, 0.8625)),
        (
            (_streams(stream_trade=0.0, stream_substitution=np.full(7, 0.1)), WASTE),
            (0.275 - 0.6, 0.275 - 0.6),
        ),  # he pays to be rid of it
        ((_dealt, SCRAP), ((0.3 * 3.2 + 0.0875) / 2 - _saved[SCRAP], 0.5 * 0.5 * (2.95 - 0.25))),
        ((_dealt, WASTE), (0.5 * (0.8 * 2.3 + 0.0075) - _saved[WASTE], 0.5 * 0.5 * (1.7 - 0.6))),
        ((_limit, WASTE), (0.55, 0.275)),
    ],
    "symbiosis.offtake": [
        ((_plain, WASTE, 80.0, 20.0), (0.75, 60.0)),
        ((_dealt, SCRAP, 80.0, 20.0), (18 / 80, 18.0)),
        ((_streams(stream_trade=0.0, offtake_limit=24.0), WASTE, 80.0, 20.0), (0.3, 24.0)),
        ((_streams(stream_trade=0.0, offtake_limit=70.0), WASTE, 80.0, 20.0), (0.75, 60.0)),
        ((_streams(stream_trade=0.0, offtake_limit=0.5), WASTE, 80.0, 20.0), (0.5 / 80, 0.5)),
        ((_plain, WASTE, 0.0, 0.0), (0.0, 0.0)),
        ((_plain, WASTE, -1.0, 0.0), (0.0, 0.0)),
        ((_plain, WASTE, 0.5, 0.2), (0.6, 0.3)),
    ],
    "symbiosis.hub_member_gain": [
        ((500.0, 2.3, 0.4, 0.4, 3.2), (500 * 1.9 / 2 - 0.6 * 500 * 2.3 / 2) * 3.2),
        ((500.0, 2.3, 0.4, 0.85, 3.2), (500 * 1.9 / 2 - 0.15 * 500 * 2.3 / 2) * 3.2),
    ],
}

# --- 5e, trust --------------------------------------------------------------------------------------------

_pair = P(kappa=2.5, breach_ratio=0.0, lambda_breach=1.8, trust_alpha=3.5, trust_beta=6.5)
_shown = P(omega_platform=0.3, omega_coordinator=0.25, omega_cap=0.5, map_split=0.0)
_firm = P(enforcement=0.3, enforcement_coordinator=0.25, enforcement_planned=0.12)
_gate = P(disclosure_gate=1.0, b_min=0.88, b_scale=0.02)
_open = P(disclosure_gate=0.0, b_min=0.88, b_scale=0.02)
_half_open = P(disclosure_gate=0.5, b_min=0.88, b_scale=0.02)
_kept = exp(-0.05)
ANSWERS |= {
    "trust.decay": [((5.0, 0.25), _kept)],
    "trust.evidence": [
        ((1.7, 1.0, 1.0, 2), 1.7 / exp(1) + 2 * (1 - 1 / exp(1))),
        ((1.7, 5.0, 0.25, 1), 1.7 * _kept + 5 * (1 - _kept)),
        ((1.7, 5.0, 0.25, 0), 1.7 * _kept),
        ((1.7, 4.0, 1.0, 3), 1.7 * exp(-0.25) + 12 * (1 - exp(-0.25))),
    ],
    "trust.accrue": [((1.7, 0.9, 0.3, 2), 1.53 + 0.6)],
    "trust.breach_memory": [
        ((P(tau_breach=3.0, tau=5.0),), 3.0),
        ((P(tau_breach=0.0, tau=5.0),), 5.0),
        ((P(tau_breach=0.5, tau=5.0),), 0.5),
    ],
    # T0 = .35: lambda = ratio x .65/.35
    "trust.breach_weight": [
        ((P(breach_ratio=1.4, lambda_breach=1.8, trust_alpha=3.5, trust_beta=6.5),), 1.4 * 6.5 / 3.5),
        ((P(breach_ratio=0.5, lambda_breach=1.8, trust_alpha=3.5, trust_beta=6.5),), 0.5 * 6.5 / 3.5),
        ((_pair,), 1.8),
    ],
    "trust.enforcement": [
        ((_firm, P(coordinator=0.6), False), 0.45),
        ((_firm, P(coordinator=0.6), True), 0.57),
        ((P(enforcement=0.7, enforcement_coordinator=0.25, enforcement_planned=0.12), P(coordinator=0.8), True), 0.95),
        ((P(enforcement=0.7, enforcement_coordinator=0.5, enforcement_planned=0.12), P(coordinator=0.8), False), 0.95),
    ],
    "trust.visible_share": [
        ((_shown, 0.7, 0.4), 0.31),
        ((_shown, 1.0, 1.0), 0.5),
        ((P(**{**vars(_shown), "map_split": 1.0}), 0.7, 0.4), 0.1),
        ((P(**{**vars(_shown), "map_split": 0.5}), 0.7, 0.4), 0.1),
    ],
    "trust.pair_trust": [
        ((_pair, 0.35, 1.5, 0.7, 0.2, 3.0, 2.0), (0.875 + 1.5 + 0.6) / (2.5 + 1.5 + 0.6 + 1.8 * (0.7 + 0.4))),
        ((_pair, 0.35, 0.0, 0.0, 0.0, 3.0, 2.0), 0.35),
    ],
    "trust.belief": [((P(worst_breach=0.35), 0.4, 0.3), 1 - 0.35 * 0.7 * 0.6), ((P(worst_breach=0.35), 1.0, 0.3), 1.0)],
    "trust.disclosure": [
        ((_gate, 0.9), logistic(1.0)),
        ((_gate, 0.85), logistic(-1.5)),
        ((_open, 0.5), 1.0),
        ((_half_open, 0.88), 0.5),
    ],
    "trust.discloses": [
        # at b = .9 the odds are e to 1
        ((_gate, 0.9, 0.99), True),
        ((_gate, 0.9, 1.01), False),
        ((_gate, 0.85, -1.49), False),
        ((_gate, 0.85, -1.51), True),
        ((_open, 0.5, 5.0), True),
        ((_half_open, 0.85, 0.0), False),
        ((P(disclosure_gate=1.0, b_min=0.5, b_scale=0.25), 0.75, 1.0), False),  # not below, but at it
    ],
    "trust.breach_hazard": [
        ((P(eta0=0.05), 0.3, 0.4, 0.6), 0.05 * 2 * 0.7 * 0.6 * 1.6),
        ((P(eta0=0.05), 0.7, 0.4, 0.6), 0.05 * 2 * 0.3 * 0.6 * 1.6),
    ],
}


# --- asked ------------------------------------------------------------------------------------------------


def agree(found: Any, expected: Any) -> bool:
    """Is this the answer: the same words and signs, and numbers but for rounding?"""
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(agree, found, expected))
    if isinstance(expected, (bool, int)):
        return bool(found == expected)
    return bool(np.isclose(found, expected, rtol=1e-12, atol=1e-300, equal_nan=True))


def wrong(stem: str, names: Mapping[str, Any], answers: Answers = ANSWERS) -> Iterator[str]:
    """Rules of one file whose answers are others than those worked out; what cannot be called at all is told with its error."""
    for key, cases in answers.items():
        file, name = key.split(".")
        if file != stem:
            continue
        for given, expected in cases:
            try:
                found = names[name](*given) if callable(names[name]) else names[name]
                if agree(found, expected):
                    continue
                told = repr(found)
            except Exception as error:  # whatever a changed rule may raise
                told = f"{type(error).__name__}: {error}"
            yield f"{key}{given}: {told}, not {expected}"
            break


def functions(names: Mapping[str, Any], module: str) -> dict[str, Callable]:
    """Rules among the names of a file."""
    return {name: value for name, value in names.items() if isinstance(value, FunctionType) and value.__module__ == module}


if __name__ == "__main__":
    np.seterr(all="ignore")
    told, asked = [], 0
    for info in pkgutil.iter_modules(ecocluster.model.rules.__path__, "ecocluster.model.rules."):
        stem, module = info.name.rpartition(".")[2], importlib.import_module(info.name)
        told += wrong(stem, vars(module))
        told += [f"{stem}.{name}: nobody asks it" for name in functions(vars(module), info.name) if f"{stem}.{name}" not in ANSWERS]
    print(json.dumps({"asked": sum(map(len, ANSWERS.values())), "wrong": told}, indent=1))
