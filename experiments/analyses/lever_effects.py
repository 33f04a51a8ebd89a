"""What each lever does to emissions, absolute and at the output of law alone: by itself, and what is lost without it.

Levers are those that a pathway's programmes hold, at their values there, and those of the law that are not as today. A lever of a
programme is tried above the case's law: alone, with the shares of the funds as in the programme, since they say where money
may go; and taken out of the whole. One of the law is tried alone, above the law of today. `Gain last` is what the whole avoids less
what it avoids without the lever: levers that need each other count in both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...model.border import bordered
from ..errors import InputError
from ..money import AVOIDED
from .at_output import EMISSIONS, emissions_facts, emissions_table
from .coalitions import ABOVE, by_run, mix_arm
from .effects import effect
from .finding import Case, Finding, Progress

if TYPE_CHECKING:
    import pandas as pd

    from ...model.sites_and_arms import Arm, Programme
    from ...scenarios import Policy

__all__ = ["lever_effects"]

ENDS = ("", "_low", "_high")


@bordered
def lever_effects(case: Case | None = None, *, progress: Progress = None) -> Finding:
    """Run every lever of a pathway alone, and the pathway without it.

    Parameters
    ----------
    case : Case, optional
        Its pathway holds the levers.
    progress : callable, optional

    Returns
    -------
    Finding
        Table: one row per lever and what is avoided, t: `absolute` and `at_output` alone, `last_absolute` and `last_at_output`
        when it is taken out of the whole (nan for the law), all with intervals over paired replicates.

    Raises
    ------
    InputError
        For a pathway without levers.
    """
    from ...scenarios import Policy, choose_arm, load_law, load_scenario

    case = case or Case(pathway="combined", replicates=32)
    site = load_scenario(case.scenario).site
    whole = choose_arm(case.pathway, site, case.policy, budget_bn=case.budget_bn, site_budget_bn=case.site_budget_bn, law=case.law)
    held = [name for name in dict.fromkeys(name for q in whole.programmes for name in q.levers) if not _is_share(name)]
    if not held:
        raise InputError("no_levers", value=case.pathway)
    today, own = (dict(load_law(law).levers) for law in (ABOVE, case.law))
    law = {name: value for name, value in own.items() if value != today.get(name)}

    def arm(name: str, keep) -> Arm:
        programmes = tuple(_only(q, keep) for q in whole.programmes)
        return replace(whole, name=name, programmes=programmes, scale=1.0)

    def only(kept: str) -> Arm:
        return arm(f"{kept} alone", lambda name: name == kept)

    def without(left: str) -> Arm:
        return arm(f"without {left}", lambda name: name != left)

    arms = [arm("whole", lambda name: True), *map(only, held), *map(without, held)]
    trials = [case.trial(pathway=one) for one in arms]
    above = replace(case, pathway="policy", policy="vietnam-2020")
    for name, value in law.items():
        policy: Policy = Policy(name, {}, {name: value})
        trials.append(above.trial(pathway=mix_arm(above, [policy], name), law=ABOVE, tries_law=True))
    frame = case.run(trials, EMISSIONS, progress)
    effects = {name: by_run(frame, effect(frame, name), len(trials)) for name in EMISSIONS}
    count = len(held)
    alone = emissions_table([*held, *law], effects, lambda values, i: values[1 + i] if i < count else values[1 + count + i])
    last = emissions_table(held, effects, lambda values, i: values[0] - values[1 + count + i])
    table = _joined(alone, last)
    all_of_it = emissions_table(["whole"], effects, lambda values, _: values[0])
    facts = {
        "scenario": case.scenario, "one_cluster": case.one_cluster, "pathway": case.pathway, "law": case.law, "replicates": case.replicates,
        "levers": count, "law_levers": len(law), "failed": int(np.isnan(effects[EMISSIONS[0]]).sum()), "whole": emissions_facts(all_of_it),
        "alone": emissions_facts(alone), "last": emissions_facts(last),
    }  # fmt: skip
    values = {name: max(q.levers.get(name, 0.0) for q in whole.programmes) for name in held} | law
    table.insert(1, "value", [values[name] for name in table["lever"]])
    return Finding(
        "lever-effects", case.command("lever-effects"), table, facts, {"whole": all_of_it.rename(columns={"cause": "lever"})}
    )


def _is_share(name: str) -> bool:
    return name.startswith("fund_share_")


def _only(programme: Programme, keep) -> Programme:
    """The programme with the levers that `keep` takes, and its shares of the funds."""
    return replace(programme, levers={name: value for name, value in programme.levers.items() if _is_share(name) or keep(name)})


def _joined(alone: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    names = {f"{name}{end}": f"last_{name}{end}" for name in ("absolute", "at_output") for end in ENDS}
    table = alone.merge(last.rename(columns=names), on=["cause", "avoided"], how="left").rename(columns={"cause": "lever"})
    order = {base: k for k, base in enumerate(AVOIDED)}
    return table.sort_values("avoided", key=lambda column: column.map(order), kind="stable", ignore_index=True)
