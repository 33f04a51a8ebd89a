"""The order of a step stands once: what runs, listens, compiles and clocks follows the table, and the table is complete."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ecocluster.model import order
from ecocluster.model.order import CITY, CLUSTER, PHASES, Phase

ROOT = Path(__file__).parents[2]


def test_the_document_has_the_same_phases_under_the_same_numbers():
    text = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8").split("## 3 Process overview")[1].split("## 4 ")[0]
    rows = dict(re.findall(r"^\| (\d+\w?) \|.*\| (.*) \|$", text, re.M))
    stated = {name: number for number, cell in rows.items() for name in re.findall(r"(\w+)`", cell)}
    for phase in PHASES:
        assert stated.get(phase.name) == phase.section, phase.name


def left_out(names: set[str]) -> set[str]:
    """Public kernels of the phases that nothing calls but a step, and that are not among the names."""
    own, called = set(), set()
    for path in [*(ROOT / "model").rglob("*.py"), *(ROOT / "viz" / "pages").glob("*.py")]:
        if path.name == "order.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called |= {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        if path.parent.name == "phases":
            own |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"}
    return own - called - names


def test_no_phase_is_left_out():
    names = {phase.name for phase in PHASES}
    assert left_out(names) == set()
    assert left_out(names - {"learn"}) == {"learn"}  # control


FAKES = """if True:
    from types import SimpleNamespace as Made
    import numpy as np
    from ecocluster.model import order
    log = []
    def quake(s, p): log.append(("quake", None))
    def flood(s, p, c): log.append(("flood", c))
    def drought(s, c): log.append(("drought", c))
    order.PHASES = (order.Phase(flood, order.CLUSTER, "9"), order.Phase(drought, order.CLUSTER, "9"),
                    order.Phase(quake, order.CITY, "10"))
    phases = [("flood", 0), ("drought", 0), ("flood", 1), ("drought", 1), ("quake", None)]
    # actions of modules: before the first phase, in its place among those of a cluster, and after the last
    expected = [("rain", 0), *phases[:2], ("rain", 1), *phases[2:], ("sun", 0), ("sun", 1)]
    from ecocluster.model import compiling, step, step_by_phase
    from ecocluster.experiments.phase_clock import clock_phases
    from ecocluster.model.timelines import Calls

    def followed(which):
        assert log == expected, (which, log)
        log.clear()

    def rain(s, p, c): log.append(("rain", c))
    def sun(s, p, c): log.append(("sun", c))
    plan = Made(own=Calls(np.array([0, 1, 1, 1, 1, 1, 2]), (rain, sun)))
    s = Made(clusters=np.zeros(2), city=[Made(overflow=0)])
    p = np.zeros(())
    step.step(s, p, plan, None)
    followed("step")
    step_by_phase.close_step = lambda *rest: None
    heard = []
    step_by_phase.step_in_phases(s, p, plan, None, 1, *[np.zeros((2, 2))] * 3,
                                 lambda name, c: heard.append((name, c)), lambda name, c: None)
    followed("hooks")
    assert heard == phases
    assert [name for name, _ in compiling.backwards()] == ["measure", "quake", "drought", "flood"]
    run = Made(fork=lambda *rest: None, work=s, burn_series=np.zeros((1, 1)), layout=Made(slots=[1]), p=p, plans=[plan],
               values=lambda s: None)
    assert list(clock_phases(run, steps=3)) == ["flood", "drought", "quake", "measure"]
"""


def test_all_follow_another_order():
    """Three phases that only note that they were called, in the place of the model's."""
    subprocess.run([sys.executable, "-c", FAKES], check=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"})


def wants_a_moon(s, moon):
    """No kernel."""


def looks_nowhere(s, p):
    """No kernel."""


@pytest.mark.parametrize(
    "phases, message",
    [
        ((*PHASES, PHASES[3]), "phase count_adopters stands twice"),
        ((Phase(wants_a_moon, CITY, "1"),), "wants_a_moon of the city asks for 'moon'"),
        ((Phase(looks_nowhere, CLUSTER, "1"),), "looks_nowhere of the cluster does not ask for 'c'"),
        ((Phase(looks_nowhere, "country", "1"),), "looks_nowhere: scope 'country'; allowed: city, cluster"),
    ],
)
def test_a_table_that_no_step_can_follow_is_refused(phases, message):
    with pytest.raises(ValueError, match=message):
        order._check(phases)
