"""Tables of results as spreadsheets take them: CSV and .xlsx without a cell that they would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..scenarios.cells import as_it_was, safe_text, xlsx_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["csv_bytes", "frame_as_it_was", "workbook_of"]


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
