"""The commands about causes and choices: barriers, trust, mechanisms, solutions, effects of levers, optimisation, portfolio, hypotheses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .analyses import Outcome, conduct
from .common import AsJson, Lang, Out, Threads, asks, listed, slug


def add_to(app: typer.Typer) -> None:
    for name, command in (
        ("barriers", barriers_command), ("trust", trust_command), ("mechanisms", mechanisms_command), ("solutions", solutions_command),
        ("lever-effects", lever_effects_command), ("optimise", optimise_command), ("portfolio", portfolio_command),
        ("hypotheses", hypotheses_command),
    ):  # fmt: skip
        app.command(name, help=f"help.{name}")(command)


@asks("barriers")
def barriers_command(
    asked: dict[str, Any],
    outcome: Outcome = "abatement_share_2035",
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.barriers import barriers

        return barriers(case, outcome=outcome, progress=progress)

    conduct("barriers", analyse, asked, threads, lang, out, as_json)


@asks("trust")
def trust_command(
    asked: dict[str, Any],
    worlds: Annotated[int, typer.Option(help="help.trust_worlds")] = 20,
    settings_only: Annotated[bool, typer.Option("--settings-only", help="help.settings_only")] = False,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.trust import trust

        return trust(case, worlds=worlds, settings_only=settings_only, progress=progress)

    conduct("trust", analyse, asked, threads, lang, out, as_json)


@asks("mechanisms")
def mechanisms_command(
    asked: dict[str, Any],
    only: Annotated[str, typer.Option(help="help.only_mechanisms", show_default=False)] = "",
    worlds: Annotated[int, typer.Option(help="help.trust_worlds")] = 20,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.mechanisms import mechanisms

        return mechanisms(case, only=listed(only), worlds=worlds, progress=progress)

    conduct("mechanisms", analyse, asked, threads, lang, out, as_json)


@asks("solutions")
def solutions_command(
    asked: dict[str, Any],
    outcome: Outcome = "abatement_share_2035",
    stage: Annotated[float, typer.Option(help="help.stage")] = 2.0,
    part: Annotated[bool, typer.Option("--part", help="help.part")] = False,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.solutions import solutions

        return solutions(case, outcome=outcome, stage=stage, part=part, progress=progress)

    conduct("solutions", analyse, asked, threads, lang, out, as_json)


@asks("lever-effects")
def lever_effects_command(
    asked: dict[str, Any],
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.lever_effects import lever_effects

        return lever_effects(case, progress=progress)

    conduct("lever-effects", analyse, asked, threads, lang, out, as_json)


@asks("optimise")
def optimise_command(
    asked: dict[str, Any],
    objectives: Annotated[str, typer.Option(help="help.objectives")] = "level1_2035,abatement_2035,jobs_2035,pv_outlay_2035",
    algorithm: Annotated[str, typer.Option(help="help.algorithm")] = "nsga3",
    points: Annotated[int, typer.Option(help="help.population")] = 32,
    generations: Annotated[int, typer.Option(help="help.generations")] = 16,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    out = out or Path("out") / f"optimise-{slug(asked['scenario'])}"

    def analyse(case, progress):
        from ...experiments.analyses.optimise import optimise

        return optimise(
            case, objectives=listed(objectives), points=points, generations=generations, algorithm=algorithm, out=out,
            progress=progress,
        )  # fmt: skip

    conduct("optimise", analyse, asked, threads, lang, out, as_json)


@asks("portfolio")
def portfolio_command(
    asked: dict[str, Any],
    aim: Annotated[str, typer.Option(help="help.aim")] = "abatement",
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case, progress):
        from ...experiments.analyses.portfolio import portfolio

        return portfolio(case, aim=aim, progress=progress)

    conduct("portfolio", analyse, asked, threads, lang, out, as_json)


@asks("hypotheses")
def hypotheses_command(
    asked: dict[str, Any],
    only: Annotated[str, typer.Option(help="help.only", show_default=False)] = "",
    quick: Annotated[bool, typer.Option("--quick", help="help.quick")] = False,
    draws: Annotated[int | None, typer.Option(help="help.draws", show_default=False)] = None,
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

    conduct("hypotheses", analyse, asked, threads, lang, out, as_json)
