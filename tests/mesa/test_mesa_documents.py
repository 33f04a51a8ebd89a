"""The examples of docs/mesa.md run, and what it lists is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import mesa
import pytest
from ecocluster.model.firm_views import TRAITS

TEXT = (Path(__file__).parents[2] / "docs" / "mesa.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.S | re.M)
NEW = tuple(int(part) for part in mesa.__version__.split(".")[:2]) >= (3, 5)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_examples_run(number, monkeypatch, capsys):
    monkeypatch.setenv("SOLARA_TELEMETRY_MIXPANEL_ENABLE", "False")
    block = BLOCKS[number]
    if NEW:  # as the text says
        block = block.replace(', "seed": 1}', "}").replace("max_steps=60,", "max_steps=60, rng=1,")
        block = block.replace("draw_agents(portrayal)", "setup_agents(portrayal).draw_agents()")
    space = {}
    exec("from ecocluster.model import ClusterModel", space)
    exec(compile(block, f"docs/mesa.md, example {number + 1}", "exec"), space)
    if number == 0:
        printed = capsys.readouterr().out
        assert printed.startswith("2030.0 ") and printed.rstrip().endswith("t/yr in 2035")
        assert len(space["rows"]) == 8 and len(space["series"]) == 41


def test_all_traits_are_named():
    written, read = re.search(r"To be written: (.*?)\. To be read: (.*?)\. What", TEXT, re.S).groups()
    assert set(re.findall(r"`(\w+)`", written)) == {name for name, trait in TRAITS.items() if trait.writable}
    assert {name for name, trait in TRAITS.items() if not trait.writable} <= set(re.findall(r"`(\w+)`", read))
