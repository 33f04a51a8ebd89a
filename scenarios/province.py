"""A site of any province from its list of clusters: name, area, firms or workers, main trade, plant or none.

What the list leaves out is reckoned from Hanoi's clusters or drawn by the model, and each is said; nothing of it is called known.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model.border import bordered
from ..model.sites_and_arms import SECTORS, Site
from .enterprises import Choices
from .errors import Message, Refusal, ScenarioError, Tell
from .firm_lines import is_total
from .given import path_of, without_marks
from .heads import Field, Heads, Unsure, find_heads
from .industries import plain, sector_of
from .numerals import decimal_sign, is_no_answer, number_in
from .schema import CLUSTER_AREA_CAP, MAX_FIRMS, known_id
from .sheets import cell_text, read_sheets
from .sites import load_scenario

__all__ = ["ClusterLine", "ClusterList", "Province", "new_province", "read_clusters", "site_text"]

_WORKERS_PER_FIRM = 15.5  # 60,000 for 3,864 firms in Hanoi (evidence A2.14)
_FIRMS_PER_HA = 3864 / 1392  # A2.17
_BUILT_SHARE = 1392 / 1686  # A2.19
_MAIN_SHARE = 0.6  # of the firms are of the main trade: an assumption
_PLANT_SINCE = 2019.0  # where the year is not told: before any programme of the model
_M2, _LARGEST = 1e-4, 1000.0  # ha in a square metre; ha of the largest parks of the country
_AREA_UNITS = re.compile(r"(?<!\w)(?:(m2|m²|m\^2|mét vuông|met vuong|sqm)|(km2|km²))(?!\w)", re.I)
_YES = ("có", "co", "yes", "x", "true", "đã có", "có trạm", "hoạt động", "đang hoạt động")
_NO = ("không", "khong", "no", "chưa", "chưa có", "không có", "none", "false", "0", "-")

_UNKNOWN = ("planned", "firms", "mix", "trade", "plant", "plant_year")

_FIELDS = (
    Field("cluster_name", ("tên", "name", "tên cụm", "cụm", "cụm công nghiệp", "tên ccn", "ccn", "cluster"),
          r"cụm|\bccn\b|\bcluster\b", r"số|ngày|quyết định|diện tích", needed=True),
    Field("area", ("diện tích", "area", "diện tích (ha)"), r"diện tích|\barea\b|\bha\b", r"cho thuê|còn lại|leased|cây xanh|quy hoạch|planned", r"\bdt\b.*(?:\bha\b|m2|m²)", needed=True),
    Field("area_planned", ("area_planned", "diện tích quy hoạch", "planned area"), r"quy hoạch|\bplanned\b"),
    Field("firms", ("firms", "số cơ sở", "số doanh nghiệp", "số dn", "enterprises"), r"số (cơ sở|doanh nghiệp|dn|dự án|hộ)|\bfirms\b|\benterprises\b|tenants"),
    Field("workers", ("workers", "lao động", "số lao động"), r"lao động|\blđ\b|\bworkers\b|\bemployees\b|\bjobs\b", r"nữ|female"),
    Field("sector", ("sector", "ngành", "ngành nghề", "ngành nghề chính", "main trade"), r"\bngành\b|nghề|\bsector\b|\btrade\b|\bindustry\b"),
    Field("plant", ("plant", "trạm xử lý", "xlnt", "trạm xử lý nước thải", "wastewater plant"), r"xử lý nước thải|\bxlnt\b|trạm xử lý|\bplant\b|\bcetp\b|\bwwtp\b"),
    Field("district", ("district", "huyện", "địa bàn", "xã", "địa điểm"), r"\bhuyện\b|địa bàn|địa điểm|\bxã\b|\bdistrict\b|\bcommune\b"),
)  # fmt: skip


@dataclass(frozen=True)
class ClusterLine:
    """A cluster as its line tells it, and what the line leaves out.

    Attributes
    ----------
    line : int
    entry : dict
        Ready for a scenario's ``[[clusters]]``.
    unknown : tuple of str
        What is reckoned or assumed (planned, firms, trade, plant_year) or drawn by the model (mix, plant).
    """

    line: int
    entry: dict[str, Any]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class ClusterList:
    """What was understood of a list of clusters.

    Attributes
    ----------
    source : Path
    clusters : tuple of ClusterLine
    remarks : tuple of Message
    refused : tuple of Refusal
    """

    source: Path
    clusters: tuple[ClusterLine, ...]
    remarks: tuple[Message, ...]
    refused: tuple[Refusal, ...]

    @property
    def firms(self) -> float:
        """Of all clusters."""
        return sum(one.entry["firms_2018"] for one in self.clusters)

    def problem(self, skip_bad_rows: bool = False) -> ScenarioError | None:
        """Why the list cannot be used as it is; None if it can."""
        if self.refused and not skip_bad_rows:
            lines = len({one.line for one in self.refused})
            key = "rows_refused_nothing_written"
            return ScenarioError(key, file=self.source, refused=self.refused, rows=lines, all=len(self.clusters) + lines)
        if not self.clusters:
            return ScenarioError("no_row_left", file=self.source, refused=self.refused)
        return None


@dataclass(frozen=True)
class Province:
    """What `new_province` read, reckoned and wrote.

    Attributes
    ----------
    name : str
    scenario : Path
    clusters, firms : int
    remarks : tuple of Message
        How the list was read; what is reckoned or drawn, for how many clusters.
    refused : tuple of Refusal
    """

    name: str
    scenario: Path
    clusters: int
    firms: int
    remarks: tuple[Message, ...]
    refused: tuple[Refusal, ...]

    def lines(self, tell: Tell = str) -> str:
        """One line for everything that was read, reckoned, refused and written."""
        messages = [*self.remarks, *(Message("refused", row=one.sentence(tell)) for one in self.refused)]
        return "\n".join(
            map(tell, [*messages, Message("province_written", scenario=self.scenario, clusters=self.clusters, firms=self.firms)])
        )

    def __str__(self) -> str:
        return self.lines()


@bordered
def new_province(
    name: str, clusters: str | Path, out_dir: str | Path = ".", skip_bad_rows: bool = False, choices: Choices | None = None
) -> Province:
    """Make a site of several clusters from their list.

    Parameters
    ----------
    name : str
        Id of the site.
    clusters : str or Path
        A spreadsheet or text table with a name and an area (ha) for every cluster, and its firms or workers; optional planned area,
        main trade, wastewater plant (a year, yes or no), district.
    out_dir : str or Path
    skip_bad_rows : bool
    choices : Choices, optional
        Columns, sheet and sign before decimals.

    Raises
    ------
    ScenarioError
        For a list or name that cannot be used, a file that exists, and (unless `skip_bad_rows`) any refused line; then nothing is written.
    """
    try:
        known_id(name)
    except ScenarioError as error:
        error.key, error.value = "name", name
        raise
    source, folder = path_of(clusters), path_of(out_dir, "--out")
    target = folder / f"{name}.toml"
    if target.exists():
        raise ScenarioError("exists", file=target)
    found = read_clusters(source, choices)
    problem = found.problem(skip_bad_rows)
    if problem is not None:
        raise problem
    _write(folder, name, site_text(name, found))
    return Province(name, target, len(found.clusters), int(found.firms), found.remarks, found.refused)


def read_clusters(path: Path, choices: Choices | None = None, raw: bytes | None = None) -> ClusterList:
    """Clusters of a list, what is reckoned or drawn of each, and what is refused.

    Parameters
    ----------
    path : Path
    choices : Choices, optional
        Columns, sheet and sign before decimals.
    raw : bytes, optional
        Content that is in memory already; `path` is only told.

    Raises
    ------
    ScenarioError
        If the list as a whole cannot be used.
    """
    heads = _heads(path, choices or Choices(), raw)
    clusters, refused, dropped = _rows(heads, choices or Choices())
    table = ", ".join(f"{field} ('{heads.names[j]}')" for field, j in heads.columns.items())
    remarks = [Message("clusters_read", source=path, count=len(clusters), columns=table), *heads.sheet.remarks, *heads.remarks]
    if heads.ignored:
        remarks.append(Message("not_used", columns=", ".join(heads.ignored)))
    if dropped:
        remarks.append(Message("passed_other_clusters", lines=", ".join(map(str, dropped))))
    if _area_factor(heads, "area") != 1.0:
        remarks.append(Message("area_in", unit=heads.names[heads.columns["area"]]))
    for key in _UNKNOWN:
        count = sum(key in one.unknown for one in clusters)
        if count:
            remarks.append(Message(f"province_{key}", count=count, all=len(clusters)))
    return ClusterList(path, tuple(clusters), tuple(remarks), tuple(refused))


def _heads(source: Path, choices: Choices, raw: bytes | None) -> Heads:
    found, unsure = [], []
    for sheet in read_sheets(source, raw):
        if choices.sheet and plain(sheet.name) != plain(choices.sheet):
            continue
        try:
            found.append(find_heads(sheet, _FIELDS, choices.columns))
        except Unsure as error:
            unsure.append(error)
    if len(found) > 1:
        names = ", ".join(heads.sheet.name for heads in found)
        raise ScenarioError("sheets_doubt", file=source, key="--sheet", sheets=names, example=found[0].sheet.name)
    if not found:
        if not unsure:
            raise ScenarioError("no_such_sheet", file=source, key="--sheet", value=choices.sheet)
        best = max(unsure, key=lambda error: error.found)
        best.file = str(source)
        raise best
    if not {"firms", "workers"} & found[0].columns.keys():
        raise ScenarioError("column_missing_of", file=source, key=Message("col_firms"), field="firms", example=found[0].names[-1],
                            columns=", ".join(found[0].names))  # fmt: skip
    return found[0]


def _rows(heads: Heads, choices: Choices) -> tuple[list[ClusterLine], list[Refusal], list[int]]:
    at = heads.columns
    ids: set[str] = set()
    lines = [
        (line, cells, {f: cells[j] for f, j in at.items() if j < len(cells) and cells[j] is not None})
        for line, cells in heads.sheet.rows[heads.first :]
    ]
    texts = [
        cell for _, _, row in lines for f in ("area", "area_planned", "firms", "workers") if isinstance(cell := row.get(f), str)
    ]
    decimal = choices.decimal or decimal_sign(texts)
    numbered = _numbered([cells for _, cells, row in lines if {"area", "cluster_name"} <= row.keys()], set(at.values()))
    clusters: list[ClusterLine] = []
    refused: list[Refusal] = []
    dropped: list[int] = []
    for line, cells, row in lines:
        name = cell_text(row.get("cluster_name"))
        group = numbered is not None and not re.fullmatch(r"\d+", cell_text(cells[numbered]) if numbered < len(cells) else "")
        if not name or group or is_total(name) or not ({"area", "firms", "workers"} & row.keys()):
            dropped.append(line)
            continue
        numbers, problems = _numbers(line, row, decimal, heads)
        if not problems:
            entry: dict[str, Any] = {"id": _id(name, ids), "name": name}
            unknown, problems = _fill(entry, numbers, row, line)
        refused += problems
        if not problems:
            clusters.append(ClusterLine(line, entry, unknown))
    return clusters, refused, dropped


def _numbered(lines: list[Any], used: set[int]) -> int | None:
    """The column that counts the clusters, where one does; lines of districts have a letter there, or nothing."""
    for j in range(max(map(len, lines), default=0)):
        texts = [cell_text(cells[j]) if j < len(cells) else "" for cells in lines]
        counts = [int(text) for text in texts if re.fullmatch(r"\d{1,4}", text)]
        if (
            j not in used
            and len(counts) > 1
            and all(re.fullmatch(r"\d{1,4}|[IVXLC]+|[A-Z]|", text) for text in texts)
            and all(b == a + 1 or b == 1 for a, b in zip([0, *counts], counts, strict=False))
        ):
            return j
    return None


def _area_factor(heads: Heads, field: str) -> float:
    """Hectares in the unit that a head of areas names."""
    unit = _AREA_UNITS.search(heads.names[heads.columns[field]]) if field in heads.columns else None
    return 1.0 if unit is None else _M2 if unit[1] else 100.0


def _numbers(line: int, row: Mapping[str, Any], decimal: str, heads: Heads) -> tuple[dict[str, float], list[Refusal]]:
    """Areas, firms and workers of a line, and what of them is refused or missing."""
    numbers: dict[str, float] = {}
    problems: list[Refusal] = []
    for field, low, high, unit in (
        ("area", 0.01, 10_000, "ha"),
        ("area_planned", 0.01, 10_000, "ha"),
        ("firms", 1, MAX_FIRMS, "firms"),
        ("workers", 1, 1e6, "persons"),
    ):
        text = cell_text(row.get(field))
        if not text or is_no_answer(text):
            continue
        try:
            value = number_in(text, "point" if not isinstance(row[field], str) else decimal)[0]
            value *= _area_factor(heads, field) if unit == "ha" else 1.0
            if field == "area" and value > _LARGEST:
                raise ScenarioError("doubt_area", area=value)
            if not low <= value <= high:
                raise ScenarioError("cell_out_of_range", low=low, high=high, unit=unit)
            if unit == "firms" and value % 1:
                raise ScenarioError("not_whole_number")
            numbers[field] = value
        except ScenarioError as error:
            problems.append(Refusal(line, field, text, error.problem))
    if "area" not in numbers and not problems:
        problems.append(Refusal(line, "area", "", Message("cell_empty")))
    if not {"firms", "workers"} & numbers.keys() and not problems:
        problems.append(Refusal(line, "firms", "", Message("cell_empty")))
    return numbers, problems


def _fill(
    entry: dict[str, Any], numbers: Mapping[str, float], row: Mapping[str, Any], line: int
) -> tuple[tuple[str, ...], list[Refusal]]:
    """What the line tells, and what is reckoned where it tells nothing; names of the latter, and what is refused."""
    unknown: list[str] = []
    planned = numbers.get("area_planned", round(numbers["area"] / _BUILT_SHARE, 2))
    entry["area_planned"], entry["area_built"] = max(planned, numbers["area"]), numbers["area"]
    entry["firms_2018"] = numbers.get("firms") or max(round(numbers["workers"] / _WORKERS_PER_FIRM), 1)
    unknown += [key for key, field in (("planned", "area_planned"), ("firms", "firms")) if field not in numbers]
    if row.get("district") is not None:
        entry["district"] = cell_text(row["district"])
    trade = cell_text(row.get("sector"))
    if trade and not is_no_answer(trade):
        try:
            main = sector_of(trade, marked=without_marks(trade) != trade)
        except ScenarioError as error:
            return (), [Refusal(line, "sector", trade, error.problem)]
        rest = (1 - _MAIN_SHARE) / (len(SECTORS) - 1)
        entry["mix"] = {name: _MAIN_SHARE if name == main else rest for name in SECTORS}
        unknown.append("trade")
    else:
        unknown.append("mix")
    plant = plain(cell_text(row.get("plant")))
    year = re.search(r"\b(19[89]\d|20[0-4]\d)\b", plant)
    if year:
        entry["cetp_since"] = float(year[0])
    elif plant and (plant in _YES or plant.startswith(("có ", "đã "))):
        entry["cetp_since"] = _PLANT_SINCE
        unknown.append("plant_year")
    elif plant not in _NO:
        unknown.append("plant")
    return tuple(unknown), []


def _id(name: str, taken: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", without_marks(plain(name))).strip("-")[:36].strip("-") or "cluster"
    found, n = stem, 2
    while found in taken:
        found, n = f"{stem}-{n}", n + 1
    taken.add(found)
    return found


def site_text(name: str, found: ClusterList, only: str | None = None) -> str:
    """The scenario with its clusters inside, or with one of them alone.

    Parameters
    ----------
    name : str
    found : ClusterList
    only : str, optional
        Id of a cluster.
    """
    rows = [one.entry for one in found.clusters if only in (None, one.entry["id"])]
    note = f"Made from {found.source.name}: what the list leaves out is reckoned from Hanoi or drawn."
    lines = ['type = "scenario"', f'id = "{name}"', f'name = "{name}"', f'kind = "{_kind(rows)}"',
             f"note = {json.dumps(note, ensure_ascii=False)}"]  # fmt: skip
    if found.firms > Site.city_firms or len(found.clusters) > 1:
        lines.append(f"city_firms = {found.firms:g}")
    for row in rows:
        lines += ["", "[[clusters]]"]
        for key, value in row.items():
            if key == "mix":
                value = "{ " + ", ".join(f"{sector} = {share:.4g}" for sector, share in value.items()) + " }"
            else:
                value = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else f"{value:g}"
            lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"


def _write(folder: Path, name: str, text: str) -> None:
    """The scenario, read back before it takes its name."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as draft:
            path = Path(draft) / f"{name}.toml"
            path.write_text(text, encoding="utf-8")
            load_scenario(path)
            path.replace(folder / f"{name}.toml")
    except OSError as error:
        raise ScenarioError("not_writable", file=folder, cause=error.strerror or str(error)) from None


def _kind(rows: list[dict[str, Any]]) -> str:
    if any(row["area_planned"] > CLUSTER_AREA_CAP for row in rows):
        return "park"
    return "city" if len(rows) > 1 else "cluster"
