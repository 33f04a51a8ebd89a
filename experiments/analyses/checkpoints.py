"""Work that is kept while an analysis goes on, so that one that was stopped goes on where it was.

What is kept is a table in the folder of the result, each row with the key of the question it answers: a row of
another question, version or seed is never taken for an answer.
"""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..folder import change_folder, read_manifest, settled
from ..plain_names import read_inside
from ..spreadsheet import csv_bytes, frame_as_it_was

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Checkpoint", "key_of"]


def key_of(*question: Any) -> str:
    """Short key of a question: the same for the same plain values in the same version of this package."""
    from importlib.metadata import version

    text = json.dumps([version("ecocluster"), *question], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Checkpoint:
    """A table that grows in a folder.

    Parameters
    ----------
    out : path or None
        Folder of the result (ours or empty, see `folder.check_folder`); None: nothing is kept.
    name : str
        Of the table's file, without ".csv".
    """

    def __init__(self, out: str | Path | None, name: str) -> None:
        self.out, self.name = None if out is None else Path(out), name
        self.rows = self._read()

    def _read(self) -> pd.DataFrame | None:
        if self.out is None or not self.out.is_dir():
            return None
        with settled(self.out) as folder:
            return self._rows_in(folder)

    def _rows_in(self, folder: Path) -> pd.DataFrame | None:
        import pandas as pd

        try:
            data = read_inside(folder, f"{self.name}.csv")
            whole = read_manifest(folder)["files"][f"{self.name}.csv"] == hashlib.sha256(data).hexdigest()
        except (OSError, ValueError, KeyError):
            return None
        return frame_as_it_was(pd.read_csv(io.BytesIO(data), float_precision="round_trip")) if whole else None

    def known(self, key: str) -> pd.DataFrame | None:
        """Rows that answer the question of a key; None if there are none."""
        if self.rows is None or "key" not in self.rows:
            return None
        found = self.rows[self.rows["key"] == key].dropna(axis="columns", how="all").reset_index(drop=True)
        return found if len(found) else None

    def add(self, rows: pd.DataFrame) -> None:
        """Append rows (with a column `key`) and write the table at once, with what another process has answered there meanwhile."""
        import pandas as pd

        self.rows = rows if self.rows is None else pd.concat([self.rows, rows], ignore_index=True)
        if self.out is not None:
            change_folder(self.out, self._joined, {"unfinished": True})

    def _joined(self, folder: Path) -> dict[str, bytes]:
        """All files of the folder, with the rows of both; what an earlier run has finished stays until this one has."""
        import pandas as pd

        assert self.rows is not None
        there = self._rows_in(folder)
        if there is not None and "key" in there:
            others = there[~there["key"].isin(self.rows["key"])]
            self.rows = pd.concat([self.rows, others], ignore_index=True) if len(others) else self.rows
        kept = {}
        with suppress(OSError, ValueError):
            kept = {name: read_inside(folder, name) for name in read_manifest(folder)["files"]}
        return {**kept, f"{self.name}.csv": csv_bytes(self.rows)}
