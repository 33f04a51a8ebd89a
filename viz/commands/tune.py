"""`ecocluster tune`: each programme at its best, as stored; and searching it anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..words import Words
from .common import AsJson, Lang, Threads, listed, open_console, show_progress


def add_to(app: typer.Typer) -> None:
    app.command("tune", help="help.tune")(tune_command)


def tune_command(
    renew: Annotated[bool, typer.Option("--renew", help="help.renew_tuned")] = False,
    pathways: Annotated[str, typer.Option(help="help.tune_pathways", show_default=False)] = "",
    budgets: Annotated[str, typer.Option(metavar="BN_VND,...", help="help.tune_budgets")] = "150,50,300",
    effort: Annotated[int | None, typer.Option(help="help.tune_effort", show_default=False)] = None,
    threads: Threads = None,
    lang: Lang = "en",
    out: Annotated[Path, typer.Option(help="help.tune_out")] = Path("out") / "tune",
    as_json: AsJson = False,
) -> None:
    from ...experiments import tuned
    from ...experiments.analyses.finding import as_facts
    from ...experiments.errors import check_number, check_threads
    from ..tuned import tuned_lines

    say = Words(lang)
    if renew:
        from ...experiments.analyses.tune import EFFORT, tune
        from ...experiments.folder import check_folder

        wanted = _some("--pathways", listed(pathways), tuned.PATHWAYS)
        money = [int(budget) for budget in _some("--budgets", listed(budgets), tuple(map(str, tuned.BUDGETS)))]
        effort = EFFORT if effort is None else check_number("--effort", effort, 1, 10_000, whole=True)
        check_threads(threads)
        check_folder(out)
        kept = tuned.load()
        found = tuned.empty() if kept is None or kept.older else kept
        with show_progress(say) as progress:
            for more in tune(pathways=wanted, budgets=money, effort=effort, out=out, threads=threads, progress=progress):
                found = found.with_more(more)
                tuned.SHIPPED.store(found)
    kept = tuned.SHIPPED.need()
    if as_json:
        programmes = [{"pathway": p, "aim": aim, "budget_bn": budget, "regret": own.regret, "lower_bound": own.lower_bound, **asdict(own)}
                      for (p, aim, budget), own in kept.programmes.items()]  # fmt: skip
        facts = {"older": kept.older, "golden": kept.golden, "question": kept.question, "searched": kept.searched, "told": kept.told}  # fmt: skip
        print(
            json.dumps(as_facts({**facts, "missing": kept.missing, "programmes": programmes}), allow_nan=False, ensure_ascii=False)
        )
        return
    console = open_console()
    for line in tuned_lines(kept, say):
        console.print(line, highlight=False)
    if renew:
        console.print(say("tuned.stored", path=tuned.SHIPPED.path), highlight=False, soft_wrap=True)


def _some(option: str, given: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Values of an option, each one of those that are known and named once; nothing: all."""
    from ...experiments.errors import InputError

    for index, value in enumerate(given):
        if value not in known:
            raise InputError("not_one_of", name=option, value=value, known=", ".join(known))
        if value in given[:index]:
            raise InputError("duplicate", kind=option, value=value)
    return given or known
