"""The frame of all analyses: what is asked (`Case`), what is found (`Finding`), and how it is kept in a folder.

An analysis is a function of a `Case` and options of its own that gives a `Finding`:

    def barriers(case: Case, *, pairs: bool = True, progress=None) -> Finding:
        frame = case.run([case.trial(policy=name) for name in policies], ("abatement_share_2035",), progress)
        ...
        return Finding("barriers", case.command("barriers", pairs=pairs), table, facts, {"pairs": pairs_table})

It computes numbers and tables only. Words, figure and page are its module of the same name in `viz/analyses`.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...model.border import bordered
from ...model.renamed import BUDGETS, renamed
from ...scenarios.given import path_of
from ..errors import InputError, check_threads
from ..folder import read_manifest, write_folder
from ..outcome import outcome_of
from ..plain_names import hash_inside, path_inside, read_json
from ..question import COMMANDS, checked, command_line
from ..spreadsheet import csv_bytes, frame_as_it_was
from ..statistics import Estimate
from ..with_modules import check_modules

if TYPE_CHECKING:
    import pandas as pd

    from ..sweeps.trials import Trial

__all__ = ["Case", "Finding", "Progress", "as_facts", "read_finding"]

Progress = Callable[[int, int], None] | None
MAIN = "table"  # file name of the finding's own table; the others are named in `data`
NAMES = {  # of facts and columns before those of money carried their unit
    **BUDGETS, "top_budget": "top_budget_bn", "knee_budget": "knee_budget_bn",
}  # fmt: skip
FORMAT = 2  # of what is kept; facts without one are of before there was a law alone, and were others


@renamed(BUDGETS)
@bordered
@dataclass(frozen=True)
class Case:
    """What every analysis is asked about: a place, a pathway with its policy and budget, and how much luck is drawn.

    Attributes
    ----------
    scenario : str
        Name of a site that ships, or a scenario file.
    pathway : str
        Pathway or portfolio that is looked at; its matched null comes with it.
    policy : str
    law : str
        Of 2020 and later; `null.NAME` is this law alone.
    budget_bn : float
        bn VND a year for the city, >= 0.
    site_budget_bn : float or None
        bn VND a year for this site instead of its share.
    replicates : int
        Paired replicates of every point, >= 1.
    seed : int
        0 to 2^63 - 1; 0 is a seed like any other.
    threads : int or None
        None: one per core. Does not change a bit of the result.
    """

    scenario: str = "nguyen-khe"
    pathway: str = "combined"
    policy: str = "vietnam-2020"
    budget_bn: float = 150.0
    site_budget_bn: float | None = None
    replicates: int = 8
    seed: int = 1
    threads: int | None = None
    law: str = "middle"

    def __post_init__(self) -> None:
        for name in ("replicates", "seed", "budget_bn", "site_budget_bn"):
            if getattr(self, name) is not None:
                checked(name, getattr(self, name))
        check_threads(self.threads)

    @property
    def one_cluster(self) -> bool:
        """Is the place a single cluster? Then a share of clusters is a probability."""
        from ...scenarios import load_scenario

        return load_scenario(self.scenario).site.one_cluster

    def trial(self, **changes: Any) -> Trial:
        """The case as one experiment; `changes` are fields of `Trial` (uncertainties, levers, budget_bn, ...)."""
        from ..sweeps.trials import Trial

        own = {name: getattr(self, name) for name in ("scenario", "pathway", "policy", "law", "budget_bn", "site_budget_bn")}
        return Trial(**{**own, **changes})

    def run(self, trials: Sequence[Trial], outcomes: Sequence[str], progress: Progress = None, **options: Any) -> pd.DataFrame:
        """Run experiments with the case's replicates, seed and threads.

        Parameters
        ----------
        trials : sequence of Trial
        outcomes : sequence of str
            Names that `effects.effect` understands: indicators with a year, or derived ones (`outcome.DERIVED`).
        progress : callable, optional
        **options
            Passed on to `run_trials` (first_replicate, last_year, replicates, seed, ...).

        Returns
        -------
        pandas.DataFrame
            One row per (trial, replicate) that did not fail, see `run_trials`; `attrs["failed"]` counts the others.
        """
        from ..sweeps import trials as sweeps
        from .effects import columns_of

        columns = columns_of(outcomes)
        asked = {"replicates": self.replicates, "seed": self.seed, "threads": self.threads}
        if not options.get("traces"):  # nothing is simulated beyond the last year that is asked for
            asked["last_year"] = max(outcome_of(column).year for column in columns) + 1
        frame = sweeps.run_trials(list(trials), outcomes=columns, progress=progress, **{**asked, **options})
        lost = frame["failed"] != ""
        if lost.all():
            raise InputError("no_runs", reason=frame["failed"].iloc[0])
        kept = frame[~lost].reset_index(drop=True)
        kept.attrs["failed"] = int(lost.sum())
        return kept

    def command(self, name: str, **options: Any) -> str:
        """The command line that gives the same numbers again.

        Parameters
        ----------
        name : str
            Command.
        **options
            The analysis's own options, see `question.option_words`.
        """
        return command_line(name, {field: getattr(self, field) for field in COMMANDS[name]}, options)


def as_facts(value: Any) -> Any:
    """Numbers, texts, lists and mappings as JSON has them: an `Estimate` becomes a mapping, nan becomes None."""
    if isinstance(value, Estimate):
        facts = {name: as_facts(getattr(value, name)) for name in ("mean", "low", "high", "runs")}
        return {**facts, "reason": value.reason} if value.reason else facts
    if isinstance(value, Mapping):
        return {str(key): as_facts(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_facts(part) for part in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return as_facts(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@dataclass(frozen=True)
class Finding:
    """What an analysis found; everything that words, table and figure are made of.

    Attributes
    ----------
    name : str
        Of the analysis: module of `viz/analyses` and family of its words.
    command : str
        The command line that made it.
    table : pandas.DataFrame
        The numbers in full; the page shows a selection in words.
    facts : dict
        What the sentences need. Only what JSON has (`as_facts` is applied): nan is None.
    data : mapping of str to pandas.DataFrame
        Further tables that the figure is drawn from.
    """

    name: str
    command: str
    table: pd.DataFrame
    facts: dict[str, Any] = field(default_factory=dict)
    data: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", as_facts(self.facts))

    @property
    def scenario(self) -> str:
        """The place it is about: the first argument of the command; empty if it begins with an option."""
        first = (shlex.split(self.command) + [""] * 3)[2]
        return "" if first.startswith("-") else first

    @property
    def one_cluster(self) -> bool:
        """Is it about a single cluster? See `Case.one_cluster`."""
        return bool(self.facts.get("one_cluster"))

    def to_json(self) -> dict[str, Any]:
        """Name, command, facts and the table's rows, ready for `json.dumps`."""
        rows = as_facts(self.table.to_dict("records"))
        return {"name": self.name, "command": self.command, "facts": self.facts, "table": rows}

    def files(self) -> dict[str, bytes]:
        """The finding as files: the same bytes for the same question."""
        facts = {"format": FORMAT, "name": self.name, "command": self.command, "facts": self.facts}
        return {
            "facts.json": (json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(),
            **{f"{name}.csv": csv_bytes(frame) for name, frame in {MAIN: self.table, **self.data}.items()},
        }

    def write(self, out: str | Path, more: Mapping[str, bytes] | None = None) -> Path:
        """Write `files()` and `more` (figure, report) into a folder, whole or not at all.

        Raises
        ------
        InputError
            If the folder holds files that are not ours, or cannot be written.
        """
        about = {"command": self.command, "finding": self.name, "tables": [MAIN, *self.data]}
        return write_folder(out, {**self.files(), **(more or {})}, about)


def read_finding(folder: str | Path) -> Finding:
    """A finding that `Finding.write` kept, e.g. to draw it again in another language.

    Raises
    ------
    InputError
        If the folder holds none, one of an older version, whose facts were others, or one of modules that are not loaded.
    """
    import pandas as pd

    where = path_of(folder)
    try:
        manifest = read_manifest(where)
        tables, modules = manifest["tables"], [dict(entry) for entry in manifest.get("modules", ())]
        kept = read_json(where, "facts.json")
        edited = [
            name
            for name in ("facts.json", *(f"{table}.csv" for table in tables))
            if hash_inside(where, name) != manifest["files"].get(name)
        ]
        older = kept["command"] if kept.get("format") != FORMAT else ""
        frames = {
            # only an empty cell is missing: "null" is the name of a pathway
            name: pd.read_csv(
                path_inside(where, f"{name}.csv"), float_precision="round_trip", keep_default_na=False, na_values=[""]
            )
            for name in tables
        }
        frames = {name: frame_as_it_was(frame).rename(columns=NAMES) for name, frame in frames.items()}
        found = Finding(kept["name"], kept["command"], frames.pop(MAIN), _renamed(kept["facts"]), frames)
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        raise InputError("not_a_finding", path=where) from error
    if edited:
        raise InputError("finding_edited", path=where / edited[0])
    check_modules(modules, str(where), to_write=False)
    if older:
        raise InputError("older_finding", path=where, command=older)
    return found


def _renamed(facts: Any) -> Any:
    """Facts of before under the names of today."""
    if isinstance(facts, Mapping):
        return {NAMES.get(name, name): _renamed(part) for name, part in facts.items()}
    return [_renamed(part) for part in facts] if isinstance(facts, list) else facts
