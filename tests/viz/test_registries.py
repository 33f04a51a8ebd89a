"""`ecocluster levers | parameters | indicators` in Vietnamese: meanings, units, marks and pillars, none of them left in English."""

import pytest
from ecocluster.viz.cli import main
from ecocluster.viz.registries import _meaning, indicator_rows, lever_rows, parameter_rows
from ecocluster.viz.words import Words

ROWS = {"lever": lever_rows, "parameter": parameter_rows, "indicator": indicator_rows}


@pytest.mark.parametrize("family", ROWS)
def test_no_meaning_is_left_in_english(family):
    english, vietnamese = Words("en"), Words("vi")
    for row in ROWS[family]():
        key = row.get("name") or row["key"]
        meant = row.get("meaning") or row["definition"]
        assert _meaning(family, key, row, english) == meant
        told = _meaning(family, key, row, vietnamese)
        assert told and told not in (meant, key), key


@pytest.mark.parametrize(
    ("command", "said", "not_said"),
    [("parameters", ["giả định", "hiệu chỉnh"], ["assumption", "calibrated"]), ("indicators", ["môi trường"], ["existing clusters", "social cost"]),
     ("levers", ["triệu đồng"], ["mVND"])],
)  # fmt: skip
def test_cells_are_in_the_readers_language_too(capsys, command, said, not_said):
    assert main([command, "--lang", "vi"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert all(word in text for word in said)
    assert not any(word in text for word in not_said)
