"""The command line: exit codes, one-line messages, JSON alone on stdout, nothing written for bad input."""

import json
import subprocess
import sys

import pytest
from ecocluster.scenarios import describe, validate_file
from ecocluster.viz.cli import main
from ecocluster.viz.words import Words
from fakes import make_comparison


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ECOCLUSTER_LANG", raising=False)


@pytest.fixture
def made_up(monkeypatch):
    """`compare` without a model."""
    asked = {}

    def compare(*args, progress=None, **options):
        asked.update(options, args=args)
        progress(0, 1)
        return make_comparison(3)

    monkeypatch.setattr("ecocluster.experiments.compare", compare)
    monkeypatch.setattr("ecocluster.viz.commands.common.kernels_are_cold", lambda: False)
    return asked


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("compare --replicates 0", "--replicates is 0, but must be at least 1"),
        ("compare --budget=-3 --lang vi", "--budget là -3.0, nhưng phải từ 0 trở lên"),
        ("compare --budget nan", "finite"),
        ("compare --seed -1", "--seed is -1"),
        ("compare --seed 9223372036854775808", "at most 9223372036854775807"),
        ("compare --threads 0", "--threads is 0"),
        ("compare --pathways symbiosis,symbiosis", "named twice"),
        ("compare hanio", "did you mean 'hanoi'?"),
        ("compare --pathways symbiosys", "did you mean 'symbiosis'?"),
        ("compare --policy jpan", "did you mean 'japan'?"),
        ("compare --replicates many", "--replicates must be a whole number, not 'many'"),
        ("compare --replicats 3", "--replicats"),
        ("compare --lang fr", "en, vi"),
        ("run hanoi --pathway combine", "did you mean 'combined'?"),
        ("run hanoi --replicate -1", "--replicate is -1"),
        ("scenarios show nguyen-ke", "did you mean 'nguyen-khe'?"),
        ("scenarios validate nothing.toml", "nothing.toml"),
        ("scenarios new mine --firms nothing.csv", "nothing.csv"),
        ("compair", "compair"),
        ("compare --set extension", "--set: 'extension' sets nothing"),
        ("compare --set =1 --lang vi", "không đặt giá trị nào"),
        ("superadditivity teaching --outcomes ,", "--outcomes is empty"),
        ("optimise teaching --law tomorrow", "'tomorrow'"),
        ("optimise teaching --objectives jobs_2035,jobs_2035", "'jobs_2035' is named twice"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(line, part, capsys, tmp_path):
    assert main(line.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and part in captured.err
    assert captured.err.count("\n") == 1 and "Traceback" not in captured.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("SALib", "sensitivity teaching"),
        ("ema_workbench", "discover teaching"),
        ("sklearn", "discover teaching"),
        ("lifelines", "survival teaching"),
        ("pymoo", "optimise teaching"),
    ],
)
def test_without_its_extra_a_command_says_so_before_it_runs(package, line, monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    assert main(line.split()) == 2
    assert f"needs the package {package}: in a clone, pip install '.[analysis]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_module_ends_with_the_exit_code():
    done = subprocess.run([sys.executable, "-m", "ecocluster", "compair"], capture_output=True, text=True)
    assert done.returncode == 2 and "compair" in done.stderr


def test_a_folder_with_other_files_is_refused_before_running(tmp_path, capsys, monkeypatch):
    (tmp_path / "notes.txt").write_text("mine")
    monkeypatch.setattr("ecocluster.experiments.compare", lambda *a, **k: pytest.fail("ran although --out is refused"))
    assert main(["compare", "--out", str(tmp_path)]) == 2
    assert "did not write" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]


def test_compare_prints_json_alone_and_writes_the_default_folder(made_up, capsys, tmp_path):
    assert main("compare hanoi --json --pathways symbiosis,combined --pathways null --replicates 3".split()) == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert captured.err == "" and captured.out.count("\n") == 1
    assert answer["out"] == "out/compare-hanoi" and answer["scenario"] == "hanoi"
    assert made_up["pathways"] == ("symbiosis", "combined", "null") and made_up["replicates"] == 3
    assert (tmp_path / "out/compare-hanoi/report.html").exists()
    assert main("compare hanoi --lang vi --full".split()) == 0  # our own folder is replaced
    assert "Xác suất là phương án tốt nhất" in capsys.readouterr().out
    assert 'lang="vi"' in (tmp_path / "out/compare-hanoi/report.html").read_text(encoding="utf-8")


def test_language_from_the_environment(capsys, monkeypatch):
    monkeypatch.setenv("ECOCLUSTER_LANG", "vi")
    assert main(["scenarios", "list"]) == 0
    assert "Chính sách" in capsys.readouterr().out
    assert main(["scenarios", "list", "--lang", "en"]) == 0
    assert "Policies" in capsys.readouterr().out


def test_interruption_leaves_nothing(monkeypatch, capsys, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("ecocluster.experiments.compare", interrupted)
    assert main(["compare", "--lang", "vi"]) == 130
    assert "đã ngắt" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_a_defect_is_told_in_a_line_and_shown_with_debug(monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("by us")

    monkeypatch.setattr("ecocluster.experiments.compare", broken)
    assert main(["compare"]) == 1
    assert "ZeroDivisionError: by us (--debug" in capsys.readouterr().err
    assert main(["compare", "--debug"]) == 1
    assert 'raise ZeroDivisionError("by us")' in capsys.readouterr().err


def test_list_and_show(capsys):
    assert main(["scenarios", "list", "--lang", "vi"]) == 0
    listed = capsys.readouterr().out
    for name in ("hanoi", "nguyen-khe", "deep-c", "symbiosis", "vietnam-2020", "special", "carbon-rule"):
        assert name in listed
    assert main(["scenarios", "show", "hanoi"]) == 0
    assert "1686" in capsys.readouterr().out


def test_show_and_new_follow_the_language(capsys, tmp_path):
    assert main(["scenarios", "show", "japan", "--lang", "vi"]) == 0
    shown = capsys.readouterr().out
    assert "tiêu đề: Theo Nhật Bản" in shown and "công cụ chính sách:" in shown and "After Japan" not in shown
    table = tmp_path / "firms.csv"
    table.write_text("sector,workers,revenue,note\nfood,3,5000,x\ntextile,5,,\nfood,0,,\n", encoding="utf-8")
    made = []
    for lang in ("en", "vi"):
        options = ["--firms", str(table), "--out", str(tmp_path / lang), "--skip-bad-rows", "--lang", lang]
        assert main(["scenarios", "new", "mine", *options]) == 0
        made.append(capsys.readouterr().out.splitlines())
    english, vietnamese = made
    assert english[0].endswith("2 firms read, columns sector, workers, revenue")
    assert vietnamese[0].endswith("đã đọc 2 cơ sở, các cột ngành, lao động, doanh thu")
    assert len(english) == len(vietnamese) and not set(english) & set(vietnamese)


@pytest.mark.parametrize("name", ["hanoi", "combined", "japan", "carbon-rule", "by-sector", "table"])
def test_every_fact_has_a_name(name, tmp_path):
    table = tmp_path / "firms.csv"
    table.write_text("sector,workers,note\nfood,3,x\n", encoding="utf-8")
    facts = validate_file(table) if name == "table" else describe(name)
    facts = {**facts, **facts.get("published", {}), **facts.get("schedule", {})}
    facts |= facts["shocks"][0] if name == "carbon-rule" else {}
    for key in facts.keys() - {"table"}:  # the table itself is shown as a preview
        assert Words("vi")(f"fact.{key}")


def test_help_is_in_both_languages_and_holds_no_key(capsys):
    for arguments in ([], ["compare"], ["run"], ["bench"], ["scenarios"], ["scenarios", "new"]):
        assert main([*arguments, "--help"]) == 0
        assert "help." not in capsys.readouterr().out
    assert main(["compare", "--help", "--lang", "vi"]) == 0
    assert "Số khởi tạo" in capsys.readouterr().out


def test_help_loads_nothing_heavy():
    code = "import sys; from ecocluster.viz.cli import main; main(['--help']); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"numpy", "numba", "pandas", "matplotlib", "scipy", "babel", "pydantic", "jinja2", "ecocluster.model.sites_and_arms"}
    assert not heavy & set(out.split())


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("line", ["tune", "ranking", "parameters", "levers", "indicators", "worlds"])
def test_what_is_printed_to_a_file_is_80_columns_wide(line, lang, capsys):
    """No line is wider, and none is cut off at the edge: the words of the last column are whole."""
    assert main([*line.split(), "--lang", lang]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, map(str.rstrip, lines))) <= 80
    if line == "parameters":
        say = Words(lang)
        marks = [say(f"evidence.mark.{mark}") for mark in ("documented", "assumption", "calibrated")]
        told = [line.rstrip() for line in lines[1:] if line[:1].isalpha() and len(line.rstrip()) > 66]
        assert told and all(any(line.endswith(mark) for line in told) for mark in marks)
        assert not any(line.endswith(mark[:-2]) for line in told for mark in marks)
