"""What each mechanism that can be switched moves: the model with it and without it, in every pathway, on the same worlds.

A pathway's effect is its run less the law alone of the same world; a mechanism moves it by the effect with it less the one
without. By the rule of `bearing` a mechanism that moves no outcome of no pathway by `MARGIN` is dead, and is called so. What
it moves of exchanges, certificates and jobs stands beside and decides nothing. All others stand as they do by default; "all of them" switches every one at once that is on by default. What is on by default is so as the
world draws it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from ...model.border import bordered
from ..errors import InputError, check_number
from ..question import PATHWAYS as ALL_PATHWAYS
from ..statistics import mean_interval
from .bearing import JUDGED, MARGIN, is_sure, part_of, verdict
from .coalitions import estimate_columns
from .effects import better, by_trial, effect
from .finding import Case, Finding, Progress

__all__ = ["ALL", "BESIDE", "LAW", "MECHANISMS", "Mechanism", "chosen", "mechanisms", "state_of", "without"]

PATHWAYS = ALL_PATHWAYS[2:]
LAW, ALL = "law", "all"
# shown beside what is judged, in units of its own: solid streams exchanged and pooled since 2020, clusters, jobs
BESIDE = {
    "exchange_total_2035": ("exchanged_total_2035", "pooled_total_2035"),
    "clusters_level1_2035": ("clusters_level1_2035",),
    "jobs_2035": ("jobs_2035",),
}
MECHANISMS = "mechanisms.toml"


@dataclass(frozen=True)
class Mechanism:
    """What switches a mechanism.

    Attributes
    ----------
    name : str
    off, on : mapping
        Parameters by registry name.
    shocks : (str, str)
        Tables of shocks without and with it; empty: those of the scenario.
    """

    name: str
    off: Mapping[str, float]
    on: Mapping[str, float]
    shocks: tuple[str, str] = ("", "")

    def is_on(self) -> bool:
        """By default?"""
        from ...model.parameters import PARAMETERS
        from ...scenarios import Scenario

        shocks = not self.shocks[1] or self.shocks[1] == Scenario.shocks
        return shocks and all(PARAMETERS[name].default == value for name, value in self.on.items())

    def within(self, parameters: Mapping[str, float], end: int) -> dict[str, float]:
        """Parameters of a world with it (`end` 1) or without: a world draws how much there is of what is on by default."""
        changed = self.off if not end else {} if self.is_on() else self.on
        return {**parameters, **changed}


@lru_cache(maxsize=1)
def known() -> dict[str, Mechanism]:
    """Every mechanism of `data/mechanisms.toml`, in its order."""
    text = files("ecocluster.experiments").joinpath("data", MECHANISMS).read_text(encoding="utf-8")
    found = {}
    for name, table in tomllib.loads(text).items():
        pairs = {key: pair for key, pair in table.items() if key != "shocks"}
        off, on = ({key: float(pair[end]) for key, pair in pairs.items()} for end in (0, 1))
        found[name] = Mechanism(name, off, on, tuple(table.get("shocks", ("", ""))))
    return found


def chosen(names: Sequence[str]) -> list[Mechanism]:
    """Mechanisms by name, `ALL` at the end if it is among them; without names every one, and all that are on by default.

    Raises
    ------
    InputError
        For a name that is none.
    """
    there = known()
    for name in names:
        if name not in there and name != ALL:
            raise InputError("not_one_of", name="--only", value=name, known=", ".join([*there, ALL]))
    wanted = [there[name] for name in there if not names or name in names]
    if not names or ALL in names:
        standing = [one for one in there.values() if one.is_on()]
        off, on = ({key: value for one in standing for key, value in getattr(one, end).items()} for end in ("off", "on"))
        shocks = next((one.shocks for one in standing if one.shocks[1]), ("", ""))
        wanted.append(Mechanism(ALL, off, on, shocks))
    return wanted


def without() -> dict[str, float]:
    """Parameters that switch every mechanism off (the scripts of shocks apart)."""
    return {name: value for one in known().values() for name, value in one.off.items()}


def state_of(verdicts: Sequence[str]) -> str:
    """Over outcomes and pathways: it bears where it moves one of them; it is dead where it is idle in each that has a measure."""
    if {"helps", "harms"} & set(verdicts):
        return "bears"
    return "dead" if "idle" in verdicts and "open" not in verdicts else "open"


@bordered
def mechanisms(case: Case | None = None, *, only: Sequence[str] = (), worlds: int = 20, progress: Progress = None) -> Finding:
    """Every mechanism on and off, in every pathway.

    Parameters
    ----------
    case : Case, optional
        Its place, law, policy, budget; its pathway is not used. Its replicates are those within a world.
    only : sequence of str
        Of `data/mechanisms.toml`, or "all"; empty: each of them, and all together.
    worlds : int
        The first of those that answer, 1 to 100; intervals are over worlds.

    Returns
    -------
    Finding
        Table: one row per mechanism, pathway and outcome with the pathway's effect without and with it, the gain (what it
        adds, more is better), the part of the pathway's effect as the model stands, and the verdict; `LAW` has the
        gain of the law alone in parts of the whole of the place. `BESIDE` has gains in its own units and no verdict.
    """
    import pandas as pd

    from ...scenarios import load_scenario
    from ..worlds import ANSWER, stored

    check_number("--worlds", worlds, 1, ANSWER[1], whole=True)
    wanted = chosen(only)
    case = case or Case(replicates=2)
    states = [(one, end) for one in wanted for end in (0, 1)]
    trials = []
    for world in stored().some(ANSWER[0], ANSWER[0] + worlds - 1, load_scenario(case.scenario).parameters):
        for one, end in states:
            uncertainties = one.within(world.parameters, end)
            more = {"shocks": one.shocks[end]} if one.shocks[end] else {}
            trials += [
                case.trial(pathway=name, uncertainties=uncertainties, replicate=world.replicate, **more) for name in PATHWAYS
            ]
    parts = {name: (name,) for name in JUDGED} | BESIDE
    frame = case.run(trials, [part for one in parts.values() for part in one], progress)

    def by_state(values):  # mechanism, off and on, pathway, world
        return by_trial(frame, values, len(trials)).reshape(worlds, len(wanted), 2, len(PATHWAYS)).transpose(1, 2, 3, 0)

    def summed(name, values):
        return by_state(sum(values(part) for part in parts[name]))

    effects = {name: summed(name, lambda part: effect(frame, part)) for name in parts}
    alone = {name: summed(name, lambda part: frame[f"null.{part}"].to_numpy(float))[:, :, 0] for name in parts}
    for name in JUDGED:
        effects[name], alone[name] = better(name) * effects[name], better(name) * alone[name]
    table = pd.DataFrame(_rows(wanted, effects, alone))
    asked = {"only": tuple(only), "worlds": None if worlds == 20 else worlds}
    facts = _facts(table, wanted, case, worlds) | {"failed": frame.attrs["failed"]}
    return Finding("mechanisms", case.command("mechanisms", **asked), table, facts)


def _rows(wanted: Sequence[Mechanism], effects, alone) -> list[dict[str, Any]]:
    rows = []
    for at, one in enumerate(wanted):
        stands = 1 if one.is_on() else 0
        for where, pathway in enumerate((*PATHWAYS, LAW)):
            for name in effects:
                if pathway == LAW:  # measured by the whole of the place: what the law itself does needs a run without it
                    off, on = alone[name][at]
                    whole = mean_interval(np.abs(alone[name][at, stands]))
                else:
                    off, on = effects[name][at, :, where]
                    whole = mean_interval(effects[name][at, stands, where])
                gain = mean_interval(on - off)
                size = abs(whole.mean) or np.nan if pathway == LAW or is_sure(whole) else np.nan
                share = part_of(gain, size)
                rows.append({
                    "mechanism": one.name, "pathway": pathway, "outcome": name,
                    **estimate_columns("off", mean_interval(off)), **estimate_columns("on", mean_interval(on)),
                    **estimate_columns("gain", gain), **estimate_columns("share", share),
                    "verdict": verdict(gain, whole) if pathway != LAW and name in JUDGED else "",
                })  # fmt: skip
    return rows


def _facts(table, wanted: Sequence[Mechanism], case: Case, worlds: int) -> dict[str, Any]:
    told = []
    for one in wanted:
        every = table[table["mechanism"] == one.name]
        rows, beside = every[every["outcome"].isin(JUDGED)], every[every["outcome"].isin(list(BESIDE))]
        sure = rows[rows["pathway"] != LAW]
        sure = sure[(sure["share_low"] > 0) | (sure["share_high"] < 0)]
        ends = {}
        for end, found in (("most", sure.nlargest(1, "share")), ("least", sure.nsmallest(1, "share"))):
            row = found.to_dict("records")[0] if len(found) else None
            if row is not None and (row["share"] > 0) == (end == "most"):
                ends[end] = {"pathway": row["pathway"], "outcome": row["outcome"], **_three(row, "share")}
        told.append({
            "name": one.name, "state": state_of(rows["verdict"].tolist()), "is_on": one.is_on(), **ends,
            "pathways": {
                pathway: {row["outcome"]: {"verdict": row["verdict"], "share": _three(row, "share")} for row in own.to_dict("records")}
                for pathway, own in rows.groupby("pathway", sort=False)
            },
            "beside": {
                pathway: {row["outcome"]: _three(row, "gain") for row in own.to_dict("records")}
                for pathway, own in beside.groupby("pathway", sort=False)
            },
        })  # fmt: skip
    return {
        "scenario": case.scenario, "one_cluster": case.one_cluster, "worlds": worlds, "replicates": case.replicates,
        "margin": MARGIN, "mechanisms": told,
    }  # fmt: skip


def _three(row: Mapping[str, Any], name: str) -> dict[str, float]:
    return {"mean": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
