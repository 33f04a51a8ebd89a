"""A new technology, stream or sector: rows of tables, and the model has it everywhere; by half it is refused by name.

Each is added for real, in a copy of the model, and run as Python runs it.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ecocluster.model.state import (
    AWARE_LAW,
    AWARE_SYMBIOSIS,
    HEAT,
    N_HUBS,
    OWN_PLANT,
    T1,
    T2,
    T4,
    T5,
    TREATED_WATER,
)
from ecocluster.model.vocabulary import EVENTS, STREAMS, TECHNOLOGIES, read_vocabulary

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "model" / "tables"
T6 = "T6_heat_pump,20,.85,15,.1,0,.5,0,0,0,.2,1,a made-up technology"
GLASS = "glass,t,.9,2.5,.9,.1,0,30,100,0,.8,0,1,a made-up stream"
LEATHER = "leather,5,30,300,.9,3.0,500,150,.04,.3,40,a made-up sector"


def insert(path: Path, row: str, before: str) -> None:
    """Put a row into a table, before another one."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(before))
    path.write_text("\n".join([*lines[:at], row, *lines[at:]]) + "\n", encoding="utf-8")


def widen(path: Path, name: str, before: str, value: str) -> None:
    """Put a column into a table, before another one."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    at = rows[0].index(before)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([*row[:at], value if n else name, *row[at:]] for n, row in enumerate(rows))


def add_technology(tables: Path) -> None:
    insert(tables / "technologies.csv", T6, "own_plant")


def add_stream(tables: Path) -> None:
    insert(tables / "streams.csv", GLASS, "heat_steam")
    widen(tables / "supply_demand.csv", "glass", "heat_steam", "2.0")


def add_sector(tables: Path) -> None:
    insert(tables / "sectors.csv", LEATHER, "electronics")
    row = ",".join(["1.0"] * len(STREAMS))
    insert(tables / "supply_demand.csv", f"leather,supply,{row},", "electronics")
    insert(tables / "supply_demand.csv", f"leather,demand,{row},", "electronics")


# --- refused by name -------------------------------------------------------------------------------------------


def spoil(name: str, old: str, new: str):
    def change(tables: Path) -> None:
        path = tables / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda t: insert(t / "technologies.csv", T6.replace(",15,", ",,"), "own_plant"),
            "technologies.csv: T6_heat_pump has no life_yr",
        ),
        (
            lambda t: (t / "technologies.csv").write_text((t / "technologies.csv").read_text() + T6 + "\n"),
            "the last row is T6; own_plant must be the last",
        ),
        (lambda t: insert(t / "technologies.csv", T6.replace("T6", "T5"), "own_plant"), "technologies.csv: T5 stands twice"),
        (lambda t: insert(t / "streams.csv", GLASS, "heat_steam"), "supply_demand.csv: column glass is missing"),
        (
            lambda t: insert(t / "streams.csv", GLASS.replace("glass,t", "glass,m2"), "heat_steam"),
            "units are t, t, t, t, t, m2, GJ, m3",
        ),
        (lambda t: insert(t / "sectors.csv", LEATHER, "food"), "supply_demand.csv: row leather,supply is missing"),
        (spoil("supply_demand.csv", "food,demand", "fool,demand"), "supply_demand.csv: row food,demand is missing"),
    ],
)
def test_what_is_there_by_half_is_refused(change, message, tmp_path):
    tables = tmp_path / "tables"
    shutil.copytree(TABLES, tables)
    read_vocabulary(tables)
    change(tables)
    with pytest.raises(ValueError, match=re.escape(message)):
        read_vocabulary(tables)


def copied(tmp_path: Path, *changes) -> Path:
    """A copy of the package in which tables are changed; its parent is a place to import from."""
    package = tmp_path / "ecocluster"
    for room in ("model", "scenarios", "viz"):
        shutil.copytree(ROOT / room, package / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "front" / "__init__.py", package)
    for change in changes:
        change(package / "model" / "tables")
    return tmp_path


def run(place: Path, code: str) -> subprocess.CompletedProcess[str]:
    """A program with the package of that place, as Python runs it."""
    return subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=place,
                          env={**os.environ, "PYTHONPATH": str(place), "NUMBA_DISABLE_JIT": "1"})  # fmt: skip


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            (lambda t: [insert(t / "technologies.csv", T6.replace("T6", name), "own_plant") for name in ("T6", "T7")],),
            "bits of what a firm knows of: there is room for 8, not for 9; left over: symbiosis",
        ),
        (
            (
                add_stream,
                lambda t: (
                    insert(t / "streams.csv", GLASS.replace("glass", "slag"), "heat_steam"),
                    widen(t / "supply_demand.csv", "slag", "heat_steam", "0"),
                ),
            ),
            "streams that a firm offers: there is room for 8, not for 9; left over: treated_water",
        ),
    ],
)
def test_what_there_is_no_room_for_is_refused_when_the_model_is_imported(changes, message, tmp_path):
    done = run(copied(tmp_path, *changes), "import ecocluster.model.state")
    assert done.returncode == 1 and message in done.stderr


# --- added for real --------------------------------------------------------------------------------------------

TOWN = """if True:
    import numpy as np
    from ecocluster.model.simulator import Simulator
    from ecocluster.model.indicators import INDICATORS, Series
    from ecocluster.model.sites_and_arms import Arm, Cluster, Firm, Programme, Site
    from ecocluster.model.parameters import parameter_record
    from ecocluster.model.state import *
    from ecocluster.model.state import OWN_PLANT, AWARE_LAW, SLOT_TAKEN, REAL_OWN, HEAT, TREATED_WATER, N_HUBS, LINK_ACTIVE
    from ecocluster.model.one_run import material_flows
    from ecocluster.model.vocabulary import *

    mix = dict.fromkeys(SECTORS, 1 / len(SECTORS))
    firms = tuple(Firm("food", 20.0, technologies=t) for t in ((), ("T1",), (LEARNED[-1], "own_plant"), (LEARNED[-1],)))
    site = Site("two", "two", "city", (Cluster("a", "a", "a", 12.0, 4.0, 4.0, mix=mix, workers_median=40.0),
                                       Cluster("b", "b", "b", 4.0, 4.0, 4.0, firms=firms)), city_firms=16.0)
    more = {"search_rate": 6.0, "hub_base": 2.0, "aware_symbiosis_2010": 1.0, "b_min": 0.2, "hub_min_gain": -1e9,
            "review_rate": 4.0, "p0": 0.2, "cost.study": 1.0}
    arm = Arm("p", (Programme("p", {"coordinator": 1.0, "platform": 1.0, "fund_share_grants": 1.0, "grant_T2": 0.5}),), None, 9000.0)

    def simulate(**changes):
        run = Simulator(site, (arm,), parameter_record({**more, **changes}), last_year=2022)
        series = np.zeros((run.steps + 1, len(INDICATORS)))
        level, unmet = np.zeros((run.steps + 1, 2), np.int8), np.zeros((run.steps + 1, 2), np.int16)
        assert run.burn(1, 0) == 0
        run.forked = run.base.firms.copy()
        run.fork(0, 1.0, None)
        assert run.run(0, series, level, unmet) == 0
        return run, dict(zip(INDICATORS, series[-1]))

    run, end = simulate()
    firms = run.work.firms
    here = firms["status"] == SLOT_TAKEN
    tech, aware, z = firms["tech"][here], firms["aware"][here], firms["compliance"][here]
    counted = run.work.city[0]["tech_count"]
    # positions: what is counted is what stands in the masks, and treatment is that of whoever has a plant
    second = int(run.base.clusters[1]["first"])
    held = run.forked["tech"][second][:4].tolist()
    newest = 1 << len(LEARNED) - 1
    assert held == [0, 1, newest | 1 << OWN_PLANT, newest], held
    treats = run.forked["compliance"][second][:4] == REAL_OWN
    assert treats.tolist() == [False, False, True, False], treats
    own = tech >> OWN_PLANT & 1 == 1
    assert own[z == REAL_OWN].all() and own.any(), (tech, z)
    assert abs(end["real_share"] - (z >= REAL_OWN).mean()) < 0.2, (end["real_share"], z)
    assert 0.4 < (aware >> AWARE_LAW & 1).mean() <= 1.0
"""


def test_a_technology_is_a_row(tmp_path):
    """T6, before the own plant: firms learn of it, buy it with a grant of its own and burn less fuel."""
    code = (
        TOWN
        + """
    assert TECHNOLOGIES == ("T1", "T2", "T4", "T5", "T6", "own_plant") and OWN_PLANT == 5 and AWARE_LAW == 6
    assert len(EVENTS) == 13  # the lottery has a fourth hash
    assert end["adoption_T6"] > 0.3 and end["adoption_own_plant"] < 0.6
    assert (aware >> 4 & 1).mean() > end["adoption_T6"]
    assert ((run.work.ever >> 4) & 1).any()  # ordered after 2020
    _, dear = simulate(**{"T6_heat_pump.capex_per_worker_at_15": 1e9, "T6_heat_pump.initial_share": 0.0})
    assert dear["adoption_T6"] < 0.2 < end["adoption_T6"] and dear["fuel_gj"] > 1.1 * end["fuel_gj"]
    from ecocluster.model.levers import LEVERS, LEVER_DTYPE
    levers = np.zeros(1, LEVER_DTYPE)
    levers["grant_T6"] = 0.3
    assert levers["grant"][0].tolist() == [0, 0, 0, 0, 0.3, 0] and "grant_T6" in LEVERS
    """
    )
    done = run(copied(tmp_path, add_technology), code)
    assert done.returncode == 0, done.stderr


def test_a_stream_is_a_row_and_a_column(tmp_path):
    """Glass, the last of the solid streams: it is exchanged in tonnes, and heat and water are what they were."""
    code = (
        TOWN
        + """
    assert STREAMS[5:] == ("glass", "heat_steam", "treated_water") and (HEAT, TREATED_WATER, N_HUBS) == (6, 7, 7)
    flows = material_flows(run.work, run.p, site)
    units = {flow["stream"]: flow["unit"] for flow in flows}
    assert units["glass"] == "t/yr" and units.get("heat_steam", "GJ/yr") == "GJ/yr", units
    assert sum(flow["quantity"] for flow in flows if flow["stream"] == "glass") > 0
    assert end["exchanged"] + end["pooled"] > 0
    solid = sum(flow["quantity"] for flow in flows if flow["unit"] == "t/yr")
    assert abs(solid - end["exchanged"] - end["pooled"]) < 0.2 * solid
    """
    )
    done = run(copied(tmp_path, add_stream), code)
    assert done.returncode == 0, done.stderr


def test_a_sector_is_three_rows(tmp_path):
    """Leather: firms of it come, use water as it does, and the others keep their places in the tables."""
    code = (
        TOWN
        + """
    assert SECTORS[5:] == ("leather", "electronics_hightech")
    leather = here & (firms["sector"] == 5)
    assert leather.any() and (firms["sector"][here] <= 6).all() and (firms["sector"][here] == 6).any()
    per_worker = firms["k_water"][leather] / firms["eps"][leather]
    assert (abs(per_worker / 300 - 1) < 0.45).all(), per_worker
    """
    )
    done = run(copied(tmp_path, add_sector), code)
    assert done.returncode == 0, done.stderr


def add_words(package: Path) -> None:
    """What T6 is called, in both languages."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for lang in ("en", "vi"):
        source = package / "viz" / "locale" / lang / "LC_MESSAGES" / "ecocluster.po"
        more = "".join(
            f'\nmsgid "{key}"\nmsgstr "heat pump"\n'
            for key in (
                "technology.T6",
                "watch.short.T6",
                *(f"indicator.{what}_T6" for what in ("adoption", "size_odds", "free_riders")),
            )
        )
        source.write_text(source.read_text(encoding="utf-8") + more, encoding="utf-8")
        with source.open("rb") as stream, source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(stream))


def test_a_technology_is_three_files(tmp_path):
    """Its row and its names in two languages; without the names it is refused as soon as anything is to be said."""
    place = copied(tmp_path, add_technology)
    ask = "from ecocluster.viz.words import Words; print(*(Words(lang)('technology.T6') for lang in ('en', 'vi')), sep=', ')"
    done = run(place, ask)
    assert done.returncode == 1 and "viz/locale/en: technology.T6 is missing" in done.stderr
    add_words(place / "ecocluster")
    done = run(place, ask)
    assert done.stdout == "heat pump, heat pump\n", done.stderr
    changed = {path.relative_to(place / "ecocluster") for path in (place / "ecocluster").rglob("*.*")
               if path.suffix in (".py", ".csv", ".po", ".toml") and path.parent.name != "ecocluster"
               and path.read_bytes() != (ROOT / path.relative_to(place / "ecocluster")).read_bytes()}  # fmt: skip
    assert len(changed) <= 4, changed


# --- no number by hand -----------------------------------------------------------------------------------------

BY_HAND = re.compile(
    r"\b(?:bits|tech|aware|unknown|fickle|pending|ever|hubs)\b[^#\n]*(?:>> [1-9]|& (?:[2-9]|1[0-46-9]|[2-9]\d)\b)|\bj == \d|\bw == \d"
)


def test_no_kernel_knows_a_technology_or_stream_by_its_number():
    assert (T1, T2, T4, T5, OWN_PLANT) == tuple(range(5)) and TECHNOLOGIES[OWN_PLANT] == "own_plant"
    assert (AWARE_LAW, AWARE_SYMBIOSIS, HEAT, TREATED_WATER, N_HUBS, len(EVENTS)) == (5, 6, 5, 6, 6, 12)
    for path in (ROOT / "model").rglob("*.py"):
        if path.name == "maths.py":
            continue
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if ">> 4]" not in line and ">> 4)" not in line]
        assert not BY_HAND.findall("\n".join(lines)), path.name
    for planted in ("if (bits >> 4) & 1:", "f.tech[k] & 3 == 3", "elif j == 3:"):
        assert BY_HAND.search(planted)
