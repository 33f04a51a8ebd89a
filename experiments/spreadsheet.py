"""Tables of results as files: Parquet, and CSV and .xlsx without a cell that a spreadsheet would run.

A table is a frame, or columns by name: those are written without pandas, which takes a while to load.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..scenarios.cells import as_it_was, safe_text, xlsx_bytes

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

__all__ = ["Columns", "columns_csv", "columns_parquet", "columns_rows", "csv_bytes", "frame_as_it_was", "workbook_of"]

Columns = Mapping[str, Sequence | np.ndarray]  # of texts, of whole numbers, or of floats with nan where there is none


def columns_csv(columns: Columns) -> bytes:
    """Columns as `csv_bytes` writes their frame."""
    cells = []
    for column in columns.values():
        safe = {text: safe_text(text) for text in set(column) if isinstance(text, str)}
        cells.append(["" if value != value else safe.get(value, value) for value in column])
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(safe_text, columns))
    writer.writerows(zip(*cells, strict=True))
    return stream.getvalue().encode()


def columns_parquet(columns: Columns) -> bytes:
    """Columns as a Parquet file, null where there is no number."""
    from pyarrow import BufferOutputStream, Table
    from pyarrow.parquet import write_table

    stream = BufferOutputStream()
    write_table(Table.from_arrays(list(map(_arrow, columns.values())), list(columns)), stream, compression="zstd")
    return stream.getvalue().to_pybytes()


def _arrow(column: Sequence | np.ndarray) -> pyarrow.Array:
    """A column as Arrow has it, made of its buffers: `pyarrow.array` loads pandas to ask whether it is one of its own."""
    from pyarrow import Array, from_numpy_dtype, py_buffer, string

    if isinstance(column[0], str):
        texts = [text.encode() for text in column]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        return Array.from_buffers(string(), len(texts), [None, py_buffer(ends), py_buffer(b"".join(texts))])
    values = np.ascontiguousarray(column)
    lost = np.isnan(values)
    there = py_buffer(np.packbits(~lost, bitorder="little")) if lost.any() else None
    return Array.from_buffers(from_numpy_dtype(values.dtype), len(values), [there, py_buffer(values)])


def columns_rows(columns: Columns) -> Iterable[Sequence[Any]]:
    """The head and the rows of columns."""
    yield list(columns)
    yield from zip(*columns.values(), strict=True)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A table as CSV, UTF-8; texts that begin like a formula have a "'" before them."""
    return _safe(frame).to_csv(index=False, lineterminator="\n").encode()


def frame_as_it_was(frame: pd.DataFrame) -> pd.DataFrame:
    """What was read of a table that `csv_bytes` wrote, texts without the mark."""
    return _each_text(frame, as_it_was)


def workbook_of(frames: Mapping[str, pd.DataFrame]) -> bytes:
    """Tables as the sheets of a workbook."""
    return xlsx_bytes({name: [list(frame), *frame.itertuples(index=False)] for name, frame in frames.items()})


def _safe(frame: pd.DataFrame) -> pd.DataFrame:
    return _each_text(frame, safe_text)


def _each_text(frame: pd.DataFrame, turn) -> pd.DataFrame:
    """The table with its texts and heads turned; the same object where none changes."""
    texts = [name for name in frame if frame[name].dtype == object or str(frame[name].dtype) in ("str", "string", "category")]
    turned = {name: frame[name].map(turn) for name in texts if frame[name].map(lambda v: turn(v) is not v).any()}
    heads = {name: turn(name) for name in frame if turn(name) is not name}
    return frame.assign(**turned).rename(columns=heads) if turned or heads else frame
