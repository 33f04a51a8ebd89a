"""The JSON of a comparison: every promised key in every report year and arm, with its range over worlds."""

import json
from pathlib import Path

import pytest
from ecocluster.experiments.columns import YEARS
from ecocluster.experiments.comparing import compare
from ecocluster.experiments.comparison import DIFFERENCES
from ecocluster.scenarios.errors import FORMER

PROMISED = (
    "level1_wide", "level1_82", "level1_six", "margin_adopters", "one_unmet", "groups_40", "groups_50", "groups_60", "outlay_gross", "transfers", "private_net",
    "social_cost", "cost_gross_per_tco2e", "cost_social_per_tco2e", "tco2e_landfill", "upstream_tco2e",
)  # fmt: skip
RANGE = ("world_low", "world_high")
BEFORE = (Path(__file__).parent / "before" / "json-keys.txt").read_text(encoding="utf-8").split()


@pytest.fixture(scope="module", params=["worlds", "fixed"])
def answer(request):
    asked = {"worlds": 3} if request.param == "worlds" else {"fixed": True, "replicates": 3}
    return json.loads(json.dumps(compare("teaching", ("symbiosis", "combined"), **asked).to_json(), allow_nan=False))


def missing(answer, names):
    return [(arm, f"{name}_{year}") for arm, own in answer["pathways"].items() for name in names for year in YEARS
            if f"{name}_{year}" not in own]  # fmt: skip


def test_every_promised_key_is_there_in_every_year_and_arm(answer):
    """Control: a key that was not promised is missed."""
    assert list(answer["pathways"]) == ["null", "law", "symbiosis", "combined"] and YEARS == (2030, 2035, 2045)
    assert not missing(answer, PROMISED)
    assert missing(answer, ("level1_narrow",))


def test_keys_of_before_are_kept_where_their_meaning_is(answer):
    gone = {(arm, key) for arm, key in missing(answer, BEFORE)}
    assert {key for _, key in gone} == {
        f"{name}_{year}" for year in YEARS for name in ("private_cost", "pv_private_cost", "cost_per_tco2e", "trust_gap")
    }
    assert all(any(former in key for former in FORMER) for _, key in gone)  # and a refusal names what took their place


def test_every_outcome_and_difference_has_its_range_over_worlds(answer):
    """Numbers where worlds were drawn, null where they were not; a ratio of means has none in a single world."""
    for arm, own in answer["pathways"].items():
        for key, entry in own.items():
            for found in (entry, entry["difference"]):
                values = [found[name] for name in RANGE]  # a KeyError is a failure
                of_means = key.startswith(("cost_gross_per_", "cost_social_per_"))
                of_means |= key.rpartition("_")[0] in DIFFERENCES and found is not entry
                nothing = found["mean"] is None or entry["mean"] is None  # no value in any world
                if not answer["worlds"] or of_means or nothing:
                    assert values == [None, None], (arm, key)
                else:
                    assert None not in values, (arm, key, entry)
                    assert values[0] <= found["world_median"] <= values[1], (arm, key)
