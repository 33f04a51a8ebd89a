"""What the command `ecocluster dashboard` fixes for the whole server; nothing here belongs to a visitor.

The command and the pages live in one process but are started by Solara, so they talk through the environment.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from ...experiments.errors import InputError

__all__ = ["LIMITS", "Limits", "Settings", "server_settings"]

READ_ONLY, RESULTS, SCENARIO = "ECOCLUSTER_READ_ONLY", "ECOCLUSTER_RESULTS", "ECOCLUSTER_SCENARIO"
DEFAULT_RESULTS = Path("out")  # where the commands write, below the folder one stands in


@dataclass(frozen=True)
class Limits:
    """What one visitor may take.

    Attributes
    ----------
    seconds : float
        Wall time of one job.
    memory : int
        Bytes of the traces of one job.
    upload : int
        Bytes of an uploaded table.
    visitors : int
        Pages open at a time on one server.
    idle : str
        How long a page that lost its browser is kept.
    """

    seconds: float = 600.0
    memory: int = 256 * 2**20
    upload: int = 2 * 2**20
    visitors: int = 64
    idle: str = "10m"


LIMITS = Limits()


@dataclass(frozen=True)
class Settings:
    """Settings of the server.

    Attributes
    ----------
    read_only : bool
        Nothing may be uploaded; stored results and comparisons can be seen.
    results : Path or None
        Only folders of results below this one are opened.
    scenario : str
        What the first page shows at first.
    """

    read_only: bool = False
    results: Path | None = None
    scenario: str = "hanoi"

    def to_environment(self) -> dict[str, str]:
        """Environment variables that `server_settings` reads.

        Raises
        ------
        InputError
            `results` is a file, or a folder that does not exist; the default folder may come later.
        """
        folder = self.results
        if folder is not None and not folder.is_dir() and (folder.exists() or folder != DEFAULT_RESULTS.resolve()):
            code = errno.ENOTDIR if folder.exists() else errno.ENOENT
            raise InputError("url_unusable", name=f"--results {folder}", error=os.strerror(code))
        return {
            READ_ONLY: "1" if self.read_only else "",
            RESULTS: str(self.results or ""),
            SCENARIO: self.scenario,
        }


def server_settings() -> Settings:
    """Settings as the command left them in the environment; the defaults where there was no command."""
    results = os.environ.get(RESULTS)
    return Settings(
        bool(os.environ.get(READ_ONLY)),
        Path(results) if results else None,
        os.environ.get(SCENARIO) or Settings.scenario,
    )
