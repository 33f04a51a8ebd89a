"""Tables as offices keep them: of other provinces and layouts than those that the reader was made from."""

import io
import math
import re
import unicodedata
import zipfile
from datetime import date

import openpyxl
import pytest
from ecocluster.scenarios import Choices, ScenarioError, load_scenario, new_scenario, read_firms
from ecocluster.scenarios.cells import as_it_was, safe_text, xlsx_bytes
from ecocluster.scenarios.errors import Message
from ecocluster.scenarios.letters import _TCVN3

NAM_DINH = [  # a department's list: title, two lines of head, numbered columns, groups, a wrong total, a signature
    ["UBND TỈNH NAM ĐỊNH"],
    ["BIỂU TỔNG HỢP CƠ SỞ TRONG CỤM CÔNG NGHIỆP, LAO ĐỘNG VÀ NGÀNH NGHỀ"],
    [],
    ["STT", "Tên cơ sở", "Mã số thuế", "Ngành nghề SXKD", "Lao động\n(người)", None, "Doanh thu (tỷ đồng)", "Địa chỉ", None],
    [None, None, None, None, "Nữ", "Tổng số", None, None, None],
    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", None],
    ["I", "Cơ khí"],
    [1, "Cơ sở Bùi Văn An", "0600111222", "Đúc gang, thép", 3, 18, 12.5, "Ý Yên", None],
    [2, "HTX Đúc Đồng Tâm", "0600111333", "2432", 0, 9, 4.2, "Ý Yên", None],
    ["II", "Dệt may"],
    [3, "Công ty TNHH Sợi Mai", "0600111444", "Sản xuất sợi", 60, 85, 41, "Vụ Bản", None],
    [4, "Hộ Trần Thị Lụa", None, "Chế biến gỗ", 1, 6, None, "Ý Yên", None],
    [None, "Cộng", None, None, 64, 120, 57.7, None, None],
    [],
    [None, "Người lập biểu", None, None, None, None, None, "Nam Định, ngày 5/3", None],
]


def xlsx(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def csv_text(rows, separator=";"):
    cells = (
        [("" if cell is None else str(cell).replace(".", ",") if isinstance(cell, float) else str(cell)) for cell in row]
        for row in rows
    )
    return "\r\n".join(separator.join(f'"{c}"' if "\n" in c or separator in c else c for c in row) for row in cells) + "\r\n"


def told(table):
    return {remark.key: remark for remark in table.remarks}


def refusal(*given, **more):
    with pytest.raises(ScenarioError) as caught:
        new_scenario(*given, **more)
    return caught.value


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_departments_list(tmp_path, write, kind):
    cover = [["Kính gửi: Sở Công Thương"], ["Danh sách cơ sở kèm theo"]]
    path = xlsx(tmp_path / "a.xlsx", Bìa=cover, Biểu_01=NAM_DINH) if kind == "xlsx" else write("a.csv", csv_text(NAM_DINH))
    table = read_firms(path)
    assert [(firm["sector"], firm["workers"], firm.get("revenue")) for firm in table.firms] == [
        ("metal_mechanical", 18, 12_500), ("metal_mechanical", 9, 4200), ("textile", 85, 41_000), ("wood_building", 6, None),
    ]  # fmt: skip
    assert table.refused == [] and table.asked == []
    remarks = told(table)
    assert remarks["total_differs"].fields["told"] == 120 and remarks["total_differs"].fields["summed"] == 118
    assert {"passed_units", "passed_other", "passed_total", "above_head", "private_columns", "money_in"} <= remarks.keys()
    assert ("sheet_found" in remarks) == (kind == "xlsx")
    assert "STT" in table.ignored and "Địa chỉ" in table.ignored


def test_names_and_tax_codes_of_firms_go_nowhere(tmp_path, capsys, caplog):
    rows = [
        *NAM_DINH[:-3],
        [5, "Cơ sở Bùi Văn An", "0600111222", "Đúc gang, thép", 3, 18, 12.5],
        [6, "Cơ sở Xấu", "0609999999", "c? khí", 1, 0.5, -3],
    ]
    path = xlsx(tmp_path / "a.xlsx", x=rows)
    error = refusal("a", path, tmp_path / "out")
    assert {item.reason.key for item in error.refused} >= {"doubt_double", "cell_lost"}
    report = new_scenario("a", path, tmp_path / "out", skip_bad_rows=True)
    told_of = error.details() + report.lines() + repr(report) + "".join(file.read_text() for file in (tmp_path / "out").iterdir())
    for secret in ("Bùi", "Đồng Tâm", "Mai", "Lụa", "0600111", "0609999", "Xấu"):
        assert secret not in told_of.replace("Sợi", ""), secret
    assert not caplog.records


def test_a_firm_that_stands_twice_is_asked_about(write, tmp_path):
    table = "Tên doanh nghiệp;MST;Ngành;Số LĐ\nCty A;01;giày;20\nCTY  A;01;giày;25\nCty A;02;giày;30\n;;gỗ;3\n;;gỗ;3\n"
    error = refusal("a", write("f.csv", table), tmp_path)
    assert [(item.line, item.reason.key, item.reason.fields["first"]) for item in error.refused] == [(3, "doubt_double", 2)]
    assert new_scenario("b", tmp_path / "f.csv", tmp_path, choices=Choices(accept=("doubles",))).accepted == 5
    assert new_scenario("c", tmp_path / "f.csv", tmp_path, skip_bad_rows=True).accepted == 4


# --- letters ---------------------------------------------------------------------------------------------------

LETTERS = "Ngành nghề;Số lao động\nchế biến gỗ;12\nthực phẩm;8\nSản xuất giấy;5\n"


def cp1258(text):
    """As Windows writes it: vowels with their hooks, tones as letters of their own."""
    out = b""
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tones = [c for c in parts[1:] if c in "\u0300\u0301\u0303\u0309\u0323"]
            base = unicodedata.normalize("NFC", parts[0] + "".join(c for c in parts[1:] if c not in tones))
            out += (base + "".join(tones)).encode("cp1258")
    return out


TO_TCVN3 = str.maketrans({chr(new): chr(old) for old, new in _TCVN3.items()})


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (LETTERS.encode("utf-8-sig"), None),
        (LETTERS.encode("utf-16"), "read_as"),
        (LETTERS.encode("utf-16-le"), "read_as"),
        (LETTERS.encode("utf-16-be"), "read_as"),
        (unicodedata.normalize("NFD", LETTERS).encode(), None),
        (cp1258(LETTERS), "read_as"),
        (LETTERS.translate(TO_TCVN3).encode("cp1252"), "read_as_tcvn3"),
        (LETTERS.translate(TO_TCVN3).encode(), "read_as_tcvn3"),
        (LETTERS.replace(";", "\t").encode("utf-16"), "read_as"),
    ],
)
def test_letters_of_many_code_pages(write, content, remark):
    table = read_firms(write("f.csv", content))
    assert [firm["sector"] for firm in table.firms] == ["wood_building", "food", "plastic_paper_chemical"]
    assert (remark in told(table)) if remark else not {"read_as", "read_as_tcvn3"} & told(table).keys()


def test_a_workbook_in_old_fonts(tmp_path):
    rows = [[cell.translate(TO_TCVN3) if isinstance(cell, str) else cell for cell in row] for row in NAM_DINH]
    table = read_firms(xlsx(tmp_path / "a.xlsx", x=rows))
    assert len(table.firms) == 4 and "read_as_tcvn3" in told(table)


def test_letters_that_were_lost_are_asked_about(write, tmp_path):
    lost = "Ng?nh ngh?;S? lao ??ng\nth?c ph?m;8\nd?t may;3\n"
    error = refusal("a", write("f.csv", lost), tmp_path)
    assert {one.problem.key for one in (error, *error.others)} == {"head_lost"}
    table = read_firms(tmp_path / "f.csv", Choices(accept=("letters",)))
    assert [firm["sector"] for firm in table.firms] == ["food", "textile"]
    cell = read_firms(write("g.csv", "ngành;lao động\nth?c ph?m;8\n"))
    assert cell.refused[0].reason.key == "cell_lost" and not cell.firms
    assert read_firms(write("h.csv", "ngành;lao động\n?x?n ??;8\n"), Choices(accept=("letters",))).refused, "nothing fits"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"PK\x03\x04 no archive", "not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not_a_workbook"),
        (b"sector,workers\nfood\xff\xfe,3\n", "unknown_letters"),
        (b"sector,workers\nfo\0od,3\n", "zero_bytes"),
        (b" \n\n", "empty_table"),
        ("xin chào\n1;2;3\n".encode(), "column_missing_of"),
    ],
)
def test_files_that_hold_no_table(write, content, key):
    with pytest.raises(ScenarioError) as caught:
        read_firms(write("f.xlsx", content))
    assert caught.value.problem.key == key and "f.xlsx" in str(caught.value)


def test_a_workbook_that_unpacks_beyond_reason_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "f.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(3):
            archive.writestr(f"{i}.xml", bytes(80_000_000))
    with pytest.raises(ScenarioError) as caught:
        read_firms(tmp_path / "f.xlsx")
    assert caught.value.problem.key == "file_size"


# --- numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workers", "revenue", "decimal", "read"),
    [
        (["1.250", "30"], ["98.000,5", "9.000"], "", [(1250, 98_000.5), (30, 9000)]),
        (["1,250", "30"], ["98,000.5", "9,000"], "", [(1250, 98_000.5), (30, 9000)]),
        (["1 250", "30"], ["98\u00a0000", "9 000"], "", [(1250, 98_000), (30, 9000)]),
        (["12 người", "30 LĐ"], ["5,4 tỷ", "9.000 triệu"], "", [(12, 5400), (30, 9000)]),
        (["1.250", "30"], ["98000", "9000"], "comma", [(1250, 98_000), (30, 9000)]),
    ],
)
def test_signs_before_decimals_are_told_by_the_numbers(write, workers, revenue, decimal, read):
    lines = "".join(f"giày;{w};{r}\n" for w, r in zip(workers, revenue, strict=True))
    table = read_firms(write("f.csv", "ngành;lao động;doanh thu\n" + lines), Choices(decimal=decimal))
    assert [(firm["workers"], firm["revenue"]) for firm in table.firms] == read


@pytest.mark.parametrize(
    "cells", [("1.250", "9"), ("1.250", "3,500"), ("12", "20-30"), ("12", "1,5.2"), ("12", "٣٤"), ("12", "=5+5")]
)
def test_numbers_that_may_mean_two_things_are_asked_about(write, cells):
    table = read_firms(write("f.csv", "ngành;lao động\n" + "".join(f"giày;{cell}\n" for cell in cells)))
    assert table.refused and table.problem() is not None


def test_numbers_of_a_spreadsheet_need_no_sign(tmp_path):
    rows = [["ngành", "lao động", "doanh thu"], ["giày", 1250, 98000.5], [1520, 30.0, date(2020, 1, 1)]]
    table = read_firms(xlsx(tmp_path / "a.xlsx", x=rows))
    assert table.firms == [{"sector": "textile", "workers": 1250, "revenue": 98_000.5}]
    assert [(item.line, item.column) for item in table.refused] == [(3, "revenue")]


# --- plausibility ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["vnd", "thousand", "billion"])
def test_money_in_another_unit_is_asked_about(write, tmp_path, unit):
    factor = {"vnd": 1e6, "thousand": 1e3, "billion": 1e-3}[unit]
    lines = "".join(f"{sector};{w};{w * 500 * factor:.6g}\n" for sector, w in (("giày", 20), ("gỗ", 7), ("bia", 90)))
    path = write("f.csv", "ngành;lao động;doanh thu\n" + lines)
    error = refusal("a", path, tmp_path)
    assert error.problem.key == "doubt_unit" and error.problem.fields["unit_key"] == unit and f"--unit {unit}" in str(error)
    report = new_scenario("a", path, tmp_path, choices=Choices(unit=unit))
    assert [firm.revenue for firm in load_scenario(report.scenario).site.clusters[0].firms] == pytest.approx([10_000, 3500, 45_000])


def test_money_in_a_unit_that_the_head_names_is_not_asked_about(write):
    table = read_firms(write("f.csv", "Ngành;LĐ;Doanh thu 2022 (tỷ đồng)\ngiày;20;10,5\n"))
    assert table.firms[0]["revenue"] == 10_500 and not table.asked
    foreign = read_firms(write("g.csv", "Ngành;LĐ;Doanh thu (USD)\ngiày;20;10,5\n"))
    assert foreign.asked[0].problem.key == "money_foreign"


def test_one_firm_out_of_reason_is_refused_alone(write, tmp_path):
    path = write("f.csv", "ngành;lao động;doanh thu\ngiày;20;10000\ngiày;20;9000\ngiày;20;0,01\n")
    assert [(r.line, r.reason.key) for r in read_firms(path).refused] == [(4, "doubt_revenue")]
    report = new_scenario("a", path, tmp_path, choices=Choices(accept=("revenue",)), skip_bad_rows=True)
    assert [r.reason.key for r in report.refused] == ["cell_out_of_range"], "no reader can settle what the model cannot hold"


def test_what_was_settled_stays_settled_in_the_scenario(write, tmp_path):
    path = write("f.csv", "ngành;lao động;doanh thu\ngiày;20,5;2\ngiày;2;1\n")
    report = new_scenario("a", path, tmp_path, choices=Choices(accept=("fractions", "revenue")))
    assert 'accept = ["fractions", "revenue"]' in report.scenario.read_text()
    assert load_scenario(report.scenario).site.clusters[0].firms[0].workers == 20.5
    report.scenario.write_text(report.scenario.read_text().replace('"fractions", ', ""))
    with pytest.raises(ScenarioError, match="part of a worker"):
        load_scenario(report.scenario)
    report.scenario.write_text(report.scenario.read_text().replace('"revenue"', '"revenues"'))
    with pytest.raises(ScenarioError):
        load_scenario(report.scenario)


@pytest.mark.parametrize(("area", "firms", "fine"), [(0.01, 500, False), (0.01, 1, True), (5, 40, True), (0.3, 40, False)])
def test_land_and_firms_must_fit(write, area, firms, fine):
    text = (
        f'type = "scenario"\n[[clusters]]\nid = "t"\nname = "T"\nfirms_2018 = {firms}\narea_planned = {area}\narea_built = {area}\n'
    )
    path = write("t.toml", text)
    if fine:
        assert load_scenario(path).site.clusters[0].firms_2018 == firms
    else:
        with pytest.raises(ScenarioError, match="m2 for each"):
            load_scenario(path)
        assert load_scenario(write("u.toml", text + 'accept = ["land"]\n')).site.clusters[0].area_built == area


def test_many_workers_on_little_land_are_asked_about(write, tmp_path):
    write("f.csv", "sector,workers\n" + "food,400\n" * 10)
    text = '[[clusters]]\nid = "t"\nname = "T"\nfirms = "f.csv"\narea_planned = 1\narea_built = 1\n'
    with pytest.raises(ScenarioError, match="2.5 m2 for each"):
        load_scenario(write("t.toml", text))


# --- columns ---------------------------------------------------------------------------------------------------


def test_everything_in_doubt_is_told_at_once(write):
    table = "mã;ngành 2019;tên;LĐ đầu năm;LĐ cuối năm;DT\n1;x1;a;5;6;7\n"
    with pytest.raises(ScenarioError) as caught:
        read_firms(write("f.csv", table), Choices(columns={"revenue": "doanh số", "need": "mong muốn"}))
    keys = [one.problem.key for one in (caught.value, *caught.value.others)]
    assert keys.count("no_such_head") == 2 and "column_doubt_sum" in keys
    assert len(caught.value.details().splitlines()) >= 3
    chosen = Choices(columns={"sector": "B", "workers": "LĐ cuối năm"})
    assert read_firms(write("g.csv", table.replace("x1", "giày")), chosen).firms == [{"sector": "textile", "workers": 6}]


@pytest.mark.parametrize("rows", ["giày,20\ngỗ,7\n", "giày;20;x\n\ngỗ;7;y\n"])
def test_a_table_without_a_head_is_read_by_letters(write, rows):
    with pytest.raises(ScenarioError):
        read_firms(write("f.csv", rows))
    table = read_firms(write("f.csv", rows), Choices(columns={"sector": "A", "workers": "B"}))
    assert [firm["workers"] for firm in table.firms] == [20, 7]


def test_an_empty_choice_leaves_a_column_out(write):
    table = read_firms(write("f.csv", "ngành;lao động;công nghệ\ngiày;20;dây chuyền Ý\n"), Choices(columns={"technologies": ""}))
    assert table.firms == [{"sector": "textile", "workers": 20}] and table.ignored == ("công nghệ",)


@pytest.mark.parametrize(
    ("head", "used"),
    [
        ("Ngành;Lao động nữ;Tổng số lao động", "Tổng số lao động"),
        ("Ngành;Lao động tham gia BHXH;Số LĐ hiện có", "Số LĐ hiện có"),
        ("Industry;Female employees;No. of employees", "No. of employees"),
        ("Lĩnh vực sản xuất;Lương bình quân lao động;Số công nhân (người)", "Số công nhân (người)"),
    ],
)
def test_a_part_of_the_workers_is_not_taken_for_all(write, head, used):
    table = read_firms(write("f.csv", f"{head}\ngiày;3;20\n"))
    assert table.read_from["workers"] == used and table.firms[0]["workers"] == 20


def test_two_sheets_of_enterprises_are_asked_about(tmp_path):
    rows = [["ngành", "lao động"], ["giày", 20]]
    path = xlsx(tmp_path / "a.xlsx", Cụm_A=rows, Cụm_B=[*rows, ["gỗ", 5]])
    with pytest.raises(ScenarioError) as caught:
        read_firms(path)
    assert caught.value.problem.key == "sheets_doubt" and "--sheet 'Cụm A'" in str(caught.value)
    assert len(read_firms(path, Choices(sheet="cụm b")).firms) == 2
    with pytest.raises(ScenarioError, match="did you mean 'Cụm A'"):
        read_firms(path, Choices(sheet="Cụm_AA"))


def test_codes_for_no_answer_are_no_answers(write):
    table = read_firms(
        write("f.csv", "a4a,l1,d2\nFood,-9,5\nGarments,12,-9\nFurniture,-7,.\nTextiles,30,15000\n"),
        Choices(columns={"workers": "l1", "revenue": "d2"}),
    )
    assert [(firm["workers"], firm.get("revenue")) for firm in table.firms] == [(12, None), (30, 15_000)]
    assert told(table)["passed_unanswered"].fields["lines"] == "2, 4" and told(table)["no_answers"].fields["count"] == 1


@pytest.mark.parametrize("extra", [";;;", ";", ";;ghi chú"])
def test_empty_columns_at_the_end_are_no_matter(write, extra):
    assert len(read_firms(write("f.csv", f"ngành;lao động{extra}\ngiày;20{extra}\n")).firms) == 1


@pytest.mark.parametrize(
    ("choice", "key"),
    [
        ({"unit": "milion"}, "--unit"),
        ({"decimal": "dot"}, "--decimal"),
        ({"accept": ("double",)}, "--accept"),
        ({"columns": {"worker": "A"}}, "--columns"),
    ],
)
def test_choices_that_are_none(write, choice, key):
    with pytest.raises(ScenarioError) as caught:
        read_firms(write("f.csv", "ngành;lao động\ngiày;20\n"), Choices(**choice))
    assert caught.value.key == key and caught.value.nearest or caught.value.allowed


def test_messages_of_columns_are_in_the_readers_language(write):
    from ecocluster.viz.problems import problem_text
    from ecocluster.viz.words import Words

    error = read_firms(write("f.csv", "ngành;lao động\nrobot;x\n")).problem()
    vietnamese = problem_text(error, Words("vi"))
    assert (
        "ngành = 'robot'" in vietnamese
        and "lao động = 'x'" in vietnamese
        and "food" not in vietnamese
        and "workers" not in vietnamese
    )
    assert isinstance(error.refused[0].reason, Message) and "sector = 'robot'" in error.details()


# --- what is written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_the_template_is_read_as_it_is(tmp_path, lang, ending):
    from ecocluster.viz.firm_template import write_template
    from ecocluster.viz.words import Words

    path = write_template(tmp_path / f"t{ending}", Words(lang))
    table = read_firms(path)
    assert len(table.firms) == 4 and table.problem() is None and table.firms[2]["sector"] == "wood_building"
    with pytest.raises(ScenarioError, match="exists already"):
        write_template(path, Words(lang))
    with pytest.raises(ScenarioError):
        write_template(tmp_path / "t.docx", Words(lang))


def test_no_cell_that_goes_out_is_run(tmp_path):
    import pandas as pd
    from ecocluster.experiments.spreadsheet import csv_bytes, frame_as_it_was, workbook_of

    wild = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "food", "-", "-5", "'x"]
    inside = ["x;=1+1;y", "x; @SUM(A1)", "x\t=1", "x\n=1", "x;＝1", "x;'=1", "a; b", "=1;=2"]
    for text in inside:
        cut = re.split(r"[;\t\n]", safe_text(text))
        assert not any(part.strip()[:1] in tuple("=+-@＝＋－＠") and part.strip() for part in cut), text
        assert as_it_was(safe_text(text)) == text or text == "x;'=1"
    frame = pd.DataFrame({"=name": wild, "value": range(len(wild))})
    back = pd.read_csv(io.BytesIO(csv_bytes(frame)))
    assert list(back)[0] == "'=name" and [text[0] for text in back["'=name"][:6]] == ["'"] * 6
    assert list(back["'=name"][6:]) == wild[6:]
    pd.testing.assert_frame_equal(frame_as_it_was(back), frame)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_of({"s": frame})))["s"]
    assert all(cell.data_type in "sn" for row in sheet for cell in row)
    assert workbook_of({"s": frame}) == workbook_of({"s": frame})
    whole = pd.DataFrame({"a": ["x"], "b": [1.5]})
    assert csv_bytes(whole) == whole.to_csv(index=False, lineterminator="\n").encode()


def test_columns_are_written_as_their_frame():
    import numpy as np
    import pandas as pd
    from ecocluster.experiments.spreadsheet import columns_csv, columns_parquet, columns_rows, csv_bytes, workbook_of

    columns = {
        "=name": ["=1+1", "a,b", 'a "b"', "", "nước"], "year": np.arange(2020, 2025), "runs": (1, 2, 3, 4, 5),
        "mean": [0.1 + 0.2, math.nan, -0.0, 1e300, 1e-7], "low": np.arange(10.0)[::2],
    }  # fmt: skip
    frame = pd.DataFrame(columns)
    assert columns_csv(columns) == csv_bytes(frame)
    assert xlsx_bytes({"s": columns_rows(columns)}) == workbook_of({"s": frame})
    stream = io.BytesIO(columns_parquet(columns))
    pd.testing.assert_frame_equal(pd.read_parquet(stream), frame, check_exact=True)
    import pyarrow.parquet

    plain = pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    assert pyarrow.parquet.read_table(stream).equals(plain, check_metadata=True)
    assert plain["mean"].null_count == 1


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-x", "＝1+1", "\t=1"])
def test_no_cell_of_a_page_runs_where_it_is_pasted(text):
    from ecocluster.viz.report import open_template
    from ecocluster.viz.words import Words

    page = open_template("report.html.j2").environment.from_string("<td>{{ name }}</td>").render(name=text)
    assert page.startswith("<td>&#39;") and Words("vi").name("pathway", text).startswith("'")
    fine = [
        open_template("report.html.j2").environment.from_string("{{ x }}").render(x=x)
        for x in ("-5,2", "+3 (1 đến 4)", "−2", "gỗ", "-")
    ]
    assert fine == ["-5,2", "+3 (1 đến 4)", "−2", "gỗ", "-"]
