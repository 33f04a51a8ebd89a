"""Kernels that come with the package: nobody compiles where they fit, and what does not fit is never used."""

import json
import lzma
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from ecocluster.model import compiling, kernel_cache, shipped, step  # noqa: F401 (all kernels)
from ecocluster.model.jit import KERNELS
from ecocluster.model.kernel_cache import ENDING, keep

A_RUN = """if True:
    import sys
    from ecocluster.experiments.bench import _simulator
    from ecocluster.model import jit
    from ecocluster.model.jit import KERNELS
    if sys.argv[1:] == ["numba"]:
        jit.entries = lambda folder: {}
    simulator = _simulator("null")
    failed = simulator.burn(1, 0)
    hits, misses = (sum(sum(getattr(kernel.stats, what).values()) for kernel in KERNELS if "dispatcher" in vars(kernel)) for what in ("cache_hits", "cache_misses"))
    print(hits, misses, failed)
"""


def a_run(tmp_path, *options, way="numba", **variables):
    """Kernels that Numba found and compiled in a first run with an empty cache."""
    environment = {"PATH": "/usr/bin:/bin", "ECOCLUSTER_CACHE_DIR": str(tmp_path / "cache"), **variables}
    done = subprocess.run([sys.executable, *options, "-c", A_RUN, way], env=environment, capture_output=True, text=True, check=True)
    return [int(part) for part in done.stdout.split()]


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Another place for the archive, and nothing remembered of the true one."""

    def forget():
        shipped._fitting.cache_clear()
        shipped._contents.cache_clear()

    monkeypatch.setattr(shipped, "archive", lambda: tmp_path / "kernels" / "one.xz")
    monkeypatch.delenv("ECOCLUSTER_SHIPPED", raising=False)
    forget()
    yield forget
    monkeypatch.undo()
    forget()


def thrice(x):
    return 3 * x


def fresh(folder):
    kernel = numba.njit(thrice)
    keep(kernel, thrice, None if folder is None else str(folder))
    return kernel


@pytest.fixture
def packed(tmp_path, at):
    """An archive with one kernel."""
    (tmp_path / "cache").mkdir()
    assert fresh(tmp_path / "cache")(14) == 42
    (file,) = (tmp_path / "cache").iterdir()
    place = shipped.pack([file], 1)
    at()
    return place


def hit(folder):
    kernel = fresh(folder)
    assert kernel(14) == 42
    return bool(kernel.stats.cache_hits)


def test_what_is_shipped_fits_these_sources():
    """If it does not, `nox -s kernels` renews it."""
    if not shipped.archive().exists():
        pytest.skip(f"no kernels are shipped for {shipped.archive().stem}")
    head = json.loads(lzma.open(shipped.archive()).readline())
    if {name: head["made_by"][name] for name in ("numba", "llvmlite")} != {
        name: shipped.made_by()[name] for name in ("numba", "llvmlite")
    }:
        pytest.skip("another Numba than the pinned one")
    assert head["made_by"] == shipped.made_by(), "sources of kernels have changed: nox -s kernels"


def test_a_first_run_compiles_nothing(tmp_path):
    if not shipped.fits():
        pytest.skip("no kernels are shipped for this Python, Numba and kind of processor")
    hits, misses, failed = a_run(tmp_path)
    assert hits >= 5 and misses == failed == 0
    assert compiling.is_compiled()
    assert a_run(tmp_path, "-OO") == [hits, 0, 0], "nor without docstrings and assertions"
    assert a_run(tmp_path, way="machine code") == a_run(tmp_path, "-OO", way="machine code") == [0, 0, 0], "nor asks Numba for one"


def test_they_may_be_refused(monkeypatch, at, packed):
    assert shipped.fits() and compiling.is_compiled()
    monkeypatch.setenv("ECOCLUSTER_SHIPPED", "0")
    at()
    assert not shipped.fits() and shipped.content(next(iter(packed.parent.iterdir())).name) is None


def test_a_kernel_comes_from_the_archive_and_stays_in_the_folder(tmp_path, packed):
    folder = tmp_path / "empty"
    folder.mkdir()
    assert hit(folder) and len(list(folder.glob(f"*{ENDING}"))) == 1
    packed.unlink()
    assert hit(folder), "the next start needs no archive"
    assert hit(None), "read once, it is remembered"


def test_without_a_folder_it_is_used_too(packed):
    assert hit(None)


@pytest.mark.parametrize("what", sorted(shipped.made_by()))
def test_a_stale_archive_is_never_used(what, tmp_path, packed, at):
    """Of other sources, another processor, Numba, llvmlite or Python: each alone, with the very kernel in it."""
    text = lzma.decompress(packed.read_bytes())
    line, _, rest = text.partition(b"\n")
    head = json.loads(line)
    head["made_by"][what] += "x"
    packed.write_bytes(lzma.compress(json.dumps(head).encode() + b"\n" + rest))
    at()
    folder = tmp_path / "empty"
    folder.mkdir()
    assert not shipped.fits() and not hit(folder)


def test_an_edited_source_makes_the_archive_stale(monkeypatch, packed, at):
    monkeypatch.setattr(shipped, "hash_of_sources", lambda: "0" * 64)
    at()
    assert not shipped.fits() and not hit(None)


def test_a_renamed_or_older_file_in_the_archive_is_not_taken(tmp_path, packed, at, monkeypatch):
    """Even in an archive that fits: a kernel carries the hash of its own file and of what compiled it."""
    monkeypatch.setattr(kernel_cache, "_hash_of_source", lambda path: b"another text")
    name = fresh(None)._cache._place((numba.int64,), numba.core.registry.cpu_target.target_context.codegen())[0]
    kept = dict(shipped._contents())
    (content,) = kept.values()
    monkeypatch.setattr(shipped, "_contents", lambda: {name: content})
    assert not hit(None)


def test_a_broken_archive_is_no_archive(tmp_path, packed, at):
    whole = packed.read_bytes()
    text = lzma.decompress(whole)
    broken = [whole[:size] for size in (0, 1, 20, len(whole) // 2, len(whole) - 1)]
    broken += [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 97)]
    broken += [
        lzma.compress(body) for body in (b"", b"\n", b"{}\n", b"[]\n", b"null\n", b"{" * 5000, text[:-5], text.partition(b"\n")[2])
    ]
    for content in broken:
        packed.write_bytes(content)
        at()
        assert isinstance(hit(None), bool)  # it answers 42 whatever lies there
    packed.write_bytes(whole)
    at()
    assert hit(None)


def test_a_kernel_for_python_alone_cannot_be_called_by_another(tmp_path):
    """What a linker needs of it is not kept; a call fails, aloud, instead of linking something else."""
    path = tmp_path / "user.py"
    path.write_text(
        "from ecocluster.model.jit import jit\n@jit(outer=True)\ndef a(x):\n    return x + 1\n@jit\ndef b(x):\n    return a(x)\n"
    )
    first = "import user; assert user.a(1) == 2; print('first')"
    then = "import user; print(user.b(1))"
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "ECOCLUSTER_CACHE_DIR": str(tmp_path / "cache")}
    run = [sys.executable, "-c"]
    assert subprocess.run([*run, first], env=environment, capture_output=True, text=True).stdout == "first\n"
    done = subprocess.run([*run, then], env=environment, capture_output=True, text=True)
    assert done.returncode != 0 or done.stdout == "2\n"


def test_the_bar_of_compiling_counts_files(tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "_folder", lambda: tmp_path)
    monkeypatch.setattr(shipped, "compiled_in_all", lambda: 3)
    seen = [compiling.how_far()]
    for name in ("a", "b", "c", "d"):
        (tmp_path / f"{name}{ENDING}").touch()
        seen.append(compiling.how_far())
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3), (3, 3)]
    monkeypatch.setattr(shipped, "compiled_in_all", lambda: None)
    assert compiling.how_far() == (4, len(KERNELS))


def test_what_is_packed_is_called_by_python():
    from ecocluster.experiments.renew_kernels import used_by_python

    folder = Path("folder")
    names = ("step.run_steps-91.0123456789abcdef", "measure.measure-68.0123456789abcdef", "another.thing-1.0123456789abcdef")
    there = type("Folder", (), {"glob": lambda self, pattern: [folder / f"{name}{ENDING}" for name in names]})()
    assert [path.name for path in used_by_python(there)] == [f"{names[0]}{ENDING}"]
