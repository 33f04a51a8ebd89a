"""The one list of commands: `nox` shows it, `nox -s style` runs one. Each makes an environment of its own in .nox.

nox                       style, types, tests
nox -s smoke-3.12         other Pythons; one that is not there is skipped and named
nox -s lowest newest      the libraries at the ends of what pyproject.toml allows
nox -s kernels            compile and pack the kernels that come with the package, for every Python that is here; after a
                          change of a source in model/ (a test says when), and before a release
"""

from __future__ import annotations

import nox

PINNED = ("-c", "constraints.txt")  # what was tested together, on Python 3.11
EXTRAS = "mesa,analysis,xarray,examples,distributed,dashboard"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["style", "types", "tests"]
nox.options.error_on_missing_interpreters = False


def smoke_tests(session: nox.Session) -> None:
    session.run("python", "-m", "pytest", "-m", "smoke", "-ra", "tests/test_smoke.py", "tests/test_examples.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """The full suite, with the versions of constraints.txt."""
    session.install(*PINNED, "-e", ".[test]")
    session.run("python", "-m", "pytest", "-n", "2", "--dist", "loadfile", *session.posargs)


@nox.session(python=PYTHONS)
def smoke(session: nox.Session) -> None:
    """A minute through every room on other Pythons, with the newest libraries; on 3.12 and later Mesa is 3.5."""
    session.install(f".[{EXTRAS}]", "pytest", "hypothesis", "setuptools")
    smoke_tests(session)


@nox.session(python="3.11", venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """The same at the lowest versions that pyproject.toml allows."""
    session.install("--resolution", "lowest-direct", f".[{EXTRAS}]")
    session.install("--upgrade", "pytest", "hypothesis", "setuptools")
    smoke_tests(session)


@nox.session
def newest(session: nox.Session) -> None:
    """The same at the newest versions that there are."""
    session.install("--upgrade", f".[{EXTRAS}]", "pytest", "hypothesis", "setuptools")
    smoke_tests(session)


@nox.session
def style(session: nox.Session) -> None:
    """Ruff, and the contracts between the packages."""
    session.install(*PINNED, "ruff", "import-linter", "-e", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", env={"PYTHONPATH": "typings"})


@nox.session
def types(session: nox.Session) -> None:
    """Mypy over everything."""
    session.install(*PINNED, "-e", ".[test]")
    session.run("mypy")


@nox.session(python=PYTHONS)
def kernels(session: nox.Session) -> None:
    """Compile the kernels that come with the package: model/kernels, one archive for each Python."""
    session.install(*PINNED, "-e", ".[mesa]")
    session.run("python", "-m", "ecocluster.experiments.renew_kernels")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a site in out/site."""
    session.install(*PINNED, "-e", ".[docs,mesa]")
    session.run("python", "-m", "sphinx", "-W", "docs", "out/site")
