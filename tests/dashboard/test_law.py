"""Every page that runs a pathway asks under which law, keeps it in the address, and tells it in the command."""

import shlex

import pytest
from ecocluster.experiments.configuration import read_config
from ecocluster.experiments.question import ask
from ecocluster.scenarios import list_laws
from ecocluster.viz.pages import portfolio, watch
from ecocluster.viz.pages.browser import open_page
from ecocluster.viz.pages.controls import law_options
from ecocluster.viz.words import LANGUAGES, Words

LAWS = [law.id for law in list_laws()]


def test_laws_are_offered_in_the_readers_words():
    for lang in LANGUAGES:
        offered = law_options(Words(lang))
        assert [name for name, _ in offered] == LAWS and all(text and text != name for name, text in offered)


@pytest.mark.parametrize("law", LAWS)
def test_the_watched_run_is_of_its_law(law, tmp_path):
    asked = watch.State({"law": law}, "teaching").asked.value
    assert asked.law == law and (f"--law {law}" in watch._command(asked)) == (law != "middle")
    for lang in LANGUAGES:
        file = tmp_path / f"{lang}.toml"
        file.write_text(watch._config(asked, Words(lang)), encoding="utf-8")
        assert read_config(file)["law"] == law
        told = watch._title(asked, Words(lang))[1]
        assert dict(law_options(Words(lang)))[law] in told


def test_an_address_names_no_file_as_its_law():
    state = watch.State({"law": "/etc/passwd"}, "teaching")
    assert state.asked.value.law == "middle"
    (told,) = state.address.sentences(Words("en"))
    assert "/etc/passwd" in told
    assert portfolio.State({"law": "/etc/passwd"}).law.value == "middle"


def test_a_portfolio_keeps_its_law():
    state = portfolio.State({"law": "strict", "budget_bn": "50"})
    assert portfolio.State({k: str(v) for k, v in state.fields().items()}).law.value == "strict"
    assert "law" not in portfolio.State({}).fields()  # the usual one makes no address longer


def test_the_command_of_a_portfolio_repeats_what_was_run():
    """Files as the visitor saves them, the defaults and not worlds, and the law."""
    from types import SimpleNamespace

    names = ["null", "/somewhere/my-portfolio.toml", "by-sector"]
    question = ask("hanoi", names, fixed=True, replicates=4, budget_bn=50.0, law="strict")
    words = shlex.split(portfolio._command(SimpleNamespace(question=question)))
    assert words[words.index("--pathways") + 1] == "null,law,my-portfolio.toml,by-sector"
    assert "--fixed" in words and words[words.index("--law") + 1] == "strict" and words[words.index("--budget") + 1] == "50"


@pytest.mark.browser
def test_pages_show_the_choice(browser, server):
    for page in ("watch", "portfolio"):
        with open_page(browser, f"{server}/{page}?law=strict", "en") as watched:
            watched.wait(".eco h1")
            watched.page.wait_for_function(
                "[...document.querySelectorAll('select')].some(s => s.selectedOptions[0]?.text === 'A strict law')")  # fmt: skip
