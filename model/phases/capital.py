"""What is invested, and the services of all capital in place (13.4).

A firm that leaves does not take its capital out of the sum: it is sunk, and was paid for.
"""

from __future__ import annotations

from ..jit import inner
from ..rules.capital import capital_service, life_in_steps

__all__ = ["invest", "retire_capital"]


@inner
def invest(s, p, flow, amount, years):
    """Book an investment on a line of the ledger and add its services to the coming steps.

    Parameters
    ----------
    flow : Money
        Of purpose "capital".
    amount : float
        mVND at full price, whoever pays.
    years : float
        Life, yr.
    """
    s.money[flow] += amount
    city = s.city[0]
    steps = life_in_steps(years, city.dt)
    service = capital_service(amount, p.discount_rate, steps, city.dt)
    city.services += service
    # the array is a ring; it is longer than any run (`state.LONGEST_LIFE`)
    s.services[(city.step + min(steps, s.services.size - 1)) % s.services.size] += service


@inner
def retire_capital(s):
    """At the beginning of a step: capital whose life is over serves no more."""
    city = s.city[0]
    now = city.step % s.services.size
    city.services -= s.services[now]
    s.services[now] = 0.0
