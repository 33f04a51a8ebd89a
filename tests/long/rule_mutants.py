"""Every rule of `model/rules` with one sign, number or comparison of its source changed: does a small run notice?

    NUMBA_DISABLE_JIT=1 python tests/long/rule_mutants.py [--most N] [--kept FILE] [--list]

cosmic-ray makes the mutants from the source; each takes the place of its rule in the small runs of
`tests/verification/rules_in_turn.py`, from the first stage on in which the rule acts. It is killed if the results change, if the
model stops, or if it does not end. Outcomes are appended to FILE, so that a program that was stopped goes on; they are kept
in an order that is drawn once, so that the first N are a sample of all. Mutants that change no machine-independent code (a
type that is only written down, a text) are left out: nothing could tell them apart.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "verification"))

import rules_in_turn as turn  # noqa: E402
from cosmic_ray import plugins  # noqa: E402
from cosmic_ray.ast import ast_nodes, get_ast  # noqa: E402
from cosmic_ray.mutating import mutate_code  # noqa: E402

RULES = HERE.parents[1] / "model" / "rules"
# of how it is compiled; at random; words of bits, with which every sum of decimals stops at once
LEFT_OUT = ("RemoveDecorator", "VariableInserter", "VariableReplacer", "ExceptionReplacer", "Shift", "_BitAnd", "_BitOr", "_BitXor")
WATCHDOG = 120  # seconds of processor for one mutant: far more than all small runs take


def mutants() -> list[tuple[str, str, int]]:
    """File, operator and occurrence of each, in an order drawn once."""
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


def plain(code: CodeType) -> tuple:
    """What a piece of code does, without where it stands."""
    return code.co_code, code.co_names, tuple(plain(part) if isinstance(part, CodeType) else repr(part) for part in code.co_consts)


def namespace(stem: str, source: str) -> dict[str, Any]:
    """The names of a file of rules, from its source."""
    module = ModuleType(f"ecocluster.model.rules.{stem}")
    module.__package__, module.__file__ = "ecocluster.model.rules", str(RULES / f"{stem}.py")
    exec(compile(source, module.__file__, "exec"), module.__dict__)  # noqa: S102 - our own file, one sign changed
    return vars(module)


def own(names: dict[str, Any], stem: str) -> dict[str, FunctionType]:
    """Rules among the names."""
    module = f"ecocluster.model.rules.{stem}"
    return {name: value for name, value in names.items() if isinstance(value, FunctionType) and value.__module__ == module}


def code_of(rule: FunctionType) -> tuple:
    """What a rule does, without its decorator."""
    inner = getattr(rule, "__wrapped__", rule)
    return plain(inner.__code__) + (repr(inner.__defaults__),)


class Endless(Exception):
    """A mutant that does not end."""


def _ring(*_: Any) -> None:
    raise Endless


def outcome(stem: str, operator: str, occurrence: int, where: dict, kept: dict[str, FunctionType]) -> tuple[str, str]:
    """What became of a mutant, and the line that it changed."""
    source = (RULES / f"{stem}.py").read_text(encoding="utf-8")
    changed = mutate_code(source, plugins.get_operator(operator)(), occurrence)
    if changed is None or changed == source:
        return "same", ""
    line = next((f"{number}: {new.strip()}" for number, (old, new) in enumerate(zip(source.splitlines(), changed.splitlines(), strict=False), 1)
                 if old != new), "")  # fmt: skip
    try:
        new = own(namespace(stem, changed), stem)
    except Exception as error:  # it cannot even be read
        return f"killed: {type(error).__name__}", line
    old = own(namespace(stem, source), stem)
    others = [name for name in new if code_of(new[name]) != code_of(old[name])]
    if not others:  # a number of the file itself: every rule may hold it
        others = list(new) if constants(stem, changed) != constants(stem, source) else []
    if not others:
        return "same", line
    stages: dict[str, int] = {}
    for name in others:
        for key, stage in where[f"{stem}.{name}"]:
            stages[key] = min(stage, stages.get(key, stage))
    for name in others:
        turn.put(kept[f"{stem}.{name}"], new[name])
    signal.signal(signal.SIGVTALRM, _ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, WATCHDOG)
    try:
        for key, stage in sorted(stages.items(), key=lambda entry: list(turn.RUNS).index(entry[0])):
            run = turn.RUNS[key]
            if any(found != run.results[stage + n] for n, found in enumerate(run.play(stage))):
                return f"killed: {key}", line
    except Exception as error:  # a model that stops, or does not end, is not the same model
        return f"killed: {type(error).__name__}", line
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        for name in others:
            turn.put(new[name], kept[f"{stem}.{name}"])
    return "survived", line


def constants(stem: str, source: str) -> dict[str, str]:
    """Numbers and texts that stand in a file of rules itself."""
    return {
        name: repr(value) for name, value in namespace(stem, source).items() if isinstance(value, (int, float, str, tuple, bool))
    }


def read(file: Path) -> Iterator[dict[str, Any]]:
    """Outcomes kept so far; a line that was cut off is forgotten."""
    for text in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            yield json.loads(text)
        except ValueError:
            continue


def main() -> None:
    """Go on with what is left."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--most", type=int, default=10**9)
    asked.add_argument("--kept", type=Path, default=Path("out/rule-mutants.jsonl"))
    asked.add_argument("--list", action="store_true", help="print what is kept, and the survivors")
    given = asked.parse_args()
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(RULES.rglob("*.py")))).hexdigest()[:16]
    every = mutants()
    known = set(every)
    done = {found: entry for entry in read(given.kept) if entry["rules"] == digest and (found := tuple(entry["mutant"])) in known}
    if not given.list:
        warnings.simplefilter("ignore")
        turn.RUNS.pop("watched")  # reckons words for a page, and no run
        kept, where = turn.rules(), turn.reached()
        given.kept.parent.mkdir(parents=True, exist_ok=True)
        for mutant in every[: given.most]:
            if mutant not in done:
                found, line = outcome(*mutant, where, kept)
                done[mutant] = {"rules": digest, "mutant": mutant, "outcome": found, "line": line}
                with given.kept.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(done[mutant], ensure_ascii=False) + "\n")
    judged = [entry for entry in done.values() if entry["outcome"] != "same"]
    alive = [entry for entry in judged if entry["outcome"] == "survived"]
    print(f"{len(every)} mutants; {len(done)} tried, {len(done) - len(judged)} of them the same code; {len(judged)} judged, "
          f"{len(judged) - len(alive)} killed ({100 * (1 - len(alive) / max(1, len(judged))):.1f} %), {len(alive)} survived")  # fmt: skip
    for entry in sorted(alive, key=lambda entry: (entry["mutant"][0], int(entry["line"].partition(":")[0] or 0))):
        print(f"  {entry['mutant'][0]}.py:{entry['line']}   [{entry['mutant'][1].rpartition('/')[2]}]")


if __name__ == "__main__":
    main()
