"""A scenario from a table of enterprises: round trip, refusals row by row, nothing half written."""

import os
from pathlib import Path

import pytest
from ecocluster.scenarios import Choices, ScenarioError, load_scenario, new_scenario, validate_file

GOOD = """sector,workers,revenue,x,y,technologies,need,trust
food,12,5000,0.5,1.25,T1;T2,5,2
Dệt may,40,,,,T1+own_plant,,3.5
cơ khí,7,2000.5,2,2,,4,
"""


def refusal(*arguments, **keywords):
    with pytest.raises(ScenarioError) as caught:
        new_scenario(*arguments, **keywords)
    assert "\n" not in str(caught.value)
    return caught.value


def test_round_trip(write, tmp_path):
    report = new_scenario("my-cluster", write("firms.csv", GOOD), tmp_path / "out")
    assert (report.accepted, report.refused) == (3, ())
    assert report.read == ("sector", "workers", "revenue", "x", "y", "technologies", "need", "trust")
    assert sorted(os.listdir(tmp_path / "out")) == ["my-cluster-firms.csv", "my-cluster.toml"]
    site = load_scenario(report.scenario).site
    (cluster,) = site.clusters
    assert (site.id, site.kind, cluster.firms_2018, cluster.synthetic) == ("my-cluster", "cluster", 3, True)
    assert cluster.area_built == pytest.approx(3 * 0.36)
    first, second, third = cluster.firms
    assert (first.sector, first.workers, first.revenue, first.x, first.y) == ("food", 12, 5000, 0.5, 1.25)
    assert (first.technologies, first.need, first.trust) == (("T1", "T2"), 5, 2)
    assert (second.sector, second.revenue, second.x, second.trust) == ("textile", None, None, 3.5)
    assert second.technologies == ("T1", "own_plant")
    assert (third.sector, third.workers, third.revenue, third.technologies) == (
        "metal_mechanical",
        7,
        2000.5,
        None,
    )
    assert validate_file(report.scenario)["known_firms"] == 3
    assert validate_file(report.firms)["workers"] == 59
    text = str(report)
    assert "3 firms read" in text and "revenue" in text and "(for 1 of 3 firms)" in text and "assumed: area" in text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_byte_order_mark(write, tmp_path, encoding, separator):
    table = separator.join(["Ngành", "Lao động"]) + "\n" + separator.join(["thực phẩm", "12"]) + "\r\n"
    report = new_scenario("a", write("firms.csv", table.encode(encoding)), tmp_path / "out")
    assert report.separator == separator
    firm = load_scenario(report.scenario).site.clusters[0].firms[0]
    assert (firm.sector, firm.workers) == ("food", 12)


def test_decimal_comma_where_the_numbers_say_so(write, tmp_path):
    accept = Choices(accept=("fractions",))
    for name, table in {"a": "sector;workers\nfood;7,5\n", "b": 'sector,workers\nfood,"7,5"\n'}.items():
        report = new_scenario(name, write("firms.csv", table), tmp_path, choices=accept)
        assert load_scenario(report.scenario).site.clusters[0].firms[0].workers == 7.5
    both = refusal("c", write("firms.csv", 'sector,workers\nfood,"7,5"\nfood,8.25\n'), tmp_path, choices=accept)
    assert "write the number" in str(both)
    assert "part of a worker" in str(refusal("d", write("firms.csv", "sector;workers\nfood;7,5\n"), tmp_path))


@pytest.mark.parametrize(
    ("word", "sector"),
    [
        ("Thực phẩm", "food"),
        ("thuc pham", "food"),
        ("DỆT MAY", "textile"),
        ("co khi", "metal_mechanical"),
        ("giấy", "plastic_paper_chemical"),
        ("giày", "textile"),
        ("Nhựa", "plastic_paper_chemical"),
        ("đồ gỗ", "wood_building"),
        ("do go", "wood_building"),
        ("High-tech", "electronics_hightech"),
        ("metal_mechanical", "metal_mechanical"),
        ("Metal/mechanical", "metal_mechanical"),
        ("máy", "metal_mechanical"),
        ("may", "textile"),
    ],
)
def test_names_of_sectors(write, tmp_path, word, sector):
    report = new_scenario("a", write("firms.csv", f"sector,workers\n{word},5\n"), tmp_path)
    assert load_scenario(report.scenario).site.clusters[0].firms[0].sector == sector


def test_all_refused_rows_are_listed_and_nothing_is_written(write, tmp_path):
    table = (
        "sector,workers,revenue,x,y,technologies,trust\n"
        "food,10,,,,,\n"  # line 2, good
        "fod,10,,,,,\n"
        "giay,10,,,,,\n"
        "food,0,,,,,\n"
        "food,-3,,,,,\n"
        "food,inf,,,,,\n"
        "food,1e999,,,,,\n"
        "food,ten,,,,,\n"
        ",10,,,,,\n"
        'food,"1.500",,,,,\n'
        "food,10,,1,,,\n"
        "food,10,,,,T3,\n"
        "food,10,-5,,,,\n"
        "food,10,,,,,6\n"
        "xyz,abc,,,,,\n"  # two cells
    )
    error = refusal("a", write("firms.csv", table), tmp_path / "out")
    found = [(item.line, item.column) for item in error.refused]
    assert found == [
        (3, "sector"), (4, "sector"), (5, "workers"), (6, "workers"), (7, "workers"), (8, "workers"),
        (9, "workers"), (10, "sector"), (11, "workers"), (12, "x"), (13, "technologies"),
        (14, "revenue"), (15, "trust"),
        (16, "sector"), (16, "workers"),
    ]  # fmt: skip
    reasons = [item.reason for item in error.refused]
    assert "did you mean 'food'" in reasons[0] and "ambiguous" in reasons[1]
    assert "out of range; allowed: 1 to 5000 persons" in reasons[2] and "finite" in reasons[4]
    assert "without separators" in reasons[8] and "go together" in reasons[9] and "million VND" in reasons[11]
    assert "14 of 15 rows refused, nothing written" in str(error)
    assert len(error.details().splitlines()) == 1 + len(found)
    assert not (tmp_path / "out").exists()
    report = new_scenario("a", tmp_path / "firms.csv", tmp_path / "out", skip_bad_rows=True)
    assert report.accepted == 1 and len(report.refused) == len(found)
    assert len(load_scenario(report.scenario).site.clusters[0].firms) == 1, "one firm is allowed"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the table is empty"),
        ("sector,workers\n", "a header but no rows"),
        ("sector\nfood\n", "workers: the column is missing"),
        ("sector,workers,workers\nfood,1,2\n", "more than one column may hold it: workers, workers"),
        ("sector,lao động,workers\nfood,1,2\n", "more than one column may hold it: lao động, workers"),
        ("sector,workers\nfood,1,2\n", "line 2: 1 cells beyond the last head"),
        ('sector,workers\n"food,1\n', "broken table"),
        ("ngành,lao động\nthực phẩm,3\n".encode("cp1258", "replace"), "letters were lost"),
        ("sector,workers\nfood,3\n".encode("utf-16")[:-1], "is none"),
        ("ngành,lao động\nfood,3\n".encode("shift-jis", "replace") + b"\xff", "neither UTF-8 nor another code page"),
        ("sector,workers\n" + "food,3\n" * 5001, "too many rows; allowed: at most 5000 rows"),
        (b"sector,workers\n" + b" " * 20_000_001, "the file has 20.0 MB; allowed: at most 20 MB"),
        ("sector,workers\nfood,\n", "1 of 1 rows refused"),
    ],
)
def test_tables_that_cannot_be_used(write, tmp_path, content, words):
    error = refusal("a", write("firms.csv", content), tmp_path / "out")
    assert words in str(error) and "firms.csv" in str(error)
    assert not (tmp_path / "out").exists()


def test_zero_firms_left(write, tmp_path):
    error = refusal("a", write("firms.csv", "sector,workers\nfood,0\n"), tmp_path / "out", skip_bad_rows=True)
    assert "no row is left" in str(error) and len(error.refused) == 1


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "../a", "a.toml", "ä", "a" * 42])
def test_names(write, tmp_path, name):
    error = refusal(name, write("firms.csv", GOOD), tmp_path / "out")
    assert error.key == "name" and "a-z, 0-9" in error.allowed
    assert not (tmp_path / "out").exists()


def test_what_exists_is_not_overwritten(write, tmp_path):
    firms = write("firms.csv", GOOD)
    new_scenario("a", firms, tmp_path / "out")
    before = (tmp_path / "out" / "a.toml").read_bytes()
    assert "exists already" in str(refusal("a", firms, tmp_path / "out"))
    assert (tmp_path / "out" / "a.toml").read_bytes() == before
    new_scenario("b", firms, tmp_path / "out")
    assert len(os.listdir(tmp_path / "out")) == 4


def test_a_folder_that_cannot_be_made(write, tmp_path):
    assert "cannot write here" in str(refusal("a", write("firms.csv", GOOD), tmp_path / "firms.csv" / "out"))


def test_a_failure_while_writing_leaves_nothing(write, tmp_path, monkeypatch):
    from ecocluster.scenarios import making

    def broken(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "load_scenario", broken)
    assert "No space left" in str(refusal("a", write("firms.csv", GOOD), tmp_path / "out"))
    assert os.listdir(tmp_path / "out") == []


def test_the_largest_table(write, tmp_path):
    report = new_scenario("big", write("firms.csv", "sector,workers\n" + "food,3\n" * 5000), tmp_path)
    site = load_scenario(report.scenario).site
    assert len(site.clusters[0].firms) == 5000 and site.kind == "park" and site.budget_share == 1


def test_cleaned_numbers_can_be_read_again(write, tmp_path):
    report = new_scenario(
        "a",
        write("firms.csv", "sector,workers\nfood,1.2340\nfood,1e2\nfood,3.14159265358979\n"),
        tmp_path,
        choices=Choices(accept=("fractions",)),
    )
    workers = [firm.workers for firm in load_scenario(report.scenario).site.clusters[0].firms]
    assert workers == [1.234, 100, 3.14159265358979]
    again = new_scenario("b", report.firms, tmp_path, choices=Choices(accept=("fractions",)))
    assert again.firms.read_bytes() == report.firms.read_bytes()


def test_killed_between_its_two_files_it_can_be_run_again(write, tmp_path, monkeypatch):
    firms, out, given = write("firms.csv", GOOD), tmp_path / "out", []
    replace = Path.replace

    def killed(self, target):
        given.append(target)
        if len(given) == 2:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            new_scenario("a", firms, out)
    assert os.listdir(out) == ["a-firms.csv"]  # the table alone
    report = new_scenario("a", firms, out)
    assert len(load_scenario(report.scenario).site.clusters[0].firms) == report.accepted


@pytest.mark.parametrize("kind", ["other", "link", "folder"])
def test_a_table_of_that_name_that_is_not_ours_stays(write, tmp_path, kind):
    firms, out = write("firms.csv", GOOD), tmp_path / "out"
    new_scenario("a", firms, tmp_path / "first")
    ours = (tmp_path / "first" / "a-firms.csv").read_bytes()
    out.mkdir()
    table, elsewhere = out / "a-firms.csv", tmp_path / "elsewhere.csv"
    if kind == "other":
        table.write_bytes(ours[:-1] + b"5")
    elif kind == "link":
        elsewhere.write_bytes(ours)
        table.symlink_to(elsewhere)
    else:
        table.mkdir()
    before = table.read_bytes() if kind != "folder" else b""
    assert "exists already" in str(refusal("a", firms, out))
    assert not (out / "a.toml").exists() and (kind == "folder" or table.read_bytes() == before)
