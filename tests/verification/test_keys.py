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
               for ident in (*range(50), last - 1, last) for which in places]  # fmt: skip
    assert len(numbers) == len(set(numbers)) and max(numbers) < 1 << 40


def made_up(text: str) -> list[int]:
    """Lines in which the id of a draw is put together by hand."""
    lines = []
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("draw", "uniform") and len(call.args) == 4:
            lines += [
                call.lineno
                for node in ast.walk(call.args[3])
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.LShift | ast.BitOr)
            ]
    return lines


def test_ids_of_draws_are_made_here_alone():
    for path in MODEL.rglob("*.py"):
        if path.name != "randomness.py":
            assert made_up(path.read_text(encoding="utf-8")) == [], path.name
    assert made_up("u = uniform(city.key, Purpose.KEEP, step, f.id[k] * 8 + j)") == [1]  # control


PLACES = {
    "of_technology": randomness._BY_TECHNOLOGY, "of_loan": randomness._BY_LOAN, "of_taste": randomness._BY_TASTE, "of_errand": randomness._BY_ERRAND,
    "of_awareness": randomness._BY_AWARENESS, "of_aspect": randomness._BY_ASPECT, "of_size": randomness._BY_SIZE,
    "of_probe": randomness._BY_PROBE, "of_project": randomness._BY_PROJECT, "of_office": randomness._BY_OFFICE,
    "of_hub": randomness._BY_HUB, "of_sector": randomness._BY_SECTOR, "of_case": randomness._CASES,
    "of_coordinated": randomness._COORDINATED,
    "of_project_request": randomness._PROJECT_REQUESTS, "of_hub_request": randomness._HUB_REQUESTS,
}  # fmt: skip


def misplaced(text: str) -> tuple[int, list[str]]:
    """Draws whose id is made by a function of places; and those of them whose purpose has other places."""
    seen, wrong, tree = 0, [], ast.parse(text)
    kept = {target.id: node.value.func.id for node in ast.walk(tree)  # ids that a kernel makes once and uses often
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            and getattr(node.value.func, "id", "") in PLACES for target in node.targets if isinstance(target, ast.Name)}  # fmt: skip
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("draw", "uniform", "normal_trait")):
            continue
        purposes = [a.attr for a in call.args if isinstance(a, ast.Attribute) and getattr(a.value, "id", "") == "Purpose"]
        names = [a.func if isinstance(a, ast.Call) else a for a in call.args]
        names = [kept.get(name.id, name.id) for name in names if isinstance(name, ast.Name)]
        made = [name for name in names if name in PLACES]
        if not purposes or purposes == ["CLUSTER_MIX"]:  # its id is made by who calls
            continue
        regions = KEYS.get(Purpose[purposes[0]], ())
        seen += bool(made)
        if bool(made) != bool(regions) or made and PLACES[made[0]] not in regions:
            wrong.append(purposes[0])
    return seen, wrong


def test_draws_take_the_places_that_are_declared():
    found = {path.name: misplaced(path.read_text(encoding="utf-8")) for path in MODEL.rglob("*.py") if path.name != "randomness.py"}
    assert {name: wrong for name, (_, wrong) in found.items() if wrong} == {}
    assert sum(seen for seen, _ in found.values()) > 25
    for planted in (
        "uniform(key, Purpose.KEEP, step, of_hub(c, w))",
        "uniform(key, Purpose.VISIT, step, of_hub(c, w))",
        "uniform(key, Purpose.HUB_START, step, c)",
    ):
        assert misplaced(planted)[1]
