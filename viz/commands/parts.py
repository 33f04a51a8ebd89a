"""`ecocluster replay | merge`: one row of a sweep again, and the parts of one plan as one sweep."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import Words
from .common import AsJson, Lang, Out
from .sweeps import Folder, OtherProcessor, report

if TYPE_CHECKING:
    from ...experiments.sweeps.replay import Replay

SHOWN = 5  # differences that are printed


def add_to(app: typer.Typer) -> None:
    app.command("replay", help="help.replay")(replay_command)
    app.command("merge", help="help.merge")(merge_command)


def replay_command(
    folder: Folder,
    point: Annotated[int, typer.Option(help="help.replay_point")],
    replicate: Annotated[int, typer.Option(help="help.replay_replicate")],
    out: Out = None,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    from ...experiments.folder import check_folder, write_folder
    from ...experiments.sweeps.replay import replay

    say = Words(lang)
    name = folder.rstrip("/").rpartition("/")[2]
    target = check_folder(out or Path("out") / f"replay-{name}-{point}-{replicate}")
    found = replay(folder, point, replicate)
    write_folder(
        target, found.files(), {"sweep": found.path, "point": found.point, "replicate": found.replicate, "same": found.same}
    )
    if as_json:
        print(json.dumps(_as_json(found, target), ensure_ascii=False))
    else:
        _tell(found, target, say)
    if not found.same:
        raise typer.Exit(1)


def merge_command(
    parts: Annotated[list[str], typer.Argument(help="help.merge_parts")],
    out: Annotated[str, typer.Option("--out", help="help.merge_out")],
    other_processor: OtherProcessor = False,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    from ...experiments.sweeps.merge import merge

    report(merge(parts, out, other_processor=other_processor), out, Words(lang), as_json, None)


def _as_json(found: Replay, target: Path) -> dict[str, Any]:
    def plain(value: float | str) -> float | str | None:
        return None if isinstance(value, float) and value != value else value

    differing = [{name: plain(value) for name, value in asdict(entry).items()} for entry in found.differing]
    return {
        "path": found.path, "point": found.point, "replicate": found.replicate, "rows": found.rows, "results": found.results,
        "same": found.same, "differing": differing, "other_versions": found.other_versions,
        "other_processor": found.other_processor, "out": str(target),
    }  # fmt: skip


def _tell(found: Replay, target: Path, say: Words) -> None:
    where = {"point": found.point, "replicate": found.replicate, "rows": found.rows, "results": say.number(found.results)}
    if found.same:
        print(say("replay.same", **where))
    else:
        print(say("replay.differs", **where, count=say.number(len(found.differing))))
        for entry in found.differing[:SHOWN]:
            arm = ", ".join(filter(None, (say.name("pathway", entry.pathway), entry.policy)))
            print(say("replay.difference", arm=arm, column=entry.column, stored=entry.stored, found=entry.found))
    for key in ("other_versions", "other_processor"):
        if told := getattr(found, key):
            print(say(f"replay.{key}", found=told), file=sys.stderr)
    print(say("replay.written", path=target))
