"""Many visitors on the city at once, from another process: what the server takes, what each of them sees, who waits for whom.

    python tests/long/visitors.py --visitors 20 --minutes 4

Each visitor opens Compare for Hanoi with a budget of his own and moves a lever again and again; one of them never reads what the server
sends. Printed are memory of the server before, during and after, the times of a visitor, and what nobody may see. No test judges a time.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "dashboard"))
from visitor import Visitor


def memory(process: int) -> float:
    """Megabytes that a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu(process: int) -> float:
    """Seconds of processor that a process has used."""
    return sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def answered(visitor: Visitor) -> float:
    """Seconds until the page speaks the other language."""
    name = visitor.having("languages")[0]
    before, began = visitor.models[name]["lang"], time.monotonic()
    visitor.event(name, "choose", "vi" if before == "en" else "en")
    visitor.wait(lambda v: any(v.models[one].get("lang") not in (None, before) for one in v.having("languages")))
    return time.monotonic() - began


def visit(address: str, number: int, until: float, found: dict[str, Any]) -> None:
    """One visitor until the end: what he saw goes into `found`."""
    budget, began = 101 + number, time.monotonic()
    mine: dict[str, Any] = {"replies": [], "ahead": set(), "moves": 0, "foreign": set(), "failed": []}
    found[number] = mine
    with Visitor(f"{address}/?site=hanoi&replicates=2&budget_bn={budget}") as visitor:
        visitor.wait(lambda v: v.having("languages") and v.having(tag="main"))
        mine["first"] = time.monotonic() - began
        while time.monotonic() < until and visitor.listens:
            for name in visitor.having("groups", "values")[:1]:
                visitor.event(name, "moved", {"budget_bn": budget, "extension": 0.1 + 0.05 * (mine["moves"] % 10)})
                mine["moves"] += 1
            mine["replies"].append(answered(visitor))
            ends = time.monotonic() + 8
            while time.monotonic() < min(ends, until):
                for state in list(visitor.models.values()):
                    if state.get("busy") and re.search(r"\d+", str(state.get("text"))) and not state.get("total"):
                        mine["ahead"].add(state["text"])
                    if "address" in state:
                        mine["foreign"] |= {
                            other for other in re.findall(r"budget_bn=(\d+)", str(state["address"])) if int(other) != budget
                        }
                    if (state.get("attributes") or {}).get("role") == "alert":
                        mine["failed"].append(str(state.get("children"))[:200])
                time.sleep(0.2)
        mine["drawn"] = len(visitor.having("library"))
        mine["listens"] = visitor.listens


def deaf(address: str, until: float) -> None:
    """A visitor who asks and never reads."""
    with Visitor(f"{address}/?site=hanoi&replicates=2", listens=False) as visitor:
        while time.monotonic() < until:
            time.sleep(1)
        visitor.abandon()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--visitors", type=int, default=20)
    asked.add_argument("--minutes", type=float, default=4.0)
    given = asked.parse_args()
    command = [sys.executable, "-m", "ecocluster", "dashboard", "--port", "0", "--scenario", "hanoi"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said: list[str] = []
    threading.Thread(target=lambda: said.extend(server.stderr or ()), daemon=True).start()
    try:
        assert server.stdout is not None
        address = next(word for word in server.stdout.readline().split() if word.startswith("http")).rstrip("/")
        with Visitor(f"{address}/limits") as one:  # all is loaded
            one.wait(lambda v: v.having(tag="main"))
        time.sleep(10)
        rows = [("before", memory(server.pid))]
        print(f"before: {rows[0][1]:.0f} MB", flush=True)
        found: dict[int, dict[str, Any]] = {}
        until = time.monotonic() + 60 * given.minutes
        threads = [threading.Thread(target=visit, args=(address, n, until, found)) for n in range(given.visitors)]
        threads.append(threading.Thread(target=deaf, args=(address, until)))
        for thread in threads:
            thread.start()
        began = cpu(server.pid)
        while time.monotonic() < until:
            time.sleep(15)
            rows.append((f"{(time.monotonic() - until) / 60 + given.minutes:.1f} min", memory(server.pid)))
            print(f"{rows[-1][0]}: {rows[-1][1]:.0f} MB", flush=True)
        for thread in threads:
            thread.join(300)
        spent = cpu(server.pid) - began
        for _ in range(2):
            time.sleep(15)
            rows.append(("after", memory(server.pid)))
            print(f"after: {rows[-1][1]:.0f} MB", flush=True)
        replies = sorted(one for mine in found.values() for one in mine["replies"])
        firsts = sorted(mine["first"] for mine in found.values() if "first" in mine)
        print(
            f"visitors {len(firsts)} of {given.visitors}, still connected at the end {sum(mine.get('listens', False) for mine in found.values())}"
        )
        print(f"page there after {median(firsts):.1f} s (slowest {firsts[-1]:.1f}); reply to a click {median(replies):.2f} s "
              f"(nine in ten {replies[int(0.9 * len(replies))]:.2f}, slowest {replies[-1]:.2f}) of {len(replies)}; moves {sum(m['moves'] for m in found.values())}")  # fmt: skip
        print(f"charts on the page at the end: {sorted(mine.get('drawn', 0) for mine in found.values())}")
        print(f"told how many are before them: {sum(bool(mine['ahead']) for mine in found.values())} of {len(found)}: "
              f"{sorted({text for mine in found.values() for text in mine['ahead']})[:6]}")  # fmt: skip
        print(
            f"budgets of others seen: {sum(len(mine['foreign']) for mine in found.values())}; alerts: {[text for m in found.values() for text in m['failed']][:3]}"
        )
        print(
            f"processor of the server: {spent:.0f} s; its errors: {[line for line in said if 'Error' in line or 'Traceback' in line][:3]}"
        )
        print(f"most memory {max(size for _, size in rows):.0f} MB")
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


if __name__ == "__main__":
    main()
