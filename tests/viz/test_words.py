"""Two languages: the same keys and fields, compiled catalogues up to date, numbers as readers write them."""

import io
import math
import re
import string
from importlib.resources import files

import pytest
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from ecocluster.experiments.errors import MESSAGES, InputError
from ecocluster.experiments.money import PRICES
from ecocluster.experiments.outcome import OUTPUT_BASES
from ecocluster.model.indicators import CRITERIA, INDICATORS, STATES
from ecocluster.model.sites_and_arms import SECTORS, STREAMS
from ecocluster.viz.figures import PANELS
from ecocluster.viz.scorecard import HEADLINES
from ecocluster.viz.words import LANGUAGES, Words, scale_of
from fakes import ARMS

VIZ = files("ecocluster.viz")


DOMAINS = sorted(path.name.removesuffix(".po") for path in (VIZ / "locale/en/LC_MESSAGES").iterdir() if path.name.endswith(".po"))


def catalogue(lang, domain):
    with (VIZ / "locale" / lang / "LC_MESSAGES" / f"{domain}.po").open("rb") as stream:
        return read_po(stream)


def texts(lang):
    found = {}
    for domain in DOMAINS:
        for message in catalogue(lang, domain):
            if message.id:
                assert message.id not in found, f"{message.id} is in two catalogues"
                found[message.id] = message.string
    return found


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_compiled_catalogue_matches_its_source(lang, domain):
    """After a change of a .po: `pybabel compile -d viz/locale -D DOMAIN`."""
    compiled = (VIZ / "locale" / lang / "LC_MESSAGES" / f"{domain}.mo").read_bytes()
    again = io.BytesIO()
    write_mo(again, catalogue(lang, domain))
    found, expected = (read_mo(io.BytesIO(data)) for data in (compiled, again.getvalue()))
    assert {m.id: m.string for m in found if m.id} == {m.id: m.string for m in expected if m.id}


def test_both_languages_have_the_same_keys_and_fields():
    english, vietnamese = texts("en"), texts("vi")
    assert english.keys() == vietnamese.keys()
    for key, text in english.items():
        assert text and vietnamese[key], key
        assert fields(text) == fields(vietnamese[key]), key
    # what reads the same in both is a name, a symbol or a unit
    same = {key for key in english if english[key] == vietnamese[key]}
    assert {key.split(".")[0] for key in same} <= {
        "unit",
        "indicator",
        "table",
        "term",
        "cli",
        "answer",
        "line",
        "guesses",
        "lever-effects",
        "check",
        "form",
    }


def test_no_key_is_missing():
    known = texts("en")
    used = set()
    for source in (*VIZ.iterdir(), *(VIZ / "commands").iterdir()):
        if source.name.endswith(".py"):
            text = source.read_text(encoding="utf-8")
            used |= set(re.findall(r'say\(\s*"([a-z_]+\.[\w-]+)"', text)) | set(re.findall(r'"(help\.\w+)"', text))
            used |= set(re.findall(r'"((?:reason|cli|table|verdict|figure)\.\w+)"', text))
    template = (VIZ / "templates" / "report.html.j2").read_text(encoding="utf-8")
    used |= set(re.findall(r'"((?:report|uncertain|table)\.\w+)"', template))
    for family in ("method", "uncertain"):
        items = re.search(rf'in \(([^)]*)\) %}}\s*<li>{{{{ say\("{family}\.', template)[1]
        used |= {f"{family}.{item}" for item in re.findall(r'"(\w+)"', items)}
    assert len(used) > 80
    assert not used - known.keys()


def test_families_of_names_are_complete():
    known = texts("en")
    wanted = {f"group.{group}" for group in HEADLINES}
    wanted |= {f"indicator.{name}" for names in HEADLINES.values() for name in names}
    wanted |= {f"pathway.{arm}" for arm in ARMS} | {f"about.{arm}" for arm in ARMS}
    wanted |= {f"sector.{name}" for name in SECTORS} | {f"stream.{name}" for name in STREAMS}
    wanted |= {f"criterion.{name}" for name in ("queue", "queue_next", "highest", *CRITERIA, *STATES)}
    wanted |= {f"caption.{name}" for name in ("trajectories", "cost-effect", "obstacles", "flows")}
    assert not wanted - known.keys()


def test_headlines_are_what_the_model_measures():
    computed = {"tco2e_total", "pv_outlay_gross", "pv_receipts", "pv_social_cost", "pv_private_net", *PRICES, *OUTPUT_BASES}
    assert {name for names in HEADLINES.values() for name in names} - computed <= INDICATORS.keys()
    assert set(PANELS) <= INDICATORS.keys()


def test_errors_read_the_same_here_and_in_experiments():
    english = texts("en")
    assert {f"error.{key}": text for key, text in MESSAGES.items()} == {
        key: text for key, text in english.items() if key.startswith("error.")
    }
    error = InputError("below", name="--seed", value=-1, low=0)
    assert Words("vi").error(error) == "--seed là -1, nhưng phải từ 0 trở lên"


def test_numbers_follow_the_reader():
    assert Words("vi").number(1234.5, 1) == "1.234,5"
    assert Words("en").number(1234.5, 1) == "1,234.5"
    assert Words("en").number(-0.04, 1, sign=True) == "0.0"
    assert Words("vi").number(-12.3, 1) == "\N{MINUS SIGN}12,3"
    assert Words("en").number(5, sign=True) == "+5"
    assert Words("en").number(math.nan) == "\N{EN DASH}"
    assert Words("vi").percent(0.345, 1) == "34,5 %"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_separators_are_those_of_the_language(lang):
    from babel.numbers import format_decimal

    assert Words(lang).number(1234567.5, 1) == format_decimal(1234567.5, locale=lang)


def test_units_are_scaled_to_short_numbers():
    assert scale_of("t/yr", "flow", 480e3) == (1e-3, "kt/yr")
    assert scale_of("mVND", "money", 2.5e7) == (1e-6, "trVND")
    assert scale_of("m3/yr", "flow", 900) == (1.0, "m3/yr")
    assert scale_of("1", "share", 0.4) == (100.0, "%")
    assert scale_of("persons", "stock", 6e4) == (1.0, "persons")


def test_a_missing_key_is_an_error_and_a_missing_name_is_not():
    with pytest.raises(KeyError, match=r"report\.nothing"):
        Words("en")("report.nothing")
    assert Words("vi").name("pathway", "my-own") == "my-own"
