"""What the documents say is true: examples of the README run, pointers of docs/odd.md lead somewhere, floors hold."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.viz.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROOMS = ("model", "scenarios", "experiments", "viz")


def blocks(language: str) -> list[str]:
    """Contents of the README's fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.S | re.M)


def command_lines() -> list[list[str]]:
    """Arguments of every `ecocluster ...` line of the README."""
    lines = [line for block in blocks("bash") for line in block.splitlines() if line.startswith("ecocluster ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def missing(text: str, root: Path = ROOT / "model") -> list[str]:
    """Pointers `file.py:name` in a text for which there is no such file, or no such name in it."""
    found = []
    for pointer in sorted(set(re.findall(r"`([\w/]+\.py:[\w.]+)`", text))):
        file, name = pointer.split(":")
        names = {
            node.name
            for path in root.rglob("*.py")
            if path.as_posix().endswith(f"/{file}")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        if name.rpartition(".")[2] not in names:
            found.append(pointer)
    return found


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    """Outcome of the import contracts of pyproject.toml on the package that lies under `source`."""
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    command = [sys.executable, "-c", code, "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(source)}, cwd=source, capture_output=True, text=True)


def test_command_lines_of_the_readme_work(tmp_path, monkeypatch, capsys):
    """Those that end in seconds; what takes minutes or serves a browser is only parsed (its own tests run it)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ECOCLUSTER_LANG", raising=False)
    (tmp_path / "firms.csv").write_text(blocks("csv")[0], encoding="utf-8")
    (tmp_path / "list.csv").write_bytes((ROOT / "scenarios" / "data" / "clusters_example.csv").read_bytes())
    policy, experiment = blocks("toml")
    (tmp_path / f"{tomllib.loads(policy)['id']}.toml").write_text(policy, encoding="utf-8")
    (tmp_path / "experiment.toml").write_text(experiment, encoding="utf-8")
    quick = [
        line
        for line in command_lines()
        if line[0] in ("scenarios", "run", "compare") and "hanoi" not in line or "--dry-run" in line
    ]
    assert len(quick) >= 7
    for line in command_lines():
        assert main([*line, "--help"]) == 0, (line, capsys.readouterr().err)
    assert main(["sensitivity", "--no-such-option", "--help"]) == 2  # control
    for line in quick:
        few = ["--worlds", "3"] if line[0] == "compare" else []  # the last of two options counts
        assert main([*line, *few]) == 0, (line, capsys.readouterr().err)
    assert (tmp_path / "out" / "compare-phung" / "report.html").exists()


def test_both_readmes_open_with_a_figure_that_is_there_and_vietnamese_commands_exist(capsys):
    vietnamese = (ROOT / "README.vi.md").read_text(encoding="utf-8")
    for text, lang in ((README, "en"), (vietnamese, "vi")):
        picture = re.search(r"!\[[^\]]+\]\((docs/pictures/[\w-]+\.png)\)", text)
        assert picture and picture.start() < 700 and f"-{lang}.png" in picture[1]
        assert (ROOT / picture[1]).read_bytes().startswith(b"\x89PNG")
    lines = [line for block in re.findall(r"^```bash\n(.*?)^```", vietnamese, re.S | re.M) for line in block.splitlines()]
    found = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("ecocluster ")]
    assert len(found) >= 4
    for line in found:
        assert main([*line, "--help"]) == 0, (line, capsys.readouterr().err)


def test_options_on_the_whole_city_exist(monkeypatch, capsys):
    """The other lines, with the model taken out."""
    reached = []

    def stop(*arguments, **options):
        reached.append(options)
        raise InputError("no_runs", reason="the model was taken out")

    monkeypatch.setattr("ecocluster.experiments.compare", stop)
    lines = [line for line in command_lines() if line[0] == "compare" and "hanoi" in line]
    assert lines
    for line in lines:
        assert main(line) == 2
    assert len(reached) == len(lines), capsys.readouterr().err
    assert main([*lines[0], "--no-such-option"]) == 2 and len(reached) == len(lines)  # control


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_python_of_the_readme_works(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = re.sub(r"replicates=\d+", "replicates=3", blocks("python")[number])
    exec(compile(code, f"README.md, example {number + 1}", "exec"), {})


def test_ids_of_policies_and_pathways_counted_in_the_changelog():
    from ecocluster import scenarios

    text = re.sub(r"\s+", " ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert f"{len(scenarios.list_policies())} policies" in text
    assert len(scenarios.list_pathways()) >= 8 and "eight pathways" in text  # of that version; later ones add
    assert len(scenarios.list_shocks()) >= 7 and "seven shock scripts" in text


def test_equations_stand_where_the_description_says():
    text = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8").replace("`file.py:function`", "")
    assert text.count(".py:") > 30
    assert missing(text) == []
    assert missing("`rules/trust.py:no_such_rule`, `no_such.py:draw`") == [
        "no_such.py:draw", "rules/trust.py:no_such_rule",
    ]  # fmt: skip


def test_constraints_name_exact_versions_of_all_dependencies_and_nothing_else():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.\-]+==[\w.]+", pin)] == []
    pinned = {re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(q for extra in project["optional-dependencies"].values() for q in extra)]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[\w\-]+", requirement)[0]).lower() for requirement in asked}
    assert names - {"ecocluster"} <= pinned  # the extra `test` takes the other extras in


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """The four rooms behind their front door, as a package in another place."""
    place = tmp_path_factory.mktemp("copied")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "front", place / "ecocluster", ignore=ignored)
    for room in ROOMS:
        shutil.copytree(ROOT / room, place / "ecocluster" / room, ignore=ignored)
    return place


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("model/wrong.py", "from ..viz import words", "Imports only go down"),
        ("scenarios/wrong.py", "def late():\n    from ..experiments import compare", "Imports only go down"),
        ("model/rules/wrong.py", "from ..phases import links", "Phases call rules"),
        ("viz/wrong.py", "from .. import __main__", "Imports only go down"),
        ("model/wrong.py", "import rich", "The model stands on numpy and numba"),
    ],
)
def test_a_wrong_import_breaks_a_contract(copied, file, line, broken):
    assert lint(copied).returncode == 0
    wrong = copied / "ecocluster" / file
    wrong.write_text(line + "\n")
    try:
        outcome = lint(copied)
    finally:
        wrong.unlink()
    assert outcome.returncode != 0 and f"{broken} BROKEN" in outcome.stdout


INSTALLS = re.compile(r"""(?:pip|uv|pipx|conda|mamba)\s+(?:install|add)\b[^\n`]*?\s["']?ecocluster\b""")


def test_nobody_is_told_to_install_from_an_index_that_does_not_have_the_package():
    """Not by a document, a message or a docstring: it is installed from a clone."""
    assert INSTALLS.search("pip install -q 'ecocluster[mesa]'") and INSTALLS.search("uv add ecocluster")
    assert not INSTALLS.search('pip install -c constraints.txt -e ".[test]"')
    places = [*ROOT.glob("*.md"), *ROOT.glob("*.txt"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.py")]
    places += [path for room in (*ROOMS, "front") for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".po", ".j2", ".toml", ".md")]  # fmt: skip
    assert len(places) > 200
    for path in places:
        if path.name != "CHANGELOG.md":  # it tells what was
            assert not INSTALLS.search(path.read_text(encoding="utf-8")), path


def test_every_direct_dependency_has_its_line():
    """Name and pin of each, and none that is no dependency any more."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {Requirement(one).name.lower() for one in asked} - {"ecocluster"}
    rows = [
        line.split("|")
        for line in (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    told = {row[1].strip().lower(): row[-2].split(",")[0].strip() for row in rows if row[1].strip() not in ("package", "what")}
    told = {name: version for name, version in told.items() if " " not in name}
    assert told.keys() == names
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().splitlines()
    pins = dict(line.split(";")[0].strip().split("==") for line in lines if "==" in line)
    assert {name: pins.get(name, pins.get(name.replace("_", "-"))) for name in told} == told


def test_licences_of_dependencies_are_those_of_their_own_metadata():
    """The family of each licence, of what is installed here. Control: of all always installed there is one."""
    import importlib.metadata

    families, held = ("BSD", "MIT", "Apache", "MPL", "Python Software Foundation"), set()
    for line in (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 6 or not re.fullmatch(r"[A-Za-z_-]+", cells[1]) or cells[1] in ("package", "what", "-"):
            continue
        try:
            told = importlib.metadata.metadata(cells[1])
        except importlib.metadata.PackageNotFoundError:
            continue
        classes = [entry for entry in told.get_all("Classifier", []) if entry.startswith("License")]
        said = " ".join([told.get("License-Expression") or "", *classes, (told.get("License") or "")[:60]])
        mine = cells[-3].replace("PSF", "Python Software Foundation")
        assert any(family in said and family in mine for family in families), (cells[1], cells[-3], said)
        held.add(cells[1])
    assert {"numpy", "numba", "pandas", "pyarrow", "scipy", "matplotlib", "pydantic", "typer", "openpyxl"} <= held
