"""A claim as an experiment: arms on parameter draws, and a statistic that is positive where the claim holds.

Claims are data (`experiments/data/hypotheses.toml`, whose head explains the words of a statistic). Here they are
read, run, and their statistics computed by a small evaluator that knows numbers, arms and a few functions.
"""

from __future__ import annotations

import ast
import json
import operator
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ...model.parameters import World, drawn_names
from ..outcome import read_name
from ..worlds import CLAIMS, SEARCH, stored
from .assigning import Assigned, assign, at_outlay
from .coalitions import by_run, mix_arm
from .effects import better, effect
from .finding import Case, Progress
from .shapley import members, shapley
from .superadditivity import CHANNELS
from .uncertainties import points, unit_points

__all__ = ["Answers", "Claim", "find_assignment", "read_claims", "run_claim", "write_site"]

WITHOUT = {name: value for switches in CHANNELS.values() for name, value in switches.items()}  # single firms
DEAREST = 100.0  # mVND per tonne where nothing is avoided
CHEAPEST = 0.01
START = 2020


@dataclass(frozen=True)
class Claim:
    """One hypothesis.

    Attributes
    ----------
    name : str
        "H1", "H2", ...
    entry : mapping
        As in the file.
    sites : mapping
        Sites that all claims may use.
    """

    name: str
    entry: Mapping[str, Any]
    sites: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes that runs must give, parts of sums included."""
        parts = [part for sum_ in self.entry.get("sums", {}).values() for part in sum_]
        return tuple(dict.fromkeys([*self.entry.get("outcomes", ()), *parts]))

    @property
    def margin(self) -> float:
        """Effects as small as this make no difference; written down before the runs."""
        return float(self.entry["margin"])

    @property
    def law(self) -> str:
        """Law that the claim is measured above."""
        return self.entry.get("law", "middle")

    def scenario(self, quick: bool) -> str:
        """Site of the arms that name none."""
        usual = self.entry.get("scenario", "sample")
        return self.entry.get("quick_scenario", usual) if quick else usual

    def deciding(self) -> Claim:
        """The same with the arms of its statistic only: what a pilot needs."""
        arms = self.entry.get("arms")
        if arms is None:
            return self
        text = self.entry["statistic"]
        named = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        ladders = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
        kept = {name: arm for name, arm in arms.items() if name in named or name.rstrip("0123456789") in ladders}
        return replace(self, entry={**self.entry, "arms": kept, "also": {}})

    def drawn(self) -> dict[str, tuple[float, float] | None]:
        """What is drawn beside the world: rows that worlds leave fixed (None: the registry's range), switches, sites."""
        own: dict[str, tuple[float, float] | None] = dict.fromkeys(n for n in self.entry.get("draw", ()) if n not in drawn_names())
        own |= {name: (0.0, 1.0) for name in self.entry.get("choose", {})}
        for site, spec in self.entry.get("sites", {}).items():
            own |= {f"{site}.{key}": (float(v[0]), float(v[1])) for key, v in spec.items() if _is_range(key, v)}
        return own


def _is_range(key: str, value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and key != "select"


def read_claims() -> tuple[dict[str, Any], dict[str, Claim]]:
    """The rule of the verdict with the sizes, and the claims by name."""
    text = files("ecocluster.experiments").joinpath("data", "hypotheses.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    rules = {name: raw[name] for name in ("rule", "size", "time")}
    names = [name for name in raw if name not in (*rules, "sites")]
    return rules, {name: Claim(name, raw[name], raw.get("sites", {})) for name in names}


def _draws(claim: Claim, count: int, seed: int, first: int) -> tuple[dict[str, np.ndarray], list[World]]:
    """Values of all that is drawn beside the world, by name, and the worlds with them; "world" is the world's number."""
    drawn = claim.drawn()
    u = unit_points("lhs", count, len(drawn), seed) if drawn else np.empty((count, 0))
    worlds = stored().some(first, first + count - 1, claim.entry.get("uncertainties"))
    table: dict[str, np.ndarray] = {"world": np.array([world.number for world in worlds])}
    for k, (name, limits) in enumerate(drawn.items()):
        choice = claim.entry.get("choose", {}).get(name)
        if choice is not None:
            table[name] = np.array(choice, float)[(u[:, k] * len(choice)).astype(int)]
        elif limits is None:
            table[name] = points([name], u[:, [k]])[0][:, 0]
        else:
            table[name] = limits[0] + u[:, k] * (limits[1] - limits[0])
            continue  # of a site, not a parameter
        worlds = [replace(w, parameters={**w.parameters, name: float(v)}) for w, v in zip(worlds, table[name], strict=True)]
    return table, worlds


def write_site(folder: Path, name: str, spec: Mapping[str, Any], drawn: Mapping[str, float]) -> Path:
    """A site of a claim as a scenario file."""
    spec = {key: drawn.get(f"{name}.{key}", value) for key, value in spec.items()}
    top = {key: spec.pop(key) for key in ("extends", "select", "kind", "shocks") if key in spec}
    path = folder / f"{name}-{len(list(folder.iterdir()))}.toml"
    lines = ['type = "scenario"', f'id = "{name}"', *(f"{key} = {json.dumps(value)}" for key, value in top.items())]
    if spec:
        spec = {"id": name, "name": name, "area_built": 0.8 * spec["area_planned"], **spec}
        lines.append("[[clusters]]")
        for key, value in spec.items():
            text = ", ".join(f"{k} = {v}" for k, v in value.items()) if isinstance(value, Mapping) else ""
            lines.append(f"{key} = {{ {text} }}" if text else f"{key} = {json.dumps(value)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def find_assignment(claim: Claim, case: Case, quick: bool, worlds: int, progress: Progress = None) -> Assigned:
    """What a claim under `search` looks for in the worlds of searches: a pathway per cluster, one answer per outcome."""
    spec, name = claim.entry["search"], claim.scenario(quick)
    sites = {**claim.sites, **claim.entry.get("sites", {})}
    with tempfile.TemporaryDirectory() as place:
        where = write_site(Path(place), name, sites[name], {}) if name in sites else name
        return assign(where, spec["pathways"], spec["budgets_bn"], (SEARCH[0], SEARCH[0] + worlds - 1), claim.law,
                      case.seed, case.threads, progress)  # fmt: skip


def run_claim(
    claim: Claim,
    case: Case,
    draws: int,
    quick: bool,
    progress: Progress = None,
    first: int = CLAIMS[0],
    assigned: Assigned | None = None,
) -> Answers:
    """Run all arms of a claim in all worlds; all arms of a world share burn-in, null and luck.

    Parameters
    ----------
    case : Case
        Replicates, seed, threads.
    draws : int
    quick : bool
        Take the claim's smaller site if it has one.
    first : int
        Number of the first of `draws` worlds among those that are stored.
    assigned : Assigned, optional
        What `find_assignment` found, for a claim with `search`.
    """
    from ...scenarios import load_scenario

    table, worlds = _draws(claim, draws, case.seed, first)
    with tempfile.TemporaryDirectory() as place:
        sites = {**claim.sites, **claim.entry.get("sites", {})}
        shared: dict[str, Path] = {}

        def site_of(name: str, draw: int) -> str | Path:
            if name not in sites:
                return name
            own = {key: float(v[draw]) for key, v in table.items() if key.startswith(f"{name}.")}
            if own:
                return write_site(Path(place), name, sites[name], own)
            return shared.setdefault(name, shared.get(name) or write_site(Path(place), name, sites[name], {}))

        arms = _sets(claim, case, site_of) if "sets" in claim.entry else _arms(claim)
        if assigned is not None:
            arms |= _ladders(claim, assigned.write(Path(place)))
        trials, places = [], {}
        for draw, world in enumerate(worlds):
            where = places = {name: site_of(name, draw) for name in {a.get("scenario", claim.scenario(quick)) for a in arms.values()}}
            for arm in arms.values():
                own = {**arm, "scenario": where[arm.get("scenario", claim.scenario(quick))]}
                own["replicate"] = world.replicate
                own["uncertainties"] = {**world.parameters, **arm.get("uncertainties", {})}
                if not own.pop("interactions", True):
                    own["uncertainties"] |= WITHOUT
                law = {"law": claim.law, "tries_law": True}  # levers of the law are what is tried
                trials.append(case.trial(**{"pathway": "policy", "policy": "vietnam-2020", "budget_bn": 150.0, **law, **own}))
        # switches that turn a mechanism off may lie outside the registry's ranges
        frame = case.run(trials, claim.outcomes, progress, within_ranges=False)
        sizes = {name: len(load_scenario(place).site.clusters) for name, place in places.items()}
    answers = Answers.of(claim, tuple(arms), frame, draws, case.replicates, table)
    number = {name: sizes[arm.get("scenario", claim.scenario(quick))] for name, arm in arms.items()}
    return replace(answers, sizes=number, single=dict(assigned.single) if assigned else {})


def _ladders(claim: Claim, files: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """Arms of a claim with `search`: every pathway for all, and the assignment of each outcome, at all budgets."""
    spec = claim.entry["search"]
    ladders = {**{name: name for name in spec["pathways"]}, **files}
    return {
        f"{name}{step}": {"pathway": pathway, "budget_bn": budget}
        for name, pathway in ladders.items() for step, budget in enumerate(spec["budgets_bn"], 1)
    }  # fmt: skip


def _arms(claim: Claim) -> dict[str, dict[str, Any]]:
    """Arms as fields of `Trial`."""
    from ...model.sites_and_arms import Schedule

    arms = {}
    for name, entry in claim.entry.get("arms", {}).items():
        arms[name] = dict(entry)
        if "schedules" in entry:
            arms[name]["schedules"] = {lever: Schedule(**when) for lever, when in entry["schedules"].items()}
    return arms


def set_masks(claim: Claim) -> list[int]:
    """Sets of policies that a claim runs: all, in the order of `shapley`; or (`ends`) none, each alone, all but each, all."""
    count = len(claim.entry["sets"]["policies"])
    every = (1 << count) - 1
    if not claim.entry["sets"].get("ends"):
        return list(range(every + 1))
    return [0, *(1 << bit for bit in range(count)), *(every ^ 1 << bit for bit in range(count)), every]


def _sets(claim: Claim, case: Case, site_of) -> dict[str, dict[str, Any]]:
    """An arm for every set of policies that is run."""
    from ...scenarios import load_policy

    spec = claim.entry["sets"]
    policies = {name: load_policy(name) for name in spec["policies"]}
    base = replace(case, scenario=str(site_of(claim.scenario(False), 0)), pathway=spec["pathway"], policy="vietnam-2020",
                   budget_bn=150.0, site_budget_bn=None)  # fmt: skip
    arms = {}
    for mask in set_masks(claim):
        chosen = members(mask, list(policies))
        arms[f"set{mask}"] = {"pathway": mix_arm(base, [policies[name] for name in chosen], f"set{mask}")}
    return arms


# --- what a statistic is made of ------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """Runs of a claim, reduced to what statistics ask for.

    Attributes
    ----------
    claim : Claim
    arms : tuple of str
    effects, own, null : dict of str to numpy.ndarray
        Outcome -> shape (draws, arms, replicates): against the null, of the run, of its null; nan where it failed.
    draws : dict of str to numpy.ndarray
        What was drawn, shape (draws,).
    failed : numpy.ndarray of int
        Runs that failed, shape (draws,).
    sizes : dict of str to int
        Clusters of the site of every arm.
    single : dict of str to str
        Of a claim with `search`: the pathway that was found to be best if all clusters take the same, by outcome.
    """

    claim: Claim
    arms: tuple[str, ...]
    effects: dict[str, np.ndarray]
    own: dict[str, np.ndarray]
    null: dict[str, np.ndarray]
    draws: dict[str, np.ndarray]
    failed: np.ndarray
    sizes: Mapping[str, int] = field(default_factory=dict)
    single: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, claim: Claim, arms: tuple[str, ...], frame, draws: int, replicates: int, table) -> Answers:
        """From the rows of `run_trials`, trials running over draws, then arms."""
        count = draws * len(arms)

        def shaped(values: np.ndarray) -> np.ndarray:
            return by_run(frame, np.asarray(values, float), count).reshape(draws, len(arms), -1)

        plain = [name for name in claim.outcomes if name in frame]
        found = (
            {name: shaped(effect(frame, name)) for name in claim.outcomes},
            {name: shaped(frame[name]) for name in plain},
            {name: shaped(frame[f"null.{name}"]) for name in plain},
        )
        for name, parts in claim.entry.get("sums", {}).items():
            for values in found:
                if all(part in values for part in parts):
                    values[name] = sum((values[part] for part in parts[1:]), start=values[parts[0]])
        lost = len(arms) * replicates - np.bincount(frame["trial"] // len(arms), minlength=draws)
        return cls(claim, arms, *found, dict(table), lost)

    def statistic(self) -> np.ndarray:
        """The statistic of every draw, shape (draws,); nan where it could not be computed."""
        return self.compute(self.claim.entry["statistic"])

    def errors(self) -> np.ndarray:
        """Standard error of the statistic in every draw, by the jackknife over replicates; nan for a single replicate."""
        count = next(iter(self.effects.values())).shape[2]
        if count < 2:
            return np.full(len(next(iter(self.draws.values()))), np.nan)
        kept = [np.arange(count) != left_out for left_out in range(count)]
        values = np.stack([self._of(k).statistic() for k in kept])
        return np.sqrt((count - 1) * values.var(axis=0))

    def _of(self, kept: np.ndarray) -> Answers:
        """The same with some replicates only."""
        parts: dict[str, Any] = {part: {name: v[:, :, kept] for name, v in getattr(self, part).items()} for part in ("effects", "own", "null")}
        return replace(self, **parts)

    def also(self) -> dict[str, np.ndarray]:
        """What is reported beside the statistic."""
        return {name: self.compute(text) for name, text in self.claim.entry.get("also", {}).items()}

    def compute(self, text: str) -> np.ndarray:
        """Value of an expression in every draw."""
        draws = len(next(iter(self.draws.values())))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.broadcast_to(np.asarray(_Expression(self).visit(ast.parse(text, mode="eval").body), float), (draws,))

    def mean(self, arm: str, outcome: str, kind: str = "effect") -> np.ndarray:
        """Mean over replicates of the effect, the run ("run"), its null ("null"), or the run's median ("median")."""
        values = {"effect": self.effects, "run": self.own, "median": self.own, "null": self.null}[kind][outcome]
        values = values[:, self.arms.index(arm)]
        lost = np.isnan(values).all(axis=1)
        reduce = np.nanmedian if kind == "median" else np.nanmean
        return np.where(lost, np.nan, reduce(np.where(lost[:, None], 0.0, values), axis=1))

    # functions of the file's head

    def price(self, arm: str, year: float) -> np.ndarray:
        cost, tonnes = self.mean(arm, f"pv_outlay_gross_{year:g}"), self.mean(arm, f"abatement_pv_{year:g}")
        return np.where(tonnes > 0, np.clip(cost / np.where(tonnes > 0, tonnes, 1.0), CHEAPEST, DEAREST), DEAREST)

    def _ladder(self, name: str) -> list[str]:
        return [arm for arm in self.arms if arm.rstrip("0123456789") == name and arm != name]

    def common(self, *ladders: str) -> np.ndarray:
        largest = [[self.mean(arm, "pv_outlay_2035") for arm in self._ladder(name)] for name in ladders]
        return np.min([np.max(steps, axis=0) for steps in largest], axis=0)

    def gain(self, ladder: str, outcome: str, outlay: np.ndarray) -> np.ndarray:
        steps = self._ladder(ladder)
        x, y = (np.array([self.mean(arm, name) for arm in steps]) for name in ("pv_outlay_2035", outcome))
        # a programme that costs nothing has no place on a ladder of money
        return np.where(outlay > 0, at_outlay(x, y, outlay), np.nan)

    def clusters(self, arm: str) -> float:
        return float(self.sizes[arm])

    def ahead(self, found: str, outcome: str) -> np.ndarray:
        """By which part the assignment found for one outcome lowers it more than the best single pathway, at equal outlay."""
        ladders = [*self.claim.entry["search"]["pathways"], *self.single]
        at = self.common(*ladders)
        own, rival = -self.gain(found, outcome, at), -self.gain(self.single[found], outcome, at)
        # by the whole at most: where the single pathway lowers next to nothing, the ratio says no more than its sign
        part = np.where(rival > 0, own / np.where(rival > 0, rival, 1.0) - 1.0, np.sign(own))
        return np.where(np.isfinite(own - rival), np.clip(part, -1.0, 1.0), np.nan)

    def hazard(self, arm: str) -> np.ndarray:
        """Certifications per year at risk of single clusters; half an event is added so that none is not 0."""
        looks = sorted((name.year, text) for text in self.own if (name := read_name(text)) and name.key == "clusters_level1")
        state = np.stack([self.own[name][:, self.arms.index(arm)] for _, name in looks], axis=-1)
        certified, ran = state >= 0.5, np.isfinite(state).all(axis=-1)
        years = np.array([year + 1 - START for year, _ in looks], float)
        event = certified.any(axis=-1)
        exposed = np.where(ran, np.where(event, years[certified.argmax(axis=-1)], years[-1]), 0.0)
        return np.where(ran.any(axis=1), ((event & ran).sum(axis=1) + 0.5) / exposed.sum(axis=1), np.nan)

    def shapley(self, policy: str, outcome: str) -> np.ndarray:
        values = np.nanmean(self.effects[outcome], axis=2).T  # (sets, draws)
        return shapley(values)[self.claim.entry["sets"]["policies"].index(policy)]

    def whole(self, outcome: str) -> np.ndarray:
        values = np.nanmean(self.effects[outcome], axis=2)
        return values[:, -1] - values[:, 0]

    def matters(self, policy: str, *outcomes: str) -> np.ndarray:
        """Largest over outcomes of (alone + whole - all but this one) / 2 in the whole; one whose whole is <= 0 is left out."""
        policies = self.claim.entry["sets"]["policies"]
        every, bit = (1 << len(policies)) - 1, 1 << policies.index(policy)
        parts = []
        for outcome in outcomes:
            sign = 1.0 if outcome in self.claim.entry.get("sums", {}) else better(outcome) or 1.0
            none, alone, rest, whole = (sign * self.mean(f"set{mask}", outcome) for mask in (0, bit, every ^ bit, every))
            parts.append(np.where(whole > none, (alone - none + whole - rest) / 2 / (whole - none), np.nan))
        return np.fmax.reduce(parts)


def _slope(x, y) -> np.ndarray:
    """Slope of least squares of y (one array per x) on x."""
    x = np.asarray(x, float) - np.mean(x)
    return np.tensordot(x, np.asarray(y, float), 1) / (x * x).sum()


class _Expression(ast.NodeVisitor):
    """Evaluates the few kinds of nodes that a statistic may hold, and refuses all others."""

    BINARY = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
    COMPARE = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.functions = {
            "min": lambda *v: np.min(np.broadcast_arrays(*v), axis=0), "max": lambda *v: np.max(np.broadcast_arrays(*v), axis=0),
            "log": np.log, "where": np.where, "slope": _slope,
            **{name: getattr(answers, name) for name in ("price", "gain", "common", "hazard", "shapley", "whole", "matters", "clusters", "ahead")},
        }  # fmt: skip

    def generic_visit(self, node):
        raise ValueError(f"{self.answers.claim.name}: {ast.unparse(node)!r} has no place in a statistic")

    def visit_Constant(self, node):
        return node.value

    def visit_Tuple(self, node):
        return [self.visit(part) for part in node.elts]

    def visit_UnaryOp(self, node):
        return -self.visit(node.operand) if isinstance(node.op, ast.USub) else self.generic_visit(node)

    def visit_BinOp(self, node):
        if type(node.op) not in self.BINARY:
            self.generic_visit(node)
        return self.BINARY[type(node.op)](self.visit(node.left), self.visit(node.right))

    def visit_Compare(self, node):
        if len(node.ops) != 1 or type(node.ops[0]) not in self.COMPARE:
            self.generic_visit(node)
        return self.COMPARE[type(node.ops[0])](self.visit(node.left), self.visit(node.comparators[0]))

    def visit_Call(self, node):
        if not isinstance(node.func, ast.Name) or node.func.id not in self.functions or node.keywords:
            self.generic_visit(node)
        return self.functions[node.func.id](*map(self.visit, node.args))

    def visit_Name(self, node):
        return node.id if node.id in self.answers.arms else self.generic_visit(node)

    def visit_Attribute(self, node):
        inner, kind = node.value, "effect"
        if isinstance(inner, ast.Attribute) and inner.attr in ("run", "null", "median"):
            inner, kind = inner.value, inner.attr
        if not isinstance(inner, ast.Name) or inner.id not in self.answers.arms:
            self.generic_visit(node)
        return self.answers.mean(inner.id, node.attr, kind)
