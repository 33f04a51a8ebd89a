"""Calibration targets: known answers of the readings of the rules, verdicts that turn, the table of docs/odd.md, the same bits by any threads."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from ecocluster.experiments import InputError, worlds
from ecocluster.experiments.analyses import rule_targets as rules
from ecocluster.experiments.analyses.calibration import MEASURED, TARGETS, calibration, verdict
from ecocluster.experiments.analyses.finding import Case, read_finding
from ecocluster.model.parameters import parameter_record
from ecocluster.model.rules.symbiosis import unit_gain
from ecocluster.model.state import N_STREAMS
from ecocluster.model.vocabulary import SECTORS, STREAMS
from ecocluster.viz.analyses import calibration as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.cli import main
from ecocluster.viz.pages.evidence import CALIBRATION, OUTSIDE_THE_BAND
from ecocluster.viz.words import Words

ODD = Path(__file__).parents[2] / "docs" / "odd.md"
FEW = 20


def record(**changes):
    return parameter_record({name.replace("__", "."): value for name, value in changes.items()})[()]


def annuity(rate, years):
    return (1 - (1 + rate) ** -years) / rate


@pytest.fixture(scope="module")
def found():
    return calibration(Case("hanoi", replicates=FEW, threads=1))


# --- C1 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "life"), [(0.15, 10.0), (0.25, 4.0), (0.6, 12.0)])
def test_whoever_waits_for_nothing_adopts_what_is_worth_its_cost(rate, life):
    """Without volatility, taste and spread of hurdles a measure is adopted up to a payback of (1 - t) A/(1 - t A/L) years."""
    p = record(sigma0=0.0, adoption_slope=1e9, hurdle_median=rate, hurdle_sd=0.0)
    tax, a = p["cit_rate"] * p["taxable_share"], annuity(rate, life)
    longest = (1 - tax) * a / (1 - tax * a / life)
    assert rules.adopted(p, life) == pytest.approx(math.log(longest / 0.3) / math.log(6 / 0.3), abs=0.5 / rules.NODES + 1e-9)


def test_taste_and_the_option_multiple_act_as_they_are_written():
    """One payback, one hurdle: the share is that of tastes below 1/(1 + (Phi/psi)^slope); more volatility, fewer adopters."""
    p = record(hurdle_sd=0.0, adoption_slope=2.0, sigma0=0.3)
    sigma2 = 0.3**2 * (1 + 0.7 + 2.25)
    b = 0.5 + math.sqrt(0.25 + 2 * 0.25 / sigma2)
    tax, a = 0.2 * 0.85, annuity(0.25, 10)
    psi = (1 - tax) * a / (0.3 * 20 ** ((np.arange(2000) + 0.5) / 2000)) + tax * a / 10
    expected = np.mean(1 / (1 + (b / (b - 1) / psi) ** 2))
    assert rules.adopted(p, 10.0) == pytest.approx(expected, abs=0.003)
    shares = [rules.adopted(record(sigma0=sigma0), 10.0) for sigma0 in (0.1, 0.14, 0.2, 0.4)]
    assert shares == sorted(shares, reverse=True) and shares[0] > shares[-1] + 0.1
    assert rules.adopted(record(), 4.0) < rules.adopted_by_life(record()) < rules.adopted(record(), 12.0)


# --- C5, C8, C9 -------------------------------------------------------------------------------------------


def test_savings_payback_and_measures_by_hand():
    p = record()
    assert rules.saved(p) == pytest.approx((1 - 0.94 * 0.85, 1 - 0.92 * 0.97))
    assert rules.measures(p) == (6 + 3 + 1, 6 + 3 + 1 + 1 + 1)
    # T1 alone, one sector, no waste: 1.5 mVND a worker against 6 % of energy and 8 % of water
    food = {f"{name}__mix_prior": float(name == "food") for name in SECTORS}
    one = record(**food, T1_housekeeping__saves_waste=0.0)
    saving = 0.06 * (6 * 1.9 + 35 * 0.25) + 0.08 * 200 * 0.012
    assert rules.payback(one, np.array([1.0, 0.0, 0.0])) == pytest.approx(1.5 / saving)
    shares = np.array([0.4, 0.15, 0.03])
    assert rules.payback(p, shares) == pytest.approx(rules.payback(p, 0.5 * shares))  # weights, no more
    assert rules.payback(p, shares) < rules.payback(p, np.ones(3))  # what is dear is taken by few


# --- C10 --------------------------------------------------------------------------------------------------


def park(have, need, gap=1.0, w=0):
    """Firms with a supply and a demand each of one stream."""
    supply, demand = np.zeros((2, len(have), N_STREAMS))
    supply[:, w], demand[:, w] = have, need
    return rules.Park(supply, demand, np.full((len(have), len(have)), gap))


def test_two_firms_link_where_the_value_is_above_the_cost():
    """(q s - coordination) A(8 %, 4) = F at the quantity found by halving; below it there is no link."""
    p = record()
    ash = STREAMS.index("ash_mineral")
    s = 0.4 + 0.8 * 0.25 - 0.1
    assert unit_gain(p, ash) == pytest.approx(s)  # nobody trades it

    def value(q):
        return (q * s - 10.0) * annuity(0.08, 4) - 40.0 * (q / 100) ** 0.6

    low, high = 1.0, 1000.0
    while high - low > 1e-9:
        low, high = ((low + high) / 2, high) if value((low + high) / 2) < 0 else (low, (low + high) / 2)
    for q, links in ((low * 0.999, 0), (low * 1.001, 1)):
        assert rules.greedy_links(p, park([q, 0.0], [0.0, 1e6], w=ash)) == links
        assert rules.greedy_links(p, park([1e6, 0.0], [0.0, q], w=ash)) == links
    dear = record(cost__link_coordination=1e6)
    assert rules.greedy_links(dear, park([low * 10, 0.0], [0.0, 1e6], w=ash)) == 0
    assert rules.greedy_links(p, park([low * 10], [1e6], w=ash)) == 0  # nobody links with itself
    heat = STREAMS.index("heat_steam")  # pipes cost by distance
    assert [rules.greedy_links(p, park([2e4, 0.0], [0.0, 2e4], gap, heat)) for gap in (1.0, 1e4)] == [1, 0]


def test_the_best_is_taken_first_and_what_it_leaves_is_used_only_where_that_is_allowed():
    p = record()
    ash = STREAMS.index("ash_mineral")
    two_for_one = park([300.0, 400.0, 0.0], [0.0, 0.0, 1000.0], w=ash)
    assert (rules.greedy_links(p, two_for_one), rules.greedy_links(p, two_for_one, split=True)) == (1, 2)
    nothing_left = park([300.0, 400.0, 0.0], [0.0, 0.0, 400.0], w=ash)
    assert (rules.greedy_links(p, nothing_left), rules.greedy_links(p, nothing_left, split=True)) == (1, 1)
    # the larger supply goes to the larger demand, so that the smaller ones find each other: two links, not one
    crossed = park([400.0, 120.0, 0.0, 0.0], [0.0, 0.0, 400.0, 120.0], w=ash)
    assert rules.greedy_links(p, crossed) == 2
    assert crossed.have.sum() == 520.0  # what is given is not touched


def test_parks_are_drawn_as_the_model_places_firms():
    some, again = list(rules.parks(parameter_record(), 1)), list(rules.parks(parameter_record(), 1))
    assert len(some) == rules.PARKS and all(len(one.have) == rules.VISITED for one in some)
    for one, other in zip(some, again, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(some[0].have, next(rules.parks(parameter_record(), 2)).have)
    gap = np.array([one.gap for one in some])
    assert (gap == gap.transpose(0, 2, 1)).all() and (gap.diagonal(axis1=1, axis2=2) == 0).all()
    side = math.sqrt(300.0)  # ha, in units of 100 m: mean distance .52 of it
    assert gap[:, ~np.eye(rules.VISITED, dtype=bool)].mean() == pytest.approx(0.521 * side, rel=0.05)
    few, none = (next(rules.parks(parameter_record({"heat_recoverable": share}), 1)).have for share in (0.1, 0.0))
    heat = STREAMS.index("heat_steam")
    assert few[:, heat].sum() > 0 and none[:, heat].sum() == 0


# --- the finding ------------------------------------------------------------------------------------------


def test_bands_are_those_of_the_specification_and_rows_those_of_the_page():
    assert {f"{target}.{n + 1}" for target, count in CALIBRATION.items() for n in range(count)} == set(TARGETS)
    published = {"C2.1": (0.28, 0.38), "C2.2": (0.25, 0.6), "C3.1": (0.036, 0.05), "C4.2": (0.27, 0.33), "C6.1": (0.3e6, 0.9e6),
                 "C6.2": (22, 88), "C7.1": (0.05, 0.17), "C7.2": (0.18, 0.3), "C7.3": (0.41, 0.53)}  # fmt: skip
    assert published.keys() == MEASURED.keys()
    for row, band in published.items():
        assert TARGETS[row] == pytest.approx(band)
        wide = worlds.BANDS[MEASURED[row]]
        assert wide.low <= TARGETS[row][0] < TARGETS[row][1] <= wide.high


def test_a_verdict():
    assert [verdict("C8.1", value) for value in (1.9, 2.0, 3.0, 4.0, 4.1)] == ["below", "inside", "inside", "inside", "above"]
    assert [verdict("C5.1", 0.2, water) for water in (0.05, 0.1, 0.3)] == ["below", "inside", "above"]
    assert verdict("C8.1", 3.0, 9.0) == "inside"  # a second reading is not judged elsewhere


def test_the_table_of_the_description_is_what_the_command_gives(found):
    """Few replicates: within twice the half-width of their own interval, and half of the last digit; what is not drawn, to the digit."""
    text = ODD.read_text(encoding="utf-8")
    table = text.partition("<!-- calibration table: begin -->")[2].partition("<!-- calibration table: end -->")[0]
    cells = [line.split("|")[4].strip() for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(cells) == len(TARGETS)
    for (row, entry), cell in zip(found.facts["rows"].items(), cells, strict=True):
        _, factor, decimals = told.FORMS.get(row, told.SHARE)
        written = float(re.match(r"[+-]?[\d,]*\.?\d+", cell)[0].replace(",", ""))
        value = entry["value"]
        half = 0.0 if value["low"] is None or row in ("C3.2", "C10.1") else factor * (value["high"] - value["low"]) / 2
        assert abs(written - factor * value["mean"]) <= 2 * half + 0.51 * 10**-decimals, row
        outside = row in OUTSIDE_THE_BAND
        if half == 0.0:
            assert outside == (entry["verdict"] != "inside"), row
    c5, c8, c10 = (found.facts["rows"][row]["also"] for row in ("C5.1", "C8.1", "C10.1"))
    assert (
        f"{100 * c5:.0f} % water" in text and f"({c8:.1f} yr if every firm" in text and f"; {c10:.1f} if they may be split" in text
    )


def test_another_parameter_turns_a_verdict(found, tmp_path):
    """A larger option multiple brings C1 into its band and takes C7 of 2020 out of its own; more costly links bring C10 down."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'type = "scenario"\nid = "mine"\nextends = "hanoi"\n[parameters]\nsigma0 = 0.2\n"cost.link_coordination" = 25\n',
        encoding="utf-8",
    )
    mine = calibration(Case(str(file), replicates=FEW)).facts["rows"]
    here = found.facts["rows"]
    assert (here["C1.1"]["verdict"], mine["C1.1"]["verdict"]) == ("above", "inside")
    assert mine["C7.3"]["verdict"] == "below" and mine["C7.3"]["value"]["high"] < here["C7.3"]["value"]["low"]
    assert mine["C10.1"]["value"]["mean"] < here["C10.1"]["value"]["mean"] - 3
    for row in ("C5.1", "C9.1", "C4.2"):  # control: what does not depend on them
        assert mine[row]["value"] == here[row]["value"]


def test_the_same_bits_by_any_threads(found):
    several = calibration(Case("hanoi", replicates=FEW, threads=3))
    assert several.files() == found.files()


def test_producers_outside_do_not_count(found, tmp_path):
    """Twice as many of them change neither totals nor emissions."""
    file = tmp_path / "more.toml"
    file.write_text('type = "scenario"\nid = "more"\nextends = "hanoi"\n[parameters]\noutside_firms = 2\n', encoding="utf-8")
    more = calibration(Case(str(file), replicates=FEW)).facts["rows"]
    for row in ("C4.2", "totals.1", "totals.2", "C6.1", "C6.2"):
        assert more[row]["value"]["mean"] == pytest.approx(found.facts["rows"][row]["value"]["mean"], rel=1e-9), row


def test_it_is_kept_told_and_refused_elsewhere(found, tmp_path, capsys, monkeypatch):
    assert found.command == f"ecocluster calibration hanoi --replicates {FEW} --seed 1"
    for lang in ("en", "vi"):
        write_finding(found, tmp_path / lang, lang)
        again, say = read_finding(tmp_path / lang), Words(lang)
        assert told.words(again, say) == told.words(found, say) and len(told.sheet(again, say).rows) == len(TARGETS)
        assert not re.search(r"(calibration|evidence)\.\w", " ".join(told.words(found, say)))
    assert any(
        line.startswith("C1, audited firms") and "above the band of 40-60 %" in line for line in told.words(found, Words("en"))
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"scenario is 'nguyen-khe'.*hanoi"):
        calibration(Case("nguyen-khe", replicates=1))
    assert main(["calibration", "teaching", "--replicates", "1"]) == 2 and not (tmp_path / "out").exists()
    assert capsys.readouterr().err.count("\n") == 1
