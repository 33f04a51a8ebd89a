"""Imports run in no circle: no module needs, by way of others, one that needs it."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
grimp = pytest.importorskip("grimp")


def circles(package, folder, monkeypatch):
    """Groups of modules of a package that need each other, also by imports inside functions; those for types alone do not run."""
    monkeypatch.syspath_prepend(str(folder))
    graph = grimp.build_graph(package, cache_dir=None, exclude_type_checking_imports=True)
    needs = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}

    def reached(start):
        seen, stack = set(), [start]
        while stack:
            for module in needs[stack.pop()] - seen:
                seen.add(module)
                stack.append(module)
        return seen

    within = {module: reached(module) for module in needs}
    return {frozenset(other for other in own if module in within[other]) for module, own in within.items() if module in own}


def test_the_house_has_no_circle(monkeypatch):
    monkeypatch.setattr(
        sys, "modules", {name: module for name, module in sys.modules.items() if name.partition(".")[0] != "ecocluster"}
    )
    assert os.path.isdir(ROOT / "typings" / "ecocluster" / "model")
    assert circles("ecocluster", ROOT / "typings", monkeypatch) == set()


@pytest.mark.parametrize(("files", "found"), [
    ({"a": "from . import b", "b": "from .a import x"}, {"a", "b"}),
    ({"a": "from . import b", "b": "from . import c", "c": "def f():\n    from .a import x"}, {"a", "b", "c"}),
    ({"a": "from . import b", "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import x"}, set()),
    ({"a": "from . import b", "b": "from . import c", "c": ""}, set()),
])  # fmt: skip
def test_a_planted_circle_is_found(files, found, tmp_path, monkeypatch):
    name = f"planted_{abs(hash(str(files)))}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    for module, text in files.items():
        (tmp_path / name / f"{module}.py").write_text(text)
    there = circles(name, tmp_path, monkeypatch)
    assert there == ({frozenset(f"{name}.{module}" for module in found)} if found else set())
