"""Pasts and runs that are kept: the same bits, whatever lies in the folder, and no more than is granted."""

import os
import pickle
import shutil
import threading
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from ecocluster.experiments import kept_files, kept_runs
from ecocluster.experiments.kept_files import ENDING, VARIABLE, Files, files
from ecocluster.experiments.kept_runs import KeptSimulator, keeping
from ecocluster.experiments.sweeps import chunks
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.parameters import World, parameter_record
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm, Law, Shock
from ecocluster.scenarios import load_scenario, load_shocks, make_arm

FIELDS = ("series", "level", "unmet", "failed", "funds", "by_origin", "trades", "past")
SHORT = 2023.0


@pytest.fixture(scope="module")
def site():
    return load_scenario("teaching").site


@pytest.fixture
def store(tmp_path):
    (tmp_path / "runs").mkdir(mode=0o700)
    return Files(tmp_path / "runs", 1e9)


@pytest.fixture
def counted(monkeypatch):
    seen = Counter()
    for name in ("burn", "run"):
        real = getattr(Simulator, name)
        what = {"burn": lambda *_: "pasts", "run": lambda own, index, *_: "arms" if own.arms[index].programmes else "bare"}[name]

        def count(own, *given, real=real, what=what):
            seen[what(own, *given)] += 1
            return real(own, *given)

        monkeypatch.setattr(Simulator, name, count)
    return seen


def arms_of(site, *pathways, **more):
    return [Arm("null"), *(make_arm(name, site=site, **more) for name in ("law", *pathways))]


def run(site, arms, make=Simulator, **more):
    return run_ensemble(site, arms, **{"replicates": 2, "threads": 1, "last_year": SHORT, "make": make, **more})


def bits(runs):
    return {name: np.ascontiguousarray(getattr(runs, name)).tobytes() for name in FIELDS}


def test_a_second_question_runs_what_is_new_in_it(store, counted):
    """Another budget, other pathways, a longer end: what is known of these worlds is not run again, and the bits are those of a run."""
    make = partial(KeptSimulator, store)
    worlds = [World(number=n, replicate=n, parameters={"growth": 0.01 + 0.01 * n, "search_rate": 0.3}) for n in range(2)]
    site = load_scenario("nguyen-khe").site
    first = arms_of(site, "combined")
    expected = bits(run(site, first, worlds=worlds))
    counted.clear()
    assert bits(run(site, first, make, worlds=worlds)) == expected
    assert counted == {"pasts": 2, "bare": 4, "arms": 2} and len(list(store.folder.iterdir())) == 2 + 6
    others = {
        "budget": (arms_of(site, "combined", budget_bn=40.0), {}, {"arms": 2}),
        "pathways": (arms_of(site, "symbiosis", "self-transition"), {}, {"arms": 4}),
        "sites": (arms_of(site, "newly-planned"), {}, {"arms": 2}),
        "law": (arms_of(site, "combined", law="strict"), {}, {"arms": 2, "bare": 2}),  # the null is known
        "end": (first, {"last_year": SHORT + 1}, {"arms": 2, "bare": 4}),
        "threads": (first, {"threads": 2}, {}),
        "more": (arms_of(site, "combined", "newly-planned"), {}, {}),
    }
    for name, (arms, more, work) in others.items():
        expected = bits(run(site, arms, worlds=worlds, **more))
        counted.clear()
        assert bits(run(site, arms, make, worlds=worlds, **more)) == expected, name
        assert counted == work, name
    free = [World(number=n, replicate=n, parameters={"developers": 0.0}) for n in range(2)]  # sites are as many as an arm plans
    beside = arms_of(site, "combined", "newly-planned")  # an arm is the same whoever stands beside it, whatever the arrays hold
    for arms, work in (
        (first, {"pasts": 2, "bare": 4, "arms": 2}),
        (beside, {"pasts": 2, "arms": 2}),
        (beside[:2] + beside[3:], {}),
    ):
        expected = bits(run(site, arms, worlds=free))
        counted.clear()
        assert bits(run(site, arms, make, worlds=free)) == expected and counted == work


def test_side_runs_hold_the_law_alone_against_nothing(site, store):
    """There it stands first; beside a null it is held against that, and counts other free riders."""
    make = partial(KeptSimulator, store)
    null, law, arm = arms_of(site, "combined")
    for arms in ([null, law, arm], [law, arm], [law], [null, law], [Arm("law", law=law.law), null, arm]):
        assert bits(run(site, arms, make)) == bits(run(site, arms))


def test_another_world_is_another_key(site, store, monkeypatch):
    """Whatever a run depends on is in the key. Control: the same again is found."""
    shocks, parameters = load_shocks("default"), {"growth": 0.02}
    base = {"seed": 1, "parameters": parameters, "shocks": shocks, "replicates": 1}
    arms = arms_of(site)
    run(site, arms, partial(KeptSimulator, store), **base)
    known = set(store.folder.iterdir())
    run(site, arms, partial(KeptSimulator, store), **base)
    assert set(store.folder.iterdir()) == known

    def fresh(site=site, arms=arms, **more):
        before = set(store.folder.iterdir())
        run(site, arms, partial(KeptSimulator, store), **{**base, **more})
        return len(set(store.folder.iterdir()) - before)

    assert fresh(seed=2) == 3
    assert fresh(first_replicate=7) == 3
    assert fresh(parameters={"growth": np.nextafter(0.02, 1)}) == 3
    assert fresh(shocks=(*shocks, Shock("demand", 2021.0, 2022.0, 0.9))) == 3
    assert fresh(steps_per_year=12) == 3
    assert fresh(site=replace(site, clusters=(replace(site.clusters[0], urban=0.123), *site.clusters[1:]))) == 3
    assert fresh(arms=[arms[0], Arm("law", law=Law("mine", {"certainty": 0.61}))]) == 1
    acting = arms_of(site, "combined")
    assert fresh(arms=acting) == 3 + 1 and fresh(arms=acting) == 0  # a programme has levers: other arrays
    assert fresh(arms=[*acting[:2], replace(acting[2], name="renamed")]) == 0
    programme = acting[2].programmes[0]
    other = replace(programme, levers={**programme.levers, "extension": 0.81})
    assert fresh(arms=[*acting[:2], replace(acting[2], programmes=(other,))]) == 1
    assert fresh(arms=[*acting[:2], replace(acting[2], budget=acting[2].budget * 1.01)]) == 1
    assert fresh(arms=[*acting[:2], replace(acting[2], scale=1.5)]) == 1
    monkeypatch.setattr(kept_runs, "facts", lambda: {"kind": "another", "golden": "0"})
    assert fresh() == 3
    monkeypatch.undo()
    monkeypatch.setattr(chunks, "versions", lambda: {"model": "edited"})
    assert fresh() == 3


@pytest.mark.parametrize("before", [0, 2])
def test_room_that_was_made_changes_nothing(site, store, before):
    """A past of little room is read by a simulator that has more, and the other way round."""
    arms, p = arms_of(site, "combined"), parameter_record({})

    def pieces(simulator):
        replicate = simulator.replicate(1, 0)
        return [replicate.run(k, 1.0, None if k == 0 else 0)[1].series.tobytes() for k in range(3)]

    expected = pieces(Simulator(site, arms, p, last_year=SHORT))
    for rooms in (before, 2 - before, 1):
        simulator = KeptSimulator(store, site, arms, p, last_year=SHORT)
        for _ in range(rooms):
            assert simulator.make_room()
        assert pieces(simulator) == expected
    assert len(list(store.folder.iterdir())) == 1 + 3


class Foreign:
    def __init__(self, victim):
        self.victim = str(victim)

    def __reduce__(self):
        return os.mkdir, (self.victim,)


def test_whatever_lies_there_is_run_again(site, store, tmp_path):
    """Cut, flipped, of another key, or a pickle: removed, made again, the same bits; foreign code does not run."""
    make, arms = partial(KeptSimulator, store), arms_of(site)
    expected = bits(run(site, arms, make, replicates=1))
    whole = {path: path.read_bytes() for path in store.folder.iterdir()}
    paths = sorted(whole)
    victim = tmp_path / "victim"
    for turn in range(24):
        for n, path in enumerate(paths):
            data = whole[path]
            path.write_bytes([
                data[: len(data) * turn // 24], data[:turn], data + b"x", whole[paths[n - 1]], pickle.dumps(Foreign(victim)),
                data[: (at := len(data) * turn // 24)] + bytes([data[at] ^ 1]) + data[at + 1 :],
            ][turn % 6])  # fmt: skip
        assert bits(run(site, arms, make, replicates=1)) == expected and not victim.exists(), turn
        assert {path: path.read_bytes() for path in store.folder.iterdir()} == whole, turn


def test_what_is_no_record_is_refused_though_its_hash_is_right(store):
    """Kinds that are no numbers, sizes that are not those of the blocks: an error inside, nothing outside."""
    key = bytes(32)
    real = kept_files.json.dumps
    for table in (lambda t: [[n, "|O", s, b] for n, _, s, b in t], lambda t: [[n, k, [2**40], b] for n, k, _, b in t],
                  lambda t: [[n, k, [-1], b] for n, k, _, b in t], lambda t: [[n, k, s, b - 1] for n, k, s, b in t],
                  lambda t: [[n, k, [True], b] for n, k, _, b in t], lambda t: {"a": 1}, lambda t: []):  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kept_files.json, "dumps", lambda t, table=table: real(table(t)))
            store.keep(key, {"a": np.arange(100.0)})
        assert store.path(key).exists() and store.find(key) is None and not store.path(key).exists()
    store.keep(key, {"a": np.arange(100.0), "b": np.zeros((0, 3), np.int8)})
    found = store.find(key)
    assert np.array_equal(found["a"], np.arange(100.0)) and found["b"].shape == (0, 3)
    with pytest.raises(TypeError):
        store.keep(key, {"a": np.array([object()])})


def test_the_folder_may_go_at_any_time(site, store, monkeypatch):
    make, arms = partial(KeptSimulator, store), arms_of(site)
    expected = bits(run(site, arms))
    assert bits(run(site, arms, make)) == expected
    shutil.rmtree(store.folder)
    assert bits(run(site, arms, make)) == expected and len(list(store.folder.iterdir())) == 6
    real = os.replace

    def gone(*names):
        shutil.rmtree(store.folder, ignore_errors=True)
        return real(*names)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", gone)
        shutil.rmtree(store.folder)
        assert bits(run(site, arms, make)) == expected
    shutil.rmtree(store.folder, ignore_errors=True)
    store.folder.write_text("no folder")
    assert bits(run(site, arms, make)) == expected


def test_a_full_disk_is_no_error(store, monkeypatch):
    import errno

    for code in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO):
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", lambda *_, code=code: (_ for _ in ()).throw(OSError(code, "")))
            store.keep(bytes(32), {"a": np.arange(3.0)})
        assert list(store.folder.iterdir()) == []


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, 10_000, np.uint8)
    size = len(kept_files._packed(bytes(32), {"a": noise}))
    store = Files(tmp_path, 10.5 * size)
    keys = [bytes([n]) * 32 for n in range(60)]
    for n, key in enumerate(keys):
        store.keep(key, {"a": noise})
        for number in range(n + 1):  # the first one is used all the time; times as a slow file system has them
            if store.path(keys[number]).exists():
                os.utime(store.path(keys[number]), (1000 + (n if number == 0 else number),) * 2)
        there = [path for path in tmp_path.iterdir() if path.name.endswith(ENDING)]
        assert sum(path.stat().st_size for path in there) <= store.bound and store.path(key).exists()
    assert store.find(keys[0]) is not None and store.find(keys[1]) is None and len(there) >= 7
    store.keep(bytes([99]) * 32, {"a": np.random.default_rng(2).integers(0, 255, 200_000, np.uint8)})  # more than all together
    assert store.find(bytes([99]) * 32) is None and store.find(keys[0]) is not None


def test_unfinished_files_of_those_who_were_killed_go_too(tmp_path):
    store = Files(tmp_path, 1e9)
    old, new = tmp_path / f"a{ENDING}.1.tmp", tmp_path / f"b{ENDING}.2.tmp"
    old.write_bytes(b"x"), new.write_bytes(b"y")
    Files(tmp_path, 1e9).keep(bytes(32), {"a": np.arange(3.0)})
    os.utime(old, (0, 0))
    store.keep(bytes([1]) * 32, {"a": np.arange(3.0)})
    assert not old.exists() and new.exists()


def test_several_may_write_read_and_make_room_at_a_time(tmp_path):
    """Whoever finds a record finds it whole, while others write the same and make room for theirs."""
    arrays = [np.random.default_rng(n).integers(0, 255, 5_000, np.uint8) for n in range(12)]
    wrong, found = [], Counter()

    def work(start):
        store = Files(tmp_path, 40_000)  # eight of twelve
        for turn in range(60):
            n = (start + turn * 5) % 12
            store.keep(bytes([n]) * 32, {"a": arrays[n]})
            for m in range(12):
                got = store.find(bytes([m]) * 32)
                found[got is not None] += 1
                if got is not None and not np.array_equal(got["a"], arrays[m]):
                    wrong.append((n, m))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and found[True] > 100 and found[False] > 100
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")]


def test_where_it_lies_and_how_it_is_switched_off(tmp_path, monkeypatch, site):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("ECOCLUSTER_CACHE_DIR", str(tmp_path / "own"))
    kept_files._opened.cache_clear()
    assert files().folder == tmp_path / "own" / "runs" and files().bound == 1e9
    monkeypatch.setenv(VARIABLE, "12.5")
    assert files().bound == 12.5e6
    large = replace(site, clusters=(replace(site.clusters[0], firms_2018=1000.0),))
    assert keeping(large).func is KeptSimulator and keeping(site) is Simulator, "a small site runs as fast as it is read"
    for off in ("0", "-3", "nan", "none"):
        monkeypatch.setenv(VARIABLE, off)
        assert files() is None and keeping(large) is Simulator
    monkeypatch.delenv(VARIABLE)
    if hasattr(os, "geteuid"):
        (tmp_path / "open").mkdir()
        (tmp_path / "open").chmod(0o777)
        monkeypatch.setenv("ECOCLUSTER_CACHE_DIR", str(tmp_path / "open"))
        assert files() is None, "others can write there"
    monkeypatch.delenv("ECOCLUSTER_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert files().folder == tmp_path / "xdg" / "ecocluster" / "runs"
    kept_files._opened.cache_clear()


def test_compare_keeps_for_the_next_question(tmp_path, monkeypatch, counted):
    """Through the front: with side runs, the same answer with and without, and half the pasts never run."""
    from ecocluster.experiments import compare, sureness

    asked = {"scenario": "teaching", "worlds": 1, "pathways": ["symbiosis", "combined"], "sure": True, "threads": 1}
    monkeypatch.setattr(sureness, "SIDE_WORLDS", 1)
    plain = compare(**asked)
    alone = Counter(counted)
    store = Files(tmp_path, 1e9)
    monkeypatch.setattr(kept_runs, "files", lambda: store)
    monkeypatch.setattr(kept_runs, "LEAST_FIRMS", 0)
    for _ in range(2):
        counted.clear()
        kept = compare(**asked)
        assert kept.trace.series.tobytes() == plain.trace.series.tobytes() and kept.sure == plain.sure
        assert kept.frontier.to_json() == plain.frontier.to_json() and kept.other_laws.to_json() == plain.other_laws.to_json()
        assert counted["pasts"] <= alone["pasts"] / 2
    assert not counted
