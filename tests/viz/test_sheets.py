"""Tables of analyses in a terminal: no number and no word is cut, whatever the width."""

import io

import pytest
from ecocluster.viz.analyses.page import Sheet, _print_sheet
from rich.console import Console

HEADS = ["Mechanism", "Pathway", "COD", "Greenhouse gas", "Landfill", "Social cost", "Exchanges, kt", "Clusters", "Jobs"]
ROWS = [
    ["Savings and programmes that firms do not see: bears", "Self-transition", *[f"−1,{n}06.0 ±224.8" for n in range(7)]],
    ["", "Newly planned", *[f"+{n}.4 ±3.2" for n in range(7)]],
]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_what_does_not_fit_is_told_in_a_further_table(width):
    out = io.StringIO()
    _print_sheet(Sheet(HEADS, ROWS, names=2), Console(file=out, width=width))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= width and "…" not in text
    words = text.split()
    for cell in (*HEADS, *ROWS[0], *ROWS[1]):
        assert all(word in words for word in cell.split())
    assert words.count("Pathway") == (1 if width == 200 else words.count("Mechanism"))
    assert (words.count("Mechanism") > 1) == (width < 100)  # control: a wide terminal needs one table
