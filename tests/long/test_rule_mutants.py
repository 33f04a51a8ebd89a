"""All mutants of the rules are judged by the answers that were worked out by hand; what lives is explained. `pytest -m long`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

LEAST, SHARE = 400, 0.85  # judged; killed
KEPT = Path(os.environ.get("ECOCLUSTER_LONG", "out/long")).resolve() / "rule-mutants.jsonl"


def test_mutants_of_rules(capsys):
    pytest.importorskip("cosmic_ray")
    program = Path(__file__).with_name("rule_mutants.py")
    done = subprocess.run(
        [sys.executable, program, "--kept", KEPT], env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with capsys.disabled():
        print("\n" + done.stdout)
    judged, killed = map(int, re.search(r"(\d+) judged, (\d+) killed", done.stdout).groups())
    assert judged >= LEAST and killed > SHARE * judged
    assert "NOT EXPLAINED" not in done.stdout and "not there" not in done.stdout
