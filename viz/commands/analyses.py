"""The commands of the analyses: `calibration`, `sensitivity`, `guesses`, `discover`, `robust`, `frontier`, `superadditivity`, `survival`,
`report`.

Every command asks for a case (`question.COMMANDS`) and has options of its own; `conduct` does the rest, for other files of commands too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import Words
from .common import AsJson, Lang, Out, Threads, asks, listed, open_console, show_progress, show_status, slug

if TYPE_CHECKING:
    from ...experiments.analyses.finding import Case, Finding, Progress

Pathways = Annotated[str, typer.Option(help="help.pathways_studied")]
Points = Annotated[int, typer.Option(help="help.points")]
Outcome = Annotated[str, typer.Option(help="help.outcome")]


Outcomes = Annotated[str, typer.Option(help="help.outcomes")]
Uncertainties = Annotated[str, typer.Option(help="help.uncertainties", show_default=False)]
Stored = Annotated[Path | None, typer.Option("--from", help="help.from", show_default=False)]

ALL = "self-transition,symbiosis,newly-planned,combined"


def add_to(app: typer.Typer) -> None:
    app.command("calibration", help="help.calibration")(calibration_command)
    app.command("sensitivity", help="help.sensitivity")(sensitivity_command)
    app.command("guesses", help="help.guesses")(guesses_command)
    app.command("discover", help="help.discover")(discover_command)
    app.command("robust", help="help.robust")(robust_command)
    app.command("frontier", help="help.frontier")(frontier_command)
    app.command("superadditivity", help="help.superadditivity")(superadditivity_command)
    app.command("survival", help="help.survival")(survival_command)
    app.command("report", help="help.report")(report_command)


def conduct(
    name: str,
    analyse: Callable[[Case, Progress], Finding],
    asked: dict[str, Any],
    threads: int | None,
    lang: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run an analysis with progress, write its folder and print what it found; nothing is written before the end.

    Parameters
    ----------
    name : str
        Of the analysis; the folder is `out/NAME-SCENARIO` unless `out` names one.
    analyse : callable
        Gets the case and the progress function, gives the finding. Heavy imports belong inside it.
    asked : dict
        Fields of `Case`.
    threads, lang, out, as_json
        Options of the command.
    """
    import json

    from ...experiments.analyses.finding import Case
    from ...experiments.folder import check_folder

    say, case = Words(lang), Case(**asked, threads=threads)
    out = out or Path("out") / f"{name}-{slug(case.scenario)}"
    check_folder(out)
    with show_progress(say) as progress:
        finding = analyse(case, progress)
    from ..analyses.page import print_finding, write_finding

    with show_status(say("cli.drawing")):
        write_finding(finding, out, lang)
    if as_json:
        print(json.dumps({**finding.to_json(), "out": str(out)}, allow_nan=False, ensure_ascii=False))
        return
    console = open_console()
    print_finding(finding, console, say)
    console.print("\n" + say("cli.written", path=out), highlight=False, soft_wrap=True)


def numbers(name: str, text: str) -> tuple[float, ...]:
    """Numbers of a comma-separated option; `name` is the option as the user knows it."""
    from ...scenarios.given import number_of

    return tuple(float(number_of(part, name)) for part in listed(text))


@asks("calibration")
def calibration_command(
    asked: dict[str, Any],
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case: Case, progress: Progress) -> Finding:
        from ...experiments.analyses.calibration import calibration

        return calibration(case, progress=progress)

    conduct("calibration", analyse, asked, threads, lang, out, as_json)


@asks("sensitivity")
def sensitivity_command(
    asked: dict[str, Any],
    outcome: Outcome = "abatement_share_2035",
    trajectories: Annotated[int, typer.Option(help="help.trajectories")] = 6,
    strongest: Annotated[int, typer.Option(help="help.strongest")] = 5,
    base: Annotated[int, typer.Option(help="help.base")] = 32,
    uncertainties: Uncertainties = "",
    stored: Stored = None,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case: Case, progress: Progress) -> Finding:
        from ...experiments.analyses.sensitivity import sensitivity, sensitivity_of
        from ...experiments.analyses.stored import read_sweep

        if stored is not None:
            return sensitivity_of(read_sweep(stored), outcome=outcome, pathway=asked["pathway"], seed=asked["seed"])
        return sensitivity(
            case, outcome=outcome, trajectories=trajectories, strongest=strongest, base=base,
            uncertainties=listed(uncertainties), progress=progress,
        )  # fmt: skip

    conduct("sensitivity", analyse, asked, threads, lang, out, as_json)


@asks("guesses")
def guesses_command(
    asked: dict[str, Any],
    pathways: Pathways = ALL,
    trajectories: Annotated[int, typer.Option(help="help.trajectories")] = 16,
    strongest: Annotated[int, typer.Option(help="help.strongest")] = 10,
    base: Annotated[int, typer.Option(help="help.base")] = 256,
    uncertainties: Annotated[str, typer.Option(help="help.guesses_uncertainties", show_default=False)] = "",
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    out = out or Path("out") / f"guesses-{slug(asked['scenario'])}"

    def analyse(case: Case, progress: Progress) -> Finding:
        from ...experiments.analyses.guesses import guesses

        return guesses(
            case, pathways=listed(pathways), trajectories=trajectories, strongest=strongest, base=base,
            uncertainties=listed(uncertainties), out=out, progress=progress,
        )  # fmt: skip

    conduct("guesses", analyse, asked, threads, lang, out, as_json)


@asks("discover")
def discover_command(
    asked: dict[str, Any],
    failure: Annotated[str, typer.Option(help="help.failure")] = "level1_2035<0.5",
    points: Points = 300,
    uncertainties: Uncertainties = "",
    stored: Stored = None,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case: Case, progress: Progress) -> Finding:
        from ...experiments.analyses.discover import discover, discover_in
        from ...experiments.analyses.stored import read_sweep

        if stored is not None:
            return discover_in(read_sweep(stored), failure=failure, pathway=asked["pathway"])
        return discover(case, failure=failure, count=points, uncertainties=listed(uncertainties), progress=progress)

    conduct("discover", analyse, asked, threads, lang, out, as_json)


@asks("robust")
def robust_command(
    asked: dict[str, Any],
    pathways: Pathways = ALL,
    outcome: Outcome = "abatement_share_2035",
    rules: Annotated[str, typer.Option(help="help.rules")] = "abatement_share_2035>=0.05,level1_2035>=0.5",
    points: Points = 100,
    surface: Annotated[str, typer.Option(help="help.surface", show_default=False)] = "",
    grid: Annotated[int, typer.Option(help="help.grid")] = 6,
    uncertainties: Uncertainties = "",
    stored: Stored = None,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case: Case, progress: Progress) -> Finding:
        from ...experiments.analyses.robust import robust, robust_in
        from ...experiments.analyses.stored import read_sweep

        if stored is not None:
            return robust_in(read_sweep(stored), pathways=listed(pathways), outcome=outcome, rules=listed(rules))
        return robust(
            case, pathways=listed(pathways), outcome=outcome, rules=listed(rules), count=points, surface=listed(surface),
            grid=grid, uncertainties=listed(uncertainties), progress=progress,
        )  # fmt: skip

    conduct("robust", analyse, asked, threads, lang, out, as_json)


@asks("frontier")
def frontier_command(
    asked: dict[str, Any],
    pathways: Pathways = ALL,
    budgets: Annotated[str, typer.Option(metavar="BN_VND,...", help="help.budgets")] = "0,25,50,100,150,225,300",
    outcome: Outcome = "abatement_2035",
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case: Case, progress: Progress) -> Finding:
        from ...experiments.analyses.frontier import frontier

        ladder = numbers("--budgets", budgets)
        return frontier(case, pathways=listed(pathways), budgets_bn=ladder, outcome=outcome, progress=progress)

    conduct("frontier", analyse, asked, threads, lang, out, as_json)


@asks("superadditivity")
def superadditivity_command(
    asked: dict[str, Any],
    pathways: Pathways = "self-transition,symbiosis,combined",
    outcomes: Outcomes = "abatement_2035,recp_share_2035,real_share_2035,value_added_2035",
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case: Case, progress: Progress) -> Finding:
        from ...experiments.analyses.superadditivity import superadditivity

        return superadditivity(case, pathways=listed(pathways), outcomes=listed(outcomes), progress=progress)

    conduct("superadditivity", analyse, asked, threads, lang, out, as_json)


@asks("survival")
def survival_command(
    asked: dict[str, Any],
    pathways: Pathways = ALL,
    horizon: Annotated[int, typer.Option(help="help.horizon")] = 2045,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    def analyse(case: Case, progress: Progress) -> Finding:
        from ...experiments.analyses.survival import survival

        return survival(case, pathways=listed(pathways), horizon=horizon, progress=progress)

    conduct("survival", analyse, asked, threads, lang, out, as_json)


def report_command(
    folders: Annotated[list[Path], typer.Argument(help="help.report_folders")],
    lang: Lang = "en",
    out: Out = None,
) -> None:
    from ..analyses.page import write_pages

    out = out or Path("out") / "report"
    write_pages(folders, out, lang)
    print(Words(lang)("finding.report_written", path=out))
