"""Compiled kernels on disk: whatever is found there, and whatever the disk says, a run goes on; foreign code never runs."""

import builtins
import errno
import os
import pickle
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import llvmlite
import numba
import pytest
from ecocluster.model import kernel_cache
from ecocluster.model.jit import cache_folder
from ecocluster.model.kernel_cache import ENDING, MESSAGES, KernelCacheWarning, keep, open_cache, weak_place
from ecocluster.model.native import FILE
from ecocluster.viz.words import Words

POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners and modes as POSIX knows them")
DISK = (errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO)


def thrice(x):
    return 3 * x


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_cache, "_told", set())
    found = open_cache(str(tmp_path / "cache" / "kernels"))
    assert found is not None
    return Path(found)


def fresh(folder, function=thrice):
    """A kernel as a new process has it."""
    kernel = numba.njit(function)
    keep(kernel, function, str(folder))
    return kernel


def answer(folder):
    """What the kernel says, whether it came from the folder, and the warnings."""
    kernel_cache._told.clear()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        kernel = fresh(folder)
        number = kernel(14)
    assert all(isinstance(one.message, KernelCacheWarning) for one in told)
    return number, bool(kernel.stats.cache_hits), [one.message.key for one in told]


@pytest.fixture
def kept(folder):
    assert answer(folder) == (42, False, [])
    (file,) = folder.iterdir()
    assert file.suffix == ENDING and answer(folder) == (42, True, [])
    return file


def test_every_message_is_in_the_catalogues():
    assert {key: Words("en")(f"kernels.{key}") for key in MESSAGES} == MESSAGES


class Foreign:
    """A pickle with a side effect."""

    def __init__(self, victim):
        self.victim = str(victim)

    def __reduce__(self):
        return os.mkdir, (self.victim,)


def damages(whole, victim):
    """What a disk, a crash or another program can make of a file."""
    yield from (whole[:size] for size in {0, 1, 31, 32, 33, len(whole) - 1, *range(40, len(whole), 211)})
    for place in range(0, len(whole), 499):
        yield whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    yield from (whole + b"\0", whole[:32] + b"\x80", b"\0" * len(whole), os.urandom(5000))
    yield pickle.dumps(Foreign(victim))
    yield whole[:32] + pickle.dumps(Foreign(victim))
    yield pickle.dumps("0.1") + pickle.dumps((b"stamp", {}))  # as Numba's own index begins


def test_a_damaged_file_is_forgotten_told_and_written_again(kept, tmp_path):
    whole, tried = kept.read_bytes(), 0
    for content in damages(whole, tmp_path / "victim"):
        kept.write_bytes(content)
        assert answer(kept.parent) == (42, False, ["damaged"]), len(content)
        assert answer(kept.parent) == (42, True, []), "it is whole again"
        tried += 1
    assert tried > 60 and not (tmp_path / "victim").exists()


@pytest.mark.parametrize("body", [b"", pickle.dumps(None), pickle.dumps((1, 2, 3)), pickle.dumps(("for another", ()))])
def test_a_whole_file_with_another_content_is_no_kernel(kept, body):
    kept.write_bytes(kernel_cache._HASH(body).digest() + body)
    number, hit, told = answer(kept.parent)
    assert (number, hit) == (42, False) and told in ([], ["damaged"])
    assert answer(kept.parent) == (42, True, [])


@pytest.mark.parametrize("what", ["version", "llvmlite", "python", "source", "line"])
def test_the_kernel_of_another_version_is_not_taken(kept, what, monkeypatch):
    if what == "version":
        monkeypatch.setattr(numba, "__version__", "0.0")
    elif what == "llvmlite":
        monkeypatch.setattr(llvmlite, "__version__", "0.0")
    elif what == "python":
        monkeypatch.setattr(sys, "implementation", type("other", (), {"cache_tag": "cpython-00"}))
    elif what == "source":
        monkeypatch.setattr(kernel_cache, "_hash_of_source", lambda path: b"another file")
    else:
        monkeypatch.setattr(kernel_cache._KernelCache, "__init__", _at_another_line(kernel_cache._KernelCache.__init__))
    assert answer(kept.parent) == (42, False, [])
    assert len(list(kept.parent.iterdir())) == 2
    (other,) = set(kept.parent.iterdir()) - {kept}
    shutil.copy(kept, other)  # under its name it is still another's
    assert answer(kept.parent) == (42, False, [])


def _at_another_line(make):
    def init(self, *given):
        make(self, *given)
        self._name += "0"

    return init


@pytest.mark.parametrize("number", DISK)
@pytest.mark.parametrize("call", ["open", "write", "replace"])
def test_a_disk_that_takes_nothing_is_told_once_and_leaves_nothing(folder, monkeypatch, call, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    if call == "open":
        monkeypatch.setattr(kernel_cache.os, "open", refuse)
    elif call == "replace":
        monkeypatch.setattr(kernel_cache.os, "replace", refuse)
    else:
        real = builtins.open

        def full(*given, **options):
            stream = real(*given, **options)
            return type("Full", (), {"__enter__": lambda s: s, "write": refuse, "__exit__": lambda *_: stream.close()})()

        monkeypatch.setattr(kernel_cache, "open", full, raising=False)
    with pytest.warns(KernelCacheWarning, match=os.strerror(number)) as told:
        assert [fresh(folder)(14), fresh(folder)(15)] == [42, 45]
    assert len(told) == 1 and not list(folder.iterdir())


@pytest.mark.parametrize("number", DISK)
def test_a_file_that_cannot_be_read_is_compiled(kept, monkeypatch, number):
    real = builtins.open

    def refuse(path, *given, **options):
        if str(path).endswith(ENDING):
            raise OSError(number, os.strerror(number))
        return real(path, *given, **options)

    monkeypatch.setattr(kernel_cache, "open", refuse, raising=False)
    assert answer(kept.parent) == (42, False, ["unread"])


@pytest.mark.parametrize("number", DISK)
def test_a_home_that_cannot_be_written_is_told(tmp_path, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(kernel_cache, "_told", set())
    monkeypatch.setattr(kernel_cache.os, "mkdir", refuse)
    with pytest.warns(KernelCacheWarning, match=os.strerror(number)):
        assert open_cache(str(tmp_path / "cache")) is None


def test_a_file_in_place_of_the_folder_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below/it"):
        monkeypatch.setattr(kernel_cache, "_told", set())
        with pytest.warns(KernelCacheWarning):
            assert open_cache(str(tmp_path / place)) is None


def ways(tmp_path):
    """Folders for kernels, each with the place on the way to it that is weak."""
    for mode in (0o777, 0o775, 0o1777):  # a sticky folder lets others add files
        open_one = tmp_path / f"open-{mode:o}"
        open_one.mkdir()
        open_one.chmod(mode)
        yield open_one, open_one
    for mode in (0o777, 0o775):
        parent = tmp_path / f"parent-{mode:o}"
        (parent / "mine").mkdir(parents=True, mode=0o700)
        parent.chmod(mode)
        yield parent / "mine", parent
    good = tmp_path / "good"
    good.mkdir(mode=0o700)
    swapped = tmp_path / "swapped"
    swapped.mkdir()
    (swapped / "link").symlink_to(good)
    swapped.chmod(0o777)
    yield swapped / "link", swapped  # whoever may exchange the link chooses the folder
    (tmp_path / "to-open").symlink_to(tmp_path / "open-777")
    yield tmp_path / "to-open", tmp_path / "open-777"
    (tmp_path / "up").symlink_to("good/../parent-777/mine")
    yield tmp_path / "up", tmp_path / "parent-777"


@POSIX
def test_folders_that_others_can_change_are_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_cache, "_is_alone", lambda *_: False)
    for folder, weak in ways(tmp_path):
        assert weak_place(str(folder)) == str(weak)
        monkeypatch.setattr(kernel_cache, "_told", set())
        with pytest.warns(KernelCacheWarning, match=weak.name):
            assert open_cache(str(folder)) is None


@POSIX
@pytest.mark.filterwarnings("error::ecocluster.model.kernel_cache.KernelCacheWarning")
def test_an_ordinary_home_has_a_cache(tmp_path, monkeypatch):
    for mode in (0o755, 0o750, 0o700, 0o711):
        home = tmp_path / f"home-{mode:o}"
        home.mkdir()
        home.chmod(mode)
        assert open_cache(str(home / ".cache" / "ecocluster" / "kernels"))
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)  # as /tmp
    (tmp_path / "link").symlink_to(shared)
    assert open_cache(str(tmp_path / "link" / "mine" / "kernels"))
    group = tmp_path / "group"
    group.mkdir()
    group.chmod(0o775)
    monkeypatch.setattr(kernel_cache, "_is_alone", lambda user, group: True)  # a group of one, as many systems make
    assert open_cache(str(group / "kernels"))


@POSIX
def test_a_group_is_alone_only_with_its_one_member(monkeypatch):
    import grp
    import pwd

    monkeypatch.setattr(pwd, "getpwuid", lambda user: type("account", (), {"pw_name": "lan", "pw_gid": 7}))
    for name, gid, members, alone in (("lan", 7, [], True), ("lan", 7, ["lan"], True), ("lan", 7, ["minh"], False),
                                      ("users", 7, [], False), ("lan", 8, [], False)):  # fmt: skip
        monkeypatch.setattr(grp, "getgrgid", lambda _, n=name, m=members: type("group", (), {"gr_name": n, "gr_mem": m}))
        assert kernel_cache._is_alone.__wrapped__(1000, gid) is alone


@POSIX
def test_the_folder_of_another_user_is_not_used_unless_the_package_is_his(kept, monkeypatch):
    mine = frozenset({os.stat(kept).st_uid})
    monkeypatch.setattr(kernel_cache, "_is_ours", lambda found: found.st_ino != os.stat(kept.parent).st_ino)
    assert weak_place(str(kept.parent)) == str(kept.parent)
    monkeypatch.setattr(kernel_cache, "_is_ours", lambda found: found.st_ino != os.stat(kept).st_ino)
    assert answer(kept.parent)[1:] == (False, ["exposed"]), "a foreign file in our folder"
    monkeypatch.undo()
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert kernel_cache._owners.__wrapped__() >= {54321, 0, os.stat(kernel_cache.__file__).st_uid}
    monkeypatch.setattr(kernel_cache, "_owners", lambda: mine)
    assert answer(kept.parent)[1] is True


@POSIX
def test_a_careless_umask_opens_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_cache, "_is_alone", lambda *_: False)
    before = os.umask(0)
    try:
        folder = Path(open_cache(str(tmp_path / ".cache" / "ecocluster" / "kernels")))
        assert answer(folder)[1] is False and answer(folder)[1] is True
    finally:
        os.umask(before)
    (file,) = folder.iterdir()
    file.chmod(0o666)
    assert answer(folder) == (42, False, ["exposed"])


@POSIX
def test_foreign_code_does_not_run_from_a_folder_that_is_open_to_all(tmp_path):
    """A file with the right name and hash; the control shows that it would run."""
    program = (
        "from ecocluster.model.jit import cache_folder; from ecocluster.model.maths import power; print(power.dispatcher(4.0, 0.5))"
    )
    where, victim = tmp_path / "cache", tmp_path / "victim"

    def run():
        environment = {**os.environ, "ECOCLUSTER_CACHE_DIR": str(where)}
        return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert run().stderr == ""
    body = pickle.dumps(Foreign(victim))
    for file in where.rglob(f"*{ENDING}"):
        file.write_bytes(kernel_cache._HASH(body).digest() + body)
    where.chmod(0o777)
    done = run()
    assert done.stdout == "2.0\n" and str(where) in done.stderr and not victim.exists()
    where.chmod(0o700)
    assert run().stdout == "2.0\n" and victim.exists()


def test_a_damaged_cache_costs_a_command_one_line(tmp_path):
    """A copy of the warm cache, one kernel emptied and one cut, and the library if there is one: told once, in the reader's language, and
    mended."""
    subprocess.run(
        [sys.executable, "-c", "from ecocluster.experiments import compare; compare('teaching', fixed=True, replicates=1)"],
        check=True,
    )
    warm = Path(cache_folder())
    cold = tmp_path / "cache" / warm.name
    shutil.copytree(warm, cold, ignore=shutil.ignore_patterns("*.tmp", "*.lock"))
    for name, size in (("randomness.key_of", 0), ("randomness.uniform", 500)):
        for file in cold.glob(f"{name}-*{ENDING}"):
            os.truncate(file, size)
    for file in cold.glob(f"*{FILE}"):
        os.truncate(file, 500)
    command = [sys.executable, "-m", "ecocluster", "compare", "teaching", "--replicates", "1", "--json", "--lang", "vi"]
    for lines in (1, 0):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True,
                              env={**os.environ, "ECOCLUSTER_CACHE_DIR": str(cold.parent)})  # fmt: skip
        assert done.returncode == 0 and done.stdout.count("\n") == 1
        assert done.stderr.count("\n") == lines and ("bị hỏng" in done.stderr) == (lines == 1)


# --- no usable home ----------------------------------------------------------------------------------

WHERE = "import os; from ecocluster.model.jit import cache_folder; print(cache_folder(), flush=True); print(os.environ.get('ECOCLUSTER_CACHE_DIR'))"


def where(tmp_path, **variables):
    """The folder of kernels in a new process, what its children are told, and what was said."""
    known = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME", "ECOCLUSTER_CACHE_DIR")}
    done = subprocess.run(
        [sys.executable, "-c", WHERE], cwd=tmp_path, env={**known, **variables}, capture_output=True, text=True, check=True
    )
    return *done.stdout.split("\n")[:2], done.stderr


@POSIX
def test_without_a_home_nothing_lands_in_the_working_folder(tmp_path, monkeypatch):
    """Where nobody knows the user; the folder is closed, told to children, and gone afterwards."""
    monkeypatch.setattr(kernel_cache, "_told", set())
    with pytest.warns(KernelCacheWarning, match="no home"):
        assert open_cache("~/.cache/ecocluster/kernels") is None
    assert not list(tmp_path.iterdir())
    own = kernel_cache.own_place()
    try:
        assert os.stat(own).st_mode & 0o777 == 0o700 and os.environ["ECOCLUSTER_CACHE_DIR"] == own
        assert open_cache(os.path.join(own, "kernels"))
    finally:
        shutil.rmtree(own)
        monkeypatch.delenv("ECOCLUSTER_CACHE_DIR", raising=False)


@POSIX
def test_a_home_that_takes_nothing_gives_way_to_a_folder_of_this_run(tmp_path):
    (tmp_path / "home").write_text("")  # a file in its place: for root too
    folder, told, said = where(tmp_path, HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path))
    assert folder.startswith(str(tmp_path / "ecocluster-")) and told == os.path.dirname(folder) and "ECOCLUSTER_CACHE_DIR" in said
    assert not os.path.exists(told), "it lives as long as the process"
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


@POSIX
def test_a_temporary_folder_that_others_can_change_is_not_taken(tmp_path):
    """Then nothing is kept. Control: in a sticky one a folder of ours is safe."""
    (tmp_path / "home").write_text("")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert where(tmp_path, HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "open"))[0] == "None"
    assert not list((tmp_path / "open").iterdir())
    (tmp_path / "open").chmod(0o1777)
    assert where(tmp_path, HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "open"))[0].startswith(str(tmp_path / "open"))
