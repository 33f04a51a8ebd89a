"""The suite's surroundings: its clock, and signals.

`ECOCLUSTER_TEST_CLOCK=10 python -m pytest` runs all of it under clocks ten times as fast; the outcome must be the same under
any factor. It is read before the package is imported, and by every Python that a test starts.

Who starts the suite in the background of a script hands on a Ctrl-C that is ignored; tests of signals, and the processes that
they start, need it heard.
"""

import os
import runpy
import signal
from pathlib import Path

for number, heard in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, heard)

os.environ["LC_ALL"] = "C.UTF-8"  # what is printed is English, whatever the language of who runs the suite

CLOCK = Path(__file__).parent / "clock"

if FACTOR := os.environ.get("ECOCLUSTER_TEST_CLOCK"):
    if not FACTOR.replace(".", "", 1).isdecimal() or float(FACTOR) == 0:
        raise SystemExit(f"ECOCLUSTER_TEST_CLOCK is {FACTOR}, but must be a number above 0, such as 0.1 or 10")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(CLOCK), os.environ.get("PYTHONPATH"))))
    runpy.run_path(str(CLOCK / "sitecustomize.py"))


def pytest_terminal_summary(terminalreporter):
    if FACTOR:
        terminalreporter.write_line(f"all clocks of Python ran {FACTOR} times as fast")


def pytest_collection_modifyitems(config, items):
    """The long mode is asked for by name. The longest file first: begun last, it would be waited for by one processor alone."""
    if "long" not in (config.option.markexpr or "").split():
        items[:] = [item for item in items if "long" not in item.keywords]
    items.sort(key=lambda item: item.path.name != "test_rules_once.py")
