"""Two pages to print: everything of the answer is on them, Vietnamese letters are in the file, and nothing of others is overwritten."""

import re
import zlib

import pytest
from ecocluster.experiments import compare
from ecocluster.experiments.by_cluster import by_cluster, of_trace
from ecocluster.viz.brief_pdf import brief_pages, brief_pdf
from ecocluster.viz.cli import main
from ecocluster.viz.one_sentence import GROUND, one_sentence
from ecocluster.viz.words import LANGUAGES, Words


@pytest.fixture(scope="module")
def known():
    return compare("teaching", ["self-transition", "combined"], worlds=4)


def texts(page):
    return [text.get_text().replace("\n", " ") for text in page.texts]


def streams(pdf):
    """Everything in the file, unpacked."""
    found = []
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            found.append(packed)
    return b"\n".join(found)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_hold_the_answer_and_stay_inside_their_edges(known, lang):
    say = Words(lang)
    first, second = brief_pages(known, "combined", 2035, "LAW", say)
    said, told = " ".join(texts(first)), " ".join(texts(second))
    for outcome in GROUND:
        assert one_sentence(known, "combined", outcome, 2035, "LAW", say).number in said
    for part in ("row.outlay", "row.social_cost", "row.private_gain", "one.changes", "brief.unknown", "unknown.noise.topic"):
        assert say(part) in told
    assert known.question.command.split(" --")[0] in told
    for page in (first, second):
        page.canvas.draw()
        for text in page.texts:
            box = text.get_window_extent().transformed(page.transFigure.inverted())
            assert box.x0 > 0.05 and box.x1 < 0.96 and box.y0 > 0.01 and box.y1 < 0.98, text.get_text()


def test_pdf_has_two_pages_embedded_fonts_and_the_same_bytes(known):
    say = Words("vi")
    pdf = brief_pdf(known, "combined", 2030, "Luật", say)
    assert pdf == brief_pdf(known, "combined", 2030, "Luật", say)
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Type /Page\b", pdf)) == 2
    assert b"/FontFile2" in pdf and b"/Type3" not in pdf
    used = set(re.findall(rb"/BaseFont /(?:[A-Z]{6}\+)?([\w-]+)", pdf))
    assert used <= {b"DejaVuSans", b"DejaVuSans-Bold", b"DejaVuSansMono"} and len(used) == 3
    assert b"<1EA1>" in streams(pdf).upper()  # "ạ" can be searched and copied


def test_steps_left_of_a_comparison_are_those_of_a_closer_look(known):
    seen, kept = by_cluster(known.question), of_trace(known.trace)
    assert seen.arms == kept.arms and (seen.years == kept.years).all()
    assert ((seen.of("steps_left") == kept.of("steps_left")) | (seen.firms == 0)).all()
    assert ((seen.firms == 0) == (kept.firms == 0)).all()


def test_the_command_writes_and_never_over_what_is_not_its_own(tmp_path, capsys):
    asked = ["teaching", "--fixed", "--replicates", "2", "--lang", "vi"]
    assert main(["brief", str(tmp_path / "new" / "a.pdf"), *asked]) == 0
    assert (tmp_path / "new" / "a.pdf").read_bytes().startswith(b"%PDF")
    assert main(["brief", str(tmp_path / "new"), *asked, "--year", "2030", "--pathway", "symbiosis"]) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.pdf", "brief-teaching-vi.pdf"]
    own = tmp_path / "thesis.pdf"
    own.write_text("mine")
    before = capsys.readouterr()
    assert "a.pdf" in before.out
    for wrong, said in (
        ([str(own)], "thesis.pdf"),
        ([str(own / "below")], "thesis.pdf"),
        ([str(tmp_path), "--year", "2031"], "2030, 2035, 2045"),
        ([str(tmp_path), "--pathway", "law"], "self-transition"),
        ([str(tmp_path), "--pathway", "combind"], "combined"),
    ):
        assert main(["brief", wrong[0], *asked, *wrong[1:]]) == 2
        assert said in capsys.readouterr().err
    assert own.read_text() == "mine" and not list(tmp_path.glob("*.part"))
