"""Each programme at its best: what a search found, stored, so that no pathway loses because it was badly dosed.

For each pathway, aim and budget the doses that reach most while the mean present value of gross outlay above the law alone
is at most that of the budget (`analyses/tune.py` searches; `ecocluster tune --renew` stores anew). Searched on eight
clusters drawn from Hanoi in 8 worlds, told on the whole of Hanoi in 20 others, beside the programme as written:

    from ecocluster.experiments import tuned
    found = tuned.load()                                     # what there is, maybe not all
    found.programmes["combined", "tco2e", 150].levers        # doses
    found.programmes["combined", "tco2e", 150].regret        # what the written programme loses against them

Doses of the law are never searched: they are the same for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

from ..model.levers import LAW_LEVERS, LEVERS
from ..model.processor import golden
from ..model.vocabulary import TECHNOLOGIES
from .eight_clusters import kept_clusters
from .errors import InputError
from .shipped import Shipped, hash_question
from .worlds import ANSWER, SEARCH, stored, tables_hash

if TYPE_CHECKING:
    from ..model.parameters import World
    from ..model.sites_and_arms import Arm
    from .question import Question

__all__ = [
    "AIMS", "BUDGETS", "FRESH", "FUNDS", "GENERAL", "LATE", "OWN", "PATHWAYS", "SHIPPED", "WORLDS", "Measured", "Tuned", "TunedSet", "at_best", "check_fresh", "chosen",
    "empty", "free_levers", "load", "question_hash", "refuse_elsewhere", "to_json",
]  # fmt: skip

AIMS = {"tco2e": "tco2e_total_2035", "cod": "cod_total_2035", "level1": "level1_2035"}  # and what is read; of flows the fall
BUDGETS = (50, 150, 300)  # bn VND a year for the city
WORLDS, FRESH = (SEARCH[0], SEARCH[0] + 7), (ANSWER[0], 20)  # that search, and that tell
LATE = 0.02  # a search whose last quarter gains as much is a lower bound
SCENARIO, LAW, POLICY = "hanoi", "middle", "vietnam-2020"

# levers that are a pathway's own: what its file sets and what serves the same end
OWN: dict[str, tuple[str, ...]] = {
    "self-transition": (
        "extension", "innovation_centre", "fairs", *(f"grant_{name}" for name in TECHNOLOGIES), "cofunding_infrastructure",
    ),
    "symbiosis": ("coordinator", "map", "platform", "club", "study_aid", "symbiosis_grant"),
    "newly-planned": ("relocation_aid", "land_support", "planned_slots"),
}  # fmt: skip
PARENTS = {"combined": ("self-transition", "symbiosis")}
OWN |= {name: tuple(lever for parent in parents for lever in OWN[parent]) for name, parents in PARENTS.items()}
PATHWAYS = tuple(OWN)
GENERAL = ("CIT_reduction", "interest_cut", "guarantee", "green_fund")  # open to every pathway
# funds that these levers are paid from; their shares are searched
FUNDS = {
    "self-transition": ("fund_share_grants", "fund_share_infrastructure"),
    "symbiosis": ("fund_share_grants", "fund_share_symbiosis"),
    "newly-planned": ("fund_share_grants", "fund_share_infrastructure"),
    "combined": ("fund_share_grants", "fund_share_symbiosis", "fund_share_infrastructure"),
}
NEVER = LAW_LEVERS


def free_levers(pathway: str) -> tuple[str, ...]:
    """Levers that are searched for a pathway, without the shares of its funds.

    Raises
    ------
    ValueError
        If one of them is never to be searched.
    """
    free = (*OWN[pathway], *GENERAL)
    if taken := [name for name in free if name in NEVER]:
        raise ValueError(f"{pathway}: never searched: {taken}")
    return free


@dataclass(frozen=True)
class Measured:
    """What a programme reached above the law alone.

    Attributes
    ----------
    value : float
        Of the aim: t avoided from 2020 to 2035, or share of the workers; mean over the worlds.
    low, high : float
        5-95 % of the worlds.
    outlay : float
        Mean present value of gross outlay, bn VND.
    """

    value: float
    low: float
    high: float
    outlay: float


@dataclass(frozen=True)
class Tuned:
    """A programme at its best.

    Attributes
    ----------
    levers : dict of str to float
        All that were searched, and the shares of the funds.
    evaluations : int
        Programmes that were tried.
    late_gain : float
        What the last quarter of the search gained, as a share of what was found.
    may_spend : float
        Present value of the budget, bn VND, for the clusters and worlds of the search.
    found, found_written : Measured
        The programme and the one that is written, where it was searched.
    fresh, fresh_written : Measured
        The same on the whole site in worlds that did not find it.
    fresh_may_spend : float
        Present value of the budget there.
    gain, gain_low, gain_high : float
        What the written programme loses there: mean over the worlds and its 95 % interval.
    """

    levers: dict[str, float]
    evaluations: int
    late_gain: float
    may_spend: float
    found: Measured
    found_written: Measured
    fresh: Measured
    fresh_written: Measured
    fresh_may_spend: float
    gain: float
    gain_low: float
    gain_high: float

    @property
    def lower_bound(self) -> bool:
        """Was the search still gaining when it ended?"""
        return self.late_gain >= LATE

    @property
    def regret(self) -> float:
        """What the written programme loses against this one on fresh worlds, as a share of what this one reaches; nan
        if that is nothing."""
        return self.gain / self.fresh.value if self.fresh.value > 0 else float("nan")


Key = tuple[str, str, int]  # pathway, aim, budget


@dataclass(frozen=True)
class TunedSet:
    """Programmes that were searched so far.

    Attributes
    ----------
    golden, question : str
        Model and question (`question_hash`) that they were found for.
    searched, told : tuple of int
        Numbers of the worlds that found them, and of those that tell what they reach.
    programmes : dict of (pathway, aim, budget) to Tuned
    """

    golden: str
    question: str
    searched: tuple[int, ...]
    told: tuple[int, ...]
    programmes: dict[Key, Tuned] = field(default_factory=dict)

    @property
    def older(self) -> bool:
        """Were they found for another model, other tables, worlds, clusters or levers?"""
        return self.golden != golden() or self.question != question_hash()

    @property
    def missing(self) -> tuple[Key, ...]:
        """What has not been searched yet."""
        return tuple(key for key in all_keys() if key not in self.programmes)

    def with_more(self, programmes: Mapping[Key, Tuned]) -> TunedSet:
        """These and others, in their order; others of the same name replace these."""
        merged = {**self.programmes, **programmes}
        return replace(self, programmes={key: merged[key] for key in all_keys() if key in merged})

    def to_toml(self) -> str:
        """Text of the data file."""
        lines = [
            "# Each programme at its best: doses, and what they reach above the law alone. Flows in t from 2020 to 2035 (value, 5 % and",
            "# 95 % of the worlds, present value of gross outlay in bn VND). Written by: ecocluster tune --renew",
            f'golden = "{self.golden}"', f'question = "{self.question}"', f"searched = {list(self.searched)}", f"told = {list(self.told)}",
        ]  # fmt: skip
        for (pathway, aim, budget), own in self.programmes.items():
            lines += ["", f'["{pathway}".{aim}.{budget}]', f"evaluations = {own.evaluations}", f"late_gain = {_number(own.late_gain)}"]  # fmt: skip
            lines += [f"may_spend = [{_number(own.may_spend)}, {_number(own.fresh_may_spend)}]"]
            for name in ("found", "found_written", "fresh", "fresh_written"):
                at = getattr(own, name)
                lines.append(f"{name} = [{', '.join(map(_number, (at.value, at.low, at.high, at.outlay)))}]")
            lines.append(f"gain = [{', '.join(map(_number, (own.gain, own.gain_low, own.gain_high)))}]")
            lines.append("levers = { " + ", ".join(f"{name} = {value:g}" for name, value in own.levers.items()) + " }")
        return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    text = f"{value + 0.0:.6g}"
    return text if any(mark in text for mark in ".enf") else f"{text}.0"


def all_keys() -> Iterable[Key]:
    """All that can be searched, pathway by pathway, parents before those that start from them."""
    return product(PATHWAYS, AIMS, BUDGETS)


def at_best(arm: Arm, levers: Mapping[str, float]) -> Arm:
    """The arm of a pathway with searched doses; inside planned clusters never less than outside."""
    programme = arm.programmes[0]
    inside = {name: max(value, levers[name]) if name in levers else value for name, value in programme.planned.items()}
    return replace(arm, programmes=(replace(programme, levers={**programme.levers, **levers}, planned=inside, scalable=False),))


def check_fresh(searched: Iterable[int], worlds: Iterable[World] | None) -> None:
    """Refuse to tell what a programme reaches in the worlds that found it: part of it is their luck.

    Raises
    ------
    InputError
    """
    both = sorted(set(searched) & {world.number for world in worlds or ()})
    if both:
        raise InputError("tuned_not_fresh", worlds=", ".join(map(str, both)))


# --- in a comparison ------------------------------------------------------------------------------------


def chosen(question: Question) -> dict[str, Tuned]:
    """Programmes at their best of a question's pathways; those that are never searched stay as written.

    What is run beside an answer, under another law, keeps the doses of the answer.
    """
    assert question.tuned is not None
    programmes = SHIPPED.need().programmes
    keys: dict[str, Any] = {name: (name, question.tuned, question.budget_bn) for name in question.pathways}
    return {name: programmes[key] for name, key in keys.items() if key in programmes}


def refuse_elsewhere(question: Question) -> None:
    """Refuse a question for which its programmes were not searched.

    Raises
    ------
    InputError
        If the aim is not known, or they were searched for another site, law or budget, or not yet; with what there is.
    """
    aim = str(question.tuned)
    if aim not in AIMS:
        raise InputError("not_one_of", name="--tuned", value=aim, known=", ".join(AIMS))
    found = SHIPPED.need()
    wanted = [name for name in question.pathways if name in PATHWAYS]
    laws = [name for name, _ in question.levers if name in LAW_LEVERS]
    same = (question.scenario, question.law, question.policy, question.site_budget_bn) == (SCENARIO, LAW, POLICY, None) and not laws
    if not wanted or not same or len(chosen(question)) < len(wanted):
        raise InputError("tuned_none", aim=aim, known=_known(found, aim), asked=_asked(question, wanted, laws))


def _known(found: TunedSet, aim: str) -> str:
    """What is stored, as options of a comparison."""
    pathways: dict[tuple[str, ...], list[str]] = {}
    for budget in BUDGETS:
        own = tuple(name for name in PATHWAYS if (name, aim, budget) in found.programmes)
        if own:
            pathways.setdefault(own, []).append(str(budget))
    return "; ".join(f"{SCENARIO} --law {LAW} --policy {POLICY} --budget {'|'.join(budgets)} --pathways {','.join(own)}" for own, budgets in pathways.items()) or "-"  # fmt: skip


def _asked(question: Question, wanted: Sequence[str], laws: Sequence[str]) -> str:
    parts = [question.scenario, f"--law {question.law}", f"--policy {question.policy}", f"--budget {question.budget_bn:g}"]
    parts += [f"--site-budget {question.site_budget_bn:g}"] if question.site_budget_bn is not None else []
    parts += [f"--set {name}" for name in laws]
    return " ".join([*parts, f"--pathways {','.join(wanted or question.pathways)}"])


def to_json(question: Question) -> dict[str, Any]:
    """What the programmes of a comparison reached where they were searched and where not, and what the written ones lose."""
    return {"aim": question.tuned, "older": SHIPPED.need().older} | {
        name: {
            "found": own.found.value, "found_written": own.found_written.value, "fresh": own.fresh.value, "fresh_written": own.fresh_written.value,
            "written_loses": own.gain, "written_loses_low": own.gain_low, "written_loses_high": own.gain_high, "regret": own.regret,
            "lower_bound": own.lower_bound,
        }
        for name, own in chosen(question).items()
    }  # fmt: skip


# --- as data --------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def question_hash() -> str:
    """Of all that is asked but the model itself: tables, worlds, clusters, law, written programmes and free levers."""
    ranges = {name: (LEVERS[name].baseline, LEVERS[name].cap) for pathway in PATHWAYS for name in free_levers(pathway)}
    asked = [tables_hash(), [world.number for span in (WORLDS, FRESH) for world in stored().some(*span)], kept_clusters(), OWN, GENERAL, FUNDS, ranges]  # fmt: skip
    return hash_question(
        asked, f"laws/{LAW}.toml", f"policies/{POLICY}.toml", *(f"pathways/{pathway}.toml" for pathway in PATHWAYS)
    )


def empty() -> TunedSet:
    """Nothing found yet, for this model and question."""
    searched, told = (tuple(world.number for world in stored().some(*span)) for span in (WORLDS, FRESH))
    return TunedSet(golden(), question_hash(), searched, told)


def _read(raw: dict[str, Any]) -> TunedSet:
    programmes = {key: _read_one(raw[key[0]][key[1]][str(key[2])], key[0]) for key in all_keys() if str(key[2]) in raw.get(key[0], {}).get(key[1], {})}  # fmt: skip
    return TunedSet(raw["golden"], raw["question"], tuple(raw["searched"]), tuple(raw["told"]), programmes)


def _read_one(raw: Mapping, pathway: str) -> Tuned:
    found_as = {**raw["levers"], "club": raw["levers"].get("club", raw["levers"].get("club_community", 0.0))}  # one lever before
    levers = {name: float(found_as[name]) for name in (*free_levers(pathway), *FUNDS[pathway])}
    found, found_written, fresh, fresh_written = (
        Measured(*map(float, raw[name])) for name in ("found", "found_written", "fresh", "fresh_written")
    )
    own, there = map(float, raw["may_spend"])
    gain, low, high = map(float, raw["gain"])
    return Tuned(levers, int(raw["evaluations"]), float(raw["late_gain"]), own, found, found_written, fresh, fresh_written, there,
                 gain, low, high)  # fmt: skip


SHIPPED = Shipped("tuned", _read)
load = SHIPPED.load
