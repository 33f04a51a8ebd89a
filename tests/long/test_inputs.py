"""At least 20,000 inputs with something changed, over all readers, the links of the pages and the command line: `pytest -m long`.

What was done is kept in a file (`ECOCLUSTER_LONG`, else `out/long/inputs.json`), so that a run that was stopped goes on. Only here there
are watchdogs: nothing that reads, checks or counts takes over 10 seconds of processor or a gigabyte more than before.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from mutated import READERS, attack, inputs, prepare, reader_of

pytestmark = pytest.mark.long

AT_ONCE = 100
FEW = {"facts": 300, "command": 500, "link": 500, "table of points": 700, "manifest": 1000}
EACH = 1800  # of all other readers
SECONDS, BYTES = 10, 10**9
KEPT = Path(os.environ.get("ECOCLUSTER_LONG", "out/long")).resolve() / "inputs.json"


class TooLong(Exception):
    """The watchdog."""


def in_a_child(work: Callable[[], dict]) -> dict:
    """What a function gives in a process of its own, which may die of it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as stream:
            json.dump(work(), stream)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    state = os.waitpid(child, 0)[1]
    return json.loads(text) if text else {"faults": [f"the process died: {state}"], "found": {}}


def batch(name: str, number: int) -> dict:
    """`AT_ONCE` inputs of one reader: how many were read and refused, and the faults with their input."""
    found: Counter[str] = Counter()
    faults: list[str] = []
    reader = reader_of(name)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + BYTES,) * 2)

    def ring(*_: object) -> None:
        raise TooLong(f"over {SECONDS} s")

    signal.signal(signal.SIGPROF, ring)

    @seed(number)
    @settings(max_examples=AT_ONCE, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(content=inputs(reader.sound, reader.code))
    def attacked(content: bytes) -> None:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            found[attack(name, content)] += 1
        except Exception as error:
            found["fault"] += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            faults.append(
                f"{type(error).__name__}: {str(error)[:300]} ({Path(where.filename).name}:{where.lineno}) {content[:4000]!r}"
            )
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    attacked()
    return {"found": found, "faults": faults}


@pytest.mark.skipif(not hasattr(os, "fork") or not os.path.exists("/proc/self/statm"), reason="processes as Linux has them")
def test_changed_inputs(capsys):
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    prepare()
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    for number in range(EACH // AT_ONCE):  # one batch of each reader after the other: who stops early has tried all
        for name in READERS:
            mine = kept.setdefault(name, {"batches": 0, "found": {}, "faults": []})
            if mine["batches"] > number or number >= FEW.get(name, EACH) // AT_ONCE:
                continue
            made = in_a_child(lambda name=name, number=number: batch(name, number))
            mine["batches"] += 1
            mine["found"] = dict(Counter(mine["found"]) + Counter(made["found"]))
            mine["faults"] += made["faults"]
            part = KEPT.with_suffix(".part")
            part.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
            part.replace(KEPT)
    with capsys.disabled():
        print()
        for name, mine in kept.items():
            print(f"{name:16} {sum(mine['found'].values()):6} inputs  {mine['found']}")
        print(f"{'all':16} {sum(sum(mine['found'].values()) for mine in kept.values()):6} inputs")
    assert sum(sum(mine["found"].values()) for mine in kept.values()) >= 20_000
    assert not [fault for mine in kept.values() for fault in mine["faults"]], f"see {KEPT}"
