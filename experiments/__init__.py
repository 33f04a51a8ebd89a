"""Experiments: designs, comparisons and analyses of many runs; numbers and tables only."""

from .comparing import compare, run
from .comparison import Comparison
from .errors import InputError
from .question import PATHWAYS, Question

__all__ = ["PATHWAYS", "Comparison", "InputError", "Question", "compare", "run"]
