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
    plants,
    production,
    residents,
    seen,
    symbiosis,
    trust,
)

__all__ = ["parameters", "rules"]

SOLID = range(5)  # streams that are weighed


def _plain(module: ModuleType) -> SimpleNamespace:
    """All functions of a module of rules as Python functions that call one another as such."""
    names: dict = dict(vars(module))
    names |= {
        name: f.py_func
        for name, f in names.items()
        if getattr(f, "__module__", "").startswith(module.__package__) and hasattr(f, "py_func")
    }
    found = {name: f for name, f in vars(module).items() if hasattr(f, "py_func") and f.py_func.__module__ == module.__name__}
    for name, f in found.items():
        names[name] = FunctionType(f.py_func.__code__, names, name, f.py_func.__defaults__)
    return SimpleNamespace(**{name: names[name] for name in found})


rules = SimpleNamespace(**{
    module.__name__.rsplit(".", 1)[1]: _plain(module)
    for module in (adoption, capital, certification, compliance, credit, demography, developer, diffusion, facilitation, government,
                   infrastructure, land, plants, production, residents, seen, symbiosis, trust)
})  # fmt: skip


def parameters(record: np.ndarray) -> SimpleNamespace:
    """Record of parameters (`ecocluster.model.parameters.parameter_record`) as floats, lists and lists of lists.

    Added by sector, for a worker-year at full use and efficiency 1: `sector_tonnes` of waste, `sector_landfill` (the
    tonnes of it that cost something to be rid of), `sector_gas` (tCO2e of these) and `sector_disposal`, mVND (negative: sold to dealers).
    """
    p = SimpleNamespace(**{name: record[name].tolist() for name in record.dtype.names})
    p.mixed = [_parts(p, w, p.stream_traded[w]) for w in range(len(p.stream_traded))]  # a unit of each stream as it comes
    p.rest = [_parts(p, w, 0.0) for w in range(len(p.stream_traded))]  # a unit that no dealer wants
    p.sector_tonnes = [sum(supply[w] for w in SOLID) for supply in p.supply]
    p.sector_landfill = [sum(supply[w] * p.mixed[w].buried for w in SOLID) for supply in p.supply]
    p.sector_gas = [sum(supply[w] * p.mixed[w].buried * p.stream_ef_landfill[w] for w in SOLID) for supply in p.supply]
    p.sector_disposal = [sum(supply[w] * p.mixed[w].disposal for w in SOLID) for supply in p.supply]
    return p


def _parts(p, w: int, dealt: float) -> SimpleNamespace:
    """What a unit of stream w costs its owner, is worth to a user, adds and keeps from the landfill; `dealt` is the dealers' share.

    Without `stream_trade` the table says it all: what has a price is sold anyway and not buried.
    """
    own, heat = p.stream_disposal_cost[w], w == len(p.stream_traded) - 2
    replaced = p.fuel_price if heat and p.heat_of_firms > 0.5 else p.stream_virgin_price[w]
    use = p.stream_substitution[w] * replaced - p.stream_treatment_cost[w]
    onsite = 0.0 if heat and p.heat_of_firms > 0.5 else p.stream_ef_onsite[w]
    if p.stream_trade <= 0.5:
        return SimpleNamespace(
            disposal=own, use=use, added=p.stream_additional[w], buried=float(own > 0.0), dealt=0.0, onsite=onsite
        )
    cheap, dear = sorted((own, p.stream_other_disposal[w]))
    price, fresh = max(-cheap, 0.0), 1.0 - dealt
    asked = price + p.dealer_margin * price  # what a dealer asks
    return SimpleNamespace(
        disposal=fresh * dear + dealt * cheap, use=fresh * use + dealt * asked, added=fresh, buried=fresh * (dear > 0.0), dealt=dealt,
        onsite=onsite,
    )  # fmt: skip
