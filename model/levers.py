"""The levers of policy: what a programme can change, in one list.

Each lever has its baseline (Viet Nam in 2020), its cap when a programme is scaled up, and who holds it: the law, which is
the same for all (`LAW_LEVERS`), or a programme. Programmes and laws are data (`ecocluster.scenarios`); the kernels read
`LEVER_DTYPE` records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .vocabulary import TECHNOLOGIES, TECHNOLOGY_ROWS

__all__ = ["LAW_LEVERS", "LEVERS", "LEVER_DTYPE", "N_BUILT_IN", "N_OWN", "WIDTH", "Lever", "baseline_levers"]


@dataclass(frozen=True)
class Lever:
    """One lever of policy.

    Attributes
    ----------
    name : str
    unit : str
    baseline : float
        Value before any programme (Viet Nam 2020).
    low, high : float
        Allowed range.
    cap : float or None
        Largest value that the scale factor of a programme may reach; None: not scaled.
    kind : str
        "law": the same for all, paid by the state outside every fund; "dose": paid every year from the fixed part of
        the budget; "rule": of a programme, free once its set-up is paid; "money": paid from a fund when requested;
        "procedure": how requests fare; "relief": a barrier removed at no cost, for upper bounds only.
    meaning : str
    local : bool
        A service of a cluster: not for firms outside.
    """

    name: str
    unit: str
    baseline: float
    low: float
    high: float
    cap: float | None
    kind: str
    meaning: str
    local: bool = False


LEVERS: dict[str, Lever] = {
    lever.name: lever
    for lever in [
        # the law: the same in every arm but the null
        Lever("inspection_rate", "1/yr", 0.12, 0, 4, None, "law", "inspections a year of a firm of 15.5 workers"),
        Lever("monitoring_data", "0-1 coverage", 0.1, 0, 1, None, "law", "share of firms with automatic monitoring data"),
        Lever("fine_multiplier", "factor", 1.0, 0, 10, None, "law", "multiplies every fine"),
        Lever("fine_adaptive", "flag", 0.0, 0, 1, None, "law", "1: fines are also multiplied by 1 + untreated share"),
        Lever("permit_rate", "1/yr", 1.0, 0.1, 1000, None, "law", "hazard that a symbiosis permit is granted"),
        Lever("certainty", "0-1", 0.3, 0, 1, None, "law", "how sure firms are of the rules of the coming years"),
        Lever("voluntary_agreement", "0-1 dose", 0.0, 0, 1, None, "law", "agreement of the trade that raises attitude"),
        Lever("admission", "flag", 0.0, 0, 1, None, "law", "1: planned clusters admit only firms with T1 and T2"),
        Lever("standard_year", "year", 9999, 2010, 9999, None, "law", "since when clusters have a standard; 9999: never"),
        Lever("standard_compulsory", "flag", 0.0, 0, 1, None, "law", "1: every cluster is assessed by the standard"),
        Lever("public_disclosure", "0-1 dose", 0.0, 0, 1, None, "law", "records of fines and of effluent are public"),
        Lever(
            "official_skill", "0-1 dose", 0.0, 0, 1, None, "law", "training of officials: visits detect more, permits come sooner"
        ),
        # doses, paid every year from the fixed part of the budget
        Lever("extension", "0-1 dose", 0.2, 0, 1, 1.0, "dose", "seminars, audits and advisers that bring technology to firms"),
        Lever("innovation_centre", "0-1 dose", 0.05, 0, 1, 1.0, "dose", "green innovation centre: tests and shows technology"),
        Lever("coordinator", "0-1 dose", 0.0, 0, 1, 1.0, "dose", "symbiosis coordinator of a cluster", local=True),
        Lever("map", "0-1 dose", 0.0, 0, 1, 1.0, "dose", "map of material flows: who gives and takes what", local=True),
        Lever("platform", "0-1 dose", 0.0, 0, 1, 1.0, "dose", "platform for the exchange of data and knowledge", local=True),
        Lever("club", "0-1 dose", 0.0, 0, 1, 1.0, "dose", "clubs of firms, owners and young engineers", local=True),
        Lever(
            "community", "0-1 dose", 0.0, 0, 1, 1.0, "dose", "education, training, health and livelihoods of neighbours", local=True
        ),
        Lever("fairs", "0-1 dose", 0.0, 0, 1, 1.0, "dose", "technology fairs: a pulse of information once a year"),
        Lever("skills_housing", "0-1 dose", 0.0, 0, 1, 1.0, "dose", "vocational training and workers' housing"),
        Lever(
            "certified_extension",
            "0-1 dose",
            0.0,
            0,
            1,
            1.0,
            "dose",
            "extension in certified clusters beyond that of all",
            local=True,
        ),
        # rules of a programme: free to run once the set-up is paid
        Lever("multiplier_L0", "factor", 1.0, 0, 4, None, "rule", "grants at level 0 are multiplied by this"),
        Lever("multiplier_L1", "factor", 1.0, 0, 4, None, "rule", "grants at level 1"),
        Lever("multiplier_L2", "factor", 1.0, 0, 4, None, "rule", "grants at level 2"),
        Lever("multiplier_L3", "factor", 1.0, 0, 4, None, "rule", "grants at level 3"),
        Lever("compulsory_share", "share", 0.0, 0, 1, None, "rule", "share of the firms of listed clusters that must leave"),
        Lever("certified_permit_rate", "1/yr", 0.0, 0, 12, None, "rule", "in certified clusters beyond permit_rate", local=True),
        # money, paid when requested, from the three funds
        *(
            Lever(f"grant_{name}", "share of capex", 0.0, 0, 0.9, 0.5, "money", f"grant for {row.replace('_', ' ')}")
            for name, row in zip(TECHNOLOGIES, TECHNOLOGY_ROWS, strict=True)
        ),
        Lever("CIT_reduction", "share of the tax on the saving", 0.1, 0, 1, 1.0, "money", "income tax forgone on the saving"),
        Lever("interest_cut", "percentage points", 0.0, 0, 9, 9.0, "money", "interest support on green loans"),
        Lever("guarantee", "share of applicants", 0.05, 0, 1, 1.0, "money", "loans guaranteed by the state"),
        Lever("green_fund", "share of applicants", 0.0, 0, 1, 1.0, "money", "soft loans of an environment fund"),
        # for certified clusters, times the factor of their level as grants
        Lever(
            "certified_CIT_reduction",
            "share of the tax on the saving",
            0.0,
            0,
            1,
            1.0,
            "money",
            "CIT_reduction beyond that of all",
            local=True,
        ),
        Lever(
            "certified_interest_cut", "percentage points", 0.0, 0, 9, 9.0, "money", "interest_cut beyond that of all", local=True
        ),
        Lever("certified_guarantee", "share of applicants", 0.0, 0, 1, 1.0, "money", "guarantee beyond that of all", local=True),
        Lever("certified_green_fund", "share of applicants", 0.0, 0, 1, 1.0, "money", "green_fund beyond that of all", local=True),
        Lever("study_aid", "share", 0.0, 0, 0.9, 0.9, "money", "share of symbiosis studies paid"),
        Lever("symbiosis_grant", "share of fixed cost", 0.0, 0, 0.9, 0.9, "money", "grant for links and hubs"),
        Lever("cofunding_infrastructure", "share", 0.0, 0, 0.9, 0.9, "money", "share of projects E, I, T paid by the fund"),
        Lever("relocation_aid", "share of moving cost", 0.0, 0, 0.9, 0.9, "money", "aid on moving, downtime and adaptation"),
        Lever("land_support", "share", 0.0, 0, 0.5, 0.5, "money", "share of planned land and infrastructure paid by the state"),
        Lever("planned_slots", "slots per city", 0.0, 0, 4320, 4320.0, "money", "new slots in planned clusters"),
        Lever("anchor_investor", "share of operators' capital", 0.0, 0, 0.9, None, "money", "capital brought by a large firm"),
        Lever("fund_share_grants", "share", 0.0, 0, 1, None, "money", "share of the free budget for the grants fund"),
        Lever("fund_share_symbiosis", "share", 0.0, 0, 1, None, "money", "share for the symbiosis fund"),
        Lever("fund_share_infrastructure", "share", 0.0, 0, 1, None, "money", "share for the infrastructure fund"),
        # how a request fares
        Lever("request_success", "probability", 1.0, 0, 1, None, "procedure", "probability that a request to a fund is heard"),
        Lever("effort_cost", "mVND per request", 0.0, 0, 100, None, "procedure", "what an application costs the firm"),
        # counterfactual removal of a barrier: free, for upper bounds only
        Lever("relief_permits", "flag", 0.0, 0, 1, None, "relief", "barrier 1: permits at once"),
        Lever("relief_record", "flag", 0.0, 0, 1, None, "relief", "barrier 1: no hazard for the operator's record"),
        Lever("relief_credit", "flag", 0.0, 0, 1, None, "relief", "barrier 2: every loan approved, granted share .7"),
        Lever("relief_cash", "flag", 0.0, 0, 1, None, "relief", "barrier 2: own funds never bind"),
        Lever(
            "relief_monitoring",
            "flag",
            0.0,
            0,
            1,
            None,
            "relief",
            "barrier 3: data coverage 1, no informal discount, records public, officials trained",
        ),
        Lever(
            "relief_awareness", "flag", 0.0, 0, 1, None, "relief", "barrier 4: all aware, attitude 1, savings and programmes seen"
        ),
        Lever(
            "relief_technology",
            "flag",
            0.0,
            0,
            1,
            None,
            "relief",
            "barrier 5: efficiency 1, innovation centre 1, sigma0 .05, best removal",
        ),
        Lever("relief_trust", "flag", 0.0, 0, 1, None, "relief", "barrier 6: belief equals the objective delivery rate"),
    ]
}

LAW_LEVERS = tuple(name for name, lever in LEVERS.items() if lever.kind == "law")
N_BUILT_IN, N_OWN = len(LEVERS), 16  # levers of loaded modules (`modules`) follow those of the model, and have room for so many
WIDTH = N_BUILT_IN + N_OWN
_PLACES = {name: 8 * i for i, name in enumerate(LEVERS)}
# levers that kernels look up by number lie side by side, and are one array too: grants by technology, factors by level
_ARRAYS = {"grant": [f"grant_{name}" for name in TECHNOLOGIES], "multiplier": [f"multiplier_L{level}" for level in range(4)]}
LEVER_DTYPE = np.dtype(
    {
        "names": [*LEVERS, *_ARRAYS, "own"],
        "formats": ["f8"] * len(LEVERS) + [("f8", (len(names),)) for names in _ARRAYS.values()] + [("f8", (N_OWN,))],
        "offsets": [*_PLACES.values(), *(_PLACES[names[0]] for names in _ARRAYS.values()), 8 * N_BUILT_IN],
        "itemsize": 8 * WIDTH,
    }
)


def baseline_levers() -> np.ndarray:
    """Record of all levers at baseline.

    Returns
    -------
    numpy.ndarray
        Shape (), dtype `LEVER_DTYPE`.
    """
    record = np.zeros((), LEVER_DTYPE)
    for i, (name, lever) in enumerate(LEVERS.items()):
        if i < N_BUILT_IN:
            record[name] = lever.baseline
        else:
            record["own"][i - N_BUILT_IN] = lever.baseline
    return record
