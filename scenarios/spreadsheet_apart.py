"""The sheets of a spreadsheet, read by a process of its own: bytes on standard input, `marshal` on standard output.

Calamine is compiled. A single cell in the farthest corner of a sheet makes it ask for half a terabyte, which ends the process that asked:
this one, not the dashboard with all its visitors. Run by its path, it imports nothing of ours and starts in a twentieth of a second.
"""

from __future__ import annotations

import io
import marshal
import sys
from typing import Any

MAX_CELLS = 5_000_000
_MEMORY = 3 * 2**30  # bytes; a sheet of `MAX_CELLS` takes less than half of it
_SECONDS = 120  # of the processor


def sheets_of(raw: bytes) -> dict[str, Any]:
    """Name, visibility, merged ranges and rows of every sheet, or why there are none."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheets = []
        for about in book.sheets_metadata:
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(about.name)
            if sheet.height * sheet.width > MAX_CELLS:
                return {"large": about.name}
            rows = [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            sheets.append((about.name, about.visible == SheetVisibleEnum.Visible, list(sheet.merged_cell_ranges or ()), rows))
    except PasswordError:
        return {"locked": True}
    except MemoryError:
        return {"far": True}
    except (CalamineError, OSError, ValueError):
        return {"broken": True}
    return {"sheets": sheets}


def _plain(cell: Any) -> str | float | None:
    if isinstance(cell, bool) or cell is None:
        return None if cell is None else str(cell).lower()
    return float(cell) if isinstance(cell, (int, float)) else str(cell)


def _bounded() -> None:
    """Take no more than a sheet needs, where the system can be told so."""
    try:
        import resource
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_CORE, 0)):
        try:
            hard = resource.getrlimit(what)[1]
            resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
        except (OSError, ValueError):
            continue


if __name__ == "__main__":
    _bounded()
    marshal.dump(sheets_of(sys.stdin.buffer.read()), sys.stdout.buffer)
