"""The arms of a comparison: a pathway under a law, a policy laid over both, and a budget; or a portfolio of pathways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..model.border import bordered
from ..model.levers import LAW_LEVERS, LEVERS
from ..model.renamed import BUDGETS, renamed
from ..model.sites_and_arms import MVND_PER_BN, NO_LAW, Arm, Law, Programme, Schedule, Site
from .errors import Message, ScenarioError, nearest_name
from .given import MAX_BUDGET_BN, path_of
from .library import find, is_path, kind_of, read, shipped
from .programmes import LAW, PLANNED, Policy, larger_of, load_law, load_policy, pathway_of

__all__ = ["apply_policy", "change_law", "choose_arm", "load_portfolio", "make_arm", "with_levers"]

CITY_BUDGET_BN = 150.0  # a year


@bordered
def apply_policy(programme: Programme, policy: Policy) -> Programme:
    """The programme with the policy laid over it; what it holds of the law is left to the law.

    Every lever gets the larger value, with the schedule of the winner (of the programme at a tie); `set`
    replaces. The same holds for the values inside planned clusters that the programme has. Fund shares are
    the larger ones divided by their sum, so that no lever of the policy is left without a fund. Of the lags
    the longer one holds; set-up costs add up.

    Notes
    -----
    An empty policy gives back the programme itself.
    """
    if policy == Policy(policy.id):
        return programme
    levers = {name: value for name, value in policy.levers.items() if name not in LAW_LEVERS}
    fixed = {name: value for name, value in policy.set.items() if name not in LAW_LEVERS}
    laid = Programme(
        programme.id,
        levers,
        schedules={name: policy.schedules.get(name, programme.schedule) for name in levers},
        enactment_lag=policy.enactment_lag,
        set_up_cost=policy.set_up_cost_bn * MVND_PER_BN,
    )
    merged = larger_of(programme, laid)
    planned = {name: policy.set.get(name, value) for name, value in merged.planned.items()}
    schedules = {name: when for name, when in merged.schedules.items() if name not in fixed}
    schedules |= {name: when for name, when in policy.schedules.items() if name in fixed}
    return replace(
        merged,
        id=f"{programme.id}+{policy.id}",
        levers={**merged.levers, **fixed},
        planned=planned,
        schedules=schedules,
        scalable=programme.scalable,
    )


def change_law(law: Law, policy: Policy) -> Law:
    """The law with the levers of the law that a policy holds, once that is enacted.

    Examples
    --------
    >>> change_law(Law("middle", {"certainty": 0.7}), Policy("p", {"certainty": 0.9, "extension": 1})).levers
    {'certainty': 0.9}
    """
    moved = {name: value for name, value in {**policy.levers, **policy.set}.items() if name in LAW_LEVERS}
    if not moved or law == NO_LAW:
        return law
    return Law(
        f"{law.id}+{policy.id}",
        {**law.levers, **moved},
        {name: law.levers.get(name, LEVERS[name].baseline) for name in moved},
        {name: when for name, when in policy.schedules.items() if name in moved},
        policy.enactment_lag,
    )


@bordered
def with_levers(
    arm: Arm,
    levers: Mapping[str, float],
    schedules: Mapping[str, Schedule] | None = None,
    typed: bool = False,
) -> Arm:
    """The arm with these levers instead of its own: those of the law in its law, the others in all its programmes.

    Parameters
    ----------
    arm : Arm
        Without a programme and a law (the null) it stays as it is.
    levers : mapping
        ``planned.LEVER`` holds inside planned clusters.
    schedules : mapping, optional
        When a lever acts.
    typed : bool
        Are these values that somebody typed? They are paid in full, and never scaled.
    """
    when = schedules or {}
    if not levers and not when:
        return arm
    law = arm.law
    if law != NO_LAW:
        moved = {name: value for name, value in levers.items() if name in LAW_LEVERS}
        late = {name: schedule for name, schedule in when.items() if name in LAW_LEVERS}
        before = {name: law.levers.get(name, LEVERS[name].baseline) for name in late}
        if moved or late:
            law = replace(
                law,
                id=f"{law.id}+",
                levers={**law.levers, **before, **moved},
                before={name: v for name, v in law.before.items() if name not in moved} | before,
                schedules={name: v for name, v in law.schedules.items() if name not in moved} | late,
            )
    inside = {name.removeprefix(PLANNED): value for name, value in levers.items() if name.startswith(PLANNED)}
    own = {name: value for name, value in levers.items() if not name.startswith(PLANNED) and name not in LAW_LEVERS}
    keys = frozenset({*own, *(name for name in levers if name.startswith(PLANNED))}) if typed else frozenset()
    programmes = tuple(
        replace(
            programme,
            levers={**programme.levers, **own},
            planned={**_inside(programme, law), **inside},
            schedules={**programme.schedules, **{k: v for k, v in when.items() if k not in LAW_LEVERS}},
            typed=programme.typed | keys,
        )
        for programme in arm.programmes
    )
    return replace(arm, programmes=programmes, law=law)


def _inside(programme: Programme, law: Law) -> dict[str, float]:
    """What holds inside planned clusters: of the law never less than outside."""
    return {
        name: max(value, law.levers.get(name, LEVERS[name].baseline)) if name in LAW_LEVERS else value
        for name, value in programme.planned.items()
    }


@renamed(BUDGETS)
@bordered
def make_arm(
    pathway: str | Path,
    policy: str | Path | Policy = "vietnam-2020",
    *,
    budget_bn: float = CITY_BUDGET_BN,
    site: Site | None = None,
    site_budget_bn: float | None = None,
    name: str | None = None,
    law: str | Path | Law = LAW,
) -> Arm:
    """One arm of a comparison: a pathway under a law, a policy and a budget.

    Parameters
    ----------
    pathway, policy : str or Path
        Id or file. The null has no programme and no new law, whatever the law and the policy.
    budget_bn : float
        bn VND a year for the city.
    site : Site, optional
        Gets its share of the budget by firms; None: the whole budget.
    site_budget_bn : float, optional
        bn VND a year for the site, instead of its share.
    name : str, optional
        Default: the id of the pathway.
    law : str, Path or Law
        Id or file; levers of the law that the policy holds replace those of the law.

    Raises
    ------
    ScenarioError
        For unknown ids, unusable files and budgets that are negative or not finite.
    """
    overlay = policy if isinstance(policy, Policy) else load_policy(policy)
    money = _budget(budget_bn, site, site_budget_bn)
    programme, acts = pathway_of(pathway, site)
    under = _law_of(pathway, law, overlay)
    programmes = (_apply(programme, overlay, under),) if acts else ()
    return Arm(name or programme.id, programmes, None, money, law=under)


def _law_of(pathway: str | Path, law: str | Path | Law, overlay: Policy) -> Law:
    """Law of an arm: none for the null."""
    given = law if isinstance(law, Law) else load_law(law)
    return change_law(given, overlay) if read("pathways", find("pathways", pathway)).law else NO_LAW


def _apply(programme: Programme, overlay: Policy, law: Law) -> Programme:
    laid = apply_policy(programme, overlay)
    return replace(laid, planned=_inside(laid, law))


@renamed(BUDGETS)
@bordered
def choose_arm(
    pathway: str | Path,
    site: Site,
    policy: str | Path | Policy,
    *,
    budget_bn: float,
    site_budget_bn: float | None = None,
    law: str | Path | Law = LAW,
) -> Arm:
    """Arm of a pathway or of a portfolio (ids that ship, or files): `make_arm` or `load_portfolio`."""
    given = {"budget_bn": budget_bn, "site_budget_bn": site_budget_bn, "law": law}
    of_clusters = kind_of(path_of(pathway)) == "portfolios" if is_path(pathway) else pathway in shipped("portfolios")
    if of_clusters:
        return load_portfolio(pathway, site, policy, **given)
    return make_arm(pathway, policy, site=site, **given)


@renamed(BUDGETS)
@bordered
def load_portfolio(
    name: str | Path,
    site: Site,
    policy: str | Path | Policy = "vietnam-2020",
    *,
    budget_bn: float = CITY_BUDGET_BN,
    site_budget_bn: float | None = None,
    law: str | Path | Law = LAW,
) -> Arm:
    """Arm in which every cluster follows its own pathway, all under one budget.

    A cluster that follows a programme of planned clusters opens them for its own firms: their slots are its part of the
    city's by firms, and no other cluster's firms move there. Firms outside clusters follow the default.

    Parameters
    ----------
    name : str or Path
        Id of a portfolio that ships, or a TOML file with `default` and a table `clusters`.
    site : Site
    policy, budget_bn, site_budget_bn, law
        See `make_arm`.
    """
    path = find("portfolios", name)
    entry = read("portfolios", path)
    overlay = policy if isinstance(policy, Policy) else load_policy(policy)
    ids = [cluster.id for cluster in site.clusters]
    for cluster in entry.clusters:
        if cluster not in ids:
            raise ScenarioError(
                "no_such_cluster", file=path, key="clusters", value=cluster,
                nearest=nearest_name(cluster, ids), site=site.id,
            )  # fmt: skip
    index: dict[str, int] = {}
    programmes: list[Programme] = []
    under = change_law(law if isinstance(law, Law) else load_law(law), overlay)
    # the default may be a file as well: paths count from the portfolio's folder
    for pathway in dict.fromkeys(entry.clusters.get(cluster, entry.default) for cluster in ids):
        programme, acts = pathway_of(pathway, site, relative_to=path.parent)
        index[pathway] = len(programmes) if acts else -1
        if acts:
            programmes.append(_apply(programme, overlay, under))
    assignment = tuple(index[entry.clusters.get(cluster, entry.default)] for cluster in ids)
    programmes = [replace(programme, levers=_own_slots(programme, site, assignment, k)) for k, programme in enumerate(programmes)]
    money = _budget(budget_bn, site, site_budget_bn)
    outside = index.get(entry.default, -1)  # a programme that no cluster follows has no money
    return Arm(entry.id or path.stem, tuple(programmes), assignment, money, law=under, outside=outside)


def _own_slots(programme: Programme, site: Site, assignment: Sequence[int], k: int) -> Mapping[str, float]:
    """Levers of a programme that some clusters follow: slots in planned clusters are of a city, theirs the part by firms."""
    slots = programme.levers.get("planned_slots", 0.0)
    if not slots:
        return programme.levers
    firms = sum(cluster.firms_2018 for cluster, own in zip(site.clusters, assignment, strict=True) if own == k)
    return {**programme.levers, "planned_slots": slots * (firms / site.firms_2018)}


def _budget(budget_bn: float, site: Site | None, site_budget_bn: float | None) -> float:
    """What an arm has a year, mVND: here people's money becomes the model's."""
    for key, value in (("budget_bn", budget_bn), ("site_budget_bn", 0.0 if site_budget_bn is None else site_budget_bn)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_BUDGET_BN:
            allowed = Message("between_units", low=0, high=MAX_BUDGET_BN, unit="bn VND a year")
            raise ScenarioError("budget", key=key, value=value, allowed=allowed)
    if site_budget_bn is not None:
        return float(site_budget_bn * MVND_PER_BN)
    return float(budget_bn * MVND_PER_BN) * (1.0 if site is None else site.budget_share)
