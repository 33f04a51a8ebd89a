"""A sweep as an array with names and units, for xarray."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ..errors import need_package
from .plans import open_results
from .provenance import attributes, made_of, scales

if TYPE_CHECKING:
    import xarray

__all__ = ["to_xarray"]

AXES = ("point", "arm", "replicate")
NOT_RUN = "not run"


@bordered
def to_xarray(out: str | os.PathLike) -> xarray.Dataset:
    """All runs that are there over point, arm and replicate.

    Parameters
    ----------
    out : path or URL
        Of the sweep.

    Returns
    -------
    xarray.Dataset
        Outcomes and ``null.OUTCOME`` (nan where a run failed or has not been run), ``failed`` (the cause, or empty, or "not run");
        coordinates along ``arm`` (``pathway, policy, budget, scale``) and ``point`` (the varied parameters); as single values what
        all rows share (`provenance.made_of`), so that `xarray.concat` of two sweeps tells them apart. Attributes ``units`` and
        ``long_name``. Series of ``traces = true`` stay in the chunks.

    Raises
    ------
    InputError
        If xarray is not installed, or there is no sweep with finished runs.
    """
    need_package("to_xarray", "xarray", extra="xarray")
    import xarray

    store, plan = open_results(out)
    labels, work = plan.work.labels, plan.work
    ids = np.concatenate([np.arange(first, first + count) for first, count in plan.stages])
    names = [*work.outcomes, *(f"null.{name}" for name in work.outcomes)]
    shape = (len(plan.points), len(labels), len(ids))
    values = {name: np.full(shape, np.nan) for name in names}
    failed = np.full(shape, NOT_RUN, object)
    place = {int(replicate): index for index, replicate in enumerate(ids)}
    for table in store.tables(sorted(store.done), ["point", "replicate", "failed", *names]):
        replicates = table["replicate"].to_numpy()
        points, own = np.unique(table["point"].to_numpy()), np.unique(replicates)
        cells = np.ix_(points, np.arange(len(labels)), np.array([place[int(replicate)] for replicate in own]))
        block = (points.size, len(labels), own.size)
        failed[cells] = np.array(table["failed"].to_pylist(), object).reshape(block)
        for name in names:
            values[name][cells] = table[name].to_numpy().reshape(block)
    shared = made_of(store, plan)
    pathways = [pathway for pathway, _, _ in labels]
    plain = len(set(pathways)) == len(pathways)
    coords: dict[str, Any] = {
        "point": np.arange(shape[0]),
        "arm": pathways if plain else [f"{pathway}, {policy}, {budget:g}" for pathway, policy, budget in labels],
        "replicate": ids,
        "pathway": ("arm", pathways),
        "policy": ("arm", [policy for _, policy, _ in labels]),
        "budget_bn": ("arm", [budget for _, _, budget in labels], {"units": "bn VND/yr"}),
        "scale": ("arm", scales(store)),
        **{name: ("point", plan.points[:, j], attributes(name)) for j, (name, _) in enumerate(work.factors)},
        **{name: ((), value, attributes(name)) for name, value in shared.items()},
    }
    data = {name: (AXES, array, attributes(name)) for name, array in values.items()}
    return xarray.Dataset({**data, "failed": (AXES, failed.astype(str))}, coords, {"source": "ecocluster sweep"})
