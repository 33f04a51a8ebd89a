"""The package as a whole: imports, registries, the cache of kernels, what a wheel holds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import replace
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from ecocluster.model import compiling, jit, kernel_sources
from ecocluster.model.indicators import CRITERIA, INDICATORS, PILLARS
from ecocluster.model.levers import LEVERS
from ecocluster.model.parameters import parameter_record, sample_parameters
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MARKS = {"seed", "documented", "press", "derived", "memory", "calibrated", "definition", "assumption"}


def test_no_two_test_files_share_a_name():
    """Folders of tests are no packages, so one name is one module: a second file of it fails where all are collected at once."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name not in {"conftest.py", "__init__.py"}]
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom ecocluster.viz.cli import main\nsys.argv = ['ecocluster', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'pandas', 'matplotlib', 'pyarrow', 'solara', 'mesa', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_the_model_imports_nothing_above_it():
    code = (
        "import sys, ecocluster.model.ensemble\n"
        "above = [m for m in sys.modules if m.startswith(('ecocluster.scenarios', 'ecocluster.experiments', 'ecocluster.viz'))]\n"
        "assert not above, above"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_parameter_is_sourced_and_within_its_range():
    from ecocluster.model.parameters import PARAMETERS

    assert len(PARAMETERS) > 400
    for name, parameter in PARAMETERS.items():
        assert parameter.unit and parameter.source and parameter.mark in MARKS, name
        assert parameter.low <= parameter.default <= parameter.high, name
        assert parameter.off is None or not parameter.low <= parameter.off <= parameter.high, name


def test_a_name_that_is_no_parameter_is_refused():
    with pytest.raises(KeyError):
        parameter_record({"no_such_parameter": 1.0})


def test_sampled_parameters_stay_in_range_and_are_a_function_of_seed_and_replicate():
    from ecocluster.model.parameters import PARAMETERS

    drawn = sample_parameters(1, 7)
    assert drawn == sample_parameters(1, 7)
    assert drawn != sample_parameters(1, 8)
    for name, value in drawn.items():
        if name != "arrival_base":  # follows the exit rates
            low, high = sorted((PARAMETERS[name].low, PARAMETERS[name].high))
            assert low - 1e-12 <= value <= high + 1e-12, name


def test_registries_are_complete():
    for name, lever in LEVERS.items():
        assert lever.low <= lever.baseline <= lever.high and lever.unit and lever.meaning, name
        assert lever.cap is None or lever.baseline <= lever.cap <= lever.high, name
    for key, indicator in INDICATORS.items():
        assert indicator.unit and indicator.definition and indicator.pillar in PILLARS, key
        assert indicator.direction in ("min", "max", "none"), key
    assert len(set(CRITERIA)) == len(CRITERIA)


def test_cache_folder_is_named_after_the_sources(tmp_path, monkeypatch):
    copy = tmp_path / "model"
    copy.mkdir()
    for path in (ROOT / "model").rglob("*.py"):
        target = copy / path.relative_to(ROOT / "model")
        target.parent.mkdir(exist_ok=True, parents=True)
        target.write_bytes(path.read_bytes())
    monkeypatch.setattr(kernel_sources, "__file__", str(copy / "kernel_sources.py"))
    monkeypatch.setenv("ECOCLUSTER_CACHE_DIR", str(tmp_path / "cache"))

    def folder():
        kernel_sources.hash_of_sources.cache_clear()
        jit.cache_folder.cache_clear()
        return jit.cache_folder()

    before = folder()
    assert folder() == before
    helper = copy / "rules" / "trust.py"
    helper.write_text(helper.read_text() + "\n# a change in a helper of another file\n")
    after = folder()
    monkeypatch.undo()
    folder()
    assert after != before


SIGNATURES = """
import inspect
import numba
from ecocluster.experiments import compare
from ecocluster.model import compiling, jit
from ecocluster.model.references import Reference
from ecocluster.model.step import run_steps

jit.entries = lambda folder: {}  # nothing came as machine code: Numba is asked
compare("teaching", fixed=True, replicates=1)
((s, p, *_, series, level, unmet),) = run_steps.signatures
given = {"s": Reference(s), "p": p.dtype, "c": numba.int64, "out": numba.float64[::1], "before": numba.float64[::1]}
assert compiling.types_of_arguments() == given and series == numba.float64[:, ::1]
asked = {name for _, kernel in compiling.backwards() for name in inspect.signature(kernel.py_func).parameters}
assert asked <= set(given) and {"s", "p", "c"} <= asked
"""


def test_the_helper_compiles_what_a_step_asks_for():
    """The types it compiles phases for are those that a step hands on, so that what is compiled is found; in a process of its own,
    since other tests hand on arrays of their own."""
    subprocess.run([sys.executable, "-c", SIGNATURES], check=True)


def test_one_helper_is_called_and_dismissed(tmp_path, monkeypatch):
    called, left = [], []

    class Helper:
        def __init__(self, command, **options):
            called.append((command[1:], options["env"][compiling._CHILD]))

        def kill(self):
            left.append("killed")

        def wait(self):
            left.append("gone")

    monkeypatch.setattr(compiling.subprocess, "Popen", Helper)
    monkeypatch.setattr(compiling.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(compiling.atexit, "register", lambda *what: left.append(what))
    monkeypatch.setattr(compiling, "_folder", lambda: tmp_path)
    monkeypatch.setattr(compiling.shipped, "fits", lambda: False)
    lock, age = tmp_path / "helper.lock", [0.0]
    monkeypatch.setattr(compiling, "time", lambda: lock.stat().st_mtime + age[0])
    call = compiling.call_help.__wrapped__
    call()
    # -P: a file named as a module, in the folder where a user works, is none of the package's
    assert called == [(["-P", "-m", "ecocluster.model.compiling"], "1")]
    call()  # one is there
    assert len(called) == 1
    age[0] = compiling._STALE + 1
    call()  # its lock was left by a process that was killed
    assert len(called) == 2
    dismiss, *what = left.pop()
    left.clear()
    dismiss(*what)
    assert left == ["killed", "gone"] and not list(tmp_path.iterdir())
    (tmp_path / "step.run_steps-1.kernel").touch()
    assert compiling.is_compiled()
    call()  # nothing is left to do
    assert len(called) == 2


def test_an_unwritable_cache_does_not_break_a_kernel(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    code = "from ecocluster.model.maths import power; assert power(4.0, 0.5) == 2.0"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "ECOCLUSTER_CACHE_DIR": str(blocked)})


def test_version_comes_from_the_metadata():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version("ecocluster") == project["version"]
    assert not (ROOT / "__init__.py").exists()


# what the repository has and the source archive has not
NOT_IN_ARCHIVE = {
    ".ci",
    ".github",
    ".gitignore",  # of the repository, not of the program
    "typings",  # links, which would be copies in an archive: style and types are checked in a clone
}


def kept() -> set[str]:
    """Files that belong to the repository, as git says; where there is no git, those that it is not told to ignore."""
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]  # fmt: skip
    if (ROOT / ".git").exists() and shutil.which("git"):
        found = set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")) - {""}
        return {name for name in found if os.path.lexists(ROOT / name)}
    rules = [".git/", *((ROOT / ".gitignore").read_text().split() if (ROOT / ".gitignore").exists() else ())]
    found = set()
    for folder, folders, files in os.walk(ROOT):
        place = Path(folder).relative_to(ROOT)
        folders[:] = [name for name in folders if not ignored(place / name, rules, True)]
        found |= {(place / name).as_posix() for name in files if not ignored(place / name, rules, False)}
    return found


def ignored(path: Path, rules: list[str], folder: bool) -> bool:
    """The part of git's rules that our .gitignore needs: names anywhere, and paths from the root."""
    return any(
        fnmatch(path.as_posix() if "/" in rule.rstrip("/") else path.name, rule.rstrip("/"))
        for rule in rules if folder or not rule.endswith("/")
    )  # fmt: skip


def expected(names: set[str]) -> set[str]:
    return {name for name in names if name.partition("/")[0] not in NOT_IN_ARCHIVE}


def build(source: Path, what: str, out: Path) -> Path:
    """Build without downloading anything; a folder that is read only by us."""
    code = f"from setuptools import build_meta; print(build_meta.build_{what}({str(out)!r}))"
    told = subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True, text=True).stdout
    return out / told.split()[-1]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source archive, unpacked, and the wheels of the tree and of the archive."""
    folder = tmp_path_factory.mktemp("built")
    tree = folder / "tree"
    for name in kept():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name, follow_symlinks=False)
    (folder / "other").mkdir()
    from_tree = build(tree, "wheel", folder)
    with tarfile.open(build(tree, "sdist", folder)) as archive:
        if hasattr(tarfile, "data_filter"):  # not in 3.11 before .4
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder)
    (unpacked,) = folder.glob("ecocluster-*/")
    return unpacked, from_tree, build(unpacked, "wheel", folder / "other")


def archived(folder: Path) -> set[str]:
    """Files of an unpacked archive, without those that setuptools adds."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if ".egg-info/" not in name and not name.startswith("build/")} - {"PKG-INFO", "setup.cfg"}


def test_the_source_archive_holds_what_the_repository_holds(built):
    names = kept()
    assert len(names) > 400 and all(
        any(name.partition("/")[0] == left for name in names) for left in NOT_IN_ARCHIVE if (ROOT / left).exists()
    )
    assert archived(built[0]) == expected(names)


def test_without_git_the_same_files_are_found(tmp_path):
    rules = (ROOT / ".gitignore").read_text().split()
    for name, folder, left_out in (
        ("out", True, True), ("model/__pycache__", True, True), ("docs/made", True, True), ("docs/index.md", False, True),
        ("model/x.pyc", False, True), ("ecocluster.egg-info", True, True), ("docs/odd.md", False, False), ("viz/index.md", False, False),
        ("front", True, False),
    ):  # fmt: skip
        assert ignored(Path(name), rules, folder) == left_out, name


def test_a_wheel_of_the_archive_is_the_wheel_of_the_tree(built):
    contents = []
    for wheel in built[1:]:
        with zipfile.ZipFile(wheel) as file:
            contents.append({name: file.read(name) for name in file.namelist()})
    assert contents[0] == contents[1]
    names = set(contents[0])
    wanted = {f"ecocluster/{name}" for name in kept() if name.partition("/")[0] in ("model", "scenarios", "experiments", "viz")}
    assert wanted and wanted <= names and {"ecocluster/__init__.py", "ecocluster/py.typed"} <= names
    assert not any(name.startswith(("model/", "viz/", "front/")) for name in names)


def test_hooks_fetch_nothing_and_commands_are_those_of_the_list():
    """A hook from elsewhere would be fetched; sessions and hooks name tools that the extra `test` brings."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [place["repo"] for place in hooks["repos"]] == ["local"]
    entries = [hook["entry"] for place in hooks["repos"] for hook in place["hooks"]]
    assert len(entries) >= 4 and all(hook["language"] == "system" for place in hooks["repos"] for hook in place["hooks"])
    told = subprocess.run([sys.executable, "-m", "nox", "-l"], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert set(re.findall(r"^[*-] ([\w.-]+) -> ", told.stdout, re.M)) == {
        "tests", "lowest", "newest", "style", "types", "docs", *(f"{name}-3.{minor}" for name in ("smoke", "kernels") for minor in (11, 12, 13, 14)),
    }  # fmt: skip


def test_every_bound_is_at_most_what_is_pinned():
    """What a user may install lies around what was tested together; every extra of another is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pinned = {canonicalize_name(name): found for name, found in (line.split("==") for line in lines)}
    extras = project["optional-dependencies"]
    wanted = [Requirement(text) for text in [*project["dependencies"], *(text for texts in extras.values() for text in texts)]]
    for requirement in wanted:
        if requirement.name == "ecocluster":
            assert set(requirement.extras) <= set(extras)
        else:
            name = canonicalize_name(requirement.name)
            assert name in pinned and pinned[name] in requirement.specifier, requirement
            assert any(bound.operator in (">=", "<") for bound in requirement.specifier), requirement
    assert lines == sorted(lines, key=str.lower)


def test_room_grows_on_demand_and_changes_no_bit(monkeypatch):
    """Where there are more links or more firms outside than a layout expects, the run starts again with more room."""
    import numpy as np
    from ecocluster.model import layout
    from ecocluster.model.indicators import INDICATORS
    from ecocluster.model.simulator import Simulator
    from ecocluster.scenarios import load_scenario, make_arm

    site = load_scenario("teaching").site
    made = make_arm("symbiosis", budget_bn=300.0, site=site)
    arm = replace(made, scale=2.0)
    found = []
    monkeypatch.setattr(layout, "SITES_AT_FIRST", 0)  # firms outside share this room
    for links, outside in ((None, layout.OUTSIDE_AT_FIRST), (4, layout.OUTSIDE_AT_FIRST), (None, 0.0)):
        monkeypatch.setattr(layout, "OUTSIDE_AT_FIRST", outside)
        simulator = Simulator(site, (arm,), parameter_record({"cost.link_coordination": 2.0}))
        if links is not None:
            simulator.layout.links = links
            simulator.base = simulator.base._replace(links=simulator.base.links[:links].copy())
            simulator.work = simulator.work._replace(links=simulator.work.links[:links].copy())
        series = np.empty((simulator.steps + 1, len(INDICATORS)))
        level = np.empty((simulator.steps + 1, len(site.clusters)), np.int8)
        assert simulator.burn(1, 0) == 0
        simulator.fork(0, 2.0, None)
        assert simulator.run(0, series, level, level.astype(np.int16)) == 0
        found.append((series, simulator.base.links.size, simulator.base.firms.size - simulator.layout.blocks))
    assert found[1][1] > 4 and found[2][2] > 0, "controls: four links and no firm outside are too few"
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][0], found[2][0])


def test_planned_clusters_have_room_when_they_are_built(monkeypatch):
    """Without room for a planned cluster at first, and with room for all that can come to be, a run is the same."""
    import numpy as np
    from ecocluster.model import layout
    from ecocluster.model.parameters import parameter_record
    from ecocluster.model.simulator import Simulator
    from ecocluster.model.state import NEVER
    from ecocluster.scenarios import load_scenario, make_arm

    site = load_scenario("teaching").site
    arm = replace(make_arm("newly-planned", budget_bn=300.0, site=site), scale=2.0)
    found, rooms = [], []
    for sites in (0, 1000):
        monkeypatch.setattr(layout, "SITES_AT_FIRST", sites)
        simulator = Simulator(site, (arm,), parameter_record())
        rows = simulator.rows()
        assert simulator.burn(1, 0) == 0
        simulator.fork(0, 2.0, None)
        assert simulator.run(0, *rows) == 0
        planned = simulator.work.clusters[len(site.clusters) : -1]
        assert (planned["opened"] < NEVER).any(), "control: some are built"
        found.append(rows)
        rooms.append(simulator.base.firms.size - simulator.layout.blocks)
    assert rooms[0] > 0 and rooms[1] == 0
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_room_that_grows_between_pilots_is_as_new(monkeypatch):
    """A burn-in that was kept before there was more room is copied into more room; a simulator that is loaded keeps to its limits."""
    from ecocluster.model import ensemble, layout
    from ecocluster.model.sites_and_arms import Arm
    from ecocluster.scenarios import load_scenario, make_arm

    site = load_scenario("nguyen-khe").site
    made = make_arm("self-transition", site=site)
    more, scales = [], []
    make_room = ensemble.Simulator.make_room
    monkeypatch.setattr(ensemble.Simulator, "make_room", lambda self: more.append(self.base.firms.size) or make_room(self))
    for outside in (layout.OUTSIDE_AT_FIRST, 0.05):
        monkeypatch.setattr(layout, "OUTSIDE_AT_FIRST", outside)
        simulator = ensemble.Simulator(site, (Arm("null"), made), parameter_record({"growth": 0.04}))
        scales.append(ensemble._site_scale(simulator, 1, 1))
        assert (simulator.base.head[simulator.layout.blocks * 16 :] == -1).all()
    assert more and scales[0] == scales[1]
    before = simulator.layout.most_blocks
    simulator.load(parameter_record({"growth": 0.0}))
    assert simulator.layout.most_blocks < before and simulator.base.firms.size == simulator.layout.blocks


def test_more_may_settle_outside_than_the_layout_expects(monkeypatch):
    """A world outside that fills up to its last block grows on, as often as it must; it is the same run every time."""
    import numpy as np
    from ecocluster.model import ensemble, layout, simulator
    from ecocluster.model.sites_and_arms import Arm
    from ecocluster.scenarios import load_scenario

    class Narrow(layout.Layout):
        """Expects a single block outside."""

        def __init__(self, site, p, arms):
            super().__init__(site, p, arms)
            self.blocks -= self.outside_room - 1
            self.outside_blocks = self.outside_room = 1
            self.most_blocks = self.blocks
            self.clusters["slots"][-1] = 16

    monkeypatch.setattr(simulator, "Layout", Narrow)
    site = load_scenario("nguyen-khe").site
    found = []
    for _ in range(2):
        runs = ensemble.run_ensemble(site, (Arm("null"),), replicates=1, parameters={"growth": 0.04}, threads=1)
        assert not runs.failed.any()
        found.append(runs.series)
    np.testing.assert_array_equal(*found)
    monkeypatch.setattr(simulator, "MOST_ROOM", 2)  # once more and no further: what it was before there was more
    assert ensemble.run_ensemble(site, (Arm("null"),), replicates=1, parameters={"growth": 0.04}, threads=1).failed.all()


def test_a_state_of_several_pieces_is_copied_and_cleared_whole():
    """Arrays that do not lie in the state's own piece of memory are not forgotten."""
    from ecocluster.model.state import clear, copy_state, new_state

    target, source = (new_state(2, 2, 1, 4, 8, 3, 3) for _ in range(2))
    source = source._replace(links=source.links.copy())
    source.links["state"], source.firms["cash"] = 3, 5.0
    copy_state(target, source)
    assert (target.links["state"] == 3).all() and (target.firms["cash"] == 5).all()
    clear(source)
    assert not source.links["state"].any() and not source.firms["cash"].any()
