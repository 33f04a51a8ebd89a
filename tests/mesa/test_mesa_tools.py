"""Mesa's own tools work on the model: batch_run, DataCollector, spaces, SolaraViz, and graphs of networkx."""

from __future__ import annotations

import subprocess
import sys

import mesa
import numpy as np
import pytest
from ecocluster.model import ClusterModel
from ecocluster.model.indicators import INDICATORS
from ecocluster.scenarios import ScenarioError, load_scenario

NEW = tuple(int(part) for part in mesa.__version__.split(".")[:2]) >= (3, 5)  # batch_run gives out seeds itself


def batch(**more):
    seeds = {"rng": 1} if NEW else {}
    fixed = {} if NEW else {"seed": 1}
    return mesa.batch_run(
        ClusterModel, {"scenario": "teaching", "pathway": ["null", "combined"], "replicate": range(2), **fixed},
        max_steps=20, display_progress=False, **seeds, **more,
    )  # fmt: skip


def test_batch_run():
    rows = batch()
    assert [(row["pathway"], row["replicate"]) for row in rows] == [("null", 0), ("null", 1), ("combined", 0), ("combined", 1)]
    for row in rows:
        model = ClusterModel(scenario="teaching", pathway=row["pathway"], replicate=row["replicate"], seed=1)
        model.run_for(20)
        assert row["year"] == 2025.0 and row["tco2e"] == model.tco2e and row["trust"] == model.trust


def test_batch_run_in_two_processes():
    both = sorted(batch(number_processes=2), key=lambda row: row["RunId"])
    assert repr(both) == repr(batch())  # as text: a missing value equals nothing


def test_batch_run_to_the_horizon_ends_with_its_last_step():
    (row,) = mesa.batch_run(ClusterModel, {"scenario": "teaching", "last_year": 2025.0}, display_progress=False)
    assert row["year"] == 2025.0


def test_data_collector():
    model = ClusterModel(scenario="teaching", seed=1, model_reporters=["year", "tco2e"],
                         agent_reporters={"trust": "trust", "T1": lambda firm: "T1" in firm.technology})  # fmt: skip
    model.run_for(6)
    frame = model.datacollector.get_model_vars_dataframe()
    assert list(frame.columns) == ["year", "tco2e"] and len(frame) == 7
    assert frame["year"].tolist() == [2020 + n / 4 for n in range(7)]
    assert np.array_equal(frame["tco2e"], model.series[:, list(INDICATORS).index("tco2e")], equal_nan=True)
    agents = model.datacollector.get_agent_vars_dataframe()
    assert set(agents.index.get_level_values("Step")) == set(range(7))
    last = agents.xs(6, level="Step")
    assert last["trust"].to_dict() == {firm.unique_id: firm.trust for firm in model.agents}
    everything = ClusterModel(scenario="teaching", seed=1).datacollector
    assert set(everything.get_model_vars_dataframe().columns) == {"year", *INDICATORS}


def test_the_horizon():
    model = ClusterModel(scenario="teaching", last_year=2022.0, seed=1)
    model.run_for(1000)
    assert (model.year, model.quarter, model.running) == (2022.0, 8, True)
    series = model.series.copy()
    model.step()
    assert not model.running and np.array_equal(series, model.series, equal_nan=True)
    with pytest.raises(ValueError, match="last_year = 2050"):
        ClusterModel(scenario="teaching", last_year=2050)


def test_space():
    model = ClusterModel(scenario="nguyen-khe", pathway="newly-planned", seed=1)
    model.run_for(40)
    columns, width = model.views.picture()
    for firm in model.agents:
        assert not model.space.out_of_bounds(firm.pos)
        field = (firm.pos[0] // width, firm.pos[1] // width)  # clusters do not overlap
        assert field == divmod(model.views.clusters.index(firm.cluster), columns)[::-1]
    firm = next(iter(model.in_cluster("nguyen-khe")))
    near = model.space.get_neighbors(firm.pos, 0.6, include_center=False)
    truth = [o for o in model.agents if 0 < np.hypot(o.pos[0] - firm.pos[0], o.pos[1] - firm.pos[1]) <= 0.6]
    assert {o.unique_id for o in near} == {o.unique_id for o in truth} and near
    model.step()
    assert set(model.space.get_neighbors((0, 0), 1e3)) == set(model.agents)
    with pytest.raises(TypeError):
        model.space.move_agent(firm, (0, 0))
    with pytest.raises(AttributeError):
        firm.pos = (0, 0)


def test_network():
    model = ClusterModel(scenario=load_scenario("nguyen-khe").site, pathway="symbiosis", seed=1)
    model.run_for(80)
    graph = model.network()
    assert set(graph) == set(model.agents.get("unique_id"))
    assert graph.number_of_edges() == model.links_active > 0
    for firm in model.agents:
        assert graph.degree(firm.unique_id) == firm.links
        assert graph.nodes[firm.unique_id]["sector"] == firm.sector
    for *_, facts in graph.edges(data=True):
        assert facts["quantity"] >= 0 and facts["until"] > 2020


def test_solara_page(monkeypatch):
    monkeypatch.setenv("SOLARA_TELEMETRY_MIXPANEL_ENABLE", "False")
    import solara
    from mesa.visualization import SolaraViz, SpaceRenderer, make_plot_component
    from mesa.visualization.components import AgentPortrayalStyle

    model = ClusterModel(scenario="teaching", rng=1)
    drawn = []

    def portrayal(firm):
        drawn.append(firm.unique_id)
        return AgentPortrayalStyle(x=firm.pos[0], y=firm.pos[1], color="green" if firm.technology else "gray")

    renderer = SpaceRenderer(model, backend="matplotlib")
    renderer.draw_structure()
    renderer.setup_agents(portrayal).draw_agents() if NEW else renderer.draw_agents(portrayal)
    page = SolaraViz(model, renderer, components=[make_plot_component("tco2e")], model_params={"pathway": "combined"})
    box, context = solara.render(page, handle_error=False)
    context.close()
    assert box.children and set(drawn) == set(model.agents.get("unique_id"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"scenario": "teachin"}, "did you mean 'teaching'"),
        ({"scenario": "teaching", "pathway": "combine"}, "did you mean 'combined'"),
        ({"scenario": "teaching", "budget_bn": -1.0}, "budget_bn"),
        ({"scenario": "teaching", "replicate": -1}, "replicate = -1"),
        ({"scenario": "teaching", "parameters": {"trust_alfa": 1.0}}, "did you mean 'trust_alpha'"),
        ({"scenario": "teaching", "parameters": {"trust_alpha": -1.0}}, "trust_alpha = -1.0: out of range; allowed"),
    ],
)
def test_input_that_cannot_be_used(given, message):
    with pytest.raises((ValueError, ScenarioError), match=message):
        ClusterModel(**given, seed=1)


def test_mesa_is_loaded_only_when_asked_for():
    code = (
        "import sys, ecocluster.model, ecocluster.model.ensemble, ecocluster.experiments\n"
        "assert not {'mesa', 'solara', 'networkx'} & set(sys.modules)\n"
        "ecocluster.model.ClusterModel\nassert 'mesa' in sys.modules and 'solara' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_mesa_one_line_says_what_to_install():
    code = (
        "import sys\nsys.modules['mesa'] = None\nimport ecocluster.model\n"
        "try:\n    ecocluster.model.ClusterModel\nexcept ImportError as error:\n    assert '.[mesa]' in str(error)\n"
        "else:\n    raise SystemExit('no error')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
