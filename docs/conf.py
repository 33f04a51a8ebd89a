"""The documentation as a site that asks nothing of the internet: `sphinx-build -W docs out/site`.

Some pages are made here and not written: the start from the README, the changelog, the registries as tables, and the Python
interface from the names that docs/public.md lists.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
MADE = HERE / "made"
OF_THE_ROOT = ("CHANGELOG", "CONTRIBUTING", "SECURITY")  # beside the README, which is the first page

project = "ecocluster"
author = copyright = "The ecocluster developers"
version = release = version_of("ecocluster")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
napoleon_use_ivar = True
html_theme = "furo"
html_title = f"ecocluster {version}"
html_show_sphinx = False
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
napoleon_google_docstring = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings hold the types
suppress_warnings = ["myst.xref_missing"]  # links into the sources, which are not pages of the site

HEADS = {
    "lever": ("name", "kind", "baseline", "low", "high", "unit", "cost", "cost_unit", "source", "meaning"),
    "parameter": ("name", "default", "low", "high", "distribution", "unit", "mark", "source", "meaning"),
    "indicator": ("key", "unit", "kind", "direction", "pillar", "definition"),
}
CONTENTS = """
```{toctree}
:hidden:
:caption: Model
specification
odd
evidence
worlds
hypotheses
```

```{toctree}
:hidden:
:caption: Use
results
sweeps
tables
analyses
dashboard
mesa
modules
other-tools
performance
exit-codes
reliability
```

```{toctree}
:hidden:
:caption: Reference
public
dependencies
glossary
made/security
made/interface
made/levers
made/parameters
made/indicators
made/contributing
made/changelog
```
"""


def _moved(text: str) -> str:
    """A page of the root as one of docs/."""
    for name in OF_THE_ROOT:
        text = text.replace(f"]({name}.md", f"](made/{name.lower()}.md")
    return text.replace("](docs/", "](").replace("```csv", "```text")


def _interface(listing: str) -> str:
    parts = ["Python interface", "================", ""]
    for module, names in re.findall(r"^\| `(ecocluster[.\w]*)` \| (.*?) \|", listing, re.M):
        if module == "ecocluster":  # hands on what other rooms document
            continue
        parts += [module, "-" * len(module), "", f".. py:module:: {module}", "   :no-index:", ""]
        for name in re.findall(r"`(\w+)`", names):
            found = getattr(import_module(module), name)
            home = getattr(found, "__module__", module)
            kind = "class" if isinstance(found, type) else "function" if callable(found) else "data"
            if kind == "class" and issubclass(found, BaseException):
                kind = "exception"
            if kind == "data":
                parts += [f".. py:data:: {module}.{name}", "   :no-index:", ""]
            else:
                parts += [f".. auto{kind}:: {home}.{name}", *(["   :members:"] if kind == "class" else []), ""]
    return "\n".join(parts)


def _registry(family: str) -> str:
    from ecocluster.viz import registries

    rows, heads = getattr(registries, f"{family}_rows")(), HEADS[family]
    lines = [f"# {family.capitalize()}s", "", f"As `ecocluster {family}s` lists them.", ""]
    lines += ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join((_linked if head == "source" else _cell)(row[head]) for head in heads) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _linked(source) -> str:
    """A source with each id a link to where its entry stands."""
    from ecocluster.viz.sources import ids_in, known_sources

    text = _cell(source)
    for one in ids_in(text):
        name, place = one.partition(" ")[2], known_sources()[one].place.removeprefix("docs/")
        text = re.sub(rf"(?<![\w.\[#]){re.escape(name)}(?![\w\]]|\.\d)", f"[{name}](../{place})", text, count=1)
    return text


def _cell(value) -> str:
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _make_pages() -> None:
    MADE.mkdir(exist_ok=True)
    pages = {
        HERE / "index.md": _moved((ROOT / "README.md").read_text(encoding="utf-8")) + CONTENTS,
        **{MADE / f"{name.lower()}.md": (ROOT / f"{name}.md").read_text(encoding="utf-8").replace("](docs/", "](../")
           .replace("](CHANGELOG.md", "](changelog.md") for name in OF_THE_ROOT},
        MADE / "interface.rst": _interface((HERE / "public.md").read_text(encoding="utf-8")),
        **{MADE / f"{family}s.md": _registry(family) for family in HEADS},
    }  # fmt: skip
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")


def setup(app) -> None:
    """Hook of Sphinx: the pages that are made are there before it looks for pages."""
    app.connect("config-inited", lambda *_: _make_pages())
