"""One registry of what is measured: name, unit, definition, pillar, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .ledger import OUTLAY_PURPOSES, PAIRS, SOCIAL_PARTS
from .vocabulary import LEARNED, TECHNOLOGIES

__all__ = ["AGES", "AT_START", "CRITERIA", "DISCOUNTED", "INDICATORS", "LEVEL_1", "SIX_ASPECTS", "STATES", "Indicator", "PILLARS", "PRESENT", "START", "Series",
           "TOTALS", "YEARS", "evaluate", "outcomes", "present_values", "totals", "unmet_names"]  # fmt: skip

YEARS = (2030, 2035, 2045)
START = 2020  # at the end of which `AT_START` is told too
AT_START = tuple(f"size_odds_{name}" for name in TECHNOLOGIES)
AGES = (3, 8)  # years after which links and hubs are looked for again
SOCIAL = {
    "capital": "service of capital over its life at the public rate",
    "running": "running cost of plants and hubs",
    "programme": "staff and services of law and programme",
    "search": "studies, coordination, applications",
    "moving": "moving, downtime, adaptation",
    "land": "yield of land opened less that of land freed",
    "saved": "energy, water, material and disposal less what the same firms use with nothing adopted",
}
# added up from 2020
TOTALS = ("tco2e", "cod", "cod_dense", "smoke_dense", "water", "landfilled", "tco2e_landfill", "upstream_tco2e", "tco2e_outside", "output", "output_in_clusters", "offered", "spent")  # fmt: skip
# present values: every line of money that is a result of its own
PRESENT = ("outlay", "outlay_gross", "receipts", "private_net", "social_cost", "transfers", "outlay_city", "outlay_nation",
           "outlay_abroad", "social_funds", *(f"social_{part}" for part in SOCIAL_PARTS),
           *(f"outlay_{purpose}" for purpose in OUTLAY_PURPOSES[:-1]), "tax_forgone",
           *(f"transfer_{a}_{b}" for a, b in PAIRS))  # fmt: skip
DISCOUNTED = ("tco2e", "cod", "landfilled")  # quantities at the public rate, to be divided into money
PILLARS = ("management", "environment", "social", "economic", "network", "state")

# bits of the mask of unmet criteria, as in rules.certification: those of level 1, then what the levels above add
CRITERIA = (
    "recp_share", "symbiosis", "shared_land", "treatment", "monitoring", "clean_record", "recp_share_higher",
    "symbiosis_share", "group_energy", "group_water", "group_infrastructure", "group_information",
)  # fmt: skip
LEVEL_1 = CRITERIA[:6]
SIX_ASPECTS = ("report", "jobs", "gain", "small")  # bits of what the shadow certificate "six aspects" asks for beside level 1
# bits after those of the criteria: states, and no obstacles
STATES = ("not_worth_it", "no_firms", "no_standard")


def unmet_names(mask: int) -> list[str]:
    """Names of the bits of a mask of unmet criteria, states last."""
    return [name for i, name in enumerate((*CRITERIA, *STATES)) if mask >> i & 1]


@dataclass(frozen=True)
class Indicator:
    """One output of the model.

    Attributes
    ----------
    key, unit, definition, pillar : str
    kind : str
        "stock" (value at the end of the step), "share", "ratio", "flow" (per year) or "money" (mVND a year). A share or a ratio
        of nothing is nan.
    direction : str
        "min", "max" or "none": which way is better.
    """

    key: str
    unit: str
    kind: str
    direction: str
    pillar: str
    definition: str


def _rows():
    I = Indicator  # noqa: E741
    rows = [
        # shares over the workers of the whole city, in this order: `measure` runs over them
        I("level1", "share", "share", "max", "management", "workers in certified clusters over all workers of the city"),
        I("level2", "share", "share", "max", "management", "the same at level 2 or above"),
        I("level3", "share", "share", "max", "management", "the same at level 3"),
        I("level1_wide", "share", "share", "max", "management", "level 1 with the wide reading of symbiosis; nobody acts on it"),
        I("level1_82", "share", "share", "max", "management", "level 1 after Decree 82/2018; nobody acts on it"),
        I("level1_six", "share", "share", "max", "management", "level 1 with the economic and social aspects of S2; nobody acts on it"),
        I("all_met", "share", "share", "max", "management", "workers in clusters that meet all criteria of level 1"),
        I("one_unmet", "share", "share", "max", "management", "workers in clusters that miss at most one criterion of level 1"),
        I("groups_40", "share", "share", "max", "management", "workers in clusters with each of the four groups at .4 or above"),
        I("groups_50", "share", "share", "max", "management", "the same at .5"),
        I("groups_60", "share", "share", "max", "management", "the same at .6"),
        # numbers beside; planned clusters apart
        I("clusters_level1", "clusters", "stock", "max", "management", "existing clusters at level 1 or above"),
        I("clusters_level2", "clusters", "stock", "max", "management", "existing clusters at level 2 or above"),
        I("clusters_level3", "clusters", "stock", "max", "management", "existing clusters at level 3"),
        I("clusters_level1_wide", "clusters", "stock", "max", "management", "existing clusters at level 1 in the wide reading"),
        I("clusters_level1_82", "clusters", "stock", "max", "management", "existing clusters at level 1 after Decree 82/2018"),
        I("clusters_level1_six", "clusters", "stock", "max", "management", "existing clusters at level 1 with the economic and social aspects of S2"),
        I("clusters_all_met", "clusters", "stock", "max", "management", "existing clusters that meet all criteria of level 1"),
        I("clusters_one_unmet", "clusters", "stock", "max", "management", "existing clusters that miss at most one of them"),
        I("clusters_groups_40", "clusters", "stock", "max", "management", "existing clusters with each group at .4 or above"),
        I("clusters_groups_50", "clusters", "stock", "max", "management", "the same at .5"),
        I("clusters_groups_60", "clusters", "stock", "max", "management", "the same at .6"),
        I("planned_level1", "clusters", "stock", "max", "management", "planned clusters at level 1 or above"),
        I("planned_one_unmet", "clusters", "stock", "max", "management", "planned clusters that miss at most one criterion"),
        I("clusters_with_standard", "clusters", "stock", "none", "management", "existing clusters for which there is a standard"),
        I("clusters_with_plan", "clusters", "stock", "none", "management", "existing clusters that missed a criterion at a compulsory assessment"),
        I("clusters_barred", "clusters", "stock", "min", "management", "existing clusters that get no money of funds, their plan being overdue"),
        *(I(f"six_{name}", "clusters", "stock", "min", "management", f"existing clusters that miss the aspect {name} (`six_aspects`)")
          for name in SIX_ASPECTS),
        I("firms_level1", "firms", "stock", "max", "management", "firms in certified clusters"),
        *(I(f"unmet_{name}", "clusters", "stock", "min", "management", f"existing clusters that miss the criterion {name}")
          for name in LEVEL_1),
        *(I(f"only_{name}", "clusters", "stock", "none", "management", f"existing clusters that miss {name} alone")
          for name in LEVEL_1),
        I("revocations", "1/yr", "flow", "min", "management", "certificates lost"),
        I("cetp_share", "share", "share", "max", "management", "existing clusters with a central effluent treatment plant"),
        I("group_energy", "0-1", "share", "max", "management", "S1 group energy, mean over clusters"),
        I("group_water", "0-1", "share", "max", "management", "S1 group water"),
        I("group_infrastructure", "0-1", "share", "max", "management", "S1 group infrastructure"),
        I("group_information", "0-1", "share", "max", "management", "S1 group information"),
        I("tco2e", "t/yr", "flow", "min", "environment", "on-site fuel and grid electricity, less exchanges (additional streams only)"),
        I("grid_mwh", "MWh/yr", "flow", "min", "environment", "electricity bought from the grid"),
        I("solar_mwh", "MWh/yr", "flow", "max", "environment", "own and shared solar"),
        I("fuel_gj", "GJ/yr", "flow", "min", "environment", "fuel burnt"),
        I("water", "m3/yr", "flow", "min", "environment", "water taken, less reuse"),
        I("effluent", "m3/yr", "flow", "none", "environment", "effluent produced"),
        I("treated_share", "share", "share", "max", "environment", "effluent load removed, weighted by flow"),
        I("cod", "t/yr", "flow", "min", "environment", "chemical oxygen demand discharged"),
        I("cod_dense", "t/yr", "flow", "min", "environment", "chemical oxygen demand discharged in clusters of dense districts"),
        I("smoke", "t/yr", "flow", "min", "environment", "smoke of the fuel burnt, a proxy: fuel x a factor of each trade; noise is not modelled"),
        I("smoke_dense", "t/yr", "flow", "min", "environment", "the same in clusters of dense districts"),
        I("waste", "t/yr", "flow", "min", "environment", "solid by-products and waste generated"),
        I("waste_reduced", "t/yr", "flow", "max", "environment", "waste avoided by technology against none adopted"),
        I("exchanged", "t/yr", "flow", "max", "network", "solid streams exchanged by links"),
        I("pooled", "t/yr", "flow", "max", "network", "solid streams through hubs, off-takers included"),
        I("landfilled", "t/yr", "flow", "min", "environment", "waste with a disposal cost that is not exchanged"),
        I("dealer", "t/yr", "flow", "none", "environment", "scrap sold to dealers as before"),
        I("reused_water", "m3/yr", "flow", "max", "environment", "treated water reused through plants and links"),
        I("heat_exchanged", "GJ/yr", "flow", "max", "network", "waste heat used by neighbours"),
        I("upstream_tco2e", "t/yr", "flow", "none", "environment", "upstream emissions avoided by exchange; never in the headline"),
        I("tco2e_landfill", "t/yr", "flow", "min", "environment", "methane of what is landfilled, as CO2; never in the headline"),
        I("tco2e_outside", "t/yr", "flow", "none", "environment", "emissions of firms outside clusters (leakage line; part of tco2e)"),
        I("firms", "firms", "stock", "none", "economic", "firms of the city, inside and outside clusters"),
        I("firms_in_clusters", "firms", "stock", "none", "economic", "firms in clusters"),
        I("jobs", "persons", "stock", "max", "economic", "workers of all firms"),
        I("jobs_in_clusters", "persons", "stock", "none", "economic", "workers in clusters"),
        I("value_added", "mVND/yr", "money", "max", "economic", "value added of all firms"),
        I("output", "mVND/yr", "money", "none", "economic", "sales of all firms"),
        I("output_in_clusters", "mVND/yr", "money", "none", "economic", "sales of firms in clusters"),
        I("profit", "mVND/yr", "money", "max", "economic", "profit before tax"),
        I("exits", "1/yr", "flow", "none", "economic", "firms that closed"),
        I("bankrupt", "1/yr", "flow", "min", "economic", "of these by insolvency"),
        I("moved", "1/yr", "flow", "none", "economic", "firms that moved to planned clusters or outside"),
        I("planned_slots", "slots", "stock", "none", "economic", "slots of planned clusters that are open"),
        I("planned_occupancy", "share", "share", "max", "economic", "occupied slots of open planned clusters"),
        *(I(f"adoption_{name}", "share", "share", "max", "economic", f"firms with {name} in operation") for name in LEARNED),
        I("adoption_own_plant", "share", "share", "none", "economic", "firms with an own treatment plant"),
        *(I(f"size_odds_{name}", "ratio", "ratio", "none", "economic", f"factor of the odds of {name} in operation per doubling of workers")
          for name in TECHNOLOGIES),
        I("recp_share", "share", "share", "max", "management", "firms that count as RECP"),
        I("measures", "1/firm", "stock", "max", "economic", "measures per firm (weights measures_counted)"),
        I("credit_asked", "1/yr", "flow", "none", "economic", "applications for loans"),
        I("credit_approved", "1/yr", "flow", "none", "economic", "loans approved"),
        I("credit_share", "share", "share", "none", "economic", "share of the sum asked that was granted"),
        I("none_share", "share", "share", "min", "social", "firms without treatment"),
        I("sham_share", "share", "share", "min", "social", "firms with sham compliance"),
        I("real_share", "share", "share", "max", "social", "firms with real treatment"),
        I("real_share_small", "share", "share", "max", "social", "the same among firms up to 10 workers"),
        I("plant_removal", "share", "share", "max", "social", "share of the load that own plants in real use remove, mean over firms"),
        I("plants_weak", "share", "share", "min", "social", "of these plants those that remove less than the law asks for"),
        I("unit_cost_adopters", "share of sales", "share", "min", "economic", "cost over sales of firms with T1 or T2, without loans and premium; once a year"),
        I("unit_cost_others", "share of sales", "share", "min", "economic", "the same of all other firms"),
        I("margin_adopters", "share of sales", "share", "max", "economic", "profit over sales of firms with T1 or T2; once a year"),
        I("margin_others", "share of sales", "share", "max", "economic", "the same of all other firms"),
        I("attitude", "0-1", "share", "max", "social", "mean attitude"),
        I("attitude_gap", "0-1", "share", "min", "social", "mean attitude less share of real compliance"),
        I("trust", "0-1", "share", "max", "social", "mean general trust"),
        I("belief", "probability", "share", "max", "social", "mean subjective performance probability of a partner"),
        I("belief_gap", "probability", "share", "min", "social", "objective delivery rate less belief"),
        I("disclosure", "share", "share", "max", "social", "firms in clusters that show their flows"),
        I("aware_technology", "share", "share", "max", "social", "mean awareness of the technologies but an own plant"),
        I("aware_law", "share", "share", "max", "social", "firms that know the law"),
        I("aware_symbiosis", "share", "share", "max", "social", "firms that know of symbiosis"),
        I("aware_programme", "share", "share", "max", "social", "mean awareness of grants, credit support and tax cuts of the programme"),
        I("complaints", "1/yr", "flow", "min", "social", "complaints of neighbours"),
        I("complaints_dense", "1/yr", "flow", "min", "social", "complaints of neighbours in dense districts"),
        I("acceptance", "0-1", "share", "max", "social", "acceptance of clusters by their neighbours, mean over workers in clusters"),
        I("conflicts", "1/yr", "flow", "min", "social", "conflicts of clusters with their neighbours"),
        I("conflict_days", "days/yr", "flow", "min", "social", "days on which the firms of a cluster stood still in a conflict, added up over clusters"),
        I("conflict_days_dense", "days/yr", "flow", "min", "social", "the same in clusters of dense districts"),
        I("permits_delayed", "1/yr", "flow", "min", "social", "permits of exchanges that a conflict held up"),
        I("projects_delayed", "1/yr", "flow", "min", "social", "projects of clusters in building, or due for a review, that a conflict put off"),
        I("inspections", "1/yr", "flow", "none", "state", "inspections"),
        I("visits_missed", "share", "share", "min", "state", "inspections due in the year so far for which there was no inspector"),
        I("fined", "1/yr", "flow", "min", "state", "fines"),
        I("suspensions", "1/yr", "flow", "none", "state", "firms that were suspended after too many fines"),
        I("output_displaced", "mVND/yr", "money", "none", "state", "sales that firms made to stand still did not make, made elsewhere (leakage)"),
        I("cod_displaced", "t/yr", "flow", "none", "state", "COD that they did not discharge in that time: displaced, not avoided"),
        I("links_active", "links", "stock", "max", "network", "active links"),
        I("hubs_active", "hubs", "stock", "max", "network", "active hubs"),
        I("identified", "1/yr", "flow", "none", "network", "opportunities identified"),
        I("studied", "1/yr", "flow", "none", "network", "studies ordered"),
        I("activated", "1/yr", "flow", "none", "network", "links started"),
        I("screened", "1/yr", "flow", "none", "network", "of these looked into: neither settled before nor without a free quantity"),
        I("agreed", "1/yr", "flow", "none", "network", "links signed"),
        I("hubs_started", "1/yr", "flow", "none", "network", "hubs started"),
        I("cases", "1/yr", "flow", "none", "network", "cases of coordinators: links of their search, and hubs that they proposed"),
        I("cases_per_coordinator", "1/yr", "flow", "none", "network", "the same per coordinator"),
        I("cases_waiting", "cases", "stock", "none", "network", "cases that wait for a coordinator"),
        *(I(f"{what}_lasted_{years}", "share", "share", "max", "network",
            f"{what} begun since 2020, {years} years ago or before: share that operated {years} years after")
          for what in ("links", "hubs") for years in AGES),
        I("broken", "1/yr", "flow", "min", "network", "links broken by breach or exit"),
        I("in_symbiosis", "share", "share", "max", "network", "firms in clusters with a link or in a hub"),
        I("density", "share", "share", "none", "network", "active links over ordered pairs in the same cluster"),
        I("degree_gini", "0-1", "share", "none", "network", "Gini coefficient of the number of links per firm"),
        I("largest_node", "share", "share", "min", "network", "share of links lost when the firm with most links leaves"),
        I("hectares_opened", "ha", "stock", "none", "economic", "land of open planned clusters"),
        I("existing_occupancy", "share", "share", "none", "economic", "occupied slots of existing clusters; plots that left industry are empty ones"),
        I("sites_built", "sites", "stock", "none", "economic", "planned clusters that were decided"),
        I("sites_unsupported", "sites", "stock", "none", "economic", "of these without public support"),
        I("entered_clusters", "1/yr", "flow", "none", "economic", "firms that moved from existing clusters into planned ones"),
        I("entered_outside", "1/yr", "flow", "none", "economic", "firms that moved there from outside, the pool left aside"),
        I("entered_arrivals", "1/yr", "flow", "none", "economic", "new firms that settled there"),
        I("entered_pool", "1/yr", "flow", "none", "economic", "producers of the pool outside that moved there"),
        I("admission_refused", "1/yr", "flow", "none", "economic", "firms that admission turned away from planned clusters (leakage)"),
        I("pool_moved", "1/yr", "flow", "none", "economic", "producers of the pool outside that moved into any cluster"),
        I("pool_firms", "firms", "stock", "none", "economic", "producers of the pool that are still outside"),
        I("pool_cod", "t/yr", "flow", "none", "environment", "COD that they discharge (part of cod)"),
        I("pool_tco2e", "t/yr", "flow", "none", "environment", "their emissions on site (part of tco2e)"),
        I("pool_landfilled", "t/yr", "flow", "none", "environment", "what they landfill (part of landfilled)"),
        I("pool_value_added", "mVND/yr", "money", "none", "economic", "their value added (part of value_added)"),
        I("cod_left_homes", "t/yr", "flow", "none", "environment", "COD that left residential areas with producers who moved"),
        I("fuel_left_homes", "GJ/yr", "flow", "none", "environment", "fuel that left residential areas with them: a proxy for smoke"),
        I("chain_density", "1/firm", "stock", "none", "network", "trade partners in the same cluster per firm there, at most 2 (a buyer and a supplier)"),
        *(I(f"{name.lower()}_by_{who}", "1/yr", "flow", "none", "network", f"first orders of {name} of which {whom} had told")
          for name in ("T1", "T2") for who, whom in (("trade", "a trade partner"), ("others", "another acquaintance"))),
        I("trade_share", "share", "share", "none", "network", "sales inside the cluster, by-product payments and hub fees over sales"),
        I("outlay", "mVND/yr", "money", "min", "state", "public outlay: programme, inspections, tax forgone"),
        I("outlay_gross", "mVND/yr", "money", "min", "state", "gross public outlay: what the state pays, and the tax it forgoes"),
        I("outlay_city", "mVND/yr", "money", "none", "state", "paid by the city"),
        I("outlay_nation", "mVND/yr", "money", "none", "state", "paid by the nation: income tax forgone"),
        I("outlay_abroad", "mVND/yr", "money", "none", "state", "paid from abroad: a share of the programmes"),
        I("receipts", "mVND/yr", "money", "max", "state", "income tax, fines and fees"),
        I("transfers", "mVND/yr", "money", "none", "economic", "money that changes hands and uses nothing up: volume of all pairs"),
        *(I(f"transfer_{a}_{b}", "mVND/yr", "money", "none", "economic", f"transfers from {a} to {b}") for a, b in PAIRS),
        I("social_cost", "mVND/yr", "money", "min", "economic", "resources used less resources saved, capital by its service"),
        *(I(f"social_{part}", "mVND/yr", "money", "none", "economic", f"social cost: {SOCIAL[part]}") for part in SOCIAL_PARTS),
        I("social_funds", "mVND/yr", "money", "none", "economic", "social cost: what raising the net outlay costs"),
        I("private_net", "mVND/yr", "money", "min", "economic", "social cost less net public outlay: what everybody but the state bears"),
        I("fines", "mVND/yr", "money", "none", "state", "fines that the state receives"),
        I("offered", "mVND/yr", "money", "none", "state", "money that the programme's funds were given"),
        I("spent", "mVND/yr", "money", "none", "state", "money that the programme's funds paid or reserved"),
        I("unspent", "mVND", "stock", "min", "state", "money released and not spent"),
        I("free_riders", "mVND/yr", "money", "min", "state", "paid for technologies that the firm orders in the null too"),
        *(I(f"free_riders_{name}", "share", "share", "min", "state", f"orders of {name} that were paid for since 2020, by firms that order it under law alone too")
          for name in LEARNED),
        I("side_payments", "mVND/yr", "money", "min", "state", "informal payments (an assumption)"),
        I("outlay_doses", "mVND/yr", "money", "none", "state", "fixed programme cost and the set-up of its rules"),
        I("outlay_law", "mVND/yr", "money", "none", "state", "the law but its inspections: data above today's, set-up"),
        I("outlay_inspections", "mVND/yr", "money", "none", "state", "inspections"),
        I("outlay_grants", "mVND/yr", "money", "none", "state", "grants for technology"),
        I("outlay_credit", "mVND/yr", "money", "none", "state", "interest support and guarantees"),
        I("outlay_symbiosis", "mVND/yr", "money", "none", "state", "studies, links and hubs"),
        I("outlay_infrastructure", "mVND/yr", "money", "none", "state", "projects and central plants"),
        I("outlay_planned", "mVND/yr", "money", "none", "state", "land support and relocation aid"),
        I("tax_forgone", "mVND/yr", "money", "none", "state", "income tax forgone"),
        I("operator_result", "mVND/yr", "money", "none", "economic", "net receipts of operators"),
        I("developer_result", "mVND/yr", "money", "none", "economic", "net receipts of developers"),
        I("land_raised", "ha", "stock", "none", "management", "land that shared land of existing clusters took so far"),
        I("land_vacant", "ha", "stock", "none", "management", "of this vacant plots"),
        I("land_unbuilt", "ha", "stock", "none", "management", "of this land planned and not yet built"),
        I("land_compensated", "ha", "stock", "none", "management", "of this plots whose firms were paid and left"),
        I("compensated_share", "share", "share", "none", "management", "part of the land raised that needed compensation"),
        I("plots_lost", "slots", "stock", "min", "economic", "plots of existing clusters that became shared land"),
        I("plots_opened", "slots", "stock", "none", "economic", "plots opened in existing clusters on land planned and not yet built"),
        I("firms_cleared", "firms", "stock", "min", "economic", "firms that left their plots for shared land"),
        I("pillar_management", "0-1", "share", "max", "management", "share of computable requirements met"),
        I("pillar_environment", "0-1", "share", "max", "environment", "share of computable requirements met"),
        I("pillar_social", "0-1", "share", "max", "social", "share of computable requirements met"),
        I("pillar_economic", "0-1", "share", "max", "economic", "share of computable requirements met"),
        I("r_reduce", "0-1", "share", "max", "environment", "6R: cut of MJ per output over 20 %"),
        I("r_reuse", "0-1", "share", "max", "environment", "6R: water and heat reused over use"),
        I("r_recycle", "0-1", "share", "max", "environment", "6R: exchanged and pooled over waste"),
        I("r_refuse", "0-1", "share", "max", "environment", "6R: workers under T5"),
        I("r_rethink", "0-1", "share", "max", "environment", "6R: workers under T1 and T2 together"),
        I("r_responsibility", "0-1", "share", "max", "social", "6R: mean of real compliance and disclosure"),
    ]  # fmt: skip
    return rows


INDICATORS: dict[str, Indicator] = {row.key: row for row in _rows()}
Series = IntEnum("Series", {row.key.upper(): i for i, row in enumerate(_rows())})


def totals() -> tuple[str, ...]:
    """What is added up from 2020: `TOTALS`, and what modules add up."""
    return (*TOTALS, *(row.key for row in _of_modules() if row.kind in ("flow", "money")))


def present_values() -> tuple[str, ...]:
    """What has a present value: `PRESENT`, `DISCOUNTED`, and money of modules."""
    return (*PRESENT, *DISCOUNTED, *(row.key for row in _of_modules() if row.kind == "money"))


def _of_modules() -> list[Indicator]:
    return list(INDICATORS.values())[len(Series) :]


def outcomes(runs):
    """Names of all outcomes of an ensemble, and their values by run, as `evaluate` has them in a table.

    Parameters
    ----------
    runs : Runs

    Returns
    -------
    names : list of str
    values : (arms, replicates, names) float64
    """
    import numpy as np

    from . import outcomes as of

    per_year, keys = runs.steps_per_year, list(runs.keys)
    arms, replicates, steps = runs.series.shape[0], runs.series.shape[1], runs.series.shape[2] - 1
    place = {key: number for number, key in enumerate(keys)}
    asked = []  # name, what of its series, which, last row
    if steps >= per_year:
        asked += [(f"{key}_{START}", of.VALUE, key, per_year) for key in AT_START if key in place]
    for year in YEARS:
        last = round((year + 1 - runs.years[0]) * per_year)
        if last > steps:
            continue
        asked += [(f"{key}_{year}", of.MEAN if INDICATORS[key].kind in ("flow", "money") else of.VALUE, key, last) for key in keys]
        asked += [(f"{key}_total_{year}", of.TOTAL, key, last) for key in totals() if key in place]
        asked += [(f"pv_{key}_{year}", of.PRESENT, key, last) for key in present_values() if key in place]
    rows = np.array([(kind, place[key], last) for _, kind, key, last in asked], np.int64).reshape(-1, 3)
    kind, column, last = np.ascontiguousarray(rows.T)
    rates = np.broadcast_to(runs.discount_rate, replicates)
    factors = {rate: of.discounts(rate, steps, per_year) for rate in set(rates.tolist())}
    values = np.empty((arms * replicates, len(asked)))
    every = np.ascontiguousarray(runs.series).reshape(arms * replicates, steps + 1, -1)
    for row, (series, rate) in enumerate(zip(every, np.tile(rates, arms), strict=True)):
        of.read_outcomes(series, kind, column, last, per_year, factors[rate], values[row])
    return [name for name, *_ in asked], values.reshape(arms, replicates, -1)


def evaluate(runs):
    """Indicator values by run.

    Parameters
    ----------
    runs : Runs
        From `ecocluster.model.ensemble.run_ensemble`.

    Returns
    -------
    pandas.DataFrame
        One row per (arm, replicate). Columns ``<key>_<year>``: flows are the mean rate of that year, stocks its
        end (`AT_START` that of 2020 too); ``<key>_total_<year>`` is a flow added up from 2020; ``pv_<key>_<year>`` are
        present values of 2020: lines of money (`PRESENT`, mVND), and quantities discounted alike (`DISCOUNTED`).
    """
    import numpy as np
    import pandas as pd

    names, values = outcomes(runs)
    arms, replicates = values.shape[:2]
    frame = pd.DataFrame(values.reshape(arms * replicates, -1), columns=names)
    frame.insert(0, "replicate", np.tile(runs.replicates, arms))
    frame.insert(0, "arm", np.repeat(np.array(runs.arms), replicates))
    frame["failed"] = runs.failed.reshape(-1)
    return frame
