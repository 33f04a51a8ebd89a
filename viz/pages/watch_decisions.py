"""Why a firm decided as it did: its books, beliefs and last reviews, with the numbers that decided.

A review happens inside a step, the state is known at its end. What a review reads (flows, workers, prices, levers,
neighbours' technology) does not change any more in the rest of the step, except the clock and the cash that was
paid: both are set back. The numbers come from the model's own rules; the outcome is what the run really did.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...model.sites_and_arms import SECTORS, STREAMS, TECHNOLOGIES
from ...model.state import AWARE_LAW, AWARE_SYMBIOSIS, LINK_ACTIVE, N_HUBS, OWN_PLANT, SLOT_TAKEN
from .watch_record import REVIEWED_COMPLIANCE, REVIEWED_TECHNOLOGY, Film, Player
from .watch_terms import Terms, options_of, partner_belief, terms_of, views_of

__all__ = ["COMPLIANCE", "Choice", "Portrait", "portrait"]

COMPLIANCE = ("none", "sham", "own", "connected")


@dataclass(frozen=True)
class Choice:
    """The last review of one thing.

    Attributes
    ----------
    what : str
        One of `TECHNOLOGIES` or "compliance".
    quarter : int or None
        When it was reviewed; None: never since 2020.
    outcome : str
        Key of what came of it: "operating" or "ordered" (with "_grant" if the fund paid a part), "unknown",
        "not_offered", "not_reviewed", "no_value", "waits", "no_money", "refused", "lapsed" (worn out and not
        replaced, after `quarter`); for compliance one of `COMPLIANCE`, "law_unknown" or "not_reviewed".
    terms : Terms or None
        On the programme's terms if it has any, else on those of the market.
    costs : dict
        For compliance: yearly cost of each option, mVND, on the terms that decided; infinite where it is not open.
    taste : float
        For compliance.
    refused : float
        For compliance: yearly cost of the own plant with the grant that the firm asked for and did not get, mVND; else not a number.
    """

    what: str
    quarter: int | None
    outcome: str
    terms: Terms | None = None
    costs: dict[str, float] = field(default_factory=dict)
    taste: float = math.nan
    refused: float = math.nan


@dataclass(frozen=True)
class Portrait:
    """One firm in one quarter.

    Attributes
    ----------
    ident : int
        Persistent id.
    quarter : int
    facts, books, beliefs, use : dict
        Numbers by name; units in the names' texts.
    sector : str
    compliance : str
    technologies, aware : tuple of str
    choices : tuple of Choice
    partners : tuple of dict
        Active links: role, stream, partner (id), sector, quantity, price, until, belief.
    hubs : tuple of str
        Streams of the hubs it is a member of.
    """

    ident: int
    quarter: int
    sector: str
    compliance: str
    technologies: tuple[str, ...]
    aware: tuple[str, ...]
    facts: dict[str, float]
    books: dict[str, float]
    use: dict[str, float]
    beliefs: dict[str, float]
    choices: tuple[Choice, ...]
    partners: tuple[dict[str, Any], ...]
    hubs: tuple[str, ...]


def portrait(player: Player, film: Film, slot: int, quarter: int) -> Portrait | None:
    """The firm in a slot of the film's cluster at the end of a quarter.

    Parameters
    ----------
    player : Player
        The one that the film was taken from.
    film : Film
    slot : int
        Index into the film's frames.
    quarter : int

    Returns
    -------
    Portrait or None
        None if nobody is there.
    """
    if not film.firms["id"][quarter, slot]:
        return None
    where = film.slots[slot]
    choices = _technology_choices(player, film, slot, quarter) + [_compliance_choice(player, film, slot, quarter)]
    state, p = player.at(quarter), player.p[()]
    f, k = state.firms[where >> 4], where & 15

    def get(name: str) -> float:
        return float(f[name][k])

    operator, shows, visits = views_of(state, player.p, where)
    revenue = get("k_revenue") * get("workers")
    loans = float(f["loan_balance"][k].sum())
    aware = int(f["aware"][k])
    return Portrait(
        int(f["id"][k]),
        quarter,
        SECTORS[int(f["sector"][k])],
        COMPLIANCE[int(f["compliance"][k])],
        _technologies(int(f["tech"][k])),
        (
            *_technologies(aware & 15),
            *(["law"] if (aware >> AWARE_LAW) & 1 else []),
            *(["symbiosis"] if (aware >> AWARE_SYMBIOSIS) & 1 else []),
        ),
        {
            "workers": get("workers"),
            "since": get("born"),
            "hurdle": get("hurdle"),
            "links": int(f["links"][k]),
        },
        {
            "revenue": revenue,
            "profit": get("profit"),
            "cash": get("cash"),
            "old_debt": get("debt"),
            "loans": loans,
            "debt_service": get("debt_service"),
            "collateral": get("collateral"),
            "exchange_gain": get("exchange_gain"),
        },
        {name: get(name) for name in ("elec", "fuel", "water", "effluent", "waste")},
        {
            "attitude": get("attitude"),
            "trust": get("trust"),
            "belief": operator,
            "disclosure": shows,
            "discloses": float(f["discloses"][k]),
            "inspections": visits,
        },
        tuple(choices),
        _partners(state, p, where),
        tuple(STREAMS[w] for w in range(N_HUBS) if (int(f["hubs"][k]) >> w) & 1),
    )


def _technologies(bits: int) -> tuple[str, ...]:
    return tuple(name for j, name in enumerate(TECHNOLOGIES) if (bits >> j) & 1)


def _state_of_review(player: Player, film: Film, slot: int, quarter: int) -> Any:
    """State at the end of a quarter, with the clock of the step and the firm as it was before it ordered anything."""
    state = player.at(quarter)
    city = state.city[0]
    city["step"] -= 1
    city["time"] -= city["dt"]
    where, pending = film.slots[slot], film.firms["pending"]
    f, k = state.firms[where >> 4], where & 15
    new = int(pending[quarter, slot]) & ~int(pending[quarter - 1, slot])
    for j in range(len(TECHNOLOGIES)):
        if (new >> j) & 1:
            f["pending"][k] &= ~np.uint8(1 << j)
            f["cash"][k] += _own_part(state, player.p, where, j)
    return state


def _own_part(state: Any, p: np.ndarray, slot: int, j: int) -> float:
    """What the firm paid itself for an order: the investment (write-off times life) less the loan."""
    f, k = state.firms[slot >> 4], slot & 15
    return float(f["write_off"][k, j] * p["tech_life_yr"][j] - f["loan_balance"][k, j])


def _technology_choices(player: Player, film: Film, slot: int, quarter: int) -> list[Choice]:
    frames, ident = film.firms, film.firms["id"][quarter, slot]
    reviews = film.reviews(slot, quarter, REVIEWED_TECHNOLOGY)
    choices = []
    for j in range(4):  # an own plant is part of the choice of compliance
        bit = 1 << j
        mine = frames["id"][: quarter + 1, slot] == ident
        has = mine & (frames["tech"][: quarter + 1, slot] & bit > 0)
        ordered = mine & (frames["pending"][: quarter + 1, slot] & bit > 0)
        starts = [int(q) for q in np.flatnonzero(ordered) if q > 0 and mine[q - 1] and not ordered[q - 1]]
        if (has | ordered)[quarter]:
            choices.append(_order(player, film, slot, j, starts[-1] if starts else None, bool(has[quarter])))
            continue
        last = next((q for q in reviews if not (has | ordered)[q]), None)
        lost = np.flatnonzero(has)[-1] if has.any() else -1
        if lost >= (0 if last is None else last):
            choices.append(Choice(TECHNOLOGIES[j], int(lost), "lapsed"))
        else:
            choices.append(_no_order(player, film, slot, j, last))
    return choices


def _order(player: Player, film: Film, slot: int, j: int, quarter: int | None, operating: bool) -> Choice:
    """A technology that the firm has, and on which terms it was ordered if that was since 2020."""
    name = TECHNOLOGIES[j]
    if quarter is None:
        return Choice(name, None, "operating")
    where = film.slots[slot]
    state = _state_of_review(player, film, slot, quarter)
    paid = float(state.firms[where >> 4]["write_off"][where & 15, j] * player.p["tech_life_yr"][j])
    alone, _, _ = terms_of(state, player.p, where, j, False)
    terms, granted = alone, False
    if _funded(state, where):
        helped, _, _ = terms_of(state, player.p, where, j, True)
        # the run tells whether the fund served the request: by what the firm had to pay
        granted = helped.grant > 0 and abs(helped.cost * (1 - helped.grant) - paid) <= 1e-6 * paid
        terms = helped if granted or not alone.wants else alone
    outcome = "operating" if operating else "ordered"
    return Choice(name, quarter, outcome + "_grant" if granted else outcome, terms)


def _no_order(player: Player, film: Film, slot: int, j: int, quarter: int | None) -> Choice:
    """A technology that the firm has not, and what stood against it at the last review."""
    name, where = TECHNOLOGIES[j], film.slots[slot]
    if quarter is None:
        return Choice(name, None, "not_reviewed")
    state = _state_of_review(player, film, slot, quarter)
    f, k = state.firms[where >> 4], where & 15
    if not state.city[0]["learning_offered"][j]:
        return Choice(name, quarter, "not_offered")
    if not (int(f["aware"][k]) >> j) & 1:
        return Choice(name, quarter, "unknown")
    supported = _funded(state, where)
    terms, willing, request = terms_of(state, player.p, where, j, supported)
    if terms.wants and supported and request > 0:
        outcome = "refused"  # it asked the fund, was refused, and alone it does not pay or cannot be paid
    elif willing:
        outcome = "no_money"
    else:
        outcome = "waits" if terms.psi > 0 else "no_value"
    return Choice(name, quarter, outcome, terms)


def _funded(state: Any, slot: int) -> bool:
    """Is there a programme with money for this firm?"""
    fund = int(state.clusters[int(state.firms[slot >> 4]["cluster"][slot & 15])]["programme"])
    return fund >= 0 and state.funds[fund]["enacted"] > 0.5 and state.funds[fund]["budget"] > 0


def _compliance_choice(player: Player, film: Film, slot: int, quarter: int) -> Choice:
    now = COMPLIANCE[int(film.firms["compliance"][quarter, slot])]
    reviews = film.reviews(slot, quarter, REVIEWED_COMPLIANCE)
    if not reviews:
        where = film.slots[slot]
        state = player.at(quarter)
        knows = (int(state.firms[where >> 4]["aware"][where & 15]) >> AWARE_LAW) & 1
        return Choice("compliance", None, "not_reviewed" if knows else "law_unknown")
    where = film.slots[slot]
    state = _state_of_review(player, film, slot, reviews[0])
    supported, refused = _funded(state, where), math.nan
    costs, taste, own, asks = options_of(state, player.p, where, supported)
    has = film.firms["tech"] | film.firms["pending"]
    if supported and own and not (int(has[reviews[0], slot]) >> OWN_PLANT) & 1:
        # it wanted the plant on the fund's terms and ordered none: it decided anew, without the money
        refused = costs[COMPLIANCE.index("own")] if asks else math.nan
        costs, taste, _, _ = options_of(state, player.p, where, False)
    return Choice("compliance", reviews[0], now, None, dict(zip(COMPLIANCE, costs, strict=True)), taste, refused)


def _partners(state: Any, p: np.ndarray, slot: int) -> tuple[dict[str, Any], ...]:
    """Active links of the firm."""
    rows = []
    for role, key, other_key in ((0, "supplier", "buyer"), (1, "buyer", "supplier")):
        index = int(state.head[slot, role])
        while index >= 0:
            link = state.links[index]
            if link["state"] == LINK_ACTIVE:
                other = int(link[other_key])
                g, m = state.firms[other >> 4], other & 15
                if g["status"][m] == SLOT_TAKEN:
                    rows.append(
                        {
                            "role": key,
                            "stream": STREAMS[int(link["stream"])],
                            "partner": int(g["id"][m]),
                            "sector": SECTORS[int(g["sector"][m])],
                            "quantity": float(link["delivered"]),
                            "price": float(link["price"]),
                            "until": float(link["until"]),
                            "belief": float(partner_belief(state, p, slot, other, float(link["kept"]), float(link["broken"]))),
                        }
                    )
            index = int(link["next"][role])
    return tuple(rows)
