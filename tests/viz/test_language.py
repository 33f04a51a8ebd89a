"""The language is that of the option, else of ECOCLUSTER_LANG, else of the system."""

from pathlib import Path

import pytest
from ecocluster.viz.cli import main
from ecocluster.viz.words import LANGUAGES, language_of, system_language

VARIABLES = ("ECOCLUSTER_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.mark.parametrize(
    ("name", "lang"),
    [("vi", "vi"), ("VI", "vi"), (" Vi ", "vi"), ("vi_VN.UTF-8", "vi"), ("vi-VN", "vi"), ("en_GB@euro", "en"), ("C", None), ("", None),
     ("vietnamese", None), ("fr_FR.UTF-8", None)],
)  # fmt: skip
def test_names_of_languages(name, lang):
    assert language_of(name) == lang


@pytest.mark.parametrize(
    ("said", "lang"),
    [({"LANG": "vi_VN.UTF-8"}, "vi"), ({"LC_ALL": "C", "LANG": "vi_VN"}, "en"), ({"LC_ALL": "", "LC_MESSAGES": "vi_VN"}, "vi"),
     ({"LANG": "fr_FR"}, "en"), ({}, "en"), ({"LANGUAGE": "fr:vi:en", "LANG": "en_US.UTF-8"}, "vi"),
     ({"LANGUAGE": "vi", "LANG": "C.UTF-8"}, "en"), ({"LANGUAGE": "vi"}, "en"), ({"LANGUAGE": "fr", "LANG": "vi_VN"}, "vi")],
)  # fmt: skip
def test_the_language_of_a_system(said, lang):
    assert system_language(said) == lang


@pytest.mark.parametrize(
    ("said", "options", "vietnamese"),
    [
        ({"LANG": "vi_VN.UTF-8"}, [], True),
        ({"LANG": "vi_VN.UTF-8"}, ["--lang", "EN"], False),
        ({"LANG": "vi_VN.UTF-8", "ECOCLUSTER_LANG": "en"}, [], False),
        ({"LANG": "en_US.UTF-8", "ECOCLUSTER_LANG": "VI"}, [], True),
        ({"LANG": "en_US.UTF-8"}, ["--lang", "VI"], True),
        ({"LANG": "en_US.UTF-8"}, ["--lang=vi-VN"], True),
        ({}, [], False),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_what_is_told_follows(monkeypatch, capsys, said, options, vietnamese, before):
    """A command that succeeds, whose own option it is, and one that is refused, which is told before any option is read."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert main([*options, "levers", "extension"] if before else ["levers", "extension", *options]) == 0
    assert (capsys.readouterr().out.startswith("tên")) == vietnamese
    assert main([*options, "scenarios", "show", "nowhere"] if before else ["scenarios", "show", "nowhere", *options]) == 2
    assert capsys.readouterr().err.startswith("lỗi" if vietnamese else "error")


def test_help_follows_the_system_too(monkeypatch, capsys):
    monkeypatch.delenv("ECOCLUSTER_LANG", raising=False)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    assert main(["--help"]) == 0
    vietnamese = capsys.readouterr().out
    monkeypatch.setenv("LANG", "C")
    assert main(["--help"]) == 0
    assert vietnamese != capsys.readouterr().out


def test_a_language_that_is_none_of_ours_is_refused(monkeypatch, capsys):
    for options, environment in ((["--lang", "fr"], {}), ([], {"ECOCLUSTER_LANG": "fr"})):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert main(["levers", *options]) == 2
        assert "fr" in capsys.readouterr().err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_message_stands_once_with_one_text(lang):
    """As written: the library that reads catalogues takes the last of two without a word."""
    folder = Path(__file__).parents[2] / "viz" / "locale" / lang / "LC_MESSAGES"
    lines = [line for path in sorted(folder.glob("*.po")) for line in path.read_text(encoding="utf-8").splitlines()]
    kinds = [line.partition(" ")[0] for line in lines if line.startswith(("msgid ", "msgstr "))]
    assert kinds[::2] == ["msgid"] * (len(kinds) // 2) and kinds[1::2] == ["msgstr"] * (len(kinds) // 2)
    ids = [line for line in lines if line.startswith("msgid ") and line != 'msgid ""']
    assert len(ids) > 3000 and len(ids) == len(set(ids)), sorted(one for one in set(ids) if ids.count(one) > 1)
