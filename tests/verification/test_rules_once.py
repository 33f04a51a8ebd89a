"""The rule that stands beside the paper is the one that runs: made to return 0, each changes the results of a small run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def test_every_rule_acts():
    """Controls: a rule that nothing calls is found out; results that are those of the model as it is are no change."""
    program = Path(__file__).with_name("rules_in_turn.py")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("credit.planted") == "no run reaches it"
    assert len(found) > 80
    idle = {name: verdict for name, verdict in found.items() if " " in verdict}
    assert not idle
