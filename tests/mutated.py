"""Inputs with something changed, and all that reads an input: what is read is used or refused with a reason, and nothing else happens.

`READERS` names every reader: a sound input, and a function that reads it from a folder. `inputs` is a strategy of hypothesis that
changes sound inputs; `attack` gives one to its reader and says what came of it, or what must never be.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

__all__ = ["READERS", "attack", "inputs", "prepare"]

ROOT = Path(__file__).parents[1]
REFUSALS = ("ScenarioError", "InputError", "ModuleError")
MOST_OPENED, MOST_LINES, MOST_WRITTEN = 400, 400, 3_000_000  # files opened, lines said, bytes written for one small input

# what people, text processors, spreadsheets and attackers write where something else is meant
NUMBERS = [
    "0",
    "-1",
    "1e400",
    "nan",
    "-inf",
    "9" * 30,
    "9" * 309,
    "9" * 4301,
    "1_000",
    "１５０",
    "1,5",
    "0x10",
    "1e-320",
    "-0.0",
    "3.5",
    "true",
]
TEXTS = ["", "\\u0000", "../../../etc/passwd", "/dev/zero", "https://x/y", "~nosuchuser/x", "[/x]", "[bold]", "=HYPERLINK(1)", "{0}", "%s", "{value}",
         "Tha\u0301nh", "\u202e\u2066", "x" * 300, "con", "os", "..sweeps", "null", "law", "<script>alert(1)</script>", "\\ud800", "\U0001f4a3"]  # fmt: skip
SIGNS = [
    "\0",
    "\x1b[31m",
    "“",
    "”",
    "\\",
    "\r",
    "\t",
    ";",
    ",",
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    "#",
    "\ufeff",
    "\u2028",
    "́",
    "\n\n",
]
BROKEN = ["utf-16", "latin-1", "cp1258", "utf-8-sig"]


@dataclass(frozen=True)
class Reader:
    """Something that reads.

    Attributes
    ----------
    sound : str
        An input that is used.
    name : str
        Of its file.
    read : callable
        Gets the folder of the file and the file.
    code : bool
        Only what stands between quotation marks and numbers is changed: the rest would be run.
    """

    sound: str
    name: str
    read: Callable[[Path, Path], Any]
    code: bool = False


# --- inputs -----------------------------------------------------------------------------------------


@st.composite
def inputs(draw, sound: str, code: bool = False) -> bytes:
    """A sound input with one to three changes."""
    text = draw(st.sampled_from(sound.splitlines())) if sound == COMMANDS else sound
    for _ in range(draw(st.integers(1, 3))):
        text = draw(values(text) if code else st.one_of(values(text), lines(text), signs(text)))
    if not code and draw(st.integers(0, 19)) == 0:
        return text.encode(draw(st.sampled_from(BROKEN)), "replace")
    return text.encode("utf-8", "replace")


_LITERAL = re.compile(r'"[^"\n]*"|(?<![\w.])-?\d[\w.]*')


@st.composite
def values(draw, text: str) -> str:
    """One value in place of another."""
    found = list(_LITERAL.finditer(text))
    if not found:
        return text
    place = draw(st.sampled_from(found))
    number = st.sampled_from(NUMBERS)
    word = st.sampled_from(TEXTS).map(lambda inside: f'"{inside}"')
    made = draw(st.one_of(number, word, st.sampled_from(["[]", "{}", "[[1]]", '["a", 1]', "1979-05-27", "[" * 50 + "]" * 50])))
    if place[0].startswith('"') and draw(st.booleans()):
        made = draw(word)
    if text.startswith("module =") and not made.startswith('"'):  # Python: a word that it does not know would only stop it
        made = draw(st.sampled_from(["0", "-1", "1e400", "-1e400", "9" * 309, "None", "True", "()", "{}", "1e-320"]))
    return text[: place.start()] + made + text[place.end() :]


@st.composite
def lines(draw, text: str) -> str:
    """A line gone, twice, elsewhere, in other letters, or the end cut off."""
    parts = text.splitlines(keepends=True)
    if not parts:
        return text
    here, there = (draw(st.integers(0, len(parts) - 1)) for _ in range(2))
    kind = draw(st.integers(0, 5))
    if kind == 0:
        del parts[here]
    elif kind == 1:
        parts.insert(there, parts[here])
    elif kind == 2:
        parts[here], parts[there] = parts[there], parts[here]
    elif kind == 3:
        parts[here] = parts[here].upper()
    elif kind == 4:
        parts[here] = parts[here] * 40
    else:
        return text[: draw(st.integers(0, len(text)))]
    return "".join(parts)


@st.composite
def signs(draw, text: str) -> str:
    """A sign, a number or a word put in anywhere; a key misspelt."""
    place = draw(st.integers(0, len(text)))
    made = draw(st.sampled_from(SIGNS + NUMBERS + TEXTS) | st.text(max_size=5))
    return text[:place] + made + text[place + draw(st.integers(0, 2)) :]


# --- readers ----------------------------------------------------------------------------------------

SITE = """type = "scenario"
id = "mine"
name = "Mine"
kind = "city"
city_firms = 60
[parameters]
q_in = 0.5
[[clusters]]
id = "a"
name = "Cụm A"
firms_2018 = 20
area_planned = 9
area_built = 7.5
shared_land = 0.2
mix = { food = 0.6, textile = 0.4 }
[[clusters.firms]]
sector = "food"
workers = 12
"""
POLICY = """type = "policy"
id = "mine"
title = { vi = "Của tôi", en = "Mine" }
combine = ["korea"]
levers = { extension = 0.5, green_fund = 0.4 }
[schedules]
extension = { start = 2022, end = 2030 }
"""
PATHWAY = (
    'type = "pathway"\nid = "mine"\ntitle = { vi = "A", en = "B" }\n[levers]\nextension = 0.5\n[planned]\nplanned_slots = 20\n'
)
LAW = 'type = "law"\nid = "mine"\ntitle = { vi = "A", en = "B" }\n[levers]\ninspection_rate = 0.5\n'
SHOCKS = 'type = "shocks"\nid = "mine"\ntitle = { vi = "A", en = "B" }\n[[shocks]]\nkind = "demand"\nstart = 2030\nend = 2032\nfactor = 0.9\n'
EXPERIMENT = """scenario = "teaching"
pathways = ["self-transition", "symbiosis"]
policy = ["vietnam-2020", "korea"]
budget_bn = 150.5
replicates = 2
seed = 1
mode = "equal-budget"
steps = 104
outcomes = ["tco2e_2035", "jobs_2035"]
design = { kind = "lhs", points = 8 }
[uncertainties]
q_in = { low = 0.1, high = 0.4 }
growth = [0.02, 0.03]
discount_rate = 0.05
[levers]
extension = 0.5
"""
CONFIG = """type = "comparison"
scenario = "teaching"
pathways = ["symbiosis", "combined"]
policy = "korea"
law = "middle"
budget_bn = 100.0
replicates = 2
fixed = true
seed = 3
scale = 1.0
[levers]
extension = 0.9
"""
TABLE = "sector,workers,revenue,x,y,technologies,need,trust\nfood,12,5000,0.5,1.25,T1;T2,5,2\nDệt may,40,,,,T1+own_plant,,3.5\ncơ khí,7.5,2000.5,2,2,,4,\n"
LEADING = "site=phung&policy=korea&law=strict&budget_bn=150&replicates=8&replicate=3&year=2035&extension=0.5&pathway=symbiosis&outcome=jobs_2035" \
          "&folder=a&x=b&y=c&choice=sspc&search=x&mark=A&group=a&cluster=3&quarter=20&lang=vi"  # fmt: skip
COMMANDS = """compare teaching --fixed --replicates 1 --budget 100 --set extension=0.4 --law middle --pathways symbiosis,combined --policy korea --scale 1
run teaching --pathway symbiosis --replicate 2 --seed 3 --site-budget 4
sweep experiment.toml --dry-run
scenarios new mine --firms firms.csv --out made
scenarios show teaching --lang vi
robust teaching --points 20 --uncertainties q_in,growth --replicates 2
sensitivity teaching --trajectories 4 --outcome jobs_2035
frontier teaching --budgets 0,50,100
optimise teaching --generations 4
status out --json
export out --to runs.parquet
replay out --point 1 --replicate 0
report out --lang en
"""
MODULE = 'module = Module("mine", levers=(Lever("mine_lever", "what it does", "share", kind="money", high=0.9, cap=0.9, labels={"vi": "A", "en": "B"}),\n' \
         ' Lever("teams", "a team", cap=1.0, cost_mvnd=Cost(60.0, 30.0, 120.0, per="cluster"), labels={"vi": "A", "en": "B"})),\n' \
         ' parameters=(Parameter("price_of", 0.8, 0.4, 1.6, "mVND", "price"),), firm_state=("repaired",), cluster_state=("visited",),\n' \
         ' accounts=(Account("vouchers_of", "GRANTS", "aid", labels={"vi": "A", "en": "B"}),),\n' \
         ' indicators=(Indicator("repairs_of", "1/yr", "flow", "repairs", labels={"vi": "A", "en": "B"}),))\n'  # fmt: skip


def _validate(folder: Path, file: Path) -> None:
    from ecocluster.scenarios import validate_file

    validate_file(file)


def _experiment(folder: Path, file: Path) -> None:
    from ecocluster.experiments.sweeps.experiment import load_experiment

    load_experiment(file)


def _points(folder: Path, file: Path) -> None:
    from ecocluster.experiments.sweeps.experiment import make_experiment
    from ecocluster.experiments.sweeps.plans import plan_sweep

    plan_sweep(make_experiment({"scenario": "teaching", "pathways": ["symbiosis"], "seed": 1, "outcomes": ["jobs_2035"], "replicates": 1, "scale": 1.0,
                                "design": {"kind": "table", "file": str(file)}}))  # fmt: skip


def _config(folder: Path, file: Path) -> None:
    from ecocluster.experiments.configuration import read_config
    from ecocluster.experiments.question import ask

    given = read_config(file)
    given.pop("sample", None)
    if "scenario" in given:
        ask(given.pop("scenario"), given.pop("pathways", ("symbiosis",)), given.pop("policy", "vietnam-2020"), **given)


def _new(folder: Path, file: Path) -> None:
    from ecocluster.scenarios import new_scenario

    new_scenario("mine", file, folder / "out", skip_bad_rows=True)


def _upload(folder: Path, file: Path) -> None:
    from ecocluster.viz.pages.my_cluster_read import read_upload

    content = file.read_bytes()
    read_upload(content[:40].decode("utf-8", "replace"), content)


def _link(folder: Path, file: Path) -> None:
    from ecocluster.viz.pages import barriers, compare, evidence, explorer, my_cluster, portfolio, watch
    from ecocluster.viz.pages.session import fields_of_address, preferred_language

    text = file.read_bytes().decode("utf-8", "replace")
    fields = fields_of_address(text)
    preferred_language(text)
    for page in (explorer, portfolio, my_cluster, evidence):
        page.State(fields)
    for page in (compare, watch, barriers):
        page.State(fields, "teaching")
    compare.State(fields, "teaching").question()


def _module(folder: Path, file: Path) -> None:
    from ecocluster.model.loading import load_module, unload_modules

    names = "Account, Cost, Indicator, Lever, Module, Parameter"
    file.write_bytes(f"from ecocluster.model.modules import {names}\n".encode() + file.read_bytes())
    try:
        load_module(file)
    finally:
        unload_modules()


def _command(folder: Path, file: Path) -> None:
    """All commands; what would simulate says that it got so far instead."""
    from ecocluster.experiments import InputError
    from ecocluster.model.simulator import Simulator
    from ecocluster.viz.cli import main

    def reached(*_: Any, **__: Any) -> None:
        raise InputError("no_runs", reason="here it would simulate")

    (folder / "firms.csv").write_text(TABLE, encoding="utf-8")
    (folder / "experiment.toml").write_text(EXPERIMENT, encoding="utf-8")
    inner, Simulator.__init__ = Simulator.__init__, reached  # type: ignore[method-assign]
    environment = dict(os.environ)
    try:
        for line in file.read_bytes().decode("utf-8", "surrogateescape").split("\n"):
            words = line.split()
            if (
                not words
                or words[0] in ("dashboard", "bench", "tune", "ranking", "worlds", "--with")
                or any(word.startswith("--with") for word in words)
            ):
                continue
            said = StringIO()
            with redirect_stderr(said), redirect_stdout(StringIO()):
                code = main(words)
            told = said.getvalue()
            assert code in (0, 1, 2) and "unexpected" not in told and "Traceback" not in told, f"{words}: {code} {told}"
            assert code == 0 or told.strip(), f"{words}: {code} and no word"
            assert code != 1 or "no_runs" in told or "would simulate" in told or "Permission" in told, f"{words}: {told}"
    finally:
        Simulator.__init__ = inner  # type: ignore[method-assign]
        os.environ.clear()
        os.environ.update(environment)


@cache
def finding() -> dict[str, bytes]:
    """Files of a result of an analysis."""
    import pandas as pd
    from ecocluster.experiments.analyses.finding import Finding

    span = ("", "_low", "_high")
    table = pd.DataFrame([
        {"pathway": "symbiosis", "budget_bn": budget, "certified": 0.1, "efficient": True,
         **{f"{name}{end}": value for name in ("cost", "effect", "per_unit", "next_unit", "social", "social_per_unit")
            for end, value in zip(span, (budget, budget - 1.0, budget + 1.0), strict=True)}}
        for budget in (50.0, 150.0)
    ])  # fmt: skip
    part = {"mean": 150.0, "low": 149.0, "high": 151.0}
    most = {
        "pathway": "symbiosis",
        "budget_bn": 150.0,
        "certified": 0.1,
        "effect": part,
        "cost": part,
        "per_unit": 1.0,
        "next_unit": 2.5,
    }
    facts = {"outcome": "abatement_2035", "pathways": ["symbiosis"], "failed": 1, "top_budget_bn": 150.0, "one_cluster": True, "most": most,
             "cheapest": {"pathway": "symbiosis", "budget_bn": 50.0, "effect": 50.0, "per_unit": part}, "efficient": ["symbiosis"]}  # fmt: skip
    return Finding("frontier", "ecocluster frontier teaching --budgets 50,150", table, facts).files()


def _finding(folder: Path, file: Path) -> None:
    """Facts that somebody else wrote, with a manifest that fits them."""
    from ecocluster.experiments.folder import write_folder
    from ecocluster.viz.analyses.page import write_pages

    made = write_folder(folder / "made", {**finding(), "facts.json": file.read_bytes()}, {"tables": ["table"]})
    write_pages([made], folder / "out")


def _manifest(folder: Path, file: Path) -> None:
    """A manifest that somebody else wrote, beside files of ours."""
    from ecocluster.experiments.folder import check_folder, write_folder
    from ecocluster.experiments.sweeps.results import status
    from ecocluster.viz.analyses.page import write_pages

    made = folder / "made"
    made.mkdir()
    for name, data in {**finding(), "manifest.json": file.read_bytes(), "mine.txt": b"mine"}.items():
        (made / name).write_bytes(data)
    tries: list[Callable[[], Any]] = [
        lambda: write_pages([made], folder / "out"), lambda: status(made), lambda: check_folder(made), lambda: write_folder(made, {"a.txt": b"1"}),
    ]  # fmt: skip
    for attempt in tries:
        refused(attempt)
    named = f'"{"mine.txt"}": "{sha256(b"mine").hexdigest()}"'
    assert (made / "mine.txt").exists() or named.encode() in file.read_bytes()


def _readers() -> dict[str, Reader]:
    facts = finding()["facts.json"].decode()
    files = ", ".join(f'"{name}": "{sha256(data).hexdigest()}"' for name, data in finding().items())
    manifest = f'{{"made_by": "ecocluster",\n "command": "ecocluster frontier teaching",\n "finding": "frontier",\n "tables": ["table"],\n "format": 1,\n "files": {{{files}}}}}\n'  # fmt: skip
    toml = {"site": SITE, "policy": POLICY, "pathway": PATHWAY, "law": LAW, "shocks": SHOCKS}
    return {
        **{name: Reader(text, "given.toml", _validate) for name, text in toml.items()},
        "experiment": Reader(EXPERIMENT, "given.toml", _experiment),
        "config": Reader(CONFIG, "given.toml", _config),
        "table": Reader(TABLE, "given.csv", _new),
        "table of points": Reader("q_in,growth\n0.2,0.03\n0.3,0.02\n", "given.csv", _points),
        "upload": Reader(TABLE, "given.csv", _upload),
        "link": Reader(LEADING, "given.txt", _link),
        "module": Reader(MODULE, "given.py", _module, code=True),
        "facts": Reader(facts, "given.json", _finding),
        "manifest": Reader(manifest, "given.json", _manifest),
        "command": Reader(COMMANDS, "given.txt", _command),
    }


READERS = ("site", "policy", "pathway", "law", "shocks", "experiment", "config", "table", "table of points", "upload", "link", "module", "facts",
           "manifest", "command")  # fmt: skip


@cache
def reader_of(name: str) -> Reader:
    return _readers()[name]


# --- what must hold ---------------------------------------------------------------------------------


class Watch:
    """What this process opens, writes, removes and asks the network for, as Python reports it."""

    def __init__(self) -> None:
        self.on, self.opened, self.outside, self.folder = False, 0, [], ""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple) -> None:
        if not self.on:
            return
        if event == "open":
            path, mode, flags = given
            self.opened += not str(path).endswith((".py", ".pyc", ".so", ".mo"))  # of a program, which may load at any time
            writes = (
                isinstance(flags, int)
                and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
                or isinstance(mode, str)
                and set(mode) & set("wax+")
            )
            if writes and not isinstance(path, int):
                self._note(event, path)
        elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree", "os.symlink", "os.chmod"):
            self._note(event, given[0])
        elif event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.fork"):
            self.outside.append(f"{event} {given[:2]!r}")

    def _note(self, event: str, path: Any) -> None:
        where = os.path.abspath(os.fsdecode(path)) if isinstance(path, (str, bytes, os.PathLike)) else str(path)
        # compiled files of Python and of kernels are caches
        if where.startswith((self.folder, tempfile.gettempdir() + "/ecocluster-")) or "__pycache__" in where or where == os.devnull:
            return
        self.outside.append(f"{event} {where}")


_watch: Watch | None = None


@contextmanager
def watched(folder: Path):
    """Context in which nothing outside a folder is written or removed, no address is asked, no program is started."""
    global _watch
    _watch = _watch or Watch()
    _watch.opened, _watch.outside, _watch.folder, _watch.on = 0, [], str(folder), True
    try:
        yield _watch
    finally:
        _watch.on = False
    assert not _watch.outside, _watch.outside
    assert _watch.opened <= MOST_OPENED, f"{_watch.opened} files were opened"


def refused(attempt: Callable[[], Any]) -> str:
    """ "read", or "refused" with a reason that can be printed; anything else that is raised is a fault."""
    try:
        attempt()
    except Exception as error:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if not kinds & set(REFUSALS):
            raise
        text = str(error)
        text.encode()
        assert (
            text.strip()
            and "\n" not in text
            and "Traceback" not in text
            and "pydantic" not in text
            and "validation error" not in text
            and "literal[" not in text
            and "function-" not in text  # kinds, as that library names them
        ), text
        details = getattr(error, "details", lambda: "")()
        assert details.count("\n") <= MOST_LINES
        if type(error).__name__ != "ModuleError":
            from ecocluster.viz.problems import problem_text
            from ecocluster.viz.words import Words

            say = Words("vi")
            told = problem_text(error, say) if "ScenarioError" in kinds else say.error(error)
            told.encode()
            assert "\n" not in told.partition("\n  ")[0], told
        return "refused"
    return "read"


def attack(name: str, content: bytes) -> str:
    """Give an input to its reader, in a folder of its own: "read" or "refused"; anything else is an `AssertionError` or what was raised."""
    reader = reader_of(name)
    folder, before = Path(tempfile.mkdtemp(prefix="mutated-")).resolve(), os.getcwd()
    try:
        file = folder / reader.name
        file.write_bytes(content)
        os.chdir(folder)
        with watched(folder):
            found = refused(lambda: reader.read(folder, file))
        assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= MOST_WRITTEN + len(content)
        return found
    finally:
        os.chdir(before)
        shutil.rmtree(folder)


def prepare(names: tuple[str, ...] = READERS) -> None:
    """Everything that is loaded at first use, and a control: sound inputs are used."""
    import warnings

    from ecocluster.scenarios.errors import ScenarioError

    def no_file() -> None:
        raise ScenarioError("no_file", file="x.csv")

    warnings.simplefilter("ignore")
    refused(no_file)
    importlib.import_module("babel.dates")  # looks for the time zones of the machine once
    for name in names:
        reader = reader_of(name)
        for again in (False, True):
            folder, before = Path(tempfile.mkdtemp(prefix="mutated-")).resolve(), os.getcwd()
            try:
                (folder / reader.name).write_bytes(reader.sound.encode())
                os.chdir(folder)
                reader.read(folder, folder / reader.name)
            except Exception as error:
                if again:
                    raise AssertionError(f"{name}: a sound input is refused: {error}") from error
            finally:
                os.chdir(before)
                shutil.rmtree(folder)
