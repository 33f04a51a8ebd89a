"""What is wrong in a file is told in the reader's language; English tells it as the error itself does."""

import ast
import pickle
import re
import string
from datetime import date
from pathlib import Path
from typing import Annotated

import pytest
from ecocluster import experiments, scenarios, viz
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.sweeps.experiment import make_experiment
from ecocluster.model.levers import LEVERS
from ecocluster.model.parameters import PARAMETERS
from ecocluster.scenarios import Message, ScenarioError
from ecocluster.scenarios.errors import MESSAGES
from ecocluster.scenarios.library import UNKNOWN
from ecocluster.scenarios.schema import FIRM_RANGES, OF_PYDANTIC, Title, check
from ecocluster.viz.cli import main
from ecocluster.viz.problems import problem_text
from ecocluster.viz.words import LANGUAGES, Words
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

SOURCES = [path for package in (scenarios, experiments, viz) for path in Path(package.__path__[0]).rglob("*.py")]
CLUSTER = '[[clusters]]\nid = "a"\nname = "A"\nfirms_2018 = 20\narea_planned = 9\narea_built = 7\n'


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("paramters = 1\n" + CLUSTER, "paramters = 1: không có khóa này; có phải ý bạn là 'parameters'?"),
        (CLUSTER.replace("= 20", "= 0"), "firms_2018 = 0: ngoài khoảng; cho phép: từ 1 đến 5000 cơ sở"),
        (CLUSTER.replace("= 20", '= "x"'), "firms_2018 = 'x': không phải là số; cho phép: từ 1 đến 5000 cơ sở"),
        (CLUSTER + "mix = { food = 0.5 }\n", "mix: tổng các tỷ lệ là 0.5; cho phép: tổng bằng 1"),
        (CLUSTER + "mix = { fod = 1 }\n", "mix.fod = 1: không có ngành này; có phải ý bạn là 'food'?"),
        ('shocks = "defalt"\n' + CLUSTER, "'defalt': không có kịch bản cú sốc này; có phải ý bạn là 'default'?"),
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


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("name = 3\n" + CLUSTER, "name = 3: phải là văn bản"),
        ("alone = 3\n" + CLUSTER, "alone = 3: phải là danh sách"),
        ("title = 3\n" + CLUSTER, "title = 3: phải là bảng có các khóa; cho phép: vi, en"),
        ("whole = 1\n" + CLUSTER, "whole = 1: phải là true hoặc false"),
        ("name = 3\nalone = 3\n" + CLUSTER, "alone = 3: phải là danh sách"),
        ('kind = "x"\n' + CLUSTER, "kind = 'x': không có tên này; cho phép: 'city', 'cluster' hoặc 'park'"),
        (CLUSTER.replace('name = "A"\n', ""), "site.toml, cụm thứ 1 (clusters): name: còn thiếu khóa này"),
    ],
)
def test_what_pydantic_refuses_follows_the_language(tmp_path, toml, told):
    path = tmp_path / "site.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        scenarios.load_scenario(path)
    assert problem_text(caught.value, Words("vi")).endswith(told)
    assert problem_text(caught.value, Words("en")) == caught.value.details()


def test_what_a_library_says_is_quoted(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text("clusters = [", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        scenarios.load_scenario(path)
    assert problem_text(caught.value, Words("vi")).endswith("không phải tệp TOML: Invalid value (at end of document)")


def test_what_a_sweep_says_of_its_outcomes_follows_the_language():
    table = {"scenario": "teaching", "pathways": ["null"], "replicates": 1, "seed": 1, "design": {"kind": "full"}}
    with pytest.raises(ScenarioError) as caught:
        make_experiment({**table, "outcomes": ["tco2_2035"]})
    assert "ý bạn là 'tco2e_2035'?" in problem_text(caught.value, Words("vi"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_has_a_text(lang):
    for key, english in MESSAGES.items():
        told = Words(lang)(f"message.{key}")
        if key.startswith("cell_"):  # the columns of the page say the unit
            assert fields(told) <= fields(english), key
        elif lang == "en":
            assert told == english, key
        else:
            assert fields(told) == fields(english), key


def test_every_unit_of_a_range_has_a_name():
    units = {parameter.unit for parameter in PARAMETERS.values()} | {lever.unit for lever in LEVERS.values()}
    units |= {unit for _, _, unit in FIRM_RANGES.values()} | {found["unit"] for found in raised() if "unit" in found}
    units |= set(re.findall(r'_number\([^"()]*(?<!f)"([^"]+)"\)', "".join(path.read_text(encoding="utf-8") for path in SOURCES)))
    assert {"Likert", "rows", "ha", "years", "bn VND a year", "0-1 dose"} <= units
    for unit in filter(None, units):
        assert all(Words(lang)(f"unit.{unit}") for lang in LANGUAGES)


def raised():
    """Keys with the fields that stand beside them, of every message that our own code makes."""
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in ("ScenarioError", "Message"):
                continue
            given = {item.arg: item.value.value if isinstance(item.value, ast.Constant) else None for item in call.keywords}
            first = call.args[0]
            for part in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                if isinstance(part, ast.Constant):
                    yield {**given, "message": part.value}


def test_every_message_is_raised_with_its_fields():
    keys = set(UNKNOWN.values()) | set(OF_PYDANTIC.values())
    for found in raised():
        key = found["message"]
        keys.add(key)
        assert None in found or fields(MESSAGES[key]) <= found.keys(), found
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES}
    made_up = set(re.findall(r'(?:Message|ScenarioError)\(f"(\w+_)\{', "".join(texts.values())))  # such as col_ and a column
    elsewhere = "".join(text for path, text in texts.items() if path.name != "errors.py")
    keys |= {key for key in MESSAGES if f'"{key}"' in elsewhere or key.startswith(tuple(made_up))}
    assert keys == MESSAGES.keys() and made_up >= {"col_", "unit_", "passed_"}


def test_pydantics_words_are_ours():
    """What the validation library refuses is told in words of ours, the same for `str` and the catalogue."""

    class Entry(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)

        text: Annotated[str, Field(max_length=4000)] = ""
        truth: bool = True
        whole: Annotated[int, Field(ge=2, le=8, multiple_of=2)] = 2
        decimal: float = 0.0
        several: Annotated[list[str], Field(min_length=1)] = ["a"]
        table: dict[str, float] = {}
        entry: Title | None = None

    values = {"text": (3, "a" * 4001), "truth": (3,), "whole": ("a", 0, 10, 3), "decimal": ("a",), "several": (3, []),
              "table": (3,), "entry": (3,)}  # fmt: skip
    found = set()
    for name, wrong in values.items():
        for value in wrong:
            with pytest.raises(ValidationError) as theirs:
                Entry(**{name: value})
            (error,) = theirs.value.errors()
            found.add(error["type"])
            with pytest.raises(ScenarioError) as ours:
                check(Entry, {name: value}, "f")
            told = ours.value.problem
            assert (
                told.key == OF_PYDANTIC[error["type"]]
                and error["msg"] not in str(ours.value)
                and told == Words("en")(f"message.{told.key}", **told.fields)
            )
    assert found == OF_PYDANTIC.keys() - {"missing", "extra_forbidden", "literal_error"}  # these we say otherwise
    with pytest.raises(ScenarioError, match="x: cannot be used here$"):
        check(create_model("Other", x=date), {"x": []}, "f")


def test_errors_come_back_from_other_processes():
    error = ScenarioError("out_of_range", file="f", key="a", value=3, allowed=Message("between", low=1, high=2), more=1)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "f: a = 3: out of range (and 1 more); allowed: 1 to 2"
    assert problem_text(again, Words("vi")) == "f: a = 3: ngoài khoảng (và 1 lỗi nữa); cho phép: từ 1 đến 2"
    error = InputError("below", name="--seed", value=-1, low=0)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is InputError and str(again) == str(error) and again.fields == error.fields


def test_refused_rows_are_told_once_each(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ECOCLUSTER_LANG", "vi")
    path = tmp_path / "firms.csv"
    path.write_text("sector,workers\nfood,0\nshipyard,12\n", encoding="utf-8")
    assert main(["scenarios", "new", "mine", "--firms", str(path), "--out", str(tmp_path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and "từ chối 2 trên 2 dòng, chưa ghi gì" in lines[0]
    assert lines[1].strip() == "dòng 2, lao động = '0': ngoài khoảng cho phép: từ 1 đến 5.000"
    assert "thực phẩm, dệt may" in lines[2]


def test_a_value_of_several_lines_is_told_in_one(capsys):
    """Also one that would move the cursor or change the colour."""
    for value in ("a\nb", "a\r\nb\n", "\x1b[31ma\nb", "a\u2028b"):
        error = InputError("unknown", name="--pathway", value=value)
        for text in (str(error), Words("vi").error(error), Words("en").error(error)):
            assert len(text.splitlines()) == 1 and "\x1b" not in text and "a" in text
        assert main(["run", "teaching", "--pathway", value]) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1 and "\x1b" not in told
