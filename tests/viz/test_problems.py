"""What is wrong in a file is told in the reader's language; English tells it as the error itself does."""

import pytest
from ecocluster import scenarios
from ecocluster.scenarios import ScenarioError
from ecocluster.viz.cli import main
from ecocluster.viz.problems import problem_text
from ecocluster.viz.words import Words

CLUSTER = '[[clusters]]\nid = "a"\nname = "A"\nfirms_2018 = 20\narea_planned = 9\narea_built = 7\n'


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("paramters = 1\n" + CLUSTER, "paramters = 1: không có khóa này; có phải 'parameters'?"),
        (CLUSTER.replace("= 20", "= 0"), "firms_2018 = 0: ngoài khoảng; cho phép: từ 1 đến 5000 cơ sở"),
        (CLUSTER.replace("= 20", '= "x"'), "firms_2018 = 'x': không phải là số; cho phép: từ 1 đến 5000 cơ sở"),
        (CLUSTER + "mix = { food = 0.5 }\n", "mix: tổng các tỷ lệ là 0.5; cho phép: tổng bằng 1"),
        (CLUSTER + "mix = { fod = 1 }\n", "mix.fod = 1: không rõ ngành; có phải 'food'?"),
        ('shocks = "defalt"\n' + CLUSTER, "'defalt': không rõ kịch bản cú sốc; có phải 'default'?"),
        (None, "không có tệp này"),
    ],
)
def test_common_problems_follow_the_language(tmp_path, toml, told):
    path = tmp_path / "site.toml"
    if toml is not None:
        path.write_text(toml, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        scenarios.load_scenario(path)
    assert problem_text(caught.value, Words("vi")).endswith(told)
    assert problem_text(caught.value, Words("en")) == caught.value.details()


def test_what_is_new_to_the_catalogues_stays_as_it_is():
    error = ScenarioError("odd", key="a", value=3, allowed="something else")
    assert problem_text(error, Words("vi")) == "a = 3: odd; cho phép: something else"


def test_refused_rows_are_told_once_each(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ECOCLUSTER_LANG", "vi")
    path = tmp_path / "firms.csv"
    path.write_text("sector,workers\nfood,0\nshipyard,12\n", encoding="utf-8")
    assert main(["scenarios", "new", "mine", "--firms", str(path), "--out", str(tmp_path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and "từ chối 2 trên 2 dòng, chưa ghi gì" in lines[0]
    assert lines[1].strip() == "dòng 2, workers = '0': ngoài khoảng cho phép: từ 1 đến 5.000"
    assert "thực phẩm, dệt may" in lines[2]
