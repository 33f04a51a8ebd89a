"""What people see: the command line, figures, reports, in Vietnamese and English."""

from __future__ import annotations

__all__ = ["write_report"]


def __getattr__(name: str):
    """`write_report`, loaded when it is asked for: the command line must start without figures."""
    if name in __all__:
        from .report import write_report

        return write_report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
