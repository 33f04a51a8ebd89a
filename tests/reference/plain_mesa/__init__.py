"""The model a second time, as plain Mesa objects: made to be read beside the specification, not to be fast.

An `Enterprise` is a `mesa.Agent`; clusters with their operators, hubs, links, loans and funds are ordinary objects;
one file a sub-model. It shares with the kernels the scalar formulas (``ecocluster.model.rules``), the parameters,
the plan of prices and levers, the sizes of a site's layout and the stateless draws; what happens, in which order,
to whom and with which money is written anew. Same draws, same trajectory: the tests beside this package compare
both after every step.

>>> from ecocluster.scenarios import load_scenario
>>> model = CityModel(load_scenario("teaching").site)
>>> model.step()
"""

from .model import CityModel

__all__ = ["CityModel"]
