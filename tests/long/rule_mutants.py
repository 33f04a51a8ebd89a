"""Every rule of `model/rules` with one sign, number or comparison of its source changed: does a test notice?

    NUMBA_DISABLE_JIT=1 python tests/long/rule_mutants.py [--most N] [--runs] [--kept FILE] [--list]

cosmic-ray makes the mutants from the source; all are judged in this process, each against the answers of the rules of its file in
`tests/verification/known_answers.py`, up to the first that is wrong. It is killed if one is, if it cannot be called or loaded, or if it does not end.
With `--runs`, which takes hours, what survives takes the place of its rule in the small runs of
`tests/verification/rules_in_turn.py`, from the first stage on in which the rule acts. Outcomes are appended to FILE, so that a program that was stopped goes on; they are kept
in an order that is drawn once, so that the first N are a sample of all. Mutants that change no code (a
type that is only written down, a text) are left out: nothing could tell them apart. Survivors are explained in `rule_survivors.toml`; one that is not is told.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import signal
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "verification"))

import known_answers  # noqa: E402
import numpy as np  # noqa: E402
import rules_in_turn as turn  # noqa: E402
from cosmic_ray import plugins  # noqa: E402
from cosmic_ray.ast import ast_nodes, get_ast  # noqa: E402
from cosmic_ray.mutating import mutate_code  # noqa: E402

RULES = HERE.parents[1] / "model" / "rules"
EXPLAINED = HERE / "rule_survivors.toml"
# of how it is compiled; at random; words of bits, with which every sum of decimals stops at once
LEFT_OUT = ("RemoveDecorator", "VariableInserter", "VariableReplacer", "ExceptionReplacer", "Shift", "_BitAnd", "_BitOr", "_BitXor")
ANSWERED, RUN = (
    3,
    120,
)  # seconds of processor for one mutant: a hundred times what all answers of a file take, far more than all small runs

Mutant = tuple[str, str, int]  # file, operator, occurrence


def mutants() -> list[Mutant]:
    """All of them, in an order drawn once."""
    found = []
    for path in sorted(RULES.glob("*.py")):
        nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
        for name in plugins.operator_names():
            operator = plugins.get_operator(name)
            if name.endswith(LEFT_OUT) or operator.arguments():
                continue
            count = sum(1 for node in nodes for _ in operator().mutation_positions(node))
            found += [(path.stem, name, occurrence) for occurrence in range(count)]
    random.Random(0).shuffle(found)
    return found


# --- what a file of rules says ----------------------------------------------------------------------------


def namespace(stem: str, source: str) -> dict[str, Any]:
    """The names of a file of rules, from its source."""
    module = ModuleType(f"ecocluster.model.rules.{stem}")
    module.__package__, module.__file__ = "ecocluster.model.rules", str(RULES / f"{stem}.py")
    exec(compile(source, module.__file__, "exec"), module.__dict__)  # noqa: S102 - our own file, one sign changed
    return vars(module)


def own(names: dict[str, Any], stem: str) -> dict[str, FunctionType]:
    """Rules among the names."""
    return known_answers.functions(names, f"ecocluster.model.rules.{stem}")


def plain(code: CodeType) -> tuple:
    """What a piece of code does, without where it stands."""
    return code.co_code, code.co_names, tuple(plain(part) if isinstance(part, CodeType) else repr(part) for part in code.co_consts)


def code_of(rule: FunctionType) -> tuple:
    """What a rule does, without its decorator."""
    inner = getattr(rule, "__wrapped__", rule)
    return plain(inner.__code__) + (repr(inner.__defaults__),)


def constants(names: dict[str, Any], stem: str) -> dict[str, str]:
    """Numbers and texts that stand in a file of rules itself, and what fields of its records are if nobody says."""
    return {name: repr(value) for name, value in names.items() if isinstance(value, (int, float, str, tuple, bool))} | {
        name: repr(value._field_defaults)
        for name, value in names.items()
        if isinstance(value, type) and value.__module__ == f"ecocluster.model.rules.{stem}"
    }


@cache
def as_it_is(stem: str) -> tuple[str, dict[str, Any]]:
    """Source and names of a file."""
    source = (RULES / f"{stem}.py").read_text(encoding="utf-8")
    return source, namespace(stem, source)


# --- judged -----------------------------------------------------------------------------------------------


class Endless(BaseException):
    """A mutant that does not end; no exception that a test of answers may take for one of the rule."""


def _ring(*_: Any) -> None:
    raise Endless


@contextmanager
def watched(seconds: float) -> Iterator[None]:
    """Context that ends after so many seconds of processor."""
    signal.signal(signal.SIGVTALRM, _ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def outcome(mutant: Mutant) -> tuple[str, str]:
    """What became of a mutant before its answers, and the line that it changed."""
    stem, operator, occurrence = mutant
    source, old = as_it_is(stem)
    changed = mutate_code(source, plugins.get_operator(operator)(), occurrence)
    if changed is None or changed == source:
        return "same", ""
    line = next(new.strip() for old, new in zip(source.splitlines(), changed.splitlines(), strict=False) if old != new)
    try:
        with watched(ANSWERED):
            new = namespace(stem, changed)
            if not others(stem, new) and constants(new, stem) == constants(old, stem):
                return "same", line
            for told in known_answers.wrong(stem, new):
                return f"killed: {told.partition('(')[0]}", line
    except Endless:
        return "killed: does not end", line
    except Exception as error:
        return f"killed: cannot be loaded ({type(error).__name__})", line
    return "survived", line


def others(stem: str, new: dict[str, Any]) -> list[str]:
    """Rules that are not what they were."""
    before = own(as_it_is(stem)[1], stem)
    return [name for name, rule in own(new, stem).items() if name not in before or code_of(rule) != code_of(before[name])]


@cache
def small_runs() -> tuple[dict[str, FunctionType], dict[str, list[tuple[str, int]]]]:
    """The rules that run, and the runs and stages in which each acts."""
    turn.RUNS.pop("watched")  # reckons words for a page, and no run
    return turn.rules(), turn.reached()


def in_small_runs(mutant: Mutant) -> str:
    """What becomes of a mutant that no answer has killed."""
    stem, operator, occurrence = mutant
    kept, where = small_runs()
    new = namespace(stem, mutate_code(as_it_is(stem)[0], plugins.get_operator(operator)(), occurrence))
    put = others(stem, new) or list(own(new, stem))  # a number of the file itself: every rule may hold it
    stages: dict[str, int] = {}
    for name in put:
        for key, stage in where[f"{stem}.{name}"]:
            stages[key] = min(stage, stages.get(key, stage))
    for name in put:
        turn.put(kept[f"{stem}.{name}"], new[name])
    try:
        with watched(RUN):
            for key, stage in sorted(stages.items(), key=lambda entry: list(turn.RUNS).index(entry[0])):
                run = turn.RUNS[key]
                if any(found != run.results[stage + n] for n, found in enumerate(run.play(stage))):
                    return f"killed: run {key}"
    except (Endless, Exception) as error:  # a model that stops, or does not end, is not the same model
        return f"killed: run, {type(error).__name__}"
    finally:
        for name in put:
            turn.put(new[name], kept[f"{stem}.{name}"])
    return "survived"


# --- kept and told ----------------------------------------------------------------------------------------


def read(file: Path) -> Iterator[dict[str, Any]]:
    """Outcomes kept so far; a line that was cut off is forgotten."""
    for text in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            yield json.loads(text)
        except ValueError:
            continue


@cache
def digest(stem: str) -> str:
    """Of a file of rules and its answers: what was judged by others is judged again."""
    answers = {key: cases for key, cases in known_answers.ANSWERS.items() if key.startswith(f"{stem}.")}
    return hashlib.sha256((as_it_is(stem)[0] + repr(answers)).encode()).hexdigest()[:16]


def tell(every: list[Mutant], done: dict[Mutant, dict[str, Any]]) -> None:
    """Counts, by file, and the survivors with their explanation."""
    judged = {mutant: entry for mutant, entry in done.items() if entry["outcome"] != "same"}
    alive = {mutant: entry for mutant, entry in judged.items() if entry["outcome"] == "survived"}
    by_file, left = Counter(mutant[0] for mutant in judged), Counter(mutant[0] for mutant in alive)
    for stem, count in sorted(by_file.items()):
        print(f"{stem:16} {count:5} judged {count - left[stem]:5} killed")
    how = Counter(
        "loaded" if "cannot be loaded" in entry["outcome"] else "runs" if ": run" in entry["outcome"] else "answers"
        for entry in judged.values()
        if entry["outcome"] != "survived"
    )
    explained = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["because"]
    reasons = {(entry["file"], line): entry["reason"] for entry in explained for line in entry["lines"]}
    print(f"{len(every)} mutants; {len(done)} tried, {len(done) - len(judged)} of them the same code; {len(judged)} judged, "
          f"{len(judged) - len(alive)} killed ({100 * (1 - len(alive) / max(1, len(judged))):.1f} %): {how['answers']} by an answer, {how['runs']} by a small run, "
          f"{how['loaded']} that cannot be loaded; {len(alive)} survived")  # fmt: skip
    told = sorted((mutant[0], entry["line"]) for mutant, entry in alive.items())
    for (stem, line), count in Counter(told).items():
        print(f"  {stem}.py: {line}   [{count}; {reasons.get((stem, line), 'NOT EXPLAINED')}]")
    if len(done) == len(every):
        for stem, line in sorted(set(reasons) - set(told)):
            print(f"  explained, and not there: {stem}.py: {line}")


def main() -> None:
    """Go on with what is left."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--most", type=int, default=10**9, help="of the mutants, in their order")
    asked.add_argument("--runs", action="store_true", help="try in the small runs what no answer kills")
    asked.add_argument("--kept", type=Path, default=Path("out/rule-mutants.jsonl"))
    asked.add_argument("--list", action="store_true", help="print what is kept, and the survivors")
    given = asked.parse_args()
    every = mutants()
    digests, known = {stem: digest(stem) for stem, _, _ in every}, set(every)
    done = {
        found: entry
        for entry in read(given.kept)
        if (found := tuple(entry["mutant"])) in known and entry["of"] == digests[found[0]]
    }
    if not given.list:
        warnings.simplefilter("ignore")
        np.seterr(all="ignore")
        given.kept.parent.mkdir(parents=True, exist_ok=True)
        with given.kept.open("a", encoding="utf-8") as stream:
            for mutant in every[: given.most]:
                before = done.get(mutant)
                found, line = (before["outcome"], before["line"]) if before else outcome(mutant)
                ran = bool(before and before["ran"])
                if found == "survived" and given.runs and not ran:
                    found, ran = in_small_runs(mutant), True
                if before and before["outcome"] == found and before["ran"] == ran:
                    continue
                done[mutant] = {"of": digests[mutant[0]], "mutant": mutant, "outcome": found, "ran": ran, "line": line}
                stream.write(json.dumps(done[mutant], ensure_ascii=False) + "\n")
                stream.flush()
    tell(every, done)


if __name__ == "__main__":
    main()
