"""Tables that were made to be misread: layouts, units, fonts and files of offices; read rightly, asked about, or refused by name."""

import io
import unicodedata
import zipfile

import openpyxl
import pytest
from ecocluster.scenarios import Choices, ScenarioError, read_firms
from ecocluster.scenarios.given import without_marks
from ecocluster.scenarios.industries import industries, sector_of
from ecocluster.scenarios.letters import _VNI_ALONE, _VNI_MARKS


def xlsx(path, *, merged=(), hidden=(), **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)
    return path


def firms(table):
    return [(firm["sector"], firm["workers"], *([firm["revenue"]] if "revenue" in firm else [])) for firm in table.firms]


def told(table):
    return {remark.key: remark.fields for remark in table.remarks}


def asked(path, choices=None):
    """Keys of all that is asked of a table, or why it is refused."""
    try:
        problem = read_firms(path, choices).problem()
    except ScenarioError as error:
        problem = error
    return [] if problem is None else [one.problem.key for one in (problem, *problem.others)]


COMMUNES = [  # sums of each commune above its enterprises, two years of revenue, lines of numbers and signatures
    ["SỞ CÔNG THƯƠNG TỈNH X"],
    ["DANH SÁCH CƠ SỞ SẢN XUẤT"],
    [],
    ["TT", "Tên cơ sở", "Ngành nghề sản xuất chính", "Số lao động", None, None, "Doanh thu", None, "Ghi chú"],
    [None, None, None, "Tổng số", "Nam", "Nữ", "Năm 2022 (triệu đồng)", "Năm 2023 (triệu đồng)", None],
    ["1", "2", "3", "4=5+6", "5", "6", "7", "8", "9"],
    ["I", "Xã A", None, 75, 40, 35, 30_000, 33_000],
    [1, "Cơ sở 1", "Sản xuất giấy", 45, 25, 20, 20_000, 22_000],
    [2, "Cơ sở 2", "Tái chế giấy vụn", 30, 15, 15, 10_000, 11_000],
    ["II", "Xã B", None, 20, 15, 5, 4000, 4500],
    [3, "Tổng công ty 3", "2410", 20, 15, 5, 4000, 4500],
    [None, "Tổng cộng toàn bộ các cơ sở sản xuất trong cụm công nghiệp", None, 95, 55, 40, 34_000, 37_500],
    ["Ghi chú: số liệu do xã cung cấp"],
    [None, "NGƯỜI LẬP", None, None, None, "GIÁM ĐỐC"],
]


def test_sums_of_communes_are_no_enterprises_and_a_year_is_asked(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", merged=["D4:F4", "A4:A5", "B4:B5", "C4:C5", "G4:H4"], x=COMMUNES)
    assert asked(path) == ["column_doubt_sum"]
    table = read_firms(path, Choices(columns={"revenue": "H"}))
    assert firms(table) == [
        ("plastic_paper_chemical", 45, 22_000), ("plastic_paper_chemical", 30, 11_000), ("metal_mechanical", 20, 4500)
    ]  # fmt: skip
    assert table.problem() is None and told(table)["passed_total"]["lines"] == "7, 10, 12"


def test_a_sum_without_a_word_is_told_by_its_lines(write):
    lines = "ngành;lao động\nmay;20\ngỗ;7\n;27\n"
    assert len(read_firms(write("a.csv", lines)).firms) == 2 and not asked(write("b.csv", lines))
    assert asked(write("c.csv", lines.replace("27", "28"))) == ["rows_refused"], "28 is no sum: an enterprise without a trade"


@pytest.mark.parametrize(
    ("rows", "merged", "letters", "read"),
    [
        ([["Tên", "Ngành", "Lao động", None], [None, None, "Nam", "Nữ"], ["A", "may", 5, 40], ["B", "gỗ", 10, None]],
         ["C1:D1"], {"workers": "C+D"}, [("textile", 45), ("wood_building", 10)]),
        ([["Tên", "Ngành", "LĐ nam", "LĐ nữ"], ["A", "may", "5", "-"], ["B", "gỗ", "1 000", "2"]],
         [], {"workers": "LĐ nam+LĐ nữ"}, [("textile", 5), ("wood_building", 1002)]),
        ([["Ngành", "LĐ", "Doanh thu (tỷ đồng)", None, None, None], [None, None, "Quý I", "Quý II", "Quý III", "Quý IV"], ["may", 45, 1, 2, 3, 4.5]],
         ["C1:F1"], {"revenue": "C+D+E+F"}, [("textile", 45, 10_500)]),
    ],
)  # fmt: skip
def test_columns_that_add_up_are_asked_about_and_added(tmp_path, rows, merged, letters, read):
    path = xlsx(tmp_path / "a.xlsx", merged=merged, x=rows)
    assert asked(path) == ["column_doubt_sum"], "never the first of them alone"
    assert firms(read_firms(path, Choices(columns=letters))) == read


def test_parts_of_which_one_has_no_answer_are_no_sum(write):
    path = write("a.csv", "ngành;LĐ nam;LĐ nữ\nmay;5;-9\ngỗ;3;x\ngiấy;1;1\n")
    table = read_firms(path, Choices(columns={"workers": "B+C"}))
    assert firms(table) == [("plastic_paper_chemical", 2)] and told(table)["passed_unanswered"]["lines"] == "2"
    assert [refusal.line for refusal in table.refused] == [3]


def test_lines_that_stand_for_several_enterprises_are_asked_about(write):
    path = write("a.csv", "Ngành nghề;Số cơ sở;Số lao động\ncơ khí;30;450\nmay;12;900\n")
    assert asked(path) == ["doubt_counts"] and not asked(path, Choices(accept=("counts",)))
    assert not asked(write("b.csv", "Ngành nghề;Số cơ sở;Số lao động\ncơ khí;1;450\nmay;1;900\n"))


def test_one_cluster_among_several(write):
    path = write("a.csv", "Tỉnh;CCN;Tên;Ngành;LĐ\nX;Phong Khê;A;giấy;30\nX;Xuân Tiến;B;cơ khí;9\n")
    assert asked(path) == ["doubt_places"] and not asked(path, Choices(accept=("places",)))
    table = read_firms(path, Choices(only={"ccn": "PHONG KHÊ"}))
    assert firms(table) == [("plastic_paper_chemical", 30)] and told(table)["passed_elsewhere"]["lines"] == "3"
    with pytest.raises(ScenarioError, match="did you mean 'Phong Khê'"):
        read_firms(path, Choices(only={"B": "Phong Kê"}))
    with pytest.raises(ScenarioError) as caught:
        read_firms(path, Choices(only={"Tên": "C"}))
    assert "A" not in (caught.value.allowed or "").split(", "), "names of firms are told to nobody"


def test_a_second_table_with_its_columns_elsewhere_is_refused_by_its_line(write):
    below = "Tên;Ngành;Diện tích;LĐ\nC;giấy;1000;10\n"
    assert asked(write("a.csv", "Tên;Ngành;LĐ;Diện tích\nA;may;10;500\n\n" + below)) == ["second_head"]
    assert len(read_firms(write("b.csv", below.replace("C;", "A;") + below)).firms) == 2, (
        "the same columns: a head that is repeated"
    )


@pytest.mark.parametrize(
    ("head", "unit", "revenue"),
    [
        ("DT (tỷ đồng)", "", 5400), ("DT triệu đồng", "", 5.4), ("DT (ĐVT: tỷ đồng)", "", 5400), ("DTT (tỷ)", "", 5400), ("DT đất (m2)", "", None),
        ("DT (ha)", "", None), ("DT", "", None), ("Doanh thu", "ĐVT: tỷ đồng", 5400), ("Doanh thu", "Đơn vị tính: người, tỷ đồng", 5400),
        ("Doanh thu", "Đơn vị báo cáo: xã Đồng Tâm", 5.4),
    ],
)  # fmt: skip
def test_the_unit_stands_in_the_head_or_above_it(write, head, unit, revenue):
    text = f";;{unit}\nNgành;Lao động;{head}\nmay;45;5,4\n" if unit else f"Ngành;Lao động;{head}\nmay;45;5,4\n"
    table = read_firms(write("a.csv", text), Choices(accept=("revenue",)))
    assert table.firms[0].get("revenue") == revenue


def test_dollars_above_the_head_are_asked_about(write):
    assert asked(write("a.csv", ";;ĐVT: 1.000 USD\nNgành;Lao động;Doanh thu\nmay;45;50400\n")) == ["money_foreign"]


def test_hidden_sheets_are_passed_over_unless_they_are_asked_for(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", hidden=["old"], old=[["ngành", "LĐ"], ["may", 5]], new=[["ngành", "LĐ"], ["may", 25]])
    table = read_firms(path)
    assert firms(table) == [("textile", 25)] and told(table)["sheets_hidden"]["sheets"] == "old"
    assert firms(read_firms(path, Choices(sheet="old"))) == [("textile", 5)]


def test_a_merged_trade_holds_for_all_its_lines_and_a_number_for_none(tmp_path):
    rows = [["Tên", "Ngành", "LĐ"], ["A", "may", 45], ["B", None, 20], ["C", "gỗ", 5], ["D", "gỗ", None]]
    table = read_firms(xlsx(tmp_path / "a.xlsx", merged=["B2:B3", "C4:C5"], x=rows))
    assert firms(table) == [("textile", 45), ("textile", 20), ("wood_building", 5)] and [one.line for one in table.refused] == [5]


SURVEY = [["idstd", "a2", "a4a", "l1"], [1, 1, 3, 45], [2, 1, 1, 12], [3, 2, 15, 150]]


def test_coded_trades_are_read_by_their_code_book(tmp_path):
    book = [
        ["variable", "code", "label"],
        ["a2", 1, "Food Street"],
        ["a4a", 1, "Food"],
        ["a4a", 3, "Garments"],
        ["a4a", 15, "Furniture"],
    ]
    choices = Choices(columns={"workers": "l1", "sector": "a4a"})
    table = read_firms(xlsx(tmp_path / "a.xlsx", Data=SURVEY, Codes=book), choices)
    assert firms(table) == [("textile", 45), ("food", 12), ("wood_building", 150)], "15 is furniture here, leather in VSIC"
    assert told(table)["code_book"] == {"sheet": "Codes"}
    said = Choices(columns=choices.columns, trades={"3": "may", "1": "food", "15": "gỗ"})
    assert firms(read_firms(xlsx(tmp_path / "b.xlsx", Data=SURVEY), said)) == firms(table)
    with pytest.raises(ScenarioError, match="--trades"):
        read_firms(tmp_path / "b.xlsx", Choices(columns=choices.columns, trades={"3": "?"}))


def test_census_heads_without_blanks(write):
    path = write("a.csv", "MASOTHUE,VSIC,TONGLD,DOANHTHU\n01,14100,45,5400\n02,C.16,9,600\n03,G4659,3,100\n")
    table = read_firms(path)
    assert firms(table) == [("textile", 45, 5400), ("wood_building", 9, 600)]
    assert [refusal.reason.key for refusal in table.refused] == ["cell_not_section_c"]


@pytest.mark.parametrize(("workers", "key"), [("999", "doubt_code"), ("998", "doubt_code"), ("1.250", "cell_thousands")])
def test_numbers_that_are_rather_codes(write, workers, key):
    path = write("a.csv", f"ngành;lao động\nmay;{workers}\ngỗ;7\n")
    assert [refusal.reason.key for refusal in read_firms(path).refused] == [key]
    assert firms(read_firms(path, Choices(accept=("codes",), decimal="comma")))[0] == ("textile", float(workers.replace(".", "")))


def test_one_firm_in_two_spellings_stands_twice(write):
    path = write("a.csv", "Tên DN;Ngành;LĐ\nCông ty TNHH A;may;20\nCty TNHH A.;may;20\nC.ty TNHH B;may;20\n")
    assert [(one.line, one.reason.key) for one in read_firms(path).refused] == [(3, "doubt_double")]


# --- letters ---------------------------------------------------------------------------------------------------

LETTERS = "Ngành nghề;Số lao động;Ghi chú\nchế biến gỗ;12;Đã đủ\nthực phẩm;8;mỹ kỵ bị vĩnh nghỉ tí lì\nSản xuất giấy;5;ƯU TIÊN\n"


def vni(text):
    """As the fonts of VNI hold it: a letter and its mark, or one letter."""
    alone, marks = (
        {new: old for old, new in _VNI_ALONE.items()},
        {unicodedata.normalize("NFC", "o" + m): c for c, m in _VNI_MARKS.items()},
    )
    horned = {"ơ": "ô", "ư": "ö"}
    out = ""
    for letter in unicodedata.normalize("NFC", text):
        low = letter.lower()
        new = alone.get(low)
        if new is None and not low.isascii():
            parts = unicodedata.normalize("NFD", low)
            base = unicodedata.normalize("NFC", parts[0] + ("\u031b" if "\u031b" in parts else ""))
            rest = "".join(part for part in parts[1:] if part != "\u031b")
            new = horned.get(base, base) + (marks[unicodedata.normalize("NFC", "o" + rest)] if rest else "")
        new = low if new is None else new
        out += new if letter == low else new.upper()
    return out


@pytest.mark.parametrize("content", [vni(LETTERS).encode("cp1252"), vni(LETTERS).encode(), vni(LETTERS).encode("utf-16")])
def test_vni_fonts(write, content):
    table = read_firms(write("a.csv", content))
    assert firms(table) == [("wood_building", 12), ("food", 8), ("plastic_paper_chemical", 5)] and "read_as_vni" in told(table)
    assert table.heads == ("Ngành nghề", "Số lao động", "Ghi chú")


def test_a_workbook_in_vni_fonts(tmp_path):
    rows = [[vni(cell) for cell in ("Ngành nghề", "Số lao động")], [vni("chế biến gỗ"), 12], [vni("may mặc"), 3]]
    assert firms(read_firms(xlsx(tmp_path / "a.xlsx", x=rows))) == [("wood_building", 12), ("textile", 3)]


def test_utf8_that_was_read_as_windows_western_is_put_right(write):
    mixed = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in LETTERS.encode())
    table = read_firms(write("a.csv", mixed))
    assert table.heads[:2] == ("Ngành nghề", "Số lao động") and len(table.firms) == 3 and "read_as_mixed" in told(table)


def test_letters_without_marks_are_not_read_as_others(write):
    table = read_firms(write("a.csv", "Nganh nghe;So lao dong\nche bien go;12\nthuc pham;8\nmay;3\ndong goi;2\n"))
    assert firms(table)[:2] == [("wood_building", 12), ("food", 8)]
    assert firms(read_firms(write("b.csv", "Ngành;LĐ\nchế biến gỗ;12\nbia;8\n")))[1][0] == "food", "beer, in a table with marks"


# --- files -----------------------------------------------------------------------------------------------------

HTML = '<html><head><meta charset="utf-8"></head><body><table><tr><td>Ngành</td><td>LĐ</td></tr></table></body></html>'


def docx():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (HTML.encode(), "web"), (b"\xef\xbb\xbf\r\n" + HTML.encode(), "web"), (HTML.encode("utf-16"), "web"), (b'<?xml version="1.0"?><Workbook/>', "xml"),
        (b"%PDF-1.7\n%\xe2\xe3", "pdf"), (b"\x89PNG\r\n\x1a\n" + bytes(99), "picture"), (docx(), "word"), (rb"{\rtf1\ansi ng}", "word"),
        (b'[{"sector": "may"}]', "json"),
    ],
)  # fmt: skip
def test_files_of_other_kinds_are_named(write, content, kind):
    with pytest.raises(ScenarioError) as caught:
        read_firms(write("a.xls", content))
    assert caught.value.problem.key == "other_kind" and caught.value.problem.fields["kind"].key == f"kind_{kind}"


def test_a_workbook_with_a_password_is_told_from_a_broken_one(write):
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert asked(write("a.xlsx", ole + "EncryptedPackage".encode("utf-16-le"))) == ["workbook_locked"]
    assert asked(write("b.xlsx", ole)) == ["not_a_workbook"]


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "XFD1"])
def test_a_stray_cell_far_away_ends_no_process(tmp_path, place):
    path = xlsx(tmp_path / "a.xlsx", x=[["ngành", "LĐ"], ["may", 5]])
    book = openpyxl.load_workbook(path)
    book["x"][place] = "."
    book.save(path)
    keys = asked(path)  # in the corner it took the process along
    assert keys in (["sheet_far"], ["sheet_size"], []) and (place != "XFD1048576" or keys)


# --- words of trades -------------------------------------------------------------------------------------------


def shortened(name):
    """An official name as people write it."""
    short = name.partition(" (trừ")[0]
    yield from (name, name.upper(), short, without_marks(name), without_marks(short))
    for first in ("Sản xuất ", "Chế biến ", "Gia công "):
        if name.startswith(first):
            rest = short.removeprefix(first)
            yield from (rest, f"SX {rest}", f"Xưởng {short.lower()}", f"Cơ sở {short.lower()} và thương mại")


@pytest.mark.parametrize("row", [row for row in industries() if row.sector], ids=lambda row: f"{row.code}-{row.edition}")
def test_no_official_name_in_any_form_is_answered_by_another_sector(row):
    for text in shortened(row.name):
        try:
            assert sector_of(text) == row.sector, text
        except ScenarioError:
            assert text != row.name, "its own name is known"


@pytest.mark.parametrize(
    ("text", "sector"),
    [
        ("Bánh răng", "metal_mechanical"), ("bánh xe", "metal_mechanical"), ("đồng phục", "textile"), ("Đồng hồ", "electronics_hightech"),
        ("mỳ sợi", "food"), ("tủ lạnh", "electronics_hightech"), ("bột giấy", "plastic_paper_chemical"), ("da cá sấu", "textile"), ("đá lạnh", "food"),
        ("che bien go", "wood_building"), ("may moc", "metal_mechanical"), ("san xuat banh keo", "food"), ("co khi che tao may", "metal_mechanical"),
        ("gia công may", "textile"), ("Máy chế biến gỗ", "metal_mechanical"),
    ],
)  # fmt: skip
def test_the_word_that_tells(text, sector):
    assert sector_of(text) == sector


@pytest.mark.parametrize(
    "text",
    ["chăn nuôi", "cá nhân", "may cong nghiep", "dong goi", "hang dong lanh", "che bien da", "may che bien go", "son", "chế biến", "Chế biến khoáng sản",
     "thủ công mỹ nghệ", "công nghiệp", "đồ chơi", "sua chua xe"],
)  # fmt: skip
def test_what_tells_of_no_sector_or_of_two_is_refused_without_a_false_hint(text):
    with pytest.raises(ScenarioError) as caught:
        sector_of(text)
    assert caught.value.problem.key in ("cell_sector", "cell_diacritics")


def test_a_slip_of_the_pen_is_still_hinted_at():
    with pytest.raises(ScenarioError, match="'thực phẩm'"):
        sector_of("thục phẩn")


@pytest.mark.parametrize("sums", [(None, None), (30, 40)])
def test_trades_that_stand_in_lines_above_their_enterprises(tmp_path, sums):
    rows = [
        ["DANH SÁCH"], ["STT", "Tên cơ sở", "Số lao động"], ["I", "Ngành cơ khí", sums[0]], [1, "Xưởng gỗ A", 20], [2, "B", 10],
        ["II", "Dệt may", sums[1]], [1, "C", 40], [None, "Tổng cộng", 70], [None, "Người lập biểu", None],
    ]  # fmt: skip
    table = read_firms(xlsx(tmp_path / "a.xlsx", x=rows))
    assert firms(table) == [("metal_mechanical", 20), ("metal_mechanical", 10), ("textile", 40)] and table.problem() is None


def test_names_that_tell_of_trades_are_no_groups(tmp_path):
    rows = [["STT", "Tên cơ sở", "Số lao động"], [1, "Xưởng gỗ A", 20], [2, "Cơ khí B", 10], [3, "C", 40]]
    assert "column_missing_of" in asked(xlsx(tmp_path / "a.xlsx", x=rows)) or asked(xlsx(tmp_path / "a.xlsx", x=rows)) == [
        "column_unsure"
    ]


def test_a_part_below_a_part_and_a_signature_in_the_first_column(tmp_path, write):
    rows = [
        ["Tên", "Ngành", "Lao động", None, None],
        [None, None, "Tổng", "Trong đó", None],
        [None, None, None, "Nam", "Nữ"],
        ["A", "may", 45, 5, 40],
    ]
    assert firms(read_firms(xlsx(tmp_path / "a.xlsx", x=rows))) == [("textile", 45)]
    table = read_firms(write("a.csv", "Ngành;Lao động;DT\nmay;30;5,4 tỷ\n\nTổng số: 2 cơ sở\n(Ký tên)\n"))
    assert firms(table) == [("textile", 30)] and table.problem() is None
    assert told(table)["near_column"]["head"] == "DT", "floor area or revenue: told, not taken"


@pytest.mark.parametrize(
    "text", ["Từ 10 đến 50 người", "dưới 10", "trên 50 lao động", "~30", "khoảng 30", "<10", "≥ 200", "30+", "10 to 20", "10÷20"]
)
def test_ranges_in_words_are_told_as_ranges(write, text):
    assert [one.reason.key for one in read_firms(write("a.csv", f"ngành;lao động\nmay;{text}\ngỗ;7\n")).refused] == ["cell_range"]


@pytest.mark.parametrize(
    ("text", "sector"),
    [("1410, 1311", "textile"), ("C1410; C1520", "textile"), ("10/11", "food"), ("14,10", None), ("1410; 25", None)],
)
def test_several_codes_are_one_trade_or_asked_about(text, sector):
    if sector is None:
        with pytest.raises(ScenarioError) as caught:
            sector_of(text)
        assert caught.value.problem.key == "cell_sector_words"
    else:
        assert sector_of(text) == sector
