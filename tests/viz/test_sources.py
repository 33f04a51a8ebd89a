"""An id of a source that is shown anywhere leads to a title and to a heading of a document of this repository."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from ecocluster.model.parameters import PARAMETERS
from ecocluster.viz.cli import main
from ecocluster.viz.parameter_words import source_of
from ecocluster.viz.registries import lever_rows, source_rows
from ecocluster.viz.sources import KINDS, ids_in, known_sources, read_documents, slug
from ecocluster.viz.words import LANGUAGES, Words

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
DATA = [
    path for room in ("model", "scenarios", "experiments") for kind in ("toml", "csv") for path in (ROOT / room).rglob(f"*.{kind}")
]


def shown():
    """Where an id may stand, and the text there: registries, catalogues, data and documents."""
    for p in PARAMETERS.values():
        for lang in LANGUAGES:
            yield f"{p.name} ({lang})", source_of(p, Words(lang)), lang
    for row in lever_rows():
        yield row["name"], row["source"] or "", "en"
    for lang in LANGUAGES:
        for path in sorted((ROOT / "viz" / "locale" / lang / "LC_MESSAGES").glob("*.po")):
            for message in read_po(path.open("rb")):
                yield f"{path.name}: {message.id} ({lang})", str(message.string), lang
    for path in [*DOCUMENTS, *DATA]:
        if path.name in ("index.md",):  # made of the README
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{path.name}:{number}", line, "en"


def english(text, lang):
    """The words before an id, as ids have them."""
    for kind in ("evidence", "specification"):
        text = text.replace(Words(lang)(f"sources.{kind}"), kind)
    return text


def without_entry(texts):
    return {f"{where}: {one}" for where, text, lang in texts for one in ids_in(english(text, lang)) if one not in known_sources()}


def test_every_id_that_is_shown_has_an_entry():
    texts = list(shown())
    assert without_entry(texts) == set()
    found = {one for _, text, lang in texts for one in ids_in(english(text, lang))}
    assert len(found) > 200 and {one.partition(" ")[0] for one in found} == set(KINDS)


@pytest.mark.parametrize(
    ("text", "lang", "bare"),
    [("specification 13.77", "en", "specification 13.77"), ("a guess (evidence I99)", "en", "evidence I99"), ("dữ kiện G99", "vi", "evidence G99"),
     ("đặc tả 5z và 14", "vi", "specification 14"), ("A2.99", "en", "evidence A2.99"), ("H77 holds", "en", "hypothesis H77"), ("as V77 says", "en", "test V77")],
)  # fmt: skip
def test_an_id_without_an_entry_is_seen(text, lang, bare):
    seen = without_entry([("here", text.replace("5z và ", ""), lang)])
    assert seen == {f"here: {bare}"}


def test_every_entry_stands_under_a_heading_of_its_document():
    anchors: dict[str, set[str]] = {}
    for source in known_sources().values():
        file, _, anchor = source.place.partition("#")
        if file not in anchors:
            headings = re.findall(r"^#+ (.*)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
            assert len({slug(heading) for heading in headings}) == len(headings), file  # else an anchor would lead to the first
            anchors[file] = {slug(heading) for heading in headings}
        assert anchor in anchors[file] and source.title, source
    assert len(anchors) == 3


def test_the_stored_entries_are_those_of_the_documents():
    of_documents = read_documents(ROOT / "docs")
    assert list(known_sources().values()) == of_documents  # else: python -m ecocluster.viz.sources docs
    assert len({source.id for source in of_documents}) == len(of_documents) > 400


def test_a_key_names_one_origin():
    told = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8").partition("## K. Source keys")[2]
    keys = [key for cell in re.findall(r"^\| ([^|]+) \|", told, re.MULTILINE) for key in re.split(r", | / ", cell.strip())]
    assert len(keys) > 100 and {key for key in keys if keys.count(key) > 1} == set()
    assert "allenandgledhill.com" in known_sources()["evidence C5.2"].origin  # a key with a sign in it


@pytest.mark.parametrize(
    ("text", "ids"),
    [("specification 3; evidence G1.11 (6.5 % of all firms)", ["specification 3", "evidence G1.11"]), ("a guess", []),
     ("evidence C5.6, C5.13-C5.14", ["evidence C5.6", "evidence C5.13", "evidence C5.14"]), ("specification 5g", ["specification 5g"]),
     ("specification 5b: removal_real; 13.11 [X]", ["specification 5b", "specification 13.11"]), ("C7", ["target C7"]),
     ("evidence C7; C7", ["evidence C7", "target C7"]), ("evidence E2; S1 Marshall", ["evidence E2", "paper S1"]),
     ("always swept: decides H12", ["hypothesis H12"]), ("fell by 13.5 %, T1 and CO2", [])],
)  # fmt: skip
def test_ids_of_a_text(text, ids):
    assert ids_in(text) == ids


def test_an_id_is_opened_on_the_command_line(capsys):
    assert main(["sources", "I21"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    entry = known_sources()["evidence I21"]
    assert entry.title in told and f"[{entry.place}]" in told and entry.origin in told
    assert main(["sources", "13.5", "--json"]) == 0
    assert '"specification 13.5"' in capsys.readouterr().out
    assert main(["sources", "Z9"]) == 2 and "Z9" in capsys.readouterr().err
    assert len(source_rows()) == len(known_sources())


def test_a_translated_source_names_the_same_entries():
    for p in PARAMETERS.values():
        assert ids_in(english(source_of(p, Words("vi")), "vi")) == ids_in(p.source), p.name
