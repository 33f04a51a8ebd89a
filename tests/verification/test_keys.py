"""What stands beside an id in a draw is given out in one place, and no two draws get one number."""

from __future__ import annotations

import ast
from enum import IntEnum, unique
from pathlib import Path

import pytest
from ecocluster.model import randomness
from ecocluster.model.randomness import KEYS, Purpose, Region, check_keys
from ecocluster.model.vocabulary import EVENTS, STREAMS, TECHNOLOGIES, fit

MODEL = Path(__file__).parents[2] / "model"
CLUSTER = Region(1 << 20, 8)


@pytest.mark.parametrize(
    "regions, message",
    [
        ((CLUSTER, Region(1 << 20, 1, first=1 << 22)), "PRIORITY collide"),  # the second begins among the clusters of the first
        ((Region(1 << 20, 4, ("a", "b", "c", "d", "e")),), "PRIORITY: there is room for 4, not for 5; left over: e"),
        ((Region(1 << 20, 2, ("a", "b"), last="c"),), "left over: c"),
        ((CLUSTER._replace(first=1 << 40),), "reach 2\\^40"),
    ],
)
def test_a_collision_is_refused_by_name(regions, message):
    check_keys(KEYS)
    with pytest.raises(ValueError, match=message):
        check_keys({**KEYS, Purpose.PRIORITY: regions})


def test_a_purpose_has_a_number_of_its_own():
    with pytest.raises(ValueError, match="FINE -> LOTTERY_D"):
        unique(IntEnum("Planted", {"LOTTERY_D": 7, "FINE": 7}))
    assert len(set(Purpose)) == len(Purpose.__members__) and max(Purpose) < 256


def test_a_fourth_hash_of_the_lottery_has_a_number_of_its_own():
    hashes = {event: randomness.lottery_of(event) for event in range(16)}
    assert len(set(hashes.values())) == 4 and Purpose.FINE not in hashes.values()
    assert all(hashes[event] == hashes[4 * (event // 4)] for event in hashes)
    with pytest.raises(ValueError, match="lanes of the lottery: .* left over: learn_T9"):
        fit("lanes of the lottery", [*EVENTS, "a", "b", "c", "d", "learn_T9"], 16)


FIRM_KEYS = (randomness.of_errand, range(len(TECHNOLOGIES) + 3))
CLUSTER_KEYS = [
    (randomness.of_project_request, range(4)),
    (randomness.of_hub_request, range(len(STREAMS) - 1)),
    (lambda c, _: randomness.of_case(c), range(1)),
]


def test_whoever_stands_in_a_queue_has_a_number_of_its_own():
    last = (1 << 20) - 1
    numbers = [make(ident, which) for make, places in (FIRM_KEYS, *CLUSTER_KEYS)
               for ident in (*range(50), last - 1, last) for which in places]
    assert len(numbers) == len(set(numbers)) and max(numbers) < 1 << 40


def made_up(text: str) -> list[int]:
    """Lines in which the id of a draw is put together by hand."""
    lines = []
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("draw", "uniform") and len(call.args) == 4:
            lines += [call.lineno for node in ast.walk(call.args[3])
                      if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.LShift | ast.BitOr)]
    return lines


def test_ids_of_draws_are_made_here_alone():
    for path in MODEL.rglob("*.py"):
        if path.name != "randomness.py":
            assert made_up(path.read_text(encoding="utf-8")) == [], path.name
    assert made_up("u = uniform(city.key, Purpose.KEEP, step, f.id[k] * 8 + j)") == [1]  # control
