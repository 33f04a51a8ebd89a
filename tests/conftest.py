"""The clock of the suite: `ECOCLUSTER_TEST_CLOCK=10 python -m pytest` runs all of it under clocks ten times as fast.

The outcome must be the same under any factor. It is read before the package is imported, and by every Python that a test starts.
"""

import os
import runpy
from pathlib import Path

CLOCK = Path(__file__).parent / "clock"

if FACTOR := os.environ.get("ECOCLUSTER_TEST_CLOCK"):
    if not FACTOR.replace(".", "", 1).isdecimal() or float(FACTOR) == 0:
        raise SystemExit(f"ECOCLUSTER_TEST_CLOCK is {FACTOR}, but must be a number above 0, such as 0.1 or 10")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(CLOCK), os.environ.get("PYTHONPATH"))))
    runpy.run_path(str(CLOCK / "sitecustomize.py"))


def pytest_terminal_summary(terminalreporter):
    if FACTOR:
        terminalreporter.write_line(f"all clocks of Python ran {FACTOR} times as fast")
