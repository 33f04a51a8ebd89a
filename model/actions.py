"""The actions of loaded modules, each compiled by itself, and the table by which a step finds them (`acting.call_own`)."""

from __future__ import annotations

from collections import namedtuple
from hashlib import sha256
from inspect import signature
from typing import Any

import numpy as np

from .acting import Purse
from .jit import written
from .late import DISABLE_JIT, LOADING
from .ledger import FLOWS, Money
from .modules import FUNDS, Account, Action, Module, ModuleError
from .order import PHASES
from .parameters import parameter_record
from .randomness import mix
from .remembered import remembered
from .roster import Loaded, columns, loaded, room
from .state import new_state
from .timelines import NO_CALLS, Calls

__all__ = ["arguments_of", "calls"]

_kept: list[Any] = []  # a run may still hold the address of an action whose module was taken away


@remembered()
def calls() -> Calls:
    """The actions of all loaded modules by their place; they are compiled at the first call."""
    if not loaded():
        return NO_CALLS
    at: list[list[Any]] = [[] for _ in range(2 * len(PHASES))]
    names = [phase.name for phase in PHASES]
    for entry in sorted(loaded(), key=lambda entry: entry.module.name):
        for action in entry.module.actions:
            at[2 * names.index(action.before or action.after) + bool(action.after)].append(_callable(entry, action))
    starts = np.cumsum([0, *map(len, at)])
    actions = [action for place in at for action in place]
    return Calls(starts, tuple(actions) if DISABLE_JIT else np.array(actions, np.int64))  # type: ignore[arg-type]


def arguments_of(action: Action) -> tuple[str, ...]:
    """Names of the arguments of an action; none of what has no signature."""
    try:
        found = signature(getattr(action.run, "py_func", action.run))
    except (TypeError, ValueError):
        return ()
    return tuple(found.parameters)


def _callable(entry: Loaded, action: Action) -> Any:
    """Address of an action that is called with state, parameters and cluster; in plain Python the function itself."""
    text, names = _text(entry.module, action)
    if DISABLE_JIT:
        return written(text, names)
    with LOADING:
        import numba
        from numba import typeof, types
        from numba.core.errors import NumbaError

        from .references import Reference

    if not hasattr(action.run, "py_func"):
        names["run"] = numba.njit(nogil=True, error_model="numpy")(action.run)
    state = Reference(typeof(new_state(1, 1, 1, 1, 1, 1, 1, own=room())))
    kind = types.void(state, typeof(parameter_record()).dtype, types.int64)
    try:
        made = numba.cfunc(kind)(written(text, names).py_func)
    except NumbaError as error:
        raise ModuleError("not_compiled", path=entry.source.path, name=action.run.__name__, cause=_cause(error)) from error
    _kept.append(made)
    return made.address


def _text(module: Module, action: Action) -> tuple[str, dict[str, Any]]:
    """The function around an action: it puts together what the action sees as `own`."""
    once = len(arguments_of(action)) == 3
    places = {kind: columns(kind) for kind in ("parameters", "levers", "firm_state", "cluster_state", "values")}
    own = {"key": "mix(s.city[0].key ^ MARK)"}
    own |= {one.name: f"p.own[{places['parameters'][module.name, one.name]}]" for one in module.parameters}
    if not once:  # in force is what holds in a cluster
        own |= {one.name: f"levers[{places['levers'][module.name, one.name]}]" for one in module.levers}
    own |= {name: f"s.own_firms[:, {places['firm_state'][module.name, name]}]" for name in module.firm_state}
    own |= {name: f"s.own_clusters[:, {places['cluster_state'][module.name, name]}]" for name in module.cluster_state}
    views = {name: f"s.own_values[{place}:{place + 1}]" for (of, name), place in places["values"].items() if of == module.name}
    own |= views | {account.name: f"Purse({views[account.name]}, {_line(account)})" for account in module.accounts}
    values, call = ", ".join(own.values()), "if c == 0: run(Own({}), s, p)" if once else "run(Own({}), s, p, c)"
    text = f"def act(s, p, c):\n    levers = s.levers[s.clusters[c].lever_row].own\n    {call.format(values)}\n"
    mark = np.uint64(int.from_bytes(sha256(module.name.encode()).digest()[:8], "big"))
    return text, {"MARK": mark, "Own": namedtuple("Own", list(own)), "Purse": Purse, "mix": mix, "run": action.run}  # noqa: PYI024 - its fields are the module's


def _line(account: Account) -> str:
    """What `Purse` holds of an account's line in the ledger."""
    flow = FLOWS[account.books_as]
    fund = FUNDS.index(account.fund) if flow.payer == "state" else -1
    return f"{int(Money[account.books_as])}, {fund}, {int(flow.payer == 'firms')}, {int(flow.receiver == 'firms')}"


def _cause(error: Exception) -> str:
    """What Numba says, in a line."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith(("Failed in", "During:", "- Resolution", "File ", "^", "Traceback", "-"))]  # fmt: skip
    return " ".join(said)[:300]
