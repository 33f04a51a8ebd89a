"""What this package says, by keys; its one error; and the nearest known name for a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["MESSAGES", "Message", "Refusal", "ScenarioError", "Tell", "nearest_name", "short", "written"]

# the catalogues hold all of them under "message.KEY"
MESSAGES = {
    # how a sentence is put together
    "allowed": "allowed: {allowed}",
    "near": "did you mean '{name}'?",
    "more": "(and {count} more)",
    "row": "line {line}, {column} = {value}: {reason}",
    "whole_row": "line {line}: {reason}",
    # places
    "at_line": "{path}, line {line}",
    "at_cluster": "{path}, clusters {number}",
    "at_change": "{path}, change {cluster}",
    "at_row": "{column}, row {row}",
    "no_heading": "(empty)",
    # what would be allowed
    "between": "{low:g} to {high:g}",
    "between_or_off": "{low:g} to {high:g}, or {off:g} (off)",
    "between_units": "{low:g} to {high:g} {unit}",
    "between_for": "{low:g} to {high:g} for {shock}",
    "at_least": "at least {low:g}",
    "at_most": "at most {high:g}",
    "at_most_units": "at most {high:g} {unit}",
    "up_to": "up to {high:g} {unit}",
    "up_to_cap": "up to {high:g} ha (a site of kind 'park' may be larger)",
    "after": "after {low:g}",
    "bytes": "{high} bytes",
    "sum_of_one": "a sum of 1",
    "sum_or_none": "a sum of 1, or none of them",
    "share_of_null": "a share of the emissions of the null, below 1",
    "either": "{others} or {last}",
    "form_of_id": "a-z, 0-9 and hyphens, at most 41 characters, no hyphen first",
    "kinds_of_file": ".toml, or a table of enterprises: .xlsx, .xls, .ods, .csv, .tsv",
    # files
    "no_file": "the file does not exist",
    "folder": "is a folder, not a file",
    "file_size": "the file has {size:.1f} MB",
    "upload_size": "the file is too large",
    "unreadable": "the file cannot be read: {cause}",
    "not_utf8": "not UTF-8 (byte 0x{byte:02x} at position {position}); save it as UTF-8",
    "not_toml": "not a TOML file: {cause}",
    "too_deep": "not a TOML file: nested too deeply",
    "curly_quotes": 'line {line}: quotation marks as a text processor sets them; write straight ones: "',
    "backslash": "line {line}: a backslash within \"...\" has a meaning of its own; write the path with / or within '...'",
    "long_number": "a number of more than 40 digits",
    "zero_byte": "holds a zero byte",
    "not_a_file": "is no regular file (a device, a pipe or a socket)",
    "path_empty": "an empty name is no path",
    "path_zero": "a path cannot hold a zero byte",
    "path_letters": "not a path in UTF-8",
    "path_address": "an address of the web, not a folder or file of this machine",
    "path_long": "a name in the path is too long",
    "path_home": "there is no such home",
    "link_circle": "links that lead to each other",
    "kind_of_file": "unknown kind of file",
    "file_type": "a file of type '{type}' is needed here",
    "includes_itself": "the file includes itself: {names}",
    "exists": "the file exists already; choose another name or folder",
    "not_writable": "cannot write here: {cause}",
    # tables
    "zero_bytes": "not a text table: it contains zero bytes",
    "cells": "line {line} has {cells} cells, the header has {columns}",
    "too_many_rows": "too many rows",
    "broken_table": "broken table at line {line}: {cause}",
    "empty_table": "the table is empty",
    "header_only": "the table has a header but no rows",
    "not_a_table": "not a table that can be read: {cause}",
    "no_rows": "the table has no rows",
    "column_twice": "the column stands twice in the header",
    "column_missing": "the column is missing",
    "not_in_range": "out of range or not a number",
    "not_a_workbook": "not a spreadsheet that can be read; save it again as .xlsx, .ods or CSV",
    "workbook_locked": "the spreadsheet is locked by a password; save it without one",
    "sheet_size": "the sheet is too large",
    "sheet_far": "a cell lies so far from the table that the sheet cannot be held; copy the table alone into a new sheet",
    "other_kind": "holds {kind}, whatever its name says; open it and save the table as .xlsx, .ods or 'CSV UTF-8'",
    "kind_web": "a web page (HTML)",
    "kind_xml": "XML",
    "kind_pdf": "a PDF",
    "kind_picture": "a picture",
    "kind_word": "a text document",
    "kind_json": "JSON",
    "broken_letters": "begins as {encoding} and is none (position {position}); save it again as 'CSV UTF-8' or .xlsx",
    "unknown_letters": "neither UTF-8 nor another code page of Vietnamese (byte 0x{byte:02x} at position {position}); "
    "save it as 'CSV UTF-8' or .xlsx",
    "read_as": "letters read as {encoding}",
    "read_as_tcvn3": "letters of TCVN3 fonts (ABC, .VnTime) were turned into Unicode",
    "read_as_vni": "letters of VNI fonts were turned into Unicode",
    "read_as_mixed": "letters of UTF-8 that had been read in another code page were put right",
    # heads of tables of enterprises
    "col_sector": "sector",
    "col_workers": "workers",
    "col_revenue": "revenue",
    "col_x": "x",
    "col_y": "y",
    "col_technologies": "technologies",
    "col_need": "need",
    "col_trust": "trust",
    "no_such_head": "no column of that name",
    "unknown_field": "nothing that a table of enterprises may hold",
    "column_doubt": "more than one column may hold it: {candidates}; say which: --columns {field}=NAME (or its letter)",
    "column_doubt_sum": "more than one column may hold it: {candidates}; say which: --columns {field}=NAME (or its letter), or all that add up: "
    "--columns {field}={letters}",
    "column_unsure": "no head says so; it may be {candidates}; say which: --columns {field}={example}",
    "column_missing_of": "the column is missing; the table has {columns}; if it is one of them: --columns {field}={example}",
    "head_lost": "letters were lost ('?') when the table was saved; it may be {near}: save it again as 'CSV UTF-8' or .xlsx, "
    "or say --accept letters",
    "by_content": "{field}: column '{column}', by what its cells hold",
    "near_column": "'{head}' is not used; if you mean {near}: --columns {field}='{head}'",
    "above_head": "lines above the head passed over: {lines}; the head stands in line {line}",
    "no_such_sheet": "no such sheet",
    "sheets_doubt": "more than one sheet holds enterprises: {sheets}; say which: --sheet '{example}'",
    "sheet_found": "sheet '{sheet}'; not used: {others}",
    "sheets_hidden": "hidden sheets passed over: {sheets}",
    "code_book": "codes of trades read by what sheet '{sheet}' says of them",
    "second_head": "a second table begins in line {line}, with its columns elsewhere ({columns}); write it on a sheet of its own",
    "trades_hint": "what a text or a code for the trade means can be said: --trades 'TEXT=gỗ'",
    "only_nothing": "no line says so",
    "passed_total": "lines of totals left out: {lines}",
    "passed_head": "repeated heads left out: lines {lines}",
    "passed_units": "lines of units or numbers of columns left out: {lines}",
    "passed_other": "lines without sector and workers left out: {lines}",
    "passed_elsewhere": "lines of other places left out: {lines}",
    "passed_unanswered": "lines without an answer for sector or workers left out: {lines}",
    "private_columns": "looked at for enterprises that stand twice, and kept nowhere: {columns}",
    "total_differs": "the total in line {line} says {told:g} workers, its lines add up to {summed:g}",
    "no_answers": "codes or words for no answer: {count} cells, taken as empty",
    "money_in": "revenue in {unit}",
    "unit_vnd": "VND",
    "unit_thousand": "thousand VND",
    "unit_million": "million VND",
    "unit_billion": "billion VND",
    "money_foreign": "in another currency; write it in VND, or leave the column out: --columns revenue=",
    "understood": "taken for {sector}: {texts}",
    # what looks wrong and may be right
    "doubt_unit": "each worker would bring {each:.3g} million VND a year, usual are {usual:g}; is it in {unit_name}? "
    "say --unit {unit_key}, or --accept revenue if it is as written",
    "doubt_revenue_all": "each worker would bring {each:.3g} million VND a year, usual are {usual:g}; say --accept revenue if that is right",
    "doubt_revenue": "each worker would bring {each:.3g} million VND a year, usual are {usual:g} (--accept revenue if that is right)",
    "doubt_fraction": "part of a worker? (--accept fractions if these are full-time equivalents)",
    "doubt_double": "the enterprise stands in line {first} already (--accept doubles if these are two)",
    "doubt_area": "{area:g} ha are more than the largest park of the country; is it in m2? write 'Diện tích (m2)' above it, or hectares",
    "area_in": "areas turned into hectares from '{unit}'",
    "doubt_code": "a code for no answer? (--accept codes if the firm has so many)",
    "doubt_counts": "each line seems to stand for several enterprises, and would be read as one; write a line for each, or say --accept counts",
    "doubt_places": "the lines are of {count} places ({places}) and would make one cluster; say which: --only '{example}', or --accept places",
    "doubt_land": "{firms:g} firms on {area:g} ha are {each:.3g} m2 for each, at least {least:g} are usual; is the area in ha? if it is right: "
    'accept = ["land"] in the cluster',
    "doubt_crowd": "{workers:g} workers on {area:g} ha are {each:.3g} m2 for each, at least {least:g} are usual; is the area in ha? if it is "
    'right: accept = ["land"] in the cluster',
    "rows_refused": "{rows} of {all} rows refused",
    "rows_refused_nothing_written": "{rows} of {all} rows refused, nothing written",
    "no_row_left": "no row is left, nothing written",
    # cells of a table of enterprises
    "cell_empty": "empty",
    "cells_beyond": "{count} cells beyond the last head; are there commas within numbers?",
    "cell_pair": "x and y go together",
    "cell_no_number": "not a number",
    "cell_not_finite_here": "not a finite number",
    "cell_range": "a range; write one number",
    "cell_thousands": "thousands separator or decimals? write the number without separators",
    "cell_not_number": "not a number; allowed: {low:g} to {high:g} {unit}",
    "cell_not_finite": "not a finite number; allowed: {low:g} to {high:g} {unit}",
    "cell_out_of_range": "out of range; allowed: {low:g} to {high:g} {unit}",
    "cell_technology": "unknown technology '{name}'; allowed: {technologies}",
    "cell_diacritics": "ambiguous without diacritics: {either}",
    "cell_sector": "unknown sector; allowed: {sectors}",
    "cell_sector_near": "unknown sector; did you mean '{near}' ({sector})? allowed: {sectors}",
    "cell_sector_words": "more than one sector: {words}; write the main one; allowed: {sectors}",
    "cell_lost": "letters were lost ('?') when the table was saved; save it again as 'CSV UTF-8' or .xlsx, or say --accept letters; '{near}' fits",
    "cell_code": "no code of section C of Vietnam's industries (VSIC); did you mean {nearest_code}?",
    "cell_code_wide": "holds several sectors; write three or four digits: {longer}",
    "cell_not_section_c": "no industry of section C (manufacturing) of VSIC: its codes begin with {first} to {last}",
    # names
    "unknown_key": "unknown key",
    "unknown_name": "unknown name",
    "unknown_among": "unknown name among the {table}",
    "unknown_id": "unknown name; 'list' shows all",
    "unknown_site": "unknown scenario (a file ends in .toml)",
    "unknown_scenario": "unknown scenario",
    "unknown_pathway": "unknown pathway",
    "unknown_policy": "unknown policy",
    "unknown_law": "unknown law",
    "unknown_shocks": "unknown shocks",
    "unknown_portfolio": "unknown portfolio",
    "unknown_cluster": "unknown cluster",
    "unknown_column": "unknown column",
    "unknown_lever": "unknown lever",
    "unknown_parameter": "unknown parameter",
    "unknown_sector": "unknown sector",
    "unknown_type": "unknown type",
    "no_such_cluster": "no such cluster in {site}",
    "named_twice": "named twice",
    "not_a_pair": "write it like workers=HEAD",
    "other_unit": "was in million VND; write {name}, in {unit}: a thousandth of the number",
    # values
    "missing": "the key is missing",
    "empty": "empty",
    "not_number": "not a number",
    "not_whole_number": "not a whole number",
    "not_finite": "not a finite number",
    "out_of_range": "out of range",
    "bad_id": "not a usable id",
    "no_levers": "not a table of levers",
    "no_sectors": "not a table of sectors",
    "shares": "the shares add up to {sum:.4g}",
    "not_after_start": "not after start",
    # values that pydantic refuses, in its words
    "not_text": "must be a text",
    "text_length": "must be a text of at most {max_length} characters",
    "not_truth": "must be true or false",
    "not_whole": "must be a whole number",
    "not_decimal": "must be a number",
    "too_small": "must be at least {ge}",
    "too_large": "must be at most {le}",
    "not_multiple": "must be a multiple of {multiple_of}",
    "not_list": "must be a list",
    "list_length": "needs at least {min_length} entries, not {actual_length}",
    "not_dictionary": "must be a table",
    "not_entry": "must be a table with keys",
    "invalid": "cannot be used here",
    # sites
    "no_id": "every cluster needs an id",
    "id_twice": "the id stands twice",
    "id_changed": "an id cannot be changed",
    "no_clusters": "the site has no clusters",
    "not_clusters": "neither a file name nor a list of tables [[clusters]]",
    "selected_twice": "the cluster is selected twice",
    "none_selected": "no cluster is selected",
    "too_large_for_cluster": "too large for a cluster",
    "fewer_city_firms": "fewer than the {firms:g} firms of the clusters",
    "over_planned": "larger than area_planned",
    "firms_needed": "needed where no firms are listed",
    "too_many_firms": "{count} firms in one cluster",
    "fewer_slots": "fewer slots than the {count} firms listed",
    "below_median": "below workers_median",
    # programmes
    "budget": "not a usable budget",
    "law_in_pathway": "a lever of the law, which is the same for every pathway: it belongs into a law (--law) or a policy "
    "(--policy), or under [planned] if it holds inside planned clusters only",
    "not_of_the_law": "no lever of the law: it belongs into a pathway or a policy",
    "fund_shares": "the fund shares add up to {sum:.4g}",
    "schedule_alone": "a schedule for a lever that the policy does not have",
    "both_tables": "the lever stands in both tables",
    "shock_sectors": "only a shock of demand can be limited to sectors",
    # a province
    "col_cluster_name": "name of the cluster",
    "col_area": "area",
    "col_area_planned": "planned area",
    "col_firms": "firms",
    "col_plant": "wastewater plant",
    "col_district": "district",
    "clusters_read": "{source}: {count} clusters read, columns {columns}",
    "passed_other_clusters": "lines without a cluster left out: {lines}",
    "province_planned": "reckoned for {count} of {all} clusters: planned area, as in Hanoi (82.6 % of it is built)",
    "province_firms": "reckoned for {count} of {all} clusters: firms, from workers (15.5 a firm as in Hanoi)",
    "province_trade": "assumed for {count} of {all} clusters: 60 % of the firms are of the main trade, the others of all other sectors alike",
    "province_mix": "drawn for {count} of {all} clusters: the mix of sectors",
    "province_plant": "drawn for {count} of {all} clusters: whether there is a wastewater plant",
    "province_plant_year": "assumed for {count} of {all} clusters: the plant runs since 2019",
    "province_written": "written: {scenario} ({clusters} clusters, {firms} firms); sizes, technologies, trust and shared land are drawn",
    # the self-check
    "answers_against": "cannot be true together with {other} = {other_value}",
    "not_a_span": "neither a value nor a range of two",
    "not_number_or_span": "neither a number nor a range of two",
    "one_cluster_only": "holds {clusters} clusters; the self-check is of one, such as {example}",
    "more_firms": "more than the {firms:g} firms of the cluster",
    # experiments
    "only_frontier": "only for mode 'frontier'",
    "frontier_city": "the frontier runs over budgets of the city",
    "two_budgets": "stands in place of budget_bn; name one of the two",
    "only_equal": "only for modes 'equal-outlay' and 'equal-abatement'",
    "only_paired": "only with common random numbers",
    "outcomes": "{cause}",
    "missing_for": "the key is missing for kind '{design}'",
    "meaningless_for": "has no meaning for kind '{design}'",
    "must_be_even": "must be even",
    "nothing_varies": "say what varies: a design of kind '{design}' does not take all parameters",
    "low_first": "the first must be below the second",
    "not_a_factor": "neither a number, {ranges} nor {values}",
    "table_varies": "the table says what varies; only constants may stand beside it",
    "worlds_vary": "a design of worlds draws every parameter; beside it only single values may stand",
    "in_table": "stands in the table already",
    # what `new_scenario` made
    "firms_read": "{source}: {count} firms read, columns {columns}",
    "not_used": "not used: {columns}",
    "drawn": "drawn: {what}",
    "drawn_for": "{what} (for {missing} of {firms} firms)",
    "drawn_revenue": "revenue: from the sector's revenue per worker",
    "drawn_position": "position: uniform in the cluster",
    "drawn_technologies": "technologies: as the burn-in leaves them",
    "drawn_need": "need (attitude): from the survey's distribution",
    "drawn_trust": "trust: from the prior of general trust",
    "drawn_others": "finance, hurdle rates, awareness, acquaintances: as for every firm",
    "assumed": "assumed: {what}",
    "assumed_area": "area {built:g} of {planned:g} ha (.36 ha a firm as in Hanoi; the file can be changed)",
    "assumed_others": "shared land and treatment plant: drawn; firms of 2018: as many as in the table",
    "refused": "refused: {row}",
    "written": "written: {scenario}, {firms}",
}


class Message(str):
    """A text in English that other languages can tell by its key.

    Attributes
    ----------
    key : str
        Of `MESSAGES`.
    fields : dict
        What the text names; a field may be a message itself.

    Examples
    --------
    >>> Message("between_units", low=1, high=5, unit="ha")
    '1 to 5 ha'
    """

    key: str
    fields: dict[str, Any]

    def __new__(cls, key: str, /, **fields: Any) -> Message:
        text = super().__new__(cls, MESSAGES[key].format(**fields))
        text.key, text.fields = key, fields
        return text

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.key,), self.fields  # errors come back from other processes


Tell = Callable[[str], str]  # the text of a `Message` in a language; what is no message stays


@dataclass(frozen=True)
class Refusal:
    """One cell or row of a table that was refused.

    Attributes
    ----------
    line : int
        Line in the file, the header is line 1.
    column : str
    value : str
        As it stands in the file.
    reason : Message
    """

    line: int
    column: str
    value: str
    reason: Message

    def __str__(self) -> str:
        return self.sentence()

    def sentence(self, tell: Tell = str) -> str:
        """Place, cell and reason."""
        if not self.column:  # of the line as a whole: nothing of it is repeated
            return tell(Message("whole_row", line=self.line, reason=self.reason))
        column = Message(f"col_{self.column}") if f"col_{self.column}" in MESSAGES else self.column
        return tell(Message("row", line=self.line, column=column, value=short(self.value), reason=self.reason))


class ScenarioError(ValueError):
    """Input that cannot be used: which file, which key, which value, and what would be allowed.

    Parameters
    ----------
    problem : str or Message
        What is wrong, without the facts that follow: a key of `MESSAGES` with its `fields`, or the message.
    file : path, str or Message, optional
    key : str or Message, optional
        Dotted key, column or argument.
    value : object, optional
    allowed : str or Message, optional
        Range of what is allowed, or the names as they are written in files.
    nearest : str, optional
        Nearest known name.
    refused : sequence of Refusal, optional
        All refused rows of a table.
    more : int, optional
        How many other things are wrong.
    others : sequence of ScenarioError, optional
        What they are.
    **fields
        Of the message.

    Notes
    -----
    `str()` is one line, with the nearest name if there is one, else with what is allowed; `details()` adds
    one line for every refused row and for everything else that is wrong.
    """

    def __init__(
        self,
        problem: str | Message,
        *,
        file: Path | str | None = None,
        key: str | None = None,
        value: Any = None,
        allowed: str | None = None,
        nearest: str | None = None,
        refused: Sequence[Refusal] = (),
        more: int = 0,
        others: Sequence[ScenarioError] = (),
        **fields: Any,
    ) -> None:
        self.problem = problem if isinstance(problem, Message) else Message(problem, **fields)
        self.file = str(file) if isinstance(file, Path) else file
        self.key, self.value, self.allowed, self.nearest = key, value, allowed, nearest
        self.refused, self.more, self.others = tuple(refused), more or len(others), tuple(others)
        super().__init__(self.problem)

    def __str__(self) -> str:
        text = self.sentence()
        if self.refused:
            text += f"; first: {self.refused[0]}"
        return " ".join(text.split())

    def details(self) -> str:
        """The line of `str()`, then every refused row and everything else that is wrong, each on its own line."""
        return "\n".join([str(self), *(f"  {refusal}" for refusal in self.refused), *(f"  {other}" for other in self.others)])

    def sentence(self, tell: Tell = str) -> str:
        """File, key and value, what is wrong, and the nearest name or what is allowed.

        Parameters
        ----------
        tell : callable
            Default: English.
        """
        text = "" if self.file is None else f"{tell(self.file)}: "
        if self.key is not None:
            text += tell(self.key) + (": " if self.value is None else f" = {short(self.value)}: ")
        elif self.value is not None:
            text += f"{short(self.value)}: "
        text += tell(self.problem)
        if self.more:
            text += " " + tell(Message("more", count=self.more))
        if self.nearest is not None:
            text += "; " + tell(Message("near", name=self.nearest))
        elif self.allowed is not None:
            text += "; " + tell(Message("allowed", allowed=self.allowed))
        return " ".join(text.encode("utf-8", "replace").decode().split())  # half a letter cannot be printed


# names of former versions and what took their place, if anything did
FORMER = {"private_cost": "private_net", "cost_per_tco2e": "cost_gross_per_tco2e", "complaint_club": "", "trust_gap": "",
          "club_community": "club"}  # fmt: skip


def nearest_name(name: object, known: Iterable[str]) -> str | None:
    """The known name that took the place of `name`, or is most similar to it, or None if there is none.

    Examples
    --------
    >>> nearest_name("extenson", ["extension", "platform"])
    'extension'
    """
    text = name if isinstance(name, str) else short(name)
    for former, now in FORMER.items():
        if former in text:
            return text.replace(former, now) if now else None
    matches = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def written(value: Any) -> Any:
    """A value that can be written: an integer of many digits, which Python refuses to write, as a power of ten.

    Examples
    --------
    >>> written(-(10**5000)), written(12)
    ('-10^5000', 12)
    """
    if isinstance(value, int) and abs(value) >= 10**40:
        return f"{'-' if value < 0 else ''}10^{abs(value).bit_length() * 30103 // 100000}"
    return value


def short(value: Any) -> str:
    """`value` as it would be typed, at most 60 characters."""
    try:
        text = f"'{value}'" if isinstance(value, str) else str(written(value))
    except Exception:  # a list with such an integer in it, or an object that does not tell what it is
        text = type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."
