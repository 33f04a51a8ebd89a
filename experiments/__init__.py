"""Experiments: designs, comparisons and analyses of many runs; numbers and tables only."""

from .compare import compare, run
from .comparison import PATHWAYS, Comparison, Question
from .errors import InputError

__all__ = ["PATHWAYS", "Comparison", "InputError", "Question", "compare", "run"]
