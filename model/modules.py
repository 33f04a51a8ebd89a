"""A module: levers, parameters, state, accounts, indicators and actions of your own, declared in one file.

    from ecocluster.model.acting import LANES, SLOT_TAKEN, uniform
    from ecocluster.model.modules import Action, Cost, Indicator, Lever, Module

    def advise(own, s, p, c):
        ...

    module = Module("night_school", levers=(Lever("night_school", "evening courses", cost_mvnd=Cost(0.4, 0.2, 0.8)),), actions=(Action(advise, after="learn"),))

`ecocluster --with FILE ...` or `ecocluster.load_module(FILE)` loads it (`loading`); docs/modules.md is the tutorial. An action is
called in every step, with 2010 the first, and written like a phase of the model: in the part of Python that Numba compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["BOOKABLE", "FUNDS", "LABELS", "MESSAGES", "Account", "Action", "Cost", "Indicator", "Lever", "Module", "ModuleError", "Parameter",
           "label_of"]  # fmt: skip

Labels = Mapping[str, str]  # language to what people read; without one they read the name
LANGUAGES = ("vi", "en")  # of labels
FUNDS = ("grants", "symbiosis", "infrastructure")
# lines of the ledger between a firm and the state, the world of resources, or customers, which nothing else in a step rests on
BOOKABLE = ("GRANTS", "STUDY_AID", "LINK_GRANT", "RELOCATION_AID", "ENVIRONMENTAL_FEE", "FINE", "OWN_RUNNING", "STUDY", "EFFORT", "MOVING",
            "ADAPTATION", "GREEN_PREMIUM")  # fmt: skip
COSTS_PER = ("cluster", "firm", "worker")
MARKS = ("seed", "documented", "press", "derived", "memory", "calibrated", "definition", "assumption")  # see `parameters.Parameter`
LABELS: dict[
    str, dict[str, str]
] = {}  # of what is loaded, by key of the catalogues (``lever.NAME``); without a language: of any other

MESSAGES = {
    "no_file": "{path}: there is no such file",
    "unreadable": "{path}: cannot be read: {cause}",
    "fails": "{path}: the file fails as it is read: {cause}",
    "none": "{path}: declares no Module; write one, like module = Module(\"my_module\", ...)",
    "several": "{path}: declares {count} modules ({names}); a file holds one",
    "no_entry": "--with {name}: no installed package offers a module of this name; known: {known}",
    "other_source": "{path}: module {name} is loaded already, from another text ({other})",
    "taken": "{path}: {kind} '{name}': the name is taken ({owner})",
    "bad_name": "{path}: {kind} '{name}': not a usable name; allowed: a letter, then letters, digits and _, at most 40, and no ending like _total or _2030",
    "kind_of": "{path}: {where}: is {value}; allowed: {allowed}",
    "not_one_of": "{path}: {where} = '{value}': not known; allowed: {allowed}",
    "not_one_of_near": "{path}: {where} = '{value}': not known; did you mean '{nearest}'? allowed: {allowed}",
    "range": "{path}: {where} = {value}: out of range; allowed: {allowed}",
    "too_many": "{path}: {count} {kind} of modules; there is room for {most}",
    "arguments": "{path}: action {name}: its arguments are ({found}); allowed: (own, s, p, c), for every cluster, or (own, s, p), once a step",
    "once_inside": "{path}: action {name}: stands within the phases of a cluster ({phase}), so its arguments must be (own, s, p, c)",
    "not_compiled": "{path}: action {name} cannot be compiled: {cause}",
    "before_or_after": "{path}: action {name}: stands at one place of a step; write either before=PHASE or after=PHASE",
    "cost_of": "{path}: levers.{name}.cost_mvnd = {value}: a lever of kind dose has a Cost(default, low, high, per), any other has none",
    "in_use": "modules were loaded or taken away since this run was prepared; prepare it anew",
}  # fmt: skip


class ModuleError(ValueError):
    """A module that cannot be used, or is not there where it is needed.

    Attributes
    ----------
    key : str
        Of `MESSAGES`.
    fields : dict
        What the sentence names: file, key, value, what is allowed.
    """

    def __init__(self, key: str, **fields: object) -> None:
        self.key, self.fields = key, fields
        text = MESSAGES[key].format(**fields).encode("utf-8", "replace").decode()  # half letters cannot be printed
        super().__init__(" ".join(text.split()))

    def __reduce__(self):
        return _again, (self.key, self.fields)  # errors come back from other processes


def label_of(key: str, lang: str) -> str | None:
    """What people read for a key of the catalogues that belongs to a loaded module; None: it belongs to none."""
    entry = LABELS.get(key)
    return None if entry is None else entry.get(lang) or entry[""]


def _again(key: str, fields: dict[str, object]) -> ModuleError:
    return ModuleError(key, **fields)


class Cost(NamedTuple):
    """What a dose of 1 costs a year, mVND; it becomes the parameter ``cost.LEVER``.

    Attributes
    ----------
    default, low, high : float
    per : str
        "cluster" (of firms outside clusters nobody is served then), "firm" or "worker".
    """

    default: float
    low: float
    high: float
    per: str = "firm"


@dataclass(frozen=True)
class Lever:
    """Something that a programme can set (a pathway or policy file, ``--set NAME=VALUE``, a factor of a design).

    Actions read the value in force as ``own.NAME``: that of the cluster they look at.

    Attributes
    ----------
    name, meaning, unit : str
    kind : str
        "dose": paid every year from the fixed part of the budget, at `cost`; "money": what actions `pay` from a fund;
        "rule": free once the set-up of the programme's rules is paid; "procedure": free.
    baseline, low, high : float
        Value without a programme, and allowed range.
    cap : float, optional
        How far the scale factor of a programme may raise it; None: not at all.
    cost_mvnd : Cost, optional
        Of a dose, and only of a dose.
    labels : mapping
    """

    name: str
    meaning: str
    unit: str = "0-1 dose"
    kind: str = "dose"
    baseline: float = 0.0
    low: float = 0.0
    high: float = 1.0
    cap: float | None = None
    cost_mvnd: Cost | None = None
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """A number that may be questioned: a row of the registry of parameters, drawn in worlds like any other.

    Attributes
    ----------
    name : str
    default, low, high : float
    unit, meaning, source : str
        A unit with "mVND" in it is money.
    distribution : str
        "uniform", "loguniform" or "fixed".
    mark : str
        How solid the number is; a guess is an "assumption".
    labels : mapping
    """

    name: str
    default: float
    low: float
    high: float
    unit: str
    meaning: str
    source: str = "own module"
    distribution: str = "uniform"
    mark: str = "assumption"
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Account:
    """Money that moves between a firm and somebody: `acting.pay` books it in the ledger, and adds it up as an indicator.

    Attributes
    ----------
    name : str
        Also the indicator, mVND a year.
    books_as : str
        Line of the ledger, of `BOOKABLE`: it says who pays, who receives, and in which results the sum stands.
    meaning : str
    fund : str
        Of `FUNDS`: from which the state pays, where it does.
    labels : mapping
    """

    name: str
    books_as: str
    meaning: str
    fund: str = "grants"
    labels: Labels = field(default_factory=dict)

    @property
    def sum(self) -> Indicator:
        """What is measured of it."""
        return Indicator(self.name, "mVND/yr", "money", self.meaning, labels=self.labels)


@dataclass(frozen=True)
class Indicator:
    """Something that is measured; actions write it as ``own.NAME[0]``.

    Attributes
    ----------
    name, unit, meaning : str
        `unit` of a flow ends in "/yr".
    kind : str
        "stock" or "share": what stands at the end of the step; "flow" or "money": what actions add up in a step, told as a rate
        a year.
    direction : str
        "max", "min" or "none": which way is better.
    pillar : str
    labels : mapping
    """

    name: str
    unit: str
    kind: str
    meaning: str
    direction: str = "none"
    pillar: str = "economic"
    labels: Labels = field(default_factory=dict)

    @property
    def added_up(self) -> bool:
        """Does a step add it up?"""
        return self.kind in ("flow", "money")


@dataclass(frozen=True)
class Action:
    """What a module does at one place of a step.

    Attributes
    ----------
    run : callable
        ``run(own, s, p, c)``, for every cluster in every step, or ``run(own, s, p)``, once in every step. `s` is the state
        (`state.State`), `p` the parameters, `c` a cluster's index. `own` has the module's parameters and levers as numbers; its
        state as arrays (``own.NAME[slot]`` of a firm, ``own.NAME[c]`` of a cluster); its indicators as arrays of one number; its
        accounts for `acting.pay`; and ``own.key``, for `acting.uniform`: it follows from the run and the module's name alone.
    before, after : str
        One of them: a phase (`order.PHASES`).
    """

    run: Callable
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Module:
    """Everything that a file adds to the model.

    Attributes
    ----------
    name : str
        Its random numbers follow from it.
    levers : tuple of Lever
    parameters : tuple of Parameter
    firm_state, cluster_state : tuple of str
        Numbers that are kept for every firm (0 when it begins, and it takes them along when it moves) and for every cluster.
    accounts : tuple of Account
    indicators : tuple of Indicator
    actions : tuple of Action
        Of several modules at one place, those of the first name are called first.
    """

    name: str
    levers: tuple[Lever, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    firm_state: tuple[str, ...] = ()
    cluster_state: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def measured(self) -> tuple[Indicator, ...]:
        """The sums of its accounts, and its indicators."""
        return (*(account.sum for account in self.accounts), *self.indicators)
