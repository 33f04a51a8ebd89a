"""What is asked, in one place: its names, options, ranges and defaults; the question itself; and the command that asks it.

Options of commands, files of questions, pages and printed commands are made of `FIELDS` and `COMMANDS`.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model.border import bordered
from ..model.renamed import BUDGETS, renamed
from ..scenarios.given import MAX_BUDGET_BN
from .errors import InputError, check_number
from .with_modules import with_words

__all__ = ["COMMANDS", "FIELDS", "MAX_SEED", "PATHWAYS", "Field", "Question", "ask", "checked", "command_line", "option_words"]

PATHWAYS = ("null", "law", "self-transition", "symbiosis", "newly-planned", "combined")
MAX_SEED = 2**63 - 1
MAX_REPLICATES = 100_000
MAX_WORLDS = 100  # that answer, see `worlds.ANSWER`
FIXED_REPLICATES = 20  # of the defaults, where nothing else is said


@dataclass(frozen=True)
class Field:
    """One thing that may be asked.

    Attributes
    ----------
    name : str
        As arguments, attributes and keys of files call it; money carries its unit.
    option : str
        On the command line; empty: the argument of the command.
    low, high : float
        Range of a number.
    whole : bool
        Is it a whole number?
    key : str
        In files, if it is called otherwise there.
    told : bool
        Does a printed command say it even where it is the default?
    """

    name: str
    option: str = ""
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    key: str = ""
    told: bool = False


FIELDS = {field.name: field for field in (
    Field("scenario"),
    Field("pathway", "--pathway"),
    Field("pathways", "--pathways"),
    Field("policy", "--policy"),
    Field("law", "--law"),
    Field("worlds", "--worlds", 1, MAX_WORLDS, whole=True, told=True),
    Field("fixed", "--fixed"),
    Field("replicates", "--replicates", 1, MAX_REPLICATES, whole=True, told=True),
    Field("replicate", "--replicate", 0, MAX_SEED, whole=True, told=True),
    Field("budget_bn", "--budget", 0, MAX_BUDGET_BN, told=True),
    Field("site_budget_bn", "--site-budget", 0, MAX_BUDGET_BN),
    Field("levers", "--set"),
    Field("scale", "--scale", 0.01, 10),
    Field("equal", "--equal-outlay", key="equal_outlay"),
    Field("tuned", "--tuned"),
    Field("seed", "--seed", 0, MAX_SEED, whole=True, told=True),
)}  # fmt: skip

_PLACE: dict[str, Any] = {"policy": "vietnam-2020", "law": "middle"}
_MONEY: dict[str, Any] = {"budget_bn": 150.0, "site_budget_bn": None}
_DRAWS: dict[str, Any] = {"worlds": None, "fixed": False, "replicates": None}


def _studied(replicates: int, scenario: str = "nguyen-khe", **more: Any) -> dict[str, Any]:
    return {"scenario": scenario, **more, "replicates": replicates, "seed": 1}


# what each command asks, and what holds where nobody says
COMMANDS: dict[str, dict[str, Any]] = {
    "run": {"scenario": "hanoi", "pathway": "combined", **_PLACE, "replicate": 0, **_MONEY, "seed": 1},
    "compare": {"scenario": "hanoi", "pathways": PATHWAYS, **_PLACE, **_DRAWS, **_MONEY, "levers": (), "scale": 1.0, "equal": False,
                "tuned": None, "seed": 1},
    "waiving": {"scenario": "hanoi", "pathways": PATHWAYS, **_PLACE, **_DRAWS, **_MONEY, "levers": (), "seed": 1},
    "sensitivity": _studied(12, pathway="combined", **_PLACE, **_MONEY),
    "guesses": _studied(2, "hanoi", **_PLACE, **_MONEY),
    "calibration": _studied(200, "hanoi"),
    "discover": _studied(6, pathway="combined", **_PLACE, **_MONEY),
    "robust": _studied(4, **_PLACE, **_MONEY),
    "frontier": _studied(40, **_PLACE),
    "superadditivity": _studied(40, **_PLACE, **_MONEY),
    "survival": _studied(100, **_PLACE, **_MONEY),
    "barriers": _studied(32, pathway="policy", policy="vietnam-2020", **_MONEY),
    "trust": _studied(4, pathway="symbiosis", **_PLACE, **_MONEY),
    "mechanisms": _studied(2, **_PLACE, **_MONEY),
    "lever-effects": _studied(32, pathway="combined", **_PLACE, **_MONEY),
    "solutions": _studied(16, pathway="policy", **_MONEY),
    "optimise": _studied(4, law="middle"),
    "goal": _studied(4, law="middle"),
    "portfolio": _studied(4, "hanoi", **_PLACE, **_MONEY),
    "hypotheses": {"seed": 1},
}  # fmt: skip


def checked(name: str, value: Any) -> Any:
    """A number within the range of its field, or `InputError` with the option as the user knows it."""
    field = FIELDS[name]
    return check_number(field.option, value, field.low, field.high, whole=field.whole)


def _text(value: Any) -> str:
    """A value as a command line has it; a number with all its digits."""
    if isinstance(value, float):
        return next(text for text in (f"{value:g}", f"{value:.12g}", repr(value)) if float(text) == value or value != value)
    return str(value)


def option_words(options: Mapping[str, Any]) -> list[str]:
    """Options, by their Python name, as they stand on a command line.

    None and False are left out, True is a flag, sequences are joined by commas; a shell reads the text back as it was.
    """
    words = []
    for name, value in options.items():
        if value is None or value is False or value == ():
            continue
        flag = "--" + name.replace("_", "-")
        if value is True:
            words.append(flag)
            continue
        parts = value if isinstance(value, (list, tuple)) else (value,)
        words.append(f"{flag} {shlex.quote(','.join(map(_text, parts)))}")
    return words


def command_line(command: str, values: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> str:
    """The command that asks this.

    Parameters
    ----------
    command : str
        Of `COMMANDS`; what it does not ask is left out.
    values : mapping
        Value of each field that it asks.
    own : mapping, optional
        Its own options, see `option_words`.
    """
    words = ["ecocluster", *with_words(), command]
    for name, default in COMMANDS[command].items():
        field, value = FIELDS[name], values[name]
        if not field.option:
            words.append(shlex.quote(str(value)))
        elif name == "levers":
            words += [f"{field.option} {shlex.quote(f'{lever}={_text(amount)}')}" for lever, amount in value]
        elif name == "scale" and value is None:
            words.append(f"{field.option} auto")
        elif field.told or value != default:
            words += option_words({field.option.removeprefix("--"): value})
    return " ".join([*words, *option_words(own or {})])


@renamed(BUDGETS)
@dataclass(frozen=True)
class Question:
    """What was asked: everything that decides the numbers, and nothing else (no threads, no folder).

    Attributes
    ----------
    scenario, policy : str
    pathways : tuple of str
        The null first, then the law alone.
    replicates, seed : int
        Replicates of each world, or of the defaults.
    budget_bn : float
        bn VND a year for the city.
    site_budget_bn : float or None
        bn VND a year for this site; None: its share of the city's budget by firms.
    worlds : int
        Kept draws of all uncertain parameters (`ecocluster.experiments.worlds`); 0: the defaults, chance only.
    levers : tuple of (str, float)
        Levers of the law and of all programmes instead of what these hold, as in
        `ecocluster.experiments.sweeps.trials.Trial`; never scaled, and paid in full.
    law : str
        Of 2020 and later, the same for every arm but the null.
    scale : float or None
        Scale factor of the programmes, 1: as written; None: found by pilots.
    equal : bool
        Are the pathways compared at equal outlay as well?
    tuned : str or None
        Aim (`tuned.AIMS`) for which each programme is at its best; None: as written.
    """

    scenario: str
    pathways: tuple[str, ...]
    policy: str
    replicates: int
    seed: int
    budget_bn: float
    site_budget_bn: float | None
    worlds: int = 0
    levers: tuple[tuple[str, float], ...] = ()
    law: str = "middle"
    scale: float | None = 1.0
    equal: bool = False
    tuned: str | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """The arguments of `ask` that give it again: of replicates only what is not the rule."""
        names = ("scenario", "pathways", "policy", "law", "budget_bn", "site_budget_bn", "levers", "scale", "equal", "tuned", "seed")  # fmt: skip
        draws = {"worlds": None, "fixed": True} if not self.worlds else {"worlds": self.worlds, "fixed": False}
        several = not self.worlds or self.replicates > 1
        return {**{name: getattr(self, name) for name in names}, **draws, "replicates": self.replicates if several else None}

    @property
    def command(self) -> str:
        """The command line that gives these numbers again."""
        return command_line("compare", self.asked)


def _arm_names(pathways: str | Sequence[str | Path] | None) -> tuple[str, ...]:
    """Pathways without repetition, the null and the law alone in front whether they were named or not."""
    names = [pathways] if isinstance(pathways, str) else [str(name) for name in (PATHWAYS if pathways is None else pathways)]
    if not names:
        raise InputError("empty", name="--pathways")
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputError("duplicate", kind="pathway", value=name)
    return ("null", "law", *(name for name in names if name not in ("null", "law")))


@renamed(BUDGETS)
@bordered
def ask(
    scenario: str | Path = "hanoi",
    pathways: str | Sequence[str | Path] | None = PATHWAYS,
    policy: str | Path = "vietnam-2020",
    *,
    worlds: int | None = None,
    fixed: bool = False,
    replicates: int | None = None,
    budget_bn: float = 150.0,
    site_budget_bn: float | None = None,
    seed: int = 1,
    sample: bool = False,
    levers: Mapping[str, float] | Sequence[tuple[str, float]] | None = None,
    law: str | Path = "middle",
    scale: float | None = 1.0,
    equal: bool = False,
    tuned: str | None = None,
) -> Question:
    """A question with the parameters of `compare`: numbers are checked here, names when files are read."""
    from ..scenarios import site_id
    from .sweeps.ranges import check_values, lever_ranges

    if sample:
        raise InputError("sample_gone")
    if fixed and worlds is not None:
        raise InputError("fixed_worlds")
    if replicates is None:
        replicates = FIXED_REPLICATES if fixed else 1
    question = Question(
        site_id(scenario),
        _arm_names(pathways),
        str(policy),
        checked("replicates", replicates),
        checked("seed", seed),
        checked("budget_bn", budget_bn),
        None if site_budget_bn is None else checked("site_budget_bn", site_budget_bn),
        0 if fixed else checked("worlds", MAX_WORLDS if worlds is None else worlds),
        tuple(sorted(check_values("levers", dict(levers or {}), lever_ranges()).items())),
        str(law),
        None if scale is None else checked("scale", scale),
        bool(equal),
        tuned,
    )
    if tuned is not None:
        from .tuned import refuse_elsewhere

        refuse_elsewhere(question)
    return question
