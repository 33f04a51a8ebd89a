"""`ecocluster worlds`: which draws of the uncertain parameters are kept, and finding them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..words import Words
from .common import Lang, Threads, open_console, show_progress


def add_to(app: typer.Typer) -> None:
    app.command("worlds", help="help.worlds_command")(worlds_command)


def worlds_command(
    renew: Annotated[bool, typer.Option("--renew", help="help.renew")] = False,
    count: Annotated[int, typer.Option(help="help.worlds_count")] = 500,
    threads: Threads = None,
    lang: Lang = "en",
    out: Annotated[Path, typer.Option(help="help.worlds_out")] = Path("out") / "worlds",
) -> None:
    from ...experiments import worlds as data
    from ...experiments.errors import check_number, check_threads

    say = Words(lang)
    if renew:
        check_number("--count", count, data.SEARCH[1], 10_000, whole=True)
        check_threads(threads)
        with show_progress(say) as progress:
            found = data.find_worlds(count, folder=out, threads=threads, progress=progress)
        data.SHIPPED.store(found)
    kept = data.stored()
    console = open_console()
    share = say.percent(kept.passed["all"], 1)
    console.print(say("worlds.kept", kept=len(kept.numbers), tried=kept.tried, share=share, seed=kept.seed), highlight=False)
    for name, band in data.BANDS.items():
        digits = 0 if band.high > 10 else 3
        low, high = (say.number(side, digits) for side in (band.low, band.high))
        line = say("worlds.band", share=say.percent(kept.passed[name]), band=say.name("band", name), low=low, high=high)
        console.print(f"  {line}", highlight=False)
    console.print(say("worlds.roles"), highlight=False)
    console.print(say("sure.older" if kept.older else "worlds.same"), highlight=False)
    if renew:
        console.print(say("worlds.stored", path=data.SHIPPED.path), highlight=False, soft_wrap=True)
