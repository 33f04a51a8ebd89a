"""Processors that were granted, not those that there are."""

import os
import subprocess
import sys
from math import inf

import pytest
from ecocluster.model import granted
from ecocluster.model.granted import processors


@pytest.fixture
def free(monkeypatch):
    """A machine of 64 processors, all of which may be used."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.setattr(granted, "_quota", lambda: inf)
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    return monkeypatch


def test_the_least_counts(free):
    assert processors() == 64
    free.setenv("SLURM_CPUS_PER_TASK", "12")
    assert processors() == 12
    free.setattr(granted, "_quota", lambda: 2.5)
    assert processors() == 3  # a part of one is one more
    free.setattr(os, "sched_getaffinity", lambda _: {7}, raising=False)
    assert processors() == 1
    free.setattr(granted, "_quota", lambda: 0.2)
    assert processors() == 1


def test_what_cannot_be_asked_does_not_count(free):
    free.delattr(os, "sched_getaffinity")
    free.setenv("SLURM_CPUS_PER_TASK", "many")
    free.setattr(os, "cpu_count", lambda: None)
    assert processors() == 1


@pytest.mark.parametrize(
    ("own", "files", "quota"),
    [
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "150000 100000"}, 1.5),
        ("0::/a\n", {"a/cpu.max": "400000 100000", "cpu.max": "max 100000"}, 4.0),
        ("0::/\n", {}, inf),
        ("0::/../elsewhere\n", {}, inf),
        (
            "3:cpu,cpuacct:/x\n1:memory:/y\n",
            {"cpu,cpuacct/x/cpu.cfs_quota_us": "50000", "cpu,cpuacct/x/cpu.cfs_period_us": "100000"},
            0.5,
        ),
        ("3:cpu:/x\n", {"cpu/x/cpu.cfs_quota_us": "-1", "cpu/x/cpu.cfs_period_us": "100000"}, inf),
        ("0::/a\n", {"a/cpu.max": "nonsense"}, inf),
    ],
)
def test_quotas_of_control_groups(tmp_path, own, files, quota):
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(text)
    assert granted._quota(tmp_path / "groups", tmp_path / "own") == quota


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity as Linux knows it")
def test_a_process_bound_to_one_processor_counts_one():
    program = (
        "import os\nfrom ecocluster.model.granted import processors\n"
        "try: os.sched_setaffinity(0, {0})\nexcept OSError: print(1)\nelse: print(processors())"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "1"
