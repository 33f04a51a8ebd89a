"""`ecocluster ranking`: what stops it and which solution gives most for its money, as stored; and running it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..words import Words
from .common import AsJson, Lang, Threads, open_console, show_progress


def add_to(app: typer.Typer) -> None:
    app.command("ranking", help="help.ranking")(ranking_command)


def ranking_command(
    renew: Annotated[bool, typer.Option("--renew", help="help.renew_ranking")] = False,
    threads: Threads = None,
    lang: Lang = "en",
    out: Annotated[Path, typer.Option(help="help.ranking_out")] = Path("out") / "ranking",
    as_json: AsJson = False,
) -> None:
    from ...experiments.analyses.finding import as_facts
    from ...experiments.errors import check_threads
    from ...experiments.stored_ranking import SHIPPED
    from ..ranking import SHOWN, ranking_lines

    say = Words(lang)
    if renew:
        from ...experiments.analyses.ranking import rank
        from ...experiments.folder import check_folder

        check_threads(threads)
        check_folder(out)
        with show_progress(say) as progress:
            found = rank(out=out, threads=threads, progress=progress)
        SHIPPED.store(found)
    kept = SHIPPED.need()
    if as_json:
        orders = {f"{kind}.{outcome}": getattr(kept, kind)(outcome) for kind, outcome in SHOWN}
        facts = {"worlds": kept.worlds, "failed": kept.failed, "older": kept.older, "golden": kept.golden, "question": kept.question}  # fmt: skip
        facts |= {
            name: {"tie": o.tie, "nothing": o.nothing, "places": [vars(place) for place in o.places]} for name, o in orders.items()
        }
        print(json.dumps(as_facts(facts), allow_nan=False, ensure_ascii=False))
        return
    console = open_console()
    for line in ranking_lines(kept, say):
        console.print(line, highlight=False)
    if renew:
        console.print(say("ranking.stored", path=SHIPPED.path), highlight=False, soft_wrap=True)
