"""What is exactly even is told as even, whoever tells it: twins that differ in nothing but their name."""

import re
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest
from ecocluster.experiments import compare
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.frontier import frontier
from ecocluster.experiments.analyses.robust import robust
from ecocluster.viz.analyses import frontier as told_frontier
from ecocluster.viz.analyses import robust as told_robust
from ecocluster.viz.answer import answer
from ecocluster.viz.first_lines import first_lines
from ecocluster.viz.pages.portfolio import State, own_text
from ecocluster.viz.ranking import first_two
from ecocluster.viz.sure import how_sure
from ecocluster.viz.words import LANGUAGES, Words
from fake_trials import by_share, install

TWIN = "Twin"


def names_both(sentences, one, two):
    """Whoever is named, the other is too, in the same sentence or the next."""
    for at, sentence in enumerate(sentences):
        both = " ".join(sentences[at : at + 2])
        if one in sentence or two in sentence:
            assert one in both and two in both, sentence
    return any(one in sentence for sentence in sentences)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_robust_and_frontier_tell_of_both(monkeypatch, lang):
    say = Words(lang)
    names = say.name("pathway", "symbiosis"), say.name("pathway", "combined")
    install(monkeypatch, by_share(lambda trial, replicate: 0.1))
    rules = ("abatement_share_2035>=0.05",)
    found = robust(
        Case(replicates=1), pathways=["symbiosis", "combined"], rules=rules, count=40, surface=("growth", "sigma0"), grid=3
    )
    sentences = told_robust.words(found, say)
    assert names_both(sentences, *names)
    x, y = (say.name("parameter", name) for name in ("growth", "sigma0"))
    assert sentences[-1] in [say("robust.even", x=x, y=y, one=one, two=two) for one, two in (names, names[::-1])]

    def model(trial, replicate):
        budget = trial.budget_bn
        return {"tco2e_total_2035": (1e5 - 10 * budget, 1e5), "pv_tco2e_2035": (1e5 - 10 * budget + replicate, 1e5), "level1_2035": (0.0, 0.0),
                "clusters_level1_2035": (0.0, 0.0), "pv_outlay_gross_2035": (1e3 * budget, 0.0), "pv_social_cost_2035": (2e3 * budget, 0.0)}  # fmt: skip

    install(monkeypatch, model)
    found = frontier(Case(replicates=4), pathways=["symbiosis", "combined"], budgets_bn=(0.0, 50.0, 100.0))
    assert names_both(told_frontier.words(found, say)[:4], *names)


@pytest.mark.parametrize("options", [{"fixed": True, "replicates": 2}, {"worlds": 3}])
def test_a_comparison_with_a_twin_names_none_of_both_alone(tmp_path, options):
    text = (files("ecocluster.scenarios") / "data" / "pathways" / "combined.toml").read_text(encoding="utf-8")
    text = re.sub(r"^id = .*$", 'id = "twin"', text, flags=re.M)
    (tmp_path / "twin.toml").write_text(
        re.sub(r"^title = .*$", f'title = {{ vi = "{TWIN}", en = "{TWIN}" }}', text, flags=re.M), encoding="utf-8"
    )
    found = compare("teaching", ["combined", str(tmp_path / "twin.toml")], **options)
    index = [found.arms.index(name) for name in ("combined", "twin")]
    assert np.array_equal(found.trace.series[index[0]], found.trace.series[index[1]], equal_nan=True)
    for shares in found.best.values():
        assert {shares["combined"], shares["twin"]} <= {0.0} or np.isnan([shares["combined"], shares["twin"]]).all()
    say = Words("en")
    told = [*first_lines(found, say), *answer(found, say, 2035), *how_sure(found, say)]
    assert any(say("line.tie") in sentence for sentence in told)
    for sentence in told:
        assert ("Combined" in sentence) == ("twin" in sentence.casefold())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_of_a_ranking_that_are_even_are_no_first_and_second(lang):
    say = Words(lang)
    even = [SimpleNamespace(cause=name, probability=0.4, median=1.0) for name in ("barrier-1", "barrier-2")]
    other = [even[0], SimpleNamespace(cause="barrier-2", probability=0.3, median=0.5)]
    assert first_two(SimpleNamespace(places=tuple(even)), say) != first_two(SimpleNamespace(places=tuple(other)), say)
    assert first_two(SimpleNamespace(places=tuple(even)), say).count("40 %") == 1


class Jobs:
    """Takes what would be run."""

    def start(self, slot, work, on_done=None):
        self.work = work


def test_a_choice_is_not_compared_with_its_twin(monkeypatch):
    """The page's first choice is the shipped portfolio: it is told so, and compared with another one only."""
    asked = []
    monkeypatch.setattr("ecocluster.viz.pages.portfolio.run_rounds", lambda job, question, *_: asked.append(question.pathways))
    state, session = State({}), SimpleNamespace(jobs=Jobs())
    for change, twins in ((None, ["shipped"]), (("phung", "null"), [])):
        if change:
            state.set(*change)
        assert state.twins() == twins
        state.compare(session)
        session.jobs.work(None)
    assert ["by-sector" in pathways for pathways in asked] == [False, True]
    assert own_text(state.choice.value).count("phung") == 0
