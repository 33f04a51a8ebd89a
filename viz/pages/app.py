"""The Solara application: `ecocluster dashboard` starts it, see commands/dashboard.py."""

from __future__ import annotations

import solara

from .frame import PAGES, Frame

__all__ = ["routes"]


@solara.component
def _Bare(children=()):
    """Nothing of Solara's own layout: the frame brings header and menu."""
    solara.v.Html(tag="div", children=list(children))


# every address shows the frame, which draws the page that it names: so the session outlives a change of page
routes = [solara.Route(path=path or "/", component=Frame, layout=None if path else _Bare) for path in PAGES]
