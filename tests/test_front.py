"""The front door: `import ecocluster`, `python -m ecocluster`, what both list, and the page that says what is public."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import ecocluster as ec
import pytest
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.levers import LEVERS
from ecocluster.model.parameters import PARAMETERS
from ecocluster.viz.cli import main

ROOT = Path(__file__).parents[1]
PUBLIC = ROOT / "docs" / "public.md"


def ecocluster(*arguments: str, **surroundings: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "ecocluster", *arguments], capture_output=True, text=True, env={**os.environ, **surroundings}
    )


def test_the_door_opens_at_once_and_every_name_behind_it_is_there():
    code = (
        "import sys, ecocluster\n"
        "heavy = {'numpy', 'numba', 'pandas', 'matplotlib', 'pyarrow', 'solara', 'mesa', 'scipy', 'typer'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert not [name for name in sys.modules if name.startswith('ecocluster.')]\n"
        "assert set(ecocluster.__all__) <= set(dir(ecocluster))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in ec.__all__:
        assert getattr(ec, name) is not None
    assert ec.__version__ == version("ecocluster")
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = ec.no_such_name


def _listed() -> dict[str, list[str]]:
    """Module to the names that the page calls public."""
    return {
        module: re.findall(r"`(\w+)`", names)
        for module, names in re.findall(r"^\| `(ecocluster[.\w]*)` \| (.*?) \|", PUBLIC.read_text(encoding="utf-8"), re.M)
    }


def test_the_page_lists_what_is_public():
    """The rooms' own lists whole; of what lies deeper, names that are there."""
    listed = _listed()
    for module in ("ecocluster", "ecocluster.model", "ecocluster.scenarios", "ecocluster.experiments", "ecocluster.viz"):
        assert sorted(listed[module]) == sorted(import_module(module).__all__), module
    assert len(listed) > 10
    for module, names in listed.items():
        assert names and set(names) <= set(import_module(module).__all__), module
    deeper = re.findall(r"`(\w+)\.(\w+)`", PUBLIC.read_text(encoding="utf-8").partition("The analyses (")[2].partition("\n\n")[0])
    assert len(deeper) == 16
    for module, name in deeper:
        assert name in import_module(f"ecocluster.experiments.analyses.{module}").__all__


def test_the_module_is_the_command_line():
    found = ecocluster("--version")
    assert (found.returncode, found.stdout) == (0, f"ecocluster {version('ecocluster')}\n")
    assert ecocluster("-h").stdout == ecocluster("--help").stdout != ""
    assert ecocluster("compare", "-h").stdout == ecocluster("compare", "--help").stdout != ""


def test_the_texts_of_added_options_are_in_the_readers_language():
    told = ecocluster("compare", "-h", "--lang", "vi").stdout
    assert "Show this" not in told and "Hiện hướng dẫn này" in told


def test_a_shell_is_told_what_could_follow():
    def asked(line: str) -> list[str]:
        words = line.split(" ")
        found = ecocluster(_ECOCLUSTER_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
        assert found.returncode == 0 and not found.stderr
        return found.stdout.split()

    assert asked("ecocluster comp") == ["compare"]
    assert "--worlds" in asked("ecocluster compare --wor")


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize(("command", "names"), [("levers", LEVERS), ("parameters", PARAMETERS), ("indicators", INDICATORS)])
def test_registries_are_listed_whole(command, names, lang, capsys):
    assert main([command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row.get("name") or row["key"] for row in rows] == list(names)
    assert all(row["unit"] for row in rows)
    first = next(iter(names))
    assert main([command, first, "--lang", lang]) == 0
    assert first[:20] in capsys.readouterr().out


def test_a_lever_is_listed_with_what_it_costs(capsys):
    assert main(["levers", "platform", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    cost = PARAMETERS["cost.platform"]
    assert (row["cost"], row["cost_unit"], row["source"]) == (cost.default, cost.unit, cost.source)


def test_a_name_that_is_not_there_is_refused_with_the_nearest(capsys):
    assert main(["levers", "platfrom"]) == 2
    assert "did you mean 'platform'" in capsys.readouterr().err
    assert main(["parameters", "zzzzzz"]) == 2


def test_what_can_be_simulated_as_json(capsys):
    from ecocluster import scenarios

    assert main(["scenarios", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["id"] for entry in found["sites"]] == [entry.id for entry in scenarios.list_sites()]
    assert {"pathways", "policies", "laws", "portfolios", "shocks"} < set(found)
    assert all(entry["title"]["vi"] and entry["title"]["en"] for entries in found.values() for entry in entries)
