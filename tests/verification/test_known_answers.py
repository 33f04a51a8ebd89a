"""Each rule, called with figures, gives what was worked out by hand; and each rule has such an answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import known_answers
import pytest


def test_every_rule_answers_as_worked_out():
    program = Path(known_answers.__file__)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["asked"] > 700 and not told["wrong"], told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda effluent, fee, fixed: fee * effluent - fixed, "14.05"),
        (lambda effluent, fee, fixed: (fee * effluent + fixed) * (1 + 1e-9), "not 17.45"),
        (lambda effluent, fee: fee * effluent, "TypeError"),
        (lambda effluent, fee, fixed: None, "TypeError"),
    ],
)
def test_a_wrong_answer_is_told(wrong, told):
    """Controls: a sign, a last digit, a missing argument, no answer; and the rule as it should be."""
    answers = {"compliance.connection_cost": known_answers.ANSWERS["compliance.connection_cost"]}
    (found,) = known_answers.wrong("compliance", {"connection_cost": wrong}, answers)
    assert told in found
    assert not list(known_answers.wrong("compliance", {"connection_cost": lambda q, fee, fixed: fee * q + fixed}, answers))
    assert not list(known_answers.wrong("trust", {}, answers))
