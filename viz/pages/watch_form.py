"""A row of plain fields, as pages Watch, My cluster and Evidence use it."""

from __future__ import annotations

from collections.abc import Callable

import solara

from . import heard

__all__ = ["Form"]


@solara.component_vue("../assets/watch_form.vue")
def _Form(fields: list, label: str, lang: str, event_changed: Callable[[dict], None]) -> None: ...


def Form(fields: list, label: str, lang: str, event_changed: Callable[[dict], None]):
    """Fields beside one another; `event_changed` gets {"id", "value"}.

    Parameters
    ----------
    fields : list of dict
        {"id", "label", "kind", "value"} and by kind: "select" with options [{"id", "label"}], "range" with min, max,
        step and unit, "number" with min, max and step, "search" with a placeholder; each may have a "help" and a "size" ("wide" or "narrow").
    label : str
        What the fields are for, for those who do not see them.
    lang : str
        Of the numbers.
    """
    return _Form(fields=fields, label=label, lang=lang, event_changed=heard.fields(fields, event_changed))
