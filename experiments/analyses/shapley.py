"""Shares of several causes in a joint effect: Shapley values, factorial effects and synergies.

A table `values` holds what every set of causes achieves: row m is the set whose members are the bits of m, so
row 0 is "none" and the last row "all". Further axes (replicates) are carried along, so that intervals come
from paired differences.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial

import numpy as np

__all__ = ["contrasts", "fraction", "main_effects", "members", "shapley", "synergies"]

# resolution IV: no main effect is aliased with another one or with a synergy of two (Box and Hunter 1961)
GENERATORS = {5: ((0, 1, 2, 3),), 6: ((0, 1, 2), (1, 2, 3)), 7: ((0, 1, 2), (1, 2, 3), (0, 2, 3))}


def members(mask: int, names: Sequence[str]) -> tuple[str, ...]:
    """Names whose bit is set in `mask`."""
    return tuple(name for bit, name in enumerate(names) if mask >> bit & 1)


def _causes(values: np.ndarray) -> int:
    causes = int(len(values)).bit_length() - 1
    if len(values) != 1 << causes:
        raise ValueError(f"{len(values)} rows are not all sets of some number of causes")
    return causes


def _sets(causes: int) -> tuple[np.ndarray, np.ndarray]:
    """All masks and their numbers of members."""
    masks = np.arange(1 << causes)
    return masks, np.array([int(mask).bit_count() for mask in masks])


def shapley(values: np.ndarray) -> np.ndarray:
    """Shapley value of every cause: its marginal effect, mean over all orders in which causes may be added.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (2^n, ...).

    Returns
    -------
    numpy.ndarray
        Shape (n, ...); adds up to `values[-1] - values[0]`.
    """
    causes = _causes(values)
    masks, sizes = _sets(causes)
    result = np.zeros((causes, *values.shape[1:]))
    for cause in range(causes):
        without = masks[(masks >> cause & 1) == 0]
        marginal = values[without | 1 << cause] - values[without]
        weight = np.array([factorial(s) * factorial(causes - s - 1) / factorial(causes) for s in sizes[without]])
        result[cause] = np.tensordot(weight, marginal, 1)
    return result


def main_effects(values: np.ndarray) -> np.ndarray:
    """Main effect of every cause in the full factorial: mean with it less mean without it, shape (n, ...)."""
    causes = _causes(values)
    masks, _ = _sets(causes)
    have = [(masks >> cause & 1) == 1 for cause in range(causes)]
    return np.stack([values[h].mean(axis=0) - values[~h].mean(axis=0) for h in have])


def synergies(values: np.ndarray) -> np.ndarray:
    """What two causes achieve together beyond what each achieves alone, mean over all sets of the others.

    Returns
    -------
    numpy.ndarray
        Shape (n, n, ...), symmetric, 0 on the diagonal; negative where one makes the other superfluous.
    """
    causes = _causes(values)
    masks, _ = _sets(causes)
    result = np.zeros((causes, causes, *values.shape[1:]))
    for i in range(causes):
        for j in range(i):
            pair = 1 << i | 1 << j
            rest = masks[masks & pair == 0]
            second = values[rest | pair] - values[rest | 1 << i] - values[rest | 1 << j] + values[rest]
            result[i, j] = result[j, i] = second.mean(axis=0)
    return result


def fraction(causes: int) -> np.ndarray:
    """Masks of a two-level fraction of resolution IV: 16 sets for 5 to 7 causes, 2^n where n is smaller.

    Main effects are free of each other and of all synergies of two; those of two are mixed among themselves.
    """
    if causes < 5:
        return np.arange(1 << causes)
    generators = GENERATORS[causes]
    free = causes - len(generators)
    signs = np.array([[1 if mask >> bit & 1 else -1 for bit in range(free)] for mask in range(1 << free)])
    more = [signs[:, list(parts)].prod(axis=1) for parts in generators]
    bits = (np.column_stack([signs, *more]) > 0).astype(int)
    return bits @ (1 << np.arange(causes))


def contrasts(masks: np.ndarray, values: np.ndarray, causes: int) -> np.ndarray:
    """Main effects of a balanced two-level design.

    Parameters
    ----------
    masks : numpy.ndarray
        Shape (k,), as `fraction` gives them.
    values : numpy.ndarray
        Shape (k, ...): what every set of the design achieves.

    Returns
    -------
    numpy.ndarray
        Shape (n, ...).
    """
    have = (np.asarray(masks)[:, None] >> np.arange(causes) & 1) == 1
    return np.stack([values[h].mean(axis=0) - values[~h].mean(axis=0) for h in have.T])
