"""Kernels called without Numba: the same bits, nothing of Numba loaded, and no code that was not packed for exactly this."""

import json
import lzma
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from ecocluster.model import kernel_cache, native, processor, shipped
from ecocluster.model.jit import Kernel, name_of
from ecocluster.model.kernel_cache import open_cache
from ecocluster.model.native import Misfit, digest_of, kind_of

CAME = pytest.mark.skipif(not shipped.fits(), reason="no kernels are shipped for these sources, this Python and kind of processor")
POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners and modes as POSIX knows them")
ROWS = np.dtype([("a", "i8"), ("b", "f8", (3,))])


class Pair(NamedTuple):
    """What a kernel is given."""

    rows: np.ndarray
    grid: np.ndarray


class Riap(NamedTuple):
    """The same arrays by other names."""

    rows: np.ndarray
    grid: np.ndarray


def mixed(pair, factor, times, yes):
    total = 0.0
    for row in pair.rows:
        row.a += times
        for x in row.b:
            total += x * factor
    for i in range(pair.grid.shape[0]):
        for j in range(pair.grid.shape[1]):
            pair.grid[i, j] = i * 10 + j
    return total if yes else -total


def halves(n):
    return n // 2, n * 0.5, n > 2


def stops(n):
    if n > 2:
        raise ValueError("too much")


def word(n):
    return n >> np.uint64(60)


def pair():
    rows = np.zeros(4, ROWS)
    rows["b"] = np.arange(12).reshape(4, 3) / 7
    return Pair(rows, np.zeros((2, 3)))


@pytest.fixture(scope="module")
def made():
    """A library of small kernels."""
    from ecocluster.experiments import native_kernels
    from ecocluster.experiments.native_kernels import Asked, build
    from numba import typeof

    if shutil.which("ld") is None or not sys.platform.startswith("linux"):
        pytest.skip("a library is linked by ld")
    calls = [(mixed, (pair(), 2.0, 3, True)), (halves, (5,)), (stops, (1,)), (word, (np.uint64(5),))]
    asked = [Asked(f, tuple(map(typeof, given)), [native_kernels._described(one) for one in given]) for f, given in calls]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_kernels, "name_of", lambda function: function.__name__)
        return build(asked)


@pytest.fixture
def place(tmp_path, monkeypatch, made):
    """An archive with that library, and an empty folder of compiled kernels."""
    monkeypatch.setattr(shipped, "archive", lambda: tmp_path / "kernels" / "one.xz")
    monkeypatch.setattr(kernel_cache, "_told", set())
    monkeypatch.delenv("ECOCLUSTER_SHIPPED", raising=False)
    folder = open_cache(str(tmp_path / "cache" / "kernels"))
    shipped.pack([], 0, *made)
    forget()
    yield folder
    monkeypatch.undo()
    forget()


def forget():
    shipped._fitting.cache_clear()
    shipped._contents.cache_clear()
    native._entries.cache_clear()


def entry(folder, function):
    (found,) = native._entries.__wrapped__(folder)[function.__name__]
    return found


def file_in(folder):
    (name,) = os.listdir(folder)
    return os.path.join(folder, name)


def seen_by_the_loader(patch, look=lambda path: Path(path).read_bytes()):
    """What would have been loaded; the loader refuses."""
    seen = []

    def load(path):
        seen.append(look(path))
        raise OSError("no code may be run from this folder")

    patch.setattr(native.ctypes, "CDLL", load)
    return seen


# --- calls ------------------------------------------------------------------------------------------------------


def test_an_entry_gives_what_python_gives(place):
    mine, theirs = pair(), pair()
    call = entry(place, mixed)
    for yes in (True, False, np.bool_(True)):
        given = call(mine, 0.3, np.int64(3), yes)
        assert type(given) is float and given == mixed(Pair(theirs.rows.view(np.recarray), theirs.grid), 0.3, 3, yes)
    assert mine.rows.tobytes() == theirs.rows.tobytes() and mine.grid.tobytes() == theirs.grid.tobytes()
    assert entry(place, halves)(-5) == (-3, -2.5, False) and type(entry(place, halves)(5)[2]) is bool
    assert entry(place, word)(np.uint64(2**63 + 1)) == 8 and entry(place, stops)(1) is None


def test_arguments_of_another_kind_do_not_fit(place):
    call, good = entry(place, mixed), pair()
    frozen, wide = pair(), np.zeros((2, 6))[:, ::2]
    frozen.grid.flags.writeable = False
    shifted = np.zeros(49, np.uint8)[1:].view("f8").reshape(2, 3)
    others = [
        (good, 2, 3, True), (good, 2.0, 3.0, True), (good, 2.0, True, True), (good, 2.0, 3, 1), (good, 2.0, 2**63, True),
        (good, 2.0, np.int32(3), True), (good, np.float32(2), 3, True), (good, 2.0, 3), (good, 2.0, 3, True, True),
        (Riap(*good), 2.0, 3, True), (tuple(good), 2.0, 3, True), (frozen, 2.0, 3, True), (good._replace(grid=wide), 2.0, 3, True),
        (good._replace(grid=np.zeros((3, 2)).T), 2.0, 3, True), (good._replace(grid=np.zeros(6)), 2.0, 3, True),
        (good._replace(grid=np.zeros((2, 3), "f4")), 2.0, 3, True), (good._replace(grid=np.zeros((2, 3), ">f8")), 2.0, 3, True),
        (good._replace(grid=shifted), 2.0, 3, True), (good._replace(grid=None), 2.0, 3, True),
        (good._replace(grid=np.zeros((2, 3)).view(np.recarray)), 2.0, 3, True),
        (good._replace(rows=np.zeros(4, np.dtype([("b", "f8", (3,)), ("a", "i8")]))), 2.0, 3, True),
        (good._replace(rows=np.zeros(4, np.dtype([("a", "i8"), ("c", "f8", (3,))]))), 2.0, 3, True),
        (good._replace(rows=np.zeros(4, np.dtype([("a", "i8"), ("b", "f8", (3,))], align=True))), 2.0, 3, True),
    ]  # fmt: skip
    for given in others:
        with pytest.raises(Misfit):
            call(*given)
    assert call(pair(), 2.0, 3, True) > 0 and not good.grid.any() and not good.rows["a"].any()


def test_an_array_in_the_place_of_one_that_is_gone_is_looked_at_anew(place):
    """What is remembered of an array ends with it, whatever comes to lie where it lay."""
    call = entry(place, mixed)
    for size in [2, 3, 2, 5] * 50:
        grid = np.full((size, 3), -1.0)
        call(pair()._replace(grid=grid), 1.0, 1, True)
        assert (grid >= 0).all()
        del grid
        short = np.zeros(3)
        with pytest.raises(Misfit):
            call(pair()._replace(grid=short), 1.0, 1, True)


def test_a_kernel_that_breaks_off_says_so(place):
    with pytest.raises(RuntimeError, match="stops broke off"):
        entry(place, stops)(3)


def test_threads_call_at_once(place):
    call, wrong = entry(place, mixed), []

    def many():
        for _ in range(200):
            one = pair()
            if call(one, 2.0, 3, True) != expected or (one.rows["a"] != 3).any():
                wrong.append(one)

    expected = call(pair(), 2.0, 3, True)
    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_fits_no_entry_is_numbas(monkeypatch):
    asked = []

    class Nothing:
        def __call__(self, *arguments):
            asked.append(arguments)
            raise Misfit

    kernel = Kernel(halves, {"nogil": True, "error_model": "numpy"}, True)
    kernel.entries = (Nothing(), Nothing())
    assert kernel(5) == (2, 2.5, True) and asked == [(5,), (5,)] and kernel.dispatcher.signatures


def test_a_function_of_somebody_else_has_no_entry():
    from ecocluster.model import maths

    assert name_of(halves) == "" and name_of(maths.power.py_func).startswith("ecocluster.model.maths.power-")
    foreign = lambda x, y: x  # noqa: E731
    foreign.__module__, foreign.__qualname__ = "ecocluster.model.maths", "power"
    assert name_of(foreign) == "", "it only says that it is ours"


@pytest.mark.parametrize("other", [
    np.dtype([("a", "i8"), ("b", "f8", 3), ("c", "i8")]), np.dtype([("b", "f8", 3), ("a", "i8")]), np.dtype([("a", "i4"), ("b", "f8", 3)]),
    np.dtype([("a", "i8"), ("b", "f8", 4)]), np.dtype([("a", "i8"), ("b", "f4", 3)]), np.dtype([("a", ">i8"), ("b", "f8", 3)]), np.dtype("f8"),
])  # fmt: skip
def test_kinds_tell_what_lies_in_memory(other):
    assert kind_of(ROWS) == kind_of(np.dtype([("a", "i8"), ("b", "f8", (3,))])) != kind_of(other)


# --- which code -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", sorted(shipped.made_by()))
def test_machine_code_of_anything_else_is_never_used(what, place):
    """Of other sources, another processor, Numba, llvmlite or Python: each alone; also where its library was unpacked before."""
    assert native._entries.__wrapped__(place)
    text = lzma.decompress(shipped.archive().read_bytes())
    line, _, rest = text.partition(b"\n")
    head = json.loads(line)
    head["made_by"][what] += "x"
    shipped.archive().write_bytes(lzma.compress(json.dumps(head).encode() + b"\n" + rest))
    forget()
    assert os.listdir(place) and native.entries(place) == {}


def test_an_edited_source_or_a_wish_leaves_it_unused(place, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shipped, "hash_of_sources", lambda: "0" * 64)
        forget()
        assert native.entries(place) == {}
    monkeypatch.setenv("ECOCLUSTER_SHIPPED", "0")
    forget()
    assert native.entries(place) == {} == native.entries(None)


def test_a_library_is_loaded_only_to_the_bit(place, monkeypatch):
    """What lies in the folder is made again from the archive, and never loaded as it is."""
    assert native._entries.__wrapped__(place)
    path = file_in(place)
    whole = Path(path).read_bytes()
    loaded = seen_by_the_loader(monkeypatch)
    damages = [whole[:size] for size in (0, 1, 64, len(whole) - 1)] + [whole + b"\0", b"\0" * len(whole)]
    damages += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 211)]
    for content in damages:
        kernel_cache._told.clear()
        Path(path).write_bytes(content)
        with pytest.warns(kernel_cache.KernelCacheWarning) as told:
            native._entries.__wrapped__(place)
        assert [one.message.key for one in told] == ["damaged"] and loaded.pop() == whole
    shipped.archive().unlink()  # read already, so that what it says is known; but its content is not
    shipped._contents.cache_clear()
    Path(path).write_bytes(whole[:-1])
    monkeypatch.setattr(shipped, "content", lambda name: None)
    assert native._entries.__wrapped__(place) == {} and not loaded


def test_an_archive_whose_words_and_code_differ_is_not_used(place, made):
    """What entries take is part of what is compared: a word that is wrong would make a kernel read what is not there."""
    told, (name, content) = made
    entries = json.loads(json.dumps(told["entries"]))
    assert digest_of(entries, content) == told["digest"]
    entries[0][2][0][2][0][2] += 1
    shipped.pack([], 0, {**told, "entries": entries}, (name, content))
    forget()
    assert native.entries(place) == {}
    shipped.pack([], 0, told, (name, content[:-1]))
    forget()
    assert native.entries(place) == {}


@POSIX
def test_a_library_that_others_may_have_written_is_not_loaded(place, monkeypatch):
    assert native._entries.__wrapped__(place)
    path, loaded = file_in(place), seen_by_the_loader(monkeypatch, os.stat)
    os.chmod(path, 0o666)
    open_one = os.stat(path).st_ino
    with pytest.warns(kernel_cache.KernelCacheWarning, match="can be changed by others"):
        native._entries.__wrapped__(place)
    assert all(one.st_ino != open_one and not one.st_mode & 0o022 for one in loaded)
    loaded.clear()
    kernel_cache._told.clear()
    monkeypatch.setattr(kernel_cache, "_is_ours", lambda found: False)
    with pytest.warns(kernel_cache.KernelCacheWarning, match="belongs to somebody else"):
        assert native._entries.__wrapped__(place) == {} and not loaded


def test_where_it_can_be_put_or_run_nowhere_numba_is_asked(place, monkeypatch):
    assert native.entries(None) == {}
    with monkeypatch.context() as patch:
        seen_by_the_loader(patch)
        assert native._entries.__wrapped__(place) == {}
    os.unlink(file_in(place))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(native, "write_whole", full)
    with pytest.warns(kernel_cache.KernelCacheWarning, match="No space left"):
        assert native._entries.__wrapped__(place) == {}


# --- without Numba ------------------------------------------------------------------------------------------------------

LOADED = "{name for name in sys.modules if name.partition('.')[0] in ('numba', 'llvmlite')}"


def ran(code, folder, **variables):
    """What a new process prints."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("NUMBA_", "ECOCLUSTER_"))}
    environment = {**kept, "ECOCLUSTER_CACHE_DIR": str(folder), **variables}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout


def test_whoever_imports_the_model_loads_no_numba(tmp_path):
    """Control: whoever asks for a dispatcher does."""
    code = f"""if True:
        import importlib, pkgutil, sys
        import ecocluster.model, ecocluster.viz.cli, ecocluster.experiments.comparing
        for found in pkgutil.walk_packages(ecocluster.model.__path__, "ecocluster.model."):
            if not found.name.endswith((".references", ".mesa_agents", ".mesa_model")):
                importlib.import_module(found.name)
        print(sorted({LOADED}))
        from ecocluster.model.maths import log
        log.dispatcher
        print(len({LOADED}) > 100)
    """
    assert ran(code, tmp_path) == "[]\nTrue\n"


@CAME
def test_an_answer_is_given_without_numba(tmp_path):
    code = f"""if True:
        import sys
        from ecocluster.experiments.comparing import compare
        compare("nguyen-khe", fixed=True, replicates=2)
        print(sorted({LOADED}))
    """
    assert [ran(code, tmp_path) for _ in range(2)] == ["[]\n"] * 2


@CAME
def test_the_bits_are_those_of_numba(tmp_path):
    """Runs, with enterprises that are described and with programmes, and functions of numbers, by way of either."""
    code = """if True:
        import hashlib, sys
        from dataclasses import replace
        import numpy as np
        from ecocluster.model import jit, maths, randomness
        from ecocluster.model.ensemble import run_ensemble
        from ecocluster.model.sites_and_arms import Firm
        from ecocluster.model.vocabulary import SECTORS, TECHNOLOGIES
        from ecocluster.scenarios import load_scenario, make_arm
        if sys.argv[1:] == ["numba"]:
            jit.entries = lambda folder: {}
        told = hashlib.sha256()
        site = load_scenario("teaching").site
        known = replace(site.clusters[0], firms=(Firm(SECTORS[1], 10.0, technologies=TECHNOLOGIES[:2]), Firm(SECTORS[0], 30.0)))
        for one in (site, replace(site, clusters=(known, *site.clusters[1:])), load_scenario("nguyen-khe").site):
            runs = run_ensemble(one, (make_arm("null", site=one), make_arm("combined", site=one)), replicates=3)
            for array in (runs.series, runs.level, runs.unmet, runs.funds, runs.by_origin, runs.past):
                told.update(array.tobytes())
        for x in np.random.default_rng(1).lognormal(0, 3, 500).tolist():
            told.update(np.array([maths.log(x), maths.power(x, 0.3), maths.annuity(0.01 + x, 7.0)]).tobytes())
            told.update(repr(randomness.uniform(np.uint64(x * 1e6), 3, 5, 7)).encode())
        print(told.hexdigest(), "numba" in sys.modules)
    """
    here, there = (ran(f"import sys; sys.argv[1:] = {way}\n{code}", tmp_path).split() for way in ([], ["numba"]))
    assert (here[1], there[1]) == ("False", "True") and here[0] == there[0]


# --- the kind of processor --------------------------------------------------------------------------------------------------

KIND = """if True:
    import sys
    from ecocluster.model import processor
    if {cpuinfo!r} is not None:
        processor._CPUINFO = {cpuinfo!r}
    processor.settle()
    print(processor.kind(), len({loaded}) > 0)
    import numba
    print(numba.core.config.CPU_NAME, repr(numba.core.config.CPU_FEATURES), numba.core.registry.cpu_target.target_context.codegen().magic_tuple()[1:])
"""
X86_LINUX = pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="what Linux says of x86-64")


def kind(tmp_path, flags=None, **variables):
    cpuinfo = None
    if flags is not None:
        cpuinfo = str(tmp_path / "cpuinfo")
        with open(cpuinfo, "w") as stream:
            stream.write(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: none\n" if flags else "processor\t: 0\n")
    return ran(KIND.format(cpuinfo=cpuinfo, loaded=LOADED), tmp_path / "cache", **variables).splitlines()


@X86_LINUX
def test_linux_tells_the_kind_that_llvm_tells(tmp_path):
    """Numba is loaded after it, and compiles for that kind."""
    here, asked = kind(tmp_path), kind(tmp_path, flags="")
    assert here[0].split()[0] == asked[0].split()[0] and (here[0].split()[1], asked[0].split()[1]) == ("False", "True")
    assert here[1] == asked[1] == f"{here[0].split()[0]} '' ('{here[0].split()[0]}', '')"


@X86_LINUX
def test_a_feature_that_is_missing_makes_it_the_older_kind(tmp_path):
    flags = [processor._OF_LINUX.get(feature, feature) for feature in processor._V3]
    assert kind(tmp_path, " ".join(flags))[0] == "x86-64-v3 False"
    for missing in ("avx2", "abm", "lahf_lm"):
        told = kind(tmp_path, " ".join(flag for flag in flags if flag != missing))
        assert told == ["x86-64 False", "x86-64 '' ('x86-64', '')"]


@X86_LINUX
@pytest.mark.parametrize(("variables", "name"), [
    ({"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": ""}, "x86-64"), ({"NUMBA_CPU_NAME": "generic"}, "x86-64"),
    ({"NUMBA_ENABLE_AVX": "0"}, "x86-64"), ({"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}, "haswell"),
])  # fmt: skip
def test_whoever_names_a_processor_is_heard_by_numba(tmp_path, variables, name):
    assert kind(tmp_path, **variables)[0] == f"{name} True"
