"""`--lang` before and behind the command, and what the parser refuses in both languages: one line, exit code 2, nothing written."""

import shlex

import pytest
import typer
from ecocluster.viz.cli import app, main
from ecocluster.viz.words import Words

REFUSED = [
    ("compare --buget 3", "there is no option --buget; did you mean '--budget'?", "không có tùy chọn --buget; có phải ý bạn là '--budget'?"),
    ("compare --zzzzzz 3", "there is no option --zzzzzz", "không có tùy chọn --zzzzzz"),
    ("compre", "there is no command 'compre'; did you mean 'compare'?", "không có lệnh 'compre'; có phải ý bạn là 'compare'?"),
    ("scenarios lst", "did you mean 'list'?", "có phải ý bạn là 'list'?"),
    ("scenarios", "a command is missing; one of: list, show, validate, new", "thiếu lệnh; một trong: list, show, validate, new"),
    ("compare --budget x", "--budget must be a number, not 'x'", "--budget phải là một số, không phải 'x'"),
    ("compare --budget=x", "--budget must be a number, not 'x'", "--budget phải là một số, không phải 'x'"),
    ("compare --replicates 1.5", "--replicates must be a whole number, not '1.5'", "--replicates phải là số nguyên, không phải '1.5'"),
    ("compare --seed", "the option --seed needs a value", "tùy chọn --seed cần một giá trị"),
    ("compare --tuned --law today", "the option --tuned needs a value", "tùy chọn --tuned cần một giá trị"),
    ("scenarios new x --firms --out=y", "the option --firms needs a value", "tùy chọn --firms cần một giá trị"),
    ("compare --fixed=3", "the option --fixed takes no value", "tùy chọn --fixed không nhận giá trị"),
    ("compare a b", "too many arguments: b", "thừa tham số: b"),
    ("status", "folder is missing", "thiếu folder"),
    ("export s", "the option --to is missing", "thiếu tùy chọn --to"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ECOCLUSTER_LANG", raising=False)
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("line", "en", "vi"), REFUSED)
def test_the_parser_speaks_the_readers_language(line, en, vi, capsys):
    for lang, told in (("en", en), ("vi", vi)):
        for words in ([*shlex.split(line)], ["--lang", lang, *shlex.split(line)], [f"--lang={lang}", *shlex.split(line)]):
            if words[0].startswith("--lang") or lang == "en":
                assert main(words) == 2
                error = capsys.readouterr().err
                assert error.count("\n") == 1 and told in error and error.startswith(Words(lang)("cli.error", text="").strip())


def test_every_command_may_be_told_its_language_before_its_name(capsys):
    """Control: an unknown language is refused wherever it stands, and of two the last one holds."""
    group = typer.main.get_command(app)
    paths = [[name] if not hasattr(command, "commands") else [name, sub] for name, command in group.commands.items()
             for sub in (command.commands if hasattr(command, "commands") else [""])]  # fmt: skip
    assert len(paths) > 25
    for path in paths:
        assert main(["--lang", "vi", *path, "--help"]) == 0, path
        assert "Hiện hướng dẫn này" in capsys.readouterr().out, path
    assert main(["--lang", "xx", "compare"]) == main(["compare", "--lang", "xx"]) == 2
    assert "--lang is 'xx'" in capsys.readouterr().err
    assert main(["--lang", "vi", "levers", "platform", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert main(["levers", "platform", "--lang", "en"]) == 0 and said == capsys.readouterr().out
    assert main(["--lang", "vi", "levers", "platform"]) == 0 and said != capsys.readouterr().out


def test_a_language_alone_shows_the_help_in_it(capsys):
    assert main(["--lang", "vi"]) == 0 and "Hiện hướng dẫn này" in capsys.readouterr().out
    assert main(["--lang"]) == 2 and "the option --lang needs a value" in capsys.readouterr().err
    assert main(["--help"]) == 0 and "--lang" in capsys.readouterr().out
