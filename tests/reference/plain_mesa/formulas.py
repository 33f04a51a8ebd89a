"""The scalar formulas of the specification as ordinary Python functions, and the parameters as plain numbers.

The formulas stand once, in ``ecocluster.model.rules``; there they are compiled. An object model calls them one
number at a time, where a compiled call that is handed the record of parameters costs 50 microseconds. `plain`
gives the same source as ordinary functions, which read the parameters by attribute. What has no parameters
(`exp`, `log`, `annuity`, ...) stays compiled, so that both models use the same bits.
"""

from __future__ import annotations

from types import FunctionType, ModuleType, SimpleNamespace

import numpy as np
from ecocluster.model.rules import (
    adoption,
    capital,
    certification,
    compliance,
    credit,
    demography,
    developer,
    diffusion,
    facilitation,
    government,
    infrastructure,
    land,
    production,
    symbiosis,
    trust,
)

__all__ = ["parameters", "rules"]

SOLID = range(5)  # streams that are weighed


def _plain(module: ModuleType) -> SimpleNamespace:
    """All functions of a module of rules as Python functions that call one another as such."""
    names: dict = dict(vars(module))
    found = {name: f for name, f in vars(module).items() if hasattr(f, "py_func") and f.py_func.__module__ == module.__name__}
    for name, f in found.items():
        names[name] = FunctionType(f.py_func.__code__, names, name, f.py_func.__defaults__)
    return SimpleNamespace(**{name: names[name] for name in found})


rules = SimpleNamespace(**{
    module.__name__.rsplit(".", 1)[1]: _plain(module)
    for module in (adoption, capital, certification, compliance, credit, demography, developer, diffusion, facilitation, government,
                   infrastructure, land, production, symbiosis, trust)
})  # fmt: skip


def parameters(record: np.ndarray) -> SimpleNamespace:
    """Record of parameters (`ecocluster.model.parameters.parameter_record`) as floats, lists and lists of lists.

    Added by sector, for a worker-year at full use and efficiency 1: `sector_tonnes` of waste, `sector_landfill` (the
    tonnes of it that cost something to be rid of), `sector_gas` (tCO2e of these) and `sector_disposal`, mVND (negative: sold to dealers).
    """
    p = SimpleNamespace(**{name: record[name].tolist() for name in record.dtype.names})
    price = p.stream_disposal_cost
    p.sector_tonnes = [sum(supply[w] for w in SOLID) for supply in p.supply]
    p.sector_landfill = [sum(supply[w] for w in SOLID if price[w] > 0.0) for supply in p.supply]
    p.sector_gas = [sum(supply[w] * p.stream_ef_landfill[w] for w in SOLID if price[w] > 0.0) for supply in p.supply]
    p.sector_disposal = [sum(supply[w] * price[w] for w in SOLID) for supply in p.supply]
    return p
