"""`ecocluster brief OUT`: two printed pages about a pathway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..words import Words
from .common import Lang, Threads, asks, open_console, show_progress, show_status, slug

HEAD = b"%PDF-"
WORLDS = 20  # a brief is wanted soon; --worlds 100 takes as long as `compare`


def add_to(app: typer.Typer) -> None:
    app.command("brief", help="help.brief")(brief_command)


@asks("compare", without=("pathways", "scale", "equal", "tuned"))
def brief_command(
    out: Annotated[Path, typer.Argument(help="help.brief_out")],
    asked: dict[str, Any],
    pathway: Annotated[str, typer.Option(help="help.brief_pathway")] = "combined",
    year: Annotated[int, typer.Option(help="help.brief_year")] = 2035,
    threads: Threads = None,
    lang: Lang = "en",
) -> None:
    from ...experiments import compare
    from ...experiments.columns import YEARS
    from ...experiments.errors import InputError
    from ...experiments.question import PATHWAYS
    from ...scenarios.given import path_of
    from ..brief_pdf import brief_pdf
    from ..places import law_title

    say, arm = Words(lang), pathway
    if year not in YEARS:
        raise InputError("not_among", name="--year", value=year, known=", ".join(map(str, YEARS)))
    if arm in ("null", "law"):
        raise InputError("not_among", name="--pathway", value=arm, known=", ".join(PATHWAYS[2:]))
    given = path_of(out, "OUT")
    path = given if given.suffix.lower() == ".pdf" else given / f"brief-{slug(asked['scenario'])}-{lang}.pdf"
    _check(path)
    if asked["worlds"] is None and not asked["fixed"]:
        asked["worlds"] = WORLDS
    pathways = PATHWAYS if arm in PATHWAYS else (*PATHWAYS, arm)
    with show_progress(say) as progress:
        comparison = compare(**asked, pathways=pathways, threads=threads, progress=progress)
    told = next(name for name, asked_for in zip(comparison.arms, comparison.question.pathways, strict=True) if asked_for == arm)
    with show_status(say("cli.drawing")):
        _write(path, brief_pdf(comparison, told, year, law_title(comparison.question.law, say), say))
    open_console().print(say("brief.written", path=path), highlight=False, soft_wrap=True)


def _check(path: Path) -> None:
    """Refuse a place before any time is spent on runs: a file that is no PDF is somebody's."""
    from ...experiments.errors import InputError
    from ...experiments.folder import check_place

    check_place(path.parent)
    if path.exists():
        if not path.is_file():
            raise InputError("brief_not_ours", path=path)
        with path.open("rb") as stream:
            if stream.read(len(HEAD)) != HEAD:
                raise InputError("brief_not_ours", path=path)


def _write(path: Path, content: bytes) -> None:
    """The file, whole or not at all."""
    from ...experiments.errors import InputError

    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError("out_failed", path=path, error=error.strerror) from error
