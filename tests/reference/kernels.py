"""The kernels a step at a time, and what differs between their state and the reference's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.ledger import Matter, Money
from ecocluster.model.parameters import parameter_record
from ecocluster.model.setup import begin, release_held
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import STREAMS, TECHNOLOGIES, Arm
from ecocluster.model.state import BOOKED, BOOKED_YEARS, LINK_LOAN, SLOT_TAKEN, State
from ecocluster.model.step import run_steps
from plain_mesa.indicators import indicators, yearly_indicators

__all__ = ["Kernels", "assert_agreement", "differences"]

NULL = Arm("null")
RELATIVE, ABSOLUTE = 1e-9, 1e-6  # sums in another order; absolute: mVND, MWh, m3 of differences of large numbers
LINK_STATES = {"barred": 1, "permit": 2, "active": 3, "closed": 4}

FIRM = ("sector", "workers", "activity", "elec", "fuel", "water", "effluent", "waste", "cash", "profit", "debt_service",
        "interest", "exchange_gain", "negative_years", "attitude", "trust", "good", "bad", "hurdle", "collateral",
        "integrity", "eps", "margin_life", "z_util", "z_margin", "tech", "aware", "ever", "discloses", "admitted", "born",
        "moved_at", "recp", "visited", "served", "studied", "stopped", "last_fine", "told", "plant", "plant_at", "treats")  # the same name in both models  # fmt: skip
CLUSTER = ("level", "unmet", "shadow_level", "shadow_review", "exchange_at", "flowed_at", "complained_at", "seeks", "exchanges",
           "permits", "waiting", "effort", "sharing", "served", "engaged", "aware", "measured", "fee", "connected", "design_flow", "kilowatt", "land", "shared", "plot", "unbuilt", "added", "lost", "last_violation", "review_at",
           "opened", "monitoring", "grants_year", "certified_at", "programme", "elec_before", "built", "ready",
           "own_capital", "group", "tech_count", "price", "rent", "required", "value", "support", "barred", "smoke_2019", "halted_until", "treats",
           "six_unmet", "small_served", "profit_reference")  # fmt: skip
HUB = ("active", "members", "fee", "quantity", "review_at", "capital_year", "capital_until", "invested", "started", "loan_balance")
FUND = ("budget", "dose", "typed_dose", "rule_paid", "general", "cut_reserve", "released", "spent", "need", "lapsed")


class Kernels:
    """One run of the kernels, step by step.

    Parameters
    ----------
    site, arm, parameters, shocks, seed, replicate, scale, steps_per_year : see `plain_mesa.CityModel`
    reference : Reference, optional
        What firms ordered and paid in fines in the matched null.
    """

    def __init__(
        self, site, arm=NULL, *, parameters=None, shocks=(), seed=1, replicate=0, scale=1.0, steps_per_year=4, reference=None
    ):
        self.scale, self.reference = scale, reference
        self.simulator = sim = Simulator(
            site, (replace(arm, scale=scale),), parameter_record(parameters), tuple(shocks), steps_per_year
        )
        sim.make_room()  # who steps a run himself cannot start it again with more
        begin(sim.base, sim.layout, sim.p, sim.plans[0], seed, replicate, sim.steps_per_year)
        self.state: State = sim.base
        self.series = np.zeros((2, len(INDICATORS)))
        self.level = np.zeros((2, len(site.clusters)), np.int8)
        self.unmet = np.zeros_like(self.level, np.int16)

    def step(self) -> None:
        """A quarter."""
        sim = self.simulator
        if self.state.city[0]["step"] == sim.burn_steps:
            release_held(sim.base, sim.layout, sim.p)
            sim.fork(0, self.scale, self.reference)
            if self.reference is not None:
                sim.plans[0] = sim.plans[0]._replace(fines=np.asarray(self.reference.fines))
            self.state = sim.work
        self.series[0] = self.series[1]
        code = run_steps(self.state, sim.p, sim.plans[0], sim.values(self.state), 1, self.series, self.level, self.unmet)
        assert code == 0


# --- the same tables of both -----------------------------------------------------------------------------

Table = dict[str, dict]  # row -> column -> number


def _bits(flags: Iterable) -> int:
    return sum(1 << n for n, flag in enumerate(flags) if flag)


def _their_firms(s: State) -> Table:
    taken = s.firms["status"] == SLOT_TAKEN
    names = {name: name for name in FIRM} | {
        "debt": "old debt", "cluster": "cluster", "slot_id": "slot", "compliance": "compliance", "club": "in club", "links": "links",
        "hubs": "hubs", "depreciation": "depreciation", "cut_total": "tax cut", "cut_links": "link cut",
        "exempt": "exempt", "exempt_until": "exempt until", "pending": "pending", "loans": "loans"}  # fmt: skip
    columns = {mine: s.firms[name][taken].tolist() for name, mine in names.items()}
    for j, technology in enumerate(TECHNOLOGIES):
        bit = (s.firms["tech"] | s.firms["pending"])[taken] >> j & 1
        columns[f"start {technology}"] = np.where(bit, s.firms["start"][taken][:, j], 0.0).tolist()
        columns[f"loan {technology}"] = s.firms["loan_balance"][taken][:, j].tolist()
    columns["loan link"] = s.firms["loan_balance"][taken][:, LINK_LOAN].tolist()
    for w, stream in enumerate(STREAMS):
        columns[f"sold {stream}"] = s.firms["sold"][taken][:, w].tolist()
        columns[f"bought {stream}"] = s.firms["bought"][taken][:, w].tolist()
    return {f"firm {i}": {name: column[n] for name, column in columns.items()} for n, i in enumerate(s.firms["id"][taken].tolist())}


def _my_firm(firm) -> dict:
    row = {name: getattr(firm, name) for name in FIRM}
    row |= {"old debt": firm.old_debt, "cluster": firm.cluster.ident, "slot": firm.slot.ident,
            "compliance": firm.compliance, "in club": firm.in_club, "links": firm.active_links, "hubs": _bits(firm.member),
            "depreciation": sum(firm.write_off.values()), "tax cut": sum(cut for cut, _ in firm.tax_cut.values()), "link cut": firm.link_cut,
            "exempt": firm.exemption[0] if firm.exemption else 0.0, "exempt until": firm.exemption[1] if firm.exemption else 0.0,
            "pending": sum(1 << j for j in firm.pending), "loans": sum(1 << j for j in firm.loans)}  # fmt: skip
    for j, technology in enumerate(TECHNOLOGIES):
        row[f"start {technology}"] = firm.pending.get(j, firm.since[j] if firm.has(j) else 0.0)
        row[f"loan {technology}"] = firm.loans[j].balance if j in firm.loans else 0.0
    row["loan link"] = firm.loans[LINK_LOAN].balance if LINK_LOAN in firm.loans else 0.0
    for w, stream in enumerate(STREAMS):
        row[f"sold {stream}"], row[f"bought {stream}"] = firm.sold[w], firm.bought[w]
    return row


def _record(supplier, buyer, stream, state, kept, broken, updated, until, quantity, price, years, delivered) -> tuple[str, dict]:
    """A record of a pair; terms count only while there is a contract, its end only once there is a permit."""
    row = {"state": state, "kept": kept, "broken": broken, "updated": updated}
    if state != LINK_STATES["permit"]:
        row["until"] = until
    if state in (LINK_STATES["permit"], LINK_STATES["active"]):
        row |= {"quantity": quantity, "price": price, "years": years, "delivered": delivered}
    return f"link {supplier} -> {buyer} of {STREAMS[stream]}", row


def _their_links(s: State) -> Table:
    rows = s.links[: int(s.city[0]["links_high"])]
    names = ("supplier_id", "buyer_id", "stream", "state", "kept", "broken", "updated", "until", "quantity", "price", "years",
             "delivered")  # fmt: skip
    return dict(_record(*(row[name].item() for name in names)) for row in rows[rows["state"] > 0])


def _my_links(model) -> Table:
    return dict(_record(r.supplier.firm_id, r.buyer.firm_id, r.stream, LINK_STATES[r.state], r.good, r.bad, r.updated,
                        r.until, r.quantity, r.price, r.years, r.delivered) for r in model.links)  # fmt: skip


def _flat(values: dict) -> dict:
    """Lists become one column an element."""
    flat = {}
    for name, value in values.items():
        flat |= {f"{name} {n}": v for n, v in enumerate(value)} if np.ndim(value) else {name: value}
    return flat


def _their_city(s: State) -> Table:
    table = {f"cluster {c}": _flat({name: row[name].tolist() for name in CLUSTER}) for c, row in enumerate(s.clusters)}
    for c, row in enumerate(s.hubs):
        table |= {f"hub {c} {STREAMS[w]}": {name: hub[name].item() for name in HUB} for w, hub in enumerate(row) if hub["active"]}
    programmes = len(s.levers) // 3  # there is one row even if there is no programme
    table |= {
        f"fund {k}": _flat({name: row[name].tolist() for name in (*FUND, "fund")}) for k, row in enumerate(s.funds[:programmes])
    }
    table["booked"] = {f"{2020 + y} {r} {BOOKED[q]}": amount.item() for (y, r, q), amount in np.ndenumerate(s.booked)}
    return table | {"money": {m.name: s.money[m].item() for m in Money}, "matter": {m.name: s.matter[m].item() for m in Matter}}


def _my_city(model) -> Table:
    table = {f"cluster {c}": _flat({name: getattr(cluster, name) for name in CLUSTER}) for c, cluster in enumerate(model.clusters)}
    for c, cluster in enumerate(model.clusters):
        table |= {
            f"hub {c} {STREAMS[w]}": {name: getattr(hub, name) for name in HUB} for w, hub in enumerate(cluster.hubs) if hub.active
        }
    table |= {
        f"fund {k}": _flat({name: getattr(fund, name) for name in FUND} | {"fund": fund.purse})
        for k, fund in enumerate(model.funds)
    }
    years, rows = range(2020, 2020 + BOOKED_YEARS), range(len(model.layout.slots) + 1 + bool(model.pool))
    table["booked"] = {
        f"{y} {r} {name}": model.booked.get((y, r, q), 0.0) for y in years for r in rows for q, name in enumerate(BOOKED)
    }
    return table | {
        "money": {m.name: model.ledger.get(m.name, 0.0) for m in Money},
        "matter": {m.name: model.matter.get(m.name, 0.0) for m in Matter},
    }


# --- what differs ------------------------------------------------------------------------------------------


def _unlike(theirs: Table, mine: Table) -> list[str]:
    """One line for every row that only one of the two has, and for every number that differs."""
    out = [f"{row} only in the {'kernels' if row in theirs else 'reference'}" for row in sorted(theirs.keys() ^ mine.keys())]
    rows = sorted(theirs.keys() & mine.keys())
    for row in rows:
        assert theirs[row].keys() == mine[row].keys(), row
    cells = [(row, name) for row in rows for name in theirs[row]]
    a = np.array([theirs[row][name] for row, name in cells], float)
    b = np.array([mine[row][name] for row, name in cells], float)
    # equal infinities are equal; what is not a number equals nothing
    wrong = ~((a == b) | (np.abs(a - b) <= np.maximum(RELATIVE * np.maximum(np.abs(a), np.abs(b)), ABSOLUTE)))
    return out + [
        f"{cells[n][0]}: {cells[n][1]} is {a[n]!r} in the kernels and {b[n]!r} in the reference" for n in np.flatnonzero(wrong)
    ]


def _told(values: dict[str, float]) -> dict[str, float]:
    """Indicators with -1 for a share or a ratio of nothing."""
    return {
        name: -1.0 if value != value and INDICATORS[name].kind in ("share", "ratio") else value for name, value in values.items()
    }


def differences(kernels: Kernels, model) -> list[str]:
    """What differs between the two after a step: one line each, empty if they agree."""
    s = kernels.state
    theirs = dict(zip(INDICATORS, kernels.series[1].tolist(), strict=True))
    mine = indicators(model)
    if model.quarter % round(1.0 / model.dt) == 0:
        mine |= yearly_indicators(model)
    return (
        _unlike({"indicators": _told({name: theirs[name] for name in mine})}, {"indicators": _told(mine)})
        + _unlike(_their_firms(s), {f"firm {firm.firm_id}": _my_firm(firm) for firm in model.agents})
        + _unlike(_their_links(s), _my_links(model))
        + _unlike(_their_city(s), _my_city(model))
    )


def assert_agreement(kernels: Kernels, model, steps: int) -> None:
    """Step both and compare firms, links, hubs, clusters, funds, money, matter and indicators after every step."""
    for _ in range(steps):
        kernels.step()
        model.step()
        found = differences(kernels, model)
        assert not found, f"{len(found)} differences after the step at {model.now - model.dt}:\n" + "\n".join(found[:20])
