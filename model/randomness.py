"""Stateless random numbers: a draw is a pure function of (seed, replicate, step or epoch, id, purpose).

So results depend neither on threads nor on order, chunks or restarts, and all arms of a comparison share
their luck. This is the only place where keys are given out: purposes, and (`KEYS`) what stands beside an id.

=====================  ====================================  =============================================
purpose                id                                    time
=====================  ====================================  =============================================
SHOCK                  firm                                  step (two normals: utilisation and margin)
SECTOR, SLUMP          sector                                step
LOTTERY_A .. D         firm                                  step (four 16-bit lanes each, by `vocabulary.EVENTS`)
FINE                   firm, event (fine digits of a lane)   step
TASTE, CREDIT, ...     firm, technology                      epoch of the taste
VISIT, CENTRE          firm                                  step
PLANT                  firm                                  step in which a new plant begins; 0: one that is found
PROGRAMME              firm, part of a programme             step
TRAIT_*                firm                                  -
ARRIVAL_*              arrival number; FORK, SLOT: firm      -; step (then against forks or slots, see `versus`)
SLOT_*                 slot                                  step or -
CLUSTER_*              cluster (and project)                 step or -; PLOTS: then against slots, see `versus`
SITE                   site for a planned cluster            what is drawn: price (0), rent (1), return (2)
SEARCH, LINK_*         firm or pair                          step (on the map and along ties: against slots, see `versus`)
SCREENING, .._HUB      pair; cluster and stream              -
OPERATOR_CASE          cluster                               step (then against slots, see `versus`)
HUB_*                  cluster and stream                    step (who is known: against slots)
PRIORITY_*             whoever asks                          step
CHAIN_*, LEAD          firm                                  - (CHAIN_*: against firms, see `versus`)
=====================  ====================================  =============================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum, unique
from typing import NamedTuple

import numpy as np

from .jit import jit, small
from .vocabulary import AWARENESS, EVENTS, PROGRAMMES, SECTORS, STREAMS, TECHNOLOGIES, fit

__all__ = ["KEYS", "Purpose", "Region", "check_keys", "draw", "key_of", "lane", "lottery_of", "mix", "of_aspect", "of_attempt",
           "of_awareness", "of_case", "of_coordinated", "of_errand", "of_hub", "of_hub_request", "of_loan", "of_office", "of_pair", "of_probe", "of_programme",
           "of_project", "of_project_request", "of_sector", "of_size", "of_taste", "of_technology", "refine", "spread", "uniform", "unit", "versus"]  # fmt: skip


@unique
class Purpose(IntEnum):
    """Purpose of a draw, its highest byte."""

    SHOCK = 1
    SECTOR = 2
    SLUMP = 3
    LOTTERY_A = 4
    LOTTERY_B = 5
    LOTTERY_C = 6
    FINE = 7
    TASTE = 8
    TASTE_OFFSET = 9
    CREDIT = 10
    CREDIT_SHARE = 11
    GUARANTEED = 12
    GREEN_FUND = 13
    CAPEX = 14
    INSTALL = 15
    KEEP = 16
    DETECTION = 17
    CONTINUOUS = 18
    DISCLOSE = 19
    CLUB = 20
    REQUEST = 21
    PRIORITY = 22
    TRAIT_SECTOR = 23
    TRAIT_WORKERS = 24
    TRAIT_EPS = 25
    TRAIT_MARGIN = 26
    TRAIT_CASH = 27
    TRAIT_COLLATERAL = 28
    TRAIT_DEBT = 29
    TRAIT_HURDLE = 30
    TRAIT_TECHNOLOGY = 31
    TRAIT_AGE = 32
    TRAIT_AWARE = 33
    TRAIT_ATTITUDE = 34
    TRAIT_INTEGRITY = 35
    TRAIT_TRUST = 36
    TRAIT_EXPORT = 37
    TRAIT_TRADE = 38
    TRAIT_STATE = 39
    ARRIVAL_GAP = 40
    ARRIVAL_THIN = 41
    ARRIVAL_SLOT = 42
    SLOT_RELET = 43
    SLOT_KEEP = 44
    SLOT_POSITION = 45
    SLOT_NEIGHBOUR = 46
    CLUSTER_MIX = 47
    CLUSTER_LAND = 48
    CLUSTER_CETP = 49
    CLUSTER_CITY_CETP = 50
    CLUSTER_REVIEW = 51
    CLUSTER_BUILD = 52
    CLUSTER_VIOLATION = 53
    CLUSTER_COMPLAINT = 54
    COMPLAINT_TARGET = 55
    SEARCH = 56
    LINK_PERMIT = 57
    LINK_BREACH = 58
    LINK_TERM = 59
    HUB_START = 60
    ENACTMENT = 62
    SUPPORT = 63
    MOVING_NOISE = 64
    OLD_PLOT = 65
    COMPULSORY = 66
    SLOT_INITIAL = 68
    MAP = 69
    ARRIVAL_FORK = 70
    VISIT = 71
    CENTRE = 72
    OPERATOR_CASE = 73
    LOTTERY_D = 74
    CLUSTER_CAPITAL = 75
    SCREENING = 76
    SCREENING_HUB = 77
    SITE = 78
    CLUSTER_UNBUILT = 79
    CLUSTER_PLOTS = 80
    HUB_CIRCLE = 81
    CLUSTER_COMPLETE = 82
    CLUSTER_ASSESSMENT = 90
    INSPECTOR = 91
    HUB_CREDIT = 92
    CLUSTER_CONFLICT = 97
    PLANT = 100
    PROGRAMME = 101
    CHAIN_BUYER = 102
    CHAIN_SUPPLIER = 103
    LEAD = 104


# --- what stands beside an id ----------------------------------------------------------------------------------


class Region(NamedTuple):
    """Ids of draws for one kind of thing: `first + width * id + place`.

    Attributes
    ----------
    most : int
        Ids lie below.
    width : int
        Places beside every id.
    places : tuple of str
        What stands there, from place 0 on; empty: attempts, counted from 0.
    last : str
        What stands in the last place, if anything does.
    first : int
    """

    most: int
    width: int
    places: tuple[str, ...] = ()
    last: str = ""
    first: int = 0

    @property
    def end(self) -> int:
        """Behind the last id of a draw."""
        return self.first + self.most * self.width


def _wide(places: Sequence[str], least: int = 8) -> int:
    """Places to provide for: a power of two, so that a longer list of words leaves all other draws as they are."""
    width = least
    while width < len(places):
        width *= 2
    return width


FIRMS, CLUSTERS = 1 << 20, 1 << 20  # more than any city has; a pair of firms is two times 20 bits
PROJECTS = ("energy", "water", "infrastructure", "information")
_ASKED = (*TECHNOLOGIES, "relocation", "link", "expulsion")  # for what a firm may stand in a queue
_LENT = (*TECHNOLOGIES, "link")  # for what a bank lends
_TASTED = (*_LENT, "compliance")
_HUBS = STREAMS[:-1]
_BY_TECHNOLOGY = Region(FIRMS, _wide(TECHNOLOGIES), TECHNOLOGIES)
_BY_LOAN = Region(FIRMS, _wide(_LENT), _LENT)
_BY_TASTE = Region(FIRMS, _wide(_TASTED), _LENT, last="compliance")
_BY_ERRAND = Region(FIRMS, _wide(_ASKED), _ASKED)
_BY_AWARENESS = Region(FIRMS, _wide(AWARENESS), AWARENESS)
_BY_PROJECT = Region(CLUSTERS, 8, PROJECTS)
_BY_OFFICE = Region(CLUSTERS, 8, (*PROJECTS, "certificate", "wide", "decree_82", "six_aspects"))
_BY_HUB = Region(CLUSTERS, _wide(_HUBS), _HUBS)
_BY_SECTOR = Region(CLUSTERS, _wide(SECTORS), SECTORS)
_BY_SIZE = Region(FIRMS, 64)
_BY_PROBE = Region(FIRMS, 4096)
_BY_ASPECT = Region(FIRMS, 2, ("utilisation", "margin"))
_BY_EVENT = Region(FIRMS, 16, EVENTS)
_BY_PROGRAMME = Region(FIRMS, _wide(PROGRAMMES), PROGRAMMES)
_CASES = Region(CLUSTERS, 1, first=1 << 37)
_COORDINATED = Region(CLUSTERS, 32, first=(1 << 37) + (1 << 36))
_PROJECT_REQUESTS = _BY_PROJECT._replace(first=1 << 38, places=(*PROJECTS, "plot"))
_HUB_REQUESTS = _BY_HUB._replace(first=1 << 39)
_PAIRS = Region(1, _wide(STREAMS), STREAMS)  # hashed

# purposes with more than one draw beside an id; all others take the id alone
KEYS: dict[Purpose, tuple[Region, ...]] = {
    **dict.fromkeys(
        (Purpose.CAPEX, Purpose.INSTALL, Purpose.KEEP,
         Purpose.REQUEST, Purpose.TRAIT_TECHNOLOGY, Purpose.TRAIT_AGE), (_BY_TECHNOLOGY,)),
    **dict.fromkeys((Purpose.CREDIT_SHARE, Purpose.GUARANTEED, Purpose.GREEN_FUND), (_BY_LOAN,)),
    **dict.fromkeys((Purpose.TASTE, Purpose.TASTE_OFFSET, Purpose.CREDIT), (_BY_TASTE,)),
    Purpose.TRAIT_AWARE: (_BY_AWARENESS,),
    **dict.fromkeys((Purpose.TRAIT_WORKERS, Purpose.ARRIVAL_THIN), (_BY_SIZE,)),
    Purpose.TRAIT_STATE: (_BY_ASPECT,),
    Purpose.PROGRAMME: (_BY_PROGRAMME,),
    Purpose.FINE: (_BY_EVENT,),
    Purpose.SEARCH: (_BY_PROBE,),
    Purpose.CLUSTER_REVIEW: (_BY_OFFICE,),
    Purpose.CLUSTER_BUILD: (_BY_PROJECT,),
    Purpose.CLUSTER_MIX: (_BY_SECTOR,),  # at time 1; at times 2 and 3 `of_attempt` of these
    Purpose.HUB_START: (_BY_HUB,),
    Purpose.SCREENING_HUB: (_BY_HUB,),
    Purpose.HUB_CIRCLE: (_BY_HUB,),
    Purpose.HUB_CREDIT: (_BY_HUB,),  # at times 0 to 3: guarantee, green fund, approval, share
    Purpose.PRIORITY: (_BY_ERRAND, _CASES, _COORDINATED, _PROJECT_REQUESTS, _HUB_REQUESTS),
}  # fmt: skip
# hashes of the lottery, four lanes each
LOTTERIES = (int(Purpose.LOTTERY_A), int(Purpose.LOTTERY_B), int(Purpose.LOTTERY_C), int(Purpose.LOTTERY_D))
PER_HASH = 4


def check_keys(keys: Mapping[Purpose, Sequence[Region]]) -> None:
    """Refuse keys that give one number to two draws, and places for which there is no room.

    Raises
    ------
    ValueError
        With the purpose and what collides.
    """
    for purpose, regions in keys.items():
        for region in regions:
            named = (*region.places, region.last) if region.last else region.places
            fit(f"places beside an id in draws of {purpose.name}", named, region.width)
            if region.end > 1 << 40:
                raise ValueError(f"ids in draws of {purpose.name} reach 2^40")
        for one, other in zip(regions, regions[1:], strict=False):
            if one.end > other.first:
                raise ValueError(f"ids in draws of {purpose.name} collide: {one} and {other}")


check_keys(KEYS)
fit("lanes of the lottery", EVENTS, PER_HASH * len(LOTTERIES))

_TECHNOLOGY, _LOAN, _TASTE = (region.width for region in (_BY_TECHNOLOGY, _BY_LOAN, _BY_TASTE))
_ERRAND, _AWARENESS = (region.width for region in (_BY_ERRAND, _BY_AWARENESS))
_PROJECT, _OFFICE, _HUB, _SECTOR = (region.width for region in (_BY_PROJECT, _BY_OFFICE, _BY_HUB, _BY_SECTOR))
_ASPECT, _EVENT, _SIZE, _PROBE, _STREAM = (region.width for region in (_BY_ASPECT, _BY_EVENT, _BY_SIZE, _BY_PROBE, _PAIRS))
_PROGRAMME = _BY_PROGRAMME.width
_CASE, _COORDINATED_CASE = _CASES.first, _COORDINATED.first
_PROJECT_REQUEST, _HUB_REQUEST = _PROJECT_REQUESTS.first, _HUB_REQUESTS.first
PLOT = len(PROJECTS)  # place of a new plot among what the office of a cluster asks for
COMPLIANCE = _TASTE - 1  # place of a taste that is for no technology
RELOCATION, LINK, EXPULSION = (_ASKED.index(name) for name in ("relocation", "link", "expulsion"))
CERTIFICATE = len(PROJECTS)  # place in reviews of the office, before the readings of shadow certificates
_ATTEMPTS = 128  # of a draw that may be repeated


@small
def of_technology(ident, j):
    """Technology j beside a firm."""
    return ident * _TECHNOLOGY + j


@small
def of_loan(ident, what):
    """What a bank lends a firm for: a technology, or links."""
    return ident * _LOAN + what


@small
def of_taste(ident, which):
    """Technology `which`, or COMPLIANCE, beside a firm: what a persistent taste is for."""
    return ident * _TASTE + which


@small
def of_errand(ident, which):
    """What a firm asks for in a queue: technology `which`, or RELOCATION, LINK, EXPULSION."""
    return ident * _ERRAND + which


@small
def of_awareness(ident, which):
    """Bit `which` of what a firm knows of, beside it."""
    return ident * _AWARENESS + which


@small
def of_programme(ident, which):
    """Part `which` of a programme, beside a firm that may know of it."""
    return ident * _PROGRAMME + which


@small
def of_aspect(ident, which):
    """Utilisation (0) or margin (1) of a firm."""
    return ident * _ASPECT + which


@small
def of_size(ident, attempt):
    """Attempt to draw the size of a firm, below 64."""
    return ident * _SIZE + attempt


@small
def of_probe(ident, attempt):
    """Slot that a firm looks at in its search of one step, below 4096."""
    return ident * _PROBE + attempt


@small
def of_project(c, j):
    """Project j of cluster c."""
    return c * _PROJECT + j


@small
def of_office(c, which):
    """What is reviewed of cluster c: project `which`, CERTIFICATE, or CERTIFICATE plus a reading."""
    return c * _OFFICE + which


@small
def of_hub(c, w):
    """Hub of stream w in cluster c."""
    return c * _HUB + w


@small
def of_sector(c, i):
    """Sector i of cluster c."""
    return c * _SECTOR + i


@small
def of_attempt(ident, attempt):
    """Attempt, below 128, at something that has an id of its own."""
    return ident * _ATTEMPTS + attempt


@small
def of_case(c):
    """Case that the operator of cluster c opens, in a queue."""
    return _CASE + c


@small
def of_coordinated(c, n):
    """Case that the coordinator of cluster c takes as number n of a step, below 32, in a queue."""
    return _COORDINATED_CASE + c * _COORDINATED.width + n


@small
def of_project_request(c, j):
    """Project j of cluster c, or PLOT, in a queue."""
    return _PROJECT_REQUEST + c * _PROJECT + j


@small
def of_hub_request(c, w):
    """Hub of stream w in cluster c, in a queue."""
    return _HUB_REQUEST + c * _HUB + w


@jit
def of_pair(supplier_id, buyer_id, w):
    """Persistent id of an ordered pair and stream (40 bits of a hash)."""
    return np.int64(mix(np.uint64(supplier_id * FIRMS + buyer_id) * np.uint64(_STREAM) + np.uint64(w)) >> np.uint64(24))


@small
def lottery_of(event):
    """Purpose of the hash in which an event has its lane."""
    return LOTTERIES[event // PER_HASH]


# --- draws -----------------------------------------------------------------------------------------------------


@small
def mix(x):
    """Finaliser of SplitMix64 (Stafford's mix 13): a bijection of 64-bit words that avalanches."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@small
def draw(key, purpose, time, ident):
    """64 random bits.

    Parameters
    ----------
    key : uint64
        From `key_of`.
    purpose : int
        0-255.
    time : int
        Step or epoch, 0-65535.
    ident : int
        Persistent id, below 2^40.
    """
    counter = (np.uint64(purpose) << np.uint64(56)) | (np.uint64(time) << np.uint64(40)) | np.uint64(ident)
    return mix(np.uint64(key) + np.uint64(0x9E3779B97F4A7C15) * counter)


@small
def unit(bits):
    """Uniform number in (0, 1) from 64 random bits: 52 of them and a half."""
    return (np.float64(bits >> np.uint64(12)) + 0.5) * 2.220446049250313e-16


@small
def uniform(key, purpose, time, ident):
    """Uniform number in (0, 1): 52 random bits and a half."""
    return unit(draw(key, purpose, time, ident))


@small
def spread(other):
    """A persistent id as `versus` takes it, for whoever is met by many."""
    return np.uint64(0x9E3779B97F4A7C15) * np.uint64(other)


@small
def versus(h, other):
    """64 random bits of a pair: the draw `h` of one side against the persistent id of the other."""
    return mix(h + spread(other))


@small
def lane(h, which):
    """One of the four 16-bit lanes of a hash, as an integer 0-65535."""
    return np.int64((h >> np.uint64(16 * which)) & np.uint64(0xFFFF))


@jit
def refine(key, time, ident, which, coarse):
    """Uniform number in (0, 1) whose first 16 bits are `coarse`, the lane of event `which` of the lottery.

    The lottery looks only at 16 bits to see who cannot be meant; whoever may be meant gets all digits.
    """
    return (np.float64(coarse) + uniform(key, Purpose.FINE, time, np.int64(ident) * _EVENT + which)) * 1.52587890625e-05


@jit
def key_of(seed, replicate):
    """Key of one replicate.

    Parameters
    ----------
    seed, replicate : uint64
    """
    a = mix(np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15))
    return mix(a ^ mix(np.uint64(replicate) * np.uint64(0xD1B54A32D192ED03) + np.uint64(0x8BB84B93962EACC9)))
