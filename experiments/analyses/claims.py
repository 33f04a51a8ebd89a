"""A claim as an experiment: arms on parameter draws, and a statistic (`answers`) that is positive where the claim holds.

Claims are data (`experiments/data/hypotheses.toml`). Here they are read and run.
"""

from __future__ import annotations

import ast
import json
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ...model.parameters import World, drawn_names
from ..worlds import CLAIMS, SEARCH, stored
from .answers import Answers
from .assigning import Assigned, assign
from .coalitions import mix_arm
from .finding import Case, Progress
from .shapley import members
from .superadditivity import CHANNELS
from .uncertainties import points, unit_points

__all__ = ["Claim", "find_assignment", "read_claims", "run_claim", "set_masks", "write_site"]

WITHOUT = {name: value for switches in CHANNELS.values() for name, value in switches.items()}  # single firms


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
            where = places = {
                name: site_of(name, draw) for name in {a.get("scenario", claim.scenario(quick)) for a in arms.values()}
            }
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
