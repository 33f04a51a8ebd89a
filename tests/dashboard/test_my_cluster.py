"""Page My cluster: a table is read strictly, told row by row, and leaves nothing behind."""

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from ecocluster.scenarios import Message, Refusal, ScenarioError, load_scenario, new_scenario
from ecocluster.viz.cli import main
from ecocluster.viz.firm_template import template_csv
from ecocluster.viz.pages.browser import open_page, serve
from ecocluster.viz.pages.my_cluster_read import read_upload
from ecocluster.viz.problems import refusal_text
from ecocluster.viz.words import LANGUAGES, Words

TABLE = """ngành;lao động;doanh thu;công nghệ;nhu cầu;niềm tin
dệt may;24;18000;T1;4;3
thực phẩm;9;;;;
giay;5;;;;
gỗ;0;;;;
<b>x</b>;4;;;;
nhựa;1.500;;;;
gỗ;40;;T9;;
nhuaa;40;;;;
cơ khí;x;;;;
;3;;;;
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """An empty place for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_rows_are_understood_or_refused_one_by_one(temporary):
    upload = read_upload("Cụm Đẹp.csv", TABLE.encode())
    assert upload.accepted == 2 and len(upload.rows) == 10
    assert [line for line, _, refused in upload.rows if refused] == [4, 5, 6, 7, 8, 9, 10, 11]
    assert upload.rows[0][1]["sector"] == "textile" and upload.rows[0][1]["technologies"] == ["T1"]
    assert dict(upload.drawn()) == {"revenue": 1, "x": 2, "technologies": 1, "need": 1, "trust": 1}
    assert upload.name == "cum-dep"
    assert list(temporary.iterdir()) == []


def test_the_scenario_is_the_one_of_the_command_line(temporary, tmp_path):
    upload = read_upload("enterprises.csv", TABLE.encode())
    (tmp_path / "enterprises.csv").write_text(TABLE, encoding="utf-8")
    report = new_scenario("enterprises", tmp_path / "enterprises.csv", tmp_path / "out", skip_bad_rows=True)
    assert upload.scenario == report.scenario.read_text(encoding="utf-8")
    assert upload.firms == report.firms.read_text(encoding="utf-8")
    folder = tmp_path / "again"
    folder.mkdir()
    site = load_scenario(upload.write(folder)).site
    assert len(site.clusters[0].firms) == 2
    assert site.clusters[0].area_built == upload.area


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\..\\evil.csv", ".hidden", "a" * 300, "", "<img>.csv", "con\0.csv"])
def test_names_of_files_lead_nowhere(temporary, name):
    upload = read_upload(name, b"sector,workers\nfood,5\n")
    assert upload.accepted == 1 and upload.source == name
    assert load_ids(upload.name)
    assert list(temporary.iterdir()) == []


def load_ids(name):
    from ecocluster.scenarios.schema import known_id

    return known_id(name) == name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"sector,workers\n",
        b"sector\nfood\n",
        b"sector,wrkers\nfood,3\n",
        b"\xff\xfe\x00",
        b"a\0b",
        b'sector,workers\n"food,3\n',
    ],
)
def test_tables_that_cannot_be_used_are_refused_as_a_whole(temporary, content):
    with pytest.raises(ScenarioError) as caught:
        read_upload("mine.csv", content)
    assert str(caught.value).startswith("mine.csv: ")  # not where it lay on the server
    assert list(temporary.iterdir()) == []


def test_without_a_usable_row_there_is_no_scenario(temporary):
    upload = read_upload("mine.csv", b"sector,workers\nfood,0\n")
    assert upload.accepted == 0 and upload.scenario == "" and upload.rows[0][2]


def test_every_reason_is_told_in_the_readers_language(temporary):
    upload = read_upload("t.csv", (TABLE + "gỗ;3;;;9;\n").encode())
    reasons = [refusal for _, _, refused in upload.rows for refusal in refused]
    assert len(reasons) >= 8
    for refusal in reasons + [Refusal(2, "x", "1", Message("cell_pair"))]:
        english, vietnamese = (refusal_text(refusal, Words(lang)) for lang in ("en", "vi"))
        assert vietnamese not in (refusal.reason, english), refusal
        assert "{" not in english + vietnamese


def test_limits_are_written_as_the_reader_writes_numbers():
    refusal = Refusal(2, "workers", "9000", Message("cell_out_of_range", low=1, high=5000, unit="persons"))
    assert "5.000" in refusal_text(refusal, Words("vi")) and "5,000" in refusal_text(refusal, Words("en"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_template_can_be_read(temporary, lang):
    upload = read_upload("template.csv", template_csv(lang).encode())
    assert upload.accepted == len(upload.rows) == 4
    assert upload.rows[3][1]["sector"] == "metal_mechanical"


# --- in a browser ----------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_table_is_given_understood_and_compared(browser, server, tmp_path, capsys):
    firms = "".join(f"dệt may;{5 + i};;;;\n" for i in range(12))
    (tmp_path / "Cụm của tôi.csv").write_text(TABLE + firms, encoding="utf-8")
    with open_page(browser, f"{server}/my-cluster", "vi") as watched:
        page = watched.page
        watched.wait(".watch-pick")
        page.set_input_files(".watch-pick input", str(tmp_path / "Cụm của tôi.csv"))
        watched.wait(".tall .eco-table")  # another table is the example that stood here before
        text = page.inner_text(".eco-table")
        assert "<b>x</b>" in text and not page.query_selector(".eco-table b")  # never markup
        assert "14 trên 22" in page.inner_text(".eco .answer")
        page.select_option("select[name=replicates]", "8")
        page.click("button.main:has-text('So sánh')")
        watched.wait(".panels canvas")
        page.wait_for_selector("button:has-text('CSV') >> nth=2")
        for label in ("Kịch bản", "Bảng cơ sở", "Cấu hình", "CSV >> nth=2"):
            name, _, which = label.partition(" >> ")
            with page.expect_download() as download:
                page.click(f"button:has-text('{name}')" + (f" >> {which}" if which else ""))
            download.value.save_as(tmp_path / download.value.suggested_filename)
        assert watched.errors == [] and watched.outside == []
    assert {path.name for path in tmp_path.glob("*cum-cua-toi*")} == {
        "cum-cua-toi.toml",
        "cum-cua-toi-firms.csv",
        "compare-cum-cua-toi.toml",
        "compare-cum-cua-toi.csv",
    }
    assert (
        main(
            [
                "compare",
                "--config",
                str(tmp_path / "compare-cum-cua-toi.toml"),
                "--out",
                str(tmp_path / "out"),
            ]
        )
        == 0
    )
    capsys.readouterr()
    here, there = (
        pd.read_csv(tmp_path / "compare-cum-cua-toi.csv"),
        pd.read_csv(tmp_path / "out" / "summary.csv"),
    )
    assert len(here) > 100
    pd.testing.assert_frame_equal(here, there)


@pytest.mark.browser
def test_what_cannot_be_used_is_told(browser, server, tmp_path):
    (tmp_path / "bad.csv").write_text("sector,wrkers\nfood,3\n")
    (tmp_path / "big.csv").write_bytes(b"x" * (3 * 2**20))
    with open_page(browser, f"{server}/my-cluster") as watched:
        watched.wait(".watch-pick")
        watched.page.set_input_files(".watch-pick input", str(tmp_path / "bad.csv"))
        watched.wait(".eco .error")
        assert watched.page.inner_text(".eco .error").startswith("bad.csv: workers: no head says so; it may be wrkers")
        watched.page.set_input_files(".watch-pick input", str(tmp_path / "big.csv"))
        watched.wait(".watch-problem")
        assert "2 MB" in watched.page.inner_text(".watch-problem")
        with watched.page.expect_download() as download:
            watched.page.click("button:has-text('Template')")
        assert download.value.suggested_filename == "enterprises.xlsx"
        assert watched.errors == [] and watched.outside == []


@pytest.mark.browser
def test_columns_and_unit_are_chosen_by_hand(browser, server, tmp_path):
    (tmp_path / "survey.csv").write_text("id,what,n1,n2\n1,Garments,40,5400\n2,Furniture,-9,10\n3,Food,12,3100\n", encoding="utf-8")
    with open_page(browser, f"{server}/my-cluster") as watched:
        page = watched.page
        watched.wait(".watch-pick")
        page.set_input_files(".watch-pick input", str(tmp_path / "survey.csv"))
        watched.wait(".eco .error")
        page.select_option("select[name=column_workers]", "n1")
        watched.wait(".eco .answer")
        assert "2 of 2" in page.inner_text(".eco .answer") and "left out: 3" in page.inner_text(".eco .answer")
        page.select_option("select[name=column_revenue]", "n2")
        page.wait_for_function("document.querySelector('.eco .answer').innerText.includes('n2')")
        page.select_option("select[name=unit]", "vnd")
        watched.wait(".eco .error")
        assert "billion VND" in page.inner_text(".eco .error") or "million VND" in page.inner_text(".eco .error")
        assert not page.query_selector("button:has-text('Compare the')") or page.is_visible("select[name=accept_revenue]")
        page.select_option("select[name=unit]", "")
        page.wait_for_function("!document.querySelector('.eco .error')")
        assert watched.errors == [] and watched.outside == []


@pytest.mark.browser
def test_a_read_only_server_takes_no_table(browser):
    with serve("--read-only") as address, open_page(browser, f"{address}/my-cluster") as watched:
        watched.wait(".eco .notice")
        assert not watched.page.query_selector("input[type=file]")
        assert watched.errors == []


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_table_is_read_in_memory_alone(tmp_path, monkeypatch, kind):
    """Names of firms lie on no disk while their table is read, not even for a moment."""
    import io

    import openpyxl

    content = b"name,sector,workers\nCty A,food,5\n"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in (["name", "sector", "workers"], ["Cty A", "food", 5]):
            book.active.append(row)
        buffer = io.BytesIO()
        book.save(buffer)
        content = buffer.getvalue()

    def refuse(*given, **more):
        raise AssertionError("something was written")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    for name in ("write_bytes", "write_text", "mkdir"):
        monkeypatch.setattr(Path, name, refuse)
    upload = read_upload(f"a.{kind}", content)
    assert upload.accepted == 1 and "Cty A" not in repr((upload.rows, upload.firms, upload.scenario, upload.table.remarks))
