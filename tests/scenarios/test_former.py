"""Files of former versions mean what they meant, and say so."""

import warnings

import pytest
from ecocluster import scenarios
from ecocluster.scenarios.former import MESSAGES, FormerFile
from ecocluster.viz.cli import main
from ecocluster.viz.words import Words

POLICY = 'type = "policy"\nid = "mine"\n[levers]\nplatform = {dose}\n'


def test_a_platform_of_before_is_a_map_too(tmp_path):
    """Control: who names the map, or no platform, is read as written and told nothing."""
    path = tmp_path / "mine.toml"
    path.write_text(POLICY.format(dose=0.6))
    with pytest.warns(FormerFile, match="levers.map is taken as 0.6"):
        assert scenarios.load_policy(path).levers == {"platform": 0.6, "map": 0.6}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for text, levers in ((POLICY.format(dose=0.6) + "map = 0\n", {"platform": 0.6, "map": 0.0}),
                             (POLICY.format(dose=0), {"platform": 0.0, "map": 0.0}),
                             (POLICY.replace("platform", "map").format(dose=1), {"map": 1.0})):  # fmt: skip
            path.write_text(text)
            assert scenarios.load_policy(path).levers == levers


def test_a_club_of_before_is_community_work_too(tmp_path):
    """Its schedule as well. Control: who names either of the two is read as written and told nothing."""
    path = tmp_path / "mine.toml"
    path.write_text(
        POLICY.replace("platform", "club_community").format(dose=0.6) + "[schedules]\nclub_community = { end = 2030 }\n"
    )
    with pytest.warns(FormerFile, match="levers.club and levers.community are both taken as 0.6"):
        policy = scenarios.load_policy(path)
    assert policy.levers == {"club": 0.6, "community": 0.6}
    assert {name: schedule.end for name, schedule in policy.schedules.items()} == {"club": 2030.0, "community": 2030.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("club", "community"):
            path.write_text(POLICY.replace("platform", name).format(dose=0.6))
            assert scenarios.load_policy(path).levers == {name: 0.6}


def test_a_dose_that_is_none_is_refused_as_ever(tmp_path):
    path = tmp_path / "mine.toml"
    for name, refused in (("platform", "platform"), ("club_community", "club")):
        path.write_text(POLICY.replace("platform", name).format(dose='"much"'))
        with pytest.raises(scenarios.ScenarioError, match=f"levers.{refused}"):
            scenarios.load_policy(path)


def test_what_ships_is_written_as_it_is_now():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for entry in scenarios.list_policies():
            scenarios.load_policy(entry.id)
        for entry in scenarios.list_pathways():
            scenarios.load_pathway(entry.id)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_the_command_line_says_it_in_the_readers_language(tmp_path, capsys, lang):
    path = tmp_path / "mine.toml"
    path.write_text(POLICY.format(dose=0.6))
    assert main(["scenarios", "validate", str(path), "--lang", lang]) == 0
    said = capsys.readouterr().err
    assert Words(lang)("former.platform", file=str(path), table="levers", value=0.6) in said and said.count("\n") == 1
    assert set(MESSAGES) == {"platform", "club_community"}
