"""The commands about causes and choices: `barriers`, `solutions`, `optimise`, `portfolio`, `hypotheses`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .analyses import Outcome, Pathway, Replicates, conduct
from .common import AsJson, Budget, Lang, Law, Out, Policy, Scenario, Seed, SiteBudget, Threads, listed, slug


def add_to(app: typer.Typer) -> None:
    for name, command in (
        ("barriers", barriers_command), ("solutions", solutions_command), ("optimise", optimise_command),
        ("portfolio", portfolio_command), ("hypotheses", hypotheses_command),
    ):  # fmt: skip
        app.command(name, help=f"help.{name}")(command)


def barriers_command(
    scenario: Scenario = "nguyen-khe",
    pathway: Pathway = "policy",
    policy: Policy = "vietnam-2020",
    outcome: Outcome = "abatement_share_2035",
    budget_bn: Budget = 150.0,
    site_budget_bn: SiteBudget = None,
    replicates: Replicates = 32,
    seed: Seed = 1,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.barriers import barriers

        return barriers(case, outcome=outcome, progress=progress)

    conduct(
        "barriers", analyse, lang, out, as_json, scenario=scenario, pathway=pathway, policy=policy, budget_bn=budget_bn,
        site_budget_bn=site_budget_bn, replicates=replicates, seed=seed, threads=threads,
    )  # fmt: skip


def solutions_command(
    scenario: Scenario = "nguyen-khe",
    pathway: Pathway = "policy",
    outcome: Outcome = "abatement_share_2035",
    stage: Annotated[float, typer.Option(help="help.stage")] = 2.0,
    part: Annotated[bool, typer.Option("--part", help="help.part")] = False,
    budget_bn: Budget = 150.0,
    site_budget_bn: SiteBudget = None,
    replicates: Replicates = 16,
    seed: Seed = 1,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.solutions import solutions

        return solutions(case, outcome=outcome, stage=stage, part=part, progress=progress)

    conduct(
        "solutions", analyse, lang, out, as_json, scenario=scenario, pathway=pathway, budget_bn=budget_bn,
        site_budget_bn=site_budget_bn, replicates=replicates, seed=seed, threads=threads,
    )  # fmt: skip


def optimise_command(
    scenario: Scenario = "nguyen-khe",
    law: Law = "middle",
    objectives: Annotated[str, typer.Option(help="help.objectives")] = "level1_2035,abatement_2035,jobs_2035,pv_outlay_2035",
    algorithm: Annotated[str, typer.Option(help="help.algorithm")] = "nsga3",
    points: Annotated[int, typer.Option(help="help.population")] = 32,
    generations: Annotated[int, typer.Option(help="help.generations")] = 16,
    replicates: Replicates = 4,
    seed: Seed = 1,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    out = out or Path("out") / f"optimise-{slug(scenario)}"

    def analyse(case, progress):
        from ...experiments.analyses.optimise import optimise

        return optimise(
            case, objectives=listed(objectives), points=points, generations=generations, algorithm=algorithm, out=out,
            progress=progress,
        )  # fmt: skip

    conduct(
        "optimise", analyse, lang, out, as_json, scenario=scenario, law=law, replicates=replicates, seed=seed, threads=threads,
    )  # fmt: skip


def portfolio_command(
    scenario: Scenario = "hanoi",
    policy: Policy = "vietnam-2020",
    law: Law = "middle",
    aim: Annotated[str, typer.Option(help="help.aim")] = "abatement",
    budget_bn: Budget = 150.0,
    site_budget_bn: SiteBudget = None,
    replicates: Replicates = 4,
    seed: Seed = 1,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.portfolio import portfolio

        return portfolio(case, aim=aim, progress=progress)

    conduct(
        "portfolio", analyse, lang, out, as_json, scenario=scenario, policy=policy, law=law, budget_bn=budget_bn, site_budget_bn=site_budget_bn,
        replicates=replicates, seed=seed, threads=threads,
    )  # fmt: skip


def hypotheses_command(
    only: Annotated[str, typer.Option(help="help.only", show_default=False)] = "",
    quick: Annotated[bool, typer.Option("--quick", help="help.quick")] = False,
    draws: Annotated[int | None, typer.Option(help="help.draws", show_default=False)] = None,
    seed: Seed = 1,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    # a few claims get a folder of their own: what is kept of the others stays where it is
    parts = ["hypotheses", *(["quick"] if quick else []), *listed(only)]
    out = out or Path("out") / "-".join(parts)

    def analyse(case, progress):
        from ...experiments.analyses.hypotheses import hypotheses

        return hypotheses(case, only=listed(only), quick=quick, draws=draws, out=out, progress=progress)

    conduct("hypotheses", analyse, lang, out, as_json, seed=seed, threads=threads)
