"""What barrier 6, trust, is worth: removed alone, inside the programme, beside the cost barriers, without the gate of disclosure.

Two runs of the same world differ in one thing: in one of them firms believe of a partner what is true (barrier 6 removed, at
no cost). Their difference is signed and holds everything, breaches suffered included. Whether the barrier binds follows
from the rule of `bearing.verdict`: trust matters by less than `bearing.MARGIN` of what the pathway itself brings, or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...model.border import bordered
from ..errors import check_number
from ..statistics import mean_interval
from .bearing import JUDGED, MARGIN, is_sure, part_of, together, verdict
from .coalitions import estimate_columns
from .effects import better, by_trial, effect
from .finding import Case, Finding, Progress

__all__ = ["COST", "LOSS", "RANGES", "SETTINGS", "Pair", "ranges", "trust"]

LOSS = "pv_private_net_2035"  # what everybody but the state bears: what mistrust costs them, told and not judged
RELIEF = {"relief_trust": 1.0}
# what an exchange costs firms: credit and cash (barrier 2), studies and the fixed cost as far as levers go
COST = {"relief_credit": 1.0, "relief_cash": 1.0, "study_aid": 0.9, "symbiosis_grant": 0.9, "fund_share_symbiosis": 1.0}
NO_GATE = {"disclosure_gate": 0.0}
# which end of its range makes firms trust soon, and which makes them wary
RANGES = {
    "breach_ratio": ("low", "high"), "tau_breach": ("low", "high"), "tau": ("high", "low"), "kappa": ("low", "high"),
    "worst_breach": ("low", "high"), "enforcement": ("high", "low"), "b_min": ("low", "high"), "trust_alpha": ("high", "low"),
    "eta_s": ("high", "low"), "eta_co": ("high", "low"), "eta_club_trust": ("high", "low"), "eta0": ("high", "low"),
}  # fmt: skip
SWITCHED_LOW = {"breach_ratio": 1.0, "tau_breach": 5.0}  # 0 in the registry switches these off
ENDS = ("trusting", "wary")


@dataclass(frozen=True)
class Pair:
    """Where barrier 6 is removed: with what else, and under which parameters.

    Attributes
    ----------
    kind, name : str
        "setting" and its name, or "range", the parameter ("all": all of them) and an end.
    levers, parameters : mapping
        That hold in both runs of the pair.
    alone : bool
        Without the programme of the case?
    """

    kind: str
    name: str
    end: str = ""
    levers: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    alone: bool = False


SETTINGS = (
    Pair("setting", "alone", alone=True), Pair("setting", "programme"),
    Pair("setting", "cost", levers=COST), Pair("setting", "gate", parameters=NO_GATE),
)  # fmt: skip


def ranges() -> tuple[Pair, ...]:
    """Inside the programme: every parameter of trust at both ends of its range, and all together."""
    from ...model.parameters import PARAMETERS

    def at(name: str, side: str) -> float:
        return SWITCHED_LOW.get(name, PARAMETERS[name].low) if side == "low" else PARAMETERS[name].high

    found = {name: {end: at(name, side) for end, side in zip(ENDS, sides, strict=True)} for name, sides in RANGES.items()}
    single = [Pair("range", name, end, parameters={name: value}) for name, own in found.items() for end, value in own.items()]
    return (*single, *(Pair("range", "all", end, parameters={name: own[end] for name, own in found.items()}) for end in ENDS))


@bordered
def trust(case: Case | None = None, *, worlds: int = 20, settings_only: bool = False, progress: Progress = None) -> Finding:
    """Remove barrier 6 in four settings, and over the ranges of the parameters of trust.

    Parameters
    ----------
    case : Case, optional
        Its pathway is the programme; its replicates are those within a world.
    worlds : int
        The first of those that answer, 1 to 100; intervals are over worlds.
    settings_only : bool
        Not over the ranges.

    Returns
    -------
    Finding
        Table: one row per pair and outcome with the gain of removal, what the programme brings under the same parameters,
        their ratio, and the verdict.
    """
    import pandas as pd

    from ...scenarios import load_scenario
    from ..worlds import ANSWER, stored

    check_number("--worlds", worlds, 1, ANSWER[1], whole=True)
    case = case or Case(pathway="symbiosis", replicates=4)
    known = load_scenario(case.scenario).parameters
    pairs = (*SETTINGS, *(() if settings_only else ranges()))
    trials = []
    for world in stored().some(ANSWER[0], ANSWER[0] + worlds - 1, known):
        for pair in pairs:
            given = {"uncertainties": {**world.parameters, **pair.parameters}, "replicate": world.replicate}
            where = {"pathway": "policy"} if pair.alone else {}
            trials += [case.trial(levers={**pair.levers, **more}, **where, **given) for more in ({}, RELIEF)]
    outcomes = (*JUDGED, LOSS)
    frame = case.run(trials, outcomes, progress)
    effects = {
        name: better(name) * by_trial(frame, effect(frame, name), len(trials)).reshape(worlds, len(pairs), 2).transpose(1, 2, 0)
        for name in outcomes
    }
    table = pd.DataFrame(_rows(pairs, effects))
    command = case.command("trust", worlds=None if worlds == 20 else worlds, settings_only=settings_only)
    facts = _facts(table, case, worlds) | {"failed": frame.attrs["failed"]}
    return Finding("trust", command, table, facts)


def _rows(pairs: Sequence[Pair], effects: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """One row per pair and outcome, from effects of shape (pairs, without and with the barrier removed, worlds)."""
    programme = next(at for at, pair in enumerate(pairs) if pair.name == "programme")
    rows = []
    for at, pair in enumerate(pairs):
        # alone and beside the cost barriers it is measured by the programme as it is written
        own = programme if pair.alone or pair.levers else at
        for name, values in effects.items():
            gain, whole = mean_interval(values[at, 1] - values[at, 0]), mean_interval(values[own, 0])
            size = abs(whole.mean) if is_sure(whole) else np.nan
            share = part_of(gain, size)
            value = pair.parameters.get(pair.name, np.nan) if pair.kind == "range" else np.nan
            rows.append({
                "kind": pair.kind, "name": pair.name, "end": pair.end, "value": value, "outcome": name,
                **estimate_columns("gain", gain), **estimate_columns("whole", whole), **estimate_columns("share", share),
                "verdict": verdict(gain, whole) if name in JUDGED else "",
            })  # fmt: skip
    return rows


def _facts(table, case: Case, worlds: int) -> dict[str, Any]:
    judged = table[table["verdict"] != ""]
    told = [
        {
            "kind": kind, "name": name, "end": end, "value": rows["value"].iloc[0], "verdict": together(rows["verdict"].tolist()),
            "outcomes": {row["outcome"]: {"verdict": row["verdict"], **{
                key: {"mean": row[key], "low": row[f"{key}_low"], "high": row[f"{key}_high"]} for key in ("gain", "share")}}
                for row in rows.to_dict("records")},
        }
        for (kind, name, end), rows in judged.groupby(["kind", "name", "end"], sort=False)
    ]  # fmt: skip
    inside = table[(table["name"] == "programme") & (table["outcome"] == LOSS)].iloc[0]
    return {
        "scenario": case.scenario, "one_cluster": case.one_cluster, "pathway": case.pathway, "worlds": worlds,
        "replicates": case.replicates, "margin": MARGIN,
        "settings": [entry for entry in told if entry["kind"] == "setting"],
        "ranges": [entry for entry in told if entry["kind"] == "range"],
        "loss": {"mean": inside["gain"], "low": inside["gain_low"], "high": inside["gain_high"]},
    }  # fmt: skip
