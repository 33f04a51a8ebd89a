"""Stateless random numbers: a draw is a pure function of (seed, replicate, step or epoch, id, purpose).

So results depend neither on threads nor on order, chunks or restarts, and all arms of a comparison share
their luck. The table of purposes below is the only place where keys are given out.

=====================  ====================================  =============================================
purpose                id                                    time
=====================  ====================================  =============================================
SHOCK                  firm                                  step (two normals: utilisation and margin)
SECTOR, SLUMP          sector                                step
LOTTERY_A .. C         firm                                  step (four 16-bit lanes each, see `LANE_*`)
FINE                   firm, lane (fine digits of a lane)    step
TASTE, CREDIT, ...     firm, technology                      epoch of the taste
VISIT, CENTRE          firm                                  step
TRAIT_*                firm                                  -
ARRIVAL_*              arrival number; FORK, SLOT: firm      -; step (then against forks or slots, see `versus`)
SLOT_*                 slot                                  step or -
CLUSTER_*              cluster (and project)                 step or -
SEARCH, LINK_*         firm or pair                          step (on the map: against slots, see `versus`)
OPERATOR_CASE          cluster                               step (then against slots, see `versus`)
HUB_*                  cluster and stream                    step
PRIORITY_*             whoever asks                          step
=====================  ====================================  =============================================
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from .jit import jit, small

__all__ = ["Purpose", "draw", "key_of", "lane", "mix", "refine", "spread", "uniform", "unit", "versus"]


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


# lanes of the lotteries: (purpose, lane) pairs, see phases.lottery
_GAMMA = 0x9E3779B97F4A7C15


@small
def mix(z):
    """Finaliser of SplitMix64 (Stafford's mix 13): a bijection of 64-bit words that avalanches."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


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
    """Uniform number in (0, 1) whose first 16 bits are `coarse`, lane `which` (0-15) of the lottery.

    The lottery looks only at 16 bits to see who cannot be meant; whoever may be meant gets all digits.
    """
    return (np.float64(coarse) + uniform(key, Purpose.FINE, time, np.int64(ident) * 16 + which)) * 1.52587890625e-05


@jit
def key_of(seed, replicate):
    """Key of one replicate.

    Parameters
    ----------
    seed, replicate : uint64
    """
    a = mix(np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15))
    return mix(a ^ mix(np.uint64(replicate) * np.uint64(0xD1B54A32D192ED03) + np.uint64(0x8BB84B93962EACC9)))
